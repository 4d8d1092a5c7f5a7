//! Who is in a cross-cutting group as of a day.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use super::edit::GroupPlace;
use super::index::IndexWords;
use crate::features::access::action::{ActivityAction, DirectoryAction};
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::activities::web::shown::Place as Ceptoar;
use crate::features::directory::groups::group::{Group, Kind, Member};
use crate::features::directory::groups::paths;
use crate::features::directory::groups::store::{self, PAGE};
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::sheet::Dated;
use crate::features::directory::roster::web::as_of::AsOf;
use crate::features::directory::roster::web::days::{DayQuery, Days};
use crate::features::directory::roster::web::record::Record;
use crate::features::directory::roster::web::shown::period;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::thousands;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::state::AppState;

/// The last page there is.
const LAST_PAGE: i64 = 500;

crate::words! {
    /// Words of the list.
    pub struct ListingWords {
        title: "「{group}」の構成員" / "Members of {group}",
        count: "構成員の数: {count}" / "Members: {count}",
        joining: "構成員を加える" / "Add a member",
        name: "名称" / "Name",
        period: "期間" / "Period",
        leave: "外す" / "Take out",
        empty_title: "構成員が入っていません" / "Nobody is in it",
        empty_text: "この日か後に、このグループに入っている構成員はありません。" / "No member is in this group on that day or later.",
        next: "次の構成員を見る" / "Next members",
        first: "最初に戻る" / "Back to the first",
    }
}

struct Row {
    name: String,
    href: String,
    period: String,
    leave: Option<String>,
}

#[derive(Template)]
#[template(path = "directory/groups/listing.html")]
struct ListingPage {
    chrome: Chrome,
    w: &'static ListingWords,
    as_of: AsOf,
    as_of_title: String,
    record: Option<Record>,
    here: String,
    count: String,
    rows: Vec<Row>,
    joining: Option<String>,
    /// The first page, where this is a further one.
    first: Option<String>,
    next: Option<String>,
}

/// The page. A firm sees itself alone, on the page of all groups; a ministry nobody.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<GroupPlace>,
    Query(query): Query<DayQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let number = query.page.parse().unwrap_or(0).clamp(0, LAST_PAGE);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = Ceptoar::read(&mut tx, &viewer, (&place.ceptoar, ActivityAction::See), language).await?;
    let may = |action| can(&viewer, action, &RosterFacts::whole(&place.ceptoar));
    if !may(DirectoryAction::LookAtRoster) {
        return Err(WebError::NotFound);
    }
    let days = query.days(may(DirectoryAction::LookBack), japan_day(now), language);
    let at = (place.ceptoar.as_str(), place.group.as_str());
    let group = store::load(&mut tx, at.0, days.day(), Some(at.1), days.until()).await?.pop();
    let days = days.with_nothing(group.is_none());
    // Of a group that was not on record then the page is there, and says so.
    let group = match group {
        None if days.is_old() => {
            store::load(&mut tx, at.0, days.day(), Some(at.1), None).await?.pop().map(Group::unsaid)
        }
        found => found,
    };
    let group = group.filter(|group| group.kind == Kind::CrossCutting).ok_or(WebError::NotFound)?;
    let mut parts = store::parts(&mut tx, at, days.day(), days.until(), (None, number * PAGE)).await?;
    tx.commit().await?;
    let on_a_page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let is_more = parts.len() > on_a_page;
    parts.truncate(on_a_page);
    let keeps = may(DirectoryAction::KeepMember) && days.is_present() && group.of_desk;
    let scene = Scene { place: &place, group: &group, days: &days, keeps, language };
    let w = ListingWords::of(language);
    let page = ListingPage {
        chrome: scene.chrome(&frame, &ceptoar.name),
        w,
        as_of_title: days.as_of.title(language),
        here: scene.here(),
        count: fill(w.count, &[("count", &thousands(group.counted))]),
        rows: parts.iter().map(|part| scene.row(part)).collect(),
        joining: keeps.then(|| paths::of_group(paths::JOINING, &place.ceptoar, &place.group)),
        first: (number > 0).then(|| days.href(&scene.here())),
        next: (is_more && number < LAST_PAGE).then(|| scene.page(number + 1)),
        as_of: days.as_of.clone(),
        record: days.record.clone(),
    };
    Ok(days.answer(page))
}

struct Scene<'a> {
    place: &'a GroupPlace,
    group: &'a Group,
    days: &'a Days,
    keeps: bool,
    language: Language,
}

impl Scene<'_> {
    fn here(&self) -> String {
        paths::of_group(paths::MEMBERS, &self.place.ceptoar, &self.place.group)
    }

    fn page(&self, number: i64) -> String {
        let here = self.days.href(&self.here());
        let joint = if here.contains('?') { '&' } else { '?' };
        format!("{here}{joint}page={number}")
    }

    fn chrome(&self, frame: &Frame, ceptoar: &str) -> Chrome {
        let w = IndexWords::of(self.language);
        let groups = fill(w.title, &[("ceptoar", ceptoar)]);
        let of = |path: String| self.days.href(&path);
        let roster_of = of(roster::roster(&self.place.ceptoar));
        let index = of(paths::of_ceptoar(paths::INDEX, &self.place.ceptoar));
        let way = [frame.home(), (roster::INDEX, w.directory), (&roster_of, ceptoar), (&index, &groups)];
        frame.chrome(fill(ListingWords::of(self.language).title, &[("group", &self.group.words.code)]), &way)
    }

    fn row(&self, part: &Dated<Member>) -> Row {
        let (ceptoar, group) = (&self.place.ceptoar, &self.place.group);
        Row {
            name: self.language.pick(&part.value.name[0], &part.value.name[1]).clone(),
            href: self.days.href(&roster::of_member(roster::MEMBER, ceptoar, part.value.organisation_id)),
            period: period(part.valid, self.days.day(), self.language),
            leave: self.keeps.then(|| paths::leaving(ceptoar, group, part.fact_id)),
        }
    }
}
