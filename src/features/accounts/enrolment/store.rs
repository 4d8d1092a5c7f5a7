//! SQL of enrolment; runs as the owner, before anybody can sign in.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use crate::features::access::Role;
use crate::kernel::ids::{AccountId, ContactId, OrganisationId};

/// What an organisation is in a CEPTOAR today.
#[derive(Debug)]
pub struct Place {
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// `central`, `ministry`, `association` or `member`.
    pub kind: String,
    /// Whether a CEPTOAR was named at all.
    pub ceptoar_named: bool,
    /// Whether there is such a CEPTOAR.
    pub ceptoar_exists: bool,
    /// Whether the organisation is its secretariat.
    pub keeps_desk: bool,
    /// Whether the organisation is its member.
    pub is_member: bool,
}

/// Looks up an organisation by its code, and what it is in the CEPTOAR.
pub async fn find_place(
    tx: &mut PgConnection,
    code: &str,
    ceptoar: Option<&str>,
    today: NaiveDate,
) -> sqlx::Result<Option<Place>> {
    sqlx::query_as!(
        Place,
        r#"select o.organisation_id as "organisation_id: OrganisationId", o.kind, $2::text is not null as "ceptoar_named!",
                  exists (select from ceptoars c where c.ceptoar_id = $2) as "ceptoar_exists!",
                  exists (select from secretariat_terms t where t.ceptoar_id = $2
                          and t.organisation_id = o.organisation_id and t.valid @> $3::date) as "keeps_desk!",
                  exists (select from memberships m where m.ceptoar_id = $2
                          and m.organisation_id = o.organisation_id and m.valid @> $3::date) as "is_member!"
           from organisations o where o.code = $1"#,
        code,
        ceptoar,
        today
    )
    .fetch_optional(tx)
    .await
}

/// The window of an organisation by its position or its id.
pub async fn find_window(
    tx: &mut PgConnection,
    organisation_id: OrganisationId,
    ceptoar: Option<&str>,
    window: &str,
    today: NaiveDate,
) -> sqlx::Result<Option<ContactId>> {
    sqlx::query_scalar!(
        r#"select contact_id as "contact_id: ContactId" from contacts
           where organisation_id = $1 and ceptoar_id is not distinct from $2 and valid @> $4::date
             and (position::text = $3 or contact_id::text = $3)"#,
        organisation_id.0,
        ceptoar,
        window,
        today
    )
    .fetch_optional(tx)
    .await
}

/// Adds an account for a real person.
pub async fn add_account(
    tx: &mut PgConnection,
    name: &str,
    display_name: &str,
    mail_address: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<AccountId> {
    sqlx::query_scalar!(
        r#"insert into accounts (sign_in_name, display_name, mail_address, created_at) values ($1, $2, $3, $4)
           returning account_id as "account_id: AccountId""#,
        name,
        display_name,
        mail_address,
        now
    )
    .fetch_one(tx)
    .await
}

/// Says what the account is, from today on.
pub async fn add_affiliation(
    tx: &mut PgConnection,
    account_id: AccountId,
    role: Role,
    place: &Place,
    ceptoar: Option<&str>,
    window: Option<ContactId>,
    today: NaiveDate,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into affiliations (account_id, role, organisation_id, ceptoar_id, contact_id, valid)
         values ($1, $2, $3, $4, $5, daterange($6, null))",
        account_id.0,
        role.code(),
        place.organisation_id.0,
        ceptoar,
        window.map(|id| id.0),
        today
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// An account, and what it has to sign in with.
#[derive(Debug, Clone, Copy)]
pub struct Equipment {
    /// The account.
    pub account_id: AccountId,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Whether its person chose a password.
    pub has_password: bool,
    /// Whether its person has a passkey or an app.
    pub has_authenticator: bool,
}

/// The account of a sign-in name.
pub async fn find_account(tx: &mut PgConnection, name: &str) -> sqlx::Result<Option<Equipment>> {
    sqlx::query_as!(
        Equipment,
        r#"select account_id as "account_id: AccountId", suspended_at is not null as "suspended!",
                  password_hash is not null as "has_password!",
                  exists (select from authenticators t where t.account_id = a.account_id) as "has_authenticator!"
           from accounts a where sign_in_name = $1"#,
        name
    )
    .fetch_optional(tx)
    .await
}
