//! How much of two sides is uncertain.

/// How many values each side has, and how many of them have no equal in a paired row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SideCounts {
    pub(crate) candidate: u64,
    pub(crate) reference: u64,
    pub(crate) open_candidate: u64,
    pub(crate) open_reference: u64,
}

impl SideCounts {
    /// Returns `critical * sqrt(u1 / n1^2 + u2 / n2^2)`: with all values open, the half-width of
    /// the usual two-sample interval.
    pub(crate) fn half_width(self, critical: f64) -> f64 {
        let (candidate, reference) = self.per_value();
        critical * (candidate + reference).sqrt()
    }

    /// Returns `u / n^2` of each side: what one unit of variance of a value adds to that of a share.
    pub(crate) fn per_value(self) -> (f64, f64) {
        let part = |open: u64, all: u64| open as f64 / (all as f64 * all as f64);
        (part(self.open_candidate, self.candidate), part(self.open_reference, self.reference))
    }

    /// Whether no value is known to have an equal.
    pub(crate) fn are_open(self) -> bool {
        self.open_candidate == self.candidate && self.open_reference == self.reference
    }

    /// Returns the share of the larger side that is open: no distance of distributions exceeds it.
    pub(crate) fn largest_distance(self) -> f64 {
        if self.candidate >= self.reference {
            self.open_candidate as f64 / self.candidate as f64
        } else {
            self.open_reference as f64 / self.reference as f64
        }
    }
}
