//! Code 128 (ISO/IEC 15417): symbols of eleven modules, the last but one a check.

use crate::runs::{Line, distance, nearest};

/// The symbols by their value: dark and light in turn.
const SYMBOLS: [[u8; 6]; 106] = [
    [2, 1, 2, 2, 2, 2],
    [2, 2, 2, 1, 2, 2],
    [2, 2, 2, 2, 2, 1],
    [1, 2, 1, 2, 2, 3],
    [1, 2, 1, 3, 2, 2],
    [1, 3, 1, 2, 2, 2],
    [1, 2, 2, 2, 1, 3],
    [1, 2, 2, 3, 1, 2],
    [1, 3, 2, 2, 1, 2],
    [2, 2, 1, 2, 1, 3],
    [2, 2, 1, 3, 1, 2],
    [2, 3, 1, 2, 1, 2],
    [1, 1, 2, 2, 3, 2],
    [1, 2, 2, 1, 3, 2],
    [1, 2, 2, 2, 3, 1],
    [1, 1, 3, 2, 2, 2],
    [1, 2, 3, 1, 2, 2],
    [1, 2, 3, 2, 2, 1],
    [2, 2, 3, 2, 1, 1],
    [2, 2, 1, 1, 3, 2],
    [2, 2, 1, 2, 3, 1],
    [2, 1, 3, 2, 1, 2],
    [2, 2, 3, 1, 1, 2],
    [3, 1, 2, 1, 3, 1],
    [3, 1, 1, 2, 2, 2],
    [3, 2, 1, 1, 2, 2],
    [3, 2, 1, 2, 2, 1],
    [3, 1, 2, 2, 1, 2],
    [3, 2, 2, 1, 1, 2],
    [3, 2, 2, 2, 1, 1],
    [2, 1, 2, 1, 2, 3],
    [2, 1, 2, 3, 2, 1],
    [2, 3, 2, 1, 2, 1],
    [1, 1, 1, 3, 2, 3],
    [1, 3, 1, 1, 2, 3],
    [1, 3, 1, 3, 2, 1],
    [1, 1, 2, 3, 1, 3],
    [1, 3, 2, 1, 1, 3],
    [1, 3, 2, 3, 1, 1],
    [2, 1, 1, 3, 1, 3],
    [2, 3, 1, 1, 1, 3],
    [2, 3, 1, 3, 1, 1],
    [1, 1, 2, 1, 3, 3],
    [1, 1, 2, 3, 3, 1],
    [1, 3, 2, 1, 3, 1],
    [1, 1, 3, 1, 2, 3],
    [1, 1, 3, 3, 2, 1],
    [1, 3, 3, 1, 2, 1],
    [3, 1, 3, 1, 2, 1],
    [2, 1, 1, 3, 3, 1],
    [2, 3, 1, 1, 3, 1],
    [2, 1, 3, 1, 1, 3],
    [2, 1, 3, 3, 1, 1],
    [2, 1, 3, 1, 3, 1],
    [3, 1, 1, 1, 2, 3],
    [3, 1, 1, 3, 2, 1],
    [3, 3, 1, 1, 2, 1],
    [3, 1, 2, 1, 1, 3],
    [3, 1, 2, 3, 1, 1],
    [3, 3, 2, 1, 1, 1],
    [3, 1, 4, 1, 1, 1],
    [2, 2, 1, 4, 1, 1],
    [4, 3, 1, 1, 1, 1],
    [1, 1, 1, 2, 2, 4],
    [1, 1, 1, 4, 2, 2],
    [1, 2, 1, 1, 2, 4],
    [1, 2, 1, 4, 2, 1],
    [1, 4, 1, 1, 2, 2],
    [1, 4, 1, 2, 2, 1],
    [1, 1, 2, 2, 1, 4],
    [1, 1, 2, 4, 1, 2],
    [1, 2, 2, 1, 1, 4],
    [1, 2, 2, 4, 1, 1],
    [1, 4, 2, 1, 1, 2],
    [1, 4, 2, 2, 1, 1],
    [2, 4, 1, 2, 1, 1],
    [2, 2, 1, 1, 1, 4],
    [4, 1, 3, 1, 1, 1],
    [2, 4, 1, 1, 1, 2],
    [1, 3, 4, 1, 1, 1],
    [1, 1, 1, 2, 4, 2],
    [1, 2, 1, 1, 4, 2],
    [1, 2, 1, 2, 4, 1],
    [1, 1, 4, 2, 1, 2],
    [1, 2, 4, 1, 1, 2],
    [1, 2, 4, 2, 1, 1],
    [4, 1, 1, 2, 1, 2],
    [4, 2, 1, 1, 1, 2],
    [4, 2, 1, 2, 1, 1],
    [2, 1, 2, 1, 4, 1],
    [2, 1, 4, 1, 2, 1],
    [4, 1, 2, 1, 2, 1],
    [1, 1, 1, 1, 4, 3],
    [1, 1, 1, 3, 4, 1],
    [1, 3, 1, 1, 4, 1],
    [1, 1, 4, 1, 1, 3],
    [1, 1, 4, 3, 1, 1],
    [4, 1, 1, 1, 1, 3],
    [4, 1, 1, 3, 1, 1],
    [1, 1, 3, 1, 4, 1],
    [1, 1, 4, 1, 3, 1],
    [3, 1, 1, 1, 4, 1],
    [4, 1, 1, 1, 3, 1],
    [2, 1, 1, 4, 1, 2],
    [2, 1, 1, 2, 1, 4],
    [2, 1, 1, 2, 3, 2],
];
/// What ends a code: dark, light, ... and a last dark.
const STOP: [u8; 7] = [2, 3, 3, 1, 1, 1, 2];
/// The three ways to begin.
const START_A: usize = 103;
const START_C: usize = 105;
/// How far a length may be from its pattern, in modules.
const MOST: f32 = 0.75;
/// Light before and after, in modules. The standard demands 10; pictures are cut narrowly.
const QUIET: f32 = 5.0;
/// More symbols than this are no label.
const LONGEST: usize = 100;

