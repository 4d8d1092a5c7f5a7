//! The language switch.

use axum::Form;
use axum::extract::State;
use axum::response::Redirect;
use axum_extra::extract::CookieJar;

use super::cookies;
use super::state::AppState;
use crate::kernel::language::Language;

/// The switch's form.
#[derive(Debug, serde::Deserialize)]
pub struct Choice {
    language: String,
    #[serde(default)]
    return_to: String,
}

/// Remembers the chosen language and goes back to where the visitor was.
pub async fn post(State(state): State<AppState>, jar: CookieJar, Form(choice): Form<Choice>) -> (CookieJar, Redirect) {
    let code = Language::from_code(&choice.language).code();
    (jar.add(cookies::language(code, state.config.over_tls())), Redirect::to(local_path(&choice.return_to)))
}

/// `path` if it leads to a page of this portal, else the front page.
#[must_use]
pub fn local_path(path: &str) -> &str {
    let plain =
        path.starts_with('/') && !path.starts_with("//") && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if plain { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn never_leads_away_from_the_portal() {
        assert_eq!(local_path("/map/2011-03-31"), "/map/2011-03-31");
        for outside in ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x", "", "map"] {
            assert_eq!(local_path(outside), "/", "{outside:?}");
        }
    }
}
