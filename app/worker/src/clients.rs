//! The open pages, and which of them still run an older build.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Client, ClientQueryOptions, ClientType, VisibilityState, WindowClient};

use crate::{Outcome, cache, scope};

const OLD_PAGES: &str = "/worker-notes/old-pages";

/// All open pages of this origin, controlled by this worker or not.
pub async fn windows() -> Outcome<Vec<Client>> {
    let options = ClientQueryOptions::new();
    options.set_include_uncontrolled(true);
    options.set_type(ClientType::Window);
    let found = scope().clients().match_all_with_options(&options);
    let found: Array = JsFuture::from(found).await?.unchecked_into();
    Ok(found.iter().map(JsCast::unchecked_into).collect())
}

/// Whether a person has the page before them.
pub fn is_visible(client: &Client) -> bool {
    client.unchecked_ref::<WindowClient>().visibility_state() == VisibilityState::Visible
}

/// Writes down the older caches, and the pages that are open now: they run an older build.
/// A cache that appears later belongs to a newer build and must stay.
pub async fn note_old(build: &str) -> Outcome {
    let own = cache::name(build);
    let others = cache::others(&own).await?;
    if others.is_empty() {
        return Ok(());
    }
    let mut note = String::new();
    for old in &others {
        note.push_str(old);
        note.push(' ');
    }
    for page in windows().await? {
        note.push('\n');
        note.push_str(&page.id());
    }
    cache::note(&own, OLD_PAGES, &note).await
}

/// Deletes the noted caches when none of the noted pages is open any more.
pub async fn forget_old(build: &str) -> Outcome {
    let own = cache::name(build);
    let Some(note) = cache::read_note(&own, OLD_PAGES).await? else { return Ok(()) };
    let mut noted = note.lines();
    let caches = noted.next().unwrap_or_default();
    let pages: Vec<&str> = noted.collect();
    if windows().await?.iter().any(|client| pages.iter().any(|id| *id == client.id())) {
        return Ok(());
    }
    for old in caches.split_ascii_whitespace() {
        cache::delete(old).await?;
    }
    cache::forget(&own, OLD_PAGES).await
}
