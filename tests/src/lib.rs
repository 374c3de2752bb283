//! The simulation: real device cores and a server in one thread, driven by one seed.
//!
//! Nothing in here sleeps or runs in parallel. Storage and network answer at once, or never: a future
//! that does not finish when it is polled is a device that died at that point.

pub mod backend;
pub mod bench;
pub mod checker;
pub mod form;
pub mod household;
pub mod net;
pub mod records;
pub mod server;
pub mod standard;
pub mod tally;
pub mod trace;
pub mod world;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future whose parts all answer at once. `None` when it stops: the device died.
pub fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
