//! Each file has a key of its own. Who destroys the key destroys the file, wherever copies of it lie.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use uuid::Uuid;

/// The key of one file.
pub struct FileKey([u8; 32]);

/// A file's content cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The system gives no random numbers.
    #[error("no random numbers")]
    Random,
    /// The content is not what was sealed, or the key is another one.
    #[error("the content does not fit its key")]
    Broken,
}

/// Bytes before the sealed content.
const NONCE: usize = 24;

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey(…)")
    }
}

impl FileKey {
    /// A new key.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn new() -> Result<Self, SealError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|_| SealError::Random)?;
        Ok(Self(key))
    }

    /// The key as it is stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A key as it was stored.
    ///
    /// # Errors
    /// When it has another length.
    pub fn from_bytes(stored: &[u8]) -> Result<Self, SealError> {
        Ok(Self(stored.try_into().map_err(|_| SealError::Broken)?))
    }

    /// Seals a part of a file. The file and the place of the part are sealed in, so that nothing can be swapped.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn seal(&self, file: Uuid, place: i32, content: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| SealError::Random)?;
        let aad = place_of(file, place);
        let payload = Payload { msg: content, aad: &aad };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Broken)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens a part.
    ///
    /// # Errors
    /// When it is not what was sealed for this place of this file.
    pub fn open(&self, file: Uuid, place: i32, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(SealError::Broken)?;
        let aad = place_of(file, place);
        let payload = Payload { msg: sealed, aad: &aad };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError::Broken)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(self.0))
    }
}

fn place_of(file: Uuid, place: i32) -> [u8; 20] {
    let mut aad = [0; 20];
    aad[..16].copy_from_slice(file.as_bytes());
    aad[16..].copy_from_slice(&place.to_be_bytes());
    aad
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_file_and_place_open_it() {
        let (key, other) = (FileKey::new().expect("a key"), FileKey::new().expect("a key"));
        let (file, another) = (Uuid::new_v4(), Uuid::new_v4());
        let sealed = key.seal(file, 3, b"content").expect("sealed");
        assert_ne!(sealed, key.seal(file, 3, b"content").expect("sealed"), "never twice the same");
        assert!(!sealed.windows(7).any(|w| w == b"content"));
        assert_eq!(key.open(file, 3, &sealed).expect("opened"), b"content");
        assert!(other.open(file, 3, &sealed).is_err());
        assert!(key.open(another, 3, &sealed).is_err());
        assert!(key.open(file, 4, &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open(file, 3, &changed).is_err(), "{at}");
            assert!(key.open(file, 3, &sealed[..at]).is_err(), "{at}");
        }
        assert_eq!(format!("{key:?}"), "FileKey(…)");
    }
}
