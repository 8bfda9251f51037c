//! The comparison of one column: both summaries, the tests, what to draw.

use serde::{Deserialize, Serialize};

use super::Plot;
use crate::Verdict;

/// One column on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ColumnJudgement {
    /// The column's name.
    pub name: String,
    /// Its place in the reference's schema, from 0.
    pub schema_index: usize,
    /// How it was compared.
    pub kind: ColumnKind,
    /// The type in which both sides were compared.
    pub type_name: String,
    /// The worst verdict of its deciding tests.
    pub verdict: Verdict,
    /// What the column says, in one sentence.
    pub sentence: String,
    /// Why it was compared as it was, in one sentence: its type, how many values it has, how many of them are distinct.
    #[serde(default)]
    pub choice: String,
    /// The largest ratio of a deciding effect to its margin: 1 is at the margin. Orders the columns.
    pub moved: f64,
    /// The candidate's values.
    pub candidate: ColumnSummary,
    /// The reference's values.
    pub reference: ColumnSummary,
    /// What was computed, deciding tests first.
    pub tests: Vec<Test>,
    /// What to draw; absent if a side has no value, or the column is free text.
    pub plot: Option<Plot>,
}

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ColumnKind {
    /// Integers, floats, decimals.
    Number,
    /// Dates and timestamps, as seconds since 1970-01-01T00:00:00Z.
    Time,
    /// Booleans, and text with few distinct values.
    Category,
    /// Text, bytes and nested values with many distinct values: rows, nulls and the number of distinct values; of profiles, which have
    /// no rows, the lengths as well.
    Text,
    /// Nothing but nulls and not-a-number on both sides.
    Empty,
}

/// One side of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ColumnSummary {
    /// Rows.
    pub rows: u64,
    /// Of those, nulls.
    pub nulls: u64,
    /// Of those, not-a-number values; they count as missing.
    pub nans: u64,
    /// Of those, infinite values; they take part in order statistics, not in mean and sd.
    pub infinite: u64,
    /// Distinct values that are not missing; absent beyond what is counted exactly, but of a profile estimated to about 1.6 %.
    pub distinct: Option<u64>,
    /// The numbers of a [`ColumnKind::Number`] or [`ColumnKind::Time`] column.
    pub numbers: Option<NumberSummary>,
}

impl ColumnSummary {
    /// Returns how many values are neither null nor not-a-number.
    pub fn present(&self) -> u64 {
        self.rows - self.nulls - self.nans
    }
}

/// Numbers that describe numbers. Absent values do not exist (no value, one value) or are not
/// finite. Those of times are in seconds, since 1970-01-01T00:00:00Z except for the standard deviation; [`times`](Self::times) says
/// them as people read them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NumberSummary {
    /// Smallest value.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
    /// Mean of the finite values.
    pub mean: Option<f64>,
    /// Standard deviation of the finite values, normalised by n - 1.
    pub sd: Option<f64>,
    /// Quantiles at 1, 5, 25, 50, 75, 95 and 99 percent, interpolated linearly.
    pub quantiles: Vec<Quantile>,
    /// The same as dates or times in UTC, of a [`ColumnKind::Time`] column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<TimeSummary>,
}

/// Times that describe times: dates, or times in UTC as in RFC 3339, to the microsecond.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TimeSummary {
    /// The earliest.
    pub min: Option<String>,
    /// The latest.
    pub max: Option<String>,
    /// Their mean.
    pub mean: Option<String>,
    /// The quantiles, as in [`NumberSummary::quantiles`].
    pub quantiles: Vec<Option<String>>,
}

/// One quantile.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quantile {
    /// The share of values below, 0 to 1.
    pub share: f64,
    /// The value; absent if not finite.
    pub value: Option<f64>,
}

impl Quantile {
    pub(crate) fn new(share: f64, value: Option<f64>) -> Self {
        Self { share, value }
    }
}

