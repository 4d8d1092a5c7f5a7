//! What is known of the published editions, row by row; and what holds for any two.

use std::collections::HashSet;

use proptest::prelude::*;

use super::difference::{Change, Difference, Fact, Kind};
use super::table_file;
use super::{Comparison, compare};
use crate::features::feature_map::edition::{Edition, Status};
use crate::features::feature_map::ministries::{Ministries, Responsibility};
use crate::features::feature_map::reference::editions;
use crate::features::feature_map::vocabulary::{Bilingual, Channel};
use crate::kernel::language::Language;
use crate::platform::tables::Encoding;

fn published() -> [Edition; 3] {
    editions().unwrap().try_into().unwrap()
}

fn compared(from: &Edition, to: &Edition) -> Comparison {
    compare(from, to, &Ministries::of_reference().unwrap())
}

/// Subject, part, before and after of each difference of a kind.
fn rows(comparison: &Comparison, kind: Kind) -> Vec<String> {
    let part = |d: &Difference| d.part.as_ref().map(|p| format!(" {}", p.ja)).unwrap_or_default();
    let words = |fact: &Fact| fact.words(Language::Ja);
    comparison
        .of(kind)
        .map(|d| format!("{}{}: {} → {}", d.subject.id, part(d), words(&d.before), words(&d.after)))
        .collect()
}

#[test]
fn from_2011_to_2018_everything_known_is_named_and_nothing_else() {
    let [_, from, to] = published();
    let found = compared(&from, &to);
    let gone = "この版に載っていません";
    assert_eq!(
        rows(&found, Kind::Sectors),
        ["chemical", "credit", "oil"].map(|id| format!("{id}: {gone} → 経済産業省"))
    );
    assert_eq!(
        rows(&found, Kind::Ceptoars),
        [("catv", "情報通信"), ("chemical", "化学"), ("credit", "クレジット"), ("oil", "石油")]
            .map(|(id, sector)| format!("{id}: {gone} → {sector}"))
    );
    assert_eq!(rows(&found, Kind::Names), ["broadcast: 放送における情報共有体制 → 放送CEPTOAR"]);
    assert_eq!(
        rows(&found, Kind::Secretariats),
        [
            "t-ceptoar: 財団法人日本データ通信協会 テレコム・アイザック推進会議 → 一般社団法人ICT-ISAC",
            "broadcast: 社団法人日本民間放送連盟 → 一般社団法人日本民間放送連盟、日本放送協会",
            "aviation: 国土交通省 航空局 航空安全推進課 航空保安対策室 → 定期航空協会",
            "rail: 国土交通省 鉄道局 危機管理室 → 一般社団法人日本鉄道電気技術協会",
            "power: 電気事業連合会 情報通信部 → 電力ISAC",
            "local-gov: 財団法人地方自治情報センター 自治体セキュリティ支援室 → 地方公共団体情報システム機構",
            "medical: 厚生労働省 → 公益社団法人日本医師会",
        ]
    );
    assert_eq!(
        rows(&found, Kind::LegalForms),
        [
            "life: 社団法人生命保険協会 → 一般社団法人生命保険協会",
            "nonlife: 社団法人日本損害保険協会 → 一般社団法人日本損害保険協会",
            "water: 社団法人日本水道協会 → 公益社団法人日本水道協会",
            "logistics: 社団法人日本物流団体連合会 → 一般社団法人日本物流団体連合会",
        ]
    );
    assert_eq!(rows(&found, Kind::LiaisonCouncils), [format!("finance-liaison: 一般財団法人全国銀行協会 → {gone}")]);
    let other = "この単位での記載なし";
    assert_eq!(
        rows(&found, Kind::Counts),
        [
            format!("t-ceptoar 社・団体: 29 → {other}"),
            format!("t-ceptoar 社: {other} → 24"),
            format!("t-ceptoar 団体: {other} → 1"),
            "broadcast 社・団体: 194 → 196".into(),
            "banks 社: 1,602 → 1,416".into(),
            "securities 社: 292 → 266".into(),
            "securities 機関: 9 → 7".into(),
            "life 社: 47 → 41".into(),
            "nonlife 社: 29 → 46".into(),
            "nonlife 社(うちオブザーバー): 3 → 資料に記載なし".into(),
            format!("aviation グループ: 2 → {other}"),
            format!("aviation 機関: 3 → {other}"),
            format!("aviation 社: {other} → 14"),
            format!("aviation 団体: {other} → 1"),
            format!("rail 機関: 1 → {other}"),
            "power 社: 12 → 14".into(),
            "power 機関: 2 → 3".into(),
            format!("gas 社: 10 → {other}"),
            format!("gas 社・団体: {other} → 10"),
            "local-gov 市区町村: 1,750 → 1,741".into(),
            "medical 機関: 2 → 9".into(),
            format!("water 水道事業体: 8 → {other}"),
            format!("water 水道事業者: {other} → 8"),
            "logistics 社: 16 → 17".into(),
        ]
    );
    let rest = [Kind::SectorOfCeptoar, Kind::Ministries].map(|kind| found.of(kind).count());
    assert_eq!(rest, [0, 0]);
    assert_eq!(found.differences.len(), 3 + 4 + 1 + 7 + 4 + 1 + 24);
    assert_eq!(
        found.not_comparable,
        [
            Kind::Scopes,
            Kind::Departments,
            Kind::Reach,
            Kind::Handled,
            Kind::Channels,
            Kind::ContactWindow,
            Kind::HandlingRule
        ]
    );
    let totals = &found.totals;
    assert_eq!((totals.sectors, totals.ceptoars), ([10, 13], [14, 18]));
    let sum = |unit: &str| totals.units.iter().find(|u| u.unit.ja == unit).unwrap().sums;
    assert_eq!([sum("社"), sum("社・団体")], [[Some(2030), Some(2271)], [Some(223), Some(206)]]);
    assert_eq!([sum("水道事業体"), sum("水道事業者")], [[Some(8), None], [None, Some(8)]], "not used is not zero");
}

