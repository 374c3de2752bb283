//! A household's roster, as its page and the child survey see it.

use shared::project::Member;
use shared::record::FieldPath;
use shared::record::answer::Answers;
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
        }
    }

    /// Whether a child survey belongs to this member. Unknown age counts as no: the page asks for
    /// the age first.
    pub fn is_child(&self) -> bool {
        self.age.is_some_and(|age| age < 18)
    }
}

/// The instance `roster` that the household's other forms read: one row per member, with the answers
/// of the roster under their names without the prefix `m_`, and the item's id as `name`.
pub fn roster_instance(members: &[Member], household: &Answers) -> Vec<BTreeMap<String, String>> {
    let phone = household.value(&FieldPath::top("phone"));
    members
        .iter()
        .filter(|member| !member.removed)
        .map(|member| {
            let mut row: BTreeMap<String, String> = member
                .answers
                .iter()
                .map(|(key, value)| {
                    (key.strip_prefix("m_").unwrap_or(key).to_owned(), value.clone())
                })
                .collect();
            let view = MemberView::of(member);
            row.entry("label".into()).or_insert_with(|| view.name.clone());
            row.insert("name".into(), member.item.clone());
            row.insert("phone".into(), phone.to_owned());
            row
        })
        .collect()
}
