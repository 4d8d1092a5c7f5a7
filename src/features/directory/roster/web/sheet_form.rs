//! The pages of a change: the form with what was typed, and the confirmation with before and after.

use askama::Template;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;

use super::fields::{Control, Field, Typed};
use super::forms::{self, Scene};
use super::shown::{ChangeRow, change_row};
use super::way;
use crate::features::access::Viewer;
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::Standing;
use crate::features::directory::roster::changes::{self, Alteration, Change, ChangeError};
use crate::features::directory::roster::line::{self, Line};
use crate::features::directory::roster::paths;
use crate::features::directory::roster::sheet::Sheet;
use crate::features::directory::roster::store::{CeptoarFacts, PastChange};
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_date;
use crate::platform::web::error::WebError;
use crate::platform::web::form::{ErrorLine, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};

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
        joining: "構成員を追加する" / "Take in a member",
        joining_lead: "新しい構成員と、その最初の窓口を登録します。" / "Registers a new member and its first window.",
        name: "名称を変更する" / "Change the name",
        name_lead: "社名の変更などを登録します。以前の名称は履歴に残り、検索でも見つかります。" / "For example after a change of name. The old name stays in the history and is still found.",
        membership: "構成員としての登録を変更する" / "Change the membership",
        membership_lead: "種別(正会員・オブザーバー)・数える単位・サブグループ・ハブの役割を変更します。" / "Full member or observer, unit, subgroup and the role of a hub.",
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
        differences: "変更の内容" / "What is changed",
        item: "項目" / "Item",
        before: "変更前" / "Before",
        after: "変更後" / "After",
        nothing: "(なし)" / "(none)",
        when: "時期" / "When",
        on: "{day}から" / "From {day}",
        until: "{day}まで" / "Until {day}",
        correction: "{day}現在の登録の訂正" / "Correction of what holds on {day}",
        reason: "理由・メモ" / "Reason or note",
        current: "現在の登録" / "Registered now",
        kind: "種類" / "Kind",
        value: "アドレス・番号" / "Address or number",
        hours: "連絡できる時間" / "Hours",
        overtaken: "入力している間に、この構成員の登録が変更されました。「その間の変更」と「現在の登録」を見て、入力した内容でよければ、もう一度確認へ進んでください。" / "This member was changed while you were typing. Look at “Changed meanwhile” and “Registered now”; if your entries are still right, go on again.",
        meanwhile: "その間の変更" / "Changed meanwhile",
        same_name: "同じ名称の構成員が、すでに登録されています。構成員の一覧をご確認ください。" / "There is a member of that name already. Please look at the list of members.",
        former: "同じ名称・よみの、元の構成員がいます。戻ってきた組織は、下のリンクから再び加えてください。別の組織のときは、終わりの「元の構成員とは別の組織として登録する」を選んでください。" / "A former member is called, or read, so. If it is that one, take it in again by the link below. If it is another organisation, tick that at the end.",
        to_former: "元の構成員を再び加える" / "Take the former member in again",
        from_former: "以前に構成員だった組織が戻るときは、こちらから登録してください" / "Take in a former member that comes back",
        same: "登録されている内容と同じです。変更するところを直してください。" / "This is what is registered already. Change something first.",
        not_on_day: "その日には、変更する登録がありません。適用日をご確認ください。" / "There is nothing to change on that day. Please check the day.",
        no_member: "その日は、この組織は構成員ではありません。加入日と適用日をご確認ください。" / "The organisation is no member on that day. Please check the day.",
        no_office: "その日は、この組織は事務局・所管省庁・地方機関ではありません。担当の期間と適用日をご確認ください。" / "The organisation is no office on the route on that day. Please check the day.",
        no_partner: "その日は、この組織は連携機関ではありません。役割の期間と適用日をご確認ください。" / "The organisation is no partner body on that day. Please check the day.",
        last_window: "構成員の最後の窓口は閉じられません。先に、別の窓口を追加してください。" / "A member's last window cannot be closed. Add another one first.",
        no_subgroup: "選んだサブグループは、この登録の期間のすべての日にあるわけではありません。「グループ」で期間を確かめて、サブグループか適用日を直してください。" / "The subgroup is not there on all days of this entry. Look at its period under “Groups”, and change the subgroup or the day.",
        not_its_own: "この組織は、その日に、ほかのセプターの構成員でもあります。その日の名称は、このセプターだけでは直せません。" / "Another CEPTOAR had this firm on these days as well: what it was called then is not this desk's alone to change.",
        overlap: "ほかの期間の登録と重なります。予定されている変更をご確認ください。" / "Another period is in the way. Please look at what is planned.",
    }
}

