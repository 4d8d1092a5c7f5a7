//! What a survey is called, whom it asks and until when; making it, and making this year's from last year's.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::{CommonWords, NOT_A_DRAFT, SurveyPlace, chrome, note, pick, read, read_draft};
use crate::features::access::action::SurveyAction;
use crate::features::access::survey::SurveyFacts;
use crate::features::access::{Viewer, can};
use crate::features::surveys::paths;
use crate::features::surveys::store::{self, Held};
use crate::features::surveys::survey::{
    Content, Kind, Participation, REMIND_DAYS, State as SurveyState, Survey, Visibility, is_due_day,
};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::text::{self, half_width};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::{Choice, FieldErrors, TypedDate, day_boxes, value_of};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

const LONGEST_TITLE: usize = 100;
const LONGEST_TITLE_EN: usize = 200;
const LONGEST_INTRODUCTION: usize = 2000;
/// How long firms have, unless the desk says otherwise.
const DAYS: u64 = 28;
const REMIND: i16 = 3;

crate::words! {
    /// Words of the page.
    pub struct SettingsWords {
        new: "調査を作る" / "Make a survey",
        edit: "調査の設定を直す" / "Change the settings",
        lead: "保存しただけでは、構成員には見えません。質問を用意してから、調査を開始します。" / "Saving shows nothing to the members. Add the questions next, then open the survey.",
        name: "調査の題名" / "Title",
        name_help: "例: 2026年度 利用システム調査" / "For instance: Systems in use, FY2026",
        name_en: "調査の題名(英語)" / "Title in English",
        introduction_help: "何のために尋ねるか、何に使うか。回答する方が最初に読みます。2000文字以内。" / "What it is for and what is done with it. Firms read it first. At most 2,000 characters.",
        whom_help: "調査を開始した日の構成員に尋ねます。" / "Those are asked who are members on the day on which it opens.",
        whole: "全構成員" / "All members",
        participation_help: "全員に回答してもらうか、希望する会社だけか。" / "Whether everybody answers, or whoever wants to.",
        required_help: "回答していない会社が、一覧の先頭に表示されます。" / "Who has not answered stands on top of your list.",
        voluntary_help: "回答しなくてもかまわないことが、会社に表示されます。" / "Firms are told that they need not.",
        visibility_help: "調査を開始すると変えられません。会社には、回答する前に表示されます。" / "Fixed when the survey opens, and shown to firms before they answer.",
        named_help: "会社ごとの回答を読み、製品名から会社を探せます。ほかの構成員、NISC、省庁には見えません。" / "Your desk reads each firm's answers and finds firms by product. Other members, the centre and ministries do not.",
        counted_help: "締め切ってから、集計だけを表示します。3社未満の数は表示しません。文章で答える質問は使えません(文面から会社が分かるため)。" / "Numbers alone, after it is closed, and none of fewer than three firms. No question is answered in words, which betray who wrote them.",
        due_help: "明日から1年以内。この日いっぱい回答を受け付けます。" / "From tomorrow on, within a year. Answers are taken to the end of this day.",
        remind: "催促のメールを送る日" / "Reminder",
        remind_help: "回答していない会社に、期限の何日前にメールを送るか。1から14。" / "So many days before the due day those who have not answered get a mail. 1 to 14.",
        save: "保存する" / "Save",
        go_on: "保存して質問の用意へ進む" / "Save and go on to the questions",
        cancel: "やめる" / "Cancel",
        choose: "選択肢から選んでください。" / "Please choose one.",
        day_wrong: "正しい年月日を入力してください。" / "Please enter a proper date.",
        due_wrong: "明日から1年以内の日を入力してください。今日や過去の日は、回答期限にできません。" / "A day from tomorrow on and within a year, please.",
        remind_wrong: "1から14までの数字で入力してください。" / "A number from 1 to 14, please.",
    }
}

/// What was typed: names and values as they came.
#[derive(Debug, Clone, Default)]
struct Typed(Vec<(String, String)>);

