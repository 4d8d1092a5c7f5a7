//! Correcting what is said of a period, of the past, and of a day to come.

use chrono::TimeDelta;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::roster::{BANK, World, change, day, fill_in, window_form, world};
use crate::support::{Client, Reply};

const NEW: &str = "星見未来銀行(架空)";

fn boxes<'a>(name: &'a str, day: &'a str) -> Vec<(String, String)> {
    let parts: Vec<&str> = day.split('-').collect();
    ["year", "month", "day"]
        .iter()
        .enumerate()
        .map(|(i, part)| (format!("{name}_{part}"), parts.get(i).copied().unwrap_or_default().to_owned()))
        .collect()
}

/// A form with the two days of a period; an empty day is none.
fn with_days<'a>(typed: &[(&'a str, &'a str)], first: &'a str, last: &'a str) -> Vec<(String, String)> {
    let typed = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    typed.chain(boxes("first", first)).chain(boxes("last", last)).collect()
}

fn of(form: &[(String, String)]) -> Vec<(&str, &str)> {
    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn named<'a>(ja: &'a str, reason: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("ja", ja), ("reading", "ほしみぎんこう"), ("en", ""), ("reason", reason)]
}

fn later(w: &World) {
    w.app.state.clock.advance(TimeDelta::seconds(1));
}

fn name_on(w: &World, day: &str) -> String {
    format!("{}/name/on/{day}", w.bank_page())
}

fn as_of(path: &str, day: &str) -> String {
    let parts: Vec<&str> = day.split('-').collect();
    format!("{path}?on_year={}&on_month={}&on_day={}", parts[0], parts[1], parts[2])
}

async fn refused(client: &mut Client, path: &str, form: &[(String, String)], said: &str) -> Reply {
    let reply = fill_in(client, path, &of(form)).await;
    assert_eq!(reply.status, 422, "{path}: {:?}", reply.texts("h1"));
    assert!(reply.body.contains(said), "{path}: {:?}", reply.texts(".error-summary"));
    reply
}

