//! The words of a search.

pub use shared::fold::fold;

/// The folded words of a search, at most eight.
pub fn words(query: &str) -> Vec<String> {
    fold(query).split(' ').filter(|word| !word.is_empty()).take(8).map(str::to_owned).collect()
}
