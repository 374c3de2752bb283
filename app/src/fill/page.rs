//! The page of one screen: a question, a field list, a whole section, or a roster.

use super::desk::{Desk, Origin};
use super::{bars, check, fold, gate, question, roster, say, strip};
use crate::i18n::{Key, t};
use crate::platform::{frame, page, timer};
use crate::ui::{ActionBar, Button, Icon, Kind, effect, live, memo};
use device::Route;
use device::fill::screens::{self, Part, Scope, Screen};
use form::audit::Event;
use form::model::NodeId;
use form::session::{Address, Violation};
use leptos::prelude::*;
use std::sync::Arc;

/// What the address bar asks for.
#[derive(Clone, PartialEq, Default)]
struct Asked {
    /// The question; where the worker stopped when the address names none.
    at: Address,
    /// Whether it is where the worker stopped.
    resumed: bool,
}

/// The screens of the scope and which of them is shown.
#[derive(Clone, PartialEq, Default)]
struct Shown {
    asked: Asked,
    screens: Arc<Vec<Screen>>,
    at: usize,
}

impl Shown {
    fn screen(&self) -> Option<&Screen> {
        self.screens.get(self.at)
    }

    fn seeks(&self, at: &Address) -> bool {
        self.asked.at == *at
    }

    fn key(&self) -> Address {
        self.screen().map(|screen| screen.key().clone()).unwrap_or_default()
    }
}

/// The questions of the record on the desk. The page stays while the address goes from question to
/// question: only what differs between two screens is drawn anew.
pub fn view(desk: Desk) -> AnyView {
    let asked = asked(desk);
    let shown = shown(desk, asked);
    let received = move || desk.read(|draft| draft.received());
    let drawn = received();
    Effect::new(move |before: Option<u64>| {
        desk.app.lists().track();
        let now = received();
        // Most syncs bring nothing that is on the screen.
        if before.unwrap_or(drawn) != now {
            desk.refresh();
        }
        now
    });
    let key = Memo::new(move |_| shown.with(Shown::key));
    Effect::new(move || {
        let (asked, key) = (asked.get(), key.get());
        let questions =
            |shown: &Shown| shown.screen().map(|screen| screen.questions().cloned().collect());
        let questions: Vec<Address> = shown.with_untracked(questions).unwrap_or_default();
        // Further down on the screen than its beginning.
        let inside = asked.at != key && questions.contains(&asked.at);
        desk.pass(&key);
        desk.stop_at(if inside { &asked.at } else { &key });
        desk.note_screen(Event::Question, &questions);
        desk.show(on_screen(desk, shown.with_untracked(|shown| shown.screen().cloned())));
        arrive(inside.then(|| question::id(&asked.at)));
    });
    let locked = Memo::new(move |_| {
        let worker = shown.with(|shown| shown.screen().is_some_and(|screen| screen.worker_only));
        worker && !desk.is_alone()
    });
    view! {
        {move || match locked.get() {
            true => gate::view(desk, Callback::new(move |()| back(desk, shown))),
            false => screen(desk, shown, key),
        }}
    }
    .into_any()
}

/// The questions of a screen, and the items of its list.
fn on_screen(desk: Desk, screen: Option<Screen>) -> Vec<Address> {
    let parts = screen.map(|screen| screen.parts).unwrap_or_default();
    let places = parts.into_iter().flat_map(|part| match part {
        Part::Roster(repeat) => {
            let item = |id: String| {
                let items = repeat.items.iter().cloned().chain([id]).collect();
                Address { items, node: repeat.node }
            };
            let gone = desk.read(|draft| draft.removed_items(&repeat));
            let items = desk.session(|session| session.items(&repeat));
            items.into_iter().chain(gone).map(item).collect()
        }
        part => vec![part.address().clone()],
    });
    places.collect()
}

