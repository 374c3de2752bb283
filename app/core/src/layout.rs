//! The layout of the stored rows, and the way to it from what an older build left.
//!
//! The mark (`meta/layout`) says up to which layout rows were brought, and whether any may stand in a newer one
//! already. It is written before the first row of a step is touched and after the last, so that an app that ends
//! in between goes on with that step at the next start, and an older build sees that the rows are not its own.
//! Every step may be done again on rows that it has been through before.
//!
//! A store that knows versions itself (IndexedDB does) takes [`LAYOUT`] for its own, so that there an older build
//! does not get to the rows at all.

use crate::device::Device;
use crate::error::DraftError;
use crate::keys;
use crate::ports::{Local, Rows, StoreError, Table};
use crate::records::Documents;
use crate::row;
use crate::writer::Writer;
use minicbor::{Decode, Encode};

/// The layout of this build. Raise it with each new table and each step in [`Device::bring_rows_up`].
pub const LAYOUT: u32 = 4;
/// Of a database without a mark: builds before 4 wrote none.
const UNMARKED: u32 = 3;
/// How many records a step writes at once.
const AT_ONCE: usize = 50;

/// The mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Mark {
    /// The newest layout that any row may have.
    #[n(0)]
    newest: u32,
    /// The layout that all rows have.
    #[n(1)]
    reached: u32,
}

/// Brings rows of the layout before it to this one.
type Step<'a> = (u32, &'a dyn Fn() -> Local<'a, Result<(), DraftError>>);

/// The mark among the rows of [`Table::Meta`]. What was written by a newer build is [`StoreError::TooNew`]; a
/// single row that only looks so is a damaged one.
pub(crate) fn read(tables: &[(Table, Rows)]) -> Result<Mark, StoreError> {
    let all = || tables.iter().flat_map(|(table, rows)| rows.iter().map(move |row| (*table, row)));
    let mark = all().find(|(table, (key, _))| *table == Table::Meta && key == keys::LAYOUT);
    let mark = mark.and_then(|(table, (key, row))| row::open(table, key, row).ok());
    match mark.and_then(|payload| minicbor::decode::<Mark>(payload).ok()) {
        Some(mark) if mark.newest > LAYOUT => Err(StoreError::TooNew),
        Some(mark) => Ok(mark),
        None => {
            let newer = |(_, (_, row)): &(Table, &(String, Vec<u8>))| row::is_newer(row);
            let newer = all().filter(newer).count();
            if newer * 2 > all().count() {
                return Err(StoreError::TooNew);
            }
            Ok(Mark { newest: UNMARKED, reached: UNMARKED })
        }
    }
}

async fn mark(writer: &Writer, newest: u32, reached: u32) -> Result<(), StoreError> {
    writer.put_message(Table::Meta, keys::LAYOUT.into(), &Mark { newest, reached });
    writer.flush().await
}

/// Takes the steps that lie between what was reached and the last of them.
async fn take(writer: &Writer, found: Mark, steps: &[Step<'_>]) -> Result<(), DraftError> {
    let ahead = steps.iter().filter(|(to, _)| *to > found.reached);
    let newest = steps.iter().map(|(to, _)| *to).max().unwrap_or(found.newest);
    let mut begun = found.newest >= newest;
    for (to, step) in ahead {
        if !begun {
            mark(writer, newest, found.reached).await?;
            begun = true;
        }
        step().await?;
        mark(writer, newest, *to).await?;
    }
    Ok(())
}

impl Device {
    /// Brings the rows of an older build to this one's layout. `fresh`: there are none, and no need to say so
    /// before.
    pub(crate) async fn bring_rows_up(&self, found: Mark, fresh: bool) -> Result<(), DraftError> {
        if fresh {
            let mark = Mark { newest: LAYOUT, reached: LAYOUT };
            if found != mark {
                self.writer.put_message(Table::Meta, keys::LAYOUT.into(), &mark);
            }
            return Ok(());
        }
        take(&self.writer, found, &[(LAYOUT, &|| Box::pin(self.name_states()))]).await
    }

    /// To 4: every list row names the state of its documents, so that it is noticed when some of them go.
    async fn name_states(&self) -> Result<(), DraftError> {
        let unnamed = self.list_by_id().into_iter().filter(|row| row.heads == 0);
        for (number, mut row) in unnamed.enumerate() {
            match Documents::load(&self.writer, row.record, self.actor()).await {
                Ok(None) => continue,
                Ok(Some(mut documents)) => row.heads = documents.state(),
                Err(DraftError::Store(StoreError::Damaged(_)) | DraftError::Document(_)) => {
                    self.suspect(row.record);
                    continue;
                }
                Err(error) => return Err(error),
            }
            self.put_row(row);
            if number % AT_ONCE == AT_ONCE - 1 {
                self.writer.flush().await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
