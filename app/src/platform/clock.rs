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

/// The local date and time as part of a file's name: `kardakar-2026-11-22-1405`.
pub fn file_stamp() -> String {
    let local =
        js_sys::Date::new(&((now_ms() + i64::from(utc_offset_minutes()) * 60_000) as f64).into());
    let stamp = String::from(local.to_iso_string()).replace(['T', ':'], "-");
    let (day, time) = (stamp.get(..10).unwrap_or_default(), stamp.get(11..16).unwrap_or_default());
    format!("kardakar-{day}-{}", time.replace('-', ""))
}

/// Minutes to add to UTC for local time.
pub fn utc_offset_minutes() -> i32 {
    -js_sys::Date::new_0().get_timezone_offset() as i32
}
