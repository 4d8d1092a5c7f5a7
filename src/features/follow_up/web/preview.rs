//! The edition that comes of a follow-up, before it is published; and publishing it.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;

use super::shown::{self, CommonWords};
use crate::features::access::action::{ActivityAction, FollowUpAction};
use crate::features::access::{Action, Viewer, could};
use crate::features::directory::activities;
use crate::features::directory::activities::kind::Kind as ActivityKind;
use crate::features::directory::activities::store::Asked;
use crate::features::directory::activities::tally::CeptoarYear;
use crate::features::directory::activities::web::totals::{self, TotalRow, TotalsWords, reached};
use crate::features::directory::outline::store as outline;
use crate::features::feature_map::PublicPages;
use crate::features::feature_map::compare::{Comparison, compare};
use crate::features::feature_map::edition::{Activity, Bilingual, Ceptoar, Edition};
use crate::features::feature_map::ministries::Ministries;
use crate::features::feature_map::of_day::store as of_day;
use crate::features::feature_map::paths as map;
use crate::features::feature_map::sheet::{self, Sheet};
use crate::features::feature_map::store as editions;
use crate::features::feature_map::web::differences::{Differences, differences};
use crate::features::feature_map::words::MapWords;
use crate::features::follow_up::assembling::{Head, assemble};
use crate::features::follow_up::changes::{ACTIVITIES, StoredChange, disagreements};
use crate::features::follow_up::filling::profile::printed;
use crate::features::follow_up::paths;
use crate::features::follow_up::sheets::store as sheets;
use crate::features::follow_up::state::State as SheetState;
use crate::features::follow_up::store::{self, FollowUp};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Id;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the preview.
    pub struct PreviewWords {
        title: "公表前の確認" / "Preview of the edition",
        lead: "調査票から作られる版です。まだ公表されていません。" / "The edition that the sheets make. It is not published yet.",
        summary: "前回の版との違いは{count}件です。" / "{count} differences from the last edition.",
        agrees: "前回の版との違いは、調査票に記録された変更と一致しています。" / "The differences are exactly the changes recorded on the sheets.",
        disagrees: "前回の版との違いが、調査票に記録された変更と一致していません。公表できません。" / "The differences are not the changes recorded on the sheets. This cannot be published.",
        moved: "概要に載せる活動の記録が、調査票の提出後に訂正または取り消されています。調査票を差し戻してください。" / "An activity to be printed was corrected or taken back since. Please send the sheet back.",
        open_heading: "まだ確認済みでない調査票" / "Sheets that are not confirmed yet",
        publish_heading: "公表する" / "Publish",
        publish_lead: "「{as_of}」の版として公表します。公表した版は、あとから変更できません。" / "Publishes the edition {as_of}. It cannot be changed afterwards.",
        becomes_fact: "名称・担当部署・構成員の数の変更は、調査票に書かれた日から名簿に反映されます。事務局の組織や法人格が変わるときは、反映されません。センターが別に登録します。" / "Changes of names, departments and numbers become facts of the directory from the day on the sheet. Another organisation as secretariat, or another legal form, does not: the centre registers that apart.",
        publish_not_yet: "すべての調査票が確認済みになると、公表できます。" / "It can be published when every sheet is confirmed.",
        publish_others: "公表は、NISCの承認者が行います。" / "An approver of the centre publishes it.",
        sure: "合計と前回の版との違いを確かめました" / "I have looked at the totals and the differences",
        sure_missing: "内容を確かめて、チェックを入れてください。" / "Please look at it and tick the box.",
        publish: "{as_of}の版を公表する" / "Publish the edition {as_of}",
        activities_heading: "年度の活動状況" / "Activities of the year",
        activities_link: "活動状況の集計を見る" / "See the totals",
        sheet_heading: "表の見え方" / "The sheet",
    }
}

