//! Files that are broken, hostile or just odd: each is read or refused with its path, and none brings the program down.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaDataReader, ParquetMetaDataWriter};
use reenact_validator::{ErrorKind, Judgement, Result, Rules, Validator, Verdict};

use crate::files::{Sides, write, write_parquet};

fn compare(name: &str, candidate: &[u8], reference: &[u8]) -> Result<Judgement> {
    let sides = Sides::new();
    write(&sides.candidate(name), candidate);
    write(&sides.reference(name), reference);
    Validator::new(Rules::new()).compare(&sides.candidate(""), &sides.reference(""))
}

/// A broken file is refused as what it is, with its path.
fn assert_refused(name: &str, bytes: &[u8]) {
    let error = compare(name, bytes, bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error:?}");
    assert!(error.path().is_some_and(|path| path.ends_with(name)), "{error:?}");
}

fn parquet() -> Vec<u8> {
    let sides = Sides::new();
    let path = sides.candidate("t.parquet");
    let columns: [(&str, ArrayRef); 3] = [
        ("id", Arc::new(Int64Array::from_iter_values(0..200))),
        ("x", Arc::new(Float64Array::from_iter_values((0..200).map(|i| f64::from(i) * 0.1)))),
        (
            "kind",
            Arc::new(StringArray::from_iter_values((0..200).map(|i| format!("kind {}", i % 3)))),
        ),
    ];
    write_parquet(&path, &columns);
    fs_err::read(path).unwrap()
}

#[test]
fn delimited_text_is_read_however_it_is_written() {
    let plain = "id,name\n1,a\n2,b\n";
    for (what, written) in [
        ("a byte-order mark", "\u{feff}id,name\n1,a\n2,b\n"),
        ("carriage returns", "id,name\r\n1,a\r\n2,b\r\n"),
        ("old line ends", "id,name\r1,a\r2,b\r"),
        ("no last line end", "id,name\n1,a\n2,b"),
        ("quotes", "\"id\",\"name\"\n\"1\",\"a\"\n\"2\",\"b\"\n"),
        ("blank lines", "id,name\n\n1,a\n\n2,b\n\n"),
    ] {
        let judgement = compare("t.csv", written.as_bytes(), plain.as_bytes()).unwrap();
        assert_eq!(judgement.verdict, Verdict::Pass, "{what}: {}", judgement.reason);
    }
    for (what, written) in [
        ("a line end within quotes", "id,name\n1,\"a\nb\"\n2,b\n".as_bytes()),
        ("quotes within quotes", b"id,name\n1,\"a \"\"b\"\"\"\n2,b\n"),
        ("a zero byte", b"id,name\n1,a\x00b\n2,b\n"),
        ("a header alone", b"id,name\n"),
        ("an empty header", b",\n1,2\n"),
        ("one column", b"id\n1\n"),
        ("many commas", b",,,,,,\n,,,,,,\n"),
        ("an open quote", b"id,name\n1,\"a\n2,b\n"),
    ] {
        let judgement = compare("t.csv", written, written).unwrap();
        assert_ne!(judgement.verdict, Verdict::Fail, "{what}: {}", judgement.reason);
    }
}

#[test]
fn broken_text_is_refused_with_its_path() {
    for bytes in [b"id,name\n1,a\n2,b,c\n".as_slice(), b"id,name\n1,\xff\xfe\n"] {
        assert_refused("t.csv", bytes);
    }
    for bytes in [b"{\"a\": 1}\n{\"a\":".as_slice(), b"[1]\n", b"{\"a\": 1}\n\xff\n", b"nonsense\n"]
    {
        assert_refused("t.jsonl", bytes);
    }
    assert_refused("t.csv.gz", b"\x1f\x8b\x08\x00 this is no gzip");
    assert_refused("t.csv.zst", b"no zstd at all");
}

