//! The main job on real data, against an S3 server in this very process: no cloud account, no Python, no network.
//!
//! Production runs the `flights` pipeline for three months and leaves its outputs on S3. Then its step `clean` is replayed on
//! the inputs that production had: with the same code, with code that was changed, and once more to show that nothing is
//! downloaded twice. The steps are real programs: this one, started again as `quickstart flights STEP INPUTS OUTPUTS`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod production;
mod progress;
mod story;

use std::error::Error;
use std::process::ExitCode;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.split_first() {
        Some((first, step)) if first == "flights" => {
            reenact_examples::flights::run_step(step)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => story::tell(),
    }
}
