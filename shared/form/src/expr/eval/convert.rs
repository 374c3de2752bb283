//! Conversions between types, XPath 1.0 section 4 and ODK's dates as days since 1970.

use std::borrow::Cow;

use super::{Dialect, Evaluator};
use crate::expr::date::{self, DAY_MS, Moment};
use crate::expr::number;
use crate::expr::value::Value;

impl Evaluator<'_> {
    /// XPath `string()`.
    pub fn text(&self, value: &Value) -> String {
        match value {
            Value::Boolean(true) => "true".to_owned(),
            Value::Boolean(false) => "false".to_owned(),
            Value::Number(found) => number::format(*found),
            Value::Text(text) => text.clone(),
            Value::Nodes(nodes) => {
                nodes.first().map_or_else(String::new, |node| self.tree.text(*node).into_owned())
            }
            Value::Date(None) => "Invalid Date".to_owned(),
            Value::Date(Some(moment)) => self.moment_text(*moment),
        }
    }

    /// The same without copying where the text already exists.
    pub(crate) fn text_cow<'v>(&'v self, value: &'v Value) -> Cow<'v, str> {
        match value {
            Value::Text(text) => Cow::Borrowed(text),
            Value::Nodes(nodes) => {
                nodes.first().map_or(Cow::Borrowed(""), |node| self.tree.text(*node))
            }
            _ => Cow::Owned(self.text(value)),
        }
    }

    /// XPath `number()`; a text that is a date counts in days.
    pub fn number(&self, value: &Value) -> f64 {
        match value {
            Value::Boolean(found) => f64::from(u8::from(*found)),
            Value::Number(found) => *found,
            Value::Date(moment) => moment.map_or(f64::NAN, days),
            _ => self.number_of_text(&self.text_cow(value)),
        }
    }

    pub(crate) fn number_of_text(&self, text: &str) -> f64 {
        if let Some(found) = number::parse(text) {
            return found;
        }
        match self.dialect {
            Dialect::Native => f64::NAN,
            Dialect::Xforms => self.moment(text).map_or(f64::NAN, days),
        }
    }

    /// XPath `boolean()`.
    pub fn boolean(&self, value: &Value) -> bool {
        match value {
            Value::Boolean(found) => *found,
            Value::Number(found) => *found != 0.0 && !found.is_nan(),
            Value::Text(text) => !text.is_empty(),
            Value::Nodes(nodes) => !nodes.is_empty(),
            Value::Date(moment) => moment.is_some(),
        }
    }

    /// Reads a date or a date with time; without an offset it is local.
    pub(crate) fn moment(&self, text: &str) -> Option<Moment> {
        let written = date::parse(text)?;
        let utc_ms = match written.offset {
            Some(offset) => written.local_ms - minutes(offset),
            None => self.to_utc(written.local_ms),
        };
        Some(Moment { utc_ms, date_only: written.date_only })
    }

    /// The moment a value stands for: a number is days since 1970-01-01T00:00Z.
    pub(crate) fn moment_of(&self, value: &Value) -> Option<Moment> {
        match value {
            Value::Date(moment) => *moment,
            Value::Number(found) => from_days(*found),
            Value::Boolean(_) => None,
            _ => {
                let text = self.text_cow(value);
                self.moment(&text).or_else(|| from_days(number::parse(&text)?))
            }
        }
    }

    fn to_utc(&self, local_ms: i64) -> i64 {
        let guess = local_ms - minutes(self.tree.offset_minutes(local_ms));
        local_ms - minutes(self.tree.offset_minutes(guess))
    }

    /// Milliseconds on the local clock and the offset in minutes.
    pub(crate) fn local(&self, moment: Moment) -> (i64, i32) {
        let offset = self.tree.offset_minutes(moment.utc_ms);
        (moment.utc_ms + minutes(offset), offset)
    }

    fn moment_text(&self, moment: Moment) -> String {
        let (local, offset) = self.local(moment);
        if moment.date_only {
            date::format_date(local)
        } else {
            date::format_date_time(local, offset)
        }
    }
}

fn minutes(count: i32) -> i64 {
    i64::from(count) * 60_000
}

fn days(moment: Moment) -> f64 {
    moment.utc_ms as f64 / DAY_MS as f64
}

fn from_days(days: f64) -> Option<Moment> {
    // A hundred million days are 270,000 years: beyond them no calendar means anything.
    if days.is_finite() && days.abs() <= 1e8 {
        let utc_ms = (days * DAY_MS as f64).round() as i64;
        Some(Moment { utc_ms, date_only: false })
    } else {
        None
    }
}
