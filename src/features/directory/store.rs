//! SQL of the directory. Set-based: one statement per table at any size.

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::reference::rows::{
    CeptoarRow, Dated, Facts, FederationRow, Name, Responsibility, Sector, SubgroupRow, Term,
};

/// Whether exactly this reference data is loaded.
pub async fn holds(tx: &mut PgConnection, fingerprint: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from reference_loads where content_hash = $1) as "there!""#,
        fingerprint
    )
    .fetch_one(tx)
    .await
}

/// Waits until nobody else loads; until the transaction ends it is our turn.
pub async fn wait_for_turn(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(7703)").execute(tx).await.map(|_| ())
}

/// Writes down which reference data is loaded.
pub async fn remember(tx: &mut PgConnection, fingerprint: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from reference_loads").execute(&mut *tx).await?;
    sqlx::query!("insert into reference_loads (content_hash) values ($1)", fingerprint).execute(tx).await.map(|_| ())
}

/// Puts `facts` in the place of whatever reference data there was. Things that others may refer to
/// keep their identity; dated facts, to which nobody refers, are written anew. Of the offices on the roads what was said before
/// stays known, so only what is said otherwise is written.
pub async fn replace(tx: &mut PgConnection, facts: &Facts) -> sqlx::Result<()> {
    put_sectors(tx, &facts.sectors).await?;
    put_organisations(tx, &facts.organisations).await?;
    put_ceptoars(tx, &facts.ceptoars).await?;
    put_subgroups(tx, &facts.subgroups).await?;
    clear(tx, &facts.organisations).await?;
    add_sector_names(tx, &facts.sector_names).await?;
    add_organisation_names(tx, &facts.organisation_names).await?;
    add_ceptoar_names(tx, &facts.ceptoar_names).await?;
    say_sector_ministries(tx, &facts.sector_ministries).await?;
    say_secretariat_terms(tx, &facts.secretariat_terms).await?;
    add_member_counts(tx, &facts.member_counts).await?;
    add_council_terms(tx, &facts.council_terms).await?;
    replace_federations(tx, facts).await?;
    add_holidays(tx, &facts.holidays).await?;
    say_route_stages(tx, &facts.route_stages).await
}

