//! Everybody who has a form somewhere, and the forms that a walk over their pages finds.

use std::collections::{BTreeMap, BTreeSet};

use ceptoar_portal::app::router;
use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::accounts::tickets::Purpose;
use ceptoar_portal::features::feature_map;
use scraper::{ElementRef, Html, Selector};
use sqlx::PgConnection;

use crate::authenticators;
use crate::follow_up::world;
use crate::support::factory::NewAdvisory;
use crate::support::{Client, TestApp, factory};

/// A portal with somebody for every form.
pub struct Scene {
    pub app: TestApp,
    pub db: PgConnection,
    /// Everybody with the pages that their walk begins at.
    pub people: Vec<(&'static str, Client, Vec<String>)>,
}

/// What sort of text a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody writes a line in it.
    Line,
    /// Somebody writes as much as they like in it.
    Text,
    /// A part of a date, a code, a password.
    Short,
    /// Chosen or hidden: only a stranger's program writes in it.
    Fixed,
}

/// A form as a browser would send it when everything is filled in well.
#[derive(Debug, Clone)]
pub struct Form {
    pub who: usize,
    pub method: String,
    pub action: String,
    pub route: &'static str,
    pub values: Vec<(String, String)>,
    pub fields: Vec<(String, Kind)>,
}

/// What makes a field pass where the page does not fill it in already.
const VALID: [(&str, &str); 93] = [
    ("heading", "詳しい手口"),
    ("part_level", "AMBER_STRICT"),
    ("part_scope", "handlers"),
    // A comment before approval: answered, and one left open.
    ("answer", "直しました。"),
    ("open_comments", "1"),
    ("route_ministry", "beside"),
    ("looks_after", "all"),
    ("basis_2", "answer_due"),
    ("basis_3", "answer_due"),
    ("grade", "watch"),
    ("body", "複数の構成員で同じ現象がある。"),
    ("proposal", "早期警戒情報を検討してほしい。"),
    ("choice", "noted"),
    ("next_step", "follow_up"),
    // Of what follows from silence, two rungs are not used.
    ("step_2", "desk"),
    ("step_3", "next_up"),
    ("step_4", ""),
    ("step_5", ""),
    ("relay_office", "decided"),
    ("decision", "forward_with_supplement"),
    ("supplement", "勘定系が対象です。"),
    ("answered_by", "当直"),
    ("told", "1"),
    ("behind", "2"),
    ("display_name", "佐藤 花子"),
    ("sign_in_name", "sato-hanako"),
    ("mail_address", "hanako@people.example"),
    ("address", "new@people.example"),
    ("reason", "夜間の障害で、どの窓口にもつながらないため"),
    ("words", "銀行"),
    ("query", "銀行"),
    ("recipient", "bank"),
    ("name", "analyst"),
    ("password", "seven quiet herons by the weir"),
    ("new", "seven quiet herons by the weir"),
    ("old", authenticators::PASSWORD),
    ("code", "123456"),
    ("kind", "alert"),
    ("purpose", "prevention"),
    ("level", "AMBER"),
    ("handler_scope", "handlers"),
    ("title", "題名"),
    ("summary", "概要"),
    ("countermeasure", "対策"),
    ("duty", "member_poc"),
    ("speaks_for", ""),
    ("confirm", "true"),
    ("ja", "新しい銀行(架空)"),
    ("label", "総務部"),
    ("reading", "あたらしいぎんこう"),
    ("value_1", "another@bank.example"),
    ("sure", "true"),
    ("spoke_with", "当直"),
    ("edition", "第2版"),
    ("adopted_year", "2026"),
    ("adopted_month", "11"),
    ("adopted_day", "1"),
    ("from_year", "2026"),
    ("from_month", "12"),
    ("from_day", "1"),
    ("comment", "電話で確かめました。"),
    ("place", "名称"),
    ("wrong", "誤り"),
    ("right", "正しい内容"),
    ("began_year", "2026"),
    ("began_month", "9"),
    ("began_day", "10"),
    ("activity", "drill"),
    ("done", "全構成員に届いた。"),
    ("correction", "主催の書きもれ"),
    ("organiser", "架空協会"),
    ("since_year", "2020"),
    ("since_month", "4"),
    ("remark", "架空協会と合意した。"),
    ("partner_kind", "prefecture"),
    ("group_kind", "cross_cutting"),
    ("role", "passes_on"),
    ("basis", "連携に関する取決め(架空)"),
    ("body_ja", ""),
    // A group, and who comes into it.
    ("for_whom", "決済に関わる構成員(架空)"),
    ("member", "架空第二銀行"),
    // A unit stands beside a number only.
    ("count_unit_2", ""),
    ("count_unit_3", ""),
    ("count_unit_4", ""),
    ("reach_unit", ""),
    // A survey: a question, and the answers to a number and to a list of products.
    ("wording", "使っていますか。"),
    ("choices", "はい\nいいえ"),
    ("answer_3", "12"),
    ("product_4_1", "VPN装置"),
    // The columns of the table that is brought in: number, name, unit, English name.
    ("col_0", "0"),
    ("col_1", "2"),
    ("col_2", "6"),
    ("col_3", "4"),
];

