//! Manifests: golden files, versions, refusals, and round trips of whatever a registry can hold.

use chrono::{TimeZone, Utc};
use proptest::prelude::*;
use reenact_registry::{
    Completion, DataType, ErrorKind, Execution, ExecutionId, ExecutionStatus, JobType, Location,
    LogicalName, Output, OutputKey, PipelineName, Registry, StepKey, StepName,
};
use serde_json::Value;

const GOLDEN: &str = include_str!("../golden/manifest-1.json");
const SEED_DUMP: &str = include_str!("../golden/seed-model-dump.json");
const SEED_EXPORT: &str = include_str!("../golden/seed-export-to-manifest.json");

fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// What `manifest-1.json` says.
fn golden() -> Registry {
    let at = |hour| Utc.with_ymd_and_hms(2025, 8, 21, hour, 0, 0).unwrap();
    let mut execution = Execution::new(parse("flights"), parse("2013-01"))
        .with_started_at(at(12))
        .with_expected([parse("clean"), parse("Train@training"), parse("delays")]);
    execution.complete(parse("clean")).unwrap();
    execution.finish(ExecutionStatus::Failed, at(13));
    let mut registry = Registry::new(execution);
    let table = Output::new(
        parse("clean.table"),
        parse::<Location>("s3://flights/pipelines/flights/2013-01/clean/output/table"),
    )
    .with_property_path(parse("properties.ProcessingOutputConfig.Outputs['table'].S3Output.S3Uri"))
    .unwrap()
    .with_data_type(parse("S3Uri"))
    .with_alias(parse("DATA"))
    .with_registered_at(at(12))
    .with_metadata("container_path", "/opt/ml/processing/output/table")
    .with_metadata("rows", 842);
    registry.register(table).unwrap();
    registry
        .register(Output::new(
            parse("Train@training.model"),
            parse::<Location>("file:///data/model"),
        ))
        .unwrap();
    registry
}

#[test]
fn the_golden_manifest_is_written_and_read() {
    let written: Value = serde_json::from_str(&golden().to_manifest().unwrap()).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(GOLDEN).unwrap());
    assert_eq!(Registry::from_manifest(GOLDEN).unwrap(), golden());
    assert_eq!(serde_json::from_str::<Registry>(GOLDEN).unwrap(), golden());
}

