//! `reenact profile`: what is worth keeping of tables once their rows are gone.

use std::path::{Path, PathBuf};

use indicatif::HumanCount;
use reenact::validator::{ColumnProfile, DistinctCount, NumberProfile, Profile, ProfileOptions};

use super::fetch::fetch;
use crate::answer::{Answer, Failure, Prevented};
use crate::args::{self, Place, names};
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
    let is_here = path.exists() || place.scenario()?.bucket_name().is_none();
    let profile =
        if is_here { Profile::of(path, &keep)? } else { fetched(place, options, &keep).await? };
    let mut text = describe(&profile);
    if let Some(out) = &options.out {
        profile.save(out)?;
        text = format!("{text}\nsaved in {}", out.display());
    }
    Answer::new(&profile, text)
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
    Ok(Profile::of(&only_directory(&into)?, keep)?)
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
