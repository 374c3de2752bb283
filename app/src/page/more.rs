//! Settings, the phone's storage, the app's version.

use super::{copy, language, row};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::platform::{self, page as window, storage};
use crate::router::Route;
use crate::shell::settings::{self, Switch};
use crate::shell::{App, use_app};
use crate::ui::{Banner, ChoiceRow, Dialog, Icon, Mark, Screen, Severity, Sheet, words};
use crate::ui::{live, press};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The page.
pub fn page() -> AnyView {
    let app = use_app();
    let hide = view! {
        <button type="button" class="setting" on:click=press(move || app.curtain().set(true))>
            <span>{t(Key::HideButton)}</span>
            <Icon name="eye-hide" />
        </button>
    };
    view! {
        <Screen title=tx(Key::SettingsTitle) nav=Route::More>
            {(!app.is_practice()).then(|| update(app))} <section class="list">
                {language_row(app)} {text_size_row()}
                {switch(Switch::Sun, Key::SettingsSun, Some(Key::SettingsSunHint))}
                {switch(Switch::Dark, Key::SettingsDark, None)}
                {switch(Switch::Glove, Key::SettingsGlove, None)} {hide} {practise(app)}
            </section> {(!app.is_practice()).then(|| view! { <div class="list">{copy::restore_row(app)}</div> })}
            {storage_card(app)} {about(app)}
            {(!app.is_practice()).then(|| leave(app))}
        </Screen>
    }
    .into_any()
}

/// A new version, offered quietly.
fn update(app: App) -> AnyView {
    view! {
        {live(move || IntoAny::into_any({
            app.update_ready()
                .get()
                .then(|| {
                    view! {
                        <Banner
                            severity=Severity::Info
                            text=tx(Key::UpdateReady)
                            action=tx(Key::UpdateNow)
                            on_action=move |()| app.accept_update()
                        />
                    }
                })
        }))}
    }
    .into_any()
}

fn language_row(app: App) -> AnyView {
    let open = RwSignal::new(false);
    view! {
        <button type="button" class="setting" on:click=press(move || open.set(true))>
            <span>{t(Key::SettingsLanguage)}</span>
            <span class="setting__value">{app.language().get_untracked().name()}</span>
        </button>
        {language::sheet(open)}
    }
    .into_any()
}

fn text_size_row() -> AnyView {
    let open = RwSignal::new(false);
    let size = RwSignal::new(settings::text_size());
    let words = |size: &str| ta(Key::UnitPercent, &[("n", size)]);
    view! {
        <button type="button" class="setting" on:click=press(move || open.set(true))>
            <span>{t(Key::SettingsTextSize)}</span>
            <span class="setting__value">{live(move || (size.with(|size| words(size))).into_any())}</span>
        </button>
        <Sheet open=open title=tx(Key::SettingsTextSize)>
            <fieldset class="choices">
                {settings::TEXT_SIZES
                    .into_iter()
                    .map(|of| {
                        view! {
                            <ChoiceRow
                                mark=Mark::Radio
                                name="text-size"
                                label=words(of)
                                checked=Signal::derive(move || size.with(|size| size == of))
                                on_change=move |_| {
                                    size.set(of.to_owned());
                                    settings::set_text_size(of);
                                }
                            />
                        }
                    })
                    .collect_view()}
            </fieldset>
        </Sheet>
    }
    .into_any()
}

fn switch(which: Switch, label: Key, hint: Option<Key>) -> AnyView {
    let on = RwSignal::new(which.is_on());
    view! {
        <label class="setting">
            <span class="stack stack--tight">
                {t(label)} {hint.map(|hint| view! { <span class="meta">{t(hint)}</span> })}
            </span>
            <input
                type="checkbox"
                role="switch"
                class="switch"
                prop:checked=move || on.get()
                on:change=move |event| {
                    let checked = event_target_checked(&event);
                    on.set(checked);
                    which.set(checked);
                }
            />
        </label>
    }
    .into_any()
}

/// Practice with the same questionnaires; nothing of it is sent. Within practice, beginning it anew.
fn practise(app: App) -> Option<AnyView> {
    let row = move || {
        view! {
            <button type="button" class="setting" on:click=press(move || app.practise())>
                <span class="stack stack--tight">
                    {t(Key::PracticeTitle)} <span class="meta">{t(Key::PracticeHint)}</span>
                </span>
                <Icon name="chevron" small=true />
            </button>
        }
        .into_any()
    };
    let again = || {
        view! {
            <button type="button" class="setting" on:click=press(move || app.practise())>
                <span>{t(Key::PracticeReset)}</span>
                <Icon name="undo" />
            </button>
        }
        .into_any()
    };
    Some(if app.is_practice() { again() } else { row() })
}

/// What the browser promises, and how much room there is.
fn storage_card(app: App) -> AnyView {
    let room = LocalResource::new(storage::estimate);
    let kept = LocalResource::new(storage::persisted);
    let promise = move || {
        let kept = app.kept().get().or_else(|| kept.get().flatten());
        kept.map(|kept| if kept { Key::StoragePersistent } else { Key::StorageNotPersistent })
    };
    view! {
        <section class="card">
            <h2 class="t-lg">
                {row::link(app, Route::Storage, "link", t(Key::SettingsStorage).into_any())}
            </h2>
            {live(move || (promise().map(|key| view! { <p>{t(key)}</p> })).into_any())}
            {live(move || IntoAny::into_any({
                room.get()
                    .flatten()
                    .map(|(used, total)| {
                        let (used, total) = (words::size(used), words::size(total));
                        let text = ta(Key::StorageUsed, &[("used", &used), ("total", &total)]);
                        view! { <p class="meta">{text}</p> }
                    })
            }))}
        </section>
    }
    .into_any()
}

fn about(app: App) -> AnyView {
    let directory = app.device().directory();
    let who =
        [("person", directory.person.as_str()), ("municipality", directory.municipality.as_str())];
    let build = window::build();
    let version = build.get(..8).unwrap_or(&build).to_owned();
    view! {
        <section class="card">
            <h2 class="t-lg">{t(Key::SettingsAbout)}</h2>
            <p>{ta(Key::SettingsPerson, &who)}</p>
            <p class="meta">{ta(Key::SettingsVersion, &[("version", &version)])}</p>
        </section>
    }
    .into_any()
}

/// Removing everything, only when the office has everything.
fn leave(app: App) -> AnyView {
    let open = RwSignal::new(false);
    let ask = move |_| {
        let (waiting, held) = app.sync_state().with_untracked(|view| (view.waiting, view.held));
        match waiting + held {
            0 => open.set(true),
            left => app.toast(tn(Plural::SettingsLeaveBlocked, left as u64, &[]), None),
        }
    };
    view! {
        <div class="list">
            <button type="button" class="setting" on:click=ask>
                <span>{t(Key::SettingsLeave)}</span>
                <Icon name="trash" />
            </button>
        </div>
        <Dialog
            open=open
            title=tx(Key::SettingsLeaveTitle)
            text=tx(Key::SettingsLeaveText)
            safe=tx(Key::ActionKeep)
            act=tx(Key::SettingsLeaveYes)
            danger=true
            on_act=move |()| remove_everything(app)
        />
    }
    .into_any()
}

fn remove_everything(app: App) {
    spawn_local(async move {
        match platform::idb::delete_all().await {
            Ok(()) => {
                window::note_unsent(None);
                window::load(&Route::Enrol.path());
            }
            Err(_) => app.toast(ta(Key::ErrorUnexpected, &[("code", "leave")]), None),
        }
    });
}
