//! Addresses of this feature.

/// The sign-in page.
pub const SIGN_IN: &str = "/sign-in";
/// Signs in by a passkey alone.
pub const PASSKEY_SIGN_IN: &str = "/sign-in/passkey";
/// What to ask a passkey before.
pub const PASSKEY_CHALLENGE: &str = "/sign-in/passkey/challenge";
/// The second proof, after the password.
pub const SECOND: &str = "/sign-in/second";
/// The second proof by a passkey.
pub const SECOND_PASSKEY: &str = "/sign-in/second/passkey";
/// What to ask a passkey for the second proof.
pub const SECOND_CHALLENGE: &str = "/sign-in/second/challenge";
/// For those who forgot their password.
pub const FORGOTTEN: &str = "/sign-in/forgotten";
/// One-click sign-in of the demonstration.
pub const DEMONSTRATION_SIGN_IN: &str = "/sign-in/demonstration";
/// Ends the session.
pub const SIGN_OUT: &str = "/sign-out";
/// What a link in a letter opens.
pub const TICKET: &str = "/ticket/{token}";
/// Choosing an authenticator.
pub const ENROL: &str = "/enrol";
/// Registering an app.
pub const ENROL_APP: &str = "/enrol/app";
/// The picture that the app reads.
pub const ENROL_PICTURE: &str = "/enrol/app/code.png";
/// Registering a passkey.
pub const ENROL_PASSKEY: &str = "/enrol/passkey";
/// What to ask a new passkey.
pub const ENROL_CHALLENGE: &str = "/enrol/passkey/challenge";
/// 利用者情報.
pub const ACCOUNT: &str = "/account";
/// One's own password.
pub const PASSWORD: &str = "/account/password";
/// One's own mail address.
pub const ADDRESS: &str = "/account/address";
/// One more authenticator.
pub const ADD: &str = "/account/authenticators";
/// Another name for one.
pub const RENAME: &str = "/account/authenticators/name";
/// One less.
pub const REMOVE: &str = "/account/authenticators/removal";
/// New recovery codes.
pub const CODES: &str = "/account/recovery-codes";
/// Ending one's own sessions.
pub const END_SESSION: &str = "/account/sessions/end";
/// Proving again that it is oneself.
pub const CONFIRM: &str = crate::features::access::web::guard::CONFIRM;
/// What to ask a passkey for it.
pub const CONFIRM_CHALLENGE: &str = "/account/confirm/challenge";
/// What a passkey is.
pub const HELP_PASSKEYS: &str = "/help/passkeys";
/// What an authenticator app is.
pub const HELP_APP: &str = "/help/totp";
