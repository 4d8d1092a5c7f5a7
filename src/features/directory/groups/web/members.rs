//! Who is in a cross-cutting group: taking a member in, and its leaving. A member is found by its name, since a CEPTOAR may
//! have more than a thousand.

use std::collections::HashMap;

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use uuid::Uuid;

use super::desk::{Desk, change, cross_cutting, waited};
use super::edit::{GroupPlace, can_end};
use super::forms::{self, FormWords, What};
use crate::features::access::Viewer;
use crate::features::directory::groups::group::{self, Member};
use crate::features::directory::groups::{changing, store};
use crate::features::directory::roster::changes::ChangeError;
use crate::features::directory::roster::sheet::Dated;
use crate::features::directory::roster::web::edit::actor;
use crate::features::directory::roster::web::fields::Typed;
use crate::features::directory::roster::web::plain_form::{self, fault, kept};
use crate::features::directory::roster::web::reading::Reader;
use crate::kernel::clock::japan_day;
use crate::kernel::text;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// How many members are offered at once.
const MOST: usize = 20;
/// The longest part of a name.
const LONGEST_NAME: usize = 100;

/// A member's part in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct PartPlace {
    ceptoar: String,
    group: String,
    fact: Uuid,
}

/// The form for taking a member in.
pub async fn get_joining(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<GroupPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = kept(&mut tx, &viewer, &frame, &place.ceptoar).await?;
    let group = cross_cutting(&mut tx, &place.ceptoar, &place.group, today).await?;
    tx.commit().await?;
    // Into a group that is only planned nobody comes before it begins.
    let first = group.valid.from.filter(|from| *from > today).unwrap_or(today);
    let desk = Desk::new(What::Joining, &frame, (&place.ceptoar, ceptoar), today).with(&group);
    let typed = forms::prefilled(Some(&group), desk.what, first);
    Ok(desk.form().page(desk.fields(&typed), &typed))
}

