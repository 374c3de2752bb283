//! Problems of sheets, each with its cell.

use form::read::from_markdown;

/// Codes, rows and columns of the errors of a survey.
#[track_caller]
fn errors(text: &str) -> Vec<(String, u32, String)> {
    let compiled = from_markdown(text);
    assert_eq!(compiled.form.is_some(), compiled.errors.is_empty());
    compiled.errors.into_iter().map(|problem| (problem.code, problem.row, problem.column)).collect()
}

#[test]
fn a_type_in_capitals_is_told_its_small_letters() {
    let compiled =
        from_markdown("| survey |\n| | type | name | label |\n| | Select_One yn | a | A |");
    assert_eq!(
        compiled.errors[0].message,
        "The type 'Select_One yn' is written in small letters: 'select_one yn'."
    );
}

#[test]
fn each_rule_names_its_cell() {
    let table: &[(&str, &str, u32, &str)] = &[
        ("| | type | name | label |\n| | integre | a | A |", "unknown_type", 2, "type"),
        ("| | type | name | label |\n| | text | 1a | A |", "name", 2, "name"),
        (
            "| | type | name | label |\n| | text | a | A |\n| | text | a | B |",
            "duplicate_name",
            3,
            "name",
        ),
        ("| | type | name | label |\n| | text | a | |", "label", 2, "label"),
        ("| | type | name | label |\n| | select_one l | a | A |", "unknown_list", 2, "type"),
        (
            "| | type | name | label |\n| | begin group | g | G |\n| | text | a | A |",
            "unmatched_begin",
            2,
            "type",
        ),
        (
            "| | type | name | label |\n| | text | a | A |\n| | end repeat | | |",
            "unmatched_end",
            3,
            "type",
        ),
        (
            "| | type | name | label | relevant |\n| | text | a | A | ${b} = 1 |",
            "unknown_reference",
            2,
            "relevant",
        ),
        ("| | type | name | label |\n| | text | a | Hello ${ab |", "unknown_reference", 2, "label"),
        (
            "| | type | name | label | constraint |\n| | text | a | A | (. > 1 |",
            "expression",
            2,
            "constraint",
        ),
        (
            "| | type | name | label | constraint |\n| | text | a | A | foo(.) |",
            "unknown_function",
            2,
            "constraint",
        ),
        (
            "| | type | name | label | constraint |\n| | text | a | A | selected(.) |",
            "arguments",
            2,
            "constraint",
        ),
        ("| | type | name | calculation |\n| | calculate | a | |", "calculation", 2, "calculation"),
        (
            "| | type | name | label | parameters |\n| | range | a | A | step=0 |",
            "parameters",
            2,
            "parameters",
        ),
        ("| | type | name | label | trigger |\n| | text | a | A | b |", "trigger", 2, "trigger"),
        (
            "| | type | name | label | relevance | bind:relevant |\n| | text | a | A | | |",
            "duplicate_column",
            1,
            "bind:relevant",
        ),
        ("| | type | name | label |\n| | select_one_from_file x.ods | a | A |", "file", 2, "type"),
        (
            "| | type | name | label | relevant |\n| | begin group | g | G | ${a} = 1 |\n| | text | a | A | |\n| | end group | | | |",
            "cycle",
            2,
            "relevant",
        ),
    ];
    for (survey, code, row, column) in table {
        let found = errors(&format!("| survey |\n{survey}\n"));
        assert_eq!(found, [((*code).to_owned(), *row, (*column).to_owned())], "{survey}");
    }
}

#[test]
fn sheets_are_missed_with_a_hint() {
    let found = from_markdown("| survye |\n| | type | name |\n");
    assert!(found.errors[0].message.contains("'survye'"), "{:?}", found.errors);
    let found = from_markdown(
        "| survey |\n| | type | name | label | relevant |\n| | text | name | A | |\n| | text | b | B | ${nmae} = 1 |\n",
    );
    assert!(found.errors[0].message.contains("'name'"), "{:?}", found.errors);
    assert!(from_markdown("").form.is_none());
}

#[test]
fn aliases_and_odd_headers_are_understood() {
    let compiled = from_markdown(
        "| Survey |\n| | Type | Name | Label:English | Constraint Message | read only | bind:relevant | jr:count | house_rule |\n\
         | | select all that apply from l or_other | s | S | | | | | x |\n| | begin_repeat | r | R | | | | 3 | |\n\
         | | int | i | I | no | yes | true() | | |\n| | end_repeat | | | | | | | |\n| | photo | p | P | | | | | |\n\
         | choices |\n| | list name | value | label:English | region |\n| | l | a | A | west |\n",
    );
    assert_eq!(compiled.errors, []);
    assert_eq!(compiled.warnings.len(), 1, "{:?}", compiled.warnings);
    let form = compiled.form.unwrap_or_default();
    let names: Vec<&str> = form.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["data", "s", "s_other", "r_count", "r", "i", "p"]);
    let integer = &form.nodes[5];
    assert_eq!((integer.readonly.as_str(), integer.relevant.as_str()), ("yes", "true()"));
    assert_eq!(form.nodes[1].attributes["house_rule"], "x");
    assert_eq!(form.lists["l"].items[0].columns["region"], "west");
    assert_eq!(form.lists["l"].items[1].name, "other");
    assert_eq!(form.nodes[4].repeat_count, "${r_count}");
    assert_eq!(form.languages[0].code, "English");
}

#[test]
fn names_that_are_not_unique_get_their_path_as_key() {
    let compiled = from_markdown(
        "| survey |\n| | type | name | label |\n| | begin group | a | A |\n| | text | x | X |\n| | end group | | |\n\
         | | begin group | b | B |\n| | text | x | X |\n| | text | y | Y |\n| | end group | | |\n",
    );
    let form = compiled.form.unwrap_or_default();
    let keys: Vec<&str> = form.nodes.iter().skip(1).map(|node| node.key.as_str()).collect();
    assert_eq!(keys, ["a", "a/x", "b", "b/x", "y"]);
}
