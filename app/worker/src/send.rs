//! Sends what the page left ready, while no page is looking. What is sent and what comes back are bytes:
//! the page made the one and reads the other.

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use stored::parcel::{ANSWER, REQUEST, Request, TABLE, write_answer};
use stored::row;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use crate::{Outcome, scope};

/// The database of the phone's records; practice has one of its own, which is never sent.
const DATABASE: &str = "kardakar";

#[wasm_bindgen]
extern "C" {
    /// As much of IndexedDB as two rows need.
    #[wasm_bindgen(js_name = indexedDB, thread_local_v2)]
    static FACTORY: Factory;
    type Factory;
    #[wasm_bindgen(method)]
    fn open(this: &Factory, name: &str) -> IdbRequest;

    type IdbRequest;
    #[wasm_bindgen(method, getter)]
    fn result(this: &IdbRequest) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn transaction(this: &IdbRequest) -> Transaction;

    type Database;
    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn begin(
        this: &Database,
        table: &str,
        mode: &str,
        options: &Object,
    ) -> Result<Transaction, JsValue>;
    #[wasm_bindgen(method)]
    fn close(this: &Database);

    type Transaction;
    #[wasm_bindgen(method)]
    fn abort(this: &Transaction);
    #[wasm_bindgen(method, catch, js_name = objectStore)]
    fn table(this: &Transaction, name: &str) -> Result<Rows, JsValue>;

    type Rows;
    #[wasm_bindgen(method, catch)]
    fn get(this: &Rows, key: &str) -> Result<IdbRequest, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn put(this: &Rows, value: &Uint8Array, key: &str) -> Result<IdbRequest, JsValue>;
}

/// Settles with the first of two events.
async fn settled(on: &JsValue, good: &str, bad: &str) -> Outcome {
    let promise = Promise::new(&mut |resolve: Function, reject: Function| {
        let _ = Reflect::set(on, &good.into(), &resolve);
        let _ = Reflect::set(on, &bad.into(), &reject);
    });
    JsFuture::from(promise).await.map(drop)
}

async fn connect() -> Outcome<Database> {
    let request = FACTORY.with(|factory| factory.open(DATABASE));
    let opening = request.clone().unchecked_into::<IdbRequest>();
    // There is none: making one is the page's business.
    let on_missing = Closure::once_into_js(move || opening.transaction().abort());
    Reflect::set(&request, &"onupgradeneeded".into(), &on_missing)?;
    settled(&request, "onsuccess", "onerror").await?;
    Ok(request.result().unchecked_into())
}

/// Posts the parcel, if there is one that has not been answered, and stores the answer. An error makes
/// the browser call again later.
pub async fn parcel() -> Outcome {
    let database = connect().await?;
    let sent = send(&database).await;
    database.close();
    sent
}

async fn send(database: &Database) -> Outcome {
    let options = Object::new();
    let rows = database.begin(TABLE, "readonly", &options)?.table(TABLE)?;
    let (request, answer) = (rows.get(REQUEST)?, rows.get(ANSWER)?);
    settled(&answer, "onsuccess", "onerror").await?;
    if request.result().is_undefined() || !answer.result().is_undefined() {
        return Ok(());
    }
    let stored = Uint8Array::new(&request.result()).to_vec();
    let opened = row::open(TABLE, REQUEST, &stored).ok().and_then(Request::read);
    // A damaged parcel is the page's to find.
    let Some(request) = opened else { return Ok(()) };
    let Some(body) = post(&request).await? else { return Ok(()) };
    let answer = row::seal(TABLE, ANSWER, &write_answer(request.name, &body));
    Reflect::set(&options, &"durability".into(), &"strict".into())?;
    let transaction = database.begin(TABLE, "readwrite", &options)?;
    transaction.table(TABLE)?.put(&Uint8Array::from(answer.as_slice()), ANSWER)?;
    settled(&transaction, "oncomplete", "onabort").await
}

/// The whole answer; nothing where only a person at the page can go on.
async fn post(request: &Request<'_>) -> Outcome<Option<Vec<u8>>> {
    let headers = Headers::new()?;
    headers.set("content-type", request.media_type)?;
    let mut bearer = String::from("Bearer ");
    bearer.push_str(request.token);
    headers.set("authorization", &bearer)?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&Uint8Array::from(request.body));
    let response = scope().fetch_with_str_and_init(request.path, &init);
    let response: Response = JsFuture::from(response).await?.unchecked_into();
    let media_type = response.headers().get("content-type")?.unwrap_or_default();
    match response.status() {
        200 if media_type == request.media_type => {
            let body = JsFuture::from(response.array_buffer()?).await?;
            Ok(Some(Uint8Array::new(&body).to_vec()))
        }
        // The server has what it needs to say so to a person.
        400..=404 | 413 | 415 | 422 => Ok(None),
        // A captive portal, a resting server, a part of a transfer.
        _ => Err(Array::new().into()),
    }
}
