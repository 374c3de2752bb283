//! In which language a record's questions are read.

use crate::platform::page;
use device::Draft;
use std::cell::RefCell;
use std::rc::Rc;

/// The language of the form's texts: the one chosen last, else the interface's, else the form's own.
pub(super) fn language_of(draft: &Rc<RefCell<Draft>>, interface: &str) -> String {
    let draft = draft.borrow();
    let form = draft.session().form();
    let knows = |code: &String| form.languages.iter().any(|language| language.code == *code);
    let chosen = page::setting("form_language").filter(knows);
    chosen
        .or_else(|| Some(interface.to_owned()).filter(knows))
        .unwrap_or_else(|| form.default_language.clone())
}
