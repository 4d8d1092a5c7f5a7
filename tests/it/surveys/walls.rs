//! Who gets what of a survey: page by page, and by SQL in everybody's place.

use sqlx::AssertSqlSafe;

use super::world::{ANSWERS, KEEPERS, NAMED, NEW, World, ask, make, opened, step, version, with, world};

const OTHERS: [&str; 9] = [
    "life-desk",
    "insurer-admin",
    "coordinator",
    "analyst",
    "approver",
    "liaison",
    "auditor",
    "operator",
    "case-author",
];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_desk_and_those_asked_gets_a_page() {
    let mut world = world().await;
    crate::support::factory::case_team(&world.w.app).await;
    let survey = opened(&world).await;
    for keeper in KEEPERS {
        assert_eq!(world.answer(&survey, keeper, &ANSWERS).await.status, 303);
    }
    let bank = world.w.bank;
    let question = world.w.texts("select question_id::text from survey_questions where position = 1").await.concat();
    let pages = [
        survey.clone(),
        format!("{survey}/settings"),
        format!("{survey}/questions/new"),
        format!("{survey}/questions/{question}"),
        format!("{survey}/steps/close"),
        format!("{survey}/results"),
        format!("{survey}/firms/{bank}"),
        format!("{survey}/firms/{bank}/answer"),
    ];
    let acts = [
        (NEW.to_owned(), NAMED.to_vec()),
        (format!("{survey}/settings"), with(&NAMED, &[("visibility", "counted"), ("version", "7")])),
        (format!("{survey}/questions/new"), vec![("question_kind", "words"), ("wording", "x"), ("version", "7")]),
        (
            format!("{survey}/questions/{question}"),
            vec![("question_kind", "words"), ("wording", "x"), ("version", "7")],
        ),
        (format!("{survey}/questions/{question}/place"), vec![("to", "down"), ("version", "7")]),
        (format!("{survey}/questions/{question}/removal"), vec![("version", "7")]),
        (format!("{survey}/steps/close"), vec![("version", "7")]),
        (format!("{survey}/steps/cancel"), vec![("version", "7")]),
        (format!("{survey}/reminder"), vec![]),
        (format!("{survey}/next"), vec![]),
        (format!("{survey}/export"), vec![("format", "xlsx")]),
    ];
    let before = state(&mut world).await;
    for name in OTHERS {
        let mut client = world.w.app.signed_in(name).await;
        for page in &pages {
            assert_eq!(client.get(page).await.status, 404, "{name} {page}");
        }
        for (path, typed) in &acts {
            assert_eq!(client.post(path, typed).await.status, 404, "{name} {path}");
        }
        let answer = with(&ANSWERS, &[("version", "1"), ("act", "send")]);
        assert_eq!(client.post(&pages[7], &answer).await.status, 404, "{name} answers");
    }
    // Of the firms: the keeper of another, and people of the firm who do not keep it.
    for (name, sees) in [("rival-admin", true), ("handler", true), ("reader", true)] {
        let mut client = world.w.app.signed_in(name).await;
        assert_eq!(client.get(&survey).await.status == 200, sees, "{name}");
        for page in &pages[1..] {
            assert_eq!(client.get(page).await.status, 404, "{name} {page}");
        }
        for (path, typed) in &acts {
            assert_eq!(client.post(path, typed).await.status, 404, "{name} {path}");
        }
        let answer = with(&ANSWERS, &[("version", "1"), ("act", "send"), ("answer_1", "3")]);
        assert_eq!(client.post(&pages[7], &answer).await.status, 404, "{name} answers for another");
    }
    // A desk answers for nobody.
    let mut desk = world.w.app.signed_in("desk").await;
    assert_eq!(desk.get(&pages[7]).await.status, 404);
    assert_eq!(desk.post(&pages[7], &with(&ANSWERS, &[("version", "1"), ("act", "send")])).await.status, 404);
    assert_eq!(state(&mut world).await, before);
    // Before it opens a survey is its desk's alone.
    let draft = make(&mut desk, &NAMED).await;
    for name in ["bank-admin", "reader", "life-desk", "analyst"] {
        assert_eq!(world.w.app.signed_in(name).await.get(&draft).await.status, 404, "{name}");
    }
    assert!(!world.w.app.signed_in("bank-admin").await.get("/surveys").await.body.contains(&draft));
}

