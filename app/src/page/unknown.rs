//! No page has this address.

use crate::i18n::{Key, tx};
use crate::router::Route;
use crate::shell::use_app;
use crate::ui::{Button, EmptyState, Screen};
use leptos::prelude::*;

/// Says so, and leads to the first page.
pub fn page() -> AnyView {
    let app = use_app();
    view! {
        <Screen title=tx(Key::AppName) nav=Route::Unknown>
            <EmptyState icon="search" title=tx(Key::ErrorNotFound)>
                <Button label=tx(Key::ErrorNotFoundNext) on_press=move |()| app.go(Route::Today) />
            </EmptyState>
        </Screen>
    }
    .into_any()
}
