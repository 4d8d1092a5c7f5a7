//! The map and its profiles on paper and as workbooks, read back with other programs' eyes.

use std::io::Cursor;

use calamine::{Reader, Xlsx};
use lopdf::{Document, Object};

use super::facts::{EDITIONS, PROFILES, Tongue, counts, facts, list, secretariats, text};
use crate::support::{Reply, TestApp};

fn folded(text: &str) -> String {
    text.split_whitespace().collect()
}

fn paper(reply: &Reply) -> Document {
    assert_eq!((reply.status, &reply.headers["content-type"]), (200, &"application/pdf".parse().unwrap()));
    Document::load_mem(&reply.bytes).unwrap()
}

/// All that a reader of the paper can copy out of it, without spaces.
fn words(paper: &Document) -> String {
    let pages: Vec<u32> = paper.get_pages().keys().copied().collect();
    folded(&paper.extract_text(&pages).unwrap())
}

/// Width and height of each sheet, in whole millimetres.
fn sheets(paper: &Document) -> Vec<(i64, i64)> {
    let size = |id: &lopdf::ObjectId| {
        let corners = paper.get_dictionary(*id).unwrap().get(b"MediaBox").and_then(Object::as_array).unwrap();
        let millimetres = |point: &Object| (f64::from(point.as_float().unwrap()) / 72.0 * 25.4).round() as i64;
        (millimetres(&corners[2]), millimetres(&corners[3]))
    };
    paper.get_pages().values().map(size).collect()
}

