//! Calendars that a date may be asked in, by their appearances. Answers stay Gregorian: here a year of
//! another calendar becomes months with their first days, and a day becomes year, month and day.
//!
//! Coptic and Ethiopian years are Julian; the Islamic calendar is the tabular one with the civil epoch; the
//! Persian one has leap years by the cycle of 33, as officially kept from 1206 to 1498; Bikram Sambat is a
//! table of published month lengths; the Burmese calendar follows the astronomical constants and the corrected
//! years of Yan Naing Aye's description.

use form::expr::date::{civil_from_days, days_from_civil, month_length};

/// A calendar of an appearance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calendar {
    /// `ethiopian`
    Ethiopian,
    /// `coptic`
    Coptic,
    /// `islamic`
    Islamic,
    /// `persian`
    Persian,
    /// `bikram-sambat`
    BikramSambat,
    /// `myanmar`
    Myanmar,
    /// `buddhist`
    Buddhist,
}

/// A month of a year, or the part of it that lies in this year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// Its name in Latin letters; blank where it is a Gregorian month.
    pub name: &'static str,
    /// The number of its first day: 1, but where a year begins within a month.
    pub first: i64,
    /// Days.
    pub length: i64,
    /// Its first day, in days since 1970-01-01.
    pub start: i64,
}

/// The appearances and their calendars.
const WORDS: [(&str, Calendar); 7] = [
    ("ethiopian", Calendar::Ethiopian),
    ("coptic", Calendar::Coptic),
    ("islamic", Calendar::Islamic),
    ("persian", Calendar::Persian),
    ("bikram-sambat", Calendar::BikramSambat),
    ("myanmar", Calendar::Myanmar),
    ("buddhist", Calendar::Buddhist),
];

const ETHIOPIAN: [&str; 13] = [
    "Meskerem", "Tikimt", "Hidar", "Tahsas", "Tir", "Yekatit", "Megabit", "Miazia", "Ginbot",
    "Sene", "Hamle", "Nehasse", "Pagumen",
];
const COPTIC: [&str; 13] = [
    "Thout",
    "Paopi",
    "Hathor",
    "Koiak",
    "Tobi",
    "Meshir",
    "Paremhat",
    "Parmouti",
    "Pashons",
    "Paoni",
    "Epip",
    "Mesori",
    "Pi Kogi Enavot",
];
const ISLAMIC: [&str; 12] = [
    "Muharram",
    "Safar",
    "Rabi al-Awwal",
    "Rabi al-Thani",
    "Jumada al-Ula",
    "Jumada al-Thani",
    "Rajab",
    "Shaban",
    "Ramadan",
    "Shawwal",
    "Dhu al-Qidah",
    "Dhu al-Hijjah",
];
const PERSIAN: [&str; 12] = [
    "Farvardin",
    "Ordibehesht",
    "Khordad",
    "Tir",
    "Mordad",
    "Shahrivar",
    "Mehr",
    "Aban",
    "Azar",
    "Dey",
    "Bahman",
    "Esfand",
];
const NEPALI: [&str; 12] = [
    "Baisakh", "Jestha", "Asar", "Shrawan", "Bhadra", "Aswin", "Kartik", "Mangsir", "Poush",
    "Magh", "Falgun", "Chaitra",
];
/// A Burmese year with a second Waso, and what follows until the next year begins.
const BURMESE: [(&str, i64); 15] = [
    ("Tagu", 29),
    ("Kason", 30),
    ("Nayon", 29),
    ("First Waso", 30),
    ("Waso", 30),
    ("Wagaung", 29),
    ("Tawthalin", 30),
    ("Thadingyut", 29),
    ("Tazaungmon", 30),
    ("Nadaw", 29),
    ("Pyatho", 30),
    ("Tabodwe", 29),
    ("Tabaung", 30),
    ("Late Tagu", 29),
    ("Late Kason", 30),
];

