//! 承認: another person looks at recipients and content, and publishes.

use askama::Template;
use axum::Form as Body;
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::preview::{self, Asked, Preview, PreviewQuery};
use super::step_error;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::can;
use crate::features::access::web::extract::Approver;
use crate::features::advisories::advisory::State;
use crate::features::advisories::content::Draft;
use crate::features::advisories::paths;
use crate::features::advisories::publishing::{self, Approved, StepError};
use crate::features::advisories::reading;
use crate::features::advisories::release::store as releases;
use crate::features::advisories::release::web::choice::ChoiceView;
use crate::features::advisories::release::web::shown::ReleaseView;
use crate::features::advisories::release::when::{When, WhenForm};
use crate::features::advisories::review::web::shown::{self, ReviewView};
use crate::features::advisories::review::web::words::ReviewWords;
use crate::features::advisories::store::{self, Unpublished};
use crate::features::advisories::versions::web::unpublished::DraftVersion;
use crate::features::advisories::words::{DraftWords, PreviewWords};
use crate::features::queue::store as queue;
use crate::features::queue::web::PauseView;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, fill};
use crate::kernel::sharing_level::SharingLevel;
use crate::kernel::text::half_width;
use crate::platform::audit::{self, Event};
use crate::platform::mail::letter::Letter;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

/// From here on the approver types the number of recipients: a slip of the finger must not reach thousands.
const TYPED_COUNT_ABOVE: i64 = 500;

#[derive(Template)]
#[template(path = "advisories/publication.html")]
struct PublicationPage {
    chrome: Chrome,
    w: &'static PreviewWords,
    number: String,
    draft: Draft,
    level: SharingLevel,
    kind: &'static str,
    handling: &'static str,
    edits: i32,
    own: bool,
    waiting: bool,
    ask_count: bool,
    confirm: String,
    error: &'static str,
    count_error: &'static str,
    preview: Preview,
    letter: Letter,
    another_day: String,
    here: String,
    version: Option<DraftVersion>,
    release: ReleaseView,
    choice: ChoiceView,
    review: ReviewView,
    paused: Option<PauseView>,
}

/// What the approver sees.
pub async fn get(
    Shared(state): Shared<AppState>,
    by: Approver,
    Id(id): Id<AdvisoryId>,
    Query(query): Query<PreviewQuery>,
    Query(when): Query<WhenForm>,
    frame: Frame,
) -> Result<Response, WebError> {
    page(&state, &by, id, (&query, when), &frame, Refusal::default()).await
}

/// Why an approval was not taken, for the page.
#[derive(Debug, Clone, Copy, Default)]
struct Refusal {
    error: &'static str,
    count_error: &'static str,
}

impl Refusal {
    fn is_none(self) -> bool {
        self.error.is_empty() && self.count_error.is_empty()
    }
}

async fn page(
    state: &AppState,
    by: &Approver,
    id: AdvisoryId,
    (query, when): (&PreviewQuery, WhenForm),
    frame: &Frame,
    refusal: Refusal,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let parsed = when.parse(now, frame.language);
    let (choice, when) = ChoiceView::of(when, parsed, frame.language);
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    let Some(item) = store::find_unpublished(&mut tx, by, AdvisoryAction::ReadDraft, id).await? else {
        // Published meanwhile: the board is where the approver wants to be.
        let there = reading::store::find(&mut tx, by, id).await?.is_some();
        return if there { Ok(Redirect::to(&paths::deliveries(id)).into_response()) } else { Err(WebError::NotFound) };
    };
    let releases = releases::of_item(&mut tx, id).await?;
    let here = choice.address(&paths::publication(id));
    let asked = Asked { ceptoar: &query.ceptoar, page: query.page, at: when.instant(now), here };
    let mut preview = preview::of_draft(&mut tx, &item, asked, frame.language).await?;
    if when != When::Now {
        preview.help = choice.w.who;
    }
    let letter = preview::letter(&mut tx, state, &item, &preview, frame.language).await?;
    let own = !can(by, AdvisoryAction::Approve, &item.facts());
    let mut review = ReviewView::read(&mut tx, by, &item, now, frame.language).await?;
    review.refused(refusal.error);
    let paused = queue::pause(&mut tx, by).await?;
    tx.commit().await?;
    let fine = refusal.is_none() && choice.errors.is_empty();
    let release = ReleaseView::of(id, &releases, now, frame.language);
    let mut page = assemble(frame, item, (preview, letter, review), own, (release, choice), refusal);
    page.paused = paused.map(|pause| PauseView::before_publication(&pause, frame.language));
    let page = Page(page);
    let status = if fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, page).into_response())
}

