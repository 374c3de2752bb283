//! The menu of an item.

use super::super::desk::Desk;
use super::super::say;
use crate::i18n::{Key, t, ta};
use crate::ui::{Icon, Sheet, live};
use device::fill::screens;
use form::session::{Address, Effects};
use leptos::prelude::*;

/// What can be done with an item: open it, move it, mark that it has left, remove it.
pub fn sheet(
    desk: Desk,
    is_roster: bool,
    items: Memo<Vec<String>>,
    menu: RwSignal<Option<Address>>,
    asks: Asks,
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
            act(desk, asks, &item);
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
                {entry("edit", Key::ActionEdit, |desk, _, item| super::open(desk, item))}
                {live(move || ({
                    place()
                        .filter(|(at, _)| *at > 0)
                        .map(|_| {
                            entry("arrow-up", Key::ActionMoveUp, |desk, _, item| shift(desk, item, true))
                        })
                }).into_any())}
                {live(move || ({
                    place()
                        .filter(|(at, count)| at + 1 < *count)
                        .map(|_| {
                            entry(
                                "arrow-down",
                                Key::ActionMoveDown,
                                |desk, _, item| shift(desk, item, false),
                            )
                        })
                }).into_any())}
                {is_roster
                    .then(|| {
                        entry(
                            "person",
                            Key::RosterMarkLeft,
                            |_, asks, item| asks.parting.set(Some(item.clone())),
                        )
                    })}
                {entry(
                    "trash",
                    Key::ActionRemove,
                    |_, asks, item| asks.removing.set(Some(item.clone())),
                )}
            </div>
        </Sheet>
    }
    .into_any()
}

/// Of which item it is asked whether to remove it, and why it is not in the household any more.
#[derive(Clone, Copy, Default)]
pub struct Asks {
    pub removing: RwSignal<Option<Address>>,
    pub parting: RwSignal<Option<Address>>,
}

/// What an entry of the menu does with the item.
type Act = fn(Desk, Asks, &Address);

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
