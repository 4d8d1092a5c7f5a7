//! What is said of a federation is put right: a fact is corrected, or the newest plan is taken back.

pub mod store;

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::changing::{Actor, Change, begin};
use super::federation::{self, Desk, Federation, Known, Membership, PastChange};
use super::store as federations;
use crate::features::directory::roster::line::{self, Line};
use crate::features::directory::roster::periods::{Obstacle, replaced};
use crate::features::directory::roster::sheet::{Dated, Name, Period};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::Precision;

/// What is said of a federation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// What it is called.
    Name(Name),
    /// Somebody in it.
    Member(Membership),
    /// Who keeps it.
    Desk(Desk),
}

impl Said {
    /// The word for it in the history.
    fn subject(&self) -> &'static str {
        match self {
            Self::Name(_) => "name",
            Self::Member(_) => "member",
            Self::Desk(_) => "secretariat",
        }
    }

    /// In lines.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        match self {
            Self::Name(name) => federation::of_name(name),
            Self::Member(membership) => federation::of_member(membership),
            Self::Desk(desk) => federation::of_desk(Some(desk)),
        }
    }

    fn told(&self, language: Language) -> String {
        match self {
            Self::Name(name) => language.pick(&name.ja, &name.en).clone(),
            Self::Member(membership) => membership.told(language),
            Self::Desk(desk) => desk.told(language),
        }
    }
}

/// One of the facts of a federation, whatever it is of.
#[must_use]
pub fn fact(federation: &Federation, id: Uuid) -> Option<Known<Said>> {
    fn of<T: Clone>(facts: &[Known<T>], id: Uuid, said: impl Fn(T) -> Said) -> Option<Known<Said>> {
        facts.iter().find(|known| known.fact_id == id).map(|known| whole(known, said))
    }
    of(&federation.names, id, Said::Name)
        .or_else(|| of(&federation.members, id, Said::Member))
        .or_else(|| of(&federation.secretariats, id, Said::Desk))
}

fn whole<T: Clone>(known: &Known<T>, said: impl Fn(T) -> Said) -> Known<Said> {
    Known { fact_id: known.fact_id, valid: known.valid, precision: known.precision, value: said(known.value.clone()) }
}

/// The facts among which one stands: the names, the stays of one member, the secretariats. Oldest first.
#[must_use]
pub fn row_of(federation: &Federation, known: &Known<Said>) -> Vec<Known<Said>> {
    let mut row: Vec<Known<Said>> = match &known.value {
        Said::Name(_) => federation.names.iter().map(|k| whole(k, Said::Name)).collect(),
        Said::Member(m) => federation.stays_of(&m.who).into_iter().map(|k| whole(k, Said::Member)).collect(),
        Said::Desk(_) => federation.secretariats.iter().map(|k| whole(k, Said::Desk)).collect(),
    };
    row.sort_by_key(|known| known.valid.from);
    row
}

/// What a correction does: the fact as it is to be, and what moves with it.
#[derive(Debug, Clone)]
pub struct Corrected {
    /// What was so, and when; nothing where it never was.
    to: Option<(Said, Period)>,
    /// The neighbours that move: which, as what, from when until when.
    moved: Vec<(Known<Said>, Period)>,
}

