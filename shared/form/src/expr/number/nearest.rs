//! The number nearest to a decimal text.
//!
//! The standard library's reader is exact and fast, and brings a table of 10 KB that does not compress:
//! too much for a phone that reads short numbers. This one is as exact. Numbers of up to 15 digits, which
//! is all that people write, take one multiplication or division; others are divided bit by bit.

use std::cmp::Ordering;

/// Any number below this and its double are the same.
const EXACT: u64 = 1 << 53;

/// The double nearest to `text` × 10^`shift`, halves to the even one. `text` is digits with at most one
/// point, a minus before them perhaps; other characters are passed over.
pub fn nearest(text: &str, shift: i32) -> f64 {
    let (mut digits, mut exponent, mut after_point) = (Vec::new(), shift, false);
    for letter in text.bytes() {
        match letter {
            b'.' => after_point = true,
            b'0'..=b'9' => {
                exponent = exponent.saturating_sub(i32::from(after_point));
                if letter != b'0' || !digits.is_empty() {
                    digits.push(u32::from(letter - b'0'));
                }
            }
            _ => {}
        }
    }
    let found = positive(&digits, exponent);
    if text.starts_with('-') { -found } else { found }
}

fn positive(digits: &[u32], exponent: i32) -> f64 {
    // Where the first digit stands: 0 for units.
    let magnitude = (digits.len() as i32).saturating_add(exponent);
    if digits.is_empty() || magnitude < -330 {
        return 0.0;
    }
    if magnitude > 310 {
        return f64::INFINITY;
    }
    if digits.len() <= 15 && exponent.abs() <= 22 {
        // Both numbers are exact, so one operation rounds once.
        let whole = digits.iter().fold(0.0, |sum, digit| sum * 10.0 + f64::from(*digit));
        let power = (0..exponent.abs()).fold(1.0, |power, _| power * 10.0);
        return if exponent < 0 { whole / power } else { whole * power };
    }
    let mut above = Large::default();
    digits.iter().for_each(|digit| above.times_ten_plus(*digit));
    let mut below = Large(vec![1]);
    let scaled = if exponent < 0 { &mut below } else { &mut above };
    (0..exponent.abs()).for_each(|_| scaled.times_ten_plus(0));
    quotient(above, below)
}

/// `above / below` as a double.
fn quotient(mut above: Large, mut below: Large) -> f64 {
    let mut power = above.bits() as i32 - below.bits() as i32;
    if power > 0 {
        below.double(power)
    } else {
        above.double(-power)
    }
    if above.order(&below) == Ordering::Less {
        above.double(1);
        power -= 1;
    }
    // Now above / below is from 1 up to 2, and the result is that times 2^power.
    let mut bits: u64 = 0;
    for _ in 0..64 {
        bits <<= 1;
        if above.order(&below) != Ordering::Less {
            above.subtract(&below);
            bits |= 1;
        }
        above.double(1);
    }
    let rest = above.bits() > 0;
    // Numbers below 2^-1022 have fewer digits.
    let dropped = 11 + (-1022 - power).max(0);
    if dropped > 64 {
        return 0.0;
    }
    let kept = (u128::from(bits) >> dropped) as u64;
    let lost = u128::from(bits) & ((1 << dropped) - 1);
    let half = 1u128 << (dropped - 1);
    let up = lost > half || (lost == half && (rest || kept & 1 == 1));
    let kept = kept + u64::from(up);
    if power < -1022 {
        // A carry into the 53rd digit makes the smallest normal number by itself.
        return f64::from_bits(kept);
    }
    if power > 1023 {
        return f64::INFINITY;
    }
    // The leading digit is not stored; a carry over it raises the exponent, up to infinity.
    f64::from_bits((((power + 1023) as u64) << 52) + (kept - (EXACT >> 1)))
}

/// A natural number in digits of 32 bits, the lowest first, without leading zeros.
#[derive(Default)]
struct Large(Vec<u32>);

impl Large {
    fn times_ten_plus(&mut self, digit: u32) {
        let mut carry = u64::from(digit);
        for part in &mut self.0 {
            carry += u64::from(*part) * 10;
            *part = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn bits(&self) -> u32 {
        self.0.last().map_or(0, |top| self.0.len() as u32 * 32 - top.leading_zeros())
    }

    /// Doubles it `times` times.
    fn double(&mut self, times: i32) {
        for _ in 0..times {
            let mut carry = 0;
            for part in &mut self.0 {
                let next = *part >> 31;
                *part = *part << 1 | carry;
                carry = next;
            }
            if carry > 0 {
                self.0.push(carry);
            }
        }
    }

    fn order(&self, other: &Large) -> Ordering {
        let lengths = self.0.len().cmp(&other.0.len());
        lengths.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Takes off a number that is not greater.
    fn subtract(&mut self, other: &Large) {
        let mut borrowed = false;
        for (at, part) in self.0.iter_mut().enumerate() {
            let taken = other.0.get(at).copied().unwrap_or(0);
            let (less, first) = part.overflowing_sub(taken);
            let (less, second) = less.overflowing_sub(u32::from(borrowed));
            *part = less;
            borrowed = first || second;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(text: &str, shift: i32) {
        let expected: f64 = format!("{text}e{shift}").parse().expect("a number");
        let found = nearest(text, shift);
        assert_eq!(found.to_bits(), expected.to_bits(), "{text}e{shift}: {found:e} {expected:e}");
    }

    #[test]
    fn edges() {
        for (text, shift) in [
            ("0", 0),
            ("-0.0", 0),
            ("1", 0),
            ("000120.50", 0),
            ("9007199254740993", 0),
            ("9007199254740992.999999999999999999", 0),
            ("1.7976931348623157", 308),
            ("1.7976931348623159", 308),
            ("2", 308),
            ("1", 400),
            ("2.2250738585072011", -308),
            ("2.2250738585072014", -308),
            ("4.9406564584124654", -324),
            ("2.4703282292062327", -324),
            ("2.4703282292062328", -324),
            ("1", -400),
            ("0.1", 23),
            ("123456789012345678901234567890", 0),
        ] {
            same(text, shift);
        }
    }

    proptest! {
        #[test]
        fn as_the_standard_library(text in "-?[0-9]{1,40}(\\.[0-9]{0,40})?", shift in -350..330) {
            same(&text, shift);
            same(&text, 0);
        }

        #[test]
        fn what_was_written_is_read(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            if number.is_finite() {
                same(&number.to_string(), 0);
            }
        }

        /// Exactly between two neighbours, and next to it.
        #[test]
        fn halves(bits in 0u64..0x7fe0_0000_0000_0000, nudge in prop::sample::select(vec!["", "1", "0000001"])) {
            let exact = format!("{:.1100}", f64::from_bits(bits));
            let between = exact.trim_end_matches('0').to_owned() + "5" + nudge;
            same(&between, 0);
        }
    }
}
