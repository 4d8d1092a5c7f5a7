//! Two editions side by side, against the reference files.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value as Fact};

use super::facts::{EDITIONS, PageOf, Tongue, counts, facts, list, text};
use crate::support::{TestApp, factory};

/// Id and unit with the number of each edition: where both have the CEPTOAR and it is at work in both.
fn numbers(from: &Table, to: &Table) -> BTreeMap<(String, String), [Option<i64>; 2]> {
    let mut found: BTreeMap<(String, String), [Option<i64>; 2]> = BTreeMap::new();
    let ids = |table| list(table, "ceptoar").into_iter().map(|c| text(c, "id").unwrap()).collect::<BTreeSet<_>>();
    let both: BTreeSet<&str> = ids(from).intersection(&ids(to)).copied().collect();
    for (side, table) in [from, to].into_iter().enumerate() {
        for c in list(table, "ceptoar").into_iter().filter(|c| both.contains(text(c, "id").unwrap())) {
            for count in counts(c) {
                let key = (text(c, "id").unwrap().to_owned(), text(count, "unit").unwrap().to_owned());
                found.entry(key).or_default()[side] = count["value"].as_integer();
            }
        }
    }
    found.retain(|_, [before, after]| before != after);
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_that_differs_is_named_in_its_own_unit_and_no_other() {
    let app = TestApp::start().await;
    for (from, before) in EDITIONS {
        for (to, after) in EDITIONS {
            let wanted = numbers(&facts(before), &facts(after));
            let page = PageOf::new(&app.visitor().get(&format!("/map/compare?from={from}&to={to}")).await);
            let rows = page.attributes("tr[data-kind=counts]", "data-id").into_iter();
            let rows = rows.zip(page.all("tr[data-kind=counts] td:nth-of-type(2)"));
            let rows = rows.zip(page.all("tr[data-kind=counts] td:nth-of-type(3)"));
            let rows = rows.zip(page.all("tr[data-kind=counts] td:nth-of-type(4)"));
            let shown: BTreeMap<(String, String), [Option<i64>; 2]> = rows
                .filter(|(((_, unit), _), _)| !unit.contains("オブザーバー"))
                .map(|(((id, unit), before), after)| {
                    let number = |cell: &str| cell.split(' ').next().unwrap().replace(',', "").parse().ok();
                    ((id, unit), [number(&before), number(&after)])
                })
                .collect();
            assert_eq!(shown, wanted, "{from} {to}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_went_was_renamed_and_moved_is_named_in_both_languages() {
    let app = TestApp::start().await;
    for tongue in Tongue::both() {
        let mut visitor = tongue.visitor(&app);
        let page = PageOf::new(&visitor.get("/map/compare?from=2011-03-31&to=2018-04-24").await);
        let ids = |kind: &str| page.attributes(&format!("tr[data-kind={kind}]"), "data-id");
        assert_eq!(ids("ceptoars"), ["catv", "chemical", "credit", "oil"]);
        let added = page.all("tr[data-kind=ceptoars] .change");
        assert!(added.iter().all(|word| *word == tongue.pick("追加", "Added")), "{added:?}");
        assert_eq!(ids("names"), ["broadcast"]);
        let renamed = page.one("tr[data-kind=names]");
        for name in ["放送における情報共有体制", "放送CEPTOAR"] {
            assert!(renamed.contains(&tongue.say("ceptoar", name)), "{renamed}");
        }
        assert_eq!(ids("liaison_councils"), ["finance-liaison"]);
        let back = PageOf::new(&visitor.get("/map/compare?from=2018-04-24&to=2011-03-31").await);
        let gone = back.all("tr[data-kind=ceptoars] .change");
        assert!(gone.len() == 4 && gone.iter().all(|word| *word == tongue.pick("掲載なし", "No longer listed")));
        let known = PageOf::new(&visitor.get("/map/compare?from=2007-03-31&to=2011-03-31").await);
        assert_eq!(known.attributes("tr[data-kind=ceptoars]", "data-id"), ["medical", "water", "logistics"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_stand_beside_each_other_unit_by_unit_and_a_unit_not_used_is_not_zero() {
    let app = TestApp::start().await;
    let page = PageOf::new(&app.visitor().get("/map/compare?from=2011-03-31&to=2018-04-24").await);
    let row = |code: &str| page.all(&format!("[data-total='{code}'] td"));
    assert_eq!(row("sectors"), ["10", "13", "+3"]);
    assert_eq!(row("ceptoars"), ["14", "18", "+4"]);
    for (side, (_, toml)) in [(0, EDITIONS[1]), (1, EDITIONS[2])] {
        let facts = facts(toml);
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for count in list(&facts, "ceptoar").into_iter().flat_map(counts) {
            *sums.entry(text(count, "unit").unwrap()).or_default() += count["value"].as_integer().unwrap();
        }
        for (unit, sum) in sums {
            assert_eq!(row(&format!("unit-{unit}"))[side].replace(',', ""), sum.to_string(), "{unit}");
        }
    }
    assert_eq!(row("unit-水道事業体"), ["8", "この単位の記載なし", ""]);
    let all: i64 = page
        .all("[data-total^=unit] td:nth-of-type(1)")
        .iter()
        .filter_map(|sum| sum.replace(',', "").parse::<i64>().ok())
        .sum();
    assert!(!page.one("main").replace(',', "").contains(&all.to_string()), "never summed across units");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_file_has_a_line_for_each_row_of_the_page_in_both_encodings() {
    let app = TestApp::start().await;
    for tongue in Tongue::both() {
        let mut visitor = tongue.visitor(&app);
        let page = visitor.get("/map/compare?from=2007-03-31&to=2018-04-24").await;
        let page = PageOf::new(&page);
        let files = page.attributes(".downloads a[href*='.csv']", "href");
        assert_eq!(files.len(), 2);
        for (i, file) in files.iter().enumerate() {
            let reply = visitor.get(file).await;
            assert_eq!(reply.status, 200);
            let name = reply.headers["content-disposition"].to_str().unwrap();
            assert!(name.contains("ceptoar-feature-map-2007-03-31-2018-04-24"), "{name}");
            let text = match i {
                0 => reply.body.trim_start_matches('\u{FEFF}').to_owned(),
                _ => encoding_rs::SHIFT_JIS.decode(&reply.bytes).0.into_owned(),
            };
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let lines: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
            assert_eq!(
                lines.iter().map(|l| l[4].to_owned()).collect::<Vec<_>>(),
                page.attributes("tr[data-kind]", "data-id")
            );
            assert!(lines.iter().all(|l| &l[0] == "2007-03-31" && &l[1] == "2018-04-24"));
            assert!(lines.iter().flatten().all(|cell| !cell.starts_with(['=', '@', '+'])));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_mean_the_edition_that_stood_on_them_and_wrong_ones_say_so_at_the_field() {
    let app = TestApp::start().await;
    let mut visitor = app.visitor();
    let newest = PageOf::new(&visitor.get("/map/compare").await);
    assert!(newest.one("#result").starts_with("2011年3月末日現在 →"), "{}", newest.one("#result"));
    let by_day = PageOf::new(&visitor.get("/map/compare?from_day=2010-01-01&to_day=2012/1/1").await);
    assert_eq!(by_day.one("#result"), "2007年3月末日現在 → 2011年3月末日現在");
    assert_eq!(by_day.attributes("#from_day, #to_day", "value"), ["2010-01-01", "2012/1/1"], "what was typed stays");
    let same = PageOf::new(&visitor.get("/map/compare?from_day=2012-01-01&to_day=2012-12-31").await);
    assert!(same.one("[data-summary]").contains("違いはありません"));
    assert!(same.all("tr[data-kind]").is_empty());
    let wrong = visitor.get("/map/compare?from_day=2007-03-30&to_day=2011-02-30").await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.texts("#from_day-error").len() + wrong.texts("#to_day-error").len(), 2);
    assert!(wrong.texts("#from_day-error")[0].contains("2007年3月末日現在"));
    assert!(wrong.texts("#result").is_empty());
    assert_eq!(visitor.get("/map/compare?from_day=2012-01-01").await.status, 422, "the other day is missing");
    for query in ["from=2012-03-31", "to=x", "from=2011-03-31&to=%FF"] {
        assert!([400, 404].contains(&visitor.get(&format!("/map/compare?{query}")).await.status), "{query}");
        assert!([400, 404].contains(&visitor.get(&format!("/map/compare.csv?{query}")).await.status), "{query}");
    }
    let hostile = visitor.get("/map/compare?from_day=%3Cscript%3E&to_day=%22%3E%3Cb%3E").await;
    assert!(hostile.status == 422 && !hostile.body.contains("<script>&") && !hostile.body.contains("\"><b>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_share_one_page_and_somebody_signed_in_has_his_own() {
    let app = TestApp::start().await;
    factory::account(&app, "somebody").await;
    let path = "/map/compare?from=2011-03-31&to=2018-04-24";
    let first = app.visitor().get(path).await;
    let again = app.visitor().get(path).await;
    assert!(first.body == again.body && !again.headers.contains_key("x-request-id"), "from memory");
    let own = app.signed_in("somebody").await.get(path).await;
    assert_eq!(own.headers["cache-control"], "no-store");
    assert_eq!(own.texts(".viewer__name").len(), 1);
    let by_day = app.visitor().get("/map/compare?from_day=2011-04-01&to_day=2018-05-01").await;
    assert!(by_day.headers.contains_key("x-request-id"), "days are not kept");
    let map = PageOf::new(&app.visitor().get("/map/2018-04-24").await);
    assert_eq!(map.attributes("a[href^='/map/compare']", "href"), [path]);
    let oldest = PageOf::new(&app.visitor().get("/map/2007-03-31").await);
    assert_eq!(oldest.attributes("a[href^='/map/compare']", "href"), ["/map/compare?from=2007-03-31&to=2018-04-24"]);
    let marked = PageOf::new(&app.visitor().get("/map/compare?from=2007-03-31&to=2011-03-31").await);
    let marks = marked.attributes("tr[data-kind] .confidence", "href");
    assert!(!marks.is_empty() && marks.iter().all(|href| href.starts_with("/map/2011-03-31#evidence-")));
    let evidence = facts(EDITIONS[1].1);
    let unsure = list(&evidence, "ceptoar").into_iter().filter(|c| {
        c.get("rule").and_then(|r| r.get("confidence")).and_then(Fact::as_str).is_some_and(|sure| sure != "certain")
    });
    assert!(unsure.count() > 0);
}
