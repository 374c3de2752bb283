//! What a device is sent.

use crate::auth::Device;
use crate::directory::{current_forms, directory, is_of_other_area, published, version};
use crate::error::{ApiError, ApiResult};
use crate::ingest::{Author, make_sound};
use crate::state::AppState;
use crate::store::{
    ChangeRow, DecidedChange, PullQuery, Scope, TenantTx, TicketGiven, TicketShown,
};
use minicbor::bytes::ByteVec;
use shared::id::{ChangeHash, Epoch, FormVersionId, RecordId};
use shared::record::Audience;
use shared::sync::ability::Abilities;
use shared::sync::message::{DocumentChanges, PublishedForm, Settled, SyncRequest, SyncResponse};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The most that a record which comes as a whole may measure: both documents, each with what is kept for the
/// office. It travels alone when it does not fit behind others.
const RECORD_BYTES: i64 = 12 << 20;
/// How many form versions a device may ask for by name in one request.
const MOST_WANTED: usize = 64;

/// What the request brought.
#[derive(Debug, Clone, Copy)]
pub struct Pushed<'a> {
    /// The records that it touched.
    pub records: &'a [Uuid],
    /// Whether any change was new.
    pub accepted: bool,
}

/// Everything of the response but the refusals. While the database may only be read, phones still get
/// what others did.
pub async fn pull(
    state: &AppState,
    device: &Device,
    author: Author,
    request: &SyncRequest,
    pushed: Pushed<'_>,
    (protocol, said): (u16, &Abilities),
) -> ApiResult<SyncResponse> {
    let now_ms = state.now_ms();
    let mut tx = state.store.begin(device.tenant).await?;
    let letters = request.build.chars().filter(|letter| !letter.is_control());
    let build: String = letters.take(100).collect();
    let unsent = i32::try_from(request.unsent).unwrap_or(i32::MAX);
    let mut writable = true;
    match tx.touch_device(device.id.as_bytes(), now_ms, unsent, &build).await {
        Err(error) if error.is_read_only() => {
            writable = false;
            tx = state.store.begin(device.tenant).await?;
        }
        touched => touched?,
    }
    // Read before the changes: whatever commits after this is for the next request.
    let tenant = tx.tenant_row().await?;
    let epoch = Epoch::from_slice(&tenant.epoch)
        .ok_or_else(|| ApiError::internal("the database has no epoch"))?;
    let other_epoch = request.epoch.is_some_and(|known| known != epoch);
    let other_area = is_of_other_area(request.directory_version, &device.row);
    let known = i64::try_from(request.cursor).unwrap_or(0).min(tenant.seq);
    let after = if other_epoch || other_area { 0 } else { known };
    let scope = Scope { villages: &device.row.villages, user_id: author.user };
    let given = match protocol {
        1 => None,
        _ if !writable => Some(shown_ticket(&mut tx, device, request).await?),
        _ => Some(
            exchange_ticket(&mut tx, device, request, (other_epoch, pushed.accepted), now_ms)
                .await?,
        ),
    };
    // With another ticket than the last, somebody else may have used this database's name, or a response
    // was lost: then the device is sent what came under its own name as well.
    let exact = given.is_none_or(|given| given.exact);
    // Records that come into an area again may have been removed from the device, with its own changes.
    let own = match other_area || !exact {
        true => ([0; 8], [0; 8]),
        false => (author.device.0, author.store.0),
    };
    let page = said.page() as i64;
    let mut rows = tx
        .pull(&PullQuery {
            after,
            up_to: tenant.seq,
            villages: scope.villages,
            user_id: scope.user_id,
            audience: if author.may_protect { 1 } else { 0 },
            own,
            bytes: page,
            most: RECORD_BYTES,
        })
        .await?;
    let more = end_page(&mut rows, page);
    let cursor = match rows.last() {
        Some(last) if more => last.at,
        _ => tenant.seq,
    };
    make_sound(state, &mut tx, &mut rows, writable).await?;
    let current = current_forms(&mut tx).await?;
    let forms = missing_forms(&mut tx, &rows, &current, request, said).await?;
    let directory = match version(&tenant, &device.row) == request.directory_version {
        true => None,
        false => Some(directory(&mut tx, &tenant, &device.row).await?),
    };
    let mut response = SyncResponse {
        protocol,
        epoch,
        cursor: cursor.unsigned_abs(),
        more,
        pull: group(rows),
        forms,
        directory,
        now_ms,
        ..SyncResponse::default()
    };
    if protocol >= 2 {
        let former = device.row.former.iter().map(|name| &name[..]);
        let names: Vec<&[u8]> = former.chain([device.id.as_bytes()]).collect();
        let decided = tx.decisions(&names, after, cursor).await?;
        // A record that only a held change brought here was never said to have left.
        let held = decided.iter().map(|row| row.record_id);
        let touched: Vec<Uuid> = pushed.records.iter().copied().chain(held).collect();
        let left = tx.records_left(scope, after, cursor, &touched).await?;
        response.left = filled(left.into_iter().map(record).collect());
        if other_area {
            let inside = tx.records_in_scope(scope).await?;
            response.scope = Some(inside.into_iter().map(record).collect());
        }
        response.settled = filled(settled(decided));
        // A ticket that could not be noted is not given: the phone keeps its last one.
        response.ticket = match given.filter(|_| writable) {
            Some(given) if more && !exact => given.behind.map(i64::unsigned_abs),
            Some(given) => Some(given.ticket.unsigned_abs()),
            None => request.ticket,
        };
        response.renew = given.filter(|given| given.copied).map(|_| true);
    }
    tx.commit().await?;
    Ok(response)
}

