//! What the seed's registry did wrong, by the codes of its list of defects.

use chrono::{TimeZone, Utc};
use reenact_registry::{
    Completion, ErrorKind, Execution, ExecutionStatus, LogicalName, OnConflict, Output, OutputKey,
    PropertyPath, Registration, Registry, S3Uri, StepKey,
};

fn output(key: &str, uri: &str) -> Output {
    Output::new(OutputKey::parse(key).unwrap(), S3Uri::parse(uri).unwrap())
}

fn step(text: &str) -> StepKey {
    StepKey::parse(text).unwrap()
}

fn expecting(steps: &[&str]) -> Registry {
    Registry::new(Execution::default().with_expected(steps.iter().map(|text| step(text))))
}

#[test]
fn r1_two_outputs_of_one_step_complete_no_second_step() {
    let mut registry = expecting(&["clean", "train"]);
    registry.register(output("clean.table", "s3://flights/table")).unwrap();
    registry.register(output("clean.report", "s3://flights/report")).unwrap();
    assert_eq!(registry.completion(), Completion::Partial { completed: 0, expected: 2 });

    registry.execution_mut().complete(step("clean")).unwrap();
    assert_eq!(registry.completion(), Completion::Partial { completed: 1, expected: 2 });
    registry.execution_mut().complete(step("train")).unwrap();
    assert_eq!(registry.completion(), Completion::Complete);
}

#[test]
fn r2_registering_and_completing_again_changes_nothing() {
    let mut registry = expecting(&["clean", "train"]);
    let table = output("clean.table", "s3://flights/table");
    assert_eq!(registry.register(table.clone()).unwrap(), Registration::Added);
    let before = registry.clone();

    let later = table.with_registered_at(Utc.with_ymd_and_hms(2025, 8, 21, 12, 0, 0).unwrap());
    assert_eq!(registry.register(later).unwrap(), Registration::Unchanged);
    assert_eq!(registry, before);

    assert!(registry.execution_mut().complete(step("clean")).unwrap());
    assert!(!registry.execution_mut().complete(step("Clean")).unwrap());
    assert_eq!(registry.completion(), Completion::Partial { completed: 1, expected: 2 });
}

