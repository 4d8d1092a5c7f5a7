//! The people and items of the matrix, every field of every item a canary.

use std::collections::BTreeMap;

use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::clock::japan_day;
use sqlx::PgConnection;
use uuid::Uuid;

use super::records;
use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, TestApp};

/// Accounts with two hats, and the columns whose union they get.
pub const TWO_HATS: [(&str, [&str; 2]); 4] =
    [("MI+SA", ["MI", "SA"]), ("MX+SB", ["MX", "SB"]), ("MN+MJ", ["MN", "MJ"]), ("MH+CO", ["MH", "CO"])];

/// Names that only those see who may know whom an item went to.
pub const OTHER_FIRM: &str = "CANARY-other-firm";
const OTHER_WINDOW: &str = "canary-other-window@a3.example";
const OTHER_PERSON: &str = "canary-person";
const OWN_WINDOW: &str = "canary-own-window@a1.example";

/// Everything the matrix asks about.
pub struct World {
    pub app: TestApp,
    pub items: BTreeMap<&'static str, Uuid>,
    clients: BTreeMap<String, Client>,
    named: Uuid,
}

/// Level, handler scope and how it stands, by the object's name in the file.
const ITEMS: [(&str, &str, &str, Stands); 10] = [
    ("red", "RED", "named", Stands::Published),
    ("strict", "AMBER_STRICT", "handlers", Stands::Published),
    ("amber", "AMBER", "handlers", Stands::Published),
    ("organisation", "AMBER", "organisation", Stands::Published),
    ("green", "GREEN", "organisation", Stands::Published),
    ("clear", "CLEAR", "organisation", Stands::Published),
    ("draft", "AMBER", "handlers", Stands::Draft),
    ("review", "AMBER", "handlers", Stands::Review),
    ("own review", "AMBER", "handlers", Stands::OwnReview),
    ("waiting", "AMBER", "handlers", Stands::Waiting),
];

#[derive(Clone, Copy, PartialEq)]
enum Stands {
    Draft,
    Review,
    /// Written by the one who approves otherwise.
    OwnReview,
    /// Approved for a time to come.
    Waiting,
    Published,
}

impl World {
    pub async fn build() -> Self {
        let app = TestApp::start().await;
        let (named, firm, person) = people(&app).await;
        let items = BTreeMap::from([("firm", firm), ("person", person)]);
        let mut world = Self { app, items, clients: BTreeMap::new(), named };
        for (name, ..) in ITEMS {
            let id = world.fresh(name).await;
            world.items.insert(name, id);
        }
        let part = records::attached(&world.app, world.items["organisation"]).await;
        world.items.insert("part", part);
        let proposal = world.fresh("proposal").await;
        world.items.insert("proposal", proposal);
        let records = records::keep(&world.app, firm).await;
        world.items.extend(records);
        world.app.database.break_a_rule().await;
        world
    }

    /// A new object of that name.
    pub async fn fresh(&self, name: &str) -> Uuid {
        if name == "proposal" {
            return self.fresh_proposal().await;
        }
        let (_, level, scope, stands) = *ITEMS.iter().find(|item| item.0 == name).expect("an object");
        // GREEN and CLEAR go to all of A; the others to a subgroup with A1 and A3 in it, but not A2.
        let everybody = matches!(level, "GREEN" | "CLEAR");
        let named = [self.named];
        let new = NewAdvisory {
            level,
            scope,
            title: &format!("{} {}", canary(name, "title"), word(name)),
            ceptoars: if everybody { &["banks"] } else { &[] },
            named: if level == "RED" { &named } else { &[] },
            ..NewAdvisory::default()
        };
        let id = factory::draft_advisory(&self.app, new).await;
        let mut db = self.app.database.owner().await;
        if !everybody && level != "RED" {
            run(&mut db, "insert into advisory_addressees (advisory_id, subgroup_id) values ($1, 'matrix')", id).await;
        }
        sqlx::query(
            "update advisory_texts set summary = $2, impact = $3, countermeasure = $4, links = array[$5], cves = array[$6],
                    products = array[$7] where advisory_id = $1",
        )
        .bind(id)
        .bind(canary(name, "summary"))
        .bind(canary(name, "impact"))
        .bind(canary(name, "countermeasure"))
        .bind(format!("https://{}.example/", canary(name, "link")))
        .bind(canary(name, "cve"))
        .bind(canary(name, "product"))
        .execute(&mut db)
        .await
        .expect("canaries");
        match stands {
            Stands::Draft => {}
            Stands::OwnReview => {
                let (_, approver) = factory::case_team(&self.app).await;
                sqlx::query(
                    "update advisories set state = 'review', created_by = $2, last_edited_by = $2, submitted_by = $2,
                            submitted_at = created_at where advisory_id = $1",
                )
                .bind(id)
                .bind(approver)
                .execute(&mut db)
                .await
                .expect("an own item");
            }
            Stands::Review => {
                run(
                    &mut db,
                    "update advisories set state = 'review', submitted_by = created_by, submitted_at = created_at
                     where advisory_id = $1",
                    id,
                )
                .await;
            }
            Stands::Waiting => factory::approve_for_later(&self.app, id).await,
            Stands::Published => {
                if name == "organisation" {
                    records::attach(&self.app, id).await;
                }
                factory::publish(&self.app, id, false).await;
            }
        }
        id
    }

