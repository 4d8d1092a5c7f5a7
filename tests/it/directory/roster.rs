//! The roster with a memory: what is changed holds from its day, and what was said before is still known.

use ceptoar_portal::features::access::Role;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::support::factory::NewAdvisory;
use crate::support::{Client, Reply, TestApp, factory};

/// A bank with two windows, one of them a designated handler's; its rival; an insurer in another CEPTOAR.
pub struct World {
    pub app: TestApp,
    pub db: PgConnection,
    pub bank: Uuid,
    pub rival: Uuid,
    pub insurer: Uuid,
    pub window: Uuid,
    pub second: Uuid,
}

pub const BANK: &str = "星見銀行(架空)";
pub const RIVAL: &str = "虹原銀行(架空)";

pub async fn world() -> World {
    world_with(&[]).await
}

pub async fn world_with(settings: &[&str]) -> World {
    let app = TestApp::with_settings(settings).await;
    let mut db = app.database.owner().await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let life_desk = factory::secretariat_of(&mut db, "life").await;
    let bank = factory::member(&mut db, "banks", BANK).await;
    let rival = factory::member(&mut db, "banks", RIVAL).await;
    let insurer = factory::member(&mut db, "life", "霞野生命(架空)").await;
    let window = factory::window(&mut db, bank, Some("banks"), "soc@bank.example").await;
    let second = factory::window(&mut db, bank, Some("banks"), "night@bank.example").await;
    let rivals = factory::window(&mut db, rival, Some("banks"), "soc@rival.example").await;
    factory::window(&mut db, insurer, Some("life"), "soc@insurer.example").await;
    sqlx::query("update contacts set handler = false where contact_id = $1")
        .bind(second)
        .execute(&mut db)
        .await
        .unwrap();
    for (name, role, organisation, ceptoar, contact) in [
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("desk2", Role::Secretariat, desk, Some("banks"), None),
        ("coordinator", Role::Coordinator, desk, Some("banks"), None),
        ("life-desk", Role::Secretariat, life_desk, Some("life"), None),
        ("bank-admin", Role::MemberAdmin, bank, Some("banks"), None),
        ("rival-admin", Role::MemberAdmin, rival, Some("banks"), None),
        ("handler", Role::MemberPoc, bank, Some("banks"), Some(window)),
        ("no-handler", Role::MemberPoc, bank, Some("banks"), Some(second)),
        ("rival-handler", Role::MemberPoc, rival, Some("banks"), Some(rivals)),
        ("reader", Role::MemberReader, bank, Some("banks"), None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("approver", Role::NiscApprover, nisc, None, None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("auditor", Role::Auditor, nisc, None, None),
        ("operator", Role::SystemAdmin, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    // Told to the portal long ago, by its own clock.
    for table in [
        "organisation_names",
        "memberships",
        "contacts",
        "contact_channels",
        "subgroups",
        "secretariat_terms",
        "sector_ministries",
        "route_stages",
    ] {
        let told = format!(
            "alter table {table} disable trigger keep_version; update {table} set recorded_at = '2018-04-01Z';
             alter table {table} enable trigger keep_version; delete from directory_versions"
        );
        sqlx::raw_sql(AssertSqlSafe(told)).execute(&mut db).await.expect("told long ago");
    }
    World { app, db, bank, rival, insurer, window, second }
}

impl World {
    pub fn bank_page(&self) -> String {
        format!("/directory/banks/members/{}", self.bank)
    }

    pub fn window_page(&self, window: Uuid) -> String {
        format!("{}/windows/{window}", self.bank_page())
    }

    pub async fn texts(&mut self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut self.db).await.expect("texts")
    }

    pub async fn number(&mut self, query: impl Into<String>) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(query.into())).fetch_one(&mut self.db).await.expect("a number")
    }

    /// Everything that the roster says and said, as one text: equal texts, nothing changed.
    pub async fn everything(&mut self) -> String {
        let tables = [
            "organisations",
            "organisation_names",
            "memberships",
            "windows",
            "contacts",
            "contact_channels",
            "directory_versions",
            "directory_changes",
            "mails",
        ];
        let mut all = String::new();
        for table in tables {
            let query = format!("select coalesce(string_agg(t::text, E'\\n' order by t::text), '') from {table} t");
            all.push_str(&self.texts(&query).await.concat());
        }
        all
    }
}

/// A day in the three boxes of a form.
pub fn day(year: &'static str, month: &'static str, day: &'static str) -> [(&'static str, &'static str); 3] {
    [("on_year", year), ("on_month", month), ("on_day", day)]
}

/// Opens a form, fills it in and goes on to the confirmation, or to the form with its errors.
pub async fn fill_in(client: &mut Client, path: &str, typed: &[(&str, &str)]) -> Reply {
    let page = client.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.body);
    let seen = page.values("input[name=seen]").concat();
    let mut form = vec![("seen", seen.as_str())];
    form.extend_from_slice(typed);
    client.post(path, &form).await
}

