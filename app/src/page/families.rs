//! All households: search, filters, by village.

use super::{row, visit};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::platform::page as window;
use crate::router::Route;
use crate::shell::{App, use_app};
use crate::ui::live;
use crate::ui::{Button, EmptyState, FilterChip, Icon, Kind, Screen, each, effect, memo};
use device::families::{Entry, Family, Filter, entries, families};
use leptos::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many entries are drawn at once; more follow as the page is scrolled.
const STEP: usize = 40;

/// What the page remembers while other pages are open.
#[derive(Clone, Default)]
struct View {
    query: String,
    filter: Option<Filter>,
    folded: BTreeSet<String>,
    drawn: usize,
}

thread_local! {
    static VIEW: RefCell<View> = RefCell::default();
}

/// The page.
pub fn page() -> AnyView {
    let app = use_app();
    let kept = VIEW.with_borrow(Clone::clone);
    let query = RwSignal::new(kept.query);
    let filter = RwSignal::new(kept.filter);
    let folded = RwSignal::new(kept.folded);
    let steps = RwSignal::new(kept.drawn.max(1));
    let all = memo(move || {
        app.lists().track();
        Arc::new(families(app.device().list(), |code| app.place(code)))
    });
    let listed = memo(move || {
        let all = all.get();
        let found = query.with(|query| entries(&all, query, filter.get()));
        Arc::new(found)
    });
    // What a search found, of which the filters choose.
    let searched = memo(move || {
        let all = all.get();
        let search =
            |query: &String| (!query.trim().is_empty()).then(|| entries(&all, query, None));
        Arc::new(query.with(search))
    });
    effect(move || {
        let view = View {
            query: query.get(),
            filter: filter.get(),
            folded: folded.get(),
            drawn: steps.get(),
        };
        VIEW.set(view);
    });
    let scrolled = window_event_listener(leptos::ev::scroll, move |_| {
        if window::is_near_end() {
            let more = listed.with_untracked(|listed| listed.len().div_ceil(STEP));
            steps.update(|steps| *steps = (*steps + 1).min(more.max(1)));
        }
    });
    on_cleanup(move || scrolled.remove());
    view! {
        <Screen title=tx(Key::FamiliesTitle) nav=Route::Families action=visit::button(true)>
            <div class="search" role="search">
                <Icon name="search" />
                <input
                    type="search"
                    aria-label=t(Key::FamiliesSearch)
                    placeholder=t(Key::FamiliesSearch)
                    autocomplete="off"
                    spellcheck="false"
                    enterkeyhint="search"
                    prop:value=move || query.get()
                    on:input=move |event| {
                        steps.set(1);
                        query.set(event_target_value(&event));
                    }
                />
            </div>
            {live(move || filters(&all.get(), searched.get().as_deref(), filter, steps))}
            <p class="visually-hidden" role="status">
                {live(move || {
                    let count = listed.with(|listed| all.with(|all| count(all, listed)));
                    tn(Plural::FamiliesCount, count as u64, &[]).into_any()
                })}
            </p>
            {live(move || IntoAny::into_any({
                let found = listed.get();
                if found.is_empty() {
                    empty(app, all.with(|all| all.is_empty()), query, filter)
                } else {
                    list(app, all.get(), found, steps, folded)
                }
            }))}
        </Screen>
    }
    .into_any()
}

/// How many families are listed, or were found.
fn count(all: &[Family], listed: &[Entry]) -> usize {
    let families = listed.iter().filter_map(|entry| family_of(all, entry));
    families.filter(|family| family.is_family()).count()
}

/// The record that a line of the list shows.
fn family_of<'a>(all: &'a [Family], entry: &Entry) -> Option<&'a Family> {
    match entry {
        Entry::Family(at) | Entry::Found(at) => all.get(*at),
        Entry::Village { .. } | Entry::Others { .. } => None,
    }
}

/// Opens the list with a filter on.
pub fn open(app: App, filter: Filter) {
    VIEW.set(View { filter: Some(filter), ..View::default() });
    app.go(Route::Families);
}