impl Scene {
    pub async fn build() -> Self {
        let app = TestApp::start().await;
        let mut db = app.database.owner().await;
        let bank = factory::member(&mut db, "banks", "架空銀行").await;
        factory::hub(&mut db, bank).await;
        let window = factory::window(&mut db, bank, Some("banks"), "window@bank.example").await;
        // One of them can be closed.
        factory::window(&mut db, bank, Some("banks"), "night@bank.example").await;
        let (nisc, desk) =
            (factory::organisation(&mut db, "nisc").await, factory::secretariat_of(&mut db, "banks").await);
        let fsa = factory::organisation(&mut db, "fsa").await;
        let (author, _) = factory::case_team(&app).await;
        let banks = Some("banks");
        let poc = factory::person(&app, "poc", Role::MemberPoc, bank, banks, Some(window)).await;
        let gone = factory::person(&app, "gone", Role::MemberReader, bank, banks, None).await;
        for (name, role, place, ceptoar) in [
            ("desk", Role::Secretariat, desk, banks),
            ("keeper", Role::MemberAdmin, bank, banks),
            ("operator", Role::SystemAdmin, nisc, None),
            ("auditor", Role::Auditor, nisc, None),
            ("analyst", Role::NiscAnalyst, nisc, None),
            ("liaison", Role::MinistryLiaison, fsa, None),
        ] {
            factory::person(&app, name, role, place, ceptoar, None).await;
        }
        sqlx::query("update accounts set mail_address = sign_in_name || '@people.example'")
            .execute(&mut db)
            .await
            .expect("addresses");
        let invited = authenticators::newcomer(&app, "invited", Role::MemberReader).await;
        let (_, stale, ..) = authenticators::equipped(&app, "tanto").await;
        // A session that has to prove itself again; a fresh one comes below.
        sqlx::query("update sessions set confirmed_at = confirmed_at - interval '1 hour'")
            .execute(&mut db)
            .await
            .expect("an older session");
        let half = authenticators::with_password(&app, "tanto").await;
        let question = asked_window(&app, &mut db).await;
        factory::partner(&mut db, "banks", "架空県", "sits_in").await;
        factory::group(&mut db, "banks", "決済", &[bank]).await;
        let published = factory::draft_advisory(&app, NewAdvisory::default()).await;
        sqlx::query("update advisories set measures_due = answer_due where advisory_id = $1")
            .bind(published)
            .execute(&mut db)
            .await
            .expect("a due time");
        factory::publish(&app, published, false).await;
        let draft = factory::draft_advisory(&app, NewAdvisory::default()).await;
        sqlx::query(
            "insert into advisory_parts (advisory_id, heading, body, level, handler_scope, added_at)
             values ($1, '手口', '内部の名称', 'AMBER_STRICT', 'handlers', now())",
        )
        .bind(draft)
        .execute(&mut db)
        .await
        .expect("a limited section");
        // Whoever is named first for a firm is told at its windows, so each has one.
        let silent: Vec<(uuid::Uuid, String)> = sqlx::query_as(
            "select distinct m.organisation_id, m.ceptoar_id from memberships m
             where not exists (select from contacts k where k.organisation_id = m.organisation_id)",
        )
        .fetch_all(&mut db)
        .await
        .expect("firms");
        for (firm, ceptoar) in silent {
            for address in ["window@firm.example", "night@firm.example"] {
                factory::window(&mut db, firm, Some(&ceptoar), address).await;
            }
        }
        let red = factory::draft_advisory(
            &app,
            NewAdvisory { level: "RED", scope: "named", named: &[window], ..NewAdvisory::default() },
        )
        .await;
        let review = factory::draft_advisory(&app, NewAdvisory::default()).await;
        sqlx::query("update advisories set state = 'review', submitted_by = created_by, submitted_at = created_at where advisory_id = $1")
            .bind(review)
            .execute(&mut db)
            .await
            .expect("an item in review");
        let timed = factory::draft_advisory(&app, NewAdvisory::default()).await;
        factory::approve_for_later(&app, timed).await;
        // The factory's text has a link that no form takes.
        sqlx::query("update advisory_texts set links = array['https://www.vendor.example/advisory']")
            .execute(&mut db)
            .await
            .expect("links");
        let office = nisc.to_string();
        let asked = [
            ("display_name", "鈴木 一郎"),
            ("sign_in_name", "suzuki"),
            ("mail_address", "suzuki@people.example"),
            ("language", "ja"),
            ("duty", "nisc_analyst"),
            ("office", office.as_str()),
            ("reason", "定期異動"),
        ];
        let asked = app.signed_in("case-approver").await.post("/people/requests/new", &asked).await;
        assert_eq!(asked.status, 303, "{}", asked.body);
        let late = authenticators::newcomer(&app, "invited-later", Role::MemberReader).await;
        let ticket = authenticators::ticket(&app, late, Purpose::Enrol).await.expect("a ticket");
        // A form that is filled in already is filled in well.
        sqlx::query(
            "update organisation_names set reading = 'かくうぎんこう' where organisation_id in
               (select organisation_id from organisations where kind = 'member')",
        )
        .execute(&mut db)
        .await
        .expect("readings");
        // Something is planned, and can be taken back.
        let mut planner = app.signed_in("desk").await;
        let path = format!("/directory/banks/members/{bank}/name");
        let seen = planner.get(&path).await.values("input[name=seen]").concat();
        let plan = [
            ("ja", "架空未来銀行"),
            ("reading", "かくうみらいぎんこう"),
            ("en", ""),
            ("nature", "change"),
            ("on_year", "2027"),
            ("on_month", "4"),
            ("on_day", "1"),
            ("seen", &seen),
            ("confirmed", "true"),
        ];
        assert_eq!(planner.post(&path, &plan).await.status, 303);
        follow_up(&app).await;
        // A table waits to be applied.
        let table = format!("構成員の管理番号,構成員の名称,単位,英語名\n{bank},架空銀行,社,Invented Bank\n");
        let day = [("from_year", "2026"), ("from_month", "11"), ("from_day", "21")];
        let brought = planner.upload("/directory/banks/exchange", &day, ("x.csv", table.as_bytes())).await;
        assert_eq!(brought.status, 303, "{}", brought.body);
        let waiting = planner.get(brought.location()).await;
        assert!(waiting.body.contains("/apply"), "{:?}", waiting.texts("h1, h2, tbody"));
        handling_rules(&app).await;
        let proposal = proposal(&app, &mut db).await;
        former_member(&mut db).await;
        planned_part(&app).await;
        surveys(&app).await;
        let mut enrolling = app.visitor();
        let path = authenticators::ticket(&app, invited, Purpose::Enrol).await.expect("a ticket");
        assert_eq!(enrolling.post(&path, &[("password", authenticators::PASSWORD)]).await.status, 303);
        let mut people = vec![
            (
                "visitor",
                app.visitor(),
                vec!["/sign-in".into(), "/sign-in/forgotten".into(), ticket, question, "/mailbox".into()],
            ),
            ("half", half, vec!["/sign-in/second".into()]),
            ("enrolling", enrolling, vec!["/enrol".into(), "/enrol/app".into()]),
            ("tanto, a while ago", stale, vec!["/account/confirm?return_to=/account/address".into()]),
        ];
        let fresh = app.signed_in("tanto").await;
        people.push(("tanto", fresh, vec!["/account".into(), "/account/address".into(), "/account/password".into()]));
        let of_item = |id| {
            ["", "/draft", "/named", "/sections", "/submission", "/publication", "/deliveries"]
                .map(|p| format!("/advisories/{id}{p}"))
        };
        let items: Vec<String> = [review, published, draft, red, timed].into_iter().flat_map(of_item).collect();
        commented(&app, review).await;
        let told = told_to_the_desk(&app, bank).await;
        let relayed = at_the_desk(&app).await;
        let judged = judgement_to_answer(&app).await;
        let liaison = app.signed_in("liaison").await;
        people.push(("liaison", liaison, vec!["/directory/banks/route/ministry".into()]));
        for name in ["case-author", "case-approver", "desk", "keeper", "operator", "auditor", "analyst", "poc"] {
            let mut starts = items.clone();
            starts.extend(
                [
                    "/",
                    "/search",
                    "/people",
                    "/people/places",
                    "/people/requests/new",
                    "/trail",
                    "/break-glass",
                    "/queue/pause",
                    "/queue/resume",
                    "/queue/retry",
                    "/directory",
                ]
                .map(str::to_owned),
            );
            starts.push(format!("/people/places/{bank}/banks"));
            starts.extend(
                [
                    "/directory/banks/rules",
                    "/directory/banks/activities/new",
                    "/directory/banks/setup",
                    "/judgements",
                    "/judgements/ceptoars/banks",
                    "/directory/banks/partners",
                    "/directory/banks/groups",
                    "/directory/federations",
                    "/directory/federations/finance-liaison",
                    "/activities",
                    "/surveys",
                    "/surveys/products",
                    "/surveys/of/banks/new",
                    "/escalation",
                    "/follow-up/2026/sheets/banks",
                    "/follow-up/2026/sheets/life",
                    ERRATA,
                    "/follow-up/2026",
                ]
                .map(str::to_owned),
            );
            starts.extend(["/mailbox".to_owned(), asked.location().to_owned()]);
            starts.push(format!("/break-glass/organisations/{bank}"));
            starts.push(format!("{}?columns=change", brought.location()));
            starts.push(brought.location().to_owned());
            if name == "desk" {
                // Where the plan is taken back: before the many pages of other members.
                starts.insert(0, format!("/directory/banks/members/{bank}"));
                starts.insert(1, "/directory/banks/former".to_owned());
                starts.extend(
                    ["calls", "receipt-code"].map(|page| format!("/advisories/{published}/{page}?ceptoar=banks")),
                );
                starts.extend([format!("/advisories/{published}/receipts/banks/{bank}"), told.clone()]);
                starts.extend([relayed.clone(), "/directory/banks/route/agreement".to_owned()]);
            }
            if name == "analyst" {
                starts.insert(0, judged.clone());
                starts.insert(1, relayed.clone());
            }
            if name == "case-approver" {
                let route = factory::regional_office(&mut db, "banks", "架空財務局", None).await.1;
                starts.insert(0, "/directory/banks/route/offices".to_owned());
                starts.extend([route, "/directory/banks/route/regional/new".to_owned()]);
            }
            for person in [poc, gone, author, invited] {
                starts.push(format!("/people/{person}"));
            }
            people.push((name, app.signed_in(name).await, starts));
        }
        // A paused queue has both forms.
        sqlx::query("insert into mail_pauses (reason, begun_by) select 'x', account_id from accounts limit 1")
            .execute(&mut db)
            .await
            .expect("a pause");
        let (recorded, set_up) = (recorded_activity(&app).await, recorded_step(&app).await);
        let ending = ending_group(&app).await;
        // After the others: what the banks' desk has as well is filled in there.
        let life_desk = app.signed_in("desk-life").await;
        people.push((
            "desk-life",
            life_desk,
            vec![
                "/directory/life/verification".into(),
                "/directory/life/rules".into(),
                recorded,
                set_up,
                ending,
                judged,
            ],
        ));
        people.push(("keeper-second", app.signed_in("keeper-second").await, vec![proposal]));
        sqlx::query("update accounts set suspended_at = now() where account_id = $1")
            .bind(gone)
            .execute(&mut db)
            .await
            .expect("a suspension");
        Self { app, db, people }
    }
}

