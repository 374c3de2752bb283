//! What the device may rely on in its store ([`device::ports::Store`]), as one list of statements that every
//! store is held against: the one in memory and the command line's file natively, IndexedDB in browsers.
//!
//! The statements know nothing of the store behind a [`Place`]. What only some stores can show (a second
//! opener, a lost connection) they ask the place for, and pass over where it cannot.

#[cfg(target_arch = "wasm32")]
mod browser;
mod statements;

use device::ports::{Local, Store, StoreError};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

/// Why a statement does not hold.
pub type Held = Result<(), String>;

/// How a commit is made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// There is no room left.
    Full,
    /// The connection ends in the middle.
    Cut,
    /// A write in the middle is not accepted.
    Refused,
}

/// Where a store keeps its rows.
pub trait Place {
    /// Opens what is there. The store before was dropped, unless [`Self::is_shared`].
    fn open(&self) -> Local<'_, Result<Rc<dyn Store>, StoreError>>;

    /// Removes everything.
    fn clear(&self) -> Local<'_, ()>;

    /// Whether two stores may be open at once.
    fn is_shared(&self) -> bool {
        false
    }

    /// A store beside an open one, which must not write; where the place has such.
    fn open_second(&self) -> Option<Local<'_, Result<Rc<dyn Store>, StoreError>>> {
        None
    }

    /// Lets the next commit fail at its n-th write; whether it can. `ends` says whether it fails however
    /// often the store tries.
    fn fail(&self, _write: usize, _how: Failing, _ends: bool) -> bool {
        false
    }

    /// Ends the connection of every open store; whether it can.
    fn lose_connection(&self) -> bool {
        false
    }

    /// Whether the store keeps a witness.
    fn has_witness(&self) -> bool {
        true
    }
}

/// The statements' names, each with the reason why it does not hold.
pub async fn check(place: &dyn Place) -> Vec<(&'static str, Held)> {
    let mut outcome = Vec::new();
    for (name, statement) in statements::all() {
        place.clear().await;
        outcome.push((name, statement(place).await));
    }
    place.clear().await;
    outcome
}

/// Futures side by side, begun in their order.
pub(crate) async fn together<T>(futures: Vec<Local<'_, T>>) -> Vec<T> {
    let mut under_way: Vec<(Local<'_, T>, Option<T>)> =
        futures.into_iter().map(|future| (future, None)).collect();
    poll_fn(|context| {
        for (future, done) in &mut under_way {
            if done.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        match under_way.iter().all(|(_, done)| done.is_some()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    under_way.into_iter().filter_map(|(_, done)| done).collect()
}
