//! グループ: made and ended by the desk, read by those concerned, and on the route for whoever is in them that day.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::directory::reference;
use ceptoar_portal::kernel::ids::AccountId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::directory::records::{as_recorded, ok, on, shows_the_present_alone};
use crate::directory::roster::{BANK, RIVAL, World, change, day, fill_in, taken_back, world};
use crate::support::factory::{self, NewAdvisory};

const INDEX: &str = "/directory/banks/groups";
const NEW: &str = "/directory/banks/groups/new";

const PAYMENTS: [(&str, &str); 5] = [
    ("code", "決済"),
    ("for_whom", "決済に関わる構成員"),
    ("for_whom_en", "Members that take part in payments"),
    ("group_kind", "cross_cutting"),
    ("reason", "検討会の決定"),
];

fn with<'a>(fields: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().chain(more).copied().collect()
}

fn later(w: &World) {
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
}

async fn made(w: &mut World) -> String {
    let mut desk = w.app.signed_in("desk").await;
    let done = change(&mut desk, NEW, &with(&day("2026", "11", "1"), &PAYMENTS)).await;
    assert_eq!(done.location(), format!("{INDEX}?done=added"));
    later(w);
    w.texts("select subgroup_id from subgroups where kind = 'cross_cutting'").await.remove(0)
}

async fn put_in(w: &mut World, group: &str, member: &str, on: [(&'static str, &'static str); 3]) {
    let mut desk = w.app.signed_in("desk").await;
    let typed = with(&on, &[("member", member), ("reason", "参加の申出")]);
    let done = change(&mut desk, &format!("{INDEX}/{group}/members/joining"), &typed).await;
    assert_eq!(done.location(), format!("{INDEX}?done=joined"));
    later(w);
}

/// A draft to a group alone.
async fn to_group(w: &mut World, group: &str) -> Uuid {
    let green = NewAdvisory { level: "GREEN", scope: "organisation", ..NewAdvisory::default() };
    let item = factory::draft_advisory(&w.app, green).await;
    w.texts(&format!(
        "update advisory_addressees set ceptoar_id = null, subgroup_id = '{group}' where advisory_id = '{item}' returning subgroup_id"
    ))
    .await;
    item
}

