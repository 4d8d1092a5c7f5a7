//! Where a comment stands: a field of an item, and a line of it. An item is taken apart into the same fields and lines for
//! showing it, for anchoring comments and for telling differences.

use std::collections::HashMap;

use crate::features::advisories::content::Draft;
use crate::features::advisories::parts;
use crate::features::advisories::words::DraftWords;
use crate::features::directory::outline::SectorOutline;
use crate::features::sharing::store::NamedWindow;
use crate::kernel::ids::ContactId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{long_date, long_time};
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};

/// Digits of a checksum that are shown.
const MARK: usize = 8;

crate::words! {
    /// Words about places.
    pub struct PlaceWords {
        yes: "訓練" / "A drill",
        no: "訓練ではない" / "Not a drill",
        drill: "訓練" / "Drill",
        attached: "添付ファイル・限定部分" / "Files and limited sections",
        attached_line: "{name}({level}、{scope}、照合値 {mark})" / "{name} ({level}, {scope}, checksum {mark})",
        window: "{organisation} 窓口{position}({ceptoar})" / "{organisation}, window {position} ({ceptoar})",
        window_gone: "いまは指名していない窓口" / "A window that is not named any more",
        sector: "{name}(分野全体)" / "{name} (whole sector)",
        group: "{ceptoar} {code}" / "{ceptoar} {code}",
    }
}

/// A field of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Field {
    /// 種別.
    Kind,
    /// 題名.
    Title,
    /// 概要.
    Summary,
    /// 影響.
    Impact,
    /// 対策.
    Countermeasure,
    /// 対象製品.
    Products,
    /// CVE番号.
    Cves,
    /// 参考.
    Links,
    /// 目的.
    Purpose,
    /// 出所.
    Origin,
    /// 出所の条件.
    OriginConditions,
    /// 情報共有レベル.
    Level,
    /// 取扱担当者の範囲.
    HandlerScope,
    /// 訓練.
    Drill,
    /// 宛先.
    Addressees,
    /// 回答期限.
    AnswerDue,
    /// 対応の報告期限.
    MeasuresDue,
    /// 有効期限.
    ValidUntil,
    /// 添付ファイル・限定部分.
    Parts,
}

impl Field {
    /// All fields, in the order of the form.
    pub const ALL: [Self; 19] = [
        Self::Kind,
        Self::Title,
        Self::Summary,
        Self::Impact,
        Self::Countermeasure,
        Self::Products,
        Self::Cves,
        Self::Links,
        Self::Purpose,
        Self::Origin,
        Self::OriginConditions,
        Self::Level,
        Self::HandlerScope,
        Self::Drill,
        Self::Addressees,
        Self::AnswerDue,
        Self::MeasuresDue,
        Self::ValidUntil,
        Self::Parts,
    ];

    /// The value in addresses and in the database: the name of the form's field.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Title => "title",
            Self::Summary => "summary",
            Self::Impact => "impact",
            Self::Countermeasure => "countermeasure",
            Self::Products => "products",
            Self::Cves => "cves",
            Self::Links => "links",
            Self::Purpose => "purpose",
            Self::Origin => "origin",
            Self::OriginConditions => "origin_conditions",
            Self::Level => "level",
            Self::HandlerScope => "handler_scope",
            Self::Drill => "drill",
            Self::Addressees => "addressees",
            Self::AnswerDue => "answer_due",
            Self::MeasuresDue => "measures_due",
            Self::ValidUntil => "valid_until",
            Self::Parts => "parts",
        }
    }

    /// The field of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.code() == code)
    }

    /// Whether it has lines that are numbered: a long text, or a list.
    #[must_use]
    pub fn has_lines(self) -> bool {
        match self {
            Self::Summary
            | Self::Impact
            | Self::Countermeasure
            | Self::Products
            | Self::Cves
            | Self::Links
            | Self::OriginConditions
            | Self::Addressees
            | Self::Parts => true,
            Self::Kind
            | Self::Title
            | Self::Purpose
            | Self::Origin
            | Self::Level
            | Self::HandlerScope
            | Self::Drill
            | Self::AnswerDue
            | Self::MeasuresDue
            | Self::ValidUntil => false,
        }
    }
}

