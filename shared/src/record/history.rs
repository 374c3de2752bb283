//! Who changed what, when: the document's changes as field-level steps.

mod news;
mod replay;

pub use news::News;

use super::FieldPath;
use super::document::{
    ANSWERS, Actor, Document, ID, ITEM, OPTION, ORDER, REMOVED, REVIEW, lexical,
};
use crate::id::{ChangeHash, DeviceId};
use automerge::{ObjId, PatchAction, Prop, ReadDoc, Value};
use minicbor::{Decode, Encode};

/// One change of the document, made by one device at one time.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct HistoryStep {
    /// The change.
    #[n(0)]
    pub hash: ChangeHash,
    /// The device; `None` when the actor is no device's.
    #[n(1)]
    pub device: Option<DeviceId>,
    /// By the device's clock, in Unix seconds.
    #[n(2)]
    pub at: i64,
    /// The form version under which it was made; blank when unknown.
    #[n(3)]
    pub form_version: String,
    /// Whether another change was made without knowledge of this one, nor this one of it.
    #[n(4)]
    pub parallel: bool,
    /// What it altered.
    #[n(5)]
    pub fields: Vec<FieldStep>,
}

/// What one change did to one field.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FieldStep {
    /// Which part of the document.
    #[n(0)]
    pub part: Part,
    /// The field; for items the repeat and the item, with a blank key.
    #[n(1)]
    #[cbor(with = "crate::record::path::parts")]
    pub path: FieldPath,
    /// The value before, blank when there was none.
    #[n(2)]
    pub before: String,
    /// The value after, blank when it was removed.
    #[n(3)]
    pub after: String,
}

/// A part of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Part {
    /// An answer.
    #[n(0)]
    Answer,
    /// One option of a question with several: `before` and `after` are the option or blank.
    #[n(1)]
    Option,
    /// A repeat item: added, removed or restored.
    #[n(2)]
    Item,
    /// The header.
    #[n(3)]
    Header,
    /// The review.
    #[n(4)]
    Review,
}

impl Document {
    /// The steps, in an order in which each follows those it knew of.
    pub fn history(&mut self) -> Vec<HistoryStep> {
        let changes = self.doc.get_changes(&[]);
        let parallel = parallel_changes(&changes);
        changes
            .iter()
            .zip(parallel)
            .map(|(change, parallel)| {
                let deps = change.deps().to_vec();
                let patches = self.doc.diff(&deps, &[change.hash()]);
                let fields = self.steps(&deps, &[change.hash()], &patches);
                HistoryStep {
                    hash: ChangeHash(change.hash().0),
                    device: Actor::device_of(change.actor_id()),
                    at: change.timestamp(),
                    form_version: change.message().unwrap_or_default().to_owned(),
                    parallel,
                    fields,
                }
            })
            .collect()
    }

