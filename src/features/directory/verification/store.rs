//! SQL of rounds and proofs.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::asking::{Linked, Opening, Whom};
use super::round::{self, Answer, FRESH_DAYS, PAUSE, Round, Scope, Standing};
use crate::kernel::ids::{AccountId, ContactId, OrganisationId};
use crate::kernel::language::Language;

/// After everything that warns.
pub const PRIORITY: i16 = 20;

/// A window that a round asks.
#[derive(Debug, Clone)]
pub struct ToAsk {
    /// The window.
    pub contact_id: ContactId,
    /// Whose.
    pub organisation_id: OrganisationId,
    /// Its organisation's name in Japanese and English.
    pub organisation: [String; 2],
    /// What it is called.
    pub label: String,
    /// The language of its mails.
    pub language: Language,
    /// Its first mail address.
    pub address: Option<String>,
    /// When it was asked last, where that was just now.
    pub asked_lately: Option<DateTime<Utc>>,
    /// Whether it has answered, and left a number of it unsaid.
    pub numbers_alone: bool,
}

struct ToAskRow {
    contact_id: ContactId,
    organisation_id: OrganisationId,
    label: String,
    language: String,
    ja: String,
    en: String,
    address: Option<String>,
    asked_lately: Option<DateTime<Utc>>,
    numbers_alone: bool,
}

impl From<ToAskRow> for ToAsk {
    fn from(r: ToAskRow) -> Self {
        Self {
            contact_id: r.contact_id,
            organisation_id: r.organisation_id,
            organisation: [r.ja, r.en],
            label: r.label,
            language: Language::from_code(&r.language),
            address: r.address,
            asked_lately: r.asked_lately,
            numbers_alone: r.numbers_alone,
        }
    }
}

