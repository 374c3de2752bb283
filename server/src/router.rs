//! Every route on one page. docs/API.md describes them.

use crate::error::ApiError;
use crate::http::{
    attachments, audit, devices, enrol, events, forms, health, records, review, session, setup,
    sync, users, wedged,
};
use crate::state::AppState;
use crate::{guard, site, telemetry};
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// The server as a service: what `serve` runs and tests call.
pub fn build_router(state: AppState) -> Router {
    let api = Router::new()
        // Phones
        .route("/api/enrol", post(enrol::enrol))
        .route("/api/sync", post(sync::sync).layer(DefaultBodyLimit::max(8 * MIB)))
        .route("/api/sync/{transfer}", post(sync::transfer).layer(DefaultBodyLimit::disable()))
        .route("/api/attachments", post(attachments::upload).layer(DefaultBodyLimit::max(MIB)))
        .route("/api/attachments/fetch", post(attachments::fetch))
        // Signing in
        .route("/api/session", get(session::show).post(session::sign_in).delete(session::sign_out))
        .route("/api/setup", get(setup::show).post(setup::finish))
        // Records
        .route("/api/records", get(records::list))
        .route("/api/records/{id}", get(records::show))
        .route("/api/records/{id}/history", get(records::history))
        .route("/api/records/{id}/attachments", get(attachments::list))
        .route("/api/records/{id}/attachments/{hash}", get(attachments::file))
        .route("/api/records/{id}/review", post(review::review))
        .route("/api/records/{id}/resolve", post(review::resolve))
        .route("/api/records/{id}/assign", post(wedged::assign))
        .route("/api/wedged", get(wedged::list).post(wedged::decide_all))
        .route("/api/wedged/{hash}", post(wedged::decide))
        .route("/api/events", get(events::stream))
        .route("/api/places", get(forms::places))
        // Administration
        .route("/api/users", get(users::list).post(users::create))
        .route("/api/users/{id}", post(users::change))
        .route("/api/users/{id}/setup-link", post(users::setup_link))
        .route("/api/devices", get(devices::list))
        .route("/api/devices/{id}/revoke", post(devices::revoke))
        .route("/api/devices/{id}/lift", post(devices::lift))
        .route("/api/enrolment-codes", get(devices::codes).post(devices::create_code))
        .route(
            "/api/forms",
            get(forms::list).post(forms::upload).layer(DefaultBodyLimit::max(20 * MIB)),
        )
        .route("/api/forms/file", post(forms::file))
        .route("/api/forms/{version}/compiled", get(forms::compiled))
        .route("/api/forms/{version}/source", get(forms::source))
        .route("/api/audit", get(audit::list))
        .route("/api/openapi.json", get(openapi))
        .route("/api", any(no_route))
        .route("/api/", any(no_route))
        .route("/api/{*rest}", any(no_route))
        .method_not_allowed_fallback(no_method)
        .layer(from_fn(guard::same_site))
        .layer(from_fn(guard::problems))
        .layer(from_fn(guard::no_store));
    Router::new()
        .merge(api)
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(site::serve)
        .layer(DefaultBodyLimit::max(256 * KIB))
        .layer(from_fn_with_state(state.clone(), guard::headers))
        .layer(from_fn(telemetry::request))
        .with_state(state)
}

async fn no_route() -> ApiError {
    ApiError::not_found("there is no such address")
}

async fn no_method() -> ApiError {
    ApiError::method("this address does not take this method")
}

/// `GET /api/openapi.json`: the routes; docs/API.md has the shapes.
async fn openapi() -> Json<Value> {
    let mut paths = serde_json::Map::new();
    for (path, methods) in ROUTES {
        let operations: serde_json::Map<String, Value> = methods
            .split(' ')
            .map(|method| {
                (
                    method.to_owned(),
                    json!({ "responses": { "default": { "description": "see docs/API.md" } } }),
                )
            })
            .collect();
        paths.insert((*path).to_owned(), Value::Object(operations));
    }
    Json(json!({
        "openapi": "3.1.0",
        "info": { "title": "Kardakar", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
    }))
}

/// The routes above, for the OpenAPI document; a test holds the two together.
pub const ROUTES: &[(&str, &str)] = &[
    ("/api/enrol", "post"),
    ("/api/sync", "post"),
    ("/api/sync/{transfer}", "post"),
    ("/api/attachments", "post"),
    ("/api/attachments/fetch", "post"),
    ("/api/session", "get post delete"),
    ("/api/setup", "get post"),
    ("/api/records", "get"),
    ("/api/records/{id}", "get"),
    ("/api/records/{id}/history", "get"),
    ("/api/records/{id}/attachments", "get"),
    ("/api/records/{id}/attachments/{hash}", "get"),
    ("/api/records/{id}/review", "post"),
    ("/api/records/{id}/resolve", "post"),
    ("/api/records/{id}/assign", "post"),
    ("/api/wedged", "get post"),
    ("/api/wedged/{hash}", "post"),
    ("/api/events", "get"),
    ("/api/places", "get"),
    ("/api/users", "get post"),
    ("/api/users/{id}", "post"),
    ("/api/users/{id}/setup-link", "post"),
    ("/api/devices", "get"),
    ("/api/devices/{id}/revoke", "post"),
    ("/api/devices/{id}/lift", "post"),
    ("/api/enrolment-codes", "get post"),
    ("/api/forms", "get post"),
    ("/api/forms/file", "post"),
    ("/api/forms/{version}/compiled", "get"),
    ("/api/forms/{version}/source", "get"),
    ("/api/audit", "get"),
];
