//! SQL of looking. Every function of the database answers with what the viewer of the transaction keeps, and no
//! more: rows of other people's accounts are not readable as such, because secrets stand in them.

use sqlx::PgConnection;
use uuid::Uuid;

use super::person::{
    AccountState, Decision, Duty, GrantRequest, HeldDuty, Known, Listed, Person, Place, RequestPurpose, Strength,
    Suspension, Unanswered, Window,
};
use crate::features::access::Role;
use crate::features::access::people::{Hat, KeeperRank, PersonFacts};
use crate::features::access::requests::{FirmFacts, RequestFacts};
use crate::kernel::ids::{AccountId, AffiliationId, ContactId, GrantRequestId, OrganisationId};

/// What the list is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Pattern of names of people or organisations.
    pub pattern: Option<String>,
    /// Where the account stands.
    pub state: Option<AccountState>,
    /// Name and account that the page before ended with.
    pub after: Option<(String, AccountId)>,
}

/// One page of the people whose accounts the viewer keeps, by name.
pub async fn list(tx: &mut PgConnection, filter: &Filter, limit: i32) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"select account_id as "account_id!: AccountId", display_name as "display_name!",
                  state as "state!: AccountState", last_sign_in, strength as "strength!: Strength"
           from people_list($1, $2, $3, $4, $5)"#,
        filter.pattern.as_deref(),
        filter.state.map(AccountState::code),
        filter.after.as_ref().map(|(name, _)| name.as_str()),
        filter.after.as_ref().map(|(_, id)| id.0),
        limit
    )
    .fetch_all(tx)
    .await
}

/// What these people are, were and will be.
pub async fn duties(tx: &mut PgConnection, accounts: &[AccountId]) -> sqlx::Result<Vec<Duty>> {
    let accounts: Vec<Uuid> = accounts.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select affiliation_id as "affiliation_id!", account_id as "account_id!", role as "role!: Role",
                  organisation_id as "organisation_id!", organisation_ja as "organisation_ja!",
                  organisation_en as "organisation_en!", ceptoar_id, ceptoar_ja, ceptoar_en, window_label,
                  window_position, begins_on, ends_on, never as "never!", reason as "reason!", granted_at, granted_by,
                  confirmed_by, ended_at, ended_by, end_reason as "end_reason!"
           from people_duties($1)"#,
        &accounts
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Duty {
            id: AffiliationId(r.affiliation_id),
            account_id: AccountId(r.account_id),
            hat: Hat { role: r.role, organisation_id: OrganisationId(r.organisation_id), ceptoar_id: r.ceptoar_id },
            organisation: [r.organisation_ja, r.organisation_en],
            ceptoar: r.ceptoar_ja.zip(r.ceptoar_en).map(|(ja, en)| [ja, en]),
            window: r.window_label.zip(r.window_position),
            begins_on: r.begins_on,
            ends_on: r.ends_on,
            never: r.never,
            reason: r.reason,
            granted_at: r.granted_at,
            granted_by: r.granted_by,
            confirmed_by: r.confirmed_by,
            ended_at: r.ended_at,
            ended_by: r.ended_by,
            end_reason: r.end_reason,
        })
        .collect())
}

