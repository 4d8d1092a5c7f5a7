//! What a desk typed, and what is wrong with it.

use chrono::{DateTime, TimeDelta, Utc};

use super::relay::{Decision, Group, Narrowing, NewDecision, Relay};
use crate::kernel::language::Language;
use crate::kernel::text;
use crate::platform::web::form::FieldErrors;

/// Longer reasons are refused.
const LONGEST_REASON: usize = 500;
/// Longer supplements are refused.
const LONGEST_SUPPLEMENT: usize = 2000;

crate::words! {
    /// Messages at fields.
    pub struct TypedWords {
        choose: "どうするかを選んでください。" / "Please choose what to do.",
        choose_hold: "いつまで保留するかを選んでください。" / "Please choose for how long.",
        reason: "理由を入力してください。あとで確かめられるように、記録に残します。" / "Please give the reason. It stays on record.",
        supplement: "補足を入力してください。補足がないときは、「構成員へ中継する」を選んでください。" / "Please type the supplement, or choose “Pass it on to the members”.",
        no_narrowing: "範囲は、中継するときだけ選べます。選択を外してください。" / "The range can only be chosen where it is passed on. Please clear it.",
        unknown_group: "このグループには、届けられません。選び直してください。" / "It cannot go to this group. Please choose again.",
        why_narrow: "範囲を狭める理由を入力してください。あとで確かめられるように、記録に残します。" / "Please say why it goes to some only. It stays on record.",
        no_supplement: "補足を付けるときは、「補足を付けて中継する」を選んでください。補足が要らないときは、補足を消してください。" / "To add a supplement, choose “Pass it on with a supplement”. If there is none, clear the field.",
    }
}

/// The reason of a step past a desk.
///
/// # Errors
/// What is wrong with it.
pub fn read_reason(typed: &str, needed: bool, language: Language) -> Result<String, FieldErrors> {
    let mut errors = FieldErrors::default();
    let reason = reason(typed, needed, language, &mut errors);
    if errors.is_empty() { Ok(reason) } else { Err(errors) }
}

fn reason(typed: &str, needed: bool, language: Language, errors: &mut FieldErrors) -> String {
    let reason = errors.take("reason", text::paragraph(typed, LONGEST_REASON), language);
    if needed && reason.is_empty() && errors.at("reason").is_empty() {
        errors.add("reason", TypedWords::of(language).reason);
    }
    reason
}

/// The form as it was typed.
#[derive(Debug, Clone, Default)]
pub struct DecisionForm {
    /// What to do.
    pub decision: String,
    /// What is added.
    pub supplement: String,
    /// For how many minutes it is put off.
    pub hold: String,
    /// To whose members alone it goes.
    pub groups: Vec<String>,
    /// `true`: to the designated handlers alone.
    pub handlers: String,
    /// Why.
    pub reason: String,
    /// Where the item stood when the form was opened.
    pub seen: String,
    /// Pressed on the page of confirmation.
    pub confirmed: String,
    /// Pressed to go back to the form.
    pub again: String,
}

/// Who a desk may choose among.
#[derive(Debug, Clone, Copy)]
pub struct Range<'a> {
    /// The groups of which somebody waits.
    pub groups: &'a [Group],
    /// Whether it may go to the designated handlers alone.
    pub handlers: bool,
}

impl From<Vec<(String, String)>> for DecisionForm {
    fn from(typed: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (field, value) in typed {
            match field.as_str() {
                "decision" => form.decision = value,
                "supplement" => form.supplement = value,
                "hold" => form.hold = value,
                "group" => form.groups.push(value),
                "handlers" => form.handlers = value,
                "reason" => form.reason = value,
                "seen" => form.seen = value,
                "confirmed" => form.confirmed = value,
                "again" => form.again = value,
                _ => {}
            }
        }
        form
    }
}

impl DecisionForm {
    /// What the page of confirmation carries on.
    #[must_use]
    pub fn hidden(&self) -> Vec<(&'static str, String)> {
        let single = [
            ("decision", &self.decision),
            ("supplement", &self.supplement),
            ("hold", &self.hold),
            ("handlers", &self.handlers),
            ("reason", &self.reason),
            ("seen", &self.seen),
        ];
        let groups = self.groups.iter().map(|group| ("group", group));
        single.into_iter().chain(groups).map(|(name, value)| (name, value.clone())).collect()
    }

    /// The decision that was meant.
    ///
    /// # Errors
    /// What is wrong, field by field.
    pub fn read(
        &self,
        relay: &Relay,
        range: Range<'_>,
        now: DateTime<Utc>,
        language: Language,
    ) -> Result<NewDecision, FieldErrors> {
        let w = TypedWords::of(language);
        let mut errors = FieldErrors::default();
        let possible = relay.possible(now);
        let decision = Decision::from_code(&self.decision).filter(|decision| possible.contains(decision));
        let Some(decision) = decision else {
            errors.add("decision", w.choose);
            return Err(errors);
        };
        let supplements = decision == Decision::ForwardWithSupplement;
        let supplement = match supplements {
            true => errors.take("supplement", text::paragraph(&self.supplement, LONGEST_SUPPLEMENT), language),
            false if !self.supplement.trim().is_empty() => {
                errors.add("supplement", w.no_supplement);
                String::new()
            }
            false => String::new(),
        };
        if supplements && supplement.is_empty() && errors.at("supplement").is_empty() {
            errors.add("supplement", w.supplement);
        }
        let hold = match decision {
            Decision::Hold => {
                self.hold.parse().ok().filter(|minutes| relay.holds(now).contains(minutes)).map(TimeDelta::minutes)
            }
            Decision::Forward
            | Decision::ForwardWithSupplement
            | Decision::WithholdDuplicate
            | Decision::WithholdNotRelevant
            | Decision::TimeUp
            | Decision::Superseded
            | Decision::BypassAsked
            | Decision::BypassRefused
            | Decision::Bypassed => None,
        };
        if decision == Decision::Hold && hold.is_none() {
            errors.add("hold", w.choose_hold);
        }
        let narrowing = self.narrowing(decision, range, language, &mut errors);
        let reason = reason(&self.reason, !decision.forwards(), language, &mut errors);
        if reason.is_empty() && narrowing.narrows() && errors.at("reason").is_empty() {
            errors.add("reason", w.why_narrow);
        }
        if errors.is_empty() { Ok(NewDecision { decision, reason, supplement, hold, narrowing }) } else { Err(errors) }
    }

    fn narrowing(
        &self,
        decision: Decision,
        range: Range<'_>,
        language: Language,
        errors: &mut FieldErrors,
    ) -> Narrowing {
        let w = TypedWords::of(language);
        let mut groups = self.groups.clone();
        groups.sort();
        groups.dedup();
        let narrowing = Narrowing { groups, handlers_only: self.handlers == "true" };
        if narrowing.narrows() && !decision.forwards() {
            errors.add(if narrowing.handlers_only { "handlers" } else { "group" }, w.no_narrowing);
        } else if !narrowing.groups.iter().all(|id| range.groups.iter().any(|group| group.id == *id)) {
            errors.add("group", w.unknown_group);
        } else if narrowing.handlers_only && !range.handlers {
            errors.add("handlers", w.no_narrowing);
        }
        narrowing
    }
}
