//! A long list drawn part by part: a phone that draws five hundred rows at once stands still.

use super::{Button, Kind, each, live};
use crate::i18n::{Key, tx};
use leptos::prelude::*;

/// Rows of one part: more than a phone shows.
const ROWS: usize = 40;

/// The rows of a list of `total`, and the button below them that brings the next part.
pub fn parts(
    total: usize,
    draw: impl Fn(usize) -> AnyView + Send + Sync + 'static,
) -> (AnyView, AnyView) {
    let shown = RwSignal::new(total.min(ROWS));
    let rows = each(move || (0..shown.get()).collect(), |at| at.to_string(), draw);
    let more = live(move || {
        if shown.get() == total {
            return ().into_any();
        }
        view! {
            <Button
                kind=Kind::Secondary
                wide=true
                label=tx(Key::ActionMore)
                on_press=move |()| shown.update(|shown| *shown = total.min(*shown + ROWS))
            />
        }
        .into_any()
    });
    (rows, more)
}
