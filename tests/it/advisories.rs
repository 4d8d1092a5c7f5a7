//! Writing an advisory, looking at its recipients, submitting, approving.

use ceptoar_portal::features::access::Role;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::support::{Client, TestApp, factory};

/// A portal with an analyst, two approvers, and in the banks' CEPTOAR: bank 1 with two windows (one
/// is no handler), bank 2 with one, bank 3 with a window without mail; in gas one firm.
struct Scene {
    app: TestApp,
    db: PgConnection,
    bank_1: Uuid,
    window_1: Uuid,
}

async fn scene() -> Scene {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role) in [
        ("analyst", Role::NiscAnalyst),
        ("analyst2", Role::NiscAnalyst),
        ("approver", Role::NiscApprover),
        ("approver2", Role::NiscApprover),
    ] {
        factory::person(&app, name, role, nisc, None, None).await;
    }
    let bank_1 = factory::member(&mut db, "banks", "架空第一銀行").await;
    let window_1 = factory::window(&mut db, bank_1, Some("banks"), "soc@bank1.example").await;
    let reader = factory::window(&mut db, bank_1, Some("banks"), "desk@bank1.example").await;
    let bank_2 = factory::member(&mut db, "banks", "架空第二銀行").await;
    factory::window(&mut db, bank_2, Some("banks"), "soc@bank2.example").await;
    let bank_3 = factory::member(&mut db, "banks", "架空第三銀行").await;
    let deaf = factory::window(&mut db, bank_3, Some("banks"), "x@bank3.example").await;
    let gas = factory::member(&mut db, "gas", "架空ガス").await;
    factory::window(&mut db, gas, Some("gas"), "soc@gas1.example").await;
    sqlx::query("update contacts set handler = false where contact_id = $1")
        .bind(reader)
        .execute(&mut db)
        .await
        .unwrap();
    sqlx::query("delete from contact_channels where contact_id = $1").bind(deaf).execute(&mut db).await.unwrap();
    Scene { app, db, bank_1, window_1 }
}

const TEXT: [(&str, &str); 8] = [
    ("kind", "early_warning"),
    ("title", "VPN装置の脆弱性の悪用について"),
    ("summary", "カナリア概要。悪用が確認されています。"),
    ("impact", "外部から侵入されるおそれがあります。"),
    ("countermeasure", "カナリア対策。更新してください。"),
    ("products", "ExampleVPN 9"),
    ("purpose", "prevention"),
    ("cves", "CVE-2026-12345"),
];

fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [("level", "AMBER"), ("handler_scope", "handlers"), ("ceptoar", "banks"), ("next", "preview")];
    let kept = TEXT.into_iter().chain(usual).filter(|(name, _)| changes.iter().all(|(c, _)| c != name));
    kept.chain(changes.iter().copied().filter(|(_, value)| !value.is_empty())).collect()
}

/// Saves a draft and answers its address.
async fn drafted(analyst: &mut Client, changes: &[(&str, &str)]) -> String {
    let reply = analyst.post("/advisories", &form(changes)).await;
    assert_eq!(reply.status, 303, "{}", reply.texts(".error-summary").join(" "));
    reply.location().trim_end_matches("/submission").to_owned()
}

async fn submitted(analyst: &mut Client, changes: &[(&str, &str)]) -> String {
    let item = drafted(analyst, changes).await;
    let reply = analyst.post(&format!("{item}/submission"), &[]).await;
    assert_eq!(reply.status, 303, "{}", reply.texts(".error-summary").join(" "));
    item
}

/// The approver's form as the page shows it.
async fn approval(approver: &mut Client, item: &str) -> Vec<(String, String)> {
    let page = approver.get(&format!("{item}/publication")).await;
    assert_eq!(page.status, 200);
    let html = scraper::Html::parse_document(&page.body);
    let hidden = scraper::Selector::parse("input[type=hidden]").unwrap();
    html.select(&hidden)
        .map(|e| (e.attr("name").unwrap().to_owned(), e.attr("value").unwrap().to_owned()))
        .filter(|(name, _)| ["edits", "recipients", "audience"].contains(&name.as_str()))
        .collect()
}

async fn approve(approver: &mut Client, item: &str) -> crate::support::Reply {
    let fields = approval(approver, item).await;
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    approver.post(&format!("{item}/publication"), &fields).await
}

