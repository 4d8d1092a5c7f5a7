//! Inviting somebody to a place, and giving a further duty to somebody known.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use sqlx::PgConnection;

use super::shown::{choices, place};
use super::{actor, or_refused, step_error};
use crate::features::access::action::{DutyAction, PersonAction};
use crate::features::access::people::{DutyFacts, Hat};
use crate::features::access::{Role, Viewer, can};
use crate::features::people::form::{DutyForm, FormWords, InvitationForm, NewDuty, Reader};
use crate::features::people::person::{Person, Place, Window};
use crate::features::people::steps::{self, Named, StepError};
use crate::features::people::{paths, store};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::{AccountId, ContactId, OrganisationId};
use crate::kernel::language::{Label, Language, fill};
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, ErrorLine, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the forms.
    pub struct InvitationWords {
        people: "利用者管理" / "People",
        invite: "利用者を招待する" / "Invite somebody",
        add: "担当を加える" / "Add a duty",
        change: "担当先を変更する" / "Move to another place",
        place: "担当先" / "Where",
        person: "対象の方" / "Person",
        lead: "入力したアドレスに招待のメールが届きます。パスワードやサインインの方法は、ご本人だけが登録します。" / "An invitation goes to the address. Only the person themselves chooses the password and the way to sign in.",
        lead_known: "登録すると、ご本人にメールでお知らせします。" / "The person is told by mail.",
        lead_move: "新しい担当が始まる日の前日に、いまの担当が終わります。ご本人にメールでお知らせします。" / "The old duty ends on the day before the new one begins. The person is told by mail.",
        lead_asked: "この組織には、利用者を管理する方がいます。その方が承認すると、担当が登録され、ご本人にメールが届きます。14日以内に承認されないときは、登録されません。" / "This organisation has somebody of its own. When they confirm, the duty is registered and the person gets a mail. Without an answer within 14 days nothing is registered.",
        lead_move_asked: "この組織の方が承認すると、新しい担当が登録されます。いまの担当はそのまま続きます。承認のあとに終了してください。" / "When this organisation confirms, the new duty is registered. The old one goes on: end it afterwards.",
        submit_propose: "この組織に提案する" / "Propose to the organisation",
        display_name: "氏名(画面に表示)" / "Name (as shown)",
        sign_in_name: "利用者名" / "User name",
        sign_in_name_help: "サインインに使います。半角の英数字と「-」「.」「_」。例: sato-hanako。末尾に数字が付きます(例: sato-hanako-4821)。" / "For signing in. Letters, digits, hyphens, dots, underscores. Digits are added at the end: sato-hanako becomes sato-hanako-4821.",
        mail: "メールアドレス" / "Mail address",
        mail_help: "ご本人だけが読めるアドレスにしてください。すでに利用者の方なら、担当だけが追加されます。" / "One that only this person reads. Somebody who has an account already only gets one more duty.",
        language: "メールの言語" / "Language of mails",
        duty: "役割" / "Role",
        window: "担当する窓口" / "Window to answer for",
        window_help: "情報提供が届く窓口のうち、この方が担当するものを選んでください。なければ選ばないでください。" / "The window that this person answers for, if any.",
        window_label: "窓口 {position}({label})" / "Window {position} ({label})",
        from: "開始日" / "First day",
        from_help: "空欄のときは、今日からになります。" / "If left empty: from today.",
        until: "終了日" / "Last day",
        until_help: "決まっていないときは、空欄にしてください。代理のときは必ず入力してください。" / "Leave empty if not known. Always fill it in for somebody who stands in.",
        reason: "理由" / "Reason",
        reason_help: "例: 定期異動のため、育児休業の代理。200文字以内で入力してください。" / "For example: yearly rotation, standing in during leave. At most 200 characters.",
        submit_invite: "招待を送る" / "Send the invitation",
        submit_add: "担当を登録する" / "Register the duty",
        cancel: "やめる" / "Cancel",
    }
}

