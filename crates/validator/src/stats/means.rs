//! The difference of two means: its interval, its test, its equivalence.

use super::student::{student_sf, student_upper_quantile};
use super::{Alternative, Interval, Moments, Probability, Sample};

/// Compares two means by Welch's method (1947), which does not take the variances as equal.
///
/// The interval is that of the *difference*, so the errors of both samples count. `None` unless each sample has two
/// finite values and at least one of them varies. The unit is that of the values.
///
/// ```
/// use reenact_validator::stats::{Alternative, Sample, mean_comparison};
///
/// let candidate = Sample::new([5.1, 4.9, 5.6, 5.0, 5.3]);
/// let reference = Sample::new([4.1, 4.4, 4.0, 4.6, 4.2, 4.5]);
/// let found = mean_comparison(&candidate, &reference).expect("both vary");
/// assert!((found.difference() - 0.88).abs() < 1e-12);
/// let interval = found.interval(0.95).expect("0.95 is a confidence");
/// assert!(interval.low > 0.5 && interval.high < 1.3);
/// assert!(found.p(Alternative::TwoSided).value() < 1e-3);
/// // Two one-sided tests: not shown to be equal within 0.5.
/// assert!(found.equivalence(0.5).expect("a margin").p().value() > 0.97);
/// ```
pub fn mean_comparison(first: &Sample, second: &Sample) -> Option<MeanDifference> {
    MeanDifference::welch(first.moments(), second.moments())
}

/// Returns Cohen's d: the difference of the means in pooled standard deviations; `None` as for
/// [`MeanDifference::pooled`].
pub fn cohen_d(first: &Sample, second: &Sample) -> Option<f64> {
    let (one, two) = (first.moments(), second.moments());
    let pooled = MeanDifference::pooled(one, two)?;
    let sizes = (1.0 / one.count() as f64 + 1.0 / two.count() as f64).sqrt();
    Some(pooled.difference / (pooled.error / sizes))
}

/// Compares the spreads of two samples around their medians: Brown and Forsythe's form (1974) of Levene's test.
///
/// The result is the comparison of the mean absolute deviations; the test's `W` is the square of its
/// [`t`](MeanDifference::t) and has the same two-sided p-value. `None` as for [`MeanDifference::pooled`].
pub fn spread_comparison(first: &Sample, second: &Sample) -> Option<MeanDifference> {
    let deviations = |sample: &Sample| -> Option<Moments> {
        let finite: Vec<f64> = sample.values().filter(|value| value.is_finite()).collect();
        let median = super::quantile(finite.len(), 0.5, |index| finite[index])?;
        let distances: Vec<f64> = finite.iter().map(|value| (value - median).abs()).collect();
        Some(Moments::of(&distances))
    };
    MeanDifference::pooled(&deviations(first)?, &deviations(second)?)
}

/// The difference of two means with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanDifference {
    difference: f64,
    error: f64,
    degrees: f64,
}

impl MeanDifference {
    /// Compares by Welch's method, from moments that may have been merged from parts of the samples.
    pub fn welch(first: &Moments, second: &Moments) -> Option<Self> {
        let difference = first.mean_difference(second)?;
        let part = |side: &Moments| Some((side.variance()?, side.count() as f64));
        Self::from_parts(difference, [part(first)?, part(second)?].map(|(v, n)| (v / n, n - 1.0)))
    }

    /// Compares by Student's method, which takes the variances as equal. `None` unless the samples have three values
    /// together and vary.
    pub fn pooled(first: &Moments, second: &Moments) -> Option<Self> {
        let difference = first.mean_difference(second)?;
        let (n1, n2) = (first.count() as f64, second.count() as f64);
        let degrees = n1 + n2 - 2.0;
        let squares = first.squares() + second.squares();
        let error = (squares / degrees * (1.0 / n1 + 1.0 / n2)).sqrt();
        (degrees > 0.0 && error > 0.0 && error.is_finite()).then_some(Self {
            difference,
            error,
            degrees,
        })
    }

    /// From the difference and each side's share of its variance, with degrees of freedom.
    pub(crate) fn from_parts(difference: f64, parts: [(f64, f64); 2]) -> Option<Self> {
        let total: f64 = parts.iter().map(|part| part.0).sum();
        if total <= 0.0 || !total.is_finite() {
            return None;
        }
        // Shares of the total, so that squares of tiny or huge variances stay in range.
        let spread: f64 =
            parts.iter().map(|(part, degrees)| (part / total).powi(2) / degrees).sum();
        Some(Self { difference, error: total.sqrt(), degrees: 1.0 / spread })
    }

    /// Returns the first mean minus the second.
    pub fn difference(&self) -> f64 {
        self.difference
    }

    /// Returns the standard error of the difference.
    pub fn standard_error(&self) -> f64 {
        self.error
    }

    /// Returns the degrees of freedom; by Welch and Satterthwaite they need not be whole.
    pub fn degrees(&self) -> f64 {
        self.degrees
    }

    /// Returns the t statistic: the difference in standard errors.
    pub fn t(&self) -> f64 {
        self.difference / self.error
    }

    /// Returns the p-value of "the means are equal".
    pub fn p(&self, alternative: Alternative) -> Probability {
        match alternative {
            Alternative::TwoSided => student_sf(self.t().abs(), self.degrees).doubled(),
            Alternative::Less => student_sf(-self.t(), self.degrees),
            Alternative::Greater => student_sf(self.t(), self.degrees),
        }
    }

    /// Returns the interval of the difference; `None` unless `0 < confidence < 1`.
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        let half = self.half_width((1.0 - confidence) / 2.0)?;
        Some(Interval::new(self.difference - half, self.difference + half))
    }

    /// Returns what the difference is at most with this confidence; its negative counterpart is what it is at least.
    /// `None` unless `0 < confidence < 1`.
    pub fn upper_bound(&self, confidence: f64) -> Option<f64> {
        Some(self.difference + self.half_width(1.0 - confidence)?)
    }

    /// Returns what the difference is at least with this confidence; `None` unless `0 < confidence < 1`.
    pub fn lower_bound(&self, confidence: f64) -> Option<f64> {
        Some(self.difference - self.half_width(1.0 - confidence)?)
    }

    fn half_width(&self, upper: f64) -> Option<f64> {
        let valid = upper > 0.0 && upper < 1.0;
        valid.then(|| student_upper_quantile(upper, self.degrees) * self.error)
    }

    /// Tests whether the means differ by less than `margin`, in the unit of the values: two one-sided tests
    /// (Schuirmann, 1987). `None` if the margin is negative or not finite.
    pub fn equivalence(&self, margin: f64) -> Option<Equivalence> {
        (margin >= 0.0 && margin.is_finite()).then(|| Equivalence {
            margin,
            above_lower: student_sf((self.difference + margin) / self.error, self.degrees),
            below_upper: student_sf((margin - self.difference) / self.error, self.degrees),
        })
    }
}

/// Two one-sided tests of equivalence: a small p-value says that the means are equal within the margin.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Equivalence {
    /// The largest difference that counts as none.
    pub margin: f64,
    /// The p-value of "the difference is at most `-margin`".
    pub above_lower: Probability,
    /// The p-value of "the difference is at least `margin`".
    pub below_upper: Probability,
}

impl Equivalence {
    /// Returns the p-value of both together: the larger one.
    pub fn p(&self) -> Probability {
        self.above_lower.most(self.below_upper)
    }
}
