//! One question: label, hint, help, widget, special answers, error, and what it opened.

use super::desk::Desk;
use super::widgets::{self, Control};
use super::{message, page, say, seam, shown, text};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::ui::{Field, Icon, live, memo, press};
use device::fill::options::{DONT_KNOW, REFUSED};
use device::fill::{grid, number};
use form::model::{Node, NodeId, QuestionType};
use form::session::{Address, Violation};
use leptos::prelude::*;

/// The id of a question's element.
pub fn id(at: &Address) -> String {
    at.items.iter().fold(format!("q{}", at.node.0), |id, item| id + "-" + item)
}

/// The id of the hint of a question whose input is described by it.
pub fn hint_id(at: &Address) -> String {
    id(at) + "-hint"
}

/// The id of the label in the legend of a group.
pub fn label_id(at: &Address) -> String {
    id(at) + "-label"
}

/// A group's label and hint above its questions.
pub fn heading(desk: Desk, at: Address) -> AnyView {
    let label = reading(desk, &at, |session, at, language| session.label(at, language));
    view! {
        <div class="stack stack--tight fill__group" lang=move || desk.language()>
            {live(move || (some(label()).map(|label| view! { <h2 class="t-lg">{text::line(&label)}</h2> })).into_any())}
            {hints(desk, &at)}
            {locked(desk, &at)}
        </div>
    }
    .into_any()
}

/// The hint of a group, and what else it has beside its label.
pub fn hints(desk: Desk, at: &Address) -> AnyView {
    let hint = reading(desk, at, |session, at, language| session.hint(at, language));
    view! {
        {live(move || (some(hint()).map(|hint| view! { <div class="hint">{text::paragraphs(&hint)}</div> })).into_any())}
        {beside(desk, at)}
    }
    .into_any()
}

/// What a group, a repeat or a note has beside its label: pictures, sounds and films, and guidance.
pub fn beside(desk: Desk, at: &Address) -> AnyView {
    let node = desk.session(|session| Some(session.form().node(at.node).clone()));
    let media = node.map(|node| shown::of_label(desk, at, &node));
    view! {
        {media}
        {guidance(desk, at)}
    }
    .into_any()
}

/// A question; `single` when it stands alone on the screen.
pub fn view(desk: Desk, at: Address, single: bool) -> AnyView {
    let Some(node) = desk.session(|session| Some(session.form().node(at.node).clone())) else {
        return ().into_any();
    };
    let Some(question) = node.question() else { return ().into_any() };
    // Beside others in a row, where the screen has room.
    let share = desk.session(|session| grid::share(session.form(), at.node));
    let cell = share.is_some();
    let share = share.map(|share| share.to_string()).unwrap_or_default();
    if question == QuestionType::Note {
        return note(desk, at, &node, share);
    }
    let control = Control::new(desk, at.clone(), question, &node);
    let relevant = {
        let at = at.clone();
        memo(move || desk.state(&at).relevant)
    };
    let body = {
        let control = control.clone();
        let readonly = {
            let at = at.clone();
            memo(move || desk.state(&at).readonly)
        };
        let calculated = !question.has_control();
        move || match calculated || readonly.get() {
            true => read_only(&control),
            false => widgets::view(&control),
        }
    };
    let head = head(&control, &node, single);
    let inside = view! {
        {body}
        {specials(&control, &node)}
        {errors(&control)}
        {because(desk, &at)}
    };
    let id = id(&at);
    let required = control.required();
    match control.grouped() {
        true => view! {
            <fieldset
                class="question"
                class:question--cell=cell
                style=("--share", share)
                id=id
                aria-describedby=control.error_id()
                hidden=move || !relevant.get()
            >
                <legend
                    class="question__head"
                    class:question__head--required=move || required.get().is_some()
                    lang=move || desk.language()
                >
                    {head}
                </legend>
                {inside}
            </fieldset>
        }
        .into_any(),
        false => view! {
            <div
                class="question"
                class:question--cell=cell
                style=("--share", share)
                id=id
                hidden=move || !relevant.get()
            >
                <div
                    class="question__head"
                    class:question__head--required=move || required.get().is_some()
                    lang=move || desk.language()
                >
                    {head}
                </div>
                {inside}
            </div>
        }
        .into_any(),
    }
}

fn head(control: &Control, node: &Node, single: bool) -> AnyView {
    let (desk, at) = (control.desk, control.at.clone());
    let label = reading(desk, &at, |session, at, language| session.label(at, language));
    let hint = reading(desk, &at, |session, at, language| session.hint(at, language));
    let words = move || text::line(&label());
    let class = if single { "question__label t-lg" } else { "question__label" };
    let label = match control.grouped() {
        true => {
            let id = label_id(&at);
            view! { <span class=class id=id>{words}</span> }.into_any()
        }
        false => view! { <label class=class for=control.input_id()>{words}</label> }.into_any(),
    };
    let hint_id = hint_id(&at);
    // Of a text field its own state says so.
    let required = control.grouped().then(|| {
        let required = control.required();
        move || {
            let said = || t(Key::QuestionRequired);
            let lang = desk.app.language().get().code();
            required
                .get()
                .map(|_| view! { <span class="visually-hidden" lang=lang>{said()}</span> })
        }
    });
    view! {
        {label}
        {required}
        {untranslated(desk, node)}
        {move || {
            let id = hint_id.clone();
            some(hint()).map(|hint| view! { <span class="hint" id=id>{text::line(&hint)}</span> })
        }}
        {locked(desk, &at)}
        {shown::of_label(desk, &at, node)}
        {guidance(desk, &at)}
        {seam::of_question(desk, &at)}
        {seam::remark(desk, &at)}
    }
    .into_any()
}