/// 1 Baisakh 1970, 13 April 1913.
const NEPALI_START: i64 = -20_717;
/// The years from 1970 on: two bits for each month, its length over 29, the first month lowest.
const NEPALI_YEARS: [u32; 121] = [
    0x511aba, 0x5117ba, 0x9056ee, 0x8456ed, 0x511aba, 0x5119fa, 0x9056ee, 0x8456ed, 0x511aba,
    0x5116fa, 0x9056ee, 0x514aea, 0x511aba, 0x5116fa, 0x9056ee, 0x514aea, 0x511aba, 0x5116ee,
    0x9056ee, 0x511aea, 0x511aba, 0x5116ee, 0x8456ee, 0x511aea, 0x511aba, 0x5056ee, 0x8456ee,
    0x511aba, 0x511aba, 0x9056ee, 0x8456ed, 0x511aba, 0x5116fa, 0x9056ee, 0x8456ed, 0x511aba,
    0x5116fa, 0x9056ee, 0x814aea, 0x511aba, 0x5116fa, 0x9056ee, 0x514aea, 0x511aba, 0x5116fa,
    0x9056ee, 0x514aea, 0x511aba, 0x5116ee, 0x8456ee, 0x511aea, 0x511aba, 0x5056ee, 0x8456ee,
    0x511aea, 0x511aba, 0x9056ee, 0x8456ed, 0x511aba, 0x5117ba, 0x9056ee, 0x8456ed, 0x511aba,
    0x5116fa, 0x9056ee, 0x814aed, 0x511aba, 0x5116fa, 0x9056ee, 0x514aea, 0x511aba, 0x5116fa,
    0x9056ee, 0x514aea, 0x511aba, 0x5116ee, 0x9056ee, 0x511aea, 0x511aba, 0x5056ee, 0x8456ee,
    0x511aea, 0x511aba, 0x5056ee, 0x8456ee, 0x511aba, 0x5117ba, 0x9056ee, 0x8456ed, 0x511aba,
    0x5116fa, 0x9056ee, 0x844aed, 0x511aba, 0x5116fa, 0x9056ee, 0x814aea, 0x511aba, 0x5116fa,
    0x9056ee, 0x514aea, 0x511aba, 0x5116ee, 0x9056ee, 0x511aea, 0x511aba, 0x5056ee, 0x8456ee,
    0x511aea, 0x511aba, 0x5056ee, 0x8456ee, 0x511aba, 0x511aba, 0x5456ba, 0x5459ee, 0x5456ed,
    0x545aba, 0x5459f9, 0x5456ed, 0x5456ed,
];

impl Calendar {
    /// The calendar that an appearance asks for.
    pub fn of(appearance: &[String]) -> Option<Self> {
        let named = |word: &String| WORDS.iter().find(|(name, _)| word == name);
        appearance.iter().find_map(named).map(|(_, calendar)| *calendar)
    }

    /// The months of a year in order; none for a year out of reach.
    pub fn months(self, year: i64) -> Vec<Month> {
        if !(1..=9999).contains(&year) {
            return Vec::new();
        }
        match self {
            Self::Ethiopian => julian(&ETHIOPIAN, -716_367, year),
            Self::Coptic => julian(&COPTIC, -615_558, year),
            Self::Islamic => {
                let leap = i64::from((14 + 11 * year) % 30 < 11);
                let start = -492_148 + 354 * (year - 1) + (3 + 11 * year).div_euclid(30);
                row(&ISLAMIC, start, |at| 30 - (at % 2) + if at == 11 { leap } else { 0 })
            }
            Self::Persian => {
                let leaps = |year: i64| (8 * year + 21).div_euclid(33);
                // 1 Farvardin 1403, 20 March 2024.
                let start = 19_802 + 365 * (year - 1403) + leaps(year) - leaps(1403);
                let last = 29 + leaps(year + 1) - leaps(year);
                row(&PERSIAN, start, |at| match at {
                    0..=5 => 31,
                    6..=10 => 30,
                    _ => last,
                })
            }
            Self::BikramSambat => nepali(year),
            Self::Myanmar => burmese(year),
            Self::Buddhist => {
                let year = year - 543;
                let start = days_from_civil(year, 1, 1);
                row(&[""; 12], start, |at| i64::from(month_length(year, at as u32 + 1)))
            }
        }
    }

    /// Year, place of the month in [`Self::months`] and day of a day since 1970-01-01.
    pub fn date(self, days: i64) -> Option<(i64, usize, i64)> {
        let gregorian = civil_from_days(days).0;
        let guess = match self {
            Self::Ethiopian => gregorian - 7,
            Self::Coptic => gregorian - 283,
            Self::Islamic => (days + 492_148) * 30 / 10_631 + 1,
            Self::Persian => gregorian - 621,
            Self::BikramSambat => gregorian + 57,
            Self::Myanmar => gregorian - 638,
            Self::Buddhist => gregorian + 543,
        };
        [guess, guess - 1, guess + 1].into_iter().find_map(|year| {
            let holds = |month: &Month| (month.start..month.start + month.length).contains(&days);
            let months = self.months(year);
            let at = months.iter().position(holds)?;
            Some((year, at, months[at].first + days - months[at].start))
        })
    }