/// One person, if the viewer keeps anything of theirs.
pub async fn person(tx: &mut PgConnection, id: AccountId) -> sqlx::Result<Option<Person>> {
    let row = sqlx::query!(
        r#"select account_id as "account_id!: AccountId", display_name as "display_name!",
                  state as "state!: AccountState", strength as "strength!: Strength", last_sign_in, sign_in_name,
                  mail_address, whole as "whole!", split as "split!", staff as "staff!",
                  open_sessions, brake as "brake!", suspended_rank
           from people_person($1)"#,
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(r) = row else { return Ok(None) };
    let duties = duties(&mut *tx, &[id]).await?;
    let mut hats: Vec<Hat> = duties.iter().map(|duty| duty.hat.clone()).collect();
    if hats.is_empty() {
        hats = asked_hats(tx, id).await?;
    }
    Ok(Some(Person {
        listed: Listed {
            account_id: r.account_id,
            display_name: r.display_name,
            state: r.state,
            last_sign_in: r.last_sign_in,
            strength: r.strength,
        },
        sign_in_name: r.sign_in_name,
        mail_address: r.mail_address,
        open_sessions: r.open_sessions,
        facts: PersonFacts {
            account_id: id,
            hats,
            whole: r.whole,
            split: r.split,
            staff: r.staff,
            brake: r.brake,
            suspended_by: r.suspended_rank.map(KeeperRank::from_stored),
        },
        duties,
    }))
}

/// What somebody is asked to be counts only where they were never anything: asking alone takes nobody over.
async fn asked_hats(tx: &mut PgConnection, id: AccountId) -> sqlx::Result<Vec<Hat>> {
    let rows = sqlx::query!(
        r#"select role as "role!: Role", organisation_id as "organisation_id!: OrganisationId", ceptoar_id
           from people_requests(null, $1) where counts"#,
        id.0
    );
    let rows = rows.fetch_all(tx).await?;
    Ok(rows
        .into_iter()
        .map(|r| Hat { role: r.role, organisation_id: r.organisation_id, ceptoar_id: r.ceptoar_id })
        .collect())
}

/// One duty by its id, if the viewer keeps it.
pub async fn duty(tx: &mut PgConnection, id: AffiliationId) -> sqlx::Result<Option<Duty>> {
    let account =
        sqlx::query_scalar!(r#"select people_holder($1) as "account: AccountId""#, id.0).fetch_one(&mut *tx).await?;
    let Some(account) = account else { return Ok(None) };
    Ok(duties(tx, &[account]).await?.into_iter().find(|duty| duty.id == id))
}

/// When and why an account was kept out.
pub async fn suspensions(tx: &mut PgConnection, id: AccountId) -> sqlx::Result<Vec<Suspension>> {
    sqlx::query_as!(
        Suspension,
        r#"select suspended_at as "suspended_at!", suspended_by, reason as "reason!", lifted_at,
                  lifted_by, lift_reason as "lift_reason!"
           from people_suspensions($1)"#,
        id.0
    )
    .fetch_all(tx)
    .await
}

/// Where the viewer may give duties.
pub async fn places(tx: &mut PgConnection, pattern: Option<&str>, limit: i32) -> sqlx::Result<Vec<Place>> {
    let rows = sqlx::query!(
        r#"select organisation_id as "organisation_id!: OrganisationId", ceptoar_id as "ceptoar_id!", ja as "ja!",
                  en as "en!", coalesce(ceptoar_ja, '') as "ceptoar_ja!", coalesce(ceptoar_en, '') as "ceptoar_en!"
           from people_places($1, $2)"#,
        pattern,
        limit
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Place {
            organisation_id: r.organisation_id,
            ceptoar_id: r.ceptoar_id,
            organisation: [r.ja, r.en],
            ceptoar: [r.ceptoar_ja, r.ceptoar_en],
        })
        .collect())
}

/// One of them.
pub async fn place(tx: &mut PgConnection, organisation: OrganisationId, ceptoar: &str) -> sqlx::Result<Option<Place>> {
    let row = sqlx::query!(
        r#"select ja as "ja!", en as "en!", coalesce(ceptoar_ja, '') as "ceptoar_ja!",
                  coalesce(ceptoar_en, '') as "ceptoar_en!"
           from people_place($1, $2)"#,
        organisation.0,
        ceptoar
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|r| Place {
        organisation_id: organisation,
        ceptoar_id: ceptoar.to_owned(),
        organisation: [r.ja, r.en],
        ceptoar: [r.ceptoar_ja, r.ceptoar_en],
    }))
}

/// Windows of a place that a person could answer for.
pub async fn windows(tx: &mut PgConnection, organisation: OrganisationId, ceptoar: &str) -> sqlx::Result<Vec<Window>> {
    sqlx::query_as!(
        Window,
        r#"select contact_id as "contact_id!: ContactId", label as "label!", window_position as "position!"
           from people_windows($1, $2)"#,
        organisation.0,
        ceptoar
    )
    .fetch_all(tx)
    .await
}

/// Windows that need somebody else.
pub async fn unanswered(tx: &mut PgConnection) -> sqlx::Result<Vec<Unanswered>> {
    let rows = sqlx::query!(
        r#"select organisation_id as "organisation_id!: OrganisationId", ceptoar_id, label as "label!",
                  window_position as "position!", ja as "ja!", en as "en!"
           from people_unanswered_windows()"#
    );
    Ok(rows
        .fetch_all(tx)
        .await?
        .into_iter()
        .map(|r| Unanswered {
            organisation_id: r.organisation_id,
            ceptoar_id: r.ceptoar_id,
            organisation: [r.ja, r.en],
            label: r.label,
            position: r.position,
        })
        .collect())
}

/// Offices that staff work in: everything but members and partner bodies.
pub async fn offices(tx: &mut PgConnection) -> sqlx::Result<Vec<(OrganisationId, [String; 2])>> {
    let rows = sqlx::query!(
        r#"select o.organisation_id as "organisation_id: OrganisationId", n.ja, n.en
           from organisations o
           join organisation_names n on n.organisation_id = o.organisation_id and n.valid @> viewer_today()
           where o.kind not in ('member', 'partner')
           order by array_position(array['central', 'ministry', 'association'], o.kind), n.reading, o.organisation_id"#
    );
    Ok(rows.fetch_all(tx).await?.into_iter().map(|r| (r.organisation_id, [r.ja, r.en])).collect())
}

