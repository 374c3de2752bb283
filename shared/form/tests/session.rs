//! The live form: what an edit changes, and what a worker may leave behind.

use std::sync::Arc;

use form::model::Form;
use form::read::from_markdown;
use form::session::{Address, Context, Session, Violation};

#[track_caller]
fn open(text: &str) -> Session {
    Session::new(compiled(text), Context { now_ms: 0, ..Context::default() })
}

#[track_caller]
fn compiled(text: &str) -> Arc<Form> {
    let compiled = from_markdown(text);
    assert_eq!(compiled.errors, []);
    Arc::new(compiled.form.unwrap_or_default())
}

fn at(session: &Session, name: &str, items: &[&str]) -> Address {
    let node = session.form().by_name(name).unwrap_or_default();
    Address { items: items.iter().map(|item| (*item).to_owned()).collect(), node }
}

fn set(session: &mut Session, name: &str, value: &str) -> form::session::Effects {
    let at = at(session, name, &[]);
    session.set(&at, value)
}

fn violation(session: &Session, name: &str) -> Option<Violation> {
    session.state(&at(session, name, &[])).violation
}

#[test]
fn the_truth_table_of_a_question() {
    let mut session = open(
        "| survey |\n| | type | name | label | relevant | required | constraint | soft_constraint | allow_dkref |\n\
         | | text | on | On | | | | | |\n\
         | | integer | q | Q | ${on} = 'yes' | yes | . < 100 | . < 50 | yes |\n",
    );
    assert_eq!(violation(&session, "q"), None, "not relevant");
    let effects = set(&mut session, "on", "yes");
    assert_eq!((effects.shown, effects.hidden), (1, 0));
    for (value, expected) in [
        ("", Some(Violation::Required)),
        (" ", Some(Violation::Required)),
        ("5", None),
        ("60", Some(Violation::Soft)),
        ("100", Some(Violation::Constraint)),
        ("5.5", Some(Violation::Type)),
        ("five", Some(Violation::Type)),
        ("dk", None),
        ("ref", None),
        ("DK", Some(Violation::Type)),
    ] {
        set(&mut session, "q", value);
        assert_eq!(violation(&session, "q"), expected, "{value:?}");
    }
    assert_eq!(session.check(), [(at(&session, "q", &[]), Violation::Type)]);
    set(&mut session, "on", "no");
    assert_eq!(session.check(), []);
    assert_eq!(session.value(&at(&session, "q", &[])), "DK", "hidden answers stay");
}

#[test]
fn a_range_takes_what_lies_between_its_ends() {
    for (parameters, value, expected) in [
        ("start=0 end=10 step=2", "99", Some(Violation::Type)),
        ("start=0 end=10 step=2", "-1", Some(Violation::Type)),
        ("start=0 end=10 step=2", "10", None),
        ("start=0 end=10 step=2", "0", None),
        // ODK's engines hold nobody to the step.
        ("start=0 end=10 step=2", "3", None),
        ("start=10 end=0 step=2", "11", Some(Violation::Type)),
        ("start=10 end=0 step=2", "0", None),
        ("start=0.5 end=1.5 step=0.5", "1.6", Some(Violation::Type)),
        ("", "10", None),
        ("", "11", Some(Violation::Type)),
        ("", "many", Some(Violation::Type)),
        ("", "", None),
    ] {
        let text = std::format!(
            "| survey |\n| | type | name | label | parameters |\n| | range | r | R | {parameters} |\n"
        );
        let mut session = open(&text);
        set(&mut session, "r", value);
        assert_eq!(violation(&session, "r"), expected, "{parameters} {value}");
    }
}

