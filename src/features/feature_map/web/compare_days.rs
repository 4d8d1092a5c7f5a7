//! Two days, or an edition and a day, side by side by what the directory says: for those signed in.

use axum::response::{IntoResponse, Response};
use chrono::{Datelike, NaiveDate};

use super::compare::{Found, Pages, pages_of};
use super::differences::{Differences, differences as shown};
use super::{files, of_day};
use crate::features::access::Viewer;
use crate::features::feature_map::compare::Comparison;
use crate::features::feature_map::compare::asked::day_of;
use crate::features::feature_map::compare::table_file;
use crate::features::feature_map::compare::words::CompareWords;
use crate::features::feature_map::edition::Edition;
use crate::features::feature_map::ministries::Ministries;
use crate::features::feature_map::of_day::DayMap;
use crate::features::feature_map::of_day::differences::{Side, differences};
use crate::features::feature_map::paths;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Language, fill};
use crate::platform::tables::Encoding;
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::Frame;
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// What stands for a day among the editions to choose from.
const DAY: &str = "day";

crate::words! {
    /// Words of comparing what the directory says.
    pub struct CompareDaysWords {
        heading: "登録の内容を比べる(日と日、または版と日)" / "Compare what is registered (two days, or an edition and a day)",
        lead: "それぞれ「日を指定する」か版を選びます。先の日には、登録済みの予定を含みます。" / "For each, choose “A day” or an edition. A day ahead includes what is planned.",
        from: "前" / "First",
        to: "後" / "Second",
        from_on: "前の日(「日を指定する」とき)" / "First day (for “A day”)",
        to_on: "後の日(「日を指定する」とき)" / "Second day (for “A day”)",
        a_day: "日を指定する" / "A day",
        edition: "版: {as_of}" / "Edition: {as_of}",
        bounds: "「{field}」は、1990年1月1日から今日の10年後までの日にしてください。" / "{field}: please give a day between 1 January 1990 and ten years from now.",
        choose: "「{field}」は、日か版を選んでください。" / "{field}: please choose a day or an edition.",
        nothing: "この2つの間に、違いはありません。" / "The two do not differ.",
        not_published: "日の側は公表された版ではなく、登録されている内容です。サインインした人だけが見られます。" / "What stands for a day is what is registered, and no published edition. Only those signed in see it.",
        silent: "どちらかに登録も記載もない項目は、その間に始まったことが登録から分かるときだけ、違いとして示します。" / "Where one of the two says nothing, it counts as a difference only if the directory knows that it began in between.",
        see_day: "{as_of}のマップを見る" / "See the map {as_of}",
        file_csv: "この比較[CSV形式・UTF-8]" / "This comparison [CSV, UTF-8]",
        file_csv_cp932: "この比較[CSV形式・シフトJIS]" / "This comparison [CSV, Shift JIS]",
    }
}

/// What the address may carry for it.
#[derive(Debug, Default, Clone)]
pub struct Asked {
    /// An edition, or that a day is meant.
    pub from_is: String,
    /// The first day.
    pub from_on: String,
    /// An edition, or that a day is meant.
    pub to_is: String,
    /// The second day.
    pub to_on: String,
}

/// The form, and what was typed.
#[derive(Debug)]
pub struct DaysForm {
    /// Its words.
    pub w: &'static CompareDaysWords,
    /// What the first may be.
    pub from_is: Vec<Choice>,
    /// What the second may be.
    pub to_is: Vec<Choice>,
    /// What was typed.
    pub asked: Asked,
    /// Whether it was asked for.
    pub open: bool,
}

/// The address of an edition, or today, beside a day.
#[must_use]
pub fn href(edition: Option<&str>, day: NaiveDate) -> String {
    format!("{}?from_is={}&to_is={DAY}&to_on={day}", paths::COMPARE, edition.unwrap_or(DAY))
}

