//! Room laid by for the last answers: when the browser has none left it is given free, once, so that what a
//! person has just typed is still written.
//!
//! It lies in Cache Storage and not in the database: a removed row gives nothing back until the database
//! tidies itself up.

use super::{page, storage};
use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// Not one of the service worker's caches, whose names begin with `kardakar-`.
const NAME: &str = "reserve";
const ENTRIES: [&str; 4] = ["/reserve/1", "/reserve/2", "/reserve/3", "/reserve/4"];
/// Bytes of an entry. All of them are some hundred answers, and what the database itself needs on the way.
const SIZE: usize = 1 << 20;
/// It is laid by while so much is free, bytes.
const PLENTY: f64 = 32e6;
/// So many random bytes the browser gives at once.
const AT_ONCE: usize = 1 << 16;

/// The setting that says that it was given free.
const USED: &str = "reserve_used";

#[wasm_bindgen]
extern "C" {
    type Caches;
    #[wasm_bindgen(method, catch)]
    fn has(this: &Caches, name: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn open(this: &Caches, name: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn delete(this: &Caches, name: &str) -> Result<Promise, JsValue>;

    type Cache;
    #[wasm_bindgen(method, catch)]
    fn put(this: &Cache, name: &str, response: &Response) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = delete)]
    fn remove(this: &Cache, name: &str) -> Result<Promise, JsValue>;
}

/// Some windows have none.
fn caches() -> Result<Caches, JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let caches = Reflect::get(&window, &"caches".into())?;
    if caches.is_object() { Ok(caches.unchecked_into()) } else { Err(caches) }
}

async fn is_there() -> Result<bool, JsValue> {
    Ok(JsFuture::from(caches()?.has(NAME)?).await?.is_truthy())
}

/// Whether the reserve was given free, and could not be laid by again: the phone is full.
pub fn is_used() -> bool {
    page::setting(USED).is_some_and(|words| !words.is_empty())
}

/// Lays room by, if there is none yet and plenty left.
pub async fn lay_by() {
    let plenty = storage::estimate().await.is_none_or(|(used, total)| total - used > PLENTY);
    if plenty && matches!(is_there().await, Ok(false)) && fill().await.is_ok() {
        page::remember(USED, "");
    }
}

async fn fill() -> Result<(), JsValue> {
    let crypto = web_sys::window().ok_or(JsValue::NULL)?.crypto()?;
    // Random: what can be compressed takes no room.
    let mut bytes = vec![0; SIZE];
    for part in bytes.chunks_mut(AT_ONCE) {
        crypto.get_random_values_with_u8_array(part)?;
    }
    let cache: Cache = JsFuture::from(caches()?.open(NAME)?).await?.unchecked_into();
    for entry in ENTRIES {
        let response = Response::new_with_opt_u8_array(Some(&mut bytes))?;
        if let Err(error) = JsFuture::from(cache.put(entry, &response)?).await {
            JsFuture::from(caches()?.delete(NAME)?).await?;
            return Err(error);
        }
    }
    Ok(())
}

/// Gives the room free; whether there was any.
pub async fn give_free() -> bool {
    let freed = async {
        if !is_there().await? {
            return Ok(false);
        }
        let cache: Cache = JsFuture::from(caches()?.open(NAME)?).await?.unchecked_into();
        for entry in ENTRIES {
            JsFuture::from(cache.remove(entry)?).await?;
        }
        JsFuture::from(caches()?.delete(NAME)?).await?;
        Ok::<_, JsValue>(true)
    };
    let freed = freed.await.unwrap_or(false);
    if freed {
        page::remember(USED, "1");
    }
    freed
}
