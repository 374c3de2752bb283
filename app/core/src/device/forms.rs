//! The forms that the device holds, and which of them a visit can begin with.

use super::{Device, FormInfo, StoredForm};
use crate::ports::{StoreError, Table};
use form::model::Form;
use shared::id::FormVersionId;
use shared::record::SubjectKind;
use shared::sync::ability::Abilities;
use shared::sync::message::PublishedForm;
use std::sync::Arc;

/// Versions that are here, and versions that are wanted.
type FormWishes = (Vec<FormVersionId>, Option<Vec<FormVersionId>>);

impl Device {
    /// The forms in force, by form id.
    pub fn forms(&self) -> Vec<FormInfo> {
        let current = self.directory.borrow().current_forms.clone();
        current
            .into_iter()
            .filter_map(|version| Some(FormInfo { version, form: self.form(version)? }))
            .collect()
    }

    /// The version in force of a form.
    pub fn current_form(&self, form_id: &str) -> Option<FormInfo> {
        self.forms().into_iter().find(|info| info.form.form_id == form_id)
    }

    /// The forms in force whose records are about `kind`.
    pub fn forms_about(&self, kind: SubjectKind) -> Vec<FormInfo> {
        let mut forms = self.forms();
        forms.retain(|info| shared::project::subject(&info.form) == kind);
        forms
    }

    /// The forms in force that a visit can begin with where no family is needed: those about something
    /// else, and those about children where there is no form about their household.
    pub fn forms_alone(&self) -> Vec<FormInfo> {
        let mut forms = self.forms();
        let about = |info: &FormInfo| shared::project::subject(&info.form);
        let families = forms.iter().any(|info| about(info) == SubjectKind::Household);
        forms.retain(|info| match about(info) {
            SubjectKind::Household => false,
            SubjectKind::Child => !families,
            SubjectKind::Other => true,
        });
        forms
    }

    /// A version of a form, when it is on the device.
    pub fn form(&self, version: FormVersionId) -> Option<Arc<Form>> {
        let mut forms = self.forms.borrow_mut();
        let stored = forms.get_mut(&version)?;
        if let StoredForm::Encoded(bytes) = stored {
            let form = Form::from_bytes(bytes).ok()?;
            *stored = StoredForm::Decoded(Arc::new(form));
        }
        match stored {
            StoredForm::Decoded(form) => Some(form.clone()),
            StoredForm::Encoded(_) => None,
        }
    }

    /// Whether a questionnaire that may be filled in here has questions whose widgets come in a chunk of
    /// their own: a form in force, or that of a record on the phone.
    pub fn needs_rare(&self) -> bool {
        let mut versions = self.directory.borrow().current_forms.clone();
        for version in self.list().iter().filter_map(|row| row.form_version) {
            if !versions.contains(&version) {
                versions.push(version);
            }
        }
        let needs = |version: FormVersionId| {
            self.form(version).is_some_and(|form| crate::fill::rare::needs(&form))
        };
        versions.into_iter().any(needs)
    }

    /// Whether the server takes nothing in of what this device sends, until an administrator says otherwise.
    pub fn is_paused(&self) -> bool {
        self.engine.borrow().state().paused == Some(true)
    }

    /// Whether a questionnaire is in force that this build cannot read, or that the server has in no format
    /// that it reads: then the app has to be updated. What was answered is sent all the same.
    pub fn lacks_form(&self) -> bool {
        let current = self.directory.borrow().current_forms.clone();
        !self.is_syncing() && current.into_iter().any(|version| self.form(version).is_none())
    }

    /// The form versions that need not be sent, and those that records here name and that are not here.
    pub(crate) async fn form_wishes(&self) -> Result<FormWishes, StoreError> {
        let mut held: Vec<FormVersionId> = self.forms.borrow().keys().copied().collect();
        if self.engine.borrow().state().formats != Abilities::own().forms {
            // Another build stored them. What it was given in another format than that of the publication
            // is perhaps to be had as it was published now.
            for (key, bytes) in self.writer.scan(Table::Form, "").await?.0 {
                let other =
                    key.parse().ok().filter(|version| FormVersionId::of(&bytes) != *version);
                held.retain(|version| Some(*version) != other);
            }
        }
        let mut wanted = Vec::new();
        for version in self.rows.borrow().values().filter_map(|(_, row)| row.form_version) {
            if version.0 != [0; 16] && !held.contains(&version) && !wanted.contains(&version) {
                wanted.push(version);
            }
        }
        Ok((held, (!wanted.is_empty()).then_some(wanted)))
    }

    pub(crate) fn add_form(&self, published: &PublishedForm) {
        let bytes = published.compiled.as_slice();
        self.writer.put(Table::Form, published.version.to_string(), bytes);
        self.forms.borrow_mut().insert(published.version, StoredForm::Encoded(bytes.to_vec()));
    }
}