#[derive(Template)]
#[template(path = "follow_up/preview.html")]
struct PreviewPage {
    chrome: Chrome,
    pw: &'static PreviewWords,
    /// Words of the map, which its sheet is laid out with.
    w: &'static MapWords,
    language: Language,
    edition: Edition,
    sheet: Sheet,
    as_of: String,
    summary: String,
    shown: Differences,
    disagreements: Vec<(String, String)>,
    /// Sheets that are not confirmed: name, state, address.
    open: Vec<(String, &'static str, String)>,
    publishes: bool,
    action: String,
    errors: FieldErrors,
    /// The year's activities in numbers.
    rows: Vec<TotalRow>,
    tw: &'static TotalsWords,
    tc: &'static activities::web::shown::CommonWords,
    activities: String,
}

/// The edition of a follow-up with everything that is to be known before it is published.
struct Draft {
    follow_up: FollowUp,
    last: Edition,
    edition: Edition,
    comparison: Comparison,
    disagreements: Vec<(String, String)>,
    open: Vec<(String, SheetState)>,
    /// What was done in the year, and in the one before.
    activities: [Vec<CeptoarYear>; 2],
}

impl Draft {
    async fn read(tx: &mut Tx, viewer: &Viewer, year: i32, today: NaiveDate) -> Result<Self, WebError> {
        let follow_up = store::follow_up(tx, year).await?.ok_or(WebError::NotFound)?;
        let all = editions::editions(tx).await?;
        let last = all.into_iter().find(|e| e.id == follow_up.base_edition).ok_or(WebError::NotFound)?;
        let contents = sheets::contents(tx, follow_up.follow_up_id).await?;
        let [ja, en] = outline::centre_name(tx).await?;
        let head = Head {
            as_of: follow_up.as_of,
            publisher: Bilingual { ja, en },
            plan: follow_up.plan.clone(),
            sectors: of_day::sectors(tx, follow_up.as_of).await?,
        };
        let kept: Vec<(String, Vec<StoredChange>)> =
            contents.iter().map(|(_, c, changes)| (c.id.clone(), changes.clone())).collect();
        let open = contents.iter().filter(|(state, _, _)| *state != SheetState::Confirmed);
        let open = open.map(|(state, c, _)| (c.id.clone(), *state)).collect();
        let moved = moved(tx, year, contents.iter().map(|(_, c, _)| c)).await?;
        let edition = assemble(&last, &head, contents.into_iter().map(|(_, c, _)| c).collect());
        let comparison = compare(&last, &edition, &Ministries::of_reference()?);
        let mut disagreements = disagreements(&kept, &comparison);
        disagreements.extend(moved.into_iter().map(|id| (id, ACTIVITIES.to_owned())));
        let this = reached(tx, viewer, ActivityAction::LookOver, (year, today)).await?;
        let before = reached(tx, viewer, ActivityAction::LookOver, (year - 1, today)).await?;
        Ok(Self { follow_up, last, edition, comparison, disagreements, open, activities: [this, before] })
    }