/// CEPTOARs with their names, in the directory's order.
pub async fn ceptoars(tx: &mut PgConnection) -> sqlx::Result<Vec<(String, [String; 2])>> {
    let rows = sqlx::query!(
        "select c.ceptoar_id, n.ja, n.en from ceptoars c
         join ceptoar_names n on n.ceptoar_id = c.ceptoar_id and n.valid @> viewer_today()
         order by c.position, c.ceptoar_id"
    );
    Ok(rows.fetch_all(tx).await?.into_iter().map(|r| (r.ceptoar_id, [r.ja, r.en])).collect())
}

/// Which requests of two persons to look for.
#[derive(Debug, Clone, Copy)]
pub enum Wanted {
    /// All that wait.
    Waiting,
    /// All about one person.
    About(AccountId),
    /// One.
    One(GrantRequestId),
}

/// Requests of two persons.
pub async fn requests(tx: &mut PgConnection, wanted: Wanted) -> sqlx::Result<Vec<GrantRequest>> {
    let (one, about) = match wanted {
        Wanted::Waiting => (None, None),
        Wanted::About(account) => (None, Some(account.0)),
        Wanted::One(request) => (Some(request.0), None),
    };
    let rows = sqlx::query!(
        r#"select request_id as "request_id!: GrantRequestId", account_id as "account_id!: AccountId",
                  display_name as "display_name!", purpose as "purpose!: RequestPurpose", role as "role: Role",
                  organisation_id as "organisation_id: OrganisationId", organisation_ja, organisation_en, ceptoar_id,
                  ceptoar_ja, ceptoar_en, window_label, window_position, begins_on, ends_on, reason as "reason!",
                  asked_by as "asked_by!: AccountId", asked_by_name as "asked_by_name!", asked_at as "asked_at!",
                  decision as "decision: Decision", decided_by_name, decided_at, waits as "waits!",
                  handlers_answer as "handlers_answer!", asked_address,
                  sign_in_name, mail_address, made_at, made_by_name
           from people_requests($1, $2)"#,
        one,
        about
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| GrantRequest {
            id: r.request_id,
            display_name: r.display_name,
            purpose: r.purpose,
            role: r.role,
            organisation: r.organisation_ja.zip(r.organisation_en).map(|(ja, en)| [ja, en]),
            ceptoar: r.ceptoar_ja.zip(r.ceptoar_en).map(|(ja, en)| [ja, en]),
            window: r.window_label.zip(r.window_position),
            begins_on: r.begins_on,
            ends_on: r.ends_on,
            reason: r.reason,
            asked_by: r.asked_by_name,
            asked_at: r.asked_at,
            decision: r.decision,
            decided_by: r.decided_by_name,
            decided_at: r.decided_at,
            asked_address: r.asked_address,
            known: r.sign_in_name.zip(r.made_at).map(|(sign_in_name, made_at)| Known {
                sign_in_name,
                mail_address: r.mail_address,
                made_at,
                made_by: r.made_by_name,
            }),
            facts: RequestFacts {
                account_id: r.account_id,
                asked_by: r.asked_by,
                waiting: r.waits && r.decision.is_none(),
                firm: r.role.filter(|role| role.is_members()).zip(r.organisation_id).map(|(role, organisation_id)| {
                    let hat = Hat { role, organisation_id, ceptoar_id: r.ceptoar_id };
                    FirmFacts { hat, handlers_answer: r.handlers_answer }
                }),
            },
        })
        .collect())
}

/// Everything that the person of a request is or will be; for others than the asker, while it waits.
pub async fn request_duties(tx: &mut PgConnection, id: GrantRequestId) -> sqlx::Result<Vec<HeldDuty>> {
    let rows = sqlx::query!(
        r#"select role as "role!: Role", organisation_ja as "organisation_ja!", organisation_en as "organisation_en!",
                  ceptoar_ja, ceptoar_en, begins_on, ends_on
           from people_request_duties($1)"#,
        id.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let duty = rows.map(|r| HeldDuty {
        role: r.role,
        organisation: [r.organisation_ja, r.organisation_en],
        ceptoar: r.ceptoar_ja.zip(r.ceptoar_en).map(|(ja, en)| [ja, en]),
        begins_on: r.begins_on,
        ends_on: r.ends_on,
    });
    Ok(duty.collect())
}
