//! A direction from the phone's compass: the appearance `bearing`. It may be typed as well.

use super::super::{Control, number};
use crate::i18n::{Key, t, tx};
use crate::platform::compass;
use crate::ui::{Button, Kind, live};
use form::expr::number::fixed;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A number of degrees from north, clockwise.
pub fn view(control: Control) -> AnyView {
    let (busy, failed) = (RwSignal::new(false), RwSignal::new(false));
    let taking = control.clone();
    let take = move |()| {
        let control = taking.clone();
        busy.set(true);
        spawn_local(async move {
            let found = compass::take().await;
            if let Some(degrees) = found {
                control.set(&fixed(degrees, 1));
            }
            failed.try_set(found.is_none());
            busy.try_set(false);
        });
    };
    view! {
        <div class="stack">
            {number::view(control)}
            <Button
                kind=Kind::Secondary
                icon="pin"
                wide=true
                label=tx(Key::QuestionBearingTake)
                busy=busy
                on_press=take
            />
            {live(move || {
                let none = || view! { <p class="note" role="status">{t(Key::QuestionBearingNone)}</p> };
                failed.get().then(none).into_any()
            })}
        </div>
    }
    .into_any()
}
