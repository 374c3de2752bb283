//! People, phones, codes and form versions.

use serde::Deserialize;

use super::{Text, or_default};
use crate::office::Rowless;

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Users {
    pub users: Vec<User>,
}

#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct User {
    pub id: String,
    pub login: String,
    pub name: String,
    pub role: String,
    #[serde(deserialize_with = "or_default")]
    pub villages: Vec<String>,
    pub active: bool,
    pub has_password: bool,
    #[serde(deserialize_with = "or_default")]
    pub devices: i64,
    pub last_seen_at: Option<i64>,
}

/// The answer to adding or changing a person, and to asking for a new link.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct UserSaved {
    pub user: User,
    pub setup_link: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Places {
    pub places: Vec<Place>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Place {
    pub value: String,
    #[serde(deserialize_with = "or_default")]
    pub label: Text,
}

#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Named {
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    #[serde(deserialize_with = "or_default")]
    pub name: String,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Devices {
    pub devices: Vec<Device>,
    pub unprojected: Vec<Rowless>,
}

#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Device {
    pub id: String,
    #[serde(deserialize_with = "or_default")]
    pub user: Named,
    #[serde(deserialize_with = "or_default")]
    pub label: String,
    pub enrolled_at: i64,
    pub last_seen_at: Option<i64>,
    /// What the phone reported at its last contact.
    pub unsent: Option<i64>,
    #[serde(deserialize_with = "or_default")]
    pub app_build: String,
    pub revoked_at: Option<i64>,
    /// Nothing that it sends is taken in.
    pub paused_at: Option<i64>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Codes {
    pub codes: Vec<PastCode>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct PastCode {
    #[serde(deserialize_with = "or_default")]
    pub user: Named,
    pub created_at: i64,
    pub expires_at: i64,
    pub used_at: Option<i64>,
}

/// A new code, shown once.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewCode {
    pub code: String,
    pub qr_svg: String,
    pub expires_at: i64,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Forms {
    pub forms: Vec<FormVersions>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct FormVersions {
    pub form_id: String,
    #[serde(deserialize_with = "or_default")]
    pub title: Text,
    #[serde(deserialize_with = "or_default")]
    pub current: String,
    pub versions: Vec<FormVersion>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct FormVersion {
    pub id: String,
    pub version: String,
    pub published_at: i64,
    #[serde(deserialize_with = "or_default")]
    pub published_by: Named,
    #[serde(deserialize_with = "or_default")]
    pub records: i64,
}

/// What the server found in an uploaded workbook.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Checked {
    pub published: bool,
    pub form: CheckedForm,
    pub warnings: Vec<SheetProblem>,
    pub new: bool,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CheckedForm {
    pub version: String,
    #[serde(deserialize_with = "or_default")]
    pub title: Text,
    pub questions: u64,
    #[serde(deserialize_with = "or_default")]
    pub languages: Vec<String>,
}

/// A problem in a workbook and the cell where it is.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SheetProblem {
    #[serde(deserialize_with = "or_default")]
    pub code: String,
    #[serde(deserialize_with = "or_default")]
    pub message: String,
    #[serde(deserialize_with = "or_default")]
    pub sheet: String,
    pub row: Option<u32>,
    #[serde(deserialize_with = "or_default")]
    pub column: String,
}
