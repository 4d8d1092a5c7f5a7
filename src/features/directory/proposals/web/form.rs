//! The firm's form: what is registered, changed by who knows better; then before and after, then sent.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use crate::features::access::Viewer;
use crate::features::access::action::DirectoryAction;
use crate::features::directory::proposals::letters::{self, About, Reason};
use crate::features::directory::proposals::paths;
use crate::features::directory::proposals::proposal::{Basics, State as ProposalState, Wanted};
use crate::features::directory::proposals::store::{self, Proposal};
use crate::features::directory::roster::line;
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::sheet::Sheet;
use crate::features::directory::roster::store::{self as roster_store, CeptoarFacts};
use crate::features::directory::roster::web::fields::{Control, Field, Typed};
use crate::features::directory::roster::web::forms::{self, FieldWords, Scene};
use crate::features::directory::roster::web::reading::Reader;
use crate::features::directory::roster::web::{MemberPlace, permitted};
use crate::kernel::clock::japan_day;
use crate::kernel::language::fill;
use crate::kernel::period::long_date;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::{ErrorLine, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the form.
    pub struct ProposingWords {
        title: "登録の変更を申請する" / "Propose a change",
        lead: "変わるところを直して、事務局に申請します。事務局が承認すると、適用日から新しい内容になります。" / "Change what is to be different and send it to your secretariat. When it accepts, it holds from its day on.",
        directory: "名簿" / "Directory",
        reason: "申請の理由" / "Reason",
        reason_help: "事務局が読みます。承認されると、変更の履歴に残ります。200文字以内。" / "For the secretariat; stays in the history when it is accepted. At most 200 characters.",
        check: "内容を確認する" / "Check",
        cancel: "やめる" / "Cancel",
        confirm_lead: "まだ申請されていません。内容を確かめて、「申請する」を押してください。" / "Nothing is sent yet. Look at it, then press “Propose”.",
        propose: "申請する" / "Propose",
        back: "入力に戻る" / "Back to the form",
        differences: "変更の内容" / "What is to be different",
        item: "項目" / "Item",
        before: "現在の登録" / "Registered now",
        after: "申請する内容" / "Proposed",
        nothing: "(なし)" / "(none)",
        when: "適用日" / "From which day",
        on: "{day}から" / "From {day}",
        current: "現在の登録" / "Registered now",
        same: "登録されている内容と同じです。変更するところを直してください。" / "This is what is registered already. Change something first.",
        not_member: "その日は、この組織は構成員ではありません。加入日と適用日をご確認ください。" / "The organisation is no member on that day. Please check the day.",
        overtaken: "入力している間に、登録が変更されました。「現在の登録」を見て、入力した内容でよければ、もう一度確認へ進んでください。" / "What is registered was changed while you were typing. Look at “Registered now”; if your entries are still right, go on again.",
        waiting: "確認待ちの申請があります。内容を変えるときは、先にその申請を取り下げてください。" / "A proposal of yours waits for the secretariat. To propose something else, take that one back first.",
        too_many: "24時間にできる申請(5件)に達しました。明日もう一度お試しいただくか、お急ぎのときは事務局にご連絡ください。" / "Five proposals within 24 hours are the most. Try again tomorrow, or call the secretariat if it is urgent.",
    }
}

#[derive(Template)]
#[template(path = "directory/proposals/form.html")]
struct FormPage {
    chrome: Chrome,
    w: &'static ProposingWords,
    subject: String,
    action: String,
    back: String,
    seen: String,
    current: Vec<(String, String)>,
    fields: Vec<Field>,
    errors: Vec<ErrorLine>,
    at: FieldErrors,
}

#[derive(Template)]
#[template(path = "directory/proposals/confirm.html")]
struct ConfirmPage {
    chrome: Chrome,
    w: &'static ProposingWords,
    subject: String,
    action: String,
    back: String,
    when: String,
    reason: String,
    rows: Vec<(String, String, String)>,
    hidden: Vec<(String, String)>,
}

