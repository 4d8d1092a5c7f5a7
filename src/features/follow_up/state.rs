//! The states of a sheet and the steps between them. `follow_up_sheets_take_steps` in the database knows the same.

use crate::kernel::language::{Label, Language};

/// How far a sheet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    /// 差戻し: with the desk again, with a comment.
    Returned,
    /// 準備中: with the desk.
    Preparing,
    /// 提出済: with the ministry.
    Submitted,
    /// 省庁確認済: with the centre.
    MinistryChecked,
    /// 確認済
    Confirmed,
}

/// What is done with a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The desk saves it.
    Save,
    /// The desk sends it.
    Send,
    /// The ministry has checked it.
    CheckAsMinistry,
    /// The ministry sends it back.
    ReturnAsMinistry,
    /// The centre confirms it.
    Confirm,
    /// The centre confirms it without having waited for the ministry, and says why.
    ConfirmUnchecked,
    /// The centre sends it back.
    ReturnAsCentre,
}

impl State {
    /// All, in the order of the board.
    pub const ALL: [Self; 5] =
        [Self::Returned, Self::Preparing, Self::Submitted, Self::MinistryChecked, Self::Confirmed];

    /// The value in the database and in addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::Preparing => "preparing",
            Self::Submitted => "submitted",
            Self::MinistryChecked => "ministry_checked",
            Self::Confirmed => "confirmed",
        }
    }

    /// The state of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether the desk has the sheet and may change it.
    #[must_use]
    pub fn is_with_desk(self) -> bool {
        match self {
            Self::Returned | Self::Preparing => true,
            Self::Submitted | Self::MinistryChecked | Self::Confirmed => false,
        }
    }

    /// The state after a step; nothing where the step cannot be taken.
    #[must_use]
    pub fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Returned | Self::Preparing, Step::Save) => Some(Self::Preparing),
            (Self::Returned | Self::Preparing, Step::Send) => Some(Self::Submitted),
            (Self::Submitted, Step::CheckAsMinistry) => Some(Self::MinistryChecked),
            (Self::Submitted, Step::ReturnAsMinistry)
            | (Self::Submitted | Self::MinistryChecked | Self::Confirmed, Step::ReturnAsCentre) => Some(Self::Returned),
            (Self::MinistryChecked, Step::Confirm) | (Self::Submitted, Step::ConfirmUnchecked) => Some(Self::Confirmed),
            (
                Self::Returned | Self::Preparing,
                Step::CheckAsMinistry
                | Step::ReturnAsMinistry
                | Step::Confirm
                | Step::ConfirmUnchecked
                | Step::ReturnAsCentre,
            )
            | (Self::Submitted, Step::Save | Step::Send | Step::Confirm)
            | (
                Self::MinistryChecked | Self::Confirmed,
                Step::Save | Step::Send | Step::CheckAsMinistry | Step::ReturnAsMinistry | Step::ConfirmUnchecked,
            )
            | (Self::Confirmed, Step::Confirm) => None,
        }
    }
}

impl Step {
    /// All.
    pub const ALL: [Self; 7] = [
        Self::Save,
        Self::Send,
        Self::CheckAsMinistry,
        Self::ReturnAsMinistry,
        Self::Confirm,
        Self::ConfirmUnchecked,
        Self::ReturnAsCentre,
    ];

    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Save => "save",
            Self::Send => "send",
            Self::CheckAsMinistry => "check_as_ministry",
            Self::ReturnAsMinistry => "return_as_ministry",
            Self::Confirm => "confirm",
            Self::ConfirmUnchecked => "confirm_unchecked",
            Self::ReturnAsCentre => "return_as_centre",
        }
    }

    /// The step of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }

    /// Whether somebody has to say why.
    #[must_use]
    pub fn needs_comment(self) -> bool {
        match self {
            Self::ReturnAsMinistry | Self::ReturnAsCentre | Self::ConfirmUnchecked => true,
            Self::Save | Self::Send | Self::CheckAsMinistry | Self::Confirm => false,
        }
    }
}

