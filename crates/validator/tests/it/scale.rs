//! What stays within a memory budget is bounded or exact as it says, and rows are paired whatever their order.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Array, Float64Builder, Int64Array, ListBuilder, MapBuilder, StringArray,
    StringBuilder, TimestampMicrosecondArray, TimestampMicrosecondBuilder,
};
use reenact_validator::{
    Check, Judgement, Level, Rules, Statistic, TextTolerance, Tolerance, Validator, Verdict,
};

use crate::files::{Sides, write, write_parquet};

/// Numbers that look random: around zero, far from it, repeated, and growing.
fn columns(rows: u32, shift: f64) -> Vec<(&'static str, ArrayRef)> {
    let wave = move |factor: f64| (0..rows).map(move |i| (f64::from(i) * factor).sin());
    let floats = |values: Vec<Option<f64>>| -> ArrayRef { Arc::new(Float64Array::from(values)) };
    vec![
        ("id", Arc::new(Int64Array::from_iter_values(0..i64::from(rows)))),
        ("zero", floats(wave(0.618).map(|x| Some(x.powi(3) + shift)).collect())),
        ("offset", floats(wave(0.414).map(|x| Some(1.7e9 + x + shift)).collect())),
        ("few", floats(wave(0.732).map(|x| Some((x * 3.0 + shift).round())).collect())),
        (
            "holes",
            floats(wave(0.236).enumerate().map(|(i, x)| (i % 9 != 0).then_some(x * 1e3)).collect()),
        ),
        (
            "time",
            Arc::new(TimestampMicrosecondArray::from_iter_values(
                (0..i64::from(rows)).map(|i| 1_700_000_000_000_000 + i * 977),
            )),
        ),
    ]
}

fn judge(memory: u64) -> Judgement {
    judge_with(memory, true)
}

fn judge_with(memory: u64, exact: bool) -> Judgement {
    let sides = Sides::new();
    write_parquet(&sides.candidate("t.parquet"), &columns(60_000, 0.02));
    write_parquet(&sides.reference("t.parquet"), &columns(50_000, 0.0));
    let rules = Rules::new().with_level(Check::Rows, Level::Off);
    let validator = Validator::new(rules).with_memory_budget(memory).with_exact_distances(exact);
    validator.compare(&sides.candidate(""), &sides.reference("")).unwrap()
}

