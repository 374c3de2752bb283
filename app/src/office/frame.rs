//! The frame around every page of the office: the rail, the bar on top, and signing in when needed.

use leptos::prelude::*;

use super::access::Access;
use super::held;
use super::model::Session;
use super::parts::Failure;
use super::query::{Place, Query, View};
use super::sign_in::sign_in;
use super::texts::pick;
use super::{Desk, Loading};
use crate::i18n::{Key, Language, t};
use crate::router::Route;
use crate::ui::Icon;

/// A page inside the frame, once somebody is signed in.
pub fn frame(desk: Desk, body: impl Fn() -> AnyView + Copy + Send + Sync + 'static) -> AnyView {
    view! {
        {move || match desk.access.get() {
            Access::Asking => view! { <main id="content"><Loading /></main> }.into_any(),
            Access::Out { expired } => sign_in(desk, expired),
            Access::Failed(error) => {
                view! {
                    <main id="content">
                        <Failure error=error on_retry=move |()| desk.ask() />
                    </main>
                }
                    .into_any()
            }
            Access::In(session) => signed_in(desk, &session, body),
        }}
    }
    .into_any()
}

fn signed_in(
    desk: Desk,
    session: &Session,
    body: impl Fn() -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView {
    desk.live.start();
    held::follow(desk, session);
    on_cleanup(move || desk.live.stop());
    let allowed = session.may("records.read") || session.may("users.manage");
    view! {
        <div class="office">
            {rail(desk, session)} {head(desk, session)}
            <main class="office__main" id="content" tabindex="-1">
                {move || {
                    if allowed {
                        body()
                    } else {
                        view! {
                            <div class="empty">
                                <Icon name="lock" />
                                <p class="empty__title">{t(Key::SigninNoRight)}</p>
                            </div>
                        }
                            .into_any()
                    }
                }}
            </main>
        </div>
    }
    .into_any()
}

fn rail(desk: Desk, session: &Session) -> impl IntoView {
    let to_review = move || {
        desk.counts.with(|counts| counts.as_ref().map(|counts| View::ToReview.count(counts)))
    };
    let two_answers = move || {
        desk.counts
            .with(|counts| counts.as_ref().map(|counts| counts.two_answers))
            .filter(|count| *count > 0)
    };
    let all_with_two = Query { view: View::All, two_answers: true, ..Query::default() };
    view! {
        <nav class="rail" aria-label=t(Key::OfficeSections)>
            <span class="rail__brand">
                <Icon name="house" />
                {t(Key::AppName)}
            </span>
            {link(desk, Route::Office(String::new()), Key::OfficeInbox, to_review)}
            {link(desk, Route::Office(all_with_two.address()), Key::OfficeTwoAnswers, two_answers)}
            {session
                .may("records.review")
                .then(|| {
                    let to = Route::Office(Place::Held.rest());
                    link(desk, to, Key::StatusWedged, move || held::count(desk))
                })}
            {session
                .may("users.manage")
                .then(|| {
                    [
                        ("", Key::AdminPeople),
                        ("/devices", Key::AdminDevices),
                        ("/forms", Key::AdminForms),
                    ]
                        .map(|(rest, word)| link(desk, Route::Admin(rest.into()), word, || None))
                        .collect_view()
                })}
        </nav>
    }
}

fn link(
    desk: Desk,
    to: Route,
    word: Key,
    count: impl Fn() -> Option<usize> + Send + Sync + 'static,
) -> impl IntoView {
    let here = {
        let to = to.clone();
        move || is_here(&to, &desk.app.route().get()).then_some("page")
    };
    view! {
        <a
            href=to.path()
            aria-current=here
            on:click=move |event| {
                if !event.ctrl_key() && !event.shift_key() {
                    event.prevent_default();
                    desk.app.go(to.clone());
                }
            }
        >
            {t(word)}
            {move || count().map(|count| view! { <span class="rail__count">{count}</span> })}
        </a>
    }
}

/// Whether the link to `to` is the section that is on screen.
fn is_here(to: &Route, now: &Route) -> bool {
    match (to, now) {
        (Route::Office(to), Route::Office(now)) => {
            let (to, now) = (Place::parse(to), Place::parse(now));
            if to == Place::Held || now == Place::Held {
                return to == now;
            }
            let (to, now) = (to.query(), now.query());
            let two = |query: &Query| query.two_answers && query.view == View::All;
            two(&to) == two(&now)
        }
        (Route::Admin(to), Route::Admin(now)) => {
            to.trim_matches('/') == now.split('?').next().unwrap_or_default().trim_matches('/')
        }
        _ => false,
    }
}

fn head(desk: Desk, session: &Session) -> impl IntoView {
    let municipality = session.municipality.name.clone();
    let person = session.user.name.clone();
    let records = session.may("records.read");
    view! {
        <header class="office__head">
            {records.then(|| search(desk))}
            <span class="strong">{move || pick(&municipality)}</span>
            <span
                class="live"
                class:live--on=move || desk.live.on.get()
                role="status"
                title=move || (!desk.live.on.get()).then(|| t(Key::OfficeLiveOff))
            >
                {move || t(if desk.live.on.get() { Key::OfficeLive } else { Key::OfficeLiveOff })}
            </span>
            <span class="office__person">{person}</span>
            {languages(desk)}
            <button type="button" class="link-button" on:click=move |_| desk.sign_out()>
                {t(Key::OfficeSignOut)}
            </button>
        </header>
    }
}

fn languages(desk: Desk) -> impl IntoView {
    let now = desk.app.language();
    view! {
        <label class="office__language">
            <span class="visually-hidden">{t(Key::LanguageLabel)}</span>
            <select
                prop:value=move || now.get().code()
                on:change=move |event| {
                    if let Some(language) = Language::from_code(&event_target_value(&event)) {
                        desk.app.set_language(language);
                    }
                }
            >
                {Language::all()
                    .into_iter()
                    .map(|language| {
                        view! {
                            <option
                                value=language.code()
                                lang=language.code()
                                selected=language == now.get_untracked()
                            >
                                {language.name()}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </label>
    }
}

/// The search over all records; the address carries it.
fn search(desk: Desk) -> impl IntoView {
    let place = desk.place();
    let typed = RwSignal::new(place.get_untracked().query().search);
    Effect::new(move || typed.set(place.get().query().search));
    let go = move || {
        let search = typed.get_untracked().trim().to_owned();
        // A search goes through all records, whatever their state; clearing it keeps the tab.
        let view = match search.is_empty() {
            true => place.get_untracked().query().view,
            false => View::All,
        };
        desk.go(&Place::List(Query { search, view, ..Query::default() }));
    };
    view! {
        <form
            class="search"
            role="search"
            on:submit=move |event| {
                event.prevent_default();
                go();
            }
        >
            <Icon name="search" />
            <input
                id="search"
                type="search"
                autocomplete="off"
                aria-label=t(Key::OfficeSearch)
                aria-keyshortcuts="/"
                title=t(Key::OfficeSearch)
                prop:value=move || typed.get()
                on:input=move |event| {
                    typed.set(event_target_value(&event));
                    if typed.with_untracked(String::is_empty) {
                        go();
                    }
                }
            />
        </form>
    }
}
