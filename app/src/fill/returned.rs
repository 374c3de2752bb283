//! What the office wants corrected: the reviewer's words, each question a way to it, a tick when it
//! was answered again.

use super::desk::Desk;
use super::{check, say};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::page::row;
use crate::ui::{ActionBar, Button, Icon, Kind, StatusChip, TopBar, live, memo};
use device::Route;
use form::session::Address;
use leptos::prelude::*;
use shared::record::review::{Flag, Review, ReviewState};

/// The page of a returned record. What the office decides while it is open is shown as it arrives.
pub fn view(desk: Desk) -> AnyView {
    let app = desk.app;
    let review = memo(move || {
        app.lists().track();
        desk.read(|draft| Some(draft.review())).unwrap_or_default()
    });
    let opened_at = review.get_untracked().at_ms;
    Effect::new(move |before: Option<i64>| {
        let at = review.with(|review| review.at_ms);
        if before.is_some_and(|before| before != at) {
            desk.reread_fixed();
        }
        at
    });
    let row = app.device().row(desk.record);
    let title = row.map(|row| row::full_title(app, &row)).unwrap_or_default();
    view! {
        <div class="screen">
            <TopBar
                title=tx(Key::ReturnedTitle)
                up=Callback::new(move |()| app.go(desk.household()))
            />
            <main class="page" id="content">
                {(!title.is_empty()).then(|| view! { <h2 class="t-lg">{title}</h2> })}
                <div class="stack" aria-live="polite">
                    {live(move || {
                        let review = review.get();
                        let news = review.at_ms != opened_at;
                        match review.state {
                            ReviewState::Returned => wanted(desk, review, news),
                            _ => over(desk, &review),
                        }
                    })}
                </div>
            </main>
            {live(move || bar(desk, &review.get()))}
        </div>
    }
    .into_any()
}

/// What the office wants: its words, and each question that it remarked on.
fn wanted(desk: Desk, review: Review, news: bool) -> AnyView {
    let by = [("person", review.by.as_str()), ("when", &say::when(review.at_ms))];
    let by = ta(Key::ReturnedBy, &by);
    let count = review.flags.len() as u64;
    let summary = match count {
        0 => t(Key::ReturnedGeneral),
        count => tn(Plural::ReturnedText, count, &[]),
    };
    let lines = review.flags.iter().enumerate().map(|(at, flag)| line(desk, at + 1, flag));
    view! {
        {news
            .then(|| {
                view! {
                    <p class="note">
                        <Icon name="info" small=true />
                        {t(Key::ReturnedListChanged)}
                    </p>
                }
            })}
        <p>{summary}</p>
        <div class="asker">
            <p class="meta">{by}</p>
            {(!review.reason.is_empty()).then(|| view! { <p>{review.reason.clone()}</p> })}
        </div>
        <ol class="roster">{lines.collect_view()}</ol>
        {(count > 0).then(|| view! { <p class="hint">{t(Key::ReturnedNothingElse)}</p> })}
    }
    .into_any()
}

/// The office has decided otherwise since, or the record was finished again.
fn over(desk: Desk, review: &Review) -> AnyView {
    let chip = desk.app.device().row(desk.record).map(|row| row.chip());
    let by = [
        ("person", review.by.as_str()),
        ("when", &say::when(review.at_ms)),
        ("reason", &review.reason),
    ];
    let decided = match review.state {
        ReviewState::Approved => Some(ta(Key::StatusApprovedDetail, &by)),
        ReviewState::Rejected => Some(ta(Key::StatusRejectedDetail, &by)),
        _ => None,
    };
    view! {
        <p class="strong">{t(Key::ReturnedOver)}</p>
        {chip.map(|chip| view! { <p><StatusChip chip=chip /></p> })}
        {decided.map(|text| view! { <p>{text}</p> })}
    }
    .into_any()
}

fn line(desk: Desk, number: usize, flag: &Flag) -> AnyView {
    let at = desk.read(|draft| draft.address(&flag.path));
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
        <li class="roster__item roster__item--returned">
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

/// Starts with the first remark; the last one put right offers to finish again.
fn bar(desk: Desk, review: &Review) -> AnyView {
    if review.state != ReviewState::Returned {
        let home = move |()| desk.app.go(desk.household());
        return view! {
            <ActionBar>
                <Button label=tx(Key::ActionBack) on_press=home />
            </ActionBar>
        }
        .into_any();
    }
    let places = |flag: &Flag| desk.read(|draft| draft.address(&flag.path));
    let all: Vec<Address> = review.flags.iter().filter_map(places).collect();
    let done = !all.is_empty() && all.iter().all(|at| desk.is_fixed(at));
    let first = all.into_iter().next();
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
