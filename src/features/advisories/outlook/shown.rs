//! What may be expected, in words: when members will have it, and what differs from the last item of the kind.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::store::{self, LastItem};
use crate::features::advisories::advisory::Kind;
use crate::features::advisories::content::Draft;
use crate::features::advisories::paths;
use crate::features::advisories::statistics::figures::{Delay, Times};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{duration, long_time, thousands};

crate::words! {
    /// Words of what may be expected.
    pub struct OutlookWords {
        title: "前回との違い" / "What differs from the last one",
        compared: "前回の{kind}({number}、{time}発出)と比べています。" / "Compared with the last item of this kind ({kind} {number}, published {time}).",
        first: "同じ種別の情報提供は、まだ発出されていません。" / "No item of this kind was published yet.",
        same: "情報共有レベルと、届く窓口の数は、前回と同じです。" / "Level and number of windows are those of the last time.",
        level: "情報共有レベル: 前回は {before}、今回は {now}" / "Level: {before} last time, {now} now",
        new: "前回は宛先でなかったセプター: {names}" / "Not addressed last time: {names}",
        gone: "今回は宛先でないセプター: {names}" / "Addressed last time only: {names}",
        windows: "{name}: 届く窓口が前回の{before}件から{now}件になります" / "{name}: {now} windows, {before} last time",
        expected: "受領の見込み: 半数が{half}以内、9割が{most}以内(過去1年の同じ時間帯の{items}件から)" / "To be expected: half have acknowledged within {half}, nine in ten within {most} (by {items} items of the past year at such hours)",
        after_desk: "(事務局の判断の時間を含みます)" / " (with the time that the secretariat takes to decide)",
    }
}

/// What is different from the last item of the kind.
#[derive(Debug)]
pub struct Comparison {
    /// Words.
    pub w: &'static OutlookWords,
    /// With what it is compared.
    pub text: String,
    /// Where that is.
    pub href: Option<String>,
    /// What is different.
    pub lines: Vec<String>,
}

/// A CEPTOAR of the draft: its id, its name, and how many windows would get the item.
pub type Addressed = (String, String, i64);

impl Comparison {
    /// Compares a draft with the last item of its kind. `names`: of every CEPTOAR, by its id.
    ///
    /// # Errors
    /// The database's own.
    pub async fn read(
        tx: &mut PgConnection,
        draft: &Draft,
        now: &[Addressed],
        names: &BTreeMap<String, String>,
        language: Language,
    ) -> sqlx::Result<Self> {
        let w = OutlookWords::of(language);
        let Some(last) = store::last(tx, draft.text.kind, draft.drill).await? else {
            return Ok(Self { w, text: w.first.to_owned(), href: None, lines: Vec::new() });
        };
        let time = long_time(last.published_at, language);
        let kind = draft.text.kind.label(language);
        let text = fill(w.compared, &[("kind", kind), ("number", &last.number), ("time", &time)]);
        let mut lines = differences(draft, &last, now, names, language);
        if lines.is_empty() {
            lines.push(w.same.to_owned());
        }
        Ok(Self { w, text, href: Some(paths::show(last.advisory_id)), lines })
    }
}

fn differences(
    draft: &Draft,
    last: &LastItem,
    now: &[Addressed],
    names: &BTreeMap<String, String>,
    language: Language,
) -> Vec<String> {
    let w = OutlookWords::of(language);
    let level =
        (draft.level != last.level).then(|| fill(w.level, &[("before", last.level.tlp()), ("now", draft.level.tlp())]));
    let before = |id: &str| last.windows.iter().find(|(ceptoar, _)| ceptoar == id).map(|(_, windows)| *windows);
    let here = now.iter().filter(|(.., windows)| *windows > 0);
    let new: Vec<&str> =
        here.clone().filter(|(id, ..)| before(id).is_none()).map(|(_, name, _)| name.as_str()).collect();
    let is_here = |id: &str| here.clone().any(|(ceptoar, ..)| ceptoar == id);
    let gone = last.windows.iter().filter(|(id, _)| !is_here(id));
    let gone: Vec<&str> = gone.map(|(id, _)| names.get(id).map_or(id.as_str(), String::as_str)).collect();
    let joined = |text, found: Vec<&str>| {
        (!found.is_empty()).then(|| fill(text, &[("names", &found.join(language.pick("、", ", ")))]))
    };
    let other = here.clone().filter_map(|(id, name, windows)| {
        let before = before(id).filter(|before| before != windows)?;
        Some(fill(w.windows, &[("name", name), ("before", &thousands(before)), ("now", &thousands(*windows))]))
    });
    level.into_iter().chain(joined(w.new, new)).chain(joined(w.gone, gone)).chain(other).collect()
}

