//! Pages of the local mailbox.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::letter::{self, Letter, Piece, Whole};
use super::paths;
use super::reply::{self, Kind, Original};
use super::store::{self, Arrived};
use crate::features::access::{Routes, Rule, Viewer};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{long_time, short_time};
use crate::platform::mail::inbound::handover::hand_over;
use crate::platform::sandbox::parser::pack;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::Choice;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

/// Mails on a page.
const PAGE: i64 = 50;

crate::words! {
    /// Words of the mailbox.
    pub struct MailboxWords {
        title: "送信されたメール" / "Mails sent",
        lead: "この環境のメールはどこにも届きません。ポータルが実際に送信したメールを、ここで受け取って表示しています。" / "Mail of this demonstration reaches nobody. What the portal really sends is taken in and shown here.",
        recipient: "宛先のアドレス" / "Recipient's address",
        recipient_help: "アドレスの一部でも探せます。" / "A part of the address is enough.",
        find: "探す" / "Find",
        found: "宛先に「{part}」を含むメール" / "Mails to addresses with “{part}”",
        show_all: "すべて表示する" / "Show all",
        older: "さらに前のメールを見る" / "Older mails",
        newest: "最新に戻る" / "Back to the newest",
        reload: "最新の状態にする" / "Refresh",
        empty_title: "メールはまだありません" / "No mails yet",
        empty_text: "情報提供が承認されると、宛先の窓口ごとに1通ずつ送信され、ここに並びます。" / "When an advisory is approved, each window is sent its own mail, and they are listed here.",
        nothing_title: "この宛先のメールはありません" / "No mail to this address",
        nothing_text: "アドレスを短くして、もう一度お試しください。" / "Try again with a shorter part of the address.",
        no_subject: "(件名なし)" / "(no subject)",
        unreadable: "このメールは読む形にできません。「送信された形」でご覧ください。" / "This mail cannot be shown as read. Please look at it as sent.",
        from: "差出人" / "From",
        to: "宛先" / "To",
        received: "受信" / "Received",
        envelope: "封筒" / "Envelope",
        as_read: "読む形" / "As read",
        as_sent: "送信された形" / "As sent",
        views: "表示のしかた" / "Views",
        raw_note: "SMTPで渡された文字をそのまま表示しています。本文は文字化けや改変を防ぐため base64 で送ります。" / "Exactly what was handed over by SMTP. The body travels as base64, so that nothing on the way can garble it.",
        headers: "主なヘッダーの意味" / "What the headers are for",
        reply_title: "このメールに返信する" / "Reply to this mail",
        reply_lead: "受け取った方のメールソフトの代わりに、ポータルへメールを送り返します。受領や不達としてどう扱われるかを試せます。" / "Sends a mail back to the portal, as the recipient's mail program would. Try what follows from it.",
        reply_kind: "返信のしかた" / "What comes back",
        reply_text: "本文" / "Text",
        reply_send: "返信する" / "Reply",
        reply_taken: "返信をポータルに渡しました。配信状況の画面でご確認ください。" / "The reply was handed to the portal. See the page of deliveries.",
        reply_refused: "ポータルはこの返信を受け取りませんでした。" / "The portal did not take this reply.",
        reply_later: "ポータルがいまは受け取れません。少し待って、もう一度「返信する」を押してください。" / "The portal cannot take it just now. Wait a moment and press “Reply” again.",
        back: "一覧に戻る" / "Back to the list",
    }
}

/// The routes of this feature.
pub fn routes() -> Routes {
    Routes::new()
        .get(paths::INDEX, Rule::Public, index)
        .post(paths::INDEX, Rule::Public, find)
        .get(paths::SHOW, Rule::Public, show)
        .post(paths::REPLY, Rule::Public, answer)
}

#[derive(Debug)]
struct Row {
    href: String,
    to: String,
    time: String,
    subject: String,
}

#[derive(Template)]
#[template(path = "mailbox/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static MailboxWords,
    rows: Vec<Row>,
    part: String,
    found: String,
    paging: bool,
    older: Option<i64>,
}

/// What a header says and what it is for.
#[derive(Debug)]
struct HeaderRow {
    name: String,
    value: String,
    why: &'static str,
}

#[derive(Template)]
#[template(path = "mailbox/show.html")]
struct ShowPage {
    chrome: Chrome,
    w: &'static MailboxWords,
    here: String,
    letter: Letter,
    received: String,
    envelope: String,
    pieces: Vec<Piece>,
    headers: Vec<HeaderRow>,
    raw: Option<String>,
    /// Where an answer is sent from; empty where the portal takes none in.
    reply: String,
    kinds: Vec<Choice>,
    text: &'static str,
}

