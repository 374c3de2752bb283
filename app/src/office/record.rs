//! One record: its answers, what happened to it, and the decision.

mod acts;
mod altered;
mod answers;
mod attachment;
mod dialogs;
mod head;
mod history;
mod protection;
mod resolve;
mod timeline;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::api::ApiError;
use super::inbox::title;
use super::model::records::{Attachments, Detail, History};
use super::query::{Place, Query};
use super::{Desk, Failure, Loading};
use crate::i18n::{Key, t};
use crate::platform::{page, timer};

pub use answers::Show;

/// After how long news are looked for again.
const AGAIN_MS: i32 = 5_000;

/// The record on screen.
#[derive(Clone, Copy)]
pub struct Sheet {
    pub desk: Desk,
    pub id: StoredValue<String>,
    pub detail: RwSignal<Option<Detail>>,
    pub failed: RwSignal<Option<ApiError>>,
    /// How often the server was asked for the record, and which of its answers is shown.
    asked: StoredValue<(u64, u64)>,
    /// The record with its protection answers, once they were opened.
    pub opened: RwSignal<Option<Detail>>,
    pub history: RwSignal<Option<History>>,
    pub attachments: RwSignal<Attachments>,
    /// Which answers are shown.
    pub show: RwSignal<Show>,
    /// Whether the protection answers are on screen instead of the others.
    pub protected: RwSignal<bool>,
    /// A decision is on its way.
    pub busy: RwSignal<bool>,
    pub returning: RwSignal<bool>,
    pub rejecting: RwSignal<bool>,
}

/// The record's page.
pub fn record(desk: Desk, id: String) -> AnyView {
    let sheet = Sheet::new(desk, id);
    // What arrives while somebody reads or writes a reason changes the page; it does not build it anew.
    let loading = Memo::new(move |_| sheet.detail.with(Option::is_none));
    view! {
        {move || {
            if let Some(error) = sheet.failed.get() {
                return view! { <Failure error=error on_retry=move |()| sheet.load() /> }.into_any();
            }
            if loading.get() {
                return view! { <Loading /> }.into_any();
            }
            page_of(sheet)
        }}
        {dialogs::return_dialog(sheet)}
        {dialogs::reject_dialog(sheet)}
    }
    .into_any()
}

fn page_of(sheet: Sheet) -> AnyView {
    view! {
        <div class="panes panes--record">
            <div class="pane pane--record">
                <article class="record">
                    {head::head(sheet)}
                    <div class="record__body" id="answers">
                        {move || {
                            if sheet.protected.get() {
                                protection::protection(sheet)
                            } else {
                                answers::answers(sheet)
                            }
                        }}
                    </div>
                    {acts::acts(sheet)}
                </article>
            </div>
            <aside class="pane pane--history" aria-labelledby="history-title">
                {timeline::timeline(sheet)}
            </aside>
        </div>
    }
    .into_any()
}

impl Sheet {
    fn new(desk: Desk, id: String) -> Self {
        let sheet = Self {
            desk,
            id: StoredValue::new(id),
            detail: RwSignal::new(None),
            failed: RwSignal::new(None),
            asked: StoredValue::new((0, 0)),
            opened: RwSignal::new(None),
            history: RwSignal::new(None),
            attachments: RwSignal::default(),
            show: RwSignal::default(),
            protected: RwSignal::new(false),
            busy: RwSignal::new(false),
            returning: RwSignal::new(false),
            rejecting: RwSignal::new(false),
        };
        sheet.load();
        sheet.need_list();
        acts::listen(sheet);
        Effect::new(move |last: Option<u64>| {
            let (number, records) = desk.live.changed.get();
            let ours = records.is_empty() || sheet.id.with_value(|id| records.contains(id));
            if last.is_some_and(|last| last != number) && ours {
                sheet.load();
            }
            number
        });
        sheet
    }

    /// Fetches the record and its history.
    pub fn load(self) {
        let id = self.id.get_value();
        let number = self.ask();
        spawn_local(async move {
            match self.desk.get::<Detail>(&format!("/api/records/{id}")).await {
                Ok(detail) if self.is_news(number) => self.take(detail),
                Ok(_) => {}
                Err(error) => self.missed(error),
            }
        });
        self.load_history();
        self.load_attachments();
    }

    /// The number of a question to the server.
    fn ask(self) -> u64 {
        self.asked.try_update_value(|asked| asked.0 += 1);
        self.asked.try_get_value().map_or(0, |asked| asked.0)
    }

