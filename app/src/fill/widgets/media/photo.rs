//! A photo: taken or chosen, made smaller, without the place that cameras write into it.

use super::chooser::chooser;
use super::holder::Holder;
use super::pen;
use crate::fill::say;
use crate::fill::widgets::Control;
use crate::i18n::{Key, ta, tx};
use crate::platform::{blob, picture};
use crate::ui::live;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Pixels of the longer side where the form does not say.
const LONGEST: u32 = 1280;

/// A photo question.
pub fn view(control: Control) -> AnyView {
    let holder = Holder::new(control.clone());
    let longest = control.node.parameters.get("max-pixels").and_then(|text| text.parse().ok());
    let longest = longest.filter(|pixels| *pixels > 0).unwrap_or(LONGEST);
    let take = move |event: leptos::ev::Event| {
        let Some(file) = blob::chosen(&event) else { return };
        let keeper = holder.keeper();
        spawn_local(async move {
            match picture::smaller(&file, longest).await {
                Some(photo) => {
                    keeper.keep(photo.ending(), &photo.media_type, None, photo.bytes).await;
                }
                None => keeper.fail(Key::MediaUnreadable),
            }
        });
    };
    let annotate = control.node.appears("annotate");
    let label = {
        let (desk, at) = (control.desk, control.at.clone());
        move || ta(Key::MediaPhotoOf, &[("label", &say::label(desk, &at))])
    };
    let shown = live(move || match holder.address.get() {
        Some(_) if annotate => pen::over(holder),
        Some(address) => view! { <img class="media__photo" src=address alt=label() /> }.into_any(),
        None => ().into_any(),
    });
    let again = Signal::derive(move || match holder.named() {
        Some(_) => crate::i18n::t(Key::QuestionPhotoRetake),
        None => crate::i18n::t(Key::QuestionPhotoAdd),
    });
    let new_only = control.node.appears("new") || control.node.appears("new-front");
    let side = if control.node.appears("new-front") { "user" } else { "environment" };
    view! {
        {shown}
        {chooser(holder, "camera", again, "image/*", Some(side), take)}
        {(!new_only)
            .then(|| {
                chooser(holder, "upload", tx(Key::MediaChoosePhoto), "image/*", None, take)
            })}
        {holder.foot()}
    }
    .into_any()
}
