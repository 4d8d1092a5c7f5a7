//! The rows of the benchmarks.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::kernel::ids::{AccountId, AdvisoryId};
use crate::kernel::language::Language;
use crate::platform::mail::letter::Letter;
use crate::platform::mail::outbox;

/// A Japanese letter that makes about 6 kB on the wire.
pub fn letter() -> anyhow::Result<Letter> {
    let line = "これは性能測定のための文面です。実在の製品や組織とは関係ありません。\n";
    Ok(Letter::new(Language::Ja, "【注意喚起】[TLP:GREEN] 性能測定(第1報)", &line.repeat(40), false)?)
}

/// Queues one mail for `recipients`; answers when the statement began, on the database's clock.
pub async fn enqueue(owner: &mut PgConnection, recipients: i32, now: DateTime<Utc>) -> anyhow::Result<DateTime<Utc>> {
    use sqlx::Connection;
    let item = Uuid::new_v4();
    let mut tx = owner.begin().await?;
    let begun = sqlx::query_scalar!(r#"select clock_timestamp() as "at!""#).fetch_one(&mut *tx).await?;
    let mail = outbox::store_mail(&mut tx, "advisory", item, &letter()?, outbox::Readers::Everybody, now).await?;
    sqlx::query!(
        "with due as materialized (select gen_random_uuid() as id, n from generate_series(1, $3::int) n),
         made as (
           insert into deliveries (delivery_id, mail_id, item_id, organisation_id, ceptoar_id, contact_id, stage,
                                   position, priority, give_up_at)
           select id, $1, $2, gen_random_uuid(), 'bench', gen_random_uuid(), 'member', 1, 1, now() + interval '1 day'
           from due)
         insert into delivery_addresses (delivery_id, organisation_id, ceptoar_id, address, addressee)
         select id, gen_random_uuid(), 'bench', 'w' || n || '@bench.example', '架空の構成員' from due",
        mail.0,
        item,
        recipients
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("select pg_notify('outbox', '')").fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(begun)
}

/// Whether everything is sent; then, when the last copy was settled.
pub async fn finished(owner: &mut PgConnection) -> sqlx::Result<Option<DateTime<Utc>>> {
    let open = sqlx::query_scalar!(
        r#"select exists (select from deliveries where state = 'queued')
               or exists (select from deliveries where state = 'sending') as "open!""#
    )
    .fetch_one(&mut *owner)
    .await?;
    if open {
        return Ok(None);
    }
    sqlx::query_scalar!("select max(settled_at) from deliveries where state = 'sent'").fetch_one(owner).await
}

/// Empties the outbox.
pub async fn clear(owner: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql("truncate mail_replies, delivery_addresses, deliveries, mails").execute(owner).await.map(|_| ())
}

/// A roster of `members` in one CEPTOAR with a window each, and an approver.
pub async fn roster(owner: &mut PgConnection, members: i32) -> sqlx::Result<AccountId> {
    roster_over(owner, members, 1).await
}

/// A roster of `members` with a window each, spread evenly over some CEPTOARs, and an approver.
pub async fn roster_over(owner: &mut PgConnection, members: i32, ceptoars: i32) -> sqlx::Result<AccountId> {
    let statement = format!(
        "insert into sectors (sector_id, position) select 'bench', coalesce(max(position), 0) + 1 from sectors;
         create temporary table places as
           select 'bench' || coalesce(nullif(n, 1)::text, '') as ceptoar_id, n from generate_series(1, {ceptoars}) n;
         insert into ceptoars (ceptoar_id, sector_id, position, scope) select ceptoar_id, 'bench', n, 'bench' from places;
         insert into ceptoar_names (ceptoar_id, ja, en, reading, valid)
           select ceptoar_id, '性能測定', 'Benchmark', 'せいのうそくてい', '[2000-01-01,)' from places;
         insert into route_stages (ceptoar_id, position, stage, valid) values ('bench', 1, 'member', '[2000-01-01,)');
         create temporary table roster as
           select gen_random_uuid() as organisation_id, gen_random_uuid() as contact_id, m as n, ceptoar_id
           from generate_series(1, {members}) m join places p on p.n = (m - 1) % {ceptoars} + 1;
         insert into organisations (organisation_id, kind, demonstration)
           select organisation_id, 'member', true from roster;
         insert into organisation_names (organisation_id, ja, en, reading)
           select organisation_id, '架空の構成員' || n, 'Invented member ' || n, 'かくう' from roster;
         insert into memberships (ceptoar_id, organisation_id, unit, valid)
           select ceptoar_id, organisation_id, '社', '[2000-01-01,)' from roster;
         insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, valid)
           select contact_id, organisation_id, ceptoar_id, 1, '窓口', true, '[2000-01-01,)' from roster;
         insert into contact_channels (contact_id, position, kind, value, hours)
           select contact_id, 1, 'mail', 'w' || n || '@bench.example', 'always' from roster;"
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *owner).await?;
    let people = "insert into organisations (code, kind) values ('centre', 'central');
         insert into accounts (account_id, sign_in_name, display_name, password_hash, created_at)
           select gen_random_uuid(), name, name, 'none', now() from unnest(array['author', 'approver']) name;
         insert into affiliations (account_id, role, organisation_id, valid)
           select account_id, 'nisc_approver', organisation_id, '[2000-01-01,)'
           from accounts, organisations where code = 'centre' and sign_in_name = 'approver';
         analyze organisations, organisation_names, memberships, contacts, contact_channels";
    sqlx::raw_sql(people).execute(&mut *owner).await?;
    let approver =
        sqlx::query_scalar!("select account_id from accounts where sign_in_name = 'approver'").fetch_one(owner).await?;
    Ok(AccountId(approver))
}

/// Makes the roster as if it had been recorded long ago, and every tenth member changed a moment ago.
pub async fn recorded_long_ago(owner: &mut PgConnection) -> sqlx::Result<()> {
    let told = ["organisation_names", "memberships", "contacts", "contact_channels"].map(|table| {
        format!(
            "alter table {table} disable trigger keep_version; update {table} set recorded_at = '2020-04-01Z';
             alter table {table} enable trigger keep_version;"
        )
    });
    let changes = "update contacts set label = label || '(新)' where hashtext(organisation_id::text) % 10 = 0 and ceptoar_id = 'bench';
         update memberships set unit = '団体' where hashtext(organisation_id::text) % 10 = 1 and ceptoar_id = 'bench';
         analyze";
    sqlx::raw_sql(AssertSqlSafe(format!("{} {changes}", told.concat()))).execute(owner).await.map(|_| ())
}

/// A member whose windows were changed.
pub async fn some_member(owner: &mut PgConnection) -> sqlx::Result<Uuid> {
    sqlx::query_scalar!(
        r#"select organisation_id as "organisation_id!" from directory_versions where relation = 'contacts' order by organisation_id limit 1"#
    )
    .fetch_one(owner)
    .await
}

/// Gives every member two windows more.
pub async fn more_windows(owner: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, valid)
           select gen_random_uuid(), organisation_id, ceptoar_id, p, '夜間の窓口' || p, false, valid
           from contacts, generate_series(2, 3) p where ceptoar_id like 'bench%';
         analyze contacts, windows",
    )
    .execute(owner)
    .await
    .map(|_| ())
}

