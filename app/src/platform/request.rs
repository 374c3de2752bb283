//! IndexedDB's events as futures.

use js_sys::{Function, Promise};
use std::future::Future;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, IdbRequest, IdbTransaction};

/// The text of a value that is one.
pub fn text_of(value: &JsValue) -> Option<String> {
    value.as_string()
}

/// What a request brings.
pub async fn value_of(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let on = request.clone();
    let settled = Promise::new(&mut |resolve: Function, reject: Function| {
        on.set_onsuccess(Some(&resolve));
        on.set_onerror(Some(&reject));
    });
    match JsFuture::from(settled).await {
        Ok(_) => request.result(),
        Err(_) => Err(reason(request.error().ok().flatten())),
    }
}

/// Resolves when the transaction is on disk. The listeners are in place when this returns.
pub fn completed(
    transaction: &IdbTransaction,
) -> impl Future<Output = Result<(), JsValue>> + use<> {
    let on = transaction.clone();
    let settled = Promise::new(&mut |resolve: Function, reject: Function| {
        on.set_oncomplete(Some(&resolve));
        on.set_onabort(Some(&reject));
    });
    let transaction = transaction.clone();
    async move {
        match JsFuture::from(settled).await {
            Ok(_) => Ok(()),
            Err(_) => Err(reason(transaction.error())),
        }
    }
}

/// Without a reason the browser ended it: the connection was lost.
fn reason(error: Option<DomException>) -> JsValue {
    match error {
        Some(error) => error.into(),
        None => DomException::new_with_message_and_name("", "AbortError")
            .map_or(JsValue::NULL, Into::into),
    }
}
