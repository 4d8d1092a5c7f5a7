//! What windows answer: by the link in the letter, or on the telephone.

pub mod store;
