//! 旧版 and 経過 on the pages of an item.

use crate::features::access::Viewer;
use crate::features::advisories::advisory::State;
use crate::features::advisories::paths;
use crate::features::advisories::reading::store::Found;
use crate::features::advisories::versions::history::{Entry, History};
use crate::features::advisories::versions::step::{Step, nth};
use crate::features::advisories::versions::{paths as versions, store};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_time;
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::platform::db::Tx;

crate::words! {
    /// Words about versions on the pages of an item.
    pub struct VersionWords {
        old: "旧版" / "Old version",
        withdrawn: "取消済" / "Withdrawn",
        old_text: "これは旧版です。新しい版が発出されています。" / "This is an old version: a newer one has been published.",
        withdrawn_text: "この情報提供は取り消されました。この内容をもとに対応しないでください。" / "This advisory has been withdrawn. Do not act on what it says.",
        withdrawal_text: "これまでの版をすべて取り消す版です。前の版をもとにした対応や、ほかの方への連絡を見直してください。" / "This version takes back all those before. Please look again at what you did because of them, and tell whom you told.",
        to_newest: "最新の版({which})を開く" / "Open the newest version ({which})",
        history: "経過" / "History of this item",
        history_help: "前の版の受領確認は、新しい版に引き継がれません。" / "Acknowledging one version does not acknowledge the next.",
        here: "表示中" / "shown",
        level: "レベル {before} → {after}" / "Level {before} → {after}",
        scope: "取扱担当者の範囲 {before} → {after}" / "Who may handle it: {before} → {after}",
        reason: "理由" / "Reason",
        approved_by: "承認 {name}" / "Approved by {name}",
        next: "次の版を起案する(続報・訂正・取消・レベル引下げ)" / "Begin the next version",
    }
}

/// One version in the history.
#[derive(Debug)]
pub struct VersionRow {
    /// 第2報 続報.
    pub name: String,
    /// When it was published.
    pub time: String,
    /// Its address; none for the one that is shown.
    pub href: Option<String>,
    /// What changed about who may have it.
    pub changes: Vec<String>,
    /// Why it is there.
    pub reason: String,
    /// Who approved it.
    pub approver: String,
}

/// What the page of a version says of the others.
#[derive(Debug)]
pub struct VersionsView {
    /// Words.
    pub w: &'static VersionWords,
    /// 第2報 続報; empty where the viewer knows no other version.
    pub name: String,
    /// Badge and word of an old one.
    pub mark: Option<(&'static str, &'static str)>,
    /// What to know about this one before reading it.
    pub notice: &'static str,
    /// The newest version: address, words.
    pub newest: Option<(String, String)>,
    /// All versions that the viewer knows; empty where this is the only one.
    pub rows: Vec<VersionRow>,
    /// Where the next one is begun.
    pub next: Option<String>,
}

/// 第2報 続報, or 第1報.
#[must_use]
pub fn name(entry: &Entry, knows_before: bool, language: Language) -> String {
    let nth = nth(entry.version.number, language);
    if knows_before { format!("{nth} {}", entry.version.step.label(language)) } else { nth }
}

/// What stands beside an old version: the badge's code and word.
#[must_use]
pub fn mark(superseded: bool, withdrawn: bool, language: Language) -> Option<(&'static str, &'static str)> {
    let w = VersionWords::of(language);
    match (withdrawn, superseded) {
        (true, _) => Some(("withdrawn", w.withdrawn)),
        (false, true) => Some(("superseded", w.old)),
        (false, false) => None,
    }
}

/// The versions that the viewer knows of a published item; none of one that is not published.
///
/// # Errors
/// When the database cannot be reached.
pub async fn history(tx: &mut Tx, viewer: &Viewer, found: &Found) -> sqlx::Result<History> {
    let (id, envelope) = (found.envelope.advisory_id, &found.envelope);
    if envelope.state != State::Published {
        return Ok(History::of(id, Vec::new(), &[], (false, false)));
    }
    let entries = store::history(&mut *tx, viewer, id).await?;
    // A newer version of a RED item may be for others of the centre.
    let ask = viewer.is_at_centre() && envelope.level == SharingLevel::Red;
    let hidden = if ask { store::superseded(tx, id).await? } else { (false, false) };
    Ok(History::of(id, entries, &found.hats, hidden))
}

