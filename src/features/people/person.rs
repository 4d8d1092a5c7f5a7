//! People as this feature shows them: where an account stands, and what somebody is, was and will be.

use chrono::{DateTime, NaiveDate, Utc};

use crate::features::access::Role;
use crate::features::access::people::{Hat, PersonFacts};
use crate::features::access::requests::RequestFacts;
use crate::kernel::ids::{AccountId, AffiliationId, ContactId, GrantRequestId, OrganisationId};
use crate::kernel::language::{Label, Language};

macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal, $ja:literal / $en:literal;)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
        #[sqlx(type_name = "text", rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: [Self; [$($code),*].len()] = [$(Self::$variant),*];

            /// The value in the database.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The value of a code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|value| value.code() == code)
            }
        }

        impl Label for $name {
            fn label(self, language: Language) -> &'static str {
                match self { $(Self::$variant => language.pick($ja, $en),)* }
            }
        }
    };
}

codes! {
    /// Where an account stands.
    AccountState {
        /// Can sign in.
        Active = "active", "利用中" / "In use";
        /// Invited, and not enrolled yet.
        Invited = "invited", "招待中" / "Invited";
        /// Invited, and the link's time is over.
        Expired = "expired", "招待の期限切れ" / "Invitation expired";
        /// Waits for the second person.
        Waiting = "waiting", "承認待ち" / "Awaiting a second person";
        /// Kept out.
        Suspended = "suspended", "停止中" / "Suspended";
        /// Has no duty any more.
        Left = "left", "担当なし" / "No duty";
    }
}

codes! {
    /// How strongly somebody can sign in.
    Strength {
        /// Nothing is enrolled.
        None = "none", "未登録" / "Nothing yet";
        /// A password alone.
        Password = "password", "パスワードのみ" / "Password only";
        /// A password and a one-time code.
        Totp = "totp", "パスワードと認証アプリ" / "Password and app";
        /// A passkey.
        Passkey = "passkey", "パスキー" / "Passkey";
    }
}

codes! {
    /// When a duty holds.
    DutyTime {
        /// Holds today.
        Present = "present", "現在" / "Now";
        /// Begins later.
        Coming = "coming", "予定" / "To come";
        /// Is over.
        Past = "past", "終了" / "Over";
        /// Ended before it began.
        Never = "never", "取りやめ" / "Called off";
    }
}

codes! {
    /// What a request of two persons asks for.
    RequestPurpose {
        /// A role of staff.
        Duty = "duty", "担当の付与" / "A role";
        /// A new authenticator after the old one was lost.
        Recovery = "recovery", "サインインの方法の再登録" / "A new way to sign in";
    }
}

codes! {
    /// How a request of two persons ended.
    Decision {
        /// The second person confirmed.
        Confirmed = "confirmed", "承認済" / "Confirmed";
        /// The second person refused.
        Refused = "refused", "却下" / "Refused";
        /// The asker took it back.
        Withdrawn = "withdrawn", "取下げ" / "Withdrawn";
    }
}

/// One duty of a person, as far as the viewer keeps it.
#[derive(Debug, Clone)]
pub struct Duty {
    /// Which.
    pub id: AffiliationId,
    /// Whose.
    pub account_id: AccountId,
    /// In which role, where.
    pub hat: Hat,
    /// The organisation in Japanese and English.
    pub organisation: [String; 2],
    /// The CEPTOAR in Japanese and English.
    pub ceptoar: Option<[String; 2]>,
    /// The window answered for: label and order.
    pub window: Option<(String, i16)>,
    /// First day; `None` where it never began, or always held.
    pub begins_on: Option<NaiveDate>,
    /// Last day; `None` while no end is set.
    pub ends_on: Option<NaiveDate>,
    /// Ended before it began.
    pub never: bool,
    /// Why it was given.
    pub reason: String,
    /// When it was given.
    pub granted_at: Option<DateTime<Utc>>,
    /// Who gave it.
    pub granted_by: Option<String>,
    /// Who confirmed it.
    pub confirmed_by: Option<String>,
    /// When its end was set.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who set it.
    pub ended_by: Option<String>,
    /// Why.
    pub end_reason: String,
}

impl Duty {
    /// When it holds, seen from `today`.
    #[must_use]
    pub fn time(&self, today: NaiveDate) -> DutyTime {
        if self.never {
            DutyTime::Never
        } else if self.ends_on.is_some_and(|day| day < today) {
            DutyTime::Past
        } else if self.begins_on.is_some_and(|day| day > today) {
            DutyTime::Coming
        } else {
            DutyTime::Present
        }
    }

