//! Which parts of the front page follow from somebody's roles.

use crate::features::access::{Role, Viewer};

/// A part of the front page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Items to acknowledge.
    Acknowledge,
    /// Items to approve.
    Approve,
    /// Own drafts.
    Drafts,
    /// Latest deliveries, for the centre.
    Sent,
    /// Members' answers, for a desk.
    Members,
    /// The latest items, for those who only read.
    Latest,
}

/// The parts for a viewer, the most pressing first.
#[must_use]
pub fn parts(viewer: &Viewer) -> Vec<Part> {
    let mut parts = Vec::new();
    if viewer.affiliations.iter().any(|a| a.role.acknowledges()) {
        parts.push(Part::Acknowledge);
    }
    if viewer.has(Role::NiscApprover) {
        parts.push(Part::Approve);
    }
    if viewer.has(Role::NiscAnalyst) {
        parts.push(Part::Drafts);
    }
    if viewer.is_at_centre() {
        parts.push(Part::Sent);
    }
    if !viewer.desks().is_empty() {
        parts.push(Part::Members);
    }
    if !parts.contains(&Part::Sent) && !parts.contains(&Part::Members) {
        parts.push(Part::Latest);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::Affiliation;
    use crate::features::access::FirstWall;
    use crate::kernel::ids::{AccountId, OrganisationId, SessionId};

    fn viewer(roles: &[Role]) -> Viewer {
        let affiliation = |role: &Role| Affiliation {
            role: *role,
            organisation_id: OrganisationId::random(),
            organisation_ja: String::new(),
            organisation_en: String::new(),
            ceptoar_id: Some("banks".into()),
            contact_id: None,
        };
        Viewer {
            account_id: AccountId::random(),
            session_id: SessionId::random(),
            display_name: String::new(),
            affiliations: roles.iter().map(affiliation).collect(),
            first_wall: FirstWall::Standing,
        }
    }

    #[test]
    fn everybody_has_something_and_nobody_has_anothers() {
        assert_eq!(parts(&viewer(&[Role::MemberPoc])), [Part::Acknowledge, Part::Latest]);
        assert_eq!(parts(&viewer(&[Role::MemberReader])), [Part::Latest]);
        assert_eq!(parts(&viewer(&[Role::NiscApprover])), [Part::Approve, Part::Sent]);
        assert_eq!(parts(&viewer(&[Role::NiscAnalyst])), [Part::Drafts, Part::Sent]);
        assert_eq!(parts(&viewer(&[Role::Secretariat])), [Part::Acknowledge, Part::Members]);
        assert_eq!(parts(&viewer(&[Role::Auditor])), [Part::Latest]);
        assert!(Role::ALL.iter().all(|role| !parts(&viewer(&[*role])).is_empty()));
    }
}
