//! The network.

use device::ports::{Local, Reply, Transport};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, Request, RequestInit, Response};

/// How long a request may take.
const TIMEOUT_MS: i32 = 60_000;

/// The way to the server over `fetch`.
pub struct BrowserTransport;

impl Transport for BrowserTransport {
    fn post<'a>(
        &'a self,
        path: &'a str,
        token: Option<&'a str>,
        body: Vec<u8>,
    ) -> Local<'a, Option<Reply>> {
        Box::pin(async move { post(path, token, &body).await.ok() })
    }
}

async fn post(path: &str, token: Option<&str>, body: &[u8]) -> Result<Reply, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", shared::sync::codec::MEDIA_TYPE)?;
    if let Some(token) = token {
        headers.set("authorization", &format!("Bearer {token}"))?;
    }
    let abort = AbortController::new()?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&js_sys::Uint8Array::from(body));
    init.set_signal(Some(&abort.signal()));
    let request = Request::new_with_str_and_init(path, &init)?;
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    super::timer::after(TIMEOUT_MS, move || abort.abort());
    let response: Response =
        JsFuture::from(window.fetch_with_request(&request)).await?.dyn_into()?;
    read(&response).await
}

async fn read(response: &Response) -> Result<Reply, JsValue> {
    let header = |name| response.headers().get(name).ok().flatten();
    let media_type = header("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // A date, the other form that the header may have, counts as nothing said.
    let seconds = header("retry-after").and_then(|value| value.trim().parse::<u64>().ok());
    Ok(Reply {
        status: response.status(),
        media_type,
        retry_after_ms: seconds.map(|seconds| seconds.saturating_mul(1000)),
        body: arrived(response).await,
    })
}

#[wasm_bindgen]
extern "C" {
    type Body;
    #[wasm_bindgen(method, js_name = getReader)]
    fn reader(this: &Body) -> Reader;

    type Reader;
    #[wasm_bindgen(method, catch)]
    fn read(this: &Reader) -> Result<js_sys::Promise, JsValue>;
}

/// The body as far as it arrives: what comes before a cut is of use.
async fn arrived(response: &Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    let part = |result: &JsValue, name: &str| js_sys::Reflect::get(result, &name.into());
    let Ok(body) = part(response, "body") else { return bytes };
    if body.is_null() {
        return bytes;
    }
    let reader = body.unchecked_into::<Body>().reader();
    while let Ok(promise) = reader.read() {
        let Ok(result) = JsFuture::from(promise).await else { break };
        match part(&result, "value") {
            Ok(value) if !value.is_undefined() => {
                bytes.extend_from_slice(&js_sys::Uint8Array::new(&value).to_vec());
            }
            _ => break,
        }
    }
    bytes
}

/// The text of one of the build's files.
pub async fn text(path: &str) -> Option<String> {
    let window = web_sys::window()?;
    let response: Response =
        JsFuture::from(window.fetch_with_str(path)).await.ok()?.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}
