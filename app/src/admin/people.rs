//! The people of the municipality.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::person_form;
use super::staff::{People, role_word};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::office::model::admin::User;
use crate::office::texts::{ago, pick};
use crate::office::{Desk, Failure, Loading};
use crate::platform::{office_dom, page};
use crate::ui::{Button, Dialog, EmptyState, Kind};

pub fn people(desk: Desk) -> AnyView {
    let people = People::new(desk);
    people.load();
    page::set_title(&format!("{} – {}", t(Key::AdminPeople), t(Key::AppName)));
    view! {
        <div class="office__page">
            <div class="split">
                <h1 class="t-xl">{t(Key::AdminPeople)}</h1>
                <Button label=tx(Key::AdminPersonAdd) on_press=move |()| people.add() />
            </div>
            {link_card(people)}
            {move || people.adding.get().then(|| person_form::form(people))}
            {move || {
                if let Some(error) = people.failed.get() {
                    return view! { <Failure error=error on_retry=move |()| people.load() /> }
                        .into_any();
                }
                match people.users.with(|users| users.as_ref().map(Vec::is_empty)) {
                    None => view! { <Loading /> }.into_any(),
                    Some(true) => {
                        view! { <EmptyState icon="people" title=tx(Key::AdminNoPeople) /> }
                            .into_any()
                    }
                    Some(false) => table(people),
                }
            }}
        </div>
        <Dialog
            open=people.asking
            title=Signal::derive(move || {
                let name = people.leaving.get().map(|user| user.name).unwrap_or_default();
                ta(Key::AdminDeactivateTitle, &[("name", &name)])
            })
            text=tx(Key::AdminDeactivateText)
            safe=tx(Key::ActionCancel)
            act=tx(Key::AdminDeactivate)
            danger=true
            on_act=move |()| {
                if let Some(user) = people.leaving.get_untracked() {
                    people.switch(&user, false);
                }
            }
        />
    }
    .into_any()
}

fn table(people: People) -> AnyView {
    let users = move || people.users.get().unwrap_or_default();
    view! {
        <div class="table-wrap">
            <table class="table">
                <caption class="visually-hidden">{t(Key::AdminPeople)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t(Key::AdminPersonName)}</th>
                        <th scope="col">{t(Key::SigninLogin)}</th>
                        <th scope="col">{t(Key::AdminRole)}</th>
                        <th scope="col" class="table__wide">
                            {t(Key::AdminVillages)}
                        </th>
                        <th scope="col" class="table__wide">
                            {t(Key::AdminDevices)}
                        </th>
                        <th scope="col" class="table__wide">
                            {t(Key::AdminLastSeen)}
                        </th>
                        <th scope="col">
                            <span class="visually-hidden">{t(Key::ActionChange)}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{move || users().into_iter().map(|user| row(people, user)).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(people: People, user: User) -> impl IntoView {
    let villages = if user.villages.is_empty() {
        t(Key::AdminVillagesAll)
    } else {
        people.places.with(|places| {
            let name = |code: &String| places.get(code).map_or_else(|| code.clone(), pick);
            user.villages.iter().map(name).collect::<Vec<_>>().join(", ")
        })
    };
    let seen = user.last_seen_at.map_or_else(|| t(Key::AdminNever), ago);
    let note = match (user.active, user.has_password, user.role.as_str()) {
        (false, _, _) => Some(Key::AdminInactive),
        (true, false, "reviewer" | "administrator") => Some(Key::AdminNoPassword),
        _ => None,
    };
    view! {
        <tr>
            <td class="strong">
                {user.name.clone()} " "
                {note.map(|note| view! { <span class="tag">{t(note)}</span> })}
            </td>
            <td>{user.login.clone()}</td>
            <td>{t(role_word(&user.role))}</td>
            <td class="table__wide">{villages}</td>
            <td class="table__wide table__num">
                {tn(Plural::AdminPersonDevices, user.devices.max(0) as u64, &[])}
            </td>
            <td class="table__wide">{seen}</td>
            <td>{acts(people, user)}</td>
        </tr>
    }
}

fn acts(people: People, user: User) -> impl IntoView {
    let name = user.name.clone();
    let named = move |word: Key| format!("{}: {name}", t(word));
    let (switched, linked) = (user.clone(), user.clone());
    let word = if user.active { Key::AdminDeactivate } else { Key::AdminActivate };
    let office = user.active && user.role != "worker";
    view! {
        <span class="table__acts">
            {office
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="link-button"
                            aria-label=named(Key::AdminSetupLink)
                            on:click=move |_| people.new_link(&linked)
                        >
                            {t(Key::AdminSetupLink)}
                        </button>
                    }
                })}
            <button
                type="button"
                class="link-button"
                aria-label=named(word)
                on:click=move |_| {
                    if switched.active {
                        people.leaving.set(Some(switched.clone()));
                        people.asking.set(true);
                    } else {
                        people.switch(&switched, true);
                    }
                }
            >
                {t(word)}
            </button>
        </span>
    }
}

/// The link with which a colleague chooses a password.
fn link_card(people: People) -> impl IntoView {
    move || {
        people.link.get().map(|(name, link)| {
            let copied = RwSignal::new(false);
            let text = link.clone();
            view! {
                <section class="card card--brand" id="link-card" tabindex="-1">
                    <p>{ta(Key::AdminSetupLinkFor, &[("name", &name)])}</p>
                    <p class="link-card__link" translate="no">
                        {link}
                    </p>
                    <div class="cluster">
                        <Button
                            kind=Kind::Secondary
                            label=Signal::derive(move || {
                                t(if copied.get() { Key::ActionCopied } else { Key::ActionCopy })
                            })
                            on_press=move |()| {
                                let text = text.clone();
                                spawn_local(async move {
                                    let done = office_dom::copy(&text).await;
                                    let _ = copied.try_set(done);
                                });
                            }
                        />
                        <Button
                            kind=Kind::Quiet
                            label=tx(Key::ActionClose)
                            on_press=move |()| people.link.set(None)
                        />
                    </div>
                </section>
            }
        })
    }
}
