//! Fetching the list, and keeping it fresh without moving rows under the reader's eyes.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::office::Desk;
use crate::office::api::ApiError;
use crate::office::model::records::{Counts, Item, RecordPage};
use crate::office::query::{Place, Query};
use crate::platform::page;

/// The list on screen.
#[derive(Clone, Copy)]
pub struct List {
    pub desk: Desk,
    pub query: Memo<Query>,
    /// `None` until the first answer.
    pub rows: RwSignal<Option<Vec<Item>>>,
    pub counts: RwSignal<Counts>,
    pub total: RwSignal<usize>,
    pub failed: RwSignal<Option<ApiError>>,
    /// Records that changed while the list was on screen.
    pub changed: RwSignal<BTreeSet<String>>,
    /// A newer list with other rows, and how many of them are new.
    pub waiting: RwSignal<Option<(usize, RecordPage)>>,
    /// The row that the keys are on.
    pub selected: RwSignal<Option<String>>,
}

impl List {
    pub fn new(desk: Desk, query: Memo<Query>) -> Self {
        let known = desk.list.with_untracked(|list| {
            list.as_ref()
                .filter(|(of, _)| *of == query.get_untracked())
                .map(|(_, page)| page.clone())
        });
        let list = Self {
            desk,
            query,
            rows: RwSignal::new(None),
            counts: RwSignal::default(),
            total: RwSignal::new(0),
            failed: RwSignal::new(None),
            changed: RwSignal::default(),
            waiting: RwSignal::new(None),
            selected: RwSignal::new(None),
        };
        if let Some(page) = known {
            list.take(page);
        }
        Effect::new(move || {
            query.track();
            list.load();
        });
        Effect::new(move |last: Option<u64>| {
            let (number, records) = desk.live.changed.get();
            if last.is_some_and(|last| last != number) {
                list.refresh(records);
            }
            number
        });
        list
    }

    /// Fetches the list that the address asks for.
    pub fn load(self) {
        self.fetch(Self::take);
    }

    fn fetch(self, then: fn(Self, RecordPage)) {
        let query = self.query.get_untracked();
        let request = query.request();
        spawn_local(async move {
            let answer = self.desk.get::<RecordPage>(&request).await;
            // The person may have gone on meanwhile.
            if self.query.try_get_untracked().as_ref() != Some(&query) {
                return;
            }
            match answer {
                Ok(page) => {
                    self.failed.set(None);
                    then(self, page);
                }
                Err(error) if self.rows.with_untracked(Option::is_some) => {
                    self.desk.app.toast(error.words(), None);
                }
                Err(error) => self.failed.set(Some(error)),
            }
        });
    }

    fn take(self, page: RecordPage) {
        let query = self.query.get_untracked();
        // The rows of the last page have gone elsewhere: there are others before it.
        if page.items.is_empty() && page.total > 0 && query.page > 0 {
            let last = (page.total - 1) / page.page_size.max(1);
            self.desk.go(&Place::List(Query { page: last.min(query.page - 1), ..query }));
            return;
        }
        self.waiting.set(None);
        self.counts.set(page.counts.clone());
        self.total.set(page.total);
        self.desk.keep(self.query.get_untracked(), page.clone());
        self.rows.set(Some(page.items));
    }

    /// Something changed on the server: rows on screen are redrawn where they stand.
    fn refresh(self, records: BTreeSet<String>) {
        self.changed.update(|changed| changed.extend(records));
        self.fetch(|list, page| {
            let known = list.rows.with_untracked(|rows| ids(rows.iter().flatten()));
            let fresh = ids(page.items.iter());
            if known == fresh || known.is_empty() {
                list.take(page);
                return;
            }
            let new = fresh.difference(&known).count().max(known.difference(&fresh).count());
            list.counts.set(page.counts.clone());
            list.desk.keep_counts(&list.query.get_untracked(), &page.counts);
            list.rows.update(|rows| {
                for row in rows.iter_mut().flatten() {
                    if let Some(newer) = page.items.iter().find(|item| item.id == row.id) {
                        *row = newer.clone();
                    }
                }
            });
            list.waiting.set(Some((new, page)));
        });
    }

    pub fn show_waiting(self) {
        if let Some((_, page)) = self.waiting.get_untracked() {
            self.take(page);
        }
    }

    /// Moves the selection and the focus by one row.
    pub fn step(self, by: isize) -> bool {
        let next = self.rows.with_untracked(|rows| {
            let rows = rows.as_ref()?;
            let now = self.selected.with_untracked(|selected| {
                rows.iter().position(|row| Some(&row.id) == selected.as_ref())
            });
            let at = match now {
                Some(at) => at.saturating_add_signed(by).min(rows.len().saturating_sub(1)),
                None => 0,
            };
            rows.get(at).map(|row| row.id.clone())
        });
        let Some(next) = next else { return false };
        page::focus(&format!("#row-{next}"));
        crate::platform::office_dom::scroll_near(&format!("#row-{next}"));
        self.selected.set(Some(next));
        true
    }

    pub fn open_selected(self) -> bool {
        let Some(id) = self.selected.get_untracked() else { return false };
        self.desk.go(&Place::Record(id, self.query.get_untracked()));
        true
    }
}

fn ids<'a>(items: impl Iterator<Item = &'a Item>) -> BTreeSet<String> {
    items.map(|item| item.id.clone()).collect()
}
