//! An item at the desk of a CEPTOAR: what was decided, and the form of whoever decides: form, confirmation, done.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};

use super::bypass::{BypassForm, BypassView, PastDesk};
use super::words::{BypassWords, RelayWords, at};
use crate::features::access::action::RelayAction;
use crate::features::access::relay::RelayedItem;
use crate::features::access::{Viewer, can};
use crate::features::advisories::paths as advisories;
use crate::features::advisories::reading::store::{self as reading, Found};
use crate::features::advisories::relays::paths;
use crate::features::advisories::relays::relay::{Decision, Group, NewDecision, PastDecision, Relay};
use crate::features::advisories::relays::store::{self, Made};
use crate::features::advisories::relays::typed::{DecisionForm, Range};
use crate::features::advisories::web::reading::nothing_here;
use crate::features::directory::routes::agreement::time;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{long_time, thousands};
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::kernel::stage::Desk;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// An item and a CEPTOAR in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct RelayPlace {
    id: AdvisoryId,
    ceptoar: String,
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct RelayQuery {
    done: String,
}

struct DecisionRow {
    what: &'static str,
    by: String,
    at: String,
    until: String,
    range: String,
    reason: String,
    supplement: String,
}

#[derive(Template)]
#[template(path = "advisories/relays/relay.html")]
pub(super) struct RelayPage {
    chrome: Chrome,
    w: &'static RelayWords,
    number: String,
    title: String,
    item: String,
    level: SharingLevel,
    drill: bool,
    state: (&'static str, &'static str),
    lead: String,
    asked_name: String,
    asked: String,
    due: Option<(String, String)>,
    members: Option<String>,
    form: Option<FormView>,
    bypass: Option<BypassView>,
    decisions: Vec<DecisionRow>,
}

struct FormView {
    action: String,
    back: String,
    decisions: Vec<Choice>,
    holds: Option<Vec<Choice>>,
    groups: Vec<Choice>,
    handlers: bool,
    seen: String,
    typed: DecisionForm,
    errors: FieldErrors,
}

#[derive(Template)]
#[template(path = "advisories/relays/confirm.html")]
struct ConfirmPage {
    chrome: Chrome,
    w: &'static RelayWords,
    number: String,
    level: SharingLevel,
    drill: bool,
    action: String,
    back: String,
    facts: Vec<(&'static str, String)>,
    hidden: Vec<(&'static str, String)>,
    submit: &'static str,
    note: String,
    ending: bool,
}

pub(super) struct Scene<'a> {
    pub frame: &'a Frame,
    pub id: AdvisoryId,
    pub item: RelayedItem,
    pub found: Found,
    pub relay: Relay,
    decisions: Vec<PastDecision>,
    pub members: i64,
    decides: bool,
    /// Among whom the desk may choose; none where it has narrowed already.
    groups: Vec<Group>,
    /// Where going past the desk stands; none where the viewer cannot.
    pub past: Option<PastDesk>,
    pub now: DateTime<Utc>,
}

/// The item at that desk, for whoever may do this; else it does not exist.
pub(super) async fn open<'a>(
    state: &AppState,
    viewer: &Viewer,
    frame: &'a Frame,
    place: &RelayPlace,
    action: RelayAction,
) -> Result<(Tx, Scene<'a>), WebError> {
    let (id, now) = (place.id, state.clock.now());
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let facts = reading::facts(&mut tx, viewer, &[id]).await?.remove(&id);
    let relay = store::relays(&mut tx, id).await?.into_iter().find(|relay| relay.ceptoar_id == place.ceptoar);
    let item = facts.zip(relay.as_ref()).map(|(facts, relay)| RelayedItem {
        facts,
        ceptoar_id: place.ceptoar.clone(),
        desk: relay.desk,
    });
    let item = item.filter(|item| can(viewer, action, item));
    let (Some(item), Some(relay), Some(found)) = (item, relay, reading::find(&mut tx, viewer, id).await?) else {
        drop(tx);
        return Err(nothing_here(state, viewer, frame, id, "relay.decide").await);
    };
    let decisions = store::decisions(&mut tx, id, &place.ceptoar).await?;
    let decides = can(viewer, RelayAction::Decide, &item);
    let mut scene =
        Scene { frame, id, item, found, relay, decisions, members: 0, decides, groups: Vec::new(), past: None, now };
    scene.past = PastDesk::read(&mut tx, viewer, &scene).await?;
    // Members are the secretariat's to choose among.
    if decides && scene.relay.desk == Desk::Secretariat && !scene.relay.narrowed {
        scene.groups = store::groups(&mut tx, id, &place.ceptoar).await?;
    }
    if decides || scene.past.is_some() {
        scene.members = store::waiting_members(&mut tx, id, &place.ceptoar).await?;
    }
    Ok((tx, scene))
}

