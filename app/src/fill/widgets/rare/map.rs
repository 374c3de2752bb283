//! Places, lines and areas: by the receiver, by tapping a plain map, or by keys. The map is a grid with a
//! scale and what was marked: it needs no network.

use super::drag::Drag;
use crate::fill::widgets::Control;
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::platform::geolocation::{self, Trouble};
use crate::platform::timer;
use crate::ui::{Button, Icon, IconButton, Kind, live, memo};
use device::fill::track::{self, ACROSS, Frame, Point};
use form::model::QuestionType;
use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Where the map begins when nothing is known: Tbilisi.
const START: Point = Point { latitude: 41.7151, longitude: 44.8271, altitude: 0.0, accuracy: 0.0 };
/// Metres across around a single place.
const NEAR: f64 = 300.0;
/// Between two looks at the receiver while walking, milliseconds.
const WALK_MS: i32 = 5_000;
/// Metres that make a new point while walking.
const WALKED: f64 = 5.0;

/// What is marked, and the part of the ground that is shown.
#[derive(Clone, Copy)]
struct Map {
    control: StoredValue<Control>,
    points: Memo<Vec<Point>>,
    frame: RwSignal<Frame>,
    busy: RwSignal<bool>,
    walking: RwSignal<bool>,
    trouble: RwSignal<Option<Trouble>>,
}

impl Map {
    fn kind(self) -> QuestionType {
        self.control.with_value(|control| control.question)
    }

    fn closed(self) -> bool {
        self.kind() == QuestionType::Geoshape
    }

    fn set(self, points: &[Point]) {
        let text = track::write(points, self.closed());
        self.control.with_value(|control| control.set(&text));
    }

    fn now(self) -> Vec<Point> {
        self.points.get_untracked()
    }

    /// Adds a point; a place has only one.
    fn add(self, point: Point) {
        let mut points = self.now();
        if self.kind() == QuestionType::Geopoint {
            points.clear();
        }
        points.push(point);
        self.set(&points);
    }

    fn remove(self, at: usize) {
        let mut points = self.now();
        if at < points.len() {
            points.remove(at);
            self.set(&points);
        }
    }

    /// Adds the place where the phone is.
    fn here(self) {
        self.busy.set(true);
        self.trouble.set(None);
        spawn_local(async move {
            let taken = geolocation::take().await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match taken {
                Ok(fix) => self.stand(fix, 0.0),
                Err(trouble) => self.trouble.set(Some(trouble)),
            }
        });
    }

    fn stand(self, fix: geolocation::Fix, least: f64) {
        let geolocation::Fix { latitude, longitude, altitude, accuracy } = fix;
        let point = Point { latitude, longitude, altitude, accuracy };
        let last = self.now().last().copied();
        if last.is_some_and(|last| track::distance(&last, &point) < least) {
            return;
        }
        self.add(point);
        self.frame.set(Frame::of(&self.now()).unwrap_or(Frame::around(&point, NEAR)));
    }

    /// Adds points while the person walks.
    fn walk(self) {
        if self.walking.get_untracked() {
            self.walking.set(false);
            return;
        }
        self.walking.set(true);
        self.trouble.set(None);
        spawn_local(async move {
            while self.walking.try_get_untracked() == Some(true) {
                let taken = geolocation::take().await;
                if self.walking.try_get_untracked() != Some(true) {
                    return;
                }
                match taken {
                    Ok(fix) => self.stand(fix, WALKED),
                    Err(trouble) => {
                        self.trouble.set(Some(trouble));
                        if trouble == Trouble::Refused {
                            self.walking.set(false);
                        }
                    }
                }
                timer::sleep(WALK_MS).await;
            }
        });
    }
}

/// A geotrace, a geoshape, or a geopoint on a map.
pub fn view(control: Control) -> AnyView {
    let reading = control.clone();
    let shape = control.question == QuestionType::Geoshape;
    let points = memo(move || match shape {
        true => track::read_area(&reading.value()),
        false => track::read(&reading.value()),
    });
    let first = points.with_untracked(|points| Frame::of(points));
    let map = Map {
        control: StoredValue::new(control),
        points,
        frame: RwSignal::new(first.unwrap_or(Frame::around(&START, 20_000.0))),
        busy: RwSignal::new(false),
        walking: RwSignal::new(false),
        trouble: RwSignal::new(None),
    };
    on_cleanup(move || map.walking.set(false));
    view! {
        {ground(map)}
        {acts(map)}
        {told(map)}
    }
    .into_any()
}

