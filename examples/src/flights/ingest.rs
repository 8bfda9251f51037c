//! Step `ingest`: raw, gzipped CSV to typed Parquet, with `NA` as null.

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::compute::concat_batches;
use arrow::csv::ReaderBuilder;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use flate2::read::GzDecoder;
use regex::Regex;

use super::parquet_files;

/// Reads `inputs/raw/flights-*.csv.gz` and `inputs/raw/weather-*.csv.gz`; writes the outputs `flights` and `weather`.
pub(super) fn run(inputs: &Path, outputs: &Path) -> Result<(), Box<dyn Error>> {
    let raw = inputs.join("raw");
    parquet_files::write(&outputs.join("flights"), &read(&raw, "flights-", &flights_schema())?)?;
    parquet_files::write(&outputs.join("weather"), &read(&raw, "weather-", &weather_schema())?)
}

fn read(dir: &Path, prefix: &str, schema: &SchemaRef) -> Result<RecordBatch, Box<dyn Error>> {
    let file = File::open(find(dir, prefix)?)?;
    let reader = ReaderBuilder::new(Arc::clone(schema))
        .with_header(true)
        .with_null_regex(Regex::new("^NA$")?)
        .build(GzDecoder::new(file))?;
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    Ok(concat_batches(schema, &batches)?)
}

fn find(dir: &Path, prefix: &str) -> Result<PathBuf, Box<dyn Error>> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            return Ok(entry.path());
        }
    }
    Err(format!("no file {prefix}* in {}", dir.display()).into())
}

fn flights_schema() -> SchemaRef {
    let integer = [
        "year",
        "month",
        "day",
        "dep_time",
        "sched_dep_time",
        "dep_delay",
        "arr_time",
        "sched_arr_time",
        "arr_delay",
    ]
    .map(|name| Field::new(name, DataType::Int32, true));
    let text = |name| Field::new(name, DataType::Utf8, true);
    let number = |name| Field::new(name, DataType::Int32, true);
    let mut fields = integer.to_vec();
    fields.extend([
        text("carrier"),
        number("flight"),
        text("tailnum"),
        text("origin"),
        text("dest"),
    ]);
    fields.extend([
        number("air_time"),
        number("distance"),
        number("hour"),
        number("minute"),
        time_hour(),
    ]);
    Arc::new(Schema::new(fields))
}

fn weather_schema() -> SchemaRef {
    let mut fields = vec![Field::new("origin", DataType::Utf8, true)];
    fields.extend(
        ["year", "month", "day", "hour"].map(|name| Field::new(name, DataType::Int32, true)),
    );
    fields.extend(
        [
            "temp",
            "dewp",
            "humid",
            "wind_dir",
            "wind_speed",
            "wind_gust",
            "precip",
            "pressure",
            "visib",
        ]
        .map(|name| Field::new(name, DataType::Float64, true)),
    );
    fields.push(time_hour());
    Arc::new(Schema::new(fields))
}

fn time_hour() -> Field {
    Field::new("time_hour", DataType::Timestamp(TimeUnit::Millisecond, Some("+00:00".into())), true)
}