fn asked(desk: Desk) -> Memo<Asked> {
    let route = desk.app.route();
    Memo::new(move |before: Option<&Asked>| {
        let path = match route.get() {
            Route::Fill(record, path) if record == desk.record => path,
            // On the way to another page.
            _ => return before.cloned().unwrap_or_default(),
        };
        let at = desk.read(|draft| {
            let path = path.as_deref().unwrap_or(&draft.row().resume).parse().ok()?;
            draft.address(&path)
        });
        Asked { resumed: path.is_none() && at.is_some(), at: at.unwrap_or_default() }
    })
}

fn shown(desk: Desk, asked: Memo<Asked>) -> Memo<Shown> {
    let scope = Memo::new(move |_| {
        let scope = asked.with(|asked| {
            desk.session(|session| Some(screens::scope_of(session.form(), &asked.at)))
        });
        scope.unwrap_or(Scope::Record)
    });
    let screens = Memo::new(move |_| {
        desk.track_structure();
        let mode = desk.mode();
        let of = |scope: &Scope| desk.session(|session| screens::screens(session, scope, mode));
        Arc::new(scope.with(of))
    });
    Memo::new(move |before: Option<&Shown>| {
        let (asked, screens) = (asked.get(), screens.get());
        // Where the questions of the screen have changed, it stays where most of them were.
        let before = before.filter(|before| before.asked == asked);
        let kept = before.and_then(Shown::screen).and_then(|old| {
            // Headings do not count: a group's stands on each of its screens.
            let stood = |part: &Part| !matches!(part, Part::Heading(_)) && old.parts.contains(part);
            let key = screens.iter().position(|screen| screen.holds(old.key()));
            key.or_else(|| screens.iter().position(|screen| screen.parts.iter().any(stood)))
        });
        let place = || desk.session(|session| screens::place(session, &screens, &asked.at));
        let at = kept.unwrap_or_else(place);
        Shown { asked, screens, at }
    })
}

/// Shows the top of the screen, or the question that was asked for; and then moves the focus to the heading
/// or to the question, unless the person was quicker. Dialogs that close give the focus back before.
fn arrive(inside: Option<String>) {
    let shown = inside.clone();
    frame::next(move || match shown {
        Some(id) => page::scroll_to(&format!("#{id}")),
        None => page::set_scroll(0.0),
    });
    frame::behind(move || {
        timer::after(0, move || match inside {
            Some(id) => page::focus(&format!("#{id}.question__head, #{id} .question__head")),
            None if page::is_focused_in("main") => {}
            None => page::focus(".question__head"),
        });
    });
}

/// Notes the question that has the focus: of a long screen it is where the record reopens.
fn follow(desk: Desk, parts: Memo<Vec<Part>>, event: &page::FocusEvent) {
    let Some(id) = page::within(event, ".question") else { return };
    let at = parts.with_untracked(|parts| {
        let asked = parts.iter().find(|part| question::id(part.address()) == id);
        asked.map(|part| part.address().clone())
    });
    if let Some(at) = at {
        desk.stop_at(&at);
    }
}

fn screen(desk: Desk, shown: Memo<Shown>, key: Memo<Address>) -> AnyView {
    let parts = Memo::new(move |_| {
        shown.with(|shown| shown.screen().map(|screen| screen.parts.clone()).unwrap_or_default())
    });
    let single = move || parts.with_untracked(|parts| parts.len() == 1);
    let resumed = Memo::new(move |_| shown.with(|shown| shown.asked.resumed));
    view! {
        <div class="screen">
            {bars::top(desk, Some(key.into()))}
            <main
                class="page fill"
                id="content"
                class:question--resumed=move || resumed.get()
                on:focusin=move |event| follow(desk, parts, &event)
            >
                {strip::view(desk, key)}
                {heading(desk, shown)}
                <For
                    each=move || match parts.get() {
                        parts if matches!(parts.as_slice(), [Part::Roster(_)]) => Vec::new(),
                        parts => parts,
                    }
                    key=|part| part.clone()
                    children=move |part| match part {
                        Part::Heading(at) => question::heading(desk, at),
                        Part::Question(at) => {
                            let sought = shown.with_untracked(|shown| shown.seeks(&at));
                            let came = desk.origin() != Origin::Questions;
                            let sought = sought && (came || key.get_untracked() != at);
                            fold::view(desk, at, single(), sought)
                        }
                        Part::Roster(at) => {
                            roster::view(desk, at, memo(|| true))
                        }
                    }
                />
                {alone(desk, parts)}
                {move || {
                    parts
                        .with(Vec::is_empty)
                        .then(|| view! { <p class="hint">{t(Key::QuestionEndSection)}</p> })
                }}
            </main>
            <ActionBar>
                <Button
                    kind=Kind::Secondary
                    icon="arrow-back"
                    back=true
                    label=t(Key::ActionBack)
                    on_press=move |()| back(desk, shown)
                />
                <Button
                    label=t(match desk.origin() {
                        Origin::Check => Key::CheckBackToCheck,
                        _ => Key::ActionContinue,
                    })
                    on_press=move |()| onward(desk, shown)
                />
            </ActionBar>
        </div>
    }
    .into_any()
}

