//! The decision: buttons, keys, undo.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;

use super::Sheet;
use crate::i18n::{Key, t, ta};
use crate::office::Desk;
use crate::office::api::ApiError;
use crate::office::inbox::title;
use crate::office::model::records::{Detail, Flag};
use crate::office::query::{Place, Query};
use crate::platform::keyboard::{Keys, Pressed, on_keys};
use crate::platform::{office_dom, page};
use crate::ui::Icon;

#[derive(Serialize)]
pub struct Decision {
    pub action: &'static str,
    pub reason: String,
    pub flags: Vec<Flag>,
    /// What the person has on the screen.
    pub seen: String,
}

impl Decision {
    pub fn new(action: &'static str, reason: String, flags: Vec<Flag>) -> Self {
        Self { action, reason, flags, seen: String::new() }
    }

    pub fn plain(action: &'static str) -> Self {
        Self::new(action, String::new(), Vec::new())
    }
}

/// The bar with the decisions that the record's state allows.
pub fn acts(sheet: Sheet) -> impl IntoView {
    let can = move |action: &str| {
        sheet.detail.with(|detail| detail.as_ref().is_some_and(|detail| detail.can(action)))
    };
    view! {
        <div class="record__actions" role="toolbar" aria-label=t(Key::ReviewApprove)>
            {move || {
                can("approve")
                    .then(|| button(sheet, "primary", Key::ReviewApprove, "A", Sheet::approve))
            }}
            {move || {
                can("return")
                    .then(|| {
                        button(sheet, "secondary", Key::ReviewReturnShort, "R", Sheet::ask_return)
                    })
            }}
            {move || {
                can("reject")
                    .then(|| button(sheet, "secondary", Key::ReviewReject, "X", Sheet::ask_reject))
            }}
            {move || {
                can("reopen").then(|| button(sheet, "quiet", Key::ReviewReopen, "", Sheet::reopen))
            }}
            <span class="record__walk">
                {move || {
                    sheet
                        .neighbour(-1)
                        .map(|_| {
                            button(sheet, "quiet", Key::InboxPrevious, "K", |sheet| {
                                sheet.step(-1);
                            })
                        })
                }}
                {move || {
                    sheet
                        .neighbour(1)
                        .map(|_| {
                            button(sheet, "quiet", Key::ReviewNextShort, "J", |sheet| {
                                sheet.step(1);
                            })
                        })
                }}
            </span>
        </div>
    }
}

fn button(
    sheet: Sheet,
    kind: &'static str,
    word: Key,
    key: &'static str,
    act: fn(Sheet),
) -> impl IntoView {
    view! {
        <button
            type="button"
            class=format!("button button--{kind}")
            aria-keyshortcuts=(!key.is_empty()).then_some(key)
            aria-busy=move || sheet.busy.get().then_some("true")
            on:click=move |_| act(sheet)
        >
            {(kind == "primary").then(|| view! { <Icon name="tick" small=true /> })}
            <span class="button__label">{t(word)}</span>
            {(!key.is_empty())
                .then(|| {
                    view! {
                        <kbd class="button__key" aria-hidden="true">
                            {key}
                        </kbd>
                    }
                })}
        </button>
    }
}

/// Listens to the keys while the record is on screen.
pub fn listen(sheet: Sheet) {
    let keys: StoredValue<Keys, LocalStorage> =
        StoredValue::new_local(on_keys(move |key| pressed(sheet, key)));
    on_cleanup(move || keys.dispose());
}

fn pressed(sheet: Sheet, key: &Pressed) -> bool {
    if key.typing || key.dialog {
        return false;
    }
    let can = |action: &str| {
        sheet.detail.with_untracked(|detail| detail.as_ref().is_some_and(|all| all.can(action)))
    };
    if key.control {
        return key.code == "KeyZ" && sheet.desk.undo();
    }
    match key.code.as_str() {
        "KeyJ" => sheet.step(1),
        "KeyK" => sheet.step(-1),
        "KeyA" if can("approve") => acted(|| sheet.approve()),
        "KeyR" if can("return") => acted(|| sheet.ask_return()),
        "KeyX" if can("reject") => acted(|| sheet.ask_reject()),
        "Slash" => acted(|| page::focus("#search")),
        "Escape" => acted(|| sheet.leave()),
        "Digit1" => choose(1),
        "Digit2" => choose(2),
        "Digit3" => choose(3),
        _ => false,
    }
}

