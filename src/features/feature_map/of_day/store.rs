//! SQL of what the directory says on a day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::facts::{Directory, DirectoryFacts, RuleInForce, SectorFacts, Since};
use crate::features::directory::setup::fact::{Group, Subject};
use crate::features::directory::setup::store as setup;
use crate::features::feature_map::edition::{Bilingual, Secretariat, Sector};
use crate::features::feature_map::vocabulary::list_joint;
use crate::kernel::language::{Label, Language};

/// What the directory says on a day, as far as the viewer may know.
pub async fn directory(tx: &mut PgConnection, day: NaiveDate) -> sqlx::Result<Directory> {
    let mut ceptoars = ceptoars(&mut *tx, day).await?;
    let mut rules = rules(&mut *tx, day).await?;
    let steps = steps(&mut *tx, day).await?;
    for facts in &mut ceptoars {
        facts.rule = rules.remove(&facts.id);
        let own: Vec<&Step> = steps.iter().filter(|step| step.ceptoar == facts.id).collect();
        say_steps(facts, &own, day);
    }
    let sectors = all_sectors(&mut *tx, day).await?;
    Ok(Directory { day, centre: centre(tx, day).await?, sectors, ceptoars })
}

/// What its desk registered of how a CEPTOAR is set up.
fn say_steps(facts: &mut DirectoryFacts, steps: &[&Step], day: NaiveDate) {
    let holds = |step: &&&Step| step.until.is_none_or(|until| until >= day);
    let of = |subject| steps.iter().filter(holds).filter(move |step| step.subject == subject).map(|step| step.from);
    facts.operation = of(Subject::StepOperation).min();
    facts.rule_made = of(Subject::StepRules).min();
    let intake = Subject::ALL.into_iter().filter(|s| s.group() == Group::Intake);
    let shared: Vec<(Subject, NaiveDate)> = intake.filter_map(|s| Some((s, of(s).max()?))).collect();
    let [ja, en] = Language::ALL.map(|language| {
        shared.iter().map(|(subject, _)| subject.label(language)).collect::<Vec<_>>().join(list_joint(language))
    });
    facts.handled = shared.iter().map(|(_, from)| *from).max().map(|from| (Bilingual { ja, en }, from));
    if facts.handled.is_none() {
        let ended = steps.iter().filter(|step| step.subject.group() == Group::Intake).filter_map(|step| step.until);
        facts.since.unhandled = ended.max().and_then(|last| last.succ_opt());
    }
}

