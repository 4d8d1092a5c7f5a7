//! The way of every change: form, confirmation with before and after, done. Nothing typed is lost on the way, and who
//! was overtaken by somebody else is told before anything is written.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;

use super::fields::{Control, Field, Typed};
use super::forms::{self, Meant, Scene};
use super::reading::Reader;
use super::{MemberPlace, WindowPlace, permitted};
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Role, Viewer, can};
use crate::features::directory::roster::changes::{self, Actor, Change, ChangeError, Joining};
use crate::features::directory::roster::line::{self, Line};
use crate::features::directory::roster::sheet::Sheet;
use crate::features::directory::roster::store::CeptoarFacts;
use crate::features::directory::roster::{paths, store};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_date;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::form::{ErrorLine, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A firm joins.
    Joining,
    /// It is called something else.
    Name,
    /// It is a member as something else.
    Membership,
    /// It leaves.
    Leaving,
    /// A window more.
    NewWindow,
    /// A window is another.
    Window,
    /// A window closes.
    WindowEnd,
}

crate::words! {
    /// Words of the forms.
    pub struct EditWords {
        directory: "名簿" / "Directory",
        joining: "構成員を追加する" / "Take in a member",
        joining_lead: "新しい構成員と、その最初の窓口を登録します。" / "Registers a new member and its first window.",
        name: "名称を変更する" / "Change the name",
        name_lead: "社名の変更などを登録します。以前の名称は履歴に残り、検索でも見つかります。" / "For example after a change of name. The old name stays in the history and is still found.",
        membership: "構成員としての登録を変更する" / "Change the membership",
        membership_lead: "数える単位・サブグループ・ハブの役割を変更します。" / "Unit, subgroup and the role of a hub.",
        leaving: "構成員から外す" / "End the membership",
        leaving_lead: "これまでの記録は残ります。この構成員の利用者の担当は「利用者管理」で終了してください。" / "The record stays. End the duties of its people on the page People.",
        new_window: "窓口を追加する" / "Add a window",
        new_window_lead: "緊急時に連絡する窓口を登録します。" / "A window that is reached in an emergency.",
        window: "窓口を変更する" / "Change the window",
        window_lead: "外れたメールアドレスと新しいメールアドレスの両方に、変更のお知らせが届きます。" / "Old and new mail addresses are both told of the change.",
        window_end: "窓口を閉じる" / "Close the window",
        window_end_lead: "これまでの記録は残ります。メールアドレスには、お知らせが届きます。" / "The record stays. Its mail address is told.",
        check: "内容を確認する" / "Check",
        cancel: "やめる" / "Cancel",
        confirm_lead: "まだ変更されていません。内容を確かめて、「登録する」を押してください。" / "Nothing is changed yet. Look at it, then press “Register”.",
        apply: "登録する" / "Register",
        back: "入力に戻る" / "Back to the form",
        item: "項目" / "Item",
        before: "変更前" / "Before",
        after: "変更後" / "After",
        nothing: "(なし)" / "(none)",
        on: "{day}から" / "From {day}",
        correction: "{day}現在の登録の訂正" / "Correction of what holds on {day}",
        reason: "理由・メモ" / "Reason or note",
        current: "現在の登録" / "Registered now",
        kind: "種類" / "Kind",
        value: "アドレス・番号" / "Address or number",
        hours: "連絡できる時間" / "Hours",
        row: "{n}番目の連絡手段" / "Way {n}",
        overtaken: "入力している間に、ほかの方がこの構成員の登録を変更しました。下の「現在の登録」を見て、入力した内容でよければ、もう一度確認へ進んでください。" / "Somebody else changed this member while you were typing. Look at “Registered now” below; if your entries are still right, go on again.",
        same: "登録されている内容と同じです。変更するところを直してください。" / "This is what is registered already. Change something first.",
        not_on_day: "その日には、変更する登録がありません。適用日をご確認ください。" / "There is nothing to change on that day. Please check the day.",
        no_member: "その日は、この組織は構成員ではありません。加入日と適用日をご確認ください。" / "The organisation is no member on that day. Please check the day.",
        last_window: "構成員の最後の窓口は閉じられません。先に、別の窓口を追加してください。" / "A member's last window cannot be closed. Add another one first.",
        overlap: "ほかの期間の登録と重なります。予定されている変更をご確認ください。" / "Another period is in the way. Please look at what is planned.",
    }
}

