//! An item at the desk of a CEPTOAR, and what was decided about it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::features::access::action::RelayAction;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, Language};
use crate::kernel::stage::Desk;

/// Where it stands. Codes as in the table `relays`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum RelayState {
    /// Nobody has decided.
    Waiting,
    /// Put off.
    Held,
    /// It went on to the members.
    Forwarded,
    /// It did not, for a reason.
    Withheld,
}

impl RelayState {
    /// The badge's code.
    #[must_use]
    pub fn badge(self) -> &'static str {
        match self {
            Self::Waiting | Self::Held => "queued",
            Self::Forwarded => "sent",
            Self::Withheld => "cancelled",
        }
    }

    /// Whether it goes on by itself unless somebody decides.
    #[must_use]
    pub fn is_open(self) -> bool {
        match self {
            Self::Waiting | Self::Held => true,
            Self::Forwarded | Self::Withheld => false,
        }
    }
}

impl Label for RelayState {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Waiting => language.pick("中継の判断待ち", "Awaiting decision"),
            Self::Held => language.pick("中継を保留", "On hold"),
            Self::Forwarded => language.pick("構成員へ中継済", "Passed on"),
            Self::Withheld => language.pick("中継しない", "Not passed on"),
        }
    }
}

/// What was decided. Codes as in the table `relay_decisions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Decision {
    /// It goes on as it is.
    Forward,
    /// It goes on with something added.
    ForwardWithSupplement,
    /// Later.
    Hold,
    /// The members know it from somebody else.
    WithholdDuplicate,
    /// It does not concern them.
    WithholdNotRelevant,
    /// Nobody decided in time, and it went on.
    TimeUp,
    /// A newer version came before anybody decided.
    Superseded,
    /// Somebody at the centre asked to go past the desk.
    BypassAsked,
    /// The centre does not.
    BypassRefused,
    /// The centre went past the desk.
    Bypassed,
}

impl Decision {
    /// What a desk can decide, in the order of the form.
    pub const BY_DESK: [Self; 5] =
        [Self::Forward, Self::ForwardWithSupplement, Self::Hold, Self::WithholdDuplicate, Self::WithholdNotRelevant];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::ForwardWithSupplement => "forward_with_supplement",
            Self::Hold => "hold",
            Self::WithholdDuplicate => "withhold_duplicate",
            Self::WithholdNotRelevant => "withhold_not_relevant",
            Self::TimeUp => "time_up",
            Self::Superseded => "superseded",
            Self::BypassAsked => "bypass_asked",
            Self::BypassRefused => "bypass_refused",
            Self::Bypassed => "bypassed",
        }
    }

    /// The decision of a desk, of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::BY_DESK.into_iter().find(|decision| decision.code() == code)
    }

    /// Whether the members get it now.
    #[must_use]
    pub fn forwards(self) -> bool {
        match self {
            Self::Forward | Self::ForwardWithSupplement | Self::TimeUp | Self::Bypassed => true,
            Self::Hold
            | Self::WithholdDuplicate
            | Self::WithholdNotRelevant
            | Self::Superseded
            | Self::BypassAsked
            | Self::BypassRefused => false,
        }
    }
}

impl Decision {
    /// In words, at one of the desks.
    #[must_use]
    pub fn told(self, desk: Desk, language: Language) -> &'static str {
        match desk {
            Desk::Secretariat => self.label(language),
            Desk::Ministry => self.of_ministry(language),
        }
    }

    /// A ministry passes on to the desk, or past it where that decides nothing.
    fn of_ministry(self, language: Language) -> &'static str {
        match self {
            Self::Forward => language.pick("この先へ中継する", "Pass it on"),
            Self::BypassAsked => language.pick(
                "センターの担当者が、所管省庁を経ずに先へ届けることを提案",
                "Somebody at the centre asked to go past the ministry",
            ),
            Self::BypassRefused => {
                language.pick("所管省庁を経ずに先へ届ける提案を取り下げ", "The centre does not go past the ministry")
            }
            Self::Bypassed => {
                language.pick("センターが、所管省庁を経ずに先へ届けた", "The centre went past the ministry")
            }
            Self::ForwardWithSupplement
            | Self::Hold
            | Self::WithholdDuplicate
            | Self::WithholdNotRelevant
            | Self::TimeUp
            | Self::Superseded => self.label(language),
        }
    }
}

