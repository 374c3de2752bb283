//! Who may do what: one table, used by the server, the tests and the screens.

/// What a person is in a municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Fills in surveys on a phone.
    Worker,
    /// Reviews them in the office.
    Reviewer,
    /// Manages forms, people and devices.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Worker, Self::Reviewer, Self::Administrator];

    /// The name in the database and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Reviewer => "reviewer",
            Self::Administrator => "administrator",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Send and receive records with a phone.
    Sync,
    /// Read the records of the municipality in the office.
    ReadRecords,
    /// Read answers marked `sensitivity = protection`.
    ReadProtection,
    /// Approve, return, reject; settle two answers.
    Review,
    /// Publish form versions.
    PublishForms,
    /// Add and remove people, enrol and revoke devices.
    ManagePeople,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 6] = [
        Self::Sync,
        Self::ReadRecords,
        Self::ReadProtection,
        Self::Review,
        Self::PublishForms,
        Self::ManagePeople,
    ];
}

/// Whether a role may do something. What is not listed is forbidden.
///
/// Administrators do not read protection answers: they manage, and need-to-know decides (Georgian
/// Law on Personal Data Protection no. 3144; special categories of minors).
pub fn may(role: Role, action: Action) -> bool {
    use Action::{ManagePeople, PublishForms, ReadProtection, ReadRecords, Review, Sync};
    match role {
        Role::Worker => matches!(action, Sync | ReadProtection),
        Role::Reviewer => matches!(action, ReadRecords | ReadProtection | Review),
        Role::Administrator => matches!(action, ReadRecords | PublishForms | ManagePeople),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        let table = [
            // sync, read, protection, review, forms, people
            (Role::Worker, [true, false, true, false, false, false]),
            (Role::Reviewer, [false, true, true, true, false, false]),
            (Role::Administrator, [false, true, false, false, true, true]),
        ];
        for (role, allowed) in table {
            for (action, expected) in Action::ALL.into_iter().zip(allowed) {
                assert_eq!(may(role, action), expected, "{role:?} {action:?}");
            }
        }
    }
}
