//! A finger or a mouse on a plain map: it moves the map, or taps a place.

use crate::platform::pointer;
use device::fill::track::{ACROSS, Frame};
use leptos::ev::PointerEvent;
use leptos::prelude::*;

/// Part of the map that a finger may move while it still taps.
const TAP: f64 = 0.02;

/// A place on the map, from 0 to 1 each way.
type Place = (f64, f64);

/// Where the pointer came down, and where it is since it has moved the map.
#[derive(Clone, Copy)]
pub struct Drag {
    frame: RwSignal<Frame>,
    held: StoredValue<Option<(Place, Place)>>,
}

impl Drag {
    pub fn of(frame: RwSignal<Frame>) -> Self {
        Self { frame, held: StoredValue::new(None) }
    }

    pub fn begin(self, event: &PointerEvent) {
        pointer::capture(event);
        self.held.set_value(pointer::place(event).map(|at| (at, at)));
    }

    pub fn go_on(self, event: &PointerEvent) {
        let (Some((start, last)), Some(at)) = (self.held.get_value(), pointer::place(event)) else {
            return;
        };
        let far = (at.0 - start.0).hypot(at.1 - start.1) > TAP;
        if far || last != start {
            let (x, y) = ((at.0 - last.0) * ACROSS, (at.1 - last.1) * ACROSS);
            self.frame.update(|frame| *frame = frame.moved(x, y));
            self.held.set_value(Some((start, at)));
        }
    }

    /// Where the map was tapped, in its units; nothing when it was moved, or the pointer was taken away.
    pub fn end(self, event: &PointerEvent) -> Option<(f64, f64)> {
        let (start, last) = self.held.get_value()?;
        self.held.set_value(None);
        let tapped = start == last && event.type_() == "pointerup";
        tapped.then_some((start.0 * ACROSS, start.1 * ACROSS))
    }
}
