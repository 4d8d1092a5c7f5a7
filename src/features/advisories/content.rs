//! From what was typed to a draft, and from a draft to something that may be submitted.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};

use super::advisory::{Kind, Purpose, Text};
use super::origin;
use super::phrases::placeholder;
use super::versions::step::Step;
use super::words::ContentWords;
use crate::kernel::clock::jst;
use crate::kernel::ids::ContactId;
use crate::kernel::language::{Language, fill};
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::kernel::text::{self, half_width};
use crate::platform::web::form::FieldErrors;

/// 30 full-width characters: what a subject line on a telephone shows.
pub const TITLE_WIDTH: usize = 60;
const SUMMARY_LIMIT: usize = 4000;
const PART_LIMIT: usize = 4000;
const LIST_LIMIT: usize = 50;
const ITEM_LIMIT: usize = 500;

/// The form as typed. Every field is text, so that whatever was typed survives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Values by field name; a field may come several times.
    fields: Vec<(String, String)>,
}

impl Form {
    /// The form of the pairs that a browser sent.
    #[must_use]
    pub fn new(fields: Vec<(String, String)>) -> Self {
        Self { fields }
    }

    /// The first value of a field; empty where there is none.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// All values of a field.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Whether a field has a value.
    #[must_use]
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.values(name).any(|v| v == value)
    }

    /// Adds a value.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.fields.push((name.to_owned(), value.into()));
    }
}

/// What a draft is addressed to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Addressees {
    /// Whole sectors.
    pub sectors: Vec<String>,
    /// CEPTOARs.
    pub ceptoars: Vec<String>,
    /// Groups of CEPTOARs.
    pub subgroups: Vec<String>,
    /// Those of them that are not there today or in which nobody is, and which so reach nobody.
    pub over: Vec<OverGroup>,
    /// Windows of named persons (RED).
    pub contacts: Vec<ContactId>,
}

/// An addressed group that reaches nobody today.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OverGroup {
    /// Its short name.
    pub code: String,
    /// The name of its CEPTOAR, in Japanese and English.
    pub ceptoar: [String; 2],
}

impl Addressees {
    /// What to know about addressed groups that reach nobody, by name; nothing where all reach somebody.
    #[must_use]
    pub fn over(&self, language: Language) -> Option<String> {
        let w = ContentWords::of(language);
        let name = |group: &OverGroup| {
            let ceptoar = language.pick(&group.ceptoar[0], &group.ceptoar[1]);
            fill(w.group_name, &[("group", &group.code), ("ceptoar", ceptoar)])
        };
        let names: Vec<String> = self.over.iter().map(name).collect();
        (!names.is_empty()).then(|| fill(w.group_over, &[("groups", &names.join(language.pick("、", ", ")))]))
    }

    /// Whether nobody is addressed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sectors.is_empty() && self.ceptoars.is_empty() && self.subgroups.is_empty() && self.contacts.is_empty()
    }
}

/// A draft: everything its author decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The content.
    pub text: Text,
    /// Shared-scope axis.
    pub level: SharingLevel,
    /// Handler axis.
    pub handler_scope: HandlerScope,
    /// Part of a drill.
    pub drill: bool,
    /// Who it is for. Named persons are kept apart, chosen on a page of their own.
    pub addressees: Addressees,
    /// Until when an answer is due.
    pub answer_due: Option<DateTime<Utc>>,
    /// Until when members say what they do about it; none: nobody is asked.
    pub measures_due: Option<DateTime<Utc>>,
    /// Until when it is valid.
    pub valid_until: Option<NaiveDate>,
}

/// Parses a form. With errors the draft cannot be saved; without, it may still be incomplete.
///
/// # Errors
/// The messages at the fields.
pub fn parse(form: &Form, language: Language) -> Result<Draft, FieldErrors> {
    let w = ContentWords::of(language);
    let mut errors = FieldErrors::default();
    let text = parse_text(form, &mut errors, language);
    let level = SharingLevel::from_code(form.value("level"));
    let handler_scope = HandlerScope::from_code(form.value("handler_scope"));
    if let (Some(level), Some(scope)) = (level, handler_scope) {
        if !level.handler_scopes().contains(&scope) {
            let error = if level == SharingLevel::Red { w.red_is_named } else { w.scope_not_at_level };
            errors.add("handler_scope", error);
        }
    } else {
        errors.add(if level.is_none() { "level" } else { "handler_scope" }, w.choose);
    }
    let answer_due = parse_time(form, "answer_due", &mut errors, w);
    let measures_due = parse_time(form, "measures_due", &mut errors, w);
    let valid_until = parse_day(form, "valid_until", &mut errors, w);
    let ids = |name: &'static str| form.values(name).filter(|v| !v.is_empty()).map(str::to_owned).collect();
    let addressees = Addressees {
        sectors: ids("sector"),
        ceptoars: ids("ceptoar"),
        subgroups: ids("subgroup"),
        over: Vec::new(),
        contacts: Vec::new(),
    };
    match (text, level, handler_scope) {
        (Some(text), Some(level), Some(handler_scope)) if errors.is_empty() => Ok(Draft {
            text,
            level,
            handler_scope,
            drill: form.value("drill") == "true",
            addressees,
            answer_due,
            measures_due,
            valid_until,
        }),
        _ => Err(errors),
    }
}

