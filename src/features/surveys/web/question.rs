//! A question of a draft: written, changed, moved, taken out.

use std::collections::BTreeSet;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::{CHANGED, CommonWords, SurveyPlace, chrome, note, read_draft};
use crate::features::access::Viewer;
use crate::features::surveys::paths;
use crate::features::surveys::question::{MOST_CHOICES, Number, Question, QuestionContent, QuestionKind};
use crate::features::surveys::store::{self, Held};
use crate::features::surveys::survey::{MOST_QUESTIONS, Survey, Visibility};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::text;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Place;
use crate::platform::web::form::{Choice, FieldErrors, text_problem, value_of};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

const LONGEST_WORDING: usize = 500;
const LONGEST_CHOICE: usize = 100;
const LONGEST_CHOICES: usize = 4000;
const LONGEST_UNIT: usize = 20;

crate::words! {
    /// Words of the page.
    pub struct QuestionWords {
        new: "質問を加える" / "Add a question",
        edit: "質問{n}を直す" / "Change question {n}",
        wording: "質問文" / "Question",
        kind: "回答のしかた" / "How it is answered",
        one_help: "選択肢のうち1つ。" / "One of the choices.",
        several_help: "選択肢のうち、いくつでも。" / "Any of the choices.",
        number_help: "台数や割合など。" / "Such as how many, or how much.",
        words_help: "事務局が会社名とともに見る調査だけで使えます。" / "Only where the secretariat reads the answers with the firms' names.",
        words_off: "「集計だけ」の調査では使えません。文面から会社が分かってしまうためです。" / "Not in a survey of numbers alone: words betray who wrote them.",
        products_help: "ベンダー、製品名、バージョンを、1社100件まで。" / "Vendor, product and version; up to 100 of a firm.",
        required: "この質問には必ず回答してもらう" / "This question has to be answered",
        choices: "選択肢" / "Choices",
        choices_help: "選ぶ質問の場合。1行に1つ、2から20まで。" / "For questions with choices: one on each line, 2 to 20.",
        number: "数値の質問の場合" / "For numbers",
        unit: "単位" / "Unit",
        unit_help: "例: 台、%、人" / "For instance: servers, %, people",
        least: "最小" / "Smallest",
        most: "最大" / "Largest",
        bounds_help: "この範囲の外の数は受け付けません。空欄なら0から1兆まで。" / "Numbers outside are not taken. Where empty: 0 to a trillion.",
        apart: "前の回の質問とつなげない(推移を表示しない)" / "Do not join it to the question of the time before (no trend)",
        apart_help: "質問の意味が変わったときに選んでください。選択肢の文言を変えると、その選択肢だけが別に数えられます。" / "Tick this where it means something else now. A choice that is worded otherwise is counted apart by itself.",
        save: "保存する" / "Save",
        more: "保存して次の質問を書く" / "Save and write the next one",
        cancel: "やめる" / "Cancel",
        remove: "この質問を削除する" / "Remove this question",
        remove_help: "質問を取り除きます。回答を集める前なので、失われる回答はありません。" / "Takes the question out. Nobody has answered yet.",
        choose: "選択肢から選んでください。" / "Please choose one.",
        few: "選択肢を2つ以上入力してください。" / "At least two choices, please.",
        many: "選択肢は20までにしてください。" / "At most 20 choices, please.",
        twice: "同じ選択肢が2つあります:「{choice}」" / "This choice stands there twice: “{choice}”",
        long: "選択肢「{choice}」: {problem}" / "Choice “{choice}”: {problem}",
        number_wrong: "数字で入力してください(小数は2桁まで)。" / "A number, please, with two decimals at most.",
        backwards: "最大は、最小以上の数にしてください。" / "The largest cannot be below the smallest.",
        full: "質問は50までです。" / "A survey has at most 50 questions.",
    }
}

#[derive(Debug, Clone, Default)]
struct Typed(Vec<(String, String)>);

impl Typed {
    fn at(&self, name: &str) -> &str {
        value_of(&self.0, name)
    }

