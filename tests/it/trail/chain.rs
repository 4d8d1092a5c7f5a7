//! The chain against whoever has the database in hand: a thousand edits, each found at the right place.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use ceptoar_portal::kernel::clock::Clock;
use ceptoar_portal::kernel::email_address::EmailAddress;
use ceptoar_portal::platform::audit::anchor::{self, Marks};
use ceptoar_portal::platform::audit::sealer::Sealer;
use ceptoar_portal::platform::audit::verify::{Fault, Whole, Wrong, verify};
use ceptoar_portal::platform::db::pool;
use chrono::TimeDelta;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::watch;

use crate::support::TestApp;

/// Events of the chain under attack, and how many lie between two lines of the anchor.
const EVENTS: i64 = 120;
const APART: i64 = 10;
const EDITS: u64 = 1000;

/// A small generator: the same seed makes the same edits.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % u64::try_from(sides).unwrap()).unwrap()
    }
}

async fn run(db: &mut PgConnection, statement: impl Into<String>) {
    sqlx::raw_sql(AssertSqlSafe(statement.into())).execute(db).await.expect("a statement");
}

async fn write(db: &mut PgConnection, events: i64) {
    run(
        db,
        format!(
            "insert into audit_events (occurred_at, account_id, action, outcome, subject_kind, subject_id, detail, request_id)
             select now() + n * interval '1 second', case when n % 3 = 0 then null else gen_random_uuid() end,
                    (array['advisory.read', 'session.open'])[1 + n % 2], (array['done', 'refused'])[1 + n % 5 / 4],
                    'advisory', gen_random_uuid()::text, jsonb_build_object('n', n, '名', '値'),
                    case when n % 4 = 0 then null else md5(n::text) end
             from generate_series(1, {events}) n"
        ),
    )
    .await;
}

fn directory() -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("anchor-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn sealer(app: &TestApp, file: Option<PathBuf>) -> Sealer {
    Sealer::new(pool(app.database.connections.worker.clone(), 1), app.state.clock.clone(), file, None)
}

async fn whole(db: &mut PgConnection, files: &[PathBuf]) -> Whole {
    verify(db, files).await.unwrap().expect("a whole chain")
}

/// A sealed chain with a line in the anchor for every few events.
async fn anchored(app: &TestApp, db: &mut PgConnection, file: &Path) {
    let mut sealer = sealer(app, Some(file.to_path_buf()));
    for _ in 0..EVENTS / APART {
        write(db, APART).await;
        sealer.turn().await.unwrap();
        app.state.clock.advance(TimeDelta::minutes(1));
    }
    sealer.turn().await.unwrap();
}

/// Computes every hash anew from a position on: what a careful owner would do after a change.
const RECOMPUTE: &str = "do $$ declare s record; h bytea; begin
  select coalesce((select hash from audit_seals where position = FROM - 1), audit_genesis()) into h;
  for s in select x.position, e as event from audit_seals x join audit_events e on e.sequence = x.sequence
           where x.position >= FROM order by x.position loop
    h := sha256(h || audit_canonical(s.event));
    update audit_seals set hash = h where position = s.position;
  end loop; end $$";

/// What an edit must be found as.
#[derive(Debug)]
enum Expected {
    /// Wrong at this position.
    At(i64),
    /// Cut: the chain ends before this position.
    Cut(i64),
    /// The first anchored position at or behind this one has another hash.
    Anew(i64),
    /// An event without a position.
    Sequence(i64),
}

