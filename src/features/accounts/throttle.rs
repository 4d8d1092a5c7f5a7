//! Counting attempts, in the database, before anything is looked up: real and unreal names cost the same,
//! and a restart gives nobody new tries.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::store;
use crate::kernel::ids::AccountId;

const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Wrong codes of an app within a week, after which it is closed.
pub const CODES_A_WEEK: i32 = 20;
const WEEK: TimeDelta = TimeDelta::days(7);
/// Where a name signed in within this time, strangers' guesses elsewhere do not keep it out.
const KNOWN_PLACE: TimeDelta = TimeDelta::days(30);

/// Something that is counted, with how often it may happen in a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Sign-ins from one address, of names that are not known there.
    Address(IpAddr),
    /// Sign-ins from one address, of names that signed in from there lately.
    KnownAt(IpAddr),
    /// Answers of passkeys from one address.
    Passkey(IpAddr),
    /// Links opened from one address.
    Ticket(IpAddr),
    /// Letters asked for from one address.
    LetterFrom(IpAddr),
    /// Letters that somebody signed in asks for.
    LetterOf(AccountId),
    /// Codes and passwords tried by somebody who is signed in. Whoever only knows the password cannot use these up.
    Proof(AccountId),
    /// Wrong second proofs after a right password.
    WrongSecond(AccountId),
}

    /// Codes tried after a right password, by whoever knows it.
    SecondProof(AccountId),
    /// Passwords tried with a link for a new enrolment, by whoever has the link.
    RecoveryProof(AccountId),
impl Counted {
    fn subject(self) -> String {
        match self {
            Self::Address(address) => format!("address:{}", network(address)),
            Self::KnownAt(address) => format!("known-address:{}", network(address)),
            Self::Passkey(address) => format!("passkey:{}", network(address)),
            Self::Ticket(address) => format!("ticket:{}", network(address)),
            Self::LetterFrom(address) => format!("letter:{}", network(address)),
            Self::LetterOf(account) => format!("letters-of:{account}"),
            Self::Proof(account) => format!("proof:{account}"),
            Self::WrongSecond(account) => format!("wrong-second:{account}"),
        }
    }

    fn limit(self) -> i32 {
            Self::SecondProof(account) => format!("second-proof:{account}"),
            Self::RecoveryProof(account) => format!("recovery-proof:{account}"),
        match self {
            Self::Address(_) => 100,
            Self::KnownAt(_) | Self::Passkey(_) => 300,
            Self::Ticket(_) => 60,
            Self::LetterFrom(_) => 20,
            Self::LetterOf(_) => 5,
            Self::Proof(_) | Self::SecondProof(_) | Self::RecoveryProof(_) => 15,
            Self::WrongSecond(_) => 4,
        }
    }
}

/// One more wrong second proof after a right password; true for the one in each window at which the person is
/// to hear that somebody knows their password.
///
/// # Errors
/// When the database cannot be reached.
pub async fn charge_wrong_second(
    tx: &mut PgConnection,
    account_id: AccountId,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let counted = Counted::WrongSecond(account_id);
    let count = store::charge_attempt(tx, &counted.subject(), now, WINDOW).await?;
    Ok(count == counted.limit() + 1)
}

/// One more six-digit code tried; answers how many within the week.
///
/// # Errors
/// When the database cannot be reached.
pub async fn charge_code(tx: &mut PgConnection, account_id: AccountId, now: DateTime<Utc>) -> sqlx::Result<i32> {
    store::charge_attempt(tx, &codes_of(account_id), now, WEEK).await
}

/// The code was right. The guesses before it stay counted: the owner's own sign-ins must not give a stranger new ones.
///
/// # Errors
/// When the database cannot be reached.
pub async fn take_back_code(tx: &mut PgConnection, account_id: AccountId) -> sqlx::Result<()> {
    store::take_back_attempt(tx, &codes_of(account_id)).await
}

