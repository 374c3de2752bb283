//! Between a question and the attachment that answers it.

use crate::fill::desk::Keeping;
use crate::fill::widgets::Control;
use crate::i18n::{Key, t, ta, tx};
use crate::platform::{blob, clock, page};
use crate::router::Route;
use crate::shell::{App, room};
use crate::ui::{Button, Icon, Kind, effect, live, memo, words as ui_words};
use device::attachment::{AttachError, FetchError, Health};
use form::model::QuestionType;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::attachment::{AttachmentRef, LARGEST};

/// The attachment of a question: cheap to copy.
#[derive(Clone, Copy)]
pub struct Holder {
    control: StoredValue<Control>,
    /// Something is being kept.
    pub busy: RwSignal<bool>,
    /// What went wrong, in words.
    pub trouble: RwSignal<Option<String>>,
    /// Where the page finds the bytes.
    pub address: RwSignal<Option<String>>,
}

impl Holder {
    /// The holder of a question; brings its bytes when it has an answer.
    pub fn new(control: Control) -> Self {
        let holder = Self {
            control: StoredValue::new(control),
            busy: RwSignal::new(false),
            trouble: RwSignal::new(None),
            address: RwSignal::new(None),
        };
        let hash = memo(move || holder.named().map(|named| named.hash));
        effect(move || {
            // Read, not only tracked: a memo that nobody reads follows nothing.
            let _ = hash.get();
            holder.bring();
        });
        effect(move || {
            // What could not be had may be there after a sync.
            holder.app().lists().track();
            if holder.trouble.with_untracked(Option::is_some)
                && holder.address.with_untracked(Option::is_none)
            {
                holder.bring();
            }
        });
        on_cleanup(move || holder.show(None));
        holder
    }

    fn app(self) -> App {
        self.control.with_value(|control| control.desk.app)
    }

    /// The question.
    pub fn control(self) -> Control {
        self.control.get_value()
    }

    /// What the answer names, followed.
    pub fn named(self) -> Option<AttachmentRef> {
        self.control.with_value(|control| control.value().parse().ok())
    }

    fn show(self, address: Option<String>) {
        if let Some(Some(old)) = self.address.try_update(|shown| std::mem::replace(shown, address))
        {
            blob::revoke(&old);
        }
    }

    fn bring(self) {
        let Some(named) = self.control.with_value(|control| control.value_now().parse().ok())
        else {
            self.show(None);
            return;
        };
        let named: AttachmentRef = named;
        let desk = self.control.with_value(|control| control.desk);
        spawn_local(async move {
            let brought = desk.app.device().fetch_attachment(desk.record, &named).await;
            let same =
                self.control.try_with_value(|control| control.value_now() == named.to_string());
            if same != Some(true) {
                return;
            }
            match brought {
                Ok(bytes) => {
                    self.trouble.set(None);
                    let shown = blob::of(&bytes, &named.media_type);
                    self.show(shown.and_then(|shown| blob::address(&shown)));
                }
                Err(error) => {
                    let key = match error {
                        FetchError::NotYet => Key::MediaNotYet,
                        FetchError::Lost => Key::MediaLost,
                        FetchError::Failed(_) => Key::MediaOffline,
                        FetchError::Damaged | FetchError::Store(_) => Key::MediaUnreadable,
                    };
                    // Said once, however often it is tried.
                    let words = Some(t(key));
                    if self.trouble.with_untracked(|said| *said != words) {
                        self.trouble.set(words);
                    }
                }
            }
        });
    }

    /// What keeps an attachment for this question, also when the worker goes on before it is ready.
    pub fn keeper(self) -> Keeper {
        let control = self.control();
        let keeping = control.desk.keep();
        self.busy.set(true);
        Keeper { holder: self, control, keeping }
    }

    /// Whether nothing large can be added now; shows the way to more room.
    pub fn lacks_room(self) -> bool {
        let app = self.app();
        let lacks = untrack(|| room::refusal(app)).is_some();
        if lacks {
            // Room may have been made since.
            room::look(app);
            page::focus(".media__room button");
        }
        lacks
    }

    /// Why nothing large can be added, and what to do about it.
    fn no_room(self) -> AnyView {
        let app = self.app();
        room::refusal(app)
            .filter(|_| self.control.with_value(is_heavy))
            .map(|words| {
                view! {
                    <div class="media__room stack">
                        <p class="mismatch">{words}</p>
                        <Button
                            kind=Kind::Secondary
                            small=true
                            label=tx(Key::StorageHelp)
                            on_press=move |()| app.go(Route::Storage)
                        />
                    </div>
                }
            })
            .into_any()
    }

    /// Says what went wrong.
    pub fn fail(self, key: Key) {
        self.trouble.try_set(Some(t(key)));
    }

    /// Takes the answer away.
    pub fn remove(self) {
        self.trouble.set(None);
        let control = self.control();
        spawn_local(async move { answer(&control, None).await });
    }

