//! Requests that come in parts.

use super::{Answer, answer, needs_media_type, run};
use crate::auth::Device;
use crate::error::{ApiError, ApiResult};
use crate::http::body::media_type;
use crate::state::AppState;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Deserialize;
use shared::sync::codec::encode;
use shared::sync::message::TransferState;
use shared::sync::transfer::{KEPT_MS, MOST_BYTES, PART, TransferId};
use std::time::{Duration, Instant};

/// On a slow line what has arrived is put away this often.
const PUT_AWAY: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Place {
    /// How large the request is.
    size: usize,
    /// Where in it the body begins.
    at: usize,
    /// Where in the response the answer shall begin.
    #[serde(default)]
    from: usize,
}

/// `POST /api/sync/{transfer}?size=…&at=…&from=…`
pub async fn transfer(
    State(state): State<AppState>,
    device: Device,
    Path(id): Path<String>,
    Query(place): Query<Place>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Response> {
    needs_media_type(media_type(&headers))?;
    let unknown = || ApiError::field("transfer: 32 hexadecimal digits");
    let id = id.parse::<shared::id::FormVersionId>().map_err(|_| unknown())?.0;
    if place.size > MOST_BYTES || place.at > place.size {
        return Err(ApiError::too_large("the request is too large; send less at a time"));
    }
    let part = Part { state, device, id, place };
    // The connection may end at any moment, and this handler with it. What has arrived is kept.
    let receiving = part.clone();
    let received = tokio::spawn(async move { receiving.receive(body).await })
        .await
        .map_err(|_| ApiError::internal("the request could not be read"))??;
    match received {
        Received::Response(response) if place.from > 0 && place.from >= response.len() => {
            Err(ApiError::field("from: the response is not that long; send the request anew"))
        }
        Received::Response(response) => {
            let rest = response.get(place.from..).unwrap_or_default().to_vec();
            Ok(answer(rest).into_response())
        }
        Received::Part(received) => Ok(so_far(received)),
        // The response that this device has a part of is kept no more, and the request carried out again would
        // be answered with another one: told that nothing goes on, the device asks from the beginning.
        Received::Whole(_) if place.from > 0 => Ok(so_far(0)),
        Received::Whole(request) => {
            let response = run(&part.state, &part.device, &request).await?;
            Ok(answer(response).into_response())
        }
    }
}

/// So much of the request is here.
fn so_far(received: usize) -> Response {
    let received = u32::try_from(received).unwrap_or(u32::MAX);
    let body: Answer = answer(encode(&TransferState { received }));
    (StatusCode::ACCEPTED, body).into_response()
}

/// What a part brought about.
enum Received {
    /// The request was carried out before.
    Response(Vec<u8>),
    /// So many bytes are here.
    Part(usize),
    /// The request is whole.
    Whole(Bytes),
}

#[derive(Clone)]
struct Part {
    state: AppState,
    device: Device,
    id: [u8; 16],
    place: Place,
}

impl Part {
    async fn receive(&self, body: Body) -> ApiResult<Received> {
        let mut stream = body.into_data_stream();
        let mut bytes = Vec::new();
        let mut put_away = 0;
        let mut last = Instant::now();
        let mut cut = false;
        let most = self.place.size - self.place.at;
        while let Some(chunk) = stream.next().await {
            let Ok(chunk) = chunk else {
                cut = true;
                break;
            };
            bytes.extend_from_slice(&chunk);
            if bytes.len() > most {
                return Err(ApiError::too_large("the part is larger than the request"));
            }
            if bytes.len() - put_away >= PART && last.elapsed() > PUT_AWAY {
                self.put_away(put_away, &bytes).await?;
                put_away = bytes.len();
                last = Instant::now();
            }
        }
        let whole = !cut && self.place.at == 0 && bytes.len() == self.place.size && put_away == 0;
        if whole {
            // The usual case: nothing was cut, and nothing is written down before it is carried out.
            return match self.look().await? {
                Some(response) => Ok(Received::Response(response)),
                None => self.checked(bytes.into()),
            };
        }
        self.put_away(put_away, &bytes).await
    }

    /// The response, if the request was carried out before.
    async fn look(&self) -> ApiResult<Option<Vec<u8>>> {
        let mut tx = self.state.store.begin(self.device.tenant).await?;
        let size = self.place.size;
        let response = tx.kept_response(self.device.id.as_bytes(), &self.id, size).await?;
        Ok(response)
    }

    /// Writes down what is new in `bytes`, of which the first `done` are.
    async fn put_away(&self, done: usize, bytes: &[u8]) -> ApiResult<Received> {
        let now_ms = self.state.now_ms();
        let device = self.device.id.as_bytes();
        let mut tx = self.state.store.begin(self.device.tenant).await?;
        let row = tx.open_transfer(device, &self.id, self.place.size, now_ms, KEPT_MS).await?;
        if let Some(response) = row.response {
            return Ok(Received::Response(response));
        }
        let end = self.place.at + bytes.len();
        let mut received = row.received;
        // A gap cannot be filled; what is here already is passed over.
        if self.place.at + done <= received && received < end {
            let fresh = &bytes[received - self.place.at..];
            tx.add_transfer_part(device, received, fresh).await?;
            received = end;
        }
        if received < self.place.size {
            tx.commit().await?;
            return Ok(Received::Part(received));
        }
        let request = tx.transfer_request(device).await?;
        tx.commit().await?;
        self.checked(request.into())
    }

    /// The parts make up what the name says.
    fn checked(&self, request: Bytes) -> ApiResult<Received> {
        if TransferId::of(&request).0 == self.id {
            return Ok(Received::Whole(request));
        }
        Err(ApiError::malformed("the parts do not make up the named request; send it anew"))
    }
}
