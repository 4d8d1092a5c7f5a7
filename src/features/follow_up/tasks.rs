//! What the follow-up asks of somebody now: their own sheet to send, or sheets to check.

use chrono::NaiveDate;

use super::paths;
use super::sheets::store::Open;
use super::state::State;
use crate::features::access::action::FollowUpAction;
use crate::features::access::{Viewer, can};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_date;

crate::words! {
    /// Words of the tasks.
    pub struct TaskWords {
        send: "特性把握マップの調査票を提出してください({ceptoar})" / "Please send the sheet of the feature map: {ceptoar}",
        mend: "差し戻された調査票を直して、再提出してください({ceptoar})" / "Please mend the sheet that was sent back: {ceptoar}",
        check: "確認を待っている調査票が{count}件あります" / "{count} sheets wait for your check",
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What.
    pub text: String,
    /// Until when.
    pub due: Option<NaiveDate>,
    /// Where.
    pub href: String,
}

impl Task {
    /// The day in words, and whether it is over.
    #[must_use]
    pub fn due_in_words(&self, today: NaiveDate, language: Language) -> Option<(String, bool)> {
        self.due.map(|due| (long_date(due, language), due < today))
    }
}

/// What the open follow-up asks of a viewer.
#[must_use]
pub fn tasks(viewer: &Viewer, sheets: &[Open], language: Language) -> Vec<Task> {
    let w = TaskWords::of(language);
    let own = sheets.iter().filter(|s| s.state.is_with_desk() && can(viewer, FollowUpAction::Fill, &s.facts));
    let mut tasks: Vec<Task> = own
        .map(|sheet| {
            let text = if sheet.state == State::Returned { w.mend } else { w.send };
            Task {
                text: fill(text, &[("ceptoar", sheet.name.pick(language))]),
                due: Some(sheet.due_on),
                href: paths::of_sheet(paths::SHEET, sheet.fiscal_year, &sheet.facts.ceptoar_id),
            }
        })
        .collect();
    let waits = |sheet: &&Open| match sheet.state {
        State::Submitted => can(viewer, FollowUpAction::CheckForMinistry, &sheet.facts),
        State::MinistryChecked => can(viewer, FollowUpAction::CheckForCentre, &sheet.facts),
        State::Returned | State::Preparing | State::Confirmed => false,
    };
    let count = sheets.iter().filter(waits).count();
    if let Some(first) = sheets.iter().find(waits) {
        tasks.push(Task {
            text: fill(w.check, &[("count", &count.to_string())]),
            due: None,
            href: paths::of_year(paths::BOARD, first.fiscal_year),
        });
    }
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::Role;
    use crate::features::access::follow_up::SheetFacts;
    use crate::features::access::viewer::tests::wearing;
    use crate::features::feature_map::edition::Bilingual;

    fn open(ceptoar: &str, state: State, viewer: &Viewer) -> Open {
        let ministries = vec![viewer.affiliations[0].organisation_id];
        Open {
            fiscal_year: 2026,
            due_on: NaiveDate::from_ymd_opt(2027, 1, 29).unwrap(),
            facts: SheetFacts { ceptoar_id: ceptoar.into(), ministries },
            name: Bilingual { ja: ceptoar.into(), en: ceptoar.into() },
            state,
        }
    }

    #[test]
    fn everybody_is_asked_for_what_is_theirs() {
        let asked = |role: Role, states: &[(&str, State)]| {
            let viewer = wearing(role);
            let sheets: Vec<Open> = states.iter().map(|(id, state)| open(id, *state, &viewer)).collect();
            tasks(&viewer, &sheets, Language::Ja)
        };
        let all = [("banks", State::Preparing), ("life", State::Submitted), ("gas", State::MinistryChecked)];
        let desk = asked(Role::Secretariat, &all);
        assert!(desk.len() == 1 && desk[0].due.is_some() && desk[0].href == "/follow-up/2026/sheets/banks", "{desk:?}");
        let ministry = asked(Role::MinistryLiaison, &all);
        assert!(ministry.len() == 1 && ministry[0].text.contains("1件"), "{ministry:?}");
        assert_eq!(asked(Role::NiscApprover, &all).len(), 1);
        assert_eq!(asked(Role::Coordinator, &all), []);
        assert_eq!(asked(Role::Secretariat, &[("banks", State::Submitted)]), []);
    }
}
