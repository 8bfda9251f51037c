//! Puts production's three executions on S3.

use std::error::Error;
use std::path::Path;

use chrono::{DateTime, Months, NaiveDate, Utc};
use reenact_examples::flights::{MONTHS, PIPELINE, Production};
use reenact_testkit::TestBucket;

/// Runs the pipeline for each month in `scratch` and publishes what it wrote, dated to the first day after that month.
pub(crate) fn publish(
    bucket: &TestBucket,
    executable: &Path,
    scratch: &Path,
) -> Result<(), Box<dyn Error>> {
    let production = Production::new(scratch);
    for month in MONTHS {
        let execution = production.execute(executable, month)?;
        bucket.publish_dir(&format!("pipelines/{PIPELINE}/{month}/"), &execution, after(month)?)?;
        println!("  published {month}");
    }
    Ok(())
}

fn after(month: &str) -> Result<DateTime<Utc>, Box<dyn Error>> {
    let first = NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d")? + Months::new(1);
    Ok(first.and_hms_opt(3, 0, 0).ok_or("three o'clock exists")?.and_utc())
}