#[test]
fn r3_an_execution_that_expects_nothing_is_not_complete() {
    assert_eq!(Registry::default().completion(), Completion::Unknown);
    let none_expected = Execution::default().with_expected_total(0);
    assert_eq!(none_expected.completion(), Completion::Unknown);
    assert!(serde_json::from_str::<Execution>(r#"{"expected_total": 0}"#).is_err());
}

#[test]
fn r4_another_job_type_is_another_output_and_a_second_place_is_a_conflict() {
    let mut registry = Registry::default();
    registry.register(output("Pre@training.data", "s3://flights/training")).unwrap();
    registry.register(output("Pre@testing.data", "s3://flights/testing")).unwrap();
    assert_eq!(registry.len(), 2);

    let before = registry.clone();
    let elsewhere = output("Pre@training.data", "s3://flights/elsewhere");
    let error = registry.register(elsewhere.clone()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        "output `Pre@training.data` is registered with another location: replace it if that is meant"
    );
    assert_eq!(registry, before);

    assert_eq!(registry.replace(elsewhere).unwrap(), Registration::Replaced);
    let found = registry.output(&OutputKey::parse("Pre@training.data").unwrap()).unwrap();
    assert_eq!(found.location().to_string(), "s3://flights/elsewhere");
    assert_eq!(registry.len(), 2);
}

#[test]
fn r5_contradictions_and_places_that_are_none_are_refused() {
    let dump = |step: &str, name: &str, uri: &str| {
        format!(
            r#"{{"step_outputs": {{"clean": {{"table": {{"step_name": "{step}", "logical_name": "{name}", "s3_uri": "{uri}"}}}}}}}}"#
        )
    };
    let refused = |text: String| Registry::from_manifest(&text).unwrap_err().kind();
    assert!(Registry::from_manifest(&dump("clean", "table", "s3://flights/t")).is_ok());
    assert_eq!(refused(dump("train", "table", "s3://flights/t")), ErrorKind::Conflict);
    assert_eq!(refused(dump("clean", "model", "s3://flights/t")), ErrorKind::Conflict);
    assert_eq!(refused(dump("clean", "table", "not a uri")), ErrorKind::Malformed);

    let path = PropertyPath::parse("Steps.train.ModelArtifacts.S3ModelArtifacts").unwrap();
    let error = output("clean.table", "s3://flights/t").with_property_path(path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[test]
fn r6_what_is_handed_out_cannot_change_the_registry() {
    let mut registry = Registry::default();
    registry.register(output("clean.table", "s3://flights/table")).unwrap();
    let taken: Vec<Output> = registry.outputs_of(&step("clean")).unwrap().cloned().collect();
    let changed = taken[0].clone().with_alias(LogicalName::parse("other").unwrap());
    assert_ne!(registry.outputs().next(), Some(&changed));
    assert_eq!(registry.outputs().next(), Some(&taken[0]));
}

#[test]
fn r7_a_manifest_with_times_is_json_and_comes_back() {
    let mut registry = Registry::default();
    let at = Utc.with_ymd_and_hms(2025, 8, 21, 12, 0, 0).unwrap();
    registry.register(output("clean.table", "s3://flights/table").with_registered_at(at)).unwrap();
    let manifest = registry.to_manifest().unwrap();
    assert!(manifest.contains(r#""registered_at":"2025-08-21T12:00:00Z""#), "{manifest}");
    assert_eq!(Registry::from_manifest(&manifest).unwrap(), registry);
}

#[test]
fn r8_times_are_utc_and_an_execution_ends() {
    let dump =
        r#"{"step_outputs": {}, "execution_metadata": {"start_time": "2025-08-21T12:00:00.5"}}"#;
    let mut registry = Registry::from_manifest(dump).unwrap();
    let start = registry.execution().started_at().unwrap();
    assert_eq!(start.to_rfc3339(), "2025-08-21T12:00:00.500+00:00");

    let end = start + chrono::TimeDelta::minutes(5);
    registry.execution_mut().finish(ExecutionStatus::Succeeded, end);
    assert_eq!(registry.execution().ended_at(), Some(end));
    assert_eq!(registry.execution().status(), Some(ExecutionStatus::Succeeded));
}

#[test]
fn r9_a_property_path_leads_to_the_output_of_its_own_step() {
    let path = "properties.ProcessingOutputConfig.Outputs['processed_data'].S3Output.S3Uri";
    let mut registry = Registry::default();
    for key in ["Pre@training", "Pre@calibration", "Impute"] {
        let output = output(
            &format!("{key}.processed_data"),
            &format!("s3://flights/{}", key.replace('@', "-")),
        );
        registry.register(output.with_property_path(path.parse().unwrap()).unwrap()).unwrap();
    }
    let resolve = |text: &str| registry.resolve(&PropertyPath::parse(text).unwrap());
    let place = |text: &str| resolve(text).unwrap().location().to_string();
    let of = |step: &str| path.replace("properties", &format!("Steps.{step}"));
    assert_eq!(place(&of("Impute")), "s3://flights/Impute");
    assert_eq!(place(&of("Pre-Training")), "s3://flights/Pre-training");
    assert_eq!(
        place(&of("pre_calibration").replace("['processed_data']", ".processed_data")),
        "s3://flights/Pre-calibration"
    );
    let by_job = registry.resolve_in(&step("Pre@training"), &path.parse().unwrap()).unwrap();
    assert_eq!(by_job.location().to_string(), "s3://flights/Pre-training");

    let error = resolve(&of("Pre")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert_eq!(error.to_string(), "step `Pre` fits Pre@training and Pre@calibration");
    let error = resolve(path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert!(
        error.to_string().ends_with("Pre@calibration.processed_data and Impute.processed_data"),
        "{error}"
    );
    assert_eq!(resolve(&of("Imputed")).unwrap_err().suggestion(), Some("Impute"));
}

#[test]
fn r10_merging_overwrites_nothing_unasked_and_look_up_knows_aliases() {
    fn shared_between_threads<T: Send + Sync>() {}
    shared_between_threads::<Registry>();

    let registry_of = |outputs: &[(&str, &str)]| {
        let mut registry = Registry::default();
        for (key, uri) in outputs {
            registry.register(output(key, uri)).unwrap();
        }
        registry
    };
    let mine = registry_of(&[("a.x", "s3://flights/1"), ("a.y", "s3://flights/2")]);
    let theirs = registry_of(&[
        ("a.x", "s3://flights/other"),
        ("a.y", "s3://flights/2"),
        ("b.z", "s3://flights/3"),
    ]);

    let mut refusing = mine.clone();
    assert_eq!(
        refusing.merge(theirs.clone(), OnConflict::Refuse).unwrap_err().kind(),
        ErrorKind::Conflict
    );
    assert_eq!(refusing, mine);

    let names =
        |keys: &[OutputKey]| keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let mut keeping = mine.clone();
    let outcome = keeping.merge(theirs.clone(), OnConflict::Keep).unwrap();
    assert_eq!(
        (names(&outcome.added), names(&outcome.kept), names(&outcome.unchanged)),
        ("b.z".into(), "a.x".into(), "a.y".into())
    );
    assert_eq!(
        keeping.get(&"a.x".parse().unwrap()).unwrap().location().to_string(),
        "s3://flights/1"
    );

    let mut replacing = mine;
    assert_eq!(names(&replacing.merge(theirs, OnConflict::Replace).unwrap().replaced), "a.x");
    assert_eq!(
        replacing.get(&"a.x".parse().unwrap()).unwrap().location().to_string(),
        "s3://flights/other"
    );

    let mut aliased = Registry::default();
    let alias = LogicalName::parse("DATA").unwrap();
    aliased.register(output("a.x", "s3://flights/1").with_alias(alias)).unwrap();
    aliased.register(output("a.data", "s3://flights/2")).unwrap();
    let found = |name: &str| {
        aliased.output(&OutputKey::parse(name).unwrap()).unwrap().location().to_string()
    };
    assert_eq!(found("a.Data"), "s3://flights/1", "an alias stands in any case");
    assert_eq!(found("a.data"), "s3://flights/2", "the exact name comes before an alias");
}
