//! The documents of an edition: handed out to whoever the rule is for, added and removed by the desk.

use askama::Template;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::rules::{RulePlace, RulesWords, Sight};
use super::{Done, keeps, note};
use crate::features::access::Viewer;
use crate::features::directory::roster::paths as roster;
use crate::features::directory::rules::paths;
use crate::features::directory::rules::rule::{Document, Edition};
use crate::features::directory::rules::store;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{long_time, thousands};
use crate::platform::db::Tx;
use crate::platform::files::intake::{self, Checked};
use crate::platform::files::respond::respond;
use crate::platform::files::store::{self as files, FileState};
use crate::platform::files::{DisplayName, FileType};
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Place;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// Fields of the form: the token and the file.
const MOST_FIELDS: usize = 4;
/// Files of an edition: its text, its annexes, its forms.
const MOST_DOCUMENTS: usize = 10;

crate::words! {
    /// Words of the page.
    pub struct DocumentsWords {
        title: "取扱いルールの文書ファイル" / "Files of the handling rule",
        files: "登録されているファイル" / "Files",
        none_title: "ファイルが登録されていません" / "There are no files",
        none_text: "下の「ファイルを登録する」から、ルールの本文や別紙を登録してください。" / "Add the text of the rule and its annexes below.",
        about: "{kind}、{size}KB、{day}から開けます" / "{kind}, {size} KB, to be opened since {day}",
        held: "{kind}、{size}KB、{day}登録。ウイルス検査をしています。終わると開けるようになります。" / "{kind}, {size} KB, added {day}. It is being checked for viruses and can be opened afterwards.",
        refused: "{kind}、{size}KB。有害なプログラムが見つかったため、開けません。" / "{kind}, {size} KB. Something harmful was found in it; it cannot be opened.",
        unreadable: "{kind}、{size}KB。パスワードや印刷制限などの保護があるか、大きすぎて、ウイルス検査ができないため、開けません。保護を外したファイルを登録してください。" / "{kind}, {size} KB. It is protected (a password, no printing) or too large within, so it cannot be checked for viruses and not be opened. Add it without protection.",
        removed: "削除されたファイル" / "A file that was removed",
        removed_about: "{added}登録、{day}削除" / "added {added}, removed {day}",
        remove: "このファイルを削除する" / "Remove this file",
        remove_help: "削除したファイルは、だれも開けなくなり、元に戻せません。削除したことは、構成員にも表示されます。" / "Nobody can open it any more, and it cannot be brought back. Members see that a file was removed.",
        add: "ファイルを登録する" / "Add a file",
        add_help: "登録したファイルは、ウイルス検査のあと、構成員がこの版のページから開けるようになります。" / "After a check for viruses, members can open it on the page of the rule.",
        file: "ファイル" / "File",
        file_help: "PDF、Word、Excel、PowerPoint、CSV、テキスト、PNG、JPEG。20MBまで。" / "PDF, Word, Excel, PowerPoint, CSV, text, PNG or JPEG; 20 MB at most.",
        submit: "登録する" / "Add",
        back: "取扱いルールへ戻る" / "Back to the handling rule",
        no_file: "登録するファイルを選んでください。" / "Please choose a file.",
        too_many: "1つの版に登録できるファイルは{most}件までです。いらないファイルを削除してください。" / "An edition has {most} files at most. Remove one that is not needed.",
        no_scanner: "ウイルス検査の設定がないため、ファイルを登録できません。ポータルの運用担当者に連絡してください。" / "Files cannot be added, because no virus scanner is set up. Tell the operators of the portal.",
        done_added: "ファイルを登録しました。ウイルス検査が終わると、構成員が開けるようになります。" / "The file was added. Members can open it after the check for viruses.",
        done_removed: "ファイルを削除しました。" / "The file was removed.",
    }
}

/// A document as a page shows it.
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) href: Option<String>,
    removal: Option<String>,
}

/// An edition's documents; of those that were removed, that there were some.
pub(super) fn shown(ceptoar_id: &str, rule: Uuid, documents: &[Document], language: Language) -> Vec<Shown> {
    documents
        .iter()
        .filter(|document| document.rule_id == rule)
        .map(|document| one(ceptoar_id, document, language))
        .collect()
}

