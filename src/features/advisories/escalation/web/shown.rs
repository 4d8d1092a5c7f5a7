//! What other pages say of silence: what was done, and whose turn comes when.

use sqlx::PgConnection;

use super::words::EscalationWords;
use crate::features::advisories::escalation::ladder::Step;
use crate::features::advisories::escalation::reached::{About, Coming, Reached, Taken, Told};
use crate::features::advisories::escalation::store;
use crate::features::advisories::reading::store::Answer;
use crate::features::advisories::receipts;
use crate::features::advisories::receipts::receipt::DeskReceipt;
use crate::features::advisories::receipts::replies::reply::MailReply;
use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{short_time, thousands};

/// How far silence has got in a CEPTOAR.
#[derive(Debug)]
pub struct ReachedRow {
    /// The CEPTOAR.
    pub ceptoar: String,
    /// What was done: 再送済み 2026/11/21 21:40(3組織).
    pub taken: Vec<String>,
    /// What comes: 次: 2026/11/21 22:10 事務局へ; empty where nothing does.
    pub coming: String,
}

impl ReachedRow {
    /// All of them that have something to say.
    #[must_use]
    pub fn all(reached: &[Reached], language: Language) -> Vec<Self> {
        let row = |r: &Reached| Self {
            ceptoar: language.pick(&r.ceptoar[0], &r.ceptoar[1]).clone(),
            taken: r.taken.iter().map(|taken| taken_words(taken, language)).collect(),
            coming: r.coming.map_or_else(String::new, |coming| coming_words(coming, language)),
        };
        reached.iter().map(row).filter(|row| !row.taken.is_empty() || !row.coming.is_empty()).collect()
    }
}

fn taken_words(taken: &Taken, language: Language) -> String {
    let count = thousands(taken.organisations);
    let facts = [("step", taken.step.done(language)), ("time", &short_time(taken.at)), ("count", count.as_str())];
    fill(EscalationWords::of(language).step_count, &facts)
}

/// 次: 2026/11/21 22:10 事務局へ.
#[must_use]
pub fn coming_words(coming: Coming, language: Language) -> String {
    let facts = [("time", short_time(coming.at)), ("step", coming.step.coming(language).to_owned())];
    fill(EscalationWords::of(language).next, &facts.each_ref().map(|(name, value)| (*name, value.as_str())))
}

/// What was done about one recipient: 再送済み 2026/11/21 21:40.
#[must_use]
pub fn about_words(about: &About, language: Language) -> String {
    let w = EscalationWords::of(language);
    let words = if about.unreachable && about.step == Step::Desk { w.unreachable } else { w.step };
    fill(words, &[("step", about.step.done(language)), ("time", &short_time(about.at))])
}

/// A task of a desk: what it says, and where it is done.
#[must_use]
pub fn task(told: &Told, language: Language) -> (String, String) {
    let w = EscalationWords::of(language);
    let text = fill(w.task, &[("number", &told.number), ("count", &thousands(told.members))]);
    let text = if told.drill { format!("{}{text}", w.task_drill) } else { text };
    (text, receipts::paths::calls(told.advisory_id, &told.ceptoar_id))
}

/// What follows from silence, for those who owe an acknowledgement.
#[derive(Debug)]
pub struct OwnSilence {
    /// What was done.
    pub taken: Vec<String>,
    /// What comes; empty where nothing does.
    pub coming: String,
}

impl OwnSilence {
    /// What was done about some organisations of the viewer's, and what comes for those that are silent.
    ///
    /// # Errors
    /// The database's own.
    pub async fn read(
        tx: &mut PgConnection,
        id: AdvisoryId,
        (own, answers, told, replied): (&[OrganisationId], &[Answer], &[DeskReceipt], &[MailReply]),
        language: Language,
    ) -> sqlx::Result<Option<Self>> {
        if own.is_empty() {
            return Ok(None);
        }
        let about = store::about(&mut *tx, id, None, own).await?;
        // Of which nobody has acknowledged it, told the desk or answered the mail.
        let heard = |id: OrganisationId| {
            answers.iter().any(|a| a.organisation_id == id)
                || told.iter().any(|r| r.stands() && r.organisation_id == id)
                || replied.iter().any(|r| r.counts() && r.organisation_id == id)
        };
        let silent: Vec<OrganisationId> = own.iter().copied().filter(|id| !heard(*id)).collect();
        let coming = if silent.is_empty() { None } else { store::coming(tx, id, None, Some(&silent)).await? };
        Ok(Self::of(&about, coming, language))
    }

    /// None where there is nothing to say.
    #[must_use]
    pub fn of(about: &[About], coming: Option<Coming>, language: Language) -> Option<Self> {
        let own = Self {
            taken: about.iter().map(|about| about_words(about, language)).collect(),
            coming: coming.map_or_else(String::new, |coming| coming_words(coming, language)),
        };
        (!own.taken.is_empty() || !own.coming.is_empty()).then_some(own)
    }
}