/// The owner proved in another way who they are.
///
/// # Errors
/// When the database cannot be reached.
pub async fn forgive_codes(tx: &mut PgConnection, account_id: AccountId) -> sqlx::Result<()> {
    store::forgive_attempts(tx, &codes_of(account_id)).await
}

fn codes_of(account_id: AccountId) -> String {
    format!("codes-of:{account_id}")
}

/// One more of this; true when that was too many.
///
/// # Errors
/// When the database cannot be reached.
pub async fn charge(tx: &mut PgConnection, counted: Counted, now: DateTime<Utc>) -> sqlx::Result<bool> {
    Ok(store::charge_attempt(tx, &counted.subject(), now, WINDOW).await? > counted.limit())
}

/// What a limit says to one more sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Go on.
    Yes,
    /// Too many, for the first time in this window: the trail hears of it.
    FirstRefusal,
    /// Too many, as before. Writing each one down would let strangers fill the trail.
    Refused,
}

impl Allowed {
    fn of(count: i32, limit: i32) -> Self {
        match count - limit {
            i32::MIN..=0 => Self::Yes,
            1 => Self::FirstRefusal,
            2.. => Self::Refused,
        }
    }
}

/// A name and where it is typed.
#[derive(Debug, Clone)]
pub struct NameAndPlace {
    digest: String,
    address: IpAddr,
}

impl NameAndPlace {
    /// Of a canonical name.
    #[must_use]
    pub fn new(name: &str, address: IpAddr) -> Self {
        Self { digest: digest(name), address: network(address) }
    }

    fn pair(&self) -> String {
        format!("pair:{}:{}", self.digest, self.address)
    }

    /// One more sign-in. An address over its limit is not counted against
    /// anybody's name, or one stranger could keep a named person out.
    ///
    /// A company's people often share one address. What is typed there for other names does not count against
    /// those who signed in from there lately: these have a bound of their own, and each name its ten as before, so
    /// no name can be guessed at any faster. Both ways do the same work: nobody learns which names are known.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn charge(&self, tx: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Allowed> {
        let known = store::is_known_place(tx, &self.pair(), now - KNOWN_PLACE).await?;
        let address = if known { Counted::KnownAt(self.address) } else { Counted::Address(self.address) };
        let here = Allowed::of(store::charge_attempt(tx, &address.subject(), now, WINDOW).await?, address.limit());
        if here != Allowed::Yes {
            return Ok(here);
        }
        let pair = Allowed::of(store::charge_attempt(tx, &self.pair(), now, WINDOW).await?, 10);
        if pair != Allowed::Yes {
            return Ok(pair);
        }
        let anywhere = store::charge_attempt(tx, &format!("name:{}", self.digest), now, WINDOW).await?;
        match Allowed::of(anywhere, 50) {
            Allowed::Yes => Ok(Allowed::Yes),
            Allowed::FirstRefusal | Allowed::Refused if known => Ok(Allowed::Yes),
            refused @ (Allowed::FirstRefusal | Allowed::Refused) => Ok(refused),
        }
    }

    /// One more letter for the name; true when that was too many.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn charge_letter(&self, tx: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<bool> {
        Ok(charge(tx, Counted::LetterFrom(self.address), now).await?
            || store::charge_attempt(tx, &format!("letters:{}", self.digest), now, WINDOW).await? > 3)
    }

    /// Somebody signed in: the typing errors before are forgiven, and the place is known.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn succeeded(&self, tx: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<()> {
        store::forgive_attempts(tx, &self.pair()).await?;
        store::remember_place(tx, &self.pair(), now).await
    }
}

/// One IPv6 customer has a whole /64; one IPv4 address is one counter.
#[must_use]
pub fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let s = v6.segments();
            IpAddr::V6(std::net::Ipv6Addr::new(s[0], s[1], s[2], s[3], 0, 0, 0, 0))
        }
    }
}

/// A name as the trail and the counters know it: people type passwords into the name field.
#[must_use]
pub fn digest(name: &str) -> String {
    hex::encode(&Sha256::digest(name)[..16])
}
