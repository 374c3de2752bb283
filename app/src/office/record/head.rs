//! The head of a record: name, state, where it comes from, what belongs to it, what is shown of it.

use leptos::prelude::*;

use super::{Sheet, Show};
use crate::i18n::{Key, Plural, t, ta, tn};
use crate::office::inbox::{own_title, title};
use crate::office::model::records::{Detail, Item};
use crate::office::parts::{StateChip, TwoAnswersChip};
use crate::office::query::Place;
use crate::office::texts::{pick, when};
use crate::router::Route;
use crate::ui::{FilterChip, Icon};

pub fn head(sheet: Sheet) -> impl IntoView {
    view! {
        <header class="record__head">
            <button
                type="button"
                class="icon-button"
                aria-label=t(Key::RecordBackToList)
                title=t(Key::RecordBackToList)
                on:click=move |_| sheet.leave()
            >
                <Icon name="arrow-back" />
            </button>
            {move || sheet.detail.get().map(|detail| facts(sheet, &detail))}
            <span class="record__position meta">
                {move || {
                    sheet
                        .position()
                        .map(|(at, all)| {
                            let (n, total) = ((at + 1).to_string(), all.to_string());
                            ta(Key::RecordPosition, &[("n", &n), ("total", &total)])
                        })
                }}
            </span>
        </header>
        {move || sheet.detail.get().map(|detail| linked(sheet, &detail))}
        {show(sheet)}
    }
}

fn facts(sheet: Sheet, detail: &Detail) -> impl IntoView + use<> {
    let record = &detail.record;
    let facts = [
        pick(&record.form_title),
        pick(&record.village_label),
        record.author.name.clone(),
        when(record.received_at),
    ];
    let facts = facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(", ");
    let problems = Show::Problems.count(sheet, detail);
    view! {
        <div class="record__name">
            <h1 class="record__title">{title(record)}</h1>
            <p class="meta">{facts}</p>
        </div>
        <StateChip state=record.state.clone() />
        <TwoAnswersChip count=record.two_answers />
        {(problems > 0)
            .then(|| {
                view! {
                    <span class="tag">{t(Key::RecordProblems)} ": " {problems}</span>
                }
            })}
    }
}

/// The family of a child's record, the children of a family's; what the office wrote.
fn linked(sheet: Sheet, detail: &Detail) -> impl IntoView + use<> {
    let household = detail.household.as_ref().map(|item| link(sheet, item));
    let (children, visits): (Vec<&Item>, Vec<&Item>) =
        detail.children.iter().partition(|item| item.kind == "child");
    let listed = |items: Vec<&Item>, of: Key| {
        (!items.is_empty()).then(|| {
            let links = items.into_iter().map(|item| link(sheet, item)).collect_view();
            view! {
                <span class="meta">{t(of)} ":"</span>
                {links}
            }
        })
    };
    let children = listed(children, Key::RecordChildren);
    let visits = listed(visits, Key::RecordVisits);
    let any = household.is_some() || children.is_some() || visits.is_some();
    let said = (!detail.review.reason.is_empty()).then(|| {
        let by = [("person", &*detail.review.by), ("when", &*when(detail.review.at))];
        view! {
            <p class="record__said">
                <span class="meta">{ta(Key::TwoAnswersBy, &by)} ": "</span>
                {detail.review.reason.clone()}
            </p>
        }
    });
    let replied = Some(&detail.review.reply).filter(|words| !words.is_empty());
    let replied = replied.map(|words| ta(Key::RecordReply, &[("words", words)]));
    view! {
        {any
            .then(|| {
                view! {
                    <div class="record__linked" role="group" aria-label=t(Key::RecordLinked)>
                        {household.map(|link| view! {
                            <span class="meta">{t(Key::InboxFamily)} ":"</span>
                            {link}
                        })} {children} {visits}
                    </div>
                }
            })}
        {said}
        {replied.map(|words| view! { <p class="record__said">{words}</p> })}
        {move || {
            (sheet.id.with_value(|id| sheet.desk.notes.were_found(id)))
                .then(|| {
                    view! {
                        <p class="record__said" role="status">
                            {t(Key::ReviewKept)}
                        </p>
                    }
                })
        }}
        {detail
            .missing_parts
            .then(|| {
                view! {
                    <p class="banner banner--info" role="status">
                        {t(Key::RecordMissingParts)}
                    </p>
                }
            })}
    }
}

fn link(sheet: Sheet, item: &Item) -> impl IntoView + use<> {
    let place = Place::Record(item.id.clone(), sheet.query());
    view! {
        <span class="record__link">
            <a
                href=Route::Office(place.rest()).path()
                on:click=move |event| {
                    if !event.ctrl_key() && !event.shift_key() {
                        event.prevent_default();
                        sheet.desk.go(&place);
                    }
                }
            >
                {own_title(item)}
            </a>
            <StateChip state=item.state.clone() />
        </span>
    }
}

/// What of the answers is shown.
fn show(sheet: Sheet) -> impl IntoView {
    let counts = Memo::new(move |_| {
        sheet.detail.with(|detail| {
            let Some(detail) = detail else { return Vec::new() };
            Show::ALL.iter().map(|show| (*show, show.count(sheet, detail))).collect::<Vec<_>>()
        })
    });
    let protection = Memo::new(move |_| {
        sheet.desk.may("records.protection")
            && sheet.detail.with(|detail| detail.as_ref().is_some_and(super::protection::is_there))
    });
    view! {
        <div class="record__show" role="group" aria-label=t(Key::InboxFilters)>
            {move || {
                counts
                    .get()
                    .into_iter()
                    .filter(|(show, count)| *count > 0 || *show == Show::All)
                    .map(|(show, count)| {
                        view! {
                            <FilterChip
                                label=Signal::derive(move || t(show.word()))
                                on=Signal::derive(move || {
                                    sheet.show.get() == show && !sheet.protected.get()
                                })
                                on_press=move |()| {
                                    sheet.protected.set(false);
                                    sheet.show.set(show);
                                }
                                count=count
                            />
                        }
                    })
                    .collect_view()
            }}
            {move || {
                protection
                    .get()
                    .then(|| {
                        view! {
                            <FilterChip
                                label=Signal::derive(|| t(Key::RecordProtection))
                                on=sheet.protected
                                on_press=move |()| sheet.protected.set(true)
                            />
                        }
                    })
            }}
            {move || {
                let id = sheet.id.get_value();
                let flagged = sheet
                    .desk
                    .notes
                    .flags
                    .with(|flags| flags.keys().filter(|(record, _)| *record == id).count());
                (flagged > 0)
                    .then(|| {
                        view! {
                            <span class="status status--returned">
                                <Icon name="flag" small=true />
                                {tn(Plural::ReviewFlags, flagged as u64, &[])}
                            </span>
                        }
                    })
            }}
        </div>
    }
}
