//! Bytes from memory, frozen editions, addresses.

use std::io::Read;

use ceptoar_portal::features::feature_map;
use chrono::TimeDelta;

use crate::support::{TestApp, factory};

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_edition_is_the_map_and_unknown_editions_are_not_found() {
    let app = TestApp::start().await;
    let newest = app.visitor().get("/map").await;
    assert_eq!(newest.body, app.visitor().get("/map/2018-04-24").await.body);
    assert_eq!(app.visitor().get("/map.json").await.json()["edition"], "2018-04-24");
    for path in [
        "/map/2012-03-31",
        "/map/x",
        "/map/2012-03-31.json",
        "/map/2012-03-31.xlsx",
        "/map/2012-03-31.pdf",
        "/map/2011-03-31.docx",
    ] {
        assert_eq!(app.visitor().get(path).await.status, 404, "{path}");
    }
    for path in [
        "/ceptoars/nobody",
        "/ceptoars/catv?edition=2011-03-31",
        "/ceptoars/banks?edition=2012-03-31",
        "/ceptoars/nobody.pdf",
    ] {
        assert_eq!(app.visitor().get(path).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_get_the_same_bytes_from_memory_even_without_a_database() {
    let app = TestApp::start().await;
    let plain = app.visitor().get("/map/2011-03-31").await;
    assert_eq!(plain.headers["cache-control"], "public, max-age=300");
    assert_eq!(plain.headers["vary"], "Cookie, Accept-Encoding");
    assert!(plain.headers.contains_key("content-security-policy"));
    assert!(!plain.body.contains(plain.headers["x-request-id"].to_str().unwrap()));

    let again = app.visitor().get("/map/2011-03-31").await;
    assert!(!again.headers.contains_key("x-request-id"), "the second one comes from memory");
    for (name, value) in &plain.headers {
        // Memory answers before the layers that protect answers, so it must have kept what they add.
        assert!(name == "x-request-id" || again.headers.get(name) == Some(value), "{name} is missing from memory");
    }

    let mut packing = app.visitor();
    packing.headers.push(("accept-encoding", "gzip, br".into()));
    let packed = packing.get("/map/2011-03-31").await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
    assert_ne!(packed.headers["etag"], plain.headers["etag"]);
    assert!(packed.bytes.len() * 4 < plain.bytes.len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == plain.bytes, "the compressed page is another page");

    let mut knowing = app.visitor();
    knowing.headers.push(("if-none-match", plain.headers["etag"].to_str().unwrap().to_owned()));
    let known = knowing.get("/map/2011-03-31").await;
    assert_eq!((known.status, known.bytes.len()), (304, 0));
    assert_eq!(known.headers["etag"], plain.headers["etag"]);
    assert_eq!(knowing.in_english().get("/map/2011-03-31").await.status, 200, "another language is another page");

    app.state.db.close().await;
    assert_eq!(app.visitor().get("/map/2011-03-31").await.body, plain.body);
    app.state.clock.advance(TimeDelta::minutes(2));
    assert_eq!(app.visitor().get("/map/2011-03-31").await.body, plain.body, "what is known is served");
    assert_eq!(app.visitor().get("/map/2007-03-31").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signed_in_sees_his_own_frame_and_leaves_nothing_in_caches() {
    let app = TestApp::start().await;
    factory::account(&app, "somebody").await;
    let stranger = app.visitor().get("/map/2011-03-31").await;
    let mut client = app.signed_in("somebody").await;
    for path in ["/map/2011-03-31", "/ceptoars/banks"] {
        let own = client.get(path).await;
        assert_eq!(own.headers["cache-control"], "no-store");
        assert!(!own.headers.contains_key("etag"));
        assert_eq!(own.texts(".viewer__name").len(), 1);
    }
    let after = app.visitor().get("/map/2011-03-31").await;
    assert!(after.body == stranger.body, "a stranger sees nothing of it");
    assert!(after.texts(".viewer__name").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn editions_are_frozen_and_new_ones_appear_within_a_minute() {
    let app = TestApp::start().await;
    let mut owner = app.database.owner().await;
    feature_map::load_editions(&mut owner).await.expect("the same again is no change");
    let change =
        "update editions set document = jsonb_set(document, '{draft}', 'true') where edition_id = '2011-03-31'";
    assert!(sqlx::query(change).execute(&mut owner).await.is_err());
    sqlx::query("alter table editions disable trigger editions_frozen").execute(&mut owner).await.unwrap();
    sqlx::query(change).execute(&mut owner).await.unwrap();
    let error = feature_map::load_editions(&mut owner).await.unwrap_err();
    assert!(error.to_string().contains("2011-03-31 is published and frozen"), "{error}");

    assert!(!app.visitor().get("/map").await.body.contains("/map/2027-03-31"));
    sqlx::query(
        "insert into editions (edition_id, as_of, document, published_at)
         select '2027-03-31', '2027-03-31', jsonb_set(jsonb_set(document, '{id}', '\"2027-03-31\"'), '{as_of}', '\"2027-03-31\"'), now()
         from editions where edition_id = '2018-04-24'",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    app.state.clock.advance(TimeDelta::seconds(61));
    assert!(app.visitor().get("/map/2011-03-31").await.body.contains("/map/2027-03-31"));
    assert_eq!(app.visitor().get("/map.json").await.json()["edition"], "2027-03-31");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_footer_leads_to_pages_in_both_languages() {
    let app = TestApp::start().await;
    for page in ["contact", "accessibility", "terms", "privacy"] {
        let path = format!("/about/{page}");
        let (ja, en) = (app.visitor().get(&path).await, app.visitor().in_english().get(&path).await);
        assert_eq!((ja.status, en.status), (200, 200));
        assert!(ja.texts("main h2").len() >= 3 && ja.texts("main h2").len() == en.texts("main h2").len());
        assert_ne!(ja.texts("h1"), en.texts("h1"));
    }
}