/// The form as it is shown.
#[must_use]
pub fn form(editions: &[Edition], asked: &Asked, today: NaiveDate, language: Language) -> DaysForm {
    let w = CompareDaysWords::of(language);
    let choices = |chosen: &str| {
        let day =
            Choice { value: DAY.to_owned(), label: w.a_day.to_owned(), explanation: String::new(), chosen: false };
        let editions = editions.iter().rev().map(|e| Choice {
            value: e.id.clone(),
            label: fill(w.edition, &[("as_of", e.as_of_display.pick(language))]),
            explanation: String::new(),
            chosen: false,
        });
        std::iter::once(day).chain(editions).map(|c| Choice { chosen: c.value == chosen, ..c }).collect()
    };
    let open = asked.is_asked();
    let newest = editions.last().map_or(DAY, |e| e.id.as_str());
    let asked = if open {
        asked.clone()
    } else {
        let to_on = today.to_string();
        Asked { from_is: newest.to_owned(), from_on: String::new(), to_is: DAY.to_owned(), to_on }
    };
    DaysForm { w, from_is: choices(&asked.from_is), to_is: choices(&asked.to_is), asked, open }
}

/// One of the two that are meant.
enum Meant {
    Edition(usize),
    Day(NaiveDate),
}

impl Asked {
    /// Whether anything of it was asked for.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        !(self.from_is.is_empty() && self.to_is.is_empty())
    }

    fn read(&self, editions: &[Edition], today: NaiveDate, language: Language) -> Result<[Meant; 2], FieldErrors> {
        let w = CompareDaysWords::of(language);
        let mut errors = FieldErrors::default();
        let mut one = |fields: [&'static str; 2], names: [&str; 2], is: &str, on: &str| {
            if is != DAY {
                let edition = editions.iter().position(|e| e.id == is);
                if edition.is_none() {
                    errors.add(fields[0], fill(w.choose, &[("field", names[0])]));
                }
                return edition.map(Meant::Edition);
            }
            match day_of(on) {
                Some(day) if (1990..=today.year() + 10).contains(&day.year()) => Some(Meant::Day(day)),
                Some(_) => {
                    errors.add(fields[1], fill(w.bounds, &[("field", names[1])]));
                    None
                }
                None => {
                    errors.add(fields[1], fill(CompareWords::of(language).no_day, &[("field", names[1])]));
                    None
                }
            }
        };
        let from = one(["from_is", "from_on"], [w.from, w.from_on], &self.from_is, &self.from_on);
        let to = one(["to_is", "to_on"], [w.to, w.to_on], &self.to_is, &self.to_on);
        from.zip(to).map(|(from, to)| [from, to]).ok_or(errors)
    }
}

/// Both sides, found.
struct Pair<'a> {
    editions: &'a [Edition],
    meant: [Meant; 2],
    maps: Vec<DayMap>,
}

impl<'a> Pair<'a> {
    async fn find(
        state: &AppState,
        viewer: &Viewer,
        editions: &'a [Edition],
        meant: [Meant; 2],
    ) -> Result<Self, WebError> {
        let day = |meant: &Meant| match meant {
            Meant::Day(day) => Some(*day),
            Meant::Edition(_) => None,
        };
        let days: Vec<NaiveDate> = meant.iter().filter_map(day).collect();
        // Both days as one transaction sees them.
        let maps = of_day::load(state, viewer, editions, &days).await?;
        Ok(Self { editions, meant, maps })
    }

    fn sides(&self) -> Option<[Side<'_>; 2]> {
        let [from, to] = &self.meant;
        let side = |meant: &Meant| match meant {
            Meant::Edition(place) => self.editions.get(*place).map(Side::Edition),
            Meant::Day(day) => self.maps.iter().find(|map| map.day == *day).map(Side::Day),
        };
        Some([side(from)?, side(to)?])
    }
}

