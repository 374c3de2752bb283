//! Keys by their place on the keyboard, so that shortcuts work under every layout.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, KeyboardEvent};

/// A key that was pressed.
pub struct Pressed {
    /// `KeyboardEvent.code`: `KeyA`, `Slash`, `ArrowDown`.
    pub code: String,
    pub control: bool,
    /// Whether the person is typing into a field.
    pub typing: bool,
    /// Whether a dialog is open: shortcuts of the page behind it are off.
    pub dialog: bool,
    /// Whether a button or link has the focus: it takes Enter and Space for itself.
    pub on_control: bool,
}

/// Listens while it lives.
pub struct Keys(Closure<dyn FnMut(KeyboardEvent)>);

/// Calls `act` for each key; `true` means it was used and the browser does nothing more with it.
pub fn on_keys(act: impl Fn(&Pressed) -> bool + 'static) -> Keys {
    let heard = Closure::new(move |event: KeyboardEvent| {
        if event.alt_key() || event.meta_key() || event.is_composing() {
            return;
        }
        if act(&pressed(&event)) {
            event.prevent_default();
        }
    });
    if let Some(window) = web_sys::window() {
        let listener: &js_sys::Function = heard.as_ref().unchecked_ref();
        window.add_event_listener_with_callback("keydown", listener).ok();
    }
    Keys(heard)
}

fn pressed(event: &KeyboardEvent) -> Pressed {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let within = |selector: &str| {
        target.as_ref().is_some_and(|element| element.closest(selector).ok().flatten().is_some())
    };
    let document = web_sys::window().and_then(|window| window.document());
    let dialog = document.and_then(|page| page.query_selector("dialog[open]").ok().flatten());
    Pressed {
        code: event.code(),
        control: event.ctrl_key(),
        // A field of a dialog that was closed a moment ago has the focus until the next frame.
        typing: within("input:not([type=radio]):not([type=checkbox]), textarea, select")
            && !within("dialog:not([open])"),
        dialog: dialog.is_some(),
        on_control: within("a, button, input, summary"),
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            let listener: &js_sys::Function = self.0.as_ref().unchecked_ref();
            window.remove_event_listener_with_callback("keydown", listener).ok();
        }
    }
}
