//! Who is signed in.

use std::cell::RefCell;

use super::api::ApiError;
use super::model::Session;

/// Whether the office may be shown.
#[derive(Clone)]
pub enum Access {
    /// The server is being asked.
    Asking,
    /// Nobody is signed in; `expired` when somebody just was.
    Out { expired: bool },
    /// Somebody is.
    In(Session),
    /// The server could not be asked.
    Failed(ApiError),
}

thread_local! {
    /// The session found last, so that going between office and administration does not ask again.
    static LAST: RefCell<Option<Session>> = const { RefCell::new(None) };
}

pub fn last() -> Option<Session> {
    LAST.with_borrow(Clone::clone)
}

pub fn remember(session: Option<&Session>) {
    LAST.with_borrow_mut(|last| *last = session.cloned());
}
