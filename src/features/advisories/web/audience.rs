//! 別の日の届け先: whom an item would reach, or would have reached, by what is registered for another day. For looking
//! only: what is published goes to those of the moment, and whom it went to stands fast.

use askama::Template;
use axum::extract::{Query, State as Shared};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::preview::{self, Asked, Preview};
use crate::features::access::action::AdvisoryAction;
use crate::features::access::can;
use crate::features::access::web::extract::Author;
use crate::features::advisories::content::Addressees;
use crate::features::advisories::paths;
use crate::features::advisories::reading::store as reading;
use crate::features::advisories::store;
use crate::features::advisories::words::{DraftWords, PreviewWords};
use crate::features::directory::roster::web::as_of::AsOf;
use crate::kernel::clock::{in_japan, japan_day};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::Language;
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::db::Tx;
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
    notice: &'static str,
    number: String,
    title: String,
    level: SharingLevel,
    drill: bool,
    as_of: AsOf,
    as_of_title: String,
    here: String,
    preview: Preview,
}

/// What is told of the item itself.
struct Subject {
    number: String,
    title: String,
    level: SharingLevel,
    drill: bool,
    /// The page that led here.
    from: Option<(String, &'static str)>,
    /// What the days of the page mean for it.
    notice: &'static str,
}

/// A draft for whoever may read it, a published item for the centre that may go on with it.
async fn subject(tx: &mut Tx, by: &Author, id: AdvisoryId, language: Language) -> Result<Subject, WebError> {
    let w = PreviewWords::of(language);
    if let Some(item) = store::find_unpublished(&mut *tx, by, AdvisoryAction::ReadDraft, id).await? {
        let own = item.envelope.created_by == by.account_id;
        return Ok(Subject {
            number: item.envelope.number,
            title: item.draft.text.title,
            level: item.draft.level,
            drill: item.draft.drill,
            from: own.then(|| (paths::submission(id), w.title)),
            notice: w.day_notice,
        });
    }
    let facts = reading::facts(&mut *tx, by, &[id]).await?.remove(&id).ok_or(WebError::NotFound)?;
    if !can(by, AdvisoryAction::Continue, &facts) {
        return Err(WebError::NotFound);
    }
    let found = reading::find(&mut *tx, by, id).await?.ok_or(WebError::NotFound)?;
    let shown = paths::show(id);
    Ok(Subject {
        title: found.text.map(|text| text.title).unwrap_or_default(),
        level: found.envelope.level,
        drill: found.envelope.drill,
        from: Some((shown, w.day_item)),
        number: found.envelope.number,
        notice: w.day_published,
    })
}

/// The page.
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
    let subject = subject(&mut tx, &by, id, language).await?;
    let at = noon(as_of.day).unwrap_or(now);
    let here = paths::audience(id);
    let asked = Asked { ceptoar: &query.ceptoar, page: query.page, at, here: as_of.href(&here) };
    let mut preview = preview::load(&mut tx, id, asked, &Addressees::default(), language).await?;
    tx.commit().await?;
    let w = PreviewWords::of(language);
    preview.help = w.day_help;
    let mut way = vec![frame.home(), (paths::INDEX, DraftWords::of(language).list)];
    if let Some((href, label)) = &subject.from {
        way.push((href.as_str(), label));
    }
    let page = AudiencePage {
        chrome: frame.chrome(w.day_title, &way),
        w,
        notice: subject.notice,
        number: subject.number,
        title: subject.title,
        level: subject.level,
        drill: subject.drill,
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