    /// Where the attachment is, what went wrong, and the button that takes it away.
    pub fn foot(self) -> AnyView {
        view! {
            {live(move || {
                let Some(named) = self.named() else { return ().into_any() };
                let Some((icon, key)) = self.place(&named) else { return ().into_any() };
                let size = ui_words::size(named.size as f64);
                let class = match key {
                    Key::MediaLost => "mismatch media__place",
                    _ => "hint media__place",
                };
                view! {
                    <p class=class>
                        <Icon name=icon small=true />
                        <span>{format!("{size} · {}", t(key))}</span>
                    </p>
                }
                .into_any()
            })}
            <div aria-live="polite">
                {live(move || self.no_room())}
                {live(move || {
                    (self.trouble_said().map(|words| view! { <p class="mismatch">{words}</p> })).into_any()
                })}
                {live(move || {
                    (self.busy.get().then(|| view! { <p class="hint">{t(Key::MediaKeeping)}</p> })).into_any()
                })}
            </div>
            {live(move || {
                (self.named().map(|_| {
                    view! {
                        <Button
                            kind=Kind::Quiet
                            small=true
                            icon="trash"
                            label=tx(Key::ActionRemove)
                            on_press=move |()| self.remove()
                        />
                    }
                })).into_any()
            })}
        }
        .into_any()
    }

    /// What went wrong, where the line above does not say it.
    fn trouble_said(self) -> Option<String> {
        let lost = self.named().and_then(|named| self.place(&named)).map(|(_, key)| key);
        self.trouble.get().filter(|_| lost != Some(Key::MediaLost))
    }

    fn place(self, named: &AttachmentRef) -> Option<(&'static str, Key)> {
        let app = self.app();
        app.lists().track();
        let device = app.device();
        Some(match device.attachment_row(named.hash) {
            Some(row) if row.health == Health::Lost => ("error", Key::MediaLost),
            Some(row) if row.is_here() && !row.refused.is_empty() => ("error", Key::MediaHeld),
            Some(row) if row.is_here() && !device.is_received(&row) => {
                ("phone", Key::MediaOnlyHere)
            }
            // A colleague's, that is not with the office yet, say: what is the matter stands below.
            None if self.trouble.with(Option::is_some) => return None,
            _ => ("cloud-tick", Key::MediaReceived),
        })
    }
}

/// What keeps one attachment. It holds what it needs itself: the question may be off the screen by then.
pub struct Keeper {
    holder: Holder,
    control: Control,
    keeping: Keeping,
}

impl Keeper {
    /// Keeps bytes on the phone, then answers with their name.
    pub async fn keep(self, ending: &str, media_type: &str, name: Option<String>, bytes: Vec<u8>) {
        let Self { holder, control, keeping } = self;
        let desk = control.desk;
        let name =
            name.unwrap_or_else(|| format!("{}-{}.{ending}", control.node.name, clock::now_ms()));
        if is_heavy(&control) && room::measure(desk.app).await {
            // The question says so itself, unless it is gone.
            let refusal = untrack(|| room::refusal(desk.app));
            if let (Some(_), Some(words)) = (holder.busy.try_set(false), refusal) {
                desk.app.toast(words, None);
            }
            return;
        }
        let kept = desk.app.device().attach(desk.record, &name, media_type, &bytes).await;
        holder.busy.try_set(false);
        match kept {
            Ok(named) => {
                holder.trouble.try_set(None);
                answer(&control, Some(named)).await;
            }
            Err(error) => say(holder, desk.app, words(&error)),
        }
        drop(keeping);
    }

    /// There is nothing to keep.
    pub fn fail(self, key: Key) {
        self.holder.busy.try_set(false);
        say(self.holder, self.control.desk.app, t(key));
    }
}

/// Says what went wrong below the question; where that is gone, on the page that is shown.
fn say(holder: Holder, app: App, words: String) {
    if let Some(Some(words)) = holder.trouble.try_set(Some(words)) {
        app.toast(words, None);
    }
}

/// Whether the question takes what may be large. A signature and a drawing are not.
fn is_heavy(control: &Control) -> bool {
    let drawn = control.node.appears("signature") || control.node.appears("draw");
    control.question != QuestionType::Image || !drawn
}

async fn answer(control: &Control, named: Option<AttachmentRef>) {
    let desk = control.desk;
    let before: Option<AttachmentRef> = control.value_now().parse().ok();
    let text = named.as_ref().map(ToString::to_string).unwrap_or_default();
    control.set(&text);
    // The question may be gone, with its item: then nothing names the new one.
    let gone = if control.value_now() == text { before } else { named };
    let Some(gone) = gone else { return };
    let needle = gone.hash.to_string();
    let still =
        desk.session(|session| session.answers().iter().any(|(_, value)| value.contains(&needle)));
    if !still {
        let _ = desk.app.device().detach(desk.record, gone.hash).await;
    }
}

fn words(error: &AttachError) -> String {
    match error {
        AttachError::Empty => t(Key::MediaUnreadable),
        AttachError::TooLarge => {
            ta(Key::MediaTooLarge, &[("size", &ui_words::size(LARGEST as f64))])
        }
        AttachError::TooMany => t(Key::MediaTooMany),
        AttachError::Store(device::ports::StoreError::Full) => t(Key::ErrorStorageFull),
        AttachError::Store(_) => t(Key::ErrorSaveFailed),
    }
}
