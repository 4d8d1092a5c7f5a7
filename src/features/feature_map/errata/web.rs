//! The form with which an erratum is recorded beside a published edition.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::erratum::Erratum;
use super::store;
use crate::features::access::Viewer;
use crate::features::feature_map::edition::{Bilingual, Edition};
use crate::features::feature_map::paths;
use crate::features::feature_map::web::map::choose;
use crate::features::feature_map::web::shelf::PublicPages;
use crate::features::feature_map::words::MapWords;
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Language, fill};
use crate::kernel::text::{self, TextProblem};
use crate::platform::audit::{self, Event};
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the form.
    pub struct ErratumWords {
        title: "正誤表に記録する" / "Record an erratum",
        frozen: "公表済みの版は変更できません。" / "A published edition cannot be changed.",
        lead: "見つかった誤りは、この版の正誤表に日付をつけて記録します。版のページ・PDF・Excelに、正誤表として並びます。記録は取り消せません。" / "Mistakes are recorded beside the edition with today's date. They stand on its page, on the PDF and in the workbook, and cannot be taken back.",
        edition: "版 {as_of}" / "Edition {as_of}",
        ceptoar: "どのセプターについてか" / "About which CEPTOAR",
        ceptoar_help: "版の全体についてのときは、選ばないでください。" / "Choose none if it is about the edition as a whole.",
        place: "箇所" / "Where",
        place_help: "例: 放送CEPTOARの構成員の数" / "For example: number of members of the Broadcasting CEPTOAR",
        wrong: "誤(版に載っている内容)" / "What is printed",
        right: "正(正しい内容)" / "What is right",
        english: "英語表記" / "In English",
        place_en: "箇所(英語)" / "Where, in English",
        wrong_en: "誤(英語)" / "What is printed, in English",
        right_en: "正(英語)" / "What is right, in English",
        english_help: "空欄のときは、英語の版にも日本語が載ります。" / "If left empty, the English edition shows the Japanese.",
        same: "「誤」と同じです。正しい内容を入力してください。" / "This is the same as what is printed. Please enter what is right.",
        unknown: "この版にあるセプターから選んでください。" / "Please choose a CEPTOAR of this edition.",
        submit: "日付をつけて記録する" / "Record it",
        cancel: "やめる" / "Cancel",
    }
}

#[derive(Template)]
#[template(path = "feature_map/erratum.html")]
struct ErratumPage {
    chrome: Chrome,
    w: &'static ErratumWords,
    edition: String,
    here: String,
    back: String,
    ceptoars: Vec<Choice>,
    form: ErratumForm,
    errors: FieldErrors,
}

/// What is typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct ErratumForm {
    ceptoar: String,
    place: String,
    wrong: String,
    right: String,
    place_en: String,
    wrong_en: String,
    right_en: String,
}

fn page(edition: &Edition, frame: &Frame, form: ErratumForm, errors: FieldErrors) -> ErratumPage {
    let language = frame.language;
    let w = ErratumWords::of(language);
    let as_of = edition.as_of_display.pick(language);
    let back = paths::edition(&edition.id);
    let choice = |c: &crate::features::feature_map::edition::Ceptoar| Choice {
        value: c.id.clone(),
        label: c.name.as_ref().map_or(c.id.as_str(), |name| name.pick(language)).to_owned(),
        explanation: String::new(),
        chosen: form.ceptoar == c.id,
    };
    ErratumPage {
        chrome: frame.chrome(w.title, &[frame.home(), (paths::NEWEST, MapWords::of(language).title), (&back, as_of)]),
        w,
        edition: fill(w.edition, &[("as_of", as_of)]),
        here: paths::errata(&edition.id),
        back: back.clone(),
        ceptoars: edition.ceptoars.iter().map(choice).collect(),
        form,
        errors,
    }
}

/// The form.
pub async fn get(
    State(pages): State<PublicPages>,
    _: Viewer,
    frame: Frame,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let editions = pages.editions().await?;
    let edition = choose(&editions, Some(&id)).ok_or(WebError::NotFound)?;
    Ok(Page(page(edition, &frame, ErratumForm::default(), FieldErrors::default())).into_response())
}

fn read(
    form: &ErratumForm,
    edition: &Edition,
    language: Language,
) -> Result<(Option<String>, [Bilingual; 3]), FieldErrors> {
    let w = ErratumWords::of(language);
    let mut errors = FieldErrors::default();
    let needed = |typed: &str, limit: usize| match text::line(typed, limit) {
        Ok(text) if text.is_empty() => Err(TextProblem::Empty),
        other => other,
    };
    let ceptoar = (!form.ceptoar.is_empty()).then(|| form.ceptoar.clone());
    if ceptoar.as_ref().is_some_and(|id| edition.ceptoar(id).is_none()) {
        errors.add("ceptoar", w.unknown);
    }
    let mut both = |field: &'static str, ja: &str, field_en: &'static str, en: &str, limit: usize| {
        let ja = errors.take(field, needed(ja, limit), language);
        let en = errors.take(field_en, text::line(en, limit), language);
        Bilingual { en: if en.is_empty() { ja.clone() } else { en }, ja }
    };
    let place = both("place", &form.place, "place_en", &form.place_en, 200);
    let wrong = both("wrong", &form.wrong, "wrong_en", &form.wrong_en, 500);
    let right = both("right", &form.right, "right_en", &form.right_en, 500);
    if !wrong.ja.is_empty() && wrong.ja == right.ja {
        errors.add("right", w.same);
    }
    if errors.is_empty() { Ok((ceptoar, [place, wrong, right])) } else { Err(errors) }
}

/// Records an erratum.
pub async fn post(
    State(state): State<AppState>,
    State(pages): State<PublicPages>,
    viewer: Viewer,
    frame: Frame,
    Path(id): Path<String>,
    Form(form): Form<ErratumForm>,
) -> Result<Response, WebError> {
    let editions = pages.editions().await?;
    let edition = choose(&editions, Some(&id)).ok_or(WebError::NotFound)?;
    let (ceptoar_id, [place, wrong, right]) = match read(&form, edition, frame.language) {
        Ok(read) => read,
        Err(errors) => return Ok(Unprocessable(page(edition, &frame, form, errors)).into_response()),
    };
    let now = state.clock.now();
    let erratum = Erratum { edition_id: id.clone(), ceptoar_id, dated_on: japan_day(now), place, wrong, right };
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    store::record(&mut tx, Uuid::new_v4(), &erratum).await?;
    let event = Event::done(now, "edition.erratum", "edition", &id).by(viewer.account_id);
    let detail = serde_json::json!({ "ceptoar": erratum.ceptoar_id });
    audit::record(&mut tx, event.request(&frame.request_id).detail(detail)).await?;
    tx.commit().await?;
    pages.look_again();
    Ok(Redirect::to(&format!("{}#{}", paths::edition(&id), ERRATA_ANCHOR)).into_response())
}

/// Where the errata stand on an edition's page.
pub const ERRATA_ANCHOR: &str = "errata";
