//! Profiles.

use super::facts::{EDITIONS, PROFILES, PageOf, facts, list, text};
use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn every_profile_of_every_edition_tells_its_texts_and_activities_in_both_languages() {
    let app = TestApp::start().await;
    for ((edition, _), profiles) in EDITIONS.into_iter().zip(PROFILES) {
        for profile in list(&facts(profiles), "profile") {
            let id = text(profile, "ceptoar").unwrap();
            for (mut client, language) in [(app.visitor(), "ja"), (app.visitor().in_english(), "en")] {
                let page = PageOf::new(&client.get(&format!("/ceptoars/{id}?edition={edition}")).await);
                let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
                for part in ["purpose", "structure", "traits"] {
                    let wanted = profile.get(part).map(|p| folded(p[language].as_str().unwrap()));
                    assert_eq!(page.all(&format!("[data-profile={part}]")).first(), wanted.as_ref(), "{id} {part}");
                }
                let told = page.all(".activities [data-activity] .activities__text");
                let wanted: Vec<_> =
                    list(profile, "activity").iter().map(|a| folded(text(a, language).unwrap())).collect();
                assert_eq!(told, wanted, "{id} {edition}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_shows_requirements_doubts_and_the_way_through_the_editions() {
    let app = TestApp::start().await;
    let page = PageOf::new(&app.visitor().get("/ceptoars/broadcast?edition=2011-03-31").await);
    assert!(page.one("[data-row=channels] dd").contains("未確定"));
    assert_eq!(page.all(".requirement--met").len(), 2);
    assert!(page.all(".requirement")[0].contains("2007年3月 制定 推定"));
    assert_eq!(page.all(".over-editions > li").len(), 3);
    let page = PageOf::new(&app.visitor().get("/ceptoars/broadcast").await);
    assert_eq!(page.one("h1"), "放送CEPTOAR", "the newest edition that has it");
    assert!(page.all(".facts dd").iter().any(|dd| dd.starts_with("放送における情報共有体制")), "its former name");
    assert_eq!(page.all(".requirement--met").len(), 0, "this edition does not say");
    let page = PageOf::new(&app.visitor().get("/ceptoars/finance-liaison").await);
    assert!(page.all("h1 + *, .facts").concat().contains("銀行等CEPTOAR"));
    let page = PageOf::new(&app.visitor().get("/ceptoars/aviation?edition=2011-03-31").await);
    let members = page.one("[data-row=members] dd");
    assert!(members.contains("2グループ: 航空運送事業者") && members.contains("推定"));
    let json = app.visitor().get("/ceptoars/water.json?edition=2011-03-31").await.json();
    assert_eq!(json["reach"][0]["value"], 1350);
}
