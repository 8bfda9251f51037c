//! Run new code of a data-pipeline step on the very inputs that production had, and prove that what it writes is as good as what
//! production wrote.
//!
//! A production run left its outputs on S3; a script changed; will it still produce the right data? reenact finds the run, fetches
//! the inputs of the step through a shared cache, runs the new code, compares schema, rows and distributions with production's own
//! output, and gives a verdict with a report to look at.
//!
//! ```
//! use std::sync::Arc;
//!
//! use reenact::downloader::InMemory;
//! use reenact::tester::{Runner, Scenario};
//!
//! // What production left. In earnest: `reenact::downloader::connect("acme-production", &ConnectOptions::default()).await?`.
//! let bucket = InMemory::new("acme-production");
//! bucket.put("pipelines/sales/2026-03-01/extract/output/rows/rows.csv", "id,amount\n1,10\n2,20\n");
//! bucket.put("pipelines/sales/2026-03-01/double/output/doubled/rows.csv", "id,amount\n1,20\n2,40\n");
//!
//! // The new code of the step `double`, here a line of awk.
//! let code = r#"awk -F, -v OFS=, 'NR > 1 { $2 *= 2 } 1' "$1"/rows/rows.csv > "$2"/doubled/rows.csv"#;
//! let scenario = Scenario::builder("sales")
//!     .step("double", |step| step.command(["sh", "-c", code, "sh", "{inputs}", "{outputs}"]).input("rows", "extract.rows"))
//!     .build()?;
//! # let home = tempfile::tempdir()?;
//! # let cache = reenact::cache::CacheOptions::default().with_location(home.path());
//! let runner = Runner::new(scenario, Arc::new(bucket));
//! # let runner = runner.with_cache(cache);
//! runner.replay_blocking("double", "latest")?.assert_matches_production();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The layers
//!
//! Each can be used alone; none knows the ones above it.
//!
//! | module | what it is for |
//! |---|---|
//! | [`registry`] | names, places, layouts of keys, property paths, lineage, manifests; no I/O |
//! | [`downloader`] | finds the executions of a pipeline and lands objects whole and safe; reads only |
//! | [`cache`] | a content cache that all processes of a machine share; workspaces |
//! | [`validator`] | judges whether one table is as good as another: schema, rows, distributions |
//! | [`tester`] | composes them: a scenario is staged, run, judged and reported |
//!
//! # Verdicts
//!
//! A comparison passes, fails, or is inconclusive. Nothing that could not be told ever passes: no rows, no rules, a step that failed,
//! a file that cannot be read. An `Err` means that the question could not even be put.
//!
//! # What this does not do
//!
//! - It does not write to production: no type here can put or delete an object.
//! - It does not guess wiring: which outputs feed a step is said in the scenario.
//! - It does not reproduce what is outside the inputs: clocks, random seeds, databases and services that a step asks by itself.

pub use reenact_downloader as downloader;
pub use reenact_real_data_tester as tester;
pub use reenact_registry as registry;
pub use reenact_validator as validator;
pub use reenact_workspace_cache as cache;
