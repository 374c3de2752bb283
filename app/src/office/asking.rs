//! Dialogs before what reaches other people: what is asked, a reason in words, the act and the way out.

use leptos::prelude::*;

use super::TextArea;
use crate::i18n::{Key, t, tx};
use crate::platform::dialog as native;
use crate::ui::{Button, Kind};

/// A dialog that stays open until the act succeeds; Escape and "cancel" leave everything as it was.
#[component]
pub fn Asking(
    id: &'static str,
    #[prop(into)] open: Signal<bool>,
    #[prop(into)] on_close: Callback<()>,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] act: Signal<String>,
    #[prop(optional)] danger: bool,
    #[prop(optional)] wide: bool,
    #[prop(into)] on_act: Callback<()>,
    children: Children,
) -> impl IntoView {
    let node = NodeRef::new();
    Effect::new(move || native::show(node.get(), open.get()));
    let kind = if danger { Kind::Danger } else { Kind::Primary };
    let title_id = format!("{id}-title");
    let labelled = title_id.clone();
    view! {
        <dialog
            class="dialog"
            class:dialog--wide=wide
            node_ref=node
            aria-labelledby=labelled
            on:close=move |event| {
                if native::is_closed(&event) {
                    on_close.run(());
                }
            }
        >
            <h2 class="dialog__title" id=title_id>
                {move || title.get()}
            </h2>
            {children()}
            <div class="dialog__actions dialog__actions--row">
                <Button
                    kind=Kind::Secondary
                    label=tx(Key::ActionCancel)
                    on_press=move |()| on_close.run(())
                />
                <Button kind=kind label=act on_press=on_act />
            </div>
        </dialog>
    }
}

/// The words of a dialog that asks why.
#[derive(Clone, Copy)]
pub struct Why {
    /// Stands before the ids of its elements.
    pub id: &'static str,
    pub title: Key,
    pub text: Key,
    /// Over the box for the reason.
    pub label: Key,
    /// What to say when there is none.
    pub missing: Key,
    pub act: Key,
}

/// Asks why before an act that cannot be without a reason: `on_act` gets the words. They stay while the
/// page does, so that nothing typed is lost by closing the dialog.
#[component]
pub fn AskWhy(
    why: Why,
    #[prop(into)] open: Signal<bool>,
    #[prop(into)] on_close: Callback<()>,
    words: RwSignal<String>,
    #[prop(into)] on_act: Callback<String>,
) -> impl IntoView {
    let error = RwSignal::new(None::<String>);
    Effect::new(move || {
        if open.get() {
            error.set(None);
        }
    });
    let act = move |()| {
        let given = words.get_untracked().trim().to_owned();
        error.set(given.is_empty().then(|| t(why.missing)));
        if !given.is_empty() {
            on_close.run(());
            on_act.run(given);
        }
    };
    view! {
        <Asking
            id=why.id
            open=open
            on_close=on_close
            title=tx(why.title)
            act=tx(why.act)
            danger=true
            wide=true
            on_act=act
        >
            <p class="dialog__text">{t(why.text)}</p>
            <TextArea
                id=format!("{}-reason", why.id)
                label=tx(why.label)
                value=words
                error=error
            />
        </Asking>
    }
}
