//! Names of settlements, out of the forms' own lists, read once per language.

use super::App;
use device::device::FormInfo;
use form::model::{Choices, pick};
use leptos::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;

/// The language and the version of the directory that the names belong to.
type Of = (&'static str, u64);

thread_local! {
    static NAMES: RefCell<(Option<Of>, HashMap<String, String>)> = RefCell::default();
}

/// The name of a settlement; the code itself when no form knows it.
pub fn name(app: App, code: &str) -> String {
    if code.is_empty() {
        return String::new();
    }
    let language = app.language.get_untracked().code();
    let device = app.device();
    let of = (language, device.directory().version);
    NAMES.with_borrow_mut(|(read, names)| {
        if *read != Some(of) {
            *names = device.forms().iter().flat_map(|info| names_of(info, language)).collect();
            *read = Some(of);
        }
        names.get(code).cloned().unwrap_or_else(|| code.to_owned())
    })
}

fn names_of(info: &FormInfo, language: &str) -> Vec<(String, String)> {
    let form = &info.form;
    let list = form
        .settings
        .get(shared::project::setting::PLACE)
        .and_then(|key| form.by_key(key))
        .and_then(|id| match &form.node(id).choices {
            Choices::List(list) => form.lists.get(list),
            _ => None,
        });
    let items = list.map(|list| list.items.as_slice()).unwrap_or_default();
    let named = |label| pick(label, language, &form.default_language).to_owned();
    items.iter().map(|item| (item.name.clone(), named(&item.label))).collect()
}
