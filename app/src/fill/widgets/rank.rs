//! An order of importance: tapped in order, then moved up and down.

use super::Control;
use super::choices::{self, Choosable, Options};
use crate::i18n::{Key, t, tx};
use crate::ui::{Icon, IconButton};
use device::fill::options::{self, Role, chosen};
use device::fill::search::Search;
use leptos::prelude::*;

/// From how many options on the rest can be searched.
const SEARCH: usize = 12;

/// A rank question.
pub fn view(control: Control) -> AnyView {
    let options = Options::of(&control, true);
    let invalid = control.invalid();
    let ranked = {
        let control = control.clone();
        Memo::new(move |_| {
            let value = control.value();
            let ordinary = |code: &&str| matches!(options::role(code, &[]), Role::Answer);
            chosen(&value).into_iter().filter(ordinary).map(str::to_owned).collect::<Vec<_>>()
        })
    };
    let (above, below) = (control.clone(), control.clone());
    view! {
        <ol class="roster" class:choices--error=move || invalid.get().is_some()>
            <For
                each=move || ranked.get().into_iter().enumerate()
                key=|item| item.clone()
                children=move |(at, code)| ranked_row(&above, options, at, code)
            />
        </ol>
        {rest(below, options, ranked)}
        {choices::specials(&control, options)}
    }
    .into_any()
}

fn ranked_row(control: &Control, options: Memo<Options>, at: usize, code: String) -> AnyView {
    let label = options.with(|options| options.labels(&code).join(" "));
    let (up, down, gone) = (control.clone(), control.clone(), control.clone());
    view! {
        <li class="roster__item">
            <span class="roster__number">{at + 1}</span>
            <span class="roster__main roster__name">{label}</span>
            {(at > 0)
                .then(|| {
                    view! {
                        <span class="fill__up">
                            <IconButton
                                icon="chevron-down"
                                label=tx(Key::ActionMoveUp)
                                on_press=move |()| {
                                    up.set(&options::rank_move(&up.value_now(), at, -1));
                                }
                            />
                        </span>
                    }
                })}
            <IconButton
                icon="chevron-down"
                label=tx(Key::ActionMoveDown)
                on_press=move |()| down.set(&options::rank_move(&down.value_now(), at, 1))
            />
            <IconButton
                icon="close"
                label=tx(Key::ActionRemove)
                on_press=move |()| gone.set(&options::rank_tap(&gone.value_now(), &code))
            />
        </li>
    }
    .into_any()
}

fn rest(control: Control, options: Memo<Options>, ranked: Memo<Vec<String>>) -> AnyView {
    let query = RwSignal::new(String::new());
    let left = Memo::new(move |_| {
        let left: Vec<Choosable> = options.with(|options| {
            let ranked = ranked.get();
            let of = |option: &&Choosable| {
                matches!(option.role, Role::Answer | Role::None) && !ranked.contains(&option.code)
            };
            options.0.iter().filter(of).cloned().collect()
        });
        let label = |at: usize| left[at].label.as_str();
        let found = Search::new(left.len()).find(&query.get(), left.len(), label);
        found.best.into_iter().filter_map(|at| left.get(at as usize).cloned()).collect::<Vec<_>>()
    });
    let many = options.with_untracked(|options| options.0.len()) >= SEARCH;
    let tap = StoredValue::new(control);
    view! {
        <p class="hint">{t(Key::QuestionRankTap)}</p>
        {many
            .then(|| {
                view! {
                    <div class="search">
                        <Icon name="search" />
                        <input
                            type="search"
                            autocomplete="off"
                            aria-label=t(Key::QuestionSearchOptions)
                            prop:value=move || query.get()
                            on:input=move |event| query.set(event_target_value(&event))
                        />
                    </div>
                }
            })}
        <div class="choices">
            <For
                each=move || left.get()
                key=|option| option.clone()
                children=move |option| {
                    let code = option.code.clone();
                    view! {
                        <button
                            type="button"
                            class="choice"
                            on:click=move |_| {
                                query.set(String::new());
                                tap.with_value(|control| {
                                    let now = control.value_now();
                                    let kept: Vec<&str> = chosen(&now)
                                        .into_iter()
                                        .filter(|code| options::role(code, &[]) == Role::Answer)
                                        .collect();
                                    control.set(&options::rank_tap(&kept.join(" "), &code));
                                });
                            }
                        >
                            <Icon name="plus" small=true />
                            <span class="choice__text">{option.label}</span>
                        </button>
                    }
                }
            />
        </div>
    }
    .into_any()
}