    fn of(content: &QuestionContent) -> Self {
        let [least, most] = content.bounds.map_or([String::new(), String::new()], |b| b.map(|n| n.to_string()));
        let most = if most == Number::LARGEST.to_string() { String::new() } else { most };
        let pairs = [
            ("question_kind", content.kind.code().to_owned()),
            ("wording", content.wording.clone()),
            ("required", content.required.to_string()),
            ("choices", content.choices.join("\n")),
            ("unit", content.unit.clone()),
            ("least", least),
            ("most", most),
        ];
        Self(pairs.map(|(name, value)| (name.to_owned(), value)).into())
    }

    fn read(&self, visibility: Visibility, language: Language) -> Result<QuestionContent, FieldErrors> {
        let w = QuestionWords::of(language);
        let mut errors = FieldErrors::default();
        let wording = text::filled_paragraph(self.at("wording"), LONGEST_WORDING);
        let wording = errors.take("wording", wording, language);
        let Some(kind) = QuestionKind::from_code(self.at("question_kind")) else {
            errors.add("question_kind", w.choose);
            return Err(errors);
        };
        if kind == QuestionKind::Words && visibility == Visibility::Counted {
            errors.add("question_kind", w.words_off);
        }
        let mut content = QuestionContent {
            kind,
            wording,
            required: self.at("required") == "true",
            choices: Vec::new(),
            unit: String::new(),
            bounds: None,
        };
        match kind {
            QuestionKind::One | QuestionKind::Several => content.choices = self.choices(&mut errors, language),
            QuestionKind::Number => {
                content.unit = errors.take("unit", text::line(self.at("unit"), LONGEST_UNIT), language);
                content.bounds = Some(self.bounds(&mut errors, w));
            }
            QuestionKind::Words | QuestionKind::Products => {}
        }
        if errors.is_empty() { Ok(content) } else { Err(errors) }
    }

    fn choices(&self, errors: &mut FieldErrors, language: Language) -> Vec<String> {
        let w = QuestionWords::of(language);
        let typed = errors.take("choices", text::paragraph(self.at("choices"), LONGEST_CHOICES), language);
        let choices: Vec<String> = typed.lines().map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).collect();
        for choice in &choices {
            if let Err(problem) = text::line(choice, LONGEST_CHOICE) {
                let shown: String = choice.chars().take(20).collect();
                let problem = text_problem(problem, language);
                errors.add("choices", fill(w.long, &[("choice", &shown), ("problem", &problem)]));
            }
        }
        let mut seen = BTreeSet::new();
        // What reads alike is alike: a firm could not tell them apart.
        if let Some(twice) = choices.iter().find(|choice| !seen.insert(text::folded(choice))) {
            errors.add("choices", fill(w.twice, &[("choice", twice)]));
        }
        if choices.len() < 2 {
            errors.add("choices", w.few);
        } else if choices.len() > MOST_CHOICES {
            errors.add("choices", w.many);
        }
        choices
    }

    fn bounds(&self, errors: &mut FieldErrors, w: &QuestionWords) -> [Number; 2] {
        let mut number = |name: &'static str, without: Number| {
            let typed = self.at(name);
            if typed.trim().is_empty() {
                return without;
            }
            Number::parse(typed).unwrap_or_else(|| {
                errors.add(name, w.number_wrong);
                without
            })
        };
        let bounds = [number("least", Number(0)), number("most", Number::LARGEST)];
        if bounds[0] > bounds[1] && errors.at("least").is_empty() && errors.at("most").is_empty() {
            errors.add("most", w.backwards);
        }
        bounds
    }
}

#[derive(Template)]
#[template(path = "surveys/question.html")]
struct QuestionPage {
    chrome: Chrome,
    w: &'static QuestionWords,
    c: &'static CommonWords,
    action: String,
    back: String,
    version: i32,
    typed: Typed,
    kinds: Vec<Choice>,
    errors: FieldErrors,
    meanwhile: bool,
    /// Whether it goes on from one of an earlier survey.
    linked: bool,
    removal: Option<String>,
}

struct Scene<'a> {
    frame: &'a Frame,
    survey: &'a Survey,
    question: Option<&'a Question>,
}

