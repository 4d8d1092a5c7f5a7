//! One box over everything: present and past names, in any width, case or kana, and nothing that is not for the eyes of
//! whoever searches.

use crate::directory::roster::{BANK, World, world};
use crate::support::Reply;
use crate::support::factory::{self, NewAdvisory};

async fn found(world: &World, who: &str, words: &str) -> Reply {
    let page = world.app.signed_in(who).await.post("/search", &[("words", words)]).await;
    assert_eq!(page.status, 200, "{who} searching {words}");
    page
}

fn names(page: &Reply, section: &str) -> Vec<String> {
    page.texts(&format!("section[aria-labelledby={section}] .item__title"))
}

async fn renamed(world: &mut World) {
    sqlx::query(
        "update organisation_names set valid = daterange('2018-04-01', '2026-04-01') where organisation_id = $1",
    )
    .bind(world.bank)
    .execute(&mut world.db)
    .await
    .unwrap();
    sqlx::query(
        "insert into organisation_names (organisation_id, ja, en, reading, valid)
         values ($1, '新星ＢＡＮＫ', 'Nova Bank', 'しんせいばんく', '[2026-04-01,)')",
    )
    .bind(world.bank)
    .execute(&mut world.db)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_former_name_leads_to_the_present_one() {
    let mut world = world().await;
    renamed(&mut world).await;
    let page = found(&world, "desk", "星見").await;
    assert_eq!(names(&page, "organisations"), ["新星ＢＡＮＫ"]);
    assert!(page.body.contains(&format!("旧称: {BANK}")), "{}", page.body);
    for words in ["bank 新星", "シンセイ", "しんせい　ﾊﾞﾝｸ", "NOVA"] {
        let page = found(&world, "desk", words).await;
        assert_eq!(names(&page, "organisations"), ["新星ＢＡＮＫ"], "{words}");
        assert!(!page.body.contains("旧称"), "{words}");
    }
    let page = world.app.signed_in("desk").await.in_english().post("/search", &[("words", "hoshimi 星見")]).await;
    assert!(page.body.contains("Nothing found"), "every word counts");
}

#[tokio::test]
async fn a_name_that_is_planned_is_nobodys_to_find() {
    let mut world = world().await;
    for query in [
        "update organisation_names set valid = daterange('2018-04-01', '2027-04-01') where organisation_id = $1",
        "insert into organisation_names (organisation_id, ja, en, reading, valid)
         values ($1, '未来合併銀行', 'Future Bank', 'みらいがっぺいぎんこう', '[2027-04-01,)')",
    ] {
        sqlx::query(query).bind(world.bank).execute(&mut world.db).await.unwrap();
    }
    assert!(found(&world, "handler", "未来合併").await.body.contains("見つかりませんでした"));
    assert_eq!(names(&found(&world, "handler", "星見").await, "organisations").len(), 1);
}

#[tokio::test]
async fn a_hit_leads_to_where_more_is_said() {
    let world = world().await;
    let page = found(&world, "desk", "星見").await;
    assert!(page.body.contains(&format!("href=\"{}\"", world.bank_page())));
    let page = found(&world, "desk", "せぷたー").await;
    let (all, hits) = (found(&world, "desk", "ＣＥＰＴＯＡＲ").await, names(&page, "ceptoars"));
    assert!(hits.len() >= 14, "{hits:?}");
    assert_eq!(hits, names(&all, "ceptoars"), "セプター is CEPTOAR");
    assert!(page.body.contains("href=\"/ceptoars/banks\""));
}

#[tokio::test]
async fn members_and_windows_are_found_by_those_alone_who_may_see_them() {
    let mut world = world().await;
    sqlx::query("update contacts set label = '夜間の当番デスク' where contact_id = $1")
        .bind(world.window)
        .execute(&mut world.db)
        .await
        .unwrap();
    for (who, organisation, window) in [
        ("desk", true, true),
        ("coordinator", true, true),
        ("bank-admin", true, true),
        ("handler", true, true),
        ("reader", true, false),
        ("analyst", true, false),
        ("approver", true, false),
        ("life-desk", false, false),
        ("rival-admin", false, false),
        ("rival-handler", false, false),
        ("liaison", false, false),
        ("auditor", false, false),
        ("operator", false, false),
    ] {
        let page = found(&world, who, "星見").await;
        assert_eq!(names(&page, "organisations").len(), usize::from(organisation), "{who}: {}", page.body);
        let page = found(&world, who, "夜間 当番").await;
        assert_eq!(names(&page, "windows").len(), usize::from(window), "{who}");
        assert!(!page.body.contains("soc@bank.example"), "{who} is shown no address");
    }
}

#[tokio::test]
async fn advisories_are_found_with_everything_else() {
    let world = world().await;
    factory::case_team(&world.app).await;
    let new = NewAdvisory { title: "VPN装置の脆弱性", ceptoars: &["banks"], ..NewAdvisory::default() };
    let id = factory::published_advisory(&world.app, new).await;
    let page = found(&world, "handler", "ｖｐｎ装置").await;
    assert!(page.body.contains(&format!("/advisories/{id}")), "{}", page.body);
    let page = found(&world, "life-desk", "ｖｐｎ装置").await;
    assert!(page.body.contains("見つかりませんでした"));
}

#[tokio::test]
async fn words_stay_out_of_addresses_and_wildcards_are_letters() {
    let world = world().await;
    let mut desk = world.app.signed_in("desk").await;
    let page = desk.get("/search?words=%E6%98%9F%E8%A6%8B").await;
    assert!(page.status == 200 && !page.body.contains("星見"), "an address searches nothing");
    for words in ["%", "_", "\\", "'; drop table organisations --"] {
        let page = desk.post("/search", &[("words", words)]).await;
        assert!(page.status == 200 && page.body.contains("見つかりませんでした"), "{words}");
    }
    let empty = desk.post("/search", &[("words", "　 ")]).await;
    assert!(empty.status == 200 && !empty.body.contains("見つかりませんでした"), "nothing asked, nothing missed");
}

/// A record of each kind with a word in it, in the banks' CEPTOAR; and one that was taken back.
async fn recorded(world: &mut World) {
    let day = "daterange('2018-04-01', null)";
    for query in [
        format!(
            "insert into subgroups (subgroup_id, ceptoar_id, kind, code, scope, valid)
             values ('x1', 'banks', 'cross_cutting', 'ＫＥＳＳＡＩ', '彗星の決済', {day})"
        ),
        "insert into federations (federation_id) values ('comet')".into(),
        format!(
            "insert into federation_names (federation_id, ja, en, reading, valid)
             values ('comet', '彗星連絡協議会', 'Comet council', 'すいせい', {day})"
        ),
        format!(
            "insert into handling_rules (rule_id, ceptoar_id, title, edition, adopted_on, valid, recorded_by, recorded_at)
             select gen_random_uuid(), 'banks', '彗星の取扱規程', '第1版', '2018-04-01', {day}, account_id, now()
             from accounts where sign_in_name = 'desk'"
        ),
        "insert into setup_facts (fact_id, ceptoar_id, subject, from_on, day_known, remark, recorded_by, recorded_at)
         select gen_random_uuid(), 'banks', 'intake_other', '2026-04-01', true, '彗星の通り道の情報', account_id, now()
         from accounts where sign_in_name = 'desk'"
            .into(),
        "insert into activities (activity_id, ceptoar_id, title, from_on, to_on, kinds, done, recorded_by, recorded_at,
                                 taken_back_at, correction)
         select gen_random_uuid(), 'banks', t.title, '2026-10-05', '2026-10-05', '{analysis}', '彗星を見た', account_id, now(),
                t.gone, '' from accounts, (values ('スイセイの分析', null), ('取り消した彗星', now())) t (title, gone)
         where sign_in_name = 'desk'"
            .into(),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(query)).execute(&mut world.db).await.unwrap();
    }
}

