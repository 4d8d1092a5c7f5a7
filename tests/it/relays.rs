//! A desk decides whether an item goes on: until then its members know nothing, silence forwards, and nobody else decides.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::advisories::relays::time_up;
use ceptoar_portal::kernel::ids::AccountId;
use chrono::TimeDelta;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::directory::roster::{change, day, fill_in};
use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, Reply, TestApp};

const RULE: &str = "/directory/banks/route";
const CHANGE: &str = "/directory/banks/route/agreement";

pub(crate) struct Cast {
    pub app: TestApp,
    pub db: sqlx::PgConnection,
    pub bank: Uuid,
    pub rival: Uuid,
}

impl Cast {
    pub async fn texts(&mut self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut self.db).await.expect("texts")
    }

    /// Where the item stands at the desk of the banks.
    pub async fn state(&mut self, id: Uuid) -> String {
        self.texts(&format!("select state from relays where advisory_id = '{id}' and ceptoar_id = 'banks'"))
            .await
            .concat()
    }

    /// The first window of a member.
    pub async fn window(&mut self, organisation: Uuid) -> Uuid {
        let window =
            format!("select contact_id::text from contacts where organisation_id = '{organisation}' order by position");
        self.texts(&window).await[0].parse().expect("a window")
    }

    /// What became of the copies of one hop.
    pub async fn copies(&mut self, id: Uuid, stage: &str) -> Vec<String> {
        let copies = format!("select distinct state from deliveries where item_id = '{id}' and stage = '{stage}'");
        self.texts(&format!("{copies} and ceptoar_id = 'banks' order by 1")).await
    }

    /// What the worker does every few seconds.
    pub async fn tick(&self) -> usize {
        let worker = sqlx::PgPool::connect_with(self.app.database.connections.worker.clone()).await.expect("a worker");
        time_up::forward(&worker, self.app.state.clock.now()).await.expect("a tick")
    }

    pub fn later(&self, minutes: i64) {
        self.app.state.clock.advance(TimeDelta::minutes(minutes));
    }
}

/// Two banks, a partner body of theirs, a gas firm, two desks, a ministry and the centre, on a Saturday evening.
pub(crate) async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank = factory::member(&mut db, "banks", "あかね架空銀行").await;
    let rival = factory::member(&mut db, "banks", "いちご架空銀行").await;
    let gas = factory::member(&mut db, "gas", "架空ガス").await;
    let partner = factory::partner(&mut db, "banks", "星見県", "passes_on").await;
    factory::window(&mut db, partner, Some("banks"), "pref@partner.example").await;
    let window = factory::window(&mut db, bank, Some("banks"), "soc@bank1.example").await;
    factory::window(&mut db, rival, Some("banks"), "soc@bank2.example").await;
    factory::window(&mut db, gas, Some("gas"), "soc@gas.example").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let gas_desk = factory::secretariat_of(&mut db, "gas").await;
    factory::window(&mut db, desk, Some("banks"), "desk@banks.example").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, bank, Some("banks"), Some(window)),
        ("reader", Role::MemberReader, rival, Some("banks"), None),
        ("gas-poc", Role::MemberPoc, gas, Some("gas"), None),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("colleague", Role::Coordinator, desk, Some("banks"), None),
        ("gas-desk", Role::Secretariat, gas_desk, Some("gas"), None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("approver", Role::NiscApprover, nisc, None, None),
        ("auditor", Role::Auditor, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    factory::case_team(&app).await;
    Cast { app, db, bank, rival }
}

pub(crate) fn agreement<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("relay_office", "decided"),
        ("relay_off", "decided"),
        ("relay_urgent", "decided"),
        ("minutes", "40"),
        ("relay_bypass", "refused"),
        ("reason", "構成員会議の合意"),
    ];
    form.extend(day("2026", "11", "21"));
    form.retain(|(name, _)| !changed.iter().any(|(other, _)| name == other));
    form.extend_from_slice(changed);
    form
}

pub(crate) async fn agreed(cast: &Cast, changed: &[(&str, &str)]) {
    let mut desk = cast.app.signed_in("desk").await;
    let done = change(&mut desk, CHANGE, &agreement(changed)).await;
    assert_eq!(done.location(), format!("{RULE}?done=agreed"));
    cast.later(1);
}

fn green() -> NewAdvisory<'static> {
    NewAdvisory { level: "GREEN", scope: "organisation", ceptoars: &["banks", "gas"], ..NewAdvisory::default() }
}

/// Through the pages, as people publish.
pub(crate) async fn published(cast: &Cast) -> Uuid {
    published_telling(cast, "事務局の判断の後に届きます(期限は40分)").await
}

/// The same; what author and approver are told of the way stands in it.
pub(crate) async fn published_telling(cast: &Cast, told: &str) -> Uuid {
    let id = factory::draft_advisory(&cast.app, green()).await;
    let mut author = cast.app.signed_in("case-author").await;
    let preview = author.get(&format!("/advisories/{id}/submission")).await;
    assert!(preview.body.contains(told), "{}", preview.body);
    assert_eq!(author.post(&format!("/advisories/{id}/submission"), &[]).await.status, 303);
    let mut approver = cast.app.signed_in("case-approver").await;
    let path = format!("/advisories/{id}/publication");
    let page = approver.get(&path).await;
    assert!(
        page.attributes("form[data-confirm]", "data-confirm").concat().contains("判断の後に送ります"),
        "{}",
        page.body
    );
    let value = |name: &str| page.values(&format!("input[name={name}]")).concat();
    let form = [("edits", value("edits")), ("recipients", value("recipients")), ("audience", value("audience"))];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(approver.post(&path, &form).await.status, 303);
    id
}

