//! A draft and its parts, for its author; taking a part out, and taking one of the version before over.

use axum::Form as Body;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::shown::PartsView;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::web::extract::Author;
use crate::features::advisories::advisory::State;
use crate::features::advisories::parts::part::{Content, MOST, Part, Reach};
use crate::features::advisories::parts::words::PartsWords;
use crate::features::advisories::parts::{paths, store};
use crate::features::advisories::reading;
use crate::features::advisories::store::{self as drafts, Unpublished};
use crate::features::advisories::versions::step::Step;
use crate::features::advisories::words::DraftWords;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::audit::{self, Event};
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::{Id, Place};
use crate::platform::web::form::Choice;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::state::AppState;

/// A draft of one's own with its parts.
pub(super) struct Scene {
    pub(super) item: Unpublished,
    /// Parts of the version before that this one has not.
    before: Vec<Part>,
}

/// What the version before has, and whether this one may have it.
#[derive(Debug)]
pub(super) struct Carried {
    pub(super) view: PartsView,
    pub(super) too_wide: bool,
    pub(super) action: String,
}

impl Scene {
    /// The draft, if it is one and the viewer's own.
    pub(super) async fn read(tx: &mut PgConnection, by: &Author, id: AdvisoryId) -> Result<Self, WebError> {
        let item = drafts::find_unpublished(&mut *tx, by, AdvisoryAction::Write, id).await?;
        let item = item.ok_or(WebError::NotFound)?;
        let mut before = match item.before.as_ref().map(|before| before.advisory_id) {
            Some(before) if item.envelope.version.step != Step::Withdrawal => {
                let found = reading::store::find(tx, by, before).await?;
                found.map_or_else(Vec::new, |found| found.parts)
            }
            Some(_) | None => Vec::new(),
        };
        before.retain(|old| !item.parts.iter().any(|part| is_same(part, old)));
        Ok(Self { item, before })
    }

    pub(super) fn id(&self) -> AdvisoryId {
        self.item.envelope.advisory_id
    }

    pub(super) fn reach(&self) -> Reach {
        Reach { level: self.item.draft.level, scope: self.item.draft.handler_scope }
    }

    pub(super) fn is_draft(&self) -> bool {
        self.item.envelope.state == State::Draft
    }

    /// Why nothing of a kind can be added.
    pub(super) fn closed(&self, files: bool, language: Language) -> Option<String> {
        let w = PartsWords::of(language);
        if self.item.envelope.version.step == Step::Withdrawal {
            return Some(w.for_withdrawal.to_owned());
        }
        let full = self.item.parts.iter().filter(|part| part.is_file() == files).count() >= MOST;
        let words = if files { w.too_many_files } else { w.too_many_sections };
        full.then(|| fill(words, &[("most", &MOST.to_string())]))
    }

    pub(super) fn view(&self, language: Language) -> PartsView {
        PartsView::of(&self.item.parts, self.id(), language)
    }

    /// What of the version before may be taken over, of one kind.
    pub(super) fn carried(&self, files: bool, language: Language) -> Carried {
        let of_kind = self.before.iter().filter(|part| part.is_file() == files);
        let (may, not): (Vec<&Part>, Vec<&Part>) = of_kind.partition(|part| self.takes(part));
        let may: Vec<Part> = may.into_iter().cloned().collect();
        Carried {
            view: PartsView::of(&may, self.id(), language),
            too_wide: !not.is_empty(),
            action: paths::carried(self.id()),
        }
    }

    fn takes(&self, part: &Part) -> bool {
        part.reach.level != SharingLevel::Red || self.item.draft.level == SharingLevel::Red
    }

    pub(super) fn chrome(&self, frame: &Frame, title: &'static str, done: &str) -> Chrome {
        let w = PartsWords::of(frame.language);
        let chrome = frame.chrome(title, &[frame.home(), (crate::features::advisories::paths::INDEX, w.list)]);
        match done {
            "added" => chrome.with_flash("success", w.done_added),
            "removed" => chrome.with_flash("success", w.done_removed),
            "carried" => chrome.with_flash("success", w.done_carried),
            _ => chrome,
        }
    }

