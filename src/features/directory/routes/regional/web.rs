//! Taking a regional office onto the road, and off it: form, confirmation, done.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::NaiveDate;
use uuid::Uuid;

use super::store::Clash;
use super::{Beginning, RegionalOffice, store};
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::groups;
use crate::features::directory::groups::group::Group;
use crate::features::directory::roster::changes::{self, Change};
use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::store::ceptoar;
use crate::features::directory::roster::web::fields::{Control, Field, Typed};
use crate::features::directory::roster::web::plain_form::{self, PlainForm, fault};
use crate::features::directory::roster::web::reading::Reader;
use crate::features::directory::routes::web::place::{centre, way};
use crate::features::directory::routes::{changing, paths};
use crate::kernel::clock::japan_day;
use crate::kernel::language::Language;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the forms.
    pub struct RegionalWords {
        begin_title: "地方機関を加える" / "Add a regional office",
        begin_lead: "省庁の地方支分部局や都道府県など、構成員の全部または一部を受け持つ機関を、情報提供の経路に加えます。受け持つ構成員に宛てた情報が、構成員と同時に届きます。窓口は、加えた後にその機関の担当者が登録します。" / "Adds an authority that looks after all or some of the members, such as a bureau of a ministry or a prefecture. It gets what these members are sent. Its own people register its windows afterwards.",
        end_title: "地方機関を外す" / "Take a regional office off the route",
        end_lead: "最終日の翌日から、この機関には情報提供が届きません。それまでの記録は残ります。" / "From the day after the last one nothing reaches it. The record stays.",
        ja: "名称" / "Name in Japanese",
        ja_help: "正式な名称。ほかのセプターの地方機関と同じ名称のときは、同じ機関として扱います。" / "Its official name. Where an office of another CEPTOAR is called so, it is the same office.",
        reading: "よみ(ひらがな)" / "Reading (hiragana)",
        en: "英語名" / "Name in English",
        part: "受け持つ構成員" / "Members that it looks after",
        part_help: "一部を受け持つときは、先に構成員のグループを作ります。" / "Make a group of members first where it looks after some of them.",
        all: "すべての構成員" / "All members",
        no_group: "そのグループは、適用日にはありません。ほかのグループを選ぶか、適用日を直してください。" / "There is no such group on that day. Choose another one, or change the day.",
        choose: "選択してください。" / "Please choose.",
        on: "適用日" / "From which day",
        on_help: "この日から届きます。先の日付で予定を登録できます。" / "Gets items from this day on. A day ahead makes it a plan.",
        last: "最終日" / "Last day",
        last_help: "この日まで届きます。始まる前に取りやめるときは、始まりの前日を入力してください。" / "Gets items until the end of this day. To call off one that has not begun, give the day before it begins.",
        past: "過ぎた日の経路は変えられません。今日か、先の日を入力してください。" / "The past cannot be changed. Please give today or a day ahead.",
        past_end: "過ぎた日を最終日にはできません。きのうか、それより後の日を入力してください。" / "A last day in the past is not possible. Please give yesterday or a later day.",
        not_there: "その日には、この機関は経路にありません。最終日をご確認ください。" / "The office is not on the route on that day. Please check the day.",
        reason: "理由・メモ" / "Reason or note",
        reason_help: "履歴に残ります。200文字以内。" / "Stays in the history. At most 200 characters.",
        there: "同じ名称の地方機関が、すでに経路にあります。受け持つ構成員を変えるときは、いったん外してから加えてください。" / "An office of that name is on the route already. To change its members, take it off first.",
        circle: "同じ名称の組織が、所管省庁か事務局として経路にあります。同じ組織に2回届くので、加えられません。" / "A body of that name is on the route already, as ministry or secretariat: items would come there twice.",
        overtaken: "入力している間に、この機関の登録が変更されました。「現在の登録」を見て、入力した内容でよければ、もう一度確認へ進んでください。" / "This office was changed while you were typing. Look at “Registered now”; if your entries are still right, go on again.",
    }
}

/// An office in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct OfficePlace {
    ceptoar: String,
    office: Uuid,
}

/// What both forms need.
struct Desk<'a> {
    frame: &'a Frame,
    ceptoar_id: &'a str,
    ceptoar: String,
    groups: Vec<Group>,
    /// The one that ends.
    office: Option<RegionalOffice>,
}

