//! The list with its search box, a combobox over a listbox. Its rows stay while the person types: only what
//! stands in them changes, first in those that are in sight.

use super::super::Control;
use super::super::choices::{Choosable, Options};
use crate::i18n::{Key, t, ta};
use crate::platform::{frame, timer};
use crate::ui::{Button, Icon, live, press};
use device::fill::options::Role;
use device::fill::search::{Found, Search};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

/// How many rows are drawn at most.
const ROWS: usize = 60;
/// How many of them change with the letter that was typed; the others follow.
const FIRST: usize = 16;
/// How long the others wait, milliseconds.
const LATER_MS: i32 = 60;
/// How many rows are drawn, and how many labels read, in one go while nobody waits for it. The labels come
/// first, from the first frame of the sheet on: a letter that comes before has to read the rest.
const MORE: usize = 8;
const SLICE: usize = 12_000;

/// The list in an open sheet.
#[derive(Clone, Copy)]
pub struct List {
    all: StoredValue<Options>,
    /// The places of the options that stand in the list.
    listed: StoredValue<Vec<u32>>,
    search: StoredValue<Search>,
    found: StoredValue<Found>,
    /// What stands in each row: a place among all options.
    rows: StoredValue<Vec<RwSignal<Option<u32>>>>,
    drawn: RwSignal<usize>,
    count: RwSignal<usize>,
    /// The same as the rows say it to screen readers: later than it is seen, for it stands in each of them.
    told: RwSignal<usize>,
    active: RwSignal<usize>,
    query: RwSignal<String>,
    /// How many letters were typed.
    typed: StoredValue<u32>,
    value: Memo<String>,
    base: StoredValue<String>,
    picked: Callback<Choosable>,
    several: bool,
}

impl List {
    /// The list of the options that have one of these roles.
    pub fn of(
        control: &Control,
        options: &Options,
        roles: &[Role],
        picked: Callback<Choosable>,
        several: bool,
    ) -> Self {
        let listed = options.places(roles);
        let total = listed.len();
        let control = control.clone();
        let list = Self {
            all: StoredValue::new(options.clone()),
            search: StoredValue::new(Search::new(total)),
            listed: StoredValue::new(listed),
            found: StoredValue::default(),
            rows: StoredValue::new((0..ROWS.min(total)).map(|_| RwSignal::new(None)).collect()),
            drawn: RwSignal::new(FIRST.min(total)),
            count: RwSignal::new(total),
            told: RwSignal::new(total),
            active: RwSignal::new(0),
            query: RwSignal::default(),
            typed: StoredValue::new(0),
            base: StoredValue::new(control.input_id()),
            value: Memo::new(move |_| control.value()),
            picked,
            several,
        };
        list.seek("");
        frame::behind(move || list.draw_more());
        list
    }

    /// Reads the labels, and then draws the rows out of sight, a few at a time.
    fn draw_more(self) {
        // The sheet may be closed by now.
        let Some(read) = self.searching(|search, label| search.prepare(SLICE, label)) else {
            return;
        };
        let all = self.rows.try_with_value(Vec::len).unwrap_or_default();
        let drawn = self.drawn.try_get_untracked().unwrap_or(all);
        if read && drawn < all {
            self.drawn.set((drawn + MORE).min(all));
        }
        if !read || drawn < all {
            timer::after(0, move || self.draw_more());
        }
    }

