//! The text and the caret of a box in which somebody types.

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement};

fn input(event: &Event) -> Option<HtmlInputElement> {
    event.target()?.dyn_into().ok()
}

/// Where the caret stands in the text of the box, in bytes of the text.
pub fn caret(event: &Event, text: &str) -> usize {
    let units = input(event).and_then(|input| input.selection_start().ok().flatten());
    let Some(units) = units else { return text.len() };
    let mut left = units as usize;
    for (at, sign) in text.char_indices() {
        if left == 0 {
            return at;
        }
        left = left.saturating_sub(sign.len_utf16());
    }
    text.len()
}

/// Writes another text into the box; the caret stands behind `before`.
pub fn write(event: &Event, text: &str, before: &str) {
    let Some(input) = input(event) else { return };
    let at = before.encode_utf16().count() as u32;
    input.set_value(text);
    let _ = input.set_selection_range(at, at);
}
