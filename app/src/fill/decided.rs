//! A record that the office has approved or rejected: for reading, until the worker says that something
//! has to be corrected.

use super::desk::Desk;
use super::say;
use crate::i18n::{Key, t, ta, tx};
use crate::ui::{ActionBar, Button, Dialog, Icon, Kind, StatusChip, TopBar, live};
use form::model::NodeId;
use form::session::{Address, Session};
use leptos::prelude::*;
use shared::record::review::{Review, ReviewState};

/// The page of a record; before it, while a decision of the office holds, its answers for reading.
pub fn before(desk: Desk, page: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    live(move || match desk.decision() {
        Some(review) => view(desk, &review),
        None => page(),
    })
}

fn view(desk: Desk, review: &Review) -> AnyView {
    let asking = RwSignal::new(false);
    let approved = review.state == ReviewState::Approved;
    let by = [
        ("person", review.by.as_str()),
        ("when", &say::when(review.at_ms)),
        ("reason", &review.reason),
    ];
    let (said, ask) = match approved {
        true => (ta(Key::StatusApprovedDetail, &by), Key::DecidedAskApproved),
        false => (ta(Key::StatusRejectedDetail, &by), Key::DecidedAskRejected),
    };
    let row = desk.app.device().row(desk.record);
    let chip = row.as_ref().map(|row| view! { <StatusChip chip=row.chip() /> });
    let title = row.map(|row| crate::page::row::full_title(desk.app, &row)).unwrap_or_default();
    view! {
        <div class="screen">
            <TopBar
                title=tx(if approved { Key::DecidedApproved } else { Key::DecidedRejected })
                up=Callback::new(move |()| desk.app.go(desk.household()))
            />
            <main class="page" id="content">
                {(!title.is_empty()).then(|| view! { <h2 class="t-lg">{title}</h2> })}
                <p>{chip}</p>
                <p>{said}</p>
                {live(move || answers(desk))}
            </main>
            <ActionBar>
                <Button
                    kind=Kind::Secondary
                    label=tx(Key::DecidedCorrect)
                    on_press=move |()| asking.set(true)
                />
            </ActionBar>
            <Dialog
                open=asking
                title=tx(Key::DecidedCorrectTitle)
                text=tx(ask)
                safe=tx(Key::ActionCancel)
                act=tx(Key::DecidedCorrect)
                on_act=move |()| desk.correct()
            />
        </div>
    }
    .into_any()
}

/// What was answered, in the order of the form. What only the worker may see is left out unless nobody
/// else looks.
fn answers(desk: Desk) -> AnyView {
    let alone = desk.is_alone();
    let all = desk.session(Session::walk);
    let mut lines: Vec<AnyView> = Vec::new();
    let mut hidden = false;
    let mut section = NodeId::ROOT;
    let mut inside: Vec<String> = Vec::new();
    for at in all {
        let (top, worker, shown) = desk.session(|session| {
            let form = session.form();
            let answered = form.node(at.node).question().is_some_and(|of| of.has_control())
                && session.state(&at).relevant
                && !session.value(&at).is_empty();
            (place(session, &at).0, place(session, &at).1, answered)
        });
        hidden |= shown && worker && !alone;
        if !shown || worker && !alone {
            continue;
        }
        if top != section || at.items != inside {
            section = top;
            inside.clone_from(&at.items);
            lines.push(heading(desk, top, &at));
        }
        let value = desk.session(|session| session.value(&at).to_owned());
        let value = say::answer(desk, &at, &value);
        lines.push(
            view! {
                <div class="row">
                    <span class="row__main">
                        <span class="meta">{say::label(desk, &at)}</span>
                        <span>{value}</span>
                    </span>
                </div>
            }
            .into_any(),
        );
    }
    let hidden = hidden.then(|| {
        view! {
            <p class="worker-only">
                <Icon name="eye-hide" />
                {t(Key::QuestionWorkerOnly)}
            </p>
        }
    });
    view! {
        <section class="list">{lines}</section>
        {hidden}
    }
    .into_any()
}

/// The group at the top of the form that a question stands in, and whether it is for the worker only.
fn place(session: &Session, at: &Address) -> (NodeId, bool) {
    let form = session.form();
    let (mut top, mut worker) = (at.node, false);
    let mut node = Some(at.node);
    while let Some(id) = node.filter(|id| *id != NodeId::ROOT) {
        worker |= form.node(id).is_set("worker_only");
        top = id;
        node = form.node(id).parent;
    }
    (if top == at.node { NodeId::ROOT } else { top }, worker)
}

/// The name of a section, and of the person within it.
fn heading(desk: Desk, top: NodeId, at: &Address) -> AnyView {
    let mut words = match top {
        NodeId::ROOT => t(Key::QuestionFirstPart),
        node => say::label(desk, &Address { items: Vec::new(), node }),
    };
    let repeat = desk.session(|session| session.form().repeats_of(at.node).last().copied());
    if let Some(node) = repeat {
        words = say::item_title(desk, &Address { items: at.items.clone(), node });
    }
    view! { <h2 class="list__head">{words}</h2> }.into_any()
}
