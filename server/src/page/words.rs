//! Values of typed questions as people read them, in every language of the interface.

use device::fill::calendars::Calendar;
use form::expr::{date, number};
use form::model::{Node, QuestionType};
use serde_json::{Map, Value, json};

/// The languages of the interface. The blank one is what the office falls back to.
const LANGUAGES: [&str; 5] = ["ka", "en", "az", "hy", "ru"];

/// A word in each of [`LANGUAGES`].
type Words = [&'static str; 5];

const DONT_KNOW: Words = ["არ იცის", "Don't know", "Bilmir", "Չգիտի", "Не знает"];
const REFUSED: Words = ["უარი პასუხზე", "Refused", "İmtina", "Հրաժարվում է", "Отказ"];
const CONFIRMED: Words =
    ["დადასტურებულია", "Confirmed", "Təsdiqlənib", "Հաստատված է", "Подтверждено"];
const POINTS: Words = ["წერტილები", "Points", "Nöqtələr", "Կետեր", "Точки"];
const METRES: Words = ["მ", "m", "m", "մ", "м"];

/// The time of Georgia, minutes. A time of another zone is shown with it.
const OFFSET: i32 = 240;

/// A value that is no choice and no file; `None` for one that is read as it is.
pub fn typed(node: &Node, value: &str) -> Option<Value> {
    let kind = node.question()?;
    if node.is_set("allow_dkref") && !kind.is_select() {
        match value {
            "dk" => return Some(every(|at| DONT_KNOW[at].to_owned())),
            "ref" => return Some(every(|at| REFUSED[at].to_owned())),
            _ => {}
        }
    }
    use QuestionType::*;
    let same = |text: String| json!({ "": text });
    match kind {
        Date | Today => day(node, value).map(same),
        DateTime | Start | End => moment(node, value).map(same),
        Time => time(value).map(same),
        Decimal | Range => decimal(value),
        Geopoint | StartGeopoint | BackgroundGeopoint => place(value),
        Geotrace | Geoshape => {
            let count = value.split(';').filter(|point| !point.trim().is_empty()).count();
            (count > 0).then(|| every(|at| format!("{}: {count}", POINTS[at])))
        }
        Acknowledge if value == "OK" => Some(every(|at| CONFIRMED[at].to_owned())),
        _ => None,
    }
}

/// A text in every language of the interface.
fn every(text: impl Fn(usize) -> String) -> Value {
    let all = LANGUAGES.iter().enumerate();
    let all: Map<_, _> = all.map(|(at, code)| ((*code).to_owned(), json!(text(at)))).collect();
    Value::Object(all)
}

/// `07.09.1986`; of a question for months or years only these. What is no date stays as it is.
fn day(node: &Node, value: &str) -> Option<String> {
    let written = date::parse(value)?;
    let civil = date::civil(written.local_ms);
    let (year, month, day) = (civil.year, civil.month, civil.day);
    // Months of another calendar begin within ours.
    let ours = Calendar::of(&node.appearance).is_none();
    Some(match () {
        () if ours && node.appears("year") => format!("{year}"),
        () if ours && node.appears("month-year") => format!("{month:02}.{year}"),
        () => format!("{day:02}.{month:02}.{year}"),
    })
}

fn moment(node: &Node, value: &str) -> Option<String> {
    let written = date::parse(value)?;
    let day = day(node, value)?;
    if written.date_only {
        return Some(day);
    }
    Some(format!("{day} {}", clock(written.local_ms, written.offset)))
}

fn time(value: &str) -> Option<String> {
    let (of_day, offset) = date::parse_time(value)?;
    Some(clock(of_day, offset))
}

/// `14:02`, as the clock showed it there.
fn clock(local_ms: i64, offset: Option<i32>) -> String {
    let civil = date::civil(local_ms);
    let clock = format!("{:02}:{:02}", civil.hour, civil.minute);
    match offset {
        Some(offset) if offset != OFFSET => {
            let sign = if offset < 0 { '-' } else { '+' };
            format!("{clock} (UTC{sign}{:02}:{:02})", offset.abs() / 60, offset.abs() % 60)
        }
        _ => clock,
    }
}

/// `36,6`; in English with a point.
fn decimal(value: &str) -> Option<Value> {
    let plain = value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    let fraction = plain && value.contains('.') && number::parse(value).is_some();
    fraction.then(|| {
        every(|at| match LANGUAGES[at] {
            "en" => value.to_owned(),
            _ => value.replace('.', ","),
        })
    })
}

/// `41.71510, 44.82710 (±5 m)`: latitude and longitude, and how exact they are.
fn place(value: &str) -> Option<Value> {
    let parts: Option<Vec<f64>> = value.split_whitespace().map(number::parse).collect();
    let parts = parts?;
    let (latitude, longitude) = (parts.first()?, parts.get(1)?);
    let at = format!("{latitude:.5}, {longitude:.5}");
    let exact = parts.get(3).filter(|metres| **metres > 0.0);
    Some(match exact {
        Some(metres) => every(|language| format!("{at} (±{metres:.0} {})", METRES[language])),
        None => json!({ "": at }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use form::model::Kind;
    use std::collections::BTreeMap;

    fn node(kind: QuestionType, appearance: &str) -> Node {
        Node {
            kind: Kind::Question(kind),
            appearance: appearance.split_whitespace().map(str::to_owned).collect(),
            attributes: BTreeMap::from([("allow_dkref".to_owned(), "yes".to_owned())]),
            ..Node::default()
        }
    }

    #[test]
    fn values_read_by_their_type() {
        use QuestionType::*;
        let cases = [
            (Date, "", "1986-09-07", "07.09.1986"),
            (Date, "month-year", "2026-11-01", "11.2026"),
            (Date, "year", "2026-01-01", "2026"),
            (Date, "month-year bikram-sambat", "2026-11-17", "17.11.2026"),
            (Date, "ethiopian", "2026-11-17", "17.11.2026"),
            (Today, "", "2026-11-22", "22.11.2026"),
            (DateTime, "", "2026-11-22T09:05:00.000+04:00", "22.11.2026 09:05"),
            (DateTime, "", "2026-11-22T09:05:00.000", "22.11.2026 09:05"),
            (DateTime, "", "2026-11-22T09:05:00.000Z", "22.11.2026 09:05 (UTC+00:00)"),
            (Start, "", "2026-11-22T09:05:00.000-03:30", "22.11.2026 09:05 (UTC-03:30)"),
            (Time, "", "07:30:00.000+04:00", "07:30"),
            (Time, "", "07:30:00.000", "07:30"),
            (Decimal, "", "36.6", "36,6"),
            (Decimal, "", "-0.5", "-0,5"),
            (Range, "", "2.5", "2,5"),
            (Geopoint, "", "41.7151 44.8271 400 4.6", "41.71510, 44.82710 (±5 მ)"),
            (Geopoint, "", "41.7151 44.8271 0 0", "41.71510, 44.82710"),
            (Geotrace, "", "41.7 44.8 0 0; 41.8 44.8 0 0;", "წერტილები: 2"),
            (Acknowledge, "", "OK", "დადასტურებულია"),
            (Integer, "", "dk", "არ იცის"),
            (Text, "", "ref", "უარი პასუხზე"),
        ];
        for (kind, appearance, value, expected) in cases {
            let shown = typed(&node(kind, appearance), value).expect(value);
            let shown = shown.get("ka").or(shown.get("")).and_then(Value::as_str);
            assert_eq!(shown, Some(expected), "{kind:?} {appearance} {value}");
        }
    }

    #[test]
    fn what_is_of_another_shape_is_read_as_it_is() {
        use QuestionType::*;
        let cases = [
            (Date, "2026-2-31"),
            (DateTime, "2026-11-22Tnoon"),
            (Time, "noon"),
            (Time, "25:00"),
            (Decimal, "36"),
            (Decimal, "a.b"),
            (Decimal, "1.2.3"),
            (Geopoint, "here"),
            (Geopoint, ""),
            (Geotrace, ""),
            (Acknowledge, "no"),
            (Text, "2026-11-22"),
            (SelectOne, "dk"),
        ];
        for (kind, value) in cases {
            assert_eq!(typed(&node(kind, ""), value), None, "{kind:?} {value}");
        }
        let plain = Node { kind: Kind::Question(Integer), ..Node::default() };
        assert_eq!(typed(&plain, "dk"), None, "not a special value of this question");
    }

    #[test]
    fn special_answers_read_as_on_the_phone() {
        for (at, language) in LANGUAGES.iter().enumerate() {
            let path = format!("{}/../app/locales/{language}.json", env!("CARGO_MANIFEST_DIR"));
            let texts = std::fs::read_to_string(&path).expect("the texts");
            let texts: Value = serde_json::from_str(&texts).expect("JSON");
            assert_eq!(texts["question.dont_know"], DONT_KNOW[at], "{language}");
            assert_eq!(texts["question.refused"], REFUSED[at], "{language}");
        }
    }
}
