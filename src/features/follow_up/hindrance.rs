//! What keeps a sheet from being sent, and what looks doubtful but may be so.

use chrono::NaiveDate;

use super::changes::{Dated, Effective, StoredChange};
use crate::features::feature_map::edition::{Ceptoar, Edition, Status};
use crate::features::feature_map::vocabulary::list_joint;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{long_date, thousands};

crate::words! {
    /// What is said of hindrances and doubts.
    pub struct HindranceWords {
        no_rule: "要件①「情報の取扱いルール」の制定年月がありません。制定した年月を入力してください。" / "Requirement 1 (rules on handling information): the month in which they were established is missing.",
        no_name: "名称を入力してください。" / "Please enter the name.",
        no_desk: "事務局の組織名を入力してください。" / "Please enter the organisation of the secretariat.",
        no_counts: "構成員の数を入力してください。" / "Please enter the numbers of members.",
        no_day: "前回の版から変わっています。いつから変わったか(適用日)を入力してください。" / "This differs from the last edition. Please enter from which day it holds.",
        outside: "適用日は、前回の版({from})より後で、今回の基準日({to})までの日を入力してください。" / "Please enter a day after the last edition ({from}) and not after the day of this one ({to}).",
        roster: "名簿に登録されている構成員({unit})は{registered}で、調査票の数({stated})と違います。名簿の登録漏れがないか確かめてください。調査票の数が正しければ、このまま提出できます。" / "The roster has {registered} members ({unit}), and the sheet says {stated}. Please look whether the roster is complete. If the sheet is right, it can be sent as it is.",
        other_unit: "単位が前回の版と違います(前回: {was}、今回: {is})。正しければ、このまま提出できます。" / "The unit is not that of the last edition (then: {was}, now: {is}). If that is right, it can be sent as it is.",
    }
}

/// What keeps a sheet from being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hindrance {
    /// No month of the handling rules: requirement 1.
    NoRule,
    /// No name.
    NoName,
    /// No secretariat.
    NoDesk,
    /// No numbers.
    NoCounts,
    /// Something changed, and nobody knows from which day.
    NoDay(Dated),
    /// The day is not between the two editions.
    DayOutside(Dated),
}

impl Hindrance {
    /// The field it stands at.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::NoRule => "rule",
            Self::NoName => "name",
            Self::NoDesk => "org_1",
            Self::NoCounts => "count_1",
            Self::NoDay(Dated::Name) | Self::DayOutside(Dated::Name) => "name_on",
            Self::NoDay(Dated::Desk) | Self::DayOutside(Dated::Desk) => "desk_on",
            Self::NoDay(Dated::Counts) | Self::DayOutside(Dated::Counts) => "counts_on",
        }
    }

    /// What is said there.
    #[must_use]
    pub fn words(self, days: (NaiveDate, NaiveDate), language: Language) -> String {
        let w = HindranceWords::of(language);
        match self {
            Self::NoRule => w.no_rule.to_owned(),
            Self::NoName => w.no_name.to_owned(),
            Self::NoDesk => w.no_desk.to_owned(),
            Self::NoCounts => w.no_counts.to_owned(),
            Self::NoDay(_) => w.no_day.to_owned(),
            Self::DayOutside(_) => {
                let [from, to] = [days.0, days.1].map(|day| long_date(day, language));
                fill(w.outside, &[("from", &from), ("to", &to)])
            }
        }
    }
}

/// What keeps a sheet from being sent, in the order of the form. `days`: of the last edition and of the next.
#[must_use]
pub fn hindrances(
    c: &Ceptoar,
    changes: &[StoredChange],
    effective: &Effective,
    days: (NaiveDate, NaiveDate),
) -> Vec<Hindrance> {
    let planned = c.status == Status::Planned;
    let mut found = Vec::new();
    let dated = |part: Dated, found: &mut Vec<Hindrance>| {
        let changed = changes.iter().any(|change| change.kind().and_then(Dated::of) == Some(part));
        match effective.of(part) {
            None if changed && !only_became_known(changes, part) => found.push(Hindrance::NoDay(part)),
            Some(day) if day <= days.0 || day > days.1 => found.push(Hindrance::DayOutside(part)),
            None | Some(_) => {}
        }
    };
    if c.name.is_none() && !planned {
        found.push(Hindrance::NoName);
    }
    dated(Dated::Name, &mut found);
    if c.secretariats.is_empty() && !planned {
        found.push(Hindrance::NoDesk);
    }
    dated(Dated::Desk, &mut found);
    if c.counts.is_empty() && !planned {
        found.push(Hindrance::NoCounts);
    }
    dated(Dated::Counts, &mut found);
    if c.rule_established.is_none() && !planned {
        found.push(Hindrance::NoRule);
    }
    found
}

/// Whether a part differs only because the last edition does not state it: then nothing changed on any day.
fn only_became_known(changes: &[StoredChange], part: Dated) -> bool {
    changes.iter().filter(|c| c.kind().and_then(Dated::of) == Some(part)).all(StoredChange::was_unknown)
}

