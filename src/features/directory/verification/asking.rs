//! Opening a round and asking again: every letter with its own link, in batches.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::occasion::Occasion;
use super::proven::store::GroupToAsk;
use super::round::Scope;
use super::store::{self, ToAsk};
use super::{letters, paths};
use crate::features::access::Viewer;
use crate::kernel::ids::ContactId;
use crate::platform::mail::letter::Letter;
use crate::platform::security::token::Token;

/// Letters that are written at a time: a few hundred kilobytes.
pub const BATCH: usize = 500;

/// Which windows of a CEPTOAR are meant.
#[derive(Debug, Clone, Copy)]
pub enum Whom<'a> {
    /// Every one.
    All,
    /// Those without a fresh proof.
    Unproven,
    /// Those of the members in a group.
    Group(&'a GroupToAsk),
    /// These.
    Chosen(&'a [ContactId]),
}

impl Whom<'_> {
    /// As what the round remembers them.
    #[must_use]
    pub fn scope(self) -> Scope {
        match self {
            Self::All => Scope::All,
            Self::Unproven => Scope::Unproven,
            Self::Group(_) => Scope::Group,
            Self::Chosen(_) => Scope::Chosen,
        }
    }
}

/// A round to open.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// Of which CEPTOAR.
    pub ceptoar_id: &'a str,
    /// Whom it asks.
    pub whom: Whom<'a>,
    /// Until when answers are wanted.
    pub due_on: NaiveDate,
}

/// What came of asking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// Windows of the round.
    pub windows: usize,
    /// Letters to them.
    pub letters: usize,
}

/// Opens a round and asks its windows; `None` where another one is open.
///
/// # Errors
/// When the database fails, or a name cannot stand in a mail.
pub async fn open(
    tx: &mut PgConnection,
    viewer: &Viewer,
    opening: Opening<'_>,
    base_url: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<(Uuid, Asked)>> {
    let round_id = Uuid::new_v4();
    if !store::open(tx, round_id, viewer.account_id, opening, now).await? {
        return Ok(None);
    }
    let windows = store::windows(tx, opening.ceptoar_id, opening.whom, now).await?;
    let asked = ask(tx, (round_id, opening.due_on), &windows, base_url, now).await?;
    Ok(Some((round_id, asked)))
}

/// Asks windows for the first time in a round. Who was asked in another one just now gets no letter yet.
async fn ask(
    tx: &mut PgConnection,
    (round_id, due_on): (Uuid, NaiveDate),
    windows: &[ToAsk],
    base_url: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Asked> {
    let mut asked = Asked { windows: windows.len(), letters: 0 };
    for batch in windows.chunks(BATCH) {
        let sent = write(batch, due_on, None, base_url)?;
        asked.letters += sent.iter().flatten().count();
        let mails = store::send(tx, batch, &sent, now).await?;
        store::ask(tx, round_id, batch, &sent, &mails, now).await?;
    }
    Ok(asked)
}

/// Adds windows to a round that runs and that the caller has locked; those of them that are in it already are asked again
/// where [`remind`] would.
///
/// # Errors
/// As [`open`].
pub async fn add(
    tx: &mut PgConnection,
    (ceptoar_id, round_id, due_on): (&str, Uuid, NaiveDate),
    chosen: &[ContactId],
    base_url: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Asked> {
    let there = store::in_round(tx, round_id, chosen).await?;
    let mut windows = store::windows(tx, ceptoar_id, Whom::Chosen(chosen), now).await?;
    windows.retain(|window| !there.contains(&window.contact_id));
    let new = ask(tx, (round_id, due_on), &windows, base_url, now).await?;
    let mut silent = store::silent(tx, round_id, now).await?;
    silent.retain(|window| there.contains(&window.contact_id));
    let again = again(tx, (round_id, due_on), &silent, base_url, now).await?;
    Ok(Asked { windows: new.windows + again.windows, letters: new.letters + again.letters })
}

/// Asks those again who did not answer, and those who moved and have another address now.
///
/// # Errors
/// As [`open`].
pub async fn remind(
    tx: &mut PgConnection,
    round_id: Uuid,
    due_on: NaiveDate,
    base_url: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Asked> {
    let windows = store::silent(tx, round_id, now).await?;
    again(tx, (round_id, due_on), &windows, base_url, now).await
}

async fn again(
    tx: &mut PgConnection,
    (round_id, due_on): (Uuid, NaiveDate),
    windows: &[ToAsk],
    base_url: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Asked> {
    let mut asked = Asked { windows: windows.len(), letters: 0 };
    for batch in windows.chunks(BATCH) {
        let sent = write(batch, due_on, None, base_url)?;
        asked.letters += sent.iter().flatten().count();
        let mails = store::send(tx, batch, &sent, now).await?;
        store::ask_again(tx, round_id, batch, &sent, &mails, now).await?;
    }
    Ok(asked)
}

/// A letter with the hash of its link.
#[derive(Debug)]
pub struct Linked {
    /// The letter.
    pub letter: Letter,
    /// What is stored of the link.
    pub token_hash: Vec<u8>,
}

/// The letters of a batch; none for a window without a mail address, or that was asked just now.
///
/// # Errors
/// When no token can be made, or a name cannot stand in a mail.
pub fn write(
    batch: &[ToAsk],
    due_on: NaiveDate,
    again: Option<Occasion>,
    base_url: &str,
) -> anyhow::Result<Vec<Option<Linked>>> {
    batch
        .iter()
        .map(|window| {
            if window.address.is_none() || window.asked_lately.is_some() {
                return Ok(None);
            }
            let token = Token::random()?;
            let letter = letters::asking(
                window,
                &format!("{base_url}{}", paths::answer(&token, window.language)),
                due_on,
                again,
            )?;
            Ok(Some(Linked { letter, token_hash: token.hash() }))
        })
        .collect()
}