/// What was decided, and the form.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<RelayPlace>,
    Query(query): Query<RelayQuery>,
) -> Result<Response, WebError> {
    let (tx, scene) = open(&state, &viewer, &frame, &place, RelayAction::See).await?;
    tx.commit().await?;
    let w = RelayWords::of(frame.language);
    let flash = match query.done.as_str() {
        "decided" => Some(("success", w.done)),
        "moved_on" => Some(("warning", w.moved_on)),
        "ask" => Some(("success", BypassWords::of(frame.language).asked)),
        "go" => Some(("success", BypassWords::of(frame.language).gone)),
        "refuse" => Some(("success", BypassWords::of(frame.language).refused)),
        _ => None,
    };
    Ok(Page(scene.page(DecisionForm::default(), FieldErrors::default(), flash)).into_response())
}

/// Decides, once it is confirmed.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<RelayPlace>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let form = DecisionForm::from(typed);
    let (mut tx, scene) = open(&state, &viewer, &frame, &place, RelayAction::Decide).await?;
    let here = paths::relay(scene.id, &scene.relay.ceptoar_id);
    // A colleague was faster, the time was up, or it is a second click.
    if form.seen != scene.seen() {
        if scene.relay.possible(scene.now).is_empty() {
            return Ok(Redirect::to(&format!("{here}?done=moved_on")).into_response());
        }
        let mut errors = FieldErrors::default();
        errors.add("decision", RelayWords::of(frame.language).moved_on);
        return Ok(Unprocessable(scene.page(form, errors, None)).into_response());
    }
    if form.again == "true" {
        return Ok(Page(scene.page(form, FieldErrors::default(), None)).into_response());
    }
    let new = match form.read(&scene.relay, scene.range(), scene.now, frame.language) {
        Ok(new) => new,
        Err(errors) => return Ok(Unprocessable(scene.page(form, errors, None)).into_response()),
    };
    if form.confirmed != "true" {
        let reached = match new.narrowing.groups.as_slice() {
            [] => scene.members,
            groups => store::waiting_in(&mut tx, scene.id, &scene.relay.ceptoar_id, groups).await?,
        };
        return Ok(Page(scene.confirmation(&form, &new, reached)).into_response());
    }
    let now = scene.now;
    let step = match store::decide(&mut tx, scene.id, &scene.relay.ceptoar_id, &new, now).await? {
        Made::Done => "decided",
        Made::TooLate => "moved_on",
        Made::Refused => return Err(WebError::NotFound),
    };
    if step == "decided" {
        let (subject, code) = (scene.id.to_string(), new.decision.code());
        let detail = serde_json::json!({ "ceptoar": scene.relay.ceptoar_id, "decision": code });
        let event = Event::done(now, "relay.decide", "advisory", &subject).by(viewer.account_id);
        audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("{here}?done={step}")).into_response())
}

