//! The browser's own dialogs.

use super::frame;
use leptos::tachys::html::element::Dialog;
use leptos::tachys::html::element::ElementType;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

/// Marks a dialog that is out of sight and about to be closed; see `app/styles/dialog.css`.
const LEAVING: &str = "data-leaving";

/// Opens or closes a dialog. Closing makes the browser compute the style of the whole page, which is
/// usable again: so the dialog goes out of sight first, and is closed behind the frame that shows what it
/// was for.
pub fn show(element: Option<<Dialog as ElementType>::Output>, open: bool) {
    let Some(element) = element else { return };
    let leaving = element.has_attribute(LEAVING);
    if open {
        if leaving {
            let _ = element.remove_attribute(LEAVING);
        }
        if !element.open() {
            let _ = element.show_modal();
        }
    } else if element.open() && !leaving {
        let _ = element.set_attribute(LEAVING, "");
        frame::behind(move || close(&element));
    }
}

/// Closes a dialog that is still about to be.
fn close(element: &HtmlDialogElement) {
    if element.has_attribute(LEAVING) {
        element.close();
        let _ = element.remove_attribute(LEAVING);
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
