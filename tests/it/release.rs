//! An item approved for a time: nobody gets it before, whoever works on it can stop it, and it leaves by itself.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::advisories::release::due;
use ceptoar_portal::kernel::ids::AccountId;
use chrono::TimeDelta;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::directory::roster::{change, day};
use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, Reply, TestApp};

struct Cast {
    app: TestApp,
    db: PgConnection,
    bank: Uuid,
}

impl Cast {
    async fn texts(&mut self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut self.db).await.expect("texts")
    }

    async fn state(&mut self, id: Uuid) -> String {
        self.texts(&format!("select state from advisories where advisory_id = '{id}'")).await.concat()
    }

    async fn copies(&mut self, id: Uuid) -> usize {
        self.texts(&format!("select state from deliveries where item_id = '{id}'")).await.len()
    }

    /// What the worker does every few seconds.
    async fn tick(&self) -> usize {
        due::release(&self.worker().await, self.app.state.clock.now()).await.expect("a look")
    }

    async fn worker(&self) -> sqlx::PgPool {
        sqlx::PgPool::connect_with(self.app.database.connections.worker.clone()).await.expect("a worker")
    }

    fn later(&self, minutes: i64) {
        self.app.state.clock.advance(TimeDelta::minutes(minutes));
    }

    async fn viewer(&mut self, name: &str) -> AccountId {
        let account = self.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        AccountId(account[0].parse().expect("an account"))
    }
}

/// Two banks, their desk, another firm, and the centre, on a Saturday evening at 21:10.
async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank = factory::member(&mut db, "banks", "あかね架空銀行").await;
    let rival = factory::member(&mut db, "banks", "いちご架空銀行").await;
    let gas = factory::member(&mut db, "gas", "架空ガス").await;
    let window = factory::window(&mut db, bank, Some("banks"), "soc@bank1.example").await;
    factory::window(&mut db, rival, Some("banks"), "soc@bank2.example").await;
    factory::window(&mut db, gas, Some("gas"), "soc@gas.example").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    factory::window(&mut db, desk, Some("banks"), "desk@banks.example").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, bank, Some("banks"), Some(window)),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("approver", Role::NiscApprover, nisc, None, None),
        ("operator", Role::SystemAdmin, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    factory::case_team(&app).await;
    Cast { app, db, bank }
}

fn item(id: Uuid) -> String {
    format!("/advisories/{id}")
}

async fn submitted(cast: &Cast) -> Uuid {
    let new = NewAdvisory {
        level: "GREEN",
        scope: "organisation",
        ceptoars: &["banks"],
        due_in_hours: 96,
        ..NewAdvisory::default()
    };
    let id = factory::draft_advisory(&cast.app, new).await;
    let mut author = cast.app.signed_in("case-author").await;
    assert_eq!(author.post(&format!("{}/submission", item(id)), &[]).await.status, 303);
    id
}

/// Looks at an item for a time, and approves it for that.
async fn approved(approver: &mut Client, id: Uuid, when: &str) -> Reply {
    let page = approver.get(&format!("{}/publication?{when}", item(id))).await;
    assert_eq!(page.status, 200, "{:?}", page.texts(".field__error"));
    approver.press(&page, "form[action$='/publication'][method=post]", &[]).await
}

const TUESDAY: &str =
    "release=at&release_at_year=2026&release_at_month=11&release_at_day=24&release_at_hour=10&release_at_minute=0";

