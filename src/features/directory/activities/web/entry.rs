//! An entry: what it says, what it said before, and for its desk correcting it and taking it back.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::form::{EntryForm, Typed};
use super::shown::{CommonWords, Place, note, parts};
use crate::features::access::Viewer;
use crate::features::access::action::ActivityAction;
use crate::features::directory::activities::activity::{Activity, Content, PartWords, Version};
use crate::features::directory::activities::paths;
use crate::features::directory::activities::store::{self, Held};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::short_time;
use crate::platform::db::Tx;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct EntryWords {
        of: "{ceptoar}の活動状況" / "Activities of {ceptoar}",
        recorded: "記録" / "Recorded",
        gone: "この記録は取り消されています。集計には数えません。" / "This entry was taken back. It is not counted.",
        gone_why: "取り消した理由: {why}" / "Why: {why}",
        history: "訂正の履歴" / "Corrections",
        until: "{at}までの内容" / "Until {at}",
        why: "理由: {why}" / "Why: {why}",
        was: "{name}: {value}" / "{name}: {value}",
        nothing: "(空欄)" / "(nothing)",
        correct: "この記録を訂正する" / "Correct this entry",
        correct_help: "間違いや不足を直します。別の活動は、新しい記録にしてください。" / "Puts right what was wrong or missing. Another activity is an entry of its own.",
        submit: "訂正する" / "Correct",
        withdraw: "この記録を取り消す" / "Take this entry back",
        withdraw_help: "誤って記録したときに使います。記録は消えずに残り、集計には数えません。" / "For what was recorded by mistake. It stays, and is not counted.",
        withdraw_why: "取り消す理由" / "Why it is taken back",
        meanwhile: "{at}に、別の人がこの記録を訂正しました" / "Somebody else corrected this entry at {at}",
        meanwhile_text: "入力した内容は、下にそのまま残っています。違いを確かめて、もう一度「訂正する」を押してください。" / "What you typed is still below. Please look at the differences and press the button again.",
        meanwhile_check: "いまの内容を確かめてください。取り消す必要があれば、もう一度「この記録を取り消す」を押してください。" / "Please look at what it says now, and press the button again where it is still to be taken back.",
        meanwhile_now: "{name}: いまの内容は「{value}」" / "{name}: now “{value}”",
        gone_meanwhile: "この記録は、入力している間に取り消されました" / "This entry was taken back meanwhile",
        gone_text: "入力した内容は訂正されていません。必要な内容は控えて、新しい記録にしてください。" / "What you typed was not saved. Please keep what you need and make a new entry.",
        typed: "{name}: 入力した内容は「{value}」" / "{name}: you typed “{value}”",
        same: "訂正前と同じ内容です。変えるところがなければ、訂正は要りません。" / "It says the same as before. Nothing needs correcting.",
        done_corrected: "記録を訂正しました。" / "The entry was corrected.",
    }
}

/// What is said where somebody else was faster by a moment.
const CHANGED: Said = Said {
    ja: "別の人がこの記録を変えました。いまの内容を確かめてから、もう一度行ってください。",
    en: "Somebody else has changed this entry. Please look at it and try again.",
};

/// What somebody else did meanwhile.
struct Meanwhile {
    title: String,
    lead: &'static str,
    lines: Vec<String>,
}

struct Past {
    until: String,
    why: String,
    lines: Vec<String>,
}

#[derive(Template)]
#[template(path = "directory/activities/entry.html")]
struct EntryPage {
    chrome: Chrome,
    w: &'static EntryWords,
    p: &'static PartWords,
    parts: Vec<(&'static str, String)>,
    link: String,
    leads_out: bool,
    recorded: String,
    gone: Option<String>,
    past: Vec<Past>,
    meanwhile: Option<Meanwhile>,
    here: String,
    withdrawal: String,
    version: i32,
    /// For its desk, while it stands.
    entry: Option<EntryForm>,
    /// What is wrong with taking it back, and the reason typed.
    reason: String,
    reason_errors: FieldErrors,
}

/// An entry in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct EntryPlace {
    ceptoar: String,
    activity: Uuid,
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct EntryQuery {
    done: String,
}

struct Scene {
    place: Place,
    activity: Activity,
    versions: Vec<Version>,
}

impl Scene {
    async fn read(
        tx: &mut Tx,
        viewer: &Viewer,
        (place, action): (&EntryPlace, ActivityAction),
        language: Language,
    ) -> Result<Self, WebError> {
        let of = Place::read(tx, viewer, (&place.ceptoar, action), language).await?;
        let activity = store::entry(tx, &of.facts.ceptoar_id, place.activity).await?.ok_or(WebError::NotFound)?;
        let looks_over = of.lets(viewer, ActivityAction::LookOver);
        if activity.taken_back_at.is_some() && !looks_over {
            return Err(WebError::NotFound);
        }
        let versions = if looks_over { store::versions(tx, place.activity).await? } else { Vec::new() };
        Ok(Self { place: of, activity, versions })
    }

