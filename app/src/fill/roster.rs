//! A repeat as the list of its items: add, open, remove, restore, and what does not add up.

mod count;
mod menu;
mod part;
mod parting;
mod removal;
mod row;

use super::desk::Desk;
use super::{say, text};
use crate::i18n::{Key, t, ta};
use crate::ui::{Button, Kind};
use device::fill::screens::{self, Scope};
use form::audit::Event;
use form::expr::number;
use form::session::Address;
use leptos::prelude::*;
use part::Part;

/// The list of a repeat's items; it stays as it is while it is not `seen`.
pub fn view(desk: Desk, repeat: Address, seen: Memo<bool>) -> AnyView {
    let pulse =
        Memo::new(move |before: Option<&u64>| match before.copied().filter(|_| !seen.get()) {
            Some(before) => before,
            None => desk.structure(),
        });
    let items = {
        let repeat = repeat.clone();
        Memo::new(move |_| {
            pulse.get();
            desk.session(|session| session.items(&repeat))
        })
    };
    let removed = {
        let repeat = repeat.clone();
        Memo::new(move |_| {
            pulse.get();
            desk.read(|draft| draft.removed_items(&repeat))
        })
    };
    let asks = menu::Asks::default();
    let is_roster = say::is_roster(desk, &repeat);
    let menu: RwSignal<Option<Address>> = RwSignal::new(None);
    let (label, hint) = (repeat.clone(), repeat.clone());
    let (rows, gone) = (repeat.clone(), repeat.clone());
    let fixed = desk.session(|session| !session.form().node(repeat.node).repeat_count.is_empty());
    let adding = repeat.clone();
    let part = Part::of(&repeat, items);
    view! {
        <h2 class="question__head t-lg" tabindex="-1" id=super::question::id(&repeat)>
            {move || title(desk, &label)}
        </h2>
        {move || {
            let hint = desk.text(&hint, |session, language| session.hint(&hint, language));
            (!hint.is_empty()).then(|| view! { <div class="hint">{text::paragraphs(&hint)}</div> })
        }}
        {super::question::beside(desk, &repeat)}
        {summary(desk, &repeat, items)}
        {part.turner()}
        <ol class="roster">
            <For
                each=move || part.shown()
                key=|item| item.clone()
                children=move |item| row::view(desk, inside(&rows, item), menu, seen, pulse)
            />
            <For
                each=move || if part.is_last() { removed.get() } else { Vec::new() }
                key=|item| item.clone()
                children=move |item| row::removed(desk, &gone, item, pulse)
            />
        </ol>
        {part.turner()}
        {count::mismatch(desk, &repeat, items)}
        {(!fixed)
            .then(|| {
                let adding = adding.clone();
                let label = {
                    let repeat = adding.clone();
                    Signal::derive(move || add_label(desk, &repeat))
                };
                view! {
                    <Button
                        kind=Kind::Secondary
                        icon="plus"
                        wide=true
                        label=label
                        on_press=move |()| add(desk, &adding)
                    />
                }
            })}
        {menu::sheet(desk, is_roster, items, menu, asks)}
        {removal::confirm(desk, asks.removing)}
        {is_roster.then(|| parting::sheet(desk, asks.parting))}
    }
    .into_any()
}

fn inside(repeat: &Address, item: String) -> Address {
    let mut items = repeat.items.clone();
    items.push(item);
    Address { items, node: repeat.node }
}

fn title(desk: Desk, repeat: &Address) -> String {
    if say::is_roster(desk, repeat) { t(Key::RosterTitle) } else { say::label(desk, repeat) }
}

fn add_label(desk: Desk, repeat: &Address) -> String {
    if say::is_roster(desk, repeat) {
        t(Key::RosterAdd)
    } else {
        format!("{}: {}", t(Key::ActionAdd), say::label(desk, repeat))
    }
}

fn add(desk: Desk, repeat: &Address) {
    let item = desk.app.device().new_item();
    let change = |draft: &mut device::Draft| draft.add_item(repeat, &item);
    desk.alter_and(change, || {
        desk.note(Event::AddRepeat, Some(&inside(repeat, item.clone())));
        Part::turn_to_last(repeat);
        open(desk, &inside(repeat, item.clone()));
    });
}

/// Opens the first screen of an item.
fn open(desk: Desk, item: &Address) {
    let mode = untrack(|| desk.mode());
    let first = desk.session(|session| {
        let screens = screens::screens(session, &Scope::Item(item.clone()), mode);
        screens.first().map(|screen| screen.key().clone())
    });
    if let Some(first) = first {
        desk.app.show(desk.route(&first));
    }
}

/// "Members: 5, children: 2" for the household's roster.
fn summary(desk: Desk, repeat: &Address, items: Memo<Vec<String>>) -> AnyView {
    if !say::is_roster(desk, repeat) {
        return ().into_any();
    }
    let repeat = repeat.clone();
    let words = move || {
        let items = items.get();
        if items.is_empty() {
            return t(Key::RosterEmpty);
        }
        let children = desk.session(|session| {
            let age = shared::project::age_question(session.form())?;
            let child = |item: &&String| {
                let at = Address { items: inside(&repeat, (*item).clone()).items, node: age };
                number::parse(session.value(&at)).is_some_and(|years| years < 18.0)
            };
            Some(items.iter().filter(child).count())
        });
        let children = children.unwrap_or_default().to_string();
        let members = items.len().to_string();
        ta(Key::RosterSummary, &[("members", &members), ("children", &children)])
    };
    view! { <p class="hint">{words}</p> }.into_any()
}
