//! Functions whose arguments are values.

use std::borrow::Cow;

use super::{At, Dialect, Evaluator, Outcome};
use crate::expr::ast::{Expr, Span};
use crate::expr::date::{self, DAY_MS};
use crate::expr::function::Function;
use crate::expr::tree::NodeRef;
use crate::expr::value::Value;
use crate::expr::{Error, geo, maths, number};

impl Evaluator<'_> {
    pub(super) fn plain(
        &self,
        function: Function,
        arguments: &[Expr],
        span: Span,
        at: At,
    ) -> Outcome {
        let values: Vec<Value> =
            arguments.iter().map(|argument| self.eval(argument, at)).collect::<Outcome<_>>()?;
        if matches!(function, Function::Count | Function::CountNonEmpty)
            && !matches!(values.first(), Some(Value::Nodes(_)))
        {
            return Err(Error::new("type", "Questions or a path are expected here.", span));
        }
        let here = Value::Nodes(vec![at.node]);
        let given = Arguments { evaluator: self, values: &values, here: &here };
        if let Some(found) = self.mathematics(function, &given) {
            return Ok(Value::Number(found));
        }
        if let Some(found) = self.truths(function, &given) {
            return Ok(Value::Boolean(found));
        }
        if let Some(found) = self.texts(function, &given) {
            return Ok(Value::Text(found));
        }
        self.others(function, &given, span, at)
    }

    fn mathematics(&self, function: Function, given: &Arguments) -> Option<f64> {
        use Function as F;
        let first = || given.number(0);
        Some(match function {
            F::Number => first(),
            F::Int => first().trunc(),
            F::Round if given.values.len() == 2 => number::round_to(first(), given.number(1)),
            F::Round => number::round(first()),
            F::Floor => first().floor(),
            F::Ceiling => first().ceil(),
            F::Abs => first().abs(),
            F::Pow => maths::pow(first(), given.number(1)),
            F::Log => maths::ln(first()),
            F::Log10 => maths::log10(first()),
            F::Exp => maths::exp(first()),
            F::Exp10 => maths::pow(10.0, first()),
            F::Sqrt => first().sqrt(),
            F::Sin => maths::sin(first()),
            F::Cos => maths::cos(first()),
            F::Tan => maths::tan(first()),
            F::Asin => maths::asin(first()),
            F::Acos => maths::acos(first()),
            F::Atan => maths::atan(first()),
            F::Atan2 => maths::atan2(first(), given.number(1)),
            F::Pi => std::f64::consts::PI,
            F::Random => self.tree.random(),
            // Not `.sum()`, which begins with minus zero.
            F::Sum => given.numbers().iter().fold(0.0, |total, number| total + number),
            F::Max => extreme(&given.numbers(), f64::max),
            F::Min => extreme(&given.numbers(), f64::min),
            F::Count => given.live(0).len() as f64,
            F::CountNonEmpty => {
                given.live(0).iter().filter(|node| !self.tree.text(**node).is_empty()).count()
                    as f64
            }
            F::CountSelected => given.text(0).split_whitespace().count() as f64,
            F::StringLength => given.text(0).chars().count() as f64,
            F::Area => given.points(0).map_or(f64::NAN, |ring| geo::area(&ring)),
            F::Distance => given.all_points().map_or(f64::NAN, |line| geo::distance(&line)),
            F::DecimalDateTime => self
                .moment_of(given.value(0))
                .map_or(f64::NAN, |moment| moment.utc_ms as f64 / DAY_MS as f64),
            F::DecimalTime => self.decimal_time(&given.text(0)),
            _ => return None,
        })
    }

    fn decimal_time(&self, text: &str) -> f64 {
        let Some((of_day, offset)) = date::parse_time(text.rsplit('T').next().unwrap_or(text))
        else {
            return f64::NAN;
        };
        let local = match offset {
            Some(offset) => {
                let here = self.tree.offset_minutes(self.tree.now_ms());
                of_day + i64::from(here - offset) * 60_000
            }
            None => of_day,
        };
        local.rem_euclid(DAY_MS) as f64 / DAY_MS as f64
    }

    fn truths(&self, function: Function, given: &Arguments) -> Option<bool> {
        use Function as F;
        Some(match function {
            F::True => true,
            F::False => false,
            F::Not => !self.boolean(given.value(0)),
            F::Boolean => self.boolean(given.value(0)),
            F::BooleanFromString => matches!(given.text(0).as_str(), "true" | "1"),
            F::Selected => {
                let wanted = given.cow(1);
                let wanted = wanted.trim();
                !wanted.is_empty() && given.cow(0).split_whitespace().any(|found| found == wanted)
            }
            F::Contains => given.cow(0).contains(given.cow(1).as_ref()),
            F::StartsWith => given.cow(0).starts_with(given.cow(1).as_ref()),
            F::EndsWith => given.cow(0).ends_with(given.cow(1).as_ref()),
            F::Checklist => {
                let count = given.truths(2).into_iter().filter(|truth| *truth).count();
                within(count as f64, given.number(0), given.number(1))
            }
            F::WeightedChecklist => given.weighted(),
            F::Geofence => match (geo::point(&given.text(0)), given.points(1)) {
                (Some(point), Some(ring)) => geo::inside(point, &ring),
                _ => false,
            },
            F::Intersects => given.points(0).is_some_and(|line| geo::crosses_itself(&line)),
            _ => return None,
        })
    }

    fn texts(&self, function: Function, given: &Arguments) -> Option<String> {
        use Function as F;
        Some(match function {
            F::String => given.text(0),
            // Node sets are spread in the ODK dialect; in XPath each argument is one text.
            F::Concat if self.dialect == Dialect::Native => {
                (0..given.values.len()).map(|at| given.text(at)).collect()
            }
            F::Concat => given.texts(0).concat(),
            F::Join => given.texts(1).join(&given.text(0)),
            F::Substr => {
                let end = if given.values.len() > 2 { given.number(2) } else { f64::INFINITY };
                slice(&given.text(0), given.number(1), end)
            }
            F::Substring => {
                let length = (given.values.len() > 2).then(|| given.number(2));
                substring(&given.text(0), given.number(1), length)
            }
            F::SubstringBefore => {
                let (text, mark) = (given.text(0), given.text(1));
                text.find(&mark).map_or_else(String::new, |at| text[..at].to_owned())
            }
            F::SubstringAfter => {
                let (text, mark) = (given.text(0), given.text(1));
                text.find(&mark).map_or_else(String::new, |at| text[at + mark.len()..].to_owned())
            }
            F::NormalizeSpace => {
                // XML's white space only: a no-break space is there to stay.
                let text = given.text(0);
                let words = text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
                words.collect::<Vec<_>>().join(" ")
            }
            F::Translate => translate(&given.text(0), &given.text(1), &given.text(2)),
            F::SelectedAt => {
                let at = given.number(1).trunc();
                let text = given.text(0);
                let found = if at >= 0.0 { text.split_whitespace().nth(at as usize) } else { None };
                found.unwrap_or("").to_owned()
            }
            F::Uuid => self.uuid(given),
            F::PullData => {
                let texts: Vec<String> = (0..4).map(|at| given.text(at)).collect();
                self.tree.pulldata(&texts[0], &texts[1], &texts[2], &texts[3]).unwrap_or_default()
            }
            F::FormatDate | F::FormatDateTime => match self.moment_of(given.value(0)) {
                Some(moment) => {
                    let (local, offset) = self.local(moment);
                    date::format(&given.text(1), local, offset, self.tree.language())
                }
                None => String::new(),
            },
            F::Digest => {
                let encoding =
                    if given.values.len() > 2 { given.text(2) } else { "base64".to_owned() };
                super::digest::digest(&given.text(0), &given.text(1), &encoding).unwrap_or_default()
            }
            F::Base64Decode => decode_base64(&given.text(0)),
            F::Version => String::new(),
            _ => return None,
        })
    }

    fn others(&self, function: Function, given: &Arguments, span: Span, at: At) -> Outcome {
        use Function as F;
        Ok(match function {
            // No date yet is no answer, and not a wrong one.
            F::Date | F::DateTime if self.text_cow(given.value(0)).is_empty() => Value::text(""),
            F::Date | F::DateTime => Value::Date(self.moment_of(given.value(0))),
            F::Now | F::Today => {
                let mut moment = date::Moment { utc_ms: self.tree.now_ms(), date_only: false };
                if function == F::Today {
                    let (local, offset) = self.local(moment);
                    let midnight = local.div_euclid(DAY_MS) * DAY_MS;
                    moment.utc_ms = midnight - i64::from(offset) * 60_000;
                    moment.date_only = true;
                }
                Value::Date(Some(moment))
            }
            F::Itext => match self.tree.itext(&given.text(0)) {
                Some(nodes) => Value::Nodes(nodes),
                None => Value::text(""),
            },
            F::Id => self.by_id(given, at),
            F::Lang => Value::Boolean(self.is_in_language(&given.text(0), at.node)),
            _ => {
                let message = "This function is known but not supported here.";
                return Err(Error::new("unsupported_function", message, span));
            }
        })
    }

    fn by_id(&self, given: &Arguments, at: At) -> Value {
        let wanted = given.texts(0).join(" ");
        let wanted: Vec<&str> = wanted.split_whitespace().collect();
        let mut waiting = vec![self.tree.root(at.node)];
        let mut found = Vec::new();
        while let Some(node) = waiting.pop() {
            let mut attributes = Vec::new();
            self.tree.attributes(node, &mut attributes);
            let is_named = |attribute: &NodeRef| {
                self.tree.name(*attribute) == "id"
                    && wanted.contains(&self.tree.text(*attribute).as_ref())
            };
            if attributes.iter().any(is_named) {
                found.push(node);
            }
            self.tree.children(node, &mut waiting);
        }
        self.in_order(&mut found);
        Value::Nodes(found)
    }

    /// Whether the nearest `xml:lang` is this language or a dialect of it.
    fn is_in_language(&self, wanted: &str, from: NodeRef) -> bool {
        let mut here = Some(from);
        while let Some(node) = here {
            let mut attributes = Vec::new();
            self.tree.attributes(node, &mut attributes);
            let found = attributes.into_iter().find(|found| self.tree.name(*found) == "xml:lang");
            if let Some(found) = found {
                let language = self.tree.text(found);
                let (start, rest) = language.split_at_checked(wanted.len()).unwrap_or(("", "x"));
                return start.eq_ignore_ascii_case(wanted)
                    && (rest.is_empty() || rest.starts_with('-'));
            }
            here = self.tree.parent(node);
        }
        false
    }

    fn uuid(&self, given: &Arguments) -> String {
        let nibble = || (self.tree.random() * 16.0) as u32 & 15;
        if !given.values.is_empty() {
            let letters = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
            let count = given.number(0).clamp(0.0, 1000.0) as usize;
            let pick = |_| letters[(self.tree.random() * 62.0) as usize % 62] as char;
            return (0..count).map(pick).collect();
        }
        let mut found = String::new();
        for at in 0..36 {
            found.push(match at {
                8 | 13 | 18 | 23 => '-',
                14 => '4',
                19 => char::from_digit(8 | nibble() & 3, 16).unwrap_or('8'),
                _ => char::from_digit(nibble(), 16).unwrap_or('0'),
            });
        }
        found
    }
}

