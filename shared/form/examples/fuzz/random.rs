//! Numbers for one input, and changes to a text.

/// SplitMix64.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    /// The numbers of one input.
    pub fn of(seed: u64, number: u64) -> Random {
        let mut random = Random(seed ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93));
        random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `limit`; 0 for a limit of 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    pub fn one<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// A letter from anywhere in Unicode, mostly from where it hurts.
    pub fn letter(&mut self) -> char {
        match self.below(6) {
            0 => char::from(self.below(128) as u8),
            1 => *self.one(&[
                '\u{301}', '\u{feff}', '\u{200b}', '\u{2028}', '\0', '\u{7f}', 'İ', 'ß', 'ა', 'ქ',
                '１', '٣', '“', '’',
            ]),
            2 => *self.one(&[
                '(', ')', '[', ']', '{', '}', '$', '/', '.', '\'', '"', '-', '=', '|', ':', '#',
                '%', '\\',
            ]),
            3 => *self.one(&['0', '9', 'e', 'E', '+', 'T', 'Z', ' ', '\n', '\t', '\r']),
            _ => char::from_u32(self.below(0x11_0000) as u32).unwrap_or('\u{fffd}'),
        }
    }

    /// A place in a text where it may be cut.
    pub fn cut(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// A text changed in a few places; `words` are put in whole, `other` is spliced.
    pub fn mutate(&mut self, text: &str, words: &[&str], other: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..=self.below(4) {
            let (a, b) = (self.cut(&text), self.cut(&text));
            let (from, to) = (a.min(b), a.max(b));
            match self.below(8) {
                0 => text.replace_range(from..to, ""),
                1 => {
                    let part = text[from..to].to_owned();
                    if text.len() + part.len() < 4096 {
                        text.insert_str(to, &part);
                    }
                }
                2 | 3 => text.insert_str(a, self.pick(words)),
                4 => text.insert(a, self.letter()),
                5 => {
                    if let Some(found) = text[a..].chars().next() {
                        text.replace_range(a..a + found.len_utf8(), &self.letter().to_string());
                    }
                }
                6 => {
                    let (c, d) = (self.cut(other), self.cut(other));
                    text.replace_range(from..to, &other[c.min(d)..c.max(d)]);
                }
                _ => text.truncate(to),
            }
        }
        text
    }
}
