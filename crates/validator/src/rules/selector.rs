//! Which columns a rule is about: by name, by pattern or by type.

use arrow::datatypes::DataType;
use globset::{Glob, GlobMatcher};
use regex::Regex;

use super::nearest::nearest;

/// A way to say which columns are meant.
#[derive(Debug, Clone)]
pub(crate) enum Selector {
    Name(String),
    Glob(GlobMatcher),
    Regex(Regex),
    Type(TypeClass),
}

/// A group of types under the name that rule files use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeClass {
    Integer,
    Float,
    Decimal,
    Number,
    Text,
    Boolean,
    Date,
    Timestamp,
    Time,
    Binary,
}

const TYPE_CLASSES: [(&str, TypeClass); 10] = [
    ("integer", TypeClass::Integer),
    ("float", TypeClass::Float),
    ("decimal", TypeClass::Decimal),
    ("number", TypeClass::Number),
    ("text", TypeClass::Text),
    ("boolean", TypeClass::Boolean),
    ("date", TypeClass::Date),
    ("timestamp", TypeClass::Timestamp),
    ("time", TypeClass::Time),
    ("binary", TypeClass::Binary),
];

impl Selector {
    /// Reads a selector; an `Err` says in words what is wrong with it.
    pub(crate) fn parse(written: &str) -> Result<Self, String> {
        if written.is_empty() {
            return Err("a column name must not be empty".to_owned());
        }
        if let Some(name) = written.strip_prefix("name:") {
            return Ok(Self::Name(name.to_owned()));
        }
        if let Some(pattern) = written.strip_prefix("glob:") {
            return glob(pattern);
        }
        if let Some(pattern) = written.strip_prefix("regex:") {
            let regex = Regex::new(pattern);
            return regex.map(Self::Regex).map_err(|error| format!("`{written}`: {error}"));
        }
        if let Some(name) = written.strip_prefix("type:") {
            let found = TYPE_CLASSES.iter().find(|(known, _)| *known == name);
            return found.map(|(_, class)| Self::Type(*class)).ok_or_else(|| {
                let names = TYPE_CLASSES.map(|(name, _)| name);
                let hint = nearest(name, names)
                    .map(|known| format!(", did you mean `{known}`?"))
                    .unwrap_or_default();
                format!("unknown type `{name}`{hint} (the types are {})", names.join(", "))
            });
        }
        if written.contains(['*', '?']) {
            return glob(written);
        }
        Ok(Self::Name(written.to_owned()))
    }

    /// Whether the column of this name and type is meant.
    pub(crate) fn matches(&self, name: &str, data_type: &DataType) -> bool {
        match self {
            Self::Name(wanted) => wanted == name,
            Self::Glob(glob) => glob.is_match(name),
            Self::Regex(regex) => regex.is_match(name),
            Self::Type(class) => class.holds(data_type),
        }
    }

    /// Orders selectors: the more of the column it says, the smaller.
    pub(crate) fn breadth(&self) -> u8 {
        match self {
            Self::Name(_) => 0,
            Self::Glob(_) => 1,
            Self::Regex(_) => 2,
            Self::Type(_) => 3,
        }
    }
}

fn glob(pattern: &str) -> Result<Selector, String> {
    match Glob::new(pattern) {
        Ok(glob) => Ok(Selector::Glob(glob.compile_matcher())),
        Err(error) => Err(error.to_string()),
    }
}

impl TypeClass {
    fn holds(self, data_type: &DataType) -> bool {
        let data_type = match data_type {
            DataType::Dictionary(_, values) => values,
            DataType::RunEndEncoded(_, values) => values.data_type(),
            other => other,
        };
        match self {
            Self::Integer => data_type.is_integer(),
            Self::Float => data_type.is_floating(),
            Self::Decimal => data_type.is_decimal(),
            Self::Number => data_type.is_numeric(),
            Self::Text => {
                matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
            }
            Self::Boolean => data_type == &DataType::Boolean,
            Self::Date => matches!(data_type, DataType::Date32 | DataType::Date64),
            Self::Timestamp => matches!(data_type, DataType::Timestamp(..)),
            Self::Time => Self::Date.holds(data_type) || Self::Timestamp.holds(data_type),
            Self::Binary => matches!(
                data_type,
                DataType::Binary
                    | DataType::LargeBinary
                    | DataType::BinaryView
                    | DataType::FixedSizeBinary(_)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_meant_by_name_pattern_or_type() {
        for (written, name, data_type, expected) in [
            ("a", "a", DataType::Utf8, true),
            ("a", "ab", DataType::Utf8, false),
            ("a*", "ab", DataType::Utf8, true),
            ("name:a*", "ab", DataType::Utf8, false),
            ("name:a*", "a*", DataType::Utf8, true),
            ("x[0]", "x[0]", DataType::Utf8, true),
            ("glob:x[0-9]", "x7", DataType::Utf8, true),
            ("regex:_delay$", "arr_delay", DataType::Int64, true),
            ("regex:^delay", "arr_delay", DataType::Int64, false),
            ("type:number", "x", DataType::Decimal128(9, 2), true),
            ("type:time", "x", DataType::Date32, true),
            ("type:integer", "x", DataType::Float64, false),
        ] {
            let selector = Selector::parse(written).unwrap();
            assert_eq!(selector.matches(name, &data_type), expected, "{written} {name}");
        }
    }

    #[test]
    fn what_is_no_selector_says_why() {
        for (written, expected) in [
            ("", "empty"),
            ("regex:(", "unclosed group"),
            ("glob:[", "unclosed"),
            ("type:nunber", "did you mean `number`?"),
        ] {
            let message = Selector::parse(written).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }
}
