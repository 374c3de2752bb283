//! Pictures, sounds and films that came with the form: beside a label, and on choices. The sync brings them;
//! what is not here yet is fetched when it is to be shown.

use super::desk::Desk;
use crate::i18n::{Key, t};
use crate::platform::blob;
use crate::ui::live;
use form::model::{MediaFile, Node};
use form::session::Address;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What a label shows beside its words, followed.
pub fn of_label(desk: Desk, at: &Address, node: &Node) -> AnyView {
    if node.media.is_empty() {
        return ().into_any();
    }
    let at = at.clone();
    live(move || {
        let language = desk.language();
        let named = |kind: &'static str| {
            let name = desk.session(|session| session.media(&at, kind, &language));
            (!name.is_empty()).then(|| untrack(|| one(desk, kind, &name)))
        };
        let shown = ["image", "video", "audio"].into_iter().filter_map(named);
        shown.collect::<Vec<_>>().into_any()
    })
}

/// A file of the form by its name; `kind` is the column that names it.
pub fn one(desk: Desk, kind: &'static str, name: &str) -> AnyView {
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
    live(move || match (address.get(), kind) {
        (Some(address), "audio") => {
            view! { <audio class="media__sound" controls src=address></audio> }.into_any()
        }
        (Some(address), "video") => {
            view! { <video class="media__film" controls src=address></video> }.into_any()
        }
        // The words beside it say what it is about.
        (Some(address), _) => {
            view! { <img class="media__photo media__photo--form" src=address alt="" /> }.into_any()
        }
        (None, _) if missing.get() => {
            view! { <span class="hint">{t(Key::MediaOffline)}</span> }.into_any()
        }
        _ => ().into_any(),
    })
}

async fn address_of(desk: Desk, file: &MediaFile) -> Option<String> {
    let bytes = desk.app.device().form_file(file).await.ok()?;
    blob::address(&blob::of(&bytes, &file.media_type)?)
}
