//! Debian's Chromium, headless, driven over its own protocol.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chromiumoxide::browser::{Browser, BrowserConfig};
use chromiumoxide::cdp::browser_protocol::dom::SetFileInputFilesParams;
use chromiumoxide::cdp::browser_protocol::emulation::SetDeviceMetricsOverrideParams;
use chromiumoxide::cdp::browser_protocol::log::EventEntryAdded;
use chromiumoxide::cdp::browser_protocol::page::CaptureScreenshotFormat;
use chromiumoxide::cdp::browser_protocol::web_authn::{self, AuthenticatorId};
use chromiumoxide::page::ScreenshotParams;
use futures_util::StreamExt;

static LAUNCHED: AtomicU32 = AtomicU32::new(0);
const WIDE: i64 = 1280;
const NARROW: i64 = 360;
const LANGUAGES: [&str; 2] = ["ja", "en"];

/// A browser with one visitor.
pub struct Visitor {
    browser: Browser,
    base: String,
    _profile: PathBuf,
}

/// The visitor's page.
pub struct Page {
    page: chromiumoxide::Page,
    base: String,
    width: Mutex<i64>,
    complaints: Arc<Mutex<Vec<String>>>,
}

fn chromium() -> PathBuf {
    let named = std::env::var_os("PORTAL_CHROMIUM").map(PathBuf::from);
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
    named
        .into_iter()
        .chain(usual)
        .find(|path| path.exists())
        .expect("no Chromium: install the package chromium, or set PORTAL_BROWSER_TESTS=skip")
}

impl Visitor {
    pub async fn launch(base: &str) -> Self {
        let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!(
            "chromium-{}-{}",
            std::process::id(),
            LAUNCHED.fetch_add(1, Ordering::Relaxed)
        ));
        let config = BrowserConfig::builder()
            .chrome_executable(chromium())
            .user_data_dir(&profile)
            .no_sandbox()
            .args([
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-quic",
            ])
            .request_timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        let (browser, mut handler) = Browser::launch(config).await.expect("Chromium starts");
        tokio::spawn(async move { while handler.next().await.is_some() {} });
        Self { browser, base: base.to_owned(), _profile: profile }
    }

    pub async fn page(&self) -> Page {
        let page = self.browser.new_page("about:blank").await.unwrap();
        page.enable_log().await.unwrap();
        let complaints = Arc::new(Mutex::new(Vec::new()));
        let mut entries = page.event_listener::<EventEntryAdded>().await.unwrap();
        let heard = complaints.clone();
        tokio::spawn(async move {
            while let Some(entry) = entries.next().await {
                let text = format!("{:?}: {}", entry.entry.source, entry.entry.text);
                // Refusals that the journey provokes are answers, not faults.
                if !text.contains("status of 4") {
                    heard.lock().unwrap().push(text);
                }
            }
        });
        let page = Page { page, base: self.base.clone(), width: Mutex::new(WIDE), complaints };
        page.wide().await;
        page
    }
}

impl Page {
    pub async fn visit(&self, path: &str) {
        self.page.goto(format!("{}{path}", self.base)).await.unwrap();
    }

    pub async fn wide(&self) {
        self.resize(WIDE).await;
    }

    pub async fn narrow(&self) {
        self.resize(NARROW).await;
    }

    async fn resize(&self, width: i64) {
        *self.width.lock().unwrap() = width;
        let metrics = SetDeviceMetricsOverrideParams::new(width, 900, 1.0, width == NARROW);
        self.page.execute(metrics).await.unwrap();
    }

    async fn script<T: serde::de::DeserializeOwned>(&self, script: String) -> T {
        self.page.evaluate(script.as_str()).await.unwrap_or_else(|e| panic!("{script}: {e}")).into_value().unwrap()
    }

    pub async fn address(&self) -> String {
        self.script("location.href".into()).await
    }

    /// The address without the portal's own.
    pub async fn path(&self) -> String {
        self.script("location.pathname".into()).await
    }

    /// How many elements there are.
    pub async fn count(&self, selector: &str) -> u64 {
        self.script(format!("document.querySelectorAll({selector:?}).length")).await
    }

    /// What a script of the test's own finds out.
    pub async fn answer<T: serde::de::DeserializeOwned>(&self, script: String) -> T {
        self.script(script).await
    }

