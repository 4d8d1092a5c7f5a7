//! What the page of a member says, piece by piece.

use std::collections::HashMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::{ChannelRow, EntryRow, FactRow, MemberWords, ProposalRow, WindowRow};
use crate::features::access::Viewer;
use crate::features::access::directory::Standing;
use crate::features::directory::roster::changes::correcting::Subject;
use crate::features::directory::roster::sheet::{Channel, Period, Sheet, Window, WindowFacts};
use crate::features::directory::roster::steps;
use crate::features::directory::roster::store::{CeptoarFacts, PastChange};
use crate::features::directory::roster::web::as_of::AsOf;
use crate::features::directory::roster::web::shown::{ChangeRow, change_row};
use crate::features::directory::roster::web::{correcting, way};
use crate::features::directory::roster::{paths, spelling};
use crate::features::directory::verification::paths as verification;
use crate::features::directory::verification::proven::store::Proof;
use crate::features::directory::verification::web::shown::proven;
use crate::features::directory::{offices, partners, proposals};
use crate::kernel::clock::japan_day;
use crate::kernel::count_unit;
use crate::kernel::ids::ContactId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_date;
use crate::platform::web::frame::{Chrome, Frame};

/// What the viewer may correct.
#[derive(Debug, Clone, Copy)]
pub(super) struct Corrections {
    pub(super) names: bool,
    pub(super) memberships: bool,
    pub(super) windows: bool,
}

impl Corrections {
    pub(super) fn any(self) -> bool {
        self.names || self.memberships || self.windows
    }
}

/// What the page is about.
pub(super) struct Scene<'a> {
    pub(super) w: &'static MemberWords,
    pub(super) sheet: &'a Sheet,
    pub(super) ceptoar: &'a CeptoarFacts,
    pub(super) as_of: &'a AsOf,
    /// How each address was proven last, and what speaks against it.
    pub(super) proofs: &'a HashMap<(ContactId, String), Proof>,
    /// Whether the viewer asks windows whether they are reached.
    pub(super) asks: bool,
    pub(super) corrections: Corrections,
    pub(super) language: Language,
}