    /// The desk of A proposes the person at A3 to A1, which has a keeper.
    async fn fresh_proposal(&self) -> Uuid {
        sqlx::query_scalar(
            "insert into grant_requests (account_id, purpose, role, organisation_id, ceptoar_id, valid, reason, asked_by,
                                         asked_at)
             select p.account_id, 'duty', 'member_reader', f.organisation_id, 'banks', daterange($2, null), '', s.account_id,
                    $3
             from accounts p, accounts s, affiliations f join accounts k on k.account_id = f.account_id
             where p.sign_in_name = $1 and s.sign_in_name = 'sa' and k.sign_in_name = 'ma' returning request_id",
        )
        .bind(OTHER_PERSON)
        .bind(japan_day(self.app.state.clock.now()))
        .bind(self.app.state.clock.now())
        .fetch_one(&mut self.app.database.owner().await)
        .await
        .expect("a proposal")
    }

    /// The groups of canaries of an object that show in an answer. An address is only where it was not hidden
    /// from the start.
    pub fn shown(&self, name: &str, number: &str, body: &str) -> std::collections::BTreeSet<char> {
        let content = ["title", "summary", "impact", "countermeasure", "link", "cve", "product"];
        let mut groups = std::collections::BTreeSet::new();
        if !number.is_empty() && body.contains(number) {
            groups.insert('E');
        }
        if name != "nothing" && content.iter().any(|field| body.contains(&canary(name, field))) {
            groups.insert('C');
        }
        if body.contains(OTHER_FIRM) {
            groups.insert('O');
        }
        if body.contains(OTHER_WINDOW) {
            groups.insert('W');
        }
        if body.contains(OTHER_PERSON) {
            groups.insert('P');
        }
        if body.contains(OWN_WINDOW) {
            groups.insert('w');
        }
        groups
    }

    pub async fn number(&self, id: Uuid) -> String {
        sqlx::query_scalar("select number from advisories where advisory_id = $1")
            .bind(id)
            .fetch_optional(&mut self.app.database.owner().await)
            .await
            .expect("a number")
            .unwrap_or_default()
    }

    /// The window that RED items name.
    pub fn named(&self) -> Uuid {
        self.named
    }

    /// Somebody in this role, signed in while everything was still in order.
    pub async fn client(&mut self, role: &str) -> Client {
        if let Some(client) = self.clients.get(role) {
            return client.clone();
        }
        let client = if role == "AN" { self.app.visitor() } else { self.app.signed_in(&sign_in_name(role)).await };
        if role == "SU" {
            sqlx::query("update accounts set suspended_at = now() where sign_in_name = 'su'")
                .execute(&mut self.app.database.owner().await)
                .await
                .expect("a suspension");
        }
        self.clients.insert(role.to_owned(), client.clone());
        client
    }

    /// The same people before another portal over the same database.
    pub fn behind(&mut self, router: &axum::Router) {
        for client in self.clients.values_mut() {
            client.turn_to(router.clone());
        }
    }
}

fn sign_in_name(role: &str) -> String {
    match role {
        "NT" => "case-author".into(),
        "NQ" => "case-approver".into(),
        other => other.to_lowercase().replace('+', "-"),
    }
}

/// A string that is in one field of one object and nowhere else.
pub fn canary(object: &str, field: &str) -> String {
    format!("canary-{object}-{field}")
}

/// A word to search for; an answer may repeat it without telling anything.
pub fn word(object: &str) -> String {
    format!("lookfor{object}")
}

async fn run(db: &mut PgConnection, sql: &'static str, id: Uuid) {
    sqlx::query(sql).bind(id).execute(db).await.expect("a statement");
}

