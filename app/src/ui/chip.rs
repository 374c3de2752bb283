//! The one mark of a record, and filters.

use super::Icon;
use super::press;
use crate::i18n::{Key, t};
use device::Chip;
use leptos::prelude::*;

/// Class suffix, icon and word of a chip.
fn status_key(chip: Chip) -> (&'static str, &'static str, Key) {
    match chip {
        Chip::Held => ("wedged", "octagon-bars", Key::StatusWedged),
        Chip::TwoAnswers => ("conflict", "two-bubbles", Key::StatusConflict),
        Chip::ToFix => ("returned", "u-turn", Key::StatusReturned),
        Chip::Unfinished => ("draft", "pencil-dashed", Key::StatusDraft),
        Chip::Waiting => ("waiting", "tray-up", Key::StatusWaiting),
        Chip::Rejected => ("rejected", "circle-slash", Key::StatusRejected),
        Chip::Approved => ("approved", "seal-tick", Key::StatusApproved),
        Chip::Received => ("sent", "cloud-tick", Key::StatusSent),
    }
}

/// A record's mark: colour, shape and word.
#[component]
pub fn StatusChip(chip: Chip) -> impl IntoView {
    let (class, icon, key) = status_key(chip);
    view! {
        <span class=format!("status status--{class}")>
            <Icon name=icon small=true />
            {t(key)}
        </span>
    }
}

/// A filter that is on or off.
#[component]
pub fn FilterChip(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] on: Signal<bool>,
    #[prop(into)] on_press: Callback<()>,
    #[prop(optional)] count: Option<usize>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="chip"
            aria-pressed=move || if on.get() { "true" } else { "false" }
            on:click=press(move || on_press.run(()))
        >
            {label}
            {count.map(|count| view! { <span class="chip__count">{count}</span> })}
        </button>
    }
}
