//! Every follow-up, and the form that opens one.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, NaiveDate, Utc};

use super::shown::CommonWords;
use crate::features::access::action::FollowUpAction;
use crate::features::access::{Action, Viewer, could};
use crate::features::feature_map::edition::Bilingual;
use crate::features::feature_map::store as editions;
use crate::features::follow_up::assembling::{as_of_display, last_day};
use crate::features::follow_up::opening::{self, Opening};
use crate::features::follow_up::paths;
use crate::features::follow_up::store;
use crate::kernel::clock::{fiscal_year, japan_day};
use crate::kernel::language::Language;
use crate::kernel::period::{fiscal_year as fiscal_year_words, long_date};
use crate::kernel::text;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, FieldErrors, TypedDate};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// A follow-up is due within this time.
const LONGEST_DAYS: i64 = 180;

crate::words! {
    /// Words of the page.
    pub struct IndexWords {
        lead: "特性把握マップは、年に1回、すべてのセプターの内容を確かめて、新しい版として公表します。" / "Once a year the feature map is gone through with every CEPTOAR and published as a new edition.",
        list: "これまでのフォローアップ" / "Follow-ups",
        year: "年度" / "Fiscal year",
        day: "マップの基準日" / "Day of the map",
        due: "提出期限" / "Due on",
        state: "状態" / "State",
        running: "実施中" / "Running",
        published: "公表済" / "Published",
        none: "フォローアップは、まだ行われていません" / "There has been no follow-up yet",
        none_text: "始まると、ここから調査票を開けます。" / "Once one is opened, your sheet is found here.",
        open_heading: "フォローアップを始める" / "Open a follow-up",
        open_lead: "すべてのセプターに調査票を作り、事務局にメールでお知らせします。調査票には、前回の版と今日の名簿の内容があらかじめ入ります。" / "Makes a sheet for every CEPTOAR, filled in from the last edition and today's directory, and tells the secretariats by mail.",
        year_help: "「2026年度」のマップの基準日は、2027年3月末日です。" / "The map of FY2026 is as of the end of March 2027.",
        due_help: "明日から180日後まで。" / "From tomorrow up to 180 days ahead.",
        plan: "行動計画の名称" / "Action plan in force",
        plan_help: "マップに「当時の計画」として載ります。" / "Stands on the map as the plan then in force.",
        plan_en: "行動計画の名称(英語)" / "Action plan in English",
        sure: "すべてのセプターの事務局にメールを送ることを確かめました" / "Yes, write to the secretariats of all CEPTOARs",
        sure_missing: "内容を確かめて、チェックを入れてください。" / "Please look at it and tick the box.",
        due_wrong: "明日から180日後までの日を、年・月・日の数字で入力してください。" / "Please enter a day between tomorrow and 180 days ahead.",
        year_wrong: "年度を選んでください。" / "Please choose the fiscal year.",
        not_possible: "この年度のフォローアップを始められません。実施中のフォローアップがあるか、この年度の版がすでにあります。" / "This cannot be opened: another follow-up is running, or that year has an edition already.",
        open: "始めてお知らせを送る" / "Open it and send the mails",
        see: "状況を見る" / "See how it stands",
    }
}

struct Line {
    href: String,
    year: String,
    day: String,
    due: String,
    published: bool,
}

#[derive(Template)]
#[template(path = "follow_up/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static IndexWords,
    lines: Vec<Line>,
    form: Option<OpenFields>,
    errors: FieldErrors,
}

struct OpenFields {
    years: Vec<Choice>,
    due: [String; 3],
    plan: String,
    plan_en: String,
}

/// What is typed to open a follow-up.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct OpenForm {
    fiscal_year: String,
    due_year: String,
    due_month: String,
    due_day: String,
    plan: String,
    plan_en: String,
    sure: String,
}

async fn page(
    tx: &mut Tx,
    viewer: &Viewer,
    frame: &Frame,
    typed: Option<OpenForm>,
    errors: FieldErrors,
    now: DateTime<Utc>,
) -> Result<IndexPage, WebError> {
    let language = frame.language;
    let all = store::follow_ups(tx).await?;
    let lines = all.iter().map(|f| Line {
        href: paths::of_year(paths::BOARD, f.fiscal_year),
        year: fiscal_year_words(f.fiscal_year, language),
        day: as_of_display(f.as_of).pick(language).to_owned(),
        due: long_date(f.due_on, language),
        published: f.published_at.is_some(),
    });
    let leads = could(viewer, Action::FollowUp(FollowUpAction::Lead));
    let form = if leads && (all.iter().all(|f| f.published_at.is_some()) || typed.is_some()) {
        Some(fields(tx, typed, language, japan_day(now)).await?)
    } else {
        None
    };
    Ok(IndexPage {
        chrome: frame.chrome(CommonWords::of(language).title, &[frame.home()]),
        w: IndexWords::of(language),
        lines: lines.collect(),
        form,
        errors,
    })
}

