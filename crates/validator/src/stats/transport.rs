//! Areas between two distribution functions: how far values would have to be moved.

use super::Sample;

/// Returns the first Wasserstein distance, in the unit of the values: the area between the two distribution functions, or
/// how far each value has to be moved on average to turn one sample into the other.
///
/// Infinite values are left out. `None` if either sample has no finite value.
///
/// ```
/// use reenact_validator::stats::{Sample, wasserstein_distance};
///
/// let (one, other) = (Sample::new([1.0, 2.0, 3.0]), Sample::new([2.0, 3.0, 7.0]));
/// assert_eq!(wasserstein_distance(&one, &other), Some(2.0));
/// ```
pub fn wasserstein_distance(first: &Sample, second: &Sample) -> Option<f64> {
    let (one, other) = (first.finite(), second.finite());
    let at = |sample: &Sample, start: usize, index: usize| sample.value(start + index);
    wasserstein(
        (one.len(), |index| at(first, one.start, index)),
        (other.len(), |index| at(second, other.start, index)),
    )
}

/// Returns the energy distance `sqrt(2 ∫ (F1 - F2)²)` (Székely and Rizzo, 2013), in square roots of the unit of the values.
///
/// Infinite values are left out. `None` if either sample has no finite value.
pub fn energy_distance(first: &Sample, second: &Sample) -> Option<f64> {
    let (one, other) = (first.finite(), second.finite());
    let area = area_between(
        (one.len(), |index: usize| first.value(one.start + index)),
        (other.len(), |index: usize| second.value(other.start + index)),
        |gap| gap * gap,
    )?;
    Some((2.0 * area).sqrt())
}

/// As [`wasserstein_distance`], of sorted samples given as numbers by position, without infinities.
pub(crate) fn wasserstein(
    first: (usize, impl Fn(usize) -> f64),
    second: (usize, impl Fn(usize) -> f64),
) -> Option<f64> {
    area_between(first, second, f64::abs)
}

fn area_between(
    (first, first_at): (usize, impl Fn(usize) -> f64),
    (second, second_at): (usize, impl Fn(usize) -> f64),
    height: impl Fn(f64) -> f64,
) -> Option<f64> {
    if first == 0 || second == 0 {
        return None;
    }
    let (n1, n2) = (first as i128, second as i128);
    let pairs = (n1 * n2) as f64;
    let (mut i, mut j) = (0, 0);
    // The sum and what it lost to rounding (Neumaier).
    let (mut area, mut lost) = (0.0_f64, 0.0);
    let mut position = first_at(0).min(second_at(0));
    while i < first || j < second {
        let next = match (i < first, j < second) {
            (true, true) => first_at(i).min(second_at(j)),
            (true, false) => first_at(i),
            _ => second_at(j),
        };
        let gap = (i as i128 * n2 - j as i128 * n1) as f64 / pairs;
        let part = height(gap) * (next - position);
        let sum = area + part;
        lost += if area >= part { (area - sum) + part } else { (part - sum) + area };
        area = sum;
        position = next;
        while i < first && first_at(i) == position {
            i += 1;
        }
        while j < second && second_at(j) == position {
            j += 1;
        }
    }
    Some(area + lost)
}

/// Returns the first Wasserstein distance of two samples given as ascending values with how often each occurs.
pub(crate) fn weighted_wasserstein(first: &[(f64, u64)], second: &[(f64, u64)]) -> Option<f64> {
    let total = |side: &[(f64, u64)]| side.iter().map(|value| value.1).sum::<u64>() as f64;
    let (n1, n2) = (total(first), total(second));
    let mut position = first.first()?.0.min(second.first()?.0);
    let (mut i, mut j, mut below, mut area) = (0, 0, (0, 0), 0.0);
    while i < first.len() || j < second.len() {
        let at = |side: &[(f64, u64)], index: usize| side.get(index).map_or(f64::INFINITY, |v| v.0);
        let next = at(first, i).min(at(second, j));
        area += (below.0 as f64 / n1 - below.1 as f64 / n2).abs() * (next - position);
        position = next;
        while at(first, i) == next {
            below.0 += first[i].1;
            i += 1;
        }
        while at(second, j) == next {
            below.1 += second[j].1;
            j += 1;
        }
    }
    Some(area)
}
