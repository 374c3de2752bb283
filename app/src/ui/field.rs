//! A text or number.

use super::Icon;
use super::live;
use crate::i18n::{Key, t};
use leptos::prelude::*;

/// A box with its label, hint and error. `id` must be unique on the page; the value is raised while
/// typing, `on_leave` when the person goes on.
#[component]
pub fn Field(
    #[prop(into)] id: String,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: Option<Signal<String>>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    /// `text`, `numeric`, `decimal`, `tel`, `email`, `search`.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// `password` for what must not be seen.
    #[prop(optional)]
    kind: Option<&'static str>,
    /// A class of the box: `field__box--code`, `field__box--digits-11`, ...
    #[prop(optional)]
    size: &'static str,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional, into)] on_leave: Option<Callback<()>>,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
    let error_id = format!("{id}-error");
    let described = format!("{hint_id} {error_id}");
    view! {
        <div class="field" class:field--error=move || error.get().is_some()>
            <label class="field__label" for=id.clone()>
                {label}
            </label>
            {hint
                .map(|hint| {
                    view! {
                        <p class="hint" id=hint_id>
                            {hint}
                        </p>
                    }
                })}
            <input
                class=format!("field__box {size}")
                id=id
                type=kind.unwrap_or("text")
                inputmode=inputmode
                autocomplete=autocomplete.unwrap_or("off")
                autocapitalize="off"
                spellcheck="false"
                aria-describedby=described
                aria-invalid=move || error.get().is_some().then_some("true")
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
                on:change=move |_| {
                    if let Some(leave) = on_leave {
                        leave.run(());
                    }
                }
            />
            <div id=error_id>
                {live(move || IntoAny::into_any({
                    error
                        .get()
                        .map(|text| {
                            view! {
                                <p class="field__error">
                                    <Icon name="error" small=true />
                                    <span>
                                        <span class="visually-hidden">
                                            {t(Key::ValidationPrefix)} " "
                                        </span>
                                        {text}
                                    </span>
                                </p>
                            }
                        })
                }))}
            </div>
        </div>
    }
}
