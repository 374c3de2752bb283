//! Several of many: rows, or a sheet with search when there are very many. "None", "don't know" and
//! "refused" go with no other answer.

use super::choices::{self, Choosable, Options};
use super::{Control, picker, rare, strip};
use crate::i18n::{Key, t};
use crate::ui::{ChoiceRow, Mark, each, live, memo};
use device::fill::options::{self, Role, chosen};
use device::fill::rare::is_rare;
use leptos::prelude::*;

/// A select_multiple.
pub fn view(control: Control) -> AnyView {
    let options = Options::of(&control, true);
    let body = {
        let control = control.clone();
        let side = strip::parts(&control);
        let shape = memo(move || {
            let count = options.with(|options| options.count(Role::Answer));
            (count, side.filter(|_| options.with(strip::fits)))
        });
        move || match shape.get() {
            (0, _) => choices::nothing(&control),
            (_, Some(parts)) => strip::view(&control, options, parts),
            (_, None) if control.node.appears("label") => ().into_any(),
            (count, _) if choices::in_sheet(&control, count, true) => {
                picker::several(&control, options)
            }
            _ => rows(&control, options),
        }
    };
    let above = is_rare(&control.node).then(|| rare::view(control.clone()));
    view! {
        {above}
        {body}
        {choices::specials(&control, options)}
    }
    .into_any()
}

fn rows(control: &Control, options: Memo<Options>) -> AnyView {
    let invalid = control.invalid();
    let columns = strip::columns(control);
    let none = move || options.with(|options| options.with(Role::None));
    let (answers, apart) = (control.clone(), control.clone());
    let (bare, desk) = (choices::bare(control), control.desk);
    view! {
        <div
            class=columns
            lang=move || desk.language()
            class:choices--error=move || invalid.get().is_some()
            class:choices--bare=bare
        >
            <p class="hint" lang=move || desk.app.language().get().code()>
                {t(Key::QuestionChooseAll)}
            </p>
            {each(
                move || options.with(|options| options.with(Role::Answer)),
                Choosable::key,
                move |option| row(&answers, options, option),
            )}
            {live(move || ({
                (!none().is_empty()).then(|| view! { <p class="choices__or" lang=desk.app.language().get_untracked().code()>{t(Key::QuestionOr)}</p> })
            }).into_any())}
            {each(none, Choosable::key, move |option| row(&apart, options, option))}
        </div>
    }
    .into_any()
}

/// A row that ticks and unticks an option.
pub fn row(control: &Control, options: Memo<Options>, option: Choosable) -> AnyView {
    let name = control.input_id();
    let (reading, control) = (control.clone(), control.clone());
    let code = StoredValue::new(option.code.clone());
    let picture = option.picture(&control);
    view! {
        <ChoiceRow
            picture=picture
            mark=Mark::Checkbox
            name=name
            label=option.label
            exclusive=option.role == Role::None
            checked=Signal::derive(move || {
                code.with_value(|code| chosen(&reading.value()).contains(&code.as_str()))
            })
            on_change=move |_| toggle(&control, options, &option.code)
        />
    }
    .into_any()
}

/// Ticks or unticks an option.
pub fn toggle(control: &Control, options: Memo<Options>, code: &str) {
    let alone = options::set_apart(&control.node.constraint);
    let order = options.with_untracked(Options::codes);
    control.set(&options::toggle(&control.value_now(), code, &alone, &order));
}
