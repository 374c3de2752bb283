//! Pictures, sounds and films that came with the form: beside a label, and on choices. The sync brings them;
//! what is not here yet is fetched when it is to be shown.

use super::desk::Desk;
use crate::i18n::{Key, t};
use crate::platform::blob;
use crate::ui::{live, press};
use form::model::{MediaFile, Node};
use form::session::Address;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The columns that name a file, in the order in which they are shown.
pub const KINDS: [&str; 3] = ["image", "video", "audio"];

/// What a label shows beside its words, followed.
pub fn of_label(desk: Desk, at: &Address, node: &Node) -> AnyView {
    if node.media.is_empty() {
        return ().into_any();
    }
    let at = at.clone();
    let plays = node.attributes.get("body::autoplay").cloned().unwrap_or_default();
    // Its options show it, with the regions.
    let is_map = node.appears("image-map");
    live(move || {
        let language = desk.language();
        let name = |kind| desk.session(|session| session.media(&at, kind, &language));
        let named = |kind: &'static str| {
            let (file, large) = (name(kind), name("big-image"));
            if file.is_empty() || (is_map && kind == "image") {
                return None;
            }
            Some(untrack(|| match kind {
                "image" if !large.is_empty() => two_sizes(desk, file, large),
                _ => file_view(desk, kind, &file, plays == kind),
            }))
        };
        KINDS.into_iter().filter_map(named).collect::<Vec<_>>().into_any()
    })
}

/// A picture that a press exchanges for its large one, which may be pushed about.
fn two_sizes(desk: Desk, small: String, large: String) -> AnyView {
    let shown = RwSignal::new(false);
    let picture = live(move || {
        let name = if shown.get() { &large } else { &small };
        untrack(|| one(desk, "image", name))
    });
    view! {
        <button
            type="button"
            class="media__enlarge"
            class:media__enlarge--on=move || shown.get()
            aria-label=t(Key::ActionOpen)
            aria-expanded=move || if shown.get() { "true" } else { "false" }
            on:click=press(move || shown.update(|shown| *shown = !*shown))
        >
            {picture}
        </button>
    }
    .into_any()
}

/// A file of the form by its name; `kind` is the column that names it.
pub fn one(desk: Desk, kind: &'static str, name: &str) -> AnyView {
    file_view(desk, kind, name, false)
}

fn file_view(desk: Desk, kind: &'static str, name: &str, plays: bool) -> AnyView {
    let file = desk.session(|session| session.form().files.get(name).cloned());
    let address: RwSignal<Option<String>> = RwSignal::new(None);
    let missing = RwSignal::new(file.is_none());
    on_cleanup(move || {
        if let Some(Some(address)) = address.try_get_untracked() {
            blob::revoke(&address);
        }
    });
    if let Some(file) = file {
        spawn_local(async move {
            match address_of(desk, &file).await {
                // The page may be gone by now.
                Some(found) => {
                    if let Some(Some(unused)) = address.try_set(Some(found)) {
                        blob::revoke(&unused);
                    }
                }
                None => drop(missing.try_set(true)),
            }
        });
    }
    live(move || {
        match (address.get(), kind) {
        (Some(address), "audio") => {
            view! { <audio class="media__sound" controls autoplay=plays src=address></audio> }.into_any()
        }
        (Some(address), "video") => {
            view! { <video class="media__film" controls playsinline autoplay=plays src=address></video> }
                .into_any()
        }
        // The words beside it say what it is about.
        (Some(address), _) => {
            view! { <img class="media__photo media__photo--form" src=address alt="" /> }.into_any()
        }
        (None, _) if missing.get() => {
            view! { <span class="hint">{t(Key::MediaOffline)}</span> }.into_any()
        }
        _ => ().into_any(),
    }
    })
}

async fn address_of(desk: Desk, file: &MediaFile) -> Option<String> {
    let bytes = desk.app.device().form_file(file).await.ok()?;
    blob::address(&blob::of(&bytes, &file.media_type)?)
}