/// Where an erratum is recorded.
const ERRATA: &str = "/map/2018-04-24/errata";

/// A follow-up that runs: the banks have their sheet still, that of the life insurers waits to be checked.
async fn follow_up(app: &TestApp) {
    let opening = [
        ("fiscal_year", "2026"),
        ("due_year", "2026"),
        ("due_month", "12"),
        ("due_day", "18"),
        ("plan", "行動計画"),
        ("plan_en", "Action plan"),
        ("sure", "true"),
    ];
    let opened = app.signed_in("analyst").await.post("/follow-up", &opening).await;
    assert_eq!(opened.status, 303, "{}", opened.body);
    let mut desk = app.signed_in("desk-life").await;
    let path = "/follow-up/2026/sheets/life";
    let form = world::fields(&desk.get(path).await, "main form");
    let sent = world::send(&mut desk, path, &world::with(form, &[("act", "send")])).await;
    assert_eq!(sent.status, 303, "{:?}", sent.texts(".error-summary"));
}

/// Handling rules in force: the banks' member has not agreed, the other CEPTOAR's has on paper.
async fn handling_rules(app: &TestApp) {
    let edition = [
        ("title", "取扱規程"),
        ("edition", "第1版"),
        ("adopted_year", "2018"),
        ("adopted_month", "4"),
        ("adopted_day", "1"),
        ("from_year", "2018"),
        ("from_month", "4"),
        ("from_day", "1"),
    ];
    for (desk, rules) in [("desk", "/directory/banks/rules"), ("desk-life", "/directory/life/rules")] {
        assert_eq!(app.signed_in(desk).await.post(rules, &edition).await.status, 303);
    }
    let paper: String = sqlx::query_scalar(
        "select '/directory/life/rules/' || r.rule_id || '/consents/' || m.organisation_id
         from handling_rules r join memberships m using (ceptoar_id) where r.ceptoar_id = 'life'",
    )
    .fetch_one(&mut app.database.owner().await)
    .await
    .expect("an edition and a member");
    assert_eq!(app.signed_in("desk-life").await.post(&paper, &[]).await.status, 303);
}

