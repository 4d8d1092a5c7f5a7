//! Changing the agreement: form, confirmation, done.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};

use super::place::way;
use crate::features::access::action::{ActivityAction, AgreementAction};
use crate::features::access::{Viewer, can};
use crate::features::directory::activities::web::shown::Place;
use crate::features::directory::roster::changes::{self, Actor, Change};
use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::sheet::Dated;
use crate::features::directory::roster::web::fields::{Control, Field, Typed};
use crate::features::directory::roster::web::plain_form::{self, PlainForm, fault};
use crate::features::directory::roster::web::reading::Reader;
use crate::features::directory::routes::agreement::{Agreement, LONGEST, SHORTEST, Way, digest, past};
use crate::features::directory::routes::{changing, paths, store};
use crate::kernel::clock::japan_day;
use crate::kernel::language::Language;
use crate::kernel::stage::Desk;
use crate::kernel::text::half_width;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the form.
    pub struct FormWords {
        title: "中継の取決めを変える" / "Change the agreement on passing on",
        lead_ministry: "センターからの情報提供を、所管省庁の判断を待ってから事務局などへ届けるかどうかを決めます。事務局も判断するときは、所管省庁の判断の後に、事務局が判断します。この日より後に予定していた取決めは、取り消されます。" / "Whether advisories wait for the ministry's decision before they reach the secretariat and everybody behind it. Where the secretariat decides as well, it does so after the ministry. What was planned for later days is taken back.",
        lead: "センターからの情報提供を、事務局の判断を待ってから構成員へ届けるかどうかを決めます。この日より後に予定していた取決めは、取り消されます。" / "Whether advisories wait for the secretariat's decision before they reach the members. What was planned for later days is taken back.",
        office: "平日の昼間(9時から18時)" / "Working days, 9 to 18 o'clock",
        off: "夜間・休日" / "Nights, weekends and holidays",
        off_help: "判断できる人が夜間・休日にいないときは、上の「すぐに…届ける」を選んでください。" / "Where nobody is there to decide at night, choose the first.",
        urgent: "早期警戒情報" / "Early warnings",
        urgent_help: "早期警戒情報は、急ぐ情報です。" / "Early warnings are urgent.",
        as_others: "ほかの情報と同じ" / "As all others",
        minutes: "判断の期限(分)" / "Minutes to decide",
        minutes_help: "情報が届いてから、この時間のうちに判断します。10分から1440分(24時間)。期限までに判断がないときは、自動で先へ届きます。" / "Counted from when it arrives: 10 to 1440 (24 hours). What nobody decided about by then goes on by itself.",
        minutes_wrong: "判断の期限は、10から1440までの数字(分)で入力してください。" / "Please give the minutes as a number from 10 to 1440.",
        bypass: "センターからの直接の配信" / "The centre may go past you",
        bypass_help: "中継を見送った、または保留した情報提供を、センターの2人が確認して先へ直接届けることを認めるかどうかです。届けたときは、メールで知らせます。" / "Whether two persons of the centre may pass on what you withhold or put off. You are told by mail.",
        on: "適用日" / "From which day",
        on_help: "この日から、この取決めで届けます。先の日付で予定を登録できます。" / "Holds from this day on. A day ahead makes it a plan.",
        past: "過ぎた日の取決めは変えられません。今日か、先の日を入力してください。" / "The past cannot be agreed on. Please give today or a day ahead.",
        reason: "理由・メモ" / "Reason or note",
        reason_help: "合意した会議など。履歴に残ります。200文字以内。" / "Such as the meeting in which it was agreed. Stays in the history. At most 200 characters.",
        choose: "選択してください。" / "Please choose.",
        same: "その日の取決めと同じです。変えるところを入力してください。" / "This is what holds on that day already. Change something first.",
        overtaken: "入力している間に、取決めが変更されました。「現在の登録」を見て、入力した内容でよければ、もう一度確認へ進んでください。" / "The agreement was changed while you were typing. Look at “Registered now”; if your entries are still right, go on again.",
    }
}

struct Scene<'a> {
    frame: &'a Frame,
    desk: Desk,
    place: Place,
    all: Vec<Dated<Agreement>>,
    today: NaiveDate,
}