/// Takes a member in.
pub async fn post_joining(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<GroupPlace>,
    Form(mut typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let (today, language) = (japan_day(now), frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = waited(&mut tx, &viewer, &frame, &place.ceptoar).await?;
    let group = cross_cutting(&mut tx, &place.ceptoar, &place.group, today).await?;
    let ceptoar_id = place.ceptoar.as_str();
    let mut desk = Desk::new(What::Joining, &frame, (ceptoar_id, ceptoar), today).with(&group);
    // Which of the members found; the form has that field only after a search.
    let chosen = typed.remove("organisation").unwrap_or_default();
    let mut typed = plain_form::known(typed, &desk.fields(&Typed::default()))?;
    typed.set("organisation", chosen);
    if let Some(answer) = desk.overtaken(&typed) {
        return Ok(answer);
    }
    let mut reader = Reader::new(&typed, language, today);
    let name = reader.errors.take("member", text::filled_line(typed.get("member"), LONGEST_NAME), language);
    let (on, reason) = (reader.day("on"), reader.needed_reason());
    let mut errors = reader.errors;
    if errors.at("on").is_empty() && !group.valid.holds_on(on) {
        errors.add("on", FormWords::of(language).no_group);
    }
    let member = match errors.at("member").is_empty() {
        true => found(&mut tx, &mut desk, &typed, &name, on, &mut errors).await?,
        false => None,
    };
    let (Some(member), true) = (member, errors.is_empty()) else {
        return Ok(desk.wrong(&typed, errors));
    };
    if store::staying(&mut tx, &group.group_id, on, Some(member.organisation_id)).await? > 0 {
        return Ok(desk.said_at(&typed, "member", FormWords::of(language).already));
    }
    typed.set("organisation", member.organisation_id.to_string());
    desk.found = vec![member.clone()];
    let change = change(on, reason, Vec::new(), group::of_part(&group, &member.name));
    if let Some(answer) = desk.not_yet(&typed, &change) {
        return Ok(answer);
    }
    let actor = actor(&viewer, ceptoar_id, member.organisation_id, &frame, now);
    match changing::join(&mut tx, actor, ceptoar_id, &group, &change, &member).await {
        Ok(()) => tx.commit().await?,
        Err(ChangeError::NoMember) => return Ok(desk.said_at(&typed, "member", FormWords::of(language).nobody)),
        Err(ChangeError::Overlap) => return Ok(desk.said_at(&typed, "member", FormWords::of(language).already)),
        Err(error) => return Err(fault(error)),
    }
    Ok(desk.form().done("joined"))
}

/// The member that is meant; otherwise what to do, and those to choose from.
async fn found(
    tx: &mut Tx,
    desk: &mut Desk<'_>,
    typed: &Typed,
    name: &str,
    on: NaiveDate,
    errors: &mut FieldErrors,
) -> Result<Option<Member>, WebError> {
    let w = FormWords::of(desk.frame.language);
    let pattern = text::like_pattern(&text::search_words(name));
    let limit = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
    let mut matching = store::matching(tx, desk.ceptoar_id, on, (&pattern, name), limit).await?;
    let chosen = matching.iter().position(|member| member.organisation_id.to_string() == typed.get("organisation"));
    let mut exact = matching.iter().enumerate().filter(|(_, member)| member.name.iter().any(|known| known == name));
    // A name typed in full goes before what was chosen among those found for an earlier one.
    let named = match (exact.next(), exact.next()) {
        (Some((place, _)), None) => Some(place),
        (_, _) => None,
    };
    if let Some(place) = named.or(chosen).or((matching.len() == 1).then_some(0)) {
        return Ok(Some(matching.swap_remove(place)));
    }
    if matching.is_empty() {
        errors.add("member", w.nobody);
    } else if matching.len() > MOST {
        errors.add("member", w.too_many);
    } else {
        errors.add("organisation", w.several);
        desk.found = matching;
    }
    Ok(None)
}

/// The form for a member's leaving.
pub async fn get_leaving(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<PartPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = kept(&mut tx, &viewer, &frame, &place.ceptoar).await?;
    let group = cross_cutting(&mut tx, &place.ceptoar, &place.group, today).await?;
    let part = part_of(&mut tx, &place, today).await?;
    tx.commit().await?;
    let mut desk = Desk::new(What::Leaving, &frame, (&place.ceptoar, ceptoar), today).with(&group);
    desk.part = Some(&part);
    let typed = forms::prefilled(Some(&group), desk.what, today);
    Ok(desk.form().page(desk.fields(&typed), &typed))
}

/// A member leaves.
pub async fn post_leaving(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<PartPlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let (today, language) = (japan_day(now), frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = waited(&mut tx, &viewer, &frame, &place.ceptoar).await?;
    let group = cross_cutting(&mut tx, &place.ceptoar, &place.group, today).await?;
    let part = part_of(&mut tx, &place, today).await?;
    let ceptoar_id = place.ceptoar.as_str();
    let mut desk = Desk::new(What::Leaving, &frame, (ceptoar_id, ceptoar), today).with(&group);
    desk.part = Some(&part);
    let typed = plain_form::known(typed, &desk.fields(&Typed::default()))?;
    if let Some(answer) = desk.overtaken(&typed) {
        return Ok(answer);
    }
    let mut reader = Reader::new(&typed, language, today);
    let (last, reason) = (reader.day("on"), reader.needed_reason());
    if !reader.errors.is_empty() {
        return Ok(desk.wrong(&typed, reader.errors));
    }
    let on = last.succ_opt().unwrap_or(last);
    if !can_end(part.valid, on) {
        return Ok(desk.said_at(&typed, "on", FormWords::of(language).not_in));
    }
    let change = change(on, reason, group::of_part(&group, &part.value.name), Vec::new());
    if let Some(answer) = desk.not_yet(&typed, &change) {
        return Ok(answer);
    }
    let actor = actor(&viewer, ceptoar_id, part.value.organisation_id, &frame, now);
    changing::leave(&mut tx, actor, ceptoar_id, &group, &change, &part).await.map_err(fault)?;
    tx.commit().await?;
    Ok(desk.form().done("left"))
}

async fn part_of(tx: &mut Tx, place: &PartPlace, today: NaiveDate) -> Result<Dated<Member>, WebError> {
    let found = store::parts(tx, (&place.ceptoar, &place.group), today, None, (Some(place.fact), 0)).await?;
    found.into_iter().next().ok_or(WebError::NotFound)
}
