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
    let mut found: Vec<(u8, usize)> = folded
        .iter()
        .enumerate()
        .filter(|(_, text)| words.iter().all(|word| text.contains(word)))
        .map(|(at, text)| {
            let begins = text.split(' ').any(|word| word.starts_with(words[0]));
            (if text.starts_with(&query) { 0 } else { 2 - u8::from(begins) }, at)
        })
        .collect();
    form::order::sort(&mut found);
    found.into_iter().map(|(_, at)| at).collect()
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
