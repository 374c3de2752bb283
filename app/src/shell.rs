//! The shell: starts the app, and is the handle through which pages reach it.

pub mod notice;
mod outlet;
mod places;
mod practice;
pub mod rare;
pub mod room;
pub mod settings;
mod start;
mod syncing;
mod updating;

pub use start::start;

use crate::i18n::{self, Language};
use crate::page::visit::Choosing;
use crate::platform;
use crate::router::{self, Route};
use device::ports::StoreError;
use device::{Device, SyncOutcome};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::sync::engine::Failure;
use std::rc::Rc;

/// Whether what was answered is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveState {
    /// All of it.
    Saved,
    /// A write is under way.
    Saving,
    /// The last write failed; what was answered is kept in memory and written with the next try.
    NotSaved(StoreError),
}

/// How sending stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncView {
    /// A sync is under way.
    pub running: bool,
    /// The browser believes that there is a network.
    pub online: bool,
    /// Records that wait to be sent.
    pub waiting: usize,
    /// Records of which the server refused something for good.
    pub held: usize,
    /// When the oldest waiting record was altered, Unix milliseconds.
    pub oldest_ms: Option<i64>,
    /// When the server last answered, Unix milliseconds; 0 for never.
    pub last_contact_ms: i64,
    /// When the next try is due, Unix milliseconds.
    pub next_ms: Option<i64>,
    /// Records that the last sync sent in full.
    pub sent: usize,
    /// Records that were new with the last sync.
    pub arrived: usize,
    /// What the last sync achieved.
    pub outcome: Option<SyncOutcome>,
}

/// How long the worker counts as alone after saying so, milliseconds.
const ALONE_MS: i32 = 5 * 60_000;

/// How far the start has come.
#[derive(Clone)]
enum Stage {
    /// Nothing to show yet.
    Opening,
    /// The app runs.
    Running(App),
    /// Another window of this browser writes.
    Elsewhere(Language),
    /// Another window has taken over from this one.
    TakenOver,
    /// The device's store cannot be used.
    NoStorage(StoreError),
}

/// A message that passes by itself.
#[derive(Clone)]
pub struct Toast {
    pub number: u64,
    pub text: String,
    pub undo: Option<Callback<()>>,
}

/// The app, as its pages see it: cheap to copy.
#[derive(Clone, Copy)]
pub struct App {
    device: StoredValue<Rc<Device>, LocalStorage>,
    language: RwSignal<Language>,
    route: RwSignal<Route>,
    saving: RwSignal<SaveState>,
    sync: RwSignal<SyncView>,
    lists: RwSignal<u64>,
    toast: RwSignal<Option<Toast>>,
    curtain: RwSignal<bool>,
    update: RwSignal<bool>,
    kept: RwSignal<Option<bool>>,
    room: RwSignal<Option<room::Room>>,
    rare: RwSignal<rare::Rare>,
    alone: RwSignal<u64>,
    choosing: RwSignal<Choosing>,
    practice: bool,
}

/// The app of the page being drawn.
pub fn use_app() -> App {
    expect_context()
}

impl App {
    /// A handle over a started device.
    fn new(device: Device, language: Language, practice: bool) -> Self {
        Self {
            device: StoredValue::new_local(Rc::new(device)),
            language: RwSignal::new(language),
            route: RwSignal::new(router::current()),
            saving: RwSignal::new(SaveState::Saved),
            sync: RwSignal::default(),
            lists: RwSignal::new(0),
            toast: RwSignal::new(None),
            curtain: RwSignal::new(false),
            update: RwSignal::new(false),
            kept: RwSignal::new(None),
            room: RwSignal::new(None),
            rare: RwSignal::new(rare::Rare::Here),
            alone: RwSignal::new(0),
            choosing: RwSignal::default(),
            practice,
        }
    }

    /// The device core.
    pub fn device(self) -> Rc<Device> {
        self.device.get_value()
    }

    /// The language of the interface. Set it with [`App::set_language`].
    pub fn language(self) -> RwSignal<Language> {
        self.language
    }

    /// Changes the language once its texts are here; remembers it.
    pub fn set_language(self, language: Language) {
        spawn_local(async move {
            if i18n::load(language).await {
                platform::page::remember("language", language.code());
                self.device().set_language(language.code());
                self.language.set(language);
            } else {
                self.toast(i18n::t(i18n::Key::ErrorChunkFailed), None);
            }
        });
    }

    /// The page shown.
    pub fn route(self) -> ReadSignal<Route> {
        self.route.read_only()
    }

    /// Goes to a page.
    pub fn go(self, route: Route) {
        router::go(self.route, route);
    }

    /// Goes to another question of the record; nobody waits for the history.
    pub fn show(self, route: Route) {
        router::show(self.route, route);
    }

    /// Goes to the page above this one.
    pub fn up(self, route: Route) {
        router::up(self.route, route);
    }

    /// Goes to a page without an entry in the history.
    pub fn replace(self, route: Route) {
        router::replace(self.route, route);
    }

    /// Goes back; where nothing of the app lies behind, to the page above.
    pub fn back(self) {
        router::settle();
        if platform::page::can_go_back() {
            platform::page::back();
        } else {
            self.replace(Route::Today);
        }
    }