pub(crate) fn relay(id: Uuid) -> String {
    format!("/advisories/{id}/relays/banks")
}

pub(crate) fn item(id: Uuid) -> String {
    format!("/advisories/{id}")
}

/// What the page's form sends, with what was typed.
pub(crate) async fn typed(client: &mut Client, id: Uuid, form: &[(&str, &str)]) -> Reply {
    let page = client.get(&relay(id)).await;
    let seen = page.values("input[name=seen]").concat();
    client.post(&relay(id), &[form, &[("seen", seen.as_str())]].concat()).await
}

pub(crate) async fn decide(client: &mut Client, id: Uuid, form: &[(&str, &str)]) -> String {
    let confirmation = typed(client, id, form).await;
    assert_eq!(confirmation.status, 200, "{:?}", confirmation.texts(".error-summary, h1"));
    let done = client.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary, h1"));
    done.location().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agreement_is_the_desks_holds_from_its_day_and_stays_in_the_history() {
    let mut cast = cast().await;
    let mut desk = cast.app.signed_in("desk").await;
    let page = desk.get(RULE).await;
    assert!(page.body.contains("すぐに構成員へ届ける") && page.body.contains("親展(RED)"), "{}", page.body);
    assert!(desk.get("/directory/banks").await.texts(".subnav a").contains(&"情報提供の経路".to_owned()));
    for (field, value) in
        [("minutes", "9"), ("minutes", "1441"), ("minutes", "x"), ("relay_off", ""), ("on_day", "20"), ("reason", "")]
    {
        let wrong = fill_in(&mut desk, CHANGE, &agreement(&[(field, value)])).await;
        let at = if field == "on_day" { "on" } else { field };
        assert_eq!(wrong.status, 422, "{field} {value}");
        assert!(!wrong.texts(&format!("#{at}-error")).is_empty(), "{field}: {}", wrong.body);
        assert_eq!(
            wrong.values("input[name=reason]").concat(),
            if field == "reason" { "" } else { "構成員会議の合意" }
        );
    }
    assert!(cast.texts("select ceptoar_id from relay_rules").await.is_empty());
    let nothing =
        [("relay_office", "automatic"), ("relay_off", "automatic"), ("relay_urgent", "automatic"), ("minutes", "60")];
    let same = fill_in(&mut desk, CHANGE, &agreement(&nothing)).await;
    assert!(same.texts("#relay_office-error").concat().contains("同じです"), "{}", same.body);

    let opened_before = desk.get(CHANGE).await;
    agreed(&cast, &[("minutes", "４０")]).await;
    let late = desk.press(&opened_before, "main form", &agreement(&[])).await;
    assert!(late.status == 422 && late.body.contains("入力している間に"), "{}", late.body);
    // A plan, and another one that takes its place.
    agreed(&cast, &[("on_year", "2027"), ("on_month", "4"), ("on_day", "1"), ("minutes", "90")]).await;
    let page = desk.get(RULE).await;
    assert!(
        page.body.contains("2027年4月1日") && page.body.contains("1時間30分") && page.body.contains("40分"),
        "{}",
        page.body
    );
    agreed(&cast, &[("on_month", "12"), ("on_day", "1"), ("minutes", "20")]).await;
    let rules = "select concat_ws(' ', valid, minutes) from relay_rules where not isempty(valid) order by valid";
    assert_eq!(cast.texts(rules).await, ["[2026-11-21,2026-12-01) 40", "[2026-12-01,) 20"]);
    let kept = "select count(*)::text from directory_versions where relation = 'relay_rules'";
    assert!(cast.texts(kept).await.concat().parse::<i64>().expect("a number") >= 2);
    assert!(desk.get(RULE).await.texts(".timeline").concat().contains("構成員会議の合意"));

    for (name, read) in [("gas-desk", 404), ("liaison", 200), ("analyst", 200), ("handler", 200), ("gas-poc", 404)] {
        let mut client = cast.app.signed_in(name).await;
        let page = client.get(RULE).await;
        assert_eq!(page.status, read, "{name}");
        // A ministry has a part of its own.
        assert!(!page.body.contains("構成員会議の合意") && !page.body.contains(CHANGE), "{name}");
        assert!(read == 404 || page.body.contains("40分"), "{name}");
        assert_ne!(client.get(CHANGE).await.status, 200, "{name}");
        assert!(client.post(CHANGE, &agreement(&[("confirmed", "true")])).await.status >= 403, "{name}");
        // And by the database alone.
        let account: Uuid =
            cast.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await[0]
                .parse()
                .expect("an account");
        let mut tx =
            cast.app.state.db.begin(Some(AccountId(account)), cast.app.state.clock.now()).await.expect("a viewer");
        let forged =
            sqlx::query("update relay_rules set valid = 'empty' where ceptoar_id = 'banks'").execute(&mut *tx).await;
        assert_eq!(forged.map(|done| done.rows_affected()).unwrap_or(0), 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_know_nothing_until_the_desk_has_decided() {
    let mut cast = cast().await;
    agreed(&cast, &[]).await;
    let id = published(&cast).await;
    assert_eq!(
        (cast.copies(id, "member").await, cast.copies(id, "partner").await),
        (vec!["held".into()], vec!["held".into()])
    );
    assert_eq!(cast.copies(id, "secretariat").await, ["queued"]);
    let told = format!(
        "select m.body from deliveries d join mails m using (mail_id) where d.item_id = '{id}' and d.ceptoar_id = 'banks' and d.stage = "
    );
    let letter = cast.texts(&format!("{told}'secretariat'")).await.concat();
    assert!(letter.contains("■中継の判断") && letter.contains("自動で構成員へ届きます"), "{letter}");
    assert!(!cast.texts(&format!("{told}'member'")).await.concat().contains("中継の判断"));

    // Whoever waits knows nothing; who has it by another way has it.
    for name in ["handler", "reader"] {
        let mut client = cast.app.signed_in(name).await;
        for path in [item(id), format!("{}.json", item(id)), format!("{}/deliveries", item(id)), relay(id)] {
            assert_eq!(client.get(&path).await.status, 404, "{name} {path}");
        }
        assert!(!client.get("/advisories").await.body.contains(&id.to_string()), "{name}");
        assert_eq!(client.post(&format!("{}/acknowledgement", item(id)), &[]).await.status, 404, "{name}");
    }
    assert_eq!(cast.app.signed_in("gas-poc").await.get(&item(id)).await.status, 200);
    for name in ["gas-poc", "gas-desk", "auditor"] {
        assert_ne!(cast.app.signed_in(name).await.get(&relay(id)).await.status, 200, "{name}");
    }

    // The desk is asked, by its front page, the item and the board; the ministry and the centre see that it is.
    let mut desk = cast.app.signed_in("desk").await;
    let front = desk.get("/").await;
    let first = front.texts("[data-task]").first().cloned().unwrap_or_default();
    assert!(first.contains("判断"), "what has an hour comes first: {first}");
    let front = front.texts("main").concat();
    assert!(
        front.contains("構成員へ中継するか判断してください(銀行等CEPTOAR、2026年11月21日(土) 21:51まで)"),
        "{front}"
    );
    assert!(desk.get(&item(id)).await.texts("aside").concat().contains("21:51"));
    let page = desk.get(&relay(id)).await;
    assert!(page.body.contains("待っている構成員") && page.body.contains("まだ判断していません"), "{}", page.body);
    for name in ["liaison", "analyst", "desk"] {
        let mut client = cast.app.signed_in(name).await;
        let board = client.get(&format!("{}/deliveries", item(id))).await.texts("main").concat();
        assert!(board.contains("中継の判断待ち") && board.contains("期限"), "{name}: {board}");
        let seen = client.get(&relay(id)).await;
        assert_eq!((seen.status, seen.body.contains("確認へ進む")), (200, name == "desk"), "{name}");
    }
    // Nobody is called, and nothing is entered, that was not passed on.
    let calls = desk.get(&format!("{}/calls?ceptoar=banks", item(id))).await;
    assert!(!calls.body.contains("架空銀行"), "{}", calls.body);
    let receipt = format!("{}/receipts/banks/{}", item(id), cast.bank);
    assert_eq!(desk.get(&receipt).await.status, 404);
    let list = desk.get(&format!("{}/deliveries?ceptoar=banks", item(id))).await.texts("main").concat();
    assert!(list.contains("中継待ち") && !list.contains("受領を記録する"), "{list}");

    // Mistakes are named, and what was typed is kept.
    for (form, field) in [
        (vec![], "decision"),
        (vec![("decision", "time_up")], "decision"),
        (vec![("decision", "forward_with_supplement")], "supplement"),
        (vec![("decision", "forward"), ("supplement", "補足です")], "supplement"),
        (vec![("decision", "hold"), ("reason", "確認中")], "hold"),
        (vec![("decision", "hold"), ("hold", "60")], "reason"),
        // That would be sooner than by itself.
        (vec![("decision", "hold"), ("hold", "30"), ("reason", "確認中")], "hold"),
        (vec![("decision", "withhold_duplicate")], "reason"),
        (vec![("decision", "withhold_not_relevant")], "reason"),
    ] {
        let wrong = typed(&mut desk, id, &form).await;
        assert_eq!(wrong.status, 422, "{form:?}");
        assert!(!wrong.texts(&format!("#{field}-error")).is_empty(), "{form:?}: {}", wrong.body);
    }
    // Put off, and then a colleague passes it on with words of the desk.
    let hold = [("decision", "hold"), ("hold", "60"), ("reason", "影響を確認しています")];
    assert_eq!(decide(&mut desk, id, &hold).await, format!("{}?done=decided", relay(id)));
    assert_eq!(cast.state(id).await, "held");
    cast.later(45);
    assert_eq!(cast.tick().await, 0, "it is put off");
    let mut colleague = cast.app.signed_in("colleague").await;
    assert!(colleague.get(&relay(id)).await.body.contains("影響を確認しています"));
    let supplement = [("decision", "forward_with_supplement"), ("supplement", "勘定系の**VPN装置**が対象です。")];
    assert_eq!(decide(&mut colleague, id, &supplement).await, format!("{}?done=decided", relay(id)));
    let mut desk = cast.app.signed_in("desk").await;
    let late = desk.post(&relay(id), &[("decision", "forward"), ("confirmed", "true")]).await;
    assert_eq!(late.location(), format!("{}?done=moved_on", relay(id)));
    assert_eq!(cast.state(id).await, "forwarded");
    assert_eq!(
        (cast.copies(id, "member").await, cast.copies(id, "partner").await),
        (vec!["queued".into()], vec!["queued".into()])
    );
    let mut handler = cast.app.signed_in("handler").await;
    let page = handler.get(&item(id)).await;
    assert!(page.body.contains("からの補足") && page.body.contains("<strong>VPN装置</strong>"), "{}", page.body);
    assert!(!page.body.contains("影響を確認しています"), "why it waited is not the members' to read");
    assert_eq!(handler.get(&format!("{}.json", item(id))).await.json()["supplements"][0]["text"], supplement[1].1);
    assert!(!cast.app.signed_in("gas-poc").await.get(&item(id)).await.body.contains("VPN装置</strong>"));
    assert_eq!(handler.post(&format!("{}/acknowledgement", item(id)), &[]).await.status, 303);
    assert_eq!(cast.app.signed_in("reader").await.get(&item(id)).await.status, 200);
    let evidence = format!(
        "select concat_ws(' ', decision, made_by_name) from relay_decisions where advisory_id = '{id}' order by made_at"
    );
    assert_eq!(cast.texts(&evidence).await.len(), 2);
    let trail = "select detail ->> 'decision' from audit_events where action = 'relay.decide' and outcome = 'done' order by occurred_at";
    assert_eq!(cast.texts(trail).await, ["hold", "forward_with_supplement"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_at_the_desk_leaves_nobody_unwarned() {
    let mut cast = cast().await;
    agreed(&cast, &[]).await;
    let id = published(&cast).await;
    cast.later(39);
    assert_eq!(cast.tick().await, 0);
    cast.later(1);
    // However many workers there are, it goes on once.
    let (one, two) = tokio::join!(cast.tick(), cast.tick());
    assert_eq!(one + two, 1);
    assert_eq!(cast.tick().await, 0);
    assert_eq!(
        (cast.state(id).await.as_str(), cast.copies(id, "member").await),
        ("forwarded", vec!["queued".to_owned()])
    );
    assert_eq!(cast.app.signed_in("handler").await.get(&item(id)).await.status, 200);
    let mut desk = cast.app.signed_in("desk").await;
    let page = desk.get(&relay(id)).await;
    assert!(
        page.body.contains("期限までに判断がなく、自動で中継") && !page.body.contains("確認へ進む"),
        "{}",
        page.body
    );
    let late =
        desk.post(&relay(id), &[("decision", "withhold_duplicate"), ("reason", "x"), ("confirmed", "true")]).await;
    assert_eq!(late.location(), format!("{}?done=moved_on", relay(id)));
    assert!(desk.get(late.location()).await.body.contains("状況が変わりました"));
    // What is tried for a day is tried for a day from now on.
    let span = format!("select distinct (give_up_at - due_at)::text from deliveries where item_id = '{id}'");
    assert_eq!(cast.texts(&span).await, ["1 day"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withheld_stays_so_is_missed_by_nobody_and_can_still_go_on() {
    let mut cast = cast().await;
    agreed(&cast, &[]).await;
    let id = published(&cast).await;
    let mut desk = cast.app.signed_in("desk").await;
    let why = [("decision", "withhold_duplicate"), ("reason", "20日に金融ISACから通知済み")];
    decide(&mut desk, id, &why).await;
    cast.later(24 * 60 * 8);
    assert_eq!(cast.tick().await, 0);
    assert_eq!((cast.state(id).await.as_str(), cast.copies(id, "member").await), ("withheld", vec!["held".to_owned()]));
    let mut desk = cast.app.signed_in("desk").await;
    let board = desk.get(&format!("{}/deliveries?fragment=progress", item(id))).await;
    assert!(board.body.contains("中継しない"), "{}", board.body);
    let mut liaison = cast.app.signed_in("liaison").await;
    assert!(liaison.get(&relay(id)).await.body.contains("20日に金融ISACから通知済み"));
    let list = desk.get(&format!("{}/deliveries?ceptoar=banks&state=overdue", item(id))).await.texts("main").concat();
    assert!(!list.contains("架空銀行"), "nobody is waited for: {list}");
    for form in [vec![("decision", "hold"), ("hold", "30"), ("reason", "x")], why.to_vec()] {
        assert_eq!(typed(&mut desk, id, &form).await.status, 422, "{form:?}");
    }
    // A second click says what has become of it, and keeps what was typed.
    let twice = desk.post(&relay(id), &[&why[..], &[("seen", "0-true"), ("confirmed", "true")]].concat()).await;
    assert!(twice.status == 422 && twice.body.contains("状況が変わりました"), "{}", twice.body);
    assert!(twice.texts("textarea[name=reason]").concat().contains("20日に金融ISAC"));
    // Who left in the meantime, and a window that closed, get nothing.
    let left = format!(
        "update memberships set valid = daterange(lower(valid), '2026-11-25') where organisation_id = '{}' returning ceptoar_id",
        cast.rival
    );
    cast.texts(&left).await;
    decide(&mut desk, id, &[("decision", "forward"), ("reason", "追加の情報のため")]).await;
    assert_eq!(cast.state(id).await, "forwarded");
    assert_eq!(cast.copies(id, "member").await, ["cancelled", "queued"]);
    assert_eq!(cast.app.signed_in("handler").await.get(&item(id)).await.status, 200);
    assert_eq!(cast.app.signed_in("reader").await.get(&item(id)).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_alone_lets_the_right_desk_decide_and_nobody_rewrite_it() {
    let mut cast = cast().await;
    agreed(&cast, &[]).await;
    let id = published(&cast).await;
    for name in ["handler", "gas-poc", "gas-desk", "liaison", "analyst", "case-approver", "auditor"] {
        let account = cast.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        let viewer = AccountId(account[0].parse().expect("an account"));
        for forged in [
            format!("select relay_decide('{id}', 'banks', 'forward', '', '', null)"),
            format!("select relay_open('{id}', 'banks', 'partner')"),
            "select count(*) from relay_time_up(now() + interval '1 year')".to_owned(),
            format!("update relays set state = 'forwarded', settled_at = now() where advisory_id = '{id}'"),
            format!("update advisory_audience set held = false where advisory_id = '{id}'"),
            "insert into relay_decisions (advisory_id, ceptoar_id, decision, reason, supplement, made_at) select advisory_id, ceptoar_id, 'time_up', '', '', now() from relays".to_owned(),
            "delete from relay_decisions".to_owned(),
        ] {
            let mut tx = cast.app.state.db.begin(Some(viewer), cast.app.state.clock.now()).await.expect("a viewer");
            let refused = sqlx::query(AssertSqlSafe(forged.as_str())).execute(&mut *tx).await.expect_err(&forged);
            let code = refused.as_database_error().and_then(sqlx::error::DatabaseError::code).map(|code| code.to_string());
            assert_eq!(code.as_deref(), Some("42501"), "{name} {forged}: {refused}");
        }
        let mut tx = cast.app.state.db.begin(Some(viewer), cast.app.state.clock.now()).await.expect("a viewer");
        let seen: i64 = sqlx::query_scalar("select count(*) from relays").fetch_one(&mut *tx).await.expect("a number");
        assert_eq!(seen, i64::from(["liaison", "analyst", "case-approver"].contains(&name)), "{name}");
        let copies = "select count(*) from deliveries where state = 'held'";
        let copies: i64 = sqlx::query_scalar(copies).fetch_one(&mut *tx).await.expect("a number");
        assert_eq!(copies > 0, ["analyst", "case-approver"].contains(&name), "{name}");
    }
    // The desk itself: no decision that no desk makes, and none for longer than a day.
    let desk = cast.texts("select account_id::text from accounts where sign_in_name = 'desk'").await;
    for (decision, until) in [
        ("time_up", "null"),
        ("hold", "viewer_now() + interval '25 hours'"),
        ("hold", "viewer_now() + interval '5 minutes'"),
        ("hold", "null"),
        ("nonsense", "null"),
    ] {
        let viewer = AccountId(desk[0].parse().expect("an account"));
        let mut tx = cast.app.state.db.begin(Some(viewer), cast.app.state.clock.now()).await.expect("a viewer");
        let forged = format!("select relay_decide('{id}', 'banks', '{decision}', 'x', '', {until})");
        assert!(sqlx::query(AssertSqlSafe(forged)).execute(&mut *tx).await.is_err(), "{decision} {until}");
    }
    assert_eq!(cast.state(id).await, "waiting");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_agreement_says_waits_at_the_desk() {
    let mut cast = cast().await;
    let id = factory::published_advisory(&cast.app, green()).await;
    assert_eq!(
        (cast.state(id).await.as_str(), cast.copies(id, "member").await),
        ("", vec!["queued".to_owned()]),
        "no agreement"
    );
    // By day the desk decides, at night it does not; it is a Saturday evening.
    agreed(&cast, &[("relay_off", "automatic")]).await;
    let id = factory::published_advisory(&cast.app, green()).await;
    assert_eq!(cast.state(id).await, "");
    cast.later(60 * 62); // Tuesday, 11 o'clock; Monday is a holiday
    let id = factory::published_advisory(&cast.app, green()).await;
    assert_eq!(cast.state(id).await, "waiting");
    // RED goes to the persons named, whatever was agreed.
    let window: Vec<String> =
        cast.texts(&format!("select contact_id::text from contacts where organisation_id = '{}'", cast.bank)).await;
    let named = [window[0].parse::<Uuid>().expect("a window")];
    let red = NewAdvisory { level: "RED", scope: "named", named: &named, ceptoars: &[], ..NewAdvisory::default() };
    let id = factory::published_advisory(&cast.app, red).await;
    assert_eq!((cast.state(id).await.as_str(), cast.copies(id, "member").await), ("", vec!["queued".to_owned()]));
    // Early warnings go on at once where that was agreed; the factory's items are early warnings.
    let again = [("relay_urgent", "automatic"), ("on_day", "24")];
    agreed(&cast, &again).await;
    let id = factory::published_advisory(&cast.app, green()).await;
    assert_eq!(cast.state(id).await, "");
    // Without a desk on the route nobody is asked.
    agreed(&cast, &[("on_day", "24")]).await;
    cast.texts("delete from route_stages where ceptoar_id = 'banks' and stage = 'secretariat' returning ceptoar_id")
        .await;
    let id = factory::published_advisory(&cast.app, green()).await;
    assert_eq!((cast.state(id).await.as_str(), cast.copies(id, "member").await), ("", vec!["queued".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_desks_decision_costs_nobody_elses_copy_and_the_suspended_get_none() {
    let mut cast = cast().await;
    agreed(&cast, &[]).await;
    // One mailbox for both CEPTOARs.
    let joined = format!(
        "insert into memberships (ceptoar_id, organisation_id, unit, valid)
         select 'gas', organisation_id, unit, valid from memberships where organisation_id = '{}' and ceptoar_id = 'banks' returning ceptoar_id",
        cast.rival
    );
    cast.texts(&joined).await;
    let rival = cast.rival;
    factory::window(&mut cast.db, rival, Some("gas"), "soc@bank2.example").await;
    let id = published(&cast).await;
    let copies = format!(
        "select concat_ws(' ', ceptoar_id, state) from deliveries where item_id = '{id}' and organisation_id = '{rival}' order by 1"
    );
    assert_eq!(cast.texts(&copies).await, ["banks held", "gas queued"]);
    // It is in its own list what came by the gas firms' desk alone.
    let account = cast.texts("select account_id::text from accounts where sign_in_name = 'handler'").await;
    cast.texts(&format!(
        "update accounts set suspended_at = now() + interval '1 hour' where account_id = '{}' returning sign_in_name",
        account[0]
    ))
    .await;
    decide(&mut cast.app.signed_in("desk").await, id, &[("decision", "forward")]).await;
    let states = format!(
        "select concat_ws(' ', k.organisation_id = '{}', d.state) from deliveries d join windows k using (contact_id)
                          where d.item_id = '{id}' and d.ceptoar_id = 'banks' and d.stage = 'member' order by 1",
        cast.bank
    );
    assert_eq!(cast.texts(&states).await, ["f queued", "t cancelled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_asked_is_asked_by_mail_and_nothing_waits_where_nobody_is() {
    let mut cast = cast().await;
    agreed(&cast, &[]).await;
    // The desk's organisation is a member of its own CEPTOAR, with the one window it has.
    let member = "insert into memberships (ceptoar_id, organisation_id, unit, valid)
                  select 'banks', organisation_id, '社', '[2018-04-01,)' from secretariat_terms
                  where ceptoar_id = 'banks' and upper_inf(valid) returning ceptoar_id";
    cast.texts(member).await;
    // And its mailbox is the window of a gas firm.
    let firm = factory::member(&mut cast.db, "gas", "架空銀行ガス").await;
    factory::window(&mut cast.db, firm, Some("gas"), "desk@banks.example").await;
    let id = published(&cast).await;
    let copies = format!(
        "select concat_ws(' ', d.ceptoar_id, d.stage, d.state, m.relay) from deliveries d join mails m using (mail_id)
         join delivery_addresses a using (delivery_id) where d.item_id = '{id}' and a.address = 'desk@banks.example' order by 1"
    );
    assert_eq!(cast.texts(&copies).await, ["banks secretariat queued t", "gas member queued f"]);
    let subject = format!("select subject from mails where item_id = '{id}' and relay and language = 'ja'");
    assert!(cast.texts(&subject).await.concat().starts_with("【要判断】【早期警戒情報】[TLP:GREEN]"));
    // Whoever has it by another way sees nothing of the desk that has it still, by the database alone.
    let joined = format!(
        "insert into memberships (ceptoar_id, organisation_id, unit, valid)
         values ('gas', '{}', '社', '[2018-04-01,)') returning ceptoar_id",
        cast.bank
    );
    cast.texts(&joined).await;
    let account = cast.texts("select account_id::text from accounts where sign_in_name = 'handler'").await;
    let window =
        cast.texts(&format!("select contact_id::text from contacts where organisation_id = '{}'", cast.bank)).await;
    let hat = format!(
        "insert into affiliations (account_id, role, organisation_id, ceptoar_id, valid)
         values ('{}', 'member_poc', '{}', 'gas', '[2018-04-01,)') returning role",
        account[0], cast.bank
    );
    cast.texts(&hat).await;
    assert_eq!(window.len(), 1);
    let id = published(&cast).await;
    let viewer = AccountId(account[0].parse().expect("an account"));
    let mut tx = cast.app.state.db.begin(Some(viewer), cast.app.state.clock.now()).await.expect("a viewer");
    for (table, item) in [("advisory_audience", "advisory_id"), ("deliveries", "item_id")] {
        let seen =
            format!("select coalesce(string_agg(distinct ceptoar_id, ' '), '') from {table} where {item} = '{id}'");
        let seen: String = sqlx::query_scalar(AssertSqlSafe(seen)).fetch_one(&mut *tx).await.expect("rows");
        assert!(!seen.contains("banks"), "{table}: {seen}");
    }
    drop(tx);
    // Nobody is at the desk any more: nothing waits there.
    for gone in [
        "update accounts set suspended_at = now() where sign_in_name in ('desk', 'colleague') returning sign_in_name",
        "update accounts set suspended_at = null where sign_in_name in ('desk', 'colleague') returning sign_in_name",
        "update secretariat_terms set valid = daterange(lower(valid), '2026-11-01') where ceptoar_id = 'banks' and upper_inf(valid) returning ceptoar_id",
    ] {
        cast.texts(gone).await;
        let id = factory::published_advisory(&cast.app, green()).await;
        let waits = gone.contains("suspended_at = null");
        assert_eq!(cast.state(id).await, if waits { "waiting" } else { "" }, "{gone}");
    }
}

/// A step of the centre past the desk of the banks.
pub(crate) async fn past(cast: &Cast, name: &str, id: Uuid, step: &str, reason: &str) -> Reply {
    let mut client = cast.app.signed_in(name).await;
    client.post(&format!("{}/bypass", relay(id)), &[("step", step), ("reason", reason)]).await
}

async fn withheld(cast: &Cast) -> Uuid {
    let id = published(cast).await;
    let mut desk = cast.app.signed_in("desk").await;
    decide(&mut desk, id, &[("decision", "withhold_not_relevant"), ("reason", "該当製品なし")]).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn two_persons_of_the_centre_go_past_a_desk_where_that_was_agreed_before_everybodys_eyes() {
    let mut cast = cast().await;
    agreed(&cast, &[("relay_bypass", "allowed")]).await;
    assert!(cast.app.signed_in("handler").await.get(RULE).await.body.contains("センターの2人が確認"));
    let id = withheld(&cast).await;
    // What is agreed later changes nothing about it.
    agreed(&cast, &[("minutes", "50")]).await;

    let wrong = past(&cast, "analyst", id, "ask", " ").await;
    assert!(wrong.status == 422 && !wrong.texts("#reason-error").is_empty(), "{}", wrong.body);
    assert_eq!(past(&cast, "analyst", id, "jump", "x").await.status, 400);
    assert_eq!(past(&cast, "approver", id, "go", "").await.location(), format!("{}?done=moved_on", relay(id)));
    let asked = past(&cast, "analyst", id, "ask", "制御系で悪用を確認したため").await;
    assert_eq!(asked.location(), format!("{}?done=ask", relay(id)));
    assert_eq!(past(&cast, "approver", id, "ask", "二度").await.location(), format!("{}?done=moved_on", relay(id)));
    assert_eq!(cast.copies(id, "member").await, ["held"], "one person alone sends nothing");
    assert!(past(&cast, "analyst", id, "go", "").await.status >= 403);
    let waiting = "先へ直接届ける提案が";
    for (name, told) in [("approver", true), ("analyst", false), ("desk", false), ("handler", false)] {
        assert_eq!(cast.app.signed_in(name).await.get("/").await.body.contains(waiting), told, "{name}");
    }
    for name in ["desk", "liaison"] {
        let page = cast.app.signed_in(name).await.get(&relay(id)).await;
        assert!(
            page.body.contains("制御系で悪用を確認したため") && !page.body.contains("/bypass"),
            "{name}: {}",
            page.body
        );
    }

    // Declined, asked again by an approver, who does not go alone.
    cast.later(1);
    assert_eq!(past(&cast, "approver", id, "refuse", "").await.status, 422);
    assert_eq!(
        past(&cast, "approver", id, "refuse", "事務局と協議中").await.location(),
        format!("{}?done=refuse", relay(id))
    );
    cast.later(1);
    assert_eq!(
        past(&cast, "approver", id, "ask", "協議が済んだため").await.location(),
        format!("{}?done=ask", relay(id))
    );
    let alone = past(&cast, "approver", id, "go", "").await;
    assert_eq!(alone.status, 404, "{}", alone.body);
    let own = cast.app.signed_in("approver").await.get(&relay(id)).await;
    assert!(own.body.contains("あなたが提案しました"), "{}", own.body);
    let second = cast.app.signed_in("case-approver").await.get(&relay(id)).await;
    assert!(second.attributes("form[data-confirm]", "data-confirm").concat().contains("2の構成員に、すぐに届きます"));
    cast.later(1);
    assert_eq!(past(&cast, "case-approver", id, "go", "").await.location(), format!("{}?done=go", relay(id)));

    assert_eq!(cast.state(id).await, "forwarded");
    assert_eq!(cast.copies(id, "member").await, ["queued"]);
    for name in ["handler", "reader", "desk"] {
        let page = cast.app.signed_in(name).await.get(&item(id)).await;
        assert!(page.status == 200 && page.body.contains("事務局の中継を経ずに"), "{name}: {}", page.body);
        assert!(!page.body.contains("協議が済んだため"), "why is for the desk, on its page");
    }
    assert!(cast.app.signed_in("desk").await.get(&relay(id)).await.body.contains("センターが、構成員へ直接届けた"));
    let steps = format!("select decision from relay_decisions where advisory_id = '{id}' order by made_at");
    assert_eq!(
        cast.texts(&steps).await,
        ["withhold_not_relevant", "bypass_asked", "bypass_refused", "bypass_asked", "bypassed"]
    );
    let letter = "select concat_ws('|', a.address, m.subject, m.body) from mails m join deliveries d using (mail_id)
                  join delivery_addresses a using (delivery_id) where m.subject like '%構成員へ届けました%'";
    let letter = cast.texts(letter).await;
    assert!(letter.len() == 1 && letter[0].starts_with("desk@banks.example|"), "{letter:?}");
    assert!(letter[0].contains(&relay(id)) && !letter[0].contains("制御系"), "{letter:?}");
    assert_eq!(past(&cast, "approver", id, "ask", "もう一度").await.location(), format!("{}?done=moved_on", relay(id)));
    let trail = cast
        .texts("select detail ->> 'step' from audit_events where action = 'relay.bypass' order by occurred_at")
        .await;
    assert_eq!(trail, ["ask", "refuse", "ask", "go"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_goes_past_a_desk_that_did_not_agree_or_still_decides() {
    let mut cast = cast().await;
    agreed(&cast, &[]).await;
    let unagreed = withheld(&cast).await;
    let page = cast.app.signed_in("analyst").await.get(&relay(unagreed)).await;
    assert!(page.status == 200 && !page.body.contains("構成員へ直接届ける"), "{}", page.body);
    let moved = format!("{}?done=moved_on", relay(unagreed));
    assert_eq!(past(&cast, "analyst", unagreed, "ask", "急ぐため").await.location(), moved);

    agreed(&cast, &[("relay_bypass", "allowed")]).await;
    let waiting = published(&cast).await;
    assert!(
        !cast.app.signed_in("analyst").await.get(&relay(waiting)).await.body.contains("/bypass"),
        "it has its time"
    );
    let moved = format!("{}?done=moved_on", relay(waiting));
    assert_eq!(past(&cast, "analyst", waiting, "ask", "急ぐため").await.location(), moved);
    let mut desk = cast.app.signed_in("desk").await;
    decide(&mut desk, waiting, &[("decision", "hold"), ("hold", "60"), ("reason", "確認中")]).await;
    assert_eq!(
        past(&cast, "analyst", waiting, "ask", "急ぐため").await.location(),
        format!("{}?done=ask", relay(waiting))
    );
    for name in ["desk", "colleague", "gas-desk", "liaison", "handler", "reader", "gas-poc", "auditor"] {
        assert!(past(&cast, name, waiting, "go", "").await.status >= 403, "{name}");
        let account: Uuid =
            cast.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await[0]
                .parse()
                .expect("an account");
        // A desk makes the decisions of a desk.
        for decision in ["bypass_asked", "bypassed", "bypass_refused", "time_up"] {
            let now = cast.app.state.clock.now();
            let mut tx = cast.app.state.db.begin(Some(AccountId(account)), now).await.expect("a viewer");
            let forged =
                sqlx::query("select relay_decide($1, 'banks', $2, 'x', '', null)").bind(waiting).bind(decision);
            assert!(forged.execute(&mut *tx).await.is_err(), "{name} {decision}");
        }
        for step in ["ask", "refuse", "go"] {
            let now = cast.app.state.clock.now();
            let mut tx = cast.app.state.db.begin(Some(AccountId(account)), now).await.expect("a viewer");
            let forged = sqlx::query("select relay_bypass($1, 'banks', $2, 'x')").bind(waiting).bind(step);
            assert!(forged.execute(&mut *tx).await.is_err(), "{name} {step}");
            drop(tx);
            let mut tx = cast.app.state.db.begin(Some(AccountId(account)), now).await.expect("a viewer");
            let letter = "select relay_bypass_tell($1, 'banks', '{ja}', '{x}', '{x}', array['x'::bytea], now())";
            assert!(sqlx::query(letter).bind(waiting).execute(&mut *tx).await.is_err(), "{name}");
            drop(tx);
            let mut tx = cast.app.state.db.begin(Some(AccountId(account)), now).await.expect("a viewer");
            let open = sqlx::query("select * from relay_bypass_asked()").fetch_all(&mut *tx).await.expect("rows");
            assert!(open.is_empty(), "{name}");
        }
    }
    // Who asked and is no longer there has not asked; nobody answers with a word that is none.
    cast.texts("update accounts set suspended_at = now() where sign_in_name = 'analyst' returning 'x'").await;
    let moved = format!("{}?done=moved_on", relay(waiting));
    assert_eq!(past(&cast, "approver", waiting, "go", "").await.location(), moved);
    cast.texts("update accounts set suspended_at = null where sign_in_name = 'analyst' returning 'x'").await;
    let approver: Uuid = cast
        .texts("select account_id::text from accounts where sign_in_name = 'approver'")
        .await
        .concat()
        .parse()
        .expect("an account");
    let now = cast.app.state.clock.now();
    let mut tx = cast.app.state.db.begin(Some(AccountId(approver)), now).await.expect("a viewer");
    let nothing = sqlx::query("select relay_bypass($1, 'banks', null, '')").bind(waiting).execute(&mut *tx).await;
    assert!(nothing.is_err());
    drop(tx);
    // The time that the desk took is up before anybody answers: it has gone on by itself.
    cast.later(61);
    assert_eq!(cast.tick().await, 1);
    assert_eq!(
        past(&cast, "approver", waiting, "go", "").await.location(),
        format!("{}?done=moved_on", relay(waiting))
    );
    assert_eq!(cast.state(waiting).await, "forwarded");
}
