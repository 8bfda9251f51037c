//! What to say when a name is not known: those that are, and the nearest of them.

use crate::text::Visible;

use std::fmt;

/// How many names are kept for an error.
const MOST: usize = 20;

/// How alike two names must be for one to be a slip of the other, from 0 to 1.
const ALIKE: f64 = 0.7;

/// A name that is not known, and those that are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unknown {
    what: &'static str,
    name: String,
    nearest: Option<String>,
    available: Vec<String>,
    total: usize,
}

impl Unknown {
    /// Compares `name` with all known names, ignoring case.
    pub(crate) fn among<I>(what: &'static str, name: &str, known: I) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let folded = name.to_lowercase();
        let mut best: Option<(f64, String)> = None;
        let mut available = Vec::new();
        let mut total = 0;
        for candidate in known {
            let candidate = candidate.as_ref();
            let likeness =
                strsim::normalized_damerau_levenshtein(&folded, &candidate.to_lowercase());
            if likeness >= ALIKE && best.as_ref().is_none_or(|(highest, _)| likeness > *highest) {
                best = Some((likeness, candidate.to_owned()));
            }
            if available.len() < MOST {
                available.push(candidate.to_owned());
            }
            total += 1;
        }
        Self { what, name: name.to_owned(), nearest: best.map(|(_, name)| name), available, total }
    }

    pub(crate) fn nearest(&self) -> Option<&str> {
        self.nearest.as_deref()
    }

    pub(crate) fn available(&self) -> &[String] {
        &self.available
    }
}

impl std::error::Error for Unknown {}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, name, nearest, available, total } = self;
        write!(f, "there is no {what} `{}`", Visible(name))?;
        if let Some(nearest) = nearest {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        match total - available.len() {
            _ if available.is_empty() => write!(f, "; there is none at all"),
            0 => write!(f, "; there are {}", available.join(", ")),
            more => write!(f, "; there are {} and {more} more", available.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_gets_the_nearest_name() {
        let unknown = Unknown::among("step", "Claen", ["ingest", "clean", "delays"]);
        assert_eq!(
            unknown.to_string(),
            "there is no step `Claen`; did you mean `clean`?; there are ingest, clean, delays"
        );
    }

    #[test]
    fn a_name_unlike_all_others_gets_none() {
        assert_eq!(Unknown::among("step", "zzz", ["clean"]).nearest(), None);
        let none = Unknown::among("step", "x", [""; 0]).to_string();
        assert_eq!(none, "there is no step `x`; there is none at all");
    }

    #[test]
    fn a_thousand_names_are_not_listed() {
        let names: Vec<_> = (0..1000).map(|n| format!("step{n}")).collect();
        let unknown = Unknown::among("step", "x", &names);
        assert_eq!(unknown.available().len(), MOST);
        assert!(unknown.to_string().ends_with("step19 and 980 more"), "{unknown}");
    }
}