impl Label for Decision {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Forward => language.pick("構成員へ中継する", "Pass it on to the members"),
            Self::ForwardWithSupplement => language.pick("補足を付けて中継する", "Pass it on with a supplement"),
            Self::Hold => language.pick("保留する", "Hold it"),
            Self::WithholdDuplicate => {
                language.pick("中継しない(すでに知らせてある)", "Do not pass it on: they know it already")
            }
            Self::WithholdNotRelevant => {
                language.pick("中継しない(構成員に関係がない)", "Do not pass it on: it does not concern them")
            }
            Self::TimeUp => {
                language.pick("期限までに判断がなく、自動で中継", "Nobody decided in time; it went on by itself")
            }
            Self::BypassAsked => language.pick(
                "センターの担当者が、構成員へ直接届けることを提案",
                "Somebody at the centre asked to bring it to the members directly",
            ),
            Self::BypassRefused => language
                .pick("構成員へ直接届ける提案を取り下げ", "The centre does not bring it to the members directly"),
            Self::Bypassed => {
                language.pick("センターが、構成員へ直接届けた", "The centre brought it to the members directly")
            }
            Self::Superseded => language
                .pick("判断の前に新しい版が発出されたため、終了", "Ended: a newer version came before anybody decided"),
        }
    }
}

/// An item at the desk of a CEPTOAR.
#[derive(Debug, Clone)]
pub struct Relay {
    /// Whose desk.
    pub ceptoar_id: String,
    /// The CEPTOAR's name in Japanese and English.
    pub ceptoar: [String; 2],
    /// At whose desk it stands.
    pub desk: Desk,
    /// Where it stands there.
    pub state: RelayState,
    /// How long the secretariat has after the ministry, in minutes; none where it decides nothing, or has it already.
    pub then: Option<i16>,
    /// Since when the desk has it.
    pub asked_at: DateTime<Utc>,
    /// When it goes on by itself.
    pub due_at: DateTime<Utc>,
    /// A newer version has come to the desk: this one goes nowhere any more.
    pub old: bool,
    /// The centre may go past the desk: so it was agreed when the item came.
    pub bypass: bool,
    /// It went on to a part of those who might have it: the desk can still pass it on to all.
    pub narrowed: bool,
}

/// For how many minutes an item can be put off.
const HOLDS: [i64; 5] = [30, 60, 180, 720, 1440];
/// How long an item stays at a desk at most: else somebody is forgotten.
const LONGEST: TimeDelta = TimeDelta::hours(24);

impl Relay {
    /// For how many minutes it can be put off now: until later than it would go on by itself, and not beyond a day in all.
    #[must_use]
    pub fn holds(&self, now: DateTime<Utc>) -> Vec<i64> {
        let last = self.asked_at + LONGEST;
        let until = |minutes: &i64| now + TimeDelta::minutes(*minutes);
        HOLDS.into_iter().filter(|minutes| until(minutes) > self.due_at && until(minutes) <= last).collect()
    }

    /// Whether the centre could go past the desk now: it was agreed, and the desk withholds the item from somebody or has put it off.
    #[must_use]
    pub fn can_be_passed(&self) -> bool {
        self.bypass && !self.old && (self.narrowed || matches!(self.state, RelayState::Withheld | RelayState::Held))
    }

    /// Where it stands, as a badge: its code, and the word.
    #[must_use]
    pub fn badge(&self, language: Language) -> (&'static str, &'static str) {
        let word = match (self.desk, self.state) {
            _ if self.narrowed => language.pick("一部の構成員へ中継済", "Passed on to some"),
            (Desk::Ministry, RelayState::Waiting) => language.pick("所管省庁の判断待ち", "Awaiting the ministry"),
            (Desk::Ministry, RelayState::Held) => language.pick("所管省庁で保留", "On hold at the ministry"),
            (Desk::Ministry, RelayState::Withheld) => language.pick("所管省庁で中継しない", "Kept by the ministry"),
            (Desk::Ministry, RelayState::Forwarded) | (Desk::Secretariat, _) => self.state.label(language),
        };
        (self.state.badge(), word)
    }

    /// What the desk can still decide. What is withheld can go on, and what has gone on cannot be called back.
    #[must_use]
    pub fn possible(&self, now: DateTime<Utc>) -> Vec<Decision> {
        let open = self.state.is_open() && now < self.due_at;
        Decision::BY_DESK
            .into_iter()
            .filter(|_| !self.old)
            .filter(|decision| match decision {
                Decision::Forward | Decision::ForwardWithSupplement => {
                    self.state != RelayState::Forwarded || self.narrowed
                }
                Decision::Hold => open && !self.holds(now).is_empty(),
                Decision::WithholdDuplicate | Decision::WithholdNotRelevant => open,
                Decision::TimeUp
                | Decision::Superseded
                | Decision::BypassAsked
                | Decision::BypassRefused
                | Decision::Bypassed => false,
            })
            .collect()
    }
}

