//! Little room left, or none: what is safe, and what to do about it.

use super::copy;
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::router::Route;
use crate::shell::{App, SaveState, room, use_app};
use crate::ui::{Banner, Button, Icon, Kind, Screen, Severity, live, words};
use device::ports::StoreError;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The page.
pub fn page() -> AnyView {
    let app = use_app();
    room::look(app);
    let low = move || app.room().get().is_some_and(room::Room::is_low) || is_full(app);
    let title = move || t(if low() { Key::StorageTitle } else { Key::SettingsStorage });
    view! {
        <Screen title=Signal::derive(title) up=move |()| app.up(Route::More)>
            {live(move || unsaved(app))}
            {live(move || {
                app.lists().track();
                state(app)
            })}
            <ol class="steps-to-do">
                <li class="card">{live(move || { app.lists().track(); send(app) })}</li>
                <li class="card">{live(move || { app.lists().track(); photos(app) })}</li>
                <li class="card">
                    <h2 class="t-lg">{t(Key::StorageOtherApps)}</h2>
                    <p>{t(Key::StorageOtherText)}</p>
                </li>
            </ol>
            {(!app.is_practice()).then(|| copy::save_button(app))}
            {live(move || {
                let later = move |()| {
                    room::later(app);
                    app.back();
                };
                app.room()
                    .get()
                    .filter(|room| room.is_low())
                    .map(|_| view! { <Button kind=Kind::Quiet wide=true label=tx(Key::StorageLater) on_press=later /> })
                    .into_any()
            })}
        </Screen>
    }
    .into_any()
}

fn is_full(app: App) -> bool {
    app.saving().get() == SaveState::NotSaved(StoreError::Full)
}

/// What was answered last and is not on disk.
fn unsaved(app: App) -> AnyView {
    is_full(app)
        .then(|| {
            view! {
                <Banner
                    severity=Severity::Problem
                    text=tx(Key::ErrorStorageFull)
                    action=tx(Key::ActionTryAgain)
                    on_action=move |()| app.save()
                />
            }
        })
        .into_any()
}

fn state(app: App) -> AnyView {
    let free = app.room().get().map(room_words);
    let waiting = app.sync_state().with(|view| view.waiting) as u64;
    view! {
        <section class="card" role="status">
            {free.map(|text| view! { <p class="strong">{text}</p> })}
            {room::refusal(app).map(|text| view! { <p>{text}</p> })}
            {(waiting > 0).then(|| view! { <p>{tn(Plural::StorageSafe, waiting, &[])}</p> })}
        </section>
    }
    .into_any()
}

/// What is left of what there is, or only what is used where the browser does not say.
pub(super) fn room_words(room: room::Room) -> String {
    let (used, total) = (words::size(room.used), words::size(room.total));
    match room.free() {
        Some(free) => ta(Key::StorageFree, &[("free", &words::size(free)), ("total", &total)]),
        None => ta(Key::StorageUsed, &[("used", &used)]),
    }
}

/// The first step: what is sent need not stay.
fn send(app: App) -> AnyView {
    let size = app.device().attachments_waiting(None).size as f64;
    let frees = (size > 0.0).then(|| ta(Key::StorageSendFrees, &[("size", &words::size(size))]));
    let running = Signal::derive(move || app.sync_state().with(|view| view.running));
    view! {
        {frees.map(|text| view! { <h2 class="t-lg">{text}</h2> })}
        <Button
            wide=true
            icon="send"
            label=tx(Key::SendingButton)
            busy=running
            on_press=move |()| app.sync_now()
        />
    }
    .into_any()
}

/// The second: photos that the office has.
fn photos(app: App) -> AnyView {
    let size = app.device().attachments_removable() as f64;
    let busy = RwSignal::new(false);
    let free = move |()| {
        busy.set(true);
        spawn_local(async move {
            let freed = app.device().tidy_attachments(0).await.unwrap_or(0) as f64;
            busy.try_set(false);
            app.toast(ta(Key::StorageFreed, &[("size", &words::size(freed))]), None);
            app.save();
            room::look(app);
            app.bump();
        });
    };
    let label = ta(Key::StorageFreeButton, &[("size", &words::size(size))]);
    view! {
        <h2 class="t-lg">{t(Key::StorageRemovePhotos)}</h2>
        {match size > 0.0 {
            true => {
                view! { <Button wide=true kind=Kind::Secondary label=label busy=busy on_press=free /> }
                    .into_any()
            }
            false => {
                view! {
                    <p class="note">
                        <Icon name="info" small=true />
                        {t(Key::StorageNoPhotos)}
                    </p>
                }
                    .into_any()
            }
        }}
    }
    .into_any()
}
