//! A picture to tap: its regions stand for the options below it. The options are what keyboards and screen
//! readers use, and fingers where a region is small.

use crate::fill::widgets::choices::Options;
use crate::fill::widgets::{Control, multiple};
use crate::platform::blob;
use crate::ui::{live, memo};
use device::fill::image_map::{self, ImageMap, Region};
use device::fill::options::chosen;
use form::model::QuestionType;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A picture with its regions.
#[derive(Clone)]
struct Shown {
    address: String,
    map: ImageMap,
}

/// The map of a select, above its options.
pub fn view(control: Control) -> AnyView {
    let several = control.question == QuestionType::SelectMultiple;
    let options = Options::of(&control, several);
    let shown: RwSignal<Option<Shown>> = RwSignal::new(None);
    on_cleanup(move || {
        if let Some(Some(old)) = shown.try_get_untracked() {
            blob::revoke(&old.address);
        }
    });
    let loading = control.clone();
    spawn_local(async move {
        let found = load(&loading, options).await;
        // The page may be gone by now.
        if let Some(Some(unused)) = shown.try_set(found) {
            blob::revoke(&unused.address);
        }
    });
    live(move || {
        let Some(Shown { address, map }) = shown.get() else { return ().into_any() };
        let region = |region: Region| path(&control, options, region);
        let regions: Vec<AnyView> = map.regions.into_iter().map(region).collect();
        view! {
            <div class="regions">
                <img src=address alt="" />
                <svg viewBox=map.view_box aria-hidden="true">
                    {regions}
                </svg>
            </div>
        }
        .into_any()
    })
}

async fn load(control: &Control, options: Memo<Options>) -> Option<Shown> {
    let desk = control.desk;
    let language = untrack(|| desk.language());
    let file = desk.session(|session| {
        let name = session.media(&control.at, "image", &language);
        session.form().files.get(&name).cloned()
    })?;
    let bytes = desk.app.device().form_file(&file).await.ok()?;
    let codes = options.try_with_untracked(Options::codes)?;
    let text = String::from_utf8_lossy(&bytes);
    let map = image_map::read(&text, |id| codes.iter().any(|code| code == id));
    let address = blob::address(&blob::of(&bytes, &file.media_type)?)?;
    Some(Shown { address, map: map.unwrap_or_default() })
}

fn path(control: &Control, options: Memo<Options>, region: Region) -> AnyView {
    let (reading, setting) = (control.clone(), control.clone());
    let (code, choice) = (region.choice.clone(), region.choice);
    let on = memo(move || chosen(&reading.value()).contains(&code.as_str()));
    let press = move |_| match setting.question {
        QuestionType::SelectMultiple => multiple::toggle(&setting, options, &choice),
        _ => setting.set(&choice),
    };
    view! {
        <path
            class=move || if on.get() { "region region--on" } else { "region" }
            d=region.outline
            transform=region.transform
            on:click=press
        ></path>
    }
    .into_any()
}
