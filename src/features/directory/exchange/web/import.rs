//! One import: which column is which, how far the work is, and what would become of each row.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};

use super::columns::{FileColumn, file_columns};
use super::index::counts;
use super::rows::{ShownRow, shown};
use super::steps::Place;
use super::{chrome, kept};
use crate::features::access::Viewer;
use crate::features::directory::exchange::imports::{Import, PAGE, State as Progress, StoredRow, store};
use crate::features::directory::exchange::mapping::Mapping;
use crate::features::directory::exchange::paths;
use crate::features::directory::exchange::plan::Fate;
use crate::features::directory::roster;
use crate::features::directory::roster::web::as_of;
use crate::kernel::clock::japan_day;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{long_date, thousands};
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::tables::Table;
use crate::platform::web::contact_reads::{self, Shown};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place as Segments;
use crate::platform::web::form::{FieldErrors, day_boxes};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// Pages beyond would hold more rows than a table may have.
const LAST_PAGE: i64 = 400;

crate::words! {
    /// Words of the page.
    pub struct ImportWords {
        title: "取り込みの確認" / "Look at an import",
        lead: "{day}から適用する表です。適用するまで、名簿は変わりません。" / "A table that is to hold from {day}. Nothing changes until you apply it.",
        sheet: "シート「{sheet}」を読み取りました。" / "Sheet “{sheet}” was read.",
        expires: "{day}まで保存し、そのあと消去します。" / "Kept until {day} and wiped then.",
        mapping: "列の対応" / "Which column is which",
        mapping_lead: "見出しだけでは分からない列があります。それぞれの列に何が入っているかを選んでください。選んだ内容は、次に同じ見出しの表を取り込むときに使います。" / "The headings do not say everything. Please choose what each column holds. The portal remembers it for tables with the same headings.",
        column: "列" / "Column",
        head: "見出し" / "Heading",
        samples: "入っている内容の例" / "What stands there",
        meaning: "取り込む項目" / "Bring in as",
        check: "この対応で確認する" / "Look with these columns",
        checking: "1行ずつ確認しています" / "Looking at each row",
        checking_note: "この画面は自動で更新されます。閉じても、確認は続きます。" / "This page refreshes itself. The work goes on if you close it.",
        progress: "{total}行のうち{done}行" / "{done} of {total} rows",
        applying: "名簿に適用しています" / "Applying it to the directory",
        applying_note: "すべての行をまとめて適用します。終わるまで、名簿は元のままです。この画面は自動で更新されます。" / "All rows are applied at once; until then the directory is as it was. This page refreshes itself.",
        stuck: "処理が止まっています" / "The work has stopped",
        failed: "処理を完了できませんでした" / "The work could not be finished",
        failed_note: "名簿は変わっていません。もう一度確認してください。続くときは、システム運用者にお知らせください。" / "The directory is as it was. Please look again; if it goes on, tell whoever runs the portal.",
        again: "もう一度確認する" / "Look again",
        overtaken: "確認のあとで名簿が変わりました" / "The directory has changed since you looked",
        overtaken_note: "何も適用していません。今の名簿と比べ直した結果を表示しています。もう一度ご確認ください。" / "Nothing was applied. This is what would become of the rows now; please look again.",
        result: "確認の結果" / "What would become of the rows",
        refused_title: "取り込めない行があります" / "Some rows are refused",
        refused_note: "すべての行を取り込めるようになるまで適用できません。表を直して、もう一度取り込んでください。" / "Nothing can be applied before every row can be taken. Correct the table and bring it in again.",
        nothing_title: "変更する内容はありません" / "There is nothing to change",
        nothing_note: "表の内容は、すべて名簿に登録されています。" / "The directory says all of this already.",
        apply_title: "適用する" / "Apply",
        apply_lead: "{day}から、新規{new}行と変更{changed}行をまとめて適用します。変わるメールアドレスには、お知らせが届きます。一度に適用した変更は、予定の取り消しができません。戻すときは、もう一度変更します。" / "From {day}, {new} new and {changed} changed rows are applied at once. Mail addresses that come or go are told. What is applied at once cannot be taken back as a plan; it is changed again.",
        apply: "適用する" / "Apply",
        other_day: "適用日・列の対応を変える" / "Choose another day or other columns",
        on: "適用日" / "From which day",
        other_day_submit: "この日で確認し直す" / "Look again for this day",
        change_mapping: "列の対応を変える" / "Change which column is which",
        drop: "この取り込みをやめる" / "Give this import up",
        drop_note: "取り込んだ表を消去します。名簿は変わりません。" / "The table is wiped. The directory stays as it is.",
        filter: "結果で絞り込む" / "Filter by result",
        all: "すべて({count})" / "All ({count})",
        one: "{fate}({count})" / "{fate} ({count})",
        row: "行" / "Row",
        fate: "結果" / "Result",
        subject: "構成員・窓口" / "Member and window",
        details: "内容" / "What changes",
        before_to_after: "から" / "to",
        empty: "この結果の行はありません。" / "No row has this result.",
        next: "次の行を見る" / "Next rows",
        first: "最初に戻る" / "Back to the first",
        applied: "適用しました" / "Applied",
        applied_note: "{counts}。{day}から有効です。" / "{counts}. It holds from {day}.",
        to_list: "名簿を見る" / "See the list",
        dropped: "この取り込みは終わりました" / "This import has come to its end",
        dropped_note: "新しい表を取り込んだか、7日間そのままだったため、取り込んだ表は消去されました。名簿は変わっていません。" / "It was given up, or another table took its place, or it lay for seven days. The table was wiped, and the directory is as it was.",
        to_exchange: "新しい表を取り込む" / "Bring in a new table",
    }
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    fate: String,
    page: String,
    columns: String,
}

