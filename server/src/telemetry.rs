//! Logs, request ids and metrics.

use axum::extract::{MatchedPath, Request};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::time::Instant;
use tracing::Instrument;

/// Starts logging: text for people, JSON lines for machines.
pub fn start_logging(json: bool) {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_from_env("KARDAKAR_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let base = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (tests) keeps the first.
    let _ = match json {
        true => base.json().try_init(),
        false => base.with_target(false).try_init(),
    };
}

/// Starts counting; the handle renders Prometheus text.
pub fn start_metrics() -> Option<PrometheusHandle> {
    PrometheusBuilder::new().install_recorder().ok()
}

/// A span with an id around each request, and its time by route. Labels carry no ids of people or
/// records, nor a municipality.
pub async fn request(request: Request, next: Next) -> Response {
    let id: String = crate::http::hex(&rand::random::<[u8; 8]>());
    let route =
        request.extensions().get::<MatchedPath>().map_or("files", |path| path.as_str()).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", id, %method, route);
    let begun = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let seconds = begun.elapsed().as_secs_f64();
    let labels = [("method", method.to_string()), ("route", route), ("status", status.to_string())];
    metrics::histogram!("kardakar_http_seconds", &labels).record(seconds);
    span.in_scope(|| match status {
        500.. => tracing::error!(status, seconds, "answered"),
        _ => tracing::debug!(status, seconds, "answered"),
    });
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}
