//! Step `delays`: counts, means and quantiles of the delays for each carrier, origin and day.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int32Type;
use arrow::record_batch::RecordBatch;
use serde::Serialize;

use super::parquet_files;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    carrier: String,
    origin: String,
    day: i32,
}

#[derive(Debug, Serialize)]
struct DelayRow<'a> {
    carrier: &'a str,
    origin: &'a str,
    day: i32,
    flights: usize,
    mean_delay: f64,
    median_delay: i32,
    p90_delay: i32,
}

#[derive(Debug, Serialize)]
struct Summary {
    flights: usize,
    groups: usize,
    mean_delay: f64,
    worst_group: String,
}

/// Reads the input `flights`; writes the outputs `delays` (CSV) and `summary` (JSON).
pub(super) fn run(inputs: &Path, outputs: &Path) -> Result<(), Box<dyn Error>> {
    let groups = group(&parquet_files::read(&inputs.join("flights"))?)?;
    write_delays(&outputs.join("delays"), &groups)?;
    write_summary(&outputs.join("summary"), &groups)
}

/// Returns the departure delays of each group in minutes, in ascending order.
fn group(flights: &RecordBatch) -> Result<BTreeMap<Group, Vec<i32>>, Box<dyn Error>> {
    let column =
        |name: &str| flights.column_by_name(name).ok_or_else(|| format!("no column `{name}`"));
    let (carriers, origins) =
        (column("carrier")?.as_string::<i32>(), column("origin")?.as_string::<i32>());
    let (days, delays) = (
        column("day")?.as_primitive::<Int32Type>(),
        column("dep_delay")?.as_primitive::<Int32Type>(),
    );
    let mut groups: BTreeMap<Group, Vec<i32>> = BTreeMap::new();
    for row in (0..flights.num_rows()).filter(|&row| delays.is_valid(row)) {
        let group = Group {
            carrier: carriers.value(row).into(),
            origin: origins.value(row).into(),
            day: days.value(row),
        };
        groups.entry(group).or_default().push(delays.value(row));
    }
    for delays in groups.values_mut() {
        delays.sort_unstable();
    }
    Ok(groups)
}

fn write_delays(dir: &Path, groups: &BTreeMap<Group, Vec<i32>>) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(dir)?;
    let mut writer = csv::Writer::from_path(dir.join("delays.csv"))?;
    for (group, delays) in groups {
        writer.serialize(DelayRow {
            carrier: &group.carrier,
            origin: &group.origin,
            day: group.day,
            flights: delays.len(),
            mean_delay: mean(delays.iter().copied()),
            median_delay: quantile(delays, 1, 2),
            p90_delay: quantile(delays, 9, 10),
        })?;
    }
    Ok(writer.flush()?)
}

fn write_summary(dir: &Path, groups: &BTreeMap<Group, Vec<i32>>) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(dir)?;
    let worst = groups.iter().max_by(|left, right| median(left.1).cmp(&median(right.1)));
    let summary = Summary {
        flights: groups.values().map(Vec::len).sum(),
        groups: groups.len(),
        mean_delay: mean(groups.values().flatten().copied()),
        worst_group: worst.map_or_else(String::new, |(group, _)| {
            format!("{} from {} on day {}", group.carrier, group.origin, group.day)
        }),
    };
    Ok(fs::write(dir.join("summary.json"), serde_json::to_vec_pretty(&summary)?)?)
}

fn median(sorted: &[i32]) -> i32 {
    quantile(sorted, 1, 2)
}

/// The lower empirical quantile `numerator / denominator` of a non-empty, sorted slice.
fn quantile(sorted: &[i32], numerator: usize, denominator: usize) -> i32 {
    sorted[(sorted.len() - 1) * numerator / denominator]
}

fn mean(values: impl Iterator<Item = i32>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += f64::from(value);
        count += 1.0;
    }
    sum / count
}
