//! Which differences a p-value is about.

/// Which differences speak against "both samples are from one distribution", named as in scipy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "a difference has two directions")]
pub enum Alternative {
    /// Differences in either direction.
    #[default]
    TwoSided,
    /// The first sample's statistic is the smaller.
    Less,
    /// The first sample's statistic is the larger.
    Greater,
}
