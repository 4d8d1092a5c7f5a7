//! 変更申請: a firm proposes, its desk accepts or returns, and nobody overwrites anybody silently.

use std::collections::BTreeMap;

use ceptoar_portal::app::router::router;
use ceptoar_portal::features::access::FirstWall;
use ceptoar_portal::kernel::ids::AccountId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::roster::{BANK, World, change, day, fill_in, world};
use crate::support::{Client, Reply};

const LIST: &str = "/directory/banks/proposals";
const NEW_NAME: &str = "星見未来銀行(架空)";

const OPEN_SECOND: &str = "
do $$ declare t regclass; begin
  for t in select c.oid::regclass from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  loop execute format('alter table %s disable row level security', t); end loop;
end $$";

/// The bank with a reading that the form takes, and addresses for everybody.
async fn banks() -> World {
    let mut w = world().await;
    for sql in [
        "alter table organisation_names disable trigger keep_version",
        "update organisation_names set reading = 'ほしみぎんこう', en = '' where ja = '星見銀行(架空)'",
        "alter table organisation_names enable trigger keep_version",
        "update accounts set mail_address = sign_in_name || '@people.example'",
    ] {
        run(&mut w, sql).await;
    }
    w
}

async fn run(w: &mut World, sql: &str) {
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut w.db).await.expect("as the owner");
}

fn form_path(w: &World) -> String {
    format!("{}/proposal", w.bank_page())
}

/// A new name and the role of a hub from April on.
fn renaming<'a>() -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("ja", NEW_NAME),
        ("reading", "ほしみみらいぎんこう"),
        ("en", ""),
        ("unit", "社"),
        ("hub", "true"),
        ("reason", "合併により社名が変わるため"),
    ];
    form.extend(day("2027", "4", "1"));
    form
}

/// Proposes, and answers where the proposal is.
async fn proposed(w: &World, form: &[(&str, &str)]) -> String {
    let done = change(&mut w.app.signed_in("bank-admin").await, &form_path(w), form).await;
    done.location().trim_end_matches("?done=made").to_owned()
}

async fn letters(w: &mut World) -> BTreeMap<String, String> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select a.address, m.subject || E'\\n' || m.body from mails m join deliveries using (mail_id)
         join delivery_addresses a using (delivery_id)",
    )
    .fetch_all(&mut w.db)
    .await
    .expect("letters");
    rows.into_iter().collect()
}

