//! A judgement: what it says; for the centre answering what it proposes, for its CEPTOAR taking it back.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::{Row, note};
use crate::features::access::action::JudgementAction;
use crate::features::access::{Viewer, can};
use crate::features::judgements::judgement::{Answer, Judgement};
use crate::features::judgements::paths;
use crate::features::judgements::store::{self, Wanted};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_time;
use crate::kernel::text;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

const LONGEST_WORDS: usize = 1000;
const LONGEST_REASON: usize = 500;

crate::words! {
    /// Words of the page.
    pub struct ShowWords {
        written: "{time} {who}" / "{time} {who}",
        body: "判断とその根拠" / "What is judged, and on what grounds",
        proposal: "NISCへの提案" / "Proposal to NISC",
        answer: "NISCの回答" / "NISC's answer",
        waits: "まだ回答がありません。" / "There is no answer yet.",
        own_alone: "提案がないので、自分のセプターの事務局とコーディネータだけが見ています。" / "It proposes nothing, so only the CEPTOAR's own desk and coordinators see it.",
        gone: "この判断は取り消されています" / "This judgement was taken back",
        gone_at: "{time} {why}" / "{time} {why}",
        to_answer: "提案に回答する" / "Answer the proposal",
        choose: "回答" / "Answer",
        choose_missing: "回答を選んでください。" / "Please choose an answer.",
        words: "ひとこと" / "In words",
        words_help: "何をするか、なぜしないか(1000字まで)。セプターの事務局とコーディネータに見えます。" / "What will be done, or why nothing will (1,000 characters). The CEPTOAR's desk and coordinators see it.",
        submit: "回答する" / "Answer",
        take_back: "この判断を取り消す" / "Take this judgement back",
        take_back_help: "誤って書いたときに使います。記録は残り、NISCには見えなくなります。回答のあとは取り消せません。" / "For what was written by mistake. It stays on record, and NISC sees it no more. Not after an answer.",
        reason: "取り消す理由" / "Why it is taken back",
        meanwhile: "この画面を開いたあとに、回答または取消しがありました。いまの内容をご確認ください。入力した内容は、下に残しています。" / "It was answered or taken back since you opened this page. Please look at what stands there now; what you typed is kept below.",
        typed: "入力した内容" / "What you typed",
        done_written: "判断を記録しました。" / "The judgement is on record.",
        done_answered: "提案に回答しました。" / "The proposal is answered.",
        done_withdrawn: "判断を取り消しました。" / "The judgement was taken back.",
    }
}

/// What is typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct ShowForm {
    choice: String,
    words: String,
    reason: String,
}

