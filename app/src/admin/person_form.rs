//! Adding a person: name, login, role, villages.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;

use super::staff::{People, role_word};
use crate::i18n::{Key, t, ta, tx};
use crate::office::Submit;
use crate::office::model::admin::UserSaved;
use crate::office::texts::pick;
use crate::platform::page;
use crate::ui::{Button, ChoiceRow, Field, Kind, Mark};

#[derive(Serialize)]
struct NewUser {
    name: String,
    login: String,
    role: &'static str,
    villages: Vec<String>,
}

#[derive(Clone, Copy)]
struct Form {
    people: People,
    name: RwSignal<String>,
    login: RwSignal<String>,
    role: RwSignal<&'static str>,
    villages: RwSignal<BTreeSet<String>>,
    name_error: RwSignal<Option<String>>,
    login_error: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

const ROLES: [(&str, Key); 3] = [
    ("worker", Key::AdminRoleWorkerText),
    ("reviewer", Key::AdminRoleReviewerText),
    ("administrator", Key::AdminRoleAdministratorText),
];

pub fn form(people: People) -> impl IntoView {
    let form = Form {
        people,
        name: RwSignal::default(),
        login: RwSignal::default(),
        role: RwSignal::new("worker"),
        villages: RwSignal::default(),
        name_error: RwSignal::default(),
        login_error: RwSignal::default(),
        busy: RwSignal::new(false),
    };
    view! {
        <form
            class="card person-form"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                form.send();
            }
        >
            <h2 class="t-lg">{t(Key::AdminPersonAdd)}</h2>
            <div class="person-form__columns">
                <div class="stack">
                    <Field
                        id="person-name"
                        label=tx(Key::AdminPersonName)
                        value=form.name
                        error=form.name_error
                    />
                    <Field
                        id="person-login"
                        label=tx(Key::SigninLogin)
                        hint=tx(Key::SetupLoginHint)
                        value=form.login
                        error=form.login_error
                    />
                </div>
                {roles(form)} {villages(form)}
            </div>
            <div class="cluster">
                <Submit label=tx(Key::AdminPersonAdd) busy=form.busy />
                <Button
                    kind=Kind::Quiet
                    label=tx(Key::ActionCancel)
                    on_press=move |()| people.adding.set(false)
                />
            </div>
        </form>
    }
}

fn roles(form: Form) -> impl IntoView {
    view! {
        <fieldset>
            <legend class="field__label">{t(Key::AdminRole)}</legend>
            {ROLES
                .map(|(role, sentence)| {
                    view! {
                        <ChoiceRow
                            mark=Mark::Radio
                            name="role"
                            label=Signal::derive(move || {
                                format!("{}: {}", t(role_word(role)), t(sentence))
                            })
                            checked=Signal::derive(move || form.role.get() == role)
                            on_change=move |_| form.role.set(role)
                        />
                    }
                })
                .collect_view()}
        </fieldset>
    }
}

fn villages(form: Form) -> impl IntoView {
    move || {
        let places = form.people.places.get();
        (!places.is_empty()).then(|| {
            let rows = places
                .iter()
                .map(|(code, name)| {
                    let (own, code) = (code.clone(), code.clone());
                    let name = pick(name);
                    view! {
                        <ChoiceRow
                            mark=Mark::Checkbox
                            name=format!("village-{code}")
                            label=Signal::derive(move || name.clone())
                            checked=Signal::derive(move || {
                                form.villages.with(|chosen| chosen.contains(&own))
                            })
                            on_change=move |on: bool| {
                                form.villages
                                    .update(|chosen| {
                                        if on {
                                            chosen.insert(code.clone());
                                        } else {
                                            chosen.remove(&code);
                                        }
                                    });
                            }
                        />
                    }
                })
                .collect_view();
            view! {
                <fieldset>
                    <legend class="field__label">{t(Key::AdminVillages)}</legend>
                    <p class="hint">{t(Key::AdminVillagesHint)}</p>
                    <div class="person-form__villages" tabindex="0">
                        {rows}
                    </div>
                </fieldset>
            }
        })
    }
}

impl Form {
    fn send(self) {
        if self.busy.get_untracked() || !self.is_complete() {
            return;
        }
        let body = NewUser {
            name: self.name.get_untracked().trim().to_owned(),
            login: self.login.get_untracked().trim().to_lowercase(),
            role: self.role.get_untracked(),
            villages: self.villages.get_untracked().into_iter().collect(),
        };
        self.busy.set(true);
        spawn_local(async move {
            let answer = self.people.desk.post::<UserSaved>("/api/users", &body).await;
            let _ = self.busy.try_set(false);
            match answer {
                Ok(saved) => {
                    let name = saved.user.name.clone();
                    let text = ta(Key::AdminPersonSaved, &[("name", &name)]);
                    self.people.desk.app.toast(text, None);
                    self.people.adding.set(false);
                    // A field worker signs in with a phone's code, not with a password.
                    if body.role != "worker" {
                        self.people.show_link(name, saved.setup_link);
                    }
                    self.people.load();
                }
                Err(error) if error.code() == "conflict" => {
                    let taken = ta(Key::AdminLoginTaken, &[("login", &body.login)]);
                    let _ = self.login_error.try_set(Some(taken));
                    page::focus("#person-login");
                }
                Err(error) => {
                    let _ = self.login_error.try_set(Some(error.words()));
                }
            }
        });
    }

    fn is_complete(self) -> bool {
        let name = self.name.with_untracked(|name| name.trim().is_empty());
        let login = self.login.with_untracked(|login| !is_login(login));
        self.name_error.set(name.then(|| t(Key::SetupNameMissing)));
        self.login_error.set(login.then(|| t(Key::SetupLoginShort)));
        if name {
            page::focus("#person-name");
        } else if login {
            page::focus("#person-login");
        }
        !name && !login
    }
}

/// 2 to 80 characters without spaces, as the server wants it.
pub fn is_login(text: &str) -> bool {
    let text = text.trim();
    (2..=80).contains(&text.chars().count()) && !text.contains(char::is_whitespace)
}
