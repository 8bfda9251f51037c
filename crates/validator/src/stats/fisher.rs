//! Fisher's exact test of a 2 by 2 table.

use super::discrete::{Unimodal, ln_binomial};
use super::{Alternative, Probability};

/// Returns the p-value of a table `[[a, b], [c, d]]` given its margins (Fisher, 1922): the chance that `a` is at least as
/// extreme. Two-sided, of all tables that are at most as likely, as R and scipy do. [`Alternative::Greater`] means odds
/// `a d / (b c)` above 1.
///
/// ```
/// use reenact_validator::stats::{Alternative, fisher_exact};
///
/// // The lady tasting tea.
/// let p = fisher_exact([[3, 1], [1, 3]], Alternative::Greater);
/// assert!((p.value() - 17.0 / 70.0).abs() < 1e-14);
/// assert!(fisher_exact([[1000, 1], [1, 1000]], Alternative::TwoSided).log10() < -590.0);
/// ```
pub fn fisher_exact(table: [[u64; 2]; 2], alternative: Alternative) -> Probability {
    let [[a, b], [c, d]] = table;
    let (row, other_row, column) = (a + b, c + d, a + c);
    let all = row + other_row;
    if row == 0 || other_row == 0 || column == 0 || b + d == 0 {
        return Probability::ONE;
    }
    let (p, q) = (column as f64 / all as f64, (b + d) as f64 / all as f64);
    let whole = ln_binomial(column, all, p, q);
    let mode = (u128::from(row) + 1) * (u128::from(column) + 1) / (u128::from(all) + 2);
    let law = Unimodal {
        low: column.saturating_sub(other_row),
        high: row.min(column),
        mode: mode as u64,
        ln_mass: |x| ln_binomial(x, row, p, q) + ln_binomial(column - x, other_row, p, q) - whole,
    };
    law.p(a, alternative)
}