impl<'a> Desk<'a> {
    async fn read(
        tx: &mut Tx,
        viewer: &Viewer,
        (frame, ceptoar_id): (&'a Frame, &'a str),
        office: Option<Uuid>,
        today: NaiveDate,
    ) -> Result<Self, WebError> {
        if !can(viewer, DirectoryAction::KeepRoute, &RosterFacts::whole(ceptoar_id)) {
            return Err(WebError::NotFound);
        }
        let known = ceptoar(tx, ceptoar_id).await?.ok_or(WebError::NotFound)?;
        let office = match office {
            Some(fact) => Some(store::load(tx, ceptoar_id, today, Some(fact)).await?.pop().ok_or(WebError::NotFound)?),
            None => None,
        };
        let groups = groups::store::load(tx, ceptoar_id, today, None, None).await?;
        Ok(Self {
            frame,
            ceptoar_id,
            ceptoar: frame.language.pick(&known.name[0], &known.name[1]).clone(),
            // What is over is no group any more.
            groups: groups.into_iter().filter(|group| group.valid.until.is_none_or(|until| until > today)).collect(),
            office,
        })
    }

    fn fields(&self, typed: &Typed) -> Vec<Field> {
        let language = self.frame.language;
        let w = RegionalWords::of(language);
        let line = |name, label| Field::new(Control::Line, name, label, typed);
        let (mut fields, on) = if self.office.is_some() {
            (Vec::new(), (w.last, w.last_help))
        } else {
            let groups = self.groups.iter().map(|group| (group.group_id.clone(), called(group, language)));
            let parts = [("all".to_owned(), w.all.to_owned())].into_iter().chain(groups);
            let fields = vec![
                line("ja", w.ja).help(w.ja_help),
                line("reading", w.reading),
                line("en", w.en).optional(),
                Field::new(Control::Radios, "looks_after", w.part, typed).help(w.part_help).of(parts),
            ];
            (fields, (w.on, w.on_help))
        };
        fields.push(Field::new(Control::Day, "on", on.0, typed).help(on.1));
        fields.push(line("reason", w.reason).help(w.reason_help));
        fields
    }

    fn form(&self) -> PlainForm<'_> {
        let language = self.frame.language;
        let w = RegionalWords::of(language);
        let lines = self.office.as_ref().map(RegionalOffice::lines).unwrap_or_default();
        let (title, lead, action) = match &self.office {
            Some(office) => (w.end_title, w.end_lead, paths::regional_end(self.ceptoar_id, office.fact_id)),
            None => (w.begin_title, w.begin_lead, paths::of_ceptoar(paths::REGIONAL_NEW, self.ceptoar_id)),
        };
        let line = |line: &Line| (line.name(language), line.value(language).to_owned());
        PlainForm {
            frame: self.frame,
            title,
            lead,
            subject: self.ceptoar.clone(),
            action,
            way: way(self.frame, self.ceptoar_id, &self.ceptoar),
            back: paths::of_ceptoar(paths::INDEX, self.ceptoar_id),
            seen: self.office.as_ref().map(|office| format!("{:?}", office.valid)).unwrap_or_default(),
            current: lines.iter().map(line).collect(),
            ending: self.office.is_some(),
        }
    }

    /// The members that were chosen: everybody, or a group that is there on the day.
    fn chosen(&self, typed: &Typed, on: NaiveDate) -> Result<Option<(String, [String; 2])>, &'static str> {
        let w = RegionalWords::of(self.frame.language);
        let code = typed.get("looks_after");
        if code == "all" {
            return Ok(None);
        }
        let group = self.groups.iter().find(|group| group.group_id == code).ok_or(w.choose)?;
        if !group.valid.holds_on(on) {
            return Err(w.no_group);
        }
        Ok(Some((group.group_id.clone(), [Language::Ja, Language::En].map(|language| called(group, language)))))
    }
}

fn called(group: &Group, language: Language) -> String {
    format!("{} {}", group.words.code, group.scope(language))
}

/// The form for a further office.
pub async fn get_new(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let desk = Desk::read(&mut tx, &viewer, (&frame, &ceptoar_id), None, japan_day(now)).await?;
    tx.commit().await?;
    let mut typed = Typed::default();
    typed.set_date("on", japan_day(now));
    Ok(desk.form().page(desk.fields(&typed), &typed))
}