/// What another bank proposes: its desk can decide, and its keeper take it back.
async fn proposal(app: &TestApp, db: &mut PgConnection) -> String {
    let bank = factory::member(&mut *db, "banks", "架空第二銀行").await;
    factory::person(app, "keeper-second", Role::MemberAdmin, bank, Some("banks"), None).await;
    sqlx::query("update organisation_names set reading = 'かくうだいにぎんこう' where organisation_id = $1")
        .bind(bank)
        .execute(db)
        .await
        .expect("a reading");
    let path = format!("/directory/banks/members/{bank}/proposal");
    let mut keeper = app.signed_in("keeper-second").await;
    let seen = keeper.get(&path).await.values("input[name=seen]").concat();
    let form = [
        ("ja", "架空第三銀行"),
        ("reading", "かくうだいさんぎんこう"),
        ("en", ""),
        ("unit", "社"),
        ("on_year", "2027"),
        ("on_month", "4"),
        ("on_day", "1"),
        ("reason", "合併のため"),
        ("seen", &seen),
        ("confirmed", "true"),
    ];
    let done = keeper.post(&path, &form).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    done.location().to_owned()
}

/// A survey that the desk still makes, one that the keeper answers, and one that is closed.
async fn surveys(app: &TestApp) {
    let mut desk = app.signed_in("desk").await;
    let settings = crate::surveys::world::with(&crate::surveys::world::NAMED, &[("participation", "required")]);
    for steps in [&["open", "close"][..], &["open"], &[]] {
        let survey = crate::surveys::world::make(&mut desk, &settings).await;
        for (kind, choices) in [("one", "はい\nいいえ"), ("words", ""), ("number", ""), ("products", "")] {
            let question = [("question_kind", kind), ("wording", "使っていますか。"), ("choices", choices)];
            crate::surveys::world::ask(&mut desk, &survey, &question).await;
        }
        for step in steps {
            let done = crate::surveys::world::step(&mut desk, &survey, step, &[]).await;
            assert_eq!(done.status, 303, "{:?}", done.texts("[role=alert]"));
        }
    }
}

