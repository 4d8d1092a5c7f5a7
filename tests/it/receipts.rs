//! Receipts from any channel: what a desk enters counts everywhere alike, and nobody else enters anything.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::advisories::receipts::code::Code;
use ceptoar_portal::kernel::ids::{AccountId, AdvisoryId, OrganisationId};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, Reply, TestApp};

struct Cast {
    app: TestApp,
    bank1: Uuid,
    bank2: Uuid,
    silent: Uuid,
    gas: Uuid,
    partner: Uuid,
    window1: Uuid,
    window2: Uuid,
    desk_window: Uuid,
}

/// Recorded long ago: the database's clock is not the portal's.
async fn number(app: &TestApp, window: Uuid, position: i16, kind: &str, value: &str, hours: &str) {
    let sql = "insert into contact_channels (contact_id, position, kind, value, hours, recorded_at)
               values ($1, $2, $3, $4, $5, '2018-04-01Z')";
    sqlx::query(sql)
        .bind(window)
        .bind(position)
        .bind(kind)
        .bind(value)
        .bind(hours)
        .execute(&mut app.database.owner().await)
        .await
        .unwrap();
}

/// The fact of a number.
async fn fact(app: &TestApp, value: &str) -> Uuid {
    sqlx::query_scalar("select fact_id from contact_channels where value = $1")
        .bind(value)
        .fetch_one(&mut app.database.owner().await)
        .await
        .unwrap()
}

/// How often something stands in the trail.
async fn events(app: &TestApp, action: &str) -> i64 {
    sqlx::query_scalar("select count(*) from audit_events where action = $1")
        .bind(action)
        .fetch_one(&mut app.database.owner().await)
        .await
        .unwrap()
}

/// Two banks with windows, one without, a partner body, two desks and everybody who has no business here.
async fn cast() -> Cast {
    cast_of(TestApp::start().await).await
}

async fn cast_of(app: TestApp) -> Cast {
    let mut db = app.database.owner().await;
    let bank1 = factory::member(&mut db, "banks", "あかね架空銀行").await;
    let bank2 = factory::member(&mut db, "banks", "いちご架空銀行").await;
    let silent = factory::member(&mut db, "banks", "わかば窓口なし銀行").await;
    let gas = factory::member(&mut db, "gas", "架空ガス").await;
    let partner = factory::partner(&mut db, "banks", "星見県", "passes_on").await;
    let window1 = factory::window(&mut db, bank1, Some("banks"), "soc@bank1.example").await;
    let window2 = factory::window(&mut db, bank2, Some("banks"), "soc@bank2.example").await;
    factory::window(&mut db, gas, Some("gas"), "soc@gas.example").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let gas_desk = factory::secretariat_of(&mut db, "gas").await;
    let desk_window = factory::window(&mut db, desk, Some("banks"), "desk@banks.example").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, bank1, Some("banks"), Some(window1)),
        ("reader", Role::MemberReader, bank1, Some("banks"), None),
        ("other-bank", Role::MemberPoc, bank2, Some("banks"), None),
        ("gas-poc", Role::MemberPoc, gas, Some("gas"), None),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("colleague", Role::Coordinator, desk, Some("banks"), None),
        ("gas-desk", Role::Secretariat, gas_desk, Some("gas"), None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("auditor", Role::Auditor, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    factory::case_team(&app).await;
    number(&app, window1, 2, "phone", "03-0000-1001", "business").await;
    number(&app, window1, 3, "mobile", "090-0000-1002", "off_hours").await;
    number(&app, window2, 2, "phone", "03-0000-2001", "always").await;
    number(&app, window2, 3, "fax", "03-0000-2002", "always").await;
    number(&app, desk_window, 2, "phone", "03-0000-9001", "business").await;
    Cast { app, bank1, bank2, silent, gas, partner, window1, window2, desk_window }
}

const NOBODYS: [&str; 8] = ["handler", "reader", "other-bank", "gas-poc", "gas-desk", "liaison", "analyst", "auditor"];

const TOLD: [(&str, &str); 8] = [
    ("channel", "phone"),
    ("answered_by", "当直の課長"),
    ("on_year", "2026"),
    ("on_month", "11"),
    ("on_day", "21"),
    ("on_hour", "21"),
    ("on_minute", "10"),
    ("remark", "折り返しの電話"),
];

fn told<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let replaced = |name: &str| more.iter().any(|(other, _)| *other == name);
    TOLD.iter().copied().filter(|(name, _)| !replaced(name)).chain(more.iter().copied()).collect()
}

fn place(id: Uuid, organisation: Uuid) -> String {
    format!("/advisories/{id}/receipts/banks/{organisation}")
}

async fn enter(desk: &mut Client, id: Uuid, organisation: Uuid) -> Reply {
    desk.post(&place(id, organisation), &told(&[("confirmed", "true")])).await
}

async fn rows(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from desk_receipts").fetch_one(&mut app.database.owner().await).await.unwrap()
}

async fn account(app: &TestApp, name: &str) -> Uuid {
    sqlx::query_scalar("select account_id from accounts where sign_in_name = $1")
        .bind(name)
        .fetch_one(&mut app.database.owner().await)
        .await
        .unwrap()
}

/// How many organisations of the members' hop acknowledged, as the board counts for somebody.
async fn board(app: &TestApp, name: &str, id: Uuid) -> i64 {
    let viewer = AccountId(account(app, name).await);
    let mut tx = app.state.db.begin(Some(viewer), app.state.clock.now()).await.unwrap();
    sqlx::query_scalar("select coalesce(sum(acknowledged), 0)::bigint from delivery_board($1) where stage = 'member'")
        .bind(id)
        .fetch_one(&mut *tx)
        .await
        .unwrap()
}

