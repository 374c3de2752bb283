//! Search in lists of options, quick enough for fifty thousand of them at each letter.

pub use shared::fold::fold;
use shared::fold::fold_onto;

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The places of the best texts, best first.
    pub best: Vec<u32>,
    /// How many texts were found in all.
    pub count: usize,
}

/// A list that is being searched. Texts are folded once; a query that goes on from another one looks only
/// through what that one found.
#[derive(Debug, Clone, Default)]
pub struct Search {
    total: usize,
    /// All folded texts behind each other, and where each ends.
    folded: String,
    ends: Vec<u32>,
    /// Which letters each text has: most texts are passed over without reading them.
    letters: Vec<u64>,
    /// The queries that led here, each the beginning of the next, with the places that they found.
    steps: Vec<(String, Vec<u32>)>,
}

impl Search {
    /// A search of so many texts.
    pub fn new(total: usize) -> Self {
        Self { total, ..Self::default() }
    }

    /// Folds some more texts; `text` gives the one at a place. Whether all are folded.
    pub fn prepare<'a>(&mut self, most: usize, text: impl Fn(usize) -> &'a str) -> bool {
        let to = self.ends.len().saturating_add(most).min(self.total);
        self.ends.reserve_exact(self.total - self.ends.len());
        self.letters.reserve_exact(self.total - self.letters.len());
        for at in self.ends.len()..to {
            let start = self.folded.len();
            fold_onto(text(at), &mut self.folded);
            self.ends.push(self.folded.len() as u32);
            self.letters.push(letters(&self.folded.as_bytes()[start..]));
        }
        to == self.total
    }

    /// The folded text at a place.
    fn text(&self, at: u32) -> &str {
        let at = at as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.folded[start..self.ends[at] as usize]
    }

    /// The places of the texts that hold every word of the query, at most so many, best first: a text that
    /// begins with the query, then one with a word that begins so, then the rest, each in the order given.
    /// A blank query finds everything. Texts that [`Search::prepare`] has not folded yet are folded now.
    pub fn find<'a>(&mut self, query: &str, most: usize, text: impl Fn(usize) -> &'a str) -> Found {
        let query = fold(query);
        if query.is_empty() {
            self.steps.clear();
            let best = (0..self.total.min(most) as u32).collect();
            return Found { best, count: self.total };
        }
        self.prepare(usize::MAX, text);
        while self.steps.last().is_some_and(|(before, _)| !query.starts_with(before.as_str())) {
            self.steps.pop();
        }
        if self.steps.last().is_none_or(|(before, _)| *before != query) {
            let places = self.narrow(&query);
            self.steps.push((query.clone(), places));
        }
        let places = self.steps.last().map(|(_, places)| places.as_slice()).unwrap_or_default();
        Found { best: self.best(&query, places, most), count: places.len() }
    }

    /// The places of all texts with every word of the query, in the order given.
    fn narrow(&self, query: &str) -> Vec<u32> {
        // The words before the last one were words of the query before, or are looked for again: a word
        // that grew is held only by texts that held its beginning.
        let words: Vec<&[u8]> = query.split(' ').map(str::as_bytes).collect();
        let needed = letters(query.as_bytes());
        let holds = |at: &u32| {
            if self.letters[*at as usize] & needed != needed {
                return false;
            }
            let text = self.text(*at).as_bytes();
            words.iter().all(|word| place(text, word).is_some())
        };
        match self.steps.last() {
            Some((_, places)) => places.iter().copied().filter(holds).collect(),
            None => (0..self.total as u32).filter(holds).collect(),
        }
    }

    fn best(&self, query: &str, places: &[u32], most: usize) -> Vec<u32> {
        let first = query.split(' ').next().unwrap_or_default().as_bytes();
        // One list for each rank instead of sorting.
        let mut ranks: [Vec<u32>; 3] = Default::default();
        for at in places {
            if ranks[0].len() == most {
                break;
            }
            let text = self.text(*at);
            let rank = match text.starts_with(query) {
                true => 0,
                false if ranks[0].len() + ranks[1].len() >= most => continue,
                false => 2 - usize::from(begins(text.as_bytes(), first)),
            };
            if ranks[rank].len() < most {
                ranks[rank].push(*at);
            }
        }
        let mut best = ranks.concat();
        best.truncate(most);
        best
    }
}