    fn page(&self, viewer: &Viewer, frame: &Frame, errors: FieldErrors) -> PreviewPage {
        let language = frame.language;
        let pw = PreviewWords::of(language);
        let year = self.follow_up.fiscal_year;
        let board = paths::of_year(paths::BOARD, year);
        let title = shown::title(year, language);
        let way = [frame.home(), (paths::INDEX, CommonWords::of(language).title), (board.as_str(), title.as_str())];
        let mut shown = differences(&self.comparison, (&self.last, &self.edition), language);
        // Its profiles are there when it is published.
        shown.tables.iter_mut().flat_map(|table| &mut table.rows).for_each(|row| row.href = None);
        let mut sheet = sheet::sheet(&self.edition, language);
        for column in sheet.sectors.iter_mut().flat_map(|sector| &mut sector.columns) {
            column.href = paths::of_sheet(paths::SHEET, year, &column.id);
        }
        let name = |id: &str| {
            let name = self.edition.ceptoar(id).and_then(|c| c.name.as_ref());
            name.map_or_else(|| id.to_owned(), |n| n.pick(language).to_owned())
        };
        let open = self
            .open
            .iter()
            .map(|(id, state)| (name(id), state.label(language), paths::of_sheet(paths::SHEET, year, id)));
        let odd = |kind: &String| if kind == ACTIVITIES { pw.moved.to_owned() } else { kind.clone() };
        PreviewPage {
            chrome: frame.chrome(pw.title, &way),
            pw,
            w: MapWords::of(language),
            language,
            sheet,
            as_of: self.edition.as_of_display.pick(language).to_owned(),
            summary: fill(pw.summary, &[("count", &self.comparison.differences.len().to_string())]),
            shown,
            disagreements: self.disagreements.iter().map(|(id, kind)| (name(id), odd(kind))).collect(),
            open: open.collect(),
            publishes: could(viewer, Action::FollowUp(FollowUpAction::Publish)),
            action: paths::of_year(paths::PUBLICATION, year),
            errors,
            rows: totals::rows(year, &self.activities[0], &self.activities[1], language),
            tw: TotalsWords::of(language),
            tc: activities::web::shown::CommonWords::of(language),
            activities: activities::paths::totals(year),
            edition: self.edition.clone(),
        }
    }
}

/// The CEPTOARs whose activities to be printed are not on record any more as they stand on the sheet: their desk thought
/// better of one.
async fn moved<'a>(
    tx: &mut Tx,
    year: i32,
    ceptoars: impl Iterator<Item = &'a Ceptoar>,
) -> Result<Vec<String>, WebError> {
    let printing: Vec<&Ceptoar> = ceptoars.filter(|c| !c.profile.activities.is_empty()).collect();
    let ids: Vec<String> = printing.iter().map(|c| c.id.clone()).collect();
    let asked = Asked {
        ceptoars: &ids,
        year: Some(year),
        activity: None,
        kinds: &ActivityKind::ALL,
        taken_back: false,
        page: None,
    };
    let now: Vec<Activity> =
        activities::store::entries(tx, asked).await?.iter().map(|(_, entry)| printed(entry)).collect();
    let moved = printing.into_iter().filter(|c| c.profile.activities.iter().any(|activity| !now.contains(activity)));
    Ok(moved.map(|c| c.id.clone()).collect())
}

/// The preview.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(year): Id<i32>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let draft = Draft::read(&mut tx, &viewer, year, japan_day(now)).await?;
    tx.commit().await?;
    if draft.follow_up.published_at.is_some() {
        return Ok(Redirect::to(&map::edition(&draft.edition.id)).into_response());
    }
    Ok(Page(draft.page(&viewer, &frame, FieldErrors::default())).into_response())
}

/// What is ticked to publish.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct PublishForm {
    sure: String,
}

/// What is said where the edition cannot be published (any more).
const NOT_NOW: Said = Said {
    ja: "この版は公表できません。確認済みでない調査票があるか、記録された変更と違いがあります。確認の画面を開き直してください。",
    en: "This edition cannot be published: a sheet is not confirmed, or the changes do not agree. Please open the preview again.",
};

/// Publishes the edition.
pub async fn publish(
    State(state): State<AppState>,
    State(pages): State<PublicPages>,
    viewer: Viewer,
    frame: Frame,
    Id(year): Id<i32>,
    Form(form): Form<PublishForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let draft = Draft::read(&mut tx, &viewer, year, japan_day(now)).await?;
    if draft.follow_up.published_at.is_some() {
        return Err(shown::frozen());
    }
    if form.sure != "true" {
        let mut errors = FieldErrors::default();
        errors.add("sure", PreviewWords::of(frame.language).sure_missing);
        return Ok(Unprocessable(draft.page(&viewer, &frame, errors)).into_response());
    }
    let id = draft.follow_up.follow_up_id;
    if !draft.disagreements.is_empty() || !draft.open.is_empty() || !store::publish(&mut tx, id, &draft.edition).await?
    {
        return Err(WebError::Conflict(NOT_NOW));
    }
    let detail = serde_json::json!({
        "edition": draft.edition.id, "ceptoars": draft.edition.ceptoars.len(), "differences": draft.comparison.differences.len() });
    let subject = year.to_string();
    let event = Event::done(now, "follow_up.publish", "follow_up", &subject).by(viewer.account_id);
    audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    tx.commit().await?;
    pages.look_again();
    Ok(Redirect::to(&map::edition(&draft.edition.id)).into_response())
}