/// Takes an office onto the road.
pub async fn post_new(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let (today, language) = (japan_day(now), frame.language);
    let w = RegionalWords::of(language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    // A second click finds the office that the first one made.
    changes::wait_for_all(&mut tx, &ceptoar_id).await?;
    let desk = Desk::read(&mut tx, &viewer, (&frame, &ceptoar_id), None, today).await?;
    let typed = plain_form::known(typed, &desk.fields(&Typed::default()))?;
    let mut reader = Reader::new(&typed, language, today);
    let name = reader.name();
    let on = reader.day("on");
    if reader.errors.at("on").is_empty() && on < today {
        reader.errors.add("on", w.past);
    }
    let group = desk.chosen(&typed, on).unwrap_or_else(|message| {
        reader.errors.add("looks_after", message);
        None
    });
    let reason = reader.needed_reason();
    if !reader.errors.is_empty() {
        return Ok(desk.form().wrong(desk.fields(&typed), &typed, reader.errors));
    }
    if let Some(clash) = store::clash(&mut tx, &ceptoar_id, &name.ja, on).await? {
        let message = match clash {
            Clash::There => w.there,
            Clash::Circle => w.circle,
        };
        return Ok(desk.form().said_at(desk.fields(&typed), &typed, "ja", message));
    }
    let office = Beginning { name, group, demonstration: state.config.is_demonstration() };
    let change = Change { on, correction: false, reason, before: Vec::new(), after: office.lines(), proposal: None };
    if let Some(answer) = desk.form().not_yet(desk.fields(&typed), &typed, &(&change).into()) {
        return Ok(answer);
    }
    let actor = centre(&viewer, &frame, now)?;
    changing::begin_regional(&mut tx, actor, &ceptoar_id, &change, &office).await.map_err(fault)?;
    tx.commit().await?;
    Ok(desk.form().done("regional"))
}

/// The form for the end of an office.
pub async fn get_end(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(OfficePlace { ceptoar: ceptoar_id, office }): Place<OfficePlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let desk = Desk::read(&mut tx, &viewer, (&frame, &ceptoar_id), Some(office), japan_day(now)).await?;
    tx.commit().await?;
    let mut typed = Typed::default();
    typed.set_date("on", japan_day(now));
    Ok(desk.form().page(desk.fields(&typed), &typed))
}

/// Takes an office off the road.
pub async fn post_end(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(OfficePlace { ceptoar: ceptoar_id, office }): Place<OfficePlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let (today, language) = (japan_day(now), frame.language);
    let w = RegionalWords::of(language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    changes::wait_for_all(&mut tx, &ceptoar_id).await?;
    let desk = Desk::read(&mut tx, &viewer, (&frame, &ceptoar_id), Some(office), today).await?;
    let (form, typed) = (desk.form(), plain_form::known(typed, &desk.fields(&Typed::default()))?);
    if typed.get("seen") != form.seen {
        return Ok(form.overtaken(desk.fields(&typed), w.overtaken, None));
    }
    let mut reader = Reader::new(&typed, language, today);
    let (last, reason) = (reader.day("on"), reader.needed_reason());
    let on = last.succ_opt().unwrap_or(last);
    if reader.errors.at("on").is_empty() && on < today {
        reader.errors.add("on", w.past_end);
    }
    let valid = desk.office.as_ref().map(|office| office.valid);
    if reader.errors.at("on").is_empty() && valid.is_some_and(|valid| valid.until.is_some_and(|until| until <= on)) {
        reader.errors.add("on", w.not_there);
    }
    if !reader.errors.is_empty() {
        return Ok(form.wrong(desk.fields(&typed), &typed, reader.errors));
    }
    let before = desk.office.as_ref().map(RegionalOffice::lines).unwrap_or_default();
    let change = Change { on, correction: false, reason, before, after: Vec::new(), proposal: None };
    if let Some(answer) = form.not_yet(desk.fields(&typed), &typed, &(&change).into()) {
        return Ok(answer);
    }
    let actor = centre(&viewer, &frame, now)?;
    changing::end_regional(&mut tx, actor, &ceptoar_id, &change, office).await.map_err(fault)?;
    tx.commit().await?;
    Ok(form.done("regional_ended"))
}