#[tokio::test(flavor = "multi_thread")]
async fn an_item_waits_for_its_time_and_then_leaves_by_itself() {
    let mut cast = cast().await;
    let id = submitted(&cast).await;
    let mut approver = cast.app.signed_in("case-approver").await;
    let plain = approver.get(&format!("{}/publication", item(id))).await;
    assert_eq!(plain.texts("form[data-confirm] button"), ["承認して発出する"]);
    let page = approver.get(&format!("{}/publication?release=30", item(id))).await;
    assert_eq!(page.texts("form[data-confirm] button"), ["承認する(承認の30分後に発出)"]);
    assert!(page.texts("#release-time .notice").concat().contains("承認の30分後に発出するとき"), "{}", page.body);
    assert_eq!(approved(&mut approver, id, "release=30").await.location(), item(id));
    assert_eq!((cast.state(id).await, cast.copies(id).await), ("approved".to_owned(), 0));

    // Whoever works on it sees when it leaves, and nobody else that there is something.
    let shown = approver.get(&item(id)).await;
    assert!(shown.texts("[data-release] .notice__title").concat().contains("21:40に発出します"), "{}", shown.body);
    let home = cast.app.signed_in("case-author").await.get("/").await;
    assert!(home.body.contains("21:40に発出されます"), "{}", home.body);
    assert!(cast.app.signed_in("case-author").await.get("/advisories?state=approved").await.body.contains("発出待ち"));
    for stranger in ["handler", "desk", "analyst", "operator"] {
        let mut stranger = cast.app.signed_in(stranger).await;
        assert_eq!(stranger.get(&item(id)).await.status, 404);
        assert!(!stranger.get("/").await.body.contains("21:40"));
    }
    // It stands: no edit, no second approval, no return.
    let mut author = cast.app.signed_in("case-author").await;
    for path in ["draft", "return", "discard", "submission"] {
        let status = author.post(&format!("{}/{path}", item(id)), &[]).await.status;
        assert!([404, 409, 422].contains(&status), "{path}: {status}");
    }
    let again = approver.press(&page, "form[action$='/publication'][method=post]", &[]).await;
    assert_eq!(again.status, 409);

    cast.later(29);
    assert_eq!(cast.tick().await, 0);
    cast.later(1);
    let worker = cast.worker().await;
    let now = cast.app.state.clock.now();
    let (a, b) = tokio::join!(due::release(&worker, now), due::release(&worker, now));
    assert_eq!(a.unwrap() + b.unwrap(), 1, "two workers, one publication");
    assert_eq!((cast.state(id).await, cast.copies(id).await), ("published".to_owned(), 3));
    assert_eq!(cast.tick().await, 0);
    let member = cast.app.signed_in("handler").await.get(&item(id)).await;
    assert!(member.status == 200 && member.body.contains("21:40"), "{}", member.body);
    let mut author = cast.app.signed_in("case-author").await;
    assert_eq!(author.post(&format!("{}/stop", item(id)), &[]).await.status, 409, "too late");
    assert!(!cast.app.signed_in("case-author").await.get("/").await.body.contains("発出されます"));
    let trail =
        "select action from audit_events where action in ('advisory.approve', 'advisory.release', 'advisory.stop')
                 order by sequence";
    assert_eq!(cast.texts(trail).await, ["advisory.approve", "advisory.release"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_works_on_it_can_stop_it() {
    let mut cast = cast().await;
    let id = submitted(&cast).await;
    let mut approver = cast.app.signed_in("case-approver").await;
    approved(&mut approver, id, "release=10").await;
    for stranger in ["handler", "desk", "analyst", "operator"] {
        let refused = cast.app.signed_in(stranger).await.post(&format!("{}/stop", item(id)), &[]).await;
        assert!([403, 404].contains(&refused.status), "{stranger}: {}", refused.status);
    }
    assert_eq!(cast.state(id).await, "approved");
    let mut author = cast.app.signed_in("case-author").await;
    let page = author.get(&item(id)).await;
    let stopped = author.press(&page, "[data-release] form", &[]).await;
    assert_eq!(stopped.location(), format!("{}?stopped=1", item(id)));
    let page = author.get(stopped.location()).await;
    assert!(page.texts(".notice--success").concat().contains("発出を止めました"), "{}", page.body);
    assert!(page.texts("[data-releases] li").concat().contains("さんが止めました"), "{}", page.body);
    assert_eq!(cast.state(id).await, "review");
    assert!(cast.texts("select subject from mails").await.is_empty(), "letters that nobody got are gone");
    cast.later(60);
    assert_eq!((cast.tick().await, cast.copies(id).await), (0, 0));
    let mut author = cast.app.signed_in("case-author").await;
    assert_eq!(author.post(&format!("{}/stop", item(id)), &[]).await.status, 409, "nothing waits");

    // Another approver stops as well; then it is published at once.
    let mut approver = cast.app.signed_in("case-approver").await;
    approved(&mut approver, id, "release=60").await;
    let mut another = cast.app.signed_in("approver").await.in_english();
    let page = another.get(&format!("{}/publication", item(id))).await;
    assert!(page.texts("[data-release] .notice__title").concat().contains("published at"), "{}", page.body);
    assert_eq!(page.texts("[data-release] button"), ["Stop it"]);
    assert_eq!(another.press(&page, "[data-release] form", &[]).await.status, 303);
    assert!(approved(&mut approver, id, "").await.location().ends_with("deliveries?published=1"));
    assert_eq!((cast.state(id).await, cast.copies(id).await), ("published".to_owned(), 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_and_desks_are_those_of_the_time_it_leaves() {
    let mut cast = cast().await;
    let mut form = vec![
        ("relay_office", "decided"),
        ("relay_off", "automatic"),
        ("relay_urgent", "decided"),
        ("minutes", "40"),
        ("relay_bypass", "refused"),
        ("reason", "構成員会議の合意"),
    ];
    form.extend(day("2026", "11", "21"));
    change(&mut cast.app.signed_in("desk").await, "/directory/banks/route/agreement", &form).await;
    let id = submitted(&cast).await;
    let mut approver = cast.app.signed_in("case-approver").await;
    let night = approver.get(&format!("{}/publication", item(id))).await;
    assert!(!night.body.contains("事務局の判断の後に届きます"), "at night nobody decides");
    let tuesday = approver.get(&format!("{}/publication?{TUESDAY}", item(id))).await;
    assert!(tuesday.body.contains("事務局の判断の後に届きます"), "{}", tuesday.body);
    assert!(tuesday.body.contains("平日の昼間の宛先"), "{}", tuesday.body);
    // What is looked at window by window is still that time.
    let more = tuesday.hrefs("tbody th a").concat();
    assert!(more.contains("release=at") && more.contains("release_at_hour=10"), "{more}");
    assert_eq!(approved(&mut approver, id, TUESDAY).await.status, 303);
    cast.later(60 * 60 + 50);
    assert_eq!(cast.tick().await, 1);
    let copies = "select stage || ' ' || d.state || ' ' || m.relay from deliveries d join mails m using (mail_id)
                  where d.ceptoar_id = 'banks' group by 1 order by 1";
    assert_eq!(cast.texts(copies).await, ["member held false", "secretariat queued true"]);
    assert_eq!(cast.texts("select ceptoar_id from relays").await, ["banks"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joined_meanwhile_gets_it_and_that_is_said() {
    let mut cast = cast().await;
    let id = submitted(&cast).await;
    let mut approver = cast.app.signed_in("case-approver").await;
    approved(&mut approver, id, "release=30").await;
    factory::window(&mut cast.db, cast.bank, Some("banks"), "second@bank1.example").await;
    cast.later(30);
    assert_eq!(cast.tick().await, 1);
    assert_eq!(cast.copies(id).await, 4);
    let what = "select outcome || ' ' || recipients || ' ' || queued || ' ' || changed from advisory_releases";
    assert_eq!(cast.texts(what).await, ["released 3 4 true"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_ends_with_the_approvers_duty() {
    let mut cast = cast().await;
    let id = submitted(&cast).await;
    let mut approver = cast.app.signed_in("case-approver").await;
    approved(&mut approver, id, "release=30").await;
    sqlx::query("update accounts set suspended_at = now() where sign_in_name = 'case-approver'")
        .execute(&mut cast.db)
        .await
        .unwrap();
    cast.later(30);
    assert_eq!(cast.tick().await, 1);
    assert_eq!((cast.state(id).await, cast.copies(id).await), ("review".to_owned(), 0));
    let page = cast.app.signed_in("approver").await.get(&item(id)).await;
    assert!(page.texts("[data-releases] li").concat().contains("承認者でなくなったため"), "{}", page.body);
    assert_eq!(cast.texts("select action from audit_events where action = 'advisory.lapse'").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_leave_stays_and_is_seen() {
    let mut cast = cast().await;
    let id = submitted(&cast).await;
    approved(&mut cast.app.signed_in("case-approver").await, id, "release=10").await;
    sqlx::query("delete from contact_channels").execute(&mut cast.db).await.unwrap();
    cast.later(10);
    assert_eq!(cast.tick().await, 0, "nobody would get it");
    cast.later(2);
    assert_eq!(cast.state(id).await, "approved");
    let page = cast.app.signed_in("approver").await.get(&item(id)).await;
    assert!(page.texts("[data-release].notice--error").concat().contains("まだ発出されていません"), "{}", page.body);
    assert!(cast.app.signed_in("approver").await.get("/").await.body.contains("発出されるはずでした"));
    // Once the directory is right again, the next look publishes it.
    factory::window(&mut cast.db, cast.bank, Some("banks"), "new@bank1.example").await;
    assert_eq!(cast.tick().await, 1);
    assert_eq!((cast.state(id).await, cast.copies(id).await), ("published".to_owned(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_cannot_be_are_refused_with_what_was_typed() {
    let cast = cast().await;
    let id = submitted(&cast).await;
    let mut approver = cast.app.signed_in("case-approver").await;
    let at = |y: &str, m: &str, d: &str, h: &str| {
        format!(
            "{}/publication?release=at&release_at_year={y}&release_at_month={m}&release_at_day={d}&release_at_hour={h}&release_at_minute=0",
            item(id)
        )
    };
    for (path, field, said) in [
        (at("2026", "11", "21", "20"), "#release_at-error", "今より後"),
        (at("2027", "11", "21", "20"), "#release_at-error", "31日以内"),
        (at("2026", "13", "1", "20"), "#release_at-error", ""),
        (at("2026", "11", "22", "25"), "#release_at-error", "時刻"),
        (format!("{}/publication?release=7", item(id)), "#release-error", "選択"),
    ] {
        let page = approver.get(&path).await;
        assert_eq!(page.status, 422, "{path}");
        let error = page.texts(field).concat();
        assert!(!error.is_empty() && error.contains(said), "{path}: {error}");
    }
    let wrong = approver.get(&at("2026", "13", "1", "20")).await;
    assert_eq!(wrong.values("input[name=release_at_month]"), ["13"], "what was typed is kept");

    // A time that passed while the page was open, a forged one, and one after the answer was due.
    let page = approver
        .get(&format!("{}&release_at_minute=15", at("2026", "11", "21", "21").trim_end_matches("&release_at_minute=0")))
        .await;
    assert_eq!(page.status, 200);
    cast.later(10);
    let late = approver.press(&page, "form[action$='/publication'][method=post]", &[]).await;
    assert!(late.status == 422 && late.body.contains("決めた発出の時刻が過ぎました"), "{}", late.body);
    let page = approver.get(&format!("{}/publication", item(id))).await;
    for forged in ["yesterday", "at", "7"] {
        let reply = approver.press(&page, "form[action$='/publication'][method=post]", &[("when", forged)]).await;
        assert_eq!(reply.status, 400, "{forged}");
    }
    let page = approver.get(&at("2026", "12", "15", "9")).await;
    let due = approver.press(&page, "form[action$='/publication'][method=post]", &[]).await;
    assert!(due.status == 422 && due.body.contains("期限が過ぎた"), "{}", due.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_alone_keeps_the_time_and_the_stop() {
    let mut cast = cast().await;
    let id = submitted(&cast).await;
    approved(&mut cast.app.signed_in("case-approver").await, id, "release=60").await;
    for name in ["handler", "desk", "analyst", "operator", "case-author", "approver", "case-approver"] {
        let viewer = cast.viewer(name).await;
        let works = ["case-author", "approver", "case-approver"].contains(&name);
        for forged in [
            "select count(*) from release_due(now() + interval '1 year')".to_owned(),
            format!("select end_release('{id}', 'lapsed', null, now())"),
            "update advisory_releases set release_at = now()".to_owned(),
            "delete from advisory_releases".to_owned(),
            format!("insert into advisory_releases (release_id, advisory_id, approved_by, approved_at, release_at, recipients, audience, priority, keep_for)
                     select gen_random_uuid(), '{id}', '{}', viewer_now() - interval '1 hour', viewer_now(), 1, '', 0, '1 day'", viewer.0),
        ] {
            let mut tx = cast.app.state.db.begin(Some(viewer), cast.app.state.clock.now()).await.expect("a viewer");
            let refused = sqlx::query(AssertSqlSafe(forged.as_str())).execute(&mut *tx).await.expect_err(&forged);
            let code = refused.as_database_error().and_then(sqlx::error::DatabaseError::code).map(|c| c.to_string());
            assert_eq!(code.as_deref(), Some("42501"), "{name} {forged}: {refused}");
        }
        // Nobody takes it out of its state beside the functions: not to everybody, and not back.
        for forged in [
            format!("update advisories set state = 'published', published_at = now() where advisory_id = '{id}'"),
            format!(
                "update advisories set state = 'review', approved_by = null, approved_hash = null where advisory_id = '{id}'"
            ),
            format!("update advisories set level = 'CLEAR' where advisory_id = '{id}'"),
        ] {
            let mut tx = cast.app.state.db.begin(Some(viewer), cast.app.state.clock.now()).await.expect("a viewer");
            let touched = sqlx::query(AssertSqlSafe(forged.as_str())).execute(&mut *tx).await;
            assert!(touched.map_or(true, |done| done.rows_affected() == 0), "{name} {forged}");
        }
        let mut tx = cast.app.state.db.begin(Some(viewer), cast.app.state.clock.now()).await.expect("a viewer");
        let seen: i64 = sqlx::query_scalar("select count(*) from advisory_releases").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(seen, i64::from(works), "{name}");
        let stopped: bool = sqlx::query_scalar(AssertSqlSafe(format!("select stop_release('{id}')")))
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(stopped, works, "{name}");
    }
    assert_eq!(cast.state(id).await, "approved", "none of it was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_published_in_its_time_goes_back() {
    let mut cast = cast().await;
    let id = submitted(&cast).await;
    approved(&mut cast.app.signed_in("case-approver").await, id, "release=10").await;
    cast.later(25 * 60);
    assert_eq!(cast.tick().await, 1);
    assert_eq!((cast.state(id).await, cast.copies(id).await), ("review".to_owned(), 0));
    let page = cast.app.signed_in("approver").await.get(&item(id)).await;
    assert!(page.texts("[data-releases] li").concat().contains("時間がたちすぎた"), "{}", page.body);
    // A due time that passes while the machines stand still.
    approved(&mut cast.app.signed_in("case-approver").await, id, "release=10").await;
    sqlx::query("update advisories set answer_due = $1")
        .bind(cast.app.state.clock.now() + TimeDelta::minutes(20))
        .execute(&mut cast.db)
        .await
        .unwrap();
    cast.later(30);
    assert_eq!(cast.tick().await, 1);
    assert_eq!(cast.state(id).await, "review");
    let ends = "select outcome from advisory_releases order by approved_at";
    assert_eq!(cast.texts(ends).await, ["late", "late"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_into_what_waits_from_an_older_moment() {
    use sqlx::Connection;
    let mut cast = cast().await;
    let new = NewAdvisory { level: "GREEN", scope: "organisation", ceptoars: &["banks"], ..NewAdvisory::default() };
    for forged in [
        "update advisory_texts set title = 'x'",
        "insert into advisory_addressees (advisory_id, ceptoar_id) select advisory_id, 'gas' from advisories where state = 'draft'",
        "delete from advisory_addressees",
    ] {
        let id = factory::draft_advisory(&cast.app, NewAdvisory { due_in_hours: 96, ..new }).await;
        let author = cast.viewer("case-author").await;
        let mut old = PgConnection::connect_with(&cast.app.database.connections.app).await.expect("a connection");
        let look = format!(
            "begin isolation level repeatable read; select set_config('portal.account', '{}', true),
             set_config('portal.today', '2026-11-21', true); select state from advisories where advisory_id = '{id}'",
            author.0
        );
        sqlx::raw_sql(AssertSqlSafe(look)).execute(&mut old).await.expect("a look");
        let mut writer = cast.app.signed_in("case-author").await;
        assert_eq!(writer.post(&format!("{}/submission", item(id)), &[]).await.status, 303);
        approved(&mut cast.app.signed_in("case-approver").await, id, "release=60").await;
        assert!(sqlx::raw_sql(forged).execute(&mut old).await.is_err(), "{forged}");
        drop(old);
        let mut page = cast.app.signed_in("case-author").await;
        assert_eq!(page.post(&format!("{}/stop", item(id)), &[]).await.status, 303);
        sqlx::query(
            "update advisories set state = 'draft', submitted_by = null, submitted_at = null where state = 'review'",
        )
        .execute(&mut cast.db)
        .await
        .unwrap();
        sqlx::query("delete from advisories where advisory_id = $1").bind(id).execute(&mut cast.db).await.unwrap();
    }
}