impl Typed {
    fn at(&self, name: &str) -> &str {
        value_of(&self.0, name)
    }

    fn of(content: &Content) -> Self {
        let [year, month, day] = day_boxes(content.due_on);
        let pairs = [
            ("survey_kind", content.kind.code().to_owned()),
            ("title", content.title.clone()),
            ("title_en", content.title_en.clone()),
            ("introduction", content.introduction.clone()),
            ("survey_group", content.group_id.clone().unwrap_or_default()),
            ("participation", content.participation.code().to_owned()),
            ("visibility", content.visibility.code().to_owned()),
            ("due_year", year),
            ("due_month", month),
            ("due_day", day),
            ("remind_days", content.remind_days.to_string()),
        ];
        Self(pairs.map(|(name, value)| (name.to_owned(), value)).into())
    }

    fn read(&self, groups: &[Group], today: NaiveDate, language: Language) -> Result<Content, FieldErrors> {
        let w = SettingsWords::of(language);
        let mut errors = FieldErrors::default();
        let kind = chosen("survey_kind", Kind::from_code(self.at("survey_kind")), &mut errors, w);
        let title = errors.take("title", text::filled_line(self.at("title"), LONGEST_TITLE), language);
        let title_en = errors.take("title_en", text::line(self.at("title_en"), LONGEST_TITLE_EN), language);
        let introduction = text::paragraph(self.at("introduction"), LONGEST_INTRODUCTION);
        let introduction = errors.take("introduction", introduction, language);
        let group = self.at("survey_group");
        let group_id = (!group.is_empty()).then(|| group.to_owned());
        if !group.is_empty() && !groups.iter().any(|(id, _, _)| id == group) {
            errors.add("survey_group", w.choose);
        }
        let participation = chosen("participation", Participation::from_code(self.at("participation")), &mut errors, w);
        let visibility = chosen("visibility", Visibility::from_code(self.at("visibility")), &mut errors, w);
        let due_on = self.due(today, &mut errors, w);
        let remind_days = half_width(self.at("remind_days")).parse().ok().filter(|days| REMIND_DAYS.contains(days));
        if remind_days.is_none() {
            errors.add("remind_days", w.remind_wrong);
        }
        match (kind, participation, visibility, due_on, remind_days) {
            (Some(kind), Some(participation), Some(visibility), Some(due_on), Some(remind_days))
                if errors.is_empty() =>
            {
                Ok(Content {
                    kind,
                    title,
                    title_en,
                    introduction,
                    group_id,
                    participation,
                    visibility,
                    due_on,
                    remind_days,
                })
            }
            _ => Err(errors),
        }
    }

    fn due(&self, today: NaiveDate, errors: &mut FieldErrors, w: &SettingsWords) -> Option<NaiveDate> {
        due_of(&["due_year", "due_month", "due_day"].map(|name| self.at(name)), today)
            .map_err(|wrong| errors.add("due", if wrong { w.day_wrong } else { w.due_wrong }))
            .ok()
    }
}

/// The due day of three boxes; `Err(true)` where it is no day, `Err(false)` where it cannot be the due day.
pub(super) fn due_of(boxes: &[&str; 3], today: NaiveDate) -> Result<NaiveDate, bool> {
    match TypedDate::read(*boxes) {
        TypedDate::Day(day) if is_due_day(day, today) => Ok(day),
        TypedDate::Day(_) => Err(false),
        TypedDate::Nothing | TypedDate::Wrong => Err(true),
    }
}

fn chosen<T>(field: &'static str, value: Option<T>, errors: &mut FieldErrors, w: &SettingsWords) -> Option<T> {
    if value.is_none() {
        errors.add(field, w.choose);
    }
    value
}

/// A group: id, short name, what it is.
type Group = (String, String, [String; 2]);

#[derive(Template)]
#[template(path = "surveys/settings.html")]
struct SettingsPage {
    chrome: Chrome,
    w: &'static SettingsWords,
    c: &'static CommonWords,
    action: String,
    back: String,
    version: Option<i32>,
    typed: Typed,
    kinds: Vec<Choice>,
    groups: Vec<Choice>,
    participations: Vec<Choice>,
    visibilities: Vec<Choice>,
    errors: FieldErrors,
    meanwhile: bool,
}