#[test]
fn from_2007_to_2011_open_facts_become_known_and_are_never_zero() {
    let [from, to, _] = published();
    let found = compared(&from, &to);
    assert_eq!(
        rows(&found, Kind::Ceptoars),
        ["medical", "water", "logistics"].map(|id| format!("{id}: 検討中 → 整備済"))
    );
    assert_eq!(
        rows(&found, Kind::Departments),
        [
            "securities: IT管理室 → IT管理部",
            "life: 総務部 組織人事グループ → 総務部 コンプライアンス統括グループ",
            "nonlife: 業務企画部 企画・安全技術グループ → 業務企画部 共同システム開発室",
            "aviation: 航空局 航空保安対策室 → 航空局 航空安全推進課 航空保安対策室",
        ]
    );
    let names = rows(&found, Kind::Names);
    assert!(names.contains(&"power: 電力におけるIT障害に係る情報共有・分析機能 → 電力CEPTOAR".into()), "{names:?}");
    assert!(names.contains(&"medical: 検討中 → 医療CEPTOAR".into()));
    let desks = rows(&found, Kind::Secretariats);
    assert!(
        desks.contains(&"broadcast: 総務省 情報通信政策局 地上放送課 → 社団法人日本民間放送連盟".into()),
        "{desks:?}"
    );
    let counts = rows(&found, Kind::Counts);
    assert!(counts.contains(&"banks 社: 資料に記載なし → 1,602".into()), "{counts:?}");
    assert!(counts.contains(&"water 水道事業体: 検討中 → 8".into()));
    assert!(found.of(Kind::Counts).all(|d| d.before != Fact::Number(0) && d.after != Fact::Number(0)));
}

#[test]
fn a_sector_whose_ministry_changed_says_so_once() {
    let [_, from, mut to] = published();
    to.as_of = "2024-05-01".parse().unwrap();
    let found = compared(&from, &to);
    assert_eq!(rows(&found, Kind::Ministries), ["water: 厚生労働省 → 国土交通省(施設)、環境省(水質)"]);
}

#[test]
fn the_table_file_has_one_line_per_difference_and_plain_numbers() {
    let [_, from, to] = published();
    let found = compared(&from, &to);
    let file = table_file::write((&from.id, &to.id), &found, Language::Ja, Encoding::Utf8).unwrap();
    let text = String::from_utf8(file.bytes).unwrap();
    let lines: Vec<_> = text.trim_start_matches('\u{FEFF}').lines().collect();
    assert_eq!(lines.len(), found.differences.len() + 1);
    assert!(lines.contains(&"2011-03-31,2018-04-24,構成員の数,変更,banks,銀行等CEPTOAR,社,1602,1416,-186"));
}

/// One change to one CEPTOAR, and the kind under which it must be found.
#[derive(Debug, Clone, Copy)]
enum Step {
    Rename,
    Move,
    Count,
    Desk,
    Channel,
    Rule,
    Window,
    Gone,
}