fn thousands(number: i64) -> String {
    if number >= 1000 { format!("{},{:03}", number / 1000, number % 1000) } else { number.to_string() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sheet_has_every_ceptoar_desk_and_number_on_one_page_of_a3() {
    let app = TestApp::start().await;
    for (id, toml) in EDITIONS {
        let facts = facts(toml);
        for tongue in Tongue::both() {
            let reply = tongue.visitor(&app).get(&format!("/map/{id}.pdf")).await;
            let name = reply.headers["content-disposition"].to_str().unwrap();
            assert_eq!(name, format!("inline; filename=\"ceptoar-feature-map-{id}.pdf\""));
            let paper = paper(&reply);
            assert_eq!(sheets(&paper), [(420, 297)], "{id}");
            let words = words(&paper);
            let has =
                |text: &str| assert!(words.contains(&folded(text)), "{text} is not on the sheet of {id}: {words}");
            for c in list(&facts, "ceptoar") {
                if let Some(name) = text(c, "name") {
                    has(&tongue.say("ceptoar", name));
                }
                if tongue.english.is_some() {
                    continue; // Other words may be hyphenated.
                }
                for (organisation, unit) in secretariats(c) {
                    has(organisation);
                    has(unit.unwrap_or_default());
                }
                for count in counts(c) {
                    let number = thousands(count["value"].as_integer().unwrap());
                    has(&format!("{number}{}", text(count, "unit").unwrap()));
                }
                let established = c.get("rule").and_then(|r| r["established"].as_str());
                has(&established.map(|month| format!("{} 制定", tongue.month(month))).unwrap_or_default());
            }
            if tongue.english.is_none() {
                list(&facts, "sector").iter().for_each(|sector| has(text(sector, "name").unwrap()));
                list(&facts, "liaison_council").iter().for_each(|council| has(text(council, "name").unwrap()));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_fonts_are_in_the_file_and_doubts_are_marked() {
    let app = TestApp::start().await;
    let paper = paper(&app.visitor().get("/map/2011-03-31.pdf").await);
    let descriptors = paper.objects.values().filter_map(|object| object.as_dict().ok());
    let descriptors: Vec<_> = descriptors.filter(|d| d.has_type(b"FontDescriptor")).collect();
    assert_eq!(descriptors.len(), 2, "regular and bold");
    assert!(descriptors.iter().all(|d| d.has(b"FontFile2") || d.has(b"FontFile3")));
    let words = words(&paper);
    let unsure = words.matches("未確定").count();
    assert_eq!(unsure, 3, "two cells, and the note that explains the mark");
    assert!(words.contains("2007年4月運用開始") && words.contains("2008年4月運用開始"));
}

#[tokio::test(flavor = "multi_thread")]
async fn paper_is_printed_once_and_then_comes_from_memory() {
    let app = TestApp::start().await;
    let newest = app.visitor().get("/map.pdf").await;
    let first = app.visitor().get("/map/2018-04-24.pdf").await;
    assert!(newest.bytes == first.bytes, "the newest edition");
    let again = app.visitor().get("/map/2018-04-24.pdf").await;
    assert!(again.bytes == first.bytes && !again.headers.contains_key("x-request-id"), "from memory");
    let mut packing = app.visitor();
    packing.headers.push(("accept-encoding", "gzip".into()));
    let packed = packing.get("/map/2018-04-24.pdf").await;
    assert!(packed.bytes == first.bytes && !packed.headers.contains_key("content-encoding"));
    let mut knowing = app.visitor();
    knowing.headers.push(("if-none-match", first.headers["etag"].to_str().unwrap().to_owned()));
    assert_eq!(knowing.get("/map/2018-04-24.pdf").await.status, 304);
    let english = app.visitor().in_english().get("/map/2018-04-24.pdf").await;
    assert!(english.bytes != first.bytes);
    app.state.db.close().await;
    assert_eq!(app.visitor().get("/map/2018-04-24.pdf").await.bytes, first.bytes);
    assert_eq!(app.visitor().get("/map/2011-03-31.xlsx").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_are_printed_on_a4_with_their_texts() {
    let app = TestApp::start().await;
    for ((edition, _), profiles) in EDITIONS.into_iter().zip(PROFILES) {
        for profile in list(&facts(profiles), "profile").into_iter().step_by(5) {
            let id = text(profile, "ceptoar").unwrap();
            let reply = app.visitor().get(&format!("/ceptoars/{id}.pdf?edition={edition}")).await;
            let paper = paper(&reply);
            assert!(sheets(&paper).iter().all(|size| *size == (210, 297)) && sheets(&paper).len() <= 2);
            let words = words(&paper);
            for part in ["purpose", "structure", "traits"] {
                let wanted = profile.get(part).map(|p| folded(p["ja"].as_str().unwrap())).unwrap_or_default();
                // A foot stands between the two pages of a long one.
                let begins: String = wanted.chars().take(20).collect();
                assert!(words.contains(&begins), "{part} of {id} {edition}");
            }
            for activity in list(profile, "activity") {
                let begins: String = folded(text(activity, "ja").unwrap()).chars().take(12).collect();
                assert!(words.contains(&begins), "{begins} of {id} {edition}");
            }
        }
    }
    let page = app.visitor().get("/ceptoars/water?edition=2011-03-31").await;
    assert!(page.body.contains("href=\"/ceptoars/water.pdf?edition=2011-03-31\""));
    let newest = paper(&app.visitor().get("/ceptoars/broadcast.pdf").await);
    assert!(words(&newest).contains("放送CEPTOAR"), "the newest edition that has it");
}

#[tokio::test(flavor = "multi_thread")]
async fn workbooks_have_a_sheet_to_print_and_a_table() {
    let app = TestApp::start().await;
    for (id, toml) in EDITIONS {
        for tongue in Tongue::both() {
            let mut visitor = tongue.visitor(&app);
            let map = visitor.get(&format!("/map/{id}")).await;
            assert!(map.body.contains(&format!("href=\"/map/{id}.xlsx\"")));
            assert!(map.body.contains(&format!("href=\"/map/{id}.pdf\"")));
            let reply = visitor.get(&format!("/map/{id}.xlsx")).await;
            assert_eq!(reply.status, 200);
            let name = reply.headers["content-disposition"].to_str().unwrap();
            assert_eq!(name, format!("attachment; filename=\"ceptoar-feature-map-{id}.xlsx\""));
            let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(reply.bytes)).unwrap();
            let names = book.sheet_names();
            assert_eq!(names, [tongue.pick("特性把握マップ", "Feature map"), tongue.pick("データ", "Data")]);
            for sheet in names {
                let cells = book.worksheet_range(&sheet).unwrap();
                let all: Vec<String> = cells.rows().flatten().map(ToString::to_string).collect();
                for c in list(&facts(toml), "ceptoar") {
                    let name = text(c, "name").map(|name| tongue.say("ceptoar", name)).unwrap_or_default();
                    assert!(all.iter().any(|cell| cell.contains(&name)), "{name} in {sheet} of {id}");
                }
            }
        }
    }
}
