//! What is private, as a scenario says it.

use globset::{GlobBuilder, GlobMatcher};

use super::pattern::Pattern;
use super::{Mask, Masker, Secret};
use crate::{Error, ErrorKind, Result};

/// What is private in the data of a scenario, and how it is masked wherever it would leave a run: in events and so in every report, and
/// in the logs that are kept. The data itself, in the run's directory and in the cache, stays as it is.
///
/// Columns are masked by name; their values are also looked for in free text, such as what a step prints. Patterns are looked for
/// everywhere.
///
/// ```
/// use reenact_real_data_tester::{Mask, Masking, Scenario};
///
/// let masking = Masking::new()
///     .with_column("customer_id", Mask::Hash)
///     .with_column("*_name", Mask::Fake)
///     .with_column("age", Mask::Bucket(10.0))
///     .with_pattern("email", Mask::Redact)
///     .with_expression("employee", r"EMP-\d{6}", Mask::Hash)
///     .with_key_variable("ACME_MASKING_KEY");
/// let scenario = Scenario::builder("sales").masking(masking).build()?;
/// # Ok::<(), reenact_real_data_tester::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Masking {
    columns: Vec<(String, Mask)>,
    patterns: Vec<(String, Option<String>, Mask)>,
    key: Key,
}

/// Where the key comes from.
#[derive(Clone, Debug, Default)]
enum Key {
    /// A new one for each run.
    #[default]
    Random,
    Given(Secret),
    Variable(String),
}

impl Masking {
    /// Begins with nothing masked.
    pub fn new() -> Self {
        Self::default()
    }

    /// Masks the columns whose name fits `name`, where `*` stands for any letters and `?` for one; upper and lower case are the same.
    /// What is in a struct or an object is named by path, as `customer.name`; of a struct or an object that is named, all that is in it is masked.
    ///
    /// The columns of CSV and TSV files without a header are `column_1`, `column_2` and so on, as in reports; whoever masks one of a
    /// file by such a name says that the file has no header.
    ///
    /// Of two that fit a column, a name without such signs decides, and else the first.
    pub fn with_column(mut self, name: impl Into<String>, mask: Mask) -> Self {
        self.columns.push((name.into(), mask));
        self
    }

    /// Masks what fits the pattern known as `name`: `email`, `card_number`, `iban`, `phone_number`, `ip_address` or `access_key`.
    pub fn with_pattern(mut self, name: impl Into<String>, mask: Mask) -> Self {
        self.patterns.push((name.into(), None, mask));
        self
    }

    /// Masks what fits a regular expression.
    pub fn with_expression(
        mut self,
        name: impl Into<String>,
        regex: impl Into<String>,
        mask: Mask,
    ) -> Self {
        self.patterns.push((name.into(), Some(regex.into()), mask));
        self
    }

    /// Derives the key of hashes and made-up values from a text. By default each run has a key of its own.
    pub fn with_key(mut self, text: &str) -> Self {
        self.key = Key::Given(Secret::from_text(text));
        self
    }

    /// Derives the key from the text of an environment variable, which must be set when a run starts.
    pub fn with_key_variable(mut self, name: impl Into<String>) -> Self {
        self.key = Key::Variable(name.into());
        self
    }

    /// Checks it, and makes it ready for one run.
    pub(crate) fn compile(&self) -> Result<Masker> {
        Ok(Masker::new(self.secret()?, self.columns()?, self.patterns()?))
    }

    /// Checks everything but the key, which is needed by a run only.
    pub(crate) fn check(&self) -> Result<()> {
        self.columns()?;
        self.patterns().map(drop)
    }

    fn columns(&self) -> Result<Vec<(GlobMatcher, Mask)>> {
        let mut columns = Vec::new();
        for (name, mask) in &self.columns {
            if let Mask::Bucket(width) = mask
                && !(width.is_finite() && *width > 0.0)
            {
                return Err(Error::scenario(format!(
                    "the buckets of column `{name}` are {width} wide: give a number above 0"
                )));
            }
            let glob = GlobBuilder::new(name).case_insensitive(true).build().map_err(|error| {
                Error::caused(ErrorKind::Scenario, format!("`{name}` names no column"), error)
            })?;
            columns.push((glob.compile_matcher(), *mask, name.contains(['*', '?', '[', '{'])));
        }
        columns.sort_by_key(|(.., is_pattern)| *is_pattern);
        Ok(columns.into_iter().map(|(glob, mask, _)| (glob, mask)).collect())
    }

    fn patterns(&self) -> Result<Vec<Pattern>> {
        let compiled = |(name, regex, mask): &(String, Option<String>, Mask)| {
            Pattern::new(name, regex.as_deref(), *mask)
        };
        self.patterns.iter().map(compiled).collect()
    }

    fn secret(&self) -> Result<Secret> {
        match &self.key {
            Key::Random => Secret::random(),
            Key::Given(secret) => Ok(secret.clone()),
            Key::Variable(name) => match std::env::var(name) {
                Ok(text) if !text.is_empty() => Ok(Secret::from_text(&text)),
                _ => Err(Error::scenario(format!(
                    "the masking key is in the environment variable `{name}`, which is not set"
                ))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_masked_is_refused() {
        let refused = |masking: Masking| masking.compile().unwrap_err().to_string();
        assert!(refused(Masking::new().with_column("age", Mask::Bucket(0.0))).contains("0 wide"));
        assert!(refused(Masking::new().with_column("[", Mask::Hash)).contains("names no column"));
        assert!(refused(Masking::new().with_pattern("mail", Mask::Hash)).contains("`mail`"));
        let unset = Masking::new().with_key_variable("REENACT_NO_SUCH_VARIABLE");
        assert!(refused(unset).contains("`REENACT_NO_SUCH_VARIABLE`, which is not set"));
    }

    #[test]
    fn the_key_is_never_shown() {
        assert!(!format!("{:?}", Masking::new().with_key("hunter2")).contains("hunter2"));
    }
}
