//! What the next record may know of this one: `${last-saved#x}`.

use std::collections::{BTreeMap, BTreeSet};

use super::Session;
use super::program::{names_in, sources};
use crate::model::Form;

impl Form {
    /// Questions whose answer in the record finished last something asks for; most forms have none.
    pub fn last_saved_names(&self) -> BTreeSet<&str> {
        let of_nodes = self.nodes.iter().flat_map(sources);
        let of_choices = self.lists.values().flat_map(|list| &list.items);
        let of_choices = of_choices.flat_map(|item| item.label.values()).map(String::as_str);
        let of_settings = self.settings.values().map(String::as_str);
        let all = of_nodes.chain(of_choices).chain(of_settings);
        all.filter(|text| text.contains("${last-saved#"))
            .flat_map(names_in)
            .filter_map(|name| name.strip_prefix("last-saved#"))
            .collect()
    }
}

impl Session {
    /// The answers that the next record will ask this one for, when it is the one finished last: what is not
    /// relevant is not saved, and of a repeat the first item counts.
    pub fn last_saved(&self) -> BTreeMap<String, String> {
        let names = self.form.last_saved_names();
        let mut found = BTreeMap::new();
        if names.is_empty() {
            return found;
        }
        for slot in self.subtree(0) {
            let here = self.slot(slot);
            let name = self.form.nodes[here.node as usize].name.as_str();
            if here.relevant && !here.value.is_empty() && names.contains(name) {
                found.entry(name.to_owned()).or_insert_with(|| here.value.clone());
            }
        }
        found
    }
}
