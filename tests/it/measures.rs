//! What members do about an item: asked where the item asks, said by the member or through its desk, seen by nobody else.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::ids::AccountId;
use chrono::TimeDelta;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::support::TestApp;
use crate::support::factory::{self, NewAdvisory};

struct Cast {
    app: TestApp,
    db: PgConnection,
    bank: Uuid,
    rival: Uuid,
}

/// Two banks with a desk, a gas firm, a ministry and the centre.
async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank = factory::member(&mut db, "banks", "あかね架空銀行").await;
    let rival = factory::member(&mut db, "banks", "いちご架空銀行").await;
    let gas = factory::member(&mut db, "gas", "架空ガス").await;
    let window = factory::window(&mut db, bank, Some("banks"), "soc@bank1.example").await;
    let other = factory::window(&mut db, rival, Some("banks"), "soc@bank2.example").await;
    factory::window(&mut db, gas, Some("gas"), "soc@gas.example").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let gas_desk = factory::secretariat_of(&mut db, "gas").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, bank, Some("banks"), Some(window)),
        ("reader", Role::MemberReader, bank, Some("banks"), None),
        ("rival", Role::MemberPoc, rival, Some("banks"), Some(other)),
        ("gas-poc", Role::MemberPoc, gas, Some("gas"), None),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("gas-desk", Role::Secretariat, gas_desk, Some("gas"), None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("auditor", Role::Auditor, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    factory::case_team(&app).await;
    Cast { app, db, bank, rival }
}

/// An item that asks until tomorrow evening what is done about it, or asks nothing.
async fn published(cast: &mut Cast, asks: bool) -> Uuid {
    let new =
        NewAdvisory { level: "GREEN", scope: "organisation", ceptoars: &["banks", "gas"], ..NewAdvisory::default() };
    let id = factory::draft_advisory(&cast.app, new).await;
    if asks {
        sqlx::query("update advisories set measures_due = $2 where advisory_id = $1")
            .bind(id)
            .bind(cast.app.state.clock.now() + TimeDelta::hours(24))
            .execute(&mut cast.db)
            .await
            .expect("a due time");
    }
    factory::publish(&cast.app, id, false).await;
    id
}

fn place(id: Uuid, organisation: Uuid) -> String {
    format!("/advisories/{id}/measures/banks/{organisation}")
}

const PLAN: [(&str, &str); 4] =
    [("measure", "planned"), ("planned_year", "2026"), ("planned_month", "12"), ("planned_day", "1")];

#[tokio::test(flavor = "multi_thread")]
async fn a_member_says_what_it_does_and_the_board_counts_it() {
    let mut cast = cast().await;
    let id = published(&mut cast, true).await;
    let mut handler = cast.app.signed_in("handler").await;
    let home = handler.get("/").await;
    assert!(home.body.contains("2026-0001について、対応の状況を報告してください"), "{}", home.body);
    let item = handler.get(&format!("/advisories/{id}")).await;
    assert!(item.texts("[data-measures]").concat().contains("報告の期限: 2026年11月22日"), "{}", item.body);
    assert_eq!(item.hrefs("[data-measures] a"), [place(id, cast.bank)]);

    let page = handler.get(&place(id, cast.bank)).await;
    let done = handler.press(&page, "main form", &PLAN).await;
    assert_eq!(done.location(), format!("{}?done=reported", place(id, cast.bank)));
    let again = handler.press(&page, "main form", &PLAN).await;
    assert_eq!(again.status, 303, "a second press is the first once more");
    let page = handler.get(done.location()).await;
    assert_eq!(page.texts(".timeline__title"), ["対応予定(2026年12月1日(火))"]);
    assert!(!handler.get("/").await.body.contains("対応の状況を報告してください"), "planned waits for its day");

    // The desk enters what another bank told it.
    let mut desk = cast.app.signed_in("desk").await;
    let page = desk.get(&place(id, cast.rival)).await;
    let none = desk.press(&page, "main form", &[("measure", "not_concerned"), ("remark", "x")]).await;
    assert_eq!(none.status, 422);
    assert!(!none.texts("#answered_by-error").concat().is_empty());
    assert_eq!(none.values("input[name=remark]"), ["x"], "what was typed is kept");
    let told = [("measure", "not_concerned"), ("answered_by", "当直"), ("remark", "")];
    assert_eq!(desk.press(&page, "main form", &told).await.status, 303);
    let list = desk.get(&format!("/advisories/{id}/deliveries?ceptoar=banks")).await;
    for said in ["対応: 対応予定(2026年12月1日(火))", "対応: 該当なし"] {
        assert!(list.body.contains(said), "{said}");
    }
    let board = |page: &crate::support::Reply| page.texts("[data-measures] li").join("|");
    let all = cast.app.signed_in("analyst").await.get(&format!("/advisories/{id}/deliveries")).await;
    assert!(board(&all).contains("対応予定 1、該当なし 1"), "{}", board(&all));
    assert!(board(&all).contains("未報告 1"), "the gas firm: {}", board(&all));
    let ministry = cast.app.signed_in("liaison").await.get(&format!("/advisories/{id}/deliveries")).await;
    assert!(board(&ministry).contains("対応予定 1") && !board(&ministry).contains("未報告"), "{}", board(&ministry));
    let rival = cast.app.signed_in("rival").await.get(&place(id, cast.rival)).await;
    assert!(rival.body.contains("事務局が記録") && rival.body.contains("当直"), "{}", rival.body);

    // Done, and in the file for the case.
    let page = handler.get(&place(id, cast.bank)).await;
    assert_eq!(handler.press(&page, "main form", &[("measure", "done")]).await.status, 303);
    let saved = cast.texts("select measure from advisory_measures order by measure_id").await;
    assert_eq!(saved, ["planned", "not_concerned", "done"]);
    let trail = "select detail ->> 'measure' from audit_events where action = 'advisory.measures' order by sequence";
    assert_eq!(cast.texts(trail).await, ["planned", "not_concerned", "done"]);
}

impl Cast {
    async fn texts(&mut self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut self.db).await.expect("texts")
    }

    async fn viewer(&mut self, name: &str) -> AccountId {
        let account = self.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        AccountId(account[0].parse().expect("an account"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_learns_of_it_and_nothing_is_asked_where_the_item_does_not() {
    let mut cast = cast().await;
    let (id, plain) = (published(&mut cast, true).await, published(&mut cast, false).await);
    let mut handler = cast.app.signed_in("handler").await;
    let page = handler.get(&place(id, cast.bank)).await;
    assert_eq!(handler.press(&page, "main form", &[("measure", "investigating")]).await.status, 303);
    for name in ["reader", "rival", "gas-poc", "gas-desk", "liaison", "analyst", "auditor"] {
        let mut stranger = cast.app.signed_in(name).await;
        for reply in [
            stranger.get(&place(id, cast.bank)).await,
            stranger.post(&place(id, cast.bank), &[("measure", "done")]).await,
        ] {
            assert!([403, 404].contains(&reply.status), "{name}: {}", reply.status);
        }
    }
    for place in [place(plain, cast.bank), place(id, Uuid::new_v4())] {
        assert_eq!(handler.get(&place).await.status, 404);
        assert_eq!(handler.post(&place, &[("measure", "done")]).await.status, 404);
    }
    let item = handler.get(&format!("/advisories/{plain}")).await;
    assert!(item.texts("[data-measures]").is_empty());

    // The database alone: who reads, and who writes.
    for (name, seen) in [
        ("handler", 1),
        ("reader", 0),
        ("rival", 0),
        ("gas-poc", 0),
        ("desk", 1),
        ("gas-desk", 0),
        ("liaison", 0),
        ("analyst", 1),
        ("auditor", 0),
    ] {
        let viewer = cast.viewer(name).await;
        let mut tx = cast.app.state.db.begin(Some(viewer), cast.app.state.clock.now()).await.expect("a viewer");
        let rows: i64 = sqlx::query_scalar("select count(*) from advisory_measures").fetch_one(&mut *tx).await.unwrap();
        let words: i64 =
            sqlx::query_scalar("select count(*) from advisory_measure_words").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(rows, seen, "{name}");
        assert_eq!(words, if name == "analyst" { 0 } else { seen }, "{name}: the centre sees no names");
        let writes = ["handler", "desk"].contains(&name);
        for (item, may) in [(id, writes), (plain, false)] {
            let mut tx = cast.app.state.db.begin(Some(viewer), cast.app.state.clock.now()).await.expect("a viewer");
            let forged = format!(
                "insert into advisory_measures (advisory_id, ceptoar_id, organisation_id, measure) values ('{item}', 'banks', '{}', 'done')",
                cast.bank
            );
            assert_eq!(sqlx::query(AssertSqlSafe(forged)).execute(&mut *tx).await.is_ok(), may, "{name} {item}");
        }
        for forged in ["update advisory_measures set measure = 'done'", "delete from advisory_measures"] {
            let mut tx = cast.app.state.db.begin(Some(viewer), cast.app.state.clock.now()).await.expect("a viewer");
            assert!(sqlx::query(forged).execute(&mut *tx).await.is_err(), "{name} {forged}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_is_part_of_the_draft_and_a_later_version_asks_anew() {
    let mut cast = cast().await;
    let mut author = cast.app.signed_in("case-author").await;
    let due = |year: &'static str, hour: &'static str| {
        [
            ("kind", "alert"),
            ("purpose", "prevention"),
            ("level", "GREEN"),
            ("handler_scope", "organisation"),
            ("title", "題名"),
            ("summary", "概要"),
            ("countermeasure", "対策"),
            ("ceptoar", "banks"),
            ("measures_due_year", year),
            ("measures_due_month", "12"),
            ("measures_due_day", "1"),
            ("measures_due_hour", hour),
            ("next", "preview"),
        ]
    };
    let wrong = author.post("/advisories", &due("2026", "25")).await;
    assert_eq!(wrong.status, 422);
    assert!(!wrong.texts("#measures_due-error").concat().is_empty());
    assert_eq!(wrong.values("input[name=measures_due_hour]"), ["25"]);
    let past = author.post("/advisories", &due("2025", "9")).await;
    let preview = author.get(past.location()).await;
    assert!(preview.texts(".error-summary").concat().contains("対応の報告期限が過ぎています"), "{}", preview.body);
    let item = past.location().trim_end_matches("/submission").to_owned();
    assert_eq!(author.post(&format!("{item}/draft"), &due("2026", "9")).await.status, 303);
    let draft = author.get(&format!("{item}/draft")).await;
    assert_eq!(draft.values("input[name=measures_due_hour]"), ["9"], "it stands in the form again");
    let preview = author.get(&format!("{item}/submission")).await;
    assert!(
        preview.body.contains("■対応の報告") && preview.body.contains("報告の期限: 2026年12月1日(火) 09:00"),
        "{}",
        preview.body
    );
    // RED asks nobody.
    let mut red: Vec<_> = due("2026", "9").to_vec();
    red.retain(|(name, _)| !["level", "handler_scope", "ceptoar"].contains(name));
    red.extend([("level", "RED"), ("handler_scope", "named")]);
    assert_eq!(author.post(&format!("{item}/draft"), &red).await.status, 303);
    let preview = author.get(&format!("{item}/submission")).await;
    assert!(preview.texts(".error-summary").concat().contains("RED では対応の報告"), "{}", preview.body);

    let id = published(&mut cast, true).await;
    let mut handler = cast.app.signed_in("handler").await;
    let page = handler.get(&place(id, cast.bank)).await;
    assert_eq!(handler.press(&page, "main form", &[("measure", "done")]).await.status, 303);
    let next = author.get(&format!("/advisories/{id}/next")).await;
    let begun = author.press(&next, "main form", &[("next_step", "correction"), ("reason", "訂正")]).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    let measures = "select coalesce(measures_due::text, 'none') from advisories where version = 2";
    assert_eq!(cast.texts(measures).await, ["none"], "whoever asks again says so");
}
