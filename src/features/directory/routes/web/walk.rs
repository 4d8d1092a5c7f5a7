//! A walk along the road: whom an item would reach that was published at some hour, and when.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};

use super::place::way;
use crate::features::access::Viewer;
use crate::features::access::action::ActivityAction;
use crate::features::directory::activities::web::shown::Place;
use crate::features::directory::routes::walk::{LEVELS, LeftOut, Reached, SCOPES, Walk, WalkForm};
use crate::features::directory::routes::{paths, store};
use crate::features::sharing;
use crate::features::sharing::store::Hours;
use crate::features::sharing::verdict::Verdict;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{long_time, thousands};
use crate::kernel::stage::Stage;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct WalkWords {
        title: "経路を試す" / "Walk the route",
        lead: "情報提供を実際には出さずに、指定した日時に発出したとき、だれに、いつ届くかを確かめます。メールは送られません。" / "Whom an advisory would reach, and when, if it were published at that time. Nothing is sent.",
        on: "発出の日時" / "When it is published",
        on_help: "夜間・休日の連絡先や、その日の登録・取決めで計算します。先の日付も試せます。" / "Reckoned with the windows for that hour and with what is registered and agreed for that day. A day ahead can be tried too.",
        level: "情報共有レベル" / "Sharing level",
        level_help: "親展(RED)は指名した方へ直接届くため、経路はありません。" / "RED goes straight to the persons named: it has no route.",
        scope: "取扱者の範囲" / "Who may handle it",
        urgent: "早期警戒情報として出す" / "As an early warning",
        show: "試す" / "Walk",
        result: "結果" / "Result",
        road: "届く範囲" / "Where it gets",
        centre: "センター" / "The centre",
        hop: "経路" / "Hop",
        reached: "メールの届く窓口" / "Windows with mail",
        when: "届く時" / "When",
        not_reached: "届かない窓口" / "Windows it does not reach",
        at_once: "発出と同時に届きます" / "At once",
        latest: "途中で判断がないときは、{time}に届きます。判断するところは、保留(最長24時間)や、中継しないこともできます。" / "At {time} if nobody on the way decides. Who decides may put it off (24 hours at most), or withhold it.",
        nobody: "届きません" / "Reaches nobody",
        left_out: "メールの届かない組織" / "Bodies that mail does not reach",
        left_out_text: "電話などで連絡するか、窓口を登録してください。" / "Call them, or register a window.",
        body: "組織" / "Body",
        why: "理由" / "Why",
        more: "ほかにもあります(200組織まで表示)。" / "There are more (200 are shown).",
        all_reached: "経路にあるすべての組織に届きます。" / "Everybody on the route is reached.",
        no_road: "この条件では、構成員には届きません。経路と構成員の窓口の登録を確かめてください。" / "No member is reached this way. Look at the route and at the members' windows.",
        holiday: "国民の祝日({name})なので、夜間・休日の連絡先に届きます。" / "A national holiday ({name}): windows for nights and holidays are used.",
        off_hours: "夜間・休日なので、夜間・休日の連絡先に届きます。" / "Night or weekend: windows for nights and holidays are used.",
        office_hours: "平日の昼間なので、平日日中の連絡先に届きます。" / "A working day: windows for the daytime are used.",
    }
}

/// How many bodies are named.
const SHOWN: i64 = 200;

struct HopRow {
    name: &'static str,
    reached: String,
    when: String,
    not_reached: Vec<String>,
}

struct LeftOutRow {
    hop: &'static str,
    name: String,
    why: String,
}

struct ResultView {
    title: String,
    hours: String,
    hops: Vec<HopRow>,
    left_out: Vec<LeftOutRow>,
    more: bool,
    reaches_members: bool,
    reaches_all: bool,
}

#[derive(Template)]
#[template(path = "directory/routes/walk.html")]
struct WalkPage {
    chrome: Chrome,
    w: &'static WalkWords,
    ceptoar: String,
    here: String,
    typed: WalkForm,
    levels: Vec<Choice>,
    scopes: Vec<Choice>,
    errors: FieldErrors,
    result: Option<ResultView>,
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Query(form): Query<WalkForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let place = Place::read(&mut tx, &viewer, (&ceptoar, ActivityAction::LookOver), language).await?;
    let typed = if form.is_untouched() { WalkForm::at(now) } else { form };
    let walk = typed.parse(japan_day(now), language);
    let result = match &walk {
        Ok(walk) => Some(result(&mut tx, &place.facts.ceptoar_id, walk, language).await?),
        Err(_) => None,
    };
    tx.commit().await?;
    let page = page(&frame, &place, typed, walk.err().unwrap_or_default(), result);
    Ok(if page.errors.is_empty() { Page(page).into_response() } else { Unprocessable(page).into_response() })
}