    /// Whether an answer is newer than what is shown. Several may be on their way, and the earlier one
    /// may come last.
    fn is_news(self, number: u64) -> bool {
        let known = self.asked.try_update_value(|(_, shown)| {
            let news = number > *shown;
            *shown = number.max(*shown);
            news
        });
        known == Some(true)
    }

    /// Who is reading goes on reading when looking for news has failed; it is tried again.
    fn missed(self, error: ApiError) {
        let reading = self.detail.try_with_untracked(Option::is_some) == Some(true);
        if !reading || matches!(error.code(), "not_found" | "not_allowed" | "not_signed_in") {
            let _ = self.failed.try_set(Some(error));
            return;
        }
        timer::after(AGAIN_MS, move || {
            // The page may be another one by then.
            if self.asked.try_get_value().is_some() {
                self.load();
            }
        });
    }

    fn load_attachments(self) {
        let id = self.id.get_value();
        spawn_local(async move {
            let path = format!("/api/records/{id}/attachments");
            if let Ok(attachments) = self.desk.get(&path).await {
                let _ = self.attachments.try_set(attachments);
            }
        });
    }

    fn load_history(self) {
        let id = self.id.get_value();
        spawn_local(async move {
            if let Ok(history) = self.desk.get(&format!("/api/records/{id}/history")).await {
                let _ = self.history.try_set(Some(history));
            }
        });
    }

    /// Shows what the server answered to a decision or a settlement.
    pub fn take(self, detail: Detail) {
        let title = title(&detail.record);
        let own = untrack(|| self.desk.person()) == detail.review.by;
        self.desk.notes.meet(&detail.record.id, detail.review.at, own);
        // Said only when it changes: the page is built anew by that, with what was chosen and typed in it.
        let cleared = self.failed.try_maybe_update(|failed| (failed.take().is_some(), ()));
        if cleared.is_some() {
            page::set_title(&format!("{title} – {}", t(Key::AppName)));
            self.detail.set(Some(detail));
        }
    }

    /// What was decided, and its trace in the history.
    pub fn taken(self, detail: Detail) {
        // What was asked before it was decided is history.
        self.is_news(self.ask());
        self.take(detail);
        self.load_history();
        if self.opened.with_untracked(Option::is_some) {
            self.open_protection(|_| {});
        }
    }

    /// Fetches the protection answers as well; the server notes who did.
    pub fn open_protection(self, refused: impl FnOnce(ApiError) + 'static) {
        let path = format!("/api/records/{}?protection=1", self.id.get_value());
        spawn_local(async move {
            match self.desk.get::<Detail>(&path).await {
                Ok(detail) => {
                    let _ = self.opened.try_set(Some(detail));
                }
                Err(error) => refused(error),
            }
        });
    }

    /// The list that the record is read out of: for next and previous.
    fn need_list(self) {
        let query = self.query();
        let known =
            self.desk.list.with_untracked(|list| list.as_ref().is_some_and(|(of, _)| *of == query));
        if known {
            return;
        }
        spawn_local(async move {
            if let Ok(page) = self.desk.get(&query.request()).await {
                self.desk.keep(query, page);
            }
        });
    }

    pub fn query(self) -> Query {
        self.desk.place().get_untracked().query()
    }

    /// The record's place in the list and the list's length.
    pub fn position(self) -> Option<(usize, usize)> {
        self.desk.list.with(|list| {
            let (_, page) = list.as_ref()?;
            let at = self.id.with_value(|id| page.items.iter().position(|item| item.id == *id))?;
            Some((at, page.items.len()))
        })
    }

    /// The record before or after this one in the list.
    pub fn neighbour(self, by: isize) -> Option<String> {
        let (at, _) = self.position()?;
        let at = at.checked_add_signed(by)?;
        self.desk.list.with(|list| {
            let (_, page) = list.as_ref()?;
            page.items.get(at).map(|item| item.id.clone())
        })
    }

    /// Opens another record of the list.
    pub fn step(self, by: isize) -> bool {
        match untrack(|| self.neighbour(by)) {
            Some(id) => {
                self.desk.go(&Place::Record(id, self.query()));
                true
            }
            None => false,
        }
    }

    /// Back to the list.
    pub fn leave(self) {
        self.desk.go(&Place::List(self.query()));
    }

    /// The key of a remark in the desk's collection.
    pub fn flag_key(self, path: &str) -> (String, String) {
        (self.id.get_value(), path.to_owned())
    }
}