impl Label for Field {
    fn label(self, language: Language) -> &'static str {
        let w = DraftWords::of(language);
        match self {
            Self::Kind => w.kind,
            Self::Title => w.title,
            Self::Summary => w.summary,
            Self::Impact => w.impact,
            Self::Countermeasure => w.countermeasure,
            Self::Products => w.products,
            Self::Cves => w.cves,
            Self::Links => w.links,
            Self::Purpose => w.purpose,
            Self::Origin => w.section_origin,
            Self::OriginConditions => w.origin_conditions,
            Self::Level => w.level,
            Self::HandlerScope => w.handler_scope,
            Self::Drill => PlaceWords::of(language).drill,
            Self::Addressees => w.section_addressees,
            Self::AnswerDue => w.answer_due,
            Self::MeasuresDue => w.measures_due,
            Self::ValidUntil => w.valid_until,
            Self::Parts => PlaceWords::of(language).attached,
        }
    }
}

/// A field with its lines; none where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which field.
    pub field: Field,
    /// Its lines.
    pub lines: Vec<String>,
}

/// Names of what can be addressed, in Japanese and English.
#[derive(Debug, Clone, Default)]
pub struct Names {
    known: HashMap<String, [String; 2]>,
    windows: HashMap<ContactId, NamedWindow>,
}

impl Names {
    /// The names of today's sectors, CEPTOARs and groups, and of the windows that an item names.
    #[must_use]
    pub fn of(sectors: &[SectorOutline], windows: Vec<NamedWindow>) -> Self {
        let mut known = HashMap::new();
        let pick = |ja: &str, en: &str| [ja.to_owned(), en.to_owned()];
        for sector in sectors {
            known.insert(format!("sector/{}", sector.sector_id), pick(&sector.ja, &sector.en));
            for ceptoar in &sector.ceptoars {
                known.insert(format!("ceptoar/{}", ceptoar.ceptoar_id), pick(&ceptoar.ja, &ceptoar.en));
                for group in &ceptoar.subgroups {
                    let name = |language: Language| {
                        let ceptoar = language.pick(&ceptoar.ja, &ceptoar.en);
                        fill(PlaceWords::of(language).group, &[("ceptoar", ceptoar), ("code", &group.code)])
                    };
                    known.insert(format!("group/{}", group.subgroup_id), Language::ALL.map(name));
                }
            }
        }
        Self { known, windows: windows.into_iter().map(|window| (window.contact_id, window)).collect() }
    }

    fn name(&self, sort: &str, id: &str, language: Language) -> String {
        let found = self.known.get(&format!("{sort}/{id}"));
        found.map_or_else(|| id.to_owned(), |[ja, en]| language.pick(ja, en).clone())
    }

    fn addressees(&self, draft: &Draft, language: Language) -> Vec<String> {
        let (to, w) = (&draft.addressees, PlaceWords::of(language));
        let sectors = to.sectors.iter().map(|id| fill(w.sector, &[("name", &self.name("sector", id, language))]));
        let ceptoars = to.ceptoars.iter().map(|id| self.name("ceptoar", id, language));
        let groups = to.subgroups.iter().map(|id| self.name("group", id, language));
        let windows = to.contacts.iter().map(|id| {
            self.windows.get(id).map_or_else(
                || w.window_gone.to_owned(),
                |window| {
                    let position = window.position.to_string();
                    let parts = [
                        ("organisation", window.organisation.as_str()),
                        ("position", &position),
                        ("ceptoar", &window.ceptoar),
                    ];
                    fill(w.window, &parts)
                },
            )
        });
        sectors.chain(ceptoars).chain(groups).chain(windows).collect()
    }
}

/// A file or limited section, as far as one can see that it is another one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Attached {
    /// The file's name or the section's heading.
    pub name: String,
    /// Shared-scope axis.
    pub level: String,
    /// Handler axis.
    pub scope: String,
    /// The first digits of what stands for its content.
    pub mark: String,
}

impl Attached {
    /// The files and sections of an item.
    #[must_use]
    pub fn of(parts: &[parts::part::Part]) -> Vec<Self> {
        let one = |part: &parts::part::Part| {
            let mut mark = part.checksum();
            mark.truncate(MARK);
            let (level, scope) = (part.reach.level.code().to_owned(), part.reach.scope.code().to_owned());
            Self { name: part.name().to_owned(), level, scope, mark }
        };
        parts.iter().map(one).collect()
    }

