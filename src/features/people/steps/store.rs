//! SQL of the steps. Each calls one function of the database that holds the right of the viewer of the
//! transaction once more; the application has no right to write these tables itself.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::proposals::Whom;
use crate::features::access::people::Hat;
use crate::features::people::form::{NewDuty, NewPerson};
use crate::features::people::person::Decision;
use crate::kernel::email_address::EmailAddress;
use crate::kernel::ids::{AccountId, AffiliationId, ContactId, GrantRequestId};
use crate::kernel::language::Language;

/// Somebody who was invited.
#[derive(Debug, Clone, Copy)]
pub struct Invited {
    /// The account.
    pub account_id: AccountId,
    /// Whether they can sign in already.
    pub enrolled: bool,
    /// Whether they are kept out.
    pub suspended: bool,
}

/// Invites by address.
pub async fn invite(
    tx: &mut PgConnection,
    person: &NewPerson,
    duty: &NewDuty,
    demonstration: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<Invited> {
    sqlx::query_as!(
        Invited,
        r#"select account_id as "account_id!: AccountId", enrolled as "enrolled!", suspended as "suspended!"
           from people_invite($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"#,
        person.sign_in_name,
        person.display_name,
        person.mail_address.as_str(),
        person.language.code(),
        demonstration,
        duty.hat.role.code(),
        duty.hat.organisation_id.0,
        duty.hat.ceptoar_id.as_deref(),
        duty.window.map(|w| w.0),
        duty.from,
        duty.until,
        duty.reason,
        now
    )
    .fetch_one(tx)
    .await
}

/// Gives a duty to somebody with an account.
pub async fn give(
    tx: &mut PgConnection,
    account: AccountId,
    duty: &NewDuty,
    now: DateTime<Utc>,
) -> sqlx::Result<AffiliationId> {
    sqlx::query_scalar!(
        r#"select people_give($1, $2, $3, $4, $5, $6, $7, $8, $9) as "id!: AffiliationId""#,
        account.0,
        duty.hat.role.code(),
        duty.hat.organisation_id.0,
        duty.hat.ceptoar_id.as_deref(),
        duty.window.map(|w| w.0),
        duty.from,
        duty.until,
        duty.reason,
        now
    )
    .fetch_one(tx)
    .await
}

/// Ends a duty; `false` when it ends by then already.
pub async fn end(
    tx: &mut PgConnection,
    duty: AffiliationId,
    last_day: NaiveDate,
    reason: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let row = sqlx::query!("select account_id from people_end($1, $2, $3, $4)", duty.0, last_day, reason, now);
    Ok(row.fetch_optional(tx).await?.is_some())
}

/// Asks for a role of staff.
pub async fn ask(
    tx: &mut PgConnection,
    person: &NewPerson,
    duty: &NewDuty,
    demonstration: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<GrantRequestId> {
    sqlx::query_scalar!(
        r#"select request_id as "request_id!: GrantRequestId"
           from people_ask($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"#,
        person.sign_in_name,
        person.display_name,
        person.mail_address.as_str(),
        person.language.code(),
        demonstration,
        duty.hat.role.code(),
        duty.hat.organisation_id.0,
        duty.hat.ceptoar_id.as_deref(),
        duty.from,
        duty.until,
        duty.reason,
        now
    )
    .fetch_one(tx)
    .await
}

/// Asks for the recovery of a member of staff.
pub async fn ask_recovery(
    tx: &mut PgConnection,
    account: AccountId,
    reason: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<GrantRequestId> {
    sqlx::query_scalar!(r#"select people_ask_recovery($1, $2, $3) as "id!: GrantRequestId""#, account.0, reason, now)
        .fetch_one(tx)
        .await
}

/// Decides about a request; `None` when that was done already.
pub async fn decide(
    tx: &mut PgConnection,
    request: GrantRequestId,
    decision: Decision,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Invited>> {
    sqlx::query_as!(
        Invited,
        r#"select account_id as "account_id!: AccountId", enrolled as "enrolled!", suspended as "suspended!"
           from people_decide($1, $2, $3)"#,
        request.0,
        decision.code(),
        now
    )
    .fetch_optional(tx)
    .await
}

/// Whether a firm has somebody of its own to ask, besides the viewer and the person named by account or address.
pub async fn firm_answers(
    tx: &mut PgConnection,
    hat: &Hat,
    person: Option<AccountId>,
    address: Option<&EmailAddress>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select people_firm_answers($1, $2, $3, $4) as "answers!""#,
        hat.organisation_id.0,
        hat.ceptoar_id.as_deref(),
        person.map(|id| id.0),
        address.map(EmailAddress::as_str)
    )
    .fetch_one(tx)
    .await
}

/// Proposes somebody to a firm.
pub async fn propose(
    tx: &mut PgConnection,
    whom: Whom<'_>,
    duty: &NewDuty,
    demonstration: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<GrantRequestId> {
    let (account, person) = match whom {
        Whom::New(person) => (None, Some(person)),
        Whom::Known(account) => (Some(account.0), None),
    };
    sqlx::query_scalar!(
        r#"select request_id as "request_id!: GrantRequestId"
           from people_propose($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"#,
        account,
        person.map(|p| p.sign_in_name.as_str()),
        person.map(|p| p.display_name.as_str()),
        person.map(|p| p.mail_address.as_str()),
        person.map(|p| p.language.code()),
        demonstration,
        duty.hat.role.code(),
        duty.hat.organisation_id.0,
        duty.hat.ceptoar_id.as_deref(),
        duty.window.map(|w| w.0),
        duty.from,
        duty.until,
        duty.reason,
        now
    )
    .fetch_one(tx)
    .await
}

/// Those of the firm who decide about a proposal of the viewer's.
pub async fn request_keepers(
    tx: &mut PgConnection,
    request: GrantRequestId,
) -> sqlx::Result<Vec<(AccountId, Addressee)>> {
    let rows = sqlx::query!(
        r#"select account_id as "account_id!: AccountId", sign_in_name as "sign_in_name!",
                  display_name as "display_name!", mail_address, language as "language!"
           from people_request_keepers($1)"#,
        request.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows
        .map(|r| (r.account_id, Addressee::of(r.sign_in_name, r.display_name, r.mail_address, &r.language)))
        .collect())
}

/// Who else keeps a duty of this person.
pub async fn other_keepers(tx: &mut PgConnection, account: AccountId) -> sqlx::Result<Vec<(AccountId, Addressee)>> {
    let rows = sqlx::query!(
        r#"select account_id as "account_id!: AccountId", sign_in_name as "sign_in_name!",
                  display_name as "display_name!", mail_address, language as "language!"
           from people_other_keepers($1)"#,
        account.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows
        .map(|r| (r.account_id, Addressee::of(r.sign_in_name, r.display_name, r.mail_address, &r.language)))
        .collect())
}

/// Whether the firm of a duty is also in a CEPTOAR whose desk the viewer does not keep.
pub async fn firm_elsewhere(tx: &mut PgConnection, hat: &Hat) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select people_firm_elsewhere($1) as "elsewhere!""#, hat.organisation_id.0)
        .fetch_one(tx)
        .await
}

/// The windows of the firm of a duty, one for each address.
pub async fn firm_windows(tx: &mut PgConnection, hat: &Hat) -> sqlx::Result<Vec<(ContactId, Addressee)>> {
    let rows = sqlx::query!(
        r#"select contact_id as "contact_id!: ContactId", label as "label!", mail_address, language as "language!"
           from people_firm_windows($1, $2)"#,
        hat.organisation_id.0,
        hat.ceptoar_id.as_deref()
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| (r.contact_id, Addressee::of(String::new(), r.label, r.mail_address, &r.language))).collect())
}

/// What ended with a suspension.
#[derive(Debug, Clone, Copy)]
pub struct Gone {
    /// Open sessions.
    pub sessions: i64,
    /// Letters that had not left yet.
    pub letters: i64,
    /// Copies for windows that nobody else answers for.
    pub deliveries: i64,
}

/// Suspends; `None` when the account was suspended already.
pub async fn suspend(
    tx: &mut PgConnection,
    account: AccountId,
    reason: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Gone>> {
    sqlx::query_as!(
        Gone,
        r#"select sessions as "sessions!", letters as "letters!", deliveries as "deliveries!"
           from people_suspend($1, $2, $3)"#,
        account.0,
        reason,
        now
    )
    .fetch_optional(tx)
    .await
}

/// Lifts a suspension; `false` when there was none.
pub async fn lift(tx: &mut PgConnection, account: AccountId, reason: &str, now: DateTime<Utc>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select people_lift($1, $2, $3) as "lifted!""#, account.0, reason, now).fetch_one(tx).await
}

/// Ends every open session; answers how many.
pub async fn end_sessions(tx: &mut PgConnection, account: AccountId, now: DateTime<Utc>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select people_end_sessions($1, $2) as "ended!""#, account.0, now).fetch_one(tx).await
}

/// Whom a letter goes to.
#[derive(Debug, Clone)]
pub struct Addressee {
    /// Name to sign in with.
    pub sign_in_name: String,
    /// The person's name.
    pub name: String,
    /// Their address.
    pub address: Option<EmailAddress>,
    /// The language of their letters.
    pub language: Language,
    /// Whether they are kept out.
    pub suspended: bool,
}

impl Addressee {
    fn of(sign_in_name: String, name: String, address: Option<String>, language: &str) -> Self {
        Self {
            sign_in_name,
            name,
            address: address.and_then(|text| EmailAddress::parse(&text).ok()),
            language: Language::from_code(language),
            suspended: false,
        }
    }
}

/// Looks up whom a letter about this account goes to.
pub async fn addressee(tx: &mut PgConnection, account: AccountId) -> sqlx::Result<Option<Addressee>> {
    let row = sqlx::query!(
        r#"select sign_in_name as "sign_in_name!", display_name as "display_name!", mail_address, language as "language!", suspended as "suspended!"
           from people_addressee($1)"#,
        account.0
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|r| Addressee {
        suspended: r.suspended,
        ..Addressee::of(r.sign_in_name, r.display_name, r.mail_address, &r.language)
    }))
}
