//! Two desks in a row: the ministry decides first, then the secretariat. Nobody behind a desk knows anything before it has
//! decided, silence at either forwards, and each decides what is its own alone.

use ceptoar_portal::kernel::ids::AccountId;
use uuid::Uuid;

use crate::directory::roster::{change, day, fill_in};
use crate::relays::{Cast, agreed, agreement, cast, decide, item, published_telling, relay, typed};
use crate::support::Client;
use crate::support::factory;
use crate::versions;

const ROAD: &str = "/directory/banks/route";
const MINISTRY: &str = "/directory/banks/route/ministry";

fn part<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let own = [("minutes", "30"), ("relay_bypass", "allowed"), ("reason", "金融庁の取扱い")];
    let own = own.into_iter().filter(|(name, _)| !changed.iter().any(|(other, _)| name == other));
    agreement(&own.chain(changed.iter().copied()).collect::<Vec<_>>())
}

pub(crate) async fn ministry_decides(cast: &mut Cast) {
    let fsa =
        cast.texts("select organisation_id::text from affiliations where role = 'ministry_liaison'").await[0].clone();
    factory::window(&mut cast.db, fsa.parse().expect("an id"), None, "desk@fsa.example").await;
    let mut liaison = cast.app.signed_in("liaison").await;
    let done = change(&mut liaison, MINISTRY, &part(&[])).await;
    assert_eq!(done.location(), format!("{ROAD}?done=agreed"));
    cast.later(1);
}

async fn copies(cast: &mut Cast, id: Uuid) -> Vec<String> {
    let copies = format!(
        "select distinct stage || ' ' || state from deliveries where item_id = '{id}' and ceptoar_id = 'banks' order by 1"
    );
    cast.texts(&copies).await
}

async fn reads(cast: &Cast, id: Uuid) -> Vec<(&'static str, bool)> {
    let mut seen = Vec::new();
    for name in ["liaison", "desk", "handler", "gas-poc"] {
        let status = cast.app.signed_in(name).await.get(&item(id)).await.status;
        assert!(status == 200 || status == 404, "{name}: {status}");
        seen.push((name, status == 200));
    }
    seen
}

const HELD: [&str; 4] = ["member held", "ministry queued", "partner held", "secretariat held"];
const AT_THE_DESK: [&str; 4] = ["member held", "ministry queued", "partner held", "secretariat queued"];
const GONE: [&str; 4] = ["member queued", "ministry queued", "partner queued", "secretariat queued"];
const BOTH: &str =
    "事務局へは、所管省庁の判断の後に届きます(期限は30分)。構成員へは、さらに事務局の判断の後に届きます(期限は40分)。";