/// The ministry's form.
pub async fn get_of_ministry(
    state: State<AppState>,
    viewer: Viewer,
    frame: Frame,
    ceptoar: Path<String>,
) -> Result<Response, WebError> {
    get((Desk::Ministry, &ceptoar), &state, &viewer, &frame).await
}

/// Changes the ministry's part.
pub async fn post_of_ministry(
    state: State<AppState>,
    viewer: Viewer,
    frame: Frame,
    ceptoar: Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    post((Desk::Ministry, &ceptoar), &state, &viewer, &frame, form).await
}

/// The secretariat's form.
pub async fn get_of_secretariat(
    state: State<AppState>,
    viewer: Viewer,
    frame: Frame,
    ceptoar: Path<String>,
) -> Result<Response, WebError> {
    get((Desk::Secretariat, &ceptoar), &state, &viewer, &frame).await
}

/// Changes the secretariat's part.
pub async fn post_of_secretariat(
    state: State<AppState>,
    viewer: Viewer,
    frame: Frame,
    ceptoar: Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    post((Desk::Secretariat, &ceptoar), &state, &viewer, &frame, form).await
}

async fn get(
    (desk, ceptoar_id): (Desk, &str),
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, viewer, (frame, desk, ceptoar_id), japan_day(now)).await?;
    tx.commit().await?;
    let typed = scene.prefilled();
    Ok(scene.form().page(scene.fields(&typed), &typed))
}

async fn post(
    (desk, ceptoar_id): (Desk, &str),
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let (today, language) = (japan_day(now), frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    // Nobody waits who may not go on; what was agreed is read again after the wait.
    let mut scene = Scene::read(&mut tx, viewer, (frame, desk, ceptoar_id), today).await?;
    changes::wait_for_all(&mut tx, ceptoar_id).await?;
    scene.all = store::agreements(&mut tx, ceptoar_id, desk).await?;
    let typed = plain_form::known(typed, &scene.fields(&Typed::default()))?;
    let form = scene.form();
    if typed.get("seen") != form.seen {
        return Ok(form.overtaken(scene.fields(&typed), FormWords::of(language).overtaken, None));
    }
    let mut reader = Reader::new(&typed, language, today);
    let agreement = agreement(&typed, &mut reader.errors, language);
    let (on, reason) = (reader.day("on"), reader.needed_reason());
    if reader.errors.at("on").is_empty() && on < today {
        reader.errors.add("on", FormWords::of(language).past);
    }
    let (Some(agreement), true) = (agreement, reader.errors.is_empty()) else {
        return Ok(form.wrong(scene.fields(&typed), &typed, reader.errors));
    };
    let before = Agreement::on(&scene.all, on);
    let planned = scene.all.iter().any(|dated| dated.valid.from.is_some_and(|from| from > on));
    if agreement == before && !planned {
        return Ok(form.said_at(scene.fields(&typed), &typed, "relay_office", FormWords::of(language).same));
    }
    let change = Change {
        on,
        correction: false,
        reason,
        before: before.lines(desk),
        after: agreement.lines(desk),
        proposal: None,
    };
    if let Some(answer) = form.not_yet(scene.fields(&typed), &typed, &(&change).into()) {
        return Ok(answer);
    }
    let actor = scene.actor(viewer, now)?;
    changing::agree(&mut tx, actor, (ceptoar_id, desk), &change, &agreement).await.map_err(fault)?;
    tx.commit().await?;
    Ok(form.done("agreed"))
}

/// What was chosen.
fn agreement(typed: &Typed, errors: &mut FieldErrors, language: Language) -> Option<Agreement> {
    let w = FormWords::of(language);
    let mut way = |field: &'static str| {
        let way = Way::from_code(typed.get(field));
        if way.is_none() {
            errors.add(field, w.choose);
        }
        way
    };
    let (office_hours, off_hours, urgent) = (way("relay_office"), way("relay_off"), way("relay_urgent"));
    let bypass = match typed.get("relay_bypass") {
        "allowed" => Some(true),
        "refused" => Some(false),
        _ => {
            errors.add("relay_bypass", w.choose);
            None
        }
    };
    let minutes = half_width(typed.get("minutes")).trim().parse::<i16>().ok();
    let minutes = minutes.filter(|minutes| (SHORTEST..=LONGEST).contains(minutes));
    if minutes.is_none() {
        errors.add("minutes", w.minutes_wrong);
    }
    Some(Agreement {
        office_hours: office_hours?,
        off_hours: off_hours?,
        urgent_at_once: urgent? == Way::Automatic,
        minutes: minutes?,
        bypass: bypass?,
    })
}

