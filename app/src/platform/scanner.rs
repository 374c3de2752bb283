//! Barcodes and QR codes through the camera, where the browser reads them.

use super::{recorder, timer};
use js_sys::{Array, Promise, Reflect};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlVideoElement;

/// Between two looks, milliseconds.
const PAUSE_MS: i32 = 200;

#[wasm_bindgen]
extern "C" {
    type BarcodeDetector;
    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<BarcodeDetector, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn detect(this: &BarcodeDetector, image: &HtmlVideoElement) -> Result<Promise, JsValue>;
}

/// Whether this browser reads codes.
pub fn is_there() -> bool {
    Reflect::has(&js_sys::global(), &"BarcodeDetector".into()).unwrap_or(false)
}

/// Shows the camera in `video` and looks until a code is found or `stop` is set. `Err` when there is no
/// camera or it is not allowed.
pub async fn scan(video: HtmlVideoElement, stop: Rc<Cell<bool>>) -> Result<Option<String>, ()> {
    let stream = recorder::stream(true).await.ok_or(())?;
    video.set_src_object(Some(&stream));
    let found = look(&video, &stop).await;
    video.set_src_object(None);
    recorder::release(&stream);
    found.map_err(|_| ())
}

async fn look(video: &HtmlVideoElement, stop: &Cell<bool>) -> Result<Option<String>, JsValue> {
    JsFuture::from(video.play()?).await?;
    let detector = BarcodeDetector::new()?;
    while !stop.get() {
        // A frame that cannot be read is followed by another.
        if let Ok(promise) = detector.detect(video)
            && let Ok(codes) = JsFuture::from(promise).await
        {
            let first = codes.unchecked_into::<Array>().get(0);
            let text =
                Reflect::get(&first, &"rawValue".into()).ok().and_then(|raw| raw.as_string());
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                return Ok(Some(text));
            }
        }
        timer::sleep(PAUSE_MS).await;
    }
    Ok(None)
}