    /// Searches, with the labels by their places in the list.
    fn searching<T>(
        self,
        act: impl for<'a> FnOnce(&mut Search, &dyn Fn(usize) -> &'a str) -> T,
    ) -> Option<T> {
        self.all.try_with_value(|all| {
            self.listed.with_value(|listed| {
                all.labelled(|text| {
                    let label =
                        |place: usize| listed.get(place).map_or("", |at| text(*at as usize));
                    self.search.try_update_value(|search| act(search, &label))
                })
            })
        })?
    }

    fn read<T>(self, at: Option<u32>, read: impl FnOnce(&Choosable) -> T) -> Option<T> {
        self.all.with_value(|all| all.get(at? as usize).map(|option| read(&option)))
    }

    fn seek(self, query: &str) {
        let found = self.searching(|search, label| search.find(query, ROWS, label));
        let found = found.unwrap_or_default();
        self.count.set(found.count);
        if self.active.get_untracked() != 0 {
            self.active.set(0);
        }
        // Rows out of sight that have nothing to show any more must not be scrolled to.
        let short = found.best.len() < FIRST;
        self.found.set_value(found);
        self.fill(0, if short { ROWS } else { FIRST });
        self.typed.update_value(|typed| *typed += 1);
        let typed = self.typed.get_value();
        timer::after(LATER_MS, move || {
            if self.typed.try_get_value() == Some(typed) {
                self.told.set(self.count.get_untracked());
                self.fill(FIRST, ROWS);
            }
        });
    }

    /// Puts what was found into the rows.
    fn fill(self, from: usize, to: usize) {
        self.rows.with_value(|rows| {
            for (place, row) in rows.iter().enumerate().take(to).skip(from) {
                let now = self.at(place);
                if row.get_untracked() != now {
                    row.set(now);
                }
            }
        });
    }

    /// What was found for a row.
    fn at(self, place: usize) -> Option<u32> {
        let found = self.found.with_value(|found| found.best.get(place).copied())?;
        self.listed.with_value(|listed| listed.get(found as usize).copied())
    }

    fn pick(self, place: usize) {
        if let Some(option) = self.read(self.at(place), Choosable::clone) {
            self.picked.run(option);
        }
    }

    fn is_chosen(self, at: Option<u32>) -> bool {
        let is = |option: &Choosable| {
            self.value.with(|value| match self.several {
                true => value.split_whitespace().any(|code| code == option.code),
                false => *value == option.code,
            })
        };
        self.read(at, is).unwrap_or_default()
    }

    fn row_id(self, place: usize) -> String {
        self.base.with_value(|base| format!("{base}-option-{place}"))
    }

    fn key(self, event: &KeyboardEvent) {
        let last = self.found.with_value(|found| found.best.len()).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => self.active.update(|at| *at = (*at + 1).min(last)),
            "ArrowUp" => self.active.update(|at| *at = at.saturating_sub(1)),
            "Enter" => self.pick(self.active.get_untracked()),
            _ => return,
        }
        event.prevent_default();
    }

    /// The list and its search box.
    pub fn view(self, open: RwSignal<bool>) -> AnyView {
        let list_id = self.base.with_value(|base| format!("{base}-options"));
        view! {
            <div class="picker">
                <div
                    class="options"
                    role="listbox"
                    id=list_id.clone()
                    aria-multiselectable=self.several.then_some("true")
                >
                    <For
                        each=move || 0..self.drawn.get()
                        key=|place| *place
                        children=move |place| self.row(place)
                    />
                </div>
                {live(move || empty(self.count.get(), self.query))}
                <div class="picker__foot">
                    {self.box_of(list_id)}
                    {self
                        .several
                        .then(|| {
                            view! {
                                <Button
                                    label=t(Key::ActionDone)
                                    wide=true
                                    on_press=move |()| open.set(false)
                                />
                            }
                        })}
                </div>
            </div>
        }
        .into_any()
    }

    fn box_of(self, list_id: String) -> AnyView {
        let active_id = move || self.row_id(self.active.get());
        view! {
            <div class="search">
                <Icon name="search" />
                <input
                    type="search"
                    role="combobox"
                    autocomplete="off"
                    aria-label=t(Key::QuestionSearchOptions)
                    aria-controls=list_id
                    aria-expanded="true"
                    aria-activedescendant=active_id
                    placeholder=""
                    on:input=move |event| {
                        let query = event_target_value(&event);
                        self.seek(&query);
                        self.query.set(query);
                    }
                    on:keydown=move |event| self.key(&event)
                />
            </div>
        }
        .into_any()
    }

    fn row(self, place: usize) -> AnyView {
        let Some(row) = self.rows.with_value(|rows| rows.get(place).copied()) else {
            return ().into_any();
        };
        let chosen = Memo::new(move |_| self.is_chosen(row.get()));
        let active = Memo::new(move |_| self.active.get() == place);
        let blank = Memo::new(move |_| row.get().is_none());
        // What is no longer found keeps its words until others come.
        let label = Memo::new(move |before: Option<&String>| {
            let label = self.read(row.get(), |option| option.label.clone());
            label.or_else(|| before.cloned()).unwrap_or_default()
        });
        view! {
            <button
                type="button"
                role="option"
                tabindex="-1"
                id=self.row_id(place)
                class="options__item"
                class:options__item--active=move || active.get()
                hidden=move || blank.get()
                aria-selected=move || if chosen.get() { "true" } else { "false" }
                aria-posinset=place + 1
                aria-setsize=move || self.told.get()
                on:click=press(move || self.pick(place))
            >
                <span>{move || label.get()}</span>
                {live(move || {
                    chosen.get().then(|| view! { <Icon name="tick" small=true /> }).into_any()
                })}
            </button>
        }
        .into_any()
    }
}

fn empty(count: usize, query: RwSignal<String>) -> AnyView {
    match count {
        0 => {
            let words = ta(Key::QuestionNoOptions, &[("query", &query.get())]);
            view! { <p class="hint" role="status">{words}</p> }.into_any()
        }
        count if count > ROWS => {
            let more = (count - ROWS).to_string();
            let words = ta(Key::QuestionMoreOptions, &[("count", &more)]);
            view! { <p class="hint">{words}</p> }.into_any()
        }
        _ => ().into_any(),
    }
}