fn one(ceptoar_id: &str, document: &Document, language: Language) -> Shown {
    let w = DocumentsWords::of(language);
    let added = long_time(document.added_at, language);
    let settled = document.settled_at.map_or_else(|| added.clone(), |at| long_time(at, language));
    let route = |route| paths::of_document(route, ceptoar_id, document.rule_id, document.file_id);
    let kind = document.name.rsplit_once('.').map(|(_, ending)| ending.to_uppercase()).unwrap_or_default();
    let size = thousands((document.length + 999) / 1000);
    let (words, day) = match document.state {
        FileState::Released => (w.about, &settled),
        FileState::Held => (w.held, &added),
        FileState::Refused => (w.refused, &settled),
        FileState::Unreadable => (w.unreadable, &settled),
        FileState::Purged => (w.removed_about, &settled),
    };
    let about = fill(words, &[("kind", &kind), ("size", &size), ("added", &added), ("day", day)]);
    Shown {
        name: if document.stands() { document.name.clone() } else { w.removed.to_owned() },
        about,
        href: (document.state == FileState::Released).then(|| route(paths::DOCUMENT)),
        removal: document.stands().then(|| route(paths::DOCUMENT_REMOVAL)),
    }
}

#[derive(Template)]
#[template(path = "directory/rules/documents.html")]
struct DocumentsPage {
    chrome: Chrome,
    w: &'static DocumentsWords,
    edition: String,
    documents: Vec<Shown>,
    closed: Option<String>,
    here: String,
    back: String,
    accept: String,
    errors: FieldErrors,
}

/// An edition and its documents, for the desk that keeps them.
struct Scene {
    place: RulePlace,
    edition: Edition,
    documents: Vec<Document>,
    scanned: bool,
}

impl Scene {
    async fn read(tx: &mut Tx, viewer: &Viewer, place: RulePlace, state: &AppState) -> Result<Self, WebError> {
        if !keeps(viewer, &place.ceptoar) {
            return Err(WebError::NotFound);
        }
        let editions = store::editions(tx, &place.ceptoar).await?;
        let edition = editions.into_iter().find(|edition| edition.rule_id == place.rule).ok_or(WebError::NotFound)?;
        let mut documents = store::documents(tx, &place.ceptoar).await?;
        documents.retain(|document| document.rule_id == place.rule);
        Ok(Self { place, edition, documents, scanned: state.config.takes_files() })
    }

    /// Why no file can be added.
    fn closed(&self, language: Language) -> Option<String> {
        let w = DocumentsWords::of(language);
        if !self.scanned {
            return Some(w.no_scanner.to_owned());
        }
        let full = self.documents.iter().filter(|document| document.stands()).count() >= MOST_DOCUMENTS;
        full.then(|| fill(w.too_many, &[("most", &MOST_DOCUMENTS.to_string())]))
    }

    fn page(&self, frame: &Frame, errors: FieldErrors) -> DocumentsPage {
        let w = DocumentsWords::of(frame.language);
        let back = paths::of_ceptoar(paths::RULES, &self.place.ceptoar);
        let up = RulesWords::of(frame.language);
        let way = [frame.home(), (roster::INDEX, up.directory), (back.as_str(), up.handling_rule)];
        DocumentsPage {
            chrome: frame.chrome(w.title.to_owned(), &way),
            w,
            edition: format!("{} {}", self.edition.title, self.edition.edition),
            documents: shown(&self.place.ceptoar, self.place.rule, &self.documents, frame.language),
            closed: self.closed(frame.language),
            here: paths::of_rule(paths::DOCUMENTS, &self.place.ceptoar, self.place.rule),
            accept: FileType::ALL.map(|kind| format!(".{}", kind.code())).join(","),
            back,
            errors,
        }
    }
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct DoneQuery {
    done: String,
}

/// The page of the desk.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<RulePlace>,
    Query(query): Query<DoneQuery>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let scene = Scene::read(&mut tx, &viewer, place, &state).await?;
    tx.commit().await?;
    let mut page = scene.page(&frame, FieldErrors::default());
    let w = DocumentsWords::of(frame.language);
    page.chrome = match query.done.as_str() {
        "added" => page.chrome.with_flash("success", w.done_added),
        "removed" => page.chrome.with_flash("success", w.done_removed),
        _ => page.chrome,
    };
    Ok(Page(page).into_response())
}

