//! `reenact report`: the report of a run in another form, or before one's eyes.

use std::path::{Path, PathBuf};

use reenact::cache::Workspace;
use reenact::tester::{Report, html, junit, markdown, summary};

use crate::answer::{Answer, Failure, Missing};
use crate::args::{self, Copies, Form, Place};

/// The recording in the directory of a run.
const RECORDING: &str = "events.jsonl";

pub(crate) fn report(place: &Place, options: &args::Report) -> Result<Answer, Failure> {
    match options {
        args::Report::Open { run } => open(place, run.as_deref()),
        args::Report::Render { run, format, into } => {
            render(place, run.as_deref(), *format, into.as_deref())
        }
    }
}

/// Writes the further forms of a report that were asked for.
pub(super) fn copy(report: &Report, copies: &Copies) -> Result<(), Failure> {
    for (form, path) in [(Form::Junit, &copies.junit), (Form::Markdown, &copies.markdown)] {
        if let Some(path) = path {
            fs_err::write(path, text(report, form)?)?;
        }
    }
    Ok(())
}

fn open(place: &Place, run: Option<&Path>) -> Result<Answer, Failure> {
    let page = directory(place, run)?.join("report.html");
    let page = fs_err::canonicalize(page)?;
    open::that(&page)?;
    Answer::new(&page, format!("opened {}", page.display()))
}

fn render(
    place: &Place,
    run: Option<&Path>,
    form: Form,
    into: Option<&Path>,
) -> Result<Answer, Failure> {
    let recording = match run {
        Some(file) if file.is_file() => file.to_owned(),
        run => directory(place, run)?.join(RECORDING),
    };
    let report = Report::from_recording(fs_err::File::open(recording)?)?;
    let text = text(&report, form)?;
    match into {
        Some(path) => {
            fs_err::write(path, &text)?;
            Answer::new(&path, format!("the report is in {}", path.display()))
        }
        None => Answer::new(&report, text),
    }
}

fn text(report: &Report, form: Form) -> Result<String, Failure> {
    Ok(match form {
        Form::Html => html(report)?,
        Form::Json => serde_json::to_string_pretty(report)?,
        Form::Junit => junit(report)?,
        Form::Markdown => markdown(report),
        Form::Text => summary(report),
    })
}

/// Returns the directory of a run: the one that is named, the one of the file that is named, or the newest.
fn directory(place: &Place, run: Option<&Path>) -> Result<PathBuf, Failure> {
    match run {
        Some(file) if file.is_file() => Ok(file.parent().unwrap_or(file).to_owned()),
        Some(directory) => Ok(directory.to_owned()),
        None => newest(place),
    }
}

fn newest(place: &Place) -> Result<PathBuf, Failure> {
    let mut newest = None;
    for run in Workspace::list(&place.workspace_root()?)? {
        let recording = run.path().join(RECORDING);
        if let Ok(written) = fs_err::metadata(recording).and_then(|found| found.modified()) {
            newest = newest.max(Some((written, run.path())));
        }
    }
    let missing = Missing(
        "there is no run yet: name the directory of one, or look below another --workspace",
    );
    Ok(newest.ok_or(missing)?.1)
}
