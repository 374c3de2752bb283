//! The list of sections with what is missing in each; language of the form and mode of asking.

use super::desk::{Desk, Origin};
use super::say;
use crate::i18n::{Key, t, ta, tx};
use crate::ui::{ChoiceRow, Icon, Mark, Sheet, live, press};
use device::Route;
use device::fill::screens::Mode;
use device::fill::sections::{Section, sections};
use leptos::prelude::*;

/// The sheet; `open` shows it.
pub fn sheet(desk: Desk, open: RwSignal<bool>) -> AnyView {
    view! {
        <Sheet open=open title=tx(Key::QuestionSections) full=true>
            {live(move || (content(desk, open)).into_any())}
        </Sheet>
    }
    .into_any()
}

fn content(desk: Desk, open: RwSignal<bool>) -> AnyView {
    let all = desk.session(sections);
    view! {
        <div class="stack stack--wide">
            <nav class="list" aria-label=t(Key::QuestionSections)>
                {all.into_iter().map(|section| row(desk, section, open)).collect_view()}
                <button
                    type="button"
                    class="row"
                    on:click=press(move || {
                        open.set(false);
                        desk.commit();
                        desk.app.go(Route::Check(desk.record));
                    })
                >
                    <span class="row__main row__title">{t(Key::CheckTitle)}</span>
                    <Icon name="chevron" small=true />
                </button>
            </nav>
            {languages(desk)}
            {modes(desk)}
        </div>
    }
    .into_any()
}

fn row(desk: Desk, section: Section, open: RwSignal<bool>) -> AnyView {
    let title = match say::label(desk, &section.at) {
        // Even its name is for the worker alone.
        _ if section.worker_only && !desk.is_alone() => t(Key::QuestionWorkerOnly),
        title if title.is_empty() => t(Key::QuestionFirstPart),
        title => title,
    };
    let counted = ta(
        Key::QuestionProgress,
        &[("n", &section.answered.to_string()), ("total", &section.asked.to_string())],
    );
    let begun = section.answered > 0;
    let complete = section.problems == 0 && section.answered == section.asked;
    let problems = section.problems;
    let at = section.first;
    view! {
        <button
            type="button"
            class="row"
            on:click=press(move || {
                open.set(false);
                desk.commit();
                desk.set_origin(Origin::Questions);
                desk.app.go(desk.route(&at));
            })
        >
            <span class="row__main">
                <span class="row__title">{title}</span>
                {(begun && problems > 0)
                    .then(|| {
                        view! {
                            <span class="roster__missing">
                                {ta(Key::CheckSectionProblems, &[("count", &problems.to_string())])}
                            </span>
                        }
                    })}
            </span>
            <span class="row__end">
                {complete.then(|| view! { <Icon name="tick" small=true /> })}
                {section.worker_only.then(|| view! { <Icon name="eye-hide" small=true /> })}
                <span class="count">{counted}</span>
            </span>
        </button>
    }
    .into_any()
}

fn languages(desk: Desk) -> AnyView {
    let languages = desk.session(|session| session.form().languages.clone());
    if languages.len() < 2 {
        return ().into_any();
    }
    let rows = languages.into_iter().map(|language| {
        let code = StoredValue::new(language.code);
        let name = language.name.split(" (").next().unwrap_or_default().to_owned();
        view! {
            <ChoiceRow
                mark=Mark::Radio
                name="form-language"
                label=name
                checked=Signal::derive(move || desk.language() == code.get_value())
                on_change=move |_| desk.set_language(&code.get_value())
            />
        }
    });
    view! {
        <fieldset>
            <legend class="strong">{t(Key::QuestionFormLanguage)}</legend>
            <div class="choices">{rows.collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

fn modes(desk: Desk) -> AnyView {
    let rows =
        [(Mode::OneByOne, Key::QuestionOneByOne), (Mode::Sections, Key::QuestionWholeSection)].map(
            |(mode, key)| {
                view! {
                    <ChoiceRow
                        mark=Mark::Radio
                        name="question-mode"
                        label=tx(key)
                        checked=Signal::derive(move || desk.mode() == mode)
                        on_change=move |_| desk.set_mode(mode)
                    />
                }
            },
        );
    view! {
        <fieldset>
            <legend class="strong">{t(Key::SettingsQuestionMode)}</legend>
            <div class="choices">{rows.into_iter().collect_view()}</div>
        </fieldset>
    }
    .into_any()
}
