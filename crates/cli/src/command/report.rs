//! `reenact report`: the report of a run in another form, or before one's eyes.

use std::path::{Path, PathBuf};

use reenact::cache::Workspace;
use reenact::tester::{Report, TextStyle, html, junit, markdown, summary_in};

use crate::answer::{Answer, Failure, Missing, Prevented};
use crate::args::{self, Copies, Form, Place};
use crate::target;
use crate::terminal::text_style;

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

/// Sees before a run whether the further forms of its report can be written after it.
pub(super) fn check(copies: &Copies) -> Result<(), Failure> {
    [&copies.junit, &copies.markdown].into_iter().flatten().try_for_each(|path| target::file(path))
}

/// Writes the further forms of a report that were asked for.
pub(super) fn copy(report: &Report, copies: &Copies) -> Result<(), Failure> {
    for (form, path) in [(Form::Junit, &copies.junit), (Form::Markdown, &copies.markdown)] {
        if let Some(path) = path {
            fs_err::write(path, text(report, form, TextStyle::default())?)?;
        }
    }
    Ok(())
}

fn open(place: &Place, run: Option<&Path>) -> Result<Answer, Failure> {
    let page = fs_err::canonicalize(file(place, run, "report.html")?)?;
    open::that(&page).map_err(|source| {
        let text = format!(
            "no browser is found to open {}: open it yourself, or have another form with `reenact report render`",
            page.display()
        );
        Prevented::new(text, source)
    })?;
    Answer::new(&page, format!("opened {}", page.display()))
}

fn render(
    place: &Place,
    run: Option<&Path>,
    form: Form,
    into: Option<&Path>,
) -> Result<Answer, Failure> {
    into.map_or(Ok(()), target::file)?;
    let recording = match run {
        Some(recording) if recording.is_file() && !recording.with_file_name(RECORDING).exists() => {
            recording.to_owned()
        }
        run => file(place, run, RECORDING)?,
    };
    let report = Report::from_recording(fs_err::File::open(&recording)?)
        .map_err(|source| Prevented::by_file("recording", &recording, source))?;
    let style = if into.is_some() { TextStyle::default() } else { text_style() };
    let text = text(&report, form, style)?;
    match into {
        Some(path) => {
            fs_err::write(path, &text)?;
            Answer::new(&path, format!("the report is in {}", path.display()))
        }
        None => Answer::new(&report, text),
    }
}

fn text(report: &Report, form: Form, style: TextStyle) -> Result<String, Failure> {
    Ok(match form {
        Form::Html => html(report)?,
        Form::Json => serde_json::to_string_pretty(report)?,
        Form::Junit => junit(report)?,
        Form::Markdown => markdown(report),
        Form::Text => summary_in(report, style),
    })
}

/// Returns a file in the directory of a run: the one that is named, the one of the file that is named, or the newest.
fn file(place: &Place, run: Option<&Path>, name: &str) -> Result<PathBuf, Failure> {
    let found = match run {
        Some(file) if file.is_file() => file.with_file_name(name),
        Some(directory) => directory.join(name),
        None => newest(place)?.join(name),
    };
    if found.is_file() {
        return Ok(found);
    }
    let text = format!(
        "there is no {}: name the directory of a run, as `reenact run` tells it",
        found.display()
    );
    Err(Missing::new(text).into())
}

fn newest(place: &Place) -> Result<PathBuf, Failure> {
    let mut newest = None;
    for run in Workspace::list(&place.workspace_root()?)? {
        let recording = run.path().join(RECORDING);
        if let Ok(written) = fs_err::metadata(recording).and_then(|found| found.modified()) {
            newest = newest.max(Some((written, run.path())));
        }
    }
    let missing = || {
        Missing::new(
            "there is no run yet: name the directory of one, or look below another --workspace",
        )
    };
    Ok(newest.ok_or_else(missing)?.1)
}
