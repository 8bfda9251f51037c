//! What to do about a constraint that does not hold, if the rules do not say.

use crate::rules::Demand;

/// Returns the advice that fits a demand.
pub(crate) fn of(demand: &Demand) -> &'static str {
    match demand {
        Demand::NotNull => {
            "find what leaves the values out, or accept a share of nulls with `max_failing`"
        }
        Demand::Unique => {
            "look for a join that multiplies rows, or for part files that are written twice"
        }
        Demand::Range(_) | Demand::Length(_) => {
            "look at the failing rows for a wrong unit or a parse error before widening the range"
        }
        Demand::Set(_) => {
            "look at the failing rows for another spelling, and add values that are new on purpose to `values`"
        }
        Demand::Regex(_) => "look at the failing rows for another format or stray spaces",
        Demand::Referential(_) => {
            "look for keys that were dropped from the other table, or are spelt in another way"
        }
        Demand::Monotone(_) => "sort before writing; part files are read in order of name",
        Demand::Freshness(_) => {
            "look whether the newest input arrived, and in which time zone times are written"
        }
        Demand::RowCount { .. } => "look for a filter or join that drops or multiplies rows",
        Demand::Expression(_) | Demand::Sql(_) => "look at the failing rows",
        Demand::KsTest { .. } => {
            "with many rows any difference is significant: accept a distance with `max_distance`"
        }
        Demand::MeanComparison { .. } => {
            "with many rows any difference is significant: accept one with `max_difference`"
        }
        Demand::Statistic { .. } => "look at the column's distributions side by side in the report",
    }
}
