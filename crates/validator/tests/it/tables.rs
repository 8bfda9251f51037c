//! Tables in every format, however they are written, compressed and laid out.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    TimestampSecondArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use arrow::ipc::writer::{FileWriter, StreamWriter};
use reenact_validator::{
    CellType, Check, Constraint, Error, ErrorKind, Judgement, Rules, TableFormat, TextFormat,
    Validator, Verdict,
};

use crate::files::{Sides, write, write_batch, write_parquet};

const ROWS: &str = "id,name,x\n1,ann,1.5\n2,bob,\n3,eve,2.5\n";

fn fails(sides: &Sides, rules: Rules) -> Error {
    Validator::new(rules).compare(&sides.candidate(""), &sides.reference("")).unwrap_err()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn assert_matches(judgement: &Judgement, rows: u64) {
    assert_eq!(judgement.verdict, Verdict::Pass, "{}", judgement.reason);
    assert_eq!(judgement.tables[0].rows.as_ref().unwrap().matched, rows);
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
}

#[test]
fn csv_is_the_same_table_in_any_encoding_dialect_and_compression() {
    let quoted =
        "\u{feff}\"id\";\"name\";\"x\"\r\n\"1\";ann;1.5\r\n2;bob;\r\n\r\n3;\"eve\";2.5\r\n";
    let tabs = ROWS.replace(',', "\t");
    let forms: Vec<Vec<u8>> = vec![
        quoted.as_bytes().to_vec(),
        tabs.into_bytes(),
        utf16(ROWS, u16::to_le_bytes),
        utf16(ROWS, u16::to_be_bytes),
    ];
    for form in forms {
        let sides = Sides::new();
        write(&sides.reference("t.csv"), ROWS);
        write(&sides.candidate("t.csv"), &form);
        assert_matches(&sides.compare(Rules::new()), 3);
        for (name, packed) in [
            ("t.csv.gz", gzip(&form)),
            ("t.csv.zst", zstd::encode_all(form.as_slice(), 1).unwrap()),
        ] {
            let sides = Sides::new();
            write(&sides.reference("t.csv"), ROWS);
            write(&sides.candidate(name), packed);
            assert_matches(&sides.compare(Rules::new()), 3);
        }
    }
}

#[test]
fn the_rules_tell_what_no_file_tells() {
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "zip,note\n01234,a\n");
    write(&sides.candidate("t.csv"), "# written by hand\nzip,note\n01234,'a'\n");
    let mut text = TextFormat::default();
    text.quote = Some('\'');
    text.comment = Some('#');
    assert_matches(&sides.compare(Rules::new().with_text_format(text)), 1);
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "code,n\n1,2\n");
    write(&sides.candidate("t.csv"), "code,n\n1.0,2\n");
    let mut text = TextFormat::default();
    text.types.insert("code".to_owned(), CellType::Text);
    assert_eq!(sides.compare(Rules::new().with_text_format(text.clone())).verdict, Verdict::Fail);
    text.types.insert("code".to_owned(), CellType::Integer);
    let error = fails(&sides, Rules::new().with_text_format(text));
    assert_eq!((error.line(), error.column()), (Some(2), Some("code")));
}

#[test]
fn ragged_rows_are_reported_with_their_lines() {
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "a,b\n1,2\n");
    write(&sides.candidate("t.csv"), "a,b\n1,2\n3\n\"4\n\",5\n6,7,8\n");
    let error = fails(&sides, Rules::new());
    assert_eq!(
        (error.kind(), error.line(), error.offset()),
        (ErrorKind::Malformed, Some(3), Some(8))
    );
    assert!(
        error.to_string().contains("2 rows") && error.to_string().contains("lines 3, 6"),
        "{error}"
    );
}

