//! The page where the list is taken out and a table is brought in.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;

use super::{ExchangeWords, chrome, kept};
use crate::features::access::Viewer;
use crate::features::directory::exchange::column::Column;
use crate::features::directory::exchange::file::{self, Export};
use crate::features::directory::exchange::imports::{Import, State as Progress, store};
use crate::features::directory::exchange::paths;
use crate::features::directory::exchange::plan::Fate;
use crate::features::directory::roster::store::CeptoarFacts;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{long_date, short_time, thousands};
use crate::platform::tables::{Format, MOST_COLUMNS, MOST_ROWS};
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, FieldErrors, day_boxes};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct IndexWords {
        lead: "構成員と緊急窓口の名簿を表計算ソフトの表として書き出し、直した表をまとめて取り込みます。" / "Take the list of members and windows out as a table, and bring a table back in.",
        open: "取り込みの途中です" / "An import is under way",
        open_link: "{day}に取り込んだ表の確認を続ける" / "Go on with the table of {day}",
        open_note: "新しい表を取り込むと、途中の取り込みは取り消されます。" / "A new table takes its place.",
        export: "書き出す" / "Export",
        export_lead: "書き出した表は、そのまま直して取り込めます。連絡先を含むため、書き出すときに本人確認があります。書き出したことは操作履歴に残ります。" / "What is exported can be corrected and brought back in. It holds addresses, so you are asked to prove who you are, and the export stands in the trail.",
        as_of: "基準日" / "As of",
        as_of_help: "この日の時点の登録を書き出します。" / "What is registered on this day.",
        format: "ファイルの形式" / "Kind of file",
        xlsx: "Excelブック(.xlsx)" / "Excel workbook (.xlsx)",
        print: "印刷用の名簿(Excelブック・A4横)" / "List to print (Excel workbook, A4 across)",
        print_help: "窓口ごとに1行で、見出しが各ページに付きます。取り込みには使えません。" / "A line for each window, heads on every page. It cannot be brought back in.",
        xlsx_help: "電話番号の先頭の0が失われません。" / "Numbers keep their first zero.",
        csv: "CSV(UTF-8・BOM付き)" / "CSV (UTF-8 with a byte order mark)",
        csv_help: "ほかのシステムに渡すときに使います。" / "For other systems.",
        export_submit: "書き出す" / "Export",
        import: "取り込む" / "Import",
        import_lead: "取り込むと、まず1行ずつ結果を確認できます。確認のあとで「適用する」を押すまで、名簿は変わりません。表にない構成員や窓口は、そのまま残ります。" / "Each row is shown with what would become of it. Nothing changes until you apply it. Members and windows that are not in the table stay as they are.",
        file: "表のファイル" / "The table",
        file_help: "Excelブック(.xlsx)か、CSV(UTF-8・Shift_JIS)。20MB、{rows}行、{columns}列まで。" / "An Excel workbook (.xlsx) or CSV (UTF-8 or Shift_JIS). At most 20 MB, {rows} rows and {columns} columns.",
        from: "適用日" / "From which day",
        from_help: "この日から新しい内容になります。先の日付で予定を登録できます。" / "It holds from this day on. A day ahead makes it a plan.",
        import_submit: "取り込んで確認する" / "Bring it in and look",
        templates: "記入用の表(ひな形)" / "Empty table",
        templates_lead: "新しく作るときは、ひな形に記入してください。記入例の行は、取り込む前に削除します。" / "Start from the empty table. Delete its example before bringing it in.",
        template_xlsx: "ひな形[Excel形式]" / "Empty table [Excel]",
        template_csv: "ひな形[CSV形式]" / "Empty table [CSV]",
        columns: "列の説明と記入例" / "The columns, with an example",
        columns_lead: "1行が1つの窓口です。窓口がいくつもある構成員は、窓口の数だけ行を作り、構成員の欄に同じ内容を入れます。列の順は自由で、使わない列はなくてもかまいません。ない列の内容は変わりません。" / "One row is one window. A member with several windows has a row for each, with the same cells for the member. Columns may come in any order, and those that you do not need may be left out: what they say does not change.",
        column: "列" / "Column",
        explanation: "書き方" / "What to write",
        example: "記入例" / "Example",
        required: "必須" / "Needed",
        past: "これまでの取り込み" / "Imports so far",
        past_at: "適用した日時" / "Applied at",
        past_from: "適用日" / "From",
        past_rows: "結果" / "What it did",
        counts: "新規{new}行、変更{changed}行、変更なし{unchanged}行" / "{new} new, {changed} changed, {unchanged} unchanged",
    }
}

struct ColumnRow {
    head: String,
    required: bool,
    explanation: &'static str,
    example: String,
}

struct PastRow {
    at: String,
    from: String,
    counts: String,
}

