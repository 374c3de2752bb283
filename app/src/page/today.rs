//! What there is to do today.

use super::families::open;
use super::{row, visit};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::platform::clock;
use crate::router::Route;
use crate::shell::{App, use_app};
use crate::ui::{Button, EmptyState, Icon, Screen, words};
use crate::ui::{live, press};
use device::families::{Family, Filter, families};
use device::{Chip, ListRow};
use leptos::prelude::*;

/// How many rows the page shows at most.
const ROWS: usize = 20;

/// The page.
pub fn page() -> AnyView {
    let app = use_app();
    let title = ta(Key::TodayTitle, &[("date", &words::day_month(clock::now_ms()))]);
    view! {
        <Screen title=title nav=Route::Today action=visit::button(false)>
            {live(move || IntoAny::into_any({
                app.lists().track();
                content(app)
            }))}
        </Screen>
    }
    .into_any()
}

fn content(app: App) -> AnyView {
    let rows = app.device().list();
    let all = families(rows.clone(), |code| app.place(code));
    let count = |chip: Chip| all.iter().filter(|family| family.chip == chip).count();
    let (returned, two) = (count(Chip::ToFix), count(Chip::TwoAnswers));
    let carry_on = rows.iter().find(|row| row.chip() == Chip::Unfinished && !row.resume.is_empty());
    let carried = carry_on.map(|row| row.record);
    let today: Vec<&Family> = all
        .iter()
        .filter(|family| Some(family.row.record) != carried)
        .filter(|Family { row, chip, .. }| {
            let own = row.form_version.is_some();
            *chip == Chip::Unfinished || own && words::is_today(row.updated_ms)
        })
        .take(ROWS)
        .collect();
    let nothing = carry_on.is_none() && today.is_empty() && returned + two == 0;
    view! {
        {carry_on.map(|row| card(app, row))}
        {(returned + two > 0).then(|| counters(app, returned, two))}
        {(!today.is_empty())
            .then(|| {
                view! {
                    <section class="list">
                        <h2 class="list__head">
                            {ta(Key::TodayVisits, &[("count", &today.len().to_string())])}
                        </h2>
                        {today
                            .iter()
                            .map(|family| row::view(app, family, &family.place))
                            .collect_view()}
                    </section>
                }
            })}
        {nothing.then(|| empty(app, rows.len()))}
        {end_of_day(app, &rows)}
    }
    .into_any()
}

fn card(app: App, row: &ListRow) -> AnyView {
    let (title, about) = (row::full_title(app, row), row::about(app, row));
    let about = if about == title { String::new() } else { about };
    let (done, total) = row.progress;
    let progress =
        ta(Key::FinishFormDone, &[("done", &done.to_string()), ("total", &total.to_string())]);
    let progress = if total > 0 { progress } else { String::new() };
    let line = [about, progress, words::ago(row.updated_ms)];
    let line: Vec<String> = line.into_iter().filter(|part| !part.is_empty()).collect();
    let record = row.record;
    view! {
        <section class="card card--brand">
            <h2 class="t-lg">{title}</h2>
            <p class="meta">{line.join(" · ")}</p>
            <Button
                wide=true
                label=tx(Key::TodayCarryOn)
                on_press=move |()| app.go(Route::Fill(record, None))
            />
        </section>
    }
    .into_any()
}

fn counters(app: App, returned: usize, two: usize) -> AnyView {
    let counter = |filter: Filter, count: usize, class, icon, key| {
        let text = ta(key, &[("count", &count.to_string())]);
        (count > 0).then(|| {
            view! {
                <button type="button" class=class on:click=press(move || open(app, filter))>
                    <Icon name=icon />
                    {text}
                </button>
            }
        })
    };
    view! {
        <div class="counters">
            {counter(
                Filter::ToFix,
                returned,
                "counter counter--returned",
                "u-turn",
                Key::TodayReturned,
            )}
            {counter(
                Filter::TwoAnswers,
                two,
                "counter counter--conflict",
                "two-bubbles",
                Key::TodayTwoAnswers,
            )}
        </div>
    }
    .into_any()
}

fn empty(app: App, records: usize) -> AnyView {
    let running = app.sync_state().with(|view| view.running && view.last_contact_ms == 0);
    let text =
        if running { tn(Plural::TodayFirstSync, records as u64, &[]) } else { t(Key::TodayEmpty) };
    view! { <EmptyState icon="house" title=text /> }.into_any()
}

/// What the day brought, and whether it has arrived.
fn end_of_day(app: App, rows: &[ListRow]) -> AnyView {
    let waiting = app.sync_state().with(|view| view.waiting);
    let done = |kind: &str| {
        rows.iter()
            .filter(|row| row.kind == kind && row.form_version.is_some() && row.finished)
            .filter(|row| words::is_today(row.updated_ms))
            .count()
    };
    let (families, children) = (done("household"), done("child"));
    if families + children == 0 {
        return ().into_any();
    }
    let text = if waiting > 0 {
        tn(Plural::TodayDayWaiting, waiting as u64, &[])
    } else {
        let (families, children) = (families.to_string(), children.to_string());
        ta(Key::TodayDayDone, &[("families", &families), ("children", &children)])
    };
    view! {
        <p class="note">
            <Icon name="info" small=true />
            {text}
        </p>
    }
    .into_any()
}
