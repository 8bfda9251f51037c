//! How much of the data a run takes, and by what.

use std::fmt;

use reenact_downloader::{DiscoveredOutput, ObjectMeta};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Which part of its inputs a run takes.
///
/// What is taken is decided by a hash, not drawn: the same part in every run with the same seed, and of inputs that are joined the rows
/// with the same key.
///
/// ```
/// use reenact_real_data_tester::{SampleBy, Sampling};
///
/// let sampling = Sampling::new("1%", SampleBy::Key(vec!["customer_id".to_owned()]))?;
/// assert_eq!(sampling.to_string(), "1 % by key customer_id");
/// assert!(Sampling::new("200%", SampleBy::Row).is_err());
/// # Ok::<(), reenact_real_data_tester::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sampling {
    /// The share that is taken, above 0 and at most 1.
    pub share: f64,
    /// By what it is taken.
    pub by: SampleBy,
    /// Another seed takes another part.
    pub seed: u64,
}

/// By what a part is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", content = "key", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SampleBy {
    /// Whole files, at least one of each input: the others are not even fetched.
    File,
    /// Rows, each by its number in its file.
    Row,
    /// Rows, by the values of these columns: rows with the same key are taken together, in whichever input. Inputs without these columns are
    /// taken whole.
    Key(Vec<String>),
}

impl Sampling {
    /// Takes a share, such as `1%` or `0.01`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`](crate::ErrorKind::Scenario) if it is not above 0 and at most 1, or if a key has no column.
    pub fn new(share: &str, by: SampleBy) -> Result<Self> {
        let number = match share.trim().strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
            None => share.trim().parse(),
        };
        let fits = |share: &f64| *share > 0.0 && *share <= 1.0;
        let Some(share) = number.ok().filter(fits) else {
            return Err(Error::scenario(format!(
                "`{share}` is no share: give more than 0 and at most 1, such as 0.01 or 1%"
            )));
        };
        if matches!(&by, SampleBy::Key(columns) if columns.is_empty()) {
            return Err(Error::scenario("a sample by key names no column"));
        }
        Ok(Self { share, by, seed: 0 })
    }

    /// Takes another part. By default the seed is 0.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Tells whether what goes by this text is taken.
    pub(super) fn takes<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> bool {
        // Of 64 bits a float holds 53: no share is told from its neighbour by more.
        #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
        let place = (self.rank(parts) >> 11) as f64 / (1_u64 << 53) as f64;
        place < self.share
    }

    /// Returns where what goes by this text stands among all others.
    pub(super) fn rank<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> u64 {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_le_bytes());
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut bytes = [0; 8];
        hasher.finalize_xof().fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// Takes the objects of an output that are in the sample.
    pub(crate) fn objects(&self, output: &DiscoveredOutput) -> Vec<ObjectMeta> {
        self.files(&output.objects, |object| {
            object.key.strip_prefix(&output.root).unwrap_or(&object.key)
        })
    }

    /// Of files takes those that are in the sample, at least one; they keep their order.
    fn files<T: Clone>(&self, files: &[T], name: impl Fn(&T) -> &str) -> Vec<T> {
        if self.by != SampleBy::File {
            return files.to_vec();
        }
        let taken: Vec<T> = files.iter().filter(|file| self.takes([name(file)])).cloned().collect();
        if taken.is_empty() {
            files.iter().min_by_key(|file| self.rank([name(file)])).cloned().into_iter().collect()
        } else {
            taken
        }
    }
}

impl fmt::Display for Sampling {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} % by ", self.share * 100.0)?;
        match &self.by {
            SampleBy::File => formatter.write_str("file"),
            SampleBy::Row => formatter.write_str("row"),
            SampleBy::Key(columns) => write!(formatter, "key {}", columns.join(", ")),
        }?;
        if self.seed == 0 { Ok(()) } else { write!(formatter, ", seed {}", self.seed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_the_share_is_taken_and_always_the_same() {
        let sampling = Sampling::new("10%", SampleBy::Row).unwrap();
        let keys: Vec<String> = (0..20_000).map(|key| key.to_string()).collect();
        let taken = |sampling: &Sampling| {
            keys.iter().filter(|key| sampling.takes([key.as_str()])).collect::<Vec<_>>()
        };
        let first = taken(&sampling);
        // Binomial with n = 20,000 and p = 0.1: these are six standard deviations.
        assert!((1_745..2_255).contains(&first.len()), "{}", first.len());
        assert_eq!(first, taken(&sampling));
        assert_ne!(first, taken(&sampling.clone().with_seed(1)));
        let smaller = taken(&Sampling::new("1%", SampleBy::Row).unwrap());
        assert!(
            smaller.iter().all(|key| first.contains(key)),
            "a smaller share is part of a larger"
        );
    }

    #[test]
    fn at_least_one_file_is_taken() {
        let sampling = Sampling::new("0.000001", SampleBy::File).unwrap();
        let files = ["a".to_owned(), "b".to_owned()];
        assert_eq!(sampling.files(&files, |file| file).len(), 1);
        let all = Sampling::new("1", SampleBy::File).unwrap();
        assert_eq!(all.files(&files, |file| file), files);
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for share in ["0", "-1%", "101%", "NaN", "x", ""] {
            assert!(Sampling::new(share, SampleBy::Row).is_err(), "{share}");
        }
        assert!(Sampling::new("1%", SampleBy::Key(Vec::new())).is_err());
    }
}
