//! 配信の運用 through the door: who sees the queue, who pauses and resumes it, what is said of it, and what is not.

use ceptoar_portal::app::router::router;
use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::ids::AccountId;
use ceptoar_portal::platform::web::state::FirstWall;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::support::factory::NewAdvisory;
use crate::support::{TestApp, factory};

const REASON: &str = "中継サーバーの入れ替えのため";
const TITLE: &str = "固有の題名の情報提供";

struct Scene {
    app: TestApp,
    db: PgConnection,
    operator: Uuid,
}

/// An item under way to two banks, and everybody who could ask.
async fn scene() -> Scene {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let centre = factory::organisation(&mut db, "nisc").await;
    for (name, address) in [("架空第一銀行", "soc@first.example"), ("架空第二銀行", "soc@second.example")] {
        let bank = factory::member(&mut db, "banks", name).await;
        let window = factory::window(&mut db, bank, Some("banks"), address).await;
        if address == "soc@first.example" {
            factory::person(&app, "poc", Role::MemberPoc, bank, Some("banks"), Some(window)).await;
        }
    }
    let desk = factory::secretariat_of(&mut db, "banks").await;
    factory::person(&app, "desk", Role::Secretariat, desk, Some("banks"), None).await;
    let operator = factory::person(&app, "operator", Role::SystemAdmin, centre, None, None).await;
    for (name, role) in [("analyst", Role::NiscAnalyst), ("approver", Role::NiscApprover), ("auditor", Role::Auditor)] {
        factory::person(&app, name, role, centre, None, None).await;
    }
    factory::published_advisory(&app, NewAdvisory { title: TITLE, ..NewAdvisory::default() }).await;
    Scene { app, db, operator }
}

async fn count(db: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(db).await.expect("a number")
}