#[test]
fn the_record_finished_last_is_known_to_the_next() {
    let text = "| survey |\n| | type | name | label | default | calculation | relevant |\n\
                | | text | a | A | ${last-saved#b} | | |\n| | text | b | B ${last-saved#c} | | | |\n\
                | | text | c | C | | | ${b} != '' |\n| | calculate | n | | | coalesce(${last-saved#n}, 0) + 1 | |\n\
                | | begin repeat | r | R | | | |\n| | text | in | In | ${last-saved#in} | | |\n\
                | | end repeat | | | | | |\n| | text | d | D | | | |\n";
    let mut session = open(text);
    assert_eq!(session.last_saved().keys().map(String::as_str).collect::<Vec<_>>(), ["n"]);
    session.add_first_items();
    for (name, value) in [("b", "first"), ("c", "seen"), ("d", "not asked for")] {
        set(&mut session, name, value);
    }
    let inside = at(&session, "in", &["1"]);
    session.set(&inside, "here");
    let saved = |pairs: &[(&str, &str)]| {
        let pair = |(name, answer): &(&str, &str)| ((*name).to_owned(), (*answer).to_owned());
        pairs.iter().map(pair).collect::<std::collections::BTreeMap<_, _>>()
    };
    let all = session.last_saved();
    assert_eq!(all, saved(&[("b", "first"), ("c", "seen"), ("in", "here"), ("n", "1")]));
    // What is not relevant is not saved.
    set(&mut session, "b", "");
    assert_eq!(session.last_saved(), saved(&[("in", "here"), ("n", "1")]));

    let context = Context {
        last_saved: saved(&[("b", "first"), ("c", "seen"), ("n", "1"), ("in", "here")]),
        ..Context::default()
    };
    let mut next = Session::new(compiled(text), context);
    next.add_first_items();
    assert_eq!(next.value(&at(&next, "a", &[])), "first");
    assert_eq!(next.value(&at(&next, "n", &[])), "2");
    assert_eq!(next.value(&at(&next, "in", &["1"])), "here");
    assert_eq!(next.label(&at(&next, "b", &[]), ""), "B seen");
}

#[test]
fn what_is_hidden_reads_as_blank_and_comes_back() {
    let mut session = open(
        "| survey |\n| | type | name | label | relevant | calculation |\n| | text | on | On | | |\n\
         | | begin group | g | G | ${on} = 'yes' | |\n| | integer | a | A | | |\n| | end group | | | | |\n\
         | | calculate | seen | | | coalesce(${a}, 'blank') |\n",
    );
    set(&mut session, "on", "yes");
    set(&mut session, "a", "5");
    assert_eq!(session.value(&at(&session, "seen", &[])), "5");
    set(&mut session, "on", "no");
    assert_eq!(session.value(&at(&session, "seen", &[])), "blank");
    set(&mut session, "on", "yes");
    assert_eq!(session.value(&at(&session, "seen", &[])), "5");
}

const ROSTER: &str = "
| survey |
|  | type | name | label | calculation | parameters | choice_filter | constraint |
|  | begin repeat | members | Members |  |  |  |  |
|  | text | m_label | Name |  |  |  |  |
|  | integer | m_age | Age |  |  |  | . <= 120 |
|  | calculate | adult |  | if(${m_age} >= 18, 1, 0) |  |  |  |
|  | end repeat |  |  |  |  |  |  |
|  | calculate | adults |  | sum(${adult}) |  |  |  |
|  | select_one ${m_label} | head | Who is the head? |  | value=item | ${m_age} >= 18 |  |
|  | note | hello | Hello ${m_label}, ${adults} |  |  |  |  |
";

fn roster() -> Session {
    let mut session = open(ROSTER);
    for (item, order, name, age) in
        [("b", "2", "ნინო", "34"), ("a", "1", "გია", "9"), ("c", "3", "ანა", "70")]
    {
        let repeat = at(&session, "members", &[]);
        session.add_item(&repeat, item, order);
        let (label, years) = (at(&session, "m_label", &[item]), at(&session, "m_age", &[item]));
        session.set(&label, name);
        session.set(&years, age);
    }
    session
}

