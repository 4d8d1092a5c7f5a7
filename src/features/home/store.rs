//! SQL of the front page; the rest comes from the features themselves.

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::kernel::ids::{AdvisoryId, OrganisationId};

/// How many members of the viewer's desks acknowledged an item.
#[derive(Debug, Clone, Copy)]
pub struct MemberAnswers {
    /// The item.
    pub advisory_id: AdvisoryId,
    /// Members that it went to.
    pub members: i64,
    /// … of which acknowledged.
    pub acknowledged: i64,
}

/// The members' answers to some items, for the CEPTOARs whose desk the viewer keeps.
pub async fn member_answers(tx: &mut PgConnection, ids: &[AdvisoryId]) -> sqlx::Result<Vec<MemberAnswers>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select advisory_id as "advisory_id!", members as "members!", acknowledged as "acknowledged!"
           from desk_answers($1)"#,
        &ids
    )
    .fetch_all(tx)
    .await?;
    let answers = rows.into_iter().map(|r| MemberAnswers {
        advisory_id: AdvisoryId(r.advisory_id),
        members: r.members,
        acknowledged: r.acknowledged,
    });
    Ok(answers.collect())
}

/// A round of asking windows that runs.
#[derive(Debug, Clone)]
pub struct OpenRound {
    /// Of which CEPTOAR.
    pub ceptoar_id: String,
    /// Its name in Japanese and English.
    pub ceptoar: [String; 2],
    /// Until when answers are wanted.
    pub due_on: NaiveDate,
    /// Windows that have not answered.
    pub silent: i64,
    /// … and have no mail address: somebody has to call them.
    pub calls: i64,
}

/// The rounds of some CEPTOARs that run and in which an answer is waited for. What is broken is a task of its own, which
/// does not end with the round.
pub async fn open_rounds(tx: &mut PgConnection, desks: &[String]) -> sqlx::Result<Vec<OpenRound>> {
    let rows = sqlx::query!(
        r#"select r.ceptoar_id, coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!", r.due_on,
                  count(*) filter (where q.asked_value is not null) as "silent!",
                  count(*) filter (where q.asked_value is null) as "calls!"
           from verification_rounds r
           join verification_requests q on q.round_id = r.round_id and q.answer is null
           left join (  -- whose letter came back
             select x.round_id, v.contact_id from verification_rounds x cross join lateral verification_letters(x.round_id) v
             where x.closed_at is null and x.ceptoar_id = any ($1) and v.state in ('refused', 'expired')) l
             on l.round_id = r.round_id and l.contact_id = q.contact_id
           left join ceptoar_names n on n.ceptoar_id = r.ceptoar_id and n.valid @> viewer_today()
           where r.closed_at is null and r.ceptoar_id = any ($1) and l.contact_id is null
           group by r.ceptoar_id, n.ja, n.en, r.due_on order by r.due_on, r.ceptoar_id"#,
        desks
    )
    .fetch_all(tx)
    .await?;
    let rounds = rows.into_iter().map(|r| OpenRound {
        ceptoar_id: r.ceptoar_id,
        ceptoar: [r.ja, r.en],
        due_on: r.due_on,
        silent: r.silent,
        calls: r.calls,
    });
    Ok(rounds.collect())
}

/// A desk that has not asked its windows in this fiscal year.
#[derive(Debug, Clone)]
pub struct UnaskedDesk {
    /// Of which CEPTOAR.
    pub ceptoar_id: String,
    /// Its name in Japanese and English.
    pub ceptoar: [String; 2],
    /// By when windows are to be proven: the end of April, when people have changed places.
    pub due_on: NaiveDate,
}

/// The CEPTOARs that have windows, and no round since 1 April.
pub async fn unasked(tx: &mut PgConnection, desks: &[String]) -> sqlx::Result<Vec<UnaskedDesk>> {
    let rows = sqlx::query!(
        r#"select c.ceptoar_id, coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!",
                  make_date(extract(year from viewer_today() - interval '3 months')::integer, 4, 30) as "due_on!"
           from ceptoars c
           left join ceptoar_names n on n.ceptoar_id = c.ceptoar_id and n.valid @> viewer_today()
           where c.ceptoar_id = any ($1)
             and exists (select from contacts k where k.ceptoar_id = c.ceptoar_id and k.valid @> viewer_today())
             and not exists (
               select from verification_rounds r
               where r.ceptoar_id = c.ceptoar_id and r.scope in ('all', 'unproven')  -- some are not all
                 -- Three months back it is the calendar year in which the fiscal year began.
                 and (r.opened_at at time zone 'Asia/Tokyo')::date
                     >= make_date(extract(year from viewer_today() - interval '3 months')::integer, 4, 1))
           order by c.ceptoar_id"#,
        desks
    )
    .fetch_all(tx)
    .await?;
    let desks =
        rows.into_iter().map(|r| UnaskedDesk { ceptoar_id: r.ceptoar_id, ceptoar: [r.ja, r.en], due_on: r.due_on });
    Ok(desks.collect())
}

/// A handling rule in force that a firm has not agreed to.
#[derive(Debug, Clone)]
pub struct OpenConsent {
    /// Of which CEPTOAR.
    pub ceptoar_id: String,
    /// Its name in Japanese and English.
    pub ceptoar: [String; 2],
    /// Which edition.
    pub edition: String,
    /// The firm.
    pub organisation: OrganisationId,
}

/// The handling rules in force that some firms have not agreed to.
pub async fn open_consents(tx: &mut PgConnection, firms: &[OrganisationId]) -> sqlx::Result<Vec<OpenConsent>> {
    let firms: Vec<Uuid> = firms.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select r.ceptoar_id, coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!", r.edition,
                  m.organisation_id as "organisation_id: OrganisationId"
           from memberships m
           join handling_rules r on r.ceptoar_id = m.ceptoar_id and r.valid @> viewer_today()
           left join ceptoar_names n on n.ceptoar_id = r.ceptoar_id and n.valid @> viewer_today()
           where m.organisation_id = any ($1) and m.valid @> viewer_today()
             and not exists (select from handling_rule_consents k
                             where k.rule_id = r.rule_id and k.organisation_id = m.organisation_id)
           order by r.ceptoar_id"#,
        &firms
    )
    .fetch_all(tx)
    .await?;
    let consents = rows.into_iter().map(|r| OpenConsent {
        ceptoar_id: r.ceptoar_id,
        ceptoar: [r.ja, r.en],
        edition: r.edition,
        organisation: r.organisation_id,
    });
    Ok(consents.collect())
}