/// What a symbol means.
#[derive(Clone, Copy, PartialEq)]
enum Set {
    /// Capitals and control characters.
    A,
    /// Capitals and small letters.
    B,
    /// Two digits at a time.
    C,
}

/// The text of a code that begins at a place.
pub fn read(line: &Line, at: usize) -> Option<String> {
    let start: [u32; 6] = line.take(at)?;
    let first = nearest(&start, &SYMBOLS, MOST)?;
    let module = start.iter().sum::<u32>() as f32 / 11.0;
    if !(START_A..=START_C).contains(&first) || !line.is_quiet_before(at, QUIET, module) {
        return None;
    }
    let mut symbols = vec![first];
    let mut here = at + 6;
    loop {
        if let Some(lengths) = line.take::<7>(here)
            && distance(&lengths, &STOP, MOST).is_some()
        {
            let quiet = line.is_quiet_at(here + 7, QUIET, module);
            return quiet.then(|| text(&symbols)).flatten();
        }
        let lengths: [u32; 6] = line.take(here)?;
        symbols.push(nearest(&lengths, &SYMBOLS, MOST)?);
        here += 6;
        if symbols.len() > LONGEST {
            return None;
        }
    }
}

/// What symbols say, when their check fits.
fn text(symbols: &[usize]) -> Option<String> {
    let (check, symbols) = symbols.split_last()?;
    let (first, body) = symbols.split_first()?;
    let sum: usize = body.iter().enumerate().map(|(at, value)| (at + 1) * value).sum();
    if body.is_empty() || (first + sum) % 103 != *check {
        return None;
    }
    let mut set = [Set::A, Set::B, Set::C][first - START_A];
    let (mut out, mut shifted) = (String::new(), false);
    for value in body {
        let now = match (shifted, set) {
            (true, Set::A) => Set::B,
            (true, Set::B) => Set::A,
            (_, set) => set,
        };
        shifted = false;
        match (now, *value) {
            (Set::C, value @ 0..=99) => {
                out.push(char::from(b'0' + (value / 10) as u8));
                out.push(char::from(b'0' + (value % 10) as u8));
            }
            (Set::A, value @ 64..=95) => out.push(char::from((value - 64) as u8)),
            (_, value @ 0..=95) => out.push(char::from((value + 32) as u8)),
            (_, 98) => shifted = true,
            (Set::A | Set::B, 99) => set = Set::C,
            (Set::A | Set::C, 100) => set = Set::B,
            (Set::B | Set::C, 101) => set = Set::A,
            // Function codes say how a text is meant, not what it is.
            (_, 96 | 97 | 100 | 101 | 102) => {}
            _ => return None,
        }
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_change_within_a_text() {
        // Start B, "a", code C, 12 34, code B, "z", shift, a control character, and the check.
        let body = [65, 99, 12, 34, 100, 90, 98, 64];
        let sum: usize = body.iter().enumerate().map(|(at, value)| (at + 1) * value).sum();
        let symbols: Vec<usize> =
            [104].into_iter().chain(body).chain([(104 + sum) % 103]).collect();
        assert_eq!(text(&symbols).as_deref(), Some("a1234z\0"));
        let mut wrong = symbols.clone();
        wrong[2] = 98;
        assert_eq!(text(&wrong), None);
        assert_eq!(text(&[104, 1]), None);
    }

    #[test]
    fn symbols_differ_and_have_eleven_modules() {
        for (at, symbol) in SYMBOLS.iter().enumerate() {
            assert_eq!(symbol.iter().sum::<u8>(), 11, "{at}");
            assert!(!SYMBOLS[..at].contains(symbol), "{at}");
        }
    }
}
