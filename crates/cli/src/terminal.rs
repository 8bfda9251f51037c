//! The only file that prints: answers on standard output, everything else on standard error.

use std::error::Error;
use std::io::{self, Write};

use serde_json::json;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::answer::{Answer, Failure};
use crate::exit;

/// Shows the log on standard error: our warnings, or as much more as was asked for. What the libraries below us have to say is
/// told again, once and in words, by the error that it leads to.
pub(crate) fn log(verbose: u8) {
    let (ours, theirs) = match verbose {
        0 => (LevelFilter::WARN, LevelFilter::OFF),
        1 => (LevelFilter::INFO, LevelFilter::ERROR),
        2 => (LevelFilter::DEBUG, LevelFilter::WARN),
        _ => (LevelFilter::TRACE, LevelFilter::TRACE),
    };
    let shown = Targets::new().with_default(theirs).with_target("reenact", ours);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(shown)).init();
}

/// Shows an answer or a failure and returns the exit code that goes with it.
pub(crate) fn tell(answer: Result<Answer, Failure>, as_json: bool) -> u8 {
    let (text, document, exit) = match answer {
        Ok(answer) => (answer.text, answer.json, answer.exit),
        Err(failure) => {
            let causes = chain(&*failure);
            show(&mut io::stderr(), &format!("error: {}", causes.join("\n  because ")));
            (String::new(), json!({ "error": causes }), exit::UNKNOWN)
        }
    };
    let shown = if as_json { format!("{document:#}") } else { text };
    if !shown.is_empty() {
        show(&mut io::stdout(), shown.trim_end());
    }
    exit
}

/// Returns an error and its causes, outermost first.
pub(crate) fn chain(failure: &(dyn Error + 'static)) -> Vec<String> {
    std::iter::successors(Some(failure), |&error| error.source()).map(ToString::to_string).collect()
}

/// Writes a line; a reader that has gone away, as `head` does, is no reason to complain.
fn show(to: &mut impl Write, line: &str) {
    writeln!(to, "{line}").and_then(|()| to.flush()).unwrap_or_default();
}
