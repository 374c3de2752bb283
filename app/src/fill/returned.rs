//! What the office wants corrected: the reviewer's words, each question a way to it, a tick when it
//! was answered again, or the worker's words why it cannot be.

use super::desk::{Desk, Origin};
use super::{check, say};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::page::row;
use crate::ui::{
    ActionBar, Button, Dialog, Field, Icon, Kind, StatusChip, TopBar, effect, live, memo, press,
};
use device::Route;
use form::session::Address;
use leptos::prelude::*;
use shared::record::FieldPath;
use shared::record::review::{Flag, Review, ReviewState};
use std::collections::BTreeMap;

/// The page of a returned record. What the office decides while it is open is shown as it arrives.
pub fn view(desk: Desk) -> AnyView {
    let app = desk.app;
    let review = memo(move || {
        app.lists().track();
        desk.read(|draft| Some(draft.review())).unwrap_or_default()
    });
    let opened_at = review.get_untracked().at_ms;
    Effect::new(move |before: Option<i64>| {
        let at = review.with(|review| review.at_ms);
        if before.is_some_and(|before| before != at) {
            desk.reread_fixed();
            desk.reread_remarks();
        }
        at
    });
    let row = app.device().row(desk.record);
    let title = row.map(|row| row::full_title(app, &row)).unwrap_or_default();
    let back = Back::new(desk);
    // Before the box is drawn: what stands in it is kept.
    back.reread();
    effect(move || {
        review.track();
        back.reread();
    });
    view! {
        <div class="screen">
            <TopBar
                title=tx(Key::ReturnedTitle)
                up=Callback::new(move |()| app.go(desk.household()))
            />
            <main class="page" id="content">
                {(!title.is_empty()).then(|| view! { <h2 class="t-lg">{title}</h2> })}
                <div class="stack" aria-live="polite">
                    {live(move || {
                        let review = review.get();
                        let news = review.at_ms != opened_at;
                        match review.state {
                            ReviewState::Returned => wanted(back, review, news),
                            _ => over(desk, &review),
                        }
                    })}
                </div>
            </main>
            {live(move || bar(back, &review.get()))}
            {back.dialog()}
        </div>
    }
    .into_any()
}

/// What the office wants: its words, and each question that it remarked on.
fn wanted(back: Back, review: Review, news: bool) -> AnyView {
    let by = [("person", review.by.as_str()), ("when", &say::when(review.at_ms))];
    let by = ta(Key::ReturnedBy, &by);
    let count = review.flags.len() as u64;
    let summary = match count {
        0 => t(Key::ReturnedGeneral),
        count => tn(Plural::ReturnedText, count, &[]),
    };
    let lines = review.flags.iter().enumerate().map(|(at, flag)| line(back, at + 1, flag));
    view! {
        {news
            .then(|| {
                view! {
                    <p class="note">
                        <Icon name="info" small=true />
                        {t(Key::ReturnedListChanged)}
                    </p>
                }
            })}
        <p>{summary}</p>
        <div class="asker">
            <p class="meta">{by}</p>
            {(!review.reason.is_empty()).then(|| view! { <p>{review.reason.clone()}</p> })}
        </div>
        <ol class="roster">{lines.collect_view()}</ol>
        {(count > 0).then(|| view! { <p class="hint">{t(Key::ReturnedNothingElse)}</p> })}
        {back.message()}
    }
    .into_any()
}

/// The office has decided otherwise since, or the record was finished again.
fn over(desk: Desk, review: &Review) -> AnyView {
    let chip = desk.app.device().row(desk.record).map(|row| row.chip());
    let by = [
        ("person", review.by.as_str()),
        ("when", &say::when(review.at_ms)),
        ("reason", &review.reason),
    ];
    let decided = match review.state {
        ReviewState::Approved => Some(ta(Key::StatusApprovedDetail, &by)),
        ReviewState::Rejected => Some(ta(Key::StatusRejectedDetail, &by)),
        _ => None,
    };
    view! {
        <p class="strong">{t(Key::ReturnedOver)}</p>
        {chip.map(|chip| view! { <p><StatusChip chip=chip /></p> })}
        {decided.map(|text| view! { <p>{text}</p> })}
    }
    .into_any()
}

fn line(back: Back, number: usize, flag: &Flag) -> AnyView {
    let desk = back.desk;
    let at = desk.read(|draft| draft.address(&flag.path));
    let label = match &at {
        Some(at) => say::label(desk, at),
        None => flag.path.to_string(),
    };
    let words = flag.text.clone();
    let fixed = {
        let at = at.clone();
        move || at.as_ref().is_some_and(|at| desk.is_fixed(at))
    };
    // A question of which nothing may be said where everybody reads it is only answered.
    let speaks = desk.read(|draft| draft.may_speak_of(&flag.path));
    let path = flag.path.clone();
    let asked = (flag.path.clone(), label.clone());
    view! {
        <li class="roster__item roster__item--returned">
            <span class="roster__number">{number}</span>
            <button
                type="button"
                class="roster__main"
                on:click=move |_| {
                    match &at {
                        Some(at) => check::jump(desk, at, Origin::Returned),
                        // A newer version of the form does not ask it any more.
                        None => desk.app.go(Route::Fill(desk.record, None)),
                    }
                }
            >
                <span class="roster__name">{label}</span>
                <span class="meta">{words}</span>
            </button>
            {live(move || {
                let said = back.said(&path.to_string());
                let fixed = fixed();
                let cannot = (speaks && !fixed)
                    .then(|| {
                        let asked = asked.clone();
                        let key = match said.is_empty() {
                            true => Key::ReturnedCannot,
                            false => Key::ActionChange,
                        };
                        view! {
                            <button
                                type="button"
                                class="link-button"
                                on:click=press(move || back.ask(asked.clone()))
                            >
                                {t(key)}
                            </button>
                        }
                    });
                let state = match (fixed, said.is_empty()) {
                    (true, _) => view! {
                        <span class="roster__ok">
                            <Icon name="tick" small=true />
                            {t(Key::ReturnedFixed)}
                        </span>
                    }
                    .into_any(),
                    (false, true) => {
                        view! { <span class="roster__missing">{t(Key::ReturnedFix)}</span> }
                            .into_any()
                    }
                    (false, false) => {
                        let words = ta(Key::ReturnedAnswered, &[("words", &said)]);
                        view! { <span class="roster__ok">{words}</span> }.into_any()
                    }
                };
                view! { <span class="cluster">{cannot} {state}</span> }.into_any()
            })}
        </li>
    }
    .into_any()
}

