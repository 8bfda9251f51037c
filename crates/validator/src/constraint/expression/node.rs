//! A condition as it is evaluated.

use crate::rules::Scalar;

/// A condition, and the columns that it names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expression {
    pub(crate) root: Node,
    /// Each once, in the order in which they are named first.
    pub(crate) columns: Vec<String>,
}

/// A part of a condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// An index into [`Expression::columns`].
    Column(usize),
    Literal(Scalar),
    Null,
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    IsNull(Box<Self>),
    /// `IS TRUE` or `IS FALSE`: never null.
    Is(Box<Self>, bool),
    Compare(Comparison, Box<(Self, Self)>),
    In(Box<Self>, Vec<Self>),
    Arithmetic(Operator, Box<(Self, Self)>),
    Like {
        text: Box<(Self, Self)>,
        ignore_case: bool,
    },
    Call(Function, Box<Self>),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// What is done to two numbers, as doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// A function of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    Length,
    Lower,
    Upper,
}

impl Function {
    pub(crate) const NAMES: [(&'static str, Self); 4] = [
        ("abs", Self::Abs),
        ("length", Self::Length),
        ("lower", Self::Lower),
        ("upper", Self::Upper),
    ];
}
