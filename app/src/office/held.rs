//! Changes that the server could not take in: who sent them, why they wait, and what a person decides.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};

use super::api::ApiError;
use super::asking::{AskWhy, Asking, Why};
use super::inbox::with_family;
use super::model::{Session, or_default};
use super::texts::when;
use super::{Desk, Failure, Loading};
use crate::i18n::{Key, t, ta, tx};
use crate::page::held::reason;
use crate::platform::page;
use crate::ui::words::record_number;
use crate::ui::{Button, EmptyState, Kind};

/// A refused change, as the server lists it.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Held {
    hash: String,
    record: String,
    #[serde(deserialize_with = "or_default")]
    title: String,
    #[serde(deserialize_with = "or_default")]
    family: String,
    reason: String,
    device: Phone,
    #[serde(deserialize_with = "or_default")]
    person: String,
    received_at: i64,
    /// The phone that made it will not send it any more.
    maker_gone: bool,
}

#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Phone {
    id: String,
    #[serde(deserialize_with = "or_default")]
    label: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct All {
    changes: Vec<Held>,
    unprojected: Vec<Rowless>,
}

/// A record whose rows the server could not make.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Rowless {
    record: String,
}

#[derive(Serialize)]
struct Decision {
    action: &'static str,
    reason: String,
}

/// The reason of what another phone than its maker's has sent.
const FROM_OTHERS: &str = "foreign_actor";

#[derive(Serialize)]
struct DecisionForAll {
    action: &'static str,
    code: &'static str,
}

/// What became of it. With more to do the same request goes on.
#[derive(Deserialize)]
struct Taken {
    left: usize,
    more: bool,
}

/// Changes of one record that one phone sent and that wait for the same reason: decided together.
#[derive(Clone, PartialEq)]
struct Group {
    first: Held,
    hashes: Vec<String>,
}

/// Keeps the list up to date while somebody is signed in who may decide.
pub fn follow(desk: Desk, session: &Session) {
    if !session.may("records.review") {
        return;
    }
    Effect::new(move || {
        desk.live.changed.track();
        spawn_local(async move {
            load(desk).await.ok();
        });
    });
}

/// The records of which no list knows come back.
async fn load(desk: Desk) -> Result<Vec<Rowless>, ApiError> {
    let all = desk.get::<All>("/api/wedged").await?;
    let _ = desk.held.try_set(Some(all.changes));
    Ok(all.unprojected)
}

/// How many wait; none is not said.
pub fn count(desk: Desk) -> Option<usize> {
    desk.held.with(|held| held.as_ref().map(|held| groups(held).len())).filter(|count| *count > 0)
}

fn groups(held: &[Held]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for change in held {
        let same = |group: &&mut Group| {
            (&group.first.record, &group.first.device, &group.first.reason)
                == (&change.record, &change.device, &change.reason)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.hashes.push(change.hash.clone()),
            None => groups.push(Group { first: change.clone(), hashes: vec![change.hash.clone()] }),
        }
    }
    groups
}

#[derive(Clone, Copy)]
struct Here {
    desk: Desk,
    failed: RwSignal<Option<ApiError>>,
    rowless: RwSignal<Vec<Rowless>>,
    busy: RwSignal<bool>,
    /// What is about to be left out.
    leaving: RwSignal<Option<Group>>,
    words: RwSignal<String>,
    /// Whether everything that others made is about to be accepted.
    vouching: RwSignal<bool>,
    /// While that takes several requests: how many are left.
    left: RwSignal<Option<usize>>,
}

