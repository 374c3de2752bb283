//! What is noted for `audit.csv` and stands in no file yet: rows of their own, written like answers, so that a
//! page that is killed loses no more than what it was noting.

use crate::device::Device;
use crate::keys;
use crate::ports::{StoreError, Table};
use shared::id::RecordId;
use std::ops::Range;

impl Device {
    /// Queues lines of a record's log. Numbers rise.
    pub fn note_lines(&self, record: RecordId, number: u64, lines: &str) {
        self.writer.put(Table::Meta, keys::noted(record, number), lines.as_bytes());
    }

    /// The lines of a record's log that stand in no file yet, and their numbers.
    pub async fn noted_lines(
        &self,
        record: RecordId,
    ) -> Result<(Vec<String>, Range<u64>), StoreError> {
        let (rows, _) = self.writer.scan(Table::Meta, &keys::noted_of(record)).await?;
        let first = rows.first().map_or(0, |(key, _)| keys::number(key));
        let next = rows.last().map_or(0, |(key, _)| keys::number(key) + 1);
        let text = |(_, bytes)| String::from_utf8(bytes).ok();
        Ok((rows.into_iter().filter_map(text).collect(), first..next))
    }

    /// Queues the removal of lines: they stand in the file.
    pub fn forget_lines(&self, record: RecordId, numbers: Range<u64>) {
        for number in numbers {
            self.writer.delete(Table::Meta, keys::noted(record, number));
        }
    }
}
