//! The dialect, rule by rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use form::expr::{Dialect, Evaluator, NodeRef, Value, parse};
use form::read::from_markdown;
use form::session::{Address, Context, Session};

/// 2026-03-05T22:30Z, which is 2026-03-06T02:30 in Georgia.
const NOW: i64 = 1_772_749_800_000;

fn session() -> Session {
    let form = from_markdown(
        "| survey |\n| | type | name | label | calculation |\n| | text | t | T | |\n\
         | | integer | n | N | |\n| | begin repeat | r | R | |\n| | integer | x | X | |\n| | end repeat | | | |\n\
         | | select_one l | s | S | |\n\
         | choices |\n| | list_name | name | label::en | label::ka |\n| | l | a | Yes | კი |\n",
    );
    assert_eq!(form.errors, []);
    let form = Arc::new(form.form.unwrap_or_default());
    let row = |name: &str, dob: &str| {
        BTreeMap::from([("name".to_owned(), name.to_owned()), ("dob".to_owned(), dob.to_owned())])
    };
    let context = Context {
        now_ms: NOW,
        utc_offset_minutes: 240,
        language: "ka".to_owned(),
        external: BTreeMap::from([(
            "roster".to_owned(),
            vec![row("p1", "2020-01-31"), row("p2", "")],
        )]),
        ..Context::default()
    };
    let mut session = Session::new(form.clone(), context);
    let at = |name: &str| Address { items: vec![], node: form.by_name(name).unwrap_or_default() };
    for (item, value) in [("i1", "4"), ("i2", ""), ("i3", "6")] {
        session.add_item(&at("r"), item, item);
        session.set(&Address { items: vec![item.to_owned()], ..at("x") }, value);
    }
    session.set(&at("t"), "one two");
    session.set(&at("n"), "7");
    session
}

fn text(source: &str) -> String {
    let session = session();
    let expr =
        match form::session::program::compile(session.form(), form::model::NodeId::ROOT, source) {
            Ok(expr) => expr,
            Err(error) => return format!("error: {}", error.code),
        };
    let evaluator = Evaluator::new(&session, NodeRef { document: 0, index: 0 }, Dialect::Xforms);
    match evaluator.evaluate(&expr) {
        Ok(value) => evaluator.text(&value),
        Err(error) => format!("error: {}", error.code),
    }
}

#[track_caller]
fn all(table: &[(&str, &str)]) {
    for (source, expected) in table {
        assert_eq!(text(source), *expected, "{source}");
    }
}

#[test]
fn operators_bind_as_in_xpath() {
    all(&[
        ("1 + 2 * 3", "7"),
        ("2 - - 1", "3"),
        ("7 mod 4 + 8 div 2", "7"),
        ("1 = 1 and 2 > 3 or 'x'", "true"),
        ("3mod2", "1"),
        ("0.1 + 0.2 = 0.3", "true"),
        ("'b' > 'a'", "false"),
        ("true() = 'no'", "true"),
        ("1 div 0", "Infinity"),
        ("true() or nosuch()", "true"),
        ("nosuch()", "error: unknown_function"),
        ("1 +", "error: syntax"),
        ("round(1, 2, 3)", "error: arguments"),
        ("$v", "error: unknown_reference"),
    ]);
}

#[test]
fn numbers_are_read_and_written_plainly() {
    all(&[
        ("number('1e3')", "NaN"),
        ("number(' 12.50 ')", "12.5"),
        ("1 div 3 * 3", "1"),
        ("100000000000 * 100000000000", "10000000000000000000000"),
        ("0.0000001", "0.0000001"),
        ("round(-2.5)", "-2"),
        ("round(0.49999999999999994)", "0"),
        ("round(4503599627370497)", "4503599627370497"),
        ("round(-2.55, 1)", "-2.6"),
        ("round(1.005, 2)", "1.01"),
        ("round(1250, -2)", "1300"),
        ("round(-1 div 0, 2)", "-Infinity"),
        ("int(-3.9)", "-3"),
        ("max(2, ${n}, 3)", "7"),
        ("min(${x})", "NaN"),
        ("sum(${x})", "NaN"),
        ("1 div sum(/data/nosuch)", "Infinity"),
        ("count(${x})", "3"),
        ("count-non-empty(${x})", "2"),
        ("sum(/data/r[x != '']/x)", "10"),
    ]);
}

