//! From documents to rows: what lists, search and exports read. Pure, and complete: rows can be
//! dropped and made again from the documents at any time.

mod adopt;
pub mod entity;

pub use adopt::adopt;

use crate::record::answer::Answers;
use crate::record::conflict::TwoAnswers;
use crate::record::review::{Review, Seen};
use crate::record::{Document, FieldPath, Header, SubjectKind};
use form::model::{Form, NodeId, QuestionType};

/// What one record looks like as rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// The record's header.
    pub header: Header,
    /// What the office says.
    pub review: Review,
    /// Answers of both documents, removed items included.
    pub answers: Answers,
    /// Fields with two answers, calculated ones left out.
    pub two_answers: Vec<TwoAnswers>,
    /// Members of the roster, for a household.
    pub members: Vec<Member>,
    /// Needs with their severity, as the form's `needs` setting names them.
    pub needs: Vec<Need>,
    /// Risk level 0–3, from the question that the form's `risk` setting names.
    pub risk: Option<i64>,
}

/// A member of a household's roster.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Member {
    /// The item's id.
    pub item: String,
    /// Position in the roster, from 0.
    pub position: usize,
    /// Whether the row was removed.
    pub removed: bool,
    /// The member's answers by question key, without the key's prefix.
    pub answers: Vec<(String, String)>,
}

impl Member {
    /// The answer to a question of the roster, or the empty string.
    pub fn answer(&self, key: &str) -> &str {
        self.answers.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }
}

/// A need found by a survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Its code (`HEAT`, `SCH`, ...).
    pub code: String,
    /// Severity 0–3, when the form asks for it.
    pub severity: Option<i64>,
}

/// The names of form settings that tell which questions lists need.
pub mod setting {
    /// The repeat that is the household's roster.
    pub const ROSTER: &str = "roster";
    /// The question that holds the settlement's code.
    pub const PLACE: &str = "place";
    /// The question that holds the risk level.
    pub const RISK: &str = "risk";
    /// The question that lists need codes.
    pub const NEEDS: &str = "needs";
    /// The beginning of the names of the questions that hold each need's severity.
    pub const SEVERITY: &str = "severity";
    /// What the record is about: `household`, `child` or `other`. Read it with [`super::subject`].
    pub const SUBJECT: &str = "subject";
    /// Entity lists of other names whose entities are households.
    pub const HOUSEHOLDS: &str = "households";
    /// Such whose entities are children.
    pub const CHILDREN: &str = "children";
    /// Such whose entities, made in a repeat, are members of the household.
    pub const MEMBERS: &str = "members";
    /// The question of the roster that holds the first name, or the whole one, when it is not `m_first`.
    pub const FIRST_NAME: &str = "first_name";
    /// The one that holds the last name, when it is not `m_last`.
    pub const LAST_NAME: &str = "last_name";
    /// The one that holds the age in years, when it is not `m_age_years`.
    pub const AGE: &str = "age";
}

/// What the records of a form are about. The setting `subject` says so; where a workbook does not have
/// it, the list of the entity that its `entities` sheet makes of a whole submission; else a record stands
/// for itself.
pub fn subject(form: &Form) -> SubjectKind {
    let told = form.settings.get(setting::SUBJECT).map_or("", |name| name.trim());
    if !told.is_empty() {
        return SubjectKind::from_name(&told.to_lowercase());
    }
    entity::subject(form)
}

/// Projects a record. `form` is missing when the version is unknown: then everything that does not
/// need it is still there.
pub fn project(
    main: &mut Document,
    protection: Option<&mut Document>,
    form: Option<&Form>,
) -> Projection {
    let answers = (main.answers(), protection.as_ref().map(|companion| companion.answers()));
    project_answers(main, protection, answers, form)
}

