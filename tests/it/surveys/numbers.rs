//! What is read of answers: with names, as numbers alone, over the years, as a file, by product.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::world::{ANSWERS, KEEPERS, NAMED, World, ask, make, opened, step, with, world};
use crate::support::Reply;

/// The rows of a question's table: label and cells.
fn rows(page: &Reply, question: usize) -> Vec<Vec<String>> {
    let cells = page.texts(&format!("[data-question='{question}'] tbody th, [data-question='{question}'] tbody td"));
    let columns = page.texts(&format!("[data-question='{question}'] thead th")).len();
    cells.chunks(columns.max(1)).map(<[String]>::to_vec).collect()
}

const WITHHELD: &str = "3社未満のため表示しません";

/// A survey of numbers alone with three questions, answered by so many more firms that took so many choices.
async fn counted(world: &mut World, takes: &[(usize, i64)]) -> String {
    let mut desk = world.w.app.signed_in("desk").await;
    let survey = make(&mut desk, &with(&NAMED, &[("visibility", "counted")])).await;
    let one =
        [("question_kind", "one"), ("wording", "多要素認証"), ("required", "true"), ("choices", "全社\n一部\nなし")];
    ask(&mut desk, &survey, &one).await;
    ask(&mut desk, &survey, &[("question_kind", "several"), ("wording", "監視"), ("choices", "自社\n委託")]).await;
    ask(&mut desk, &survey, &[("question_kind", "products"), ("wording", "VPN装置")]).await;
    assert_eq!(step(&mut desk, &survey, "open", &[]).await.status, 303);
    let id: Uuid = survey.trim_start_matches("/surveys/").parse().unwrap();
    for (choice, firms) in takes {
        let fill = format!(
            "with firms as (
               insert into organisations (organisation_id, kind) select gen_random_uuid(), 'member' from generate_series(1, {firms})
               returning organisation_id),
             asked as (insert into survey_asked select '{id}', organisation_id, 'banks' from firms returning organisation_id)
             select count(*) from asked"
        );
        sqlx::query(AssertSqlSafe(fill)).execute(&mut world.w.db).await.unwrap();
        let answer = format!(
            "with replied as (
               insert into survey_replies (survey_id, organisation_id, saved_at, sent_at)
               select survey_id, organisation_id, now(), now() from survey_asked a where survey_id = '{id}'
                 and not exists (select from organisation_names n where n.organisation_id = a.organisation_id)
                 and not exists (select from survey_replies r where r.survey_id = a.survey_id and r.organisation_id = a.organisation_id)
               returning survey_id, organisation_id)
             select 1"
        );
        sqlx::query(AssertSqlSafe(answer)).execute(&mut world.w.db).await.unwrap();
        let chosen = format!(
            "insert into survey_answers (survey_id, organisation_id, question_id, place)
             select '{id}', r.organisation_id, q.question_id, {choice} from survey_replies r
             join survey_questions q on q.survey_id = r.survey_id and q.kind = 'one'
             where r.survey_id = '{id}' and not exists (select from survey_answers a where a.survey_id = r.survey_id and a.organisation_id = r.organisation_id)"
        );
        sqlx::query(AssertSqlSafe(chosen)).execute(&mut world.w.db).await.unwrap();
    }
    survey
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_fewer_than_three_firms_do_not_show_nor_follow_from_others() {
    for (takes, expected) in [
        // One small cell follows from the total: the next one in the list goes as well, whatever its size tells.
        ([(1, 20), (2, 8), (3, 2)], [WITHHELD, "8社(27%)", WITHHELD]),
        ([(1, 5), (2, 5), (3, 2)], [WITHHELD, "5社(42%)", WITHHELD]),
        // Two small ones that are fewer than three together.
        ([(1, 20), (2, 1), (3, 1)], [WITHHELD, WITHHELD, WITHHELD]),
        // Two small ones that hide each other, unless their sum says that each is two.
        ([(1, 20), (2, 1), (3, 2)], ["20社(87%)", WITHHELD, WITHHELD]),
        ([(1, 20), (2, 2), (3, 2)], [WITHHELD, WITHHELD, WITHHELD]),
        // Nobody is fewer than three, too.
        ([(1, 20), (2, 9), (3, 0)], [WITHHELD, "9社(31%)", WITHHELD]),
        ([(1, 5), (2, 4), (3, 3)], ["5社(42%)", "4社(33%)", "3社(25%)"]),
    ] {
        let mut world = world().await;
        let survey = counted(&mut world, &takes).await;
        let mut desk = world.w.app.signed_in("desk").await;
        let results = format!("{survey}/results");
        assert_eq!(desk.get(&results).await.status, 404, "two looks would betray who answered in between");
        assert!(desk.get(&survey).await.body.contains("締め切ったあとに見られます"));
        assert!(desk.get(&survey).await.hrefs("[data-firms] a").is_empty(), "nobody's answers are read");
        step(&mut desk, &survey, "close", &[]).await;
        let page = desk.get(&results).await;
        let cells: Vec<String> = rows(&page, 1).into_iter().map(|row| row[1].clone()).collect();
        assert_eq!(cells, expected, "{takes:?}");
        assert_eq!(rows(&page, 2).iter().map(|row| row[1].clone()).collect::<Vec<_>>(), [WITHHELD, WITHHELD]);
    }
}