impl Scene<'_> {
    pub(super) fn chrome(&self, viewer: &Viewer, frame: &Frame, nameless: Option<&str>) -> Chrome {
        let name = self.sheet.name_on(self.as_of.day);
        let title = name.map(|name| self.language.pick(&name.value.ja, &name.value.en).clone());
        let title = title.unwrap_or_else(|| nameless.unwrap_or_default().to_owned());
        let way = way(viewer, frame, &self.sheet.ceptoar_id, self.ceptoar);
        let way: Vec<_> = way.iter().map(|(href, label)| (href.as_str(), label.as_str())).collect();
        frame.chrome(title, &way)
    }

    pub(super) fn said(&self, done: &str) -> Option<&'static str> {
        match done {
            "joined" => Some(self.w.done_joined),
            "already" => Some(self.w.done_already),
            "changed" => Some(self.w.done_changed),
            "corrected" => Some(self.w.done_corrected),
            "added" => Some(self.w.done_added),
            "ended" => Some(self.w.done_ended),
            "withdrawn" => Some(self.w.done_withdrawn),
            _ => None,
        }
    }

    /// What its sort is called, what the list of those is called, and where it is.
    pub(super) fn beside(&self) -> Option<(&'static str, &'static str, String)> {
        let w = self.w;
        let offices = || offices::paths::of_ceptoar(offices::paths::INDEX, &self.sheet.ceptoar_id);
        match self.sheet.standing {
            Standing::Member => None,
            Standing::Partner => {
                let index = partners::paths::of_ceptoar(partners::paths::INDEX, &self.sheet.ceptoar_id);
                Some((w.partner, w.partner_see, index))
            }
            Standing::Secretariat => Some((w.state_secretariat, w.offices_see, offices())),
            Standing::Ministry => Some((w.state_ministry, w.offices_see, offices())),
            Standing::Regional => Some((w.state_regional, w.offices_see, offices())),
        }
    }

    /// Where a former member is taken in again.
    pub(super) fn returning(&self, returns: bool) -> Option<String> {
        let of = || paths::of_member(paths::RETURNING, &self.sheet.ceptoar_id, self.sheet.organisation_id);
        (returns && self.as_of.is_today()).then(of)
    }

    pub(super) fn state(&self) -> &'static str {
        match self.sheet.standing {
            Standing::Member => self.state_of_member(),
            Standing::Partner => self.w.state_partner,
            Standing::Secretariat => self.w.state_secretariat,
            Standing::Ministry => self.w.state_ministry,
            Standing::Regional => self.w.state_regional,
        }
    }

    fn state_of_member(&self) -> &'static str {
        if self.sheet.membership_on(self.as_of.day).is_some() {
            self.w.state_member
        } else if self.sheet.memberships.iter().any(|m| m.valid.is_ahead_of(self.as_of.day)) {
            self.w.state_ahead
        } else {
            self.w.state_over
        }
    }

    /// A change, with the way to take it back for whoever may.
    pub(super) fn change(
        &self,
        change: &PastChange,
        keeps: bool,
        keeps_windows: bool,
        sees_proposals: bool,
    ) -> ChangeRow {
        let may = if change.subject == "window" { keeps_windows } else { keeps };
        let path = || paths::withdrawal(&self.sheet.ceptoar_id, self.sheet.organisation_id, change.change_id);
        let withdrawal = if may && change.is_open { path() } else { String::new() };
        let proposal = change.proposal.filter(|_| sees_proposals).map(|id| self.proposal_href(id)).unwrap_or_default();
        ChangeRow { withdrawal, proposal, ..change_row(change, self.language) }
    }

    fn proposal_href(&self, id: Uuid) -> String {
        proposals::paths::of_proposal(proposals::paths::PROPOSAL, &self.sheet.ceptoar_id, id)
    }

    pub(super) fn proposal(&self, row: &proposals::store::Row) -> ProposalRow {
        let made = long_date(japan_day(row.made_at), self.language);
        ProposalRow {
            href: self.proposal_href(row.proposal_id),
            state: (row.state.colour(), row.state.label(self.language)),
            made: fill(self.w.proposed_on, &[("day", &made)]),
        }
    }

    /// Label, value, and where it is changed.
    pub(super) fn facts(&self, keeps: bool) -> Vec<FactRow> {
        let link = |route| {
            let path = paths::of_member(route, &self.sheet.ceptoar_id, self.sheet.organisation_id);
            if keeps { path } else { String::new() }
        };
        let day = self.as_of.day;
        let correct = |may: bool, subject| if may { self.correction(subject, day) } else { String::new() };
        let plain = |label, value| FactRow { label, value, change: String::new(), correct: String::new() };
        let whole = Period {
            from: self.sheet.memberships.first().and_then(|m| m.valid.from),
            until: self.sheet.memberships.last().and_then(|m| m.valid.until),
        };
        let mut facts = Vec::new();
        if let Some(name) = self.sheet.name_on(self.as_of.day) {
            // Of a day before it had a name, or after the last that is known, the nearest is shown.
            let may = self.corrections.names && name.valid.holds_on(day);
            facts.push(FactRow {
                label: self.w.name,
                value: name.value.ja.clone(),
                change: link(paths::NAME),
                correct: correct(may, Subject::Name),
            });
            facts.push(plain(self.w.reading, name.value.reading.clone()));
            facts.push(plain(self.w.english, name.value.en.clone()));
        }
        match self.sheet.standing {
            Standing::Member => {}
            Standing::Partner => return facts,
            Standing::Secretariat | Standing::Ministry | Standing::Regional => {
                facts.push(plain(self.w.office, self.period(whole)));
                facts.retain(|fact| !fact.value.is_empty());
                return facts;
            }
        }
        if let Some(membership) = self.sheet.membership_on(self.as_of.day) {
            let m = &membership.value;
            let code = self.ceptoar.code_of(m.subgroup.as_deref());
            let mut parts =
                vec![m.kind.label(self.language).to_owned(), count_unit::told(&m.unit, self.language).to_owned()];
            parts.extend((!code.is_empty()).then(|| fill(self.w.subgroup, &[("code", code)])));
            parts.extend(m.hub.then(|| self.w.hub.to_owned()));
            facts.push(FactRow {
                label: self.w.membership,
                value: parts.join(self.language.pick("、", ", ")),
                change: link(paths::MEMBERSHIP),
                correct: correct(self.corrections.memberships, Subject::Membership),
            });
        }
        facts.push(plain(self.w.period, self.period(whole)));
        facts.retain(|fact| !fact.value.is_empty());
        facts
    }

    /// The cross-cutting groups that it is in, and is to be in.
    pub(super) fn groups(&self, parts: &[(String, Period)]) -> Option<FactRow> {
        let told = |words, group: &str, day: NaiveDate| {
            fill(words, &[("group", group), ("day", &long_date(day, self.language))])
        };
        let texts =
            parts.iter().map(|(group, valid)| match (valid.from, valid.until.and_then(|until| until.pred_opt())) {
                (Some(from), _) if valid.is_ahead_of(self.as_of.day) => told(self.w.group_planned, group, from),
                (_, Some(last)) => told(self.w.group_ending, group, last),
                (_, None) => group.clone(),
            });
        let text = texts.collect::<Vec<_>>().join(self.language.pick("、", ", "));
        let row = FactRow { label: self.w.groups, value: text, change: String::new(), correct: String::new() };
        Some(row).filter(|row| !row.value.is_empty())
    }

    fn correction(&self, subject: Subject, day: NaiveDate) -> String {
        correcting::href(&self.sheet.ceptoar_id, self.sheet.organisation_id, subject, day)
    }

    /// What is registered for other days than the one shown, for whoever may correct it; newest first.
    pub(super) fn entries(&self) -> Vec<EntryRow> {
        let w = self.w;
        let mut all: Vec<(Period, EntryRow)> = Vec::new();
        let mut add = |what: &str, label: &str, valid: Period, subject: Subject| {
            // A day on which it holds: the first, or the last where that is not known.
            let day = valid.from.or(valid.until.and_then(|until| until.pred_opt()));
            let Some(day) = day.filter(|_| !valid.holds_on(self.as_of.day)) else { return };
            let label =
                if label.is_empty() { what.to_owned() } else { fill(w.of_entry, &[("what", what), ("label", label)]) };
            all.push((valid, EntryRow { label, period: self.period(valid), href: self.correction(subject, day) }));
        };
        for name in self.sheet.names.iter().filter(|_| self.corrections.names) {
            let label = self.language.pick(&name.value.ja, &name.value.en);
            add(w.name, if label.is_empty() { &name.value.ja } else { label }, name.valid, Subject::Name);
        }
        for membership in self.sheet.memberships.iter().filter(|_| self.corrections.memberships) {
            add(w.membership, "", membership.valid, Subject::Membership);
        }
        for window in self.sheet.windows.iter().filter(|_| self.corrections.windows) {
            for step in steps::of(window) {
                let label = &step.value.facts.value.label;
                add(w.windows, label, step.valid, Subject::Window(window.contact_id));
            }
        }
        all.sort_by_key(|(valid, _)| std::cmp::Reverse(valid.from));
        all.into_iter().map(|(_, row)| row).collect()
    }

    fn period(&self, period: Period) -> String {
        let day = |day: NaiveDate| long_date(day, self.language);
        let from = period
            .from
            .map_or_else(|| self.w.since_ever.to_owned(), |from| fill(self.w.from_day, &[("day", &day(from))]));
        let last = period.until.and_then(|until| until.pred_opt());
        let until = last.map(|last| fill(self.w.until_day, &[("day", &day(last))])).unwrap_or_default();
        format!("{from} {until}").trim().to_owned()
    }

    pub(super) fn names(&self) -> Vec<(String, String)> {
        if self.sheet.names.len() < 2 {
            return Vec::new();
        }
        let names = self.sheet.names.iter().rev();
        names.map(|n| (self.period(n.valid), self.language.pick(&n.value.ja, &n.value.en).clone())).collect()
    }

    pub(super) fn windows(&self, keeps: bool) -> Vec<WindowRow> {
        let mut open: Vec<(&Window, &WindowFacts, Period)> = self
            .sheet
            .windows
            .iter()
            .filter_map(|w| w.on(self.as_of.day).map(|fact| (w, &fact.value, w.life())))
            .collect();
        open.sort_by_key(|(window, facts, _)| (facts.position, window.contact_id.0));
        open.into_iter().map(|(window, facts, life)| self.window(window, facts, life, keeps)).collect()
    }

    fn window(&self, window: &Window, facts: &WindowFacts, life: Period, keeps: bool) -> WindowRow {
        let channels = window.channels_on(self.as_of.day);
        let of = |route| paths::of_window(route, &self.sheet.ceptoar_id, self.sheet.organisation_id, window.contact_id);
        let one_way = channels.iter().all(|c| channels.first().is_some_and(|first| first.kind == c.kind));
        let language = facts.language.pick("日本語", "English");
        WindowRow {
            number: facts.position,
            label: facts.label.clone(),
            handler: facts.handler,
            language: fill(self.w.mails_in, &[("language", language)]),
            period: if life.until.is_some() { self.period(life) } else { String::new() },
            channels: channels.into_iter().map(|channel| self.channel(window.contact_id, channel)).collect(),
            one_way,
            change: keeps.then(|| of(paths::WINDOW)),
            end: keeps.then(|| of(paths::WINDOW_END)),
            ask: self.asks.then(|| verification::asking(&self.sheet.ceptoar_id, window.contact_id)),
            correct: self
                .corrections
                .windows
                .then(|| self.correction(Subject::Window(window.contact_id), self.as_of.day)),
        }
    }

    fn channel(&self, window: ContactId, channel: &Channel) -> ChannelRow {
        let proof = self.proofs.get(&(window, channel.value.clone()));
        let verified = proven(channel, proof, self.as_of.today, self.language);
        ChannelRow {
            icon: channel.kind.code(),
            kind: channel.kind.label(self.language),
            value: channel.value.clone(),
            dialled: spelling::dialled(channel.kind, &channel.value),
            note: format!("{}{}{verified}", channel.hours.label(self.language), self.language.pick("・", ", ")),
        }
    }
}