impl Label for State {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Returned => language.pick("差戻し", "Sent back"),
            Self::Preparing => language.pick("準備中", "In preparation"),
            Self::Submitted => language.pick("提出済", "Sent"),
            Self::MinistryChecked => language.pick("省庁確認済", "Checked by ministry"),
            Self::Confirmed => language.pick("確認済", "Confirmed"),
        }
    }
}

impl Label for Step {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Save => language.pick("保存", "Saved"),
            Self::Send => language.pick("提出", "Sent"),
            Self::CheckAsMinistry => language.pick("省庁の確認", "Checked by the ministry"),
            Self::ReturnAsMinistry => language.pick("省庁からの差戻し", "Sent back by the ministry"),
            Self::Confirm => language.pick("確認", "Confirmed"),
            Self::ConfirmUnchecked => {
                language.pick("省庁の確認を待たずに確認", "Confirmed without waiting for the ministry")
            }
            Self::ReturnAsCentre => language.pick("差戻し", "Sent back"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_sheet_goes_from_desk_to_ministry_to_centre() {
        let way = [Step::Save, Step::Save, Step::Send, Step::CheckAsMinistry, Step::Confirm];
        let end = way.into_iter().try_fold(State::Preparing, State::after);
        assert_eq!(end, Some(State::Confirmed));
    }

    #[test]
    fn what_is_sent_back_is_with_the_desk_and_goes_the_whole_way_again() {
        for (from, step) in [
            (State::Submitted, Step::ReturnAsMinistry),
            (State::Submitted, Step::ReturnAsCentre),
            (State::MinistryChecked, Step::ReturnAsCentre),
            (State::Confirmed, Step::ReturnAsCentre),
        ] {
            let back = from.after(step).unwrap();
            assert_eq!((back, back.is_with_desk()), (State::Returned, true));
            assert_eq!(back.after(Step::Save), Some(State::Preparing));
            assert_eq!(back.after(Step::Confirm), None);
        }
        assert_eq!(State::MinistryChecked.after(Step::ReturnAsMinistry), None, "it is with the centre by then");
    }

    #[test]
    fn nothing_is_confirmed_before_it_is_sent_and_nothing_is_changed_after() {
        for state in State::ALL {
            assert_eq!(state.after(Step::Save).is_some(), state.is_with_desk(), "{state:?}");
            assert_eq!(state.after(Step::Send).is_some(), state.is_with_desk(), "{state:?}");
            let confirmed = [Step::Confirm, Step::ConfirmUnchecked].map(|step| state.after(step));
            let may = [state == State::MinistryChecked, state == State::Submitted];
            assert_eq!(confirmed.map(|after| after == Some(State::Confirmed)), may, "{state:?}");
        }
    }

    #[test]
    fn codes_come_back() {
        assert!(State::ALL.into_iter().all(|state| State::from_code(state.code()) == Some(state)));
        assert!(Step::ALL.into_iter().all(|step| Step::from_code(step.code()) == Some(step)));
        assert_eq!(State::from_code("published"), None);
    }

    proptest! {
        #[test]
        fn whatever_is_tried_a_confirmed_sheet_was_sent_last(steps in prop::collection::vec(0usize..7, 0..40)) {
            let (mut state, mut sent) = (State::Preparing, false);
            for step in steps {
                let step = Step::ALL[step];
                if let Some(after) = state.after(step) {
                    sent = match step {
                        Step::Send => true,
                        Step::Save | Step::ReturnAsMinistry | Step::ReturnAsCentre => false,
                        Step::CheckAsMinistry | Step::Confirm | Step::ConfirmUnchecked => sent,
                    };
                    state = after;
                }
                prop_assert_eq!(sent, !state.is_with_desk());
            }
        }
    }
}
