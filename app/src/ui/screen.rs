//! The frame of the phone's pages: bar, one banner, content, acts, navigation.

use super::{BottomNav, TopBar, sync_badge};
use crate::router::Route;
use crate::shell::{notice, use_app};
use leptos::prelude::*;

/// A page of the phone.
#[component]
pub fn Screen(
    #[prop(into)] title: Signal<String>,
    /// Where the arrow at the top leads.
    #[prop(optional, into)]
    up: Option<Callback<()>>,
    /// The main page that this is, with the navigation at the bottom.
    #[prop(optional, into)]
    nav: Option<Route>,
    /// What stands at the end of the bar, before the sync badge.
    #[prop(optional)]
    end: Option<AnyView>,
    /// The acts at the bottom.
    #[prop(optional)]
    action: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    // Practice sends nothing: there is nothing to say of the office.
    let badge = (!use_app().is_practice()).then(sync_badge::view);
    let bar = match up {
        Some(up) => view! { <TopBar title=title up=up>{end}{badge}</TopBar> }.into_any(),
        None => view! { <TopBar title=title>{end}{badge}</TopBar> }.into_any(),
    };
    view! {
        <div class="screen">
            {bar} {notice::view()} <main class="page" id="content">{children()}</main>
            {action.map(|action| view! { <div class="action-bar action-bar--stacked">{action}</div> })}
            {nav.map(|current| view! { <BottomNav current=current /> })}
        </div>
    }
}
