//! What a record does to lists of entities (<https://getodk.github.io/xforms-spec/entities>).

use super::program::{compile, logical};
use super::{Address, Session};
use crate::model::{Form, Kind, NodeId};
use crate::read::{entity_named, entity_places};

/// An entity that a record makes or alters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntityAction {
    /// The list, `people`.
    pub dataset: String,
    /// The group, repeat item or root that it stands in: of a repeat one entity per item.
    pub at: Address,
    /// The id that the form names; blank for a new entity, whose id is the host's to give.
    pub id: String,
    pub create: bool,
    pub update: bool,
    /// Blank when the form says none: an update then leaves it as it is.
    pub label: String,
    /// Properties and values, in form order. What is not relevant is left out, what is blank is blank.
    pub properties: Vec<(String, String)>,
}

impl Session {
    /// The entities of the record as it stands, in form order. An entity whose condition is false, or that
    /// is not relevant, is left out; so is an update that names no id.
    pub fn entities(&self) -> Vec<EntityAction> {
        let mut found = Vec::new();
        let places = entity_places(&self.form);
        if places.is_empty() {
            return found;
        }
        for slot in self.subtree(0) {
            let here = self.slot(slot);
            let container = NodeId(here.node);
            let is_range = self.form.node(container).kind == Kind::Repeat && !here.is_item();
            if let Some(entity) = places.get(&container).filter(|_| here.relevant && !is_range) {
                found.extend(self.entity(slot, container, *entity));
            }
        }
        found
    }

    fn entity(&self, slot: u32, container: NodeId, entity: usize) -> Option<EntityAction> {
        let row = self.form.entities.get(entity)?;
        let get = |key: &str| row.get(key).map_or("", String::as_str).trim();
        let parsed = |key: &str| compile(&self.form, container, logical(get(key))).ok();
        let text = |key: &str| {
            let value = parsed(key).and_then(|expr| self.text_of_expression(slot, &expr));
            value.unwrap_or_default()
        };
        let holds = |key: &str| parsed(key).is_some_and(|expr| self.truth(slot, &expr, false));
        let has_id = !get("entity_id").is_empty();
        let id = if has_id { text("entity_id") } else { String::new() };
        let create = match get("create_if") {
            "" => !has_id,
            _ => holds("create_if"),
        };
        let update =
            has_id && !id.is_empty() && (get("update_if").is_empty() || holds("update_if"));
        if !create && !update {
            return None;
        }
        Some(EntityAction {
            dataset: get("list_name").to_owned(),
            at: self.address(slot),
            id,
            create,
            update,
            label: if get("label").is_empty() { String::new() } else { text("label") },
            properties: self.properties(slot, entity),
        })
    }

    fn properties(&self, slot: u32, entity: usize) -> Vec<(String, String)> {
        let inside = self.subtree(slot).into_iter().map(|inside| self.slot(inside));
        let relevant = inside.filter(|inside| inside.relevant);
        relevant
            .filter_map(|inside| {
                let property = saved_to(&self.form, NodeId(inside.node), entity)?;
                Some((property.to_owned(), inside.value.clone()))
            })
            .collect()
    }
}

/// The property of an entity that a question is saved to.
fn saved_to(form: &Form, node: NodeId, entity: usize) -> Option<&str> {
    let target = form.node(node).attributes.get("save_to")?;
    let (list, property) = target.split_once('#').unwrap_or(("", target));
    (entity_named(form, list) == Some(entity)).then_some(property)
}
