//! Pages of the road: what it is and who is there, a walk along it, and the forms that change it.

pub mod agreement_form;
pub mod index;
pub mod offices_form;
pub mod picture;
pub mod place;
pub mod walk;

use super::{paths, regional};
use crate::features::access::action::{ActivityAction, AgreementAction, DirectoryAction};
use crate::features::access::{Action, Routes, Rule};
use crate::kernel::stage::Desk;

/// The routes of this feature. Whoever is concerned with the CEPTOAR reads; whoever looks over it walks. Each desk on it changes its own
/// part of the agreement, the centre's approvers over which offices the road goes. Who changes when a warning reaches people has just
/// proved to be there.
pub fn routes() -> Routes {
    let agree = |desk| Action::Agreement(AgreementAction::of(desk));
    let lead = Action::Directory(DirectoryAction::KeepRoute);
    Routes::new()
        .get(paths::INDEX, Rule::May(Action::Activity(ActivityAction::See)), index::get)
        .get(paths::WALK, Rule::May(Action::Activity(ActivityAction::LookOver)), walk::get)
        .get(paths::AGREEMENT, Rule::May(agree(Desk::Secretariat)), agreement_form::get_of_secretariat)
        .post(paths::AGREEMENT, Rule::Fresh(agree(Desk::Secretariat)), agreement_form::post_of_secretariat)
        .get(paths::AGREEMENT_OF_MINISTRY, Rule::May(agree(Desk::Ministry)), agreement_form::get_of_ministry)
        .post(paths::AGREEMENT_OF_MINISTRY, Rule::Fresh(agree(Desk::Ministry)), agreement_form::post_of_ministry)
        .get(paths::OFFICES, Rule::May(lead), offices_form::get)
        .post(paths::OFFICES, Rule::Fresh(lead), offices_form::post)
        .get(paths::REGIONAL_NEW, Rule::May(lead), regional::web::get_new)
        .post(paths::REGIONAL_NEW, Rule::Fresh(lead), regional::web::post_new)
        .get(paths::REGIONAL_END, Rule::May(lead), regional::web::get_end)
        .post(paths::REGIONAL_END, Rule::Fresh(lead), regional::web::post_end)
}
