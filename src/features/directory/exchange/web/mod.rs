//! Pages of the table that goes out and comes back: the page of both, the file that comes in, and the import on its way.

pub mod columns;
pub mod files;
pub mod import;
pub mod index;
pub mod rows;
pub mod steps;
pub mod upload;

use super::paths;
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Action, Routes, Rule, Viewer, can};
use crate::features::directory::roster;
use crate::features::directory::roster::store::CeptoarFacts;
use crate::kernel::ids::OrganisationId;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};

crate::words! {
    /// Words that all pages share.
    pub struct ExchangeWords {
        title: "取り込み・書き出し" / "Import and export",
        directory: "名簿" / "Directory",
    }
}

/// The routes of this feature. A dry run changes nothing; who applies it, or takes the list out, has just proved to
/// be there.
pub fn routes() -> Routes {
    let keep = Action::Directory(DirectoryAction::KeepMember);
    let (may, fresh) = (Rule::May(keep), Rule::Fresh(keep));
    Routes::new()
        .get(paths::EXCHANGE, may, index::get)
        .post(paths::EXCHANGE, may, upload::post)
        .post(paths::EXPORT, fresh, files::export)
        .get(paths::TEMPLATE_XLSX, may, files::template_xlsx)
        .get(paths::TEMPLATE_CSV, may, files::template_csv)
        .get(paths::IMPORT, may, import::get)
        .post(paths::CHECK, may, steps::check)
        .post(paths::APPLY, fresh, steps::apply)
        .post(paths::DROP, may, steps::give_up)
}

/// The CEPTOAR whose members the viewer keeps; otherwise there is none.
async fn kept(tx: &mut Tx, viewer: &Viewer, ceptoar_id: &str) -> Result<CeptoarFacts, WebError> {
    if !can(viewer, DirectoryAction::KeepMember, &RosterFacts::whole(ceptoar_id)) {
        return Err(WebError::NotFound);
    }
    roster::store::ceptoar(tx, ceptoar_id).await?.ok_or(WebError::NotFound)
}

/// The desk in whose name the viewer keeps them.
fn desk(viewer: &Viewer, ceptoar_id: &str) -> Result<OrganisationId, WebError> {
    let own = viewer.affiliations.iter().find(|a| a.is_desk_of(ceptoar_id));
    own.map(|a| a.organisation_id).ok_or(WebError::NotFound)
}

/// The frame of a page; `below` is whether it stands below the page of both.
fn chrome(frame: &Frame, title: &str, ceptoar_id: &str, ceptoar: &CeptoarFacts, below: bool) -> Chrome {
    let w = ExchangeWords::of(frame.language);
    let name = frame.language.pick(&ceptoar.name[0], &ceptoar.name[1]);
    let (list, here) = (roster::paths::roster(ceptoar_id), paths::of_ceptoar(paths::EXCHANGE, ceptoar_id));
    let mut way = vec![frame.home(), (roster::paths::INDEX, w.directory), (list.as_str(), name)];
    if below {
        way.push((here.as_str(), w.title));
    }
    frame.chrome(title, &way)
}
