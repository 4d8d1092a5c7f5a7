//! Facts as lines that people read: the same lines before and after a change show what it does.

use serde::{Deserialize, Serialize};

use super::sheet::{Channel, Membership, Name, Period, WindowFacts};
use crate::kernel::count_unit;
use crate::kernel::language::{Label, Language};
use crate::kernel::period::long_date;

crate::words! {
    /// Names of the lines.
    pub struct LineWords {
        ja: "名称" / "Name in Japanese",
        en: "英語名" / "Name in English",
        reading: "よみ" / "Reading",
        member_kind: "種別" / "Member as",
        unit: "数える単位" / "Counted as",
        subgroup: "サブグループ" / "Subgroup",
        hub: "ほかへ伝える役割(ハブ)" / "Passes on to others (hub)",
        position: "連絡の順" / "Order",
        label: "窓口の名称" / "Name of the window",
        handler: "取扱担当者" / "Designated handler",
        language: "メールの言語" / "Language of mails",
        channel: "連絡手段" / "Reached by",
        period: "期間" / "Period",
        previous: "前の期間の登録" / "The entry before",
        next: "次の期間の登録" / "The entry after",
        along: "あわせて変わる登録" / "Moves with it",
        body: "セプター・組織" / "CEPTOAR or body",
        part: "立場" / "As what",
        desk: "事務局" / "Secretariat",
        partner_kind: "種類" / "Kind",
        role: "役割" / "Role",
        basis: "根拠" / "Basis",
        group: "グループ" / "Group",
        group_kind: "種類" / "Kind",
        scope: "対象" / "For whom",
        scope_en: "対象(英語)" / "For whom, in English",
        member: "構成員" / "Member",
        last_day: "最終日" / "Last day",
        group_members: "グループの構成員" / "Members in the group",
        relay_office: "平日の昼間(9時から18時)" / "Working days, 9 to 18 o'clock",
        relay_off: "夜間・休日" / "Nights, weekends and holidays",
        relay_urgent: "早期警戒情報" / "Early warnings",
        relay_minutes: "判断の期限" / "Time to decide",
        relay_bypass: "センターからの直接の配信" / "The centre may go past the desk",
        route_ministry: "所管省庁" / "Ministry",
        route_secretariat: "事務局" / "Secretariat",
        regional: "地方機関" / "Regional office",
        regional_part: "受け持つ構成員" / "Members that it looks after",
        other: "項目" / "Item",
    }
}

/// One fact in words. Stored with a change, so that it reads the same in ten years.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which fact; with a number behind a dot where there are several.
    pub code: String,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

impl Line {
    /// A line that says the same in both languages.
    #[must_use]
    pub fn same(code: &str, value: &str) -> Self {
        Self { code: code.to_owned(), ja: value.to_owned(), en: value.to_owned() }
    }

    /// A line that is told in each language.
    #[must_use]
    pub fn told(code: impl Into<String>, value: impl Fn(Language) -> String) -> Self {
        Self { code: code.into(), ja: value(Language::Ja), en: value(Language::En) }
    }

    /// What the fact is called.
    #[must_use]
    pub fn name(&self, language: Language) -> String {
        let w = LineWords::of(language);
        let (code, number) = self.code.split_once('.').unwrap_or((&self.code, ""));
        let name = match code {
            "ja" => w.ja,
            "en" => w.en,
            "reading" => w.reading,
            "member_kind" => w.member_kind,
            "unit" => w.unit,
            "subgroup" => w.subgroup,
            "hub" => w.hub,
            "position" => w.position,
            "label" => w.label,
            "handler" => w.handler,
            "language" => w.language,
            "channel" => w.channel,
            "period" => w.period,
            "previous" => w.previous,
            "next" => w.next,
            "along" => w.along,
            "body" => w.body,
            "part" => w.part,
            "desk" => w.desk,
            "partner_kind" => w.partner_kind,
            "role" => w.role,
            "basis" => w.basis,
            "group" => w.group,
            "group_kind" => w.group_kind,
            "scope" => w.scope,
            "scope_en" => w.scope_en,
            "member" => w.member,
            "group_members" => w.group_members,
            "relay_office" => w.relay_office,
            "relay_off" => w.relay_off,
            "relay_urgent" => w.relay_urgent,
            "relay_minutes" => w.relay_minutes,
            "relay_bypass" => w.relay_bypass,
            "route_ministry" => w.route_ministry,
            "route_secretariat" => w.route_secretariat,
            "regional" => w.regional,
            "regional_part" => w.regional_part,
            _ => w.other,
        };
        if number.is_empty() { name.to_owned() } else { format!("{name} {number}") }
    }

