//! The list: of a desk its own, of the centre what is proposed to it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::Row;
use crate::features::access::action::JudgementAction;
use crate::features::access::{Viewer, can};
use crate::features::judgements::paths;
use crate::features::judgements::store::{self, Wanted};
use crate::kernel::language::fill;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the list.
    pub struct IndexWords {
        title: "情勢判断" / "Judgements of the situation",
        lead_desk: "担当する分野の状況を、コーディネータと事務局が判断した記録です。提案を書いたものだけが、NISCに届きます。" / "What coordinators and desks make of the situation in their field. Only those with a proposal reach NISC.",
        lead_centre: "各セプターのコーディネータから届いた提案です。回答を待っているものを先に表示しています。" / "What coordinators of the CEPTOARs propose to you; those not answered come first.",
        write: "{ceptoar}の状況を見て、判断を書く" / "See how {ceptoar} stands and write a judgement",
        none: "まだありません" / "Nothing yet",
        none_desk: "上のボタンから、最初の判断を書いてください。" / "Write the first one with the button above.",
        none_centre: "コーディネータが提案すると、ここに表示されます。" / "What a coordinator proposes appears here.",
    }
}

#[derive(Template)]
#[template(path = "judgements/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static IndexWords,
    lead: &'static str,
    none: &'static str,
    desks: Vec<(String, String)>,
    rows: Vec<Row>,
}

/// The page.
pub async fn get(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    let language = frame.language;
    let w = IndexWords::of(language);
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let mut found = store::list(&mut tx, Wanted::default()).await?;
    found.retain(|judgement| can(&viewer, JudgementAction::See, &judgement.facts()));
    let own: Vec<String> = viewer.desks().into_iter().map(str::to_owned).collect();
    let desks = store::names(&mut tx, &own).await?;
    let desks: Vec<_> = desks
        .iter()
        .map(|(id, name)| (paths::situation(id), fill(w.write, &[("ceptoar", language.pick(&name[0], &name[1]))])))
        .collect();
    tx.commit().await?;
    let centre = desks.is_empty();
    Ok(Page(IndexPage {
        chrome: frame.chrome(w.title, &[frame.home()]),
        w,
        lead: if centre { w.lead_centre } else { w.lead_desk },
        none: if centre { w.none_centre } else { w.none_desk },
        desks,
        rows: found.iter().map(|judgement| Row::of(judgement, language)).collect(),
    })
    .into_response())
}
