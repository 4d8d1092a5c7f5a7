//! Proof of life beyond a whole round: some windows, their numbers, and what stays a task when the round is over.

use ceptoar_portal::features::directory::verification::reminding;
use ceptoar_portal::kernel::ids::AccountId;
use chrono::TimeDelta;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::roster::{World, change, day, window_form, world};
use super::verification::{BOARD, link, opened, opening, run, standings};
use crate::support::{Client, Reply};

const WINDOWS: &str = "/directory/banks/verification/windows";
const NUMBER: &str = "03-0000-1234";

/// Another way to a window.
async fn number(w: &mut World, window: Uuid, position: i16, kind: &str, value: &str) {
    let sql = format!(
        "insert into contact_channels (contact_id, position, kind, value, hours, recorded_at)
         values ('{window}', {position}, '{kind}', '{value}', 'always', '2018-04-01Z')"
    );
    run(w, &sql).await;
}

async fn refuse_mail(w: &mut World, address: &str) {
    let now = w.app.state.clock.now();
    let sql = format!(
        "update deliveries d set state = 'refused', settled_at = '{now}' from delivery_addresses a
         where a.delivery_id = d.delivery_id and a.address = '{address}'"
    );
    run(w, &sql).await;
}

fn asking<'a>(chosen: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![("step", "ask"), ("due_year", "2026"), ("due_month", "12"), ("due_day", "4"), ("sure", "true")];
    form.extend(chosen.iter().map(|window| ("chosen", *window)));
    form
}

/// A window with one telephone number, whose keeper has opened the link of its letter: the link, the reader and the page.
async fn asked_about_a_number(w: &mut World) -> (String, Client, Reply) {
    let window = w.window;
    number(w, window, 2, "phone", NUMBER).await;
    opened(w).await;
    let path = link(w, "soc@bank.example").await;
    let mut reader = w.app.visitor();
    let page = reader.get(&path).await;
    (path, reader, page)
}

async fn tasks(w: &World, name: &str) -> String {
    w.app.signed_in(name).await.get("/").await.texts("[data-task]").concat()
}

async fn end(desk: &mut Client) {
    let page = desk.get(BOARD).await;
    assert_eq!(desk.press(&page, "form[action$=end]", &[]).await.status, 303);
}

