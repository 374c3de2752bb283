//! Connecting the phone with a code from the office.

use super::{copy, language};
use crate::i18n::{Key, t, ta, tx};
use crate::platform::{page as window, scanner};
use crate::router::Route;
use crate::shell::{App, rare, use_app};
use crate::ui::live;
use crate::ui::{Banner, Button, Field, Icon, Kind, Severity, TopBar};
use device::EnrolError;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::sync::engine::Failure;
use std::cell::Cell;
use std::rc::Rc;

/// The municipality's number and nine digits.
const CODE_DIGITS: usize = 10;

/// The page.
pub fn page() -> AnyView {
    let connected = RwSignal::new(false);
    view! {
        <div class="screen">
            {live(move || (if connected.get() { done() } else { ask(connected) }).into_any())}
        </div>
    }
    .into_any()
}

fn digits(code: &str) -> String {
    code.chars().filter(char::is_ascii_digit).collect()
}

/// `1 482 193 775`, as the office shows it.
fn grouped(code: &str) -> String {
    let digits = digits(code);
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

fn ask(connected: RwSignal<bool>) -> AnyView {
    let app = use_app();
    let code = RwSignal::new(grouped(&window::hash()));
    let label = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let connect = move || {
        let typed = digits(&code.get_untracked());
        if let Some(wrong) = wrong_shape(&code.get_untracked()) {
            error.set(Some(wrong));
            window::focus("#code");
            return;
        }
        error.set(None);
        busy.set(true);
        spawn_local(async move {
            let name = label.get_untracked().trim().to_owned();
            let name = if name.is_empty() { t(Key::AdminDeviceName) } else { name };
            match app.device().enrol(&typed, &name).await {
                Ok(()) => {
                    app.ask_to_keep();
                    connected.set(true);
                    app.sync_now();
                    app.bump();
                }
                Err(refused) => {
                    error.set(Some(words(&refused, &grouped(&typed))));
                    window::focus("#code");
                }
            }
            busy.set(false);
        });
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            connect();
        }
    };
    // Connected before, and unknown to the office now: everything that is here stays.
    let again = app.device().identity().is_some();
    view! {
        {bar(again)}
        <main id="content" tabindex="-1">
        <form class="page" on:submit=submit novalidate>
            {(!again).then(|| window::noted_unsent().map(lost))}
            <div class="stack">
                <h1 tabindex="-1">{t(if again { Key::EnrolAgain } else { Key::EnrolTitle })}</h1>
                <p>{t(if again { Key::EnrolAgainLead } else { Key::EnrolLead })}</p>
                {again.then(|| call(app))}
            </div>
            {scan(code, Callback::new(move |()| connect()))}
            <Field
                id="code"
                label=tx(Key::EnrolCode)
                hint=tx(Key::EnrolCodeHint)
                value=code
                error=Signal::derive(move || error.get())
                inputmode="numeric"
                size="field__box--code"
                autocomplete="one-time-code"
                on_leave=move |()| code.update(|code| *code = grouped(code))
            />
            <Field
                id="label"
                label=tx(Key::EnrolDeviceLabel)
                hint=tx(Key::EnrolDeviceLabelHint)
                value=label
            />
            <p class="note">
                <Icon name="info" small=true />
                {t(Key::EnrolInternetOnce)}
            </p>
            {(!again).then(|| view! { <div class="list">{copy::restore_row(app)}</div> })}
        </form>
        </main>
        <div class="action-bar">
            <Button wide=true label=tx(Key::EnrolConnect) busy=busy on_press=move |()| connect() />
        </div>
    }
    .into_any()
}

fn bar(again: bool) -> AnyView {
    let app = use_app();
    if again {
        let up = Callback::new(move |()| app.up(Route::Today));
        return view! { <TopBar title=tx(Key::AppName) up=up /> }.into_any();
    }
    view! {
        <header class="top-bar">
            <p class="top-bar__title">{t(Key::AppName)}</p>
            <div class="top-bar__end">{language::button()}</div>
        </header>
    }
    .into_any()
}

/// The office's number, where it is known.
fn call(app: App) -> Option<AnyView> {
    let phone = app.device().directory().office_phone;
    let link = |phone: String| {
        let address = format!("tel:{phone}");
        view! {
            <a class="link" href=address>
                {t(Key::ActionCallOffice)} ": " <span class="num">{phone}</span>
            </a>
        }
    };
    (!phone.is_empty()).then(|| link(phone).into_any())
}