#[test]
fn types_are_inferred_over_the_whole_input() {
    let rows = |last: &str| {
        let numbers = (0..20_000).map(|i| format!("{i},{i}\n")).collect::<Vec<_>>().concat();
        format!("id,n\n{numbers}20000,{last}\n")
    };
    for last in ["0.5", "x", "2013-01-01", ""] {
        let sides = Sides::new();
        write(&sides.reference("t.csv"), rows(last));
        write(&sides.candidate("t.csv"), rows(last));
        assert_matches(&sides.compare(Rules::new().with_key(["id"])), 20_001);
        write(&sides.candidate("t.csv"), rows("7"));
        let rows = sides.compare(Rules::new().with_key(["id"])).tables.remove(0).rows.unwrap();
        assert_eq!((rows.matched, rows.changed), (20_000, 1), "{last}");
        assert_eq!(
            rows.examples[0].cells[0].candidate.as_deref(),
            Some(if last == "0.5" { "7.0" } else { "7" })
        );
    }
}

#[test]
fn nested_json_is_flattened_by_path() {
    let sides = Sides::new();
    write(
        &sides.reference("t.jsonl"),
        "{\"id\": 1, \"at\": {\"x\": 1, \"y\": [1, 2]}}\n{\"id\": 2, \"at\": {\"x\": 18446744073709551615}}\n",
    );
    write(
        &sides.candidate("t.jsonl"),
        "{\"at\": {\"y\": [1,2], \"x\": 1}, \"id\": 1}\n{\"id\": 2, \"at\": {\"x\": 5}}\n",
    );
    let judgement = sides.compare(Rules::new().with_key(["id"]));
    let table = &judgement.tables[0];
    let names: Vec<&str> = table.reference.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["at.x", "at.y", "id"]);
    let rows = table.rows.as_ref().unwrap();
    assert_eq!((rows.matched, rows.changed, rows.columns[0].column.as_str()), (1, 1, "at.x"));
}

#[test]
fn an_array_of_objects_is_a_table_and_other_json_is_not() {
    let sides = Sides::new();
    write(&sides.reference("t.json"), "[{\"id\": 1, \"x\": 0.5},\n {\"id\": 2, \"x\": null}]\n");
    write(&sides.candidate("t.json"), "[{\"id\": 2}, {\"x\": 0.5, \"id\": 1}]");
    write(&sides.reference("mixed.json"), "[{\"id\": 1}, 7]");
    write(&sides.candidate("mixed.json"), "[{\"id\": 1}, 8]");
    let judgement = sides.compare(Rules::new());
    assert_eq!(judgement.tables[0].format, TableFormat::JsonArray);
    assert_eq!(judgement.tables[0].rows.as_ref().unwrap().matched, 2);
    let differences: Vec<String> =
        judgement.files[0].differences.iter().map(ToString::to_string).collect();
    assert_eq!(differences, ["$[1]: 8, not 7"]);
    write(&sides.candidate("t.json"), "[]");
    let judgement = sides.compare(Rules::new());
    assert_eq!(judgement.table("t.json").unwrap().rows.as_ref().map(|r| r.only_reference), None);
    assert_eq!(judgement.verdict, Verdict::Fail);
}

#[test]
fn broken_json_is_named_with_line_and_byte() {
    let sides = Sides::new();
    write(&sides.reference("t.jsonl"), "{\"a\": 1}\n");
    for (text, line, offset) in [
        ("{\"a\": 1}\n{\"a\": }\n", 2, 9),
        ("{\"a\": 1}\n\n{\"a\": 1", 3, 10),
        ("{\"a\": 1}\n7\n", 2, 9),
    ] {
        write(&sides.candidate("t.jsonl"), text);
        let error = fails(&sides, Rules::new());
        assert_eq!((error.line(), error.offset()), (Some(line), Some(offset)), "{text}: {error}");
        assert!(error.to_string().contains("t.jsonl"), "{error}");
    }
}

fn batch() -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..3_000));
    let names: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..3_000).map(|i| format!("n{}", i % 7))));
    RecordBatch::try_from_iter([("id", ids), ("name", names)]).unwrap()
}

