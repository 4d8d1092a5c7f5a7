//! What the link in a letter opens. Looking at it changes nothing, as mail scanners look at links too: one button does.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::numbers::{NumberRow, NumberWords, TypedNumbers, rows};
use crate::features::accounts::throttle::{self, Counted};
use crate::features::directory::verification::answering::store::{self, AskedNumber, Question};
use crate::features::directory::verification::round::{Answer, masked};
use crate::kernel::language::Language;
use crate::kernel::period::long_date;
use crate::kernel::text;
use crate::platform::audit::{self, Event};
use crate::platform::security::token::Token;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::ClientAddress;
use crate::platform::web::form::text_problem;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// Longer remarks are refused.
const LONGEST_REMARK: usize = 300;

crate::words! {
    /// Words of the page.
    pub struct AnswerWords {
        title: "緊急窓口の連絡先の確認" / "Is this window reached here?",
        lead: "緊急の情報提供が、次の窓口に届くことを確認しています。" / "We make sure that urgent advisories reach this window.",
        ceptoar: "セプター" / "CEPTOAR",
        organisation: "組織" / "Organisation",
        window: "窓口" / "Window",
        address: "メールアドレス" / "Mail address",
        due: "回答期限" / "Answer by",
        alive: "この窓口で受け取れます" / "Yes, we are reached here",
        alive_help: "このボタンを押すと、このメールアドレスの確認が完了します。" / "Pressing this confirms this mail address.",
        alive_numbers_help: "このボタンを押すと、このメールアドレスの確認が完了し、番号の回答も一緒に送られます。" / "Pressing this confirms this mail address, and sends what you say of the numbers.",
        done_alive_numbers: "メールアドレスの確認ができました。ありがとうございます。あとは、下の番号についてご回答ください。" / "Thank you: this mail address is confirmed. What is left are the numbers below.",
        moved_heading: "担当が変わった・この窓口は使わないとき" / "If somebody else is responsible now",
        moved_help: "事務局が連絡先を見直します。新しい担当部署など、分かることを書いてください。電話番号など個人の連絡先は書かなくてかまいません。" / "The secretariat will look into it. Write what you know, such as the section that is responsible now. No personal numbers are needed.",
        remark: "事務局に伝えること" / "What the secretariat should know",
        moved: "変更が必要だと伝える" / "Say that it needs a change",
        done_alive: "確認できました" / "Thank you: confirmed",
        done_alive_text: "ご回答ありがとうございました。緊急の情報提供は、このアドレスに届きます。このページは閉じてかまいません。" / "Urgent advisories will come to this address. You may close this page.",
        done_moved: "変更が必要なことを事務局に伝えました" / "The secretariat was told",
        done_moved_text: "事務局が連絡先を見直します。このページは閉じてかまいません。" / "It will look into the contact. You may close this page.",
        dead: "このリンクは使えません" / "This link does not work",
        dead_text: "確認が終わったか、新しいリンクが送られています。いちばん新しいメールを確かめてください。分からないときは、所属セプターの事務局にお電話ください。" / "The round is over, or a newer link was sent. Look for the newest mail, or telephone the secretariat of your CEPTOAR.",
        choose: "どちらかのボタンを押してください。" / "Please press one of the two buttons.",
    }
}

