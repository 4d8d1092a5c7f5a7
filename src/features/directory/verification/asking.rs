//! Opening a round and asking again: every letter with its own link, in batches.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::occasion::Occasion;
use super::round::Scope;
use super::store::{self, ToAsk};
use super::{letters, paths};
use crate::features::access::Viewer;
use crate::platform::mail::letter::Letter;
use crate::platform::security::token::Token;

/// Letters that are written at a time: a few hundred kilobytes.
pub const BATCH: usize = 500;

/// A round to open.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// Of which CEPTOAR.
    pub ceptoar_id: &'a str,
    /// Whom it asks.
    pub scope: Scope,
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
    let windows = store::windows(tx, opening.ceptoar_id, opening.scope).await?;
    let mut asked = Asked { windows: windows.len(), letters: 0 };
    for batch in windows.chunks(BATCH) {
        let sent = write(batch, opening.due_on, None, base_url)?;
        asked.letters += sent.iter().flatten().count();
        let mails = store::send(tx, batch, &sent, now).await?;
        store::ask(tx, round_id, batch, &sent, &mails, now).await?;
    }
    Ok(Some((round_id, asked)))
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

/// The letters of a batch; none for a window without a mail address.
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
            if window.address.is_none() {
                return Ok(None);
            }
            let token = Token::random()?;
            let letter = letters::asking(window, &format!("{base_url}{}", paths::answer(&token)), due_on, again)?;
            Ok(Some(Linked { letter, token_hash: token.hash() }))
        })
        .collect()
}
