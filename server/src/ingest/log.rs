//! The other way round: what storage did to the log is put right from the documents, which hold every change.
//!
//! A phone cannot go on past a change that it cannot read, and would take one that was altered for another. So it
//! is sent none that does not have its hash.

use super::Failure;
use super::batch::stored_documents;
use super::rows::HEAD;
use crate::state::AppState;
use crate::store::{ChangeRow, NewChange, StoreResult, TenantId, TenantTx};
use sha2::{Digest, Sha256};
use shared::sync::pack::actor_of;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

type Hash = [u8; 32];

/// A change as a document holds it.
struct Held {
    hash: Hash,
    record: Uuid,
    audience: i16,
    raw: Vec<u8>,
}

/// Gives damaged changes their bytes back, here and in the log unless the database may only be read. Those that
/// no document has are left out, and their records marked.
pub async fn make_sound(
    state: &AppState,
    tx: &mut TenantTx,
    rows: &mut Vec<ChangeRow>,
    writable: bool,
) -> Result<(), Failure> {
    let damaged = rows.iter().filter(|row| !row.sound);
    let records: BTreeSet<Uuid> = damaged.map(|row| row.record_id).collect();
    if records.is_empty() {
        return Ok(());
    }
    let held = held_by_documents(state, tx, &records).await?;
    let held: BTreeMap<Hash, Held> = held.into_iter().map(|held| (held.hash, held)).collect();
    let (mut mended, mut lost) = (Vec::new(), BTreeSet::new());
    rows.retain_mut(|row| {
        let known = Hash::try_from(&row.hash[..]).ok().and_then(|hash| held.get(&hash));
        match known {
            _ if row.sound => {}
            Some(known) => {
                row.raw.clone_from(&known.raw);
                mended.push((row.hash.clone(), known.raw.clone()));
            }
            // The change is as it was, and what is damaged is the hash beside it.
            None if held.get(&hash_of(&row.raw)).is_some_and(|of| of.record == row.record_id) => {}
            None => {
                lost.insert(row.record_id);
                return false;
            }
        }
        true
    });
    tell(tx.tenant(), mended.len(), lost.len());
    if writable {
        let mended: Vec<_> = mended.iter().map(|(hash, raw)| (&hash[..], &raw[..])).collect();
        tx.mend_changes(&mended).await?;
        let lost: Vec<Uuid> = lost.into_iter().collect();
        tx.mark_unprojected(&lost, state.now_ms()).await?;
    }
    Ok(())
}

/// Looks through the logs of these records, and writes anew what is damaged or gone.
pub(super) async fn look_through_logs(
    state: &AppState,
    tenant: TenantId,
    records: &[Uuid],
) -> Result<(), Failure> {
    let mut tx = state.store.begin(tenant).await?;
    let mut damaged = tx.damaged_changes(records).await?;
    let short: BTreeSet<Uuid> = tx.shortened_logs(records).await?.into_iter().collect();
    if damaged.is_empty() && short.is_empty() {
        return Ok(());
    }
    make_sound(state, &mut tx, &mut damaged, true).await?;
    if !short.is_empty() {
        // Nobody adds to them meanwhile.
        tx.lock_documents(&short.iter().copied().collect::<Vec<_>>()).await?;
        let held = held_by_documents(state, &mut tx, &short).await?;
        log_again(state, &mut tx, held).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Logs what the log lacks, under new numbers: phones that have it pass it over.
async fn log_again(state: &AppState, tx: &mut TenantTx, held: Vec<Held>) -> StoreResult<()> {
    let hashes: Vec<&[u8]> = held.iter().map(|held| &held.hash[..]).collect();
    let known = tx.known_changes(&hashes).await?;
    let known: BTreeSet<Vec<u8>> = known.into_iter().map(|(hash, _)| hash).collect();
    let gone: Vec<NewChange> = held
        .into_iter()
        .filter(|held| !known.contains(&held.hash[..]))
        .map(|held| {
            let actor = actor_of(&held.raw).unwrap_or_default().to_vec();
            let device = actor.get(..8).and_then(|device| device.try_into().ok());
            NewChange {
                record_id: held.record,
                audience: held.audience,
                hash: held.hash,
                device_id: device.unwrap_or_default(),
                // Of no storage: it is sent to every phone.
                store_id: [0; 8],
                actor,
                raw: held.raw,
            }
        })
        .collect();
    tell(tx.tenant(), gone.len(), 0);
    let last = tx.take_seq(gone.len() as i64).await?;
    tx.log_changes(&gone, last, state.now_ms()).await
}

/// All changes of the documents of these records, as far as the documents can be read, each after those that it
/// builds on.
async fn held_by_documents(
    state: &AppState,
    tx: &mut TenantTx,
    records: &BTreeSet<Uuid>,
) -> Result<Vec<Held>, Failure> {
    let mut found = Vec::new();
    for record in records {
        for row in tx.documents(*record).await? {
            let audience = row.audience;
            let changes = state.workers.changes(stored_documents(&[row])).await?;
            found.extend(changes.into_iter().map(|raw| {
                let raw = Vec::from(raw);
                Held { hash: hash_of(&raw), record: *record, audience, raw }
            }));
        }
    }
    Ok(found)
}

/// What Automerge calls a change by.
fn hash_of(raw: &[u8]) -> Hash {
    Sha256::digest(raw.get(HEAD..).unwrap_or_default()).into()
}

fn tell(tenant: TenantId, mended: usize, lost: usize) {
    if mended + lost > 0 {
        metrics::counter!("kardakar_changes_mended_total").increment(mended as u64);
        tracing::error!(
            tenant = tenant.0,
            mended,
            lost,
            "changes in the log were damaged; those mended were written anew from the documents, those lost no \
             document has; look at the database's disk"
        );
    }
}
