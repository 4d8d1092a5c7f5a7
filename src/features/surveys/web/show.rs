//! A survey: for its desk how it is made and who has answered, for a firm what it is about and where to answer.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;

use super::{CommonWords, Done, SurveyPlace, chrome, facts, pick, read};
use crate::features::access::action::SurveyAction;
use crate::features::access::{Viewer, can};
use crate::features::surveys::paths;
use crate::features::surveys::question::{Number, Question, QuestionKind};
use crate::features::surveys::replies::store as replies;
use crate::features::surveys::store::{self, Firm};
use crate::features::surveys::survey::{Participation, State as SurveyState, Step, Survey, Visibility};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{long_date, short_time};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct ShowWords {
        settings: "設定を直す" / "Change the settings",
        questions: "質問" / "Questions",
        add: "質問を加える" / "Add a question",
        edit: "直す" / "Change",
        up: "上へ" / "Up",
        down: "下へ" / "Down",
        no_questions: "質問はまだありません" / "There is no question yet",
        no_questions_text: "「質問を加える」から、尋ねることを1問ずつ書いてください。50問までです。" / "Use “Add a question” for each thing to ask. There may be 50.",
        bounds: "{least}から{most}まで" / "{least} to {most}",
        unit: "単位: {unit}" / "Unit: {unit}",
        linked: "前の回とつながる質問" / "Joined to the time before",
        progress: "回答した会社" / "Firms that answered",
        silent: "まだ回答していない会社" / "Firms that have not answered",
        firms: "会社ごとの回答状況" / "Who has answered",
        answered: "回答" / "Answer",
        answered_at: "{at} 回答済" / "Answered {at}",
        not_yet: "未回答" / "Not yet",
        late: "未回答(期限超過)" / "Not yet, overdue",
        told: "最後のメール" / "Last mail",
        no_keeper: "回答できる方(利用者管理担当)がポータルにいません" / "Nobody there can answer (no account keeper)",
        gone: "退会" / "Left",
        read: "回答を読む" / "Read the answers",
        remind: "回答していない会社にメールを送る" / "Write to those who have not answered",
        remind_help: "1社に1日1通まで。今日すでに送った会社には送りません。" / "One mail a day to a firm; those written to today are left out.",
        results: "集計を見る" / "See the results",
        results_later: "「集計だけ」の調査の集計は、締め切ったあとに見られます。途中の数から会社の回答が分からないようにするためです。" / "Of a survey of numbers alone the results are shown after it is closed, so that nobody learns from two looks what one firm said.",
        next: "同じ質問で今年度の調査を作る" / "Make this year's survey with the same questions",
        next_help: "設定と質問を写した下書きができます。同じ質問の推移を、年度を並べて見られます。" / "Makes a draft with the same settings and questions; the years stand beside each other in the results.",
        answer: "回答する" / "Answer",
        answer_again: "回答を見る・直す" / "See or change the answers",
        only_keeper: "回答できるのは、貴社の利用者管理担当の方です。" / "Whoever keeps the accounts of your firm answers.",
        voluntary: "この調査への回答は任意です。" / "You need not answer this survey.",
        over: "回答の受付は終わりました。" / "Answers are not taken any more.",
        cancelled: "この調査は中止されました。回答は要りません。" / "This survey was cancelled. No answer is needed.",
        done_made: "調査の下書きを作りました。次に質問を加えてください。" / "The draft is made. Add the questions next.",
        done_saved: "設定を保存しました。" / "The settings are saved.",
        done_next: "前の回の設定と質問を写しました。題名、期限、質問を確かめてください。" / "Settings and questions are copied. Please check title, due day and questions.",
        done_open: "調査を開始し、{letters}通のメールを送りました。" / "The survey is open; {letters} mails were sent.",
        done_extend: "回答期限を延ばしました。" / "There is more time now.",
        done_close: "調査を締め切りました。" / "The survey is closed.",
        done_cancel: "調査を中止しました。" / "The survey is cancelled.",
        done_release: "集計を、調査した構成員に公開しました。" / "The firms that were asked see the numbers now.",
        done_remind: "{letters}通のメールを送りました。今日すでに送った会社には送っていません。" / "{letters} mails were sent; none to those written to today.",
        done_sent: "回答を送信しました。期限までは直せます。" / "Your answers are sent. You may change them until the due day.",
    }
}