async fn standing(client: &mut Client) -> String {
    client.get("/advisories.json").await.json()["advisories"][0]["standing"].as_str().unwrap_or_default().to_owned()
}

async fn published(cast: &Cast, level: &str) -> Uuid {
    let named = if level == "RED" { vec![cast.window1] } else { Vec::new() };
    let scope = if level == "RED" { "named" } else { "handlers" };
    let ceptoars: &[&str] = if level == "RED" { &[] } else { &["banks", "gas"] };
    factory::published_advisory(&cast.app, NewAdvisory { level, scope, named: &named, ceptoars, ..Default::default() })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_receipt_counts_on_the_board_the_list_and_the_front_page_until_it_is_taken_back() {
    let cast = cast().await;
    let id = published(&cast, "AMBER").await;
    let list = format!("/advisories/{id}/deliveries?ceptoar=banks");
    let mut desk = cast.app.signed_in("desk").await;
    let mut handler = cast.app.signed_in("handler").await;
    assert_eq!(standing(&mut handler).await, "waiting");
    assert!(desk.get(&list).await.texts("main").concat().contains("受領を記録"));

    let form = desk.get(&place(id, cast.bank1)).await;
    assert_eq!(form.status, 200);
    assert_eq!(form.values("input[name=on_hour]"), ["21"], "it was just now");
    let confirmation = desk.post(&place(id, cast.bank1), &told(&[])).await;
    assert_eq!(confirmation.status, 200);
    assert!(confirmation.texts("main").concat().contains("事務局が電話で確認"));
    assert_eq!(rows(&cast.app).await, 0, "nothing is entered before it is confirmed");
    let again = desk.press(&confirmation, "main form", &[("again", "true")]).await;
    assert_eq!(again.values("input[name=answered_by]"), ["当直の課長"], "what was typed is kept");
    let done = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    let receipt: Uuid = sqlx::query_scalar("select receipt_id from desk_receipts")
        .fetch_one(&mut cast.app.database.owner().await)
        .await
        .unwrap();
    let back = format!("{}?recorded={receipt}", place(id, cast.bank1));
    assert_eq!((done.status, done.location()), (303, back.as_str()));
    assert!(desk.get(&back).await.body.contains("受領を記録しました"));
    let mut colleague = cast.app.signed_in("colleague").await;
    assert!(!colleague.get(&back).await.body.contains("受領を記録しました"), "it was somebody else");

    let shown = desk.get(&list).await.texts("main").concat();
    assert!(shown.contains("事務局が電話で確認") && shown.contains("記録を見る"), "{shown}");
    let open = desk.get(&format!("{list}&state=unacknowledged")).await.texts("main").concat();
    assert!(!open.contains("あかね架空銀行") && open.contains("いちご架空銀行"));
    for name in ["desk", "liaison", "analyst"] {
        assert_eq!(board(&cast.app, name, id).await, 1, "{name}");
    }
    // It counts for the desk. The firm's own list keeps it, with the button.
    assert_eq!(standing(&mut handler).await, "told_desk");
    let waiting = handler.get("/advisories?state=waiting").await;
    assert!(waiting.body.contains(&id.to_string()) && waiting.body.contains("事務局が受領を記録"));
    assert!(!handler.get("/advisories?state=acknowledged").await.body.contains(&id.to_string()));
    let front = desk.get("/").await.texts("main").concat();
    assert!(front.contains("1 / 3") || front.contains("3組織のうち1") || front.contains("1/3"), "{front}");
    // The firm's own people see what was entered for them, and by which desk.
    let item = handler.get(&format!("/advisories/{id}")).await.texts("main").concat();
    assert!(item.contains("事務局が記録した受領") && item.contains("当直の課長") && item.contains("銀行等"), "{item}");
    assert!(item.contains("折り返しの電話") && item.contains("お心当たりがない"), "{item}");
    assert!(item.contains("受領を確認する"), "they may still say it themselves");
    let other = cast.app.signed_in("other-bank").await.get(&format!("/advisories/{id}")).await;
    assert!(!other.body.contains("当直の課長"));

    let back = format!("{}/{receipt}/withdrawal", place(id, cast.bank1));
    assert!(colleague.get(&back).await.texts("main").concat().contains("再び「未確認」"));
    assert_eq!(colleague.post(&back, &[("confirmed", "true")]).await.status, 422, "why?");
    let confirmation = colleague.post(&back, &[("reason", "別の銀行からの電話だった")]).await;
    assert_eq!(standing(&mut handler).await, "told_desk");
    let done = colleague.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.status, 303);
    assert!(colleague.get(done.location()).await.body.contains("受領の記録を取り消しました"));
    assert_eq!(standing(&mut handler).await, "waiting");
    for name in ["desk", "liaison", "analyst"] {
        assert_eq!(board(&cast.app, name, id).await, 0, "{name}");
    }
    let kept = desk.get(&place(id, cast.bank1)).await.texts("main").concat();
    assert!(kept.contains("取り消し済み") && kept.contains("別の銀行からの電話だった"), "{kept}");
    assert_eq!(rows(&cast.app).await, 1, "the entry stays");
    let item = handler.get(&format!("/advisories/{id}")).await.texts("main").concat();
    assert!(item.contains("取り消し済み") && item.contains("別の銀行からの電話だった"), "{item}");
    // A second click finds it taken back.
    assert_eq!(colleague.post(&back, &[("reason", "x"), ("confirmed", "true")]).await.status, 303);
    assert_eq!(enter(&mut desk, id, cast.bank1).await.status, 303, "and it can be entered again");
    assert_eq!((rows(&cast.app).await, board(&cast.app, "analyst", id).await), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_is_named_at_its_field_and_what_was_typed_is_kept() {
    let cast = cast().await;
    let id = published(&cast, "AMBER").await;
    let mut desk = cast.app.signed_in("desk").await;
    for (field, value, message) in [
        ("channel", "pigeon", "受けた手段を選んで"),
        ("answered_by", " ", "入力してください"),
        ("on_hour", "23", "これからの時刻"),
        ("on_day", "20", "より前の日時"),
        ("on_month", "13", "受けた日を"),
        ("on_minute", "61", "0時00分から23時59分"),
        ("receipt_code", "12345", "数字8桁"),
    ] {
        let reply = desk.post(&place(id, cast.bank1), &told(&[(field, value), ("confirmed", "true")])).await;
        assert_eq!(reply.status, 422, "{field}");
        assert!(
            reply.texts(".error-summary").concat().contains(message),
            "{field}: {:?}",
            reply.texts(".error-summary")
        );
        assert_eq!(reply.values("input[name=remark]"), ["折り返しの電話"]);
    }
    assert_eq!(rows(&cast.app).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_desk_has_the_pages() {
    let cast = cast().await;
    let id = published(&cast, "AMBER").await;
    let mut desk = cast.app.signed_in("desk").await;
    enter(&mut desk, id, cast.bank2).await;
    let receipt: Uuid = sqlx::query_scalar("select receipt_id from desk_receipts")
        .fetch_one(&mut cast.app.database.owner().await)
        .await
        .unwrap();
    let pages = [
        place(id, cast.bank1),
        format!("{}/{receipt}/withdrawal", place(id, cast.bank2)),
        format!("/advisories/{id}/calls?ceptoar=banks"),
        format!("/advisories/{id}/script?ceptoar=banks"),
        format!("/advisories/{id}/fax/banks/{}", cast.bank1),
        format!("/advisories/{id}/receipt-code?ceptoar=banks"),
    ];
    for page in &pages {
        assert_eq!(desk.get(page).await.status, 200, "{page}");
    }
    for name in NOBODYS {
        let mut client = cast.app.signed_in(name).await;
        for page in &pages {
            assert_eq!(client.get(page).await.status, 404, "{name} {page}");
        }
        assert_eq!(enter(&mut client, id, cast.bank1).await.status, 404, "{name}");
        let attempt = format!("/advisories/{id}/calls/banks/{}", cast.bank1);
        assert_eq!(client.post(&attempt, &[("outcome", "busy")]).await.status, 404, "{name}");
        let code = [("receipt_code", "12345678")];
        assert_eq!(client.post(&pages[5], &code).await.status, 404, "{name}");
    }
    // Its own desk for its own members of this very item alone.
    for stranger in [cast.gas, cast.partner, Uuid::new_v4()] {
        assert_eq!(enter(&mut desk, id, stranger).await.status, 404);
        assert_eq!(desk.get(&format!("/advisories/{id}/fax/banks/{stranger}")).await.status, 404);
    }
    let draft = factory::draft_advisory(&cast.app, NewAdvisory::default()).await;
    assert_eq!(enter(&mut desk, draft, cast.bank1).await.status, 404);
    assert_eq!(rows(&cast.app).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_refuses_forged_receipts_by_itself() {
    let cast = cast().await;
    let id = published(&cast, "AMBER").await;
    let green = factory::published_advisory(
        &cast.app,
        NewAdvisory { level: "GREEN", scope: "organisation", ceptoars: &["banks"], ..Default::default() },
    )
    .await;
    let red = published(&cast, "RED").await;
    let draft = factory::draft_advisory(&cast.app, NewAdvisory::default()).await;
    let forge = async |name: &str, id: Uuid, organisation: Uuid, ceptoar: &str| {
        let viewer = account(&cast.app, name).await;
        let mut tx = cast.app.state.db.begin(Some(AccountId(viewer)), cast.app.state.clock.now()).await.unwrap();
        let receipt = sqlx::query(
            "insert into desk_receipts (advisory_id, organisation_id, ceptoar_id, channel, with_code, happened_at)
             values ($1, $2, $3, 'phone', false, viewer_now())",
        )
        .bind(id)
        .bind(organisation)
        .bind(ceptoar)
        .execute(&mut *tx)
        .await;
        receipt
            .map(|done| done.rows_affected())
            .map_err(|e| e.as_database_error().unwrap().code().unwrap().into_owned())
    };
    assert_eq!(forge("desk", id, cast.bank1, "banks").await, Ok(1), "the statement itself is right");
    let refused = Err("42501".to_owned());
    for name in NOBODYS {
        assert_eq!(forge(name, id, cast.bank1, "banks").await, refused, "{name}");
    }
    for (id, organisation, ceptoar) in [
        (id, cast.gas, "gas"),
        (id, cast.gas, "banks"),
        (id, cast.bank1, "gas"),
        (green, cast.partner, "banks"),
        (red, cast.bank1, "banks"),
        (draft, cast.bank1, "banks"),
    ] {
        assert_eq!(forge("desk", id, organisation, ceptoar).await, refused, "{organisation} {ceptoar}");
    }
    // Another person's name, another time, another's receipt, and a receipt that comes back.
    let mut desk = cast.app.signed_in("desk").await;
    enter(&mut desk, id, cast.bank1).await;
    let [own, gas] = [account(&cast.app, "desk").await, account(&cast.app, "gas-desk").await];
    let write = async |viewer: Uuid, sql: &'static str| {
        let mut tx = cast.app.state.db.begin(Some(AccountId(viewer)), cast.app.state.clock.now()).await.unwrap();
        sqlx::query(sql).execute(&mut *tx).await.map_or(0, |done| done.rows_affected())
    };
    let back = "update desk_receipts set withdrawn_at = viewer_now()";
    assert_eq!(write(own, back).await, 1, "the statement itself is right");
    assert_eq!(write(gas, back).await, 0);
    assert_eq!(write(account(&cast.app, "handler").await, back).await, 0);
    for sql in [
        "update desk_receipts set withdrawn_at = null",
        "update desk_receipt_words set entered_by = viewer_account()",
        "update desk_receipt_words set withdrawn_by = viewer_account()",
        "update desk_receipts set channel = 'fax'",
        "update desk_receipt_words set answered_by = 'y'",
        "update desk_receipt_words set withdrawn_reason = 'y'",
        "delete from desk_receipt_words",
        "delete from desk_receipts",
        "insert into desk_receipts (advisory_id, organisation_id, ceptoar_id, channel, with_code, happened_at)
           select advisory_id, organisation_id, ceptoar_id, 'fax', false, happened_at - interval '9 days'
           from desk_receipts",
        "insert into call_attempts (advisory_id, organisation_id, ceptoar_id, kind, result, entered_by)
           select advisory_id, organisation_id, 'gas', 'phone', 'busy', viewer_account() from desk_receipts",
    ] {
        assert_eq!(write(own, sql).await, 0, "{sql}");
    }
    // Whoever writes the words down is named in them, whatever they say.
    let mut tx = cast.app.state.db.begin(Some(AccountId(own)), cast.app.state.clock.now()).await.unwrap();
    let written: Uuid = sqlx::query_scalar(
        "insert into desk_receipts (advisory_id, organisation_id, ceptoar_id, channel, with_code, happened_at)
         values ($1, $2, 'banks', 'phone', false, viewer_now()) returning receipt_id",
    )
    .bind(id)
    .bind(cast.bank2)
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    let named: Uuid = sqlx::query_scalar(
        "insert into desk_receipt_words (receipt_id, answered_by, entered_by) values ($1, 'x', $2) returning entered_by",
    )
    .bind(written)
    .bind(gas)
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    assert_eq!(named, own);
    drop(tx);
    // A receipt that nobody told, and one that is taken back without a reason, never get as far as the end.
    for sql in [
        "insert into desk_receipts (advisory_id, organisation_id, ceptoar_id, channel, with_code, happened_at)
           select distinct on (d.advisory_id) d.advisory_id, a.organisation_id, 'banks', 'fax', false, viewer_now()
           from desk_receipts d join advisory_audience a on a.advisory_id = d.advisory_id and a.stage = 'member'
             and a.ceptoar_id = 'banks' and a.organisation_id <> d.organisation_id",
        back,
    ] {
        let mut tx = cast.app.state.db.begin(Some(AccountId(own)), cast.app.state.clock.now()).await.unwrap();
        assert_eq!(sqlx::query(sql).execute(&mut *tx).await.unwrap().rows_affected(), 1, "{sql}");
        let error = tx.commit().await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().constraint(), Some("desk_receipts_worded"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_stay_with_the_firm_and_its_desk_and_a_refusal_tells_nothing() {
    let cast = cast().await;
    let id = published(&cast, "AMBER").await;
    enter(&mut cast.app.signed_in("desk").await, id, cast.bank1).await;
    for (name, receipts, words) in [
        ("desk", 1_i64, 1_i64),
        ("colleague", 1, 1),
        ("handler", 1, 1),
        ("analyst", 1, 0),
        ("gas-desk", 0, 0),
        ("gas-poc", 0, 0),
    ] {
        let viewer = AccountId(account(&cast.app, name).await);
        let mut tx = cast.app.state.db.begin(Some(viewer), cast.app.state.clock.now()).await.unwrap();
        let seen: (i64, i64) =
            sqlx::query_as("select (select count(*) from desk_receipts), (select count(*) from desk_receipt_words)")
                .fetch_one(&mut *tx)
                .await
                .unwrap();
        assert_eq!(seen, (receipts, words), "{name}");
    }
    // Whether an id exists, when it was published and whose a window is: the refusal is one and the same.
    let gas_desk = account(&cast.app, "gas-desk").await;
    let draft = factory::draft_advisory(&cast.app, NewAdvisory::default()).await;
    let phone = fact(&cast.app, "03-0000-1001").await;
    let mut refusals: Vec<String> = Vec::new();
    for (item, organisation, window) in [
        (id, cast.bank1, cast.window1),
        (id, cast.bank2, cast.window1),
        (draft, cast.bank1, cast.window2),
        (Uuid::new_v4(), cast.bank1, cast.window1),
        (id, Uuid::new_v4(), Uuid::new_v4()),
    ] {
        for sql in [
            "insert into desk_receipts (advisory_id, organisation_id, ceptoar_id, channel, with_code, happened_at)
               select $1, $2, 'banks', 'phone', false, '2001-01-01Z' where $3 is not null and $4 is not null",
            "insert into call_attempts (advisory_id, organisation_id, ceptoar_id, contact_id, channel_fact, kind, result,
               entered_by) values ($1, $2, 'banks', $3, $4, 'phone', 'busy', viewer_account())",
        ] {
            let now = cast.app.state.clock.now();
            let mut tx = cast.app.state.db.begin(Some(AccountId(gas_desk)), now).await.unwrap();
            let written =
                sqlx::query(sql).bind(item).bind(organisation).bind(window).bind(phone).execute(&mut *tx).await;
            refusals.push(written.unwrap_err().as_database_error().unwrap().message().to_owned());
        }
    }
    refusals.dedup();
    assert_eq!(refusals, ["not for this desk to enter"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_desk_was_told_counts_for_its_own_members_and_never_for_its_own_house() {
    let cast = cast().await;
    let mut db = cast.app.database.owner().await;
    // A bank that is a member of two CEPTOARs, and the desk's own house as a member.
    let house = factory::secretariat_of(&mut db, "banks").await;
    for (organisation, ceptoar) in [(cast.bank1, "gas"), (house, "banks")] {
        sqlx::query(
            "insert into memberships (ceptoar_id, organisation_id, unit, valid) values ($1, $2, '社', '[2018-04-01,)')",
        )
        .bind(ceptoar)
        .bind(organisation)
        .execute(&mut db)
        .await
        .unwrap();
    }
    let id = published(&cast, "AMBER").await;
    let mut desk = cast.app.signed_in("desk").await;
    assert_eq!(enter(&mut desk, id, cast.bank1).await.status, 303);
    let acknowledged = async |ceptoar: &str| -> i64 {
        let viewer = AccountId(account(&cast.app, "analyst").await);
        let mut tx = cast.app.state.db.begin(Some(viewer), cast.app.state.clock.now()).await.unwrap();
        sqlx::query_scalar("select acknowledged from delivery_board($1) where stage = 'member' and ceptoar_id = $2")
            .bind(id)
            .bind(ceptoar)
            .fetch_one(&mut *tx)
            .await
            .unwrap()
    };
    assert_eq!((acknowledged("banks").await, acknowledged("gas").await), (1, 0));
    let mut gas_desk = cast.app.signed_in("gas-desk").await;
    let list = gas_desk.get(&format!("/advisories/{id}/deliveries?ceptoar=gas&state=unacknowledged")).await;
    assert!(list.body.contains("あかね架空銀行"));
    let page = gas_desk.get(&format!("/advisories/{id}/receipts/gas/{}", cast.bank1)).await;
    assert!(
        page.body.contains("事務局が電話で確認") && !page.body.contains("当直の課長"),
        "the other desk's words are its own"
    );
    // The firm itself counts everywhere.
    cast.app.signed_in("handler").await.post(&format!("/advisories/{id}/acknowledgement"), &[]).await;
    assert_eq!((acknowledged("banks").await, acknowledged("gas").await), (1, 1));
    // Nobody is told anything by their own house.
    let page = desk.get(&place(id, house)).await;
    assert!(page.status == 200 && page.body.contains("ご自分の組織") && !page.body.contains("answered_by"));
    assert_eq!(enter(&mut desk, id, house).await.status, 403);
    assert_eq!(rows(&cast.app).await, 1);
    // Taking back where the firm said it itself leaves it acknowledged, and says so.
    let receipt: Uuid = sqlx::query_scalar("select receipt_id from desk_receipts").fetch_one(&mut db).await.unwrap();
    let back = desk.get(&format!("{}/{receipt}/withdrawal", place(id, cast.bank1))).await.texts("main").concat();
    assert!(back.contains("「受領確認済」のまま") && !back.contains("再び"), "{back}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confidential_item_is_acknowledged_by_the_named_person_and_only_called_about() {
    let cast = cast().await;
    let id = published(&cast, "RED").await;
    let mut desk = cast.app.signed_in("desk").await;
    let refused = enter(&mut desk, id, cast.bank1).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("連絡一覧に記録してください"));
    assert_eq!(desk.get(&format!("/advisories/{id}/fax/banks/{}", cast.bank1)).await.status, 403);
    let calls = desk.get(&format!("/advisories/{id}/calls?ceptoar=banks")).await;
    let text = calls.texts("main").concat();
    assert!(text.contains("あかね架空銀行") && text.contains("090-0000-1002"), "{text}");
    assert!(!text.contains("いちご架空銀行") && !calls.body.contains("VPN装置"));
    let script = desk.get(&format!("/advisories/{id}/script?ceptoar=banks")).await;
    for hidden in ["VPN装置", "概要の一行目", "CVE-2026", "回答期限", "あかね"] {
        assert!(!script.body.contains(hidden), "{hidden}");
    }
    let attempt = format!("/advisories/{id}/calls/banks/{}", cast.bank1);
    assert_eq!(desk.post(&attempt, &[("number", "other"), ("outcome", "reached")]).await.status, 303);
    assert!(desk.get(&format!("/advisories/{id}/calls?ceptoar=banks")).await.body.contains("サインインを依頼"));
    assert_eq!((rows(&cast.app).await, board(&cast.app, "desk", id).await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_finds_its_member_at_its_own_desk_and_guessing_ends() {
    let cast = cast().await;
    let id = published(&cast, "AMBER").await;
    let code = |ceptoar: &str, organisation: Uuid| {
        Code::of(&cast.app.state.secret_key, AdvisoryId(id), ceptoar, OrganisationId(organisation)).spoken()
    };
    let mut desk = cast.app.signed_in("desk").await;
    let own = code("banks", cast.bank2);
    let sheet = desk.get(&format!("/advisories/{id}/fax/banks/{}", cast.bank2)).await;
    assert!(sheet.body.contains(&own));
    let finder = format!("/advisories/{id}/receipt-code?ceptoar=banks");
    let found = desk.post(&finder, &[("receipt_code", &own.replace('-', " "))]).await;
    assert_eq!(found.status, 200);
    assert_eq!(found.values("input[name=channel][checked]"), [""; 0], "nobody chose a way yet");
    assert!(found.texts("h1").concat().contains("いちご架空銀行"));
    let typed = told(&[("receipt_code", own.as_str())]);
    let confirmation = desk.press(&found, "main form", &typed).await;
    assert!(confirmation.texts("main").concat().contains("受領コードあり"));
    // Of another CEPTOAR, another member, another item: nobody is found, and nobody's receipt has it.
    let foreign = code("gas", cast.gas);
    let answer = desk.post(&finder, &[("receipt_code", &foreign)]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.texts(".error-summary").concat().contains("見つかりませんでした"));
    let wrong = told(&[("receipt_code", foreign.as_str()), ("confirmed", "true")]);
    assert_eq!(desk.post(&place(id, cast.bank2), &wrong).await.status, 422);
    let digits: String = own.chars().filter(char::is_ascii_digit).collect();
    let last = if digits.ends_with('9') { "0" } else { "9" };
    let slip = format!("{}{last}", &digits[..7]);
    let answer = desk.post(&finder, &[("receipt_code", &slip)]).await;
    assert!(answer.texts(".error-summary").concat().contains("もう一度読み上げて"));
    assert_eq!(answer.values("input[name=receipt_code]"), [slip.as_str()], "what was typed is kept");
    // Right ones cost nothing, nor does what is no code; wrong ones come to an end, wherever they are typed.
    for _ in 0..30 {
        assert_eq!(desk.post(&finder, &[("receipt_code", &slip)]).await.status, 422);
    }
    for _ in 0..18 {
        assert_eq!(desk.post(&finder, &[("receipt_code", &foreign)]).await.status, 422);
    }
    let limit = desk.post(&finder, &[("receipt_code", &own)]).await;
    assert_eq!(limit.status, 429);
    assert_eq!(limit.values("input[name=receipt_code]"), [own.as_str()], "what was typed is kept");
    let right = told(&[("receipt_code", own.as_str())]);
    let limit = desk.post(&place(id, cast.bank2), &right).await;
    assert_eq!(limit.status, 429);
    assert_eq!(limit.values("input[name=answered_by]"), ["当直の課長"]);
    assert_eq!(desk.post(&place(id, cast.bank2), &told(&[])).await.status, 200, "without a code it goes on");
    cast.app.state.clock.advance(TimeDelta::minutes(16));
    assert_eq!(desk.post(&finder, &[("receipt_code", &own)]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_list_begins_with_the_unreached_and_with_the_numbers_of_the_hour() {
    let cast = cast().await;
    let id = published(&cast, "AMBER").await;
    let refuse =
        "update deliveries set state = case when contact_id = $1 then 'refused' else 'sent' end, settled_at = $2";
    sqlx::query(refuse)
        .bind(cast.window2)
        .bind(cast.app.state.clock.now())
        .execute(&mut cast.app.database.owner().await)
        .await
        .unwrap();
    let list = format!("/advisories/{id}/calls?ceptoar=banks");
    let mut desk = cast.app.signed_in("desk").await;
    let page = desk.get(&list).await;
    assert_eq!(page.texts(".call-list h2"), ["いちご架空銀行", "わかば窓口なし銀行", "あかね架空銀行"]);
    let night = page.texts(".call-list > li:nth-child(3) tbody th");
    assert_eq!(night, ["携帯電話 090-0000-1002", "電話 03-0000-1001"], "Saturday night");
    let dialled = page.hrefs(".call-list tbody th a");
    assert!(dialled.contains(&"tel:09000001002".to_owned()), "one touch on a telephone: {dialled:?}");
    assert!(!dialled.contains(&"tel:0300002002".to_owned()), "nobody calls a FAX");
    cast.app.state.clock.advance(TimeDelta::hours(40)); // Monday 13:10, a national holiday
    let page = cast.app.signed_in("desk").await.get(&list).await;
    assert_eq!(page.texts(".call-list > li:nth-child(3) tbody th"), night);
    assert!(page.texts("main").concat().contains("祝日・休日(勤労感謝の日)"));
    cast.app.state.clock.advance(TimeDelta::hours(24)); // Tuesday 13:10
    let mut desk = cast.app.signed_in("desk").await;
    let page = desk.get(&list).await;
    let day = page.texts(".call-list > li:nth-child(3) tbody th");
    assert_eq!(day, ["電話 03-0000-1001", "携帯電話 090-0000-1002"], "working hours");
    assert!(page.texts("main").concat().contains("期限超過"));
    // A colleague sees what was tried, and a wrong number leads to the directory.
    let attempt = format!("/advisories/{id}/calls/banks/{}", cast.bank1);
    number(&cast.app, cast.window1, 4, "phone", "03-0000-1009", "business").await;
    let wrong = fact(&cast.app, "03-0000-1001").await.to_string();
    let noted = desk.post(&attempt, &[("number", &wrong), ("outcome", "wrong_number")]).await;
    assert_eq!(noted.status, 303);
    let twice = desk.post(&attempt, &[("number", &wrong), ("outcome", "wrong_number")]).await;
    assert_eq!((twice.status, twice.location()), (303, noted.location()), "a second click is no second call");
    let page = desk.get(noted.location().split('#').next().unwrap()).await;
    assert!(page.body.contains("番号違いを記録しました"));
    assert_eq!(page.texts(".call-list > li:nth-child(3) .delivery--refused").len(), 1, "that telephone and no other");
    assert!(page.body.contains(&format!("/directory/banks/members/{}/windows/{}", cast.bank1, cast.window1)));
    let mut colleague = cast.app.signed_in("colleague").await;
    let seen = colleague.get(&list).await.texts("main").concat();
    assert!(seen.contains("2026/11/24 13:10 電話 03-0000-1001 番号違い (desk)"), "{seen}");
    // Of several numbers none is preselected: what nobody chose would be marked as wrong.
    assert_eq!(page.values(".call-list > li:nth-child(3) option")[0], "");
    let unchosen = desk.post(&attempt, &[("number", ""), ("outcome", "wrong_number")]).await;
    assert_eq!(unchosen.status, 303);
    let page = desk.get(unchosen.location().split('#').next().unwrap()).await;
    assert!(page.body.contains("かけた番号を選んでから"));
    // Somebody else's window is no number of this member, and a corrected one has no mark.
    let foreign = fact(&cast.app, "03-0000-2001").await.to_string();
    let gone = desk.post(&attempt, &[("number", &foreign), ("outcome", "busy")]).await;
    assert!(gone.status == 303 && gone.location().contains("noted=changed"));
    assert_eq!(events(&cast.app, "receipt.call").await, 1);
    let mut db = cast.app.database.owner().await;
    for sql in [
        "update contact_channels set value = '03-0000-1111' where value = '03-0000-1001'",
        // The correction was recorded by the database's clock, which is not the portal's.
        "update call_attempts set attempted_at = '2020-01-01Z'",
    ] {
        sqlx::query(sql).execute(&mut db).await.unwrap();
    }
    assert_eq!(desk.get(&list).await.texts(".call-list > li:nth-child(3) .delivery--refused").len(), 0);
    for nonsense in [("number", "x"), ("outcome", "x")] {
        assert_eq!(desk.post(&attempt, &[nonsense]).await.status, 400);
    }
    // Who has told us is not called any more.
    assert_eq!(enter(&mut desk, id, cast.bank2).await.status, 303);
    assert_eq!(desk.get(&list).await.texts(".call-list h2"), ["わかば窓口なし銀行", "あかね架空銀行"]);
    assert_eq!(enter(&mut desk, id, cast.silent).await.status, 303, "by telephone without any window");
    // Reading numbers is written down.
    assert!(events(&cast.app, "contacts.read").await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_list_stays_as_it_was_opened_and_leads_back_to_the_same_place() {
    let cast = cast().await;
    let id = published(&cast, "AMBER").await;
    let list = format!("/advisories/{id}/calls?ceptoar=banks");
    let mut desk = cast.app.signed_in("desk").await;
    let opened = desk.get(&list).await;
    let order = opened.texts(".call-list h2");
    let at = opened.values("input[name=at]")[0].clone();
    cast.app.state.clock.advance(TimeDelta::minutes(2));
    let from = format!("calls.{at}");
    let typed = told(&[("from", from.as_str()), ("confirmed", "true")]);
    let done = desk.post(&place(id, cast.bank2), &typed).await;
    assert_eq!(done.status, 303);
    assert!(done.location().contains(&format!("at={at}")), "{}", done.location());
    assert!(done.location().ends_with(&format!("#m-{}", cast.bank2)));
    let page = desk.get(done.location().split('#').next().unwrap()).await;
    assert_eq!(page.texts(".call-list h2"), order, "nobody moves up");
    assert_eq!(page.texts(".call-list h2 s"), ["いちご架空銀行"]);
    assert!(page.body.contains("受領を記録しました") && !page.body.contains("03-0000-2001"));
    // Opened anew, the list is of those who are left; beyond its end it is opened anew.
    assert_eq!(desk.get(&list).await.texts(".call-list h2").len(), order.len() - 1);
    let beyond = format!("{list}&at=7.{}", at.split('.').nth(1).unwrap());
    assert_eq!(desk.get(&beyond).await.location(), list);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_charged_like_all_reading_of_contacts() {
    let cast = cast_of(TestApp::with_settings(&["--contact-reads-per-hour=50"]).await).await;
    let id = published(&cast, "AMBER").await;
    let mut desk = cast.app.signed_in("desk").await;
    let page = format!("/advisories/{id}/calls?ceptoar=banks");
    for _ in 0..15 {
        assert_eq!(desk.get(&page).await.status, 200, "four numbers, and the same ones each time");
    }
    let mut db = cast.app.database.owner().await;
    let another = factory::member(&mut db, "banks", "さくら架空銀行").await;
    let window = factory::window(&mut db, another, Some("banks"), "soc@bank3.example").await;
    for position in 2..50 {
        number(&cast.app, window, position, "phone", &format!("03-0000-{position:04}"), "always").await;
    }
    // Those who have not received it are called whatever the limit says; the trail has an alert, once for what was new.
    let more = published(&cast, "AMBER").await;
    for _ in 0..3 {
        let list = desk.get(&format!("/advisories/{more}/calls?ceptoar=banks")).await;
        assert!(list.status == 200 && list.body.contains("03-0000-0049"), "48 and 4 after 4");
    }
    assert_eq!(events(&cast.app, "limit.contacts_passed").await, 1);
    assert_eq!(desk.get(&page).await.status, 200);
    // Who has received it is not called: there the limit holds, and holds after a reload.
    let third = published(&cast, "AMBER").await;
    assert_eq!(enter(&mut desk, third, cast.bank2).await.status, 303);
    let reads = events(&cast.app, "contacts.read").await;
    for _ in 0..3 {
        assert_eq!(desk.get(&format!("/advisories/{third}/fax/banks/{}", cast.bank2)).await.status, 429);
    }
    assert_eq!(events(&cast.app, "contacts.read").await, reads, "what is refused was not seen");
    assert_eq!(events(&cast.app, "limit.contacts").await, 0, "told when the limit was passed");
    // What is stored is said to be stored, whatever has been read: that page reads no addresses.
    assert_eq!(desk.get(&format!("/advisories/{third}/deliveries?ceptoar=banks")).await.status, 429);
    let stored = enter(&mut desk, third, cast.bank1).await;
    let page = desk.get(stored.location()).await;
    assert!(page.status == 200 && page.body.contains("受領を記録しました") && !page.body.contains("03-0000-1001"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_slower_is_told_and_a_second_click_is_none() {
    let cast = cast().await;
    let id = published(&cast, "AMBER").await;
    let (mut desk, mut colleague) = (cast.app.signed_in("desk").await, cast.app.signed_in("colleague").await);
    let (a, b) = tokio::join!(enter(&mut desk, id, cast.bank2), enter(&mut colleague, id, cast.bank2));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422], "{:?} {:?}", a.texts("h1"), b.texts("h1"));
    let slower = if a.status == 422 { a } else { b };
    assert!(slower.texts(".error-summary").concat().contains("すでに受領を記録しています"));
    assert_eq!(rows(&cast.app).await, 1);
    // The same person twice.
    let (mut one, mut two) = (desk.clone(), desk.clone());
    let (a, b) = tokio::join!(enter(&mut one, id, cast.silent), enter(&mut two, id, cast.silent));
    assert_eq!([a.status, b.status], [303, 303]);
    assert_eq!(rows(&cast.app).await, 2);
    // The firm itself acknowledged while the desk was typing.
    let form = desk.get(&place(id, cast.bank1)).await;
    assert_eq!(form.status, 200);
    let mut handler = cast.app.signed_in("handler").await;
    handler.post(&format!("/advisories/{id}/acknowledgement"), &[]).await;
    let answer = enter(&mut desk, id, cast.bank1).await;
    assert_eq!(answer.status, 422);
    assert!(answer.texts(".error-summary").concat().contains("本人がポータルで受領を確認しています"));
    assert_eq!(answer.values("input[name=answered_by]"), ["当直の課長"]);
    assert_eq!(rows(&cast.app).await, 2);
    let list = desk.get(&format!("/advisories/{id}/deliveries?ceptoar=banks")).await.texts("main").concat();
    assert!(list.contains("本人がポータルで確認") && list.contains("事務局が電話で確認"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sheets_carry_content_only_where_a_mail_may() {
    let cast = cast().await;
    let content = ["VPN装置の脆弱性", "概要の一行目", "影響の説明", "CVE-2026-12345", "架空VPN"];
    // A window that may not handle it gets no sheet, and what is in somebody's pocket is on none.
    let mut db = cast.app.database.owner().await;
    let reception = factory::window(&mut db, cast.bank2, Some("banks"), "reception@bank2.example").await;
    number(&cast.app, reception, 2, "fax", "03-0000-2003", "always").await;
    sqlx::query("update contacts set handler = false where contact_id = $1")
        .bind(reception)
        .execute(&mut db)
        .await
        .unwrap();
    number(&cast.app, cast.desk_window, 3, "mobile", "090-0000-9002", "always").await;
    for level in ["AMBER_STRICT", "AMBER"] {
        let id = published(&cast, level).await;
        for client in [cast.app.signed_in("desk").await, cast.app.signed_in("desk").await.in_english()] {
            let mut client = client;
            for page in [
                format!("/advisories/{id}/calls?ceptoar=banks"),
                format!("/advisories/{id}/script?ceptoar=banks"),
                format!("/advisories/{id}/fax/banks/{}", cast.bank2),
            ] {
                let reply = client.get(&page).await;
                assert_eq!(reply.status, 200);
                for text in content.into_iter().chain(["03-0000-2003", "090-0000-9002"]) {
                    assert!(!reply.body.contains(text), "{level} {page}: {text}");
                }
                // Right of head and foot.
                assert!(reply.texts(".tlp").iter().all(|label| label.starts_with("TLP:AMBER")));
                assert!(reply.body.contains(&format!("print-level-{level}")));
            }
        }
    }
    let id = factory::published_advisory(
        &cast.app,
        NewAdvisory { level: "GREEN", scope: "organisation", drill: true, ..Default::default() },
    )
    .await;
    let mut desk = cast.app.signed_in("desk").await;
    let script = desk.get(&format!("/advisories/{id}/script?ceptoar=banks")).await;
    let fax = desk.get(&format!("/advisories/{id}/fax/banks/{}", cast.bank2)).await;
    for sheet in [&script, &fax] {
        assert!(sheet.body.contains("VPN装置の脆弱性") && sheet.body.contains("概要の一行目"));
        assert_eq!(sheet.texts(".drill-banner").len(), 2, "first and last line");
        assert_eq!(sheet.texts(".sheet__level").len(), 2);
        assert!(sheet.body.contains("03-0000-9001(平日日中)"), "the desk's own number, and when somebody is there");
        assert!(!sheet.body.contains("090-0000-9002"), "and nobody's mobile");
    }
    assert!(fax.body.contains("03-0000-2003"), "it is for the whole organisation");
    assert!(fax.body.contains("03-0000-2002") && !script.body.contains("03-0000-2002"));
    assert!(!fax.body.contains("影響の説明"));
}
