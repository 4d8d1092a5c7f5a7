//! What stands in the place of an item for those who still work on it.

use askama::Template;
use chrono::{DateTime, Utc};

use super::show::ShowWords;
use crate::features::access::{Role, Viewer};
use crate::features::advisories::advisory::State;
use crate::features::advisories::parts::web::shown::PartsView;
use crate::features::advisories::paths;
use crate::features::advisories::reading::store::Found;
use crate::features::advisories::release::waiting::Release;
use crate::features::advisories::release::web::shown::ReleaseView;
use crate::features::advisories::review;
use crate::features::advisories::review::web::words::ReviewWords;
use crate::kernel::language::Label;
use crate::kernel::period::long_time;
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::web::frame::{Chrome, Frame};

/// The page.
#[derive(Template)]
#[template(path = "advisories/unpublished.html")]
pub struct UnpublishedPage {
    chrome: Chrome,
    w: &'static ShowWords,
    number: String,
    level: SharingLevel,
    drill: bool,
    kind: &'static str,
    state: (&'static str, &'static str),
    begun: String,
    parts: PartsView,
    guidance: &'static str,
    edit: Option<String>,
    preview: Option<String>,
    approve: Option<String>,
    comments: (String, &'static str),
    release: ReleaseView,
}

/// The page of an item with its approvals for a time; `stopped`: the viewer has just stopped it.
pub fn page(
    frame: &Frame,
    viewer: &Viewer,
    found: &Found,
    (releases, stopped): (Vec<Release>, bool),
    now: DateTime<Utc>,
) -> UnpublishedPage {
    let language = frame.language;
    let w = ShowWords::of(language);
    let e = &found.envelope;
    let (id, text) = (e.advisory_id, found.text.as_ref());
    let title = text.map(|t| t.title.clone()).filter(|t| !t.is_empty()).unwrap_or_else(|| w.untitled.to_owned());
    let author = e.created_by == viewer.account_id;
    let draft = e.state == State::Draft;
    let approver = viewer.has(Role::NiscApprover) && !found.case_team;
    let release = ReleaseView::of(id, &releases, now, language);
    let mut chrome = frame.chrome(title, &[frame.home(), (paths::INDEX, w.list)]);
    if stopped && release.waits.is_none() {
        chrome = chrome.with_flash("success", release.w.stopped);
    }
    UnpublishedPage {
        chrome,
        w,
        number: e.number.clone(),
        level: e.level,
        drill: e.drill,
        kind: text.map_or("", |t| t.kind.label(language)),
        state: (e.state.code(), e.state.label(language)),
        begun: long_time(e.created_at, language),
        parts: PartsView::on(found, language),
        guidance: match (e.state, approver) {
            (State::Draft, false) => w.draft_text,
            (State::Draft, true) => w.draft_text_approver,
            (State::Review, false) => w.review_text_author,
            (State::Review, true) => w.review_text_approver,
            (State::Approved | State::Published, _) => w.approved_text,
        },
        edit: (draft && author).then(|| paths::draft(id)),
        preview: (draft && author).then(|| paths::submission(id)),
        approve: (!draft && approver).then(|| paths::publication(id)),
        comments: (review::paths::review(id), ReviewWords::of(language).title),
        release,
    }
}