fn tasks(page: &Reply) -> String {
    page.texts("[data-task]").concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_firm_proposes_is_registered_when_its_desk_accepts() {
    let mut w = banks().await;
    let mut admin = w.app.signed_in("bank-admin").await;
    let member = admin.get(&w.bank_page()).await;
    assert!(member.body.contains(&form_path(&w)) && member.body.contains("登録の変更を申請する"));
    let form = admin.get(&form_path(&w)).await;
    assert_eq!(form.values("input[name=ja], input[name=reading]"), [BANK, "ほしみぎんこう"]);
    let confirmation = fill_in(&mut admin, &form_path(&w), &renaming()).await;
    assert!(confirmation.body.contains("まだ申請されていません"));
    assert_eq!(confirmation.texts("tbody del"), [BANK, "ほしみぎんこう", "いいえ"]);
    assert_eq!(confirmation.texts("tbody ins"), [NEW_NAME, "ほしみみらいぎんこう", "はい"]);
    assert_eq!(w.number("select count(*) from directory_proposals").await, 0, "a confirmation writes nothing");
    let done = admin.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    let page = admin.get(done.location()).await;
    assert!(page.body.contains("変更を申請しました") && page.texts(".status") == ["確認待ち"]);
    assert_eq!(w.number("select count(*) from directory_changes").await, 0, "nothing is changed by asking");
    // The people of the desk are told, without what it is about.
    let told = letters(&mut w).await;
    assert_eq!(told.keys().collect::<Vec<_>>(), ["desk2@people.example", "desk@people.example"]);
    for text in told.values() {
        assert!(text.contains(done.location().trim_end_matches("?done=made")), "{text}");
        assert!(!text.contains(NEW_NAME) && !text.contains("合併"), "{text}");
        assert!(!text.lines().next().unwrap_or_default().contains("星見"), "{text}");
    }
    // The desk finds it on its front page, over its roster and on its list.
    let mut desk = w.app.signed_in("desk").await;
    assert!(tasks(&desk.get("/").await).contains("構成員からの変更申請が1件あります"));
    assert!(desk.get("/directory/banks").await.body.contains("変更申請(確認待ち1件)"));
    let list = desk.get(LIST).await;
    assert_eq!(list.texts("tbody th"), [BANK]);
    let path = done.location().trim_end_matches("?done=made").to_owned();
    assert!(list.body.contains(&path));
    let page = desk.get(&path).await;
    assert_eq!(page.texts("tbody del"), [BANK, "ほしみぎんこう", "いいえ"]);
    assert_eq!(page.texts("tbody ins"), [NEW_NAME, "ほしみみらいぎんこう", "はい"]);
    assert!(page.body.contains("bank-admin") && page.body.contains("合併により社名が変わるため"));
    assert!(!page.body.contains("登録が変更されています"));
    let accepted = desk.press(&page, "form[action$=acceptance]", &[]).await;
    assert_eq!(accepted.status, 303, "{:?}", accepted.texts("main .notice"));
    assert!(desk.get(accepted.location()).await.body.contains("申請を承認し、登録しました"));
    // Through the very same engine: two changes with their memory, from their day on, naming the proposal.
    let changes = w
        .texts(
            "select concat_ws(' ', c.subject, c.kind, c.effective_on, c.reason, p.state, a.sign_in_name) from directory_changes c
             join directory_proposals p using (proposal_id) join accounts a on a.account_id = c.made_by order by 1",
        )
        .await;
    assert_eq!(
        changes,
        [
            "membership change 2027-04-01 合併により社名が変わるため accepted desk",
            "name change 2027-04-01 合併により社名が変わるため accepted desk"
        ]
    );
    let names = w.texts("select ja || valid from organisation_names where ja like '星見%' order by valid").await;
    assert_eq!(names, ["星見銀行(架空)(,2027-04-01)", "星見未来銀行(架空)[2027-04-01,)"]);
    let hubs = w.texts("select hub || ' ' || valid from memberships where hub").await;
    assert_eq!(hubs, ["true [2027-04-01,)"]);
    let history = desk.get(&w.bank_page()).await;
    assert_eq!(history.texts(".timeline a[href*=proposals]"), ["変更申請による変更", "変更申請による変更"]);
    let handler = w.app.signed_in("handler").await.get(&w.bank_page()).await;
    assert!(handler.body.contains("変更申請による変更") && !handler.body.contains(LIST), "named, and not linked");
    // The proposer is told, and nobody else.
    let told = letters(&mut w).await;
    assert_eq!(told.len(), 3, "{:?}", told.keys());
    assert!(told["bank-admin@people.example"].contains("承認されました"));
    assert!(!tasks(&desk.get("/").await).contains("変更申請"));
    let trail =
        w.texts("select action || detail::text from audit_events where action like 'proposal.%' order by 1").await;
    assert_eq!(trail.len(), 2, "{trail:?}");
    assert!(trail.iter().all(|event| event.contains("banks") && !event.contains("星見") && !event.contains("合併")));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_two_changes_of_a_proposal_is_taken_back_alone() {
    let mut w = banks().await;
    let path = proposed(&w, &renaming()).await;
    let mut desk = w.app.signed_in("desk").await;
    let page = desk.get(&path).await;
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(desk.press(&page, "form[action$=acceptance]", &[]).await.status, 303);
    let said = "select 'n ' || ja || valid from organisation_names where ja like '星見%'
                union all select 'm ' || hub || m.valid from memberships m join organisation_names n using (organisation_id)
                where n.ja = '星見銀行(架空)' order by 1";
    for (subject, left) in [
        ("name", vec!["m false(,2027-04-01)", "m true[2027-04-01,)", "n 星見銀行(架空)(,)"]),
        ("membership", vec!["m false(,)", "n 星見銀行(架空)(,)"]),
    ] {
        let id = w
            .texts(&format!(
                "select change_id::text from directory_changes where subject = '{subject}'
                                   and kind = 'change'"
            ))
            .await
            .concat();
        w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
        let back = format!("{}/changes/{id}/withdrawal", w.bank_page());
        let question = desk.get(&back).await;
        assert_eq!(question.status, 200, "{subject}");
        let done = desk.press(&question, "main form", &[]).await;
        assert_eq!(done.status, 303, "{subject}: {}", done.body);
        let left: Vec<String> = left.iter().map(|text| text.replace("(,", "[2018-04-01,")).collect();
        let found: Vec<String> = w.texts(said).await.iter().map(|text| text.replace("(,", "[2018-04-01,")).collect();
        assert_eq!(found, left, "{subject}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_returned_comes_back_with_its_reason_and_is_proposed_again() {
    let mut w = banks().await;
    let path = proposed(&w, &renaming()).await;
    let mut desk = w.app.signed_in("desk").await;
    let page = desk.get(&path).await;
    let long = "長".repeat(501);
    for (answer, said) in [("", "入力してください"), ("  \n ", "入力してください"), (long.as_str(), "500文字以内")]
    {
        let refused = desk.press(&page, "form[action$=return]", &[("reason", answer)]).await;
        assert_eq!(refused.status, 422, "{answer:?}");
        assert!(refused.texts(".field__error").concat().contains(said), "{:?}", refused.texts(".field__error"));
        assert!(refused.body.contains(answer), "what was typed stays");
    }
    let returned = desk.press(&page, "form[action$=return]", &[("reason", "登記の日付をご確認ください。")]).await;
    assert_eq!(returned.status, 303, "{}", returned.body);
    assert_eq!(w.number("select count(*) from directory_changes").await, 0);
    let told = letters(&mut w).await;
    assert!(told["bank-admin@people.example"].contains("差し戻されました"));
    assert!(!told["bank-admin@people.example"].contains("登記"), "the reason is read in the portal");
    // A task until it is looked at; others who look do not make it vanish.
    let mut admin = w.app.signed_in("bank-admin").await;
    assert_eq!(w.app.signed_in("analyst").await.get(&path).await.status, 200);
    assert!(tasks(&admin.get("/").await).contains("の変更申請が差し戻されました"));
    assert!(!tasks(&w.app.signed_in("rival-admin").await.get("/").await).contains("変更申請"));
    let page = admin.get(&path).await;
    assert!(page.body.contains("登記の日付をご確認ください。"));
    assert!(!tasks(&admin.get("/").await).contains("変更申請"));
    // Proposed again from what was typed.
    let from = format!("{}?from={}", form_path(&w), path.rsplit('/').next().expect("an id"));
    assert!(page.body.contains(&from.replace('&', "&amp;")), "{}", page.body);
    let form = admin.get(&from).await;
    assert_eq!(
        form.values("input[name=ja], input[name=on_year], input[name=reason]"),
        [NEW_NAME, "2027", "合併により社名が変わるため"]
    );
    let confirmation = admin.press(&form, "main form", &[("on_month", "5"), ("unit", "社")]).await;
    let done = admin.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    let states = w.texts("select state || effective_on from directory_proposals order by made_at, state desc").await;
    assert_eq!(states.len(), 2);
    assert!(states.contains(&"open2027-05-01".to_owned()) && states.contains(&"returned2027-04-01".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_open_at_a_time_and_the_firm_takes_it_back() {
    let mut w = banks().await;
    let mut admin = w.app.signed_in("bank-admin").await;
    // Two forms were open; the second one is told so and keeps its text.
    let second = fill_in(&mut admin, &form_path(&w), &renaming()).await;
    let path = proposed(&w, &renaming()).await;
    let refused = admin.press(&second, "main form", &[("confirmed", "true")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("先にその申請を取り下げてください") && refused.body.contains(NEW_NAME));
    let led = admin.get(&form_path(&w)).await;
    assert_eq!(led.location(), format!("{path}?done=waiting"));
    let page = admin.get(led.location()).await;
    assert!(page.body.contains("先にこの申請を取り下げてください"));
    assert!(page.texts("form[action$=acceptance], form[action$=return]").is_empty(), "the firm decides nothing");
    let back = admin.press(&page, "form[action$=withdrawal]", &[]).await;
    assert!(back.location().ends_with("?done=taken_back"), "{}", back.body);
    assert_eq!(admin.get(&path).await.texts(".status"), ["取下げ"]);
    assert!(w.app.signed_in("desk").await.get(LIST).await.body.contains("確認待ちの変更申請はありません"));
    assert_eq!(w.number("select count(*) from directory_proposals where state = 'open'").await, 0);
    assert_eq!(admin.get(&form_path(&w)).await.status, 200);
    // Taken back, it is not accepted any more.
    let late = w.app.signed_in("desk").await.post(&format!("{path}/acceptance"), &[]).await;
    assert_eq!(late.status, 422);
    assert!(late.body.contains("すでに処理されています"));
    assert_eq!(w.number("select count(*) from directory_changes").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firm_does_not_write_to_its_desk_all_day_long() {
    let mut w = banks().await;
    for _ in 0..5 {
        let proposal = proposed(&w, &renaming()).await;
        let taken = w.app.signed_in("bank-admin").await.post(&format!("{proposal}/withdrawal"), &[]).await;
        assert_eq!(taken.status, 303);
    }
    let mut admin = w.app.signed_in("bank-admin").await;
    let confirmation = fill_in(&mut admin, &form_path(&w), &renaming()).await;
    let sixth = admin.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(sixth.status, 422);
    assert!(sixth.texts(".error-summary").concat().contains("24時間にできる申請(5件)"));
    assert_eq!(sixth.values("input[name=ja]"), [NEW_NAME], "what was typed is kept");
    assert_eq!(w.number("select count(*) from directory_proposals").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firm_that_has_left_has_nothing_to_propose() {
    let mut w = banks().await;
    let bank = w.bank;
    run(
        &mut w,
        &format!(
            "update memberships set valid = daterange(lower(valid), '2026-11-01') where organisation_id = '{bank}'"
        ),
    )
    .await;
    let mut admin = w.app.signed_in("bank-admin").await;
    assert_eq!(admin.get(&form_path(&w)).await.status, 404);
    let refused = admin.post(&form_path(&w), &renaming()).await;
    assert_eq!(refused.status, 404);
    assert_eq!(w.number("select count(*) from directory_proposals").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_deciders_one_wins_and_the_other_sees_what_happened() {
    let mut w = banks().await;
    let path = proposed(&w, &renaming()).await;
    let (mut one, mut two) = (w.app.signed_in("desk").await, w.app.signed_in("desk2").await);
    let (first, second) = (one.get(&path).await, two.get(&path).await);
    let (accepted, returned) = tokio::join!(
        one.press(&first, "form[action$=acceptance]", &[]),
        two.press(&second, "form[action$=return]", &[("reason", "名称が登記と違います。")])
    );
    let mut statuses = [accepted.status, returned.status];
    statuses.sort();
    assert_eq!(statuses, [303, 422]);
    let loser = if accepted.status == 422 { &accepted } else { &returned };
    assert!(loser.body.contains("この申請は、すでに処理されています"), "{}", loser.body);
    assert_eq!(loser.texts("form[action$=acceptance]").len(), 0);
    if returned.status == 422 {
        assert!(loser.body.contains("名称が登記と違います。"), "what they typed is still there");
    }
    let changes = w.number("select count(*) from directory_changes").await;
    assert_eq!(changes, if accepted.status == 303 { 2 } else { 0 });
    let told = w.number("select count(*) from delivery_addresses where address = 'bank-admin@people.example'").await;
    assert_eq!(told, 1, "one decision, one letter");
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_that_changed_meanwhile_are_shown_and_never_overwritten_silently() {
    let mut w = banks().await;
    let mut name_only = renaming();
    name_only.retain(|(name, _)| *name != "hub");
    let path = proposed(&w, &name_only).await;
    let mut desk = w.app.signed_in("desk").await;
    let looked = desk.get(&path).await;
    // Another person of the desk gives it an English name: not what was proposed, so it stays.
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    let mut other = w.app.signed_in("desk2").await;
    let mut english = vec![("ja", BANK), ("reading", "ほしみぎんこう"), ("en", "Hoshimi Bank"), ("nature", "change")];
    english.extend(day("2026", "12", "1"));
    change(&mut other, &format!("{}/name", w.bank_page()), &english).await;
    let late = desk.press(&looked, "form[action$=acceptance]", &[]).await;
    assert_eq!(late.status, 422, "the desk has not seen that");
    assert!(late.body.contains("確認している間に、登録が変更されました"));
    assert!(!late.body.contains("申請のあとで、登録が変更されています"), "not a field of the proposal");
    // Then one that is: the reading.
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    let mut reading = vec![("ja", BANK), ("reading", "ほしみばんく"), ("en", "Hoshimi Bank"), ("nature", "change")];
    reading.extend(day("2027", "1", "1"));
    change(&mut other, &format!("{}/name", w.bank_page()), &reading).await;
    let page = desk.get(&path).await;
    assert!(page.body.contains("申請のあとで、登録が変更されています"));
    let row = page.texts("tr.table__row--attention").concat();
    assert!(
        row.contains("ほしみぎんこう") && row.contains("ほしみばんく") && row.contains("ほしみみらいぎんこう"),
        "{row}"
    );
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(desk.press(&page, "form[action$=acceptance]", &[]).await.status, 303);
    let now = w.texts("select ja || '/' || reading || '/' || en from organisation_names where valid @> date '2027-04-01' and ja like '星見%'").await;
    assert_eq!(now, ["星見未来銀行(架空)/ほしみみらいぎんこう/Hoshimi Bank"], "what another added stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_any_more_is_returned_and_not_accepted() {
    let mut w = banks().await;
    let path = proposed(&w, &renaming()).await;
    let mut desk = w.app.signed_in("desk").await;
    let looked = desk.get(&path).await;
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    change(&mut desk, &format!("{}/leaving", w.bank_page()), &day("2026", "12", "31")).await;
    let page = desk.get(&path).await;
    assert!(page.body.contains("この申請は承認できません"), "{}", page.body);
    assert!(page.texts("form[action$=acceptance]").is_empty());
    let seen = looked.values("form[action$=acceptance] input[name=seen]").concat();
    let forced = desk.post(&format!("{path}/acceptance"), &[("seen", &seen)]).await;
    assert_eq!(forced.status, 422);
    assert_eq!(w.texts("select state from directory_proposals").await, ["open"]);
    assert_eq!(desk.press(&page, "form[action$=return]", &[("reason", "退会の予定です。")]).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrong_is_said_at_its_field_and_kept() {
    let mut w = banks().await;
    let mut admin = w.app.signed_in("bank-admin").await;
    let with = |field: &'static str, value: &'static str| -> Vec<(&'static str, &'static str)> {
        renaming().into_iter().map(|(name, old)| (name, if name == field { value } else { old })).collect()
    };
    for (form, field) in [
        (with("ja", ""), "ja"),
        (with("reading", "KANJI漢字"), "reading"),
        (with("unit", "艘"), "unit"),
        (with("on_day", "31"), "on"),
        (with("on_year", "2099"), "on"),
        (with("on_year", "2017"), "on"),
        (with("reason", ""), "reason"),
    ] {
        let refused = fill_in(&mut admin, &form_path(&w), &form).await;
        assert_eq!(refused.status, 422, "{field}");
        assert!(refused.body.contains(&format!("href=\"#{field}\"")), "{field}: {:?}", refused.texts(".error-summary"));
        assert!(field == "ja" || refused.body.contains(NEW_NAME), "{field}: what was typed stays");
    }
    let same = fill_in(&mut admin, &form_path(&w), &with("reason", "x")).await;
    assert_eq!(same.status, 200);
    let mut nothing =
        vec![("ja", BANK), ("reading", "ほしみぎんこう"), ("en", ""), ("unit", "社"), ("reason", "念のため")];
    nothing.extend(day("2026", "12", "1"));
    let refused = fill_in(&mut admin, &form_path(&w), &nothing).await;
    assert!(refused.status == 422 && refused.body.contains("登録されている内容と同じです"), "{}", refused.status);
    assert_eq!(admin.post(&form_path(&w), &[("evil", "x")]).await.status, 400, "no such field");
    // Overtaken while typing: told so, with the text kept and the present shown.
    let form = admin.get(&form_path(&w)).await;
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    let mut english = vec![("ja", BANK), ("reading", "ほしみぎんこう"), ("en", "Hoshimi Ltd"), ("nature", "change")];
    english.extend(day("2026", "11", "21"));
    change(&mut w.app.signed_in("desk").await, &format!("{}/name", w.bank_page()), &english).await;
    let late = admin.press(&form, "main form", &renaming()).await;
    assert_eq!(late.status, 422);
    assert!(late.body.contains("入力している間に、登録が変更されました") && late.body.contains(NEW_NAME));
    assert!(late.texts("dl.facts").concat().contains("Hoshimi Ltd"));
    assert_eq!(w.number("select count(*) from directory_proposals").await, 0);
}

/// The right that a request needs, its method, its address, and what is typed.
type Asked = (&'static str, &'static str, String, Vec<(&'static str, &'static str)>);

/// Everything that is asked of a proposal.
fn asked(w: &World, path: &str) -> Vec<Asked> {
    let mut form = renaming();
    form.push(("confirmed", "true"));
    vec![
        ("see", "GET", path.to_owned(), Vec::new()),
        ("propose", "GET", form_path(w), Vec::new()),
        ("propose", "POST", form_path(w), form),
        ("decide", "POST", format!("{path}/acceptance"), Vec::new()),
        ("decide", "POST", format!("{path}/return"), vec![("reason", "乗っ取り")]),
        ("propose", "POST", format!("{path}/withdrawal"), Vec::new()),
    ]
}

const PEOPLE: [(&str, &[&str]); 15] = [
    ("desk", &["see", "decide", "list"]),
    ("desk2", &["see", "decide", "list"]),
    ("bank-admin", &["see", "propose"]),
    ("analyst", &["see", "list"]),
    ("approver", &["see", "list"]),
    ("coordinator", &[]),
    ("life-desk", &[]),
    ("rival-admin", &[]),
    ("handler", &[]),
    ("no-handler", &[]),
    ("rival-handler", &[]),
    ("reader", &[]),
    ("liaison", &[]),
    ("auditor", &[]),
    ("operator", &[]),
];

async fn ask(client: &mut Client, method: &str, path: &str, form: &[(&str, &str)]) -> Reply {
    if method == "GET" { client.get(path).await } else { client.post(path, form).await }
}

#[tokio::test(flavor = "multi_thread")]
async fn proposals_are_for_the_firm_the_desk_and_the_centre_and_nobody_else() {
    let mut w = banks().await;
    let path = proposed(&w, &renaming()).await;
    let id = path.rsplit('/').next().expect("an id").to_owned();
    let random = Uuid::from_u128(0x1234_5678_9abc_4def_8123_4567_89ab_cdef).to_string();
    for (name, may) in PEOPLE {
        let mut client = w.app.signed_in(name).await;
        assert_eq!(client.get(LIST).await.status == 200, may.contains(&"list"), "{name}");
        for (right, method, path, form) in asked(&w, &path) {
            if may.contains(&right) {
                if method == "GET" {
                    assert!(matches!(client.get(&path).await.status, 200 | 303), "{name} {path}");
                }
                continue;
            }
            let reply = ask(&mut client, method, &path, &form).await;
            assert_eq!(reply.status, 404, "{name} {method} {path}");
            for (known, nobody) in [(id.clone(), random.clone()), (w.bank.to_string(), random.clone())] {
                let other = ask(&mut client, method, &path.replace(&known, &nobody), &form).await;
                let same = |reply: &Reply, id: &str| reply.without_request_id().replace(id, "ID");
                if path.contains(&known) {
                    assert_eq!(same(&reply, &known), same(&other, &nobody), "{name} {method} {path}");
                }
            }
        }
    }
    // Through another CEPTOAR's address there is no such proposal.
    let mut life = w.app.signed_in("life-desk").await;
    for (method, end) in [("GET", ""), ("POST", "/acceptance"), ("POST", "/return")] {
        let mixed = format!("/directory/life/proposals/{id}{end}");
        assert_eq!(ask(&mut life, method, &mixed, &[("reason", "x")]).await.status, 404, "{mixed}");
    }
    let mut rival = w.app.signed_in("rival-admin").await;
    let own = format!("/directory/banks/members/{}/proposal?from={id}", w.rival);
    assert!(!rival.get(&own).await.body.contains(NEW_NAME), "another firm's proposal begins nobody's form");
    assert_eq!(w.texts("select state from directory_proposals").await, ["open"]);
    // The centre looks, and who proposed it is not among what it sees.
    let page = w.app.signed_in("analyst").await.get(&path).await;
    assert!(page.body.contains(NEW_NAME) && !page.body.contains("bank-admin"));
    assert!(page.texts("main form").is_empty(), "{:?}", page.texts("main form"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wall_alone_keeps_proposals() {
    for open in ["first", "second"] {
        let mut w = banks().await;
        let path = proposed(&w, &renaming()).await;
        let seen = w.app.signed_in("desk").await.get(&path).await;
        let seen = seen.values("form[action$=acceptance] input[name=seen]").concat();
        let mut state = w.app.state.clone();
        if open == "first" {
            state.first_wall = FirstWall::OpenForTests;
            w.app.router = router(state);
        } else {
            sqlx::raw_sql(OPEN_SECOND).execute(&mut w.db).await.expect("an open wall");
        }
        let rows = "select p::text from directory_proposals p";
        let (before, proposals) = (w.everything().await, w.texts(rows).await);
        for (name, may) in PEOPLE {
            let mut client = w.app.signed_in(name).await;
            if !may.contains(&"see") {
                for page in [path.as_str(), LIST, "/", &form_path(&w)] {
                    assert!(!client.get(page).await.body.contains(NEW_NAME), "{open}: {name} reads {page}");
                }
            }
            for (right, method, path, mut form) in asked(&w, &path) {
                if may.contains(&right) || method == "GET" {
                    continue;
                }
                form.push(("seen", &seen));
                let reply = client.post(&path, &form).await;
                assert_ne!(reply.status, 303, "{open}: {name} {path}");
                assert_eq!(
                    (w.everything().await, w.texts(rows).await),
                    (before.clone(), proposals.clone()),
                    "{open}: {name} {path}"
                );
            }
        }
    }
}

/// Statements that no page sends, in the name of somebody: row security and the trigger answer.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_lets_nobody_decide_for_others() {
    let mut w = banks().await;
    proposed(&w, &renaming()).await;
    let (bank, rival) = (w.bank, w.rival);
    w.app.database.break_a_rule().await;
    let settle = |state: &str, more: &str| {
        format!(
            "update directory_proposals set state = '{state}', decided_by = viewer_account(), decided_at = viewer_now(){more}"
        )
    };
    let propose = |organisation: Uuid, ceptoar: &str, by: &str| {
        format!("insert into directory_proposals (proposal_id, ceptoar_id, organisation_id, effective_on, reason, wanted, before, after,
                 made_by, made_at) values (gen_random_uuid(), '{ceptoar}', '{organisation}', '2027-01-01', 'x', '{{}}', '[]', '[]', {by}, viewer_now())")
    };
    let tell = |whom: &str| {
        format!("select directory_proposal_tell_{whom}(proposal_id, array['s', 's'], array['b', 'b'], array['h', 'h']::bytea[])
                 from directory_proposals")
    };
    for (name, statement, rows) in [
        ("bank-admin", settle("accepted", ""), None),
        ("bank-admin", settle("returned", ", answer = 'x'"), None),
        ("bank-admin", settle("taken_back", ""), Some(1)),
        ("rival-admin", settle("taken_back", ""), Some(0)),
        ("handler", settle("taken_back", ""), Some(0)),
        ("life-desk", settle("accepted", ""), Some(0)),
        ("analyst", settle("accepted", ""), Some(0)),
        ("coordinator", settle("accepted", ""), Some(0)),
        ("desk", settle("taken_back", ""), None),
        ("desk", settle("returned", ""), None),
        ("desk", settle("accepted", ", reason = 'x'"), None),
        ("desk", "update directory_proposals set state = 'accepted', decided_by = (select account_id from accounts limit 1), decided_at = now()".into(), None),
        ("desk", settle("accepted", ""), Some(1)),
        ("desk", "delete from directory_proposals".into(), None),
        ("desk", propose(rival, "banks", "viewer_account()"), None),
        ("bank-admin", propose(rival, "banks", "viewer_account()"), None),
        ("bank-admin", propose(bank, "life", "viewer_account()"), None),
        ("rival-admin", propose(rival, "banks", "gen_random_uuid()"), None),
        ("rival-admin", propose(rival, "banks", "viewer_account()"), Some(1)),
        ("handler", propose(bank, "banks", "viewer_account()"), None),
        // Letters go out with a step of one's own, and not again.
        ("bank-admin", tell("desk"), None),
        ("bank-admin", tell("firm"), None),
        ("desk", tell("firm"), None),
    ] {
        // Nobody waits for the clock to move on: what was made a while ago is not made now.
        w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
        let id = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        let viewer = id[0].parse().map(AccountId).expect("an id");
        let now = w.app.state.clock.now();
        let mut tx = w.app.state.db.begin(Some(viewer), now).await.expect("a transaction");
        let done = sqlx::query(AssertSqlSafe(statement.clone())).execute(&mut *tx).await;
        match (done, rows) {
            (Ok(done), Some(rows)) => assert_eq!(done.rows_affected(), rows, "{name}: {statement}"),
            (Err(_), None) => {}
            (Ok(done), None) => panic!("{name} did {} rows: {statement}", done.rows_affected()),
            (Err(error), Some(_)) => panic!("{name}: {error}: {statement}"),
        }
    }
    // Who sees one at all.
    for (name, rows) in [
        ("desk", 1),
        ("bank-admin", 1),
        ("analyst", 1),
        ("coordinator", 0),
        ("life-desk", 0),
        ("rival-admin", 0),
        ("handler", 0),
        ("auditor", 0),
    ] {
        let id = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        let viewer = id[0].parse().map(AccountId).expect("an id");
        let mut tx = w.app.state.db.begin(Some(viewer), w.app.state.clock.now()).await.expect("a transaction");
        let seen: i64 =
            sqlx::query_scalar("select count(*) from directory_proposals").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(seen, rows, "{name}");
        let maker: Option<String> =
            sqlx::query_scalar("select directory_proposal_maker(proposal_id) from directory_proposals")
                .fetch_optional(&mut *tx)
                .await
                .unwrap()
                .flatten();
        assert_eq!(maker.is_some(), matches!(name, "desk" | "bank-admin"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_the_firm_is_not_told_and_its_keepers_are() {
    let mut w = banks().await;
    let path = proposed(&w, &renaming()).await;
    let bank = w.bank;
    crate::support::factory::person(
        &w.app,
        "new-admin",
        ceptoar_portal::features::access::Role::MemberAdmin,
        bank,
        Some("banks"),
        None,
    )
    .await;
    run(&mut w, "update accounts set mail_address = 'new-admin@people.example', language = 'en' where sign_in_name = 'new-admin'").await;
    run(&mut w, "update affiliations set valid = daterange(lower(valid), '2026-11-21') where account_id = (select account_id from accounts where sign_in_name = 'bank-admin')").await;
    let mut desk = w.app.signed_in("desk").await;
    let page = desk.get(&path).await;
    assert_eq!(
        desk.press(&page, "form[action$=return]", &[("reason", "担当者を確認してください。")]).await.status,
        303
    );
    let told = letters(&mut w).await;
    assert!(!told.contains_key("bank-admin@people.example"));
    assert!(told["new-admin@people.example"].contains("was returned"), "{told:?}");
    assert!(tasks(&w.app.signed_in("new-admin").await.get("/").await).contains("was returned"));
}
