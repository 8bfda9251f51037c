//! What a step may cost: a measure, a bound with its direction, and what a breach means.

use std::fmt;

use reenact_validator::{Severity, Verdict};
use serde::{Deserialize, Deserializer, Serialize};

use crate::executor::Usage;

/// Something that is measured of a step.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Wall time, in seconds.
    WallSeconds,
    /// CPU time in user mode and in the system, in seconds.
    CpuSeconds,
    /// The largest resident set of one process, in bytes.
    PeakRssBytes,
    /// What was read, in bytes.
    ReadBytes,
    /// What was written, in bytes.
    WrittenBytes,
    /// The size of all outputs together, in bytes.
    OutputBytes,
}

impl Metric {
    /// Returns the word used in reports and scenarios.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WallSeconds => "wall_seconds",
            Self::CpuSeconds => "cpu_seconds",
            Self::PeakRssBytes => "peak_rss_bytes",
            Self::ReadBytes => "read_bytes",
            Self::WrittenBytes => "written_bytes",
            Self::OutputBytes => "output_bytes",
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "bytes beyond 2^53 are told to 16 digits")]
    fn of(self, usage: &Usage, output_bytes: u64) -> Option<f64> {
        match self {
            Self::WallSeconds => Some(usage.wall.as_secs_f64()),
            Self::CpuSeconds => Some((usage.user_cpu? + usage.system_cpu?).as_secs_f64()),
            Self::PeakRssBytes => Some(usage.peak_rss? as f64),
            Self::ReadBytes => Some(usage.read_bytes? as f64),
            Self::WrittenBytes => Some(usage.written_bytes? as f64),
            Self::OutputBytes => Some(output_bytes as f64),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A bound on a [`Metric`] of a step: absolute, or a multiple of what the step cost in production.
///
/// ```
/// use reenact_real_data_tester::{Metric, Threshold};
///
/// // At most five minutes, and at most 1.2 times the 2 GB that production needed.
/// let time = Threshold::at_most(Metric::WallSeconds, 300.0);
/// let memory = Threshold::at_most(Metric::PeakRssBytes, 1.2).times_production(2e9);
/// assert_eq!(memory.bound(), 2.4e9);
/// assert_eq!(time.bound(), 300.0);
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// What is bounded.
    pub metric: Metric,
    /// The most that is allowed, if that is bounded.
    #[serde(default)]
    pub at_most: Option<f64>,
    /// The least that is allowed, if that is bounded.
    #[serde(default)]
    pub at_least: Option<f64>,
    /// What the step cost in production; the bounds are multiples of it.
    #[serde(default)]
    pub production: Option<f64>,
    /// What a breach means; by default [`Severity::Error`], which decides the verdict.
    #[serde(default = "error")]
    pub severity: Severity,
}

/// A threshold as a scenario file has it: nothing else may stand there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenThreshold {
    metric: Metric,
    at_most: Option<f64>,
    at_least: Option<f64>,
    production: Option<f64>,
    #[serde(default = "error")]
    severity: Severity,
}

/// Reads the thresholds of a scenario file.
pub(crate) fn written<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Threshold>, D::Error> {
    let written: Vec<WrittenThreshold> = Deserialize::deserialize(deserializer)?;
    let threshold = |written: WrittenThreshold| Threshold {
        metric: written.metric,
        at_most: written.at_most,
        at_least: written.at_least,
        production: written.production,
        severity: written.severity,
    };
    Ok(written.into_iter().map(threshold).collect())
}

fn error() -> Severity {
    Severity::Error
}

impl Threshold {
    /// Allows at most `bound`, in the unit of the metric.
    pub fn at_most(metric: Metric, bound: f64) -> Self {
        Self { at_most: Some(bound), ..Self::none(metric) }
    }

    /// Demands at least `bound`, in the unit of the metric.
    pub fn at_least(metric: Metric, bound: f64) -> Self {
        Self { at_least: Some(bound), ..Self::none(metric) }
    }

    fn none(metric: Metric) -> Self {
        Self { metric, at_most: None, at_least: None, production: None, severity: error() }
    }

    /// Makes the bound a multiple of what the step cost in production, in the unit of the metric.
    #[must_use]
    pub fn times_production(self, production: f64) -> Self {
        Self { production: Some(production), ..self }
    }

