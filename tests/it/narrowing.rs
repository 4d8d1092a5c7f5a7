//! A desk passes an item on to some only: to groups, to designated handlers. Nobody else gets it, later versions go no
//! further by themselves, and what was left out can still go on.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::ids::AccountId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::relays::{Cast, agreed, cast, decide, item, past, published, relay, typed};
use crate::support::factory;
use crate::versions;

/// The cast with a group of the first bank alone, and a reader there.
async fn scene(changed: &[(&str, &str)]) -> (Cast, Uuid, String) {
    let mut cast = cast().await;
    let group = factory::group(&mut cast.db, "banks", "SG1", &[cast.bank]).await;
    factory::person(&cast.app, "bank-reader", Role::MemberReader, cast.bank, Some("banks"), None).await;
    agreed(&cast, changed).await;
    let id = published(&cast).await;
    (cast, id, group)
}

/// Every copy to members and partner bodies, with its address and what became of it.
async fn copies(cast: &mut Cast, id: Uuid) -> Vec<String> {
    cast.texts(&format!(
        "select a.address || ' ' || d.state from deliveries d join delivery_addresses a using (delivery_id)
         where d.item_id = '{id}' and d.stage in ('member', 'partner') and d.ceptoar_id = 'banks' order by 1"
    ))
    .await
}

/// Who of these may read it.
async fn readers(cast: &Cast, id: Uuid, names: &[&str]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for name in names {
        statuses.push(cast.app.signed_in(name).await.get(&item(id)).await.status);
    }
    statuses
}

