//! The value of one of a step's arguments.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The value of an argument: text, a number or a flag.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Argument {
    /// A flag.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
}

impl Argument {
    /// Returns the words of a command line that give the argument `name` this value: `--name value`, or `--name` for a flag that is set.
    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        let option = format!("--{name}");
        match self {
            Self::Flag(true) => vec![option],
            Self::Flag(false) => Vec::new(),
            value => vec![option, value.to_string()],
        }
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => flag.fmt(formatter),
            Self::Integer(number) => number.fmt(formatter),
            Self::Number(number) => number.fmt(formatter),
            Self::Text(text) => text.fmt(formatter),
        }
    }
}

macro_rules! from {
    ($($of:ty => $variant:ident),*) => {$(
        impl From<$of> for Argument {
            fn from(value: $of) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from!(bool => Flag, i32 => Integer, i64 => Integer, f64 => Number, &str => Text, String => Text);
