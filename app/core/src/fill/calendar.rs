//! Dates as a person writes them, and the month on the screen.

use form::expr::date::{civil_from_days, days_from_civil, month_length};

/// What three boxes hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// Nothing in any of them.
    Blank,
    /// Some are still empty.
    Partial,
    /// A date: year, month, day.
    Date(i64, u32, u32),
    /// Digits that make no date.
    Wrong,
}

/// Reads day, month and year as typed.
pub fn typed(day: &str, month: &str, year: &str) -> Typed {
    let boxes = [day.trim(), month.trim(), year.trim()];
    if boxes.iter().all(|text| text.is_empty()) {
        return Typed::Blank;
    }
    if boxes.iter().any(|text| text.is_empty()) {
        return Typed::Partial;
    }
    let (Ok(day), Ok(month), Ok(year)) =
        (boxes[0].parse::<u32>(), boxes[1].parse::<u32>(), boxes[2].parse::<i64>())
    else {
        return Typed::Wrong;
    };
    if year < 1000 && boxes[2].len() < 4 {
        return Typed::Partial;
    }
    let real = (1..=12).contains(&month)
        && (1800..=2200).contains(&year)
        && (1..=month_length(year, month)).contains(&day);
    if real { Typed::Date(year, month, day) } else { Typed::Wrong }
}

/// A date in XForms lexical form.
pub fn lexical(year: i64, month: u32, day: u32) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

/// Year, month and day of a value in XForms lexical form; a date with time counts by its date.
pub fn parts(value: &str) -> Option<(i64, u32, u32)> {
    let mut fields = value.get(..10)?.split('-');
    let (year, month, day) =
        (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let real = (1..=12).contains(&month) && (1..=month_length(year, month)).contains(&day);
    real.then_some((year, month, day))
}

/// Local date of a moment.
pub fn today(now_ms: i64, utc_offset_minutes: i32) -> (i64, u32, u32) {
    civil_from_days((now_ms + i64::from(utc_offset_minutes) * 60_000).div_euclid(86_400_000))
}

/// The date some days later.
pub fn plus(date: (i64, u32, u32), days: i64) -> (i64, u32, u32) {
    civil_from_days(days_from_civil(date.0, date.1, date.2) + days)
}

/// The month some months later, as (year, month).
pub fn plus_months(year: i64, month: u32, months: i64) -> (i64, u32) {
    let count = year * 12 + i64::from(month) - 1 + months;
    (count.div_euclid(12), count.rem_euclid(12) as u32 + 1)
}

/// Age in completed years and the months over them; `None` when the birth is in the future.
pub fn age(born: (i64, u32, u32), today: (i64, u32, u32)) -> Option<(i64, i64)> {
    let mut months = (today.0 - born.0) * 12 + i64::from(today.1) - i64::from(born.1);
    if today.2 < born.2 {
        months -= 1;
    }
    (months >= 0).then_some((months / 12, months % 12))
}

/// The weeks of a month, Monday first; `None` where a week belongs to the neighbours.
pub fn weeks(year: i64, month: u32) -> Vec<[Option<u32>; 7]> {
    // 1 January 1970 was a Thursday.
    let lead = (days_from_civil(year, month, 1) + 3).rem_euclid(7) as u32;
    let length = month_length(year, month);
    (0..(lead + length).div_ceil(7))
        .map(|week| {
            std::array::from_fn(|column| {
                let day = (week * 7 + column as u32 + 1).checked_sub(lead)?;
                (1..=length).contains(&day).then_some(day)
            })
        })
        .collect()
}

/// A time of day as typed (`9:05`, `0905`, `9.05`), in XForms lexical form.
pub fn time(typed: &str) -> Option<String> {
    let text = typed.trim();
    let (hour, minute) = match text.split_once([':', '.', ',', ' ']) {
        Some(parts) => parts,
        None if matches!(text.len(), 3 | 4) && text.is_ascii() => text.split_at(text.len() - 2),
        None => return None,
    };
    let (hour, minute) = (hour.parse::<u32>().ok()?, minute.get(..2)?.parse::<u32>().ok()?);
    (hour < 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}:00.000"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_boxes() {
        let cases = [
            (("", "", ""), Typed::Blank),
            (("1", "", "2010"), Typed::Partial),
            (("1", "2", "20"), Typed::Partial),
            (("29", "2", "2024"), Typed::Date(2024, 2, 29)),
            (("29", "2", "2023"), Typed::Wrong),
            (("31", "4", "2020"), Typed::Wrong),
            (("1", "13", "2020"), Typed::Wrong),
            (("a", "1", "2020"), Typed::Wrong),
            (("07", "09", "1986"), Typed::Date(1986, 9, 7)),
        ];
        for ((day, month, year), expected) in cases {
            assert_eq!(typed(day, month, year), expected, "{day} {month} {year}");
        }
    }

    #[test]
    fn ages() {
        let cases = [
            ((2017, 11, 22), (2026, 11, 22), Some((9, 0))),
            ((2017, 11, 23), (2026, 11, 22), Some((8, 11))),
            ((2026, 10, 1), (2026, 11, 22), Some((0, 1))),
            ((2026, 11, 23), (2026, 11, 22), None),
            ((2020, 2, 29), (2021, 2, 28), Some((0, 11))),
        ];
        for (born, today, expected) in cases {
            assert_eq!(age(born, today), expected, "{born:?}");
        }
    }

    #[test]
    fn months_begin_on_the_right_day() {
        let weeks = weeks(2026, 11);
        assert_eq!(weeks[0], [None, None, None, None, None, None, Some(1)]);
        assert_eq!(weeks.last(), Some(&[Some(30), None, None, None, None, None, None]));
        for month in 1..=12 {
            let days: Vec<u32> =
                super::weeks(2024, month).into_iter().flatten().flatten().collect();
            assert_eq!(days, (1..=month_length(2024, month)).collect::<Vec<_>>());
        }
        assert_eq!(plus_months(2026, 1, -1), (2025, 12));
        assert_eq!(plus_months(2026, 12, 1), (2027, 1));
        assert_eq!(plus((2026, 3, 1), -1), (2026, 2, 28));
    }

    #[test]
    fn times() {
        let cases = [
            ("9:05", Some("09:05:00.000")),
            ("0905", Some("09:05:00.000")),
            ("905", Some("09:05:00.000")),
            ("23.59", Some("23:59:00.000")),
            ("24:00", None),
            ("9", None),
            ("", None),
            ("09:05:00.000", Some("09:05:00.000")),
        ];
        for (typed, expected) in cases {
            assert_eq!(time(typed).as_deref(), expected, "{typed}");
        }
    }
}
