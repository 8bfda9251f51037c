//! The text of an error: one fragment that names what it was about, and says what to do.

use std::fmt;

use super::context::Inner;
use super::{Error, ErrorKind};

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind, bucket, key, path, attempts, is_budget_spent, reason, region, place, ..
        } = &*self.0;
        formatter.write_str(kind.words())?;
        match (bucket, key) {
            (Some(bucket), Some(key)) if bucket.contains("://") => {
                write!(formatter, ": {bucket}/{key}")?;
            }
            (Some(bucket), Some(key)) => write!(formatter, ": s3://{bucket}/{key}")?,
            (Some(bucket), None) => write!(formatter, ": {bucket}")?,
            (None, Some(key)) => write!(formatter, ": {key:?}")?,
            (None, None) => {}
        }
        if let Some(path) = path {
            write!(formatter, ": {}", path.display())?;
        }
        if let Some(reason) = reason {
            write!(formatter, ": {reason}")?;
        }
        if let Some(place) = place {
            write!(formatter, " in {place}")?;
        }
        self.write_known(formatter)?;
        if *kind == ErrorKind::AccessDenied {
            self.write_access_denied(formatter)?;
        }
        if let Some(region) = region {
            write!(formatter, "; use region {region}")?;
        }
        let is_local = bucket.as_ref().is_some_and(|bucket| bucket.starts_with("file://"));
        if let Some(advice) = kind.advice(is_local) {
            write!(formatter, "; {advice}")?;
        }
        if *attempts > 1 {
            write!(formatter, " (after {attempts} attempts)")?;
        }
        if *is_budget_spent {
            formatter.write_str("; no more repetitions are left")?;
        }
        Ok(())
    }
}

impl Error {
    fn write_known(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 12;
        if let Some(nearest) = &self.0.nearest {
            write!(formatter, "; did you mean {nearest:?}?")?;
        }
        if !self.0.known.is_empty() {
            let shown: Vec<&str> = self.0.known.iter().take(SHOWN).map(String::as_str).collect();
            write!(formatter, "; there is: {}", shown.join(", "))?;
            if self.0.known.len() > SHOWN {
                write!(formatter, " and {} more", self.0.known.len() - SHOWN)?;
            }
        }
        Ok(())
    }

    fn write_access_denied(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.permission {
            Some("s3:GetObject") => formatter.write_str(
                "; either s3:GetObject is not granted or the object does not exist: only with s3:ListBucket does the \
                 server tell these apart",
            ),
            Some(permission) => {
                write!(formatter, "; {permission} is not granted")?;
                self.0.encryption_key.iter().try_for_each(|key| write!(formatter, " on {key}"))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn h13_a_denied_object_may_also_be_a_missing_one() {
        let error = Error::new(ErrorKind::AccessDenied)
            .with_bucket("prod")
            .with_key("a/b.csv")
            .with_permission("s3:GetObject");
        let text = error.to_string();
        assert!(text.contains("s3://prod/a/b.csv"), "{text}");
        assert!(
            text.contains("s3:GetObject is not granted or the object does not exist"),
            "{text}"
        );
        assert!(text.contains("s3:ListBucket"), "{text}");
    }

    #[test]
    fn an_unknown_name_comes_with_the_nearest_and_the_existing_ones() {
        let known = vec!["clean".to_owned(), "delays".to_owned(), "ingest".to_owned()];
        let error = Error::unknown(ErrorKind::UnknownStep, "claen", known);
        assert_eq!(error.nearest(), Some("clean"));
        assert_eq!(
            error.to_string(),
            "no such step: \"claen\"; did you mean \"clean\"?; there is: clean, delays, ingest"
        );
    }

    #[test]
    fn the_text_never_repeats_its_source() {
        let source =
            std::io::Error::new(std::io::ErrorKind::StorageFull, "no space left on device");
        let error = Error::io("/data/x", source);
        assert_eq!(error.kind(), ErrorKind::DiskFull);
        assert!(!error.to_string().contains("no space left"), "{error}");
        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some("no space left on device")
        );
    }
}