    fn words(&self, language: Language) -> String {
        let level = SharingLevel::from_code(&self.level).map_or("", SharingLevel::tlp);
        let scope = HandlerScope::from_code(&self.scope).map_or("", |scope| scope.label(language));
        let words = [("name", self.name.as_str()), ("level", level), ("scope", scope), ("mark", &self.mark)];
        fill(PlaceWords::of(language).attached_line, &words)
    }
}

/// An item taken apart, field by field.
#[must_use]
pub fn parts(draft: &Draft, attached: &[Attached], names: &Names, language: Language) -> Vec<Part> {
    let (text, w) = (&draft.text, PlaceWords::of(language));
    let one = |words: &str| if words.is_empty() { Vec::new() } else { vec![words.to_owned()] };
    let long = |words: &str| if words.is_empty() { Vec::new() } else { words.split('\n').map(str::to_owned).collect() };
    let lines = |field: Field| match field {
        Field::Kind => one(text.kind.label(language)),
        Field::Title => one(&text.title),
        Field::Summary => long(&text.summary),
        Field::Impact => long(&text.impact),
        Field::Countermeasure => long(&text.countermeasure),
        Field::Products => text.products.clone(),
        Field::Cves => text.cves.clone(),
        Field::Links => text.links.clone(),
        Field::Purpose => one(text.purpose.label(language)),
        Field::Origin => one(&text.origin.words(language)),
        Field::OriginConditions => long(&text.origin.conditions),
        Field::Level => one(draft.level.tlp()),
        Field::HandlerScope => one(draft.handler_scope.label(language)),
        Field::Drill => one(if draft.drill { w.yes } else { w.no }),
        Field::Addressees => names.addressees(draft, language),
        Field::AnswerDue => draft.answer_due.map(|at| long_time(at, language)).into_iter().collect(),
        Field::MeasuresDue => draft.measures_due.map(|at| long_time(at, language)).into_iter().collect(),
        Field::Parts => attached.iter().map(|part| part.words(language)).collect(),
        Field::ValidUntil => draft.valid_until.map(|day| long_date(day, language)).into_iter().collect(),
    };
    Field::ALL.into_iter().map(|field| Part { field, lines: lines(field) }).collect()
}

/// Where a comment stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// At the field as a whole.
    Field,
    /// At this line, counted from 1.
    Line(usize),
    /// Its line is not there any more.
    Gone,
}

/// Where the words that a comment was made at stand now: at the same line, at the nearest one that says the same, or
/// nowhere.
#[must_use]
pub fn anchor(field: Field, line: Option<usize>, quoted: &str, parts: &[Part]) -> Anchor {
    let Some(line) = line else { return Anchor::Field };
    let lines = parts.iter().find(|part| part.field == field).map_or(&[][..], |part| &part.lines);
    let same = lines.iter().enumerate().filter(|(_, words)| *words == quoted).map(|(at, _)| at + 1);
    same.min_by_key(|at| at.abs_diff(line)).map_or(Anchor::Gone, Anchor::Line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(text: &str) -> Vec<Part> {
        vec![Part { field: Field::Summary, lines: text.split('\n').map(str::to_owned).collect() }]
    }

    #[test]
    fn codes_round_trip() {
        assert!(Field::ALL.into_iter().all(|field| Field::from_code(field.code()) == Some(field)));
        assert_eq!(Field::from_code("reason"), None);
    }

    #[test]
    fn a_comment_follows_its_words() {
        let at = |line, quoted: &str, text: &str| anchor(Field::Summary, line, quoted, &summary(text));
        assert_eq!(at(Some(2), "b", "a\nb\nc"), Anchor::Line(2));
        assert_eq!(at(Some(2), "b", "x\na\nb\nc"), Anchor::Line(3));
        assert_eq!(at(Some(5), "b", "b\na\na\nb\na"), Anchor::Line(4));
        assert_eq!(at(Some(2), "b", "a\nB\nc"), Anchor::Gone);
        assert_eq!(at(None, "", "a"), Anchor::Field);
        assert_eq!(anchor(Field::Impact, Some(1), "a", &summary("a")), Anchor::Gone);
    }
}
