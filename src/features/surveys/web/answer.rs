//! A firm answers: it saves, sends, and may change what it sent until the due day is over.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};

use super::{CommonWords, Done, FirmPlace, chrome, facts, note, pick, read_for};
use crate::features::access::Viewer;
use crate::features::access::action::SurveyAction;
use crate::features::surveys::answer::{Answer, Typed, Wrong, field, product_field, rows};
use crate::features::surveys::paths;
use crate::features::surveys::question::{Question, QuestionKind};
use crate::features::surveys::replies::store::{self, Held, Reply};
use crate::features::surveys::store as surveys;
use crate::features::surveys::survey::{Participation, Survey};
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::short_time;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::Choice;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct AnswerPageWords {
        title: "回答する" / "Answer",
        sent: "{at}に送信した回答が数えられています。期限までは、直して送り直せます。" / "The answers sent at {at} count. You may change and send them again until the due day.",
        saved: "{at}に保存した、送信していない入力があります。" / "There are entries saved at {at} that are not sent.",
        voluntary: "この調査への回答は任意です。" / "You need not answer this survey.",
        send: "回答を送信する" / "Send the answers",
        save: "送信せずに保存する" / "Save without sending",
        more_rows: "製品の行を増やす" / "More rows for products",
        back: "調査のページへ" / "To the survey",
        products_help: "1行に1つ。使わない行は空欄のままにしてください。100件まで。" / "One on each line; leave the other lines empty. At most 100.",
        vendor: "ベンダー" / "Vendor",
        product: "製品名" / "Product",
        release: "バージョン" / "Version",
        row: "{n}行目" / "Row {n}",
        range: "{least}から{most}まで" / "{least} to {most}",
        closed_title: "回答の受付は終わりました" / "Answers are not taken any more",
        closed_lost: "入力した内容は、送信も保存もされていません。下に残しているので、必要なら控えを取ってください。直す必要があるときは、事務局にご連絡ください。" / "What you typed was neither sent nor saved. It is kept below; please copy what you need, and call your secretariat if something has to be changed.",
        closed_text: "下は、送信された回答です。" / "Below are the answers that were sent.",
        closed_none: "この会社は回答していません。" / "This firm has not answered.",
        too_much: "入力した内容が多すぎて、保存できません。製品の行を減らすか、文章を短くしてください。" / "This is more than can be saved. Please take out some products or shorten the texts.",
        meanwhile: "{at}に、同じ会社の別の方が保存しました" / "Somebody else of your firm saved at {at}",
        meanwhile_text: "入力した内容は下に残っています。違うところには、保存されている内容を示しました。よければ、もう一度ボタンを押してください。" / "What you typed is still below, with what was saved where that differs. Press the button again if yours is right.",
        stored: "保存されている内容: {value}" / "Saved: {value}",
        done_saved: "保存しました。まだ送信していません。" / "Saved. Nothing is sent yet.",
    }
}

struct ProductRow {
    label: String,
    names: [String; 3],
    values: [String; 3],
}

struct Field {
    number: i16,
    name: String,
    wording: String,
    required: bool,
    kind: QuestionKind,
    help: String,
    unit: String,
    choices: Vec<Choice>,
    value: String,
    rows: Vec<ProductRow>,
    error: Vec<String>,
    stored: Option<String>,
}

/// restrict_violation: a survey that is closed takes no answers (`survey_takes_answers`).
const CLOSED: &str = "23001";

