//! Kolmogorov and Smirnov's test of two samples.

use super::ks::{self, PathLimit};
use super::{Alternative, Gap, Interval, PMethod, Probability, Sample, largest_gap};
use crate::column::{KeySpace, float_key};

/// Compares the distribution functions of two samples; `None` if either is empty.
///
/// Takes time linear in the number of values. P-values are computed when asked for.
///
/// ```
/// use reenact_validator::stats::{Alternative, PMethod, Sample, ks_test};
///
/// let candidate: Sample = (0..50).map(|i| f64::from(i) + 10.0).collect();
/// let reference: Sample = (0..50).map(f64::from).collect();
/// let found = ks_test(&candidate, &reference).expect("both have values");
/// assert_eq!(found.distance(Alternative::TwoSided), 0.2);
/// let (p, method) = found.p(Alternative::TwoSided);
/// assert!((p.value() - 0.2719).abs() < 1e-4 && method == PMethod::Exact);
/// let interval = found.interval(0.95).expect("0.95 is a confidence");
/// assert!(interval.low == 0.0 && interval.high > 0.4, "50 values settle little");
/// ```
pub fn ks_test<'a>(first: &'a Sample, second: &'a Sample) -> Option<KsTest<'a>> {
    let gap = largest_gap(first.keys(), second.keys())?;
    Some(KsTest { first, second, gap })
}

/// The largest difference between two empirical distribution functions, and its p-values.
#[derive(Debug, Clone)]
pub struct KsTest<'a> {
    first: &'a Sample,
    second: &'a Sample,
    gap: Gap,
}

impl KsTest<'_> {
    /// Returns `D = max |F1 - F2|`, `max (F1 - F2)` for [`Alternative::Greater`], `max (F2 - F1)` for
    /// [`Alternative::Less`]: an integer over `n1 n2`, so without rounding but for the division.
    pub fn distance(&self, alternative: Alternative) -> f64 {
        let pairs = u128::from(self.gap.n1) * u128::from(self.gap.n2);
        self.gap.of(alternative) as f64 / pairs as f64
    }

    /// Returns the first value at which the largest distance is reached; `None` if the functions are equal.
    pub fn location(&self) -> Option<f64> {
        self.gap.at.map(|key| KeySpace::Float.number(key))
    }

    /// Returns the first distribution function less the second at a value.
    pub fn gap_at(&self, value: f64) -> f64 {
        let share = |sample: &Sample| {
            let up_to = sample.keys().partition_point(|key| *key <= float_key(value));
            up_to as f64 / sample.len() as f64
        };
        share(self.first) - share(self.second)
    }

    /// Whether a value occurs twice, within a sample or between them.
    pub fn has_ties(&self) -> bool {
        ks::tie_ends(self.first.keys(), self.second.keys()).iter().any(|end| !end)
    }

    /// Returns the p-value, exact given the ties where that is affordable (see [`exact_p`](Self::exact_p)), and says
    /// which it is.
    pub fn p(&self, alternative: Alternative) -> (Probability, PMethod) {
        match self.exact_p(alternative) {
            Some(p) => (p, PMethod::Exact),
            None => (self.asymptotic_p(alternative), PMethod::Asymptotic),
        }
    }

    /// Returns the share of all ways to deal the pooled values, ties and all, to two samples of these sizes that have
    /// at least this distance.
    ///
    /// Counted on the lattice of paths. `None` where that would take more than 10,000,000 steps, `n1 n2` with ties and
    /// `2 D n1 n2` without; samples of one size without ties have a closed form and always an answer. R's `psmirnov`
    /// conditions in the same way; scipy ignores ties and is then conservative.
    pub fn exact_p(&self, alternative: Alternative) -> Option<Probability> {
        let (first, second) = (self.first.keys(), self.second.keys());
        ks::exact_p(&self.gap, alternative, &ks::tie_ends(first, second), PathLimit::DEFAULT)
    }

    /// Returns the exact p-value as if no value occurred twice, as scipy's `method="exact"` does; conservative with
    /// ties. `None` where it would take more than 100,000,000 steps.
    pub fn exact_p_ignoring_ties(&self, alternative: Alternative) -> Option<Probability> {
        ks::exact_p_ignoring_ties(&self.gap, alternative, PathLimit(100_000_000))
    }

    /// Returns the p-value of the limit, as scipy's `method="asymp"` does: the law of the one-sample distance of
    /// `n1 n2 / (n1 + n2)` values; one-sided, Hodges' approximation (1958, eq. 5.3).
    pub fn asymptotic_p(&self, alternative: Alternative) -> Probability {
        match alternative {
            Alternative::TwoSided => ks::asymptotic_p(&self.gap),
            _ => ks::hodges_p(&self.gap, self.distance(alternative)),
        }
    }

    /// Returns an interval of the distance of the two distributions the samples are from:
    /// `D ± sqrt(ln(2 / (1 - confidence)) / 2) sqrt(1/n1 + 1/n2)`, after Dvoretzky, Kiefer and Wolfowitz with Massart's
    /// constant (1990); valid for any distribution and size. `None` unless `0 < confidence < 1`.
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        if !(confidence > 0.0 && confidence < 1.0) {
            return None;
        }
        let (n1, n2) = (self.gap.n1 as f64, self.gap.n2 as f64);
        let half = ((2.0 / (1.0 - confidence)).ln() / 2.0 * (1.0 / n1 + 1.0 / n2)).sqrt();
        let distance = self.distance(Alternative::TwoSided);
        Some(Interval::new((distance - half).max(0.0), (distance + half).min(1.0)))
    }
}
