//! When to try again: a schedule without a clock.

/// Doubles the wait after each failure, spread by chance so that phones that lost the server together
/// do not all come back in the same second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

/// The first wait, milliseconds.
const FIRST_MS: u64 = 5_000;
/// The longest wait, milliseconds: a quarter of an hour.
const LONGEST_MS: u64 = 15 * 60_000;

impl Backoff {
    /// No failure yet.
    pub const NONE: Self = Self { failures: 0 };

    /// After one more failure.
    pub fn failed(self) -> Self {
        Self { failures: self.failures.saturating_add(1) }
    }

    /// How long to wait, in milliseconds: between half and the whole of the doubled time. `random`
    /// is any number.
    pub fn wait_ms(self, random: u32) -> u64 {
        if self.failures == 0 {
            return 0;
        }
        let full = FIRST_MS.saturating_mul(1 << (self.failures - 1).min(20)).min(LONGEST_MS);
        full / 2 + full / 2 * u64::from(random) / u64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::NONE;
        assert_eq!(backoff.wait_ms(9), 0);
        let mut last = 0;
        for _ in 0..40 {
            backoff = backoff.failed();
            let (least, most) = (backoff.wait_ms(0), backoff.wait_ms(u32::MAX));
            assert!(least >= FIRST_MS / 2 && most <= LONGEST_MS && least < most && most >= last);
            last = most;
        }
        assert_eq!(last, LONGEST_MS);
    }
}
