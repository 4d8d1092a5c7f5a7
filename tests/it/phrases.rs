//! Templates and house phrases: the centre keeps them, drafts begin with them, and nothing unfinished is submitted.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::ids::AccountId;
use chrono::TimeDelta;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::support::{Client, TestApp, factory};

const INDEX: &str = "/advisories/templates";
const VPN: &str = "5b0e7f52-0d5c-4b0e-9a57-6b1f0a3d1001";
const PASSWORDS: &str = "5b0e7f52-0d5c-4b0e-9a57-6b1f0a3d2001";

const TEMPLATE: [(&str, &str); 10] = [
    ("name", "フィッシング"),
    ("kind", "alert"),
    ("title", "〔名称〕をかたるメールについて"),
    ("summary", "〔名称〕をかたるメールが届いています。"),
    ("impact", ""),
    ("countermeasure", "開かないでください。"),
    ("purpose", "prevention"),
    ("level", "GREEN"),
    ("handler_scope", "organisation"),
    ("due_hours", "４８"),
];

const PHRASE: [(&str, &str); 3] =
    [("for_field", "impact"), ("name", "調査中"), ("body", "影響は調査中です。\n分かりしだいお知らせします。")];

async fn cast() -> TestApp {
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
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("auditor", Role::Auditor, nisc, None, None),
        ("operator", Role::SystemAdmin, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    factory::case_team(&app).await;
    app
}

fn with<'a>(form: &[(&'a str, &'a str)], changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = form.to_vec();
    form.retain(|(name, _)| !changed.iter().any(|(other, _)| name == other));
    form.extend_from_slice(changed);
    form
}

