//! What the preview lets expect: how a draft differs from the last item of its kind, and when members will have it.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::advisories::statistics::settle;
use chrono::TimeDelta;

use crate::support::TestApp;
use crate::support::factory::{self, NewAdvisory};

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_compares_with_the_last_item_and_tells_how_long_it_took() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank = factory::member(&mut db, "banks", "あかね架空銀行").await;
    let window = factory::window(&mut db, bank, Some("banks"), "soc@bank1.example").await;
    let gas = factory::member(&mut db, "gas", "架空ガス").await;
    factory::window(&mut db, gas, Some("gas"), "soc@gas.example").await;
    factory::person(&app, "handler", Role::MemberPoc, bank, Some("banks"), Some(window)).await;
    let new = |ceptoars: &'static [&'static str], level| NewAdvisory {
        level,
        scope: "organisation",
        ceptoars,
        ..NewAdvisory::default()
    };
    factory::case_team(&app).await;
    let preview =
        async |app: &TestApp, id| app.signed_in("case-author").await.get(&format!("/advisories/{id}/submission")).await;

    // The first of its kind is compared with nothing, and nobody knows how long it takes.
    let first = factory::draft_advisory(&app, new(&["banks"], "GREEN")).await;
    let page = preview(&app, first).await;
    assert!(page.texts("[data-comparison]").concat().contains("まだ発出されていません"), "{}", page.body);
    assert!(page.texts("[data-expected]").is_empty());
    factory::publish(&app, first, false).await;
    app.state.clock.advance(TimeDelta::minutes(12));
    let done = app.signed_in("handler").await.post(&format!("/advisories/{first}/acknowledgement"), &[]).await;
    assert_eq!(done.status, 303);
    app.state.clock.advance(TimeDelta::hours(25));
    let worker = sqlx::PgPool::connect_with(app.database.connections.worker.clone()).await.expect("a worker");
    assert_eq!(settle::settle(&worker, app.state.clock.now()).await.expect("a look"), 1);

    let same = factory::draft_advisory(&app, new(&["banks"], "GREEN")).await;
    let page = preview(&app, same).await;
    let said = page.texts("[data-comparison]").concat();
    assert!(said.contains("2026-0001") && said.contains("前回と同じです"), "{said}");
    // Sunday night as Saturday night: members took twelve minutes.
    let expected = page.texts("[data-expected]").concat();
    assert!(expected.contains("半数が12分以内、9割が12分以内") && expected.contains("1件から"), "{expected}");

    let other = factory::draft_advisory(&app, new(&["banks", "gas"], "AMBER")).await;
    let page = preview(&app, other).await;
    let lines = page.texts("[data-comparison] li");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains("前回は TLP:GREEN、今回は TLP:AMBER") && lines[1].contains("前回は宛先でなかった"),
        "{lines:?}"
    );
    let expected = page.texts("[data-expected]");
    assert_eq!(expected.len(), 1, "nothing is known of gas: {expected:?}");

    // By day nothing is known yet.
    let mut approver = app.signed_in("case-approver").await;
    app.signed_in("case-author").await.post(&format!("/advisories/{same}/submission"), &[]).await;
    let day =
        "release=at&release_at_year=2026&release_at_month=11&release_at_day=24&release_at_hour=10&release_at_minute=0";
    let page = approver.get(&format!("/advisories/{same}/publication?{day}")).await;
    assert!(page.texts("[data-expected]").is_empty(), "{}", page.body);
    assert!(!page.texts("[data-comparison]").is_empty());
}
