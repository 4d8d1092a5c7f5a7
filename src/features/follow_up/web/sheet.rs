//! A sheet: the form of its desk, or what it says to those who check it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;

use super::check::{Check, CheckForm};
use super::sheet_words::SheetWords;
use super::shown::{self, ChangeLine, CommonWords, change_line};
use crate::features::access::action::FollowUpAction;
use crate::features::access::{Viewer, can};
use crate::features::directory::activities;
use crate::features::directory::activities::kind::Kind as ActivityKind;
use crate::features::directory::activities::store::Asked;
use crate::features::directory::roster::paths as directory;
use crate::features::directory::roster::store as roster;
use crate::features::feature_map::edition::{Activity, Channel, Edition, Sector};
use crate::features::feature_map::of_day::store as of_day;
use crate::features::feature_map::store as editions;
use crate::features::follow_up::changes::in_both;
use crate::features::follow_up::filling::profile::{ACTIVITY, printed, sections};
use crate::features::follow_up::filling::{COUNTS, DESKS, Typed, channel_code, units};
use crate::features::follow_up::hindrance::{doubts, doubts_of_roster};
use crate::features::follow_up::paths;
use crate::features::follow_up::sheets::store::{self as sheets, Past, Sheet};
use crate::features::follow_up::state::Step;
use crate::features::follow_up::store::{self, FollowUp};
use crate::kernel::count_unit;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{self, long_date, short_time};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

#[derive(Template)]
#[template(path = "follow_up/sheet.html")]
pub(super) struct SheetPage {
    pub chrome: Chrome,
    pub w: &'static SheetWords,
    language: Language,
    state_label: &'static str,
    badge: &'static str,
    due: String,
    ministries: String,
    /// What was said when it was sent back, while the desk has it.
    comment: Option<(String, String)>,
    frozen: bool,
    lines: Vec<ChangeLine>,
    older: Vec<(String, String)>,
    doubts: Vec<String>,
    /// What the roster counts, and where.
    registered: Option<(String, String)>,
    /// The form, for its desk.
    typed: Option<Typed>,
    here: String,
    version: i32,
    errors: FieldErrors,
    /// What somebody else saved meanwhile: field and value.
    pub meanwhile: Option<Meanwhile>,
    /// The cells, for everybody else.
    facts: Vec<(&'static str, String)>,
    check: Option<Check>,
    past: Vec<PastLine>,
    /// What is on record of the year's activities, and where.
    activities: (String, String),
    /// What of them can be printed.
    offered: Vec<Activity>,
}

/// What somebody else did meanwhile.
pub(super) struct Meanwhile {
    pub title: String,
    pub lead: &'static str,
    pub lines: Vec<String>,
}

struct PastLine {
    at: String,
    what: &'static str,
    who: String,
    comment: String,
}

impl SheetPage {
    /// What the last edition says of a group of cells where it differs.
    fn marks(&self, codes: &str) -> Vec<&ChangeLine> {
        self.lines.iter().filter(|line| codes.split(' ').any(|code| code == line.code)).collect()
    }

    /// From which older edition a cell was filled in.
    fn older_cell(&self, code: &str) -> String {
        let edition = self.older.iter().find(|(known, _)| known == code);
        edition.map(|(_, edition)| fill(self.w.from_older, &[("edition", edition)])).unwrap_or_default()
    }

    fn month_help(&self, code: &str) -> String {
        format!("{}{}", self.w.month_help, self.older_cell(code))
    }

    fn field(&self, stem: &str, n: &usize) -> String {
        format!("{stem}_{n}")
    }

    fn error(&self, stem: &str, n: &usize) -> &str {
        self.errors.at(&self.field(stem, n))
    }

    fn errors_in_english(&self) -> bool {
        self.errors.iter().any(|(field, _)| field.contains("_en"))
    }

    fn desks(&self) -> Vec<usize> {
        (1..=DESKS).collect()
    }

    fn counts(&self) -> Vec<usize> {
        (1..=COUNTS).collect()
    }

    fn units(&self, chosen: &str) -> Vec<Choice> {
        let mut units: Vec<Choice> = units()
            .into_iter()
            .map(|unit| Choice {
                chosen: unit.ja == chosen,
                label: unit.pick(self.language).to_owned(),
                value: unit.ja,
                explanation: String::new(),
            })
            .collect();
        if !chosen.is_empty() && !units.iter().any(|unit| unit.chosen) {
            let value = chosen.to_owned();
            units.push(Choice { label: value.clone(), value, explanation: String::new(), chosen: true });
        }
        units
    }

    fn printable(&self, typed: &Typed) -> Vec<Choice> {
        let choice = |activity: &Activity| Choice {
            value: activity.code.clone(),
            label: printed_line(activity, self.language),
            explanation: String::new(),
            chosen: typed.has(ACTIVITY, &activity.code),
        };
        self.offered.iter().map(choice).collect()
    }

