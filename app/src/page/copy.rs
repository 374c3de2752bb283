//! An encrypted copy of what waits on the phone: saving one, and bringing one back.

use super::setting;
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::platform::{blob, page as window, vault};
use crate::router::Route;
use crate::shell::App;
use crate::ui::{Button, Field, Icon, Kind, Sheet, live, words};
use device::copy::file::{SHORTEST, parts};
use device::copy::{CopyError, Taken};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The kind of file that a copy is.
const MEDIA_TYPE: &str = "application/octet-stream";
/// How its name ends.
const ENDING: &str = ".kardakar";

/// The words for a file, what is wrong with them, and whether work is under way.
#[derive(Clone, Copy)]
struct Words {
    words: RwSignal<String>,
    error: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

impl Words {
    fn new() -> Self {
        Self { words: RwSignal::default(), error: RwSignal::new(None), busy: RwSignal::new(false) }
    }

    fn fail(self, text: String) {
        self.busy.set(false);
        self.error.set(Some(text));
        window::focus("#copy-words");
    }
}

/// The button that saves a copy, with its sheet.
pub fn save_button(app: App) -> AnyView {
    let open = RwSignal::new(false);
    view! {
        <Button
            wide=true
            kind=Kind::Secondary
            icon="lock"
            label=tx(Key::SendingEncryptedCopy)
            on_press=move |()| open.set(true)
        />
        <Sheet open=open title=tx(Key::SendingEncryptedCopy)>{save_form(app, open)}</Sheet>
    }
    .into_any()
}

fn save_form(app: App, open: RwSignal<bool>) -> AnyView {
    let (form, again) = (Words::new(), RwSignal::new(String::new()));
    let differ = RwSignal::new(None::<String>);
    // The name of a file that does not hold everything.
    let partly = RwSignal::new(None::<String>);
    let save = move |()| {
        let words = form.words.get_untracked();
        let length = words.trim().chars().count();
        form.error.set(None);
        differ.set(None);
        if length < SHORTEST {
            form.fail(ta(Key::CopyTooShort, &[("count", &length.to_string())]));
        } else if again.get_untracked().trim() != words.trim() {
            differ.set(Some(t(Key::CopyDiffer)));
            window::focus("#copy-again");
        } else {
            form.busy.set(true);
            spawn_local(async move {
                match make(app, &words).await {
                    Some(name) if app.device().copy_leaves_out().count > 0 => {
                        form.busy.set(false);
                        partly.set(Some(name));
                    }
                    Some(name) => {
                        open.set(false);
                        app.toast(ta(Key::SendingCopySaved, &[("name", &name)]), None);
                    }
                    None => form.fail(t(Key::CopyFailed)),
                }
            });
        }
    };
    let fields = move || {
        view! {
            <div class="stack">
                <p>{t(Key::CopyText)}</p>
                {live(move || {
                    app.lists().track();
                    too_much(app)
                })}
                <Field
                    id="copy-words"
                    label=tx(Key::CopyWords)
                    hint=tx(Key::CopyWordsHint)
                    value=form.words
                    error=form.error
                />
                <Field id="copy-again" label=tx(Key::CopyWordsAgain) value=again error=differ />
                <Button wide=true label=tx(Key::SendingEncryptedCopy) busy=form.busy on_press=save />
            </div>
        }
        .into_any()
    };
    live(move || match partly.get() {
        Some(name) => view! {
            <div class="stack" role="status">
                <p class="strong">{ta(Key::SendingCopySaved, &[("name", &name)])}</p>
                {too_much(app)}
                <Button wide=true label=tx(Key::ActionOk) on_press=move |()| open.set(false) />
            </div>
        }
        .into_any(),
        None => fields(),
    })
}

/// What would not be in the copy.
fn too_much(app: App) -> AnyView {
    let left_out = app.device().copy_leaves_out();
    let size = words::size(left_out.size as f64);
    let text = |count: u32| tn(Plural::CopyLeavesOut, count.into(), &[("size", &size)]);
    (left_out.count > 0)
        .then(|| {
            view! {
                <p class="note strong">
                    <Icon name="error" small=true />
                    {text(left_out.count)}
                </p>
            }
        })
        .into_any()
}

/// Makes the file; its name once it was handed to the browser.
async fn make(app: App, words: &str) -> Option<String> {
    let made = app.device().copy_out().await;
    app.bump();
    let sealed = vault::seal(words, &made.ok()??).await?;
    let name = format!("{}{ENDING}", crate::platform::clock::file_stamp());
    blob::save(&sealed, MEDIA_TYPE, &name).then_some(name)
}

/// The row that brings a copy back, with its sheet.
pub fn restore_row(app: App) -> AnyView {
    let open = RwSignal::new(false);
    view! {
        {setting::row(
            setting::text(t(Key::CopyRestore), None),
            view! { <Icon name="chevron" small=true /> }.into_any(),
            move || open.set(true),
        )}
        <Sheet open=open title=tx(Key::CopyRestore)>{restore_form(app)}</Sheet>
    }
    .into_any()
}

fn restore_form(app: App) -> AnyView {
    let form = Words::new();
    let file = RwSignal::new(None::<(String, Vec<u8>)>);
    let result = RwSignal::new(None::<Taken>);
    let choose = move |event: leptos::ev::Event| {
        form.error.set(None);
        if let Some(chosen) = blob::chosen(&event) {
            spawn_local(async move {
                let name = chosen.name();
                if let Some(bytes) = blob::bytes(&chosen).await {
                    file.set(Some((name, bytes)));
                }
            });
        }
    };
    let restore = move |()| {
        let words = form.words.get_untracked();
        let Some((_, bytes)) = file.get_untracked() else {
            form.error.set(Some(t(Key::CopyChooseFirst)));
            return;
        };
        form.error.set(None);
        form.busy.set(true);
        spawn_local(async move {
            match take(app, &words, &bytes).await {
                Ok(taken) => {
                    form.busy.set(false);
                    result.set(Some(taken));
                    app.bump();
                    app.sync_now();
                }
                Err(key) => form.fail(t(key)),
            }
        });
    };
    live(move || {
        match result.get() {
        Some(taken) => brought_back(app, taken),
        None => view! {
            <div class="stack">
                <p>{t(Key::CopyRestoreText)}</p>
                <label class="button button--secondary">
                    <Icon name="upload" />
                    <span class="button__label">
                        {live(move || {
                            let name = file.with(|file| file.as_ref().map(|(name, _)| name.clone()));
                            name.unwrap_or_else(|| t(Key::CopyChoose)).into_any()
                        })}
                    </span>
                    <input type="file" class="visually-hidden" accept=ENDING on:change=choose />
                </label>
                <Field id="copy-words" label=tx(Key::CopyWords) value=form.words error=form.error />
                <Button wide=true label=tx(Key::CopyRestoreButton) busy=form.busy on_press=restore />
            </div>
        }
        .into_any(),
    }
    })
}

fn brought_back(app: App, taken: Taken) -> AnyView {
    let (records, files) = (taken.records.to_string(), taken.files.to_string());
    view! {
        <div class="stack" role="status">
            <p class="cluster strong">
                <Icon name="tick-square" />
                {ta(Key::CopyDone, &[("records", &records), ("files", &files)])}
            </p>
            {(taken.left_out > 0)
                .then(|| {
                    let count = u64::from(taken.left_out);
                    view! { <p>{tn(Plural::CopyDoneLeftOut, count, &[])}</p> }
                })}
            {(taken.foreign && taken.changes > 0).then(|| view! { <p>{t(Key::CopyDoneForeign)}</p> })}
            <Button
                wide=true
                label=tx(Key::NavSending)
                on_press=move |()| app.replace(Route::Sending)
            />
        </div>
    }
    .into_any()
}

async fn take(app: App, words: &str, bytes: &[u8]) -> Result<Taken, Key> {
    let parts = parts(bytes).ok_or(Key::CopyNotACopy)?;
    let opened = vault::open(words, &parts).await.ok_or(Key::CopyWrong)?;
    app.device().copy_in(&opened).await.map_err(|error| match error {
        CopyError::Foreign => Key::CopyForeign,
        CopyError::Unreadable => Key::CopyNotACopy,
        CopyError::Draft(device::DraftError::Store(device::ports::StoreError::Full)) => {
            Key::ErrorStorageFull
        }
        CopyError::Draft(_) => Key::ErrorSaveFailed,
    })
}