/// Who would get it on a day.
async fn reached(w: &mut World, item: Uuid, day: &str) -> Vec<String> {
    w.texts(&format!(
        "select address from sharing_windows('{item}', '{day}T03:00Z') where stage = 'member' and verdict = 'due' order by 1"
    ))
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_makes_a_group_and_takes_members_in() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let empty = desk.get(INDEX).await;
    assert!(empty.body.contains("グループは登録されていません"), "{}", empty.body);
    assert!(desk.get("/directory/banks").await.texts(".subnav a").contains(&"グループ".to_owned()));
    let confirmation = fill_in(&mut desk, NEW, &with(&day("2026", "11", "1"), &PAYMENTS)).await;
    assert!(confirmation.body.contains("まだ変更されていません") && confirmation.body.contains("横断グループ"));
    assert_eq!(w.number("select count(*) from subgroups where ceptoar_id = 'banks'").await, 0);
    let done = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.location(), format!("{INDEX}?done=added"));
    let twice = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!((twice.status, twice.texts("#code-error").len()), (422, 1), "a second click makes none");
    let page = desk.get(INDEX).await;
    assert!(page.texts("main .item").concat().contains("まだ構成員が入っていません"), "{}", page.body);

    // What is missing is said at its field, and what was typed stays.
    for (missing, field) in [
        ("code", "code"),
        ("for_whom", "for_whom"),
        ("group_kind", "group_kind"),
        ("reason", "reason"),
        ("on_year", "on"),
    ] {
        let all = with(&day("2027", "4", "1"), &PAYMENTS);
        let typed: Vec<_> = all.iter().copied().filter(|(name, _)| *name != missing).collect();
        let page = fill_in(&mut desk, NEW, &typed).await;
        assert!(page.status == 422 && !page.texts(&format!("#{field}-error")).is_empty(), "{missing}");
        assert!(page.body.contains("Members that take part in payments"), "{missing}");
    }

    let group = w.texts("select subgroup_id from subgroups where kind = 'cross_cutting'").await.remove(0);
    let joining = format!("{INDEX}/{group}/members/joining");
    let on = day("2026", "11", "21");
    let of = |member: &'static str| with(&on, &[("member", member), ("reason", "参加の申出")]);
    let opened_before = desk.get(&joining).await;
    let nobody = fill_in(&mut desk, &joining, &of("霞野生命")).await;
    assert!(nobody.texts("#member-error").concat().contains("当てはまるものがありません"), "another CEPTOAR's member");
    let several = fill_in(&mut desk, &joining, &of("銀行")).await;
    assert_eq!((several.status, several.values("input[name=organisation]").len()), (422, 2), "{}", several.body);
    assert!(several.texts("#organisation-error").concat().contains("選んでください"));
    let bank = w.bank.to_string();
    let chosen = desk.press(&several, "main form", &[("organisation", &bank)]).await;
    assert!(chosen.status == 200 && chosen.body.contains(BANK), "{}", chosen.body);
    let done = desk.press(&chosen, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.location(), format!("{INDEX}?done=joined"), "{:?}", done.texts(".error-summary"));
    let again = desk.press(&chosen, "main form", &[("confirmed", "true")]).await;
    assert_eq!(again.status, 422, "a second click");
    let again = fill_in(&mut desk, &joining, &of(BANK)).await;
    assert!(again.texts("#member-error").concat().contains("このグループに入る登録があります"));
    later(&w);
    // A colleague who had the form open all the while goes on undisturbed.
    let next = with(&day("2027", "4", "1"), &[("member", RIVAL), ("reason", "参加の申出")]);
    let next = desk.press(&opened_before, "main form", &next).await;
    assert_eq!(next.status, 200, "{:?}", next.texts(".error-summary"));
    let done = desk.press(&next, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.location(), format!("{INDEX}?done=joined"));
    later(&w);

    let page = desk.get(INDEX).await;
    let told = page.texts("main .item").join("|");
    assert!(told.contains("構成員の数: 1") && told.contains("構成員を見る(2)"), "{told}");
    let members = desk.get(&format!("{INDEX}/{group}/members")).await;
    let listed = members.texts("main tbody tr").join("|");
    assert!(
        listed.contains(BANK) && listed.contains(RIVAL) && listed.contains("2027年4月1日(木)から(予定)"),
        "{listed}"
    );
    let then = desk.get(&format!("{INDEX}?on_year=2027&on_month=4&on_day=1")).await;
    assert!(then.texts("main .item").concat().contains("構成員の数: 2"), "{}", then.body);
    let before = desk.get(&format!("{INDEX}?on_year=2026&on_month=11&on_day=10")).await;
    assert!(before.texts("main .item").concat().contains("構成員の数: 0"), "{}", before.body);
    assert!(desk.get(&w.bank_page()).await.texts("dl.facts").concat().contains("決済"));
    let rival = format!("/directory/banks/members/{}", w.rival);
    let page = desk.get(&rival).await;
    assert!(page.texts("dl.facts").concat().contains("決済(2027年4月1日"), "{}", page.body);
    assert!(page.texts(".timeline").concat().contains("グループへの参加: 決済"), "{}", page.body);
    let changes = "select concat_ws(' ', subject, kind) from directory_changes order by made_at, subject";
    assert_eq!(w.texts(changes).await, ["group beginning", "group_member beginning", "group_member beginning"]);
    let history = desk.get(INDEX).await.texts(".timeline").concat();
    assert!(history.contains("グループの追加: 決済") && history.contains(RIVAL), "{history}");
    let english = desk.get(&format!("{INDEX}?lang=en")).await;
    assert_eq!(english.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_group_was_called_before_a_correction_stays_known() {
    let mut w = world().await;
    let group = made(&mut w).await;
    factory::group(&mut w.db, "banks", "資金", &[]).await;
    let mut desk = w.app.signed_in("desk").await;
    let path = format!("{INDEX}/{group}/correct");
    let words = |code: &'static str| {
        [("code", code), ("for_whom", "決済に関わる構成員"), ("for_whom_en", ""), ("reason", "誤記")]
    };
    let taken = fill_in(&mut desk, &path, &words("資金")).await;
    assert!(taken.texts("#code-error").concat().contains("同じ名称のグループがあります"));
    let seen = desk.get(&path).await.values("input[name=seen]").concat();
    change(&mut desk, &path, &words("資金決済")).await;
    let stale = with(&words("別"), &[("seen", &seen), ("confirmed", "true")]);
    let stale = desk.post(&path, &stale).await;
    assert!(stale.status == 422 && stale.body.contains("入力している間に"), "{}", stale.status);
    let same = fill_in(&mut desk, &path, &words("資金決済")).await;
    assert!(same.texts("#code-error").concat().contains("登録されている内容と同じです"));
    let before = "select fact ->> 'code' from directory_versions where relation = 'subgroups'";
    assert_eq!(w.texts(before).await, ["決済"]);
    let history = desk.get(INDEX).await.texts(".timeline").concat();
    assert!(history.contains("グループの登録の訂正") && history.contains("Members that take part"), "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_reaches_who_is_in_the_group_on_the_day_and_nobody_after_its_end() {
    let mut w = world().await;
    let group = made(&mut w).await;
    put_in(&mut w, &group, BANK, day("2026", "11", "21")).await;
    put_in(&mut w, &group, RIVAL, day("2027", "4", "1")).await;
    let third = factory::member(&mut w.db, "banks", "月原銀行(架空)").await;
    factory::window(&mut w.db, third, Some("banks"), "soc@third.example").await;
    let item = to_group(&mut w, &group).await;
    assert_eq!(reached(&mut w, item, "2026-11-20").await, [""; 0], "nobody yet");
    assert_eq!(reached(&mut w, item, "2026-11-21").await, ["night@bank.example", "soc@bank.example"]);
    assert_eq!(
        reached(&mut w, item, "2027-04-01").await,
        ["night@bank.example", "soc@bank.example", "soc@rival.example"]
    );
    let mut author = w.app.signed_in("case-author").await;
    let form = author.get(&format!("/advisories/{item}/draft")).await;
    assert!(form.body.contains("横断 決済"), "offered with its mark");
    let page = author.get(&format!("/advisories/{item}/submission?ceptoar=banks")).await;
    assert!(page.body.contains(BANK) && !page.body.contains(RIVAL) && !page.body.contains("月原"), "{}", page.body);
    let published = to_group(&mut w, &group).await;
    factory::publish(&w.app, published, false).await;
    let mailed = format!(
        "select a.address from deliveries d join delivery_addresses a using (delivery_id)
         where d.item_id = '{published}' and d.stage = 'member' order by 1"
    );
    assert_eq!(w.texts(&mailed).await, ["night@bank.example", "soc@bank.example"]);
    let mut rival = w.app.signed_in("rival-handler").await;
    assert_eq!(rival.get(&format!("/advisories/{published}")).await.status, 404);
    assert_eq!(w.app.signed_in("handler").await.get(&format!("/advisories/{published}")).await.status, 200);

    // It ends with yesterday; the parts end with it, also the one that was to come.
    let mut desk = w.app.signed_in("desk").await;
    let end = format!("{INDEX}/{group}/end");
    let last = with(&day("2026", "11", "20"), &[("reason", "検討会の終了")]);
    let asked = fill_in(&mut desk, &end, &last).await;
    assert!(asked.texts("tbody, dl").concat().contains("グループの構成員"), "{}", asked.body);
    let done = desk.press(&asked, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.location(), format!("{INDEX}?done=ended"), "{}", done.body);
    let parts = "select valid::text from group_members order by 1";
    assert_eq!(w.texts(parts).await, ["empty", "empty"]);
    assert_eq!(
        w.texts("select valid::text from subgroups where kind = 'cross_cutting'").await,
        ["[2026-11-01,2026-11-21)"]
    );
    let page = desk.get(INDEX).await;
    assert!(page.texts("[data-past]").concat().contains("決済"), "{}", page.body);
    let of_bank = desk.get(&w.bank_page()).await;
    assert!(of_bank.texts(".timeline").concat().contains("グループからの離脱: 決済"), "{}", of_bank.body);
    let history = desk.get(INDEX).await.texts(".timeline li").join("|");
    assert!(history.contains("グループの終了: 決済") && !history.contains("グループからの離脱"), "{history}");

    // The draft says so by name, wherever it is looked at, and does not go out.
    assert_eq!(reached(&mut w, item, "2026-11-21").await, [""; 0]);
    let all = format!("select stage from sharing_windows('{item}', '2026-11-21T03:00Z')");
    assert_eq!(w.texts(&all).await, [""; 0], "no hop of the route either");
    for page in ["draft", "submission"] {
        let page = author.get(&format!("/advisories/{item}/{page}")).await;
        assert!(page.body.contains("「決済」") && page.body.contains("今日は誰もいません"), "{}", page.body);
    }
    // Beside another addressee it is not overlooked.
    w.texts(&format!(
        "insert into advisory_addressees (advisory_id, ceptoar_id) values ('{item}', 'banks') returning ceptoar_id"
    ))
    .await;
    let submitted = author.post(&format!("/advisories/{item}/submission"), &[]).await;
    assert_eq!(submitted.status, 422);
    assert!(submitted.texts(".error-summary").concat().contains("「決済」"), "{}", submitted.body);
    w.texts(&format!(
        "update advisories set state = 'review', submitted_by = created_by, submitted_at = created_at
         where advisory_id = '{item}' returning state"
    ))
    .await;
    let mut approver = w.app.signed_in("case-approver").await;
    let path = format!("/advisories/{item}/publication");
    let page = approver.get(&path).await;
    assert!(page.body.contains("宛先のグループに誰もいません") && page.body.contains("「決済」"), "{}", page.body);
    let value = |name: &str| page.values(&format!("input[name={name}]")).concat();
    let form = [("edits", value("edits")), ("recipients", value("recipients")), ("audience", value("audience"))];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = approver.post(&path, &form).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("「決済」"));
    assert_eq!(w.texts(&format!("select state from advisories where advisory_id = '{item}'")).await, ["review"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_with_nobody_in_it_is_named_as_reaching_nobody() {
    let mut w = world().await;
    let group = made(&mut w).await;
    let item = to_group(&mut w, &group).await;
    put_in(&mut w, &group, BANK, day("2026", "12", "1")).await;
    let mut author = w.app.signed_in("case-author").await;
    let draft = format!("/advisories/{item}/draft");
    let ahead = author.get(&draft).await;
    assert!(ahead.body.contains("「決済」") && ahead.body.contains("今日は誰もいません"), "planned is not yet there");
    put_in(&mut w, &group, RIVAL, day("2026", "11", "21")).await;
    let served = author.get(&draft).await;
    assert!(served.status == 200 && !served.body.contains("今日は誰もいません"), "{}", served.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_leaves_a_group_and_its_groups_with_the_ceptoar() {
    let mut w = world().await;
    let group = made(&mut w).await;
    put_in(&mut w, &group, BANK, day("2026", "11", "21")).await;
    put_in(&mut w, &group, RIVAL, day("2026", "11", "21")).await;
    let mut desk = w.app.signed_in("desk").await;
    let part = format!(
        "select '{INDEX}/{group}/members/' || fact_id || '/end' from group_members where organisation_id = '{}'",
        w.rival
    );
    let path = w.texts(&part).await.remove(0);
    let early = fill_in(&mut desk, &path, &with(&day("2026", "11", "1"), &[("reason", "x")])).await;
    assert!(early.texts("#on-error").concat().contains("このグループに入っていません"));
    change(&mut desk, &path, &with(&day("2027", "3", "31"), &[("reason", "取りやめ")])).await;
    later(&w);
    let of = |organisation: Uuid| {
        format!("select valid::text from group_members where organisation_id = '{organisation}' order by 1")
    };
    assert_eq!(w.texts(&of(w.rival)).await, ["[2026-11-21,2027-04-01)"]);
    // Who comes back is in it again.
    put_in(&mut w, &group, RIVAL, day("2028", "4", "1")).await;

    let leaving = format!("{}/leaving", w.bank_page());
    change(&mut desk, &leaving, &with(&day("2027", "3", "31"), &[("reason", "合併")])).await;
    assert_eq!(w.texts(&of(w.bank)).await, ["[2026-11-21,2027-04-01)"]);
    later(&w);
    let done = taken_back(&mut desk, &w.bank_page()).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(w.texts(&of(w.bank)).await, ["[2026-11-21,)"], "who stays after all stays in its groups");
    later(&w);

    // Who is to leave comes into a group until then at most.
    change(&mut desk, &leaving, &with(&day("2027", "3", "31"), &[("reason", "合併")])).await;
    later(&w);
    let other = factory::group(&mut w.db, "banks", "資金", &[]).await;
    put_in(&mut w, &other, BANK, day("2026", "12", "1")).await;
    let of_other = format!("select valid::text from group_members where subgroup_id = '{other}'");
    assert_eq!(w.texts(&of_other).await, ["[2026-12-01,2027-04-01)"]);
    // It is taken out of one of them meanwhile. That it stays after all can still be said, and the other part goes on.
    let in_first = format!(
        "select '{INDEX}/{group}/members/' || fact_id || '/end' from group_members
         where organisation_id = '{}' and subgroup_id = '{group}'",
        w.bank
    );
    let path = w.texts(&in_first).await.remove(0);
    change(&mut desk, &path, &with(&day("2026", "12", "15"), &[("reason", "担当の変更")])).await;
    later(&w);
    let done = taken_back(&mut desk, &w.bank_page()).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(w.texts(&of_other).await, ["[2026-12-01,)"]);
    assert_eq!(w.texts(&of(w.bank)).await, ["[2026-11-21,2026-12-16)", "[2026-12-01,)"]);
    let rivals = format!("/directory/banks/members/{}/leaving", w.rival);
    change(&mut desk, &rivals, &with(&day("2026", "12", "31"), &[("reason", "解散")])).await;
    assert_eq!(w.texts(&of(w.rival)).await, ["[2026-11-21,2027-01-01)", "empty"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_end_is_taken_back_and_everybody_is_in_the_group_as_before() {
    let mut w = world().await;
    let third = factory::member(&mut w.db, "banks", "月原銀行(架空)").await;
    let fourth = factory::member(&mut w.db, "banks", "雨宮銀行(架空)").await;
    let group = made(&mut w).await;
    put_in(&mut w, &group, BANK, day("2026", "11", "21")).await;
    put_in(&mut w, &group, RIVAL, day("2026", "11", "21")).await;
    put_in(&mut w, &group, "月原銀行(架空)", day("2027", "6", "1")).await;
    let mut desk = w.app.signed_in("desk").await;
    let (end, back) = (format!("{INDEX}/{group}/end"), format!("{INDEX}/{group}/end/withdrawal"));
    assert_eq!(desk.get(&back).await.location(), format!("{INDEX}?done=no_end"), "nothing ends");
    assert!(!desk.get(INDEX).await.body.contains("終了の予定を取り消す"));
    change(&mut desk, &end, &with(&day("2027", "3", "31"), &[("reason", "検討会の終了")])).await;
    later(&w);
    // Meanwhile one comes into it, and one is taken out.
    put_in(&mut w, &group, "雨宮銀行(架空)", day("2026", "12", "1")).await;
    let rivals = format!(
        "select '{INDEX}/{group}/members/' || fact_id || '/end' from group_members where organisation_id = '{}'",
        w.rival
    );
    let leaving = w.texts(&rivals).await.remove(0);
    change(&mut desk, &leaving, &with(&day("2026", "12", "31"), &[("reason", "退会")])).await;
    later(&w);
    let later_still = fill_in(&mut desk, &end, &with(&day("2027", "6", "30"), &[("reason", "延長")])).await;
    assert!(later_still.texts("#on-error").concat().contains("終了の予定を取り消す"), "{}", later_still.body);

    assert!(desk.get(INDEX).await.texts("main .item a").concat().contains("終了の予定を取り消す"));
    let missing = fill_in(&mut desk, &back, &[("reason", "")]).await;
    assert_eq!((missing.status, missing.texts("#reason-error").len()), (422, 1));
    let asked = fill_in(&mut desk, &back, &[("reason", "検討会の継続")]).await;
    let rows = asked.texts("tbody, dl").concat();
    assert!(rows.contains("2027年3月31日") && rows.contains("定めなし"), "{}", asked.body);
    let done = desk.press(&asked, "main form", &[("confirmed", "true")]).await;
    assert_eq!(done.location(), format!("{INDEX}?done=going_on"), "{}", done.body);
    let twice = desk.press(&asked, "main form", &[("confirmed", "true")]).await;
    assert_eq!(twice.location(), format!("{INDEX}?done=no_end"));
    assert_eq!(
        w.texts(&format!("select valid::text from subgroups where subgroup_id = '{group}'")).await,
        ["[2026-11-01,)"]
    );
    let of = |organisation: Uuid| {
        format!("select valid::text from group_members where organisation_id = '{organisation}' order by 1")
    };
    for (organisation, valid) in [
        (w.bank, "[2026-11-21,)"),
        (w.rival, "[2026-11-21,2027-01-01)"),
        (third, "[2027-06-01,)"),
        (fourth, "[2026-12-01,)"),
    ] {
        assert_eq!(w.texts(&of(organisation)).await, [valid]);
    }
    let told = "select string_agg(kind, ' ' order by made_at) from directory_changes where subject = 'group_member'
                and organisation_id = ";
    assert_eq!(w.texts(&format!("{told}'{}'", w.bank)).await, ["beginning ending withdrawal"]);
    let history = desk.get(INDEX).await.texts(".timeline li").join("|");
    assert!(history.contains("予定の取消し: 決済") && !history.contains("月原銀行(架空)|"), "{history}");
    assert_eq!(history.matches("予定の取消し").count(), 1, "each member's part is not told beside: {history}");

    // An end within an end: the later one comes back.
    later(&w);
    for last in [day("2027", "3", "31"), day("2027", "1", "31")] {
        change(&mut desk, &end, &with(&last, &[("reason", "終了")])).await;
        later(&w);
    }
    change(&mut desk, &back, &[("reason", "延長")]).await;
    let valid = format!("select valid::text from subgroups where subgroup_id = '{group}'");
    assert_eq!(w.texts(&valid).await, ["[2026-11-01,2027-04-01)"]);
    assert_eq!(w.texts(&of(w.bank)).await, ["[2026-11-21,2027-04-01)"]);
    // Another group took the name for the time after.
    later(&w);
    let next = with(&day("2027", "4", "1"), &PAYMENTS);
    let done = change(&mut desk, NEW, &next).await;
    assert_eq!(done.location(), format!("{INDEX}?done=added"));
    let refused = fill_in(&mut desk, &back, &[("reason", "延長")]).await;
    let refused = desk.press(&refused, "main form", &[("confirmed", "true")]).await;
    assert!(refused.status == 422 && refused.body.contains("同じ名称の別のグループ"), "{}", refused.body);
    assert_eq!(w.texts(&valid).await[..1], ["[2026-11-01,2027-04-01)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_members_of_a_group_come_page_by_page() {
    let mut w = world().await;
    let mut members = Vec::new();
    for number in 0..101 {
        members.push(factory::member(&mut w.db, "banks", &format!("{number:03}銀行(架空)")).await);
    }
    let group = factory::group(&mut w.db, "banks", "決済", &members).await;
    let mut desk = w.app.signed_in("desk").await;
    let first = desk.get(&format!("{INDEX}/{group}/members")).await;
    assert_eq!(first.texts("main tbody tr").len(), 100);
    assert_eq!(first.texts(".pager a"), ["次の構成員を見る"]);
    let second = desk.get(&format!("{INDEX}/{group}/members?page=1")).await;
    assert_eq!((second.status, second.texts("main tbody tr").len()), (200, 1));
    for odd in ["page=x", "page=-1", "page=99999999999999999999", "on_year=2026&on_month=2&on_day=30"] {
        let page = desk.get(&format!("{INDEX}/{group}/members?{odd}")).await;
        assert!(page.status == 200 || page.status == 422, "{odd}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgroup_of_the_desk_is_offered_on_its_days_and_does_not_end_under_its_members() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let membership = format!("{}/membership", w.bank_page());
    assert!(desk.get(&membership).await.texts("#subgroup").is_empty(), "there is none");
    factory::group(&mut w.db, "banks", "決済", &[w.bank]).await;
    assert!(desk.get(&membership).await.texts("#subgroup").is_empty(), "it stands beside the tree");
    let regional = [
        ("code", "地域"),
        ("for_whom", "地域の銀行"),
        ("for_whom_en", ""),
        ("group_kind", "subgroup"),
        ("reason", "再編"),
    ];
    change(&mut desk, NEW, &with(&day("2026", "12", "1"), &regional)).await;
    later(&w);
    let id = w.texts("select subgroup_id from subgroups where code = '地域'").await.remove(0);
    let typed = |on: [(&'static str, &'static str); 3]| {
        with(&on, &[("unit", "社"), ("subgroup", &*id), ("nature", "change"), ("reason", "")])
    };
    let early = fill_in(&mut desk, &membership, &typed(day("2026", "11", "30"))).await;
    assert!(early.texts("#subgroup-error").concat().contains("適用日にはありません"), "{}", early.body);
    change(&mut desk, &membership, &typed(day("2026", "12", "1"))).await;
    later(&w);
    let row = desk.get("/directory/banks?on_year=2026&on_month=12&on_day=1").await.texts("tbody").concat();
    assert!(row.contains("地域"), "{row}");
    let item = to_group(&mut w, &id).await;
    assert_eq!(reached(&mut w, item, "2026-11-30").await, [""; 0]);
    assert_eq!(reached(&mut w, item, "2026-12-01").await, ["night@bank.example", "soc@bank.example"]);
    // Nobody is put into it one by one.
    assert_eq!(desk.get(&format!("{INDEX}/{id}/members/joining")).await.status, 404);

    let end = format!("{INDEX}/{id}/end");
    let last = with(&day("2027", "3", "31"), &[("reason", "再編")]);
    let refused = fill_in(&mut desk, &end, &last).await;
    assert!(refused.texts("#on-error").concat().contains("その日の後も1あります"), "{}", refused.body);
    assert!(refused.body.contains("href=\"/directory/banks\">構成員の一覧を見る"), "{}", refused.body);
    let forged = format!("update subgroups set valid = '[2026-12-01,2027-01-01)' where subgroup_id = '{id}'");
    let forged = sqlx::query(AssertSqlSafe(forged)).execute(&mut w.db).await.expect_err("a refusal").to_string();
    assert!(forged.contains("somebody is in the group"), "{forged}");
    let out = with(&day("2027", "4", "1"), &[("unit", "社"), ("subgroup", ""), ("nature", "change"), ("reason", "")]);
    change(&mut desk, &membership, &out).await;
    later(&w);
    change(&mut desk, &end, &last).await;
    // The plan is taken back: the member is in the subgroup as long as that is there, and then in none.
    let done = taken_back(&mut desk, &w.bank_page()).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let said = format!(
        "select concat_ws(' ', valid, coalesce(subgroup_id, 'none')) from memberships
         where organisation_id = '{}' and lower(valid) >= '2026-12-01' order by valid",
        w.bank
    );
    assert_eq!(w.texts(&said).await, [format!("[2026-12-01,2027-04-01) {id}"), "[2027-04-01,) none".to_owned()]);
    // The name is free again.
    change(&mut desk, NEW, &with(&day("2027", "4", "1"), &regional)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_concerned_read_and_the_desk_alone_writes_by_either_wall() {
    let mut w = world().await;
    let group = factory::group(&mut w.db, "banks", "決済", &[w.bank, w.rival]).await;
    let fact = format!("select fact_id::text from group_members where organisation_id = '{}'", w.bank);
    let fact = w.texts(&fact).await.remove(0);
    for (who, reads, names, told) in [
        ("desk", 200, 2, "構成員の数: 2"),
        ("coordinator", 200, 2, "構成員の数: 2"),
        ("analyst", 200, 2, "構成員の数: 2"),
        ("liaison", 200, 0, "構成員の数: 2"),
        ("handler", 200, 0, "あなたの組織が入っています"),
        ("bank-admin", 200, 0, "あなたの組織が入っています"),
        ("reader", 200, 0, "あなたの組織が入っています"),
        ("life-desk", 404, 0, ""),
        ("auditor", 404, 0, ""),
        ("operator", 404, 0, ""),
    ] {
        let mut client = w.app.signed_in(who).await;
        let page = client.get(INDEX).await;
        assert_eq!(page.status, reads, "{who}");
        assert_eq!(page.body.contains("決済"), reads == 200, "{who}");
        // The page around it names whom one works for.
        let main = page.texts("main .columns").concat();
        assert!(main.contains(told) && !main.contains(BANK) && !main.contains(RIVAL), "{who}: {main}");
        let listing = client.get(&format!("{INDEX}/{group}/members")).await;
        assert_eq!(listing.status, if names == 0 { 404 } else { 200 }, "{who}");
        let shown = [BANK, RIVAL].iter().filter(|name| listing.texts("main tbody").concat().contains(**name)).count();
        assert_eq!((shown, listing.body.contains("/end")), (names, who == "desk"), "{who}");
        if who == "desk" {
            continue;
        }
        assert!(!page.body.contains("/groups/new") && !page.body.contains("/end"), "{who}");
        let typed = with(
            &day("2026", "11", "21"),
            &[
                ("code", "x"),
                ("for_whom", "x"),
                ("group_kind", "cross_cutting"),
                ("member", BANK),
                ("reason", "x"),
                ("confirmed", "true"),
            ],
        );
        for path in [
            NEW.to_owned(),
            format!("{INDEX}/{group}/correct"),
            format!("{INDEX}/{group}/end"),
            format!("{INDEX}/{group}/end/withdrawal"),
            format!("{INDEX}/{group}/members/joining"),
            format!("{INDEX}/{group}/members/{fact}/end"),
        ] {
            assert_eq!(client.get(&path).await.status, 404, "{who} {path}");
            assert_eq!(client.post(&path, &typed).await.status, 404, "{who} {path}");
        }
    }
    // Its own page tells a firm its groups, and no more of another's.
    let own = w.app.signed_in("bank-admin").await.get(&w.bank_page()).await;
    assert!(own.texts("dl.facts").concat().contains("決済"), "{}", own.body);
    // Another CEPTOAR's desk has no way to it by its own address either.
    let mut life = w.app.signed_in("life-desk").await;
    for path in ["correct", "end", "end/withdrawal", "members", "members/joining", &format!("members/{fact}/end")]
        .map(str::to_owned)
    {
        let path = format!("/directory/life/groups/{group}/{path}");
        assert_eq!(life.get(&path).await.status, 404, "{path}");
    }
    for (who, sees_groups, sees_parts, writes) in [
        ("desk", 1, 2, true),
        ("coordinator", 1, 2, false),
        ("analyst", 1, 2, false),
        ("liaison", 1, 0, false),
        ("reader", 1, 1, false),
        ("bank-admin", 1, 1, false),
        ("life-desk", 0, 0, false),
        ("auditor", 0, 0, false),
        ("operator", 0, 0, false),
    ] {
        let account = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{who}'")).await;
        let account: AccountId = account[0].parse().map(AccountId).expect("an id");
        let begin = async || w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
        let mut tx = begin().await;
        for (query, expected) in [
            ("select count(*) from subgroups where kind = 'cross_cutting'", sees_groups),
            ("select count(*) from group_members", sees_parts),
        ] {
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut *tx).await.expect("a count");
            assert_eq!(rows, expected, "{who}: {query}");
        }
        for (forged, rows) in [
            (
                "insert into subgroups (subgroup_id, ceptoar_id, kind, code, scope, valid) values ('x', 'banks', 'cross_cutting', 'x', 'x', '(,)')",
                1,
            ),
            ("update subgroups set scope = 'x' where ceptoar_id = 'banks'", 1),
            ("update group_members set valid = daterange(lower(valid), '2026-11-10')", 2),
        ] {
            let mut tx = begin().await;
            let done =
                sqlx::query(AssertSqlSafe(forged)).execute(&mut *tx).await.map_or(0, |done| done.rows_affected());
            assert_eq!(done, if writes { rows } else { 0 }, "{who}: {forged}");
        }
        // Nobody forges these, whoever they are.
        for forged in [
            // A member of another CEPTOAR, and of none.
            format!("insert into group_members (subgroup_id, ceptoar_id, organisation_id, valid) values ('{group}', 'banks', '{}', '[2026-11-01,)')", w.insurer),
            // Another CEPTOAR's group.
            "insert into group_members (subgroup_id, ceptoar_id, organisation_id, valid) select 't-ceptoar-sg1', 't-ceptoar', organisation_id, '[2026-11-01,)' from memberships limit 1".to_owned(),
            format!("insert into group_members (subgroup_id, ceptoar_id, organisation_id, valid) values ('{group}', 'life', '{}', '[2026-11-01,)')", w.insurer),
            // A group that the files keep, or that claims so.
            "insert into subgroups (subgroup_id, ceptoar_id, kind, code, scope, valid, kept_by) values ('x', 'banks', 'subgroup', 'x', 'x', '(,)', 'reference')".to_owned(),
            "insert into subgroups (subgroup_id, ceptoar_id, kind, code, scope, valid) values ('x', 't-ceptoar', 'subgroup', 'x', 'x', '(,)')".to_owned(),
            format!("update subgroups set kind = 'subgroup' where subgroup_id = '{group}'"),
            // A membership that names a cross-cutting group.
            format!("update memberships set subgroup_id = '{group}' where organisation_id = '{}'", w.bank),
            "delete from subgroups".to_owned(),
            "delete from group_members".to_owned(),
        ] {
            let mut tx = begin().await;
            let done = sqlx::query(AssertSqlSafe(forged.clone())).execute(&mut *tx).await;
            assert!(done.map_or(0, |done| done.rows_affected()) == 0, "{who}: {forged}");
        }
    }
    // What the files keep, no desk changes; and no group of the tree has members of its own.
    let of_files = "update subgroups set scope = 'x' where subgroup_id = 't-ceptoar-sg1'";
    let desk = factory::secretariat_of(&mut w.db, "t-ceptoar").await;
    let account = factory::person(&w.app, "t-desk", Role::Secretariat, desk, Some("t-ceptoar"), None).await;
    let firm = factory::member(&mut w.db, "t-ceptoar", "架空通信").await;
    let mut tx = w.app.state.db.begin(Some(AccountId(account)), w.app.state.clock.now()).await.expect("a transaction");
    assert_eq!(sqlx::query(of_files).execute(&mut *tx).await.expect("no rows").rows_affected(), 0);
    let put = format!(
        "insert into group_members (subgroup_id, ceptoar_id, organisation_id, valid) values ('t-ceptoar-sg1', 't-ceptoar', '{firm}', '[2026-11-01,)')"
    );
    let refused = sqlx::query(AssertSqlSafe(put)).execute(&mut *tx).await.expect_err("a refusal").to_string();
    assert!(refused.contains("group_members_group"), "{refused}");
    drop(tx);
    let mut client = w.app.signed_in("t-desk").await;
    let page = client.get("/directory/t-ceptoar/groups").await;
    assert!(page.body.contains("SG1") && page.body.contains("公表資料にあるサブグループです"), "{}", page.body);
    assert!(!page.body.contains("t-ceptoar-sg1/end"), "{}", page.body);
    for path in ["correct", "end", "end/withdrawal", "members", "members/joining"] {
        assert_eq!(
            client.get(&format!("/directory/t-ceptoar/groups/t-ceptoar-sg1/{path}")).await.status,
            404,
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_of_the_files_leaves_alone_what_a_desk_made() {
    let mut w = world().await;
    let group = factory::group(&mut w.db, "t-ceptoar", "海底ケーブル", &[]).await;
    // One that bears a name which the files use as well.
    w.texts("delete from subgroups where subgroup_id = 't-ceptoar-sg4' returning code").await;
    let same = factory::group(&mut w.db, "t-ceptoar", "sg4", &[]).await;
    w.texts("update subgroups set scope = 'an older state' where subgroup_id = 't-ceptoar-sg1' returning code").await;
    w.texts("delete from reference_loads returning content_hash").await;
    assert!(reference::load(&mut w.db).await.expect("a load"));
    let groups =
        "select concat_ws(' ', code, kept_by) from subgroups where ceptoar_id = 't-ceptoar' order by lower(code)";
    assert_eq!(
        w.texts(groups).await,
        ["SG1 reference", "SG2 reference", "SG3 reference", "sg4 desk", "海底ケーブル desk"]
    );
    assert_eq!(w.number("select count(*) from subgroups where scope = 'an older state'").await, 0);
    let kept = format!("select scope from subgroups where subgroup_id in ('{group}', '{same}')");
    assert_eq!(w.texts(&kept).await, ["対象", "対象"]);
}

/// Small numbers that look like chance and are the same each time.
fn dice(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_in_an_addressed_group_is_never_reached() {
    let mut w = world().await;
    let mut state = 20_261_130;
    let mut firms = Vec::new();
    for n in 0..12 {
        let firm = factory::member(&mut w.db, "banks", &format!("架空{n}銀行")).await;
        factory::window(&mut w.db, firm, Some("banks"), &format!("f{n}@bank.example")).await;
        firms.push(firm);
    }
    let mut groups = Vec::new();
    for n in 0..5 {
        let group = factory::group(&mut w.db, "banks", &format!("G{n}"), &[]).await;
        for firm in &firms {
            let (from, days) = (dice(&mut state) % 200, dice(&mut state) % 200);
            if dice(&mut state).is_multiple_of(2) {
                w.texts(&format!(
                    "insert into group_members (subgroup_id, ceptoar_id, organisation_id, valid)
                     values ('{group}', 'banks', '{firm}', daterange(date '2026-06-01' + {from}, date '2026-06-01' + {from} + {days}))
                     returning subgroup_id"
                ))
                .await;
            }
        }
        groups.push(group);
    }
    let mut most = 0;
    for round in 0..40 {
        let item = to_group(&mut w, &groups[0]).await;
        let picked: Vec<&String> = groups.iter().filter(|_| dice(&mut state).is_multiple_of(2)).collect();
        w.texts(&format!("delete from advisory_addressees where advisory_id = '{item}' returning 'x'")).await;
        for group in &picked {
            w.texts(&format!(
                "insert into advisory_addressees (advisory_id, subgroup_id) values ('{item}', '{group}') returning 'x'"
            ))
            .await;
        }
        let day = w.texts(&format!("select (date '2026-06-01' + {})::text", dice(&mut state) % 400)).await.remove(0);
        let list = picked.iter().map(|group| format!("'{group}'")).collect::<Vec<_>>().join(",");
        let list = if list.is_empty() { "''".to_owned() } else { list };
        let expected = w
            .texts(&format!(
                "select distinct c.value from group_members g join contacts k using (organisation_id)
                 join contact_channels c using (contact_id)
                 where g.subgroup_id in ({list}) and g.valid @> date '{day}' order by 1"
            ))
            .await;
        let found = reached(&mut w, item, &day).await;
        assert_eq!(found, expected, "round {round} on {day}: {picked:?}");
        most = most.max(found.len());
    }
    assert!(most > 3, "somebody is reached at all");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_groups_is_in_the_record_of_its_days() {
    let mut w = world().await;
    let group = made(&mut w).await;
    put_in(&mut w, &group, BANK, day("2026", "11", "21")).await;
    w.app.state.clock.advance(chrono::TimeDelta::days(1));
    let words = [("code", "資金決済"), ("for_whom", "資金の決済"), ("for_whom_en", ""), ("reason", "誤記")];
    let mut desk = w.app.signed_in("desk").await;
    change(&mut desk, &format!("{INDEX}/{group}/correct"), &words).await;
    later(&w);
    put_in(&mut w, &group, RIVAL, day("2026", "11", "21")).await;
    w.app.state.clock.advance(chrono::TimeDelta::days(1));

    let mut desk = w.app.signed_in("desk").await;
    let members = format!("{INDEX}/{group}/members");
    let told = |page: &crate::support::Reply| page.texts("main .item").join("|");
    let now = ok(&mut desk, &format!("{INDEX}?{}", on("on", "2026-11-21"))).await;
    assert!(told(&now).contains("資金決済") && told(&now).contains("構成員の数: 2"), "{}", told(&now));
    let index = ok(&mut desk, INDEX).await;
    assert!(index.body.contains("rec_year") && index.body.contains("/correct\""));
    // What was said of that day at the end of it.
    let then = ok(&mut desk, &as_recorded(INDEX, "2026-11-21", "2026-11-21")).await;
    assert!(told(&then).contains("決済に関わる構成員") && !told(&then).contains("資金決済"), "{}", told(&then));
    assert!(told(&then).contains("構成員の数: 1") && told(&then).contains("構成員を見る(1)"), "{}", told(&then));
    assert!(then.texts(".notice--warning").concat().contains("2026年11月21日(土)の終わりの時点の記録"));
    assert!(!then.body.contains("資金決済"), "not even in the history of changes");
    for edit in ["/correct\"", "/end\"", "/joining\"", "groups/new\""] {
        assert!(!then.body.contains(edit), "an earlier record offers {edit}");
    }
    let link = then.body.split("href=\"").find(|rest| rest.starts_with(&members)).expect("its members");
    assert!(link.split('"').next().is_some_and(|href| href.contains("on_day=21") && href.contains("rec_day=21")));
    let listed = async |desk: &mut crate::support::Client, recorded: &str| {
        ok(desk, &as_recorded(&members, "2026-11-21", recorded)).await.texts("main tbody tr").join("|")
    };
    let then = listed(&mut desk, "2026-11-21").await;
    assert!(then.contains(BANK) && !then.contains(RIVAL) && !then.contains("外す"), "{then}");
    let since = listed(&mut desk, "2026-11-22").await;
    assert!(since.contains(BANK) && since.contains(RIVAL), "{since}");
    assert!(told(&ok(&mut desk, &as_recorded(INDEX, "2026-11-21", "2026-11-22")).await).contains("資金決済"));
    // Before anybody had said anything of it.
    for path in [INDEX, &members] {
        let nothing = ok(&mut desk, &as_recorded(path, "2026-11-21", "2026-11-20")).await;
        assert!(nothing.body.contains("この時点の記録はありません"), "{path}");
        assert!(nothing.texts("main .item, main tbody tr").is_empty(), "{path}");
    }
    assert_eq!(desk.get(&format!("{INDEX}?rec_year=2026&rec_month=2&rec_day=30")).await.texts("#rec-error").len(), 1);

    let others = ["analyst", "approver", "coordinator", "liaison", "reader", "bank-admin", "handler"];
    shows_the_present_alone(&w, INDEX, "2026-11-21", &others).await;
    shows_the_present_alone(&w, &members, "2026-11-21", &["analyst", "coordinator"]).await;
    // The second wall: what was said once is not read by them either.
    for (who, sees) in [("desk", 1), ("analyst", 0), ("coordinator", 0), ("liaison", 0), ("life-desk", 0)] {
        let account = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{who}'")).await;
        let account = account[0].parse().map(AccountId).expect("an id");
        let mut tx = w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
        let said: i64 =
            sqlx::query_scalar("select count(*) from subgroups_said('2026-11-22T00:00+09') where code = '決済'")
                .fetch_one(&mut *tx)
                .await
                .expect("a number");
        assert_eq!(said, sees, "{who}");
    }
}
