//! A long text that was rewritten, as the few places where it differs.
//!
//! Automerge's own comparison goes by what a reader takes for one letter, and brings the Unicode tables
//! for it: 28 KB on every phone. Words are the better unit for notes anyway: two people who correct one
//! word each keep both corrections, and nobody's word ends up mixed of both.

/// One replacement: where it starts and how much it removes, in characters, and what stands there then.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Splice {
    pub at: usize,
    pub remove: usize,
    pub insert: String,
}

/// Texts whose changed parts have more pairs of words than this are compared as one piece.
const MOST_PAIRS: usize = 1 << 20;

/// What makes `new` of `old`: splices from the end to the start, so that none moves another.
pub(super) fn splices(old: &str, new: &str) -> Vec<Splice> {
    let (old, new) = (words(old), words(new));
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let head = old.iter().zip(&new).take_while(same).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(same).count();
    let before = letters(&old[..head]);
    let (old, new) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut found: Vec<Splice> = Vec::new();
    let mut at = before;
    let mut open = false;
    for (kept, taken, put) in steps(old, new) {
        if kept {
            open = false;
        } else {
            if !open {
                found.push(Splice { at, remove: 0, insert: String::new() });
                open = true;
            }
            if let Some(last) = found.last_mut() {
                last.remove += letters(taken);
                put.iter().for_each(|word| last.insert.push_str(word));
            }
        }
        at += letters(taken);
    }
    found.reverse();
    found
}

/// Words with the white space after them.
fn words(text: &str) -> Vec<&str> {
    text.split_inclusive(char::is_whitespace).collect()
}

fn letters(words: &[&str]) -> usize {
    words.iter().map(|word| word.chars().count()).sum()
}

/// Goes through both lists: whether this step is common to both, what it takes of the old list, what it
/// puts of the new one.
fn steps<'a, 'b>(
    old: &'a [&'b str],
    new: &'a [&'b str],
) -> Vec<(bool, &'a [&'b str], &'a [&'b str])> {
    let width = new.len() + 1;
    if old.len().saturating_mul(width) > MOST_PAIRS {
        return vec![(false, old, new)];
    }
    // The length of the longest common part of what begins at (a, b), row by row.
    let mut common = vec![0u32; (old.len() + 1) * width];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            let here = a * width + b;
            common[here] = match old[a] == new[b] {
                true => common[here + width + 1] + 1,
                false => common[here + width].max(common[here + 1]),
            };
        }
    }
    let (mut a, mut b) = (0, 0);
    let mut steps = Vec::new();
    while a < old.len() || b < new.len() {
        let here = a * width + b;
        if a < old.len() && b < new.len() && old[a] == new[b] {
            steps.push((true, &old[a..=a], &new[b..=b]));
            (a, b) = (a + 1, b + 1);
        } else if b == new.len() || (a < old.len() && common[here + width] >= common[here + 1]) {
            steps.push((false, &old[a..=a], &new[b..b]));
            a += 1;
        } else {
            steps.push((false, &old[a..a], &new[b..=b]));
            b += 1;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn applied(old: &str, splices: &[Splice]) -> String {
        let mut letters: Vec<char> = old.chars().collect();
        for Splice { at, remove, insert } in splices {
            drop(letters.splice(*at..at + remove, insert.chars()));
        }
        letters.into_iter().collect()
    }

    #[test]
    fn only_the_words_that_differ_are_touched() {
        let old = "ოჯახი ცხოვრობს სოფელში, სახლი დაზიანებულია";
        let new = "ოჯახი აღარ ცხოვრობს სოფელში, სახლი შეკეთებულია";
        let found = splices(old, new);
        let parts: Vec<(usize, usize, &str)> =
            found.iter().map(|one| (one.at, one.remove, one.insert.as_str())).collect();
        assert_eq!(parts, [(30, 12, "შეკეთებულია"), (6, 0, "აღარ ")]);
        assert!(splices(old, old).is_empty());
        assert_eq!(splices("", "a b").len(), 1);
    }

    #[test]
    fn huge_texts_are_one_piece() {
        let (old, new) = ("a ".repeat(3000), "b ".repeat(3000));
        assert_eq!(splices(&old, &new), [Splice { at: 0, remove: 6000, insert: new.clone() }]);
    }

    proptest! {
        #[test]
        fn the_result_is_the_new_text(old in "[ab ა\n]{0,40}", new in "[ab ა\n]{0,40}") {
            prop_assert_eq!(applied(&old, &splices(&old, &new)), new);
        }
    }
}
