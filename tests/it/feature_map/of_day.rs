//! The map of a day, and two days side by side: for those signed in, and never for strangers.

use super::facts::PageOf;
use crate::directory::roster::{World, world};
use crate::support::Client;

const EDITIONS: [&str; 3] = ["2007-03-31", "2011-03-31", "2018-04-24"];

fn on(day: &str) -> String {
    let parts: Vec<&str> = day.split('-').collect();
    format!("/directory/map?on_year={}&on_month={}&on_day={}", parts[0], parts[1], parts[2])
}

async fn page(client: &mut Client, path: &str) -> PageOf {
    let reply = client.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    PageOf::new(&reply)
}

/// A cell of the sheet as the page shows it.
fn cell(page: &PageOf, row: &str, ceptoar: &str) -> String {
    page.one(&format!(".map-table tr[data-row={row}] td[data-ceptoar={ceptoar}]"))
}

fn days(from: &str, to: &str) -> String {
    let side = |name: &str, day: &str| match day.strip_prefix("edition ") {
        Some(edition) => format!("{name}_is={edition}"),
        None => format!("{name}_is=day&{name}_on={day}"),
    };
    format!("/map/compare?{}&{}", side("from", from), side("to", to))
}

/// Changes that the directory knows: the banks count otherwise from a day, another desk keeps gas, oil is renamed ahead.
async fn changed(w: &mut World) {
    for change in [
        "update member_counts set valid = daterange(lower(valid), '2026-10-01') where ceptoar_id = 'banks' and upper_inf(valid) returning ceptoar_id",
        "insert into member_counts values ('banks', '社', 1400, '[2026-10-01,)', 'day') returning ceptoar_id",
        "update secretariat_terms set valid = daterange(lower(valid), '2026-06-01') where ceptoar_id = 'gas' and upper_inf(valid) returning ceptoar_id",
        "insert into secretariat_terms (ceptoar_id, organisation_id, unit, unit_en, valid, precision)
         select 'gas', organisation_id, '新しい部', 'New department', '[2026-06-01,)', 'day' from organisations
         where code = 'denjiren' returning ceptoar_id",
        "update ceptoar_names set valid = daterange(lower(valid), '2027-04-01') where ceptoar_id = 'oil' and upper_inf(valid) returning ceptoar_id",
        "insert into ceptoar_names values ('oil', '新石油CEPTOAR', 'New Oil CEPTOAR', 'しん', '[2027-04-01,)', 'day')
         returning ceptoar_id",
    ] {
        assert_eq!(w.texts(change).await.len(), 1, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_day_of_an_edition_the_map_of_the_day_says_what_the_edition_says() {
    let w = world().await;
    let mut poc = w.app.signed_in("handler").await;
    for edition in EDITIONS {
        let both = page(&mut poc, &days(&format!("edition {edition}"), edition)).await;
        assert_eq!(both.all("tr[data-kind]"), Vec::<String>::new(), "{edition}");
        assert!(both.one("[data-summary]").contains("違いはありません"));
        let day = page(&mut poc, &on(edition)).await;
        let published = page(&mut poc, &format!("/map/{edition}")).await;
        for row in ["name", "members", "secretariats"] {
            let cells = |page: &PageOf| page.attributes(&format!("tr[data-row={row}] td"), "data-ceptoar");
            assert_eq!(cells(&day), cells(&published), "{edition} {row}");
        }
        assert_eq!(day.all("[data-total]"), published.all("[data-total]"), "{edition}");
        assert_eq!(day.all("[data-unit]"), published.all("[data-unit]"), "{edition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_began_after_the_edition_comes_from_the_directory_and_each_cell_says_which() {
    let mut w = world().await;
    changed(&mut w).await;
    let mut poc = w.app.signed_in("handler").await;
    let today = page(&mut poc, "/directory/map").await;
    assert!(today.one(".notice").contains("公表された版ではありません"));
    assert!(today.one("h1").contains("2026年11月21日(土)時点の登録"), "{}", today.one("h1"));
    let banks = cell(&today, "members", "banks");
    assert!(banks.contains("1,400") && banks.contains("登録から") && !banks.contains("版から"), "{banks}");
    let life = cell(&today, "members", "life");
    assert!(life.contains("版から") && !life.contains("登録から"), "{life}");
    let gas = cell(&today, "secretariats", "gas");
    assert!(gas.contains("電気事業連合会") && gas.contains("新しい部") && gas.contains("登録から"), "{gas}");
    // The edition of 2018 has no rules: those of 2011 are still the newest.
    let rule = cell(&today, "rule", "banks");
    assert!(rule.contains("2011年の版から"), "{rule}");
    assert!(cell(&today, "name", "oil").contains("石油CEPTOAR") && !cell(&today, "name", "oil").contains("新石油"));
    assert!(today.one(".page-head__meta").contains("国家サイバー統括室"));
    // A day of the past, a day between two editions, a day before all, and a day to come.
    let before = page(&mut poc, &on("2026-09-30")).await;
    assert!(cell(&before, "members", "banks").contains("版から"), "not yet");
    let between = page(&mut poc, &on("2016-01-01")).await;
    assert!(between.one(".page-head__meta").contains("内閣サイバーセキュリティセンター"));
    assert!(between.one(".page-head__meta").contains("2011年3月末日現在"));
    let broadcast = cell(&page(&mut poc, &on("2010-01-01")).await, "secretariats", "broadcast");
    assert!(broadcast.contains("登録から") && broadcast.contains("日本民間放送連盟"), "moved in 2009: {broadcast}");
    let early = page(&mut poc, &on("2006-01-01")).await;
    assert!(early.one(".page-head__meta").contains("公表された版がまだありません"));
    assert_eq!(early.all(".map-source--edition"), Vec::<String>::new());
    let ahead = page(&mut poc, &on("2027-04-01")).await;
    let oil = cell(&ahead, "name", "oil");
    assert!(oil.contains("新石油CEPTOAR") && oil.contains("登録から"), "{oil}");
    assert!(ahead.one(".notice").contains("予定"));
    // An edition published later knew better than what the directory said before it.
    let later = "insert into editions (edition_id, as_of, document, published_at)
        select '2026-10-31', '2026-10-31', jsonb_set(jsonb_set(document, '{id}', '\"2026-10-31\"'), '{as_of}', '\"2026-10-31\"'),
               now() from editions where edition_id = '2018-04-24' returning edition_id";
    w.texts(later).await;
    w.app.state.clock.advance(chrono::TimeDelta::minutes(2));
    let now = page(&mut poc, "/directory/map").await;
    assert!(cell(&now, "members", "banks").contains("版から"), "{}", cell(&now, "members", "banks"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_days_differ_by_what_the_directory_knows_and_by_nothing_else() {
    let mut w = world().await;
    changed(&mut w).await;
    let mut poc = w.app.signed_in("handler").await;
    let kinds = |page: &PageOf| page.attributes("tr[data-kind]", "data-kind");
    let both = page(&mut poc, &days("2026-05-31", "2026-11-21")).await;
    assert_eq!(kinds(&both), ["secretariats", "counts"]);
    let counts = both.one("tr[data-kind=counts]");
    assert!(counts.contains("1,416") && counts.contains("1,400") && counts.contains("-16"), "{counts}");
    let ahead = page(&mut poc, &days("2026-11-21", "2027/4/1")).await;
    assert_eq!(kinds(&ahead), ["names"]);
    let mixed = page(&mut poc, &days("edition 2018-04-24", "2026-11-21")).await;
    let found: Vec<String> = kinds(&mixed).into_iter().filter(|kind| kind != "ministries").collect();
    assert_eq!(found, ["secretariats", "counts"], "rows that only an older edition has are no difference");
    let back = page(&mut poc, &days("2026-11-21", "edition 2018-04-24")).await;
    assert_eq!(kinds(&back).len(), kinds(&mixed).len());
    // Each unit by itself, and never all together.
    let units = mixed.all("[data-total^=unit]");
    assert!(units.len() > 1 && units.iter().any(|unit| unit.contains("-16")), "{units:?}");
    for row in mixed.attributes("tr[data-kind] a", "href") {
        assert_eq!(poc.get(&row).await.status, 200, "{row}");
    }
    // Where the directory learns of something that no edition has, its own day makes it a difference.
    w.texts(
        "insert into setup_facts (fact_id, ceptoar_id, subject, from_on, day_known, remark, recorded_by, recorded_at)
         select gen_random_uuid(), 'oil', 'step_operation', '2026-07-01', true, '', account_id, now() from accounts
         where sign_in_name = 'desk' returning remark",
    )
    .await;
    let mut analyst = w.app.signed_in("analyst").await;
    let began = page(&mut analyst, &days("2026-06-30", "2026-07-01")).await;
    assert_eq!(kinds(&began), ["contact_window"], "{:?}", began.all("tr[data-kind]"));
    assert!(kinds(&page(&mut analyst, &days("2026-07-01", "2026-08-01")).await).is_empty());
    assert!(kinds(&page(&mut poc, &days("2026-06-30", "2026-07-01")).await).is_empty(), "not for another CEPTOAR");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_registered_no_longer_is_a_difference_to_the_days_on_which_it_was() {
    let mut w = world().await;
    w.texts(
        "insert into setup_facts (fact_id, ceptoar_id, subject, from_on, until_on, day_known, remark, recorded_by, recorded_at)
         select gen_random_uuid(), 'oil', 'intake_viruses', '2026-05-01', '2026-08-31', true, '', account_id, now()
         from accounts where sign_in_name = 'desk' returning remark",
    )
    .await;
    let mut analyst = w.app.signed_in("analyst").await;
    let kinds = |page: &PageOf| page.attributes("tr[data-kind]", "data-kind");
    for (from, to) in [("2026-08-31", "2026-09-01"), ("2026-09-01", "2026-08-31"), ("2026-06-01", "2026-11-21")] {
        let both = page(&mut analyst, &days(from, to)).await;
        assert_eq!(kinds(&both), ["handled"], "{from} {to}");
        let line = both.one("tr[data-kind=handled]");
        assert!(line.contains("ウイルスの情報") && line.contains("登録なし"), "{line}");
    }
    assert!(kinds(&page(&mut analyst, &days("2026-09-01", "2026-11-21")).await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ceptoar_whose_sector_ended_stands_where_it_is_counted() {
    let mut w = world().await;
    let ended = "update sectors set valid = daterange(lower(valid), '2026-06-01')
                 where sector_id = (select sector_id from ceptoars where ceptoar_id = 'oil') returning sector_id";
    assert_eq!(w.texts(ended).await.len(), 1);
    let mut poc = w.app.signed_in("handler").await;
    let today = page(&mut poc, "/directory/map").await;
    assert!(cell(&today, "name", "oil").contains("石油CEPTOAR"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_edition_of_the_rule_is_a_difference_for_those_who_may_know_it() {
    let mut w = world().await;
    w.texts(
        "insert into handling_rules (rule_id, ceptoar_id, title, edition, adopted_on, valid, recorded_by, recorded_at)
         select gen_random_uuid(), 'banks', '取扱規程', e, d, daterange(d, u), account_id, now() from accounts,
           (values ('第1版', date '2020-04-01', date '2026-09-01'), ('第2版', date '2026-09-01', null)) x (e, d, u)
         where sign_in_name = 'desk' returning title",
    )
    .await;
    for (name, sees) in [("desk", true), ("handler", true), ("analyst", true), ("life-desk", false), ("liaison", false)]
    {
        let mut client = w.app.signed_in(name).await;
        let both = page(&mut client, &days("2026-08-31", "2026-09-01")).await;
        assert_eq!(both.all("tr[data-kind=handling_rule]").len(), usize::from(sees), "{name}");
        let map = client.get(&on("2026-09-01")).await;
        assert_eq!(map.body.contains("取扱規程 第2版"), sees, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_never_shown_what_is_only_registered() {
    let mut w = world().await;
    changed(&mut w).await;
    let mut stranger = w.app.visitor();
    assert_eq!(stranger.get("/directory/map").await.status, 303);
    assert_eq!(stranger.get("/directory/map.csv").await.status, 303);
    let plain = stranger.get("/map/compare").await;
    for path in [days("2026-05-31", "2027-04-01"), days("edition 2018-04-24", "2026-11-21")] {
        let asked = stranger.get(&path).await;
        assert_eq!(asked.status, 200);
        assert_eq!(asked.body, plain.body, "as if it had not been asked");
        let file = stranger.get(&path.replace("/map/compare?", "/map/compare.csv?")).await;
        assert_eq!(file.body, stranger.get("/map/compare.csv").await.body);
        for secret in ["1,400", "新しい部", "新石油"] {
            assert!(!asked.body.contains(secret) && !file.body.contains(secret), "{secret}");
        }
    }
    assert!(!plain.body.contains("from_is"), "the form is for those signed in");
    assert!(!stranger.get("/map").await.body.contains("/directory/map"));
    let mut poc = w.app.signed_in("handler").await;
    assert!(poc.get("/map").await.body.contains("href=\"/directory/map\""));
    assert!(poc.get("/directory").await.body.contains("href=\"/directory/map\""));
    assert!(poc.get("/map/compare").await.body.contains("from_is"));
    for path in ["/directory/map", &days("2026-05-31", "2026-11-21")] {
        assert_eq!(poc.get(path).await.headers["cache-control"], "no-store", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_files_say_the_same_and_where_it_comes_from() {
    let mut w = world().await;
    changed(&mut w).await;
    let mut poc = w.app.signed_in("handler").await;
    let map = page(&mut poc, &on("2026-11-21")).await;
    for href in map.attributes(".downloads a", "href") {
        let file = poc.get(&href).await;
        assert_eq!((file.status, file.headers["cache-control"].to_str().unwrap()), (200, "no-store"), "{href}");
        let text = match href.contains("cp932") {
            true => encoding_rs::SHIFT_JIS.decode(&file.bytes).0.into_owned(),
            false => file.body.trim_start_matches('\u{FEFF}').to_owned(),
        };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let lines: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        let banks = lines.iter().find(|line| &line[4] == "banks").unwrap();
        assert!(banks.iter().any(|cell| cell == "1400") && &banks[0] == "2026-11-21", "{banks:?}");
        let last: Vec<&str> = banks.iter().rev().take(2).collect();
        assert!(last[1].contains("構成員の数") && last[0].contains("2018-04-24"), "{last:?}");
    }
    let both = page(&mut poc, &days("2026-05-31", "2026-11-21")).await;
    let files = both.attributes(".downloads a[href*='.csv']", "href");
    assert_eq!(files.len(), 2);
    let file = poc.get(&files[0]).await;
    assert_eq!(file.headers["cache-control"], "no-store");
    let mut reader = csv::Reader::from_reader(file.body.trim_start_matches('\u{FEFF}').as_bytes());
    let ids: Vec<String> = reader.records().map(|line| line.unwrap()[4].to_owned()).collect();
    assert_eq!(ids, both.attributes("tr[data-kind]", "data-id"));
    for link in both.attributes(".downloads a:not([href*='.csv'])", "href") {
        assert_eq!(poc.get(&link).await.status, 200, "{link}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_days_say_so_at_the_field_and_what_was_typed_stays() {
    let w = world().await;
    let mut poc = w.app.signed_in("handler").await;
    let wrong = poc.get("/directory/map?on_year=2027&on_month=2&on_day=30").await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.texts("#on-error").len(), 1);
    assert_eq!(poc.get("/directory/map.csv?on_year=x").await.status, 404);
    for (from, to, field) in [
        ("1980-01-01", "2026-11-21", "from_on"),
        ("2026-11-21", "2040-01-01", "to_on"),
        ("", "2026-11-21", "from_on"),
        ("<script>", "2026-11-21", "from_on"),
        ("edition 2012-01-01", "2026-11-21", "from_is"),
    ] {
        let path = days(&from.replace('<', "%3C").replace('>', "%3E"), to);
        let page = poc.get(&path).await;
        assert_eq!(page.status, 422, "{path}");
        assert_eq!(page.texts(&format!("#{field}-error")).len(), 1, "{path}");
        assert!(!page.body.contains("<script>\""), "{path}");
        assert_eq!(poc.get(&path.replace("compare?", "compare.csv?")).await.status, 404, "{path}");
    }
    let kept = poc.get(&days("1980-01-01", "2026-11-21")).await;
    assert_eq!(kept.values("#from_on"), ["1980-01-01"]);
}
