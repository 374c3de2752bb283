//! The sheet with search for long lists. It holds at most a screenful or two of rows, however long the
//! list is.

use super::choices::{Choosable, Options};
use super::{Control, multiple};
use crate::i18n::{Key, Plural, t, ta, tn};
use crate::ui::{Button, Icon, Sheet};
use device::fill::options::Role;
use device::fill::search;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

/// How many rows are drawn at most.
const ROWS: usize = 60;

/// One of many.
pub fn one(control: &Control, options: Memo<Options>) -> AnyView {
    let open = RwSignal::new(false);
    let chosen = control.clone();
    let picked = move |option: &Choosable| {
        chosen.set(&option.code);
        open.set(false);
    };
    let picked = Callback::new(move |option: Choosable| picked(&option));
    let reading = control.clone();
    let is_chosen = Callback::new(move |code: String| reading.value() == code);
    let roles: &[Role] = &[Role::Answer];
    view! {
        {trigger(control, options, open)}
        {sheet(control, options, open, roles, picked, is_chosen, false)}
    }
    .into_any()
}

/// Several of very many.
pub fn several(control: &Control, options: Memo<Options>) -> AnyView {
    let open = RwSignal::new(false);
    let changing = control.clone();
    let picked = Callback::new(move |option: Choosable| {
        multiple::toggle(&changing, options, &option.code);
    });
    let reading = control.clone();
    let is_chosen = Callback::new(move |code: String| {
        reading.value().split_whitespace().any(|chosen| chosen == code)
    });
    let roles: &[Role] = &[Role::Answer, Role::None];
    let listed = control.clone();
    let chosen_rows = move || {
        let value = listed.value();
        let shown = options.with(|options| {
            let is = |option: &&Choosable| {
                matches!(option.role, Role::Answer | Role::None)
                    && value.split_whitespace().any(|code| code == option.code)
            };
            options.0.iter().filter(is).cloned().collect::<Vec<_>>()
        });
        shown.into_iter().map(|option| multiple::row(&listed, options, option)).collect_view()
    };
    view! {
        <div class="choices">
            {chosen_rows}
            {trigger(control, options, open)}
        </div>
        {sheet(control, options, open, roles, picked, is_chosen, true)}
    }
    .into_any()
}

/// The button that opens the sheet and shows what is chosen.
fn trigger(control: &Control, options: Memo<Options>, open: RwSignal<bool>) -> AnyView {
    let invalid = control.invalid();
    let several = control.question == form::model::QuestionType::SelectMultiple;
    let reading = control.clone();
    let words = move || {
        let value = reading.value();
        let labels = options.with(|options| {
            let plain = |code: &&str| {
                let role = options.0.iter().find(|option| option.code == **code);
                role.is_none_or(|option| matches!(option.role, Role::Answer | Role::None))
            };
            let codes: Vec<&str> = value.split_whitespace().filter(plain).collect();
            options.labels(&codes.join(" "))
        });
        match (labels.len(), several) {
            (0, _) => {
                view! { <span class="select__empty">{t(Key::ActionChoose)}</span> }.into_any()
            }
            (count, true) => tn(Plural::QuestionSelectedCount, count as u64, &[]).into_any(),
            (_, false) => {
                view! { <span class="select__value">{labels.join(", ")}</span> }.into_any()
            }
        }
    };
    view! {
        <button
            type="button"
            class="select"
            id=control.input_id()
            aria-haspopup="dialog"
            aria-expanded=move || if open.get() { "true" } else { "false" }
            aria-describedby=control.error_id()
            aria-invalid=move || invalid.get()
            on:click=move |_| open.set(true)
        >
            {words}
            <Icon name="chevron-down" />
        </button>
    }
    .into_any()
}

fn sheet(
    control: &Control,
    options: Memo<Options>,
    open: RwSignal<bool>,
    roles: &'static [Role],
    picked: Callback<Choosable>,
    is_chosen: Callback<String, bool>,
    several: bool,
) -> AnyView {
    let (desk, at) = (control.desk, control.at.clone());
    let title = Signal::derive(move || crate::fill::say::label(desk, &at));
    let base = control.input_id();
    view! {
        <Sheet open=open title=title full=true>
            {
                let base = base.clone();
                let listed = options.with_untracked(|options| {
                    let of = |option: &&Choosable| roles.contains(&option.role);
                    options.0.iter().filter(of).cloned().collect::<Vec<_>>()
                });
                list(base, listed, open, picked, is_chosen, several)
            }
        </Sheet>
    }
    .into_any()
}

/// The list with its search box, a combobox over a listbox.
fn list(
    base: String,
    options: Vec<Choosable>,
    open: RwSignal<bool>,
    picked: Callback<Choosable>,
    is_chosen: Callback<String, bool>,
    several: bool,
) -> AnyView {
    let query = RwSignal::new(String::new());
    let active = RwSignal::new(0_usize);
    let folded: Vec<String> = options.iter().map(|option| search::fold(&option.label)).collect();
    let options = StoredValue::new(options);
    let found = Memo::new(move |_| query.with(|query| search::find(query, &folded)));
    let option_at = move |place: usize| {
        let at = found.with_untracked(|found| found.get(place).copied())?;
        options.with_value(|options| options.get(at).cloned())
    };
    let on_key = move |event: KeyboardEvent| {
        let last = found.with_untracked(Vec::len).min(ROWS).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => active.update(|at| *at = (*at + 1).min(last)),
            "ArrowUp" => active.update(|at| *at = at.saturating_sub(1)),
            "Enter" => {
                if let Some(option) = option_at(active.get_untracked()) {
                    picked.run(option);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let list_id = format!("{base}-options");
    let row_id = {
        let base = base.clone();
        move |place: usize| format!("{base}-option-{place}")
    };
    let active_id = {
        let row_id = row_id.clone();
        move || row_id(active.get())
    };
    let row = move |place: usize, at: usize| {
        let option = options.with_value(|options| options.get(at).cloned())?;
        let code = option.code.clone();
        let chosen = move || is_chosen.run(code.clone());
        let mark = chosen.clone();
        let label = option.label.clone();
        Some(view! {
            <button
                type="button"
                role="option"
                tabindex="-1"
                id=row_id(place)
                class="options__item"
                class:options__item--active=move || active.get() == place
                aria-selected=move || if chosen() { "true" } else { "false" }
                on:click=move |_| picked.run(option.clone())
            >
                <span>{label}</span>
                {move || mark().then(|| view! { <Icon name="tick" small=true /> })}
            </button>
        })
    };
    view! {
        <div class="picker">
            <div
                class="options"
                role="listbox"
                id=list_id.clone()
                aria-multiselectable=several.then_some("true")
            >
                {move || {
                    found
                        .get()
                        .into_iter()
                        .take(ROWS)
                        .enumerate()
                        .map(|(place, at)| row.clone()(place, at))
                        .collect_view()
                }}
            </div>
            {move || empty(found.with(Vec::len), &query.get())}
            <div class="picker__foot">
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
                        prop:value=move || query.get()
                        on:input=move |event| {
                            query.set(event_target_value(&event));
                            active.set(0);
                        }
                        on:keydown=on_key
                    />
                </div>
                {several
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

fn empty(count: usize, query: &str) -> AnyView {
    match count {
        0 => {
            let words = ta(Key::QuestionNoOptions, &[("query", query)]);
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
