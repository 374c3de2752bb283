//! Texts of forms and places in the person's language; times in words.

use std::cell::Cell;

use leptos::prelude::*;
use leptos::reactive::graph::Observer;

use crate::i18n::{Key, Language, Plural, t, ta, tn};
use crate::office::model::Text;
use crate::platform::clock;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

thread_local! {
    /// The language of the interface; here because answers arrive outside of any component.
    static LANGUAGE: Cell<Option<RwSignal<Language>>> = const { Cell::new(None) };
}

/// Says where the language of the interface stands.
pub fn follow(language: RwSignal<Language>) {
    LANGUAGE.set(Some(language));
}

/// The text in the interface's language, else Georgian, else any: never blank if there is one.
pub fn pick(text: &Text) -> String {
    // Followed where something is being drawn.
    let language = LANGUAGE.get().map_or(Language::Ka, |language| match Observer::get() {
        Some(_) => language.get(),
        None => language.get_untracked(),
    });
    pick_in(text, language.code())
}

/// The text in a language, else Georgian, else any.
pub fn pick_in(text: &Text, language: &str) -> String {
    let found = [language, "ka", ""].into_iter().find_map(|code| text.get(code));
    found.or_else(|| text.values().next()).cloned().unwrap_or_default()
}

/// A value as a person reads it: the labels of choices, dates by day, month and year.
pub fn readable(display: &Text, value: &str) -> String {
    let shown = pick(display);
    let shown = if shown.is_empty() { value.to_owned() } else { shown };
    let parts: Vec<&str> = shown.split('-').collect();
    match parts.as_slice() {
        [year, month, day]
            if [year.len(), month.len(), day.len()] == [4, 2, 2]
                && shown.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') =>
        {
            format!("{day}.{month}.{year}")
        }
        _ => shown,
    }
}

/// Whole days since 1970-01-01 in local time, and the minute of the day.
fn local(at_ms: i64) -> (i64, i64) {
    let local = at_ms + i64::from(clock::utc_offset_minutes()) * MINUTE;
    (local.div_euclid(DAY), local.rem_euclid(DAY) / MINUTE)
}

/// Year, month and day of a day number (Howard Hinnant's civil_from_days).
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

fn clock_time(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `21.11.2026`
pub fn date(at_ms: i64) -> String {
    let (year, month, day) = civil(local(at_ms).0);
    format!("{day:02}.{month:02}.{year}")
}

/// The time of day, `14:05`.
pub fn time(at_ms: i64) -> String {
    clock_time(local(at_ms).1)
}

/// When something happened: today and yesterday by word, else the date, with the time of day.
pub fn when(at_ms: i64) -> String {
    if at_ms <= 0 {
        return t(Key::TimeUnknown);
    }
    let (day, minute) = local(at_ms);
    let time = clock_time(minute);
    match local(clock::now_ms()).0 - day {
        0 => ta(Key::TimeTodayAt, &[("time", &time)]),
        1 => ta(Key::TimeYesterdayAt, &[("time", &time)]),
        _ => format!("{} {time}", date(at_ms)),
    }
}

/// The day something happened, by word or date.
pub fn day(at_ms: i64) -> String {
    match local(clock::now_ms()).0 - local(at_ms).0 {
        0 => t(Key::TimeToday),
        1 => t(Key::TimeYesterday),
        _ => date(at_ms),
    }
}

/// A local day number, to group by day.
pub fn day_number(at_ms: i64) -> i64 {
    local(at_ms).0
}

/// How long ago, in words.
pub fn ago(at_ms: i64) -> String {
    let passed = (clock::now_ms() - at_ms).max(0);
    match passed {
        ..MINUTE => t(Key::TimeNow),
        MINUTE..HOUR => tn(Plural::TimeMinutesAgo, (passed / MINUTE) as u64, &[]),
        HOUR..DAY => tn(Plural::TimeHoursAgo, (passed / HOUR) as u64, &[]),
        _ => tn(Plural::TimeDaysAgo, (passed / DAY) as u64, &[]),
    }
}

/// Whether a field says that a member is in the household no longer.
pub fn is_leaving(path: &str) -> bool {
    path.ends_with("/_left")
}

/// Why a member is in the household no longer, in words.
pub fn left_word(code: &str) -> String {
    crate::fill::leaving(code).unwrap_or_else(|| code.to_owned())
}
