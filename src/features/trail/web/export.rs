//! The trail as a table file, streamed: ten years of it do not fit into memory.

use axum::Form;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::index::{TrailWords, who};
use crate::features::access::Viewer;
use crate::features::trail::filter::{Filter, Scope, Typed};
use crate::features::trail::store::Row;
use crate::features::trail::{actions, store};
use crate::kernel::ids::AccountId;
use crate::kernel::language::Language;
use crate::kernel::period::short_time;
use crate::platform::audit::{self, Event};
use crate::platform::tables::harmless;
use crate::platform::web::error::WebError;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// Events read at a time.
const BATCH: i32 = 2000;

/// Everything that fits the filter.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, WebError> {
    let scope = Scope::of(&viewer).ok_or(WebError::NotFound)?;
    let mut errors = FieldErrors::default();
    let filter = Filter { before: None, ..typed.understand(frame.language, &mut errors) };
    if !errors.is_empty() {
        return Err(WebError::BadRequest);
    }
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let event = Event::done(now, "trail.export", "trail", scope.code());
    audit::record(&mut tx, event.by(viewer.account_id).request(&frame.request_id)).await?;
    tx.commit().await?;
    let mut head = String::from('\u{FEFF}');
    head.push_str(&table(&[heads(frame.language)])?);
    let export = Export {
        state,
        account: viewer.account_id,
        scope,
        filter,
        language: frame.language,
        head: Some(head),
        over: false,
    };
    let body = Body::from_stream(stream::unfold(export, |export| async move {
        let mut export = export;
        export.next().await.map(|part| (part, export))
    }));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit-trail.csv\""),
    ];
    Ok((headers, body).into_response())
}

struct Export {
    state: AppState,
    account: AccountId,
    scope: Scope,
    filter: Filter,
    language: Language,
    head: Option<String>,
    over: bool,
}

impl Export {
    /// The next part of the file; each is read in a transaction of its own, behind the one before.
    async fn next(&mut self) -> Option<anyhow::Result<String>> {
        if let Some(head) = self.head.take() {
            return Some(Ok(head));
        }
        if self.over {
            return None;
        }
        match self.batch().await {
            // Said by ending the file early: a file that was cut off must not look whole.
            Err(error) => {
                self.over = true;
                Some(Err(error))
            }
            Ok(rows) => {
                self.over = rows.len() < usize::try_from(BATCH).unwrap_or(usize::MAX);
                self.filter.before = rows.last().map(Row::cursor);
                let lines: Vec<[String; 9]> = rows.iter().map(|row| cells(row, self.language)).collect();
                (!lines.is_empty()).then(|| table(&lines))
            }
        }
    }

    async fn batch(&self) -> anyhow::Result<Vec<Row>> {
        let mut tx = self.state.db.begin(Some(self.account), self.state.clock.now()).await?;
        let rows = store::events(&mut tx, self.scope, &self.filter, BATCH).await?;
        tx.commit().await?;
        Ok(rows)
    }
}

fn heads(language: Language) -> [String; 9] {
    let w = TrailWords::of(language);
    let id = language.pick("番号", "Number");
    let code = language.pick("操作(記号)", "Action (code)");
    let subject_id = language.pick("対象のID", "Subject id");
    [id, w.time, w.account, w.action, code, w.outcome, w.target, subject_id, w.detail].map(ToOwned::to_owned)
}

fn cells(row: &Row, language: Language) -> [String; 9] {
    [
        row.sequence.to_string(),
        short_time(row.at),
        who(row, language),
        actions::label(&row.action, language),
        row.action.clone(),
        actions::outcome_label(&row.outcome, language).to_owned(),
        actions::subject_label(&row.subject_kind, language),
        row.subject_id.clone(),
        row.detail.clone(),
    ]
}

fn table(lines: &[[String; 9]]) -> anyhow::Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for line in lines {
        writer.write_record(line.iter().map(|cell| harmless(cell)))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}
