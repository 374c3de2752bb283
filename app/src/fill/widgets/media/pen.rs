//! Signatures and drawings, on an empty ground or on a photo.

use super::holder::Holder;
use crate::fill::say;
use crate::fill::widgets::Control;
use crate::i18n::{Key, t, tx};
use crate::platform::{pad::Pad, picture, timer};
use crate::ui::{Button, Kind, effect, live, memo};
use leptos::ev::PointerEvent;
use leptos::html::Canvas;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A drawing is kept this long after the last line, milliseconds.
const PAUSE_MS: i32 = 700;

/// What is drawn.
#[derive(Clone, Copy, PartialEq)]
pub enum Purpose {
    Sign,
    Draw,
    Annotate,
}

/// A signature or a drawing.
pub fn view(control: Control, purpose: Purpose) -> AnyView {
    let holder = Holder::new(control.clone());
    let open = RwSignal::new(holder.control().value_now().is_empty());
    // Removed: the pad is there again. A pad that is open stays as it is: it may hold half a line.
    let held = memo(move || holder.named().is_some());
    effect(move || {
        if !held.get() && !open.get_untracked() {
            open.set(true);
        }
    });
    let label = move || say::label(control.desk, &control.at);
    let body = live(move || {
        if open.get() {
            return pad(holder, purpose);
        }
        let address = holder.address.get();
        view! {
            <img class="media__photo media__drawn" src=address alt=label() />
            <Button
                kind=Kind::Secondary
                small=true
                icon="edit"
                label=tx(Key::ActionChange)
                on_press=move |()| open.set(true)
            />
        }
        .into_any()
    });
    view! {
        {body}
        {holder.foot()}
    }
    .into_any()
}

/// The photo that a question holds, to be drawn on.
pub fn over(holder: Holder) -> AnyView {
    pad(holder, Purpose::Annotate)
}

/// The pad with its buttons.
fn pad(holder: Holder, purpose: Purpose) -> AnyView {
    let node = NodeRef::<Canvas>::new();
    let pad = StoredValue::new_local(Pad::default());
    let edits = StoredValue::new(0_u32);
    let unkept = StoredValue::new(false);
    effect(move || {
        let Some(canvas) = node.get() else { return };
        let named = untrack(|| holder.named());
        let app = holder.control().desk.app;
        spawn_local(async move {
            let ground = match (purpose, named) {
                (Purpose::Annotate, Some(named)) => {
                    let bytes = app.device().attachment(named.hash).await.ok().flatten();
                    let photo = bytes
                        .and_then(|bytes| crate::platform::blob::of(&bytes, &named.media_type));
                    match photo {
                        Some(photo) => picture::read(&photo).await,
                        None => None,
                    }
                }
                _ => None,
            };
            pad.try_update_value(|pad| pad.open(canvas, ground));
        });
    });
    // Removed: the pad is empty again.
    Effect::new(move |before: Option<bool>| {
        let held = holder.named().is_some();
        if before == Some(true) && !held {
            pad.update_value(Pad::clear);
        }
        held
    });
    let keep = move || {
        unkept.set_value(false);
        keep(holder, pad);
    };
    // Kept by itself a moment after the last line; a photo only when the person says so, because keeping
    // draws it anew.
    let changed = move || {
        edits.update_value(|count| *count += 1);
        let now = edits.get_value();
        if purpose != Purpose::Annotate {
            unkept.set_value(true);
            timer::after(PAUSE_MS, move || {
                if edits.try_get_value() == Some(now) {
                    keep();
                }
            });
        }
    };
    // Who goes on at once has signed all the same.
    on_cleanup(move || {
        if unkept.get_value() {
            keep();
        }
    });
    let begin = move |event: PointerEvent| pad.update_value(|pad| pad.begin(&event));
    let go_on = move |event: PointerEvent| pad.update_value(|pad| pad.go_on(&event));
    let end = move |_: PointerEvent| {
        if pad.try_update_value(Pad::end) == Some(true) {
            changed();
        }
    };
    let hint = if purpose == Purpose::Sign { Key::QuestionSignHere } else { Key::MediaDrawHere };
    let class = if purpose == Purpose::Annotate { "pad pad--photo" } else { "pad" };
    view! {
        <p class="hint">{t(hint)}</p>
        <canvas
            class=class
            node_ref=node
            role="img"
            aria-label=t(hint)
            on:pointerdown=begin
            on:pointermove=go_on
            on:pointerup=end
            on:pointercancel=end
        ></canvas>
        <div class="cluster">
            <Button
                kind=Kind::Quiet
                small=true
                icon="undo"
                label=tx(Key::MediaUndoLine)
                on_press=move |()| {
                    pad.update_value(Pad::undo);
                    changed();
                }
            />
            {(purpose == Purpose::Annotate)
                .then(|| {
                    view! {
                        <Button
                            kind=Kind::Secondary
                            small=true
                            icon="tick"
                            label=tx(Key::MediaKeepDrawing)
                            on_press=move |()| keep()
                        />
                    }
                })}
        </div>
        {(purpose == Purpose::Sign)
            .then(|| {
                view! {
                    <label class="stack stack--tight">
                        <span class="hint">{t(Key::MediaWriteName)}</span>
                        <input
                            class="field__box"
                            type="text"
                            autocomplete="off"
                            on:change=move |event| {
                                pad.update_value(|pad| pad.write(&event_target_value(&event)));
                                changed();
                            }
                        />
                    </label>
                }
            })}
    }
    .into_any()
}

fn keep(holder: Holder, pad: StoredValue<Pad, LocalStorage>) {
    let empty = pad.try_with_value(Pad::is_empty).unwrap_or(true);
    let canvas = pad.try_with_value(Pad::canvas).flatten();
    let Some((canvas, photo)) = canvas else { return };
    if empty {
        if !photo {
            holder.remove();
        }
        return;
    }
    let keeper = holder.keeper();
    spawn_local(async move {
        match Pad::picture(canvas, photo).await {
            Some(drawn) => {
                keeper.keep(drawn.ending(), &drawn.media_type, None, drawn.bytes).await;
            }
            None => keeper.fail(Key::MediaUnreadable),
        }
    });
}
