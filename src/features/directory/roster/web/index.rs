//! The rosters that somebody may see.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::{RosterFacts, Standing};
use crate::features::access::{Viewer, can};
use crate::features::directory::offices;
use crate::features::directory::roster::{paths, store};
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the index.
    pub struct IndexWords {
        title: "名簿" / "Directory",
        lead: "構成員と緊急窓口の登録を見て、最新に保ちます。" / "Members and their windows, and keeping them true.",
        rosters: "セプターの構成員" / "Members of CEPTOARs",
        firms: "自組織の登録" / "Your organisation",
        ceptoar: "セプター" / "CEPTOAR",
        members: "登録されている構成員" / "Members registered",
        map_of_day: "基準日の特性把握マップ" / "Feature map of a day",
        federations: "連絡協議会" / "Federations",
        to_map: "特性把握マップを見る" / "See the feature map",
        empty_title: "表示できる名簿がありません" / "There is no roster to show",
        empty_text: "担当するセプターや組織が登録されると、ここに表示されます。" / "As soon as you have a duty at a CEPTOAR or a member, it is shown here.",
    }
}

#[derive(Template)]
#[template(path = "directory/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static IndexWords,
    rosters: Vec<(String, String, i64)>,
    firms: Vec<(String, String, String)>,
}

/// The page.
pub async fn get(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let all = store::index(&mut tx, None).await?;
    let own: Vec<_> = viewer.affiliations.iter().map(|a| a.organisation_id).collect();
    let ministries = offices::store::of_ministries(&mut tx, &own).await?;
    tx.commit().await?;
    let language = frame.language;
    let mut rosters = Vec::new();
    let mut firms = BTreeSet::new();
    for row in all {
        let name = language.pick(&row.name[0], &row.name[1]).clone();
        if can(&viewer, DirectoryAction::LookAtRoster, &RosterFacts::whole(&row.ceptoar_id)) {
            rosters.push((name.clone(), paths::roster(&row.ceptoar_id), row.members));
        }
        for (_, organisation) in ministries.iter().filter(|(ceptoar_id, _)| *ceptoar_id == row.ceptoar_id) {
            let facts = RosterFacts::of(&row.ceptoar_id, *organisation, Standing::Ministry);
            let at = viewer.affiliations.iter().find(|a| a.organisation_id == *organisation);
            if let Some(a) = at.filter(|_| can(&viewer, DirectoryAction::KeepWindow, &facts)) {
                let ministry = language.pick(&a.organisation_ja, &a.organisation_en).clone();
                firms.insert((ministry, name.clone(), paths::of_member(paths::MEMBER, &row.ceptoar_id, *organisation)));
            }
        }
        for a in viewer.affiliations.iter().filter(|a| a.role.is_members()) {
            // A CEPTOAR of which the viewer sees no member is none of the firm's.
            let fits = a.ceptoar_id.as_ref().map_or(row.members > 0, |c| *c == row.ceptoar_id);
            let facts = RosterFacts::of(&row.ceptoar_id, a.organisation_id, Standing::Member);
            if fits && can(&viewer, DirectoryAction::LookAtMember, &facts) {
                let firm = language.pick(&a.organisation_ja, &a.organisation_en).clone();
                firms.insert((firm, name.clone(), paths::of_member(paths::MEMBER, &row.ceptoar_id, a.organisation_id)));
            }
        }
    }
    let w = IndexWords::of(language);
    let chrome = frame.chrome(w.title, &[frame.home()]);
    Ok(Page(IndexPage { chrome, w, rosters, firms: firms.into_iter().collect() }).into_response())
}