/// An advisory to the roster, published by the approver a moment ago.
pub async fn advisory(owner: &mut PgConnection, serial: i32) -> sqlx::Result<AdvisoryId> {
    let id = sqlx::query_scalar!(
        "insert into advisories (number, fiscal_year, serial, state, level, handler_scope, created_by, created_at,
                                 last_edited_by, submitted_by, approved_by, published_at, approved_hash)
         select 'bench-' || $1::int, 2026, $1, 'published', 'GREEN', 'handlers', author.account_id, now(),
                author.account_id, author.account_id, approver.account_id, now(), ''
         from accounts author, accounts approver
         where author.sign_in_name = 'author' and approver.sign_in_name = 'approver'
         returning advisory_id",
        serial
    )
    .fetch_one(&mut *owner)
    .await?;
    sqlx::query!("insert into advisory_addressees (advisory_id, ceptoar_id) values ($1, 'bench')", id)
        .execute(owner)
        .await?;
    Ok(AdvisoryId(id))
}

/// The publication's own statement: freezes the audience and queues the deliveries.
pub async fn freeze(tx: &mut PgConnection, advisory: AdvisoryId, now: DateTime<Utc>) -> sqlx::Result<i32> {
    let give_up_at = now + chrono::TimeDelta::days(1);
    sqlx::query_scalar!(r#"select sharing_freeze($1, $2, 1::smallint, $3) as "queued!""#, advisory.0, now, give_up_at)
        .fetch_one(tx)
        .await
}

/// Copies of the three tables with their indexes and the rows of the last publication, to insert again bare.
pub async fn prepare_bare(owner: &mut PgConnection) -> sqlx::Result<()> {
    let statement = "create table bare_audience (like advisory_audience including all);
         create table bare_deliveries (like deliveries including all);
         create table bare_addresses (like delivery_addresses including all);
         alter table bare_deliveries add foreign key (mail_id) references mails;
         alter table bare_addresses add foreign key (delivery_id) references bare_deliveries;
         alter table bare_audience add foreign key (organisation_id) references organisations,
           add foreign key (advisory_id) references advisories, add foreign key (ceptoar_id) references ceptoars;
         create table kept_audience as table advisory_audience;
         create table kept_deliveries as table deliveries;
         create table kept_addresses as table delivery_addresses;
         analyze kept_audience, kept_deliveries, kept_addresses";
    sqlx::raw_sql(statement).execute(owner).await.map(|_| ())
}

/// The bare INSERT … SELECT.
pub async fn insert_bare(owner: &mut PgConnection) -> sqlx::Result<()> {
    let statement = "begin;
         insert into bare_audience select * from kept_audience;
         insert into bare_deliveries select * from kept_deliveries;
         insert into bare_addresses select * from kept_addresses;
         commit";
    sqlx::raw_sql(statement).execute(owner).await.map(|_| ())
}

/// Empties the copies.
pub async fn clear_bare(owner: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql("truncate bare_addresses, bare_deliveries, bare_audience").execute(owner).await.map(|_| ())
}

/// The account of a name.
pub async fn account(owner: &mut PgConnection, name: &str) -> sqlx::Result<AccountId> {
    sqlx::query_scalar!("select account_id from accounts where sign_in_name = $1", name)
        .fetch_one(owner)
        .await
        .map(AccountId)
}

/// A session of the desk, of the first member's point of contact, or of somebody who is there already.
pub async fn session(owner: &mut PgConnection, name: &str, token_hash: &[u8]) -> sqlx::Result<()> {
    let people = "insert into organisations (code, kind) values ('bench-desk', 'association') on conflict do nothing;
         insert into accounts (sign_in_name, display_name, password_hash, demonstration, created_at)
           select name, name, 'none', true, now() from unnest(array['desk', 'poc']) name on conflict do nothing;
         update accounts set demonstration = true;
         insert into affiliations (account_id, role, organisation_id, ceptoar_id, valid)
           select account_id, 'secretariat', organisation_id, 'bench', '[2000-01-01,)' from accounts, organisations
           where sign_in_name = 'desk' and code = 'bench-desk'
             and not exists (select from affiliations where role = 'secretariat');
         insert into affiliations (account_id, role, organisation_id, ceptoar_id, contact_id, valid)
           select account_id, 'member_poc', organisation_id, 'bench', contact_id, '[2000-01-01,)' from accounts, roster
           where sign_in_name = 'poc' and n = 1 and not exists (select from affiliations where role = 'member_poc');
         insert into secretariat_terms (ceptoar_id, organisation_id, valid)
           select 'bench', organisation_id, '[2000-01-01,)' from organisations
           where code = 'bench-desk' and not exists (select from secretariat_terms where ceptoar_id = 'bench');
         insert into route_stages (ceptoar_id, position, stage, valid) values ('bench', 0, 'secretariat', '[2000-01-01,)')
           on conflict do nothing";
    sqlx::raw_sql(people).execute(&mut *owner).await?;
    sqlx::query!(
        "insert into sessions (token_hash, account_id, opened_at, last_seen_at, expires_at, opened_by, confirmed_at)
         select $2, account_id, now(), now(), now() + interval '1 hour', 'demonstration', now() from accounts where sign_in_name = $1",
        name,
        token_hash
    )
    .execute(owner)
    .await
    .map(|_| ())
}

/// What an item says.
pub async fn text(owner: &mut PgConnection, advisory: AdvisoryId) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into advisory_texts (advisory_id, kind, title, summary, countermeasure, purpose, search_text)
         values ($1, 'alert', '性能測定', repeat('概要です。', 100), '対策です。', 'prevention', '性能測定')",
        advisory.0
    )
    .execute(owner)
    .await
    .map(|_| ())
}

