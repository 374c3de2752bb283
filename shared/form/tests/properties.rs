//! What must hold for any input.

use std::sync::Arc;

use form::expr::{Dialect, Evaluator, parse};
use form::model::{Form, Kind};
use form::read::{from_markdown, from_sheets, sheets_of_markdown};
use form::session::{Address, Context, Session};
use form::write::to_markdown;
use proptest::prelude::*;

/// Relevance, calculations, nested repeats, counts, filters: everything that propagates.
const FORM: &str = "
| survey |
|  | type | name | label | relevant | constraint | calculation | choice_filter | repeat_count | readonly | default |
|  | integer | a | A |  | . < 50 |  |  |  |  | 3 |
|  | integer | b | B | ${a} > 2 | . != ${a} |  |  |  |  |  |
|  | begin group | g | G | ${b} != 4 |  |  |  |  |  |  |
|  | select_one l | s | S |  |  |  | k = ${a} or k = 'x' |  |  |  |
|  | calculate | sum |  |  |  | ${a} + coalesce(${b}, 0) |  |  |  |  |
|  | end group |  |  |  |  |  |  |  |  |  |
|  | begin repeat | r | R | ${a} != 9 |  |  |  |  |  |  |
|  | integer | x | X |  | . <= ${b} |  |  |  |  |  |
|  | calculate | place |  |  |  | position(..) |  |  |  |  |
|  | calculate | double |  |  |  | ${x} * 2 |  |  | ${x} = 3 |  |
|  | begin repeat | n | N | ${x} > 1 |  |  |  |  |  |  |
|  | integer | y | Y | ${x} != 5 |  |  |  |  |  |  |
|  | calculate | z |  |  |  | ${x} * 10 + ${y} |  |  |  |  |
|  | end repeat |  |  |  |  |  |  |  |  |  |
|  | calculate | inner |  |  |  | sum(${z}) |  |  |  |  |
|  | end repeat |  |  |  |  |  |  |  |  |  |
|  | calculate | total |  |  |  | sum(${double}) + count(${r}) |  |  |  |  |
|  | calculate | second |  |  |  | indexed-repeat(${x}, ${r}, 2) |  |  |  |  |
|  | begin repeat | c | C |  |  |  |  | ${a} |  |  |
|  | calculate | of |  |  |  | concat(position(..), '/', ${a}) |  |  |  |  |
|  | end repeat |  |  |  |  |  |  |  |  |  |
| choices |
|  | list_name | name | label | k |
|  | l | one | One | 1 |
|  | l | two | Two | 2 |
|  | l | all | All | x |
";

fn form() -> Arc<Form> {
    let compiled = from_markdown(FORM);
    assert_eq!(compiled.errors, []);
    Arc::new(compiled.form.unwrap_or_default())
}

#[derive(Clone, Debug)]
enum Edit {
    Set(usize, u8),
    Add(usize, u8),
    Remove(usize, u8),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let one = prop_oneof![
        4 => (any::<usize>(), 0..12u8).prop_map(|(at, value)| Edit::Set(at, value)),
        2 => (any::<usize>(), 0..6u8).prop_map(|(at, item)| Edit::Add(at, item)),
        1 => (any::<usize>(), 0..6u8).prop_map(|(at, item)| Edit::Remove(at, item)),
    ];
    prop::collection::vec(one, 1..40)
}

fn apply(session: &mut Session, edit: &Edit) {
    let form = session.form().clone();
    let walk = session.walk();
    let of = |wanted: fn(&Form, &Address) -> bool, at: usize| {
        let found: Vec<&Address> = walk.iter().filter(|address| wanted(&form, address)).collect();
        found.get(at % found.len().max(1)).map(|address| (*address).clone())
    };
    let is_repeat = |form: &Form, at: &Address| {
        form.node(at.node).kind == Kind::Repeat && form.node(at.node).repeat_count.is_empty()
    };
    let is_asked = |form: &Form, at: &Address| {
        let node = form.node(at.node);
        matches!(node.kind, Kind::Question(_)) && node.calculation.is_empty()
    };
    match edit {
        Edit::Set(at, value) => {
            let text = if *value == 0 { String::new() } else { value.to_string() };
            of(is_asked, *at).map(|at| session.set(&at, &text));
        }
        Edit::Add(at, item) => {
            of(is_repeat, *at)
                .map(|at| session.add_item(&at, &format!("i{item}"), &format!("{item}")));
        }
        Edit::Remove(at, item) => {
            of(is_repeat, *at).map(|at| session.remove_item(&at, &format!("i{item}")));
        }
    }
}