impl<'a> Scene<'a> {
    async fn read(
        tx: &mut Tx,
        viewer: &Viewer,
        (frame, desk, ceptoar_id): (&'a Frame, Desk, &str),
        today: NaiveDate,
    ) -> Result<Self, WebError> {
        let place = Place::read(tx, viewer, (ceptoar_id, ActivityAction::See), frame.language).await?;
        if !can(viewer, AgreementAction::of(desk), &place.facts) {
            return Err(WebError::NotFound);
        }
        let all = store::agreements(tx, ceptoar_id, desk).await?;
        Ok(Self { frame, desk, place, all, today })
    }

    /// In whose name it is changed.
    fn actor(&self, viewer: &'a Viewer, now: DateTime<Utc>) -> Result<Actor<'a>, WebError> {
        let duty = AgreementAction::of(self.desk).duty(viewer, &self.place.facts).ok_or(WebError::NotFound)?;
        Ok(Actor { viewer, organisation: duty.organisation_id, now, request_id: &self.frame.request_id })
    }

    fn prefilled(&self) -> Typed {
        let now = Agreement::on(&self.all, self.today);
        let mut typed = Typed::default();
        typed.set("relay_office", now.office_hours.code());
        typed.set("relay_off", now.off_hours.code());
        typed.set("relay_urgent", if now.urgent_at_once { Way::Automatic } else { Way::Decided }.code());
        typed.set("minutes", now.minutes.to_string());
        typed.set("relay_bypass", if now.bypass { "allowed" } else { "refused" });
        typed.set_date("on", self.today);
        typed
    }

    fn fields(&self, typed: &Typed) -> Vec<Field> {
        let language = self.frame.language;
        let w = FormWords::of(language);
        let ways = || Way::ALL.map(|way| (way.code().to_owned(), way.told(self.desk, language).to_owned()));
        let urgent = [
            (Way::Automatic.code().to_owned(), Way::Automatic.told(self.desk, language).to_owned()),
            (Way::Decided.code().to_owned(), w.as_others.to_owned()),
        ];
        let pasts =
            [("refused", false), ("allowed", true)].map(|(c, yes)| (c.to_owned(), past(yes, language).to_owned()));
        let radios = |name, label| Field::new(Control::Radios, name, label, typed);
        vec![
            radios("relay_office", w.office).of(ways()),
            radios("relay_off", w.off).help(w.off_help).of(ways()),
            radios("relay_urgent", w.urgent).help(w.urgent_help).of(urgent),
            Field::new(Control::Number, "minutes", w.minutes, typed).help(w.minutes_help),
            radios("relay_bypass", w.bypass).help(w.bypass_help).of(pasts),
            Field::new(Control::Day, "on", w.on, typed).help(w.on_help),
            Field::new(Control::Line, "reason", w.reason, typed).help(w.reason_help),
        ]
    }

    fn form(&self) -> PlainForm<'_> {
        let ceptoar_id = &self.place.facts.ceptoar_id;
        let language = self.frame.language;
        let w = FormWords::of(language);
        let here = paths::of_ceptoar(paths::INDEX, ceptoar_id);
        let lines = Agreement::on(&self.all, self.today).lines(self.desk);
        let line = |line: &Line| (line.name(language), line.value(language).to_owned());
        PlainForm {
            frame: self.frame,
            title: w.title,
            lead: match self.desk {
                Desk::Ministry => w.lead_ministry,
                Desk::Secretariat => w.lead,
            },
            subject: self.place.name.clone(),
            action: paths::agreement(self.desk, ceptoar_id),
            way: way(self.frame, ceptoar_id, &self.place.name),
            back: here,
            seen: digest(&self.all),
            current: lines.iter().map(line).collect(),
            ending: false,
        }
    }
}
