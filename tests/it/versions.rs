//! Later versions of an item: whoever had one is told, nobody learns of what was not for them, and what is over is over.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::advisories::relays::time_up;
use ceptoar_portal::kernel::ids::AccountId;
use chrono::TimeDelta;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, Reply, TestApp};

struct Cast {
    app: TestApp,
    db: sqlx::PgConnection,
    bank: Uuid,
    bank_window: Uuid,
    rival_window: Uuid,
}

impl Cast {
    async fn texts(&mut self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut self.db).await.expect("texts")
    }

    async fn page(&self, name: &str, path: &str) -> Reply {
        self.app.signed_in(name).await.get(path).await
    }

    /// To whom the copies of an item went, and what their subject is.
    async fn letters(&mut self, id: Uuid) -> Vec<String> {
        self.texts(&format!(
            "select a.address || ' ' || m.subject from deliveries d join delivery_addresses a using (delivery_id)
             join mails m using (mail_id) where d.item_id = '{id}' order by 1"
        ))
        .await
    }

    fn later(&self, minutes: i64) {
        self.app.state.clock.advance(TimeDelta::minutes(minutes));
    }
}

/// Two banks with a desk, a gas firm with another, a ministry, two analysts and two approvers.
async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank = factory::member(&mut db, "banks", "あかね架空銀行").await;
    let rival = factory::member(&mut db, "banks", "いちご架空銀行").await;
    let gas = factory::member(&mut db, "gas", "架空ガス").await;
    let bank_window = factory::window(&mut db, bank, Some("banks"), "soc@bank1.example").await;
    let rival_window = factory::window(&mut db, rival, Some("banks"), "soc@bank2.example").await;
    let gas_window = factory::window(&mut db, gas, Some("gas"), "soc@gas.example").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let gas_desk = factory::secretariat_of(&mut db, "gas").await;
    factory::window(&mut db, desk, Some("banks"), "desk@banks.example").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, bank, Some("banks"), Some(bank_window)),
        ("reader", Role::MemberReader, bank, Some("banks"), None),
        ("rival", Role::MemberPoc, rival, Some("banks"), Some(rival_window)),
        ("gas-poc", Role::MemberPoc, gas, Some("gas"), Some(gas_window)),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("gas-desk", Role::Secretariat, gas_desk, Some("gas"), None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("analyst2", Role::NiscAnalyst, nisc, None, None),
        ("approver2", Role::NiscApprover, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    factory::case_team(&app).await;
    Cast { app, db, bank, bank_window, rival_window }
}

fn item(id: Uuid) -> String {
    format!("/advisories/{id}")
}

fn next(id: Uuid) -> String {
    format!("/advisories/{id}/next")
}

async fn first(cast: &Cast, new: NewAdvisory<'_>) -> Uuid {
    let id = factory::published_advisory(&cast.app, new).await;
    cast.later(10);
    id
}

/// Begins the next version; answers its draft.
pub(crate) async fn begun(author: &mut Client, id: Uuid, step: &str) -> Uuid {
    let done = author.post(&next(id), &[("next_step", step), ("reason", "原因が分かったため")]).await;
    assert_eq!(done.status, 303, "{step}: {:?}", done.texts(".error-summary, .notice, h1"));
    done.location().trim_start_matches("/advisories/").trim_end_matches("/draft").parse().expect("an id")
}

/// What the draft's form sends, with what was typed.
pub(crate) fn typed<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("kind", "early_warning"),
        ("title", "更新プログラムの公開について"),
        ("summary", "更新プログラムが公開されました。"),
        ("countermeasure", "更新してください。"),
        ("purpose", "containment"),
        ("level", "AMBER"),
        ("handler_scope", "handlers"),
        ("ceptoar", "banks"),
    ];
    form.retain(|(name, _)| !changed.iter().any(|(other, _)| name == other));
    form.extend(changed.iter().filter(|(_, value)| !value.is_empty()));
    form
}

/// Saves, submits and publishes a draft through the pages.
pub(crate) async fn publish(app: &TestApp, author: &mut Client, draft: Uuid, form: &[(&str, &str)], approver: &str) {
    let saved = author.post(&format!("{}/draft", item(draft)), form).await;
    assert_eq!(saved.status, 303, "{:?}", saved.texts(".field__error"));
    let submitted = author.post(&format!("{}/submission", item(draft)), &[]).await;
    assert_eq!(submitted.status, 303, "{:?}", submitted.texts(".error-summary"));
    let mut approver = app.signed_in(approver).await;
    let path = format!("{}/publication", item(draft));
    let page = approver.get(&path).await;
    let value = |name: &str| page.values(&format!("input[name={name}]")).concat();
    let form = [("edits", value("edits")), ("recipients", value("recipients")), ("audience", value("audience"))];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = approver.post(&path, &form).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".notice, h1"));
    app.state.clock.advance(TimeDelta::minutes(10));
}

/// The next version of an item, published by the case team.
async fn version(cast: &Cast, id: Uuid, step: &str, form: &[(&str, &str)]) -> Uuid {
    let mut author = cast.app.signed_in("case-author").await;
    let draft = begun(&mut author, id, step).await;
    publish(&cast.app, &mut author, draft, form, "case-approver").await;
    draft
}