fn filters(
    all: &[Family],
    searched: Option<&[Entry]>,
    filter: RwSignal<Option<Filter>>,
    steps: RwSignal<usize>,
) -> AnyView {
    let chip = |of: Option<Filter>, key: Key| {
        let takes = |family: &&Family| of.is_none_or(|of| of.takes(family));
        let count = match searched {
            None => all.iter().filter(takes).count(),
            Some(found) => {
                found.iter().filter_map(|entry| family_of(all, entry)).filter(takes).count()
            }
        };
        // A filter that finds nothing is not offered, unless it is on.
        let offered = of.is_none() || count > 0 || filter.get_untracked() == of;
        offered.then(|| {
            view! {
                <FilterChip
                    label=tx(key)
                    count=count
                    on=Signal::derive(move || filter.get() == of)
                    on_press=move |()| {
                        steps.set(1);
                        filter.set(of);
                    }
                />
            }
        })
    };
    view! {
        <div class="chips">
            {chip(None, Key::FamiliesAll)} {chip(Some(Filter::Unfinished), Key::FamiliesUnfinished)}
            {chip(Some(Filter::ToFix), Key::FamiliesReturned)}
            {chip(Some(Filter::TwoAnswers), Key::StatusConflict)}
            {chip(Some(Filter::Waiting), Key::FamiliesWaiting)}
            {chip(Some(Filter::News), Key::FamiliesChanged)}
        </div>
    }
    .into_any()
}

fn list(
    app: App,
    all: Arc<Vec<Family>>,
    found: Arc<Vec<Entry>>,
    steps: RwSignal<usize>,
    folded: RwSignal<BTreeSet<String>>,
) -> AnyView {
    let part = move |step: usize| {
        let last = (step * STEP + STEP).min(found.len());
        let part = found.get(step * STEP..last).unwrap_or_default();
        part.iter().map(|entry| draw(app, &all, entry, folded)).collect::<Vec<_>>().into_any()
    };
    view! {
        <div class="list">
            {each(move || (0..steps.get()).collect(), usize::to_string, part)}
        </div>
    }
    .into_any()
}

fn draw(app: App, all: &[Family], entry: &Entry, folded: RwSignal<BTreeSet<String>>) -> AnyView {
    match entry {
        Entry::Village { name, count } => {
            let text = if name.is_empty() {
                tn(Plural::FamiliesCount, *count as u64, &[])
            } else {
                ta(Key::FamiliesVillageGroup, &[("village", name), ("count", &count.to_string())])
            };
            let key = name.clone();
            let toggle = move |_| {
                folded.update(|folded| {
                    if !folded.remove(&key) {
                        folded.insert(key.clone());
                    }
                });
            };
            let key = name.clone();
            let is_open =
                move || if folded.with(|folded| folded.contains(&key)) { "false" } else { "true" };
            view! {
                <h2>
                    <button type="button" class="list__head" aria-expanded=is_open on:click=toggle>
                        {text}
                        <Icon name="chevron-down" small=true />
                    </button>
                </h2>
            }
            .into_any()
        }
        Entry::Others { count } => {
            let text = ta(Key::FamiliesOthers, &[("count", &count.to_string())]);
            view! { <h2 class="list__head">{text}</h2> }.into_any()
        }
        Entry::Family(at) => {
            let Some(family) = all.get(*at) else { return ().into_any() };
            let key = Some(family.place.clone()).filter(|_| family.is_family());
            let hidden =
                move || key.as_ref().is_some_and(|key| folded.with(|folded| folded.contains(key)));
            view! { <div hidden=hidden>{row::view(app, family, "")}</div> }.into_any()
        }
        Entry::Found(at) => {
            let Some(family) = all.get(*at) else { return ().into_any() };
            row::view(app, family, &family.place)
        }
    }
}

fn empty(
    app: App,
    no_families: bool,
    query: RwSignal<String>,
    filter: RwSignal<Option<Filter>>,
) -> AnyView {
    if no_families {
        return view! { <EmptyState icon="people" title=tx(Key::FamiliesEmpty) /> }.into_any();
    }
    let asked = query.get_untracked();
    if asked.trim().is_empty() {
        return view! {
            <EmptyState icon="filter" title=tx(Key::FamiliesFilterEmpty)>
                <Button
                    kind=Kind::Secondary
                    label=tx(Key::FamiliesClearFilters)
                    on_press=move |()| filter.set(None)
                />
            </EmptyState>
        }
        .into_any();
    }
    // Typed on while nothing fits, the page is not drawn anew.
    let text = move || query.with(|query| ta(Key::FamiliesNoMatch, &[("query", query.trim())]));
    view! {
        <EmptyState icon="search" title=Signal::derive(text)>
            <Button
                kind=Kind::Secondary
                label=tx(Key::TodayNewFamily)
                on_press=move |()| visit::begin_household(app)
            />
        </EmptyState>
    }
    .into_any()
}
