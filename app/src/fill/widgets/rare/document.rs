//! A film or any other file.

use crate::fill::widgets::Control;
use crate::fill::widgets::media::chooser::chooser;
use crate::fill::widgets::media::holder::Holder;
use crate::i18n::{Key, t, tx};
use crate::platform::blob;
use crate::ui::{Icon, live, words};
use form::model::QuestionType;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::attachment::LARGEST;

/// Keeps a chosen file as it is.
pub fn keep(holder: Holder, event: &leptos::ev::Event) {
    let Some(file) = blob::chosen(event) else { return };
    let keeper = holder.keeper();
    spawn_local(async move {
        // Before it is read: a film may be larger than the memory.
        let bytes = match file.size() as u64 {
            0..=LARGEST => blob::bytes(&file).await,
            _ => Some(vec![0; LARGEST as usize + 1]),
        };
        match bytes {
            Some(bytes) => keeper.keep("", &file.type_(), Some(file.name()), bytes).await,
            None => keeper.fail(Key::MediaUnreadable),
        }
    });
}

/// A film or file question.
pub fn view(control: Control) -> AnyView {
    let holder = Holder::new(control.clone());
    let film = control.question == QuestionType::Video;
    let shown = live(move || {
        let Some(named) = holder.named() else { return ().into_any() };
        match holder.address.get() {
            Some(address) if film => {
                view! { <video class="media__film" controls=true playsinline=true src=address></video> }
                    .into_any()
            }
            address => view! {
                <p class="card media__file">
                    <Icon name="download" small=true />
                    <a href=address download=named.name.clone()>{named.name.clone()}</a>
                    <span class="hint">{words::size(named.size as f64)}</span>
                </p>
            }
            .into_any(),
        }
    });
    let label = Signal::derive(move || match holder.named() {
        Some(_) => t(Key::MediaChooseOther),
        None => t(Key::MediaChooseFile),
    });
    let any = if film { "video/*" } else { "*/*" };
    view! {
        {shown}
        {film
            .then(|| {
                let take = move |event: leptos::ev::Event| keep(holder, &event);
                chooser(holder, "camera", tx(Key::MediaFilm), any, Some("environment"), take)
            })}
        {chooser(holder, "upload", label, any, None, move |event| keep(holder, &event))}
        {holder.foot()}
    }
    .into_any()
}
