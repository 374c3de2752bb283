//! Time and chance, as the seed has them.

use super::World;
use device::ports::{Clock, Entropy};
use rand::rngs::StdRng;
use rand::{Rng, RngExt};
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

impl World {
    /// The server's clock is set: wrongly by up to two years, by a minute, or right again.
    pub(super) fn set_server_clock(&mut self) {
        const YEAR: i64 = 365 * 86_400_000;
        let Some(random) = self.server_clock.as_mut() else { return };
        let astray = match random.random_range(0..120) {
            0 => random.random_range(-2 * YEAR..2 * YEAR),
            1 => random.random_range(-60_000..60_000),
            2 => 0,
            _ => return,
        };
        self.net.astray.set(astray);
        *self.events.entry("server's clock set").or_default() += 1;
    }
}
