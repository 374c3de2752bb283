//! What a form asks of the phone itself when a record begins: `start-geopoint`.

use crate::fill::desk::Desk;
use crate::platform::geolocation;
use form::model::{NodeId, QuestionType};
use form::session::Address;
use leptos::task::spawn_local;

/// Takes the place where the record begins, if the form wants it and the person allows it.
pub fn begin(desk: Desk) {
    let wanted = desk.session(|session| {
        let form = session.form();
        let wants = |id: &NodeId| {
            form.node(*id).question() == Some(QuestionType::StartGeopoint)
                && form.repeats_of(*id).is_empty()
        };
        form.ids().filter(wants).collect::<Vec<_>>()
    });
    if wanted.is_empty() {
        return;
    }
    spawn_local(async move {
        let Ok(fix) = geolocation::take().await else { return };
        let stopped = desk.read(|draft| draft.address(&draft.row().resume.parse().ok()?));
        for node in wanted {
            desk.set(&Address { items: Vec::new(), node }, &fix.lexical());
        }
        // The worker is where the worker was.
        if let Some(at) = stopped {
            desk.stop_at(&at);
        }
    });
}
