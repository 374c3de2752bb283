//! What lies over the page: questions that need an answer, and sheets to choose from.

use super::effect;
use super::live;
use super::{Button, IconButton, Kind};
use crate::i18n::{Key, tx};
use crate::platform::dialog as native;
use leptos::prelude::*;

/// A question with a safe answer first. Escape means the safe answer.
#[component]
pub fn Dialog(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] text: Signal<String>,
    #[prop(into)] safe: Signal<String>,
    #[prop(into)] act: Signal<String>,
    #[prop(into)] on_act: Callback<()>,
    #[prop(optional)] danger: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let node = NodeRef::new();
    effect(move || native::show(node.get(), open.get()));
    let kind = if danger { Kind::Danger } else { Kind::Primary };
    view! {
        <dialog
            class="dialog"
            node_ref=node
            on:close=move |event| {
                if native::is_closed(&event) {
                    open.set(false);
                }
            }
        >
            <h2 class="dialog__title">{title}</h2>
            <p class="dialog__text">{text}</p>
            {children.map(|children| children())}
            <div class="dialog__actions">
                <Button kind=Kind::Secondary label=safe on_press=move |()| open.set(false) />
                <Button
                    kind=kind
                    label=act
                    on_press=move |()| {
                        open.set(false);
                        on_act.run(());
                    }
                />
            </div>
        </dialog>
    }
}

/// A sheet from the bottom for choosing and secondary acts.
#[component]
pub fn Sheet(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] full: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::new();
    effect(move || native::show(node.get(), open.get()));
    view! {
        <dialog
            class="sheet"
            class:sheet--full=full
            node_ref=node
            on:close=move |event| {
                if native::is_closed(&event) {
                    open.set(false);
                }
            }
            on:click=move |event| {
                if native::is_backdrop(&event) {
                    open.set(false);
                }
            }
        >
            <div class="sheet__head">
                <h2 class="sheet__title">{title}</h2>
                <IconButton icon="close" label=tx(Key::ActionClose) on_press=move |()| open.set(false) />
            </div>
            <div class="sheet__body">{live(move || (open.get().then(|| children())).into_any())}</div>
        </dialog>
    }
}