/// What may follow the address: an earlier proposal to begin with.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct FromQuery {
    from: String,
}

/// The form in its place.
struct Desk<'a> {
    frame: &'a Frame,
    sheet: &'a Sheet,
    ceptoar: &'a CeptoarFacts,
    now: DateTime<Utc>,
}

impl Desk<'_> {
    fn scene(&self) -> Scene<'_> {
        Scene {
            ceptoar: self.ceptoar,
            sheet: Some(self.sheet),
            window: None,
            today: japan_day(self.now),
            language: self.frame.language,
        }
    }

    fn fields(&self, typed: &Typed) -> Vec<Field> {
        let (w, f) = (ProposingWords::of(self.frame.language), FieldWords::of(self.frame.language));
        let mut fields = forms::name(typed, f);
        fields.extend(forms::membership(&self.scene(), typed));
        fields.push(Field::new(Control::Day, "on", f.on, typed).help(f.on_help));
        fields.push(Field::new(Control::Line, "reason", w.reason, typed).help(w.reason_help));
        fields
    }

    /// What is registered, or an earlier proposal put over it.
    fn prefilled(&self, earlier: Option<&Proposal>) -> Typed {
        let mut typed = Typed::default();
        let day = earlier.map_or_else(|| self.scene().shown_day(), |proposal| proposal.effective_on);
        typed.set_date("on", day);
        let known = Basics::on(self.sheet, day).or_else(|| Basics::on(self.sheet, self.scene().shown_day()));
        if let Some(known) = known {
            let shown = earlier.map_or(known.clone(), |proposal| proposal.wanted.on(&known));
            typed.set("ja", &shown.name.ja);
            typed.set("reading", &shown.name.reading);
            typed.set("en", &shown.name.en);
            typed.set("member_kind", shown.membership.kind.code());
            typed.set("unit", &shown.membership.unit);
            typed.set("subgroup", shown.membership.subgroup.unwrap_or_default());
            typed.set("hub", if shown.membership.hub { "true" } else { "" });
        }
        if let Some(proposal) = earlier {
            typed.set("reason", &proposal.reason);
        }
        typed
    }

    /// What was typed, if it is of this form's fields alone.
    fn known(&self, typed: Typed) -> Result<Typed, WebError> {
        let mut names: Vec<String> = self.fields(&Typed::default()).iter().flat_map(Field::sends).collect();
        // A CEPTOAR without subgroups has no such field.
        names.extend(["seen", "confirmed", "again", crate::platform::security::form_token::FIELD].map(str::to_owned));
        if typed.0.keys().all(|name| names.contains(name)) { Ok(typed) } else { Err(WebError::BadRequest) }
    }

    fn firm(&self) -> [String; 2] {
        let name = self.sheet.name_on(japan_day(self.now));
        name.map(|fact| [fact.value.ja.clone(), fact.value.en.clone()]).unwrap_or_default()
    }

    fn subject(&self) -> String {
        let language = self.frame.language;
        let (firm, ceptoar) = (self.firm(), &self.ceptoar.name);
        format!("{} / {}", language.pick(&firm[0], &firm[1]), language.pick(&ceptoar[0], &ceptoar[1]))
    }

    fn back(&self) -> String {
        roster::of_member(roster::MEMBER, &self.sheet.ceptoar_id, self.sheet.organisation_id)
    }

    fn action(&self) -> String {
        paths::proposing(&self.sheet.ceptoar_id, self.sheet.organisation_id)
    }

    fn chrome(&self) -> Chrome {
        let w = ProposingWords::of(self.frame.language);
        let (firm, back) = (self.firm(), self.back());
        let name = self.frame.language.pick(&firm[0], &firm[1]);
        self.frame.chrome(w.title, &[self.frame.home(), (roster::INDEX, w.directory), (back.as_str(), name.as_str())])
    }

    fn page(&self, typed: &Typed, errors: FieldErrors) -> FormPage {
        let seen = typed.get("seen");
        FormPage {
            chrome: self.chrome(),
            w: ProposingWords::of(self.frame.language),
            subject: self.subject(),
            action: self.action(),
            back: self.back(),
            // Who goes back to the form still works on what they saw when they began.
            seen: if seen.is_empty() { self.sheet.digest() } else { seen.to_owned() },
            current: Vec::new(),
            fields: self.fields(typed),
            errors: errors.lines(),
            at: errors,
        }
    }

    /// The form for whoever was overtaken: with their text and what is registered now.
    fn overtaken(&self, typed: &Typed) -> FormPage {
        let language = self.frame.language;
        let mut errors = FieldErrors::default();
        errors.add("ja", ProposingWords::of(language).overtaken);
        let now = Basics::on(self.sheet, self.scene().shown_day());
        let lines = now.map(|now| now.lines(self.ceptoar)).unwrap_or_default();
        FormPage {
            seen: self.sheet.digest(),
            current: lines.iter().map(|line| (line.name(language), line.value(language).to_owned())).collect(),
            ..self.page(typed, errors)
        }
    }

    fn confirmation(&self, typed: &Typed, new: &Proposal) -> ConfirmPage {
        let language = self.frame.language;
        let w = ProposingWords::of(language);
        let value = |line: &Option<line::Line>| match line.as_ref().map(|line| line.value(language)) {
            None | Some("") => w.nothing.to_owned(),
            Some(value) => value.to_owned(),
        };
        let rows = line::differences(&new.before, &new.after).into_iter().map(|d| {
            let name = d.after.as_ref().or(d.before.as_ref()).map(|line| line.name(language)).unwrap_or_default();
            (name, value(&d.before), value(&d.after))
        });
        let fields = self.fields(typed);
        let sent = fields.iter().filter(|field| field.control != Control::Check || !field.value.is_empty());
        let mut hidden: Vec<_> =
            sent.flat_map(Field::sends).map(|name| (name.clone(), typed.get(&name).to_owned())).collect();
        hidden.push(("seen".into(), self.sheet.digest()));
        ConfirmPage {
            chrome: self.chrome(),
            w,
            subject: self.subject(),
            action: self.action(),
            back: self.back(),
            when: fill(w.on, &[("day", &long_date(new.effective_on, language))]),
            reason: new.reason.clone(),
            rows: rows.collect(),
            hidden,
        }
    }

    /// What is meant by what was typed.
    fn meant(&self, viewer: &Viewer, typed: &Typed) -> Result<Proposal, FieldErrors> {
        let w = ProposingWords::of(self.frame.language);
        let mut reader = Reader::new(typed, self.frame.language, japan_day(self.now));
        let day = reader.day_or_today("on");
        let after = Basics { name: reader.name(), membership: reader.membership(self.ceptoar, day) };
        let on = reader.day("on");
        let reason = reader.needed_reason();
        let mut errors = reader.errors;
        let before = Basics::on(self.sheet, on);
        if before.is_none() {
            errors.add("on", w.not_member);
        }
        let before = before.unwrap_or_else(|| after.clone());
        let wanted = Wanted::between(&before, &after);
        if errors.is_empty() && wanted.is_empty() {
            errors.add("ja", w.same);
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Proposal {
            proposal_id: Uuid::new_v4(),
            ceptoar_id: self.sheet.ceptoar_id.clone(),
            organisation_id: self.sheet.organisation_id,
            effective_on: on,
            reason,
            wanted,
            before: before.lines(self.ceptoar),
            after: after.lines(self.ceptoar),
            state: ProposalState::Open,
            made_by: viewer.account_id,
            made_at: self.now,
            decided_at: None,
            answer: String::new(),
            looked_at: None,
        })
    }
}

