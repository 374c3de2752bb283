//! What the server in memory sends to a device.

use super::{Enrolled, Server, Tickets};
use crate::backend::Backend;
use shared::id::{DeviceId, FormVersionId, RecordId};
use shared::sync::message::{
    Directory, DocumentChanges, PublishedForm, Settled, SyncRequest, SyncResponse,
};
use std::collections::BTreeSet;

impl Server {
    pub(super) fn pull(
        &mut self,
        device: DeviceId,
        enrolled: &Enrolled,
        request: &SyncRequest,
        pushed: &BTreeSet<RecordId>,
        (protocol, accepted): (u16, bool),
    ) -> SyncResponse {
        let version = self.directory(enrolled).version;
        let other_epoch = request.epoch.is_some_and(|known| known != self.epoch);
        let other_area =
            request.directory_version != 0 && request.directory_version >> 32 != version >> 32;
        let after =
            if other_epoch || other_area { 0 } else { request.cursor.min(self.database.seq) };
        // With another ticket than the last, somebody else may have used this database's name, or a
        // response was lost: then the device is sent what came under its own name as well.
        let exact = protocol < 2
            || self
                .database
                .tickets
                .get(&(device, request.store))
                .is_none_or(|of| request.ticket == Some(of.last));
        let mut due: Vec<(u64, u64)> = Vec::new();
        for (seq, change) in &self.database.log {
            if !self.inside(device, change.record) {
                continue;
            }
            let place = &self.database.places[&change.record];
            let mine =
                place.assigned.filter(|(to, _)| self.is_same(device, *to)).map_or(0, |(_, at)| at);
            let at = match enrolled.villages.is_empty() {
                true => *seq,
                false => (*seq).max(place.placed).max(mine),
            };
            let own =
                change.device == device && change.store == request.store && !other_area && exact;
            // The device may hold a record that moved since for one that leaves.
            let moved = place.moved.iter().any(|at| at > seq);
            if at > after && !(own && *seq > after && mine < *seq && !moved) {
                due.push((at, *seq));
            }
        }
        due.sort_unstable();
        // Whole numbers only: what counts from one place arrives together.
        let mut taken = due.len().min(self.pull_limit);
        while taken < due.len() && taken > 0 && due[taken].0 == due[taken - 1].0 {
            taken += 1;
        }
        let more = taken < due.len();
        let cursor = if more { due[taken - 1].0 } else { self.database.seq };
        let mut pull: Vec<DocumentChanges> = Vec::new();
        for (_, seq) in &due[..taken] {
            let change = &self.database.log[seq];
            let same =
                |of: &DocumentChanges| of.record == change.record && of.audience == change.audience;
            let at = pull.iter().position(same).unwrap_or_else(|| {
                let (record, audience) = (change.record, change.audience);
                pull.push(DocumentChanges { record, audience, changes: vec![] });
                pull.len() - 1
            });
            pull[at].changes.push(change.bytes.clone().into());
        }
        let current = self.forms[self.current].0;
        let wanted = |(of, _): &&(FormVersionId, Vec<u8>)| {
            (*of == current || request.cursor == 0) && !request.forms.contains(of)
        };
        let forms = self.forms.iter().filter(wanted);
        let forms = forms.map(|(version, compiled)| PublishedForm {
            version: *version,
            compiled: compiled.clone().into(),
        });
        let mut response = SyncResponse {
            protocol,
            epoch: self.epoch,
            cursor,
            more,
            pull,
            forms: forms.collect(),
            directory: (request.directory_version != version).then(|| self.directory(enrolled)),
            ..SyncResponse::default()
        };
        if protocol >= 2 {
            let decided = self.database.wedged.iter().filter(|(_, wedged)| {
                let mut names = enrolled.former.iter().chain([&device]);
                names.any(|name| wedged.senders.contains(name))
                    && wedged.decided.is_some_and(|at| at > after && at <= cursor)
            });
            let decided: Vec<_> = decided.collect();
            // A record that only a held change brought to the phone was never said to have left.
            let held: BTreeSet<RecordId> = decided.iter().map(|(_, of)| of.record).collect();
            let moved = self.database.places.iter().filter(|(record, place)| {
                pushed.contains(record)
                    || held.contains(record)
                    || place.moved.iter().any(|at| *at > after && *at <= cursor)
            });
            let left: Vec<RecordId> =
                moved.map(|(record, _)| *record).filter(|of| !self.inside(device, *of)).collect();
            response.left = (!left.is_empty()).then_some(left);
            response.scope = other_area.then(|| self.scope(device).into_iter().collect());
            let settled: Vec<Settled> = decided
                .into_iter()
                .map(|(hash, wedged)| Settled {
                    hash: *hash,
                    taken: !wedged.discarded,
                    as_it_was: !wedged.discarded,
                    reason: String::new(),
                })
                .collect();
            response.settled = (!settled.is_empty()).then_some(settled);
            let (ticket, behind, renew) = self.ticket(device, request, other_epoch, accepted);
            response.ticket = if more && !exact { behind } else { Some(ticket) };
            response.renew = renew.then_some(true);
        }
        response
    }

    pub(super) fn directory(&self, enrolled: &Enrolled) -> Directory {
        Directory {
            version: ((enrolled.scope_version + 1) << 32) | (self.current as u64 + 1),
            current_forms: vec![self.forms[self.current].0],
            municipality: "გარდაბანი".into(),
            places: enrolled.villages.clone(),
            ..Directory::default()
        }
    }

    fn ticket(
        &mut self,
        device: DeviceId,
        request: &SyncRequest,
        anew: bool,
        accepted: bool,
    ) -> (u64, Option<u64>, bool) {
        let key = (device, request.store);
        let session = request.session.as_ref().map_or(Vec::new(), |session| session.to_vec());
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let next = self.random >> 1;
        let known = self.database.tickets.contains_key(&key) && !anew;
        let of = self.database.tickets.entry(key).or_default();
        if known {
            let same_start = !session.is_empty() && session == of.session;
            let stale =
                request.ticket != Some(of.last) && request.ticket != of.before && !same_start;
            of.copied |= stale || (session == of.session_before && session != of.session);
        } else {
            let copied = of.copied;
            *of = Tickets { session: session.clone(), copied, ..Tickets::default() };
        }
        if of.copied {
            return (of.last, of.before, true);
        }
        if session != of.session {
            of.session_before = std::mem::replace(&mut of.session, session);
        }
        if !known || request.ticket == Some(of.last) {
            (of.last, of.before) = (next, request.ticket);
        } else if accepted {
            // It came late, or from a copy, and brought something: whoever has the last ticket is sent it.
            (of.last, of.before) = (next, Some(of.last));
        }
        (of.last, of.before, false)
    }
}