/// The camera, where the browser reads codes: what it finds is the link that the office shows.
fn scan(code: RwSignal<String>, connect: Callback<()>) -> Option<AnyView> {
    if !scanner::is_there() {
        return None;
    }
    let video: NodeRef<leptos::html::Video> = NodeRef::new();
    let looking = RwSignal::new(false);
    let refused = RwSignal::new(false);
    let stop: StoredValue<Rc<Cell<bool>>, LocalStorage> = StoredValue::new_local(Rc::default());
    on_cleanup(move || {
        stop.try_with_value(|stop| stop.set(true));
    });
    let start = move |()| {
        let Some(video) = video.get_untracked() else { return };
        let flag = Rc::new(Cell::new(false));
        stop.set_value(flag.clone());
        looking.set(true);
        refused.set(false);
        spawn_local(async move {
            let found = scanner::scan(video, flag).await;
            looking.try_set(false);
            match found {
                Ok(Some(text)) => {
                    let link = text.rsplit('#').next().unwrap_or_default();
                    code.try_set(grouped(link));
                    connect.run(());
                }
                Ok(None) => {}
                Err(_) => {
                    refused.try_set(true);
                    window::focus("#code");
                }
            }
        });
    };
    let view = view! {
        <div class="stack">
            <video
                class="scan"
                node_ref=video
                hidden=move || !looking.get()
                muted
                playsinline
                aria-label=t(Key::EnrolScan)
            ></video>
            {live(move || IntoAny::into_any({
                if looking.get() {
                    view! {
                        <Button
                            kind=Kind::Secondary
                            label=tx(Key::ActionCancel)
                            on_press=move |()| stop.with_value(|stop| stop.set(true))
                        />
                    }
                } else {
                    view! { <Button kind=Kind::Secondary icon="camera" label=tx(Key::EnrolScan) on_press=start /> }
                }
            }))}
            {live(move || IntoAny::into_any({
                refused.get().then(|| view! { <p role="alert">{t(Key::EnrolCameraRefused)}</p> })
            }))}
        </div>
    };
    Some(view.into_any())
}

/// The browser has deleted what this phone held.
fn lost(count: usize) -> AnyView {
    let text = ta(Key::StorageLostAll, &[("count", &count.to_string())]);
    view! { <Banner severity=Severity::Problem text=text /> }.into_any()
}

fn wrong_shape(code: &str) -> Option<String> {
    let count = digits(code).len();
    match count {
        _ if code.trim().is_empty() => Some(t(Key::EnrolCodeMissing)),
        ..CODE_DIGITS => Some(ta(Key::EnrolCodeShape, &[("count", &count.to_string())])),
        _ => None,
    }
}

/// A wait as the person counts it.
fn minutes(wait_ms: Option<u64>) -> String {
    wait_ms.map_or(1, |wait| wait.div_ceil(60_000).max(1)).to_string()
}

fn words(error: &EnrolError, code: &str) -> String {
    match error {
        EnrolError::Refused(reason) => match reason.as_str() {
            "code_unknown" | "field_invalid" => ta(Key::EnrolCodeUnknown, &[("code", code)]),
            other => ta(Key::ErrorUnexpected, &[("code", other)]),
        },
        EnrolError::Elsewhere => t(Key::EnrolElsewhere),
        EnrolError::Failed(Failure::Offline) => t(Key::ErrorNoInternetEnrol),
        EnrolError::Failed(Failure::Portal) => t(Key::ErrorCaptivePortal),
        EnrolError::TooMany(wait) => ta(Key::EnrolTooMany, &[("minutes", &minutes(*wait))]),
        EnrolError::Failed(Failure::Unavailable(wait)) => {
            ta(Key::EnrolBusy, &[("minutes", &minutes(*wait))])
        }
        EnrolError::Failed(_) => ta(Key::ErrorUnexpected, &[("code", "enrol")]),
        EnrolError::Store(_) => t(Key::ErrorStorageFull),
    }
}

fn step(done: impl Fn() -> bool + Send + Sync + 'static, text: String) -> AnyView {
    view! {
        <li data-done=move || done().then_some("")>
            <Icon name="tick" small=true /> {text}
        </li>
    }
    .into_any()
}

/// What was connected, and what the browser promises.
fn done() -> AnyView {
    let app = use_app();
    let device = app.device();
    let directory = device.directory();
    let forms = device.forms().len().to_string();
    let who =
        [("person", directory.person.as_str()), ("municipality", directory.municipality.as_str())];
    rare::look(app);
    window::focus("h1");
    view! {
        <main class="page" id="content">
            <h1 tabindex="-1">{ta(Key::EnrolDone, &who)}</h1>
            <ul class="steps">
                {step(|| true, t(Key::EnrolStepPhone))}
                {step(|| true, ta(Key::EnrolStepForms, &[("done", &forms), ("total", &forms)]))}
                {step(move || app.kept().get() == Some(true), t(Key::EnrolStepStorage))}
            </ul>
            <p class="note">
                <Icon name="info" small=true />
                {live(move || IntoAny::into_any({
                    t(match app.kept().get() {
                        Some(true) => Key::EnrolStorageGranted,
                        _ => Key::EnrolStorageRefused,
                    })
                }))}
            </p>
        </main>
        <div class="action-bar">
            <Button
                wide=true
                kind=Kind::Primary
                label=tx(Key::ActionContinue)
                on_press=move |()| app.replace(Route::Today)
            />
        </div>
    }
    .into_any()
}