async fn fields(
    tx: &mut Tx,
    typed: Option<OpenForm>,
    language: Language,
    today: NaiveDate,
) -> sqlx::Result<OpenFields> {
    let this = fiscal_year(today);
    let year = |typed: &str| {
        [this, this - 1].map(|year| Choice {
            value: year.to_string(),
            label: fiscal_year_words(year, language),
            explanation: as_of_display(last_day(year)).pick(language).to_owned(),
            chosen: typed == year.to_string() || (typed.is_empty() && year == this),
        })
    };
    let Some(typed) = typed else {
        let plan = editions::editions(tx).await?.pop().map(|last| last.plan);
        let plan = plan.unwrap_or_else(|| Bilingual { ja: String::new(), en: String::new() });
        let due = [String::new(), String::new(), String::new()];
        return Ok(OpenFields { years: year("").to_vec(), due, plan: plan.ja, plan_en: plan.en });
    };
    Ok(OpenFields {
        years: year(&typed.fiscal_year).to_vec(),
        due: [typed.due_year, typed.due_month, typed.due_day],
        plan: typed.plan,
        plan_en: typed.plan_en,
    })
}

/// The list, with the form for those who lead.
pub async fn get(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let page = page(&mut tx, &viewer, &frame, None, FieldErrors::default(), now).await?;
    tx.commit().await?;
    Ok(Page(page).into_response())
}

fn read(form: &OpenForm, language: Language, today: NaiveDate) -> Result<Opening, FieldErrors> {
    let w = IndexWords::of(language);
    let mut errors = FieldErrors::default();
    let this = fiscal_year(today);
    let year = form.fiscal_year.parse().ok().filter(|year| [this, this - 1].contains(year));
    if year.is_none() {
        errors.add("fiscal_year", w.year_wrong);
    }
    let due_on = match TypedDate::read([&form.due_year, &form.due_month, &form.due_day]) {
        TypedDate::Day(day) if (1..=LONGEST_DAYS).contains(&(day - today).num_days()) => Some(day),
        TypedDate::Day(_) | TypedDate::Nothing | TypedDate::Wrong => None,
    };
    if due_on.is_none() {
        errors.add("due", w.due_wrong);
    }
    let needed = |typed: &str| match text::line(typed, 100) {
        Ok(text) if text.is_empty() => Err(text::TextProblem::Empty),
        other => other,
    };
    let plan = errors.take("plan", needed(&form.plan), language);
    let plan_en = errors.take("plan_en", needed(&form.plan_en), language);
    if form.sure != "true" {
        errors.add("sure", w.sure_missing);
    }
    match (year, due_on) {
        (Some(fiscal_year), Some(due_on)) if errors.is_empty() => {
            Ok(Opening { fiscal_year, due_on, plan: Bilingual { ja: plan, en: plan_en } })
        }
        (_, _) => Err(errors),
    }
}

/// Opens a follow-up.
pub async fn open(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(form): Form<OpenForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let errors = match read(&form, frame.language, japan_day(now)) {
        Ok(opening) => {
            let opened = opening::open(&mut tx, viewer.account_id, &opening, &state.config.base_url(), now).await?;
            if let Some(opened) = opened {
                let subject = opening.fiscal_year.to_string();
                let detail = serde_json::json!({ "sheets": opened.sheets, "letters": opened.letters });
                let event = Event::done(now, "follow_up.open", "follow_up", &subject);
                audit::record(&mut tx, event.by(viewer.account_id).request(&frame.request_id).detail(detail)).await?;
                tx.commit().await?;
                let board = paths::of_year(paths::BOARD, opening.fiscal_year);
                return Ok(Redirect::to(&format!("{board}?done=opened")).into_response());
            }
            let mut errors = FieldErrors::default();
            errors.add("fiscal_year", IndexWords::of(frame.language).not_possible);
            errors
        }
        Err(errors) => errors,
    };
    let page = page(&mut tx, &viewer, &frame, Some(form), errors, now).await?;
    tx.commit().await?;
    Ok(Unprocessable(page).into_response())
}
