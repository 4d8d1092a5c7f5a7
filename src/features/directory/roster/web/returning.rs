//! Former members, and taking one of them in again: the same organisation, with a membership more.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;

use super::edit::actor;
use super::fields::{Control, Field, Typed};
use super::forms::{self, FieldWords, Scene};
use super::plain_form::{self, PlainForm, fault};
use super::reading::Reader;
use super::shown::change_row;
use super::{MemberPlace, member, permitted, way};
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::{RosterFacts, Standing};
use crate::features::access::{Viewer, can};
use crate::features::directory::roster::changes::{self, Change, ChangeError, Returning};
use crate::features::directory::roster::former::{self, is_former};
use crate::features::directory::roster::sheet::Sheet;
use crate::features::directory::roster::store::{self, CeptoarFacts};
use crate::features::directory::roster::{line, paths};
use crate::kernel::clock::japan_day;
use crate::kernel::language::fill;
use crate::kernel::period::long_date;
use crate::kernel::text;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the former members.
    pub struct ReturningWords {
        list: "元の構成員" / "Former members",
        list_lead: "以前にこのセプターの構成員だった組織です。戻ってきた組織は、新しく登録せずに、ここから再び加えます。名称とこれまでの記録がそのまま続きます。" / "Organisations that were members of this CEPTOAR. One that comes back is taken in again here instead of being registered anew: its names and its records go on.",
        list_note: "ほかのセプターに属する組織を、このセプターに加えることは、この画面ではできません。内閣官房にご相談ください。" / "An organisation that belongs to another CEPTOAR cannot be taken into this one here. Please ask the centre.",
        search: "名称で探す" / "Look for a name",
        search_help: "名称・よみ・以前の名称の一部を入力してください。" / "Part of a name, its reading, or a name of before.",
        search_button: "探す" / "Search",
        left: "{day}まで構成員" / "member until {day}",
        take: "再び加える" / "Take in again",
        nothing_title: "当てはまる元の構成員はいません" / "There is no such former member",
        nothing_text: "新しい組織は、「構成員を追加する」から登録してください。" / "Register a new organisation with “Take in a member”.",
        more: "はじめの50件を表示しています。名称で絞り込んでください。" / "The first 50 are shown. Narrow the list by a name.",
        joining: "構成員を追加する" / "Take in a member",
        title: "元の構成員を再び加える" / "Take a former member in again",
        lead: "同じ組織に、新しい加入日からの構成員の期間を加えます。名称は続き、以前の窓口は開きません。新しい窓口を登録してください。" / "Adds a membership from a new day on to the same organisation. Its name goes on; its old windows stay closed, so register a new one.",
        joined: "加入日" / "Member since",
        reason: "理由・メモ" / "Reason or note",
        reason_help: "履歴に残ります。200文字以内。" / "Stays in the history. At most 200 characters.",
        last: "前回の構成員の期間" / "Member before",
        still: "その日は、まだ前回の構成員の期間です。加入日は、退会した日の翌日以後にしてください。" / "It still is a member on that day. It can come back from the day after it left.",
        overtaken: "入力している間に、この組織の登録が変更されました。「その間の変更」を見て、入力した内容でよければ、もう一度確認へ進んでください。" / "This organisation was changed while you were typing. Look at “Changed meanwhile”; if your entries are still right, go on again.",
    }
}

struct FormerRow {
    name: String,
    href: String,
    left: String,
    take: String,
}

#[derive(Template)]
#[template(path = "directory/former.html")]
struct FormerPage {
    chrome: Chrome,
    w: &'static ReturningWords,
    here: String,
    words: String,
    rows: Vec<FormerRow>,
    more: bool,
    joining: String,
}

/// What is looked for. Words in an address would stay in the histories of browsers.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    words: String,
}

/// The former members.
pub async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
) -> Result<Response, WebError> {
    page(&state, &viewer, &frame, &ceptoar, "").await
}

/// Those with a name.
pub async fn search(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Form(search): Form<Search>,
) -> Result<Response, WebError> {
    page(&state, &viewer, &frame, &ceptoar, &search.words).await
}

