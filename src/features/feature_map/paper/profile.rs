//! A profile on A4: a table of facts, the two requirements, the texts, the way through the editions.

use serde::Serialize;

use super::cells::{self, Line, Style};
use super::map::PaperWords;
use crate::features::feature_map::edition::{Ceptoar, Edition, LiaisonCouncil, Profile};
use crate::features::feature_map::over_editions::{Stop, Subject, other_names, stops};
use crate::features::feature_map::sheet::{self, CellWords, Column, SecretariatLines};
use crate::features::feature_map::vocabulary::{Bilingual, list_joint};
use crate::features::feature_map::words::ProfileWords;
use crate::kernel::clock;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::fiscal_year;
use crate::platform::pdf::Template;

/// The template of a profile.
pub const TEMPLATE: Template = Template {
    name: "profile.typ",
    text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/feature_map/profile.typ")),
};

/// All that stands on the paper.
#[derive(Debug, Serialize)]
pub struct ProfilePaper {
    /// `ja` or `en`.
    pub language: &'static str,
    /// What kind of profile it is.
    pub kind: &'static str,
    /// Of which sector.
    pub sector: String,
    /// Whom it is about.
    pub name: String,
    /// The day of the edition.
    pub as_of: String,
    /// Facts, each under its label.
    pub facts: Vec<Fact>,
    /// The heading over the requirements.
    pub requirements_heading: &'static str,
    /// The two requirements; none for a liaison council.
    pub requirements: Vec<Requirement>,
    /// The texts.
    pub sections: Vec<Section>,
    /// The heading over the editions.
    pub editions_heading: &'static str,
    /// The way through the editions: the heads of its columns.
    pub editions_heads: [&'static str; 4],
    /// The way through the editions: each of them.
    pub editions: Vec<[Vec<Line>; 4]>,
    /// Whose words these are.
    pub own_words: String,
    /// Who made the paper.
    pub portal: &'static str,
}

/// A fact under its label.
#[derive(Debug, Serialize)]
pub struct Fact {
    /// The label.
    pub label: &'static str,
    /// What it says.
    pub lines: Vec<Line>,
}

/// One of the two requirements of a CEPTOAR.
#[derive(Debug, Serialize)]
pub struct Requirement {
    /// Which one.
    pub title: &'static str,
    /// What it asks for.
    pub text: &'static str,
    /// Whether the edition says that it is met.
    pub met: bool,
    /// What the edition says of it.
    pub lines: Vec<Line>,
}

/// A text with its heading, or a list.
#[derive(Debug, Serialize)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// Its lines.
    pub text: Vec<String>,
    /// Its items: when, and what.
    pub items: Vec<(String, String)>,
}

/// Lays a profile out for paper.
#[must_use]
pub fn profile(
    editions: &[Edition],
    edition: &Edition,
    subject: Subject,
    id: &str,
    language: Language,
) -> ProfilePaper {
    let w = ProfileWords::of(language);
    let sector = edition.sector(subject.sector()).map_or("", |s| s.name.pick(language));
    let mut facts = vec![fact(w.sector, vec![Line::new(Style::Plain, sector)])];
    facts.extend(other_names(editions, edition, id, language).into_iter().map(|other| {
        let label = if other.former { w.former_name } else { w.later_name };
        let name = fill(w.name_in, &[("name", &other.name), ("editions", &other.editions)]);
        fact(label, vec![Line::new(Style::Plain, name)])
    }));
    let (kind, requirements) = match subject {
        Subject::Ceptoar(c) => {
            let mut column = sheet::column(edition, c, "", language);
            // The notes are printed on the map.
            for notes in [&mut column.name_notes, &mut column.secretariats_notes, &mut column.count_notes] {
                notes.clear();
            }
            facts.extend(ceptoar_facts(c, &column, w, language));
            (w.kind_ceptoar, requirements(&column, w))
        }
        Subject::Council(c) => {
            facts.extend(council_facts(edition, c, w, language));
            (w.kind_council, Vec::new())
        }
    };
    ProfilePaper {
        language: language.code(),
        kind,
        sector: sector.to_owned(),
        name: subject.name(language).map_or_else(|| fill(w.unnamed, &[("sector", sector)]), ToOwned::to_owned),
        as_of: edition.as_of_display.pick(language).to_owned(),
        facts,
        requirements_heading: w.requirements,
        requirements,
        sections: sections(edition, subject.profile(), w, language),
        editions_heading: w.over_editions,
        editions_heads: ["", w.name, w.secretariat, w.members],
        editions: stops(editions, edition, id, language).into_iter().map(|stop| stop_row(stop, w)).collect(),
        own_words: fill(w.own_words, &[("publisher", edition.publisher.pick(language))]),
        portal: PaperWords::of(language).portal,
    }
}

