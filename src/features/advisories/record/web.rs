//! The record of an item as a file.

use axum::Form;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::gathered::Record;
use super::kind::Kind;
use super::words::RecordWords;
use super::{paper, paths, tables};
use crate::features::access::{Routes, Rule, Viewer};
use crate::features::advisories::advisory::State as ItemState;
use crate::features::advisories::reading::deliveries::watch::Watch;
use crate::features::advisories::reading::store;
use crate::features::advisories::versions::web::shown;
use crate::features::advisories::web::reading::nothing_here;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::Language;
use crate::platform::audit::{self, Event};
use crate::platform::pdf;
use crate::platform::tables::Encoding;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Id;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// The routes of the record.
pub fn routes() -> Routes {
    Routes::new().post(paths::RECORD, Rule::SignedIn, post)
}

/// Which file.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Wanted {
    format: String,
}

const NO_FORMAT: Said = Said {
    ja: "ファイルの形式が分かりません。画面のボタンから選んでください。",
    en: "Please choose the format by the buttons of the page.",
};

/// The buttons of the delivery page: what can be saved, and what each is called.
#[must_use]
pub fn buttons(watch: &Watch, language: Language) -> Vec<(&'static str, &'static str)> {
    let w = RecordWords::of(language);
    let offered = Kind::ALL.into_iter().filter(|kind| watch.lists_any() || !kind.is_of_recipients());
    let label = |kind: Kind| match kind {
        Kind::Paper => w.pdf,
        Kind::Workbook => w.xlsx,
        Kind::Table(Encoding::Utf8) => w.csv,
        Kind::Table(Encoding::Cp932) => w.csv_cp932,
    };
    offered.map(|kind| (kind.code(), label(kind))).collect()
}

/// The file, for those who see the board. Who saved it stands in the trail.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<AdvisoryId>,
    Form(wanted): Form<Wanted>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let found = store::find(&mut tx, &viewer, id).await?.filter(|f| f.envelope.state == ItemState::Published);
    let watched = found.map(|f| (Watch::of(&viewer, f.envelope.level, f.case_team, &f.hats), f));
    let Some((watch, found)) = watched.filter(|(watch, _)| watch.has_board()) else {
        drop(tx);
        return Err(nothing_here(&state, &viewer, &frame, id, "advisory.record").await);
    };
    let kind = Kind::from_code(&wanted.format).filter(|kind| watch.lists_any() || !kind.is_of_recipients());
    let kind = kind.ok_or(WebError::Conflict(NO_FORMAT))?;
    let history = shown::history(&mut tx, &viewer, &found).await?;
    let version = history.version().map_or(1, |version| version.number);
    let name = format!("advisory-{}-v{version}-record.{}", found.envelope.number, kind.ending());
    let record = Record::read(&mut tx, &watch, (found, history), (frame.language, now), kind != Kind::Paper).await?;
    let subject = id.to_string();
    let event = Event::done(now, "advisory.record", "advisory", &subject).by(viewer.account_id);
    let detail = serde_json::json!({ "format": kind.code() });
    audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    tx.commit().await?;
    let content = match kind {
        Kind::Paper => pdf::print(paper::TEMPLATE, &paper::paper(&record)).await?.bytes.to_vec(),
        Kind::Workbook => written(move || tables::workbook(&record)).await?,
        Kind::Table(encoding) => written(move || Ok(tables::recipients(&record, encoding)?.bytes)).await?,
    };
    let headers = [
        (header::CONTENT_TYPE, kind.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, content).into_response())
}

/// Thousands of rows are written beside the other requests.
async fn written(make: impl FnOnce() -> anyhow::Result<Vec<u8>> + Send + 'static) -> anyhow::Result<Vec<u8>> {
    tokio::task::spawn_blocking(make).await?
}
