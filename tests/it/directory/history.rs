//! A CEPTOAR's history: what the sources say, dated, in a picture and as a list.

use super::roster::world;
use crate::support::database::TestDatabase;

fn council() -> toml::Table {
    include_str!("../../../data/reference/council.toml").parse().expect("TOML")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_council_has_as_many_members_as_its_sources_count() {
    let database = TestDatabase::fresh().await;
    let mut db = database.owner().await;
    let check = council()["check"].as_table().expect("a table").clone();
    let days = check.iter().filter_map(|(key, count)| Some((key.strip_prefix("members_2")?, count)));
    let mut checked = 0;
    for (day, expected) in days {
        let count: i64 = sqlx::query_scalar(
            "select count(*) from council_terms where status = 'member' and valid @> $1::text::date",
        )
        .bind(format!("2{}", day.replace('_', "-")))
        .fetch_one(&mut db)
        .await
        .expect("a count");
        assert_eq!(Some(count), expected.as_integer(), "2{day}");
        checked += 1;
    }
    assert_eq!(checked, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_tells_what_changed_and_since_when() {
    let mut w = world().await;
    // A number that is known ahead.
    w.texts("insert into member_counts values ('power', '団体', 4, '[2027-04-01,)', 'day') returning unit").await;
    let mut reader = w.app.signed_in("desk").await;
    let page = reader.get("/directory/power/history").await;
    assert_eq!(page.status, 200);
    let changes = page.texts(".timeline > li");
    let told = |parts: &[&str]| changes.iter().any(|change| parts.iter().all(|part| change.contains(part)));
    assert!(told(&["事務局: 電力ISAC", "それまで: 電気事業連合会", "2018年4月24日", "版で確認"]), "{changes:#?}");
    assert!(told(&["2009年2月26日", "セプターカウンシル: 構成員"]), "{changes:#?}");
    assert!(told(&["名称: 電力CEPTOAR"]), "{changes:#?}");
    assert!(changes[0].contains("予定") && changes[0].contains("4団体"), "the newest first: {changes:#?}");
    let bars = page.texts(".bars title");
    assert!(bars.iter().any(|bar| bar.contains("電力ISAC")) && bars.len() > 6, "{bars:?}");

    let rail = reader.get("/directory/rail/history").await;
    let rail = rail.texts(".timeline > li").join("\n");
    assert!(rail.contains("2017年4月25日") && rail.contains("それまで: オブザーバー"), "{rail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_for_everybody_signed_in_and_of_ceptoars_that_there_are() {
    let w = world().await;
    let mut poc = w.app.signed_in("handler").await;
    assert_eq!(poc.get("/directory/gas/history").await.status, 200);
    assert_eq!(poc.get("/directory/nowhere/history").await.status, 404);
    let mut stranger = w.app.visitor();
    assert_eq!(stranger.get("/directory/gas/history").await.status, 303);
}