fn fact(label: &'static str, lines: Vec<Line>) -> Fact {
    Fact { label, lines }
}

fn ceptoar_facts(c: &Ceptoar, column: &Column, w: &ProfileWords, language: Language) -> Vec<Fact> {
    let plain = |text: &str| Line::new(Style::Plain, text);
    let texts = |texts: &[Bilingual]| texts.iter().map(|t| plain(t.pick(language))).collect::<Vec<_>>();
    let mut desks = cells::secretariats(column);
    desks.extend(
        c.secretariat_since.map(|month| Line::new(Style::Detail, fill(w.since, &[("month", &month.label(language))]))),
    );
    let mut members = cells::members(column);
    members.extend(column.details_of.iter().map(|of| Line::new(Style::Detail, of)));
    members.extend(Line::mark(column.details_of_mark.as_ref()));
    let in_profile = sheet::channel_lines(&c.channels_in_profile, language);
    let in_profile: Vec<&str> = in_profile.iter().map(|channel| channel.word).collect();
    let route: Vec<&str> = c.route.iter().map(|stop| stop.pick(language)).collect();
    let joined = |words: Vec<&str>, joint: &str| {
        if words.is_empty() { Vec::new() } else { vec![plain(&words.join(joint))] }
    };
    let represented = c
        .representative
        .as_ref()
        .map(|r| plain(&format!("{} {}", r.affiliation.pick(language), r.title.pick(language))));
    let groups = c.subgroups.iter().map(|g| plain(&format!("{} {}", g.code, g.scope.pick(language))));
    let all = [
        fact(w.scope, column.scope.iter().map(|scope| plain(scope)).collect()),
        fact(w.secretariat, desks),
        fact(w.members, members),
        fact(w.channels, cells::channels(column, language)),
        fact(w.channels_in_profile, joined(in_profile, list_joint(language))),
        fact(w.subgroups, groups.collect()),
        fact(w.route, joined(route, " → ")),
        fact(w.rule_document, c.rule_document.iter().map(|d| plain(d.pick(language))).collect()),
        fact(w.covered_systems, c.covered_systems.iter().map(|s| plain(s.pick(language))).collect()),
        fact(w.bodies, texts(&c.bodies)),
        fact(w.representative, represented.into_iter().collect()),
    ];
    all.into_iter().filter(|fact| !fact.lines.is_empty()).collect()
}

fn council_facts(edition: &Edition, c: &LiaisonCouncil, w: &ProfileWords, language: Language) -> Vec<Fact> {
    let mut desks: Vec<Line> =
        c.secretariats.iter().flat_map(|s| cells::desk(&sheet::lines(s, language), false)).collect();
    if desks.is_empty() {
        desks.push(Line::new(Style::Open, CellWords::of(language).no_secretariat));
    }
    let member = |id: &String| {
        let name = edition.ceptoar(id).and_then(|m| m.name.as_ref()).map_or(id.as_str(), |n| n.pick(language));
        Line::new(Style::Plain, name)
    };
    let mut facts = vec![fact(w.secretariat, desks), fact(w.council_members, c.members.iter().map(member).collect())];
    if c.observers_allowed {
        facts.push(fact(w.observers, vec![Line::new(Style::Plain, w.observers_allowed)]));
    }
    facts
}