#[test]
fn a_roster_offers_its_people() {
    let mut session = roster();
    assert_eq!(session.items(&at(&session, "members", &[])), ["a", "b", "c"]);
    assert_eq!(session.value(&at(&session, "adults", &[])), "2");
    let names = |session: &Session| -> Vec<(String, String)> {
        let choices = session.choices(&at(session, "head", &[]), "ka");
        choices.into_iter().map(|choice| (choice.name, choice.label)).collect()
    };
    let pair = |name: &str, label: &str| (name.to_owned(), label.to_owned());
    assert_eq!(names(&session), [pair("b", "ნინო"), pair("c", "ანა")]);
    set(&mut session, "head", "b");
    let renamed = at(&session, "m_label", &["b"]);
    session.set(&renamed, "ნანა");
    assert_eq!(session.value(&at(&session, "head", &[])), "b", "an item is not its name");
    let younger = at(&session, "m_age", &["b"]);
    session.set(&younger, "3");
    assert_eq!(session.value(&at(&session, "head", &[])), "", "no longer offered");
    assert_eq!(session.label(&at(&session, "hello", &[]), "ka"), "Hello გია, 1");
}

#[test]
fn the_name_of_a_choice_follows_the_item_it_names() {
    let text =
        [ROSTER, "|  | calculate | who |  | jr:choice-name(${head}, '${head}') |  |  |  |\n"]
            .concat();
    let mut session = open(&text);
    let repeat = at(&session, "members", &[]);
    session.add_item(&repeat, "a", "1");
    for (name, value) in [("m_label", "გია, 40"), ("m_age", "40")] {
        let at = at(&session, name, &["a"]);
        session.set(&at, value);
    }
    set(&mut session, "head", "a");
    assert_eq!(session.value(&at(&session, "who", &[])), "გია, 40");
    let label = at(&session, "m_label", &["a"]);
    let effects = session.set(&label, "გია, 41");
    let who = at(&session, "who", &[]);
    assert_eq!(session.value(&who), "გია, 41");
    assert!(effects.changed.contains(&who));
}

#[test]
fn an_edit_in_a_row_touches_that_row() {
    let mut session = roster();
    let age = at(&session, "m_age", &["a"]);
    let effects = session.set(&age, "20");
    let other = |at: &Address| at.items.first().is_some_and(|item| item != "a");
    assert!(!effects.changed.iter().any(other), "{:?}", effects.changed);
    assert!(effects.changed.contains(&at(&session, "adults", &[])));
    let repeat = at(&session, "members", &[]);
    session.remove_item(&repeat, "a");
    assert_eq!(session.value(&at(&session, "adults", &[])), "2");
    assert_eq!(session.state(&age), Default::default());
    assert_eq!(session.set(&age, "1"), Default::default(), "what is gone takes no answer");
}

#[test]
fn a_kept_record_opens_as_it_was() {
    let session = roster();
    let repeat = at(&session, "members", &[]);
    let items = [("a", "1"), ("b", "2"), ("c", "3")]
        .map(|(item, order)| (repeat.clone(), item.to_owned(), order.to_owned()));
    let mut answers = session.answers();
    answers.push((at(&session, "m_age", &["gone"]), "4".to_owned()));
    let form = session.form().clone();
    let loaded = Session::load(form, Context::default(), answers, items.to_vec());
    assert_eq!(loaded.answers(), session.answers());
    assert_eq!(loaded.walk(), session.walk());
}

#[test]
fn counts_defaults_triggers_and_once() {
    let mut session = open(
        "| survey |\n| | type | name | label | calculation | default | trigger | repeat_count |\n\
         | | integer | n | N | | 2 | | |\n| | text | who | Who | | concat('n', ${n}) | | |\n\
         | | begin repeat | r | R | | | | ${n} |\n| | text | x | X | | position(..) | | |\n| | end repeat | | | | | | |\n\
         | | calculate | stamp | | ${n} * 10 | | ${who} | |\n| | calculate | first | | once(${n}) | | | |\n",
    );
    assert_eq!(session.items(&at(&session, "r", &[])), ["1", "2"]);
    assert_eq!(session.value(&at(&session, "x", &["2"])), "2");
    assert_eq!(session.value(&at(&session, "who", &[])), "n2");
    let stamped = session.value(&at(&session, "stamp", &[])).to_owned();
    set(&mut session, "n", "3");
    assert_eq!(session.items(&at(&session, "r", &[])), ["1", "2", "3"]);
    assert_eq!(session.value(&at(&session, "stamp", &[])), stamped, "only its trigger moves it");
    set(&mut session, "who", "me");
    assert_eq!(session.value(&at(&session, "stamp", &[])), "30");
    assert_eq!(session.value(&at(&session, "first", &[])), "2");
    set(&mut session, "n", "1");
    assert_eq!(session.items(&at(&session, "r", &[])), ["1"]);
}

