//! 別の日の届け先: whom a draft would reach by what is registered for another day. For looking only: what is published
//! goes to those of the moment.

use askama::Template;
use axum::extract::{Query, State as Shared};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::preview::{self, Asked, Preview};
use crate::features::access::action::AdvisoryAction;
use crate::features::access::web::extract::Author;
use crate::features::advisories::paths;
use crate::features::advisories::store;
use crate::features::advisories::words::{DraftWords, PreviewWords};
use crate::features::directory::roster::web::as_of::AsOf;
use crate::kernel::clock::{in_japan, japan_day};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct AudienceQuery {
    on_year: String,
    on_month: String,
    on_day: String,
    ceptoar: String,
    page: u16,
}

#[derive(Template)]
#[template(path = "advisories/audience.html")]
struct AudiencePage {
    chrome: Chrome,
    w: &'static PreviewWords,
    number: String,
    title: String,
    level: SharingLevel,
    drill: bool,
    as_of: AsOf,
    as_of_title: String,
    here: String,
    preview: Preview,
}

/// The page, for whoever may read the draft.
pub async fn get(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    Query(query): Query<AudienceQuery>,
    frame: Frame,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let as_of = AsOf::read([&query.on_year, &query.on_month, &query.on_day], japan_day(now), language);
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    let item = store::find_unpublished(&mut tx, &by, AdvisoryAction::ReadDraft, id).await?;
    let item = item.ok_or(WebError::NotFound)?;
    let at = noon(as_of.day).unwrap_or(now);
    let here = paths::audience(id);
    let asked = Asked { ceptoar: &query.ceptoar, page: query.page, at, here: as_of.href(&here) };
    let mut preview = preview::load(&mut tx, &item, asked, language).await?;
    tx.commit().await?;
    let w = PreviewWords::of(language);
    // Who is in the groups of today says nothing of another day.
    preview.over.clear();
    preview.help = w.day_help;
    let submission = paths::submission(id);
    let mut way = vec![frame.home(), (paths::INDEX, DraftWords::of(language).list)];
    if item.envelope.created_by == by.account_id {
        way.push((submission.as_str(), w.title));
    }
    let page = AudiencePage {
        chrome: frame.chrome(w.day_title, &way),
        w,
        number: item.envelope.number.clone(),
        title: item.draft.text.title.clone(),
        level: item.draft.level,
        drill: item.draft.drill,
        as_of_title: as_of.title(language),
        as_of: as_of.clone(),
        here,
        preview,
    };
    Ok(if as_of.errors.is_empty() { Page(page).into_response() } else { Unprocessable(page).into_response() })
}

/// Noon of a day in Japan.
fn noon(day: NaiveDate) -> Option<DateTime<Utc>> {
    in_japan(day, NaiveTime::from_hms_opt(12, 0, 0)?)
}
