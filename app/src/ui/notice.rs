//! Messages: banners, toasts, the summary of errors.

use super::effect;
use super::{Button, Icon, Kind};
use super::{live, parts, press};
use crate::i18n::{Key, t, tx};
use crate::platform::timer;
use crate::router::Route;
use crate::shell::use_app;
use leptos::prelude::*;

/// How much a banner matters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Info,
    Warning,
    Problem,
}

/// A message with a next step. At most one a screen: the most severe.
#[component]
pub fn Banner(
    severity: Severity,
    #[prop(into)] text: Signal<String>,
    #[prop(optional, into)] action: Option<Signal<String>>,
    #[prop(optional, into)] on_action: Option<Callback<()>>,
    /// The phone is full: the page about that is a second step.
    #[prop(optional)]
    full: bool,
) -> impl IntoView {
    let app = use_app();
    let (class, icon, role) = match severity {
        Severity::Info => ("banner banner--info", "info", "status"),
        Severity::Warning => ("banner banner--warning", "warning", "status"),
        Severity::Problem => ("banner banner--problem", "error", "alert"),
    };
    view! {
        <div class=class role=role>
            <Icon name=icon />
            <p class="banner__text">{text}</p>
            {action
                .zip(on_action)
                .map(|(label, press)| {
                    view! { <Button kind=Kind::Secondary small=true label=label on_press=press /> }
                })}
            {full
                .then(|| {
                    view! {
                        <Button
                            kind=Kind::Quiet
                            small=true
                            label=tx(Key::StorageHelp)
                            on_press=move |()| app.go(Route::Storage)
                        />
                    }
                })}
        </div>
    }
}

/// Where messages appear that pass by themselves.
#[component]
pub fn Toasts() -> impl IntoView {
    let app = use_app();
    effect(move || {
        let Some(toast) = app.toasts().get() else { return };
        let wait = if toast.undo.is_some() { 10_000 } else { 6_000 };
        timer::after(wait, move || {
            let shown = app.toasts().try_with_untracked(|now| now.as_ref().map(|now| now.number));
            if shown.flatten() == Some(toast.number) {
                app.toasts().set(None);
            }
        });
    });
    view! {
        <div class="toasts" role="status" aria-live="polite">
            {live(move || IntoAny::into_any({
                app.toasts()
                    .get()
                    .map(|toast| {
                        view! {
                            <div class="toast">
                                <span class="toast__text">{toast.text}</span>
                                {toast
                                    .undo
                                    .map(|undo| {
                                        view! {
                                            <button
                                                type="button"
                                                class="toast__action"
                                                on:click=move |_| {
                                                    app.toasts().set(None);
                                                    undo.run(());
                                                }
                                            >
                                                {t(Key::ActionUndo)}
                                            </button>
                                        }
                                    })}
                            </div>
                        }
                    })
            }))}
        </div>
    }
}

/// What is to be fixed, each a way to it. Warnings do not block.
#[component]
pub fn ErrorSummary(
    #[prop(into)] title: String,
    total: usize,
    /// What is said of one of them, and the way to it.
    draw: impl Fn(usize) -> (String, Callback<()>) + Send + Sync + 'static,
    #[prop(optional)] warning: bool,
) -> impl IntoView {
    let line = move |at| {
        let (text, go) = draw(at);
        view! {
            <li>
                <button type="button" on:click=press(move || go.run(()))>
                    {text}
                    <Icon name="chevron" small=true />
                </button>
            </li>
        }
        .into_any()
    };
    let (rows, more) = parts(total, line);
    view! {
        <section
            class="error-summary"
            class:error-summary--warning=warning
            role=(!warning).then_some("alert")
            tabindex="-1"
        >
            <h2 class="error-summary__title">
                <Icon name=if warning { "warning" } else { "error" } />
                {title}
            </h2>
            <ul class="error-summary__list">{rows}</ul>
            {more}
        </section>
    }
}
