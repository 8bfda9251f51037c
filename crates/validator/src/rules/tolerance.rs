//! When two cells count as equal although they differ.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::margins::not_negative;
use crate::Result;
use crate::column::float_key;

/// How far two cells may be apart and still be equal.
///
/// A number `a` equals the reference's `b` if `|a - b| <= absolute`, `|a - b| <= relative * |b|`, or if there are
/// fewer than `ulps` doubles between them; equal infinities are equal, and so are two NaNs. By default all three
/// are 0: numbers must be equal.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Tolerance {
    /// The largest difference, in the unit of the column; in seconds for times.
    pub absolute: f64,
    /// The largest difference as a share of the reference's value; not used for times.
    pub relative: f64,
    /// The largest difference in units in the last place, counted in doubles; not used for times.
    pub ulps: u64,
    /// What does not count in text.
    pub text: TextTolerance,
}

/// What does not count when two texts are compared. By default everything counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TextTolerance {
    /// Whether upper and lower case are the same.
    pub ignore_case: bool,
    /// Whether white space at both ends does not count, and any within counts as one space.
    pub ignore_space: bool,
    /// Whether different code points for the same characters are the same, by Unicode's form C.
    pub ignore_encoding: bool,
}

impl TextTolerance {
    /// Ignores case, white space and encoding.
    pub fn all() -> Self {
        Self { ignore_case: true, ignore_space: true, ignore_encoding: true }
    }

    pub(crate) fn is_exact(self) -> bool {
        self == Self::default()
    }

    /// Whether two texts are the same but for what does not count.
    pub(crate) fn accepts(self, candidate: &str, reference: &str) -> bool {
        self.essence(candidate) == self.essence(reference)
    }

    /// Returns what counts of a text.
    fn essence(self, text: &str) -> String {
        let mut essence = text.to_owned();
        if self.ignore_space {
            essence = essence.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        if self.ignore_case {
            essence = essence.to_lowercase();
        }
        if self.ignore_encoding {
            essence = essence.nfc().collect();
        }
        essence
    }
}

impl Tolerance {
    /// Accepts a difference up to `absolute`.
    pub fn absolute(absolute: f64) -> Self {
        Self { absolute, ..Self::default() }
    }

    /// Accepts a difference up to `relative` times the reference's value.
    pub fn relative(relative: f64) -> Self {
        Self { relative, ..Self::default() }
    }

    /// Accepts a difference up to so many units in the last place.
    pub fn ulps(ulps: u64) -> Self {
        Self { ulps, ..Self::default() }
    }

    /// Accepts a difference up to `relative` times the reference's value as well.
    #[must_use]
    pub fn or_relative(mut self, relative: f64) -> Self {
        self.relative = relative;
        self
    }

    pub(super) fn check(self, name: &str) -> Result<()> {
        not_negative(&format!("{name}.absolute"), self.absolute)?;
        not_negative(&format!("{name}.relative"), self.relative)
    }

    /// Accepts texts that differ in what does not count.
    #[must_use]
    pub fn with_text(mut self, text: TextTolerance) -> Self {
        self.text = text;
        self
    }

    /// Whether nothing but the same is equal.
    pub(crate) fn is_exact(self) -> bool {
        self.is_exact_for_numbers() && self.text.is_exact()
    }

    pub(crate) fn is_exact_for_numbers(self) -> bool {
        self.absolute == 0.0 && self.relative == 0.0 && self.ulps == 0
    }

    pub(crate) fn accepts(self, candidate: f64, reference: f64) -> bool {
        if candidate == reference || (candidate.is_nan() && reference.is_nan()) {
            return true;
        }
        let difference = (candidate - reference).abs();
        difference.is_finite()
            && (difference <= self.absolute
                || difference <= self.relative * reference.abs()
                || places_apart(candidate, reference) <= self.ulps)
    }
}

/// Returns how many steps from double to double lead from one to the other.
fn places_apart(one: f64, other: f64) -> u64 {
    // Keys leave a place for the negative zero, which is no step.
    let across = u64::from((one < 0.0) != (other < 0.0));
    float_key(one).abs_diff(float_key(other)).saturating_sub(across)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_in_the_last_place_are_counted_across_zero() {
        let next = 1.0_f64.next_up();
        assert!(Tolerance::ulps(1).accepts(next, 1.0));
        assert!(!Tolerance::ulps(1).accepts(next.next_up(), 1.0));
        assert!(Tolerance::ulps(2).accepts(5e-324, -5e-324));
        assert!(!Tolerance::ulps(u64::MAX).accepts(f64::INFINITY, 1.0));
        assert!(!Tolerance::ulps(1).accepts(f64::NAN, 1.0));
    }

    #[test]
    fn what_does_not_count_in_text() {
        let all = TextTolerance::all();
        assert!(all.accepts("  Zu\u{308}rich\tSee ", "z\u{fc}rich see"));
        assert!(!all.accepts("ab", "a b"));
        assert!(!TextTolerance::default().accepts("a", "A"));
    }
}
