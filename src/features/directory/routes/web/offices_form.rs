//! Saying over which offices the road goes: form, confirmation, done.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::NaiveDate;

use super::place::{centre, way};
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::roster::changes::{self, Change};
use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::store::ceptoar;
use crate::features::directory::roster::web::fields::{Control, Field, Typed};
use crate::features::directory::roster::web::plain_form::{self, PlainForm, fault};
use crate::features::directory::roster::web::reading::Reader;
use crate::features::directory::routes::agreement::Agreement;
use crate::features::directory::routes::course::{self, Course, Stretch, digest, passes};
use crate::features::directory::routes::hop::Hop;
use crate::features::directory::routes::{changing, paths, store};
use crate::kernel::clock::japan_day;
use crate::kernel::language::Language;
use crate::kernel::stage::{Desk, Stage};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the form.
    pub struct FormWords {
        title: "情報提供の経路を変える" / "Change the route",
        lead: "センターからの情報提供が、どこを通って構成員へ届くかを決めます。構成員へは、いつも届きます。この日より後に予定していた経路は、取り消されます。" / "Over which offices advisories reach the members. The members always get them. What was planned for later days is taken back.",
        ministry: "所管省庁" / "Ministry",
        ministry_help: "セプターを所管する省庁にも、情報提供が届きます。" / "The ministry of the sector gets advisories too.",
        secretariat: "事務局" / "Secretariat",
        secretariat_help: "事務局を通すと、事務局にも届き、中継の取決めがあるときは事務局が判断します。" / "The secretariat gets them too, and decides where it was agreed that it does.",
        on: "適用日" / "From which day",
        on_help: "この日から、この経路で届けます。先の日付で予定を登録できます。" / "Holds from this day on. A day ahead makes it a plan.",
        past: "過ぎた日の経路は変えられません。今日か、先の日を入力してください。" / "The past cannot be changed. Please give today or a day ahead.",
        reason: "理由・メモ" / "Reason or note",
        reason_help: "所管省庁・事務局と合意した経緯など。履歴に残ります。200文字以内。" / "Such as what was agreed with ministry and secretariat. Stays in the history. At most 200 characters.",
        choose: "選択してください。" / "Please choose.",
        same: "その日の経路と同じです。変えるところを入力してください。" / "This is the route on that day already. Change something first.",
        nobody: "この日に登録されている組織がありません。「経由しない」を選ぶか、先に登録を確かめてください。" / "No body is registered there on that day. Choose “Not on the route”, or look at the register first.",
        circle: "事務局を務める組織が、所管省庁でもあります。両方を通すと同じ組織に2回届きます。どちらかを「経由しない」にしてください。" / "The body that keeps the secretariat is also the ministry: items would come there twice. Choose “Not on the route” for one of them.",
        agreed: "中継の取決めで、ここが判断することになっています。「経由する」を選ぶか、先に取決めを変えてもらってください。" / "By the agreement it is decided there. Choose “On the route”, or ask them to change the agreement first.",
        overtaken: "入力している間に、経路が変更されました。「現在の登録」を見て、入力した内容でよければ、もう一度確認へ進んでください。" / "The route was changed while you were typing. Look at “Registered now”; if your entries are still right, go on again.",
    }
}

struct Road<'a> {
    frame: &'a Frame,
    ceptoar_id: &'a str,
    ceptoar: String,
    stretches: Vec<Stretch>,
    today: NaiveDate,
}

impl<'a> Road<'a> {
    async fn read(
        tx: &mut Tx,
        viewer: &Viewer,
        (frame, ceptoar_id): (&'a Frame, &'a str),
        today: NaiveDate,
    ) -> Result<Self, WebError> {
        if !can(viewer, DirectoryAction::KeepRoute, &RosterFacts::whole(ceptoar_id)) {
            return Err(WebError::NotFound);
        }
        let found = ceptoar(tx, ceptoar_id).await?.ok_or(WebError::NotFound)?;
        let name = frame.language.pick(&found.name[0], &found.name[1]).clone();
        let stretches = store::stretches(tx, ceptoar_id).await?;
        Ok(Self { frame, ceptoar_id, ceptoar: name, stretches, today })
    }
}

/// The form.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let road = Road::read(&mut tx, &viewer, (&frame, &ceptoar_id), japan_day(now)).await?;
    tx.commit().await?;
    let typed = road.prefilled();
    Ok(road.form().page(road.fields(&typed), &typed))
}

