//! The chain's arithmetic, a second time and apart from the database: what is wrong in one place must not be
//! wrong in the same way in the other.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash before the first event.
#[must_use]
pub fn genesis() -> Hash {
    Sha256::digest(b"ceptoar-portal audit chain 1").into()
}

/// The fields of an event in the order of the canonical form, as the database writes them.
pub type Fields<'a> = [Option<&'a str>; 9];

/// The hash of an event that follows `before`: SHA-256 over the hash before it and each field as 00 for
/// nothing, or 01, its length in bytes as four bytes, and its bytes.
#[must_use]
pub fn link(before: &Hash, fields: &Fields<'_>) -> Hash {
    let mut hash = Sha256::new();
    hash.update(before);
    for field in fields {
        match field {
            None => hash.update([0]),
            Some(text) => {
                hash.update([1]);
                hash.update(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
                hash.update(text.as_bytes());
            }
        }
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_and_an_empty_text_are_two_things() {
        let mut fields: Fields<'_> = [None; 9];
        let nothing = link(&genesis(), &fields);
        fields[2] = Some("");
        assert_ne!(nothing, link(&genesis(), &fields));
    }

    proptest! {
        #[test]
        fn text_that_moves_to_the_next_field_changes_the_hash(text in "\\PC{2,20}", cut in 0usize..20) {
            let cut = (0..=cut.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
            let (left, right) = text.split_at(cut);
            let mut whole: Fields<'_> = [None; 9];
            whole[3] = Some(&text);
            whole[4] = Some("");
            let mut parted = whole;
            parted[3] = Some(left);
            parted[4] = Some(right);
            prop_assume!(!right.is_empty());
            prop_assert_ne!(link(&genesis(), &whole), link(&genesis(), &parted));
        }
    }
}
