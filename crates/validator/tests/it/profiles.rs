//! Profiles: parts add up to the whole, what is saved is read back, and what is private is not kept.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array,
};
use proptest::prelude::*;
use reenact_validator::{ErrorKind, Profile, ProfileOptions, TableProfile, TableProfiler};

/// One row of every kind of column.
#[derive(Debug, Clone)]
struct Row {
    float: Option<f64>,
    integer: Option<i32>,
    unsigned: u64,
    text: Option<String>,
    time: i64,
}

fn row() -> impl Strategy<Value = Row> {
    let float = prop_oneof![
        4 => -3.0..3.0_f64,
        2 => (-300.0..300.0_f64).prop_map(|power| 10_f64.powf(power)),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0]),
    ];
    let text = prop_oneof!["[a-c]", "[a-z]{1,12}"];
    let parts = (
        prop::option::of(float),
        prop::option::of(any::<i32>()),
        any::<u64>(),
        prop::option::of(text),
        1_700_000_000_000_000..1_700_000_100_000_000_i64,
    );
    parts.prop_map(|(float, integer, unsigned, text, time)| Row {
        float,
        integer,
        unsigned,
        text,
        time,
    })
}

fn batch(rows: &[Row]) -> RecordBatch {
    let text: Vec<Option<&str>> = rows.iter().map(|row| row.text.as_deref()).collect();
    let columns: [(&str, ArrayRef); 8] = [
        ("float", Arc::new(rows.iter().map(|row| row.float).collect::<Float64Array>())),
        ("integer", Arc::new(rows.iter().map(|row| row.integer).collect::<Int32Array>())),
        ("unsigned", Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| row.unsigned)))),
        ("text", Arc::new(StringArray::from(text.clone()))),
        (
            "bytes",
            Arc::new(text.iter().map(|text| text.map(str::as_bytes)).collect::<BinaryArray>()),
        ),
        (
            "flag",
            Arc::new(rows.iter().map(|row| row.integer.map(|i| i > 0)).collect::<BooleanArray>()),
        ),
        (
            "day",
            Arc::new(
                rows.iter().map(|row| row.integer.map(|i| i % 50_000)).collect::<Date32Array>(),
            ),
        ),
        (
            "time",
            Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.time))),
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
        .unwrap()
}

fn profile(batches: &[RecordBatch], options: &ProfileOptions) -> TableProfile {
    let mut profiler = TableProfiler::new(&batches[0].schema(), options).unwrap();
    for batch in batches {
        profiler.add(batch).unwrap();
    }
    profiler.finish("table")
}

