//! The comparison of one CEPTOAR in two editions.

use super::difference::{Change, Difference, Fact, Kind, Subject};
use crate::features::feature_map::edition::{Ceptoar, Count, Edition, Secretariat, Status};
use crate::features::feature_map::vocabulary::Bilingual;

/// Legal forms that stand before the name of an organisation; the longer ones first.
const LEGAL_FORMS: [&str; 6] = ["一般社団法人", "公益社団法人", "一般財団法人", "公益財団法人", "社団法人", "財団法人"];

/// The differences of a CEPTOAR that both editions have.
#[must_use]
pub fn compare((from, before): (&Edition, &Ceptoar), (to, now): (&Edition, &Ceptoar)) -> Vec<Difference> {
    let mut list = List { subject: subject(now, Some(before)), found: Vec::new() };
    list.add(Kind::Ceptoars, Fact::Status(before.status), Fact::Status(now.status));
    let name = |c: &Ceptoar| c.name.clone().map_or_else(|| open(c), |name| Fact::Texts(vec![name]));
    if before.name.as_ref().map(|n| &n.ja) != now.name.as_ref().map(|n| &n.ja) {
        list.add(Kind::Names, name(before), name(now));
    }
    if before.sector != now.sector {
        let sector = |edition: &Edition, id: &str| {
            edition.sector(id).map_or(Fact::NotStated, |s| Fact::Texts(vec![s.name.clone()]))
        };
        list.add(Kind::SectorOfCeptoar, sector(from, &before.sector), sector(to, &now.sector));
    }
    let text = |text: &Option<Bilingual>| text.clone().map_or(Fact::NotStated, |text| Fact::Texts(vec![text]));
    list.add(Kind::Scopes, text(&before.scope), text(&now.scope));
    secretariats(&mut list, before, now);
    counts(&mut list, Kind::Counts, &before.counts, &now.counts, open(before), open(now));
    counts(&mut list, Kind::Reach, &before.reach, &now.reach, Fact::NotStated, Fact::NotStated);
    list.add(Kind::Handled, text(&before.handled), text(&now.handled));
    let channels = |c: &Ceptoar| {
        let mut channels = c.channels.clone();
        channels.sort_unstable();
        if channels.is_empty() { Fact::NotStated } else { Fact::Channels(channels) }
    };
    list.add(Kind::Channels, channels(before), channels(now));
    let month = |month: Option<_>| month.map_or(Fact::NotStated, Fact::Month);
    list.add(Kind::ContactWindow, month(before.operation_start), month(now.operation_start));
    list.add(Kind::HandlingRule, month(before.rule_established), month(now.rule_established));
    list.found
}

/// Whom a difference is about: by the name of the edition, or of the other one while the name is open.
#[must_use]
pub fn subject(c: &Ceptoar, other: Option<&Ceptoar>) -> Subject {
    let name = c.name.as_ref().or(other.and_then(|o| o.name.as_ref())).or(c.scope.as_ref());
    let (ja, en) = name.map_or((&c.id, &c.id), |n| (&n.ja, &n.en));
    Subject { id: c.id.clone(), has_profile: true, name: ja.clone(), name_en: en.clone() }
}

/// A secretariat with its department.
#[must_use]
pub fn in_full(s: &Secretariat) -> Bilingual {
    match &s.unit {
        Some(unit) => Bilingual {
            ja: format!("{} {}", s.organisation.ja, unit.ja),
            en: format!("{}, {}", s.organisation.en, unit.en),
        },
        None => s.organisation.clone(),
    }
}

struct List {
    subject: Subject,
    found: Vec<Difference>,
}

impl List {
    fn add(&mut self, kind: Kind, before: Fact, after: Fact) {
        self.add_part(kind, None, before, after);
    }