/// The page.
pub fn page(desk: Desk) -> AnyView {
    let here = Here {
        desk,
        failed: RwSignal::new(None),
        rowless: RwSignal::new(Vec::new()),
        busy: RwSignal::new(false),
        leaving: RwSignal::new(None),
        words: RwSignal::new(String::new()),
        vouching: RwSignal::new(false),
        left: RwSignal::new(None),
    };
    page::set_title(&format!("{} – {}", t(Key::StatusWedged), t(Key::AppName)));
    here.load();
    view! {
        <div class="office__page">
            <h1 class="t-xl">{t(Key::StatusWedged)}</h1>
            <p class="meta">{t(Key::HeldLead)}</p>
            {move || here.rowless.with(|records| rowless(records))}
            {move || {
                let others = desk.held.with(|held| held.as_deref().map_or(0, from_others));
                (others > 1).then(|| accept_all(here))
            }}
            <p role="status" class="meta">
                {move || {
                    let left = here.left.get()?.to_string();
                    Some(ta(Key::HeldAccepting, &[("left", &left)]))
                }}
            </p>
            {move || {
                if let Some(error) = here.failed.get() {
                    return view! { <Failure error=error on_retry=move |()| here.load() /> }.into_any();
                }
                match desk.held.with(|held| held.as_deref().map(groups)) {
                    None => view! { <Loading /> }.into_any(),
                    Some(all) if all.is_empty() => {
                        view! { <EmptyState icon="tick-square" title=tx(Key::HeldNone) /> }.into_any()
                    }
                    Some(all) => table(here, all),
                }
            }}
        </div>
        {discard_dialog(here)}
        {accept_dialog(here)}
    }
    .into_any()
}

/// Records that are in no list: the documents are safe, and the server tries again.
pub fn rowless(records: &[Rowless]) -> Option<impl IntoView + use<>> {
    let numbers: Vec<String> =
        records.iter().filter_map(|of| of.record.parse().ok()).map(record_number).collect();
    let count = numbers.len().to_string();
    (!numbers.is_empty()).then(|| {
        view! {
            <p role="status" class="strong">
                {ta(Key::HeldRowsMissing, &[("count", &count)])} " " {numbers.join(", ")}
            </p>
        }
    })
}

/// How many changes wait that another phone than their maker's has sent.
fn from_others(held: &[Held]) -> usize {
    held.iter().filter(|change| change.reason == FROM_OTHERS).count()
}

fn accept_all(here: Here) -> AnyView {
    view! {
        <p>
            <Button
                kind=Kind::Secondary
                label=tx(Key::HeldAcceptAll)
                on_press=move |()| here.vouching.set(true)
            />
        </p>
    }
    .into_any()
}

fn accept_dialog(here: Here) -> impl IntoView {
    view! {
        <Asking
            id="held-all"
            open=here.vouching
            on_close=move |()| here.vouching.set(false)
            title=tx(Key::HeldAcceptAllTitle)
            act=tx(Key::HeldAcceptAll)
            on_act=move |()| here.accept_all()
        >
            <p>{t(Key::HeldAcceptAllText)}</p>
        </Asking>
    }
}