/// One random edit by somebody with every right.
fn edit(dice: &mut Dice) -> (String, Expected) {
    let p = 1 + dice.roll(EVENTS);
    let event = format!("(select sequence from audit_seals where position = {p})");
    let column = [
        "occurred_at = occurred_at + interval '1 microsecond'",
        "account_id = gen_random_uuid()",
        "action = action || 'x'",
        "outcome = case outcome when 'done' then 'refused' else 'done' end",
        "subject_kind = subject_kind || ' '",
        "subject_id = 'x' || subject_id",
        "detail = detail || '{\"k\": 1}'",
        "request_id = coalesce(request_id, '') || 'a'",
        "subject_kind = subject_kind || left(subject_id, 1), subject_id = substr(subject_id, 2)",
    ];
    match dice.roll(9) {
        0 | 1 => {
            let change = column[usize::try_from(dice.roll(9)).unwrap()];
            (format!("update audit_events set {change} where sequence = {event}"), Expected::At(p))
        }
        2 => (format!("delete from audit_events where sequence = {event}"), Expected::At(p)),
        3 => {
            // Both, so that the event looks as if it had never been: the gap in the positions stays.
            let statement = format!(
                "delete from audit_events where sequence = {event}; delete from audit_seals where position = {p}"
            );
            (statement, if p == EVENTS { Expected::Cut(p) } else { Expected::At(p) })
        }
        4 => {
            let q = 1 + (p + dice.roll(EVENTS - 1)) % EVENTS;
            let statement = format!(
                "update audit_events a set subject_id = b.subject_id, detail = b.detail, account_id = b.account_id
                 from audit_events b
                 where (a.sequence, b.sequence) in (
                   select x.sequence, y.sequence from audit_seals x, audit_seals y
                   where (x.position, y.position) in (({p}, {q}), ({q}, {p})))"
            );
            (statement, Expected::At(p.min(q)))
        }
        5 => {
            let statement = match dice.roll(3) {
                0 => format!("update audit_seals set hash = sha256(hash) where position = {p}"),
                1 => format!("update audit_seals set sequence = sequence + 1000000 where position = {p}"),
                _ => format!("update audit_seals set position = position + 1000000 where position = {p}"),
            };
            // The last position moved away leaves a chain that ends earlier and goes on later.
            (statement, Expected::At(p))
        }
        6 => {
            let statement = format!(
                "delete from audit_events where sequence in (select sequence from audit_seals where position >= {p});
                 delete from audit_seals where position >= {p}"
            );
            (statement, Expected::Cut(p))
        }
        7 => {
            let change = column[usize::try_from(dice.roll(9)).unwrap()];
            let recompute = RECOMPUTE.replace("FROM", &p.to_string());
            (format!("update audit_events set {change} where sequence = {event}; {recompute}"), Expected::Anew(p))
        }
        _ => {
            let sequence = 5_000_000 + dice.roll(1000);
            let statement = format!(
                "insert into audit_events (sequence, occurred_at, action, outcome, subject_kind, subject_id)
                 overriding system value values ({sequence}, now(), 'advisory.read', 'done', 'advisory', 'x')"
            );
            (statement, Expected::Sequence(sequence))
        }
    }
}

