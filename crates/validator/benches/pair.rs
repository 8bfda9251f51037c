//! Writes pairs of tables for measuring, compares them (`columns`, `exact`, `rows`, `multiset`, `constraints`) and profiles one (`profile`).

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a program that prints what it measured of numbers that it made up"
)]

use std::error::Error;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use fs_err::File;
use parquet::arrow::ArrowWriter;
use reenact_validator::{
    Check, Constraint, Level, Profile, ProfileOptions, References, Rules, Statistic, TableProfile,
    Validator,
};

const USAGE: &str = "usage: generate DIRECTORY ROWS parquet|csv | columns DIRECTORY | exact DIRECTORY | rows DIRECTORY [KEY...] | multiset DIRECTORY | constraints DIRECTORY MEGABYTES | profile DIRECTORY";

/// The column that tells rows apart.
const KEY: &str = "i1_id";

/// Rows of a batch that is written at once.
const BATCH: u64 = 65_536;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo passes `--bench`.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["generate", directory, rows, format] => {
            generate(Path::new(directory), rows.parse()?, format == &"csv")
        }
        ["rows", directory, key @ ..] if !key.is_empty() => {
            compare(Path::new(directory), "rows", key)
        }
        ["rows", directory] => compare(Path::new(directory), "rows", &[KEY]),
        ["constraints", directory, megabytes] => {
            hold_against_constraints(Path::new(directory), megabytes.parse()?)
        }
        ["profile", directory] => profile(Path::new(directory)),
        [what @ ("columns" | "exact" | "multiset"), directory] => {
            compare(Path::new(directory), what, &[])
        }
        _ => {
            println!("{USAGE}");
            Ok(())
        }
    }
}

/// Compares `candidate` with `reference` below a directory and prints what a peer can be held against.
fn compare(directory: &Path, what: &str, key: &[&str]) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let rules = if matches!(what, "rows" | "multiset") {
        let off = [Check::Distribution, Check::Mean, Check::NullRate];
        let rules = Rules::new().with_key(key.iter().copied());
        off.into_iter().fold(rules, |rules, check| rules.with_level(check, Level::Off))
    } else {
        Rules::new().with_level(Check::Rows, Level::Off)
    };
    let judgement = Validator::new(rules)
        .with_exact_distances(what == "exact")
        .compare(&directory.join("candidate"), &directory.join("reference"))?;
    let seconds = start.elapsed().as_secs_f64();
    for table in &judgement.tables {
        if let Some(rows) = &table.rows {
            println!(
                "matched {} changed {} only_candidate {} only_reference {}",
                rows.matched, rows.changed, rows.only_candidate, rows.only_reference
            );
        }
        for column in &table.columns {
            let distance =
                column.tests.iter().find(|test| test.statistic == Statistic::KolmogorovSmirnov);
            let value = distance.and_then(|test| test.value);
            println!(
                "{} {:?} nulls {} D {value:?}",
                column.name, column.verdict, column.candidate.nulls
            );
        }
    }
    println!("seconds {seconds:.3}");
    Ok(())
}

/// Asks of the candidate what needs a fingerprint of every row, within so much memory.
fn hold_against_constraints(directory: &Path, megabytes: u64) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let sides = ["candidate", "reference"].map(|side| directory.join(side));
    let references = References::new("*.parquet", [KEY]).of_the_reference();
    let off = [Check::Rows, Check::Distribution, Check::Mean, Check::NullRate];
    let rules = Rules::new()
        .with_constraint(Constraint::unique([KEY, "c0_category"]))
        .with_constraint(Constraint::referential([KEY], references));
    let rules = off.into_iter().fold(rules, |rules, check| rules.with_level(check, Level::Off));
    let validator = Validator::new(rules).with_memory_budget(megabytes << 20);
    for finding in validator.compare(&sides[0], &sides[1])?.all_findings() {
        println!("{:?} {}", finding.verdict, finding.message);
    }
    println!("seconds {:.3}", start.elapsed().as_secs_f64());
    Ok(())
}

/// Profiles the candidate and prints what a peer can be held against.
fn profile(directory: &Path) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let profile = Profile::of(&directory.join("candidate"), &ProfileOptions::new())?;
    for column in profile.tables().iter().flat_map(TableProfile::columns) {
        let numbers = column.numbers();
        println!(
            "{} nulls {} distinct {} median {:?}",
            column.name(),
            column.nulls(),
            column.distinct().count,
            numbers.and_then(|numbers| numbers.quantile(0.5))
        );
    }
    println!("seconds {:.3}", start.elapsed().as_secs_f64());
    Ok(())
}