async fn put_sectors(tx: &mut PgConnection, rows: &[Sector]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into sectors (sector_id, position, valid)
         select u.id, u.position, daterange(u.since, null)
         from unnest($1::text[], $2::smallint[], $3::date[]) u (id, position, since)
         on conflict (sector_id) do update set position = excluded.position, valid = excluded.valid",
        &column(rows, |r| r.id.clone()),
        &column(rows, |r| r.position),
        &column(rows, |r| r.since.day)
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn put_organisations(tx: &mut PgConnection, rows: &[(String, String)]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into organisations (code, kind)
         select u.code, u.kind from unnest($1::text[], $2::text[]) u (code, kind)
         on conflict (code) do update set kind = excluded.kind",
        &column(rows, |r| r.0.clone()),
        &column(rows, |r| r.1.clone())
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn put_ceptoars(tx: &mut PgConnection, rows: &[CeptoarRow]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into ceptoars (ceptoar_id, sector_id, position, scope, scope_en)
         select u.id, u.sector, u.position, u.ja, u.en
         from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality u (id, sector, ja, en, position)
         on conflict (ceptoar_id) do update set sector_id = excluded.sector_id, position = excluded.position,
           scope = excluded.scope, scope_en = excluded.scope_en",
        &column(rows, |r| r.id.clone()),
        &column(rows, |r| r.sector.clone()),
        &column(rows, |r| r.scope[0].clone()),
        &column(rows, |r| r.scope[1].clone())
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Puts the subgroups in place; groups that a desk made are not the files'.
async fn put_subgroups(tx: &mut PgConnection, rows: &[SubgroupRow]) -> sqlx::Result<()> {
    sqlx::query!(
        // A name that a desk gave stays the desk's; what the files say again is not said anew.
        "insert into subgroups (subgroup_id, ceptoar_id, code, scope, scope_en, kept_by)
         select u.ceptoar || '-' || lower(u.code), u.ceptoar, u.code, u.ja, u.en, 'reference'
         from unnest($1::text[], $2::text[], $3::text[], $4::text[]) u (ceptoar, code, ja, en)
         where not exists (select from subgroups d where d.ceptoar_id = u.ceptoar and lower(d.code) = lower(u.code)
                           and d.kept_by = 'desk' and not isempty(d.valid))
         on conflict (subgroup_id) do update set scope = excluded.scope, scope_en = excluded.scope_en
         where subgroups.kept_by = 'reference'
           and (subgroups.scope, subgroups.scope_en) is distinct from (excluded.scope, excluded.scope_en)",
        &column(rows, |r| r.ceptoar.clone()),
        &column(rows, |r| r.code.clone()),
        &column(rows, |r| r.scope[0].clone()),
        &column(rows, |r| r.scope[1].clone())
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Takes away the dated facts. Names of members are not ours, nor is what a follow-up published since.
async fn clear(tx: &mut PgConnection, organisations: &[(String, String)]) -> sqlx::Result<()> {
    sqlx::query!("delete from sector_names").execute(&mut *tx).await?;
    sqlx::query!("delete from ceptoar_names where published_in is null").execute(&mut *tx).await?;
    sqlx::query!("delete from member_counts where published_in is null").execute(&mut *tx).await?;
    sqlx::query!("delete from council_terms").execute(&mut *tx).await?;
    sqlx::query!("delete from holidays").execute(&mut *tx).await?;
    sqlx::query!(
        "delete from organisation_names n using organisations o
         where o.organisation_id = n.organisation_id and o.code = any ($1)",
        &column(organisations, |o| o.0.clone())
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn add_sector_names(tx: &mut PgConnection, rows: &[Dated<Name>]) -> sqlx::Result<()> {
    let d = Dates::of(rows);
    sqlx::query!(
        "insert into sector_names (sector_id, ja, en, reading, valid, precision)
         select u.id, u.ja, u.en, u.reading, daterange(u.since, u.until), u.precision
         from unnest($1::text[], $2::date[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[])
           u (id, since, until, precision, ja, en, reading)",
        &d.of,
        &d.from as _,
        &d.until as _,
        &d.precision,
        &column(rows, |r| r.value.ja.clone()),
        &column(rows, |r| r.value.en.clone()),
        &column(rows, |r| r.value.reading.clone())
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn add_organisation_names(tx: &mut PgConnection, rows: &[Dated<Name>]) -> sqlx::Result<()> {
    let d = Dates::of(rows);
    sqlx::query!(
        "insert into organisation_names (organisation_id, ja, en, reading, valid, precision)
         select o.organisation_id, u.ja, u.en, u.reading, daterange(u.since, u.until), u.precision
         from unnest($1::text[], $2::date[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[])
           u (code, since, until, precision, ja, en, reading)
         join organisations o using (code)",
        &d.of,
        &d.from as _,
        &d.until as _,
        &d.precision,
        &column(rows, |r| r.value.ja.clone()),
        &column(rows, |r| r.value.en.clone()),
        &column(rows, |r| r.value.reading.clone())
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn add_ceptoar_names(tx: &mut PgConnection, rows: &[Dated<Name>]) -> sqlx::Result<()> {
    let d = Dates::of(rows);
    sqlx::query!(
        // From the day of a published name on the files say nothing more about names of that CEPTOAR.
        "insert into ceptoar_names (ceptoar_id, ja, en, reading, valid, precision)
         select u.id, u.ja, u.en, u.reading, daterange(u.since, least(u.until, p.day)), u.precision
         from unnest($1::text[], $2::date[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[])
           u (id, since, until, precision, ja, en, reading)
         left join (select ceptoar_id, min(lower(valid)) as day from ceptoar_names group by 1) p on p.ceptoar_id = u.id
         where p.day is null or u.since < p.day",
        &d.of,
        &d.from as _,
        &d.until as _,
        &d.precision,
        &column(rows, |r| r.value.ja.clone()),
        &column(rows, |r| r.value.en.clone()),
        &column(rows, |r| r.value.reading.clone())
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Says which ministries are responsible. What goes makes room before what comes is written: the last `select` waits for it.
async fn say_sector_ministries(tx: &mut PgConnection, rows: &[Dated<Responsibility>]) -> sqlx::Result<()> {
    let d = Dates::of(rows);
    let part = |language: usize| column(rows, |r| r.value.part.as_ref().map(|p| p[language].clone()));
    sqlx::query!(
        "with told as (
           select u.id, o.organisation_id, daterange(u.since, u.until) as valid, u.precision, u.basis, u.ja, u.en
           from unnest($1::text[], $2::date[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
             u (id, since, until, precision, code, basis, ja, en)
           join organisations o using (code)),
         gone as (
           delete from sector_ministries m where not exists (
             select from told t where (t.id, t.organisation_id, t.valid, t.precision, t.basis, t.ja, t.en)
               is not distinct from (m.sector_id, m.organisation_id, m.valid, m.precision, m.basis, m.part_ja, m.part_en))
           returning 1)
         insert into sector_ministries (sector_id, organisation_id, valid, precision, basis, part_ja, part_en)
         select t.* from told t where (select count(*) from gone) >= 0 and not exists (
           select from sector_ministries m where (t.id, t.organisation_id, t.valid, t.precision, t.basis, t.ja, t.en)
             is not distinct from (m.sector_id, m.organisation_id, m.valid, m.precision, m.basis, m.part_ja, m.part_en))",
        &d.of,
        &d.from as _,
        &d.until as _,
        &d.precision,
        &column(rows, |r| r.value.ministry.clone()),
        &column(rows, |r| r.value.basis.clone()),
        &part(0) as _,
        &part(1) as _
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Says who keeps the desks; what a follow-up published since stays.
async fn say_secretariat_terms(tx: &mut PgConnection, rows: &[Dated<Term>]) -> sqlx::Result<()> {
    let d = Dates::of(rows);
    let unit = |language: usize| column(rows, |r| r.value.unit.as_ref().map(|u| u[language].clone()));
    sqlx::query!(
        "with told as (
           select u.id, o.organisation_id, u.position, u.ja, u.en, daterange(u.since, least(u.until, p.day)) as valid, u.precision
           from unnest($1::text[], $2::date[], $3::date[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::text[])
             u (id, since, until, precision, code, position, ja, en)
           join organisations o using (code)
           left join (select ceptoar_id, organisation_id, min(lower(valid)) as day from secretariat_terms
                      where published_in is not null group by 1, 2) p
             on p.ceptoar_id = u.id and p.organisation_id = o.organisation_id
           where p.day is null or u.since < p.day),
         gone as (
           delete from secretariat_terms s where s.published_in is null and not exists (
             select from told t where (t.id, t.organisation_id, t.position, t.ja, t.en, t.valid, t.precision)
               is not distinct from (s.ceptoar_id, s.organisation_id, s.position, s.unit, s.unit_en, s.valid, s.precision))
           returning 1)
         insert into secretariat_terms (ceptoar_id, organisation_id, position, unit, unit_en, valid, precision)
         select t.* from told t where (select count(*) from gone) >= 0 and not exists (
           select from secretariat_terms s
           where s.published_in is null and (t.id, t.organisation_id, t.position, t.ja, t.en, t.valid, t.precision)
             is not distinct from (s.ceptoar_id, s.organisation_id, s.position, s.unit, s.unit_en, s.valid, s.precision))",
        &d.of,
        &d.from as _,
        &d.until as _,
        &d.precision,
        &column(rows, |r| r.value.organisation.clone()),
        &column(rows, |r| r.value.position),
        &unit(0) as _,
        &unit(1) as _
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn add_member_counts(tx: &mut PgConnection, rows: &[Dated<(String, i32)>]) -> sqlx::Result<()> {
    let d = Dates::of(rows);
    sqlx::query!(
        "insert into member_counts (ceptoar_id, unit, value, valid, precision)
         select u.id, u.unit, u.value, daterange(u.since, least(u.until, p.day)), u.precision
         from unnest($1::text[], $2::date[], $3::date[], $4::text[], $5::text[], $6::integer[])
           u (id, since, until, precision, unit, value)
         left join (select ceptoar_id, min(lower(valid)) as day from member_counts group by 1) p on p.ceptoar_id = u.id
         where p.day is null or u.since < p.day",
        &d.of,
        &d.from as _,
        &d.until as _,
        &d.precision,
        &column(rows, |r| r.value.0.clone()),
        &column(rows, |r| r.value.1)
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Says over which stages advisories are sent, but where somebody has said so in the portal: that counts from then on.
async fn say_route_stages(tx: &mut PgConnection, rows: &[Dated<(&'static str, i16)>]) -> sqlx::Result<()> {
    let d = Dates::of(rows);
    sqlx::query!(
        "with kept as (select c.ceptoar_id from directory_changes c where c.subject = 'route'),
         told as (
           select u.id, u.position, u.stage, daterange(u.since, u.until) as valid
           from unnest($1::text[], $2::date[], $3::date[], $4::text[], $5::smallint[]) u (id, since, until, stage, position)
           where u.id not in (select k.ceptoar_id from kept k)),
         gone as (
           delete from route_stages r where r.ceptoar_id not in (select k.ceptoar_id from kept k) and not exists (
             select from told t where (t.id, t.position, t.stage, t.valid) = (r.ceptoar_id, r.position, r.stage, r.valid))
           returning 1)
         insert into route_stages (ceptoar_id, position, stage, valid)
         select t.* from told t where (select count(*) from gone) >= 0 and not exists (
           select from route_stages r where (t.id, t.position, t.stage, t.valid) = (r.ceptoar_id, r.position, r.stage, r.valid))",
        &d.of,
        &d.from as _,
        &d.until as _,
        &column(rows, |r| r.value.0.to_owned()),
        &column(rows, |r| r.value.1)
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn add_council_terms(tx: &mut PgConnection, rows: &[Dated<String>]) -> sqlx::Result<()> {
    let d = Dates::of(rows);
    sqlx::query!(
        "insert into council_terms (ceptoar_id, status, valid, precision)
         select u.id, u.status, daterange(u.since, u.until), u.precision
         from unnest($1::text[], $2::date[], $3::date[], $4::text[], $5::text[]) u (id, since, until, precision, status)",
        &d.of,
        &d.from as _,
        &d.until as _,
        &d.precision,
        &column(rows, |r| r.value.clone())
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn add_holidays(tx: &mut PgConnection, rows: &[(NaiveDate, [String; 2])]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into holidays (day, ja, en) select u.day, u.ja, u.en from unnest($1::date[], $2::text[], $3::text[]) u (day, ja, en)",
        &column(rows, |r| r.0),
        &column(rows, |r| r.1[0].clone()),
        &column(rows, |r| r.1[1].clone())
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Puts the federations in place. Of one that somebody changed in the portal the files no longer speak.
async fn replace_federations(tx: &mut PgConnection, facts: &Facts) -> sqlx::Result<()> {
    let rows: &[FederationRow] = &facts.federations;
    sqlx::query!(
        "insert into federations (federation_id, sector_id, last_listed_on)
         select u.id, u.sector, u.listed from unnest($1::text[], $2::text[], $3::date[]) u (id, sector, listed)
         on conflict (federation_id) do update set sector_id = excluded.sector_id, last_listed_on = excluded.last_listed_on",
        &column(rows, |r| r.id.clone()),
        &column(rows, |r| r.sector.clone()),
        &column(rows, |r| r.last_listed) as _
    )
    .execute(&mut *tx)
    .await?;
    let untouched = sqlx::query_scalar!(
        "select f.federation_id from federations f
         where not exists (select from federation_changes c where c.federation_id = f.federation_id)"
    );
    let untouched = untouched.fetch_all(&mut *tx).await?;
    sqlx::query!("delete from federation_names where federation_id = any ($1)", &untouched).execute(&mut *tx).await?;
    sqlx::query!("delete from federation_members where federation_id = any ($1)", &untouched).execute(&mut *tx).await?;
    sqlx::query!("delete from federation_secretariats where federation_id = any ($1)", &untouched)
        .execute(&mut *tx)
        .await?;
    let (names, d) = (&facts.federation_names, Dates::of(&facts.federation_names));
    sqlx::query!(
        "insert into federation_names (federation_id, ja, en, reading, valid, precision)
         select u.id, u.ja, u.en, u.reading, daterange(u.since, u.until), u.precision
         from unnest($1::text[], $2::date[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[])
           u (id, since, until, precision, ja, en, reading) where u.id = any ($8)",
        &d.of,
        &d.from as _,
        &d.until as _,
        &d.precision,
        &column(names, |r| r.value.ja.clone()),
        &column(names, |r| r.value.en.clone()),
        &column(names, |r| r.value.reading.clone()),
        &untouched
    )
    .execute(&mut *tx)
    .await?;
    let (members, d) = (&facts.federation_members, Dates::of(&facts.federation_members));
    sqlx::query!(
        "insert into federation_members (federation_id, ceptoar_id, role, valid, precision)
         select u.id, u.ceptoar, 'member', daterange(u.since, u.until), u.precision
         from unnest($1::text[], $2::date[], $3::date[], $4::text[], $5::text[]) u (id, since, until, precision, ceptoar)
         where u.id = any ($6)",
        &d.of,
        &d.from as _,
        &d.until as _,
        &d.precision,
        &column(members, |r| r.value.clone()),
        &untouched
    )
    .execute(&mut *tx)
    .await?;
    let (desks, d) = (&facts.federation_secretariats, Dates::of(&facts.federation_secretariats));
    let unit = |language: usize| column(desks, |r| r.value.unit.as_ref().map(|u| u[language].clone()));
    sqlx::query!(
        "insert into federation_secretariats (federation_id, organisation_id, unit, unit_en, valid, precision)
         select u.id, o.organisation_id, u.ja, u.en, daterange(u.since, u.until), u.precision
         from unnest($1::text[], $2::date[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[])
           u (id, since, until, precision, code, ja, en)
         join organisations o using (code) where u.id = any ($8)",
        &d.of,
        &d.from as _,
        &d.until as _,
        &d.precision,
        &column(desks, |r| r.value.organisation.clone()),
        &unit(0) as _,
        &unit(1) as _,
        &untouched
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// What every dated fact has, column by column.
struct Dates {
    of: Vec<String>,
    from: Vec<Option<NaiveDate>>,
    until: Vec<Option<NaiveDate>>,
    precision: Vec<String>,
}

impl Dates {
    fn of<V>(rows: &[Dated<V>]) -> Self {
        Self {
            of: column(rows, |r| r.of.clone()),
            from: column(rows, |r| r.from),
            until: column(rows, |r| r.until),
            precision: column(rows, |r| r.precision.code().to_owned()),
        }
    }
}

fn column<R, T>(rows: &[R], value: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}
