//! Signing in as staff and as a member: a passkey made and used by a real browser with a virtual security
//! key, an app, a loss, a recovery code.

use ceptoar_portal::features::accounts::tickets::{self, Purpose};
use ceptoar_portal::kernel::clock::Clock;
use ceptoar_portal::kernel::ids::AccountId;
use ceptoar_portal::platform::private_postgres::{self, Settings};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::browser::{Page, Visitor};
use crate::portal::Portal;

const PASSWORD: &str = "a quiet pond in the evening";

/// The path of a link that the operator makes for an account of the demonstration.
async fn link(portal: &Portal, name: &str) -> String {
    let cluster = private_postgres::ensure(&portal.directory, &Settings::default()).expect("the portal's database");
    let mut db = PgConnection::connect(&cluster.url("portal_owner", "portal")).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test looks behind the pages")]
    let id: Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = $1")
        .bind(name)
        .fetch_one(&mut db)
        .await
        .unwrap();
    let token = tickets::issue(&mut db, AccountId(id), Purpose::Enrol, Clock::System.now()).await.expect("a ticket");
    tickets::path(&token)
}

/// What an app shows for the secret on the page. Waits for the next step where one was used.
fn code(secret: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret.replace(' ', "")).unwrap();
    let totp = totp_rs::Builder::new().with_digits(6).with_step_duration(30).with_secret(secret).build().unwrap();
    let now = u64::try_from(Clock::System.now().timestamp()).unwrap();
    totp.generate(now).to_string()
}

async fn choose_password(page: &Page, path: &str) {
    page.visit(path).await;
    page.picture("ticket-enrol").await;
    page.fill("#password", PASSWORD).await;
    page.click("main form button[type=submit]").await;
    page.wait_for("form[action='/enrol/passkey']").await;
}

async fn enrol_app(page: &Page, picture: &str) -> (String, String) {
    page.visit("/enrol/app").await;
    let secret = page.text("code.secret").await;
    page.picture(picture).await;
    page.fill("#code", &code(&secret)).await;
    page.click("form[action='/enrol/app'] button").await;
    (secret, page.text(".codes code").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_by_passkey_and_members_by_app() {
    if std::env::var("PORTAL_BROWSER_TESTS").is_ok_and(|v| v == "skip") {
        return;
    }
    let portal = Portal::start().await;
    // Passkeys belong to a name; the demonstration's is localhost.
    let base = portal.url.replace("127.0.0.1", "localhost");
    let visitor = Visitor::launch(&base).await;
    let page = visitor.page().await;
    let key = page.give_key().await;
    for help in ["/help/passkeys", "/help/totp"] {
        page.visit(help).await;
        page.picture(&help.trim_start_matches('/').replace('/', "-")).await;
    }

    // A person of the staff opens the link, chooses a password and registers a passkey.
    choose_password(&page, &link(&portal, "analyst").await).await;
    page.picture("enrol-staff").await;
    page.fill("#name", "執務室のパソコン").await;
    page.click("form[action='/enrol/passkey'] button").await;
    page.wait_for("form[action='/sign-out']").await;
    assert!(page.address().await.contains("/account"));
    assert!(page.text("main").await.contains("執務室のパソコン"));
    page.picture("account").await;

    // Signs out, and in again with nothing but the key.
    page.touch(&key, false).await;
    page.sign_out().await;
    // The key may answer before the button is pressed: passkeys are offered in the name field as well.
    page.touch(&key, true).await;
    page.click_if_there("form[action='/sign-in/passkey'] button").await;
    page.wait_for("form[action='/sign-out']").await;
    page.visit("/account").await;
    assert!(page.text("main").await.contains("パスキー"));

    // After the password the key is asked for; the password alone led nowhere.
    page.touch(&key, false).await;
    page.sign_out().await;
    page.fill("#name", "analyst").await;
    page.fill("#password", PASSWORD).await;
    page.click("form[action='/sign-in'] button[type=submit]").await;
    page.wait_for("form[action='/sign-in/second/passkey']").await;
    page.picture("second-staff").await;
    page.touch(&key, true).await;
    page.click("form[action='/sign-in/second/passkey'] button").await;
    page.wait_for("form[action='/sign-out']").await;
    page.touch(&key, false).await;
    page.sign_out().await;

    // A member registers an app.
    choose_password(&page, &link(&portal, "poc-bank-1").await).await;
    page.picture("enrol-member").await;
    let (_, recovery) = enrol_app(&page, "enrol-app").await;
    page.visit("/account").await;
    page.wait_for("form[action='/sign-out']").await;
    page.sign_out().await;

    // The telephone is lost: a recovery code opens the way to another app.
    page.fill("#name", "poc-bank-1").await;
    page.fill("#password", PASSWORD).await;
    page.click("form[action='/sign-in'] button[type=submit]").await;
    page.wait_for("form[action='/sign-in/second']").await;
    page.picture("second-member").await;
    page.fill("#code", &recovery).await;
    page.click("form[action='/sign-in/second'] button").await;
    page.wait_for("form[action='/sign-out']").await;
    page.visit("/account").await;
    assert!(page.text("main").await.contains("残り9個"));
    page.click("form[action='/account/authenticators'] button").await;
    page.wait_for("form[action='/enrol/passkey']").await;
    let (_, fresh) = enrol_app(&page, "enrol-app-again").await;
    assert_ne!(fresh, recovery);
    page.visit("/account").await;
    assert!(page.text("main").await.contains("残り10個"));
    page.picture("account-member").await;
    page.visit("/sign-in/forgotten").await;
    page.sign_out().await;

    assert_eq!(page.complaints().await, Vec::<String>::new(), "nothing was blocked and no script failed");
}