/// What the demonstration answers a mail with.
const USUAL_REPLY: &str = "受領しました。";

/// What the address may carry.
#[derive(Debug, Default, serde::Deserialize)]
pub struct MailboxQuery {
    before: Option<i64>,
    #[serde(default)]
    view: String,
    /// What became of an answer.
    #[serde(default)]
    replied: String,
}

/// An answer to a mail.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct ReplyForm {
    kind: String,
    text: String,
}

/// What is looked for. Addresses of people do not belong into an address of ours.
#[derive(Debug, Default, serde::Deserialize)]
pub struct FindForm {
    #[serde(default)]
    recipient: String,
    before: Option<i64>,
}

async fn index(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<MailboxQuery>,
) -> Result<Response, WebError> {
    list(&state, &viewer, &frame, "", query.before).await
}

async fn find(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(form): Form<FindForm>,
) -> Result<Response, WebError> {
    let part: String = form.recipient.trim().chars().take(254).collect();
    list(&state, &viewer, &frame, &part, form.before).await
}

async fn list(
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    part: &str,
    before: Option<i64>,
) -> Result<Response, WebError> {
    only_in_demonstrations(state)?;
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let mut mails = store::list(&mut tx, part, before, PAGE + 1).await?;
    tx.commit().await?;
    let more = i64::try_from(mails.len()).is_ok_and(|n| n > PAGE);
    mails.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let w = MailboxWords::of(frame.language);
    let headers: Vec<&[u8]> = mails.iter().map(|mail| &mail.headers[..]).collect();
    // A mail that no box can read is still in the list; the log has the reason.
    let mut subjects = state.sandbox.parse(letter::SUBJECTS, &pack(&headers)).await.unwrap_or_default();
    subjects.resize(mails.len(), String::new());
    let page = IndexPage {
        chrome: frame.chrome(w.title, &[frame.home()]),
        w,
        older: mails.last().filter(|_| more).map(|mail| mail.id),
        rows: mails.iter().zip(subjects).map(|(mail, subject)| row(mail, subject, w)).collect(),
        found: fill(w.found, &[("part", part)]),
        part: part.to_owned(),
        paging: before.is_some(),
    };
    Ok(Page(page).into_response())
}

fn row(mail: &Arrived, subject: String, w: &MailboxWords) -> Row {
    Row {
        href: paths::show(mail.id),
        to: mail.recipient.clone(),
        time: short_time(mail.received_at),
        subject: if subject.is_empty() { w.no_subject.to_owned() } else { subject },
    }
}

async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<i64>,
    Query(query): Query<MailboxQuery>,
) -> Result<Response, WebError> {
    only_in_demonstrations(&state)?;
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let mail = store::find(&mut tx, id).await?.ok_or(WebError::NotFound)?;
    tx.commit().await?;
    let w = MailboxWords::of(frame.language);
    let input = pack(&[&mail.arrived.headers, &mail.body]);
    let Whole { letter, headers } = state.sandbox.parse(letter::LETTER, &input).await.unwrap_or_else(|_| unreadable(w));
    let title = if letter.subject.is_empty() { w.no_subject.to_owned() } else { letter.subject.clone() };
    let raw = (query.view == "raw")
        .then(|| String::from_utf8_lossy(&[&mail.arrived.headers[..], &mail.body[..]].concat()).into_owned());
    let original = original(&mail, &letter, &headers);
    let chrome = frame.chrome(title, &[frame.home(), (paths::INDEX, w.title)]);
    let page = ShowPage {
        chrome: match query.replied.as_str() {
            "taken" => chrome.with_flash("success", w.reply_taken),
            "later" => chrome.with_flash("info", w.reply_later),
            "refused" => chrome.with_flash("info", w.reply_refused),
            _ => chrome,
        },
        reply: state.inbound.as_ref().map_or_else(String::new, |_| paths::reply(id)),
        kinds: kinds(&original, frame.language),
        text: USUAL_REPLY,
        w,
        here: paths::show(id),
        received: long_time(mail.arrived.received_at, frame.language),
        envelope: format!("MAIL FROM:<{}> RCPT TO:<{}>", mail.sender, mail.arrived.recipient),
        pieces: letter::pieces(&letter.text, &state.config.base_url()),
        headers: explained(headers, frame.language),
        letter,
        raw,
    };
    Ok(Page(page).into_response())
}

