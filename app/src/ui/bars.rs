//! Bars at the top and the bottom of the screen.

use super::live;
use super::{Icon, IconButton};
use crate::i18n::{Key, t, tx};
use crate::router::Route;
use crate::shell::use_app;
use leptos::prelude::*;

/// The bar at the top: an optional way up, the title (the page's heading), and what stands at its end.
#[component]
pub fn TopBar(
    #[prop(into)] title: Signal<String>,
    /// Where the arrow leads; no arrow without it.
    #[prop(optional, into)]
    up: Option<Callback<()>>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="top-bar">
            {up.map(|up| view! { <IconButton icon="arrow-back" label=tx(Key::ActionBack) on_press=up /> })}
            <h1 class="top-bar__title" tabindex="-1">
                {title}
            </h1>
            <div class="top-bar__end">{children.map(|children| children())}</div>
        </header>
    }
}

/// The four main pages.
#[component]
pub fn BottomNav(current: Route) -> impl IntoView {
    let app = use_app();
    // Records to send; a new version to install.
    let count_of = move |route: &Route| match route {
        Route::Sending => app.sync_state().with(|view| view.waiting),
        Route::More => usize::from(app.update_ready().get()),
        _ => 0,
    };
    let items = [
        (Route::Today, "house", Key::NavToday),
        (Route::Families, "people", Key::NavFamilies),
        (Route::Sending, "send", Key::NavSending),
        (Route::More, "more", Key::NavMore),
    ];
    view! {
        <nav class="bottom-nav" aria-label=t(Key::NavMain)>
            {items
                .into_iter()
                .map(|(route, icon, key)| {
                    let here = (route == current).then_some("page");
                    let of = route.clone();
                    let path = route.path();
                    view! {
                        <a
                            href=path
                            aria-current=here
                            on:click=move |event| {
                                event.prevent_default();
                                app.go(route.clone());
                            }
                        >
                            <Icon name=icon />
                            <span>{t(key)}</span>
                            {live(move || IntoAny::into_any({
                                let count = count_of(&of);
                                (count > 0)
                                    .then(|| {
                                        view! {
                                            <span class="bottom-nav__count num">{count}</span>
                                        }
                                    })
                            }))}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}

/// The bar of acts at the bottom, by the thumb.
#[component]
pub fn ActionBar(#[prop(optional)] stacked: bool, children: Children) -> impl IntoView {
    view! {
        <div class="action-bar" class:action-bar--stacked=stacked>
            {children()}
        </div>
    }
}