#[tokio::test(flavor = "multi_thread")]
async fn the_ministry_decides_first_and_then_the_desk() {
    let mut cast = cast().await;
    agreed(&cast, &[]).await;
    ministry_decides(&mut cast).await;
    let id = published_telling(&cast, BOTH).await;
    assert_eq!(copies(&mut cast, id).await, HELD);
    let only = [("liaison", true), ("desk", false), ("handler", false), ("gas-poc", true)];
    assert_eq!(reads(&cast, id).await, only);

    // The desk learns nothing, by no way; the ministry is asked by mail, front page and board.
    let mut desk = cast.app.signed_in("desk").await;
    for path in [
        relay(id),
        format!("{}.json", item(id)),
        format!("{}/deliveries", item(id)),
        format!("{}/calls?ceptoar=banks", item(id)),
    ] {
        assert_eq!(desk.get(&path).await.status, 404, "{path}");
    }
    assert!(!desk.get("/").await.body.contains("判断してください"));
    assert_eq!(
        desk.post(&relay(id), &[("decision", "forward"), ("seen", "0-ministry-true"), ("confirmed", "true")])
            .await
            .status,
        404
    );
    let letter = format!(
        "select m.body from deliveries d join mails m using (mail_id) where d.item_id = '{id}' and d.ceptoar_id = 'banks' and d.stage = 'ministry'"
    );
    assert!(cast.texts(&letter).await.concat().contains("■中継の判断"));
    let mut liaison = cast.app.signed_in("liaison").await;
    let front = liaison.get("/").await.texts("main").concat();
    assert!(front.contains("この先(事務局、構成員など)へ中継するか判断してください(銀行等CEPTOAR"), "{front}");
    let board = liaison.get(&format!("{}/deliveries", item(id))).await.texts("main").concat();
    assert!(board.contains("所管省庁の判断待ち"), "{board}");
    let page = liaison.get(&relay(id)).await;
    assert!(page.body.contains("所管省庁に届いた時刻") && page.body.contains("この先へ中継する"), "{}", page.body);
    assert!(
        page.texts("input[name=handlers], input[name=group]").is_empty() && !page.body.contains("name=\"handlers\"")
    );
    for form in
        [vec![("decision", "forward"), ("handlers", "true"), ("reason", "x")], vec![("decision", "withhold_duplicate")]]
    {
        assert_eq!(typed(&mut liaison, id, &form).await.status, 422, "{form:?}");
    }

    // It goes on to the desk, with words of the ministry, and to nobody else.
    let confirmation =
        typed(&mut liaison, id, &[("decision", "forward_with_supplement"), ("supplement", "監督局の補足です。")]).await;
    assert!(confirmation.body.contains("構成員への中継は、事務局が判断します"), "{}", confirmation.body);
    let done = liaison.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.location(), format!("{}?done=decided", relay(id)));
    assert_eq!(
        (cast.state(id).await.as_str(), copies(&mut cast, id).await),
        ("waiting", AT_THE_DESK.map(str::to_owned).to_vec())
    );
    assert_eq!(reads(&cast, id).await, [("liaison", true), ("desk", true), ("handler", false), ("gas-poc", true)]);
    // The ministry's part is over.
    let page = liaison.get(&relay(id)).await;
    assert!(
        page.status == 200 && !page.body.contains("確認へ進む") && page.body.contains("補足を付けて中継する"),
        "{}",
        page.body
    );
    let late =
        liaison.post(&relay(id), &[("decision", "withhold_duplicate"), ("reason", "x"), ("confirmed", "true")]).await;
    assert_eq!(late.status, 404);

    // The desk has its own time from then on, sees what the ministry said, and narrows or passes on as ever.
    let mut desk = cast.app.signed_in("desk").await;
    let page = desk.get(&relay(id)).await;
    assert!(page.body.contains("監督局の補足です。") && page.body.contains("構成員へ中継する"), "{}", page.body);
    cast.later(39);
    assert_eq!(cast.tick().await, 0);
    let mut desk = cast.app.signed_in("desk").await;
    decide(&mut desk, id, &[("decision", "forward")]).await;
    assert_eq!(
        (cast.state(id).await.as_str(), copies(&mut cast, id).await),
        ("forwarded", GONE.map(str::to_owned).to_vec())
    );
    let mut handler = cast.app.signed_in("handler").await;
    assert!(handler.get(&item(id)).await.body.contains("監督局の補足です。"));
    let evidence = format!(
        "select concat_ws(' ', stage, decision) from relay_decisions where advisory_id = '{id}' order by made_at"
    );
    assert_eq!(cast.texts(&evidence).await, ["ministry forward_with_supplement", "secretariat forward"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_at_both_leaves_nobody_unwarned() {
    let mut cast = cast().await;
    agreed(&cast, &[]).await;
    ministry_decides(&mut cast).await;
    let id = published_telling(&cast, BOTH).await;
    cast.later(30);
    let (one, two) = tokio::join!(cast.tick(), cast.tick());
    assert_eq!(one + two, 1);
    assert_eq!(copies(&mut cast, id).await, AT_THE_DESK);
    cast.later(39);
    assert_eq!(cast.tick().await, 0, "the desk has its own time");
    cast.later(1);
    assert_eq!(cast.tick().await, 1);
    assert_eq!(
        (cast.state(id).await.as_str(), copies(&mut cast, id).await),
        ("forwarded", GONE.map(str::to_owned).to_vec())
    );
    assert_eq!(reads(&cast, id).await, [("liaison", true), ("desk", true), ("handler", true), ("gas-poc", true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ministry_alone_keeps_or_passes_on_everything_behind_it() {
    let mut cast = cast().await;
    ministry_decides(&mut cast).await;
    let id = published_telling(&cast, "事務局と構成員へは、所管省庁の判断の後に届きます(期限は30分)").await;
    assert_eq!(copies(&mut cast, id).await, HELD);
    let mut liaison = cast.app.signed_in("liaison").await;
    for (decision, told) in
        [("forward", "事務局と構成員に届きます"), ("withhold_not_relevant", "事務局と構成員には届きません")]
    {
        let confirmation = typed(&mut liaison, id, &[("decision", decision), ("reason", "対象外")]).await;
        assert!(confirmation.body.contains(told), "{}", confirmation.body);
    }
    decide(&mut liaison, id, &[("decision", "withhold_not_relevant"), ("reason", "対象外")]).await;
    cast.later(60 * 24);
    assert_eq!((cast.tick().await, copies(&mut cast, id).await), (0, HELD.map(str::to_owned).to_vec()));
    assert_eq!(reads(&cast, id).await, [("liaison", true), ("desk", false), ("handler", false), ("gas-poc", true)]);
    // The centre goes past it, by two persons, as the ministry agreed; the ministry is told, and the members are told nothing.
    let step = |what: &'static str| [("step", what), ("reason", "急ぐため")];
    let past = format!("{}/bypass", relay(id));
    let mut analyst = cast.app.signed_in("analyst").await;
    assert!(analyst.get(&relay(id)).await.body.contains("この先(事務局、構成員など)へ直接届ける"));
    assert_eq!(analyst.post(&past, &step("ask")).await.location(), format!("{}?done=ask", relay(id)));
    let mut approver = cast.app.signed_in("approver").await;
    assert_eq!(approver.post(&past, &step("go")).await.location(), format!("{}?done=go", relay(id)));
    assert_eq!(
        (cast.state(id).await.as_str(), copies(&mut cast, id).await),
        ("forwarded", GONE.map(str::to_owned).to_vec())
    );
    assert_eq!(reads(&cast, id).await, [("liaison", true), ("desk", true), ("handler", true), ("gas-poc", true)]);
    let told = "select a.address from mails m join deliveries d using (mail_id) join delivery_addresses a using (delivery_id) where m.subject like '%センターから先へ届けました%'";
    assert_eq!(cast.texts(told).await, ["desk@fsa.example"]);
    assert!(!cast.app.signed_in("handler").await.get(&item(id)).await.body.contains("事務局の中継を経ずに"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_and_a_withdrawal_wait_for_nobody_longer_than_they_must() {
    let mut cast = cast().await;
    agreed(&cast, &[]).await;
    ministry_decides(&mut cast).await;
    let id = published_telling(&cast, BOTH).await;
    let mut liaison = cast.app.signed_in("liaison").await;
    decide(&mut liaison, id, &[("decision", "forward")]).await;
    // Whose desk had it gets the correction at once; who had nothing waits for both desks anew.
    let mut author = cast.app.signed_in("case-author").await;
    let correction = versions::begun(&mut author, id, "correction").await;
    let changed = [("level", "GREEN"), ("handler_scope", "organisation"), ("ceptoar", "banks")];
    versions::publish(&cast.app, &mut author, correction, &versions::typed(&changed), "case-approver").await;
    assert_eq!(copies(&mut cast, correction).await, AT_THE_DESK);
    assert_eq!(cast.state(id).await, "withheld", "nobody decides about the old one any more");
    assert_eq!(cast.app.signed_in("desk").await.get(&item(correction)).await.status, 200);
    assert_eq!(cast.app.signed_in("handler").await.get(&item(correction)).await.status, 404);
    let stands =
        format!("select concat_ws(' ', stage, state, then_minutes) from relays where advisory_id = '{correction}'");
    assert_eq!(cast.texts(&stands).await, ["ministry waiting 40"]);
    let mut liaison = cast.app.signed_in("liaison").await;
    decide(&mut liaison, correction, &[("decision", "forward")]).await;
    assert_eq!(cast.texts(&stands).await, ["secretariat waiting"]);
    // A withdrawal waits for nobody, and tells those alone who had something.
    let mut author = cast.app.signed_in("case-author").await;
    let withdrawal = versions::begun(&mut author, correction, "withdrawal").await;
    let changed = [("level", "GREEN"), ("handler_scope", "organisation"), ("title", "取消のお知らせ"), ("ceptoar", "")];
    versions::publish(&cast.app, &mut author, withdrawal, &versions::typed(&changed), "case-approver").await;
    assert_eq!(copies(&mut cast, withdrawal).await, ["ministry queued", "secretariat queued"]);
    assert_eq!(cast.app.signed_in("handler").await.get(&item(withdrawal)).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_desk_writes_its_own_part_and_no_other() {
    let mut cast = cast().await;
    agreed(&cast, &[]).await;
    ministry_decides(&mut cast).await;
    let mut liaison = cast.app.signed_in("liaison").await;
    let page = liaison.get(ROAD).await;
    assert!(
        page.body.contains("所管省庁が判断してから先へ届ける")
            && page.body.contains("所管省庁と事務局の判断の後に届きます"),
        "{}",
        page.body
    );
    assert!(page.texts(".timeline").concat().contains("金融庁の取扱い"), "{}", page.body);
    let desk_sees = cast.app.signed_in("desk").await.get(ROAD).await.body;
    assert!(desk_sees.contains("所管省庁が判断してから先へ届ける"));
    assert!(!cast.app.signed_in("handler").await.get(ROAD).await.body.contains("金融庁の取扱い"));
    let wrong = fill_in(&mut liaison, MINISTRY, &part(&[("minutes", "5")])).await;
    assert!(wrong.status == 422 && !wrong.texts("#minutes-error").is_empty(), "{}", wrong.body);
    let rules = "select concat_ws(' ', stage, minutes) from relay_rules where not isempty(valid) order by 1";
    assert_eq!(cast.texts(rules).await, ["ministry 30", "secretariat 40"]);
    for (name, own) in [
        ("liaison", "ministry"),
        ("desk", "secretariat"),
        ("gas-desk", ""),
        ("approver", ""),
        ("handler", ""),
        ("colleague", ""),
    ] {
        let mut client: Client = cast.app.signed_in(name).await;
        for (path, stage) in [(MINISTRY, "ministry"), ("/directory/banks/route/agreement", "secretariat")] {
            assert_eq!(client.get(path).await.status == 200, own == stage, "{name} {path}");
            if own != stage {
                assert!(client.post(path, &part(&[("confirmed", "true")])).await.status >= 403, "{name} {path}");
            }
            // And by the database alone.
            let account: Uuid =
                cast.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await[0]
                    .parse()
                    .expect("an id");
            let mut tx =
                cast.app.state.db.begin(Some(AccountId(account)), cast.app.state.clock.now()).await.expect("a viewer");
            let forged =
                sqlx::query("update relay_rules set valid = 'empty' where ceptoar_id = 'banks' and stage = $1")
                    .bind(stage)
                    .execute(&mut *tx)
                    .await;
            assert_eq!(forged.map(|done| done.rows_affected()).unwrap_or(0), u64::from(own == stage), "{name} {stage}");
        }
    }
    // The centre cannot lead the road past a desk that decides.
    let mut approver = cast.app.signed_in("approver").await;
    let mut past = vec![("route_ministry", "beside"), ("route_secretariat", "over"), ("reason", "x")];
    past.extend(day("2026", "11", "21"));
    let refused = fill_in(&mut approver, "/directory/banks/route/offices", &past).await;
    assert!(refused.status == 422 && !refused.texts("#route_ministry-error").is_empty(), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_alone_lets_the_desk_decide_at_which_it_stands() {
    let mut cast = cast().await;
    agreed(&cast, &[]).await;
    ministry_decides(&mut cast).await;
    let id = published_telling(&cast, BOTH).await;
    let forged = format!("select relay_decide('{id}', 'banks', 'forward', '', '', null)");
    for name in ["handler", "desk", "colleague", "analyst", "approver", "gas-desk", "auditor"] {
        let account: Uuid =
            cast.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await[0]
                .parse()
                .expect("an id");
        let mut tx =
            cast.app.state.db.begin(Some(AccountId(account)), cast.app.state.clock.now()).await.expect("a viewer");
        assert!(sqlx::query(sqlx::AssertSqlSafe(forged.clone())).execute(&mut *tx).await.is_err(), "{name}");
        drop(tx);
        let mut tx =
            cast.app.state.db.begin(Some(AccountId(account)), cast.app.state.clock.now()).await.expect("a viewer");
        for inner in [
            format!("select relay_goes_on('{id}', 'banks', now())"),
            format!("select relay_open('{id}', 'banks', 'partner')"),
        ] {
            let mut point = sqlx::Connection::begin(&mut *tx).await.expect("a point");
            assert!(
                sqlx::query(sqlx::AssertSqlSafe(inner.clone())).execute(&mut *point).await.is_err(),
                "{name} {inner}"
            );
        }
    }
    assert_eq!(copies(&mut cast, id).await, HELD);
}
