//! What stands in the place of a private value.

use serde::{Deserialize, Serialize};

/// How a private value is masked.
///
/// In TOML it is `"redact"`, `"hash"`, `"fake"` or `{ bucket = 10 }`. Equal values get equal masks within one run, and in every run with the
/// same key; what depends on the key is said of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mask {
    /// `<redacted>`; null in staged data.
    #[default]
    Redact,
    /// A keyed hash: 16 hexadecimal digits, or a whole number below 2^53 in the place of a number. Equal values stay equal, so joins hold, also between
    /// a number and its text; who does not have the key learns no more.
    Hash,
    /// The range of this width, from a multiple of it, that a number lies in; its lower end in staged data. What is no number is redacted.
    Bucket(f64),
    /// A made-up value of the same shape: letters for letters, digits for digits, all else as it is. Depends on the key; two values can get the
    /// same one, and the length shows.
    Fake,
}
