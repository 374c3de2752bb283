//! Changes in the order in which the server can take them: each after those that it builds on. What is
//! queued anew, after a restore or because the server lacks it, stands behind what builds on it.

use form::order;
use shared::id::{ChangeHash, RecordId};
use shared::record::Audience;
use shared::record::document::{change_dependencies, change_hash};
use shared::sync::engine::Unsent;
use std::collections::BTreeMap;

/// The same changes; those of one document change places among themselves. Only what is asked for is looked into:
/// a request takes the beginning of a queue that may be long.
pub(super) fn in_sequence(unsent: &[Unsent]) -> InSequence<'_> {
    let mut documents: BTreeMap<(RecordId, Audience), Slots> = BTreeMap::new();
    for (at, change) in unsent.iter().enumerate() {
        documents.entry((change.record, change.audience)).or_default().places.push(at);
    }
    InSequence { unsent, documents, at: 0 }
}

/// The places of a document's changes in the queue, once ordered the last of all first.
#[derive(Default)]
struct Slots {
    places: Vec<usize>,
    ordered: bool,
}

/// Changes in the order in which they can be taken in.
pub(super) struct InSequence<'a> {
    unsent: &'a [Unsent],
    documents: BTreeMap<(RecordId, Audience), Slots>,
    at: usize,
}

impl<'a> Iterator for InSequence<'a> {
    type Item = &'a Unsent;

    fn next(&mut self) -> Option<&'a Unsent> {
        let slot = self.unsent.get(self.at)?;
        self.at += 1;
        let slots = self.documents.get_mut(&(slot.record, slot.audience))?;
        if !slots.ordered && slots.places.len() > 1 {
            slots.places = sorted(self.unsent, &slots.places);
            slots.places.reverse();
        }
        slots.ordered = true;
        self.unsent.get(slots.places.pop()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.unsent.len() - self.at;
        (left, Some(left))
    }
}

impl ExactSizeIterator for InSequence<'_> {}

fn sorted(unsent: &[Unsent], slots: &[usize]) -> Vec<usize> {
    let hashes = slots.iter().filter_map(|at| Some((change_hash(&unsent[*at].bytes)?, *at)));
    let hashes: BTreeMap<ChangeHash, usize> = order::map(hashes);
    let mut done = Vec::with_capacity(slots.len());
    let mut seen = order::set(std::iter::empty::<usize>());
    // Not by recursion: a document may have thousands of changes in one line.
    let mut stack: Vec<(usize, bool)> = Vec::new();
    for first in slots {
        stack.push((*first, false));
        while let Some((at, ready)) = stack.pop() {
            if ready {
                done.push(at);
            } else if seen.insert(at) {
                stack.push((at, true));
                let needs = change_dependencies(&unsent[at].bytes);
                stack.extend(needs.iter().filter_map(|hash| Some((*hashes.get(hash)?, false))));
            }
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::id::DeviceId;
    use shared::record::{Actor, Document, Edit};

    #[test]
    fn each_comes_after_what_it_builds_on() {
        let record = |number| RecordId([number; 16]);
        let actor = Actor { device: DeviceId([1; 8]), session: [1; 8] };
        let mut made = Vec::new();
        for number in 1..3 {
            let mut document = Document::create(record(number), "f", actor);
            for place in ["a", "b", "c", "d"] {
                let change = document.edit(&[Edit::header("place", place)], 0, "");
                let bytes = change.expect("an edit").expect("a change").bytes;
                let key = format!("{number}{place}");
                let audience = Audience::Main;
                made.push(Unsent { key, record: record(number), audience, bytes });
            }
        }
        let keys = |unsent: &[Unsent]| -> Vec<String> {
            in_sequence(unsent).map(|of| of.key.clone()).collect()
        };
        let as_made: Vec<String> = made.iter().map(|of| of.key.clone()).collect();
        assert_eq!(keys(&made), as_made);
        let mixed: Vec<Unsent> = [7, 3, 1, 5, 0, 2, 6].map(|at| made[at].clone()).to_vec();
        assert_eq!(keys(&mixed), ["2b", "1a", "1b", "2c", "1c", "1d", "2d"]);
    }
}
