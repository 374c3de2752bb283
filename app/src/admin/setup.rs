//! Setting up by a one-time link: the first administrator, or a colleague's password.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;

use super::person_form::is_login;
use crate::i18n::{Key, t, ta, tx};
use crate::office::Submit;
use crate::office::api::{self, ApiError};
use crate::office::model::{Session, SetupLink};
use crate::office::parts::FormError;
use crate::office::texts::{self, pick};
use crate::office::{Failure, Loading};
use crate::platform::{office_dom, page};
use crate::router::Route;
use crate::shell::{App, use_app};
use crate::ui::{EmptyState, Field};

/// The server refuses shorter ones.
const SHORTEST: usize = 10;

#[derive(Serialize)]
struct Setup {
    token: String,
    login: String,
    name: String,
    password: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    municipality_name: Option<BTreeMap<&'static str, String>>,
}

#[derive(Clone, Copy)]
struct Form {
    app: App,
    token: StoredValue<String>,
    first: bool,
    municipality_ka: RwSignal<String>,
    municipality_en: RwSignal<String>,
    name: RwSignal<String>,
    login: RwSignal<String>,
    password: RwSignal<String>,
    again: RwSignal<String>,
    name_error: RwSignal<Option<String>>,
    login_error: RwSignal<Option<String>>,
    password_error: RwSignal<Option<String>>,
    again_error: RwSignal<Option<String>>,
    failed: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

/// The set-up page. The link's token stands after `#`, so that no server log sees it.
pub fn setup() -> AnyView {
    let app = use_app();
    texts::follow(app.language());
    let token = office_dom::fragment();
    let link = RwSignal::new(None::<Result<SetupLink, ApiError>>);
    let ask = {
        let token = token.clone();
        move || {
            let path = format!("/api/setup?token={}", office_dom::encode(&token));
            link.set(None);
            spawn_local(async move {
                let answer = api::get::<SetupLink>(&path).await;
                let _ = link.try_set(Some(answer));
            });
        }
    };
    ask();
    page::set_title(&format!("{} – {}", t(Key::SetupTitle), t(Key::AppName)));
    view! {
        <main id="content" tabindex="-1">
            {move || match link.get() {
                None => view! { <Loading /> }.into_any(),
                Some(Err(error)) if error.code() == "setup_link_unknown" => {
                    view! {
                        <EmptyState icon="lock" title=tx(Key::SetupLinkUsed)>
                            <a href="/office">{t(Key::SigninTitle)}</a>
                        </EmptyState>
                    }
                        .into_any()
                }
                Some(Err(error)) => {
                    let ask = ask.clone();
                    view! { <Failure error=error on_retry=move |()| ask() /> }.into_any()
                }
                Some(Ok(found)) => form(app, &token, &found),
            }}
        </main>
    }
    .into_any()
}

fn form(app: App, token: &str, link: &SetupLink) -> AnyView {
    let name = |language| link.municipality.name.get(language).cloned().unwrap_or_default();
    // The name that every new server gives its municipality is nobody's.
    let chosen = |language| if name("ka") == name("en") { String::new() } else { name(language) };
    let form = Form {
        app,
        token: StoredValue::new(token.to_owned()),
        first: link.first,
        municipality_ka: RwSignal::new(chosen("ka")),
        municipality_en: RwSignal::new(chosen("en")),
        name: RwSignal::new(link.name.clone()),
        login: RwSignal::new(link.login.clone()),
        password: RwSignal::default(),
        again: RwSignal::default(),
        name_error: RwSignal::default(),
        login_error: RwSignal::default(),
        password_error: RwSignal::default(),
        again_error: RwSignal::default(),
        failed: RwSignal::default(),
        busy: RwSignal::new(false),
    };
    let title = if link.first { Key::SetupTitle } else { Key::SetupTitleColleague };
    let who = [link.name.clone(), link.login.clone(), pick(&link.municipality.name)];
    let who: Vec<String> = who.into_iter().filter(|part| !part.is_empty()).collect();
    view! {
        <form
            class="office-form"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                form.send();
            }
        >
            <div>
                <p class="strong">{t(Key::AppName)}</p>
                <h1 class="t-xl">{t(title)}</h1>
                <p class="meta">{(!link.first).then(|| who.join(", "))}</p>
                <p class="meta">{t(Key::SetupLead)}</p>
            </div>
            <FormError text=form.failed />
            {form.first.then(|| first_fields(form))}
            {passwords(form)}
            <Submit label=tx(Key::SetupEnter) busy=form.busy />
        </form>
    }
    .into_any()
}