/// The list that has the screen for itself. On the way to another screen it goes out of sight at once, and is
/// taken down behind the frame that shows what was asked for.
fn alone(desk: Desk, parts: Memo<Vec<Part>>) -> AnyView {
    let shown = memo(move || {
        parts.with(|parts| match parts.as_slice() {
            [Part::Roster(at)] => Some(at.clone()),
            _ => None,
        })
    });
    let kept = RwSignal::new(shown.get_untracked());
    effect(move || match shown.get() {
        None if kept.with_untracked(Option::is_some) => frame::behind(move || {
            if shown.try_get_untracked() == Some(None) {
                page::leave_button(".fill__list");
                kept.try_set(None);
            }
        }),
        at if at != kept.get_untracked() => kept.set(at),
        _ => {}
    });
    let seen = memo(move || shown.with(Option::is_some));
    live(move || {
        let Some(at) = kept.get() else { return ().into_any() };
        view! {
            <div class="fill__list" hidden=move || !seen.get()>
                {roster::view(desk, at, seen)}
            </div>
        }
        .into_any()
    })
}

/// The section, and the person whose questions these are.
fn heading(desk: Desk, shown: Memo<Shown>) -> AnyView {
    let section =
        Memo::new(move |_| shown.with(|shown| shown.screen().map(|screen| screen.section.clone())));
    let worker = Memo::new(move |_| {
        shown.with(|shown| shown.screen().is_some_and(|screen| screen.worker_only))
    });
    // What a section says of itself stands where it begins.
    let begins = Memo::new(move |_| {
        shown.with(|shown| {
            let section = &shown.screen()?.section;
            let before = shown.at.checked_sub(1).and_then(|at| shown.screens.get(at));
            let begins = before.is_none_or(|before| before.section != *section);
            let roster = shown.screen()?.key() == section;
            (begins && !roster && section.items.is_empty() && section.node != NodeId::ROOT)
                .then(|| section.clone())
        })
    });
    let title = move || {
        let section = section.get()?;
        let title = match section.items.is_empty() {
            true => say::label(desk, &section),
            false => say::item_title(desk, &section),
        };
        // Without a section the page is still called something, for who hears it.
        let (title, class) = match title.is_empty() {
            true => (form_title(desk), "visually-hidden"),
            false => (title, "fill__section"),
        };
        Some(view! { <h1 class=class>{title}</h1> })
    };
    view! {
        {title}
        {move || begins.get().map(|section| question::hints(desk, &section))}
        {move || {
            worker
                .get()
                .then(|| {
                    view! {
                        <p class="worker-only">
                            <Icon name="eye-hide" small=true />
                            {t(Key::QuestionWorkerOnly)}
                        </p>
                    }
                })
        }}
    }
    .into_any()
}

/// The title of the form; of one without a title the app's name.
fn form_title(desk: Desk) -> String {
    let language = desk.language();
    let title = desk.session(|session| {
        let form = session.form();
        form::model::pick(&form.title, &language, &form.default_language).to_owned()
    });
    if title.trim().is_empty() { t(Key::AppName) } else { title }
}

