//! A fact of how a CEPTOAR is set up, with its day.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use uuid::Uuid;

use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{long_date, month};

/// What a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::Type, serde::Serialize, serde::Deserialize)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Failures of systems are shared.
    IntakeFailures,
    /// Financial crime by means of systems.
    IntakeCrime,
    /// Weaknesses of software and hardware.
    IntakeVulnerabilities,
    /// Viruses.
    IntakeViruses,
    /// Anything else that helps to prevent and mend.
    IntakeOther,
    /// It collects what concerns its field.
    FunctionCollection,
    /// It grasps and analyses it.
    FunctionAnalysis,
    /// It shares it among its members.
    FunctionSharing,
    /// It passes it on to other CEPTOARs and the Council.
    FunctionOutward,
    /// The basic agreement to set it up.
    StepAgreement,
    /// The handling rule was made.
    StepRules,
    /// The emergency windows were named.
    StepWindows,
    /// It began to work.
    StepOperation,
    /// Who analyses was agreed on.
    StepAnalysis,
    /// Any other step.
    StepOther,
    /// Members' systems are tested for weaknesses.
    ServiceTests,
    /// Watching and detecting for members.
    ServiceMonitoring,
    /// Advice to members.
    ServiceAdvice,
    /// Training, and material for it.
    ServiceTraining,
    /// Anything else for members.
    ServiceOther,
    /// A network for disasters, used for this as well.
    NetworkDisaster,
    /// A network for accidents and failures.
    NetworkAccident,
    /// Any other network.
    NetworkOther,
    /// 目的 of its profile.
    ProfilePurpose,
    /// 構成と機能 of its profile.
    ProfileStructure,
    /// 特徴 of its profile.
    ProfileTraits,
}

/// What subjects have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// A type of information that is shared, from when to when.
    Intake,
    /// A hoped-for function that is fulfilled, from when to when.
    Function,
    /// A step of setting it up: a day, and no end.
    Step,
    /// Something that it does for its members, from when to when.
    Service,
    /// A network that was there before and carries word when mail does not, from when to when.
    Network,
    /// A section of its profile: holds until the next of its kind begins.
    Profile,
}

impl Group {
    /// Whether what belongs to it may come to an end.
    #[must_use]
    pub fn ends(self) -> bool {
        match self {
            Self::Intake | Self::Function | Self::Service | Self::Network => true,
            Self::Step | Self::Profile => false,
        }
    }

    /// Whether it says nothing without its text: which service, whose network.
    #[must_use]
    pub fn needs_text(self) -> bool {
        match self {
            Self::Service | Self::Network | Self::Profile => true,
            Self::Intake | Self::Function | Self::Step => false,
        }
    }

    /// The longest text beside it, in characters.
    #[must_use]
    pub fn longest(self) -> usize {
        match self {
            Self::Intake | Self::Function | Self::Step | Self::Service | Self::Network => 500,
            Self::Profile => 1000,
        }
    }
}

