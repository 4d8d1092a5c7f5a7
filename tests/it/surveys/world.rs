//! Four banks whose keepers answer what their desk asks.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::ids::AccountId;
use ceptoar_portal::platform::db::Tx;
use uuid::Uuid;

use crate::directory::roster;
use crate::support::{Client, Reply, factory};

/// The roster's world with two more banks; each has a keeper.
pub struct World {
    pub w: roster::World,
    pub third: Uuid,
    pub fourth: Uuid,
}

pub const NEW: &str = "/surveys/of/banks/new";
pub const KEEPERS: [&str; 4] = ["bank-admin", "rival-admin", "third-admin", "fourth-admin"];

/// What a desk types about a survey with names, which everybody answers.
pub const NAMED: [(&str, &str); 9] = [
    ("survey_kind", "systems"),
    ("title", "2026年度 利用システム調査"),
    ("introduction", "毎年お尋ねしています。"),
    ("survey_group", ""),
    ("participation", "required"),
    ("visibility", "named"),
    ("due_year", "2026"),
    ("due_month", "12"),
    ("due_day", "18"),
];

pub async fn world() -> World {
    let mut w = roster::world().await;
    let third = factory::member(&mut w.db, "banks", "雪谷銀行(架空)").await;
    let fourth = factory::member(&mut w.db, "banks", "花岡銀行(架空)").await;
    for (name, firm) in [("third-admin", third), ("fourth-admin", fourth)] {
        factory::person(&w.app, name, Role::MemberAdmin, firm, Some("banks"), None).await;
    }
    factory::person(&w.app, "insurer-admin", Role::MemberAdmin, w.insurer, Some("life"), None).await;
    sqlx::query("update accounts set mail_address = sign_in_name || '@people.example'")
        .execute(&mut w.db)
        .await
        .unwrap();
    World { w, third, fourth }
}

/// The same fields with other values.
pub fn with<'a>(fields: &[(&'a str, &'a str)], other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = fields.to_vec();
    fields.retain(|(name, _)| !other.iter().any(|(known, _)| known == name));
    fields.extend(other);
    fields
}

/// The version in the form of a page.
pub fn version(page: &Reply) -> String {
    page.values("input[name=version]").into_iter().next().unwrap_or_else(|| panic!("no form: {}", page.body))
}

/// Makes a survey; answers its page.
pub async fn make(desk: &mut Client, fields: &[(&str, &str)]) -> String {
    let made = desk.post(NEW, &with(&with(fields, &[]), &[("remind_days", "3")])).await;
    assert_eq!(made.status, 303, "{:?}", made.texts(".error-summary"));
    made.location().split('?').next().unwrap().to_owned()
}

/// Adds a question to a draft.
pub async fn ask(desk: &mut Client, survey: &str, fields: &[(&str, &str)]) {
    let path = format!("{survey}/questions/new");
    let seen = version(&desk.get(&path).await);
    let done = desk.post(&path, &with(fields, &[("version", &seen)])).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
}

/// Takes a step.
pub async fn step(desk: &mut Client, survey: &str, step: &str, typed: &[(&str, &str)]) -> Reply {
    let path = format!("{survey}/steps/{step}");
    let seen = version(&desk.get(&path).await);
    desk.post(&path, &with(typed, &[("version", &seen)])).await
}

/// One question of each kind that a survey with names may have.
pub async fn ask_everything(desk: &mut Client, survey: &str) {
    for question in [
        &[
            ("question_kind", "one"),
            ("wording", "多要素認証"),
            ("required", "true"),
            ("choices", "全社で使う\n一部\n使わない"),
        ][..],
        &[("question_kind", "several"), ("wording", "監視の体制"), ("choices", "自社\n委託\n共同")],
        &[
            ("question_kind", "number"),
            ("wording", "サーバの台数"),
            ("required", "true"),
            ("unit", "台"),
            ("most", "10000"),
        ],
        &[("question_kind", "words"), ("wording", "困っていること")],
        &[("question_kind", "products"), ("wording", "VPN装置")],
    ] {
        ask(desk, survey, question).await;
    }
}

/// An open survey with names and one question of each kind.
pub async fn opened(w: &World) -> String {
    let mut desk = w.w.app.signed_in("desk").await;
    let survey = make(&mut desk, &NAMED).await;
    ask_everything(&mut desk, &survey).await;
    let done = step(&mut desk, &survey, "open", &[]).await;
    assert_eq!(done.status, 303, "{:?}", done.texts("[role=alert]"));
    survey
}

impl World {
    /// The firm that a keeper keeps.
    pub fn firm(&self, keeper: &str) -> Uuid {
        match keeper {
            "bank-admin" => self.w.bank,
            "rival-admin" => self.w.rival,
            "third-admin" => self.third,
            _ => self.fourth,
        }
    }

    /// Where a keeper answers.
    pub fn form(&self, survey: &str, keeper: &str) -> String {
        format!("{survey}/firms/{}/answer", self.firm(keeper))
    }

    /// Answers as the keeper of a firm.
    pub async fn answer(&self, survey: &str, keeper: &str, typed: &[(&str, &str)]) -> Reply {
        let mut client = self.w.app.signed_in(keeper).await;
        let path = self.form(survey, keeper);
        let seen = version(&client.get(&path).await);
        client.post(&path, &with(typed, &[("version", &seen), ("act", "send")])).await
    }

    /// A transaction in which somebody looks.
    pub async fn looking(&mut self, name: &str) -> Tx {
        let account =
            self.w.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        let account: AccountId = account[0].parse().map(AccountId).expect("an id");
        self.w.app.state.db.begin(Some(account), self.w.app.state.clock.now()).await.expect("a transaction")
    }
}

/// A whole answer to [`ask_everything`].
pub const ANSWERS: [(&str, &str); 8] = [
    ("answer_1", "1"),
    ("answer_2", "2"),
    ("answer_3", "１２０"),
    ("answer_4", "人手が足りない"),
    ("vendor_5_1", "架空ネット"),
    ("product_5_1", "ＶＰＮ Gate"),
    ("release_5_1", "7.2"),
    ("vendor_5_2", ""),
];
