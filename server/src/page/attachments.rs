//! The attachments that a record names.

use super::Opened;
use crate::auth::Office;
use crate::error::ApiResult;
use crate::state::AppState;
use crate::store::TenantTx;
use shared::attachment::AttachmentRef;
use uuid::Uuid;

/// Each with the path of its question, in the order of the answers; both where a question has two
/// answers.
pub async fn attachments(
    state: &AppState,
    tx: &mut TenantTx,
    office: &Office,
    id: Uuid,
) -> ApiResult<Vec<(String, AttachmentRef)>> {
    let opened = Opened::open(state, tx, office, id, true, false).await?;
    let answers = opened.answers();
    let mut named: Vec<(String, AttachmentRef)> = answers
        .answers
        .iter()
        .filter(|answer| !answers.is_removed(&answer.path))
        .filter_map(|answer| Some((answer.path.to_string(), answer.value.parse().ok()?)))
        .collect();
    for two in opened.two_answers() {
        let path = two.path.to_string();
        for value in &two.values {
            let other = value.value.parse::<AttachmentRef>().ok();
            let other = other.map(|other| (path.clone(), other));
            named.extend(other.filter(|other| !named.contains(other)));
        }
    }
    Ok(named)
}
