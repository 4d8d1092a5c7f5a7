//! Naming the persons of a RED item: windows of designated handlers, found by organisation.

use askama::Template;
use axum::Form as Body;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::features::access::action::AdvisoryAction;
use crate::features::access::web::extract::Author;
use crate::features::advisories::advisory::State;
use crate::features::advisories::content::Form;
use crate::features::advisories::versions::step::Step;
use crate::features::advisories::words::DraftWords;
use crate::features::advisories::{paths, store};
use crate::features::directory::outline;
use crate::features::sharing;
use crate::features::sharing::store::NamedWindow;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::text::like_pattern;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Id;
use crate::platform::web::form::Choice;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

/// More than anybody reads through; the search narrows it down.
const LIMIT: i64 = 100;

#[derive(Template)]
#[template(path = "advisories/named.html")]
struct NamedPage {
    chrome: Chrome,
    w: &'static DraftWords,
    action: String,
    back: String,
    named: Vec<NamedWindow>,
    ceptoars: Vec<Choice>,
    query: String,
    searched: bool,
    found: Vec<NamedWindow>,
    cut_off: bool,
}

/// The named windows and the search.
pub async fn get(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
) -> Result<Response, WebError> {
    page(&state, &by, id, &frame, None).await
}

/// Looks for windows. By POST: whom one is looking for does not belong into an address.
pub async fn search(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    page(&state, &by, id, &frame, Some(Form::new(pairs))).await
}

async fn page(
    state: &AppState,
    by: &Author,
    id: AdvisoryId,
    frame: &Frame,
    search: Option<Form>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    let item = store::find_unpublished(&mut tx, by, AdvisoryAction::Write, id).await?;
    // The persons of a withdrawal are those of the thread.
    let chosen =
        |i: &store::Unpublished| i.envelope.state == State::Draft && i.envelope.version.step != Step::Withdrawal;
    item.filter(chosen).ok_or(WebError::NotFound)?;
    let sectors = outline::store::load(&mut tx).await?;
    let chosen = search.as_ref().map_or("", |form| form.value("in_ceptoar")).to_owned();
    let query: String = search.as_ref().map_or("", |form| form.value("query")).chars().take(100).collect();
    let (named, found) = {
        let named = sharing::store::named(&mut tx, id, frame.language).await?;
        let found = match &search {
            Some(_) => {
                let pattern = like_pattern(&query);
                sharing::store::nameable(&mut tx, &chosen, &pattern, frame.language, LIMIT).await?
            }
            None => Vec::new(),
        };
        (named, found)
    };
    if search.is_some() {
        record_search(&mut tx, by, frame, id, &chosen, &found, now).await?;
    }
    tx.commit().await?;
    let choice = |c: &outline::CeptoarOutline| Choice {
        value: c.ceptoar_id.clone(),
        label: frame.language.pick(&c.ja, &c.en).clone(),
        explanation: String::new(),
        chosen: c.ceptoar_id == chosen,
    };
    let w = DraftWords::of(frame.language);
    let way = [frame.home(), (paths::INDEX, w.list)];
    Ok(Page(NamedPage {
        chrome: frame.chrome(w.named_title, &way),
        w,
        action: paths::named(id),
        back: paths::submission(id),
        cut_off: found.len() >= usize::try_from(LIMIT).unwrap_or(usize::MAX),
        found: found.into_iter().filter(|f| named.iter().all(|n| n.contact_id != f.contact_id)).collect(),
        named,
        ceptoars: sectors.iter().flat_map(|s| &s.ceptoars).map(choice).collect(),
        query,
        searched: search.is_some(),
    })
    .into_response())
}

/// Which windows somebody looked for: that they exist, not how they are reached.
async fn record_search(
    tx: &mut Tx,
    by: &Author,
    frame: &Frame,
    id: AdvisoryId,
    ceptoar: &str,
    found: &[NamedWindow],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subject = id.to_string();
    let ceptoar: String = ceptoar.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
    let event = Event::done(now, "contacts.search", "advisory", &subject)
        .by(by.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({ "ceptoar": ceptoar, "windows": found.len() }));
    audit::record(tx, event).await
}

/// Names windows, or takes them off.
pub async fn post(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let form = Form::new(pairs);
    let ids =
        |field| form.values(field).map(str::parse).collect::<Result<Vec<Uuid>, _>>().map_err(|_| WebError::BadRequest);
    let (add, remove) = (ids("add")?, ids("remove")?);
    let mut tx = state.db.begin(Some(by.account_id), state.clock.now()).await?;
    store::find_unpublished(&mut tx, &by, AdvisoryAction::Write, id).await?.ok_or(WebError::NotFound)?;
    match store::save_named(&mut tx, id, by.account_id, &add, &remove).await {
        Ok(true) => tx.commit().await?,
        Ok(false) => return Err(WebError::NotFound),
        // A window that was closed meanwhile, or an id that never was one.
        Err(error) if crate::platform::db::broken_constraint(&error).is_some() => {
            let said = Said {
                ja: "選んだ窓口は、いまは登録されていません。",
                en: "A window you chose does not exist any more.",
            };
            return Err(WebError::Conflict(said));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Redirect::to(&paths::named(id)).into_response())
}
