//! The token that a form carries, derived from a secret of the browser that got the form.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::token::Token;

/// The hidden field that carries the token.
pub const FIELD: &str = "form_token";
/// The header that carries it where a script sends something else than a form.
pub const HEADER: &str = "x-form-token";

const PURPOSE: &[u8] = b"form token, version 1";

/// A form token. In a template it writes itself as the hidden field.
#[derive(Clone, Default)]
pub struct FormToken(String);

impl FormToken {
    /// The token of whoever holds the secret.
    #[must_use]
    pub fn of(secret: &Token) -> Self {
        Self(mac(secret).map(|mac| hex::encode(mac.finalize().into_bytes())).unwrap_or_default())
    }

    /// Whether `shown` is the token of whoever holds the secret; takes the same time for every wrong one.
    #[must_use]
    pub fn is_of(secret: &Token, shown: &[u8]) -> bool {
        let mut bytes = [0; 32];
        hex::decode_to_slice(shown, &mut bytes).is_ok()
            && mac(secret).is_some_and(|mac| mac.verify_slice(&bytes).is_ok())
    }

    /// Its text; empty on pages that are the same for everybody.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.0
    }
}

/// No key is too long or too short for an HMAC, so there always is one.
fn mac(secret: &Token) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).ok()?;
    mac.update(PURPOSE);
    Some(mac)
}

impl fmt::Display for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, "<input type=\"hidden\" name=\"{FIELD}\" value=\"{}\">", self.0)
    }
}

impl askama::filters::HtmlSafe for FormToken {}

impl fmt::Debug for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_browser_that_got_the_form_can_send_it() {
        let (mine, other) = (Token::random().expect("a token"), Token::random().expect("a token"));
        let token = FormToken::of(&mine);
        assert!(FormToken::is_of(&mine, token.value().as_bytes()));
        assert!(!FormToken::is_of(&other, token.value().as_bytes()));
        for wrong in ["", "00", &mine.reveal(), &token.value()[1..], &"0".repeat(64)] {
            assert!(!FormToken::is_of(&mine, wrong.as_bytes()), "{wrong}");
        }
        assert!(!token.value().contains(&mine.reveal()) && !format!("{token:?}").contains(token.value()));
    }
}