/// Items of the last years, three a week, each to 150 members, half of them acknowledged by the first.
pub async fn archive(owner: &mut PgConnection, advisories: i32) -> sqlx::Result<()> {
    let statement = format!(
        "create temporary table archive as select gen_random_uuid() as advisory_id, n from generate_series(1, {advisories}) n;
         insert into advisories (advisory_id, number, fiscal_year, serial, state, level, handler_scope, created_by, created_at,
                                 last_edited_by, submitted_by, approved_by, published_at, approved_hash, answer_due)
         select advisory_id, 'bench-' || n, 2026, n, 'published', 'AMBER', 'handlers', author.account_id,
                now() - n * interval '56 hours', author.account_id, author.account_id, approver.account_id,
                now() - n * interval '56 hours', '', now() - n * interval '55 hours'
         from archive, accounts author, accounts approver
         where author.sign_in_name = 'author' and approver.sign_in_name = 'approver';
         insert into advisory_texts (advisory_id, kind, title, summary, purpose, search_text)
           select advisory_id, 'alert', '性能測定', '概要です。', 'prevention', '性能測定' from archive;
         insert into advisory_audience (advisory_id, organisation_id, ceptoar_id, stage, rule)
           select advisory_id, organisation_id, 'bench', 'member', 'addressed_ceptoar' from archive
           join roster r on r.n = 1 or r.n between archive.n % 90 * 150 + 2 and archive.n % 90 * 150 + 150;
         insert into advisory_audience (advisory_id, organisation_id, ceptoar_id, stage, rule)
           select advisory_id, organisation_id, 'bench', 'secretariat', 'route_secretariat' from archive, secretariat_terms
           where ceptoar_id = 'bench';
         insert into advisory_acknowledgements (advisory_id, organisation_id, account_id, acknowledged_at)
           select advisory_id, organisation_id, account_id, now() from archive, affiliations
           where role = 'member_poc' and archive.n % 2 = 0"
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *owner).await?;
    analyse(owner).await
}

