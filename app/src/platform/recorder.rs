//! The microphone.

use super::blob;
use js_sys::{Array, Function, Promise};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobEvent, MediaRecorder, MediaRecorderOptions, MediaStream, MediaStreamConstraints,
    MediaStreamTrack,
};

/// Bits a second of speech.
const SPEECH: u32 = 24_000;
/// Bits a second where the form asks for `quality=low`.
const LOW: u32 = 12_000;
/// Bits a second where the form asks for `quality=external` or `normal`.
const NORMAL: u32 = 64_000;

/// A recording under way.
pub struct Recording {
    recorder: MediaRecorder,
    stream: MediaStream,
    parts: Rc<RefCell<Vec<Blob>>>,
    // Dropped together with the recording: then nothing calls it any more.
    _on_data: Closure<dyn FnMut(BlobEvent)>,
}

/// The camera or the microphone, if the person allows it.
pub async fn stream(camera: bool) -> Option<MediaStream> {
    let devices = web_sys::window()?.navigator().media_devices().ok()?;
    let wanted = MediaStreamConstraints::new();
    if camera {
        let side = js_sys::Object::new();
        js_sys::Reflect::set(&side, &"facingMode".into(), &"environment".into()).ok()?;
        wanted.set_video(&side);
    } else {
        wanted.set_audio(&JsValue::TRUE);
    }
    let promise = devices.get_user_media_with_constraints(&wanted).ok()?;
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}

/// Lets go of the camera or the microphone.
pub fn release(stream: &MediaStream) {
    for track in stream.get_tracks() {
        track.unchecked_into::<MediaStreamTrack>().stop();
    }
}

/// Begins to record. `quality` is XLSForm's parameter.
pub async fn record(quality: &str) -> Option<Recording> {
    let stream = stream(false).await?;
    let options = MediaRecorderOptions::new();
    options.set_audio_bits_per_second(match quality {
        "low" => LOW,
        "normal" | "external" => NORMAL,
        _ => SPEECH,
    });
    let made = MediaRecorder::new_with_media_stream_and_media_recorder_options(&stream, &options);
    let Ok(recorder) = made else {
        release(&stream);
        return None;
    };
    let parts = Rc::new(RefCell::new(Vec::new()));
    let kept = parts.clone();
    let on_data = Closure::<dyn FnMut(BlobEvent)>::new(move |event: BlobEvent| {
        if let Some(part) = event.data().filter(|part| part.size() > 0.0) {
            kept.borrow_mut().push(part);
        }
    });
    recorder.set_ondataavailable(Some(on_data.as_ref().unchecked_ref()));
    // Every second, so that little is lost when the page goes.
    if recorder.start_with_time_slice(1000).is_err() {
        release(&stream);
        return None;
    }
    Some(Recording { recorder, stream, parts, _on_data: on_data })
}

impl Recording {
    /// Stops, and returns the recording with its media type.
    pub async fn stop(self) -> Option<(Vec<u8>, String)> {
        let recorder = &self.recorder;
        let ended = Promise::new(&mut |done: Function, failed: Function| {
            recorder.set_onstop(Some(&done));
            if recorder.stop().is_err() {
                let _ = failed.call0(&JsValue::NULL);
            }
        });
        let _ = JsFuture::from(ended).await;
        release(&self.stream);
        let parts: Array = self.parts.borrow().iter().map(JsValue::from).collect();
        let whole = Blob::new_with_blob_sequence(&parts).ok()?;
        let media_type = recorder.mime_type();
        let media_type = media_type.split(';').next().unwrap_or_default().to_owned();
        Some((blob::bytes(&whole).await?, media_type))
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        // The page is left while it records: the microphone must not stay open.
        release(&self.stream);
        self.recorder.set_ondataavailable(None);
    }
}
