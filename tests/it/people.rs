//! Who keeps whose accounts: through the door, and at the database behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use ceptoar_portal::app::router::router;
use ceptoar_portal::features::access::{FirstWall, Role};
use ceptoar_portal::kernel::clock::japan_day;
use ceptoar_portal::platform::db;
use ceptoar_portal::platform::mail::outbox::{self, Fate, Outcome};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::support::{Client, TestApp, factory};

/// A bank and its rival in one CEPTOAR, an insurer in another, and everybody who keeps somebody's account.
pub struct World {
    pub app: TestApp,
    pub db: PgConnection,
    pub bank: Uuid,
    pub rival: Uuid,
    pub insurer: Uuid,
    pub window: Uuid,
    pub poc: Uuid,
    rival_poc: Uuid,
    insurer_poc: Uuid,
    analyst: Uuid,
}

pub async fn world() -> World {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    let (desk, life_desk) =
        (factory::secretariat_of(&mut db, "banks").await, factory::secretariat_of(&mut db, "life").await);
    let bank = factory::member(&mut db, "banks", "星見銀行(架空)").await;
    let rival = factory::member(&mut db, "banks", "虹原銀行(架空)").await;
    let insurer = factory::member(&mut db, "life", "霞野生命(架空)").await;
    let window = factory::window(&mut db, bank, Some("banks"), "window@bank.example").await;
    factory::person(&app, "desk", Role::Secretariat, desk, Some("banks"), None).await;
    factory::person(&app, "life-desk", Role::Secretariat, life_desk, Some("life"), None).await;
    factory::person(&app, "bank-admin", Role::MemberAdmin, bank, Some("banks"), None).await;
    factory::person(&app, "insurer-admin", Role::MemberAdmin, insurer, Some("life"), None).await;
    factory::person(&app, "approver", Role::NiscApprover, nisc, None, None).await;
    factory::person(&app, "approver2", Role::NiscApprover, nisc, None, None).await;
    factory::person(&app, "operator", Role::SystemAdmin, nisc, None, None).await;
    let analyst = factory::person(&app, "analyst", Role::NiscAnalyst, nisc, None, None).await;
    let poc = factory::person(&app, "poc", Role::MemberPoc, bank, Some("banks"), Some(window)).await;
    let rival_poc = factory::person(&app, "rival-poc", Role::MemberPoc, rival, Some("banks"), None).await;
    let insurer_poc = factory::person(&app, "insurer-poc", Role::MemberPoc, insurer, Some("life"), None).await;
    sqlx::query("update accounts set mail_address = sign_in_name || '@people.example'").execute(&mut db).await.unwrap();
    World { app, db, bank, rival, insurer, window, poc, rival_poc, insurer_poc, analyst }
}

impl World {
    pub async fn number(&mut self, query: impl Into<String>) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(query.into())).fetch_one(&mut self.db).await.expect("a number")
    }

    pub async fn account(&mut self, name: &str) -> Uuid {
        sqlx::query_scalar("select account_id from accounts where sign_in_name = $1")
            .bind(name)
            .fetch_one(&mut self.db)
            .await
            .expect("an account")
    }

    pub async fn duty_of(&mut self, account: Uuid) -> Uuid {
        sqlx::query_scalar("select affiliation_id from affiliations where account_id = $1 order by granted_at limit 1")
            .bind(account)
            .fetch_one(&mut self.db)
            .await
            .expect("a duty")
    }

    /// Everything that stands about accounts, as one text: equal texts, nothing changed.
    pub async fn everything(&mut self) -> String {
        sqlx::query_scalar(
            "select concat_ws(E'\\n',
               (select string_agg(a::text, E'\\n' order by a.account_id) from accounts a),
               (select string_agg(f::text, E'\\n' order by f.affiliation_id) from affiliations f),
               (select string_agg(r::text, E'\\n' order by r.request_id) from grant_requests r),
               (select string_agg(s::text, E'\\n' order by s.suspension_id) from account_suspensions s),
               (select string_agg(t.account_id::text || t.purpose, E'\\n' order by t.ticket_id) from account_tickets t),
               (select count(*) from mails), (select count(*) from sessions where ended_at is not null))",
        )
        .fetch_one(&mut self.db)
        .await
        .expect("a text")
    }
}

pub fn invitation<'a>(name: &'a str, address: &'a str, duty: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("display_name", "佐藤 花子"),
        ("sign_in_name", name),
        ("mail_address", address),
        ("language", "ja"),
        ("duty", duty),
    ]
}

fn staff_request<'a>(name: &'a str, address: &'a str, office: &'a str, duty: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut form = invitation(name, address, duty);
    form.extend([("office", office), ("reason", "定期異動")]);
    form
}