/// Ten years of items, each to about a third of the CEPTOARs, one in ten to all of them; four of five members acknowledged it.
/// The doors are hung here, or a trigger would hang them row by row. Answers how many rows of audience there are.
pub async fn ten_years(owner: &mut PgConnection, advisories: i32) -> sqlx::Result<i64> {
    let statement = format!(
        "create temporary table years as select gen_random_uuid() as advisory_id, n,
           now() - interval '2 days' - n * (interval '3640 days' / {advisories}) as at from generate_series(1, {advisories}) n;
         insert into advisories (advisory_id, number, fiscal_year, serial, state, level, handler_scope, created_by, created_at,
                                 last_edited_by, submitted_by, approved_by, published_at, approved_hash, answer_due)
         select advisory_id, 'bench-' || n, 2026, n, 'published', 'AMBER', 'organisation', author.account_id, at,
                author.account_id, author.account_id, approver.account_id, at, '', at + interval '1 day'
         from years, accounts author, accounts approver
         where author.sign_in_name = 'author' and approver.sign_in_name = 'approver';
         insert into advisory_texts (advisory_id, kind, title, summary, purpose, search_text)
           select advisory_id, (array['early_warning', 'alert', 'reference', 'newsletter'])[1 + n % 4], '性能測定', '概要です。',
                  'prevention', '性能測定' from years;
         create temporary table reached as select y.advisory_id, y.at, p.ceptoar_id from years y, places p
           where y.n % 10 = 0 or hashtext(y.n || p.ceptoar_id) % 3 = 0;
         insert into advisory_audience (advisory_id, organisation_id, ceptoar_id, stage, rule, door, sealed)
           select a.advisory_id, r.organisation_id, a.ceptoar_id, 'member', 'addressed_ceptoar',
                  audience_door('member', 'organisation', r.organisation_id, a.ceptoar_id), false
           from reached a join roster r using (ceptoar_id);
         insert into advisory_audience (advisory_id, organisation_id, ceptoar_id, stage, rule, door, sealed)
           select a.advisory_id, t.organisation_id, a.ceptoar_id, 'secretariat', 'route_secretariat',
                  audience_door('secretariat', null, t.organisation_id, a.ceptoar_id), false
           from reached a join secretariat_terms t using (ceptoar_id);
         insert into advisory_acknowledgements (advisory_id, organisation_id, account_id, acknowledged_at)
           select a.advisory_id, r.organisation_id, author.account_id, a.at + make_interval(secs => exp(6 + 5 * random()))
           from reached a join roster r using (ceptoar_id), accounts author
           where author.sign_in_name = 'author' and random() < 0.8"
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *owner).await?;
    analyse(owner).await?;
    sqlx::query_scalar!(r#"select count(*) as "rows!" from advisory_audience"#).fetch_one(owner).await
}

/// Early warnings that everybody of the roster got a moment ago, and nobody has acknowledged; answers how many receipts are open.
pub async fn silence(owner: &mut PgConnection, advisories: i32) -> sqlx::Result<i64> {
    let statement = format!(
        "insert into route_stages (ceptoar_id, position, stage, valid)
           select ceptoar_id, 1, 'member', '[2000-01-01,)' from places on conflict do nothing;
         create temporary table silence as select gen_random_uuid() as advisory_id, n from generate_series(1, {advisories}) n;
         insert into advisories (advisory_id, number, fiscal_year, serial, state, level, handler_scope, created_by, created_at,
                                 last_edited_by, submitted_by, approved_by, published_at, approved_hash, answer_due)
         select advisory_id, 'bench-' || n, 2026, n, 'published', 'AMBER', 'handlers', author.account_id, now(),
                author.account_id, author.account_id, approver.account_id, now(), '', now() + interval '1 day'
         from silence, accounts author, accounts approver
         where author.sign_in_name = 'author' and approver.sign_in_name = 'approver';
         insert into advisory_texts (advisory_id, kind, title, purpose, search_text)
           select advisory_id, 'early_warning', '性能測定', 'prevention', '性能測定' from silence;
         insert into advisory_addressees (advisory_id, sector_id) select advisory_id, 'bench' from silence;
         insert into advisory_audience (advisory_id, organisation_id, ceptoar_id, stage, rule)
           select advisory_id, organisation_id, ceptoar_id, 'member', 'addressed_sector' from silence, roster"
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *owner).await?;
    analyse(owner).await?;
    sqlx::query_scalar!(r#"select count(*) as "open!" from advisory_audience where stage = 'member'"#)
        .fetch_one(owner)
        .await
}

/// Tells the planner what is there.
pub async fn analyse(owner: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql("analyze").execute(owner).await.map(|_| ())
}

/// Switches row security of every protected table on or off; only a benchmark has a reason to.
pub async fn row_security(owner: &mut PgConnection, on: bool) -> sqlx::Result<()> {
    let word = if on { "enable" } else { "disable" };
    let statement = format!(
        "do $$ declare t regclass; begin
           for t in select oid::regclass from pg_class where relforcerowsecurity
           loop execute format('alter table %s {word} row level security', t); end loop;
         end $$"
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(owner).await.map(|_| ())
}

/// A receipt of the n-th member of the roster.
pub async fn acknowledge(owner: &mut PgConnection, advisory: AdvisoryId, n: i32) -> sqlx::Result<()> {
    let statement = format!(
        "insert into advisory_acknowledgements (advisory_id, organisation_id, account_id, acknowledged_at)
           select '{advisory}', organisation_id, account_id, now() from roster, accounts
           where n = {n} and sign_in_name = 'author'"
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(owner).await.map(|_| ())
}