async fn version(client: &mut Client, path: &str) -> String {
    client.get(path).await.values("input[name=seen]")[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_begins_with_a_template_and_is_finished_before_it_goes() {
    let app = cast().await;
    let mut author = app.signed_in("case-author").await;
    let blank = author.get("/advisories/new").await;
    let cards = blank.texts("#templates .card__title");
    assert_eq!(cards, ["白紙から書く", "VPN機器等の脆弱性", "長期休暇前後の対策", "参考情報"]);
    assert!(blank.texts("[data-template]").concat().contains("ポータルの案"));
    assert_eq!(blank.values("#title"), [""]);

    let begun = author.get(&format!("/advisories/new?template={VPN}")).await;
    assert_eq!(begun.values("#title"), ["〔製品名〕の脆弱性の悪用について"]);
    assert!(begun.texts("#summary").concat().contains("〔バージョン〕"));
    assert_eq!(begun.attributes("input[name=kind][checked]", "value"), ["early_warning"]);
    assert_eq!(begun.attributes("input[name=level][checked]", "value"), ["AMBER"]);
    // 21:10, and so many hours later to the next full one.
    assert_eq!(begun.values("input[name=answer_due_hour]"), ["22"]);
    assert!(begun.texts(".notice").concat().contains("ひな形「VPN機器等の脆弱性」"));
    let saved: i64 = sqlx::query_scalar("select count(*) from advisories")
        .fetch_one(&mut app.database.owner().await)
        .await
        .expect("a number");
    assert_eq!(saved, 0, "nothing is saved until somebody saves");
    assert_eq!(author.get(&format!("/advisories/new?template={}", Uuid::new_v4())).await.status, 404);
    assert_eq!(author.get("/advisories/new?template=x").await.status, 400);

    // As it is, it can be saved and not submitted.
    let value = |id: &str| begun.texts(&format!("#{id}")).concat();
    let (summary, todo) = (value("summary"), value("countermeasure"));
    let form = [
        ("kind", "early_warning"),
        ("title", "架空VPNの脆弱性の悪用について"),
        ("summary", summary.as_str()),
        ("impact", "〔影響"),
        ("countermeasure", todo.as_str()),
        ("purpose", "containment"),
        ("level", "AMBER"),
        ("handler_scope", "handlers"),
        ("ceptoar", "banks"),
        ("next", "preview"),
    ];
    let saved = author.post("/advisories", &form).await;
    assert_eq!(saved.status, 303, "{:?}", saved.texts(".field__error"));
    let submission = saved.location().to_owned();
    let page = author.get(&submission).await;
    let missing = page.texts(".error-summary li");
    assert_eq!(missing.len(), 3, "{missing:?}");
    assert!(missing[0].contains("〔製品名〕 がまだ残っています"), "{missing:?}");
    assert!(missing[1].contains("〔影響"), "{missing:?}");
    assert_eq!(author.post(&submission, &[]).await.status, 422);
    let draft = submission.replace("/submission", "/draft");
    let finished = with(&form, &[("summary", "要約"), ("impact", "[参考]"), ("countermeasure", "更新してください。")]);
    assert_eq!(author.post(&draft, &finished).await.status, 303);
    assert_eq!(author.post(&submission, &[]).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_kept_with_what_they_said_before() {
    let app = cast().await;
    let mut author = app.signed_in("case-author").await;
    let mut approver = app.signed_in("case-approver").await;
    let made = author.post("/advisories/templates/new", &TEMPLATE).await;
    assert_eq!(made.status, 303, "{:?}", made.texts(".field__error"));
    let list = approver.get(INDEX).await;
    assert!(list.texts("main").concat().contains("フィッシング"));
    let at = list.texts(".item__title a").iter().position(|name| name == "フィッシング").expect("the template");
    let path = list.hrefs(".item__title a")[at].clone();

    // Two save at once: who comes second is told, and keeps the words.
    let seen = version(&mut approver, &path).await;
    app.state.clock.advance(TimeDelta::minutes(10));
    let first = author.post(&path, &with(&TEMPLATE, &[("seen", &seen), ("summary", "先に直した文")])).await;
    assert_eq!(first.status, 303, "{:?}", first.texts(".field__error"));
    let second = approver.post(&path, &with(&TEMPLATE, &[("seen", &seen), ("summary", "後から直した文")])).await;
    assert_eq!(second.status, 422);
    assert_eq!(second.texts("#summary"), ["後から直した文"]);
    assert!(second.texts(".field__error").concat().contains("さんが保存しました"));
    assert!(second.texts(".timeline").concat().contains("先に直した文"));
    let again = second.values("main form.form input[name=seen]").concat();
    let saved = approver.post(&path, &with(&TEMPLATE, &[("seen", &again), ("summary", "後から直した文")])).await;
    assert_eq!(saved.status, 303);
    assert_eq!(approver.get(&path).await.texts(".timeline > li").len(), 3);

    // What is wrong is said at its field, and the words stay.
    let seen = version(&mut author, &path).await;
    let long = "あ".repeat(31);
    for (field, value) in
        [("name", ""), ("title", long.as_str()), ("due_hours", "2161"), ("level", "RED"), ("summary", "x\u{202E}")]
    {
        let refused = author.post(&path, &with(&TEMPLATE, &[("seen", &seen), (field, value)])).await;
        assert_eq!(refused.status, 422, "{field}");
        assert_eq!(refused.texts("#countermeasure"), ["開かないでください。"]);
        assert_eq!(refused.texts(".error-summary li").len(), 1, "{field}");
        let new = author.post("/advisories/templates/new", &with(&TEMPLATE, &[(field, value)])).await;
        assert_eq!(new.status, 422, "{field}");
    }

    // Archived, it is offered no more, and can be brought back.
    let card = |page: crate::support::Reply| page.texts("[data-template]").concat().contains("フィッシング");
    assert!(card(author.get("/advisories/new").await));
    assert_eq!(author.post(&format!("{path}/archive"), &[("seen", "1")]).await.status, 409);
    assert_eq!(author.post(&format!("{path}/archive"), &[("seen", &seen)]).await.status, 303);
    assert!(!card(author.get("/advisories/new").await));
    let begin = path.replace("templates/", "new?template=");
    assert_eq!(author.get(&begin).await.status, 404);
    assert!(author.get(INDEX).await.texts("main").concat().contains("保管済み"));
    let seen = version(&mut author, &path).await;
    assert_eq!(author.post(&format!("{path}/archive"), &[("seen", &seen)]).await.status, 303);
    assert_eq!(author.get(&begin).await.status, 200);
    let trail: Vec<String> =
        sqlx::query_scalar("select action from audit_events where subject_kind = 'template' order by sequence")
            .fetch_all(&mut app.database.owner().await)
            .await
            .expect("the trail");
    assert_eq!(trail, ["template.save", "template.save", "template.save", "template.archive", "template.archive"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn phrases_stand_at_their_field_until_they_are_archived() {
    let app = cast().await;
    let mut author = app.signed_in("case-author").await;
    let form = author.get("/advisories/new").await;
    assert!(form.texts("[data-phrases=countermeasure] [data-phrase]").concat().contains("パスワードを、"));
    assert_eq!(
        form.attributes("[data-phrases=countermeasure] [data-insert]", "hidden").len(),
        6,
        "without script: to copy"
    );
    assert_eq!(form.texts("[data-phrases=impact] summary"), ["定型文を使う(1)"]);

    assert_eq!(author.post("/advisories/phrases/new", &PHRASE).await.status, 303);
    let form = author.get("/advisories/new").await;
    assert_eq!(form.texts("[data-phrases=impact] summary"), ["定型文を使う(2)"]);
    assert!(form.texts("[data-phrases=impact]").concat().contains("分かりしだいお知らせします。"));

    let path = format!("/advisories/phrases/{PASSWORDS}");
    let seen = version(&mut author, &path).await;
    let long = "あ".repeat(4001);
    for (field, value) in [("name", " "), ("body", ""), ("body", long.as_str()), ("for_field", "title")] {
        let refused = author.post(&path, &with(&PHRASE, &[("seen", &seen), (field, value)])).await;
        assert_eq!(refused.status, 422, "{field}");
        assert_eq!(refused.texts(".error-summary li").len(), 1, "{field}");
    }
    assert_eq!(author.post(&path, &with(&PHRASE, &[("seen", "7")])).await.status, 422);
    let renamed = with(&PHRASE, &[("seen", &seen), ("for_field", "countermeasure"), ("name", "合い言葉の変更")]);
    assert_eq!(author.post(&path, &renamed).await.status, 303);
    let page = author.get(&path).await;
    assert_eq!(page.texts(".timeline > li").len(), 2);
    assert!(page.texts(".timeline").concat().contains("ポータルの案"));
    let seen = version(&mut author, &path).await;
    assert_eq!(author.post(&format!("{path}/archive"), &[("seen", &seen)]).await.status, 303);
    let draft = author.get("/advisories/new").await;
    assert!(!draft.body.contains("合い言葉の変更"));
    // A form that comes back offers them as well.
    let refused = author.post("/advisories", &[("kind", "alert")]).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.texts("[data-phrases]").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_the_centres() {
    let app = cast().await;
    let mut db = app.database.owner().await;
    let pages = [
        INDEX.to_owned(),
        format!("{INDEX}/new"),
        format!("{INDEX}/{VPN}"),
        "/advisories/phrases/new".into(),
        format!("/advisories/phrases/{PASSWORDS}"),
    ];
    for name in ["handler", "desk", "liaison", "auditor", "operator"] {
        let mut client = app.signed_in(name).await;
        for path in &pages {
            assert_eq!(client.get(path).await.status, 404, "{name} {path}");
        }
        for (path, form) in [
            (format!("{INDEX}/new"), &TEMPLATE[..]),
            (format!("{INDEX}/{VPN}"), &TEMPLATE[..]),
            (format!("{INDEX}/{VPN}/archive"), &[("seen", "1")][..]),
            ("/advisories/phrases/new".into(), &PHRASE[..]),
            (format!("/advisories/phrases/{PASSWORDS}"), &PHRASE[..]),
            (format!("/advisories/phrases/{PASSWORDS}/archive"), &[("seen", "1")][..]),
        ] {
            assert_eq!(client.post(&path, form).await.status, 404, "{name} {path}");
        }
    }
    assert_eq!(app.visitor().get(INDEX).await.status, 303);
    let mut author = app.signed_in("case-author").await;
    assert_eq!(author.get(&format!("{INDEX}/{}", Uuid::new_v4())).await.status, 404);
    assert_eq!(author.get(&format!("/advisories/phrases/{}", Uuid::new_v4())).await.status, 404);

    // The database says the same.
    let copy = "insert into advisory_phrases (phrase_id, version, field, name, body)
                values (gen_random_uuid(), 1, 'impact', 'x', 'x')";
    let gap = format!(
        "insert into advisory_phrases (phrase_id, version, field, name, body) values ('{PASSWORDS}', 7, 'impact', 'x', 'x')"
    );
    let template = "insert into advisory_templates (template_id, version, name, kind, purpose, level, handler_scope)
                    values (gen_random_uuid(), 1, 'x', 'alert', 'prevention', 'GREEN', 'organisation')";
    for (name, rows, kept) in [
        ("handler", 0, Err("42501")),
        ("desk", 0, Err("42501")),
        ("liaison", 0, Err("42501")),
        ("auditor", 0, Err("42501")),
        ("case-author", 3, Ok(1)),
        ("case-approver", 3, Ok(1)),
    ] {
        let id: Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = $1")
            .bind(name)
            .fetch_one(&mut db)
            .await
            .expect("an account");
        let asked = async |statement: &str| {
            let now = app.state.clock.now();
            let mut tx = app.state.db.begin(Some(AccountId(id)), now).await.expect("a transaction");
            let done = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut *tx).await;
            done.map(|done| done.rows_affected())
                .map_err(|error| error.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned())
        };
        assert_eq!(asked("select template_id from advisory_templates").await, Ok(rows), "{name}");
        let kept = kept.map_err(str::to_owned);
        assert_eq!(asked(copy).await, kept, "{name}");
        assert_eq!(asked(template).await, kept, "{name}");
        assert!(asked(&gap).await.is_err(), "{name}");
        for forged in [
            "update advisory_templates set name = 'x'",
            "delete from advisory_templates",
            "update advisory_phrases set body = 'x'",
            "delete from advisory_phrases",
            "select saved_by from advisory_phrases",
        ] {
            assert_eq!(asked(forged).await, Err("42501".into()), "{name} {forged}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_shown_as_its_readers_will_see_it() {
    let app = cast().await;
    let mut author = app.signed_in("case-author").await;
    let form = author.get("/advisories/new").await;
    assert_eq!(form.attributes("[data-rendered]", "data-rendered"), ["summary", "impact", "countermeasure"]);
    assert_eq!(form.attributes("[data-rendered][hidden]", "data-rendered").len(), 3, "without script it is not there");
    let path = form.attributes("[data-rendered]", "data-rendered-at")[0].clone();
    let shown = author.post(&path, &[("text", "- 一つ目\n- 二つ目\n\n<script>alert(1)</script>")]).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.texts("li").len(), 2, "{}", shown.body);
    assert!(!shown.body.contains("<script") && !shown.body.contains("<html"), "{}", shown.body);
    assert!(shown.headers.contains_key("content-security-policy"));
    for text in ["あ".repeat(4001), "a\u{202E}b".to_owned()] {
        let refused = author.post(&path, &[("text", &text)]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.starts_with("<p>") && !refused.body.contains("あああ"), "{}", refused.body);
    }
    assert_eq!(author.post(&path, &[]).await.body, "");
    for name in ["handler", "desk", "liaison", "auditor"] {
        assert_eq!(app.signed_in(name).await.post(&path, &[("text", "x")]).await.status, 404, "{name}");
    }
}