async fn count(db: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(db).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audience_of_another_day_is_that_days() {
    let Scene { app, mut db, bank_1, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    let item = drafted(&mut analyst, &[("ceptoar", "water"), ("ceptoar", "banks")]).await;
    let preview = analyst.get(&format!("{item}/submission")).await;
    assert!(preview.body.contains(&format!("href=\"{item}/audience\"")), "{}", preview.body);
    let on = |day: &str| {
        let parts: Vec<&str> = day.split('-').collect();
        format!("{item}/audience?on_year={}&on_month={}&on_day={}", parts[0], parts[1], parts[2])
    };
    // The ministry of water was another one in 2023.
    for (day, ministry, other) in
        [("2023-11-25", "厚生労働省", "国土交通省"), ("2026-11-21", "国土交通省", "厚生労働省")]
    {
        let page = analyst.get(&format!("{}&ceptoar=water", on(day))).await;
        let rows = page.texts("#windows tbody tr").join("|");
        assert!(rows.contains(ministry) && !rows.contains(other), "{day}: {rows}");
    }
    // Who is to leave gets nothing from that day on; what is shown for today stays what it was.
    sqlx::query("update memberships set valid = daterange(lower(valid), '2027-04-01') where organisation_id = $1")
        .bind(bank_1)
        .execute(&mut db)
        .await
        .unwrap();
    let due = async |analyst: &mut Client, day: &str| {
        let page = analyst.get(&on(day)).await;
        assert!(page.texts(".notice").concat().contains("確認用です"), "{}", page.body);
        assert!(page.body.contains("その日の登録から") && !page.body.contains("今の名簿から"), "{}", page.body);
        page.texts(".tally b")[0].clone()
    };
    assert_eq!(due(&mut analyst, "2027-03-31").await, "2");
    assert_eq!(due(&mut analyst, "2027-04-01").await, "1");
    let detail = analyst.get(&format!("{}&ceptoar=banks", on("2027-04-01"))).await;
    assert!(!detail.texts("#windows tbody").concat().contains("架空第一銀行"));
    assert!(detail.body.contains("on_year=2027"), "the way back is to the same day");
    assert!(!detail.body.contains("@bank2.example"), "no addresses");
    // Nothing can be sent from here, and a wrong day says so at the field.
    assert!(detail.texts("main form[method=post]").is_empty());
    let wrong = analyst.get(&on("2027-13-01")).await;
    assert_eq!(wrong.status, 422);
    assert!(!wrong.texts("#on-error").is_empty() && wrong.values("input[name=on_month]") == ["13"], "{}", wrong.body);
    // For whoever may read the draft, and nobody else.
    let mut approver = app.signed_in("approver").await;
    assert_eq!(approver.get(&on("2027-04-01")).await.status, 200);
    let mut colleague = app.signed_in("analyst2").await;
    assert_eq!(colleague.get(&on("2027-04-01")).await.status, 404);
    // Of a published item the whole centre may ask it, and nobody on the route; whom it went to stands fast.
    let id = Uuid::parse_str(item.trim_start_matches("/advisories/")).unwrap();
    factory::publish(&app, id, false).await;
    let shown = colleague.get(&item).await;
    assert!(shown.body.contains(&format!("href=\"{item}/audience\"")), "{}", shown.body);
    for (day, expected) in [("2027-03-31", "2"), ("2027-04-01", "1")] {
        let page = colleague.get(&on(day)).await;
        assert!(page.body.contains("実際に届いた相手は変わりません"), "{}", page.body);
        assert_eq!(page.texts(".tally b")[0], expected, "{day}");
    }
    factory::person(&app, "poc", Role::MemberPoc, bank_1, Some("banks"), None).await;
    assert_eq!(app.signed_in("poc").await.get(&on("2027-04-01")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_form_to_the_queue() {
    let Scene { app, mut db, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    assert_eq!(analyst.get("/advisories/new").await.status, 200);
    let item = drafted(&mut analyst, &[]).await;

    // The preview names every window of the CEPTOAR with its verdict, and no address.
    let preview = analyst.get(&format!("{item}/submission")).await;
    assert_eq!(
        preview.texts(".tally b"),
        ["2", "4", "3"],
        "due, not due, to be telephoned (desk and ministry keep no window here)"
    );
    assert!(!preview.body.contains("@bank1.example"));
    let detail = analyst.get(&format!("{item}/submission?ceptoar=banks")).await;
    let rows = detail.texts("#windows tbody tr");
    let row = |name: &str, verdict: &str| rows.iter().any(|r| r.contains(name) && r.contains(verdict));
    assert!(row("架空第一銀行", "届きます") && row("架空第一銀行", "取扱担当者ではありません"));
    assert!(row("架空第二銀行", "届きます") && row("架空第三銀行", "メールのない窓口"));
    assert!(!detail.body.contains("架空ガス") && !detail.body.contains(".example</"));

    assert_eq!(analyst.post(&format!("{item}/submission"), &[]).await.status, 303);
    let mut approver = app.signed_in("approver").await;
    let reply = approve(&mut approver, &item).await;
    assert_eq!((reply.status, reply.location().ends_with("/deliveries?published=1")), (303, true), "{}", reply.body);

    let addresses: Vec<String> =
        sqlx::query_scalar("select address from delivery_addresses order by 1").fetch_all(&mut db).await.unwrap();
    assert_eq!(addresses, ["soc@bank1.example", "soc@bank2.example"]);
    let mails: Vec<(String, String)> =
        sqlx::query_as("select subject, body from mails order by language desc").fetch_all(&mut db).await.unwrap();
    assert_eq!(mails[0].0, "【早期警戒情報】[TLP:AMBER] 新しい情報提供があります 2026-0001");
    for secret in ["VPN", "カナリア", "CVE-2026"] {
        assert!(mails.iter().all(|(subject, body)| !subject.contains(secret) && !body.contains(secret)), "{secret}");
    }
    let trail: Vec<String> =
        sqlx::query_scalar("select action from audit_events where subject_kind = 'advisory' order by sequence")
            .fetch_all(&mut db)
            .await
            .unwrap();
    assert_eq!(trail, ["advisory.create", "advisory.submit", "advisory.publish"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_of_each_level_and_language() {
    let Scene { app, mut db, window_1, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    let mut approver = app.signed_in("approver").await;
    for (level, scope, drill) in
        [("GREEN", "organisation", ""), ("AMBER", "handlers", ""), ("GREEN", "handlers", "true")]
    {
        let cves = if drill.is_empty() { "CVE-2026-12345" } else { "" };
        let changes = [
            ("level", level),
            ("handler_scope", scope),
            ("drill", drill),
            ("cves", cves),
            ("answer_due_year", "2026"),
            ("answer_due_month", "11"),
            ("answer_due_day", "24"),
        ];
        let item = submitted(&mut analyst, &changes).await;
        assert_eq!(approve(&mut approver, &item).await.status, 303);
    }
    let item = drafted(&mut analyst, &[("level", "RED"), ("handler_scope", "named"), ("ceptoar", "")]).await;
    analyst.post(&format!("{item}/named"), &[("add", &window_1.to_string())]).await;
    assert_eq!(analyst.post(&format!("{item}/submission"), &[]).await.status, 303);
    assert_eq!(approve(&mut approver, &item).await.status, 303);

    let mails: Vec<(String, String, String, Uuid)> = sqlx::query_as(
        "select a.level || case when m.drill then '_drill' else '' end || '_' || m.language, m.subject, m.body, a.advisory_id
         from mails m join advisories a on a.advisory_id = m.item_id",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert_eq!(mails.len(), 8);
    for (name, subject, body, id) in mails {
        let text = format!("Subject: {subject}\n\n{}", body.replace(&id.to_string(), "ID"));
        insta::assert_snapshot!(format!("mail_{name}"), text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_what_they_wrote_and_nobody_twice() {
    let Scene { app, mut db, .. } = scene().await;
    let mut author = app.signed_in("approver").await;
    let item = submitted(&mut author, &[]).await;
    assert!(author.get(&format!("{item}/publication")).await.body.contains("別の承認者"));
    let own =
        author.post(&format!("{item}/publication"), &[("edits", "0"), ("recipients", "2"), ("audience", "")]).await;
    assert_eq!(own.status, 403);
    assert!(own.body.contains("別の承認者"));
    // Not even with the row security alone: the table itself refuses one person in two roles.
    let forced = sqlx::query(
        "update advisories set state = 'published', approved_by = created_by, published_at = now(), approved_hash = ''",
    )
    .execute(&mut db)
    .await;
    assert!(forced.unwrap_err().to_string().contains("advisories_two_persons"));

    let (mut first, mut second) = (app.signed_in("approver2").await, app.signed_in("approver2").await);
    let fields = approval(&mut first, &item).await;
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let path = format!("{item}/publication");
    let (a, b) = tokio::join!(first.post(&path, &fields), second.post(&path, &fields));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert!(statuses == [303, 303] || statuses == [303, 409], "{statuses:?}");
    assert_eq!(count(&mut db, "select count(*) from deliveries").await, 2);
    assert_eq!(
        count(&mut db, "select count(*) from audit_events where action = 'advisory.publish' and outcome = 'done'")
            .await,
        1
    );
    assert!(
        count(&mut db, "select count(*) from audit_events where action = 'advisory.publish' and outcome = 'refused'")
            .await
            >= 1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_approved_is_what_leaves() {
    let Scene { app, mut db, bank_1, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    let item = submitted(&mut analyst, &[]).await;
    let mut approver = app.signed_in("approver").await;
    let stale = approval(&mut approver, &item).await;
    let stale: Vec<(&str, &str)> = stale.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();

    // An item under review cannot be edited; taken back and edited, the old approval does not count.
    assert_eq!(analyst.post(&format!("{item}/draft"), &form(&[("title", "別の題名")])).await.status, 409);
    analyst.post(&format!("{item}/return"), &[]).await;
    assert_eq!(analyst.post(&format!("{item}/draft"), &form(&[("title", "別の題名")])).await.status, 303);
    analyst.post(&format!("{item}/submission"), &[]).await;
    let changed = approver.post(&format!("{item}/publication"), &stale).await;
    assert_eq!(changed.status, 422);
    assert!(changed.body.contains("内容が変わりました") && changed.body.contains("別の題名"));

    // The directory changed after the approver looked.
    let fields = approval(&mut approver, &item).await;
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    factory::window(&mut db, bank_1, Some("banks"), "night@bank1.example").await;
    let changed = approver.post(&format!("{item}/publication"), &fields).await;
    assert_eq!(changed.status, 422);
    assert!(changed.body.contains("届く相手が変わりました"));
    assert_eq!(count(&mut db, "select count(*) from mails").await, 0, "nothing is half done");

    assert_eq!(approve(&mut approver, &item).await.status, 303);
    assert_eq!(count(&mut db, "select count(*) from deliveries").await, 3);
    // Frozen: an edit after approval has nothing to change.
    for path in ["draft", "submission", "return", "discard"] {
        let status = analyst.post(&format!("{item}/{path}"), &form(&[])).await.status;
        assert!(status == 404 || status == 409, "{path}: {status}");
    }
    factory::window(&mut db, bank_1, Some("banks"), "late@bank1.example").await;
    assert_eq!(count(&mut db, "select count(*) from deliveries").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn red_goes_to_named_persons_only() {
    let Scene { app, mut db, window_1, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    let refused = analyst.post("/advisories", &form(&[("level", "RED"), ("handler_scope", "organisation")])).await;
    assert_eq!(refused.status, 422);
    assert!(refused.texts("#handler_scope-error").join("").contains("指名した方のみ"));
    assert!(refused.body.contains("カナリア概要"), "what was typed is kept");

    let item = drafted(&mut analyst, &[("level", "RED"), ("handler_scope", "named")]).await;
    let incomplete = analyst.post(&format!("{item}/submission"), &[]).await;
    assert_eq!(incomplete.status, 422);
    assert_eq!(incomplete.texts(".error-summary li").len(), 2, "groups are not allowed, persons are missing");

    analyst
        .post(&format!("{item}/draft"), &form(&[("level", "RED"), ("handler_scope", "named"), ("ceptoar", "")]))
        .await;
    let found = analyst.post(&format!("{item}/named/search"), &[("in_ceptoar", "banks"), ("query", "第一")]).await;
    assert_eq!(found.texts(".item__title"), ["架空第一銀行"], "designated handlers only");
    analyst.post(&format!("{item}/named"), &[("add", &window_1.to_string())]).await;
    let named = analyst.get(&format!("{item}/named")).await;
    assert_eq!(named.texts(".item__title"), ["架空第一銀行"]);
    assert_eq!(analyst.post(&format!("{item}/submission"), &[]).await.status, 303);
    assert_eq!(approve(&mut app.signed_in("approver").await, &item).await.status, 303);
    let addresses: Vec<String> =
        sqlx::query_scalar("select address from delivery_addresses").fetch_all(&mut db).await.unwrap();
    assert_eq!(addresses, ["soc@bank1.example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_save_themselves_and_belong_to_their_author() {
    let Scene { app, mut db, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    analyst.headers.push(("accept", "application/json".into()));
    let saved = analyst.post("/advisories", &form(&[("title", "")])).await.json();
    assert_eq!(saved["saved_at"], "21:10");
    let draft = saved["location"].as_str().unwrap().to_owned();
    assert_eq!(analyst.post(&draft, &form(&[("summary", "書きかけ")])).await.json()["location"], draft.as_str());
    let wrong = analyst.post(&draft, &form(&[("title", "a\u{202E}b")])).await;
    assert_eq!((wrong.status, wrong.json()["errors"]["title"].is_string()), (422, true));
    assert_eq!(count(&mut db, "select count(*) from advisories").await, 1);

    let item = draft.trim_end_matches("/draft");
    let mut stranger = app.signed_in("analyst2").await;
    let unreal = "/advisories/00000000-0000-4000-8000-000000000000";
    for path in ["/draft", "/submission", "/named"] {
        let (real, none) =
            (stranger.get(&format!("{item}{path}")).await, stranger.get(&format!("{unreal}{path}")).await);
        assert_eq!((real.status, real.without_request_id().replace(item, unreal)), (404, none.without_request_id()));
    }
    assert_eq!(stranger.post(&draft, &form(&[])).await.status, 404);
    assert_eq!(stranger.post(&format!("{item}/discard"), &[]).await.status, 404);
    assert_eq!(analyst.post(&format!("{item}/discard"), &[]).await.status, 303);
    assert_eq!(count(&mut db, "select count(*) from advisories").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_and_desks_do_not_even_see_that_there_is_a_form() {
    let Scene { app, bank_1, window_1, .. } = scene().await;
    factory::person(&app, "poc", Role::MemberPoc, bank_1, Some("banks"), Some(window_1)).await;
    let mut analyst = app.signed_in("analyst").await;
    let item = submitted(&mut analyst, &[]).await;
    let mut poc = app.signed_in("poc").await;
    for path in ["/advisories/new".to_owned(), format!("{item}/draft"), format!("{item}/publication")] {
        assert_eq!(poc.get(&path).await.status, 404, "{path}");
    }
    assert_eq!(poc.post("/advisories", &form(&[])).await.status, 404);
    assert_eq!(
        poc.post(&format!("{item}/publication"), &[("edits", "1"), ("recipients", "2"), ("audience", "")]).await.status,
        404
    );
    assert_eq!(analyst.get(&format!("{item}/publication")).await.status, 404, "an analyst approves nothing");
    let mut stranger = app.visitor();
    assert!(stranger.get(&format!("{item}/draft")).await.location().starts_with("/sign-in?return_to=/advisories/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_is_refused() {
    let Scene { app, mut db, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    analyst.headers.push(("sec-fetch-site", "cross-site".into()));
    analyst.headers.push(("origin", "https://evil.example".into()));
    assert_eq!(analyst.post("/advisories", &form(&[])).await.status, 403);
    assert_eq!(count(&mut db, "select count(*) from advisories").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_for_the_save_and_the_windows_that_were_seen() {
    let Scene { app, mut db, bank_1, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    let item = submitted(&mut analyst, &[]).await;
    let mut approver = app.signed_in("approver").await;
    let seen = approval(&mut approver, &item).await;
    // A save number ahead of the one shown is no approval of what comes.
    let ahead: Vec<(&str, &str)> =
        seen.iter().map(|(n, v)| (n.as_str(), if n == "edits" { "1" } else { v.as_str() })).collect();
    assert_eq!(approver.post(&format!("{item}/publication"), &ahead).await.status, 422);
    // As many windows as before, but others.
    let bank_4 = factory::member(&mut db, "banks", "架空第四銀行").await;
    sqlx::query(
        "update windows set organisation_id = $1
         where organisation_id = $2 and contact_id in (select contact_id from contacts where handler)",
    )
    .bind(bank_4)
    .bind(bank_1)
    .execute(&mut db)
    .await
    .unwrap();
    let same: Vec<(&str, &str)> = seen.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let reply = approver.post(&format!("{item}/publication"), &same).await;
    assert_eq!(reply.status, 422);
    assert!(reply.body.contains("届く相手が変わりました"));
    assert_eq!(approve(&mut approver, &item).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn persons_named_at_red_do_not_stay_behind_at_another_level() {
    let Scene { app, mut db, window_1, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    let item = drafted(&mut analyst, &[("level", "RED"), ("handler_scope", "named"), ("ceptoar", "")]).await;
    analyst.post(&format!("{item}/named"), &[("add", &window_1.to_string())]).await;
    analyst.post(&format!("{item}/draft"), &form(&[("ceptoar", "gas")])).await;
    analyst.post(&format!("{item}/submission"), &[]).await;
    assert_eq!(approve(&mut app.signed_in("approver").await, &item).await.status, 303);
    let reached: Vec<String> =
        sqlx::query_scalar("select distinct ceptoar_id from advisory_audience").fetch_all(&mut db).await.unwrap();
    assert_eq!(reached, ["gas"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_security_alone_keeps_the_four_eyes() {
    let Scene { app, mut db, .. } = scene().await;
    let mut author = app.signed_in("approver").await;
    let item = submitted(&mut author, &[]).await;
    app.database.break_a_rule().await;
    let id: Uuid = item.trim_start_matches("/advisories/").parse().unwrap();
    let account = |name: &'static str| {
        sqlx::query_scalar::<_, Uuid>("select account_id from accounts where sign_in_name = $1").bind(name)
    };
    let me = account("approver").fetch_one(&mut db).await.unwrap();
    let other = account("approver2").fetch_one(&mut db).await.unwrap();
    for (viewer, statement) in [
        (me, "update advisories set created_by = last_edited_by where advisory_id = $1"),
        (
            me,
            "update advisories set state = 'published', approved_by = viewer_account(), published_at = now(), approved_hash = '' where advisory_id = $1",
        ),
        (other, "update advisories set level = 'GREEN' where advisory_id = $1"),
        (
            other,
            "update advisories set state = 'published', level = 'GREEN', approved_by = viewer_account(), published_at = now(), approved_hash = '' where advisory_id = $1",
        ),
        (other, "insert into mails select gen_random_uuid(), 'advisory', $1, 'ja', 's', 'b', '', false, now()"),
    ] {
        let mut tx = app
            .state
            .db
            .begin(Some(ceptoar_portal::kernel::ids::AccountId(viewer)), app.state.clock.now())
            .await
            .unwrap();
        let error = sqlx::query(statement).bind(id).execute(&mut *tx).await;
        assert!(error.is_err(), "{statement}");
    }
    // Nobody rewrites what somebody else wrote: the row is not there for the statement.
    let mut tx =
        app.state.db.begin(Some(ceptoar_portal::kernel::ids::AccountId(other)), app.state.clock.now()).await.unwrap();
    let touched = sqlx::query("update advisory_texts set title = 'forged' where advisory_id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await
        .unwrap();
    assert_eq!(touched.rows_affected(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_values_are_refused_and_never_a_fault() {
    let Scene { app, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    for (field, value) in
        [("title", "a\u{2028}b"), ("title", "a\u{200B}b"), ("links", "https://:www.nisc.go.jp@evil.example/")]
    {
        let reply = analyst.post("/advisories", &form(&[(field, value)])).await;
        assert_eq!((reply.status, reply.texts(&format!("#{field}-error")).len()), (422, 1), "{field} {value:?}");
    }
    assert_eq!(analyst.post("/advisories", &form(&[("ceptoar", "a\0")])).await.status, 400);
    assert_eq!(
        analyst.get("/advisories?before=-300000000000000000_00000000-0000-4000-8000-000000000000").await.status / 100,
        4
    );
    assert_eq!(app.visitor().post("/sign-in", &[("name", "a\0"), ("password", "x")]).await.status, 422);
}