    /// Sets what a breach means.
    #[must_use]
    pub fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// Returns the upper bound, or else the lower one, in the unit of the metric.
    pub fn bound(&self) -> f64 {
        self.scaled(self.at_most.or(self.at_least).unwrap_or(f64::NAN))
    }

    pub(crate) fn scaled(&self, bound: f64) -> f64 {
        bound * self.production.unwrap_or(1.0)
    }

    /// Says what is wrong with it, if it could not be judged by.
    pub(crate) fn fault(&self) -> Option<String> {
        let numbers = [self.at_most, self.at_least, self.production];
        if self.at_most.is_none() && self.at_least.is_none() {
            return Some(format!(
                "the threshold on {} has no at_most and no at_least",
                self.metric
            ));
        }
        let ill = numbers.into_iter().flatten().find(|bound| !bound.is_finite() || *bound < 0.0);
        ill.map(|bound| format!("{bound} is no threshold for {}", self.metric))
    }

    /// Holds what was measured against the bounds.
    pub(crate) fn judge(self, usage: &Usage, output_bytes: u64) -> Measured {
        let value = self.metric.of(usage, output_bytes);
        let above = |value: f64| self.at_most.is_some_and(|bound| value > self.scaled(bound));
        let below = |value: f64| self.at_least.is_some_and(|bound| value < self.scaled(bound));
        let verdict = match value {
            None => Verdict::Inconclusive,
            Some(value) if above(value) || below(value) => Verdict::Fail,
            Some(_) => Verdict::Pass,
        };
        Measured { threshold: self, value, verdict }
    }
}

/// A threshold, and what was measured.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The threshold.
    pub threshold: Threshold,
    /// What was measured, in the unit of the metric; absent where the system does not tell.
    pub value: Option<f64>,
    /// Whether it is within the bounds; what was not measured is inconclusive.
    pub verdict: Verdict,
}

impl fmt::Display for Measured {
    /// Says what was found, in one sentence.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Threshold { metric, at_most, at_least, production, .. } = self.threshold;
        match self.value {
            None => write!(formatter, "{metric} was not measured")?,
            Some(value) => write!(formatter, "{metric} is {value}")?,
        }
        for (words, bound) in [("at most", at_most), ("at least", at_least)] {
            if let Some(bound) = bound {
                write!(formatter, ", {words} {} allowed", self.threshold.scaled(bound))?;
            }
        }
        match production {
            Some(production) => write!(formatter, ", with {production} in production"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn usage(seconds: f64, peak_rss: Option<u64>) -> Usage {
        Usage { peak_rss, ..Usage::of_wall(Duration::from_secs_f64(seconds)) }
    }

    #[test]
    fn t8_a_bound_says_its_direction_and_what_is_missing_never_passes() {
        let most = Threshold::at_most(Metric::WallSeconds, 2.0);
        assert_eq!(most.judge(&usage(1.0, None), 0).verdict, Verdict::Pass);
        assert_eq!(most.judge(&usage(3.0, None), 0).verdict, Verdict::Fail);
        let least = Threshold::at_least(Metric::OutputBytes, 10.0);
        assert_eq!(least.judge(&usage(1.0, None), 9).verdict, Verdict::Fail);
        assert_eq!(least.judge(&usage(1.0, None), 10).verdict, Verdict::Pass);
        let memory = Threshold::at_most(Metric::PeakRssBytes, 1.5).times_production(100.0);
        assert_eq!(memory.judge(&usage(1.0, None), 0).verdict, Verdict::Inconclusive);
        assert_eq!(memory.judge(&usage(1.0, Some(150)), 0).verdict, Verdict::Pass);
        let broken = memory.judge(&usage(1.0, Some(151)), 0);
        assert_eq!(broken.verdict, Verdict::Fail);
        assert_eq!(
            broken.to_string(),
            "peak_rss_bytes is 151, at most 150 allowed, with 100 in production"
        );
    }

    #[test]
    fn what_bounds_nothing_is_no_threshold() {
        assert!(Threshold::none(Metric::CpuSeconds).fault().is_some());
        assert!(Threshold::at_most(Metric::CpuSeconds, f64::NAN).fault().is_some());
        assert!(Threshold::at_most(Metric::CpuSeconds, -1.0).fault().is_some());
        assert_eq!(Threshold::at_most(Metric::CpuSeconds, 1.0).fault(), None);
    }
}