#[derive(Template)]
#[template(path = "people/invitation.html")]
struct InvitationPage {
    chrome: Chrome,
    w: &'static InvitationWords,
    action: String,
    place: String,
    /// The name of the person, where it is known.
    known: Option<String>,
    leaving: String,
    lead: &'static str,
    submit: &'static str,
    back: String,
    form: InvitationForm,
    duties: Vec<Choice>,
    windows: Vec<Choice>,
    languages: Vec<Choice>,
    errors: Vec<ErrorLine>,
    at: FieldErrors,
}

/// The place in the address, and what may be given there, alone or by asking the firm.
struct Setting {
    place: Place,
    windows: Vec<Window>,
    offered: Vec<Role>,
    asks_firm: bool,
}

impl Setting {
    fn hat(&self, role: Role) -> Hat {
        Hat { role, organisation_id: self.place.organisation_id, ceptoar_id: Some(self.place.ceptoar_id.clone()) }
    }

    fn contacts(&self) -> Vec<ContactId> {
        self.windows.iter().map(|w| w.contact_id).collect()
    }
}

async fn setting(
    tx: &mut PgConnection,
    viewer: &Viewer,
    organisation: &str,
    ceptoar: &str,
    person: Option<&Person>,
) -> Result<Setting, WebError> {
    let organisation: OrganisationId = organisation.parse().map_err(|_| WebError::NotFound)?;
    let place = store::place(&mut *tx, organisation, ceptoar).await?.ok_or(WebError::NotFound)?;
    let windows = store::windows(&mut *tx, organisation, ceptoar).await?;
    let own_desk = viewer.affiliations.iter().any(|a| a.role == Role::Secretariat && a.organisation_id == organisation);
    let mut setting = Setting { place, windows, offered: Vec::new(), asks_firm: false };
    let firm_answers =
        steps::store::firm_answers(tx, &setting.hat(Role::MemberPoc), person.map(|p| p.listed.account_id), None)
            .await?;
    let roles = if own_desk {
        vec![Role::Coordinator]
    } else {
        vec![Role::MemberPoc, Role::MemberReader, Role::HubMember, Role::MemberAdmin]
    };
    let facts = |role: Role| DutyFacts { account_id: None, hat: setting.hat(role), firm_answers };
    let asks_firm = |role: Role| !can(viewer, DutyAction::Give, &facts(role));
    let may = |role: Role| !asks_firm(role) || can(viewer, DutyAction::Propose, &facts(role));
    let offered: Vec<Role> = roles.into_iter().filter(|role| may(*role)).collect();
    setting.asks_firm = offered.iter().any(|role| asks_firm(*role));
    setting.offered = offered;
    if setting.offered.is_empty() { Err(WebError::NotFound) } else { Ok(setting) }
}

/// The form for somebody new.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path((organisation, ceptoar)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let setting = setting(&mut tx, &viewer, &organisation, &ceptoar, None).await?;
    let form = InvitationForm { language: "ja".into(), ..InvitationForm::default() };
    Ok(Page(page(&frame, &setting, None, form, String::new(), FieldErrors::default())).into_response())
}

/// Invites.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path((organisation, ceptoar)): Path<(String, String)>,
    Form(form): Form<InvitationForm>,
) -> Result<Response, WebError> {
    let answer = sent(&state, &viewer, &frame, (&organisation, &ceptoar), form).await;
    // What is no id is not repeated.
    let subject = organisation.parse::<OrganisationId>().map(|id| id.to_string()).unwrap_or_default();
    or_refused(answer, &state, &viewer, &frame, "people.invite", ("organisation", subject)).await
}

