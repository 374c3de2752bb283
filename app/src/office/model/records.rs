//! The inbox and the record page.

use serde::Deserialize;

use super::{Text, or_default};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct RecordPage {
    pub total: usize,
    pub page: usize,
    pub page_size: usize,
    pub items: Vec<Item>,
    pub counts: Counts,
}

/// How many records each filter would give.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub state: std::collections::BTreeMap<String, usize>,
    pub two_answers: usize,
    pub forms: Vec<FormCount>,
    pub villages: Vec<VillageCount>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct FormCount {
    pub form_id: String,
    #[serde(deserialize_with = "or_default")]
    pub title: Text,
    pub count: usize,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct VillageCount {
    #[serde(deserialize_with = "or_default")]
    pub village: String,
    #[serde(deserialize_with = "or_default")]
    pub label: Text,
    pub count: usize,
}

/// A photo or another file that a record names.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Attachment {
    pub path: String,
    pub name: String,
    pub hash: String,
    pub size: u64,
    pub media_type: String,
    /// `received`, `arriving` or `waiting`.
    pub state: String,
    pub received: u64,
    /// Whether a browser may show it in the page.
    pub shown: bool,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Attachments {
    pub attachments: Vec<Attachment>,
    pub waiting: usize,
}

/// One row of the inbox.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Item {
    pub id: String,
    pub form_id: String,
    #[serde(deserialize_with = "or_default")]
    pub form_title: Text,
    #[serde(deserialize_with = "or_default")]
    pub form_version: String,
    pub kind: String,
    #[serde(deserialize_with = "or_default")]
    pub title: String,
    /// The name of the household that a child survey belongs to.
    #[serde(deserialize_with = "or_default")]
    pub family: String,
    #[serde(deserialize_with = "or_default")]
    pub village: String,
    #[serde(deserialize_with = "or_default")]
    pub village_label: Text,
    #[serde(deserialize_with = "or_default")]
    pub state: String,
    pub two_answers: u32,
    #[serde(deserialize_with = "or_default")]
    pub author: Who,
    pub updated_at: i64,
    pub received_at: i64,
}

/// A person and the phone in their hand.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Who {
    #[serde(deserialize_with = "or_default")]
    pub user: String,
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub device_label: String,
    #[serde(deserialize_with = "or_default")]
    pub at: i64,
}

/// A record with its answers in the order of the form.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Detail {
    pub record: Item,
    pub household: Option<Item>,
    #[serde(deserialize_with = "or_default")]
    pub children: Vec<Item>,
    pub languages: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub default_language: String,
    pub nodes: Vec<Node>,
    #[serde(deserialize_with = "or_default")]
    pub review: Review,
    #[serde(deserialize_with = "or_default")]
    pub actions: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub problems: Vec<RuleProblem>,
    pub missing_parts: bool,
    /// What has become of the answers since the last decision.
    #[serde(deserialize_with = "or_default")]
    pub altered: Vec<Edit>,
    /// What there is to see of the record: goes back with a decision, which covers it and no more.
    #[serde(deserialize_with = "or_default")]
    pub seen: String,
    /// Whether the form has protection answers that this answer of the server leaves out.
    pub protection: bool,
}

impl Detail {
    pub fn can(&self, action: &str) -> bool {
        self.actions.iter().any(|each| each == action)
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeKind {
    Group,
    Repeat,
    Item,
    #[default]
    Question,
}

/// A question, or what holds questions together.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Node {
    #[serde(rename = "type")]
    pub kind: NodeKind,
    pub depth: usize,
    pub path: String,
    #[serde(deserialize_with = "or_default")]
    pub label: Text,
    #[serde(deserialize_with = "or_default")]
    pub question_type: String,
    pub relevant: bool,
    #[serde(deserialize_with = "or_default")]
    pub value: String,
    #[serde(deserialize_with = "or_default")]
    pub display: Text,
    pub by: Option<Who>,
    #[serde(deserialize_with = "or_default")]
    pub two_answers: Vec<Answer>,
    /// The choices of a question with two answers.
    #[serde(deserialize_with = "or_default")]
    pub choices: Vec<Choice>,
    #[serde(deserialize_with = "or_default")]
    pub sensitivity: String,
    pub calculated: bool,
    #[serde(deserialize_with = "or_default")]
    pub flag: String,
    /// The worker confirmed this unusual answer.
    pub confirmed: bool,
    /// Why it is right, in the worker's words.
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    /// Answered again since the office returned the record.
    pub fixed: bool,
    /// What the worker answers to the office's remark.
    #[serde(deserialize_with = "or_default")]
    pub reply: String,
    /// What workers think of two answers.
    #[serde(deserialize_with = "or_default")]
    pub opinions: Vec<Opinion>,
    /// Of an item: why it is in the household no longer.
    #[serde(deserialize_with = "or_default")]
    pub left: String,
}

/// What a worker thinks of a question with two answers.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Opinion {
    #[serde(deserialize_with = "or_default")]
    pub value: String,
    #[serde(deserialize_with = "or_default")]
    pub display: Text,
    /// Whether the worker knows at all.
    pub knows: bool,
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    #[serde(deserialize_with = "or_default")]
    pub by: Who,
}

/// A choice of a question, where the server names them.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Choice {
    pub value: String,
    #[serde(deserialize_with = "or_default")]
    pub label: Text,
}

/// One of two answers.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Answer {
    #[serde(deserialize_with = "or_default")]
    pub value: String,
    #[serde(deserialize_with = "or_default")]
    pub display: Text,
    #[serde(deserialize_with = "or_default")]
    pub by: Who,
    pub winner: bool,
}

/// What the office said.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Review {
    #[serde(deserialize_with = "or_default")]
    pub state: String,
    /// The last decision, whether it still holds or not.
    #[serde(deserialize_with = "or_default")]
    pub decided: String,
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    /// Who decided; blank when nobody did.
    #[serde(deserialize_with = "or_default")]
    pub by: String,
    #[serde(deserialize_with = "or_default")]
    pub at: i64,
    #[serde(deserialize_with = "or_default")]
    pub flags: Vec<Flag>,
    /// What the worker answers to the return as a whole.
    #[serde(deserialize_with = "or_default")]
    pub reply: String,
}

#[derive(Clone, Default, PartialEq, Deserialize, serde::Serialize)]
#[serde(default)]
pub struct Flag {
    pub path: String,
    #[serde(deserialize_with = "or_default")]
    pub text: String,
}

/// A rule of the form that the answers break.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct RuleProblem {
    #[serde(deserialize_with = "or_default")]
    pub path: String,
    #[serde(deserialize_with = "or_default")]
    pub message: Text,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct History {
    pub changes: Vec<Change>,
}

/// What one person saved at one time.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Change {
    pub at: i64,
    pub received_at: Option<i64>,
    #[serde(deserialize_with = "or_default")]
    pub who: Who,
    pub parallel: bool,
    #[serde(deserialize_with = "or_default")]
    pub edits: Vec<Edit>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Edit {
    /// What was altered: `answer`, `option`, `item`, `header`, `review`; or said: `opinion`, `reply`.
    #[serde(deserialize_with = "or_default")]
    pub part: String,
    #[serde(deserialize_with = "or_default")]
    pub path: String,
    #[serde(deserialize_with = "or_default")]
    pub label: Text,
    #[serde(deserialize_with = "or_default")]
    pub before: String,
    #[serde(deserialize_with = "or_default")]
    pub before_display: Text,
    #[serde(deserialize_with = "or_default")]
    pub value: String,
    #[serde(deserialize_with = "or_default")]
    pub display: Text,
}
