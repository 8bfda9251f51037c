//! The only file that prints: answers on standard output, everything else on standard error.

use std::error::Error;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use clap::builder::Styles;
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use reenact::tester::TextStyle;
use serde_json::json;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::answer::{Answer, Failure};
use crate::exit;
use crate::interruption::Interrupted;

/// Nothing is shown narrower than this.
const NARROWEST: u16 = 40;
/// What a cause says that says nothing: the next one tells.
const SAYS_NOTHING: [&str; 6] = [
    "other",
    "io error",
    "service error",
    "dispatch failure",
    "client error (Connect)",
    "an error occurred while loading credentials",
];

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
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(AutoStream::choice(&io::stderr()) != ColorChoice::Never)
        .with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(shown)).init();
}

/// Returns how a report is shown on standard output: with colours only on a terminal whose user does not refuse them.
pub(crate) fn text_style() -> TextStyle {
    let coloured = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
    let style = TextStyle::default().with_colours(coloured);
    let width = columns().or_else(|| Table::new().width());
    width.map_or(style, |width| style.with_width(width))
}

/// Returns the width that `COLUMNS` tells, but none in which no word has room.
fn columns() -> Option<u16> {
    let told: u16 = std::env::var("COLUMNS").ok()?.parse().ok()?;
    (told > 0).then_some(told.max(NARROWEST))
}

/// Returns a table without lines, to which rows can be added; the columns `right` have numbers.
///
/// It fits the terminal, or the width that `COLUMNS` tells; in a file or a pipe each row is one line.
pub(crate) fn table<const N: usize>(header: [&str; N], right: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header);
    if let Some(width) = columns() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    } else if io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for column in right {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Shows an answer or a failure and returns the exit code that goes with it.
pub(crate) fn tell(answer: Result<Answer, Failure>, as_json: bool) -> u8 {
    let (text, document, exit) = match answer {
        Ok(answer) => (answer.text, answer.json, answer.exit),
        Err(failure) => {
            let causes = chain(&*failure);
            show_error(&causes);
            let interrupted = failure.downcast_ref().map(|Interrupted(signal)| signal.exit());
            (String::new(), json!({ "error": causes }), interrupted.unwrap_or(exit::UNKNOWN))
        }
    };
    let shown = if as_json { format!("{document:#}") } else { text };
    if shown.is_empty() {
        return exit;
    }
    match write(&mut io::stdout(), shown.trim_end()) {
        Ok(()) => exit,
        // A reader that has gone away, as `head` does, is no reason to complain.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit,
        Err(error) => {
            show_error(&[
                "the answer cannot be written to standard output".to_owned(),
                error.to_string(),
            ]);
            exit::UNKNOWN
        }
    }
}

/// Shows what is wrong with what was typed; with `--json` as a document too.
pub(crate) fn tell_usage(error: &clap::Error, as_json: bool) -> u8 {
    // A reader that has gone away is no reason to complain.
    error.print().unwrap_or_default();
    if !error.use_stderr() {
        return exit::MATCH;
    }
    if as_json {
        let text = error.render().to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end().to_owned();
        let document = format!("{:#}", json!({ "error": [text] }));
        write(&mut io::stdout(), &document).unwrap_or_default();
    }
    exit::UNKNOWN
}

/// Returns an error and its causes, outermost first, without those that say nothing.
pub(crate) fn chain(failure: &(dyn Error + 'static)) -> Vec<String> {
    let all = std::iter::successors(Some(failure), |&error| error.source());
    let mut told: Vec<String> = Vec::new();
    for text in all.map(ToString::to_string) {
        let is_new = told.last().is_none_or(|last| !last.contains(&text));
        if is_new && !says_nothing(&text) {
            told.push(text);
        }
    }
    told
}

/// Tells whether a cause is of no help. That of the last place where credentials are sought, the machine, is none to whoever only
/// forgot to log in.
fn says_nothing(text: &str) -> bool {
    SAYS_NOTHING.contains(&text) || text.contains("IMDS")
}

/// Shows an error as wrong usage is shown, in the same colours or none.
fn show_error(causes: &[String]) {
    let styles = Styles::styled();
    let style = styles.get_error();
    let text = format!("{style}error:{style:#} {}", causes.join("\n  because "));
    // Where errors cannot be told, nothing can.
    write(&mut AutoStream::auto(io::stderr()), &text).unwrap_or_default();
}

fn write(to: &mut impl Write, line: &str) -> io::Result<()> {
    writeln!(to, "{line}")?;
    to.flush()
}
