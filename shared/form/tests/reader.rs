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

/// Code, row and column.
type Told = (String, u32, String);

/// A form with a question, a group, two repeats (one in the other), another repeat and a list, and one more
/// question that says something in a column.
fn told(kind: &str, column: &str, cell: &str) -> (Vec<Told>, Vec<Told>) {
    let text = std::format!(
        "| survey |\n| | type | name | label | {column} |\n| | text | t | T | |\n| | integer | i | I | |\n\
         | | select_one yn | s | S | |\n| | begin group | g | G | |\n| | text | ga | GA | |\n| | end group | | | |\n\
         | | begin repeat | r | R | |\n| | integer | ra | RA | |\n| | begin repeat | rr | RR | |\n\
         | | integer | rra | RRA | |\n| | end repeat | | | |\n| | end repeat | | | |\n\
         | | begin repeat | r2 | R2 | |\n| | integer | rb | RB | |\n| | end repeat | | | |\n\
         | | {kind} | x | X | {cell} |\n{}| choices |\n| | list_name | name | label | f |\n| | yn | y | Yes | 1 |\n\
         | | yn | n | No | 2 |\n",
        match kind {
            "begin repeat" => "| | text | xx | XX | |\n| | end repeat | | | |\n",
            "begin group" => "| | text | xx | XX | |\n| | end group | | | |\n",
            _ => "",
        }
    );
    let compiled = from_markdown(&text);
    let list = |problems: Vec<form::read::Problem>| {
        problems
            .into_iter()
            .map(|problem| (problem.code, problem.row, problem.column))
            .collect::<Vec<_>>()
    };
    (list(compiled.errors), list(compiled.warnings))
}

/// The row of the last question of [`told`].
const ROW: u32 = 17;

#[test]
fn what_odk_validate_refuses_is_refused_with_its_cell() {
    for (cell, code) in [
        ("instance('nolist')/root/item[name = 'y']/label = 'Yes'", "unknown_instance"),
        ("indexed-repeat(${i}, ${r}, 1) = 1", "indexed_repeat"),
        ("indexed-repeat(${ra}, ${r2}, 1) = 1", "indexed_repeat"),
        ("indexed-repeat(${ra}, ${g}, 1) = 1", "indexed_repeat"),
        ("indexed-repeat(${rra}, ${r}, 1) = 1", "indexed_repeat"),
        ("indexed-repeat('a', ${r}, 1) = 1", "indexed_repeat"),
        ("count(5) > 1", "arguments"),
        ("count(string(${t})) > 1", "arguments"),
        ("count-non-empty(1 + 1) > 1", "arguments"),
        ("sum('a') > 1", "arguments"),
        ("position(5) > 1", "arguments"),
        ("date('xx') > today()", "date"),
        ("date('2020-13-45') > today()", "date"),
        ("date-time('xx') > now()", "date"),
        ("format-date('xx', '%Y') = '2026'", "date"),
        ("not(${ra})", "across_repeats"),
        ("${ra} > 5", "across_repeats"),
        ("string(${ra}) = '5'", "across_repeats"),
    ] {
        let expected = vec![(code.to_owned(), ROW, "relevant".to_owned())];
        assert_eq!(told("text", "relevant", cell).0, expected, "{cell}");
    }
}

#[test]
fn what_cannot_be_meant_is_doubted_with_its_cell() {
    for (kind, column, cell, code) in [
        ("text", "relevant", "/data/zz = 1", "unknown_path"),
        ("text", "relevant", "/form/t = 1", "unknown_path"),
        ("text", "relevant", "../zz = 1", "unknown_path"),
        ("text", "relevant", "current()/../zz = 1", "unknown_path"),
        ("text", "relevant", "instance('yn')/root/item[zz = 1]/label = 'Yes'", "unknown_path"),
        ("text", "relevant", "instance('yn')/root/item[name = 'y']/zz = 1", "unknown_path"),
        ("text", "relevant", "instance('yn')/item[name = 'y']/label = 'Yes'", "unknown_path"),
        ("select_one yn", "choice_filter", "zz = 1", "unknown_path"),
        ("begin repeat", "repeat_count", "abc", "unknown_path"),
        ("text", "required", "maybe", "unknown_path"),
        ("text", "relevant", "jr:choice-name(${t}, '${t}') = 'a'", "choice_name"),
        ("text", "relevant", "${g} > 3", "group_value"),
        ("integer", "constraint", ". > 'abc'", "never_true"),
        ("integer", "constraint", ". = 'abc'", "never_true"),
        ("select_one yn", "constraint", ". != 'maybe'", "never_true"),
        ("text", "relevant", "'abc' <= ${i}", "never_true"),
        ("integer", "default", "abc", "default"),
        ("date", "default", "tomorrow", "default"),
        ("select_one yn", "default", "maybe", "default"),
        ("range", "default", "11", "default"),
        ("integer", "parameters", "start=1", "parameters"),
        ("decimal", "appearance", "ex:org.example.scale(unit='kg')", "appearance"),
        ("text", "appearance", "printer:org.example.labels", "appearance"),
        ("integer", "appearance", "bearing", "appearance"),
        ("text", "appearance", "mulitline", "appearance"),
        ("begin group", "appearance", "filed-list", "appearance"),
    ] {
        let (errors, warnings) = told(kind, column, cell);
        let expected = (code.to_owned(), ROW, column.to_owned());
        assert_eq!(errors, [], "{cell}");
        assert!(warnings.contains(&expected), "{cell}: {warnings:?}");
    }
}

