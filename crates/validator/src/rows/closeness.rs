//! Whether two cells that are not the same are close enough to count as equal.

use arrow::datatypes::DataType;

use super::compare::Task;
use crate::rules::Tolerance;
use crate::table::{Cells, Target, Values, element_type};

/// What counts as equal in one column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Closeness {
    tolerance: Tolerance,
    /// Whether the column holds lists, maps or the like of numbers, which are compared as their text.
    is_nested: bool,
}

impl Closeness {
    /// Returns what the rules accept in a column. A column of lists is selected by the type of their elements.
    pub(super) fn of(task: Task<'_>, target: &Target) -> Self {
        let element = |side: usize| {
            let field = task.sides[side].field(&target.name)?;
            element_type(field.data_type())
        };
        let elements = element(0).zip(element(1)).map(|(ours, _)| ours);
        let data_type: &DataType = elements.as_ref().unwrap_or(&target.data_type);
        let tolerance = task.rules.tolerance_of(&target.name, data_type);
        Self { tolerance, is_nested: elements.is_some() }
    }

    /// Whether two cells that are not the same are equal within the tolerance.
    pub(super) fn accepts(
        self,
        ours: &Cells<'_>,
        left: usize,
        theirs: &Cells<'_>,
        right: usize,
    ) -> bool {
        let tolerance = self.tolerance;
        if tolerance.is_exact() || ours.is_null(left) || theirs.is_null(right) {
            return false;
        }
        if let (Values::Text(a), Values::Text(b)) = (&ours.values, &theirs.values) {
            let (a, b) = (a.value(left), b.value(right));
            return tolerance.text.accepts(a, b)
                || (self.is_nested && !tolerance.is_exact_for_numbers() && near(a, b, tolerance));
        }
        if tolerance.is_exact_for_numbers() {
            return false;
        }
        let is_time = matches!(ours.values, Values::Day(_) | Values::Time(..));
        let tolerance = if is_time { Tolerance::absolute(tolerance.absolute) } else { tolerance };
        match (ours.number(left), theirs.number(right)) {
            (Some(a), Some(b)) => tolerance.accepts(a, b),
            _ => false,
        }
    }
}

/// Whether the texts of two lists, maps or the like are the same but for numbers that are near each other. What
/// a colon follows is a name or a key, and must be the same.
fn near(ours: &str, theirs: &str, tolerance: Tolerance) -> bool {
    let (mut ours, mut theirs) = (parts(ours), parts(theirs));
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b => {}
            (Some((a, end)), Some((b, other))) if end == other && end != Some(':') => {
                let numbers = a.parse().ok().zip(b.parse().ok());
                if !numbers.is_some_and(|(a, b)| tolerance.accepts(a, b)) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// Returns what is between brackets, commas and colons, each with the one that ends it.
fn parts(text: &str) -> impl Iterator<Item = (&str, Option<char>)> {
    const ENDS: [char; 6] = ['[', ']', '{', '}', ',', ':'];
    text.split_inclusive(ENDS).map(|part| match part.strip_suffix(ENDS) {
        Some(before) => (before.trim(), part.chars().next_back()),
        None => (part.trim(), None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_differ_and_nothing_else() {
        let tolerance = Tolerance::absolute(0.5);
        for (ours, theirs, expected) in [
            ("[1.0, 2.25]", "[1.25, 2.0]", true),
            ("[1.0, 2.25]", "[1.25, 2.76]", false),
            ("[1.0]", "[1.0, 2.0]", false),
            ("[[1.0], []]", "[[1.1], []]", true),
            ("[[1.0], []]", "[[], [1.0]]", false),
            ("[1.0, ]", "[1.0, 0.0]", false),
            ("{a: 1.0, b: 2.0}", "{a: 1.1, b: 2.0}", true),
            ("{a: 1.0}", "{b: 1.0}", false),
            ("{1: 7.0}", "{1.2: 7.0}", false),
            ("[NaN]", "[NaN]", true),
            ("[NaN]", "[1.0]", false),
        ] {
            assert_eq!(near(ours, theirs, tolerance), expected, "{ours} {theirs}");
        }
    }
}