fn choices<T: Label + Copy>(all: &[(T, &'static str, &'static str)], typed: &str, language: Language) -> Vec<Choice> {
    let choice = |(value, code, explanation): &(T, &'static str, &'static str)| Choice {
        value: (*code).to_owned(),
        label: value.label(language).to_owned(),
        explanation: (*explanation).to_owned(),
        chosen: *code == typed,
    };
    all.iter().map(choice).collect()
}

/// Where the form stands.
struct Scene<'a> {
    frame: &'a Frame,
    ceptoar_id: &'a str,
    survey: Option<&'a Survey>,
    groups: &'a [Group],
}

impl Scene<'_> {
    fn page(&self, typed: Typed, errors: FieldErrors) -> SettingsPage {
        let language = self.frame.language;
        let (w, c) = (SettingsWords::of(language), CommonWords::of(language));
        let group = |(id, code, scope): &Group| Choice {
            value: id.clone(),
            label: format!("{code}({})", pick(scope, language)),
            explanation: String::new(),
            chosen: typed.at("survey_group") == id,
        };
        let (action, back, version) = match self.survey {
            None => (paths::new(self.ceptoar_id), paths::INDEX.to_owned(), None),
            Some(survey) => (
                paths::of_survey(paths::SETTINGS, survey.survey_id),
                paths::of_survey(paths::SURVEY, survey.survey_id),
                Some(survey.version),
            ),
        };
        SettingsPage {
            chrome: match self.survey {
                None => self.frame.chrome(w.new, &[self.frame.home(), (paths::INDEX, c.title)]),
                Some(survey) => chrome(self.frame, survey, Some(w.edit)),
            },
            w,
            c,
            action,
            back,
            version,
            kinds: choices(&Kind::ALL.map(|k| (k, k.code(), "")), typed.at("survey_kind"), language),
            groups: self.groups.iter().map(group).collect(),
            participations: choices(
                &[
                    (Participation::Required, Participation::Required.code(), w.required_help),
                    (Participation::Voluntary, Participation::Voluntary.code(), w.voluntary_help),
                ],
                typed.at("participation"),
                language,
            ),
            visibilities: choices(
                &[
                    (Visibility::Named, Visibility::Named.code(), w.named_help),
                    (Visibility::Counted, Visibility::Counted.code(), w.counted_help),
                ],
                typed.at("visibility"),
                language,
            ),
            typed,
            errors,
            meanwhile: false,
        }
    }
}

async fn may_make(tx: &mut Tx, viewer: &Viewer, ceptoar: &str) -> Result<Vec<Group>, WebError> {
    if !can(viewer, SurveyAction::Keep, &SurveyFacts::of_ceptoar(ceptoar)) {
        return Err(WebError::NotFound);
    }
    store::ceptoar(tx, ceptoar).await?.ok_or(WebError::NotFound)?;
    Ok(store::groups(tx, ceptoar).await?)
}

fn later(today: NaiveDate) -> NaiveDate {
    today.checked_add_days(Days::new(DAYS)).unwrap_or(today)
}

/// The empty form.
pub async fn get_new(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let groups = may_make(&mut tx, &viewer, &ceptoar).await?;
    tx.commit().await?;
    let [year, month, day] = day_boxes(later(japan_day(now)));
    let typed = [("due_year", year), ("due_month", month), ("due_day", day), ("remind_days", REMIND.to_string())];
    let typed = Typed(typed.map(|(name, value)| (name.to_owned(), value)).into());
    let scene = Scene { frame: &frame, ceptoar_id: &ceptoar, survey: None, groups: &groups };
    Ok(Page(scene.page(typed, FieldErrors::default())).into_response())
}