fn parse_text(form: &Form, errors: &mut FieldErrors, language: Language) -> Option<Text> {
    let w = ContentWords::of(language);
    let title = errors.take("title", text::line(form.value("title"), TITLE_WIDTH), language);
    if text::width(&title) > TITLE_WIDTH {
        let found = text::width(&title).div_ceil(2).to_string();
        errors.add("title", fill(w.title_too_long, &[("found", &found)]));
    }
    let mut part = |name, limit| errors.take(name, text::paragraph(form.value(name), limit), language);
    let (summary, impact, countermeasure) =
        (part("summary", SUMMARY_LIMIT), part("impact", PART_LIMIT), part("countermeasure", PART_LIMIT));
    let links = items(form.value("links"), &['\n'], "links", errors, language);
    if links.iter().any(|link| !is_web_address(link)) {
        errors.add("links", w.link_form);
    }
    let cves: Vec<String> = items(form.value("cves"), &['\n', ',', '、', ' ', '\u{3000}'], "cves", errors, language)
        .iter()
        .map(|cve| half_width(cve).to_uppercase())
        .collect();
    if cves.iter().any(|cve| !is_cve(cve)) {
        errors.add("cves", w.cve_form);
    }
    let products = items(form.value("products"), &['\n'], "products", errors, language);
    let kind = Kind::from_code(form.value("kind"));
    let purpose = Purpose::from_code(form.value("purpose"));
    for (missing, field) in [(kind.is_none(), "kind"), (purpose.is_none(), "purpose")] {
        if missing {
            errors.add(field, w.choose);
        }
    }
    let origin = origin::parse(form, errors, language);
    Some(Text {
        kind: kind?,
        title,
        summary,
        impact,
        countermeasure,
        purpose: purpose?,
        links,
        cves,
        products,
        origin: origin?,
    })
}

/// The items of a list field, one a line or between separators, without repetitions.
fn items(
    typed: &str,
    separators: &[char],
    field: &'static str,
    errors: &mut FieldErrors,
    language: Language,
) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for item in typed.replace('\r', "\n").split(separators) {
        let item = errors.take(field, text::line(item, ITEM_LIMIT), language);
        if !item.is_empty() && !found.contains(&item) {
            found.push(item);
        }
    }
    if found.len() > LIST_LIMIT {
        let limit = LIST_LIMIT.to_string();
        errors.add(field, fill(ContentWords::of(language).too_many, &[("limit", &limit)]));
    }
    found
}

/// Only the web, no credentials before the host, and letters that look alike are shown as they are.
fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "https" | "http")
            && url.host().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && text.is_ascii()
            && text.contains("://")
    })
}

fn is_cve(text: &str) -> bool {
    let digits =
        |s: &str, at_least: usize| s.len() >= at_least && s.len() <= 10 && s.bytes().all(|b| b.is_ascii_digit());
    match text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')) {
        Some((year, serial)) => year.len() == 4 && digits(year, 4) && digits(serial, 4),
        None => false,
    }
}

fn parse_day(form: &Form, name: &'static str, errors: &mut FieldErrors, w: &ContentWords) -> Option<NaiveDate> {
    let parts = ["year", "month", "day"].map(|part| half_width(form.value(&format!("{name}_{part}"))));
    if parts.iter().all(String::is_empty) {
        return None;
    }
    let day = match (parts[0].parse(), parts[1].parse(), parts[2].parse()) {
        (Ok(year @ 2000..=2099), Ok(month), Ok(day)) => NaiveDate::from_ymd_opt(year, month, day),
        _ => None,
    };
    if day.is_none() {
        errors.add(name, w.date_form);
    }
    day
}

