//! The one banner of a page: what matters most now.

use super::{App, SaveState, use_app};
use crate::i18n::{Key, Plural, t, ta, tn};
use crate::platform;
use crate::router::Route;
use crate::ui::live;
use crate::ui::{Banner, Severity, words};
use device::ports::StoreError;
use leptos::prelude::*;
use shared::sync::engine::Failure;

/// After how many days without contact the banner says so.
const QUIET_DAYS: u64 = 3;

enum Act {
    SaveAgain,
    Sending,
    SyncAgain,
    Call(String),
    Update,
    Reload,
    /// The person has read what was found.
    Read,
}

struct Notice {
    severity: Severity,
    text: String,
    action: Key,
    act: Act,
}

/// The banner, or nothing.
pub fn view() -> AnyView {
    let app = use_app();
    view! {
        {live(move || IntoAny::into_any({
            find(app)
                .map(|notice| {
                    let act = notice.act;
                    let press = Callback::new(move |()| run(app, &act));
                    view! {
                        <Banner
                            severity=notice.severity
                            text=notice.text
                            action=Signal::derive(move || t(notice.action))
                            on_action=press
                        />
                    }
                })
        }))}
    }
    .into_any()
}

fn find(app: App) -> Option<Notice> {
    unsaved(app).or_else(|| refused(app)).or_else(|| quiet(app))
}

fn problem(text: String, action: Key, act: Act) -> Option<Notice> {
    Some(Notice { severity: Severity::Problem, text, action, act })
}

fn warning(text: String, action: Key, act: Act) -> Option<Notice> {
    Some(Notice { severity: Severity::Warning, text, action, act })
}

fn unsaved(app: App) -> Option<Notice> {
    let SaveState::NotSaved(error) = app.saving.get() else { return None };
    let again = Key::ActionTryAgain;
    match error {
        StoreError::Full => problem(t(Key::ErrorStorageFull), again, Act::SaveAgain),
        StoreError::TooNew => problem(t(Key::ErrorAppTooOld), Key::ActionReload, Act::Reload),
        _ => problem(t(Key::ErrorSaveFailed), again, Act::SaveAgain),
    }
}

fn refused(app: App) -> Option<Notice> {
    let device = app.device();
    let failure = app.sync.with(|view| view.outcome.as_ref().and_then(|last| last.failure));
    match failure {
        Some(Failure::Unauthorised) => {
            let phone = device.directory().office_phone;
            let text = t(Key::ErrorDeviceRevoked);
            return if phone.is_empty() {
                problem(text, Key::ActionTryAgain, Act::SyncAgain)
            } else {
                problem(text, Key::ActionCallOffice, Act::Call(phone))
            };
        }
        Some(Failure::Refused) => {
            return problem(t(Key::ErrorAppTooOld), Key::UpdateNow, Act::Update);
        }
        Some(Failure::Storage) => {
            return problem(t(Key::ErrorStorageFull), Key::ActionTryAgain, Act::SyncAgain);
        }
        _ => {}
    }
    let findings = device.findings();
    if findings.iter().any(device::Finding::may_lose) {
        let titles = findings.iter().filter_map(|found| device.row(found.record()?));
        let mut names: Vec<String> = titles.map(|row| row.title).collect();
        names.dedup();
        let names = if names.is_empty() { "–".to_owned() } else { names.join(", ") };
        return warning(ta(Key::StorageLost, &[("names", &names)]), Key::NavSending, Act::Read);
    }
    if let Some(record) = findings.iter().find_map(device::Finding::record) {
        let number = words::record_number(record);
        let text = ta(Key::ErrorDamagedRecord, &[("number", &number)]);
        return warning(text, Key::NavSending, Act::Sending);
    }
    let held = app.sync.with(|view| view.held);
    if held > 0 && app.route.get() != Route::Sending {
        let text = ta(Key::SendingHeld, &[("count", &held.to_string())]);
        return problem(text, Key::ActionOpen, Act::Sending);
    }
    (failure == Some(Failure::Portal))
        .then(|| warning(t(Key::ErrorCaptivePortal), Key::ActionTryAgain, Act::SyncAgain))
        .flatten()
}

fn quiet(app: App) -> Option<Notice> {
    let (waiting, last, online) =
        app.sync.with(|view| (view.waiting, view.last_contact_ms, view.online));
    let days = words::days_waiting(last).filter(|_| last > 0)?;
    if waiting == 0 || days < QUIET_DAYS || !online {
        return None;
    }
    let text = tn(Plural::TodayDayWaiting, waiting as u64, &[]);
    warning(text, Key::ActionSendNow, Act::SyncAgain)
}

fn run(app: App, act: &Act) {
    match act {
        Act::SaveAgain => app.save(),
        Act::Sending => app.go(Route::Sending),
        Act::SyncAgain => app.sync_now(),
        Act::Call(phone) => platform::page::load(&format!("tel:{phone}")),
        Act::Update => app.accept_update(),
        Act::Reload => platform::page::reload(),
        Act::Read => {
            leptos::task::spawn_local(async move {
                // Where it fails the notice comes again.
                let _ = app.device().dismiss_findings().await;
            });
            app.go(Route::Sending);
        }
    }
}