/// What a correction does.
///
/// # Errors
/// What stands in the way.
pub fn corrected(
    federation: &Federation,
    known: &Known<Said>,
    to: Option<(Said, Period)>,
) -> Result<Corrected, Obstacle> {
    let row = row_of(federation, known);
    let dated: Vec<Dated<&Said>> =
        row.iter().map(|k| Dated { fact_id: k.fact_id, valid: k.valid, value: &k.value }).collect();
    let day = known.valid.from.or(known.valid.until.and_then(|until| until.pred_opt())).unwrap_or(NaiveDate::MIN);
    let asked = to.as_ref().map(|(said, valid)| (said, *valid));
    let found = match replaced(&dated, day, asked, |said| said.told(Language::Ja)) {
        // Whoever never was in it, or never kept it, leaves nothing behind. A federation always has a name.
        Err(Obstacle::NothingBefore) if !matches!(known.value, Said::Name(_)) => Vec::new(),
        found => found?,
    };
    let found: Vec<(Uuid, Period)> = found.iter().map(|fact| (fact.fact_id, fact.valid)).collect();
    if let Some((Said::Member(is), valid)) = &to {
        // Under another name it may be somebody who is there already.
        let meets = |other: &Period| {
            valid.until.is_none_or(|until| other.from.is_none_or(|from| from < until))
                && other.until.is_none_or(|until| valid.from.is_none_or(|from| from < until))
        };
        let others = federation.stays_of(&is.who);
        let mut others = others.iter().filter(|k| row.iter().all(|own| own.fact_id != k.fact_id));
        if let Some(other) = others.find(|k| meets(&k.valid)) {
            return Err(Obstacle::After(other.value.told(Language::Ja), other.valid));
        }
    }
    let moved = row.into_iter().filter(|k| k.fact_id != known.fact_id).filter_map(|k| {
        let is = found.iter().find(|(id, _)| *id == k.fact_id)?.1;
        (is != k.valid).then_some((k, is))
    });
    let moved = moved.collect();
    Ok(Corrected { to, moved })
}

/// The correction in lines: before and after, with what moves.
#[must_use]
pub fn lines(known: &Known<Said>, corrected: &Corrected) -> (Vec<Line>, Vec<Line>) {
    let all = |said: &Said, valid: Period| [said.lines(), vec![line::of_period(valid)]].concat();
    let mut before = all(&known.value, known.valid);
    let mut after = corrected.to.as_ref().map(|(said, valid)| all(said, *valid)).unwrap_or_default();
    for (i, (other, is)) in corrected.moved.iter().enumerate() {
        let told = |valid: Period| {
            Line::told(format!("along.{}", i + 1), |language| {
                let (label, period) = (other.value.told(language), line::told_period(valid, language));
                fill("{label} {period}", &[("label", &label), ("period", &period)])
            })
        };
        before.push(told(other.valid));
        after.push(told(*is));
    }
    (before, after)
}

/// Makes the correction; `false` where somebody else was faster. What comes is written before what goes: who may write is
/// judged by who keeps it today.
///
/// # Errors
/// The database's own.
pub async fn correct(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    (federation, known): (&Federation, &Known<Said>),
    change: &Change,
    corrected: &Corrected,
) -> anyhow::Result<bool> {
    if !begin(tx, actor, federation, ("correction", known.value.subject()), change).await? {
        return Ok(false);
    }
    let id = &federation.federation_id;
    if let Some((said, valid)) = &corrected.to {
        let precision = if valid.from == known.valid.from { known.precision } else { Precision::Day };
        match said {
            Said::Name(name) => federations::add_name(tx, id, (*valid, precision), name).await?,
            Said::Member(membership) => federations::add_member(tx, id, (*valid, precision), membership).await?,
            Said::Desk(desk) => federations::add_desk(tx, id, (*valid, precision), desk).await?,
        }
    }
    let moved: Vec<(Uuid, Period)> = corrected.moved.iter().map(|(other, is)| (other.fact_id, *is)).collect();
    // What goes before what moves: whoever loses today's part by the move could take nothing away after it.
    store::remove(tx, known.fact_id).await?;
    store::move_days(tx, &moved).await?;
    Ok(true)
}

/// Takes the newest change back, where it is still to come; `false` where somebody else was faster.
///
/// # Errors
/// The database's own.
pub async fn withdraw(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    federation: &Federation,
    plan: &PastChange,
    reason: String,
) -> anyhow::Result<bool> {
    let (before, after) = (plan.after.clone(), plan.before.clone());
    let change = Change { on: plan.effective_on, reason, before, after };
    if !begin(tx, actor, federation, ("withdrawal", &plan.subject), &change).await? {
        return Ok(false);
    }
    store::restore(tx, &federation.federation_id, plan.version).await?;
    Ok(true)
}

/// The newest change, where it is still to come and can be taken back.
#[must_use]
pub fn open_plan<'a>(federation: &Federation, past: &'a [PastChange], today: NaiveDate) -> Option<&'a PastChange> {
    past.first().filter(|plan| {
        plan.version == federation.version
            && plan.effective_on > today
            && plan.kind == "change"
            && plan.subject != "founding"
    })
}
