//! The page for the address, and what lies over every page.

use super::{App, Stage, start, syncing};
use crate::i18n::{Key, t, ta, tx};
use crate::platform::{page as window, timer};
use crate::router::{Area, Route};
use crate::ui::{Button, Icon, Toasts, memo};
use crate::ui::{live, press};
use crate::{admin, fill, office, page};
use device::ports::StoreError;
use leptos::prelude::*;

/// Everything.
pub fn root(stage: RwSignal<Stage>) -> AnyView {
    view! {
        {live(move || (match stage.get() {
            Stage::Opening => ().into_any(),
            Stage::Running(app) => {
                provide_context(app);
                running(app)
            }
            Stage::Elsewhere(language) => {
                stop(
                    t(Key::ErrorSecondTab),
                    Key::ErrorUseThisWindow,
                    Callback::new(move |()| {
                        stage.set(Stage::Opening);
                        start::use_this_window(stage, language);
                    }),
                )
            }
            Stage::TakenOver => {
                stop(
                    t(Key::ErrorTakenOver),
                    Key::ErrorUseThisWindow,
                    Callback::new(|()| window::reload()),
                )
            }
            Stage::NoStorage(error) => {
                let text = match error {
                    StoreError::TooNew => t(Key::ErrorAppOlderThanData),
                    StoreError::Locked => t(Key::ErrorOldWindow),
                    StoreError::Full => t(Key::ErrorStorageFull),
                    // The store was there before, with so many unsent records. The browser does not delete it either.
                    _ => match window::noted_unsent() {
                        Some(count) => ta(Key::ErrorStoreBroken, &[("count", &count.to_string())]),
                        None => t(Key::ErrorNoStorage),
                    },
                };
                stop(text, Key::ActionTryAgain, Callback::new(|()| window::reload()))
            }
        }).into_any())}
    }
    .into_any()
}

/// A page with one sentence and one step, where the app cannot run.
fn stop(text: String, action: Key, press: Callback<()>) -> AnyView {
    view! {
        <main class="splash">
            <Icon name="house" />
            <h1 class="t-lg" tabindex="-1">
                {t(Key::AppName)}
            </h1>
            <p>{text}</p>
            <Button label=tx(action) on_press=press />
        </main>
    }
    .into_any()
}

fn running(app: App) -> AnyView {
    // The office, the administration and the questions of a record follow their addresses themselves, so
    // that their frame, the focus and the live connection stay.
    let shown = memo(move || match app.route().get() {
        Route::Office(_) => Route::Office(String::new()),
        Route::Admin(_) => Route::Admin(String::new()),
        Route::Fill(id, _) if app.device().identity().is_some() => Route::Fill(id, None),
        // Whatever was asked for: the phone has to be connected first.
        other if other.area() == Area::Field && app.device().identity().is_none() => Route::Enrol,
        other => other,
    });
    view! {
        <a class="skip-link" href="#content">
            {live(move || (t(Key::AppSkipToContent)).into_any())}
        </a>
        <div class="app" inert=move || app.curtain().get() aria-hidden=move || {
            app.curtain().get().then_some("true")
        }>
            {practice(app)}
            {live(move || IntoAny::into_any({
                // A change of the language draws the page anew.
                app.language().track();
                let route = shown.get();
                after_drawing(app, &route);
                page(app, route)
            }))} {page::visit::chooser(app)} <Toasts />
        </div>
        {live(move || (app.curtain().get().then(|| curtain(app))).into_any())}
    }
    .into_any()
}

/// Says on every page that this is practice.
fn practice(app: App) -> Option<AnyView> {
    let bar = move || {
        view! {
            <aside class="practice-bar" aria-label=t(Key::PracticeTitle)>
                <span>{t(Key::PracticeBar)}</span>
                <button type="button" class="link-button" on:click=press(move || app.stop_practice())>
                    {t(Key::PracticeLeave)}
                </button>
            </aside>
        }
    };
    app.is_practice().then(|| live(move || bar().into_any()))
}

/// The heading names the window and gets the focus, as with a page that was loaded. The office and the
/// questions see to that themselves.
fn after_drawing(app: App, route: &Route) {
    if route.area() == Area::Office || route.is_filling() {
        return;
    }
    timer::after(0, move || {
        syncing::describe(app);
        let heading = window::text_of("h1");
        let name = t(Key::AppName);
        let title = heading.filter(|heading| *heading != name);
        window::set_title(&title.map_or(name.clone(), |title| format!("{title} – {name}")));
        window::focus("h1");
        window::restore_scroll();
    });
}

fn page(app: App, route: Route) -> AnyView {
    match route {
        Route::Enrol if app.needs_code() => page::enrol::page(),
        Route::Enrol | Route::Today => page::today::page(),
        Route::Families => page::families::page(),
        Route::Household(id) => page::household::page(id),
        Route::Fill(id, _) => fill::fill_page(id),
        Route::Check(id) => fill::check_page(id),
        Route::Finished(id) => fill::finished_page(id),
        Route::TwoAnswers(id) => fill::two_answers_page(id),
        Route::Returned(id) => fill::returned_page(id),
        Route::Sending => page::sending::page(),
        Route::More => page::more::page(),
        Route::Storage => page::storage::page(),
        Route::Office(rest) => office::office_page(rest),
        Route::Admin(rest) => admin::admin_page(rest),
        Route::Setup(rest) => admin::setup_page(rest),
        Route::Unknown => page::unknown::page(),
    }
}

/// A neutral page over everything, in one tap.
fn curtain(app: App) -> AnyView {
    view! {
        <div class="curtain">
            <h2 class="t-xl">{t(Key::HideTitle)}</h2>
            <p>{t(Key::HideText)}</p>
            <Button label=tx(Key::HideBack) on_press=move |()| app.curtain().set(false) />
        </div>
    }
    .into_any()
}
