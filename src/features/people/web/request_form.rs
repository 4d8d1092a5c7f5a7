//! Asking for a role of staff.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use sqlx::PgConnection;

use super::actor;
use super::invitation::at_fields;
use super::shown::choices;
use crate::features::access::action::DutyAction;
use crate::features::access::people::{DutyFacts, Hat};
use crate::features::access::{Role, Viewer, can};
use crate::features::people::form::{NewDuty, Reader, RequestForm};
use crate::features::people::{paths, steps, store};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::Label;
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, ErrorLine, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the form.
    pub struct RequestFormWords {
        title: "職員の担当を申請する" / "Ask for a staff role",
        people: "利用者管理" / "People",
        lead: "申請したあと、もう一人の承認者が承認すると、ご本人に招待のメールが届きます。ご自分の申請をご自分で承認することはできません。" / "The invitation goes out when a second person has confirmed. You cannot confirm your own request.",
        display_name: "氏名(画面に表示)" / "Name (as shown)",
        sign_in_name: "利用者名" / "User name",
        sign_in_name_help: "サインインに使います。半角の英数字と「-」「.」「_」。例: suzuki-ichiro。末尾に数字が付きます(例: suzuki-ichiro-4821)。" / "For signing in. Letters, digits, hyphens, dots, underscores. Digits are added at the end: suzuki-ichiro becomes suzuki-ichiro-4821.",
        mail: "メールアドレス" / "Mail address",
        mail_help: "ご本人だけが読めるアドレスにしてください。すでに利用者の方なら、担当だけが追加されます。" / "One that only this person reads. Somebody who has an account already only gets one more duty.",
        language: "メールの言語" / "Language of mails",
        duty: "役割" / "Role",
        office: "所属組織" / "Organisation",
        speaks_for: "対象のセプター" / "CEPTOAR",
        speaks_for_help: "事務局とカウンシルの役割のときだけ、選んでください。" / "Choose one for secretariats and roles in the Council only.",
        from: "開始日" / "First day",
        from_help: "空欄のときは、今日からになります。" / "If left empty: from today.",
        until: "終了日" / "Last day",
        until_help: "決まっていないときは、空欄にしてください。" / "Leave empty if not known.",
        reason: "理由" / "Reason",
        reason_help: "承認する方が読みます。200文字以内で入力してください。" / "The person who confirms reads it. At most 200 characters.",
        submit: "申請する" / "Send the request",
        cancel: "やめる" / "Cancel",
    }
}

#[derive(Template)]
#[template(path = "people/request_form.html")]
struct RequestPage {
    chrome: Chrome,
    w: &'static RequestFormWords,
    form: RequestForm,
    duties: Vec<Choice>,
    offices: Vec<Choice>,
    ceptoars: Vec<Choice>,
    languages: Vec<Choice>,
    errors: Vec<ErrorLine>,
    at: FieldErrors,
}

fn offered() -> Vec<Role> {
    Role::ALL.into_iter().filter(|role| role.is_staff()).collect()
}

/// The form.
pub async fn get(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let form = RequestForm { language: "ja".into(), ..RequestForm::default() };
    Ok(Page(page(&mut tx, &frame, form, FieldErrors::default()).await?).into_response())
}

/// Asks.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(form): Form<RequestForm>,
) -> Result<Response, WebError> {
    let actor = actor(&state, &viewer, &frame);
    let mut tx = state.db.begin(Some(viewer.account_id), actor.now).await?;
    let mut reader = Reader::new(frame.language, japan_day(actor.now));
    let person = reader.person(&form.display_name, &form.sign_in_name, &form.mail_address, &form.language);
    let duty = read(&mut reader, &form);
    let (Some(person), Some(duty), true) = (person, duty, reader.errors.is_empty()) else {
        return Ok(Unprocessable(page(&mut tx, &frame, form, reader.errors).await?).into_response());
    };
    if !can(&viewer, DutyAction::Ask, &DutyFacts::of(None, duty.hat.clone())) {
        return Err(WebError::NotFound);
    }
    match steps::ask(&mut tx, actor, &person, &duty).await {
        Ok(request) => {
            tx.commit().await?;
            Ok(Redirect::to(&paths::of_request(paths::REQUEST, request)).into_response())
        }
        Err(error) => {
            let errors = at_fields(error, frame.language)?;
            // What the database refused ended that transaction.
            drop(tx);
            let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
            Ok(Unprocessable(page(&mut tx, &frame, form, errors).await?).into_response())
        }
    }
}

fn read(reader: &mut Reader, form: &RequestForm) -> Option<NewDuty> {
    let role = reader.role(&form.duty, &offered());
    let office: Option<OrganisationId> = reader.office(&form.office);
    let (from, until) = reader.period(
        [&form.from_year, &form.from_month, &form.from_day],
        [&form.until_year, &form.until_month, &form.until_day],
    );
    let reason = reader.reason(&form.reason);
    let ceptoar_id = (!form.speaks_for.is_empty()).then(|| form.speaks_for.clone());
    let hat = Hat { role: role?, organisation_id: office?, ceptoar_id };
    Some(NewDuty { hat, window: None, from, until, reason })
}

async fn page(
    tx: &mut PgConnection,
    frame: &Frame,
    form: RequestForm,
    errors: FieldErrors,
) -> Result<RequestPage, WebError> {
    let language = frame.language;
    let w = RequestFormWords::of(language);
    let name = |[ja, en]: [String; 2]| language.pick(ja, en);
    let offices: Vec<(String, String)> =
        store::offices(&mut *tx).await?.into_iter().map(|(id, names)| (id.to_string(), name(names))).collect();
    let ceptoars: Vec<(String, String)> =
        store::ceptoars(tx).await?.into_iter().map(|(id, names)| (id, name(names))).collect();
    let list = |values: Vec<(String, String)>, chosen: &str| {
        choices(values.iter().map(|(value, label)| (value.as_str(), label.clone())), chosen)
    };
    Ok(RequestPage {
        chrome: frame.chrome(w.title, &[frame.home(), (paths::INDEX, w.people)]),
        w,
        duties: choices(offered().iter().map(|r| (r.code(), r.label(language).to_owned())), &form.duty),
        offices: list(offices, &form.office),
        ceptoars: list(ceptoars, &form.speaks_for),
        languages: choices([("ja", "日本語".to_owned()), ("en", "English".to_owned())], &form.language),
        form,
        errors: errors.lines(),
        at: errors,
    })
}
