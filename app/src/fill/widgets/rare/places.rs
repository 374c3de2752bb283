//! Options that are places, on a plain map above their list: the appearance `map` of a select. A tap takes the
//! option next to it; keyboards and screen readers use the list.

use super::drag::Drag;
use crate::fill::widgets::{Control, choices::Options, multiple};
use crate::i18n::Key;
use crate::i18n::tx;
use crate::ui::{IconButton, memo};
use device::fill::options::chosen;
use device::fill::track::{self, Frame, Point};
use form::model::QuestionType;
use leptos::ev::PointerEvent;
use leptos::prelude::*;

/// How far a tap may be from a place, in the map's units.
const NEAR: f64 = 24.0;

/// A place that stands for an option.
#[derive(Clone, PartialEq)]
struct Place {
    code: String,
    at: Point,
}

/// The map of a select; nothing where no option has a place.
pub fn view(control: Control) -> AnyView {
    let several = control.question == QuestionType::SelectMultiple;
    let options = Options::of(&control, several);
    let offered = control.clone();
    let places = memo(move || {
        // Read, so that it follows the filter.
        let codes = options.with(Options::codes);
        let all = offered.desk.session(|session| session.choices(&offered.at, ""));
        let place = |choice: form::session::Choice| {
            let at = track::read(&choice.geometry).into_iter().next()?;
            codes.contains(&choice.name).then_some(Place { code: choice.name, at })
        };
        all.into_iter().filter_map(place).collect::<Vec<_>>()
    });
    let points = move || places.with(|all| all.iter().map(|place| place.at).collect::<Vec<_>>());
    let Some(start) = Frame::of(&untrack(points)) else { return ().into_any() };
    let frame = RwSignal::new(start);
    let reading = control.clone();
    let taken = move || {
        let value = reading.value();
        let codes = chosen(&value);
        let is = |place: &&Place| codes.contains(&place.code.as_str());
        places.with(|all| all.iter().filter(is).map(|place| place.at).collect::<Vec<_>>())
    };
    let tap = move |x: f64, y: f64| {
        let shown = frame.get_untracked();
        let far = |place: &Place| {
            let (across, down) = shown.draw(&place.at);
            (across - x).hypot(down - y)
        };
        let near = places.with_untracked(|all| {
            let near = all.iter().map(|place| (far(place), &place.code));
            let least =
                near.filter(|(far, _)| *far <= NEAR).reduce(|a, b| if b.0 < a.0 { b } else { a });
            least.map(|(_, code)| code.clone())
        });
        match near {
            Some(code) if several => multiple::toggle(&control, options, &code),
            Some(code) => control.set(&code),
            None => {}
        }
    };
    let drag = Drag::of(frame);
    let end = move |event: PointerEvent| {
        if let Some((x, y)) = drag.end(&event) {
            tap(x, y);
        }
    };
    let zoom = move |by: f64| frame.update(|frame| *frame = frame.zoomed(by));
    view! {
        <div class="map">
            <svg
                class="map__ground"
                viewBox="0 0 320 320"
                aria-hidden="true"
                on:pointerdown=move |event| drag.begin(&event)
                on:pointermove=move |event| drag.go_on(&event)
                on:pointerup=end.clone()
                on:pointercancel=end
            >
                <path class="map__grid" d=move || frame.get().grid()></path>
                <path class="map__points" d=move || frame.get().discs(&points())></path>
                <path class="map__line map__taken" d=move || frame.get().discs(&taken())></path>
            </svg>
            <div class="map__zoom">
                <IconButton icon="plus" label=tx(Key::MapZoomIn) on_press=move |()| zoom(0.5) />
                <IconButton icon="minus" label=tx(Key::MapZoomOut) on_press=move |()| zoom(2.0) />
            </div>
        </div>
    }
    .into_any()
}
