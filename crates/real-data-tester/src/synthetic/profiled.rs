//! A made-up table like one of which a profile was saved.

use std::collections::BTreeMap;

use reenact_validator::{ColumnProfile, NumberProfile, TableProfile, TextProfile};

use super::column::{ColumnKind, SyntheticColumn};
use super::measured::{instant, kind, zone};
use super::schema::SyntheticTable;
use crate::Result;

/// The shares of which quantiles are taken.
const SHARES: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
/// The most values of a text column that are told apart.
const MOST_CATEGORIES: usize = 1_000;

impl SyntheticTable {
    /// Takes the columns of a saved profile, with their types, null rates, ranges, quantiles, lengths of texts and the frequencies of their
    /// categories.
    ///
    /// No real text gets into the table: of categories only the frequencies are taken and the values are called `value_1` and so on, except
    /// in the columns for which `allow` says yes, if the profile has their values unmasked. Numbers and times have the real range.
    ///
    /// ```
    /// use reenact_real_data_tester::{SyntheticData, SyntheticTable};
    /// use reenact_validator::{Profile, ProfileOptions};
    ///
    /// let directory = tempfile::tempdir()?;
    /// let real = directory.path().join("customers.csv");
    /// std::fs::write(&real, "name,age\nAda,36\nAda,37\nGrace,85\n")?;
    /// let profile = Profile::of(&real, &ProfileOptions::new())?;
    ///
    /// let table = SyntheticTable::like_profile(&profile.tables()[0], |_| false)?;
    /// let made = directory.path().join("made");
    /// std::fs::create_dir(&made)?;
    /// SyntheticData::new(table).with_rows(100).write(&made)?;
    /// let text = std::fs::read_to_string(made.join("part-00000.csv"))?;
    /// assert!(text.contains("value_1") && !text.contains("Ada"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`](crate::ErrorKind::Scenario) for a table without columns.
    pub fn like_profile(table: &TableProfile, allow: impl Fn(&str) -> bool) -> Result<Self> {
        Self::new(table.columns().iter().map(|column| like(column, allow(column.name()))))
    }
}

fn like(profiled: &ColumnProfile, allowed: bool) -> SyntheticColumn {
    let type_name = profiled.data_type().to_string();
    let kind = kind(&type_name);
    let mut column = SyntheticColumn::new(profiled.name(), kind);
    column.time_zone = zone(&type_name, kind);
    column.null_rate = profiled.missing_rate();
    let distinct = profiled.distinct();
    column.unique = distinct.is_exact && distinct.count > 1 && distinct.count == profiled.rows();
    if let Some(numbers) = profiled.numbers() {
        take_numbers(&mut column, numbers);
    }
    if let Some(text) = profiled.text() {
        column.longest = text.lengths().max().and_then(length);
        column.categories = categories(text, profiled.present(), kind, allowed);
    }
    column
}

fn take_numbers(column: &mut SyntheticColumn, numbers: &NumberProfile) {
    let (Some(minimum), Some(maximum)) = (numbers.min(), numbers.max()) else { return };
    let quantile = |share| Some((share, numbers.quantile(share)?.clamp(minimum, maximum)));
    column.quantiles = SHARES.into_iter().filter_map(quantile).collect();
    if matches!(column.kind, ColumnKind::Date | ColumnKind::Timestamp) {
        (column.from, column.until) = (instant(minimum), instant(maximum));
    } else {
        (column.minimum, column.maximum) = (Some(minimum), Some(maximum));
    }
}

/// Returns a length in characters.
fn length(characters: f64) -> Option<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "lengths are small"
    )]
    (characters >= 1.0).then_some(characters as usize)
}

