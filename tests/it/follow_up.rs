//! S-4: the yearly follow-up through the door, from its opening to an erratum of what came of it.

mod refusals;
pub mod world;

use ceptoar_portal::features::directory::reference;
use ceptoar_portal::features::follow_up::reminding;
use chrono::TimeDelta;

use crate::support::factory;
use world::{World, fields, with};

#[tokio::test(flavor = "multi_thread")]
async fn opening_makes_a_filled_in_sheet_and_a_task_for_every_ceptoar() {
    let mut w = World::build().await;
    let mut analyst = w.app.signed_in("analyst").await;
    let refused = analyst.post("/follow-up", &[("fiscal_year", "2026"), ("plan", ""), ("due_year", "2026")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("明日から180日後まで") && w.number("select count(*) from follow_ups").await == 0);
    w.open().await;
    let board = analyst.get("/follow-up/2026?done=opened").await;
    let ceptoars = w.number("select count(*) from ceptoar_names where valid @> date '2027-01-12'").await;
    assert!(ceptoars >= 18, "{ceptoars}");
    assert_eq!(board.texts("[data-sheets] tbody tr").len(), usize::try_from(ceptoars).unwrap());
    assert!(board.body.contains("フォローアップを始めました") && board.body.contains("基準日 2027年3月末日現在"));
    // Filled in from the last edition, and from an older one where the last one is silent.
    let mut desk = w.app.signed_in("desk").await;
    let sheet = desk.get("/follow-up/2026/sheets/broadcast").await;
    assert_eq!(sheet.status, 200);
    assert_eq!(sheet.values("#count_1"), ["196"]);
    assert!(sheet.body.contains("2011-03-31の版の内容"), "{:?}", sheet.texts(".field__help"));
    assert!(
        !sheet.texts("[data-changes] [data-kind=handling_rule]").is_empty(),
        "what the last one did not state is marked"
    );
    assert!(sheet.texts("[data-changes] [data-kind=counts]").is_empty(), "and what did not change is not");
    // A task on the front page, and a letter with the way there.
    let home = desk.get("/").await.texts("[data-task]");
    assert!(home.iter().any(|task| task.contains("放送CEPTOAR") && task.contains("2027年1月29日(金)")), "{home:?}");
    let letters = w.texts("select body from mails where subject like '【依頼】%' order by body").await;
    assert!(letters.iter().any(|body| body.contains("/follow-up/2026/sheets/broadcast")), "{letters:?}");
    // Another one cannot be opened beside it.
    assert_eq!(w.post_opening(&mut analyst, "2025").await.status, 422);
    assert_eq!(w.number("select count(*) from follow_ups").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_needs_its_day_and_another_unit_is_a_warning() {
    let mut w = World::build().await;
    w.open().await;
    let mut desk = w.app.signed_in("desk").await;
    let path = "/follow-up/2026/sheets/broadcast";
    let sheet = desk.get(path).await;
    let form =
        with(fields(&sheet, "main form"), &[("count_1", "１９７"), ("department_1", "情報管理室"), ("act", "send")]);
    let refused = world::send(&mut desk, path, &form).await;
    assert_eq!(refused.status, 422);
    let said = refused.texts(".error-summary a");
    assert!(said.len() == 1 && said[0].contains("いつから変わったか"), "{said:?}");
    assert_eq!(refused.texts("#counts_on-error").len(), 1);
    assert_eq!(w.state("broadcast").await, "preparing", "nothing is lost");
    assert_eq!(refused.values("#count_1"), ["１９７"]);
    let day = [
        ("counts_on_year", "2027"),
        ("counts_on_month", "2"),
        ("counts_on_day", "1"),
        ("desk_on_year", "2027"),
        ("desk_on_month", "2"),
        ("desk_on_day", "1"),
    ];
    // Another unit may be sent; it is said that it is another one.
    let form = with(fields(&refused, "main form"), &day);
    let form = with(form, &[("count_unit_1", "社"), ("act", "save")]);
    let saved = world::send(&mut desk, path, &form).await;
    assert_eq!(saved.status, 303);
    let doubtful = desk.get(saved.location()).await;
    assert!(doubtful.texts("[data-doubts]").concat().contains("前回: 社・団体、今回: 社"));
    let form = with(fields(&doubtful, "main form"), &[("count_unit_1", "社・団体"), ("act", "send")]);
    let sent = world::send(&mut desk, path, &form).await;
    assert_eq!(sent.status, 303, "{:?}", sent.texts(".error-summary"));
    assert_eq!(w.state("broadcast").await, "submitted");
    let after = desk.get(path).await;
    let counts = after.texts("[data-changes] [data-kind=counts]");
    assert!(counts.len() == 1 && counts[0].contains("196") && counts[0].contains("197"), "{counts:?}");
    assert!(counts[0].contains("2027年2月1日(月)から"), "{counts:?}");
    let department = after.texts("[data-changes] [data-kind=departments]").concat();
    assert!(department.contains("情報管理室"), "{department}");
    assert!(after.texts("main form textarea").is_empty(), "it is with those who check it");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_date_of_the_rules_requirement_one_is_missing_and_the_sheet_is_kept() {
    let mut w = World::build().await;
    w.open().await;
    let mut desk = w.app.signed_in("desk").await;
    let path = "/follow-up/2026/sheets/chemical";
    let sheet = desk.get(path).await;
    let form = with(fields(&sheet, "main form"), &[("remark", "ルールは改定中です。"), ("act", "send")]);
    let refused = world::send(&mut desk, path, &form).await;
    assert_eq!(refused.status, 422);
    assert!(refused.texts("#rule-error").concat().contains("要件①"), "{:?}", refused.texts(".field__error"));
    assert!(refused.body.contains("状態は「準備中」です") && refused.texts(".status").contains(&"準備中".to_owned()));
    assert_eq!(w.state("chemical").await, "preparing");
    assert_eq!(
        w.texts("select remark from follow_up_sheets where ceptoar_id = 'chemical'").await,
        ["ルールは改定中です。"]
    );
    // Nor does the database take it.
    let pushed = w
        .as_account(
            "desk",
            "update follow_up_sheets set state = 'submitted', version = version + 1 where ceptoar_id = 'chemical'",
        )
        .await;
    assert!(pushed.unwrap_err().contains("requirement 1"));
    let form = with(fields(&refused, "main form"), &[("rule_year", "2015"), ("rule_month", "４"), ("act", "send")]);
    assert_eq!(world::send(&mut desk, path, &form).await.status, 303);
    assert_eq!(w.state("chemical").await, "submitted");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_activities_only_those_are_published_that_the_desk_ticked() {
    let mut w = World::build().await;
    w.open().await;
    let mut desk = w.app.signed_in("desk").await;
    for (title, done) in [("セプター訓練への参加", "内輪の記録"), ("架空銀行の障害の分析", "表に出さない話")]
    {
        let typed = [
            ("title", title),
            ("began_year", "2026"),
            ("began_month", "11"),
            ("began_day", "4"),
            ("activity", "drill"),
            ("done", done),
        ];
        let reply = desk.post("/directory/broadcast/activities/new", &typed).await;
        assert_eq!(reply.status, 303, "{:?}", reply.texts(".error-summary"));
    }
    let path = "/follow-up/2026/sheets/broadcast";
    let sheet = desk.get(path).await;
    assert_eq!(sheet.texts("[data-profile] .choice").len(), 2);
    assert!(!fields(&sheet, "main form").iter().any(|(name, _)| name == "activity"), "none is ticked by itself");
    let drill =
        w.texts("select activity_id::text from activities where title like 'セプター訓練%'").await.pop().unwrap();
    let other = uuid::Uuid::from_u128(7).to_string();
    let mut form = with(fields(&sheet, "main form"), &[("traits", "新しい特徴。\n二行目。"), ("act", "save")]);
    form.extend([("activity".to_owned(), drill.clone()), ("activity".to_owned(), other)]);
    assert_eq!(world::send(&mut desk, path, &form).await.status, 303);
    let saved = desk.get(path).await;
    assert_eq!(saved.values("[data-profile] [name=activity][checked]"), std::slice::from_ref(&drill));
    assert_eq!(saved.texts("[data-changes] [data-kind=traits]").len(), 1);
    assert!(saved.texts("[data-changes] [data-kind=activities]").concat().contains("セプター訓練への参加"));
    let english = with(fields(&saved, "main form"), &[("traits_en", "Star Bank was hurt."), ("act", "save")]);
    assert_eq!(world::send(&mut desk, path, &english).await.status, 303);
    let told = desk.get(path).await.texts("[data-changes] [data-kind=traits]").concat();
    assert!(told.contains("Star Bank was hurt."), "whoever checks the Japanese sees the English: {told}");
    let lonely =
        with(fields(&desk.get(path).await, "main form"), &[("purpose", ""), ("purpose_en", "alone"), ("act", "save")]);
    assert_eq!(world::send(&mut desk, path, &lonely).await.texts("#purpose-error").len(), 1, "nothing is thrown away");
    let mut older = fields(&desk.get(path).await, "main form");
    older.retain(|(name, _)| {
        !["profile", "purpose", "traits", "traits_en", "structure", "activity"].contains(&name.as_str())
    });
    assert_eq!(world::send(&mut desk, path, &with(older, &[("act", "save")])).await.status, 303);
    assert_eq!(
        desk.get(path).await.values("[data-profile] [name=activity][checked]"),
        std::slice::from_ref(&drill),
        "an older form takes nothing"
    );
    let seen = w.app.signed_in("analyst").await.get(path).await;
    assert!(seen.body.contains("2026年11月 セプター訓練への参加"), "whoever checks it sees what is printed");
    w.confirm_all().await;
    // Its desk thinks better of one: what it took back is not published over its head.
    let mut approver = w.app.signed_in("approver").await;
    let drill_now =
        "update activities set version = version + 1, correction = 'x', title = TITLE where activity_id = 'DRILL'
                     returning version::text"
            .replace("DRILL", &drill);
    w.texts("select set_config('portal.now', '2027-01-12T03:00:00Z', false)").await;
    w.texts(&drill_now.replace("TITLE", "'別の件名'")).await;
    let held = approver.post("/follow-up/2026/publication", &[("sure", "true")]).await;
    assert_eq!(held.status, 409);
    let preview = approver.get("/follow-up/2026/preview").await;
    assert!(preview.body.contains("提出後に訂正または取り消されています"), "{}", preview.body);
    w.texts(&drill_now.replace("TITLE", "'セプター訓練への参加'")).await;
    let done = approver.post("/follow-up/2026/publication", &[("sure", "true")]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let profile = w.app.visitor().get("/ceptoars/broadcast").await;
    assert_eq!(profile.texts("[data-activity]"), ["2026年11月 セプター訓練への参加"]);
    assert!(profile.texts("[data-profile=traits]").concat().contains("新しい特徴。"));
    for hidden in ["内輪の記録", "架空銀行", "表に出さない話"] {
        assert!(!profile.body.contains(hidden), "{hidden}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_of_two_editors_sees_what_changed_and_keeps_their_text() {
    let mut w = World::build().await;
    w.open().await;
    let (mut one, mut two) = (w.app.signed_in("desk").await, w.app.signed_in("desk2").await);
    let path = "/follow-up/2026/sheets/broadcast";
    let (seen_one, seen_two) = (one.get(path).await, two.get(path).await);
    let form = with(fields(&seen_one, "main form"), &[("remark", "一人目"), ("act", "save")]);
    assert_eq!(world::send(&mut one, path, &form).await.status, 303);
    let form = with(fields(&seen_two, "main form"), &[("breakdown", "二人目の内訳"), ("act", "save")]);
    let told = world::send(&mut two, path, &form).await;
    assert_eq!(told.status, 422);
    let notice = told.texts("[data-meanwhile]").concat();
    assert!(notice.contains("一人目") && notice.contains("構成員の内訳"), "{notice}");
    assert_eq!(told.values("#breakdown"), ["二人目の内訳"], "their text is still there");
    assert_eq!(w.texts("select remark from follow_up_sheets where ceptoar_id = 'broadcast'").await, ["一人目"]);
    // Who saves again has seen it.
    let form = with(fields(&told, "main form"), &[("act", "save")]);
    assert_eq!(world::send(&mut two, path, &form).await.status, 303);
    let kept =
        w.texts("select content -> 'breakdown' ->> 'ja' from follow_up_sheets where ceptoar_id = 'broadcast'").await;
    assert_eq!(kept, ["二人目の内訳"]);
    // And who comes after it was sent loses no text either.
    let seen = one.get(path).await;
    w.send_sheet("broadcast").await;
    let form = with(fields(&seen, "main form"), &[("remark", "間に合わなかった文"), ("act", "save")]);
    let late = world::send(&mut one, path, &form).await;
    assert_eq!(late.status, 409);
    let notice = late.texts("[data-meanwhile]").concat();
    assert!(notice.contains("提出済みのため") && notice.contains("間に合わなかった文"), "{notice}");
}

#[tokio::test(flavor = "multi_thread")]
async fn late_desks_are_reminded_three_times_by_themselves_and_once_a_day_by_hand() {
    let mut w = World::build().await;
    w.open().await;
    w.send_sheet("broadcast").await;
    let worker = sqlx::PgPool::connect_with(w.app.database.connections.worker.clone()).await.unwrap();
    let mut letters = Vec::new();
    for _ in 0..25 {
        w.app.state.clock.advance(TimeDelta::days(1));
        // Twice a day, and still each reminder once.
        for _ in 0..2 {
            let sent = reminding::remind(&worker, "http://portal.example", w.app.state.clock.now()).await.unwrap();
            if sent > 0 {
                letters.push(ceptoar_portal::kernel::clock::japan_day(w.app.state.clock.now()).to_string());
            }
        }
    }
    assert_eq!(letters, ["2027-01-24", "2027-01-28", "2027-02-01"], "five days and one before, three after");
    let of = |id: &str| format!("select occasion from follow_up_reminders where ceptoar_id = '{id}' order by sent_at");
    assert_eq!(w.texts(&of("chemical")).await, ["opened", "before_5", "before_1", "after_3"]);
    assert_eq!(w.texts(&of("broadcast")).await, ["opened"], "who has answered is left alone");
    let overdue = w.texts("select distinct subject from mails where subject like '%期限超過%'").await;
    assert_eq!(overdue, ["【期限超過】フォローアップの提出のお願い"]);
    // The list of the late says whom to contact, and the button works once a day.
    let mut analyst = w.app.signed_in("analyst").await;
    let board = analyst.get("/follow-up/2026").await;
    let late = board.texts("[data-late] tbody tr");
    assert!(late.iter().any(|row| row.contains("化学") && row.contains("担当: desk")), "{late:?}");
    assert!(!late.iter().any(|row| row.contains("放送CEPTOAR")) && board.body.contains("期限を8日過ぎています"));
    assert!(!board.body.contains("@desk.example"), "no address for the centre");
    let first = analyst.post("/follow-up/2026/reminder", &[]).await;
    assert_eq!(first.location(), "/follow-up/2026?done=reminded");
    assert_eq!(analyst.post("/follow-up/2026/reminder", &[]).await.location(), "/follow-up/2026?done=nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn ministry_and_centre_check_and_a_return_reaches_the_desk_with_its_comment() {
    let mut w = World::build().await;
    w.open().await;
    w.send_sheet("banks").await;
    let path = "/follow-up/2026/sheets/banks";
    let check = "/follow-up/2026/sheets/banks/check";
    let mut liaison = w.app.signed_in("liaison").await;
    let home = liaison.get("/").await.texts("[data-task]").concat();
    assert!(home.contains("確認を待っている調査票が1件"), "{home}");
    let page = liaison.get(path).await;
    assert_eq!(page.values("[name=step]"), ["check_as_ministry", "return_as_ministry"]);
    let form = with(fields(&page, "form[action$=check]"), &[("step", "return_as_ministry")]);
    let refused = world::send(&mut liaison, check, &form).await;
    assert!(refused.status == 422 && refused.body.contains("コメントを入力してください"));
    let form = with(fields(&page, "form[action$=check]"), &[("step", "check_as_ministry")]);
    assert_eq!(world::send(&mut liaison, check, &form).await.status, 303);
    assert_eq!(w.state("banks").await, "ministry_checked");
    let again = world::send(&mut liaison, check, &form).await;
    assert_eq!(again.status, 409, "it is with the centre now");
    let mut analyst = w.app.signed_in("analyst").await;
    let page = analyst.get(path).await;
    assert_eq!(page.values("[name=step]"), ["confirm", "return_as_centre"]);
    let comment = "構成員の数の基準日を確かめてください。";
    let form = with(fields(&page, "form[action$=check]"), &[("step", "return_as_centre"), ("comment", comment)]);
    assert_eq!(world::send(&mut analyst, check, &form).await.status, 303);
    assert_eq!(w.state("banks").await, "returned");
    let mails = w.texts("select body from mails where subject like '【差戻し】%'").await;
    assert!(!mails.is_empty() && mails.iter().all(|body| body.contains(comment)), "{mails:?}");
    let mut desk = w.app.signed_in("desk").await;
    let back = desk.get(path).await;
    assert!(
        back.texts("[data-comment]").concat().contains(comment) && back.texts(".status").contains(&"差戻し".to_owned())
    );
    assert!(desk.get("/").await.texts("[data-task]").concat().contains("差し戻された調査票"));
    // It goes the whole way again.
    let form = with(fields(&back, "main form"), &[("act", "save")]);
    assert_eq!(world::send(&mut desk, path, &form).await.status, 303);
    assert_eq!(w.state("banks").await, "preparing");
    assert!(
        w.as_account(
            "analyst",
            "update follow_up_sheets set state = 'confirmed', version = version + 1 where ceptoar_id = 'banks'"
        )
        .await
        .is_ok_and(|rows| rows == 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edition_is_previewed_published_frozen_and_corrected_beside() {
    let mut w = World::build().await;
    w.open().await;
    let mut approver = w.app.signed_in("approver").await;
    let early = approver.get("/follow-up/2026/preview").await;
    assert!(early.body.contains("まだ確認済みでない調査票") && early.texts("form[action$=publication]").is_empty());
    assert_eq!(
        approver.post("/follow-up/2026/publication", &[("sure", "true")]).await.status,
        409,
        "not all are confirmed"
    );
    w.confirm_all().await;
    let mut approver = w.app.signed_in("approver").await;
    let preview = approver.get("/follow-up/2026/preview").await;
    assert_eq!(preview.texts("[data-agrees]").len(), 1, "{:?}", preview.texts(".notice--error"));
    let sums = preview.texts("[data-total='unit-社・団体'] td");
    assert_eq!(sums, ["206", "207", "+1"], "196 became 197; no other unit is added to it");
    assert_eq!(preview.texts("[data-kind=counts]").len(), 1);
    assert!(preview.texts("[data-kind=counts]")[0].contains("放送CEPTOAR"));
    // The very changes that are stored with the sheets.
    let stored = w
        .number(
            "select count(*) from follow_up_sheets s, jsonb_array_elements(s.changes) c where c ->> 'kind' = 'counts'",
        )
        .await;
    assert_eq!(stored, 1);
    assert_eq!(approver.get("/map/2027-03-31").await.status, 404, "not before it is published");
    let unsure = approver.post("/follow-up/2026/publication", &[]).await;
    assert!(unsure.status == 422 && unsure.body.contains("チェックを入れてください"));
    let mut analyst = w.app.signed_in("analyst").await;
    assert_eq!(
        analyst.post("/follow-up/2026/publication", &[("sure", "true")]).await.status,
        404,
        "an approver publishes"
    );
    let published = approver.post("/follow-up/2026/publication", &[("sure", "true")]).await;
    assert_eq!((published.status, published.location()), (303, "/map/2027-03-31"));
    let mut visitor = w.app.visitor();
    let map = visitor.get("/map").await;
    assert!(map.texts("h1").concat().contains("2027年3月末日現在"), "{:?}", map.texts("h1"));
    assert!(map.texts("[data-row=members]").concat().contains("197社・団体"));
    for (file, start) in
        [("pdf", "%PDF"), ("xlsx", "PK"), ("csv", "\u{FEFF}"), ("json", "{"), ("csv?encoding=cp932", "")]
    {
        let reply = visitor.get(&format!("/map/2027-03-31.{file}")).await;
        assert!(reply.status == 200 && reply.bytes.starts_with(start.as_bytes()), "{file}: {}", reply.status);
    }
    frozen(&mut w).await;
    erratum(&mut w).await;
    // Editions of the past stand as they stood.
    let old = visitor.get("/map/2011-03-31").await;
    assert_eq!(old.texts("[data-total=ceptoars]"), ["14"]);
    assert_eq!(old.texts("[data-total=sectors]"), ["10"]);
    assert!(!old.texts("a.confidence").is_empty());
    assert_eq!(visitor.get("/map/2007-03-31").await.texts("[data-total=planned]"), ["3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_roster_counts_stands_beside_the_sheets_number_for_those_who_see_it() {
    let mut w = World::build().await;
    for name in ["甲電力(架空)", "乙電力(架空)"] {
        factory::member(&mut w.db, "power", name).await;
    }
    w.open().await;
    let path = "/follow-up/2026/sheets/power";
    for (who, seen) in [("desk", true), ("analyst", true), ("liaison-meti", false)] {
        let sheet = w.app.signed_in(who).await.get(path).await;
        assert_eq!(sheet.status, 200, "{who}");
        assert_eq!(sheet.texts("[data-registered]").concat().contains("2社"), seen, "{who}: {}", sheet.body);
        let doubts = sheet.texts("[data-doubts]").concat();
        assert_eq!(
            doubts.contains("名簿に登録されている構成員(社)は2で、調査票の数(14)と違います"),
            seen,
            "{who}: {doubts}"
        );
    }
    w.send_sheet("power").await;
    assert_eq!(w.state("power").await, "submitted", "a doubt keeps nothing back");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_holds_in_the_directory_from_its_day_and_survives_new_files() {
    let mut w = World::build().await;
    w.open().await;
    let mut desk = w.app.signed_in("desk").await;
    let path = "/follow-up/2026/sheets/broadcast";
    let sheet = desk.get(path).await;
    let typed = [
        ("name", "放送・配信CEPTOAR"),
        ("name_en", "Broadcasting and Streaming CEPTOAR"),
        ("name_on_year", "2027"),
        ("name_on_month", "1"),
        ("name_on_day", "15"),
        ("department_1", "情報管理室"),
        ("desk_on_year", "2027"),
        ("desk_on_month", "2"),
        ("desk_on_day", "1"),
        ("act", "save"),
    ];
    let saved = world::send(&mut desk, path, &with(fields(&sheet, "main form"), &typed)).await;
    assert_eq!(saved.status, 303, "{:?}", saved.texts(".error-summary"));
    let before = w.texts(FACTS).await;
    w.confirm_all().await;
    assert_eq!(w.texts(FACTS).await, before, "nothing before it is published");
    let mut approver = w.app.signed_in("approver").await;
    let preview = approver.get("/follow-up/2026/preview").await;
    assert!(preview.body.contains("名簿に反映されます"), "{}", preview.body);
    let published = approver.post("/follow-up/2026/publication", &[("sure", "true")]).await;
    assert_eq!(published.status, 303, "{}", published.body);
    let expected = [
        "count 社・団体 196 [2018-03-31,2027-02-01)",
        "count 社・団体 197 [2027-02-01,)",
        "desk 情報管理室 [2027-02-01,)",
        "name 放送CEPTOAR [2018-04-24,2027-01-15)",
        "name 放送・配信CEPTOAR [2027-01-15,)",
    ];
    let after = w.texts(FACTS).await;
    for fact in expected {
        assert!(after.iter().any(|said| said == fact), "{fact}: {after:#?}");
    }
    // Of all others nothing changed, and who keeps a desk is who kept it.
    let others =
        "select count(*) from ceptoar_names n where n.published_in is not null and n.ceptoar_id <> 'broadcast'";
    assert_eq!(w.number(others).await, 0);
    let history = desk.get("/directory/broadcast/history").await;
    assert!(history.status != 200 || history.body.contains("放送・配信CEPTOAR"));
    // The files come again, as after an upgrade: from those days on they say nothing more.
    w.texts("delete from reference_loads returning content_hash").await;
    assert!(reference::load(&mut w.db).await.expect("loaded"));
    assert_eq!(w.texts(FACTS).await, after);
}

/// Name, desk and numbers of the broadcasters.
const FACTS: &str = "select 'name ' || ja || ' ' || valid from ceptoar_names where ceptoar_id = 'broadcast'
    union all select concat_ws(' ', 'desk', unit, valid) from secretariat_terms where ceptoar_id = 'broadcast'
    union all select concat_ws(' ', 'count', unit, value, valid) from member_counts where ceptoar_id = 'broadcast' order by 1";

async fn frozen(w: &mut World) {
    let mut desk = w.app.signed_in("desk").await;
    let sheet = desk.get("/follow-up/2026/sheets/broadcast").await;
    assert!(sheet.body.contains("公表済みの版は変更できません") && sheet.texts("main form").is_empty());
    let refused = desk.post("/follow-up/2026/sheets/broadcast", &[("count_1", "1"), ("act", "save")]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("公表済みの版は変更できません"), "{}", refused.body);
    let mut approver = w.app.signed_in("approver").await;
    assert_eq!(approver.post("/follow-up/2026/publication", &[("sure", "true")]).await.status, 409);
    let back = [("step", "return_as_centre"), ("comment", "x"), ("version", "1")];
    assert_eq!(approver.post("/follow-up/2026/sheets/broadcast/check", &back).await.status, 409);
    let change = "update editions set document = '{}' where edition_id = '2027-03-31'";
    assert!(sqlx::query(change).execute(&mut w.db).await.is_err(), "the database refuses its owner too");
    let sheet = "update follow_up_sheets set state = 'returned', version = version + 1";
    assert_eq!(w.as_account("approver", sheet).await, Ok(0));
}

async fn erratum(w: &mut World) {
    w.app.state.clock.advance(TimeDelta::days(90));
    let mut approver = w.app.signed_in("approver").await;
    let before = w.texts("select md5(document::text) from editions where edition_id = '2027-03-31'").await;
    let same = [("place", "放送CEPTOARの構成員"), ("wrong", "197社・団体"), ("right", "197社・団体")];
    let refused = approver.post("/map/2027-03-31/errata", &same).await;
    assert!(refused.status == 422 && refused.body.contains("「誤」と同じです"));
    let typed = [
        ("ceptoar", "broadcast"),
        ("place", "放送CEPTOARの構成員"),
        ("wrong", "197社・団体"),
        ("right", "198社・団体"),
    ];
    let done = approver.post("/map/2027-03-31/errata", &typed).await;
    assert_eq!((done.status, done.location()), (303, "/map/2027-03-31#errata"), "{:?}", done.texts(".error-summary"));
    let mut visitor = w.app.visitor();
    let page = visitor.get("/map/2027-03-31").await;
    let errata = page.texts("[data-errata] tbody tr");
    assert!(errata.len() == 1 && errata[0].contains("198社・団体") && errata[0].contains("2027/04/12"), "{errata:?}");
    assert!(page.texts("[data-row=members]").concat().contains("197社・団体"), "the edition is unchanged");
    assert_eq!(w.texts("select md5(document::text) from editions where edition_id = '2027-03-31'").await, before);
    assert!(visitor.get("/map/2011-03-31").await.texts("[data-errata]").is_empty());
    assert!(sqlx::query("update errata set right_ja = ''").execute(&mut w.db).await.is_err());
    // On the workbook and on paper it stands beside as well.
    let book = visitor.get("/map/2027-03-31.xlsx").await;
    let mut archive = zip_texts(&book.bytes);
    archive.retain(|text| text.contains("198社・団体"));
    assert!(!archive.is_empty(), "the workbook has the erratum");
    assert!(visitor.get("/map/2027-03-31.pdf").await.bytes.starts_with(b"%PDF"));
    let mut analyst = w.app.signed_in("analyst").await;
    assert_eq!(analyst.get("/map/2027-03-31/errata").await.status, 404);
    assert_eq!(analyst.post("/map/2027-03-31/errata", &typed).await.status, 404);
}

/// The texts of a workbook's parts.
fn zip_texts(bytes: &[u8]) -> Vec<String> {
    use std::io::Read;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a workbook");
    (0..archive.len())
        .map(|i| {
            let mut text = String::new();
            let _ = archive.by_index(i).expect("a part").read_to_string(&mut text);
            text
        })
        .collect()
}