/// Changes it.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let (today, language) = (japan_day(now), frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    changes::wait_for_all(&mut tx, &ceptoar_id).await?;
    let road = Road::read(&mut tx, &viewer, (&frame, &ceptoar_id), today).await?;
    let typed = plain_form::known(typed, &road.fields(&Typed::default()))?;
    let (w, form) = (FormWords::of(language), road.form());
    if typed.get("seen") != form.seen {
        return Ok(form.overtaken(road.fields(&typed), w.overtaken, None));
    }
    let mut reader = Reader::new(&typed, language, today);
    let course = chosen(&typed, &mut reader.errors, language);
    let (on, reason) = (reader.day("on"), reader.needed_reason());
    if reader.errors.at("on").is_empty() && on < today {
        reader.errors.add("on", w.past);
    }
    let (Some(course), true) = (course, reader.errors.is_empty()) else {
        return Ok(form.wrong(road.fields(&typed), &typed, reader.errors));
    };
    let before = Course::on(&road.stretches, on);
    if before == Some(course) && course::planned(&road.stretches, on).is_empty() {
        return Ok(form.said_at(road.fields(&typed), &typed, "route_ministry", w.same));
    }
    let beside = [
        (Desk::Ministry, course.ministry, "route_ministry"),
        (Desk::Secretariat, course.secretariat, "route_secretariat"),
    ];
    for (desk, _, field) in beside.into_iter().filter(|(_, over, _)| !over) {
        if Agreement::asks_from(&store::agreements(&mut tx, &ceptoar_id, desk).await?, on) {
            return Ok(form.said_at(road.fields(&typed), &typed, field, w.agreed));
        }
    }
    if let Some((field, message)) = dead_end(course, &store::hops(&mut tx, &ceptoar_id, on).await?, w) {
        return Ok(form.said_at(road.fields(&typed), &typed, field, message));
    }
    let before = before.map(Course::lines).unwrap_or_default();
    let change = Change { on, correction: false, reason, before, after: course.lines(), proposal: None };
    if let Some(answer) = form.not_yet(road.fields(&typed), &typed, &(&change).into()) {
        return Ok(answer);
    }
    changing::lead_over(&mut tx, centre(&viewer, &frame, now)?, &ceptoar_id, &change, course).await.map_err(fault)?;
    tx.commit().await?;
    Ok(form.done("led"))
}

/// What was chosen.
fn chosen(typed: &Typed, errors: &mut FieldErrors, language: Language) -> Option<Course> {
    let mut passes = |field: &'static str| match typed.get(field) {
        "over" => Some(true),
        "beside" => Some(false),
        _ => {
            errors.add(field, FormWords::of(language).choose);
            None
        }
    };
    let (ministry, secretariat) = (passes("route_ministry"), passes("route_secretariat"));
    Some(Course { ministry: ministry?, secretariat: secretariat? })
}

/// Why the road would lead nowhere or in a circle, and at which field that is put right.
fn dead_end(course: Course, hops: &[Hop], w: &'static FormWords) -> Option<(&'static str, &'static str)> {
    let bodies = |stage| hops.iter().find(|hop| hop.stage == stage).map_or(0, |hop| hop.bodies);
    if course.ministry && bodies(Stage::Ministry) == 0 {
        return Some(("route_ministry", w.nobody));
    }
    if course.secretariat && bodies(Stage::Secretariat) == 0 {
        return Some(("route_secretariat", w.nobody));
    }
    let same = hops.iter().any(|hop| hop.stage == Stage::Ministry && hop.twice > 0);
    (course.ministry && course.secretariat && same).then_some(("route_ministry", w.circle))
}

impl Road<'_> {
    fn now(&self) -> Option<Course> {
        Course::on(&self.stretches, self.today)
    }

    fn prefilled(&self) -> Typed {
        let mut typed = Typed::default();
        if let Some(course) = self.now() {
            let code = |is_on| if is_on { "over" } else { "beside" };
            typed.set("route_ministry", code(course.ministry));
            typed.set("route_secretariat", code(course.secretariat));
        }
        typed.set_date("on", self.today);
        typed
    }

    fn fields(&self, typed: &Typed) -> Vec<Field> {
        let language = self.frame.language;
        let w = FormWords::of(language);
        let ways =
            || [("over", true), ("beside", false)].map(|(c, is_on)| (c.to_owned(), passes(is_on, language).to_owned()));
        let radios = |name, label, help| Field::new(Control::Radios, name, label, typed).help(help).of(ways());
        vec![
            radios("route_ministry", w.ministry, w.ministry_help),
            radios("route_secretariat", w.secretariat, w.secretariat_help),
            Field::new(Control::Day, "on", w.on, typed).help(w.on_help),
            Field::new(Control::Line, "reason", w.reason, typed).help(w.reason_help),
        ]
    }

    fn form(&self) -> PlainForm<'_> {
        let language = self.frame.language;
        let w = FormWords::of(language);
        let lines = self.now().map(Course::lines).unwrap_or_default();
        let line = |line: &Line| (line.name(language), line.value(language).to_owned());
        PlainForm {
            frame: self.frame,
            title: w.title,
            lead: w.lead,
            subject: self.ceptoar.clone(),
            action: paths::of_ceptoar(paths::OFFICES, self.ceptoar_id),
            way: way(self.frame, self.ceptoar_id, &self.ceptoar),
            back: paths::of_ceptoar(paths::INDEX, self.ceptoar_id),
            seen: digest(&self.stretches),
            current: lines.iter().map(line).collect(),
            ending: false,
        }
    }
}
