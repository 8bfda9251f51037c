//! The files that other implementations are tested with: each is read, row for row, or refused with its path.

use std::path::{Path, PathBuf};

use reenact_validator::{
    Check, ErrorKind, Judgement, Level, Profile, ProfileOptions, Result, Rules, Validator, Verdict,
};

use crate::files::{Sides, write};

/// Files of the Parquet collection that no reader should take for a table, and a part of what is said of each.
const REFUSED: [(&str, &str); 10] = [
    ("ARROW-GH-45185.parquet", "first repetition level of batch must be 0"),
    ("ARROW-GH-47662.parquet", "insufficient values read"),
    ("ARROW-RS-GH-6229-DICTHEADER.parquet", "out of range integral type"),
    ("ARROW-RS-GH-6229-LEVELS.parquet", "Insufficient repetition levels"),
    ("PARQUET-1481.parquet", "Unexpected Type"),
    ("encrypt_columns_plaintext_footer.parquet", "Required field type_ is missing"),
    ("dict-page-offset-zero.parquet", "Expected list element type of I64"),
    ("nation.dict-malformed.parquet", "Invalid page header"),
    ("repeated_no_annotation.parquet", "promise 6 rows, but 0 can be read"),
    ("uniform_encryption.parquet", "encrypted footer"),
];

/// Rows of those that are read, as `PyArrow` counts them.
const ROWS: [(&str, u64); 52] = [
    ("alltypes_dictionary.parquet", 2),
    ("alltypes_plain.parquet", 8),
    ("alltypes_plain.snappy.parquet", 2),
    ("binary.parquet", 12),
    ("binary_truncated_min_max.parquet", 12),
    ("byte_array_decimal.parquet", 24),
    ("byte_stream_split.zstd.parquet", 300),
    ("byte_stream_split_extended.gzip.parquet", 200),
    ("column_chunk_key_value_metadata.parquet", 0),
    ("concatenated_gzip_members.parquet", 513),
    ("data_index_bloom_encoding_stats.parquet", 14),
    ("data_index_bloom_encoding_with_length.parquet", 14),
    ("datapage_v1-snappy-compressed-checksum.parquet", 5120),
    ("datapage_v2.snappy.parquet", 5),
    ("datapage_v2_empty_datapage.snappy.parquet", 1),
    ("delta_encoding_optional_column.parquet", 100),
    ("delta_encoding_required_column.parquet", 100),
    ("delta_length_byte_array.parquet", 1000),
    ("fixed_length_byte_array.parquet", 1000),
    ("fixed_length_decimal.parquet", 24),
    ("fixed_length_decimal_legacy.parquet", 24),
    ("float16_nonzeros_and_nans.parquet", 8),
    ("float16_zeros_and_nans.parquet", 3),
    ("floating_orders_nan_count.parquet", 50),
    ("hadoop_lz4_compressed.parquet", 4),
    ("int32_decimal.parquet", 24),
    ("int32_with_null_pages.parquet", 1000),
    ("int64_decimal.parquet", 24),
    ("int96_from_spark.parquet", 6),
    ("list_columns.parquet", 3),
    ("lz4_raw_compressed.parquet", 4),
    ("map_no_value.parquet", 3),
    ("nan_in_stats.parquet", 2),
    ("incorrect_map_schema.parquet", 1),
    ("nested_lists.snappy.parquet", 3),
    ("nested_maps.snappy.parquet", 6),
    ("non_hadoop_lz4_compressed.parquet", 4),
    ("nonnullable.impala.parquet", 1),
    ("null_list.parquet", 1),
    ("nullable.impala.parquet", 7),
    ("nulls.snappy.parquet", 8),
    ("old_list_structure.parquet", 1),
    ("page_v2_empty_compressed.parquet", 10),
    ("plain-dict-uncompressed-checksum.parquet", 1000),
    ("repeated_primitive_no_list.parquet", 4),
    ("rle-dict-snappy-checksum.parquet", 1000),
    ("rle-dict-uncompressed-corrupt-checksum.parquet", 1000),
    ("rle_boolean_encoding.parquet", 68),
    ("single_nan.parquet", 1),
    ("sort_columns.parquet", 6),
    ("unknown-logical-type.parquet", 3),
    ("ARROW-GH-43605.parquet", 21186),
];

