//! What narrows the list: tabs by state, village, form, two answers. All of it is in the address.

use leptos::prelude::*;

use super::List;
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::office::model::Text;
use crate::office::query::{Place, Query, View};
use crate::office::texts::pick;
use crate::router::Route;
use crate::ui::{FilterChip, Icon};

/// The states as tabs with counts.
pub fn tabs(list: List) -> impl IntoView {
    view! {
        <nav class="views" aria-label=t(Key::InboxState)>
            {View::TABS.map(|view| tab(list, view)).collect_view()}
        </nav>
    }
}

fn tab(list: List, view: View) -> impl IntoView {
    let target = move || Place::List(Query { view, page: 0, ..list.query.get() });
    let count = move || list.counts.with(|counts| view.count(counts));
    view! {
        <a
            href=move || Route::Office(target().rest()).path()
            aria-current=move || (list.query.get().view == view).then_some("page")
            on:click=move |event| {
                if !event.ctrl_key() && !event.shift_key() {
                    event.prevent_default();
                    list.desk.go(&target());
                }
            }
        >
            {t(word(view))}
            " "
            <span class="num">{count}</span>
        </a>
    }
}

fn word(view: View) -> Key {
    match view {
        View::ToReview => Key::InboxToReview,
        View::Changed => Key::InboxChanged,
        View::Returned => Key::InboxReturned,
        View::Approved => Key::StatusApproved,
        View::Rejected => Key::StatusRejected,
        View::Unfinished => Key::StatusDraft,
        View::All => Key::InboxAll,
    }
}

/// Village, form and two answers; what is chosen stands beside as a chip that takes it away.
pub fn bar(list: List) -> impl IntoView {
    let villages = move || {
        list.counts.with(|counts| {
            // Records without a village are found under "all".
            let all = counts.villages.iter().filter(|of| !of.village.is_empty());
            all.map(|of| (of.village.clone(), of.label.clone(), of.count)).collect::<Vec<_>>()
        })
    };
    let forms = move || {
        list.counts.with(|counts| {
            let all = counts.forms.iter();
            all.map(|of| (of.form_id.clone(), of.title.clone(), of.count)).collect::<Vec<_>>()
        })
    };
    view! {
        <div class="filter-bar" role="group" aria-label=t(Key::InboxFilters)>
            {choice(list, Key::InboxVillage, villages, |query| &mut query.village)}
            {choice(list, Key::InboxForm, forms, |query| &mut query.form)}
            <FilterChip
                label=tx(Key::InboxWithTwoAnswers)
                on=Signal::derive(move || list.query.get().two_answers)
                on_press=move |()| {
                    change(list, |query| query.two_answers = !query.two_answers);
                }
            />
            {searched(list)} {clear(list)}
            <span class="filter-bar__result" role="status">
                {move || {
                    list.rows
                        .with(Option::is_some)
                        .then(|| tn(Plural::InboxCount, list.total.get() as u64, &[]))
                }}
            </span>
        </div>
    }
}

fn change(list: List, with: impl FnOnce(&mut Query)) {
    let mut query = list.query.get_untracked();
    with(&mut query);
    query.page = 0;
    list.desk.go(&Place::List(query));
}

/// A list to choose from; blank is "all".
fn choice(
    list: List,
    word: Key,
    options: impl Fn() -> Vec<(String, Text, usize)> + Send + Sync + 'static,
    field: fn(&mut Query) -> &mut String,
) -> impl IntoView {
    let now = move || field(&mut list.query.get()).clone();
    view! {
        <label class="cluster">
            {t(word)}
            <select
                prop:value=now
                on:change=move |event| {
                    let value = event_target_value(&event);
                    change(list, |query| *field(query) = value);
                }
            >
                <option value="">{t(Key::InboxAll)}</option>
                {move || {
                    let chosen = now();
                    options()
                        .into_iter()
                        .map(|(value, label, count)| {
                            let selected = value == chosen;
                            let text = format!("{} ({count})", pick(&label));
                            view! {
                                <option value=value selected=selected>
                                    {text}
                                </option>
                            }
                        })
                        .collect_view()
                }}
            </select>
        </label>
    }
}

/// What was searched for, as a chip.
fn searched(list: List) -> impl IntoView {
    move || {
        let search = list.query.get().search;
        (!search.is_empty()).then(|| {
            let name = t(Key::ActionSearch);
            view! {
                <span class="filter">
                    {ta(Key::InboxFilterChip, &[("name", &name), ("value", &search)])}
                    <button
                        type="button"
                        aria-label=ta(Key::InboxFilterRemove, &[("name", &name)])
                        on:click=move |_| change(list, |query| query.search.clear())
                    >
                        <Icon name="close" small=true />
                    </button>
                </span>
            }
        })
    }
}

fn clear(list: List) -> impl IntoView {
    move || {
        list.query.get().is_narrowed().then(|| {
            view! {
                <button
                    type="button"
                    class="link-button"
                    on:click=move |_| {
                        let view = list.query.get_untracked().view;
                        list.desk.go(&Place::List(Query { view, ..Query::default() }));
                    }
                >
                    {t(Key::InboxClearAll)}
                </button>
            }
        })
    }
}
