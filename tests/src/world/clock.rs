//! Time and chance, as the seed has them.

use device::ports::{Clock, Entropy};
use rand::Rng;
use rand::rngs::StdRng;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// One clock for all; each device's own may be off.
pub struct SimClock {
    pub(super) now: Rc<Cell<i64>>,
    pub(super) skew: Rc<Cell<i64>>,
}

impl Clock for SimClock {
    fn now_ms(&self) -> i64 {
        self.now.get() + self.skew.get()
    }

    fn utc_offset_minutes(&self) -> i32 {
        240
    }
}

pub(super) struct SimEntropy(pub(super) RefCell<StdRng>);

impl Entropy for SimEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.borrow_mut().fill_bytes(buffer);
    }
}