    fn channels(&self, typed: &Typed) -> Vec<Choice> {
        Channel::OF_MAPS
            .into_iter()
            .map(|channel| Choice {
                value: channel_code(channel).to_owned(),
                label: channel.label(self.language).to_owned(),
                explanation: String::new(),
                chosen: typed.has("channel", channel_code(channel)),
            })
            .collect()
    }
}

/// A sheet in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct SheetPlace {
    /// The follow-up's year.
    pub year: i32,
    /// Whose sheet.
    pub ceptoar: String,
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct SheetQuery {
    done: String,
}

/// Everything that the page shows.
pub(super) struct Scene {
    pub follow_up: FollowUp,
    pub sheet: Sheet,
    pub last: Edition,
    pub sectors: Vec<Sector>,
    past: Vec<Past>,
    /// What of the year's activities can be printed.
    pub activities: Vec<Activity>,
    /// How many members the roster has on the day of the edition, unit by unit, as far as the viewer sees them.
    registered: Vec<(String, i64)>,
}

impl Scene {
    pub async fn read(tx: &mut Tx, viewer: &Viewer, place: &SheetPlace) -> Result<Self, WebError> {
        let follow_up = store::follow_up(tx, place.year).await?.ok_or(WebError::NotFound)?;
        let sheet = sheets::sheet(tx, follow_up.follow_up_id, &place.ceptoar).await?.ok_or(WebError::NotFound)?;
        if !can(viewer, FollowUpAction::See, &sheet.facts) {
            return Err(WebError::NotFound);
        }
        let all = editions::editions(tx).await?;
        let last = all.into_iter().find(|e| e.id == follow_up.base_edition).ok_or(WebError::NotFound)?;
        let sectors = of_day::sectors(tx, follow_up.as_of).await?;
        let past = sheets::past(tx, follow_up.follow_up_id, &place.ceptoar).await?;
        let asked = Asked {
            ceptoars: std::slice::from_ref(&place.ceptoar),
            year: Some(follow_up.fiscal_year),
            activity: None,
            kinds: &ActivityKind::ALL,
            taken_back: false,
            page: None,
        };
        let entries = activities::store::entries(tx, asked).await?;
        let activities = entries.iter().map(|(_, entry)| printed(entry)).collect();
        let registered = roster::counts(tx, &place.ceptoar, follow_up.as_of).await?;
        Ok(Self { follow_up, sheet, last, sectors, past, activities, registered })
    }

    /// The days of the last edition and of the next.
    pub fn days(&self) -> (NaiveDate, NaiveDate) {
        (self.last.as_of, self.follow_up.as_of)
    }

    pub fn page(&self, viewer: &Viewer, frame: &Frame, typed: Option<Typed>, errors: FieldErrors) -> SheetPage {
        let language = frame.language;
        let w = SheetWords::of(language);
        let sheet = &self.sheet;
        let year = self.follow_up.fiscal_year;
        let frozen = self.follow_up.published_at.is_some();
        let fills = !frozen && sheet.state.is_with_desk() && can(viewer, FollowUpAction::Fill, &sheet.facts);
        let board = paths::of_year(paths::BOARD, year);
        let title = shown::title(year, language);
        let name = sheet.name.pick(language).to_owned();
        let joint = language.pick("、", ", ");
        let ministries: Vec<&str> = sheet.ministries.iter().map(|m| m.pick(language)).collect();
        let way = [frame.home(), (paths::INDEX, CommonWords::of(language).title), (board.as_str(), title.as_str())];
        SheetPage {
            chrome: frame.chrome(fill(w.title, &[("ceptoar", &name)]), &way),
            w,
            language,
            state_label: sheet.state.label(language),
            badge: shown::badge(sheet.state),
            due: long_date(self.follow_up.due_on, language),
            ministries: ministries.join(joint),
            comment: self.comment(language),
            frozen,
            lines: sheet.changes.iter().map(|change| change_line(change, language)).collect(),
            older: self.older(),
            doubts: [
                doubts(&self.last, &sheet.content, language),
                doubts_of_roster(&sheet.content, &self.registered, language),
            ]
            .concat(),
            registered: self.registered(w, language),
            typed: fills.then(|| typed.unwrap_or_else(|| Typed::of(&sheet.content, &sheet.effective, &sheet.remark))),
            here: paths::of_sheet(paths::SHEET, year, &sheet.facts.ceptoar_id),
            version: sheet.version,
            errors,
            meanwhile: None,
            facts: if fills { Vec::new() } else { self.facts(w, language) },
            check: if frozen { None } else { Check::of(viewer, sheet, year, language, &CheckForm::default()) },
            past: self.past.iter().map(|past| past_line(past, language)).collect(),
            activities: self.activities(w, language),
            offered: self.activities.clone(),
        }
    }

