//! Search in lists of options.

pub use shared::fold::fold;

/// The places of the texts that hold every word of the query, best first: a text that begins with the
/// query, then one with a word that begins so, then the rest, each in the order given. A blank query
/// finds everything.
pub fn find(query: &str, folded: &[String]) -> Vec<usize> {
    let query = fold(query);
    if query.is_empty() {
        return (0..folded.len()).collect();
    }
    let words: Vec<&str> = query.split(' ').collect();
    // One list for each rank instead of sorting: there may be fifty thousand texts.
    let mut ranks: [Vec<usize>; 3] = Default::default();
    for (at, text) in folded.iter().enumerate() {
        if !words.iter().all(|word| text.contains(word)) {
            continue;
        }
        let begins = || text.split(' ').any(|word| word.starts_with(words[0]));
        let rank = if text.starts_with(&query) { 0 } else { 2 - usize::from(begins()) };
        ranks[rank].push(at);
    }
    ranks.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_comes_first() {
        let texts: Vec<String> =
            ["ზემო რუსთავი", "რუსთავი", "მარნეული", "ჯანდაცვის რუსუდანი"].map(fold).into();
        assert_eq!(find("რუს", &texts), [1, 0, 3]);
        assert_eq!(find("rust", &texts), [1, 0]);
        assert_eq!(find("რუსთავი ზემო", &texts), [0]);
        assert_eq!(find("", &texts).len(), 4);
        assert!(find("zzz", &texts).is_empty());
    }
}
