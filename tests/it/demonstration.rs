//! The demonstration roster: real numbers, nothing real in it, and apart from production.

use std::collections::BTreeMap;

use ceptoar_portal::features::accounts::demonstration::{ACCOUNTS, Place};
use ceptoar_portal::features::demonstration;
use sqlx::PgConnection;

use crate::support::{TestApp, factory};

async fn seeded() -> (TestApp, PgConnection) {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    demonstration::seed(&mut db, &app.state.hasher, app.state.clock.now()).await.expect("a roster");
    (app, db)
}

async fn number(db: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(db).await.expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_ceptoar_has_as_many_members_as_the_newest_edition_prints() {
    let (_app, mut db) = seeded().await;
    let differences: Vec<String> = sqlx::query_scalar(
        "select format('%s %s: %s members, %s printed', ceptoar_id, unit, m.n, c.value)
         from (select ceptoar_id, unit, count(*) as n from memberships group by 1, 2) m
         full join (select * from member_counts where upper_inf(valid)) c using (ceptoar_id, unit)
         where m.n is distinct from c.value",
    )
    .fetch_all(&mut db)
    .await
    .expect("an answer");
    assert_eq!(differences, [""; 0]);
    assert_eq!(number(&mut db, "select count(*) from organisations where demonstration").await, 4306);
    assert_eq!(number(&mut db, "select count(*) from memberships where hub").await, 8);
    assert_eq!(number(&mut db, "select count(*) from memberships where hub and ceptoar_id <> 'water'").await, 0);
    // 25 members of T-CEPTOAR over four sub-groups, nobody else in one.
    let groups: Vec<(Option<String>, i64)> = sqlx::query_as(
        "select subgroup_id, count(*) from memberships where ceptoar_id = 't-ceptoar' or subgroup_id is not null
         group by 1 order by 1",
    )
    .fetch_all(&mut db)
    .await
    .expect("groups");
    let groups: Vec<_> = groups.iter().map(|(id, n)| (id.as_deref().unwrap_or_default(), *n)).collect();
    assert_eq!(groups, [("t-ceptoar-sg1", 7), ("t-ceptoar-sg2", 6), ("t-ceptoar-sg3", 6), ("t-ceptoar-sg4", 6)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_the_roster_can_reach_or_name_anybody_real() {
    let (_app, mut db) = seeded().await;
    for (what, query) in [
        ("a mail address of a real domain", "select count(*) from contact_channels where kind = 'mail' and value !~ '^[a-z-]+@[a-z0-9.-]+[.]example$'"),
        ("a number that could ring", "select count(*) from contact_channels where kind <> 'mail' and value !~ '^0[0-9]{1,2}-0000-[0-9]{4}$'"),
        ("a name not marked", "select count(*) from organisation_names n join organisations o using (organisation_id)
           where o.demonstration and (n.ja !~ '\\(架空\\)$' or n.en !~ ' \\(invented\\)$')"),
        ("a name used twice", "select count(*) from (select from organisation_names n join organisations o using (organisation_id)
           where o.demonstration group by n.ja having count(*) > 1) x"),
        ("a real body marked", "select count(*) from organisations o where demonstration and kind not in ('member', 'partner')
           and not exists (select from regional_offices r where r.organisation_id = o.organisation_id)"),
        ("an account not marked", "select count(*) from accounts where not demonstration"),
        ("a window without a channel", "select count(*) from contacts k
           where not exists (select from contact_channels c where c.contact_id = k.contact_id)"),
        ("a desk without a window", "select count(*) from secretariat_terms t where upper_inf(valid)
           and not exists (select from contacts k where k.organisation_id = t.organisation_id and k.ceptoar_id = t.ceptoar_id)"),
        ("a ministry without a window", "select count(*) from sector_ministries t join ceptoars c using (sector_id)
           where upper_inf(t.valid)
             and not exists (select from contacts k where k.organisation_id = t.organisation_id and k.ceptoar_id = c.ceptoar_id)"),
    ] {
        assert_eq!(number(&mut db, query).await, 0, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roster_has_the_irregularities_of_a_real_one() {
    let (_app, mut db) = seeded().await;
    let mut share = async |query: &'static str| -> f64 {
        let (n, all): (i64, i64) = sqlx::query_as(query).fetch_one(&mut db).await.expect("numbers");
        n as f64 / all as f64
    };
    let windows =
        share("select count(*), (select count(*) from organisations where demonstration) from contacts").await;
    assert!((2.2..2.5).contains(&windows), "{windows} windows per member");
    let by_phone_alone = share(
        "select count(*) filter (where not exists
           (select from contact_channels c where c.contact_id = k.contact_id and kind = 'mail')), count(*) from contacts k",
    );
    let share_by_phone = by_phone_alone.await;
    assert!((1.0 / 45.0..1.0 / 35.0).contains(&share_by_phone), "{share_by_phone} without mail");
    let no_handler = share("select count(*) filter (where not handler), count(*) from contacts").await;
    assert!((1.0 / 7.0..1.0 / 5.0).contains(&no_handler), "{no_handler} not handlers");
    let english = share("select count(*) filter (where language = 'en'), count(*) from contacts").await;
    assert!((0.02..0.1).contains(&english), "{english} in English");
    let shared = share(
        "select count(*), 1::bigint from (select from contact_channels where kind = 'mail'
         group by value having count(*) > 1) x",
    )
    .await;
    assert!((50.0..300.0).contains(&shared), "{shared} shared addresses");
    let nobody = share(
        "select count(*), 1::bigint from organisations o where demonstration
         and not exists (select from contacts k where k.organisation_id = o.organisation_id)",
    )
    .await;
    assert!((1.0..10.0).contains(&nobody), "{nobody} members without a window");
    let kinds = share("select count(distinct (kind, hours)), 1::bigint from contact_channels").await;
    assert!(kinds >= 8.0, "{kinds} kinds and hours");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advisory_to_everybody_meets_every_verdict() {
    let (_app, mut db) = seeded().await;
    let mut verdicts: BTreeMap<String, i64> = BTreeMap::new();
    for (number, level, scope, named) in [(1, "AMBER", "handlers", false), (2, "RED", "named", true)] {
        let id: uuid::Uuid = sqlx::query_scalar(
            "insert into advisories (number, fiscal_year, serial, level, handler_scope, created_by, created_at, last_edited_by)
             select 'T-' || $1, 2026, $1, $2, $3, account_id, now(), account_id from accounts where sign_in_name = 'analyst'
             returning advisory_id",
        )
        .bind(number)
        .bind(level)
        .bind(scope)
        .fetch_one(&mut db)
        .await
        .expect("an advisory");
        sqlx::query(if named {
            "insert into advisory_addressees (advisory_id, contact_id)
             select $1, contact_id from affiliations where contact_id is not null"
        } else {
            "insert into advisory_addressees (advisory_id, sector_id) select $1, sector_id from sectors"
        })
        .bind(id)
        .execute(&mut db)
        .await
        .expect("addressees");
        let found: Vec<(String, i64)> =
            sqlx::query_as("select verdict, count(*) from sharing_windows($1, '2026-11-21T12:10:00Z') group by 1")
                .bind(id)
                .fetch_all(&mut db)
                .await
                .expect("verdicts");
        for (verdict, n) in found {
            *verdicts.entry(verdict).or_default() += n;
        }
    }
    for verdict in ["due", "not_on_route", "not_named", "not_handler", "no_window", "no_mail", "same_address"] {
        assert!(verdicts.get(verdict).is_some_and(|n| *n > 0), "{verdict} does not occur: {verdicts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_demonstration_account_signs_in_and_is_what_it_says() {
    let (app, mut db) = seeded().await;
    let mut client = app.visitor();
    let reply = client
        .post(
            "/sign-in",
            &[("name", "poc-bank-2"), ("password", ceptoar_portal::features::accounts::demonstration::PASSWORD)],
        )
        .await;
    assert_eq!(reply.status, 303);
    type Row = (String, String, String, String, Option<String>, Option<i16>, Option<bool>, Option<bool>);
    let rows: Vec<Row> = sqlx::query_as(
        "select a.sign_in_name, a.display_name, f.role, o.code, f.ceptoar_id, k.position, k.handler,
                exists (select from contact_channels c where c.contact_id = k.contact_id and c.kind = 'mail')
         from accounts a join affiliations f using (account_id) join organisations o using (organisation_id)
         left join contacts k on k.contact_id = f.contact_id and k.organisation_id = f.organisation_id
         where a.password_hash is not null",
    )
    .fetch_all(&mut db)
    .await
    .expect("accounts");
    assert_eq!(rows.len(), ACCOUNTS.len());
    for account in &ACCOUNTS {
        let (_, display_name, role, code, ceptoar, window, handler, by_mail) =
            rows.iter().find(|r| r.0 == account.name).unwrap_or_else(|| panic!("{} is missing", account.name));
        assert_eq!(role, account.role.code(), "{}", account.name);
        assert!(display_name.ends_with('号'), "{display_name}");
        let (expected, of) = match account.place {
            Place::Centre => ("nisc".to_owned(), None),
            Place::Ministry(code) => (code.to_owned(), None),
            Place::Desk(ceptoar) => (
                match ceptoar {
                    "banks" => "zenginkyo",
                    "power" => "denryoku-isac",
                    "water" => "suido-kyokai",
                    "t-ceptoar" => "ict-isac",
                    "credit" => "credit-kyokai",
                    "life" => "seiho-kyokai",
                    "oil" => "sekiyu-renmei",
                    other => panic!("whose desk is {other}?"),
                }
                .to_owned(),
                Some(ceptoar),
            ),
            Place::Member { ceptoar, member, .. } => (format!("demo-{ceptoar}-{member:04}"), Some(ceptoar)),
        };
        assert_eq!((code, ceptoar.as_deref()), (&expected, of), "{}", account.name);
        if let Place::Member { window: w @ 1.., .. } = account.place {
            assert_eq!((*window, *handler, *by_mail), (Some(w.into()), Some(true), Some(true)), "{}", account.name);
        } else {
            assert_eq!(*window, None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn seeding_again_adds_what_is_missing_and_nothing_else() {
    let (app, mut db) = seeded().await;
    let state = "select md5(string_agg(t, '' order by t)) from (
           select o::text as t from organisations o union all select c::text from contacts c
           union all select c::text from contact_channels c union all select a::text from affiliations a
           union all select m::text from memberships m union all select a::text from accounts a) x";
    let look =
        async |db: &mut PgConnection| -> String { sqlx::query_scalar(state).fetch_one(db).await.expect("a state") };
    let before = look(&mut db).await;
    let summary = demonstration::seed(&mut db, &app.state.hasher, app.state.clock.now()).await.expect("a summary");
    assert_eq!((summary.organisations, summary.accounts), (4306, 23));
    assert_eq!(look(&mut db).await, before);

    // An account that a later version brings along.
    for statement in [
        "delete from affiliations f using accounts a where a.account_id = f.account_id and a.sign_in_name = 'wg-chair'",
        "delete from accounts where sign_in_name = 'wg-chair'",
    ] {
        sqlx::query(statement).execute(&mut db).await.expect("a change");
    }
    let summary = demonstration::seed(&mut db, &app.state.hasher, app.state.clock.now()).await.expect("a summary");
    assert_eq!((summary.organisations, summary.accounts), (4306, 23));
    assert_eq!(number(&mut db, "select count(*) from affiliations").await, 24);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_portals_that_start_at_once_seed_once() {
    let app = TestApp::start().await;
    let (mut one, mut two) = (app.database.owner().await, app.database.owner().await);
    let (a, b) = tokio::join!(
        demonstration::seed(&mut one, &app.state.hasher, app.state.clock.now()),
        demonstration::seed(&mut two, &app.state.hasher, app.state.clock.now())
    );
    assert_eq!(a.expect("a summary"), b.expect("a summary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn demonstration_and_production_refuse_each_others_databases() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    for mode in [true, false] {
        demonstration::check_mode(&mut db, mode).await.expect("an empty database fits both");
    }
    factory::account(&app, "invented").await;
    demonstration::check_mode(&mut db, true).await.expect("a demonstration");
    let said = demonstration::check_mode(&mut db, false).await.expect_err("a refusal").to_string();
    assert!(said.contains("use a fresh database for production"), "{said}");

    sqlx::query("update accounts set demonstration = false").execute(&mut db).await.expect("a change");
    demonstration::check_mode(&mut db, false).await.expect("production");
    let said = demonstration::check_mode(&mut db, true).await.expect_err("a refusal").to_string();
    assert!(said.contains("use a fresh database"), "{said}");

    sqlx::query("insert into organisations (kind, demonstration) values ('member', true)")
        .execute(&mut db)
        .await
        .expect("a change");
    demonstration::check_mode(&mut db, false).await.expect_err("an invented organisation is enough");
}
