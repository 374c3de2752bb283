//! Says where the app trapped, for whoever mends it: a place in the code and nothing of the record. The page then
//! begins anew (`boot.js`).

/// Every trap from now on is noted in the browser's console.
pub fn note() {
    std::panic::set_hook(Box::new(|trap| {
        let at = trap.location().map(|at| format!("{}:{}", at.file(), at.line()));
        let words = format!("trapped at {}", at.unwrap_or_default());
        web_sys::console::error_1(&words.into());
    }));
}
