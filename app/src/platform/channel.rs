//! Words between the windows of this browser.

use std::cell::OnceCell;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

/// What one window says to the others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Put everything on disk and let me write.
    Release,
    /// A new version of the app takes over: put everything on disk, the page reloads.
    Updating,
}

impl Word {
    fn text(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Updating => "updating",
        }
    }
}

thread_local! {
    static CHANNEL: OnceCell<Option<BroadcastChannel>> = const { OnceCell::new() };
}

fn channel() -> Option<BroadcastChannel> {
    CHANNEL.with(|cell| cell.get_or_init(|| BroadcastChannel::new("kardakar").ok()).clone())
}

/// Says a word to the other windows.
pub fn say(word: Word) {
    if let Some(channel) = channel() {
        let _ = channel.post_message(&word.text().into());
    }
}

/// Hears what other windows say. One listener a page.
pub fn listen(heard: impl Fn(Word) + 'static) {
    let Some(channel) = channel() else { return };
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let text = event.data().as_string().unwrap_or_default();
        if let Some(word) =
            [Word::Release, Word::Updating].into_iter().find(|word| word.text() == text)
        {
            heard(word);
        }
    });
    channel.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
}
