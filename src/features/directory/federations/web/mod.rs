//! Pages of the federations.

pub mod correcting;
pub mod edit;
pub mod forms;
pub mod index;
pub mod show;
pub mod withdrawal;

use super::paths;
use crate::features::access::action::FederationAction;
use crate::features::access::{Action, Routes, Rule};
use forms::What;

/// The routes of this feature: everybody signed in reads, the centre and the keeping secretariat write.
pub fn routes() -> Routes {
    let found = Rule::May(Action::Federation(FederationAction::Found));
    let keep = Rule::May(Action::Federation(FederationAction::Keep));
    let routes = Routes::new()
        .get(paths::INDEX, Rule::SignedIn, index::get)
        .get(paths::FOUNDING, found, edit::get_founding)
        .post(paths::FOUNDING, found, edit::post_founding)
        .get(paths::SHOW, Rule::SignedIn, show::get)
        .get(paths::CORRECTION, keep, correcting::get)
        .post(paths::CORRECTION, keep, correcting::post)
        .get(paths::WITHDRAWAL, keep, withdrawal::get)
        .post(paths::WITHDRAWAL, keep, withdrawal::post);
    [What::Name, What::Joining, What::Leaving, What::Secretariat, What::Dissolution].into_iter().fold(
        routes,
        |routes, what| {
            routes
                .get(what.route(), keep, async move |state, viewer, frame, path| {
                    edit::get(what, state, viewer, frame, path).await
                })
                .post(what.route(), keep, async move |state, viewer, frame, path, form| {
                    edit::post(what, state, viewer, frame, path, form).await
                })
        },
    )
}