    fn add_part(&mut self, kind: Kind, part: Option<Bilingual>, before: Fact, after: Fact) {
        if before != after {
            let subject = self.subject.clone();
            self.found.push(Difference { kind, change: Change::Changed, subject, part, before, after });
        }
    }
}

/// What is said where a CEPTOAR has no name, desk or numbers.
fn open(c: &Ceptoar) -> Fact {
    match c.status {
        Status::Planned => Fact::UnderStudy,
        Status::Established => Fact::NotStated,
    }
}

/// The name of an organisation without its legal form.
#[must_use]
pub fn without_form(organisation: &str) -> &str {
    LEGAL_FORMS.iter().find_map(|form| organisation.strip_prefix(form)).unwrap_or(organisation)
}

/// Other organisations are one difference; the same organisations may still have changed form or department.
fn secretariats(list: &mut List, before: &Ceptoar, now: &Ceptoar) {
    let stems = |c: &Ceptoar| {
        let mut stems: Vec<String> =
            c.secretariats.iter().map(|s| without_form(&s.organisation.ja).to_owned()).collect();
        stems.sort_unstable();
        stems
    };
    if stems(before) != stems(now) {
        let desk = |c: &Ceptoar| match c.secretariats.as_slice() {
            [] => open(c),
            desks => Fact::Texts(desks.iter().map(in_full).collect()),
        };
        list.add(Kind::Secretariats, desk(before), desk(now));
        return;
    }
    let several = now.secretariats.len() > 1;
    for desk in &now.secretariats {
        let stem = without_form(&desk.organisation.ja);
        let Some(old) = before.secretariats.iter().find(|s| without_form(&s.organisation.ja) == stem) else { continue };
        let part = several.then(|| desk.organisation.clone());
        if old.organisation.ja != desk.organisation.ja {
            let names = [old, desk].map(|s| Fact::Texts(vec![s.organisation.clone()]));
            let [was, is] = names;
            list.add_part(Kind::LegalForms, part.clone(), was, is);
        }
        let unit = |s: &Secretariat| s.unit.clone().map_or(Fact::NotStated, |unit| Fact::Texts(vec![unit]));
        list.add_part(Kind::Departments, part, unit(old), unit(desk));
    }
}

/// Each unit by itself: nothing is converted, nothing is added up.
fn counts(list: &mut List, kind: Kind, before: &[Count], now: &[Count], was_open: Fact, is_open: Fact) {
    let mut units: Vec<&Bilingual> = Vec::new();
    for count in before.iter().chain(now) {
        if !units.iter().any(|unit| unit.ja == count.unit.ja) {
            units.push(&count.unit);
        }
    }
    for unit in units {
        let own = |counts: &[Count]| counts.iter().filter(|c| c.unit.ja == unit.ja).cloned().collect::<Vec<_>>();
        let (old, new) = (own(before), own(now));
        let number = |counts: &[Count], i: usize, all: &[Count], open: &Fact| match counts.get(i) {
            Some(count) => Fact::Number(count.value),
            None if all.is_empty() => open.clone(),
            None => Fact::NotInUnit,
        };
        let observers = |counts: &[Count], i: usize| {
            counts.get(i).and_then(|c| c.includes_observers).map_or(Fact::NotStated, Fact::Number)
        };
        for i in 0..old.len().max(new.len()) {
            // The same unit twice in one CEPTOAR is told apart by its place.
            let label = |more: [&str; 2]| {
                let nth = if i == 0 { String::new() } else { format!(" {}", i + 1) };
                Bilingual { ja: format!("{}{nth}{}", unit.ja, more[0]), en: format!("{}{nth}{}", unit.en, more[1]) }
            };
            list.add_part(
                kind,
                Some(label(["", ""])),
                number(&old, i, before, &was_open),
                number(&new, i, now, &is_open),
            );
            let part = label(["(うちオブザーバー)", " (of which observers)"]);
            list.add_part(kind, Some(part), observers(&old, i), observers(&new, i));
        }
    }
}