/// What helps to ask, behind a button.
fn guidance(desk: Desk, at: &Address) -> AnyView {
    let guidance = reading(desk, at, |session, at, language| session.guidance(at, language));
    let shown = RwSignal::new(false);
    view! {
        {live(move || ({
            some(guidance())
                .map(|guidance| {
                    view! {
                        <button
                            type="button"
                            class="link-button"
                            aria-expanded=move || if shown.get() { "true" } else { "false" }
                            on:click=press(move || shown.update(|shown| *shown = !*shown))
                        >
                            <Icon name="info" small=true />
                            {t(Key::QuestionHelp)}
                        </button>
                        <div class="prose hint" hidden=move || !shown.get()>
                            {text::paragraphs(&guidance)}
                        </div>
                    }
                })
        }).into_any())}
    }
    .into_any()
}

/// Text of the form that follows the answer's neighbours and the language.
fn reading(
    desk: Desk,
    at: &Address,
    read: fn(&form::session::Session, &Address, &str) -> String,
) -> impl Fn() -> String + Clone + Send + 'static + use<> {
    let at = at.clone();
    let text = memo(move || desk.text(&at, |session, language| read(session, &at, language)));
    move || text.get()
}

fn some(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

/// The mark of a block whose wording must not be changed, with its source.
fn locked(desk: Desk, at: &Address) -> AnyView {
    let (is_locked, source) = desk.session(|session| {
        let form = session.form();
        let node = form.node(at.node);
        let inherited = |name: &str| {
            let mut up = Some(at.node);
            while let Some(here) = up.filter(|here| *here != NodeId::ROOT) {
                let node = form.node(here);
                if let Some(value) = node.attributes.get(name).filter(|value| !value.is_empty()) {
                    return value.clone();
                }
                up = node.parent;
            }
            String::new()
        };
        (node.is_set("locked"), inherited("attribution"))
    });
    if !is_locked {
        return ().into_any();
    }
    let short = source.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned();
    let (question, around) = desk.session(|session| {
        let form = session.form();
        let node = form.node(at.node);
        let parent = node.parent.map(|parent| form.node(parent));
        let around =
            parent.is_some_and(|parent| parent.is_set("locked") && !parent.label.is_empty());
        (node.question().is_some(), around)
    });
    if question && around {
        return ().into_any();
    }
    let words = match (question, short.is_empty()) {
        (true, _) | (_, true) => t(Key::QuestionFixedWording),
        (false, false) => ta(Key::ChildLocked, &[("source", &short)]),
    };
    view! {
        <span class="locked">
            <Icon name="lock" small=true />
            <span>{words}</span>
        </span>
    }
    .into_any()
}

/// Says in which language a label stands that has no translation.
fn untranslated(desk: Desk, node: &Node) -> AnyView {
    let label = node.label.clone();
    let shown = move || {
        let language = desk.language();
        let has = |code: &str| label.get(code).is_some_and(|text| !text.trim().is_empty());
        if label.is_empty() || has(&language) || has("") {
            return None;
        }
        let name = desk.session(|session| {
            let form = session.form();
            let known = form.languages.iter().find(|known| known.code == form.default_language);
            known.map(|known| known.name.split(" (").next().unwrap_or_default().to_owned())
        })?;
        let words = ta(Key::QuestionNotTranslated, &[("language", &name)]);
        Some(view! { <span class="hint">{words}</span> })
    };
    view! { {shown} }.into_any()
}

fn note(desk: Desk, at: Address, node: &Node, share: String) -> AnyView {
    let label = reading(desk, &at, |session, at, language| session.label(at, language));
    let hint = reading(desk, &at, |session, at, language| session.hint(at, language));
    let beside = beside(desk, &at);
    // Numbers to call: the phone's own dialler needs no internet.
    let label_of = label.clone();
    let dial = node.appears("dial").then(|| {
        live(move || {
            let links = number::dialled(&label_of()).into_iter().map(|number| {
                let href = format!("tel:{number}");
                view! {
                    <a class="button button--secondary" href=href>
                        {number}
                    </a>
                }
            });
            view! { <div class="cluster">{links.collect_view()}</div> }.into_any()
        })
    });
    // What is for the worker alone is not read over the shoulder: with the family it takes a tap.
    let worker = node.is_set("worker_only");
    let asked = RwSignal::new(false);
    let hidden = memo(move || worker && !asked.get() && !desk.is_alone());
    view! {
        <div
            class="question__head prose"
            class:question--cell=!share.is_empty()
            style=("--share", share)
            id=id(&at)
            tabindex="-1"
            lang=move || desk.language()
        >
            {worker.then(only_for_you)}
            {live(move || {
                let read = press(move || asked.set(true));
                let link = view! {
                    <button type="button" class="link-button" on:click=read>
                        <Icon name="eye-hide" small=true />
                        {t(Key::QuestionWorkerNote)}
                    </button>
                };
                hidden.get().then_some(link).into_any()
            })}
            <div class="prose" hidden=move || hidden.get()>
                {live(move || (text::paragraphs(&label())).into_any())}
                {live(move || (some(hint()).map(|hint| view! { <p class="hint">{text::line(&hint)}</p> })).into_any())}
                {dial}
                {beside}
            </div>
        </div>
    }
    .into_any()
}

fn only_for_you() -> AnyView {
    view! {
        <p class="worker-only">
            <Icon name="eye-hide" small=true />
            {t(Key::QuestionWorkerOnly)}
        </p>
    }
    .into_any()
}

fn read_only(control: &Control) -> AnyView {
    let (desk, at) = (control.desk, control.at.clone());
    let value = memo(move || {
        let value = desk.value(&at);
        say::answer(desk, &at, &value)
    });
    view! {
        <div class="card">
            <output class="strong">{live(move || (value.get()).into_any())}</output>
            <span class="hint">{t(Key::QuestionReadOnly)}</span>
        </div>
    }
    .into_any()
}

/// "Don't know" and "refused" as special values of typed questions. Selects have them as options.
fn specials(control: &Control, node: &Node) -> AnyView {
    let select = control.question.is_select();
    if select || !node.is_set("allow_dkref") {
        return ().into_any();
    }
    let items = [(DONT_KNOW, Key::QuestionDontKnow), (REFUSED, Key::QuestionRefused)];
    let items = items.map(|(code, key)| special(control, code, t(key)));
    view! { <div class="special">{items.into_iter().collect_view()}</div> }.into_any()
}

/// One special answer: pressed again, it goes.
pub fn special(control: &Control, code: &'static str, label: String) -> AnyView {
    let pressed = {
        let control = control.clone();
        memo(move || control.value() == code)
    };
    let control = control.clone();
    view! {
        <button
            type="button"
            class="special__item"
            aria-pressed=move || if pressed.get() { "true" } else { "false" }
            on:click=press(move || control.set(if pressed.get_untracked() { "" } else { code }))
        >
            {label}
        </button>
    }
    .into_any()
}

/// The error or the doubt under the widget.
fn errors(control: &Control) -> AnyView {
    let error = control.error();
    let (desk, at) = (control.desk, control.at.clone());
    let later = at.clone();
    let named = at.clone();
    // What arrives meanwhile is no reason to draw it anew, under the fingers of who types a reason.
    let found = memo(move || {
        error.get().map(|violation| (violation, message::of(desk, &named, violation)))
    });
    let (reason, known) = (RwSignal::new(String::new()), StoredValue::new(false));
    let shown = move || {
        let (violation, words) = found.get()?;
        if violation == Violation::Soft {
            if !known.get_value() {
                known.set_value(true);
                reason.set(untrack(|| desk.reason(&at)));
            }
            return Some(doubt(desk, at.clone(), words, reason));
        }
        let later = later.clone();
        Some(
            view! {
                <p class="field__error">
                    <Icon name="error" small=true />
                    <span>
                        <span class="visually-hidden">{t(Key::ValidationPrefix)} " "</span>
                        {words}
                    </span>
                </p>
                <button
                    type="button"
                    class="link-button"
                    on:click=press(move || page::skip(desk, &later))
                >
                    {t(Key::QuestionLater)}
                </button>
            }
            .into_any(),
        )
    };
    view! { <div id=control.error_id() aria-live="polite">{shown}</div> }.into_any()
}

fn doubt(desk: Desk, at: Address, words: String, reason: RwSignal<String>) -> AnyView {
    let box_id = format!("{}-reason", id(&at));
    let press = move |_| {
        let value = desk.session(|session| session.value(&at).to_owned());
        desk.confirm(&at, &value, reason.get_untracked().trim());
    };
    view! {
        <div class="mismatch">
            <p>{words}</p>
            <Field id=box_id label=tx(Key::CheckConfirmReason) value=reason />
            <div class="cluster">
                <button type="button" class="button button--secondary button--small" on:click=press>
                    <Icon name="tick" />
                    <span class="button__label">{t(Key::QuestionGentleYes)}</span>
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// The line that says what the answer opened or closed.
fn because(desk: Desk, at: &Address) -> AnyView {
    let at = at.clone();
    let lines = move || {
        let because = desk.because().filter(|because| because.at == at)?;
        let shown =
            (because.shown > 0).then(|| tn(Plural::QuestionMoreShown, because.shown as u64, &[]));
        let hidden =
            (because.hidden > 0).then(|| tn(Plural::QuestionHidden, because.hidden as u64, &[]));
        let lines = [shown, hidden].into_iter().flatten();
        Some(lines.map(|line| view! { <p>{line}</p> }).collect_view())
    };
    view! { <div class="question__because" role="status">{lines}</div> }.into_any()
}
