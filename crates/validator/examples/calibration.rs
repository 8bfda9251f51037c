//! Measures how often the default decision is wrong, and how often it finds what is there.
//!
//! Draws pairs of columns from known laws, takes the intervals and margins that the validator takes, and counts verdicts.
//! Everything is seeded. The tables are in `docs/statistics.md`:
//!
//! ```console
//! $ cargo run --release --package reenact-validator --example calibration
//! ```

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a program that prints a table of counts"
)]

use reenact_validator::stats::{
    Counts, MeanDifference, Moments, Proportion, Sample, decide, ks_test,
};
use reenact_validator::{Margins, Verdict};

/// Trials for each row of a table.
const TRIALS: u32 = 2_000;

/// The joint confidence of a table with one column: three intervals share what is left of it.
const CONFIDENCE: f64 = 1.0 - 0.05 / 3.0;

/// From this size on, columns are drawn by the counts of this many cells of equal probability.
const LARGE: u64 = 100_000;
const CELLS: u64 = 1_000;

fn main() {
    println!(
        "| column | values a side | pass % | inconclusive % | fail % |\n|---|---|---|---|---|"
    );
    for kind in KINDS {
        for size in [5, 20, 100, 1_000, 10_000, 100_000, 1_000_000] {
            print_row(kind.name, size, &verdicts(kind, size, 0.0));
        }
    }
    println!(
        "\n| column | shift | values a side | pass % | inconclusive % | fail % |\n|---|---|---|---|---|---|"
    );
    for kind in KINDS {
        for shift in kind.shifts {
            for size in [100, 1_000, 10_000, 100_000] {
                print_row(&format!("{} | {shift}", kind.name), size, &verdicts(kind, size, *shift));
            }
        }
    }
}

fn print_row(name: &str, size: u64, counts: &[u32; 3]) {
    let [pass, open, fail] = counts.map(|count| 100.0 * f64::from(count) / f64::from(TRIALS));
    println!("| {name} | {size} | {pass:.1} | {open:.1} | {fail:.2} |");
}

/// A kind of column: how a pair of sides is drawn and judged.
struct Kind {
    name: &'static str,
    judge: fn(&mut Random, u64, f64) -> Verdict,
    /// What is moved, in the unit that the name of the kind says.
    shifts: &'static [f64],
}

const KINDS: &[Kind] = &[
    Kind { name: "normal (shift in sd)", judge: normal, shifts: &[0.05, 0.2, 0.5] },
    Kind { name: "lognormal (factor less 1)", judge: lognormal, shifts: &[0.05, 0.2, 0.5] },
    Kind {
        name: "counts, Poisson(4) (shift of the mean)",
        judge: poisson,
        shifts: &[0.1, 0.4, 1.0],
    },
    Kind { name: "flag, 30 % (points)", judge: flag, shifts: &[0.02, 0.08, 0.15] },
    Kind {
        name: "20 categories, Zipf (share moved to the first)",
        judge: zipf,
        shifts: &[0.02, 0.08, 0.15],
    },
    Kind { name: "missing, 10 % (points)", judge: missing, shifts: &[0.01, 0.03, 0.06] },
];

fn verdicts(kind: &Kind, size: u64, shift: f64) -> [u32; 3] {
    let mut random = Random(size);
    let mut counts = [0; 3];
    for _ in 0..TRIALS {
        counts[(kind.judge)(&mut random, size, shift) as usize] += 1;
    }
    counts
}

/// Judges numbers as the validator does: by the distance of the distribution functions and by the means.
fn numbers(candidate: &Sample, reference: &Sample, means: (&Moments, &Moments)) -> Verdict {
    let margins = Margins::default();
    let distance = ks_test(candidate, reference).and_then(|found| found.interval(CONFIDENCE));
    let distance =
        distance.map_or(Verdict::Inconclusive, |found| decide(found, margins.distribution));
    distance.max(mean(means.0, means.1, margins.mean))
}

fn mean(candidate: &Moments, reference: &Moments, margin: f64) -> Verdict {
    let interval = MeanDifference::welch(candidate, reference)
        .and_then(|found| found.interval(CONFIDENCE))
        .zip(reference.sd());
    interval.map_or(Verdict::Inconclusive, |(found, sd)| decide(found, margin * sd))
}

fn normal(random: &mut Random, size: u64, shift: f64) -> Verdict {
    continuous(random, size, |z| z, shift, 1.0)
}

fn lognormal(random: &mut Random, size: u64, shift: f64) -> Verdict {
    continuous(random, size, f64::exp, 0.0, 1.0 + shift)
}

