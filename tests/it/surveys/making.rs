//! A desk makes a survey: what it types, in which order, and what is refused.

use super::world::{NAMED, NEW, World, ask, ask_everything, make, opened, step, version, with, world};
use crate::support::Reply;

fn wrong(page: &Reply) -> Vec<String> {
    assert_eq!(page.status, 422, "{}", page.body);
    page.attributes(".error-summary a", "href")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_is_made_question_by_question_and_opened_as_it_was_shown() {
    let World { mut w, .. } = world().await;
    let mut desk = w.app.signed_in("desk").await;
    assert!(desk.get("/surveys").await.body.contains("調査はまだありません"));
    let survey = make(&mut desk, &NAMED).await;
    let early = desk.get(&format!("{survey}/steps/open")).await;
    assert!(early.texts("[role=alert]").concat().contains("質問がありません"), "{}", early.body);
    ask_everything(&mut desk, &survey).await;
    let page = desk.get(&survey).await;
    let wordings = page.texts("[data-questions] .questions__wording");
    assert_eq!(wordings.len(), 5);
    assert!(wordings[0].contains("多要素認証") && wordings[4].contains("VPN装置"), "{wordings:?}");
    // The last comes before the fourth.
    let seen = version(&page);
    let last = page.attributes("[data-questions] form", "action").pop().unwrap();
    assert_eq!(desk.post(&last, &[("version", &seen), ("to", "up")]).await.status, 303);
    assert_eq!(desk.post(&last, &[("version", &seen), ("to", "up")]).await.status, 409, "two clicks are one");
    let page = desk.get(&survey).await;
    assert!(page.texts("[data-questions] .questions__wording")[3].contains("VPN装置"));
    let fourth = page.attributes("[data-questions] form", "action").remove(3).replace("/place", "/removal");
    assert_eq!(desk.post(&fourth, &[("version", &version(&page))]).await.status, 303);
    assert_eq!(
        w.texts("select position::text || kind from survey_questions order by 1").await,
        ["1one", "2several", "3number", "4words"]
    );
    let confirm = desk.get(&format!("{survey}/steps/open")).await;
    assert!(confirm.body.contains("4社に調査を開始"), "{}", confirm.body);
    let done = step(&mut desk, &survey, "open", &[]).await;
    assert!(done.location().ends_with("?done=open&letters=4"), "{}", done.location());
    assert_eq!(w.number("select count(*) from survey_asked").await, 4);
    assert_eq!(
        w.texts("select action from audit_events where action like 'survey.%' order by sequence desc limit 1").await,
        ["survey.open"]
    );
    // The letter says nothing of what is asked.
    let letters = w.texts("select m.subject || m.body from mails m where m.subject like '%調査%'").await;
    assert_eq!(letters.len(), 4);
    assert!(letters.iter().all(|text| !text.contains("利用システム") && text.contains(&survey)), "{letters:?}");
    // What is open is changed no more.
    for path in ["/settings", "/questions/new", "/steps/open"] {
        assert_eq!(desk.get(&format!("{survey}{path}")).await.status, 409, "{path}");
    }
    let forged = with(&NAMED, &[("version", "99"), ("visibility", "counted"), ("remind_days", "3")]);
    assert_eq!(desk.post(&format!("{survey}/settings"), &forged).await.status, 409);
    assert_eq!(w.texts("select visibility || kind from surveys").await, ["namedsystems"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrong_about_a_survey_is_said_at_its_field() {
    let World { mut w, .. } = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let all = with(&NAMED, &[("remind_days", "3")]);
    for (field, other) in [
        ("#title", vec![("title", " ")]),
        ("#survey_kind", vec![("survey_kind", "census")]),
        ("#participation", vec![("participation", "")]),
        ("#visibility", vec![("visibility", "everybody")]),
        ("#survey_group", vec![("survey_group", "life-1")]),
        ("#remind_days", vec![("remind_days", "0")]),
        ("#remind_days", vec![("remind_days", "15")]),
        ("#due", vec![("due_month", "11"), ("due_day", "21")]),
        ("#due", vec![("due_month", "11"), ("due_day", "20")]),
        ("#due", vec![("due_year", "2027"), ("due_month", "11"), ("due_day", "22")]),
        ("#due", vec![("due_day", "32")]),
        ("#due", vec![("due_year", ""), ("due_month", ""), ("due_day", "")]),
    ] {
        let page = desk.post(NEW, &with(&all, &other)).await;
        assert_eq!(wrong(&page), [field], "{other:?}");
        assert!(page.body.contains("毎年お尋ねしています。"), "what was typed stays");
    }
    assert_eq!(w.number("select count(*) from surveys").await, 0);
    let survey = make(&mut desk, &NAMED).await;
    let path = format!("{survey}/questions/new");
    let seen = version(&desk.get(&path).await);
    let one = [("question_kind", "one"), ("wording", "問い"), ("choices", "はい\nいいえ"), ("version", &seen)];
    let long = "あ".repeat(101);
    for (field, other) in [
        ("#wording", [("wording", "")]),
        ("#question_kind", [("question_kind", "essay")]),
        ("#choices", [("choices", "はい")]),
        ("#choices", [("choices", "はい\nいいえ\nはい")]),
        ("#choices", [("choices", "ABC\nＡＢＣ")]),
        ("#choices", [("choices", long.as_str())]),
    ] {
        assert_eq!(wrong(&desk.post(&path, &with(&one, &other)).await), [field], "{other:?}");
    }
    let number = [("question_kind", "number"), ("wording", "台数"), ("version", &seen)];
    for (field, other) in [
        ("#least", [("least", "x"), ("most", "3")]),
        ("#most", [("least", "3"), ("most", "2")]),
        ("#most", [("least", "0"), ("most", "1.234")]),
    ] {
        assert_eq!(wrong(&desk.post(&path, &with(&number, &other)).await), [field], "{other:?}");
    }
    // Somebody else was faster: what was typed stays.
    ask(&mut desk, &survey, &one[..3]).await;
    let late = desk.post(&path, &one).await;
    assert_eq!(late.status, 422);
    assert!(late.texts("[role=alert]").concat().contains("別の人がこの調査を変えました"));
    assert!(late.body.contains("いいえ"));
    assert_eq!(w.number("select count(*) from survey_questions").await, 1);
    // Words betray a firm.
    let counted = make(&mut desk, &with(&NAMED, &[("visibility", "counted")])).await;
    let path = format!("{counted}/questions/new");
    let seen = version(&desk.get(&path).await);
    let words = [("question_kind", "words"), ("wording", "困っていること"), ("version", seen.as_str())];
    let page = desk.post(&path, &words).await;
    assert_eq!(wrong(&page), ["#question_kind"]);
    assert!(page.texts(".field__error").concat().contains("文面から会社が分かってしまう"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_with_names_that_becomes_one_of_numbers_is_not_opened_with_words() {
    let World { mut w, .. } = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let survey = make(&mut desk, &NAMED).await;
    ask_everything(&mut desk, &survey).await;
    let path = format!("{survey}/settings");
    let seen = version(&desk.get(&path).await);
    let changed = with(&NAMED, &[("visibility", "counted"), ("remind_days", "3"), ("version", &seen)]);
    assert_eq!(desk.post(&path, &changed).await.status, 303);
    let page = desk.get(&format!("{survey}/steps/open")).await;
    assert!(page.texts("[role=alert]").concat().contains("文章で答える質問"), "{}", page.body);
    let forced = desk.post(&format!("{survey}/steps/open"), &[("version", "7")]).await;
    assert_eq!(forced.status, 422);
    assert_eq!(w.texts("select state from surveys").await, ["draft"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_survey_is_given_more_time_closed_or_cancelled_and_nothing_else() {
    let world = world().await;
    let survey = opened(&world).await;
    let mut w = world.w;
    let mut desk = w.app.signed_in("desk").await;
    let day = |month, day| [("due_year", "2026"), ("due_month", month), ("due_day", day)];
    for (month, date) in [("12", "18"), ("12", "1"), ("11", "21"), ("13", "1")] {
        assert_eq!(wrong(&step(&mut desk, &survey, "extend", &day(month, date)).await), ["#due"], "{month}/{date}");
    }
    assert_eq!(step(&mut desk, &survey, "extend", &day("12", "25")).await.status, 303);
    assert_eq!(w.texts("select due_on::text from surveys").await, ["2026-12-25"]);
    assert_eq!(desk.get(&format!("{survey}/steps/release")).await.status, 409);
    assert_eq!(desk.get(&format!("{survey}/steps/reopen")).await.status, 404);
    let early = desk.get(&format!("{survey}/steps/close")).await;
    assert!(early.body.contains("期限(2026年12月25日(金))より前"), "{}", early.body);
    assert_eq!(desk.post(&format!("{survey}/steps/close"), &[("version", "1")]).await.status, 409, "an old page");
    assert_eq!(step(&mut desk, &survey, "close", &[]).await.status, 303);
    for gone in ["extend", "close", "cancel"] {
        assert_eq!(desk.get(&format!("{survey}/steps/{gone}")).await.status, 409, "{gone}");
        assert_eq!(desk.post(&format!("{survey}/steps/{gone}"), &[("version", "9")]).await.status, 409, "{gone}");
    }
    assert_eq!(desk.post(&format!("{survey}/reminder"), &[]).await.status, 409);
    assert_eq!(step(&mut desk, &survey, "release", &[]).await.status, 303);
    // A draft that is given up is nowhere any more; what was open says so.
    let draft = make(&mut desk, &NAMED).await;
    assert_eq!(step(&mut desk, &draft, "cancel", &[]).await.location(), "/surveys");
    assert_eq!(desk.get(&draft).await.status, 404);
    let acts = w.texts("select action from audit_events where subject_kind = 'survey' and action ~ '(extend|close|cancel|release)$' order by sequence").await;
    assert_eq!(acts, ["survey.extend", "survey.close", "survey.release", "survey.cancel"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn this_years_survey_asks_the_same_and_keeps_the_line() {
    let world = world().await;
    let survey = opened(&world).await;
    let mut w = world.w;
    let mut desk = w.app.signed_in("desk").await;
    assert_eq!(desk.post(&format!("{survey}/next"), &[]).await.status, 409, "it is open");
    step(&mut desk, &survey, "close", &[]).await;
    let next = desk.post(&format!("{survey}/next"), &[]).await;
    assert!(next.location().ends_with("?done=next"), "{}", next.location());
    let next = next.location().split('?').next().unwrap().to_owned();
    assert_eq!(desk.get(&next).await.texts("h1"), ["2027年度 利用システム調査"]);
    let lines = "select count(distinct lineage) from survey_questions";
    assert_eq!(w.number(lines).await, 5);
    assert_eq!(w.number("select count(*) from survey_questions").await, 10);
    // Another meaning, another line.
    let page = desk.get(&next).await;
    let edit = page.hrefs("[data-questions] a").remove(0);
    let seen = version(&desk.get(&edit).await);
    let one = [("question_kind", "one"), ("wording", "多要素認証(必須の箇所)"), ("choices", "はい\nいいえ")];
    assert_eq!(desk.post(&edit, &with(&one, &[("version", &seen), ("apart", "true")])).await.status, 303);
    assert_eq!(w.number(lines).await, 6);
}