/// An activity that the other CEPTOAR's desk wrote down: the path of its page.
async fn recorded_activity(app: &TestApp) -> String {
    let mut desk = app.signed_in("desk-life").await;
    let typed = [
        ("title", "セプター訓練"),
        ("began_year", "2026"),
        ("began_month", "9"),
        ("began_day", "10"),
        ("activity", "drill"),
        ("done", "全構成員に届いた。"),
    ];
    let done = desk.post("/directory/life/activities/new", &typed).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    sqlx::query_scalar("select '/directory/life/activities/' || activity_id from activities where ceptoar_id = 'life'")
        .fetch_one(&mut app.database.owner().await)
        .await
        .expect("an entry")
}

/// Something that the approver said at the item that waits.
async fn commented(app: &TestApp, item: uuid::Uuid) {
    let place = [("field", "title"), ("line", ""), ("seen", "0"), ("body", "製品名を入れてください。")];
    let done = app.signed_in("case-approver").await.post(&format!("/advisories/{item}/review/new"), &place).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary, h1"));
}

/// A receipt that the desk entered for another item: where it is taken back.
async fn told_to_the_desk(app: &TestApp, bank: uuid::Uuid) -> String {
    let id = factory::published_advisory(app, NewAdvisory::default()).await;
    let typed = [
        ("channel", "phone"),
        ("answered_by", "当直"),
        ("on_year", "2026"),
        ("on_month", "11"),
        ("on_day", "21"),
        ("on_hour", "21"),
        ("on_minute", "10"),
        ("confirmed", "true"),
    ];
    let place = format!("/advisories/{id}/receipts/banks/{bank}");
    let done = app.signed_in("desk").await.post(&place, &typed).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    let receipt: uuid::Uuid = sqlx::query_scalar("select receipt_id from desk_receipts")
        .fetch_one(&mut app.database.owner().await)
        .await
        .expect("a receipt");
    format!("{place}/{receipt}/withdrawal")
}

