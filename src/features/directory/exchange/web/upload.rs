//! A file that comes in: read in a box, kept, and held against the directory.

use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use uuid::Uuid;

use super::index::{self, Typed};
use super::steps::{self, Place};
use super::{desk, kept};
use crate::features::access::Viewer;
use crate::features::directory::exchange::imports::store::{self, Brought};
use crate::features::directory::exchange::mapping;
use crate::features::directory::exchange::paths;
use crate::features::directory::roster::web::fields::Typed as Boxes;
use crate::features::directory::roster::web::reading::Reader;
use crate::kernel::clock::japan_day;
use crate::platform::sandbox::SandboxError;
use crate::platform::tables::Table;
use crate::platform::tables::reading::{LARGEST, read_boxed};
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// Fields of the form: the token, the file and a day.
const MOST_FIELDS: usize = 8;

crate::words! {
    /// What is said about the file as a whole.
    pub struct UploadWords {
        no_file: "表のファイルを選んでください。" / "Please choose the table.",
        too_large: "ファイルが大きすぎます。20MBまでにしてください。" / "The file is too large: 20 MB at most.",
        only_heads: "見出しの行の下に、内容がありません。1行以上入力してください。" / "There is nothing below the headings. At least one row is needed.",
    }
}

/// What was sent.
#[derive(Default)]
struct Sent {
    file: Vec<u8>,
    boxes: [String; 3],
}

async fn sent(mut form: Multipart) -> Result<Sent, WebError> {
    let mut sent = Sent::default();
    for _ in 0..MOST_FIELDS {
        let Some(field) = form.next_field().await.map_err(|_| WebError::BadRequest)? else { return Ok(sent) };
        let name = field.name().unwrap_or_default().to_owned();
        let content = field.bytes().await.map_err(|_| WebError::BadRequest)?;
        let text = || String::from_utf8(content.to_vec()).map_err(|_| WebError::BadRequest);
        match name.as_str() {
            "file" => sent.file = content.into(),
            "from_year" => sent.boxes[0] = text()?,
            "from_month" => sent.boxes[1] = text()?,
            "from_day" => sent.boxes[2] = text()?,
            _ => {}
        }
    }
    Err(WebError::BadRequest)
}

/// Takes the file.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    kept(&mut tx, &viewer, &ceptoar_id).await?;
    tx.commit().await?;
    let desk = desk(&viewer, &ceptoar_id)?;
    let Sent { file, boxes } = sent(form.map_err(|_| WebError::BadRequest)?).await?;
    let (day, mut errors) = day(&boxes, &frame, japan_day(now));
    let table = table(&state, &file, &frame, &mut errors).await?;
    let Some((table, day)) = table.zip(day) else {
        let typed = Typed { from: Some(boxes), errors, ..Typed::default() };
        return index::answer(&state, &viewer, &frame, &ceptoar_id, typed).await;
    };
    drop(file);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    store::expire(&mut tx).await?;
    let remembered = store::remembered(&mut tx, &ceptoar_id, &mapping::fingerprints(&table)).await?;
    let heads = mapping::heads(&table, &remembered);
    if !table.rows().any(|row| row.number > heads.row) {
        let mut errors = FieldErrors::default();
        errors.add("file", UploadWords::of(frame.language).only_heads);
        tx.commit().await?;
        let typed = Typed { from: Some(boxes), errors, ..Typed::default() };
        return index::answer(&state, &viewer, &frame, &ceptoar_id, typed).await;
    }
    let import_id = Uuid::new_v4();
    let brought = Brought {
        import_id,
        ceptoar_id: &ceptoar_id,
        by: viewer.account_id,
        organisation: desk,
        effective_on: day,
        table: &table,
        head_row: heads.row,
        mapping: &heads.mapping,
    };
    store::bring(&mut tx, brought, now).await?;
    tx.commit().await?;
    drop(table);
    let place = Place { ceptoar: ceptoar_id, import: import_id };
    if heads.sure {
        steps::begin_check(&state, &viewer, &frame, &place, desk).await?;
    }
    Ok(Redirect::to(&paths::of_import(paths::IMPORT, &place.ceptoar, import_id)).into_response())
}

/// The day from which it is to hold, or what is wrong with it.
fn day(boxes: &[String; 3], frame: &Frame, today: NaiveDate) -> (Option<NaiveDate>, FieldErrors) {
    let mut typed = Boxes::default();
    for (part, value) in ["from_year", "from_month", "from_day"].into_iter().zip(boxes) {
        typed.set(part, value);
    }
    let mut reader = Reader::new(&typed, frame.language, today);
    let day = reader.day("from");
    (reader.errors.is_empty().then_some(day), reader.errors)
}

/// The table, or what is wrong with the file.
async fn table(
    state: &AppState,
    file: &[u8],
    frame: &Frame,
    errors: &mut FieldErrors,
) -> Result<Option<Table>, WebError> {
    let w = UploadWords::of(frame.language);
    if file.is_empty() {
        errors.add("file", w.no_file);
        return Ok(None);
    }
    if file.len() > LARGEST {
        errors.add("file", w.too_large);
        return Ok(None);
    }
    match read_boxed(&state.sandbox, file).await {
        Ok(Ok(table)) => Ok(Some(table)),
        Ok(Err(problem)) => {
            errors.add("file", problem.said(frame.language));
            Ok(None)
        }
        Err(SandboxError::Busy) => Err(WebError::Conflict(Said {
            ja: "ほかのファイルを読み取っています。少し待ってから、もう一度お試しください。",
            en: "Other files are being read. Wait a little and try again.",
        })),
        Err(error) => Err(WebError::Internal(error.into())),
    }
}
