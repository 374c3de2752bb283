//! The handle through which the office's pages reach the session, the server and the address.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::access::{self, Access};
use super::api::{self, ApiError};
use super::events::Live;
use super::held::{self, Held};
use super::model::Session;
use super::model::records::{Counts, RecordPage};
use super::notes::Notes;
use super::query::{Place, Query};
use super::{frame, inbox, record, texts};
use crate::router::Route;
use crate::shell::{App, use_app};

/// The office, as its pages see it: cheap to copy.
#[derive(Clone, Copy)]
pub struct Desk {
    pub app: App,
    pub access: RwSignal<Access>,
    pub live: Live,
    /// The list shown last, with the question that it answers: the record page goes on in it.
    pub list: RwSignal<Option<(Query, RecordPage)>>,
    /// How many records there are, whatever is being searched for.
    pub counts: RwSignal<Option<Counts>>,
    /// Changes that the server could not take in and that wait for a person.
    pub held: RwSignal<Option<Vec<Held>>>,
    /// What has been typed and not decided yet.
    pub notes: Notes,
}

/// The page of the office.
pub fn office() -> AnyView {
    let desk = Desk::new();
    let place = desk.place();
    let record_id = Memo::new(move |_| match place.get() {
        Place::Record(id, _) => Some(id),
        Place::List(_) | Place::Held | Place::Unknown => None,
    });
    let held = Memo::new(move |_| place.get() == Place::Held);
    frame(desk, move || {
        if held.get() {
            return held::page(desk);
        }
        record_id.get().map_or_else(|| inbox::inbox(desk), |id| record::record(desk, id))
    })
}

impl Desk {
    pub fn new() -> Self {
        let app = use_app();
        texts::follow(app.language());
        let known = access::last().map_or(Access::Asking, Access::In);
        let desk = Self {
            app,
            access: RwSignal::new(known),
            live: Live::new(),
            list: RwSignal::new(None),
            counts: RwSignal::new(None),
            held: RwSignal::new(None),
            notes: Notes::new(),
        };
        if let Access::In(session) = &desk.access.get_untracked() {
            desk.notes.belong_to(&session.user.id);
        }
        if matches!(desk.access.get_untracked(), Access::Asking) {
            desk.ask();
        }
        desk
    }

    /// Does what the toast offers to undo, if it offers anything.
    pub fn undo(self) -> bool {
        let toast = self.app.toasts().get_untracked();
        let Some(undo) = toast.and_then(|toast| toast.undo) else { return false };
        self.app.toasts().set(None);
        undo.run(());
        true
    }

    /// Asks the server who is signed in.
    pub fn ask(self) {
        self.access.set(Access::Asking);
        spawn_local(async move {
            match api::get::<Session>("/api/session").await {
                Ok(session) => self.enter(session),
                Err(error) if error.is_signed_out() => self.set(Access::Out { expired: false }),
                Err(error) => self.set(Access::Failed(error)),
            }
        });
    }

    /// Goes on with a session.
    pub fn enter(self, session: Session) {
        access::remember(Some(&session));
        self.notes.belong_to(&session.user.id);
        self.set(Access::In(session));
    }

    pub fn sign_out(self) {
        spawn_local(async move {
            match api::delete("/api/session").await {
                Ok(()) => {
                    access::remember(None);
                    self.notes.clear();
                    self.set(Access::Out { expired: false });
                }
                Err(error) => self.app.toast(error.words(), None),
            }
        });
    }

    fn set(self, access: Access) {
        // The page may be gone when an answer arrives.
        let _ = self.access.try_set(access);
    }

    /// A session that has ended means signing in again, on the same page.
    fn watch<T>(self, answer: Result<T, ApiError>) -> Result<T, ApiError> {
        if answer.as_ref().is_err_and(ApiError::is_signed_out) {
            access::remember(None);
            self.set(Access::Out { expired: true });
        }
        answer
    }

    pub async fn get<T: DeserializeOwned>(self, path: &str) -> Result<T, ApiError> {
        self.watch(api::get(path).await)
    }

    pub async fn post<T: DeserializeOwned>(
        self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ApiError> {
        self.watch(api::post(path, body).await)
    }

    pub async fn tell(self, path: &str, body: &impl Serialize) -> Result<(), ApiError> {
        self.watch(api::tell(path, body).await)
    }

    pub async fn upload<T: DeserializeOwned>(
        self,
        path: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<T, ApiError> {
        self.watch(api::upload(path, media_type, bytes).await)
    }

    /// Keeps a list for the record page, and the counts for the rail.
    pub fn keep(self, query: Query, page: RecordPage) {
        self.keep_counts(&query, &page.counts);
        let _ = self.list.try_set(Some((query, page)));
    }

    pub fn keep_counts(self, query: &Query, counts: &Counts) {
        if query.search.is_empty() {
            let _ = self.counts.try_set(Some(counts.clone()));
        }
    }

    /// Whether the person may do this, for example `records.review`.
    pub fn may(self, what: &str) -> bool {
        self.access.with(|access| matches!(access, Access::In(session) if session.may(what)))
    }

    pub fn person(self) -> String {
        self.access.with(|access| match access {
            Access::In(session) => session.user.name.clone(),
            _ => String::new(),
        })
    }

    /// Where the office is, by the address.
    pub fn place(self) -> Memo<Place> {
        let route = self.app.route();
        Memo::new(move |last| match route.get() {
            Route::Office(rest) => Place::parse(&rest),
            // The page is about to go: nothing changes any more.
            _ => last.cloned().unwrap_or(Place::Unknown),
        })
    }

    /// Goes to a page of the office.
    pub fn go(self, place: &Place) {
        self.app.go(Route::Office(place.rest()));
    }
}