/// Continue: stays while something on the screen is missing or wrong.
fn onward(desk: Desk, shown: Memo<Shown>) {
    desk.commit();
    let questions: Vec<Address> = shown.with_untracked(|shown| {
        shown.screen().map(|screen| screen.questions().cloned().collect()).unwrap_or_default()
    });
    desk.check(&questions);
    let wrong = questions.iter().find(|at| untrack(|| blocks(desk, at)));
    match wrong {
        Some(at) => {
            desk.note(Event::ConstraintError, Some(at));
            let id = question::id(at);
            let at = at.clone();
            timer::after(0, move || {
                page::scroll_to(&format!("#{id}"));
                focus_answer(&at);
            });
        }
        None => go_on(desk, shown),
    }
}

/// Moves the focus to what answers a question, not to what helps to.
pub fn focus_answer(at: &Address) {
    let id = question::id(at);
    let answers = ":is(input, textarea, button)";
    let inside = ":not(.question__head)";
    page::focus(&format!("#{id} > {answers}, #{id} > {inside} {answers}"));
}

/// Whether a question keeps the worker on its screen: an error, or a doubt that is not confirmed.
fn blocks(desk: Desk, at: &Address) -> bool {
    let state = desk.session(|session| session.state(at));
    match state.violation {
        None => false,
        Some(_) if !state.relevant || state.readonly => false,
        Some(Violation::Soft) => !desk.is_confirmed(at, &state.value),
        Some(_) => true,
    }
}

/// Goes to the next screen whatever this one says.
pub fn skip(desk: Desk, at: &Address) {
    let scope = desk.session(|session| Some(screens::scope_of(session.form(), at)));
    let Some(scope) = scope else { return };
    let mode = untrack(|| desk.mode());
    let screens = desk.session(|session| screens::screens(session, &scope, mode));
    let place = desk.session(|session| screens::place(session, &screens, at));
    go_to(desk, &screens, place, &scope);
}

fn go_on(desk: Desk, shown: Memo<Shown>) {
    shown.with_untracked(|shown| {
        let scope = desk.session(|session| Some(screens::scope_of(session.form(), &shown.key())));
        // A roster stands in the scope around it.
        go_to(desk, &shown.screens, shown.at, &scope.unwrap_or(Scope::Record));
    });
}

/// From the screen at this place to the next one, or back to where the worker came from.
fn go_to(desk: Desk, screens: &[Screen], place: usize, scope: &Scope) {
    match desk.origin() {
        Origin::Questions => {}
        Origin::Check => {
            desk.set_origin(Origin::Questions);
            return desk.app.go(Route::Check(desk.record));
        }
        Origin::Returned => return after_remark(desk, screens.get(place)),
    }
    match (screens.get(place + 1), scope) {
        (Some(screen), _) => desk.app.go(desk.route(screen.key())),
        (None, Scope::Item(item)) => desk.app.go(desk.route(&screens::repeat_of(item))),
        (None, Scope::Record) => desk.app.go(Route::Check(desk.record)),
    }
}

/// The next question that the office remarked on; behind the last of them all are listed.
fn after_remark(desk: Desk, screen: Option<&Screen>) {
    let here: Vec<&Address> = screen.map(|screen| screen.questions().collect()).unwrap_or_default();
    match desk.next_remark(&here) {
        Some(next) => check::jump(desk, &next, Origin::Returned),
        None => {
            desk.set_origin(Origin::Questions);
            desk.app.go(Route::Returned(desk.record));
        }
    }
}

/// Back: the screen before in form order; the roster before the first question of an item.
fn back(desk: Desk, shown: Memo<Shown>) {
    desk.commit();
    let to = shown.with_untracked(|shown| {
        let before = shown.at.checked_sub(1).and_then(|at| shown.screens.get(at));
        if let Some(screen) = before {
            return Some(screen.key().clone());
        }
        let scope = desk.session(|session| Some(screens::scope_of(session.form(), &shown.key())));
        match scope {
            Some(Scope::Item(item)) => Some(screens::repeat_of(&item)),
            _ => None,
        }
    });
    match to {
        None => bars::leave(desk),
        Some(to) if desk.before().as_ref() == Some(&to) => desk.app.back(),
        Some(to) => desk.app.replace(desk.route(&to)),
    }
}
