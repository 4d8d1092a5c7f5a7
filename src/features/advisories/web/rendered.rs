//! 表示を確かめる: a long text of the form as its readers will see it, for the script that asks. Nothing is kept.

use axum::Form as Body;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::features::access::web::extract::Author;
use crate::features::advisories::content::Form;
use crate::kernel::text;
use crate::platform::web::form::text_problem;
use crate::platform::web::frame::Frame;
use crate::platform::web::markdown;

/// Where the script asks.
pub const RENDERED: &str = "/advisories/rendered";

/// The longest text that any field of the form takes.
const LONGEST: usize = 4000;

crate::words! {
    /// Words beside a long text.
    pub struct RenderedWords {
        look: "表示を確かめる" / "See how it will look",
        shown: "表示の例" / "How it will look",
        failed: "表示を確かめられませんでした。しばらくしてから、もう一度押してください。" / "This did not work. Please try again later.",
        nothing: "まだ入力がありません。" / "There is nothing yet.",
    }
}

/// The text as HTML, made as the page of an item makes it; or what is wrong with it, in words.
pub async fn post(_: Author, frame: Frame, Body(pairs): Body<Vec<(String, String)>>) -> Response {
    match text::paragraph(Form::new(pairs).value("text"), LONGEST) {
        Ok(text) => Html(markdown::render(&text).as_str().to_owned()).into_response(),
        // In words of ours, with nothing of the text.
        Err(problem) => {
            let said = format!("<p>{}</p>", text_problem(problem, frame.language));
            (StatusCode::UNPROCESSABLE_ENTITY, Html(said)).into_response()
        }
    }
}
