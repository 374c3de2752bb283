//! Times and sizes in words.

use crate::i18n::{Key, Plural, t, ta, tn};
use crate::platform::clock;
use device::fill::calendar;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn local(at_ms: i64) -> i64 {
    at_ms + i64::from(clock::utc_offset_minutes()) * MINUTE
}

/// The time of day, `14:05`.
pub fn time_of_day(at_ms: i64) -> String {
    let minutes = local(at_ms).rem_euclid(DAY) / MINUTE;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Day and month of a moment: `21 ნოემბერი`.
pub fn day_month(at_ms: i64) -> String {
    const MONTHS: [Key; 12] = [
        Key::DateMonth1,
        Key::DateMonth2,
        Key::DateMonth3,
        Key::DateMonth4,
        Key::DateMonth5,
        Key::DateMonth6,
        Key::DateMonth7,
        Key::DateMonth8,
        Key::DateMonth9,
        Key::DateMonth10,
        Key::DateMonth11,
        Key::DateMonth12,
    ];
    let (_, month, day) = calendar::today(at_ms, clock::utc_offset_minutes());
    let month = MONTHS.get(month as usize - 1).map(|key| t(*key)).unwrap_or_default();
    ta(Key::DateDayMonth, &[("day", &day.to_string()), ("month", &month)])
}

/// A moment: today and yesterday with the time of day, earlier with the date.
pub fn when(at_ms: i64) -> String {
    if at_ms <= 0 {
        return t(Key::TimeUnknown);
    }
    let days = local(clock::now_ms()).div_euclid(DAY) - local(at_ms).div_euclid(DAY);
    match days {
        0 => ta(Key::TimeTodayAt, &[("time", &time_of_day(at_ms))]),
        1 => ta(Key::TimeYesterdayAt, &[("time", &time_of_day(at_ms))]),
        _ => day_month(at_ms),
    }
}

/// A moment in a list: the time of day is left out.
pub fn day(at_ms: i64) -> String {
    let days = local(clock::now_ms()).div_euclid(DAY) - local(at_ms).div_euclid(DAY);
    match days {
        0 => t(Key::TimeToday),
        1 => t(Key::TimeYesterday),
        _ => day_month(at_ms),
    }
}

/// Whether a moment lies on the present day.
pub fn is_today(at_ms: i64) -> bool {
    local(clock::now_ms()).div_euclid(DAY) == local(at_ms).div_euclid(DAY)
}

/// How long ago something was.
pub fn ago(at_ms: i64) -> String {
    let passed = (clock::now_ms() - at_ms).max(0);
    let (plural, unit) = match passed {
        MINUTE..HOUR => (Plural::TimeMinutesAgo, MINUTE),
        HOUR..DAY => (Plural::TimeHoursAgo, HOUR),
        DAY.. => (Plural::TimeDaysAgo, DAY),
        _ => return t(Key::TimeNow),
    };
    tn(plural, (passed / unit) as u64, &[])
}

/// Whole days that something has waited; `None` under one.
pub fn days_waiting(at_ms: i64) -> Option<u64> {
    let days = (clock::now_ms() - at_ms) / DAY;
    (days >= 1).then_some(days as u64)
}

/// An amount of data.
pub fn size(bytes: f64) -> String {
    let kilobytes = bytes / 1024.0;
    if kilobytes < 1000.0 {
        ta(Key::UnitKb, &[("n", &format!("{}", kilobytes.ceil() as u64))])
    } else if kilobytes < 1000.0 * 1024.0 {
        ta(Key::UnitMb, &[("n", &format!("{}", (kilobytes / 1024.0).ceil() as u64))])
    } else {
        ta(Key::UnitGb, &[("n", &format!("{}", (kilobytes / 1024.0 / 1024.0).ceil() as u64))])
    }
}

/// The number under which a person names a record to the office.
pub fn record_number(record: shared::id::RecordId) -> String {
    let text = record.to_string();
    format!("K-{}", text.get(text.len().saturating_sub(4)..).unwrap_or_default())
}