fn write_arrow(path: &Path, stream: bool) {
    let batch = batch();
    let file = fs_err::File::create(path).unwrap();
    if stream {
        let mut writer = StreamWriter::try_new(file, &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
    } else {
        let mut writer = FileWriter::try_new(file, &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
    }
}

#[test]
fn arrow_files_and_streams_are_read_packed_or_not() {
    let sides = Sides::new();
    write_arrow(&sides.reference("a.feather"), false);
    write_arrow(&sides.candidate("a.feather"), true);
    let judgement = sides.compare(Rules::new());
    assert_eq!(judgement.tables[0].format, TableFormat::ArrowIpc);
    assert_matches(&judgement, 3_000);
    let whole = fs_err::read(sides.candidate("a.feather")).unwrap();
    fs_err::remove_file(sides.candidate("a.feather")).unwrap();
    write(&sides.candidate("a.feather.gz"), gzip(&whole));
    assert_matches(&sides.compare(Rules::new()), 3_000);
    fs_err::remove_file(sides.candidate("a.feather.gz")).unwrap();
    write(&sides.candidate("a.feather"), &whole[..whole.len() / 2]);
    let error = fails(&sides, Rules::new());
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.to_string().contains("a.feather"), "{error}");
}

#[test]
fn parquet_is_read_packed_and_in_all_its_types() {
    let sides = Sides::new();
    let seconds = [0, 1_700_000_000];
    let scaled = |factor: i64| seconds.map(|second| second * factor);
    let times: [ArrayRef; 4] = [
        Arc::new(TimestampSecondArray::from(seconds.to_vec())),
        Arc::new(TimestampMillisecondArray::from(scaled(1_000).to_vec())),
        Arc::new(TimestampMicrosecondArray::from(scaled(1_000_000).to_vec())),
        Arc::new(TimestampNanosecondArray::from(scaled(1_000_000_000).to_vec())),
    ];
    let word: ArrayRef =
        Arc::new(vec!["a", "b"].into_iter().collect::<DictionaryArray<Int32Type>>());
    let plain: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let price: ArrayRef =
        Arc::new(Decimal128Array::from(vec![150, 275]).with_precision_and_scale(9, 2).unwrap());
    let fields = vec![Field::new("y", DataType::Int32, true)].into();
    let inner: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None]));
    let nested: ArrayRef = Arc::new(StructArray::new(fields, vec![inner], None));
    for time in &times {
        write_parquet(
            &sides.reference("t.parquet"),
            &[
                ("at", Arc::clone(&times[3])),
                ("word", Arc::clone(&word)),
                ("price", Arc::clone(&price)),
                ("in", Arc::clone(&nested)),
            ],
        );
        write_parquet(
            &sides.candidate("t.parquet"),
            &[
                ("at", Arc::clone(time)),
                ("word", Arc::clone(&plain)),
                ("price", Arc::clone(&price)),
                ("in", Arc::clone(&nested)),
            ],
        );
        let judgement = sides
            .compare(Rules::new().with_level(Check::ColumnType, reenact_validator::Level::Off));
        assert_matches(&judgement, 2);
        assert_eq!(judgement.tables[0].reference.columns[3].name, "in.y");
    }
    let whole = fs_err::read(sides.candidate("t.parquet")).unwrap();
    fs_err::remove_file(sides.candidate("t.parquet")).unwrap();
    write(&sides.candidate("t.parquet.zst"), zstd::encode_all(whole.as_slice(), 1).unwrap());
    assert_matches(
        &sides.compare(Rules::new().with_level(Check::ColumnType, reenact_validator::Level::Off)),
        2,
    );
}

#[test]
fn a_broken_row_group_is_named_with_its_place() {
    let sides = Sides::new();
    write_batch(&sides.reference("t.parquet"), &batch());
    let mut bytes = fs_err::read(sides.reference("t.parquet")).unwrap();
    bytes[4..400].fill(0xff);
    write(&sides.candidate("t.parquet"), bytes);
    let error = fails(&sides, Rules::new());
    assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(4)), "{error}");
}

