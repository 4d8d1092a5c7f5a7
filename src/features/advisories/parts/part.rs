//! A part of an item: what it is, how far it goes, and what keeps it from being published. Pure.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::words::PartsWords;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::advisory::{AdvisoryFacts, State};
use crate::features::access::{Viewer, can};
use crate::features::advisories::phrases::placeholder;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Language, fill};
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::kernel::stage::Stage;
use crate::platform::files::store::FileState;

/// Files of an item, and as many sections: the table knows the bound as well.
pub const MOST: usize = 10;
/// Characters of a caption or heading.
pub const HEADING_LIMIT: usize = 100;
/// Characters of a section.
pub const BODY_LIMIT: usize = 4000;

/// How far something goes: both axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Shared-scope axis.
    pub level: SharingLevel,
    /// Handler axis.
    pub scope: HandlerScope,
}

impl Reach {
    /// The strictest of both on each axis.
    #[must_use]
    pub fn within(self, item: Self) -> Self {
        Self { level: self.level.min(item.level), scope: self.scope.min(item.scope) }
    }

    /// The levels that a part of an item of this reach may have, the widest (the item's own) first. Persons are named for
    /// RED items alone, so nothing of another item is RED.
    #[must_use]
    pub fn levels(self) -> Vec<SharingLevel> {
        let within = |level: &SharingLevel| *level == self.level || *level < self.level && *level != SharingLevel::Red;
        SharingLevel::ALL.into_iter().rev().filter(within).collect()
    }

    /// The handler scopes that a part of an item of this reach may have, the item's own first.
    #[must_use]
    pub fn scopes(self) -> Vec<HandlerScope> {
        let within =
            |scope: &HandlerScope| *scope == self.scope || *scope < self.scope && *scope != HandlerScope::Named;
        HandlerScope::ALL.into_iter().rev().filter(within).collect()
    }
}

/// What a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// An attached file.
    File {
        /// The stored file; several versions may have it.
        file_id: Uuid,
        /// What it is called.
        name: String,
        /// Its bytes.
        length: i64,
        /// SHA-256 of its content.
        sha256: Vec<u8>,
        /// How far it is.
        state: FileState,
    },
    /// A limited section, in Markdown.
    Section(String),
}

/// A part of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which one.
    pub part_id: Uuid,
    /// Caption of a file, heading of a section.
    pub heading: String,
    /// What it is.
    pub content: Content,
    /// How far it goes; never further than the item.
    pub reach: Reach,
    /// Fewer may open it than may read the item.
    pub strict: bool,
}

/// A hop at which parts of one reach are open, as frozen at the publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opens {
    /// Parts of which reach.
    pub reach: Reach,
    /// The CEPTOAR whose route it is.
    pub ceptoar_id: String,
    /// The hop.
    pub stage: Stage,
    /// The organisation.
    pub organisation_id: OrganisationId,
}

impl Part {
    /// Its name for people: of a file the file's, of a section its heading.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.content {
            Content::File { name, .. } => name,
            Content::Section(_) => &self.heading,
        }
    }

    /// SHA-256 of its content, as people compare it.
    #[must_use]
    pub fn checksum(&self) -> String {
        match &self.content {
            Content::File { sha256, .. } => hex(sha256),
            Content::Section(text) => hex(&Sha256::digest(text.as_bytes())),
        }
    }

    /// Whether it is a file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        match self.content {
            Content::File { .. } => true,
            Content::Section(_) => false,
        }
    }

    /// Whether the viewer may open it: who may read the item, and of a stricter part who might read an item of that reach on
    /// a hop that is among its readers.
    #[must_use]
    pub fn opens_to(&self, viewer: &Viewer, item: &AdvisoryFacts, opens: &[Opens]) -> bool {
        if item.state != State::Published {
            return can(viewer, AdvisoryAction::ReadDraft, item);
        }
        if !can(viewer, AdvisoryAction::Read, item) {
            return false;
        }
        !self.strict || {
            let mut own = AdvisoryFacts { level: self.reach.level, handler_scope: self.reach.scope, ..item.clone() };
            own.reaches.retain(|reach| {
                opens.iter().any(|o| {
                    o.reach == self.reach
                        && o.ceptoar_id == reach.ceptoar_id
                        && o.stage == reach.stage
                        && o.organisation_id == reach.organisation_id
                })
            });
            can(viewer, AdvisoryAction::Read, &own)
        }
    }

    /// What keeps an item with it from being submitted and published.
    #[must_use]
    pub fn problem(&self, item: SharingLevel, language: Language) -> Option<String> {
        let w = PartsWords::of(language);
        let what = match &self.content {
            _ if self.reach.level == SharingLevel::Red && item != SharingLevel::Red => w.red_in_other,
            Content::Section(text) if placeholder::first(text).is_some() => w.placeholder,
            Content::Section(_) => return None,
            Content::File { state, .. } => match state {
                FileState::Released => return None,
                FileState::Held => w.still_held,
                FileState::Refused => w.was_refused,
                FileState::Unreadable => w.was_unreadable,
                FileState::Purged => w.was_purged,
            },
        };
        Some(fill(what, &[("name", self.name())]))
    }
}