    pub async fn text(&self, selector: &str) -> String {
        self.wait_for(selector).await;
        self.script(format!("document.querySelector({selector:?}).innerText.trim()")).await
    }

    pub async fn value(&self, selector: &str) -> String {
        self.wait_for(selector).await;
        self.script(format!("document.querySelector({selector:?}).value")).await
    }

    pub async fn wait_for(&self, selector: &str) {
        self.wait_until(&format!("document.querySelector({selector:?}) !== null"), 20).await;
    }

    /// Waits until a condition of the page holds.
    pub async fn wait_until(&self, condition: &str, seconds: u64) {
        let until = Instant::now() + Duration::from_secs(seconds);
        let holds = format!("document.readyState === 'complete' && {condition}");
        while Instant::now() < until {
            // While a page is being replaced there is nothing to ask; that is no answer yet.
            let answer = self.page.evaluate(holds.as_str()).await.ok().and_then(|v| v.into_value::<bool>().ok());
            if answer == Some(true) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.shoot_as("failure", "now").await;
        panic!("on {} it did not come true within {seconds} s: {condition}", self.address().await);
    }

    /// Presses what the selector finds, wherever on the page it is.
    pub async fn click(&self, selector: &str) {
        self.wait_for(selector).await;
        let _: bool = self.script(format!("(document.querySelector({selector:?}).click(), true)")).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
    }

    /// Presses a button that may be gone at any moment, because the page is about to leave by itself.
    pub async fn click_if_there(&self, selector: &str) {
        let press = format!("document.querySelector({selector:?})?.click()");
        let _ = self.page.evaluate(press.as_str()).await;
    }

    /// Ticks a box that may be ticked already.
    pub async fn check(&self, selector: &str) {
        let ticked: bool = self.script(format!("document.querySelector({selector:?}).checked")).await;
        if !ticked {
            self.click(selector).await;
        }
    }

    /// Types into a field as a keyboard would.
    pub async fn fill(&self, selector: &str, text: &str) {
        self.wait_for(selector).await;
        let _: bool = self.script(format!("(document.querySelector({selector:?}).select(), true)")).await;
        let field = self.page.find_element(selector).await.unwrap();
        field.focus().await.unwrap();
        let insert = chromiumoxide::cdp::browser_protocol::input::InsertTextParams::new(text);
        self.page.execute(insert).await.unwrap();
    }

    pub async fn sign_in(&self, name: &str) {
        self.visit("/sign-in").await;
        self.sign_in_here(name).await;
    }

    pub async fn sign_in_here(&self, name: &str) {
        self.click(&format!("button[name=name][value='{name}']")).await;
        self.wait_for("form[action='/sign-out']").await;
    }

    pub async fn sign_out(&self) {
        self.click("form[action='/sign-out'] button").await;
        self.wait_for("input[type=password]").await;
    }

    /// Gives the browser a security key that knows its person, and answers its id.
    pub async fn give_key(&self) -> AuthenticatorId {
        self.page.execute(web_authn::EnableParams::default()).await.unwrap();
        let options = web_authn::VirtualAuthenticatorOptions::builder()
            .protocol(web_authn::AuthenticatorProtocol::Ctap2)
            .transport(web_authn::AuthenticatorTransport::Internal)
            .has_resident_key(true)
            .has_user_verification(true)
            .is_user_verified(true)
            .automatic_presence_simulation(true)
            .build()
            .unwrap();
        let added = self.page.execute(web_authn::AddVirtualAuthenticatorParams::new(options)).await.unwrap();
        added.result.authenticator_id.clone()
    }

    /// Whether the person touches the key when it asks.
    pub async fn touch(&self, key: &AuthenticatorId, touches: bool) {
        let params = web_authn::SetAutomaticPresenceSimulationParams::new(key.clone(), touches);
        self.page.execute(params).await.unwrap();
    }

    /// Pictures at both widths and in both languages; the page is then as before.
    pub async fn picture(&self, name: &str) {
        let width = *self.width.lock().unwrap();
        let address = self.address().await;
        self.shoot_as(name, &format!("{}-ja", kind(width))).await;
        let methods_allow = !address.ends_with("/advisories") || name.starts_with("list");
        if methods_allow && !name.ends_with("error") && !name.starts_with("deliveries-running") {
            for language in LANGUAGES {
                self.speak(language).await;
                self.page.goto(address.as_str()).await.unwrap();
                for other in [WIDE, NARROW] {
                    self.resize(other).await;
                    self.shoot_as(name, &format!("{}-{language}", kind(other))).await;
                }
            }
            self.speak("ja").await;
            self.page.goto(address.as_str()).await.unwrap();
        }
        self.resize(width).await;
    }

    /// A picture of the guide: what stands on the screen, in Japanese.
    pub async fn guide(&self, name: &str) {
        let directory = screenshots();
        let params = ScreenshotParams::builder().format(CaptureScreenshotFormat::Png).build();
        self.page.save_screenshot(params, directory.join(format!("guide-{name}.png"))).await.unwrap();
    }

    /// Chooses a file of this machine.
    pub async fn choose_file(&self, selector: &str, file: &Path) {
        let field = self.page.find_element(selector).await.unwrap();
        let params = SetFileInputFilesParams::builder()
            .file(file.to_string_lossy())
            .backend_node_id(field.backend_node_id)
            .build()
            .unwrap();
        self.page.execute(params).await.unwrap();
    }

    pub async fn speak(&self, language: &str) {
        use chromiumoxide::cdp::browser_protocol::network::CookieParam;
        let mut cookie = CookieParam::new("portal_language", language);
        cookie.url = Some(self.base.clone());
        self.page.set_cookie(cookie).await.unwrap();
    }

    async fn shoot_as(&self, name: &str, form: &str) {
        let directory = screenshots();
        let overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
        if self.page.evaluate(overflow).await.ok().and_then(|v| v.into_value::<bool>().ok()) == Some(true) {
            self.complaints.lock().unwrap().push(format!("{name} ({form}) is wider than the screen"));
        }
        let params = ScreenshotParams::builder().format(CaptureScreenshotFormat::Png).full_page(true).build();
        self.page.save_screenshot(params, directory.join(format!("{name}-{form}.png"))).await.unwrap();
    }

    /// What the browser complained about: blocked by the content security policy, failed scripts, missing files,
    /// pages wider than the screen.
    pub async fn complaints(&self) -> Vec<String> {
        self.complaints.lock().unwrap().clone()
    }
}

fn screenshots() -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn kind(width: i64) -> &'static str {
    if width == NARROW { "phone" } else { "desktop" }
}

