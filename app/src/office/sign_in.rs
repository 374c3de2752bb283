//! Signing in with login and password.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;

use super::Desk;
use super::api::{self, ApiError};
use super::model::Session;
use super::parts::{FormError, Submit};
use crate::i18n::{Key, t, tx};
use crate::platform::page;
use crate::ui::Field;

#[derive(Serialize)]
struct SignIn {
    login: String,
    password: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    municipality: Option<String>,
}

#[derive(Clone, Copy)]
struct Form {
    login: RwSignal<String>,
    password: RwSignal<String>,
    municipality: RwSignal<String>,
    /// Whether the server has several municipalities, which shows with the first try.
    several: RwSignal<bool>,
    login_error: RwSignal<Option<String>>,
    password_error: RwSignal<Option<String>>,
    failed: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

/// The sign-in page. `expired` says that a session has just ended.
pub fn sign_in(desk: Desk, expired: bool) -> AnyView {
    let form = Form {
        login: RwSignal::default(),
        password: RwSignal::default(),
        municipality: RwSignal::default(),
        several: RwSignal::default(),
        login_error: RwSignal::default(),
        password_error: RwSignal::default(),
        failed: RwSignal::default(),
        busy: RwSignal::default(),
    };
    page::set_title(&format!("{} – {}", t(Key::SigninTitle), t(Key::AppName)));
    request_animation_frame(|| page::focus("#login"));
    view! {
        <main id="content" tabindex="-1">
            <form
                class="office-form"
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    form.send(desk);
                }
            >
                <div>
                    <p class="strong">{t(Key::AppName)}</p>
                    <h1 class="t-xl">{t(Key::SigninTitle)}</h1>
                </div>
                {expired
                    .then(|| {
                        view! {
                            <p class="banner banner--warning" role="status">
                                {t(Key::SigninExpired)}
                            </p>
                        }
                    })}
                <FormError text=form.failed />
                {move || {
                    form.several
                        .get()
                        .then(|| {
                            view! {
                                <Field
                                    id="municipality"
                                    label=tx(Key::SigninMunicipality)
                                    hint=tx(Key::SigninMunicipalityHint)
                                    value=form.municipality
                                    autocomplete="organization"
                                />
                            }
                        })
                }}
                <Field
                    id="login"
                    label=tx(Key::SigninLogin)
                    value=form.login
                    error=form.login_error
                    autocomplete="username"
                />
                <Field
                    id="password"
                    label=tx(Key::SigninPassword)
                    value=form.password
                    error=form.password_error
                    kind="password"
                    autocomplete="current-password"
                />
                <Submit label=tx(Key::SigninButton) busy=form.busy />
                <a href="/enrol">{t(Key::SigninFieldWorker)}</a>
            </form>
        </main>
    }
    .into_any()
}

impl Form {
    fn send(self, desk: Desk) {
        if self.busy.get_untracked() || !self.is_complete() {
            return;
        }
        self.busy.set(true);
        self.failed.set(None);
        let municipality = self.municipality.get_untracked().trim().to_owned();
        let body = SignIn {
            login: self.login.get_untracked().trim().to_owned(),
            password: self.password.get_untracked(),
            municipality: (!municipality.is_empty()).then_some(municipality),
        };
        spawn_local(async move {
            let answer = api::post::<Session>("/api/session", &body).await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(session) => desk.enter(session),
                Err(error) => self.refuse(&error),
            }
        });
    }

    fn is_complete(self) -> bool {
        let missing = |value: RwSignal<String>, key| {
            value.with_untracked(|value| value.trim().is_empty()).then(|| t(key))
        };
        let login = missing(self.login, Key::SigninLoginMissing);
        let password = missing(self.password, Key::SigninPasswordMissing);
        let first = [(&login, "#login"), (&password, "#password")];
        if let Some((_, field)) = first.into_iter().find(|(error, _)| error.is_some()) {
            page::focus(field);
        }
        let complete = login.is_none() && password.is_none();
        self.login_error.set(login);
        self.password_error.set(password);
        complete
    }

    fn refuse(self, error: &ApiError) {
        if error.code() == "field_invalid" && !self.several.get_untracked() {
            self.several.set(true);
            request_animation_frame(|| page::focus("#municipality"));
            return;
        }
        self.failed.set(Some(error.words()));
        if error.code() == "login_wrong" {
            page::focus("#password");
        }
    }
}
