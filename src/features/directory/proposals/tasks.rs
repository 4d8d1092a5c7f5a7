//! What proposals ask of somebody now: to decide, or to look at what came back.

use super::{paths, store};
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::{RosterFacts, Standing};
use crate::features::access::{Viewer, can};
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::thousands;
use crate::platform::db::Tx;

crate::words! {
    /// Words of the tasks.
    pub struct TaskWords {
        decide: "構成員からの変更申請が{count}件あります({ceptoar})" / "Proposals of members that wait for you: {count} ({ceptoar})",
        returned: "{firm}の変更申請が差し戻されました。理由を確認してください" / "The proposal of {firm} was returned. Please read why",
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What.
    pub text: String,
    /// Where.
    pub href: String,
}

/// What proposals ask of a viewer.
///
/// # Errors
/// The database's own.
pub async fn tasks(tx: &mut Tx, viewer: &Viewer, language: Language) -> sqlx::Result<Vec<Task>> {
    let w = TaskWords::of(language);
    let mut tasks = Vec::new();
    let decides = |desk: &&str| can(viewer, DirectoryAction::KeepMember, &RosterFacts::whole(desk));
    let desks: Vec<String> = viewer.desks().into_iter().filter(decides).map(str::to_owned).collect();
    if !desks.is_empty() {
        for waiting in store::waiting_for(tx, &desks).await? {
            let ceptoar = language.pick(&waiting.ceptoar[0], &waiting.ceptoar[1]);
            let text = fill(w.decide, &[("count", &thousands(waiting.count)), ("ceptoar", ceptoar)]);
            tasks.push(Task { text, href: paths::index(&waiting.ceptoar_id) });
        }
    }
    let own: Vec<OrganisationId> =
        viewer.affiliations.iter().filter(|a| a.role.is_members()).map(|a| a.organisation_id).collect();
    if own.is_empty() {
        return Ok(tasks);
    }
    for returned in store::returned_to(tx, &own).await? {
        let facts = RosterFacts::of(&returned.ceptoar_id, returned.organisation_id, Standing::Member);
        if can(viewer, DirectoryAction::Propose, &facts) {
            let firm = language.pick(&returned.firm[0], &returned.firm[1]);
            let firm = if firm.is_empty() { &returned.firm[0] } else { firm };
            let href = paths::of_proposal(paths::PROPOSAL, &returned.ceptoar_id, returned.proposal_id);
            tasks.push(Task { text: fill(w.returned, &[("firm", firm)]), href });
        }
    }
    Ok(tasks)
}
