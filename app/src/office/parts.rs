//! Small parts that several pages of the office use.

use leptos::prelude::*;

use super::api::ApiError;
use crate::i18n::{Key, t, tx};
use crate::router::Route;
use crate::ui::{Button, Icon, Kind};

/// Says that something is being fetched.
#[component]
pub fn Loading() -> impl IntoView {
    view! {
        <p class="office__page meta" role="status">
            {t(Key::OfficeLoading)}
        </p>
    }
}

/// Says why something could not be fetched, and tries again where that may help.
#[component]
pub fn Failure(error: ApiError, #[prop(into)] on_retry: Callback<()>) -> impl IntoView {
    let icon = match error.code() {
        "not_found" => "search",
        "not_allowed" => "lock",
        _ => "no-cloud",
    };
    view! {
        <div class="empty" role="alert">
            <Icon name=icon />
            <p class="empty__title">{error.words()}</p>
            {match icon {
                "no-cloud" => {
                    view! { <Button kind=Kind::Secondary label=tx(Key::ActionTryAgain) on_press=on_retry /> }
                        .into_any()
                }
                _ => {
                    let list = Route::Office(String::new()).path();
                    view! { <a class="link" href=list>{t(Key::RecordBackToList)}</a> }.into_any()
                }
            }}
        </div>
    }
}

/// The button that sends a form. While busy it ignores presses.
#[component]
pub fn Submit(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] busy: Signal<bool>,
) -> impl IntoView {
    view! {
        <button
            type="submit"
            class="button button--primary"
            aria-busy=move || busy.get().then_some("true")
        >
            {move || busy.get().then(|| view! { <span class="spinner"></span> })}
            <span class="button__label">{move || label.get()}</span>
        </button>
    }
}

/// The letters of a reason or a remark: Georgian ones have three bytes, and the server takes 4,000.
const LONGEST: &str = "1300";

/// Several lines of text with a label and an error.
#[component]
pub fn TextArea(
    #[prop(into)] id: String,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let error_id = format!("{id}-error");
    view! {
        <div class="field" class:field--error=move || error.get().is_some()>
            <label class="field__label" for=id.clone()>
                {move || label.get()}
            </label>
            <textarea
                class="field__box"
                id=id
                rows="2"
                maxlength=LONGEST
                aria-describedby=error_id.clone()
                aria-invalid=move || error.get().is_some().then_some("true")
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            ></textarea>
            <div id=error_id>{move || error.get().map(|text| view! { <FieldError text=text /> })}</div>
        </div>
    }
}

/// What is wrong with a field.
#[component]
pub fn FieldError(text: String) -> impl IntoView {
    view! {
        <p class="field__error">
            <Icon name="error" small=true />
            <span>
                <span class="visually-hidden">{t(Key::ValidationPrefix)} " "</span>
                {text}
            </span>
        </p>
    }
}

/// A message that something failed; announced at once.
#[component]
pub fn FormError(#[prop(into)] text: Signal<Option<String>>) -> impl IntoView {
    view! {
        <div role="alert">
            {move || {
                text.get()
                    .map(|text| {
                        view! {
                            <div class="banner banner--problem">
                                <Icon name="error" />
                                <p class="banner__text">{text}</p>
                            </div>
                        }
                    })
            }}
        </div>
    }
}

/// The state of a record as a chip: class suffix, icon and word.
pub fn state_chip(state: &str) -> (&'static str, &'static str, Key) {
    match state {
        "submitted" => ("sent", "cloud-tick", Key::StatusSent),
        "returned" => ("returned", "u-turn", Key::StatusReturned),
        "approved" => ("approved", "seal-tick", Key::StatusApproved),
        "changed" => ("returned", "edit", Key::StatusChanged),
        "rejected" => ("rejected", "circle-slash", Key::StatusRejected),
        _ => ("draft", "pencil-dashed", Key::StatusDraft),
    }
}

/// The state of a record.
#[component]
pub fn StateChip(#[prop(into)] state: String) -> impl IntoView {
    let (class, icon, word) = state_chip(&state);
    view! {
        <span class=format!("status status--{class}")>
            <Icon name=icon small=true />
            {t(word)}
        </span>
    }
}

/// How many questions have two answers; nothing for none.
#[component]
pub fn TwoAnswersChip(count: u32) -> impl IntoView {
    (count > 0).then(|| {
        view! {
            <span class="status status--conflict">
                <Icon name="two-bubbles" small=true />
                {t(Key::StatusConflict)}
                " "
                {count}
            </span>
        }
    })
}
