//! Removing an item, and bringing it back.

use super::super::desk::Desk;
use super::super::say;
use crate::i18n::{Key, ta, tx};
use crate::platform::frame;
use crate::ui::Dialog;
use device::fill::screens;
use form::audit::Event;
use form::session::{Address, Effects};
use leptos::prelude::*;

/// Brings a removed item back.
pub fn restore(desk: Desk, repeat: &Address, item: &str) {
    desk.alter(|draft| {
        // A document that refuses keeps the row removed; the list then says so by itself.
        let _ = draft.restore_item(repeat, item);
        Effects::default()
    });
    desk.refresh();
}

/// Asks before an item is removed.
pub fn confirm(desk: Desk, leaving: RwSignal<Option<Address>>) -> AnyView {
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
    // The name stays while the dialog goes.
    let name = Memo::new(move |before: Option<&String>| {
        let name = leaving.get().map(|item| say::item_title(desk, &item));
        name.or_else(|| before.cloned()).unwrap_or_default()
    });
    let remove = move |()| {
        let Some(item) = leaving.get_untracked() else { return };
        let name = name.get_untracked();
        // The dialog keeps the name: the item is not looked up among those that are left.
        leaving.set(None);
        let repeat = screens::repeat_of(&item);
        let id = item.items.last().cloned().unwrap_or_default();
        desk.note(Event::DeleteRepeat, Some(&item));
        desk.alter(|draft| draft.remove_item(&repeat, &id));
        let undo = Callback::new(move |()| restore(desk, &repeat, &id));
        // The list first.
        frame::behind(move || {
            desk.app.toast(ta(Key::RosterRemovedToast, &[("name", &name)]), Some(undo));
        });
    };
    view! {
        <Dialog
            open=open
            danger=true
            title=Signal::derive(move || ta(Key::RosterRemoveTitle, &[("name", &name.get())]))
            text=tx(Key::RosterRemoveText)
            safe=tx(Key::ActionKeep)
            act=Signal::derive(move || ta(Key::RosterRemoveYes, &[("name", &name.get())]))
            on_act=remove
        />
    }
    .into_any()
}
