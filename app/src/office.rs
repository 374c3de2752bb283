//! The office area: a chunk of its own, fetched when it is opened.

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

/// Shows the office, or says that it did not arrive and offers to try again.
#[component]
pub fn Gate() -> impl IntoView {
    let tries = RwSignal::new(0_u32);
    let page = LocalResource::new(move || {
        tries.track();
        load()
    });
    view! {
        <Suspense fallback=|| {
            view! { <p role="status">"..."</p> }
        }>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(open) => open().into_any(),
                    Err(()) => {
                        view! {
                            <p role="alert">"ვერ ჩაიტვირთა"</p>
                            <button on:click=move |_| {
                                tries.update(|n| *n += 1)
                            }>"თავიდან"</button>
                        }
                            .into_any()
                    }
                }
            })}
        </Suspense>
    }
}

type Page = fn() -> AnyView;

async fn load() -> Result<Page, ()> {
    office_page().await.map_err(|_| ())
}

#[wasm_split(office_page, fallible, wasm_split_path = ::leptos::wasm_split)]
fn office_page() -> Result<Page, SplitLoaderError> {
    Ok(page)
}

fn page() -> AnyView {
    let typed = RwSignal::new(String::new());
    view! {
        <section>
            <h2>"ჩანაწერები"</h2>
            <input on:input=move |event| typed.set(event_target_value(&event)) />
            <output>{move || typed.get()}</output>
        </section>
    }
    .into_any()
}