impl Scene<'_> {
    fn page(&self, typed: Typed, errors: FieldErrors) -> QuestionPage {
        let (language, survey) = (self.frame.language, self.survey.survey_id);
        let w = QuestionWords::of(language);
        let counted = self.survey.content.visibility == Visibility::Counted;
        let help = |kind| match kind {
            QuestionKind::One => w.one_help,
            QuestionKind::Several => w.several_help,
            QuestionKind::Number => w.number_help,
            QuestionKind::Words if counted => w.words_off,
            QuestionKind::Words => w.words_help,
            QuestionKind::Products => w.products_help,
        };
        let kinds = QuestionKind::ALL.map(|kind| Choice {
            value: kind.code().to_owned(),
            label: kind.label(language).to_owned(),
            explanation: help(kind).to_owned(),
            chosen: typed.at("question_kind") == kind.code(),
        });
        let title = match self.question {
            None => w.new.to_owned(),
            Some(question) => fill(w.edit, &[("n", &question.position.to_string())]),
        };
        let of = |route| self.question.map(|question| paths::of_question(route, survey, question.question_id));
        QuestionPage {
            chrome: chrome(self.frame, self.survey, Some(&title)),
            w,
            c: CommonWords::of(language),
            action: of(paths::QUESTION).unwrap_or_else(|| paths::of_survey(paths::NEW_QUESTION, survey)),
            back: paths::of_survey(paths::SURVEY, survey),
            version: self.survey.version,
            kinds: kinds.into(),
            linked: self.question.is_some_and(|question| question.lineage != question.question_id),
            removal: of(paths::REMOVAL),
            typed,
            errors,
            meanwhile: false,
        }
    }

    fn overtaken(&self, typed: Typed) -> Response {
        let page = QuestionPage { meanwhile: true, ..self.page(typed, FieldErrors::default()) };
        Unprocessable(page).into_response()
    }
}

/// The empty form.
pub async fn get_new(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<SurveyPlace>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let survey = read_draft(&mut tx, &viewer, place.survey).await?;
    tx.commit().await?;
    let scene = Scene { frame: &frame, survey: &survey, question: None };
    Ok(Page(scene.page(Typed::default(), FieldErrors::default())).into_response())
}

/// Adds a question.
pub async fn create(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<SurveyPlace>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let typed = Typed(pairs);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let survey = read_draft(&mut tx, &viewer, place.survey).await?;
    let scene = Scene { frame: &frame, survey: &survey, question: None };
    let content = match typed.read(survey.content.visibility, frame.language) {
        Ok(content) => content,
        Err(errors) => return Ok(Unprocessable(scene.page(typed, errors)).into_response()),
    };
    let there = store::questions(&mut tx, survey.survey_id).await?.len();
    if there >= MOST_QUESTIONS {
        let mut errors = FieldErrors::default();
        errors.add("wording", QuestionWords::of(frame.language).full);
        return Ok(Unprocessable(scene.page(typed, errors)).into_response());
    }
    let held = Held { survey_id: survey.survey_id, version: typed.at("version").parse().unwrap_or(0) };
    if !store::touch(&mut tx, held).await? {
        return Ok(scene.overtaken(typed));
    }
    let id = Uuid::new_v4();
    let position = i16::try_from(there + 1).unwrap_or(i16::MAX);
    let question = Question { question_id: id, position, lineage: id, content };
    store::add_question(&mut tx, survey.survey_id, &question).await?;
    edited(&mut tx, (&viewer, &frame, now), &survey).await?;
    tx.commit().await?;
    let to = if typed.at("next") == "more" { paths::NEW_QUESTION } else { paths::SURVEY };
    Ok(Redirect::to(&paths::of_survey(to, survey.survey_id)).into_response())
}

async fn edited(
    tx: &mut crate::platform::db::Tx,
    who: (&Viewer, &Frame, chrono::DateTime<chrono::Utc>),
    survey: &Survey,
) -> Result<(), WebError> {
    note(tx, who, "survey.edit", (survey.survey_id, &survey.ceptoar_id), serde_json::json!({})).await
}

