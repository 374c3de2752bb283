//! The page for the address.

use super::App;
use crate::router::Route;
use crate::{admin, fill, office, page};
use leptos::prelude::*;

/// The whole app. A change of the language draws the page anew.
pub fn view(app: App) -> AnyView {
    // The office and the administration follow their addresses themselves, so that their frame, the
    // focus and the live connection stay.
    let shown = Memo::new(move |_| match app.route().get() {
        Route::Office(_) => Route::Office(String::new()),
        Route::Admin(_) => Route::Admin(String::new()),
        other => other,
    });
    view! {
        {move || {
            app.language().track();
            page(app, shown.get())
        }}
    }
    .into_any()
}

fn page(_app: App, route: Route) -> AnyView {
    match route {
        Route::Enrol => page::enrol::page(),
        Route::Today => page::today::page(),
        Route::Families => page::families::page(),
        Route::Household(id) => page::household::page(id),
        Route::Fill(id, at) => fill::fill_page(id, at),
        Route::Check(id) => fill::check_page(id),
        Route::Finished(id) => fill::finished_page(id),
        Route::TwoAnswers(id) => fill::two_answers_page(id),
        Route::Returned(id) => fill::returned_page(id),
        Route::Sending => page::sending::page(),
        Route::More => page::more::page(),
        Route::Office(rest) => office::office_page(rest),
        Route::Admin(rest) => admin::admin_page(rest),
        Route::Setup(rest) => admin::setup_page(rest),
        Route::Unknown => page::unknown::page(),
    }
}
