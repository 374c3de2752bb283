//! What holds for every request: headers against the browser's liberties, and no requests from other
//! sites' pages.

use crate::auth::Device;
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::TenantId;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shared::id::DeviceId;
use shared::sync::codec::MEDIA_TYPE;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Trusted Types with the policy `default`, which the page's boot script makes: script sinks stay
/// guarded, the templates of the interface work.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
     style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; \
     worker-src 'self'; manifest-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default";

const SNIFFING: (HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");

/// For what a browser may show or run.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), geolocation=(self), microphone=(self), payment=(), usb=()",
    ),
];

/// Security headers on every response. Messages of the sync protocol are never a page, and each byte of
/// theirs goes over a slow link: they get the one that keeps a browser from taking them for something else.
pub async fn headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let message = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == MEDIA_TYPE);
    let pages = if message { &[][..] } else { &HEADERS };
    for (name, value) in pages.iter().chain([&SNIFFING]) {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if state.site.is_https() && !message {
        let value = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    response
}

/// Nothing of the interface is kept by caches, except what says so itself.
pub async fn no_store(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(value);
    response
}

/// An address that the router could not read (a number in the query that is none, bytes that are no text) is
/// answered as every other error, so that a phone does not take it for a captive portal's page.
pub async fn problems(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let plain = kind.is_some_and(|kind| kind == "text/plain; charset=utf-8");
    if response.status() != StatusCode::BAD_REQUEST || !plain {
        return response;
    }
    let text = axum::body::to_bytes(response.into_body(), 4096).await.unwrap_or_default();
    ApiError::field(String::from_utf8_lossy(&text)).into_response()
}

/// How many syncs are worked on at a time. More would only wait for the same processors, each with its
/// request in memory.
const SYNCS_AT_ONCE: usize = 64;
/// How many more wait for their turn. Each holds a connection: more of them would keep others from being
/// told to come later.
const SYNCS_WAITING: usize = 192;
/// How long a sync waits for its turn.
const TURN: Duration = Duration::from_secs(10);
/// Those who are sent away come back spread over this many seconds.
const AWAY: std::ops::Range<u64> = 5..60;

/// How many requests of one device wait for each other. The page, the service worker and a request whose
/// sender has given up are three.
const MOST_OF_DEVICE: usize = 8;

/// Turns at the sync route, and places to wait for one.
#[derive(Debug, Clone)]
pub struct Turns {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
    devices: Devices,
}

type Name = (TenantId, DeviceId);
/// One turn for each device that is syncing now.
type Devices = Arc<Mutex<HashMap<Name, Arc<Semaphore>>>>;

/// A device's turn: its next request has it when this is dropped.
#[derive(Debug)]
pub struct Alone {
    devices: Devices,
    name: Name,
    own: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Alone {
    fn drop(&mut self) {
        let mut devices = self.devices.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // The permit holds a reference too.
        self.permit = None;
        // The list's and this one: nobody of the device waits.
        if Arc::strong_count(&self.own) == 2 {
            devices.remove(&self.name);
        }
    }
}

/// Waits until no other request of the device is worked on. One device has one turn among all others',
/// however often it asks.
pub async fn alone(state: &AppState, device: &Device) -> ApiResult<Alone> {
    let name = (device.tenant, device.id);
    let devices = state.turns.devices.clone();
    let mut alone = {
        let mut list = devices.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let own = list.entry(name).or_insert_with(|| Arc::new(Semaphore::new(1))).clone();
        Alone { devices: devices.clone(), name, own, permit: None }
    };
    // Each that waits holds two references for as long as it does, and one of them is this one's.
    if Arc::strong_count(&alone.own) > MOST_OF_DEVICE * 2 {
        return Err(sent_away());
    }
    match tokio::time::timeout(TURN, alone.own.clone().acquire_owned()).await {
        Ok(Ok(permit)) => alone.permit = Some(permit),
        _ => return Err(sent_away()),
    }
    Ok(alone)
}

impl Turns {
    /// How many requests of a device wait for another of the same device.
    pub fn waiting_of(&self, device: &Device) -> usize {
        let list = self.devices.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let own = list.get(&(device.tenant, device.id));
        // The list's reference, and two of the one that is worked on.
        own.map_or(0, |own| Arc::strong_count(own).saturating_sub(3) / 2)
    }
}

impl Default for Turns {
    fn default() -> Self {
        let turns = Arc::new(Semaphore::new(SYNCS_AT_ONCE));
        let places = Arc::new(Semaphore::new(SYNCS_AT_ONCE + SYNCS_WAITING));
        Self { turns, places, devices: Devices::default() }
    }
}

/// A turn: others have theirs when it is dropped.
#[derive(Debug)]
pub struct Turn {
    _turn: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

/// Waits for a turn at syncing, which lasts as long as what is returned. After an outage all phones come
/// at once: those who would wait long are told when to come again. Taken when a request is whole: a slow
/// phone keeps nobody waiting.
pub async fn turn(state: &AppState) -> ApiResult<Turn> {
    let Turns { turns, places, .. } = &state.turns;
    let Ok(place) = places.clone().try_acquire_owned() else { return Err(sent_away()) };
    match tokio::time::timeout(TURN, turns.clone().acquire_owned()).await {
        Ok(Ok(turn)) => Ok(Turn { _turn: turn, _place: place }),
        _ => Err(sent_away()),
    }
}

fn sent_away() -> ApiError {
    metrics::counter!("kardakar_syncs_sent_away_total").increment(1);
    let busy = ApiError::busy("many phones are syncing; this one comes again later");
    busy.retry_after(rand::random_range(AWAY))
}

/// Refuses what another site's page asks a signed-in browser to do. The cookie is SameSite=Strict; this
/// is the second lock. Programs that are no browsers do not send the header.
pub async fn same_site(request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    let from = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if changes && matches!(from, Some("cross-site" | "same-site")) {
        return ApiError::cross_site("this request came from another site's page").into_response();
    }
    // A body of a type that forms can send, or none, needs no permission from us to be sent.
    let with_cookie = headers.contains_key(header::COOKIE);
    let simple = matches!(
        media_type(&request),
        "" | "text/plain" | "application/x-www-form-urlencoded" | "multipart/form-data"
    );
    if *request.method() == Method::POST && with_cookie && simple {
        return ApiError::media_type("send application/json").into_response();
    }
    next.run(request).await
}

fn media_type(request: &Request) -> &str {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().split(';').next().unwrap_or_default().trim()
}
