//! Settings, the phone's storage, the app's version.

use super::{copy, language, row, setting, storage};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::platform::{self, page as window};
use crate::router::Route;
use crate::shell::settings::{self, Switch};
use crate::shell::{App, room, use_app};
use crate::ui::live;
use crate::ui::{Banner, ChoiceRow, Dialog, Icon, Mark, Screen, Severity, Sheet, brought};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The page.
pub fn page() -> AnyView {
    let app = use_app();
    let hide = setting::link(t(Key::HideButton), "eye-hide", move || app.curtain().set(true));
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
    let value =
        view! { <span class="setting__value">{app.language().get_untracked().name()}</span> };
    view! {
        {setting::row(
            setting::text(t(Key::SettingsLanguage), None),
            value.into_any(),
            move || open.set(true),
        )}
        {language::sheet(open)}
    }
    .into_any()
}

fn text_size_row() -> AnyView {
    let open = RwSignal::new(false);
    let size = RwSignal::new(settings::text_size());
    let words = |size: &str| ta(Key::UnitPercent, &[("n", size)]);
    let value = view! {
        <span class="setting__value">{live(move || (size.with(|size| words(size))).into_any())}</span>
    };
    view! {
        {setting::row(
            setting::text(t(Key::SettingsTextSize), None),
            value.into_any(),
            move || open.set(true),
        )}
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
            {setting::text(t(label), hint.map(t))}
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
fn practise(app: App) -> AnyView {
    if app.is_practice() {
        return setting::link(t(Key::PracticeReset), "undo", move || app.practise());
    }
    let label = setting::text(t(Key::PracticeTitle), Some(t(Key::PracticeHint)));
    let end = view! { <Icon name="chevron" small=true /> };
    setting::row(label, end.into_any(), move || app.practise())
}

/// What the browser promises, and how much room there is.
fn storage_card(app: App) -> AnyView {
    room::look(app);
    let kept = brought(platform::storage::persisted);
    let promise = move || {
        let kept = app.kept().get().or_else(|| kept.get().flatten());
        kept.map(|kept| if kept { Key::StoragePersistent } else { Key::StorageNotPersistent })
    };
    let used = move || app.room().get().map(storage::room_words);
    view! {
        <section class="card">
            <h2 class="t-lg">
                {row::link(app, Route::Storage, "link", t(Key::SettingsStorage).into_any())}
            </h2>
            {live(move || (promise().map(|key| view! { <p>{t(key)}</p> })).into_any())}
            {live(move || (used().map(|text| view! { <p class="meta">{text}</p> })).into_any())}
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
    let ask = move || {
        let (waiting, held) = app.sync_state().with_untracked(|view| (view.waiting, view.held));
        match waiting + held {
            0 => open.set(true),
            left => app.toast(tn(Plural::SettingsLeaveBlocked, left as u64, &[]), None),
        }
    };
    view! {
        <div class="list">
            {setting::link(t(Key::SettingsLeave), "trash", ask)}
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
