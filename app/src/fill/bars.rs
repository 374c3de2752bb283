//! The bar at the top of the questionnaire: leave, progress, sections, language, saved.

use super::desk::Desk;
use super::jump;
use crate::i18n::{Key, t, ta, tx};
use crate::platform::{frame, timer};
use crate::shell::SaveState;
use crate::ui::{Banner, Icon, IconButton, Severity, effect, memo};
use device::fill::sections;
use device::ports::StoreError;
use form::audit::Event;
use form::expr::number::fixed;
use form::session::Address;
use leptos::prelude::*;

/// The bar of a screen; `at` is its first question, for the progress.
pub fn top(desk: Desk, at: Option<Signal<Address>>) -> AnyView {
    let list = RwSignal::new(false);
    let found = move || {
        at.map(|at| at.with_untracked(|at| desk.session(|session| sections::number(session, at))))
    };
    let place = RwSignal::new(found());
    // Counting goes through all questions: behind the frame that shows what was asked for.
    effect(move || {
        desk.track_structure();
        if let Some(at) = at {
            at.track();
        }
        frame::behind(move || {
            if place.try_get_untracked().is_some_and(|before| before != found()) {
                place.set(found());
            }
        });
    });
    view! {
        <header class="top-bar">
            <IconButton
                icon="close"
                label=tx(Key::ActionContinueLater)
                on_press=move |()| leave(desk)
            />
            <span class="fill__count count">
                {move || place.get().map(|(n, total)| counted(n, total))}
            </span>
            <div class="top-bar__end">
                {saved(desk)}
                <IconButton
                    icon="list"
                    label=tx(Key::QuestionSections)
                    on_press=move |()| {
                        desk.note(Event::Jump, None);
                        list.set(true);
                    }
                />
            </div>
            {move || place.get().map(|(n, total)| bar(n, total))}
        </header>
        {not_saved(desk)}
        {jump::sheet(desk, list)}
    }
    .into_any()
}

/// Leaves the questionnaire for the household, saying where the worker stopped.
pub fn leave(desk: Desk) {
    desk.commit();
    let stopped = desk.read(|draft| {
        let path = draft.row().resume.parse().ok()?;
        let at = draft.address(&path)?;
        Some(sections::number(draft.session(), &at).0)
    });
    let to = desk.household();
    desk.app.go(to);
    if let Some(n) = stopped {
        desk.app.toast(ta(Key::SaveLeftAt, &[("n", &n.to_string())]), None);
    }
}

fn counted(n: usize, total: usize) -> String {
    ta(Key::QuestionProgress, &[("n", &n.to_string()), ("total", &total.to_string())])
}

fn bar(n: usize, total: usize) -> AnyView {
    let arguments = [("n", n.to_string()), ("total", total.to_string())];
    let [(_, number), (_, of)] = &arguments;
    let label = ta(Key::QuestionProgressLabel, &[("n", number), ("total", of)]);
    let done = n.saturating_sub(1) as f64 / total.max(1) as f64;
    view! {
        <div
            class="progress fill__progress"
            role="progressbar"
            aria-valuemin="0"
            aria-valuemax=total
            aria-valuenow=n
            aria-valuetext=label.clone()
            aria-label=label
            style=("--done", fixed(done, 3))
        >
            <div class="progress__bar"></div>
        </div>
    }
    .into_any()
}

/// The tick beside "Saved"; the word goes after two seconds.
fn saved(desk: Desk) -> AnyView {
    let quiet = RwSignal::new(true);
    let number = StoredValue::new(0_u32);
    Effect::new(move |before: Option<bool>| {
        let saved = desk.app.saving().with(|state| *state == SaveState::Saved);
        if saved && before == Some(false) {
            quiet.set(false);
            number.update_value(|n| *n += 1);
            let mine = number.get_value();
            timer::after(2000, move || {
                if number.try_get_value() == Some(mine) {
                    quiet.try_set(true);
                }
            });
        }
        saved
    });
    let shown = Memo::new(move |_| {
        let quiet = quiet.get();
        desk.app.saving().with(|state| match (state, quiet) {
            (SaveState::Saved, true) => ("save-state save-state--quiet", Key::SaveSaved),
            (SaveState::Saved, false) => ("save-state", Key::SaveSaved),
            (SaveState::Saving, true) => {
                ("save-state save-state--saving save-state--quiet", Key::SaveSaving)
            }
            (SaveState::Saving, false) => ("save-state save-state--saving", Key::SaveSaving),
            (SaveState::NotSaved(_), _) => ("save-state save-state--failed", Key::SaveNotSaved),
        })
    });
    // All three icons stand there; the class says which of them is seen. Drawing another one at each
    // answer costs more.
    view! {
        <span class=move || shown.get().0>
            <Icon name="tick" small=true />
            <Icon name="edit" small=true />
            <Icon name="error" small=true />
            <span>{move || t(shown.get().1)}</span>
        </span>
    }
    .into_any()
}

/// The red strip when a write failed; what was answered stays on the screen.
fn not_saved(desk: Desk) -> AnyView {
    let failed = memo(move || match desk.app.saving().get() {
        SaveState::NotSaved(StoreError::Full) => Some(Key::ErrorStorageFull),
        SaveState::NotSaved(_) => Some(Key::ErrorSaveFailed),
        _ => None,
    });
    view! {
        {move || {
            failed
                .get()
                .map(|key| {
                    view! {
                        <Banner
                            severity=Severity::Problem
                            text=t(key)
                            action=tx(Key::ActionTryAgain)
                            on_action=Callback::new(move |()| desk.app.save())
                            full=key == Key::ErrorStorageFull
                        />
                    }
                })
        }}
    }
    .into_any()
}
