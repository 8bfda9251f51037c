//! Private values planted in tables of several formats are looked for in everything that runs of every mode leave and tell.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use reenact_downloader::InMemory;
use reenact_real_data_tester::{
    LocalData, Mask, Masking, Recorder, Report, Runner, Scenario, html, junit, markdown, summary,
};

use crate::setting::Setting;

/// What must never be seen, in whichever letter case.
const CANARIES: [&str; 5] =
    ["lovelace", "hopper", "ada@example.org", "4111111111111111", "4111 1111 1111 1111"];

/// How the tables are written.
const FORMATS: [&str; 4] = ["csv", "csv.gz", "jsonl.zst", "parquet"];

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
    match format {
        "csv" => csv().into_bytes(),
        "csv.gz" => {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(csv().as_bytes()).unwrap();
            gzip.finish().unwrap()
        }
        "jsonl.zst" => {
            let row = |(id, ((name, card), note)): (usize, ((&String, &str), &str))| {
                let row = serde_json::json!({"id": id, "name": name, "card": card, "note": note});
                format!("{row}\n")
            };
            zstd::encode_all(rows().map(row).collect::<String>().as_bytes(), 1).unwrap()
        }
        _ => {
            let text = |values: Vec<&str>| Arc::new(StringArray::from(values)) as ArrayRef;
            let batch = RecordBatch::try_from_iter([
                ("id", Arc::new(Int64Array::from(vec![0, 1, 2])) as ArrayRef),
                ("name", text(names.iter().map(String::as_str).collect())),
                ("card", text(cards.to_vec())),
                ("note", text(notes.to_vec())),
            ]);
            let batch = batch.unwrap();
            let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
            writer.write(&batch).unwrap();
            writer.into_inner().unwrap()
        }
    }
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
    for format in ["csv.gz", "parquet"] {
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
