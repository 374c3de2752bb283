//! Which records have just changed: the server's event stream, or a look every minute without it.

use std::collections::BTreeSet;

use leptos::prelude::*;
use serde::Deserialize;

use crate::platform::event_source::{Events, Heard, listen};
use crate::platform::timer;

const WITHOUT_STREAM_MS: i32 = 60_000;

/// The live connection.
#[derive(Clone, Copy)]
pub struct Live {
    /// Whether the stream is open.
    pub on: RwSignal<bool>,
    /// Rises with each change, with the records that changed; none named means "any".
    pub changed: RwSignal<(u64, BTreeSet<String>)>,
    stream: StoredValue<Option<Events>, LocalStorage>,
    looking: StoredValue<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Changed {
    records: Vec<String>,
}

impl Live {
    pub fn new() -> Self {
        Self {
            on: RwSignal::new(false),
            changed: RwSignal::default(),
            stream: StoredValue::new_local(None),
            looking: StoredValue::new(false),
        }
    }

    /// Opens the stream, once.
    pub fn start(self) {
        if self.stream.with_value(Option::is_some) {
            return;
        }
        let stream = listen("/api/events", &["records"], move |heard| self.hear(heard));
        self.stream.set_value(stream);
        if !self.looking.get_value() {
            self.looking.set_value(true);
            self.look_again();
        }
    }

    /// Closes the stream: signed out.
    pub fn stop(self) {
        let _ = self.stream.try_set_value(None);
        let _ = self.on.try_set(false);
    }

    fn hear(self, heard: Heard) {
        match heard {
            Heard::Open => {
                // What happened while there was no stream is not repeated.
                if !self.on.get_untracked() {
                    self.on.set(true);
                    self.tell(Vec::new());
                }
            }
            Heard::Lost { ended } => {
                let _ = self.on.try_set(false);
                if ended {
                    // Dropping the stream inside its own call back would free what is running.
                    timer::after(0, move || self.stop());
                }
            }
            Heard::Event(data) => {
                self.tell(serde_json::from_str::<Changed>(&data).unwrap_or_default().records);
            }
        }
    }

    fn tell(self, records: Vec<String>) {
        let _ = self.changed.try_update(|(number, changed)| {
            *number += 1;
            *changed = records.into_iter().collect();
        });
    }

    fn look_again(self) {
        timer::after(WITHOUT_STREAM_MS, move || {
            let Some(on) = self.on.try_get_untracked() else { return };
            if !on {
                self.tell(Vec::new());
                if self.stream.try_with_value(Option::is_none) == Some(true) {
                    self.start();
                }
            }
            self.look_again();
        });
    }
}
