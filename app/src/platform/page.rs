//! The page itself: address, history, title, focus, attributes of the root, remembered settings.

use wasm_bindgen::prelude::*;
use web_sys::{Document, HtmlElement, Window};

fn window() -> Option<Window> {
    web_sys::window()
}

fn document() -> Option<Document> {
    window()?.document()
}

/// The build that this page runs, from the page itself.
pub fn build() -> String {
    let root = document().and_then(|document| document.document_element());
    root.and_then(|root| root.get_attribute("data-build")).unwrap_or_default()
}

/// Path and query of the address.
pub fn address() -> String {
    let location = window().map(|window| window.location());
    location
        .and_then(|location| {
            let path = location.pathname().ok()?;
            Some(path + &location.search().ok()?)
        })
        .unwrap_or_default()
}

/// What follows `#` in the address.
pub fn hash() -> String {
    let hash = window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    hash.trim_start_matches('#').to_owned()
}

/// Whether little is left below what is seen.
pub fn is_near_end() -> bool {
    let left = window().and_then(|window| {
        let root = window.document()?.document_element()?;
        let seen = window.scroll_y().ok()? + window.inner_height().ok()?.as_f64()?;
        Some(f64::from(root.scroll_height()) - seen)
    });
    left.is_some_and(|left| left < 1500.0)
}

/// Loads another page of the site.
pub fn load(path: &str) {
    if let Some(window) = window() {
        let _ = window.location().assign(path);
    }
}

/// Loads this page again.
pub fn reload() {
    if let Some(window) = window() {
        let _ = window.location().reload();
    }
}

/// Adds an entry to the history. With `kept` the one that is left remembers where the page was scrolled
/// to: each call of the history costs a phone some milliseconds.
pub fn push(path: &str, kept: bool) {
    let Some(history) = window().and_then(|window| window.history().ok()) else { return };
    let entry = |deep: bool, top: f64| js_sys::Array::of2(&deep.into(), &top.into());
    let manual = web_sys::ScrollRestoration::Manual;
    if history.scroll_restoration() != Ok(manual) {
        let _ = history.set_scroll_restoration(manual);
    }
    let before = remembered();
    if kept || before.is_none() {
        let deep = before.is_some_and(|(deep, _)| deep);
        let _ = history.replace_state(&entry(deep, scroll_top()), "");
    }
    let _ = history.push_state_with_url(&entry(true, 0.0), "", Some(path));
}

/// Changes the present entry of the history.
pub fn replace(path: &str) {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        let state = history.state().unwrap_or(JsValue::NULL);
        let _ = history.replace_state_with_url(&state, "", Some(path));
    }
}

/// What this entry of the history remembers: whether the app lies behind it, and the scroll place.
fn remembered() -> Option<(bool, f64)> {
    let state: js_sys::Array = window()?.history().ok()?.state().ok()?.dyn_into().ok()?;
    Some((state.get(0).is_truthy(), state.get(1).as_f64().unwrap_or_default()))
}

/// Whether going back stays in the app.
pub fn can_go_back() -> bool {
    remembered().is_some_and(|(deep, _)| deep)
}

/// Scrolls to where the page was when it was left, or to its top.
pub fn restore_scroll() {
    set_scroll(remembered().map_or(0.0, |(_, top)| top));
}

/// Goes back in the history.
pub fn back() {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        let _ = history.back();
    }
}

/// Calls back whenever the person goes back or forward.
pub fn on_history(run: impl Fn() + 'static) {
    on_window("popstate", run);
}

/// Calls back on an event of the window, for as long as the page lives.
pub fn on_window(event: &str, run: impl Fn() + 'static) {
    let Some(window) = window() else { return };
    let run = Closure::<dyn Fn()>::new(run).into_js_value();
    let _ = window.add_event_listener_with_callback(event, run.unchecked_ref());
}

/// Calls back on an event of the document, for as long as the page lives.
pub fn on_document(event: &str, run: impl Fn() + 'static) {
    let Some(document) = document() else { return };
    let run = Closure::<dyn Fn()>::new(run).into_js_value();
    let _ = document.add_event_listener_with_callback(event, run.unchecked_ref());
}

/// The title of the window.
pub fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// The language of the page.
pub fn set_language(code: &str) {
    set_root("lang", Some(code));
}

/// Sets or removes an attribute of the root element.
pub fn set_root(name: &str, value: Option<&str>) {
    let Some(root) = document().and_then(|document| document.document_element()) else { return };
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

/// Sets or removes a class of the root element.
pub fn set_root_class(name: &str, on: bool) {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        let _ = root.class_list().toggle_with_force(name, on);
    }
}

