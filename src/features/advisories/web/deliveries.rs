//! 配信状況: how far an item has got. Each viewer sees the parts that follow from the roles: the centre
//! all CEPTOARs by organisation, a desk its own with windows and addresses, a ministry numbers, and
//! everybody who answers for an organisation its own rows.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};

use super::deliveries_words::DeliveriesWords;
use super::progress::{ProgressFragment, ProgressView};
use super::reading::nothing_here;
use super::recipients::RecipientRow;
use crate::features::access::Viewer;
use crate::features::advisories::advisory::State as ItemState;
use crate::features::advisories::measures;
use crate::features::advisories::measures::measure::Member;
use crate::features::advisories::measures::web::shown::MeasureLine;
use crate::features::advisories::onward;
use crate::features::advisories::onward::web::shown::HubList;
use crate::features::advisories::paths;
use crate::features::advisories::reading::deliveries::recipient::{Narrow, Recipient};
use crate::features::advisories::reading::deliveries::road::Road;
use crate::features::advisories::reading::deliveries::shared;
use crate::features::advisories::reading::deliveries::store::{self as watching, Asked, PAGE};
use crate::features::advisories::reading::deliveries::watch::Watch;
use crate::features::advisories::reading::store::{self, Found};
use crate::features::advisories::receipts;
use crate::features::advisories::record;
use crate::features::advisories::record::words::RecordWords;
use crate::features::advisories::versions::step::nth;
use crate::features::advisories::versions::web::shown::{self, mark};
use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_time;
use crate::kernel::sharing_level::SharingLevel;
use crate::kernel::stage::Stage;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::contact_reads::{self, Shown};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::Choice;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

/// What the address may carry.
#[derive(Debug, Default, serde::Deserialize)]
pub struct DeliveriesQuery {
    #[serde(default)]
    fragment: String,
    #[serde(default)]
    ceptoar: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    page: i64,
    #[serde(default)]
    published: Option<String>,
}

#[derive(Debug)]
struct RecipientList {
    title: String,
    ceptoar: String,
    with_windows: bool,
    /// Whose addresses are shown.
    organisations: Vec<OrganisationId>,
    rows: Vec<RecipientRow>,
    choices: Vec<Choice>,
    narrow: bool,
    before: Option<String>,
    after: Option<String>,
    desk: Option<DeskLinks>,
    hubs: Option<HubList>,
}

/// What the desk of the CEPTOAR can do about its members.
#[derive(Debug)]
struct DeskLinks {
    calls: String,
    script: String,
    /// None where the named persons alone acknowledge.
    code: Option<String>,
}

#[derive(Template)]
#[template(path = "advisories/deliveries.html")]
struct DeliveriesPage {
    chrome: Chrome,
    w: &'static DeliveriesWords,
    here: String,
    fragment: String,
    number: String,
    title: String,
    level: SharingLevel,
    drill: bool,
    published: String,
    answer_due: String,
    progress: Option<ProgressView>,
    record: Option<RecordForm>,
    list: Option<RecipientList>,
    own: Option<RecipientList>,
    /// 第2報, and that it is old.
    version: String,
    mark: Option<(&'static str, &'static str)>,
}

/// Saving what the page shows.
struct RecordForm {
    w: &'static RecordWords,
    action: String,
    buttons: Vec<(&'static str, &'static str)>,
}

impl RecordForm {
    fn of(id: AdvisoryId, watch: &Watch, language: Language) -> Self {
        Self {
            w: RecordWords::of(language),
            action: record::paths::record(id),
            buttons: record::web::buttons(watch, language),
        }
    }
}

struct Context<'a> {
    id: AdvisoryId,
    found: &'a Found,
    watch: &'a Watch,
    language: Language,
    now: DateTime<Utc>,
}

