//! `reenact profile`: what is worth keeping of tables once their rows are gone.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use indicatif::HumanCount;
use reenact::validator::{
    self, ColumnProfile, DataFile, DistinctCount, ErrorKind, NumberProfile, Profile, ProfileOptions,
};
use serde::de::IgnoredAny;

use super::fetch::fetch;
use crate::answer::{Answer, Failure, Missing, Prevented};
use crate::args::{self, Place, names};
use crate::progress::rows;
use crate::target;
use crate::terminal::table;

pub(crate) async fn profile(place: &Place, options: &args::Profile) -> Result<Answer, Failure> {
    if let Some(out) = &options.out {
        target::file(out)?;
    }
    let keep = ProfileOptions::new()
        .with_clear_text(names(&options.clear_text))
        .without_values_of(names(&options.without_values));
    let path = Path::new(&options.what);
    let profile = if path.exists() {
        local(place, path, &keep)?
    } else if place.scenario()?.bucket_name().is_some() {
        fetched(place, options, &keep).await?
    } else {
        return Err(nowhere(&options.what));
    };
    let mut text = describe(&profile);
    if let Some(out) = &options.out {
        profile.save(out)?;
        text = format!("{text}\nsaved in {}", out.display());
    }
    Answer::new(&profile, text)
}

/// Profiles a file or a directory.
fn local(place: &Place, path: &Path, keep: &ProfileOptions) -> Result<Profile, Failure> {
    let observer = rows(place, format!("profiling {}", path.display()));
    Profile::observed(path, keep, observer).map_err(|error| match error.kind() {
        ErrorKind::NotFound => no_table(path, &error),
        _ => error.into(),
    })
}

/// Says of what holds no table why, as far as that can be seen, and what a table is.
fn no_table(path: &Path, error: &validator::Error) -> Failure {
    let text = format!(
        "{error}: a table is a CSV, TSV, Parquet, Arrow IPC or JSON Lines file, or a JSON array of objects"
    );
    match broken_json(path) {
        Some(broken) => Prevented::new(text, broken).into(),
        None => Missing::new(text).into(),
    }
}

/// Returns what is wrong with a file that by its name is JSON.
fn broken_json(path: &Path) -> Option<serde_json::Error> {
    let file = DataFile::below(path.parent()?, path).ok()?;
    let text = file.is_json_document().then(|| file.text().ok())??;
    serde_json::from_reader::<_, IgnoredAny>(BufReader::new(text)).err()
}

fn nowhere(what: &str) -> Failure {
    let text = format!(
        "there is no file or directory `{what}` here: for what a step wrote, name its bucket with --bucket and its pipeline with --pipeline"
    );
    Missing::new(text).into()
}

/// Profiles what a step wrote, brought into a directory that goes away again.
async fn fetched(
    place: &Place,
    options: &args::Profile,
    keep: &ProfileOptions,
) -> Result<Profile, Failure> {
    let directory = tempfile::tempdir()?;
    let into = directory.path().join("outputs");
    let wanted = args::Fetch {
        what: options.what.clone(),
        from: options.from.clone(),
        manifest: None,
        include: Vec::new(),
        exclude: Vec::new(),
        into: Some(into.clone()),
        dry_run: false,
    };
    fetch(place, &wanted).await.map_err(|source| {
        let text =
            format!("there is no file or directory `{0}` here, and no output `{0}`", options.what);
        Prevented::new(text, source)
    })?;
    let observer = rows(place, format!("profiling {}", options.what));
    Ok(Profile::observed(&only_directory(&into)?, keep, observer)?)
}

/// Returns the one output that was fetched, so that tables are called as they are within it; of several, what holds them.
fn only_directory(into: &Path) -> Result<PathBuf, Failure> {
    let entries: Vec<PathBuf> =
        fs_err::read_dir(into)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    Ok(match entries.as_slice() {
        [only] => only.clone(),
        _ => into.to_owned(),
    })
}

fn describe(profile: &Profile) -> String {
    let mut text = String::new();
    for held in profile.tables() {
        let mut columns = table(
            ["COLUMN", "TYPE", "MISSING", "DISTINCT", "LEAST", "MEDIAN", "LARGEST"],
            &[2, 3, 4, 5, 6],
        );
        for column in held.columns() {
            let figures = figures(column);
            let row = [column.name().to_owned(), column.data_type().to_string()];
            columns.add_row(row.into_iter().chain(figures));
        }
        let rows = HumanCount(held.rows());
        text = format!(
            "{text}{} ({}, {rows} rows)\n{}\n",
            held.name(),
            held.format().as_str(),
            columns.trim_fmt()
        );
    }
    text.trim_end().to_owned()
}

fn figures(column: &ColumnProfile) -> [String; 5] {
    let DistinctCount { count, is_exact, .. } = column.distinct();
    let about = if is_exact { "" } else { "~" };
    let numbers = column.numbers();
    let number = |value: Option<f64>| match (value, numbers) {
        (Some(value), Some(numbers)) => numbers.show(value),
        _ => String::new(),
    };
    [
        format!("{:.2} %", column.missing_rate() * 100.0),
        format!("{about}{}", HumanCount(count)),
        number(numbers.and_then(NumberProfile::min)),
        number(numbers.and_then(|numbers| numbers.quantile(0.5))),
        number(numbers.and_then(NumberProfile::max)),
    ]
}
