//! Whether the phone's clock is right, by the time that the server's answer names.
//!
//! Nothing waits for it: answers are saved and sent with the wrong time as well.

use crate::device::Device;

/// A clock that differs by no more than this is right, milliseconds.
const TOLERATED_MS: u64 = 5 * 60_000;

/// By how much a clock is wrong, in the largest unit that says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// Less than an hour.
    Minutes(u64),
    /// Less than a day.
    Hours(u64),
    /// A day or more.
    Days(u64),
}

/// Compares the phone's time before a request and after its answer with the server's time in the answer, all in
/// Unix milliseconds. However long the answer took, a right clock shows that time in between.
fn compare(asked_ms: i64, answered_ms: i64, server_ms: i64) -> Option<Off> {
    // A clock that was put right meanwhile may have gone back.
    let (first, last) = (asked_ms.min(answered_ms), asked_ms.max(answered_ms));
    let off = server_ms.abs_diff(server_ms.clamp(first, last));
    if off <= TOLERATED_MS {
        return None;
    }
    let minutes = rounded(off, 60_000);
    let hours = rounded(minutes, 60);
    Some(match (minutes, hours) {
        (..60, _) => Off::Minutes(minutes),
        (_, ..24) => Off::Hours(hours),
        _ => Off::Days(rounded(hours, 24)),
    })
}

fn rounded(amount: u64, unit: u64) -> u64 {
    (amount + unit / 2) / unit
}

impl Device {
    /// By how much this device's clock was wrong when the server answered last.
    pub fn clock_off(&self) -> Option<Off> {
        self.clock_off.get()
    }

    /// Looks at the clock after an answer to a request of `asked_ms`.
    pub(super) fn check_clock(&self, asked_ms: i64, server_ms: i64) {
        self.clock_off.set(compare(asked_ms, self.ports.clock.now_ms(), server_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000;
    const MINUTE: i64 = 60 * SECOND;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const NOW: i64 = 1_795_000_000_000;

    #[test]
    fn a_clock_is_wrong_by_more_than_five_minutes_in_the_largest_unit() {
        let cases = [
            (0, None),
            (5 * MINUTE, None),
            (5 * MINUTE + 1, Some(Off::Minutes(5))),
            (59 * MINUTE + 29 * SECOND, Some(Off::Minutes(59))),
            (59 * MINUTE + 30 * SECOND, Some(Off::Hours(1))),
            (3 * HOUR, Some(Off::Hours(3))),
            (3 * HOUR + 29 * MINUTE, Some(Off::Hours(3))),
            (23 * HOUR + 29 * MINUTE, Some(Off::Hours(23))),
            (23 * HOUR + 30 * MINUTE, Some(Off::Days(1))),
            (730 * DAY, Some(Off::Days(730))),
        ];
        for (off, expected) in cases {
            // Behind the server, and ahead of it.
            assert_eq!(compare(NOW, NOW + SECOND, NOW + SECOND + off), expected, "{off} behind");
            assert_eq!(compare(NOW, NOW + SECOND, NOW - off), expected, "{off} ahead");
        }
    }

    #[test]
    fn an_answer_that_took_long_does_not_make_a_right_clock_wrong() {
        assert_eq!(compare(NOW, NOW + HOUR, NOW + 20 * MINUTE), None);
    }

    #[test]
    fn a_clock_put_right_while_the_server_answered_is_right() {
        assert_eq!(compare(NOW + 3 * HOUR, NOW + SECOND, NOW), None);
        assert_eq!(compare(NOW - 3 * HOUR, NOW + SECOND, NOW), None);
    }
}
