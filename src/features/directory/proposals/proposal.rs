//! A proposal: its states, and the fields that it wants to be different.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::features::directory::roster::line::{self, Difference, Line};
use crate::features::directory::roster::sheet::{MemberKind, Membership, Name, Sheet};
use crate::features::directory::roster::store::CeptoarFacts;
use crate::kernel::language::{Label, Language};

/// How far a proposal is. `directory_proposals_take_steps` in the database knows the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    /// 確認待ち: with the desk.
    Open,
    /// 承認済: the directory says so, or will on its day.
    Accepted,
    /// 差戻し: with the firm again, with a reason.
    Returned,
    /// 取下げ: the firm does not want it any more.
    TakenBack,
}

/// What is done with a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The desk accepts it.
    Accept,
    /// The desk returns it.
    Return,
    /// The firm takes it back.
    TakeBack,
}

impl State {
    /// All.
    pub const ALL: [Self; 4] = [Self::Open, Self::Accepted, Self::Returned, Self::TakenBack];

    /// The state after a step; nothing where the step cannot be taken.
    #[must_use]
    pub fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Open, Step::Accept) => Some(Self::Accepted),
            (Self::Open, Step::Return) => Some(Self::Returned),
            (Self::Open, Step::TakeBack) => Some(Self::TakenBack),
            (Self::Accepted | Self::Returned | Self::TakenBack, Step::Accept | Step::Return | Step::TakeBack) => None,
        }
    }

    /// The colour of its label (docs/design.md).
    #[must_use]
    pub fn colour(self) -> &'static str {
        match self {
            Self::Open => "review",
            Self::Accepted => "approved",
            Self::Returned => "returned",
            Self::TakenBack => "withdrawn",
        }
    }

    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Returned => "returned",
            Self::TakenBack => "taken_back",
        }
    }
}

impl Label for State {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Open => language.pick("確認待ち", "Waiting"),
            Self::Accepted => language.pick("承認済", "Accepted"),
            Self::Returned => language.pick("差戻し", "Returned"),
            Self::TakenBack => language.pick("取下げ", "Taken back"),
        }
    }
}

impl Step {
    /// All.
    pub const ALL: [Self; 3] = [Self::Accept, Self::Return, Self::TakeBack];

    /// What the trail calls it.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::Accept => "proposal.accept",
            Self::Return => "proposal.return",
            Self::TakeBack => "proposal.take_back",
        }
    }
}

/// What can be proposed about a member, as it is on a day (基本の登録).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basics {
    /// What it is called.
    pub name: Name,
    /// As what it is a member.
    pub membership: Membership,
}

impl Basics {
    /// What holds on a day; nothing where it has no name or is no member then.
    #[must_use]
    pub fn on(sheet: &Sheet, day: NaiveDate) -> Option<Self> {
        let name = sheet.names.iter().find(|fact| fact.valid.holds_on(day))?.value.clone();
        Some(Self { name, membership: sheet.membership_on(day)?.value.clone() })
    }

    /// The same in lines.
    #[must_use]
    pub fn lines(&self, ceptoar: &CeptoarFacts) -> Vec<Line> {
        [line::of_name(&self.name), membership_lines(&self.membership, ceptoar)].concat()
    }
}

/// A membership in lines, its subgroup by code.
#[must_use]
pub fn membership_lines(membership: &Membership, ceptoar: &CeptoarFacts) -> Vec<Line> {
    line::of_membership(membership, ceptoar.code_of(membership.subgroup.as_deref()))
}

/// The fields that are to be different, and no others: what the firm left as it was is not proposed, so that it does
/// not undo what somebody else changes meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Name in Japanese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ja: Option<String>,
    /// How it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reading: Option<String>,
    /// Name in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
    /// Of full right, or an observer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<MemberKind>,
    /// The unit that it is counted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The subgroup's id; empty: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subgroup: Option<String>,
    /// Whether it passes items on to others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hub: Option<bool>,
}

impl Wanted {
    /// What differs.
    #[must_use]
    pub fn between(before: &Basics, after: &Basics) -> Self {
        let text = |before: &str, after: &str| (before != after).then(|| after.to_owned());
        let (old, new) = (&before.membership, &after.membership);
        let subgroup = |membership: &Membership| membership.subgroup.clone().unwrap_or_default();
        Self {
            ja: text(&before.name.ja, &after.name.ja),
            reading: text(&before.name.reading, &after.name.reading),
            en: text(&before.name.en, &after.name.en),
            kind: (old.kind != new.kind).then_some(new.kind),
            unit: text(&old.unit, &new.unit),
            subgroup: text(&subgroup(old), &subgroup(new)),
            hub: (old.hub != new.hub).then_some(new.hub),
        }
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is known, with the wanted fields in it.
    #[must_use]
    pub fn on(&self, known: &Basics) -> Basics {
        let text = |wanted: &Option<String>, known: &String| wanted.as_ref().unwrap_or(known).clone();
        let subgroup = match &self.subgroup {
            Some(id) => Some(id.clone()).filter(|id| !id.is_empty()),
            None => known.membership.subgroup.clone(),
        };
        Basics {
            name: Name {
                ja: text(&self.ja, &known.name.ja),
                en: text(&self.en, &known.name.en),
                reading: text(&self.reading, &known.name.reading),
            },
            membership: Membership {
                kind: self.kind.unwrap_or(known.membership.kind),
                unit: text(&self.unit, &known.membership.unit),
                subgroup,
                hub: self.hub.unwrap_or(known.membership.hub),
            },
        }
    }
}

/// A field of a proposal, held against what is registered now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// What was registered when it was proposed, and what was wanted.
    pub proposed: Difference,
    /// What is registered now; `None` where there is nothing on the day any more.
    pub now: Option<Line>,
}