#[derive(Template)]
#[template(path = "surveys/answer.html")]
struct AnswerPage {
    chrome: Chrome,
    w: &'static AnswerPageWords,
    c: &'static CommonWords,
    firm: String,
    facts: Vec<(&'static str, String)>,
    introduction: String,
    notes: Vec<String>,
    meanwhile: Option<String>,
    /// What was lost, where the time was over before it was sent.
    closed: bool,
    action: String,
    back: String,
    version: i32,
    fields: Vec<Field>,
    has_products: bool,
    errors: Vec<Wrong>,
}

#[derive(Template)]
#[template(path = "surveys/answered.html")]
struct AnsweredPage {
    chrome: Chrome,
    w: &'static AnswerPageWords,
    c: &'static CommonWords,
    firm: String,
    back: String,
    lines: Vec<(i16, String, Vec<String>)>,
    any: bool,
}

/// Questions with what a firm said, a line for each part.
pub(super) fn answered(questions: &[Question], answers: &[Answer]) -> Vec<(i16, String, Vec<String>)> {
    let line = |question: &Question| {
        let answer = answers.iter().find(|answer| answer.question_id == question.question_id);
        let shown = answer.map(|answer| answer.value.shown(question)).unwrap_or_default();
        (question.position, question.content.wording.clone(), shown)
    };
    questions.iter().map(line).collect()
}

struct Scene<'a> {
    frame: &'a Frame,
    survey: &'a Survey,
    firm: OrganisationId,
    name: String,
    questions: Vec<Question>,
    reply: Option<Reply>,
    /// Whether answers are taken: who has left answers no more, whatever the day.
    open: bool,
}

impl<'a> Scene<'a> {
    async fn read(
        tx: &mut Tx,
        frame: &'a Frame,
        survey: &'a Survey,
        firm: OrganisationId,
    ) -> Result<Scene<'a>, WebError> {
        let name = store::firm(tx, firm).await?;
        Ok(Self {
            frame,
            survey,
            firm,
            name: pick(&name, frame.language).to_owned(),
            questions: surveys::questions(tx, survey.survey_id).await?,
            reply: store::find(tx, survey.survey_id, firm).await?,
            open: store::takes_answers(tx, survey.survey_id, firm).await?,
        })
    }

    fn version(&self) -> i32 {
        self.reply.as_ref().map_or(0, |reply| reply.version)
    }

    fn stored(&self) -> Typed {
        Typed(self.reply.as_ref().map(|reply| reply.typed.clone()).unwrap_or_default())
    }

    fn notes(&self) -> Vec<String> {
        let w = AnswerPageWords::of(self.frame.language);
        let mut notes = Vec::new();
        if self.survey.content.participation == Participation::Voluntary {
            notes.push(w.voluntary.to_owned());
        }
        if let Some(reply) = &self.reply {
            if let Some(at) = reply.sent_at {
                notes.push(fill(w.sent, &[("at", &short_time(at))]));
            }
            if reply.sent_at.is_none_or(|sent| sent < reply.saved_at) {
                notes.push(fill(w.saved, &[("at", &short_time(reply.saved_at))]));
            }
        }
        notes
    }

    fn page(&self, typed: &Typed, errors: Vec<Wrong>, more: bool) -> AnswerPage {
        let language = self.frame.language;
        let w = AnswerPageWords::of(language);
        let field = |question: &Question| shown(question, typed, &errors, (more, language));
        AnswerPage {
            chrome: chrome(self.frame, self.survey, Some(w.title)),
            w,
            c: CommonWords::of(language),
            firm: self.name.clone(),
            facts: facts(self.survey, language),
            introduction: self.survey.content.introduction.clone(),
            notes: self.notes(),
            meanwhile: None,
            closed: false,
            action: paths::of_firm(paths::ANSWER, self.survey.survey_id, self.firm),
            back: paths::of_survey(paths::SURVEY, self.survey.survey_id),
            version: self.version(),
            fields: self.questions.iter().map(field).collect(),
            has_products: self.questions.iter().any(|q| q.content.kind == QuestionKind::Products),
            errors,
        }
    }

    /// The form for whoever was overtaken: with their text, and what was saved where that differs.
    fn overtaken(&self, typed: &Typed) -> AnswerPage {
        let w = AnswerPageWords::of(self.frame.language);
        let saved = self.stored();
        let at = self.reply.as_ref().map(|reply| short_time(reply.saved_at)).unwrap_or_default();
        let mut page = self.page(typed, Vec::new(), false);
        page.notes = Vec::new();
        page.meanwhile = Some(fill(w.meanwhile, &[("at", &at)]));
        for (field, question) in page.fields.iter_mut().zip(&self.questions) {
            let (mine, theirs) = (said(question, typed), said(question, &saved));
            if mine != theirs {
                let value =
                    if theirs.is_empty() { CommonWords::of(self.frame.language).nothing.to_owned() } else { theirs };
                field.stored = Some(fill(w.stored, &[("value", &value)]));
            }
        }
        page
    }

    fn answered(&self, answers: &[Answer]) -> AnsweredPage {
        let w = AnswerPageWords::of(self.frame.language);
        AnsweredPage {
            chrome: chrome(self.frame, self.survey, Some(w.title)),
            w,
            c: CommonWords::of(self.frame.language),
            firm: self.name.clone(),
            back: paths::of_survey(paths::SURVEY, self.survey.survey_id),
            lines: answered(&self.questions, answers),
            any: self.reply.as_ref().is_some_and(|reply| reply.sent_at.is_some()),
        }
    }
}