impl Subject {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 26] = [
        Self::IntakeFailures,
        Self::IntakeCrime,
        Self::IntakeVulnerabilities,
        Self::IntakeViruses,
        Self::IntakeOther,
        Self::FunctionCollection,
        Self::FunctionAnalysis,
        Self::FunctionSharing,
        Self::FunctionOutward,
        Self::StepAgreement,
        Self::StepRules,
        Self::StepWindows,
        Self::StepOperation,
        Self::StepAnalysis,
        Self::StepOther,
        Self::ServiceTests,
        Self::ServiceMonitoring,
        Self::ServiceAdvice,
        Self::ServiceTraining,
        Self::ServiceOther,
        Self::NetworkDisaster,
        Self::NetworkAccident,
        Self::NetworkOther,
        Self::ProfilePurpose,
        Self::ProfileStructure,
        Self::ProfileTraits,
    ];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::IntakeFailures => "intake_failures",
            Self::IntakeCrime => "intake_crime",
            Self::IntakeVulnerabilities => "intake_vulnerabilities",
            Self::IntakeViruses => "intake_viruses",
            Self::IntakeOther => "intake_other",
            Self::FunctionCollection => "function_collection",
            Self::FunctionAnalysis => "function_analysis",
            Self::FunctionSharing => "function_sharing",
            Self::FunctionOutward => "function_outward",
            Self::StepAgreement => "step_agreement",
            Self::StepRules => "step_rules",
            Self::StepWindows => "step_windows",
            Self::StepOperation => "step_operation",
            Self::StepAnalysis => "step_analysis",
            Self::StepOther => "step_other",
            Self::ServiceTests => "service_tests",
            Self::ServiceMonitoring => "service_monitoring",
            Self::ServiceAdvice => "service_advice",
            Self::ServiceTraining => "service_training",
            Self::ServiceOther => "service_other",
            Self::NetworkDisaster => "network_disaster",
            Self::NetworkAccident => "network_accident",
            Self::NetworkOther => "network_other",
            Self::ProfilePurpose => "profile_purpose",
            Self::ProfileStructure => "profile_structure",
            Self::ProfileTraits => "profile_traits",
        }
    }

    /// The subject of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.code() == code)
    }

    /// What it has in common with others.
    #[must_use]
    pub fn group(self) -> Group {
        match self {
            Self::IntakeFailures
            | Self::IntakeCrime
            | Self::IntakeVulnerabilities
            | Self::IntakeViruses
            | Self::IntakeOther => Group::Intake,
            Self::FunctionCollection | Self::FunctionAnalysis | Self::FunctionSharing | Self::FunctionOutward => {
                Group::Function
            }
            Self::StepAgreement
            | Self::StepRules
            | Self::StepWindows
            | Self::StepOperation
            | Self::StepAnalysis
            | Self::StepOther => Group::Step,
            Self::ServiceTests
            | Self::ServiceMonitoring
            | Self::ServiceAdvice
            | Self::ServiceTraining
            | Self::ServiceOther => Group::Service,
            Self::NetworkDisaster | Self::NetworkAccident | Self::NetworkOther => Group::Network,
            Self::ProfilePurpose | Self::ProfileStructure | Self::ProfileTraits => Group::Profile,
        }
    }
}

impl Label for Subject {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::IntakeFailures => language.pick("IT障害の情報", "IT failures"),
            Self::IntakeCrime => language.pick("ITを利用した金融犯罪の情報", "Financial crime by means of IT"),
            Self::IntakeVulnerabilities => language.pick("脆弱性の情報", "Vulnerabilities"),
            Self::IntakeViruses => language.pick("ウイルスの情報", "Viruses"),
            Self::IntakeOther => {
                language.pick("その他、未然防止・復旧に役立つ情報", "Other that helps to prevent and restore")
            }
            Self::FunctionCollection => language.pick("情報の収集", "Collecting information"),
            Self::FunctionAnalysis => language.pick("状況の把握・分析", "Grasping and analysing the situation"),
            Self::FunctionSharing => language.pick("セプター内の情報共有", "Sharing inside the CEPTOAR"),
            Self::FunctionOutward => language
                .pick("他のセプター・セプターカウンシルへの発信", "Passing on to other CEPTOARs and the Council"),
            Self::StepAgreement => language.pick("設置の基本合意", "Basic agreement"),
            Self::StepRules => language.pick("取扱いルールの制定", "Handling rule made"),
            Self::StepWindows => language.pick("緊急窓口の設定", "Emergency windows named"),
            Self::StepOperation => language.pick("運用の開始", "Operation began"),
            Self::StepAnalysis => language.pick("分析の体制の整備", "Analysis arranged"),
            Self::StepOther => language.pick("その他の整備", "Other step"),
            Self::ServiceTests => language.pick("構成員への支援: 脆弱性診断", "For members: tests for weaknesses"),
            Self::ServiceMonitoring => {
                language.pick("構成員への支援: 監視・検知", "For members: watching and detecting")
            }
            Self::ServiceAdvice => language.pick("構成員への支援: 相談・助言", "For members: advice"),
            Self::ServiceTraining => language.pick("構成員への支援: 教育・訓練", "For members: training"),
            Self::ServiceOther => language.pick("構成員への支援: その他", "For members: other"),
            Self::NetworkDisaster => language.pick("既存の連絡網: 災害", "Network in use: disasters"),
            Self::NetworkAccident => {
                language.pick("既存の連絡網: 事故・障害", "Network in use: accidents and failures")
            }
            Self::NetworkOther => language.pick("既存の連絡網: その他", "Network in use: other"),
            Self::ProfilePurpose => language.pick("概要の文章: 目的", "Profile: purpose"),
            Self::ProfileStructure => language.pick("概要の文章: 構成と機能", "Profile: structure and functions"),
            Self::ProfileTraits => language.pick("概要の文章: 特徴", "Profile: traits"),
        }
    }
}

