//! Records that are this worker's no longer leave the device, after everything unsent in them has.

use crate::device::Device;
use crate::error::DraftError;
use crate::keys;
use crate::ports::{StoreError, Table};
use form::order;
use minicbor::bytes::ByteVec;
use shared::id::RecordId;
use shared::sync::engine::Unsent;
use shared::sync::message::{DocumentChanges, SyncResponse};
use std::collections::BTreeSet;

impl Device {
    /// The records of a response that are not on the device.
    pub(super) fn absent(&self, pull: &[DocumentChanges]) -> BTreeSet<RecordId> {
        let records = pull.iter().map(|pulled| pulled.record);
        order::set(records.filter(|record| self.row(*record).is_none()))
    }

    /// A record that had left may come back while changes to it still wait, or are held: the server does not
    /// send those, and the documents here went with the record. They are part of it again.
    pub(super) async fn complete_returned(
        &self,
        absent: &BTreeSet<RecordId>,
        unsent: &[Unsent],
    ) -> Result<(), DraftError> {
        if absent.is_empty() {
            return Ok(());
        }
        let waiting = unsent.iter().map(|change| {
            let bytes = ByteVec::from(change.bytes.clone());
            (false, change.record, change.audience, bytes)
        });
        let held = self.held_rows().await?.into_iter();
        let held = held.map(|(_, held)| (true, held.record, held.audience, held.bytes));
        for (held, record, audience, bytes) in waiting.chain(held) {
            if !absent.contains(&record) || self.row(record).is_none() {
                continue;
            }
            self.receive_changes(&DocumentChanges { record, audience, changes: vec![bytes] })
                .await?;
            self.update_row(record, |row| match held {
                true => row.held += 1,
                false => row.unsent += 1,
            });
        }
        Ok(())
    }

    /// Marks what is out of scope by this response. `anew`: the server went back to a backup. It may have
    /// forgotten that a record left, and its list lacks the records that it lost; both are sent to it now, and
    /// it says of each whether it is in scope. `judged`: the records of the changes in the request that were taken
    /// in or refused for good; those among them that are out of scope are in the list of what left.
    pub(super) fn note_scope(
        &self,
        response: &SyncResponse,
        judged: &BTreeSet<RecordId>,
        anew: bool,
    ) {
        if anew {
            self.list_by_id().iter().for_each(|row| self.leave_scope(row.record, false));
        }
        let left = response.left.as_deref().unwrap_or_default();
        let back = order::set(response.pull.iter().map(|pulled| pulled.record));
        for record in left {
            self.leave_scope(*record, true);
        }
        if let Some(scope) = response.scope.as_ref().filter(|_| !anew) {
            let scope = order::set(scope.iter().copied());
            for row in self.list() {
                // What the server has never seen is not out of scope: it is new. Edits of what it has seen may
                // still come to nothing, and then no later answer names the record.
                let new = row.open_edits && row.heads == 0;
                let known = row.unsent == 0 && row.held == 0 && !new;
                let inside = scope.contains(&row.record) || back.contains(&row.record);
                if inside || known || row.leaving {
                    self.leave_scope(row.record, !inside);
                }
            }
        }
        // An earlier list may have lacked a record only because nothing of it was taken in by then.
        let left = order::set(left.iter().copied());
        judged.difference(&left).for_each(|record| self.leave_scope(*record, false));
    }

    fn leave_scope(&self, record: RecordId, leaving: bool) {
        if self.row(record).is_some_and(|row| row.leaving != leaving) {
            self.update_row(record, |row| row.leaving = leaving);
        }
    }

    /// Removes the records that leave and hold nothing that the server lacks. What was refused for good
    /// stays among the held changes.
    pub(super) async fn remove_left(&self) -> Result<(), DraftError> {
        if self.comparison.borrow().is_some() {
            // What the server has lost may be here only.
            return Ok(());
        }
        let mut leaving = self.list();
        leaving.retain(|row| {
            let sent = row.unsent == 0 && !row.open_edits;
            row.leaving && sent && self.open_draft(row.record).is_none()
        });
        let mut removed = false;
        for row in leaving {
            removed |= self.remove_record(row.record).await?;
        }
        if !removed {
            return Ok(());
        }
        let state = self.engine.borrow_mut().rename_store(self.fresh_store());
        self.writer.put_message(Table::Meta, keys::SYNC.into(), &state);
        Ok(self.save().await?)
    }

    /// Queues the removal of everything that is stored of a record, held changes excepted. Not of one that
    /// was opened or changed while its rows were looked for: false then.
    pub(crate) async fn remove_record(&self, record: RecordId) -> Result<bool, StoreError> {
        let prefix = keys::of_record(record);
        let before = self.row_revision(record);
        let mut found = Vec::new();
        let noted = keys::noted_of(record);
        let parts = [(Table::Change, &prefix), (Table::Journal, &prefix), (Table::Meta, &noted)];
        for (table, prefix) in parts {
            let (rows, damaged) = self.writer.scan(table, prefix).await?;
            let all = rows.into_iter().map(|(key, _)| key).chain(damaged);
            found.extend(all.map(|key| (table, key)));
        }
        if self.open_draft(record).is_some() || self.row_revision(record) != before {
            return Ok(false);
        }
        found.into_iter().for_each(|(table, key)| self.writer.delete(table, key));
        self.writer.delete(Table::List, record.to_string());
        self.writer.delete(Table::Meta, keys::entities_of(record));
        self.forget_row(record);
        Ok(true)
    }
}