/// Moments depend on the order of additions in their last digits; everything else is compared as it is.
fn without_moments(profile: &TableProfile) -> serde_json::Value {
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(fields) => {
                fields.remove("moments");
                fields.values_mut().for_each(strip);
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(profile).unwrap();
    strip(&mut value);
    value
}

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            a.to_bits() == b.to_bits() || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
        }
        (a, b) => a == b,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn parts_add_up_to_the_whole_in_any_order(
        rows in prop::collection::vec(row(), 1..600),
        cut in 0.0..1.0_f64,
        cells in 16..200_usize,
    ) {
        let options = ProfileOptions::new().with_cells(cells);
        let (one, two) = rows.split_at((cut * rows.len() as f64) as usize);
        let whole = profile(&[batch(&rows)], &options);
        let (one, two) = (profile(&[batch(one)], &options), profile(&[batch(two)], &options));
        for (mut merged, other) in [(one.clone(), two.clone()), (two, one)] {
            merged.merge(other).unwrap();
            prop_assert_eq!(without_moments(&merged), without_moments(&whole));
            for (merged, whole) in merged.columns().iter().zip(whole.columns()) {
                let (Some(merged), Some(whole)) = (merged.numbers(), whole.numbers()) else { continue };
                prop_assert!(close(merged.moments().mean(), whole.moments().mean()));
                prop_assert!(close(merged.moments().sd(), whole.moments().sd()));
            }
        }
    }

    /// One month without fractions does not keep the year from being put together.
    #[test]
    fn integers_and_floats_add_up_as_floats(
        integers in prop::collection::vec(-1_000_000..1_000_000_i64, 1..400),
        floats in prop::collection::vec(-1000.0..1000.0_f64, 1..400),
        cells in 16..1_000_usize,
    ) {
        let options = ProfileOptions::new().with_cells(cells);
        let of = |array: ArrayRef| {
            profile(&[RecordBatch::try_from_iter([("x", array)]).unwrap()], &options)
        };
        let whole: Vec<f64> =
            integers.iter().map(|i| *i as f64).chain(floats.iter().copied()).collect();
        let whole = of(Arc::new(Float64Array::from(whole)));
        let of_integers = of(Arc::new(Int64Array::from(integers)));
        let of_floats = of(Arc::new(Float64Array::from(floats)));
        for (mut merged, other) in
            [(of_integers.clone(), of_floats.clone()), (of_floats, of_integers.clone())]
        {
            merged.merge(other).unwrap();
            let (merged, whole) = (merged.column("x").unwrap(), whole.column("x").unwrap());
            prop_assert_eq!(merged.data_type(), whole.data_type());
            prop_assert_eq!(merged.distinct(), whole.distinct());
            let (held, all) = (merged.numbers().unwrap(), whole.numbers().unwrap());
            prop_assert_eq!((held.count(), held.min(), held.max()), (all.count(), all.min(), all.max()));
            let known = of_integers.column("x").unwrap().numbers().unwrap().is_exact();
            if known {
                prop_assert!(held.cells().eq(all.cells()));
            }
            for share in [0.0, 0.1, 0.5, 0.9, 1.0] {
                let (mine, its) = (held.quantile_bounds(share).unwrap(), all.quantile_bounds(share).unwrap());
                prop_assert!(mine.low <= its.high && its.low <= mine.high);
            }
        }
    }

    #[test]
    fn quantiles_are_within_their_bounds_and_ranks_within_the_stated_error(
        rows in prop::collection::vec(row(), 1..600),
        share in 0.0..1.0_f64,
    ) {
        let table = profile(&[batch(&rows)], &ProfileOptions::new().with_cells(32));
        let numbers = table.column("float").unwrap().numbers().unwrap();
        let mut held: Vec<f64> = rows.iter().filter_map(|row| row.float).filter(|f| f.is_finite()).collect();
        held.sort_by(f64::total_cmp);
        prop_assert_eq!(numbers.count(), held.len() as u64);
        prop_assert_eq!((numbers.min(), numbers.max()), (held.first().map(|v| v + 0.0), held.last().map(|v| v + 0.0)));
        if let (Some(bounds), Some(quantile)) = (numbers.quantile_bounds(share), numbers.quantile(share)) {
            let truth = held[(share * (held.len() - 1) as f64) as usize];
            prop_assert!(bounds.low <= truth && truth <= bounds.high);
            prop_assert!(bounds.low <= quantile && quantile <= bounds.high);
            let least: u64 = numbers.cells().filter(|cell| cell.high <= truth).map(|cell| cell.count).sum();
            let below = held.iter().filter(|value| **value <= truth).count() as f64;
            prop_assert!((below - least as f64) / held.len() as f64 <= numbers.rank_error() + 2.0 / held.len() as f64);
        }
    }

    #[test]
    fn what_is_saved_is_read_back_equal(rows in prop::collection::vec(row(), 0..80)) {
        let table = profile(&[batch(&rows)], &ProfileOptions::new().with_cells(16));
        let whole = Profile::from_tables(vec![table]);
        prop_assert_eq!(Profile::from_json(&whole.to_json()).unwrap(), whole);
    }

    #[test]
    fn broken_profiles_are_refused_without_a_panic(at in 0.0..1.0_f64, byte in any::<u8>()) {
        let mut json = small().to_json().into_bytes();
        let at = (at * json.len() as f64) as usize;
        json[at] = byte;
        if let Ok(read) = Profile::from_json(&String::from_utf8_lossy(&json)) {
            // What is read can be used.
            let column = &read.tables()[0].columns()[0];
            prop_assert!(column.distinct().count <= column.rows());
        }
    }
}