/// A question in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct QuestionPlace {
    survey: Uuid,
    question: Uuid,
}

/// The form of a question.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<QuestionPlace>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let survey = read_draft(&mut tx, &viewer, place.survey).await?;
    let questions = store::questions(&mut tx, survey.survey_id).await?;
    tx.commit().await?;
    let question = questions.iter().find(|q| q.question_id == place.question).ok_or(WebError::NotFound)?;
    let scene = Scene { frame: &frame, survey: &survey, question: Some(question) };
    Ok(Page(scene.page(Typed::of(&question.content), FieldErrors::default())).into_response())
}

/// Changes a question.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<QuestionPlace>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let typed = Typed(pairs);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let survey = read_draft(&mut tx, &viewer, place.survey).await?;
    let questions = store::questions(&mut tx, survey.survey_id).await?;
    let question = questions.iter().find(|q| q.question_id == place.question).ok_or(WebError::NotFound)?;
    let scene = Scene { frame: &frame, survey: &survey, question: Some(question) };
    let content = match typed.read(survey.content.visibility, frame.language) {
        Ok(content) => content,
        Err(errors) => return Ok(Unprocessable(scene.page(typed, errors)).into_response()),
    };
    let held = Held { survey_id: survey.survey_id, version: typed.at("version").parse().unwrap_or(0) };
    if !store::touch(&mut tx, held).await? {
        return Ok(scene.overtaken(typed));
    }
    // What is answered otherwise cannot be compared with the year before.
    let apart = typed.at("apart") == "true" || content.kind != question.content.kind;
    let lineage = if apart { question.question_id } else { question.lineage };
    store::change_question(&mut tx, survey.survey_id, &Question { lineage, content, ..question.clone() }).await?;
    edited(&mut tx, (&viewer, &frame, now), &survey).await?;
    tx.commit().await?;
    Ok(Redirect::to(&paths::of_survey(paths::SURVEY, survey.survey_id)).into_response())
}

/// What is sent with a button of a question.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Moved {
    version: String,
    to: String,
}

/// Moves a question up or down by one.
pub async fn place(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<QuestionPlace>,
    Form(moved): Form<Moved>,
) -> Result<Response, WebError> {
    rearrange(state, viewer, frame, place, &moved).await
}

/// Takes a question out.
pub async fn remove(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<QuestionPlace>,
    Form(moved): Form<Moved>,
) -> Result<Response, WebError> {
    rearrange(state, viewer, frame, place, &Moved { to: "out".into(), ..moved }).await
}

async fn rearrange(
    state: AppState,
    viewer: Viewer,
    frame: Frame,
    place: QuestionPlace,
    moved: &Moved,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let survey = read_draft(&mut tx, &viewer, place.survey).await?;
    let questions = store::questions(&mut tx, survey.survey_id).await?;
    let mut order: Vec<Uuid> = questions.iter().map(|q| q.question_id).collect();
    let at = order.iter().position(|id| *id == place.question).ok_or(WebError::NotFound)?;
    let held = Held { survey_id: survey.survey_id, version: moved.version.parse().unwrap_or(0) };
    if !store::touch(&mut tx, held).await? {
        return Err(WebError::Conflict(CHANGED));
    }
    match moved.to.as_str() {
        "up" if at > 0 => order.swap(at - 1, at),
        "down" if at + 1 < order.len() => order.swap(at, at + 1),
        "up" | "down" => {}
        "out" => {
            store::remove_question(&mut tx, survey.survey_id, place.question).await?;
            order.remove(at);
        }
        _ => return Err(WebError::Conflict(NO_PLACE)),
    }
    store::put_in_order(&mut tx, survey.survey_id, &order).await?;
    edited(&mut tx, (&viewer, &frame, now), &survey).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}#questions", paths::of_survey(paths::SURVEY, survey.survey_id))).into_response())
}

const NO_PLACE: Said = Said {
    ja: "質問を動かす先が分かりません。画面のボタンからもう一度行ってください。",
    en: "Please use the buttons of the page.",
};
