//! What several pages of the follow-up say alike.

use chrono::NaiveDate;

use crate::features::access::follow_up::SheetFacts;
use crate::features::access::{Affiliation, Role, Viewer};
use crate::features::follow_up::changes::{ACTIVITIES, Prose, StoredChange};
use crate::features::follow_up::state::Step;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{fiscal_year, long_date};
use crate::platform::web::error::{Said, WebError};

crate::words! {
    /// Words of several pages.
    pub struct CommonWords {
        title: "フォローアップ" / "Follow-up",
        of_year: "{year}のフォローアップ" / "Follow-up {year}",
        breakdown: "構成員の内訳" / "Breakdown of members",
        purpose: "目的" / "Purpose",
        structure: "構成と機能" / "Structure and functions",
        traits: "特徴" / "Traits",
        activities: "概要に載せる活動" / "Activities to be printed",
        from_day: "{day}から" / "From {day}",
    }
}

impl CommonWords {
    /// What a text of the sheet is called.
    #[must_use]
    pub fn prose(&self, prose: Prose) -> &'static str {
        match prose {
            Prose::Breakdown => self.breakdown,
            Prose::Purpose => self.purpose,
            Prose::Structure => self.structure,
            Prose::Traits => self.traits,
        }
    }
}

/// What is said of anything that would change a published edition.
pub const FROZEN: Said = Said {
    ja: "公表済みの版は変更できません。誤りがあったときは、正誤表に記録してください。",
    en: "A published edition cannot be changed. Record an erratum instead.",
};

/// The refusal of anything that would change a published edition.
pub fn frozen() -> WebError {
    WebError::Conflict(FROZEN)
}

/// 2026年度(令和8年度)のフォローアップ
pub fn title(year: i32, language: Language) -> String {
    fill(CommonWords::of(language).of_year, &[("year", &fiscal_year(year, language))])
}

/// A change as it is shown.
#[derive(Debug, Clone)]
pub struct ChangeLine {
    /// Its kind's code.
    pub code: String,
    /// The item, and the unit or part.
    pub item: String,
    /// What the last edition says.
    pub before: String,
    /// What the sheet says.
    pub after: String,
    /// From which day; empty where none is told.
    pub from: String,
}

/// A change in words.
pub fn change_line(change: &StoredChange, language: Language) -> ChangeLine {
    let w = CommonWords::of(language);
    let item = match (change.kind(), change.prose()) {
        (Some(kind), _) => kind.label(language),
        (None, Some(prose)) => w.prose(prose),
        (None, None) if change.kind == ACTIVITIES => w.activities,
        (None, None) => "",
    };
    let part = change.part.as_ref().map(|p| format!(" ({})", p.pick(language))).unwrap_or_default();
    let from = |day: NaiveDate| fill(w.from_day, &[("day", &long_date(day, language))]);
    ChangeLine {
        code: change.kind.clone(),
        item: format!("{item}{part}"),
        before: change.before.pick(language).to_owned(),
        after: change.after.pick(language).to_owned(),
        from: change.effective_on.map(from).unwrap_or_default(),
    }
}

/// In whose name a viewer takes a step with a sheet.
pub fn in_whose_name(viewer: &Viewer, step: Step, sheet: &SheetFacts) -> Option<OrganisationId> {
    let fits = |a: &&Affiliation| match step {
        Step::Save | Step::Send => a.is_desk_of(&sheet.ceptoar_id),
        Step::CheckAsMinistry | Step::ReturnAsMinistry => {
            a.role == Role::MinistryLiaison && sheet.ministries.contains(&a.organisation_id)
        }
        Step::Confirm | Step::ConfirmUnchecked | Step::ReturnAsCentre => {
            matches!(a.role, Role::NiscAnalyst | Role::NiscApprover)
        }
    };
    // With the first wall open, whoever is let through acts for the first thing they are; the second wall judges.
    viewer.affiliations.iter().find(fits).or(viewer.affiliations.first()).map(|a| a.organisation_id)
}

/// The badge of a state: a class that has its colour already.
#[must_use]
pub fn badge(state: crate::features::follow_up::state::State) -> &'static str {
    use crate::features::follow_up::state::State;
    match state {
        State::Returned => "returned",
        State::Preparing => "draft",
        State::Submitted => "review",
        State::MinistryChecked => "approved",
        State::Confirmed => "published",
    }
}