#[test]
fn what_leads_somewhere_is_not_doubted() {
    for (kind, column, cell) in [
        ("decimal", "appearance", "bearing"),
        ("text", "relevant", "/data/g/ga = 'a' and ../g/ga = 'a' and ../../data/t = 'a'"),
        ("text", "relevant", "/data/meta/instanceID != '' and current()/../t = 'a'"),
        ("text", "relevant", "count(/data/r) > 1 and count(../r[ra > 5]) = 1 and position(..) = 1"),
        ("text", "relevant", "sum(/data/r/rr/rra) > 1 and max(${ra}) > 1"),
        (
            "text",
            "relevant",
            "instance('yn')/root/item[name = current()/../s and f = 1]/label = 'Yes'",
        ),
        ("text", "relevant", "indexed-repeat(${ra}, ${r}, 1) = 1"),
        ("text", "relevant", "indexed-repeat(${rra}, ${r}, 1, ${rr}, 1) = 1"),
        ("text", "relevant", "jr:choice-name(${s}, '${s}') = 'Yes'"),
        ("text", "relevant", "date('2020-1-5') > date('') and *[1] = 1 and //t = 'a'"),
        ("text", "relevant", "${g} and ${i} > '5'"),
        ("time", "constraint", ". > '08:00'"),
        ("select_one yn", "choice_filter", "f = 1 and name != 'n' and current()/../t = 'a'"),
        ("integer", "default", "5"),
        ("date", "default", "2026-01-31"),
        ("text", "default", "anything"),
        ("text", "appearance", "w1 multiline"),
        ("select_one yn", "appearance", "w12 columns-2"),
        ("begin group", "appearance", "w6 field-list"),
    ] {
        assert_eq!(told(kind, column, cell), (vec![], vec![]), "{cell}");
    }
}

#[test]
fn items_look_around_in_their_own_repeat() {
    let compiled = from_markdown(
        "| survey |\n| | type | name | label | relevant | calculation |\n| | begin repeat | r | R | | |\n\
         | | text | a | A | | |\n| | text | b | B | ${a} = 'x' and position(..) > 1 | |\n\
         | | calculate | c | | | indexed-repeat(${a}, ${r}, position(..) - 1) |\n\
         | | select_one ${a} | d | D | | |\n| | end repeat | | | | |\n",
    );
    assert_eq!((compiled.errors, compiled.warnings), (vec![], vec![]));
}

#[test]
fn rows_that_do_not_go_together() {
    let head =
        "| survey |\n| | type | name | label | appearance | trigger | parameters | save_to |\n";
    let tail = "| choices |\n| | list_name | name | label |\n| | l | a | A |\n\
                | entities |\n| | list_name | label |\n| | e | x |\n";
    for (rows, code, row, column) in [
        // An answer is saved to each property once, and never that of a group.
        ("| | text | a | A | | | | p |\n| | text | b | B | | | | e#p |\n", "entity", 3, "save_to"),
        (
            "| | begin group | g | G | | | | |\n| | text | a | A | | | | |\n| | end group | | | | | | p |\n",
            "entity",
            4,
            "save_to",
        ),
        // search() fills a list for all who use it, or for none.
        (
            "| | select_one l | a | A | search('f') | | | |\n| | rank l | b | B | | | | |\n",
            "search",
            2,
            "appearance",
        ),
        ("| | text | a | A | | , | | |\n", "trigger", 2, "trigger"),
        (
            "| | text | a | A | | | | |\n| | rank l | b | B | | | randomize=true seed=${a}${a} | |\n",
            "parameters",
            3,
            "parameters",
        ),
    ] {
        let compiled = from_markdown(&[head, rows, tail].concat());
        let told: Vec<_> =
            compiled.errors.iter().map(|of| (&*of.code, of.row, &*of.column)).collect();
        assert_eq!(told, [(code, row, column)], "{rows}");
    }
    let together = "| | select_one l | a | A | search('f') | | | p |\n\
                    | | rank l | b | B | search('g') | | randomize=true seed=${a} | P |\n";
    assert_eq!(from_markdown(&[head, together, tail].concat()).errors, []);
}

#[test]
fn a_recording_in_the_background_is_doubted() {
    let compiled = from_markdown(
        "| survey |\n| | type | name | label |\n| | background-audio | heard | |\n| | text | t | T |\n",
    );
    let told: Vec<_> =
        compiled.warnings.iter().map(|of| (&*of.code, of.row, &*of.column)).collect();
    assert_eq!((compiled.errors, told), (vec![], vec![("background_audio", 2, "type")]));
}

#[test]
fn widths_of_the_grid_are_kept_on_writing() {
    let text = "| survey |\n| | type | name | label | appearance |\n| | begin_group | g | G | w6 field-list |\n\
                | | integer | a | A | w2 |\n| | text | b | B | w4 multiline |\n| | end_group | | | |\n\
                | settings |\n| | form_title | form_id | style |\n| | F | f | theme-grid |\n";
    let compiled = from_markdown(text);
    assert_eq!((&compiled.errors, &compiled.warnings), (&vec![], &vec![]));
    let form = compiled.form.unwrap_or_default();
    let units: Vec<_> = form.nodes.iter().skip(1).map(form::model::Node::units).collect();
    assert_eq!(units, [Some(6), Some(2), Some(4)]);
    let xform = form::write::to_xform(&form);
    for appearance in ["w6 field-list", "w2", "w4 multiline"] {
        assert!(xform.contains(&std::format!("appearance=\"{appearance}\"")), "{xform}");
    }
}