/// Numbers that are a function of a normal variable, moved and stretched on one side.
fn continuous(
    random: &mut Random,
    size: u64,
    law: fn(f64) -> f64,
    shift: f64,
    factor: f64,
) -> Verdict {
    let mut draw = |shift: f64, factor: f64| -> (Sample, Moments) {
        let mut values: Vec<f64> = Vec::new();
        if size < LARGE {
            values.extend((0..size).map(|_| law(random.normal()) * factor + shift));
        } else {
            // Which value stands for a cell does not matter to the distance, and hardly to the mean.
            for (cell, count) in random.cells(size).into_iter().enumerate() {
                let middle = law(normal_quantile((cell as f64 + 0.5) / CELLS as f64));
                values.extend(std::iter::repeat_n(middle * factor + shift, count as usize));
            }
        }
        let sample = Sample::new(values);
        let moments = *sample.moments();
        (sample, moments)
    };
    let ((ours, m1), (theirs, m2)) = (draw(shift, factor), draw(0.0, 1.0));
    numbers(&ours, &theirs, (&m1, &m2))
}

fn poisson(random: &mut Random, size: u64, shift: f64) -> Verdict {
    let mut draw = |mean: f64| -> Sample {
        let counts = random.multinomial(size, &poisson_shares(mean));
        let values = counts.into_iter().enumerate();
        values
            .flat_map(|(value, count)| std::iter::repeat_n(value as f64, count as usize))
            .collect()
    };
    let (ours, theirs) = (draw(4.0 + shift), draw(4.0));
    numbers(&ours, &theirs, (ours.moments(), theirs.moments()))
}

fn poisson_shares(mean: f64) -> Vec<f64> {
    let mut share = (-mean).exp();
    let next = |k: u32| {
        let this = share;
        share *= mean / f64::from(k + 1);
        this
    };
    (0..40).map(next).collect()
}

fn flag(random: &mut Random, size: u64, shift: f64) -> Verdict {
    categories(random, size, &[0.3 + shift, 0.7 - shift], &[0.3, 0.7])
}

fn zipf(random: &mut Random, size: u64, shift: f64) -> Verdict {
    let all: f64 = (1..=20).map(|rank| 1.0 / f64::from(rank)).sum();
    let shares: Vec<f64> = (1..=20).map(|rank| 1.0 / f64::from(rank) / all).collect();
    let mut moved = shares.clone();
    // What the first gains the others lose in proportion.
    let others = 1.0 - shares[0];
    moved.iter_mut().skip(1).for_each(|share| *share *= (others - shift) / others);
    moved[0] += shift;
    categories(random, size, &moved, &shares)
}

fn categories(random: &mut Random, size: u64, ours: &[f64], theirs: &[f64]) -> Verdict {
    let pairs = random.multinomial(size, ours).into_iter().zip(random.multinomial(size, theirs));
    let interval =
        Counts::new(pairs).and_then(|counts| counts.total_variation_interval(CONFIDENCE));
    interval.map_or(Verdict::Inconclusive, |found| decide(found, Margins::default().categories))
}

fn missing(random: &mut Random, size: u64, shift: f64) -> Verdict {
    let mut draw = |chance: f64| Proportion::new(random.binomial(size, chance), size);
    let (ours, theirs) = (draw(0.1 + shift), draw(0.1));
    let interval = ours.zip(theirs).and_then(|(one, other)| one.difference(other, CONFIDENCE));
    interval.map_or(Verdict::Inconclusive, |found| decide(found, Margins::default().null_rate))
}

/// A seeded generator (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        ((z >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// By Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// One by one for few trials, by waiting times for rare successes, else by the normal limit, rounded.
    fn binomial(&mut self, trials: u64, chance: f64) -> u64 {
        if chance > 0.5 {
            return trials - self.binomial(trials, 1.0 - chance);
        }
        let expected = trials as f64 * chance;
        if expected < 200.0 {
            return self.waiting(trials, chance);
        }
        let value = expected + (expected * (1.0 - chance)).sqrt() * self.normal();
        (value.round().max(0.0) as u64).min(trials)
    }

    fn waiting(&mut self, trials: u64, chance: f64) -> u64 {
        if chance <= 0.0 {
            return 0;
        }
        let (mut passed, mut successes) = (0.0, 0);
        loop {
            passed += (self.uniform().ln() / (-chance).ln_1p()).floor() + 1.0;
            if passed > trials as f64 {
                return successes;
            }
            successes += 1;
        }
    }

    fn multinomial(&mut self, size: u64, shares: &[f64]) -> Vec<u64> {
        let (mut left, mut rest) = (size, 1.0);
        let draw = |share: &f64| {
            let chance = if rest > 0.0 { (share / rest).clamp(0.0, 1.0) } else { 1.0 };
            let count = self.binomial(left, chance);
            left -= count;
            rest -= share;
            count
        };
        shares.iter().map(draw).collect()
    }

    fn cells(&mut self, size: u64) -> Vec<u64> {
        self.multinomial(size, &vec![1.0 / CELLS as f64; CELLS as usize])
    }
}

fn normal_quantile(share: f64) -> f64 {
    reenact_validator::stats::law::normal_quantile(share).unwrap_or_default()
}
