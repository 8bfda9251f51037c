//! A made-up table like one that was measured: from what a comparison, or a report that was kept, says of its columns.

use std::collections::BTreeMap;

use reenact_validator::{ColumnJudgement, ColumnType, Plot, TableJudgement};

use super::column::{ColumnKind, SyntheticColumn};
use super::schema::SyntheticTable;
use crate::Result;

impl SyntheticTable {
    /// Takes the columns of the reference of a comparison, with their types, null rates, ranges, quantiles and the frequencies of their
    /// categories. A [`Report`](crate::Report) that was kept holds such comparisons, so no data need be at hand.
    ///
    /// No real text gets into the table: of categories only the frequencies are taken and the values are called `value_1` and so on, except
    /// in the columns for which `allow` says yes. Numbers and times have the real range.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`](crate::ErrorKind::Scenario) for a table without columns.
    pub fn like(table: &TableJudgement, allow: impl Fn(&str) -> bool) -> Result<Self> {
        let column = |declared: &ColumnType| {
            let judged = table.columns.iter().find(|column| column.name == declared.name);
            like(declared, judged, allow(&declared.name))
        };
        Self::new(table.reference.columns.iter().map(column))
    }
}

fn like(declared: &ColumnType, judged: Option<&ColumnJudgement>, allowed: bool) -> SyntheticColumn {
    let kind = kind(&declared.type_name);
    let mut column = SyntheticColumn::new(&declared.name, kind);
    column.time_zone = zone(&declared.type_name, kind);
    let Some(judged) = judged else { return column };
    let summary = &judged.reference;
    if summary.rows > 0 {
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let rate = (summary.nulls + summary.nans) as f64 / summary.rows as f64;
        column.null_rate = rate.clamp(0.0, 1.0);
    }
    if let Some(Plot::Categories { top, other_reference, .. }) = &judged.plot {
        column.categories = categories(top, *other_reference, kind, allowed);
        return column;
    }
    let Some(numbers) = &summary.numbers else { return column };
    let (Some(minimum), Some(maximum)) = (numbers.min, numbers.max) else { return column };
    let known =
        numbers.quantiles.iter().filter_map(|quantile| Some((quantile.share, quantile.value?)));
    column.quantiles = known.collect();
    if matches!(kind, ColumnKind::Date | ColumnKind::Timestamp) {
        column.from = instant(minimum);
        column.until = instant(maximum);
        column.quantiles.retain(|(_, value)| (minimum..=maximum).contains(value));
    } else {
        (column.minimum, column.maximum) = (Some(minimum), Some(maximum));
    }
    column
}

/// Returns the frequencies of categories, by their names only where that is allowed or where they are of no text.
fn categories(
    top: &[reenact_validator::Category],
    others: u64,
    kind: ColumnKind,
    allowed: bool,
) -> BTreeMap<String, f64> {
    let shown = allowed || kind != ColumnKind::Text;
    let counted = top.iter().filter(|category| category.reference > 0);
    #[expect(clippy::cast_precision_loss, reason = "a weight")]
    let mut weights: BTreeMap<String, f64> = (1..)
        .zip(counted)
        .map(|(place, category)| {
            let name = if shown { category.value.clone() } else { format!("value_{place}") };
            (name, category.reference as f64)
        })
        .collect();
    if others > 0 && kind == ColumnKind::Text {
        #[expect(clippy::cast_precision_loss, reason = "a weight")]
        weights.insert("other".to_owned(), others as f64);
    }
    weights
}

/// Returns the offset of timestamps that have a time zone; of a named one, that of UTC.
pub(super) fn zone(type_name: &str, kind: ColumnKind) -> Option<String> {
    let (_, zone) = type_name.split_once(", ").filter(|_| kind == ColumnKind::Timestamp)?;
    let offset = super::time::offset(zone.trim_matches([')', '"', ' ']));
    offset.ok().or_else(|| Some("+00:00".to_owned()))
}

pub(super) fn kind(type_name: &str) -> ColumnKind {
    let starts = |starts: &[&str]| starts.iter().any(|start| type_name.starts_with(start));
    match type_name {
        "Boolean" => ColumnKind::Boolean,
        _ if starts(&["Int", "UInt"]) => ColumnKind::Integer,
        _ if starts(&["Float", "Decimal"]) => ColumnKind::Float,
        _ if starts(&["Date"]) => ColumnKind::Date,
        _ if starts(&["Timestamp"]) => ColumnKind::Timestamp,
        _ => ColumnKind::Text,
    }
}

/// Writes seconds as a time.
#[expect(
    clippy::cast_possible_truncation,
    reason = "times beyond what microseconds hold have no text"
)]
pub(super) fn instant(seconds: f64) -> Option<String> {
    chrono::DateTime::from_timestamp_micros((seconds * 1e6).round() as i64)
        .map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::super::data::SyntheticData;
    use super::*;
    use reenact_validator::{Rules, Validator};

    #[test]
    fn a_table_like_a_measured_one_has_its_statistics_and_none_of_its_texts() {
        let directory = tempfile::tempdir().unwrap();
        let mut text = "id,city,amount,at\n".to_owned();
        for row in 0..4_000 {
            let city = if row % 4 == 0 { "Ankh" } else { "Morpork" };
            let amount = if row % 10 == 0 { String::new() } else { format!("{}.5", row % 100) };
            writeln!(text, "{row},{city},{amount},2026-01-{:02}T00:00:00", 1 + row % 28).unwrap();
        }
        let real = directory.path().join("real.csv");
        fs_err::write(&real, &text).unwrap();
        let judged = Validator::new(Rules::new()).compare(&real, &real).unwrap();
        let table = SyntheticTable::like(&judged.tables[0], |_| false).unwrap();

        let made = directory.path().join("made");
        fs_err::create_dir(&made).unwrap();
        SyntheticData::new(table.clone()).with_rows(4_000).write(&made).unwrap();
        let made = fs_err::read_to_string(made.join("part-00000.csv")).unwrap();
        assert!(!made.contains("Ankh") && !made.contains("Morpork"), "a real text");
        let rows: Vec<Vec<&str>> =
            made.lines().skip(1).map(|row| row.split(',').collect()).collect();
        let share = |fits: &dyn Fn(&Vec<&str>) -> bool| {
            f64::from(u32::try_from(rows.iter().filter(|row| fits(row)).count()).unwrap()) / 4_000.0
        };
        // Six standard deviations of a share of 4,000 are at most 0.048.
        assert!((share(&|row| row[2].is_empty()) - 0.1).abs() < 0.03);
        assert!((share(&|row| row[1] == "value_1") - 0.75).abs() < 0.042);
        assert!(
            (share(&|row| row[2].parse().is_ok_and(|amount: f64| amount < 50.0)) - 0.45).abs()
                < 0.06
        );
        assert!(rows.iter().all(|row| row[3].starts_with("2026-01-")), "{:?}", rows[0]);

        let allowed = SyntheticTable::like(&judged.tables[0], |column| column == "city").unwrap();
        assert!(allowed.columns()[1].categories.contains_key("Morpork"));
        let kept = toml::to_string(&table).unwrap();
        assert_eq!(toml::from_str::<SyntheticTable>(&kept).unwrap(), table);
    }
}