async fn read(
    tx: &mut Tx,
    viewer: &Viewer,
    place: &MemberPlace,
    today: NaiveDate,
) -> Result<(CeptoarFacts, Sheet), WebError> {
    permitted(tx, viewer, DirectoryAction::Propose, &place.ceptoar, place.organisation).await?;
    let ceptoar = roster_store::ceptoar(tx, &place.ceptoar).await?.ok_or(WebError::NotFound)?;
    // Windows are the firm's own; they neither stand in a proposal nor overtake one.
    let sheet = roster_store::sheet(tx, &place.ceptoar, place.organisation, false).await?;
    // Who has left has nothing to propose any more.
    let goes_on = sheet.memberships.iter().any(|m| m.valid.until.is_none_or(|until| until > today));
    if goes_on { Ok((ceptoar, sheet)) } else { Err(WebError::NotFound) }
}

/// The form.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<MemberPlace>,
    Query(query): Query<FromQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let (ceptoar, sheet) = read(&mut tx, &viewer, &place, japan_day(now)).await?;
    if let Some(open) = store::open_one(&mut tx, &place.ceptoar, place.organisation).await? {
        let page = paths::of_proposal(paths::PROPOSAL, &place.ceptoar, open);
        return Ok(Redirect::to(&format!("{page}?done=waiting")).into_response());
    }
    let earlier = match query.from.parse() {
        Ok(id) => store::find(&mut tx, &place.ceptoar, id).await?,
        Err(_) => None,
    };
    let earlier = earlier.filter(|proposal| proposal.organisation_id == place.organisation);
    let desk = Desk { frame: &frame, sheet: &sheet, ceptoar: &ceptoar, now };
    Ok(Page(desk.page(&desk.prefilled(earlier.as_ref()), FieldErrors::default())).into_response())
}

