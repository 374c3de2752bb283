//! What the office asks of the page: its style sheet, focus, files, addresses, the clipboard.

use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Event, HtmlInputElement};

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// Adds the office's style sheet and waits until it is there; `false` when it did not arrive.
pub async fn load_office_styles() -> bool {
    add_styles().await.is_some()
}

async fn add_styles() -> Option<()> {
    let document = document()?;
    if document.get_element_by_id("office-css").is_some() {
        return Some(());
    }
    let build = document.document_element()?.get_attribute("data-build")?;
    let link = document.create_element("link").ok()?;
    link.set_id("office-css");
    link.set_attribute("rel", "stylesheet").ok()?;
    link.set_attribute("href", &format!("/pkg/{build}/office.css")).ok()?;
    let loaded = Promise::new(&mut |done: Function, failed: Function| {
        link.add_event_listener_with_callback("load", &done).ok();
        link.add_event_listener_with_callback("error", &failed).ok();
    });
    document.head()?.append_child(&link).ok()?;
    let arrived = JsFuture::from(loaded).await.is_ok();
    if !arrived {
        link.remove();
        return None;
    }
    Some(())
}

/// Presses the radio button of this number, from 1, inside the part of the page that a selector finds:
/// the one with the focus, else the first. Says whether there was one.
pub fn press_nth_radio(selector: &str, number: usize) -> bool {
    let Some(document) = document() else { return false };
    let focused = document.active_element();
    let part = focused.and_then(|element| element.closest(selector).ok().flatten());
    let part = part.or_else(|| document.query_selector(selector).ok().flatten());
    let radios = part.and_then(|part| part.query_selector_all("input[type=radio]").ok());
    let radio = number.checked_sub(1).and_then(|at| radios?.get(u32::try_from(at).ok()?));
    let Some(radio) = radio.and_then(|node| node.dyn_into::<HtmlInputElement>().ok()) else {
        return false;
    };
    radio.focus().ok();
    radio.click();
    true
}

/// Scrolls as little as it takes to bring an element into view.
pub fn scroll_near(selector: &str) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    let found = document().and_then(|document| document.query_selector(selector).ok().flatten());
    if let Some(element) = found {
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// The name and content of the file chosen in a file field.
pub async fn chosen_file(event: &Event) -> Option<(String, Vec<u8>)> {
    let input: HtmlInputElement = event.target()?.dyn_into().ok()?;
    let file = input.files()?.get(0)?;
    let name = file.name();
    let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
    input.set_value("");
    Some((name, Uint8Array::new(&buffer).to_vec()))
}

/// A text as a part of an address.
pub fn encode(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// What a part of an address says.
pub fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    js_sys::decode_uri_component(&spaced).map(String::from).unwrap_or(spaced)
}

/// The scheme and host, `https://kardakar.example`.
pub fn origin() -> String {
    web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default()
}

/// Puts a text on the clipboard; `false` when the browser refused.
pub async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else { return false };
    let clipboard = window.navigator().clipboard();
    JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// What follows `#` in the address.
pub fn fragment() -> String {
    let hash = web_sys::window().and_then(|window| window.location().hash().ok());
    hash.unwrap_or_default().trim_start_matches('#').to_owned()
}

/// A text that the browser keeps for this window: reloads do not lose it, closing the window does.
pub fn kept_for_window(name: &str) -> Option<String> {
    web_sys::window()?.session_storage().ok()??.get_item(name).ok()?
}

/// Keeps a text for this window, or none any more.
pub fn keep_for_window(name: &str, text: Option<&str>) {
    let storage = web_sys::window().and_then(|window| window.session_storage().ok()?);
    // Where the browser refuses, it lasts as long as the page.
    let _ = storage.map(|storage| match text {
        Some(text) => storage.set_item(name, text),
        None => storage.remove_item(name),
    });
}
