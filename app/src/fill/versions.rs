//! What a newer questionnaire changed for a record begun under an older one: told once, before its
//! questions.

use super::desk::Desk;
use super::say;
use crate::i18n::{Key, t, ta, tx};
use crate::platform::page;
use crate::ui::{ActionBar, Button, TopBar, effect, live};
use device::draft::versions::VersionChange;
use form::model::{Form, Text, pick};
use leptos::prelude::*;

/// The page of a record; before it, what changed in its form, until the worker goes on.
pub fn before(desk: Desk, page: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let Some(change) = desk.read(|draft| draft.version_change()) else { return page() };
    let told = RwSignal::new(false);
    view! {
        {live(move || (match told.get() {
            true => page(),
            false => list(desk, &change, told),
        }).into_any())}
    }
    .into_any()
}

fn list(desk: Desk, change: &VersionChange, told: RwSignal<bool>) -> AnyView {
    effect(move || {
        page::set_scroll(0.0);
        page::focus("h1");
    });
    let go_on = move |()| {
        desk.read(|draft| draft.accept_version());
        desk.app.save();
        told.set(true);
    };
    let words = |text: &Text| desk.session(|session| words(session.form(), text, &desk.language()));
    let label = |node| desk.session(|session| words_of(session.form(), node, &desk.language()));
    let added = change.added.iter().map(|node| vec![label(*node)]).collect();
    let choices = change
        .choices
        .iter()
        .map(|changed| {
            let said = |key, texts: &[Text]| {
                let texts: Vec<String> = texts.iter().map(words).collect();
                (!texts.is_empty()).then(|| ta(key, &[("choices", &texts.join(", "))]))
            };
            let news = said(Key::VersionChoiceAdded, &changed.added);
            let gone = said(Key::VersionChoiceGone, &changed.gone);
            [Some(label(changed.node)), news, gone].into_iter().flatten().collect()
        })
        .collect();
    let kept =
        change.kept.iter().map(|kept| vec![words(&kept.label), words(&kept.value)]).collect();
    view! {
        <div class="screen">
            <TopBar
                title=tx(Key::VersionTitle)
                up=Callback::new(move |()| desk.app.go(desk.household()))
            />
            <main class="page" id="content">
                <p>{t(Key::VersionText)}</p>
                {part(desk, Key::VersionAdded, None, added)}
                {part(desk, Key::VersionChoices, None, choices)}
                {part(desk, Key::VersionKept, Some(Key::VersionKeptNote), kept)}
            </main>
            <ActionBar>
                <Button label=tx(Key::ActionContinue) on_press=go_on />
            </ActionBar>
        </div>
    }
    .into_any()
}

/// A heading with its questions; the first line of each is the question.
fn part(desk: Desk, title: Key, note: Option<Key>, lines: Vec<Vec<String>>) -> Option<AnyView> {
    if lines.is_empty() {
        return None;
    }
    let item = |lines: Vec<String>| {
        let mut lines = lines.into_iter();
        let first = lines.next();
        let rest: Vec<_> = lines.map(|line| view! { <span class="meta">{line}</span> }).collect();
        view! {
            <li class="roster__item">
                <span class="roster__main">
                    <span class="roster__name">{first}</span>
                    {rest}
                </span>
            </li>
        }
    };
    let items: Vec<_> = lines.into_iter().map(item).collect();
    Some(
        view! {
            <section>
                <h2 class="t-lg">{t(title)}</h2>
                {note.map(|note| view! { <p class="hint">{t(note)}</p> })}
                <ul class="roster" lang=move || desk.language()>
                    {items}
                </ul>
            </section>
        }
        .into_any(),
    )
}

fn words_of(form: &Form, id: form::model::NodeId, language: &str) -> String {
    let node = form.node(id);
    let said = words(form, &node.label, language);
    if said.is_empty() { node.name.clone() } else { said }
}

/// A text of the form without Markdown; an answer it would name stays open.
fn words(form: &Form, text: &Text, language: &str) -> String {
    let said = pick(text, language, &form.default_language);
    let mut pieces = said.split("${");
    let first = pieces.next().unwrap_or("").to_owned();
    let rest =
        pieces.map(|piece| ["…", piece.split_once('}').map_or("", |(_, rest)| rest)].concat());
    say::plain(&rest.fold(first, |said, piece| said + &piece))
}
