//! Step `clean`: drops cancelled flights, repairs clock times and joins the weather at the origin in the scheduled hour.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int32Array, UInt32Array};
use arrow::compute::{and, filter_record_batch, is_not_null, take};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, TimestampMillisecondType};
use arrow::record_batch::RecordBatch;

use super::parquet_files;

const WEATHER_COLUMNS: [&str; 5] = ["temp", "wind_speed", "precip", "pressure", "visib"];

/// What becomes of the flights that leave late at night: the difference between production's code and the candidate's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RedEyes {
    /// They stay, as in production.
    Keep,
    /// Those that left more than a quarter of an hour late are lost.
    DropDelayed,
}

/// Reads the inputs `flights` and `weather`; writes the output `flights`.
pub(super) fn run(inputs: &Path, outputs: &Path, red_eyes: RedEyes) -> Result<(), Box<dyn Error>> {
    let flights = drop_cancelled(&parquet_files::read(&inputs.join("flights"))?)?;
    let flights = match red_eyes {
        RedEyes::Keep => flights,
        RedEyes::DropDelayed => drop_delayed_red_eyes(&flights)?,
    };
    let weather = parquet_files::read(&inputs.join("weather"))?;
    let joined = join_weather(&repair_midnight(&flights)?, &weather)?;
    parquet_files::write(&outputs.join("flights"), &joined)
}

/// A cancelled flight has no departure time.
fn drop_cancelled(flights: &RecordBatch) -> Result<RecordBatch, Box<dyn Error>> {
    let departed = is_not_null(column(flights, "dep_time")?)?;
    let known_aircraft = is_not_null(column(flights, "tailnum")?)?;
    Ok(filter_record_batch(flights, &and(&departed, &known_aircraft)?)?)
}

fn drop_delayed_red_eyes(flights: &RecordBatch) -> Result<RecordBatch, Box<dyn Error>> {
    let scheduled = column(flights, "sched_dep_time")?.as_primitive::<Int32Type>();
    let delays = column(flights, "dep_delay")?.as_primitive::<Int32Type>();
    let keep = scheduled
        .iter()
        .zip(delays)
        .map(|(scheduled, delay)| Some(scheduled.unwrap_or(0) < 2_000 || delay.unwrap_or(0) <= 15))
        .collect::<BooleanArray>();
    Ok(filter_record_batch(flights, &keep)?)
}

/// Midnight is written as 2400 in some rows and as 0 in none: make it 0.
fn repair_midnight(flights: &RecordBatch) -> Result<RecordBatch, Box<dyn Error>> {
    let schema = flights.schema();
    let columns = schema.fields().iter().zip(flights.columns()).map(|(field, column)| {
        if !["dep_time", "arr_time"].contains(&field.name().as_str()) {
            return Arc::clone(column);
        }
        let times = column.as_primitive::<Int32Type>();
        Arc::new(times.iter().map(|time| time.map(|time| time % 2_400)).collect::<Int32Array>())
            as ArrayRef
    });
    let columns = columns.collect();
    Ok(RecordBatch::try_new(schema, columns)?)
}

/// Adds the weather columns; a flight without a weather row keeps nulls.
fn join_weather(
    flights: &RecordBatch,
    weather: &RecordBatch,
) -> Result<RecordBatch, Box<dyn Error>> {
    let rows_by_place: HashMap<(String, i64), u32> =
        (0..).zip(places(weather)?).map(|(row, place)| (place, row)).collect();
    let rows: UInt32Array =
        places(flights)?.iter().map(|place| rows_by_place.get(place).copied()).collect();
    let mut fields: Vec<Arc<Field>> = flights.schema().fields().to_vec();
    let mut columns = flights.columns().to_vec();
    for name in WEATHER_COLUMNS {
        fields.push(Arc::new(Field::new(name, DataType::Float64, true)));
        columns.push(take(column(weather, name)?, &rows, None)?);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// Returns the origin and the scheduled hour of each row.
fn places(table: &RecordBatch) -> Result<Vec<(String, i64)>, Box<dyn Error>> {
    let origins = column(table, "origin")?.as_string::<i32>();
    let hours = column(table, "time_hour")?.as_primitive::<TimestampMillisecondType>();
    Ok((0..table.num_rows()).map(|row| (origins.value(row).to_owned(), hours.value(row))).collect())
}

fn column<'a>(table: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, Box<dyn Error>> {
    table.column_by_name(name).ok_or_else(|| format!("no column `{name}`").into())
}