/// The profile whose saved form is kept beside this file.
fn small() -> Profile {
    let text = |index: i32| ["one", "two", "three", "four"][index as usize % 4].to_owned();
    let rows: Vec<Row> = (0..40_i32)
        .map(|index| Row {
            float: (index % 10 != 3).then(|| f64::from(index) / 8.0),
            integer: (index % 7 != 0).then_some(index - 20),
            unsigned: u64::MAX - index as u64,
            text: (index % 5 != 0).then(|| text(index)),
            time: 1_700_000_000_000_000 + i64::from(index) * 3_600_000_000,
        })
        .collect();
    let options = ProfileOptions::new().with_cells(16).with_clear_text(["text"]);
    Profile::from_tables(vec![profile(&[batch(&rows)], &options)])
}

#[test]
fn the_saved_form_stays_as_it_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/profile-2.json");
    if std::env::var_os("REENACT_UPDATE").is_some() {
        small().save(&path).unwrap();
    }
    let (saved, read) = (std::fs::read_to_string(&path).unwrap(), Profile::load(&path).unwrap());
    assert_eq!(format!("{}\n", read.to_json()), saved, "the form changed: raise its version");
    assert_eq!(without_moments(&read.tables()[0]), without_moments(&small().tables()[0]));
}

#[test]
fn a_newer_version_is_refused_with_what_to_do() {
    let newer = small().to_json().replace("\"format_version\":2", "\"format_version\":3");
    let error = Profile::from_json(&newer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Newer);
    assert!(error.to_string().contains("version 3, newer than 2"), "{error}");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("p.json");
    std::fs::write(&path, newer).unwrap();
    let error = Profile::load(&path).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Newer, Some(path.as_path())));
}

/// Merged with today's they would count a number twice that one part holds as an integer and another as a float.
#[test]
fn profiles_of_version_1_are_refused_with_what_to_do() {
    let older = small().to_json().replace("\"format_version\":2", "\"format_version\":1");
    let error = Profile::from_json(&older).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    let text = error.to_string();
    assert!(text.contains("version 1") && text.contains("profile the data again"), "{text}");
}