/// What a fact says. Named as the columns, so that older versions read the same.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Content {
    /// What it is about.
    pub subject: Subject,
    /// From when, or when.
    pub from_on: NaiveDate,
    /// Whether the day is known; otherwise it is some day in that month.
    pub day_known: bool,
    /// The last day of a type that is shared no longer.
    pub until_on: Option<NaiveDate>,
    /// With whom, by what, whose; of a section the text itself.
    pub remark: String,
    /// The text of a section in English; empty where it has none.
    #[serde(default)]
    pub remark_en: String,
}

crate::words! {
    /// How times are told.
    pub struct TimeWords {
        since: "{from}から" / "since {from}",
        since_coming: "{from}から(予定)" / "from {from} (planned)",
        between: "{from}から{until}まで" / "{from} to {until}",
        done: "{from}" / "{from}",
        coming: "{from}(予定)" / "{from} (planned)",
    }
}

impl Content {
    /// The month or the day, as exactly as it is known.
    #[must_use]
    pub fn from(&self, language: Language) -> String {
        if self.day_known {
            long_date(self.from_on, language)
        } else {
            month(self.from_on.year(), self.from_on.month(), language)
        }
    }

    /// When, in words, as seen on a day.
    #[must_use]
    pub fn time(&self, today: NaiveDate, language: Language) -> String {
        let w = TimeWords::of(language);
        let ahead = self.from_on > today;
        let words = match (self.subject.group(), self.until_on, ahead) {
            (Group::Step, _, true) => w.coming,
            (Group::Step, _, false) => w.done,
            (Group::Intake | Group::Function | Group::Service | Group::Network, Some(_), _) => w.between,
            (Group::Intake | Group::Function | Group::Service | Group::Network | Group::Profile, _, true) => {
                w.since_coming
            }
            (Group::Intake | Group::Function | Group::Service | Group::Network | Group::Profile, _, false) => w.since,
        };
        let until = self.until_on.map(|day| long_date(day, language)).unwrap_or_default();
        fill(words, &[("from", &self.from(language)), ("until", &until)])
    }

    /// Whether it is over on a day.
    #[must_use]
    pub fn is_over(&self, today: NaiveDate) -> bool {
        self.until_on.is_some_and(|until| until < today)
    }
}

/// A fact as it stands.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Which.
    pub fact_id: Uuid,
    /// Which version.
    pub version: i32,
    /// What it says.
    pub content: Content,
    /// Why the newest version says something else, or why it was taken back.
    pub correction: String,
    /// When this version was written.
    pub recorded_at: DateTime<Utc>,
    /// When it was taken back.
    pub taken_back_at: Option<DateTime<Utc>>,
}

impl Fact {
    /// Whether it is a network that is in use on a day.
    #[must_use]
    pub fn is_network_of(&self, day: NaiveDate) -> bool {
        let content = &self.content;
        self.taken_back_at.is_none()
            && content.subject.group() == Group::Network
            && content.from_on <= day
            && !content.is_over(day)
    }
}

/// What a fact said before.
#[derive(Debug, Clone)]
pub struct Version {
    /// What it said.
    pub content: Content,
    /// Until when.
    pub ended_at: DateTime<Utc>,
    /// Why it had been corrected to say so; empty for the first.
    pub correction: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_exactly_as_they_are_known() {
        let today = "2026-11-21".parse().unwrap();
        let told = |subject, from: &str, day_known, until: Option<&str>| {
            let content = Content {
                subject,
                from_on: from.parse().unwrap(),
                day_known,
                until_on: until.map(|until| until.parse().unwrap()),
                remark: String::new(),
                remark_en: String::new(),
            };
            content.time(today, Language::Ja)
        };
        assert_eq!(told(Subject::StepOperation, "2007-04-01", false, None), "2007年4月");
        assert_eq!(told(Subject::StepAnalysis, "2027-01-15", true, None), "2027年1月15日(金)(予定)");
        assert_eq!(told(Subject::IntakeCrime, "2007-04-01", false, None), "2007年4月から");
        assert_eq!(
            told(Subject::IntakeCrime, "2007-04-01", true, Some("2020-03-31")),
            "2007年4月1日(日)から2020年3月31日(火)まで"
        );
    }

    #[test]
    fn each_subject_is_known_by_its_code() {
        for subject in Subject::ALL {
            assert_eq!(Subject::from_code(subject.code()), Some(subject));
            assert_eq!(serde_json::to_value(subject).unwrap(), subject.code());
            let group = format!("{:?}_", subject.group()).to_lowercase();
            assert!(subject.code().starts_with(&group), "{group}");
        }
        assert_eq!(Subject::from_code(""), None);
    }
}
