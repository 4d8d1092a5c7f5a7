//! 連携機関: kept by the desk, read by those concerned, and on the route only with what may leave the membership.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::ids::AccountId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::directory::records::{as_recorded, ok, on, shows_the_present_alone};
use crate::directory::roster::{World, change, day, fill_in, taken_back, world};
use crate::support::factory::{self, NewAdvisory};

const INDEX: &str = "/directory/banks/partners";
const JOINING: &str = "/directory/banks/partners/joining";

const PREFECTURE: [(&str, &str); 7] = [
    ("ja", "星見県(架空)"),
    ("reading", "ほしみけん"),
    ("en", ""),
    ("partner_kind", "prefecture"),
    ("role", "passes_on"),
    ("basis", "連携に関する取決め"),
    ("reason", "協議の結果"),
];

fn with<'a>(fields: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().chain(more).copied().collect()
}

async fn joined(w: &mut World) -> Uuid {
    let mut desk = w.app.signed_in("desk").await;
    let done = change(&mut desk, JOINING, &with(&day("2026", "11", "1"), &PREFECTURE)).await;
    assert_eq!(done.location(), format!("{INDEX}?done=joined"));
    w.texts("select organisation_id::text from organisations where kind = 'partner'").await[0].parse().unwrap()
}

/// Stage, verdict and address of everybody of whom the rules say something.
async fn verdicts(w: &mut World, item: Uuid, stage: &str) -> Vec<String> {
    w.texts(&format!(
        "select concat_ws(' ', ceptoar_id, address, verdict) from sharing_windows('{item}', '2026-11-21T03:00Z')
         where stage = '{stage}' order by 1"
    ))
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_takes_a_prefecture_in_and_keeps_its_windows() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let empty = desk.get(INDEX).await;
    assert!(empty.body.contains("連携機関は登録されていません"), "{}", empty.body);
    let confirmation = fill_in(&mut desk, JOINING, &with(&day("2026", "11", "1"), &PREFECTURE)).await;
    assert!(confirmation.body.contains("まだ変更されていません") && confirmation.body.contains("星見県(架空)"));
    assert_eq!(w.number("select count(*) from partnerships").await, 0);
    let done = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.location(), format!("{INDEX}?done=joined"));
    let twice = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!((twice.status, twice.texts("#ja-error").len()), (422, 1), "a second click takes none in");
    let prefecture = w.texts("select organisation_id::text from organisations where kind = 'partner'").await;
    assert_eq!(prefecture.len(), 1);
    let page = desk.get(INDEX).await;
    let told = page.texts("main .item").join("|");
    assert!(
        told.contains("都道府県") && told.contains("情報を受け取り、関係先へ伝える") && told.contains("2026年11月1日"),
        "{told}"
    );
    assert!(told.contains("メールの届く窓口がありません"), "{told}");

    // Its windows are kept where members' windows are.
    let member = format!("/directory/banks/members/{}", prefecture[0]);
    let page = desk.get(&member).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("連携機関") && !page.body.contains("構成員から外す"), "{}", page.body);
    let window = [
        ("label", "医療政策課"),
        ("position", "1"),
        ("language", "ja"),
        ("kind_1", "mail"),
        ("value_1", "seisaku@hoshimi.example"),
        ("hours_1", "always"),
        ("reason", ""),
    ];
    change(&mut desk, &format!("{member}/new-window"), &with(&day("2026", "11", "21"), &window)).await;
    assert!(desk.get(INDEX).await.texts("main .item").concat().contains("メールの届く窓口: 1か所"));
    let renamed = [("ja", "星見府(架空)"), ("reading", "ほしみふ"), ("en", ""), ("nature", "change"), ("reason", "")];
    change(&mut desk, &format!("{member}/name"), &with(&day("2026", "11", "21"), &renamed)).await;
    assert!(desk.get(INDEX).await.body.contains("星見府(架空)"));
    for of_members in ["membership", "leaving"] {
        assert_eq!(desk.get(&format!("{member}/{of_members}")).await.status, 404, "{of_members}");
    }
    assert!(!desk.get("/directory/banks").await.body.contains("星見府"), "it is no member");
    let changes = w.texts("select subject from directory_changes order by made_at, subject").await;
    assert_eq!(changes, ["name", "partnership", "window"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_begin_and_end_on_their_days_and_the_last_closes_the_windows() {
    let mut w = world().await;
    let body = joined(&mut w).await;
    let window = factory::window(&mut w.db, body, Some("banks"), "seisaku@hoshimi.example").await;
    let mut desk = w.app.signed_in("desk").await;
    let role = format!("{INDEX}/{body}/role");
    let analyses = with(&day("2026", "11", "21"), &[("role", "analyses"), ("basis", "計画"), ("reason", "分析の依頼")]);
    let done = change(&mut desk, &role, &analyses).await;
    assert_eq!(done.location(), format!("{INDEX}?done=changed"));
    let again = fill_in(&mut desk, &role, &analyses).await;
    assert_eq!((again.status, again.texts("#role-error").len()), (422, 1));
    for (missing, field) in [("role", "role"), ("basis", "basis"), ("reason", "reason"), ("on_year", "on")] {
        let typed: Vec<_> = analyses.iter().copied().filter(|(name, _)| *name != missing).collect();
        let page = fill_in(&mut desk, &role, &typed).await;
        assert!(page.status == 422 && !page.texts(&format!("#{field}-error")).is_empty(), "{missing}");
    }
    let of_role = |role: &str| {
        format!("select '{INDEX}/{body}/roles/' || fact_id || '/end' from partnerships where role = '{role}'")
    };
    let path = w.texts(&of_role("passes_on")).await.remove(0);
    let seen = desk.get(&path).await.values("input[name=seen]").concat();
    let early = fill_in(&mut desk, &path, &with(&day("2026", "10", "1"), &[("reason", "x")])).await;
    assert!(early.texts("#on-error").concat().contains("この役割ではありません"));
    change(&mut desk, &path, &with(&day("2026", "11", "20"), &[("reason", "取決めの終了")])).await;
    let roles = "select concat_ws(' ', role, valid) from partnerships order by role";
    assert_eq!(w.texts(roles).await, ["analyses [2026-11-21,)", "passes_on [2026-11-01,2026-11-21)"]);
    let open = format!("select upper_inf(valid)::text from contacts where contact_id = '{window}'");
    assert_eq!(w.texts(&open).await, ["true"], "it analyses still");
    let stale = with(&day("2026", "11", "20"), &[("reason", "y"), ("seen", &seen), ("confirmed", "true")]);
    let stale = desk.post(&path, &stale).await;
    assert!(stale.status == 422 && stale.body.contains("入力している間に"), "{}", stale.status);
    let last = w.texts(&of_role("analyses")).await.remove(0);
    change(&mut desk, &last, &with(&day("2026", "11", "30"), &[("reason", "終了")])).await;
    assert_eq!(
        w.texts(&format!("select valid::text from contacts where contact_id = '{window}'")).await,
        ["[2018-04-01,2026-12-01)"]
    );
    let past = desk.get(&format!("{INDEX}?on_year=2027&on_month=1&on_day=1")).await;
    assert_eq!(past.texts("[data-past] li").len(), 2, "{}", past.body);
    let kinds = w.texts("select kind from directory_changes where subject = 'partnership' order by kind").await;
    assert_eq!(kinds, ["beginning", "beginning", "ending", "ending"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planned_name_is_taken_back_and_the_old_one_holds_for_partners_and_those_who_join_later() {
    let mut w = world().await;
    let body = joined(&mut w).await;
    let coming = factory::member(&mut w.db, "banks", "月原銀行(架空)").await;
    w.texts(&format!(
        "update memberships set valid = '[2027-04-01,)' where organisation_id = '{coming}' returning unit"
    ))
    .await;
    let mut desk = w.app.signed_in("desk").await;
    for (organisation, name) in [(body, "星見県(架空)"), (coming, "月原銀行(架空)")] {
        let member = format!("/directory/banks/members/{organisation}");
        w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
        let renamed = [("ja", "別の名前(架空)"), ("reading", "べつ"), ("en", ""), ("nature", "change"), ("reason", "")];
        change(&mut desk, &format!("{member}/name"), &with(&day("2027", "4", "1"), &renamed)).await;
        w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
        let done = taken_back(&mut desk, &member).await;
        assert_eq!(done.status, 303, "{name}: {}", done.body);
        let names = w
            .texts(&format!(
                "select ja || coalesce(upper(valid)::text, '') from organisation_names where organisation_id = '{organisation}'"
            ))
            .await;
        assert_eq!(names, [name], "nothing is lost");
    }
    assert!(desk.get(INDEX).await.body.contains("星見県(架空)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partners_window_is_asked_whether_it_is_alive() {
    let mut w = world().await;
    let body = joined(&mut w).await;
    factory::window(&mut w.db, body, Some("banks"), "seisaku@hoshimi.example").await;
    let mut desk = w.app.signed_in("desk").await;
    let board = "/directory/banks/verification";
    let round =
        with(&[("scope", "all"), ("sure", "true")], &[("due_year", "2026"), ("due_month", "12"), ("due_day", "5")]);
    let opened = desk.post(board, &round).await;
    assert_eq!(opened.status, 303, "{:?}", opened.texts(".error-summary"));
    let asked = "select count(*) from deliveries join delivery_addresses using (delivery_id) where address = 'seisaku@hoshimi.example'";
    assert_eq!(w.number(asked).await, 1);
    assert!(desk.get(board).await.texts(".tally").concat().contains("4か所"), "three of members and this one");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_concerned_read_and_the_desk_alone_writes_by_either_wall() {
    let mut w = world().await;
    let body = joined(&mut w).await;
    factory::window(&mut w.db, body, Some("banks"), "seisaku@hoshimi.example").await;
    let fact = w.texts("select fact_id::text from partnerships").await.remove(0);
    let member = format!("/directory/banks/members/{body}");
    for (who, reads, opens) in [
        ("coordinator", 200, 200),
        ("analyst", 200, 200),
        ("liaison", 200, 404),
        ("handler", 200, 404),
        ("bank-admin", 200, 404),
        ("reader", 200, 404),
        ("life-desk", 404, 404),
        ("auditor", 404, 404),
        ("operator", 404, 404),
    ] {
        let mut client = w.app.signed_in(who).await;
        let page = client.get(INDEX).await;
        assert_eq!(page.status, reads, "{who}");
        assert_eq!(page.body.contains("星見県"), reads == 200, "{who}");
        assert!(!page.body.contains("seisaku@") && !page.body.contains("追加する"), "{who}");
        let page = client.get(&member).await;
        assert_eq!(page.status, opens, "{who}");
        assert_eq!(page.body.contains("seisaku@"), who == "coordinator", "{who}");
        let typed = with(
            &day("2026", "11", "21"),
            &[("role", "sits_in"), ("basis", "x"), ("reason", "x"), ("confirmed", "true")],
        );
        for path in [
            JOINING.to_owned(),
            format!("{INDEX}/{body}/role"),
            format!("{INDEX}/{body}/roles/{fact}/end"),
            format!("{member}/new-window"),
        ] {
            assert_eq!(client.get(&path).await.status, 404, "{who} {path}");
            assert_eq!(client.post(&path, &typed).await.status, 404, "{who} {path}");
        }
    }
    // Another CEPTOAR's desk has no way to it by its own address either.
    let mut life = w.app.signed_in("life-desk").await;
    for path in [
        format!("/directory/life/partners/{body}/role"),
        format!("/directory/life/partners/{body}/roles/{fact}/end"),
        format!("/directory/life/members/{body}"),
    ] {
        assert_eq!(life.get(&path).await.status, 404, "{path}");
    }
    for (who, sees, writes) in [
        ("desk", 1, true),
        ("coordinator", 1, false),
        ("analyst", 1, false),
        ("liaison", 1, false),
        ("reader", 1, false),
        ("life-desk", 0, false),
        ("auditor", 0, false),
    ] {
        let account = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{who}'")).await;
        let account: AccountId = account[0].parse().map(AccountId).expect("an id");
        let begin = async || w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
        let mut tx = begin().await;
        for query in ["select count(*) from partnerships", "select count(*) from organisations where kind = 'partner'"]
        {
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut *tx).await.expect("a count");
            assert_eq!(rows, sees, "{who}: {query}");
        }
        for forged in [
            format!(
                "insert into partnerships (fact_id, ceptoar_id, organisation_id, role, basis, valid) values (gen_random_uuid(), 'banks', '{body}', 'sits_in', 'x', '[2026-11-01,)')"
            ),
            "update partnerships set valid = daterange(lower(valid), '2026-11-10')".to_owned(),
        ] {
            let mut tx = begin().await;
            let done = sqlx::query(AssertSqlSafe(forged.clone()))
                .execute(&mut *tx)
                .await
                .map_or(0, |done| done.rows_affected());
            assert_eq!(done, u64::from(writes), "{who}: {forged}");
        }
        // Nobody makes another CEPTOAR's partner, or a member, a partner of theirs.
        for (ceptoar, organisation) in [("life", body), ("banks", w.bank)] {
            let mut tx = begin().await;
            let taken = format!(
                "insert into partnerships (fact_id, ceptoar_id, organisation_id, role, basis, valid)
                values (gen_random_uuid(), '{ceptoar}', '{organisation}', 'passes_on', 'x', '[2026-11-01,)')"
            );
            assert!(sqlx::query(AssertSqlSafe(taken)).execute(&mut *tx).await.is_err(), "{who} {ceptoar}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_may_leave_the_membership_reaches_a_partner() {
    let mut w = world().await;
    let prefecture = factory::partner(&mut w.db, "banks", "星見県(架空)", "passes_on").await;
    factory::window(&mut w.db, prefecture, Some("banks"), "seisaku@hoshimi.example").await;
    let analyst = factory::partner(&mut w.db, "banks", "架空分析機構", "analyses").await;
    factory::window(&mut w.db, analyst, Some("banks"), "lab@analysis.example").await;
    let others = factory::partner(&mut w.db, "life", "他県(架空)", "passes_on").await;
    factory::window(&mut w.db, others, Some("life"), "x@other.example").await;
    let (named, window) = (w.window, w.window);
    let mut expected = Vec::new();
    for level in ["CLEAR", "GREEN", "AMBER", "RED"] {
        for scope in ["organisation", "handlers", "named"] {
            let named: &[Uuid] = if scope == "named" { std::slice::from_ref(&named) } else { &[] };
            if (level == "RED") != (scope == "named") {
                continue;
            }
            let item =
                factory::draft_advisory(&w.app, NewAdvisory { level, scope, named, ..NewAdvisory::default() }).await;
            let due = level != "AMBER" && level != "RED" && scope == "organisation";
            let verdict = if due { "due" } else { "not_on_route" };
            assert_eq!(
                verdicts(&mut w, item, "partner").await,
                [format!("banks seisaku@hoshimi.example {verdict}")],
                "{level} {scope}"
            );
            factory::publish(&w.app, item, false).await;
            let reached = w
                .texts(&format!(
                    "select a.stage || ' ' || coalesce(a.door, 'shut') || ' ' || a.sealed from advisory_audience a
                     where a.advisory_id = '{item}' and a.stage = 'partner'"
                ))
                .await;
            assert_eq!(reached, if due { vec!["partner shut true"] } else { vec![] }, "{level} {scope}");
            let copies = format!(
                "select count(*) from deliveries d join delivery_addresses a using (delivery_id)
                 where d.item_id = '{item}' and (d.stage = 'partner' or a.address like '%hoshimi%')"
            );
            assert_eq!(w.number(copies).await, i64::from(due), "{level} {scope}");
            expected.push((level, scope, due));
        }
    }
    assert_eq!(expected.iter().filter(|(_, _, due)| *due).count(), 2, "{expected:?}");
    assert!(expected.iter().any(|(level, _, _)| *level == "RED") && window == named);

    // By subgroup, after its end, before its beginning: nothing.
    let subgroup = factory::draft_advisory(
        &w.app,
        NewAdvisory { level: "GREEN", scope: "organisation", ..NewAdvisory::default() },
    )
    .await;
    assert_eq!(verdicts(&mut w, subgroup, "partner").await.len(), 1);
    let route = "update route_stages set valid = VALID where ceptoar_id = 'banks' and stage = 'member' returning stage";
    w.texts(&route.replace("VALID", "daterange(lower(valid), '2026-11-01')")).await;
    assert_eq!(verdicts(&mut w, subgroup, "partner").await, [""; 0], "nobody gets more than the members");
    w.texts(&route.replace("VALID", "daterange(lower(valid), null)")).await;
    assert_eq!(verdicts(&mut w, subgroup, "partner").await.len(), 1);
    w.texts("update partnerships set valid = '[2018-04-01,2026-11-21)' where ceptoar_id = 'banks' returning role")
        .await;
    assert_eq!(verdicts(&mut w, subgroup, "partner").await, [""; 0], "over");
    w.texts("update partnerships set valid = '[2026-11-22,)' where ceptoar_id = 'banks' returning role").await;
    assert_eq!(verdicts(&mut w, subgroup, "partner").await, [""; 0], "not yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgroup_alone_is_not_for_the_partner_and_an_address_is_the_members_first() {
    let mut w = world().await;
    let body = factory::partner(&mut w.db, "t-ceptoar", "星見県(架空)", "passes_on").await;
    factory::window(&mut w.db, body, Some("t-ceptoar"), "seisaku@hoshimi.example").await;
    let green =
        NewAdvisory { level: "GREEN", scope: "organisation", ceptoars: &["t-ceptoar"], ..NewAdvisory::default() };
    let item = factory::draft_advisory(&w.app, green).await;
    assert_eq!(verdicts(&mut w, item, "partner").await, ["t-ceptoar seisaku@hoshimi.example due"]);
    let to_subgroup = format!(
        "update advisory_addressees set ceptoar_id = null, subgroup_id = 't-ceptoar-sg1' where advisory_id = '{item}' returning subgroup_id"
    );
    w.texts(&to_subgroup).await;
    assert_eq!(verdicts(&mut w, item, "partner").await, ["t-ceptoar seisaku@hoshimi.example not_on_route"]);

    let body = factory::partner(&mut w.db, "banks", "同居県(架空)", "passes_on").await;
    factory::window(&mut w.db, body, Some("banks"), "desk@banks.example").await;
    let desk = factory::secretariat_of(&mut w.db, "banks").await;
    factory::window(&mut w.db, desk, Some("banks"), "desk@banks.example").await;
    let green = NewAdvisory { level: "GREEN", scope: "organisation", ..NewAdvisory::default() };
    let item = factory::draft_advisory(&w.app, green).await;
    assert_eq!(verdicts(&mut w, item, "partner").await, ["banks desk@banks.example same_address"]);
    assert_eq!(verdicts(&mut w, item, "secretariat").await, ["banks desk@banks.example due"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_the_mail_and_the_board_name_the_partner() {
    let mut w = world().await;
    let body = factory::partner(&mut w.db, "banks", "星見県(架空)", "passes_on").await;
    factory::window(&mut w.db, body, Some("banks"), "seisaku@hoshimi.example").await;
    let (author, _) = factory::case_team(&w.app).await;
    let preview = async |w: &World, item: Uuid| {
        let mut client = w.app.signed_in("case-author").await;
        (
            client.get(&format!("/advisories/{item}/submission")).await,
            client.get(&format!("/advisories/{item}/submission?ceptoar=banks")).await,
        )
    };
    let amber = factory::draft_advisory(&w.app, NewAdvisory { scope: "organisation", ..NewAdvisory::default() }).await;
    let (totals, windows) = preview(&w, amber).await;
    assert!(totals.body.contains("構成員の中だけで扱う(連携機関): 1"), "{}", totals.body);
    assert!(windows.body.contains("届きません: 構成員の中だけで扱う情報です") && !windows.body.contains("seisaku@"));
    assert!(!totals.body.contains("連携機関の方は"), "its mail does not speak of them");
    let green = NewAdvisory { level: "GREEN", scope: "organisation", ..NewAdvisory::default() };
    let item = factory::draft_advisory(&w.app, green).await;
    let (totals, windows) = preview(&w, item).await;
    assert!(
        totals.body.contains("届く: 連携機関")
            && totals.body.contains("連携機関の方は、サインインも受領の確認も要りません"),
        "{}",
        totals.body
    );
    assert!(windows.texts("tbody tr").iter().any(|row| row.contains("星見県") && row.contains("経路上の連携機関")));
    factory::publish(&w.app, item, false).await;
    let board = w.app.signed_in("analyst").await.get(&format!("/advisories/{item}/deliveries")).await;
    assert!(board.body.contains("連携機関には、受領確認を求めていません"), "{}", board.body);
    let asked = board.texts(".share__value").join("|");
    let organisations = w
        .number(format!("select count(*) from advisory_audience where advisory_id = '{item}' and stage <> 'partner'"))
        .await;
    assert!(asked.contains(&format!("0 / {organisations}")), "{asked}");
    let mut desk = w.app.signed_in("desk").await;
    let list = desk.get(&format!("/advisories/{item}/deliveries?ceptoar=banks")).await;
    assert!(
        list.texts("tbody tr").iter().any(|row| row.contains("星見県") && row.contains("seisaku@hoshimi.example")),
        "{}",
        list.body
    );
    let waiting = desk.get(&format!("/advisories/{item}/deliveries?ceptoar=banks&state=unacknowledged")).await;
    assert!(!waiting.texts("tbody tr").iter().any(|row| row.contains("星見県")), "no answer is waited for");
    let other = w.app.signed_in("handler").await.get(&format!("/advisories/{item}/deliveries")).await;
    assert!(!other.body.contains("hoshimi") && !author.is_nil());
    // Even somebody with a hat there, which nobody is given, finds no door.
    factory::person(&w.app, "stray", Role::MemberPoc, body, Some("banks"), None).await;
    let mut stray = w.app.signed_in("stray").await;
    assert_eq!(stray.get(&format!("/advisories/{item}")).await.status, 404);
    assert_eq!(stray.post(&format!("/advisories/{item}/acknowledgement"), &[]).await.status, 404);
}

fn days<'a>(first: [&'a str; 3], last: [&'a str; 3]) -> Vec<(&'a str, &'a str)> {
    let names = [("first_year", "last_year"), ("first_month", "last_month"), ("first_day", "last_day")];
    names.iter().zip(first.into_iter().zip(last)).flat_map(|((a, b), (f, l))| [(*a, f), (*b, l)]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_corrected_with_its_days_and_a_planned_one_comes_to_nothing() {
    let mut w = world().await;
    let body = joined(&mut w).await;
    factory::window(&mut w.db, body, Some("banks"), "seisaku@hoshimi.example").await;
    w.app.state.clock.advance(chrono::TimeDelta::days(1));
    let mut desk = w.app.signed_in("desk").await;
    let fact = w.texts("select fact_id::text from partnerships").await.remove(0);
    let path = format!("{INDEX}/{body}/roles/{fact}/correction");
    assert!(desk.get(INDEX).await.body.contains(&path));
    let none = ["", "", ""];
    let right = [("role", "sits_in"), ("basis", "防災会議の規約"), ("reason", "取決めの読み違い")];
    let typed = with(&days(["2026", "10", "1"], none), &right);
    for (missing, field) in [("basis", "basis"), ("reason", "reason"), ("first_year", "first")] {
        let less: Vec<_> = typed.iter().copied().filter(|(name, _)| *name != missing).collect();
        let page = fill_in(&mut desk, &path, &less).await;
        assert!(page.status == 422 && !page.texts(&format!("#{field}-error")).is_empty(), "{missing}");
    }
    let ended = fill_in(&mut desk, &path, &with(&days(["2026", "10", "1"], ["2026", "10", "31"]), &right)).await;
    assert!(ended.texts("#last-error").concat().contains("終わりがありません"), "{:?}", ended.texts(".error-summary"));
    let done = change(&mut desk, &path, &typed).await;
    assert_eq!(done.location(), format!("{INDEX}?done=corrected"));
    let roles = "select concat_ws(' ', role, basis, valid) from partnerships order by valid";
    assert_eq!(w.texts(roles).await, ["sits_in 防災会議の規約 [2026-10-01,)"]);
    let kept =
        "select fact ->> 'role' || ' ' || (fact ->> 'valid') from directory_versions where relation = 'partnerships'";
    assert_eq!(w.texts(kept).await, ["passes_on [2026-11-01,)"]);
    let history = desk.get(&format!("/directory/banks/members/{body}")).await.texts(".timeline > li");
    assert!(
        history[0].contains("連携機関としての役割の訂正") && history[0].contains("取決めの読み違い"),
        "{history:?}"
    );
    // It is off the route with that, and was never on it.
    let item = factory::published_advisory(&w.app, NewAdvisory { level: "GREEN", ..NewAdvisory::default() }).await;
    assert!(verdicts(&mut w, item, "partner").await.iter().all(|v| !v.ends_with("due")));
    // A role that is planned, and then not. Its windows stay, since it has another.
    let planned = with(&day("2027", "4", "1"), &[("role", "analyses"), ("basis", "計画"), ("reason", "予定")]);
    change(&mut desk, &format!("{INDEX}/{body}/role"), &planned).await;
    let fact = w.texts("select fact_id::text from partnerships where role = 'analyses'").await.remove(0);
    let path = format!("{INDEX}/{body}/roles/{fact}/correction");
    let twice = with(&days(["2027", "4", "1"], none), &right);
    let twice = fill_in(&mut desk, &path, &twice).await;
    assert!(twice.texts("#last-error").concat().contains("会議などに参加する"), "{:?}", twice.texts(".error-summary"));
    let void = [("role", "analyses"), ("basis", "計画"), ("void", "true"), ("reason", "見送り")];
    change(&mut desk, &path, &with(&days(["2027", "4", "1"], none), &void)).await;
    assert_eq!(w.texts("select valid::text from partnerships where role = 'analyses'").await, ["empty"]);
    assert_eq!(
        w.number("select count(*) from contacts where upper_inf(valid) and label = '窓口' and ceptoar_id = 'banks'")
            .await,
        4
    );
    // An end of the past was a month earlier: the windows close with it.
    let fact = w.texts("select fact_id::text from partnerships where role = 'sits_in'").await.remove(0);
    let end = with(&day("2026", "11", "20"), &[("reason", "終了")]);
    change(&mut desk, &format!("{INDEX}/{body}/roles/{fact}/end"), &end).await;
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    let path = format!("{INDEX}/{body}/roles/{fact}/correction");
    assert!(desk.get(INDEX).await.texts("[data-past]").concat().contains("訂正する"));
    change(&mut desk, &path, &with(&days(["2026", "10", "1"], ["2026", "10", "31"]), &right[..])).await;
    let windows = format!("select valid::text from contacts where organisation_id = '{body}'");
    assert_eq!(w.texts(&windows).await, ["[2018-04-01,2026-11-01)"]);
    // Nobody else's.
    for who in ["life-desk", "coordinator", "bank-admin", "handler", "analyst", "liaison", "reader"] {
        let mut client = w.app.signed_in(who).await;
        assert_eq!(client.get(&path).await.status, 404, "{who}");
        assert_eq!(client.post(&path, &with(&typed, &[("confirmed", "true")])).await.status, 404, "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_partners_is_in_the_record_of_its_days() {
    let mut w = world().await;
    let body = joined(&mut w).await;
    let member = format!("/directory/banks/members/{body}");
    let fact = w.texts("select fact_id::text from partnerships").await.remove(0);
    w.app.state.clock.advance(chrono::TimeDelta::days(1));
    let mut desk = w.app.signed_in("desk").await;
    let window = [
        ("label", "医療政策課"),
        ("position", "1"),
        ("language", "ja"),
        ("kind_1", "mail"),
        ("value_1", "seisaku@hoshimi.example"),
        ("hours_1", "always"),
        ("reason", ""),
    ];
    change(&mut desk, &format!("{member}/new-window"), &with(&day("2026", "11", "21"), &window)).await;
    let renamed =
        [("ja", "星見府(架空)"), ("reading", "ほしみふ"), ("en", ""), ("nature", "correction"), ("reason", "誤記")];
    change(&mut desk, &format!("{member}/name"), &with(&day("2026", "11", "22"), &renamed)).await;
    let right = [("role", "passes_on"), ("basis", "防災協定"), ("reason", "読み違い")];
    let right = with(&days(["2026", "11", "1"], ["", "", ""]), &right);
    change(&mut desk, &format!("{INDEX}/{body}/roles/{fact}/correction"), &right).await;
    w.app.state.clock.advance(chrono::TimeDelta::days(1));

    let mut desk = w.app.signed_in("desk").await;
    let now = ok(&mut desk, &format!("{INDEX}?{}", on("on", "2026-11-21"))).await;
    let told = now.texts("main .item").join("|");
    assert!(told.contains("星見府") && told.contains("防災協定") && told.contains("窓口: 1か所"), "{told}");
    let then = ok(&mut desk, &as_recorded(INDEX, "2026-11-21", "2026-11-21")).await;
    let told = then.texts("main .item").join("|");
    assert!(told.contains("星見県") && told.contains("連携に関する取決め") && !told.contains("星見府"), "{told}");
    assert!(told.contains("メールの届く窓口がありません"), "{told}");
    assert!(then.texts(".notice--warning").concat().contains("2026年11月21日(土)の終わりの時点の記録"));
    for edit in ["/correction\"", "/end\"", "/role\"", "/joining\""] {
        assert!(!then.body.contains(edit), "an earlier record offers {edit}");
    }
    let link = then.body.split("href=\"").find(|rest| rest.starts_with(&member)).expect("its page");
    assert!(link.split('"').next().is_some_and(|href| href.contains("on_day=21") && href.contains("rec_day=21")));
    let same = ok(&mut desk, &as_recorded(INDEX, "2026-11-21", "2026-11-22")).await.texts("main .item").join("|");
    assert!(same.contains("星見府") && same.contains("防災協定") && same.contains("窓口: 1か所"), "{same}");
    let nothing = ok(&mut desk, &as_recorded(INDEX, "2026-11-21", "2026-11-20")).await;
    assert!(nothing.body.contains("この時点の記録はありません") && nothing.texts("main .item").is_empty());
    // Taken back as what it never was: it stays in the record of the days on which it was said.
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    let void = [("role", "passes_on"), ("basis", "防災協定"), ("void", "true"), ("reason", "取違え")];
    let void = with(&days(["2026", "11", "1"], ["", "", ""]), &void);
    let other = with(&day("2026", "10", "1"), &[("role", "analyses"), ("basis", "計画"), ("reason", "分析")]);
    change(&mut desk, &format!("{INDEX}/{body}/role"), &other).await;
    change(&mut desk, &format!("{INDEX}/{body}/roles/{fact}/correction"), &void).await;
    let now = ok(&mut desk, INDEX).await.texts("main .item").join("|");
    assert!(now.contains("分析に協力する") && !now.contains("防災協定"), "{now}");
    let said = ok(&mut desk, &as_recorded(INDEX, "2026-11-21", "2026-11-22")).await.texts("main .item").join("|");
    assert!(!said.contains("分析に協力する") && said.contains("防災協定"), "{said}");

    let others = ["analyst", "approver", "coordinator", "liaison", "reader", "bank-admin", "handler"];
    shows_the_present_alone(&w, INDEX, "2026-11-21", &others).await;
}
