//! Private values that were planted in the data are looked for in everything that a run leaves and tells.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use reenact::cache::CacheOptions;
use reenact::downloader::InMemory;
use reenact::tester::{
    FnExecutor, Mask, Masking, Recorder, Report, Runner, Scenario, StepBuilder, summary,
};
use reenact::validator::Verdict;
use tempfile::TempDir;

/// What must never be seen, in whichever letter case.
const CANARIES: [&str; 6] = [
    "lovelace",
    "hopper",
    "ada@example.org",
    "4111111111111111",
    "4111 1111 1111 1111",
    "wintermute",
];

/// What production's `extract` wrote: private in named columns, and within free text.
const ROWS: &str = "\
id,name,card,note,amount
1,Ada Lovelace,4111111111111111,write to ada@example.org,10
2,Grace Hopper,5555555555554444,card 4111 1111 1111 1111,20
3,Grace Hopper,5555555555554444,call Wintermute,30
";

/// A step that tells all it knows, and changes every name.
const CHATTY: &str = r#"
cat "$REENACT_INPUTS"/rows/rows.csv >&2; cat "$REENACT_INPUTS"/rows/rows.csv; echo ADA LOVELACE
sed s/Hopper/Lovelace/ "$REENACT_INPUTS"/rows/rows.csv > "$REENACT_OUTPUTS"/clean/rows.csv
"#;

fn masking() -> Masking {
    Masking::new()
        .with_column("name", Mask::Hash)
        .with_column("card", Mask::Redact)
        .with_pattern("email", Mask::Redact)
        .with_pattern("card_number", Mask::Fake)
        .with_expression("project", "(?i)wintermute", Mask::Redact)
}

/// A run's report, and everything it left but the data.
struct Artefacts {
    report: Report,
    texts: Vec<(String, String)>,
    _home: TempDir,
}

impl Artefacts {
    fn of(masking: Option<Masking>, describe: impl FnOnce(StepBuilder) -> StepBuilder) -> Self {
        let bucket = InMemory::new("acme");
        bucket.put("pipelines/sales/1/extract/output/rows/rows.csv", ROWS);
        bucket.put("pipelines/sales/1/clean/output/clean/rows.csv", ROWS);
        let home = tempfile::tempdir().unwrap();
        let mut scenario = Scenario::builder("sales")
            .step("clean", |step| describe(step.input("rows", "extract.rows").key(["id"])));
        if let Some(masking) = masking {
            scenario = scenario.masking(masking);
        }
        let recorder = Arc::new(Recorder::default());
        let runner = Runner::new(scenario.build().unwrap(), Arc::new(bucket))
            .with_cache(CacheOptions::default().with_location(home.path().join("cache")))
            .with_workspace_root(home.path().join("runs"))
            .with_reporter(Arc::clone(&recorder) as _);
        let report = runner.replay_blocking("clean", "latest").unwrap();
        let mut texts = vec![
            ("terminal".to_owned(), summary(&report)),
            ("evidence".to_owned(), report.evidence()),
            ("debug".to_owned(), format!("{report:?}")),
        ];
        for event in recorder.events() {
            texts.push(("event".to_owned(), serde_json::to_string(&event).unwrap()));
        }
        for path in files(&report.run.directory) {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            texts.push((path.display().to_string(), text));
        }
        Self { report, texts, _home: home }
    }

    /// Lists where which canary is seen.
    fn seen(&self) -> Vec<(&str, String)> {
        let mut seen = Vec::new();
        for (place, text) in &self.texts {
            let text = text.to_lowercase();
            for found in CANARIES.iter().filter_map(|canary| text.find(canary)) {
                let before = text.floor_char_boundary(found.saturating_sub(60));
                let after = text.ceil_char_boundary(found + 40);
                seen.push((place.as_str(), text[before..after].to_owned()));
            }
        }
        seen
    }
}

/// Lists the files of a run that are not the data itself.
fn files(run: &Path) -> Vec<PathBuf> {
    let data = ["inputs", "outputs", "s3_data"].map(|name| run.join(name));
    let mut open = vec![run.to_owned()];
    let mut found = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if data.contains(&path) {
                continue;
            }
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found
}

/// Runs `CHATTY` from a file: a command is written by whoever writes the scenario, and is shown as it is.
fn chatty(masking: Option<Masking>) -> Artefacts {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("clean.sh");
    std::fs::write(&script, CHATTY).unwrap();
    Artefacts::of(masking, |step| step.command(["sh".to_owned(), script.display().to_string()]))
}

#[test]
fn no_canary_is_seen_in_anything_that_a_run_leaves() {
    let masked = chatty(Some(masking()));
    assert_eq!(masked.seen(), []);
    assert_eq!(masked.report.verdict, Verdict::Fail);
    let rows = masked.report.steps[0].outputs[0].judgement.as_ref().unwrap().tables[0]
        .rows
        .as_ref()
        .unwrap();
    assert_eq!(rows.changed, 2, "masking does not change what is compared");
    let cell = &rows.examples[0].cells[0];
    assert_eq!(cell.reference.as_ref().unwrap().len(), 16, "{cell:?}");
    assert_ne!(cell.reference, cell.candidate);
}

#[test]
fn without_masking_the_canaries_are_seen_everywhere() {
    let open = chatty(None);
    let seen = open.seen();
    for place in ["report.json", "report.html", "stderr.log", "stdout.log", "debug", "event"] {
        assert!(seen.iter().any(|(where_, _)| where_.ends_with(place)), "none in {place}");
    }
}

#[test]
fn a_failing_step_does_not_give_canaries_away() {
    let masked = Artefacts::of(Some(masking()), |step| {
        step.executor(FnExecutor::new("clean", |_| {
            Err("no rule for Ada Lovelace, 4111111111111111".into())
        }))
    });
    assert_eq!(masked.seen(), []);
    assert!(masked.report.reason.contains("no rule for "), "{}", masked.report.reason);
}

#[test]
fn a_step_that_need_not_see_the_data_does_not_and_joins_hold() {
    let masked = Artefacts::of(Some(masking().with_key("k")), |step| {
        step.mask_inputs().executor(FnExecutor::new("clean", |request| {
            let rows = std::fs::read_to_string(request.input("rows").join("rows.csv"))?;
            assert!(!rows.contains("Lovelace") && !rows.contains("411111"), "{rows}");
            let names: Vec<&str> =
                rows.lines().skip(1).filter_map(|row| row.split(',').nth(1)).collect();
            assert_eq!(names[1], names[2], "equal names have equal hashes");
            assert_ne!(names[0], names[1]);
            std::fs::write(request.output("clean").join("rows.csv"), rows)?;
            Ok(())
        }))
    });
    masked.report.assert_matches_production();
}
