//! A merged record as rows.

use crate::check::{self, Roster};
use crate::fold::fold;
use crate::store::{ProjectedMember, ProjectedNeed, ProjectedRecord};
use form::model::Form;
use serde::Serialize;
use serde_json::Value;
use shared::id::{FormVersionId, RecordId};
use shared::project::{Member, Projection, project_answers};
use shared::record::answer::Answers;
use shared::record::{Audience, Document, RecordState};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rows of one record; `None` when its main document is missing. With a roster it is checked against
/// its form, without one it is not. `times` are those of its first and last new change.
pub fn row(
    record: RecordId,
    documents: &mut BTreeMap<Audience, Document>,
    version: Option<FormVersionId>,
    form: Option<&Arc<Form>>,
    roster: Option<Roster>,
    times: (i64, i64),
    now_ms: i64,
) -> Option<ProjectedRecord> {
    let mut main = documents.remove(&Audience::Main)?;
    let mut companion = documents.remove(&Audience::Protection);
    let read = (main.answers(), companion.as_ref().map(Document::answers));
    let mut answers = vec![(Audience::Main as i16, answers_json(&read.0))];
    if let Some(read) = &read.1 {
        answers.push((Audience::Protection as i16, answers_json(read)));
    }
    let form_of_record = form.map(Arc::as_ref);
    let projection = project_answers(&mut main, companion.as_mut(), read, form_of_record);
    let problems = problems(&projection, form, roster, now_ms);
    let members: Vec<ProjectedMember> = projection
        .members
        .iter()
        // A longer id is nobody's: the phone draws ten letters and digits.
        .filter(|member| member.item.len() <= SHORT && !member.item.contains('\0'))
        .map(member)
        .collect();
    let Projection { header, review, two_answers, needs, risk, .. } = projection;
    let mut words = vec![header.title.as_str(), header.place.as_str()];
    words.extend(members.iter().map(|member| member.name.as_str()));
    let needs = needs.into_iter().map(|need| ProjectedNeed {
        code: storable(&need.code, SHORT).into_owned(),
        severity: need.severity.and_then(|level| i32::try_from(level).ok()),
    });
    Some(ProjectedRecord {
        record_id: record,
        search: format!("{} {record}", fold(&words.join(" "))),
        form_version: version.unwrap_or(FormVersionId([0; 16])),
        kind: header.kind.name().to_owned(),
        household_id: header.household,
        member_item: (!header.member.is_empty())
            .then(|| storable(&header.member, SHORT).into_owned()),
        title: storable(&header.title, LONG).into_owned(),
        village: storable(&header.place, SHORT).into_owned(),
        form_id: storable(&header.form_id, SHORT).into_owned(),
        finished: header.state == RecordState::Finished,
        review_state: review.state.name().to_owned(),
        round: i32::try_from(header.round).unwrap_or(i32::MAX),
        two_answers: i32::try_from(two_answers.len()).unwrap_or(i32::MAX),
        problems: i32::try_from(problems.len()).unwrap_or(i32::MAX),
        risk: risk.and_then(|risk| i32::try_from(risk).ok()),
        started_at_ms: times.0,
        updated_at_ms: times.1,
        seq: 0,
        answers,
        problem_list: Value::Array(problems).to_string(),
        members,
        needs: needs.collect(),
    })
}

/// What is wrong with a finished record that has to be checked.
fn problems(
    projection: &Projection,
    form: Option<&Arc<Form>>,
    roster: Option<Roster>,
    now_ms: i64,
) -> Vec<Value> {
    match (form, roster) {
        (Some(form), Some(roster)) if projection.header.state == RecordState::Finished => {
            let mut session = check::session(form, &projection.answers, roster, now_ms);
            check::problems(&mut session)
        }
        _ => Vec::new(),
    }
}

/// The longest code: longer ones would not fit into an index.
const SHORT: usize = 200;
/// The longest text of a list.
const LONG: usize = 1000;

/// A text that Postgres takes: no NUL character, at most `longest` bytes. What a device sends must not
/// be able to stop its own sync; the document keeps the text as it came.
fn storable(text: &str, longest: usize) -> Cow<'_, str> {
    if !text.as_bytes().contains(&0) && text.len() <= longest {
        return Cow::Borrowed(text);
    }
    let mut clean: String = text.chars().filter(|letter| *letter != '\0').collect();
    if clean.len() > longest {
        clean.truncate(clean.floor_char_boundary(longest));
    }
    Cow::Owned(clean)
}

/// JSON that is on its way to being text.
#[derive(Serialize)]
#[serde(untagged)]
enum Node<'a> {
    Text(Cow<'a, str>),
    Object(Object<'a>),
}

type Object<'a> = BTreeMap<Cow<'a, str>, Node<'a>>;

fn text(object: &Object<'_>) -> String {
    // Texts under texts: nothing of it can fail.
    serde_json::to_string(object).unwrap_or_default()
}

fn member(member: &Member) -> ProjectedMember {
    let name = [member.answer("m_first"), member.answer("m_last")].join(" ");
    let answers: Object<'_> = member
        .answers
        .iter()
        .map(|(key, value)| (storable(key, LONG), Node::Text(storable(value, usize::MAX))))
        .collect();
    ProjectedMember {
        item_id: member.item.clone(),
        position: i32::try_from(member.position).unwrap_or(i32::MAX),
        name: storable(name.trim(), LONG).into_owned(),
        removed: member.removed,
        answers: text(&answers),
    }
}

/// Answers as one object: question key → value, repeat key → item id → the item's answers. Removed
/// items are left out.
fn answers_json(answers: &Answers) -> String {
    let mut root = Object::new();
    for answer in &answers.answers {
        if answers.is_removed(&answer.path) {
            continue;
        }
        if let Some(map) = place(&mut root, &answer.path.items) {
            let value = Node::Text(storable(&answer.value, usize::MAX));
            map.insert(storable(&answer.path.key, LONG), value);
        }
    }
    text(&root)
}

/// The object of the innermost item; `None` when a question has the name of a repeat.
fn place<'m, 'a>(
    map: &'m mut Object<'a>,
    items: &'a [(String, String)],
) -> Option<&'m mut Object<'a>> {
    match items.split_first() {
        None => Some(map),
        Some(((repeat, item), rest)) => {
            place(inner(inner(map, storable(repeat, LONG))?, storable(item, LONG))?, rest)
        }
    }
}

fn inner<'m, 'a>(map: &'m mut Object<'a>, key: Cow<'a, str>) -> Option<&'m mut Object<'a>> {
    match map.entry(key).or_insert_with(|| Node::Object(Object::new())) {
        Node::Object(object) => Some(object),
        Node::Text(_) => None,
    }
}
