//! How strongly somebody has proved who they are, and how strongly they must.

use chrono::{DateTime, TimeDelta, Utc};

use super::viewer::Affiliation;
use crate::kernel::language::{Label, Language};

/// For this long after a confirmation the gravest things are done without asking again.
pub const FRESH: TimeDelta = TimeDelta::minutes(5);

/// How a session was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum OpenedBy {
    /// By one click on an invented account, in the demonstration alone.
    Demonstration,
    /// By password and the six digits of an app.
    PasswordTotp,
    /// By password and one of the codes on paper.
    RecoveryCode,
    /// By a passkey.
    Passkey,
}

/// What a role asks of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requirement {
    /// Anything beside the password.
    SecondFactor,
    /// A passkey, which cannot be handed to a copy of this portal.
    Passkey,
}

impl OpenedBy {
    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Demonstration => "demonstration",
            Self::PasswordTotp => "password_totp",
            Self::RecoveryCode => "recovery_code",
            Self::Passkey => "passkey",
        }
    }

    /// Whether a session opened so is strong enough. Demonstration sessions belong to invented accounts, and
    /// the look-up of sessions refuses them anywhere else.
    #[must_use]
    pub fn suffices(self, requirement: Requirement) -> bool {
        match (self, requirement) {
            (Self::Demonstration | Self::Passkey, Requirement::SecondFactor | Requirement::Passkey)
            | (Self::PasswordTotp | Self::RecoveryCode, Requirement::SecondFactor) => true,
            (Self::PasswordTotp | Self::RecoveryCode, Requirement::Passkey) => false,
        }
    }

    /// Whether a session opened so and confirmed then counts as confirmed now.
    #[must_use]
    pub fn is_fresh(self, confirmed_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        match self {
            Self::Demonstration => true,
            Self::PasswordTotp | Self::RecoveryCode | Self::Passkey => {
                confirmed_at <= now + TimeDelta::minutes(1) && now - confirmed_at < FRESH
            }
        }
    }
}

impl Label for OpenedBy {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Demonstration => language.pick("デモンストレーション", "Demonstration"),
            Self::PasswordTotp => language.pick("パスワードと認証アプリ", "Password and app"),
            Self::RecoveryCode => language.pick("パスワードと予備コード", "Password and recovery code"),
            Self::Passkey => language.pick("パスキー", "Passkey"),
        }
    }
}

/// What everything that an account is asks for together: the strictest.
#[must_use]
pub fn required_by(affiliations: &[Affiliation]) -> Requirement {
    affiliations.iter().map(|a| a.role.requires()).max().unwrap_or(Requirement::SecondFactor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::Role;

    #[test]
    fn staff_need_a_passkey_and_an_app_is_never_one() {
        for role in Role::ALL {
            assert!(OpenedBy::Passkey.suffices(role.requires()));
            let app = OpenedBy::PasswordTotp.suffices(role.requires());
            assert_eq!(app, OpenedBy::RecoveryCode.suffices(role.requires()));
            assert_eq!(app, role.requires() == Requirement::SecondFactor, "{role:?}");
        }
    }

    #[test]
    fn a_confirmation_wears_off_after_five_minutes() {
        let now: DateTime<Utc> = "2026-11-21T12:00:00Z".parse().expect("an instant");
        assert!(OpenedBy::Passkey.is_fresh(now - TimeDelta::seconds(299), now));
        assert!(!OpenedBy::Passkey.is_fresh(now - TimeDelta::seconds(300), now));
        assert!(!OpenedBy::PasswordTotp.is_fresh(now + TimeDelta::hours(1), now), "a clock that went back");
        assert!(OpenedBy::Demonstration.is_fresh(now - TimeDelta::hours(3), now));
    }
}