#[test]
fn a_file_that_stops_while_it_is_unpacked_is_named_with_the_byte() {
    let sides = Sides::new();
    let rows: Vec<String> =
        (0..50_000).map(|i| format!("{i},{}\n", i * 7919 % 1_000_003)).collect();
    let rows = rows.concat();
    let packed = gzip(format!("a,b\n{rows}").as_bytes());
    write(&sides.reference("t.csv.gz"), &packed);
    write(&sides.candidate("t.csv.gz"), &packed[..packed.len() / 2]);
    let error = fails(&sides, Rules::new());
    assert_eq!(
        (error.kind(), error.offset()),
        (ErrorKind::Malformed, Some(packed.len() as u64 / 2))
    );
}

#[test]
fn directories_of_partitions_are_columns() {
    let sides = Sides::new();
    let part = |range: std::ops::Range<i64>| -> [(&'static str, ArrayRef); 1] {
        [("id", Arc::new(Int64Array::from_iter_values(range)))]
    };
    write_parquet(&sides.reference("sales/day=2024-01-01/region=eu/a.parquet"), &part(0..5));
    write_parquet(&sides.reference("sales/day=2024-01-02/region=a%2Fb/b.parquet"), &part(5..9));
    write_parquet(&sides.candidate("sales/day=2024-01-01/region=eu/part-0.parquet"), &part(0..3));
    write_parquet(&sides.candidate("sales/day=2024-01-01/region=eu/part-1.parquet"), &part(3..5));
    write_parquet(
        &sides.candidate("sales/day=2024-01-02/region=__HIVE_DEFAULT_PARTITION__/c.parquet"),
        &part(5..9),
    );
    let judgement = sides.compare(Rules::new().with_key(["id"]));
    let table = &judgement.tables[0];
    assert_eq!((judgement.tables.len(), table.name.as_str()), (1, "sales/*.parquet"));
    let types: Vec<(&str, &str)> =
        table.reference.columns.iter().map(|c| (c.name.as_str(), c.type_name.as_str())).collect();
    assert_eq!(types, [("id", "Int64"), ("day", "Date32"), ("region", "Utf8")]);
    let rows = table.rows.as_ref().unwrap();
    assert_eq!((rows.matched, rows.changed), (5, 4));
    assert_eq!(rows.examples[0].cells[0].reference.as_deref(), Some("a/b"));
    assert_eq!(rows.columns[0].became_null, 4);
}

/// Parts of more rows than a batch, and of fewer: the named columns are as long as what is read beside them.
#[test]
fn named_columns_hold_for_every_row_of_parts_of_any_size() {
    let sides = Sides::new();
    for side in [sides.candidate(""), sides.reference("")] {
        for (part, rows) in [("day=1/region=eu", 3), ("day=2/region=us", 20_000)] {
            let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
            write_parquet(&side.join(part).join("a.parquet"), &[("id", ids)]);
        }
    }
    let rules = Rules::new()
        .with_constraint(Constraint::unique(["id", "day"]))
        .with_constraint(Constraint::unique(["id", "region"]))
        .with_constraint(Constraint::set(["region"], ["eu", "us"]));
    let judgement = sides.compare(rules);
    assert_eq!(judgement.verdict, Verdict::Pass, "{}", judgement.reason);
    let columns = &judgement.tables[0].columns;
    for name in ["day", "region"] {
        let column = columns.iter().find(|column| column.name == name).unwrap();
        assert_eq!((column.candidate.rows, column.candidate.distinct), (20_003, Some(2)));
    }
    let repeated = sides.compare(Rules::new().with_constraint(Constraint::unique(["id"])));
    let finding = repeated.all_findings().find(|finding| finding.check == Check::Constraint);
    assert_eq!(finding.unwrap().rows.as_ref().unwrap().failing, 3);
}

#[test]
fn empty_batches_and_tables_without_rows_are_no_trouble() {
    let sides = Sides::new();
    let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, true)]));
    let empty = RecordBatch::new_empty(schema);
    write_batch(&sides.reference("t.parquet"), &empty);
    write_batch(&sides.candidate("t.parquet"), &empty);
    assert_eq!(sides.compare(Rules::new().with_key(["id"])).verdict, Verdict::Inconclusive);
}
