//! The code on a FAX sheet (受領コード): eight digits that belong to one item, one member and one CEPTOAR.
//!
//! It is derived with the portal's key and stored nowhere: nothing has to be made in advance for thousands of members,
//! and whoever reads the database learns no code. The last digit checks the others (Damm), so that a slip of the tongue
//! or two digits turned round name nobody else's firm.

use uuid::Uuid;

use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::text::half_width;
use crate::platform::security::secret_key::SecretKey;

const USE: &str = "receipt-code";
const DIGITS: usize = 8;
const CODES: u64 = 10_000_000;

/// Damm's quasigroup of order ten: finds every wrong digit and every pair of neighbours turned round.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// A code whose check digit is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(u64);

/// Why something typed is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCode {
    /// Not eight digits.
    Form,
    /// The check digit says that one of them is wrong.
    Slip,
}

impl Code {
    /// The code of a member for an item.
    #[must_use]
    pub fn of(key: &SecretKey, id: AdvisoryId, ceptoar: &str, organisation: OrganisationId) -> Self {
        let named: Vec<u8> =
            [id.0, organisation.0].iter().flat_map(Uuid::as_bytes).copied().chain(ceptoar.bytes()).collect();
        let digest = key.digest(USE, &named);
        let number = digest.iter().take(8).fold(0, |n: u64, byte| n << 8 | u64::from(*byte)) % CODES;
        Self(number * 10 + u64::from(check(&format!("{number:07}"))))
    }

    /// Reads what somebody typed: spaces, hyphens and full-width digits are no mistake.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(typed: &str) -> Result<Self, NoCode> {
        let digits: String = half_width(typed).chars().filter(|c| !is_between(*c)).collect();
        if digits.len() != DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NoCode::Form);
        }
        let number = digits.parse().map_err(|_| NoCode::Form)?;
        if check(&digits) == 0 { Ok(Self(number)) } else { Err(NoCode::Slip) }
    }

    /// 4821-7730: in two groups, as one reads it out.
    #[must_use]
    pub fn spoken(self) -> String {
        let digits = format!("{:08}", self.0);
        let (first, second) = digits.split_at(DIGITS / 2);
        format!("{first}-{second}")
    }
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '‐' | '‑' | '–' | '—' | '―' | '−' | 'ー' | 'ｰ' | '－')
}

fn check(digits: &str) -> u8 {
    digits.bytes().fold(0, |state, digit| DAMM[usize::from(state)][usize::from(digit - b'0') % 10])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_belongs_to_item_ceptoar_and_member() {
        let key = SecretKey::parse(&SecretKey::generate().unwrap()).unwrap();
        let (id, organisation) = (AdvisoryId::random(), OrganisationId::random());
        let code = Code::of(&key, id, "banks", organisation);
        assert_eq!(code, Code::of(&key, id, "banks", organisation));
        assert_ne!(code, Code::of(&key, id, "gas", organisation));
        assert_ne!(code, Code::of(&key, AdvisoryId::random(), "banks", organisation));
        assert_ne!(code, Code::of(&key, id, "banks", OrganisationId::random()));
        assert_eq!(Code::parse(&code.spoken()), Ok(code));
        let full_width: String = code.spoken().chars().map(|c| if c == '-' { '－' } else { wide(c) }).collect();
        assert_eq!(Code::parse(&format!(" {full_width}　")), Ok(code));
    }

    fn wide(c: char) -> char {
        char::from_u32(u32::from(c) + 0xfee0).unwrap()
    }

    #[test]
    fn every_slip_of_one_digit_or_two_neighbours_is_noticed() {
        let key = SecretKey::parse(&SecretKey::generate().unwrap()).unwrap();
        let code = Code::of(&key, AdvisoryId::random(), "banks", OrganisationId::random());
        let digits: Vec<u8> = code.spoken().bytes().filter(u8::is_ascii_digit).collect();
        for place in 0..DIGITS {
            for digit in b'0'..=b'9' {
                let mut slip = digits.clone();
                slip[place] = digit;
                let text = String::from_utf8(slip.clone()).unwrap();
                assert_eq!(Code::parse(&text).is_ok(), slip == digits, "{text}");
            }
            let mut turned = digits.clone();
            turned.swap(place, (place + 1).min(DIGITS - 1));
            let text = String::from_utf8(turned.clone()).unwrap();
            assert_eq!(Code::parse(&text).is_ok(), turned == digits, "{text}");
        }
        for nonsense in ["", "1234", "123456789", "1234567a", "'; drop table"] {
            assert_eq!(Code::parse(nonsense), Err(NoCode::Form), "{nonsense}");
        }
    }
}
