//! Changes as pages show them: what was changed, and what is still to come.

use chrono::NaiveDate;

use super::as_of;
use crate::features::access::directory::Standing;
use crate::features::directory::roster::line;
use crate::features::directory::roster::paths;
use crate::features::directory::roster::sheet::{Period, Sheet, Window};
use crate::features::directory::roster::store::PastChange;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{long_date, long_time};

crate::words! {
    /// Words about changes.
    pub struct ShownWords {
        joined: "構成員として加入" / "Joined",
        membership: "構成員としての登録の変更" / "Membership changed",
        membership_corrected: "構成員としての登録の訂正" / "Membership corrected",
        left: "構成員から退会" / "Left",
        renamed: "名称の変更" / "Name changed",
        name_corrected: "名称の訂正" / "Name corrected",
        window_added: "窓口の追加" / "Window added",
        window_changed: "窓口の変更" / "Window changed",
        window_corrected: "窓口の訂正" / "Window corrected",
        window_closed: "窓口の閉鎖" / "Window closed",
        withdrawn: "予定の取消し" / "Plan withdrawn",
        of_window: "{what}: {label}" / "{what}: {label}",
        from: "{day}から" / "from {day}",
        until: "{day}まで" / "until {day}",
        corrected: "登録の誤りを直したもの" / "what was registered was wrong",
        nothing: "(なし)" / "(none)",
        partner_began: "連携機関としての役割の追加" / "Role as a partner body begins",
        partner_corrected: "連携機関としての役割の訂正" / "Role as a partner body corrected",
        partner_ended: "連携機関としての役割の終了" / "Role as a partner body ends",
        group_added: "グループの追加" / "Group added",
        group_corrected: "グループの登録の訂正" / "Group corrected",
        group_ended: "グループの終了" / "Group ends",
        group_joined: "グループへの参加" / "Joins a group",
        relaying: "中継の取決めの変更" / "Agreement on passing on changed",
        relaying_ministry: "中継の取決めの変更(所管省庁)" / "Agreement on passing on changed (ministry)",
        route: "情報提供の経路の変更" / "Route of advisories changed",
        regional_added: "地方機関の追加" / "Regional office added",
        regional_ended: "地方機関の終了" / "Regional office taken off the route",
        group_left: "グループからの離脱" / "Leaves a group",
        ways_changed: "窓口の連絡手段の変更" / "Ways to reach a window changed",
    }
}

/// A line of a change.
pub struct ChangeLine {
    /// What.
    pub name: String,
    /// Before; empty where there was nothing.
    pub before: String,
    /// After; empty where there is nothing.
    pub after: String,
}

/// A change of the past as it is shown.
pub struct ChangeRow {
    /// What was changed.
    pub title: String,
    /// From which day.
    pub when: String,
    /// When it was registered.
    pub at: String,
    /// In whose name.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What differs.
    pub lines: Vec<ChangeLine>,
    /// Where it is taken back, if it can be.
    pub withdrawal: String,
    /// Whether the firm proposed it.
    pub is_proposed: bool,
    /// That proposal, for whoever may see it.
    pub proposal: String,
}

crate::words! {
    /// Words of a period, seen from a day.
    pub struct PeriodWords {
        since: "{day}から" / "since {day}",
        from: "{day}から(予定)" / "from {day} (planned)",
        until: "{day}まで" / "until {day}",
    }
}

/// From when to when something holds, in words; what begins after the day looked at is planned.
#[must_use]
pub fn period(valid: Period, day: NaiveDate, language: Language) -> String {
    let w = PeriodWords::of(language);
    let told = |words, day: NaiveDate| fill(words, &[("day", &long_date(day, language))]);
    let since = if valid.is_ahead_of(day) { w.from } else { w.since };
    let from = valid.from.map(|day| told(since, day));
    let until = valid.until.and_then(|day| day.pred_opt()).map(|day| told(w.until, day));
    [from, until].into_iter().flatten().collect::<Vec<_>>().join(language.pick("、", ", "))
}

