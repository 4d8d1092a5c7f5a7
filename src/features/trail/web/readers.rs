//! 閲覧者: who read an item, for its case team and the approvers.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::features::access::action::TrailAction;
use crate::features::access::trail::{ReadItem, TrailObject};
use crate::features::access::{Viewer, can};
use crate::features::advisories::advisory::{Envelope, State as ItemState};
use crate::features::advisories::paths as items;
use crate::features::advisories::reading::store::{self as reading, Found};
use crate::features::advisories::web::reading::nothing_here;
use crate::features::trail::store;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::fill;
use crate::kernel::period::short_time;
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::audit::{self, Event};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the readers.
    pub struct ReadersWords {
        list: "情報提供" / "Advisories",
        title: "閲覧者" / "Readers",
        lead: "{number} をポータルで開いた方です。メールの件名・本文だけを見た方は含みません。" / "These people opened {number} in the portal. Those who saw only the mail are not listed.",
        name: "氏名" / "Name",
        organisation: "組織" / "Organisation",
        what: "見た範囲" / "Part read",
        content: "内容" / "Content",
        envelope: "番号・レベルのみ" / "Number and level only",
        first: "最初の閲覧" / "First read",
        last: "最後の閲覧" / "Last read",
        none: "まだ開いた方はいません。" / "Nobody has opened it yet.",
    }
}

#[derive(Debug)]
struct Line {
    name: String,
    organisation: String,
    what: &'static str,
    first: String,
    last: String,
}

#[derive(Template)]
#[template(path = "trail/readers.html")]
struct ReadersPage {
    chrome: Chrome,
    w: &'static ReadersWords,
    lead: String,
    lines: Vec<Line>,
}

/// What has to be known of an item.
fn facts(envelope: &Envelope, case_team: bool) -> TrailObject {
    TrailObject::Item(ReadItem {
        published: envelope.state == ItemState::Published,
        red: envelope.level == SharingLevel::Red,
        case_team,
    })
}

/// Who read it.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<AdvisoryId>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let found = reading::find(&mut tx, &viewer, id).await?;
    let allowed = |f: &Found| can(&viewer, TrailAction::Readers, &facts(&f.envelope, f.case_team));
    let Some(found) = found.filter(allowed) else {
        drop(tx);
        return Err(nothing_here(&state, &viewer, &frame, id, "advisory.readers").await);
    };
    let readers = store::readers(&mut tx, id).await?;
    let subject = id.to_string();
    let event = Event::done(now, "advisory.readers", "advisory", &subject).by(viewer.account_id);
    audit::record_once_an_hour(&mut tx, event.request(&frame.request_id)).await?;
    tx.commit().await?;
    let language = frame.language;
    let w = ReadersWords::of(language);
    let number = found.envelope.number;
    let item = items::show(id);
    let line = |reader: store::Reader| Line {
        name: reader.name,
        organisation: language.pick(reader.organisation_ja, reader.organisation_en),
        what: if reader.content { w.content } else { w.envelope },
        first: short_time(reader.first_at),
        last: short_time(reader.last_at),
    };
    Ok(Page(ReadersPage {
        chrome: frame.chrome(w.title, &[frame.home(), (items::INDEX, w.list), (&item, &number)]),
        w,
        lead: fill(w.lead, &[("number", &number)]),
        lines: readers.into_iter().map(line).collect(),
    })
    .into_response())
}
