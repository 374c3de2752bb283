//! An answered question of a whole section as one line: what was asked, what was answered. It opens with a
//! tap, and by itself when something is wrong with the answer or somebody has remarked on it.

use super::desk::Desk;
use super::{page, question, say};
use crate::i18n::{Key, t};
use crate::platform::timer;
use crate::ui::{live, memo, press};
use device::fill::grid;
use device::fill::rare::is_rare;
use device::fill::screens::Mode;
use form::model::{Node, QuestionType};
use form::session::{Address, Violation};
use leptos::prelude::*;

/// Appearances whose answers one line does not show, or must not.
const OPEN: [&str; 5] = ["masked", "hidden-answer", "label", "list-nolabel", "list"];

/// A question; folded while whole sections are shown, it is answered, and it is not the one `sought`.
pub fn view(desk: Desk, at: Address, single: bool, sought: bool) -> AnyView {
    let sections = untrack(|| desk.mode()) == Mode::Sections;
    let node = desk.session(|session| Some(session.form().node(at.node).clone()));
    let may = node.is_some_and(|node| is_plain(&node));
    let alone = desk.session(|session| grid::share(session.form(), at.node)).is_none();
    if sought || !sections || !may || !alone || untrack(|| asks(desk, &at)) {
        return question::view(desk, at, single);
    }
    let opened = RwSignal::new(false);
    let folded = {
        let at = at.clone();
        // Once open it stays open, under the fingers of who answers it.
        Memo::new(move |before: Option<&bool>| {
            before != Some(&false) && !opened.get() && !asks(desk, &at)
        })
    };
    live(move || match folded.get() {
        true => line(desk, &at, opened),
        false => untrack(|| question::view(desk, at.clone(), single)),
    })
}

/// Whether its answer is words that one line shows.
fn is_plain(node: &Node) -> bool {
    use QuestionType::*;
    let kind = matches!(
        node.question(),
        Some(
            Text | Integer
                | Decimal
                | PhoneNumber
                | Email
                | SelectOne
                | SelectMultiple
                | Rank
                | Date
                | DateTime
                | Time
        )
    );
    kind && !is_rare(node) && !OPEN.iter().any(|appearance| node.appears(appearance))
}

/// Whether somebody has to look at the question, followed.
fn asks(desk: Desk, at: &Address) -> bool {
    let state = desk.state(at);
    let wrong = match state.violation {
        Some(Violation::Soft) => !desk.is_confirmed(at, &state.value),
        violation => violation.is_some(),
    };
    state.value.is_empty()
        || state.readonly
        || wrong
        || desk.remark(at).is_some()
        || desk.read(|draft| draft.news_of(at).is_some())
}

fn line(desk: Desk, at: &Address, opened: RwSignal<bool>) -> AnyView {
    let id = question::id(at);
    let (label, value, relevant) = (at.clone(), at.clone(), at.clone());
    let relevant = memo(move || desk.state(&relevant).relevant);
    let target = at.clone();
    let open = move || {
        opened.set(true);
        let target = target.clone();
        timer::after(0, move || page::focus_answer(&target));
    };
    view! {
        <div class="question question--folded" id=id hidden=move || !relevant.get()>
            <div class="question__head">
                <button type="button" class="folded" on:click=press(open)>
                    <span class="folded__text" lang=move || desk.language()>
                        {live(move || say::label(desk, &label).into_any())}
                        <span class="folded__answer">
                            {live(move || say::answer(desk, &value, &desk.value(&value)).into_any())}
                        </span>
                    </span>
                    <span class="link">{t(Key::ActionChange)}</span>
                </button>
            </div>
        </div>
    }
    .into_any()
}