/// The page.
pub async fn get(
    (state, viewer, frame): (&AppState, &Viewer, &Frame),
    editions: &[Edition],
    asked: &Asked,
) -> Result<Response, WebError> {
    let language = frame.language;
    let today = japan_day(state.clock.now());
    let meant = match asked.read(editions, today, language) {
        Ok(meant) => meant,
        Err(errors) => {
            let page =
                pages_of(frame, editions, Pages { errors, days: form(editions, asked, today, language), found: None });
            return Ok(Unprocessable(page).into_response());
        }
    };
    let pair = Pair::find(state, viewer, editions, meant).await?;
    let [from, to] = pair.sides().ok_or(WebError::NotFound)?;
    let comparison = differences(from, to, &Ministries::of_reference()?);
    let found = found(editions, (from, to), &comparison, language);
    let days = form(editions, asked, today, language);
    Ok(Page(pages_of(frame, editions, Pages { errors: FieldErrors::default(), days, found: Some(found) }))
        .into_response())
}

fn found(editions: &[Edition], (from, to): (Side, Side), comparison: &Comparison, language: Language) -> Found {
    let (w, dw) = (CompareWords::of(language), CompareDaysWords::of(language));
    let summary = match comparison.differences.len() {
        0 => dw.nothing.to_owned(),
        1 => w.found_one.to_owned(),
        count => fill(w.found, &[("count", &count.to_string())]),
    };
    let mut shown: Differences = shown(comparison, (from.edition(), to.edition()), language);
    for row in shown.tables.iter_mut().flat_map(|table| &mut table.rows) {
        let latest = from.edition().as_of.max(to.edition().as_of);
        row.href = row.href.take().map(|_| of_day::profile(editions, &row.id, latest));
    }
    shown.sentences.extend([dw.not_published, dw.silent].map(str::to_owned));
    let csv = format!("{}?{}&{}", paths::COMPARE_CSV, part("from", from), part("to", to));
    let mut links = vec![(csv.clone(), dw.file_csv.to_owned())];
    links.push((format!("{csv}&encoding=cp932"), dw.file_csv_cp932.to_owned()));
    links.extend([from, to].map(|side| {
        let label = fill(dw.see_day, &[("as_of", side.edition().as_of_display.pick(language))]);
        match side {
            Side::Edition(edition) => (paths::edition(&edition.id), label),
            Side::Day(map) => (super::of_day::day_href(map.day), label),
        }
    }));
    let name = |side: Side| side.edition().as_of_display.pick(language).to_owned();
    Found { from: name(from), to: name(to), summary, shown, links }
}

/// One of the two in an address.
fn part(name: &str, side: Side) -> String {
    match side {
        Side::Edition(edition) => format!("{name}_is={}", edition.id),
        Side::Day(map) => format!("{name}_is={DAY}&{name}_on={}", map.day),
    }
}

/// The table file.
pub async fn get_csv(
    (state, viewer, frame): (&AppState, &Viewer, &Frame),
    editions: &[Edition],
    asked: &Asked,
    encoding: Encoding,
) -> Result<Response, WebError> {
    let language = frame.language;
    let today = japan_day(state.clock.now());
    let meant = asked.read(editions, today, language).map_err(|_| WebError::NotFound)?;
    let pair = Pair::find(state, viewer, editions, meant).await?;
    let [from, to] = pair.sides().ok_or(WebError::NotFound)?;
    let comparison = differences(from, to, &Ministries::of_reference()?);
    let name = |side: Side<'_>| match side {
        Side::Edition(edition) => edition.id.clone(),
        Side::Day(map) => map.edition.as_of_display.pick(language).to_owned(),
    };
    let file = table_file::write((&name(from), &name(to)), &comparison, language, encoding)?;
    let code = |side: Side<'_>| match side {
        Side::Edition(edition) => format!("edition-{}", edition.id),
        Side::Day(map) => map.day.to_string(),
    };
    Ok(files::own_table(file, &format!("ceptoar-map-of-day-{}-{}", code(from), code(to)), encoding)?)
}
