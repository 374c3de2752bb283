//! The words of a search.

pub use shared::fold::fold;

/// How many words of a search count.
const MOST: usize = 8;
/// The letters of a record's id in the number by which people call it: `K-7c87`.
const NUMBER: usize = 4;
/// From so many letters on a word of an id's letters is taken for a part of one.
const ID: usize = 8;

/// The words of a search, at most eight: a record's id or number as it is, all else folded.
pub fn words(query: &str) -> Vec<String> {
    let parts = query.split_whitespace().flat_map(|part| match id(part) {
        Some(id) => vec![id],
        None => fold(part).split(' ').map(str::to_owned).collect(),
    });
    parts.filter(|word| !word.is_empty()).take(MOST).collect()
}

/// What a word names of a record's id. The id stands unfolded behind a record's folded texts.
fn id(word: &str) -> Option<String> {
    let number = word.strip_prefix(['K', 'k']).and_then(|rest| rest.strip_prefix('-'));
    let letters = match number {
        Some(number) if number.len() == NUMBER => number,
        Some(_) => return None,
        None if word.len() >= ID => word,
        None => return None,
    };
    let is_id = letters.bytes().all(|letter| letter.is_ascii_hexdigit());
    is_id.then(|| letters.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn ids_and_numbers_are_not_folded() {
        for (query, found) in [
            ("K-7F8c", vec!["7f8c"]),
            ("k-7f8c ჩყონია", vec!["7f8c", "chkonia"]),
            ("01A1f478ac557ca88da6959878267c87", vec!["01a1f478ac557ca88da6959878267c87"]),
            ("01a1f478", vec!["01a1f478"]),
            ("K-7f8", vec!["k", "7p8"]),
            ("fafa", vec!["papa"]),
            ("Kutaisi-fort", vec!["kutaisi", "port"]),
            ("  ", vec![]),
        ] {
            assert_eq!(words(query), found, "{query}");
        }
    }
}