#[test]
fn texts_and_selections() {
    all(&[
        ("selected(${t}, 'two')", "true"),
        ("selected(${t}, 'tw')", "false"),
        ("selected(${t}, '')", "false"),
        ("selected-at(${t}, 1)", "two"),
        ("selected-at(${t}, -0.5)", "one"),
        ("count-selected(${t})", "2"),
        ("substr('საქართველო', 2, 5)", "ქარ"),
        ("substr('abc', -2)", "bc"),
        ("substring('abc', 2, 1)", "b"),
        ("substring('abc', -1 div 0)", "abc"),
        ("substring('abc', -1 div 0, 1 div 0)", ""),
        ("string-length('კატა')", "4"),
        ("join('-', 'a', ${x})", "a-4--6"),
        ("concat(${t}, 1, true())", "one two1true"),
        ("translate('abc', 'ab', 'x')", "xc"),
        ("regex('555123', '[0-9]{6}')", "true"),
        ("regex('x555123', '[0-9]{6}')", "false"),
        ("regex('a', '(')", "error: pattern"),
        ("coalesce('', ${n})", "7"),
        ("if(${n} > 5, 'many', 'few')", "many"),
        ("normalize-space('  a   b ')", "a b"),
        ("normalize-space(' a\u{a0} b ')", "a\u{a0} b"),
    ]);
}

#[test]
fn dates_are_days() {
    all(&[
        ("today()", "2026-03-06"),
        ("now()", "2026-03-06T02:30:00.000+04:00"),
        ("date('2026-02-30')", "Invalid Date"),
        ("concat('|', date(''))", "|"),
        ("date('2026-03-01') - date('2024-02-29')", "731"),
        ("int((today() - date('2020-03-07')) div 365.25)", "5"),
        ("'2026-03-06' = today()", "true"),
        ("date('2026-03-05') < today()", "true"),
        ("format-date('2026-03-05', '%d.%m.%Y')", "05.03.2026"),
        ("format-date('2026-03-05', '%e %b, %a')", "5 მარ, ხუთ"),
        ("format-date('', '%Y')", ""),
        ("format-date-time('2026-03-05T20:15:09Z', '%H:%M:%S')", "00:15:09"),
        ("decimal-time('06:00:00')", "0.25"),
        ("decimal-date-time('1970-01-02T04:00:00+04:00')", "1"),
    ]);
}

#[test]
fn paths_reach_items_and_instances() {
    all(&[
        ("/data/r[2]/x", ""),
        ("/data/r[last()]/x", "6"),
        ("count(//x[. > 4])", "1"),
        ("/data/r[x = 6]/preceding-sibling::r[1]/x", ""),
        ("indexed-repeat(${x}, ${r}, 3)", "6"),
        ("indexed-repeat(${x}, ${r}, 9)", ""),
        ("position(/data/r[x = 6])", "3"),
        ("instance('roster')/root/item[name = 'p1']/dob", "2020-01-31"),
        ("pulldata('roster', 'dob', 'name', 'p1')", "2020-01-31"),
        ("pulldata('roster', 'dob', 'name', 'p9')", ""),
        ("instance('nosuch')/root", "error: unknown_reference"),
        ("jr:choice-name('a', '${s}')", "კი"),
        ("count(randomize(/data/r, 5))", "3"),
        ("local-name(/data/*[1])", "t"),
    ]);
}

#[test]
fn the_earth_is_round() {
    all(&[
        ("round(distance('41.7151 44.8271 0 0; 42.2679 42.6946 0 0') div 1000)", "187"),
        ("round(area('0 0; 0 1; 1 1; 1 0') div 1000000)", "12391"),
        ("geofence('0.5 0.5', '0 0; 0 1; 1 1; 1 0; 0 0')", "true"),
        ("geofence('1.5 0.5', '0 0; 0 1; 1 1; 1 0; 0 0')", "false"),
        ("area('nonsense')", "NaN"),
    ]);
}

#[test]
fn effort_is_bounded() {
    let deep = "(".repeat(5000) + "1" + &")".repeat(5000);
    assert_eq!(parse(&deep).map_err(|error| error.code).err(), Some("limit"));
    assert!(parse(&"-".repeat(60_000)).is_err());
    assert_eq!(parse(&"1+".repeat(40_000)).map_err(|error| error.code).err(), Some("limit"));
    let session = session();
    let hungry = parse(&format!("count({})", ["//node()"; 40].concat()));
    if let Ok(expr) = hungry {
        let evaluator =
            Evaluator::new(&session, NodeRef { document: 0, index: 0 }, Dialect::Xforms);
        assert!(matches!(evaluator.evaluate(&expr), Ok(Value::Number(_)) | Err(_)));
    }
}

#[test]
fn problems_know_their_place() {
    let error =
        parse("concat('a', ~)").map(|_| ()).map_err(|error| (error.span.start, error.span.end));
    assert_eq!(error, Err((12, 13)));
}
