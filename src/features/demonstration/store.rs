//! SQL of the demonstration.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::people::Person;
use super::roster::{Channel, Count, Desk, Member, Roster, Window};
use crate::features::accounts::demonstration::ACCOUNTS;
use crate::kernel::clock::japan_day;

/// What the demonstration consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Invented organisations.
    pub organisations: i64,
    /// Windows, those of real bodies included.
    pub windows: i64,
    /// Accounts.
    pub accounts: i64,
}

/// Whether there are invented organisations.
pub async fn is_present(tx: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from organisations where demonstration) as "there!""#)
        .fetch_one(tx)
        .await
}

/// What is there.
pub async fn summary(tx: &mut PgConnection) -> sqlx::Result<Summary> {
    sqlx::query_as!(
        Summary,
        r#"select (select count(*) from organisations where demonstration) as "organisations!",
                  (select count(*) from contacts) as "windows!",
                  (select count(*) from accounts where demonstration and sign_in_name = any ($1)) as "accounts!""#,
        &ACCOUNTS.iter().map(|account| account.name.to_owned()).collect::<Vec<_>>()
    )
    .fetch_one(tx)
    .await
}

/// Which kinds of things are in the database.
#[derive(Debug)]
pub struct Origins {
    /// Accounts of real people.
    pub real_accounts: bool,
    /// Accounts of the demonstration.
    pub invented_accounts: bool,
    /// Organisations of the demonstration.
    pub invented_organisations: bool,
}

/// Looks for real and invented things.
pub async fn origins(tx: &mut PgConnection) -> sqlx::Result<Origins> {
    sqlx::query_as!(
        Origins,
        r#"select exists (select from accounts where not demonstration) as "real_accounts!",
                  exists (select from accounts where demonstration) as "invented_accounts!",
                  exists (select from organisations where demonstration) as "invented_organisations!""#
    )
    .fetch_one(tx)
    .await
}

/// Waits until nobody else seeds; until the transaction ends it is our turn.
pub async fn wait_for_turn(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(7704)").execute(tx).await.map(|_| ())
}

/// How many members each CEPTOAR has, in the directory's order; single firms come first.
pub async fn counts(tx: &mut PgConnection) -> sqlx::Result<Vec<Count>> {
    sqlx::query_as!(
        Count,
        r#"select m.ceptoar_id as ceptoar, m.unit, m.value, lower(m.valid) as "since!"
           from member_counts m join ceptoars c using (ceptoar_id)
           where upper_inf(m.valid) order by c.position, m.unit <> '社', m.value, m.unit"#
    )
    .fetch_all(tx)
    .await
}

/// The secretariats of today, first ones first, and then the ministries.
pub async fn desks(tx: &mut PgConnection) -> sqlx::Result<Vec<Desk>> {
    sqlx::query_as!(
        Desk,
        r#"select d.organisation_id as "organisation!", coalesce(o.code, '') as "code!", d.ceptoar_id as "ceptoar!",
                  d.ministry as "ministry!", d.since as "since!"
           from (select t.organisation_id, t.ceptoar_id, false as ministry, lower(t.valid) as since,
                        c.position * 100 + t.position as place
                 from secretariat_terms t join ceptoars c using (ceptoar_id) where upper_inf(t.valid)
                 union all
                 select m.organisation_id, c.ceptoar_id, true, lower(m.valid), 30000
                 from sector_ministries m join ceptoars c using (sector_id)
                 where upper_inf(m.valid) and not exists (  -- a ministry that is the secretariat has its windows as that
                   select from secretariat_terms t where t.ceptoar_id = c.ceptoar_id
                     and t.organisation_id = m.organisation_id and upper_inf(t.valid))) d
           join organisations o using (organisation_id)
           order by d.place, o.code, d.ceptoar_id"#
    )
    .fetch_all(tx)
    .await
}

