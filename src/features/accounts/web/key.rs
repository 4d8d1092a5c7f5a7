//! What pages need to talk with a passkey: the words of the script, and its answer as form fields.

use crate::features::accounts::passkeys::{Answer, RelyingParty};
use crate::kernel::language::Language;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words that the script shows (static/js/passkeys.js).
    pub struct KeyWords {
        unsupported: "このブラウザーではパスキーを使えません。新しい版のブラウザーで開くか、ほかの方法をお使いください。" / "This browser cannot use passkeys. Use a newer browser, or another way to sign in.",
        cancelled: "パスキーの操作が取り消されたか、時間が過ぎました。もう一度ボタンを押してください。" / "The passkey was cancelled or took too long. Press the button again.",
        failed: "パスキーを使えませんでした。通信の状態を確かめて、もう一度お試しください。" / "The passkey did not work. Check your connection and try again.",
        present: "このパスキーはすでに登録されています。" / "This passkey is registered already.",
        other_host: "このアドレスではパスキーを使えません。次のアドレスで開いてください: " / "Passkeys do not work at this address. Open this one instead: ",
        working: "画面の案内にしたがって操作してください。" / "Follow what your device shows.",
    }
}

/// Words and host for the script.
#[derive(Debug, Clone)]
pub struct KeyWidget {
    /// The words.
    pub w: &'static KeyWords,
    /// The host that passkeys belong to; empty where there are none.
    pub host: String,
}

impl KeyWidget {
    /// For this portal.
    #[must_use]
    pub fn new(state: &AppState, language: Language) -> Self {
        Self { w: KeyWords::of(language), host: RelyingParty::host(&state.config).unwrap_or_default() }
    }
}

/// A passkey's answer in a form.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct KeyForm {
    /// The question's id.
    #[serde(default)]
    pub ceremony: String,
    /// The credential, as JSON.
    #[serde(default)]
    pub credential: String,
    /// What the key is called.
    #[serde(default)]
    pub name: String,
    /// Where to go afterwards.
    #[serde(default)]
    pub return_to: String,
}

impl KeyForm {
    /// The answer in it.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer { ceremony: self.ceremony.clone(), credential: self.credential.clone() }
    }
}
