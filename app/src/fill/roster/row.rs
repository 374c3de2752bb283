//! One row of the list: an item, or one that was removed.

use super::super::desk::Desk;
use super::super::{say, seam};
use super::{open, removal};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::ui::{Button, Icon, IconButton, Kind};
use device::fill::sections;
use form::session::Address;
use leptos::prelude::*;

/// An item of the list.
pub fn view(
    desk: Desk,
    item: Address,
    menu: RwSignal<Option<Address>>,
    seen: Memo<bool>,
    pulse: Memo<u64>,
) -> AnyView {
    let number = {
        let item = item.clone();
        Memo::new(move |_| {
            pulse.get();
            desk.session(|session| session.place(&item).map(|at| at + 1))
        })
    };
    let name = {
        let item = item.clone();
        Memo::new(move |before: Option<&String>| match before.filter(|_| !seen.get()) {
            Some(before) => before.clone(),
            None => say::item_title(desk, &item),
        })
    };
    let missing = {
        let item = item.clone();
        Memo::new(move |before: Option<&usize>| match before.filter(|_| !seen.get()) {
            Some(before) => *before,
            None => {
                desk.track(&item);
                desk.session(|session| sections::missing_in(session, &item))
            }
        })
    };
    let opening = item.clone();
    let news = seam::of_item(desk, &item, pulse);
    view! {
        <li class="roster__item">
            <span class="roster__number">{move || number.get()}</span>
            <button type="button" class="roster__main" on:click=move |_| open(desk, &opening)>
                <span class="roster__name">{move || name.get()}</span>
                {news}
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

/// An item that was removed, with the way to bring it back.
pub fn removed(desk: Desk, repeat: &Address, item: String, pulse: Memo<u64>) -> AnyView {
    let name = desk.read(|draft| draft.removed_name(repeat, &item));
    let name = if name.is_empty() { t(Key::RosterRemoved) } else { name };
    let left = desk.read(|draft| draft.why_left(&item).to_owned());
    let (class, why) = match say::leaving(&left) {
        Some(why) => ("roster__item roster__item--left", format!("{}: {why}", t(Key::RosterLeft))),
        None => ("roster__item roster__item--removed", t(Key::RosterRemoved)),
    };
    let items = repeat.items.iter().cloned().chain([item.clone()]).collect();
    let news = seam::of_gone(desk, &Address { items, node: repeat.node }, pulse);
    let (repeat, shown) = (repeat.clone(), name.clone());
    view! {
        <li class=class>
            <span class="roster__main">
                <span class="roster__name">{name}</span>
                <span class="meta">" " {why}</span>
                {news}
            </span>
            <Button
                kind=Kind::Quiet
                small=true
                label=tx(Key::ActionRestore)
                on_press=move |()| {
                    removal::restore(desk, &repeat, &item);
                    desk.app.toast(ta(Key::RosterRestoredToast, &[("name", &shown)]), None);
                }
            />
        </li>
    }
    .into_any()
}
