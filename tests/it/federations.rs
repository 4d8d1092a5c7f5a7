//! 連絡協議会: what the editions say of federations, and keeping them: who belongs, who keeps, from which day.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::directory::reference;
use ceptoar_portal::kernel::ids::AccountId;
use sqlx::AssertSqlSafe;

use crate::directory::records::{as_recorded, ok, on};
use crate::directory::roster::{World, change, day, fill_in, world};
use crate::support::factory;

const INDEX: &str = "/directory/federations";
const SHOW: &str = "/directory/federations/finance-liaison";

fn of(route: &str) -> String {
    format!("{SHOW}/{route}")
}

fn with<'a>(fields: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().chain(more).copied().collect()
}

/// Names as of a day, from a page.
async fn members(w: &World, who: &str, path: &str) -> String {
    w.app.signed_in(who).await.get(path).await.texts("[data-members]").concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_editions_facts_stand_with_their_days_and_an_end_is_not_invented() {
    let mut w = world().await;
    let rows = "select concat_ws(' ', m.ceptoar_id, m.role, m.valid, m.precision) from federation_members m
                join ceptoars c using (ceptoar_id) order by c.position";
    assert_eq!(
        w.texts(rows).await,
        ["banks", "securities", "life", "nonlife"].map(|id| format!("{id} member [2007-03-31,) edition"))
    );
    let desks = "select concat_ws(' ', o.code, s.valid, s.precision) from federation_secretariats s
                 join organisations o using (organisation_id)";
    assert_eq!(w.texts(desks).await, ["zenginkyo [2011-03-31,) edition"], "none in 2007");
    assert_eq!(w.texts("select last_listed_on::text from federations").await, ["2011-03-31"]);

    let mut reader = w.app.signed_in("reader").await;
    let index = reader.get(INDEX).await;
    assert!(index.body.contains("金融CEPTOAR連絡協議会") && index.body.contains("全国銀行協会"), "{}", index.body);
    let page = reader.get(SHOW).await;
    let told = page.texts("[data-members] li").join("|");
    assert!(told.contains("銀行等CEPTOAR") && told.contains("2007年3月31日(土)の版で確認"), "{told}");
    assert!(page.texts("[data-last-listed]").concat().contains("2011年3月31日(木)の版まで"), "{}", page.body);
    assert!(page.texts(".timeline > li").iter().any(|line| line.contains("事務局: ") && line.contains("2011年")));
    let before = reader.get(&format!("{SHOW}?on_year=2008&on_month=4&on_day=1")).await;
    assert!(before.texts("[data-desk]").concat().contains("置かれていません"), "{}", before.body);
    let unknown = reader.get(&format!("{SHOW}?on_year=2006&on_month=4&on_day=1")).await;
    assert!(unknown.texts("[data-members]").is_empty() && unknown.body.contains("まだ確認されていません"));
    assert_eq!(reader.get(&format!("{SHOW}?on_year=2006&on_month=13&on_day=1")).await.status, 422);
    assert_eq!(reader.get(&of("").replace("finance-liaison/", "nowhere")).await.status, 404);

    let history = reader.get("/directory/life/history").await;
    assert_eq!(history.texts("[data-federations] a"), ["金融CEPTOAR連絡協議会"]);
    assert!(history.texts(".timeline > li").iter().any(|line| line.contains("連絡協議会: 金融CEPTOAR連絡協議会")));
    assert!(reader.get("/directory/gas/history").await.texts("[data-federations]").is_empty());
    let profile = reader.get("/ceptoars/life?edition=2011-03-31").await;
    assert!(profile.body.contains("属している連絡協議会"), "{}", profile.body);
    assert_eq!(w.app.visitor().get(SHOW).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_joins_observes_and_leaves_from_a_day_on() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let typed = with(&day("2027", "4", "1"), &[("ceptoar", "gas"), ("part", "observer"), ("reason", "意見交換のため")]);
    let confirmation = fill_in(&mut desk, &of("joining"), &typed).await;
    assert!(confirmation.body.contains("まだ変更されていません") && confirmation.body.contains("2027年4月1日"));
    assert_eq!(w.number("select count(*) from federation_changes").await, 0, "nothing is written yet");
    let done = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.location(), format!("{SHOW}?done=changed"));
    let twice = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!((twice.status, twice.body.contains("その間の変更")), (422, true), "a second click writes nothing");
    let body = [("body_ja", "架空決済機構"), ("part", "observer"), ("reason", "関係機関")];
    change(&mut desk, &of("joining"), &with(&day("2026", "11", "1"), &body)).await;
    let page = desk.get(SHOW).await;
    assert!(page.texts("[data-observers]").concat().contains("架空決済機構"));
    assert!(!page.texts("[data-observers]").concat().contains("GAS CEPTOAR"), "not before its day");
    assert!(page.texts("[data-changes]").concat().contains("意見交換のため"));
    assert!(
        page.texts(".timeline > li").iter().any(|line| line.contains("予定") && line.contains("GAS")),
        "{:?}",
        page.texts(".timeline > li")
    );
    let later = desk.get(&format!("{SHOW}?on_year=2027&on_month=4&on_day=1")).await;
    assert!(later.texts("[data-observers]").concat().contains("GAS"));
    // As something else: the observer becomes a member.
    let typed = with(&day("2028", "4", "1"), &[("ceptoar", "gas"), ("part", "member"), ("reason", "加盟")]);
    change(&mut desk, &of("joining"), &typed).await;
    let stays = "select concat_ws(' ', role, valid) from federation_members where ceptoar_id = 'gas' order by valid";
    assert_eq!(w.texts(stays).await, ["observer [2027-04-01,2028-04-01)", "member [2028-04-01,)"]);
    // The last day is typed, the next one is the first without it.
    let typed = with(&day("2026", "12", "31"), &[("who", "c:nonlife"), ("reason", "脱退")]);
    change(&mut desk, &of("leaving"), &typed).await;
    assert_eq!(
        w.texts("select valid::text from federation_members where ceptoar_id = 'nonlife'").await,
        ["[2007-03-31,2027-01-01)"]
    );
    assert!(members(&w, "reader", SHOW).await.contains("損害保険"));
    assert!(!members(&w, "reader", &format!("{SHOW}?on_year=2027&on_month=1&on_day=1")).await.contains("損害保険"));
    let trail = w.texts("select detail ->> 'subject' from audit_events where action = 'federation.change'").await;
    assert_eq!(trail, ["member"; 4]);
    assert_eq!(w.number("select version::bigint from federations").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_entries_are_told_at_their_fields_and_stay() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let on = day("2026", "12", "1");
    let reason = [("reason", "理由")];
    for (route, typed, field) in [
        ("joining", vec![("part", "member")], "ceptoar"),
        ("joining", vec![("part", "member"), ("ceptoar", "nowhere")], "ceptoar"),
        ("joining", vec![("part", "member"), ("body_ja", "架空機構")], "part"),
        ("joining", vec![("part", "observer"), ("ceptoar", "gas"), ("body_ja", "架空機構")], "body_ja"),
        ("joining", vec![("part", "member"), ("ceptoar", "banks")], "part"),
        ("joining", vec![("ceptoar", "gas")], "part"),
        ("leaving", vec![("who", "c:gas")], "who"),
        ("secretariat", vec![("organisation", "nobody")], "organisation"),
        ("name", vec![("ja", "新しい協議会"), ("reading", "カタカナ漢字")], "reading"),
    ] {
        let page = fill_in(&mut desk, &of(route), &with(&with(&on, &reason), &typed)).await;
        assert_eq!(page.status, 422, "{route} {typed:?}");
        assert!(
            !page.texts(&format!("#{field}-error")).is_empty(),
            "{route} {typed:?}: {:?}",
            page.texts(".error-summary a")
        );
        assert!(page.body.contains("理由"));
    }
    let early =
        fill_in(&mut desk, &of("leaving"), &with(&day("2006", "1", "1"), &[("who", "c:life"), ("reason", "x")])).await;
    assert!(early.texts("#on-error").concat().contains("加わっていません"), "{:?}", early.texts(".error-summary a"));
    let unreasoned = fill_in(&mut desk, &of("joining"), &with(&on, &[("ceptoar", "gas"), ("part", "member")])).await;
    assert_eq!(unreasoned.texts("#reason-error").len(), 1);
    assert_eq!(desk.post(&of("joining"), &[("seen", "1"), ("strange", "x")]).await.status, 400);
    assert_eq!(w.number("select count(*) from federation_changes").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keeping_secretariat_hands_its_desk_over_and_keeps_it_until_then() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let mut life = w.app.signed_in("life-desk").await;
    let id = w
        .texts(
            "select organisation_id::text from organisations where code = (select o.code from organisations o
        join secretariat_terms t using (organisation_id) where t.ceptoar_id = 'life' and upper_inf(t.valid))",
        )
        .await
        .remove(0);
    let typed = [("organisation", id.as_str()), ("unit", "総務部"), ("reason", "持ち回り")];
    assert_eq!(life.get(&of("secretariat")).await.status, 404);
    change(&mut desk, &of("secretariat"), &with(&day("2026", "11", "21"), &typed)).await;
    assert_eq!(desk.get(&of("secretariat")).await.status, 404, "it is no longer theirs");
    assert!(!desk.get(SHOW).await.body.contains("登録を変更する"));
    let page = life.get(SHOW).await;
    assert!(page.texts("[data-desk]").concat().contains("総務部") && page.body.contains("登録を変更する"));
    let terms = "select concat_ws(' ', coalesce(unit, '-'), valid) from federation_secretariats order by valid";
    assert_eq!(w.texts(terms).await, ["- [2011-03-31,2026-11-21)", "総務部 [2026-11-21,)"]);
    change(
        &mut life,
        &of("secretariat"),
        &with(&day("2027", "4", "1"), &[("organisation", "none"), ("reason", "廃止")]),
    )
    .await;
    assert_eq!(w.texts(terms).await[1], "総務部 [2026-11-21,2027-04-01)");
    // The centre keeps what nobody keeps, and changes the name.
    let mut analyst = w.app.signed_in("analyst").await;
    let name = [("ja", "金融分野連絡会"), ("reading", "きんゆうぶんやれんらくかい"), ("en", ""), ("reason", "改称")];
    change(&mut analyst, &of("name"), &with(&day("2026", "11", "21"), &name)).await;
    assert!(w.app.signed_in("reader").await.get(SHOW).await.texts("h1").concat().contains("金融分野連絡会"));
    // What the files say no longer replaces it.
    w.texts("update reference_loads set content_hash = 'older' returning content_hash").await;
    assert!(reference::load(&mut w.db).await.expect("a load"));
    assert_eq!(w.texts("select ja from federation_names where upper_inf(valid)").await, ["金融分野連絡会"]);
    assert_eq!(w.texts(terms).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_editors_lose_nothing_and_only_the_centre_founds() {
    let mut w = world().await;
    let (mut one, mut other) = (w.app.signed_in("desk").await, w.app.signed_in("desk2").await);
    let seen = other.get(&of("joining")).await.values("input[name=seen]").concat();
    let gas = with(&day("2026", "12", "1"), &[("ceptoar", "gas"), ("part", "observer"), ("reason", "最初の人")]);
    change(&mut one, &of("joining"), &gas).await;
    let late = with(
        &day("2026", "12", "1"),
        &[("ceptoar", "power"), ("part", "observer"), ("reason", "遅れた人"), ("seen", &seen), ("confirmed", "true")],
    );
    let told = other.post(&of("joining"), &late).await;
    assert_eq!(told.status, 422);
    assert!(
        told.body.contains("最初の人") && told.body.contains("遅れた人") && told.values("input[name=seen]") == ["2"]
    );
    assert_eq!(w.number("select count(*) from federation_changes").await, 1);

    let founding = format!("{INDEX}/founding");
    let name =
        [("ja", "通信放送連絡会(架空)"), ("reading", "つうしんほうそうれんらくかい"), ("en", ""), ("reason", "設立")];
    assert_eq!(one.get(&founding).await.status, 404);
    assert_eq!(one.post(&founding, &name).await.status, 404);
    let mut approver = w.app.signed_in("approver").await;
    let confirmation = fill_in(&mut approver, &founding, &with(&day("2026", "10", "1"), &name)).await;
    assert_eq!(confirmation.status, 200, "{:?}", confirmation.texts(".error-summary a"));
    let done = approver.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert!(done.location().ends_with("?done=founded"), "{}", done.location());
    let again = approver.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!((again.status, again.texts("#ja-error").len()), (422, 1), "a second click founds none");
    let here = done.location().split('?').next().unwrap().to_owned();
    let typed = with(&day("2026", "10", "1"), &[("ceptoar", "t-ceptoar"), ("part", "member"), ("reason", "設立時")]);
    change(&mut approver, &format!("{here}/joining"), &typed).await;
    assert!(members(&w, "reader", &here).await.contains("T-CEPTOAR"));
    assert_eq!(w.number("select count(*) from federations").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reads_and_others_write_nothing_by_either_wall() {
    let mut w = world().await;
    let liaison = factory::organisation(&mut w.db, "zenginkyo").await;
    // Of the keeping organisation, and not its desk.
    factory::person(&w.app, "colleague", Role::Coordinator, liaison, Some("banks"), None).await;
    let names = ["life-desk", "coordinator", "colleague", "liaison", "handler", "reader", "auditor", "operator"];
    for who in names {
        let mut client = w.app.signed_in(who).await;
        let page = client.get(SHOW).await;
        assert_eq!(page.status, 200, "{who}");
        assert!(!page.body.contains("登録を変更する"), "{who}");
        for route in ["name", "joining", "leaving", "secretariat"] {
            let there = client.get(&of(route)).await;
            let nowhere = client.get(&format!("{INDEX}/nowhere/{route}")).await;
            assert_eq!((there.status, nowhere.status), (404, 404), "{who} {route}");
            let typed = with(
                &day("2026", "12", "1"),
                &[("seen", "1"), ("ceptoar", "gas"), ("part", "member"), ("reason", "x"), ("confirmed", "true")],
            );
            assert_eq!(client.post(&of(route), &typed).await.status, 404, "{who} {route}");
        }
    }
    for (who, writes) in names.map(|name| (name, false)).into_iter().chain([("desk", true), ("analyst", true)]) {
        let account = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{who}'")).await;
        let account: AccountId = account[0].parse().map(AccountId).expect("an id");
        // What was said goes or ends with a change that is written down, in one's own name and with its number.
        let change = |version: &str, organisation: &str| {
            format!(
                "insert into federation_changes (change_id, federation_id, version, subject, effective_on, reason, before,
                                                 after, made_by, made_by_organisation, made_at)
                 select gen_random_uuid(), federation_id, {version}, 'name', '2026-11-01', 'x', '[]', '[]', viewer_account(),
                        {organisation}, viewer_now() from federations where federation_id = 'finance-liaison'"
            )
        };
        let own = format!("(select organisation_id from affiliations where account_id = '{}' limit 1)", account.0);
        for (forged, possible) in [
            ("insert into federation_members (federation_id, ceptoar_id, role, valid, precision) values ('finance-liaison', 'gas', 'member', '[2026-11-01,)', 'day')".to_owned(), true),
            ("update federation_names set valid = daterange(lower(valid), '2026-11-01') where federation_id = 'finance-liaison'".to_owned(), false),
            ("delete from federation_secretariats where federation_id = 'finance-liaison'".to_owned(), false),
            (change("77", &own), false),
            (change("version", &format!("'{}'", w.rival)), false),
            (change("version", &own), true),
            (format!("insert into federation_secretariats (federation_id, organisation_id, valid, precision) values ('finance-liaison', '{}', '[2000-01-01,2001-01-01)', 'day')", w.bank), false),
            ("update federations set version = version + 1 where federation_id = 'finance-liaison'".to_owned(), true),
        ] {
            let writes = writes && possible;
            let mut tx = w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
            let done =
                sqlx::query(AssertSqlSafe(forged.clone())).execute(&mut *tx).await.map_or(0, |done| done.rows_affected());
            assert_eq!(done > 0, writes, "{who}: {forged}");
        }
        let mut tx = w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
        let founded = sqlx::query("insert into federations (federation_id) values ('f-x')").execute(&mut *tx).await;
        assert_eq!(founded.is_ok(), who == "analyst", "{who} founds");
    }
    assert_eq!(w.number("select count(*) from federation_changes").await, 0);
}

/// The row of a fact, by a condition.
async fn fact(w: &mut World, table: &str, of: &str) -> String {
    w.texts(&format!("select fact_id::text from {table} where {of}")).await.remove(0)
}

fn days<'a>(first: &'a [&'a str; 3], last: &'a [&'a str; 3]) -> Vec<(&'a str, &'a str)> {
    let names = [("first_year", "last_year"), ("first_month", "last_month"), ("first_day", "last_day")];
    names.iter().enumerate().flat_map(|(i, (a, b))| [(*a, first[i]), (*b, last[i])]).collect()
}

const NO_DAY: [&str; 3] = ["", "", ""];

#[tokio::test(flavor = "multi_thread")]
async fn what_was_registered_wrongly_is_corrected_and_what_was_said_is_kept() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let gas = with(&day("2025", "4", "1"), &[("ceptoar", "gas"), ("part", "observer"), ("reason", "加盟")]);
    change(&mut desk, &of("joining"), &gas).await;
    // It was a member, and a year earlier.
    let id = fact(&mut w, "federation_members", "ceptoar_id = 'gas'").await;
    let page = desk.get(SHOW).await;
    let path = format!("{SHOW}/facts/{id}/correction");
    assert!(page.body.contains(&path), "{}", page.body);
    let first = ["2024", "4", "1"];
    let typed = with(&days(&first, &NO_DAY), &[("part", "member"), ("reason", "議事録の読み違い")]);
    let unreasoned = fill_in(&mut desk, &path, &typed[..typed.len() - 1]).await;
    assert_eq!((unreasoned.status, unreasoned.texts("#reason-error").len()), (422, 1));
    let ended = with(&days(&first, &["2025", "3", "31"]), &[("part", "member"), ("reason", "x")]);
    assert!(fill_in(&mut desk, &path, &ended).await.texts("#last-error").concat().contains("終わりがありません"));
    let done = change(&mut desk, &path, &typed).await;
    assert_eq!(done.location(), format!("{SHOW}?done=corrected"));
    let stays = "select concat_ws(' ', role, valid) from federation_members where ceptoar_id = 'gas'";
    assert_eq!(w.texts(stays).await, ["member [2024-04-01,)"]);
    assert!(members(&w, "reader", &format!("{SHOW}?on_year=2024&on_month=5&on_day=1")).await.contains("GAS"));
    let history = desk.get(SHOW).await.texts("[data-changes] > li");
    assert!(
        history[0].contains("(訂正)") && history[0].contains("議事録の読み違い") && history[0].contains("オブザーバー"),
        "{history:?}"
    );
    let kept = "select fact ->> 'role' || ' ' || (fact ->> 'valid') from federation_versions where version = 3 and fact is not null";
    assert_eq!(w.texts(kept).await, ["observer [2025-04-01,)"]);
    // A name of the past: it is renamed, and the old one was spelt wrongly. The day between the two moves for both.
    let name = [("ja", "金融分野連絡会"), ("reading", "きんゆうぶんやれんらくかい"), ("en", ""), ("reason", "改称")];
    change(&mut desk, &of("name"), &with(&day("2020", "4", "1"), &name)).await;
    let old = fact(&mut w, "federation_names", "not upper_inf(valid)").await;
    let path = format!("{SHOW}/facts/{old}/correction");
    let first = ["2007", "3", "31"];
    let right = [("ja", "金融連絡協議会"), ("reading", "きんゆうれんらくきょうぎかい"), ("en", ""), ("reason", "誤記")];
    let last = ["2020", "6", "30"];
    change(&mut desk, &path, &with(&days(&first, &last), &right)).await;
    let names = "select concat_ws(' ', ja, valid, precision) from federation_names order by valid";
    assert_eq!(
        w.texts(names).await,
        ["金融連絡協議会 [2007-03-31,2020-07-01) edition", "金融分野連絡会 [2020-07-01,) day"]
    );
    let then = desk.get(&format!("{SHOW}?on_year=2020&on_month=6&on_day=1")).await;
    assert!(then.texts("h1").concat().contains("金融連絡協議会") && then.body.contains("訂正する"));
    // Beyond the other one it does not go.
    let id = fact(&mut w, "federation_names", "ja = '金融連絡協議会'").await;
    let path = format!("{SHOW}/facts/{id}/correction");
    let over = fill_in(&mut desk, &path, &with(&days(&first, &NO_DAY), &right)).await;
    assert!(over.texts("#last-error").concat().contains("金融分野連絡会"), "{:?}", over.texts(".error-summary"));
    // Its own secretariat: corrected by whom it names, and still theirs.
    let id = fact(&mut w, "federation_secretariats", "true").await;
    let keeper = w.texts("select organisation_id::text from federation_secretariats").await.remove(0);
    let typed = [("organisation", keeper.as_str()), ("unit", "企画部"), ("reason", "担当部署の記載もれ")];
    let first = ["2011", "3", "31"];
    change(&mut desk, &format!("{SHOW}/facts/{id}/correction"), &with(&days(&first, &NO_DAY), &typed)).await;
    assert!(desk.get(SHOW).await.texts("[data-desk]").concat().contains("企画部"));
    // Somebody who never was in it: no trace today, one in the record.
    let id = fact(&mut w, "federation_members", "ceptoar_id = 'gas'").await;
    let path = format!("{SHOW}/facts/{id}/correction");
    let first = ["2024", "4", "1"];
    let void = with(&days(&first, &NO_DAY), &[("part", "member"), ("void", "true"), ("reason", "別の団体との取違え")]);
    change(&mut desk, &path, &void).await;
    assert!(w.texts(stays).await.is_empty());
    assert_eq!(desk.get(&path).await.status, 404);
    let kinds = "select kind from federation_changes order by version";
    assert_eq!(w.texts(kinds).await, ["change", "correction", "change", "correction", "correction", "correction"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_federation_is_dissolved_on_a_day_and_a_plan_is_taken_back() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let state = "select string_agg(t, '|' order by t) from (
           select concat_ws(' ', 'n', ja, valid) as t from federation_names
           union all select concat_ws(' ', 'm', ceptoar_id, role, valid) from federation_members
           union all select concat_ws(' ', 's', organisation_id, valid) from federation_secretariats) x";
    let gas = with(&day("2028", "4", "1"), &[("ceptoar", "gas"), ("part", "observer"), ("reason", "予定")]);
    change(&mut desk, &of("joining"), &gas).await;
    let before = w.texts(state).await;
    let typed = with(&day("2027", "3", "31"), &[("reason", "統合のため")]);
    let confirmation = fill_in(&mut desk, &of("dissolution"), &typed).await;
    assert!(
        confirmation.body.contains("2027年3月31日(水)まで") && confirmation.body.contains("銀行等CEPTOAR"),
        "{:?}",
        confirmation.texts(".error-summary")
    );
    change(&mut desk, &of("dissolution"), &typed).await;
    let open = "select count(*) from (select valid from federation_names union all select valid from federation_members
                union all select valid from federation_secretariats) x where upper_inf(valid) or lower(valid) > '2027-03-31'";
    assert_eq!(w.number(open).await, 0, "its parts end with it, and what was planned never holds");
    let page = desk.get(SHOW).await;
    assert!(page.texts("[data-dissolved]").concat().contains("2027年3月31日(水)で解散する予定"));
    assert!(page.texts("[data-members]").concat().contains("損害保険"));
    let later = desk.get(&format!("{SHOW}?on_year=2027&on_month=4&on_day=1")).await;
    assert!(later.texts("[data-members]").is_empty() && !later.body.contains("まだ確認されていません"));
    let again = fill_in(&mut desk, &of("dissolution"), &with(&day("2027", "6", "30"), &[("reason", "x")])).await;
    assert_eq!((again.status, again.texts("#on-error").len()), (422, 1));
    // It is not dissolved after all: everything is as it was, what was planned as well.
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    assert!(desk.get(SHOW).await.body.contains("いちばん新しい予定を取り消す"));
    let question = desk.get(&of("withdrawal")).await;
    let asked = desk.press(&question, "main form", &[("reason", "統合の中止")]).await;
    let back = desk.press(&asked, "main form", &[("confirmed", "true")]).await;
    assert_eq!(back.location(), format!("{SHOW}?done=withdrawn"));
    let again = desk.press(&asked, "main form", &[("confirmed", "true")]).await;
    assert_eq!((again.status, again.location()), (303, format!("{SHOW}?done=already").as_str()), "a second click");
    assert!(desk.get(again.location()).await.body.contains("すでに取り消されています"));
    assert_eq!(w.texts(state).await, before);
    assert_eq!(
        desk.get(&of("withdrawal")).await.status,
        404,
        "a withdrawal is not taken back, nor what came before it"
    );
    let history = desk.get(SHOW).await.texts("[data-changes] > li");
    assert!(history[0].contains("予定の取消し: 連絡協議会の解散") && history[0].contains("統合の中止"), "{history:?}");
    // A joining that comes to nothing.
    let power = with(&day("2027", "4", "1"), &[("ceptoar", "power"), ("part", "member"), ("reason", "予定")]);
    change(&mut desk, &of("joining"), &power).await;
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    change(&mut desk, &of("withdrawal"), &[("reason", "見送り")]).await;
    assert_eq!(w.texts(state).await, before);
    // Dissolved with the end of yesterday: from then on the centre alone keeps it, and the list says so.
    let typed = with(&day("2026", "11", "20"), &[("reason", "解散済み")]);
    change(&mut desk, &of("dissolution"), &typed).await;
    assert_eq!(desk.get(&of("name")).await.status, 404);
    let index = w.app.signed_in("reader").await.get(INDEX).await;
    assert!(index.body.contains("(解散)"), "{}", index.body);
    let then = w.app.signed_in("reader").await.get(&format!("{SHOW}?on_year=2026&on_month=11&on_day=20")).await;
    assert!(then.texts("[data-members]").concat().contains("損害保険") && then.body.contains("解散しました"));
    assert!(!then.body.contains("訂正する"), "not for those who read");
}

#[tokio::test(flavor = "multi_thread")]
async fn corrections_and_the_end_of_a_federation_are_its_keepers() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let gas = with(&day("2027", "4", "1"), &[("ceptoar", "gas"), ("part", "observer"), ("reason", "予定")]);
    change(&mut desk, &of("joining"), &gas).await;
    let id = fact(&mut w, "federation_members", "ceptoar_id = 'gas'").await;
    let before = w.texts("select string_agg(t::text, '|' order by fact_id) from federation_members t").await;
    for who in ["life-desk", "coordinator", "liaison", "handler", "reader", "auditor", "operator", "bank-admin"] {
        let mut client = w.app.signed_in(who).await;
        for route in [format!("facts/{id}/correction"), "dissolution".into(), "withdrawal".into()] {
            assert_eq!(client.get(&of(&route)).await.status, 404, "{who} {route}");
            let typed = [("seen", "2"), ("part", "member"), ("reason", "x"), ("confirmed", "true")];
            assert_eq!(client.post(&of(&route), &typed).await.status, 404, "{who} {route}");
        }
        assert!(!client.get(SHOW).await.body.contains("訂正する"), "{who}");
    }
    assert_eq!(w.texts("select string_agg(t::text, '|' order by fact_id) from federation_members t").await, before);
    // The memory of a federation is nobody's to write.
    let account = w.texts("select account_id::text from accounts where sign_in_name = 'desk'").await.remove(0);
    let account = account.parse().map(AccountId).expect("an id");
    for forged in [
        "delete from federation_versions",
        "update federation_versions set fact = null",
        "insert into federation_versions (federation_id, version, relation, fact_id, recorded_until)
         values ('finance-liaison', 9, 'x', gen_random_uuid(), now())",
        "update federation_changes set kind = 'correction'",
    ] {
        let mut tx = w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
        assert!(sqlx::query(forged).execute(&mut *tx).await.is_err(), "{forged}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_a_federation_is_in_the_record_of_its_days_for_everybody() {
    let w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let gas = with(&day("2026", "11", "1"), &[("ceptoar", "gas"), ("part", "observer"), ("reason", "意見交換")]);
    change(&mut desk, &of("joining"), &gas).await;
    let leaving = with(&day("2027", "3", "31"), &[("who", "c:life"), ("reason", "脱退の予定")]);
    change(&mut desk, &of("leaving"), &leaving).await;
    w.app.state.clock.advance(chrono::TimeDelta::days(1));
    // The day after the plan is taken back, the name is another one, and nobody observes.
    let mut desk = w.app.signed_in("desk").await;
    change(&mut desk, &of("withdrawal"), &[("reason", "見送り")]).await;
    let name = [("ja", "金融連絡会(架空)"), ("reading", "きんゆうれんらくかい"), ("en", ""), ("reason", "改称")];
    change(&mut desk, &of("name"), &with(&day("2026", "11", "1"), &name)).await;
    change(&mut desk, &of("leaving"), &with(&day("2026", "11", "21"), &[("who", "c:gas"), ("reason", "終了")])).await;
    let mut approver = w.app.signed_in("approver").await;
    let other = [("ja", "通信連絡会(架空)"), ("reading", "つうしんれんらくかい"), ("en", ""), ("reason", "設立")];
    let founded = change(&mut approver, &format!("{INDEX}/founding"), &with(&day("2026", "10", "1"), &other)).await;
    let founded = founded.location().split('?').next().expect("a page").to_owned();
    w.app.state.clock.advance(chrono::TimeDelta::days(1));

    for who in ["desk", "reader", "auditor", "liaison", "life-desk"] {
        let mut client = w.app.signed_in(who).await;
        let now = ok(&mut client, &format!("{SHOW}?{}", on("on", "2026-11-22"))).await;
        assert!(now.texts("h1")[0].contains("金融連絡会") && now.texts("[data-observers]").is_empty(), "{who}");
        // The day itself, as the end of each day told it.
        let said = async |client: &mut crate::support::Client, recorded: &str| {
            let page = ok(client, &as_recorded(SHOW, "2026-11-22", recorded)).await;
            (page.texts("h1").concat(), page.texts("[data-observers]").concat().contains("GAS"), page)
        };
        let (title, gas, page) = said(&mut client, "2026-11-20").await;
        assert!(title == "金融CEPTOAR連絡協議会" && !gas, "{who}: {title}");
        assert!(page.texts("[data-changes]").is_empty() && !page.body.contains("金融連絡会"), "{who}");
        assert_eq!(page.texts("[data-of-files]").len(), 1, "what the files say has one record");
        let (title, gas, page) = said(&mut client, "2026-11-21").await;
        assert!(title == "金融CEPTOAR連絡協議会" && gas, "{who}: {title}");
        assert!(page.texts("[data-changes]").concat().contains("脱退の予定"), "{who}");
        assert!(page.texts(".notice--warning").concat().contains("2026年11月21日(土)の終わりの時点の記録"), "{who}");
        assert!(!page.body.contains("/correction\"") && page.texts("#change").is_empty(), "{who}");
        let (title, gas, _) = said(&mut client, "2026-11-22").await;
        assert!(title.contains("金融連絡会") && !gas, "{who}: {title}");
        // The plan that was taken back is in the record of its day alone.
        let members = async |client: &mut crate::support::Client, recorded: &str| {
            ok(client, &as_recorded(SHOW, "2027-04-01", recorded)).await.texts("[data-members]").concat()
        };
        assert!(members(&mut client, "2026-11-20").await.contains("生命保険"), "{who}");
        assert!(!members(&mut client, "2026-11-21").await.contains("生命保険"), "{who}");
        assert!(members(&mut client, "2026-11-22").await.contains("生命保険"), "{who}");
        // Before it was registered.
        let nothing = ok(&mut client, &as_recorded(&founded, "2026-11-22", "2026-11-21")).await;
        assert_eq!(nothing.texts("h1"), ["記録なし"], "{who}");
        assert!(nothing.body.contains("この時点の記録はありません") && !nothing.body.contains("通信連絡会"), "{who}");
        assert!(ok(&mut client, &as_recorded(&founded, "2026-11-22", "2026-11-22")).await.body.contains("通信連絡会"));
    }
    assert!(ok(&mut w.app.signed_in("desk").await, SHOW).await.body.contains("/correction\""));
}
