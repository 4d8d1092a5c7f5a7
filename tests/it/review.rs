//! Comments at the line before approval: made, answered, dealt with; what changed since the last look; and nobody outside
//! the centre ever sees any of it.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::ids::AccountId;
use chrono::TimeDelta;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, Reply, TestApp};

const FIRST: [(&str, &str); 9] = [
    ("kind", "early_warning"),
    ("title", "VPN装置の脆弱性について"),
    ("summary", "脆弱性が見つかりました。\n更新は12月1日までに行ってください。\n詳しくは開発元の案内をご覧ください。"),
    ("countermeasure", "更新してください。"),
    ("products", "架空VPN 1.0\n架空VPN 2.0"),
    ("purpose", "containment"),
    ("level", "AMBER"),
    ("handler_scope", "handlers"),
    ("ceptoar", "banks"),
];

struct Cast {
    app: TestApp,
    db: sqlx::PgConnection,
}

impl Cast {
    async fn texts(&mut self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_all(&mut self.db).await.expect(query)
    }

    async fn account(&mut self, name: &str) -> AccountId {
        let id = self.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        AccountId(id[0].parse().expect("an account"))
    }

    /// What the database answers the application in somebody's name: rows touched, or the code of the refusal.
    async fn forge(&mut self, name: &str, statement: &str) -> Result<u64, String> {
        let account = self.account(name).await;
        let mut tx = self.app.state.db.begin(Some(account), self.app.state.clock.now()).await.expect("a transaction");
        let done = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut *tx).await;
        let refused = |error: sqlx::Error| {
            error.as_database_error().and_then(|e| e.code()).map_or_else(|| error.to_string(), |code| code.into_owned())
        };
        done.map(|done| done.rows_affected()).map_err(refused)
    }
}

async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank = factory::member(&mut db, "banks", "あかね架空銀行").await;
    let window = factory::window(&mut db, bank, Some("banks"), "soc@bank1.example").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, bank, Some("banks"), Some(window)),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("coordinator", Role::Coordinator, desk, Some("banks"), None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("auditor", Role::Auditor, nisc, None, None),
        ("operator", Role::SystemAdmin, nisc, None, None),
        ("analyst2", Role::NiscAnalyst, nisc, None, None),
        ("approver2", Role::NiscApprover, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    factory::case_team(&app).await;
    Cast { app, db }
}

fn typed<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = FIRST.to_vec();
    form.retain(|(name, _)| !changed.iter().any(|(other, _)| name == other));
    form.extend(changed.iter().filter(|(_, value)| !value.is_empty()));
    form
}

/// A new item that waits for approval: its address.
async fn waiting(author: &mut Client) -> String {
    let saved = author.post("/advisories", &typed(&[("next", "preview")])).await;
    assert_eq!(saved.status, 303, "{:?}", saved.texts(".field__error"));
    let item = saved.location().trim_end_matches("/submission").to_owned();
    submit(author, &item).await;
    item
}

async fn submit(author: &mut Client, item: &str) {
    let submitted = author.post(&format!("{item}/submission"), &[]).await;
    assert_eq!(submitted.status, 303, "{:?}", submitted.texts(".error-summary"));
}

/// Says something at a place, as the links of the approver's page lead to it; answers the comment's address.
async fn say(client: &mut Client, item: &str, field: &str, line: &str, body: &str) -> String {
    let line = if line.is_empty() { String::new() } else { format!("&line={line}") };
    let form = client.get(&format!("{item}/review/new?field={field}{line}")).await;
    assert_eq!(form.status, 200, "{:?}", form.texts("h1, main p"));
    let done = client.press(&form, "main form.form", &[("body", body)]).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".field__error, h1"));
    done.location().split('?').next().expect("a path").to_owned()
}

