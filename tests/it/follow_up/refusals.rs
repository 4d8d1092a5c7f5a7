//! For whom a sheet is not: the same answer as for one that does not exist, whichever wall stands.

use super::world::{World, fields, send, with};

const SHEET: &str = "/follow-up/2026/sheets/banks";
const NOTHING: &str = "/follow-up/2026/sheets/nothing";

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_of_others_is_answered_like_one_that_does_not_exist() {
    let mut w = World::build().await;
    w.open().await;
    w.send_sheet("banks").await;
    let typed = [("name", "x"), ("act", "send"), ("version", "3")];
    let check = [("step", "confirm_unchecked"), ("comment", "x"), ("version", "3")];
    for name in ["life-desk", "life-coordinator", "liaison-meti", "bank", "auditor", "operator"] {
        let mut client = w.app.signed_in(name).await;
        let (there, nowhere) = (client.get(SHEET).await, client.get(NOTHING).await);
        assert_eq!(there.status, 404, "{name}");
        let plain =
            |reply: &crate::support::Reply| reply.without_request_id().replace("banks", "ID").replace("nothing", "ID");
        assert_eq!(plain(&there), plain(&nowhere), "{name}");
        for (there, nowhere, form) in [
            (SHEET.to_owned(), NOTHING.to_owned(), &typed),
            (format!("{SHEET}/check"), format!("{NOTHING}/check"), &check),
        ] {
            let (there, nowhere) = (client.post(&there, form).await, client.post(&nowhere, form).await);
            assert_eq!((there.status, plain(&there)), (404, plain(&nowhere)), "{name}");
        }
        for (path, status) in [("/follow-up/2026/reminder", 404), ("/follow-up/2026/publication", 404)] {
            assert_eq!(client.post(path, &[("sure", "true")]).await.status, status, "{name} {path}");
        }
        assert_eq!(client.get("/follow-up/2026/preview").await.status, 404, "{name}");
        assert_eq!(client.get("/follow-up/2031").await.status, 404, "{name}");
    }
    assert_eq!(w.state("banks").await, "submitted");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_their_own_rows_of_the_board() {
    let w = World::build().await;
    w.open().await;
    for (name, rows) in [("life-desk", 1), ("desk2", 1), ("life-coordinator", 1), ("liaison", 4), ("liaison-meti", 5)] {
        let mut client = w.app.signed_in(name).await;
        let board = client.get("/follow-up/2026").await;
        assert_eq!(board.texts("[data-sheets] tbody tr").len(), rows, "{name}: {:?}", board.texts("[data-sheets] th"));
        assert!(board.texts("[data-late]").is_empty() && !board.body.contains("担当: "), "{name}");
    }
    let mut coordinator = w.app.signed_in("life-coordinator").await;
    let sheet = coordinator.get("/follow-up/2026/sheets/life").await;
    assert!(sheet.status == 200 && sheet.texts("main form").is_empty(), "a coordinator looks");
    assert_eq!(coordinator.post("/follow-up/2026/sheets/life", &[("act", "save")]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_alone_keeps_sheets_apart_and_steps_in_order() {
    let mut w = World::build().await;
    w.open().await;
    w.send_sheet("banks").await;
    for (name, rows) in [("life-desk", 1), ("liaison", 4), ("bank", 0), ("auditor", 0), ("operator", 0)] {
        let id = account(&mut w, name).await;
        let mut tx = w.app.state.db.begin(Some(id), w.app.state.clock.now()).await.unwrap();
        let seen: i64 = sqlx::query_scalar("select count(*) from follow_up_sheets").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(seen, rows, "{name}");
        let events: i64 =
            sqlx::query_scalar("select count(*) from follow_up_events").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(events, i64::from(name == "liaison"), "{name}");
    }
    let touch = |state: &str, ceptoar: &str| {
        format!("update follow_up_sheets set state = '{state}', version = version + 1 where ceptoar_id = '{ceptoar}'")
    };
    for (name, state, ceptoar, done) in [
        ("life-desk", "submitted", "banks", Ok(0)),
        ("life-desk", "submitted", "chemical", Ok(0)),
        ("liaison-meti", "ministry_checked", "banks", Ok(0)),
        ("desk", "preparing", "banks", Ok(0)),
        ("analyst", "confirmed", "chemical", Ok(0)),
        ("liaison", "confirmed", "banks", Err("row-level security")),
        ("liaison", "ministry_checked", "banks", Ok(1)),
    ] {
        let got = w.as_account(name, &touch(state, ceptoar)).await;
        match (done, &got) {
            (Ok(rows), Ok(touched)) => assert_eq!(*touched, rows, "{name} {state} {ceptoar}"),
            (Err(why), Err(error)) => assert!(error.contains(why), "{name} {state}: {error}"),
            (_, _) => panic!("{name} {state} {ceptoar}: {got:?}"),
        }
    }
    // Who checks does not change what was sent.
    let forged = "update follow_up_sheets set state = 'confirmed', version = version + 1, remark = 'x' where ceptoar_id = 'banks'";
    assert!(w.as_account("analyst", forged).await.unwrap_err().contains("changed by its desk"));
    // Publishing, errata and letters are functions that ask who it is.
    let document = "select follow_up_publish(follow_up_id, '{}') from follow_ups";
    assert!(w.as_account("analyst", document).await.unwrap_err().contains("published by approvers"));
    let letter = "select follow_up_tell(follow_up_id, 'life', 'by_hand', '{a,a}', '{b,b}', '{}') from follow_ups";
    assert!(w.as_account("desk", letter).await.unwrap_err().contains("the centre's"));
    let erratum =
        "select record_erratum(gen_random_uuid(), '2018-04-24', null, current_date, '{a,a}', '{b,b}', '{c,c}')";
    assert!(w.as_account("analyst", erratum).await.unwrap_err().contains("approvers"));
    assert!(w.as_account("approver", "insert into editions values ('x', current_date, '{}', now())").await.is_err());
}

async fn account(w: &mut World, name: &str) -> ceptoar_portal::kernel::ids::AccountId {
    let id = sqlx::query_scalar("select account_id from accounts where sign_in_name = $1")
        .bind(name)
        .fetch_one(&mut w.db)
        .await
        .expect("an account");
    ceptoar_portal::kernel::ids::AccountId(id)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_is_nothing_but_its_confirmed_sheets() {
    let mut w = World::build().await;
    w.open().await;
    w.confirm_all().await;
    let forged = "select follow_up_publish(f.follow_up_id, jsonb_build_object('id', f.as_of::text, 'as_of', f.as_of::text,
        'ceptoars', (select jsonb_agg(case when s.ceptoar_id = 'banks' then jsonb_set(s.content, '{counts,0,value}', '1') else s.content end
                                      order by s.position, s.ceptoar_id) from follow_up_sheets s))) from follow_ups f";
    assert!(w.as_account("approver", forged).await.unwrap_err().contains("something else than the confirmed sheets"));
    assert_eq!(w.number("select count(*) from editions where edition_id = '2027-03-31'").await, 0);
    // A stored change that the edition does not have stops it at the door.
    sqlx::query("alter table follow_up_sheets disable trigger follow_up_sheets_steps")
        .execute(&mut w.db)
        .await
        .unwrap();
    sqlx::query("update follow_up_sheets set changes = '[]' where ceptoar_id = 'broadcast'")
        .execute(&mut w.db)
        .await
        .unwrap();
    let mut approver = w.app.signed_in("approver").await;
    let preview = approver.get("/follow-up/2026/preview").await;
    assert!(preview.body.contains("一致していません") && preview.texts("form[action$=publication]").is_empty());
    assert_eq!(approver.post("/follow-up/2026/publication", &[("sure", "true")]).await.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_asks_again_who_it_is() {
    let mut w = World::build().await;
    w.open().await;
    w.confirm_all().await;
    // Nobody proves themselves anew in a demonstration.
    let real = "update accounts set demonstration = false where sign_in_name = 'approver'";
    sqlx::query(real).execute(&mut w.db).await.unwrap();
    let mut approver = w.app.signed_in("approver").await;
    assert_eq!(approver.get("/follow-up/2026/preview").await.status, 200);
    w.app.state.clock.advance(chrono::TimeDelta::minutes(20));
    let asked = approver.post("/follow-up/2026/publication", &[("sure", "true")]).await;
    assert!(
        asked.status == 307 && asked.location().starts_with("/account/confirm"),
        "{} {}",
        asked.status,
        asked.location()
    );
    let asked = approver.post("/map/2018-04-24/errata", &[("place", "x"), ("wrong", "x"), ("right", "y")]).await;
    assert_eq!(asked.status, 307);
    assert_eq!(w.number("select count(*) from errata").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_said_and_kept() {
    let mut w = World::build().await;
    w.open().await;
    let mut desk = w.app.signed_in("desk").await;
    let path = "/follow-up/2026/sheets/power";
    let page = desk.get(path).await;
    let typed = [("count_1", "<多数>"), ("rule_year", "平成19"), ("remark", "<b>メモ</b>"), ("act", "save")];
    let refused = send(&mut desk, path, &with(fields(&page, "main form"), &typed)).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.texts(".error-summary a").len(), 2);
    assert_eq!(refused.values("#count_1"), ["<多数>"]);
    assert!(refused.texts("#remark").concat().contains("<b>メモ</b>") && !refused.body.contains("<b>メモ</b>"));
    assert_eq!(w.texts("select remark from follow_up_sheets where ceptoar_id = 'power'").await, [""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_typed_to_open_one_is_taken_as_text_or_refused_with_its_reason() {
    let mut w = World::build().await;
    let mut analyst = w.app.signed_in("analyst").await;
    let good = [
        ("fiscal_year", "2026"),
        ("due_year", "2027"),
        ("due_month", "1"),
        ("due_day", "29"),
        ("plan", "行動計画"),
        ("plan_en", "Action plan"),
    ];
    for payload in
        ["<script>zq()</script>", "\u{202E}abc", "' or 1=1 --", "99999999999", "-1", "\0", &"長".repeat(4000)]
    {
        for field in good.map(|(field, _)| field) {
            let typed: Vec<(&str, &str)> =
                good.iter().map(|(name, value)| (*name, if *name == field { payload } else { value })).collect();
            // The box is not ticked: whatever is right, it is not opened.
            let reply = analyst.post("/follow-up", &typed).await;
            assert_eq!(reply.status, 422, "{field}={payload:.20}");
            assert!(!reply.body.contains("<script>zq"), "{field}");
            assert!(!reply.texts(".error-summary a").is_empty());
        }
    }
    assert_eq!(w.number("select count(*) from follow_ups").await, 0);
}
