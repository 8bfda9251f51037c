//! Private values planted in tables of several formats are looked for in everything that runs of every mode leave and tell.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::ipc::writer::{FileWriter, StreamWriter};
use parquet::arrow::ArrowWriter;
use reenact_downloader::InMemory;
use reenact_real_data_tester::{
    LocalData, Mask, Masking, Recorder, Report, Runner, Scenario, html, junit, markdown, summary,
};
use reenact_validator::{DataFile, Profile, ProfileOptions};

use crate::setting::{Setting, shell};

/// What must never be seen, in whichever letter case.
const CANARIES: [&str; 5] =
    ["lovelace", "hopper", "ada@example.org", "4111111111111111", "4111 1111 1111 1111"];

/// How the tables are written, by the ends of their files' names.
const FORMATS: [&str; 10] = [
    "csv",
    "csv.gz",
    "semicolons.csv",
    "utf16.csv",
    "json",
    "jsonl.zst",
    "parquet",
    "parquet.gz",
    "arrow",
    "arrows",
];

/// Tells all that it reads, in whichever way it is packed, and passes it on. It is run from a file: a command is written by whoever writes
/// the scenario, and is shown as it is.
const CHATTY: &str = r#"
cat "$1"/*/* >&2; gzip -dcf "$1"/*/* 2>&1; echo ADA LOVELACE pays with 4111111111111111
for output in "$2"/*; do cp "$1"/*/* "$output"; done
"#;

