//! What runs by itself (<https://getodk.github.io/xforms-spec/#actions>): when a form opens, when an
//! item of a repeat begins, when an answer changes.

use super::expression::Writer;
use super::{Xml, entity};
use crate::model::{Form, Node, NodeId, QuestionType};
use crate::session::program::names_in;

const FIRST_LOAD: &str = "odk-instance-first-load";

/// Actions of a node when the form opens; they stand in the model.
pub(super) fn of_opening(form: &Form, id: NodeId, node: &Node, out: &mut Xml) {
    let path = form.path(id);
    match node.question() {
        Some(QuestionType::StartGeopoint) => {
            out.empty("odk:setgeopoint", &[("ref", &path), ("event", FIRST_LOAD)]);
        }
        Some(QuestionType::BackgroundAudio) => {
            let quality = node.parameters.get("quality").map_or("", String::as_str);
            let attributes =
                [("ref", path.as_str()), ("event", "odk-instance-load"), ("odk:quality", quality)];
            out.empty("odk:recordaudio", &attributes);
        }
        _ => {}
    }
    default(form, id, node, FIRST_LOAD, out);
}

/// Actions when an item begins; they stand in the repeat whose item it is.
pub(super) fn of_item(form: &Form, repeat: NodeId, out: &mut Xml) {
    let inside = |id: &NodeId| form.repeats_of(*id).last() == Some(&repeat);
    for id in form.ids().skip(repeat.index() + 1).filter(inside) {
        default(form, id, form.node(id), "odk-new-repeat", out);
    }
    let places = crate::read::entity_places(form);
    for (container, entity) in &places {
        if *container == repeat || inside(container) {
            entity::identity(form, *container, *entity, "odk-new-repeat", out);
        }
    }
}

fn default(form: &Form, id: NodeId, node: &Node, event: &str, out: &mut Xml) {
    if node.dynamic_default {
        let (path, value) = (form.path(id), Writer::new(form, id).expression(&node.default));
        out.empty("setvalue", &[("ref", &path), ("event", event), ("value", &value)]);
    }
}

/// Calculations and places that are taken when this question changes; they stand in its control.
pub(super) fn of_change(form: &Form, id: NodeId, out: &mut Xml) {
    let name = &form.node(id).name;
    for target in form.ids().skip(1) {
        let node = form.node(target);
        if !names_in(&node.trigger).any(|found| found == name) {
            continue;
        }
        let path = form.path(target);
        let mut attributes = vec![("ref", path.as_str()), ("event", "xforms-value-changed")];
        if node.question() == Some(QuestionType::BackgroundGeopoint) {
            out.empty("odk:setgeopoint", &attributes);
            continue;
        }
        let value = Writer::new(form, target).expression(&node.calculation);
        attributes.push(("value", &value));
        out.empty("setvalue", &attributes);
    }
}
