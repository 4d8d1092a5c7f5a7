//! Somebody signed in, with everything they are today.

use super::role::Role;
use crate::kernel::ids::{AccountId, ContactId, OrganisationId, SessionId};
pub use crate::platform::web::state::FirstWall;

/// One thing that an account is.
#[derive(Debug, Clone)]
pub struct Affiliation {
    /// In which role.
    pub role: Role,
    /// In which organisation.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese.
    pub organisation_ja: String,
    /// Its name in English.
    pub organisation_en: String,
    /// For which CEPTOAR; `None` for all that the organisation has to do with.
    pub ceptoar_id: Option<String>,
    /// The window that the person answers for.
    pub contact_id: Option<ContactId>,
}

impl Affiliation {
    /// Whether it is a place at the desk (事務局) of a CEPTOAR.
    #[must_use]
    pub fn is_desk_of(&self, ceptoar_id: &str) -> bool {
        self.role == Role::Secretariat && self.ceptoar_id.as_deref() == Some(ceptoar_id)
    }
}

/// Somebody signed in, with everything they are today. Made by the session look-up alone.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// The account.
    pub account_id: AccountId,
    /// The session it is signed in with.
    pub session_id: SessionId,
    /// The person's name as shown.
    pub display_name: String,
    /// What they are.
    pub affiliations: Vec<Affiliation>,
    /// Whether the code decides; only tests of the database's own wall switch it off.
    pub first_wall: FirstWall,
}

impl Viewer {
    /// Whether the viewer has the role anywhere.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.affiliations.iter().any(|a| a.role == role)
    }

    /// Whether the viewer works at the centre.
    #[must_use]
    pub fn is_at_centre(&self) -> bool {
        self.has(Role::NiscAnalyst) || self.has(Role::NiscApprover)
    }

    /// The CEPTOARs whose desk the viewer keeps.
    #[must_use]
    pub fn desks(&self) -> Vec<&str> {
        self.affiliations
            .iter()
            .filter(|a| matches!(a.role, Role::Secretariat | Role::Coordinator))
            .filter_map(|a| a.ceptoar_id.as_deref())
            .collect()
    }
}

#[cfg(test)]
pub mod tests {
    //! Somebody to ask rules about.

    use super::{AccountId, Affiliation, FirstWall, OrganisationId, Role, SessionId, Viewer};

    /// Somebody with one role at the banks.
    pub fn wearing(role: Role) -> Viewer {
        Viewer {
            account_id: AccountId::random(),
            session_id: SessionId::random(),
            display_name: String::new(),
            affiliations: vec![Affiliation {
                role,
                organisation_id: OrganisationId::random(),
                organisation_ja: String::new(),
                organisation_en: String::new(),
                ceptoar_id: Some("banks".into()),
                contact_id: None,
            }],
            first_wall: FirstWall::Standing,
        }
    }
}
