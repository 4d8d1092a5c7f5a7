//! 利用者情報: who I am, what I sign in with, where I am signed in.

use askama::Template;
use axum::Form;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use uuid::Uuid;

use super::enrol::codes_page;
use crate::features::access::Viewer;
use crate::features::access::strength::required_by;
use crate::features::access::web::Identity;
use crate::features::accounts::authenticators::{self, Kind};
use crate::features::accounts::letters::Change;
use crate::features::accounts::sessions::{self, SESSION_IDLE};
use crate::features::accounts::steps::{self, StepPurpose};
use crate::features::accounts::{equipping, paths, store};
use crate::kernel::ids::SessionId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_time;
use crate::kernel::text;
use crate::platform::web::cookies;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::form::text_problem;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of one's own page.
    pub struct AccountWords {
        title: "利用者情報" / "Your account",
        who: "あなたの登録内容" / "Your details",
        activity: "私の操作を見る" / "See my activity",
        name: "氏名" / "Name",
        sign_in_name: "利用者名" / "User name",
        roles: "役割と所属" / "Roles and organisations",
        address: "メールアドレス" / "Mail address",
        no_address: "登録されていません" / "None registered",
        change: "変更する" / "Change",
        password: "パスワード" / "Password",
        password_set: "設定済み" / "Set",
        authenticators: "サインインの方法" / "Ways to sign in",
        none: "まだ登録されていません。" / "None yet.",
        kind: "種類" / "Kind",
        called: "名前" / "Name",
        added: "登録" / "Added",
        acts: "操作" / "Actions",
        used: "最後に使用" / "Last used",
        never: "まだ使っていません" / "Not yet",
        rename: "名前を変える" / "Rename",
        remove: "削除する" / "Remove",
        remove_ask: "削除すると、これではサインインできなくなります。" / "You will no longer be able to sign in with it.",
        add: "パスキーや認証アプリを追加する" / "Add a passkey or an app",
        codes: "予備コード" / "Recovery codes",
        codes_left: "残り{count}個" / "{count} left",
        codes_new: "予備コードを作り直す" / "Make new codes",
        codes_ask: "以前の予備コードは使えなくなります。" / "The earlier codes stop working.",
        sessions: "サインイン中の端末" / "Where you are signed in",
        opened: "サインイン" / "Signed in",
        seen: "最後の操作" / "Last seen",
        how: "方法" / "How",
        this: "この端末" / "This device",
        end: "終了する" / "Sign out",
        end_others: "ほかの端末をすべて終了する" / "Sign out all other devices",
        done: "変更しました。" / "Your change is saved.",
        added_done: "登録しました。ほかの端末のサインインは終了しました。" / "Registered. You were signed out on all other devices.",
        address_done: "メールアドレスを変更しました。" / "Your mail address was changed.",
        address_sent: "新しいアドレスに確認のメールを送りました。メールのリンクを開くと変更されます。" / "A mail went to the new address. Open the link in it to change.",
    }
}

/// Names of keys and apps.
pub const LONGEST_NAME: usize = 40;

const LAST_ONE: Said = Said {
    ja: "これを削除すると、サインインできなくなります。先に別のパスキーまたは認証アプリを登録してください。",
    en: "Without it you could not sign in. Register another passkey or app first.",
};

struct Row {
    id: Uuid,
    kind: &'static str,
    name: String,
    /// What stands in the field of the name, and what is wrong with it.
    typed: String,
    error: String,
    added: String,
    used: String,
}

/// A new name that cannot be taken.
struct BadName {
    authenticator: Uuid,
    typed: String,
    error: String,
}

struct SessionRow {
    id: SessionId,
    how: &'static str,
    opened: String,
    seen: String,
    this: bool,
}

#[derive(Template)]
#[template(path = "accounts/account.html")]
struct AccountPage {
    chrome: Chrome,
    w: &'static AccountWords,
    display_name: String,
    sign_in_name: String,
    roles: Vec<String>,
    address: String,
    has_password: bool,
    authenticators: Vec<Row>,
    codes: Option<String>,
    sessions: Vec<SessionRow>,
}

/// What the address may carry.
#[derive(Debug, Default, serde::Deserialize)]
pub struct AccountQuery {
    done: Option<String>,
    added: Option<String>,
    address: Option<String>,
    sent: Option<String>,
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Query(query): Query<AccountQuery>,
) -> Result<Response, WebError> {
    let page = account_page(&state, &viewer, &frame, query, None).await?;
    Ok(Page(page).into_response())
}

