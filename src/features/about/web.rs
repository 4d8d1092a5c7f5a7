//! The pages that every footer leads to.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;

use super::texts::{self, Section};
use crate::features::access::{Routes, Rule};
use crate::kernel::language::Language;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

#[derive(Template)]
#[template(path = "about/page.html")]
struct AboutPage {
    chrome: Chrome,
    title: &'static str,
    sections: Vec<Section>,
}

type Text = fn(Language, bool) -> (&'static str, Vec<Section>);

/// The routes of this feature.
pub fn routes() -> Routes {
    Routes::new()
        .get("/about/contact", Rule::Public, async |state, frame| page(state, frame, texts::contact))
        .get("/about/accessibility", Rule::Public, async |state, frame| page(state, frame, texts::accessibility))
        .get("/about/terms", Rule::Public, async |state, frame| page(state, frame, texts::terms))
        .get("/about/privacy", Rule::Public, async |state, frame| page(state, frame, texts::privacy))
}

fn page(State(state): State<AppState>, frame: Frame, text: Text) -> impl IntoResponse {
    let (title, sections) = text(frame.language, state.config.is_demonstration());
    let chrome = frame.chrome(title, &[frame.home()]);
    Page(AboutPage { chrome, title, sections })
}
