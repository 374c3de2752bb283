//! EAN-13, EAN-8 and UPC-A (ISO/IEC 15420): digits of seven modules between guards, the last one a check.

use crate::runs::{Line, distance, nearest};

/// The digits of the left half with an odd number of dark modules: light, dark, light, dark.
const ODD: [[u8; 4]; 10] = [
    [3, 2, 1, 1],
    [2, 2, 2, 1],
    [2, 1, 2, 2],
    [1, 4, 1, 1],
    [1, 1, 3, 2],
    [1, 2, 3, 1],
    [1, 1, 1, 4],
    [1, 3, 1, 2],
    [1, 2, 1, 3],
    [3, 1, 1, 2],
];
/// Which of the six left digits are even ones, by the first digit; the leftmost is the highest bit.
const FIRST: [u8; 10] = [
    0b000000, 0b001011, 0b001101, 0b001110, 0b010011, 0b011001, 0b011100, 0b010101, 0b010110,
    0b011010,
];
/// How far a length may be from its pattern, in modules.
const MOST: f32 = 0.7;
/// Light before and after, in modules. The standard demands 7 to 11; pictures are cut narrowly.
const QUIET: f32 = 4.0;

/// The digits of a code that begins at a place.
pub fn read(line: &Line, at: usize) -> Option<String> {
    let guard: [u32; 3] = line.take(at)?;
    distance(&guard, &[1, 1, 1], MOST)?;
    let module = guard.iter().sum::<u32>() as f32 / 3.0;
    if !line.is_quiet_before(at, QUIET, module) {
        return None;
    }
    half::<6>(line, at, module).or_else(|| half::<4>(line, at, module))
}

/// A code with `N` digits on each side.
fn half<const N: usize>(line: &Line, at: usize, module: f32) -> Option<String> {
    let middle = at + 3 + 4 * N;
    let right = middle + 5;
    let end = right + 4 * N;
    let between: [u32; 5] = line.take(middle)?;
    distance(&between, &[1; 5], MOST)?;
    let guard: [u32; 3] = line.take(end)?;
    distance(&guard, &[1, 1, 1], MOST)?;
    if !line.is_quiet_at(end + 3, QUIET, module) {
        return None;
    }
    let (mut digits, mut even) = (Vec::new(), 0_u8);
    for digit in 0..N {
        let lengths: [u32; 4] = line.take(at + 3 + 4 * digit)?;
        let turned = {
            let mut turned = lengths;
            turned.reverse();
            turned
        };
        // An even digit is an odd one from its other end.
        let known = |lengths: &[u32; 4]| {
            let digit = nearest(lengths, &ODD, MOST)?;
            Some((digit, distance(lengths, &ODD[digit], MOST)?))
        };
        let (odd, other) = (known(&lengths), known(&turned));
        let is_even = match (odd, other) {
            (Some((_, odd)), Some((_, even))) => even < odd,
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (None, None) => return None,
        };
        digits.push(if is_even { other?.0 } else { odd?.0 } as u8);
        even = even << 1 | u8::from(is_even);
    }
    for digit in 0..N {
        let lengths: [u32; 4] = line.take(right + 4 * digit)?;
        digits.push(nearest(&lengths, &ODD, MOST)? as u8);
    }
    match N {
        6 => digits.insert(0, FIRST.iter().position(|first| *first == even)? as u8),
        _ if even != 0 => return None,
        _ => {}
    }
    is_sound(&digits).then(|| digits.iter().map(|digit| char::from(b'0' + digit)).collect())
}

/// Whether the check digit fits: from the right, weights of 1 and 3 in turn.
fn is_sound(digits: &[u8]) -> bool {
    let weighed = digits.iter().rev().enumerate();
    let sum: u32 =
        weighed.map(|(at, digit)| u32::from(*digit) * if at % 2 == 0 { 1 } else { 3 }).sum();
    sum.is_multiple_of(10)
}
