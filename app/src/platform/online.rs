//! Whether there is a network, and whether anybody looks.

use super::page::{on_document, on_window};

/// Whether the browser believes that there is a network. `true` may still be wrong.
pub fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Calls back when the network comes or goes.
pub fn on_change(run: impl Fn(bool) + Clone + 'static) {
    let lost = run.clone();
    on_window("online", move || run(true));
    on_window("offline", move || lost(false));
}

/// Whether the page can be seen.
pub fn is_visible() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_none_or(|document| !document.hidden())
}

/// Calls back when the page comes to the front (`true`) or goes away (`false`): the last moment at
/// which a phone surely runs the app.
pub fn on_visible(run: impl Fn(bool) + Clone + 'static) {
    let hidden = run.clone();
    on_document("visibilitychange", move || run(is_visible()));
    on_window("pagehide", move || hidden(false));
}
