//! What follows by itself from silence: each step at its time and once, to those alone who may know, until somebody answers.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::advisories::advisory::Kind;
use ceptoar_portal::features::advisories::escalation::errand::{Copies, Errand, Line, Reader};
use ceptoar_portal::features::advisories::escalation::letters::{self, Sender};
use ceptoar_portal::features::advisories::escalation::tick;
use ceptoar_portal::features::advisories::relays::time_up;
use ceptoar_portal::kernel::ids::{AccountId, AdvisoryId};
use ceptoar_portal::kernel::language::Language;
use ceptoar_portal::kernel::sharing_level::SharingLevel;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, TestApp};

const LADDERS: &str = "/escalation";
const CHANGE: &str = "/escalation/early_warning/change";

struct Cast {
    app: TestApp,
    db: sqlx::PgConnection,
    bank: Uuid,
    rival: Uuid,
    window: Uuid,
    deputy: Uuid,
}

impl Cast {
    async fn run(&mut self, statement: &str) {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut self.db).await.expect(statement);
    }

    async fn texts(&mut self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_all(&mut self.db).await.expect(query)
    }

    async fn worker(&self) -> sqlx::PgPool {
        sqlx::PgPool::connect_with(self.app.database.connections.worker.clone()).await.expect("a worker")
    }

    async fn look(&self) -> i64 {
        tick::take(&self.worker().await, &sender(), self.app.state.clock.now()).await.expect("a look")
    }

    /// What the worker does every few seconds, and to whom letters are queued by it.
    async fn tick(&mut self) -> Vec<String> {
        let queued = self.look().await;
        let now = self.app.state.clock.now().to_rfc3339();
        let to = self
            .texts(&format!(
                "select a.address from deliveries d join mails m using (mail_id) join delivery_addresses a using (delivery_id)
                 where m.item_kind = 'escalation' and m.created_at = '{now}' order by 1"
            ))
            .await;
        if queued > 0 {
            assert_eq!(i64::try_from(to.len()).unwrap(), queued);
            return to;
        }
        Vec::new()
    }

    /// What the letter to an address says.
    async fn said(&mut self, address: &str) -> String {
        let bodies = self
            .texts(&format!(
                "select m.subject || chr(10) || m.body from deliveries d join mails m using (mail_id)
                 join delivery_addresses a using (delivery_id)
                 where m.item_kind = 'escalation' and a.address = '{address}' order by m.created_at desc limit 1"
            ))
            .await;
        bodies.concat()
    }

    /// What was done about whom, by stage and step.
    async fn marks(&mut self, id: Uuid) -> Vec<String> {
        self.texts(&format!(
            "select concat_ws(' ', stage, step, count(*)) from escalations where advisory_id = '{id}'
             group by stage, step order by 1"
        ))
        .await
    }

    fn later(&self, minutes: i64) {
        self.app.state.clock.advance(TimeDelta::minutes(minutes));
    }

    async fn published(&self, new: NewAdvisory<'_>) -> Uuid {
        factory::published_advisory(&self.app, new).await
    }
}

fn sender() -> Sender {
    Sender { base_url: "https://portal.example".to_owned(), telephone: Some("03-0000-0000".to_owned()) }
}

fn item() -> NewAdvisory<'static> {
    NewAdvisory { due_in_hours: 24 * 5, ..NewAdvisory::default() }
}