/// Returns a table whose people have this family name.
fn table(format: &str, family: &str) -> Vec<u8> {
    let names = ["Ada", "Grace", "Ada"].map(|given| format!("{given} {family}"));
    let cards = ["4111111111111111", "5555555555554444", "4111111111111111"];
    let notes = ["write to ada@example.org", "card 4111 1111 1111 1111", "none"];
    let rows = || names.iter().zip(cards).zip(notes).enumerate();
    let csv = || {
        let row = |(id, ((name, card), note))| format!("{id},{name},{card},{note}\n");
        format!("id,name,card,note\n{}", rows().map(row).collect::<String>())
    };
    let objects = || -> Vec<String> {
        let row = |(id, ((name, card), note)): (usize, ((&String, &str), &str))| {
            serde_json::json!({"id": id, "name": name, "card": card, "note": note}).to_string()
        };
        rows().map(row).collect()
    };
    let batch = || {
        let text = |values: Vec<&str>| Arc::new(StringArray::from(values)) as ArrayRef;
        let names = text(names.iter().map(String::as_str).collect());
        let coded = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
        RecordBatch::try_from_iter([
            ("id", Arc::new(Int64Array::from(vec![0, 1, 2])) as ArrayRef),
            ("name", cast(&names, &coded).unwrap()),
            ("card", text(cards.to_vec())),
            ("note", text(notes.to_vec())),
        ])
        .unwrap()
    };
    match format {
        "csv" => csv().into_bytes(),
        "csv.gz" => gzip(csv().as_bytes()),
        "semicolons.csv" => csv().replace(',', ";").into_bytes(),
        "utf16.csv" => {
            let csv = csv();
            [0xfeff].into_iter().chain(csv.encode_utf16()).flat_map(u16::to_be_bytes).collect()
        }
        "json" => format!("[{}]", objects().join(", ")).into_bytes(),
        "jsonl.zst" => zstd::encode_all(objects().join("\n").as_bytes(), 1).unwrap(),
        "arrow" => {
            let batch = batch();
            let mut writer = FileWriter::try_new(Vec::new(), batch.schema_ref()).unwrap();
            // Two batches with one dictionary, as a file must have.
            writer.write(&batch.slice(0, 1)).unwrap();
            writer.write(&batch.slice(1, 2)).unwrap();
            writer.into_inner().unwrap()
        }
        "arrows" => {
            let batch = batch();
            let mut writer = StreamWriter::try_new(Vec::new(), batch.schema_ref()).unwrap();
            writer.write(&batch).unwrap();
            writer.into_inner().unwrap()
        }
        _ => {
            let batch = batch();
            let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
            writer.write(&batch).unwrap();
            let bytes = writer.into_inner().unwrap();
            if format == "parquet" { bytes } else { gzip(&bytes) }
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// The pipeline `extract` -> `clean` -> `share`, whose steps are all chatty, with a masking or without.
fn scenario(script: &Path, masked: bool) -> Scenario {
    let script = script.display().to_string();
    let command = ["sh", &script, "{inputs}", "{outputs}"];
    let scenario = Scenario::builder("people")
        .step("clean", |step| {
            step.command(command).input("rows", "extract.rows").outputs(["rows"]).key(["id"])
        })
        .step("share", |step| {
            step.command(command).input("rows", "clean.rows").outputs(["rows"]).key(["id"])
        });
    let masking = Masking::new()
        .with_column("name", Mask::Hash)
        .with_column("card", Mask::Redact)
        .with_pattern("email", Mask::Redact)
        .with_pattern("card_number", Mask::Fake);
    let scenario = if masked { scenario.masking(masking) } else { scenario };
    scenario.build().unwrap()
}

/// Runs every mode on tables of a format; returns what each left and told, by mode.
fn run_all(format: &str, masked: bool) -> Vec<(&'static str, Vec<(String, String)>)> {
    let setting = Setting::new();
    let bucket = InMemory::new("acme");
    for (execution, families) in [("1", ["Lovelace", "Hopper", "Hopper"]), ("2", ["Hopper"; 3])] {
        for (step, family) in ["extract", "clean", "share"].into_iter().zip(families) {
            let key = format!("pipelines/people/{execution}/{step}/output/rows/rows.{format}");
            bucket.put(key, table(format, family));
        }
    }
    let rows = setting.path("data/extract/rows");
    std::fs::create_dir_all(&rows).unwrap();
    std::fs::write(rows.join(format!("rows.{format}")), table(format, "Lovelace")).unwrap();
    let told = Arc::new(Recorder::default());
    let script = setting.path("chatty.sh");
    std::fs::write(&script, CHATTY).unwrap();
    let settle = |runner: Runner| setting.settle(runner).with_reporter(Arc::clone(&told) as _);
    let production = settle(Runner::new(scenario(&script, masked), Arc::new(bucket)));
    let offline = settle(Runner::offline(scenario(&script, masked)))
        .with_local_data(LocalData::new(setting.path("data")));
    let reports = [
        ("replay", production.replay_blocking("clean", "1")),
        ("chain", production.replay_chain_blocking("clean", "1")),
        ("comparison", production.compare_blocking(None, "1", "2")),
        ("isolation", offline.isolation_blocking("clean")),
        ("pipeline", offline.pipeline_blocking()),
    ];
    let mut artefacts: Vec<_> =
        reports.into_iter().map(|(mode, report)| (mode, artefacts(&report.unwrap()))).collect();
    let events = told.events();
    let events = events.iter().map(|event| serde_json::to_string(event).unwrap());
    artefacts.push(("told", events.map(|event| ("event".to_owned(), event)).collect()));
    artefacts
}

/// Returns every text that a report gives and every file that its run left, but for the data.
fn artefacts(report: &Report) -> Vec<(String, String)> {
    let mut texts = vec![
        ("terminal".to_owned(), summary(report)),
        ("evidence".to_owned(), report.evidence()),
        ("junit".to_owned(), junit(report).unwrap()),
        ("markdown".to_owned(), markdown(report)),
        ("html".to_owned(), html(report).unwrap()),
    ];
    let data = ["inputs", "outputs", "s3_data"].map(|name| report.run.directory.join(name));
    for path in files(&report.run.directory, &data) {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        texts.push((path.file_name().unwrap().to_string_lossy().into_owned(), text));
    }
    texts
}

fn files(directory: &Path, except: &[PathBuf]) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let looked_at = entries.filter(|path| !except.contains(path));
    looked_at
        .flat_map(|path| if path.is_dir() { files(&path, except) } else { vec![path] })
        .collect()
}

/// Lists in which artefacts which canaries are seen.
fn seen(artefacts: &[(String, String)]) -> Vec<(&str, &str)> {
    let mut seen = Vec::new();
    for (place, text) in artefacts {
        let text = text.to_lowercase();
        let found = CANARIES.into_iter().filter(|canary| text.contains(canary));
        seen.extend(found.map(|canary| (place.as_str(), canary)));
    }
    seen
}

#[test]
fn no_canary_of_any_format_is_seen_in_any_mode() {
    for format in FORMATS {
        for (mode, artefacts) in run_all(format, true) {
            assert_eq!(seen(&artefacts), [], "{format}, {mode}");
        }
    }
}

#[test]
fn without_masking_they_are_seen_in_every_mode() {
    for format in ["csv.gz", "json", "utf16.csv", "parquet", "arrow"] {
        for (mode, artefacts) in run_all(format, false) {
            let seen = seen(&artefacts);
            let place = match mode {
                "told" => "event",
                "isolation" | "pipeline" => "stdout.log",
                _ => "report.json",
            };
            assert!(seen.iter().any(|(found, _)| *found == place), "{format}, {mode}: {seen:?}");
        }
    }
}

#[test]
fn a_step_that_need_not_see_the_data_finds_them_in_their_format_without_a_canary() {
    for format in FORMATS {
        let setting = Setting::new();
        let bucket = InMemory::new("acme");
        for step in ["extract", "clean"] {
            let key = format!("pipelines/people/1/{step}/output/rows/rows.{format}");
            bucket.put(key, table(format, "Lovelace"));
        }
        let masking =
            Masking::new().with_column("name", Mask::Hash).with_column("card", Mask::Redact);
        let copy = r#"cp "$1"/rows/* "$2"/rows"#;
        let scenario = Scenario::builder("people").masking(masking).step("clean", |step| {
            step.command(shell(copy)).input("rows", "extract.rows").mask_inputs().key(["id"])
        });
        let runner = Runner::new(scenario.build().unwrap(), Arc::new(bucket));
        let report = setting.settle(runner).replay_blocking("clean", "1").unwrap();
        report.assert_matches_production();

        let inputs = report.run.directory.join("inputs/clean/rows");
        let seen = inputs.join(format!("rows.{format}"));
        let in_the_clear = ProfileOptions::new().with_clear_text(["name", "card"]);
        let profile = Profile::of(&seen, &in_the_clear).unwrap();
        assert_eq!(profile.tables()[0].rows(), 3, "{format}");
        let column = profile.tables()[0].column("name").unwrap();
        assert_eq!(column.distinct().count, 2, "{format}: two of three names are equal");
        let text = profile.to_json().to_lowercase();
        for canary in ["lovelace", "4111111111111111"] {
            assert!(!text.contains(canary), "{format}: {text}");
        }
        let looked_at = |path: &Path| DataFile::below(path.parent().unwrap(), path).unwrap();
        let planted = setting.path(&format!("planted.{format}"));
        std::fs::write(&planted, table(format, "Lovelace")).unwrap();
        let (planted, seen) = (looked_at(&planted), looked_at(&seen));
        assert_eq!(
            (seen.table(), seen.compression(), seen.encoding().unwrap(), seen.delimiter().unwrap()),
            (
                planted.table(),
                planted.compression(),
                planted.encoding().unwrap(),
                planted.delimiter().unwrap()
            ),
            "{format}"
        );
    }
}

#[test]
fn a_value_that_is_the_name_of_a_directory_is_found_and_cannot_be_kept_from_a_step() {
    let setting = Setting::new();
    let bucket = InMemory::new("acme");
    for step in ["extract", "clean"] {
        let key = format!("pipelines/people/1/{step}/output/rows/name=Ada%20Lovelace/rows.csv");
        bucket.put(key, "id\n1\n");
    }
    let bucket = Arc::new(bucket);
    let run = |mask_inputs: bool| {
        let masking = Masking::new().with_column("name", Mask::Redact);
        let scenario = Scenario::builder("people").masking(masking).step("clean", |step| {
            let step = step.command(shell(r#"echo Ada Lovelace; cp -r "$1"/rows/* "$2"/rows"#));
            let step = step.input("rows", "extract.rows");
            if mask_inputs { step.mask_inputs() } else { step }
        });
        let runner = Runner::new(scenario.build().unwrap(), Arc::clone(&bucket) as _);
        setting.settle(runner).replay_blocking("clean", "1")
    };
    let log = run(false).unwrap().steps[0].outcome.clone().unwrap().stdout.unwrap();
    assert_eq!(std::fs::read_to_string(log).unwrap(), "<redacted>\n");
    let refused = run(true).unwrap_err().to_string();
    assert!(refused.contains("the values of column `name` as names"), "{refused}");
}
