//! Nothing to show, and why.

use super::Icon;
use leptos::prelude::*;

/// Says why a page is empty; its children are the one next step.
#[component]
pub fn EmptyState(
    icon: &'static str,
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon name=icon />
            <p class="empty__title">{title}</p>
            {children.map(|children| children())}
        </div>
    }
}
