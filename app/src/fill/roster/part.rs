//! A long roster is drawn in parts: a phone that draws five hundred rows at once stands still.

use crate::i18n::{Key, ta, tx};
use crate::ui::{IconButton, live};
use form::session::Address;
use leptos::prelude::*;
use std::cell::RefCell;

/// Rows drawn at once: more than a phone shows, and each costs time whenever a dialog opens or closes above
/// them.
const ROWS: usize = 10;

thread_local! {
    /// The list that was turned last and the part at which it stands, so that coming back from an item
    /// finds the same rows.
    static PLACE: RefCell<(Address, usize)> = RefCell::default();
}

/// The part of a list that is drawn.
#[derive(Clone, Copy)]
pub struct Part {
    items: Memo<Vec<String>>,
    at: RwSignal<usize>,
    repeat: StoredValue<Address>,
}

impl Part {
    /// The part of a repeat's list that was drawn last, else the first.
    pub fn of(repeat: &Address, items: Memo<Vec<String>>) -> Self {
        let at = PLACE.with_borrow(|(of, at)| if of == repeat { *at } else { 0 });
        Self { items, at: RwSignal::new(at), repeat: StoredValue::new(repeat.clone()) }
    }

    /// The list will open at its end.
    pub fn turn_to_last(repeat: &Address) {
        PLACE.with_borrow_mut(|place| *place = (repeat.clone(), usize::MAX));
    }

    fn count(self) -> usize {
        self.items.with(|items| items.len().div_ceil(ROWS)).max(1)
    }

    fn place(self) -> usize {
        self.at.get().min(self.count() - 1)
    }

    /// The items to draw, followed.
    pub fn shown(self) -> Vec<String> {
        let from = self.place() * ROWS;
        self.items.with(|items| items.iter().skip(from).take(ROWS).cloned().collect())
    }

    /// Whether the list ends with this part, followed.
    pub fn is_last(self) -> bool {
        self.place() + 1 == self.count()
    }

    fn turn(self, to: usize) {
        self.at.set(to);
        PLACE.with_borrow_mut(|place| *place = (self.repeat.get_value(), to));
    }

    /// Where the part stands, with the way to the others.
    pub fn turner(self) -> AnyView {
        let needed = Memo::new(move |_| self.count() > 1);
        live(move || {
            if !needed.get() {
                return ().into_any();
            }
            view! {
                <div class="cluster roster__part">
                    <IconButton
                        icon="arrow-back"
                        label=tx(Key::RosterPartBefore)
                        on_press=move |()| self.turn(untrack(|| self.place()).saturating_sub(1))
                    />
                    <span class="count" role="status">
                        {live(move || self.words().into_any())}
                    </span>
                    <IconButton
                        icon="chevron"
                        label=tx(Key::RosterPartAfter)
                        on_press=move |()| {
                            self.turn(untrack(|| (self.place() + 1).min(self.count() - 1)));
                        }
                    />
                </div>
            }
            .into_any()
        })
    }

    /// Which items are drawn, and of how many.
    fn words(self) -> String {
        let (at, total) = (self.place(), self.items.with(Vec::len));
        let (from, to) = (at * ROWS + 1, ((at + 1) * ROWS).min(total));
        let [from, to, total] = [from, to, total].map(|number| number.to_string());
        ta(Key::RosterPart, &[("from", &from), ("to", &to), ("total", &total)])
    }
}