fn page(frame: &Frame, place: &Place, typed: WalkForm, errors: FieldErrors, result: Option<ResultView>) -> WalkPage {
    let language = frame.language;
    let w = WalkWords::of(language);
    let way = way(frame, &place.facts.ceptoar_id, &place.name);
    let way: Vec<_> = way.iter().map(|(href, label)| (href.as_str(), label.as_str())).collect();
    let choice = |value: &str, label: &str, chosen: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        explanation: String::new(),
        chosen: value == chosen,
    };
    WalkPage {
        chrome: frame.chrome(w.title, &way),
        w,
        ceptoar: place.name.clone(),
        here: paths::of_ceptoar(paths::WALK, &place.facts.ceptoar_id),
        levels: LEVELS.map(|level| choice(level.code(), level.label(language), &typed.level)).into(),
        scopes: SCOPES.map(|scope| choice(scope.code(), scope.label(language), &typed.scope)).into(),
        typed,
        errors,
        result,
    }
}

async fn result(tx: &mut Tx, ceptoar_id: &str, walk: &Walk, language: Language) -> sqlx::Result<ResultView> {
    let w = WalkWords::of(language);
    let reached = store::walk(tx, ceptoar_id, walk).await?;
    let mut left_out = store::left_out(tx, ceptoar_id, walk, language, SHOWN + 1).await?;
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let more = left_out.len() > shown;
    left_out.truncate(shown);
    let reaches = |stage| reached.iter().any(|row| row.stage == stage && row.verdict == Verdict::Due);
    let missed = |row: &Reached| matches!(row.verdict, Verdict::NoMail | Verdict::NoWindow | Verdict::NotHandler);
    Ok(ResultView {
        title: format!("{}: {}", w.result, long_time(walk.at, language)),
        hours: hours(&sharing::store::hours(tx, walk.at).await?, w, language),
        hops: Stage::ALL.into_iter().filter_map(|stage| hop(stage, &reached, walk.at, language)).collect(),
        reaches_members: reaches(Stage::Member),
        reaches_all: reaches(Stage::Member) && !reached.iter().any(missed),
        left_out: left_out.iter().map(|body| left_out_row(body, language)).collect(),
        more,
    })
}

fn hours(hours: &Hours, w: &'static WalkWords, language: Language) -> String {
    match &hours.holiday {
        Some([ja, en]) => fill(w.holiday, &[("name", language.pick(ja, en))]),
        None if hours.off => w.off_hours.to_owned(),
        None => w.office_hours.to_owned(),
    }
}

fn hop(stage: Stage, all: &[Reached], at: DateTime<Utc>, language: Language) -> Option<HopRow> {
    let w = WalkWords::of(language);
    let here: Vec<&Reached> = all.iter().filter(|row| row.stage == stage).collect();
    let minutes = here.first()?.minutes;
    let due: i64 = here.iter().filter(|row| row.verdict == Verdict::Due).map(|row| row.windows).sum();
    let when = match minutes {
        Some(minutes) => fill(w.latest, &[("time", &long_time(at + TimeDelta::minutes(minutes.into()), language))]),
        None => w.at_once.to_owned(),
    };
    // Whoever reads the same mailbox as another window is reached.
    let not = here.iter().filter(|row| !matches!(row.verdict, Verdict::Due | Verdict::SameAddress));
    let told = |row: &&Reached| format!("{}: {}", row.verdict.reason_at(stage, language), thousands(row.windows));
    Some(HopRow {
        name: stage.label(language),
        reached: thousands(due),
        when: if due > 0 { when } else { w.nobody.to_owned() },
        not_reached: not.map(told).collect(),
    })
}

fn left_out_row(body: &LeftOut, language: Language) -> LeftOutRow {
    let why: Vec<&str> = body.verdicts.iter().map(|verdict| verdict.reason_at(body.stage, language)).collect();
    LeftOutRow {
        hop: body.stage.label(language),
        name: language.pick(&body.name[0], &body.name[1]).clone(),
        why: why.join(language.pick("、", ", ")),
    }
}
