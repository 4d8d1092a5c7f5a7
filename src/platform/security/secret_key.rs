//! The portal's own key: encrypts what must be read again, and makes hashes that the database alone
//! cannot be searched for.

use std::sync::Arc;

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit as _, Payload};
use hmac::{Hmac, Mac};
use sha2::Sha256;

const NONCE: usize = 24;

/// A 256-bit key that is not in the database. What it is used for each has a key derived from it.
#[derive(Clone)]
pub struct SecretKey(Arc<[u8; 32]>);

/// The setting is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("PORTAL_SECRET_KEY must be 32 bytes as 64 hexadecimal digits (make one: openssl rand -hex 32)")]
pub struct NoKey;

/// Something cannot be encrypted or read: another key, or bytes that were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored secret cannot be read: is PORTAL_SECRET_KEY the one it was stored under?")]
pub struct Sealing;

impl SecretKey {
    /// Reads the setting.
    ///
    /// # Errors
    /// [`NoKey`] when it is not 32 bytes, or nothing but one byte repeated.
    pub fn parse(text: &str) -> Result<Self, NoKey> {
        let bytes = hex::decode(text.trim()).map_err(|_| NoKey)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| NoKey)?;
        if bytes.iter().all(|b| *b == bytes[0]) {
            return Err(NoKey);
        }
        Ok(Self(Arc::new(bytes)))
    }

    /// A fresh key, as text for a file.
    ///
    /// # Errors
    /// When the system's generator fails.
    pub fn generate() -> Result<String, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(hex::encode(bytes))
    }

    /// A keyed hash, under a key of its own for each use.
    #[must_use]
    pub fn digest(&self, used_for: &str, bytes: &[u8]) -> Vec<u8> {
        keyed(&keyed(&self.0, used_for.as_bytes()), bytes).to_vec()
    }

    /// Encrypts a secret. It can be read only with what it `belongs_to`: moved to another row it is worthless.
    ///
    /// # Errors
    /// [`Sealing`] when the system's generator fails.
    pub fn seal(&self, used_for: &str, belongs_to: &[u8], secret: &[u8]) -> Result<Vec<u8>, Sealing> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| Sealing)?;
        let sealed = self.cipher(used_for)?.encrypt(&nonce.into(), Payload { msg: secret, aad: belongs_to });
        let mut stored = nonce.to_vec();
        stored.extend(sealed.map_err(|_| Sealing)?);
        Ok(stored)
    }

    /// Reads what [`SecretKey::seal`] made.
    ///
    /// # Errors
    /// [`Sealing`] under another key, for another owner, or when it was changed.
    pub fn open(&self, used_for: &str, belongs_to: &[u8], stored: &[u8]) -> Result<Vec<u8>, Sealing> {
        let (nonce, sealed) = stored.split_first_chunk::<NONCE>().ok_or(Sealing)?;
        let cipher = self.cipher(used_for)?;
        cipher.decrypt(&(*nonce).into(), Payload { msg: sealed, aad: belongs_to }).map_err(|_| Sealing)
    }

    fn cipher(&self, used_for: &str) -> Result<XChaCha20Poly1305, Sealing> {
        XChaCha20Poly1305::new_from_slice(&keyed(&self.0, used_for.as_bytes())).map_err(|_| Sealing)
    }
}

fn keyed(key: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    // HMAC fills a short key up with zeros; a whole block cannot be refused.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&block.into());
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_32_bytes_in_hexadecimal() {
        let hex = SecretKey::generate().expect("a key");
        assert!(SecretKey::parse(&hex).is_ok());
        for text in ["", "short", &hex[2..], &"00".repeat(32), "changeme"] {
            assert_eq!(SecretKey::parse(text).err(), Some(NoKey), "{text:?}");
        }
    }

    #[test]
    fn a_sealed_secret_opens_only_for_its_owner_use_and_key() {
        let key = || SecretKey::parse(&SecretKey::generate().expect("text")).expect("a key");
        let (one, other) = (key(), key());
        let stored = one.seal("totp", b"anne", b"secret").expect("sealed");
        assert!(!stored.windows(6).any(|w| w == b"secret"));
        assert_eq!(one.open("totp", b"anne", &stored).expect("opened"), b"secret");
        assert_eq!(one.open("totp", b"bert", &stored), Err(Sealing));
        assert_eq!(one.open("else", b"anne", &stored), Err(Sealing));
        assert_eq!(other.open("totp", b"anne", &stored), Err(Sealing));
        assert_ne!(stored, one.seal("totp", b"anne", b"secret").expect("sealed"), "never the same twice");
        assert_ne!(one.digest("codes", b"x"), other.digest("codes", b"x"));
    }
}