    /// Whether it holds today or later.
    #[must_use]
    pub fn is_live(&self, today: NaiveDate) -> bool {
        match self.time(today) {
            DutyTime::Present | DutyTime::Coming => true,
            DutyTime::Past | DutyTime::Never => false,
        }
    }
}

/// A row of the list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The account.
    pub account_id: AccountId,
    /// The person's name.
    pub display_name: String,
    /// Where the account stands.
    pub state: AccountState,
    /// When the person last signed in.
    pub last_sign_in: Option<DateTime<Utc>>,
    /// How strongly they can.
    pub strength: Strength,
}

/// One person.
#[derive(Debug, Clone)]
pub struct Person {
    /// As in the list.
    pub listed: Listed,
    /// Name to sign in with; for those who keep the whole account.
    pub sign_in_name: Option<String>,
    /// Where letters go; for the same.
    pub mail_address: Option<String>,
    /// How many sessions are open; for those who may end them.
    pub open_sessions: Option<i64>,
    /// What deciding needs.
    pub facts: PersonFacts,
    /// Everything they are, were and will be, as far as the viewer keeps it.
    pub duties: Vec<Duty>,
}

/// A time during which an account was kept out.
#[derive(Debug, Clone)]
pub struct Suspension {
    /// Since when.
    pub suspended_at: DateTime<Utc>,
    /// By whom; for those who keep the whole account.
    pub suspended_by: Option<String>,
    /// Why.
    pub reason: String,
    /// Until when.
    pub lifted_at: Option<DateTime<Utc>>,
    /// Who lifted it.
    pub lifted_by: Option<String>,
    /// Why.
    pub lift_reason: String,
}

/// What tells the second person whom they let in.
#[derive(Debug, Clone)]
pub struct Known {
    /// Name to sign in with.
    pub sign_in_name: String,
    /// Where letters go now.
    pub mail_address: Option<String>,
    /// Since when the account exists.
    pub made_at: DateTime<Utc>,
    /// Who made it, with the first duty or request; `None` for the command line.
    pub made_by: Option<String>,
}

/// Something that the person of a request is or will be.
#[derive(Debug, Clone)]
pub struct HeldDuty {
    /// In which role.
    pub role: Role,
    /// The organisation in Japanese and English.
    pub organisation: [String; 2],
    /// The CEPTOAR in Japanese and English.
    pub ceptoar: Option<[String; 2]>,
    /// First day.
    pub begins_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
}

/// A request of two persons.
#[derive(Debug, Clone)]
pub struct GrantRequest {
    /// Which.
    pub id: GrantRequestId,
    /// The person concerned.
    pub display_name: String,
    /// What is asked for.
    pub purpose: RequestPurpose,
    /// The role, for a duty.
    pub role: Option<Role>,
    /// The organisation in Japanese and English.
    pub organisation: Option<[String; 2]>,
    /// The CEPTOAR in Japanese and English.
    pub ceptoar: Option<[String; 2]>,
    /// The window answered for: label and order.
    pub window: Option<(String, i16)>,
    /// First day.
    pub begins_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// How it ended.
    pub decision: Option<Decision>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// The address that the account had when it was asked.
    pub asked_address: Option<String>,
    /// What the portal knows of the person; for others than the asker, while it waits.
    pub known: Option<Known>,
    /// What deciding needs.
    pub facts: RequestFacts,
}

/// Somewhere that the viewer may give duties.
#[derive(Debug, Clone)]
pub struct Place {
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// The organisation in Japanese and English.
    pub organisation: [String; 2],
    /// The CEPTOAR in Japanese and English.
    pub ceptoar: [String; 2],
}

/// A window that somebody could answer for.
#[derive(Debug, Clone)]
pub struct Window {
    /// Which.
    pub contact_id: ContactId,
    /// What it is called.
    pub label: String,
    /// 1 = primary.
    pub position: i16,
}

/// A window of which everybody who answers for it is suspended.
#[derive(Debug, Clone)]
pub struct Unanswered {
    /// Whose.
    pub organisation_id: OrganisationId,
    /// For which CEPTOAR.
    pub ceptoar_id: Option<String>,
    /// The organisation in Japanese and English.
    pub organisation: [String; 2],
    /// What it is called.
    pub label: String,
    /// 1 = primary.
    pub position: i16,
}
