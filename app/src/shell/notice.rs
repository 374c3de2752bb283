//! The one banner of a page: what matters most now.

use super::rare::{self, Rare};
use super::{App, SaveState, room, use_app};
use crate::i18n::{Key, Plural, t, ta, tn};
use crate::platform;
use crate::router::Route;
use crate::ui::live;
use crate::ui::{Banner, Severity, words};
use device::Finding;
use device::ports::StoreError;
use device::sync::Off;
use leptos::prelude::*;
use shared::id::{AttachmentHash, RecordId};
use shared::sync::engine::Failure;

/// After how many days without contact the banner says so.
const QUIET_DAYS: u64 = 3;

enum Act {
    SaveAgain,
    Sending,
    Storage,
    SyncAgain,
    Connect,
    Update,
    Reload,
    /// The person has read what was found.
    Read,
    /// To the question that lost its file.
    Question(AttachmentHash, RecordId, Option<String>),
    /// What a questionnaire needs is fetched again.
    Fetch,
}

struct Notice {
    severity: Severity,
    text: String,
    action: Key,
    act: Act,
    /// The phone is full: there is a page about that.
    full: bool,
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
                            full=notice.full
                        />
                    }
                })
        }))}
    }
    .into_any()
}

fn find(app: App) -> Option<Notice> {
    let found = unsaved(app).or_else(|| refused(app)).or_else(|| little_room(app));
    found.or_else(|| missing(app)).or_else(|| wrong_clock(app)).or_else(|| quiet(app))
}

fn problem(text: String, action: Key, act: Act) -> Option<Notice> {
    Some(Notice { severity: Severity::Problem, text, action, act, full: false })
}

fn warning(text: String, action: Key, act: Act) -> Option<Notice> {
    Some(Notice { severity: Severity::Warning, text, action, act, full: false })
}

fn full(act: Act) -> Option<Notice> {
    let notice = problem(t(Key::ErrorStorageFull), Key::ActionTryAgain, act);
    notice.map(|notice| Notice { full: true, ..notice })
}

fn unsaved(app: App) -> Option<Notice> {
    // The page about it says the same, and more.
    if app.route.get() == Route::Storage {
        return None;
    }
    let SaveState::NotSaved(error) = app.saving.get() else { return None };
    let again = Key::ActionTryAgain;
    match error {
        StoreError::Full => full(Act::SaveAgain),
        StoreError::TooNew => problem(t(Key::ErrorAppTooOld), Key::ActionReload, Act::Reload),
        _ => problem(t(Key::ErrorSaveFailed), again, Act::SaveAgain),
    }
}

fn refused(app: App) -> Option<Notice> {
    let device = app.device();
    let failure = app.sync.with(|view| view.outcome.as_ref().and_then(|last| last.failure));
    match failure {
        Some(Failure::Unauthorised) => {
            // On the page that connects it again there is nothing to add.
            if app.route.get() == Route::Enrol {
                return None;
            }
            return problem(t(Key::ErrorDeviceRevoked), Key::EnrolAgain, Act::Connect);
        }
        Some(Failure::Refused) => {
            return problem(t(Key::ErrorAppTooOld), Key::UpdateNow, Act::Update);
        }
        Some(Failure::Storage) => {
            return full(Act::SyncAgain);
        }
        _ => {}
    }
    app.lists().track();
    if device.is_paused() {
        return problem(t(Key::ErrorPaused), Key::ActionTryAgain, Act::SyncAgain);
    }
    if failure.is_none() && device.lacks_form() {
        return warning(t(Key::ErrorFormTooNew), Key::UpdateNow, Act::Update);
    }
    let findings = device.findings();
    let lost = findings.iter().find_map(|found| match found {
        Finding::Attachment { hash, record, question } => Some((*hash, (*record)?, question)),
        _ => None,
    });
    if let Some((hash, record, question)) = lost {
        let title = device.row(record).map(|row| row.title).filter(|title| !title.is_empty());
        let title = title.unwrap_or_else(|| words::record_number(record));
        let label = device.question_name(record, question, app.language().get().code());
        let names = if label.is_empty() { title } else { format!("{title}, {label}") };
        let at = Some(question.clone()).filter(|path| !path.is_empty());
        let text = ta(Key::StoragePhotoLost, &[("names", &names)]);
        return problem(text, Key::ActionOpen, Act::Question(hash, record, at));
    }
    if findings.iter().any(Finding::may_lose) {
        let titles = findings.iter().filter_map(|found| device.row(found.record()?));
        let mut names: Vec<String> = titles.map(|row| row.title).collect();
        names.dedup();
        let names = if names.is_empty() { "–".to_owned() } else { names.join(", ") };
        return warning(ta(Key::StorageLost, &[("names", &names)]), Key::NavSending, Act::Read);
    }
    if let Some(record) = findings.iter().find_map(Finding::record) {
        let number = words::record_number(record);
        let text = ta(Key::ErrorDamagedRecord, &[("number", &number)]);
        return warning(text, Key::NavSending, Act::Sending);
    }
    if !findings.is_empty() {
        return warning(t(Key::StorageMended), Key::ActionOk, Act::Read);
    }
    if platform::reserve::is_used() && app.route.get() != Route::Storage {
        return warning(t(Key::StorageReserve), Key::StorageHelp, Act::Storage);
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

fn little_room(app: App) -> Option<Notice> {
    (app.route.get() != Route::Storage && room::warns(app))
        .then(|| warning(t(Key::StorageTitle), Key::StorageHelp, Act::Storage))
        .flatten()
}

/// A questionnaire cannot be begun yet.
fn missing(app: App) -> Option<Notice> {
    (app.rare.get() == Rare::Missing)
        .then(|| warning(t(Key::ErrorFormPart), Key::ActionTryAgain, Act::Fetch))
        .flatten()
}

/// Times would be wrong in the records; nothing waits for that.
fn wrong_clock(app: App) -> Option<Notice> {
    app.lists().track();
    let (plural, count) = match app.device().clock_off()? {
        Off::Minutes(count) => (Plural::ErrorClockMinutes, count),
        Off::Hours(count) => (Plural::ErrorClockHours, count),
        Off::Days(count) => (Plural::ErrorClockDays, count),
    };
    warning(tn(plural, count, &[]), Key::ActionTryAgain, Act::SyncAgain)
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
        Act::Storage => app.go(Route::Storage),
        Act::SyncAgain => app.sync_now(),
        Act::Connect => app.go(Route::Enrol),
        Act::Update => app.accept_update(),
        Act::Reload => platform::page::reload(),
        Act::Fetch => rare::look(app),
        Act::Read => {
            leptos::task::spawn_local(async move {
                // Where it fails the notice comes again.
                let _ = app.device().dismiss_findings().await;
            });
            app.go(Route::Sending);
        }
        Act::Question(hash, record, at) => {
            let hash = *hash;
            leptos::task::spawn_local(async move {
                // The same.
                let _ = app.device().dismiss_lost(hash).await;
            });
            app.go(Route::Fill(*record, at.clone()));
        }
    }
}
