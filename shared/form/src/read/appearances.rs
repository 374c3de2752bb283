//! What the `appearance` column asks for and this program does not do: said with the cell, never refused.

use super::Problem;
use crate::model::{Kind, Node, QuestionType as Q, units};

/// Words that change how something is shown or asked. The rest follow a pattern: see [`is_known`].
const KNOWN: &[&str] = &[
    "annotate",
    "autocomplete",
    "bearing",
    "bikram-sambat",
    "buddhist",
    "columns",
    "columns-pack",
    "compact",
    "coptic",
    "counter",
    "dial",
    "distress",
    "draw",
    "ethiopian",
    "field-list",
    "hidden-answer",
    "horizontal",
    "horizontal-compact",
    "image-map",
    "islamic",
    "label",
    "likert",
    "list",
    "list-nolabel",
    "map",
    "maps",
    "masked",
    "minimal",
    "month-year",
    "multiline",
    "myanmar",
    "new",
    "new-front",
    "no-buttons",
    "no-calendar",
    "no-ticks",
    "numbers",
    "persian",
    "picker",
    "placement-map",
    "quick",
    "rating",
    "search",
    "signature",
    "table-list",
    "thousands-sep",
    "url",
    "vertical",
    "year",
];

fn is_known(word: &str) -> bool {
    let numbered = |family: &str| {
        let number = word.strip_prefix(family).and_then(|rest| rest.strip_prefix('-'));
        number.is_some_and(|digits| digits.parse::<u8>().is_ok())
    };
    KNOWN.contains(&word)
        || units(word).is_some()
        || ["columns", "compact"].into_iter().any(numbered)
}

/// What an author should know of the appearance of a question or a group, each without its place.
pub(super) fn doubts(node: &Node) -> Vec<Problem> {
    let mut found = Vec::new();
    for word in &node.appearance {
        let message = if word.contains("search(") {
            break;
        } else if word.starts_with("ex:") {
            std::format!(
                "'{word}' would open another app, which a page in a browser cannot: the answer is typed. \
                 The word is kept for other programs."
            )
        } else if word.starts_with("printer") {
            "Nothing is printed: a page in a browser has no way to a label printer. The question is asked \
             as if 'printer' were not there. The word is kept for other programs."
                .to_owned()
        } else if word == "bearing" && node.kind != Kind::Question(Q::Decimal) {
            "The compass is read for the type decimal alone. The word is kept for other programs."
                .to_owned()
        } else if is_known(word) {
            continue;
        } else {
            std::format!(
                "'{word}' is not known here: it changes nothing, and is kept. Look for a slip, or leave it \
                 for the program that knows it."
            )
        };
        found.push(Problem::new("appearance", message, "survey"));
        // What follows belongs to it: parameters of the app that it names.
        if word.starts_with("ex:") || word.starts_with("printer") {
            break;
        }
    }
    found
}

/// What an author should know of the type of a question.
pub(super) fn doubt_of_type(node: &Node) -> Option<Problem> {
    let silent = node.kind == Kind::Question(Q::BackgroundAudio);
    silent.then(|| {
        let message = "Nothing is recorded in the background: a browser puts pages to sleep that are not \
                       looked at. The question stays without an answer; 'audio' records when it is asked.";
        Problem::new("background_audio", message, "survey")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(appearance: &str) -> Vec<String> {
        let words = appearance.split_whitespace().map(str::to_owned).collect();
        let node = Node { appearance: words, ..Node::default() };
        doubts(&node).into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn units_are_one_to_twelve() {
        for units in 1..=12 {
            assert_eq!(super::units(&std::format!("w{units}")), Some(units), "w{units}");
        }
        for word in ["w0", "w13", "w", "w01", "w1x", "4", "week"] {
            assert_eq!(units(word), None, "{word}");
        }
    }

    #[test]
    fn what_acts_is_not_doubted() {
        for words in [
            "w1",
            "w12 minimal",
            "field-list w6",
            "columns-3",
            "compact-2",
            "no-calendar month-year",
            "minimal search('a', 'b')",
            "bikram-sambat",
            "",
        ] {
            assert_eq!(told(words), Vec::<String>::new(), "{words}");
        }
    }

    #[test]
    fn what_does_not_act_is_told_once() {
        for (words, says) in [
            ("ex:org.example.meter(unit=kwh, from=3)", "another app"),
            ("ex:org.example.meter(unit = 'kwh')", "another app"),
            ("printer:org.example.print", "Nothing is printed"),
            ("bearing", "The compass"),
            ("multiline mulitline", "'mulitline'"),
            ("w13", "'w13'"),
            ("columns-x", "'columns-x'"),
        ] {
            let told = told(words);
            assert_eq!(told.len(), 1, "{words}: {told:?}");
            assert!(told[0].contains(says), "{words}: {told:?}");
        }
    }
}
