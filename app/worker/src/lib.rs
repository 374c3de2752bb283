//! The service worker: keeps one whole build of the app for work without a network.
//!
//! `shim.js` takes the browser's events and calls the `on_*` functions here. A build is cached as a
//! whole or not at all; a page only ever gets files of the build that it started with.

mod cache;
mod clients;
mod manifest;
mod send;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, RequestMode, Response, ServiceWorkerGlobalScope};

use manifest::Manifest;

type Outcome<T = ()> = Result<T, JsValue>;

fn scope() -> ServiceWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// What the browser tells of, by its name. One function for all: each that JavaScript awaits costs the
/// module a kilobyte.
#[wasm_bindgen]
pub async fn on(event: String, data: JsValue, manifest: String) -> Outcome<JsValue> {
    let manifest = Manifest::parse(&manifest);
    let done = match event.as_str() {
        "install" => on_install(&manifest).await,
        "activate" => on_activate(&manifest).await,
        "fetch" => return on_fetch(&data.unchecked_into(), &manifest).await.map(JsValue::from),
        "fetched" => clients::forget_old(manifest.build()).await,
        "message" => return Ok(on_message(&data, &manifest).await.is_ok().into()),
        "sync" => on_sync(&data).await,
        _ => Ok(()),
    };
    done.map(|()| JsValue::UNDEFINED)
}

/// Caches the whole build, or fails and leaves no trace: the browser then keeps the old worker.
async fn on_install(manifest: &Manifest<'_>) -> Outcome {
    let result = cache::fill(manifest).await;
    if result.is_err() {
        cache::delete(&cache::name(manifest.build())).await?;
    }
    result
}

/// Takes over the open pages. Those that run an older build are noted, so that its cache stays
/// until the last of them is gone.
async fn on_activate(manifest: &Manifest<'_>) -> Outcome {
    clients::note_old(manifest.build()).await?;
    clients::forget_old(manifest.build()).await?;
    claim().await
}

async fn claim() -> Outcome {
    JsFuture::from(scope().clients().claim()).await.map(drop)
}

/// Answers a request for a page or a file of the app; never answers a file with a page.
async fn on_fetch(request: &Request, manifest: &Manifest<'_>) -> Outcome<Response> {
    let own = cache::name(manifest.build());
    if !cache::is_whole(&own).await? {
        // The browser threw the cache away: the network is better than a mixed build.
        return from_network(request).await;
    }
    if request.mode() == RequestMode::Navigate {
        return match cache::kept(&own, manifest::PAGE).await? {
            Some(page) => Ok(page),
            None => from_network(request).await,
        };
    }
    let url = request.url();
    let path = path_of(&url);
    let name = manifest::build_of(path).map_or(own, cache::name);
    cache::file(&name, path).await
}

async fn from_network(request: &Request) -> Outcome<Response> {
    Ok(JsFuture::from(scope().fetch_with_request(request)).await?.unchecked_into())
}

/// `skip` from a page means that its person accepted the new build, `rare` that a questionnaire needs what
/// few need, the name of this build that a page of it has no worker.
async fn on_message(data: &JsValue, manifest: &Manifest<'_>) -> Outcome {
    match data.as_string().as_deref() {
        Some("skip") => JsFuture::from(scope().skip_waiting()?).await.map(drop),
        Some("rare") => cache::add_rare(manifest).await,
        Some(build) if build == manifest.build() => claim().await,
        _ => Ok(()),
    }
}

/// Background sync: a page that is looked at sends by itself; without one the parcel goes out from here.
async fn on_sync(tag: &JsValue) -> Outcome {
    let mut seen = false;
    for client in clients::windows().await? {
        let message = Array::of2(&"sync".into(), tag);
        client.post_message(&message)?;
        seen |= clients::is_visible(&client);
    }
    if seen { Ok(()) } else { send::parcel().await }
}

/// The path of an absolute address, without query and fragment.
fn path_of(url: &str) -> &str {
    let start = url.bytes().enumerate().filter(|(_, byte)| *byte == b'/').nth(2);
    let path = start.and_then(|(at, _)| url.get(at..)).unwrap_or(manifest::PAGE);
    path.split(['?', '#']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn a_path_is_what_follows_the_host() {
        let cases = [
            ("https://a.ge/pkg/b1/app.js", "/pkg/b1/app.js"),
            ("http://127.0.0.1:8080/?q=/x", "/"),
            ("https://a.ge/office/#top", "/office/"),
            ("https://a.ge", "/"),
        ];
        for (url, path) in cases {
            assert_eq!(path_of(url), path);
        }
    }
}
