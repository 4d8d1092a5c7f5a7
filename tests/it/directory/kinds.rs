//! Members of full right and observers: dated, counted apart, and reached alike.

use super::imports::{applied, bring, csv, fates};
use super::roster::{BANK, RIVAL, change, day, fill_in, taken_back, world};
use crate::support::factory::{self, NewAdvisory};

const TALLY: &str = ".tally dd";

#[tokio::test(flavor = "multi_thread")]
async fn a_member_becomes_an_observer_on_a_day_and_is_counted_apart() {
    let mut w = world().await;
    let bank = w.bank;
    let mut desk = w.app.signed_in("desk").await;
    let path = format!("{}/membership", w.bank_page());
    let kinds = format!("select kind || valid from memberships where organisation_id = '{bank}' order by valid");
    assert_eq!(w.texts(&kinds).await, ["full[2018-04-01,)"], "who is there already is of full right");
    // A kind that is none is said at its field; what was typed stays.
    let mut wrong = vec![("unit", "社"), ("member_kind", "guest"), ("nature", "change"), ("reason", "x")];
    wrong.extend(day("2027", "4", "1"));
    let reply = desk.post(&path, &[&wrong[..], &[("seen", "")]].concat()).await;
    assert_eq!(reply.status, 422);
    assert!(!reply.texts(".error-summary").is_empty(), "{}", reply.body);
    // A plan: as of its day it is one, until then it is not.
    let mut form = vec![("unit", "社"), ("member_kind", "observer"), ("nature", "change"), ("reason", "規約の改正")];
    form.extend(day("2027", "4", "1"));
    let confirmation = fill_in(&mut desk, &path, &form).await;
    let differs = confirmation.texts("tbody tr").concat();
    assert!(differs.contains("正会員") && differs.contains("オブザーバー"), "{differs}");
    change(&mut desk, &path, &form).await;
    assert_eq!(w.texts(&kinds).await, ["full[2018-04-01,2027-04-01)", "observer[2027-04-01,)"]);
    let on = |day: &str| format!("/directory/banks?on_year=2027&on_month={day}&on_day=1");
    let before = desk.get(&on("3")).await;
    assert!(
        !before.texts(TALLY).concat().contains("オブザーバー")
            && !before.texts("tbody").concat().contains("オブザーバー")
    );
    let after = desk.get(&on("4")).await;
    assert!(after.texts(TALLY).concat().contains("うちオブザーバー1社"), "{:?}", after.texts(TALLY));
    assert!(after.texts("tbody tr").iter().any(|row| row.contains(BANK) && row.contains("オブザーバー")));
    // The list narrows to them, and the numbers stay those of all.
    let mut search = vec![("words", ""), ("kind", "observer")];
    search.extend([("on_year", "2027"), ("on_month", "4"), ("on_day", "1")]);
    let narrowed = desk.post("/directory/banks/search", &search).await;
    assert_eq!(narrowed.texts("tbody tr").len(), 1, "{:?}", narrowed.texts("tbody tr"));
    assert_eq!(narrowed.texts(TALLY), after.texts(TALLY));
    search[1] = ("kind", "full");
    let others = desk.post("/directory/banks/search", &search).await.texts("tbody").concat();
    assert!(others.contains(RIVAL) && !others.contains(BANK), "{others}");
    // Nothing was lost: the plan is taken back and it is what it was.
    taken_back(&mut desk, &w.bank_page()).await;
    assert_eq!(w.texts(&kinds).await, ["full[2018-04-01,)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_kind_is_corrected_and_what_was_said_is_still_known() {
    let mut w = world().await;
    let bank = w.bank;
    w.app.state.clock.advance(chrono::TimeDelta::days(1));
    let mut desk = w.app.signed_in("desk").await;
    let form = [("unit", "社"), ("member_kind", "observer"), ("nature", "correction"), ("reason", "加入届の読み違い")];
    change(&mut desk, &format!("{}/membership", w.bank_page()), &form).await;
    let kinds = format!("select kind || valid from memberships where organisation_id = '{bank}'");
    assert_eq!(w.texts(&kinds).await, ["observer[2018-04-01,)"], "it was so all along");
    let said = "on_year=2020&on_month=1&on_day=1&rec_year=2026&rec_month=11&rec_day=21";
    let old = desk.get(&format!("/directory/banks?{said}")).await;
    assert!(!old.texts("tbody").concat().contains("オブザーバー"), "as it was said then: {:?}", old.texts("tbody tr"));
    let now = desk.get("/directory/banks?on_year=2020&on_month=1&on_day=1").await;
    assert!(now.texts("tbody").concat().contains("オブザーバー"));
    let history = desk.get(&w.bank_page()).await.texts(".timeline > li").concat();
    assert!(history.contains("種別") && history.contains("加入届の読み違い"), "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_says_the_kind_and_one_without_the_column_leaves_it() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let table = |rows: &[&[&str]]| {
        csv(&rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect::<Vec<_>>())
    };
    let head = ["構成員の名称", "単位", "種別"];
    let (_, wrong) = bring(&mut desk, &table(&[&head, &[BANK, "社", "賛助会員"]])).await;
    assert_eq!(fates(&wrong)[0], 1, "a kind that is none is refused");
    let (import, page) = bring(&mut desk, &table(&[&head, &[BANK, "社", "ｵﾌﾞｻﾞｰﾊﾞｰ"]])).await;
    assert_eq!(fates(&page), [0, 1, 0, 0], "{:?}", page.texts("main p"));
    applied(&mut desk, &import).await;
    let bank = w.bank;
    let kinds = format!("select kind || valid from memberships where organisation_id = '{bank}' order by valid");
    assert_eq!(w.texts(&kinds).await, ["full[2018-04-01,2026-11-21)", "observer[2026-11-21,)"]);
    let (_, page) = bring(&mut desk, &table(&[&["構成員の名称", "単位"], &[BANK, "社"]])).await;
    assert_eq!(fates(&page), [0, 0, 0, 1], "a table of before leaves an observer an observer");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_gets_what_a_member_gets() {
    let mut w = world().await;
    sqlx::query("update memberships set kind = 'observer' where organisation_id = $1")
        .bind(w.bank)
        .execute(&mut w.db)
        .await
        .expect("an observer");
    let id = factory::published_advisory(&w.app, NewAdvisory::default()).await;
    let bank = w.bank;
    let reached =
        format!("select count(*) from advisory_audience where advisory_id = '{id}' and organisation_id = '{bank}'");
    assert_eq!(w.number(reached).await, 1);
    let mails = "select count(*) from delivery_addresses where address = 'soc@bank.example'";
    assert_eq!(w.number(mails).await, 1);
}