    /// What it says.
    #[must_use]
    pub fn value(&self, language: Language) -> &str {
        language.pick(&self.ja, &self.en)
    }
}

/// What a line said before and says after; `None` where there is no such line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Before.
    pub before: Option<Line>,
    /// After.
    pub after: Option<Line>,
}

/// The lines that differ, in the order of the form.
#[must_use]
pub fn differences(before: &[Line], after: &[Line]) -> Vec<Difference> {
    let find = |lines: &[Line], code: &str| lines.iter().find(|line| line.code == code).cloned();
    let gone = before.iter().filter(|line| find(after, &line.code).is_none());
    let both = after.iter().map(|line| Difference { before: find(before, &line.code), after: Some(line.clone()) });
    both.filter(|d| d.before != d.after)
        .chain(gone.map(|line| Difference { before: Some(line.clone()), after: None }))
        .collect()
}

/// From when until when, in words.
#[must_use]
pub fn told_period(valid: Period, language: Language) -> String {
    let from = valid.from.map_or_else(
        || language.pick("登録当初から", "since the first registration").to_owned(),
        |day| language.pick(format!("{}から", long_date(day, language)), format!("from {}", long_date(day, language))),
    );
    let last = valid.until.and_then(|until| until.pred_opt());
    let until = last.map_or_else(
        || language.pick("終わりなし", "without an end").to_owned(),
        |day| language.pick(format!("{}まで", long_date(day, language)), format!("until {}", long_date(day, language))),
    );
    format!("{from}{}{until}", language.pick("、", ", "))
}

/// A period in a line.
#[must_use]
pub fn of_period(valid: Period) -> Line {
    Line::told("period", |language| told_period(valid, language))
}

fn yes_no(yes: bool, language: Language) -> &'static str {
    if yes { language.pick("はい", "Yes") } else { language.pick("いいえ", "No") }
}

/// A name in lines.
#[must_use]
pub fn of_name(name: &Name) -> Vec<Line> {
    vec![Line::same("ja", &name.ja), Line::same("reading", &name.reading), Line::same("en", &name.en)]
}

/// A membership in lines.
#[must_use]
pub fn of_membership(membership: &Membership, subgroup_code: &str) -> Vec<Line> {
    vec![
        Line::told("member_kind", |language| membership.kind.label(language).to_owned()),
        Line::told("unit", |language| count_unit::told(&membership.unit, language).to_owned()),
        Line::same("subgroup", if subgroup_code.is_empty() { "-" } else { subgroup_code }),
        Line::told("hub", |language| yes_no(membership.hub, language).to_owned()),
    ]
}

/// A window in lines.
#[must_use]
pub fn of_window(facts: &WindowFacts, channels: &[&Channel]) -> Vec<Line> {
    let mut lines = vec![
        Line::same("position", &facts.position.to_string()),
        Line::same("label", &facts.label),
        Line::told("handler", |language| yes_no(facts.handler, language).to_owned()),
        Line::same("language", facts.language.pick("日本語", "English")),
    ];
    lines.extend(channels.iter().enumerate().map(|(i, channel)| {
        Line::told(format!("channel.{}", i + 1), |language| {
            let (kind, hours) = (channel.kind.label(language), channel.hours.label(language));
            language.pick(format!("{kind} {}({hours})", channel.value), format!("{kind} {} ({hours})", channel.value))
        })
    }));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named_once_and_what_stays_is_not() {
        let before = [Line::same("unit", "社"), Line::same("channel.1", "a"), Line::same("channel.2", "b")];
        let after = [Line::same("unit", "社"), Line::same("channel.1", "c"), Line::same("label", "窓口")];
        let found = differences(&before, &after);
        let codes: Vec<_> =
            found.iter().map(|d| d.before.as_ref().or(d.after.as_ref()).unwrap().code.as_str()).collect();
        assert_eq!(codes, ["channel.1", "label", "channel.2"]);
        assert_eq!(found[1].before, None);
        assert_eq!(found[2].after, None);
        assert!(differences(&before, &before).is_empty());
    }
}
