//! Pictures made smaller. Drawing them anew also leaves behind what cameras write into files: the place,
//! the time, the phone's number.

use super::blob;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, ImageBitmap};

/// How much of the quality stays.
const QUALITY: f64 = 0.8;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = createImageBitmap, catch)]
    fn create_image_bitmap(blob: &Blob, options: &Object) -> Result<Promise, JsValue>;
}

/// A picture as bytes.
pub struct Picture {
    pub bytes: Vec<u8>,
    pub media_type: String,
}

impl Picture {
    /// The ending of a file of this type.
    pub fn ending(&self) -> &'static str {
        match self.media_type.as_str() {
            "image/png" => "png",
            "image/webp" => "webp",
            _ => "jpg",
        }
    }
}

/// Reads a picture, turned upright.
pub async fn read(blob: &Blob) -> Option<ImageBitmap> {
    let options = Object::new();
    Reflect::set(&options, &"imageOrientation".into(), &"from-image".into()).ok()?;
    let promise = create_image_bitmap(blob, &options).ok()?;
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}

/// An empty canvas of this size in pixels.
pub fn canvas(width: u32, height: u32) -> Option<(HtmlCanvasElement, CanvasRenderingContext2d)> {
    let document = web_sys::window()?.document()?;
    let canvas: HtmlCanvasElement = document.create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    let context = context(&canvas)?;
    Some((canvas, context))
}

/// What draws on a canvas.
pub fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

/// The same picture with at most `longest` pixels a side.
pub async fn smaller(blob: &Blob, longest: u32) -> Option<Picture> {
    let bitmap = read(blob).await?;
    let (width, height) = (f64::from(bitmap.width()), f64::from(bitmap.height()));
    let by = (f64::from(longest) / width.max(height)).min(1.0);
    let (width, height) = ((width * by).round().max(1.0), (height * by).round().max(1.0));
    let (canvas, context) = canvas(width as u32, height as u32)?;
    // Transparent parts would turn black in a format without them.
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, width, height);
    let drawn =
        context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width, height);
    bitmap.close();
    drawn.ok()?;
    let picture = encode(&canvas, "image/webp").await?;
    // The memory of a large canvas is given back at once this way.
    canvas.set_width(0);
    Some(picture)
}

/// What a canvas shows, in this format or, where the browser does not write it, as JPEG.
pub async fn encode(canvas: &HtmlCanvasElement, media_type: &str) -> Option<Picture> {
    let blob = to_blob(canvas, media_type).await?;
    // A browser that cannot write the format writes PNG, which is too large for photos.
    let blob = match blob.type_() == media_type {
        true => blob,
        false => to_blob(canvas, "image/jpeg").await?,
    };
    Some(Picture { bytes: blob::bytes(&blob).await?, media_type: blob.type_() })
}

async fn to_blob(canvas: &HtmlCanvasElement, media_type: &str) -> Option<Blob> {
    let promise = Promise::new(&mut |done: Function, failed: Function| {
        let asked =
            canvas.to_blob_with_type_and_encoder_options(&done, media_type, &QUALITY.into());
        if asked.is_err() {
            let _ = failed.call0(&JsValue::NULL);
        }
    });
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}
