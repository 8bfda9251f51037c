//! Order-preserving 64-bit keys of numbers and times.

use arrow::datatypes::{DataType, TimeUnit};
use chrono::DateTime;

use crate::table::seconds;

/// What the keys of a column stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeySpace {
    Float,
    Integer,
    Unsigned,
    /// Ticks since 1970, and how many make a second.
    Ticks(i64),
    /// Days since 1970.
    Days,
}

const SIGN: u64 = 1 << 63;

/// Returns a key that sorts as the double does. There is one zero; not-a-number has no key.
pub(crate) fn float_key(value: f64) -> u64 {
    // Adding zero turns the negative zero into the positive one. The rest is without a branch.
    let bits = (value + 0.0).to_bits();
    let negative = (bits.cast_signed() >> 63).cast_unsigned();
    bits ^ (negative | SIGN)
}

/// Returns a key that sorts as the integer does.
pub(crate) fn integer_key(value: i64) -> u64 {
    value.cast_unsigned() ^ SIGN
}

impl KeySpace {
    /// Returns the keys of a canonical type; `None` if it is neither of numbers nor of times.
    pub(crate) fn of(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Int64 => Self::Integer,
            DataType::UInt64 => Self::Unsigned,
            DataType::Float64 | DataType::Decimal128(..) => Self::Float,
            DataType::Date32 => Self::Days,
            DataType::Timestamp(TimeUnit::Nanosecond, _) => Self::Ticks(1_000_000_000),
            DataType::Timestamp(..) => Self::Ticks(1_000_000),
            _ => return None,
        })
    }

    /// Whether the keys are points in time.
    pub(crate) fn is_time(self) -> bool {
        matches!(self, Self::Ticks(_) | Self::Days)
    }

    /// Returns a key that is the same for the same number as an integer and as a float.
    pub(crate) fn key_in_all(self, key: u64) -> u64 {
        match self {
            Self::Float => {
                let number = self.number(key);
                let is_integer = number.fract() == 0.0 && number.abs() < 2f64.powi(63);
                if is_integer { integer_key(number as i64) } else { key }
            }
            Self::Unsigned => i64::try_from(key).map_or(key, integer_key),
            Self::Integer | Self::Ticks(_) | Self::Days => key,
        }
    }

    /// Appends the numbers of some keys.
    pub(crate) fn numbers(self, keys: &[u64], numbers: &mut Vec<f64>) {
        // What a key stands for is asked once rather than for each.
        match self {
            Self::Float => numbers.extend(keys.iter().map(|key| Self::Float.number(*key))),
            Self::Integer => numbers.extend(keys.iter().map(|key| Self::Integer.number(*key))),
            Self::Unsigned => numbers.extend(keys.iter().map(|key| Self::Unsigned.number(*key))),
            Self::Ticks(ticks) => {
                numbers.extend(keys.iter().map(|key| Self::Ticks(ticks).number(*key)));
            }
            Self::Days => numbers.extend(keys.iter().map(|key| Self::Days.number(*key))),
        }
    }

    /// Returns a number as people read it: of times the date, or the time in UTC to the microsecond.
    pub(crate) fn show(self, value: f64) -> String {
        let time = || DateTime::from_timestamp_micros((value * 1e6).round() as i64);
        let shown = match self {
            Self::Days => time().map(|time| time.date_naive().to_string()),
            Self::Ticks(_) => time().map(|time| time.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string()),
            Self::Float | Self::Integer | Self::Unsigned => None,
        };
        shown.unwrap_or_else(|| value.to_string())
    }

    /// Returns the number of a key: the value itself, or seconds since 1970.
    #[inline]
    pub(crate) fn number(self, key: u64) -> f64 {
        let integer = || (key ^ SIGN).cast_signed();
        match self {
            Self::Float => f64::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN }),
            Self::Integer => integer() as f64,
            Self::Unsigned => key as f64,
            Self::Ticks(per_second) => seconds(integer(), per_second),
            Self::Days => integer() as f64 * 86_400.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_and_return_their_values() {
        let values = [f64::NEG_INFINITY, -1e300, -1.5, -5e-324, 0.0, 5e-324, 1.0, f64::INFINITY];
        let keys = values.map(float_key);
        assert!(keys.is_sorted());
        assert_eq!(keys.map(|key| KeySpace::Float.number(key)), values);
        assert_eq!(float_key(-0.0), float_key(0.0));
        let integers = [i64::MIN, -1, 0, 7, i64::MAX];
        assert!(integers.map(integer_key).is_sorted());
        assert_eq!(KeySpace::Integer.number(integer_key(-7)), -7.0);
        let seven = [KeySpace::Float.key_in_all(float_key(7.0)), KeySpace::Unsigned.key_in_all(7)];
        assert_eq!(seven, [integer_key(7); 2]);
        assert_ne!(KeySpace::Float.key_in_all(float_key(7.5)), integer_key(7));
        assert_eq!(KeySpace::Ticks(1_000).number(integer_key(-1_500)), -1.5);
    }
}