/// Looking for scripts of others.
impl Page {
    /// From now on every page counts what a payload would do, and what the policy blocked.
    pub async fn count_executions(&self) {
        let script = "window.zqRuns = 0; window.zqBlocked = [];
            window.zq = () => { window.zqRuns += 1; };
            for (const name of ['alert', 'confirm', 'prompt', 'open']) window[name] = window.zq;
            document.addEventListener('securitypolicyviolation',
                (event) => window.zqBlocked.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));";
        self.page.evaluate_on_new_document(script).await.unwrap();
    }

    pub async fn visit_text(&self, html: &str) {
        let encoded: String = html.bytes().map(|b| format!("%{b:02x}")).collect();
        self.page.goto(format!("data:text/html,{encoded}")).await.unwrap();
    }

    pub async fn holds(&self, condition: &str) -> bool {
        self.script(condition.to_owned()).await
    }

    /// Moves over, focuses and opens everything, without pressing what submits or leads away.
    pub async fn touch_everything(&self) {
        let script = "(() => {
            for (const e of document.querySelectorAll('body *')) {
                for (const kind of ['mouseover', 'mouseenter', 'pointerenter', 'focus', 'blur', 'animationstart'])
                    e.dispatchEvent(new Event(kind, { bubbles: false }));
                if (e.tagName === 'DETAILS') e.open = true;
                if (e.tagName === 'A' && /^\\s*(javascript|data):/i.test(e.getAttribute('href') ?? '')) window.zq();
            }
            return true;
        })()";
        assert!(self.holds(script).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    pub async fn executions(&self) -> u64 {
        self.script("window.zqRuns".into()).await
    }

    pub async fn violations(&self) -> Vec<String> {
        self.script("window.zqBlocked".into()).await
    }
}