/// Says something of the numbers on the page of a link, in their order; the button is pressed as well.
async fn say(reader: &mut Client, path: &str, button: &str, said: &[(&str, &str)]) -> Reply {
    let page = reader.get(path).await;
    let which = page.values("input[name^=which_]");
    let names: Vec<[String; 3]> =
        (1..=said.len()).map(|i| [format!("which_{i}"), format!("number_{i}"), format!("note_{i}")]).collect();
    let mut form = vec![("answer", button)];
    for (i, (answer, note)) in said.iter().enumerate() {
        form.extend([(names[i][0].as_str(), which[i].as_str()), (&names[i][1], *answer), (&names[i][2], *note)]);
    }
    reader.post(path, &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_asks_the_windows_it_ticks_and_adds_to_the_round_that_runs() {
    let mut w = world().await;
    let (window, second) = (w.window.to_string(), w.second.to_string());
    let rival =
        w.texts("select contact_id::text from contact_channels where value = 'soc@rival.example'").await.concat();
    let insurer =
        w.texts("select contact_id::text from contact_channels where value = 'soc@insurer.example'").await.concat();
    let mut desk = w.app.signed_in("desk").await;
    let list = desk.get(WINDOWS).await;
    assert_eq!(list.texts("tbody tr").len(), 3, "the windows of another CEPTOAR are not on the list");
    for (form, field) in [
        (asking(&[]), "chosen"),
        (asking(&[&insurer]), "chosen"),
        (vec![("step", "ask"), ("chosen", &window), ("sure", "true")], "due"),
        (asking(&[&window]).into_iter().filter(|(name, _)| *name != "sure").collect(), "sure"),
    ] {
        let refused = desk.post(WINDOWS, &form).await;
        assert_eq!(refused.status, 422, "{form:?}");
        assert!(refused.body.contains(&format!("href=\"#{field}\"")), "{:?}", refused.texts(".error-summary"));
        let ticked = refused.values("input[name=chosen][checked]");
        assert_eq!(ticked.len(), usize::from(field != "chosen"), "ticks stay");
    }
    assert_eq!(w.number("select count(*) from mails").await, 0);
    // From the page of a member one window comes ticked.
    let member = desk.get(&w.bank_page()).await;
    assert!(member.body.contains("この窓口に確認を求める"));
    let one = desk.get(&format!("{WINDOWS}?window={window}")).await;
    assert_eq!(one.values("input[name=chosen][checked]"), [window.as_str()]);
    assert_eq!(desk.get(&format!("{WINDOWS}?window=none")).await.texts("tbody tr").len(), 0);
    let done = desk.press(&one, "main form:has(input[name=sure])", &[("sure", "true")]).await;
    assert!(done.location().ends_with("done=opened"), "{} {:?}", done.status, done.texts(".error-summary"));
    let board = desk.get(BOARD).await;
    assert_eq!(standings(&board), ["回答待ち"]);
    assert!(board.body.contains("選んだ窓口"), "{:?}", board.texts("#running"));
    assert!(
        tasks(&w, "desk").await.contains("今年度の連絡先の確認を始めてください"),
        "one window is not the year's round"
    );
    // Two more, and the first again: it was asked just now.
    let added = desk.post(WINDOWS, &asking(&[&window, &second, &rival])).await;
    assert!(added.location().ends_with("done=added"), "{}", added.location());
    assert_eq!(w.number("select count(*) from mails where body like '%/verification/%'").await, 3);
    assert_eq!(w.number("select count(*) from verification_requests").await, 3);
    assert_eq!(w.number("select count(*) from verification_rounds where scope = 'chosen'").await, 1);
    let nobody = desk.post(WINDOWS, &asking(&[&window])).await;
    assert!(nobody.location().ends_with("done=nobody"), "{}", nobody.location());
    // In another round too: nobody is asked twice within the pause, and is asked after it.
    end(&mut desk).await;
    assert_eq!(desk.post(BOARD, &opening("all", "true")).await.status, 303);
    assert_eq!(w.number("select count(*) from mails where body like '%/verification/%'").await, 3);
    assert_eq!(standings(&desk.get(BOARD).await), ["回答待ち", "回答待ち", "回答待ち"]);
    w.app.state.clock.advance(TimeDelta::hours(21));
    let mut desk = w.app.signed_in("desk").await;
    let page = desk.get(BOARD).await;
    assert!(desk.press(&page, "form[action$=reminder]", &[]).await.location().ends_with("done=reminded"));
    assert_eq!(w.number("select count(*) from mails where body like '%/verification/%'").await, 6);
    let detail = w.texts("select detail::text from audit_events where action = 'verification.add' order by 1").await;
    assert_eq!(detail.len(), 2);
    assert!(detail.concat().contains("\"letters\": 2"), "{detail:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_asked_by_its_name() {
    let mut w = world().await;
    let (bank, rival) = (w.bank, w.rival);
    sqlx::raw_sql(AssertSqlSafe(format!(
        "insert into subgroups (subgroup_id, ceptoar_id, kind, code, scope, valid)
             values ('tree', 'banks', 'subgroup', 'SG9', '地域の銀行', '[2018-04-01,)'),
                    ('pay', 'banks', 'cross_cutting', '決済', '決済に関わる銀行', '[2018-04-01,)'),
                    ('gone', 'banks', 'cross_cutting', '旧', '終わったもの', '[2018-04-01,2020-01-01)');
             update memberships set subgroup_id = 'tree' where organisation_id = '{bank}';
             insert into group_members (subgroup_id, ceptoar_id, organisation_id, valid)
             values ('pay', 'banks', '{rival}', '[2018-04-01,)')"
    )))
    .execute(&mut w.db)
    .await
    .expect("groups");
    let mut desk = w.app.signed_in("desk").await;
    let options = desk.get(BOARD).await.texts("select[name=subgroup] option").concat();
    assert!(
        options.contains("SG9 地域の銀行(窓口2か所、メール2通)") && options.contains("決済に関わる銀行(窓口1か所"),
        "{options}"
    );
    assert!(!options.contains("終わったもの"), "{options}");
    for group in ["", "gone", "elsewhere"] {
        let form = [opening("group", "true"), vec![("subgroup", group)]].concat();
        let refused = desk.post(BOARD, &form).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("href=\"#subgroup\""), "{:?}", refused.texts(".error-summary"));
    }
    assert_eq!(desk.post(BOARD, &opening("chosen", "true")).await.status, 422, "windows are chosen elsewhere");
    let narrowed = desk.post(WINDOWS, &[("step", "search"), ("subgroup", "pay"), ("words", "")]).await;
    assert_eq!(narrowed.texts("tbody tr").len(), 1);
    let ticked = desk.post(WINDOWS, &[("step", "tick"), ("words", "星見")]).await;
    assert_eq!(ticked.values("input[name=chosen][checked]").len(), 2, "by name, all at once");
    let form = [opening("group", "true"), vec![("subgroup", "tree")]].concat();
    assert_eq!(desk.post(BOARD, &form).await.status, 303);
    assert_eq!(standings(&desk.get(BOARD).await), ["回答待ち", "回答待ち"], "the other bank is in another group");
    end(&mut desk).await;
    assert!(desk.get(BOARD).await.body.contains("グループの構成員の窓口: SG9"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_says_of_each_number_whether_it_is_right() {
    let mut w = world().await;
    let window = w.window;
    number(&mut w, window, 2, "phone", NUMBER).await;
    number(&mut w, window, 3, "fax", "03-0000-5678 内線 12").await;
    let mut desk = opened(&w).await;
    let board = desk.get(BOARD).await.texts(".tally").concat();
    assert!(board.contains("確認できていない電話・FAX番号 2件"), "{board}");
    let shown = desk.get(&w.bank_page()).await.texts(".window__routes li").concat();
    assert_eq!(shown.matches("未確認の番号").count(), 2, "{shown}");
    let path = link(&mut w, "soc@bank.example").await;
    let mut reader = w.app.visitor();
    let page = reader.get(&path).await;
    assert!(
        page.body.contains("電話(末尾 1234)") && page.body.contains("FAX(末尾 5678)"),
        "{:?}",
        page.texts("legend")
    );
    assert!(!page.body.contains(NUMBER) && !page.body.contains("03-0000"), "their ends alone");
    // A remark that is too long is said at its number; what was typed stays, and nothing is taken.
    let long = "長".repeat(101);
    let refused = say(&mut reader, &path, "alive", &[("right", ""), ("wrong", &long)]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.texts(".field__error").concat().contains("100文字以内") && refused.body.contains(&long));
    assert_eq!(w.number("select count(*) from window_proofs").await, 0);
    let done = say(&mut reader, &path, "alive", &[("right", "")]).await;
    assert!(
        done.body.contains("確認できました") && done.body.contains("下の番号についてご回答ください"),
        "{}",
        done.body
    );
    assert_eq!(
        w.texts("select kind || way from window_proofs order by 1").await,
        ["maillink", "phonelink"],
        "one act for the address, and one for the number"
    );
    // Words without a choice are not dropped: it is asked which is meant, and they stay.
    let page = reader.get(&path).await;
    let which = page.values("input[name^=which_]").concat();
    let form = [("answer", "numbers"), ("which_2", &*which), ("note_2", "新しい番号があります")];
    let asked = reader.post(&path, &form).await;
    assert_eq!(asked.status, 422);
    assert!(asked.texts(".field__error").concat().contains("違うかを選んでください"), "{:?}", asked.texts("fieldset"));
    assert_eq!(asked.values("input[name^=note_]"), ["新しい番号があります"]);
    let both = [&form[..], &[("number_2", "right")]].concat();
    let asked = reader.post(&path, &both).await;
    assert!(asked.status == 422 && asked.body.contains("書いた内容を消してください"), "{}", asked.body);
    // About a row that was never there something is said as well.
    let gone = [("answer", "numbers"), ("which_9", "0.0"), ("note_9", "x")];
    let asked = reader.post(&path, &gone).await;
    assert!(asked.status == 422 && asked.texts("#error").concat().contains("番号の登録が"), "{}", asked.body);
    // Later, the other one: wrong, and nothing is overwritten.
    assert_eq!(reader.post(&path, &[("answer", "numbers")]).await.status, 422, "nothing was said");
    let page = reader.get(&path).await;
    assert_eq!(page.values("input[name^=which_]").len(), 1, "{:?}", page.texts("fieldset"));
    let form = [
        ("answer", "numbers"),
        ("which_2", &page.values("input[name^=which_]")[0]),
        ("number_2", "wrong"),
        ("note_2", "4月に廃止"),
    ];
    let done = reader.post(&path, &form).await;
    assert!(done.body.contains("番号の回答を受け取りました"), "{}", done.body);
    assert!(!done.body.contains("番号の回答を送る"), "there is nothing left to say");
    assert!(done.texts("main li").concat().contains("FAX(末尾 5678) 違うことを事務局に伝えました"), "{}", done.body);
    assert_eq!(w.number("select count(*) from contact_channels where value like '03-0000-5678%'").await, 1);
    let shown = desk.get(&w.bank_page()).await.texts(".window__routes li").concat();
    assert!(shown.contains("この番号は違う」との回答あり(4月に廃止)"), "{shown}");
    let row = desk.get(BOARD).await.texts("tbody tr").first().cloned().unwrap_or_default();
    assert!(row.contains("番号の誤り 1件") && row.contains("連絡先を直す"), "first of all, with what to do: {row}");
    for name in ["desk", "bank-admin"] {
        let tasks = tasks(&w, name).await;
        assert!(tasks.contains("番号"), "{name}: {tasks}");
    }
    assert!(tasks(&w, "desk").await.contains("連絡先を直す窓口が1か所"));
    assert!(tasks(&w, "bank-admin").await.contains("違うと回答のあった番号1件"));
    for name in ["rival-admin", "life-desk", "handler", "reader", "coordinator", "analyst", "liaison"] {
        assert!(!tasks(&w, name).await.contains("番号"), "{name}");
    }
    for (name, seen) in
        [("desk", 1), ("bank-admin", 1), ("handler", 1), ("rival-admin", 0), ("life-desk", 0), ("analyst", 0)]
    {
        let account = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        let account = account[0].parse().map(AccountId).expect("an id");
        let mut tx = w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
        let doubts: i64 =
            sqlx::query_scalar("select count(*) from window_number_doubts").fetch_one(&mut *tx).await.expect("a count");
        let write = sqlx::query(
            "insert into window_number_doubts (contact_id, round_id, kind, value, said_at)
             select contact_id, round_id, 'phone', 'x', now() from verification_requests limit 1",
        );
        assert!(write.execute(&mut *tx).await.is_err(), "{name}: by its link alone");
        assert_eq!(doubts, seen, "{name}");
    }
    // The desk calls the number after all: that is a proof, and the newest word.
    let call = format!("{BOARD}/windows/{window}");
    assert_eq!(desk.post(&call, &[("way", "1"), ("spoke_with", "当直")]).await.status, 303);
    assert!(!tasks(&w, "desk").await.contains("番号"), "{}", tasks(&w, "desk").await);
    let detail = w
        .texts("select action || detail::text from audit_events where action like 'verification.%' order by sequence")
        .await;
    assert!(detail.concat().contains("verification.numbers") && !detail.concat().contains("廃止"), "{detail:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_speaks_the_language_of_its_letter_and_the_other_one_in_place() {
    let mut w = world().await;
    sqlx::query("update contacts set language = 'en'").execute(&mut w.db).await.unwrap();
    opened(&w).await;
    let path = link(&mut w, "soc@bank.example").await;
    assert!(path.ends_with("?language=en"), "{path}");
    let mut reader = w.app.visitor();
    let page = reader.get(&path).await;
    assert!(
        page.body.contains("<html lang=\"en\"") && page.body.contains("Is this window reached here?"),
        "{}",
        page.body
    );
    let other = page.hrefs("main a[hreflang]");
    assert_eq!(other, ["?language=ja"], "relative: the path is a secret");
    let here = path.split('?').next().expect("a path").to_owned();
    assert!(reader.get(&format!("{here}{}", other[0])).await.body.contains("緊急窓口の連絡先の確認"));
    let done = reader.post(&path, &[("answer", "alive")]).await;
    assert!(done.body.contains("Thank you: confirmed"), "{}", done.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_moved_may_say_so_of_a_number_as_well() {
    let mut w = world().await;
    let (path, mut reader, page) = asked_about_a_number(&mut w).await;
    assert_eq!(page.texts("main form").len(), 1, "one form: no button loses what was said above it");
    let which = page.values("input[name^=which_]").concat();
    let form = [("answer", "moved"), ("remark", "業務部に移りました"), ("which_1", &*which), ("number_1", "wrong")];
    let done = reader.post(&path, &form).await;
    assert!(done.body.contains("変更が必要なことを事務局に伝えました"), "{}", done.body);
    assert_eq!(w.texts("select answer from verification_requests where answer is not null").await, ["moved"]);
    assert_eq!(w.texts("select kind from window_number_doubts").await, ["phone"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_was_changed_is_unproven_again_and_every_proof_ends_after_a_year() {
    let mut w = world().await;
    let (path, mut reader, page) = asked_about_a_number(&mut w).await;
    let which = page.values("input[name^=which_]").concat();
    let unproven = "select count(*) from window_numbers('2026-11-22') where unproven";
    say(&mut reader, &path, "alive", &[("right", "")]).await;
    assert_eq!(w.number(unproven).await, 0);
    assert_eq!(w.number("select count(*) from window_numbers('2027-11-21') where unproven").await, 0);
    assert_eq!(w.number("select count(*) from window_numbers('2027-11-22') where unproven").await, 1, "366 days");
    // Another number at the same window, by the form of the firm's own keeper.
    let mut admin = w.app.signed_in("bank-admin").await;
    let mut form = window_form("窓口", "soc@bank.example");
    form.retain(|(name, _)| *name != "value_2");
    form.extend([("value_2", "03-0000-9999"), ("nature", "change")]);
    form.extend(day("2026", "11", "21"));
    change(&mut admin, &w.window_page(w.window), &form).await;
    assert_eq!(w.number(unproven).await, 1, "a proof is of one number");
    assert!(tasks(&w, "bank-admin").await.contains("1年以上確認できていない番号1件"));
    // An old page says nothing of the new number.
    let old = reader.post(&path, &[("answer", "numbers"), ("which_1", &which), ("number_1", "right")]).await;
    assert_eq!(old.status, 422, "{}", old.body);
    assert!(old.body.contains("番号の登録が、この画面を開いたあとに変わりました"));
    assert_eq!(w.number(unproven).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reminders_cover_numbers_that_nobody_answered_for() {
    let mut w = world().await;
    let (window, second) = (w.window, w.second);
    number(&mut w, window, 2, "phone", NUMBER).await;
    number(&mut w, second, 2, "phone", "03-0000-7777").await;
    opened(&w).await;
    for address in ["soc@bank.example", "night@bank.example", "soc@rival.example"] {
        let path = link(&mut w, address).await;
        let said: &[_] = if address == "night@bank.example" { &[("wrong", "")] } else { &[] };
        assert!(say(&mut w.app.visitor(), &path, "alive", said).await.body.contains("確認できました"));
    }
    // The desk's own reminder reaches the same windows, and what they answered stays.
    w.app.state.clock.advance(TimeDelta::days(1));
    let mut desk = w.app.signed_in("desk").await;
    let before = w.number("select count(*) from mails where body like '%/verification/%'").await;
    let board = desk.get(BOARD).await;
    let reminded = desk.press(&board, "form[action$=reminder]", &[]).await;
    assert!(reminded.location().ends_with("done=reminded"), "{} {}", reminded.status, reminded.location());
    assert_eq!(w.number("select count(*) from mails where body like '%/verification/%'").await, before + 1);
    let body = w.texts("select body from mails order by created_at desc limit 1").await.concat();
    assert!(body.contains("番号の確認が、まだ済んでいません"), "{body}");
    assert_eq!(w.number("select count(*) from verification_requests where answer = 'alive'").await, 3);
    let path = link(&mut w, "soc@bank.example").await;
    assert!(w.app.visitor().get(&path).await.body.contains("下の番号についてご回答ください"), "its link works");
    let worker = sqlx::PgPool::connect_with(w.app.database.connections.worker.clone()).await.expect("a pool");
    w.app.state.clock.advance(TimeDelta::days(9));
    let sent = reminding::remind(&worker, "http://portal.example", w.app.state.clock.now()).await.expect("reminders");
    assert_eq!(sent, 1, "who called its number wrong has answered");
    let body = w.texts("select body from mails order by created_at desc limit 1").await.concat();
    assert!(body.contains("番号の確認が、まだ済んでいません"), "{body}");
    let path = link(&mut w, "soc@bank.example").await;
    let mut reader = w.app.visitor();
    let page = reader.get(&path).await;
    assert!(page.body.contains("下の番号についてご回答ください"), "{}", page.body);
    say(&mut reader, &path, "numbers", &[("right", "")]).await;
    assert_eq!(
        w.texts("select answer || way from verification_requests where contact_id is not null").await,
        ["alivelink"; 3]
    );
    w.app.state.clock.advance(TimeDelta::days(4));
    let sent = reminding::remind(&worker, "http://portal.example", w.app.state.clock.now()).await.expect("reminders");
    assert_eq!(sent, 0);
}

/// Another mail to a window, as an advisory's: the relay's answer to it.
async fn item_mail(w: &mut World, address: &str, state: &str) {
    let now = w.app.state.clock.now();
    let sql = format!(
        "with known as (
           select d.mail_id, d.ceptoar_id, d.contact_id, d.position, d.priority, d.give_up_at, a.address, a.addressee, gen_random_uuid() as id, k.organisation_id as firm
           from deliveries d join delivery_addresses a using (delivery_id) join contacts k on k.contact_id = d.contact_id
           where a.address = '{address}' order by d.settled_at limit 1),
         made as (
           insert into deliveries (delivery_id, mail_id, item_id, organisation_id, ceptoar_id, contact_id, stage, position, state,
                                   priority, give_up_at, settled_at)
           select id, mail_id, gen_random_uuid(), firm, ceptoar_id, contact_id, 'member', position, '{state}', priority,
                  give_up_at, '{now}' from known)
         insert into delivery_addresses (delivery_id, organisation_id, ceptoar_id, address, addressee)
         select id, firm, ceptoar_id, address, addressee from known"
    );
    run(w, &sql).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advisory_that_came_back_is_a_task_until_a_later_mail_goes_through() {
    let mut w = world().await;
    opened(&w).await;
    for address in ["soc@bank.example", "night@bank.example"] {
        let path = link(&mut w, address).await;
        w.app.visitor().post(&path, &[("answer", "alive")]).await;
    }
    assert_eq!(tasks(&w, "bank-admin").await, "");
    w.app.state.clock.advance(TimeDelta::minutes(5));
    item_mail(&mut w, "soc@bank.example", "refused").await;
    assert!(tasks(&w, "bank-admin").await.contains("メールが届きません"), "proven, and dead since");
    assert!(tasks(&w, "desk").await.contains("連絡先を直す窓口が1か所"));
    for name in ["rival-admin", "life-desk", "analyst"] {
        assert!(!tasks(&w, name).await.contains("届きません"), "{name}");
    }
    w.app.state.clock.advance(TimeDelta::minutes(5));
    item_mail(&mut w, "soc@bank.example", "sent").await;
    assert_eq!(tasks(&w, "bank-admin").await, "", "the mailbox was emptied");
    w.app.state.clock.advance(TimeDelta::minutes(5));
    item_mail(&mut w, "soc@bank.example", "expired").await;
    assert!(tasks(&w, "bank-admin").await.contains("メールが届きません"));
    w.app.state.clock.advance(TimeDelta::minutes(5));
    let path = link(&mut w, "soc@bank.example").await;
    assert!(w.app.visitor().get(&path).await.status == 200);
    run(&mut w, "update contact_channels set value = 'new@bank.example' where value = 'soc@bank.example'").await;
    assert_eq!(tasks(&w, "bank-admin").await, "", "another address");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_stays_a_task_when_the_round_is_over() {
    let mut w = world().await;
    let mut desk = opened(&w).await;
    let moved = link(&mut w, "night@bank.example").await;
    w.app.visitor().post(&moved, &[("answer", "moved"), ("remark", "業務部に移りました")]).await;
    refuse_mail(&mut w, "soc@bank.example").await;
    let page = w.app.signed_in("bank-admin").await.get("/").await;
    let own = page.texts("[data-task]").concat();
    assert!(own.contains("メールが届きません") && own.contains("変更が必要と回答がありました"), "{own}");
    assert!(own.contains("2026年12月4日"), "the round's due day: {own}");
    assert!(page.body.contains(&w.window_page(w.window)) && page.body.contains(&w.window_page(w.second)));
    assert!(tasks(&w, "rival-admin").await.contains("確認のメールに回答がありません"));
    end(&mut desk).await;
    let (desks, own) = (tasks(&w, "desk").await, tasks(&w, "bank-admin").await);
    assert!(desks.contains("連絡先を直す窓口が2か所"), "{desks}");
    assert!(
        own.contains("メールが届きません") && own.contains("変更が必要と回答がありました") && !own.contains("12月4日"),
        "{own}"
    );
    assert_eq!(tasks(&w, "rival-admin").await, "", "nobody waits for an answer any more");
    for name in ["life-desk", "handler", "no-handler", "reader", "analyst", "coordinator"] {
        let tasks = tasks(&w, name).await;
        assert!(!tasks.contains("連絡先を直す窓口が") && !tasks.contains("メールが届きません"), "{name}: {tasks}");
    }
    let broken = desk.get(&format!("{WINDOWS}?show=broken")).await;
    assert_eq!(broken.texts("tbody tr").len(), 2);
    // The keeper mends one: another address. The other is proven by a call.
    let mut admin = w.app.signed_in("bank-admin").await;
    let mut form = window_form("窓口", "new@bank.example");
    form.push(("nature", "change"));
    form.extend(day("2026", "11", "21"));
    change(&mut admin, &w.window_page(w.window), &form).await;
    let own = tasks(&w, "bank-admin").await;
    assert!(!own.contains("メールが届きません") && own.contains("変更が必要と回答がありました"), "{own}");
    let second = w.second;
    number(&mut w, second, 2, "phone", "03-0000-7777").await;
    let called = desk.post(&format!("{BOARD}/windows/{second}"), &[("way", "0"), ("spoke_with", "当直")]).await;
    assert_eq!(called.status, 303);
    assert!(!tasks(&w, "desk").await.contains("連絡先を直す窓口が"), "{}", tasks(&w, "desk").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_are_chosen_by_their_own_desk_alone() {
    let mut w = world().await;
    let window = w.window.to_string();
    for name in ["life-desk", "bank-admin", "handler", "analyst", "approver", "liaison", "auditor"] {
        let mut other = w.app.signed_in(name).await;
        assert_eq!(other.get(WINDOWS).await.status, 404, "{name}");
        for step in ["search", "tick", "ask"] {
            let form = [vec![("step", step)], asking(&[&window])[1..].to_vec()].concat();
            assert_eq!(other.post(WINDOWS, &form).await.status, 404, "{name} {step}");
        }
    }
    let mut coordinator = w.app.signed_in("coordinator").await;
    let page = coordinator.get(WINDOWS).await;
    assert_eq!((page.status, page.values("input[name=chosen]").len()), (200, 0), "looks and does nothing");
    assert_eq!(coordinator.post(WINDOWS, &[("step", "search"), ("words", "星見")]).await.status, 200);
    assert_eq!(coordinator.post(WINDOWS, &asking(&[&window])).await.status, 404);
    // Another CEPTOAR's desk reaches no window of this one through its own page.
    let mut life = w.app.signed_in("life-desk").await;
    let refused = life.post("/directory/life/verification/windows", &asking(&[&window])).await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        life.get(&format!("/directory/life/verification/windows?window={window}")).await.texts("tbody tr").len(),
        0
    );
    assert_eq!(w.number("select count(*) from verification_rounds").await, 0);
    // The link of a round that is over answers for no number either.
    opened(&w).await;
    let own = w.window;
    number(&mut w, own, 2, "phone", NUMBER).await;
    let path = link(&mut w, "soc@bank.example").await;
    let which = w.app.visitor().get(&path).await.values("input[name^=which_]").concat();
    run(&mut w, "update verification_rounds set closed_at = now(), closed_by = opened_by").await;
    let form = [("answer", "alive"), ("which_1", which.as_str()), ("number_1", "right")];
    assert_eq!(w.app.visitor().post(&path, &form).await.status, 404);
    assert_eq!(w.number("select count(*) from window_proofs").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_mail_has_no_say_once_the_window_is_reached_elsewhere() {
    let mut w = world().await;
    let (path, mut reader, page) = asked_about_a_number(&mut w).await;
    let which = page.values("input[name^=which_]").concat();
    run(&mut w, "update contact_channels set value = 'new@bank.example' where value = 'soc@bank.example'").await;
    assert!(!reader.get(&path).await.body.contains("末尾 1234"), "whoever left learns no number");
    let typed = [("answer", "alive"), ("which_1", &*which), ("number_1", "right"), ("note_1", "")];
    reader.post(&path, &typed).await;
    assert_eq!(w.number("select count(*) from window_proofs").await, 0, "and proves nothing");
    assert_eq!(w.number("select count(*) from verification_requests where answer = 'alive'").await, 0);
    // They may say that it is somebody else's now; of numbers they have no say after it either.
    reader.post(&path, &[("answer", "moved"), ("which_1", &*which), ("number_1", "wrong"), ("note_1", "x")]).await;
    assert_eq!(w.number("select count(*) from verification_requests where answer = 'moved'").await, 1);
    assert_eq!(w.number("select count(*) from window_number_doubts").await, 0);
    // The new address is asked again.
    w.app.state.clock.advance(TimeDelta::hours(21));
    let mut desk = w.app.signed_in("desk").await;
    let board = desk.get(BOARD).await;
    assert_eq!(desk.press(&board, "form[action$=reminder]", &[]).await.status, 303);
    let fresh = link(&mut w, "new@bank.example").await;
    assert!(reader.get(&fresh).await.body.contains("末尾 1234"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_waits_for_the_answer_of_a_link_and_holds_nothing_that_it_needs() {
    use ceptoar_portal::features::directory::verification::answering::store::{Call, called, note_call};
    use ceptoar_portal::kernel::ids::{AccountId, ContactId};
    let mut w = world().await;
    let window = w.window;
    number(&mut w, window, 2, "phone", NUMBER).await;
    opened(&w).await;
    let by = w.texts("select account_id::text from accounts where sign_in_name = 'desk'").await.remove(0);
    let by = AccountId(by.parse().expect("an id"));
    let now = w.app.state.clock.now();
    // As the answer of a link does: the question first.
    let mut link = w.app.database.owner().await;
    let question = format!("begin; select from verification_requests where contact_id = '{window}' for update");
    sqlx::raw_sql(sqlx::AssertSqlSafe(question)).execute(&mut link).await.expect("a lock");
    let db = w.app.state.db.clone();
    let call = tokio::spawn(async move {
        let mut tx = db.begin(Some(by), now).await.expect("a transaction");
        let known = called(&mut tx, "banks", ContactId(window)).await.expect("an answer").expect("a window");
        let way = known.ways.iter().find(|way| way.value == NUMBER).expect("a number");
        let call = Call { window: ContactId(window), way, spoke_with: "当直", by };
        note_call(&mut tx, "banks", call, now).await?;
        tx.commit().await
    });
    let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    for _ in 0..200 {
        if w.number(waits).await > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(w.number(waits).await, 1, "the call waits");
    // … and the way after: were it held by the call, both would wait for each other.
    let way = format!(
        "set lock_timeout = '3s'; update contact_channels set last_verified_on = '2026-11-21' where contact_id = '{window}'; commit"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(way)).execute(&mut link).await.expect("nothing holds the way");
    call.await.expect("a call").expect("written down");
    assert_eq!(w.number("select count(*) from window_proofs where way = 'call'").await, 1);
}
