//! A signature drawn with the finger, kept as the path of the drawing.

use super::Control;
use crate::i18n::{Key, t, tx};
use crate::ui::{Button, Kind};
use leptos::ev::PointerEvent;
use leptos::prelude::*;

/// Points nearer than this to the last one are left out, in pixels.
const STEP: i32 = 3;

/// A signature pad. The answer is an SVG path in pixels of the pad.
pub fn view(control: Control) -> AnyView {
    let path = RwSignal::new(control.value_now());
    let drawing = RwSignal::new(None::<(i32, i32)>);
    let reading = control.clone();
    Effect::new(move || {
        let value = reading.value();
        if drawing.get_untracked().is_none() {
            path.set(value);
        }
    });
    let start = move |event: PointerEvent| {
        event.prevent_default();
        let at = (event.offset_x(), event.offset_y());
        drawing.set(Some(at));
        path.update(|path| path.push_str(&format!("M{} {}", at.0, at.1)));
    };
    let draw = move |event: PointerEvent| {
        let Some(last) = drawing.get_untracked() else { return };
        let at = (event.offset_x(), event.offset_y());
        if (at.0 - last.0).abs() + (at.1 - last.1).abs() >= STEP {
            drawing.set(Some(at));
            path.update(|path| path.push_str(&format!("L{} {}", at.0, at.1)));
        }
    };
    let (ending, clearing) = (control.clone(), control.clone());
    let end = StoredValue::new(ending);
    let finish = move |_: PointerEvent| {
        if drawing.get_untracked().is_some() {
            drawing.set(None);
            path.with_untracked(|path| end.with_value(|control| control.set(path)));
        }
    };
    let clear = StoredValue::new(clearing);
    view! {
        <svg
            class="signature"
            role="img"
            aria-label=t(Key::QuestionSignHere)
            on:pointerdown=start
            on:pointermove=draw
            on:pointerup=finish
            on:pointerleave=finish
            on:pointercancel=finish
        >
            <path d=move || path.get()></path>
        </svg>
        <div class="cluster">
            <span class="hint">{t(Key::QuestionSignHere)}</span>
            {move || {
                (!path.with(String::is_empty))
                    .then(|| {
                        view! {
                            <Button
                                kind=Kind::Quiet
                                small=true
                                label=tx(Key::ActionClear)
                                on_press=move |()| {
                                    path.set(String::new());
                                    clear.with_value(|control| control.set(""));
                                }
                            />
                        }
                    })
            }}
        </div>
    }
    .into_any()
}
