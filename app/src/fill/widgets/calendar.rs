//! A month to choose a day from. The week starts on Monday.

use crate::i18n::{Key, t, tx};
use crate::platform::clock;
use crate::ui::{IconButton, live, press};
use device::fill::calendar;
use leptos::prelude::*;

/// The months' names.
pub const MONTHS: [Key; 12] = [
    Key::DateMonth1,
    Key::DateMonth2,
    Key::DateMonth3,
    Key::DateMonth4,
    Key::DateMonth5,
    Key::DateMonth6,
    Key::DateMonth7,
    Key::DateMonth8,
    Key::DateMonth9,
    Key::DateMonth10,
    Key::DateMonth11,
    Key::DateMonth12,
];

const WEEKDAYS: [Key; 7] = [
    Key::DateWeekday1,
    Key::DateWeekday2,
    Key::DateWeekday3,
    Key::DateWeekday4,
    Key::DateWeekday5,
    Key::DateWeekday6,
    Key::DateWeekday7,
];

/// The month of the chosen date, or of today.
pub fn view(chosen: Option<(i64, u32, u32)>, set: Callback<(i64, u32, u32)>) -> AnyView {
    let today = calendar::today(clock::now_ms(), clock::utc_offset_minutes());
    let start = chosen.unwrap_or(today);
    let month = RwSignal::new((start.0, start.1));
    let turn =
        move |by| month.update(|(year, of)| (*year, *of) = calendar::plus_months(*year, *of, by));
    let day = move |year: i64, of: u32, day: u32| {
        let date = (year, of, day);
        view! {
            <button
                type="button"
                aria-label=format!("{day} {} {year}", t(MONTHS[of as usize - 1]))
                aria-selected=(chosen == Some(date)).then_some("true")
                aria-current=(today == date).then_some("date")
                on:click=press(move || set.run(date))
            >
                {day}
            </button>
        }
    };
    let weeks = move || {
        let (year, of) = month.get();
        let week = |week: [Option<u32>; 7]| {
            let days = week.map(|found| {
                view! { <td>{found.map(|number| day(year, of, number))}</td> }
            });
            view! { <tr>{days.into_iter().collect_view()}</tr> }
        };
        calendar::weeks(year, of).into_iter().map(week).collect_view()
    };
    view! {
        <div class="calendar card">
            <div class="calendar__head">
                <IconButton
                    icon="arrow-back"
                    label=tx(Key::DatePreviousMonth)
                    on_press=move |()| turn(-1)
                />
                <span class="strong" aria-live="polite">
                    {live(move || ({
                        let (year, of) = month.get();
                        format!("{} {year}", t(MONTHS[of as usize - 1]))
                    }).into_any())}
                </span>
                <IconButton
                    icon="chevron"
                    label=tx(Key::DateNextMonth)
                    on_press=move |()| turn(1)
                />
            </div>
            <table class="calendar__grid">
                <thead>
                    <tr>
                        {WEEKDAYS
                            .map(|key| view! { <th scope="col">{t(key)}</th> })
                            .into_iter()
                            .collect_view()}
                    </tr>
                </thead>
                <tbody>{weeks}</tbody>
            </table>
        </div>
    }
    .into_any()
}