async fn page(
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    ceptoar_id: &str,
    typed: &str,
) -> Result<Response, WebError> {
    let (now, language) = (state.clock.now(), frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    if !can(viewer, DirectoryAction::KeepMember, &RosterFacts::whole(ceptoar_id)) {
        return Err(WebError::NotFound);
    }
    let ceptoar = store::ceptoar(&mut tx, ceptoar_id).await?.ok_or(WebError::NotFound)?;
    let words: String = typed.trim().chars().take(100).collect();
    let pattern = (!words.is_empty()).then(|| text::like_pattern(&words));
    let mut found = former::store::search(&mut tx, ceptoar_id, pattern.as_deref()).await?;
    tx.commit().await?;
    let w = ReturningWords::of(language);
    let more = found.len() > former::store::PAGE;
    found.truncate(former::store::PAGE);
    let rows = found.into_iter().map(|known| FormerRow {
        name: if known.name[1].is_empty() {
            known.name[0].clone()
        } else {
            language.pick(&known.name[0], &known.name[1]).clone()
        },
        href: paths::of_member(paths::MEMBER, ceptoar_id, known.organisation_id),
        left: fill(w.left, &[("day", &long_date(known.left_on.pred_opt().unwrap_or(known.left_on), language))]),
        take: paths::of_member(paths::RETURNING, ceptoar_id, known.organisation_id),
    });
    let way = way(viewer, frame, ceptoar_id, &ceptoar);
    let way: Vec<_> = way.iter().map(|(href, label)| (href.as_str(), label.as_str())).collect();
    let page = FormerPage {
        chrome: frame.chrome(w.list, &way),
        w,
        here: paths::of_ceptoar(paths::FORMER, ceptoar_id),
        words,
        rows: rows.collect(),
        more,
        joining: paths::of_ceptoar(paths::JOINING, ceptoar_id),
    };
    Ok(Page(page).into_response())
}

/// A former member in its place.
struct Found {
    ceptoar: CeptoarFacts,
    sheet: Sheet,
    today: NaiveDate,
}

async fn found(tx: &mut Tx, viewer: &Viewer, place: &MemberPlace, today: NaiveDate) -> Result<Found, WebError> {
    permitted(tx, viewer, DirectoryAction::KeepMember, &place.ceptoar, place.organisation).await?;
    let ceptoar = store::ceptoar(tx, &place.ceptoar).await?.ok_or(WebError::NotFound)?;
    let sheet = store::sheet(tx, &place.ceptoar, place.organisation, true).await?;
    if !is_former(&sheet, today) || !changes::may_return(tx, &place.ceptoar, place.organisation).await? {
        return Err(WebError::NotFound);
    }
    Ok(Found { ceptoar, sheet, today })
}

impl Found {
    fn scene(&self, frame: &Frame) -> Scene<'_> {
        Scene { ceptoar: &self.ceptoar, sheet: None, window: None, today: self.today, language: frame.language }
    }

    fn fields(&self, frame: &Frame, typed: &Typed) -> Vec<Field> {
        let w = ReturningWords::of(frame.language);
        let mut fields = forms::membership(&self.scene(frame), typed);
        fields.push(Field::new(Control::Day, "on", w.joined, typed).help(FieldWords::of(frame.language).on_help));
        fields.extend(forms::window(&self.scene(frame), typed));
        fields.push(Field::new(Control::Line, "reason", w.reason, typed).help(w.reason_help).optional());
        fields
    }

    fn prefilled(&self) -> Typed {
        let mut typed = Typed::default();
        typed.set_date("on", self.today);
        // As what it was a member at last is the nearest guess.
        if let Some(last) = self.sheet.memberships.last() {
            typed.set("member_kind", last.value.kind.code());
            typed.set("unit", &last.value.unit);
            typed.set("subgroup", last.value.subgroup.clone().unwrap_or_default());
        }
        typed.set("position", "1");
        typed.set("handler", "true");
        typed.set("language", "ja");
        typed
    }

    fn form<'a>(&self, viewer: &Viewer, frame: &'a Frame, place: &MemberPlace) -> PlainForm<'a> {
        let language = frame.language;
        let w = ReturningWords::of(language);
        let name = self.sheet.name_on(self.today).map(|n| language.pick(&n.value.ja, &n.value.en).clone());
        let name = name.unwrap_or_default();
        let back = paths::of_member(paths::MEMBER, &place.ceptoar, place.organisation);
        let mut way = way(viewer, frame, &place.ceptoar, &self.ceptoar);
        way.push((back.clone(), name.clone()));
        let last =
            self.sheet.memberships.last().map(|fact| (w.last.to_owned(), line::told_period(fact.valid, language)));
        PlainForm {
            frame,
            title: w.title,
            lead: w.lead,
            subject: format!("{name} / {}", language.pick(&self.ceptoar.name[0], &self.ceptoar.name[1])),
            action: paths::of_member(paths::RETURNING, &place.ceptoar, place.organisation),
            back,
            way,
            seen: self.sheet.digest(),
            current: last.into_iter().collect(),
            ending: false,
        }
    }
}