fn take(step: Step, edition: &mut Edition, who: usize) -> Kind {
    let sectors: Vec<String> = edition.sectors.iter().map(|s| s.id.clone()).collect();
    let c = &mut edition.ceptoars[who];
    match step {
        Step::Rename => {
            c.name = Some(Bilingual { ja: "新しい名称".into(), en: "New name".into() });
            Kind::Names
        }
        Step::Move => {
            c.sector = sectors.into_iter().find(|s| *s != c.sector).unwrap();
            Kind::SectorOfCeptoar
        }
        Step::Count => {
            c.counts[0].value += 7;
            Kind::Counts
        }
        Step::Desk => {
            c.secretariats[0].organisation = Bilingual { ja: "新しい事務局".into(), en: "New desk".into() };
            Kind::Secretariats
        }
        Step::Channel => {
            c.channels = vec![Channel::MeetingBody];
            Kind::Channels
        }
        Step::Rule => {
            c.rule_established = Some("2010-12".to_owned().try_into().unwrap());
            Kind::HandlingRule
        }
        Step::Window => {
            c.operation_start = Some("2010-12".to_owned().try_into().unwrap());
            Kind::ContactWindow
        }
        Step::Gone => {
            let id = c.id.clone();
            edition.ceptoars.retain(|c| c.id != id);
            Kind::Ceptoars
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop::sample::select(vec![
        Step::Rename,
        Step::Move,
        Step::Count,
        Step::Desk,
        Step::Channel,
        Step::Rule,
        Step::Window,
        Step::Gone,
    ])
}

/// What tells one difference from another.
fn key(d: &Difference) -> (Kind, String, Option<String>) {
    (d.kind, d.subject.id.clone(), d.part.as_ref().map(|p| p.ja.clone()))
}

#[test]
fn an_edition_does_not_differ_from_itself() {
    for edition in published() {
        assert_eq!(compared(&edition, &edition).differences, []);
    }
}

#[test]
fn any_two_editions_name_each_difference_once_and_read_the_same_backwards() {
    let all = published();
    for from in &all {
        for to in &all {
            named_once_and_backwards(from, to);
        }
    }
}

fn named_once_and_backwards(from: &Edition, to: &Edition) {
    let (there, back) = (compared(from, to), compared(to, from));
    let keys: HashSet<_> = there.differences.iter().map(key).collect();
    assert_eq!(keys.len(), there.differences.len(), "something is named twice");
    assert!(there.differences.iter().all(|d| d.before != d.after));
    assert_eq!(keys, back.differences.iter().map(key).collect::<HashSet<_>>());
    for d in &there.differences {
        let mirrored = back.differences.iter().find(|b| key(b) == key(d)).unwrap();
        assert_eq!((&d.before, &d.after), (&mirrored.after, &mirrored.before));
        let change = match d.change {
            Change::Added => Change::Removed,
            Change::Removed => Change::Added,
            Change::Changed => Change::Changed,
        };
        assert_eq!(mirrored.change, change);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_change_is_one_difference_of_its_kind(step in step(), who in 0usize..14) {
        let [_, from, _] = published();
        let mut to = from.clone();
        prop_assert_eq!(to.ceptoars[who].status, Status::Established);
        let id = to.ceptoars[who].id.clone();
        let kind = take(step, &mut to, who);
        let found = compared(&from, &to);
        let keys: Vec<_> = found.differences.iter().map(|d| (d.kind, d.subject.id.clone())).collect();
        prop_assert_eq!(keys, vec![(kind, id)]);
    }

    #[test]
    fn many_changes_name_each_thing_once(steps in prop::collection::vec((step(), 0usize..14), 0..12)) {
        let [_, from, _] = published();
        let mut to = from.clone();
        for (step, who) in steps {
            if who < to.ceptoars.len() {
                take(step, &mut to, who);
            }
        }
        named_once_and_backwards(&from, &to);
    }

    #[test]
    fn a_ministry_is_responsible_from_its_first_day_until_the_day_before_the_next(day in 0u64..20) {
        let start: chrono::NaiveDate = "2020-01-01".parse().unwrap();
        let at = start + chrono::Days::new(day);
        let held = Responsibility {
            sector: "x".into(),
            ministry: Bilingual { ja: "省".into(), en: "Ministry".into() },
            from: start + chrono::Days::new(5),
            until: Some(start + chrono::Days::new(10)),
        };
        prop_assert_eq!(Ministries(vec![held]).of("x", at).len(), usize::from((5..10).contains(&day)));
    }
}
