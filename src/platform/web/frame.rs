//! The frame round every page: header, navigation, breadcrumb, language, who is signed in.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;

use super::request::RequestId;
use super::state::AppState;
use super::{assets, cookies};
use crate::kernel::language::Language;
use crate::platform::security::form_token::FormToken;

crate::words! {
    /// Words of the frame.
    pub struct ChromeWords {
        site_name: "セプター情報共有ポータル" / "CEPTOAR Portal",
        skip_to_main: "本文へ移動" / "Skip to main content",
        menu: "メニュー" / "Menu",
        main_navigation: "主なメニュー" / "Main menu",
        footer_navigation: "このサイトについて" / "About this site",
        breadcrumb: "現在の位置" / "You are here",
        language: "表示言語" / "Language",
        signed_in_as: "サインイン中の利用者" / "Signed in as",
        sign_in: "サインイン" / "Sign in",
        sign_out: "サインアウト" / "Sign out",
        account: "利用者情報" / "Your account",
        demonstration_mark: "デモ" / "Demo",
        demonstration_text: "デモンストレーション環境です。組織・窓口・メールはすべて架空です。" / "This is a demonstration. All organisations, contacts and mails are fictitious.",
        demonstration_weaker: "サインインは本番より簡単にしています。" / "Sign-ins are weaker than in a real portal.",
        demonstration_mailbox: "送信されたメールを見る" / "See the mails sent",
        contact: "お問い合わせ" / "Contact",
        accessibility: "アクセシビリティ" / "Accessibility",
        terms: "利用規約" / "Terms of use",
        privacy: "プライバシー" / "Privacy",
        request_id: "画面の受付番号" / "Page reference",
        request_id_hint: "お問い合わせの際は、次の番号をお知らせください。" / "When you contact us, please quote this reference:",
        what_to_do: "次の操作" / "What you can do",
        to_home: "トップページへ戻る" / "Back to the top page",
        printed_by: "印刷者" / "Printed by",
        printed_at: "印刷日時" / "Printed at",
        required: "※必須" / "※Required",
        optional: "※任意" / "※Optional",
        choose: "選択してください" / "Please choose",
        errors_heading: "入力内容をご確認ください" / "Please check what you entered",
        year: "年" / "year",
        month: "月" / "month",
        day: "日" / "day",
        hour: "時" / "hour",
        minute: "分" / "minute",
        steps: "手続きの段階" / "Steps",
        step_input: "入力" / "Enter",
        step_confirm: "確認" / "Check",
        step_done: "完了" / "Done",
        drill: "訓練" / "Drill",
        cancel: "やめる" / "Cancel",
        show: "表示" / "Show",
        hide: "隠す" / "Hide",
        show_password: "パスワードを表示する" / "Show password",
        hide_password: "パスワードを隠す" / "Hide password",
        saving: "下書きを保存しています…" / "Saving the draft…",
        saved: "下書きを保存しました（{time}）" / "Draft saved ({time})",
        not_saved: "下書きを保存できませんでした。通信の状態を確認し、もう一度入力するか「下書きを保存する」を押してください。" / "The draft could not be saved. Check your connection, then type again or press the save button.",
        characters_left: "あと{count}文字" / "{count} characters left",
        characters_over: "{count}文字超えています" / "{count} characters too many",
        not_refreshed: "最新の状態を取得できませんでした。再度試します。" / "Could not refresh. Trying again.",
    }
}

/// A step of the breadcrumb; the last one has no address.
#[derive(Debug, Clone)]
pub struct Crumb {
    /// What it is called.
    pub label: String,
    /// Where it leads.
    pub href: Option<String>,
}

/// An entry of the navigation.
#[derive(Debug, Clone)]
pub struct NavItem {
    /// What it is called.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Whether it leads to the page shown.
    pub current: bool,
}

/// Who is signed in, as the header shows it.
#[derive(Debug, Clone)]
pub struct ViewerBadge {
    /// The person's name.
    pub name: String,
    /// The organisation.
    pub organisation: String,
    /// The roles, in words.
    pub roles: String,
}

/// A message about what was just done.
#[derive(Debug, Clone)]
pub struct Flash {
    /// `success`, `error`, `warning` or `info`.
    pub kind: &'static str,
    /// The message.
    pub text: String,
}