    fn held(&self) -> Held<'_> {
        Held {
            ceptoar_id: &self.place.facts.ceptoar_id,
            activity_id: self.activity.activity_id,
            version: self.activity.version,
        }
    }

    fn page(&self, viewer: &Viewer, frame: &Frame, typed: Option<Typed>, errors: FieldErrors) -> EntryPage {
        let language = frame.language;
        let w = EntryWords::of(language);
        let (ceptoar, activity) = (&self.place.facts.ceptoar_id, &self.activity);
        let of = fill(w.of, &[("ceptoar", &self.place.name)]);
        let year = paths::year(ceptoar, activity.fiscal_year);
        let way = [frame.home(), (paths::TOTALS, CommonWords::of(language).title), (year.as_str(), of.as_str())];
        let corrects = activity.taken_back_at.is_none() && self.place.lets(viewer, ActivityAction::Record);
        let entry = corrects.then(|| {
            let typed = typed.unwrap_or_else(|| Typed::of(activity)).on_version(activity.version);
            EntryForm::new(typed, errors, language)
        });
        EntryPage {
            chrome: frame.chrome(activity.content.title(language), &way),
            w,
            p: PartWords::of(language),
            parts: parts(activity, language),
            link: activity.content.link.clone(),
            leads_out: activity.content.leads_out(),
            recorded: short_time(activity.recorded_at),
            gone: activity.taken_back_at.map(|_| fill(w.gone_why, &[("why", &activity.correction)])),
            past: self.past(language),
            meanwhile: None,
            here: paths::of_entry(paths::ENTRY, ceptoar, activity.activity_id),
            withdrawal: paths::of_entry(paths::WITHDRAWAL, ceptoar, activity.activity_id),
            version: activity.version,
            entry,
            reason: String::new(),
            reason_errors: FieldErrors::default(),
        }
    }

    /// What it said before, version by version: only what reads otherwise since.
    fn past(&self, language: Language) -> Vec<Past> {
        let w = EntryWords::of(language);
        let (mut since, mut why) = (&self.activity.content, &self.activity.correction);
        let mut past = Vec::new();
        for version in &self.versions {
            past.push(Past {
                until: fill(w.until, &[("at", &short_time(version.ended_at))]),
                why: fill(w.why, &[("why", why)]),
                lines: lines(&version.content, since, w.was, language),
            });
            (since, why) = (&version.content, &version.correction);
        }
        past
    }
}

/// What one content says where another says something else.
fn lines(says: &Content, other: &Content, words: &str, language: Language) -> Vec<String> {
    let nothing = EntryWords::of(language).nothing;
    let line = |(name, here, _): (&str, String, String)| {
        let value = if here.is_empty() { nothing } else { &here };
        fill(words, &[("name", name), ("value", value)])
    };
    says.differing(other, language).into_iter().map(line).collect()
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    extract::Place(place): extract::Place<EntryPlace>,
    Query(query): Query<EntryQuery>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let scene = Scene::read(&mut tx, &viewer, (&place, ActivityAction::See), frame.language).await?;
    tx.commit().await?;
    let mut page = scene.page(&viewer, &frame, None, FieldErrors::default());
    if query.done == "corrected" {
        page.chrome = page.chrome.with_flash("success", page.w.done_corrected);
    }
    Ok(Page(page).into_response())
}