/// Where the newest open plan of a member's page is taken back.
pub async fn way_back(client: &mut Client, member_page: &str) -> Option<String> {
    let page = client.get(member_page).await;
    let links = page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| link.ends_with("/withdrawal")).map(str::to_owned).next()
}

/// Takes that plan back.
pub async fn taken_back(client: &mut Client, member_page: &str) -> Reply {
    let back = way_back(client, member_page).await.expect("a way back");
    let question = client.get(&back).await;
    assert_eq!(question.status, 200, "{}", question.body);
    client.press(&question, "main form", &[("reason", "取りやめ")]).await
}

/// The whole way: form, confirmation, done.
pub async fn change(client: &mut Client, path: &str, typed: &[(&str, &str)]) -> Reply {
    let confirmation = fill_in(client, path, typed).await;
    assert_eq!(confirmation.status, 200, "{path}: {:?}", confirmation.texts(".error-summary, h1"));
    let done = client.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.status, 303, "{path}: {:?}", done.texts(".error-summary, h1"));
    done
}

/// What a window's form sends where everything is right.
pub fn window_form<'a>(label: &'a str, address: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("label", label),
        ("position", "1"),
        ("handler", "true"),
        ("language", "ja"),
        ("kind_1", "mail"),
        ("value_1", address),
        ("hours_1", "always"),
        ("kind_2", "phone"),
        ("value_2", "０３－００００－１２３４"),
        ("hours_2", "business"),
    ];
    form.extend([("reason", "")]);
    form
}