fn distances(judgement: &Judgement) -> Vec<(String, f64, f64, f64)> {
    let mut found: Vec<(String, f64, f64, f64)> = judgement.tables[0]
        .columns
        .iter()
        .map(|column| {
            let of = |wanted: Statistic| {
                let test = column.tests.iter().find(|test| test.statistic == wanted);
                test.and_then(|test| test.value).unwrap_or(f64::NAN)
            };
            let distance = of(Statistic::KolmogorovSmirnov);
            (column.name.clone(), distance, of(Statistic::WelchMean), of(Statistic::Wasserstein))
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

#[test]
fn long_columns_counted_by_cell_give_the_exact_distances() {
    let (whole, counted) = (distances(&judge(1 << 30)), distances(&judge(48 << 20)));
    for (exact, found) in whole.iter().zip(&counted) {
        assert_eq!((&exact.0, exact.1), (&found.0, found.1));
        assert!((exact.2 - found.2).abs() <= 1e-9 * exact.2.abs(), "{exact:?} {found:?}");
        assert!((exact.3 - found.3).abs() <= 1e-3 * exact.3.abs() + 1e-6, "{exact:?} {found:?}");
    }
}

#[test]
fn what_the_memory_does_not_hold_is_bounded_and_says_so() {
    let (whole, bounded) = (judge(1 << 30), judge(4 << 10));
    let sentences: Vec<&str> = bounded.tables[0]
        .columns
        .iter()
        .flat_map(|c| &c.tests)
        .map(|t| t.sentence.as_str())
        .collect();
    assert!(
        sentences.iter().any(|sentence| sentence.contains("certain to be from")),
        "{sentences:?}"
    );
    let short = "the memory budget does not do to find it exactly";
    for sentence in &sentences {
        assert_eq!(sentence.contains("certain to be from"), sentence.contains(short), "{sentence}");
    }
    for column in &bounded.tables[0].columns {
        let of = |judgement: &Judgement| {
            let same = judgement.tables[0].columns.iter().find(|c| c.name == column.name).unwrap();
            let test =
                same.tests.iter().find(|t| t.statistic == Statistic::KolmogorovSmirnov).unwrap();
            (test.value.unwrap(), test.interval.unwrap())
        };
        let ((exact, _), (_, interval)) = (of(&whole), of(&bounded));
        assert!(interval.low <= exact && exact <= interval.high, "{}", column.name);
    }
}

/// Values of one kind for each side: random, repeated, with what is no number, with both zeros, in another order, the same.
fn kinds(rows: u32, candidate: bool) -> Vec<(&'static str, Vec<Option<f64>>)> {
    let hash = |row: u32, salt: u32| {
        let mixed = u64::from(row + 1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add(u64::from(salt) << 40);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64
            / (1_u64 << 53) as f64
    };
    let salt = u32::from(candidate);
    let make = |value: &dyn Fn(u32) -> f64| -> Vec<Option<f64>> {
        (0..rows).map(|row| (row % 17 != 3).then(|| value(row))).collect()
    };
    let other = |row: u32| if candidate { rows - 1 - row } else { row };
    vec![
        ("random", make(&|row| hash(row, salt).ln())),
        ("tied", make(&|row| (hash(row, 2 + salt) * 50.0).floor() / 7.0)),
        (
            "special",
            make(&|row| match row % 11 {
                0 => f64::NAN,
                1 => f64::INFINITY * if hash(row, 4 + salt) < 0.4 { -1.0 } else { 1.0 },
                2 => 0.0,
                3 => -0.0,
                _ => hash(row, 5 + salt) - 0.5,
            }),
        ),
        ("shuffled", (0..rows).map(|row| Some(hash(other(row), 7))).collect()),
        ("same", (0..rows).map(|row| Some(hash(row, 8))).collect()),
    ]
}

/// The largest distance of two distribution functions, by sorting.
fn sorted_distance(ours: &[Option<f64>], theirs: &[Option<f64>]) -> f64 {
    let sorted = |values: &[Option<f64>]| {
        let numbers = values.iter().flatten().filter(|value| !value.is_nan());
        // One zero.
        let mut numbers: Vec<f64> = numbers.map(|value| value + 0.0).collect();
        numbers.sort_by(f64::total_cmp);
        numbers
    };
    let (ours, theirs) = (sorted(ours), sorted(theirs));
    let (n1, n2) = (ours.len() as i128, theirs.len() as i128);
    let gap = |at: &f64| {
        let rank = |side: &[f64]| side.partition_point(|value| value <= at) as i128;
        (rank(&ours) * n2 - rank(&theirs) * n1).unsigned_abs()
    };
    let most = ours.iter().chain(&theirs).map(gap).max().unwrap_or(0);
    most as f64 / (n1 * n2) as f64
}

/// Keys are kept for a second look, or read again: 60,000 rows are too few to read columns apart.
#[test]
fn exact_distances_are_those_of_sorted_values() {
    for rows in [60_000, 110_000] {
        let (ours, theirs) = (kinds(rows, true), kinds(rows, false));
        let sides = Sides::new();
        for (path, columns) in
            [(sides.candidate("t.parquet"), &ours), (sides.reference("t.parquet"), &theirs)]
        {
            let array = |values: &Vec<Option<f64>>| -> ArrayRef {
                Arc::new(Float64Array::from(values.clone()))
            };
            let columns: Vec<(&str, ArrayRef)> =
                columns.iter().map(|(name, values)| (*name, array(values))).collect();
            write_parquet(&path, &columns);
        }
        let rules = Rules::new().with_level(Check::Rows, Level::Off);
        let validator =
            Validator::new(rules).with_memory_budget(48 << 20).with_exact_distances(true);
        let judgement = validator.compare(&sides.candidate(""), &sides.reference("")).unwrap();
        for ((name, ours), (_, theirs)) in ours.iter().zip(&theirs) {
            let column =
                judgement.tables[0].columns.iter().find(|column| column.name == *name).unwrap();
            let test = column
                .tests
                .iter()
                .find(|test| test.statistic == Statistic::KolmogorovSmirnov)
                .unwrap();
            assert_eq!(test.value, Some(sorted_distance(ours, theirs)), "{name} {rows}");
            assert!(!test.sentence.contains("certain to be from"), "{}", test.sentence);
        }
    }
}

/// Unless exact distances are asked for, or decide, long columns are only counted.
#[test]
fn bounds_hold_the_distance_where_it_need_not_be_exact() {
    let (whole, counted) = (judge(1 << 30), judge_with(8 << 20, false));
    let mut bounded = 0;
    for column in &counted.tables[0].columns {
        let of = |judgement: &Judgement| {
            let same = judgement.tables[0].columns.iter().find(|c| c.name == column.name).unwrap();
            let test =
                same.tests.iter().find(|t| t.statistic == Statistic::KolmogorovSmirnov).unwrap();
            (test.value.unwrap(), test.interval.unwrap(), test.verdict, test.sentence.clone())
        };
        let (exact, found) = (of(&whole), of(&counted));
        bounded += u32::from(found.3.contains("certain to be from"));
        assert!(found.1.low <= exact.1.low && exact.1.high <= found.1.high, "{}", column.name);
        assert_eq!(exact.2, found.2, "{}", column.name);
    }
    assert!(bounded > 0);
}

/// The same change in rows sorted by key, which are merged, and in rows in another order, which are hashed, in memory or on disk.
#[test]
fn sorted_and_shuffled_rows_compare_alike() {
    let table = |rows: &[i64], changed: i64| -> Vec<(&'static str, ArrayRef)> {
        let name = |id: &i64| format!("name {}", if id % 50 == changed { id + 1 } else { *id });
        vec![
            ("id", Arc::new(Int64Array::from_iter_values(rows.iter().copied()))),
            ("name", Arc::new(StringArray::from_iter_values(rows.iter().map(name)))),
        ]
    };
    let (left, right): (Vec<i64>, Vec<i64>) =
        ((0..20_000).collect(), (5..20_010).filter(|i| i % 100 != 77).collect());
    let shuffled = |rows: &[i64]| {
        let mut rows = rows.to_vec();
        rows.sort_by_key(|id| id.wrapping_mul(7_919) % 10_007);
        rows
    };
    let compare = |left: &[i64], right: &[i64], memory: u64| {
        let sides = Sides::new();
        write_parquet(&sides.candidate("t.parquet"), &table(left, 3));
        write_parquet(&sides.reference("t.parquet"), &table(right, -1));
        let validator = Validator::new(Rules::new().with_key(["id"])).with_memory_budget(memory);
        let judgement = validator.compare(&sides.candidate(""), &sides.reference("")).unwrap();
        judgement.tables[0].rows.clone().unwrap()
    };
    let merged = compare(&left, &right, 1 << 30);
    let (left, right) = (shuffled(&left), shuffled(&right));
    let (hashed, spilled) = (compare(&left, &right, 1 << 30), compare(&left, &right, 64 << 10));
    let counts = |rows: &reenact_validator::RowComparison| {
        (
            rows.matched,
            rows.changed,
            rows.only_candidate,
            rows.only_reference,
            rows.duplicate_keys_candidate,
        )
    };
    assert_eq!(counts(&merged), counts(&hashed));
    assert_eq!(counts(&merged), counts(&spilled));
    assert_eq!(merged.columns[0].changed, spilled.columns[0].changed);
    assert_eq!(counts(&merged), (19_396, 399, 205, 10, Some(0)));
    assert_eq!(merged.columns[0].changed, hashed.columns[0].changed);
    assert_eq!(merged.examples[0].key.as_ref().unwrap().values, [Some("53".to_owned())]);
}

/// Rows without a given key that do not fit into the memory are matched on disk as they are in memory, and so is what is left.
#[test]
fn rows_without_a_key_compare_on_disk_as_in_memory() {
    let table = |rows: &[i64], changed: i64, with_id: bool| -> Vec<(&'static str, ArrayRef)> {
        let name =
            |id: &i64| format!("name {}", if id % 50 == changed { id + 1 } else { *id } % 977);
        let id = |id: &i64| if with_id { *id } else { id % 13 };
        vec![
            ("id", Arc::new(Int64Array::from_iter_values(rows.iter().map(id)))),
            ("name", Arc::new(StringArray::from_iter_values(rows.iter().map(name)))),
        ]
    };
    let spills = tempfile::tempdir().unwrap();
    let (left, mut right): (Vec<i64>, Vec<i64>) =
        ((0..20_000).collect(), (5..20_010).filter(|i| i % 100 != 77).collect());
    right.sort_by_key(|id| id.wrapping_mul(7_919) % 10_007);
    for with_id in [true, false] {
        let sides = Sides::new();
        write_parquet(&sides.candidate("t.parquet"), &table(&left, 3, with_id));
        write_parquet(&sides.reference("t.parquet"), &table(&right, -1, with_id));
        let compare = |memory: u64| {
            let validator = Validator::new(Rules::new())
                .with_memory_budget(memory)
                .with_spill_directory(spills.path());
            let mut judgement =
                validator.compare(&sides.candidate(""), &sides.reference("")).unwrap();
            let table = judgement.tables.remove(0);
            let finding = table.findings.iter().find(|finding| finding.check == Check::Rows);
            let on_disk = finding.unwrap().message.contains("on disk");
            (table.rows.unwrap(), on_disk)
        };
        let (held, on_disk) = compare(1 << 30);
        assert!(!on_disk);
        assert_eq!(held.key.is_some(), with_id);
        // All rows on disk, and only those that are left.
        for memory in [64 << 10, 2_600 << 10] {
            let (mut spilled, on_disk) = compare(memory);
            assert!(on_disk || memory > 1 << 20, "{memory}");
            // Which of the differing rows are shown depends on their order.
            spilled.examples.clone_from(&held.examples);
            for (spilled, held) in spilled.columns.iter_mut().zip(&held.columns) {
                spilled.largest.clone_from(&held.largest);
            }
            assert_eq!(spilled, held);
        }
        assert_eq!(fs_err::read_dir(spills.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_directory_that_holds_no_spilled_rows_is_named() {
    let sides = Sides::new();
    let column = |shift: i64| -> Vec<(&str, ArrayRef)> {
        vec![("x", Arc::new(Int64Array::from_iter_values((0..2_000).map(|i| i + shift))))]
    };
    write_parquet(&sides.candidate("t.parquet"), &column(1));
    write_parquet(&sides.reference("t.parquet"), &column(0));
    let absent = sides.candidate("").join("absent");
    let validator =
        Validator::new(Rules::new()).with_memory_budget(1 << 10).with_spill_directory(&absent);
    let error = validator.compare(&sides.candidate(""), &sides.reference("")).unwrap_err();
    assert_eq!(error.kind(), reenact_validator::ErrorKind::Unreadable);
    assert_eq!(error.path(), Some(absent.as_path()));
}

#[test]
fn keys_that_repeat_are_counted_and_their_rows_still_matched() {
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "id,x\n1,a\n1,b\n2,c\n");
    write(&sides.candidate("t.csv"), "id,x\n1,b\n1,a\n2,c\n");
    let rows = sides.compare(Rules::new().with_key(["id"])).tables.remove(0).rows.unwrap();
    assert_eq!((rows.matched, rows.duplicate_keys_candidate), (3, Some(1)));
}

#[test]
fn text_is_equal_but_for_what_does_not_count() {
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "id,name\n1,Ann Lee\n2,Bob\n");
    write(&sides.candidate("t.csv"), "id,name\n1,ann  lee \n2,Rob\n");
    let tolerance = Tolerance::default().with_text(TextTolerance::all());
    let rules = Rules::new().with_key(["id"]).with_tolerance(tolerance);
    let rows = sides.compare(rules).tables.remove(0).rows.unwrap();
    assert_eq!((rows.within_tolerance, rows.changed), (1, 1));
}

#[test]
fn numbers_within_lists_and_maps_have_the_tolerance_of_their_column() {
    let sides = Sides::new();
    let table = |shift: f64| -> Vec<(&'static str, ArrayRef)> {
        let mut lists = ListBuilder::new(Float64Builder::new());
        let mut maps = MapBuilder::new(None, StringBuilder::new(), Float64Builder::new());
        let mut words = ListBuilder::new(StringBuilder::new());
        for value in [1.0, 2.0] {
            lists.append_value([Some(value + shift), None, Some(7.0)]);
            maps.keys().append_value(format!("key {value}"));
            maps.values().append_value(value - shift);
            maps.append(true).unwrap();
            words.append_value([Some(format!("{value}"))]);
        }
        vec![
            ("id", Arc::new(Int64Array::from(vec![1, 2]))),
            ("list", Arc::new(lists.finish())),
            ("map", Arc::new(maps.finish())),
            ("word", Arc::new(words.finish())),
        ]
    };
    write_parquet(&sides.candidate("t.parquet"), &table(1e-9));
    write_parquet(&sides.reference("t.parquet"), &table(0.0));
    let rows = |rules: Rules| sides.compare(rules.with_key(["id"])).tables.remove(0).rows.unwrap();
    assert_eq!(rows(Rules::new()).changed, 2);
    let close = rows(Rules::new().with_tolerance(Tolerance::absolute(1e-6)));
    assert_eq!((close.within_tolerance, close.changed), (2, 0));
    let by_type = rows(Rules::new().with_column_tolerance("type:float", Tolerance::relative(1e-6)));
    assert_eq!((by_type.within_tolerance, by_type.changed), (2, 0));
    let narrow = rows(Rules::new().with_tolerance(Tolerance::absolute(1e-12)));
    assert_eq!((narrow.within_tolerance, narrow.changed), (0, 2));
    let other: Vec<&str> = narrow.columns.iter().map(|column| column.column.as_str()).collect();
    assert_eq!(other, ["list", "map"]);
}

#[test]
fn the_same_moment_in_two_zones_is_equal() {
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "id,at\n1,2024-01-01T12:00:00Z\n2,2024-01-01T12:00:00Z\n");
    write(
        &sides.candidate("t.csv"),
        "id,at\n1,2024-01-01T13:00:00+01:00\n2,2024-01-01T12:00:00+01:00\n",
    );
    let judgement = sides.compare(Rules::new().with_key(["id"]));
    let rows = judgement.tables[0].rows.as_ref().unwrap();
    assert_eq!((rows.matched, rows.changed), (1, 1));
    let cell = &rows.columns[0].largest[0].cell;
    assert_eq!(cell.difference, Some(-3600.0));
    assert_eq!(cell.candidate.as_deref(), Some("2024-01-01T11:00:00Z"));
    assert_eq!(cell.reference.as_deref(), Some("2024-01-01T12:00:00Z"));
    assert_eq!(judgement.verdict, Verdict::Fail);
}

#[test]
fn times_in_a_zone_that_has_a_name_show_in_examples() {
    let sides = Sides::new();
    let table = |second: i64| -> Vec<(&'static str, ArrayRef)> {
        let at = TimestampMicrosecondArray::from(vec![0, second * 1_000_000])
            .with_timezone("Europe/Berlin");
        let mut lists =
            ListBuilder::new(TimestampMicrosecondBuilder::new().with_timezone("Europe/Berlin"));
        for value in [0, second * 1_000_000] {
            lists.values().append_value(value);
            lists.append(true);
        }
        let id: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        vec![("id", id), ("at", Arc::new(at)), ("all", Arc::new(lists.finish()))]
    };
    write_parquet(&sides.candidate("t.parquet"), &table(61));
    write_parquet(&sides.reference("t.parquet"), &table(60));
    let rows = sides.compare(Rules::new().with_key(["id"])).tables.remove(0).rows.unwrap();
    let shown: Vec<Option<&str>> =
        rows.examples[0].cells.iter().map(|cell| cell.candidate.as_deref()).collect();
    assert_eq!(shown, [Some("1970-01-01T00:01:01Z"), Some("[1970-01-01T00:01:01Z]")]);
}
