//! Whose information an item is: every reader sees it with the originator's conditions, and what CEPTOARs tell each other
//! goes past the ministries.

use ceptoar_portal::features::advisories::origin::Source;
use uuid::Uuid;

use crate::relays::{Cast, agreed, cast, decide, item};
use crate::support::factory::{self, NewAdvisory};
use crate::two_desks::ministry_decides;
use crate::versions;

const CONDITIONS: &str = "社外に転送しないでください。";
const AMONG: &str = "所管省庁に共有するときは、先に提供元の了解を得てください。";
const PAST: &str = "セプターどうしの情報(省庁を通らない)";

fn green() -> NewAdvisory<'static> {
    NewAdvisory { level: "GREEN", scope: "organisation", ceptoars: &["banks", "gas"], ..NewAdvisory::default() }
}

fn form<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let own = [("level", "GREEN"), ("handler_scope", "organisation"), ("ceptoar", "banks"), ("ceptoar", "gas")];
    let mut form = versions::typed(&[("level", ""), ("handler_scope", ""), ("ceptoar", "")]);
    form.extend(own.into_iter().chain(changed.iter().copied()));
    form
}

async fn told(cast: &Cast, changed: &[(&str, &str)]) -> Uuid {
    let id = factory::draft_advisory(&cast.app, green()).await;
    let mut author = cast.app.signed_in("case-author").await;
    versions::publish(&cast.app, &mut author, id, &form(changed), "case-approver").await;
    id
}