/// Two banks, one with a deputy's window; a gas firm; their desks, a ministry and the centre, on a Saturday evening.
async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank = factory::member(&mut db, "banks", "あかね架空銀行").await;
    let rival = factory::member(&mut db, "banks", "いちご架空銀行").await;
    let gas = factory::member(&mut db, "gas", "架空ガス").await;
    let window = factory::window(&mut db, bank, Some("banks"), "soc@bank1.example").await;
    let deputy = factory::window(&mut db, bank, Some("banks"), "deputy@bank1.example").await;
    let other = factory::window(&mut db, rival, Some("banks"), "soc@bank2.example").await;
    factory::window(&mut db, gas, Some("gas"), "soc@gas.example").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let gas_desk = factory::secretariat_of(&mut db, "gas").await;
    factory::window(&mut db, desk, Some("banks"), "desk@banks.example").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    factory::window(&mut db, fsa, None, "line@fsa.example").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, bank, Some("banks"), Some(window)),
        ("deputy", Role::MemberPoc, bank, Some("banks"), Some(deputy)),
        ("rival", Role::MemberPoc, rival, Some("banks"), Some(other)),
        ("reader", Role::MemberReader, rival, Some("banks"), None),
        ("gas-poc", Role::MemberPoc, gas, Some("gas"), None),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("gas-desk", Role::Secretariat, gas_desk, Some("gas"), None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("auditor", Role::Auditor, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    factory::case_team(&app).await;
    sqlx::query(
        "update accounts set mail_address = sign_in_name || '@centre.example' where sign_in_name like 'case-%'",
    )
    .execute(&mut db)
    .await
    .expect("addresses");
    Cast { app, db, bank, rival, window, deputy }
}

const SILENT: [&str; 5] =
    ["deputy@bank1.example", "desk@banks.example", "line@fsa.example", "soc@bank1.example", "soc@bank2.example"];
const HIGHER: [&str; 3] = ["case-approver@centre.example", "case-author@centre.example", "line@fsa.example"];

fn page(id: Uuid) -> String {
    format!("/advisories/{id}")
}

async fn acknowledge(client: &mut Client, id: Uuid) {
    assert_eq!(client.post(&format!("/advisories/{id}/acknowledgement"), &[]).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_comes_at_its_time_and_once() {
    let mut cast = cast().await;
    let id = cast.published(item()).await;
    assert_eq!(cast.tick().await, [""; 0], "everybody has a window");
    cast.later(29);
    assert_eq!(cast.tick().await, [""; 0]);
    cast.later(1);
    assert_eq!(cast.tick().await, SILENT, "at night as well: it is an early warning");
    assert_eq!(cast.tick().await, [""; 0], "once");
    cast.later(29);
    assert_eq!(cast.tick().await, [""; 0]);
    cast.later(1);
    assert_eq!(cast.tick().await, ["desk@banks.example"]);
    let said = cast.said("desk@banks.example").await;
    assert!(said.contains("2組織の受領が、確認できていません") && said.contains("/calls?ceptoar=banks"), "{said}");
    assert!(!said.contains("VPN") && !said.contains("架空銀行"), "neither content nor names: {said}");
    cast.later(60);
    assert_eq!(cast.tick().await, HIGHER);
    let said = cast.said("case-author@centre.example").await;
    assert!(said.contains("銀行") && said.contains("構成員2組織、事務局、所管省庁"), "{said}");
    assert!(cast.said("line@fsa.example").await.contains("構成員2組織、事務局\r\n"), "a ministry knows of itself");
    cast.later(60 * 24 * 9);
    assert_eq!(cast.tick().await, [""; 0]);
    assert_eq!(
        cast.marks(id).await,
        [
            "member again 2",
            "member desk 2",
            "member next_up 2",
            "ministry again 1",
            "ministry next_up 1",
            "secretariat again 1",
            "secretariat next_up 1"
        ]
    );
    let trail =
        cast.texts("select detail ->> 'reader' from audit_events where action = 'advisory.escalate' order by 1").await;
    assert_eq!(trail, ["centre", "desk", "ministry", "silent"]);
    // A copy of the item's own mail, in a mail program; and on no board.
    let follows = cast
        .texts(
            "select distinct (o.item_id = m.item_id)::text from deliveries d join mails m using (mail_id)
             join deliveries o on o.delivery_id = d.follows where m.item_kind = 'escalation'",
        )
        .await;
    assert_eq!(follows, ["false"]);
    let board = cast.app.signed_in("analyst").await.get(&format!("{}/deliveries", page(id))).await;
    assert!(board.body.contains("再送済み") && !board.body.contains("soc@bank1"), "{}", board.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_look_each_step_is_taken_once() {
    let cast = cast().await;
    cast.published(item()).await;
    cast.later(30);
    let (one, two, three) = tokio::join!(cast.look(), cast.look(), cast.look());
    assert_eq!(one + two + three, 5);
    cast.later(90);
    let (one, two) = tokio::join!(cast.look(), cast.look());
    assert_eq!(one + two, 1 + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_by_whatever_way_ends_it_and_taking_it_back_does_not_hide_the_silence() {
    let mut cast = cast().await;
    let id = cast.published(item()).await;
    acknowledge(&mut cast.app.signed_in("handler").await, id).await;
    acknowledge(&mut cast.app.signed_in("liaison").await, id).await;
    cast.later(30);
    assert_eq!(cast.tick().await, ["desk@banks.example", "soc@bank2.example"]);
    // The desk is told by telephone.
    let (rival, mut desk) = (cast.rival, cast.app.signed_in("desk").await);
    let place = format!("{}/receipts/banks/{rival}", page(id));
    let told = [
        ("channel", "phone"),
        ("answered_by", "当直"),
        ("on_year", "2026"),
        ("on_month", "11"),
        ("on_day", "21"),
        ("on_hour", "21"),
        ("on_minute", "40"),
        ("confirmed", "true"),
    ];
    let entered = desk.post(&place, &told).await;
    assert_eq!(entered.status, 303, "{:?}", entered.texts("main"));
    cast.later(31);
    assert_eq!(cast.tick().await, [""; 0], "nobody is silent but the desk itself");
    let receipt = cast.texts("select receipt_id::text from desk_receipts").await.concat();
    let back = format!("{place}/{receipt}/withdrawal");
    // Whoever did nothing for half an hour signs in again.
    let mut desk = cast.app.signed_in("desk").await;
    let confirmation = desk.post(&back, &[("reason", "別の会社だった")]).await;
    let done = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.status, 303, "{:?}", done.texts("main"));
    cast.later(60);
    assert_eq!(cast.tick().await, HIGHER, "the next step comes");
    assert!(cast.said("case-author@centre.example").await.contains("構成員1組織、事務局"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_at_a_desk_is_not_silent_and_the_time_begins_when_it_goes_on() {
    let mut cast = cast().await;
    cast.run(
        "insert into relay_rules (ceptoar_id, office_hours, off_hours, urgent_at_once, minutes, valid)
         values ('banks', 'decided', 'decided', false, 45, '[2018-04-01,)')",
    )
    .await;
    let (id, withheld) = (cast.published(item()).await, cast.published(item()).await);
    let desk = &mut cast.app.signed_in("desk").await;
    let at = format!("{}/relays/banks", page(withheld));
    let seen = desk.get(&at).await.values("input[name=seen]").concat();
    let form = [("decision", "withhold_duplicate"), ("reason", "周知済み"), ("seen", &seen)];
    let confirmation = desk.post(&at, &form).await;
    let decided = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(decided.location(), format!("{at}?done=decided"));
    cast.later(30);
    assert_eq!(
        cast.tick().await,
        ["desk@banks.example", "desk@banks.example", "line@fsa.example", "line@fsa.example"],
        "the desk and the ministry have both items, the members neither"
    );
    cast.later(15);
    assert_eq!(time_up::forward(&cast.worker().await, cast.app.state.clock.now()).await.unwrap(), 1);
    cast.later(29);
    cast.tick().await;
    assert!(cast.marks(id).await.iter().all(|mark| !mark.starts_with("member")), "29 minutes after it went on");
    cast.later(1);
    assert_eq!(cast.tick().await, ["deputy@bank1.example", "soc@bank1.example", "soc@bank2.example"]);
    cast.later(60 * 24);
    cast.tick().await;
    assert!(cast.marks(withheld).await.iter().all(|mark| !mark.starts_with("member")), "what was withheld");
    assert!(cast.marks(id).await.contains(&"member next_up 2".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_urgent_waits_for_office_hours() {
    let mut cast = cast().await;
    let id = factory::draft_advisory(&cast.app, item()).await;
    cast.run("update advisory_texts set kind = 'alert'").await;
    factory::publish(&cast.app, id, false).await;
    let plan = "select concat_ws(' ', step, to_char(at at time zone 'Asia/Tokyo', 'MM-DD HH24:MI')) from escalation_plan order by rung";
    assert_eq!(
        cast.texts(plan).await,
        ["look 11-24 09:00", "again 11-24 13:00", "desk 11-27 09:00", "next_up 11-27 13:00"],
        "Saturday evening; Monday is a holiday; due on Thursday evening"
    );
    cast.later(60 * 12);
    assert_eq!(cast.tick().await, [""; 0]);
    // Tuesday at one.
    cast.later(60 * 24 * 2 + 60 * 3 + 49);
    assert_eq!(cast.tick().await, [""; 0]);
    cast.later(1);
    assert_eq!(cast.tick().await, SILENT);
    // What was missed in office hours, because no worker ran, is not made up for at night.
    cast.later(60 * 24 * 3 + 60 * 8);
    assert_eq!(cast.tick().await, [""; 0]);
    cast.later(60 * 24 * 2 + 60 * 12);
    assert_eq!(
        cast.tick().await,
        ["case-approver@centre.example", "case-author@centre.example", "desk@banks.example", "line@fsa.example"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn office_hours_are_those_of_the_rule_that_says_when_offices_are_closed() {
    let mut cast = cast().await;
    for (from, minutes, to) in [
        ("2026-11-20 17:00", 60, "2026-11-20 18:00"),
        ("2026-11-20 17:00", 61, "2026-11-24 09:01"),
        ("2026-11-24 08:00", 0, "2026-11-24 09:00"),
        ("2026-11-24 10:00", 1080, "2026-11-26 10:00"),
        ("2026-12-28 17:30", 60, "2027-01-04 09:30"),
    ] {
        let query = format!(
            "select to_char(office_time('{from} Asia/Tokyo', {minutes}) at time zone 'Asia/Tokyo', 'YYYY-MM-DD HH24:MI')"
        );
        assert_eq!(cast.texts(&query).await, [to], "{from} and {minutes} minutes");
    }
    let closed = cast
        .texts(
            "select t::text from generate_series('2026-11-01'::timestamptz, '2027-01-31', '7 hours 13 minutes') t
             where is_off_hours(office_time(t, 0)) or (office_time(t, 0) = t) <> not is_off_hours(t)",
        )
        .await;
    assert_eq!(closed, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_is_confidential_only_the_named_and_those_who_issued_it_hear() {
    let mut cast = cast().await;
    let named = [cast.window];
    let new =
        NewAdvisory { level: "RED", scope: "named", named: &named, ceptoars: &[], title: "秘密の題名", ..item() };
    let id = cast.published(new).await;
    cast.later(30);
    assert_eq!(cast.tick().await, ["soc@bank1.example"], "not the deputy, no desk, no ministry");
    let said = cast.said("soc@bank1.example").await;
    assert!(said.starts_with("【再送】【要確認】[TLP:RED] お電話でご確認ください 2026-"), "{said}");
    assert!(said.contains("03-0000-0000") && !said.contains("秘密") && !said.contains("早期警戒"), "{said}");
    cast.later(30);
    let team = ["case-approver@centre.example", "case-author@centre.example"];
    assert_eq!(cast.tick().await, team, "where a desk cannot be told, those who issued it are");
    assert!(!cast.said(team[0]).await.contains("秘密"));
    cast.later(60);
    assert_eq!(cast.tick().await, team);
    assert_eq!(cast.marks(id).await, ["member again 1", "member next_up 2"]);
    assert!(!cast.app.signed_in("desk").await.get("/").await.body.contains("受領を確認できない構成員"));
    let mut analyst = cast.app.signed_in("analyst").await;
    assert_eq!(analyst.get(&format!("{}/deliveries", page(id))).await.status, 404);
    // Nobody else at the centre is written to, however alone the item is.
    cast.run("update accounts set mail_address = sign_in_name || '@centre.example' where sign_in_name = 'analyst'")
        .await;
    assert_eq!(cast.texts("select count(*)::text from delivery_addresses where address like 'analyst%'").await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_suspended_and_closed_windows_get_nothing_and_nobody_who_may_not_have_it() {
    let mut cast = cast().await;
    let (bank, rival) = (cast.bank, cast.rival);
    let reading = factory::window(&mut cast.db, bank, Some("banks"), "press@bank1.example").await;
    cast.run(&format!("update contacts set handler = false where contact_id = '{reading}'")).await;
    // The deputy's window has the mailbox of another firm's window: no copy of its own, and the item all the same.
    let deputy = cast.deputy;
    cast.run(&format!(
        "update contact_channels set value = 'SOC@bank2.example' where contact_id = '{deputy}';
         update contacts set position = 9 where organisation_id = '{bank}' and contact_id = '{deputy}'"
    ))
    .await;
    cast.published(item()).await;
    acknowledge(
        &mut cast.app.signed_in("rival").await,
        cast.texts("select advisory_id::text from advisories").await[0].parse().unwrap(),
    )
    .await;
    cast.run("update accounts set suspended_at = now() where sign_in_name = 'handler'").await;
    cast.later(30);
    let to = cast.tick().await;
    assert_eq!(to, ["SOC@bank2.example", "desk@banks.example", "line@fsa.example"]);
    cast.run("update accounts set suspended_at = now() where sign_in_name = 'deputy'").await;
    cast.run(&format!(
        "update contacts set valid = daterange(lower(valid), '2026-11-21') where organisation_id = '{rival}'"
    ))
    .await;
    let next = cast.published(item()).await;
    cast.later(30);
    let to = cast.tick().await;
    assert!(to.iter().all(|address| !address.contains("@bank1") && !address.contains("@bank2")), "{to:?}");
    assert!(cast.marks(next).await.contains(&"member desk 2".to_owned()), "no mail reaches either of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_no_mail_reaches_is_told_to_the_desk_at_once() {
    let mut cast = cast().await;
    factory::member(&mut cast.db, "banks", "うさぎ架空銀行").await;
    let id = cast.published(item()).await;
    assert_eq!(cast.tick().await, ["desk@banks.example"], "one member has no window");
    let said = cast.said("desk@banks.example").await;
    assert!(
        said.contains("1組織の受領") && said.contains("このうち1組織には、メールを届けられる窓口がありません"),
        "{said}"
    );
    // Of two windows one did not take it: the other may still.
    cast.later(1);
    crate::deliveries::settle(&cast.app, "soc@bank1.example", "refused", "550").await;
    assert_eq!(cast.tick().await, [""; 0]);
    crate::deliveries::settle(&cast.app, "deputy@bank1.example", "refused", "550").await;
    assert_eq!(cast.tick().await, ["desk@banks.example"], "now no window is left");
    assert!(cast.said("desk@banks.example").await.contains("2組織の受領"));
    cast.later(29);
    assert_eq!(
        cast.tick().await,
        ["desk@banks.example", "line@fsa.example", "soc@bank2.example"],
        "again, late, and the desk"
    );
    assert!(cast.said("soc@bank2.example").await.contains("再送"));
    assert_eq!(
        cast.marks(id).await.iter().filter(|mark| mark.starts_with("member desk")).collect::<Vec<_>>(),
        ["member desk 2"]
    );
    cast.later(30);
    assert_eq!(cast.tick().await, ["desk@banks.example"], "the third one at its time");
    assert!(cast.said("desk@banks.example").await.contains("3組織の受領"));
    assert_eq!(cast.texts("select count(*)::text from escalation_losses").await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_versions_ended_items_and_drills() {
    let mut cast = cast().await;
    let old = cast.published(item()).await;
    let ended = cast.published(item()).await;
    cast.run(&format!(
        "update advisory_audience set superseded_at = now() where advisory_id = '{old}';
         update advisories set valid_until = '2026-11-20' where advisory_id = '{ended}'"
    ))
    .await;
    let drill = cast.published(NewAdvisory { drill: true, ..item() }).await;
    cast.later(30);
    assert_eq!(cast.tick().await, SILENT);
    assert_eq!((cast.marks(old).await.len(), cast.marks(ended).await.len(), cast.marks(drill).await.len()), (0, 0, 3));
    let said = cast.said("soc@bank2.example").await;
    assert!(said.starts_with("【訓練】【再送】") && said.contains("\nこれは訓練です。"), "{said}");
    assert!(said.trim_end().ends_with("これは訓練です。"), "{said}");
    let marked = cast.texts("select distinct drill::text from mails where item_kind = 'escalation'").await;
    assert_eq!(marked, ["true"]);
    cast.later(30);
    cast.tick().await;
    assert!(
        cast.app
            .signed_in("desk")
            .await
            .get("/")
            .await
            .body
            .contains("【訓練】2026-0003の受領を確認できない構成員が2組織")
    );
}

fn ladder<'a>(seen: &'a str, changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("hours", "always"),
        ("step_1", "again"),
        ("basis_1", "went_on"),
        ("minutes_1", "10"),
        ("step_2", "desk"),
        ("basis_2", "went_on"),
        ("minutes_2", "２０"),
        ("reason", "訓練で間に合わなかったため"),
        ("seen", seen),
    ];
    form.retain(|(name, _)| !changed.iter().any(|(other, _)| name == other));
    form.extend_from_slice(changed);
    form
}

#[tokio::test(flavor = "multi_thread")]
async fn what_holds_at_the_publication_counts() {
    let mut cast = cast().await;
    let first = cast.published(item()).await;
    cast.later(1);
    let mut approver = cast.app.signed_in("case-approver").await;
    let seen = approver.get(CHANGE).await.values("input[name=seen]").concat();
    // What was typed wrong stays, with a word at its field.
    let wrong = approver.post(CHANGE, &ladder(&seen, &[("minutes_2", "あした"), ("reason", "残る理由")])).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.values("#minutes_2"), ["あした"]);
    assert_eq!(wrong.values("#reason"), ["残る理由"]);
    assert!(wrong.texts("#minutes_2-error")[0].contains("2段目の時間は"), "{}", wrong.body);
    assert_eq!(wrong.attributes("#step_2 option[selected]", "value"), ["desk"]);
    let done = approver.post(CHANGE, &ladder(&seen, &[])).await;
    assert_eq!(done.location(), format!("{LADDERS}?done=changed"));
    let index = approver.get(done.location()).await;
    assert!(index.body.contains("段取りを変えました"));
    let rungs = index.texts("[data-ladder=early_warning] > ol.route > li");
    assert_eq!(rungs, ["届いた時刻から10分後 窓口へ再送する", "届いた時刻から20分後 事務局へ知らせる"]);
    assert!(
        index.texts("[data-ladder=early_warning] .timeline li").iter().any(|t| t.contains("届いた時刻から2時間後"))
    );
    // Of a form that was opened before.
    let late = approver.post(CHANGE, &ladder(&seen, &[("reason", "遅れた理由")])).await;
    assert_eq!((late.status, late.values("#reason").concat().as_str()), (422, "遅れた理由"));
    assert!(late.body.contains("入力している間に、段取りが変更されました"));
    cast.later(1);
    let second = cast.published(item()).await;
    cast.later(10);
    cast.tick().await;
    assert_eq!(
        (cast.marks(first).await.len(), cast.marks(second).await.len()),
        (0, 3),
        "10 minutes for the new one alone"
    );
    cast.later(18);
    cast.tick().await;
    assert_eq!(cast.marks(first).await.len(), 3, "30 minutes for the old one");
    assert!(cast.marks(second).await.contains(&"member desk 2".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gets_items_reads_the_ladders_and_approvers_change_them() {
    let mut cast = cast().await;
    let nisc = factory::organisation(&mut cast.db, "nisc").await;
    factory::person(&cast.app, "delegate", Role::CouncilDelegate, nisc, None, None).await;
    for (name, sees, changes) in [
        ("case-approver", true, true),
        ("analyst", true, false),
        ("liaison", true, false),
        ("desk", true, false),
        ("handler", true, false),
        ("reader", true, false),
        ("auditor", false, false),
        ("delegate", false, false),
    ] {
        let mut client = cast.app.signed_in(name).await;
        let page = client.get(LADDERS).await;
        assert_eq!(page.status == 200, sees, "{name}");
        assert_eq!(page.hrefs("main a").contains(&CHANGE.to_owned()), changes, "{name}");
        assert_eq!(client.get(CHANGE).await.status == 200, changes, "{name}");
        assert_eq!(
            client.get("/escalation/none/change").await.status,
            if changes { 404 } else { client.get(CHANGE).await.status }
        );
        // The database alone says the same.
        let account =
            cast.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await.concat();
        let mut tx = cast
            .app
            .state
            .db
            .begin(Some(AccountId(account.parse().unwrap())), cast.app.state.clock.now())
            .await
            .unwrap();
        let ladders: i64 =
            sqlx::query_scalar("select count(*) from escalation_ladders").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(ladders > 0, sees, "{name}");
        let change = "select escalation_change('other', (select max(ladder_id) from escalation_ladders where urgency = 'other'), true, 'x', '{desk}', '{went_on}', '{60}')";
        let changed = sqlx::query_scalar::<_, Option<i64>>(change).fetch_one(&mut *tx).await;
        assert_eq!(changed.is_ok_and(|id| id.is_some()), changes, "{name}");
    }
    // Nobody writes rows by themselves.
    for statement in [
        "insert into escalation_ladders (urgency, office_hours, reason, recorded_at) values ('other', true, 'x', now())",
        "update escalation_rungs set minutes = 1",
        "delete from escalations",
        "select count(*) from escalation_losses",
        "select escalation_take(now(), 1)",
    ] {
        let approver =
            cast.texts("select account_id::text from accounts where sign_in_name = 'case-approver'").await.concat();
        let mut tx = cast
            .app
            .state
            .db
            .begin(Some(AccountId(approver.parse().unwrap())), cast.app.state.clock.now())
            .await
            .unwrap();
        assert!(sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut *tx).await.is_err(), "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_turn_it_is_stands_where_people_look() {
    let mut cast = cast().await;
    let id = cast.published(NewAdvisory { ceptoars: &["banks", "gas"], ..item() }).await;
    let (deliveries, calls) = (format!("{}/deliveries", page(id)), format!("{}/calls?ceptoar=banks", page(id)));
    let mut handler = cast.app.signed_in("handler").await;
    assert_eq!(
        handler.get(&page(id)).await.texts("[data-silence] > p").first().map(String::as_str),
        Some("次: 2026/11/21 21:40 窓口へ再送")
    );
    cast.later(30);
    assert!(cast.tick().await.contains(&"soc@bank1.example".to_owned()));
    assert_eq!(cast.marks(id).await, ["member again 3", "ministry again 1", "secretariat again 1"]);
    let mut handler = cast.app.signed_in("handler").await;
    let own = handler.get(&page(id)).await;
    assert_eq!(own.texts("[data-silence] li"), ["再送済み 2026/11/21 21:40"], "{}", own.body);
    assert_eq!(own.texts("[data-silence] > p")[0], "次: 2026/11/21 22:10 事務局へ");
    for (name, seen) in [("analyst", 2), ("liaison", 1), ("desk", 1), ("gas-desk", 1)] {
        let board = cast.app.signed_in(name).await.get(&deliveries).await;
        let lines = board.texts("[data-silence] li");
        assert_eq!(lines.len(), seen, "{name}: {lines:?}");
        assert_eq!(
            lines.iter().any(|line| line.contains("再送済み 2026/11/21 21:40(4組織)")),
            name != "gas-desk",
            "{name}: {lines:?}"
        );
    }
    assert_eq!(cast.app.signed_in("reader").await.get(&page(id)).await.status, 404);
    let mut desk = cast.app.signed_in("desk").await;
    assert!(!desk.get("/").await.hrefs("main a").contains(&calls), "not the desk's turn yet");
    cast.later(30);
    cast.tick().await;
    let (mut desk, mut handler) = (cast.app.signed_in("desk").await, cast.app.signed_in("handler").await);
    assert!(desk.get("/").await.body.contains("2026-0001の受領を確認できない構成員が2組織あります"));
    assert!(desk.get("/").await.hrefs("main a").contains(&calls));
    let list = desk.get(&calls).await;
    assert_eq!(list.texts("[data-silence]")[0], "再送済み 2026/11/21 21:40 ／ 事務局へ連絡済み 2026/11/21 22:10");
    assert_eq!(list.texts("[data-coming]"), ["次: 2026/11/21 23:10 所管省庁・センターへ"]);
    for name in ["gas-desk", "liaison", "analyst"] {
        assert!(!cast.app.signed_in(name).await.get("/").await.body.contains("受領を確認できない構成員"), "{name}");
    }
    // The rows themselves: each their own.
    let bank = cast.bank;
    for (name, rows) in
        [("handler", 2), ("rival", 2), ("desk", 6), ("gas-desk", 2), ("liaison", 1), ("analyst", 8), ("auditor", 0)]
    {
        let account =
            cast.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await.concat();
        let mut tx = cast
            .app
            .state
            .db
            .begin(Some(AccountId(account.parse().unwrap())), cast.app.state.clock.now())
            .await
            .unwrap();
        let seen: i64 = sqlx::query_scalar("select count(*) from escalations").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(seen, rows, "{name}");
        let letters: i64 = sqlx::query_scalar("select count(*) from deliveries where stage = 'escalation'")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(letters, 0, "{name} sees copies of an item, and no letters about silence");
        if name == "rival" {
            let others: i64 = sqlx::query_scalar("select count(*) from escalations where organisation_id = $1")
                .bind(bank)
                .fetch_one(&mut *tx)
                .await
                .unwrap();
            assert_eq!(others, 0);
        }
    }
    // The record says it too.
    let book = desk.post(&format!("{}/record", page(id)), &[("format", "xlsx")]).await;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(book.bytes)).unwrap();
    let sheet = calamine::Reader::worksheet_range(&mut book, "受領がないときの連絡").unwrap();
    assert_eq!(sheet.rows().count(), 3);
    let paper = desk.post(&format!("{}/record", page(id)), &[("format", "pdf")]).await;
    let words: String =
        lopdf::Document::load_mem(&paper.bytes).unwrap().extract_text(&[1]).unwrap().split_whitespace().collect();
    assert!(words.contains("事務局へ連絡済み"), "{words}");
    // What was done stays; what is to be done goes away with the receipts.
    acknowledge(&mut handler, id).await;
    assert_eq!(handler.get(&page(id)).await.texts("[data-silence] > p"), [""; 0]);
    assert!(desk.get("/").await.body.contains("構成員が1組織あります"));
    acknowledge(&mut cast.app.signed_in("rival").await, id).await;
    assert!(!desk.get("/").await.body.contains("受領を確認できない構成員"));
    assert_eq!(desk.get(&calls).await.texts("[data-coming]"), [""; 0]);
}

fn errand(reader: Reader, level: SharingLevel, drill: bool) -> Errand {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let line = |id: &str, names: [&str; 2], members, desk, ministry| Line {
        ceptoar_id: id.to_owned(),
        ceptoar: names.map(str::to_owned),
        members,
        unreachable: members / 2,
        desk,
        ministry,
    };
    let mut lines = vec![
        line("banks", ["銀行等CEPTOAR", "Banking CEPTOAR"], 3, true, false),
        line("water", ["水道CEPTOAR", "Water CEPTOAR"], 0, false, true),
    ];
    lines.truncate(if reader == Reader::Desk { 1 } else { 2 });
    Errand {
        errand_id: Uuid::nil(),
        advisory_id: AdvisoryId(Uuid::nil()),
        number: "2026-0042".to_owned(),
        level,
        kind: Kind::EarlyWarning,
        drill,
        answer_due: Some(at("2026-11-22T03:00:00Z")),
        published_at: Some(at("2026-11-21T12:10:00Z")),
        reader,
        recipients: 3,
        lines,
        copies: Copies::default(),
    }
}

#[test]
fn the_letters_read_well_in_both_languages() {
    let errands = [
        ("silent", errand(Reader::Silent, SharingLevel::Amber, false)),
        ("silent_red", errand(Reader::Silent, SharingLevel::Red, false)),
        ("desk_drill", errand(Reader::Desk, SharingLevel::Green, true)),
        ("ministry", errand(Reader::Ministry, SharingLevel::Amber, false)),
        ("centre", errand(Reader::Centre, SharingLevel::AmberStrict, false)),
    ];
    for (name, errand) in errands {
        for language in Language::ALL {
            let letter = letters::letter(&errand, &sender(), language).unwrap();
            let wide = letter.body().lines().filter(|line| !line.starts_with("https://"));
            let wide: Vec<&str> = wide.filter(|line| ceptoar_portal::kernel::text::width(line) > 70).collect();
            assert_eq!(wide, [""; 0], "lines of at most 35 full-width characters");
            let text = format!("Subject: {}\n\n{}", letter.subject(), letter.body().replace("\r\n", "\n"));
            insta::assert_snapshot!(format!("silence_{name}_{}", language.code()), text);
        }
    }
}
