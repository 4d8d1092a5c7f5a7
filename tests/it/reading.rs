//! Reading and acknowledging: who finds what where, and what does not exist for whom.

use axum::http::Method;
use ceptoar_portal::features::access::Role;
use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, TestApp};

const CANARY: &str = "カナリア固有の題名";

/// The people of the leak matrix round the banks' CEPTOAR.
struct Cast {
    app: TestApp,
    named_window: Uuid,
}

/// Bank 1 has a named handler, a colleague and a reader; bank 2 is in the same CEPTOAR; gas is not.
async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank1 = factory::member(&mut db, "banks", "第一架空銀行").await;
    let bank2 = factory::member(&mut db, "banks", "第二架空銀行").await;
    let gas = factory::member(&mut db, "gas", "架空ガス").await;
    let named_window = factory::window(&mut db, bank1, Some("banks"), "soc@bank1.example").await;
    let second_window = factory::window(&mut db, bank1, Some("banks"), "night@bank1.example").await;
    factory::window(&mut db, bank2, Some("banks"), "soc@bank2.example").await;
    factory::window(&mut db, gas, Some("gas"), "soc@gas.example").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let gas_desk = factory::secretariat_of(&mut db, "gas").await;
    factory::window(&mut db, desk, Some("banks"), "desk@banks.example").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    factory::window(&mut db, fsa, None, "liaison@fsa.example").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, bank1, Some("banks"), Some(named_window)),
        ("colleague", Role::MemberPoc, bank1, Some("banks"), Some(second_window)),
        ("reader", Role::MemberReader, bank1, Some("banks"), None),
        ("other-bank", Role::MemberPoc, bank2, Some("banks"), None),
        ("gas", Role::MemberPoc, gas, Some("gas"), None),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("gas-desk", Role::Secretariat, gas_desk, Some("gas"), None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("approver", Role::NiscApprover, nisc, None, None),
        ("observer", Role::CouncilObserver, gas_desk, Some("gas"), None),
        ("auditor", Role::Auditor, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    factory::case_team(&app).await;
    Cast { app, named_window }
}

const EVERYBODY: [&str; 14] = [
    "handler",
    "colleague",
    "reader",
    "other-bank",
    "gas",
    "desk",
    "gas-desk",
    "liaison",
    "analyst",
    "approver",
    "observer",
    "auditor",
    "case-author",
    "case-approver",
];

/// What one person sees of an item over every path: content, envelope, or nothing at all.
async fn sight(client: &mut Client, id: Uuid) -> char {
    let page = client.get(&format!("/advisories/{id}")).await;
    let json = client.get(&format!("/advisories/{id}.json")).await;
    let list = client.get("/advisories").await;
    let list_json = client.get("/advisories.json").await;
    let found = client.post("/advisories/search", &[("words", "ｶﾅﾘｱ固有")]).await;
    let by_kind = client.get("/advisories?kind=early_warning").await;
    let here = format!("/advisories/{id}");
    let listed = list.body.contains(&here);
    assert_eq!(listed, list_json.body.contains(&id.to_string()));
    assert_eq!(page.status, json.status);
    match page.status {
        200 if page.body.contains(CANARY) => {
            assert!(listed && found.body.contains(&here) && by_kind.body.contains(&here));
            assert!(list.body.contains(CANARY) && list_json.body.contains(CANARY) && json.body.contains(CANARY));
            '+'
        }
        200 => {
            assert!(listed && !found.body.contains(&here) && !by_kind.body.contains(&here));
            for reply in [&page, &json, &list, &list_json, &found, &by_kind] {
                assert!(!reply.body.contains("固有の題名") && !reply.body.contains("概要の"), "{}", reply.body);
            }
            'e'
        }
        404 => {
            assert!(!listed && !found.body.contains(&here) && !by_kind.body.contains(&here));
            for reply in [&page, &json, &list, &list_json, &found] {
                assert!(!reply.body.contains("固有の題名"));
            }
            '-'
        }
        other => panic!("{other}: {}", page.body),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn list_page_search_and_json_agree_for_every_role_and_level() {
    let cast = cast().await;
    let named = [cast.named_window];
    let cases = [
        (
            NewAdvisory { level: "RED", scope: "named", ceptoars: &[], named: &named, ..NewAdvisory::default() },
            "+----e-e----++",
        ),
        (NewAdvisory { level: "AMBER_STRICT", ..NewAdvisory::default() }, "++-+-+-+++--++"),
        (NewAdvisory { level: "AMBER", scope: "organisation", ..NewAdvisory::default() }, "++++-+-+++--++"),
        (NewAdvisory { level: "GREEN", scope: "organisation", ..NewAdvisory::default() }, "++++-+-+++--++"),
        (
            NewAdvisory {
                level: "CLEAR",
                scope: "organisation",
                ceptoars: &["banks", "gas"],
                ..NewAdvisory::default()
            },
            "++++++++++--++",
        ),
    ];
    let mut people = Vec::new();
    for name in EVERYBODY {
        people.push(cast.app.signed_in(name).await);
    }
    for (new, expected) in cases {
        let id = factory::published_advisory(&cast.app, NewAdvisory { title: CANARY, ..new }).await;
        let mut seen = String::new();
        for client in &mut people {
            seen.push(sight(client, id).await);
        }
        assert_eq!(seen, expected, "{} {}: {EVERYBODY:?}", new.level, new.scope);
    }
    let draft = factory::draft_advisory(&cast.app, NewAdvisory { title: CANARY, ..NewAdvisory::default() }).await;
    let mut seen = String::new();
    for client in &mut people {
        seen.push(if client.get(&format!("/advisories/{draft}")).await.status == 200 { '+' } else { '-' });
    }
    assert_eq!(seen, "---------+--++", "a draft is its author's and the approvers'");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_for_somebody_looks_like_what_does_not_exist_and_is_written_down() {
    let cast = cast().await;
    let id = factory::published_advisory(&cast.app, NewAdvisory::default()).await;
    let nowhere = Uuid::new_v4();
    let mut gas = cast.app.signed_in("gas").await;
    for path in ["", ".json", "/deliveries", "/deliveries?ceptoar=banks", "/deliveries?fragment=progress"] {
        let real = gas.get(&format!("/advisories/{id}{path}")).await;
        let unreal = gas.get(&format!("/advisories/{nowhere}{path}")).await;
        assert_eq!(real.status, 404);
        let plain = |reply: &crate::support::Reply, id: Uuid| {
            let request = reply.headers["x-request-id"].to_str().unwrap().to_owned();
            reply.body.replace(&request, "REQUEST").replace(&id.to_string(), "ID")
        };
        assert_eq!(plain(&real, id), plain(&unreal, nowhere), "{path}");
    }
    let refused: i64 = sqlx::query_scalar(
        "select count(*) from audit_events where outcome = 'refused' and subject_id = $1 and action like 'advisory.%'",
    )
    .bind(id.to_string())
    .fetch_one(&mut cast.app.database.owner().await)
    .await
    .unwrap();
    assert_eq!(refused, 5);
    let mut stranger = cast.app.visitor();
    let real = stranger.get(&format!("/advisories/{id}")).await;
    assert_eq!((real.status, real.location()), (303, &*format!("/sign-in?return_to=/advisories/{id}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_content_leaves_a_trace_and_an_envelope_another() {
    let cast = cast().await;
    let red = NewAdvisory {
        level: "RED",
        scope: "named",
        ceptoars: &[],
        named: &[cast.named_window],
        ..NewAdvisory::default()
    };
    let red = factory::published_advisory(&cast.app, red).await;
    let amber = factory::published_advisory(&cast.app, NewAdvisory::default()).await;
    let mut handler = cast.app.signed_in("handler").await;
    handler.get(&format!("/advisories/{red}")).await;
    handler.get(&format!("/advisories/{amber}")).await;
    cast.app.signed_in("desk").await.get(&format!("/advisories/{red}")).await;
    let read: Vec<String> = sqlx::query_scalar(
        "select concat_ws(' ', subject_id, action, sign_in_name) from audit_events join accounts using (account_id)
         where action like 'advisory.read%' and outcome = 'done' order by sequence",
    )
    .fetch_all(&mut cast.app.database.owner().await)
    .await
    .unwrap();
    let expected = [
        format!("{red} advisory.read handler"),
        format!("{amber} advisory.read handler"),
        format!("{red} advisory.read_envelope desk"),
    ];
    assert_eq!(read, expected);
}

async fn acknowledgements(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from advisory_acknowledgements")
        .fetch_one(&mut app.database.owner().await)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_deliberate_post_acknowledges_and_twice_is_once() {
    let cast = cast().await;
    let id =
        factory::published_advisory(&cast.app, NewAdvisory { scope: "organisation", ..NewAdvisory::default() }).await;
    let (page, act) = (format!("/advisories/{id}"), format!("/advisories/{id}/acknowledgement"));
    let mut handler = cast.app.signed_in("handler").await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE] {
        handler.send(method.clone(), &act, None).await;
        handler.send(method, &page, None).await;
    }
    assert_eq!(acknowledgements(&cast.app).await, 0);

    let mut hostile = handler.clone();
    hostile.headers.push(("sec-fetch-site", "cross-site".into()));
    assert_eq!(hostile.post(&act, &[]).await.status, 403);
    for name in ["gas", "reader", "analyst", "approver", "case-approver", "observer", "auditor", "gas-desk"] {
        assert_eq!(cast.app.signed_in(name).await.post(&act, &[]).await.status, 404, "{name}");
    }
    assert_eq!(acknowledgements(&cast.app).await, 0);

    assert_eq!(handler.get(&page).await.texts(".act button"), ["受領を確認する"]);
    for _ in 0..2 {
        let reply = handler.post(&act, &[]).await;
        assert_eq!((reply.status, reply.location()), (303, &*format!("{page}?acknowledged=1")));
    }
    assert_eq!(acknowledgements(&cast.app).await, 1);
    let after = handler.get(&format!("{page}?acknowledged=1")).await;
    assert!(after.texts(".act button").is_empty());
    assert_eq!(after.texts(".timeline__title"), ["handler(あなた)"]);
    assert_eq!(after.texts(".notice--success"), ["受領を確認しました。"]);

    // A colleague sees whose answer stands; the other bank and the reader do not.
    let mut colleague = cast.app.signed_in("colleague").await;
    let seen = colleague.get(&format!("{page}?acknowledged=1")).await;
    assert_eq!(seen.texts(".timeline__title"), ["handler"]);
    assert!(seen.texts(".notice--success").is_empty(), "the address alone claims nothing");
    for name in ["other-bank", "reader", "desk", "liaison", "analyst"] {
        let body = cast.app.signed_in(name).await.get(&page).await.body;
        assert!(!body.contains("timeline__title"), "{name}");
    }
    let done: i64 = sqlx::query_scalar(
        "select count(*) from audit_events where action = 'advisory.acknowledge' and outcome = 'done'",
    )
    .fetch_one(&mut cast.app.database.owner().await)
    .await
    .unwrap();
    assert_eq!(done, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hats_acknowledge_for_both_and_red_asks_the_named_alone() {
    let cast = cast().await;
    let mut db = cast.app.database.owner().await;
    let (desk, gas_desk) =
        (factory::secretariat_of(&mut db, "banks").await, factory::secretariat_of(&mut db, "gas").await);
    let both = factory::person(&cast.app, "both", Role::Secretariat, desk, Some("banks"), None).await;
    factory::affiliate(&mut db, both, Role::Coordinator, gas_desk, Some("gas"), None).await;
    let wide = NewAdvisory { ceptoars: &["banks", "gas"], ..NewAdvisory::default() };
    let id = factory::published_advisory(&cast.app, wide).await;
    cast.app.signed_in("both").await.post(&format!("/advisories/{id}/acknowledgement"), &[]).await;
    assert_eq!(acknowledgements(&cast.app).await, if desk == gas_desk { 1 } else { 2 });

    let red = NewAdvisory {
        level: "RED",
        scope: "named",
        ceptoars: &[],
        named: &[cast.named_window],
        ..NewAdvisory::default()
    };
    let red = factory::published_advisory(&cast.app, red).await;
    let act = format!("/advisories/{red}/acknowledgement");
    for (name, status) in [("desk", 404), ("liaison", 404), ("colleague", 404), ("handler", 303)] {
        assert_eq!(cast.app.signed_in(name).await.post(&act, &[]).await.status, status, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_says_what_is_owed_and_narrows_to_it() {
    let cast = cast().await;
    let late = factory::published_advisory(
        &cast.app,
        NewAdvisory { due_in_hours: -1, title: "遅れ", ..NewAdvisory::default() },
    )
    .await;
    let due = factory::published_advisory(&cast.app, NewAdvisory { title: "これから", ..NewAdvisory::default() }).await;
    let done = factory::published_advisory(&cast.app, NewAdvisory { title: "済み", ..NewAdvisory::default() }).await;
    let mut handler = cast.app.signed_in("handler").await;
    handler.post(&format!("/advisories/{done}/acknowledgement"), &[]).await;
    let all = handler.get("/advisories").await;
    let mut states = all.texts(".item .delivery");
    states.sort();
    assert_eq!(states, ["受領確認済", "期限超過", "要受領確認"]);
    for (state, expected) in
        [("overdue", vec!["遅れ"]), ("acknowledged", vec!["済み"]), ("waiting", vec!["これから", "遅れ"])]
    {
        let mut titles = handler.get(&format!("/advisories?state={state}")).await.texts(".item__title");
        titles.sort();
        assert_eq!(titles, expected, "{state}");
    }
    assert_eq!(handler.get("/advisories?level=RED").await.texts(".empty__title"), ["条件に合う情報提供はありません"]);
    // Words in an address are not searched for.
    assert_eq!(handler.get("/advisories?words=%E9%81%85%E3%82%8C").await.texts(".item__title").len(), 3);
    assert_eq!(handler.get("/advisories/search").await.location(), "/advisories");
    let _ = (late, due);
}

#[tokio::test(flavor = "multi_thread")]
async fn older_pages_hold_every_item_once() {
    let cast = cast().await;
    for n in 0..53 {
        // Several in the same instant: the id decides.
        if n % 3 == 0 {
            cast.app.state.clock.advance(TimeDelta::minutes(1));
        }
        factory::published_advisory(&cast.app, NewAdvisory::default()).await;
    }
    let mut handler = cast.app.signed_in("handler").await;
    let first = handler.get("/advisories").await;
    let older = first
        .body
        .split("rel=\"next\" href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&")
        .replace("&#38;", "&");
    let second = handler.get(&older).await;
    let mut links =
        [first.texts(".item__meta span:first-child"), second.texts(".item__meta span:first-child")].concat();
    assert_eq!(links.len(), 53);
    links.sort();
    links.dedup();
    assert_eq!(links.len(), 53);
    assert!(!second.body.contains("rel=\"next\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_marked_harmless_and_complete() {
    let cast = cast().await;
    let new = NewAdvisory { drill: true, title: "<b>太字</b>", ..NewAdvisory::default() };
    let id = factory::published_advisory(&cast.app, new).await;
    let page = cast.app.signed_in("handler").await.get(&format!("/advisories/{id}")).await;
    assert_eq!(page.texts("h1"), ["<b>太字</b>"]);
    assert_eq!(page.texts(".drill-banner").len(), 2, "first and last");
    assert_eq!(page.texts(".tlp")[0], "TLP:AMBER");
    assert!(page.body.contains("class=\"print-level-AMBER\""));
    assert!(page.body.contains("<a href=\"https://www.vendor.example/advisory\" rel=\"noopener noreferrer\">"));
    assert!(!page.body.contains("href=\"javascript"));
    let english = cast.app.signed_in("handler").await.in_english().get(&format!("/advisories/{id}")).await;
    assert_eq!(english.texts(".act button"), ["Acknowledge receipt"]);
}
