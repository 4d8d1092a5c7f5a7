//! Builders of accounts and members, written as the owner writes them.

use ceptoar_portal::features::accounts::Role;
use sqlx::PgConnection;
use uuid::Uuid;

use super::TestApp;

/// The password of every account made here.
pub const PASSWORD: &str = "a password for tests";

/// The id of an organisation by its code (`nisc`, `fsa`, …).
pub async fn organisation(db: &mut PgConnection, code: &str) -> Uuid {
    sqlx::query_scalar("select organisation_id from organisations where code = $1")
        .bind(code)
        .fetch_one(db)
        .await
        .expect("an organisation")
}

/// The first secretariat of a CEPTOAR today.
pub async fn secretariat_of(db: &mut PgConnection, ceptoar: &str) -> Uuid {
    sqlx::query_scalar(
        "select organisation_id from secretariat_terms where ceptoar_id = $1 and upper_inf(valid) order by 1 limit 1",
    )
    .bind(ceptoar)
    .fetch_one(db)
    .await
    .expect("a secretariat")
}

/// A new member organisation of a CEPTOAR.
pub async fn member(db: &mut PgConnection, ceptoar: &str, name: &str) -> Uuid {
    let id: Uuid = sqlx::query_scalar("insert into organisations (kind) values ('member') returning organisation_id")
        .fetch_one(&mut *db)
        .await
        .expect("an organisation");
    sqlx::query("insert into organisation_names (organisation_id, ja, en, reading) values ($1, $2, $2, $2)")
        .bind(id)
        .bind(name)
        .execute(&mut *db)
        .await
        .expect("a name");
    sqlx::query(
        "insert into memberships (ceptoar_id, organisation_id, unit, valid) values ($1, $2, '社', '[2018-04-01,)')",
    )
    .bind(ceptoar)
    .bind(id)
    .execute(db)
    .await
    .expect("a membership");
    id
}

/// A window of an organisation with one mail channel.
pub async fn window(db: &mut PgConnection, organisation: Uuid, ceptoar: Option<&str>, address: &str) -> Uuid {
    let id: Uuid = sqlx::query_scalar(
        "insert into contacts (organisation_id, ceptoar_id, position, label, handler, valid)
         select $1, $2, 1 + count(*), '窓口', true, '[2018-04-01,)' from contacts where organisation_id = $1
         returning contact_id",
    )
    .bind(organisation)
    .bind(ceptoar)
    .fetch_one(&mut *db)
    .await
    .expect("a contact");
    sqlx::query(
        "insert into contact_channels (contact_id, position, kind, value, hours) values ($1, 1, 'mail', $2, 'always')",
    )
    .bind(id)
    .bind(address)
    .execute(db)
    .await
    .expect("a channel");
    id
}

/// A new account; give it what it is with [`affiliate`].
pub async fn account(app: &TestApp, name: &str) -> Uuid {
    let hash = app.state.hasher.hash(PASSWORD.into()).await.expect("a hash");
    sqlx::query_scalar(
        "insert into accounts (sign_in_name, display_name, password_hash, demonstration, created_at)
         values ($1, $1, $2, true, $3) returning account_id",
    )
    .bind(name)
    .bind(hash)
    .bind(app.state.clock.now())
    .fetch_one(&mut app.database.owner().await)
    .await
    .expect("an account")
}

/// Makes an account something in an organisation.
pub async fn affiliate(
    db: &mut PgConnection,
    account: Uuid,
    role: Role,
    organisation: Uuid,
    ceptoar: Option<&str>,
    contact: Option<Uuid>,
) {
    sqlx::query(
        "insert into affiliations (account_id, role, organisation_id, ceptoar_id, contact_id, valid)
         values ($1, $2, $3, $4, $5, '[2018-04-01,)')",
    )
    .bind(account)
    .bind(role.code())
    .bind(organisation)
    .bind(ceptoar)
    .bind(contact)
    .execute(db)
    .await
    .expect("an affiliation");
}

/// An account with one affiliation, in one go.
pub async fn person(
    app: &TestApp,
    name: &str,
    role: Role,
    organisation: Uuid,
    ceptoar: Option<&str>,
    contact: Option<Uuid>,
) -> Uuid {
    let id = account(app, name).await;
    affiliate(&mut app.database.owner().await, id, role, organisation, ceptoar, contact).await;
    id
}
