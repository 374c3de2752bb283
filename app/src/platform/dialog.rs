//! The browser's own dialogs.

use leptos::tachys::html::element::Dialog;
use leptos::tachys::html::element::ElementType;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

/// Opens or closes a dialog.
pub fn show(element: Option<<Dialog as ElementType>::Output>, open: bool) {
    let Some(element) = element else { return };
    if open && !element.open() {
        let _ = element.show_modal();
    } else if !open && element.open() {
        element.close();
    }
}

/// Whether the dialog of a `close` event is closed. The event comes a while after the closing: a key that
/// was pressed in between may have opened the dialog again.
pub fn is_closed(event: &web_sys::Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<HtmlDialogElement>().ok());
    target.is_none_or(|dialog| !dialog.open())
}

/// Whether a click hit the ground beside the dialog.
pub fn is_backdrop(event: &web_sys::MouseEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| target.tag_name() == "DIALOG")
}