#[test]
fn parquet_that_is_no_parquet_is_refused() {
    let whole = parquet();
    let footer = |length: u32| {
        let mut bytes = whole.clone();
        let at = bytes.len() - 8;
        bytes[at..at + 4].copy_from_slice(&length.to_le_bytes());
        bytes
    };
    let mut wrong_magic = whole.clone();
    let end = wrong_magic.len();
    wrong_magic[end - 4..].copy_from_slice(b"PARX");
    for bytes in [
        b"PAR1".to_vec(),
        b"PAR1PAR1".to_vec(),
        wrong_magic,
        footer(0),
        footer(u32::MAX),
        footer(3),
    ] {
        assert_refused("t.parquet", &bytes);
    }
    assert_refused("t.parquet", b"id,name\n1,a\n");
}

#[test]
fn a_codec_that_is_not_supported_is_named() {
    let mut bytes = parquet();
    let mut written = tempfile::tempfile().unwrap();
    written.write_all(&bytes).unwrap();
    let footer = ParquetMetaDataReader::new().parse_and_finish(&written).unwrap();
    let groups = footer.row_groups().iter().map(|group| {
        let lzo = |column: &ColumnChunkMetaData| {
            column.clone().into_builder().set_compression(Compression::LZO).build().unwrap()
        };
        let columns = group.columns().iter().map(lzo).collect();
        group.clone().into_builder().set_column_metadata(columns).build().unwrap()
    });
    let groups = groups.collect();
    let footer = footer.into_builder().set_row_groups(groups).build();
    // The last footer counts.
    ParquetMetaDataWriter::new(&mut bytes, &footer).finish().unwrap();
    let error = compare("t.parquet", &bytes, &bytes).unwrap_err();
    assert!(error.to_string().contains("the codec LZO is not supported"), "{error}");
    assert_eq!(error.column(), Some("id"));
}

#[test]
fn parquet_that_is_cut_off_anywhere_is_refused() {
    let whole = parquet();
    for length in (1..whole.len()).step_by(whole.len() / 40) {
        assert_refused("t.parquet", &whole[..length]);
    }
}

/// A changed byte may go unnoticed, or break the file; it must neither panic nor hang.
#[test]
fn parquet_with_a_changed_byte_is_read_or_refused() {
    let whole = parquet();
    for place in (4..whole.len() - 8).step_by(whole.len() / 120) {
        let mut broken = whole.clone();
        broken[place] ^= 0xff;
        if let Err(error) = compare("t.parquet", &broken, &whole) {
            assert!(error.path().is_some(), "byte {place}: {error:?}");
        }
    }
}

fn data(name: &str) -> Vec<u8> {
    fs_err::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

/// A length beyond the file would be allocated before it is missed.
#[test]
fn arrow_that_promises_more_than_it_holds_is_refused() {
    for name in ["body-of-petabytes", "dictionary-of-gigabytes"] {
        assert_refused("t.arrow", &data(&format!("broken/{name}.arrow")));
    }
    for (kind, promise) in [("file", "promised"), ("stream", "promised")] {
        let whole = data(&format!("arrow/plain-zstd-{kind}.arrow"));
        // The unpacked length of the first buffer stands before the mark of its frame.
        let frame = whole.windows(4).position(|four| four == [0x28, 0xb5, 0x2f, 0xfd]).unwrap();
        let mut broken = whole.clone();
        broken[frame - 3] = 0x7f;
        let error = compare("t.arrow", &broken, &whole).unwrap_err();
        assert!(error.to_string().contains(promise), "{kind}: {error}");
    }
}

#[test]
fn arrow_with_a_changed_byte_is_read_or_refused() {
    for name in
        ["plain-unpacked-file", "nested-zstd-file", "coded-lz4-stream", "plain-unpacked-stream"]
    {
        let whole = data(&format!("arrow/{name}.arrow"));
        for place in (0..whole.len()).step_by(whole.len() / 60) {
            let mut broken = whole.clone();
            broken[place] ^= 0xff;
            if let Err(error) = compare("t.arrow", &broken, &whole) {
                assert!(error.path().is_some(), "{name}, byte {place}: {error:?}");
            }
        }
        for length in (1..whole.len()).step_by(whole.len() / 20) {
            if let Err(error) = compare("t.arrow", &whole[..length], &whole) {
                assert!(error.path().is_some(), "{name}, {length} bytes: {error:?}");
            }
        }
    }
}
