//! What can be parsed in a box: a name, a plain function, and the type of its answer.

use std::marker::PhantomData;

use serde::Serialize;

use super::limits::Needs;

/// Why something cannot be read, in a word for logs; never foreign text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub &'static str);

/// One row of the table: the name by which the parent asks, and the function that answers.
#[derive(Debug, Clone, Copy)]
pub struct Parser {
    /// The name.
    pub kind: &'static str,
    /// From foreign bytes to an answer.
    pub parse: fn(&[u8]) -> Result<serde_json::Value, Unreadable>,
}

/// The name of a parser, with the type that its answers have.
#[derive(Debug)]
pub struct Kind<T> {
    /// The name, as in the table.
    pub name: &'static str,
    /// What it needs beyond the usual.
    pub needs: Option<Needs>,
    answer: PhantomData<fn() -> T>,
}

impl<T> Kind<T> {
    /// A kind; a [`Parser`] of the same name has to be in the table.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, needs: None, answer: PhantomData }
    }

    /// A kind whose answers are larger than usual, or take longer.
    #[must_use]
    pub const fn needing(name: &'static str, needs: Needs) -> Self {
        Self { name, needs: Some(needs), answer: PhantomData }
    }
}

impl<T> Clone for Kind<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Kind<T> {}

/// The answer of a parser, as it travels.
///
/// # Errors
/// When the answer cannot be written as JSON.
pub fn answer<T: Serialize>(value: &T) -> Result<serde_json::Value, Unreadable> {
    serde_json::to_value(value).map_err(|_| Unreadable("an answer that is no JSON"))
}

/// Puts several pieces into one input: each after its length.
#[must_use]
pub fn pack(pieces: &[&[u8]]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(pieces.iter().map(|piece| piece.len() + 8).sum());
    for piece in pieces {
        packed.extend_from_slice(&(piece.len() as u64).to_be_bytes());
        packed.extend_from_slice(piece);
    }
    packed
}

/// Takes the pieces apart again.
///
/// # Errors
/// When the lengths do not fit what is there.
pub fn unpack(mut packed: &[u8]) -> Result<Vec<&[u8]>, Unreadable> {
    const BROKEN: Unreadable = Unreadable("a broken frame");
    let mut pieces = Vec::new();
    while !packed.is_empty() {
        let (length, rest) = packed.split_first_chunk::<8>().ok_or(BROKEN)?;
        let length = usize::try_from(u64::from_be_bytes(*length)).map_err(|_| BROKEN)?;
        let (piece, rest) = rest.split_at_checked(length).ok_or(BROKEN)?;
        pieces.push(piece);
        packed = rest;
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_out_as_they_went_in() {
        for pieces in [vec![], vec![&b""[..]], vec![&b"a"[..], b"", b"bc"]] {
            assert_eq!(unpack(&pack(&pieces)), Ok(pieces));
        }
        for broken in [&b"1234567"[..], &[0, 0, 0, 0, 0, 0, 0, 2, 1], &[255; 9]] {
            assert!(unpack(broken).is_err());
        }
    }
}