#[tokio::test]
async fn records_of_every_kind_are_found_by_those_who_may_open_them() {
    let mut world = world().await;
    recorded(&mut world).await;
    let page = found(&world, "desk", "彗星").await;
    for (section, expected) in [
        ("groups", "ＫＥＳＳＡＩ 彗星の決済"),
        ("federations", "彗星連絡協議会"),
        ("rules", "彗星の取扱規程 第1版"),
        ("setup", "彗星の通り道の情報"),
        ("activities", "スイセイの分析"),
    ] {
        assert_eq!(names(&page, section), [expected], "{section}");
    }
    assert_eq!(names(&found(&world, "desk", "ｽｲｾｲの分析").await, "activities"), ["スイセイの分析"], "width and kana");
    let all = ["groups", "federations", "rules", "setup", "activities"];
    for (who, sections) in [
        ("analyst", &all[..]),
        ("handler", &all[..]),
        ("bank-admin", &all[..]),
        ("reader", &["groups", "federations", "setup", "activities"]),
        ("liaison", &["groups", "federations", "setup", "activities"]),
        ("life-desk", &["federations"]),
        ("auditor", &["federations"]),
    ] {
        let mut client = world.app.signed_in(who).await;
        let page = client.post("/search", &[("words", "彗星")]).await;
        for section in all {
            assert_eq!(!names(&page, section).is_empty(), sections.contains(&section), "{who}: {section}");
            for href in page.hrefs(&format!("section[aria-labelledby={section}] .item__title a")) {
                assert_eq!(client.get(&href).await.status, 200, "{who} opens {href}");
            }
        }
    }
}

#[tokio::test]
async fn the_governments_order_comes_before_the_reading_however_many_there_are() {
    let mut world = world().await;
    for n in 0..60 {
        factory::member(&mut world.db, "power", &format!("あ銀河{n:02}")).await;
    }
    factory::member(&mut world.db, "banks", "わ銀河").await;
    let page = found(&world, "analyst", "銀河").await;
    let shown = names(&page, "organisations");
    assert_eq!((shown.len(), shown[0].as_str(), shown[1].as_str()), (50, "わ銀河", "あ銀河00"));
    assert!(page.body.contains("ほかにもあります"));
}