/// CEPTOAR and id of every sub-group.
pub async fn subgroups(tx: &mut PgConnection) -> sqlx::Result<Vec<(String, String)>> {
    let rows =
        sqlx::query!("select ceptoar_id, subgroup_id from subgroups where kind = 'subgroup' order by ceptoar_id, code");
    Ok(rows.fetch_all(tx).await?.into_iter().map(|r| (r.ceptoar_id, r.subgroup_id)).collect())
}

/// Ids of the real bodies by code, and of the invented regional offices.
pub async fn codes(tx: &mut PgConnection) -> sqlx::Result<HashMap<String, Uuid>> {
    let rows = sqlx::query!(
        r#"select code as "code!", organisation_id from organisations where code is not null and (not demonstration or kind = 'ministry')"#
    );
    Ok(rows.fetch_all(tx).await?.into_iter().map(|r| (r.code, r.organisation_id)).collect())
}

/// Adds the whole roster: one statement per table.
pub async fn add_roster(tx: &mut PgConnection, roster: &Roster) -> sqlx::Result<()> {
    add_members(tx, &roster.members).await?;
    add_windows(tx, &roster.windows).await?;
    add_channels(tx, &roster.channels).await
}

async fn add_members(tx: &mut PgConnection, rows: &[Member]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into organisations (organisation_id, code, kind, demonstration)
         select u.id, u.code, 'member', true from unnest($1::uuid[], $2::text[]) u (id, code)",
        &column(rows, |r| r.id),
        &column(rows, |r| r.code.clone())
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into organisation_names (organisation_id, ja, en, reading, valid)
         select u.id, u.ja, u.en, u.reading, daterange(u.since, null)
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[]) u (id, ja, en, reading, since)",
        &column(rows, |r| r.id),
        &column(rows, |r| r.name.ja.clone()),
        &column(rows, |r| r.name.en.clone()),
        &column(rows, |r| r.name.reading.clone()),
        &column(rows, |r| r.since)
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into memberships (ceptoar_id, organisation_id, subgroup_id, unit, hub, valid)
         select u.ceptoar, u.id, u.subgroup, u.unit, u.hub, daterange(u.since, null)
         from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::bool[], $6::date[])
           u (ceptoar, id, subgroup, unit, hub, since)",
        &column(rows, |r| r.ceptoar.clone()),
        &column(rows, |r| r.id),
        &column(rows, |r| r.subgroup.clone()) as _,
        &column(rows, |r| r.unit.clone()),
        &column(rows, |r| r.hub),
        &column(rows, |r| r.since)
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn add_windows(tx: &mut PgConnection, rows: &[Window]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, language, valid)
         select u.id, u.organisation, u.ceptoar, u.position, u.label, u.handler, u.language, daterange(u.since, null)
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::smallint[], $5::text[], $6::bool[], $7::text[], $8::date[])
           u (id, organisation, ceptoar, position, label, handler, language, since)",
        &column(rows, |r| r.id),
        &column(rows, |r| r.organisation),
        &column(rows, |r| r.ceptoar.clone()),
        &column(rows, |r| r.position),
        &column(rows, |r| r.label.to_owned()),
        &column(rows, |r| r.handler),
        &column(rows, |r| r.language.to_owned()),
        &column(rows, |r| r.since)
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn add_channels(tx: &mut PgConnection, rows: &[Channel]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into contact_channels (contact_id, position, kind, value, hours, last_verified_on)
         select * from unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::date[])",
        &column(rows, |r| r.window),
        &column(rows, |r| r.position),
        &column(rows, |r| r.kind.to_owned()),
        &column(rows, |r| r.value.clone()),
        &column(rows, |r| r.hours.to_owned()),
        &column(rows, |r| r.verified) as _
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Adds the accounts that are not there yet, each with its affiliation.
pub async fn add_people(
    tx: &mut PgConnection,
    rows: &[Person],
    password_hash: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with people as (
           select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::uuid[])
             u (id, name, display_name, role, organisation, ceptoar, contact)),
         added as (
           insert into accounts (account_id, sign_in_name, display_name, password_hash, mail_address, demonstration, created_at)
           select id, name, display_name, $8, name || '@people.example', true, $9::timestamptz from people
           on conflict (sign_in_name) do nothing
           returning account_id)
         insert into affiliations (account_id, role, organisation_id, ceptoar_id, contact_id, valid)
         select p.id, p.role, p.organisation, p.ceptoar, p.contact, '[2018-04-24,)'
         from people p join added a on a.account_id = p.id",
        &column(rows, |r| r.id),
        &column(rows, |r| r.name.to_owned()),
        &column(rows, |r| r.display_name.clone()),
        &column(rows, |r| r.role.code().to_owned()),
        &column(rows, |r| r.organisation),
        &column(rows, |r| r.ceptoar.map(ToOwned::to_owned)) as _,
        &column(rows, |r| r.window) as _,
        password_hash,
        now
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Adds what the pages of people show before anybody does anything: somebody who was invited to the first bank
/// and has not answered, and a liaison whose role waits for the second person.
pub async fn add_waiting(tx: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "with giver as (select account_id from accounts where sign_in_name = 'desk-banks'),
         place as (select f.organisation_id from affiliations f join accounts a using (account_id)
                   where a.sign_in_name = 'admin-bank-1'),
         added as (
           insert into accounts (sign_in_name, display_name, mail_address, demonstration, created_at)
           select 'invited-bank-1', '窓口担当 招待中', 'invited-bank-1@people.example', true, $1::timestamptz from giver, place
           on conflict (sign_in_name) do nothing returning account_id),
         duty as (
           insert into affiliations (account_id, role, organisation_id, ceptoar_id, valid, granted_by, granted_at, reason)
           select a.account_id, 'member_reader', p.organisation_id, 'banks', daterange($2::date, null), g.account_id,
                  $1::timestamptz, '定期異動' from added a, place p, giver g)
         insert into account_tickets (token_hash, account_id, purpose, caused_by, issued_at, expires_at)
         select sha256(gen_random_uuid()::text::bytea), a.account_id, 'enrol', null, $1::timestamptz, $1::timestamptz + interval '72 hours'
         from added a",
        now,
        japan_day(now)
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "with asker as (select account_id from accounts where sign_in_name = 'approver2'),
         added as (
           insert into accounts (sign_in_name, display_name, mail_address, demonstration, created_at)
           select 'asked-liaison', 'リエゾン 申請中', 'asked-liaison@people.example', true, $1::timestamptz from asker
           on conflict (sign_in_name) do nothing returning account_id)
         insert into grant_requests (account_id, purpose, role, organisation_id, valid, reason, asked_by, asked_at)
         select a.account_id, 'duty', 'ministry_liaison', o.organisation_id, daterange($2::date, null), '定期異動',
                k.account_id, $1::timestamptz
         from added a, asker k, organisations o where o.code = 'meti'",
        now,
        japan_day(now)
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Adds a handling rule to each CEPTOAR whose desk is in the demonstration, agreed to by all members but those whose
/// people can be tried out: they find it among their tasks.
pub async fn add_rules(tx: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "with desks as (
           select distinct on (f.ceptoar_id) f.ceptoar_id, a.account_id
           from accounts a join affiliations f using (account_id)
           where a.demonstration and f.role = 'secretariat' and f.ceptoar_id is not null
             and not exists (select from handling_rules r where r.ceptoar_id = f.ceptoar_id)
           order by f.ceptoar_id, a.sign_in_name),
         added as (
           insert into handling_rules (rule_id, ceptoar_id, title, edition, adopted_on, valid, summary, kept_at, recorded_by,
                                       recorded_at)
           select gen_random_uuid(), d.ceptoar_id, '情報の取扱いに関する規程(架空)', '第2版', '2024-03-15', '[2024-04-01,)',
                  '提供された情報は、構成員の中だけで扱います。第2版では、取扱担当者の範囲を明確にしました。',
                  '事務局の文書棚(架空)', d.account_id, $1::timestamptz
           from desks d returning rule_id, ceptoar_id, recorded_by)
         insert into handling_rule_consents (rule_id, organisation_id, consented_on, way, recorded_by, recorded_at)
         select r.rule_id, m.organisation_id, '2024-04-10', 'paper', r.recorded_by, $1::timestamptz
         from added r join memberships m on m.ceptoar_id = r.ceptoar_id and upper_inf(m.valid)
         where not exists (select from affiliations f where f.organisation_id = m.organisation_id)",
        now
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Adds a change that the first bank's keeper proposes: the banks' desk finds it among its tasks.
pub async fn add_proposal(tx: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into directory_proposals (proposal_id, ceptoar_id, organisation_id, effective_on, reason, wanted, before,
                                          after, made_by, made_at)
         select gen_random_uuid(), m.ceptoar_id, m.organisation_id, ($2::date + interval '2 months')::date,
                '合併により社名が変わるため(架空)', jsonb_build_object('ja', x.ja, 'reading', x.reading),
                jsonb_build_array(jsonb_build_object('code', 'ja', 'ja', n.ja, 'en', n.ja),
                                  jsonb_build_object('code', 'reading', 'ja', n.reading, 'en', n.reading)),
                jsonb_build_array(jsonb_build_object('code', 'ja', 'ja', x.ja, 'en', x.ja),
                                  jsonb_build_object('code', 'reading', 'ja', x.reading, 'en', x.reading)),
                a.account_id, $1::timestamptz
         from accounts a join affiliations f using (account_id)
         join memberships m on m.organisation_id = f.organisation_id and upper_inf(m.valid)
         join organisation_names n on n.organisation_id = f.organisation_id and upper_inf(n.valid)
         cross join lateral (select replace(n.ja, '銀行', '未来銀行') as ja,
                                    replace(n.reading, 'ぎんこう', 'みらいぎんこう') as reading) x
         where a.sign_in_name = 'admin-bank-1' and f.role = 'member_admin'
           and not exists (select from directory_proposals p where p.organisation_id = m.organisation_id)",
        now,
        japan_day(now)
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Adds an invented prefecture that passes on to the hospitals what concerns all of medicine.
pub async fn add_partner(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "with body as (
           insert into organisations (code, kind, partner_kind, demonstration)
           values ('demo-partner-medical', 'partner', 'prefecture', true) on conflict (code) do nothing
           returning organisation_id),
         named as (
           insert into organisation_names (organisation_id, ja, en, reading, valid, precision)
           select organisation_id, '星見県(架空)', 'Hoshimi Prefecture (invented)', 'ほしみけん', '[2018-04-24,)', 'day' from body),
         partner as (
           insert into partnerships (ceptoar_id, organisation_id, role, basis, valid)
           select 'medical', organisation_id, 'passes_on', '医療の情報連携に関する取決め(架空)', '[2018-04-24,)' from body),
         reached as (
           insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, language, valid)
           select gen_random_uuid(), organisation_id, 'medical', 1, '保健医療部 医療政策課', false, 'ja', '[2018-04-24,)' from body
           returning contact_id)
         insert into contact_channels (contact_id, position, kind, value, hours, valid)
         select r.contact_id, w.position, w.kind, w.value, 'always', '[2018-04-24,)'::daterange
         from reached r cross join (values (1::smallint, 'mail', 'iryo-seisaku@hoshimi-ken.example'),
                                           (2::smallint, 'phone', '03-0000-0147')) w (position, kind, value)"
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Adds two groups of broadcasters by region, and for each an invented bureau that looks after them.
pub async fn add_regional(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "with region (n, code, scope, scope_en, body, ja, en, reading, domain) as (values
           (0, '東', '東日本の放送事業者(架空)', 'Broadcasters in the east (invented)', 'demo-regional-east',
            '東部地方放送局監理部(架空)', 'Eastern Broadcasting Bureau (invented)', 'とうぶちほうほうそうきょくかんりぶ', 'east.bureau.example'),
           (1, '西', '西日本の放送事業者(架空)', 'Broadcasters in the west (invented)', 'demo-regional-west',
            '西部地方放送局監理部(架空)', 'Western Broadcasting Bureau (invented)', 'せいぶちほうほうそうきょくかんりぶ', 'west.bureau.example')),
         parts as (
           insert into subgroups (subgroup_id, ceptoar_id, kind, code, scope, scope_en, valid)
           select 'broadcast-demo-' || n, 'broadcast', 'cross_cutting', code, scope, scope_en, '[2025-04-01,)' from region
           on conflict (subgroup_id) do nothing returning subgroup_id),
         members as (
           insert into group_members (subgroup_id, ceptoar_id, organisation_id, valid)
           select p.subgroup_id, 'broadcast', m.organisation_id, m.valid * '[2025-04-01,)'
           from (select x.organisation_id, x.valid, row_number() over (order by o.code) % 2 as half
                 from memberships x join organisations o using (organisation_id)
                 where x.ceptoar_id = 'broadcast' and o.demonstration and upper_inf(x.valid)) m
           join parts p on p.subgroup_id = 'broadcast-demo-' || m.half),
         bodies as (
           insert into organisations (code, kind, demonstration) select body, 'ministry', true from region
           on conflict (code) do nothing returning organisation_id, code),
         named as (
           insert into organisation_names (organisation_id, ja, en, reading, valid, precision)
           select b.organisation_id, r.ja, r.en, r.reading, '[2025-04-01,)', 'day' from bodies b join region r on r.body = b.code),
         offices as (
           insert into regional_offices (ceptoar_id, organisation_id, subgroup_id, valid)
           select 'broadcast', b.organisation_id, 'broadcast-demo-' || r.n, '[2025-04-01,)'
           from bodies b join region r on r.body = b.code),
         reached as (
           insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, language, valid)
           select gen_random_uuid(), b.organisation_id, 'broadcast', 1, '放送課', true, 'ja', '[2025-04-01,)' from bodies b
           returning contact_id, organisation_id)
         insert into contact_channels (contact_id, position, kind, value, hours, valid)
         select w.contact_id, 1::smallint, 'mail', 'hosoka@' || r.domain, 'always', '[2025-04-01,)'::daterange
         from reached w join bodies b on b.organisation_id = w.organisation_id join region r on r.body = b.code"
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Adds an invented group of the banks that take part in payments: the first few by their code.
pub async fn add_group(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into subgroups (subgroup_id, ceptoar_id, kind, code, scope, scope_en, valid)
         select 'banks-demo-payments', c.ceptoar_id, 'cross_cutting', '決済', '決済の業務に携わる構成員(架空)',
                'Payments: members that take part in payments (invented)', '[2025-04-01,)'
         from ceptoars c where c.ceptoar_id = 'banks' on conflict (subgroup_id) do nothing"
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into group_members (subgroup_id, ceptoar_id, organisation_id, valid)
         select 'banks-demo-payments', 'banks', f.organisation_id, f.valid * '[2025-04-01,)'
         from (select m.organisation_id, m.valid from memberships m join organisations o using (organisation_id)
               where m.ceptoar_id = 'banks' and o.demonstration and upper_inf(m.valid) order by o.code limit 8) f
         where not exists (select from group_members g where g.subgroup_id = 'banks-demo-payments')"
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Lets the planner know at once how large the roster is, not only when the server gets round to it.
pub async fn refresh_statistics(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "analyze organisations, organisation_names, memberships, contacts, contact_channels, accounts, affiliations,
                 handling_rule_consents"
    )
    .execute(tx)
    .await
    .map(|_| ())
}

fn column<R, T>(rows: &[R], value: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}
