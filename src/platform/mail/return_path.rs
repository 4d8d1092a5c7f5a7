//! Addresses to which one copy comes back: notices that it could not be delivered (`b.`), and replies (`r.`).
//!
//! `portal+b.<token>@ceptoar.example`. The token is the delivery's id and a keyed hash of it, so that nothing has to be stored
//! and nobody can name a delivery of which they had no mail. Each purpose has a key of its own: whoever is sent a copy may
//! reply to it, and cannot make its bounce out of that.

use uuid::Uuid;

use crate::kernel::ids::DeliveryId;
use crate::platform::security::secret_key::SecretKey;

/// Bytes of the hash: what can be tried online alone need not be longer.
const PROOF: usize = 10;
/// Characters of a token: 26 bytes, five bits each.
const TOKEN: usize = 42;
/// Longest local part (RFC 5321).
const LOCAL: usize = 64;
/// Longest local part of the portal's own address: a plus sign, the purpose and its dot follow.
pub const OWN_LOCAL: usize = LOCAL - TOKEN - 3;
/// As in RFC 4648, in small letters: a relay may change their case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The envelope's sender: where notices about the copy go.
    Bounce,
    /// Reply-To: where people's replies go.
    Reply,
}

impl Purpose {
    const ALL: [Self; 2] = [Self::Bounce, Self::Reply];

    fn letter(self) -> char {
        match self {
            Self::Bounce => 'b',
            Self::Reply => 'r',
        }
    }

    fn used_for(self) -> &'static str {
        match self {
            Self::Bounce => "mail-bounce",
            Self::Reply => "mail-reply",
        }
    }
}

/// Makes such addresses and reads them.
#[derive(Debug, Clone)]
pub struct ReturnPaths {
    key: SecretKey,
    local: String,
    domain: String,
}

impl ReturnPaths {
    /// Addresses below the portal's own; `None` where that is none, or its local part is too long.
    #[must_use]
    pub fn new(key: SecretKey, own: &str) -> Option<Self> {
        let (local, domain) = own.rsplit_once('@')?;
        let fits = !local.is_empty() && local.len() <= OWN_LOCAL && !domain.is_empty();
        fits.then(|| Self { key, local: local.to_owned(), domain: domain.to_owned() })
    }

    /// The local part of a copy's address.
    #[must_use]
    pub fn local(&self, purpose: Purpose, delivery: DeliveryId) -> String {
        format!("{}+{}.{}", self.local, purpose.letter(), self.token(purpose, delivery))
    }

    /// The domain of all of them.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The address of a copy.
    #[must_use]
    pub fn address(&self, purpose: Purpose, delivery: DeliveryId) -> String {
        format!("{}@{}", self.local(purpose, delivery), self.domain)
    }

    /// Which copy an address belongs to, and what for; `None` for every address that the portal has not made.
    #[must_use]
    pub fn read(&self, address: &str) -> Option<(Purpose, DeliveryId)> {
        let (local, domain) = address.rsplit_once('@')?;
        let (own, rest) = local.split_once('+').filter(|_| domain.eq_ignore_ascii_case(&self.domain))?;
        let (letter, token) = rest.split_once('.').filter(|_| own.eq_ignore_ascii_case(&self.local))?;
        let purpose = Purpose::ALL.into_iter().find(|p| letter.eq_ignore_ascii_case(&p.letter().to_string()))?;
        let bytes = decode(token)?;
        let (id, proof) = bytes.split_first_chunk::<16>()?;
        let delivery = DeliveryId(Uuid::from_bytes(*id));
        is_same(proof, &self.proof(purpose, delivery)).then_some((purpose, delivery))
    }

    fn proof(&self, purpose: Purpose, delivery: DeliveryId) -> Vec<u8> {
        let mut digest = self.key.digest(purpose.used_for(), delivery.0.as_bytes());
        digest.truncate(PROOF);
        digest
    }

    fn token(&self, purpose: Purpose, delivery: DeliveryId) -> String {
        let proof = self.proof(purpose, delivery);
        encode(delivery.0.as_bytes().iter().copied().chain(proof))
    }
}

/// Takes as long for a first wrong byte as for a last one.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |wrong, (a, b)| wrong | (a ^ b)) == 0
}

fn encode(bytes: impl Iterator<Item = u8>) -> String {
    let (mut text, mut bits, mut held) = (String::with_capacity(TOKEN), 0_u32, 0_u32);
    let letter = |five: u32| char::from(ALPHABET[(five & 31) as usize]);
    for byte in bytes {
        held = held << 8 | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(letter(held >> bits));
            held &= (1 << bits) - 1;
        }
    }
    if bits > 0 {
        text.push(letter(held << (5 - bits)));
    }
    text
}

/// The bytes of a token, and no other writing of the same ones.
fn decode(token: &str) -> Option<Vec<u8>> {
    if token.len() != TOKEN {
        return None;
    }
    let (mut bytes, mut bits, mut held) = (Vec::with_capacity(26), 0_u32, 0_u32);
    for letter in token.bytes() {
        let place = ALPHABET.iter().position(|l| *l == letter.to_ascii_lowercase())?;
        held = held << 5 | u32::try_from(place).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    (held == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paths() -> ReturnPaths {
        let key = SecretKey::parse(&SecretKey::generate().unwrap()).unwrap();
        ReturnPaths::new(key, "portal@ceptoar.example").unwrap()
    }

    #[test]
    fn an_address_names_its_copy_for_its_purpose_alone() {
        let (paths, delivery) = (paths(), DeliveryId::random());
        for purpose in Purpose::ALL {
            let address = paths.address(purpose, delivery);
            assert_eq!(paths.read(&address), Some((purpose, delivery)));
            assert_eq!(paths.read(&address.to_uppercase()), Some((purpose, delivery)), "relays may change the case");
            assert!(address.split('@').next().unwrap().len() <= LOCAL);
        }
        let (bounce, reply) = (paths.address(Purpose::Bounce, delivery), paths.address(Purpose::Reply, delivery));
        assert_eq!(paths.read(&reply.replace("+r.", "+b.")), None);
        assert_eq!(paths.read(&bounce.replace("+b.", "+r.")), None);
        assert_eq!(paths.read(&reply.replace("ceptoar", "other")), None);
        assert_eq!(paths.read(&reply.replace("portal", "someone")), None);
        assert_eq!(super::tests::paths().read(&reply), None, "another key");
        assert!(ReturnPaths::new(paths.key.clone(), &format!("{}@x.example", "a".repeat(OWN_LOCAL + 1))).is_none());
        assert!(ReturnPaths::new(paths.key, &format!("{}@x.example", "a".repeat(OWN_LOCAL))).is_some());
    }

    proptest! {
        #[test]
        fn one_changed_letter_is_noticed(bytes in any::<[u8; 16]>(), at in 0..TOKEN, by in 1..32_usize) {
            let (paths, delivery) = (paths(), DeliveryId(Uuid::from_bytes(bytes)));
            let address = paths.address(Purpose::Reply, delivery);
            let mut changed = address.clone().into_bytes();
            let place = "portal+r.".len() + at;
            let letter = ALPHABET.iter().position(|l| *l == changed[place]).unwrap();
            changed[place] = ALPHABET[(letter + by) % 32];
            prop_assert_eq!(paths.read(&String::from_utf8(changed).unwrap()), None);
        }

        #[test]
        fn nonsense_is_no_address(text in "\\PC{0,90}") {
            let paths = paths();
            prop_assert_eq!(paths.read(&text), None);
            let address = format!("portal+b.{text}@ceptoar.example");
            prop_assert_eq!(paths.read(&address), None);
        }
    }
}