async fn sent(
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    (organisation, ceptoar): (&str, &str),
    form: InvitationForm,
) -> Result<Response, WebError> {
    let actor = actor(state, viewer, frame);
    let mut tx = state.db.begin(Some(viewer.account_id), actor.now).await?;
    let setting = setting(&mut tx, viewer, organisation, ceptoar, None).await?;
    let mut reader = Reader::new(frame.language, japan_day(actor.now));
    let person = reader.person(&form.display_name, &form.sign_in_name, &form.mail_address, &form.language);
    let duty = read_duty(&mut reader, &setting, &form);
    let (Some(person), Some(duty), true) = (person, duty, reader.errors.is_empty()) else {
        return Ok(Unprocessable(page(frame, &setting, None, form, String::new(), reader.errors)).into_response());
    };
    match steps::invite(&mut tx, actor, &person, &duty).await {
        Ok(named) => {
            tx.commit().await?;
            Ok(Redirect::to(&shown_at(named, "invited")).into_response())
        }
        Err(error) => {
            let errors = at_fields(error, frame.language)?;
            Ok(Unprocessable(page(frame, &setting, None, form, String::new(), errors)).into_response())
        }
    }
}

/// What may follow the address of a further duty.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct LeavingQuery {
    leaving: String,
}

/// The form for a further duty.
pub async fn get_duty(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path((id, organisation, ceptoar)): Path<(String, String, String)>,
    Query(query): Query<LeavingQuery>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let person = known(&mut tx, &viewer, &id).await?;
    let setting = setting(&mut tx, &viewer, &organisation, &ceptoar, Some(&person)).await?;
    let form = InvitationForm::default();
    Ok(Page(page(&frame, &setting, Some(&person), form, query.leaving, FieldErrors::default())).into_response())
}

/// Gives it.
pub async fn post_duty(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path((id, organisation, ceptoar)): Path<(String, String, String)>,
    Form(typed): Form<DutyForm>,
) -> Result<Response, WebError> {
    let actor = actor(&state, &viewer, &frame);
    let mut tx = state.db.begin(Some(viewer.account_id), actor.now).await?;
    let person = known(&mut tx, &viewer, &id).await?;
    let setting = setting(&mut tx, &viewer, &organisation, &ceptoar, Some(&person)).await?;
    let leaving = match (typed.leaving.is_empty(), typed.leaving()) {
        (true, _) => None,
        (false, Some(duty)) => Some(steps::duty(&mut tx, duty).await.map_err(step_error)?),
        (false, None) => return Err(WebError::NotFound),
    };
    if leaving.as_ref().is_some_and(|duty| duty.account_id != person.listed.account_id) {
        return Err(WebError::NotFound);
    }
    let form = as_invitation(typed.clone());
    let mut reader = Reader::new(frame.language, japan_day(actor.now));
    let duty = read_duty(&mut reader, &setting, &form);
    reader.reason(&form.reason);
    let (Some(duty), true) = (duty, reader.errors.is_empty()) else {
        let page = page(&frame, &setting, Some(&person), form, typed.leaving, reader.errors);
        return Ok(Unprocessable(page).into_response());
    };
    match steps::give(&mut tx, actor, &person, &duty, leaving.as_ref()).await {
        Ok(named) => {
            tx.commit().await?;
            Ok(Redirect::to(&shown_at(named, "given")).into_response())
        }
        Err(error) => {
            let errors = at_fields(error, frame.language)?;
            Ok(Unprocessable(page(&frame, &setting, Some(&person), form, typed.leaving, errors)).into_response())
        }
    }
}

/// Where it stands what came of it.
fn shown_at(named: Named, done: &str) -> String {
    match named {
        Named::Given(account) => paths::person_after(account, done),
        Named::Proposed(request) => paths::of_request(paths::REQUEST, request),
    }
}

async fn known(tx: &mut PgConnection, viewer: &Viewer, id: &str) -> Result<Person, WebError> {
    let id: AccountId = id.parse().map_err(|_| WebError::NotFound)?;
    let person = store::person(tx, id).await?.ok_or(WebError::NotFound)?;
    if can(viewer, PersonAction::Look, &person.facts) && id != viewer.account_id {
        Ok(person)
    } else {
        Err(WebError::NotFound)
    }
}

fn as_invitation(typed: DutyForm) -> InvitationForm {
    InvitationForm {
        duty: typed.duty,
        window: typed.window,
        from_year: typed.from_year,
        from_month: typed.from_month,
        from_day: typed.from_day,
        until_year: typed.until_year,
        until_month: typed.until_month,
        until_day: typed.until_day,
        reason: typed.reason,
        ..InvitationForm::default()
    }
}

