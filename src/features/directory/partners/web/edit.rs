//! Taking in partner bodies, and beginning and ending their roles: form, confirmation, done.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::NaiveDate;
use uuid::Uuid;

use super::forms::{self, FormWords, What};
use super::index::IndexWords;
use crate::features::access::Viewer;
use crate::features::directory::partners::changing::{self, Joining};
use crate::features::directory::partners::partner::{self, Partner, Partnership};
use crate::features::directory::partners::{paths, store};
use crate::features::directory::roster::changes::{self, Change};
use crate::features::directory::roster::line::{self, Line};
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::sheet::Dated;
use crate::features::directory::roster::web::edit::actor;
use crate::features::directory::roster::web::fields::{Field, Typed};
use crate::features::directory::roster::web::plain_form::{self, PlainForm, fault, kept};
use crate::features::directory::roster::web::reading::Reader;
use crate::kernel::clock::japan_day;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, fill};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// A body in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct PartnerPlace {
    ceptoar: String,
    organisation: OrganisationId,
}

/// A role in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct RolePlace {
    pub(super) ceptoar: String,
    pub(super) organisation: OrganisationId,
    pub(super) partnership: Uuid,
}

/// What everything on the way needs.
struct Desk<'a> {
    what: What,
    frame: &'a Frame,
    ceptoar_id: &'a str,
    ceptoar: String,
    partner: Option<&'a Partner>,
    ended: Option<&'a Dated<Partnership>>,
    today: NaiveDate,
}

impl Desk<'_> {
    fn fields(&self, typed: &Typed) -> Vec<Field> {
        forms::fields(self.what, typed, self.frame.language)
    }

    fn form(&self) -> PlainForm<'_> {
        let language = self.frame.language;
        let (title, lead) = self.what.words(language);
        let w = IndexWords::of(language);
        let index = paths::of_ceptoar(paths::INDEX, self.ceptoar_id);
        let (home, home_label) = self.frame.home();
        let title_of = fill(w.title, &[("ceptoar", &self.ceptoar)]);
        let name = self.partner.map(|partner| language.pick(&partner.name[0], &partner.name[1]).clone());
        let action = match (self.partner, self.ended) {
            (None, _) => paths::of_ceptoar(paths::JOINING, self.ceptoar_id),
            (Some(partner), None) => paths::role(self.ceptoar_id, partner.organisation_id),
            (Some(partner), Some(ended)) => paths::end(self.ceptoar_id, partner.organisation_id, ended.fact_id),
        };
        let roles = self.partner.iter().flat_map(|partner| partner.on(self.today));
        let roles: Vec<&str> = roles.map(|fact| fact.value.role.label(language)).collect();
        PlainForm {
            frame: self.frame,
            title,
            lead,
            subject: name.map_or_else(|| self.ceptoar.clone(), |name| format!("{name} / {}", self.ceptoar)),
            action,
            way: vec![
                (home.to_owned(), home_label.to_owned()),
                (roster::INDEX.to_owned(), w.directory.to_owned()),
                (index.clone(), title_of),
            ],
            back: index,
            seen: self.partner.map(Partner::digest).unwrap_or_default(),
            current: vec![(FormWords::of(language).role.to_owned(), roles.join(language.pick("、", ", ")))],
            ending: self.what == What::End,
        }
    }

    fn not_yet(&self, typed: &Typed, change: &Change) -> Option<Response> {
        self.form().not_yet(self.fields(typed), typed, &change.into())
    }

    fn wrong(&self, typed: &Typed, errors: FieldErrors) -> Response {
        self.form().wrong(self.fields(typed), typed, errors)
    }

    fn said_at(&self, typed: &Typed, field: &'static str, message: &'static str) -> Response {
        self.form().said_at(self.fields(typed), typed, field, message)
    }

    fn done(&self, step: &str) -> Response {
        self.form().done(step)
    }
}

pub(super) async fn found(
    tx: &mut Tx,
    ceptoar_id: &str,
    organisation: OrganisationId,
    today: NaiveDate,
) -> Result<Partner, WebError> {
    store::load(tx, ceptoar_id, today, Some(organisation), None).await?.pop().ok_or(WebError::NotFound)
}

