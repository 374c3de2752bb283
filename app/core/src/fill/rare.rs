//! Questions whose widgets come in a chunk of their own: few questionnaires have them, and the phone
//! fetches the chunk once one does.

use super::calendars::Calendar;
use form::model::{Form, Node, QuestionType};

/// Appearances that draw the options above their list.
const DRAWN: [&str; 2] = ["image-map", "map"];
/// Appearances that let a place be chosen on a map.
const PLACED: [&str; 3] = ["maps", "map", "placement-map"];

/// Whether the widget of a question is in the chunk, or a part of it.
pub fn is_rare(node: &Node) -> bool {
    use QuestionType::*;
    let appears = |words: &[&str]| words.iter().any(|word| node.appears(word));
    match node.question() {
        Some(Date | DateTime) => Calendar::of(&node.appearance).is_some(),
        Some(SelectOne | SelectMultiple) => appears(&DRAWN),
        Some(Geopoint) => appears(&PLACED),
        Some(Integer) => node.appears("counter"),
        Some(Decimal) => node.appears("bearing"),
        Some(Text) => node.attributes.contains_key(form::mask::COLUMN),
        Some(Range | Audio | Video | File | Barcode | Geotrace | Geoshape | Osm) => true,
        _ => false,
    }
}

/// Whether a form has such a question, or wants a log of its own filling in.
pub fn needs(form: &Form) -> bool {
    form.nodes.iter().any(is_rare) || form::audit::node(form).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(line: &str) -> bool {
        let source = format!(
            "| survey |\n| | type | name | label | appearance |\n{line}\n\n| choices |\n\
             | | list_name | name | label |\n| | c | a | A |\n\n| settings |\n\
             | | form_title | form_id |\n| | T | t |\n"
        );
        let compiled = form::read::from_markdown(&source);
        needs(&compiled.form.unwrap_or_else(|| panic!("{line}: {:?}", compiled.errors)))
    }

    #[test]
    fn the_shipped_questionnaires_do_without() {
        for name in ["hh_core", "child_core", "followup", "concern"] {
            let path = format!("{}/../../forms/{name}.md", env!("CARGO_MANIFEST_DIR"));
            let source = std::fs::read_to_string(path).unwrap();
            assert!(!needs(&form::read::from_markdown(&source).form.unwrap()), "{name}");
        }
    }

    #[test]
    fn a_mask_asks_for_it() {
        let source = "| survey |\n| | type | name | label | body::esri:inputMask |\n\
                      | | text | q | Q | 99-99 |\n\n| settings |\n\
                      | | form_title | form_id |\n| | T | t |\n";
        assert!(needs(&form::read::from_markdown(source).form.unwrap()));
    }

    #[test]
    fn types_and_appearances_that_few_questionnaires_have_ask_for_it() {
        for line in [
            "| | date | q | Q | ethiopian |",
            "| | datetime | q | Q | persian |",
            "| | select_one c | q | Q | image-map |",
            "| | select_multiple c | q | Q | map |",
            "| | geopoint | q | Q | placement-map |",
            "| | geotrace | q | Q | |",
            "| | audio | q | Q | |",
            "| | barcode | q | Q | |",
            "| | range | q | Q | |",
            "| | text | q | Q | |\n| | audit | audit | | |",
            "| | integer | q | Q | counter |",
            "| | decimal | q | Q | bearing |",
        ] {
            assert!(needed(line), "{line}");
        }
        for line in [
            "| | date | q | Q | no-calendar |",
            "| | select_one c | q | Q | quick |",
            "| | geopoint | q | Q | |",
            "| | image | q | Q | signature |",
            "| | image | q | Q | annotate |",
            "| | integer | q | Q | |",
        ] {
            assert!(!needed(line), "{line}");
        }
    }
}