#[derive(Template)]
#[template(path = "directory/edit.html")]
struct EditPage {
    chrome: Chrome,
    w: &'static EditWords,
    title: &'static str,
    lead: &'static str,
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
#[template(path = "directory/confirm.html")]
struct ConfirmPage {
    chrome: Chrome,
    w: &'static EditWords,
    title: &'static str,
    subject: String,
    action: String,
    when: String,
    reason: String,
    rows: Vec<(String, String, String)>,
    hidden: Vec<(String, String)>,
}

/// A form in its place: everything that the page needs besides what was typed.
struct Desk<'a> {
    what: What,
    frame: &'a Frame,
    ceptoar_id: &'a str,
    ceptoar: &'a CeptoarFacts,
    sheet: Option<&'a Sheet>,
    window: Option<ContactId>,
    today: NaiveDate,
}

/// The form about a member.
pub async fn get(
    what: What,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(place): Path<MemberPlace>,
) -> Result<Response, WebError> {
    form(what, &state, &viewer, &frame, &place, None).await
}

/// The form about a window.
pub async fn get_window(
    what: What,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(WindowPlace { ceptoar, organisation, window }): Path<WindowPlace>,
) -> Result<Response, WebError> {
    form(what, &state, &viewer, &frame, &MemberPlace { ceptoar, organisation }, Some(window)).await
}

/// Confirms or makes a change of a member.
pub async fn post(
    what: What,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(place): Path<MemberPlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    step(what, &state, &viewer, &frame, &place, None, Typed(typed)).await
}

/// Confirms or makes a change of a window.
pub async fn post_window(
    what: What,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(WindowPlace { ceptoar, organisation, window }): Path<WindowPlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    step(what, &state, &viewer, &frame, &MemberPlace { ceptoar, organisation }, Some(window), Typed(typed)).await
}

async fn form(
    what: What,
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    place: &MemberPlace,
    window: Option<ContactId>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let (ceptoar, sheet) = member(&mut tx, viewer, what, place, window).await?;
    let desk = Desk {
        what,
        frame,
        ceptoar_id: &place.ceptoar,
        ceptoar: &ceptoar,
        sheet: Some(&sheet),
        window,
        today: japan_day(now),
    };
    let typed = forms::prefilled(what, &desk.scene());
    Ok(Page(desk.page(&typed, FieldErrors::default())).into_response())
}

async fn member(
    tx: &mut Tx,
    viewer: &Viewer,
    what: What,
    place: &MemberPlace,
    window: Option<ContactId>,
) -> Result<(CeptoarFacts, Sheet), WebError> {
    permitted(tx, viewer, what.action(), &place.ceptoar, place.organisation).await?;
    let ceptoar = store::ceptoar(tx, &place.ceptoar).await?.ok_or(WebError::NotFound)?;
    let sheet = store::sheet(tx, &place.ceptoar, place.organisation, true).await?;
    if window.is_some_and(|id| sheet.window(id).is_none()) {
        return Err(WebError::NotFound);
    }
    Ok((ceptoar, sheet))
}

async fn step(
    what: What,
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    place: &MemberPlace,
    window: Option<ContactId>,
    typed: Typed,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let (ceptoar, sheet) = member(&mut tx, viewer, what, place, window).await?;
    let today = japan_day(now);
    let desk =
        Desk { what, frame, ceptoar_id: &place.ceptoar, ceptoar: &ceptoar, sheet: Some(&sheet), window, today };
    let typed = desk.known(typed)?;
    let meant = match forms::meant(what, &desk.scene(), &typed) {
        Ok(meant) => meant.ok_or(WebError::NotFound)?,
        Err(errors) => return Ok(Unprocessable(desk.page(&typed, errors)).into_response()),
    };
    if let Some(answer) = desk.not_yet(&typed, &meant.change) {
        return Ok(answer);
    }
    let Meant { change, alteration } = meant;
    let actor = actor(viewer, &place.ceptoar, place.organisation, frame, now);
    match changes::apply(&mut tx, actor, &sheet, &change, &alteration).await {
        Ok(()) => tx.commit().await?,
        Err(error) => return desk.refused(&typed, error),
    }
    Ok(Redirect::to(&format!("{}?done={}", desk.member_href(place.organisation), what.done())).into_response())
}

