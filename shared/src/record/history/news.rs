//! What others altered since somebody last looked.

use super::Part;
use crate::id::{ChangeHash, DeviceId};
use crate::record::FieldPath;
use crate::record::document::{Actor, Document};
use minicbor::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// An answer, or an item of a repeat, that somebody else altered.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct News {
    /// Where; of an item with a blank key.
    #[n(0)]
    #[cbor(with = "crate::record::path::parts")]
    pub path: FieldPath,
    /// The device.
    #[n(1)]
    pub device: DeviceId,
    /// When, by that device's clock, in Unix seconds.
    #[n(2)]
    pub at: i64,
}

impl Document {
    /// What others altered since the document was at these heads: the last alteration of each answer and
    /// item, where it is not one's own. `own` tells whose devices are meant. Nothing, while the document
    /// does not have these heads.
    pub fn news_since(
        &mut self,
        heads: &[ChangeHash],
        own: impl Fn(DeviceId) -> bool,
    ) -> Vec<News> {
        if heads.is_empty() || !heads.iter().all(|head| self.contains(*head)) {
            return Vec::new();
        }
        let known: Vec<_> = heads.iter().map(|hash| automerge::ChangeHash(hash.0)).collect();
        let new = self.doc.get_changes(&known);
        let device = |change: &automerge::Change| Actor::device_of(change.actor_id());
        if new.iter().all(|change| device(change).is_none_or(&own)) {
            return Vec::new();
        }
        let made: BTreeMap<ChangeHash, (Option<DeviceId>, i64)> = form::order::map(
            new.iter()
                .map(|change| (ChangeHash(change.hash().0), (device(change), change.timestamp()))),
        );
        let hashes: BTreeSet<ChangeHash> = made.keys().copied().collect();
        let mut last: BTreeMap<FieldPath, (Option<DeviceId>, i64)> = BTreeMap::new();
        for (hash, fields) in self.fields_of(&hashes) {
            for field in fields {
                if matches!(field.part, Part::Answer | Part::Option | Part::Item) {
                    last.insert(field.path, made[&hash]);
                }
            }
        }
        let others = last.into_iter().filter_map(|(path, (device, at))| {
            let device = device.filter(|device| !own(*device))?;
            Some(News { path, device, at })
        });
        others.collect()
    }
}