#[derive(Template)]
#[template(path = "directory/exchange.html")]
struct ExchangePage {
    chrome: Chrome,
    w: &'static IndexWords,
    here: String,
    export: String,
    templates: [String; 2],
    formats: Vec<Choice>,
    as_of: [String; 3],
    from: [String; 3],
    file_help: String,
    errors: FieldErrors,
    open: Option<(String, String)>,
    past: Vec<PastRow>,
    columns: Vec<ColumnRow>,
}

/// What was typed into the forms of the page.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The day of the export.
    pub as_of: Option<[String; 3]>,
    /// The day of the import.
    pub from: Option<[String; 3]>,
    /// The kind of file.
    pub format: Option<Export>,
    /// What is wrong.
    pub errors: FieldErrors,
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
) -> Result<Response, WebError> {
    answer(&state, &viewer, &frame, &ceptoar, Typed::default()).await
}

/// The page with what was typed.
///
/// # Errors
/// When the CEPTOAR is not the viewer's, or the database fails.
pub async fn answer(
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    ceptoar_id: &str,
    typed: Typed,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = kept(&mut tx, viewer, ceptoar_id).await?;
    let imports = store::newest(&mut tx, ceptoar_id).await?;
    tx.commit().await?;
    let wrong = !typed.errors.is_empty();
    let page = page(frame, ceptoar_id, &ceptoar, &imports, typed, japan_day(now));
    Ok(if wrong { Unprocessable(page).into_response() } else { Page(page).into_response() })
}

fn page(
    frame: &Frame,
    ceptoar_id: &str,
    ceptoar: &CeptoarFacts,
    imports: &[Import],
    typed: Typed,
    today: NaiveDate,
) -> ExchangePage {
    let language = frame.language;
    let w = IndexWords::of(language);
    let here = || day_boxes(today);
    let (open, past): (Vec<&Import>, Vec<&Import>) = imports.iter().partition(|import| import.settled_at.is_none());
    let many = |number: usize| thousands(i64::try_from(number).unwrap_or(i64::MAX));
    ExchangePage {
        chrome: chrome(frame, ExchangeWords::of(language).title, ceptoar_id, ceptoar, false),
        w,
        here: paths::of_ceptoar(paths::EXCHANGE, ceptoar_id),
        export: paths::of_ceptoar(paths::EXPORT, ceptoar_id),
        templates: [paths::TEMPLATE_XLSX, paths::TEMPLATE_CSV].map(|route| paths::of_ceptoar(route, ceptoar_id)),
        formats: formats(w, typed.format.unwrap_or(Export::Table(Format::Xlsx))),
        as_of: typed.as_of.unwrap_or_else(here),
        from: typed.from.unwrap_or_else(here),
        file_help: fill(w.file_help, &[("rows", &many(MOST_ROWS)), ("columns", &many(MOST_COLUMNS))]),
        errors: typed.errors,
        open: open.first().map(|import| {
            let href = paths::of_import(paths::IMPORT, ceptoar_id, import.import_id);
            (href, fill(w.open_link, &[("day", &long_date(japan_day(import.made_at), language))]))
        }),
        past: past
            .into_iter()
            .filter(|import| import.state == Progress::Applied)
            .map(|i| past_row(i, language))
            .collect(),
        columns: columns(language),
    }
}

fn formats(w: &IndexWords, chosen: Export) -> Vec<Choice> {
    let choice = |format: Export, label: &str, explanation: &str| Choice {
        value: format.code().to_owned(),
        label: label.to_owned(),
        explanation: explanation.to_owned(),
        chosen: format == chosen,
    };
    vec![
        choice(Export::Table(Format::Xlsx), w.xlsx, w.xlsx_help),
        choice(Export::Table(Format::Csv), w.csv, w.csv_help),
        choice(Export::Print, w.print, w.print_help),
    ]
}

fn past_row(import: &Import, language: Language) -> PastRow {
    PastRow {
        at: import.settled_at.map(short_time).unwrap_or_default(),
        from: long_date(import.effective_on, language),
        counts: counts(import, language),
    }
}

/// New, changed and unchanged rows, in a sentence.
#[must_use]
pub fn counts(import: &Import, language: Language) -> String {
    let number = |fate| thousands(import.count(fate).into());
    fill(
        IndexWords::of(language).counts,
        &[("new", &number(Fate::New)), ("changed", &number(Fate::Changed)), ("unchanged", &number(Fate::Unchanged))],
    )
}

fn columns(language: Language) -> Vec<ColumnRow> {
    let rows = Column::all().into_iter().zip(file::example(language)).map(|(column, example)| ColumnRow {
        head: column.head(language),
        required: column.required(),
        explanation: column.explanation(language),
        example,
    });
    rows.collect()
}
