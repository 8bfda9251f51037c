//! The story: publish, discover, replay with the same code, replay with changed code, replay again from the cache.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use reenact::cache::CacheOptions;
use reenact::downloader::{DiscoverOptions, Discovery, ObjectSource, S3Source};
use reenact::registry::{Layout, PipelineName};
use reenact::tester::{Report, Runner, Scenario, summary};
use reenact::validator::Verdict;
use reenact_examples::flights::{BUCKET, PIPELINE, step_command};
use reenact_testkit::{Operation, S3Server};

use crate::production;
use crate::progress::Progress;

/// The columns that identify a flight.
const KEY: [&str; 7] = ["year", "month", "day", "carrier", "flight", "origin", "sched_dep_time"];

/// Where this program keeps its things, and where production's are.
struct Setting {
    executable: String,
    source: Arc<dyn ObjectSource>,
    /// Reports stay here after the program has ended.
    directory: PathBuf,
}

/// Tells the story; it ends well if each replay came out as it must.
#[tokio::main]
pub(crate) async fn tell() -> Result<ExitCode, Box<dyn Error>> {
    let started = Instant::now();
    let server = S3Server::start()?;
    let setting = Setting {
        executable: std::env::current_exe()?
            .to_str()
            .ok_or("the program's path is not UTF-8")?
            .to_owned(),
        source: Arc::new(S3Source::from_client(BUCKET, &server.client())?),
        directory: tempfile::Builder::new().prefix("reenact-quickstart-").tempdir()?.keep(),
    };

    println!(
        "1. Production runs `{PIPELINE}` for three months and leaves its outputs in s3://{BUCKET} ({})",
        server.endpoint_url()
    );
    let scratch = tempfile::tempdir()?;
    production::publish(&server.bucket(BUCKET), Path::new(&setting.executable), scratch.path())?;

    println!("\n2. Its executions, newest first:");
    discover(&setting).await?;

    println!("\n3. Replay `clean` of 2013-02 with the same code:");
    let same = replay(&setting, &[]).await?;
    println!("\n4. Replay it with code that loses delayed red-eyes:");
    let changed = replay(&setting, &["--drop-delayed-red-eyes"]).await?;
    println!("\n5. Replay it once more with the same code; everything is in the cache:");
    server.take_requests();
    let again = replay(&setting, &[]).await?;
    let reads = server
        .take_requests()
        .iter()
        .filter(|request| request.operation == Operation::GetObject)
        .count();

    println!(
        "\n{}",
        closing([("same code", &same), ("changed code", &changed), ("same code again", &again)])
    );
    println!(
        "{reads} objects were read from S3 in the last replay; all this took {:.1} s",
        started.elapsed().as_secs_f64()
    );
    let as_expected = same.verdict == Verdict::Pass
        && changed.verdict == Verdict::Fail
        && again.downloaded_objects() == 0;
    Ok(if as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn discover(setting: &Setting) -> Result<(), Box<dyn Error>> {
    let discovery = Discovery::new(Arc::clone(&setting.source), Layout::seed());
    let found =
        discovery.executions(&PipelineName::parse(PIPELINE)?, &DiscoverOptions::default()).await?;
    for execution in found.executions {
        let registry = execution.registry()?;
        let outputs = execution
            .outputs
            .iter()
            .map(|output| output.key.to_string())
            .collect::<Vec<_>>()
            .join(", ");
        println!(
            "  {}  {}  {:>5.1} MB  {} outputs: {outputs}",
            execution.id,
            execution
                .newest
                .map_or_else(String::new, |newest| newest.format("%Y-%m-%d").to_string()),
            megabytes(execution.bytes()),
            registry.len(),
        );
    }
    Ok(())
}

async fn replay(setting: &Setting, flags: &[&str]) -> Result<Report, Box<dyn Error>> {
    let mut command = step_command(&setting.executable, "clean");
    command.extend(flags.iter().map(|&flag| flag.to_owned()));
    let scenario = Scenario::builder(PIPELINE)
        .step("clean", |step| {
            step.command(command)
                .input("flights", "ingest.flights")
                .input("weather", "ingest.weather")
                .key(KEY)
        })
        .build()?;
    let report = Runner::new(scenario, Arc::clone(&setting.source))
        .with_cache(CacheOptions::default().with_location(setting.directory.join("cache")))
        .with_workspace_root(setting.directory.join("runs"))
        .with_reporter(Arc::new(Progress::new()))
        .replay("clean", "2013-02")
        .await?;
    println!("{}", summary(&report));
    Ok(report)
}

fn closing(reports: [(&str, &Report); 3]) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "replay",
        "verdict",
        "downloaded",
        "from the cache",
        "report.json and report.html in",
    ]);
    for (name, report) in reports {
        table.add_row([
            name.to_owned(),
            report.verdict.to_string(),
            format!(
                "{} objects, {:.1} MB",
                report.downloaded_objects(),
                megabytes(report.downloaded_bytes())
            ),
            format!("{} objects", report.cached_objects()),
            report.run.directory.display().to_string(),
        ]);
    }
    table
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
