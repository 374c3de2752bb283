//! The sheet with search for long lists. It holds at most a screenful or two of rows, however long the
//! list is.

mod list;

use super::choices::{Choosable, Options};
use super::{Control, multiple};
use crate::i18n::{Key, Plural, t, tn};
use crate::ui::{Icon, Sheet, press};
use device::fill::options::Role;
use leptos::prelude::*;
use list::List;

/// One of many.
pub fn one(control: &Control, options: Memo<Options>) -> AnyView {
    let open = RwSignal::new(false);
    let chosen = control.clone();
    let picked = move |option: &Choosable| {
        chosen.set(&option.code);
        open.set(false);
    };
    let picked = Callback::new(move |option: Choosable| picked(&option));
    view! {
        {trigger(control, options, open)}
        {sheet(control, options, open, &[Role::Answer], picked, false)}
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
    let listed = control.clone();
    let chosen_rows = move || {
        let value = listed.value();
        let shown = options.with(|options| {
            let found = value.split_whitespace().filter_map(|code| options.find(code));
            found.filter(|option| !option.is_special()).collect::<Vec<_>>()
        });
        shown.into_iter().map(|option| multiple::row(&listed, options, option)).collect_view()
    };
    view! {
        <div class="choices">
            {chosen_rows}
            {trigger(control, options, open)}
        </div>
        {sheet(control, options, open, &[Role::Answer, Role::None], picked, true)}
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
            let plain = |code: &&str| options.find(code).is_none_or(|option| !option.is_special());
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
            aria-describedby=control.described_by()
            aria-invalid=move || invalid.get()
            on:click=press(move || open.set(true))
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
    several: bool,
) -> AnyView {
    let (desk, at) = (control.desk, control.at.clone());
    let title = Signal::derive(move || crate::fill::say::label(desk, &at));
    let control = control.clone();
    view! {
        <Sheet open=open title=title full=true>
            {List::of(&control, &options.get_untracked(), roles, picked, several).view(open)}
        </Sheet>
    }
    .into_any()
}
