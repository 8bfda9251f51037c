//! Makes the ranks of columns go together: a Gaussian copula.

use statrs::distribution::{ContinuousCDF, Normal};

use super::schema::RankCorrelation;

/// Turns independent shares into shares whose ranks go together; the distribution of each stays even.
///
/// Normal numbers whose product-moment correlation is `2 sin(π ρ / 6)` have the rank correlation `ρ` (Pearson 1907); they are made by the
/// Cholesky factor of their correlation matrix.
#[derive(Clone, Debug)]
pub(super) struct Copula {
    /// The places of the columns that take part.
    places: Vec<usize>,
    /// The lower triangular factor, by rows.
    factor: Vec<Vec<f64>>,
}

impl Copula {
    /// Takes the columns' names and their correlations; says what is wrong with them.
    pub(super) fn new(names: &[&str], correlations: &[RankCorrelation]) -> Result<Self, String> {
        let place = |name: &str| {
            names.iter().position(|known| *known == name).ok_or_else(|| {
                format!(
                    "a correlation names column `{name}`, but the columns are: {}",
                    names.join(", ")
                )
            })
        };
        let mut pairs = Vec::new();
        for correlation in correlations {
            let (one, other) = (place(&correlation.columns.0)?, place(&correlation.columns.1)?);
            if one == other || !(correlation.rank > -1.0 && correlation.rank < 1.0) {
                return Err(format!(
                    "the correlation {} of `{}` and `{}` is not one above -1 and below 1 of two columns",
                    correlation.rank, correlation.columns.0, correlation.columns.1
                ));
            }
            pairs.push((one, other, 2.0 * (std::f64::consts::PI * correlation.rank / 6.0).sin()));
        }
        let mut places: Vec<usize> =
            pairs.iter().flat_map(|(one, other, _)| [*one, *other]).collect();
        places.sort_unstable();
        places.dedup();
        let size = places.len();
        let mut matrix = vec![vec![0.0; size]; size];
        for (row, values) in matrix.iter_mut().enumerate() {
            values[row] = 1.0;
        }
        for (one, other, value) in pairs {
            let row = places.partition_point(|place| *place < one);
            let column = places.partition_point(|place| *place < other);
            matrix[row][column] = value;
            matrix[column][row] = value;
        }
        let factor = cholesky(&matrix)
            .ok_or("the correlations cannot hold together: weaken some of them")?;
        Ok(Self { places, factor })
    }

    /// Changes the shares of one row, given by column.
    pub(super) fn couple(&self, shares: &mut [f64]) {
        if self.places.is_empty() {
            return;
        }
        let normal = Normal::standard();
        let independent: Vec<f64> =
            self.places.iter().map(|place| normal.inverse_cdf(shares[*place])).collect();
        for (row, place) in self.factor.iter().zip(&self.places) {
            let coupled: f64 =
                row.iter().zip(&independent).map(|(weight, value)| weight * value).sum();
            shares[*place] = normal.cdf(coupled);
        }
    }
}

/// Factors a symmetric matrix; none if it is not positive definite.
fn cholesky(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    let mut factor = vec![vec![0.0; size]; size];
    for row in 0..size {
        for column in 0..=row {
            let known: f64 = (0..column).map(|at| factor[row][at] * factor[column][at]).sum();
            let rest = matrix[row][column] - known;
            if row == column {
                if rest <= 1e-12 {
                    return None;
                }
                factor[row][row] = rest.sqrt();
            } else {
                factor[row][column] = rest / factor[column][column];
            }
        }
    }
    Some(factor)
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;
    use super::*;

    fn correlation(one: &str, other: &str, rank: f64) -> RankCorrelation {
        RankCorrelation { columns: (one.to_owned(), other.to_owned()), rank }
    }

    /// Spearman's rank correlation of values without ties.
    fn spearman(one: &[f64], other: &[f64]) -> f64 {
        let ranks = |values: &[f64]| {
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
            let mut ranks = vec![0.0; values.len()];
            for (rank, place) in order.into_iter().enumerate() {
                ranks[place] = f64::from(u32::try_from(rank).unwrap());
            }
            ranks
        };
        let (one, other) = (ranks(one), ranks(other));
        let count = f64::from(u32::try_from(one.len()).unwrap());
        let squares: f64 = one.iter().zip(&other).map(|(a, b)| (a - b).powi(2)).sum();
        1.0 - 6.0 * squares / (count * (count * count - 1.0))
    }

    #[test]
    fn the_ranks_go_together_as_asked() {
        let copula = Copula::new(
            &["a", "b", "c"],
            &[correlation("a", "c", 0.7), correlation("b", "c", -0.3)],
        );
        let copula = copula.unwrap();
        let mut stream = Stream::new(1, &["copula"]);
        let mut columns = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..20_000 {
            let mut shares = [stream.share(), stream.share(), stream.share()];
            copula.couple(&mut shares);
            columns.iter_mut().zip(shares).for_each(|(column, share)| column.push(share));
        }
        // The standard error of a rank correlation of 20,000 pairs is at most 0.0071.
        for (one, other, expected) in [(0, 2, 0.7), (1, 2, -0.3), (0, 1, 0.0)] {
            let found = spearman(&columns[one], &columns[other]);
            assert!((found - expected).abs() < 0.04, "{found} instead of {expected}");
        }
        let mean = columns[2].iter().sum::<f64>() / 20_000.0;
        assert!((mean - 0.5).abs() < 0.012, "{mean}");
    }

    #[test]
    fn what_cannot_hold_together_is_refused() {
        let all =
            [correlation("a", "b", 0.9), correlation("b", "c", 0.9), correlation("a", "c", -0.9)];
        assert!(Copula::new(&["a", "b", "c"], &all).unwrap_err().contains("cannot hold together"));
        let unknown = Copula::new(&["a", "b"], &[correlation("a", "x", 0.1)]).unwrap_err();
        assert!(unknown.contains("`x`, but the columns are: a, b"), "{unknown}");
        assert!(Copula::new(&["a", "b"], &[correlation("a", "b", 1.0)]).is_err());
    }
}
