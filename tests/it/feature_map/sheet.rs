//! The sheet and the cards.

use std::collections::BTreeSet;

use toml::{Table, Value as Fact};

use super::facts::{EDITIONS, PageOf, Tongue, counts, facts, list, secretariats, text};
use crate::support::TestApp;

/// What must stand in each cell of a CEPTOAR: row, then the words, then the confidence of the cell.
fn expected(c: &Table, tongue: &Tongue) -> Vec<(&'static str, Vec<String>, Vec<String>)> {
    let mut rows = Vec::new();
    let mut members: Vec<String> = Vec::new();
    members.extend(text(c, "count_display").map(|d| tongue.say("count_display", d)));
    members.extend(text(c, "member_breakdown").map(|b| tongue.say("member_breakdown", b)));
    for reach in list(c, "reach") {
        assert_eq!(reach["value"].as_integer(), Some(1350));
        members.push("1,350".to_owned());
        members.push(tongue.say("count_of", text(reach, "of").unwrap()));
    }
    if counts(c).is_empty() && text(c, "status") == Some("established") {
        members.push(tongue.pick("資料に記載なし", "Not stated in the source"));
    }
    let sure = |tables: &[&Table]| tables.iter().filter_map(|t| text(t, "confidence").map(ToOwned::to_owned)).collect();
    rows.push(("members", members, sure(&counts(c)[..counts(c).len().min(1)])));
    let mut desks = Vec::new();
    for (organisation, unit) in secretariats(c) {
        desks.push(tongue.say("organisation", organisation));
        desks.extend(unit.map(|u| tongue.say("unit", u)));
    }
    if text(c, "status") == Some("planned") {
        desks.push(tongue.pick("検討中(2007年度に検討)", "Under study (To be studied in FY2007)"));
    }
    rows.push(("secretariats", desks, sure(&list(c, "secretariat"))));
    let part = |key: &str| c.get(key).and_then(Fact::as_table);
    if let Some(handled) = part("info") {
        let mut words = vec![tongue.say("info_handled", text(handled, "handled").unwrap())];
        words.extend(handled["channels"].as_array().unwrap().iter().map(|c| tongue.channel(c.as_str().unwrap())));
        rows.push(("channels", words, sure(&[handled])));
    }
    if let Some(window) = part("poc") {
        rows.push(("operation", vec![tongue.month(text(window, "operation_start").unwrap())], sure(&[window])));
    }
    if let Some(rule) = part("rule") {
        rows.push(("rule", vec![tongue.month(text(rule, "established").unwrap())], sure(&[rule])));
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_of_every_edition_is_in_the_sheet_and_on_the_cards_in_both_languages() {
    let app = TestApp::start().await;
    let mut cells = 0;
    for tongue in Tongue::both() {
        for (id, toml) in EDITIONS {
            let facts = facts(toml);
            let page = PageOf::new(&tongue.visitor(&app).get(&format!("/map/{id}")).await);
            for c in list(&facts, "ceptoar") {
                let ceptoar = text(c, "id").unwrap();
                let name = text(c, "name").map(|n| tongue.say("ceptoar", n));
                let name = name.unwrap_or_else(|| tongue.pick("検討中", "Under study"));
                assert!(page.one(&format!(".map-sheet [data-row=name] [data-ceptoar={ceptoar}]")).starts_with(&name));
                assert!(page.one(&format!(".map-list [data-ceptoar={ceptoar}] h3")).starts_with(&name));
                if let Some(scope) = text(c, "scope") {
                    let scope = tongue.say("scope", scope);
                    assert_eq!(page.one(&format!(".map-sheet [data-row=scope] [data-ceptoar={ceptoar}]")), scope);
                    assert_eq!(page.one(&format!(".map-list [data-ceptoar={ceptoar}] .map-card__scope")), scope);
                }
                for (row, words, sure) in expected(c, &tongue) {
                    for cell in [
                        format!(".map-sheet [data-row={row}] [data-ceptoar={ceptoar}]"),
                        format!(".map-list [data-ceptoar={ceptoar}] [data-row={row}] dd"),
                    ] {
                        let shown = page.one(&cell);
                        for word in &words {
                            assert!(shown.contains(word.as_str()), "{id} {cell}: {word:?} is not in {shown:?}");
                        }
                        let marks = page.attributes(&format!("{cell} .confidence"), "class");
                        for sure in &sure {
                            assert!(shown.contains(&tongue.confidence(sure)), "{id} {cell} hides that it is {sure}");
                            assert!(marks.contains(&format!("confidence confidence--{sure}")), "{cell}: {marks:?}");
                        }
                        cells += 1;
                    }
                }
            }
        }
    }
    // 14 CEPTOARs × 2 rows, 14 × 5 and 18 × 2; in the sheet and on the cards; in two languages.
    assert_eq!(cells, (28 + 70 + 36) * 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sheet_shows_channels_of_a_cell_and_no_others() {
    let app = TestApp::start().await;
    let page = PageOf::new(&app.visitor().get("/map/2011-03-31").await);
    for c in list(&facts(EDITIONS[1].1), "ceptoar") {
        let wanted = c["info"]["channels"].as_array().unwrap().iter();
        let wanted: Vec<String> = wanted.map(|c| Tongue { english: None }.channel(c.as_str().unwrap())).collect();
        let id = text(c, "id").unwrap();
        assert_eq!(page.all(&format!(".map-sheet [data-row=channels] [data-ceptoar={id}] li")), wanted, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_stand_under_their_sectors_in_the_governments_order() {
    let app = TestApp::start().await;
    for (id, toml) in EDITIONS {
        let facts = facts(toml);
        let page = PageOf::new(&app.visitor().get(&format!("/map/{id}")).await);
        let mut sectors = list(&facts, "sector");
        sectors.sort_by_key(|s| s["order"].as_integer());
        let of = |sector: &Table| list(&facts, "ceptoar").iter().filter(|c| c["sector"] == sector["id"]).count();
        let heads = ".map-sheet thead .map-table__sector";
        let spans: Vec<usize> = page.attributes(heads, "colspan").iter().map(|n| n.parse().unwrap()).collect();
        assert_eq!(spans, sectors.iter().map(|s| of(s)).collect::<Vec<_>>());
        for (head, sector) in page.all(heads).iter().zip(&sectors) {
            assert!(head.starts_with(text(sector, "name").unwrap()), "{head}");
        }
        // The liaison council spans its four, and is not a column.
        let spans = page.attributes(".map-sheet [data-row=council] td", "colspan");
        let wanted: &[&str] = if list(&facts, "liaison_council").is_empty() { &[] } else { &["2", "4", "8"] };
        assert_eq!(spans, wanted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_leads_to_its_evidence_on_the_page() {
    let app = TestApp::start().await;
    for path in ["/map/2011-03-31", "/map/2011-03-31?view=cards"] {
        let page = PageOf::new(&app.visitor().get(path).await);
        let links: BTreeSet<_> = page.attributes(".map a.confidence, .map a.note-mark", "href").into_iter().collect();
        assert!(links.len() > 20);
        for link in links {
            assert!(!page.all(&format!("[id='{}']", link.trim_start_matches('#'))).is_empty(), "{link} leads nowhere");
        }
    }
    let page = PageOf::new(&app.visitor().get("/map/2011-03-31").await);
    assert!(page.one("#evidence-channels-broadcast").contains("FAXは不確か"));
    assert!(page.one("#evidence-channels-t-ceptoar").contains("電力のセル"), "the other reading");
    assert!(page.one("#note-rail-name").contains("鉄道CEPTAOR"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_edition_does_not_have_is_said_once_and_unknown_is_not_zero() {
    let app = TestApp::start().await;
    let page = PageOf::new(&app.visitor().get("/map/2007-03-31").await);
    assert_eq!(page.all(".map-sheet .map-table__absent").len(), 3);
    assert!(page.one(".map-list__absent").contains("緊急窓口"));
    for planned in ["medical", "water", "logistics"] {
        let cell = |row: &str| page.one(&format!(".map-sheet [data-row={row}] [data-ceptoar={planned}]"));
        assert!(cell("name").contains("検討中") && cell("secretariats").contains("検討中"));
        assert!(!cell("members").contains('0') || cell("members").contains("2007"));
    }
    assert_eq!(page.one(".map-sheet [data-row=members] [data-ceptoar=life]"), "資料に記載なし");
    assert!(page.one(".map-sheet [data-row=members] [data-ceptoar=power]").starts_with("12社2機関"));
    let page = PageOf::new(&app.visitor().get("/map/2018-04-24").await);
    assert_eq!(page.all(".map-sheet .map-table__absent").len(), 4);
    assert_eq!(
        page.all(".map-sheet [data-row=secretariats] [data-ceptoar=broadcast] .map-table__secretariat").len(),
        2
    );
    assert_eq!(page.all(".confidence").len(), 0);
}