/// Another item about which the desk has to decide: where it does so.
async fn at_the_desk(app: &TestApp) -> String {
    let id = factory::published_advisory(app, NewAdvisory::default()).await;
    let mut owner = app.database.owner().await;
    let page = sqlx::query_scalar(
        "with item as (insert into relays (advisory_id, ceptoar_id, asked_at, due_at)
                       values ($1, 'banks', $2, $2 + interval '10 years') returning advisory_id)
         select '/advisories/' || advisory_id || '/relays/banks' from item",
    )
    .bind(id)
    .bind(app.state.clock.now())
    .fetch_one(&mut owner)
    .await
    .expect("a relay");
    // Put off, where the centre may go past the desk.
    let put_off = "update relays set state = 'held', bypass = true";
    sqlx::query(put_off).execute(&mut owner).await.expect("a relay that is put off");
    page
}

/// A judgement with a proposal of the other CEPTOAR's desk: where the centre answers.
async fn judgement_to_answer(app: &TestApp) -> String {
    let typed = [("grade", "alert"), ("title", "題名"), ("body", "判断"), ("proposal", "提案")];
    let done = app.signed_in("desk-life").await.post("/judgements/ceptoars/life", &typed).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    done.location().split('?').next().expect("a path").to_owned()
}

/// A step of its setting up that the other CEPTOAR's desk wrote down: the path of its page.
async fn recorded_step(app: &TestApp) -> String {
    let typed = [("subject", "step_rules"), ("since_year", "2018"), ("since_month", "4")];
    let done = app.signed_in("desk-life").await.post("/directory/life/setup", &typed).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    sqlx::query_scalar("select '/directory/life/setup/' || fact_id from setup_facts")
        .fetch_one(&mut app.database.owner().await)
        .await
        .expect("a fact")
}

/// Somebody who was a member, and may come back.
async fn former_member(db: &mut PgConnection) {
    let former = factory::member(db, "banks", "架空退会銀行").await;
    sqlx::query("update memberships set valid = '[2018-04-01,2024-04-01)' where organisation_id = $1")
        .bind(former)
        .execute(db)
        .await
        .expect("a leaving");
}

/// A plan of a federation, which can be taken back.
async fn planned_part(app: &TestApp) {
    let path = "/directory/federations/finance-liaison/joining";
    let mut desk = app.signed_in("desk").await;
    let seen = desk.get(path).await.values("input[name=seen]").concat();
    let typed = [
        ("ceptoar", "gas"),
        ("part", "observer"),
        ("on_year", "2027"),
        ("on_month", "4"),
        ("on_day", "1"),
        ("reason", "意見交換のため"),
        ("seen", seen.as_str()),
        ("confirmed", "true"),
    ];
    let done = desk.post(path, &typed).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
}

