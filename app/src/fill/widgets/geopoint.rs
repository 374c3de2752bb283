//! The place, from the phone's receiver, with its accuracy.

use super::Control;
use crate::i18n::{Key, t, ta, tx};
use crate::platform::geolocation::{self, Fix, Trouble};
use crate::ui::{Button, Icon, Kind, live, memo};
use form::expr::number::fixed;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A place rougher than this many metres is said to be rough.
const ROUGH: f64 = 50.0;
/// How often a place is taken that is rougher than the form asks for.
const TRIES: usize = 5;

/// How taking the place went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Waiting,
    Failed(Trouble),
}

/// A geopoint: "latitude longitude altitude accuracy".
pub fn view(control: Control) -> AnyView {
    let state = RwSignal::new(State::Idle);
    let rough = meters(&control, "warning-accuracy").unwrap_or(ROUGH);
    let reading = control.clone();
    let fix = memo(move || Fix::read(&reading.value()));
    let (taking, removing) = (control.clone(), control.clone());
    let take = move |()| {
        let control = taking.clone();
        state.set(State::Waiting);
        spawn_local(async move {
            let outcome = take_within(&control).await;
            let next = match outcome {
                Ok(fix) => {
                    control.set(&fix.lexical());
                    State::Idle
                }
                Err(trouble) => State::Failed(trouble),
            };
            state.try_set(next);
        });
    };
    let label = Signal::derive(move || match (fix.get(), state.get()) {
        (None, State::Failed(_)) => t(Key::ActionTryAgain),
        (None, _) => t(Key::QuestionLocationTake),
        (Some(_), _) => t(Key::ActionTryAgain),
    });
    let busy = Signal::derive(move || state.get() == State::Waiting);
    let removing = StoredValue::new(removing);
    view! {
        <div class="stack">
            {live(move || (fix.get().map(|fix| shown(fix, rough))).into_any())}
            {live(move || (match state.get() {
                State::Failed(trouble) => Some(failed(trouble)),
                _ => None,
            }).into_any())}
            <Button
                kind=Kind::Secondary
                icon="pin"
                wide=true
                label=label
                busy=busy
                on_press=take
            />
            {live(move || ({
                fix.get()
                    .map(|_| {
                        view! {
                            <Button
                                kind=Kind::Quiet
                                label=tx(Key::QuestionRemoveAnswer)
                                on_press=move |()| removing.with_value(|control| control.set(""))
                            />
                        }
                    })
            }).into_any())}
        </div>
    }
    .into_any()
}

/// Takes the place until it is as exact as the form asks for, or several times: then the best one.
async fn take_within(control: &Control) -> Result<Fix, Trouble> {
    let wanted = meters(control, "capture-accuracy").unwrap_or(f64::MAX);
    let mut best = geolocation::take().await?;
    for _ in 1..TRIES {
        if best.accuracy <= wanted {
            break;
        }
        match geolocation::take().await {
            Ok(fix) if fix.accuracy < best.accuracy => best = fix,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Ok(best)
}

/// A parameter of the question in metres.
fn meters(control: &Control, name: &str) -> Option<f64> {
    control.node.parameters.get(name).and_then(|text| form::expr::number::parse(text))
}

fn shown(fix: Fix, rough: f64) -> AnyView {
    let meters = fixed(fix.accuracy, 0);
    let place = fixed(fix.latitude, 5) + ", " + &fixed(fix.longitude, 5) + " ";
    let rough = (fix.accuracy > rough).then(|| {
        view! { <p class="mismatch">{ta(Key::QuestionLocationRough, &[("meters", &meters)])}</p> }
    });
    view! {
        <p class="strong num">
            {place} "± "
            {ta(Key::UnitMeters, &[("n", &meters)])}
        </p>
        {rough}
    }
    .into_any()
}

fn failed(trouble: Trouble) -> AnyView {
    let key = match trouble {
        Trouble::Refused => Key::QuestionLocationRefused,
        Trouble::Unavailable => Key::QuestionLocationNone,
    };
    view! {
        <p class="note" role="status">
            <Icon name="pin" small=true />
            <span>{t(key)}</span>
        </p>
    }
    .into_any()
}
