//! Requests of the office: JSON as text, with the session's cookie.

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, RequestInit, Response};

/// What the server said.
pub struct Answer {
    pub status: u16,
    /// Seconds to wait, when the server asked for it.
    pub retry_after: u32,
    /// Whether the content is JSON: a captive portal answers with a page.
    pub json: bool,
    pub text: String,
}

/// A body with its media type.
pub struct Body<'a> {
    pub media_type: &'a str,
    pub bytes: &'a [u8],
}

/// Asks the server; `None` when nothing answered.
pub async fn ask(method: &str, path: &str, body: Option<Body<'_>>) -> Option<Answer> {
    send(method, path, body).await.ok()
}

async fn send(method: &str, path: &str, body: Option<Body<'_>>) -> Result<Answer, JsValue> {
    let init = RequestInit::new();
    init.set_method(method);
    if let Some(body) = &body {
        init.set_body(&Uint8Array::from(body.bytes));
    }
    let request = Request::new_with_str_and_init(path, &init)?;
    request.headers().set("Accept", "application/json")?;
    if let Some(body) = &body {
        request.headers().set("Content-Type", body.media_type)?;
    }
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: Response =
        JsFuture::from(window.fetch_with_request(&request)).await?.dyn_into()?;
    let header = |name: &str| response.headers().get(name).ok().flatten().unwrap_or_default();
    let retry_after = header("Retry-After").parse().unwrap_or(0);
    let json = header("Content-Type").contains("json");
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    Ok(Answer { status: response.status(), retry_after, json, text })
}