    /// What became of answers and items since the document was at these heads: one step for each field,
    /// however often it was altered, none when it is as it was. Fields that only compete with the answer
    /// shown are left out; [`Self::two_answers`] has them. Nothing, while it does not have these heads.
    pub fn altered_since(&mut self, heads: &[ChangeHash]) -> Vec<FieldStep> {
        if !heads.iter().all(|head| self.contains(*head)) {
            return Vec::new();
        }
        let before: Vec<_> = heads.iter().map(|hash| automerge::ChangeHash(hash.0)).collect();
        let now = self.doc.get_heads();
        if before == now {
            return Vec::new();
        }
        let mut fields = self.between(&before, &now);
        fields.retain(|field| matches!(field.part, Part::Answer | Part::Option | Part::Item));
        fields
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn between(
        &mut self,
        before: &[automerge::ChangeHash],
        now: &[automerge::ChangeHash],
    ) -> Vec<FieldStep> {
        let patches = self.doc.diff(before, now);
        self.steps(before, now, &patches)
    }

    /// A phone does without Automerge's comparison of versions: see [`replay`].
    #[cfg(target_arch = "wasm32")]
    fn between(
        &mut self,
        before: &[automerge::ChangeHash],
        _now: &[automerge::ChangeHash],
    ) -> Vec<FieldStep> {
        self.replayed_since(before)
    }

    /// For tests: what a phone makes of [`Self::altered_since`].
    #[doc(hidden)]
    pub fn altered_since_on_a_phone(&mut self, heads: &[ChangeHash]) -> Vec<FieldStep> {
        let heads: Vec<_> = heads.iter().map(|hash| automerge::ChangeHash(hash.0)).collect();
        let mut fields = self.replayed_since(&heads);
        fields.retain(|field| matches!(field.part, Part::Answer | Part::Option | Part::Item));
        fields
    }

    fn steps(
        &self,
        before: &[automerge::ChangeHash],
        after: &[automerge::ChangeHash],
        patches: &[automerge::Patch],
    ) -> Vec<FieldStep> {
        let steps = patches.iter().filter_map(|patch| self.step(before, after, patch));
        let mut fields: Vec<FieldStep> = steps.collect();
        fields.dedup_by(|a, b| a.part == b.part && a.path == b.path && a.after == b.after);
        fields
    }

    fn step(
        &self,
        before: &[automerge::ChangeHash],
        after: &[automerge::ChangeHash],
        patch: &automerge::Patch,
    ) -> Option<FieldStep> {
        let mut keys: Vec<&str> = patch
            .path
            .iter()
            .filter_map(|(_, prop)| match prop {
                Prop::Map(key) => Some(key.as_str()),
                Prop::Seq(_) => None,
            })
            .collect();
        let (object, key) = match &patch.action {
            PatchAction::PutMap { key, .. } | PatchAction::DeleteMap { key } => {
                (patch.obj.clone(), key.clone())
            }
            PatchAction::SpliceText { .. } | PatchAction::DeleteSeq { .. } => {
                (patch.path.last()?.0.clone(), keys.pop()?.to_owned())
            }
            _ => return None,
        };
        let (part, path) = locate(self.audience(), &keys, &key)?;
        let old = self.value_at(&object, &key, before);
        let new = self.value_at(&object, &key, after);
        let (before, after) = match part {
            Part::Option => {
                let option = key.split_once(OPTION)?.1;
                let mark =
                    |present: String| if present.is_empty() { "" } else { option }.to_owned();
                (mark(old), mark(new))
            }
            Part::Item if key == REMOVED => (old, new),
            Part::Item => (String::new(), "added".into()),
            _ => (old, new),
        };
        (before != after).then_some(FieldStep { part, path, before, after })
    }

    fn value_at(&self, object: &ObjId, key: &str, heads: &[automerge::ChangeHash]) -> String {
        if heads.is_empty() {
            return String::new();
        }
        match self.doc.get_at(object, key, heads) {
            Ok(Some((Value::Object(_), id))) => self.doc.text_at(&id, heads).unwrap_or_default(),
            Ok(Some((value, id))) => lexical(&self.doc, &value, &id),
            _ => String::new(),
        }
    }
}

/// Which part of the document a key lies in, given the keys of the maps around it.
fn locate(audience: super::Audience, around: &[&str], key: &str) -> Option<(Part, FieldPath)> {
    if key == ORDER || key == ID {
        return None;
    }
    if audience == super::Audience::Protection {
        return answer(audience, &[], key);
    }
    let Some((top, inner)) = around.split_first() else {
        let header = key != ANSWERS && key != REVIEW;
        return header.then(|| (Part::Header, FieldPath::top(key)));
    };
    if *top == REVIEW {
        return Some((Part::Review, FieldPath::top(key)));
    }
    let mut items: Vec<(String, String)> = inner
        .iter()
        .filter_map(|name| name.split_once(ITEM))
        .map(|(repeat, item)| (repeat.to_owned(), item.to_owned()))
        .collect();
    if key == REMOVED {
        return Some((Part::Item, FieldPath { items, key: String::new() }));
    }
    if let Some((repeat, item)) = key.split_once(ITEM) {
        items.push((repeat.to_owned(), item.to_owned()));
        return Some((Part::Item, FieldPath { items, key: String::new() }));
    }
    answer(audience, &items, key)
}

fn answer(
    audience: super::Audience,
    items: &[(String, String)],
    key: &str,
) -> Option<(Part, FieldPath)> {
    let (part, name) = match key.split_once(OPTION) {
        Some((question, _)) => (Part::Option, question),
        None => (Part::Answer, key),
    };
    super::document::path_of(audience, items, name).map(|path| (part, path))
}

/// For each change whether some other is neither among its ancestors nor among its descendants.
fn parallel_changes(changes: &[automerge::Change]) -> Vec<bool> {
    let index: std::collections::BTreeMap<_, _> =
        changes.iter().enumerate().map(|(at, change)| (change.hash(), at)).collect();
    let count = changes.len();
    // knows[a * count + b]: change a depends, directly or not, on change b.
    let mut knows = vec![false; count * count];
    for (at, change) in changes.iter().enumerate() {
        for dep in change.deps().iter().filter_map(|hash| index.get(hash)) {
            knows[at * count + dep] = true;
            for other in 0..count {
                if knows[dep * count + other] {
                    knows[at * count + other] = true;
                }
            }
        }
    }
    (0..count)
        .map(|a| (0..count).any(|b| a != b && !knows[a * count + b] && !knows[b * count + a]))
        .collect()
}
