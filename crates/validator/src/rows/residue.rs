//! What is left of each column once the values that are equal in paired rows are set aside.

use crate::stats::Moments;

/// The values of one column that have no equal in a paired row of the other side.
#[derive(Debug, Clone, Default)]
pub(crate) struct Residue {
    pub(crate) candidate: SideResidue,
    pub(crate) reference: SideResidue,
}

/// One side of a [`Residue`].
#[derive(Debug, Clone, Default)]
pub(crate) struct SideResidue {
    /// Values that are present, neither null nor not-a-number.
    pub(crate) present: u64,
    /// Values that are missing.
    pub(crate) missing: u64,
    /// Of the finite numbers among those present.
    pub(crate) moments: Moments,
}

impl SideResidue {
    pub(crate) fn add(&mut self, is_null: bool, number: Option<f64>) {
        if is_null || number.is_some_and(f64::is_nan) {
            self.missing += 1;
            return;
        }
        self.present += 1;
        if let Some(number) = number.filter(|number| number.is_finite()) {
            self.moments.add(number);
        }
    }
}
