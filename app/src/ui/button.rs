//! Buttons.

use super::Icon;
use super::{live, press};
use leptos::prelude::*;

/// How a button looks and how much it matters. One primary button a screen.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Primary,
    Secondary,
    Quiet,
    Danger,
}

impl Kind {
    fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button--primary",
            Self::Secondary => "button button--secondary",
            Self::Quiet => "button button--quiet",
            Self::Danger => "button button--danger",
        }
    }
}

/// A button. Never disabled: a press explains what is missing. While busy it ignores presses, and a
/// primary one ignores the second of two quick taps: what it does is done once.
#[component]
pub fn Button(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] on_press: Callback<()>,
    #[prop(optional)] kind: Kind,
    #[prop(optional)] icon: Option<&'static str>,
    #[prop(optional)] wide: bool,
    #[prop(optional)] small: bool,
    /// The button of an action bar that shrinks to its icon when letters are large.
    #[prop(optional)]
    back: bool,
    #[prop(optional, into)] busy: Signal<bool>,
) -> impl IntoView {
    let once = kind == Kind::Primary;
    let press = move |event: leptos::ev::MouseEvent| {
        let again = once && event.detail() > 1;
        if !again && !busy.get_untracked() {
            on_press.run(());
        }
    };
    view! {
        <button
            type="button"
            class=kind.class()
            class:button--wide=wide
            class:button--small=small
            class:button--back=back
            aria-busy=move || busy.get().then_some("true")
            aria-label=move || back.then(|| label.get())
            on:click=press
        >
            {live(move || (busy.get().then(|| view! { <span class="spinner"></span> })).into_any())}
            {icon.map(|name| view! { <Icon name=name /> })}
            <span class="button__label">{label}</span>
        </button>
    }
}

/// A square button with an icon only; the label is for screen readers.
#[component]
pub fn IconButton(
    icon: &'static str,
    #[prop(into)] label: Signal<String>,
    #[prop(into)] on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="icon-button"
            aria-label=label
            on:click=press(move || on_press.run(()))
        >
            <Icon name=icon />
        </button>
    }
}
