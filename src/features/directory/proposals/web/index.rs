//! The proposals of a CEPTOAR: what waits for the desk, and what was decided lately.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::proposals::paths;
use crate::features::directory::proposals::proposal::State as ProposalState;
use crate::features::directory::proposals::store::{self, Row};
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::store as roster_store;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_date;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

/// How many decided ones are shown.
const SETTLED: i64 = 30;

crate::words! {
    /// Words of the list.
    pub struct IndexWords {
        title: "変更申請({ceptoar})" / "Proposals: {ceptoar}",
        directory: "名簿" / "Directory",
        lead: "構成員の管理担当者が申請した、基本の登録(名称・単位など)の変更です。古い順に確認してください。" / "What members propose to change of their master data. Please go through them, the oldest first.",
        open: "確認待ちの申請" / "Waiting",
        settled: "最近の申請" / "Decided lately",
        member: "構成員" / "Member",
        on: "適用日" / "From which day",
        made: "申請日" / "Proposed",
        state: "状態" / "State",
        empty_title: "確認待ちの変更申請はありません" / "No proposal waits",
        empty_text: "構成員の管理担当者が変更を申請すると、事務局の担当者にメールでお知らせし、ここに表示します。" / "When a member proposes a change, your people get a mail and it is shown here.",
    }
}

struct Shown {
    firm: String,
    href: String,
    on: String,
    made: String,
    state: (&'static str, &'static str),
}

#[derive(Template)]
#[template(path = "directory/proposals/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static IndexWords,
    open: Vec<Shown>,
    settled: Vec<Shown>,
}

/// The list.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
) -> Result<Response, WebError> {
    if !can(&viewer, DirectoryAction::SeeProposals, &RosterFacts::whole(&ceptoar_id)) {
        return Err(WebError::NotFound);
    }
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let ceptoar = roster_store::ceptoar(&mut tx, &ceptoar_id).await?.ok_or(WebError::NotFound)?;
    let rows = store::list(&mut tx, &ceptoar_id, None, SETTLED).await?;
    tx.commit().await?;
    let language = frame.language;
    let w = IndexWords::of(language);
    let name = language.pick(&ceptoar.name[0], &ceptoar.name[1]);
    let back = roster::roster(&ceptoar_id);
    let way = [frame.home(), (roster::INDEX, w.directory), (back.as_str(), name.as_str())];
    let (open, settled): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.state == ProposalState::Open);
    let shown = |rows: Vec<&Row>| rows.into_iter().map(|row| shown(row, &ceptoar_id, language)).collect();
    let page = IndexPage {
        chrome: frame.chrome(fill(w.title, &[("ceptoar", name)]), &way),
        w,
        open: shown(open),
        settled: shown(settled),
    };
    Ok(Page(page).into_response())
}

fn shown(row: &Row, ceptoar_id: &str, language: Language) -> Shown {
    let firm = language.pick(&row.firm[0], &row.firm[1]);
    Shown {
        firm: if firm.is_empty() { row.firm[0].clone() } else { firm.clone() },
        href: paths::of_proposal(paths::PROPOSAL, ceptoar_id, row.proposal_id),
        on: long_date(row.effective_on, language),
        made: long_date(japan_day(row.made_at), language),
        state: (row.state.colour(), row.state.label(language)),
    }
}