/// What only the first administrator chooses.
fn first_fields(form: Form) -> impl IntoView {
    view! {
        <Field
            id="municipality-ka"
            label=tx(Key::SetupMunicipalityKa)
            value=form.municipality_ka
            autocomplete="organization"
        />
        <Field
            id="municipality-en"
            label=tx(Key::SetupMunicipalityEn)
            value=form.municipality_en
            autocomplete="organization"
        />
        <Field
            id="name"
            label=tx(Key::SetupName)
            value=form.name
            error=form.name_error
            autocomplete="name"
        />
        <Field
            id="login"
            label=tx(Key::SigninLogin)
            hint=tx(Key::SetupLoginHint)
            value=form.login
            error=form.login_error
            autocomplete="username"
        />
    }
}

fn passwords(form: Form) -> impl IntoView {
    let hint = Signal::derive(|| ta(Key::SetupPasswordHint, &[("min", &SHORTEST.to_string())]));
    view! {
        <Field
            id="password"
            label=tx(Key::SigninPassword)
            hint=hint
            value=form.password
            error=form.password_error
            kind="password"
            autocomplete="new-password"
        />
        <Field
            id="again"
            label=tx(Key::SetupPasswordAgain)
            value=form.again
            error=form.again_error
            kind="password"
            autocomplete="new-password"
        />
    }
}

impl Form {
    fn send(self) {
        if self.busy.get_untracked() || !self.is_complete() {
            return;
        }
        let given = |value: RwSignal<String>| value.get_untracked().trim().to_owned();
        let names = BTreeMap::from([
            ("ka", given(self.municipality_ka)),
            ("en", given(self.municipality_en)),
        ]);
        let names: BTreeMap<_, _> =
            names.into_iter().filter(|(_, name)| !name.is_empty()).collect();
        let body = Setup {
            token: self.token.get_value(),
            login: given(self.login).to_lowercase(),
            name: given(self.name),
            password: self.password.get_untracked(),
            municipality_name: (self.first && !names.is_empty()).then_some(names),
        };
        let app = self.app;
        self.busy.set(true);
        self.failed.set(None);
        spawn_local(async move {
            let answer = api::post::<Session>("/api/setup", &body).await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                // The used link must not stay in the history.
                Ok(session) if session.may("users.manage") => {
                    app.replace(Route::Admin(String::new()));
                }
                Ok(_) => app.replace(Route::Office(String::new())),
                Err(error) => self.failed.set(Some(error.words())),
            }
        });
    }

    fn is_complete(self) -> bool {
        let name = self.first && self.name.with_untracked(|name| name.trim().is_empty());
        let login = self.first && self.login.with_untracked(|login| !is_login(login));
        let length = self.password.with_untracked(|password| password.chars().count());
        let short = length < SHORTEST;
        let differs = !short && self.password.get_untracked() != self.again.get_untracked();
        self.name_error.set(name.then(|| t(Key::SetupNameMissing)));
        self.login_error.set(login.then(|| t(Key::SetupLoginShort)));
        self.password_error.set(short.then(|| {
            let (min, count) = (SHORTEST.to_string(), length.to_string());
            ta(Key::SetupPasswordShort, &[("min", &min), ("count", &count)])
        }));
        self.again_error.set(differs.then(|| t(Key::SetupPasswordDiffers)));
        let wrong = [(name, "#name"), (login, "#login"), (short, "#password"), (differs, "#again")];
        match wrong.into_iter().find(|(wrong, _)| *wrong) {
            Some((_, field)) => {
                page::focus(field);
                false
            }
            None => true,
        }
    }
}
