//! Starts a step as a program: from the command line's words to the step's function.

use std::error::Error;
use std::path::Path;

use super::{clean, delays, ingest};

/// Returns the command that runs `step` in the program at `executable`, with the places of its directories left open.
///
/// ```
/// let command = reenact_examples::flights::step_command("/bin/flights", "clean");
/// assert_eq!(command, ["/bin/flights", "flights", "clean", "{inputs}", "{outputs}"]);
/// ```
pub fn step_command(executable: &str, step: &str) -> Vec<String> {
    [executable, "flights", step, "{inputs}", "{outputs}"].map(str::to_owned).to_vec()
}

/// Runs one step: `words` are what follows `flights` on the command line.
///
/// # Errors
///
/// An unknown step or flag, or whatever stops the step from reading its inputs or writing its outputs.
pub fn run_step(words: &[String]) -> Result<(), Box<dyn Error>> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [step, inputs, outputs, flags @ ..] = words.as_slice() else {
        return Err("usage: flights STEP INPUTS OUTPUTS [FLAG]".into());
    };
    let (inputs, outputs) = (Path::new(inputs), Path::new(outputs));
    match (*step, flags) {
        ("ingest", []) => ingest::run(inputs, outputs),
        ("clean", []) => clean::run(inputs, outputs, clean::RedEyes::Keep),
        ("clean", ["--drop-delayed-red-eyes"]) => {
            clean::run(inputs, outputs, clean::RedEyes::DropDelayed)
        }
        ("delays", []) => delays::run(inputs, outputs),
        (step, flags) => Err(format!("unknown step or flag: {step} {}", flags.join(" ")).into()),
    }
}