fn table(here: Here, all: Vec<Group>) -> AnyView {
    view! {
        <div class="table-wrap">
            <table class="table">
                <caption class="visually-hidden">{t(Key::StatusWedged)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t(Key::InboxRecord)}</th>
                        <th scope="col">{t(Key::InboxWorker)}</th>
                        <th scope="col">{t(Key::InboxReceived)}</th>
                        <th scope="col">{t(Key::HeldReason)}</th>
                        <th scope="col">
                            <span class="visually-hidden">{t(Key::ActionChange)}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{all.into_iter().map(|group| row(here, group)).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(here: Here, group: Group) -> impl IntoView {
    let Held {
        record, title, family, reason: code, device, person, received_at, maker_gone, ..
    } = group.first.clone();
    let number = record.parse().map(record_number).unwrap_or_default();
    let untitled = title.is_empty();
    let count = (group.hashes.len() > 1)
        .then(|| ta(Key::HeldChanges, &[("count", &group.hashes.len().to_string())]));
    let why = match code.as_str() {
        "missing_dependency" => t(Key::HeldCannotCome),
        // Why it waits, and that waiting will not help.
        code if maker_gone => format!("{} {}", reason(code), t(Key::HeldMakerGone)),
        code => reason(code),
    };
    // Only where somebody has to vouch for it does accepting differ from trying again.
    let vouch = matches!(code.as_str(), "foreign_actor" | "not_allowed");
    view! {
        <tr>
            <td>
                <span class="strong">{if untitled { number.clone() } else { with_family(title, &family) }}</span>
                <br />
                <span class="meta">{(!untitled).then(|| number.clone())} " " {count}</span>
            </td>
            <td>
                {person}
                <br />
                <span class="meta">{device.label}</span>
            </td>
            <td class="table__num">{when(received_at)}</td>
            <td>{why}</td>
            <td>
                <span class="table__acts">
                    {act(here, Key::HeldRetry, "retry", &number, &group)}
                    {vouch.then(|| act(here, Key::HeldAccept, "accept", &number, &group))}
                    <button
                        type="button"
                        class="link-button"
                        aria-label=format!("{}: {number}", t(Key::HeldDiscard))
                        on:click=move |_| {
                            here.words.set(String::new());
                            here.leaving.set(Some(group.clone()));
                        }
                    >
                        {t(Key::HeldDiscard)}
                    </button>
                </span>
            </td>
        </tr>
    }
}

fn act(here: Here, word: Key, action: &'static str, number: &str, group: &Group) -> AnyView {
    let group = group.clone();
    view! {
        <button
            type="button"
            class="link-button"
            aria-label=format!("{}: {number}", t(word))
            aria-busy=move || here.busy.get().then_some("true")
            on:click=move |_| here.decide(&group, action, String::new())
        >
            {t(word)}
        </button>
    }
    .into_any()
}

/// Leaving a change out needs a reason: the worker reads it.
fn discard_dialog(here: Here) -> impl IntoView {
    let why = Why {
        id: "held",
        title: Key::HeldDiscardTitle,
        text: Key::HeldDiscardText,
        label: Key::HeldDiscardLabel,
        missing: Key::HeldDiscardNeeds,
        act: Key::HeldDiscard,
    };
    // Still known when the dialog has closed and its reason is given.
    let chosen = StoredValue::new(None::<Group>);
    let open = Memo::new(move |_| {
        let leaving = here.leaving.get();
        let open = leaving.is_some();
        if open {
            chosen.set_value(leaving);
        }
        open
    });
    let send = move |words: String| {
        if let Some(group) = chosen.get_value() {
            here.decide(&group, "discard", words);
        }
    };
    view! {
        <AskWhy
            why=why
            open=open
            on_close=move |()| here.leaving.set(None)
            words=here.words
            on_act=send
        />
    }
}

impl Here {
    fn load(self) {
        self.failed.set(None);
        spawn_local(async move {
            match load(self.desk).await {
                Ok(rowless) => {
                    let _ = self.rowless.try_set(rowless);
                }
                Err(error) => {
                    let _ = self.failed.try_set(Some(error));
                }
            }
        });
    }

    /// Takes in everything that others made.
    fn accept_all(self) {
        self.vouching.set(false);
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let all = DecisionForAll { action: "accept", code: FROM_OTHERS };
            let told = loop {
                match self.desk.post::<Taken>("/api/wedged", &all).await {
                    Ok(taken) if taken.more => {
                        let _ = self.left.try_set(Some(taken.left));
                    }
                    Ok(_) => break t(Key::HeldAcceptedAll),
                    Err(error) => break error.words(),
                }
            };
            let _ = load(self.desk).await;
            let _ = self.left.try_set(None);
            let _ = self.busy.try_set(false);
            self.desk.app.toast(told, None);
        });
    }

    /// Decides about every change of a group, in the order in which they came.
    fn decide(self, group: &Group, action: &'static str, words: String) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        let group = group.clone();
        spawn_local(async move {
            let mut told = match action {
                "discard" => t(Key::HeldDiscardedToast),
                _ => t(Key::HeldRetried),
            };
            for hash in &group.hashes {
                let decision = Decision { action, reason: words.clone() };
                match self.desk.tell(&format!("/api/wedged/{hash}"), &decision).await {
                    // Decided by a colleague in the meantime.
                    Ok(()) => {}
                    Err(error) if error.code() == "not_found" => {}
                    Err(error) if error.code() == "conflict" => {
                        let why = reason(&group.first.reason);
                        told = ta(Key::HeldStill, &[("reason", &why)]);
                        break;
                    }
                    Err(error) => {
                        told = error.words();
                        break;
                    }
                }
            }
            let _ = load(self.desk).await;
            let _ = self.busy.try_set(false);
            self.desk.app.toast(told, None);
        });
    }
}
