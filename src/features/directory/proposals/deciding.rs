//! Accepting a proposal: it becomes changes of the directory as the desk makes them, in the same transaction.

use sqlx::PgConnection;

use super::proposal::{Basics, membership_lines};
use super::store::Proposal;
use crate::features::directory::roster::changes::{self, Actor, Alteration, Change, ChangeError};
use crate::features::directory::roster::line::{self, Line};
use crate::features::directory::roster::sheet::Sheet;
use crate::features::directory::roster::store::CeptoarFacts;

/// The changes that a proposal would be today: one of the name, one of the membership, or both. None where the
/// directory says all of it already.
///
/// # Errors
/// Why it cannot be accepted any more.
pub fn changes_of(
    proposal: &Proposal,
    sheet: &Sheet,
    ceptoar: &CeptoarFacts,
) -> Result<Vec<(Change, Alteration)>, ChangeError> {
    let on = proposal.effective_on;
    let now = Basics::on(sheet, on).ok_or(ChangeError::NotOnThatDay)?;
    let then = proposal.wanted.on(&now);
    let change = |before: Vec<Line>, after: Vec<Line>| Change {
        on,
        correction: false,
        reason: proposal.reason.clone(),
        before,
        after,
        proposal: Some(proposal.proposal_id),
    };
    let mut made = Vec::new();
    if then.name != now.name {
        let change = change(line::of_name(&now.name), line::of_name(&then.name));
        made.push((change, Alteration::Name(then.name)));
    }
    if then.membership != now.membership {
        let lines = |membership| membership_lines(membership, ceptoar);
        let change = change(lines(&now.membership), lines(&then.membership));
        made.push((change, Alteration::Membership(then.membership)));
    }
    for (change, alteration) in &made {
        changes::check(sheet, change, alteration)?;
    }
    Ok(made)
}

/// Makes the changes.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn accept(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    sheet: &Sheet,
    made: &[(Change, Alteration)],
) -> Result<(), ChangeError> {
    for (change, alteration) in made {
        changes::apply(tx, actor, sheet, change, alteration).await?;
    }
    Ok(())
}
