//! The table on its way out: the list as of a day, and the empty one.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::index::{self, Typed};
use super::kept;
use crate::features::access::Viewer;
use crate::features::directory::exchange::entry::Entry;
use crate::features::directory::exchange::file::{self, Export};
use crate::features::directory::exchange::print::{self, Paper};
use crate::features::directory::exchange::{known, store};
use crate::features::directory::roster::web::as_of::AsOf;
use crate::kernel::clock::japan_day;
use crate::kernel::ids::OrganisationId;
use crate::platform::audit::{self, Event};
use crate::platform::tables::Format;
use crate::platform::web::contact_reads::{self, Shown};
use crate::platform::web::error::WebError;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// So many exports use the hour's addresses up. A list may hold more of them than anybody reads in an hour.
const EXPORTS_AN_HOUR: u32 = 4;

/// The list as of a day.
pub async fn export(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let get = |name: &str| typed.get(name).map(String::as_str).unwrap_or_default();
    let boxes = [get("as_of_year"), get("as_of_month"), get("as_of_day")];
    let as_of = AsOf::read(boxes, japan_day(now), frame.language);
    let wanted = Export::from_code(get("format")).ok_or(WebError::BadRequest)?;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = kept(&mut tx, &viewer, &ceptoar_id).await?;
    if !as_of.errors.is_empty() {
        let mut errors = FieldErrors::default();
        for (_, message) in as_of.errors.iter() {
            errors.add("as_of", message);
        }
        tx.commit().await?;
        let typed = Typed { as_of: Some(as_of.boxes), format: Some(wanted), errors, ..Typed::default() };
        return index::answer(&state, &viewer, &frame, &ceptoar_id, typed).await;
    }
    let sheets = store::sheets(&mut tx, &ceptoar_id).await?;
    let entries = known::entries(&sheets, &ceptoar, as_of.day);
    drop(sheets);
    let limit = state.config.contact_reads_per_hour;
    let most = usize::try_from(limit / EXPORTS_AN_HOUR).unwrap_or(usize::MAX);
    let shown = Shown {
        account: viewer.account_id,
        addresses: addresses(&entries).min(most),
        limit,
        request_id: &frame.request_id,
    };
    let mut tx = contact_reads::charge(tx, shown, now).await?;
    let mut organisations: Vec<OrganisationId> =
        entries.iter().filter_map(|entry| entry.firm.organisation_id.map(OrganisationId)).collect();
    organisations.dedup();
    let event = Event::done(now, "contacts.export", "ceptoar", &ceptoar_id)
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({
            "ceptoar": ceptoar_id, "on": as_of.day, "rows": entries.len(), "organisations": organisations }));
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    let language = frame.language;
    let paper = Paper { ceptoar: language.pick(&ceptoar.name[0], &ceptoar.name[1]).clone(), day: as_of.day, language };
    let made = tokio::task::spawn_blocking(move || match wanted {
        Export::Table(format) => file::write(&entries, format, language),
        Export::Print => print::write(&entries, &paper),
    });
    let content = made.await.map_err(anyhow::Error::from)??;
    let name = match wanted {
        Export::Table(_) => format!("ceptoar-directory-{ceptoar_id}-{}", as_of.day),
        Export::Print => format!("ceptoar-directory-{ceptoar_id}-{}-print", as_of.day),
    };
    Ok(answer(content, wanted.format(), &name))
}

fn addresses(entries: &[Entry]) -> usize {
    let windows = entries.iter().filter_map(|entry| entry.window.as_ref());
    windows.flat_map(|window| window.channels.values()).map(Vec::len).sum()
}

fn answer(content: Vec<u8>, format: Format, name: &str) -> Response {
    // An address chose the name: what has no place in a header is left out.
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{}\"", format.code())),
    ];
    (headers, content).into_response()
}

/// The empty workbook.
pub async fn template_xlsx(
    state: State<AppState>,
    viewer: Viewer,
    frame: Frame,
    path: Path<String>,
) -> Result<Response, WebError> {
    template(state, viewer, frame, path, Format::Xlsx).await
}

/// The empty text table.
pub async fn template_csv(
    state: State<AppState>,
    viewer: Viewer,
    frame: Frame,
    path: Path<String>,
) -> Result<Response, WebError> {
    template(state, viewer, frame, path, Format::Csv).await
}

async fn template(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
    format: Format,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    kept(&mut tx, &viewer, &ceptoar_id).await?;
    tx.commit().await?;
    Ok(answer(file::template(format, frame.language)?, format, "ceptoar-directory-template"))
}