/// One statistic with everything that is needed to read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Test {
    /// Which statistic.
    pub statistic: Statistic,
    /// Its value; absent if it does not exist or is infinite.
    pub value: Option<f64>,
    /// The p-value of "both sides are independent samples of one distribution".
    pub p: Option<f64>,
    /// Its decimal logarithm, which does not underflow.
    pub log10_p: Option<f64>,
    /// How the p-value was computed.
    pub p_method: Option<PMethod>,
    /// The p-value after Benjamini-Hochberg over this statistic's p-values of the table.
    pub adjusted_p: Option<f64>,
    /// The p-value after Holm over the same p-values: the chance of any false call.
    #[serde(default)]
    pub holm_p: Option<f64>,
    /// The effect size.
    pub effect: Option<Effect>,
    /// The interval of the effect size, at the table's joint confidence.
    pub interval: Option<Interval>,
    /// The largest effect that is accepted.
    pub margin: Option<f64>,
    /// Whether the verdict of the column rests on this test.
    pub decides: bool,
    /// The answer; [`Verdict::Inconclusive`] where there is none.
    pub verdict: Verdict,
    /// The answer in words.
    pub sentence: String,
}

/// A statistic of two samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Statistic {
    /// Anderson and Darling's, standardised; on request.
    AndersonDarling,
    /// Pearson's chi-square of the category counts, with Cramér's V.
    ChiSquare,
    /// Cramér and von Mises' two-sample statistic; on request.
    CramerVonMises,
    /// Ratio of the numbers of distinct values, less 1.
    DistinctCount,
    /// Likelihood ratio statistic of the category counts, with Cramér's V.
    GTest,
    /// Hellinger distance of the category shares.
    Hellinger,
    /// Jensen-Shannon distance of the category shares, base 2.
    JensenShannon,
    /// Two-sample Kolmogorov-Smirnov: the largest gap between the distribution functions.
    KolmogorovSmirnov,
    /// Largest difference of the share of a category.
    LargestDifference,
    /// Mann and Whitney's share of pairs in which the candidate's value is the larger one, less one half; on request.
    MannWhitney,
    /// The p-value of two one-sided tests that the means are within the margin of each other; on request.
    MeanEquivalence,
    /// Ratio of the means, less 1; on request.
    MeanRatio,
    /// Difference of the shares of missing values.
    NullRate,
    /// Population stability index on the reference's deciles, or on categories.
    PopulationStability,
    /// Largest shift among the quantiles at 5, 25, 50, 75 and 95 percent, in reference IQRs.
    QuantileShift,
    /// Total variation distance of the category shares.
    TotalVariation,
    /// Ratio of the variances, less 1; on request.
    VarianceRatio,
    /// First Wasserstein distance, in reference standard deviations.
    Wasserstein,
    /// Welch's t of the means; the effect is in reference standard deviations.
    WelchMean,
}

impl Statistic {
    /// Returns the name used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AndersonDarling => "Anderson-Darling",
            Self::ChiSquare => "chi-square",
            Self::CramerVonMises => "Cramér-von Mises",
            Self::DistinctCount => "distinct count",
            Self::GTest => "G",
            Self::Hellinger => "Hellinger",
            Self::JensenShannon => "Jensen-Shannon",
            Self::KolmogorovSmirnov => "Kolmogorov-Smirnov",
            Self::LargestDifference => "largest difference",
            Self::MannWhitney => "Mann-Whitney",
            Self::MeanEquivalence => "mean equivalence",
            Self::MeanRatio => "mean ratio",
            Self::NullRate => "null rate",
            Self::PopulationStability => "PSI",
            Self::QuantileShift => "quantile shift",
            Self::TotalVariation => "total variation",
            Self::VarianceRatio => "variance ratio",
            Self::Wasserstein => "Wasserstein",
            Self::WelchMean => "Welch mean",
        }
    }
}

/// How a p-value was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PMethod {
    /// From the exact distribution, given the ties in the data.
    Exact,
    /// From the limiting distribution.
    Asymptotic,
    /// From seeded random deals of the values to the two sides.
    Simulated,
}

/// An effect size and what it is measured in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Effect {
    /// What it is, such as `D`, `Cramér's V` or `difference in reference sd`.
    pub name: String,
    /// Its value.
    pub value: f64,
}

/// A closed interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    pub(crate) fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }
}