/// The same with the answers of both documents, where they have been read already.
pub fn project_answers(
    main: &mut Document,
    protection: Option<&mut Document>,
    (mut answers, protected): (Answers, Option<Answers>),
    form: Option<&Form>,
) -> Projection {
    let header = main.header();
    let mut protection = protection;
    let entries = main.review_entries();
    let review = Review::read(&header, &entries, || {
        let altered = Seen::altered(&entries, main, protection.as_deref_mut());
        altered.iter().any(|field| !form.is_some_and(|form| is_calculated(form, &field.path)))
    });
    let mut two_answers = main.two_answers();
    if let Some(protected) = protected {
        answers.extend(protected);
    }
    if let Some(companion) = protection {
        two_answers.extend(companion.two_answers());
    }
    if let Some(form) = form {
        two_answers.retain(|field| !is_calculated(form, &field.path));
    }
    let setting = |name: &str| form.and_then(|form| form.settings.get(name)).map(String::as_str);
    let members =
        setting(setting::ROSTER).map_or(Vec::new(), |repeat| members(form, &answers, repeat));
    let severity = setting(setting::SEVERITY);
    let needs = setting(setting::NEEDS).map_or(Vec::new(), |key| needs(&answers, key, severity));
    let risk =
        setting(setting::RISK).and_then(|key| answers.value(&FieldPath::top(key)).parse().ok());
    Projection { header, review, answers, two_answers, members, needs, risk }
}

/// Whether the answer of a field follows from others.
pub fn is_calculated(form: &Form, path: &FieldPath) -> bool {
    form.by_key(&path.key)
        .is_some_and(|id| !form.node(id).question().is_some_and(QuestionType::has_control))
}

/// The question that holds a member's age in years.
pub fn age_question(form: &Form) -> Option<NodeId> {
    form.by_key(form.settings.get(setting::AGE).map_or("m_age_years", |key| key))
}

/// Under which names lists read the answers of a member, and the settings that name other questions.
const CALLED: [(&str, &str); 3] = [
    ("m_first", setting::FIRST_NAME),
    ("m_last", setting::LAST_NAME),
    ("m_age_years", setting::AGE),
];

/// The members of a roster, in its order. What other questions hold by the form's settings stands there
/// under the names that lists read too.
pub fn members(form: Option<&Form>, answers: &Answers, repeat: &str) -> Vec<Member> {
    let mut found = plain_members(answers, repeat);
    for (name, set) in CALLED {
        let Some(key) = form.and_then(|form| form.settings.get(set)) else { continue };
        for member in found.iter_mut().filter(|member| member.answer(name).is_empty()) {
            let value = member.answer(key).to_owned();
            if !value.is_empty() {
                member.answers.push((name.to_owned(), value));
            }
        }
    }
    found
}

fn plain_members(answers: &Answers, repeat: &str) -> Vec<Member> {
    let items = answers
        .items
        .iter()
        .filter(|item| item.repeat.items.is_empty() && item.repeat.key == repeat);
    items
        .enumerate()
        .map(|(position, item)| Member {
            item: item.id.clone(),
            position,
            removed: item.removed,
            answers: answers
                .answers
                .iter()
                .filter(|answer| {
                    matches!(answer.path.items.as_slice(),
                        [(name, id)] if name == repeat && *id == item.id)
                })
                .map(|answer| (answer.path.key.clone(), answer.value.clone()))
                .collect(),
        })
        .collect()
}

/// Needs stand in one question with several choices, the severity of need `X` in the question named
/// `<severity>_X`.
fn needs(answers: &Answers, key: &str, severity: Option<&str>) -> Vec<Need> {
    answers
        .value(&FieldPath::top(key))
        .split_whitespace()
        .filter(|code| !matches!(*code, "none" | "dk" | "ref"))
        .map(|code| {
            let severity = severity.and_then(|prefix| {
                answers.value(&FieldPath::top(format!("{prefix}_{code}"))).parse().ok()
            });
            Need { code: code.to_owned(), severity }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn what_a_form_is_about_follows_from_its_workbook() {
        use SubjectKind::{Child, Household, Other};
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], SubjectKind);
        let cases: [Case<'_>; 10] = [
            ("", &[], Other),
            ("household", &[], Household),
            ("Child", &[], Child),
            ("provider", &[], Other),
            ("other", &[("households", "")], Other),
            ("", &[("households", "")], Household),
            ("", &[("Children", "")], Child),
            ("", &[("trees", "")], Other),
            ("", &[("children", "${members}")], Other),
            ("", &[("children", "${members}"), ("household", "")], Household),
        ];
        for (told, lists, expected) in cases {
            let mut form = Form::default();
            form.settings.insert(setting::SUBJECT.to_owned(), told.to_owned());
            for (list, repeat) in lists {
                let cells = [("list_name", *list), ("repeat", *repeat)];
                let cells = cells.map(|(name, text)| (name.to_owned(), text.to_owned()));
                form.entities.push(BTreeMap::from(cells));
            }
            assert_eq!(subject(&form), expected, "{told} {lists:?}");
        }
        assert_eq!(subject(&Form::default()), Other, "without the setting");
    }
}
