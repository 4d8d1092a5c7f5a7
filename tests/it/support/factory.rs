//! Builders of accounts and members, written as the owner writes them.

use ceptoar_portal::features::access::Role;
use sqlx::PgConnection;
use uuid::Uuid;

use super::TestApp;

/// The password of every account made here.
pub const PASSWORD: &str = "a password for tests";

/// The id of an organisation by its code (`nisc`, `fsa`, …).
pub async fn organisation(db: &mut PgConnection, code: &str) -> Uuid {
    sqlx::query_scalar("select organisation_id from organisations where code = $1")
        .bind(code)
        .fetch_one(db)
        .await
        .expect("an organisation")
}

/// The first secretariat of a CEPTOAR today.
pub async fn secretariat_of(db: &mut PgConnection, ceptoar: &str) -> Uuid {
    sqlx::query_scalar(
        "select organisation_id from secretariat_terms where ceptoar_id = $1 and upper_inf(valid) order by 1 limit 1",
    )
    .bind(ceptoar)
    .fetch_one(db)
    .await
    .expect("a secretariat")
}

/// A new member organisation of a CEPTOAR.
pub async fn member(db: &mut PgConnection, ceptoar: &str, name: &str) -> Uuid {
    let id: Uuid = sqlx::query_scalar("insert into organisations (kind) values ('member') returning organisation_id")
        .fetch_one(&mut *db)
        .await
        .expect("an organisation");
    sqlx::query("insert into organisation_names (organisation_id, ja, en, reading) values ($1, $2, $2, $2)")
        .bind(id)
        .bind(name)
        .execute(&mut *db)
        .await
        .expect("a name");
    sqlx::query(
        "insert into memberships (ceptoar_id, organisation_id, unit, valid) values ($1, $2, '社', '[2018-04-01,)')",
    )
    .bind(ceptoar)
    .bind(id)
    .execute(db)
    .await
    .expect("a membership");
    id
}

/// A partner body of a CEPTOAR, in one role.
pub async fn partner(db: &mut PgConnection, ceptoar: &str, name: &str, role: &str) -> Uuid {
    let id: Uuid = sqlx::query_scalar(
        "insert into organisations (kind, partner_kind) values ('partner', 'prefecture') returning organisation_id",
    )
    .fetch_one(&mut *db)
    .await
    .expect("an organisation");
    sqlx::query("insert into organisation_names (organisation_id, ja, en, reading) values ($1, $2, $2, 'ほしみけん')")
        .bind(id)
        .bind(name)
        .execute(&mut *db)
        .await
        .expect("a name");
    sqlx::query(
        "insert into partnerships (ceptoar_id, organisation_id, role, basis, valid) values ($1, $2, $3, '取決め', '[2018-04-01,)')",
    )
    .bind(ceptoar)
    .bind(id)
    .bind(role)
    .execute(db)
    .await
    .expect("a partnership");
    id
}

/// A cross-cutting group of a CEPTOAR that a desk made, with its members.
pub async fn group(db: &mut PgConnection, ceptoar: &str, code: &str, members: &[Uuid]) -> String {
    let id = format!("{ceptoar}-{}", Uuid::new_v4());
    sqlx::query(
        "insert into subgroups (subgroup_id, ceptoar_id, kind, code, scope, valid)
         values ($1, $2, 'cross_cutting', $3, '対象', '[2018-04-01,)')",
    )
    .bind(&id)
    .bind(ceptoar)
    .bind(code)
    .execute(&mut *db)
    .await
    .expect("a group");
    sqlx::query(
        "insert into group_members (subgroup_id, ceptoar_id, organisation_id, valid)
         select $1, $2, m, '[2018-04-01,)' from unnest($3::uuid[]) m",
    )
    .bind(&id)
    .bind(ceptoar)
    .bind(members)
    .execute(db)
    .await
    .expect("its members");
    id
}

/// A regional office on the road of a CEPTOAR, for a group of its members or for all; and where it is taken off the road.
pub async fn regional_office(db: &mut PgConnection, ceptoar: &str, name: &str, group: Option<&str>) -> (Uuid, String) {
    let (office, fact): (Uuid, Uuid) = sqlx::query_as(
        "with body as (insert into organisations (kind) values ('ministry') returning organisation_id),
         named as (insert into organisation_names (organisation_id, ja, en, reading, valid)
                   select organisation_id, $2, $2, $2, '[2018-04-01,)' from body)
         insert into regional_offices (ceptoar_id, organisation_id, subgroup_id, valid)
         select $1, organisation_id, $3, '[2018-04-01,)' from body returning organisation_id, fact_id",
    )
    .bind(ceptoar)
    .bind(name)
    .bind(group)
    .fetch_one(db)
    .await
    .expect("an office");
    (office, format!("/directory/{ceptoar}/route/regional/{fact}/end"))
}

