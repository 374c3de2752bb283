//! How many items there should be, and how many there are.

use super::super::desk::Desk;
use super::add;
use crate::i18n::{Key, ta, tx};
use crate::ui::{Button, Kind};
use device::fill::answers;
use form::session::Address;
use leptos::prelude::*;

/// The number that was given against the list, with both remedies.
pub fn mismatch(desk: Desk, repeat: &Address, items: Memo<Vec<String>>) -> AnyView {
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
