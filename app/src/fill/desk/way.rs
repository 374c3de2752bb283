//! The way through the record on the desk: where the worker is, and where it goes on.

use super::{Desk, Origin};
use crate::page::row::is_alone;
use crate::platform::clock;
use device::Route;
use form::session::Address;

impl Desk {
    /// Notes that a screen is shown, for the way back.
    pub fn pass(self, screen: &Address) {
        self.with(|inner| {
            let mut trail = inner.trail.borrow_mut();
            match trail.iter().rev().nth(1) == Some(screen) {
                true => drop(trail.pop()),
                false if trail.last() != Some(screen) => trail.push(screen.clone()),
                false => {}
            }
        });
    }

    /// Notes what stands on the screen now; what stood there before was seen.
    pub fn show(self, now: Vec<Address>) {
        let before = self.with(|inner| inner.on_screen.replace(now));
        if self.read(|draft| draft.see(&before)) {
            self.save_soon();
        }
    }

    /// Notes where the worker is, so that the record reopens there.
    pub fn stop_at(self, at: &Address) {
        let moved = self.read(|draft| {
            let before = draft.row().resume.clone();
            draft.stop_at(at, clock::now_ms());
            before != draft.row().resume
        });
        if moved {
            self.save_soon();
        }
    }

    /// The screen that was shown before this one.
    pub fn before(self) -> Option<Address> {
        self.with(|inner| inner.trail.borrow().iter().rev().nth(1).cloned())
    }

    /// Whence the worker came, and wants to go back to.
    pub fn origin(self) -> Origin {
        self.with(|inner| inner.origin.get())
    }

    /// Notes whence the worker came.
    pub fn set_origin(self, origin: Origin) {
        self.with(|inner| inner.origin.set(origin));
    }

    /// The address of a question's page.
    pub fn route(self, at: &Address) -> Route {
        let path = self.read(|draft| draft.path(at).to_string());
        Route::Fill(self.record, Some(path))
    }

    /// The page of the household that the record belongs to; of one that stands for itself the day's.
    pub fn household(self) -> Route {
        match self.app.device().row(self.record) {
            Some(row) if is_alone(&row) => Route::Today,
            row => Route::Household(row.and_then(|row| row.household).unwrap_or(self.record)),
        }
    }
}