fn acted(act: impl FnOnce()) -> bool {
    act();
    true
}

/// Chooses an answer of the two-answers card with the focus, else of the first.
fn choose(number: usize) -> bool {
    office_dom::press_nth_radio("[data-resolve]", number)
}

impl Sheet {
    pub fn approve(self) {
        self.decide(Decision::plain("approve"), |_| {});
    }

    pub fn reopen(self) {
        self.decide(Decision::plain("reopen"), |_| {});
    }

    pub fn ask_return(self) {
        self.returning.set(true);
    }

    pub fn ask_reject(self) {
        self.rejecting.set(true);
    }

    /// Sends a decision; then the next record opens, with a way back for ten seconds.
    pub fn decide(self, mut decision: Decision, refused: impl FnOnce(&ApiError) + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        let shown =
            self.detail.with_untracked(|detail| detail.as_ref().map(|all| all.seen.clone()));
        decision.seen = shown.unwrap_or_default();
        let id = self.id.get_value();
        let action = decision.action;
        let next = untrack(|| self.neighbour(1));
        let query = self.query();
        let desk = self.desk;
        spawn_local(async move {
            let answer = desk.post::<Detail>(&review_path(&id), &decision).await;
            // Who left while the decision was on its way stays where they went.
            let here = self.busy.try_set(false).is_none();
            match answer {
                Ok(detail) => {
                    desk.notes.settle(&id);
                    let last = here && next.is_none();
                    desk.app.toast(
                        said(action, &detail, last),
                        way_back(desk, action, &detail, &query),
                    );
                    if here {
                        self.go_on(action, detail, next, query);
                    }
                }
                Err(error) => {
                    if here && error.code() == "conflict" {
                        self.load();
                    }
                    desk.app.toast(error.words(), None);
                    refused(&error);
                }
            }
        });
    }

    /// After a decision: the next record, or the list behind the last one.
    fn go_on(self, action: &str, detail: Detail, next: Option<String>, query: Query) {
        match next {
            _ if action == "reopen" => self.taken(detail),
            Some(next) => self.desk.go(&Place::Record(next, query)),
            None => {
                self.taken(detail);
                self.leave();
            }
        }
    }
}

/// What the toast says of a decision.
fn said(action: &str, detail: &Detail, last: bool) -> String {
    let word = match action {
        "approve" => Key::ReviewApprovedToast,
        "return" => Key::ReviewReturnedToast,
        "reject" => Key::ReviewRejectedToast,
        _ => Key::ReviewUndone,
    };
    let text = ta(word, &[("name", &title(&detail.record))]);
    if last && action != "reopen" { format!("{text}. {}", t(Key::ReviewLastOne)) } else { text }
}

/// The way back from a decision.
fn way_back(desk: Desk, action: &str, detail: &Detail, query: &Query) -> Option<Callback<()>> {
    let (id, query) = (detail.record.id.clone(), query.clone());
    (action != "reopen")
        .then(|| Callback::new(move |()| take_back(desk, id.clone(), query.clone())))
}

fn review_path(id: &str) -> String {
    format!("/api/records/{id}/review")
}

/// Opens the record again as it was before the decision.
fn take_back(desk: Desk, id: String, query: Query) {
    spawn_local(async move {
        match desk.post::<Detail>(&review_path(&id), &Decision::plain("reopen")).await {
            Ok(detail) => {
                let name = title(&detail.record);
                desk.app.toast(ta(Key::ReviewUndone, &[("name", &name)]), None);
                desk.go(&Place::Record(id, query));
            }
            Err(error) => desk.app.toast(error.words(), None),
        }
    });
}
