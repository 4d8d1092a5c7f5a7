//! The directory: what it knows as of a day equals what the editions print.

mod corrections;
mod history;
mod kinds;
mod imports;
mod imports_hell;
mod imports_walls;
pub mod roster;
mod proposals;
pub mod records;
mod returning;
mod roster_plans;
mod rule_documents;
mod rules;
pub mod verification;
mod verification_windows;
mod roster_refusals;
mod roster_walls;

use std::collections::{BTreeMap, BTreeSet};

use ceptoar_portal::features::directory::reference;
use sqlx::PgConnection;

use crate::support::database::TestDatabase;

/// What one edition prints of one CEPTOAR: name, secretariats with units, counts by unit.
type Cell = (Option<String>, Vec<(String, Option<String>)>, BTreeMap<String, i64>);

fn edition(id: &str) -> toml::Table {
    let path = format!("{}/data/reference/editions/{id}.toml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("an edition").parse().expect("TOML")
}

fn text(table: &toml::Table, key: &str) -> Option<String> {
    table.get(key).and_then(toml::Value::as_str).map(ToOwned::to_owned)
}

fn tables<'a>(table: &'a toml::Table, key: &str) -> impl Iterator<Item = &'a toml::Table> {
    table.get(key).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_table)
}

/// The cells as printed, read from the file by other means than the portal's.
fn printed(id: &str) -> BTreeMap<String, Cell> {
    let edition = edition(id);
    tables(&edition, "ceptoar")
        .map(|c| {
            let mut secretariats: Vec<_> =
                tables(c, "secretariat").map(|s| (text(s, "org").expect("a name"), text(s, "unit"))).collect();
            let names = c.get("secretariats").and_then(toml::Value::as_array).into_iter().flatten();
            secretariats.extend(names.map(|n| (n.as_str().expect("a name").to_owned(), None)));
            let counts = tables(c, "count")
                .chain(tables(c, "counts"))
                .map(|n| (text(n, "unit").expect("a unit"), n["value"].as_integer().expect("a number")))
                .collect();
            (text(c, "id").expect("an id"), (text(c, "name"), secretariats, counts))
        })
        .collect()
}

