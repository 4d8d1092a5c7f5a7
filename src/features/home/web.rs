//! The front page.

use askama::Template;
use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the front page.
    pub struct HomeWords {
        title: "ホーム" / "Home",
    }
}

#[derive(Template)]
#[template(path = "home/index.html")]
struct HomePage {
    chrome: Chrome,
    w: &'static HomeWords,
}

/// The routes of this feature.
pub fn routes() -> Router<AppState> {
    Router::new().route("/", get(index))
}

async fn index(frame: Frame) -> impl IntoResponse {
    let w = HomeWords::of(frame.language);
    Page(HomePage { chrome: frame.chrome(w.title, &[]), w })
}