/// The page, one CEPTOAR's recipients on it, or only the part that refreshes.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<AdvisoryId>,
    Query(query): Query<DeliveriesQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let found = store::find(&mut tx, &viewer, id).await?.filter(|f| f.envelope.state == ItemState::Published);
    let watch = found
        .as_ref()
        .map(|f| Watch::of(&viewer, f.envelope.level, f.case_team, &f.hats))
        .filter(|watch| !watch.is_empty())
        // A CEPTOAR that is not the viewer's has no page, like one that does not exist.
        .filter(|watch| query.ceptoar.is_empty() || watch.lists(&query.ceptoar))
        .filter(|watch| query.fragment.is_empty() || watch.has_board());
    let (Some(found), Some(watch)) = (found, watch) else {
        drop(tx);
        return Err(nothing_here(&state, &viewer, &frame, id, "advisory.deliveries").await);
    };
    let context = Context { id, found: &found, watch: &watch, language: frame.language, now };
    let w = DeliveriesWords::of(frame.language);
    if !query.fragment.is_empty() {
        tx.commit().await?;
        let road = shared::road(&state.db, &viewer, now, &watch, id).await?;
        return Ok(Page(ProgressFragment { w, progress: context.progress(&road) }).into_response());
    }
    let progress =
        if watch.has_board() { Some(context.progress(&Road::read(&mut tx, &watch, id).await?)) } else { None };
    let history = shown::history(&mut tx, &viewer, &found).await?;
    let list = if query.ceptoar.is_empty() { None } else { context.ceptoar_list(&mut tx, &query).await? };
    let own = if query.ceptoar.is_empty() { context.own_list(&mut tx).await? } else { None };
    if let Some(list) = list.as_ref().filter(|list| list.with_windows) {
        record_addresses(&mut tx, &viewer, &frame, id, list, now).await?;
    }
    let addresses = list.iter().chain(&own).flat_map(|list| &list.rows).filter(|row| !row.address.is_empty()).count();
    let shown = Shown {
        account: viewer.account_id,
        addresses,
        limit: state.config.contact_reads_per_hour,
        request_id: &frame.request_id,
    };
    let tx = contact_reads::charge(tx, shown, now).await?;
    tx.commit().await?;
    let e = &found.envelope;
    let title = found.text.as_ref().map_or_else(|| w.sealed.to_owned(), |text| text.title.clone());
    let (here, item) = (paths::deliveries(id), paths::show(id));
    let mut way = vec![frame.home(), (paths::INDEX, w.list), (item.as_str(), e.number.as_str())];
    if list.is_some() {
        way.push((here.as_str(), w.title));
    }
    let page_title = list.as_ref().map_or_else(|| w.title.to_owned(), |list| list.title.clone());
    let mut chrome = frame.chrome(page_title, &way);
    if query.published.is_some() && found.case_team {
        chrome = chrome.with_flash("success", w.just_published);
    }
    Ok(Page(DeliveriesPage {
        chrome,
        w,
        fragment: format!("{here}?fragment=progress"),
        here: here.clone(),
        number: e.number.clone(),
        title,
        level: e.level,
        drill: e.drill,
        published: e.published_at.map_or_else(String::new, |at| long_time(at, frame.language)),
        answer_due: context.answer_due().map_or_else(String::new, |at| long_time(at, frame.language)),
        record: (list.is_none() && watch.has_board()).then(|| RecordForm::of(id, &watch, frame.language)),
        progress: if list.is_some() { None } else { progress },
        list,
        own,
        version: history.version().map_or_else(String::new, |version| nth(version.number, frame.language)),
        mark: mark(history.superseded, history.withdrawn, frame.language),
    })
    .into_response())
}

