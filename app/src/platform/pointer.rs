//! Where a pointer touches an element.

use web_sys::{Element, MouseEvent, PointerEvent};

/// The place from the element's upper left corner, as parts of its width and height.
pub fn place(event: &PointerEvent) -> Option<(f64, f64)> {
    use wasm_bindgen::JsCast;
    let element: Element = event.current_target()?.dyn_into().ok()?;
    let shown = element.get_bounding_client_rect();
    let x = (f64::from(event.client_x()) - shown.left()) / shown.width().max(1.0);
    let y = (f64::from(event.client_y()) - shown.top()) / shown.height().max(1.0);
    Some((x, y))
}

/// Everything that this pointer does until it lifts belongs to the element.
pub fn capture(event: &PointerEvent) {
    use wasm_bindgen::JsCast;
    let element = event.current_target().and_then(|target| target.dyn_into::<Element>().ok());
    if let Some(element) = element {
        let _ = element.set_pointer_capture(event.pointer_id());
    }
}

/// Whether a finger or a mouse clicked: a key's click counts as none.
pub fn was_used(event: &MouseEvent) -> bool {
    event.detail() > 0
}