/// How many a firm makes within 24 hours: each of them writes to the people of the desk.
const MOST_A_DAY: i64 = 5;

/// Shows before and after, or sends the proposal.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<MemberPlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let (ceptoar, sheet) = read(&mut tx, &viewer, &place, japan_day(now)).await?;
    let desk = Desk { frame: &frame, sheet: &sheet, ceptoar: &ceptoar, now };
    let typed = desk.known(Typed(typed))?;
    if typed.get("seen") != sheet.digest() {
        return Ok(Unprocessable(desk.overtaken(&typed)).into_response());
    }
    let new = match desk.meant(&viewer, &typed) {
        Ok(new) => new,
        Err(errors) => return Ok(Unprocessable(desk.page(&typed, errors)).into_response()),
    };
    if typed.get("again") == "true" {
        return Ok(Page(desk.page(&typed, FieldErrors::default())).into_response());
    }
    if typed.get("confirmed") != "true" {
        return Ok(Page(desk.confirmation(&typed, &new)).into_response());
    }
    if store::made_since(&mut tx, place.organisation, now - TimeDelta::days(1)).await? >= MOST_A_DAY {
        let mut errors = FieldErrors::default();
        errors.add("ja", ProposingWords::of(frame.language).too_many);
        return Ok(Unprocessable(desk.page(&typed, errors)).into_response());
    }
    if !store::insert(&mut tx, &new).await? {
        let mut errors = FieldErrors::default();
        errors.add("ja", ProposingWords::of(frame.language).waiting);
        return Ok(Unprocessable(desk.page(&typed, errors)).into_response());
    }
    let about =
        About { proposal: &new, ceptoar: &ceptoar.name, firm: &desk.firm(), base_url: &state.config.base_url() };
    let letters = letters::letters(about, Reason::Made).map_err(anyhow::Error::from)?;
    let sent = store::tell_desk(&mut tx, new.proposal_id, &letters).await?;
    let subject = new.proposal_id.to_string();
    let event = Event::done(now, "proposal.make", "directory_proposal", &subject)
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({
            "ceptoar": place.ceptoar, "organisation": place.organisation, "on": new.effective_on, "letters": sent }));
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    let page = paths::of_proposal(paths::PROPOSAL, &place.ceptoar, new.proposal_id);
    Ok(Redirect::to(&format!("{page}?done=made")).into_response())
}
