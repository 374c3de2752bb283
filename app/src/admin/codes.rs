//! Codes that connect phones: one for a person, on the screen for as long as it works.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;

use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::office::model::admin::{Codes, NewCode, PastCode, User, Users};
use crate::office::parts::FieldError;
use crate::office::texts::when;
use crate::office::{Desk, Submit};
use crate::platform::{clock, office_dom, page, timer};
use crate::ui::Icon;

const MINUTE_MS: i64 = 60_000;
const TICK_MS: i32 = 5_000;

#[derive(Clone, Copy)]
struct Page {
    desk: Desk,
    users: RwSignal<Vec<User>>,
    person: RwSignal<String>,
    error: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
    /// The person's name and the code.
    code: RwSignal<Option<(String, NewCode)>>,
    past: RwSignal<Vec<PastCode>>,
    now: RwSignal<i64>,
}

#[derive(Serialize)]
struct For {
    user: String,
}

pub fn codes(desk: Desk) -> impl IntoView {
    let here = Page {
        desk,
        users: RwSignal::default(),
        person: RwSignal::default(),
        error: RwSignal::new(None),
        busy: RwSignal::new(false),
        code: RwSignal::new(None),
        past: RwSignal::default(),
        now: RwSignal::new(clock::now_ms()),
    };
    here.load();
    here.tick();
    // A phone that has just used its code says so.
    Effect::new(move |last: Option<u64>| {
        let (number, _) = desk.live.changed.get();
        if last.is_some_and(|last| last != number) {
            spawn_local(here.load_past());
        }
        number
    });
    view! {
        <section class="stack stack--wide" aria-labelledby="codes-title">
            <form
                class="card"
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    here.make();
                }
            >
                <h2 class="t-lg" id="codes-title">
                    {t(Key::AdminCodeNew)}
                </h2>
                {person(here)}
                <Submit label=tx(Key::AdminCodeMake) busy=here.busy />
            </form>
            {move || here.code.get().map(|(name, code)| card(here, &name, &code))}
            {move || {
                let past = here.past.get();
                (!past.is_empty()).then(|| list(&past))
            }}
        </section>
    }
}

fn person(here: Page) -> impl IntoView {
    view! {
        <div class="field" class:field--error=move || here.error.get().is_some()>
            <label class="field__label" for="code-person">
                {t(Key::AdminCodePerson)}
            </label>
            <select
                class="field__box"
                id="code-person"
                aria-describedby="code-person-error"
                prop:value=move || here.person.get()
                on:change=move |event| {
                    here.person.set(event_target_value(&event));
                    here.error.set(None);
                }
            >
                <option value="">{t(Key::ActionChoose)}</option>
                {move || {
                    here.users
                        .get()
                        .into_iter()
                        .filter(|user| user.active)
                        .map(|user| view! { <option value=user.id>{user.name}</option> })
                        .collect_view()
                }}
            </select>
            <div id="code-person-error">
                {move || here.error.get().map(|text| view! { <FieldError text=text /> })}
            </div>
        </div>
    }
}

fn card(here: Page, name: &str, code: &NewCode) -> impl IntoView + use<> {
    let expires_at = code.expires_at;
    let left = move || (expires_at - here.now.get()).div_euclid(MINUTE_MS) + 1;
    let over = move || here.now.get() >= expires_at;
    let picture = format!("data:image/svg+xml,{}", office_dom::encode(&code.qr_svg));
    let has_picture = !code.qr_svg.is_empty();
    let title = ta(Key::AdminCodeFor, &[("person", name)]);
    let (heading, digits) = (title.clone(), code.code.clone());
    view! {
        <section class="code-card" id="code-card" tabindex="-1" aria-label=title>
            <p class="strong">{heading}</p>
            {move || {
                if over() {
                    return view! { <p role="status">{t(Key::AdminCodeOver)}</p> }.into_any();
                }
                view! {
                    <p class="code-card__code" translate="no">
                        {digits.clone()}
                    </p>
                    <p class="cluster">
                        <Icon name="clock" small=true />
                        {tn(Plural::AdminCodeLeft, left().max(1) as u64, &[])}
                    </p>
                    <p class="meta">{t(Key::AdminCodeHint)}</p>
                    {has_picture
                        .then(|| {
                            view! {
                                <img class="code-card__qr" alt="" src=picture.clone() />
                                <p class="meta">{t(Key::AdminCodeScan)}</p>
                            }
                        })}
                }
                    .into_any()
            }}
        </section>
    }
}

fn list(past: &[PastCode]) -> impl IntoView + use<> {
    let now = clock::now_ms();
    let rows = past
        .iter()
        .map(|code| {
            let state = match code.used_at {
                Some(_) => Key::AdminCodeStateUsed,
                None if code.expires_at > now => Key::AdminCodeStateOpen,
                None => Key::AdminCodeStateOver,
            };
            view! {
                <tr>
                    <td>{code.user.name.clone()}</td>
                    <td class="table__num">{when(code.created_at)}</td>
                    <td>{t(state)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section>
            <h2 class="t-lg">{t(Key::AdminCodesRecent)}</h2>
            <div class="table-wrap">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{t(Key::AdminDevicePerson)}</th>
                            <th scope="col" class="table__num">
                                {t(Key::AdminCodeCreated)}
                            </th>
                            <th scope="col">{t(Key::AdminCodeState)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}

impl Page {
    fn load(self) {
        spawn_local(async move {
            match self.desk.get::<Users>("/api/users").await {
                Ok(answer) => drop(self.users.try_set(answer.users)),
                // Without people there is nobody to choose.
                Err(error) => drop(self.error.try_set(Some(error.words()))),
            }
            self.load_past().await;
        });
    }

    async fn load_past(self) {
        if let Ok(answer) = self.desk.get::<Codes>("/api/enrolment-codes").await {
            let _ = self.past.try_set(answer.codes);
        }
    }

    /// Keeps "still so many minutes" true while the page is open.
    fn tick(self) {
        timer::after(TICK_MS, move || {
            if self.now.try_set(clock::now_ms()).is_none() {
                self.tick();
            }
        });
    }

    fn make(self) {
        let user = self.person.get_untracked();
        if user.is_empty() {
            self.error.set(Some(t(Key::AdminCodePersonMissing)));
            page::focus("#code-person");
            return;
        }
        if self.busy.get_untracked() {
            return;
        }
        let name = self.users.with_untracked(|users| {
            users.iter().find(|of| of.id == user).map(|of| of.name.clone()).unwrap_or_default()
        });
        self.busy.set(true);
        spawn_local(async move {
            let answer = self.desk.post::<NewCode>("/api/enrolment-codes", &For { user }).await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(code) => {
                    self.now.set(clock::now_ms());
                    self.code.set(Some((name, code)));
                    request_animation_frame(|| page::focus("#code-card"));
                    self.load_past().await;
                }
                Err(error) => self.error.set(Some(error.words())),
            }
        });
    }
}