async fn runs_as(cast: &mut Cast, name: &str, sql: &str) -> bool {
    let account = cast.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
    let viewer = AccountId(account[0].parse().expect("an account"));
    let mut tx = cast.app.state.db.begin(Some(viewer), cast.app.state.clock.now()).await.expect("a viewer");
    sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_gets_it_the_others_do_not_and_still_can() {
    let (mut cast, id, group) = scene(&[]).await;
    let mut desk = cast.app.signed_in("desk").await;
    let page = desk.get(&relay(id)).await;
    assert!(page.body.contains("SG1 対象(1)"), "{}", page.body);
    let forward = [("decision", "forward"), ("group", group.as_str())];
    let why = typed(&mut desk, id, &forward).await;
    assert!(why.status == 422 && why.texts("#reason-error").concat().contains("範囲を狭める理由"), "{}", why.body);
    assert_eq!(why.values("input[name=group][checked]"), [group.as_str()], "what was chosen stays");
    for (form, field) in [
        (vec![("decision", "forward"), ("group", "gas-all"), ("reason", "x")], "group"),
        (vec![("decision", "withhold_not_relevant"), ("group", group.as_str()), ("reason", "x")], "group"),
        (vec![("decision", "withhold_not_relevant"), ("handlers", "true"), ("reason", "x")], "handlers"),
    ] {
        let refused = typed(&mut desk, id, &form).await;
        assert!(refused.status == 422 && !refused.texts(&format!("#{field}-error")).is_empty(), "{}", refused.body);
    }
    let form = [&forward[..], &[("reason", "勘定系の構成員だけが使う製品")]].concat();
    let confirm = typed(&mut desk, id, &form).await;
    assert!(
        confirm.body.contains("1の構成員に届きます") && confirm.body.contains("1の構成員には届きません"),
        "{}",
        confirm.body
    );
    decide(&mut desk, id, &form).await;

    let names = ["handler", "bank-reader", "reader", "desk", "liaison"];
    assert_eq!(readers(&cast, id, &names).await, [200, 200, 404, 200, 200]);
    let expected = ["pref@partner.example held", "soc@bank1.example queued", "soc@bank2.example held"];
    assert_eq!(copies(&mut cast, id).await, expected);
    let page = cast.app.signed_in("liaison").await.get(&relay(id)).await;
    for told in ["一部の構成員へ中継済", "SG1 対象", "勘定系の構成員だけが使う製品"] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    let member = cast.app.signed_in("handler").await.get(&item(id)).await;
    assert!(
        !member.body.contains("勘定系の構成員だけ") && !member.body.contains("一部の構成員"),
        "members learn nothing of others"
    );
    // Nobody waits for who was left out.
    cast.later(24 * 60 * 8);
    assert_eq!(cast.tick().await, 0);
    let list = "deliveries?ceptoar=banks&state=overdue";
    let list = cast.app.signed_in("desk").await.get(&format!("{}/{list}", item(id))).await.texts("main").concat();
    assert!(!list.contains("いちご架空銀行"), "{list}");
    let asked = "select sum(asked)::text from reckon((select array_agg(advisory_id) from advisories)) where stage = 'member' and ceptoar_id = 'banks'";
    assert_eq!(cast.texts(asked).await, ["1"]);

    // The rest gets it after all; nothing is narrowed a second time.
    let mut desk = cast.app.signed_in("desk").await;
    let page = desk.get(&relay(id)).await;
    assert!(
        page.body.contains("残りの方にも、中継できます") && page.attributes("input[name=group]", "value").is_empty(),
        "{}",
        page.body
    );
    assert_eq!(typed(&mut desk, id, &[("decision", "hold"), ("hold", "30"), ("reason", "x")]).await.status, 422);
    decide(&mut desk, id, &[("decision", "forward"), ("reason", "")]).await;
    assert_eq!(readers(&cast, id, &names).await, [200; 5]);
    let expected = ["pref@partner.example queued", "soc@bank1.example queued", "soc@bank2.example queued"];
    assert_eq!(copies(&mut cast, id).await, expected);
    assert_eq!(cast.texts(asked).await, ["2"]);
    let clocks = format!(
        "select count(distinct began_at)::text from escalation_plan where advisory_id = '{id}' and ceptoar_id = 'banks'"
    );
    assert!(cast.texts(&clocks).await[0].parse::<i64>().expect("a number") >= 2, "who got it later is asked later");
    assert_eq!(desk.get(&relay(id)).await.texts("form[action$='/relays/banks']").len(), 0, "it is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn handlers_alone_stay_alone_in_later_versions_too() {
    let (mut cast, id, _) = scene(&[]).await;
    let ordinary = factory::window(&mut cast.db, cast.bank, Some("banks"), "all@bank1.example").await;
    cast.texts(&format!("update contacts set handler = false where contact_id = '{ordinary}' returning label")).await;
    let second = published(&cast).await;
    let mut desk = cast.app.signed_in("desk").await;
    let form = [("decision", "forward"), ("handlers", "true"), ("reason", "担当者だけで足りるため")];
    for narrowed in [id, second] {
        decide(&mut desk, narrowed, &form).await;
    }
    let names = ["handler", "bank-reader", "reader"];
    assert_eq!(readers(&cast, second, &names).await, [200, 404, 404]);
    let expected =
        ["all@bank1.example held", "pref@partner.example held", "soc@bank1.example queued", "soc@bank2.example queued"];
    assert_eq!(copies(&mut cast, second).await, expected);
    let page = cast.app.signed_in("handler").await.get(&item(second)).await;
    assert!(page.body.contains("取扱担当者"), "{}", page.body);
    let record = cast.app.signed_in("liaison").await.get(&relay(second)).await;
    assert!(record.body.contains("取扱担当者だけ"), "{}", record.body);

    // Reminders and the call list as well.
    let reminded = format!(
        "select address from sharing_windows('{second}', viewer_now()) where verdict = 'due' and stage = 'member' and ceptoar_id = 'banks' order by 1"
    );
    assert_eq!(cast.texts(&reminded).await, ["soc@bank1.example", "soc@bank2.example"]);
    for (contact, number) in [(ordinary, "03-0000-9999"), (cast.window(cast.bank).await, "03-0000-1111")] {
        let channel = format!(
            "insert into contact_channels (contact_id, position, kind, value, hours) values ('{contact}', 2, 'phone', '{number}', 'always') returning kind"
        );
        cast.texts(&channel).await;
    }
    let calls = cast.app.signed_in("desk").await.get(&format!("{}/calls?ceptoar=banks", item(second))).await;
    assert!(calls.body.contains("03-0000-1111") && !calls.body.contains("03-0000-9999"), "{}", calls.body);

    // A correction goes to those who have what it puts right, and a withdrawal as well.
    let mut last = second;
    for step in ["correction", "withdrawal"] {
        let mut author = cast.app.signed_in("case-author").await;
        let draft = versions::begun(&mut author, last, step).await;
        let (title, ceptoar) =
            if step == "withdrawal" { ("取消のお知らせ", "") } else { ("訂正のお知らせ", "banks") };
        let changed = [("level", "GREEN"), ("handler_scope", "organisation"), ("title", title), ("ceptoar", ceptoar)];
        versions::publish(&cast.app, &mut author, draft, &versions::typed(&changed), "case-approver").await;
        assert_eq!(readers(&cast, draft, &names).await, [200, 404, 404], "{step}");
        let mailed = copies(&mut cast, draft).await;
        assert!(!mailed.iter().any(|copy| copy.starts_with("all@bank1.example")), "{step}: {mailed:?}");
        assert!(mailed.contains(&"soc@bank1.example queued".to_owned()), "{step}: {mailed:?}");
        last = draft;
    }

    // Who joined since waits for the desk, and silence there opens nothing to the others.
    let late = factory::member(&mut cast.db, "banks", "うめ架空銀行").await;
    factory::window(&mut cast.db, late, Some("banks"), "soc@bank3.example").await;
    let mut author = cast.app.signed_in("case-author").await;
    let three = published(&cast).await;
    decide(&mut desk, three, &[("decision", "forward"), ("handlers", "true"), ("reason", "担当者だけ")]).await;
    let newest = factory::member(&mut cast.db, "banks", "えんじ架空銀行").await;
    factory::window(&mut cast.db, newest, Some("banks"), "soc@bank4.example").await;
    let draft = versions::begun(&mut author, three, "correction").await;
    let changed = [("level", "GREEN"), ("handler_scope", "organisation"), ("ceptoar", "banks")];
    versions::publish(&cast.app, &mut author, draft, &versions::typed(&changed), "case-approver").await;
    assert!(copies(&mut cast, draft).await.contains(&"soc@bank4.example held".to_owned()));
    cast.later(60);
    assert_eq!(cast.tick().await, 1);
    assert!(copies(&mut cast, draft).await.contains(&"soc@bank4.example queued".to_owned()));
    assert_eq!(readers(&cast, draft, &names).await, [200, 404, 404]);

    // Of the other one the desk lifts it: everybody of the organisation has it.
    let mut desk = cast.app.signed_in("desk").await;
    decide(&mut desk, id, &[("decision", "forward_with_supplement"), ("supplement", "全社で確認を")]).await;
    assert_eq!(readers(&cast, id, &names).await, [200; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_alone_narrows_only_for_the_desk_and_never_widens() {
    let (mut cast, id, group) = scene(&[]).await;
    let decide = |groups: &str, handlers: bool, reason: &str| {
        format!("select relay_decide('{id}', 'banks', 'forward', '{reason}', '', null, {groups}, {handlers})")
    };
    let group = format!("'{{{group}}}'");
    for name in ["handler", "gas-desk", "liaison", "analyst", "case-approver", "auditor"] {
        assert!(!runs_as(&mut cast, name, &decide(&group, false, "x")).await, "{name}");
        let open = format!("select relay_open('{id}', 'banks', {group}, false)");
        assert!(!runs_as(&mut cast, name, &open).await, "{name}");
        let seen = format!("select 1 / (select count(*) from relay_groups('{id}', 'banks'))");
        assert!(!runs_as(&mut cast, name, &seen).await, "{name} sees no group");
    }
    let gas = factory::group(&mut cast.db, "gas", "G1", &[]).await;
    let empty = factory::group(&mut cast.db, "banks", "SG9", &[]).await;
    for forged in [
        decide(&format!("'{{{gas}}}'"), false, "x"),
        decide(&format!("'{{{empty}}}'"), false, "x"),
        decide("'{}'", false, "x"),
        decide("'{nothing}'", false, "x"),
        decide(&group, false, ""),
        decide("null", true, ""),
        format!("select relay_decide('{id}', 'banks', 'withhold_not_relevant', 'x', '', null, {group}, false)"),
    ] {
        assert!(!runs_as(&mut cast, "desk", &forged).await, "{forged}");
    }
    assert_eq!(cast.state(id).await, "waiting");
    assert!(runs_as(&mut cast, "desk", &decide(&group, true, "x")).await, "rolled back at the end, but allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_centre_goes_past_a_desk_that_left_somebody_out() {
    let (mut cast, id, group) = scene(&[("relay_bypass", "allowed")]).await;
    let mut desk = cast.app.signed_in("desk").await;
    decide(&mut desk, id, &[("decision", "forward"), ("group", &group), ("reason", "他は対象外")]).await;
    cast.later(1);
    let asked = past(&cast, "analyst", id, "ask", "全体に広がっているため").await;
    assert_eq!(asked.location(), format!("{}?done=ask", relay(id)));
    cast.later(1);
    assert_eq!(past(&cast, "approver", id, "go", "").await.location(), format!("{}?done=go", relay(id)));
    assert_eq!(readers(&cast, id, &["handler", "reader"]).await, [200, 200]);
    let expected = ["pref@partner.example queued", "soc@bank1.example queued", "soc@bank2.example queued"];
    assert_eq!(copies(&mut cast, id).await, expected);
    assert_eq!(past(&cast, "analyst", id, "ask", "もう一度").await.location(), format!("{}?done=moved_on", relay(id)));
}
