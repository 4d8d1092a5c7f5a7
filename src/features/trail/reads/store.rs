//! SQL of what an account read. Run as the owner, from the command line.

use sqlx::PgConnection;

use super::{Period, Reading};

/// Whether there is such an account.
pub async fn exists(owner: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from accounts where sign_in_name = $1) as "there!""#, name)
        .fetch_one(owner)
        .await
}

/// Items, people whose entries were looked at, and organisations whose windows were shown, each with the first and the last time.
pub async fn readings(owner: &mut PgConnection, name: &str, period: Period) -> sqlx::Result<Vec<Reading>> {
    sqlx::query_as!(
        Reading,
        r#"
        with done as materialized (
          select e.action, e.subject_kind, e.subject_id, e.detail, e.occurred_at
          from accounts a join audit_events e on e.account_id = a.account_id
          where a.sign_in_name = $1 and e.occurred_at >= $2 and e.occurred_at < $3 and e.outcome = 'done'
            and e.action in ('advisory.read', 'advisory.read_envelope', 'contacts.read', 'contacts.export', 'break_glass.read', 'people.read')),
        items as (
          select 'advisory' as kind, d.action, d.subject_id as id, min(d.occurred_at) as first_at,
                 max(d.occurred_at) as last_at
          from done d where d.subject_kind = 'advisory' and d.action like 'advisory.%' group by 2, 3),
        persons as (
          select 'people' as kind, d.action, coalesce(r.account_id::text, d.subject_id) as id,
                 min(d.occurred_at) as first_at, max(d.occurred_at) as last_at
          from done d left join grant_requests r on d.subject_kind = 'grant_request' and r.request_id::text = d.subject_id
          where d.action = 'people.read' group by 2, 3),
        shown as (
          select d.action, o.id, d.occurred_at from done d
          cross join lateral jsonb_array_elements_text(
            case jsonb_typeof(d.detail -> 'organisations') when 'array' then d.detail -> 'organisations' else '[]' end) o (id)
          union all
          select d.action, d.subject_id, d.occurred_at from done d where d.subject_kind = 'organisation'),
        organisations_shown as (
          select 'contacts' as kind, s.action, s.id, min(s.occurred_at) as first_at, max(s.occurred_at) as last_at
          from shown s group by 2, 3)
        select r.kind as "kind!", r.action as "action!", coalesce(a.number, n.ja, p.display_name, '') as "what!", r.id as "id!",
               r.first_at as "first_at!", r.last_at as "last_at!"
        from (select * from items union all select * from persons union all select * from organisations_shown) r
        left join advisories a on r.kind = 'advisory' and a.advisory_id::text = r.id
        left join accounts p on r.kind = 'people' and p.account_id::text = r.id
        left join organisation_names n on r.kind = 'contacts' and n.organisation_id::text = r.id
         and n.valid @> (r.last_at at time zone 'Asia/Tokyo')::date
        order by 1, 3, 2, r.id"#,
        name,
        period.from,
        period.until
    )
    .fetch_all(owner)
    .await
}