/// Stands for the parts that were approved: which they are, what is in them and how far they go.
#[must_use]
pub fn fingerprint(parts: &[Part]) -> String {
    let mut all = String::new();
    for Part { part_id, heading, content, reach, strict } in parts {
        let content = match content {
            Content::File { file_id, name, length, sha256, state: _ } => {
                format!("{file_id} {name:?} {length} {}", hex(sha256))
            }
            Content::Section(text) => format!("{text:?}"),
        };
        // Writing to a text does not fail.
        let _ = writeln!(all, "{part_id} {heading:?} {content} {reach:?} {strict}");
    }
    all
}

/// Files that everybody may open who may read the item: the mail may speak of them.
#[must_use]
pub fn open_files(parts: &[Part]) -> usize {
    parts.iter().filter(|part| part.is_file() && !part.strict).count()
}

/// How what shows an item with these parts is handled: as the strictest of them.
#[must_use]
pub fn strictest(item: SharingLevel, parts: &[Part]) -> SharingLevel {
    parts.iter().map(|part| part.reach.level).fold(item, SharingLevel::min)
}

/// Bytes as people compare them.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "{byte:02x}");
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn reach(level: SharingLevel, scope: HandlerScope) -> Reach {
        Reach { level, scope }
    }

    #[test]
    fn a_part_is_never_wider_than_its_item() {
        for level in SharingLevel::ALL {
            for scope in HandlerScope::ALL {
                let item = reach(level, scope);
                for part in SharingLevel::ALL.map(|l| reach(l, HandlerScope::Organisation)) {
                    let held = part.within(item);
                    assert!(held.level <= item.level && held.scope <= item.scope && held.level <= part.level);
                }
                assert_eq!(item.levels().first(), Some(&level));
                assert_eq!(item.scopes().first(), Some(&scope));
            }
        }
        let amber = reach(SharingLevel::Amber, HandlerScope::Organisation);
        assert_eq!(amber.levels(), [SharingLevel::Amber, SharingLevel::AmberStrict]);
        assert_eq!(amber.scopes(), [HandlerScope::Organisation, HandlerScope::Handlers]);
        let red = reach(SharingLevel::Red, HandlerScope::Named);
        assert_eq!((red.levels(), red.scopes()), (vec![SharingLevel::Red], vec![HandlerScope::Named]));
    }

    #[test]
    fn what_was_approved_has_another_fingerprint_once_a_file_is_swapped() {
        let part = |sha256: &[u8], level| Part {
            part_id: Uuid::nil(),
            heading: String::new(),
            content: Content::File {
                file_id: Uuid::nil(),
                name: "a.pdf".into(),
                length: 1,
                sha256: sha256.to_vec(),
                state: FileState::Released,
            },
            reach: reach(level, HandlerScope::Handlers),
            strict: false,
        };
        let one = fingerprint(&[part(&[1], SharingLevel::Amber)]);
        assert_ne!(one, fingerprint(&[part(&[2], SharingLevel::Amber)]));
        assert_ne!(one, fingerprint(&[part(&[1], SharingLevel::AmberStrict)]));
        assert_eq!(hex(&[0, 255]), "00ff");
        let both = [part(&[1], SharingLevel::Amber), part(&[1], SharingLevel::AmberStrict)];
        assert_eq!(strictest(SharingLevel::Green, &both), SharingLevel::AmberStrict);
        assert_eq!(strictest(SharingLevel::Green, &[]), SharingLevel::Green);
    }
}