/// A group of the CEPTOAR of which somebody waits for the desk.
#[derive(Debug, Clone)]
pub struct Group {
    /// Which.
    pub id: String,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// How many of its members wait.
    pub members: i64,
}

/// To whom alone a desk passes an item on. It only ever narrows what the approver allowed (domain.md 2.2, rule D).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// The members of these groups; empty: all members, and the partner bodies.
    pub groups: Vec<String>,
    /// The designated handlers of each organisation.
    pub handlers_only: bool,
}

impl Narrowing {
    /// Whether it leaves anybody out.
    #[must_use]
    pub fn narrows(&self) -> bool {
        self.handlers_only || !self.groups.is_empty()
    }
}

/// A decision of the past.
#[derive(Debug, Clone)]
pub struct PastDecision {
    /// At whose desk.
    pub desk: Desk,
    /// Which.
    pub decision: Decision,
    /// Why.
    pub reason: String,
    /// What was added.
    pub supplement: String,
    /// The groups to whose members it went alone, by name in Japanese and English; empty: to all.
    pub groups: [Vec<String>; 2],
    /// It went to the designated handlers alone.
    pub handlers_only: bool,
    /// Until when it was put off.
    pub held_until: Option<DateTime<Utc>>,
    /// The desk, in Japanese and English; none where nobody decided.
    pub by: Option<[String; 2]>,
    /// The person: whoever stands on the route knows whom to ask.
    pub person: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What a desk decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecision {
    /// Which.
    pub decision: Decision,
    /// Why.
    pub reason: String,
    /// What is added.
    pub supplement: String,
    /// For how long it is put off.
    pub hold: Option<TimeDelta>,
    /// To whom alone it goes.
    pub narrowing: Narrowing,
}

impl PastDecision {
    /// What was decided, in words.
    #[must_use]
    pub fn told(&self, language: Language) -> &'static str {
        self.decision.told(self.desk, language)
    }

    /// To whom alone it went; empty where that was everybody.
    #[must_use]
    pub fn range(&self, language: Language) -> String {
        let groups = match language {
            Language::Ja => self.groups[0].join("、"),
            Language::En => self.groups[1].join(", "),
        };
        let handlers =
            if self.handlers_only { language.pick("取扱担当者だけ", "designated handlers only") } else { "" };
        let parts: Vec<&str> = [groups.as_str(), handlers].into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(language.pick("、", "; "))
    }
}

/// What a desk added to an item.
#[derive(Debug, Clone)]
pub struct Supplement {
    /// What it says.
    pub text: String,
    /// The desk, in Japanese and English.
    pub by: [String; 2],
    /// When.
    pub at: DateTime<Utc>,
}

/// What stands beside an item, for whoever has it by way of a desk.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// What desks added.
    pub supplements: Vec<Supplement>,
    /// When the centre went past a desk.
    pub bypassed: Vec<DateTime<Utc>>,
}

/// A step of the centre on its way past a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BypassStep {
    /// Somebody asks.
    Ask,
    /// It is not done.
    Refuse,
    /// A second person does it.
    Go,
}

impl BypassStep {
    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Refuse => "refuse",
            Self::Go => "go",
        }
    }

    /// The step of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Ask, Self::Refuse, Self::Go].into_iter().find(|step| step.code() == code)
    }

    /// Whether it has to be said why. Who goes agrees with who asked.
    #[must_use]
    pub fn needs_reason(self) -> bool {
        match self {
            Self::Ask | Self::Refuse => true,
            Self::Go => false,
        }
    }

    /// The right to it.
    #[must_use]
    pub fn right(self) -> RelayAction {
        match self {
            Self::Ask => RelayAction::AskBypass,
            Self::Refuse | Self::Go => RelayAction::SettleBypass,
        }
    }
}

/// A proposal to go past a desk that nobody has answered.
#[derive(Debug, Clone)]
pub struct BypassAsked {
    /// Which item.
    pub advisory_id: AdvisoryId,
    /// Past whose desk.
    pub ceptoar_id: String,
    /// Whether it was the viewer who asked.
    pub own: bool,
}

/// An item that waits for the viewer's decision.
#[derive(Debug, Clone)]
pub struct OpenRelay {
    /// Which item.
    pub advisory_id: AdvisoryId,
    /// Its number.
    pub number: String,
    /// On whose road.
    pub ceptoar_id: String,
    /// At whose desk.
    pub desk: Desk,
    /// The CEPTOAR's name in Japanese and English.
    pub ceptoar: [String; 2],
    /// When it goes on by itself.
    pub due_at: DateTime<Utc>,
}