/// Corrects it.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    extract::Place(place): extract::Place<EntryPlace>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let typed = Typed::new(pairs);
    let now = state.clock.now();
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &viewer, (&place, ActivityAction::Record), language).await?;
    let read = typed.read(japan_day(now), language);
    if scene.activity.taken_back_at.is_some() || typed.version() != scene.activity.version {
        return Ok(meanwhile(&scene, &viewer, &frame, typed, read.ok().as_ref()));
    }
    let (content, why) = match with_reason(&typed, read, &scene.activity.content, language) {
        Ok(read) => read,
        Err(errors) => return Ok(Unprocessable(scene.page(&viewer, &frame, Some(typed), errors)).into_response()),
    };
    if !store::correct(&mut tx, scene.held(), &content, &why).await? {
        // Somebody was faster by a moment.
        let scene = Scene::read(&mut tx, &viewer, (&place, ActivityAction::Record), language).await?;
        return Ok(meanwhile(&scene, &viewer, &frame, typed, Some(&content)));
    }
    let held = scene.held();
    let done = (held.ceptoar_id, held.activity_id, held.version + 1);
    note(&mut tx, &viewer, &frame, "activity.correct", done, now).await?;
    tx.commit().await?;
    let here = paths::of_entry(paths::ENTRY, held.ceptoar_id, held.activity_id);
    Ok(Redirect::to(&format!("{here}?done=corrected")).into_response())
}

fn with_reason(
    typed: &Typed,
    read: Result<Content, FieldErrors>,
    before: &Content,
    language: Language,
) -> Result<(Content, String), FieldErrors> {
    let (content, mut errors) = match read {
        Ok(content) => (Some(content), FieldErrors::default()),
        Err(errors) => (None, errors),
    };
    let why = typed.reason(&mut errors, language);
    match content {
        Some(content) if errors.is_empty() && content == *before => {
            errors.add("title", EntryWords::of(language).same);
            Err(errors)
        }
        Some(content) if errors.is_empty() => Ok((content, why)),
        Some(_) | None => Err(errors),
    }
}

/// Somebody else corrected it or took it back meanwhile: what it says now stands beside what was typed here.
fn meanwhile(scene: &Scene, viewer: &Viewer, frame: &Frame, typed: Typed, read: Option<&Content>) -> Response {
    let language = frame.language;
    let w = EntryWords::of(language);
    let activity = &scene.activity;
    if activity.taken_back_at.is_some() {
        let mut page = scene.page(viewer, frame, None, FieldErrors::default());
        let lines = read.map(|read| lines(read, &activity.content, w.typed, language)).unwrap_or_default();
        page.meanwhile = Some(Meanwhile { title: w.gone_meanwhile.to_owned(), lead: w.gone_text, lines });
        return (StatusCode::CONFLICT, Page(page)).into_response();
    }
    let lines = read.map(|read| lines(&activity.content, read, w.meanwhile_now, language)).unwrap_or_default();
    let title = fill(w.meanwhile, &[("at", &short_time(activity.recorded_at))]);
    let mut page = scene.page(viewer, frame, Some(typed), FieldErrors::default());
    page.meanwhile = Some(Meanwhile { title, lead: w.meanwhile_text, lines });
    Unprocessable(page).into_response()
}

/// Takes it back.
pub async fn withdraw(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    extract::Place(place): extract::Place<EntryPlace>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let typed = Typed::new(pairs);
    let now = state.clock.now();
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &viewer, (&place, ActivityAction::Record), language).await?;
    if scene.activity.taken_back_at.is_some() || typed.version() != scene.activity.version {
        // Nothing but a reason was typed; what it says now is on the page.
        let mut page = scene.page(&viewer, &frame, None, FieldErrors::default());
        page.reason = typed.at("reason").to_owned();
        let w = EntryWords::of(language);
        let title = fill(w.meanwhile, &[("at", &short_time(scene.activity.recorded_at))]);
        page.meanwhile = Some(Meanwhile { title, lead: w.meanwhile_check, lines: Vec::new() });
        return Ok((StatusCode::CONFLICT, Page(page)).into_response());
    }
    let mut errors = FieldErrors::default();
    let why = typed.withdrawal_reason(&mut errors, language);
    if !errors.is_empty() {
        let mut page = scene.page(&viewer, &frame, None, FieldErrors::default());
        page.reason = typed.at("reason").to_owned();
        page.reason_errors = errors;
        return Ok(Unprocessable(page).into_response());
    }
    if !store::take_back(&mut tx, scene.held(), &why).await? {
        return Err(WebError::Conflict(CHANGED));
    }
    let held = scene.held();
    let done = (held.ceptoar_id, held.activity_id, held.version + 1);
    note(&mut tx, &viewer, &frame, "activity.withdraw", done, now).await?;
    tx.commit().await?;
    let year = paths::year(held.ceptoar_id, scene.activity.fiscal_year);
    Ok(Redirect::to(&format!("{year}&done=withdrawn")).into_response())
}