/// Column, role, organisation, CEPTOAR and window.
type HatOf = (&'static str, Role, Uuid, Option<&'static str>, Option<Uuid>);

/// The firms A1, A2, A3 in CEPTOAR A (banks) and B1 in CEPTOAR B (power), and one account per column.
async fn people(app: &TestApp) -> (Uuid, Uuid, Uuid) {
    let mut db = app.database.owner().await;
    sqlx::raw_sql("insert into subgroups (subgroup_id, ceptoar_id, code, scope) values ('matrix', 'banks', 'M', 'x')")
        .execute(&mut db)
        .await
        .expect("a subgroup");
    let a1 = factory::member(&mut db, "banks", "First firm").await;
    let a2 = factory::member(&mut db, "banks", "Second firm").await;
    let a3 = factory::member(&mut db, "banks", OTHER_FIRM).await;
    let b1 = factory::member(&mut db, "power", "Firm elsewhere").await;
    for firm in [a1, a3] {
        run(&mut db, "update memberships set subgroup_id = 'matrix' where organisation_id = $1", firm).await;
    }
    let w1 = factory::window(&mut db, a1, Some("banks"), OWN_WINDOW).await;
    let w2 = factory::window(&mut db, a2, Some("banks"), "window@a2.example").await;
    factory::window(&mut db, a3, Some("banks"), OTHER_WINDOW).await;
    let w4 = factory::window(&mut db, b1, Some("power"), "window@b1.example").await;
    // A1 has a second window that handles nothing, and is in CEPTOAR B as well, with a window of its own there.
    let w5 = factory::window(&mut db, a1, Some("banks"), "no-handler@a1.example").await;
    run(&mut db, "update contacts set handler = false where contact_id = $1", w5).await;
    let w6 = factory::window(&mut db, a1, Some("power"), "power@a1.example").await;
    run(
        &mut db,
        "insert into memberships (ceptoar_id, organisation_id, unit, valid) values ('power', $1, '社', '[2018-04-01,)')",
        a1,
    )
    .await;
    let sa = factory::secretariat_of(&mut db, "banks").await;
    // One organisation keeps both desks, so that what opens A's items is the desk and not the organisation.
    run(
        &mut db,
        "update secretariat_terms set organisation_id = $1 where ceptoar_id = 'power' and upper_inf(valid)",
        sa,
    )
    .await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    let meti = factory::organisation(&mut db, "meti").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    let (banks, power) = (Some("banks"), Some("power"));
    let hats: Vec<HatOf> = vec![
        ("MH", Role::MemberPoc, a1, banks, Some(w1)),
        ("MN", Role::MemberReader, a1, banks, None),
        ("MW", Role::MemberPoc, a1, banks, Some(w5)),
        ("MP", Role::MemberPoc, a1, power, Some(w6)),
        ("MX", Role::MemberPoc, a2, banks, Some(w2)),
        ("MB", Role::MemberPoc, b1, power, Some(w4)),
        ("MA", Role::MemberAdmin, a1, banks, None),
        ("SA", Role::Secretariat, sa, banks, None),
        ("SB", Role::Secretariat, sa, power, None),
        ("MI", Role::MinistryLiaison, fsa, None, None),
        ("MJ", Role::MinistryLiaison, meti, None, None),
        ("NA", Role::NiscAnalyst, nisc, None, None),
        ("NP", Role::NiscApprover, nisc, None, None),
        ("CO", Role::CouncilObserver, nisc, None, None),
        ("AU", Role::Auditor, nisc, None, None),
        ("SY", Role::SystemAdmin, nisc, None, None),
        ("SU", Role::MemberPoc, a1, banks, Some(w1)),
    ];
    factory::case_team(app).await;
    for (name, role, organisation, ceptoar, contact) in &hats {
        factory::person(app, &sign_in_name(name), *role, *organisation, *ceptoar, *contact).await;
    }
    for (name, columns) in TWO_HATS {
        let account = factory::account(app, &sign_in_name(name)).await;
        for column in columns {
            let (_, role, organisation, ceptoar, contact) = hats.iter().find(|h| h.0 == column).expect("a column");
            factory::affiliate(&mut db, account, *role, *organisation, *ceptoar, *contact).await;
        }
    }
    // Somebody at A3, whose name and address are for those alone who keep the account.
    let person = factory::person(app, OTHER_PERSON, Role::MemberPoc, a3, banks, None).await;
    run(&mut db, "update accounts set mail_address = 'canary-person@a3.example' where account_id = $1", person).await;
    (w1, a3, person)
}
