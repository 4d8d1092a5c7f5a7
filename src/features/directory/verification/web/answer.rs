//! What the link in a letter opens. Looking at it changes nothing, as mail scanners look at links too: one button does.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::features::accounts::throttle::{self, Counted};
use crate::features::directory::verification::answering::store::{self, Question};
use crate::features::directory::verification::round::{Answer, masked};
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
        alive_help: "このボタンを押すと、確認が完了します。" / "Pressing this completes the confirmation.",
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
    remark: String,
    error: String,
}

fn shown(frame: &Frame, title: &'static str, said: &'static str) -> AnswerPage {
    let mut chrome = frame.chrome(title, &[frame.home()]);
    // The path is a secret: it is not put into the page's own forms.
    chrome.path = "/".to_owned();
    let w = AnswerWords::of(frame.language);
    AnswerPage { chrome, w, facts: Vec::new(), said, remark: String::new(), error: String::new() }
}

fn asking(frame: &Frame, question: &Question) -> AnswerPage {
    let w = AnswerWords::of(frame.language);
    let pick = |pair: &[String; 2]| frame.language.pick(&pair[0], &pair[1]).clone();
    match question.answer {
        Some(Answer::Alive) => shown(frame, w.done_alive, w.done_alive_text),
        Some(Answer::Moved) => shown(frame, w.done_moved, w.done_moved_text),
        None => AnswerPage {
            facts: vec![
                (w.ceptoar, pick(&question.ceptoar)),
                (w.organisation, pick(&question.organisation)),
                (w.window, question.label.clone()),
                (w.address, masked(&question.address)),
                (w.due, long_date(question.due_on, frame.language)),
            ],
            ..shown(frame, w.title, w.lead)
        },
    }
}

fn dead(frame: &Frame) -> Response {
    let w = AnswerWords::of(frame.language);
    (StatusCode::NOT_FOUND, Page(shown(frame, w.dead, w.dead_text))).into_response()
}

/// The question of a link, counted by address.
async fn found(state: &AppState, text: &str, address: std::net::IpAddr) -> Result<Option<(Token, Question)>, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(None, now).await?;
    let too_many = throttle::charge(&mut tx, Counted::Ticket(address), now).await?;
    let token = Token::parse(text).filter(|_| !too_many);
    let question = match &token {
        Some(token) => store::question(&mut tx, &token.hash()).await?,
        None => None,
    };
    tx.commit().await?;
    Ok(token.zip(question))
}

/// Shows what is asked.
pub async fn get(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    Path(text): Path<String>,
    frame: Frame,
) -> Result<Response, WebError> {
    match found(&state, &text, address).await? {
        Some((_, question)) => Ok(Page(asking(&frame, &question)).into_response()),
        None => Ok(dead(&frame)),
    }
}

/// The button that was pressed.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct AnswerForm {
    answer: String,
    remark: String,
}

/// Takes the answer.
pub async fn post(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    Path(text): Path<String>,
    frame: Frame,
    Form(form): Form<AnswerForm>,
) -> Result<Response, WebError> {
    let Some((token, question)) = found(&state, &text, address).await? else { return Ok(dead(&frame)) };
    let wrong = |error: String| {
        let page = AnswerPage { remark: form.remark.clone(), error, ..asking(&frame, &question) };
        Ok(Unprocessable(page).into_response())
    };
    let Some(answer) = Answer::from_code(&form.answer) else {
        return wrong(AnswerWords::of(frame.language).choose.to_owned());
    };
    let remark = match text::paragraph(&form.remark, LONGEST_REMARK) {
        Ok(remark) => remark,
        Err(problem) => return wrong(text_problem(problem, frame.language)),
    };
    let now = state.clock.now();
    let mut tx = state.db.begin(None, now).await?;
    let taken = store::answer(&mut tx, &token.hash(), answer, &remark, now).await?;
    if taken {
        let subject = question.contact_id.to_string();
        let event = Event::done(now, "verification.answer", "window", &subject)
            .request(&frame.request_id)
            .detail(serde_json::json!({ "answer": answer.code() }));
        audit::record(&mut tx, event).await?;
    }
    tx.commit().await?;
    if taken {
        return Ok(Page(asking(&frame, &Question { answer: Some(answer), ..question })).into_response());
    }
    // Somebody was faster: with another answer, or with another letter, whose link alone counts now.
    Ok(match found(&state, &text, address).await? {
        Some((_, question)) => Page(asking(&frame, &question)).into_response(),
        None => dead(&frame),
    })
}