async fn claimable(app: &TestApp) -> usize {
    let pool = ceptoar_portal::platform::db::pool(app.database.connections.worker.clone(), 2);
    let held = std::time::Duration::from_secs(30);
    ceptoar_portal::platform::mail::outbox::claim(&pool, Uuid::new_v4(), 1, held).await.expect("a claim").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_tells_numbers_and_domains_and_no_address_name_or_content() {
    let Scene { app, mut db, .. } = scene().await;
    let waiting = count(&mut db, "select count(*) from deliveries where state = 'queued'").await;
    assert!(waiting >= 2, "{waiting}");
    sqlx::query("update deliveries set attempts = 2, due_at = now() + interval '9 minutes' from delivery_addresses a where a.delivery_id = deliveries.delivery_id and a.address like '%@second.example'")
        .execute(&mut db)
        .await
        .unwrap();
    sqlx::query("insert into mail_workers (worker_id) values (gen_random_uuid())").execute(&mut db).await.unwrap();
    for path in ["/queue", "/queue/board"] {
        let page = app.signed_in("operator").await.get(path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert_eq!(page.texts("[data-tally] b")[0], waiting.to_string());
        assert_eq!(page.texts("[data-tally] b")[2], "1");
        let domains = page.texts("[data-domains] tbody th");
        assert!(domains.contains(&"first.example".to_owned()) && domains.contains(&"second.example".to_owned()));
        assert_eq!(page.hrefs("[data-domains] a"), ["/queue/retry?domain=second.example"]);
        assert_eq!(page.texts("[data-workers] tbody tr").len(), 1);
        for secret in ["soc@", "架空第一銀行", TITLE, "2026-0001"] {
            assert!(!page.body.contains(secret), "{secret}");
        }
    }
    // The approver reads how it stands; whose servers it waits for is not theirs to know.
    let page = app.signed_in("approver").await.get("/queue").await;
    assert_eq!(page.texts("[data-tally] b")[0], waiting.to_string());
    assert!(!page.body.contains("first.example") && !page.body.contains("/queue/pause"));
    assert_eq!(app.signed_in("operator").await.in_english().get("/queue").await.texts("h1"), ["Mail queue"]);
    sqlx::query("update deliveries set state = 'sent', settled_at = now()").execute(&mut db).await.unwrap();
    let page = app.signed_in("operator").await.get("/queue").await;
    assert_eq!(page.texts("[data-all-sent]").len(), 1);
    assert!(page.body.contains(&format!("{waiting}通")), "what was sent in the last minute");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_stops_every_claim_is_told_to_whom_it_concerns_and_ends() {
    let Scene { app, mut db, .. } = scene().await;
    let mut operator = app.signed_in("operator").await;
    // Without a reason it is asked for at the field; what was typed stays.
    let reply = operator.post("/queue/pause", &[("reason", " "), ("confirm", "true")]).await;
    assert_eq!((reply.status, reply.texts("#reason-error").len()), (422, 1));
    let long = "長".repeat(501);
    let reply = operator.post("/queue/pause", &[("reason", &long)]).await;
    assert_eq!((reply.status, reply.texts("#reason-error").len()), (422, 1));
    assert!(reply.body.contains(&long));
    let reply = operator.post("/queue/pause", &[("reason", REASON)]).await;
    assert_eq!(reply.status, 422, "not confirmed");
    assert!(reply.texts("textarea")[0].contains(REASON));
    assert_eq!(count(&mut db, "select count(*) from mail_pauses").await, 0);

    let reply = operator.post("/queue/pause", &[("reason", REASON), ("confirm", "true")]).await;
    assert_eq!((reply.status, reply.location()), (303, "/queue?done=paused"));
    assert_eq!(claimable(&app).await, 0);
    let again = operator.post("/queue/pause", &[("reason", "もう一度"), ("confirm", "true")]).await;
    assert_eq!(again.location(), "/queue?done=already");
    assert!(operator.get("/queue").await.texts("[data-paused]")[0].contains(REASON));
    for name in ["operator", "analyst", "approver"] {
        let page = app.signed_in(name).await.get("/").await;
        assert!(page.texts("[data-paused]").first().is_some_and(|text| text.contains(REASON)), "{name}");
    }
    for name in ["poc", "desk", "auditor"] {
        assert!(!app.signed_in(name).await.get("/").await.body.contains(REASON), "{name}");
    }
    let draft = factory::draft_advisory(&app, NewAdvisory::default()).await;
    sqlx::query("update advisories set state = 'review', submitted_by = created_by, submitted_at = created_at where advisory_id = $1")
        .bind(draft)
        .execute(&mut db)
        .await
        .unwrap();
    let page = app.signed_in("approver").await.get(&format!("/advisories/{draft}/publication")).await;
    assert!(page.texts("[data-paused]")[0].contains("電話"), "{}", page.status);

    // An old form resumes nothing; the page's own does, and gives the time back.
    let nothing = operator.post("/queue/resume", &[("pause", &Uuid::new_v4().to_string())]).await;
    assert_eq!(nothing.location(), "/queue?done=over");
    sqlx::query("update mail_pauses set begun_at = begun_at - interval '2 hours'").execute(&mut db).await.unwrap();
    sqlx::query("update deliveries set give_up_at = now() + interval '1 hour'").execute(&mut db).await.unwrap();
    let form = operator.get("/queue/resume").await;
    let reply = operator.press(&form, "form[action='/queue/resume']", &[]).await;
    assert_eq!(reply.location(), "/queue?done=resumed");
    assert_eq!(
        count(
            &mut db,
            "select count(*) from deliveries where state = 'queued' and give_up_at < now() + interval '3 hours'"
        )
        .await,
        0
    );
    assert_eq!(claimable(&app).await, 1);
    assert!(operator.get("/").await.texts("[data-paused]").is_empty());
    let actions: Vec<String> =
        sqlx::query_scalar("select action from audit_events where subject_kind = 'queue' order by sequence")
            .fetch_all(&mut db)
            .await
            .unwrap();
    assert_eq!(actions, ["queue.pause", "queue.resume"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_next_try_goes_at_once_for_one_domain_or_all() {
    let Scene { app, mut db, .. } = scene().await;
    let later = "update deliveries set attempts = 1, due_at = now() + interval '20 minutes' where state = 'queued'";
    sqlx::query(later).execute(&mut db).await.unwrap();
    sqlx::query("insert into mail_workers (worker_id, trouble, ours, trouble_since) values (gen_random_uuid(), '535 5.7.8 sign-in', true, now())")
        .execute(&mut db)
        .await
        .unwrap();
    let all = count(&mut db, "select count(*) from deliveries where due_at > now()").await;
    let mut operator = app.signed_in("operator").await;
    let page = operator.get("/queue").await;
    let trouble = &page.texts("[data-trouble]")[0];
    assert!(trouble.contains("535") && trouble.contains("SMTP_URL"), "{trouble}");
    assert_eq!(operator.get("/queue/retry?domain=none.example").await.status, 404);
    let form = operator.get("/queue/retry?domain=first.example").await;
    let reply = operator.press(&form, "form[action='/queue/retry']", &[]).await;
    assert_eq!(reply.location(), "/queue?done=retried");
    assert_eq!(count(&mut db, "select count(*) from deliveries where due_at > now()").await, all - 1);
    assert_eq!(
        count(&mut db, "select count(*) from mail_workers where try_now").await,
        0,
        "one domain is not the relay"
    );
    let form = operator.get("/queue/retry").await;
    operator.press(&form, "form[action='/queue/retry']", &[]).await;
    assert_eq!(count(&mut db, "select count(*) from deliveries where due_at > now()").await, 0);
    assert_eq!(count(&mut db, "select count(*) from mail_workers where try_now").await, 1);
    assert_eq!(count(&mut db, "select count(*) from audit_events where action = 'queue.retry'").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_sees_or_steers_it_with_either_wall_alone() {
    let Scene { app, mut db, operator } = scene().await;
    let id = Uuid::new_v4().to_string();
    for open in [false, true] {
        for name in ["poc", "desk", "auditor", "analyst", "approver"] {
            let mut client = app.signed_in(name).await;
            if open {
                let mut state = app.state.clone();
                state.first_wall = FirstWall::OpenForTests;
                client.turn_to(router(state));
            }
            for path in ["/queue/pause", "/queue/resume", "/queue/retry"] {
                let reply = client.get(path).await;
                // With the code's wall open the approver, who may see the queue, may see a form; it does nothing.
                assert!(reply.status == 404 || open && name == "approver", "{name} {path}: {}", reply.status);
            }
            if name != "approver" {
                assert_eq!(client.get("/queue").await.status, 404, "{name}");
                assert_eq!(client.get("/queue/board").await.status, 404, "{name}");
            }
            for (path, form) in [
                ("/queue/pause", vec![("reason", REASON), ("confirm", "true")]),
                ("/queue/resume", vec![("pause", &*id)]),
                ("/queue/retry", vec![]),
            ] {
                assert!(client.post(path, &form).await.status >= 400, "{name} {path}");
            }
            assert!(!client.get("/").await.body.contains("/queue\"") || name == "approver" || open, "{name}");
        }
    }
    assert_eq!(count(&mut db, "select count(*) from mail_pauses").await, 0);
    // The tables themselves are read by no page at all.
    let mut tx = app.state.db.begin(Some(AccountId(operator)), app.state.clock.now()).await.unwrap();
    assert!(sqlx::query("select from mail_pauses").fetch_all(&mut *tx).await.is_err());
}
