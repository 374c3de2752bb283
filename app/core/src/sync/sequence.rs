//! Changes in the order in which the server can take them: each after those that it builds on. What is
//! queued anew, after a restore or because the server lacks it, stands behind what builds on it.

use form::order;
use shared::id::{ChangeHash, RecordId};
use shared::record::Audience;
use shared::record::document::{change_dependencies, change_hash};
use shared::sync::engine::Unsent;
use std::collections::BTreeMap;

/// The same changes; those of one document change places among themselves.
pub(super) fn in_sequence(unsent: &[Unsent]) -> Vec<Unsent> {
    let mut documents: BTreeMap<(RecordId, Audience), Vec<usize>> = BTreeMap::new();
    for (at, change) in unsent.iter().enumerate() {
        documents.entry((change.record, change.audience)).or_default().push(at);
    }
    let mut places: Vec<usize> = (0..unsent.len()).collect();
    for slots in documents.values().filter(|slots| slots.len() > 1) {
        for (slot, from) in slots.iter().zip(sorted(unsent, slots)) {
            places[*slot] = from;
        }
    }
    places.into_iter().filter_map(|from| unsent.get(from).cloned()).collect()
}

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
        let keys = |unsent: &[Unsent]| unsent.iter().map(|of| of.key.clone()).collect::<Vec<_>>();
        assert_eq!(keys(&in_sequence(&made)), keys(&made));
        let mixed: Vec<Unsent> = [7, 3, 1, 5, 0, 2, 6].map(|at| made[at].clone()).to_vec();
        assert_eq!(keys(&in_sequence(&mixed)), ["2b", "1a", "1b", "2c", "1c", "1d", "2d"]);
    }
}