fn read_duty(reader: &mut Reader, setting: &Setting, form: &InvitationForm) -> Option<NewDuty> {
    let role = reader.role(&form.duty, &setting.offered);
    let window = reader.window(&form.window, &setting.contacts());
    let (from, until) = reader.period(
        [&form.from_year, &form.from_month, &form.from_day],
        [&form.until_year, &form.until_month, &form.until_day],
    );
    let reason = reader.free_reason(&form.reason);
    Some(NewDuty { hat: setting.hat(role?), window, from, until, reason })
}

/// Puts what the step found wrong at its field; other errors are answers of their own.
pub fn at_fields(error: StepError, language: Language) -> Result<FieldErrors, WebError> {
    let w = FormWords::of(language);
    let (field, text) = match error {
        StepError::Place => ("duty", w.place),
        StepError::Period => ("from", w.past),
        StepError::AddressShared => ("mail_address", w.shared),
        StepError::AlreadyHeld => ("duty", w.held),
        StepError::FirstKeeper => ("duty", w.first_keeper),
        StepError::FirstWindow => ("duty", w.first_window),
        StepError::NoAddress => ("mail_address", w.no_address),
        error @ (StepError::NotFound
        | StepError::AskerGone
        | StepError::AddressChanged
        | StepError::Rank
        | StepError::LastOne
        | StepError::TooManyLetters
        | StepError::Overtaken
        | StepError::Database(_)
        | StepError::Letter(_)) => return Err(step_error(error)),
    };
    let mut errors = FieldErrors::default();
    errors.add(field, text);
    Ok(errors)
}

fn page(
    frame: &Frame,
    setting: &Setting,
    person: Option<&Person>,
    form: InvitationForm,
    leaving: String,
    errors: FieldErrors,
) -> InvitationPage {
    let language = frame.language;
    let w = InvitationWords::of(language);
    let Place { organisation_id, ceptoar_id, organisation, ceptoar } = &setting.place;
    let (title, lead, action, back) = match person {
        None => (
            w.invite,
            if setting.asks_firm { w.lead_asked } else { w.lead },
            paths::invitation(*organisation_id, ceptoar_id),
            paths::INDEX.to_owned(),
        ),
        Some(person) => {
            let id = person.listed.account_id;
            let (title, lead) = match (leaving.is_empty(), setting.asks_firm) {
                (true, false) => (w.add, w.lead_known),
                (true, true) => (w.add, w.lead_asked),
                (false, false) => (w.change, w.lead_move),
                (false, true) => (w.change, w.lead_move_asked),
            };
            (title, lead, paths::duty(id, *organisation_id, ceptoar_id), paths::person(id))
        }
    };
    let window = |window: &Window| {
        let position = window.position.to_string();
        let label = fill(w.window_label, &[("position", &position), ("label", &window.label)]);
        (window.contact_id.to_string(), label)
    };
    let windows: Vec<(String, String)> = setting.windows.iter().map(window).collect();
    InvitationPage {
        chrome: frame.chrome(title, &[frame.home(), (paths::INDEX, w.people)]),
        w,
        action,
        place: place(organisation, Some(ceptoar), None, language),
        known: person.map(|p| p.listed.display_name.clone()),
        leaving,
        lead,
        submit: match (setting.asks_firm, person) {
            (true, _) => w.submit_propose,
            (false, Some(_)) => w.submit_add,
            (false, None) => w.submit_invite,
        },
        back,
        duties: choices(setting.offered.iter().map(|r| (r.code(), r.label(language).to_owned())), &form.duty),
        windows: choices(windows.iter().map(|(id, label)| (id.as_str(), label.clone())), &form.window),
        languages: choices([("ja", "日本語".to_owned()), ("en", "English".to_owned())], &form.language),
        form,
        errors: errors.lines(),
        at: errors,
    }
}