/// A group whose end is planned: the page of the groups.
async fn ending_group(app: &TestApp) -> String {
    let group = factory::group(&mut app.database.owner().await, "life", "資金", &[]).await;
    let mut desk = app.signed_in("desk-life").await;
    let path = format!("/directory/life/groups/{group}/end");
    let seen = desk.get(&path).await.values("input[name=seen]").concat();
    let last = [("on_year", "2027"), ("on_month", "3"), ("on_day", "31"), ("reason", "x"), ("confirmed", "true")];
    let mut form = last.to_vec();
    form.push(("seen", &seen));
    let done = desk.post(&path, &form).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    "/directory/life/groups".to_owned()
}

/// A round in another CEPTOAR, in which a window that has a telephone is asked: the path of its link.
async fn asked_window(app: &TestApp, db: &mut PgConnection) -> String {
    let desk = factory::secretariat_of(db, "life").await;
    let insurer = factory::member(db, "life", "架空生命").await;
    let window = factory::window(db, insurer, Some("life"), "window@insurer.example").await;
    factory::window(db, insurer, Some("life"), "night@insurer.example").await;
    factory::person(app, "desk-life", Role::Secretariat, desk, Some("life"), None).await;
    sqlx::query(
        "insert into contact_channels (contact_id, position, kind, value, hours, valid)
         values ($1, 2, 'phone', '03-0000-1234', 'always', '[2018-04-01,)')",
    )
    .bind(window)
    .execute(&mut *db)
    .await
    .expect("a telephone");
    let round = [("scope", "all"), ("due_year", "2026"), ("due_month", "12"), ("due_day", "4"), ("sure", "true")];
    let opened = app.signed_in("desk-life").await.post("/directory/life/verification", &round).await;
    assert_eq!(opened.status, 303, "{}", opened.body);
    let letter: String =
        sqlx::query_scalar("select m.body from mails m join deliveries d using (mail_id) where d.contact_id = $1")
            .bind(window)
            .fetch_one(db)
            .await
            .expect("a letter");
    letter
        .split_whitespace()
        .find_map(|word| word.find("/verification/").map(|at| word[at..].to_owned()))
        .expect("a link")
}

/// Every declared path, the longest first so that a literal segment wins over a parameter.
pub fn routes(app: &TestApp) -> Vec<(&'static str, &'static str)> {
    let (_, table) = router::pages(feature_map::PublicPages::new(app.state.clone())).into_parts();
    let mut routes: Vec<_> = table.declared().iter().map(|route| (route.path, route.method)).collect();
    routes.sort_by_key(|(path, _)| path.matches('{').count());
    routes
}

/// The declared path that an address is one of.
fn route_of(routes: &[(&'static str, &'static str)], method: &str, address: &str) -> Option<&'static str> {
    let path = address.split('?').next().unwrap_or_default();
    let fits = |declared: &str| {
        let (mut left, mut right) = (declared.split('/'), path.split('/'));
        loop {
            match (left.next(), right.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a == b || (a.starts_with('{') && !b.is_empty()) => {}
                _ => return false,
            }
        }
    };
    routes.iter().find(|(declared, of)| *of == method && fits(declared)).map(|(declared, _)| *declared)
}

