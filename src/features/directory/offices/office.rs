//! An office on the road of a CEPTOAR.

use crate::features::access::directory::{RosterFacts, Standing};
use crate::features::directory::roster::sheet::Period;
use crate::kernel::ids::OrganisationId;

/// A secretariat or a ministry of a CEPTOAR.
#[derive(Debug, Clone)]
pub struct Office {
    /// Which organisation.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// As what it is there.
    pub standing: Standing,
    /// Its unit, or the part of the sector that it is for; may be empty.
    pub part: [String; 2],
    /// Since when, until when.
    pub valid: Period,
    /// Whether advisories are sent over it on the day.
    pub on_route: bool,
    /// How many of its windows get mail on the day, as far as the viewer may see them.
    pub windows: i64,
}

impl Office {
    /// What the rights to it are decided on.
    #[must_use]
    pub fn facts(&self, ceptoar_id: &str) -> RosterFacts {
        RosterFacts::of(ceptoar_id, self.organisation_id, self.standing)
    }
}

/// An office on the road that no mail can reach.
#[derive(Debug, Clone)]
pub struct Unreached {
    /// Of which CEPTOAR.
    pub ceptoar_id: String,
    /// That CEPTOAR's name in Japanese and English.
    pub ceptoar: [String; 2],
    /// Which organisation.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese and English.
    pub name: [String; 2],
}
