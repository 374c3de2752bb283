//! The mark of what a colleague or the office altered since this worker last looked: it stays while the
//! screen is looked at, and is gone the next time.

use super::desk::Desk;
use super::say;
use crate::i18n::{Key, t, ta};
use crate::ui::live;
use form::session::Address;
use leptos::prelude::*;
use shared::record::history::News;

/// The mark of a question, followed.
pub fn of_question(desk: Desk, at: &Address) -> AnyView {
    of_place(desk, at, None)
}

/// The mark of an item that was removed; looked for again when `pulse` changes.
pub fn of_gone(desk: Desk, item: &Address, pulse: Memo<u64>) -> AnyView {
    of_place(desk, item, Some(pulse))
}

fn of_place(desk: Desk, at: &Address, pulse: Option<Memo<u64>>) -> AnyView {
    let at = at.clone();
    mark(desk, pulse, move || {
        let news = desk.read(|draft| draft.news_of(&at).cloned())?;
        Some((Key::QuestionChangedBy, news))
    })
}

/// The mark of an item: added, or altered inside.
pub fn of_item(desk: Desk, item: &Address, pulse: Memo<u64>) -> AnyView {
    let item = item.clone();
    mark(desk, Some(pulse), move || {
        desk.read(|draft| {
            let added = draft.news_of(&item).map(|news| (Key::RosterAddedBy, news.clone()));
            added.or_else(|| Some((Key::QuestionChangedBy, draft.news_in(&item)?.clone())))
        })
    })
}

fn mark(
    desk: Desk,
    pulse: Option<Memo<u64>>,
    find: impl Fn() -> Option<(Key, News)> + Send + 'static,
) -> AnyView {
    live(move || {
        match pulse {
            Some(pulse) => {
                pulse.get();
            }
            None => desk.track_structure(),
        }
        let Some((key, news)) = find() else { return ().into_any() };
        let person = say::person(desk, Some(news.device));
        let when = say::when(news.at.saturating_mul(1000));
        let words = ta(key, &[("person", &person), ("when", &when)]);
        view! { <span class="seam meta">{words}</span> }.into_any()
    })
}

/// What the office remarked on a question, over it.
pub fn remark(desk: Desk, at: &Address) -> AnyView {
    let at = at.clone();
    live(move || {
        let Some(remark) = desk.remark(&at) else { return ().into_any() };
        let by = [("person", remark.by.as_str()), ("when", &say::when(remark.at_ms))];
        let words = if remark.words.is_empty() { t(Key::ReturnedTitle) } else { remark.words };
        view! {
            <span class="asker" lang=desk.app.language().get().code()>
                <span class="meta">{ta(Key::ReturnedBy, &by)}</span>
                <span>{words}</span>
            </span>
        }
        .into_any()
    })
}
