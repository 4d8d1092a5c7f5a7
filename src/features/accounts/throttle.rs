//! Counting attempts, in the database, before anything is looked up: real and unreal names cost the same,
//! and a restart gives nobody new tries.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::store;
use crate::kernel::ids::AccountId;

/// Over what time most things are counted.
pub const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Wrong codes of an app within a week, after which it is closed.
pub const CODES_A_WEEK: i32 = 20;
const OF_A_NAME_HERE: i32 = 10;
const OF_A_NAME_ANYWHERE: i32 = 50;
const WEEK: TimeDelta = TimeDelta::days(7);
/// Where a name signed in within this time, strangers' guesses elsewhere do not keep it out.
const KNOWN_PLACE: TimeDelta = TimeDelta::days(30);

/// Something that is counted, with how often it may happen in a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Sign-ins from one address.
    Address(IpAddr),
    /// Sign-ins from an address over its limit, of names that signed in from there lately.
    KnownAt(IpAddr),
    /// The same of names that did not; none of them gets in, and counting makes the work equal.
    UnknownAt(IpAddr),
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
    /// Codes tried after a right password, by whoever knows it.
    SecondProof(AccountId),
    /// Passwords tried with a link for a new enrolment, by whoever has the link.
    RecoveryProof(AccountId),
    /// Wrong second proofs after a right password.
    WrongSecond(AccountId),
    /// Wrong codes of FAX sheets typed by a desk.
    ReceiptCode(AccountId),
}

impl Counted {
    fn subject(self) -> String {
        match self {
            Self::Address(address) => format!("address:{}", network(address)),
            Self::KnownAt(address) => format!("known-address:{}", network(address)),
            Self::UnknownAt(address) => format!("unknown-address:{}", network(address)),
            Self::Passkey(address) => format!("passkey:{}", network(address)),
            Self::Ticket(address) => format!("ticket:{}", network(address)),
            Self::LetterFrom(address) => format!("letter:{}", network(address)),
            Self::LetterOf(account) => format!("letters-of:{account}"),
            Self::Proof(account) => format!("proof:{account}"),
            Self::SecondProof(account) => format!("second-proof:{account}"),
            Self::RecoveryProof(account) => format!("recovery-proof:{account}"),
            Self::WrongSecond(account) => format!("wrong-second:{account}"),
            Self::ReceiptCode(account) => format!("receipt-code:{account}"),
        }
    }

    fn limit(self) -> i32 {
        match self {
            Self::Address(_) => 100,
            Self::KnownAt(_) | Self::UnknownAt(_) | Self::Passkey(_) => 300,
            Self::Ticket(_) => 60,
            Self::LetterFrom(_) | Self::ReceiptCode(_) => 20,
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

/// It was right after all, and counts for nothing.
///
/// # Errors
/// When the database cannot be reached.
pub async fn take_back(tx: &mut PgConnection, counted: Counted) -> sqlx::Result<()> {
    store::take_back_attempt(tx, &counted.subject()).await
}

/// What the limits say to one more sign-in. `first` is the one in each window that the trail hears of: writing each
/// one down would let strangers fill the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Go on.
    Yes,
    /// Too many here, or of this name everywhere. The work is done all the same, and whatever is wrong is answered as
    /// too many: else the answer or its time would tell which names are known.
    RightOnly {
        /// The name signed in from here lately: its right password gets in.
        known: bool,
        /// The first such refusal.
        first: bool,
    },
    /// Too many of this name from here.
    No {
        /// The first such refusal.
        first: bool,
    },
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
    /// anybody's name elsewhere, or one stranger could keep a named person out.
    ///
    /// A company's people often share one address. What is typed there for other names does not keep out those who
    /// signed in from there lately: these have a bound of their own, and each name its ten as before, so no name can
    /// be guessed at any faster. Every step is the same for names that are known and names that are not, and so is
    /// the answer to a wrong password: nobody learns which names are known.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn charge(&self, tx: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Allowed> {
        let known = store::is_known_place(tx, &self.pair(), now - KNOWN_PLACE).await?;
        let address = Counted::Address(self.address);
        let here = store::charge_attempt(tx, &address.subject(), now, WINDOW).await?;
        let over = here > address.limit();
        let pair = store::charge_attempt(tx, &self.pair(), now, WINDOW).await?;
        if pair > OF_A_NAME_HERE {
            let first = if over { here == address.limit() + 1 } else { pair == OF_A_NAME_HERE + 1 };
            return Ok(Allowed::No { first });
        }
        if over {
            // Both are counted, each apart from the other: strangers use up nothing of those who are known.
            let place = if known { Counted::KnownAt(self.address) } else { Counted::UnknownAt(self.address) };
            let too_many = charge(tx, place, now).await?;
            return Ok(Allowed::RightOnly { known: known && !too_many, first: here == address.limit() + 1 });
        }
        let anywhere = store::charge_attempt(tx, &format!("name:{}", self.digest), now, WINDOW).await?;
        if anywhere > OF_A_NAME_ANYWHERE {
            return Ok(Allowed::RightOnly { known, first: anywhere == OF_A_NAME_ANYWHERE + 1 });
        }
        Ok(Allowed::Yes)
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