fn joining_form<'a>(name: &'a str, reading: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut form = window_form("情報システム部 当直", "soc@new.example");
    form.extend([("ja", name), ("reading", reading), ("en", "Tsukimi Bank (fictitious)"), ("unit", "社")]);
    form
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_takes_a_firm_in_and_it_is_there_from_its_day_on() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let mut form = joining_form("月見銀行(架空)", "ツキミぎんこう");
    form.extend(day("2027", "4", "1"));
    let confirmation = fill_in(&mut desk, "/directory/banks/joining", &form).await;
    assert!(confirmation.body.contains("まだ変更されていません") && confirmation.body.contains("つきみぎんこう"));
    assert!(confirmation.body.contains("03-0000-1234"), "the number as it will be kept");
    assert_eq!(w.number("select count(*) from directory_changes").await, 0, "a confirmation writes nothing");
    let done = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    let page = desk.get(done.location()).await;
    assert_eq!(page.status, 200);
    assert!(page.texts(".badge").contains(&"加入予定".to_owned()), "{:?}", page.texts(".badge"));
    assert!(page.texts(".card").concat().contains("構成員として加入"));
    // A second click finds what the first one made.
    let again = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(again.status, 422);
    assert!(again.body.contains("同じ名称の構成員が、すでに登録されています"));
    let rows = |page: &Reply| page.texts("tbody th");
    assert!(!rows(&desk.get("/directory/banks").await).concat().contains("月見"));
    assert!(!rows(&desk.get("/directory/banks?on_year=2027&on_month=3&on_day=31").await).concat().contains("月見"));
    let later = desk.get("/directory/banks?on_year=2027&on_month=4&on_day=1").await;
    assert!(rows(&later).contains(&"月見銀行(架空)".to_owned()), "{:?}", rows(&later));
    assert_eq!(later.texts("dl.tally dd"), ["3 社"]);
    // In the trail stands that it was done, without a name or an address.
    let detail = w.texts("select detail::text from audit_events where action = 'directory.change'").await;
    assert!(
        detail.len() == 1 && detail[0].contains("banks") && !detail[0].contains("月見") && !detail[0].contains('@')
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_holds_from_its_day_and_the_old_one_is_still_found() {
    let w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let path = format!("{}/name", w.bank_page());
    let mut form = vec![
        ("ja", "星見未来銀行(架空)"),
        ("reading", "ほしみみらいぎんこう"),
        ("en", "Hoshimi Mirai"),
        ("nature", "change"),
    ];
    form.extend(day("2027", "4", "1"));
    let confirmation = fill_in(&mut desk, &path, &form).await;
    assert_eq!(confirmation.texts("tbody del")[0], BANK);
    assert_eq!(confirmation.texts("tbody ins")[0], "星見未来銀行(架空)");
    change(&mut desk, &path, &form).await;
    for (asked, name) in [("2026-11-21", BANK), ("2027-3-31", BANK), ("2027-4-1", "星見未来銀行(架空)")] {
        let parts: Vec<_> = asked.split('-').collect();
        let query = format!("on_year={}&on_month={}&on_day={}", parts[0], parts[1], parts[2]);
        assert_eq!(desk.get(&format!("{}?{query}", w.bank_page())).await.texts("h1"), [name], "{asked}");
        let listed = desk.get(&format!("/directory/banks?{query}")).await.texts("tbody th");
        assert!(listed.contains(&name.to_owned()), "{asked}: {listed:?}");
    }
    let today = desk.get(&w.bank_page()).await;
    assert!(today.texts(".card").concat().contains("2027年4月1日(木)から"), "{:?}", today.texts(".card"));
    assert!(today.texts(".timeline del").contains(&format!("変更前 {BANK}")));
    // Searched by the old name, on a day on which it has the new one. No word of it in an address.
    let mut search = vec![("words", "星見銀行")];
    search.extend(day("2027", "4", "1"));
    let found = desk.post("/directory/banks/search", &search).await;
    let rows = found.texts("tbody th");
    assert!(
        rows.len() == 1 && rows[0].contains("星見未来銀行(架空)") && rows[0].contains(&format!("旧称: {BANK}")),
        "{rows:?}"
    );
    assert_eq!(desk.get("/directory/banks/search").await.location(), "/directory/banks");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_says_what_was_so_all_along_and_what_was_said_is_kept() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let path = format!("{}/name", w.bank_page());
    let form = [("ja", "星美銀行(架空)"), ("reading", "ほしみぎんこう"), ("en", ""), ("nature", "correction")];
    // Why a correction is needed has to be said.
    let refused = fill_in(&mut desk, &path, &form).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("訂正の理由を入力してください") && refused.body.contains("星美銀行(架空)"));
    let mut form = form.to_vec();
    form.push(("reason", "登記の表記と違っていたため"));
    change(&mut desk, &path, &form).await;
    let past = desk.get(&format!("{}?on_year=2020&on_month=1&on_day=1", w.bank_page())).await;
    assert_eq!(past.texts("h1"), ["星美銀行(架空)"], "what was so all along");
    assert!(past.body.contains("登記の表記と違っていたため"));
    let bank = w.bank;
    assert_eq!(w.number(format!("select count(*) from organisation_names where organisation_id = '{bank}'")).await, 1);
    let said = w
        .texts("select concat_ws(' ', relation, fact ->> 'ja', lower(recorded) at time zone 'UTC', upper(recorded) at time zone 'UTC', v.change_id = c.change_id)
                from directory_versions v cross join directory_changes c")
        .await;
    assert_eq!(
        said,
        [format!("organisation_names {BANK} 2018-04-01 00:00:00 2026-11-21 12:10:00 t")],
        "what was said, until when, and why not any more"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_changes_and_ends_with_its_windows() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let mut form =
        vec![("unit", "社"), ("hub", "true"), ("nature", "change"), ("reason", "とりまとめを引き受けたため")];
    form.extend(day("2026", "12", "1"));
    change(&mut desk, &format!("{}/membership", w.bank_page()), &form).await;
    let bank = w.bank;
    let periods = format!("select valid::text || hub from memberships where organisation_id = '{bank}' order by valid");
    assert_eq!(w.texts(&periods).await, ["[2018-04-01,2026-12-01)false", "[2026-12-01,)true"]);
    let form = day("2027", "3", "31");
    let confirmation = fill_in(&mut desk, &format!("{}/leaving", w.bank_page()), &form).await;
    assert!(confirmation.body.contains("2027年3月31日(水)まで"));
    change(&mut desk, &format!("{}/leaving", w.bank_page()), &form).await;
    assert_eq!(w.texts(&periods).await, ["[2018-04-01,2026-12-01)false", "[2026-12-01,2027-04-01)true"]);
    let open =
        format!("select count(*) from contacts where organisation_id = '{bank}' and valid @> '2027-04-01'::date");
    assert_eq!(w.number(open).await, 0);
    let ways =
        "select count(*) from contact_channels c join windows using (contact_id) where c.valid @> '2027-04-01'::date
                and organisation_id = ";
    assert_eq!(w.number(format!("{ways}'{bank}'")).await, 0);
    let today = desk.get(&w.bank_page()).await;
    assert!(today.texts(".window").len() == 2 && today.texts(".card").concat().contains("構成員から退会"));
    let later = desk.get(&format!("{}?on_year=2027&on_month=4&on_day=1", w.bank_page())).await;
    assert!(later.texts(".badge").contains(&"退会済".to_owned()) && later.texts(".window").is_empty());
    let roster = desk.get("/directory/banks?on_year=2027&on_month=4&on_day=1").await;
    assert!(!roster.texts("tbody th").contains(&BANK.to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firm_keeps_its_windows_and_both_addresses_hear_of_it() {
    let mut w = world().await;
    let mut admin = w.app.signed_in("bank-admin").await;
    let mut form = window_form("サイバー対策室", "csirt@bank.example");
    form.extend(day("2026", "11", "21"));
    change(&mut admin, &format!("{}/new-window", w.bank_page()), &form).await;
    let page = admin.get(&w.bank_page()).await;
    assert_eq!(page.texts(".window").len(), 3);
    let told = "select address from delivery_addresses";
    assert_eq!(w.texts(told).await, ["csirt@bank.example"], "the new address learns what it stands for");
    // Another order of ways, other hours, a deputy, and another address from a day to come.
    let window = w.window_page(w.window);
    let mut form = vec![
        ("label", "情報セキュリティ室"),
        ("position", "2"),
        ("handler", "true"),
        ("language", "en"),
        ("kind_1", "mobile"),
        ("value_1", "090-0000-0000"),
        ("hours_1", "off_hours"),
        ("kind_3", "mail"),
        ("value_3", "security@bank.example"),
        ("hours_3", "business"),
        ("nature", "change"),
        ("reason", "組織改正"),
    ];
    form.extend(day("2027", "4", "1"));
    change(&mut admin, &window, &form).await;
    let shown = async |admin: &mut Client, query: &str| {
        admin.get(&format!("{}{query}", w.bank_page())).await.texts(".window__routes li")
    };
    let today = shown(&mut admin, "").await.concat();
    assert!(today.contains("soc@bank.example") && !today.contains("security@bank.example"));
    let then = shown(&mut admin, "?on_year=2027&on_month=4&on_day=1").await;
    assert!(then.iter().any(|li| li.contains("090-0000-0000") && li.contains("夜間・休日")), "{then:?}");
    assert!(!then.concat().contains("soc@bank.example"));
    let order = format!(
        "select c.position || c.kind from contact_channels c where contact_id = '{}' and valid @> '2027-04-01'::date order by 1",
        w.window
    );
    assert_eq!(w.texts(&order).await, ["1mobile", "2mail"]);
    // Old and new address are told, each about itself alone.
    let letters = "select address || ' ' || case when body like '%外れました%' or body like '%taken away%' then 'gone' else 'new' end
                   from deliveries d join delivery_addresses using (delivery_id) join mails m using (mail_id)
                   where d.stage = 'account' order by 1";
    let said = ["csirt@bank.example new", "security@bank.example new", "soc@bank.example gone"];
    assert_eq!(w.texts(letters).await, said);
    let bodies = w.texts("select body from mails").await;
    assert!(bodies.iter().all(|body| !body.contains("@bank.example")), "{bodies:?}");
    // And the desk sees what the firm did.
    let page = w.app.signed_in("desk").await.get(&w.bank_page()).await;
    assert!(page.texts(".timeline").concat().contains("組織改正"));
    let closing = format!("{window}/end");
    change(&mut admin, &closing, &day("2027", "5", "31")).await;
    let end = format!("select valid::text from contacts where contact_id = '{}' order by valid", w.window);
    assert_eq!(w.texts(&end).await, ["[2018-04-01,2027-04-01)", "[2027-04-01,2027-06-01)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_later_does_not_alter_who_was_reached() {
    let mut w = world().await;
    let id = factory::published_advisory(&w.app, NewAdvisory::default()).await;
    let sent =
        "select coalesce(string_agg(concat_ws(' ', d.organisation_id, d.contact_id, x.address), E'\\n' order by 1), '')
                from deliveries d left join delivery_addresses x using (delivery_id) where d.stage = 'member'";
    let audience = "select string_agg(a::text, E'\\n' order by a::text) from advisory_audience a";
    let before = (w.texts(sent).await, w.texts(audience).await);
    assert!(before.0[0].contains("soc@bank.example"));
    let mut desk = w.app.signed_in("desk").await;
    let page = format!("/advisories/{id}/deliveries?ceptoar=banks");
    let organisations = |reply: &Reply| reply.texts("tbody th");
    let shown = organisations(&desk.get(&page).await);
    let mut form = window_form("総務部", "other@bank.example");
    form.extend([("nature", "change")]);
    form.extend(day("2026", "11", "21"));
    change(&mut desk, &w.window_page(w.window), &form).await;
    change(&mut desk, &format!("{}/leaving", w.bank_page()), &day("2026", "11", "21")).await;
    w.app.state.clock.advance(chrono::TimeDelta::days(2));
    let mut desk = w.app.signed_in("desk").await;
    assert_eq!((w.texts(sent).await, w.texts(audience).await), before);
    assert_eq!(organisations(&desk.get(&page).await), shown, "the list of recipients is that of the publication");
    // But who is no member any more is sent nothing more.
    let next = factory::published_advisory(&w.app, NewAdvisory::default()).await;
    let bank = w.bank;
    let reached =
        format!("select count(*) from advisory_audience where advisory_id = '{next}' and organisation_id = '{bank}'");
    assert_eq!(w.number(reached).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_addresses_is_counted_and_stands_in_the_trail() {
    let mut w = world_with(&["--contact-reads-per-hour", "50"]).await;
    let mut desk = w.app.signed_in("desk").await;
    assert_eq!(desk.get(&w.bank_page()).await.status, 200);
    let read = "select count(*) from audit_events where action = 'contacts.read' and subject_kind = 'organisation'";
    assert_eq!(w.number(read).await, 1);
    assert_eq!(w.number("select reads::bigint from contact_reads").await, 2);
    desk.get(&w.window_page(w.window)).await;
    assert_eq!(w.number("select reads::bigint from contact_reads").await, 3, "the form shows them as well");
    let mut last = 200;
    for _ in 0..30 {
        last = desk.get(&w.bank_page()).await.status;
    }
    assert_eq!(last, 429);
    // Who looks at their own is counted, not written down; who sees no address pays nothing.
    let mut own = w.app.signed_in("handler").await;
    assert_eq!(own.get(&w.bank_page()).await.status, 200);
    assert_eq!(w.number(read).await, 1);
    let mut analyst = w.app.signed_in("analyst").await;
    let page = analyst.get(&w.bank_page()).await;
    assert!(page.status == 200 && !page.body.contains("@bank.example") && !page.body.contains("変更の履歴"));
    assert_eq!(w.number("select count(*) from contact_reads").await, 2);
}
