//! Rows as the JSON of docs/API.md.

use super::hex;
use crate::store::{CodeRow, Counts, RecordRow, TenantRow, Unprojected, UserListRow, UserRow};
use form::model::Text;
use serde_json::{Value, json};
use shared::policy::{Action, Role, may};
use std::collections::BTreeMap;

const GRANTS: [(&str, Action); 6] = [
    ("records.read", Action::ReadRecords),
    ("records.review", Action::Review),
    ("records.protection", Action::ReadProtection),
    ("users.manage", Action::ManagePeople),
    ("devices.manage", Action::ManagePeople),
    ("forms.manage", Action::PublishForms),
];

/// As many records whose rows could not be made are named.
pub const UNPROJECTED: i64 = 100;

/// Records that no list knows of, or not as they are now.
pub fn unprojected(marks: &[Unprojected]) -> Vec<Value> {
    let mark = |mark: &Unprojected| json!({ "record": hex(mark.record_id.as_bytes()), "since": mark.since_ms, "tries": mark.tries });
    marks.iter().map(mark).collect()
}

/// Who is signed in, where, and what they may do.
pub fn session(user: &UserRow, tenant: &TenantRow) -> Value {
    let role = Role::from_name(&user.role);
    let granted: Vec<&str> = GRANTS
        .iter()
        .filter(|(_, action)| role.is_some_and(|role| may(role, *action)))
        .map(|(name, _)| *name)
        .collect();
    json!({
        "user": {
            "id": hex(user.user_id.as_bytes()),
            "login": user.login,
            "name": user.name,
            "role": user.role,
            "villages": user.villages,
        },
        "municipality": municipality(tenant),
        "may": granted,
    })
}

/// A municipality.
pub fn municipality(tenant: &TenantRow) -> Value {
    json!({ "slug": tenant.slug, "name": tenant.name })
}

/// A person in the administrator's list.
pub fn user(row: &UserListRow) -> Value {
    json!({
        "id": hex(row.user.user_id.as_bytes()),
        "login": row.user.login,
        "name": row.user.name,
        "role": row.user.role,
        "villages": row.user.villages,
        "active": row.user.active,
        "has_password": row.user.password_hash.is_some(),
        "devices": row.devices,
        "last_seen_at": row.last_seen_at_ms,
    })
}

/// An enrolment code without the code.
pub fn code(row: &CodeRow) -> Value {
    json!({
        "user": { "id": hex(row.user_id.as_bytes()), "name": row.user_name },
        "created_at": row.created_at_ms,
        "expires_at": row.expires_at_ms,
        "used_at": row.used_at_ms,
        "device": row.device_id.as_deref().map(hex),
    })
}

/// The names that lists show beside codes.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Form id → title.
    pub forms: BTreeMap<String, Value>,
    /// Settlement code → name by language.
    pub places: BTreeMap<String, Text>,
}

impl Names {
    fn form(&self, id: &str) -> Value {
        self.forms.get(id).cloned().unwrap_or_else(|| json!({ "": id }))
    }

    fn place(&self, code: &str) -> Value {
        self.places.get(code).map_or_else(|| json!({ "": code }), |name| json!(name))
    }
}

/// A record in a list.
pub fn item(row: &RecordRow, names: &Names) -> Value {
    json!({
        "id": hex(row.record_id.as_bytes()),
        "form_id": row.form_id,
        "form_title": names.form(&row.form_id),
        "form_version": hex(&row.form_version),
        "kind": row.kind,
        "title": row.title,
        "family": row.family,
        "village": row.village,
        "village_label": names.place(&row.village),
        "household": row.household_id.map(|id| hex(id.as_bytes())),
        "member": row.member_item,
        "finished": row.finished,
        "state": row.review_state,
        "round": row.round,
        "two_answers": row.two_answers,
        "problems": row.problems,
        "risk": row.risk,
        "author": row.author_id.map(|id| json!({
            "user": hex(id.as_bytes()),
            "name": row.author_name,
            "device": row.device_id.as_deref().map(hex),
            "device_label": row.device_label,
        })),
        "started_at": row.started_at_ms,
        "updated_at": row.updated_at_ms,
        "received_at": row.received_at_ms,
    })
}

/// The numbers beside the filters.
pub fn counts(counts: &Counts, names: &Names) -> Value {
    let states: BTreeMap<&str, i64> =
        counts.state.iter().map(|(state, count)| (state.as_str(), *count)).collect();
    let forms: Vec<Value> = counts
        .forms
        .iter()
        .map(|(id, count)| json!({ "form_id": id, "title": names.form(id), "count": count }))
        .collect();
    let villages: Vec<Value> = counts
        .villages
        .iter()
        .map(|(code, count)| json!({ "village": code, "label": names.place(code), "count": count }))
        .collect();
    json!({
        "state": states,
        "two_answers": counts.two_answers,
        "forms": forms,
        "villages": villages,
    })
}
