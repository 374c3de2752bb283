//! A member who is not in the household any more: kept in the record with the reason, out of the list and
//! out of what is calculated from it.

use super::super::desk::Desk;
use super::super::say;
use super::removal;
use crate::i18n::{Key, ta};
use crate::platform::frame;
use crate::ui::{Icon, Sheet, press};
use device::fill::screens;
use form::session::Address;
use leptos::prelude::*;
use shared::record::answer::LEAVINGS;

/// Asks why; a tap on the reason does it.
pub fn sheet(desk: Desk, parting: RwSignal<Option<Address>>) -> AnyView {
    let open = RwSignal::new(false);
    Effect::new(move || {
        if parting.with(Option::is_some) {
            open.set(true);
        }
    });
    // The name stays while the sheet goes.
    let name = Memo::new(move |before: Option<&String>| {
        let name = parting.get().map(|item| say::item_title(desk, &item));
        name.or_else(|| before.cloned()).unwrap_or_default()
    });
    let leave = move |why: &'static str| {
        let Some(item) = parting.get_untracked() else { return };
        open.set(false);
        parting.set(None);
        let name = untrack(|| say::item_title(desk, &item));
        let repeat = screens::repeat_of(&item);
        let id = item.items.last().cloned().unwrap_or_default();
        desk.alter(|draft| draft.leave_item(&repeat, &id, why));
        let undo = Callback::new(move |()| removal::restore(desk, &repeat, &id));
        frame::behind(move || {
            desk.app.toast(ta(Key::RosterLeftToast, &[("name", &name)]), Some(undo));
        });
    };
    let reason = move |why: &'static str| {
        view! {
            <button type="button" class="menu__item" on:click=press(move || leave(why))>
                <Icon name="chevron" />
                {say::leaving(why)}
            </button>
        }
    };
    view! {
        <Sheet
            open=open
            title=Signal::derive(move || ta(Key::RosterWhyLeft, &[("name", &name.get())]))
        >
            <div class="stack">{LEAVINGS.map(reason).into_iter().collect_view()}</div>
        </Sheet>
    }
    .into_any()
}