#[derive(Template)]
#[template(path = "directory/verification/answer.html")]
struct AnswerPage {
    chrome: Chrome,
    w: &'static AnswerWords,
    /// What the link asks, as label and value; empty where it asks nothing any more.
    facts: Vec<(&'static str, String)>,
    said: &'static str,
    /// The other language: its code and its name.
    other: (&'static str, &'static str),
    remark: String,
    error: String,
    nw: &'static NumberWords,
    numbers: Vec<NumberRow>,
    /// Whether the numbers have a form of their own: the address was answered for.
    numbers_alone: bool,
}

fn shown(frame: &Frame, title: &'static str, said: &'static str) -> AnswerPage {
    let mut chrome = frame.chrome(title, &[frame.home()]);
    // The path is a secret: it is not put into the page's own forms.
    chrome.path = "/".to_owned();
    let w = AnswerWords::of(frame.language);
    AnswerPage {
        chrome,
        w,
        facts: Vec::new(),
        said,
        other: frame.language.pick((Language::En.code(), "English"), (Language::Ja.code(), "日本語")),
        remark: String::new(),
        error: String::new(),
        nw: NumberWords::of(frame.language),
        numbers: Vec::new(),
        numbers_alone: false,
    }
}

/// What a link asks, of the address and of the numbers.
struct Asked {
    token: Token,
    question: Question,
    numbers: Vec<AskedNumber>,
}

fn asking(frame: &Frame, asked: &Asked, typed: &TypedNumbers) -> AnswerPage {
    let w = AnswerWords::of(frame.language);
    let pick = |pair: &[String; 2]| frame.language.pick(&pair[0], &pair[1]).clone();
    let question = &asked.question;
    let numbers = rows(&asked.numbers, typed, frame.language);
    match question.answer {
        Some(Answer::Alive) => {
            let numbers_alone = numbers.iter().any(|number| number.said.is_none());
            let text = if numbers_alone { w.done_alive_numbers } else { w.done_alive_text };
            AnswerPage { numbers, numbers_alone, ..shown(frame, w.done_alive, text) }
        }
        Some(Answer::Moved) => shown(frame, w.done_moved, w.done_moved_text),
        None => AnswerPage {
            facts: vec![
                (w.ceptoar, pick(&question.ceptoar)),
                (w.organisation, pick(&question.organisation)),
                (w.window, question.label.clone()),
                (w.address, masked(&question.address)),
                (w.due, long_date(question.due_on, frame.language)),
            ],
            numbers,
            ..shown(frame, w.title, w.lead)
        },
    }
}

fn dead(frame: &Frame) -> Response {
    let w = AnswerWords::of(frame.language);
    (StatusCode::NOT_FOUND, Page(shown(frame, w.dead, w.dead_text))).into_response()
}

/// What a link asks, counted by address.
async fn found(state: &AppState, text: &str, address: std::net::IpAddr) -> Result<Option<Asked>, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(None, now).await?;
    let too_many = throttle::charge(&mut tx, Counted::Ticket(address), now).await?;
    let token = Token::parse(text).filter(|_| !too_many);
    let asked = match token {
        Some(token) => match store::question(&mut tx, &token.hash()).await? {
            Some(question) => {
                let numbers = store::numbers(&mut tx, &token.hash()).await?;
                Some(Asked { token, question, numbers })
            }
            None => None,
        },
        None => None,
    };
    tx.commit().await?;
    Ok(asked)
}

/// The language of the letter, or the other one by the page's own link: who comes from a letter has chosen none, and
/// the menu's switch, which remembers where one was, must not learn the path.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct LanguageQuery {
    language: String,
}

impl LanguageQuery {
    fn of(&self, mut frame: Frame) -> Frame {
        if !self.language.is_empty() {
            frame.language = Language::from_code(&self.language);
        }
        frame
    }
}

/// Shows what is asked.
pub async fn get(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    Path(text): Path<String>,
    Query(query): Query<LanguageQuery>,
    frame: Frame,
) -> Result<Response, WebError> {
    let frame = query.of(frame);
    match found(&state, &text, address).await? {
        Some(asked) => Ok(Page(asking(&frame, &asked, &TypedNumbers::default())).into_response()),
        None => Ok(dead(&frame)),
    }
}

/// What was sent: which button, and what is said of each number.
#[derive(Debug, Default)]
struct AnswerForm {
    answer: String,
    remark: String,
    numbers: TypedNumbers,
}

impl AnswerForm {
    fn read(fields: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "answer" => form.answer = value,
                "remark" => form.remark = value,
                name => form.numbers.take(name, &value),
            }
        }
        form
    }
}

/// What one button says.
struct Said {
    answer: Option<Answer>,
    remark: String,
    numbers: Vec<store::NumberAnswer>,
}