/// The form for a new body.
pub async fn get_joining(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = kept(&mut tx, &viewer, &frame, &ceptoar_id).await?;
    tx.commit().await?;
    let (what, today) = (What::Joining, japan_day(now));
    let desk = Desk { what, frame: &frame, ceptoar_id: &ceptoar_id, ceptoar, partner: None, ended: None, today };
    let typed = forms::prefilled(today);
    Ok(desk.form().page(desk.fields(&typed), &typed))
}

/// Takes a new body in.
pub async fn post_joining(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    // A second click finds the body that the first one made.
    changes::wait_to_join(&mut tx, &ceptoar_id).await?;
    let ceptoar = kept(&mut tx, &viewer, &frame, &ceptoar_id).await?;
    let (what, today) = (What::Joining, japan_day(now));
    let desk = Desk { what, frame: &frame, ceptoar_id: &ceptoar_id, ceptoar, partner: None, ended: None, today };
    let typed = plain_form::known(typed, &desk.fields(&Typed::default()))?;
    let mut reader = Reader::new(&typed, language, today);
    let name = reader.name();
    let kind = forms::kind(&typed, &mut reader.errors, language);
    let partnership = forms::partnership(&typed, &mut reader.errors, language);
    let (on, reason) = (reader.day("on"), reader.needed_reason());
    let (Some(kind), Some(partnership), true) = (kind, partnership, reader.errors.is_empty()) else {
        return Ok(desk.wrong(&typed, reader.errors));
    };
    if store::is_called(&mut tx, &ceptoar_id, &name.ja, on).await? {
        return Ok(desk.said_at(&typed, "ja", FormWords::of(language).same_name));
    }
    let after = [line::of_name(&name), partner::of_kind(kind), partner::of_partnership(&partnership)].concat();
    let change = change(on, reason, Vec::new(), after);
    if let Some(answer) = desk.not_yet(&typed, &change) {
        return Ok(answer);
    }
    let joining = Joining { name, kind, partnership, demonstration: state.config.is_demonstration() };
    let actor = actor(&viewer, &ceptoar_id, OrganisationId::random(), &frame, now);
    changing::join(&mut tx, actor, &ceptoar_id, &change, &joining).await.map_err(fault)?;
    tx.commit().await?;
    Ok(desk.done("joined"))
}

/// The form for a further role.
pub async fn get_role(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(PartnerPlace { ceptoar: ceptoar_id, organisation }): Place<PartnerPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = kept(&mut tx, &viewer, &frame, &ceptoar_id).await?;
    let partner = found(&mut tx, &ceptoar_id, organisation, today).await?;
    tx.commit().await?;
    let (what, partner) = (What::Role, Some(&partner));
    let desk = Desk { what, frame: &frame, ceptoar_id: &ceptoar_id, ceptoar, partner, ended: None, today };
    let typed = forms::prefilled(today);
    Ok(desk.form().page(desk.fields(&typed), &typed))
}

/// Adds a role.
pub async fn post_role(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(PartnerPlace { ceptoar: ceptoar_id, organisation }): Place<PartnerPlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    changes::wait_for_turn(&mut tx, &ceptoar_id, organisation).await?;
    let ceptoar = kept(&mut tx, &viewer, &frame, &ceptoar_id).await?;
    let partner = found(&mut tx, &ceptoar_id, organisation, today).await?;
    let (what, shown) = (What::Role, Some(&partner));
    let desk = Desk { what, frame: &frame, ceptoar_id: &ceptoar_id, ceptoar, partner: shown, ended: None, today };
    let typed = plain_form::known(typed, &desk.fields(&Typed::default()))?;
    if typed.get("seen") != partner.digest() {
        return Ok(desk.form().overtaken(desk.fields(&typed), FormWords::of(language).overtaken, None));
    }
    let mut reader = Reader::new(&typed, language, today);
    let partnership = forms::partnership(&typed, &mut reader.errors, language);
    let (on, reason) = (reader.day("on"), reader.needed_reason());
    let (Some(partnership), true) = (partnership, reader.errors.is_empty()) else {
        return Ok(desk.wrong(&typed, reader.errors));
    };
    // It holds from then on: nothing of the same kind may hold on that day or later.
    let same = partner.partnerships.iter().filter(|fact| fact.value.role == partnership.role);
    if same.clone().any(|fact| fact.valid.until.is_none_or(|until| until > on)) {
        return Ok(desk.said_at(&typed, "role", FormWords::of(language).overlap));
    }
    let change = change(on, reason, Vec::new(), partner::of_partnership(&partnership));
    if let Some(answer) = desk.not_yet(&typed, &change) {
        return Ok(answer);
    }
    let actor = actor(&viewer, &ceptoar_id, organisation, &frame, now);
    changing::add_role(&mut tx, actor, &ceptoar_id, &partner, &change, &partnership).await.map_err(fault)?;
    tx.commit().await?;
    Ok(desk.done("changed"))
}

