//! Protection answers: apart from the others, opened on purpose.

use leptos::prelude::*;

use super::{Sheet, altered, answers, resolve};
use crate::i18n::{Key, t, tx};
use crate::office::api::ApiError;
use crate::office::model::records::{Detail, Node, NodeKind};
use crate::ui::{Button, Icon, Kind};

/// Whether the form of the record has protection answers.
pub fn is_there(detail: &Detail) -> bool {
    detail.protection || detail.nodes.iter().any(is_protection)
}

pub fn is_protection(node: &Node) -> bool {
    node.kind == NodeKind::Question && node.sensitivity == "protection"
}

/// The gate, and behind it the answers.
pub fn protection(sheet: Sheet) -> AnyView {
    let failed = RwSignal::new(None::<ApiError>);
    let open = move |()| sheet.open_protection(move |error| drop(failed.try_set(Some(error))));
    view! {
        {move || {
            if let Some(detail) = sheet.opened.get() {
                if !detail.nodes.iter().any(|node| is_protection(node) && !node.value.is_empty()) {
                    return view! { <p class="meta">{t(Key::RecordProtectionNone)}</p> }.into_any();
                }
                return view! {
                    {altered::card(sheet, sheet.opened)}
                    {resolve::cards(sheet, sheet.opened, is_protection)}
                    {answers::sections(sheet, &detail, is_protection)}
                }
                    .into_any();
            }
            view! {
                <div class="empty">
                    <Icon name="lock" />
                    <p class="empty__title">{t(Key::RecordProtectionGate)}</p>
                    {failed
                        .get()
                        .map(|error| view! { <p role="alert">{error.words()}</p> })}
                    <Button
                        kind=Kind::Secondary
                        label=tx(Key::RecordProtectionOpen)
                        on_press=open
                    />
                </div>
            }
                .into_any()
        }}
    }
    .into_any()
}