/// Makes one.
pub async fn create(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let groups = may_make(&mut tx, &viewer, &ceptoar).await?;
    let typed = Typed(pairs);
    let content = match typed.read(&groups, japan_day(now), frame.language) {
        Ok(content) => content,
        Err(errors) => {
            let scene = Scene { frame: &frame, ceptoar_id: &ceptoar, survey: None, groups: &groups };
            return Ok(Unprocessable(scene.page(typed, errors)).into_response());
        }
    };
    let id = Uuid::new_v4();
    store::insert(&mut tx, (id, &ceptoar), &content, None).await?;
    let more = serde_json::json!({ "kind": content.kind.code() });
    note(&mut tx, (&viewer, &frame, now), "survey.make", (id, &ceptoar), more).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=made", paths::of_survey(paths::SURVEY, id))).into_response())
}

/// The form of a draft.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<SurveyPlace>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let survey = read_draft(&mut tx, &viewer, place.survey).await?;
    let groups = store::groups(&mut tx, &survey.ceptoar_id).await?;
    tx.commit().await?;
    let scene = Scene { frame: &frame, ceptoar_id: &survey.ceptoar_id, survey: Some(&survey), groups: &groups };
    Ok(Page(scene.page(Typed::of(&survey.content), FieldErrors::default())).into_response())
}

/// Changes a draft.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<SurveyPlace>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let survey = read_draft(&mut tx, &viewer, place.survey).await?;
    let groups = store::groups(&mut tx, &survey.ceptoar_id).await?;
    let typed = Typed(pairs);
    let scene = Scene { frame: &frame, ceptoar_id: &survey.ceptoar_id, survey: Some(&survey), groups: &groups };
    let content = match typed.read(&groups, japan_day(now), frame.language) {
        Ok(content) => content,
        Err(errors) => return Ok(Unprocessable(scene.page(typed, errors)).into_response()),
    };
    let held = Held { survey_id: survey.survey_id, version: typed.at("version").parse().unwrap_or(0) };
    if held.version != survey.version || !store::save(&mut tx, held, &content).await? {
        let page = SettingsPage { meanwhile: true, ..scene.page(typed, FieldErrors::default()) };
        return Ok(Unprocessable(page).into_response());
    }
    let of = (survey.survey_id, survey.ceptoar_id.as_str());
    note(&mut tx, (&viewer, &frame, now), "survey.edit", of, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=saved", paths::of_survey(paths::SURVEY, survey.survey_id))).into_response())
}

crate::words! {
    /// Words of the copy.
    pub struct NextWords {
        title: "{title}(次の回)" / "{title} (next)",
    }
}

/// The title of what follows: with the year after, where it names its own.
fn next_title(title: &str, year: i32, language: Language) -> String {
    let this = year.to_string();
    if title.contains(&this) {
        return title.replacen(&this, &(year + 1).to_string(), 1);
    }
    let longer = fill(NextWords::of(language).title, &[("title", title)]);
    if longer.chars().count() > LONGEST_TITLE { title.to_owned() } else { longer }
}

/// Makes this year's survey from an earlier one: its settings and its questions with their lines.
pub async fn next(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<SurveyPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let survey = read(&mut tx, &viewer, place.survey, SurveyAction::Keep).await?;
    if survey.state != SurveyState::Closed {
        return Err(WebError::Conflict(NOT_A_DRAFT));
    }
    let year = survey.fiscal_year();
    let content = Content {
        title: next_title(&survey.content.title, year, Language::Ja),
        title_en: match survey.content.title_en.as_str() {
            "" => String::new(),
            title => next_title(title, year, Language::En),
        },
        due_on: later(japan_day(now)),
        ..survey.content.clone()
    };
    let id = Uuid::new_v4();
    store::insert(&mut tx, (id, &survey.ceptoar_id), &content, Some(survey.survey_id)).await?;
    store::copy_questions(&mut tx, survey.survey_id, id).await?;
    let more = serde_json::json!({ "follows": survey.survey_id });
    note(&mut tx, (&viewer, &frame, now), "survey.make", (id, &survey.ceptoar_id), more).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=next", paths::of_survey(paths::SURVEY, id))).into_response())
}