/// Moves the focus to the first element that a selector finds.
pub fn focus(selector: &str) {
    let found = document().and_then(|document| document.query_selector(selector).ok().flatten());
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        if !element.has_attribute("tabindex") && element.tab_index() < 0 {
            let _ = element.set_attribute("tabindex", "-1");
        }
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.focus_with_options(&options);
    }
}

/// Takes the focus from a button inside what `around` finds, which is about to go. The browser computes the
/// style of the page when an element goes that has the focus; now there is nothing to compute.
pub fn leave_button(around: &str) {
    let focused = document().and_then(|document| document.active_element());
    let button = focused.filter(|element| {
        element.tag_name() == "BUTTON" && element.closest(around).ok().flatten().is_some()
    });
    if let Some(button) = button.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = button.blur();
    }
}

/// What moves the focus.
pub type FocusEvent = web_sys::FocusEvent;

/// The id of the element around where an event happened.
pub fn within(event: &web_sys::Event, selector: &str) -> Option<String> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    Some(target.closest(selector).ok()??.id())
}

/// Whether the focus is on something inside an element that a selector finds.
pub fn is_focused_in(selector: &str) -> bool {
    let focused = document().and_then(|document| document.active_element());
    focused.is_some_and(|element| element.closest(selector).ok().flatten().is_some())
}

/// Brings the first element that a selector finds into view.
pub fn scroll_to(selector: &str) {
    let found = document().and_then(|document| document.query_selector(selector).ok().flatten());
    if let Some(element) = found {
        element.scroll_into_view();
    }
}

/// Where the page is scrolled to.
pub fn scroll_top() -> f64 {
    window().and_then(|window| window.scroll_y().ok()).unwrap_or_default()
}

/// Scrolls the page.
pub fn set_scroll(top: f64) {
    if let Some(window) = window() {
        window.scroll_to_with_x_and_y(0.0, top);
    }
}

/// What an icon is drawn of: the inside of its symbol in the page.
pub fn symbol(name: &str) -> String {
    let found = document().and_then(|document| document.get_element_by_id(&format!("i-{name}")));
    found.map(|symbol| symbol.inner_html()).unwrap_or_default()
}

/// Removes what the page showed before the app ran.
pub fn remove(selector: &str) {
    let found = document().and_then(|document| document.query_selector(selector).ok().flatten());
    if let Some(element) = found {
        element.remove();
    }
}

/// A remembered setting.
pub fn setting(name: &str) -> Option<String> {
    window()?.local_storage().ok()??.get_item(name).ok()?
}

/// Remembers a setting. Where the browser refuses, it lasts as long as the page.
pub fn remember(name: &str, value: &str) {
    if let Some(Ok(Some(storage))) = window().map(|window| window.local_storage()) {
        let _ = storage.set_item(name, value);
    }
}

/// The cookie that outlives the store: how many records this phone had not sent.
const NOTE: &str = "kardakar_phone";

/// Notes outside the store how many records wait, so that a lost store is noticed; `None` forgets it.
pub fn note_unsent(count: Option<usize>) {
    let text = match count {
        Some(count) => format!("{NOTE}={count}; Path=/; Max-Age=31536000; SameSite=Strict"),
        None => format!("{NOTE}=; Path=/; Max-Age=0; SameSite=Strict"),
    };
    if noted_unsent() != count
        && let Some(document) = window().and_then(|window| window.document())
    {
        let _ = js_sys::Reflect::set(&document, &"cookie".into(), &text.into());
    }
}

/// What was noted last.
pub fn noted_unsent() -> Option<usize> {
    let document = window()?.document()?;
    let all = js_sys::Reflect::get(&document, &"cookie".into()).ok()?.as_string()?;
    let pairs = all.split("; ").filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| *name == NOTE).find_map(|(_, count)| count.parse().ok())
}

/// The size of the root's letters in CSS pixels, the browser's own setting included.
pub fn root_font_px() -> f64 {
    let size = window().and_then(|window| {
        let root = window.document()?.document_element()?;
        window.get_computed_style(&root).ok()??.get_property_value("font-size").ok()
    });
    size.and_then(|size| form::expr::number::parse(size.trim_end_matches("px"))).unwrap_or(16.0)
}

/// The text of the first element that a selector finds.
pub fn text_of(selector: &str) -> Option<String> {
    document()?.query_selector(selector).ok()??.text_content()
}

/// Whether the page is out of sight.
pub fn is_hidden() -> bool {
    document().is_some_and(|document| document.hidden())
}