/// What the identifying layer found out about the visitor, for the frame.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// Who is signed in, in Japanese and in English.
    pub badge: Option<[ViewerBadge; 2]>,
    /// The language of the account.
    pub language: Option<Language>,
    /// The addresses of the navigation with their Japanese and English names.
    pub nav: Vec<(&'static str, &'static str, &'static str)>,
}

/// What a handler needs to frame its page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The language of the page.
    pub language: Language,
    /// The path asked for.
    pub path: String,
    /// The request's id, shown on error pages and written in logs.
    pub request_id: String,
    visitor: Visitor,
    form_token: FormToken,
    demonstration: bool,
}

/// What the layout template shows round a page.
#[derive(Debug, Clone)]
pub struct Chrome {
    /// The language of the page.
    pub language: Language,
    /// Words of the frame.
    pub w: &'static ChromeWords,
    /// The page's title.
    pub title: String,
    /// The path asked for.
    pub path: String,
    /// The way to here.
    pub crumbs: Vec<Crumb>,
    /// Who is signed in.
    pub viewer: Option<ViewerBadge>,
    /// The navigation.
    pub nav: Vec<NavItem>,
    /// What was just done.
    pub flash: Option<Flash>,
    /// Whether all data is invented.
    pub demonstration: bool,
    /// The request's id.
    pub request_id: String,
    /// Stands as `{{ chrome.form_token }}` right behind the opening tag of every form that posts.
    pub form_token: FormToken,
}

impl Chrome {
    /// The address of a file below `static/`.
    #[must_use]
    pub fn asset(&self, path: &str) -> String {
        assets::href(path)
    }

    /// Adds a message about what was just done.
    #[must_use]
    pub fn with_flash(mut self, kind: &'static str, text: impl Into<String>) -> Self {
        self.flash = Some(Flash { kind, text: text.into() });
        self
    }
}

impl Frame {
    /// Takes out what belongs to one request, for a page that is the same for everybody.
    pub fn for_everybody(&mut self) {
        self.request_id.clear();
        self.form_token = FormToken::default();
    }

    /// The first step of every page's way: the home page.
    #[must_use]
    pub fn home(&self) -> (&'static str, &'static str) {
        ("/", self.language.pick("ホーム", "Home"))
    }

    /// The frame of a page titled `title`, reached over `way` (address and name of each step before it).
    #[must_use]
    pub fn chrome(&self, title: impl Into<String>, way: &[(&str, &str)]) -> Chrome {
        let title = title.into();
        let mut crumbs: Vec<Crumb> = way
            .iter()
            .map(|(href, label)| Crumb { label: (*label).to_owned(), href: Some((*href).to_owned()) })
            .collect();
        crumbs.push(Crumb { label: title.clone(), href: None });
        let nav = self.visitor.nav.iter().map(|(href, ja, en)| NavItem {
            label: self.language.pick(*ja, *en).to_owned(),
            href: (*href).to_owned(),
            current: self.path == *href || self.path.starts_with(&format!("{href}/")),
        });
        Chrome {
            language: self.language,
            w: ChromeWords::of(self.language),
            path: self.path.clone(),
            crumbs,
            viewer: self.visitor.badge.clone().map(|[ja, en]| self.language.pick(ja, en)),
            nav: nav.collect(),
            flash: None,
            demonstration: self.demonstration,
            request_id: self.request_id.clone(),
            form_token: self.form_token.clone(),
            title,
        }
    }
}

impl<S> FromRequestParts<S> for Frame
where
    AppState: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let state = AppState::from_ref(state);
        let visitor = parts.extensions.get::<Visitor>().cloned().unwrap_or_default();
        let chosen =
            CookieJar::from_headers(&parts.headers).get(cookies::LANGUAGE).map(|c| Language::from_code(c.value()));
        let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        Ok(Self {
            language: chosen.or(visitor.language).unwrap_or_default(),
            path: uri.path().to_owned(),
            request_id: request_id.unwrap_or_default(),
            visitor,
            form_token: parts.extensions.get::<FormToken>().cloned().unwrap_or_default(),
            demonstration: state.config.is_demonstration(),
        })
    }
}
