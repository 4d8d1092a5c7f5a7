//! What several pages show of entries.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::features::access::action::ActivityAction;
use crate::features::access::activity::ActivityFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::activities::activity::{Activity, PartWords};
use crate::features::directory::activities::{paths, store};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::thousands;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::Frame;

crate::words! {
    /// Words that the pages share.
    pub struct CommonWords {
        title: "活動状況" / "Activities",
        corrected: "訂正あり" / "Corrected",
        taken_back: "取消し済" / "Taken back",
        people: "参加した構成員: {count}" / "Members that took part: {count}",
        items: "受け取った情報: {received}件(展開{passed_on}、見送り{withheld})" / "Items received: {received} (passed on {passed_on}, left out {withheld})",
        not_recorded: "記録なし" / "Not recorded",
        organiser: "主催: {organiser}" / "Held by {organiser}",
        this_year: "今年度" / "This year",
        years: "年度を選ぶ" / "Choose a year",
        next: "次の記録を見る" / "Next entries",
        first: "最初に戻る" / "Back to the first",
    }
}

/// A CEPTOAR that the viewer may read about.
#[derive(Debug)]
pub struct Place {
    /// What deciding needs to know.
    pub facts: ActivityFacts,
    /// Its name in the viewer's language.
    pub name: String,
}

impl Place {
    /// The CEPTOAR of an address, for whoever may do that there.
    pub async fn read(
        tx: &mut Tx,
        viewer: &Viewer,
        (ceptoar_id, action): (&str, ActivityAction),
        language: Language,
    ) -> Result<Self, WebError> {
        let (facts, [ja, en]) = store::facts(tx, viewer, ceptoar_id).await?.ok_or(WebError::NotFound)?;
        if !can(viewer, action, &facts) {
            return Err(WebError::NotFound);
        }
        Ok(Self { facts, name: language.pick(ja, en) })
    }

    /// Whether the viewer may do that there.
    #[must_use]
    pub fn lets(&self, viewer: &Viewer, action: ActivityAction) -> bool {
        can(viewer, action, &self.facts)
    }
}

/// An entry in a list.
#[derive(Debug)]
pub struct Row {
    /// When.
    pub days: String,
    /// What.
    pub title: String,
    /// Its own page.
    pub href: String,
    /// Its kinds.
    pub kinds: Vec<&'static str>,
    /// What was done.
    pub done: String,
    /// Organiser and numbers, where it has any.
    pub facts: Vec<String>,
    /// Where more stands.
    pub link: String,
    /// Whether that can be a link.
    pub leads_out: bool,
    /// Whether it was corrected.
    pub corrected: bool,
}

impl Row {
    /// An entry of a CEPTOAR.
    #[must_use]
    pub fn of(ceptoar_id: &str, activity: &Activity, language: Language) -> Self {
        let w = CommonWords::of(language);
        let content = &activity.content;
        let number = |n: Option<i32>| n.map_or_else(|| w.not_recorded.to_owned(), |n| thousands(n.into()));
        let mut facts = Vec::new();
        if !content.organiser.is_empty() {
            facts.push(fill(w.organiser, &[("organiser", &content.organiser)]));
        }
        if content.joined.is_some() {
            facts.push(fill(w.people, &[("count", &number(content.joined))]));
        }
        if content.received.is_some() {
            let [received, passed_on, withheld] = [content.received, content.passed_on, content.withheld].map(number);
            let numbers = [("received", &*received), ("passed_on", &*passed_on), ("withheld", &*withheld)];
            facts.push(fill(w.items, &numbers));
        }
        Self {
            days: content.days(language),
            title: content.title(language).to_owned(),
            href: paths::of_entry(paths::ENTRY, ceptoar_id, activity.activity_id),
            kinds: content.kinds.iter().map(|kind| kind.label(language)).collect(),
            done: content.done.clone(),
            facts,
            link: content.link.clone(),
            leads_out: content.leads_out(),
            corrected: activity.version > 1,
        }
    }
}

/// The last page of a list that is shown.
pub const LAST_PAGE: i64 = 500;

/// A page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageOf {
    /// Which, from 0 on.
    pub number: i64,
    /// Whether another one follows.
    pub is_more: bool,
}

impl PageOf {
    /// The page of an address; the first where it asks for none that there can be.
    #[must_use]
    pub fn read(typed: &str) -> Self {
        Self { number: typed.trim().parse().unwrap_or(0).clamp(0, LAST_PAGE), is_more: false }
    }

    /// What is on it, of what was found: one more than fits tells that another page follows.
    pub fn cut<T>(&mut self, found: &mut Vec<T>) {
        let fits = usize::try_from(store::PAGE).unwrap_or(usize::MAX);
        self.is_more = found.len() > fits && self.number < LAST_PAGE;
        found.truncate(fits);
    }

    /// The addresses of the first page, if this is a further one, and of the next, if there is one.
    pub fn links(self, href: impl Fn(i64) -> String) -> [Option<String>; 2] {
        [(self.number > 0).then(|| href(0)), self.is_more.then(|| href(self.number + 1))]
    }
}

/// The years to switch between: those with entries, this one and the one before.
#[must_use]
pub fn years(recorded: Vec<i32>, shown: i32, now: i32) -> Vec<i32> {
    let mut years = recorded;
    years.extend([shown, now, now - 1]);
    years.sort_unstable_by(|a, b| b.cmp(a));
    years.dedup();
    years
}

/// The parts of an entry that say something.
#[must_use]
pub fn parts(activity: &Activity, language: Language) -> Vec<(&'static str, String)> {
    let w = PartWords::of(language);
    let mut parts = activity.content.parts(language);
    // The title stands on top of the page, the address as a link.
    parts.retain(|(name, value)| !value.is_empty() && *name != w.title && *name != w.link);
    parts
}

/// Writes into the trail what was done to an entry.
pub async fn note(
    tx: &mut Tx,
    viewer: &Viewer,
    frame: &Frame,
    action: &'static str,
    (ceptoar_id, activity, version): (&str, Uuid, i32),
    now: DateTime<Utc>,
) -> Result<(), WebError> {
    let subject = activity.to_string();
    let event = Event::done(now, action, "activity", &subject)
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({ "ceptoar": ceptoar_id, "version": version }));
    audit::record(tx, event).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_than_fits_is_another_page() {
        let mut page = PageOf::read("1");
        let mut found: Vec<i64> = (0..=store::PAGE).collect();
        page.cut(&mut found);
        assert_eq!((page.is_more, found.len()), (true, 100));
        assert_eq!(page.links(|n| n.to_string()), [Some("0".to_owned()), Some("2".to_owned())]);
        let mut last = PageOf::read("x");
        last.cut(&mut found);
        assert_eq!((last, found.len()), (PageOf { number: 0, is_more: false }, 100));
        assert_eq!(last.links(|n| n.to_string()), [None, None]);
    }
}