fn generate(directory: &Path, rows: u64, csv: bool) -> Result<(), Box<dyn Error>> {
    for (side, seed) in [("candidate", 1), ("reference", 2)] {
        fs_err::create_dir_all(directory.join(side))?;
        let name = if csv { "part-0.csv" } else { "part-0.parquet" };
        let path = directory.join(side).join(name);
        let batches = (0..rows.div_ceil(BATCH)).map(|index| {
            let start = index * BATCH;
            batch(start..rows.min(start + BATCH), seed == 1)
        });
        if csv { write_csv(path, batches)? } else { write_parquet(path, batches)? }
    }
    Ok(())
}

fn write_parquet(
    path: PathBuf,
    batches: impl Iterator<Item = RecordBatch>,
) -> Result<(), Box<dyn Error>> {
    let mut writer: Option<ArrowWriter<File>> = None;
    let file = File::create(path)?;
    let mut file = Some(file);
    for batch in batches {
        if let Some(file) = file.take() {
            writer = Some(ArrowWriter::try_new(file, batch.schema(), None)?);
        }
        if let Some(writer) = &mut writer {
            writer.write(&batch)?;
        }
    }
    if let Some(writer) = writer {
        writer.close()?;
    }
    Ok(())
}

fn write_csv(
    path: PathBuf,
    batches: impl Iterator<Item = RecordBatch>,
) -> Result<(), Box<dyn Error>> {
    let mut writer = arrow::csv::Writer::new(BufWriter::new(File::create(path)?));
    for batch in batches {
        writer.write(&batch)?;
    }
    writer.into_inner().flush()?;
    Ok(())
}

/// Makes rows of twelve columns. Sides share keys and most cells, as a replay does, but two columns drift in
/// the candidate, and one row in a hundred has another value.
fn batch(rows: std::ops::Range<u64>, is_candidate: bool) -> RecordBatch {
    let floats = |column: u64, make: &dyn Fn(&mut Random) -> f64| -> ArrayRef {
        let value = |row: u64| {
            let salt = u64::from(is_candidate && row % 100 == column);
            let mut random = Random::new(row, column, salt);
            let value = make(&mut random);
            (random.unit() >= 0.02).then_some(value)
        };
        Arc::new(rows.clone().map(value).collect::<Float64Array>())
    };
    let moved = |shift: f64| if is_candidate { shift } else { 0.0 };
    let random = |row: u64, column: u64| Random::new(row, column, 0);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("f0_normal_moved", floats(0, &|random| random.normal() + moved(0.02))),
        ("f1_normal", floats(1, &Random::normal)),
        ("f2_offset", floats(2, &|random| 100.0 + 10.0 * random.normal())),
        ("f3_uniform", floats(3, &Random::unit)),
        (
            "f4_exponential_moved",
            floats(4, &|random| -(1.0 - random.unit()).ln() * (1.0 + moved(0.02))),
        ),
        ("f5_log_normal", floats(5, &|random| random.normal().exp())),
        ("f6_price", floats(6, &|random| (random.unit() * 1e5).round() / 100.0)),
        ("f7_heavy", floats(7, &|random| random.normal() / random.normal())),
        (
            "i0_count",
            Arc::new(
                rows.clone()
                    .map(|row| (random(row, 8).unit() * 1000.0) as i64)
                    .collect::<Int64Array>(),
            ),
        ),
        ("i1_id", Arc::new(rows.clone().map(|row| row as i64).collect::<Int64Array>())),
        (
            "c0_category",
            Arc::new(StringArray::from_iter_values(
                rows.clone().map(|row| format!("kind-{}", (random(row, 10).unit() * 20.0) as u32)),
            )),
        ),
        (
            "t0_time",
            Arc::new(TimestampMicrosecondArray::from_iter_values(rows.clone().map(|row| {
                let within = (random(row, 11).unit() * 1e6) as i64;
                1_700_000_000_000_000 + row as i64 * 1_000_000 + within
            }))),
        ),
    ];
    #[expect(clippy::expect_used, reason = "the columns are of one length")]
    RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .expect("columns of one length make a batch")
}

/// `SplitMix64`, seeded by the place of a cell.
struct Random(u64);

impl Random {
    fn new(row: u64, column: u64, salt: u64) -> Self {
        Self(row.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (column << 56) ^ (salt << 48))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}
