//! What a search found, and who may know of it.

use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::{RosterFacts, Standing};
use crate::features::access::{Viewer, can};
use crate::kernel::ids::OrganisationId;

/// A CEPTOAR, found by one of its names or its sector's.
#[derive(Debug, Clone)]
pub struct FoundCeptoar {
    /// Its id.
    pub ceptoar_id: String,
    /// Its name of today in Japanese and English.
    pub name: [String; 2],
    /// Its sector's name of today.
    pub sector: [String; 2],
    /// The former name by which it was found, in Japanese and English.
    pub former: Option<[String; 2]>,
}

/// What an organisation does for a CEPTOAR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Part {
    /// It is responsible for the sector.
    Ministry,
    /// It looks after members of the CEPTOAR.
    Regional,
    /// It keeps the CEPTOAR.
    Secretariat,
    /// It is a member.
    Member,
    /// It is a partner body.
    Partner,
}

/// Where an organisation stands today.
#[derive(Debug, Clone)]
pub struct Place {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// Its name in Japanese and English.
    pub ceptoar: [String; 2],
    /// As what.
    pub part: Part,
}

/// An organisation, found by one of its names.
#[derive(Debug, Clone)]
pub struct FoundOrganisation {
    /// Its id.
    pub organisation_id: OrganisationId,
    /// Its name of today in Japanese and English.
    pub name: [String; 2],
    /// The former name by which it was found.
    pub former: Option<[String; 2]>,
    /// Whether it is known to nobody but its CEPTOARs and the centre, as members are.
    pub member: bool,
    /// Where it stands today, in the government's order.
    pub places: Vec<Place>,
}

impl FoundOrganisation {
    /// The organisation as far as the viewer may know it. Ministries and secretariats are in every edition of the map;
    /// that somebody is a member is for those who may look at it, and for the member's own people.
    #[must_use]
    pub fn known_to(mut self, viewer: &Viewer) -> Option<Self> {
        let id = self.organisation_id;
        self.places.retain(|place| match place.part {
            Part::Ministry | Part::Regional | Part::Secretariat | Part::Partner => true,
            Part::Member => looks_at(viewer, id, &place.ceptoar_id),
        });
        let own = viewer.affiliations.iter().any(|a| a.organisation_id == id);
        (!self.member || own || !self.places.is_empty()).then_some(self)
    }
}

/// Whether the viewer may open the page of a member.
#[must_use]
pub fn looks_at(viewer: &Viewer, organisation: OrganisationId, ceptoar_id: &str) -> bool {
    can(viewer, DirectoryAction::LookAtMember, &facts(organisation, ceptoar_id))
}

/// A window, found by what it is called.
#[derive(Debug, Clone)]
pub struct FoundWindow {
    /// Whose.
    pub organisation_id: OrganisationId,
    /// Its organisation's name in Japanese and English.
    pub organisation: [String; 2],
    /// For which CEPTOAR.
    pub ceptoar_id: String,
    /// What it is called.
    pub label: String,
}

impl FoundWindow {
    /// Whether the viewer sees this window.
    #[must_use]
    pub fn is_seen_by(&self, viewer: &Viewer) -> bool {
        can(viewer, DirectoryAction::SeeWindows, &facts(self.organisation_id, &self.ceptoar_id))
    }
}

/// Looking asks nothing of what the viewer handles.
fn facts(organisation: OrganisationId, ceptoar_id: &str) -> RosterFacts {
    RosterFacts::of(ceptoar_id, organisation, Standing::Member)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::Role;
    use crate::features::access::viewer::tests::wearing;

    fn member_of(ceptoars: &[&str]) -> FoundOrganisation {
        let place = |ceptoar: &&str| Place {
            ceptoar_id: (*ceptoar).to_owned(),
            ceptoar: [String::new(), String::new()],
            part: Part::Member,
        };
        FoundOrganisation {
            organisation_id: OrganisationId::random(),
            name: [String::new(), String::new()],
            former: None,
            member: true,
            places: ceptoars.iter().map(place).collect(),
        }
    }

    #[test]
    fn a_member_is_known_to_its_desk_and_only_as_its_member() {
        let desk = wearing(Role::Secretariat);
        let known = member_of(&["banks", "power"]).known_to(&desk).unwrap();
        assert_eq!(known.places.iter().map(|p| p.ceptoar_id.as_str()).collect::<Vec<_>>(), ["banks"]);
        assert!(member_of(&["power"]).known_to(&desk).is_none());
        assert!(member_of(&["power"]).known_to(&wearing(Role::NiscAnalyst)).is_some());
        assert!(member_of(&["banks"]).known_to(&wearing(Role::Auditor)).is_none());
    }

    #[test]
    fn a_firms_own_people_know_their_firm() {
        let reader = wearing(Role::MemberReader);
        let mut own = member_of(&["banks"]);
        own.organisation_id = reader.affiliations[0].organisation_id;
        let known = own.known_to(&reader).unwrap();
        assert!(known.places.is_empty(), "a reader opens no member's page");
        assert!(member_of(&["banks"]).known_to(&reader).is_none());
    }
}