/// The same for programs. Of earlier versions those alone learn who know one.
#[must_use]
pub fn as_json(history: &History) -> serde_json::Map<String, serde_json::Value> {
    let mut item = serde_json::Map::new();
    if history.superseded {
        item.insert("superseded".into(), true.into());
        item.insert("withdrawn".into(), history.withdrawn.into());
        item.insert("newest".into(), serde_json::json!(history.newest().map(|entry| entry.advisory_id)));
    }
    if let Some(entry) = history.later() {
        item.insert("version".into(), entry.version.number.into());
        item.insert("step".into(), entry.version.step.code().into());
        item.insert("replaces".into(), serde_json::json!(history.before(entry).map(|before| before.advisory_id)));
        item.insert("reason".into(), entry.reason.as_str().into());
    }
    item
}

impl VersionsView {
    /// What there is to say on the page of an item. The next version is begun from the newest, unless that takes everything
    /// back.
    #[must_use]
    pub fn on(found: &Found, history: &History, viewer: &Viewer, language: Language) -> Self {
        let over = history.superseded || found.envelope.version.step == Step::Withdrawal;
        let may = viewer.is_at_centre() && found.text.is_some() && !over;
        let next = may.then(|| versions::next(found.envelope.advisory_id));
        Self::of(history, next, language)
    }

    /// What a history says on the page of one of its versions.
    #[must_use]
    pub fn of(history: &History, next: Option<String>, language: Language) -> Self {
        let w = VersionWords::of(language);
        let several = history.entries.len() > 1;
        let row = |entry: &Entry| row(history, entry, language);
        let named = |entry: &Entry| name(entry, history.before(entry).is_some(), language);
        let here = history.entries.iter().find(|e| e.advisory_id == history.here);
        let withdraws = history.later().is_some_and(|e| e.version.step == Step::Withdrawal);
        Self {
            w,
            name: here.filter(|_| several).map(named).unwrap_or_default(),
            mark: mark(history.superseded, history.withdrawn, language),
            notice: match (history.withdrawn, history.superseded, withdraws) {
                (true, _, _) => w.withdrawn_text,
                (false, true, _) => w.old_text,
                (false, false, true) => w.withdrawal_text,
                (false, false, false) => "",
            },
            newest: history.newest().map(|entry| {
                let which = named(entry);
                (paths::show(entry.advisory_id), fill(w.to_newest, &[("which", &which)]))
            }),
            rows: if several { history.entries.iter().rev().map(row).collect() } else { Vec::new() },
            next,
        }
    }
}

fn row(history: &History, entry: &Entry, language: Language) -> VersionRow {
    let w = VersionWords::of(language);
    let before = history.before(entry);
    let level = |level: SharingLevel| level.tlp();
    let scope = |scope: HandlerScope| scope.label(language);
    let mut changes = Vec::new();
    if let Some(before) = before {
        if before.level != entry.level {
            changes.push(fill(w.level, &[("before", level(before.level)), ("after", level(entry.level))]));
        }
        if before.handler_scope != entry.handler_scope {
            let parts = [("before", scope(before.handler_scope)), ("after", scope(entry.handler_scope))];
            changes.push(fill(w.scope, &parts));
        }
    }
    VersionRow {
        name: name(entry, before.is_some(), language),
        time: entry.published_at.map_or_else(String::new, |at| long_time(at, language)),
        href: (entry.advisory_id != history.here).then(|| paths::show(entry.advisory_id)),
        changes,
        // Whoever does not know the version before learns nothing of why there is a new one.
        reason: if before.is_some() { entry.reason.clone() } else { String::new() },
        approver: entry.approver.as_ref().map_or_else(String::new, |name| fill(w.approved_by, &[("name", name)])),
    }
}
