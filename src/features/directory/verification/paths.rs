//! Addresses of this feature.

use uuid::Uuid;

use super::proven::store::Show;
use crate::kernel::ids::ContactId;
use crate::kernel::language::Language;
use crate::platform::security::token::Token;

/// Route of a CEPTOAR's rounds.
pub const BOARD: &str = "/directory/{ceptoar}/verification";
/// Route of asking again who did not answer.
pub const REMINDER: &str = "/directory/{ceptoar}/verification/{round}/reminder";
/// Route of ending a round.
pub const END: &str = "/directory/{ceptoar}/verification/{round}/end";
/// Route of the windows of a CEPTOAR, to be chosen.
pub const WINDOWS: &str = "/directory/{ceptoar}/verification/windows";
/// Route of noting a call to a window.
pub const CALL: &str = "/directory/{ceptoar}/verification/windows/{window}";
/// Route of the link in a letter.
pub const ANSWER: &str = "/verification/{token}";

/// A CEPTOAR's rounds.
#[must_use]
pub fn board(ceptoar: &str) -> String {
    BOARD.replace("{ceptoar}", ceptoar)
}

/// Something of a round.
#[must_use]
pub fn of_round(route: &str, ceptoar: &str, round: Uuid) -> String {
    route.replace("{ceptoar}", ceptoar).replace("{round}", &round.to_string())
}

/// The windows of a CEPTOAR.
#[must_use]
pub fn windows(ceptoar: &str, show: Show) -> String {
    format!("{}?show={}", WINDOWS.replace("{ceptoar}", ceptoar), show.code())
}

/// One window, to be asked.
#[must_use]
pub fn asking(ceptoar: &str, window: ContactId) -> String {
    format!("{}?window={window}", WINDOWS.replace("{ceptoar}", ceptoar))
}

/// Noting a call to a window.
#[must_use]
pub fn call(ceptoar: &str, window: ContactId) -> String {
    CALL.replace("{ceptoar}", ceptoar).replace("{window}", &window.to_string())
}

/// The path of a link, in the language of its letter.
#[must_use]
pub fn answer(token: &Token, language: Language) -> String {
    let path = ANSWER.replace("{token}", &token.reveal());
    match language {
        Language::Ja => path,
        Language::En => format!("{path}?language={}", language.code()),
    }
}
