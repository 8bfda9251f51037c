//! P-values adjusted for being many.

/// How p-values of several tests are adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Adjustment {
    /// Keeps the expected share of false calls at most the level, for independent or positively dependent tests
    /// (Benjamini and Hochberg, 1995).
    BenjaminiHochberg,
    /// The same for any dependence (Benjamini and Yekutieli, 2001).
    BenjaminiYekutieli,
    /// Keeps the chance of any false call at most the level, by the number of tests.
    Bonferroni,
    /// The same, never less powerful (Holm, 1979).
    Holm,
    /// The same for independent tests (Šidák, 1967).
    Sidak,
    /// Holm's steps with Šidák's adjustment.
    HolmSidak,
    /// The same from the largest p-value on, for independent or positively dependent tests (Hochberg, 1988).
    Hochberg,
    /// The same, never less powerful (Hommel, 1988); takes time quadratic in the number of tests.
    Hommel,
}

/// Returns the adjusted p-values, in the order of the given ones: calling those at most `q` significant keeps what the
/// adjustment promises at `q`.
///
/// ```
/// use reenact_validator::stats::{Adjustment, adjust};
///
/// let p = [0.01, 0.04, 0.03];
/// assert_eq!(adjust(&p, Adjustment::BenjaminiHochberg), [0.03, 0.04, 0.04]);
/// assert_eq!(adjust(&p, Adjustment::Holm), [0.03, 0.06, 0.06]);
/// ```
pub fn adjust(p: &[f64], adjustment: Adjustment) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let sorted: Vec<f64> = order.iter().map(|index| p[*index]).collect();
    let mut adjusted = vec![0.0; p.len()];
    for (index, value) in order.into_iter().zip(adjust_sorted(&sorted, adjustment)) {
        adjusted[index] = value.min(1.0);
    }
    adjusted
}

fn adjust_sorted(p: &[f64], adjustment: Adjustment) -> Vec<f64> {
    let count = p.len() as f64;
    // How many tests are left when those with smaller p-values are done.
    let left = |rank: usize| (p.len() - rank) as f64;
    let each = |of: &dyn Fn(usize) -> f64| (0..p.len()).map(of).collect::<Vec<f64>>();
    let sidak = |p: f64, count: f64| -(count * (-p).ln_1p()).exp_m1();
    match adjustment {
        Adjustment::BenjaminiHochberg => falling(each(&|i| p[i] * (count / (i + 1) as f64))),
        Adjustment::BenjaminiYekutieli => {
            let harmonic: f64 = (1..=p.len()).map(|i| 1.0 / i as f64).sum();
            falling(each(&|i| p[i] * (count / (i + 1) as f64 * harmonic)))
        }
        Adjustment::Bonferroni => each(&|i| p[i] * count),
        Adjustment::Holm => rising(each(&|i| p[i] * left(i))),
        Adjustment::Sidak => each(&|i| sidak(p[i], count)),
        Adjustment::HolmSidak => rising(each(&|i| sidak(p[i], left(i)))),
        Adjustment::Hochberg => falling(each(&|i| p[i] * left(i))),
        Adjustment::Hommel => hommel(p),
    }
}

/// Lets no value be below one before it.
fn rising(mut values: Vec<f64>) -> Vec<f64> {
    let mut most = 0.0;
    for value in &mut values {
        most = f64::max(most, *value);
        *value = most;
    }
    values
}

/// Lets no value be above one after it.
fn falling(mut values: Vec<f64>) -> Vec<f64> {
    let mut least = f64::INFINITY;
    for value in values.iter_mut().rev() {
        least = least.min(*value);
        *value = least;
    }
    values
}

/// After Wright ("Adjusted p-values for simultaneous inference", 1992).
fn hommel(p: &[f64]) -> Vec<f64> {
    let mut adjusted = p.to_vec();
    for size in (2..=p.len()).rev() {
        let (first, last) = p.split_at(p.len() - size);
        let scaled = |value: f64, rank: usize| value * size as f64 / rank as f64;
        let least =
            last.iter().enumerate().map(|(i, p)| scaled(*p, i + 1)).fold(f64::INFINITY, f64::min);
        let (head, tail) = adjusted.split_at_mut(p.len() - size);
        for value in tail {
            *value = value.max(least);
        }
        for (value, p) in head.iter_mut().zip(first) {
            *value = value.max(least.min(size as f64 * p));
        }
    }
    adjusted
}