/// A window of an organisation with one mail channel.
pub async fn window(db: &mut PgConnection, organisation: Uuid, ceptoar: Option<&str>, address: &str) -> Uuid {
    let id: Uuid = sqlx::query_scalar(
        "insert into contacts (organisation_id, ceptoar_id, position, label, handler, valid)
         select $1, $2, 1 + count(*), '窓口', true, '[2018-04-01,)' from contacts where organisation_id = $1
         returning contact_id",
    )
    .bind(organisation)
    .bind(ceptoar)
    .fetch_one(&mut *db)
    .await
    .expect("a contact");
    sqlx::query(
        "insert into contact_channels (contact_id, position, kind, value, hours) values ($1, 1, 'mail', $2, 'always')",
    )
    .bind(id)
    .bind(address)
    .execute(db)
    .await
    .expect("a channel");
    id
}

/// A new account; give it what it is with [`affiliate`].
pub async fn account(app: &TestApp, name: &str) -> Uuid {
    let hash = app.state.hasher.hash(PASSWORD.into()).await.expect("a hash");
    sqlx::query_scalar(
        "insert into accounts (sign_in_name, display_name, password_hash, demonstration, created_at)
         values ($1, $1, $2, true, $3) returning account_id",
    )
    .bind(name)
    .bind(hash)
    .bind(app.state.clock.now())
    .fetch_one(&mut app.database.owner().await)
    .await
    .expect("an account")
}

/// Makes an account something in an organisation.
pub async fn affiliate(
    db: &mut PgConnection,
    account: Uuid,
    role: Role,
    organisation: Uuid,
    ceptoar: Option<&str>,
    contact: Option<Uuid>,
) {
    sqlx::query(
        "insert into affiliations (account_id, role, organisation_id, ceptoar_id, contact_id, valid)
         values ($1, $2, $3, $4, $5, '[2018-04-01,)')",
    )
    .bind(account)
    .bind(role.code())
    .bind(organisation)
    .bind(ceptoar)
    .bind(contact)
    .execute(db)
    .await
    .expect("an affiliation");
}

/// An account with one affiliation, in one go.
pub async fn person(
    app: &TestApp,
    name: &str,
    role: Role,
    organisation: Uuid,
    ceptoar: Option<&str>,
    contact: Option<Uuid>,
) -> Uuid {
    let id = account(app, name).await;
    affiliate(&mut app.database.owner().await, id, role, organisation, ceptoar, contact).await;
    id
}

/// An advisory to publish in one go.
#[derive(Debug, Clone, Copy)]
pub struct NewAdvisory<'a> {
    pub level: &'a str,
    pub scope: &'a str,
    pub title: &'a str,
    pub drill: bool,
    /// Hours from now until an answer is due; negative: it was due.
    pub due_in_hours: i32,
    /// Addressed CEPTOARs.
    pub ceptoars: &'a [&'a str],
    /// Named windows (RED).
    pub named: &'a [Uuid],
}

impl Default for NewAdvisory<'_> {
    fn default() -> Self {
        Self {
            level: "AMBER",
            scope: "handlers",
            title: "VPN装置の脆弱性の悪用について",
            drill: false,
            due_in_hours: 24,
            ceptoars: &["banks"],
            named: &[],
        }
    }
}

/// The two persons behind every advisory of the factory: who wrote it and who approved it.
pub async fn case_team(app: &TestApp) -> (Uuid, Uuid) {
    let mut db = app.database.owner().await;
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select account_id from accounts where sign_in_name in ('case-author', 'case-approver') order by sign_in_name",
    )
    .fetch_all(&mut db)
    .await
    .expect("accounts");
    if let [approver, author] = ids[..] {
        return (author, approver);
    }
    let nisc = organisation(&mut db, "nisc").await;
    let author = person(app, "case-author", Role::NiscAnalyst, nisc, None, None).await;
    let approver = person(app, "case-approver", Role::NiscApprover, nisc, None, None).await;
    (author, approver)
}

