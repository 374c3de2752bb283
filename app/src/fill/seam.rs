//! The mark of what a colleague or the office altered since this worker last looked: it stays while the
//! screen is looked at, and is gone the next time.

use super::desk::Desk;
use super::say;
use crate::i18n::{Key, ta};
use crate::ui::live;
use form::session::Address;
use leptos::prelude::*;
use shared::record::history::News;

/// The mark of a question, followed.
pub fn of_question(desk: Desk, at: &Address) -> AnyView {
    let at = at.clone();
    mark(desk, move || {
        let news = desk.read(|draft| draft.news_of(&at).cloned())?;
        Some((Key::QuestionChangedBy, news))
    })
}

/// The mark of an item: added, or altered inside.
pub fn of_item(desk: Desk, item: &Address) -> AnyView {
    let item = item.clone();
    mark(desk, move || {
        desk.read(|draft| {
            let added = draft.news_of(&item).map(|news| (Key::RosterAddedBy, news.clone()));
            added.or_else(|| Some((Key::QuestionChangedBy, draft.news_in(&item)?.clone())))
        })
    })
}

fn mark(desk: Desk, find: impl Fn() -> Option<(Key, News)> + Send + 'static) -> AnyView {
    live(move || {
        desk.track_structure();
        let Some((key, news)) = find() else { return ().into_any() };
        let person = say::person(desk, Some(news.device));
        let when = say::when(news.at.saturating_mul(1000));
        let words = ta(key, &[("person", &person), ("when", &when)]);
        view! { <span class="seam meta">{words}</span> }.into_any()
    })
}