/// Starts with the first remark; the last one put right, or answered, offers to finish again.
fn bar(back: Back, review: &Review) -> AnyView {
    let desk = back.desk;
    if review.state != ReviewState::Returned {
        let home = move |()| desk.app.go(desk.household());
        return view! {
            <ActionBar>
                <Button label=tx(Key::ActionBack) on_press=home />
            </ActionBar>
        }
        .into_any();
    }
    let places = review.flags.iter().map(|flag| &flag.path);
    let placed = |path| Some((desk.read(|draft| draft.address(path))?, path));
    let all: Vec<(Address, &FieldPath)> = places.filter_map(placed).collect();
    let over = |(at, path): &(Address, &FieldPath)| {
        desk.is_fixed(at) || !back.said(&path.to_string()).is_empty()
    };
    let done = !all.is_empty() && all.iter().all(over);
    let first = all.iter().find(|one| !over(one)).or(all.first());
    let first = first.map(|(at, _)| at.clone());
    let start = move |()| match first.clone() {
        Some(first) => check::jump(desk, &first, Origin::Returned),
        None => desk.app.go(Route::Fill(desk.record, None)),
    };
    let finish = move |()| desk.app.go(Route::Check(desk.record));
    let (main, other) =
        if done { (Kind::Secondary, Kind::Primary) } else { (Kind::Primary, Kind::Secondary) };
    view! {
        <ActionBar stacked=true>
            <Button kind=main label=tx(Key::ReturnedStart) on_press=start />
            <Button kind=other label=tx(Key::ReturnedFinishAgain) on_press=finish />
        </ActionBar>
    }
    .into_any()
}

/// What the worker answers to the office.
#[derive(Clone, Copy)]
struct Back {
    desk: Desk,
    /// By path; on the whole under a blank one.
    given: RwSignal<BTreeMap<String, String>>,
    /// Of which remark it is asked why it cannot be followed; its question in words.
    asking: RwSignal<Option<(FieldPath, String)>>,
    open: RwSignal<bool>,
    words: RwSignal<String>,
    message: RwSignal<String>,
}

impl Back {
    fn new(desk: Desk) -> Self {
        Self {
            desk,
            given: RwSignal::default(),
            asking: RwSignal::default(),
            open: RwSignal::new(false),
            words: RwSignal::default(),
            message: RwSignal::default(),
        }
    }

    fn reread(self) {
        self.desk.commit();
        let given = self.desk.read(|draft| draft.replies());
        let message = given.get("").cloned().unwrap_or_default();
        self.given.set(given);
        // What is being typed has its blanks at the end.
        if self.message.with_untracked(|now| now.trim() != message) {
            self.message.set(message);
        }
    }

    /// The answer to a remark, followed; blank where there is none.
    fn said(self, path: &str) -> String {
        self.given.with(|given| given.get(path).cloned().unwrap_or_default())
    }

    fn ask(self, remark: (FieldPath, String)) {
        self.words.set(untrack(|| self.said(&remark.0.to_string())));
        self.asking.set(Some(remark));
        self.open.set(true);
    }

    fn give(self, path: &FieldPath, words: &str) {
        let words = words.trim();
        if untrack(|| self.said(&path.to_string())) == words {
            return;
        }
        self.desk.read(|draft| draft.reply(Some(path), words));
        self.desk.app.save();
        self.reread();
    }

    /// Asks why a remark cannot be followed. Blank words take back what was said.
    fn dialog(self) -> AnyView {
        let question = move || {
            self.asking.with(|of| of.as_ref().map(|(_, label)| label.clone()).unwrap_or_default())
        };
        let save = move |()| {
            let Some((path, _)) = self.asking.get_untracked() else { return };
            self.give(&path, &self.words.get_untracked());
        };
        view! {
            <Dialog
                open=self.open
                title=tx(Key::ReturnedCannotTitle)
                text=Signal::derive(question)
                safe=tx(Key::ActionCancel)
                act=tx(Key::ActionSave)
                on_act=save
            >
                <Field id="cannot" label=tx(Key::ReturnedMessageBack) value=self.words />
            </Dialog>
        }
        .into_any()
    }

    /// A word to whoever returned the record, kept while it is typed.
    fn message(self) -> AnyView {
        effect(move || self.desk.say_back(self.message.get()));
        view! {
            <Field
                id="reply"
                label=tx(Key::ReturnedMessageBack)
                value=self.message
                on_leave=Callback::new(move |()| self.desk.commit())
            />
        }
        .into_any()
    }
}