/// The form.
#[derive(Template)]
#[template(path = "directory/edit.html")]
pub struct EditPage {
    pub(super) chrome: Chrome,
    pub(super) w: &'static EditWords,
    pub(super) title: &'static str,
    pub(super) lead: &'static str,
    pub(super) subject: String,
    pub(super) action: String,
    pub(super) back: String,
    pub(super) seen: String,
    pub(super) meanwhile: Option<ChangeRow>,
    pub(super) current: Vec<(String, String)>,
    pub(super) fields: Vec<Field>,
    pub(super) errors: Vec<ErrorLine>,
    pub(super) at: FieldErrors,
    /// Where what stands in the way is put right: address and words.
    pub(super) remedy: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "directory/confirm.html")]
pub(super) struct ConfirmPage {
    pub(super) chrome: Chrome,
    pub(super) w: &'static EditWords,
    pub(super) title: &'static str,
    pub(super) subject: String,
    pub(super) action: String,
    pub(super) back: String,
    pub(super) when: String,
    pub(super) reason: String,
    pub(super) rows: Vec<(String, String, String)>,
    pub(super) with_before: bool,
    pub(super) ending: bool,
    pub(super) hidden: Vec<(String, String)>,
}

/// A form in its place: everything that the page needs besides what was typed.
pub struct Desk<'a> {
    what: What,
    viewer: &'a Viewer,
    frame: &'a Frame,
    ceptoar_id: &'a str,
    ceptoar: &'a CeptoarFacts,
    sheet: Option<&'a Sheet>,
    window: Option<ContactId>,
    /// The present day.
    pub today: NaiveDate,
}

impl What {
    /// The right that it needs.
    #[must_use]
    pub fn action(self) -> DirectoryAction {
        match self {
            Self::Joining | Self::Name | Self::Membership | Self::Leaving => DirectoryAction::KeepMember,
            Self::NewWindow | Self::Window | Self::WindowEnd => DirectoryAction::KeepWindow,
        }
    }

