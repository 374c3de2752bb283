//! A line of a picture as lengths of light and dark.

/// Bytes that differ by less than this over a whole line show no bars.
const LEAST_CONTRAST: u8 = 40;
/// The part of a line over which light and dark are told apart.
const WINDOW: usize = 10;

/// Lengths of light and dark in turn. The first one is light, and may be 0.
pub struct Line(Vec<u32>);

impl Line {
    /// Tells light from dark by what is around each place: shadows lie over bars.
    pub fn of(bytes: &[u8]) -> Self {
        let (low, high) = (bytes.iter().min(), bytes.iter().max());
        let contrast = high.copied().unwrap_or(0) - low.copied().unwrap_or(0);
        if contrast < LEAST_CONTRAST {
            return Self(Vec::new());
        }
        let reach = (bytes.len() / WINDOW).max(8);
        let mut runs = vec![0_u32];
        let mut dark = false;
        for (at, byte) in bytes.iter().enumerate() {
            let around = &bytes[at.saturating_sub(reach)..(at + reach).min(bytes.len())];
            let (low, high) = around
                .iter()
                .fold((u8::MAX, 0), |(low, high), byte| (low.min(*byte), high.max(*byte)));
            let middle = (u16::from(low) + u16::from(high)) / 2;
            // Where all is alike nothing changes.
            let now = if high - low < LEAST_CONTRAST / 2 {
                *byte < 96 && dark
            } else {
                u16::from(*byte) < middle
            };
            if now != dark {
                runs.push(0);
                dark = now;
            }
            if let Some(last) = runs.last_mut() {
                *last += 1;
            }
        }
        Self(runs)
    }

    /// The same line from its other end.
    pub fn turned(&self) -> Self {
        let mut runs: Vec<u32> = self.0.iter().rev().copied().collect();
        // What ends dark has to begin with no light.
        if self.0.len().is_multiple_of(2) {
            runs.insert(0, 0);
        }
        Self(runs)
    }

    /// Places of the dark lengths that something light stands before.
    pub fn starts(&self) -> impl Iterator<Item = usize> + use<> {
        (1..self.0.len()).step_by(2)
    }

    /// `N` lengths from a place on.
    pub fn take<const N: usize>(&self, at: usize) -> Option<[u32; N]> {
        self.0.get(at..at + N)?.try_into().ok()
    }

    /// Whether the light before a place is at least `modules` wide, a module being `of` wide.
    pub fn is_quiet_before(&self, at: usize, modules: f32, of: f32) -> bool {
        at.checked_sub(1)
            .and_then(|at| self.0.get(at))
            .is_some_and(|light| *light as f32 >= modules * of)
    }

    /// Whether the light at a place is so wide, or the line ends there.
    pub fn is_quiet_at(&self, at: usize, modules: f32, of: f32) -> bool {
        self.0.get(at).is_none_or(|light| *light as f32 >= modules * of)
    }
}

/// How far lengths are from a pattern, in modules at their worst place; `None` for more than `most`.
pub fn distance<const N: usize>(lengths: &[u32; N], pattern: &[u8; N], most: f32) -> Option<f32> {
    let modules: u32 = pattern.iter().map(|width| u32::from(*width)).sum();
    let total: u32 = lengths.iter().sum();
    let module = total as f32 / modules as f32;
    let (mut sum, mut worst) = (0.0_f32, 0.0_f32);
    for (length, width) in lengths.iter().zip(pattern) {
        let off = (*length as f32 / module - f32::from(*width)).abs();
        (sum, worst) = (sum + off, worst.max(off));
    }
    (worst <= most).then_some(sum)
}

/// The nearest of several patterns.
pub fn nearest<const N: usize>(
    lengths: &[u32; N],
    patterns: &[[u8; N]],
    most: f32,
) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for (at, pattern) in patterns.iter().enumerate() {
        if let Some(found) = distance(lengths, pattern, most)
            && best.is_none_or(|(_, least)| found < least)
        {
            best = Some((at, found));
        }
    }
    best.map(|(at, _)| at)
}
