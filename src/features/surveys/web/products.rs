//! Who named a product: for a desk, in its surveys with names.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};

use super::{CommonWords, pick};
use crate::features::access::action::SurveyAction;
use crate::features::access::{Viewer, could};
use crate::features::surveys::paths;
use crate::features::surveys::replies::store::{self, Named};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::short_time;
use crate::kernel::text::{search_patterns, search_words};
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// What a page shows.
const MOST: usize = 300;
/// How old a survey may be: what firms used before is no guide to what they use.
const DAYS: i64 = 731;

crate::words! {
    /// Words of the page.
    pub struct ProductsWords {
        title: "製品を挙げた構成員を探す" / "Find who uses a product",
        lead: "会社名とともに見る調査のうち、2年以内に始めたものの回答から探します。" / "In the answers to surveys with names that opened within two years.",
        query: "製品名・ベンダー" / "Product or vendor",
        query_help: "一部だけでもかまいません。全角・半角、大文字・小文字は区別しません。" / "A part will do. Width and case make no difference.",
        search: "探す" / "Find",
        found: "挙げた会社: {firms}社" / "Firms that named it: {firms}",
        more: "多いため、はじめの{most}件だけを表示しています。言葉を足して絞ってください。" / "These are the first {most}. Please add words.",
        none: "挙げた会社はありません" / "Nobody named it",
        none_text: "言葉を短くすると、見つかることがあります。回答していない会社もあります。" / "A shorter word may find it. Not every firm has answered.",
        empty: "探す言葉を入力してください。" / "Please enter what to look for.",
        product: "製品" / "Product",
        survey: "調査" / "Survey",
        users: "この製品を挙げた構成員: {firms}社" / "Members that named it in a survey: {firms}",
        said: "回答" / "Answered",
    }
}

/// For a desk: how many members named one of the products of an advisory, in words and with the page that finds them.
pub async fn users(
    tx: &mut Tx,
    viewer: &Viewer,
    (products, language): (&[String], Language),
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(String, &'static str)>> {
    if products.is_empty() || !could(viewer, SurveyAction::Keep.into()) {
        return Ok(None);
    }
    let firms = store::count_named(tx, products, now - TimeDelta::days(DAYS)).await?;
    let said = fill(ProductsWords::of(language).users, &[("firms", &firms.to_string())]);
    Ok((firms > 0).then_some((said, paths::PRODUCTS)))
}

struct Row {
    firm: String,
    href: String,
    product: String,
    survey: String,
    said: String,
}

#[derive(Template)]
#[template(path = "surveys/products.html")]
struct ProductsPage {
    chrome: Chrome,
    w: &'static ProductsWords,
    c: &'static CommonWords,
    action: &'static str,
    words: String,
    error: &'static str,
    count: Option<String>,
    rows: Vec<Row>,
    more: Option<String>,
}

fn page(frame: &Frame, words: String) -> ProductsPage {
    let (w, c) = (ProductsWords::of(frame.language), CommonWords::of(frame.language));
    ProductsPage {
        chrome: frame.chrome(w.title, &[frame.home(), (paths::INDEX, c.title)]),
        w,
        c,
        action: paths::PRODUCTS,
        words,
        error: "",
        count: None,
        rows: Vec::new(),
        more: None,
    }
}

/// The empty box.
pub async fn get(frame: Frame) -> Response {
    Page(page(&frame, String::new())).into_response()
}

/// What is looked for.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Typed {
    words: String,
}

/// What was found. The words stay out of addresses and logs.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let w = ProductsWords::of(language);
    let words = search_words(&typed.words);
    let patterns = search_patterns(&words);
    if patterns.is_empty() {
        return Ok(Unprocessable(ProductsPage { error: w.empty, ..page(&frame, typed.words) }).into_response());
    }
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let most = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
    let mut found = store::who_named(&mut tx, &patterns, now - TimeDelta::days(DAYS), most).await?;
    // What was looked for is not written down: it would tell what a desk worries about.
    let event = Event::done(now, "survey.products", "survey", "")
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({ "found": found.len() }));
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    let more = found.len() > MOST;
    found.truncate(MOST);
    let mut firms: Vec<_> = found.iter().map(|named| named.organisation_id).collect();
    firms.sort_unstable();
    firms.dedup();
    let row = |named: &Named| Row {
        firm: pick(&named.firm, language).to_owned(),
        href: paths::of_firm(paths::FIRM, named.survey_id, named.organisation_id),
        product: named.product.shown(),
        survey: named.title.clone(),
        said: named.sent_at.map(short_time).unwrap_or_default(),
    };
    Ok(Page(ProductsPage {
        count: Some(fill(w.found, &[("firms", &firms.len().to_string())])),
        rows: found.iter().map(row).collect(),
        more: more.then(|| fill(w.more, &[("most", &MOST.to_string())])),
        ..page(&frame, words)
    })
    .into_response())
}
