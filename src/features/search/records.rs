//! 記録: what else the portal keeps, and who may look at it: groups, federations, activities, handling rules, set-up.

use super::web::Hit;
use crate::features::access::action::{ActivityAction, DirectoryAction};
use crate::features::access::activity::ActivityFacts;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::activities::paths as activities;
use crate::features::directory::federations::paths as federations;
use crate::features::directory::groups::paths as groups;
use crate::features::directory::rules::paths as rules;
use crate::features::directory::setup::paths as setup;
use crate::kernel::language::{Label, Language};

/// What a record is, in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum RecordKind {
    /// グループ.
    Group,
    /// 協議会など.
    Federation,
    /// 取扱いルールの版.
    Rule,
    /// 整備状況.
    Setup,
    /// 活動.
    Activity,
}

impl RecordKind {
    /// All.
    pub const ALL: [Self; 5] = [Self::Group, Self::Federation, Self::Rule, Self::Setup, Self::Activity];

    /// The anchor of its section.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Group => "groups",
            Self::Federation => "federations",
            Self::Rule => "rules",
            Self::Setup => "setup",
            Self::Activity => "activities",
        }
    }
}

impl Label for RecordKind {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Group => language.pick("グループ", "Groups"),
            Self::Federation => language.pick("協議会など", "Liaison councils and others"),
            Self::Rule => language.pick("情報の取扱いルール", "Handling rules"),
            Self::Setup => language.pick("整備状況", "How they are set up"),
            Self::Activity => language.pick("活動", "Activities"),
        }
    }
}

/// A record with a text that fits.
#[derive(Debug, Clone)]
pub struct FoundRecord {
    /// What it is.
    pub kind: RecordKind,
    /// Its id.
    pub id: String,
    /// Its text in Japanese and English.
    pub name: [String; 2],
    /// Its CEPTOAR's name in Japanese and English; empty for a federation.
    pub ceptoar: [String; 2],
    /// What deciding about it needs to know; none for a federation, which everybody signed in may see.
    pub of: Option<ActivityFacts>,
}

impl FoundRecord {
    /// Whether its page would open for the viewer.
    #[must_use]
    pub fn is_seen_by(&self, viewer: &Viewer) -> bool {
        match (self.kind, &self.of) {
            (RecordKind::Federation, _) => true,
            (RecordKind::Rule, Some(of)) => sees_rule(viewer, &of.ceptoar_id),
            (RecordKind::Group | RecordKind::Setup | RecordKind::Activity, Some(of)) => {
                can(viewer, ActivityAction::See, of)
            }
            (RecordKind::Group | RecordKind::Rule | RecordKind::Setup | RecordKind::Activity, None) => false,
        }
    }

    fn href(&self) -> String {
        let ceptoar = self.of.as_ref().map_or("", |of| of.ceptoar_id.as_str());
        let of_id = |route: &str, name: &str| route.replace("{ceptoar}", ceptoar).replace(name, &self.id);
        match self.kind {
            RecordKind::Group => groups::of_ceptoar(groups::INDEX, ceptoar),
            RecordKind::Federation => federations::of(federations::SHOW, &self.id),
            RecordKind::Rule => rules::of_ceptoar(rules::RULES, ceptoar),
            RecordKind::Setup => of_id(setup::FACT, "{fact}"),
            RecordKind::Activity => of_id(activities::ENTRY, "{activity}"),
        }
    }

    /// As it stands on the page.
    #[must_use]
    pub fn hit(&self, language: Language) -> Hit {
        let [ja, en] = &self.name;
        let name = if en.trim().is_empty() { ja } else { language.pick(ja, en) };
        let ceptoar = language.pick(&self.ceptoar[0], &self.ceptoar[1]);
        let places = if ceptoar.is_empty() { Vec::new() } else { vec![(ceptoar.clone(), None)] };
        Hit { href: Some(self.href()), name: name.clone(), former: String::new(), places }
    }
}

/// The page of a rule is for the desk and the centre, and for a member's people who handle items or keep its accounts.
fn sees_rule(viewer: &Viewer, ceptoar_id: &str) -> bool {
    let own = |a: &crate::features::access::Affiliation| {
        DirectoryAction::LookAtMember.is_for(a.role) && a.ceptoar_id.as_deref() == Some(ceptoar_id)
    };
    can(viewer, DirectoryAction::LookAtRoster, &RosterFacts::whole(ceptoar_id)) || viewer.affiliations.iter().any(own)
}
