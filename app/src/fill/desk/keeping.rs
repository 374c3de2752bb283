//! Attachments that are being made ready: made smaller, read, stored. Until each has become an answer its record stays
//! on the desk, wherever the worker has gone meanwhile.

use super::{DESK, Desk};
use crate::platform::timer;
use leptos::prelude::*;

/// How often is looked whether the desk is free, milliseconds.
const LOOK_MS: i32 = 50;

/// Something is being made ready for this record, until it is dropped.
pub struct Keeping(Desk);

impl Desk {
    /// Says that something is being made ready for an answer.
    pub fn keep(self) -> Keeping {
        self.with(|inner| inner.keeping.update(|count| *count += 1));
        Keeping(self)
    }

    /// Whether something is being made ready, followed.
    pub fn is_keeping(self) -> bool {
        self.with(|inner| inner.keeping.get() > 0)
    }

    /// Whether the record has to stay; it is closed as soon as it need not.
    pub(super) fn stays(self) -> bool {
        self.with(|inner| {
            inner.left.set(true);
            inner.keeping.get_untracked() > 0
        })
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        let last = self.0.with(|inner| {
            inner.keeping.update(|count| *count = count.saturating_sub(1));
            inner.keeping.get_untracked() == 0 && inner.left.get()
        });
        if last {
            self.0.close();
        }
    }
}

/// Waits until nothing is being made ready for the record on the desk.
pub async fn kept() {
    let keeping = || {
        DESK.with(|desk| {
            desk.borrow().as_ref().is_some_and(|inner| inner.keeping.get_untracked() > 0)
        })
    };
    while keeping() {
        timer::sleep(LOOK_MS).await;
    }
}