impl Context<'_> {
    /// A sealed envelope does not tell when answers are due.
    fn answer_due(&self) -> Option<DateTime<Utc>> {
        self.found.envelope.answer_due.filter(|_| self.found.text.is_some())
    }

    fn progress(&self, road: &Road) -> ProgressView {
        ProgressView::of(road, self.watch, &self.found.envelope, (self.language, self.now))
    }

    fn asked(&self) -> Asked<'static> {
        Asked {
            ceptoars: None,
            organisations: None,
            members_only: self.found.envelope.level == SharingLevel::Red,
            with_windows: true,
            narrow: None,
            answer_due: self.found.envelope.answer_due,
            now: self.now,
            skip: 0,
            page: PAGE,
        }
    }

    fn row(&self, recipient: Recipient) -> RecipientRow {
        let late = self.found.envelope.answer_due.is_some_and(|due| due < self.now);
        RecipientRow::of(recipient, late, self.language)
    }

    /// Rows with the way to each member's receipts, once for each member, for the desk that enters them.
    fn rows_of_desk(&self, recipients: Vec<Recipient>, ceptoar: &str, said: &[Member]) -> Vec<RecipientRow> {
        let enters = self.watch.names_windows(ceptoar) && self.found.envelope.level != SharingLevel::Red;
        let mut last = None;
        let mut rows = Vec::with_capacity(recipients.len());
        for recipient in recipients {
            let this = Some((recipient.stage, recipient.organisation_id));
            let first = last != this && recipient.stage == Stage::Member && !recipient.held;
            last = this;
            let receipt =
                (enters && first).then(|| receipts::paths::receipt(self.id, ceptoar, recipient.organisation_id));
            let said = said.iter().find(|member| first && member.organisation_id == recipient.organisation_id);
            let measure = said.map(|member| MeasureLine::of(member, self.id, enters, self.language));
            rows.push(RecipientRow { receipt, measure, ..self.row(recipient) });
        }
        rows
    }

    fn links(&self, ceptoar: &str) -> DeskLinks {
        let enters = self.found.envelope.level != SharingLevel::Red;
        DeskLinks {
            calls: receipts::paths::calls(self.id, ceptoar),
            script: receipts::paths::script(self.id, ceptoar),
            code: enters.then(|| receipts::paths::code(self.id, ceptoar)),
        }
    }

    async fn ceptoar_list(&self, tx: &mut Tx, query: &DeliveriesQuery) -> Result<Option<RecipientList>, WebError> {
        let w = DeliveriesWords::of(self.language);
        let narrow = Narrow::from_code(&query.state);
        let with_windows = self.watch.names_windows(&query.ceptoar);
        let skip = query.page.clamp(0, 10_000);
        let ceptoars = [query.ceptoar.clone()];
        let asked = Asked { ceptoars: Some(&ceptoars), with_windows, narrow, skip, ..self.asked() };
        let mut recipients = watching::recipients(tx, self.id, asked).await?;
        let Some((ja, en)) = watching::ceptoar_name(tx, &query.ceptoar).await? else {
            return Err(WebError::NotFound);
        };
        let more = i64::try_from(recipients.len()).is_ok_and(|n| n > PAGE);
        recipients.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
        let code = narrow.map_or("", Narrow::code);
        let href =
            |page: i64| format!("{}?ceptoar={}&state={code}&page={page}", paths::deliveries(self.id), query.ceptoar);
        let shown: Vec<_> = recipients.iter().filter(|r| r.stage == Stage::Member).map(|r| r.organisation_id).collect();
        let said = measures::store::members(tx, self.id, Some(&query.ceptoar), &shown).await?;
        let hubs = onward::store::hubs(tx, self.id, Some(&query.ceptoar), None).await?;
        let mut choices = vec![choice("", w.all, code)];
        choices.extend(Narrow::ALL.map(|n| choice(n.code(), n.label(self.language), code)));
        Ok(Some(RecipientList {
            title: fill(w.list_title, &[("ceptoar", self.language.pick(&ja, &en))]),
            ceptoar: query.ceptoar.clone(),
            with_windows,
            organisations: with_addresses(&recipients),
            rows: self.rows_of_desk(recipients, &query.ceptoar, &said),
            choices,
            narrow: narrow.is_some(),
            before: (skip > 0).then(|| href(skip - 1)),
            after: more.then(|| href(skip + 1)),
            desk: with_windows.then(|| self.links(&query.ceptoar)),
            hubs: HubList::of(&hubs, self.id, with_windows, self.language),
        }))
    }

    async fn own_list(&self, tx: &mut Tx) -> sqlx::Result<Option<RecipientList>> {
        if self.watch.own.is_empty() {
            return Ok(None);
        }
        let w = DeliveriesWords::of(self.language);
        let asked = Asked { organisations: Some(&self.watch.own), ..self.asked() };
        let recipients = watching::recipients(tx, self.id, asked).await?;
        Ok(Some(RecipientList {
            title: w.own_title.to_owned(),
            ceptoar: String::new(),
            with_windows: true,
            organisations: with_addresses(&recipients),
            rows: recipients.into_iter().map(|r| self.row(r)).collect(),
            choices: Vec::new(),
            narrow: false,
            before: None,
            after: None,
            desk: None,
            hubs: None,
        }))
    }
}

/// Those whose address stands in the list: a ministry's windows are listed without.
fn with_addresses(recipients: &[Recipient]) -> Vec<OrganisationId> {
    let shown = |r: &&Recipient| r.copy.as_ref().is_some_and(|copy| copy.address.is_some());
    recipients.iter().filter(shown).map(|r| r.organisation_id).collect()
}

/// Whose addresses a desk was shown. Its own organisation's are not others'.
async fn record_addresses(
    tx: &mut Tx,
    viewer: &Viewer,
    frame: &Frame,
    id: AdvisoryId,
    list: &RecipientList,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let mut organisations = list.organisations.clone();
    organisations.retain(|id| viewer.affiliations.iter().all(|a| a.organisation_id != *id));
    organisations.sort();
    organisations.dedup();
    if organisations.is_empty() {
        return Ok(());
    }
    let subject = id.to_string();
    let event = Event::done(now, "contacts.read", "advisory", &subject)
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({ "ceptoar": list.ceptoar, "organisations": organisations }));
    audit::record_once_an_hour(tx, event).await
}

fn choice(value: &str, label: &str, chosen: &str) -> Choice {
    Choice { value: value.into(), label: label.into(), explanation: String::new(), chosen: value == chosen }
}
