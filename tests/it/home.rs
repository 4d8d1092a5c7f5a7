//! The front page: what waits for whom.

use ceptoar_portal::features::access::Role;

use crate::support::TestApp;
use crate::support::factory::{self, NewAdvisory};

#[tokio::test(flavor = "multi_thread")]
async fn strangers_learn_what_the_portal_is_and_nothing_else() {
    let app = TestApp::start().await;
    factory::published_advisory(&app, NewAdvisory { level: "CLEAR", title: "固有の題名", ..NewAdvisory::default() })
        .await;
    let page = app.visitor().get("/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.texts(".route__name"), ["NISC", "所管省庁", "セプター事務局", "構成員"]);
    assert!(page.body.contains("href=\"/map\"") && page.body.contains("href=\"/sign-in\""));
    assert!(!page.body.contains("固有の題名") && !page.body.contains("2026-0001"));
    assert_eq!(app.visitor().in_english().get("/").await.texts(".route__name")[1], "Ministry");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_finds_its_own_work() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank = factory::member(&mut db, "banks", "架空銀行").await;
    let window = factory::window(&mut db, bank, Some("banks"), "soc@bank.example").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    factory::person(&app, "handler", Role::MemberPoc, bank, Some("banks"), Some(window)).await;
    factory::person(&app, "reader", Role::MemberReader, bank, Some("banks"), None).await;
    factory::person(&app, "desk", Role::Secretariat, desk, Some("banks"), None).await;
    factory::person(&app, "auditor", Role::Auditor, nisc, None, None).await;
    factory::person(&app, "approver", Role::NiscApprover, nisc, None, None).await;
    for name in ["handler", "reader", "desk", "auditor", "approver"] {
        let page = app.signed_in(name).await.get("/").await;
        assert_eq!(page.status, 200, "{name}");
        assert!(
            page.texts(".item:not([data-task])").is_empty() && !page.texts("section .card").is_empty(),
            "{name}: says what comes next"
        );
    }
    let late =
        NewAdvisory {
            title: "期限を過ぎたもの", due_in_hours: -1, scope: "organisation", ..NewAdvisory::default()
        };
    let id = factory::published_advisory(&app, late).await;
    let draft = factory::draft_advisory(&app, NewAdvisory { title: "書きかけ", ..NewAdvisory::default() }).await;
    let review = factory::draft_advisory(&app, NewAdvisory { title: "承認待ちのもの", ..NewAdvisory::default() }).await;
    sqlx::query("update advisories set state = 'review', submitted_by = created_by, submitted_at = created_at where advisory_id = $1")
        .bind(review)
        .execute(&mut db)
        .await
        .unwrap();

    let mut handler = app.signed_in("handler").await;
    let page = handler.get("/").await;
    assert_eq!(page.texts("section:first-of-type .item__title"), ["期限を過ぎたもの"]);
    assert_eq!(page.texts("section:first-of-type .danger-text").len(), 1, "late, and said so");
    handler.post(&format!("/advisories/{id}/acknowledgement"), &[]).await;
    assert!(handler.get("/").await.texts("section:first-of-type .item").is_empty());

    let desk = app.signed_in("desk").await.get("/").await;
    assert_eq!(desk.texts(".share__value"), ["1 / 1"], "one member, and it acknowledged");
    let author = app.signed_in("case-author").await.get("/").await;
    assert!(author.body.contains("書きかけ") && author.body.contains(&format!("/advisories/{draft}/draft")));
    assert_eq!(author.texts(".share__value"), ["0 / 1"], "one window, not sent yet");
    let approver = app.signed_in("approver").await.get("/").await;
    assert_eq!(approver.texts("section:first-of-type .item__title"), ["承認待ちのもの"]);
    assert!(approver.body.contains(&format!("/advisories/{review}/publication")));
    let reader = app.signed_in("reader").await.get("/").await;
    assert_eq!(reader.texts(".item__title"), ["期限を過ぎたもの"]);
    assert!(!reader.body.contains("書きかけ") && !reader.body.contains("承認待ちのもの"));
}
