//! The text of a suggested rule file: thresholds, and comments that say where they come from.

use arrow::datatypes::DataType;

use super::column::ColumnProfile;
use super::numbers::NumberProfile;
use super::suggest::{Aligned, Seen, Spread, Variation};
use super::table::TableProfile;
use crate::table::canonical_type;

/// The least margin that is suggested.
const LEAST_MARGIN: f64 = 0.001;

/// The most values that are listed as those that may occur.
const MOST_LISTED: usize = 50;

/// A rule file while it is written.
pub(super) struct Text<'a> {
    aligned: &'a Aligned<'a>,
    text: String,
}

impl<'a> Text<'a> {
    pub(super) fn of(aligned: &'a Aligned<'a>, variation: &Variation) -> Self {
        let mut text = Self { aligned, text: String::new() };
        text.head(variation);
        for (name, spread) in &variation.columns {
            text.margins(name, spread);
        }
        let in_all = |(_, held): &&(_, Vec<_>)| held.len() == aligned.names.len();
        for (table, held) in aligned.tables.iter().filter(in_all) {
            let profiles: Vec<&TableProfile> = held.iter().map(|(_, profile)| *profile).collect();
            text.rows(*table, &profiles.iter().map(|profile| profile.rows()).collect::<Vec<_>>());
            let names = profiles[0].columns().iter().map(ColumnProfile::name);
            let columns: Vec<Vec<&ColumnProfile>> = names
                .filter(|name| !variation.unfit.contains(*name))
                .map(|name| profiles.iter().filter_map(|table| table.column(name)).collect())
                .collect();
            text.not_null(*table, &columns);
            for column in &columns {
                text.range(*table, column);
                text.set(*table, column);
            }
        }
        text
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Returns how many times as large a range is as what was seen of it, about.
    fn headroom(&self) -> f64 {
        let n = self.aligned.names.len() as f64;
        n / (n - 1.0)
    }

    fn head(&mut self, variation: &Variation) {
        let names = &self.aligned.names;
        let listed: Vec<String> = names.iter().map(|name| one_line(name)).collect();
        self.line(&format!("# Suggested from {} executions: {}.", names.len(), listed.join(", ")));
        self.line("#");
        self.line("# Each was compared with each other. A margin is the far end of the widest interval that was seen, times");
        self.line(&format!(
            "# {:.3} (n / (n - 1)), since the executions seen so far fall about that much short of all that can occur.",
            self.headroom()
        ));
        self.line("# Limits of rows and values are what was seen, widened by an (n - 1)th of how much that varied.");
        if !variation.unfit.is_empty() {
            self.line("");
            self.line(
                "# Not in every execution, of another type in some, or without a value in some.",
            );
            let unfit: Vec<String> = variation.unfit.iter().map(|name| selector(name)).collect();
            self.line(&format!("ignore_columns = [{}]", unfit.join(", ")));
        }
        self.line("");
        self.line("[checks]");
        self.line("# Other executions have other rows. Take this line out to replay an execution on its own inputs.");
        self.line("rows = \"off\"");
        if self.aligned.some_lack_tables {
            self.line("# Not every execution has every table.");
            self.line("missing_file = \"warning\"");
            self.line("extra_file = \"warning\"");
        }
    }

    fn margins(&mut self, column: &str, spread: &Spread) {
        self.line("");
        self.line(&format!("[columns.{}.margins]", selector(column)));
        for (margin, seen) in spread {
            let Seen { reach, pair: (candidate, reference) } = *seen;
            let names = [candidate, reference].map(|index| one_line(self.aligned.names[index]));
            self.line(&format!("# up to {reach:.4} in {} against {}", names[0], names[1]));
            let most = if *margin == "mean" { f64::INFINITY } else { 1.0 };
            let value = rounded_up((reach * self.headroom()).max(LEAST_MARGIN)).min(most);
            self.line(&format!("{margin} = {value:?}"));
        }
    }

    fn constraint(&mut self, kind: &str, table: Option<&str>) {
        self.line("");
        self.line("[[constraints]]");
        self.line(&format!("type = \"{kind}\""));
        if let Some(table) = table {
            self.line(&format!("table = {}", quoted(table)));
        }
    }

    fn rows(&mut self, table: Option<&str>, rows: &[u64]) {
        let numbers: Vec<f64> = rows.iter().map(|rows| *rows as f64).collect();
        let (least, most) = ends(&numbers);
        let room = (most - least) * (self.headroom() - 1.0);
        let floor = if least > 0.0 { 1.0 } else { 0.0 };
        self.constraint("row_count", table);
        self.line(&format!("# {least} to {most} rows"));
        self.line(&format!("min = {}", (least - room).max(floor).floor() as u64));
        self.line(&format!("max = {}", (most + room).ceil() as u64));
    }

    fn not_null(&mut self, table: Option<&str>, columns: &[Vec<&ColumnProfile>]) {
        let whole = |column: &&Vec<&ColumnProfile>| {
            column.iter().all(|column| column.rows() > 0 && column.present() == column.rows())
        };
        let names: Vec<String> =
            columns.iter().filter(whole).map(|column| selector(column[0].name())).collect();
        if !names.is_empty() {
            self.constraint("not_null", table);
            self.line("# no value was missing in any execution");
            self.line(&format!("columns = [{}]", names.join(", ")));
        }
    }

    /// A new extreme is worth a look, but no failure by itself.
    fn range(&mut self, table: Option<&str>, columns: &[&ColumnProfile]) {
        let numbers: Vec<&NumberProfile> =
            columns.iter().filter_map(|column| column.numbers()).collect();
        let is_plain = |numbers: &&NumberProfile| !numbers.is_time() && numbers.infinite() == 0;
        if numbers.len() != columns.len() || !numbers.iter().all(is_plain) {
            return;
        }
        let all = |end: fn(&NumberProfile) -> Option<f64>| -> Option<Vec<f64>> {
            numbers.iter().map(|numbers| end(numbers)).collect()
        };
        let (Some(minima), Some(maxima)) = (all(NumberProfile::min), all(NumberProfile::max))
        else {
            return;
        };
        let room = self.headroom() - 1.0;
        let ((lowest, low), (high, highest)) = (ends(&minima), ends(&maxima));
        let (min, max) = (lowest - (low - lowest) * room, highest + (highest - high) * room);
        let whole = columns
            .iter()
            .all(|column| matches!(canonical_type(column.data_type()), DataType::Int64));
        let (min, max) = if whole { (min.floor(), max.ceil()) } else { (min, max) };
        if !(min.is_finite() && max.is_finite()) {
            return;
        }
        self.constraint("range", table);
        self.line(&format!("columns = [{}]", selector(columns[0].name())));
        self.line("severity = \"warning\"");
        self.line(&format!(
            "# least values from {lowest} to {low}, largest from {high} to {highest}"
        ));
        for (name, value) in [("min", min), ("max", max)] {
            // Beyond 2^53 a double may be one off, so that no limit is better than a wrong one.
            if !whole {
                self.line(&format!("{name} = {value:?}"));
            } else if value.abs() < 9.0e15 {
                self.line(&format!("{name} = {}", value as i64));
            }
        }
    }

    fn set(&mut self, table: Option<&str>, columns: &[&ColumnProfile]) {
        let mut values: Vec<Vec<&str>> = Vec::new();
        for column in columns {
            let Some(text) = column.text() else { return };
            let is_boolean = *column.data_type() == DataType::Boolean;
            if text.is_masked() || !text.is_complete() || is_boolean {
                return;
            }
            let mut own: Vec<&str> = text.top().into_iter().map(|(value, _)| value).collect();
            own.sort_unstable();
            values.push(own);
        }
        let same = values.windows(2).all(|pair| pair[0] == pair[1]);
        if !same || values[0].is_empty() || values[0].len() > MOST_LISTED {
            return;
        }
        self.constraint("set", table);
        self.line("# the same values in every execution");
        self.line(&format!("columns = [{}]", selector(columns[0].name())));
        let listed: Vec<String> = values[0].iter().map(|value| quoted(value)).collect();
        self.line(&format!("values = [{}]", listed.join(", ")));
    }
}

/// Returns the least and the largest.
fn ends(values: &[f64]) -> (f64, f64) {
    let fold = |start: f64, pick: fn(f64, f64) -> f64| values.iter().copied().fold(start, pick);
    (fold(f64::INFINITY, f64::min), fold(f64::NEG_INFINITY, f64::max))
}

/// Rounds up to two digits.
fn rounded_up(value: f64) -> f64 {
    let digits = 1 - value.log10().floor() as i32;
    let scaled = (value * 10_f64.powi(digits)).ceil();
    // Read as a decimal number, so that no binary remainder shows.
    format!("{scaled}e{}", -digits).parse().unwrap_or(value)
}

fn selector(column: &str) -> String {
    let is_plain = !column.contains(['*', '?', ':']) && !column.is_empty();
    if is_plain { quoted(column) } else { quoted(&format!("name:{column}")) }
}

/// Returns a basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                quoted.extend(format!("\\U{:08X}", u32::from(control)).chars());
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_are_rounded_up_to_two_digits() {
        for (value, expected) in [
            (0.0301, 0.031),
            (0.03, 0.03),
            (0.001, 0.001),
            (1.234, 1.3),
            (0.995, 1.0),
            (56.1, 57.0),
        ] {
            assert_eq!(rounded_up(value), expected);
        }
    }

    #[test]
    fn quoted_text_is_toml() -> Result<(), toml::de::Error> {
        for text in ["plain", "quo\"te\\", "line\nend\u{7f}", "type:integer", "ü"] {
            let table: toml::Table = toml::from_str(&format!("{} = 1", quoted(text)))?;
            assert!(table.contains_key(text), "{text}");
        }
        Ok(())
    }
}