/// Returns the frequencies of values, by their names only where that is allowed or where they are of no text. Texts that are each
/// another one are no categories.
#[expect(clippy::cast_precision_loss, reason = "weights")]
fn categories(
    text: &TextProfile,
    present: u64,
    kind: ColumnKind,
    allowed: bool,
) -> BTreeMap<String, f64> {
    let top = text.top();
    let repeats = top.iter().any(|(_, count)| *count > 1);
    if kind == ColumnKind::Text && !repeats {
        return BTreeMap::new();
    }
    let shown = !text.is_masked() && (allowed || kind != ColumnKind::Text);
    if !shown && kind != ColumnKind::Text {
        // Of a masked boolean it is not known which count is whose.
        return BTreeMap::new();
    }
    let listed = || top.iter().take(MOST_CATEGORIES);
    let mut weights: BTreeMap<String, f64> = (1..)
        .zip(listed())
        .map(|(place, (value, count))| {
            let name = if shown { (*value).to_owned() } else { format!("value_{place}") };
            (name, *count as f64)
        })
        .collect();
    let others = present.saturating_sub(listed().map(|(_, count)| count).sum());
    if others > 0 && kind == ColumnKind::Text {
        weights.insert("other".to_owned(), others as f64);
    }
    weights
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use reenact_validator::{Profile, ProfileOptions};

    use super::super::data::SyntheticData;
    use super::*;

    const ROWS: u32 = 4_000;

    /// Saves the profile of a table, reads it again, and makes up as many rows; returns the table and the rows.
    fn made(
        options: &ProfileOptions,
        allow: impl Fn(&str) -> bool,
    ) -> (SyntheticTable, Vec<Vec<String>>) {
        let directory = tempfile::tempdir().unwrap();
        let mut text = "id,city,amount,at,mail\n".to_owned();
        for row in 0..ROWS {
            let city = if row % 4 == 0 { "Ankh" } else { "Morpork" };
            let amount = if row % 10 == 0 { String::new() } else { format!("{}.5", row % 100) };
            let at = format!("2026-01-{:02}T00:00:00", 1 + row % 28);
            writeln!(text, "{row},{city},{amount},{at},person{row}@example.org").unwrap();
        }
        let real = directory.path().join("real.csv");
        fs_err::write(&real, &text).unwrap();
        let saved = directory.path().join("real.profile.json");
        Profile::of(&real, options).unwrap().save(&saved).unwrap();
        let profile = Profile::load(&saved).unwrap();
        let table = SyntheticTable::like_profile(&profile.tables()[0], allow).unwrap();
        let made = directory.path().join("made");
        fs_err::create_dir(&made).unwrap();
        SyntheticData::new(table.clone()).with_rows(u64::from(ROWS)).write(&made).unwrap();
        let made = fs_err::read_to_string(made.join("part-00000.csv")).unwrap();
        let rows = made.lines().skip(1).map(|row| row.split(',').map(str::to_owned).collect());
        (table, rows.collect())
    }

    #[test]
    fn a_table_like_a_saved_profile_has_its_statistics_and_none_of_its_texts() {
        let (table, rows) = made(&ProfileOptions::new(), |_| true);
        let all: String = rows.concat().concat();
        for real in ["Ankh", "Morpork", "person", "@example.org"] {
            assert!(!all.contains(real), "{real} is a real text, and the profile is masked");
        }
        let share = |fits: &dyn Fn(&[String]) -> bool| {
            let count = rows.iter().filter(|row| fits(row)).count();
            f64::from(u32::try_from(count).unwrap()) / f64::from(ROWS)
        };
        // Six standard deviations of a share of 4,000 are at most 0.048.
        assert!((share(&|row| row[2].is_empty()) - 0.1).abs() < 0.03);
        assert!((share(&|row| row[1] == "value_1") - 0.75).abs() < 0.042);
        let small = |row: &[String]| row[2].parse().is_ok_and(|amount: f64| amount < 50.0);
        assert!((share(&small) - 0.45).abs() < 0.06);
        assert!(rows.iter().all(|row| row[3].starts_with("2026-01-")), "{:?}", rows[0]);
        let ids: std::collections::BTreeSet<&str> =
            rows.iter().map(|row| row[0].as_str()).collect();
        assert!(table.columns()[0].unique && ids.len() == rows.len(), "{}", ids.len());
    }

    #[test]
    fn real_texts_are_in_the_columns_that_are_allowed_and_in_the_clear_alone() {
        let in_the_clear = ProfileOptions::new().with_clear_text(["city", "mail"]);
        let (_, rows) = made(&in_the_clear, |column| column == "city" || column == "amount");
        assert!(
            rows.iter().all(|row| ["Ankh", "Morpork"].contains(&row[1].as_str())),
            "{:?}",
            rows[0]
        );
        let ankh = rows.iter().filter(|row| row[1] == "Ankh").count();
        assert!((800..1_200).contains(&ankh), "{ankh} of 4,000, of which a quarter is expected");
        assert!(!rows.concat().concat().contains("@example.org"), "in the clear, and not allowed");
        let (_, rows) = made(&ProfileOptions::new(), |column| column == "city");
        assert!(!rows.concat().concat().contains("Ankh"), "allowed, and masked in the profile");
    }
}