#[test]
fn fields_come_in_the_order_of_the_document() {
    let manifest = golden().to_manifest().unwrap();
    assert!(
        manifest.starts_with(r#"{"format":"reenact-manifest","version":1,"execution":{"#),
        "{manifest}"
    );
}

#[test]
fn what_the_seed_dumped_is_read() {
    let registry = Registry::from_manifest(SEED_DUMP).unwrap();
    let find = |key: &str| registry.output(&parse(key)).unwrap();
    let data = find("TabularPreprocessing-Training@training.processed_data");
    assert_eq!(
        data.location().to_string(),
        "s3://mods-bucket/MODS/fraud_1.0.0/tabularpreprocessing/training/processed_data"
    );
    assert_eq!(data.registered_at().unwrap().to_rfc3339(), "2025-08-22T09:30:00.123456+00:00");
    assert_eq!(data.metadata()["container_path"], "/opt/ml/processing/output");
    assert_eq!(
        find("tabular_preprocessing@training.input_data"),
        data,
        "an alias from the metadata"
    );
    assert_eq!(find("XGBoostTraining.model_output").key().job_type(), None);

    let execution = registry.execution();
    assert_eq!(execution.pipeline().unwrap().as_str(), "fraud");
    assert_eq!(execution.ended_at(), None);
    assert_eq!(
        registry.completion(),
        Completion::Partial { completed: 2, expected: 4 },
        "two steps, not three outputs"
    );
}

#[test]
fn what_the_design_exported_is_read() {
    let registry = Registry::from_manifest(SEED_EXPORT).unwrap();
    assert_eq!(registry.len(), 1);
    let output = registry.outputs().next().unwrap();
    assert_eq!(output.key().to_string(), "clean.table");
    assert_eq!(
        output.registered_at().unwrap().to_rfc3339(),
        "2025-08-21T10:00:00+00:00",
        "its zone is two hours ahead"
    );
    assert_eq!(
        (output.data_type(), output.property_path()),
        (None, None),
        "empty texts say nothing"
    );
    assert_eq!(registry.completion(), Completion::Unknown);
}

#[test]
fn a_seed_dump_read_is_written_as_a_manifest() {
    let registry = Registry::from_manifest(SEED_DUMP).unwrap();
    assert_eq!(Registry::from_manifest(&registry.to_manifest().unwrap()).unwrap(), registry);
}

#[test]
fn newer_versions_are_refused_whatever_they_hold() {
    for text in [
        r#"{"format": "reenact-manifest", "version": 2, "execution": {}, "outputs": []}"#,
        r#"{"outputs": {"a": "map now"}, "format": "reenact-manifest", "version": 2}"#,
        r#"{"lineage": [], "version": 3}"#,
    ] {
        let error = Registry::from_manifest(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Newer, "{text}");
        assert!(error.to_string().contains("newer than 1"), "{error}");
    }
}

#[test]
fn what_is_no_manifest_is_refused_and_says_where() {
    for (text, reason) in [
        ("", "EOF"),
        ("[]", "expected a manifest"),
        ("{}", "a manifest has `format`, `version` and `outputs`"),
        (r#"{"format": "reenact-manifest", "version": 1}"#, "a manifest has"),
        (r#"{"format": "other", "version": 1, "outputs": []}"#, "the format is not"),
        (
            r#"{"format": "reenact-manifest", "version": 0, "outputs": []}"#,
            "version 0 cannot be read",
        ),
        (
            r#"{"format": "reenact-manifest", "version": 1, "outputs": [], "ouputs": []}"#,
            "unknown field `ouputs`",
        ),
        (r#"{"format": "reenact-manifest", "version": 1, "outputs": [], "outputs": []}"#, "twice"),
        (r#"{"version": 1, "step_outputs": {}}"#, "does not go with"),
        (r#"{"step_outputs": {}} x"#, "trailing characters"),
        (
            r#"{"step_outputs": {"a": {"b": {"s3_uri": "s3://abc/x", "timestamp": "yesterday"}}}}"#,
            "time `yesterday`",
        ),
        (
            r#"{"step_outputs": {"a": {"b": {"s3_uri": "s3://abc/x", "sise": 1}}}}"#,
            "unknown field `sise`",
        ),
        (r#"{"step_outputs": {"a/b": {}}}"#, "a name cannot hold `/`"),
    ] {
        let error = Registry::from_manifest(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{text}");
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(reason) && source.contains("line 1"), "{text}: {source}");
    }
}

#[test]
fn outputs_that_contradict_each_other_are_refused_as_when_registered() {
    let manifest = |second: &str| {
        format!(
            r#"{{"format": "reenact-manifest", "version": 1, "outputs": [
                {{"step": "a", "logical_name": "x", "location": "s3://abc/1"}}, {second}]}}"#
        )
    };
    for (second, kind) in [
        (r#"{"step": "a", "logical_name": "x", "location": "s3://abc/2"}"#, ErrorKind::Conflict),
        (r#"{"step": "A", "logical_name": "y", "location": "s3://abc/2"}"#, ErrorKind::Collision),
        (
            r#"{"step": "a", "logical_name": "y", "location": "s3://abc/2", "property_path": "Steps.b.C"}"#,
            ErrorKind::Conflict,
        ),
    ] {
        assert_eq!(
            Registry::from_manifest(&manifest(second)).unwrap_err().kind(),
            kind,
            "{second}"
        );
    }
}

prop_compose! {
    fn any_output()(
        step in "[A-C]{1,2}",
        job in proptest::option::of("training|testing"),
        name in "[a-z.]{1,3}x",
        key in "\\PC{0,20}",
        local in any::<bool>(),
        path in proptest::option::of("[A-Z][a-z]{0,5}\\['[a-z:.]{1,5}'\\]"),
        data_type in proptest::option::of("S3Uri|ModelArtifacts"),
        seconds in proptest::option::of(0..4_000_000_000_i64),
        note in proptest::option::of("\\PC{0,9}"),
    ) -> Output {
        let location = if local { format!("file:///{key}") } else { format!("s3://bucket/{key}") };
        let key = OutputKey::new(StepName::parse(&step).unwrap(), LogicalName::parse(&name).unwrap())
            .with_job_type(job.map(|job| JobType::parse(&job).unwrap()));
        let mut output = Output::new(key, Location::parse(&location).unwrap());
        if let Some(path) = path {
            output = output.with_property_path(path.parse().unwrap()).unwrap();
        }
        if let Some(data_type) = data_type {
            output = output.with_data_type(DataType::parse(&data_type).unwrap());
        }
        if let Some(seconds) = seconds {
            output = output.with_registered_at(Utc.timestamp_opt(seconds, 7_000).unwrap());
        }
        if let Some(note) = note {
            output = output.with_metadata("note", note);
        }
        output
    }
}

proptest! {
    #[test]
    fn whatever_a_registry_holds_comes_back(
        outputs in proptest::collection::vec(any_output(), 0..12),
        pipeline in proptest::option::of("[a-z]{1,9}"),
        expected in proptest::collection::vec("[A-C]{1,2}", 0..4),
    ) {
        let mut execution = Execution::default();
        if let Some(pipeline) = pipeline {
            execution = Execution::new(PipelineName::parse(&pipeline).unwrap(), ExecutionId::parse("1").unwrap());
        }
        let mut registry = Registry::new(execution.with_expected(expected.iter().map(|step| StepKey::parse(step).unwrap())));
        for output in outputs {
            // Some collide with earlier ones, which is tested elsewhere.
            registry.register(output).ok();
        }
        let manifest = registry.to_manifest().unwrap();
        let read = Registry::from_manifest(&manifest).unwrap();
        prop_assert_eq!(&read, &registry);
        prop_assert_eq!(read.to_manifest().unwrap(), manifest);
        for output in registry.outputs() {
            prop_assert_eq!(read.output(output.key()).unwrap(), output);
        }
    }
}