    /// The day since 1970-01-01 of a year, place of a month and day; `None` when there is no such day.
    pub fn days(self, year: i64, month: usize, day: i64) -> Option<i64> {
        let month = *self.months(year).get(month)?;
        let real = (month.first..month.first + month.length).contains(&day);
        real.then_some(month.start + day - month.first)
    }
}

/// Months one after the other.
fn row(names: &[&'static str], start: i64, length: impl Fn(i64) -> i64) -> Vec<Month> {
    let mut next = start;
    let month = |(at, name): (usize, &&'static str)| {
        let (start, length) = (next, length(at as i64));
        next += length;
        Month { name, first: 1, length, start }
    };
    names.iter().enumerate().map(month).collect()
}

/// Twelve months of 30 days and a short one; `epoch` is the first day of year 1.
fn julian(names: &[&'static str], epoch: i64, year: i64) -> Vec<Month> {
    let start = epoch + 365 * (year - 1) + year / 4;
    row(names, start, |at| if at < 12 { 30 } else { 5 + i64::from(year % 4 == 3) })
}

fn nepali(year: i64) -> Vec<Month> {
    let Some(at) = year.checked_sub(1970).and_then(|at| usize::try_from(at).ok()) else {
        return Vec::new();
    };
    let Some(lengths) = NEPALI_YEARS.get(at) else { return Vec::new() };
    let days = |lengths: u32| (0..12).map(|at| length_of(lengths, at)).sum::<i64>();
    let start = NEPALI_START + NEPALI_YEARS[..at].iter().map(|year| days(*year)).sum::<i64>();
    row(&NEPALI, start, |at| length_of(*lengths, at))
}

fn length_of(lengths: u32, month: i64) -> i64 {
    29 + i64::from(lengths >> (2 * month) & 3)
}

/// Days of a Burmese solar year and of a lunar month, and the beginning of the era as a Julian day.
const SOLAR: f64 = 1_577_917_828.0 / 4_320_000.0;
const LUNAR: f64 = 1_577_917_828.0 / 53_433_336.0;
const ERA: f64 = 1_954_168.050_623;
/// The Julian day of 1970-01-01.
const UNIX: i64 = 2_440_588;

/// The full moon of the second Waso as a Julian day, and whether the year has a second one.
fn second_waso(year: i64) -> (i64, bool) {
    let (offset, months) = if year >= 1312 { (-0.5, 8.0) } else { (-1.0, 4.0) };
    let offset = offset
        + match year {
            1234 | 1377 => 1.0,
            1261 => -1.0,
            _ => 0.0,
        };
    let gap = SOLAR / 12.0 - LUNAR;
    let mut excess = (SOLAR * (year + 3739) as f64) % LUNAR;
    if excess < gap * (12.0 - months) {
        excess += LUNAR;
    }
    let full = SOLAR * year as f64 + ERA - excess + 4.5 * LUNAR + offset;
    let second = excess >= LUNAR - gap * months;
    ((full + 0.5).floor() as i64, second ^ matches!(year, 1263 | 1264 | 1344 | 1345))
}

fn burmese(year: i64) -> Vec<Month> {
    // Before the colonial reckoning years were told by another cycle.
    if !(1230..=1600).contains(&year) {
        return Vec::new();
    }
    let (full, second) = second_waso(year);
    let Some((back, before)) = (1..=3).find_map(|back| {
        let (full, second) = second_waso(year - back);
        (second || back == 3).then_some((back, full))
    }) else {
        return Vec::new();
    };
    let long = second && (full - before).rem_euclid(354) >= 31;
    let mut next = before + 354 * back - 102 - UNIX;
    let begins = |year: i64| (SOLAR * year as f64 + ERA + 0.5).ceil() as i64 - UNIX;
    let (from, to) = (begins(year), begins(year + 1));
    let mut found = Vec::new();
    for (name, length) in BURMESE {
        if name == "First Waso" && !second {
            continue;
        }
        let length = length + i64::from(name == "Nayon" && long);
        let (start, end) = (next.max(from), (next + length).min(to));
        if start < end {
            found.push(Month { name, first: start - next + 1, length: end - start, start });
        }
        next += length;
    }
    found
}

#[cfg(test)]
mod tests;
