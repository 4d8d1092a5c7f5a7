//! A firm that left and comes back is the same organisation.

use chrono::TimeDelta;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::imports::{bring_from, csv, fates};
use super::roster::{BANK, World, change, day, fill_in, taken_back, window_form, world};
use crate::support::Client;

/// The bank left in March 2024, under a name that it had since 2020.
async fn gone(w: &mut World) -> Client {
    let bank = w.bank;
    let named = format!(
        "update organisation_names set valid = '(,2020-04-01)' where organisation_id = '{bank}';
         insert into organisation_names (organisation_id, ja, en, reading, valid)
         values ('{bank}', '星見未来銀行(架空)', '', 'ほしみみらいぎんこう', '[2020-04-01,)')"
    );
    sqlx::raw_sql(AssertSqlSafe(named)).execute(&mut w.db).await.expect("names");
    let mut desk = w.app.signed_in("desk").await;
    change(&mut desk, &format!("{}/leaving", w.bank_page()), &day("2024", "3", "31")).await;
    w.app.state.clock.advance(TimeDelta::days(1));
    w.app.signed_in("desk").await
}

fn returning(year: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut form = window_form("危機管理室", "crisis@bank.example");
    form.push(("unit", "社"));
    form.extend(day(year, "4", "1"));
    form
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_member_is_found_by_any_name_and_is_the_same_organisation() {
    let mut w = world().await;
    let mut desk = gone(&mut w).await;
    let joining = desk.get("/directory/banks/joining").await;
    assert!(joining.body.contains("/directory/banks/former"), "the form leads there");
    // By part of a name, of an old one, by its reading, in another width.
    for words in ["未来", "星見銀行", "ﾎｼﾐﾐﾗｲ", ""] {
        let found = desk.post("/directory/banks/former", &[("words", words)]).await;
        assert_eq!(found.texts(".item__title"), ["星見未来銀行(架空)"], "{words}");
    }
    assert!(
        desk.post("/directory/banks/former", &[("words", "虹原")]).await.texts(".item__title").is_empty(),
        "a member of today"
    );
    let path = format!("{}/returning", w.bank_page());
    assert!(desk.get(&w.bank_page()).await.body.contains(&path));
    // Not while it was a member before, and with a window.
    let mut early = window_form("危機管理室", "crisis@bank.example");
    early.push(("unit", "社"));
    early.extend(day("2023", "4", "1"));
    let reply = fill_in(&mut desk, &path, &early).await;
    assert!(
        reply.status == 422 && reply.body.contains("まだ前回の構成員の期間です"),
        "{:?}",
        reply.texts(".error-summary")
    );
    let confirmation = fill_in(&mut desk, &path, &returning("2025")).await;
    let done = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert!(done.status == 303 && done.location().starts_with(&w.bank_page()), "{:?}", done.texts(".error-summary"));
    // A second click finds that it is done, and does nothing more.
    let again = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!((again.status, again.location()), (303, format!("{}?done=already", w.bank_page()).as_str()));
    assert!(desk.get(again.location()).await.body.contains("すでに登録されています"));
    let bank = w.bank;
    let periods = format!("select valid::text from memberships where organisation_id = '{bank}' order by valid");
    assert_eq!(w.texts(&periods).await, ["[2018-04-01,2024-04-01)", "[2025-04-01,)"]);
    assert_eq!(
        w.number("select count(*) from organisations where kind = 'member' and code is null").await,
        3,
        "no second one"
    );
    let page = desk.get(&w.bank_page()).await;
    assert_eq!(page.texts("h1"), ["星見未来銀行(架空)"], "its name goes on");
    assert_eq!(page.texts(".window").len(), 1, "old windows do not come back");
    assert!(page.body.contains("crisis@bank.example") && !page.texts(".window").concat().contains("soc@bank.example"));
    assert!(page.texts(".timeline__title").concat().contains("構成員として加入"));
    for (asked, there) in [("2024-3-31", true), ("2024-4-1", false), ("2025-3-31", false), ("2025-4-1", true)] {
        let parts: Vec<_> = asked.split('-').collect();
        let roster = format!("/directory/banks?on_year={}&on_month={}&on_day={}", parts[0], parts[1], parts[2]);
        let listed = desk.get(&roster).await.texts("tbody th").concat();
        assert_eq!(listed.contains("星見未来銀行"), there, "{asked}");
    }
    // The address that came is told, and it is offered no more.
    assert!(w.texts("select address from delivery_addresses").await.contains(&"crisis@bank.example".to_owned()));
    assert!(desk.get("/directory/banks/former").await.texts(".item__title").is_empty());
    assert_eq!(desk.get(&path).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_under_a_former_members_name_is_asked_about_and_a_plan_is_taken_back() {
    let mut w = world().await;
    let mut desk = gone(&mut w).await;
    let mut form = window_form("当直", "soc@new.example");
    form.extend([("ja", "星見銀行（架空）"), ("reading", "べつのよみ"), ("en", ""), ("unit", "社")]);
    form.extend(day("2027", "4", "1"));
    let asked = fill_in(&mut desk, "/directory/banks/joining", &form).await;
    assert_eq!(asked.status, 422);
    assert!(
        asked.body.contains("元の構成員がいます") && asked.body.contains(&format!("{}/returning", w.bank_page())),
        "{:?}",
        asked.texts(".error-summary")
    );
    assert!(asked.body.contains("元の構成員とは別の組織として登録する"));
    // Another organisation of that name: said, confirmed, done.
    form.push(("another", "true"));
    change(&mut desk, "/directory/banks/joining", &form).await;
    assert_eq!(w.number("select count(*) from organisations where kind = 'member' and code is null").await, 4);
    // It comes back next year, and then does not: the plan is taken back with its window.
    change(&mut desk, &format!("{}/returning", w.bank_page()), &returning("2027")).await;
    w.app.state.clock.advance(TimeDelta::seconds(1));
    let bank = w.bank;
    let back = taken_back(&mut desk, &w.bank_page()).await;
    assert_eq!(back.status, 303, "{}", back.body);
    assert_eq!(
        w.texts(&format!("select valid::text from memberships where organisation_id = '{bank}'")).await,
        ["[2018-04-01,2024-04-01)"]
    );
    let open = format!("select count(*) from contacts where organisation_id = '{bank}' and upper_inf(valid)");
    assert_eq!(w.number(open).await, 0);
    // A new firm that was to join and does not.
    let new = "select m.organisation_id::text from memberships m where m.valid = '[2027-04-01,)'";
    let firm = w.texts(new).await.concat();
    let page = format!("/directory/banks/members/{firm}");
    let back = taken_back(&mut desk, &page).await;
    assert_eq!((back.status, back.location()), (303, "/directory/banks"));
    assert_eq!(desk.get(&page).await.status, 404);
    assert!(w.texts(new).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_makes_no_second_organisation_of_a_former_member() {
    let mut w = world().await;
    let mut desk = gone(&mut w).await;
    let heads = ["構成員の名称", "よみ", "単位", "窓口の名称", "メール"];
    let row = ["星見銀行（架空）", "ほしみぎんこう", "社", "当直", "x@bank.example"];
    let table = csv(&[heads, row].map(|row| row.map(str::to_owned).to_vec()));
    let before = w.number("select count(*) from organisations").await;
    let today = [("from_year", "2026"), ("from_month", "11"), ("from_day", "22")];
    let (_, page) = bring_from(&mut desk, &table, &today).await;
    assert_eq!(fates(&page), [1, 0, 0, 0], "{:?}", page.texts("tbody"));
    assert!(page.body.contains("元の構成員と同じ名称です"), "{:?}", page.texts("tbody"));
    assert_eq!(w.number("select count(*) from organisations").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_ceptoars_firm_is_neither_offered_nor_taken() {
    let mut w = world().await;
    let mut desk = gone(&mut w).await;
    let (bank, insurer) = (w.bank, w.insurer);
    for who in ["life-desk", "coordinator", "bank-admin", "rival-admin", "analyst", "liaison", "operator"] {
        let mut client = w.app.signed_in(who).await;
        let path = format!("{}/returning", w.bank_page());
        assert_eq!(client.get(&path).await.status, 404, "{who}");
        assert_eq!(client.post(&path, &returning("2027")).await.status, 404, "{who}");
        assert_eq!(client.get("/directory/banks/former").await.status, 404, "{who}");
        assert_eq!(client.post("/directory/banks/former", &[("words", "")]).await.status, 404, "{who}");
    }
    let foreign = format!("/directory/banks/members/{insurer}/returning");
    assert_eq!(desk.get(&foreign).await.status, 404, "somebody who never was one of ours");
    assert_eq!(desk.get(&format!("/directory/banks/members/{}/returning", w.rival)).await.status, 404, "a member");
    // The bank is a member of another CEPTOAR since: it is silently not offered, and the list says so of all such.
    let moved = format!(
        "insert into memberships (ceptoar_id, organisation_id, unit, valid) values ('life', '{bank}', '社', '[2024-04-01,)')"
    );
    sqlx::raw_sql(AssertSqlSafe(moved)).execute(&mut w.db).await.expect("by hand");
    let list = desk.get("/directory/banks/former").await;
    assert!(list.texts(".item__title").is_empty() && list.body.contains("ほかのセプターに属する組織を"));
    assert_eq!(desk.get(&format!("{}/returning", w.bank_page())).await.status, 404);
    assert!(desk.get(&w.bank_page()).await.body.contains(BANK.trim_end_matches("(架空)")));
    w.app.database.break_a_rule().await;
    let account = "select account_id::text from accounts where sign_in_name = 'desk'";
    let id: Uuid = w.texts(account).await[0].parse().expect("an id");
    let viewer = ceptoar_portal::kernel::ids::AccountId(id);
    for statement in [
        format!(
            "insert into memberships (ceptoar_id, organisation_id, unit, valid) values ('banks', '{bank}', '社', '[2026-12-01,)')"
        ),
        format!(
            "insert into memberships (ceptoar_id, organisation_id, unit, valid) values ('banks', '{insurer}', '社', '[2026-12-01,)')"
        ),
    ] {
        let mut tx = w.app.state.db.begin(Some(viewer), w.app.state.clock.now()).await.expect("a transaction");
        assert!(sqlx::query(AssertSqlSafe(statement.clone())).execute(&mut *tx).await.is_err(), "{statement}");
    }
}