/// A draft of the case team.
pub async fn draft_advisory(app: &TestApp, new: NewAdvisory<'_>) -> Uuid {
    let (author, _) = case_team(app).await;
    let mut db = app.database.owner().await;
    let now = app.state.clock.now();
    let id: Uuid = sqlx::query_scalar(
        "insert into advisories (number, fiscal_year, serial, level, handler_scope, drill, created_by, created_at,
                                 last_edited_by, answer_due)
         select '2026-' || lpad(n::text, 4, '0'), 2026, n, $1, $2, $3, $4, $5, $4, $5 + make_interval(hours => $6)
         from (select 1 + coalesce(max(serial), 0) as n from advisories) x returning advisory_id",
    )
    .bind(new.level)
    .bind(new.scope)
    .bind(new.drill)
    .bind(author)
    .bind(now)
    .bind(new.due_in_hours)
    .fetch_one(&mut db)
    .await
    .expect("an advisory");
    sqlx::query(
        "insert into advisory_serials select 2026, max(serial) from advisories
         on conflict (fiscal_year) do update set last_serial = excluded.last_serial",
    )
    .execute(&mut db)
    .await
    .expect("a serial");
    sqlx::query(
        "insert into advisory_texts (advisory_id, kind, title, summary, impact, countermeasure, purpose, links, cves,
                                     products, search_text)
         values ($1, 'early_warning', $2, '概要の一行目です。' || chr(10) || '二行目です。', '影響の説明です。',
                 '更新を適用してください。', 'containment',
                 array['https://www.vendor.example/advisory', 'javascript:alert(1)'], array['CVE-2026-12345'],
                 array['架空VPN 1.0'], $3)",
    )
    .bind(id)
    .bind(new.title)
    .bind(ceptoar_portal::kernel::text::folded(new.title))
    .execute(&mut db)
    .await
    .expect("a text");
    sqlx::query(
        "insert into advisory_addressees (advisory_id, ceptoar_id, contact_id)
         select $1, c, null from unnest($2::text[]) c union all select $1, null, k from unnest($3::uuid[]) k",
    )
    .bind(id)
    .bind(new.ceptoars)
    .bind(new.named)
    .execute(&mut db)
    .await
    .expect("addressees");
    id
}

/// A published advisory, its audience frozen and its mails queued by the very function that publishing uses.
pub async fn published_advisory(app: &TestApp, new: NewAdvisory<'_>) -> Uuid {
    let id = draft_advisory(app, new).await;
    publish(app, id, new.drill).await;
    id
}

/// Approves a draft of the case team for an hour from now.
pub async fn approve_for_later(app: &TestApp, id: Uuid) {
    let (_, approver) = case_team(app).await;
    let now = app.state.clock.now();
    sqlx::query(
        "with item as (
           update advisories set state = 'approved', submitted_by = created_by, submitted_at = created_at, approved_by = $2,
                  approved_hash = '\\x00' where advisory_id = $1)
         insert into advisory_releases (release_id, advisory_id, approved_by, approved_at, release_at, recipients, audience,
                                        priority, keep_for)
         values (gen_random_uuid(), $1, $2, $3, $3::timestamptz + interval '1 hour', 1, '', 0, '1 day')",
    )
    .bind(id)
    .bind(approver)
    .bind(now)
    .execute(&mut app.database.owner().await)
    .await
    .expect("a release");
}

/// Publishes a draft of the case team as it stands.
pub async fn publish(app: &TestApp, id: Uuid, drill: bool) {
    let (author, approver) = case_team(app).await;
    let mut db = app.database.owner().await;
    let mut tx = sqlx::Connection::begin(&mut db).await.expect("a transaction");
    let now = app.state.clock.now();
    sqlx::query("select set_config('portal.account', $1, true), set_config('portal.today', $2, true)")
        .bind(approver.to_string())
        .bind(ceptoar_portal::kernel::clock::japan_day(now).to_string())
        .execute(&mut *tx)
        .await
        .expect("a viewer");
    sqlx::query(
        "update advisories set state = 'published', submitted_by = $2, submitted_at = $4, approved_by = $3,
                published_at = $4, approved_hash = 'x' where advisory_id = $1",
    )
    .bind(id)
    .bind(author)
    .bind(approver)
    .bind(now)
    .execute(&mut *tx)
    .await
    .expect("a publication");
    sqlx::query(
        "insert into mails (mail_id, item_kind, item_id, language, subject, body, body_hash, drill, created_at)
         select gen_random_uuid(), 'advisory', $1, l, 's', 'b', 'h', $2, $3 from unnest(array['ja', 'en']) l",
    )
    .bind(id)
    .bind(drill)
    .bind(now)
    .execute(&mut *tx)
    .await
    .expect("mails");
    sqlx::query("select sharing_freeze($1, $2, 0::smallint, $2 + interval '1 day')")
        .bind(id)
        .bind(now)
        .execute(&mut *tx)
        .await
        .expect("a frozen audience");
    tx.commit().await.expect("a commit");
}

/// Makes a member one that passes items on (a hub).
pub async fn hub(db: &mut PgConnection, organisation: Uuid) {
    sqlx::query("update memberships set hub = true where organisation_id = $1")
        .bind(organisation)
        .execute(db)
        .await
        .expect("a hub");
}