impl ShowForm {
    fn answers(&self, language: Language) -> Vec<Choice> {
        Answer::ALL
            .into_iter()
            .map(|answer| Choice {
                value: answer.code().to_owned(),
                label: answer.label(language).to_owned(),
                explanation: String::new(),
                chosen: self.choice == answer.code(),
            })
            .collect()
    }
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct ShowQuery {
    done: String,
}

#[derive(Template)]
#[template(path = "judgements/show.html")]
struct ShowPage {
    chrome: Chrome,
    w: &'static ShowWords,
    row: Row,
    written: String,
    body: String,
    proposal: String,
    answer: Option<(&'static str, String, String)>,
    gone: Option<String>,
    meanwhile: bool,
    answers_it: bool,
    takes_back: bool,
    answer_to: String,
    withdrawal: String,
    form: ShowForm,
    answers: Vec<Choice>,
    errors: FieldErrors,
}

async fn read(tx: &mut Tx, viewer: &Viewer, id: Uuid, action: JudgementAction) -> Result<Judgement, WebError> {
    let found = store::list(tx, Wanted { id: Some(id), ceptoar: None }).await?.pop().ok_or(WebError::NotFound)?;
    if can(viewer, action, &found.facts()) { Ok(found) } else { Err(WebError::NotFound) }
}

fn page(viewer: &Viewer, frame: &Frame, judgement: &Judgement, form: ShowForm, errors: FieldErrors) -> ShowPage {
    let language = frame.language;
    let w = ShowWords::of(language);
    let at = |time| long_time(time, language);
    let lets = |action| can(viewer, action, &judgement.facts());
    let open = judgement.answer.is_none() && judgement.taken_back.is_none();
    ShowPage {
        chrome: frame.chrome(
            judgement.title.clone(),
            &[frame.home(), (paths::INDEX, super::index::IndexWords::of(language).title)],
        ),
        w,
        row: Row::of(judgement, language),
        written: fill(w.written, &[("time", &at(judgement.written_at)), ("who", &judgement.written_by)]),
        body: judgement.body.clone(),
        proposal: judgement.proposal.clone(),
        answer: judgement
            .answer
            .as_ref()
            .map(|(answer, words, time)| (answer.label(language), words.clone(), at(*time))),
        gone: judgement.taken_back.as_ref().map(|(time, why)| fill(w.gone_at, &[("time", &at(*time)), ("why", why)])),
        meanwhile: false,
        answers_it: judgement.waits() && lets(JudgementAction::Answer),
        takes_back: open && lets(JudgementAction::Write),
        answer_to: paths::of(paths::ANSWER, judgement.judgement_id),
        withdrawal: paths::of(paths::WITHDRAWAL, judgement.judgement_id),
        answers: form.answers(language),
        form,
        errors,
    }
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<Uuid>,
    Query(query): Query<ShowQuery>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let judgement = read(&mut tx, &viewer, id, JudgementAction::See).await?;
    tx.commit().await?;
    let mut page = page(&viewer, &frame, &judgement, ShowForm::default(), FieldErrors::default());
    let said = match query.done.as_str() {
        "written" => Some(page.w.done_written),
        "answered" => Some(page.w.done_answered),
        "withdrawn" => Some(page.w.done_withdrawn),
        _ => None,
    };
    if let Some(said) = said {
        page.chrome = page.chrome.with_flash("success", said);
    }
    Ok(Page(page).into_response())
}

/// Answers what it proposes.
pub async fn answer(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<Uuid>,
    Form(form): Form<ShowForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let judgement = read(&mut tx, &viewer, id, JudgementAction::Answer).await?;
    let mut errors = FieldErrors::default();
    let answer = Answer::from_code(&form.choice);
    if answer.is_none() {
        errors.add("choice", ShowWords::of(language).choose_missing);
    }
    let words = errors.take("words", text::filled_paragraph(&form.words, LONGEST_WORDS), language);
    let Some(answer) = answer.filter(|_| errors.is_empty()) else {
        return Ok(Unprocessable(page(&viewer, &frame, &judgement, form, errors)).into_response());
    };
    if !store::answer(&mut tx, id, answer, &words).await? {
        return meanwhile(&mut tx, &viewer, &frame, id, form).await;
    }
    note(&mut tx, &viewer, &frame, "judgement.answer", (&judgement.ceptoar_id, id), now).await?;
    tx.commit().await?;
    Ok(done(id, "answered"))
}

/// Takes it back.
pub async fn withdraw(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<Uuid>,
    Form(form): Form<ShowForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let judgement = read(&mut tx, &viewer, id, JudgementAction::Write).await?;
    let mut errors = FieldErrors::default();
    let why = errors.take("reason", text::filled_line(&form.reason, LONGEST_REASON), frame.language);
    if !errors.is_empty() {
        return Ok(Unprocessable(page(&viewer, &frame, &judgement, form, errors)).into_response());
    }
    if !store::take_back(&mut tx, id, &why).await? {
        return meanwhile(&mut tx, &viewer, &frame, id, form).await;
    }
    note(&mut tx, &viewer, &frame, "judgement.withdraw", (&judgement.ceptoar_id, id), now).await?;
    tx.commit().await?;
    Ok(done(id, "withdrawn"))
}

/// Somebody else was faster: what stands there now, and what was typed.
async fn meanwhile(
    tx: &mut Tx,
    viewer: &Viewer,
    frame: &Frame,
    id: Uuid,
    form: ShowForm,
) -> Result<Response, WebError> {
    let judgement = read(tx, viewer, id, JudgementAction::See).await?;
    let mut page = page(viewer, frame, &judgement, form, FieldErrors::default());
    page.meanwhile = true;
    Ok((StatusCode::CONFLICT, Page(page)).into_response())
}

fn done(id: Uuid, what: &str) -> Response {
    Redirect::to(&format!("{}?done={what}", paths::of(paths::JUDGEMENT, id))).into_response()
}