/// Ten firms answer two questions: which of two things they have, both allowed, and a number between 0 and 1.
async fn sums(both: i64, ones: i64) -> Reply {
    let mut world = world().await;
    let mut desk = world.w.app.signed_in("desk").await;
    let survey = make(&mut desk, &with(&NAMED, &[("visibility", "counted")])).await;
    let several = [("question_kind", "several"), ("wording", "監視"), ("required", "true"), ("choices", "自社\n委託")];
    ask(&mut desk, &survey, &several).await;
    let number =
        [("question_kind", "number"), ("wording", "有無"), ("required", "true"), ("least", "0"), ("most", "1")];
    ask(&mut desk, &survey, &number).await;
    assert_eq!(step(&mut desk, &survey, "open", &[]).await.status, 303);
    let id: Uuid = survey.trim_start_matches("/surveys/").parse().unwrap();
    for n in 1..=10 {
        // Five have the one, five the other, and the first few both.
        let first = if n <= 5 { 1 } else { 2 };
        let number = i64::from(n <= ones);
        let answers = format!(
            "with firm as (insert into organisations (organisation_id, kind) values (gen_random_uuid(), 'member') returning organisation_id),
             asked as (insert into survey_asked select '{id}', organisation_id, 'banks' from firm returning organisation_id)
             select organisation_id from asked"
        );
        let firm: Uuid = sqlx::query_scalar(AssertSqlSafe(answers)).fetch_one(&mut world.w.db).await.unwrap();
        let reply =
            "insert into survey_replies (survey_id, organisation_id, saved_at, sent_at) values ($1, $2, now(), now())";
        sqlx::query(reply).bind(id).bind(firm).execute(&mut world.w.db).await.unwrap();
        let answer = "insert into survey_answers (survey_id, organisation_id, question_id, place, number)
             select $1, $2, question_id, p, case when kind = 'number' then $4::bigint end
             from survey_questions, unnest(case when kind = 'several' then $3::smallint[] else '{1}' end) p where survey_id = $1";
        let places: Vec<i16> = if n <= both { vec![1, 2] } else { vec![first] };
        sqlx::query(answer).bind(id).bind(firm).bind(places).bind(number).execute(&mut world.w.db).await.unwrap();
    }
    step(&mut desk, &survey, "close", &[]).await;
    desk.get(&format!("{survey}/results")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_sum_nor_a_mean_tells_how_few_there_are() {
    // One firm has both: nothing stands from which it follows. Four have: that may be known.
    let one = sums(1, 1).await;
    assert!(rows(&one, 1).iter().all(|row| row[1] == WITHHELD), "{:?}", rows(&one, 1));
    assert!(!one.body.contains("0.1"), "a mean of 0.1 is one firm");
    let four = sums(4, 4).await;
    assert_eq!(rows(&four, 1).iter().map(|row| row[1].clone()).collect::<Vec<_>>(), ["5社(50%)", WITHHELD]);
    assert!(four.body.contains("0.4"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_named_where_three_have_it_and_three_do_not() {
    let mut world = world().await;
    let survey = counted(&mut world, &[(1, 6)]).await;
    let mut names =
        [["架空ネット", "Gate"], ["架空ネット", "ＧＡＴＥ"], ["架空ネット", "gate"], ["他社", "秘密"]].into_iter();
    for keeper in KEEPERS {
        let [vendor, product] = names.next().unwrap();
        let typed = [("answer_1", "2"), ("vendor_3_1", vendor), ("product_3_1", product)];
        assert_eq!(world.answer(&survey, keeper, &typed).await.status, 303);
    }
    let mut desk = world.w.app.signed_in("desk").await;
    step(&mut desk, &survey, "close", &[]).await;
    let page = desk.get(&format!("{survey}/results")).await;
    let products = rows(&page, 3);
    assert_eq!(products.len(), 1, "{products:?}");
    assert_eq!(products[0][1], "3社(30%)", "width and case make no other product");
    assert!(!page.body.contains("秘密"), "the name of a product that one firm has is that firm's");
    let found = desk.post("/surveys/products", &[("words", "gate")]).await;
    assert!(found.body.contains("挙げた会社はありません"), "numbers alone are searched by nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_than_three_answers_are_no_numbers() {
    let mut world = world().await;
    let survey = counted(&mut world, &[(1, 2)]).await;
    let mut desk = world.w.app.signed_in("desk").await;
    step(&mut desk, &survey, "close", &[]).await;
    let page = desk.get(&format!("{survey}/results")).await;
    assert!(page.body.contains("回答が3社未満のため") && rows(&page, 1).is_empty(), "{}", page.body);
    let mut two = world.w.app.signed_in("desk").await;
    // Of two members a survey of numbers alone is not even opened.
    let group = crate::support::factory::group(&mut world.w.db, "banks", "二社", &[world.third, world.fourth]).await;
    let survey = make(&mut two, &with(&NAMED, &[("visibility", "counted"), ("survey_group", &group)])).await;
    ask(&mut two, &survey, &[("question_kind", "several"), ("wording", "監視"), ("choices", "自社\n委託")]).await;
    assert!(two.get(&format!("{survey}/steps/open")).await.body.contains("3社以上に尋ねる必要"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_with_names_reads_every_number_and_members_the_released_ones() {
    let world = world().await;
    let survey = opened(&world).await;
    for (keeper, choice, servers) in
        [("bank-admin", "1", "10"), ("rival-admin", "1", "20"), ("third-admin", "1", "30"), ("fourth-admin", "3", "41")]
    {
        let typed = with(&ANSWERS, &[("answer_1", choice), ("answer_3", servers)]);
        assert_eq!(world.answer(&survey, keeper, &typed).await.status, 303);
    }
    let mut desk = world.w.app.signed_in("desk").await;
    let results = format!("{survey}/results");
    let page = desk.get(&results).await;
    let cells: Vec<String> = rows(&page, 1).into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(cells, ["3社(75%)", "0社(0%)", "1社(25%)"]);
    assert_eq!(rows(&page, 3)[1], ["平均", "25.3台"]);
    assert_eq!(rows(&page, 5)[0][1], "4社(100%)");
    let mut reader = world.w.app.signed_in("reader").await;
    assert_eq!(reader.get(&results).await.status, 404, "not released");
    step(&mut desk, &survey, "close", &[]).await;
    assert_eq!(reader.get(&results).await.status, 404, "not released");
    assert!(desk.get(&format!("{survey}/steps/release")).await.body.contains("会社名と個々の回答"));
    step(&mut desk, &survey, "release", &[]).await;
    let released = reader.get(&results).await;
    let cells: Vec<String> = rows(&released, 1).into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(cells, [WITHHELD; 3], "three of four would say what the fourth is");
    assert!(!released.body.contains("人手が足りない") && !released.body.contains("虹原銀行"), "{}", released.body);
    assert_eq!(rows(&released, 3)[1], ["平均", "25.3台"]);
    assert!(rows(&released, 5).is_empty(), "all four have it: who does not would be known");
    assert_eq!(reader.post(&format!("{survey}/export"), &[("format", "csv")]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn years_stand_beside_each_other_where_the_same_was_asked() {
    let world = world().await;
    let survey = opened(&world).await;
    for keeper in KEEPERS {
        assert_eq!(world.answer(&survey, keeper, &ANSWERS).await.status, 303);
    }
    let mut desk = world.w.app.signed_in("desk").await;
    step(&mut desk, &survey, "close", &[]).await;
    world.w.app.state.clock.advance(chrono::TimeDelta::days(365));
    let mut desk = world.w.app.signed_in("desk").await;
    let next = desk.post(&format!("{survey}/next"), &[]).await.location().split('?').next().unwrap().to_owned();
    step(&mut desk, &next, "open", &[]).await;
    for keeper in &KEEPERS[..3] {
        let typed = with(&ANSWERS, &[("answer_1", "2"), ("answer_3", "60")]);
        assert_eq!(world.answer(&next, keeper, &typed).await.status, 303);
    }
    let page = desk.get(&format!("{next}/results")).await;
    assert_eq!(page.texts("[data-question='1'] thead th"), ["選択肢", "2026年度(令和8年度)", "2027年度(令和9年度)"]);
    assert_eq!(
        rows(&page, 1),
        [["全社で使う", "4社(100%)", "0社(0%)"], ["一部", "0社(0%)", "3社(100%)"], ["使わない", "0社(0%)", "0社(0%)"]]
    );
    assert_eq!(rows(&page, 3)[1], ["平均", "120台", "60台"]);
    assert_eq!(
        page.attributes("[data-question='3'] progress", "value"),
        ["100", "100", "100", "50"],
        "two shares, two means"
    );
    let past = desk.get(&format!("{survey}/results")).await;
    assert_eq!(past.texts("[data-question='1'] thead th").len(), 2, "of what came later the past says nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_out_is_text_and_stands_in_the_trail() {
    let mut world = world().await;
    let survey = opened(&world).await;
    let formula =
        with(&ANSWERS, &[("answer_4", "=HYPERLINK(\"http://x\")"), ("product_5_1", "=1+1"), ("vendor_5_1", "")]);
    assert_eq!(world.answer(&survey, "bank-admin", &formula).await.status, 303);
    let mut desk = world.w.app.signed_in("desk").await;
    let csv = desk.post(&format!("{survey}/export"), &[("format", "csv")]).await;
    assert_eq!(csv.status, 200);
    assert!(csv.body.contains("'=1+1") && !csv.body.contains(",=1+1"), "{}", csv.body);
    assert!(csv.body.contains("全社で使う,1,") && !csv.body.contains("星見銀行"), "{}", csv.body);
    let book = desk.post(&format!("{survey}/export"), &[("format", "xlsx")]).await;
    assert_eq!((book.status, &book.bytes[..2]), (200, &b"PK"[..]));
    assert_eq!(desk.post(&format!("{survey}/export"), &[("format", "pdf")]).await.status, 409);
    let trail = world.w.texts("select detail ->> 'format' || (detail ->> 'named') from audit_events where action = 'survey.export' order by sequence").await;
    assert_eq!(trail, ["csvfalse", "xlsxtrue"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_finds_who_named_a_product_whatever_its_width_and_case() {
    let mut world = world().await;
    let survey = opened(&world).await;
    assert_eq!(world.answer(&survey, "bank-admin", &ANSWERS).await.status, 303);
    let other = with(&ANSWERS, &[("vendor_5_1", "別社"), ("product_5_1", "ルータ%")]);
    assert_eq!(world.answer(&survey, "rival-admin", &other).await.status, 303);
    let mut desk = world.w.app.signed_in("desk").await;
    for words in ["vpn gate", "ＶＰＮ", "架空ネット GATE"] {
        let page = desk.post("/surveys/products", &[("words", words)]).await;
        assert_eq!(page.texts("#found"), ["挙げた会社: 1社"], "{words}");
        assert_eq!(page.texts("[data-found] tbody th"), ["星見銀行(架空)"]);
    }
    assert_eq!(
        desk.post("/surveys/products", &[("words", "%")]).await.texts("[data-found] tbody th"),
        ["虹原銀行(架空)"]
    );
    assert_eq!(desk.post("/surveys/products", &[("words", " ")]).await.status, 422);
    let mut life = world.w.app.signed_in("life-desk").await;
    assert!(life.post("/surveys/products", &[("words", "vpn")]).await.body.contains("挙げた会社はありません"));
    for name in ["bank-admin", "reader", "analyst", "coordinator"] {
        assert_eq!(world.w.app.signed_in(name).await.get("/surveys/products").await.status, 404, "{name}");
    }
    assert_eq!(
        world
            .w
            .number("select count(*) from audit_events where action = 'survey.products' and detail::text like '%vpn%'")
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_the_products_of_an_advisory_its_desk_sees_how_many_named_one() {
    let mut world = world().await;
    let survey = opened(&world).await;
    for keeper in ["bank-admin", "rival-admin"] {
        assert_eq!(world.answer(&survey, keeper, &ANSWERS).await.status, 303);
    }
    let item = crate::support::factory::published_advisory(&world.w.app, Default::default()).await;
    let products = "update advisory_texts set products = array['架空ネット VPN GATE 7.2以前', '別の製品']";
    sqlx::query(products).execute(&mut world.w.db).await.unwrap();
    for (name, said) in
        [("desk", &["この製品を挙げた構成員: 2社"][..]), ("handler", &[]), ("analyst", &[]), ("coordinator", &[])]
    {
        let page = world.w.app.signed_in(name).await.get(&format!("/advisories/{item}")).await;
        assert_eq!(page.status, 200, "{name}");
        assert_eq!(page.texts("[data-users]"), said, "{name}");
    }
}