#[test]
fn languages_fall_back_and_never_go_blank() {
    let mut session = open(
        "| survey |\n| | type | name | label::ქართული (ka) | label::English (en) | hint::English (en) |\n\
         | | select_one l | q | შეკითხვა | Question | Hint |\n| | note | only | მხოლოდ | | |\n\
         | choices |\n| | list_name | name | label::ქართული (ka) | label::English (en) |\n| | l | a | კი | Yes |\n| | l | b | არა | |\n\
         | settings |\n| | default_language |\n| | ქართული (ka) |\n",
    );
    let (q, only) = (at(&session, "q", &[]), at(&session, "only", &[]));
    assert_eq!(session.label(&q, "en"), "Question");
    assert_eq!(session.label(&only, "en"), "მხოლოდ");
    assert_eq!(session.label(&q, "hy"), "შეკითხვა");
    assert_eq!(session.hint(&q, "ka"), "Hint");
    let labels: Vec<String> =
        session.choices(&q, "en").into_iter().map(|choice| choice.label).collect();
    assert_eq!(labels, ["Yes", "არა"]);
    let effects = session.set_context(Context { language: "en".to_owned(), ..Context::default() });
    assert!(effects.changed.contains(&q));
}

#[test]
fn texts_say_what_their_expressions_give() {
    let mut session = open(
        "| survey |\n| | type | name | label |\n| | select_one c | q | Q |\n\
         | | note | n | Held: instance('c')/root/item[name = ${q}]/place. For instance (${q}) |\n\
         | choices |\n| | list_name | name | label | place |\n| | c | y | Y | Gori |\n| | c | z | Z | Telavi |\n",
    );
    let note = at(&session, "n", &[]);
    assert_eq!(session.label(&note, ""), "Held: . For instance ()");
    let effects = set(&mut session, "q", "z");
    assert!(effects.changed.contains(&note));
    assert_eq!(session.label(&note, ""), "Held: Telavi. For instance (z)");
}

#[test]
fn what_is_computed_fits_its_question() {
    let mut session = open(
        "| survey |\n| | type | name | label | calculation |\n| | text | t | T | |\n\
         | | integer | i | I | ${t} |\n| | decimal | d | D | ${t} |\n| | date | a | A | ${t} |\n| | text | s | S | ${t} |\n\
         | | date | never | N | 1 div string-length(${t}) |\n",
    );
    assert_eq!(session.value(&at(&session, "never", &[])), "");
    for (given, expected) in [
        ("7.9", ["7", "7.9", "", "7.9"]),
        ("true", ["", "", "", "true"]),
        ("2026-01-31", ["", "", "2026-01-31", "2026-01-31"]),
        ("2026-01-31T10:00:00.000+04:00", ["", "", "2026-01-31", "2026-01-31T10:00:00.000+04:00"]),
        ("1 div 0", ["", "", "", "1 div 0"]),
        ("", ["", "", "", ""]),
    ] {
        set(&mut session, "t", given);
        let found =
            ["i", "d", "a", "s"].map(|name| session.value(&at(&session, name, &[])).to_owned());
        assert_eq!(found, expected, "{given}");
    }
}

#[test]
fn a_form_travels_as_bytes() {
    let form = compiled(ROSTER);
    let bytes = form.to_bytes();
    assert_eq!(Form::from_bytes(&bytes), Ok((*form).clone()));
    assert!(bytes.len() < 800, "{} bytes", bytes.len());
}

#[test]
fn circles_end() {
    let problems = from_markdown(
        "| survey |\n| | type | name | label | calculation |\n| | calculate | a | | ${b} + 1 |\n| | calculate | b | | ${a} + 1 |\n",
    );
    assert_eq!(problems.errors.len(), 1);
    assert_eq!((problems.errors[0].code.as_str(), problems.errors[0].row), ("cycle", 2));
}

