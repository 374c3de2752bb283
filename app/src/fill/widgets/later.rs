//! Questions that this version cannot ask yet: it says so in words and lets the worker go on.

use super::Control;
use crate::i18n::{Key, t};
use crate::ui::Icon;
use form::model::QuestionType;
use leptos::prelude::*;

/// The explanation.
pub fn view(control: Control) -> AnyView {
    let (icon, key) = match control.question {
        QuestionType::Image => ("camera", Key::QuestionPhotoLater),
        _ => ("info", Key::QuestionFileLater),
    };
    view! {
        <p class="note">
            <Icon name=icon />
            <span>{t(key)}</span>
        </p>
    }
    .into_any()
}
