//! Attached files and limited sections: from the draft to whoever may open them, and to nobody else.

use std::collections::BTreeMap;
use std::io::Cursor;

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::advisories::release::due;
use ceptoar_portal::kernel::ids::AccountId;
use ceptoar_portal::platform::files::scan::Scanner;
use ceptoar_portal::platform::files::scanning::{self, LeftOut};
use chrono::TimeDelta;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use uuid::Uuid;

use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, Reply, TestApp};

const PDF: &[u8] = b"%PDF-1.7\n\x81 how to find it";
const SECRET: &[u8] = b"%PDF-1.7\n\x82 whom it hit";
/// Everything that tells of the stricter parts.
const TELLING: [&str; 4] = ["侵害された組織", "閲覧注意の図", "内部の名称", "攻撃者の手口"];

struct Cast {
    app: TestApp,
    db: PgConnection,
}

impl Cast {
    async fn texts(&mut self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_all(&mut self.db).await.expect("texts")
    }

    async fn number(&mut self, query: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(&mut self.db).await.expect("a number")
    }

    async fn run(&mut self, query: &str) {
        sqlx::query(AssertSqlSafe(query.to_owned())).execute(&mut self.db).await.expect("a statement");
    }

    /// One round of the scanner that knows the sample only.
    async fn scan(&self) {
        let pool = PgPool::connect_with(self.app.database.connections.worker.clone()).await.expect("a pool");
        let now = self.app.state.clock.now();
        scanning::settle_held(&pool, &Scanner::SampleOnly, &mut LeftOut::default(), now).await.expect("a round");
    }

    async fn account(&mut self, name: &str) -> AccountId {
        let id = self.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        AccountId(id[0].parse().expect("an id"))
    }

    /// The parts of an item by their name.
    async fn parts(&mut self, id: Uuid) -> BTreeMap<String, String> {
        let query = format!(
            "select coalesce(f.name, p.heading) || '|' || p.part_id from advisory_parts p
             left join stored_files f using (file_id) where advisory_id = '{id}'"
        );
        let found = self.texts(&query).await;
        found.iter().filter_map(|line| line.rsplit_once('|')).map(|(n, p)| (n.to_owned(), p.to_owned())).collect()
    }
}

