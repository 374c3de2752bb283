//! Civil dates and times: proleptic Gregorian, offsets in minutes, nothing else.

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// A point in time. `date_only` remembers that no time of day was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970-01-01T00:00Z.
    pub utc_ms: i64,
    pub date_only: bool,
}

/// A moment on the wall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Civil {
    pub year: i64,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub milli: u32,
}

/// Days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms").
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a day number.
pub fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days - era * 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * from_march + 2) / 5 + 1) as u32;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 } as u32;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Days of a month.
pub fn month_length(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The wall clock at `local_ms` milliseconds since 1970-01-01T00:00 local time.
pub fn civil(local_ms: i64) -> Civil {
    let (year, month, day) = civil_from_days(local_ms.div_euclid(DAY_MS));
    let rest = local_ms.rem_euclid(DAY_MS) as u32;
    let (second, milli) = (rest / 1000, rest % 1000);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    Civil { year, month, day, hour, minute, second: second % 60, milli }
}

/// What a text says: wall clock, offset if written, and whether it has a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub local_ms: i64,
    pub offset: Option<i32>,
    pub date_only: bool,
}

/// Reads `yyyy-MM-dd`, with or without `THH:mm[:ss[.SSS]][Z|±HH:mm]`; one-digit months and days too.
pub fn parse(text: &str) -> Option<Written> {
    let text = text.trim();
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let (negative, date) = match date.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, date),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() < 4 || year.len() > 6 {
        return None;
    }
    let year = i64::from(digits(year, 6)?) * if negative { -1 } else { 1 };
    let (month, day) = (digits(month, 2)?, digits(day, 2)?);
    if month == 0 || month > 12 || day == 0 || day > month_length(year, month) {
        return None;
    }
    let midnight = days_from_civil(year, month, day) * DAY_MS;
    match time {
        None => Some(Written { local_ms: midnight, offset: None, date_only: true }),
        Some(time) => {
            let (of_day, offset) = parse_time(time)?;
            Some(Written { local_ms: midnight + of_day, offset, date_only: false })
        }
    }
}

/// Reads `HH:mm[:ss[.SSS]][Z|±HH:mm]`: milliseconds of the day and the offset in minutes.
pub fn parse_time(text: &str) -> Option<(i64, Option<i32>)> {
    let text = text.trim();
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        Some(at) => (&text[..at], Some(parse_offset(&text[at..])?)),
        None => (text, None),
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let (second, milli) = match parts.next() {
        None => (0, 0),
        Some(seconds) => {
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
            (digits(whole, 2)?, milliseconds(fraction)?)
        }
    };
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Some((seconds * 1000 + i64::from(milli), offset))
}

fn milliseconds(fraction: &str) -> Option<u32> {
    if !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let mut found = 0;
    for at in 0..3 {
        found = found * 10 + fraction.as_bytes().get(at).map_or(0, |digit| u32::from(digit - b'0'));
    }
    Some(found)
}

fn parse_offset(text: &str) -> Option<i32> {
    if text == "Z" {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let rest = &text[1..];
    let (hours, minutes) = match rest.split_once(':') {
        Some((hours, minutes)) => (digits(hours, 2)?, digits(minutes, 2)?),
        None if rest.len() == 4 && rest.is_ascii() => {
            (digits(&rest[..2], 2)?, digits(&rest[2..], 2)?)
        }
        None => (digits(rest, 2)?, 0),
    };
    if hours > 14 || minutes > 59 { None } else { Some(sign * (hours * 60 + minutes) as i32) }
}

fn digits(text: &str, longest: usize) -> Option<u32> {
    let fits = !text.is_empty() && text.len() <= longest;
    if fits && text.bytes().all(|digit| digit.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// `yyyy-MM-dd`.
pub fn format_date(local_ms: i64) -> String {
    let civil = civil(local_ms);
    std::format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day)
}

/// `yyyy-MM-ddTHH:mm:ss.SSS±HH:mm`.
pub fn format_date_time(local_ms: i64, offset: i32) -> String {
    format_date(local_ms) + "T" + &format_time(local_ms) + &format_offset(offset)
}

/// `HH:mm:ss.SSS`.
pub fn format_time(local_ms: i64) -> String {
    let civil = civil(local_ms);
    std::format!("{:02}:{:02}:{:02}.{:03}", civil.hour, civil.minute, civil.second, civil.milli)
}

fn format_offset(offset: i32) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    std::format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
}

const MONTHS: [(&str, [&str; 12]); 2] = [
    ("en", ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]),
    ("ka", ["იან", "თებ", "მარ", "აპრ", "მაი", "ივნ", "ივლ", "აგვ", "სექ", "ოქტ", "ნოე", "დეკ"]),
];
const DAYS: [(&str, [&str; 7]); 2] = [
    ("en", ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]),
    ("ka", ["კვი", "ორშ", "სამ", "ოთხ", "ხუთ", "პარ", "შაბ"]),
];

fn in_language<const N: usize>(
    table: &[(&'static str, [&'static str; N]); 2],
    language: &str,
    at: usize,
) -> &'static str {
    let found = table.iter().find(|(code, _)| *code == language).unwrap_or(&table[0]);
    found.1.get(at).copied().unwrap_or("")
}

/// `format-date-time()`: the letters of the ODK specification.
pub fn format(pattern: &str, local_ms: i64, offset: i32, language: &str) -> String {
    let at = civil(local_ms);
    let mut found = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            found.push(letter);
            continue;
        }
        let weekday = (local_ms.div_euclid(DAY_MS) + 4).rem_euclid(7) as usize;
        match letters.next() {
            Some('Y') => found += &std::format!("{:04}", at.year),
            Some('y') => found += &std::format!("{:02}", at.year.rem_euclid(100)),
            Some('m') => found += &std::format!("{:02}", at.month),
            Some('n') => found += &at.month.to_string(),
            Some('b') => found += in_language(&MONTHS, language, at.month as usize - 1),
            Some('d') => found += &std::format!("{:02}", at.day),
            Some('e') => found += &at.day.to_string(),
            Some('H') => found += &std::format!("{:02}", at.hour),
            Some('h') => found += &at.hour.to_string(),
            Some('M') => found += &std::format!("{:02}", at.minute),
            Some('S') => found += &std::format!("{:02}", at.second),
            Some('3') => found += &std::format!("{:03}", at.milli),
            Some('a') => found += in_language(&DAYS, language, weekday),
            Some('Z') => found += &format_offset(offset),
            Some('%') => found.push('%'),
            Some(other) => {
                found.push('%');
                found.push(other);
            }
            None => found.push('%'),
        }
    }
    found
}