#[test]
fn what_contradicts_itself_is_refused_with_table_and_column() {
    for (from, to) in [
        ("\"nulls\":4,", "\"nulls\":41,"),
        ("\"count\":36,", "\"count\":37,"),
        ("\"type\":\"Float64\"", "\"type\":\"Int64\""),
        ("\"four\":8", "\"four\":9"),
    ] {
        let json = small().to_json();
        assert!(json.contains(from), "{from} in {json}");
        let error = Profile::from_json(&json.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{to}: {error}");
    }
    assert_eq!(Profile::from_json("{\"key\": 1}").unwrap_err().kind(), ErrorKind::Malformed);
    assert_eq!(Profile::from_json("").unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn text_is_masked_unless_allowed_and_columns_can_be_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("people.csv");
    std::fs::write(&path, "name,town,age\nAda,Paris,36\nBob,Oslo,7300\nAda,Oslo,55\n").unwrap();
    let options =
        ProfileOptions::new().with_clear_text(["town"]).without_values_of(["type:integer"]);
    let profile = Profile::of(&path, &options).unwrap();
    let json = profile.to_json();
    assert!(json.contains("Oslo") && !json.contains("Ada") && !json.contains("7300"), "{json}");
    let table = profile.table("people.csv").unwrap();
    let (name, age) = (table.column("name").unwrap(), table.column("age").unwrap());
    assert_eq!(name.text().unwrap().top().iter().map(|top| top.1).collect::<Vec<_>>(), [2, 1]);
    assert_eq!((name.distinct().count, name.distinct().is_exact), (2, true));
    assert_eq!((age.present(), age.distinct().count, age.numbers()), (3, 3, None));
    let error =
        Profile::of(&path, &ProfileOptions::new().with_clear_text(["type:word"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRules);
}

#[test]
fn masked_and_clear_parts_add_up_masked() {
    let rows = |text: &str| {
        let row =
            Row { float: None, integer: None, unsigned: 0, text: Some(text.to_owned()), time: 0 };
        batch(&[row.clone(), row])
    };
    let mut clear = profile(&[rows("Ada")], &ProfileOptions::new().with_clear_text(["text"]));
    clear.merge(profile(&[rows("Ada")], &ProfileOptions::new())).unwrap();
    let text = clear.column("text").unwrap().text().unwrap();
    assert_eq!(text.top().iter().map(|top| top.1).collect::<Vec<_>>(), [4]);
    assert!(text.is_masked() && !serde_json::to_string(&clear).unwrap().contains("Ada"));
}

#[test]
fn other_columns_or_types_do_not_add_up() {
    let directory = tempfile::tempdir().unwrap();
    let of = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        Profile::of(&path, &ProfileOptions::new()).unwrap().tables()[0].clone()
    };
    let mut whole = of("a.csv", "x,y\n1,2\n");
    let error = whole.merge(of("b.csv", "x,z\n1,2\n")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InconsistentParts);
    let before = whole.clone();
    let error = whole.merge(of("c.csv", "x,y\n1,word\n")).unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::InconsistentParts, Some("y")));
    assert_eq!(whole, before, "a part that does not fit changes nothing");
    whole.merge(of("d.csv", "x,y\n,5\n")).unwrap();
    assert_eq!((whole.rows(), whole.column("x").unwrap().nulls()), (2, 1));
}

#[test]
fn a_directory_without_a_table_has_no_profile() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("model.bin"), [1, 2, 3]).unwrap();
    let error = Profile::of(directory.path(), &ProfileOptions::new()).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::NotFound, Some(directory.path())));
}

#[test]
fn times_are_shown_as_dates_and_numbers_as_numbers() {
    let table = small().tables()[0].clone();
    let show = |name: &str| {
        let numbers = table.column(name).unwrap().numbers().unwrap();
        numbers.show(numbers.min().unwrap())
    };
    assert_eq!(show("time"), "2023-11-14T22:13:20Z");
    assert_eq!(show("day"), "1969-12-13");
    assert_eq!((show("float"), show("integer")), ("0".to_owned(), "-19".to_owned()));
}

#[test]
fn a_long_table_is_profiled_in_pieces_as_in_one() {
    let rows = 120_000;
    let column = |step: i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values((0..rows).map(|i| i * step % 7_919)))
    };
    let names: Vec<String> = (1..=20).map(|step| format!("c{step}")).collect();
    let columns: Vec<(&str, ArrayRef)> =
        names.iter().zip(1..).map(|(name, step)| (name.as_str(), column(step))).collect();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.parquet");
    crate::files::write_parquet(&path, &columns);
    let options = ProfileOptions::new().with_cells(64);
    let pieces = Profile::of(&path, &options).unwrap();
    let whole = profile(&[RecordBatch::try_from_iter(columns).unwrap()], &options);
    let of = |columns: &[reenact_validator::ColumnProfile]| -> Vec<_> {
        columns
            .iter()
            .map(|column| (column.name().to_owned(), column.distinct(), column.rows()))
            .collect()
    };
    let table = &pieces.tables()[0];
    assert_eq!(of(table.columns()), of(whole.columns()));
    for (one, other) in table.columns().iter().zip(whole.columns()) {
        assert!(one.numbers().unwrap().cells().eq(other.numbers().unwrap().cells()));
    }
}