/// The form for a firm that joins.
pub async fn get_joining(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = joined(&mut tx, &viewer, &ceptoar_id).await?;
    let desk = Desk::joining(&frame, &ceptoar_id, &ceptoar, japan_day(now));
    let typed = forms::prefilled(What::Joining, &desk.scene());
    Ok(Page(desk.page(&typed, FieldErrors::default())).into_response())
}

/// Takes a firm in.
pub async fn post_joining(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = joined(&mut tx, &viewer, &ceptoar_id).await?;
    let desk = Desk::joining(&frame, &ceptoar_id, &ceptoar, japan_day(now));
    let typed = desk.known(Typed(typed))?;
    let mut reader = Reader::new(&typed, frame.language, desk.today);
    let name = reader.name();
    let membership = reader.membership(&ceptoar);
    let on = reader.day("on");
    let window = reader.window();
    let channels = reader.channels(&[]);
    let reason = reader.reason(false);
    if !reader.errors.is_empty() {
        return Ok(Unprocessable(desk.page(&typed, reader.errors)).into_response());
    }
    let ways: Vec<_> = channels.iter().collect();
    let after = [line::of_name(&name), forms::in_lines(&desk.scene(), &membership), line::of_window(&window, &ways)];
    let change = Change { on, correction: false, reason, before: Vec::new(), after: after.concat() };
    if let Some(answer) = desk.not_yet(&typed, &change) {
        return Ok(answer);
    }
    let demonstration = state.config.is_demonstration();
    let joining = Joining { name, membership, window, channels, demonstration };
    let actor = actor(&viewer, &ceptoar_id, OrganisationId::random(), &frame, now);
    let organisation = match changes::join(&mut tx, actor, &ceptoar_id, &change, &joining).await {
        Ok(organisation) => organisation,
        Err(error) => return desk.refused(&typed, error),
    };
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done={}", desk.member_href(organisation), What::Joining.done())).into_response())
}

async fn joined(tx: &mut Tx, viewer: &Viewer, ceptoar_id: &str) -> Result<CeptoarFacts, WebError> {
    if !can(viewer, DirectoryAction::KeepMember, &RosterFacts::whole(ceptoar_id)) {
        return Err(WebError::NotFound);
    }
    store::ceptoar(tx, ceptoar_id).await?.ok_or(WebError::NotFound)
}

/// Who acts: the desk of the CEPTOAR if the viewer keeps it, else the firm's own people.
fn actor<'a>(
    viewer: &'a Viewer,
    ceptoar_id: &str,
    firm: OrganisationId,
    frame: &'a Frame,
    now: chrono::DateTime<chrono::Utc>,
) -> Actor<'a> {
    let desk = viewer
        .affiliations
        .iter()
        .find(|a| a.role == Role::Secretariat && a.ceptoar_id.as_deref() == Some(ceptoar_id));
    let organisation = desk.map_or(firm, |a| a.organisation_id);
    Actor { viewer, organisation, now, request_id: &frame.request_id }
}

impl What {
    fn action(self) -> DirectoryAction {
        match self {
            Self::Joining | Self::Name | Self::Membership | Self::Leaving => DirectoryAction::KeepMember,
            Self::NewWindow | Self::Window | Self::WindowEnd => DirectoryAction::KeepWindow,
        }
    }

