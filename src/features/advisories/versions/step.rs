//! What a version does to the one before, and which level it may have. Pure.

use crate::features::advisories::content::Draft;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::platform::web::form::FieldErrors;

crate::words! {
    /// Messages about a version, at the fields of its draft.
    pub struct StepWords {
        nth: "第{n}報" / "No. {n}",
        wider: "前の版({before})より広いレベルにはできません。広げるときは「レベル引下げ」の版を作成してください。" / "This may not be wider than the version before ({before}). To widen it, begin a version that lowers the level.",
        wider_scope: "前の版({before})より広い範囲にはできません。広げるときは「レベル引下げ」の版を作成してください。" / "This may not be wider than in the version before ({before}). To widen it, begin a version that lowers the level.",
        never_red: "RED でない情報提供の続きを RED にはできません。番号や「旧版」の表示から、RED の情報があることが分かってしまうためです。別の情報提供として起案してください。" / "An item that is not RED does not become RED: its number and marks would tell that there is a RED version. Write a new item instead.",
        not_lower: "引き下げた後のレベルを選んでください。前の版は {before} です。" / "Please choose the lower level. The version before has {before}.",
    }
}

/// What a version does to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Step {
    /// There is none before.
    First,
    /// 続報: tells more.
    FollowUp,
    /// 訂正: puts right what was wrong.
    Correction,
    /// 取消: takes everything back.
    Withdrawal,
    /// レベル引下げ: may go further from now on.
    Lowering,
}

impl Step {
    /// What the next version can be, in the order of the form.
    pub const NEXT: [Self; 4] = [Self::FollowUp, Self::Correction, Self::Withdrawal, Self::Lowering];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::FollowUp => "follow_up",
            Self::Correction => "correction",
            Self::Withdrawal => "withdrawal",
            Self::Lowering => "lowering",
        }
    }

    /// The step of a later version, of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::NEXT.into_iter().find(|step| step.code() == code)
    }

    /// Whether it has to say why it is there.
    #[must_use]
    pub fn needs_reason(self) -> bool {
        match self {
            Self::First | Self::FollowUp => false,
            Self::Correction | Self::Withdrawal | Self::Lowering => true,
        }
    }

    /// What stands before the subject of its mail. A lowered level is news like any other there.
    #[must_use]
    pub fn tag(self, language: Language) -> &'static str {
        match self {
            Self::First => "",
            Self::FollowUp | Self::Lowering => language.pick("【続報】", "[UPDATE] "),
            Self::Correction => language.pick("【訂正】", "[CORRECTION] "),
            Self::Withdrawal => language.pick("【取消】", "[WITHDRAWN] "),
        }
    }
}

impl Label for Step {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::First => language.pick("第1報", "First"),
            Self::FollowUp => language.pick("続報", "Follow-up"),
            Self::Correction => language.pick("訂正", "Correction"),
            Self::Withdrawal => language.pick("取消", "Withdrawal"),
            Self::Lowering => language.pick("レベル引下げ", "Lowered level"),
        }
    }
}

/// Which version of its thread an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// 1, 2, …
    pub number: i16,
    /// What it does.
    pub step: Step,
}

/// 第2報.
#[must_use]
pub fn nth(number: i16, language: Language) -> String {
    fill(StepWords::of(language).nth, &[("n", &number.to_string())])
}

/// The version before, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// Which item it is.
    pub advisory_id: AdvisoryId,
    /// Its level.
    pub level: SharingLevel,
    /// Its handler scope.
    pub handler_scope: HandlerScope,
}

/// What is wrong with the level of a draft, at its fields. The database refuses the same (`advisories_keep_level`).
#[must_use]
pub fn level_errors(step: Step, draft: &Draft, before: Option<&Before>, language: Language) -> FieldErrors {
    let w = StepWords::of(language);
    let mut errors = FieldErrors::default();
    let Some(before) = before else { return errors };
    let tlp = [("before", before.level.tlp())];
    let scope = [("before", before.handler_scope.label(language))];
    let wider_scope = draft.handler_scope > before.handler_scope;
    match step {
        // Its level is the thread's, and nobody chooses.
        Step::First | Step::Withdrawal => {}
        Step::FollowUp | Step::Correction | Step::Lowering
            if draft.level == SharingLevel::Red && before.level != SharingLevel::Red =>
        {
            errors.add("level", w.never_red);
        }
        Step::FollowUp | Step::Correction => {
            if draft.level > before.level {
                errors.add("level", fill(w.wider, &tlp));
            } else if wider_scope {
                errors.add("handler_scope", fill(w.wider_scope, &scope));
            }
        }
        Step::Lowering => {
            if draft.level < before.level || (draft.level == before.level && !wider_scope) {
                errors.add("level", fill(w.not_lower, &tlp));
            }
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::advisories::advisory::{Kind, Purpose, Text};
    use crate::features::advisories::content::{Addressees, Draft};
    use crate::features::advisories::origin::Origin;

    fn draft(level: SharingLevel, handler_scope: HandlerScope) -> Draft {
        let text = Text {
            kind: Kind::Alert,
            title: "題名".into(),
            summary: "概要".into(),
            impact: String::new(),
            countermeasure: "対策".into(),
            purpose: Purpose::Prevention,
            links: Vec::new(),
            cves: Vec::new(),
            products: Vec::new(),
            origin: Origin::default(),
        };
        let addressees = Addressees::default();
        Draft {
            text,
            level,
            handler_scope,
            drill: false,
            addressees,
            answer_due: None,
            measures_due: None,
            valid_until: None,
        }
    }

    #[test]
    fn only_a_lowering_widens_and_nothing_becomes_red() {
        use HandlerScope::{Handlers, Named, Organisation};
        use SharingLevel::{Amber, Clear, Green, Red};
        for (before, after, keeps, lowers) in [
            ((Amber, Handlers), (Amber, Handlers), true, false),
            ((Green, Organisation), (Amber, Handlers), true, false),
            ((Green, Organisation), (Green, Handlers), true, false),
            ((Amber, Handlers), (Amber, Organisation), false, true),
            ((Amber, Handlers), (Green, Organisation), false, true),
            ((Green, Handlers), (Amber, Organisation), false, false),
            ((Amber, Handlers), (Red, Named), false, false),
            ((Red, Named), (Red, Named), true, false),
            ((Red, Named), (Amber, Handlers), false, true),
            ((Green, Organisation), (Clear, Organisation), false, true),
        ] {
            let before = Before { advisory_id: AdvisoryId::random(), level: before.0, handler_scope: before.1 };
            let fine = |step| level_errors(step, &draft(after.0, after.1), Some(&before), Language::Ja).is_empty();
            assert_eq!(fine(Step::FollowUp), keeps, "{before:?} {after:?}");
            assert_eq!(fine(Step::Correction), keeps, "{before:?} {after:?}");
            assert_eq!(fine(Step::Lowering), lowers, "{before:?} {after:?}");
        }
    }

    #[test]
    fn codes_round_trip() {
        assert!(Step::NEXT.into_iter().all(|step| Step::from_code(step.code()) == Some(step)));
        assert_eq!(Step::from_code("first"), None);
    }
}
