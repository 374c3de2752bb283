//! Sound: recorded, heard again, recorded anew.

use super::document;
use crate::fill::widgets::Control;
use crate::fill::widgets::media::chooser::chooser;
use crate::fill::widgets::media::holder::Holder;
use crate::i18n::{Key, t, ta, tx};
use crate::platform::recorder::{self, Recording};
use crate::platform::timer;
use crate::ui::{Button, Kind, live};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A sound question.
pub fn view(control: Control) -> AnyView {
    let holder = Holder::new(control.clone());
    let quality = control.node.parameters.get("quality").cloned().unwrap_or_default();
    let recording = StoredValue::new_local(None::<Recording>);
    // Seconds so far, while it records.
    let running = RwSignal::new(None::<u32>);
    let start = move |quality: String| {
        if holder.lacks_room() {
            return;
        }
        spawn_local(async move {
            let Some(begun) = recorder::record(&quality).await else {
                holder.fail(Key::MediaNoMicrophone);
                return;
            };
            if recording.try_set_value(Some(begun)).is_some() {
                return;
            }
            running.set(Some(0));
            loop {
                timer::sleep(1000).await;
                let more = running.try_update(|seconds| {
                    *seconds = seconds.map(|seconds| seconds + 1);
                    seconds.is_some()
                });
                if more != Some(true) {
                    return;
                }
            }
        });
    };
    let stop = move || {
        running.set(None);
        let Some(ended) = recording.try_update_value(Option::take).flatten() else { return };
        let keeper = holder.keeper();
        spawn_local(async move {
            match ended.stop().await {
                Some((bytes, kind)) => keeper.keep(ending(&kind), &kind, None, bytes).await,
                None => keeper.fail(Key::MediaUnreadable),
            }
        });
    };
    // Who goes on while it records has said what there was to say.
    on_cleanup(stop);
    let quality = StoredValue::new(quality);
    view! {
        {live(move || {
            (holder
                .address
                .get()
                .map(|address| view! { <audio class="media__sound" controls=true src=address></audio> }))
                .into_any()
        })}
        {live(move || match running.get() {
            Some(seconds) => {
                let time = format!("{}:{:02}", seconds / 60, seconds % 60);
                view! {
                    <p class="strong num">{ta(Key::MediaRecording, &[("time", &time)])}</p>
                    <Button wide=true icon="tick" label=tx(Key::MediaStop) on_press=move |()| stop() />
                }
                    .into_any()
            }
            None => {
                let key = match holder.named() {
                    Some(_) => Key::MediaRecordAgain,
                    None => Key::MediaRecord,
                };
                view! {
                    <Button
                        kind=Kind::Secondary
                        wide=true
                        icon="chat"
                        label=t(key)
                        on_press=move |()| start(quality.get_value())
                    />
                    {chooser(
                        holder,
                        "upload",
                        tx(Key::MediaChooseFile),
                        "audio/*",
                        None,
                        move |event| document::keep(holder, &event),
                    )}
                }
                    .into_any()
            }
        })}
        {holder.foot()}
    }
    .into_any()
}

fn ending(kind: &str) -> &'static str {
    match kind {
        "audio/mp4" => "m4a",
        "audio/ogg" => "ogg",
        _ => "webm",
    }
}