/// The form again, with what is wrong.
#[derive(Debug, Clone)]
pub struct Again {
    /// The columns that were chosen.
    pub mapping: Option<Mapping>,
    /// The day that was typed.
    pub boxes: [String; 3],
    /// What is wrong.
    pub errors: FieldErrors,
}

#[derive(Template)]
#[template(path = "directory/import.html")]
struct ImportPage {
    chrome: Chrome,
    w: &'static ImportWords,
    lead: String,
    notes: String,
    here: String,
    exchange: String,
    list: String,
    check: String,
    apply: String,
    drop: String,
    view: View,
    refreshes: bool,
    overtaken: bool,
    columns: Vec<FileColumn>,
    boxes: [String; 3],
    errors: FieldErrors,
    progress: (i32, i32, String),
    tallies: Vec<(&'static str, String, bool)>,
    refused: bool,
    ready: bool,
    apply_lead: String,
    applied_note: String,
    filters: Vec<(String, String, bool)>,
    rows: Vec<ShownRow>,
    next: Option<String>,
    first: Option<String>,
}

/// What the page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Mapping,
    Checking,
    Applying,
    Failed,
    Stuck,
    Checked,
    Applied,
    Dropped,
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Segments(place): Segments<Place>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    answer(&state, &viewer, &frame, &place, asked, None).await
}

/// The page, or the form of it again.
pub(super) async fn answer(
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    place: &Place,
    asked: Asked,
    again: Option<Again>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = kept(&mut tx, viewer, &place.ceptoar).await?;
    let import = store::find(&mut tx, &place.ceptoar, place.import).await?.ok_or(WebError::NotFound)?;
    let wants_columns = asked.columns == "change" || again.as_ref().is_some_and(|again| again.mapping.is_some());
    let view = match import.state {
        Progress::Mapping => View::Mapping,
        Progress::Checking | Progress::Applying if import.is_stuck(now) => View::Stuck,
        Progress::Checking => View::Checking,
        Progress::Applying => View::Applying,
        Progress::Checked if wants_columns => View::Mapping,
        Progress::Checked => View::Checked,
        Progress::Applied => View::Applied,
        Progress::Failed => View::Failed,
        Progress::Dropped => View::Dropped,
    };
    let table = if view == View::Mapping { store::content(&mut tx, place.import).await? } else { None };
    // What has to be mended comes first; all rows are a step away.
    let refused = (import.count(Fate::Refused) > 0 && asked.fate.is_empty()).then_some(Fate::Refused);
    let fate = Fate::from_code(&asked.fate).or(refused);
    let number = asked.page.parse().unwrap_or(0).clamp(0, LAST_PAGE);
    let mut rows = Vec::new();
    if view == View::Checked {
        rows = store::rows(&mut tx, place.import, fate, number * PAGE).await?;
    }
    let more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let tx = note_reading(tx, state, viewer, frame, place, &rows).await?;
    tx.commit().await?;
    let scene = Scene { frame, place, import: &import, view };
    let mut page = scene.page(again.as_ref(), table.as_ref());
    page.chrome = chrome(frame, page.w.title, &place.ceptoar, &ceptoar, true);
    page.rows = rows.iter().map(|row| shown(row, &place.ceptoar, frame.language)).collect();
    page.filters = scene.filters(fate);
    let href = |number| scene.href(fate, number);
    page.next = more.then(|| href(number + 1));
    page.first = (number > 0).then(|| href(0));
    Ok(if again.is_some() { Unprocessable(page).into_response() } else { Page(page).into_response() })
}

/// What the page is made of.
struct Scene<'a> {
    frame: &'a Frame,
    place: &'a Place,
    import: &'a Import,
    view: View,
}

