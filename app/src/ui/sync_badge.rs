//! The badge at the top right: whether everything has reached the office.

use super::live;
use super::{Icon, words};
use crate::i18n::{Key, Plural, t, tn};
use crate::router::Route;
use crate::shell::{SyncView, use_app};
use leptos::prelude::*;

struct Look {
    class: &'static str,
    icon: &'static str,
    short: String,
    sentence: String,
}

fn look(view: &SyncView) -> Look {
    let count = view.waiting as u64;
    let days = view.oldest_ms.and_then(words::days_waiting);
    let short = match days {
        Some(days) => format!("{count}, {}", tn(Plural::TimeDaysShort, days, &[])),
        None => count.to_string(),
    };
    if view.held > 0 {
        Look {
            class: "sync-badge sync-badge--held",
            icon: "octagon-bars",
            short: view.held.to_string(),
            sentence: tn(Plural::SendingBadgeHeld, view.held as u64, &[]),
        }
    } else if view.running && count > 0 {
        Look {
            class: "sync-badge sync-badge--sending",
            icon: "sync",
            short,
            sentence: t(Key::SendingBadgeSending),
        }
    } else if count == 0 {
        Look {
            class: "sync-badge sync-badge--received",
            icon: "cloud-tick",
            short: String::new(),
            sentence: t(Key::SendingBadgeReceived),
        }
    } else if !view.online {
        Look {
            class: "sync-badge sync-badge--offline",
            icon: "no-cloud",
            short,
            sentence: tn(Plural::SendingBadgeOffline, count, &[]),
        }
    } else {
        let age = view.oldest_ms.map(words::ago).unwrap_or_default();
        Look {
            class: "sync-badge sync-badge--waiting",
            icon: "tray-up",
            short,
            sentence: tn(Plural::SendingBadgeWaiting, count, &[("age", &age)]),
        }
    }
}

/// The badge.
pub fn view() -> AnyView {
    let app = use_app();
    let sync = app.sync_state();
    view! {
        {live(move || IntoAny::into_any({
            let look = sync.with(look);
            view! {
                <a
                    class=look.class
                    href=Route::Sending.path()
                    aria-label=look.sentence
                    on:click=move |event| {
                        event.prevent_default();
                        app.go(Route::Sending);
                    }
                >
                    <Icon name=look.icon small=true />
                    {(!look.short.is_empty())
                        .then(|| view! { <span class="sync-badge__text">{look.short}</span> })}
                </a>
            }
        }))}
    }
    .into_any()
}
