//! How a follow-up stands: every sheet that the viewer may know, who is late and whom to call.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;

use super::shown::{self, CommonWords};
use crate::features::access::action::FollowUpAction;
use crate::features::access::{Action, Viewer, can, could};
use crate::features::feature_map::edition::Bilingual;
use crate::features::feature_map::paths as map;
use crate::features::follow_up::assembling::as_of_display;
use crate::features::follow_up::letters::{About, Reason, letters};
use crate::features::follow_up::occasion::Occasion;
use crate::features::follow_up::paths;
use crate::features::follow_up::sheets::store as sheets;
use crate::features::follow_up::state::State as SheetState;
use crate::features::follow_up::store::{self, DeskPerson, FollowUp};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{long_date, short_time};
use crate::platform::audit::{self, Event};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the board.
    pub struct BoardWords {
        due: "提出期限 {day}" / "Due on {day}",
        day: "基準日 {day}" / "The map is {day}",
        late_by: "期限を{days}日過ぎています" / "{days} days late",
        left: "期限まで{days}日" / "{days} days left",
        sheets: "調査票" / "Sheets",
        ceptoar: "セプター" / "CEPTOAR",
        state: "状態" / "State",
        changes: "前回からの変更" / "Changes since the last edition",
        changes_count: "{count}か所" / "{count}",
        no_changes: "なし" / "None",
        edited: "最終更新" / "Last step",
        reminded: "送ったお知らせ" / "Letters",
        letters: "{count}通" / "{count} letters",
        no_letters: "0通(メールアドレスなし)" / "none (no mail address)",
        contact: "連絡先" / "Whom to contact",
        contact_people: "担当: {names}" / "In charge: {names}",
        contact_nobody: "利用者の登録がありません。電話で連絡してください。" / "Nobody has an account there. Please telephone.",
        late_heading: "まだ提出されていない調査票" / "Sheets that were not sent yet",
        all_sent: "すべての調査票が提出されました。" / "Every sheet was sent.",
        remind: "未提出の事務局に督促のメールを送る" / "Remind the desks that have not answered",
        remind_help: "期限の5日前・前日・3日後には、自動で送られます。この操作で送るのは、1日に1回までです。" / "Five days and one day before and three days after the due day this is done by itself. By hand it is done at most once a day.",
        preview: "公表前の確認に進む" / "Preview of the edition",
        see_map: "公表された版を見る" / "See the published edition",
        frozen: "この版は公表済みです。公表済みの版は変更できません。" / "This edition is published. A published edition cannot be changed.",
        nothing: "あなたが担当する調査票はありません" / "No sheet is yours",
        nothing_text: "担当するセプターや分野が変わったときは、NISCにお問い合わせください。" / "If your CEPTOAR or sector has changed, please ask the centre.",
        done_opened: "フォローアップを始めました。" / "The follow-up was opened.",
        done_reminded: "督促のメールを送りました。" / "The desks were reminded.",
        done_nobody: "送る相手がいませんでした。今日すでに送ったか、メールアドレスのある担当者がいません。" / "There was nobody to write to: they were written to today, or have no mail address.",
    }
}

struct Row {
    href: String,
    name: String,
    sector: String,
    state: SheetState,
    label: &'static str,
    badge: &'static str,
    changes: String,
    edited: String,
    reminded: Vec<String>,
}

struct LateRow {
    href: String,
    name: String,
    label: &'static str,
    desks: Vec<String>,
    people: String,
}

