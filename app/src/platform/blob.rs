//! Bytes as the browser's blobs and files.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Event, File, HtmlElement, HtmlInputElement, Url};

/// The file that a person chose in a file field; the field is empty again afterwards.
pub fn chosen(event: &Event) -> Option<File> {
    let input: HtmlInputElement = event.target()?.dyn_into().ok()?;
    let file = input.files()?.get(0)?;
    input.set_value("");
    Some(file)
}

/// The content of a blob or file.
pub async fn bytes(blob: &Blob) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(blob.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// A blob of these bytes.
pub fn of(bytes: &[u8], media_type: &str) -> Option<Blob> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&Uint8Array::from(bytes));
    Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()
}

/// An address under which the page can show a blob. It holds the memory until it is revoked.
pub fn address(blob: &Blob) -> Option<String> {
    Url::create_object_url_with_blob(blob).ok()
}

/// Hands bytes to the person as a file of this name. Says whether the browser took them.
pub fn save(bytes: &[u8], media_type: &str, name: &str) -> bool {
    let link = || -> Option<HtmlElement> {
        let document = web_sys::window()?.document()?;
        document.create_element("a").ok()?.dyn_into().ok()
    };
    let Some((link, address)) = link().zip(of(bytes, media_type).as_ref().and_then(address)) else {
        return false;
    };
    let named = link.set_attribute("href", &address).and(link.set_attribute("download", name));
    link.click();
    // The browser reads the bytes after this turn.
    super::timer::after(60_000, move || revoke(&address));
    named.is_ok()
}

/// Gives back what an address holds.
pub fn revoke(address: &str) {
    let _ = Url::revoke_object_url(address);
}
