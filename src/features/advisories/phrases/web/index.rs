//! All templates and phrases.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::shown;
use super::words::PhraseWords;
use crate::features::access::web::extract::Author;
use crate::features::advisories::paths as advisories;
use crate::features::advisories::phrases::kept::{Kept, Phrase, Template};
use crate::features::advisories::phrases::{paths, store};
use crate::kernel::language::{Label, Language};
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

struct Row {
    href: String,
    name: String,
    label: &'static str,
    text: String,
    by: String,
}

#[derive(askama::Template)]
#[template(path = "advisories/phrases/index.html")]
struct IndexPage {
    chrome: Chrome,
    w: &'static PhraseWords,
    /// Heading, address of a new one and its words, those in use.
    lists: [(&'static str, &'static str, &'static str, Vec<Row>); 2],
    archived: Vec<Row>,
}

/// The list.
pub async fn get(State(state): State<AppState>, by: Author, frame: Frame) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(by.account_id), state.clock.now()).await?;
    let templates = store::templates(&mut tx, None).await?;
    let phrases = store::phrases(&mut tx, None).await?;
    let language = frame.language;
    let w = PhraseWords::of(language);
    let (gone, templates): (Vec<_>, Vec<_>) = templates.into_iter().partition(|kept| kept.saved.archived);
    let (old, phrases): (Vec<_>, Vec<_>) = phrases.into_iter().partition(|kept| kept.saved.archived);
    let archived =
        gone.iter().map(|kept| template(kept, language)).chain(old.iter().map(|kept| phrase(kept, language)));
    let page = IndexPage {
        chrome: frame.chrome(w.title, &[frame.home(), (advisories::INDEX, w.list)]),
        w,
        archived: archived.collect(),
        lists: [
            (
                w.templates,
                paths::NEW_TEMPLATE,
                w.new_template,
                templates.iter().map(|kept| template(kept, language)).collect(),
            ),
            (w.phrases, paths::NEW_PHRASE, w.new_phrase, phrases.iter().map(|kept| phrase(kept, language)).collect()),
        ],
    };
    Ok(Page(page).into_response())
}

fn template(kept: &Kept<Template>, language: Language) -> Row {
    Row {
        href: paths::template(kept.id),
        name: kept.what.name.clone(),
        label: kept.what.kind.label(language),
        text: kept.what.title.clone(),
        by: shown::by(&kept.saved, language),
    }
}

fn phrase(kept: &Kept<Phrase>, language: Language) -> Row {
    Row {
        href: paths::phrase(kept.id),
        name: kept.what.name.clone(),
        label: kept.what.field.label(language),
        text: kept.what.body.clone(),
        by: shown::by(&kept.saved, language),
    }
}
