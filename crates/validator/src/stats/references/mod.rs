//! Every statistic against the reference cases of `tests/data/stat_refs_dev.json`.
//!
//! Tolerances: statistics 1e-12 relative; p-values 1e-9 relative where the file has a gold value
//! (exact integers, rationals, mpmath), else 1e-7 relative to scipy; log10 p 1e-6 below the range of
//! doubles. Each test says how many values it compared, so that none is skipped unnoticed.

mod cases;
mod categories;
mod kolmogorov;
mod laws;
mod means;
mod ranks;
