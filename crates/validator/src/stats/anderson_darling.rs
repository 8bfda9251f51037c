//! Anderson and Darling's test of several samples.

use std::f64::consts::PI;

use super::weighted_chi_square::anderson_darling_sf;
use super::{Probability, Sample};

/// Scholz and Stephens' table 2: upper shares, and the coefficients of their critical values.
const SHARES: [f64; 7] = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];
const CRITICAL: [[f64; 7]; 3] = [
    [0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085],
    [-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615],
    [-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154],
];

/// How values that occur more than once enter the statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "the three forms of the paper")]
pub enum TieForm {
    /// The distribution functions are averaged over each jump (equation 7).
    #[default]
    Midrank,
    /// The distribution functions are taken after each jump (equation 6).
    Right,
    /// Ties are broken in the order of the values (equation 3): for continuous data.
    Continuous,
}

/// Asks whether samples are from one distribution, with more weight on the tails than Kolmogorov-Smirnov gives them
/// (Scholz and Stephens, "K-sample Anderson-Darling tests", 1987).
///
/// `None` unless there are two samples, none of them empty, four values together, and two distinct values.
///
/// ```
/// use reenact_validator::stats::{Sample, TieForm, anderson_darling};
///
/// let low: Sample = (0..40).map(f64::from).collect();
/// let high: Sample = (0..40).map(|i| f64::from(i) + 15.0).collect();
/// let found = anderson_darling(&[&low, &high], TieForm::Midrank).expect("the values differ");
/// assert!(found.statistic() > 6.0 && found.p().expect("two samples").value() < 1e-3);
/// assert_eq!(found.interpolated_p(), 0.001);
/// ```
pub fn anderson_darling(samples: &[&Sample], form: TieForm) -> Option<AndersonDarling> {
    let sizes: Vec<f64> = samples.iter().map(|sample| sample.len() as f64).collect();
    let all: f64 = sizes.iter().sum();
    if samples.len() < 2 || all < 4.0 || sizes.contains(&0.0) {
        return None;
    }
    let groups = grouped(samples);
    if groups.len() < 2 {
        return None;
    }
    let raw = match form {
        TieForm::Midrank => midrank(&groups, &sizes, all),
        TieForm::Right => right(&groups, &sizes, all),
        TieForm::Continuous => continuous(&groups, &sizes, all),
    };
    let sigma = deviation(&sizes, all);
    let mean = (samples.len() - 1) as f64;
    let statistic = (raw - mean) / sigma;
    statistic.is_finite().then_some(AndersonDarling { statistic, raw, samples: samples.len() })
}

/// Anderson and Darling's statistic and its p-values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AndersonDarling {
    statistic: f64,
    raw: f64,
    samples: usize,
}

impl AndersonDarling {
    /// Returns the statistic less its mean, in its standard deviations: what scipy returns.
    pub fn statistic(&self) -> f64 {
        self.statistic
    }

    /// Returns `A²` itself.
    pub fn a_squared(&self) -> f64 {
        self.raw
    }

    /// Returns the p-value of two samples from the limiting law of `A²`, of which the standardised statistic is taken
    /// as a draw; `None` for more samples. It goes on where [`interpolated_p`](Self::interpolated_p) has its floor.
    pub fn p(&self) -> Option<Probability> {
        // The limit has the mean Σ 1/(k (k+1)) = 1 and the variance 2 Σ 1/(k (k+1))² = 2 (π² - 9) / 3.
        let deviation = (2.0 * (PI * PI - 9.0) / 3.0).sqrt();
        (self.samples == 2).then(|| anderson_darling_sf(1.0 + self.statistic * deviation))
    }

    /// Returns the p-value interpolated in Scholz and Stephens' table, as scipy does, for any number of samples: never
    /// below 0.001 nor above 0.25.
    pub fn interpolated_p(&self) -> f64 {
        let mean = (self.samples - 1) as f64;
        let [b0, b1, b2] = CRITICAL;
        let critical: [f64; 7] =
            std::array::from_fn(|i| b0[i] + b1[i] / mean.sqrt() + b2[i] / mean);
        if self.statistic < critical[0] {
            SHARES[0]
        } else if self.statistic > critical[6] {
            SHARES[6]
        } else {
            parabola(&critical, &SHARES.map(f64::ln), self.statistic).exp()
        }
    }
}

/// Returns how often each distinct value occurs in each sample, ascending.
fn grouped(samples: &[&Sample]) -> Vec<Vec<f64>> {
    let mut keys: Vec<(u64, usize)> = samples
        .iter()
        .enumerate()
        .flat_map(|(index, sample)| sample.keys().iter().map(move |key| (*key, index)))
        .collect();
    keys.sort_unstable();
    let count = |group: &[(u64, usize)]| {
        let mut counts = vec![0.0; samples.len()];
        for (_, index) in group {
            counts[*index] += 1.0;
        }
        counts
    };
    keys.chunk_by(|a, b| a.0 == b.0).map(count).collect()
}

