//! The standard workload of docs/PERFORMANCE.md: household records of 40 fields and 3 members of 16
//! fields each, about 2.4 KB as JSON, from one seed.

use form::model::{Form, Kind, Node, NodeId, QuestionType};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use std::collections::BTreeMap;

/// How a field's values look.
#[derive(Clone, Copy)]
pub enum Values {
    /// One of a few words.
    Code(&'static str, u32),
    /// One of these.
    Words(&'static [&'static str]),
    /// A whole number below this.
    Number(u32),
    /// A decimal number with this many digits behind the point.
    Decimal(u32, u32),
    /// A name.
    Name,
    /// A day.
    Day,
    /// A moment.
    Moment,
    /// This many hexadecimal digits.
    Random(usize),
    /// Several sentences.
    Notes(usize),
}

use Values::{Code, Day, Decimal, Moment, Name, Notes, Number, Random, Words};

const YES_NO: Values = Words(&["yes", "no"]);

/// The fields of a household.
pub const HOUSEHOLD: [(&str, Values); 40] = [
    ("started_at", Moment),
    ("finished_at", Moment),
    ("village", Code("village", 8)),
    ("unit", Code("unit", 3)),
    ("ward", Code("ward", 9)),
    ("enumerator", Code("worker", 25)),
    ("gps_lat", Decimal(41, 6)),
    ("gps_lon", Decimal(44, 6)),
    ("gps_acc", Decimal(25, 1)),
    ("head_name", Name),
    ("head_sex", Words(&["f", "m"])),
    ("head_age", Number(90)),
    ("head_edu", Code("edu", 9)),
    ("head_work", Code("work", 9)),
    ("respondent", Name),
    ("phone", Number(99_999_999)),
    ("consent", Words(&["yes"])),
    ("size", Number(12)),
    ("rooms", Number(6)),
    ("roof", Code("roof", 9)),
    ("wall", Code("wall", 9)),
    ("floor", Code("floor", 9)),
    ("water", Code("water", 9)),
    ("water_min", Number(120)),
    ("toilet", Code("toilet", 9)),
    ("electricity", YES_NO),
    ("fuel", Code("fuel", 9)),
    ("owns_land", YES_NO),
    ("land", Decimal(15, 2)),
    ("cattle", Number(30)),
    ("goats", Number(50)),
    ("phones", Number(5)),
    ("income", Number(900)),
    ("hungry_days", Number(30)),
    ("photo", Random(16)),
    ("notes", Notes(5)),
    ("device_label", Random(12)),
    ("form_name", Words(&["household_survey"])),
    ("visit", Number(4)),
    ("next_visit", Day),
];

/// The fields of a member.
pub const MEMBER: [(&str, Values); 16] = [
    ("m_id", Random(24)),
    ("m_name", Name),
    ("m_sex", Words(&["f", "m"])),
    ("m_birth", Day),
    ("m_rel", Words(&["spouse", "son_or_daughter", "parent", "grandchild", "other_relative"])),
    ("m_school", YES_NO),
    ("m_grade", Number(12)),
    ("m_vaccinated", YES_NO),
    ("m_dis", Code("dis", 9)),
    ("m_marital", Words(&["single", "married", "widowed", "divorced"])),
    ("m_work", Code("work", 9)),
    ("m_net", YES_NO),
    ("m_cert", YES_NO),
    ("m_muac", Number(300)),
    ("m_illness", Notes(1)),
    ("m_remarks", Notes(1)),
];

const NAMES: [&str; 20] = [
    "Nino", "Giorgi", "Mariam", "Luka", "Ana", "David", "Tamar", "Nika", "Elene", "Saba", "Keti",
    "Levan", "Salome", "Irakli", "Natia", "Zurab", "Eka", "Vakho", "Maka", "Beka",
];
const FAMILIES: [&str; 15] = [
    "Beridze",
    "Kapanadze",
    "Gelashvili",
    "Maisuradze",
    "Giorgadze",
    "Lomidze",
    "Kavtaradze",
    "Mamedov",
    "Aliev",
    "Svanidze",
    "Tsiklauri",
    "Khutsishvili",
    "Bolkvadze",
    "Nozadze",
    "Tabidze",
];
const SENTENCES: [&str; 8] = [
    "the roof leaks when it rains in autumn",
    "water is carried from the spring below the village",
    "the family came back from the city last year",
    "please visit again when the mother is at home",
    "firewood was bought with the child allowance",
    "the toilet is shared with two neighbours",
    "the garden by the river was flooded in spring",
    "there is no telephone signal at the house",
];

/// A value of this kind.
pub fn value(values: Values, random: &mut StdRng) -> String {
    let name =
        |random: &mut StdRng, from: &[&str]| (*from.choose(random).unwrap_or(&"")).to_owned();
    match values {
        Code(word, count) => format!("{word}_{}", random.random_range(1..=count)),
        Words(words) => name(random, words),
        Number(below) => random.random_range(0..=below).to_string(),
        Decimal(whole, digits) => {
            let part = random.random_range(0..10u32.pow(digits));
            format!(
                "{}.{part:0width$}",
                random.random_range(whole / 2..=whole),
                width = digits as usize
            )
        }
        Name => format!("{} {}", name(random, &NAMES), name(random, &FAMILIES)),
        Day => format!(
            "{}-{:02}-{:02}",
            random.random_range(1945..2025),
            random.random_range(1..10),
            random.random_range(10..29)
        ),
        Moment => format!(
            "2026-0{}-{}T{}:{:02}:{:02}.000+04:00",
            random.random_range(1..10),
            random.random_range(10..29),
            random.random_range(10..19),
            random.random_range(0..60),
            random.random_range(0..60)
        ),
        Random(digits) => {
            (0..digits).map(|_| format!("{:x}", random.random_range(0..16u8))).collect()
        }
        Notes(count) => (0..count).map(|_| name(random, &SENTENCES)).collect::<Vec<_>>().join("; "),
    }
}

fn kind(values: Values) -> QuestionType {
    match values {
        Code(..) | Words(_) => QuestionType::SelectOne,
        Number(_) => QuestionType::Integer,
        Decimal(..) => QuestionType::Decimal,
        Day => QuestionType::Date,
        Moment => QuestionType::DateTime,
        Name | Random(_) | Notes(_) => QuestionType::Text,
    }
}

/// The form of the workload.
pub fn form() -> Form {
    let question = |name: &str, values: Values, parent: u32| Node {
        name: name.into(),
        key: name.into(),
        parent: Some(NodeId(parent)),
        kind: Kind::Question(kind(values)),
        ..Node::default()
    };
    let mut nodes = vec![Node { name: "data".into(), kind: Kind::Root, ..Node::default() }];
    nodes.extend(HOUSEHOLD.iter().map(|(name, values)| question(name, *values, 0)));
    let repeat = nodes.len() as u32;
    nodes.push(Node {
        name: "members".into(),
        key: "members".into(),
        parent: Some(NodeId(0)),
        kind: Kind::Repeat,
        ..Node::default()
    });
    nodes.extend(MEMBER.iter().map(|(name, values)| question(name, *values, repeat)));
    let count = nodes.len() as u32;
    nodes[0].children = (1..=repeat).map(NodeId).collect();
    nodes[repeat as usize].children = (repeat + 1..count).map(NodeId).collect();
    let settings = BTreeMap::from([
        ("subject".to_owned(), "household".to_owned()),
        ("roster".to_owned(), "members".to_owned()),
    ]);
    Form { form_id: "standard".into(), nodes, settings, ..Form::default() }
}
