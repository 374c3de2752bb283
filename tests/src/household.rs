//! Invented households: the questionnaire `hh_core` filled in as a worker would, from one seed.

use device::Draft;
use device::device::Device;
use form::model::{Form, Kind, QuestionType};
use form::session::Address;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use std::collections::BTreeSet;

const FIRST: [&str; 12] = [
    "ნინო",
    "გიორგი",
    "მარიამ",
    "ლუკა",
    "ანა",
    "დავითი",
    "თამარ",
    "ნიკა",
    "ელენე",
    "საბა",
    "ქეთევან",
    "ლევანი",
];
const LAST: [&str; 10] = [
    "ბერიძე",
    "კაპანაძე",
    "გელაშვილი",
    "მაისურაძე",
    "გიორგაძე",
    "ლომიძე",
    "ქავთარაძე",
    "მამედოვი",
    "ალიევი",
    "სვანიძე",
];
const WORDS: [&str; 8] = [
    "ჭასთან",
    "სკოლის უკან",
    "ცენტრში",
    "გზის ბოლოს",
    "სახურავი ჟონავს",
    "შორს არის",
    "დახმარება სჭირდება",
    "ეკლესიასთან",
];

/// The questionnaire.
pub fn questionnaire() -> Form {
    let source = include_str!("../../forms/hh_core.md");
    let compiled = form::read::from_markdown(source);
    match compiled.form {
        Some(form) => form,
        None => panic!("forms/hh_core.md does not compile: {:?}", compiled.errors.first()),
    }
}

/// Fills an open household record: three members, and every question that is asked.
pub fn fill(device: &Device, draft: &mut Draft, random: &mut StdRng) {
    let family = *LAST.choose(random).expect("not empty");
    let form = draft.session().form().clone();
    let roster = form.by_key("members");
    if let Some(node) = roster {
        for _ in 0..3 {
            draft.add_item(&Address { items: vec![], node }, &device.new_item());
        }
    }
    // Answers open and close other questions: go on until nothing new is asked.
    let mut done: BTreeSet<Address> = BTreeSet::new();
    loop {
        let open: Vec<Address> =
            draft.session().walk().into_iter().filter(|at| !done.contains(at)).collect();
        let mut asked = false;
        for at in open {
            let Kind::Question(question) = form.node(at.node).kind else { continue };
            let state = draft.session().state(&at);
            if !question.has_control() || !state.relevant || state.readonly {
                continue;
            }
            done.insert(at.clone());
            asked = true;
            if state.value.is_empty()
                && let Some(value) = answer(draft, &form, &at, question, family, random)
            {
                draft.set(&at, &value);
            }
        }
        if !asked {
            return;
        }
    }
}

/// An answer; small choices and numbers more often than large ones, as in life.
fn answer(
    draft: &Draft,
    form: &Form,
    at: &Address,
    question: QuestionType,
    family: &str,
    random: &mut StdRng,
) -> Option<String> {
    let skewed = |random: &mut StdRng, below: usize| {
        random.random_range(0..below.max(1)).min(random.random_range(0..below.max(1)))
    };
    let name = form.node(at.node).name.as_str();
    Some(match (name, question) {
        ("result", _) => "completed".into(),
        ("consent" | "notice_read", _) => "yes".into(),
        ("hh_size", _) => "3".into(),
        ("m_first", _) => (*FIRST.choose(random)?).into(),
        ("m_last", _) => family.into(),
        ("m_dob", _) => format!(
            "{}-{:02}-{:02}",
            random.random_range(1950..2026),
            random.random_range(1..13),
            random.random_range(1..29)
        ),
        ("m_pn", _) => format!("{:011}", random.random_range(1_000_000_000u64..60_000_000_000)),
        ("phone", _) => format!("5{:08}", random.random_range(0..100_000_000)),
        (_, QuestionType::Text) => (*WORDS.choose(random)?).into(),
        (_, QuestionType::Integer | QuestionType::Range) => skewed(random, 20).to_string(),
        (_, QuestionType::Decimal) => (skewed(random, 40) * 50).to_string(),
        (_, QuestionType::Date) => format!("2025-10-{:02}", random.random_range(1..29)),
        (_, QuestionType::SelectOne) => {
            let choices = draft.session().choices(at, "ka");
            choices.get(skewed(random, choices.len()))?.name.clone()
        }
        (_, QuestionType::SelectMultiple | QuestionType::Rank) => {
            let choices = draft.session().choices(at, "ka");
            let first = skewed(random, choices.len());
            let mut names = vec![choices.get(first)?.name.clone()];
            if random.next_u32().is_multiple_of(3) {
                names.extend(choices.get(first + 1).map(|choice| choice.name.clone()));
            }
            names.join(" ")
        }
        _ => return None,
    })
}