fn amber() -> NewAdvisory<'static> {
    NewAdvisory { ceptoars: &["banks"], due_in_hours: 1, ..NewAdvisory::default() }
}

fn green() -> NewAdvisory<'static> {
    NewAdvisory { level: "GREEN", scope: "organisation", ceptoars: &["banks", "gas"], ..NewAdvisory::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_has_marks_and_asks_for_each_version_anew() {
    let mut cast = cast().await;
    let one = first(&cast, amber()).await;
    let mut handler = cast.app.signed_in("handler").await;
    assert_eq!(handler.post(&format!("{}/acknowledgement", item(one)), &[]).await.status, 303);
    assert!(handler.get("/advisories").await.texts(".item").concat().contains("受領確認済"));
    // Late by now, and the rival has not answered.
    cast.later(120);
    let late = cast.page("rival", "/advisories?state=overdue").await;
    assert!(late.body.contains(&one.to_string()));

    let two = version(&cast, one, "follow_up", &typed(&[])).await;
    let mut handler = cast.app.signed_in("handler").await;
    let thread = format!(
        "select concat_ws(' ', number, version, step) from advisories where thread_id = '{one}' order by version"
    );
    assert_eq!(cast.texts(&thread).await, ["2026-0001 1 first", "2026-0001 2 follow_up"]);
    for name in ["handler", "rival", "desk", "liaison", "case-author", "analyst2"] {
        let old = cast.page(name, &item(one)).await;
        assert!(old.texts(".page-head").concat().contains("旧版"), "{name}: {:?}", old.texts(".page-head"));
        assert!(
            old.values(&format!("a[href='{}']", item(two))).len() <= 2
                && old.body.contains("最新の版(第2報 続報)を開く"),
            "{name}"
        );
        let new = cast.page(name, &item(two)).await;
        let history = new.texts("#history").concat();
        assert!(
            history.contains("第2報 続報 (表示中)") && history.contains("第1報") && history.contains("原因が分かった"),
            "{name}: {history}"
        );
        let list = cast.page(name, "/advisories").await;
        assert!(list.body.contains(&two.to_string()) && !list.body.contains(&one.to_string()), "{name}");
    }
    // The answer of before is none to this one, and nobody owes an answer to the old one.
    assert_eq!(handler.get(&item(two)).await.texts("form button").concat().matches("受領を確認する").count(), 1);
    assert!(!handler.get(&item(one)).await.body.contains(&format!("{}/acknowledgement", item(one))));
    let waiting = cast.page("handler", "/advisories?state=waiting").await;
    assert!(waiting.body.contains(&two.to_string()));
    for state in ["waiting", "overdue"] {
        let rival = cast.page("rival", &format!("/advisories?state={state}")).await;
        assert!(!rival.body.contains(&one.to_string()), "{state}");
    }
    let calls = cast.page("desk", &format!("{}/calls?ceptoar=banks", item(one))).await;
    assert!(!calls.body.contains("架空銀行"), "{}", calls.body);
    let calls = cast.page("desk", &format!("{}/calls?ceptoar=banks", item(two))).await;
    assert!(calls.body.contains("あかね架空銀行"), "{}", calls.body);
    let board = cast.page("desk", &format!("{}/deliveries", item(one))).await;
    assert!(board.texts(".page-head").concat().contains("旧版"));
    // Pressed on a page of before: nothing is written.
    let rival = cast.app.signed_in("rival").await.post(&format!("{}/acknowledgement", item(one)), &[]).await;
    assert_eq!(rival.status, 303);
    let answers = format!("select count(*)::text from advisory_acknowledgements where advisory_id = '{one}'");
    assert_eq!(cast.texts(&answers).await, ["1"]);

    // Words of the old one alone find the old one, marked; words of both find the newest.
    let found = cast.app.signed_in("handler").await.post("/search", &[("words", "VPN")]).await;
    assert!(found.body.contains(&one.to_string()) && found.body.contains("(旧版)"), "{}", found.body);
    let found = cast.app.signed_in("handler").await.post("/search", &[("words", "更新プログラム")]).await;
    assert!(found.body.contains(&two.to_string()) && !found.body.contains(&one.to_string()));
    let json = handler.get(&format!("{}.json", item(two))).await.json();
    assert_eq!((json["version"].as_i64(), json["step"].as_str()), (Some(2), Some("follow_up")));
    assert_eq!(handler.get(&format!("{}.json", item(one))).await.json()["newest"], serde_json::json!(two));

    // In a mail program it stands below the first, and says which one it replaces.
    let letters = cast.letters(two).await;
    assert!(letters.iter().all(|l| l.contains("【続報】") && l.contains("(第2報) 2026-0001")), "{letters:?}");
    let below = format!(
        "select count(*)::text from deliveries n join deliveries o on o.delivery_id = n.follows and o.contact_id = n.contact_id
         where n.item_id = '{two}' and o.item_id = '{one}'"
    );
    assert_eq!(cast.texts(&below).await, [letters.len().to_string()]);
    let body = cast
        .texts(&format!("select body from mails where item_id = '{two}' and language = 'ja' and not newcomers"))
        .await
        .concat();
    assert!(body.contains("2026-0001 の第2報です。") && body.contains("これまでの版に代わるものです。"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_had_it_is_told_though_addressed_no_more() {
    let mut cast = cast().await;
    let group = factory::group(&mut cast.db, "banks", "横断1", &[cast.bank]).await;
    let one = factory::draft_advisory(&cast.app, NewAdvisory { ceptoars: &["gas"], ..green() }).await;
    cast.texts(&format!(
        "insert into advisory_addressees (advisory_id, subgroup_id) values ('{one}', '{group}') returning subgroup_id"
    ))
    .await;
    factory::publish(&cast.app, one, false).await;
    cast.later(10);
    assert!(cast.letters(one).await.concat().contains("soc@bank1.example"));
    // The group ends, and the next version is for gas alone.
    cast.texts(&format!("update group_members set valid = daterange(lower(valid), '2026-11-20') where subgroup_id = '{group}' returning subgroup_id")).await;
    cast.texts(&format!("update subgroups set valid = daterange(lower(valid), '2026-11-20') where subgroup_id = '{group}' returning subgroup_id")).await;
    let form = typed(&[("level", "GREEN"), ("handler_scope", "organisation"), ("ceptoar", "gas")]);
    let two = version(&cast, one, "follow_up", &form).await;
    let letters = cast.letters(two).await.join("\n");
    assert!(letters.contains("soc@bank1.example 【続報】") && letters.contains("soc@gas.example"), "{letters}");
    assert!(letters.contains("desk@banks.example") && !letters.contains("soc@bank2.example"), "{letters}");
    assert_eq!(cast.page("handler", &item(two)).await.status, 200);
    assert_eq!(cast.page("rival", &item(two)).await.status, 404);
    let rules = format!(
        "select distinct rule from advisory_audience where advisory_id = '{two}' and organisation_id = '{}'",
        cast.bank
    );
    assert_eq!(cast.texts(&rules).await, ["had_earlier"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_reaches_everybody_who_had_any_version_and_ends_the_thread() {
    let mut cast = cast().await;
    let one = first(&cast, green()).await;
    // Stricter and narrower: readers at the bank and the gas firm's readers are out.
    let two = version(&cast, one, "correction", &typed(&[("ceptoar", "banks")])).await;
    assert!(cast.letters(two).await.iter().all(|l| l.contains("【訂正】")), "{:?}", cast.letters(two).await);
    let reader = cast.page("reader", &item(one)).await;
    assert!(reader.body.contains("これは旧版です") && !reader.body.contains("最新の版"), "{}", reader.body);
    assert_eq!(cast.page("reader", &item(two)).await.status, 404);
    assert!(!reader.body.contains("第2報") && !reader.body.contains(&two.to_string()));
    let listed = cast.page("reader", "/advisories").await;
    assert!(listed.body.contains(&one.to_string()) && listed.body.contains("旧版"));

    let mut author = cast.app.signed_in("case-author").await;
    let draft = begun(&mut author, two, "withdrawal").await;
    let page = author.get(&format!("{}/draft", item(draft))).await;
    assert!(
        page.values("input[name=ceptoar]").is_empty() && page.values("input[name=title]").concat().is_empty(),
        "{}",
        page.body
    );
    assert_eq!(page.values("input[name=level]").concat(), "GREEN", "as wide as the widest");
    // Typed all the same: level and addressees stay.
    let form = typed(&[
        ("title", "情報の取消"),
        ("summary", "誤った情報でした。"),
        ("countermeasure", ""),
        ("level", "CLEAR"),
        ("handler_scope", "organisation"),
    ]);
    publish(&cast.app, &mut author, draft, &form, "case-approver").await;
    let level = format!("select level || ' ' || handler_scope from advisories where advisory_id = '{draft}'");
    assert_eq!(cast.texts(&level).await, ["GREEN organisation"]);
    let letters = cast.letters(draft).await.join("\n");
    for address in ["soc@bank1.example", "soc@bank2.example", "soc@gas.example", "desk@banks.example"] {
        assert!(letters.contains(&format!("{address} 【取消】")), "{letters}");
    }
    for name in ["handler", "reader", "gas-poc", "desk", "liaison"] {
        let old = cast.page(name, &item(one)).await;
        assert!(old.texts(".page-head").concat().contains("取消済"), "{name}: {:?}", old.texts(".page-head"));
        assert!(old.body.contains("この情報提供は取り消されました"), "{name}");
        let new = cast.page(name, &item(draft)).await;
        assert!(new.status == 200 && new.body.contains("誤った情報でした"), "{name}");
    }
    // No copy of what is withdrawn leaves any more.
    let queued = format!("select distinct state from deliveries where item_id in ('{one}', '{two}')");
    assert_eq!(cast.texts(&queued).await, ["cancelled"]);

    // Over.
    for id in [one, two, draft] {
        let page = cast.page("analyst2", &next(id)).await;
        assert!(page.body.contains("取り消した情報提供には、次の版を作れません"), "{}", page.body);
        let refused = author.post(&next(id), &[("next_step", "correction"), ("reason", "取消の誤り")]).await;
        assert_eq!(refused.status, 409);
    }
    assert!(!cast.page("case-author", &item(draft)).await.body.contains(&next(draft)));
    let forged = sqlx::query(AssertSqlSafe(format!(
        "insert into advisories (number, fiscal_year, serial, level, handler_scope, created_by, created_at, last_edited_by, previous_id, step)
         select '', 0, 0, 'GREEN', 'organisation', created_by, now(), created_by, advisory_id, 'follow_up' from advisories where advisory_id = '{draft}'"
    )))
    .execute(&mut cast.db)
    .await;
    assert!(forged.is_err_and(|e| e.to_string().contains("no further version")));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_next_version_at_a_time_and_the_second_is_told_who_has_it() {
    let mut cast = cast().await;
    let one = first(&cast, amber()).await;
    let mut author = cast.app.signed_in("case-author").await;
    let mut other = cast.app.signed_in("analyst2").await;
    for (form, field) in [
        (vec![("reason", "理由")], "next_step"),
        (vec![("next_step", "first"), ("reason", "理由")], "next_step"),
        (vec![("next_step", "correction")], "reason"),
        (vec![("next_step", "withdrawal"), ("reason", " ")], "reason"),
        (vec![("next_step", "lowering")], "reason"),
    ] {
        let wrong = author.post(&next(one), &form).await;
        assert_eq!(wrong.status, 422, "{form:?}");
        assert!(!wrong.texts(&format!("#{field}-error")).is_empty(), "{form:?}: {}", wrong.body);
    }
    let draft = begun(&mut author, one, "follow_up").await;
    for (client, words) in [(&mut other, "case-author さんが"), (&mut author, "あなたが次の版(続報)")] {
        let page = client.get(&next(one)).await;
        assert!(page.status == 200 && page.body.contains(words), "{}", page.body);
        let second = client.post(&next(one), &[("next_step", "correction"), ("reason", "理由")]).await;
        assert!(second.status == 409 && second.body.contains(words), "{}", second.body);
    }
    assert_eq!(cast.texts(&format!("select count(*)::text from advisories where thread_id = '{one}'")).await, ["2"]);
    // Thrown away: the way is free again. Both at once: one gets it.
    assert_eq!(author.post(&format!("{}/discard", item(draft)), &[]).await.status, 303);
    let form = [("next_step", "follow_up"), ("reason", "")];
    let path = next(one);
    let (a, b) = tokio::join!(author.post(&path, &form), other.post(&path, &form));
    let mut both = [a.status, b.status];
    both.sort_unstable();
    assert_eq!(both, [303, 409]);
    let winner = cast
        .texts(&format!("select advisory_id::text from advisories where thread_id = '{one}' and state = 'draft'"))
        .await;
    assert_eq!(winner.len(), 1);

    // From an old version nothing is begun, and nobody else begins anything.
    cast.texts(&format!("delete from advisories where advisory_id = '{}' returning advisory_id::text", winner[0]))
        .await;
    let two = version(&cast, one, "follow_up", &typed(&[])).await;
    let old = author.post(&path, &form).await;
    assert!(old.status == 409 && old.body.contains("これは旧版です") && old.body.contains(&item(two)), "{}", old.body);
    for name in ["handler", "desk", "liaison", "gas-poc"] {
        let mut client = cast.app.signed_in(name).await;
        assert!(client.get(&next(two)).await.status >= 403, "{name}");
        assert!(client.post(&next(two), &form).await.status >= 403, "{name}");
        assert!(!client.get(&item(two)).await.body.contains(&next(two)), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_takes_two_persons_and_only_a_lowering_widens() {
    let mut cast = cast().await;
    let mut last = first(&cast, amber()).await;
    let mut author = cast.app.signed_in("approver2").await;
    for (step, level, wrong) in [
        ("follow_up", "AMBER", "GREEN"),
        ("correction", "AMBER_STRICT", "AMBER_CLEAR"),
        ("lowering", "AMBER", "AMBER_STRICT"),
        ("follow_up", "AMBER", "RED"),
        ("withdrawal", "AMBER", ""),
    ] {
        let draft = begun(&mut author, last, step).await;
        let wrong = if wrong == "AMBER_CLEAR" { "CLEAR" } else { wrong };
        if !wrong.is_empty() {
            let scope = if wrong == "RED" { "named" } else { "handlers" };
            let form = typed(&[("level", wrong), ("handler_scope", scope)]);
            assert_eq!(author.post(&format!("{}/draft", item(draft)), &form).await.status, 303);
            let refused = author.post(&format!("{}/submission", item(draft)), &[]).await;
            let said = refused.texts(".error-summary").concat();
            assert!(
                refused.status == 422 && said.contains(if wrong == "RED" { "別の情報提供" } else { "レベル" }),
                "{step}: {said}"
            );
            // And by the database alone.
            let forged =
                sqlx::query("update advisories set state = 'review', submitted_by = created_by where advisory_id = $1")
                    .bind(draft)
                    .execute(&mut cast.db)
                    .await;
            assert!(forged.is_err_and(|e| e.to_string().contains("a level that this step cannot have")), "{step}");
        }
        let form = typed(&[("level", level)]);
        assert_eq!(author.post(&format!("{}/draft", item(draft)), &form).await.status, 303);
        assert_eq!(author.post(&format!("{}/submission", item(draft)), &[]).await.status, 303, "{step}");
        let page = author.get(&format!("{}/publication", item(draft))).await;
        assert!(page.body.contains("自分が起案・編集した情報提供は承認できません"), "{step}");
        let value = |name: &str| page.values(&format!("input[name={name}]")).concat();
        let form = [("edits", value("edits")), ("recipients", "1".into()), ("audience", value("audience"))];
        let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert!(
            author
                .post(&format!("{}/publication", item(draft)), &[("edits", "1"), form[1], ("audience", "x")])
                .await
                .status
                >= 400,
            "{step}"
        );
        assert_eq!(author.post(&format!("{}/return", item(draft)), &[]).await.status, 303);
        publish(&cast.app, &mut author, draft, &typed(&[("level", level)]), "case-approver").await;
        last = draft;
    }
    let approved =
        "select count(*)::text from advisories where version > 1 and approved_by in (created_by, submitted_by)";
    assert_eq!(cast.texts(approved).await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lowered_to_green_for_everybody_a_gas_firm_finds_the_third_version_only() {
    let mut cast = cast().await;
    let one = first(&cast, amber()).await;
    let two = version(&cast, one, "follow_up", &typed(&[("summary", "内密の続き")])).await;
    let mut author = cast.app.signed_in("case-author").await;
    let draft = begun(&mut author, two, "lowering").await;
    let form = typed(&[
        ("level", "GREEN"),
        ("handler_scope", "organisation"),
        ("title", "公開された更新"),
        ("ceptoar", "banks"),
        ("summary", "広く知らせます。"),
    ]);
    let form: Vec<_> = form.into_iter().chain([("ceptoar", "gas")]).collect();
    let saved = author.post(&format!("{}/draft", item(draft)), &form).await;
    assert_eq!(saved.status, 303);
    assert_eq!(author.post(&format!("{}/submission", item(draft)), &[]).await.status, 303);
    let approval = cast.page("case-approver", &format!("{}/publication", item(draft))).await.texts("#version").concat();
    assert!(approval.contains("TLP:AMBER → TLP:GREEN") && approval.contains("原因が分かった"), "{approval}");
    assert_eq!(author.post(&format!("{}/return", item(draft)), &[]).await.status, 303);
    publish(&cast.app, &mut author, draft, &form, "case-approver").await;

    let mut gas = cast.app.signed_in("gas-poc").await;
    let page = gas.get(&item(draft)).await;
    assert_eq!(page.status, 200);
    let json = gas.get(&format!("{}.json", item(draft))).await;
    let list = gas.get("/advisories").await.texts(".items").concat();
    let home = gas.get("/").await;
    let letter = cast
        .texts(&format!(
            "select m.subject || m.body from deliveries d join delivery_addresses a using (delivery_id) join mails m using (mail_id)
             where d.item_id = '{draft}' and a.address = 'soc@gas.example'"
        ))
        .await
        .concat();
    for (what, text) in
        [("page", &page.body), ("json", &json.body), ("list", &list), ("home", &home.body), ("mail", &letter)]
    {
        for secret in [
            &one.to_string(),
            &two.to_string(),
            "第1報",
            "第2報",
            "第3報",
            "経過",
            "続報",
            "引下げ",
            "AMBER",
            "内密",
            "VPN",
            "原因が分かった",
            "lowering",
            "replaces",
            "\"version\"",
        ] {
            assert!(!text.contains(secret), "{what} tells {secret}: {text}");
        }
    }
    assert!(letter.contains("公開された更新"), "{letter}");
    for id in [one, two] {
        for path in [item(id), format!("{}.json", item(id)), format!("{}/deliveries", item(id)), next(id)] {
            assert!(gas.get(&path).await.status >= 403, "{path}");
        }
        let none = Uuid::new_v4();
        let (hidden, unreal) =
            (gas.get(&item(id)).await.without_request_id(), gas.get(&item(none)).await.without_request_id());
        assert_eq!(hidden.replace(&id.to_string(), ""), unreal.replace(&none.to_string(), ""));
    }
    for words in ["VPN", "内密"] {
        for path in ["/search", "/advisories/search"] {
            let found = gas.post(path, &[("words", words)]).await;
            assert!([one, two, draft].iter().all(|id| !found.body.contains(&id.to_string())), "{path} {words}");
        }
    }
    // By the database alone: no row of the earlier versions, and not why there is a new one.
    let account = cast.texts("select account_id::text from accounts where sign_in_name = 'gas-poc'").await[0]
        .parse()
        .expect("an account");
    let mut tx = cast.app.state.db.begin(Some(AccountId(account)), cast.app.state.clock.now()).await.expect("a viewer");
    for (table, rows) in [("advisories", 1), ("advisory_texts", 1), ("advisory_steps", 0)] {
        let seen: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
            .fetch_one(&mut *tx)
            .await
            .expect("a count");
        assert_eq!(seen, rows, "{table}");
    }
    let known: i64 = sqlx::query_scalar("select (select count(*) from open_version($1)) + (select count(*) from version_before($1)) + (select count(*) from version_approvers(array[$1]))")
        .bind(draft).fetch_one(&mut *tx).await.expect("a count");
    assert_eq!(known, 0);
    drop(tx);
    // Who had them sees what was lowered and when; who approved it is the centre's to see.
    let bank = cast.page("handler", &item(draft)).await.texts("#history").concat();
    assert!(
        bank.contains("第3報 レベル引下げ")
            && bank.contains("レベル TLP:AMBER → TLP:GREEN")
            && !bank.contains("case-approver"),
        "{bank}"
    );
    let centre = cast.page("analyst2", &item(draft)).await.texts("#history").concat();
    assert!(centre.contains("承認 case-approver"), "{centre}");
    let letters = cast.letters(draft).await.join("\n");
    assert!(
        letters.contains("soc@bank1.example 【続報】")
            && letters.contains("soc@gas.example 【早期警戒情報】[TLP:GREEN] 公開された更新 2026-0001"),
        "{letters}"
    );
    let trail = "select detail ->> 'level_before' || ' ' || (detail ->> 'level') from audit_events where action = 'advisory.publish' and detail ->> 'step' = 'lowering'";
    assert_eq!(cast.texts(trail).await, ["AMBER GREEN"]);
    let gas_desk = cast.page("gas-desk", &item(draft)).await;
    assert!(gas_desk.status == 200 && !gas_desk.body.contains("経過"));
}

#[tokio::test(flavor = "multi_thread")]
async fn red_stays_with_named_persons_until_it_is_typed_anew() {
    let mut cast = cast().await;
    let named = [cast.bank_window, cast.rival_window];
    let new = NewAdvisory { level: "RED", scope: "named", ceptoars: &[], named: &named, ..NewAdvisory::default() };
    let one = first(&cast, new).await;
    assert!(cast.page("analyst2", &next(one)).await.status >= 403, "its own case team continues it");
    // Narrowed to one name: the other learns that theirs is old, and nothing else.
    let mut author = cast.app.signed_in("case-author").await;
    let two = begun(&mut author, one, "follow_up").await;
    let taken = format!("select count(*)::text from advisory_addressees where advisory_id = '{two}'");
    assert_eq!(cast.texts(&taken).await, ["2"], "it begins with the same persons");
    let rival = cast.rival_window.to_string();
    let red = typed(&[
        ("level", "RED"),
        ("handler_scope", "named"),
        ("ceptoar", ""),
        ("title", "極秘の続報"),
        ("summary", "極秘の続き"),
    ]);
    assert_eq!(author.post(&format!("{}/draft", item(two)), &red).await.status, 303);
    assert_eq!(author.post(&format!("{}/named", item(two)), &[("remove", rival.as_str())]).await.status, 303);
    publish(&cast.app, &mut author, two, &red, "approver2").await;
    assert_eq!(cast.letters(two).await.len(), 1);
    let mut other = cast.app.signed_in("rival").await;
    let old = other.get(&item(one)).await;
    assert!(
        old.body.contains("これは旧版です")
            && !old.body.contains("第2報")
            && !old.body.contains("極秘")
            && !old.body.contains(&two.to_string()),
        "{}",
        old.body
    );
    assert_eq!(other.get(&item(two)).await.status, 404);
    let listed = other.get("/advisories").await;
    assert!(
        listed.body.contains(&one.to_string())
            && listed.body.contains("旧版")
            && !listed.body.contains(&two.to_string())
    );
    assert!(
        !other.get("/advisories?state=waiting").await.body.contains(&one.to_string()),
        "nobody waits for an answer"
    );
    let json = other.get(&format!("{}.json", item(one))).await.json();
    assert_eq!((json["superseded"].as_bool(), json["newest"].is_null()), (Some(true), true));
    // The one who approved the first is not among those of the second, and sees the mark.
    let kept = cast.page("case-approver", &item(one)).await;
    assert!(kept.body.contains("これは旧版です") && !kept.body.contains(&two.to_string()), "{}", kept.body);
    assert_eq!(cast.page("case-approver", &item(two)).await.status, 404);
    assert!(cast.page("case-approver", &next(one)).await.body.contains("これは旧版です"));

    // Lowered: nothing of the text is taken over, and who never had it learns nothing.
    let three = begun(&mut author, two, "lowering").await;
    let page = author.get(&format!("{}/draft", item(three))).await;
    assert!(!page.body.contains("極秘") && page.values("input[name=title]").concat().is_empty(), "{}", page.body);
    let amber = typed(&[("title", "制御装置の更新"), ("ceptoar", "gas")]);
    publish(&cast.app, &mut author, three, &amber, "approver2").await;
    let letters = cast.letters(three).await.join("\n");
    for address in ["soc@bank1.example 【続報】", "soc@bank2.example 【続報】", "soc@gas.example 【早期警戒情報】"]
    {
        assert!(letters.contains(address), "{letters}");
    }
    // The desk on the route knew of the envelope alone, and gets the item as any other.
    assert!(letters.contains("desk@banks.example 【早期警戒情報】"), "{letters}");
    for name in ["gas-poc", "gas-desk", "liaison"] {
        let page = cast.page(name, &item(three)).await;
        assert!(
            page.status == 200 && !page.body.contains("極秘") && !page.body.contains("TLP:RED") || name == "liaison",
            "{name}: {}",
            page.body
        );
        assert!(!page.body.contains("極秘"), "{name}");
    }
    assert!(other.get(&item(three)).await.texts("#history").concat().contains("第3報 レベル引下げ"));
    assert!(!other.get(&item(three)).await.body.contains("第2報"));

    // Taken back: everybody who had any of them.
    let four = begun(&mut author, three, "withdrawal").await;
    publish(&cast.app, &mut author, four, &typed(&[("title", "取消のお知らせ"), ("ceptoar", "")]), "approver2").await;
    let letters = cast.letters(four).await.join("\n");
    for address in ["soc@bank1.example", "soc@bank2.example", "soc@gas.example", "desk@banks.example"] {
        assert!(letters.contains(&format!("{address} 【取消】")), "{letters}");
    }
    assert!(other.get(&item(one)).await.body.contains("この情報提供は取り消されました"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_red_withdrawal_reaches_all_who_were_ever_named() {
    let mut cast = cast().await;
    let named = [cast.bank_window, cast.rival_window];
    let new = NewAdvisory { level: "RED", scope: "named", ceptoars: &[], named: &named, ..NewAdvisory::default() };
    let one = first(&cast, new).await;
    let mut author = cast.app.signed_in("case-author").await;
    let two = begun(&mut author, one, "follow_up").await;
    let rival = cast.rival_window.to_string();
    assert_eq!(author.post(&format!("{}/named", item(two)), &[("remove", rival.as_str())]).await.status, 303);
    let red = typed(&[("level", "RED"), ("handler_scope", "named"), ("ceptoar", "")]);
    publish(&cast.app, &mut author, two, &red, "case-approver").await;
    let three = begun(&mut author, two, "withdrawal").await;
    assert_eq!(author.get(&format!("{}/named", item(three))).await.status, 404, "nobody chooses");
    assert!(author.post(&format!("{}/named", item(three)), &[("remove", rival.as_str())]).await.status >= 400);
    publish(&cast.app, &mut author, three, &red, "case-approver").await;
    let letters = cast.letters(three).await;
    assert_eq!(letters.len(), 2, "{letters:?}");
    assert!(letters.iter().all(|l| l.contains("【取消】")), "{letters:?}");
    for name in ["handler", "rival"] {
        assert_eq!(cast.page(name, &item(three)).await.status, 200, "{name}");
    }
}

/// The banks' desk decides from now on about everything.
async fn desk_decides(cast: &mut Cast) {
    cast.texts(
        "insert into relay_rules (ceptoar_id, office_hours, off_hours, urgent_at_once, minutes, valid)
         values ('banks', 'decided', 'decided', false, 40, '[2026-11-01,)') returning ceptoar_id",
    )
    .await;
    let desk = factory::secretariat_of(&mut cast.db, "banks").await;
    assert!(!desk.is_nil());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_at_a_desk_ends_with_the_next_version_and_members_keep_theirs_until_it_goes_on() {
    let mut cast = cast().await;
    let one = first(&cast, amber()).await;
    desk_decides(&mut cast).await;
    // A follow-up waits at the desk: the members keep the first, unmarked, and owe their answer to it.
    let two = version(&cast, one, "follow_up", &typed(&[])).await;
    let states = format!("select distinct stage || ' ' || state from deliveries where item_id = '{two}' order by 1");
    assert!(cast.texts(&states).await.contains(&"member held".to_owned()), "{:?}", cast.texts(&states).await);
    let page = cast.page("handler", &item(one)).await;
    assert!(
        !page.body.contains("旧版") && !page.body.contains("第2報") && page.body.contains("受領を確認する"),
        "{}",
        page.body
    );
    assert!(cast.page("desk", &item(one)).await.body.contains("これは旧版です"));
    assert!(cast.page("handler", "/advisories?state=waiting").await.body.contains(&one.to_string()));
    // A correction of it waits as well: no member had what it puts right.
    let three = version(&cast, two, "correction", &typed(&[("summary", "正しい内容")])).await;
    let states = format!("select distinct stage || ' ' || state from deliveries where item_id = '{three}' order by 1");
    assert_eq!(cast.texts(&states).await, ["member held", "secretariat queued"]);
    assert!(cast.page("desk", "/advisories").await.body.contains(&one.to_string()), "what the members still answer");
    assert_eq!(cast.texts(&format!("select state from relays where advisory_id = '{two}'")).await, ["withheld"]);
    assert_eq!(
        cast.texts(&format!("select decision from relay_decisions where advisory_id = '{two}'")).await,
        ["superseded"]
    );
    cast.later(60);
    let worker = sqlx::PgPool::connect_with(cast.app.database.connections.worker.clone()).await.expect("a worker");
    assert_eq!(time_up::forward(&worker, cast.app.state.clock.now()).await.expect("a tick"), 1, "of the newest alone");
    let mut desk = cast.app.signed_in("desk").await;
    let late =
        desk.post(&format!("{}/relays/banks", item(two)), &[("decision", "forward"), ("confirmed", "true")]).await;
    assert!(late.location().contains("moved_on"), "{}", late.body);
    let mut handler = cast.app.signed_in("handler").await;
    assert_eq!(handler.get(&item(two)).await.status, 404);
    assert!(handler.get(&item(one)).await.body.contains("これは旧版です"));
    let history = handler.get(&item(three)).await.texts("#history").concat();
    assert!(history.contains("第3報 訂正") && !history.contains("第2報"), "{history}");

    // The next follow-up goes on by the desk's decision, and then the one before is old.
    let four = version(&cast, three, "follow_up", &typed(&[("summary", "四つ目")])).await;
    assert!(!handler.get(&item(three)).await.body.contains("旧版"));
    let mut desk = cast.app.signed_in("desk").await;
    let mut handler = cast.app.signed_in("handler").await;
    let path = format!("{}/relays/banks", item(four));
    let seen = desk.get(&path).await.values("input[name=seen]").concat();
    let form = [("decision", "forward"), ("confirmed", "true"), ("seen", seen.as_str())];
    assert_eq!(desk.post(&path, &form).await.status, 303);
    assert_eq!(handler.get(&item(four)).await.status, 200);
    assert!(handler.get(&item(three)).await.body.contains("これは旧版です"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_passes_the_desk_for_those_alone_who_have_what_it_puts_right() {
    let mut cast = cast().await;
    let one = first(&cast, amber()).await;
    desk_decides(&mut cast).await;
    let late = factory::member(&mut cast.db, "banks", "うめ架空銀行").await;
    factory::window(&mut cast.db, late, Some("banks"), "soc@bank3.example").await;
    let two = version(&cast, one, "correction", &typed(&[("summary", "正しい内容")])).await;
    let copies = |id: Uuid| {
        format!(
            "select a.address || ' ' || d.state from deliveries d join delivery_addresses a using (delivery_id)
             where d.item_id = '{id}' and d.stage = 'member' order by 1"
        )
    };
    assert_eq!(
        cast.texts(&copies(two)).await,
        ["soc@bank1.example queued", "soc@bank2.example queued", "soc@bank3.example held"],
        "who joined since waits for the desk"
    );
    // Of the wrong text no further copy leaves where the right one does.
    assert_eq!(cast.texts(&copies(one)).await, ["soc@bank1.example cancelled", "soc@bank2.example cancelled"]);
    assert_eq!(cast.page("handler", &item(two)).await.status, 200);
    assert!(cast.page("handler", &item(one)).await.body.contains("これは旧版です"));
    assert!(cast.page("desk", &item(two)).await.body.contains("判断"), "the desk is asked about the one");
    // A copy of it that is being handed over just now, and is not taken, is not tried again.
    let retry = format!(
        "update deliveries set state = 'sending', settled_at = null where item_id = '{one}' and stage = 'member' returning state"
    );
    cast.texts(&retry).await;
    let retry =
        format!("update deliveries set state = 'queued' where item_id = '{one}' and stage = 'member' returning state");
    assert_eq!(cast.texts(&retry).await, ["cancelled", "cancelled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ministry_that_had_it_is_no_newcomer_whatever_ceptoar_its_copy_stands_for() {
    let mut cast = cast().await;
    let fsa = factory::organisation(&mut cast.db, "fsa").await;
    for ceptoar in ["banks", "life"] {
        factory::window(&mut cast.db, fsa, Some(ceptoar), "liaison@fsa.example").await;
    }
    let insurer = factory::member(&mut cast.db, "life", "架空生命").await;
    factory::window(&mut cast.db, insurer, Some("life"), "soc@life.example").await;
    let one = first(&cast, NewAdvisory { ceptoars: &["life"], due_in_hours: 1, ..NewAdvisory::default() }).await;
    let both = typed(&[("ceptoar", "banks"), ("ceptoar", "life")]);
    let two = version(&cast, one, "correction", &both).await;
    let letters = cast.letters(two).await.join("\n");
    for address in ["liaison@fsa.example 【訂正】", "soc@life.example 【訂正】", "soc@bank1.example 【早期警戒情報】"]
    {
        assert!(letters.contains(address), "{letters}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approver_clears_a_forgotten_draft_out_of_the_way_and_nobody_else_does() {
    let mut cast = cast().await;
    let one = first(&cast, amber()).await;
    let mut author = cast.app.signed_in("case-author").await;
    let two = begun(&mut author, one, "follow_up").await;
    let discard = format!("{}/discard", item(two));
    for name in ["analyst2", "desk", "handler"] {
        let mut other = cast.app.signed_in(name).await;
        assert!(!other.get(&next(one)).await.body.contains("この下書きを捨てる"), "{name}");
        assert!(other.post(&discard, &[]).await.status >= 400, "{name}");
    }
    // A draft of somebody else that follows nothing is not the approver's to throw away.
    let own = factory::draft_advisory(&cast.app, NewAdvisory::default()).await;
    let mut approver = cast.app.signed_in("approver2").await;
    assert!(approver.post(&format!("{}/discard", item(own)), &[]).await.status >= 400);
    let page = approver.get(&next(one)).await;
    assert!(page.body.contains("この下書きを捨てる"), "{}", page.body);
    let done = approver.press(&page, "form[action$=discard]", &[]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(cast.texts(&format!("select count(*)::text from advisories where advisory_id = '{two}'")).await, ["0"]);
    let told = "select action || ' ' || subject_id from audit_events where action = 'advisory.discard'";
    assert_eq!(cast.texts(told).await, [format!("advisory.discard {two}")]);
    // Now what is wrong can be taken back.
    version(&cast, one, "withdrawal", &typed(&[("title", "取消のお知らせ"), ("ceptoar", "")])).await;
    assert!(cast.page("handler", &item(one)).await.body.contains("この情報提供は取り消されました"));
    // Who acknowledges an old version from a page that was left open is told so.
    let mut handler = cast.app.signed_in("handler").await;
    let stale = handler.post(&format!("{}/acknowledgement", item(one)), &[]).await;
    let said = handler.get(stale.location()).await;
    assert!(said.body.contains("受領は記録していません"), "{} {}", stale.status, said.body);
}
