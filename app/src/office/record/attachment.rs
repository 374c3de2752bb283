//! A photo, a recording or a file among the answers, or where it still is.

use super::Sheet;
use crate::i18n::{Key, t, ta};
use crate::office::model::records::Attachment;
use crate::platform::office_dom;
use crate::ui::Icon;
use leptos::prelude::*;
use shared::attachment::AttachmentRef;

/// The attachment that an answer names; nothing when it names none.
pub fn view(sheet: Sheet, value: &str) -> Option<AnyView> {
    let named: AttachmentRef = value.parse().ok()?;
    let hash = named.hash.to_string();
    let found = Memo::new(move |_| {
        sheet.attachments.with(|all| all.attachments.iter().find(|one| one.hash == hash).cloned())
    });
    let id = sheet.id.get_value();
    Some(view! { {move || shown(&id, &named.name, found.get())} }.into_any())
}

fn shown(id: &str, name: &str, found: Option<Attachment>) -> AnyView {
    let Some(file) = found else {
        return view! { <span class="answers__value">{name.to_owned()}</span> }.into_any();
    };
    if file.state != "received" {
        let words = match file.state.as_str() {
            "arriving" if file.size > 0 => {
                let percent = (file.received * 100 / file.size).to_string();
                ta(Key::AttachmentArriving, &[("percent", &percent)])
            }
            _ => t(Key::AttachmentWaiting),
        };
        return view! {
            <span class="answers__waiting">
                <Icon name="phone" small=true />
                {format!("{name}: {words}")}
            </span>
        }
        .into_any();
    }
    let address =
        format!("/api/records/{id}/attachments/{}?name={}", file.hash, office_dom::encode(name));
    let save = format!("{address}&download=1");
    let kind = file.media_type.split('/').next().unwrap_or_default().to_owned();
    let body = match kind.as_str() {
        "image" if file.shown => {
            let open = ta(Key::AttachmentOpen, &[("name", name)]);
            let source = address.clone();
            view! {
                <a href=address target="_blank" rel="noopener">
                    <img class="answers__photo" src=source alt=open loading="lazy" />
                </a>
            }
            .into_any()
        }
        "audio" if file.shown => {
            view! { <audio controls=true preload="none" src=address></audio> }.into_any()
        }
        "video" if file.shown => view! {
            <video class="answers__photo" controls=true preload="none" src=address></video>
        }
        .into_any(),
        _ => ().into_any(),
    };
    view! {
        <span class="answers__file">
            {body} <a href=save download=name.to_owned()>
                <Icon name="download" small=true />
                {ta(Key::AttachmentSave, &[("name", name)])}
            </a>
        </span>
    }
    .into_any()
}
