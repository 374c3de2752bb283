//! Options that exclude the others: "none", "don't know", "refused".

/// What a list's options are for the person who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// An ordinary answer.
    Answer,
    /// "None of these": an answer that goes with no other.
    None,
    /// Don't know.
    DontKnow,
    /// Refused.
    Refused,
}

/// The code of "don't know".
pub const DONT_KNOW: &str = "dk";
/// The code of "refused".
pub const REFUSED: &str = "ref";

/// The role of an option. `alone` are the codes that the question's constraint sets apart.
pub fn role(code: &str, alone: &[String]) -> Role {
    match code {
        DONT_KNOW => Role::DontKnow,
        REFUSED => Role::Refused,
        "none" => Role::None,
        code if alone.iter().any(|other| other == code) => Role::None,
        _ => Role::Answer,
    }
}

/// The codes that a constraint of the usual shape sets apart:
/// `count-selected(.) <= 1 or not(selected(., 'none') or selected(., 'dk'))`.
pub fn set_apart(constraint: &str) -> Vec<String> {
    let squeezed: String = constraint.split_whitespace().collect();
    let Some((_, rest)) = squeezed.split_once("count-selected(.)<=1ornot(") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for part in rest.split("selected(.,").skip(1) {
        let quote = part.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let code = quote.and_then(|quote| part[1..].split(quote).next());
        found.extend(code.map(str::to_owned));
    }
    found
}

/// The chosen codes.
pub fn chosen(value: &str) -> Vec<&str> {
    value.split_whitespace().collect()
}

/// The value after an option was tapped: an option that stands alone drops the others, an ordinary
/// one drops those that stand alone. The codes keep the order of `order`, the list's own.
pub fn toggle(value: &str, code: &str, alone: &[String], order: &[String]) -> String {
    let mut now: Vec<&str> = chosen(value);
    if let Some(at) = now.iter().position(|other| *other == code) {
        now.remove(at);
    } else if role(code, alone) == Role::Answer {
        now.retain(|other| role(other, alone) == Role::Answer);
        now.push(code);
    } else {
        now = vec![code];
    }
    let place = |code: &str| order.iter().position(|other| other == code).unwrap_or(usize::MAX);
    form::order::sort_by(&mut now, |a, b| place(a).cmp(&place(b)));
    now.join(" ")
}

/// The ranking after an option was tapped: it comes last, or leaves when it was ranked.
pub fn rank_tap(value: &str, code: &str) -> String {
    let mut now = chosen(value);
    match now.iter().position(|other| *other == code) {
        Some(at) => drop(now.remove(at)),
        None => now.push(code),
    }
    now.join(" ")
}

/// The ranking after the option at `at` moved up (`-1`) or down (`1`); the same when it cannot.
pub fn rank_move(value: &str, at: usize, by: isize) -> String {
    let mut now = chosen(value);
    if let Some(other) = at.checked_add_signed(by)
        && at < now.len()
        && other < now.len()
    {
        now.swap(at, other);
    }
    now.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_stand_alone() {
        let constraint = "count-selected(.) <= 1 or not(selected(., 'nobody') or selected(., 'dk') or selected(., \"ref\"))";
        assert_eq!(set_apart(constraint), ["nobody", "dk", "ref"]);
        assert!(set_apart("selected(., 'a') or . = 'b'").is_empty());
        let alone = set_apart(constraint);
        let order: Vec<String> = ["a", "b", "nobody", "dk", "ref"].map(str::to_owned).into();
        let cases = [
            ("", "b", "b"),
            ("b", "a", "a b"),
            ("a b", "a", "b"),
            ("a b", "nobody", "nobody"),
            ("nobody", "a", "a"),
            ("nobody", "dk", "dk"),
            ("dk", "dk", ""),
            ("old a", "b", "a b old"),
        ];
        for (value, tapped, expected) in cases {
            assert_eq!(toggle(value, tapped, &alone, &order), expected, "{value} + {tapped}");
        }
    }

    #[test]
    fn ranking() {
        assert_eq!(rank_tap("", "a"), "a");
        assert_eq!(rank_tap("a b", "c"), "a b c");
        assert_eq!(rank_tap("a b c", "b"), "a c");
        assert_eq!(rank_move("a b c", 2, -1), "a c b");
        assert_eq!(rank_move("a b c", 0, -1), "a b c");
        assert_eq!(rank_move("a b c", 2, 1), "a b c");
        assert_eq!(rank_move("a b c", 9, -1), "a b c");
    }
}
