//! Six digits from an app (RFC 6238): SHA-1, 30 seconds, one step before and after. SHA-1 because apps
//! take anything else for it without a word.

use chrono::{DateTime, Utc};
use totp_rs::{Algorithm, Builder, Secret, Totp};

/// An app's secret, and what the app shows for it.
pub struct App(Totp);

/// The secret or a name in it cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("one-time codes: {0}")]
pub struct AppError(String);

/// Bytes of a fresh secret (RFC 4226: at least 16, better 20).
const SECRET: usize = 20;

impl App {
    /// A fresh secret.
    ///
    /// # Errors
    /// When the system's generator fails.
    pub fn fresh_secret() -> Result<Vec<u8>, getrandom::Error> {
        let mut bytes = vec![0; SECRET];
        getrandom::fill(&mut bytes)?;
        Ok(bytes)
    }

    /// The app of a stored secret. Portal and name are what the app shows above the digits.
    ///
    /// # Errors
    /// When the secret is too short.
    pub fn new(secret: Vec<u8>, portal: &str, name: &str) -> Result<Self, AppError> {
        let plain = |text: &str| text.replace(':', " ");
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(1)
            .with_step_duration(30)
            .with_secret(Secret::from(secret))
            .with_account_name(plain(name))
            .with_issuer(Some(plain(portal)))
            .build()
            .map(Self)
            .map_err(|error| AppError(error.to_string()))
    }

    /// The time step that these digits belong to, if they are right now.
    #[must_use]
    pub fn step(&self, typed: &str, now: DateTime<Utc>) -> Option<i64> {
        let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let seconds = u64::try_from(now.timestamp()).ok()?;
        self.0.check(&digits, seconds).and_then(|step| i64::try_from(step).ok())
    }

    /// The picture that an app reads.
    ///
    /// # Errors
    /// When it cannot be drawn.
    pub fn picture(&self) -> Result<Vec<u8>, AppError> {
        self.0.to_qr_png().map_err(|error| AppError(error.to_string()))
    }

    /// The secret for typing, in groups of four.
    #[must_use]
    pub fn typed_secret(&self) -> String {
        let text = self.0.secret().to_base32();
        text.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group)).collect::<Vec<_>>().join(" ")
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn the_codes_of_the_standard_come_out_with_one_step_of_grace() {
        // RFC 6238, appendix B: at 59 seconds the eight digits are 94287082.
        let app = App::new(b"12345678901234567890".to_vec(), "Portal", "anne").expect("an app");
        let at = DateTime::from_timestamp(59, 0).expect("an instant");
        assert_eq!(app.step("287082", at), Some(1));
        assert_eq!(app.step(" 287 082 ", at), Some(1));
        assert_eq!(app.step("287082", at + TimeDelta::seconds(30)), Some(1));
        assert_eq!(app.step("287082", at + TimeDelta::seconds(61)), None);
        for typed in ["", "28708", "2870822", "28708a", "２８７０８２"] {
            assert_eq!(app.step(typed, at), None, "{typed:?}");
        }
        assert!(app.picture().expect("a picture").starts_with(b"\x89PNG"));
        assert_eq!(app.typed_secret(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    }
}
