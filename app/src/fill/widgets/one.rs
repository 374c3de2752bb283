//! One of several: rows, or a sheet with search when there are many.

use super::choices::{self, Choosable, Options};
use super::{Control, picker, quick, rare, strip};
use crate::ui::{ChoiceRow, Mark, each, memo};
use device::fill::options::Role;
use device::fill::rare::is_rare;
use leptos::prelude::*;

/// A select_one.
pub fn view(control: Control) -> AnyView {
    let options = Options::of(&control, false);
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
            // The head of a table whose rows carry their labels themselves.
            (_, None) if control.node.appears("label") => ().into_any(),
            (count, _) if choices::in_sheet(&control, count, false) => {
                picker::one(&control, options)
            }
            _ => rows(&control, options),
        }
    };
    let above = is_rare(&control.node).then(|| rare::view(control.clone()));
    view! {
        {above}
        {body}
        {choices::specials(&control, options)}
        {choices::remove(&control)}
    }
    .into_any()
}

fn rows(control: &Control, options: Memo<Options>) -> AnyView {
    let invalid = control.invalid();
    let columns = strip::columns(control);
    let bare = choices::bare(control);
    let desk = control.desk;
    let watch = quick::watch(control);
    let control = control.clone();
    view! {
        <div
            class=columns
            lang=move || desk.language()
            class:choices--error=move || invalid.get().is_some()
            class:choices--bare=bare
            on:click=watch
        >
            {each(
                move || options.with(|options| options.with(Role::Answer)),
                Choosable::key,
                move |option| row(&control, option),
            )}
        </div>
    }
    .into_any()
}

fn row(control: &Control, option: Choosable) -> AnyView {
    let name = control.input_id();
    let (reading, control) = (control.clone(), control.clone());
    let code = StoredValue::new(option.code.clone());
    let picture = option.picture(&control);
    view! {
        <ChoiceRow
            picture=picture
            mark=Mark::Radio
            name=name
            label=option.label
            checked=Signal::derive(move || reading.value() == code.get_value())
            on_change=move |on: bool| {
                if on {
                    control.set(&option.code);
                }
            }
        />
    }
    .into_any()
}