fn parse_time(form: &Form, name: &'static str, errors: &mut FieldErrors, w: &ContentWords) -> Option<DateTime<Utc>> {
    let clock = ["hour", "minute"].map(|part| half_width(form.value(&format!("{name}_{part}"))));
    let Some(day) = parse_day(form, name, errors, w) else {
        if clock.iter().any(|part| !part.is_empty()) {
            errors.add(name, w.date_form);
        }
        return None;
    };
    // A day without a time of day means the end of business.
    let (hour, minute) =
        if clock[0].is_empty() { (Ok(17), Ok(0)) } else { (clock[0].parse(), clock[1].parse().or(Ok(0))) };
    let time = match (hour, minute) {
        (Ok(hour), Ok(minute)) => NaiveTime::from_hms_opt(hour, minute, 0),
        (Err(_), _) | (_, Err::<u32, std::num::ParseIntError>(_)) => None,
    };
    let at = time.and_then(|time| jst().from_local_datetime(&day.and_time(time)).single());
    if at.is_none() {
        errors.add(name, w.time_form);
    }
    at.map(|at| at.to_utc())
}

/// What still keeps a draft from being submitted, at the fields.
#[must_use]
pub fn missing(draft: &Draft, step: Step, now: DateTime<Utc>, language: Language) -> FieldErrors {
    let w = ContentWords::of(language);
    let mut errors = FieldErrors::default();
    // A withdrawal goes to those who had the item, and tells them nothing to do.
    let withdraws = step == Step::Withdrawal;
    for (empty, field, message) in [
        (draft.text.title.is_empty(), "title", w.title_missing),
        (draft.text.summary.is_empty(), "summary", w.summary_missing),
        (draft.text.countermeasure.is_empty() && !withdraws, "countermeasure", w.countermeasure_missing),
    ] {
        if empty {
            errors.add(field, message);
        }
    }
    if draft.text.origin.source.must_be_named() && draft.text.origin.name.is_empty() && !withdraws {
        errors.add("origin_name", w.origin_missing);
    }
    let red = draft.level == SharingLevel::Red;
    let group = draft.addressees.sectors.len() + draft.addressees.ceptoars.len() + draft.addressees.subgroups.len();
    if red && !withdraws && draft.addressees.contacts.is_empty() {
        errors.add("named", w.named_missing);
    }
    if red && group > 0 {
        errors.add("addressees", w.red_no_groups);
    }
    if !red && !withdraws && group == 0 {
        errors.add("addressees", w.addressees_missing);
    }
    // A group that has ended reaches nobody; that must not go unnoticed beside other addressees.
    if let Some(message) = draft.addressees.over(language) {
        errors.add("addressees", message);
    }
    if draft.answer_due.is_some_and(|due| due <= now) {
        errors.add("answer_due", w.due_past);
    }
    if draft.measures_due.is_some_and(|due| due <= now) {
        errors.add("measures_due", w.measures_past);
    }
    if draft.measures_due.is_some() && red {
        errors.add("measures_due", w.red_no_measures);
    }
    if draft.measures_due.is_some() && withdraws {
        errors.add("measures_due", w.withdrawal_no_measures);
    }
    if draft.valid_until.is_some_and(|day| day < crate::kernel::clock::japan_day(now)) {
        errors.add("valid_until", w.valid_past);
    }
    if draft.drill && !draft.text.cves.is_empty() {
        errors.add("cves", w.drill_no_cve);
    }
    for (field, message) in placeholder::left(&draft.text, language) {
        errors.add(field, message);
    }
    errors
}

/// The form that shows a stored draft.
#[must_use]
pub fn form_of(draft: &Draft) -> Form {
    let mut form = Form::default();
    let text = &draft.text;
    form.push("kind", text.kind.code());
    form.push("title", text.title.as_str());
    form.push("summary", text.summary.as_str());
    form.push("impact", text.impact.as_str());
    form.push("countermeasure", text.countermeasure.as_str());
    form.push("purpose", text.purpose.code());
    form.push("links", text.links.join("\n"));
    form.push("cves", text.cves.join("\n"));
    form.push("products", text.products.join("\n"));
    form.push("origin", text.origin.source.code());
    form.push("origin_name", text.origin.name.as_str());
    form.push("origin_conditions", text.origin.conditions.as_str());
    form.push("level", draft.level.code());
    form.push("handler_scope", draft.handler_scope.code());
    if draft.drill {
        form.push("drill", "true");
    }
    for (name, ids) in [
        ("sector", &draft.addressees.sectors),
        ("ceptoar", &draft.addressees.ceptoars),
        ("subgroup", &draft.addressees.subgroups),
    ] {
        ids.iter().for_each(|id| form.push(name, id.as_str()));
    }
    for (name, due) in [("answer_due", draft.answer_due), ("measures_due", draft.measures_due)] {
        let Some(due) = due.map(|due| due.with_timezone(&jst())) else { continue };
        push_parts(&mut form, name, &due.format("%Y-%-m-%-d").to_string());
        form.push(&format!("{name}_hour"), due.format("%-H").to_string());
        form.push(&format!("{name}_minute"), due.format("%M").to_string());
    }
    if let Some(day) = draft.valid_until {
        push_parts(&mut form, "valid_until", &day.format("%Y-%-m-%-d").to_string());
    }
    form
}