    /// The word in the address of what was done.
    #[must_use]
    pub fn done(self) -> &'static str {
        match self {
            Self::Joining => "joined",
            Self::Name | Self::Membership | Self::Window => "changed",
            Self::Leaving | Self::WindowEnd => "ended",
            Self::NewWindow => "added",
        }
    }

    /// Whether something ends.
    fn is_ending(self) -> bool {
        match self {
            Self::Leaving | Self::WindowEnd => true,
            Self::Joining | Self::Name | Self::Membership | Self::NewWindow | Self::Window => false,
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
    /// The form about a member that is there.
    #[must_use]
    pub fn about(
        what: What,
        viewer: &'a Viewer,
        frame: &'a Frame,
        ceptoar: &'a CeptoarFacts,
        sheet: &'a Sheet,
        window: Option<ContactId>,
        today: NaiveDate,
    ) -> Self {
        Self { what, viewer, frame, ceptoar_id: &sheet.ceptoar_id, ceptoar, sheet: Some(sheet), window, today }
    }

    /// The form for a firm that joins.
    #[must_use]
    pub fn joining(
        viewer: &'a Viewer,
        frame: &'a Frame,
        ceptoar_id: &'a str,
        ceptoar: &'a CeptoarFacts,
        today: NaiveDate,
    ) -> Self {
        Self { what: What::Joining, viewer, frame, ceptoar_id, ceptoar, sheet: None, window: None, today }
    }

    /// What the form asks about.
    #[must_use]
    pub fn scene(&self) -> Scene<'_> {
        Scene {
            ceptoar: self.ceptoar,
            sheet: self.sheet,
            window: self.window,
            today: self.today,
            language: self.frame.language,
        }
    }

    /// How many addresses and numbers the form shows.
    #[must_use]
    pub fn addresses(&self) -> usize {
        let window = self.sheet.zip(self.window).and_then(|(sheet, id)| sheet.window(id));
        window.map_or(0, |window| window.channels_on(self.scene().shown_day()).len())
    }

    /// What was typed, if it is of this form's fields alone.
    ///
    /// # Errors
    /// 400 for anything else.
    pub fn known(&self, typed: Typed) -> Result<Typed, WebError> {
        let fields = forms::fields(self.what, &self.scene(), &Typed::default());
        let mut names: Vec<String> = fields.iter().flat_map(Field::sends).collect();
        names.extend(["seen", "confirmed", "again", crate::platform::security::form_token::FIELD].map(str::to_owned));
        names.extend((self.what == What::Joining).then(|| "another".to_owned()));
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

    /// What is registered on the day shown of what the form is about.
    fn current(&self) -> Vec<(String, String)> {
        let Some(sheet) = self.sheet else { return Vec::new() };
        let day = self.scene().shown_day();
        let lines: Vec<Line> = match self.what {
            What::Name => sheet.name_on(day).map(|f| line::of_name(&f.value)).unwrap_or_default(),
            What::Membership | What::Leaving => {
                sheet.membership_on(day).map(|f| forms::in_lines(&self.scene(), &f.value)).unwrap_or_default()
            }
            What::Window | What::WindowEnd => self
                .window
                .and_then(|id| sheet.window(id))
                .and_then(|w| Some(line::of_window(&w.on(day)?.value, &w.channels_on(day))))
                .unwrap_or_default(),
            What::Joining | What::NewWindow => Vec::new(),
        };
        let language = self.frame.language;
        lines.iter().map(|line| (line.name(language), line.value(language).to_owned())).collect()
    }

    fn chrome(&self, title: &str) -> Chrome {
        let mut way = way(self.viewer, self.frame, self.ceptoar_id, self.ceptoar);
        if let Some(name) = self.sheet.and_then(|sheet| sheet.name_on(self.today)) {
            way.push((self.back(), self.frame.language.pick(&name.value.ja, &name.value.en).clone()));
        }
        let way: Vec<_> = way.iter().map(|(href, label)| (href.as_str(), label.as_str())).collect();
        self.frame.chrome(title, &way)
    }

    /// The form with what was typed and what is wrong with it.
    #[must_use]
    pub fn page(&self, typed: &Typed, errors: FieldErrors) -> EditPage {
        let (title, lead) = self.what.words(self.frame.language);
        // Who goes back to the form still works on what they saw when they began.
        let seen = typed.get("seen");
        EditPage {
            chrome: self.chrome(title),
            w: EditWords::of(self.frame.language),
            title,
            lead,
            subject: self.subject(),
            action: self.action(),
            back: self.back(),
            seen: if seen.is_empty() { self.seen() } else { seen.to_owned() },
            meanwhile: None,
            current: if self.what.is_ending() { self.current() } else { Vec::new() },
            fields: forms::fields(self.what, &self.scene(), typed),
            errors: errors.lines(),
            at: errors,
            remedy: (self.what == What::Joining).then(|| {
                let href = paths::of_ceptoar(paths::FORMER, self.ceptoar_id);
                (href, EditWords::of(self.frame.language).from_former.to_owned())
            }),
        }
    }

    /// The form for a firm that is called as a former member was: the way to take that one in again, and the question.
    #[must_use]
    pub fn former(&self, mut typed: Typed, former: &[OrganisationId]) -> EditPage {
        let w = EditWords::of(self.frame.language);
        let mut errors = FieldErrors::default();
        errors.add("ja", w.former);
        typed.set("another", "ask");
        let href = match former {
            [only] => paths::of_member(paths::RETURNING, self.ceptoar_id, *only),
            _ => paths::of_ceptoar(paths::FORMER, self.ceptoar_id),
        };
        EditPage { remedy: Some((href, w.to_former.to_owned())), ..self.page(&typed, errors) }
    }

    /// Whether somebody changed the member after the form was opened.
    #[must_use]
    pub fn is_overtaken(&self, typed: &Typed) -> bool {
        self.sheet.is_some() && typed.get("seen") != self.seen()
    }

    /// The form for whoever was overtaken: with their text, what is registered now, and what was changed at last.
    #[must_use]
    pub fn overtaken(&self, typed: &Typed, last: Option<&PastChange>) -> EditPage {
        let language = self.frame.language;
        let mut errors = FieldErrors::default();
        errors.add(self.first_field(typed), EditWords::of(language).overtaken);
        EditPage {
            seen: self.seen(),
            meanwhile: last.map(|change| change_row(change, language)),
            current: self.current(),
            ..self.page(typed, errors)
        }
    }

    fn first_field(&self, typed: &Typed) -> &'static str {
        forms::fields(self.what, &self.scene(), typed).first().map_or("reason", |field| field.name)
    }

    /// The page that comes before anything is written: the form again, or the confirmation.
    #[must_use]
    pub fn not_yet(&self, typed: &Typed, change: &Change, alteration: Option<&Alteration>) -> Option<Response> {
        if typed.get("again") == "true" {
            return Some(Page(self.page(typed, FieldErrors::default())).into_response());
        }
        let refused = self.sheet.zip(alteration).and_then(|(sheet, a)| changes::check(sheet, change, a).err());
        let mut errors = FieldErrors::default();
        if let Some(message) = refused.as_ref().and_then(|error| self.message(error)) {
            errors.add("on", message);
        } else if change.before == change.after {
            errors.add(self.first_field(typed), EditWords::of(self.frame.language).same);
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
        let ending = self.what.is_ending();
        let (when, day) = match (change.correction, ending) {
            (true, _) => (w.correction, change.on),
            (false, true) => (w.until, change.on.pred_opt().unwrap_or(change.on)),
            (false, false) => (w.on, change.on),
        };
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
            back: self.back(),
            when: fill(when, &[("day", &long_date(day, language))]),
            reason: change.reason.clone(),
            rows: rows.collect(),
            with_before: !change.before.is_empty(),
            ending,
            hidden,
        }
    }

    fn message(&self, error: &ChangeError) -> Option<&'static str> {
        let w = EditWords::of(self.frame.language);
        match error {
            ChangeError::NotOnThatDay => Some(w.not_on_day),
            ChangeError::NoMember => Some(match self.sheet.map_or(Standing::Member, |sheet| sheet.standing) {
                Standing::Member => w.no_member,
                Standing::Partner => w.no_partner,
                Standing::Secretariat | Standing::Ministry | Standing::Regional => w.no_office,
            }),
            ChangeError::LastWindow => Some(w.last_window),
            ChangeError::Overlap => Some(w.overlap),
            ChangeError::NoSubgroup => Some(w.no_subgroup),
            ChangeError::NotItsOwn => Some(w.not_its_own),
            ChangeError::NotOpen | ChangeError::Fault(_) => None,
        }
    }

    /// The form again, with what stands in the way.
    ///
    /// # Errors
    /// What is nobody's mistake.
    pub fn refused(&self, typed: &Typed, error: ChangeError) -> Result<Response, WebError> {
        let mut errors = FieldErrors::default();
        match (self.message(&error), error) {
            (Some(message), _) => errors.add("on", message),
            (None, ChangeError::Fault(fault)) => return Err(fault.into()),
            (None, error) => return Err(anyhow::Error::from(error).into()),
        }
        Ok(Unprocessable(self.page(typed, errors)).into_response())
    }
}
