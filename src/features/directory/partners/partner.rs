//! A partner body: what sort of body it is, and what it is to a CEPTOAR.

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::sheet::Dated;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language};

/// What sort of body it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    /// A prefecture, as medicine needs them.
    Prefecture,
    /// An agency or another office.
    Agency,
    /// A body that helps to analyse.
    Analysis,
    /// A meeting or a committee.
    Committee,
}

impl Kind {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 4] = [Self::Prefecture, Self::Agency, Self::Analysis, Self::Committee];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Prefecture => "prefecture",
            Self::Agency => "agency",
            Self::Analysis => "analysis",
            Self::Committee => "committee",
        }
    }

    /// The kind of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl Label for Kind {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Prefecture => language.pick("都道府県", "Prefecture"),
            Self::Agency => language.pick("関係機関", "Agency"),
            Self::Analysis => language.pick("分析を行う機関", "Body that analyses"),
            Self::Committee => language.pick("会議・委員会", "Meeting or committee"),
        }
    }
}

/// What it is to the CEPTOAR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum PartnerRole {
    /// It receives items and passes them on; such a body is on the route.
    PassesOn,
    /// It helps to analyse.
    Analyses,
    /// It sits in, or the CEPTOAR sits in it.
    SitsIn,
}

impl PartnerRole {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 3] = [Self::PassesOn, Self::Analyses, Self::SitsIn];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::PassesOn => "passes_on",
            Self::Analyses => "analyses",
            Self::SitsIn => "sits_in",
        }
    }

    /// The role of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Whether items go to it.
    #[must_use]
    pub fn is_on_route(self) -> bool {
        match self {
            Self::PassesOn => true,
            Self::Analyses | Self::SitsIn => false,
        }
    }
}

impl Label for PartnerRole {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::PassesOn => language.pick("情報を受け取り、関係先へ伝える", "Receives items and passes them on"),
            Self::Analyses => language.pick("分析に協力する", "Helps to analyse"),
            Self::SitsIn => language.pick("会議などに参加する", "Takes part in meetings"),
        }
    }
}

/// A role and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Partnership {
    /// Which role.
    #[serde(serialize_with = "as_code")]
    pub role: PartnerRole,
    /// An agreement, a plan, a decision.
    pub basis: String,
}

fn as_code<S: serde::Serializer>(role: &PartnerRole, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(role.code())
}

/// A partner body of a CEPTOAR.
#[derive(Debug, Clone)]
pub struct Partner {
    /// Which.
    pub organisation_id: OrganisationId,
    /// What sort of body.
    pub kind: Kind,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// Its roles, each with its period.
    pub partnerships: Vec<Dated<Partnership>>,
    /// How many windows with a mail address it has on the day; nothing where that is not for the viewer.
    pub windows: i64,
}

impl Partner {
    /// Its roles on a day.
    pub fn on(&self, day: NaiveDate) -> impl Iterator<Item = &Dated<Partnership>> {
        self.partnerships.iter().filter(move |fact| fact.valid.holds_on(day))
    }

    /// A short word for all its roles: differs as soon as somebody changes one.
    #[must_use]
    pub fn digest(&self) -> String {
        let text = serde_json::to_vec(&self.partnerships).unwrap_or_default();
        hex::encode(&Sha256::digest(&text)[..8])
    }
}

/// A body in lines.
#[must_use]
pub fn of_kind(kind: Kind) -> Vec<Line> {
    vec![Line::told("partner_kind", |language| kind.label(language).to_owned())]
}

/// A role in lines.
#[must_use]
pub fn of_partnership(partnership: &Partnership) -> Vec<Line> {
    vec![
        Line::told("role", |language| partnership.role.label(language).to_owned()),
        Line::same("basis", &partnership.basis),
    ]
}
