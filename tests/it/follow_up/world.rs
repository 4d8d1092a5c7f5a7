//! Desks, a ministry and the centre in January 2027, and forms filled in as a browser does.

use ceptoar_portal::features::access::Role;
use chrono::TimeDelta;
use scraper::{Html, Selector};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

use crate::support::{Client, Reply, TestApp, factory};

pub struct World {
    pub app: TestApp,
    pub db: PgConnection,
}

pub type Fields = Vec<(String, String)>;

impl World {
    /// Tuesday, 12 January 2027. `desk` keeps every desk but that of the life insurers, `desk2` that of the broadcasters.
    pub async fn build() -> Self {
        let app = TestApp::start().await;
        app.state.clock.advance(TimeDelta::days(52));
        let mut db = app.database.owner().await;
        let nisc = factory::organisation(&mut db, "nisc").await;
        let fsa = factory::organisation(&mut db, "fsa").await;
        let meti = factory::organisation(&mut db, "meti").await;
        let ceptoars: Vec<String> = sqlx::query_scalar("select ceptoar_id from ceptoars order by 1")
            .fetch_all(&mut db)
            .await
            .expect("ceptoars");
        let desk = factory::account(&app, "desk").await;
        for ceptoar in ceptoars.iter().filter(|id| *id != "life") {
            let organisation = factory::secretariat_of(&mut db, ceptoar).await;
            factory::affiliate(&mut db, desk, Role::Secretariat, organisation, Some(ceptoar), None).await;
        }
        let broadcast = factory::secretariat_of(&mut db, "broadcast").await;
        let life = factory::secretariat_of(&mut db, "life").await;
        let bank = factory::member(&mut db, "banks", "星見銀行(架空)").await;
        for (name, role, organisation, ceptoar) in [
            ("desk2", Role::Secretariat, broadcast, Some("broadcast")),
            ("life-desk", Role::Secretariat, life, Some("life")),
            ("life-coordinator", Role::Coordinator, life, Some("life")),
            ("liaison", Role::MinistryLiaison, fsa, None),
            ("liaison-meti", Role::MinistryLiaison, meti, None),
            ("analyst", Role::NiscAnalyst, nisc, None),
            ("approver", Role::NiscApprover, nisc, None),
            ("auditor", Role::Auditor, nisc, None),
            ("operator", Role::SystemAdmin, nisc, None),
            ("bank", Role::MemberPoc, bank, Some("banks")),
        ] {
            factory::person(&app, name, role, organisation, ceptoar, None).await;
        }
        sqlx::query(
            "update accounts set mail_address = sign_in_name || '@desk.example' where sign_in_name like '%desk%'",
        )
        .execute(&mut db)
        .await
        .expect("addresses");
        Self { app, db }
    }

    pub async fn post_opening(&self, client: &mut Client, year: &str) -> Reply {
        let typed = [
            ("fiscal_year", year),
            ("due_year", "2027"),
            ("due_month", "1"),
            ("due_day", "２９"),
            ("plan", "重要インフラのサイバーセキュリティに係る行動計画"),
            ("plan_en", "Cybersecurity Policy for Critical Infrastructure Protection"),
            ("sure", "true"),
        ];
        client.post("/follow-up", &typed).await
    }

    /// Opens the follow-up of FY2026, due on 29 January.
    pub async fn open(&self) {
        let mut analyst = self.app.signed_in("analyst").await;
        let reply = self.post_opening(&mut analyst, "2026").await;
        assert_eq!(reply.location(), "/follow-up/2026?done=opened", "{:?}", reply.texts(".error-summary"));
    }

    /// The desk sends a sheet with what is needed for it.
    pub async fn send_sheet(&self, ceptoar: &str) {
        let mut desk = self.app.signed_in(if ceptoar == "life" { "life-desk" } else { "desk" }).await;
        let path = format!("/follow-up/2026/sheets/{ceptoar}");
        let page = desk.get(&path).await;
        let mut form = fields(&page, "main form");
        let missing = [("rule", "2015", "4")];
        for (field, year, month) in missing {
            if page.values(&format!("#{field}")).concat().is_empty() {
                form = with(form, &[("rule_year", year), ("rule_month", month)]);
            }
        }
        if ceptoar == "broadcast" {
            form = with(
                form,
                &[("count_1", "197"), ("counts_on_year", "2027"), ("counts_on_month", "2"), ("counts_on_day", "1")],
            );
        }
        let reply = send(&mut desk, &path, &with(form, &[("act", "send")])).await;
        assert_eq!(reply.status, 303, "{ceptoar}: {:?}", reply.texts(".error-summary a"));
    }

