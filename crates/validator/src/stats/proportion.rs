//! Shares and their differences.

/// Returns Wilson's score interval of the share `successes / trials`.
pub(crate) fn wilson(successes: u64, trials: u64, z: f64) -> (f64, f64) {
    let (k, n) = (successes as f64, trials as f64);
    let share = k / n;
    let square = z * z;
    let centre = (k + square / 2.0) / (n + square);
    let half = z / (n + square) * (n * share * (1.0 - share) + square / 4.0).sqrt();
    let low = if successes == 0 { 0.0 } else { centre - half };
    let high = if successes == trials { 1.0 } else { centre + half };
    (low, high)
}

/// Returns the interval of `w1 p1 - w2 p2` from Wilson's interval of each share: Newcombe's method 10
/// (1998) with weights, as Zou and Donner (2008) give it for any linear combination.
pub(crate) fn newcombe(first: WeightedShare, second: WeightedShare, z: f64) -> (f64, f64) {
    let (p1, l1, u1) = first.scaled(z);
    let (p2, l2, u2) = second.scaled(z);
    let difference = p1 - p2;
    let low = difference - (p1 - l1).hypot(u2 - p2);
    let high = difference + (u1 - p1).hypot(p2 - l2);
    (low, high)
}

/// A share of some trials, which are themselves a known share of the whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WeightedShare {
    pub(crate) successes: u64,
    pub(crate) trials: u64,
    pub(crate) weight: f64,
}

impl WeightedShare {
    /// Returns estimate, lower and upper end, scaled; zeros without a trial.
    fn scaled(self, z: f64) -> (f64, f64, f64) {
        if self.trials == 0 {
            return (0.0, 0.0, 0.0);
        }
        let (low, high) = wilson(self.successes, self.trials, z);
        let share = self.successes as f64 / self.trials as f64;
        (share * self.weight, low * self.weight, high * self.weight)
    }
}