/// The letters of a folded text as bits: one for each Latin letter and digit, the bytes of others share some.
fn letters(text: &[u8]) -> u64 {
    let bit = |byte: &u8| match byte {
        b' ' => 0,
        b'a'..=b'z' => 1 << (byte - b'a'),
        b'0'..=b'9' => 1 << (byte - b'0' + 26),
        other => 1 << (36 + other % 28),
    };
    text.iter().map(bit).fold(0, std::ops::BitOr::bitor)
}

/// Where a word stands first in a text. Folded words are short and differ in their first letter, so that
/// nothing cleverer is quicker.
fn place(text: &[u8], word: &[u8]) -> Option<usize> {
    let (first, rest) = word.split_first()?;
    let last = text.len().checked_sub(word.len())?;
    (0..=last).find(|at| text[*at] == *first && text[at + 1..].starts_with(rest))
}

/// Whether a word of the text begins so.
fn begins(text: &[u8], word: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| place(rest, word)).map(|at| at + from) {
        if at == 0 || text[at - 1] == b' ' {
            return true;
        }
        from = at + 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(query: &str, texts: &[&str]) -> Vec<u32> {
        Search::new(texts.len()).find(query, usize::MAX, |at| texts[at]).best
    }

    #[test]
    fn the_best_match_comes_first() {
        let texts = ["ზემო რუსთავი", "რუსთავი", "მარნეული", "ჯანდაცვის რუსუდანი"];
        assert_eq!(places("რუს", &texts), [1, 0, 3]);
        assert_eq!(places("rust", &texts), [1, 0]);
        assert_eq!(places("რუსთავი ზემო", &texts), [0]);
        assert_eq!(places("", &texts).len(), 4);
        assert!(places("zzz", &texts).is_empty());
        assert_eq!(places("ust", &["rustavi", "ustaveli", "the ust"]), [1, 2, 0]);
    }

    #[test]
    fn no_more_than_asked_for_and_all_counted() {
        let texts = ["a b", "b", "ab", "b a", "c"];
        let mut search = Search::new(texts.len());
        let text = |at: usize| texts[at];
        assert_eq!(search.find("b", 2, text), Found { best: vec![1, 3], count: 4 });
        assert_eq!(search.find("b", 3, text), Found { best: vec![1, 3, 0], count: 4 });
        assert_eq!(search.find("", 2, text), Found { best: vec![0, 1], count: 5 });
    }

    /// Whatever was typed before, a query finds what it would find alone.
    #[test]
    fn typing_on_and_back_finds_what_a_new_search_finds() {
        let texts: Vec<String> = (0..400)
            .map(|at| format!("Place {at} {}", ["ზემო", "ქვემო", "x y", "щука", "ə", "9"][at % 6]))
            .collect();
        let mut search = Search::new(texts.len());
        let text = |at: usize| texts[at].as_str();
        let typed = [
            "1", "12", "1", "", "p", "pl", "pl 1", "pl 12", "pl 1", "2", "ze", "zem", "zem 3",
            "ქვ", "x y 7", "x", "nothing", "not", "place 39", "щ", "щук", "щу 1", "щу 10", "ў",
            "9 9", "y x",
        ];
        for query in typed {
            let most = 60;
            let alone = Search::new(texts.len()).find(query, most, text);
            assert_eq!(search.find(query, most, text), alone, "{query}");
            let words = fold(query);
            let all = texts.iter().map(|text| fold(text));
            let held = all.filter(|text| words.split(' ').all(|word| text.contains(word)));
            assert_eq!(held.count(), alone.count, "{query}");
        }
    }
}