fn push_parts(form: &mut Form, name: &str, day: &str) {
    for (part, value) in ["year", "month", "day"].into_iter().zip(day.split('-')) {
        form.push(&format!("{name}_{part}"), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form(pairs: &[(&str, &str)]) -> Form {
        Form::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    const WHOLE: [(&str, &str); 10] = [
        ("kind", "alert"),
        ("title", "ＶＰＮ装置の脆弱性の悪用について"),
        ("summary", "概要"),
        ("countermeasure", "対策"),
        ("purpose", "prevention"),
        ("level", "GREEN"),
        ("handler_scope", "organisation"),
        ("ceptoar", "banks"),
        ("cves", "ＣＶＥ－２０２６－１２３４５、CVE-2026-1111"),
        ("links", "https://www.example.go.jp/a\r\n\r\nhttps://www.example.go.jp/b"),
    ];

    fn with(changes: &[(&'static str, &'static str)]) -> Result<Draft, FieldErrors> {
        let mut pairs: Vec<_> = WHOLE.into_iter().filter(|(name, _)| changes.iter().all(|(c, _)| c != name)).collect();
        pairs.extend_from_slice(changes);
        parse(&form(&pairs), Language::Ja)
    }

    #[test]
    fn full_width_input_is_taken_and_normalised() {
        let draft = with(&[("answer_due_year", "２０２６"), ("answer_due_month", "11"), ("answer_due_day", "２２")])
            .expect("a draft");
        assert_eq!(draft.text.cves, ["CVE-2026-12345", "CVE-2026-1111"]);
        assert_eq!(draft.text.links.len(), 2);
        assert_eq!(draft.answer_due, Some("2026-11-22T08:00:00Z".parse().expect("an instant")));
        let now = "2026-11-21T12:10:00Z".parse().expect("an instant");
        assert!(missing(&draft, Step::First, now, Language::Ja).is_empty());
    }

    #[test]
    fn each_wrong_field_has_its_own_error() {
        let fields = |changes| with(changes).expect_err("errors").iter().map(|(field, _)| field).collect::<Vec<_>>();
        assert_eq!(
            fields(&[("title", "とても長い題名とても長い題名とても長い題名とても長い題名とても長い")]),
            ["title"]
        );
        assert_eq!(fields(&[("title", "見出し\u{202E}")]), ["title"]);
        assert_eq!(fields(&[("links", "javascript:alert(1)")]), ["links"]);
        assert_eq!(fields(&[("links", "https://exаmple.com/")]), ["links"]);
        assert_eq!(fields(&[("cves", "CVE-26-1")]), ["cves"]);
        assert_eq!(fields(&[("level", "WHITE")]), ["level"]);
        assert_eq!(
            fields(&[("valid_until_year", "2026"), ("valid_until_month", "2"), ("valid_until_day", "30")]),
            ["valid_until"]
        );
        assert_eq!(fields(&[("answer_due_hour", "9")]), ["answer_due"]);
    }

    #[test]
    fn red_needs_named_persons_and_nothing_else_has_them() {
        for level in SharingLevel::ALL {
            for scope in HandlerScope::ALL {
                let taken = with(&[("level", level.code()), ("handler_scope", scope.code())]).is_ok();
                assert_eq!(taken, level.handler_scopes().contains(&scope), "{level:?} {scope:?}");
            }
        }
        let now = "2026-11-21T12:10:00Z".parse().expect("an instant");
        let red = with(&[("level", "RED"), ("handler_scope", "named")]).expect("a draft");
        let fields: Vec<_> = missing(&red, Step::First, now, Language::Ja).iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["named", "addressees"]);
    }

    #[test]
    fn a_stored_draft_fills_the_form_it_came_from() {
        let draft = with(&[
            ("answer_due_year", "2026"),
            ("answer_due_month", "11"),
            ("answer_due_day", "22"),
            ("answer_due_hour", "9"),
            ("drill", "true"),
        ])
        .expect("a draft");
        assert_eq!(parse(&form_of(&draft), Language::Ja), Ok(draft));
    }

    proptest! {
        #[test]
        fn no_input_makes_parsing_panic(name in "(title|links|cves|products|answer_due_year|answer_due_hour|level)", value in "\\PC{0,200}") {
            let mut typed = form(&WHOLE);
            typed.fields.retain(|(field, _)| *field != name);
            typed.push(&name, value);
            drop(parse(&typed, Language::En));
        }
    }
}
