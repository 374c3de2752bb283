//! A household's roster, as its page and the child survey see it.

use crate::device::Device;
use crate::error::DraftError;
use shared::id::RecordId;
use shared::project::{Member, setting};
use shared::record::FieldPath;
use shared::record::answer::{Answers, LEFT};
use std::collections::BTreeMap;

/// A member of a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// The item in the roster.
    pub item: String,
    /// First and last name; blank while unknown.
    pub name: String,
    /// Age in completed years, when known.
    pub age: Option<i64>,
    /// The code of the relation to the head of the household.
    pub relation: String,
    /// Whether a colleague or this worker removed the row.
    pub removed: bool,
    /// Why a removed one has left the household; blank when the row was only removed.
    pub left: String,
}

impl MemberView {
    /// Reads a member of the roster.
    pub fn of(member: &Member) -> Self {
        let name = [member.answer("m_first"), member.answer("m_last")].join(" ").trim().to_owned();
        let age = ["m_age_years", "m_age"].iter().find_map(|key| member.answer(key).parse().ok());
        Self {
            item: member.item.clone(),
            name,
            age,
            relation: member.answer("m_rel").to_owned(),
            removed: member.removed,
            left: if member.removed { member.answer(LEFT).to_owned() } else { String::new() },
        }
    }

    /// Whether a child survey belongs to this member. Unknown age counts as no: the page asks for
    /// the age first.
    pub fn is_child(&self) -> bool {
        self.age.is_some_and(|age| age < 18)
    }
}

impl Device {
    /// The needs that a household's answers show by the form's rules, in words of `language`.
    pub async fn needs(
        &self,
        household: RecordId,
        language: &str,
    ) -> Result<Vec<String>, DraftError> {
        let (_, answers) = self.roster(household).await?;
        let form_id = self.row(household).map(|row| row.form_id).unwrap_or_default();
        let Some(form) = self.current_form(&form_id).map(|info| info.form) else {
            return Ok(Vec::new());
        };
        let Some(key) = form.settings.get(setting::NEEDS) else { return Ok(Vec::new()) };
        let list = form.by_key(key).and_then(|id| match &form.node(id).choices {
            form::model::Choices::List(name) => form.lists.get(name),
            _ => None,
        });
        let found = answers.value(&FieldPath::top(key)).split_whitespace();
        let words = found.map(|code| {
            let item = list.and_then(|list| list.items.iter().find(|item| item.name == code));
            item.map_or(code, |item| {
                form::model::pick(&item.label, language, &form.default_language)
            })
            .to_owned()
        });
        Ok(words.collect())
    }
}

/// The instance `roster` that the household's other forms read: one row per member, with the answers
/// of the roster under their names without the prefix `m_`, and the item's id as `name`. Who was removed
/// stands in it only for the survey about that member (`about`), which would lose its name and age.
pub fn roster_instance(
    members: &[Member],
    household: &Answers,
    about: &str,
) -> Vec<BTreeMap<String, String>> {
    let phone = household.value(&FieldPath::top("phone"));
    members
        .iter()
        .filter(|member| !member.removed || member.item == about)
        .map(|member| {
            let mut row = form::order::map(member.answers.iter().map(|(key, value)| {
                (key.strip_prefix("m_").unwrap_or(key).to_owned(), value.clone())
            }));
            let view = MemberView::of(member);
            row.entry("label".into()).or_insert_with(|| view.name.clone());
            row.insert("name".into(), member.item.clone());
            row.insert("phone".into(), phone.to_owned());
            row
        })
        .collect()
}
