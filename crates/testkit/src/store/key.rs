//! Object keys, ordered by their UTF-8 bytes as S3 lists them.

use std::borrow::Borrow;

/// The longest key that S3 accepts, in bytes.
const MAX_KEY_BYTES: usize = 1024;

/// An object key that can be looked up by raw bytes, so that a listing can seek past a prefix even where the position
/// after it isn't valid UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Key {
    fn from(key: &str) -> Self {
        Self(key.to_owned())
    }
}

// `str` and `[u8]` compare alike: both by bytes.
impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Whether S3 accepts this key: any text of 1 to 1,024 bytes.
pub(crate) fn is_legal_key(key: &str) -> bool {
    (1..=MAX_KEY_BYTES).contains(&key.len())
}

/// The smallest byte string greater than everything that starts with `prefix`; none if nothing is greater.
pub(crate) fn after_prefix(prefix: &str) -> Option<Vec<u8>> {
    let mut bytes = prefix.as_bytes().to_vec();
    while let Some(last) = bytes.pop() {
        if last < u8::MAX {
            bytes.push(last + 1);
            return Some(bytes);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{after_prefix, is_legal_key};

    #[test]
    fn what_follows_a_prefix_is_greater_than_all_its_keys() {
        let after = after_prefix("a/").unwrap();
        assert!("a/\u{10ffff}".as_bytes() < after.as_slice());
        assert!(after.as_slice() <= "a0".as_bytes());
        assert_eq!(after_prefix(""), None);
    }

    #[test]
    fn keys_have_1_to_1024_bytes() {
        assert!(!is_legal_key(""));
        assert!(is_legal_key(&"k".repeat(1024)));
        assert!(!is_legal_key(&"é".repeat(513)));
    }
}