/// What was sent: what the file is called, and what is in it.
async fn sent(form: Result<Multipart, MultipartRejection>) -> Result<(String, Vec<u8>), WebError> {
    let mut form = form.map_err(|_| WebError::BadRequest)?;
    for _ in 0..MOST_FIELDS {
        let Some(field) = form.next_field().await.map_err(|_| WebError::BadRequest)? else { break };
        if field.name() == Some("file") {
            let name = field.file_name().unwrap_or_default().to_owned();
            return Ok((name, field.bytes().await.map_err(|_| WebError::BadRequest)?.into()));
        }
    }
    Ok(Default::default())
}

/// A file that can be kept, or what is wrong with it.
async fn checked(state: &AppState, name: &str, content: Vec<u8>, language: Language) -> Result<Checked, String> {
    if name.is_empty() && content.is_empty() {
        return Err(DocumentsWords::of(language).no_file.to_owned());
    }
    let name = DisplayName::parse(name).map_err(|error| error.said(language))?;
    intake::check(&state.sandbox, name, content).await.map_err(|refused| refused.said(language).to_owned())
}

/// Said where a colleague was faster.
const GONE: WebError = WebError::Conflict(Said {
    ja: "この版の登録は、ほかの方が取り消しました。ファイルは登録していません。",
    en: "A colleague has taken this edition back. The file was not added.",
});

/// Adds a file.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<RulePlace>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &viewer, place, &state).await?;
    tx.commit().await?;
    let (name, content) = sent(form).await?;
    let file = match scene.closed(frame.language) {
        Some(why) => Err(why),
        None => checked(&state, &name, content, frame.language).await,
    };
    let file = match file {
        Ok(file) => file,
        Err(why) => {
            let mut errors = FieldErrors::default();
            errors.add("file", why);
            return Ok(Unprocessable(scene.page(&frame, errors)).into_response());
        }
    };
    // Looking into it may have taken a while; nothing of the database was held meanwhile.
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let there = store::attach_to(&mut tx, scene.place.rule).await?.ok_or(GONE)?;
    if there >= i64::try_from(MOST_DOCUMENTS).unwrap_or(i64::MAX) {
        return Ok(back(&scene.place, ""));
    }
    let id = files::keep(&mut tx, &file, viewer.account_id, now).await?;
    store::add_document(&mut tx, scene.place.rule, id, now).await?;
    note(&mut tx, &viewer, &frame, scene.place.done("rule.document_added", id), now).await?;
    tx.commit().await?;
    Ok(back(&scene.place, "added"))
}

fn back(place: &RulePlace, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", paths::of_rule(paths::DOCUMENTS, &place.ceptoar, place.rule)))
        .into_response()
}

impl RulePlace {
    fn done(&self, action: &'static str, file: Uuid) -> Done {
        Done { action, rule: self.rule, detail: serde_json::json!({ "ceptoar": self.ceptoar, "file": file }) }
    }
}

/// A document in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct DocumentPlace {
    ceptoar: String,
    rule: Uuid,
    file: Uuid,
}

/// Hands a document out.
pub async fn download(
    State(state): State<AppState>,
    viewer: Viewer,
    Place(place): Place<DocumentPlace>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    Sight::of(&mut tx, &viewer, &place.ceptoar).await?;
    let known = store::documents(&mut tx, &place.ceptoar).await?;
    if !known.iter().any(|document| document.rule_id == place.rule && document.file_id == place.file) {
        return Err(WebError::NotFound);
    }
    let file = files::open(&mut tx, place.file).await?.ok_or(WebError::NotFound)?;
    tx.commit().await?;
    Ok(respond(file))
}

/// Destroys a document.
pub async fn remove(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(DocumentPlace { ceptoar, rule, file }): Place<DocumentPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &viewer, RulePlace { ceptoar, rule }, &state).await?;
    if !scene.documents.iter().any(|document| document.file_id == file) {
        return Err(WebError::NotFound);
    }
    // A second click finds it gone already, which is what was wanted.
    if store::remove_document(&mut tx, rule, file).await? {
        note(&mut tx, &viewer, &frame, scene.place.done("rule.document_removed", file), now).await?;
    }
    tx.commit().await?;
    Ok(back(&scene.place, "removed"))
}
