//! How a CEPTOAR or liaison council came through the editions: what it was called, who kept its desk, how many belonged to it.

use super::edition::{Ceptoar, Edition, LiaisonCouncil, Profile, Secretariat};
use super::paths;
use super::sheet::{CellWords, SecretariatLines, counts_display, lines};
use super::vocabulary::list_joint;
use crate::kernel::language::Language;

/// What a profile can be of.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A CEPTOAR.
    Ceptoar(&'a Ceptoar),
    /// A liaison council.
    Council(&'a LiaisonCouncil),
}

impl<'a> Subject<'a> {
    /// What has an id in an edition.
    #[must_use]
    pub fn find(edition: &'a Edition, id: &str) -> Option<Self> {
        edition.ceptoar(id).map(Self::Ceptoar).or_else(|| edition.council(id).map(Self::Council))
    }

    /// Its name, unless it is still open.
    #[must_use]
    pub fn name(self, language: Language) -> Option<&'a str> {
        match self {
            Self::Ceptoar(c) => c.name.as_ref().map(|n| n.pick(language)),
            Self::Council(c) => Some(c.name.pick(language)),
        }
    }

    /// The id of its sector.
    #[must_use]
    pub fn sector(self) -> &'a str {
        match self {
            Self::Ceptoar(c) => &c.sector,
            Self::Council(c) => &c.sector,
        }
    }

    /// Its page of the edition.
    #[must_use]
    pub fn profile(self) -> &'a Profile {
        match self {
            Self::Ceptoar(c) => &c.profile,
            Self::Council(c) => &c.profile,
        }
    }

    fn secretariats(self) -> &'a [Secretariat] {
        match self {
            Self::Ceptoar(c) => &c.secretariats,
            Self::Council(c) => &c.secretariats,
        }
    }
}

/// A stop on the line through the editions.
#[derive(Debug)]
pub struct Stop {
    /// The edition's day.
    pub when: String,
    /// Its profile there.
    pub href: String,
    /// Whether this is the edition shown.
    pub shown: bool,
    /// What the edition says; nothing if it does not have it.
    pub told: Option<Told>,
}

/// What an edition says.
#[derive(Debug)]
pub struct Told {
    /// The name.
    pub name: String,
    /// Whether the edition before had another.
    pub name_changed: bool,
    /// The secretariats.
    pub secretariats: Vec<SecretariatLines>,
    /// Whether the edition before had others.
    pub secretariats_changed: bool,
    /// The numbers of members; none for a council.
    pub count: Option<String>,
    /// Whether the edition before had others.
    pub count_changed: bool,
}

/// A name of another edition.
#[derive(Debug)]
pub struct OtherName {
    /// The name.
    pub name: String,
    /// Whether it came before the edition shown.
    pub former: bool,
    /// The editions that have it.
    pub editions: String,
}

/// The line through the editions, oldest first.
#[must_use]
pub fn stops(editions: &[Edition], shown: &Edition, id: &str, language: Language) -> Vec<Stop> {
    let w = CellWords::of(language);
    let mut before: Option<Subject> = None;
    let mut stops = Vec::new();
    for edition in editions {
        let now = Subject::find(edition, id);
        stops.push(Stop {
            when: edition.as_of_display.pick(language).to_owned(),
            href: paths::profile(id, &edition.id),
            shown: edition.id == shown.id,
            told: now.map(|now| told(now, before, w, language)),
        });
        before = now.or(before);
    }
    stops
}

fn told(now: Subject, before: Option<Subject>, w: &CellWords, language: Language) -> Told {
    let count = |subject: Subject| match subject {
        Subject::Ceptoar(c) => counts_display(c, language),
        Subject::Council(_) => None,
    };
    let counted = match now {
        Subject::Ceptoar(_) => Some(count(now).unwrap_or_else(|| w.not_told.to_owned())),
        Subject::Council(_) => None,
    };
    let open = || match now {
        Subject::Ceptoar(_) => w.under_study.to_owned(),
        Subject::Council(_) => w.no_secretariat.to_owned(),
    };
    let mut secretariats: Vec<SecretariatLines> = now.secretariats().iter().map(|s| lines(s, language)).collect();
    if secretariats.is_empty() {
        secretariats.push(SecretariatLines { organisation: open(), unit: None });
    }
    Told {
        name: now.name(language).map_or_else(|| w.under_study.to_owned(), ToOwned::to_owned),
        name_changed: before.is_some_and(|b| b.name(Language::Ja) != now.name(Language::Ja)),
        secretariats,
        secretariats_changed: before.is_some_and(|b| {
            let keys = |s: Subject| s.secretariats().iter().map(|s| s.organisation.ja.clone()).collect::<Vec<_>>();
            keys(b) != keys(now)
        }),
        count: counted,
        count_changed: before.is_some_and(|b| count(b).is_some() && count(now).is_some() && count(b) != count(now)),
    }
}

/// The names that other editions have for it.
#[must_use]
pub fn other_names(editions: &[Edition], shown: &Edition, id: &str, language: Language) -> Vec<OtherName> {
    let own = Subject::find(shown, id).and_then(|s| s.name(Language::Ja));
    let mut names: Vec<OtherName> = Vec::new();
    for edition in editions {
        let Some(subject) = Subject::find(edition, id) else { continue };
        let Some(name) = subject.name(language).filter(|_| subject.name(Language::Ja) != own) else { continue };
        let when = edition.as_of_display.pick(language);
        match names.iter_mut().find(|n| n.name == name) {
            Some(known) => known.editions = format!("{}{}{when}", known.editions, list_joint(language)),
            None => names.push(OtherName {
                name: name.to_owned(),
                former: edition.as_of < shown.as_of,
                editions: when.to_owned(),
            }),
        }
    }
    names
}
