//! What the office wants corrected: the reviewer's words, each question a way to it, a tick when it
//! was answered again.

use super::desk::Desk;
use super::{check, say};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::ui::{ActionBar, Button, Icon, Kind, TopBar};
use device::Route;
use form::session::Address;
use leptos::prelude::*;
use shared::record::review::Flag;

/// The page of a returned record.
pub fn view(desk: Desk) -> AnyView {
    let review = desk.read(|draft| Some(draft.review())).unwrap_or_default();
    let title = desk.app.device().row(desk.record).map(|row| row.title).unwrap_or_default();
    let by = [("person", review.by.as_str()), ("when", &say::when(review.at_ms))];
    let by = ta(Key::ReturnedBy, &by);
    let count = review.flags.len() as u64;
    let summary = match count {
        0 => t(Key::ReturnedGeneral),
        count => tn(Plural::ReturnedText, count, &[]),
    };
    let places: Vec<(Option<Address>, Flag)> = review
        .flags
        .into_iter()
        .map(|flag| (desk.read(|draft| draft.address(&flag.path)), flag))
        .collect();
    let first = places.iter().find_map(|(at, _)| at.clone());
    let all: Vec<Address> = places.iter().filter_map(|(at, _)| at.clone()).collect();
    let done = Memo::new(move |_| all.iter().all(|at| desk.is_fixed(at)));
    view! {
        <div class="screen">
            <TopBar
                title=tx(Key::ReturnedTitle)
                up=Callback::new(move |()| {
                    let home = desk.household();
                    desk.app.go(home);
                })
            />
            <main class="page" id="content">
                {(!title.is_empty()).then(|| view! { <h2 class="t-lg">{title}</h2> })}
                <p>{summary}</p>
                <div class="asker">
                    <p class="meta">{by}</p>
                    {(!review.reason.is_empty()).then(|| view! { <p>{review.reason}</p> })}
                </div>
                <ol class="roster">
                    {places
                        .into_iter()
                        .enumerate()
                        .map(|(number, (at, flag))| line(desk, number + 1, at, &flag))
                        .collect_view()}
                </ol>
                {(count > 0).then(|| view! { <p class="hint">{t(Key::ReturnedNothingElse)}</p> })}
            </main>
            {move || bar(desk, done.get(), first.clone())}
        </div>
    }
    .into_any()
}

fn line(desk: Desk, number: usize, at: Option<Address>, flag: &Flag) -> AnyView {
    let label = match &at {
        Some(at) => say::label(desk, at),
        None => flag.path.to_string(),
    };
    let words = flag.text.clone();
    let fixed = {
        let at = at.clone();
        move || at.as_ref().is_some_and(|at| desk.is_fixed(at))
    };
    view! {
        <li class="roster__item">
            <span class="roster__number">{number}</span>
            <button
                type="button"
                class="roster__main"
                on:click=move |_| {
                    if let Some(at) = &at {
                        desk.app.go(desk.route(at));
                    }
                }
            >
                <span class="roster__name">{label}</span>
                <span class="meta">{words}</span>
            </button>
            {move || {
                if fixed() {
                    view! {
                        <span class="roster__ok">
                            <Icon name="tick" small=true />
                            {t(Key::ReturnedFixed)}
                        </span>
                    }
                        .into_any()
                } else {
                    view! { <span class="roster__missing">{t(Key::ReturnedFix)}</span> }.into_any()
                }
            }}
        </li>
    }
    .into_any()
}

fn bar(desk: Desk, done: bool, first: Option<Address>) -> AnyView {
    let start = move |()| match first.clone() {
        Some(first) => check::jump(desk, &first),
        None => desk.app.go(Route::Fill(desk.record, None)),
    };
    let finish = move |()| desk.app.go(Route::Check(desk.record));
    let (main, other) =
        if done { (Kind::Secondary, Kind::Primary) } else { (Kind::Primary, Kind::Secondary) };
    view! {
        <ActionBar stacked=true>
            <Button kind=main label=tx(Key::ReturnedStart) on_press=start />
            <Button kind=other label=tx(Key::ReturnedFinishAgain) on_press=finish />
        </ActionBar>
    }
    .into_any()
}
