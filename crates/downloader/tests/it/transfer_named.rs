//! Fetching outputs by the names that a registry knows.

use std::sync::Arc;

use reenact_downloader::{
    Error, ErrorKind, InMemory, NamedOutput, ObjectSource, PlanOptions, Wanted,
};
use reenact_registry::{
    DataType, Execution, ExecutionId, Location, Output, OutputKey, PipelineName, PropertyPath,
    Registry,
};

/// A bucket and a registry of what is in it.
fn production() -> (Arc<dyn ObjectSource>, Registry) {
    let bucket = InMemory::new("prod");
    for key in [
        "run/clean/table/day=1/x.csv",
        "run/clean/table/_SUCCESS",
        "run/clean/table/_temporary/0/x.csv",
        "run/clean/tables/other.csv",
        "run/train/model.tar.gz",
    ] {
        bucket.put(key, key.to_owned());
    }
    let pipeline = PipelineName::parse("flights").unwrap();
    let mut registry = Registry::new(Execution::new(pipeline, ExecutionId::parse("e1").unwrap()));
    let output = |key: &str, place: &str| {
        Output::new(OutputKey::parse(key).unwrap(), Location::parse(place).unwrap())
    };
    let path = PropertyPath::parse("properties.ModelArtifacts.S3ModelArtifacts").unwrap();
    for output in [
        // Without a final slash, as registries often have it.
        output("clean@training.table", "s3://prod/run/clean/table")
            .with_data_type(DataType::parse("table").unwrap()),
        output("train.model", "s3://prod/run/train/model.tar.gz").with_property_path(path).unwrap(),
        output("train.gone", "s3://prod/run/train/gone/"),
        output("train.elsewhere", "s3://other/run/train/"),
    ] {
        registry.register(output).unwrap();
    }
    (Arc::new(bucket), registry)
}

async fn plan(wanted: &str) -> Result<Vec<NamedOutput>, Error> {
    let (source, registry) = production();
    wanted.parse::<Wanted>()?.plan(&source, &registry, &PlanOptions::default()).await
}

async fn refused(wanted: &str) -> Error {
    plan(wanted).await.expect_err(wanted)
}

#[tokio::test]
async fn d2_an_output_is_found_by_every_name_and_has_a_directory_of_its_own() {
    for wanted in
        ["clean@training.table", "clean.table", "clean", "job-type:training", "data-type:table"]
    {
        let named = plan(wanted).await.unwrap();
        let [table] = &named[..] else { panic!("{wanted}: {named:?}") };
        assert_eq!(table.key.to_string(), "clean@training.table");
        let paths: Vec<_> = table.plan.items().iter().map(|item| item.path().to_owned()).collect();
        assert_eq!(paths, [std::path::Path::new("day=1/x.csv")], "{wanted}");
        let directory = std::path::Path::new("prod/flights/e1/clean@training/table");
        assert_eq!(table.directory, directory);
    }
    for wanted in ["train.model", "Steps.train.ModelArtifacts.S3ModelArtifacts"] {
        let named = plan(wanted).await.unwrap();
        assert_eq!(named[0].plan.items()[0].path(), std::path::Path::new("model.tar.gz"));
    }
}

#[tokio::test]
async fn d10_a_name_that_does_not_exist_is_an_error_with_those_that_do() {
    let error = refused("clean@training.tabel").await;
    assert_eq!(error.kind(), ErrorKind::UnknownOutput);
    assert_eq!(error.nearest(), Some("clean@training.table"));
    let error = refused("claen").await;
    assert_eq!(error.kind(), ErrorKind::UnknownStep);
    assert!(error.to_string().contains("clean@training"), "{error}");
    for (wanted, known) in [("job-type:trainig", "training"), ("data-type:tabel", "table")] {
        let error = refused(wanted).await;
        assert_eq!(
            (error.kind(), error.known()),
            (ErrorKind::UnknownOutput, &[known.to_owned()][..])
        );
    }
    for wanted in ["", ".", "job-type:", "properties."] {
        assert_eq!(refused(wanted).await.kind(), ErrorKind::Invalid, "{wanted}");
    }
}

#[tokio::test]
async fn d10_an_output_without_objects_or_in_another_bucket_is_no_success() {
    let error = refused("train.gone").await;
    assert_eq!((error.kind(), error.key()), (ErrorKind::KeyNotFound, Some("run/train/gone/")));
    let error = refused("train.elsewhere").await;
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("s3://other/run/train/"), "{error}");
}