    /// The word in the address of what was done.
    fn done(self) -> &'static str {
        match self {
            Self::Joining => "joined",
            Self::Name | Self::Membership | Self::Window => "changed",
            Self::Leaving | Self::WindowEnd => "ended",
            Self::NewWindow => "added",
        }
    }

    fn words(self, language: Language) -> (&'static str, &'static str) {
        let w = EditWords::of(language);
        match self {
            Self::Joining => (w.joining, w.joining_lead),
            Self::Name => (w.name, w.name_lead),
            Self::Membership => (w.membership, w.membership_lead),
            Self::Leaving => (w.leaving, w.leaving_lead),
            Self::NewWindow => (w.new_window, w.new_window_lead),
            Self::Window => (w.window, w.window_lead),
            Self::WindowEnd => (w.window_end, w.window_end_lead),
        }
    }

    fn route(self) -> &'static str {
        match self {
            Self::Joining => paths::JOINING,
            Self::Name => paths::NAME,
            Self::Membership => paths::MEMBERSHIP,
            Self::Leaving => paths::LEAVING,
            Self::NewWindow => paths::NEW_WINDOW,
            Self::Window => paths::WINDOW,
            Self::WindowEnd => paths::WINDOW_END,
        }
    }
}

impl<'a> Desk<'a> {
    fn joining(frame: &'a Frame, ceptoar_id: &'a str, ceptoar: &'a CeptoarFacts, today: NaiveDate) -> Self {
        Self { what: What::Joining, frame, ceptoar_id, ceptoar, sheet: None, window: None, today }
    }