fn original(mail: &store::Whole, letter: &Letter, headers: &[(String, String)]) -> Original {
    let header = |wanted: &str| {
        let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    Original {
        sender: mail.sender.clone(),
        recipient: mail.arrived.recipient.clone(),
        subject: letter.subject.clone(),
        message_id: header("message-id"),
        reply_to: header("reply-to").trim_matches(['<', '>']).to_owned(),
    }
}

/// Replies are asked for of some mails alone; every mail may come back.
fn kinds(original: &Original, language: Language) -> Vec<Choice> {
    let asked = |kind: &Kind| *kind == Kind::Undeliverable || !original.reply_to.is_empty();
    let choice = |(n, kind): (usize, Kind)| Choice {
        value: kind.code().to_owned(),
        label: kind.label(language).to_owned(),
        explanation: String::new(),
        chosen: n == 0,
    };
    Kind::ALL.into_iter().filter(asked).enumerate().map(choice).collect()
}

/// Hands an answer to the portal, as the recipient's mail server would.
async fn answer(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<i64>,
    Form(form): Form<ReplyForm>,
) -> Result<Response, WebError> {
    only_in_demonstrations(&state)?;
    let inbound = state.inbound.as_ref().ok_or(WebError::NotFound)?;
    let kind = Kind::from_code(&form.kind).ok_or(WebError::NotFound)?;
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let mail = store::find(&mut tx, id).await?.ok_or(WebError::NotFound)?;
    tx.commit().await?;
    let input = pack(&[&mail.arrived.headers, &mail.body]);
    let Whole { letter, headers } = state.sandbox.parse(letter::LETTER, &input).await.unwrap_or_default();
    let made = reply::answer(kind, &original(&mail, &letter, &headers), &form.text);
    let code = match &made {
        Some(made) => hand_over(inbound, &made.from, &made.to, &made.content).await.unwrap_or(451),
        None => 550,
    };
    let word = match code {
        250 => "taken",
        400..500 => "later",
        _ => "refused",
    };
    Ok(Redirect::to(&format!("{}?replied={word}", paths::show(id))).into_response())
}

/// Stands for a mail that no box could read; the log has the reason.
fn unreadable(w: &MailboxWords) -> Whole {
    Whole { letter: Letter { text: w.unreadable.to_owned(), ..Letter::default() }, headers: Vec::new() }
}

/// Elsewhere the page does not exist, whoever asks.
fn only_in_demonstrations(state: &AppState) -> Result<(), WebError> {
    if state.config.is_demonstration() { Ok(()) } else { Err(WebError::NotFound) }
}

/// The headers that this portal sets on purpose, each with its purpose.
fn explained(headers: Vec<(String, String)>, language: Language) -> Vec<HeaderRow> {
    let row = |(name, value): (String, String)| {
        let why = purpose(&name.to_ascii_lowercase(), language)?;
        Some(HeaderRow { name, value, why })
    };
    headers.into_iter().filter_map(row).collect()
}

fn purpose(name: &str, language: Language) -> Option<&'static str> {
    Some(match name {
        "to" => language.pick(
            "宛先は1通に1つだけです。ほかの宛先は分かりません。",
            "One recipient per mail: nobody learns who else got it.",
        ),
        "subject" => language.pick(
            "種別・情報共有レベル・番号が最初に分かる件名です。日本語は符号化して送ります。",
            "Kind, level and number come first. Japanese is encoded on the way.",
        ),
        "message-id" => language.pick(
            "この1通の固有の番号です。送り直しても変わらないので、重複に気付けます。",
            "This copy's own number. It stays the same when sending is repeated, so doubles can be told.",
        ),
        "auto-submitted" => language.pick(
            "自動送信であることを示し、不在通知などの自動返信を防ぎます。",
            "Says that a program sent it, so that absence replies are not triggered.",
        ),
        "list-id" => {
            language.pick("メールソフトで振り分けるための目印です。", "A mark by which mail programs can sort.")
        }
        "reply-to" => language.pick(
            "返信先です。この1通だけのアドレスなので、どの窓口からの受領かが分かります。",
            "Where replies go: an address of this copy alone, so that it is known whose receipt it is.",
        ),
        "x-portal-drill" => language.pick(
            "訓練のメールであることを、機械にも分かるように示します。",
            "Tells programs, too, that this is a drill.",
        ),
        "content-transfer-encoding" => language.pick(
            "本文を base64 で送り、途中での改変や文字化けを防ぎます。",
            "The body travels as base64, so that nothing on the way can garble it.",
        ),
        "date" => language.pick("送信した時刻です。", "When it was sent."),
        _ => return None,
    })
}