fn midrank(groups: &[Vec<f64>], sizes: &[f64], all: f64) -> f64 {
    let mut sum = 0.0;
    let (mut before, mut below) = (vec![0.0; sizes.len()], 0.0);
    for group in groups {
        let here: f64 = group.iter().sum();
        let middle = below + here / 2.0;
        let weight = here / all / (middle * (all - middle) - all * here / 4.0);
        for ((size, count), below) in sizes.iter().zip(group).zip(&before) {
            sum += weight * (all * (below + count / 2.0) - middle * size).powi(2) / size;
        }
        below += here;
        before.iter_mut().zip(group).for_each(|(before, count)| *before += count);
    }
    sum * (all - 1.0) / all
}

fn right(groups: &[Vec<f64>], sizes: &[f64], all: f64) -> f64 {
    let mut sum = 0.0;
    let (mut up_to, mut position) = (vec![0.0; sizes.len()], 0.0);
    for group in &groups[..groups.len() - 1] {
        let here: f64 = group.iter().sum();
        position += here;
        up_to.iter_mut().zip(group).for_each(|(up_to, count)| *up_to += count);
        let weight = here / all / (position * (all - position));
        for (size, up_to) in sizes.iter().zip(&up_to) {
            sum += weight * (all * up_to - position * size).powi(2) / size;
        }
    }
    sum
}

/// As if each value of a tie came with the whole tie: scipy's reading of the equation for continuous data.
fn continuous(groups: &[Vec<f64>], sizes: &[f64], all: f64) -> f64 {
    let mut sum = 0.0;
    let (mut up_to, mut position) = (vec![0.0; sizes.len()], 0.0);
    for group in groups {
        up_to.iter_mut().zip(group).for_each(|(up_to, count)| *up_to += count);
        let here: f64 = group.iter().sum();
        for _ in 0..here as u64 {
            position += 1.0;
            if position >= all {
                break;
            }
            for (size, up_to) in sizes.iter().zip(&up_to) {
                let numerator = (all * up_to - position * size).powi(2);
                sum += numerator / (position * (all - position)) / size;
            }
        }
    }
    sum / all
}

/// The standard deviation of the statistic (equation 4).
fn deviation(sizes: &[f64], all: f64) -> f64 {
    let k = sizes.len() as f64;
    let inverse: f64 = sizes.iter().map(|size| 1.0 / size).sum();
    // h = Σ 1/i over i < N; g = Σ_(i < j < N) 1 / ((N - i) j), by cumulated sums.
    let (mut cumulated, mut g) = (0.0, 0.0);
    for index in 2..all as u64 {
        cumulated += 1.0 / (all - (index - 1) as f64);
        g += cumulated / index as f64;
    }
    let h = cumulated + 1.0;
    let a = (4.0 * g - 6.0) * (k - 1.0) + (10.0 - 6.0 * g) * inverse;
    let b = (2.0 * g - 4.0) * k * k + 8.0 * h * k + (2.0 * g - 14.0 * h - 4.0) * inverse - 8.0 * h
        + 4.0 * g
        - 6.0;
    let c = (6.0 * h + 2.0 * g - 2.0) * k * k
        + (4.0 * h - 4.0 * g + 6.0) * k
        + (2.0 * h - 6.0) * inverse
        + 4.0 * h;
    let d = (2.0 * h + 6.0) * k * k - 4.0 * h * k;
    let polynomial = ((a * all + b) * all + c) * all + d;
    (polynomial / ((all - 1.0) * (all - 2.0) * (all - 3.0))).sqrt()
}

/// Fits a parabola by least squares and returns its value.
fn parabola(x: &[f64; 7], y: &[f64; 7], at: f64) -> f64 {
    // Orthogonal polynomials on the points, so that no system of equations has to be solved.
    let mean = x.iter().sum::<f64>() / 7.0;
    let first: [f64; 7] = std::array::from_fn(|i| x[i] - mean);
    let norm: f64 = first.iter().map(|p| p * p).sum();
    let shift = first.iter().map(|p| p.powi(3)).sum::<f64>() / norm;
    let second = |p: f64| p * p - shift * p - norm / 7.0;
    let second_norm: f64 = first.iter().map(|p| second(*p).powi(2)).sum();
    let along = |basis: &dyn Fn(usize) -> f64, norm: f64| {
        (0..7).map(|i| y[i] * basis(i)).sum::<f64>() / norm
    };
    let p = at - mean;
    along(&|_| 1.0, 7.0)
        + along(&|i| first[i], norm) * p
        + along(&|i| second(first[i]), second_norm) * second(p)
}