/// Everything a screen could show.
fn picture(session: &Session) -> Vec<String> {
    let shown = |at: &Address| {
        let choices: Vec<String> =
            session.choices(at, "").into_iter().map(|choice| choice.name).collect();
        format!("{at:?} {:?} {choices:?} {:?}", session.state(at), session.items(at))
    };
    session.walk().iter().map(shown).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Recomputing what depends on an edit gives what computing everything would give.
    #[test]
    fn incremental_equals_full(edits in edits()) {
        let mut session = Session::new(form(), Context::default());
        for edit in &edits {
            apply(&mut session, edit);
        }
        let mut full = session.clone();
        full.set_context(Context { username: "other".to_owned(), ..Context::default() });
        prop_assert_eq!(picture(&session), picture(&full));
    }

    /// A record that is kept and opened again looks the same.
    #[test]
    fn load_equals_live(edits in edits()) {
        let mut session = Session::new(form(), Context::default());
        for edit in &edits {
            apply(&mut session, edit);
        }
        let mut items = Vec::new();
        for at in session.walk() {
            for item in session.items(&at) {
                let order = item.strip_prefix('i').map_or(format!("{item:0>6}"), str::to_owned);
                items.push((at.clone(), item, order));
            }
        }
        let loaded = Session::load(form(), Context::default(), session.answers(), items);
        prop_assert_eq!(picture(&session), picture(&loaded));
    }

    /// An edit names everything that looks different after it.
    #[test]
    fn effects_are_complete(edits in edits()) {
        let mut session = Session::new(form(), Context::default());
        let (last, before) = edits.split_last().unwrap();
        for edit in before {
            apply(&mut session, edit);
        }
        let form = session.form().clone();
        let at = |name: &str| Address { items: Vec::new(), node: form.by_name(name).unwrap() };
        let value = match last { Edit::Set(_, value) | Edit::Add(_, value) | Edit::Remove(_, value) => value };
        let old = session.clone();
        let effects = session.set(&at("a"), &value.to_string());
        for address in session.walk() {
            let same = old.state(&address) == session.state(&address)
                && old.choices(&address, "") == session.choices(&address, "")
                && old.items(&address) == session.items(&address);
            prop_assert!(same || effects.changed.contains(&address), "{address:?} is not in the effects");
        }
    }

    /// Parsing and evaluation end with a value or an error, whatever the text.
    #[test]
    fn expressions_never_panic(text in "[-a-z0-9 ${}()\\[\\]/.,'\"*+|=<>!:@]{0,60}") {
        let session = Session::new(form(), Context::default());
        if let Ok(parsed) = parse(&text) {
            let root = form::expr::NodeRef { document: 0, index: 0 };
            let _ = Evaluator::new(&session, root, Dialect::Xforms).evaluate(&parsed);
        }
    }

    /// The same for expressions made of real words.
    #[test]
    fn likely_expressions_never_panic(words in prop::collection::vec(prop::sample::select(vec![
        "${x}", "${a}", "${r}", "(", ")", "+", "-", "*", " div ", " mod ", " and ", "=", "<", "!=", "1", "'t'",
        "sum", "count", "position", "concat", "if", "date", "today()", ",", "[", "]", ".", "..", "/", "//", "@",
        "indexed-repeat", "substr", "round", "regex", "'('", "selected", "instance('l')/root/item", "name", "|",
        "format-date", "'%Y-%m-%d'", "randomize", "decimal-time", "-1", "1e9", "999999999999", "weighted-checklist",
    ]), 0..14)) {
        let mut session = Session::new(form(), Context::default());
        apply(&mut session, &Edit::Add(0, 1));
        if let Ok(parsed) = parse(&words.concat()) {
            let root = form::expr::NodeRef { document: 0, index: 0 };
            let _ = Evaluator::new(&session, root, Dialect::Xforms).evaluate(&parsed);
        }
    }

    /// The reader takes any text, and writing what it read changes nothing.
    #[test]
    fn markdown_round_trips(text in "(\\| [a-z:${} \\\\|.]{0,12} ){0,4}\n(\\|( [a-z_$}{(]{0,8} \\|){0,5}\n){0,6}") {
        let sheets = sheets_of_markdown(&text);
        let _ = from_sheets(&sheets);
        let again = sheets_of_markdown(&to_markdown(&sheets));
        prop_assert_eq!(from_sheets(&sheets).errors, from_sheets(&again).errors);
    }
}
