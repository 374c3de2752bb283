//! A merged record as rows.

use super::Author;
use super::context::Context;
use super::merge::MergedRecord;
use crate::check::{self, Roster};
use crate::fold::fold;
use crate::store::{ProjectedMember, ProjectedRecord};
use form::model::Form;
use serde_json::{Map, Value, json};
use shared::project::{Member, Projection, project};
use shared::record::answer::Answers;
use shared::record::{Audience, RecordState};
use std::sync::Arc;
use uuid::Uuid;

/// The rows of one record; `None` when its main document is missing.
pub fn row(
    record: &mut MergedRecord,
    context: &Context,
    author: Author,
    seq: i64,
) -> Option<ProjectedRecord> {
    let id = record.id;
    let version = context.version_of(record);
    let form = context.form(version);
    let times: Vec<i64> = record
        .documents
        .values()
        .flat_map(|document| document.accepted.iter().map(|change| change.at))
        // The companion's common first change has no time.
        .filter(|at| *at > 0)
        .collect();
    let mut main = record.documents.remove(&Audience::Main)?;
    let mut companion = record.documents.remove(&Audience::Protection);
    let mut answers = vec![(Audience::Main as i16, answers_json(&main.document.answers()))];
    if let Some(companion) = &companion {
        let value = answers_json(&companion.document.answers());
        answers.push((Audience::Protection as i16, value));
    }
    let protection = companion.as_mut().map(|companion| &mut companion.document);
    let projection = project(&mut main.document, protection, form.map(Arc::as_ref));
    let problems = problems(&projection, form, context.check_with(id), context.now_ms);
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
    Some(ProjectedRecord {
        record_id: Uuid::from_bytes(id.0),
        search: format!("{} {id}", fold(&words.join(" "))),
        form_version: version.map_or_else(|| vec![0; 16], |version| version.0.to_vec()),
        kind: header.kind.name().to_owned(),
        household_id: header.household.map(|household| Uuid::from_bytes(household.0)),
        member_item: (!header.member.is_empty()).then(|| storable(&header.member, SHORT)),
        title: storable(&header.title, LONG),
        village: storable(&header.place, SHORT),
        form_id: storable(&header.form_id, SHORT),
        finished: header.state == RecordState::Finished,
        review_state: review.state.name().to_owned(),
        round: i32::try_from(header.round).unwrap_or(i32::MAX),
        two_answers: i32::try_from(two_answers.len()).unwrap_or(i32::MAX),
        problems: i32::try_from(problems.len()).unwrap_or(i32::MAX),
        risk: risk.and_then(|risk| i32::try_from(risk).ok()),
        author_id: Some(author.user),
        device_id: Some(author.device.0.to_vec()),
        started_at_ms: times.iter().min().map_or(0, |at| at.saturating_mul(1000)),
        updated_at_ms: times.iter().max().map_or(0, |at| at.saturating_mul(1000)),
        seq,
        answers,
        problem_list: Value::Array(problems),
        members,
        needs: needs
            .into_iter()
            .map(|need| {
                (
                    storable(&need.code, SHORT),
                    need.severity.and_then(|level| i32::try_from(level).ok()),
                )
            })
            .collect(),
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
fn storable(text: &str, longest: usize) -> String {
    let mut clean: String = text.chars().filter(|letter| *letter != '\0').collect();
    if clean.len() > longest {
        clean.truncate(clean.floor_char_boundary(longest));
    }
    clean
}

fn member(member: &Member) -> ProjectedMember {
    let name = [member.answer("m_first"), member.answer("m_last")].join(" ");
    let answers: Map<String, Value> = member
        .answers
        .iter()
        .map(|(key, value)| (storable(key, LONG), json!(storable(value, usize::MAX))))
        .collect();
    ProjectedMember {
        item_id: member.item.clone(),
        position: i32::try_from(member.position).unwrap_or(i32::MAX),
        name: storable(name.trim(), LONG),
        removed: member.removed,
        answers: Value::Object(answers),
    }
}

/// Answers as one object: question key → value, repeat key → item id → the item's answers. Removed
/// items are left out.
pub fn answers_json(answers: &Answers) -> Value {
    let mut root = Map::new();
    for answer in &answers.answers {
        if answers.is_removed(&answer.path) {
            continue;
        }
        if let Some(map) = place(&mut root, &answer.path.items) {
            map.insert(
                storable(&answer.path.key, LONG),
                json!(storable(&answer.value, usize::MAX)),
            );
        }
    }
    Value::Object(root)
}

/// The object of the innermost item; `None` when a question has the name of a repeat.
fn place<'a>(
    map: &'a mut Map<String, Value>,
    items: &[(String, String)],
) -> Option<&'a mut Map<String, Value>> {
    match items.split_first() {
        None => Some(map),
        Some(((repeat, item), rest)) => {
            place(inner(inner(map, &storable(repeat, LONG))?, &storable(item, LONG))?, rest)
        }
    }
}

fn inner<'a>(map: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    map.entry(key).or_insert_with(|| json!({})).as_object_mut()
}