    /// What the roster counts on the day of the edition, and the way there.
    fn registered(&self, w: &SheetWords, language: Language) -> Option<(String, String)> {
        let counted = self.registered.iter().map(|(unit, count)| {
            let unit = count_unit::told(unit, language);
            format!("{}{}{unit}", period::thousands(*count), language.pick("", " "))
        });
        let counted: Vec<String> = counted.collect();
        let day = long_date(self.follow_up.as_of, language);
        let text = fill(w.registered, &[("day", &day), ("counts", &counted.join(language.pick("、", ", ")))]);
        (!counted.is_empty()).then(|| (text, directory::roster(&self.sheet.facts.ceptoar_id)))
    }

    /// How much is on record of the year's activities, and the way there.
    fn activities(&self, w: &SheetWords, language: Language) -> (String, String) {
        let year = self.follow_up.fiscal_year;
        let words = if !self.activities.is_empty() { w.activities_count } else { w.activities_none };
        let filled = [("year", &*period::fiscal_year(year, language)), ("count", &*self.activities.len().to_string())];
        (fill(words, &filled), activities::paths::year(&self.sheet.facts.ceptoar_id, year))
    }

    /// The comment with which the desk has it back, and whose it is.
    fn comment(&self, language: Language) -> Option<(String, String)> {
        let newest = self.past.first().filter(|_| self.sheet.state.is_with_desk())?;
        Some((newest.organisation.pick(language).to_owned(), newest.comment.clone())).filter(|(_, c)| !c.is_empty())
    }

    /// Cells that still stand as an older edition had them.
    fn older(&self) -> Vec<(String, String)> {
        self.sheet.older.iter().map(|(code, edition)| (code.clone(), edition.clone())).collect()
    }

    fn facts(&self, w: &SheetWords, language: Language) -> Vec<(&'static str, String)> {
        let c = &self.sheet.content;
        let to = Edition {
            sectors: self.sectors.clone(),
            ceptoars: vec![c.clone()],
            liaison_councils: Vec::new(),
            row_evidence: Vec::new(),
            evidence: Vec::new(),
            notes: Vec::new(),
            ..self.last.clone()
        };
        let sheet = crate::features::feature_map::sheet::sheet(&to, language);
        let Some(column) = sheet.sectors.iter().flat_map(|sector| &sector.columns).next() else { return Vec::new() };
        let desks = column.secretariats.iter().map(|s| match &s.unit {
            Some(unit) => format!("{} {unit}", s.organisation),
            None => s.organisation.clone(),
        });
        let joint = language.pick("、", ", ");
        let months = |month: &Option<String>| month.clone().unwrap_or_else(|| w.nothing.to_owned());
        let means: Vec<&str> = column.channels.iter().map(|channel| channel.word).collect();
        let mut facts = vec![
            (w.name, column.name.clone()),
            (w.desk, desks.collect::<Vec<_>>().join(joint)),
            (w.members, column.count.clone()),
            (w.breakdown, column.details.join(joint)),
            (w.reach, column.reach.clone().unwrap_or_default()),
            (w.handled, column.handled.clone().unwrap_or_default()),
            (w.channels, means.join(joint)),
            (w.rule, months(&column.rule)),
            (w.operation, months(&column.operation_start)),
        ];
        let labels = [w.purpose, w.structure, w.traits];
        for (label, text) in labels.into_iter().zip(sections(&c.profile)) {
            facts.push((label, text.as_ref().map(in_both).unwrap_or_default()));
        }
        let printed: Vec<String> =
            c.profile.activities.iter().map(|activity| dated(activity, in_both(&activity.text), language)).collect();
        facts.push((w.printed, printed.join("\n")));
        facts.push((w.remark, self.sheet.remark.clone()));
        facts.retain(|(_, value)| !value.is_empty());
        facts
    }
}

/// An activity as the profile prints it.
fn printed_line(activity: &Activity, language: Language) -> String {
    dated(activity, activity.text.pick(language).to_owned(), language)
}

fn dated(activity: &Activity, text: String, language: Language) -> String {
    activity.when.map_or_else(|| text.clone(), |month| format!("{} {text}", month.label(language)))
}

fn past_line(past: &Past, language: Language) -> PastLine {
    PastLine {
        at: short_time(past.at),
        what: Step::from_code(&past.step).map_or("", |step| step.label(language)),
        who: past.organisation.pick(language).to_owned(),
        comment: past.comment.clone(),
    }
}

/// The sheet.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<SheetPlace>,
    Query(query): Query<SheetQuery>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let scene = Scene::read(&mut tx, &viewer, &place).await?;
    tx.commit().await?;
    let mut page = scene.page(&viewer, &frame, None, FieldErrors::default());
    let w = page.w;
    let said = match query.done.as_str() {
        "saved" => Some(w.done_saved),
        "sent" => Some(w.done_sent),
        "checked" => Some(w.done_checked),
        "returned" => Some(w.done_returned),
        _ => None,
    };
    if let Some(said) = said {
        page.chrome = page.chrome.with_flash("success", said);
    }
    Ok(Page(page).into_response())
}

impl SheetPage {
    /// The same page with a check that came back.
    pub(super) fn with_check(mut self, check: Option<Check>) -> Self {
        self.check = check;
        self
    }
}
