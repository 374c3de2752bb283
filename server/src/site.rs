//! The app's files: a directory that the build made, each file perhaps with a `.br` or `.gz` beside it.

use crate::state::AppState;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::path::{Path, PathBuf};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const REVALIDATE: &str = "no-cache";

/// Serves a file, or the app's page for a navigation. An unknown file is 404 and never HTML: a page in
/// place of a script would be cached as one.
pub async fn serve(State(state): State<AppState>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, "method not allowed").into_response();
    }
    let Some(directory) = &state.site.directory else {
        return (StatusCode::NOT_FOUND, "this server was started without the app (--site)")
            .into_response();
    };
    let path = request.uri().path();
    let Some(relative) = relative(path) else { return not_found() };
    let (file, cache) = match is_page(path) {
        true => (PathBuf::from("index.html"), REVALIDATE),
        false if path.starts_with("/pkg/") || path.starts_with("/fonts/") => (relative, IMMUTABLE),
        false => (relative, REVALIDATE),
    };
    match read(directory, &file, request.headers()).await {
        Some(found) => answer(found, &file, cache, request.headers()),
        None => not_found(),
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "not found").into_response()
}

/// A path of the app's own routes: no dot in its last part, and not where files are.
fn is_page(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    let files = ["/pkg/", "/fonts/", "/icons/", "/i18n/"];
    path == "/index.html"
        || (!last.contains('.') && !files.iter().any(|folder| path.starts_with(folder)))
}

/// The path below the directory; `None` for one that would leave it.
fn relative(path: &str) -> Option<PathBuf> {
    let mut relative = PathBuf::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let plain = part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if !plain || part.starts_with('.') {
            return None;
        }
        relative.push(part);
    }
    Some(relative)
}

struct Found {
    bytes: Vec<u8>,
    encoding: Option<&'static str>,
}

async fn read(directory: &Path, file: &Path, headers: &HeaderMap) -> Option<Found> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let accepted = accepted.unwrap_or_default();
    for (encoding, extension) in [("br", "br"), ("gzip", "gz")] {
        let takes = accepted.split(',').any(|one| {
            let mut parts = one.split(';');
            let quality = |text: &str| text.trim().replace(' ', "") != "q=0";
            parts.next().is_some_and(|name| name.trim() == encoding) && parts.all(quality)
        });
        if takes {
            let mut name = directory.join(file).into_os_string();
            name.push(".");
            name.push(extension);
            if let Ok(bytes) = tokio::fs::read(name).await {
                return Some(Found { bytes, encoding: Some(encoding) });
            }
        }
    }
    let bytes = tokio::fs::read(directory.join(file)).await.ok()?;
    Some(Found { bytes, encoding: None })
}

fn answer(found: Found, file: &Path, cache: &'static str, asked: &HeaderMap) -> Response {
    let tag = tag(&found);
    let mut response = match asked.get(header::IF_NONE_MATCH) {
        Some(known) if known.as_bytes() == tag.as_bytes() => {
            StatusCode::NOT_MODIFIED.into_response()
        }
        _ => Response::new(Body::from(found.bytes)),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(file)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(encoding) = found.encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn tag(found: &Found) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(&found.bytes);
    let short: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{short}\"")
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_from_files() {
        for page in ["/", "/office", "/office/records/0a", "/setup", "/index.html", "/families/x"] {
            assert!(is_page(page), "{page}");
        }
        for file in ["/sw.js", "/pkg/1/app", "/pkg/1/app.js", "/a/b.wasm", "/icons/x", "/fonts/y"] {
            assert!(!is_page(file), "{file}");
        }
    }

    #[test]
    fn paths_stay_below_the_directory() {
        assert_eq!(relative("/pkg/1/app.js"), Some(PathBuf::from("pkg/1/app.js")));
        for path in ["/../x", "/a/..", "/.git/config", "/a%2e%2e", "/a\\b", "/a/%00"] {
            assert_eq!(relative(path), None, "{path}");
        }
    }
}