    /// The levels and scopes that a part may have, and what each means. The widest is the item's own.
    pub(super) fn choices(&self, chosen: (&str, &str), language: Language) -> (Vec<Choice>, Vec<Choice>) {
        let (w, item) = (PartsWords::of(language), self.reach());
        let choice = |code: &str, label: &str, explanation: String, own: bool, chosen: &str| Choice {
            value: code.to_owned(),
            label: if own { fill(w.level_same, &[("level", label)]) } else { label.to_owned() },
            explanation,
            chosen: if chosen.is_empty() { own } else { code == chosen },
        };
        let levels = item.levels().into_iter().map(|level| {
            let own = level == item.level;
            choice(level.code(), level.tlp(), level.handling(language).to_owned(), own, chosen.0)
        });
        let scopes = item
            .scopes()
            .into_iter()
            .map(|scope| choice(scope.code(), scope.label(language), String::new(), scope == item.scope, chosen.1));
        (levels.collect(), scopes.collect())
    }
}

/// Whether a draft has a part of the version before already.
fn is_same(part: &Part, old: &Part) -> bool {
    match (&part.content, &old.content) {
        (Content::File { file_id, .. }, Content::File { file_id: other, .. }) => file_id == other,
        (Content::Section(text), Content::Section(other)) => text == other && part.heading == old.heading,
        (Content::File { .. }, Content::Section(_)) | (Content::Section(_), Content::File { .. }) => false,
    }
}

/// The answer to changing what is no draft any more.
pub(super) fn no_draft() -> WebError {
    let [ja, en] = Language::ALL.map(|language| DraftWords::of(language).not_draft);
    WebError::Conflict(Said { ja, en })
}

/// Which page lists a part.
pub(super) fn back(id: AdvisoryId, is_file: bool, done: &str) -> Response {
    let page = if is_file { paths::files(id) } else { paths::sections(id) };
    Redirect::to(&format!("{page}?done={done}")).into_response()
}

/// What was done with a part, in the trail: which, and how far it goes, but not what it says.
pub(super) async fn note(
    tx: &mut PgConnection,
    (by, frame): (&Author, &Frame),
    (action, id): (&'static str, AdvisoryId),
    detail: serde_json::Value,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subject = id.to_string();
    let event = Event::done(now, action, "advisory", &subject).by(by.account_id).request(&frame.request_id);
    audit::record(tx, event.detail(detail)).await
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct DoneQuery {
    pub(super) done: String,
}

/// A part in an address.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub struct PartPlace {
    pub(super) id: AdvisoryId,
    pub(super) part: Uuid,
}

/// Takes a part out of a draft. A file that no version has any more is destroyed.
pub async fn remove(
    Shared(state): Shared<AppState>,
    by: Author,
    frame: Frame,
    Place(PartPlace { id, part }): Place<PartPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    let scene = Scene::read(&mut tx, &by, id).await?;
    if !store::hold_draft(&mut tx, id, by.account_id).await? {
        return Err(no_draft());
    }
    let found = scene.item.parts.iter().find(|known| known.part_id == part).ok_or(WebError::NotFound)?;
    // A second click finds it gone already, which is what was wanted.
    if store::remove(&mut tx, id, part).await? {
        let detail = serde_json::json!({ "part": part, "level": found.reach.level.code() });
        note(&mut tx, (&by, &frame), ("advisory.part_removed", id), detail, now).await?;
    }
    tx.commit().await?;
    Ok(back(id, found.is_file(), "removed"))
}

/// Which part of the version before.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Wanted {
    part: Uuid,
}

/// Takes a part of the version before over, as it is.
pub async fn carry(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
    Body(wanted): Body<Wanted>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    if !store::hold_draft(&mut tx, id, by.account_id).await? {
        // Not theirs, or none: the answer is the same as to any other page of it.
        Scene::read(&mut tx, &by, id).await?;
        return Err(no_draft());
    }
    let scene = Scene::read(&mut tx, &by, id).await?;
    let part = scene.before.iter().find(|part| part.part_id == wanted.part && scene.takes(part));
    let Some(part) = part.filter(|part| scene.closed(part.is_file(), frame.language).is_none()) else {
        // Taken over already, or there is no more room: the page says which.
        return Ok(back(id, true, ""));
    };
    match &part.content {
        Content::File { file_id, .. } => {
            store::add_file(&mut tx, id, *file_id, &part.heading, part.reach, now).await?;
        }
        Content::Section(text) => store::add_section(&mut tx, id, (&part.heading, text), part.reach, now).await?,
    }
    let detail = serde_json::json!({ "carried": part.part_id, "level": part.reach.level.code() });
    note(&mut tx, (&by, &frame), ("advisory.part_added", id), detail, now).await?;
    tx.commit().await?;
    Ok(back(id, part.is_file(), "carried"))
}