/// A table that was readied, or taken over from before, gives the options that it gives when first asked for.
#[test]
fn readied_and_kept_tables_offer_the_same() {
    let mut form = "| survey |\n| | type | name | label | choice_filter |\n| | text | region | R | |\n\
         | | select_one places | place | P | region = ${region} |\n\
         | | select_one places | any | A | |\n| | select_one few | one | O | region = ${region} |\n\n\
         | choices |\n| | list_name | name | label | region |\n| | few | a | A | r1 |\n"
        .to_owned();
    for number in 0..1_200 {
        form += &format!("| | places | p{number} | Place {number} | r{} |\n", number % 7);
    }
    let mut session = open(&form);
    let offered = |session: &Session, name: &str| session.choices(&at(session, name, &[]), "");
    let mut readied = 0;
    let mut from = 0;
    while let Some(next) = session.ready(from) {
        assert!(next > from);
        (from, readied) = (next, readied + 1);
    }
    assert_eq!(readied, 1, "only the large list with a filter has a table");
    for (region, count) in [("r3", 171), ("r0", 172), ("r6", 171), ("r7", 0), ("", 0)] {
        set(&mut session, "region", region);
        let fresh = Session::load(
            session.form().clone(),
            session.context().clone(),
            session.answers(),
            Vec::new(),
        );
        let kept = session.reload(session.answers(), Vec::new());
        assert_eq!(kept.answers(), session.answers());
        for name in ["place", "any", "one"] {
            assert_eq!(offered(&session, name), offered(&fresh, name), "{region}");
            assert_eq!(offered(&kept, name), offered(&fresh, name), "{region}");
        }
        assert_eq!(offered(&session, "place").len(), count, "{region}");
    }
    // Another language has other labels.
    let mut context = session.context().clone();
    context.language = "ka".into();
    session.set_context(context);
    set(&mut session, "region", "r1");
    assert_eq!(offered(&session.reload(session.answers(), Vec::new()), "place").len(), 172);
}

/// What a file offers by rows is what it offers with all its texts.
#[test]
fn rows_of_a_file_are_its_choices() {
    let text = "| survey |\n| | type | name | label | choice_filter | parameters |\n\
         | | text | region | R | | |\n\
         | | select_one_from_file places.csv | place | P | region = ${region} | |\n\
         | | select_one_from_file places.csv | any | A | | value=code, label=title |\n\
         | | select_one_from_file places.csv | mixed | M | | randomize=true |\n\
         | | select_one_from_file absent.csv | absent | B | | |\n\
         | | select_one list | listed | L | | |\n\n\
         | choices |\n| | list_name | name | label |\n| | list | a | A |\n";
    let mut form = Form::clone(&compiled(text));
    let mut places = form.lists["list"].clone();
    let one = places.items.remove(0);
    for number in 0..50 {
        let mut item = one.clone();
        item.name = format!("p{}", number % 45);
        for (column, value) in [("region", number % 3), ("code", number), ("title", number * 2)] {
            item.columns.insert(column.into(), format!("{column}{value}"));
        }
        places.items.push(item);
    }
    form.lists.insert("places".into(), places);
    let mut session = Session::new(Arc::new(form), Context::default());
    for region in ["region1", "region2", "none", ""] {
        set(&mut session, "region", region);
        for name in ["place", "any"] {
            let at = at(&session, name, &[]);
            let choices = session.choices(&at, "");
            let offer = session.offer(&at).unwrap_or_else(|| panic!("{name} has rows"));
            assert_eq!((offer.len(), offer.is_empty()), (choices.len(), choices.is_empty()));
            let read = session.read_offer(&offer).unwrap_or_else(|| panic!("{name} is read"));
            for (place, choice) in choices.iter().enumerate() {
                assert_eq!((read.name(place), read.label(place)), (&*choice.name, &*choice.label));
                let first = choices.iter().position(|other| other.name == choice.name);
                assert_eq!(read.place(&choice.name), first);
            }
            assert_eq!((read.name(choices.len()), read.place("nobody")), ("", None));
        }
    }
    for name in ["mixed", "absent", "listed", "region"] {
        assert!(session.offer(&at(&session, name, &[])).is_none(), "{name}");
    }
}