/// When members of each CEPTOAR may be expected to have it, for an item that leaves at an instant. `decides`: whether its desk
/// decides first.
///
/// # Errors
/// The database's own.
pub async fn expected(
    tx: &mut PgConnection,
    kind: Kind,
    ceptoars: &[(String, bool)],
    at: DateTime<Utc>,
    language: Language,
) -> sqlx::Result<BTreeMap<String, String>> {
    let w = OutlookWords::of(language);
    let ids: Vec<String> = ceptoars.iter().map(|(id, _)| id.clone()).collect();
    let past = store::past(tx, &ids, at, kind == Kind::EarlyWarning).await?;
    let words = |(id, decides): &(String, bool)| {
        let own: Vec<_> = past.iter().filter(|past| past.ceptoar_id == *id).collect();
        let delays: Vec<Delay> = own.iter().map(|past| past.delay).collect();
        let times = Times::of(delays)?;
        let items = thousands(own.first()?.items);
        let [half, most] = [times.median, times.most].map(|time| duration(time, language));
        let text = fill(w.expected, &[("half", &half), ("most", &most), ("items", &items)]);
        Some((id.clone(), format!("{text}{}", if *decides { w.after_desk } else { "" })))
    };
    Ok(ceptoars.iter().filter_map(words).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::advisories::advisory::{Purpose, Text};
    use crate::features::advisories::content::Addressees;
    use crate::features::advisories::origin::Origin;
    use crate::kernel::ids::AdvisoryId;
    use crate::kernel::sharing_level::{HandlerScope, SharingLevel};

    fn draft(level: SharingLevel) -> Draft {
        let text = Text {
            kind: Kind::Alert,
            title: String::new(),
            summary: String::new(),
            impact: String::new(),
            countermeasure: String::new(),
            purpose: Purpose::Prevention,
            links: Vec::new(),
            cves: Vec::new(),
            products: Vec::new(),
            origin: Origin::default(),
        };
        Draft {
            text,
            level,
            handler_scope: HandlerScope::Handlers,
            drill: false,
            addressees: Addressees::default(),
            answer_due: None,
            measures_due: None,
            valid_until: None,
        }
    }

    #[test]
    fn what_is_different_is_said_and_nothing_else() {
        let last = LastItem {
            advisory_id: AdvisoryId::random(),
            number: "2026-0001".into(),
            published_at: "2026-11-21T12:10:00Z".parse().unwrap(),
            level: SharingLevel::Amber,
            windows: vec![("banks".into(), 3), ("gas".into(), 2)],
        };
        let names = BTreeMap::from([("gas".to_owned(), "ガス".to_owned())]);
        let one = |id: &str, windows| (id.to_owned(), id.to_owned(), windows);
        let said = |level, now: &[Addressed]| differences(&draft(level), &last, now, &names, Language::Ja);
        assert!(said(SharingLevel::Amber, &[one("banks", 3), one("gas", 2)]).is_empty());
        let other = said(SharingLevel::Green, &[one("banks", 4), one("power", 1), one("water", 0)]);
        assert_eq!(
            other,
            [
                "情報共有レベル: 前回は TLP:AMBER、今回は TLP:GREEN",
                "前回は宛先でなかったセプター: power",
                "今回は宛先でないセプター: ガス",
                "banks: 届く窓口が前回の3件から4件になります",
            ]
        );
    }
}