/// A change of the past.
#[must_use]
pub fn change_row(change: &PastChange, language: Language) -> ChangeRow {
    let w = ShownWords::of(language);
    let what = match (change.subject.as_str(), change.kind.as_str()) {
        (_, "withdrawal") => w.withdrawn,
        ("membership", "beginning") => w.joined,
        ("membership", "correction") => w.membership_corrected,
        ("membership", "ending") => w.left,
        ("membership", _) => w.membership,
        ("partnership", "ending") => w.partner_ended,
        ("partnership", "correction") => w.partner_corrected,
        ("partnership", _) => w.partner_began,
        ("group", "beginning") => w.group_added,
        ("group", "ending") => w.group_ended,
        ("group", _) => w.group_corrected,
        ("group_member", "ending") => w.group_left,
        ("group_member", _) => w.group_joined,
        ("relay_rule", _) => w.relaying,
        ("ministry_rule", _) => w.relaying_ministry,
        ("route", "beginning") => w.regional_added,
        ("route", "ending") => w.regional_ended,
        ("route", _) => w.route,
        ("name", "correction") => w.name_corrected,
        ("name", _) => w.renamed,
        (_, "beginning") => w.window_added,
        (_, "correction") => w.window_corrected,
        (_, "ending") => w.window_closed,
        (_, _) => w.window_changed,
    };
    // What it is about, where there are several of the sort.
    let code = match change.subject.as_str() {
        "window" => "label",
        "group" | "group_member" => "group",
        "route" => "regional",
        _ => "",
    };
    let label = change.after.iter().chain(&change.before).find(|line| line.code == code);
    let title = label.map_or_else(
        || what.to_owned(),
        |label| fill(w.of_window, &[("what", what), ("label", label.value(language))]),
    );
    let day = |day: NaiveDate| long_date(day, language);
    let when = match change.kind.as_str() {
        "correction" => w.corrected.to_owned(),
        "ending" => fill(w.until, &[("day", &day(change.effective_on.pred_opt().unwrap_or(change.effective_on)))]),
        _ => fill(w.from, &[("day", &day(change.effective_on))]),
    };
    let value =
        |line: &Option<line::Line>| line.as_ref().map(|line| line.value(language).to_owned()).unwrap_or_default();
    let lines = line::differences(&change.before, &change.after).into_iter().map(|d| ChangeLine {
        name: d.after.as_ref().or(d.before.as_ref()).map(|line| line.name(language)).unwrap_or_default(),
        before: value(&d.before),
        after: value(&d.after),
    });
    ChangeRow {
        title,
        when,
        at: long_time(change.at, language),
        by: language.pick(&change.by[0], &change.by[1]).clone(),
        reason: change.reason.clone(),
        // What a firm joined with, or a window closed with, is in the sheet of the day.
        withdrawal: String::new(),
        is_proposed: change.proposal.is_some(),
        proposal: String::new(),
        lines: if change.before.is_empty() || change.after.is_empty() { Vec::new() } else { lines.collect() },
    }
}

/// Something that is to come.
pub struct Plan {
    /// The first day on which it is otherwise.
    pub day: NaiveDate,
    /// That day, or the last one before it, in words.
    pub when: String,
    /// What will be.
    pub text: String,
    /// The sheet on that day.
    pub href: String,
}

/// What is to come after a day, in order.
#[must_use]
pub fn plans(sheet: &Sheet, day: NaiveDate, language: Language) -> Vec<Plan> {
    let w = ShownWords::of(language);
    let mut plans = Plans { sheet, day, language, found: Vec::new() };
    for name in sheet.names.iter().filter(|fact| fact.valid.is_ahead_of(day)) {
        plans.begins(
            name.valid.from,
            fill(w.of_window, &[("what", w.renamed), ("label", language.pick(&name.value.ja, &name.value.en))]),
        );
    }
    for (i, fact) in sheet.memberships.iter().enumerate().filter(|_| sheet.standing == Standing::Member) {
        let before = i.checked_sub(1).and_then(|i| sheet.memberships.get(i));
        let goes_on = before.is_some_and(|before| before.valid.until == fact.valid.from);
        plans.begins(fact.valid.from, if goes_on { w.membership } else { w.joined }.to_owned());
        let followed = sheet.memberships.get(i + 1).is_some_and(|next| next.valid.from == fact.valid.until);
        if !followed {
            plans.ends(fact.valid.until, w.left.to_owned());
        }
    }
    for window in &sheet.windows {
        plans.of_window(window, w);
    }
    plans.found.sort_by_key(|plan| plan.day);
    plans.found
}

struct Plans<'a> {
    sheet: &'a Sheet,
    day: NaiveDate,
    language: Language,
    found: Vec<Plan>,
}

impl Plans<'_> {
    fn of_window(&mut self, window: &Window, w: &ShownWords) {
        let text = |what: &str, label: &str| fill(w.of_window, &[("what", what), ("label", label)]);
        for (i, fact) in window.facts.iter().enumerate() {
            let what = if i == 0 { w.window_added } else { w.window_changed };
            self.begins(fact.valid.from, text(what, &fact.value.label));
        }
        let Some(last) = window.facts.last() else { return };
        self.ends(last.valid.until, text(w.window_closed, &last.value.label));
        let mut days: Vec<NaiveDate> = window.channels.iter().filter_map(|channel| channel.valid.from).collect();
        days.retain(|day| window.facts.iter().all(|fact| fact.valid.from != Some(*day)));
        days.sort();
        days.dedup();
        for day in days {
            self.begins(Some(day), text(w.ways_changed, &last.value.label));
        }
    }

    fn begins(&mut self, from: Option<NaiveDate>, text: String) {
        let Some(from) = from.filter(|from| *from > self.day) else { return };
        let when = fill(ShownWords::of(self.language).from, &[("day", &long_date(from, self.language))]);
        self.add(from, when, text);
    }

    fn ends(&mut self, until: Option<NaiveDate>, text: String) {
        let Some(until) = until.filter(|until| *until > self.day) else { return };
        let last = until.pred_opt().unwrap_or(until);
        let when = fill(ShownWords::of(self.language).until, &[("day", &long_date(last, self.language))]);
        self.add(until, when, text);
    }

    fn add(&mut self, day: NaiveDate, when: String, text: String) {
        let path = paths::of_member(paths::MEMBER, &self.sheet.ceptoar_id, self.sheet.organisation_id);
        self.found.push(Plan { day, when, text, href: as_of::on(&path, day) });
    }
}
