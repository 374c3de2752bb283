//! What is still to fix before the record can be finished; with nothing to fix, finishing.

use super::desk::{Desk, Origin};
use super::{message, say};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::platform::page;
use crate::ui::{ActionBar, Button, ErrorSummary, Field, Icon, Kind, TopBar, effect, live, press};
use device::Route;
use device::fill::screens::{self, Scope};
use form::audit::Event;
use form::session::{Address, Violation};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The check page.
pub fn view(desk: Desk) -> AnyView {
    desk.commit();
    desk.note_screen(Event::EndScreen, &[]);
    let found = desk.read(|draft| Some(draft.check())).unwrap_or_default();
    let confirmed = |at: &Address| {
        let value = desk.session(|session| session.value(at).to_owned());
        untrack(|| desk.is_confirmed(at, &value))
    };
    let (soft, hard): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(_, violation)| *violation == Violation::Soft);
    let (settled, soft): (Vec<_>, Vec<_>) = soft.into_iter().partition(|(at, _)| confirmed(at));
    let first = hard.first().map(|(at, _)| at.clone());
    if let Some(title) = first.as_ref().map(|_| t(Key::ValidationPrefix)) {
        page::set_title(&format!("{title} {}", t(Key::CheckTitle)));
    }
    let count = hard.len() as u64;
    let warnings = soft.len() as u64;
    let done = hard.is_empty();
    effect(move || {
        page::set_scroll(0.0);
        page::focus(if done { "h1" } else { ".error-summary" });
    });
    let title = if done { Key::FinishTitle } else { Key::CheckTitle };
    view! {
        <div class="screen">
            <TopBar title=tx(title) up=Callback::new(move |()| resume(desk)) />
            <main class="page" id="content">
                {(!done)
                    .then(|| {
                        view! {
                            <ErrorSummary
                                title=tn(Plural::CheckToFix, count, &[])
                                total=hard.len()
                                draw=links(desk, hard)
                            />
                        }
                    })}
                {done
                    .then(|| {
                        view! {
                            <p class="error-summary error-summary--done" role="status">
                                <span class="error-summary__title">
                                    <Icon name="tick" />
                                    {t(Key::CheckNothing)}
                                </span>
                            </p>
                        }
                    })}
                {(warnings > 0)
                    .then(|| {
                        view! {
                            <ErrorSummary
                                title=tn(Plural::CheckToLook, warnings, &[])
                                total=soft.len()
                                draw=links(desk, soft)
                                warning=true
                            />
                        }
                    })}
                {(!settled.is_empty()).then(|| confirmed_list(desk, settled))}
                {done.then(|| finish_summary(desk))}
            </main>
            {match first {
                Some(first) => fixing(desk, first),
                None => finishing(desk),
            }}
        </div>
    }
    .into_any()
}

/// Back to where the worker stopped.
fn resume(desk: Desk) {
    let resume = desk.read(|draft| draft.row().resume.clone());
    desk.set_origin(Origin::Questions);
    desk.app.go(Route::Fill(desk.record, Some(resume).filter(|path| !path.is_empty())));
}

fn links(
    desk: Desk,
    found: Vec<(Address, Violation)>,
) -> impl Fn(usize) -> (String, Callback<()>) + Send + Sync + 'static {
    move |at| match found.get(at) {
        Some(found) => link(desk, found.clone()),
        None => (String::new(), Callback::new(|()| {})),
    }
}

/// One line of the list: whose question, its label, what to do.
fn link(desk: Desk, (at, violation): (Address, Violation)) -> (String, Callback<()>) {
    let words = untrack(|| {
        let scope = desk.session(|session| Some(screens::scope_of(session.form(), &at)));
        let person = match scope {
            Some(Scope::Item(item)) => format!("{}. ", say::item_title(desk, &item)),
            _ => String::new(),
        };
        let label = say::label(desk, &at);
        let label = label.trim_end_matches(['?', ':', '.']);
        format!("{person}{label}: {}", message::of(desk, &at, violation))
    });
    let go = Callback::new(move |()| jump(desk, &at, Origin::Check));
    (words, go)
}

