//! Pages of surveys.

pub mod answer;
pub mod firm;
pub mod index;
pub mod products;
pub mod question;
pub mod results;
pub mod settings;
pub mod show;
pub mod steps;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::survey::{State, Survey};
use super::{paths, store};
use crate::features::access::action::SurveyAction;
use crate::features::access::{Action, Routes, Rule, Viewer, can};
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::Language;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::frame::{Chrome, Frame};

/// The routes of this feature. Whoever takes the answers out has just proved to be there.
pub fn routes() -> Routes {
    let may = |action| Rule::May(Action::Survey(action));
    let (see, keep, answers) = (may(SurveyAction::See), may(SurveyAction::Keep), may(SurveyAction::Answer));
    Routes::new()
        .get(paths::INDEX, see, index::get)
        .get(paths::PRODUCTS, keep, products::get)
        .post(paths::PRODUCTS, keep, products::post)
        .get(paths::NEW, keep, settings::get_new)
        .post(paths::NEW, keep, settings::create)
        .get(paths::SURVEY, see, show::get)
        .get(paths::SETTINGS, keep, settings::get)
        .post(paths::SETTINGS, keep, settings::post)
        .get(paths::NEW_QUESTION, keep, question::get_new)
        .post(paths::NEW_QUESTION, keep, question::create)
        .get(paths::QUESTION, keep, question::get)
        .post(paths::QUESTION, keep, question::post)
        .post(paths::PLACE, keep, question::place)
        .post(paths::REMOVAL, keep, question::remove)
        .get(paths::STEP, keep, steps::get)
        .post(paths::STEP, keep, steps::post)
        .post(paths::REMINDER, keep, steps::remind)
        .post(paths::NEXT, keep, settings::next)
        .get(paths::RESULTS, see, results::get)
        .post(paths::EXPORT, Rule::Fresh(Action::Survey(SurveyAction::Keep)), results::export)
        .get(paths::FIRM, keep, firm::get)
        .get(paths::ANSWER, answers, answer::get)
        .post(paths::ANSWER, answers, answer::post)
}

crate::words! {
    /// Words that the pages share.
    pub struct CommonWords {
        title: "調査" / "Surveys",
        kind: "調査の種類" / "Kind",
        whom: "調査の対象" / "Who is asked",
        all: "全構成員(開始した日の構成員)" / "All members of the day on which it opens",
        group: "グループ「{group}」の構成員" / "Members in the group “{group}”",
        participation: "回答" / "Answering",
        visibility: "回答を見る人" / "Who reads the answers",
        due: "回答期限" / "Due",
        introduction: "調査の説明" / "Introduction",
        state: "状態" / "State",
        meanwhile: "入力している間に、別の人がこの調査を変えました。入力した内容は下に残っています。よければ、もう一度「保存する」を押してください。" / "Somebody else changed this survey meanwhile. What you typed is still below; press “Save” again if it is right.",
        released: "集計を公開済" / "Numbers released",
        firm: "会社名" / "Firm",
        withheld: "3社未満のため表示しません" / "Not shown: fewer than three firms",
        required: "必須" / "Required",
        optional: "任意" / "Optional",
        nothing: "(回答なし)" / "(no answer)",
    }
}

/// What is said where somebody else was faster by a moment.
const CHANGED: Said = Said {
    ja: "別の人がこの調査を変えました。いまの内容を確かめてから、もう一度行ってください。",
    en: "Somebody else has changed this survey. Please look at it and try again.",
};

/// The survey of an address, for whoever may do that with it.
async fn read(tx: &mut Tx, viewer: &Viewer, id: Uuid, action: SurveyAction) -> Result<Survey, WebError> {
    read_for(tx, viewer, id, (action, None)).await
}

/// The same for a firm.
async fn read_for(
    tx: &mut Tx,
    viewer: &Viewer,
    id: Uuid,
    (action, firm): (SurveyAction, Option<OrganisationId>),
) -> Result<Survey, WebError> {
    let survey = store::find(tx, viewer, id).await?.ok_or(WebError::NotFound)?;
    if can(viewer, action, &survey.facts(firm)) { Ok(survey) } else { Err(WebError::NotFound) }
}

/// A draft of the viewer's desk; what is open is changed no more.
async fn read_draft(tx: &mut Tx, viewer: &Viewer, id: Uuid) -> Result<Survey, WebError> {
    let survey = read(tx, viewer, id, SurveyAction::Keep).await?;
    if survey.state == State::Draft { Ok(survey) } else { Err(WebError::Conflict(NOT_A_DRAFT)) }
}

/// What is said where a survey is no draft any more.
const NOT_A_DRAFT: Said = Said {
    ja: "この調査は、もう作成中ではありません。開始した調査の内容と質問は変えられません。",
    en: "This survey is no draft any more. What it asks is changed only before it opens.",
};

/// Of both languages the one that says something.
fn pick(both: &[String; 2], language: Language) -> &str {
    let said = language.pick(&both[0], &both[1]);
    if said.is_empty() { &both[0] } else { said }
}

/// The frame of a page below a survey, or of the survey itself.
fn chrome(frame: &Frame, survey: &Survey, title: Option<&str>) -> Chrome {
    let (w, here) = (CommonWords::of(frame.language), paths::of_survey(paths::SURVEY, survey.survey_id));
    let name = survey.title(frame.language);
    let mut way = vec![frame.home(), (paths::INDEX, w.title)];
    if title.is_some() {
        way.push((here.as_str(), name));
    }
    frame.chrome(title.unwrap_or(name), &way)
}

/// Writes into the trail what was done with a survey.
async fn note(
    tx: &mut Tx,
    (viewer, frame, now): (&Viewer, &Frame, DateTime<Utc>),
    action: &'static str,
    survey: (Uuid, &str),
    more: serde_json::Value,
) -> Result<(), WebError> {
    let subject = survey.0.to_string();
    let mut detail = serde_json::json!({ "ceptoar": survey.1 });
    if let (Some(detail), serde_json::Value::Object(more)) = (detail.as_object_mut(), more) {
        detail.extend(more);
    }
    let event =
        Event::done(now, action, "survey", &subject).by(viewer.account_id).request(&frame.request_id).detail(detail);
    audit::record(tx, event).await?;
    Ok(())
}

/// What stands on top of every page about a survey: names and values.
fn facts(survey: &Survey, language: Language) -> Vec<(&'static str, String)> {
    use crate::kernel::language::{Label, fill};
    let (w, content) = (CommonWords::of(language), &survey.content);
    let whom = survey.group.as_ref().map_or(w.all.to_owned(), |group| fill(w.group, &[("group", group)]));
    vec![
        (w.kind, content.kind.label(language).to_owned()),
        (w.whom, whom),
        (w.participation, content.participation.label(language).to_owned()),
        (w.visibility, content.visibility.label(language).to_owned()),
        (w.due, crate::kernel::period::long_date(content.due_on, language)),
    ]
}

/// A survey in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct SurveyPlace {
    survey: Uuid,
}

/// A firm of a survey in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct FirmPlace {
    survey: Uuid,
    organisation: OrganisationId,
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
    letters: String,
}