fn assemble(
    frame: &Frame,
    item: Unpublished,
    (preview, letter, review): (Preview, Letter, ReviewView),
    own: bool,
    (release, choice): (ReleaseView, ChoiceView),
    refusal: Refusal,
) -> PublicationPage {
    let (language, w, d) = (frame.language, PreviewWords::of(frame.language), DraftWords::of(frame.language));
    let version = DraftVersion::of(&item, language);
    let Unpublished { envelope, draft, .. } = item;
    let id = envelope.advisory_id;
    PublicationPage {
        chrome: frame.chrome(w.approve_title, &[frame.home(), (paths::INDEX, d.list)]),
        w,
        number: envelope.number,
        level: draft.level,
        kind: draft.text.kind.label(language),
        handling: draft.level.handling(language),
        edits: envelope.edits,
        own,
        waiting: envelope.state == State::Review,
        ask_count: preview.due > TYPED_COUNT_ABOVE,
        confirm: choice.confirm(&preview.due_text).unwrap_or_else(|| {
            let text = if preview.waits() { w.approve_confirm_decided } else { w.approve_confirm };
            fill(text, &[("n", &preview.due_text)])
        }),
        error: refusal.error,
        count_error: refusal.count_error,
        release,
        choice,
        preview,
        letter,
        another_day: paths::audience(id),
        here: paths::publication(id),
        version,
        review,
        paused: None,
        draft,
    }
}

/// The approver's form.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    edits: i32,
    recipients: i64,
    audience: String,
    #[serde(default)]
    typed_count: String,
    #[serde(default)]
    when: String,
    /// How many open comments the approver publishes it with.
    #[serde(default)]
    open_comments: String,
}

/// Approves and publishes.
pub async fn post(
    Shared(state): Shared<AppState>,
    by: Approver,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
    Body(form): Body<Approval>,
) -> Result<Response, WebError> {
    let w = PreviewWords::of(frame.language);
    let none = PreviewQuery::default();
    let typed = half_width(&form.typed_count).replace(',', "");
    let when = if form.when.is_empty() { Some(When::Now) } else { When::from_code(&form.when) };
    let when = when.ok_or(WebError::BadRequest)?;
    let again =
        |error, count_error| page(&state, &by, id, (&none, WhenForm::of(when)), &frame, Refusal { error, count_error });
    if form.recipients > TYPED_COUNT_ABOVE && typed != form.recipients.to_string() {
        return again("", w.typed_count_wrong).await;
    }
    let now = state.clock.now();
    let approved = Approved { edits: form.edits, recipients: form.recipients, audience: form.audience, when };
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    let sender = preview::sender(&mut tx, &state).await?;
    if !shown::is_settled(&mut tx, id, &form.open_comments).await? {
        drop(tx);
        return again(ReviewWords::of(frame.language).publish_open_error, "").await;
    }
    match publishing::publish(&mut tx, now, &by, id, approved, &sender, &frame.request_id).await {
        Ok(_) => {
            tx.commit().await?;
            let next = match when {
                When::Now => format!("{}?published=1", paths::deliveries(id)),
                When::After(_) | When::At(_) => paths::show(id),
            };
            Ok(Redirect::to(&next).into_response())
        }
        Err(error) => {
            drop(tx);
            refuse(&state, &by, id, &frame, &error).await?;
            match error {
                StepError::Changed => again(w.changed, "").await,
                StepError::AudienceChanged => again(w.audience_changed, "").await,
                StepError::TimePast => again(w.time_past, "").await,
                StepError::Incomplete(_) => again(w.incomplete, "").await,
                StepError::NotFound
                | StepError::OwnItem
                | StepError::StandsAt(_)
                | StepError::Database(_)
                | StepError::Mail(_) => Err(step_error(error)),
            }
        }
    }
}

/// A refused approval is worth knowing about.
async fn refuse(
    state: &AppState,
    by: &Approver,
    id: AdvisoryId,
    frame: &Frame,
    error: &StepError,
) -> Result<(), WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    let subject = id.to_string();
    let event = Event::refused(now, "advisory.publish", "advisory", &subject)
        .by(by.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({ "reason": error.code() }));
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}
