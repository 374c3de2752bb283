//! What projecting a batch needs beside its documents, read in the same transaction.

use super::merge::MergedRecord;
use crate::check::Roster;
use crate::forms::FormCache;
use crate::roster;
use crate::store::{StoreResult, TenantTx};
use form::model::Form;
use shared::id::{FormVersionId, RecordId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// What a record had before the batch.
struct Stored {
    version: Option<FormVersionId>,
    problems: i32,
}

/// Forms, earlier states, and the rosters of records that are to be checked.
pub struct Context {
    forms: HashMap<FormVersionId, Arc<Form>>,
    stored: BTreeMap<RecordId, Stored>,
    rosters: BTreeMap<RecordId, Roster>,
    pub now_ms: i64,
}

impl Context {
    /// Reads what these records need.
    pub async fn read(
        cache: &FormCache,
        tx: &mut TenantTx,
        touched: &mut [MergedRecord],
        now_ms: i64,
    ) -> StoreResult<Self> {
        let ids: Vec<Uuid> = touched.iter().map(|record| Uuid::from_bytes(record.id.0)).collect();
        let states = tx.record_states(&ids).await?.into_iter().map(|(id, version, problems)| {
            let version = FormVersionId::from_slice(&version);
            (RecordId(*id.as_bytes()), Stored { version, problems })
        });
        let mut context = Self {
            forms: HashMap::new(),
            stored: states.collect(),
            rosters: BTreeMap::new(),
            now_ms,
        };
        let versions: BTreeSet<FormVersionId> =
            touched.iter().filter_map(|record| context.version_of(record)).collect();
        for version in versions {
            if let Some(form) = cache.get(tx, version).await? {
                context.forms.insert(version, form);
            }
        }
        for record in touched {
            context.read_roster(tx, record).await?;
        }
        Ok(context)
    }

    /// Answers that were valid on both sides can be invalid together: a record that was changed in
    /// two places at once is checked again, and from then on until nothing is wrong.
    async fn read_roster(
        &mut self,
        tx: &mut TenantTx,
        record: &mut MergedRecord,
    ) -> StoreResult<()> {
        let had_problems = self.stored.get(&record.id).is_some_and(|stored| stored.problems > 0);
        if !had_problems && !record.is_parallel() {
            return Ok(());
        }
        let members = match record.household() {
            Some(household) => tx.roster(Uuid::from_bytes(household.0)).await?,
            None => Vec::new(),
        };
        let rows = members
            .iter()
            .filter_map(|(item, answers)| Some(roster::projected(item, answers.as_object()?)))
            .collect();
        self.rosters.insert(record.id, rows);
        Ok(())
    }

    /// The form version that the newest change names, else the one that the record had.
    pub fn version_of(&self, record: &MergedRecord) -> Option<FormVersionId> {
        record.named_version().or_else(|| self.stored.get(&record.id)?.version)
    }

    /// The form of a version.
    pub fn form(&self, version: Option<FormVersionId>) -> Option<&Arc<Form>> {
        self.forms.get(&version?)
    }

    /// The roster to check a record with; `None` when it need not be checked.
    pub fn check_with(&self, record: RecordId) -> Option<Roster> {
        self.rosters.get(&record).cloned()
    }
}