/// The open windows of a CEPTOAR that are meant.
pub async fn windows(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    whom: Whom<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<ToAsk>> {
    let (group, chosen) = match whom {
        Whom::All | Whom::Unproven => (None, None),
        Whom::Group(group) => (Some(group.group_id.as_str()), None),
        Whom::Chosen(windows) => (None, Some(windows.iter().map(|window| window.0).collect::<Vec<Uuid>>())),
    };
    let rows = sqlx::query_as!(
        ToAskRow,
        r#"select k.contact_id as "contact_id: ContactId", k.organisation_id as "organisation_id: OrganisationId",
                  k.label, k.language, coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!", ch.value as "address?",
                  (select max(q.asked_at) from verification_requests q
                   where q.contact_id = k.contact_id and q.asked_value is not null and q.asked_at >= $6) as asked_lately,
                  false as "numbers_alone!"
           from contacts k
           left join organisation_names n on n.organisation_id = k.organisation_id and n.valid @> viewer_today()
           left join lateral (
             select c.value from contact_channels c
             where c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> viewer_today()
             order by c.position limit 1) ch on true
           where k.ceptoar_id = $1 and k.valid @> viewer_today()
             and k.organisation_id in (
               select b.organisation_id from bodies_on_the_road b where b.ceptoar_id = $1 and b.valid @> viewer_today())
             and ($2 <> 'unproven' or not exists (
               select from contact_channels c where c.contact_id = k.contact_id and c.valid @> viewer_today()
                 and c.last_verified_on > viewer_today() - $3::integer))
             and ($4::text is null or k.organisation_id in (
               select m.organisation_id from memberships m
               where m.ceptoar_id = $1 and m.subgroup_id = $4 and m.valid @> viewer_today()
               union all select g.organisation_id from group_members g
               where g.ceptoar_id = $1 and g.subgroup_id = $4 and g.valid @> viewer_today()))
             and ($5::uuid[] is null or k.contact_id = any ($5))
           order by n.reading, k.organisation_id, k.position"#,
        ceptoar_id,
        whom.scope().code(),
        i32::try_from(FRESH_DAYS).unwrap_or(i32::MAX),
        group,
        chosen.as_deref(),
        now - PAUSE
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(ToAsk::from).collect())
}

/// Which of some windows a round has asked.
pub async fn in_round(
    tx: &mut PgConnection,
    round_id: Uuid,
    windows: &[ContactId],
) -> sqlx::Result<HashSet<ContactId>> {
    let ids: Vec<Uuid> = windows.iter().map(|window| window.0).collect();
    let rows = sqlx::query_scalar!(
        r#"select contact_id as "contact_id: ContactId" from verification_requests where round_id = $1 and contact_id = any ($2)"#,
        round_id,
        &ids
    );
    Ok(rows.fetch_all(tx).await?.into_iter().collect())
}

/// Opens a round; `false` where another one is open.
pub async fn open(
    tx: &mut PgConnection,
    round_id: Uuid,
    by: AccountId,
    opening: Opening<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let group = match opening.whom {
        Whom::Group(group) => Some(group.code.as_str()),
        Whom::All | Whom::Unproven | Whom::Chosen(_) => None,
    };
    let done = sqlx::query!(
        "insert into verification_rounds (round_id, ceptoar_id, scope, due_on, opened_by, opened_at, group_code)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        round_id,
        opening.ceptoar_id,
        opening.whom.scope().code(),
        opening.due_on,
        by.0,
        now,
        group
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Queues the letters of a batch; the mail of each window that got one.
pub async fn send(
    tx: &mut PgConnection,
    batch: &[ToAsk],
    sent: &[Option<Linked>],
    now: DateTime<Utc>,
) -> sqlx::Result<HashMap<Uuid, Uuid>> {
    let letters: Vec<(&ToAsk, &str, &Linked)> = batch
        .iter()
        .zip(sent)
        .filter_map(|(window, linked)| Some((window, window.address.as_deref()?, linked.as_ref()?)))
        .collect();
    let column = |of: fn(&(&ToAsk, &str, &Linked)) -> String| letters.iter().map(of).collect::<Vec<String>>();
    let rows = sqlx::query!(
        r#"select contact_id as "contact_id!", mail_id as "mail_id!"
           from enqueue_window_letters($1, $2, $3, $4, $5, $6, $7, $8, $9)"#,
        &letters.iter().map(|(window, _, _)| window.contact_id.0).collect::<Vec<_>>(),
        &column(|(_, address, _)| (*address).to_owned()),
        &column(|(window, _, _)| window.label.clone()),
        &column(|(window, _, _)| window.language.code().to_owned()),
        &column(|(_, _, linked)| linked.letter.subject().to_owned()),
        &column(|(_, _, linked)| linked.letter.body().to_owned()),
        &letters.iter().map(|(_, _, l)| Sha256::digest(l.letter.body().as_bytes()).to_vec()).collect::<Vec<_>>(),
        PRIORITY,
        now
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|r| (r.contact_id, r.mail_id)).collect())
}

/// The columns of a batch of requests: window, organisation, address, hash of the link, mail.
type Columns = (Vec<Uuid>, Vec<Uuid>, Vec<Option<String>>, Vec<Option<Vec<u8>>>, Vec<Option<Uuid>>);

fn columns(batch: &[ToAsk], sent: &[Option<Linked>], mails: &HashMap<Uuid, Uuid>) -> Columns {
    (
        batch.iter().map(|window| window.contact_id.0).collect(),
        batch.iter().map(|window| window.organisation_id.0).collect(),
        batch.iter().map(|window| window.address.clone()).collect(),
        sent.iter().map(|linked| linked.as_ref().map(|l| l.token_hash.clone())).collect(),
        batch.iter().map(|window| mails.get(&window.contact_id.0).copied()).collect(),
    )
}

/// Writes down whom a round asks.
pub async fn ask(
    tx: &mut PgConnection,
    round_id: Uuid,
    batch: &[ToAsk],
    sent: &[Option<Linked>],
    mails: &HashMap<Uuid, Uuid>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let (windows, organisations, addresses, hashes, mails) = columns(batch, sent, mails);
    sqlx::query!(
        "insert into verification_requests (round_id, contact_id, organisation_id, asked_value, token_hash, mail_id, asked_at)
         select $1, q.window, q.organisation, q.address, q.hash, q.mail, coalesce(q.lately, $2)
         from unnest($3::uuid[], $4::uuid[], $5::text[], $6::bytea[], $7::uuid[], $8::timestamptz[])
           q (\"window\", organisation, address, hash, mail, lately)",
        round_id,
        now,
        &windows,
        &organisations,
        &addresses as &[Option<String>],
        &hashes as &[Option<Vec<u8>>],
        &mails as &[Option<Uuid>],
        &batch.iter().map(|window| window.asked_lately).collect::<Vec<_>>() as &[Option<DateTime<Utc>>]
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes down that they were asked again. Only the newest link of a window works; an answer that came meanwhile stays.
pub async fn ask_again(
    tx: &mut PgConnection,
    round_id: Uuid,
    batch: &[ToAsk],
    sent: &[Option<Linked>],
    mails: &HashMap<Uuid, Uuid>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let (windows, _, addresses, hashes, mails) = columns(batch, sent, mails);
    sqlx::query!(
        "update verification_requests r
         set asked_value = q.address, token_hash = q.hash, mail_id = q.mail, asked_at = $2, times = r.times + 1,
             answer = null, way = null, answered_at = null
         from unnest($3::uuid[], $4::text[], $5::bytea[], $6::uuid[]) q (\"window\", address, hash, mail)
         where r.round_id = $1 and r.contact_id = q.window
           and (r.answer is null or r.asked_value is distinct from q.address)",
        round_id,
        now,
        &windows,
        &addresses as &[Option<String>],
        &hashes as &[Option<Vec<u8>>],
        &mails as &[Option<Uuid>]
    )
    .execute(&mut *tx)
    .await?;
    // What a link said is not the desk's to write: who answered and is asked about numbers keeps the answer.
    sqlx::query!(
        "select verification_ask_numbers($1, $3, $4, $5, $6, $2)",
        round_id,
        now,
        &windows,
        &addresses as &[Option<String>],
        &hashes as &[Option<Vec<u8>>],
        &mails as &[Option<Uuid>]
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Who is to be asked again: the silent ones that were not asked just now, and those who can be reached elsewhere since
/// they answered.
pub async fn silent(tx: &mut PgConnection, round_id: Uuid, now: DateTime<Utc>) -> sqlx::Result<Vec<ToAsk>> {
    let rows = sqlx::query_as!(
        ToAskRow,
        r#"select q.contact_id as "contact_id: ContactId", q.organisation_id as "organisation_id: OrganisationId",
                  k.label, k.language, coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!", ch.value as "address?",
                  null::timestamptz as asked_lately,
                  coalesce(q.answer = 'alive' and q.asked_value = ch.value, false) as "numbers_alone!"
           from verification_requests q
           join contacts k on k.contact_id = q.contact_id and k.valid @> viewer_today()
           left join organisation_names n on n.organisation_id = q.organisation_id and n.valid @> viewer_today()
           join lateral (
             select c.value from contact_channels c
             where c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> viewer_today()
             order by c.position limit 1) ch on true
           where q.round_id = $1 and q.asked_at < $2
             and (q.answer is null or ch.value is distinct from q.asked_value
                  -- Its link still asks about numbers, as the reminders that go by themselves know.
                  or q.answer = 'alive' and q.way = 'link' and exists (
                    select from window_numbers(viewer_today()) u
                    where u.contact_id = q.contact_id and u.unproven and u.doubt is null))
           order by n.reading, q.organisation_id, k.position"#,
        round_id,
        now - PAUSE
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(ToAsk::from).collect())
}

/// The rounds of a CEPTOAR, the newest first.
pub async fn rounds(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<Vec<Round>> {
    sqlx::query_as!(
        Round,
        r#"select r.round_id, r.scope as "scope: Scope", r.group_code, r.due_on, r.opened_at, r.closed_at,
                  coalesce(q.windows, 0) as "windows!", coalesce(q.alive, 0) as "alive!"
           from (select * from verification_rounds where ceptoar_id = $1 order by opened_at desc limit 20) r
           left join lateral (
             select count(*) as windows, count(*) filter (where x.answer = 'alive') as alive
             from verification_requests x where x.round_id = r.round_id) q on true
           order by r.opened_at desc"#,
        ceptoar_id
    )
    .fetch_all(tx)
    .await
}

/// Until when the round that runs asks for answers; `None` where it is over, or not of this CEPTOAR.
pub async fn running_until(tx: &mut PgConnection, ceptoar_id: &str, round_id: Uuid) -> sqlx::Result<Option<NaiveDate>> {
    sqlx::query_scalar!(
        "select due_on from verification_rounds where round_id = $1 and ceptoar_id = $2 and closed_at is null for update",
        round_id,
        ceptoar_id
    )
    .fetch_optional(tx)
    .await
}

/// A window in a round.
#[derive(Debug, Clone)]
pub struct RequestRow {
    /// The window.
    pub contact_id: ContactId,
    /// Whose.
    pub organisation_id: OrganisationId,
    /// Its organisation's name in Japanese and English.
    pub organisation: [String; 2],
    /// What it is called.
    pub label: String,
    /// How it stands.
    pub standing: Standing,
    /// When it was asked last.
    pub asked_at: DateTime<Utc>,
    /// How often.
    pub times: i16,
    /// What it said besides.
    pub remark: String,
    /// How many of its numbers it called wrong.
    pub wrong_numbers: i64,
}

impl RequestRow {
    /// Whether somebody has to mend something.
    #[must_use]
    pub fn needs_mending(&self) -> bool {
        self.standing < Standing::Waiting || self.wrong_numbers > 0
    }
}

/// All windows of a round, what needs somebody first.
pub async fn requests(tx: &mut PgConnection, round_id: Uuid) -> sqlx::Result<Vec<RequestRow>> {
    let rows = sqlx::query!(
        r#"select q.contact_id as "contact_id: ContactId", q.organisation_id as "organisation_id: OrganisationId",
                  coalesce(k.label, '') as "label!", coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!",
                  q.asked_value is not null as "asked!", q.asked_at, q.times, q.answer as "answer: Answer",
                  q.way as "way: round::Way", q.remark,
                  coalesce(l.state in ('refused', 'expired'), false) as "came_back!", coalesce(u.wrong, 0) as "wrong!"
           from verification_requests q
           left join contacts k on k.contact_id = q.contact_id and k.valid @> viewer_today()
           left join organisation_names n on n.organisation_id = q.organisation_id and n.valid @> viewer_today()
           left join verification_letters($1) l on l.contact_id = q.contact_id
           -- Few windows call a number wrong: of these alone it is asked whether it still is.
           left join (select c.contact_id, count(*) as wrong from window_numbers(viewer_today()) c
                      where c.doubt is not null
                        and c.contact_id in (select d.contact_id from window_number_doubts d where d.round_id = $1)
                      group by 1) u on u.contact_id = q.contact_id
           where q.round_id = $1
           order by n.reading, q.organisation_id, k.position"#,
        round_id
    )
    .fetch_all(tx)
    .await?;
    let mut rows: Vec<RequestRow> = rows
        .into_iter()
        .map(|r| RequestRow {
            contact_id: r.contact_id,
            organisation_id: r.organisation_id,
            organisation: [r.ja, r.en],
            label: r.label,
            standing: Standing::of(r.answer.zip(r.way), r.asked, r.came_back),
            asked_at: r.asked_at,
            times: r.times,
            remark: r.remark,
            wrong_numbers: r.wrong,
        })
        .collect();
    rows.sort_by_key(|row| (!row.needs_mending(), row.standing));
    Ok(rows)
}

/// Ends a round; `false` where it is over already, or not the viewer's.
pub async fn close(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    round_id: Uuid,
    by: AccountId,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update verification_rounds set closed_by = $3, closed_at = $4
         where round_id = $1 and ceptoar_id = $2 and closed_at is null",
        round_id,
        ceptoar_id,
        by.0,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