struct QuestionRow {
    number: i16,
    wording: String,
    kind: &'static str,
    required: bool,
    linked: bool,
    details: Vec<String>,
    edit: String,
    place: String,
}

struct FirmRow {
    name: String,
    answered: String,
    late: bool,
    remarks: Vec<&'static str>,
    told: String,
    href: Option<String>,
}

#[derive(Template)]
#[template(path = "surveys/show.html")]
struct ShowPage {
    chrome: Chrome,
    w: &'static ShowWords,
    c: &'static CommonWords,
    state: (&'static str, &'static str),
    facts: Vec<(&'static str, String)>,
    introduction: String,
    version: i32,
    draft: bool,
    settings: Option<String>,
    add: Option<String>,
    questions: Vec<QuestionRow>,
    steps: Vec<(&'static str, String, bool)>,
    tally: Option<[usize; 2]>,
    firms: Vec<FirmRow>,
    reminder: Option<String>,
    results: Option<String>,
    results_later: bool,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "surveys/asked.html")]
struct AskedPage {
    chrome: Chrome,
    w: &'static ShowWords,
    state: (&'static str, &'static str),
    facts: Vec<(&'static str, String)>,
    introduction: String,
    c: &'static CommonWords,
    notes: Vec<&'static str>,
    /// Name of the firm, address, whether it has answered.
    answers: Vec<(String, String, bool)>,
    results: Option<String>,
}

fn said(done: &Done, language: Language) -> Option<String> {
    let w = ShowWords::of(language);
    let text = match done.done.as_str() {
        "made" => w.done_made,
        "saved" => w.done_saved,
        "next" => w.done_next,
        "open" => w.done_open,
        "extend" => w.done_extend,
        "close" => w.done_close,
        "cancel" => w.done_cancel,
        "release" => w.done_release,
        "remind" => w.done_remind,
        "sent" => w.done_sent,
        _ => return None,
    };
    // Whatever the address says, it is a number.
    let letters: u32 = done.letters.parse().unwrap_or(0);
    Some(fill(text, &[("letters", &letters.to_string())]))
}

fn question_row(question: &Question, survey: &Survey, language: Language) -> QuestionRow {
    let w = ShowWords::of(language);
    let content = &question.content;
    let mut details = content.choices.clone();
    if content.kind == QuestionKind::Number {
        if !content.unit.is_empty() {
            details.push(fill(w.unit, &[("unit", &content.unit)]));
        }
        if let Some([least, most]) = content.bounds.filter(|[_, most]| *most != Number::LARGEST) {
            details.push(fill(w.bounds, &[("least", &least.to_string()), ("most", &most.to_string())]));
        }
    }
    let of = |route| paths::of_question(route, survey.survey_id, question.question_id);
    QuestionRow {
        number: question.position,
        wording: content.wording.clone(),
        kind: content.kind.label(language),
        required: content.required,
        linked: question.lineage != question.question_id,
        details,
        edit: of(paths::QUESTION),
        place: of(paths::PLACE),
    }
}

fn firm_row(firm: &Firm, survey: &Survey, today: NaiveDate, language: Language) -> FirmRow {
    let w = ShowWords::of(language);
    let required = survey.content.participation == Participation::Required;
    let late = firm.sent_at.is_none() && required && today > survey.content.due_on;
    let answered = match firm.sent_at {
        Some(at) => fill(w.answered_at, &[("at", &short_time(at))]),
        None if late => w.late.to_owned(),
        None => w.not_yet.to_owned(),
    };
    let named = survey.content.visibility == Visibility::Named && survey.has_results();
    let waits = survey.state == SurveyState::Open && firm.sent_at.is_none();
    let remarks = [(!firm.is_member, w.gone), (waits && firm.is_member && !firm.has_keeper, w.no_keeper)];
    FirmRow {
        name: pick(&firm.name, language).to_owned(),
        answered,
        late,
        remarks: remarks.into_iter().filter_map(|(is, text)| is.then_some(text)).collect(),
        told: firm.told_on.map(|day| long_date(day, language)).unwrap_or_default(),
        href: (named && firm.sent_at.is_some())
            .then(|| paths::of_firm(paths::FIRM, survey.survey_id, firm.organisation_id)),
    }
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<SurveyPlace>,
    Query(done): Query<Done>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let (today, language) = (japan_day(now), frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let survey = read(&mut tx, &viewer, place.survey, SurveyAction::See).await?;
    let mut chrome = chrome(&frame, &survey, None);
    if let Some(said) = said(&done, language) {
        chrome = chrome.with_flash("success", said);
    }
    if !can(&viewer, SurveyAction::Keep, &survey.facts(None)) {
        let mut answers = Vec::new();
        for firm in &survey.asked {
            // Nobody keeps more than a few firms.
            if can(&viewer, SurveyAction::Answer, &survey.facts(Some(*firm))) {
                let name = replies::firm(&mut tx, *firm).await?;
                let reply = replies::find(&mut tx, survey.survey_id, *firm).await?;
                let href = paths::of_firm(paths::ANSWER, survey.survey_id, *firm);
                answers.push((pick(&name, language).to_owned(), href, reply.is_some_and(|r| r.sent_at.is_some())));
            }
        }
        tx.commit().await?;
        return Ok(Page(asked(chrome, &survey, answers, (today, language))).into_response());
    }
    let questions = store::questions(&mut tx, survey.survey_id).await?;
    let firms = store::standing(&mut tx, survey.survey_id).await?;
    tx.commit().await?;
    Ok(Page(desk(chrome, &survey, &questions, &firms, (today, language))).into_response())
}

fn asked(
    chrome: Chrome,
    survey: &Survey,
    answers: Vec<(String, String, bool)>,
    (today, language): (NaiveDate, Language),
) -> AskedPage {
    let w = ShowWords::of(language);
    let open = survey.takes_answers(today);
    let notes = [
        (survey.state == SurveyState::Cancelled, w.cancelled),
        (!open && survey.state != SurveyState::Cancelled, w.over),
        (open && survey.content.participation == Participation::Voluntary, w.voluntary),
        (open && answers.is_empty(), w.only_keeper),
    ];
    AskedPage {
        chrome,
        w,
        c: CommonWords::of(language),
        state: (survey.state.colour(), survey.state.label(language)),
        facts: facts(survey, language),
        introduction: survey.content.introduction.clone(),
        notes: notes.into_iter().filter_map(|(is, text)| is.then_some(text)).collect(),
        answers,
        results: survey.released_at.map(|_| paths::of_survey(paths::RESULTS, survey.survey_id)),
    }
}

fn desk(
    chrome: Chrome,
    survey: &Survey,
    questions: &[Question],
    firms: &[Firm],
    (today, language): (NaiveDate, Language),
) -> ShowPage {
    let (w, c) = (ShowWords::of(language), CommonWords::of(language));
    let draft = survey.state == SurveyState::Draft;
    let of = |route| paths::of_survey(route, survey.survey_id);
    let steps = Step::ALL.into_iter().filter(|step| step.is_for(survey));
    let steps = steps.map(|step| (step.label(language), paths::step(survey.survey_id, step), step == Step::Cancel));
    let answered = firms.iter().filter(|firm| firm.sent_at.is_some()).count();
    let mut facts = facts(survey, language);
    if let Some(at) = survey.released_at {
        facts.push((c.released, short_time(at)));
    }
    let has_results = survey.has_results();
    ShowPage {
        chrome,
        w,
        c,
        state: (survey.state.colour(), survey.state.label(language)),
        facts,
        introduction: survey.content.introduction.clone(),
        version: survey.version,
        draft,
        settings: draft.then(|| of(paths::SETTINGS)),
        add: draft.then(|| of(paths::NEW_QUESTION)),
        questions: questions.iter().map(|question| question_row(question, survey, language)).collect(),
        steps: steps.collect(),
        tally: (!draft).then_some([answered, firms.len() - answered]),
        firms: firms.iter().map(|firm| firm_row(firm, survey, today, language)).collect(),
        reminder: (survey.takes_answers(today) && answered < firms.len()).then(|| of(paths::REMINDER)),
        results: has_results.then(|| of(paths::RESULTS)),
        results_later: survey.state == SurveyState::Open && !has_results,
        next: (survey.state == SurveyState::Closed).then(|| of(paths::NEXT)),
    }
}