    /// Whether a record is being filled in. Not followed.
    pub fn is_filling(self) -> bool {
        self.route.with_untracked(Route::is_filling)
    }

    /// Whether what was answered is on disk.
    pub fn saving(self) -> RwSignal<SaveState> {
        self.saving
    }

    /// Says that something is to be written: from now on nothing says that all is saved.
    pub fn will_save(self) {
        if self.saving.with_untracked(|state| *state == SaveState::Saved) {
            self.saving.set(SaveState::Saving);
        }
    }

    /// Writes what was answered. Call it after every change of a draft.
    pub fn save(self) {
        if self.saving.with_untracked(|state| *state != SaveState::Saving) {
            self.saving.set(SaveState::Saving);
        }
        spawn_local(async move {
            let device = self.device();
            // What others queued meanwhile is written too: only then is everything on disk.
            let outcome = loop {
                match device.save().await {
                    Ok(()) if !device.is_saved() => {}
                    outcome => break outcome,
                }
            };
            match outcome {
                Ok(()) => {
                    self.saving.set(SaveState::Saved);
                    // The lists are not in sight while a record is filled in.
                    if !self.is_filling() {
                        self.bump();
                    }
                }
                Err(error) => {
                    self.saving.set(SaveState::NotSaved(error));
                    room::look(self);
                }
            }
        });
    }

    /// Sends and receives now.
    pub fn sync_now(self) {
        self.device().wake();
        syncing::run(self);
    }

    /// Whether the phone has to be connected with a code: it never was, or the office does not know it
    /// any more. Not followed: what shows the page that connects keeps it until it is done.
    pub fn needs_code(self) -> bool {
        let failure = |view: &SyncView| view.outcome.as_ref().and_then(|last| last.failure);
        self.device().identity().is_none()
            || self.sync.with_untracked(failure) == Some(Failure::Unauthorised)
    }

    /// Whether records may still arrive that were there before: the first sync is not through, or one
    /// runs. Followed.
    pub fn is_arriving(self) -> bool {
        self.lists.track();
        self.sync.with(|view| view.running) || self.device().is_behind()
    }

    /// The name of a settlement in the language of the interface; the code when no form knows it.
    pub fn place(self, code: &str) -> String {
        places::name(self, code)
    }

    /// How sending stands.
    pub fn sync_state(self) -> RwSignal<SyncView> {
        self.sync
    }

    /// Rises whenever the device's lists change; read [`Device::list`] again then.
    pub fn lists(self) -> Signal<u64> {
        self.lists.into()
    }

    /// Tells the pages that the device's lists have changed.
    pub fn bump(self) {
        self.lists.update(|count| *count += 1);
        syncing::describe(self);
    }

    /// Shows a message for a while, with a way to undo what it tells of.
    pub fn toast(self, text: String, undo: Option<Callback<()>>) {
        let number = self.toast.with_untracked(|toast| toast.as_ref().map_or(0, |t| t.number)) + 1;
        self.toast.set(Some(Toast { number, text, undo }));
    }

    /// The message that is shown.
    pub fn toasts(self) -> RwSignal<Option<Toast>> {
        self.toast
    }

    /// Whether a neutral page hides everything.
    pub fn curtain(self) -> RwSignal<bool> {
        self.curtain
    }

    /// Whether a new version of the app is ready.
    pub fn update_ready(self) -> RwSignal<bool> {
        self.update
    }

    /// Whether the browser has promised to keep the data; `None` while it was not asked, or where
    /// there is nobody to ask.
    pub fn kept(self) -> RwSignal<Option<bool>> {
        self.kept
    }

    /// How much room the phone has left; `None` where the browser does not say.
    pub fn room(self) -> ReadSignal<Option<room::Room>> {
        self.room.read_only()
    }

    /// Whether nobody of the family sees the screen, followed.
    pub fn is_alone(self) -> bool {
        self.alone.get() > 0
    }

    /// The worker says that nobody of the family sees the screen. That holds for five minutes.
    pub fn be_alone(self) {
        self.alone.update(|count| *count += 1);
        platform::timer::after(ALONE_MS, move || {
            let before = self.alone.get_untracked();
            self.alone.set(before.saturating_sub(1));
            if before == 1 {
                self.toast(i18n::t(i18n::Key::HouseholdAudienceFellBack), None);
            }
        });
    }

    /// The family sees the screen again.
    pub fn be_with_family(self) {
        self.alone.set(0);
    }

    /// The questionnaires of which one is to be chosen.
    pub fn choosing(self) -> RwSignal<Choosing> {
        self.choosing
    }

    /// Whether this is practice: a store of its own, and nothing is sent.
    pub fn is_practice(self) -> bool {
        self.practice
    }

    /// Begins practice.
    pub fn practise(self) {
        practice::enter(self);
    }

    /// Ends practice.
    pub fn stop_practice(self) {
        practice::leave(self);
    }

    /// Asks the browser to keep the data until the person removes it.
    pub fn ask_to_keep(self) {
        syncing::ask_to_keep(self);
    }
}
