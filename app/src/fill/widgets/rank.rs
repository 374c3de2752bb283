//! An order of importance: tapped in order, then moved up and down.

use super::Control;
use super::choices::{self, Choosable, Options};
use crate::fill::question;
use crate::i18n::{Key, t, ta, tx};
use crate::platform::{page, timer};
use crate::ui::{Icon, IconButton, each, live, memo, press};
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
        memo(move || {
            let value = control.value();
            let ordinary = |code: &&str| matches!(options::role(code, &[]), Role::Answer);
            chosen(&value).into_iter().filter(ordinary).map(str::to_owned).collect::<Vec<_>>()
        })
    };
    let (above, below) = (control.clone(), control.clone());
    let said = RwSignal::new(String::new());
    let desk = control.desk;
    view! {
        <ol
            class="roster"
            class:choices--error=move || invalid.get().is_some()
            lang=move || desk.language()
        >
            {each(
                move || ranked.get(),
                String::clone,
                move |code| ranked_row(&above, options, ranked, code, said),
            )}
        </ol>
        <p class="visually-hidden" role="status">
            {live(move || (said.get()).into_any())}
        </p>
        {rest(below, options, ranked)}
        {choices::specials(&control, options)}
    }
    .into_any()
}

/// A row of the order. It stays the same element wherever it is moved to; what holds the focus in it
/// keeps it, and where it stands now is said.
fn ranked_row(
    control: &Control,
    options: Memo<Options>,
    ranked: Memo<Vec<String>>,
    code: String,
    said: RwSignal<String>,
) -> AnyView {
    let label = options.with_untracked(|options| options.labels(&code).join(" "));
    let row = format!("{}-{}", question::id(&control.at), code_id(&code));
    let of = code.clone();
    let at = memo(move || {
        ranked.with(|ranked| ranked.iter().position(|code| *code == of).unwrap_or_default())
    });
    let go = {
        let (control, label, row) = (control.clone(), label.clone(), row.clone());
        Callback::new(move |by: isize| {
            control.set(&options::rank_move(&control.value_now(), at.get_untracked(), by));
            let (n, count) = (at.get_untracked() + 1, ranked.with_untracked(Vec::len));
            let values =
                [("label", label.as_str()), ("n", &n.to_string()), ("count", &count.to_string())];
            said.set(ta(Key::QuestionRankMoved, &values));
            // An element that is moved loses the focus.
            let way = if by < 0 { "up" } else { "down" };
            let other = if by < 0 { "down" } else { "up" };
            let row = row.clone();
            timer::after(0, move || {
                page::focus(&format!("#{row} .fill__{other} button"));
                page::focus(&format!("#{row} .fill__{way}:not([hidden]) button"));
            });
        })
    };
    let gone = control.clone();
    let last = move || ranked.with(|ranked| at.get() + 1 == ranked.len());
    view! {
        <li class="roster__item" id=row>
            <span class="roster__number">{live(move || (at.get() + 1).into_any())}</span>
            <span class="roster__main roster__name">{label}</span>
            <span class="fill__up" hidden=move || at.get() == 0>
                <IconButton
                    icon="chevron-down"
                    label=tx(Key::ActionMoveUp)
                    on_press=move |()| go.run(-1)
                />
            </span>
            <span class="fill__down" hidden=last>
                <IconButton
                    icon="chevron-down"
                    label=tx(Key::ActionMoveDown)
                    on_press=move |()| go.run(1)
                />
            </span>
            <IconButton
                icon="close"
                label=tx(Key::ActionRemove)
                on_press=move |()| gone.set(&options::rank_tap(&gone.value_now(), &code))
            />
        </li>
    }
    .into_any()
}

/// A code as part of an id: codes may hold anything but blanks.
fn code_id(code: &str) -> String {
    code.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Ranks an option last.
fn add(control: &Control, code: &str) {
    let now = control.value_now();
    let kept: Vec<&str> =
        chosen(&now).into_iter().filter(|code| options::role(code, &[]) == Role::Answer).collect();
    control.set(&options::rank_tap(&kept.join(" "), code));
}

fn rest(control: Control, options: Memo<Options>, ranked: Memo<Vec<String>>) -> AnyView {
    let query = RwSignal::new(String::new());
    let left = memo(move || {
        let left: Vec<Choosable> = options.with(|options| {
            let ranked = ranked.get();
            let of = |option: &&Choosable| {
                matches!(option.role, Role::Answer | Role::None) && !ranked.contains(&option.code)
            };
            options.with_all().iter().filter(of).cloned().collect()
        });
        let label = |at: usize| left[at].label.as_str();
        let found = Search::new(left.len()).find(&query.get(), left.len(), label);
        found.best.into_iter().filter_map(|at| left.get(at as usize).cloned()).collect::<Vec<_>>()
    });
    let many = options.with_untracked(|options| options.len()) >= SEARCH;
    let desk = control.desk;
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
        <div class="choices" lang=move || desk.language()>
            {each(move || left.get(), Choosable::key, move |option| {
                let code = option.code.clone();
                let add = move || {
                    query.set(String::new());
                    tap.with_value(|control| add(control, &code));
                };
                view! {
                    <button type="button" class="choice" on:click=press(add)>
                        <Icon name="plus" small=true />
                        <span class="choice__text">{option.label}</span>
                    </button>
                }
                .into_any()
            })}
        </div>
    }
    .into_any()
}
