//! A distribution of numbers as its quantile function.

/// A quantile function: linear between knots of share and value, both ascending, from share 0 to share 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quantiles(Vec<(f64, f64)>);

impl Quantiles {
    /// Takes knots between the smallest and the largest value; says what is wrong with them.
    pub(super) fn new(minimum: f64, maximum: f64, knots: &[(f64, f64)]) -> Result<Self, String> {
        let mut all = vec![(0.0, minimum)];
        all.extend(knots.iter().copied().filter(|(share, _)| *share > 0.0 && *share < 1.0));
        all.push((1.0, maximum));
        if let Some((share, value)) =
            knots.iter().find(|(share, value)| !(0.0..=1.0).contains(share) || !value.is_finite())
        {
            return Err(format!(
                "quantile {share} = {value} is not a share from 0 to 1 and a finite value"
            ));
        }
        if !(minimum.is_finite() && maximum.is_finite()) {
            return Err(format!("the range from {minimum} to {maximum} is not finite"));
        }
        let falls = all.windows(2).find(|pair| pair[1].0 < pair[0].0 || pair[1].1 < pair[0].1);
        match falls {
            Some(pair) => Err(format!(
                "the quantiles do not ascend: {} at {} is followed by {} at {}",
                pair[0].1, pair[0].0, pair[1].1, pair[1].0
            )),
            None => Ok(Self(all)),
        }
    }

    /// Returns the value below which `share` of all values are.
    pub(super) fn value(&self, share: f64) -> f64 {
        let after = self.0.partition_point(|(knot, _)| *knot < share).clamp(1, self.0.len() - 1);
        let ((low, from), (high, to)) = (self.0[after - 1], self.0[after]);
        let part = if high > low { (share - low) / (high - low) } else { 1.0 };
        // Written so that the ends are met exactly and that it does not overflow.
        from * (1.0 - part) + to * part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_between_the_knots() {
        let quantiles = Quantiles::new(-10.0, 100.0, &[(0.5, 0.0), (0.9, 10.0)]).unwrap();
        for (share, value) in
            [(0.0, -10.0), (0.25, -5.0), (0.5, 0.0), (0.7, 5.0), (0.95, 55.0), (1.0, 100.0)]
        {
            assert!((quantiles.value(share) - value).abs() < 1e-9, "{share}");
        }
        let huge = Quantiles::new(f64::MIN, f64::MAX, &[]).unwrap();
        assert!(huge.value(0.5).abs() < 1e300 && huge.value(1.0) >= f64::MAX);
        assert!((Quantiles::new(3.0, 3.0, &[]).unwrap().value(0.4) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn what_does_not_ascend_is_refused() {
        assert!(Quantiles::new(0.0, 1.0, &[(0.5, 2.0)]).unwrap_err().contains("do not ascend"));
        assert!(Quantiles::new(0.0, 1.0, &[(1.5, 0.5)]).unwrap_err().contains("share"));
        assert!(Quantiles::new(f64::NAN, 1.0, &[]).unwrap_err().contains("finite"));
    }
}
