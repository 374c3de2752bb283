use super::*;

fn calendar(name: &str) -> Calendar {
    Calendar::of(&[name.to_owned()]).unwrap()
}

/// The number of a month as other programs count it.
fn number(calendar: Calendar, year: i64, at: usize) -> i64 {
    let name = calendar.months(year)[at].name;
    match calendar {
        // Waso is the fourth month and a first Waso the month 0; months after the last are late ones.
        Calendar::Myanmar if name == "First Waso" => 0,
        Calendar::Myanmar => {
            let known = BURMESE.iter().filter(|(name, _)| *name != "First Waso");
            known.map(|(name, _)| *name).position(|known| known == name).unwrap() as i64 + 1
        }
        _ => at as i64 + 1,
    }
}

/// Days since 1970-01-01 with year, month and day as ICU (ethiopic, coptic, islamic-civil, persian,
/// buddhist), `nepali-date-converter` and `burmesedate` tell them.
#[test]
fn days_agree_with_other_programs() {
    type Sample = (i64, i64, i64, i64);
    let samples: [(&str, &[Sample]); 7] = [
        (
            "ethiopian",
            &[
                (-18262, 1912, 4, 23),
                (-14048, 1923, 11, 10),
                (-9834, 1935, 5, 21),
                (-5620, 1946, 12, 7),
                (-1405, 1958, 6, 19),
                (2809, 1969, 13, 5),
                (7023, 1981, 7, 16),
                (11238, 1993, 1, 28),
                (15452, 2004, 8, 14),
                (19666, 2016, 2, 25),
                (23881, 2027, 9, 13),
                (28095, 2039, 3, 24),
                (32309, 2050, 10, 10),
                (36524, 2062, 4, 22),
            ],
        ),
        (
            "coptic",
            &[
                (-18262, 1636, 4, 23),
                (-14048, 1647, 11, 10),
                (-9834, 1659, 5, 21),
                (-5620, 1670, 12, 7),
                (-1405, 1682, 6, 19),
                (2809, 1693, 13, 5),
                (7023, 1705, 7, 16),
                (11238, 1717, 1, 28),
                (15452, 1728, 8, 14),
                (19666, 1740, 2, 25),
                (23881, 1751, 9, 13),
                (28095, 1763, 3, 24),
                (32309, 1774, 10, 10),
                (36524, 1786, 4, 22),
            ],
        ),
        (
            "islamic",
            &[
                (-18262, 1338, 4, 10),
                (-14048, 1350, 3, 1),
                (-9834, 1362, 1, 22),
                (-5620, 1373, 12, 13),
                (-1405, 1385, 11, 6),
                (2809, 1397, 9, 26),
                (7023, 1409, 8, 17),
                (11238, 1421, 7, 9),
                (15452, 1433, 5, 30),
                (19666, 1445, 4, 21),
                (23881, 1457, 3, 13),
                (28095, 1469, 2, 4),
                (32309, 1480, 12, 25),
                (36524, 1492, 11, 17),
            ],
        ),
        (
            "persian",
            &[
                (-18262, 1298, 10, 11),
                (-14048, 1310, 4, 25),
                (-9834, 1321, 11, 9),
                (-5620, 1333, 5, 22),
                (-1405, 1344, 12, 7),
                (2809, 1356, 6, 19),
                (7023, 1368, 1, 5),
                (11238, 1379, 7, 17),
                (15452, 1391, 2, 3),
                (19666, 1402, 8, 14),
                (23881, 1414, 2, 31),
                (28095, 1425, 9, 12),
                (32309, 1437, 3, 27),
                (36524, 1448, 10, 11),
            ],
        ),
        (
            "bikram-sambat",
            &[
                (-9759, 2000, 1, 1),
                (-7399, 2006, 6, 13),
                (-5039, 2012, 12, 3),
                (-2679, 2019, 5, 16),
                (-319, 2025, 11, 5),
                (2041, 2032, 4, 19),
                (4401, 2038, 10, 6),
                (6761, 2045, 3, 22),
                (9121, 2051, 9, 7),
                (11481, 2058, 2, 26),
                (13841, 2064, 8, 8),
                (16201, 2071, 1, 28),
                (18561, 2077, 7, 10),
                (20921, 2083, 12, 30),
            ],
        ),
        (
            "myanmar",
            &[
                (-18262, 1281, 10, 13),
                (-14048, 1293, 4, 3),
                (-9834, 1304, 10, 24),
                (-5620, 1316, 5, 14),
                (-1405, 1327, 12, 7),
                (2809, 1339, 5, 27),
                (7023, 1350, 12, 19),
                (11238, 1362, 7, 11),
                (15452, 1374, 2, 2),
                (19666, 1385, 7, 22),
                (23881, 1397, 2, 15),
                (28095, 1408, 9, 6),
                (32309, 1420, 3, 27),
                (36524, 1431, 9, 18),
            ],
        ),
        (
            "buddhist",
            &[
                (-18262, 2463, 1, 2),
                (-14048, 2474, 7, 17),
                (-9834, 2486, 1, 29),
                (-5620, 2497, 8, 13),
                (-1405, 2509, 2, 26),
                (2809, 2520, 9, 10),
                (7023, 2532, 3, 25),
                (11238, 2543, 10, 8),
                (15452, 2555, 4, 22),
                (19666, 2566, 11, 5),
                (23881, 2578, 5, 21),
                (28095, 2589, 12, 3),
                (32309, 2601, 6, 17),
                (36524, 2612, 12, 31),
            ],
        ),
    ];
    for (name, samples) in samples {
        let calendar = calendar(name);
        for (days, year, month, day) in samples {
            let (found, at, number_of_day) = calendar.date(*days).unwrap();
            assert_eq!(
                (found, number(calendar, found, at), number_of_day),
                (*year, *month, *day),
                "{name} {days}"
            );
        }
    }
}