/// The same cells, as the directory knows them on a day.
async fn known(db: &mut PgConnection, day: &str, of: BTreeSet<String>) -> BTreeMap<String, Cell> {
    let mut cells: BTreeMap<String, Cell> = of.into_iter().map(|id| (id, Cell::default())).collect();
    let names: Vec<(String, String)> =
        sqlx::query_as("select ceptoar_id, ja from ceptoar_names where valid @> $1::date")
            .bind(day.parse::<chrono::NaiveDate>().expect("a day"))
            .fetch_all(&mut *db)
            .await
            .expect("names");
    for (id, name) in names {
        cells.entry(id).or_default().0 = Some(name);
    }
    let secretariats: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "select t.ceptoar_id, n.ja, t.unit from secretariat_terms t
         join organisation_names n on n.organisation_id = t.organisation_id and n.valid @> $1::date
         where t.valid @> $1::date order by t.position",
    )
    .bind(day.parse::<chrono::NaiveDate>().expect("a day"))
    .fetch_all(&mut *db)
    .await
    .expect("secretariats");
    for (id, organisation, unit) in secretariats {
        cells.entry(id).or_default().1.push((organisation, unit));
    }
    let counts: Vec<(String, String, i32)> =
        sqlx::query_as("select ceptoar_id, unit, value from member_counts where valid @> $1::date")
            .bind(day.parse::<chrono::NaiveDate>().expect("a day"))
            .fetch_all(db)
            .await
            .expect("counts");
    for (id, unit, value) in counts {
        cells.entry(id).or_default().2.insert(unit, value.into());
    }
    cells
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_day_of_an_edition_the_directory_says_what_the_edition_prints() {
    let database = TestDatabase::fresh().await;
    let mut db = database.owner().await;
    for id in ["2007-03-31", "2011-03-31", "2018-04-24"] {
        let printed = printed(id);
        assert!(printed.len() >= 14);
        let known = known(&mut db, id, printed.keys().cloned().collect()).await;
        assert_eq!(known, printed, "edition {id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_per_unit_are_those_of_the_editions() {
    let database = TestDatabase::fresh().await;
    let mut db = database.owner().await;
    let units = [
        ("sum_sha", "社"),
        ("sum_sha_dantai", "社・団体"),
        ("sum_dantai", "団体"),
        ("sum_kikan", "機関"),
        ("sum_group", "グループ"),
    ];
    let mut checked = 0;
    for id in ["2011-03-31", "2018-04-24"] {
        let check = edition(id)["check"].as_table().expect("a table").clone();
        for (key, unit) in units {
            let Some(expected) = check.get(key).and_then(toml::Value::as_integer) else { continue };
            let sum: i64 =
                sqlx::query_scalar("select sum(value) from member_counts where unit = $1 and valid @> $2::text::date")
                    .bind(unit)
                    .bind(id)
                    .fetch_one(&mut db)
                    .await
                    .expect("a sum");
            assert_eq!(sum, expected, "{id} {unit}");
            checked += 1;
        }
        let ceptoars: i64 = sqlx::query_scalar("select count(*) from ceptoar_names where valid @> $1::text::date")
            .bind(id)
            .fetch_one(&mut db)
            .await
            .expect("a count");
        assert_eq!(ceptoars, check["ceptoars"].as_integer().expect("a number"));
        let sectors: i64 = sqlx::query_scalar("select count(*) from sector_names where valid @> $1::text::date")
            .bind(id)
            .fetch_one(&mut db)
            .await
            .expect("a count");
        assert_eq!(sectors, check["sectors"].as_integer().expect("a number"));
    }
    assert_eq!(checked, 7, "2011 gives two sums, 2018 five");
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_begin_and_end_on_the_days_that_are_known() {
    let database = TestDatabase::fresh().await;
    let mut db = database.owner().await;
    let row = async |db: &mut PgConnection, query: &'static str| -> Vec<String> {
        sqlx::query_scalar(query).fetch_all(db).await.expect("rows")
    };
    // The secretariat of broadcasting moved in February 2009, and the direct route began with it.
    let broadcast = "select concat_ws(' ', o.code, t.valid, t.precision) from secretariat_terms t
         join organisations o using (organisation_id) where ceptoar_id = 'broadcast' order by valid, t.position";
    assert_eq!(
        row(&mut db, broadcast).await,
        ["mic [2007-03-31,2009-02-01) edition", "minporen [2009-02-01,) month", "nhk [2018-04-24,) edition",]
    );
    // One body through two legal forms; a successor is another body.
    let forms = "select concat_ws(' ', n.ja, n.valid) from organisation_names n
         join organisations o using (organisation_id) where o.code = 'gas-kyokai' order by valid";
    assert_eq!(
        row(&mut db, forms).await,
        ["社団法人日本ガス協会 [2007-03-31,2011-03-31)", "一般社団法人日本ガス協会 [2011-03-31,)"]
    );
    let desks = "select distinct o.code from secretariat_terms t
         join organisations o using (organisation_id) where ceptoar_id = 'local-gov' order by 1";
    assert_eq!(row(&mut db, desks).await, ["j-lis", "lasdec"]);
    // The centre changed its name twice.
    let centre = "select concat_ws(' ', n.ja, n.valid) from organisation_names n
         join organisations o using (organisation_id) where o.kind = 'central' order by valid";
    assert_eq!(
        row(&mut db, centre).await,
        [
            "情報セキュリティセンター [2005-04-25,2015-01-09)",
            "内閣サイバーセキュリティセンター [2015-01-09,2025-07-01)",
            "国家サイバー統括室 [2025-07-01,)"
        ]
    );
    // Planned CEPTOARs had no name, no secretariat and no route yet.
    let planned = "select ceptoar_id from ceptoar_names where ceptoar_id in ('medical', 'water', 'logistics')
         and valid @> date '2007-03-31'
         union all select ceptoar_id from route_stages where ceptoar_id in ('medical', 'water', 'logistics')
         and valid @> date '2007-03-31'";
    assert_eq!(row(&mut db, planned).await, [""; 0]);
    // Water went from one ministry to two.
    let water = "select concat_ws(' ', o.code, m.part_ja, m.valid) from sector_ministries m
         join organisations o using (organisation_id) where sector_id = 'water' order by valid, o.code";
    assert_eq!(
        row(&mut db, water).await,
        ["mhlw [2005-12-13,2024-04-01)", "mlit 施設 [2024-04-01,)", "moe 水質 [2024-04-01,)"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ministry_that_keeps_the_desk_is_one_hop() {
    let database = TestDatabase::fresh().await;
    let mut db = database.owner().await;
    let mut route = async |ceptoar: &str, day: &str| -> Vec<String> {
        sqlx::query_scalar(
            "select stage from route_stages where ceptoar_id = $1 and valid @> $2::text::date order by position",
        )
        .bind(ceptoar)
        .bind(day)
        .fetch_all(&mut db)
        .await
        .expect("stages")
    };
    let whole = ["ministry", "secretariat", "member"];
    for (ceptoar, day, expected) in [
        ("rail", "2011-03-31", &whole[1..]),
        ("rail", "2018-04-24", &whole),
        ("medical", "2011-03-31", &whole[1..]),
        ("aviation", "2007-03-31", &whole[1..]),
        ("aviation", "2026-11-21", &whole),
        ("broadcast", "2007-03-31", &whole[1..]),
        ("broadcast", "2011-03-31", &whole[1..]),
        ("broadcast", "2026-11-21", &whole[1..]),
        ("life", "2011-03-31", &whole),
        ("banks", "2026-11-21", &whole),
        ("water", "2007-03-31", &[]),
        ("catv", "2011-03-31", &[]),
    ] {
        assert_eq!(route(ceptoar, day).await, expected, "{ceptoar} on {day}");
    }
}

/// Every row of the directory's tables, as text.
async fn everything(db: &mut PgConnection) -> Vec<String> {
    let mut rows = Vec::new();
    for table in [
        "sectors",
        "sector_names",
        "organisations",
        "organisation_names",
        "sector_ministries",
        "ceptoars",
        "ceptoar_names",
        "secretariat_terms",
        "member_counts",
        "subgroups",
        "route_stages",
        "reference_loads",
    ] {
        // With xmin: a row written again is another row, even with the same content.
        let query = format!("select '{table} ' || xmin || ' ' || t::text from {table} t order by 1");
        let found: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_all(&mut *db).await.expect("rows");
        assert!(!found.is_empty(), "{table} is empty");
        rows.extend(found);
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn loading_again_finds_nothing_to_do_and_changes_nothing() {
    let database = TestDatabase::fresh().await;
    let mut db = database.owner().await;
    let before = everything(&mut db).await;
    assert!(!reference::load(&mut db).await.expect("a load"), "there was nothing to do");
    assert_eq!(everything(&mut db).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_state_of_the_files_replaces_the_old_and_keeps_identities() {
    let database = TestDatabase::fresh().await;
    let mut db = database.owner().await;
    let state = "select coalesce(string_agg(t, chr(10) order by t), '') from (
           select organisation_id::text || code as t from organisations
           union all select ceptoar_id || valid || ja || precision from ceptoar_names
           union all select ceptoar_id || valid || organisation_id || coalesce(unit, '') from secretariat_terms
           union all select organisation_id::text || valid || ja from organisation_names) x";
    let before: String = sqlx::query_scalar(state).fetch_one(&mut db).await.expect("a state");
    for change in [
        "update reference_loads set content_hash = 'older'",
        "update ceptoar_names set ja = 'old' where upper_inf(valid)",
        "update organisation_names set ja = 'old' where upper_inf(valid)",
        "delete from secretariat_terms where ceptoar_id = 'gas'",
    ] {
        sqlx::query(change).execute(&mut db).await.expect("a change");
    }
    assert!(reference::load(&mut db).await.expect("a load"));
    let after: String = sqlx::query_scalar(state).fetch_one(&mut db).await.expect("a state");
    assert_eq!(after, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_offices_on_the_roads_a_load_writes_only_what_is_said_otherwise() {
    let database = TestDatabase::fresh().await;
    let mut db = database.owner().await;
    let rows = "select string_agg(concat_ws(' ', fact_id, recorded_at), '|' order by fact_id) from (
           select fact_id, recorded_at from secretariat_terms union all select fact_id, recorded_at from sector_ministries
           union all select fact_id, recorded_at from route_stages) x";
    let kept = "select coalesce(string_agg(concat_ws(' ', relation, ceptoar_id, fact ->> 'unit', fact ->> 'stage'), '|'
                                           order by version_id), '')
                from directory_versions where relation in ('secretariat_terms', 'sector_ministries', 'route_stages')";
    let text = async |db: &mut PgConnection, query: &'static str| -> String {
        sqlx::query_scalar(query).fetch_one(db).await.expect("a text")
    };
    let before = text(&mut db, rows).await;
    let again = "delete from reference_loads";
    sqlx::query(again).execute(&mut db).await.expect("as after an upgrade");
    assert!(reference::load(&mut db).await.expect("a load"));
    assert_eq!(text(&mut db, rows).await, before, "what is said again is not said anew");
    assert_eq!(text(&mut db, kept).await, "");
    for change in [
        "update secretariat_terms set unit = 'old', recorded_at = '2020-01-01Z' where ceptoar_id = 'gas' and upper_inf(valid)",
        "update route_stages set position = 7 where ceptoar_id = 'gas' and stage = 'secretariat'",
        "delete from directory_versions",
        again,
    ] {
        sqlx::query(change).execute(&mut db).await.expect("a change");
    }
    assert!(reference::load(&mut db).await.expect("a load"));
    assert_eq!(text(&mut db, kept).await, "secretariat_terms gas old|route_stages gas secretariat");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_facts_of_one_kind_cannot_hold_on_one_day() {
    let database = TestDatabase::fresh().await;
    let mut db = database.owner().await;
    for (statement, constraint) in [
        (
            "insert into ceptoar_names (ceptoar_id, ja, en, reading, valid) values ('gas', 'x', 'x', 'x', '[2012-01-01,2012-01-02)')",
            "ceptoar_names_one_at_a_time",
        ),
        (
            "insert into organisation_names (organisation_id, ja, en, reading, valid)
             select organisation_id, 'x', 'x', 'x', '[2026-01-01,)' from organisations where code = 'nhk'",
            "organisation_names_one_at_a_time",
        ),
        (
            "insert into member_counts (ceptoar_id, unit, value, valid) values ('banks', '社', 1, '[2012-01-01,)')",
            "member_counts_one_at_a_time",
        ),
        (
            "insert into secretariat_terms (ceptoar_id, organisation_id, valid)
             select ceptoar_id, organisation_id, '[2020-01-01,)' from secretariat_terms where ceptoar_id = 'oil'",
            "secretariat_terms_no_overlap",
        ),
        (
            "insert into route_stages (ceptoar_id, position, stage, valid) values ('gas', 4, 'member', '[2020-01-01,)')",
            "route_stages_one_at_a_time",
        ),
    ] {
        let error = sqlx::query(statement).execute(&mut db).await.expect_err("a refusal");
        assert_eq!(ceptoar_portal::platform::db::broken_constraint(&error), Some(constraint));
    }
}