    /// Every sheet is sent and confirmed.
    pub async fn confirm_all(&mut self) {
        let all = self.texts("select ceptoar_id from follow_up_sheets order by position").await;
        let mut analyst = self.app.signed_in("analyst").await;
        for ceptoar in all {
            self.send_sheet(&ceptoar).await;
            let path = format!("/follow-up/2026/sheets/{ceptoar}");
            let page = analyst.get(&path).await;
            let typed = [("step", "confirm_unchecked"), ("comment", "省庁には電話で確認した。")];
            let form = with(fields(&page, "form[action$=check]"), &typed);
            assert_eq!(send(&mut analyst, &format!("{path}/check"), &form).await.status, 303, "{ceptoar}");
        }
    }

    pub async fn state(&mut self, ceptoar: &str) -> String {
        self.texts(&format!("select state from follow_up_sheets where ceptoar_id = '{ceptoar}'")).await.concat()
    }

    pub async fn texts(&mut self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut self.db).await.expect("texts")
    }

    pub async fn number(&mut self, query: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut self.db).await.expect("a number")
    }

    /// What the database lets the pages' own role do in somebody's name: rows touched, or why not.
    pub async fn as_account(&mut self, name: &str, query: &str) -> Result<u64, String> {
        let id: Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = $1")
            .bind(name)
            .fetch_one(&mut self.db)
            .await
            .expect("an account");
        let mut app = PgConnection::connect_with(&self.app.database.connections.app).await.expect("a connection");
        let mut tx = app.begin().await.expect("a transaction");
        let now = self.app.state.clock.now();
        sqlx::query("select set_config('portal.account', $1, true), set_config('portal.today', $2, true), set_config('portal.now', $3, true)")
            .bind(id.to_string())
            .bind(ceptoar_portal::kernel::clock::japan_day(now).to_string())
            .bind(now.to_rfc3339())
            .execute(&mut *tx)
            .await
            .expect("a viewer");
        let done = sqlx::query(AssertSqlSafe(query.to_owned())).execute(&mut *tx).await;
        done.map(|done| done.rows_affected()).map_err(|error| error.to_string())
    }
}

/// What a browser would send of a form as it stands there, without its buttons.
pub fn fields(page: &Reply, form: &str) -> Fields {
    let html = Html::parse_document(&page.body);
    let select = |selector: &str| Selector::parse(selector).expect("a selector");
    let form = html.select(&select(form)).next().unwrap_or_else(|| panic!("no form: {:?}", page.texts("h1")));
    let mut fields = Fields::new();
    for field in form.select(&select("input[name], select[name], textarea[name]")) {
        let name = field.attr("name").unwrap_or_default().to_owned();
        let value = match (field.value().name(), field.attr("type").unwrap_or_default()) {
            ("input", "checkbox" | "radio") if field.attr("checked").is_none() => continue,
            ("input", _) => field.attr("value").unwrap_or_default().to_owned(),
            ("textarea", _) => field.text().collect::<String>().trim_start_matches('\n').to_owned(),
            _ => {
                let chosen = field.select(&select("option[selected]")).next();
                chosen.and_then(|option| option.attr("value")).unwrap_or_default().to_owned()
            }
        };
        if name != "form_token" {
            fields.push((name, value));
        }
    }
    fields
}

/// The same with other values.
pub fn with(mut fields: Fields, typed: &[(&str, &str)]) -> Fields {
    fields.retain(|(name, _)| !typed.iter().any(|(field, _)| field == name));
    fields.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    fields
}

pub async fn send(client: &mut Client, path: &str, fields: &Fields) -> Reply {
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    client.post(path, &pairs).await
}