/// Walks over everybody's pages; each form of a route once, by the fields that it has.
pub async fn walk(scene: &mut Scene) -> Vec<Form> {
    let routes = routes(&scene.app);
    let mut found: BTreeMap<String, Form> = BTreeMap::new();
    for (who, (_, client, starts)) in scene.people.iter_mut().enumerate() {
        let mut ahead: Vec<String> = starts.iter().rev().cloned().collect();
        let (mut seen, mut pages) = (BTreeSet::new(), BTreeMap::<&str, usize>::new());
        while let Some(path) = ahead.pop() {
            let Some(route) = route_of(&routes, "GET", &path) else { continue };
            let apart = ["/map", "/ceptoars", "/about", "/help", "/mailbox/{id}", "/advisories.json"];
            let leads_off = apart.iter().any(|page| route.starts_with(page)) && path != ERRATA;
            if leads_off || !seen.insert(path.clone()) {
                continue;
            }
            let times = pages.entry(route).or_default();
            *times += 1;
            if *times > 8 {
                continue;
            }
            let reply = client.get(&path).await;
            assert!(reply.status < 500, "{path}: {}", reply.status);
            if reply.status != 200 {
                continue;
            }
            let page = Html::parse_document(&reply.body);
            for (method, action, form) in forms(&page, &path) {
                let Some(route) = route_of(&routes, &method, &action) else { continue };
                let names: BTreeSet<&str> = form.fields.iter().map(|(name, _)| name.as_str()).collect();
                let key = format!("{method} {route} {names:?}");
                found.entry(key).or_insert(Form { who, method, action, route, ..form });
            }
            let link = Selector::parse("main a[href^='/']").expect("a selector");
            let links = page.select(&link).filter_map(|a| a.attr("href")).map(str::to_owned);
            ahead.extend(links.collect::<Vec<_>>());
        }
    }
    found.into_values().collect()
}

fn forms(page: &Html, here: &str) -> Vec<(String, String, Form)> {
    let select = |selector: &str| Selector::parse(selector).expect("a selector");
    let mut found = Vec::new();
    for element in page.select(&select("form")) {
        let method = element.attr("method").unwrap_or("get").to_uppercase();
        let action = element.attr("action").unwrap_or(here).to_owned();
        let mut form = Form {
            who: 0,
            method: String::new(),
            action: action.clone(),
            route: "",
            values: Vec::new(),
            fields: Vec::new(),
        };
        for field in element.select(&select("input[name], textarea[name], select[name], button[name]")) {
            let name = field.attr("name").expect("a name").to_owned();
            if name != "form_token" {
                add(&mut form, name, field);
            }
        }
        if !form.fields.iter().any(|(name, _)| name == "window") {
            // Somebody who answers for no window.
            form.values
                .iter_mut()
                .filter(|(_, value)| value == "member_poc")
                .for_each(|(_, v)| *v = "member_reader".into());
        }
        found.push((method, action, form));
    }
    found
}

fn add(form: &mut Form, name: String, field: ElementRef<'_>) {
    let (tag, value) = (field.value().name(), field.attr("value").unwrap_or_default().to_owned());
    let there = form.values.iter().any(|(known, _)| *known == name);
    let known = VALID.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let kind = if tag == "input" { field.attr("type").unwrap_or("text") } else { tag };
    let (value, kind) = match kind {
        "checkbox" | "radio" if known.is_some() && !there => (known.unwrap_or_default(), Kind::Fixed),
        // Of a list to tick from, the first.
        "checkbox" if field.attr("checked").is_some() || (name == "chosen" && !there) => (value, Kind::Fixed),
        "radio" if !there => (value, Kind::Fixed),
        // The first button is the one that Enter presses.
        "button" if !there => (value, Kind::Fixed),
        "checkbox" | "radio" | "button" => return,
        "select" => {
            let options = Selector::parse("option").expect("a selector");
            let offered: Vec<String> = field
                .select(&options)
                .filter_map(|o| o.attr("value"))
                .filter(|v| !v.is_empty())
                .map(str::to_owned)
                .collect();
            // The centre's office is the one that the first role of staff belongs to.
            let centre = field.select(&options).find(|o| o.text().any(|text| text.contains("内閣")));
            let centre = centre.filter(|_| name == "office").and_then(|o| o.attr("value")).map(str::to_owned);
            let wanted = known.filter(|value| value.is_empty() || offered.contains(value)).or(centre);
            (wanted.or(offered.first().cloned()).unwrap_or_default(), Kind::Fixed)
        }
        "hidden" => (value, Kind::Fixed),
        "password" => (known.unwrap_or(value), Kind::Short),
        "textarea" => {
            let there: String = field.text().collect();
            let value = if there.trim().is_empty() { known.unwrap_or_default() } else { there };
            (value, Kind::Text)
        }
        _ => {
            let short = field.attr("inputmode") == Some("numeric");
            let value = if value.is_empty() { known.unwrap_or_default() } else { value };
            (value, if short { Kind::Short } else { Kind::Line })
        }
    };
    if !form.fields.iter().any(|(known, _)| *known == name) {
        form.fields.push((name.clone(), kind));
    }
    form.values.push((name, value));
}
