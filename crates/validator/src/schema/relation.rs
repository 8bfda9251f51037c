//! How two column types relate: the widening lattice.

use arrow::datatypes::{DataType, TimeUnit};

/// How the candidate's type of a column relates to the reference's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The same values, perhaps encoded in another way.
    Same,
    /// One side is nothing but nulls: there is no type to compare.
    Unknown,
    /// Every value of the reference's type is a value of the candidate's.
    Wider,
    /// Every value of the candidate's type is a value of the reference's.
    Narrower,
    /// Neither holds the values of the other.
    Unlike,
}

/// Compares two types.
///
/// The lattice: integers widen by bits, unsigned also into the next larger signed type; integers of
/// up to 32 bits (16 for `Float32`) widen into floats, floats by bits; decimals by digits on both
/// sides of the point; a date into a timestamp without zone, timestamps into finer units of the same
/// zone setting. Text types, byte types, and dictionary or run-end encodings of a type are the same
/// as that type.
pub(crate) fn relate(candidate: &DataType, reference: &DataType) -> Relation {
    let candidate = plain(candidate);
    let reference = plain(reference);
    if candidate == reference {
        Relation::Same
    } else if candidate == DataType::Null || reference == DataType::Null {
        Relation::Unknown
    } else if holds(&candidate, &reference) {
        Relation::Wider
    } else if holds(&reference, &candidate) {
        Relation::Narrower
    } else {
        Relation::Unlike
    }
}

/// Strips what is encoding only.
fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain(values),
        DataType::RunEndEncoded(_, values) => plain(values.data_type()),
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            DataType::Binary
        }
        DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | DataType::Decimal256(p, s) => {
            DataType::Decimal128(*p, *s)
        }
        // The name of the zone only says how to show an instant.
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some("UTC".into())),
        other => other.clone(),
    }
}

/// Whether every value of `narrow` is exactly a value of `wide`.
fn holds(wide: &DataType, narrow: &DataType) -> bool {
    if let (Some((wide_signed, wide_bits)), Some((signed, bits))) = (integer(wide), integer(narrow))
    {
        return if wide_signed == signed {
            wide_bits >= bits
        } else {
            wide_signed && wide_bits > bits
        };
    }
    if let (Some(wide_bits), Some(bits)) = (float(wide), float(narrow)) {
        return wide_bits >= bits;
    }
    if let (Some(wide_bits), Some((_, bits))) = (float(wide), integer(narrow)) {
        return bits <= wide_bits / 2;
    }
    match (wide, narrow) {
        (DataType::Decimal128(wide_digits, wide_scale), DataType::Decimal128(digits, scale)) => {
            let whole = |digits: u8, scale: i8| i16::from(digits) - i16::from(scale);
            wide_scale >= scale && whole(*wide_digits, *wide_scale) >= whole(*digits, *scale)
        }
        (DataType::Timestamp(_, None) | DataType::Date64, DataType::Date32) => true,
        (DataType::Timestamp(wide, wide_zone), DataType::Timestamp(unit, zone)) => {
            wide_zone == zone && fineness(*wide) >= fineness(*unit)
        }
        _ => false,
    }
}

fn integer(data_type: &DataType) -> Option<(bool, u16)> {
    Some(match data_type {
        DataType::Int8 => (true, 8),
        DataType::Int16 => (true, 16),
        DataType::Int32 => (true, 32),
        DataType::Int64 => (true, 64),
        DataType::UInt8 => (false, 8),
        DataType::UInt16 => (false, 16),
        DataType::UInt32 => (false, 32),
        DataType::UInt64 => (false, 64),
        _ => return None,
    })
}

fn float(data_type: &DataType) -> Option<u16> {
    Some(match data_type {
        DataType::Float16 => 16,
        DataType::Float32 => 32,
        DataType::Float64 => 64,
        _ => return None,
    })
}

fn fineness(unit: TimeUnit) -> u8 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 1,
        TimeUnit::Microsecond => 2,
        TimeUnit::Nanosecond => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DataType::{
        Boolean, Date32, Float32, Float64, Int16, Int32, Int64, Null, UInt32, UInt64, Utf8,
    };

    #[test]
    fn the_lattice() {
        let micros =
            |zone: Option<&str>| DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into));
        let millis = DataType::Timestamp(TimeUnit::Millisecond, None);
        let dictionary = DataType::Dictionary(Box::new(Int32), Box::new(Utf8));
        for (candidate, reference, expected) in [
            (Int64, Int64, Relation::Same),
            (dictionary, DataType::LargeUtf8, Relation::Same),
            (micros(Some("UTC")), micros(Some("+00:00")), Relation::Same),
            (Null, Int64, Relation::Unknown),
            (Float64, Null, Relation::Unknown),
            (Int64, Int32, Relation::Wider),
            (Int64, UInt32, Relation::Wider),
            (Int64, UInt64, Relation::Unlike),
            (Float64, Int32, Relation::Wider),
            (Float64, Int64, Relation::Unlike),
            (Float32, Int16, Relation::Wider),
            (Float32, Float64, Relation::Narrower),
            (millis, micros(None), Relation::Narrower),
            (micros(None), Date32, Relation::Wider),
            (micros(None), micros(Some("UTC")), Relation::Unlike),
            (Utf8, Boolean, Relation::Unlike),
            (DataType::Decimal128(12, 2), DataType::Decimal128(10, 2), Relation::Wider),
            (DataType::Decimal128(10, 4), DataType::Decimal128(10, 2), Relation::Unlike),
        ] {
            assert_eq!(relate(&candidate, &reference), expected, "{candidate} for {reference}");
        }
    }
}
