//! What came of a survey, beside the years before; the same as a file.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::{CommonWords, SurveyPlace, chrome, note, pick, read};
use crate::features::access::action::SurveyAction;
use crate::features::access::{Viewer, can};
use crate::features::surveys::export;
use crate::features::surveys::question::QuestionKind;
use crate::features::surveys::replies::store as replies;
use crate::features::surveys::results::store as cells;
use crate::features::surveys::results::{Count, Label as Counted, Line, QuestionResult, Results, results};
use crate::features::surveys::survey::{Survey, Visibility};
use crate::features::surveys::{paths, store};
use crate::kernel::clock::{fiscal_year, japan_day};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period;
use crate::platform::db::Tx;
use crate::platform::tables::Format;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Place;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct ResultWords {
        title: "集計" / "Results",
        lead_named: "すべての数を表示しています。構成員に公開すると、3社未満の数は表示しません。" / "Every number is shown. What members see after a release leaves out numbers of fewer than three firms.",
        lead_counted: "3社未満の数と、引き算でそれが分かる数は表示しません。" / "Numbers of fewer than three firms, and those from which such a number follows, are not shown.",
        open: "受付中の集計です。まだ増えます。" / "The survey is open; the numbers still grow.",
        answering: "回答した会社: {count}社" / "Firms that answered: {count}",
        few: "回答が3社未満のため、集計は表示しません" / "Fewer than three firms answered, so there are no numbers",
        choice: "選択肢" / "Choice",
        product: "製品" / "Product",
        item: "項目" / "Item",
        firms: "{count}社" / "{count}",
        share: "{count}社({percent}%)" / "{count} ({percent}%)",
        mean: "平均" / "Mean",
        mean_of: "{mean}{unit}" / "{mean} {unit}",
        unanswered: "回答なし" / "No answer",
        answered: "回答した会社" / "Firms that answered",
        not_asked: "—" / "—",
        none: "回答はありません" / "There is no answer",
        none_counted: "3社以上が挙げた製品はありません" / "No product was named by three firms or more",
        words_named: "文章の回答は、会社ごとの回答で読めます。" / "Words are read with the answers of each firm.",
        trend: "同じ質問の推移" / "The same question over the years",
        export: "ファイルに書き出す" / "Export",
        export_help: "会社名とともに見る調査では、会社ごとの回答も入ります(Excelの2枚目)。書き出したことは操作履歴に残ります。" / "Of a survey with names the workbook has each firm's answers on its second sheet. The trail keeps that it was taken out.",
        xlsx: "Excel形式" / "Excel",
        csv: "CSV形式(集計だけ)" / "CSV (numbers alone)",
    }
}

/// A cell of a row: what is said, and how long its bar is of a hundred.
struct Shown {
    text: String,
    bar: Option<i64>,
}

struct Row {
    label: String,
    cells: Vec<Shown>,
}

struct Part {
    number: i16,
    wording: String,
    kind: &'static str,
    head: &'static str,
    rows: Vec<Row>,
    note: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "surveys/results.html")]
struct ResultsPage {
    chrome: Chrome,
    w: &'static ResultWords,
    lead: &'static str,
    open: bool,
    answering: String,
    years: Vec<String>,
    parts: Vec<Part>,
    export: Option<String>,
}

/// Reads the results as far as the viewer may: exact for a desk with names.
async fn load(tx: &mut Tx, viewer: &Viewer, survey: &Survey) -> Result<(Results, bool), WebError> {
    let desk = can(viewer, SurveyAction::Keep, &survey.facts(None));
    let readable = if desk { survey.has_results() } else { survey.released_at.is_some() };
    if !readable {
        return Err(WebError::NotFound);
    }
    let years = cells::years(tx, survey.survey_id, desk).await?;
    let ids: Vec<Uuid> = years.iter().map(|year| year.survey_id).collect();
    let questions = store::questions_of(tx, &ids).await?;
    let found = cells::cells(tx, &ids, desk).await?;
    let exact = desk && survey.content.visibility == Visibility::Named;
    let mut results = results(years, &questions, &found);
    if let Some(answering) = results.answering.last_mut().filter(|answering| desk && answering.is_none()) {
        // The desk sees who has answered anyway.
        let progress = store::progress(tx, &[survey.survey_id]).await?;
        *answering = progress.first().map(|(_, [_, answered])| *answered);
    }
    Ok((results, exact))
}

fn percent(count: i64, of: i64) -> i64 {
    if of > 0 { (count * 100 + of / 2) / of } else { 0 }
}

/// A count in words, with its share of the firms that answered in that year.
fn shown(count: Count, answering: Option<i64>, language: Language) -> Shown {
    let w = ResultWords::of(language);
    match (count, answering) {
        (Count::Firms(firms), Some(of)) if of > 0 => {
            let percent = percent(firms, of);
            let values = [("count", firms.to_string()), ("percent", percent.to_string())];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            Shown { text: fill(w.share, &values), bar: Some(percent) }
        }
        (Count::Firms(firms), _) => Shown { text: fill(w.firms, &[("count", &firms.to_string())]), bar: None },
        (Count::Withheld, _) => Shown { text: CommonWords::of(language).withheld.to_owned(), bar: None },
        (Count::NotAsked, _) => Shown { text: w.not_asked.to_owned(), bar: None },
    }
}

pub(super) fn label(line: &Line, language: Language) -> String {
    let w = ResultWords::of(language);
    match &line.label {
        Counted::Text(text) => text.clone(),
        Counted::Unanswered => w.unanswered.to_owned(),
        Counted::Answered => w.answered.to_owned(),
    }
}

