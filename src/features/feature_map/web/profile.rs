//! The profile of a CEPTOAR or liaison council, as an edition tells it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::files::content_type;
use super::paper;
use super::shelf::{PublicPages, Published};
use crate::features::access::web::extract::MaybeViewer;
use crate::features::feature_map::edition::{Edition, Profile, Status};
use crate::features::feature_map::over_editions::{OtherName, Stop, Subject, other_names, stops};
use crate::features::feature_map::sheet::{self, CellWords, ChannelLine, Column, SecretariatLines};
use crate::features::feature_map::words::ProfileWords;
use crate::features::feature_map::{json, paths};
use crate::kernel::clock;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::fiscal_year;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;

#[derive(Template)]
#[template(path = "feature_map/profile.html")]
struct ProfilePage<'a> {
    chrome: Chrome,
    w: &'static ProfileWords,
    language: Language,
    edition: &'a Edition,
    subject: Subject<'a>,
    profile: &'a Profile,
    kind: &'static str,
    name: String,
    sector: &'a str,
    other_names: Vec<OtherName>,
    column: Option<Column>,
    council_secretariats: Vec<SecretariatLines>,
    council_members: Vec<(String, String)>,
    belongs: Vec<(String, String)>,
    channels_in_profile: Vec<ChannelLine>,
    planned: bool,
    activities_heading: String,
    stops: Vec<Stop>,
    map_href: String,
    pdf_href: String,
    json_href: String,
}

/// What the address may carry.
#[derive(Debug, Default, serde::Deserialize)]
pub struct ProfileQuery {
    edition: Option<String>,
}

/// In which form a profile is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Page,
    Json,
    Pdf,
}

/// The profile in the newest edition that has it, or in the one asked for; `.json` for machines, `.pdf` for paper.
pub async fn get(
    State(pages): State<PublicPages>,
    MaybeViewer(viewer): MaybeViewer,
    mut frame: Frame,
    Path(name): Path<String>,
    Query(query): Query<ProfileQuery>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let editions = pages.editions().await?;
    let (id, form) = match name.rsplit_once('.') {
        Some((id, "json")) => (id, Form::Json),
        Some((id, "pdf")) => (id, Form::Pdf),
        Some(_) | None => (name.as_str(), Form::Page),
    };
    let edition = match &query.edition {
        Some(edition) => editions.iter().find(|e| e.id == *edition),
        None => editions.iter().rev().find(|e| Subject::find(e, id).is_some()),
    };
    let edition = edition.ok_or(WebError::NotFound)?;
    let subject = Subject::find(edition, id).ok_or(WebError::NotFound)?;
    let address = query.edition.as_ref().map_or_else(|| paths::newest_profile(&name), |e| paths::profile(&name, e));
    if form == Form::Pdf {
        return paper::answer_profile((&pages, &editions), edition, (subject, id), frame.language, &headers).await;
    }
    if form == Form::Json {
        let file = pages.page(&editions, &address, frame.language, || {
            let body = match subject {
                Subject::Ceptoar(c) => json::ceptoar(edition, c)?,
                Subject::Council(c) => json::council(edition, c)?,
            };
            Published::new(body, &[content_type("application/json; charset=utf-8")])
        })?;
        return Ok(file.answer(&headers));
    }
    if viewer.is_some() {
        return Ok(Page(page(&editions, edition, subject, id, &frame)).into_response());
    }
    frame.for_everybody();
    let page = pages.page(&editions, &address, frame.language, || {
        let html = page(&editions, edition, subject, id, &frame).render()?;
        Published::new(html.into_bytes(), &[content_type("text/html; charset=utf-8")])
    })?;
    Ok(page.answer(&headers))
}

fn page<'a>(
    editions: &Arc<Vec<Edition>>,
    edition: &'a Edition,
    subject: Subject<'a>,
    id: &str,
    frame: &Frame,
) -> ProfilePage<'a> {
    let language = frame.language;
    let w = ProfileWords::of(language);
    let sector = edition.sector(subject.sector()).map_or("", |s| s.name.pick(language));
    let name = subject.name(language).map_or_else(|| fill(w.unnamed, &[("sector", sector)]), ToOwned::to_owned);
    let map_href = paths::edition(&edition.id);
    let way = [frame.home(), (map_href.as_str(), w.map)];
    let mut chrome = frame.chrome(name.clone(), &way);
    chrome.path = paths::profile(id, &edition.id);
    let (column, council_secretariats, council_members, channels_in_profile, planned) = match subject {
        Subject::Ceptoar(c) => {
            let column = sheet::column(edition, c, &map_href, language);
            let channels = sheet::channel_lines(&c.channels_in_profile, language);
            (Some(column), Vec::new(), Vec::new(), channels, c.status == Status::Planned)
        }
        Subject::Council(c) => {
            let mut desks: Vec<SecretariatLines> = c.secretariats.iter().map(|s| sheet::lines(s, language)).collect();
            if desks.is_empty() {
                let none = CellWords::of(language).no_secretariat.to_owned();
                desks.push(SecretariatLines { organisation: none, unit: None });
            }
            let member = |id: &String| {
                let name = edition.ceptoar(id).and_then(|m| m.name.as_ref()).map_or(id.as_str(), |n| n.pick(language));
                (paths::profile(id, &edition.id), name.to_owned())
            };
            (None, desks, c.members.iter().map(member).collect(), Vec::new(), false)
        }
    };
    // The activities are those of the fiscal year that ends with the edition.
    let year = fiscal_year(clock::fiscal_year(edition.as_of), language);
    ProfilePage {
        chrome,
        w,
        language,
        profile: subject.profile(),
        kind: if column.is_some() { w.kind_ceptoar } else { w.kind_council },
        name,
        sector,
        other_names: other_names(editions, edition, id, language),
        column,
        council_secretariats,
        council_members,
        belongs: belongs(edition, id, language),
        channels_in_profile,
        planned,
        activities_heading: fill(w.activities, &[("year", &year)]),
        stops: stops(editions, edition, id, language),
        pdf_href: paths::profile_pdf(id, &edition.id),
        json_href: format!("/ceptoars/{id}.json?edition={}", edition.id),
        map_href,
        edition,
        subject,
    }
}

/// The liaison councils that a CEPTOAR belongs to in the edition: address and name.
fn belongs(edition: &Edition, id: &str, language: Language) -> Vec<(String, String)> {
    let councils = edition.liaison_councils.iter().filter(|council| council.members.iter().any(|member| member == id));
    councils.map(|c| (paths::profile(&c.id, &edition.id), c.name.pick(language).to_owned())).collect()
}
