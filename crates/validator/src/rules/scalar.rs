//! One value as a rule file writes it.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A value that a rule holds cells against.
///
/// Times are text: `2013-01-31`, `2013-01-31T08:00:00` or with a zone `2013-01-31T08:00:00Z`. TOML's own dates and
/// times are read as such text. A time without a zone is taken as UTC.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Scalar {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any other finite number.
    Float(f64),
    /// Text, or a time.
    Text(String),
}

impl Scalar {
    /// Returns a number as a double; `None` for what is no number.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Boolean(_) | Self::Text(_) => None,
        }
    }

    /// Returns a time in nanoseconds since 1970-01-01T00:00:00Z; `None` for what is no time.
    pub(crate) fn nanoseconds(&self) -> Option<i128> {
        let Self::Text(text) = self else { return None };
        let text = text.trim();
        let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
        let time = time
            .or_else(|_| text.parse::<NaiveDateTime>().map(|time| time.and_utc()))
            .or_else(|_| {
                NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
                    .map(|time| time.and_utc())
            })
            .or_else(|_| {
                text.parse::<NaiveDate>().map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc())
            })
            .ok()?;
        Some(
            i128::from(time.timestamp()) * 1_000_000_000
                + i128::from(time.timestamp_subsec_nanos()),
        )
    }
}

impl From<bool> for Scalar {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i32> for Scalar {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<i64> for Scalar {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Scalar {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Scalar {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Scalar {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a text, a time, true or false")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Boolean(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Integer(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(i64::try_from(value).map_or(Scalar::Float(value as f64), Scalar::Integer))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Scalar, E> {
        if value.is_finite() {
            Ok(Scalar::Float(value))
        } else {
            Err(E::custom("a value must be a finite number"))
        }
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.to_owned()))
    }

    /// TOML hands its dates and times over as a map of one member.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        match map.next_entry::<String, String>()? {
            Some((name, text)) if name == "$__toml_private_datetime" => Ok(Scalar::Text(text)),
            _ => Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_usual_spelling() {
        let nanoseconds = |text: &str| Scalar::from(text).nanoseconds();
        assert_eq!(nanoseconds("1970-01-02"), Some(86_400_000_000_000));
        assert_eq!(nanoseconds("1970-01-01T00:00:01.5"), Some(1_500_000_000));
        assert_eq!(nanoseconds("1970-01-01 00:00:01"), Some(1_000_000_000));
        assert_eq!(nanoseconds("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(nanoseconds("tomorrow"), None);
    }

    #[test]
    fn toml_dates_are_times() {
        #[derive(Deserialize)]
        struct Holder {
            at: Scalar,
        }
        let read = |text: &str| toml::from_str::<Holder>(text).map(|holder| holder.at);
        assert_eq!(read("at = 2013-01-31").unwrap(), Scalar::from("2013-01-31"));
        assert_eq!(
            read("at = 2013-01-31T08:00:00Z").unwrap(),
            Scalar::from("2013-01-31T08:00:00Z")
        );
        assert_eq!(read("at = 3").unwrap(), Scalar::Integer(3));
        assert!(read("at = { a = 1 }").is_err());
        assert!(read("at = inf").is_err());
    }
}