/// Evaluated arguments; a missing one is the context node.
struct Arguments<'a> {
    evaluator: &'a Evaluator<'a>,
    values: &'a [Value],
    here: &'a Value,
}

impl Arguments<'_> {
    fn value(&self, at: usize) -> &Value {
        self.values.get(at).unwrap_or(self.here)
    }

    fn number(&self, at: usize) -> f64 {
        self.evaluator.number(self.value(at))
    }

    fn text(&self, at: usize) -> String {
        self.evaluator.text(self.value(at))
    }

    /// The same without copying where the text already exists.
    fn cow(&self, at: usize) -> Cow<'_, str> {
        self.evaluator.text_cow(self.value(at))
    }

    /// Nodes of an argument that are relevant; a value that is not a node set has none.
    fn live(&self, at: usize) -> Vec<NodeRef> {
        match self.value(at) {
            Value::Nodes(nodes) => {
                nodes.iter().copied().filter(|node| self.evaluator.tree.relevant(*node)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// All numbers from all arguments, node sets spread.
    fn numbers(&self) -> Vec<f64> {
        let mut found = Vec::new();
        for at in 0..self.values.len() {
            match self.value(at) {
                Value::Nodes(_) => found.extend(
                    self.live(at)
                        .into_iter()
                        .map(|node| self.evaluator.number_of_text(&self.evaluator.tree.text(node))),
                ),
                other => found.push(self.evaluator.number(other)),
            }
        }
        found
    }

    /// All texts from argument `from` on, node sets spread.
    fn texts(&self, from: usize) -> Vec<String> {
        let mut found = Vec::new();
        for at in from..self.values.len() {
            match self.value(at) {
                Value::Nodes(_) => found.extend(
                    self.live(at)
                        .into_iter()
                        .map(|node| self.evaluator.tree.text(node).into_owned()),
                ),
                other => found.push(self.evaluator.text(other)),
            }
        }
        found
    }

    /// Truth of each argument, node sets spread: a node holds when it has text.
    fn truths(&self, from: usize) -> Vec<bool> {
        let mut found = Vec::new();
        for at in from..self.values.len() {
            match self.value(at) {
                Value::Nodes(nodes) => found
                    .extend(nodes.iter().map(|node| !self.evaluator.tree.text(*node).is_empty())),
                other => found.push(self.evaluator.boolean(other)),
            }
        }
        found
    }

    fn weighted(&self) -> bool {
        let mut total = 0.0;
        let mut at = 2;
        while at + 1 < self.values.len() {
            let truths = match self.value(at) {
                Value::Nodes(_) => Arguments { values: &self.values[at..=at], ..*self }.truths(0),
                other => vec![self.evaluator.boolean(other)],
            };
            let weights = Arguments { values: &self.values[at + 1..at + 2], ..*self }.numbers();
            for (truth, weight) in truths.iter().zip(&weights) {
                total += if *truth { *weight } else { 0.0 };
            }
            at += 2;
        }
        within(total, self.number(0), self.number(1))
    }

    fn points(&self, at: usize) -> Option<Vec<geo::Point>> {
        geo::points(&match self.value(at) {
            Value::Nodes(_) => {
                Arguments { values: &self.values[at..=at], ..*self }.texts(0).join(";")
            }
            other => self.evaluator.text(other),
        })
    }

    fn all_points(&self) -> Option<Vec<geo::Point>> {
        geo::points(&self.texts(0).join(";"))
    }
}

fn within(found: f64, least: f64, most: f64) -> bool {
    (least < 0.0 || found >= least) && (most < 0.0 || found <= most)
}

fn extreme(numbers: &[f64], pick: fn(f64, f64) -> f64) -> f64 {
    if numbers.iter().any(|number| number.is_nan()) {
        return f64::NAN;
    }
    numbers.iter().copied().reduce(pick).unwrap_or(f64::NAN)
}

/// `substr()`: from 0, the end left out, negative counts from the end.
fn slice(text: &str, start: f64, end: f64) -> String {
    let length = text.chars().count() as f64;
    let place = |at: f64| {
        let at = if at.is_nan() { 0.0 } else { at.trunc() };
        if at < 0.0 { (length + at).max(0.0) } else { at.min(length) }
    };
    let (start, end) = (place(start), place(end));
    text.chars().skip(start as usize).take((end - start).max(0.0) as usize).collect()
}

/// XPath `substring()`: from 1, both ends rounded.
fn substring(text: &str, start: f64, length: Option<f64>) -> String {
    let from = number::round(start);
    let to = length.map_or(f64::INFINITY, |length| from + number::round(length));
    let inside = |at: &(usize, char)| {
        let place = at.0 as f64 + 1.0;
        place >= from && place < to
    };
    text.chars().enumerate().filter(inside).map(|(_, letter)| letter).collect()
}

fn translate(text: &str, from: &str, to: &str) -> String {
    let to: Vec<char> = to.chars().collect();
    let change = |letter: char| match from.chars().position(|found| found == letter) {
        Some(at) => to.get(at).copied(),
        None => Some(letter),
    };
    text.chars().filter_map(change).collect()
}

fn decode_base64(text: &str) -> String {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let digit = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 255) as u8);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