pub async fn invite(
    client: &mut Client,
    organisation: Uuid,
    ceptoar: &str,
    form: &[(&str, &str)],
) -> (u16, Option<Uuid>) {
    let reply = client.post(&format!("/people/places/{organisation}/{ceptoar}"), form).await;
    (reply.status, reply.location().strip_prefix("/people/").and_then(|id| id.split('?').next()?.parse().ok()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_makes_an_account_that_only_its_owner_can_open() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let places = desk.get("/people/places").await;
    assert!(places.body.contains("星見銀行") && !places.body.contains("霞野生命"));
    // A firm that has nobody of its own to ask.
    let quiet = factory::member(&mut w.db, "banks", "静波銀行(架空)").await;
    let window = factory::window(&mut w.db, quiet, Some("banks"), "window@quiet.example").await.to_string();
    let mut form = invitation("Sato-Hanako", "hanako@bank.example", "member_poc");
    form.extend([("window", window.as_str()), ("until_year", "2027"), ("until_month", "3"), ("until_day", "31")]);
    let (status, person) = invite(&mut desk, quiet, "banks", &form).await;
    assert_eq!(status, 303);
    let person = person.expect("the person's page");
    let page = desk.get(&format!("/people/{person}")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("招待中") && page.body.contains("2027年3月31日"), "{}", page.body);
    let bare = format!(
        "select count(*) from accounts where account_id = '{person}' and password_hash is null and sign_in_name ~ '^sato-hanako-[0-9]{{4}}$'"
    );
    assert_eq!(w.number(bare).await, 1, "no password, and the name in its one form");
    let granted = "select count(*) from affiliations f join accounts a on a.account_id = f.granted_by
                   where a.sign_in_name = 'desk' and f.granted_at is not null and upper(f.valid) = '2027-04-01'";
    assert_eq!(w.number(granted).await, 1);
    let letters = format!("select count(*) from deliveries where contact_id = '{person}' and state = 'queued'");
    assert_eq!(w.number(letters.clone()).await, 1);
    assert_eq!(w.number("select count(*) from audit_events where action = 'people.invite'").await, 1);

    // Sent again: the earlier link dies.
    let hash = format!(
        "select encode(token_hash, 'hex') from account_tickets where account_id = '{person}' and used_at is null"
    );
    let before: Vec<String> = sqlx::query_scalar(AssertSqlSafe(hash.clone())).fetch_all(&mut w.db).await.unwrap();
    assert_eq!(desk.post(&format!("/people/{person}/invitation"), &[]).await.status, 303);
    let after: Vec<String> = sqlx::query_scalar(AssertSqlSafe(hash.clone())).fetch_all(&mut w.db).await.unwrap();
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before, after);

    // Withdrawn: the duty was never held, the link is dead, the letters stay here, and the record remains.
    let duty = w.duty_of(person).await;
    let end = format!("/people/duties/{duty}/end");
    assert_eq!(desk.post(&end, &[("when", "at_once")]).await.status, 422, "a reason is needed");
    assert_eq!(desk.post(&end, &[("when", "at_once"), ("reason", "取りやめ")]).await.status, 303);
    let gone: Vec<String> = sqlx::query_scalar(AssertSqlSafe(hash)).fetch_all(&mut w.db).await.unwrap();
    assert_eq!(gone, [""; 0]);
    let cancelled = format!("select count(*) from deliveries where contact_id = '{person}' and state = 'cancelled'");
    assert_eq!(w.number(cancelled).await, 2, "both invitations");
    assert_eq!(w.number(letters).await, 1, "only the letter that says so");
    let kept = format!(
        "select count(*) from affiliations where account_id = '{person}' and isempty(valid) and end_reason = '取りやめ'"
    );
    assert_eq!(w.number(kept).await, 1);
    assert!(desk.get(&format!("/people/{person}")).await.body.contains("取りやめ"));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_known_gets_a_second_hat_and_the_two_firms_learn_nothing_of_each_other() {
    let mut w = world().await;
    let mut keeper = w.app.signed_in("insurer-admin").await;
    let accounts = w.number("select count(*) from accounts").await;
    let form = invitation("another-name", "POC@people.example", "member_reader");
    let (status, person) = invite(&mut keeper, w.insurer, "life", &form).await;
    assert_eq!((status, person), (303, Some(w.poc)));
    assert_eq!(w.number("select count(*) from accounts").await, accounts, "no second account");
    let poc = w.poc;
    for path in [format!("/people/{poc}"), "/people".to_owned()] {
        let page = keeper.get(&path).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("霞野生命") && !page.body.contains("星見銀行"), "{path}");
        assert!(!page.body.contains("poc@people.example"), "the address belongs to both");
    }
    let mut bank = w.app.signed_in("bank-admin").await;
    let page = bank.get(&format!("/people/{poc}")).await;
    assert!(page.body.contains("星見銀行") && !page.body.contains("霞野生命"));
    // A search finds nobody by the other firm's name.
    assert!(!bank.post("/people/search", &[("words", "霞野")]).await.body.contains(&poc.to_string()));

    // Neither firm alone decides over the account; the operator does, and each may end its own duty.
    for name in ["bank-admin", "insurer-admin", "desk", "life-desk"] {
        let mut client = w.app.signed_in(name).await;
        // The first keepers hold the emergency brake besides; who came later does not.
        let first = ["bank-admin", "desk"].contains(&name);
        for act in if first { &["reset", "recovery"][..] } else { &["suspension", "sessions", "reset", "recovery"] } {
            let reply = client.post(&format!("/people/{poc}/{act}"), &[("reason", "x")]).await;
            assert_eq!(reply.status, 404, "{name} {act}");
        }
    }
    assert_eq!(w.number("select count(*) from accounts where suspended_at is not null").await, 0);
    let mut operator = w.app.signed_in("operator").await;
    assert_eq!(operator.post(&format!("/people/{poc}/suspension"), &[("reason", "調査中")]).await.status, 303);
    // The union of both hats and no more.
    let hats = format!("select count(*) from affiliations where account_id = '{poc}'");
    assert_eq!(w.number(hats).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_addresses_that_clash_are_told_at_their_field() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let path = format!("/people/places/{}/banks", w.bank);
    let form = invitation("poc", "poc@people.example", "member_poc");
    let window = w.window.to_string();
    let mut again = form.clone();
    again.push(("window", window.as_str()));
    let reply = desk.post(&path, &again).await;
    assert_eq!(reply.status, 422);
    assert!(reply.body.contains("すでに登録されています"), "{}", reply.body);
    assert!(reply.body.contains("poc@people.example"), "typed things are kept");
    for (field, value) in
        [("from_year", "1999"), ("mail_address", "a@localhost"), ("duty", "nisc_analyst"), ("window", "x")]
    {
        let mut form = invitation("new-name", "new@bank.example", "member_poc");
        form.retain(|(name, _)| *name != field);
        form.push((field, value));
        if field == "from_year" {
            form.extend([("from_month", "1"), ("from_day", "1")]);
        }
        assert_eq!(desk.post(&path, &form).await.status, 422, "{field}");
    }
    assert_eq!(desk.post(&path, &[]).await.status, 422, "an empty request asks for nothing");
    assert_eq!(w.number("select count(*) from accounts where sign_in_name like 'new-name%'").await, 0);
}

/// Every route that changes something, with ids that are not the keeper's, and with fields that no form has.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_beyond_their_own() {
    for wall in [FirstWall::Standing, FirstWall::OpenForTests] {
        let mut w = world().await;
        let mut state = w.app.state.clone();
        state.first_wall = wall;
        w.app.router = router(state);
        // Something waits, asked by an approver.
        let office = factory::organisation(&mut w.db, "fsa").await.to_string();
        let form = staff_request("liaison", "liaison@fsa.example", &office, "ministry_liaison");
        let reply = w.app.signed_in("approver").await.post("/people/requests/new", &form).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        let request = reply.location().to_owned();
        let (poc, rival, insured, analyst) = (w.poc, w.rival_poc, w.insurer_poc, w.analyst);
        let approver = w.account("approver").await;
        for (name, foreign, place) in [
            ("desk", vec![insured, analyst, approver], (w.insurer, "life")),
            ("life-desk", vec![poc, rival, analyst], (w.bank, "banks")),
            ("bank-admin", vec![rival, insured, analyst], (w.rival, "banks")),
            ("insurer-admin", vec![poc, rival, analyst], (w.bank, "banks")),
            ("operator", vec![poc, rival, insured], (w.bank, "banks")),
            ("approver", vec![poc, rival, insured], (w.bank, "banks")),
            ("poc", vec![rival, insured, analyst], (w.bank, "banks")),
            ("analyst", vec![poc, rival, insured], (w.bank, "banks")),
        ] {
            let mut client = w.app.signed_in(name).await;
            let before = w.everything().await;
            let (organisation, ceptoar) = place;
            for account in foreign {
                let duty = w.duty_of(account).await;
                assert_eq!(client.get(&format!("/people/{account}")).await.status, 404, "{name} sees {account}");
                for act in ["suspension", "lifting", "sessions", "reset", "recovery", "recovery-request", "invitation"]
                {
                    for form in [&[("reason", "x")][..], &[]] {
                        let reply = client.post(&format!("/people/{account}/{act}"), form).await;
                        assert!([404, 403].contains(&reply.status), "{wall:?} {name} {act}: {}", reply.status);
                    }
                }
                let end = [("when", "at_once"), ("reason", "x")];
                assert_eq!(client.post(&format!("/people/duties/{duty}/end"), &end).await.status, 404, "{name}");
                let form = [("duty", "member_reader"), ("reason", "x")];
                let path = format!("/people/{account}/duties/{organisation}/{ceptoar}");
                assert_eq!(client.post(&path, &form).await.status, 404, "{wall:?} {name}");
            }
            let form = invitation("intruder", "intruder@evil.example", "member_admin");
            assert_eq!(invite(&mut client, organisation, ceptoar, &form).await.0, 404, "{wall:?} {name}");
            if !["operator", "approver"].contains(&name) {
                for step in ["/confirmation", "/refusal", "/withdrawal"] {
                    assert_eq!(client.post(&format!("{request}{step}"), &[]).await.status, 404, "{wall:?} {name}");
                }
                assert_eq!(client.get(&request).await.status, 404, "{name}");
                let form = staff_request("intruder", "intruder@evil.example", &office, "nisc_approver");
                assert_eq!(client.post("/people/requests/new", &form).await.status, 404, "{wall:?} {name}");
            }
            assert_eq!(w.everything().await, before, "{wall:?}: {name} changed something");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_no_form_has_refuse_the_whole_form() {
    let mut w = world().await;
    let (bank, poc) = (w.bank, w.poc);
    let nisc = factory::organisation(&mut w.db, "nisc").await.to_string();
    let duty = w.duty_of(poc).await;
    let mut desk = w.app.signed_in("desk").await;
    let mut approver = w.app.signed_in("approver").await;
    let before = w.everything().await;
    for (field, value) in [
        ("role", "secretariat"),
        ("organisation_id", nisc.as_str()),
        ("ceptoar_id", "life"),
        ("account_id", nisc.as_str()),
        ("password", "a password that somebody sets"),
        ("granted_by", nisc.as_str()),
        ("demonstration", "false"),
    ] {
        let extra = (field, value);
        let mut form = invitation("new", "new@bank.example", "member_poc");
        form.push(extra);
        assert_eq!(invite(&mut desk, bank, "banks", &form).await.0, 422, "{field}");
        let form = [("duty", "member_reader"), ("reason", "x"), extra];
        assert_eq!(desk.post(&format!("/people/{poc}/duties/{bank}/banks"), &form).await.status, 422, "{field}");
        let form = [("when", "at_once"), ("reason", "x"), extra];
        assert_eq!(desk.post(&format!("/people/duties/{duty}/end"), &form).await.status, 422, "{field}");
        for act in ["suspension", "lifting", "sessions", "reset", "recovery", "invitation"] {
            let form = [("reason", "x"), extra];
            assert_eq!(desk.post(&format!("/people/{poc}/{act}"), &form).await.status, 422, "{act} {field}");
        }
        let mut form = staff_request("new", "new@nisc.example", &nisc, "nisc_analyst");
        form.push(extra);
        assert_eq!(approver.post("/people/requests/new", &form).await.status, 422, "{field}");
    }
    assert_eq!(w.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_grants_above_themselves_or_to_themselves() {
    let mut w = world().await;
    let (desk_id, admin_id) = (w.account("desk").await, w.account("bank-admin").await);
    let mut admin = w.app.signed_in("bank-admin").await;
    let mut desk = w.app.signed_in("desk").await;
    for role in Role::ALL.into_iter().filter(|role| !role.code().starts_with("member_") && *role != Role::HubMember) {
        let form = invitation("new", "new@bank.example", role.code());
        assert_eq!(invite(&mut admin, w.bank, "banks", &form).await.0, 422, "{role:?}");
        assert_eq!(invite(&mut desk, w.bank, "banks", &form).await.0, 422, "{role:?}");
    }
    let before = w.everything().await;
    // To oneself: by one's own address, by one's own page, and on one's own duty.
    let form = invitation("bank-admin", "bank-admin@people.example", "member_poc");
    assert_eq!(invite(&mut admin, w.bank, "banks", &form).await.0, 404);
    let form = invitation("desk", "desk@people.example", "member_poc");
    assert_eq!(invite(&mut desk, w.bank, "banks", &form).await.0, 404);
    let own = [("duty", "member_poc"), ("reason", "x")];
    assert_eq!(admin.post(&format!("/people/{admin_id}/duties/{}/banks", w.bank), &own).await.status, 404);
    assert_eq!(desk.post(&format!("/people/{desk_id}/duties/{}/banks", w.bank), &own).await.status, 404);
    let duty = w.duty_of(admin_id).await;
    let end = [("when", "at_once"), ("reason", "x")];
    assert_eq!(admin.post(&format!("/people/duties/{duty}/end"), &end).await.status, 404);
    assert_eq!(admin.post(&format!("/people/{admin_id}/suspension"), &[("reason", "x")]).await.status, 404);
    let nisc = factory::organisation(&mut w.db, "nisc").await.to_string();
    let form = staff_request("approver", "approver@people.example", &nisc, "system_admin");
    let mut approver = w.app.signed_in("approver").await;
    assert_eq!(approver.post("/people/requests/new", &form).await.status, 404, "not for oneself");
    // A role where it is not held.
    let bank = w.bank.to_string();
    let form = staff_request("x", "x@nisc.example", &bank, "nisc_analyst");
    assert_eq!(approver.post("/people/requests/new", &form).await.status, 422);
    assert_eq!(w.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_staff_takes_two_persons() {
    let mut w = world().await;
    let office = factory::organisation(&mut w.db, "fsa").await.to_string();
    let mut approver = w.app.signed_in("approver").await;
    let form = staff_request("liaison", "liaison@fsa.example", &office, "ministry_liaison");
    let reply = approver.post("/people/requests/new", &form).await;
    let request = reply.location().to_owned();
    assert_eq!(w.number("select count(*) from affiliations where role = 'ministry_liaison'").await, 0);
    assert_eq!(w.number("select count(*) from account_tickets").await, 0, "no link before the second person");
    assert!(approver.get(&request).await.body.contains("もう一人の承認者"));
    assert_eq!(approver.post(&format!("{request}/confirmation"), &[]).await.status, 404, "one's own");
    assert_eq!(approver.post(&format!("{request}/refusal"), &[]).await.status, 404, "one's own");

    // Two others at the same moment: one confirms, the other is told.
    let (mut one, mut two) = (w.app.signed_in("approver2").await, w.app.signed_in("operator").await);
    assert!(one.get("/people/requests").await.body.contains(&request));
    let path = format!("{request}/confirmation");
    let (a, b) = tokio::join!(one.post(&path, &[]), two.post(&path, &[]));
    let mut answers = [a.status, b.status];
    answers.sort_unstable();
    assert!(answers == [303, 409] || answers == [303, 404], "{answers:?}");
    assert_eq!(w.number("select count(*) from affiliations where role = 'ministry_liaison'").await, 1);
    let two_persons = "select count(*) from affiliations where role = 'ministry_liaison'
                       and granted_by <> confirmed_by and granted_by is not null";
    assert_eq!(w.number(two_persons).await, 1);
    assert_eq!(w.number("select count(*) from account_tickets where purpose = 'enrol'").await, 1);

    // The person concerned does not confirm either, whatever they are already.
    let nisc = factory::organisation(&mut w.db, "nisc").await.to_string();
    let form = staff_request("approver2", "approver2@people.example", &nisc, "system_admin");
    let request = approver.post("/people/requests/new", &form).await.location().to_owned();
    assert_eq!(one.post(&format!("{request}/confirmation"), &[]).await.status, 404, "about oneself");
    assert!(one.get(&request).await.body.contains("ご自分についての申請"));
    // Whoever asked must still be somebody who may.
    sqlx::query(
        "update affiliations f set valid = daterange(lower(valid), $1) from accounts a
                 where a.account_id = f.account_id and a.sign_in_name = 'approver'",
    )
    .bind(japan_day(w.app.state.clock.now()))
    .execute(&mut w.db)
    .await
    .unwrap();
    assert_eq!(two.post(&format!("{request}/confirmation"), &[]).await.status, 409);
    assert_eq!(w.number("select count(*) from affiliations where role = 'system_admin'").await, 1);
    assert_eq!(two.post(&format!("{request}/refusal"), &[]).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_themselves_refuse_one_person() {
    let mut w = world().await;
    let (one, two) = (w.account("approver").await, w.account("approver2").await);
    let nisc = factory::organisation(&mut w.db, "nisc").await;
    for (granted, confirmed, role, account) in [
        (one, None, "nisc_analyst", w.poc),
        (one, Some(one), "nisc_analyst", w.poc),
        (one, Some(w.poc), "nisc_analyst", w.poc),
        (w.poc, Some(two), "nisc_analyst", w.poc),
        (w.poc, None, "member_reader", w.poc),
    ] {
        let added = sqlx::query(
            "insert into affiliations (account_id, role, organisation_id, valid, granted_by, confirmed_by)
             values ($1, $2, $3, '[2026-11-21,)', $4, $5)",
        )
        .bind(account)
        .bind(role)
        .bind(nisc)
        .bind(granted)
        .bind(confirmed)
        .execute(&mut w.db)
        .await;
        assert!(added.is_err(), "{role} {granted} {confirmed:?}");
    }
    for (asked, decided) in [(one, one), (one, w.analyst), (w.analyst, one)] {
        let confirmed = sqlx::query(
            "insert into grant_requests (account_id, purpose, reason, asked_by, asked_at, decision, decided_by, decided_at)
             values ($1, 'recovery', 'x', $2, now(), 'confirmed', $3, now())",
        )
        .bind(w.analyst)
        .bind(asked)
        .bind(decided)
        .execute(&mut w.db)
        .await;
        assert!(confirmed.is_err(), "{asked} {decided}");
    }
    // History is ended, never rewritten.
    for change in ["valid = '[2018-04-01,)'::daterange * '[2019-01-01,)'", "role = 'member_admin'", "reason = 'x'"] {
        let query = format!("update affiliations set {change} where account_id = '{}'", w.poc);
        assert!(sqlx::query(AssertSqlSafe(query)).execute(&mut w.db).await.is_err(), "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_role_bites_in_the_next_request() {
    let mut w = world().await;
    let mut admin = w.app.signed_in("bank-admin").await;
    assert_eq!(admin.get("/people").await.status, 200);
    let admin_id = w.account("bank-admin").await;
    let duty = w.duty_of(admin_id).await;
    let mut desk = w.app.signed_in("desk").await;
    // A further duty first, so that the session itself goes on living.
    factory::affiliate(&mut w.db, admin_id, Role::MemberReader, w.bank, Some("banks"), None).await;
    let end = [("when", "at_once"), ("reason", "交代")];
    assert_eq!(desk.post(&format!("/people/duties/{duty}/end"), &end).await.status, 303);
    assert_eq!(admin.get("/advisories").await.status, 200, "the session lives");
    assert_eq!(admin.get("/people").await.status, 404);
    assert_eq!(admin.post(&format!("/people/{}/sessions", w.poc), &[]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn moving_ends_one_duty_and_begins_another_on_a_day() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let (poc, rival) = (w.poc, factory::member(&mut w.db, "banks", "静波銀行(架空)").await);
    factory::window(&mut w.db, rival, Some("banks"), "window@quiet.example").await;
    let duty = w.duty_of(poc).await;
    let leaving = duty.to_string();
    let page = desk.get(&format!("/people/{poc}/duties/{rival}/banks?leaving={leaving}")).await;
    assert!(page.body.contains(&leaving));
    let form = [
        ("duty", "member_poc"),
        ("from_year", "2027"),
        ("from_month", "4"),
        ("from_day", "1"),
        ("reason", "転籍"),
        ("leaving", leaving.as_str()),
    ];
    assert_eq!(desk.post(&format!("/people/{poc}/duties/{rival}/banks"), &form).await.status, 303);
    let rows: Vec<(String, Option<String>)> = sqlx::query_as(
        "select lower(valid)::text, upper(valid)::text from affiliations where account_id = $1 order by lower(valid)",
    )
    .bind(poc)
    .fetch_all(&mut w.db)
    .await
    .unwrap();
    assert_eq!(
        rows,
        [("2018-04-01".into(), Some("2027-04-01".into())), ("2027-04-01".to_owned(), None)],
        "no day without, and no day with both"
    );
    let page = desk.get(&format!("/people/{poc}")).await;
    assert!(page.body.contains("静波銀行") && page.body.contains("2027年3月31日") && page.body.contains("転籍"));
    // Another's duty cannot be ended that way.
    let foreign = w.duty_of(w.insurer_poc).await.to_string();
    let form = [("duty", "member_reader"), ("reason", "x"), ("leaving", foreign.as_str())];
    assert_eq!(desk.post(&format!("/people/{poc}/duties/{rival}/banks"), &form).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn suspending_ends_everything_at_once() {
    let mut w = world().await;
    let (poc, bank) = (w.poc, w.bank);
    // A second window that a colleague answers for as well.
    let shared = factory::window(&mut w.db, bank, Some("banks"), "shared@bank.example").await;
    factory::affiliate(&mut w.db, poc, Role::MemberPoc, bank, Some("banks"), Some(shared)).await;
    factory::person(&w.app, "colleague", Role::MemberPoc, bank, Some("banks"), Some(shared)).await;
    let lonely = factory::window(&mut w.db, bank, Some("banks"), "lonely@bank.example").await;
    let item = factory::published_advisory(&w.app, factory::NewAdvisory::default()).await;
    let mut client = w.app.signed_in("poc").await;
    assert_eq!(client.get("/advisories").await.status, 200);
    let mut desk = w.app.signed_in("desk").await;
    assert_eq!(desk.post(&format!("/people/{poc}/reset"), &[]).await.status, 303);
    assert_eq!(w.number(format!("select count(*) from account_tickets where account_id = '{poc}'")).await, 1);
    assert_eq!(desk.post(&format!("/people/{poc}/suspension"), &[]).await.status, 422, "a reason is needed");
    assert_eq!(desk.post(&format!("/people/{poc}/suspension"), &[("reason", "端末の紛失")]).await.status, 303);

    assert_eq!(client.get("/advisories").await.status, 303, "the session is over");
    assert_eq!(w.number(format!("select count(*) from account_tickets where account_id = '{poc}'")).await, 0);
    let state = |window: Uuid| {
        format!("select count(*) from deliveries where item_id = '{item}' and contact_id = '{window}' and state = ")
    };
    assert_eq!(w.number(format!("{}'cancelled'", state(w.window))).await, 1, "the window that nobody else answers for");
    assert_eq!(w.number(format!("{}'queued'", state(shared))).await, 1, "a colleague answers for it");
    assert_eq!(w.number(format!("{}'queued'", state(lonely))).await, 1, "no account at all: untouched");
    let letters = format!("select count(*) from deliveries where contact_id = '{poc}' and state = 'queued'");
    assert_eq!(w.number(letters).await, 1, "of the letters under way only the one about this");
    let page = desk.get("/people").await;
    assert!(page.body.contains("担当者が停止中の窓口があります"), "the desk is told");
    assert_eq!(desk.post(&format!("/people/{poc}/suspension"), &[("reason", "x")]).await.status, 409);
    assert_eq!(desk.post(&format!("/people/{poc}/reset"), &[]).await.status, 409, "no link for somebody suspended");

    // Later items still go to the firm's window: it is never silently unwarned.
    w.app.state.clock.advance(chrono::TimeDelta::minutes(5));
    let later = factory::published_advisory(&w.app, factory::NewAdvisory::default()).await;
    let query = format!(
        "select count(*) from deliveries where item_id = '{later}' and contact_id = '{}' and state = 'queued'",
        w.window
    );
    assert_eq!(w.number(query).await, 1);

    let mut desk = w.app.signed_in("desk").await;
    assert_eq!(desk.post(&format!("/people/{poc}/lifting"), &[("reason", "見つかった")]).await.status, 303);
    assert_eq!(client.get("/advisories").await.status, 303, "the old session stays dead");
    w.app.signed_in("poc").await;
    let page = desk.get(&format!("/people/{poc}")).await;
    assert!(page.body.contains("端末の紛失") && page.body.contains("見つかった"), "both are kept");
    assert!(!desk.get("/people").await.body.contains("担当者が停止中の窓口があります"));
}

/// A copy that was in a worker's hands and comes back for another try goes no further; one of a later item does.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_comes_back_after_the_suspension_is_not_sent() {
    let mut w = world().await;
    let before = factory::published_advisory(&w.app, factory::NewAdvisory::default()).await;
    sqlx::query("update deliveries set state = 'sending' where item_id = $1")
        .bind(before)
        .execute(&mut w.db)
        .await
        .unwrap();
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    let mut desk = w.app.signed_in("desk").await;
    assert_eq!(desk.post(&format!("/people/{}/suspension", w.poc), &[("reason", "x")]).await.status, 303);
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    let after = factory::published_advisory(&w.app, factory::NewAdvisory::default()).await;
    sqlx::query("update deliveries set state = 'sending' where item_id = $1")
        .bind(after)
        .execute(&mut w.db)
        .await
        .unwrap();
    sqlx::query("update deliveries set state = 'queued' where state = 'sending'").execute(&mut w.db).await.unwrap();
    for (item, state) in [(before, "cancelled"), (after, "queued")] {
        let query = format!(
            "select count(*) from deliveries where item_id = '{item}' and contact_id = '{}' and state = '{state}'",
            w.window
        );
        assert_eq!(w.number(query).await, 1, "{state}");
    }
}

/// Whichever of the two comes second waits: a copy put back in the middle of a suspension is caught by one of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_comes_back_in_the_middle_of_a_suspension_is_not_sent() {
    let mut w = world().await;
    let item = factory::published_advisory(&w.app, factory::NewAdvisory::default()).await;
    sqlx::query("update deliveries set state = 'sending' where item_id = $1")
        .bind(item)
        .execute(&mut w.db)
        .await
        .unwrap();
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    let (desk, now) = (ceptoar_portal::kernel::ids::AccountId(w.account("desk").await), w.app.state.clock.now());
    let mut tx = w.app.state.db.begin(Some(desk), now).await.unwrap();
    sqlx::query("select people_suspend($1, 'x', $2)").bind(w.poc).bind(now).execute(&mut *tx).await.unwrap();
    let mut other = w.app.database.owner().await;
    let back = tokio::spawn(async move {
        sqlx::query("update deliveries set state = 'queued' where state = 'sending'")
            .execute(&mut other)
            .await
            .unwrap();
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!back.is_finished(), "it does not wait");
    tx.commit().await.unwrap();
    back.await.unwrap();
    let query = format!(
        "select count(*) from deliveries where item_id = '{item}' and contact_id = '{}' and state = 'cancelled'",
        w.window
    );
    assert_eq!(w.number(query).await, 1);
}

/// P9: whenever it comes, no request that starts after the suspension is served, and nothing waits for them.
#[tokio::test(flavor = "multi_thread")]
async fn suspending_at_random_moments_lets_nothing_through() {
    const ROUNDS: usize = 25;
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let poc = w.poc;
    let pool = db::pool(w.app.database.connections.worker.clone(), 2);
    let mut served_before = 0;
    for round in 0..ROUNDS {
        factory::published_advisory(&w.app, factory::NewAdvisory::default()).await;
        // Past the window in which sign-ins are counted.
        w.app.state.clock.advance(chrono::TimeDelta::minutes(16));
        let clients = [w.app.signed_in("poc").await, w.app.signed_in("poc").await, w.app.signed_in("poc").await];
        let over = Arc::new(AtomicBool::new(false));
        let mut crowd = tokio::task::JoinSet::new();
        let worker = tokio::spawn(work(pool.clone(), w.window, over.clone()));
        for mut client in clients {
            let over = over.clone();
            crowd.spawn(async move {
                let (mut before, mut after, mut last) = (0, 0, 0);
                while last < 3 {
                    let late = over.load(SeqCst);
                    let served = client.get("/advisories.json").await.status == 200;
                    before += usize::from(served && !late);
                    after += usize::from(served && late);
                    last += usize::from(late);
                }
                (before, after)
            });
        }
        // A different moment in each round, without a clock: so many other requests first.
        for _ in 0..(round * 7) % 11 {
            desk.get("/people").await;
        }
        let reply = desk.post(&format!("/people/{poc}/suspension"), &[("reason", "x")]).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        over.store(true, SeqCst);
        for (before, after) in crowd.join_all().await {
            served_before += before;
            assert_eq!(after, 0, "a request that began after the suspension was served");
        }
        assert_eq!(worker.await.unwrap(), 0, "a copy was taken up after the suspension");
        let waiting = format!("select count(*) from deliveries where contact_id = '{}' and state = 'queued'", w.window);
        assert_eq!(w.number(waiting).await, 0);
        let open = format!("select count(*) from sessions where account_id = '{poc}' and ended_at is null");
        assert_eq!(w.number(open).await, 0);
        assert_eq!(desk.post(&format!("/people/{poc}/lifting"), &[("reason", "x")]).await.status, 303);
    }
    assert!(served_before > 0, "requests were served until then");
}

/// A worker that takes up one copy at a time and puts every other one off; answers how many copies for the
/// window it took up after the suspension.
async fn work(pool: sqlx::PgPool, window: Uuid, over: Arc<AtomicBool>) -> usize {
    let me = Uuid::new_v4();
    let lease = Duration::from_secs(60);
    let (mut late, mut last, mut turn) = (0, 0, 0);
    while last < 3 {
        let after = over.load(SeqCst);
        let claimed = outbox::claim(&pool, me, 1, lease).await.expect("a claim");
        let ids: Vec<Uuid> = claimed.iter().map(|c| c.delivery_id.0).collect();
        let theirs: i64 =
            sqlx::query_scalar("select count(*) from deliveries where delivery_id = any ($1) and contact_id = $2")
                .bind(ids)
                .bind(window)
                .fetch_one(&pool)
                .await
                .expect("a count");
        late += usize::from(after && theirs > 0);
        turn += 1;
        let fate = if turn % 2 == 0 { Fate::Sent } else { Fate::Later(Duration::ZERO) };
        let outcome =
            |c: &outbox::Claimed| Outcome { delivery_id: c.delivery_id, attempt: c.attempt, fate, reply: None };
        let outcomes: Vec<Outcome> = claimed.iter().map(outcome).collect();
        outbox::settle(&pool, me, &outcomes).await.expect("a settlement");
        last += usize::from(after && claimed.is_empty());
    }
    late
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_authenticator_for_staff_takes_two_persons_and_for_members_one() {
    let mut w = world().await;
    let (poc, analyst) = (w.poc, w.analyst);
    let mut desk = w.app.signed_in("desk").await;
    assert_eq!(desk.post(&format!("/people/{poc}/recovery"), &[]).await.status, 303);
    let mut operator = w.app.signed_in("operator").await;
    assert_eq!(operator.post(&format!("/people/{analyst}/recovery"), &[]).await.status, 404, "not alone");
    let reply = operator.post(&format!("/people/{analyst}/recovery-request"), &[("reason", "電話で確認")]).await;
    assert_eq!(reply.status, 303);
    let request = reply.location().to_owned();
    let tickets =
        format!("select count(*) from account_tickets where account_id = '{analyst}' and purpose = 'recover'");
    assert_eq!(w.number(tickets.clone()).await, 0);
    assert_eq!(operator.post(&format!("{request}/confirmation"), &[]).await.status, 404);
    let mut approver = w.app.signed_in("approver").await;
    assert_eq!(approver.post(&format!("{request}/confirmation"), &[]).await.status, 303);
    assert_eq!(w.number(tickets).await, 1);
    // The database holds to it as well: one person's own ticket for a colleague at the centre is refused.
    let mut tx = sqlx::Connection::begin(&mut w.db).await.unwrap();
    sqlx::query("select set_config('portal.account', (select account_id::text from accounts where sign_in_name = 'operator'), true)")
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("set local role portal_app").execute(&mut *tx).await.unwrap();
    let issued: Result<bool, _> = sqlx::query_scalar(
        "select issue_account_ticket('\\x01', $1, 'recover', null, now(), now() + interval '10 minutes')",
    )
    .bind(analyst)
    .fetch_one(&mut *tx)
    .await;
    assert!(issued.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_secrets_and_each_their_own_part() {
    let mut w = world().await;
    for (name, sees, not) in [
        ("desk", vec!["poc", "rival-poc", "bank-admin"], vec!["insurer-poc", "analyst", "operator"]),
        ("bank-admin", vec!["poc", "bank-admin"], vec!["rival-poc", "insurer-poc", "analyst"]),
        ("operator", vec!["analyst", "approver", "desk", "life-desk"], vec!["poc", "rival-poc", "insurer-admin"]),
    ] {
        let mut client = w.app.signed_in(name).await;
        let list = client.get("/people").await;
        let names = list.texts("tbody th");
        for seen in sees {
            assert!(names.iter().any(|n| n == seen), "{name} does not see {seen}: {names:?}");
        }
        for hidden in not {
            assert!(!names.iter().any(|n| n == hidden), "{name} sees {hidden}");
        }
        assert!(!list.body.contains("$argon2"));
        let english = client.in_english().get("/people").await;
        assert!(english.body.contains("Last sign-in"));
    }
    for name in ["poc", "analyst"] {
        assert_eq!(w.app.signed_in(name).await.get("/people").await.status, 404, "{name}");
    }
    // Straight at the tables: a keeper reads no row of anybody else's.
    let desk = w.account("desk").await;
    let id = ceptoar_portal::kernel::ids::AccountId(desk);
    let mut tx = w.app.state.db.begin(Some(id), w.app.state.clock.now()).await.unwrap();
    let rows: i64 = sqlx::query_scalar("select count(*) from accounts").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifteen_thousand_people_are_paged_through_once_each() {
    let mut w = world().await;
    sqlx::query(
        "with made as (
           insert into accounts (sign_in_name, display_name, demonstration, created_at)
           select 'n' || n, 'Person ' || lpad((n % 9000)::text, 5, '0'), true, now() from generate_series(1, 15000) n
           returning account_id, sign_in_name)
         insert into affiliations (account_id, role, organisation_id, ceptoar_id, valid)
         select account_id, 'member_reader', $1, 'banks', '[2020-01-01,)' from made",
    )
    .bind(w.rival)
    .execute(&mut w.db)
    .await
    .unwrap();
    sqlx::query("analyze accounts, affiliations").execute(&mut w.db).await.unwrap();
    let mut desk = w.app.signed_in("desk").await;
    let reply = desk.post("/people/search", &[("words", "person 0123")]).await;
    assert!(reply.texts("tbody th").iter().all(|name| name.starts_with("Person 0123")));
    let mut seen = std::collections::BTreeSet::new();
    let mut page = desk.get("/people").await;
    for _ in 0..5 {
        let rows = page.texts("tbody th");
        let ids: Vec<String> = page.values("nav.pager input[name=after]");
        for href in hrefs(&page.body) {
            assert!(seen.insert(href), "shown twice");
        }
        assert_eq!(rows.len(), 50);
        let name = page.values("nav.pager input[name=after_name]").remove(0);
        page = desk.post("/people/search", &[("after_name", &name), ("after", &ids[0])]).await;
    }
    assert_eq!(seen.len(), 250);
}

fn hrefs(body: &str) -> Vec<String> {
    body.split("<th scope=\"row\"><a href=\"")
        .skip(1)
        .filter_map(|part| part.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// Asking for a role gives nobody anything over the person asked for.
#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_role_takes_nobody_over() {
    let mut w = world().await;
    let (nisc, poc) = (factory::organisation(&mut w.db, "nisc").await.to_string(), w.poc);
    let mut operator = w.app.signed_in("operator").await;
    let form = staff_request("poc", "poc@people.example", &nisc, "auditor");
    let reply = operator.post("/people/requests/new", &form).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let request = reply.location().to_owned();
    assert_eq!(operator.get(&format!("/people/{poc}")).await.status, 404);
    assert!(!operator.get("/people").await.body.contains(&poc.to_string()));
    for act in ["suspension", "sessions", "reset", "recovery", "recovery-request"] {
        let reply = operator.post(&format!("/people/{poc}/{act}"), &[("reason", "x")]).await;
        assert_eq!(reply.status, 404, "{act}");
    }
    // Straight at the database.
    let id = ceptoar_portal::kernel::ids::AccountId(w.account("operator").await);
    let mut tx = w.app.state.db.begin(Some(id), w.app.state.clock.now()).await.unwrap();
    let shut = sqlx::query("select people_suspend($1, 'x', now())").bind(poc).execute(&mut *tx).await;
    assert!(shut.is_err());
    drop(tx);
    // The asker learns no duty by asking.
    assert!(!operator.get(&request).await.body.contains("星見銀行"));
    let mut desk = w.app.signed_in("desk").await;
    assert_eq!(desk.post(&format!("/people/{poc}/reset"), &[]).await.status, 303, "the desk keeps its own person");
    assert_eq!(desk.post(&format!("/people/{poc}/sessions"), &[]).await.status, 303);

    // After fourteen days the request is nothing.
    w.app.state.clock.advance(chrono::TimeDelta::days(15));
    let mut approver = w.app.signed_in("approver").await;
    assert!(!approver.get("/people/requests").await.body.contains(&request));
    assert!(approver.get(&request).await.body.contains("期限切れ"));
    assert_eq!(approver.post(&format!("{request}/confirmation"), &[]).await.status, 404);
    assert_eq!(w.number("select count(*) from affiliations where role = 'auditor'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_person_sees_whom_they_let_in() {
    let mut w = world().await;
    let nisc = factory::organisation(&mut w.db, "nisc").await.to_string();
    let mut operator = w.app.signed_in("operator").await;
    let mut approver = w.app.signed_in("approver").await;
    // The accounts were not made in the moment of asking.
    w.app.state.clock.advance(chrono::TimeDelta::minutes(1));
    let form = staff_request("poc", "poc@people.example", &nisc, "auditor");
    let duty = operator.post("/people/requests/new", &form).await.location().to_owned();
    let form = staff_request("new-auditor", "new@nisc.example", &nisc, "auditor");
    let new = operator.post("/people/requests/new", &form).await.location().to_owned();
    let analyst = w.analyst;
    let reply = operator.post(&format!("/people/{analyst}/recovery-request"), &[("reason", "電話で確認")]).await;
    let recovery = reply.location().to_owned();
    let front = approver.get("/").await;
    assert!(front.body.contains("申請が3件") && front.body.contains("href=\"/people/requests\""), "{}", front.body);
    let own = operator.get("/").await;
    assert!(!own.body.contains("href=\"/people/requests\""), "nobody confirms their own");
    for (request, words) in [
        (&duty, ["poc@people.example", "星見銀行", "ポータルの運用者"]),
        (&new, ["new@nisc.example", "new-auditor", "operator"]),
        (&recovery, ["analyst@people.example", "現在のメールアドレス", "ポータルの運用者"]),
    ] {
        let page = approver.get(request).await;
        for word in words {
            assert!(page.body.contains(word), "{word}: {}", page.body);
        }
    }
    // The address changes between asking and confirming.
    sqlx::query("update accounts set mail_address = 'evil@evil.example' where account_id = any ($1)")
        .bind(vec![w.poc, analyst])
        .execute(&mut w.db)
        .await
        .unwrap();
    for request in [&duty, &recovery] {
        let reply = approver.post(&format!("{request}/confirmation"), &[]).await;
        assert_eq!(reply.status, 409);
        assert!(reply.body.contains("メールアドレスが変わっています"), "{}", reply.body);
    }
    assert_eq!(w.number("select count(*) from affiliations where role = 'auditor'").await, 0);
    assert_eq!(w.number("select count(*) from account_tickets").await, 0);
    assert_eq!(approver.post(&format!("{new}/confirmation"), &[]).await.status, 303, "the other one goes through");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_as_high_a_rank_lifts_a_suspension() {
    let mut w = world().await;
    let poc = w.poc;
    let (suspension, lifting) = (format!("/people/{poc}/suspension"), format!("/people/{poc}/lifting"));
    let reason = [("reason", "x")];
    let mut admin = w.app.signed_in("bank-admin").await;
    let mut desk = w.app.signed_in("desk").await;
    assert_eq!(desk.post(&suspension, &reason).await.status, 303);
    let reply = admin.post(&lifting, &reason).await;
    assert_eq!(reply.status, 403);
    assert!(reply.body.contains("上位の管理担当者"), "{}", reply.body);
    let page = admin.get(&format!("/people/{poc}")).await;
    assert!(page.body.contains("上位の管理担当者") && !page.body.contains(&lifting));
    // The database alone holds to it.
    let id = ceptoar_portal::kernel::ids::AccountId(w.account("bank-admin").await);
    let mut tx = w.app.state.db.begin(Some(id), w.app.state.clock.now()).await.unwrap();
    assert!(sqlx::query("select people_lift($1, 'x', now())").bind(poc).execute(&mut *tx).await.is_err());
    drop(tx);
    assert_eq!(desk.post(&lifting, &reason).await.status, 303);
    assert_eq!(admin.post(&suspension, &reason).await.status, 303);
    assert_eq!(desk.post(&lifting, &reason).await.status, 303, "above is enough");

    // Shut by the operator while two firms had this person; the second one goes, and the operator still lifts.
    let mut insurer = w.app.signed_in("insurer-admin").await;
    let form = invitation("x", "poc@people.example", "member_reader");
    assert_eq!(invite(&mut insurer, w.insurer, "life", &form).await.0, 303);
    let mut operator = w.app.signed_in("operator").await;
    assert_eq!(operator.post(&suspension, &reason).await.status, 303);
    let second =
        w.number("select count(*) from affiliations where ceptoar_id = 'life' and role = 'member_reader'").await;
    assert_eq!(second, 1);
    let duty: Uuid =
        sqlx::query_scalar("select affiliation_id from affiliations where account_id = $1 and ceptoar_id = 'life'")
            .bind(poc)
            .fetch_one(&mut w.db)
            .await
            .unwrap();
    let end = [("when", "at_once"), ("reason", "x")];
    assert_eq!(insurer.post(&format!("/people/duties/{duty}/end"), &end).await.status, 303);
    assert_eq!(desk.post(&lifting, &reason).await.status, 403);
    assert_eq!(operator.post(&lifting, &reason).await.status, 303);
    assert_eq!(operator.get(&format!("/people/{poc}")).await.status, 404, "and then it is theirs no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hat_from_elsewhere_takes_no_brake_away_and_gives_none() {
    let w = world().await;
    let poc = w.poc;
    let mut insurer = w.app.signed_in("insurer-admin").await;
    let form = invitation("x", "poc@people.example", "member_reader");
    assert_eq!(invite(&mut insurer, w.insurer, "life", &form).await.0, 303);
    let mut admin = w.app.signed_in("bank-admin").await;
    let reason = [("reason", "x")];
    assert_eq!(admin.post(&format!("/people/{poc}/sessions"), &[]).await.status, 303);
    assert_eq!(admin.post(&format!("/people/{poc}/reset"), &[]).await.status, 404, "a link needs all of the person");
    assert_eq!(insurer.post(&format!("/people/{poc}/suspension"), &reason).await.status, 404, "came later");
    assert_eq!(admin.post(&format!("/people/{poc}/suspension"), &reason).await.status, 303);
    assert_eq!(insurer.post(&format!("/people/{poc}/lifting"), &reason).await.status, 404);
    assert_eq!(admin.post(&format!("/people/{poc}/lifting"), &reason).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_to_one_person_have_an_end_and_the_last_approver_stays() {
    let mut w = world().await;
    let (poc, one, two) = (w.poc, w.account("approver").await, w.account("approver2").await);
    let mut desk = w.app.signed_in("desk").await;
    for _ in 0..5 {
        assert_eq!(desk.post(&format!("/people/{poc}/reset"), &[]).await.status, 303);
    }
    assert_eq!(desk.post(&format!("/people/{poc}/reset"), &[]).await.status, 429);
    let letters = format!("select count(*) from deliveries where contact_id = '{poc}' and stage = 'account'");
    assert_eq!(w.number(letters).await, 5);

    let mut operator = w.app.signed_in("operator").await;
    assert_eq!(operator.post(&format!("/people/{one}/suspension"), &[("reason", "x")]).await.status, 303);
    let reply = operator.post(&format!("/people/{two}/suspension"), &[("reason", "x")]).await;
    assert_eq!(reply.status, 409);
    assert!(reply.body.contains("ほかにいません"), "{}", reply.body);
    let duty = w.duty_of(two).await;
    let end = [("when", "at_once"), ("reason", "x")];
    assert_eq!(operator.post(&format!("/people/duties/{duty}/end"), &end).await.status, 409);
}