impl Compared {
    /// Whether somebody changed this very field since.
    #[must_use]
    pub fn is_overtaken(&self) -> bool {
        self.now != self.proposed.before
    }
}

/// The fields of a proposal, each with what is registered now.
#[must_use]
pub fn compared(before: &[Line], after: &[Line], now: &[Line]) -> Vec<Compared> {
    let code = |difference: &Difference| {
        difference.after.as_ref().or(difference.before.as_ref()).map(|line| line.code.clone()).unwrap_or_default()
    };
    let fields = line::differences(before, after).into_iter();
    fields
        .map(|proposed| {
            let code = code(&proposed);
            Compared { now: now.iter().find(|line| line.code == code).cloned(), proposed }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn basics(ja: &str, en: &str, unit: &str, subgroup: Option<&str>, hub: bool) -> Basics {
        Basics {
            name: Name { ja: ja.into(), en: en.into(), reading: "よみ".into() },
            membership: Membership {
                kind: if hub { MemberKind::Observer } else { MemberKind::Full },
                unit: unit.into(),
                subgroup: subgroup.map(Into::into),
                hub,
            },
        }
    }

    #[test]
    fn a_proposal_is_decided_once() {
        for step in Step::ALL {
            let end = State::Open.after(step).unwrap();
            assert!(end != State::Open);
            assert!(Step::ALL.into_iter().all(|again| end.after(again).is_none()), "{end:?}");
        }
        let ends: Vec<State> = Step::ALL.into_iter().filter_map(|step| State::Open.after(step)).collect();
        assert!(
            State::ALL.into_iter().all(|state| state == State::Open || ends.contains(&state)),
            "each has a way to it"
        );
    }

    #[test]
    fn only_what_was_typed_otherwise_is_wanted_and_the_rest_stays_as_others_made_it() {
        let before = basics("星見銀行", "Hoshimi", "社", None, false);
        let after = basics("星見未来銀行", "Hoshimi", "社", Some("t-sg1"), false);
        let wanted = Wanted::between(&before, &after);
        assert_eq!((wanted.ja.as_deref(), &wanted.en, wanted.hub), (Some("星見未来銀行"), &None, None));
        // The desk gave it an English name and made it a hub meanwhile.
        let now = basics("星見銀行", "Hoshimi Bank", "社", None, true);
        assert_eq!(wanted.on(&now), basics("星見未来銀行", "Hoshimi Bank", "社", Some("t-sg1"), true));
        let out = Wanted::between(&after, &before);
        assert_eq!(out.on(&after), before, "out of a subgroup as well");
        assert!(Wanted::between(&now, &now).is_empty());
    }

    #[test]
    fn a_field_is_overtaken_when_it_and_not_another_was_changed() {
        let ceptoar = CeptoarFacts { name: Default::default(), units: vec!["社".into()], subgroups: Vec::new() };
        let lines = |basics: &Basics| basics.lines(&ceptoar);
        let before = basics("甲", "", "社", None, false);
        let after = basics("乙", "", "社", None, false);
        let same = compared(&lines(&before), &lines(&after), &lines(&basics("甲", "A", "社", None, true)));
        assert!(same.len() == 1 && !same[0].is_overtaken(), "{same:?}");
        let other = compared(&lines(&before), &lines(&after), &lines(&basics("丙", "", "社", None, false)));
        assert!(other.len() == 1 && other[0].is_overtaken());
        assert!(compared(&lines(&before), &lines(&after), &[])[0].is_overtaken(), "no member any more");
    }

    proptest! {
        #[test]
        fn what_is_wanted_leads_from_before_to_after_and_survives_the_database(
            a in "[ab]?", b in "[ab]?", c in "[ab]?", d in "[ab]?", hub: bool, other: bool,
            from in proptest::option::of("[xy]"), to in proptest::option::of("[xy]")) {
            let before = basics(&a, &b, &c, from.as_deref(), hub);
            let after = basics(&b, &c, &d, to.as_deref(), other);
            let wanted = Wanted::between(&before, &after);
            let stored = serde_json::to_value(&wanted).unwrap();
            let read: Wanted = serde_json::from_value(stored).unwrap();
            prop_assert_eq!(&read, &wanted);
            prop_assert_eq!(read.on(&before), after);
        }
    }
}