/// Unusual answers that the worker confirmed, each a way to it, with the reason if there is one.
fn confirmed_list(desk: Desk, settled: Vec<(Address, Violation)>) -> AnyView {
    let lines = settled.into_iter().map(|(at, violation)| {
        let reason = desk.reason(&at);
        let (words, go) = link(desk, (at, violation));
        view! {
            <li>
                <button type="button" class="row" on:click=press(move || go.run(()))>
                    <span class="row__main">
                        <span>{words}</span>
                        {(!reason.is_empty()).then(|| view! { <span class="strong">{reason}</span> })}
                    </span>
                    <span class="row__end">
                        <Icon name="tick" small=true />
                    </span>
                </button>
            </li>
        }
    });
    view! {
        <section class="list">
            <h2 class="list__head">{t(Key::CheckConfirmed)}</h2>
            <ul class="plain">{lines.collect_view()}</ul>
        </section>
    }
    .into_any()
}

/// Opens a question; Continue then leads back to where the worker came from.
pub fn jump(desk: Desk, at: &Address, origin: Origin) {
    desk.check(std::slice::from_ref(at));
    desk.set_origin(origin);
    desk.app.go(desk.route(at));
}

fn fixing(desk: Desk, first: Address) -> AnyView {
    view! {
        <ActionBar stacked=true>
            <Button label=tx(Key::CheckFixFirst) on_press=move |()| jump(desk, &first, Origin::Check) />
            <Button
                kind=Kind::Secondary
                label=tx(Key::ActionContinueLater)
                on_press=move |()| super::bars::leave(desk)
            />
        </ActionBar>
    }
    .into_any()
}

fn finish_summary(desk: Desk) -> AnyView {
    let (answered, asked) = desk.read(|draft| draft.progress());
    let row = desk.app.device().row(desk.record);
    let title = row.map(|row| row.title).filter(|title| !title.is_empty());
    let form = desk.session(|session| {
        let form = session.form();
        let language = session.context().language.clone();
        form::model::pick(&form.title, &language, &form.default_language).to_owned()
    });
    let done =
        ta(Key::FinishFormDone, &[("done", &answered.to_string()), ("total", &asked.to_string())]);
    view! {
        <div class="card">
            {title.map(|title| view! { <p class="strong">{title}</p> })}
            <p class="split">
                <span>{form}</span>
                <span class="count">{done}</span>
            </p>
        </div>
        <p class="note">
            <Icon name="info" small=true />
            <span>{t(Key::FinishEditable)}</span>
        </p>
    }
    .into_any()
}

fn finishing(desk: Desk) -> AnyView {
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(false);
    let (why, unsaid) = (RwSignal::new(String::new()), RwSignal::new(false));
    // Of a record that was finished before the form's author may want to know why.
    let again = desk.app.device().row(desk.record).is_some_and(|row| row.finished);
    let log = desk.log().filter(|log| again && log.asks_why());
    let asks = log.is_some();
    let log = StoredValue::new_local(log);
    let finish = move |()| {
        let Some(draft) = desk.draft() else { return };
        if let Some(log) = log.get_value() {
            let said = why.get_untracked().trim().to_owned();
            unsaid.set(said.is_empty());
            if said.is_empty() {
                page::focus("#why");
                return;
            }
            log.why(said);
        }
        busy.set(true);
        failed.set(false);
        spawn_local(async move {
            if let Some(log) = desk.log() {
                let last = [Event::FormSave, Event::FormExit, Event::FormFinalize];
                log.write(desk.app, desk.record, draft.clone(), &last).await;
            }
            let outcome = desk.app.device().finish(&draft).await;
            busy.try_set(false);
            match outcome {
                Ok(()) => {
                    desk.app.bump();
                    desk.app.replace(Route::Finished(desk.record));
                    desk.app.sync_now();
                }
                Err(_) => {
                    failed.try_set(true);
                }
            }
        });
    };
    view! {
        <ActionBar stacked=true>
            <div role="alert">
                {live(move || ({
                    failed
                        .get()
                        .then(|| {
                            view! {
                                <p class="field__error">
                                    <Icon name="error" small=true />
                                    <span>{t(Key::FinishFailed)}</span>
                                </p>
                            }
                        })
                }).into_any())}
            </div>
            {asks
                .then(|| {
                    let error = move || unsaid.get().then(|| t(Key::ValidationRequired));
                    view! {
                        <Field
                            id="why"
                            label=tx(Key::CheckWhy)
                            value=why
                            error=Signal::derive(error)
                        />
                    }
                })}
            <Button label=tx(Key::FinishButton) busy=busy on_press=finish />
            <Button
                kind=Kind::Secondary
                label=tx(Key::ActionContinueLater)
                on_press=move |()| super::bars::leave(desk)
            />
        </ActionBar>
    }
    .into_any()
}