impl Scene<'_> {
    fn page(&self, again: Option<&Again>, table: Option<&Table>) -> ImportPage {
        let (import, language) = (self.import, self.frame.language);
        let w = ImportWords::of(language);
        let of = |route| paths::of_import(route, &self.place.ceptoar, import.import_id);
        let day = long_date(import.effective_on, language);
        let number = |fate| thousands(import.count(fate).into());
        let mapping = again.and_then(|again| again.mapping.clone()).unwrap_or_else(|| import.mapping.clone());
        let exchange = paths::of_ceptoar(paths::EXCHANGE, &self.place.ceptoar);
        let list = roster::paths::roster(&self.place.ceptoar);
        let (done, total) = (thousands(import.done.into()), thousands(import.total.into()));
        ImportPage {
            chrome: self.frame.chrome(w.title, &[]),
            w,
            lead: fill(w.lead, &[("day", &day)]),
            notes: self.notes(language),
            here: of(paths::IMPORT),
            exchange,
            list: as_of::on(&list, import.effective_on),
            check: of(paths::CHECK),
            apply: of(paths::APPLY),
            drop: of(paths::DROP),
            view: self.view,
            refreshes: matches!(self.view, View::Checking | View::Applying),
            overtaken: import.overtaken,
            columns: table.map(|t| file_columns(t, import.head_row, &mapping, language)).unwrap_or_default(),
            boxes: again.map_or_else(|| day_boxes(import.effective_on), |again| again.boxes.clone()),
            errors: again.map(|again| again.errors.clone()).unwrap_or_default(),
            progress: (import.done, import.total, fill(w.progress, &[("done", &done), ("total", &total)])),
            tallies: Fate::ALL
                .map(|fate| (fate.label(language), number(fate), fate == Fate::Refused && import.count(fate) > 0))
                .into(),
            refused: import.count(Fate::Refused) > 0,
            ready: import.is_ready(),
            apply_lead: fill(
                w.apply_lead,
                &[("day", &day), ("new", &number(Fate::New)), ("changed", &number(Fate::Changed))],
            ),
            applied_note: fill(w.applied_note, &[("counts", &counts(import, language)), ("day", &day)]),
            filters: Vec::new(),
            rows: Vec::new(),
            next: None,
            first: None,
        }
    }

    fn notes(&self, language: Language) -> String {
        let w = ImportWords::of(language);
        if matches!(self.view, View::Applied | View::Dropped) {
            return String::new();
        }
        let sheet = self.import.sheet.as_ref().map(|sheet| fill(w.sheet, &[("sheet", sheet)]));
        let expires = long_date(japan_day(self.import.expires_at), language);
        [sheet.unwrap_or_default(), fill(w.expires, &[("day", &expires)])].join(" ").trim().to_owned()
    }

    fn href(&self, fate: Option<Fate>, page: i64) -> String {
        let here = paths::of_import(paths::IMPORT, &self.place.ceptoar, self.import.import_id);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        match fate {
            Some(fate) => {
                query.append_pair("fate", fate.code());
            }
            None if self.import.count(Fate::Refused) > 0 => {
                query.append_pair("fate", "all");
            }
            None => {}
        }
        if page > 0 {
            query.append_pair("page", &page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { here } else { format!("{here}?{query}") }
    }

    fn filters(&self, chosen: Option<Fate>) -> Vec<(String, String, bool)> {
        let language = self.frame.language;
        let w = ImportWords::of(language);
        let all = fill(w.all, &[("count", &thousands(self.import.total.into()))]);
        let one = |fate: Fate| {
            let count = self.import.count(fate);
            let label = fill(w.one, &[("fate", fate.label(language)), ("count", &thousands(count.into()))]);
            (count > 0).then(|| (label, self.href(Some(fate), 0), chosen == Some(fate)))
        };
        std::iter::once((all, self.href(None, 0), chosen.is_none()))
            .chain(Fate::ALL.into_iter().filter_map(one))
            .collect()
    }
}

/// Charges the addresses of the directory that the rows tell; whose they are stands in the trail.
async fn note_reading(
    tx: Tx,
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    place: &Place,
    rows: &[StoredRow],
) -> Result<Tx, WebError> {
    let now = state.clock.now();
    let told: i32 = rows.iter().map(|row| row.addresses).sum();
    let shown = Shown {
        account: viewer.account_id,
        addresses: usize::try_from(told).unwrap_or_default(),
        limit: state.config.contact_reads_per_hour,
        request_id: &frame.request_id,
    };
    let mut tx = contact_reads::charge(tx, shown, now).await?;
    let telling = rows.iter().filter(|row| row.addresses > 0);
    let mut organisations: Vec<OrganisationId> =
        telling.filter_map(|row| row.organisation.map(OrganisationId)).collect();
    organisations.sort();
    organisations.dedup();
    if !organisations.is_empty() {
        let subject = place.import.to_string();
        let event = Event::done(now, "contacts.read", "import", &subject)
            .by(viewer.account_id)
            .request(&frame.request_id)
            .detail(serde_json::json!({ "ceptoar": place.ceptoar, "organisations": organisations }));
        audit::record_once_an_hour(&mut tx, event).await?;
    }
    Ok(tx)
}
