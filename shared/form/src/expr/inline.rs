//! Expressions inside texts: `${name}`, and `instance('list')/root/item[…]/label` as pyxform reads it in
//! labels and hints.

use super::lex::is_name;

/// Whether something in a text may have to be filled in.
pub fn is_filled(text: &str) -> bool {
    text.contains("${") || text.contains(CALL)
}

const CALL: &str = "instance(";

/// A text cut at its `instance()` expressions: the text before each, the expression, and what is left.
pub fn cut(text: &str) -> (Vec<(&str, &str)>, &str) {
    let mut found = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(next) = text[at..].find(CALL).map(|next| at + next) {
        at = next + CALL.len();
        let is_call = !text[..next].ends_with(is_name);
        if let Some(end) = length(&text[at..]).filter(|_| is_call) {
            at += end;
            found.push((&text[from..next], &text[next..at]));
            from = at;
        }
    }
    (found, &text[from..])
}

/// How far the expression goes behind `instance(`: one literal, and then a path without blanks outside
/// its predicates.
fn length(text: &str) -> Option<usize> {
    let quote = text.trim_start().chars().next().filter(|letter| matches!(letter, '"' | '\''))?;
    let (_, behind) = text.split_once(quote)?.1.split_once(quote)?;
    let mut rest = behind.trim_start().strip_prefix(')')?;
    while rest.starts_with(['/', '[']) {
        rest = match rest.strip_prefix('[') {
            Some(inside) => behind_predicate(inside)?,
            None => rest.trim_start_matches(|c| is_name(c) || matches!(c, '/' | '*' | '@' | ':')),
        };
    }
    let end = text.len() - rest.len();
    // A full stop ends the sentence, not the name.
    Some(text[..end].trim_end_matches(['.', ':']).len())
}

fn behind_predicate(text: &str) -> Option<&str> {
    let (mut depth, mut quote) = (1, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&text[at + 1..]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn paths_end_where_the_sentence_goes_on() {
        for (text, expected, left) in [
            (
                "Name: instance('c')/root/item[name = ${q}]/label!",
                "instance('c')/root/item[name = ${q}]/label",
                "!",
            ),
            (
                "instance( \"c\" )/root/item[a = ']' and b[c = 1]]/label.",
                "instance( \"c\" )/root/item[a = ']' and b[c = 1]]/label",
                ".",
            ),
            (
                "instance('c')/root/item[1][x]/label b/c",
                "instance('c')/root/item[1][x]/label",
                " b/c",
            ),
            ("instance('c') d", "instance('c')", " d"),
        ] {
            let (found, rest) = cut(text);
            assert_eq!(
                (found.first().map(|found| found.1), rest),
                (Some(expected), left),
                "{text}"
            );
        }
        for text in [
            "instance(c)/root",
            "For instance (so to say)",
            "my-instance('c')/a",
            "instance('c')/a[",
            "instance('c",
        ] {
            assert_eq!(cut(text), (vec![], text));
        }
        let (two, rest) = cut("a instance('x')/b c instance('y')/d e");
        assert_eq!(
            (two, rest),
            (vec![("a ", "instance('x')/b"), (" c ", "instance('y')/d")], " e")
        );
    }
}