impl Scene<'_> {
    /// What was typed stays on the page: the desk closed the survey this very moment, or it is more than a draft holds.
    fn not_saved(&self, typed: &Typed, error: sqlx::Error) -> Result<Response, WebError> {
        let refused = error.as_database_error();
        if refused.and_then(|e| e.code()).is_some_and(|code| code == CLOSED) {
            let page = AnswerPage { closed: true, notes: Vec::new(), ..self.page(typed, Vec::new(), false) };
            return Ok(Unprocessable(page).into_response());
        }
        if refused.and_then(|e| e.constraint()) == Some("survey_drafts_size") {
            let field = self.questions.first().map(field).unwrap_or_default();
            let message = AnswerPageWords::of(self.frame.language).too_much.to_owned();
            return Ok(Unprocessable(self.page(typed, vec![Wrong { field, message }], false)).into_response());
        }
        Err(error.into())
    }
}

/// What was typed to a question, in one line.
fn said(question: &Question, typed: &Typed) -> String {
    match question.content.kind {
        QuestionKind::One | QuestionKind::Several => {
            let name = field(question);
            let choice = |place: &str| {
                let place: usize = place.parse().ok()?;
                question.content.choices.get(place.checked_sub(1)?).cloned()
            };
            typed.all(&name).filter_map(choice).collect::<Vec<_>>().join("、")
        }
        QuestionKind::Number | QuestionKind::Words => typed.at(&field(question)).trim().to_owned(),
        QuestionKind::Products => typed
            .products(question)
            .iter()
            .map(crate::features::surveys::answer::Product::shown)
            .collect::<Vec<_>>()
            .join("、"),
    }
}

fn shown(question: &Question, typed: &Typed, errors: &[Wrong], (more, language): (bool, Language)) -> Field {
    let w = AnswerPageWords::of(language);
    let content = &question.content;
    let name = field(question);
    let choices = (1..).zip(&content.choices).map(|(place, label): (usize, _)| Choice {
        value: place.to_string(),
        label: label.clone(),
        explanation: String::new(),
        chosen: typed.all(&name).any(|typed| typed == place.to_string()),
    });
    let choices = choices.collect();
    let products = if content.kind == QuestionKind::Products { typed.products(question) } else { Vec::new() };
    let count = if content.kind == QuestionKind::Products { rows(products.len(), more).max(products.len()) } else { 0 };
    let row = |number: usize| {
        let product = products.get(number - 1).cloned().unwrap_or_default();
        ProductRow {
            label: fill(w.row, &[("n", &number.to_string())]),
            names: ["vendor", "product", "release"].map(|part| product_field(part, question, number)),
            values: [product.vendor, product.product, product.release],
        }
    };
    let rows: Vec<ProductRow> = (1..=count).map(row).collect();
    let of_row = |wrong: &&Wrong| rows.iter().any(|row| row.names.contains(&wrong.field));
    let error = errors.iter().filter(|wrong| wrong.field == name || of_row(wrong)).map(|wrong| wrong.message.clone());
    let error = error.collect();
    let largest = crate::features::surveys::question::Number::LARGEST;
    let help = match (content.kind, content.bounds) {
        (QuestionKind::Products, _) => w.products_help.to_owned(),
        (_, Some([least, most])) if most != largest => {
            fill(w.range, &[("least", &least.to_string()), ("most", &most.to_string())])
        }
        (_, _) if content.kind == QuestionKind::Several => content.kind.label(language).to_owned(),
        (_, _) => String::new(),
    };
    Field {
        number: question.position,
        wording: content.wording.clone(),
        required: content.required,
        kind: content.kind,
        help,
        unit: content.unit.clone(),
        choices,
        value: typed.at(&name).to_owned(),
        rows,
        error,
        stored: None,
        name,
    }
}