async fn account_page(
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    query: AccountQuery,
    bad: Option<BadName>,
) -> Result<AccountPage, WebError> {
    let now = state.clock.now();
    let language = frame.language;
    let w = AccountWords::of(language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let own = store::own_account(&mut tx, viewer.account_id).await?;
    let there = authenticators::store::list(&mut tx, viewer.account_id).await?;
    let left = authenticators::store::codes_left(&mut tx, viewer.account_id).await?;
    let sessions = store::own_sessions(&mut tx, viewer.account_id, now, SESSION_IDLE).await?;
    tx.commit().await?;
    let mut chrome = frame.chrome(w.title, &[frame.home()]);
    let said = [
        (query.done, w.done),
        (query.added, w.added_done),
        (query.address, w.address_done),
        (query.sent, w.address_sent),
    ];
    if let Some((_, said)) = said.into_iter().find(|(given, _)| given.is_some()) {
        chrome = chrome.with_flash("success", said);
    }
    let codes = there.iter().any(|a| a.kind == Kind::Totp).then(|| fill(w.codes_left, &[("count", &left.to_string())]));
    let row = |a: authenticators::store::Authenticator| {
        let name = if a.name.is_empty() { a.kind.label(language).to_owned() } else { a.name };
        let bad = bad.as_ref().filter(|bad| bad.authenticator == a.authenticator_id);
        Row {
            id: a.authenticator_id,
            kind: a.kind.label(language),
            typed: bad.map_or_else(|| name.clone(), |bad| bad.typed.clone()),
            error: bad.map(|bad| bad.error.clone()).unwrap_or_default(),
            name,
            added: long_time(a.added_at, language),
            used: a.last_used_at.map_or_else(|| w.never.to_owned(), |at| long_time(at, language)),
        }
    };
    Ok(AccountPage {
        chrome,
        w,
        display_name: own.display_name,
        sign_in_name: own.sign_in_name,
        roles: roles(viewer, language),
        address: own.mail_address.unwrap_or_else(|| w.no_address.to_owned()),
        has_password: own.password_hash.is_some(),
        authenticators: there.into_iter().map(row).collect(),
        codes,
        sessions: sessions
            .into_iter()
            .map(|s| SessionRow {
                id: s.session_id,
                how: s.opened_by.label(language),
                opened: long_time(s.opened_at, language),
                seen: long_time(s.last_seen_at, language),
                this: s.session_id == viewer.session_id,
            })
            .collect(),
    })
}

fn roles(viewer: &Viewer, language: Language) -> Vec<String> {
    let line = |a: &crate::features::access::Affiliation| {
        let organisation = language.pick(&a.organisation_ja, &a.organisation_en);
        format!("{} ({organisation})", a.role.label(language))
    };
    viewer.affiliations.iter().map(line).collect()
}

/// Goes to the enrolment pages.
pub async fn post_add(State(state): State<AppState>, viewer: Viewer, jar: CookieJar) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let session = Some(viewer.session_id);
    let token = steps::open(&mut tx, &state.secret_key, viewer.account_id, StepPurpose::Add, session, now).await?;
    tx.commit().await?;
    let over_tls = state.config.over_tls();
    Ok((jar.add(cookies::step(token.reveal(), over_tls)), Redirect::to(paths::ENROL)).into_response())
}

/// One authenticator, and perhaps its new name.
#[derive(Debug, serde::Deserialize)]
pub struct OneForm {
    authenticator: Uuid,
    #[serde(default)]
    name: String,
}

/// Gives one another name.
pub async fn post_rename(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(form): Form<OneForm>,
) -> Result<Response, WebError> {
    let name = match text::line(&form.name, LONGEST_NAME) {
        Ok(name) => name,
        Err(problem) => {
            let error = text_problem(problem, frame.language);
            let bad = BadName { authenticator: form.authenticator, typed: form.name, error };
            let page = account_page(&state, &viewer, &frame, AccountQuery::default(), Some(bad)).await?;
            return Ok(Unprocessable(page).into_response());
        }
    };
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    if !authenticators::store::rename(&mut tx, viewer.account_id, form.authenticator, &name).await? {
        return Err(WebError::NotFound);
    }
    tx.commit().await?;
    Ok(Redirect::to("/account?done=1").into_response())
}

/// Removes one, unless nothing strong enough would be left. An account that never had any stays as it is.
pub async fn post_remove(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(form): Form<OneForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let account_id = viewer.account_id;
    let mut tx = state.db.begin(Some(account_id), now).await?;
    let there = authenticators::store::list(&mut tx, account_id).await?;
    let gone = there.iter().find(|a| a.authenticator_id == form.authenticator).ok_or(WebError::NotFound)?;
    let requirement = required_by(&viewer.affiliations);
    let left = there.iter().any(|a| a.authenticator_id != form.authenticator && a.kind.suffices(requirement));
    if !left {
        return Err(WebError::Refused(LAST_ONE));
    }
    authenticators::store::remove(&mut tx, account_id, form.authenticator).await?;
    if gone.kind == Kind::Totp {
        authenticators::store::replace_codes(&mut tx, account_id, &[]).await?;
    }
    store::end_other_sessions(&mut tx, account_id, Some(viewer.session_id), now).await?;
    sessions::record(&mut tx, account_id, "authenticator.remove", &frame.request_id, now).await?;
    equipping::tell(&mut tx, &state.config, account_id, Change::AuthenticatorRemoved, now).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?done=1").into_response())
}

/// Makes new recovery codes and shows them, once.
pub async fn post_codes(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    let now = state.clock.now();
    let account_id = viewer.account_id;
    let mut tx = state.db.begin(Some(account_id), now).await?;
    authenticators::store::app(&mut tx, account_id).await?.ok_or(WebError::NotFound)?;
    let codes = authenticators::new_codes(&mut tx, &state.secret_key, account_id).await?;
    sessions::record(&mut tx, account_id, "recovery_codes.renew", &frame.request_id, now).await?;
    equipping::tell(&mut tx, &state.config, account_id, Change::NewCodes, now).await?;
    tx.commit().await?;
    Ok((StatusCode::OK, Page(codes_page(&frame, codes))).into_response())
}

/// Which session; none means all others.
#[derive(Debug, serde::Deserialize)]
pub struct EndForm {
    session: Option<SessionId>,
}

/// Ends one of one's own sessions, or all others.
pub async fn post_end(
    State(state): State<AppState>,
    Extension(identity): Extension<Identity>,
    frame: Frame,
    Form(form): Form<EndForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let viewer = identity.viewer;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    match form.session {
        Some(session) => store::end_session(&mut tx, session, now).await?,
        None => {
            store::end_other_sessions(&mut tx, viewer.account_id, Some(viewer.session_id), now).await?;
        }
    }
    sessions::record(&mut tx, viewer.account_id, "session.end", &frame.request_id, now).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?done=1").into_response())
}