impl Scene<'_> {
    fn language(&self) -> Language {
        self.frame.language
    }

    /// Among whom the desk may choose.
    fn range(&self) -> Range<'_> {
        let whole = self.item.facts.handler_scope == HandlerScope::Organisation;
        let desk = self.relay.desk == Desk::Secretariat;
        Range { groups: &self.groups, handlers: whole && desk && !self.relay.narrowed }
    }

    /// Where it stands, in a word: differs as soon as somebody decides, or the time is up.
    fn seen(&self) -> String {
        let open = self.relay.state.is_open() && self.now < self.relay.due_at;
        format!("{}-{}-{open}", self.decisions.len(), self.relay.desk.code())
    }

    /// Words with the desk at which it stands.
    pub(super) fn at(&self, words: &str) -> String {
        at(words, self.relay.desk, self.language())
    }

    fn chrome(&self, title: &str) -> Chrome {
        let item = advisories::show(self.id);
        let list = self.language().pick("情報提供", "Advisories");
        let number = self.found.envelope.number.as_str();
        self.frame.chrome(title, &[self.frame.home(), (advisories::INDEX, list), (item.as_str(), number)])
    }

    /// The page with what is wrong with a step past the desk.
    pub(super) fn page_of_bypass(&self, typed: BypassForm, errors: FieldErrors) -> RelayPage {
        let bypass = BypassView::of(self, typed, errors, self.language());
        RelayPage { bypass, ..self.page(DecisionForm::default(), FieldErrors::default(), None) }
    }

    fn page(&self, typed: DecisionForm, errors: FieldErrors, flash: Option<(&'static str, &'static str)>) -> RelayPage {
        let language = self.language();
        let w = RelayWords::of(language);
        let ceptoar = language.pick(&self.relay.ceptoar[0], &self.relay.ceptoar[1]);
        let mut chrome = self.chrome(&fill(w.title, &[("ceptoar", ceptoar)]));
        if let Some((kind, said)) = flash {
            chrome = chrome.with_flash(kind, said);
        }
        let (envelope, state) = (&self.found.envelope, self.relay.state);
        let form = self.decides && !self.relay.possible(self.now).is_empty();
        RelayPage {
            chrome,
            w,
            number: envelope.number.clone(),
            title: self.found.text.as_ref().map(|text| text.title.clone()).unwrap_or_default(),
            item: advisories::show(self.id),
            level: envelope.level,
            drill: envelope.drill,
            state: self.relay.badge(language),
            lead: self.at(match (form, state.is_open(), self.relay.narrowed) {
                (true, true, _) => w.lead,
                (true, false, true) => w.lead_rest,
                (true, false, false) | (false, _, _) => w.lead_over,
            }),
            asked_name: self.at(w.asked),
            asked: long_time(self.relay.asked_at, language),
            due: state.is_open().then(|| (long_time(self.relay.due_at, language), self.at(w.due_text))),
            members: (self.members > 0).then(|| thousands(self.members)),
            form: form.then(|| self.form(typed, errors)),
            bypass: BypassView::of(self, BypassForm::default(), FieldErrors::default(), language),
            decisions: self.decisions.iter().map(|past| decision_row(past, language)).collect(),
        }
    }

    fn form(&self, typed: DecisionForm, errors: FieldErrors) -> FormView {
        let language = self.language();
        let possible = self.relay.possible(self.now);
        let choice = |decision: &Decision| Choice {
            value: decision.code().to_owned(),
            label: decision.told(self.relay.desk, language).to_owned(),
            explanation: self.at(help(*decision, RelayWords::of(language))),
            chosen: typed.decision == decision.code(),
        };
        let w = RelayWords::of(language);
        let until = |minutes: i64| long_time(self.now + TimeDelta::minutes(minutes), language);
        let hold = |minutes: i64| Choice {
            value: minutes.to_string(),
            label: fill(w.hold_choice, &[("length", &length(minutes, language)), ("time", &until(minutes))]),
            explanation: String::new(),
            chosen: typed.hold == minutes.to_string(),
        };
        FormView {
            action: paths::relay(self.id, &self.relay.ceptoar_id),
            back: advisories::show(self.id),
            decisions: possible.iter().map(choice).collect(),
            holds: possible
                .contains(&Decision::Hold)
                .then(|| self.relay.holds(self.now).into_iter().map(hold).collect()),
            groups: self.groups.iter().map(|group| group_choice(group, &typed, language)).collect(),
            handlers: self.range().handlers,
            seen: self.seen(),
            typed,
            errors,
        }
    }

    fn confirmation(&self, form: &DecisionForm, new: &NewDecision, reached: i64) -> ConfirmPage {
        let language = self.language();
        let w = RelayWords::of(language);
        let mut facts = vec![(w.decision, new.decision.told(self.relay.desk, language).to_owned())];
        if let Some(hold) = new.hold {
            facts.push((w.held_until, long_time(self.now + hold, language)));
        }
        let chosen = self.groups.iter().filter(|group| new.narrowing.groups.contains(&group.id));
        let mut names: Vec<&str> = chosen.map(|group| language.pick(&group.name[0], &group.name[1]).as_str()).collect();
        if new.narrowing.handlers_only {
            names.push(w.handlers_only);
        }
        if !names.is_empty() {
            facts.push((w.range, names.join(language.pick("、", "; "))));
        }
        let texts = [(w.supplement, &new.supplement), (w.reason, &new.reason)];
        facts.extend(texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, text.clone())));
        let forwards = new.decision.forwards();
        ConfirmPage {
            chrome: self.chrome(w.confirm_title),
            w,
            number: self.found.envelope.number.clone(),
            level: self.found.envelope.level,
            drill: self.found.envelope.drill,
            action: paths::relay(self.id, &self.relay.ceptoar_id),
            back: paths::relay(self.id, &self.relay.ceptoar_id),
            facts,
            hidden: form.hidden(),
            submit: match (forwards, new.hold.is_some()) {
                (true, _) => w.confirm_forward,
                (false, true) => w.confirm_hold,
                (false, false) => w.confirm_withhold,
            },
            note: self.note(new, reached),
            ending: !forwards && new.hold.is_none(),
        }
    }

    /// Whom it reaches, or not. A ministry has numbers of no members.
    fn note(&self, new: &NewDecision, reached: i64) -> String {
        let w = RelayWords::of(self.language());
        let members = |words, count| fill(words, &[("count", &thousands(count))]);
        match (self.relay.desk, new.decision.forwards()) {
            (Desk::Ministry | Desk::Secretariat, false) if new.hold.is_some() => String::new(),
            (Desk::Ministry, true) if self.relay.then.is_some() => w.to_desk.to_owned(),
            (Desk::Ministry, true) => w.beyond.to_owned(),
            (Desk::Ministry, false) => w.beyond_not.to_owned(),
            (Desk::Secretariat, true) if new.narrowing.narrows() => {
                fill(&members(w.members_narrowed, reached), &[("left", &thousands(self.members - reached))])
            }
            (Desk::Secretariat, true) => members(w.members_count, reached),
            (Desk::Secretariat, false) => members(w.members_not, self.members),
        }
    }
}