    fn scene(&self) -> Scene<'_> {
        Scene {
            ceptoar: self.ceptoar,
            sheet: self.sheet,
            window: self.window,
            today: self.today,
            language: self.frame.language,
        }
    }

    /// What was typed, if it is of this form's fields alone.
    fn known(&self, typed: Typed) -> Result<Typed, WebError> {
        let fields = forms::fields(self.what, &self.scene(), &Typed::default());
        let mut names: Vec<String> = fields.iter().flat_map(Field::sends).collect();
        names.extend(["seen", "confirmed", "again", crate::platform::security::form_token::FIELD].map(str::to_owned));
        if typed.0.keys().all(|name| names.contains(name)) { Ok(typed) } else { Err(WebError::BadRequest) }
    }

    fn member_href(&self, organisation: OrganisationId) -> String {
        paths::of_member(paths::MEMBER, self.ceptoar_id, organisation)
    }

    fn back(&self) -> String {
        self.sheet.map_or_else(|| paths::roster(self.ceptoar_id), |sheet| self.member_href(sheet.organisation_id))
    }

    fn action(&self) -> String {
        let route = self.what.route();
        match (self.sheet, self.window) {
            (None, _) => paths::of_ceptoar(route, self.ceptoar_id),
            (Some(sheet), None) => paths::of_member(route, self.ceptoar_id, sheet.organisation_id),
            (Some(sheet), Some(window)) => paths::of_window(route, self.ceptoar_id, sheet.organisation_id, window),
        }
    }

    fn seen(&self) -> String {
        self.sheet.map(Sheet::digest).unwrap_or_default()
    }

    /// Whom the form is about.
    fn subject(&self) -> String {
        let language = self.frame.language;
        let ceptoar = language.pick(&self.ceptoar.name[0], &self.ceptoar.name[1]);
        let name = self.sheet.and_then(|sheet| sheet.name_on(self.today));
        match name {
            Some(name) => format!("{} / {ceptoar}", language.pick(&name.value.ja, &name.value.en)),
            None => ceptoar.clone(),
        }
    }

    /// What is registered on the present day of what the form is about.
    fn current(&self) -> Vec<(String, String)> {
        let Some(sheet) = self.sheet else { return Vec::new() };
        let lines: Vec<Line> = match self.what {
            What::Name => sheet.name_on(self.today).map(|f| line::of_name(&f.value)).unwrap_or_default(),
            What::Membership | What::Leaving => sheet
                .membership_on(self.today)
                .map(|f| forms::in_lines(&self.scene(), &f.value))
                .unwrap_or_default(),
            What::Window | What::WindowEnd => self
                .window
                .and_then(|id| sheet.window(id))
                .and_then(|w| Some(line::of_window(&w.on(self.today)?.value, &w.channels_on(self.today))))
                .unwrap_or_default(),
            What::Joining | What::NewWindow => Vec::new(),
        };
        let language = self.frame.language;
        lines.iter().map(|line| (line.name(language), line.value(language).to_owned())).collect()
    }

    fn chrome(&self, title: &str) -> Chrome {
        let w = EditWords::of(self.frame.language);
        let roster = paths::roster(self.ceptoar_id);
        let back = self.back();
        let subject = self.subject();
        let name = self.frame.language.pick(&self.ceptoar.name[0], &self.ceptoar.name[1]);
        let mut way = vec![self.frame.home(), (paths::INDEX, w.directory), (roster.as_str(), name.as_str())];
        if self.sheet.is_some() {
            way.push((back.as_str(), subject.as_str()));
        }
        self.frame.chrome(title, &way)
    }

    fn page(&self, typed: &Typed, errors: FieldErrors) -> EditPage {
        let (title, lead) = self.what.words(self.frame.language);
        EditPage {
            chrome: self.chrome(title),
            w: EditWords::of(self.frame.language),
            title,
            lead,
            subject: self.subject(),
            action: self.action(),
            back: self.back(),
            seen: self.seen(),
            current: self.current(),
            fields: forms::fields(self.what, &self.scene(), typed),
            errors: errors.lines(),
            at: errors,
        }
    }

    /// The page that comes before anything is written: the form again, or the confirmation.
    fn not_yet(&self, typed: &Typed, change: &Change) -> Option<Response> {
        let w = EditWords::of(self.frame.language);
        if typed.get("again") == "true" {
            return Some(Page(self.page(typed, FieldErrors::default())).into_response());
        }
        let first = forms::fields(self.what, &self.scene(), typed).first().map_or("reason", |field| field.name);
        let mut errors = FieldErrors::default();
        if self.sheet.is_some() && typed.get("seen") != self.seen() {
            errors.add(first, w.overtaken);
        } else if change.before == change.after {
            errors.add(first, w.same);
        }
        if !errors.is_empty() {
            return Some(Unprocessable(self.page(typed, errors)).into_response());
        }
        (typed.get("confirmed") != "true").then(|| Page(self.confirmation(typed, change)).into_response())
    }

    fn confirmation(&self, typed: &Typed, change: &Change) -> ConfirmPage {
        let language = self.frame.language;
        let w = EditWords::of(language);
        let (title, _) = self.what.words(language);
        let value = |line: &Option<Line>| line.as_ref().map_or(w.nothing, |line| line.value(language)).to_owned();
        let rows = line::differences(&change.before, &change.after).into_iter().map(|d| {
            let name = d.after.as_ref().or(d.before.as_ref()).map(|line| line.name(language)).unwrap_or_default();
            (name, value(&d.before), value(&d.after))
        });
        let when = if change.correction { w.correction } else { w.on };
        let fields = forms::fields(self.what, &self.scene(), typed);
        let mut hidden: Vec<(String, String)> = fields
            .iter()
            .filter(|field| field.control != Control::Check || !field.value.is_empty())
            .flat_map(Field::sends)
            .map(|name| (name.clone(), typed.get(&name).to_owned()))
            .collect();
        hidden.push(("seen".into(), self.seen()));
        ConfirmPage {
            chrome: self.chrome(title),
            w,
            title,
            subject: self.subject(),
            action: self.action(),
            when: fill(when, &[("day", &long_date(change.on, language))]),
            reason: change.reason.clone(),
            rows: rows.collect(),
            hidden,
        }
    }

    /// The form again, with what stands in the way.
    fn refused(&self, typed: &Typed, error: ChangeError) -> Result<Response, WebError> {
        let w = EditWords::of(self.frame.language);
        let message = match error {
            ChangeError::NotOnThatDay => w.not_on_day,
            ChangeError::NoMember => w.no_member,
            ChangeError::LastWindow => w.last_window,
            ChangeError::Overlap => w.overlap,
            ChangeError::Fault(fault) => return Err(fault.into()),
        };
        let mut errors = FieldErrors::default();
        errors.add("on", message);
        Ok(Unprocessable(self.page(typed, errors)).into_response())
    }
}
