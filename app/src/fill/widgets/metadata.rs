//! What a form asks of the phone itself: `start-geopoint` when a record begins, `background-geopoint` when
//! another question is answered.

use crate::fill::desk::Desk;
use crate::platform::geolocation;
use form::model::{Form, Node, QuestionType};
use form::session::Address;
use leptos::task::spawn_local;
use std::cell::RefCell;

thread_local! {
    /// The questions whose place is being taken: typing answers many times.
    static TAKING: RefCell<Vec<Address>> = const { RefCell::new(Vec::new()) };
}

/// Takes the place where the record begins, if the form wants it and the person allows it.
pub fn begin(desk: Desk) {
    take(desk, &[], |_, node| node.question() == Some(QuestionType::StartGeopoint));
}

/// Takes the place where a question was answered, if another one wants it.
pub fn answered(desk: Desk, at: &Address) {
    take(desk, &at.items, |form, node| {
        node.question() == Some(QuestionType::BackgroundGeopoint)
            && node.trigger.contains(&["${", &form.node(at.node).name, "}"].concat())
    });
}

/// Answers the questions that want the place; `items` are those around the question that asks for it.
fn take(desk: Desk, items: &[String], wants: impl Fn(&Form, &Node) -> bool) {
    let wanted = desk.session(|session| {
        let form = session.form();
        let named = form.ids().filter(|id| wants(form, form.node(*id)));
        let placed = named.filter_map(|node| {
            let items = items.get(..form.repeats_of(node).len())?.to_vec();
            Some(Address { items, node })
        });
        placed.collect::<Vec<_>>()
    });
    let wanted: Vec<Address> = TAKING.with_borrow_mut(|taking| {
        let fresh: Vec<_> = wanted.into_iter().filter(|at| !taking.contains(at)).collect();
        taking.extend(fresh.iter().cloned());
        fresh
    });
    if wanted.is_empty() {
        return;
    }
    spawn_local(async move {
        let fix = geolocation::take().await;
        TAKING.with_borrow_mut(|taking| taking.retain(|at| !wanted.contains(at)));
        let Ok(fix) = fix else { return };
        let stopped = desk.read(|draft| draft.address(&draft.row().resume.parse().ok()?));
        for at in wanted {
            desk.set(&at, &fix.lexical());
        }
        // The worker is where the worker was.
        if let Some(at) = stopped {
            desk.stop_at(&at);
        }
    });
}
