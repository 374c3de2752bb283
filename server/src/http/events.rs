//! Server-sent events for office pages.

use crate::auth::Office;
use crate::error::ApiResult;
use crate::state::AppState;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream, StreamExt};
use serde_json::json;
use shared::policy::Action;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// `GET /api/events`
pub async fn stream(
    State(state): State<AppState>,
    office: Office,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    office.needs(Action::ReadRecords)?;
    let receiver = state.events.subscribe(office.tenant);
    let mut tx = state.store.begin(office.tenant).await?;
    let seq = tx.tenant_row().await?.seq;
    let hello = Event::default().event("hello").data(json!({ "seq": seq }).to_string());
    let changes = stream::unfold(receiver, |mut receiver| async move {
        let event = match receiver.recv().await {
            Ok(changed) => {
                let data = json!({ "seq": changed.seq, "records": changed.records });
                Event::default().event("records").data(data.to_string())
            }
            // Too slow: an event without ids means "read the list again".
            Err(RecvError::Lagged(_)) => Event::default()
                .event("records")
                .data(json!({ "seq": 0, "records": [] }).to_string()),
            Err(RecvError::Closed) => return None,
        };
        Some((event, receiver))
    });
    let events = stream::once(std::future::ready(hello)).chain(changes).map(Ok);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}
