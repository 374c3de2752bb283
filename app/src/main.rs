//! The phone app, and the office and administration areas as chunks that load when opened.

mod office;

use leptos::prelude::*;

fn main() {
    mount_to_body(Shell);
}

#[component]
fn Shell() -> impl IntoView {
    let opened = RwSignal::new(false);
    view! {
        <h1>"კარდაკარ"</h1>
        <button on:click=move |_| opened.set(true)>"ოფისი"</button>
        <Show when=move || opened.get()>
            <office::Gate />
        </Show>
    }
}
