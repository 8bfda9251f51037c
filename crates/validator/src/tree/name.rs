//! What a file's name says: its format, its compression, and whether it is a part file.

use crate::judgement::TableFormat;

/// How a file is compressed as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// It is not.
    None,
    /// As `gzip` does, in one or several members.
    Gzip,
    /// As `zstd` does.
    Zstd,
}

/// The format that a file's name announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedFormat {
    Table(TableFormat),
    Json,
    Unknown,
}

/// A file's name, taken apart. Letter case of extensions does not matter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FileName<'a> {
    /// The name without the extension of its compression.
    pub(crate) uncompressed: &'a str,
    pub(crate) compression: Compression,
    pub(crate) format: NamedFormat,
}

impl<'a> FileName<'a> {
    pub(crate) fn parse(name: &'a str) -> Self {
        let (uncompressed, compression) = match split_extension(name) {
            Some((stem, "gz" | "gzip")) => (stem, Compression::Gzip),
            Some((stem, "zst" | "zstd")) => (stem, Compression::Zstd),
            _ => (name, Compression::None),
        };
        let format = match split_extension(uncompressed) {
            Some((_, "csv")) => NamedFormat::Table(TableFormat::Csv),
            Some((_, "tsv")) => NamedFormat::Table(TableFormat::Tsv),
            Some((_, "jsonl" | "ndjson")) => NamedFormat::Table(TableFormat::JsonLines),
            Some((_, "parquet" | "pq")) => NamedFormat::Table(TableFormat::Parquet),
            Some((_, "arrow" | "arrows" | "feather" | "ipc")) => {
                NamedFormat::Table(TableFormat::ArrowIpc)
            }
            Some((_, "json")) => NamedFormat::Json,
            _ => NamedFormat::Unknown,
        };
        if format == NamedFormat::Unknown {
            // A compressed file of an unknown format is compared as it is.
            return Self { uncompressed: name, compression: Compression::None, format };
        }
        Self { uncompressed, compression, format }
    }
}

fn split_extension(name: &str) -> Option<(&str, &str)> {
    const KNOWN: [&str; 14] = [
        "arrow", "arrows", "csv", "feather", "gz", "gzip", "ipc", "json", "jsonl", "ndjson",
        "parquet", "pq", "tsv", "zst",
    ];
    let (stem, extension) = name.rsplit_once('.')?;
    if extension.eq_ignore_ascii_case("zstd") {
        return Some((stem, "zstd"));
    }
    KNOWN.iter().find(|known| known.eq_ignore_ascii_case(extension)).map(|known| (stem, *known))
}

/// Whether names like this are the parts that one writer splits a table into.
///
/// They are, up to the first dot and whatever the letter case:
/// - `part` alone or followed by `-`, `_` or a digit, and anything (`part-00000-3f2a-c000`, `part_1`, `part0`);
/// - `chunk`, `data`, `shard` or `split`, an optional `-` or `_`, and digits (`data_0`, `chunk12`);
/// - digits, possibly in groups joined by `-` or `_` (`0000`, `000000_0`);
/// - anything ending in digits, `-of-` and digits (`train-00001-of-00010`): the parts of `train`.
///
/// The answer is the name of the table within its directory, up to the extension: `*`, or
/// `train-*` in the last case.
pub(crate) fn part_of(name: &str) -> Option<String> {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some((head, total)) = stem.rsplit_once("-of-")
        && is_number(total)
        && let Some((table, index)) = head.rsplit_once(['-', '_'])
        && is_number(index)
    {
        return Some(format!("{table}-*"));
    }
    if let Some(rest) = stem.strip_prefix("part")
        && rest.bytes().next().is_none_or(|b| b == b'-' || b == b'_' || b.is_ascii_digit())
    {
        return Some("*".to_owned());
    }
    let numbered = ["chunk", "data", "shard", "split"].iter().any(|word| {
        stem.strip_prefix(word).is_some_and(|rest| is_number(rest.trim_start_matches(['-', '_'])))
    });
    let is_digits = !stem.is_empty() && stem.split(['-', '_']).all(is_number);
    (numbered || is_digits).then(|| "*".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_tell_format_and_compression() {
        let table = |format| NamedFormat::Table(format);
        for (name, format, compression, uncompressed) in [
            ("a.CSV", table(TableFormat::Csv), Compression::None, "a.CSV"),
            ("a.csv.GZ", table(TableFormat::Csv), Compression::Gzip, "a.csv"),
            ("a.b.ndjson.zst", table(TableFormat::JsonLines), Compression::Zstd, "a.b.ndjson"),
            (
                "x.snappy.parquet",
                table(TableFormat::Parquet),
                Compression::None,
                "x.snappy.parquet",
            ),
            ("x.parquet.gz", table(TableFormat::Parquet), Compression::Gzip, "x.parquet"),
            ("x.feather", table(TableFormat::ArrowIpc), Compression::None, "x.feather"),
            ("report.json", NamedFormat::Json, Compression::None, "report.json"),
            ("model.tar.gz", NamedFormat::Unknown, Compression::None, "model.tar.gz"),
            ("csv", NamedFormat::Unknown, Compression::None, "csv"),
        ] {
            assert_eq!(
                FileName::parse(name),
                FileName { uncompressed, compression, format },
                "{name}"
            );
        }
    }

    #[test]
    fn part_files_are_recognised_by_name() {
        for name in [
            "part-00000-3f-c000.snappy.parquet",
            "part_1.csv",
            "part0.csv",
            "PART-1.csv",
            "part.csv",
            "0000.parquet",
            "000000_0",
            "data_0.parquet",
            "chunk12.csv",
        ] {
            assert_eq!(part_of(name).as_deref(), Some("*"), "{name}");
        }
        assert_eq!(part_of("train-00001-of-00010.parquet").as_deref(), Some("train-*"));
        for name in
            ["party.csv", "partners.csv", "scores_2013.csv", "data.csv", "delays.csv", ".csv"]
        {
            assert_eq!(part_of(name), None, "{name}");
        }
    }
}