fn requirements(c: &Column, w: &'static ProfileWords) -> Vec<Requirement> {
    let told = |sentence: &str, month: Option<&String>, mark| match month {
        Some(_) => cells::month(sentence, month, mark),
        None if c.planned => vec![Line::new(Style::Open, w.preparing)],
        None => vec![Line::new(Style::Open, w.not_told)],
    };
    let mut window = told(w.operation_start, c.operation_start.as_ref(), c.operation_start_mark.as_ref());
    window.extend(Line::mark(c.operation_start_row_mark.as_ref()));
    vec![
        Requirement {
            title: w.rule_title,
            text: w.rule_text,
            met: c.rule.is_some(),
            lines: told(w.established, c.rule.as_ref(), c.rule_mark.as_ref()),
        },
        Requirement { title: w.window_title, text: w.window_text, met: c.operation_start.is_some(), lines: window },
    ]
}

fn sections(edition: &Edition, profile: &Profile, w: &ProfileWords, language: Language) -> Vec<Section> {
    let texts = [(w.purpose, &profile.purpose), (w.structure, &profile.structure), (w.traits, &profile.traits)];
    let text = |(heading, text): (&str, &Option<Bilingual>)| {
        let lines = text.as_ref()?.pick(language).lines().map(ToOwned::to_owned);
        Some(Section { heading: heading.to_owned(), text: lines.collect(), items: Vec::new() })
    };
    let mut sections: Vec<Section> = texts.into_iter().filter_map(text).collect();
    if !profile.activities.is_empty() {
        let year = fiscal_year(clock::fiscal_year(edition.as_of), language);
        let items = profile.activities.iter().map(|activity| {
            let when = activity.when.map(|month| month.label(language)).unwrap_or_default();
            (when, activity.text.pick(language).to_owned())
        });
        let heading = fill(w.activities, &[("year", &year)]);
        sections.push(Section { heading, text: Vec::new(), items: items.collect() });
    }
    sections
}

fn stop_row(stop: Stop, w: &ProfileWords) -> [Vec<Line>; 4] {
    let style = if stop.shown { Style::Strong } else { Style::Plain };
    let when = vec![Line::new(style, stop.when)];
    let Some(told) = stop.told else {
        return [when, vec![Line::new(Style::Open, w.absent)], Vec::new(), Vec::new()];
    };
    let changed = |changed: bool| changed.then(|| Line::new(Style::Detail, format!("({})", w.changed)));
    let with = |mut lines: Vec<Line>, mark: bool| {
        lines.extend(changed(mark));
        lines
    };
    let desks = told.secretariats.iter().flat_map(|s: &SecretariatLines| cells::desk(s, false)).collect();
    let count = told.count.map(|count| Line::new(Style::Plain, count)).into_iter().collect();
    [
        when,
        with(vec![Line::new(Style::Plain, told.name)], told.name_changed),
        with(desks, told.secretariats_changed),
        with(count, told.count_changed),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::feature_map::edition::Status;
    use crate::features::feature_map::reference::editions;

    #[test]
    fn what_is_under_study_or_not_told_is_never_a_requirement_met() {
        let editions = editions().unwrap();
        for edition in &editions {
            for c in &edition.ceptoars {
                let paper = profile(&editions, edition, Subject::Ceptoar(c), &c.id, Language::Ja);
                let met: Vec<bool> = paper.requirements.iter().map(|r| r.met).collect();
                assert_eq!(met, [c.rule_established.is_some(), c.operation_start.is_some()]);
                assert!(c.status == Status::Established || met == [false, false]);
                assert!(paper.facts.iter().all(|fact| !fact.lines.is_empty()));
                assert_eq!(paper.editions.len(), editions.len());
            }
        }
    }
}