/// The form for the end of a role.
pub async fn get_end(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(RolePlace { ceptoar: ceptoar_id, organisation, partnership }): Place<RolePlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = kept(&mut tx, &viewer, &frame, &ceptoar_id).await?;
    let partner = found(&mut tx, &ceptoar_id, organisation, today).await?;
    tx.commit().await?;
    let ended = Some(role_of(&partner, partnership)?);
    let (what, shown) = (What::End, Some(&partner));
    let desk = Desk { what, frame: &frame, ceptoar_id: &ceptoar_id, ceptoar, partner: shown, ended, today };
    let typed = forms::prefilled(today);
    Ok(desk.form().page(desk.fields(&typed), &typed))
}

/// Ends a role.
pub async fn post_end(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(RolePlace { ceptoar: ceptoar_id, organisation, partnership }): Place<RolePlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    changes::wait_for_turn(&mut tx, &ceptoar_id, organisation).await?;
    let ceptoar = kept(&mut tx, &viewer, &frame, &ceptoar_id).await?;
    let partner = found(&mut tx, &ceptoar_id, organisation, today).await?;
    let fact = role_of(&partner, partnership)?;
    let (what, shown, ended) = (What::End, Some(&partner), Some(fact));
    let desk = Desk { what, frame: &frame, ceptoar_id: &ceptoar_id, ceptoar, partner: shown, ended, today };
    let typed = plain_form::known(typed, &desk.fields(&Typed::default()))?;
    if typed.get("seen") != partner.digest() {
        return Ok(desk.form().overtaken(desk.fields(&typed), FormWords::of(language).overtaken, None));
    }
    let mut reader = Reader::new(&typed, language, today);
    let (last, reason) = (reader.day("on"), reader.needed_reason());
    if !reader.errors.is_empty() {
        return Ok(desk.wrong(&typed, reader.errors));
    }
    let on = last.succ_opt().unwrap_or(last);
    let begun = fact.valid.from.is_none_or(|from| from <= on);
    if !begun || fact.valid.until.is_some_and(|until| until <= on) {
        return Ok(desk.said_at(&typed, "on", FormWords::of(language).not_there));
    }
    let change = change(on, reason, partner::of_partnership(&fact.value), Vec::new());
    if let Some(answer) = desk.not_yet(&typed, &change) {
        return Ok(answer);
    }
    let actor = actor(&viewer, &ceptoar_id, organisation, &frame, now);
    changing::end(&mut tx, actor, &ceptoar_id, &partner, &change, fact).await.map_err(fault)?;
    tx.commit().await?;
    Ok(desk.done("ended"))
}

/// One of its roles that is not over.
pub(super) fn role_of(partner: &Partner, partnership: Uuid) -> Result<&Dated<Partnership>, WebError> {
    partner.partnerships.iter().find(|fact| fact.fact_id == partnership).ok_or(WebError::NotFound)
}

fn change(on: NaiveDate, reason: String, before: Vec<Line>, after: Vec<Line>) -> Change {
    Change { on, correction: false, reason, before, after, proposal: None }
}