fn part(result: &QuestionResult, answering: &[Option<i64>], exact: bool, language: Language) -> Part {
    let w = ResultWords::of(language);
    let content = &result.question.content;
    let mut rows: Vec<Row> = result
        .lines
        .iter()
        .map(|line| {
            let cell = |(count, of): (&Count, &Option<i64>)| shown(*count, *of, language);
            Row { label: label(line, language), cells: line.counts.iter().zip(answering).map(cell).collect() }
        })
        .collect();
    if content.kind == QuestionKind::Number {
        rows.extend(result.lines.iter().map(|line| means(line, &content.unit, language)));
    }
    let (head, note) = match content.kind {
        QuestionKind::One | QuestionKind::Several => (w.choice, None),
        QuestionKind::Number => (w.item, None),
        QuestionKind::Words => (w.item, exact.then_some(w.words_named)),
        QuestionKind::Products => (w.product, rows.is_empty().then_some(if exact { w.none } else { w.none_counted })),
    };
    Part {
        number: result.question.position,
        wording: content.wording.clone(),
        kind: content.kind.label(language),
        head,
        rows,
        note,
    }
}

/// The means of the years; the longest bar is the largest of them.
fn means(line: &Line, unit: &str, language: Language) -> Row {
    let w = ResultWords::of(language);
    let value = |mean: &Option<String>| mean.as_ref().and_then(|mean| mean.parse::<f64>().ok());
    let largest = line.means.iter().filter_map(value).fold(0.0_f64, f64::max);
    let cell = |(mean, count): (&Option<String>, &Count)| match (mean, count) {
        (Some(text), _) => Shown {
            text: fill(w.mean_of, &[("mean", text), ("unit", unit)]),
            #[expect(clippy::cast_possible_truncation, reason = "it is of a hundred")]
            bar: value(mean).filter(|_| largest > 0.0).map(|mean| (mean / largest * 100.0).round() as i64),
        },
        (None, Count::NotAsked) => Shown { text: w.not_asked.to_owned(), bar: None },
        (None, Count::Firms(0)) => Shown { text: w.none.to_owned(), bar: None },
        (None, Count::Withheld | Count::Firms(_)) => {
            Shown { text: CommonWords::of(language).withheld.to_owned(), bar: None }
        }
    };
    Row { label: w.mean.to_owned(), cells: line.means.iter().zip(&line.counts).map(cell).collect() }
}

fn year_names(results: &Results, language: Language) -> Vec<String> {
    let name = |at| period::fiscal_year(fiscal_year(japan_day(at)), language);
    results.years.iter().map(|year| name(year.opened_at)).collect()
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<SurveyPlace>,
) -> Result<Response, WebError> {
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let survey = read(&mut tx, &viewer, place.survey, SurveyAction::See).await?;
    let (results, exact) = load(&mut tx, &viewer, &survey).await?;
    tx.commit().await?;
    let w = ResultWords::of(language);
    let keeps = can(&viewer, SurveyAction::Keep, &survey.facts(None));
    let said = |count: i64| fill(w.answering, &[("count", &count.to_string())]);
    let answering = results.answering.last().copied().flatten();
    let few = !exact && answering.is_none_or(|count| count < super::super::survey::LEAST_FIRMS);
    let parts = results.questions.iter().map(|question| part(question, &results.answering, exact, language));
    Ok(Page(ResultsPage {
        chrome: chrome(&frame, &survey, Some(w.title)),
        w,
        lead: if exact { w.lead_named } else { w.lead_counted },
        open: survey.closed_at.is_none(),
        answering: if few { w.few.to_owned() } else { answering.map(said).unwrap_or_default() },
        years: year_names(&results, language),
        parts: if few { Vec::new() } else { parts.collect() },
        export: (keeps && !few).then(|| paths::of_survey(paths::EXPORT, survey.survey_id)),
    })
    .into_response())
}

/// Which file.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Wanted {
    format: String,
}

const NO_FORMAT: Said = Said {
    ja: "ファイルの形式が分かりません。画面のボタンから選んでください。",
    en: "Please choose the format by the buttons of the page.",
};

/// The same as a file.
pub async fn export(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<SurveyPlace>,
    Form(wanted): Form<Wanted>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let survey = read(&mut tx, &viewer, place.survey, SurveyAction::Keep).await?;
    let format = Format::from_code(&wanted.format).ok_or(WebError::Conflict(NO_FORMAT))?;
    let (results, exact) = load(&mut tx, &viewer, &survey).await?;
    let mut answers = Vec::new();
    if exact && format == Format::Xlsx {
        let questions = store::questions(&mut tx, survey.survey_id).await?;
        let firms = store::standing(&mut tx, survey.survey_id).await?;
        let found = replies::answers(&mut tx, survey.survey_id, None, &questions).await?;
        for firm in firms.iter().filter(|firm| firm.sent_at.is_some()) {
            let name = pick(&firm.name, language);
            let of_firm = |question| {
                found.iter().find(|(id, answer)| *id == firm.organisation_id && answer.question_id == question)
            };
            for question in &questions {
                let values = of_firm(question.question_id).map(|(_, answer)| answer.value.shown(question));
                answers.push(export::named(name, question, &values.unwrap_or_default()));
            }
        }
    }
    let more = serde_json::json!({ "format": format.code(), "named": exact && format == Format::Xlsx });
    note(&mut tx, (&viewer, &frame, now), "survey.export", (survey.survey_id, &survey.ceptoar_id), more).await?;
    tx.commit().await?;
    let years = year_names(&results, language);
    let rows = export::rows(&results, years.len(), language, |line| label(line, language));
    let content = export::write(format, &years, rows, exact.then_some(answers), language)?;
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"survey-{}.{}\"", survey.survey_id, format.code()),
        ),
    ];
    Ok((headers, content).into_response())
}