#[test]
fn years_follow_each_other_and_every_day_comes_back() {
    for (name, calendar) in WORDS {
        // 1 January 1920 to 1 January 2033.
        for days in -18_262..23_011 {
            let (year, month, day) = calendar.date(days).unwrap();
            assert_eq!(calendar.days(year, month, day), Some(days), "{name} {year} {month} {day}");
        }
        let year = calendar.date(0).unwrap().0;
        for year in year - 40..year + 90 {
            let months = calendar.months(year);
            // The table of Bikram Sambat ends.
            let Some(next) = calendar.months(year + 1).first().map(|month| month.start) else {
                continue;
            };
            let ends = months.iter().map(|month| month.start + month.length);
            let starts = months.iter().skip(1).map(|month| month.start).chain([next]);
            assert!(ends.eq(starts), "{name} {year}");
        }
    }
}

#[test]
fn days_that_are_none() {
    let cases = [
        ("ethiopian", 2015, 12, 6, true),
        ("ethiopian", 2016, 12, 6, false),
        ("persian", 1403, 11, 30, true),
        ("persian", 1404, 11, 30, false),
        ("persian", 1404, 12, 1, false),
        ("islamic", 1445, 11, 30, true),
        ("islamic", 1446, 11, 30, false),
        ("bikram-sambat", 2083, 1, 32, false),
        ("bikram-sambat", 1969, 0, 1, false),
        ("bikram-sambat", 2091, 0, 1, false),
        ("buddhist", 2567, 1, 29, true),
        ("buddhist", 2568, 1, 29, false),
        ("coptic", 0, 0, 1, false),
        ("coptic", 1700, 0, 0, false),
    ];
    for (name, year, month, day, real) in cases {
        let found = calendar(name).days(year, month, day);
        assert_eq!(found.is_some(), real, "{name} {year} {month} {day}");
    }
    assert_eq!(Calendar::of(&["month-year".to_owned()]), None);
    for (_, calendar) in WORDS {
        for days in [i64::from(i32::MIN), -800_000, 3_000_000, i64::from(i32::MAX)] {
            let _ = calendar.date(days);
        }
    }
}
