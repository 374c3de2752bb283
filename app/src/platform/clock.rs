//! The device's clock.

use device::ports::Clock;

/// The browser's clock.
pub struct BrowserClock;

impl Clock for BrowserClock {
    fn now_ms(&self) -> i64 {
        now_ms()
    }

    fn utc_offset_minutes(&self) -> i32 {
        utc_offset_minutes()
    }
}

/// Unix milliseconds.
pub fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}

/// Minutes to add to UTC for local time.
pub fn utc_offset_minutes() -> i32 {
    -js_sys::Date::new_0().get_timezone_offset() as i32
}