fn data(directory: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(directory);
    let mut found: Vec<PathBuf> =
        fs_err::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn with_itself(path: &Path) -> Result<Judgement> {
    Validator::new(Rules::new()).compare(path, path)
}

/// Every row has its equal, and what is profiled can be saved.
fn assert_read(path: &Path, rows: u64) {
    let judgement = with_itself(path).unwrap();
    let table = &judgement.tables[0];
    assert_eq!(table.reference.rows, rows, "{}", name(path));
    let matched = table.rows.as_ref().map_or(0, |rows| rows.matched);
    assert_eq!(matched, rows, "{}: {}", name(path), judgement.reason);
    let expected = if rows == 0 { Verdict::Inconclusive } else { Verdict::Pass };
    assert_eq!(judgement.verdict, expected, "{}: {}", name(path), judgement.reason);
    let profile = Profile::of(path, &ProfileOptions::new()).unwrap();
    assert_eq!(Profile::from_json(&profile.to_json()).unwrap(), profile, "{}", name(path));
}

#[test]
fn parquet_files_of_other_implementations_are_read_or_refused() {
    let paths = data("parquet");
    for path in &paths {
        if let Some((_, rows)) = ROWS.iter().find(|(known, _)| *known == name(path)) {
            assert_read(path, *rows);
            continue;
        }
        let why = REFUSED.iter().find(|(known, _)| *known == name(path)).map(|(_, why)| *why);
        assert!(why.is_some(), "nothing is said of {}", name(path));
        let error = with_itself(path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{error:?}");
        assert!(error.path().is_some_and(|at| at == path), "{error:?}");
        let whole = format!("{error:?}");
        assert!(why.is_some_and(|why| whole.contains(why)), "{}: {whole}", name(path));
    }
    assert_eq!(paths.len(), REFUSED.len() + ROWS.len());
}

#[test]
fn arrow_files_of_another_implementation_are_one_table_however_they_are_written() {
    let paths = data("arrow");
    for path in paths.iter().filter(|path| !name(path).starts_with("union")) {
        let (kind, _) = name(path).split_once('-').unwrap();
        assert_read(path, if kind == "nested" { 3 } else { 4 });
        let plain = path.with_file_name(format!("{kind}-unpacked-file.arrow"));
        let judgement = Validator::new(Rules::new()).compare(path, &plain).unwrap();
        assert_eq!(judgement.verdict, Verdict::Pass, "{}: {}", name(path), judgement.reason);
    }
    for path in paths.iter().filter(|path| name(path).starts_with("union")) {
        assert_read(path, 2);
    }
}

/// What a CSV file of the collection says stands beside it as JSON, all of it text.
#[test]
fn csv_says_what_its_collection_says_it_says() {
    let paths = data("csv");
    let mut compared = 0;
    let is_said = |path: &&PathBuf| {
        // Of the coordinates the collection says what is not in them.
        path.extension().is_some_and(|extension| extension == "csv")
            && !name(path).contains("coordinates")
    };
    for path in paths.iter().filter(is_said) {
        let sides = Sides::new();
        write(&sides.candidate("t.csv"), fs_err::read(path).unwrap());
        write(&sides.reference("t.json"), fs_err::read(path.with_extension("json")).unwrap());
        let mut rules = Rules::new().with_level(Check::ColumnType, Level::Off);
        let mut text = reenact_validator::TextFormat::default();
        text.null_tokens.clear();
        rules = rules.with_text_format(text).with_level(Check::Nullability, Level::Off);
        let judgement = Validator::new(rules)
            .compare(&sides.candidate("t.csv"), &sides.reference("t.json"))
            .unwrap();
        let rows = judgement.tables[0].rows.as_ref().unwrap();
        let different = rows.changed + rows.only_candidate + rows.only_reference;
        assert_eq!(different, 0, "{}: {:?}", name(path), rows.examples);
        compared += rows.matched;
    }
    assert_eq!(compared, 20);
}
