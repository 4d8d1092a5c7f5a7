//! Tests of what is typed.

use super::*;
use crate::features::feature_map::reference::editions;
use crate::features::follow_up::prefill::{DirectoryFacts, prefill};

fn sheet(id: &str) -> Ceptoar {
    let editions = editions().unwrap();
    let sector = editions.last().unwrap().ceptoar(id).unwrap().sector.clone();
    prefill(&editions, &DirectoryFacts { id: id.into(), sector, ..DirectoryFacts::default() }).ceptoar
}

fn typed(c: &Ceptoar, with: &[(&str, &str)]) -> Typed {
    let Typed(mut pairs) = Typed::of(c, &Effective::default(), "");
    pairs.retain(|(name, _)| !with.iter().any(|(field, _)| field == name));
    pairs.extend(with.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())));
    Typed(pairs)
}

#[test]
fn what_is_not_touched_stays_as_it_was_in_every_ceptoar() {
    for c in &editions().unwrap().last().unwrap().ceptoars {
        let c = sheet(&c.id);
        let read = Typed::of(&c, &Effective::default(), "").read(&c, &[], Language::Ja).unwrap();
        assert_eq!(read.ceptoar, c, "{}", c.id);
    }
}

#[test]
fn every_unit_of_the_editions_can_be_chosen_and_has_its_english() {
    for edition in editions().unwrap() {
        for count in edition.ceptoars.iter().flat_map(|c| c.counts.iter().chain(&c.reach)) {
            assert_eq!(unit(&count.unit.ja), count.unit);
            assert!(units().contains(&count.unit), "{}", count.unit.ja);
        }
    }
}

#[test]
fn full_width_numbers_and_days_are_read() {
    let c = sheet("broadcast");
    let form = typed(
        &c,
        &[
            ("count_1", "１９７"),
            ("counts_on_year", "２０２７"),
            ("counts_on_month", "2"),
            ("counts_on_day", "1"),
            ("remark", " よろしく "),
        ],
    );
    let read = form.read(&c, &[], Language::Ja).unwrap();
    assert_eq!((read.ceptoar.counts[0].value, read.remark.as_str()), (197, "よろしく"));
    assert_eq!(read.effective.counts, NaiveDate::from_ymd_opt(2027, 2, 1));
    assert_eq!(read.ceptoar.count_display, None, "the printed words were of the old number");
}

#[test]
fn what_cannot_be_read_is_said_at_its_field() {
    let c = sheet("broadcast");
    for (with, field) in [
        (&[("count_1", "多数")][..], "count_1"),
        (&[("count_1", "")], "count_1"),
        (&[("count_2", "3")], "count_unit_2"),
        (&[("count_2", "3"), ("count_unit_2", "頭")], "count_unit_2"),
        (&[("count_2", "3"), ("count_unit_2", "社・団体")], "count_unit_2"),
        (&[("rule_year", "2007"), ("rule_month", "13")], "rule"),
        (&[("rule_year", "2007"), ("rule_month", "")], "rule"),
        (&[("name_on_year", "2027"), ("name_on_month", "2"), ("name_on_day", "30")], "name_on"),
        (&[("department_3", "企画部")], "org_3"),
        (&[("name", "一\u{202E}二")], "name"),
    ] {
        let errors = typed(&c, with).read(&c, &[], Language::Ja).unwrap_err();
        assert_eq!(errors.iter().map(|(field, _)| field).collect::<Vec<_>>(), [field], "{with:?}");
    }
}

#[test]
fn a_second_editor_is_told_which_fields_differ() {
    let c = sheet("broadcast");
    let (mine, theirs) = (typed(&c, &[("count_1", "198"), ("remark", "二人目")]), typed(&c, &[("count_1", "197")]));
    let mut told = mine.differing(&theirs);
    told.sort_unstable();
    assert_eq!(told, [("count_1", "197".to_owned()), ("remark", String::new())]);
    assert_eq!(mine.differing(&mine), []);
}

#[test]
fn of_the_activities_those_are_printed_that_are_ticked_and_on_record() {
    let c = sheet("banks");
    let offered = |code: &str| Activity {
        code: code.into(),
        when: Some(Month { year: 2026, month: 11 }),
        text: Bilingual { ja: format!("催し{code}"), en: code.into() },
    };
    let form =
        typed(&c, &[("activity", "2"), ("activity", "gone"), ("traits", " 一行目\r\n二行目 "), ("traits_en", "")]);
    let profile = form.read(&c, &[offered("1"), offered("2")], Language::Ja).unwrap().ceptoar.profile;
    assert_eq!(profile.activities, [offered("2")]);
    assert_eq!(profile.traits, Some(Bilingual { ja: "一行目\n二行目".into(), en: "一行目\n二行目".into() }));
    assert_eq!(profile.purpose, c.profile.purpose);
    let long = "あ".repeat(1001);
    let errors = typed(&c, &[("structure", &long)]).read(&c, &[], Language::Ja).unwrap_err();
    assert!(!errors.at("structure").is_empty());
}