/// The form.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<MemberPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let found = found(&mut tx, &viewer, &place, japan_day(now)).await?;
    tx.commit().await?;
    let typed = found.prefilled();
    Ok(found.form(&viewer, &frame, &place).page(found.fields(&frame, &typed), &typed))
}

/// Takes it in again.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<MemberPlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    changes::wait_for_turn(&mut tx, &place.ceptoar, place.organisation).await?;
    permitted(&mut tx, &viewer, DirectoryAction::KeepMember, &place.ceptoar, place.organisation).await?;
    // A second click: it was taken in meanwhile, and its page says so.
    let sheet = store::sheet(&mut tx, &place.ceptoar, place.organisation, false).await?;
    if typed.contains_key("confirmed") && sheet.standing == Standing::Member && !is_former(&sheet, japan_day(now)) {
        return Ok(Redirect::to(&member::done(&place.ceptoar, place.organisation, "already")).into_response());
    }
    let found = found(&mut tx, &viewer, &place, japan_day(now)).await?;
    let w = ReturningWords::of(frame.language);
    let form = found.form(&viewer, &frame, &place);
    let typed = plain_form::known(typed, &found.fields(&frame, &Typed::default()))?;
    let fields = found.fields(&frame, &typed);
    if typed.get("seen") != found.sheet.digest() {
        let past = store::history(&mut tx, &place.ceptoar, place.organisation, true, None).await?;
        tx.commit().await?;
        return Ok(form.overtaken(fields, w.overtaken, past.first().map(|change| change_row(change, frame.language))));
    }
    let mut reader = Reader::new(&typed, frame.language, found.today);
    let membership = reader.membership(&found.ceptoar, reader.day_or_today("on"));
    let on = reader.day("on");
    let window = reader.window();
    let channels = reader.channels(&[]);
    let reason = reader.reason(false);
    if !reader.errors.is_empty() {
        return Ok(form.wrong(fields, &typed, reader.errors));
    }
    if found.sheet.memberships.iter().any(|fact| fact.valid.until.is_none_or(|until| until > on)) {
        return Ok(form.said_at(fields, &typed, "on", w.still));
    }
    let ways: Vec<_> = channels.iter().collect();
    let after = [forms::in_lines(&found.scene(&frame), &membership), line::of_window(&window, &ways)].concat();
    let change = Change { on, correction: false, reason, before: Vec::new(), after, proposal: None };
    if let Some(answer) = form.not_yet(fields.clone(), &typed, &(&change).into()) {
        return Ok(answer);
    }
    let actor = actor(&viewer, &place.ceptoar, place.organisation, &frame, now);
    let returning = Returning { membership, window, channels };
    match changes::rejoin(&mut tx, actor, &found.sheet, &change, &returning).await {
        Ok(()) => tx.commit().await?,
        Err(ChangeError::NoSubgroup) => {
            let message = super::sheet_form::EditWords::of(frame.language).no_subgroup;
            return Ok(form.said_at(fields, &typed, "on", message));
        }
        Err(error) => return Err(fault(error)),
    }
    Ok(Redirect::to(&member::done(&place.ceptoar, place.organisation, "joined")).into_response())
}
