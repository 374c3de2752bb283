//! What few questionnaires need comes in a chunk that most phones never fetch. A phone with such a
//! questionnaire fetches it at once and keeps it, so that it is there without a network before the first
//! record is begun.

use super::App;
use crate::fill::rare as chunk;
use crate::i18n::{Key, t};
use crate::platform::{timer, worker};
use form::model::Form;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::Cell;

/// How often somebody who waits for it is told, milliseconds.
const LOOK_MS: i32 = 100;

thread_local! {
    static LOOKING: Cell<bool> = const { Cell::new(false) };
}

/// Whether the questionnaires on the phone have all that they need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rare {
    /// Everything is here, or nothing of it is needed.
    Here,
    /// The chunk is being fetched.
    OnItsWay,
    /// The chunk did not arrive: there is no network.
    Missing,
}

/// Looks what the questionnaires need, and fetches it.
pub fn look(app: App) {
    if !app.device().needs_rare() || LOOKING.replace(true) {
        return;
    }
    let state = app.rare;
    // The worker is asked each time: a newer one may wait that has it not.
    if !chunk::is_here() || state.get_untracked() == Rare::Missing {
        state.set(Rare::OnItsWay);
    }
    spawn_local(async move {
        let here = chunk::fetch().await && worker::keep_rare().await;
        LOOKING.set(false);
        state.set(if here { Rare::Here } else { Rare::Missing });
    });
}

/// Waits for what a questionnaire needs, which the person is told. Says whether it is here.
pub async fn arrived(app: App, form: &Form) -> bool {
    if app.has_all_of(form) == Rare::Here {
        return true;
    }
    app.toast(t(Key::ErrorChunkLoading), None);
    look(app);
    loop {
        match app.has_all_of(form) {
            Rare::OnItsWay => timer::sleep(LOOK_MS).await,
            here => {
                app.toasts().set(None);
                return here == Rare::Here;
            }
        }
    }
}

impl App {
    /// Whether all that a questionnaire needs is here.
    pub fn has_all_of(self, form: &Form) -> Rare {
        match self.rare.get_untracked() {
            _ if !device::fill::rare::needs(form) => Rare::Here,
            Rare::Here if !chunk::is_here() => Rare::OnItsWay,
            state => state,
        }
    }
}