async fn copies(cast: &mut Cast, id: Uuid) -> Vec<String> {
    let copies = "select distinct concat_ws(' ', ceptoar_id, stage, state) from deliveries where item_id =";
    cast.texts(&format!("{copies} '{id}' order by 1")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ceptoars_tell_each_other_goes_past_the_ministry() {
    let mut cast = cast().await;
    agreed(&cast, &[]).await;
    ministry_decides(&mut cast).await;
    let mut db = cast.app.database.owner().await;
    factory::regional_office(&mut db, "banks", "架空財務局", None).await;
    for source in ["council", "ceptoar"] {
        let id = factory::draft_advisory(&cast.app, green()).await;
        let mut author = cast.app.signed_in("case-author").await;
        let draft = format!("{}/draft", item(id));
        let conditions = [("origin", source), ("origin_conditions", CONDITIONS)];
        assert_eq!(author.post(&draft, &form(&conditions)).await.status, 303);
        let preview = author.get(&format!("{}/submission", item(id))).await.body;
        assert!(preview.contains("事務局の判断の後に届きます(期限は40分)"), "{preview}");
        assert!(!preview.contains("所管省庁の判断の後") && preview.contains(PAST), "{preview}");
        versions::publish(&cast.app, &mut author, id, &form(&conditions), "case-approver").await;

        // The banks' desk decides; nobody at the ministry or its office gets anything, or learns of it.
        let expected = ["banks member held", "banks partner held", "banks secretariat queued", "gas member queued"];
        assert_eq!(copies(&mut cast, id).await, expected);
        let audience = format!("select distinct stage from advisory_audience where advisory_id = '{id}' order by 1");
        assert_eq!(cast.texts(&audience).await, ["member", "partner", "secretariat"]);
        let mut liaison = cast.app.signed_in("liaison").await;
        for path in ["", ".json", "/deliveries", "/relays/banks"] {
            assert_eq!(liaison.get(&format!("{}{path}", item(id))).await.status, 404, "{source} {path}");
        }
        let number = cast.texts(&format!("select number from advisories where advisory_id = '{id}'")).await.concat();
        for list in ["/advisories", "/", "/judgements"] {
            assert!(!liaison.get(list).await.body.contains(&number), "{list}");
        }

        let mut desk = cast.app.signed_in("desk").await;
        decide(&mut desk, id, &[("decision", "forward")]).await;
        let mut handler = cast.app.signed_in("handler").await;
        let page = handler.get(&item(id)).await;
        let label = if source == "council" { "セプターカウンシル" } else { "他のセプター" };
        assert!(page.body.contains(label) && page.texts(".handling").concat().contains(CONDITIONS), "{}", page.body);
        assert!(page.body.contains(AMONG), "{}", page.body);
        let mail = format!("select m.body from mails m join deliveries d using (mail_id) where d.item_id = '{id}'");
        let mail = cast.texts(&format!("{mail} and d.stage = 'member' limit 1")).await.concat().replace('\r', "");
        assert!(mail.contains(&format!("■出所\n{label}\n")), "{mail}");
        assert!(mail.contains("出所の条件:\nセプターどうしの情報です。"), "{mail}");
        assert!(mail.contains(&format!("\n{CONDITIONS}\n")), "{mail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_ministry_had_it_is_told_the_rest_of() {
    let mut cast = cast().await;
    ministry_decides(&mut cast).await;
    let id = factory::published_advisory(&cast.app, green()).await;
    cast.later(10);
    let mut author = cast.app.signed_in("case-author").await;
    let next = versions::begun(&mut author, id, "correction").await;
    versions::publish(&cast.app, &mut author, next, &form(&[("origin", "council")]), "case-approver").await;
    let ministry = format!("select state from deliveries where item_id = '{next}' and stage = 'ministry'");
    assert_eq!(cast.texts(&ministry).await, ["queued"]);
    assert_eq!(cast.app.signed_in("liaison").await.get(&item(next)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn others_information_goes_the_usual_road_under_their_name() {
    let cast = cast().await;
    let source = [("origin", "security_body"), ("origin_name", "JPCERT/CC"), ("origin_conditions", CONDITIONS)];
    let id = told(&cast, &source).await;
    let mut liaison = cast.app.signed_in("liaison").await;
    let page = liaison.get(&item(id)).await;
    assert!(page.body.contains("関係機関(JPCERT/CC)"), "{}", page.body);
    let english = cast.app.signed_in("liaison").await.in_english().get(&item(id)).await;
    assert!(english.body.contains("A security body (JPCERT/CC)"), "{}", english.body);
    let json: serde_json::Value =
        serde_json::from_str(&liaison.get(&format!("{}.json", item(id))).await.body).expect("JSON");
    let origin = serde_json::json!({ "source": "security_body", "name": "JPCERT/CC", "conditions": CONDITIONS });
    assert_eq!(json["origin"], origin);

    // The next version begins with it; a withdrawal says nothing of it.
    let mut author = cast.app.signed_in("case-author").await;
    let next = versions::begun(&mut author, id, "withdrawal").await;
    let draft = author.get(&format!("{}/draft", item(next))).await;
    assert_eq!(draft.values("input[name=origin][checked]"), ["security_body"]);
    assert_eq!(draft.values("input[name=origin_name]"), [""]);
    assert!(!draft.body.contains(CONDITIONS));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_or_too_long_is_said_at_its_field() {
    let cast = cast().await;
    let id = factory::draft_advisory(&cast.app, green()).await;
    let mut author = cast.app.signed_in("case-author").await;
    let path = format!("{}/draft", item(id));
    for (field, value) in
        [("origin", "nobody".to_owned()), ("origin_name", "名".repeat(101)), ("origin_conditions", "条".repeat(1001))]
    {
        let wrong = author.post(&path, &form(&[(field, &value)])).await;
        assert_eq!(wrong.status, 422, "{field}");
        assert!(!wrong.texts(&format!("#{field}-error")).is_empty(), "{field}: {}", wrong.body);
        assert!(field == "origin" || wrong.body.contains(&value), "{field}: what was typed is gone");
    }
    // A draft may be incomplete; it does not go to the approver.
    assert_eq!(author.post(&path, &form(&[("origin", "ministry")])).await.status, 303);
    let page = author.get(&format!("{}/submission", item(id))).await;
    assert!(page.body.contains("どの省庁・関係機関の情報かを入力してください。"), "{}", page.body);
    assert_eq!(author.post(&format!("{}/submission", item(id)), &[]).await.status, 422);
    assert_eq!(author.post(&path, &form(&[("origin", "ministry"), ("origin_name", "金融庁")])).await.status, 303);
    assert_eq!(author.post(&format!("{}/submission", item(id)), &[]).await.status, 303);

    // The approver sees it, and the author what changed in it.
    let mut approver = cast.app.signed_in("case-approver").await;
    let review = approver.get(&format!("{}/publication", item(id))).await;
    assert!(review.body.contains("所管省庁(金融庁)"), "{}", review.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_database_know_the_same_road() {
    let cast = cast().await;
    let mut db = cast.app.database.owner().await;
    for source in Source::ALL {
        let past: bool = sqlx::query_scalar("select goes_past_ministries($1)")
            .bind(source.code())
            .fetch_one(&mut db)
            .await
            .expect("an answer");
        assert_eq!(past, source.goes_past_ministries(), "{source:?}");
    }
}
