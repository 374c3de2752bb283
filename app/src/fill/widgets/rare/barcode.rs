//! A code: read by the camera where there is one, typed everywhere.

use crate::fill::widgets::{Control, textbox};
use crate::i18n::{Key, t, tx};
use crate::platform::scanner;
use crate::ui::{Button, Kind, effect, live};
use leptos::html::Video;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::Cell;
use std::rc::Rc;

/// A barcode question.
pub fn view(control: Control) -> AnyView {
    let open = RwSignal::new(false);
    let trouble = RwSignal::new(None);
    let node = NodeRef::<Video>::new();
    let stop: Rc<Cell<bool>> = Rc::default();
    let stop = StoredValue::new_local(stop);
    on_cleanup(move || {
        stop.with_value(|stop| stop.set(true));
    });
    let scanning = control.clone();
    effect(move || {
        let Some(video) = node.get().filter(|_| open.get()) else { return };
        let (control, stop) = (scanning.clone(), stop.get_value());
        stop.set(false);
        spawn_local(async move {
            match scanner::scan(video, stop).await {
                Ok(Some(code)) => control.set(&code),
                Ok(None) => {}
                Err(why) => {
                    trouble.try_set(Some(why));
                }
            }
            open.try_set(false);
        });
    });
    let camera = live(move || {
        if !open.get() {
            return view! {
                <Button
                    kind=Kind::Secondary
                    wide=true
                    icon="camera"
                    label=tx(Key::MediaScan)
                    on_press=move |()| {
                        trouble.set(None);
                        open.set(true);
                    }
                />
            }
            .into_any();
        }
        view! {
            <video class="media__film" node_ref=node playsinline=true muted=true></video>
            <p class="hint" role="status">{t(Key::MediaScanHint)}</p>
            <Button
                kind=Kind::Quiet
                small=true
                label=tx(Key::ActionClose)
                on_press=move |()| {
                    stop.with_value(|stop| stop.set(true));
                    open.set(false);
                }
            />
        }
        .into_any()
    });
    view! {
        {textbox::view(control)}
        {scanner::is_there().then_some(camera)}
        <div role="status">
            {live(move || {
                let words = trouble.get().map(|why| match why {
                    scanner::Trouble::Camera => t(Key::MediaNoCamera),
                    scanner::Trouble::Reader => t(Key::ErrorChunkFailed),
                });
                words.map(|words| view! { <p class="mismatch">{words}</p> }).into_any()
            })}
        </div>
    }
    .into_any()
}