/// What nobody without right may change.
async fn state(world: &mut World) -> Vec<String> {
    world
        .w
        .texts(
            "select x from (select s::text as x from surveys s union all select q::text from survey_questions q
             union all select r::text from survey_replies r union all select a::text from survey_answers a
             union all select d::text from survey_drafts d union all select l::text from survey_letters l) y order by 1",
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn by_sql_a_survey_is_read_by_its_desk_and_those_asked_and_answers_by_name_alone() {
    let mut world = world().await;
    let named = opened(&world).await;
    let mut desk = world.w.app.signed_in("desk").await;
    let counted = make(&mut desk, &with(&NAMED, &[("visibility", "counted")])).await;
    ask(&mut desk, &counted, &[("question_kind", "one"), ("wording", "問い"), ("choices", "はい\nいいえ")]).await;
    step(&mut desk, &counted, "open", &[]).await;
    make(&mut desk, &NAMED).await;
    for keeper in KEEPERS {
        assert_eq!(world.answer(&named, keeper, &ANSWERS).await.status, 303);
        assert_eq!(world.answer(&counted, keeper, &[("answer_1", "1")]).await.status, 303);
    }
    // Surveys, questions, asked, replies, drafts, answers, letters.
    for (name, seen) in [
        ("desk", [3, 6, 8, 8, 0, 20, 8]),
        ("desk2", [3, 6, 8, 8, 0, 20, 8]),
        ("bank-admin", [2, 6, 2, 2, 2, 6, 0]),
        ("rival-admin", [2, 6, 2, 2, 2, 6, 0]),
        ("handler", [2, 6, 2, 0, 0, 0, 0]),
        ("reader", [2, 6, 2, 0, 0, 0, 0]),
        ("life-desk", [0; 7]),
        ("insurer-admin", [0; 7]),
        ("coordinator", [0; 7]),
        ("analyst", [0; 7]),
        ("approver", [0; 7]),
        ("liaison", [0; 7]),
        ("auditor", [0; 7]),
        ("operator", [0; 7]),
    ] {
        let tables = [
            "surveys",
            "survey_questions",
            "survey_asked",
            "survey_replies",
            "survey_drafts",
            "survey_answers",
            "survey_letters",
        ];
        for (table, rows) in tables.into_iter().zip(seen) {
            let mut tx = world.looking(name).await;
            let found: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
                .fetch_one(&mut *tx)
                .await
                .unwrap();
            assert_eq!(found, rows, "{name} {table}");
        }
        // Numbers: exact for the desk with names, none of what is open without, none for anybody else.
        let mut tx = world.looking(name).await;
        let cells: i64 = sqlx::query_scalar(
            "select count(distinct survey_id) from survey_cells(array(select survey_id from surveys), true)",
        )
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        assert_eq!(cells, i64::from(name.starts_with("desk")), "{name}");
        let mut tx = world.looking(name).await;
        assert!(sqlx::query("select * from survey_raw_cells('{}')").execute(&mut *tx).await.is_err(), "{name}");
        let mut tx = world.looking(name).await;
        let whom: i64 = sqlx::query_scalar("select count(*) from survey_audience('banks', null)")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(whom, if name.starts_with("desk") { 4 } else { 0 }, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_sql_nobody_goes_round_the_steps() {
    let mut world = world().await;
    let survey = opened(&world).await;
    let id = survey.trim_start_matches("/surveys/").to_owned();
    assert_eq!(world.answer(&survey, "bank-admin", &ANSWERS).await.status, 303);
    let bank = world.w.bank;
    let rival = world.w.rival;
    let question = |position: i32| {
        format!("(select question_id from survey_questions where survey_id = '{id}' and position = {position})")
    };
    let forged = [
        // What is fixed, and steps.
        "update surveys set visibility = 'counted', version = version + 1".to_owned(),
        "update surveys set kind = 'other', version = version + 1".to_owned(),
        "update surveys set due_on = '2027-03-31', version = version + 1".to_owned(),
        "update surveys set state = 'closed', closed_at = viewer_now()".to_owned(),
        "update surveys set released_at = viewer_now()".to_owned(),
        "delete from surveys".to_owned(),
        format!("select survey_step('{id}', (select version from surveys where survey_id = '{id}'), 'release', null)"),
        format!(
            "select survey_step('{id}', (select version from surveys where survey_id = '{id}'), 'extend', '2026-12-01')"
        ),
        // Questions of what is open, and who is asked.
        format!(
            "insert into survey_questions (question_id, survey_id, position, lineage, kind, wording, required) values (gen_random_uuid(), '{id}', 9, gen_random_uuid(), 'words', 'x', false)"
        ),
        "update survey_questions set wording = 'x'".to_owned(),
        "delete from survey_questions".to_owned(),
        "insert into survey_asked select survey_id, gen_random_uuid(), ceptoar_id from surveys".to_owned(),
        "delete from survey_asked".to_owned(),
        // Answers of others, and what nobody asked.
        format!(
            "insert into survey_replies (survey_id, organisation_id, saved_at) values ('{id}', '{rival}', viewer_now())"
        ),
        format!("update survey_drafts set typed = '[]' where organisation_id <> '{bank}'"),
        format!(
            "insert into survey_answers (survey_id, organisation_id, question_id, place) values ('{id}', '{rival}', {}, 1)",
            question(1)
        ),
        format!(
            "insert into survey_answers (survey_id, organisation_id, question_id, place) values ('{id}', '{bank}', {}, 4)",
            question(2)
        ),
        format!(
            "insert into survey_answers (survey_id, organisation_id, question_id, place) values ('{id}', '{bank}', {}, 3)",
            question(1)
        ),
        format!(
            "insert into survey_answers (survey_id, organisation_id, question_id, place, words) values ('{id}', '{bank}', {}, 1, 'x')",
            question(2)
        ),
        format!(
            "insert into survey_answers (survey_id, organisation_id, question_id, place, number) values ('{id}', '{bank}', gen_random_uuid(), 1, 1)"
        ),
        format!(
            "insert into survey_answers (survey_id, organisation_id, question_id, place, product) values ('{id}', '{bank}', {}, 101, 'x')",
            question(5)
        ),
        "update survey_answers set words = 'x'".to_owned(),
        "insert into survey_letters select survey_id, organisation_id, '2026-01-01', 'opened' from survey_asked"
            .to_owned(),
        "delete from survey_letters".to_owned(),
        format!("select survey_tell('{id}', 'before', '{{x,x}}', '{{x,x}}', '{{x,x}}')"),
        format!("select survey_remind('{id}', '2026-12-18', '{{x,x}}', '{{x,x}}', '{{x,x}}', '2026-12-17', now())"),
        format!("select survey_write('{id}', 'opened', '{{x,x}}', '{{x,x}}', '{{x,x}}', '2026-12-17', now())"),
    ];
    for name in ["desk", "bank-admin", "rival-admin", "handler", "life-desk", "analyst", "operator"] {
        for forgery in &forged {
            // What the rival's keeper may do for the rival is no forgery.
            if name == "rival-admin" && forgery.contains(&rival.to_string()) && forgery.contains("survey_replies") {
                continue;
            }
            let mut tx = world.looking(name).await;
            let done = sqlx::query(AssertSqlSafe(forgery.clone())).execute(&mut *tx).await;
            assert!(done.is_err() || done.unwrap().rows_affected() == 0, "{name}: {forgery}");
        }
    }
    for name in ["bank-admin", "life-desk", "analyst", "coordinator"] {
        let mut tx = world.looking(name).await;
        assert!(
            sqlx::query(AssertSqlSafe(format!("select survey_step('{id}', 9, 'close', null)")))
                .execute(&mut *tx)
                .await
                .is_err(),
            "{name}"
        );
        let mut tx = world.looking(name).await;
        assert!(
            sqlx::query(AssertSqlSafe(format!(
                "select survey_tell('{id}', 'by_hand', '{{x,x}}', '{{x,x}}', '{{x,x}}')"
            )))
            .execute(&mut *tx)
            .await
            .is_err(),
            "{name}"
        );
        let mut tx = world.looking(name).await;
        let standing: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from survey_standing('{id}')")))
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(standing, 0, "{name}");
    }
    // After the due day the firm's own keeper is refused as well.
    world.w.app.state.clock.advance(chrono::TimeDelta::days(28));
    for late in [
        "update survey_replies set version = version + 1, saved_at = viewer_now(), sent_at = viewer_now()",
        "delete from survey_answers",
        "update survey_drafts set typed = '[]'",
    ] {
        let mut tx = world.looking("bank-admin").await;
        let done = sqlx::query(late).execute(&mut *tx).await;
        assert!(done.is_err() || done.unwrap().rows_affected() == 0, "{late}");
    }
    let mut desk = world.w.app.signed_in("desk").await;
    assert_eq!(version(&desk.get(&format!("{survey}/steps/close")).await), "7");
}