fn group_choice(group: &Group, typed: &DecisionForm, language: Language) -> Choice {
    let name = language.pick(&group.name[0], &group.name[1]);
    let facts = [("group", name.as_str()), ("count", &thousands(group.members))];
    Choice {
        value: group.id.clone(),
        label: fill(RelayWords::of(language).group_choice, &facts),
        explanation: String::new(),
        chosen: typed.groups.contains(&group.id),
    }
}

fn length(minutes: i64, language: Language) -> String {
    time(i16::try_from(minutes).unwrap_or(i16::MAX), language)
}

fn help(decision: Decision, w: &'static RelayWords) -> &'static str {
    match decision {
        Decision::Forward => w.forward_help,
        Decision::ForwardWithSupplement => w.supplement_help,
        Decision::Hold => w.hold_help,
        Decision::WithholdDuplicate => w.duplicate_help,
        Decision::WithholdNotRelevant => w.not_relevant_help,
        Decision::TimeUp
        | Decision::Superseded
        | Decision::BypassAsked
        | Decision::BypassRefused
        | Decision::Bypassed => "",
    }
}

fn decision_row(past: &PastDecision, language: Language) -> DecisionRow {
    let w = RelayWords::of(language);
    let desk = past.by.as_ref().map_or(w.by_time, |by| language.pick(&by[0], &by[1]));
    let person = past.person.as_deref().unwrap_or_default();
    DecisionRow {
        what: past.told(language),
        by: format!("{desk} {person}").trim_end().to_owned(),
        at: long_time(past.at, language),
        until: past.held_until.map_or_else(String::new, |at| fill(w.until, &[("time", &long_time(at, language))])),
        range: past.range(language),
        reason: past.reason.clone(),
        supplement: past.supplement.clone(),
    }
}