/// In the banks' CEPTOAR a firm with a handler, a window that handles nothing and a reader, and another firm with a hub; a
/// gas firm; desks, ministries, the centre and the council.
async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank = factory::member(&mut db, "banks", "あかね架空銀行").await;
    let rival = factory::member(&mut db, "banks", "いちご架空銀行").await;
    let gas = factory::member(&mut db, "gas", "架空ガス").await;
    let window = factory::window(&mut db, bank, Some("banks"), "soc@bank1.example").await;
    let second = factory::window(&mut db, bank, Some("banks"), "desk@bank1.example").await;
    let other = factory::window(&mut db, rival, Some("banks"), "soc@bank2.example").await;
    let at_gas = factory::window(&mut db, gas, Some("gas"), "soc@gas.example").await;
    sqlx::query("update contacts set handler = false where contact_id = $1")
        .bind(second)
        .execute(&mut db)
        .await
        .expect("a window that handles nothing");
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let gas_desk = factory::secretariat_of(&mut db, "gas").await;
    factory::window(&mut db, desk, Some("banks"), "desk@banks.example").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    let meti = factory::organisation(&mut db, "meti").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, bank, Some("banks"), Some(window)),
        ("no-handler", Role::MemberPoc, bank, Some("banks"), Some(second)),
        ("reader", Role::MemberReader, bank, Some("banks"), None),
        ("keeper", Role::MemberAdmin, bank, Some("banks"), None),
        ("hub", Role::HubMember, rival, Some("banks"), Some(other)),
        ("gas", Role::MemberPoc, gas, Some("gas"), Some(at_gas)),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("gas-desk", Role::Secretariat, gas_desk, Some("gas"), None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("other-liaison", Role::MinistryLiaison, meti, None, None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("approver", Role::NiscApprover, nisc, None, None),
        ("observer", Role::CouncilObserver, nisc, None, None),
        ("auditor", Role::Auditor, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    factory::case_team(&app).await;
    Cast { app, db }
}

fn amber() -> NewAdvisory<'static> {
    NewAdvisory { scope: "organisation", ..NewAdvisory::default() }
}

async fn add(author: &mut Client, id: Uuid, file: (&str, &[u8]), reach: (&str, &str)) -> Reply {
    let heading = if file.1 == SECRET { "閲覧注意の図" } else { "確認の手順" };
    let fields = [("heading", heading), ("part_level", reach.0), ("part_scope", reach.1)];
    author.upload(&format!("/advisories/{id}/parts"), &fields, file).await
}

async fn write(author: &mut Client, id: Uuid, level: &str, scope: &str) -> Reply {
    let form =
        [("heading", "攻撃者の手口"), ("body", "**内部の名称**を使う。"), ("part_level", level), ("part_scope", scope)];
    author.post(&format!("/advisories/{id}/sections"), &form).await
}

/// What the approver's page carries.
async fn approval(approver: &mut Client, id: Uuid) -> Vec<(&'static str, String)> {
    let page = approver.get(&format!("/advisories/{id}/publication")).await;
    let value = |name: &'static str| (name, page.values(&format!("input[name={name}]")).concat());
    ["edits", "recipients", "audience"].map(value).to_vec()
}

async fn approve(approver: &mut Client, id: Uuid, form: &[(&'static str, String)]) -> Reply {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    approver.post(&format!("/advisories/{id}/publication"), &form).await
}

async fn submit(author: &mut Client, id: Uuid) -> Reply {
    author.post(&format!("/advisories/{id}/submission"), &[]).await
}

/// A draft with an open file, a stricter one and a limited section, looked through and submitted.
async fn submitted(cast: &mut Cast, new: NewAdvisory<'_>) -> Uuid {
    let id = factory::draft_advisory(&cast.app, new).await;
    let mut author = cast.app.signed_in("case-author").await;
    for (file, reach) in [
        (("手順書.pdf", PDF), (new_level(cast, id).await, "organisation")),
        (("侵害された組織.pdf", SECRET), ("AMBER_STRICT".into(), "handlers")),
    ] {
        let added = add(&mut author, id, file, (&reach.0, reach.1)).await;
        assert_eq!(added.status, 303, "{:?}", added.texts(".field__error"));
    }
    let written = write(&mut author, id, "AMBER_STRICT", "handlers").await;
    assert_eq!(written.status, 303, "{:?}", written.texts(".field__error"));
    cast.scan().await;
    let done = submit(&mut author, id).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    id
}

async fn new_level(cast: &mut Cast, id: Uuid) -> String {
    cast.texts(&format!("select level from advisories where advisory_id = '{id}'")).await.concat()
}

async fn published(cast: &mut Cast, new: NewAdvisory<'_>) -> Uuid {
    let id = submitted(cast, new).await;
    let mut approver = cast.app.signed_in("case-approver").await;
    let form = approval(&mut approver, id).await;
    let done = approve(&mut approver, id, &form).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".notice, h1"));
    cast.app.state.clock.advance(TimeDelta::minutes(10));
    id
}

/// Whether a page tells of what is stricter.
fn tells(page: &Reply) -> bool {
    TELLING.iter().any(|word| page.body.contains(word))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_is_had_by_those_who_would_get_an_item_of_its_level() {
    let mut cast = cast().await;
    let id = factory::draft_advisory(&cast.app, amber()).await;
    let mut author = cast.app.signed_in("case-author").await;
    let here = format!("/advisories/{id}/parts");
    let page = author.get(&here).await;
    assert!(page.body.contains("ファイルはありません"), "{}", page.body);
    assert_eq!(page.values("input[name=part_level]"), ["AMBER", "AMBER_STRICT"], "never wider, and nothing RED");
    assert_eq!(page.values("input[name=part_scope]"), ["organisation", "handlers"]);
    assert_eq!(add(&mut author, id, ("手順書.pdf", PDF), ("AMBER", "organisation")).await.status, 303);
    assert_eq!(add(&mut author, id, ("侵害された組織.pdf", SECRET), ("AMBER", "handlers")).await.status, 303);
    assert_eq!(write(&mut author, id, "AMBER_STRICT", "handlers").await.status, 303);
    let edits = format!("select edits::bigint from advisories where advisory_id = '{id}'");
    assert_eq!(cast.number(&edits).await, 3, "each is an edit");
    let draft = author.get(&format!("/advisories/{id}/draft")).await;
    assert!(draft.body.contains("添付ファイル (2)") && draft.body.contains("限定部分 (1)"), "{}", draft.body);

    // Nobody has looked at the files yet.
    let parts = cast.parts(id).await;
    let open = format!("{here}/{}", parts["手順書.pdf"]);
    let strict = format!("{here}/{}", parts["侵害された組織.pdf"]);
    assert_eq!(author.get(&open).await.status, 404);
    let early = submit(&mut author, id).await;
    assert_eq!(early.status, 422);
    assert!(early.texts(".error-summary").concat().contains("ウイルス検査が終わっていません"), "{}", early.body);
    assert_eq!(early.hrefs(".error-summary a"), [here.as_str()]);
    cast.scan().await;
    let preview = author.get(&format!("/advisories/{id}/submission")).await;
    let windows = preview.texts("[data-part-windows] li");
    assert_eq!(windows.len(), 2, "{windows:?}");
    // The desk's, the handler's and the other firm's.
    assert!(windows.iter().all(|w| w.contains("3窓口")), "{windows:?}");
    assert_eq!(author.get(&open).await.bytes, PDF, "its author looks at what will be sent");
    assert_eq!(submit(&mut author, id).await.status, 303);

    let mut approver = cast.app.signed_in("case-approver").await;
    let page = approver.get(&format!("/advisories/{id}/publication")).await;
    assert!(tells(&page) && page.body.contains("手順書.pdf") && page.body.contains("確認の手順"), "{}", page.body);
    assert_eq!(approver.get(&strict).await.bytes, SECRET);
    // Nobody else knows of it before.
    for who in ["analyst", "handler", "desk", "liaison"] {
        assert_eq!(cast.app.signed_in(who).await.get(&open).await.status, 404, "{who}");
    }
    let form = approval(&mut approver, id).await;
    assert_eq!(approve(&mut approver, id, &form).await.status, 303);

    for (who, item, may, may_strict) in [
        ("handler", 200, 200, 200),
        ("no-handler", 200, 200, 404),
        ("reader", 200, 200, 404),
        ("keeper", 404, 404, 404),
        ("hub", 200, 200, 200),
        ("gas", 404, 404, 404),
        ("desk", 200, 200, 200),
        ("gas-desk", 404, 404, 404),
        ("liaison", 200, 200, 200),
        ("other-liaison", 404, 404, 404),
        ("analyst", 200, 200, 200),
        ("approver", 200, 200, 200),
        ("case-author", 200, 200, 200),
        ("observer", 404, 404, 404),
        ("auditor", 404, 404, 404),
    ] {
        let mut client = cast.app.signed_in(who).await;
        for (path, status, bytes) in [(&open, may, PDF), (&strict, may_strict, SECRET)] {
            let reply = client.get(path).await;
            assert_eq!(reply.status, status, "{who} {path}");
            if status == 200 {
                assert_eq!(reply.bytes, bytes, "{who}");
                assert!(reply.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"), "{who}");
            }
        }
        let page = client.get(&format!("/advisories/{id}")).await;
        assert_eq!(page.status, item, "{who}");
        assert_eq!(tells(&page), may_strict == 200, "{who}: {:?}", page.texts("article"));
        // On paper the page has the level of the strictest that is on it.
        let strictest = page.attributes("body", "class").concat().contains("print-level-AMBER_STRICT");
        assert_eq!(strictest, may_strict == 200, "{who}");
        let count = page.hrefs(".downloads a").len();
        assert_eq!(count, usize::from(may == 200) + usize::from(may_strict == 200), "{who}");
        assert!(!tells(&client.get(&format!("/advisories/{id}.json")).await), "{who}");
        assert!(!tells(&client.post("/search", &[("words", "侵害された")]).await), "{who}: not searched");
        // Part of the text is no file, and a file of another item is none of this one.
        assert_eq!(client.get(&format!("{here}/{}", parts["攻撃者の手口"])).await.status, 404, "{who}");
    }
    let handler = cast.account("handler").await;
    let trail = format!(
        "select action from audit_events where account_id = '{}' and action like 'advisory.%' and outcome = 'done' order by sequence",
        handler.0
    );
    assert_eq!(cast.texts(&trail).await, ["advisory.read", "advisory.part_read", "advisory.part_read"]);

    // Over: nothing comes in, nothing goes.
    assert_eq!(add(&mut author, id, ("あと.pdf", PDF), ("AMBER", "organisation")).await.status, 404);
    assert_eq!(author.post(&format!("{open}/removal"), &[]).await.status, 404);
    assert_eq!(write(&mut author, id, "AMBER_STRICT", "handlers").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_handles_nothing_any_more_opens_nothing_any_more() {
    let mut cast = cast().await;
    let id = published(&mut cast, amber()).await;
    let strict = format!("/advisories/{id}/parts/{}", cast.parts(id).await["侵害された組織.pdf"]);
    let mut handler = cast.app.signed_in("handler").await;
    assert_eq!(handler.get(&strict).await.status, 200);
    cast.run("update contacts set handler = false").await;
    assert_eq!(handler.get(&strict).await.status, 404);
    assert_eq!(handler.get(&format!("/advisories/{id}")).await.status, 200);
    // Readers were frozen with the publication: who joins later is none of them.
    let late = factory::member(&mut cast.db, "banks", "あとから架空銀行").await;
    let window = factory::window(&mut cast.db, late, Some("banks"), "soc@late.example").await;
    factory::person(&cast.app, "late", Role::MemberPoc, late, Some("banks"), Some(window)).await;
    assert_eq!(cast.app.signed_in("late").await.get(&strict).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_open_keeps_the_draft_back_and_what_is_removed_is_destroyed() {
    let mut cast = cast().await;
    let id = factory::draft_advisory(&cast.app, amber()).await;
    let mut author = cast.app.signed_in("case-author").await;
    for name in ["a.pdf", "b.pdf"] {
        assert_eq!(add(&mut author, id, (name, PDF), ("AMBER", "organisation")).await.status, 303);
    }
    let parts = cast.parts(id).await;
    for (state, said) in [("refused", "有害なプログラム"), ("unreadable", "保護を外したファイル")] {
        cast.run(&format!("update stored_files set state = '{state}', settled_at = now()")).await;
        let refused = submit(&mut author, id).await;
        assert_eq!(refused.status, 422);
        assert!(refused.texts(".error-summary").concat().contains(said), "{:?}", refused.texts(".error-summary"));
        assert_eq!(author.get(&format!("/advisories/{id}/parts/{}", parts["a.pdf"])).await.status, 404);
    }
    // Nor does the database let it through, whoever publishes.
    let forced = "update advisories set state = 'published', submitted_by = created_by, submitted_at = now(), published_at = now(),
                  approved_by = (select account_id from accounts where sign_in_name = 'case-approver'), approved_hash = 'x'";
    let refused = sqlx::query(forced).execute(&mut cast.db).await.unwrap_err().to_string();
    assert!(refused.contains("nobody has looked through"), "{refused}");

    let removal = |name: &str| format!("/advisories/{id}/parts/{}/removal", parts[name]);
    assert_eq!(cast.app.signed_in("analyst").await.post(&removal("a.pdf"), &[]).await.status, 404, "not theirs");
    let edits = format!("select edits::bigint from advisories where advisory_id = '{id}'");
    assert_eq!(author.post(&removal("a.pdf"), &[]).await.status, 303);
    assert_eq!(cast.number(&edits).await, 3);
    let left = "select (select count(*) from stored_file_keys) + (select count(*) from stored_file_parts)";
    assert_eq!(cast.number(left).await, 2, "the key and the content of the other one");
    cast.run("update stored_files set state = 'released' where state = 'unreadable'").await;
    assert_eq!(submit(&mut author, id).await.status, 303);
    for status in [
        author.post(&removal("b.pdf"), &[]).await.status,
        add(&mut author, id, ("c.pdf", PDF), ("AMBER", "organisation")).await.status,
    ] {
        assert_eq!(status, 409, "what is submitted stays as it is");
    }
    author.post(&format!("/advisories/{id}/return"), &[]).await;
    // A draft that is thrown away takes its files along.
    assert_eq!(author.post(&format!("/advisories/{id}/discard"), &[]).await.status, 303);
    assert_eq!(cast.number(left).await, 0);
    assert_eq!(cast.texts("select distinct name from stored_files").await, ["purged"]);
    let actions =
        "select action from audit_events where action like 'advisory.part%' and outcome = 'done' order by sequence";
    assert_eq!(cast.texts(actions).await, ["advisory.part_added", "advisory.part_added", "advisory.part_removed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approver_who_looked_before_a_file_was_swapped_looks_again() {
    let mut cast = cast().await;
    let id = submitted(&mut cast, amber()).await;
    let mut approver = cast.app.signed_in("case-approver").await;
    let seen = approval(&mut approver, id).await;
    let mut author = cast.app.signed_in("case-author").await;
    author.post(&format!("/advisories/{id}/return"), &[]).await;
    let part = cast.parts(id).await["手順書.pdf"].clone();
    author.post(&format!("/advisories/{id}/parts/{part}/removal"), &[]).await;
    add(&mut author, id, ("手順書.pdf", SECRET), ("AMBER", "organisation")).await;
    cast.scan().await;
    assert_eq!(submit(&mut author, id).await.status, 303);
    let refused = approve(&mut approver, id, &seen).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("内容が変わりました"), "{:?}", refused.texts(".notice"));
    // Name and level are the same; what tells one content from another is not.
    let page = approver.get(&format!("/advisories/{id}/publication")).await;
    let differs = page.texts("#differences").concat();
    assert!(differs.contains("添付ファイル・限定部分") && differs.contains("手順書.pdf"), "{differs}");
    let seen = approval(&mut approver, id).await;
    assert_eq!(approve(&mut approver, id, &seen).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_approved_for_a_time_keeps_its_parts_and_opens_them_when_it_leaves() {
    let mut cast = cast().await;
    let id = submitted(&mut cast, amber()).await;
    let mut approver = cast.app.signed_in("case-approver").await;
    let page = approver.get(&format!("/advisories/{id}/publication?release=10")).await;
    assert_eq!(approver.press(&page, "form[action$='/publication'][method=post]", &[]).await.status, 303);
    // While it waits nobody adds or removes anything, not even by SQL, and nobody has it.
    let parts = cast.parts(id).await;
    let mut author = cast.app.signed_in("case-author").await;
    let (open, strict) = (parts["手順書.pdf"].clone(), parts["侵害された組織.pdf"].clone());
    let removed = author.post(&format!("/advisories/{id}/parts/{open}/removal"), &[]).await;
    let added = write(&mut author, id, "AMBER_STRICT", "handlers").await;
    assert!([404, 409].contains(&removed.status) && [404, 409].contains(&added.status));
    for forged in [
        format!("delete from advisory_parts where advisory_id = '{id}'"),
        format!(
            "insert into advisory_parts (advisory_id, heading, body, level, handler_scope) values ('{id}', 'x', 'x', 'AMBER', 'handlers')"
        ),
        format!("update advisory_texts set title = 'x' where advisory_id = '{id}'"),
        format!("insert into advisory_addressees (advisory_id, ceptoar_id) values ('{id}', 'gas')"),
        format!("delete from advisory_addressees where advisory_id = '{id}'"),
    ] {
        let account = cast.account("case-author").await;
        let mut tx = cast.app.state.db.begin(Some(account), cast.app.state.clock.now()).await.expect("a transaction");
        let done = sqlx::query(AssertSqlSafe(forged.clone())).execute(&mut *tx).await;
        assert!(done.map_or(true, |done| done.rows_affected() == 0), "{forged}");
    }
    assert_eq!(cast.app.signed_in("handler").await.get(&format!("/advisories/{id}/parts/{open}")).await.status, 404);
    cast.app.state.clock.advance(TimeDelta::minutes(10));
    let worker = PgPool::connect_with(cast.app.database.connections.worker.clone()).await.expect("a pool");
    assert_eq!(due::release(&worker, cast.app.state.clock.now()).await.expect("a look"), 1);
    for (name, status) in [("handler", 200), ("reader", 404), ("gas", 404)] {
        let mut who = cast.app.signed_in(name).await;
        assert_eq!(who.get(&format!("/advisories/{id}/parts/{strict}")).await.status, status, "{name}");
    }
    assert_eq!(cast.app.signed_in("reader").await.get(&format!("/advisories/{id}/parts/{open}")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_never_wider_than_its_item_and_keeps_its_own_level() {
    let mut cast = cast().await;
    let id = factory::draft_advisory(&cast.app, amber()).await;
    cast.run("update advisory_texts set links = array['https://www.vendor.example/advisory']").await;
    let mut author = cast.app.signed_in("case-author").await;
    for (level, scope) in [("GREEN", "organisation"), ("RED", "named"), ("AMBER", "named"), ("", ""), ("x", "handlers")]
    {
        let refused = add(&mut author, id, ("a.pdf", PDF), (level, scope)).await;
        assert_eq!(refused.status, 422, "{level} {scope}");
        assert!(refused.texts(".field__error").concat().contains("狭い"), "{:?}", refused.texts(".field__error"));
    }
    let wide = write(&mut author, id, "AMBER", "organisation").await;
    assert!(wide.status == 422 && wide.body.contains("本文と同じ範囲です"), "{}", wide.status);
    assert_eq!(cast.number("select count(*) from stored_files").await, 0);
    assert_eq!(add(&mut author, id, ("a.pdf", PDF), ("AMBER", "organisation")).await.status, 303);
    cast.scan().await;
    let mut shown = async |level: &str, scope: &str| {
        cast.run(&format!("update advisories set level = '{level}', handler_scope = '{scope}'")).await;
        author.get(&format!("/advisories/{id}/parts")).await.texts(".item .tlp").concat()
    };
    assert_eq!(shown("AMBER_STRICT", "handlers").await, "TLP:AMBER+STRICT", "it goes along");
    assert_eq!(shown("GREEN", "organisation").await, "TLP:AMBER", "it keeps its own");
    assert_eq!(shown("RED", "named").await, "TLP:RED");
    assert_eq!(shown("CLEAR", "organisation").await, "TLP:AMBER");
    // What was chosen for a RED item is for named persons, whom another item does not have.
    cast.run("update advisory_parts set level = 'RED', handler_scope = 'named'").await;
    let refused = submit(&mut author, id).await;
    assert!(
        refused.status == 422 && refused.body.contains("RED でない情報提供には付けられません"),
        "{}",
        refused.status
    );
    for n in 0..9 {
        assert_eq!(add(&mut author, id, (&format!("{n}.pdf"), PDF), ("GREEN", "handlers")).await.status, 303);
    }
    let full = add(&mut author, id, ("x.pdf", PDF), ("GREEN", "handlers")).await;
    assert!(full.status == 422 && full.body.contains("10件までです"), "{}", full.status);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_speaks_of_files_only_where_it_carries_the_text_and_everybody_may_open_them() {
    let mut cast = cast().await;
    for (new, speaks) in [(NewAdvisory { level: "GREEN", ..amber() }, true), (amber(), false)] {
        let id = published(&mut cast, new).await;
        let bodies = cast.texts(&format!("select body from mails where item_id = '{id}'")).await;
        assert_eq!(bodies.len(), 2);
        for body in bodies {
            // One of two: the other is stricter.
            let spoken = body.contains("添付ファイル1件は、ポータルで開けます") || body.contains("1 attached file:");
            assert_eq!(spoken, speaks, "{body}");
            assert!(!TELLING.iter().any(|word| body.contains(word)), "{body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_names_what_its_reader_may_open() {
    let mut cast = cast().await;
    let id = published(&mut cast, amber()).await;
    let record = format!("/advisories/{id}/deliveries/record");
    let paths: Vec<String> = vec![record];
    for who in ["desk", "analyst"] {
        let mut client = cast.app.signed_in(who).await;
        let page = client.get(&format!("/advisories/{id}/deliveries")).await;
        let action = page.attributes("form[action$='record']", "action").first().cloned().unwrap_or(paths[0].clone());
        let book = client.post(&action, &[("format", "xlsx")]).await;
        assert_eq!(book.status, 200, "{who}");
        use calamine::Reader;
        let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(book.bytes)).unwrap();
        let sheet = book.worksheet_range("添付ファイルと限定部分").unwrap();
        let all: String = sheet.rows().flatten().map(ToString::to_string).collect::<Vec<_>>().join("|");
        assert!(all.contains("手順書.pdf|TLP:AMBER|") && all.contains("攻撃者の手口|TLP:AMBER+STRICT"), "{who}: {all}");
        assert!(
            all.contains("SHA-256 ") && !all.contains("内部の名称"),
            "names and hashes, and nothing of what they say: {all}"
        );
        let paper = client.post(&action, &[("format", "pdf")]).await;
        let paper = lopdf::Document::load_mem(&paper.bytes).unwrap();
        assert_eq!(paper.get_pages().len(), 1, "{who}");
        let words: String = paper.extract_text(&[1]).unwrap().split_whitespace().collect();
        assert!(words.contains("TLP:AMBER+STRICT"), "{who}: handled as the strictest that it names: {words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_decides_has_the_parts_before_its_members() {
    let mut cast = cast().await;
    cast.run(
        "insert into relay_rules (ceptoar_id, office_hours, off_hours, urgent_at_once, minutes, valid)
         values ('banks', 'decided', 'decided', false, 40, '[2026-11-01,)')",
    )
    .await;
    let id = published(&mut cast, amber()).await;
    let strict = format!("/advisories/{id}/parts/{}", cast.parts(id).await["侵害された組織.pdf"]);
    let (mut handler, mut desk) = (cast.app.signed_in("handler").await, cast.app.signed_in("desk").await);
    let account = cast.account("handler").await;
    let readers = "select (select count(*) from advisory_part_readers) + (select count(*) from advisory_parts)
                   + (select count(*) from stored_files)";
    assert_eq!((handler.get(&strict).await.status, desk.get(&strict).await.status), (404, 200));
    let now = cast.app.state.clock.now();
    let mut tx = cast.app.state.db.begin(Some(account), now).await.unwrap();
    let seen: i64 = sqlx::query_scalar(readers).fetch_one(&mut *tx).await.unwrap();
    assert_eq!(seen, 0, "row security as well");
    drop(tx);
    let page = desk.get(&format!("/advisories/{id}/relays/banks")).await;
    assert_eq!(page.status, 200);
    let asked = desk.press(&page, "main form", &[("decision", "forward"), ("reason", ""), ("supplement", "")]).await;
    let done = desk.press(&asked, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".field__error, h1"));
    assert_eq!(handler.get(&strict).await.bytes, SECRET);
    assert_eq!(cast.app.signed_in("no-handler").await.get(&strict).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_version_takes_over_what_its_author_chooses() {
    let mut cast = cast().await;
    let one = published(&mut cast, amber()).await;
    let mut author = cast.app.signed_in("case-author").await;
    let form = [("next_step", "correction"), ("reason", "誤りがあったため")];
    let begun = author.post(&format!("/advisories/{one}/next"), &form).await;
    assert_eq!(begun.status, 303, "{:?}", begun.texts(".error-summary"));
    let two: Uuid =
        begun.location().trim_start_matches("/advisories/").trim_end_matches("/draft").parse().expect("an id");
    assert!(cast.parts(two).await.is_empty(), "nothing is taken over by itself");
    let files = author.get(&format!("/advisories/{two}/parts")).await;
    assert!(files.body.contains("前の版にあったもの"), "{}", files.body);
    let offered = files.values("button[name=part]");
    assert_eq!(offered.len(), 2);
    let old = cast.parts(one).await;
    assert!(offered.contains(&old["侵害された組織.pdf"]));
    for name in ["侵害された組織.pdf", "攻撃者の手口"] {
        let carried = author.post(&format!("/advisories/{two}/parts/carried"), &[("part", &old[name])]).await;
        assert_eq!(carried.status, 303, "{name}");
        // A second press takes nothing twice.
        author.post(&format!("/advisories/{two}/parts/carried"), &[("part", &old[name])]).await;
    }
    assert_eq!(cast.number("select count(*) from stored_files").await, 2, "the file, not its bytes");
    assert_eq!(cast.parts(two).await.len(), 2);
    // Taken out again it stays with the version before.
    let part = cast.parts(two).await["侵害された組織.pdf"].clone();
    author.post(&format!("/advisories/{two}/parts/{part}/removal"), &[]).await;
    assert_eq!(cast.number("select count(*) from stored_file_keys").await, 2);
    author.post(&format!("/advisories/{two}/parts/carried"), &[("part", &old["侵害された組織.pdf"])]).await;
    cast.run("update advisory_texts set links = '{}'").await;
    assert_eq!(submit(&mut author, two).await.status, 303);
    let mut approver = cast.app.signed_in("case-approver").await;
    let form = approval(&mut approver, two).await;
    assert_eq!(approve(&mut approver, two, &form).await.status, 303);
    cast.app.state.clock.advance(TimeDelta::minutes(1));
    let new = cast.parts(two).await["侵害された組織.pdf"].clone();
    for (who, status) in [("handler", 200), ("no-handler", 404), ("gas", 404)] {
        let mut client = cast.app.signed_in(who).await;
        assert_eq!(client.get(&format!("/advisories/{two}/parts/{new}")).await.status, status, "{who}");
        let before = format!("/advisories/{one}/parts/{}", old["侵害された組織.pdf"]);
        assert_eq!(client.get(&before).await.status, status, "{who}: the old version keeps its files");
        // By the address of the other version it is none.
        assert_eq!(client.get(&format!("/advisories/{one}/parts/{new}")).await.status, 404, "{who}");
    }
    // A withdrawal has none.
    let form = [("next_step", "withdrawal"), ("reason", "誤報のため")];
    let begun = author.post(&format!("/advisories/{two}/next"), &form).await;
    let three = begun.location().trim_end_matches("/draft").to_owned();
    assert!(!author.get(&format!("{three}/draft")).await.body.contains("/parts"));
    let page = author.get(&format!("{three}/parts")).await;
    assert!(page.body.contains("取消の版には、付けられません") && page.values("button[name=part]").is_empty());
    let id: Uuid = three.trim_start_matches("/advisories/").parse().expect("an id");
    assert_eq!(add(&mut author, id, ("a.pdf", PDF), ("AMBER", "organisation")).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_red_item_has_red_parts_for_its_named_persons() {
    let mut cast = cast().await;
    let named: Uuid = cast
        .texts("select f.contact_id::text from affiliations f join accounts a using (account_id) where a.sign_in_name = 'handler'")
        .await[0]
        .parse()
        .unwrap();
    let named = [named];
    let new = NewAdvisory { level: "RED", scope: "named", ceptoars: &[], named: &named, ..NewAdvisory::default() };
    let id = factory::draft_advisory(&cast.app, new).await;
    let mut author = cast.app.signed_in("case-author").await;
    assert_eq!(author.get(&format!("/advisories/{id}/parts")).await.values("input[name=part_level]"), ["RED"]);
    assert_eq!(add(&mut author, id, ("侵害された組織.pdf", SECRET), ("RED", "named")).await.status, 303);
    cast.scan().await;
    factory::publish(&cast.app, id, false).await;
    let file = format!("/advisories/{id}/parts/{}", cast.parts(id).await["侵害された組織.pdf"]);
    for (who, status) in [
        ("handler", 200),
        ("case-author", 200),
        ("case-approver", 200),
        ("no-handler", 404),
        ("reader", 404),
        ("hub", 404),
        ("desk", 404),
        ("liaison", 404),
        ("analyst", 404),
        ("approver", 404),
    ] {
        let mut client = cast.app.signed_in(who).await;
        assert_eq!(client.get(&file).await.status, status, "{who}");
        assert_eq!(tells(&client.get(&format!("/advisories/{id}")).await), status == 200, "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_security_alone_hands_out_no_stricter_part_and_lets_nobody_forge_one() {
    let mut cast = cast().await;
    let id = published(&mut cast, amber()).await;
    let draft = factory::draft_advisory(&cast.app, amber()).await;
    let mut analyst = cast.app.signed_in("analyst").await;
    let form = [
        ("kind", "alert"),
        ("title", "x"),
        ("purpose", "prevention"),
        ("level", "AMBER"),
        ("handler_scope", "handlers"),
    ];
    let own = analyst.post("/advisories", &form).await;
    let own: Uuid = own
        .location()
        .trim_start_matches("/advisories/")
        .split('/')
        .next()
        .unwrap()
        .split('?')
        .next()
        .unwrap()
        .parse()
        .expect("an id");
    let file: Uuid = cast.texts("select file_id::text from stored_files where name = '侵害された組織.pdf'").await[0]
        .parse()
        .unwrap();
    let now = cast.app.state.clock.now();
    for (who, parts, files) in [
        ("handler", 3, 2),
        ("no-handler", 1, 1),
        ("reader", 1, 1),
        ("hub", 3, 2),
        ("gas", 0, 0),
        ("desk", 3, 2),
        ("gas-desk", 0, 0),
        ("liaison", 3, 2),
        ("analyst", 3, 2),
        ("case-author", 3, 2),
        ("auditor", 0, 0),
        ("observer", 0, 0),
    ] {
        let account = cast.account(who).await;
        let mut tx = cast.app.state.db.begin(Some(account), now).await.unwrap();
        let seen: (i64, i64, i64, i64) = sqlx::query_as(
            "select (select count(*) from advisory_parts), (select count(*) from stored_files),
                    (select count(*) from stored_file_keys), (select count(*) from stored_file_parts)",
        )
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        assert_eq!(seen, (parts, files, files, files), "{who}");
        let readers: i64 =
            sqlx::query_scalar("select count(*) from advisory_part_readers").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(readers > 0, parts == 3, "{who}: who learns of readers learns of a stricter part");
        drop(tx);
        let insert =
            "insert into advisory_parts (part_id, advisory_id, file_id, heading, body, level, handler_scope, added_at)";
        for forged in [
            // After the publication, to somebody else's draft, and another's file to one's own.
            format!("{insert} values (gen_random_uuid(), '{id}', null, 'x', 'x', 'AMBER', 'handlers', viewer_now())"),
            format!(
                "{insert} values (gen_random_uuid(), '{own}', '{file}', 'x', null, 'AMBER', 'handlers', viewer_now())"
            ),
            format!("update advisory_parts set level = 'CLEAR' where advisory_id = '{id}'"),
            "insert into advisory_part_readers select advisory_id, level, handler_scope, organisation_id, 'gas', stage, door from advisory_part_readers".to_owned(),
            "delete from advisory_part_readers".to_owned(),
            format!("select destroy_stored_files(array['{file}']::uuid[], now())"),
            format!("select * from part_windows('{id}', 'AMBER', 'handlers', now())"),
        ] {
            let mut tx = cast.app.state.db.begin(Some(account), now).await.unwrap();
            let done = sqlx::query(AssertSqlSafe(forged.clone())).execute(&mut *tx).await;
            assert!(done.is_err(), "{who}: {forged}");
        }
        if who != "case-author" {
            let forged = format!(
                "{insert} values (gen_random_uuid(), '{draft}', null, 'x', 'x', 'AMBER', 'handlers', viewer_now())"
            );
            let mut tx = cast.app.state.db.begin(Some(account), now).await.unwrap();
            assert!(sqlx::query(AssertSqlSafe(forged)).execute(&mut *tx).await.is_err(), "{who}");
        }
        let mut tx = cast.app.state.db.begin(Some(account), now).await.unwrap();
        let gone = sqlx::query("delete from advisory_parts where advisory_id = $1").bind(id).execute(&mut *tx).await;
        assert_eq!(gone.map_or(0, |done| done.rows_affected()), 0, "{who}: frozen");
        let mut tx = cast.app.state.db.begin(Some(account), now).await.unwrap();
        let purged: bool =
            sqlx::query_scalar("select purge_stored_file($1, now())").bind(file).fetch_one(&mut *tx).await.unwrap();
        assert!(!purged, "{who}: what belongs to an item is nobody's own");
        let mut tx = cast.app.state.db.begin(Some(account), now).await.unwrap();
        let preview: i64 = sqlx::query_scalar("select count(*) from parts_preview($1, now())")
            .bind(id)
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(preview, 0, "{who}");
    }
}
