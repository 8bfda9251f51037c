//! How far values have to be moved to turn one sample into the other.

/// Returns the first Wasserstein distance: the area between the two distribution functions.
///
/// Both samples are given sorted, as numbers by position, without infinities; `None` if either is empty.
pub(crate) fn wasserstein(
    (first, first_at): (usize, impl Fn(usize) -> f64),
    (second, second_at): (usize, impl Fn(usize) -> f64),
) -> Option<f64> {
    if first == 0 || second == 0 {
        return None;
    }
    let (n1, n2) = (first as f64, second as f64);
    let (mut i, mut j, mut area) = (0, 0, 0.0);
    let mut position = first_at(0).min(second_at(0));
    while i < first || j < second {
        let next = match (i < first, j < second) {
            (true, true) => first_at(i).min(second_at(j)),
            (true, false) => first_at(i),
            _ => second_at(j),
        };
        area += (i as f64 / n1 - j as f64 / n2).abs() * (next - position);
        position = next;
        while i < first && first_at(i) == position {
            i += 1;
        }
        while j < second && second_at(j) == position {
            j += 1;
        }
    }
    Some(area)
}