fn ground(map: Map) -> AnyView {
    let drag = Drag::of(map.frame);
    let end = move |event: PointerEvent| {
        if let Some((x, y)) = drag.end(&event) {
            map.add(map.frame.get_untracked().place(x, y));
        }
    };
    let press = move |event: KeyboardEvent| {
        let step = ACROSS / 8.0;
        let frame = map.frame.get_untracked();
        let next = match event.key().as_str() {
            "ArrowLeft" => frame.moved(step, 0.0),
            "ArrowRight" => frame.moved(-step, 0.0),
            "ArrowUp" => frame.moved(0.0, step),
            "ArrowDown" => frame.moved(0.0, -step),
            "+" | "=" => frame.zoomed(0.5),
            "-" => frame.zoomed(2.0),
            "Enter" | " " => {
                map.add(frame.middle());
                frame
            }
            _ => return,
        };
        event.prevent_default();
        map.frame.set(next);
    };
    let closed = map.closed();
    let line = move || map.points.with(|points| map.frame.get().line(points, closed));
    view! {
        <div class="map">
            <svg
                class="map__ground"
                class:map__ground--shape=closed
                viewBox="0 0 320 320"
                role="application"
                tabindex="0"
                aria-label=t(Key::MapLabel)
                on:pointerdown=move |event| drag.begin(&event)
                on:pointermove=move |event| drag.go_on(&event)
                on:pointerup=end
                on:pointercancel=end
                on:keydown=press
            >
                <path class="map__grid" d=move || map.frame.get().grid()></path>
                <path class="map__line" d=line></path>
                <path
                    class="map__points"
                    d=move || map.points.with(|points| map.frame.get().discs(points))
                ></path>
                <path class="map__cross" d="M150 160h20M160 150v20"></path>
            </svg>
            <span class="map__scale num">{move || metres(map.frame.get().step())}</span>
            <div class="map__zoom">
                <IconButton
                    icon="plus"
                    label=tx(Key::MapZoomIn)
                    on_press=move |()| map.frame.update(|frame| *frame = frame.zoomed(0.5))
                />
                <IconButton
                    icon="minus"
                    label=tx(Key::MapZoomOut)
                    on_press=move |()| map.frame.update(|frame| *frame = frame.zoomed(2.0))
                />
            </div>
        </div>
    }
    .into_any()
}

fn acts(map: Map) -> AnyView {
    let walk = Signal::derive(move || match map.walking.get() {
        true => t(Key::MapWalkStop),
        false => t(Key::MapWalk),
    });
    let several = map.kind() != QuestionType::Geopoint;
    view! {
        <Button
            kind=Kind::Secondary
            wide=true
            icon="pin"
            label=tx(Key::MapHere)
            busy=map.busy
            on_press=move |()| map.here()
        />
        <Button
            kind=Kind::Secondary
            wide=true
            icon="plus"
            label=tx(Key::MapCross)
            on_press=move |()| map.add(map.frame.get_untracked().middle())
        />
        {several
            .then(|| {
                view! {
                    <Button
                        kind=Kind::Quiet
                        wide=true
                        icon="person"
                        label=walk
                        on_press=move |()| map.walk()
                    />
                }
            })}
        <div role="status">
            {live(move || {
                (map.trouble.get().map(|trouble| {
                    let key = match trouble {
                        Trouble::Refused => Key::QuestionLocationRefused,
                        Trouble::Unavailable => Key::QuestionLocationNone,
                    };
                    view! { <p class="mismatch">{t(key)}</p> }
                })).into_any()
            })}
        </div>
    }
    .into_any()
}

/// What is marked, in words: how many points, how long, how large, and each point with a way to remove it.
fn told(map: Map) -> AnyView {
    live(move || {
        let points = map.points.get();
        if points.is_empty() {
            return ().into_any();
        }
        let kind = map.kind();
        let count = tn(Plural::MapPoints, points.len() as u64, &[]);
        let measure = match kind {
            QuestionType::Geotrace if points.len() < 2 => t(Key::MapNeedTwo),
            QuestionType::Geotrace => {
                ta(Key::MapLength, &[("n", &metres(track::length(&points, false)))])
            }
            QuestionType::Geoshape if points.len() < 3 => t(Key::MapNeedThree),
            QuestionType::Geoshape => {
                let size = format!("{:.0} {}", track::area(&points), t(Key::MapNoArea));
                ta(Key::MapArea, &[("n", &size)])
            }
            _ => String::new(),
        };
        let rows = points.iter().enumerate().map(|(at, point)| row(map, at, point)).collect_view();
        view! {
            <p class="strong num" role="status">
                {if measure.is_empty() { count } else { format!("{count}. {measure}") }}
            </p>
            <ol class="map__list">{rows}</ol>
        }
        .into_any()
    })
}

fn row(map: Map, at: usize, point: &Point) -> AnyView {
    let name = ta(Key::MapPointN, &[("n", &(at + 1).to_string())]);
    let mut place = format!("{:.5}, {:.5}", point.latitude, point.longitude);
    if point.accuracy > 0.0 {
        place += &format!(" ±{}", metres(point.accuracy));
    }
    let label = format!("{}: {name}", t(Key::ActionRemove));
    view! {
        <li class="map__row">
            <Icon name="pin" small=true />
            <span class="num">{format!("{}. {place}", at + 1)}</span>
            <IconButton icon="close" label=label on_press=move |()| map.remove(at) />
        </li>
    }
    .into_any()
}

fn metres(metres: f64) -> String {
    let number = if metres < 10.0 { format!("{metres:.1}") } else { format!("{metres:.0}") };
    ta(Key::UnitMeters, &[("n", &number.replace('.', ","))])
}
