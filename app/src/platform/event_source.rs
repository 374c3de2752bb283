//! The server's event stream.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventSource, MessageEvent};

/// What the stream says.
pub enum Heard {
    /// Connected, or connected again.
    Open,
    /// The connection is gone; the browser tries again by itself unless `ended`.
    Lost { ended: bool },
    /// The data of an event of one of the names.
    Event(String),
}

/// An open stream; closed when dropped.
pub struct Events {
    source: EventSource,
    _open: Closure<dyn FnMut(Event)>,
    _error: Closure<dyn FnMut(Event)>,
    _named: Vec<Closure<dyn FnMut(MessageEvent)>>,
}

/// Listens to the events of these names.
pub fn listen(
    path: &str,
    names: &[&'static str],
    hear: impl Fn(Heard) + Clone + 'static,
) -> Option<Events> {
    let source = EventSource::new(path).ok()?;
    let open = {
        let hear = hear.clone();
        Closure::new(move |_: Event| hear(Heard::Open))
    };
    let error = {
        let (hear, source) = (hear.clone(), source.clone());
        Closure::new(move |_: Event| {
            let ended = source.ready_state() == EventSource::CLOSED;
            hear(Heard::Lost { ended });
        })
    };
    source.set_onopen(Some(open.as_ref().unchecked_ref()));
    source.set_onerror(Some(error.as_ref().unchecked_ref()));
    let mut named = Vec::new();
    for name in names.iter().copied() {
        let hear = hear.clone();
        let heard: Closure<dyn FnMut(MessageEvent)> = Closure::new(move |event: MessageEvent| {
            hear(Heard::Event(event.data().as_string().unwrap_or_default()));
        });
        source.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref()).ok()?;
        named.push(heard);
    }
    Some(Events { source, _open: open, _error: error, _named: named })
}

impl Drop for Events {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}