fn found_right(fault: &Fault, expected: &Expected) -> bool {
    let next_mark = |p: i64| (p + APART - 1) / APART * APART;
    match expected {
        Expected::At(p) => {
            fault.position == Some(*p)
                && matches!(fault.wrong, Wrong::Changed | Wrong::SealMissing | Wrong::EventMissing)
        }
        Expected::Cut(p) => fault.position == Some(*p) && matches!(fault.wrong, Wrong::HeadBeforeAnchor(_)),
        Expected::Anew(p) => {
            fault.position == Some(next_mark(*p))
                && matches!(fault.wrong, Wrong::Recomputed { confirmed, .. } if confirmed == next_mark(*p) - APART)
        }
        Expected::Sequence(s) => fault.sequence == Some(*s) && fault.wrong == Wrong::Inserted,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_edits_are_found_at_their_place() {
    let seed = std::env::var("AUDIT_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(|| {
        u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() & u128::from(u64::MAX)).unwrap()
    });
    println!("AUDIT_SEED={seed}");
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let directory = directory();
    let file = directory.join("anchor");
    anchored(&app, &mut db, &file).await;
    let files = [file];
    assert_eq!(whole(&mut db, &files).await.events, EVENTS);
    let mut dice = Dice(seed);
    let mut tx = db.begin().await.unwrap();
    // What a superuser can do: no trigger fires.
    run(&mut tx, "set local session_replication_role = replica").await;
    for number in 0..EDITS {
        run(&mut tx, "savepoint before").await;
        let (statement, expected) = edit(&mut dice);
        run(&mut tx, &statement).await;
        let fault = verify(&mut tx, &files).await.unwrap().expect_err(&format!("not found: seed {seed}, {statement}"));
        assert!(
            found_right(&fault, &expected),
            "seed {seed}, edit {number}: {expected:?}, found {fault:?}: {statement}"
        );
        run(&mut tx, "rollback to savepoint before; release savepoint before").await;
    }
    tx.rollback().await.unwrap();
    whole(&mut db, &files).await;
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_is_found_even_when_life_went_on_in_it() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let directory = directory();
    let file = directory.join("anchor");
    anchored(&app, &mut db, &file).await;
    let old = std::fs::read_to_string(&file).unwrap();
    run(&mut db, "create table old_events as table audit_events; create table old_seals as table audit_seals").await;
    let mut sealer = sealer(&app, Some(file.clone()));
    for _ in 0..3 {
        write(&mut db, APART).await;
        sealer.turn().await.unwrap();
        app.state.clock.advance(TimeDelta::minutes(1));
    }
    sealer.turn().await.unwrap();
    whole(&mut db, std::slice::from_ref(&file)).await;
    let restore = "set session_replication_role = replica; delete from audit_events; delete from audit_seals;
        insert into audit_events overriding system value select * from old_events;
        insert into audit_seals select * from old_seals; set session_replication_role = origin";
    run(&mut db, restore).await;
    let fault = verify(&mut db, std::slice::from_ref(&file)).await.unwrap().expect_err("an old copy");
    assert_eq!(fault.position, Some(EVENTS + 1));
    assert!(matches!(fault.wrong, Wrong::HeadBeforeAnchor(_)));
    // Without an anchor an old copy is as good as new: that is what the anchor is for.
    assert_eq!(whole(&mut db, &[]).await.events, EVENTS);
    write(&mut db, 4 * APART).await;
    sealer.turn().await.unwrap();
    let fault = verify(&mut db, std::slice::from_ref(&file)).await.unwrap().expect_err("another chain");
    assert!(matches!(fault.wrong, Wrong::Recomputed { confirmed: EVENTS, .. }), "{fault:?}");
    // Cutting the anchor as well helps as long as nobody has a copy of it.
    let copy = directory.join("copy");
    std::fs::rename(&file, &copy).unwrap();
    std::fs::write(&file, old).unwrap();
    whole(&mut db, std::slice::from_ref(&file)).await;
    assert!(verify(&mut db, &[file, copy]).await.unwrap().is_err());
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shortened_or_touched_anchor_is_told() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let directory = directory();
    let (file, copy) = (directory.join("anchor"), directory.join("copy"));
    anchored(&app, &mut db, &file).await;
    std::fs::copy(&file, &copy).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), usize::try_from(EVENTS / APART).unwrap());
    std::fs::write(&file, lines[..lines.len() - 3].join("\n") + "\n").unwrap();
    let fault = verify(&mut db, &[file.clone(), copy.clone()]).await.unwrap().expect_err("shortened");
    assert!(matches!(fault.wrong, Wrong::AnchorShortened(_)), "{fault:?}");
    whole(&mut db, &[copy.clone(), file.clone()]).await;
    std::fs::write(&file, text.replacen(lines[4], &lines[4].replace(['a', 'b'], "c"), 1)).unwrap();
    let fault = verify(&mut db, std::slice::from_ref(&file)).await.unwrap().expect_err("touched");
    assert!(matches!(fault.wrong, Wrong::Recomputed { .. }), "{fault:?}");
    std::fs::write(&file, text.replacen(lines[4], "garbage", 1)).unwrap();
    let fault = verify(&mut db, std::slice::from_ref(&file)).await.unwrap().expect_err("garbage");
    assert!(matches!(fault.wrong, Wrong::AnchorTouched { line: 5, .. }), "{fault:?}");
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sealing_and_anchoring_are_done_by_one_at_a_time() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    write(&mut db, 2500).await;
    let directory = directory();
    let file = directory.join("anchor");
    let (stop, stopping) = watch::channel(false);
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let pool = pool(app.database.connections.worker.clone(), 1);
        crowd.spawn(Sealer::new(pool, Clock::System, Some(file.clone()), None).run(stopping.clone()));
    }
    for _ in 0..20 {
        write(&mut db, 25).await;
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    stop.send_replace(true);
    crowd.join_all().await;
    let whole = whole(&mut db, std::slice::from_ref(&file)).await;
    assert_eq!((whole.events, whole.waiting), (3000, 0));
    let mut marks = Marks::open(&file).unwrap();
    assert!(marks.take().unwrap().is_some());
    assert!(anchor::last(&file).unwrap().is_some());
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commits_late_is_sealed_late_and_what_waits_too_long_is_told() {
    let app = TestApp::start().await;
    let (mut db, mut slow) = (app.database.owner().await, app.database.owner().await);
    let mut late = slow.begin().await.unwrap();
    write(&mut late, 1).await;
    write(&mut db, 3).await;
    let mut sealer = sealer(&app, None);
    assert_eq!(sealer.turn().await.unwrap(), 3);
    late.commit().await.unwrap();
    assert_eq!(sealer.turn().await.unwrap(), 1);
    let order: Vec<i64> =
        sqlx::query_scalar("select sequence from audit_seals order by position").fetch_all(&mut db).await.unwrap();
    assert!(order[3] < order[0], "the lower sequence comes last: {order:?}");
    whole(&mut db, &[]).await;
    write(&mut db, 1).await;
    assert_eq!(whole(&mut db, &[]).await.waiting, 1);
    run(&mut db, "update audit_unsealed set queued_at = queued_at - interval '61 seconds'").await;
    let fault = verify(&mut db, &[]).await.unwrap().expect_err("nobody seals");
    assert_eq!(fault.wrong, Wrong::Unsealed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instant_beyond_all_calendars_stops_neither_sealer_nor_check() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    run(
        &mut db,
        "insert into audit_events (occurred_at, action, outcome, subject_kind, subject_id)
         values ('infinity', 'a.b', 'done', 'c', 'd'), ('-infinity', 'a.b', 'done', 'c', 'd'), ('0044-03-15 BC', 'a.b', 'done', 'c', 'd')",
    )
    .await;
    assert_eq!(sealer(&app, None).turn().await.unwrap(), 3);
    assert_eq!(whole(&mut db, &[]).await.events, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_application_nor_the_worker_nor_a_slip_of_the_owner_rewrites_anything() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    write(&mut db, 3).await;
    sealer(&app, None).turn().await.unwrap();
    let statements = [
        "update audit_events set action = 'x'",
        "delete from audit_events",
        "truncate audit_events",
        "update audit_seals set hash = '\\x00'",
        "delete from audit_seals",
        "truncate audit_seals",
    ];
    let only_owner = [
        "insert into audit_seals (position, sequence, hash) values (99, 99, '\\x00')",
        "select * from audit_seals",
        "delete from audit_unsealed",
        "insert into audit_unsealed (sequence) values (77)",
        "update audit_unsealed set queued_at = now()",
        "select * from audit_unsealed",
        "alter table audit_events disable trigger all",
    ];
    let refused = async |db: &mut PgConnection, statement: &'static str| {
        let error = sqlx::raw_sql(statement).execute(db).await.expect_err(statement);
        assert_eq!(error.as_database_error().and_then(|e| e.code()).as_deref(), Some("42501"), "{statement}: {error}");
    };
    for role in [&app.database.connections.app, &app.database.connections.worker] {
        let mut connection = PgConnection::connect_with(role).await.unwrap();
        for statement in statements.into_iter().chain(only_owner) {
            refused(&mut connection, statement).await;
        }
    }
    let mut app_role = PgConnection::connect_with(&app.database.connections.app).await.unwrap();
    for statement in ["select seal_audit_events(1)", "select * from audit_sealing_turn()"] {
        refused(&mut app_role, statement).await;
    }
    let mut owner = PgConnection::connect_with(&app.database.connections.owner).await.unwrap();
    for statement in statements {
        refused(&mut owner, statement).await;
    }
    assert_eq!(whole(&mut db, &[]).await.events, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_goes_out_by_mail_once_a_day_however_many_send_it() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let address = EmailAddress::parse("audit@office.example").unwrap();
    let mailing = || {
        Sealer::new(
            pool(app.database.connections.worker.clone(), 1),
            app.state.clock.clone(),
            None,
            Some(address.clone()),
        )
    };
    let (mut one, mut two) = (mailing(), mailing());
    write(&mut db, 5).await;
    let mut sent = Vec::new();
    // The first turn finds nothing sealed yet; 21:10 and the minutes after are one day, and then the next.
    for minutes in [1, 1, 60, 24 * 60, 1] {
        one.turn().await.unwrap();
        two.turn().await.unwrap();
        app.state.clock.advance(TimeDelta::minutes(minutes));
        let mails: i64 =
            sqlx::query_scalar("select count(*) from delivery_addresses where address = 'audit@office.example'")
                .fetch_one(&mut db)
                .await
                .unwrap();
        sent.push(mails);
    }
    assert_eq!(sent, [1, 1, 1, 1, 2], "{sent:?}");
    let body: String = sqlx::query_scalar("select body from mails limit 1").fetch_one(&mut db).await.unwrap();
    let line = body.lines().find_map(anchor::Mark::parse).expect("a line of the anchor");
    assert_eq!((line.position, line.hash), (5, whole(&mut db, &[]).await.head));
}
