//! A repeat as the list of its items: add, open, remove, restore, and what does not add up.

mod part;

use super::desk::Desk;
use super::{say, text};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::ui::{Button, Dialog, Icon, IconButton, Kind, Sheet};
use device::fill::answers;
use device::fill::screens::{self, Scope};
use device::fill::sections;
use form::expr::number;
use form::session::{Address, Effects};
use leptos::prelude::*;
use part::Part;

/// The list of a repeat's items.
pub fn view(desk: Desk, repeat: Address) -> AnyView {
    let items = {
        let repeat = repeat.clone();
        Memo::new(move |_| {
            desk.track_structure();
            desk.session(|session| session.items(&repeat))
        })
    };
    let removed = {
        let repeat = repeat.clone();
        Memo::new(move |_| {
            desk.track_structure();
            desk.read(|draft| draft.removed_items(&repeat))
        })
    };
    let leaving: RwSignal<Option<Address>> = RwSignal::new(None);
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
        {summary(desk, &repeat, items)}
        {part.turner(false)}
        <ol class="roster">
            <For
                each=move || part.shown()
                key=|item| item.clone()
                children=move |item| row(desk, inside(&rows, item), items, menu)
            />
            <For
                each=move || removed.get()
                key=|item| item.clone()
                children=move |item| removed_row(desk, &gone, item)
            />
        </ol>
        {part.turner(true)}
        {mismatch(desk, &repeat, items)}
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
        {sheet(desk, items, menu, leaving)} {confirm(desk, leaving)}
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
    desk.alter(|draft| draft.add_item(repeat, &item));
    Part::turn_to_last(repeat);
    open(desk, &inside(repeat, item));
}