#[derive(Template)]
#[template(path = "follow_up/board.html")]
struct BoardPage {
    chrome: Chrome,
    w: &'static BoardWords,
    due: String,
    day: String,
    hint: Option<(String, bool)>,
    tally: Vec<(&'static str, usize)>,
    rows: Vec<Row>,
    /// For those who lead: whom to contact, and the way on.
    leads: bool,
    late: Vec<LateRow>,
    reminder: String,
    preview: String,
    published: Option<String>,
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct BoardQuery {
    done: String,
}

/// The board.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(year): Id<i32>,
    Query(query): Query<BoardQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let follow_up = store::follow_up(&mut tx, year).await?.ok_or(WebError::NotFound)?;
    let mut sheets = sheets::rows(&mut tx, follow_up.follow_up_id).await?;
    sheets.retain(|sheet| can(&viewer, FollowUpAction::See, &sheet.facts));
    let leads = could(&viewer, Action::FollowUp(FollowUpAction::Lead));
    let people = if leads { store::desk_people(&mut tx, follow_up.follow_up_id).await? } else { Vec::new() };
    tx.commit().await?;
    let mut page = page(&frame, &follow_up, &sheets, &people, leads, japan_day(now));
    let w = page.w;
    let said = match query.done.as_str() {
        "opened" => Some(("success", w.done_opened)),
        "reminded" => Some(("success", w.done_reminded)),
        "nobody" => Some(("info", w.done_nobody)),
        _ => None,
    };
    if let Some((kind, text)) = said {
        page.chrome = page.chrome.with_flash(kind, text);
    }
    Ok(Page(page).into_response())
}

fn page(
    frame: &Frame,
    follow_up: &FollowUp,
    sheets: &[sheets::SheetRow],
    people: &[DeskPerson],
    leads: bool,
    today: NaiveDate,
) -> BoardPage {
    let language = frame.language;
    let w = BoardWords::of(language);
    let year = follow_up.fiscal_year;
    let count = |state: SheetState| sheets.iter().filter(|sheet| sheet.state == state).count();
    let tally = SheetState::ALL.into_iter().map(|state| (state.label(language), count(state)));
    let open = follow_up.published_at.is_none();
    let waiting = sheets.iter().any(|sheet| sheet.state.is_with_desk());
    let days = (follow_up.due_on - today).num_days();
    let hint = (open && waiting).then(|| {
        let words = if days < 0 { w.late_by } else { w.left };
        (fill(words, &[("days", &days.abs().to_string())]), days < 0)
    });
    let late = sheets.iter().filter(|sheet| leads && open && sheet.state.is_with_desk());
    BoardPage {
        chrome: frame
            .chrome(shown::title(year, language), &[frame.home(), (paths::INDEX, CommonWords::of(language).title)]),
        w,
        due: fill(w.due, &[("day", &long_date(follow_up.due_on, language))]),
        day: fill(w.day, &[("day", as_of_display(follow_up.as_of).pick(language))]),
        hint,
        tally: tally.collect(),
        rows: sheets.iter().map(|sheet| row(sheet, year, language)).collect(),
        leads,
        late: late.map(|sheet| late_row(sheet, people, year, language)).collect(),
        reminder: paths::of_year(paths::REMINDER, year),
        preview: paths::of_year(paths::PREVIEW, year),
        published: (!open).then(|| map::edition(&follow_up.as_of.to_string())),
    }
}

fn row(sheet: &sheets::SheetRow, year: i32, language: Language) -> Row {
    let w = BoardWords::of(language);
    let reminded = |(code, at, letters): &(String, chrono::DateTime<chrono::Utc>, i32)| {
        let what = Occasion::from_code(code).map_or("", |occasion| occasion.label(language));
        let many =
            if *letters == 0 { w.no_letters.to_owned() } else { fill(w.letters, &[("count", &letters.to_string())]) };
        format!("{what} {} {many}", short_time(*at))
    };
    Row {
        href: paths::of_sheet(paths::SHEET, year, &sheet.facts.ceptoar_id),
        name: sheet.name.pick(language).to_owned(),
        sector: sheet.sector.pick(language).to_owned(),
        state: sheet.state,
        label: sheet.state.label(language),
        badge: shown::badge(sheet.state),
        changes: if sheet.changes == 0 {
            w.no_changes.to_owned()
        } else {
            fill(w.changes_count, &[("count", &sheet.changes.to_string())])
        },
        edited: short_time(sheet.edited_at),
        reminded: sheet.reminders.iter().map(reminded).collect(),
    }
}

fn late_row(sheet: &sheets::SheetRow, people: &[DeskPerson], year: i32, language: Language) -> LateRow {
    let w = BoardWords::of(language);
    let names: Vec<&str> =
        people.iter().filter(|p| p.ceptoar_id == sheet.facts.ceptoar_id).map(|p| p.name.as_str()).collect();
    LateRow {
        href: paths::of_sheet(paths::SHEET, year, &sheet.facts.ceptoar_id),
        name: sheet.name.pick(language).to_owned(),
        label: sheet.state.label(language),
        desks: sheet.desks.iter().map(|d: &Bilingual| d.pick(language).to_owned()).collect(),
        people: if names.is_empty() {
            w.contact_nobody.to_owned()
        } else {
            fill(w.contact_people, &[("names", &names.join(language.pick("、", ", ")))])
        },
    }
}

/// Reminds every desk that has its sheet still.
pub async fn remind(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(year): Id<i32>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let follow_up = store::follow_up(&mut tx, year).await?.ok_or(WebError::NotFound)?;
    if follow_up.published_at.is_some() {
        return Err(shown::frozen());
    }
    let mut sent = 0;
    let base_url = state.config.base_url();
    for sheet in sheets::rows(&mut tx, follow_up.follow_up_id).await? {
        if !sheet.state.is_with_desk() || !can(&viewer, FollowUpAction::Lead, &sheet.facts) {
            continue;
        }
        let ceptoar_id = sheet.facts.ceptoar_id.as_str();
        let about = About { year, ceptoar_id, name: &sheet.name, due_on: follow_up.due_on, base_url: &base_url };
        let texts = letters(about, Reason::Occasion(Occasion::ByHand)).map_err(anyhow::Error::from)?;
        let told = store::tell(&mut tx, follow_up.follow_up_id, ceptoar_id, Occasion::ByHand.code(), &texts).await?;
        sent += told.unwrap_or(0);
    }
    let subject = year.to_string();
    let event = Event::done(now, "follow_up.remind", "follow_up", &subject).by(viewer.account_id);
    let detail = serde_json::json!({ "occasion": Occasion::ByHand.code(), "letters": sent });
    audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    tx.commit().await?;
    let done = if sent > 0 { "reminded" } else { "nobody" };
    Ok(Redirect::to(&format!("{}?done={done}", paths::of_year(paths::BOARD, year))).into_response())
}
