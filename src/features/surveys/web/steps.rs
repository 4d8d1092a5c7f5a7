//! The steps of a survey, each with what it means before it is taken; and the reminder by hand.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use uuid::Uuid;

use super::settings::due_of;
use super::{CHANGED, SurveyPlace, chrome, facts, note, read};
use crate::features::access::Viewer;
use crate::features::access::action::SurveyAction;
use crate::features::surveys::letters::{About, letters};
use crate::features::surveys::paths;
use crate::features::surveys::store::{self, Held};
use crate::features::surveys::survey::{Hindrance, Step, Survey, Visibility, hindrances};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::platform::db::Tx;
use crate::platform::mail::letter::Letters;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Place;
use crate::platform::web::form::{FieldErrors, day_boxes};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct StepWords {
        open: "{firms}社に調査を開始し、回答できる方にメールを送ります。開始すると、質問、対象、回答を見る人は変えられません。" / "Opens the survey for {firms} firms and writes to those who can answer. Questions, who is asked and who reads the answers are fixed then.",
        extend: "回答期限を、いまより後の日にします。まだ回答していない会社には、催促のメールがもう一度届きます。" / "Sets a later due day. Those who have not answered are reminded once more.",
        close: "以後、会社は回答を送ることも直すこともできません。元に戻せません。" / "No firm sends or changes an answer any more. This cannot be undone.",
        close_early: "期限({due})より前です。期限まで回答できるつもりの会社があります。" / "It is before the due day ({due}), until which firms count on being able to answer.",
        cancel: "調査をやめます。すでに届いた回答は使えなくなり、元に戻せません。回答していない会社の作業一覧からは消えます。" / "Gives the survey up. Answers that came are of no use any more, and this cannot be undone. It leaves the task lists of the firms.",
        release: "調査した会社が、集計だけを見られるようになります。会社名と個々の回答、文章の回答は見えません。3社未満の数も表示しません。元に戻せません。" / "The firms that were asked see the numbers alone: no names, no single answer, no words, and no number of fewer than three firms. This cannot be undone.",
        due: "新しい回答期限" / "New due day",
        due_help: "いまの期限より後で、明日から1年以内の日。" / "After the present one, from tomorrow on, within a year.",
        day_wrong: "正しい年月日を入力してください。" / "Please enter a proper date.",
        due_wrong: "明日から1年以内の日を入力してください。" / "A day from tomorrow on and within a year, please.",
        not_later: "いまの期限より後の日を入力してください。期限を早めることはできません。" / "A day after the present due day, please; it cannot be moved forward.",
        back: "やめる" / "Cancel",
        hindered: "まだ開始できません" / "It cannot be opened yet",
        no_questions: "質問がありません。1問以上用意してください。" / "It asks nothing. Please add a question.",
        due_day: "回答期限が、明日から1年以内の日ではありません。設定で直してください。" / "The due day is not from tomorrow on and within a year. Please change the settings.",
        words: "「集計だけ」の調査に、文章で答える質問があります。質問を直すか、削除してください。" / "A survey of numbers alone has a question that is answered in words. Please change it or take it out.",
        nobody: "対象となる構成員がいません。" / "There is nobody to ask.",
        too_few: "「集計だけ」の調査は、3社以上に尋ねる必要があります。対象を広げてください。" / "A survey of numbers alone asks at least three firms.",
    }
}

#[derive(Template)]
#[template(path = "surveys/step.html")]
struct StepPage {
    chrome: Chrome,
    w: &'static StepWords,
    facts: Vec<(&'static str, String)>,
    meaning: String,
    warning: Option<String>,
    hindrances: Vec<&'static str>,
    action: String,
    label: &'static str,
    danger: bool,
    back: String,
    version: i32,
    due: Option<[String; 3]>,
    errors: FieldErrors,
}

/// A step in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct StepPlace {
    survey: Uuid,
    step: String,
}

/// What is sent with the button.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Typed {
    version: String,
    due_year: String,
    due_month: String,
    due_day: String,
}

/// What is said where a survey does not take the step any more.
const TOO_LATE: Said = Said {
    ja: "この調査では、もうその操作はできません。いまの状態を確かめてください。",
    en: "That cannot be done with this survey any more. Please look at how far it is.",
};

struct Scene {
    survey: Survey,
    step: Step,
    hindrances: Vec<Hindrance>,
    firms: i64,
}

impl Scene {
    async fn read(tx: &mut Tx, viewer: &Viewer, place: &StepPlace, today: NaiveDate) -> Result<Self, WebError> {
        let step = Step::from_code(&place.step).ok_or(WebError::NotFound)?;
        let survey = read(tx, viewer, place.survey, SurveyAction::Keep).await?;
        if !step.is_for(&survey) {
            return Err(WebError::Conflict(TOO_LATE));
        }
        let (mut found, mut firms) = (Vec::new(), 0);
        if step == Step::Open {
            let questions = store::questions(tx, survey.survey_id).await?;
            firms = store::audience(tx, &survey).await?;
            found = hindrances(&survey, &questions, firms, today);
        }
        Ok(Self { survey, step, hindrances: found, firms })
    }