/// Opens the first screen of an item.
fn open(desk: Desk, item: &Address) {
    let mode = untrack(|| desk.mode());
    let first = desk.session(|session| {
        let screens = screens::screens(session, &Scope::Item(item.clone()), mode);
        screens.first().map(|screen| screen.key().clone())
    });
    if let Some(first) = first {
        desk.app.go(desk.route(&first));
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
            let age = session.form().by_key("m_age_years")?;
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

fn row(
    desk: Desk,
    item: Address,
    items: Memo<Vec<String>>,
    menu: RwSignal<Option<Address>>,
) -> AnyView {
    let number = {
        let id = item.items.last().cloned().unwrap_or_default();
        move || items.with(|items| items.iter().position(|other| *other == id).map(|at| at + 1))
    };
    let name = {
        let item = item.clone();
        Memo::new(move |_| say::item_title(desk, &item))
    };
    let missing = {
        let item = item.clone();
        Memo::new(move |_| {
            desk.track_structure();
            desk.session(|session| sections::missing_in(session, &item))
        })
    };
    let opening = item.clone();
    view! {
        <li class="roster__item">
            <span class="roster__number">{number}</span>
            <button type="button" class="roster__main" on:click=move |_| open(desk, &opening)>
                <span class="roster__name">{move || name.get()}</span>
                {move || match missing.get() {
                    0 => view! {
                        <span class="roster__ok">
                            <Icon name="tick" small=true />
                            {t(Key::RosterComplete)}
                        </span>
                    }
                    .into_any(),
                    count => view! {
                        <span class="roster__missing">
                            <Icon name="warning" small=true />
                            {tn(Plural::RosterMissing, count as u64, &[])}
                        </span>
                    }
                    .into_any(),
                }}
            </button>
            <IconButton
                icon="more"
                label=Signal::derive(move || ta(Key::RosterMenu, &[("name", &name.get())]))
                on_press=move |()| menu.set(Some(item.clone()))
            />
        </li>
    }
    .into_any()
}

/// What can be done with an item: open it, move it, remove it.
fn sheet(
    desk: Desk,
    items: Memo<Vec<String>>,
    menu: RwSignal<Option<Address>>,
    leaving: RwSignal<Option<Address>>,
) -> AnyView {
    let open = RwSignal::new(false);
    Effect::new(move || open.set(menu.with(Option::is_some)));
    Effect::new(move || {
        if !open.get() && menu.with_untracked(Option::is_some) {
            menu.set(None);
        }
    });
    let title = Signal::derive(move || {
        menu.with(|item| item.as_ref().map(|item| say::item_title(desk, item)).unwrap_or_default())
    });
    let chosen = move |act: Act| {
        move |_| {
            let Some(item) = menu.get_untracked() else { return };
            menu.set(None);
            act(desk, leaving, &item);
        }
    };
    let entry = move |icon: &'static str, key: Key, act: Act| {
        view! {
            <button type="button" class="menu__item" on:click=chosen(act)>
                <Icon name=icon />
                {t(key)}
            </button>
        }
    };
    let place = move || {
        let id = menu.get()?.items.last().cloned()?;
        items.with(|items| Some((items.iter().position(|item| *item == id)?, items.len())))
    };
    view! {
        <Sheet open=open title=title>
            <div class="stack">
                {entry("edit", Key::ActionEdit, |desk, _, item| self::open(desk, item))}
                {move || {
                    place()
                        .filter(|(at, _)| *at > 0)
                        .map(|_| {
                            entry("arrow-up", Key::ActionMoveUp, |desk, _, item| shift(desk, item, true))
                        })
                }}
                {move || {
                    place()
                        .filter(|(at, count)| at + 1 < *count)
                        .map(|_| {
                            entry(
                                "arrow-down",
                                Key::ActionMoveDown,
                                |desk, _, item| shift(desk, item, false),
                            )
                        })
                }}
                {entry(
                    "trash",
                    Key::ActionRemove,
                    |_, leaving, item| leaving.set(Some(item.clone())),
                )}
            </div>
        </Sheet>
    }
    .into_any()
}

/// What an entry of the menu does with the item; the signal asks before it is removed.
type Act = fn(Desk, RwSignal<Option<Address>>, &Address);

/// Moves an item by one place and says where it stands now.
fn shift(desk: Desk, item: &Address, up: bool) {
    let repeat = screens::repeat_of(item);
    let id = item.items.last().cloned().unwrap_or_default();
    desk.alter(|draft| {
        // A document that refuses keeps the order; the list then says so by itself.
        let _ = draft.move_item(&repeat, &id, up);
        Effects::default()
    });
    desk.refresh();
    let items = desk.session(|session| session.items(&repeat));
    let place = items.iter().position(|other| *other == id).map_or(0, |at| at + 1).to_string();
    let name = untrack(|| say::item_title(desk, item));
    desk.app.toast(ta(Key::RosterMoved, &[("name", &name), ("n", &place)]), None);
}

fn removed_row(desk: Desk, repeat: &Address, item: String) -> AnyView {
    let name = desk.read(|draft| draft.removed_name(repeat, &item));
    let name = if name.is_empty() { t(Key::RosterRemoved) } else { name };
    let (repeat, shown) = (repeat.clone(), name.clone());
    view! {
        <li class="roster__item roster__item--removed">
            <span class="roster__main">
                <span class="roster__name">{name}</span>
                <span class="meta">" " {t(Key::RosterRemoved)}</span>
            </span>
            <Button
                kind=Kind::Quiet
                small=true
                label=tx(Key::ActionRestore)
                on_press=move |()| {
                    restore(desk, &repeat, &item);
                    desk.app.toast(ta(Key::RosterRestoredToast, &[("name", &shown)]), None);
                }
            />
        </li>
    }
    .into_any()
}

fn restore(desk: Desk, repeat: &Address, item: &str) {
    desk.alter(|draft| {
        // A document that refuses keeps the row removed; the list then says so by itself.
        let _ = draft.restore_item(repeat, item);
        Effects::default()
    });
    desk.refresh();
}

/// The number that was given against the list, with both remedies.
fn mismatch(desk: Desk, repeat: &Address, items: Memo<Vec<String>>) -> AnyView {
    let size = desk.session(|session| {
        let node = answers::size_question(session.form(), repeat.node)?;
        let depth = session.form().repeats_of(node).len().min(repeat.items.len());
        Some(Address { items: repeat.items[..depth].to_vec(), node })
    });
    let Some(size) = size else { return ().into_any() };
    let repeat = repeat.clone();
    let shown = move || {
        let listed = items.with(Vec::len);
        let said: usize = desk.value(&size).parse().ok()?;
        if said == listed || listed == 0 {
            return None;
        }
        let (said_words, listed_words) = (said.to_string(), listed.to_string());
        let arguments = [("said", said_words.as_str()), ("listed", listed_words.as_str())];
        let (adding, changing) = (repeat.clone(), size.clone());
        let value = listed.to_string();
        Some(view! {
            <div class="mismatch" role="status">
                <p>{ta(Key::RosterMismatch, &arguments)}</p>
                <div class="cluster">
                    {(said > listed)
                        .then(|| {
                            view! {
                                <Button
                                    kind=Kind::Secondary
                                    small=true
                                    label=tx(Key::RosterAddOne)
                                    on_press=move |()| add(desk, &adding)
                                />
                            }
                        })}
                    <Button
                        kind=Kind::Secondary
                        small=true
                        label=ta(Key::RosterChangeNumber, &arguments)
                        on_press=move |()| desk.set(&changing, &value)
                    />
                </div>
            </div>
        })
    };
    view! { {shown} }.into_any()
}

/// Asks before an item is removed.
fn confirm(desk: Desk, leaving: RwSignal<Option<Address>>) -> AnyView {
    let open = RwSignal::new(false);
    Effect::new(move || {
        if leaving.with(Option::is_some) {
            open.set(true);
        }
    });
    Effect::new(move |before: Option<bool>| {
        let now = open.get();
        if before == Some(true) && !now {
            leaving.set(None);
        }
        now
    });
    let name = move || leaving.get().map(|item| say::item_title(desk, &item)).unwrap_or_default();
    let remove = move |()| {
        let Some(item) = leaving.get_untracked() else { return };
        let name = untrack(|| say::item_title(desk, &item));
        let repeat = screens::repeat_of(&item);
        let id = item.items.last().cloned().unwrap_or_default();
        desk.alter(|draft| draft.remove_item(&repeat, &id));
        let undo = Callback::new(move |()| restore(desk, &repeat, &id));
        desk.app.toast(ta(Key::RosterRemovedToast, &[("name", &name)]), Some(undo));
    };
    view! {
        <Dialog
            open=open
            danger=true
            title=Signal::derive(move || ta(Key::RosterRemoveTitle, &[("name", &name())]))
            text=tx(Key::RosterRemoveText)
            safe=tx(Key::ActionKeep)
            act=Signal::derive(move || ta(Key::RosterRemoveYes, &[("name", &name())]))
            on_act=remove
        />
    }
    .into_any()
}