async fn publish(client: &mut Client, item: &str, ticked: &[(&str, &str)]) -> Reply {
    let page = client.get(&format!("{item}/publication")).await;
    let value = |name: &str| page.values(&format!("input[name={name}]")).concat();
    let seen = [("edits", value("edits")), ("recipients", value("recipients")), ("audience", value("audience"))];
    let mut form: Vec<(&str, &str)> = seen.iter().map(|(name, value)| (*name, value.as_str())).collect();
    form.extend_from_slice(ticked);
    client.post(&format!("{item}/publication"), &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_from_the_first_comment_to_the_publication() {
    let mut cast = cast().await;
    let mut author = cast.app.signed_in("case-author").await;
    let mut approver = cast.app.signed_in("case-approver").await;
    let item = waiting(&mut author).await;

    // The approver sees numbered lines, each leading to a form.
    let page = approver.get(&format!("{item}/publication")).await;
    assert_eq!(page.texts("[data-field=summary] .lines__text").len(), 3);
    assert!(page.hrefs("[data-field=summary] a.lines__number")[1].ends_with("/review/new?field=summary&line=2"));
    assert_eq!(page.texts("[data-field=title] dd p"), ["VPN装置の脆弱性について"]);
    assert!(page.texts("[data-field=level]").concat().contains("TLP:AMBER"));
    assert!(page.texts("#differences, [data-comment], #open_comments").is_empty());

    let dated = say(&mut approver, &item, "summary", "2", "12月10日ではありませんか。").await;
    let titled = say(&mut approver, &item, "title", "", "製品名を入れてください。").await;
    let whole = say(&mut approver, &item, "countermeasure", "", "回避策も書けますか。").await;
    let page = approver.get(&format!("{item}/publication")).await;
    assert_eq!(page.texts("[data-line='2'] [data-comment]").len(), 1);
    assert!(page.texts("[data-field=countermeasure] [data-comment]").concat().contains("回避策も書けますか。"));
    assert!(page.texts("#content .section__head").concat().contains("コメントの一覧(3件、未対応3件)"));
    assert!(page.texts("form[action$='/return']").concat().contains("未対応のコメント3件と一緒に差し戻します。"));
    // The author sees them while the item waits, and answers.
    let waiting = author.get(&format!("{item}/submission")).await;
    assert!(waiting.texts("main").concat().contains("コメントの一覧(3件、未対応3件)"));
    let answered = author.post(&whole, &[("step", "answer"), ("answer", "調査中のため、書けません。")]).await;
    assert_eq!(answered.status, 303);

    // Back it goes.
    cast.app.state.clock.advance(TimeDelta::minutes(10));
    let back = approver.post(&format!("{item}/return"), &[("remark", "日付を確かめてください。")]).await;
    assert_eq!(back.status, 303);
    let home = author.get("/").await;
    let task = home.texts("[data-task]").concat();
    assert!(task.contains("が差し戻されました(未対応のコメント3件)"), "{task}");
    assert!(!cast.app.signed_in("analyst2").await.get("/").await.body.contains("差し戻されました"));
    let draft = author.get(&format!("{item}/draft")).await;
    assert!(draft.texts("#came-back").concat().contains("日付を確かめてください。"), "{:?}", draft.texts("#came-back"));
    assert_eq!(draft.texts(".remarks").len(), 3);
    assert!(draft.texts(".remarks").concat().contains("概要 2行目"));

    // The author corrects two and sets one as dealt with.
    let summary =
        "脆弱性が見つかりました。\n更新は12月10日までに行ってください。\n詳しくは開発元の案内をご覧ください。";
    let changed = [("summary", summary), ("title", "架空VPNの脆弱性について"), ("products", "架空VPN 2.0")];
    assert_eq!(author.post(&format!("{item}/draft"), &typed(&changed)).await.status, 303);
    assert_eq!(author.post(&titled, &[("step", "done")]).await.status, 303);
    assert_eq!(author.post(&titled, &[("step", "done")]).await.status, 422, "it is done");
    let thread = author.get(&dated).await;
    assert!(thread.texts("main").concat().contains("この行はその後変わりました"));
    assert!(thread.texts("main q").concat().contains("12月1日"));
    submit(&mut author, &item).await;
    assert!(!author.get("/").await.body.contains("差し戻されました"));

    // The approver sees what is different, as often as they look; somebody who never looked sees no difference.
    for _ in 0..2 {
        let page = approver.get(&format!("{item}/publication")).await;
        assert_eq!(page.texts("[data-difference] dt"), ["題名", "概要", "対象製品"]);
        assert_eq!(page.texts("[data-difference] ins")[1], "10", "{:?}", page.texts("[data-difference] ins"));
        assert!(page.texts("[data-difference] del").contains(&"架空VPN 1.0".to_owned()));
        assert!(page.texts("#differences").concat().contains("前に見たときからの変更"));
        // The comment at the line that is gone stands at its field.
        assert!(
            page.texts("[data-field=summary] > dd > [data-comment]").concat().contains("この行はその後変わりました")
        );
    }
    let mut second = cast.app.signed_in("approver2").await;
    let other = second.get(&format!("{item}/publication")).await;
    assert_eq!(other.status, 200);
    assert!(other.texts("#differences").is_empty());

    // Publishing with open comments asks once more.
    let refused = publish(&mut approver, &item, &[]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.texts(".notice--error, .field__error").concat().contains("未対応のコメントがあります"));
    assert_eq!(refused.values("input[name=open_comments]"), ["2"]);
    assert_eq!(publish(&mut approver, &item, &[("open_comments", "1")]).await.status, 422, "another number");
    let done = publish(&mut approver, &item, &[("open_comments", "2")]).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".notice"));

    // It stays at the centre: on a page that the item leads to, and nowhere else.
    for name in ["analyst2", "approver2", "case-author"] {
        let mut reader = cast.app.signed_in(name).await;
        let page = reader.get(&item).await;
        assert!(page.hrefs("main a").contains(&format!("{item}/review")), "{name}");
        let list = reader.get(&format!("{item}/review")).await;
        assert_eq!((list.status, list.texts("[data-comment]").len()), (200, 3), "{name}");
        assert!(list.body.contains("日付を確かめてください。"));
        assert_eq!(reader.get(&dated).await.status, 200);
        assert!(reader.get(&dated).await.texts("main form").is_empty());
        assert_eq!(reader.post(&dated, &[("step", "answer"), ("answer", "x")]).await.status, 404);
        let late =
            reader.post(&format!("{item}/review/new"), &[("field", "title"), ("body", "x"), ("seen", "1")]).await;
        assert_eq!(late.status, 409);
    }
    for name in ["handler", "desk", "liaison"] {
        let mut reader = cast.app.signed_in(name).await;
        for path in [item.clone(), format!("{item}.json")] {
            let page = reader.get(&path).await;
            assert_eq!(page.status, 200, "{name}");
            for words in ["12月10日ではありませんか", "回避策も書けますか", "review", "日付を確かめて"]
            {
                assert!(!page.body.contains(words), "{name} {path} {words}");
            }
        }
    }
    let mails = cast.texts("select body from mails").await.concat();
    assert!(!mails.contains("12月10日ではありませんか") && !mails.contains("日付を確かめて"));
    let trail = cast.texts("select distinct action from audit_events where action like 'review.%' order by 1").await;
    assert_eq!(trail, ["review.answer", "review.comment", "review.done", "review.read"]);
    let words = cast.texts("select detail::text from audit_events where action like 'review.%'").await.concat();
    assert!(!words.contains("ありませんか"), "the trail has no texts");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_stays_and_places_are_those_of_the_item() {
    let cast = cast().await;
    let mut author = cast.app.signed_in("case-author").await;
    let mut approver = cast.app.signed_in("case-approver").await;
    // Nobody comments on what was never submitted.
    let saved = author.post("/advisories", &typed(&[("next", "preview")])).await;
    let item = saved.location().trim_end_matches("/submission").to_owned();
    let new = format!("{item}/review/new");
    for client in [&mut author, &mut approver] {
        assert_eq!(client.get(&format!("{new}?field=title")).await.status, 409);
        assert_eq!(client.post(&new, &[("field", "title"), ("body", "x"), ("seen", "0")]).await.status, 409);
    }
    submit(&mut author, &item).await;
    for place in [
        "",
        "field=reason",
        "field=summary&line=4",
        "field=summary&line=0",
        "field=impact&line=1",
        "field=title&line=2",
    ] {
        assert_eq!(approver.get(&format!("{new}?{place}")).await.status, 404, "{place}");
    }
    // An empty field can be asked for as well.
    say(&mut approver, &item, "impact", "", "影響はありませんか。").await;
    say(&mut approver, &item, "addressees", "1", "証券もでは。").await;
    say(&mut approver, &item, "answer_due", "", "期限が要りませんか。").await;

    for (body, message) in
        [("", "コメントを入力してください"), ("あいう\u{202E}", "特殊な文字"), (&*"あ".repeat(1001), "1000文字以内")]
    {
        let seen = approver.get(&format!("{new}?field=summary&line=2")).await.values("input[name=seen]").concat();
        let form = [("field", "summary"), ("line", "2"), ("seen", seen.as_str()), ("body", body)];
        let refused = approver.post(&new, &form).await;
        assert_eq!(refused.status, 422);
        assert!(refused.texts(".field__error").concat().contains(message), "{:?}", refused.texts(".field__error"));
        assert_eq!(refused.texts("textarea").concat(), body.trim());
        assert_eq!(refused.values("input[name=line]"), ["2"]);
    }

    // The item changed while somebody wrote: the words stay, with the line as it is now.
    let form = approver.get(&format!("{new}?field=summary&line=3")).await;
    assert_eq!(author.post(&format!("{item}/return"), &[]).await.status, 303);
    assert_eq!(author.post(&format!("{item}/draft"), &typed(&[("summary", "一行だけ")])).await.status, 303);
    let refused = approver.press(&form, "main form.form", &[("body", "言い方が硬いです。")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.texts(".field__error").concat().contains("内容が変わりました"));
    assert_eq!(refused.texts("textarea"), ["言い方が硬いです。"]);
    let done = approver.press(&refused, "main form.form", &[("body", "言い方が硬いです。")]).await;
    assert_eq!(done.status, 303, "also while it is a draft again: {:?}", done.texts(".field__error"));
    // What the author took back did not come back.
    assert!(!author.get("/").await.body.contains("差し戻されました"));

    submit(&mut author, &item).await;
    let long = "あ".repeat(1001);
    let refused = approver.post(&format!("{item}/return"), &[("remark", &long)]).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.texts("textarea"), [long.as_str()]);
    assert!(refused.texts(".field__error").concat().contains("1000文字以内"));
    let remark = [("remark", "一度お戻しします。")];
    assert_eq!(approver.press(&refused, "main form.form", &remark).await.status, 303);
    assert!(author.get("/").await.body.contains("差し戻されました"));

    // Answers as well.
    let comment = say(&mut approver, &item, "summary", "1", "短すぎます。").await;
    for form in [
        [("step", "answer"), ("answer", " ")],
        [("step", "nothing"), ("answer", "書きかけ")],
        [("step", "reopened"), ("answer", "書きかけ")],
    ] {
        let refused = author.post(&comment, &form).await;
        assert_eq!(refused.status, 422, "{form:?}");
        assert_eq!(refused.texts("textarea").concat(), form[1].1.trim());
    }
    assert_eq!(author.post(&comment, &[("step", "done"), ("answer", "足しました。")]).await.status, 303);
    assert_eq!(approver.post(&comment, &[("step", "reopened"), ("answer", "まだです。")]).await.status, 303);
    let thread = approver.get(&comment).await;
    assert_eq!(thread.texts(".timeline li").len(), 3);
    assert!(thread.texts(".badge").contains(&"未対応".to_owned()));
    // A discarded draft takes its comments along.
    assert_eq!(author.post(&format!("{item}/discard"), &[]).await.status, 303);
    assert_eq!(approver.get(&comment).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_sees_that_there_is_a_review() {
    let cast = cast().await;
    let mut author = cast.app.signed_in("case-author").await;
    let mut approver = cast.app.signed_in("case-approver").await;
    let item = waiting(&mut author).await;
    let comment = say(&mut approver, &item, "summary", "1", "確かめてください。").await;
    let new = format!("{item}/review/new?field=summary&line=1");
    let review = format!("{item}/review");
    let nowhere = format!("/advisories/comments/{}", Uuid::new_v4());
    for name in ["analyst2", "handler", "desk", "coordinator", "liaison", "auditor", "operator"] {
        let mut client = cast.app.signed_in(name).await;
        let absent = client.get(&nowhere).await;
        for path in [&comment, &new, &review] {
            let reply = client.get(path).await;
            assert_eq!(reply.status, 404, "{name} {path}");
        }
        assert_eq!(client.get(&comment).await.without_request_id().len(), absent.without_request_id().len(), "{name}");
        let body = [("field", "summary"), ("line", "1"), ("seen", "0"), ("body", "x")];
        assert_eq!(client.post(&format!("{item}/review/new"), &body).await.status, 404, "{name}");
        assert_eq!(client.post(&comment, &[("step", "answer"), ("answer", "x")]).await.status, 404, "{name}");
        assert_eq!(client.post(&format!("{item}/return"), &[("remark", "x")]).await.status, 404, "{name}");
    }
    let mut second = cast.app.signed_in("approver2").await;
    assert_eq!(second.post(&comment, &[("step", "answer"), ("answer", "同感です。")]).await.status, 303);
    let english = second.in_english().get(&comment).await;
    assert!(english.body.contains("Summary, line 1"), "{:?}", english.texts("main"));
    // A RED item after its publication: those who may read it.
    let window = factory::window(
        &mut cast.app.database.owner().await,
        factory::member(&mut cast.app.database.owner().await, "banks", "いちご架空銀行").await,
        Some("banks"),
        "red@bank.example",
    )
    .await;
    let red = NewAdvisory { level: "RED", scope: "named", named: &[window], ceptoars: &[], ..NewAdvisory::default() };
    let red = factory::draft_advisory(&cast.app, red).await;
    let red = format!("/advisories/{red}");
    submit(&mut author, &red).await;
    let comment = say(&mut approver, &red, "addressees", "1", "この方でよいですか。").await;
    assert!(approver.get(&comment).await.texts("main q").concat().contains("いちご架空銀行 窓口1"));
    let done = publish(&mut approver, &red, &[("open_comments", "1")]).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".notice"));
    for (name, status) in [("case-author", 200), ("case-approver", 200), ("analyst2", 404), ("approver2", 404)] {
        let mut client = cast.app.signed_in(name).await;
        assert_eq!(client.get(&format!("{red}/review")).await.status, status, "{name}");
        assert_eq!(client.get(&comment).await.status, status, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_version_is_compared_with_the_one_before() {
    let cast = cast().await;
    let mut author = cast.app.signed_in("case-author").await;
    let mut approver = cast.app.signed_in("case-approver").await;
    let item = waiting(&mut author).await;
    assert_eq!(publish(&mut approver, &item, &[]).await.status, 303);
    cast.app.state.clock.advance(TimeDelta::minutes(10));
    let begun = author.post(&format!("{item}/next"), &[("next_step", "follow_up"), ("reason", "更新のため")]).await;
    let next = begun.location().trim_end_matches("/draft").to_owned();
    let changed = typed(&[("countermeasure", "更新してください。\n再起動してください。")]);
    assert_eq!(author.post(&format!("{next}/draft"), &changed).await.status, 303);
    submit(&mut author, &next).await;
    let page = approver.get(&format!("{next}/publication")).await;
    assert!(page.texts("#differences h2").contains(&"前の版からの変更".to_owned()), "{:?}", page.texts("h2"));
    assert_eq!(page.texts("[data-difference] ins"), ["再起動してください。"]);
    // Sent back and submitted as it was: nothing is different from the last look.
    approver.post(&format!("{next}/return"), &[]).await;
    assert_eq!(author.post(&format!("{next}/draft"), &changed).await.status, 303);
    submit(&mut author, &next).await;
    let page = approver.get(&format!("{next}/publication")).await;
    assert!(page.texts("#differences").concat().contains("変更はありません"), "{:?}", page.texts("#differences"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_keeps_reviews_for_those_who_may_read_the_draft() {
    let mut cast = cast().await;
    let mut author = cast.app.signed_in("case-author").await;
    let mut approver = cast.app.signed_in("case-approver").await;
    let item = waiting(&mut author).await;
    let id = item.trim_start_matches("/advisories/").to_owned();
    approver.get(&format!("{item}/publication")).await;
    let comment = say(&mut approver, &item, "summary", "1", "確かめてください。").await;
    let comment = comment.trim_start_matches("/advisories/comments/").to_owned();
    author.post(&format!("/advisories/comments/{comment}"), &[("step", "answer"), ("answer", "確かめました。")]).await;
    approver.post(&format!("{item}/return"), &[("remark", "戻します。")]).await;
    submit(&mut author, &item).await;

    let tables = ["advisory_submissions", "advisory_comments", "advisory_comment_steps", "advisory_returns"];
    let say = format!(
        "insert into advisory_comments (comment_id, advisory_id, field, body) values (gen_random_uuid(), '{id}', 'title', 'x')"
    );
    let step = format!("insert into advisory_comment_steps (comment_id, step) values ('{comment}', 'done')");
    let send_back = format!("insert into advisory_returns (advisory_id, remark) values ('{id}', 'x')");
    let look = |edits: i32, account: AccountId| {
        format!(
            "insert into advisory_looks (advisory_id, account_id, edits, looked_at) values ('{id}', '{account}', {edits}, now())"
        )
    };
    for name in ["handler", "desk", "coordinator", "liaison", "auditor", "operator", "analyst2"] {
        for table in tables {
            assert_eq!(cast.forge(name, &format!("select * from {table}")).await, Ok(0), "{name} {table}");
        }
        let own = cast.account(name).await;
        for forged in [&say, &step, &send_back, &look(0, own)] {
            assert_eq!(cast.forge(name, forged).await, Err("42501".into()), "{name} {forged}");
        }
    }
    // Nobody writes what a submission said, changes or takes away what was said, or says it as somebody else.
    for name in ["case-author", "case-approver"] {
        for table in tables {
            assert!(cast.forge(name, &format!("select * from {table}")).await.is_ok_and(|n| n > 0), "{name} {table}");
            for forged in [format!("delete from {table}"), format!("update {table} set advisory_id = advisory_id")] {
                assert!(cast.forge(name, &forged).await.is_err(), "{name} {forged}");
            }
        }
        for forged in [
            format!(
                "insert into advisory_submissions (advisory_id, edits, content, submitted_at) values ('{id}', 9, '{{}}', now())"
            ),
            "update advisory_comments set body = 'y'".to_owned(),
            "update advisory_comment_steps set step = 'done'".to_owned(),
            "delete from advisory_looks".to_owned(),
            say.replace("body)", "body, made_by_name)").replace("'x')", "'x', 'z')"),
        ] {
            assert_eq!(cast.forge(name, &forged).await, Err("42501".into()), "{name} {forged}");
        }
    }
    assert_eq!(cast.forge("case-author", &send_back).await, Err("42501".into()), "an analyst sends nothing back");
    let (author_id, approver_id) = (cast.account("case-author").await, cast.account("case-approver").await);
    assert_eq!(cast.forge("case-author", &look(0, author_id)).await, Err("42501".into()));
    assert_eq!(cast.forge("case-approver", &look(0, author_id)).await, Err("42501".into()), "a look of another's");
    assert_eq!(
        cast.forge("case-approver", &look(99, approver_id)).await,
        Err("42501".into()),
        "a save that is not there"
    );
    let by = cast
        .texts("select distinct a.sign_in_name from advisory_comments c join accounts a on a.account_id = c.made_by")
        .await;
    assert_eq!(by, ["case-approver"]);

    // Published: the centre reads what was said, and nobody what the submissions were.
    assert_eq!(publish(&mut approver, &item, &[("open_comments", "1")]).await.status, 303);
    for (name, rows) in [("analyst2", 1), ("approver2", 1), ("handler", 0), ("desk", 0), ("liaison", 0)] {
        for table in &tables[1..] {
            assert_eq!(cast.forge(name, &format!("select * from {table}")).await, Ok(rows), "{name} {table}");
        }
        assert_eq!(cast.forge(name, "select * from advisory_submissions").await, Ok(0), "{name}");
        assert_eq!(cast.forge(name, &say).await, Err("42501".into()), "{name}");
        assert_eq!(cast.forge(name, &step).await, Err("42501".into()), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_can_stand_at_every_field() {
    let mut cast = cast().await;
    let mut author = cast.app.signed_in("case-author").await;
    let mut approver = cast.app.signed_in("case-approver").await;
    let item = waiting(&mut author).await;
    let page = approver.get(&format!("{item}/publication")).await;
    let fields = page.attributes("[data-field]", "data-field");
    assert!(fields.len() >= 17, "{fields:?}");
    for field in &fields {
        let said = say(&mut approver, &item, field, "", "ご確認ください。").await;
        assert_eq!(approver.get(&said).await.status, 200, "{field}");
    }
    assert_eq!(approver.get(&format!("{item}/publication")).await.status, 200);
    let id = item.trim_start_matches("/advisories/");
    let kept = format!("select field from advisory_comments where advisory_id = '{id}' order by entry");
    assert_eq!(cast.texts(&kept).await, fields);
}