/// What the form says, or what is wrong with it; a number's own message stands at the number.
fn read(form: &AnswerForm, question: &Question, frame: &Frame) -> Result<Said, String> {
    let numbers = |typed: &TypedNumbers| typed.answers(frame.language).ok_or_else(String::new);
    let answer = Answer::from_code(&form.answer);
    match (answer, question.answer) {
        // Numbers can be answered for later, too; who has moved is asked for none, and what they say is taken.
        (None, Some(Answer::Alive)) if form.answer == "numbers" => {
            if !form.numbers.says_something() {
                return Err(NumberWords::of(frame.language).choose.to_owned());
            }
            Ok(Said { answer: None, remark: String::new(), numbers: numbers(&form.numbers)? })
        }
        (None, _) => Err(AnswerWords::of(frame.language).choose.to_owned()),
        (Some(Answer::Alive), None | Some(Answer::Alive)) => {
            let remark = String::new();
            Ok(Said { answer, remark, numbers: numbers(&form.numbers)? })
        }
        (Some(Answer::Alive), Some(Answer::Moved)) | (Some(Answer::Moved), _) => {
            let remark = text::paragraph(&form.remark, LONGEST_REMARK);
            let remark = remark.map_err(|problem| text_problem(problem, frame.language))?;
            Ok(Said { answer, remark, numbers: numbers(&form.numbers)? })
        }
    }
}

/// Takes the answer.
pub async fn post(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    Path(text): Path<String>,
    Query(query): Query<LanguageQuery>,
    frame: Frame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let frame = query.of(frame);
    let Some(asked) = found(&state, &text, address).await? else { return Ok(dead(&frame)) };
    let form = AnswerForm::read(fields);
    let said = match read(&form, &asked.question, &frame) {
        Ok(said) => said,
        Err(error) => {
            let mut page = AnswerPage { remark: form.remark.clone(), error, ..asking(&frame, &asked, &form.numbers) };
            // What was said is about a row that is not there any more.
            if page.error.is_empty() && page.numbers.iter().all(|number| number.error.is_empty()) {
                NumberWords::of(frame.language).changed.clone_into(&mut page.error);
            }
            return Ok(Unprocessable(page).into_response());
        }
    };
    let all = take(&state, &frame, &asked, &said).await?;
    // Somebody may have been faster: with another answer, or with another letter, whose link alone counts now.
    let Some(asked) = found(&state, &text, address).await? else { return Ok(dead(&frame)) };
    let nw = NumberWords::of(frame.language);
    let mut page = asking(&frame, &asked, &TypedNumbers::default());
    if !all {
        nw.changed.clone_into(&mut page.error);
        return Ok(Unprocessable(page).into_response());
    }
    if said.answer.is_none() {
        page.chrome = page.chrome.with_flash("success", nw.done);
    }
    Ok(Page(page).into_response())
}

/// Writes down what is said; answers whether all numbers were still as the page had shown them.
async fn take(state: &AppState, frame: &Frame, asked: &Asked, said: &Said) -> Result<bool, WebError> {
    let now = state.clock.now();
    let hash = asked.token.hash();
    let subject = asked.question.contact_id.to_string();
    let mut tx = state.db.begin(None, now).await?;
    // First, since who has moved says nothing of numbers afterwards.
    let noted = match said.numbers.as_slice() {
        [] => 0,
        numbers => store::answer_numbers(&mut tx, &hash, numbers, now).await?,
    };
    let taken = match said.answer {
        Some(answer) => store::answer(&mut tx, &hash, answer, &said.remark, now).await?,
        None => false,
    };
    let right = said.numbers.iter().filter(|number| number.right).count();
    let numbers = serde_json::json!({ "noted": noted, "right": right, "wrong": said.numbers.len() - right });
    if let Some(answer) = said.answer.filter(|_| taken) {
        let detail = serde_json::json!({ "answer": answer.code(), "numbers": numbers });
        let event = Event::done(now, "verification.answer", "window", &subject);
        audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    } else if noted > 0 {
        let event = Event::done(now, "verification.numbers", "window", &subject);
        audit::record(&mut tx, event.request(&frame.request_id).detail(numbers)).await?;
    }
    tx.commit().await?;
    Ok(usize::try_from(noted) == Ok(said.numbers.len()))
}