    fn page(&self, frame: &Frame, today: NaiveDate, due: Option<[String; 3]>, errors: FieldErrors) -> StepPage {
        let language = frame.language;
        let w = StepWords::of(language);
        let survey = &self.survey;
        let meaning = match self.step {
            Step::Open => fill(w.open, &[("firms", &self.firms.to_string())]),
            Step::Extend => w.extend.to_owned(),
            Step::Close => w.close.to_owned(),
            Step::Cancel => w.cancel.to_owned(),
            Step::Release => w.release.to_owned(),
        };
        let day = crate::kernel::period::long_date(survey.content.due_on, language);
        let early = self.step == Step::Close && today <= survey.content.due_on;
        let label = self.step.label(language);
        let shown = if self.hindrances.contains(&Hindrance::Nobody) { String::new() } else { meaning };
        StepPage {
            chrome: chrome(frame, survey, Some(label)),
            w,
            facts: facts(survey, language),
            meaning: shown,
            warning: early.then(|| fill(w.close_early, &[("due", &day)])),
            hindrances: self.hindrances.iter().map(|hindrance| said(*hindrance, language)).collect(),
            action: paths::step(survey.survey_id, self.step),
            label,
            danger: matches!(self.step, Step::Cancel | Step::Close),
            back: paths::of_survey(paths::SURVEY, survey.survey_id),
            version: survey.version,
            due: (self.step == Step::Extend)
                .then(|| due.unwrap_or_else(|| day_boxes(a_week_after(survey.content.due_on.max(today))))),
            errors,
        }
    }

    /// The new due day, where one is asked for.
    fn due(&self, typed: &Typed, today: NaiveDate, language: Language) -> Result<Option<NaiveDate>, FieldErrors> {
        if self.step != Step::Extend {
            return Ok(None);
        }
        let w = StepWords::of(language);
        let mut errors = FieldErrors::default();
        match due_of(&[&typed.due_year, &typed.due_month, &typed.due_day], today) {
            Ok(day) if day > self.survey.content.due_on => return Ok(Some(day)),
            Ok(_) => errors.add("due", w.not_later),
            Err(true) => errors.add("due", w.day_wrong),
            Err(false) => errors.add("due", w.due_wrong),
        }
        Err(errors)
    }
}

fn a_week_after(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(chrono::Days::new(7)).unwrap_or(day)
}

fn said(hindrance: Hindrance, language: Language) -> &'static str {
    let w = StepWords::of(language);
    match hindrance {
        Hindrance::NoQuestions => w.no_questions,
        Hindrance::DueDay => w.due_day,
        Hindrance::Words => w.words,
        Hindrance::Nobody => w.nobody,
        Hindrance::TooFew => w.too_few,
    }
}

/// What the step means.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<StepPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &viewer, &place, japan_day(now)).await?;
    tx.commit().await?;
    Ok(Page(scene.page(&frame, japan_day(now), None, FieldErrors::default())).into_response())
}

/// Takes it.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<StepPlace>,
    Form(typed): Form<Typed>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &viewer, &place, today).await?;
    if !scene.hindrances.is_empty() {
        return Ok(Unprocessable(scene.page(&frame, today, None, FieldErrors::default())).into_response());
    }
    let due = match scene.due(&typed, today, frame.language) {
        Ok(due) => due,
        Err(errors) => {
            let boxes = [typed.due_year, typed.due_month, typed.due_day];
            return Ok(Unprocessable(scene.page(&frame, today, Some(boxes), errors)).into_response());
        }
    };
    let held = Held { survey_id: place.survey, version: typed.version.parse().unwrap_or(0) };
    let firms = store::step(&mut tx, held, scene.step, due).await?.ok_or(WebError::Conflict(CHANGED))?;
    let mut sent = 0;
    if scene.step == Step::Open {
        sent = store::tell(&mut tx, place.survey, "opened", &written(&scene.survey, &state, false)?).await?;
    }
    let counted = scene.survey.content.visibility == Visibility::Counted;
    let more = serde_json::json!({ "due": due, "firms": firms, "letters": sent, "counted": counted });
    let of = (place.survey, scene.survey.ceptoar_id.as_str());
    note(&mut tx, (&viewer, &frame, now), scene.step.action(), of, more).await?;
    tx.commit().await?;
    let page = paths::of_survey(paths::SURVEY, place.survey);
    let page = match scene.step {
        // A draft that is given up is nowhere any more.
        Step::Cancel if scene.survey.opened_at.is_none() => paths::INDEX.to_owned(),
        Step::Open => format!("{page}?done=open&letters={sent}"),
        Step::Extend | Step::Close | Step::Cancel | Step::Release => format!("{page}?done={}", scene.step.code()),
    };
    Ok(Redirect::to(&page).into_response())
}

fn written(survey: &Survey, state: &AppState, again: bool) -> Result<Letters, WebError> {
    let about = About {
        survey: survey.survey_id,
        ceptoar: &survey.ceptoar,
        due_on: survey.content.due_on,
        base_url: &state.config.base_url(),
    };
    Ok(letters(about, again).map_err(anyhow::Error::from)?)
}

/// Writes to those who have not answered.
pub async fn remind(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<SurveyPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let survey = read(&mut tx, &viewer, place.survey, SurveyAction::Keep).await?;
    if !survey.takes_answers(japan_day(now)) {
        return Err(WebError::Conflict(TOO_LATE));
    }
    let sent = store::tell(&mut tx, place.survey, "by_hand", &written(&survey, &state, true)?).await?;
    let more = serde_json::json!({ "occasion": "by_hand", "letters": sent });
    note(&mut tx, (&viewer, &frame, now), "survey.remind", (place.survey, &survey.ceptoar_id), more).await?;
    tx.commit().await?;
    let page = paths::of_survey(paths::SURVEY, place.survey);
    Ok(Redirect::to(&format!("{page}?done=remind&letters={sent}")).into_response())
}
