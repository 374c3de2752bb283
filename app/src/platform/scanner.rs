//! Barcodes and QR codes through the camera: read by the browser where it can, else by a chunk of our own,
//! which is fetched when it is first needed.

use super::{picture, recorder, timer};
use js_sys::{Array, Promise, Reflect};
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, HtmlVideoElement};

/// Between two looks, milliseconds.
const PAUSE_MS: i32 = 200;
/// The longer side of the picture that our own reader looks at: more takes a cheap phone too long.
const LONGEST: f64 = 640.0;

#[wasm_bindgen]
extern "C" {
    type BarcodeDetector;
    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<BarcodeDetector, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn detect(this: &BarcodeDetector, image: &HtmlVideoElement) -> Result<Promise, JsValue>;
}

/// Why no code was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There is no camera, or it is not allowed.
    Camera,
    /// The chunk did not arrive: there is no network, and it was never needed before.
    Reader,
}

/// What reads a grey picture of a width and a height.
type Read = fn(&[u8], usize, usize) -> Option<String>;

#[wasm_split(scan, fallible, wasm_split_path = ::leptos::wasm_split)]
fn chunk() -> Result<Read, SplitLoaderError> {
    Ok(codes::read)
}

enum Reader {
    Browser(BarcodeDetector),
    Own(Read),
}

/// Whether there may be a camera. It is asked for when it is used.
pub fn is_there() -> bool {
    let navigator = web_sys::window().map(|window| window.navigator());
    let named = |navigator| Reflect::get(&navigator, &"mediaDevices".into()).ok();
    navigator.map(JsValue::from).and_then(named).is_some_and(|devices| !devices.is_undefined())
}

async fn reader() -> Result<Reader, Trouble> {
    let known = Reflect::has(&js_sys::global(), &"BarcodeDetector".into()).unwrap_or(false);
    if let Some(detector) = known.then(BarcodeDetector::new).and_then(Result::ok) {
        return Ok(Reader::Browser(detector));
    }
    chunk().await.map(Reader::Own).map_err(|_| Trouble::Reader)
}

/// Shows the camera in `video` and looks until a code is found or `stop` is set.
pub async fn scan(
    video: HtmlVideoElement,
    stop: Rc<Cell<bool>>,
) -> Result<Option<String>, Trouble> {
    let reader = reader().await?;
    let stream = recorder::stream(true).await.ok_or(Trouble::Camera)?;
    video.set_src_object(Some(&stream));
    let found = look(&video, &reader, &stop).await;
    video.set_src_object(None);
    recorder::release(&stream);
    found.map_err(|_| Trouble::Camera)
}

async fn look(
    video: &HtmlVideoElement,
    reader: &Reader,
    stop: &Cell<bool>,
) -> Result<Option<String>, JsValue> {
    JsFuture::from(video.play()?).await?;
    while !stop.get() {
        // A frame that cannot be read is followed by another.
        let text = match reader {
            Reader::Browser(detector) => detected(detector, video).await,
            Reader::Own(read) => {
                frame(video).and_then(|(grey, width, height)| read(&grey, width, height))
            }
        };
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            return Ok(Some(text));
        }
        timer::sleep(PAUSE_MS).await;
    }
    Ok(None)
}

async fn detected(detector: &BarcodeDetector, video: &HtmlVideoElement) -> Option<String> {
    let codes = JsFuture::from(detector.detect(video).ok()?).await.ok()?;
    let first = codes.unchecked_into::<Array>().get(0);
    Reflect::get(&first, &"rawValue".into()).ok()?.as_string()
}

/// What the camera shows now, grey: bytes, width, height.
fn frame(video: &HtmlVideoElement) -> Option<(Vec<u8>, usize, usize)> {
    let (width, height) = (f64::from(video.video_width()), f64::from(video.video_height()));
    let by = (LONGEST / width.max(height)).min(1.0);
    let (width, height) = ((width * by) as u32, (height * by) as u32);
    let (_, context): (_, CanvasRenderingContext2d) = picture::canvas(width, height)?;
    let (across, down) = (f64::from(width), f64::from(height));
    context.draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, across, down).ok()?;
    let pixels = context.get_image_data(0.0, 0.0, across, down).ok()?.data();
    let grey = |pixel: &[u8]| {
        let [red, green, blue] = [0, 1, 2].map(|at| pixel.get(at).map_or(0, |of| u32::from(*of)));
        ((red * 77 + green * 151 + blue * 28) >> 8) as u8
    };
    Some((pixels.chunks(4).map(grey).collect(), width as usize, height as usize))
}