/// What the directory says of every CEPTOAR on a day, in the government's order; also of those that have no name then.
pub async fn ceptoars(tx: &mut PgConnection, day: NaiveDate) -> sqlx::Result<Vec<DirectoryFacts>> {
    let rows = sqlx::query!(
        r#"select c.ceptoar_id, c.sector_id, c.scope, c.scope_en, n.ja as "ja?", n.en as "en?", lower(n.valid) as since,
                  (select max(upper(x.valid)) from ceptoar_names x
                   where x.ceptoar_id = c.ceptoar_id and upper(x.valid) <= $1::date) as ended
           from ceptoars c join sectors s on s.sector_id = c.sector_id
           left join ceptoar_names n on n.ceptoar_id = c.ceptoar_id and n.valid @> $1::date
           order by s.position, c.position, c.ceptoar_id"#,
        day
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut desks = desks(&mut *tx, day).await?;
    let mut counts = counts(tx, day).await?;
    let facts = rows.into_iter().map(|r| {
        let (secretariats, desks_since) = desks.remove(&r.ceptoar_id).unwrap_or_default();
        let (counts, units) = counts.remove(&r.ceptoar_id).unwrap_or_default();
        let name = r.ja.map(|ja| text(ja, r.en.unwrap_or_default()));
        DirectoryFacts {
            since: Since {
                name: r.since,
                ended: r.ended.filter(|_| name.is_none()),
                secretariats: desks_since,
                units,
                unhandled: None,
            },
            id: r.ceptoar_id,
            sector: r.sector_id,
            name,
            scope: (!r.scope.is_empty()).then(|| text(r.scope, r.scope_en)),
            secretariats,
            counts,
            ..DirectoryFacts::default()
        }
    });
    Ok(facts.collect())
}

/// What the sheets of a follow-up begin with: the CEPTOARs of today, and of their profiles what holds on the day of the map.
pub async fn for_sheets(
    tx: &mut PgConnection,
    today: NaiveDate,
    as_of: NaiveDate,
) -> sqlx::Result<Vec<DirectoryFacts>> {
    let sectors = sectors(&mut *tx, today).await?;
    let mut facts = ceptoars(&mut *tx, today).await?;
    facts.retain(|facts| facts.name.is_some() && sectors.iter().any(|s| s.id == facts.sector));
    let kept = setup::sections(&mut *tx, as_of).await?;
    let mut observers = observers(tx, as_of).await?;
    for facts in &mut facts {
        facts.observers = observers.remove(&facts.id).unwrap_or_default();
        facts.sections = [Subject::ProfilePurpose, Subject::ProfileStructure, Subject::ProfileTraits].map(|wanted| {
            let found = kept.iter().find(|(id, subject, _)| *id == facts.id && *subject == wanted);
            found.map(|(_, _, [ja, en])| text(ja.clone(), en.clone()))
        });
    }
    Ok(facts)
}

/// The roster's observers of a day by CEPTOAR and unit; none is a number too where there were some.
async fn observers(tx: &mut PgConnection, day: NaiveDate) -> sqlx::Result<BTreeMap<String, BTreeMap<String, u32>>> {
    let rows = sqlx::query!(
        r#"select ceptoar_id, unit, count(*) filter (where valid @> $1::date) as "of_day!"
           from memberships where kind = 'observer' group by ceptoar_id, unit"#,
        day
    )
    .fetch_all(tx)
    .await?;
    let mut observers: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    for r in rows {
        observers.entry(r.ceptoar_id).or_default().insert(r.unit, u32::try_from(r.of_day).unwrap_or(u32::MAX));
    }
    Ok(observers)
}

type Desks = BTreeMap<String, (Vec<Secretariat>, Option<NaiveDate>)>;

/// Who keeps each desk on a day, and when that was last changed: also by one that went.
async fn desks(tx: &mut PgConnection, day: NaiveDate) -> sqlx::Result<Desks> {
    let rows = sqlx::query!(
        r#"select t.ceptoar_id, n.ja as "ja?", n.en as "en?", t.unit, t.unit_en,
                  case when t.valid @> $1::date then greatest(lower(t.valid), lower(n.valid)) else upper(t.valid) end as since
           from secretariat_terms t
           left join organisation_names n on n.organisation_id = t.organisation_id
             and n.valid @> $1::date and t.valid @> $1::date
           where t.valid @> $1::date or upper(t.valid) <= $1::date
           order by t.ceptoar_id, t.position, n.reading"#,
        day
    )
    .fetch_all(tx)
    .await?;
    let mut desks = Desks::new();
    for r in rows {
        let of = desks.entry(r.ceptoar_id).or_default();
        of.1 = of.1.max(r.since);
        if let Some(ja) = r.ja {
            of.0.push(Secretariat {
                organisation: text(ja, r.en.unwrap_or_default()),
                unit: r.unit.map(|unit| text(unit, r.unit_en.unwrap_or_default())),
                kind: None,
            });
        }
    }
    Ok(desks)
}

type Counts = BTreeMap<String, (Vec<(String, u32)>, BTreeMap<String, NaiveDate>)>;

/// The numbers of a day, unit by unit, and when each was last changed: also by coming to its end.
async fn counts(tx: &mut PgConnection, day: NaiveDate) -> sqlx::Result<Counts> {
    let rows = sqlx::query!(
        r#"select distinct on (ceptoar_id, unit) ceptoar_id, unit, value, valid @> $1::date as "holds!",
                  case when valid @> $1::date then lower(valid) else upper(valid) end as since
           from member_counts where valid @> $1::date or upper(valid) <= $1::date
           order by ceptoar_id, unit, lower(valid) desc nulls last"#,
        day
    )
    .fetch_all(tx)
    .await?;
    let mut counts = Counts::new();
    for r in rows {
        let of = counts.entry(r.ceptoar_id).or_default();
        if let Some(since) = r.since {
            of.1.insert(r.unit.clone(), since);
        }
        if let Some(value) = u32::try_from(r.value).ok().filter(|_| r.holds) {
            of.0.push((r.unit, value));
        }
    }
    Ok(counts)
}

async fn rules(tx: &mut PgConnection, day: NaiveDate) -> sqlx::Result<BTreeMap<String, RuleInForce>> {
    let rows = sqlx::query!(
        r#"select ceptoar_id, title, edition, lower(valid) as "from!" from handling_rules where valid @> $1::date"#,
        day
    )
    .fetch_all(tx)
    .await?;
    let rule = |title, edition, from| RuleInForce { title, edition, from };
    Ok(rows.into_iter().map(|r| (r.ceptoar_id, rule(r.title, r.edition, r.from))).collect())
}

struct Step {
    ceptoar: String,
    subject: Subject,
    from: NaiveDate,
    /// The last day.
    until: Option<NaiveDate>,
}

/// What desks registered of how their CEPTOAR is set up, up to the day; also what is over by then.
async fn steps(tx: &mut PgConnection, day: NaiveDate) -> sqlx::Result<Vec<Step>> {
    let rows = sqlx::query!(
        r#"select ceptoar_id, subject as "subject: Subject", from_on, until_on from setup_facts
           where taken_back_at is null and from_on <= $1::date"#,
        day
    )
    .fetch_all(tx)
    .await?;
    let step = |ceptoar, subject, from, until| Step { ceptoar, subject, from, until };
    Ok(rows.into_iter().map(|r| step(r.ceptoar_id, r.subject, r.from_on, r.until_on)).collect())
}

async fn all_sectors(tx: &mut PgConnection, day: NaiveDate) -> sqlx::Result<Vec<SectorFacts>> {
    let rows = sqlx::query!(
        r#"select s.sector_id, n.ja as "ja?", n.en as "en?", lower(n.valid) as since, lower(s.valid) as began,
                  case when upper(s.valid) <= $1::date then upper(s.valid) end as ended
           from sectors s left join sector_names n on n.sector_id = s.sector_id and n.valid @> $1::date
           where lower_inf(s.valid) or lower(s.valid) <= $1::date order by s.position"#,
        day
    )
    .fetch_all(tx)
    .await?;
    let sectors = rows.into_iter().map(|r| SectorFacts {
        id: r.sector_id,
        name: r.ja.map(|ja| text(ja, r.en.unwrap_or_default())),
        name_since: r.since,
        began: r.began,
        ended: r.ended,
    });
    Ok(sectors.collect())
}

/// The sectors of a day, in the government's order.
pub async fn sectors(tx: &mut PgConnection, day: NaiveDate) -> sqlx::Result<Vec<Sector>> {
    let sectors = all_sectors(tx, day).await?.into_iter().filter(|s| s.ended.is_none());
    Ok(sectors.filter_map(|s| Some(Sector { id: s.id, name: s.name?, note: None })).collect())
}

async fn centre(tx: &mut PgConnection, day: NaiveDate) -> sqlx::Result<Option<Bilingual>> {
    let row = sqlx::query!(
        "select n.ja, n.en from organisations o join organisation_names n using (organisation_id)
         where o.kind = 'central' and n.valid @> $1::date",
        day
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|r| text(r.ja, r.en)))
}

fn text(ja: String, en: String) -> Bilingual {
    Bilingual { en: if en.is_empty() { ja.clone() } else { en }, ja }
}