/// The bank is called something else since April 2024.
async fn renamed(w: &World, desk: &mut Client) {
    let mut form = vec![("ja", NEW), ("reading", "ほしみみらいぎんこう"), ("en", ""), ("nature", "change")];
    form.extend(day("2024", "4", "1"));
    change(desk, &format!("{}/name", w.bank_page()), &form).await;
    later(w);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_has_ended_is_corrected_and_the_day_between_two_names_moves_for_both() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    renamed(&w, &mut desk).await;
    w.app.state.clock.advance(TimeDelta::days(1));
    let mut desk = w.app.signed_in("desk").await;
    // The way leads from the page as of a day, and from the list of other periods on today's.
    let then = desk.get(&as_of(&w.bank_page(), "2020-01-01")).await;
    assert!(
        then.body.contains(&name_on(&w, "2020-01-01")) && then.body.contains("「訂正する」から直せます"),
        "{}",
        then.body
    );
    let today = desk.get(&w.bank_page()).await;
    assert!(today.texts("[data-entries] li").concat().contains(BANK), "{:?}", today.texts("[data-entries]"));
    let path = name_on(&w, "2020-01-01");
    let without = with_days(&named("星美銀行(架空)", ""), "", "2024-4-30");
    refused(&mut desk, &path, &without, "入力してください").await;
    let form = with_days(&named("星美銀行(架空)", "登記簿で確かめた"), "", "2024-4-30");
    let confirmation = fill_in(&mut desk, &path, &of(&form)).await;
    assert!(confirmation.body.contains("まだ変更されていません"), "{:?}", confirmation.texts(".error-summary"));
    let moves = confirmation.texts("tbody tr").concat();
    assert!(moves.contains("あわせて変わる登録") && moves.contains("2024年5月1日(水)から"), "{moves}");
    let done = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    assert!(desk.get(done.location()).await.body.contains("訂正を登録しました"));
    let rows = format!(
        "select ja || ' ' || valid from organisation_names where organisation_id = '{}' order by valid",
        w.bank
    );
    assert_eq!(w.texts(&rows).await, ["星美銀行(架空) (,2024-05-01)", &format!("{NEW} [2024-05-01,)")]);
    for (asked, name) in [("2020-01-01", "星美銀行(架空)"), ("2024-04-30", "星美銀行(架空)"), ("2024-05-01", NEW)]
    {
        assert_eq!(desk.get(&as_of(&w.bank_page(), asked)).await.texts("h1"), [name], "{asked}");
    }
    // What was said until yesterday is still known: the first name, until the end of March.
    let said = |asked: &str| format!("{}&rec_year=2026&rec_month=11&rec_day=21", as_of(&w.bank_page(), asked));
    assert_eq!(desk.get(&said("2020-01-01")).await.texts("h1"), [BANK]);
    assert_eq!(desk.get(&said("2024-04-30")).await.texts("h1"), [NEW]);
    let history = desk.get(&w.bank_page()).await.texts(".timeline > li");
    assert!(history[0].contains("名称の訂正") && history[0].contains("登記簿で確かめた"), "{history:?}");
    assert_eq!(
        w.texts("select kind || subject from directory_changes order by made_at").await,
        ["changename", "correctionname"]
    );
    assert_eq!(w.number("select count(*) from audit_events where action = 'directory.change'").await, 2);
    // A second click finds that the sheet is another one.
    let again = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!((again.status, again.body.contains("その間の変更")), (422, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_is_named_and_what_never_was_is_taken_out() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    renamed(&w, &mut desk).await;
    let mut form =
        vec![("ja", "星見総合銀行(架空)"), ("reading", "ほしみそうごうぎんこう"), ("en", ""), ("nature", "change")];
    form.extend(day("2027", "4", "1"));
    change(&mut desk, &format!("{}/name", w.bank_page()), &form).await;
    later(&w);
    // The planned one is corrected: its day, beyond the end of its neighbour, and with an end that it has not.
    let path = name_on(&w, "2027-04-01");
    let typed = named("星見総合銀行(架空)", "日付の誤り");
    let same = [("ja", "星見総合銀行(架空)"), ("reading", "ほしみそうごうぎんこう"), ("en", ""), ("reason", "誤り")];
    let swallows = with_days(&typed, "2024-3-1", "");
    let reply = refused(&mut desk, &path, &swallows, "前の期間の登録").await;
    assert!(reply.texts(".error-summary").concat().contains(NEW), "the neighbour is named");
    refused(&mut desk, &path, &with_days(&typed, "2027-4-1", "2028-3-31"), "この登録には終わりがありません").await;
    refused(&mut desk, &path, &with_days(&typed, "", ""), "最初の日を入力してください").await;
    refused(&mut desk, &path, &with_days(&typed, "2027-4-31", ""), "暦にある年月日を、数字で").await;
    refused(&mut desk, &path, &with_days(&same, "2027-4-1", ""), "同じです").await;
    let middle = name_on(&w, "2025-01-01");
    let over = with_days(&named(NEW, "誤り"), "2024-4-1", "2024-3-1");
    refused(&mut desk, &middle, &over, "最終日は、最初の日以後").await;
    refused(&mut desk, &middle, &with_days(&named(NEW, "誤り"), "2024-4-1", ""), "次の期間の登録").await;
    change(&mut desk, &path, &of(&with_days(&typed, "2027-5-1", ""))).await;
    let rows = format!(
        "select ja || ' ' || valid from organisation_names where organisation_id = '{}' order by valid",
        w.bank
    );
    assert_eq!(
        w.texts(&rows).await[1..],
        [format!("{NEW} [2024-04-01,2027-05-01)"), "星見総合銀行(架空) [2027-05-01,)".to_owned()]
    );
    later(&w);
    // It comes to nothing: the name of before goes on, and the plan is in the record.
    let mut void = with_days(&typed, "2027-5-1", "");
    void.push(("void".into(), "true".into()));
    change(&mut desk, &name_on(&w, "2027-05-01"), &of(&void)).await;
    assert_eq!(w.texts(&rows).await[1..], [format!("{NEW} [2024-04-01,)")]);
    assert_eq!(w.number("select count(*) from directory_versions where fact ->> 'ja' = '星見総合銀行(架空)'").await, 2);
    assert_eq!(desk.get(&name_on(&w, "2027-13-01")).await.status, 404);
    assert_eq!(desk.get(&name_on(&w, "never")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_that_has_ended_is_corrected_with_the_windows_that_closed_with_it() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let group = crate::support::factory::group(&mut w.db, "banks", "決済", &[w.bank]).await;
    change(&mut desk, &format!("{}/leaving", w.bank_page()), &day("2024", "3", "31")).await;
    let letters = w.number("select count(*) from mails").await;
    w.app.state.clock.advance(TimeDelta::days(1));
    let mut desk = w.app.signed_in("desk").await;
    let bank = w.bank;
    let path = format!("{}/membership/on/2020-01-01", w.bank_page());
    let typed = [("unit", "社"), ("reason", "退会届の日付の読み違い")];
    // Half a year later.
    change(&mut desk, &path, &of(&with_days(&typed, "2018-4-1", "2024-9-30"))).await;
    let valid = |table: &str| format!("select distinct valid::text from {table} where organisation_id = '{bank}'");
    assert_eq!(w.texts(&valid("memberships")).await, ["[2018-04-01,2024-10-01)"]);
    assert_eq!(w.texts(&valid("contacts")).await, ["[2018-04-01,2024-10-01)"], "the windows move along");
    let parts = format!("select upper(valid)::text from group_members where subgroup_id = '{group}'");
    assert_eq!(w.texts(&parts).await, ["2024-10-01"], "and the part in the group");
    assert_eq!(w.number("select count(*) from mails").await, letters, "past days reach nobody's mails");
    let roster = desk.get(&as_of("/directory/banks", "2024-08-01")).await;
    assert!(roster.texts("tbody th").contains(&BANK.to_owned()), "{:?}", roster.texts("tbody th"));
    assert_eq!(desk.get(&as_of(&w.bank_page(), "2024-08-01")).await.texts(".window").len(), 2);
    let said = format!("{}&rec_year=2026&rec_month=11&rec_day=21", as_of("/directory/banks", "2024-08-01"));
    assert!(!desk.get(&said).await.texts("tbody th").contains(&BANK.to_owned()), "what was said then");
    // It never left: it is reached again from today on, and whoever reads there is told.
    later(&w);
    change(&mut desk, &path, &of(&with_days(&typed, "2018-4-1", ""))).await;
    assert_eq!(w.texts(&valid("memberships")).await, ["[2018-04-01,)"]);
    assert_eq!(w.texts(&valid("contacts")).await, ["[2018-04-01,)"]);
    assert_eq!(w.number("select count(*) from mails").await, letters + 2);
    // A beginning that leaves a window outside is refused, and an end is another thing.
    let early = format!("{}/windows/{}/on/2020-01-01", w.bank_page(), w.second);
    let window = window_form("夜間", "night@bank.example");
    let mut form = with_days(&window, "2017-4-1", "");
    form.iter_mut().filter(|(name, _)| name == "reason").for_each(|(_, v)| *v = "誤り".into());
    let reply = refused(&mut desk, &early, &form, "構成員などである期間の外").await;
    assert!(reply.texts(".error-summary").concat().contains("夜間"));
    refused(&mut desk, &path, &with_days(&typed, "2018-4-1", "2025-3-31"), "「構成員から外す」").await;
    assert_eq!(
        w.texts("select distinct kind from directory_changes where subject = 'membership' order by 1").await,
        ["correction", "ending"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_of_the_past_is_corrected_by_whoever_keeps_windows() {
    let mut w = world().await;
    let mut admin = w.app.signed_in("bank-admin").await;
    change(&mut admin, &format!("{}/end", w.window_page(w.second)), &day("2024", "3", "31")).await;
    w.app.state.clock.advance(TimeDelta::days(1));
    let mails = w.number("select count(*) from mails").await;
    let mut admin = w.app.signed_in("bank-admin").await;
    let path = format!("{}/windows/{}/on/2020-06-01", w.bank_page(), w.second);
    let entries = admin.get(&w.bank_page()).await;
    assert!(
        entries.body.contains(&format!("{}/on/2018-04-01", w.window_page(w.second))),
        "{:?}",
        entries.texts("[data-entries]")
    );
    let mut form = window_form("夜間当直", "night-desk@bank.example");
    form.retain(|(name, _)| *name != "reason");
    form.push(("reason", "部署名とアドレスの誤り"));
    change(&mut admin, &path, &of(&with_days(&form, "2019-4-1", "2024-3-31"))).await;
    let then = admin.get(&as_of(&w.bank_page(), "2020-01-01")).await;
    assert!(then.body.contains("night-desk@bank.example") && then.body.contains("夜間当直"));
    assert_eq!(admin.get(&as_of(&w.bank_page(), "2019-03-31")).await.texts(".window").len(), 1);
    assert_eq!(w.number("select count(*) from mails").await, mails, "nothing arrives otherwise than before");
    // Until today it was said otherwise, of the same day.
    let said = format!("{}&rec_year=2026&rec_month=11&rec_day=21", as_of(&w.bank_page(), "2019-01-01"));
    let said = admin.get(&said).await;
    assert!(
        said.body.contains("night@bank.example") && !said.body.contains("night-desk@"),
        "{:?}",
        said.texts(".window")
    );
    // From today on there has to be a window: the only one does not end by a correction.
    let last = format!("{}/end", w.window_page(w.window));
    let mut other = window_form("新窓口", "new@bank.example");
    other.extend(day("2027", "4", "1"));
    change(&mut admin, &format!("{}/new-window", w.bank_page()), &other).await;
    later(&w);
    change(&mut admin, &last, &day("2027", "5", "31")).await;
    later(&w);
    let mut form = window_form("窓口", "soc@bank.example");
    form.retain(|(name, _)| *name != "reason");
    form.push(("reason", "日付の誤り"));
    let early = with_days(&form, "2018-4-1", "2027-2-28");
    let path = format!("{}/windows/{}/on/2020-06-01", w.bank_page(), w.window);
    refused(&mut admin, &path, &early, "2027年3月1日(月)に、連絡のつく窓口が").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn corrections_are_for_those_who_keep_it_and_the_database_agrees() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    renamed(&w, &mut desk).await;
    let name = name_on(&w, "2020-01-01");
    let membership = format!("{}/membership/on/2020-01-01", w.bank_page());
    let window = format!("{}/windows/{}/on/2020-01-01", w.bank_page(), w.window);
    let typed = with_days(&named("乗取銀行", "x"), "", "2024-3-31");
    let of_membership = with_days(&[("unit", "社"), ("hub", "true"), ("reason", "x")], "2018-4-1", "");
    let mut form = window_form("乗取", "evil@evil.example");
    form.retain(|(name, _)| *name != "reason");
    form.push(("reason", "x"));
    let of_window = with_days(&form, "2018-4-1", "");
    let seen = desk.get(&name).await.values("input[name=seen]").concat();
    let before = w.everything().await;
    let people = [
        ("bank-admin", false, true),
        ("handler", false, true),
        ("no-handler", false, false),
        ("rival-admin", false, false),
        ("rival-handler", false, false),
        ("life-desk", false, false),
        ("coordinator", false, false),
        ("analyst", false, false),
        ("reader", false, false),
        ("liaison", false, false),
        ("operator", false, false),
    ];
    for (who, _, keeps_window) in people {
        let mut client = w.app.signed_in(who).await;
        for (path, form, may) in
            [(&name, &typed, false), (&membership, &of_membership, false), (&window, &of_window, keeps_window)]
        {
            let got = client.get(path).await;
            assert_eq!(got.status, if may { 200 } else { 404 }, "{who} {path}");
            if !may {
                let mut sent = of(form);
                sent.extend([("seen", seen.as_str()), ("confirmed", "true")]);
                assert_eq!(client.post(path, &sent).await.status, 404, "{who} {path}");
            }
        }
        assert_eq!(w.everything().await, before, "{who}");
    }
    let page = w.app.signed_in("analyst").await.get(&as_of(&w.bank_page(), "2020-01-01")).await;
    assert!(page.status == 200 && !page.body.contains("訂正する"), "no way that leads nowhere");
    // Another firm's window in the address of one's own, and a day on which there was nothing.
    let mixed = format!("/directory/banks/members/{}/windows/{}/on/2020-01-01", w.rival, w.window);
    assert_eq!(w.app.signed_in("rival-admin").await.get(&mixed).await.status, 404);
    assert_eq!(desk.get(&format!("{}/membership/on/2010-01-01", w.bank_page())).await.status, 404);
    // The firm leaves. Its name of then is still its desk's to correct, and no other's.
    change(&mut desk, &format!("{}/leaving", w.bank_page()), &day("2026", "11", "21")).await;
    w.app.state.clock.advance(TimeDelta::days(2));
    let mut desk = w.app.signed_in("desk").await;
    change(&mut desk, &name, &of(&with_days(&named("星美銀行(架空)", "登記簿"), "", "2024-3-31"))).await;
    assert_eq!(desk.get(&as_of(&w.bank_page(), "2020-01-01")).await.texts("h1"), ["星美銀行(架空)"]);
    // Where it is another CEPTOAR's since, it is not.
    let bank = w.bank;
    let elsewhere = format!(
        "insert into memberships (ceptoar_id, organisation_id, unit, valid) values ('life', '{bank}', '社', '[2026-11-22,)')"
    );
    sqlx::raw_sql(AssertSqlSafe(elsewhere)).execute(&mut w.db).await.expect("by hand");
    assert_eq!(desk.get(&name).await.status, 404);
    let page = desk.get(&as_of(&w.bank_page(), "2020-01-01")).await;
    assert!(!page.body.contains("/name/on/"), "{}", page.body);
    // Nor can it be made to have never left, by the form or by a statement.
    let open = with_days(&[("unit", "社"), ("reason", "退会していない")], "2018-4-1", "");
    let confirmation = fill_in(&mut desk, &membership, &of(&open)).await;
    let reply = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert!(
        reply.status == 422 && reply.body.contains("今日から先へ延ばすことはできません"),
        "{:?}",
        reply.texts(".error-summary")
    );
    w.app.database.break_a_rule().await;
    for (who, statement, rows) in [
        ("desk", format!("update organisation_names set ja = 'x' where organisation_id = '{bank}'"), Some(0)),
        (
            "desk",
            format!(
                "update memberships set valid = '[2018-04-01,)' where organisation_id = '{bank}' and ceptoar_id = 'banks'"
            ),
            None,
        ),
        (
            "desk",
            format!(
                "update memberships set valid = '[2018-04-01,2020-01-01)' where organisation_id = '{bank}' and ceptoar_id = 'banks'"
            ),
            Some(1),
        ),
        ("life-desk", format!("update organisation_names set ja = 'x' where organisation_id = '{bank}'"), Some(2)),
        ("bank-admin", format!("update memberships set unit = 'x' where organisation_id = '{bank}'"), Some(0)),
    ] {
        let account = format!("select account_id::text from accounts where sign_in_name = '{who}'");
        let id: Uuid = w.texts(&account).await[0].parse().expect("an id");
        let viewer = ceptoar_portal::kernel::ids::AccountId(id);
        let mut tx = w.app.state.db.begin(Some(viewer), w.app.state.clock.now()).await.expect("a transaction");
        let done = sqlx::query(AssertSqlSafe(statement.clone())).execute(&mut *tx).await;
        match (done, rows) {
            (Ok(done), Some(rows)) => assert_eq!(done.rows_affected(), rows, "{who}: {statement}"),
            (Err(_), None) => {}
            (Ok(done), None) => panic!("{who} did {} rows: {statement}", done.rows_affected()),
            (Err(error), Some(_)) => panic!("{who}: {error}: {statement}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_in_a_group_that_began_after_the_corrected_end_never_was() {
    let mut w = world().await;
    let group = crate::support::factory::group(&mut w.db, "banks", "決済", &[w.bank]).await;
    sqlx::query("update group_members set valid = daterange('2024-01-01', null) where subgroup_id = $1")
        .bind(&group)
        .execute(&mut w.db)
        .await
        .unwrap();
    let mut desk = w.app.signed_in("desk").await;
    change(&mut desk, &format!("{}/leaving", w.bank_page()), &day("2024", "3", "31")).await;
    w.app.state.clock.advance(TimeDelta::days(1));
    let mut desk = w.app.signed_in("desk").await;
    let path = format!("{}/membership/on/2020-01-01", w.bank_page());
    let typed = [("unit", "社"), ("reason", "退会届の日付の読み違い")];
    change(&mut desk, &path, &of(&with_days(&typed, "2018-4-1", "2023-9-30"))).await;
    let left =
        w.texts("select upper(valid)::text from memberships where ceptoar_id = 'banks' and not upper_inf(valid)").await;
    assert_eq!(left, ["2023-10-01"]);
    let parts = format!("select count(*) from group_members where subgroup_id = '{group}' and not isempty(valid)");
    assert_eq!(w.number(&parts).await, 0);
}