/// What looks doubtful: another number than the roster's, in a unit that both count in. Nothing registered is no number.
#[must_use]
pub fn doubts_of_roster(c: &Ceptoar, registered: &[(String, i64)], language: Language) -> Vec<String> {
    let w = HindranceWords::of(language);
    let doubt = |(unit, registered): &(String, i64)| {
        let stated = c.counts.iter().find(|count| count.unit.ja == *unit)?;
        let words = [
            ("unit", stated.unit.pick(language).to_owned()),
            ("registered", thousands(*registered)),
            ("stated", thousands(stated.value.into())),
        ];
        let words = words.each_ref().map(|(name, value)| (*name, value.as_str()));
        (i64::from(stated.value) != *registered).then(|| fill(w.roster, &words))
    };
    registered.iter().filter_map(doubt).collect()
}

/// What looks doubtful: another unit than in the last edition.
#[must_use]
pub fn doubts(last: &Edition, c: &Ceptoar, language: Language) -> Vec<String> {
    let units = |c: &Ceptoar| c.counts.iter().map(|n| n.unit.clone()).collect::<Vec<_>>();
    let Some(was) = last.ceptoar(&c.id).map(units).filter(|units| !units.is_empty()) else { return Vec::new() };
    let is = units(c);
    if is.is_empty() || is.iter().all(|unit| was.iter().any(|w| w.ja == unit.ja)) {
        return Vec::new();
    }
    let join = |units: &[crate::features::feature_map::edition::Bilingual]| {
        units.iter().map(|u| u.pick(language)).collect::<Vec<_>>().join(list_joint(language))
    };
    vec![fill(HindranceWords::of(language).other_unit, &[("was", &join(&was)), ("is", &join(&is))])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::feature_map::edition::Bilingual;
    use crate::features::feature_map::reference::editions;
    use crate::features::follow_up::changes::changes;
    use crate::features::follow_up::filling::unit;
    use crate::features::follow_up::prefill::{DirectoryFacts, prefill};

    fn sheet(id: &str) -> (Edition, Ceptoar) {
        let editions = editions().unwrap();
        let last = editions.last().unwrap().clone();
        let sector = last.ceptoar(id).unwrap().sector.clone();
        let facts = DirectoryFacts { id: id.into(), sector, ..DirectoryFacts::default() };
        (last, prefill(&editions, &facts).ceptoar)
    }

    #[test]
    fn a_number_other_than_the_rosters_is_doubtful_and_silence_of_the_roster_is_not() {
        let (_, mut c) = sheet("power");
        let stated = i64::from(c.counts[0].value);
        let unit = c.counts[0].unit.ja.clone();
        let doubts = |c: &Ceptoar, n: i64| doubts_of_roster(c, &[(unit.clone(), n)], Language::Ja);
        assert_eq!(doubts(&c, stated), [""; 0]);
        let doubt = doubts(&c, stated + 1).concat();
        assert!(doubt.contains(&format!("は{}で", stated + 1)) && doubt.contains(&format!("({stated})")), "{doubt}");
        assert_eq!(doubts_of_roster(&c, &[], Language::Ja), [""; 0]);
        assert_eq!(
            doubts_of_roster(&c, &[("グループ".into(), 3)], Language::Ja),
            [""; 0],
            "a unit of the roster alone"
        );
        c.counts.clear();
        assert_eq!(doubts(&c, 3), [""; 0]);
    }

    fn found(last: &Edition, c: &Ceptoar, effective: &Effective) -> Vec<Hindrance> {
        let days = (last.as_of, "2027-03-31".parse().unwrap());
        hindrances(c, &changes(last, &last.sectors, c, effective), effective, days)
    }

    #[test]
    fn no_date_of_the_rules_is_requirement_one() {
        let (last, c) = sheet("chemical");
        assert_eq!(found(&last, &c, &Effective::default()), [Hindrance::NoRule]);
        let (last, c) = sheet("banks");
        assert_eq!(found(&last, &c, &Effective::default()), []);
        assert!(Hindrance::NoRule.words((last.as_of, last.as_of), Language::Ja).contains("要件①"));
    }

    #[test]
    fn a_change_of_name_desk_or_number_needs_its_day() {
        let (last, mut c) = sheet("broadcast");
        c.counts[0].value = 197;
        c.secretariats[0].organisation = Bilingual { ja: "別の団体".into(), en: "Other".into() };
        let none = Effective::default();
        assert_eq!(found(&last, &c, &none), [Hindrance::NoDay(Dated::Desk), Hindrance::NoDay(Dated::Counts)]);
        let day = |text: &str| Some(text.parse().unwrap());
        let told = Effective { desk: day("2027-02-01"), counts: day("2027-02-01"), ..none };
        assert_eq!(found(&last, &c, &told), []);
        let early = Effective { desk: day("2018-04-24"), counts: day("2027-04-01"), ..none };
        assert_eq!(
            found(&last, &c, &early),
            [Hindrance::DayOutside(Dated::Desk), Hindrance::DayOutside(Dated::Counts)]
        );
    }

    #[test]
    fn another_unit_is_a_doubt_and_no_hindrance() {
        let (last, mut c) = sheet("broadcast");
        assert!(doubts(&last, &c, Language::Ja).is_empty());
        c.counts[0].unit = unit("社");
        let told = doubts(&last, &c, Language::Ja);
        assert!(told.len() == 1 && told[0].contains("前回: 社・団体、今回: 社"), "{told:?}");
        let counted = Effective { counts: "2027-02-01".parse().ok(), ..Effective::default() };
        assert_eq!(found(&last, &c, &counted), []);
    }
}