/// Leaves the last of what has one number for the next response, when it does not fit behind the rest.
/// Whether there may be more.
fn end_page(rows: &mut Vec<ChangeRow>, page: i64) -> bool {
    let sent: i64 = rows.iter().map(|row| row.raw.len() as i64 + 64).sum();
    let ends = rows.first().zip(rows.last()).map(|(first, last)| (first.at, last.at));
    if sent > page
        && let Some((first, last)) = ends
        && first != last
    {
        rows.retain(|row| row.at != last);
    }
    sent >= page
}

fn filled<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

fn record(id: Uuid) -> RecordId {
    RecordId(*id.as_bytes())
}

async fn exchange_ticket(
    tx: &mut TenantTx,
    device: &Device,
    request: &SyncRequest,
    (anew, accepted): (bool, bool),
    now_ms: i64,
) -> ApiResult<TicketGiven> {
    let next = i64::from_be_bytes(rand::random()) >> 1 & i64::MAX;
    let shown = TicketShown {
        device: device.id.as_bytes(),
        store: request.store.as_bytes(),
        session: request.session.as_deref().map_or(&[], |session| session),
        ticket: request.ticket.and_then(|ticket| i64::try_from(ticket).ok()),
        accepted,
    };
    Ok(tx.exchange_ticket(&shown, next, anew, now_ms).await?)
}

/// The ticket without a new one in its place.
async fn shown_ticket(
    tx: &mut TenantTx,
    device: &Device,
    request: &SyncRequest,
) -> ApiResult<TicketGiven> {
    let last = tx.last_ticket(device.id.as_bytes(), request.store.as_bytes()).await?;
    let shown = request.ticket.and_then(|ticket| i64::try_from(ticket).ok());
    let exact = last.is_none() || last == shown;
    Ok(TicketGiven { ticket: 0, behind: None, copied: false, exact })
}

fn settled(decided: Vec<DecidedChange>) -> Vec<Settled> {
    decided
        .into_iter()
        .filter_map(|row| {
            Some(Settled {
                hash: ChangeHash::from_slice(&row.hash)?,
                taken: row.decision != "discarded",
                as_it_was: row.logged,
                reason: row.decision_text,
            })
        })
        .collect()
}

/// The forms in force, those of the records sent and those asked for by name, without what the device holds.
async fn missing_forms(
    tx: &mut TenantTx,
    rows: &[ChangeRow],
    current: &[FormVersionId],
    request: &SyncRequest,
    said: &Abilities,
) -> ApiResult<Vec<PublishedForm>> {
    let records: BTreeSet<Uuid> = rows.iter().map(|row| row.record_id).collect();
    let records: Vec<Uuid> = records.into_iter().collect();
    let used = match records.is_empty() {
        true => Vec::new(),
        false => tx.versions_of_records(&records).await?,
    };
    let mut wanted: BTreeSet<FormVersionId> =
        used.iter().filter_map(|version| FormVersionId::from_slice(version)).collect();
    wanted.extend(current);
    wanted.extend(request.wanted.iter().flatten().take(MOST_WANTED));
    for version in &request.forms {
        wanted.remove(version);
    }
    published(tx, &wanted.into_iter().collect::<Vec<_>>(), said).await
}

/// Changes of one document together, documents in the order in which they first appear.
fn group(rows: Vec<ChangeRow>) -> Vec<DocumentChanges> {
    let mut places: BTreeMap<(Uuid, i16), usize> = BTreeMap::new();
    let mut documents: Vec<DocumentChanges> = Vec::new();
    for row in rows {
        let Some(audience) = u8::try_from(row.audience).ok().and_then(Audience::from_number) else {
            continue;
        };
        let place = *places.entry((row.record_id, row.audience)).or_insert_with(|| {
            let record = RecordId(*row.record_id.as_bytes());
            documents.push(DocumentChanges { record, audience, changes: Vec::new() });
            documents.len() - 1
        });
        documents[place].changes.push(ByteVec::from(row.raw));
    }
    documents
}
