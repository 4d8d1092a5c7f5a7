//! What surveys ask of somebody now: a firm to answer, a desk to look after those who have not.

use chrono::NaiveDate;

use super::paths;
use super::replies::store::{self, Waiting};
use crate::features::access::action::SurveyAction;
use crate::features::access::{Role, Viewer, could};
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::thousands;
use crate::platform::db::Tx;

crate::words! {
    /// Words of the tasks.
    pub struct TaskWords {
        answer: "調査「{title}」に回答してください({firm})" / "Please answer the survey “{title}” ({firm})",
        voluntary: "調査「{title}」に回答できます(任意、{firm})" / "You may answer the survey “{title}” ({firm}, voluntary)",
        silent: "調査「{title}」に、まだ回答していない会社が{count}社あります" / "Firms that have not answered the survey “{title}”: {count}",
        close: "調査「{title}」の期限が過ぎました。期限を延ばすか、締め切ってください" / "The survey “{title}” is past its due day. Please give more time or close it",
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What.
    pub text: String,
    /// Until when.
    pub due: NaiveDate,
    /// Where.
    pub href: String,
}

/// What surveys ask of a viewer. A task ends by itself: when the firm answers, when the time is over, when the desk closes.
///
/// # Errors
/// The database's own.
pub async fn tasks(tx: &mut Tx, viewer: &Viewer, today: NaiveDate, language: Language) -> sqlx::Result<Vec<Task>> {
    let w = TaskWords::of(language);
    let mut tasks = Vec::new();
    if could(viewer, SurveyAction::Answer.into()) {
        let own: Vec<OrganisationId> =
            viewer.affiliations.iter().filter(|a| a.role == Role::MemberAdmin).map(|a| a.organisation_id).collect();
        for waiting in store::waiting_for(tx, &own).await? {
            tasks.push(answer_task(&waiting, language));
        }
    }
    if could(viewer, SurveyAction::Keep.into()) {
        let desks = viewer.affiliations.iter().filter(|a| a.role == Role::Secretariat);
        let desks: Vec<String> = desks.filter_map(|a| a.ceptoar_id.clone()).collect();
        for running in store::running(tx, &desks).await? {
            let title = language.pick(&running.title[0], &running.title[1]).as_str();
            let late = running.due_on < today;
            if running.silent == 0 && !late {
                continue;
            }
            let text = if late { w.close } else { w.silent };
            tasks.push(Task {
                text: fill(text, &[("title", title), ("count", &thousands(running.silent))]),
                due: running.due_on,
                href: paths::of_survey(paths::SURVEY, running.survey_id),
            });
        }
    }
    Ok(tasks)
}

fn answer_task(waiting: &Waiting, language: Language) -> Task {
    let w = TaskWords::of(language);
    let pick = |both: &[String; 2]| {
        let said = language.pick(&both[0], &both[1]);
        if said.is_empty() { both[0].clone() } else { said.clone() }
    };
    let text = if waiting.required { w.answer } else { w.voluntary };
    Task {
        text: fill(text, &[("title", &pick(&waiting.title)), ("firm", &pick(&waiting.firm))]),
        due: waiting.due_on,
        href: paths::of_firm(paths::ANSWER, waiting.survey_id, waiting.organisation_id),
    }
}