/// The form; when the time is over, what was sent.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<FirmPlace>,
    Query(done): Query<Done>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let survey = read_for(&mut tx, &viewer, place.survey, (SurveyAction::Answer, Some(place.organisation))).await?;
    let scene = Scene::read(&mut tx, &frame, &survey, place.organisation).await?;
    if !scene.open {
        let sent = sent(&mut tx, &scene).await?;
        tx.commit().await?;
        return Ok(Page(scene.answered(&sent)).into_response());
    }
    tx.commit().await?;
    let mut page = scene.page(&scene.stored(), Vec::new(), done.done == "rows");
    if matches!(done.done.as_str(), "saved" | "rows") {
        page.chrome = page.chrome.with_flash("success", AnswerPageWords::of(frame.language).done_saved);
    }
    Ok(Page(page).into_response())
}

async fn sent(tx: &mut Tx, scene: &Scene<'_>) -> Result<Vec<Answer>, WebError> {
    let found = store::answers(tx, scene.survey.survey_id, Some(scene.firm), &scene.questions).await?;
    Ok(found.into_iter().map(|(_, answer)| answer).collect())
}

/// Saves or sends.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<FirmPlace>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let survey = read_for(&mut tx, &viewer, place.survey, (SurveyAction::Answer, Some(place.organisation))).await?;
    let scene = Scene::read(&mut tx, &frame, &survey, place.organisation).await?;
    let first = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let (act, version) = (first("act").unwrap_or_default(), first("version").unwrap_or_default());
    let send = match act.as_str() {
        "send" => true,
        "save" | "rows" => false,
        _ => return Err(WebError::BadRequest),
    };
    let typed = Typed::of(pairs, &scene.questions).ok_or(WebError::BadRequest)?.tidy(&scene.questions);
    if !scene.open {
        let page = AnswerPage { closed: true, notes: Vec::new(), ..scene.page(&typed, Vec::new(), false) };
        return Ok(Unprocessable(page).into_response());
    }
    let version = version.parse().unwrap_or(-1);
    if version != scene.version() {
        return Ok(Unprocessable(scene.overtaken(&typed)).into_response());
    }
    let answers = match typed.read(&scene.questions, !send, frame.language) {
        Ok(answers) => answers,
        Err(errors) => return Ok(Unprocessable(scene.page(&typed, errors, false)).into_response()),
    };
    let held = Held { survey_id: survey.survey_id, organisation: place.organisation, version };
    let saved = match store::save(&mut tx, held, &typed.0, send).await {
        Ok(saved) => saved,
        Err(error) => return scene.not_saved(&typed, error),
    };
    if !saved {
        // Somebody was faster by a moment.
        let scene = Scene::read(&mut tx, &frame, &survey, place.organisation).await?;
        return Ok(Unprocessable(scene.overtaken(&typed)).into_response());
    }
    if send {
        store::send(&mut tx, held, &answers).await?;
    }
    trail(&mut tx, (&viewer, &frame, now), &survey, place.organisation, send).await?;
    tx.commit().await?;
    let here = paths::of_firm(paths::ANSWER, survey.survey_id, place.organisation);
    Ok(Redirect::to(&match act.as_str() {
        "send" => format!("{}?done=sent", paths::of_survey(paths::SURVEY, survey.survey_id)),
        "rows" => format!("{here}?done=rows#products"),
        _ => format!("{here}?done=saved"),
    })
    .into_response())
}

async fn trail(
    tx: &mut Tx,
    who: (&Viewer, &Frame, DateTime<Utc>),
    survey: &Survey,
    firm: OrganisationId,
    send: bool,
) -> Result<(), WebError> {
    let action = if send { "survey.send" } else { "survey.save" };
    note(tx, who, action, (survey.survey_id, &survey.ceptoar_id), serde_json::json!({ "organisation": firm })).await
}
