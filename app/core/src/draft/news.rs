//! What others altered in a record since it was last open here: told once, where it stands.

use super::{Draft, is_calculated};
use crate::device::Device;
use crate::list::ListRow;
use crate::records::Documents;
use form::model::Form;
use form::session::Address;
use shared::id::DeviceId;
use shared::record::answer::LEFT;
use shared::record::history::News;
use shared::record::review::Seen;

/// More is not news: who altered the whole record is asked.
const MOST: usize = 200;

/// Keeps in a list row what others altered since the documents were as `before`; `own` are the devices of
/// this worker.
fn keep(
    row: &mut ListRow,
    documents: &mut Documents,
    before: &Seen,
    form: &Form,
    own: &[DeviceId],
) {
    let news = documents.news_since(
        before,
        |device| own.contains(&device),
        |key| form.by_key(key).is_some_and(|id| is_calculated(form, id)),
    );
    row.news.retain(|old| news.iter().all(|new| new.path != old.path));
    // That a member has left is told of the member.
    row.news.extend(news.into_iter().filter(|of| of.path.key != LEFT));
    let most = row.news.len().saturating_sub(MOST);
    row.news.drain(..most);
}

impl Device {
    /// What others altered in a record that was open here before, so that the lists tell of it.
    pub(crate) fn note_news(&self, documents: &mut Documents, row: &mut ListRow) {
        let Some(info) = self.current_form(&row.form_id) else { return };
        // Blank for a record that was never open here: all of it is new.
        if let Ok(seen) = row.looked.parse::<Seen>() {
            keep(row, documents, &seen, &info.form, &self.own_devices());
        }
    }
}

impl Draft {
    /// The record is opened by its worker, whose devices are `own`: what others altered since the last
    /// time is kept as news, beside what was not seen then.
    pub(crate) fn look(&mut self, own: Vec<DeviceId>) {
        self.own = own;
        if let Ok(seen) = self.row.looked.parse::<Seen>() {
            self.note_news(&seen);
        }
        self.note_looked();
    }

    /// Keeps what others altered since the documents were as `before`.
    pub(super) fn note_news(&mut self, before: &Seen) {
        let form = self.session.form().clone();
        keep(&mut self.row, &mut self.documents, before, &form, &self.own);
        self.note_looked();
    }

    /// The documents as they are now have been looked at, but for the news.
    pub(super) fn note_looked(&mut self) {
        let looked = self.documents.seen().to_string();
        if self.row.looked != looked {
            self.row.looked = looked;
            self.put_row();
        }
    }

    /// What somebody else made of an answer, or of an item at its own address, since this worker saw it.
    pub fn news_of(&self, at: &Address) -> Option<&News> {
        if self.row.news.is_empty() {
            return None;
        }
        let is_item = at.items.len() > self.session.form().repeats_of(at.node).len();
        let path = match is_item {
            true => self.item_path(at),
            false => self.path(at),
        };
        self.row.news.iter().find(|of| of.path == path)
    }

    /// Whether somebody else altered something inside an item.
    pub fn news_in(&self, item: &Address) -> Option<&News> {
        if self.row.news.is_empty() {
            return None;
        }
        let inside = self.item_path(item).items;
        self.row
            .news
            .iter()
            .find(|of| !of.path.key.is_empty() && of.path.items.starts_with(&inside))
    }

    /// These questions and items were seen. Whether that was news.
    pub fn see(&mut self, seen: &[Address]) -> bool {
        if self.row.news.is_empty() {
            return false;
        }
        let known: Vec<News> = seen.iter().filter_map(|at| self.news_of(at)).cloned().collect();
        let count = self.row.news.len();
        self.row.news.retain(|of| !known.contains(of));
        let fewer = self.row.news.len() < count;
        if fewer {
            self.put_row();
        }
        fewer
    }
}
