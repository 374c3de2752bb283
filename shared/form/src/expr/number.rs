//! Numbers as XPath reads and writes them: no exponent, no plus sign.

mod nearest;

use super::maths;
use nearest::nearest;

/// XPath's string of a number: shortest digits that read back, `-0` as `0`.
pub fn format(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if number == 0.0 {
        "0".to_owned()
    } else {
        maths::text(number)
    }
}

/// A number with so many decimals, for what is measured and not counted: a half may go either way.
pub fn fixed(number: f64, decimals: usize) -> String {
    let scaled = (number.abs() * maths::pow(10.0, decimals as f64)).round() as u64;
    let mut text = scaled.to_string();
    if decimals > 0 {
        while text.len() <= decimals {
            text.insert(0, '0');
        }
        text.insert(text.len() - decimals, '.');
    }
    if number < 0.0 && scaled > 0 {
        text.insert(0, '-');
    }
    text
}

/// XPath's number of a text: optional minus, digits with at most one point, white space around.
/// `None` when it is not one; `1e3`, `+1` and the empty text are not.
pub fn parse(text: &str) -> Option<f64> {
    let trimmed = text.trim_matches([' ', '\t', '\r', '\n']);
    let digits = trimmed.strip_prefix('-').unwrap_or(trimmed);
    let mut points = 0;
    let mut numerals = 0;
    for letter in digits.bytes() {
        match letter {
            b'0'..=b'9' => numerals += 1,
            b'.' => points += 1,
            _ => return None,
        }
    }
    (numerals > 0 && points < 2).then(|| nearest(trimmed, 0))
}

/// `round()`: halves go towards positive infinity, the sign of zero is kept.
pub fn round(number: f64) -> f64 {
    if !number.is_finite() {
        return number;
    }
    half_up(number).copysign(number)
}

/// `round(number, places)`: decimal, halves away from zero, as JavaRosa's BigDecimal HALF_UP.
pub fn round_to(number: f64, places: f64) -> f64 {
    if !places.is_finite() {
        return f64::NAN;
    }
    if !number.is_finite() {
        return number;
    }
    let places = places.trunc();
    if places == 0.0 {
        return round(number);
    }
    if places > 30.0 {
        return number;
    }
    if places < -30.0 {
        return 0.0;
    }
    let rounded = half_up(shift(number.abs(), places as i32));
    shift(rounded, -(places as i32)).copysign(number)
}

fn half_up(number: f64) -> f64 {
    // Not `(number + 0.5).floor()`: that sum is itself rounded, just below a half and far from zero.
    let floor = number.floor();
    if number - floor >= 0.5 { floor + 1.0 } else { floor }
}

/// Moves the decimal point in the shortest decimal text, free of binary error: 1.475 * 100 is 147.49999999999997.
fn shift(number: f64, by: i32) -> f64 {
    nearest(&maths::text(number), by)
}
