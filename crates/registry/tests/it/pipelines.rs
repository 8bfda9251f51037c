//! Pipeline definitions and lineage, on a definition such as the SageMaker SDK writes.

use chrono::{TimeZone, Utc};
use reenact_registry::{
    Definition, Edge, ErrorKind, Execution, Lineage, Location, Output, PropertyPath, Registry,
    Scope, StepName,
};
use serde_json::{Value, json};

const DEFINITION: &str = include_str!("../golden/abalone-definition.json");

fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn edge(from: &str, step: &str, input: &str) -> Edge {
    Edge::new(parse(from), parse(step), parse(input))
}

/// What one execution of the definition left.
fn registry() -> Registry {
    let execution = Execution::new(parse("Abalone"), parse("bs6gaeln463r"))
        .with_started_at(Utc.with_ymd_and_hms(2025, 8, 21, 12, 0, 0).unwrap());
    let mut registry = Registry::new(execution);
    for (key, path) in [
        (
            "AbaloneProcess.train",
            "properties.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri",
        ),
        ("AbaloneProcess.test", "properties.ProcessingOutputConfig.Outputs['test'].S3Output.S3Uri"),
        ("AbaloneTrain.model", "properties.ModelArtifacts.S3ModelArtifacts"),
        (
            "AbaloneEval.evaluation",
            "properties.ProcessingOutputConfig.Outputs['evaluation'].S3Output.S3Uri",
        ),
    ] {
        let place = format!("s3://abalone/{}", key.replace('.', "/"));
        let output = Output::new(parse(key), parse::<Location>(&place))
            .with_property_path(parse(path))
            .unwrap();
        registry.register(output).unwrap();
    }
    registry
}

#[test]
fn a_definition_tells_who_feeds_whom() {
    let definition = Definition::parse(DEFINITION).unwrap();
    let steps: Vec<_> = definition.steps().map(StepName::as_str).collect();
    assert_eq!(
        steps,
        ["AbaloneProcess", "AbaloneTrain", "AbaloneEval", "AbaloneCondition", "AbaloneCreateModel"]
    );

    let json = serde_json::to_string(&definition).unwrap();
    assert_eq!(Definition::parse(&json).unwrap(), definition);

    let lineage = definition.lineage().unwrap();
    let edges: Vec<_> = lineage.edges().iter().map(ToString::to_string).collect();
    assert_eq!(
        edges,
        [
            "AbaloneProcess.train -> AbaloneTrain.train",
            "AbaloneTrain.ModelArtifacts.S3ModelArtifacts -> AbaloneEval.input-1",
            "AbaloneProcess.test -> AbaloneEval.input-2",
            "AbaloneEval.EvaluationReport -> AbaloneCondition.Conditions.0.LeftValue.Std:JsonGet.PropertyFile",
            "AbaloneTrain.ModelArtifacts.S3ModelArtifacts -> AbaloneCreateModel.PrimaryContainer.ModelDataUrl",
        ]
    );
    let order: Vec<_> = lineage.steps().map(ToString::to_string).collect();
    assert_eq!(
        order,
        ["AbaloneProcess", "AbaloneTrain", "AbaloneCreateModel", "AbaloneEval", "AbaloneCondition"]
    );

    let error = lineage.check(&registry()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dangling, "a property file is no output");
    assert!(
        error.to_string().starts_with("edge `AbaloneEval.EvaluationReport -> AbaloneCondition"),
        "{error}"
    );
    let outputs_only = lineage
        .edges()
        .iter()
        .filter(|edge| edge.from().logical_name().as_str() != "EvaluationReport");
    Lineage::new(outputs_only.cloned()).unwrap().check(&registry()).unwrap();
}

#[test]
fn references_come_to_places_in_replay_and_locally() {
    let definition = Definition::parse(DEFINITION).unwrap();
    let replayed = registry();
    let local = replayed.at_local_root("/work".as_ref()).unwrap();
    let reference = json!({"Get": "Steps.AbaloneTrain.ModelArtifacts.S3ModelArtifacts"});
    let evaluate =
        |registry: &Registry| definition.evaluate(&reference, &Scope::new(registry)).unwrap();
    assert_eq!(evaluate(&replayed), "s3://abalone/AbaloneTrain/model");
    assert_eq!(evaluate(&local), "/work/AbaloneTrain/model");
}

#[test]
fn joins_parameters_and_variables_are_evaluated() {
    let definition = Definition::parse(DEFINITION).unwrap();
    let registry = registry();
    let scope = Scope::new(&registry);
    let evaluate = |expression: Value, scope: &Scope<'_>| definition.evaluate(&expression, scope);

    let destination = json!({"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.Bucket"},
        {"Get": "Execution.PipelineName"}, {"Get": "Execution.PipelineExecutionId"}, {"Get": "Parameters.Count"}, true]}});
    assert_eq!(
        evaluate(destination.clone(), &scope).unwrap(),
        "s3://abalone/Abalone/bs6gaeln463r/2/true"
    );
    let other = scope
        .clone()
        .with_parameter("Bucket", "other")
        .with_execution_variable("PipelineName", "x");
    assert_eq!(evaluate(destination, &other).unwrap(), "s3://other/x/bs6gaeln463r/2/true");
    assert_eq!(
        evaluate(json!({"Get": "Execution.StartDateTime"}), &scope).unwrap(),
        "2025-08-21T12:00:00+00:00"
    );
    assert_eq!(
        evaluate(json!({"Get": "Parameters.Count"}), &scope).unwrap(),
        2,
        "a number stays one"
    );

    let nested = json!([{"Get": {"no": "call"}}, {"Std:Join": {"On": "", "Values": [{"Get": "Steps.AbaloneProcess.ProcessingOutputConfig.Outputs.train.S3Output.S3Uri"}, "/x"]}}, null]);
    let expected = json!([{"Get": {"no": "call"}}, "s3://abalone/AbaloneProcess/train/x", null]);
    assert_eq!(evaluate(nested, &scope).unwrap(), expected);
}

#[test]
fn what_cannot_be_evaluated_says_why() {
    let definition = Definition::parse(DEFINITION).unwrap();
    let registry = registry();
    let scope = Scope::new(&registry);
    for (expression, kind, part) in [
        (json!({"Get": "Parameters.Buket"}), ErrorKind::NotFound, "did you mean `Bucket`?"),
        (json!({"Get": "Parameters.Unset"}), ErrorKind::NotFound, "value of parameter `Unset`"),
        (
            json!({"Get": "Execution.PipelineArn"}),
            ErrorKind::NotFound,
            "execution variable `PipelineArn`",
        ),
        (
            json!({"Get": "Steps.AbaloneTrian.ModelArtifacts.S3ModelArtifacts"}),
            ErrorKind::NotFound,
            "`AbaloneTrain`",
        ),
        (
            json!({"Get": "Steps.AbaloneTrain.TrainingJobName"}),
            ErrorKind::NotFound,
            "ModelArtifacts.S3ModelArtifacts",
        ),
        (json!({"Get": "Other.X"}), ErrorKind::Malformed, "only `Steps.` has properties of steps"),
        (json!({"Std:Join": {"On": "/"}}), ErrorKind::Malformed, "`Std:Join` takes `On`"),
        (
            json!({"Std:Join": {"On": "/", "Values": [[]]}}),
            ErrorKind::Malformed,
            "`Std:Join` takes `On`",
        ),
        (
            json!({"Std:JsonGet": {"Path": "x"}}),
            ErrorKind::Unsupported,
            "`Std:JsonGet` is not evaluated here",
        ),
    ] {
        let error = definition.evaluate(&expression, &scope).unwrap_err();
        assert_eq!(error.kind(), kind, "{expression}: {error}");
        assert!(error.to_string().contains(part), "{expression}: {error}");
    }
}

#[test]
fn definitions_that_are_none_are_refused() {
    for (text, kind) in [
        ("", ErrorKind::Malformed),
        ("{}", ErrorKind::Malformed),
        (r#"{"Steps": [{"Name": "a.b"}]}"#, ErrorKind::Malformed),
        (r#"{"Steps": [{"Name": "a"}, {"Name": "a"}]}"#, ErrorKind::Collision),
        (
            r#"{"Steps": [{"Name": "c", "Arguments": {"IfSteps": [{"Name": "c"}]}}]}"#,
            ErrorKind::Collision,
        ),
        (r#"{"Steps": [{"Name": "c", "Arguments": {"ElseSteps": [{}]}}]}"#, ErrorKind::Malformed),
    ] {
        assert_eq!(Definition::parse(text).unwrap_err().kind(), kind, "{text}");
    }
    let feeding = |from: &str| {
        let text = json!({"Steps": [
            {"Name": "a", "Arguments": {"X": {"Get": format!("Steps.{from}.Outputs['o']")}}}, {"Name": "b"}]});
        Definition::parse(&text.to_string()).unwrap().lineage()
    };
    assert!(feeding("b").is_ok());
    let error = feeding("c").unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Dangling, "edge `c.o -> a.X` comes from an output that does not exist")
    );
    assert_eq!(feeding("a").unwrap_err().kind(), ErrorKind::Cycle);
}

#[test]
fn circles_are_found_in_any_spelling_and_name_their_last_edge() {
    let error = Lineage::new([
        edge("Other.x", "Train_training", "A"),
        edge("Train@training.model", "Eval", "MODEL"),
        edge("Eval.report", "Tune", "REPORT"),
        edge("tune.best", "train-Training", "HINT"),
        edge("Tune.best", "Deploy", "MODEL"),
    ])
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cycle);
    assert_eq!(error.edge().unwrap().to_step().to_string(), "train-Training");
    assert_eq!(
        error.to_string(),
        "edge `tune.best -> train-Training.HINT` closes a circle: Train_training feeds Eval feeds Tune feeds Train_training"
    );
}

#[test]
fn a_lineage_is_checked_reported_and_written() {
    let path: PropertyPath =
        parse("properties.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri");
    let at = Utc.with_ymd_and_hms(2025, 8, 21, 12, 0, 0).unwrap();
    let lineage = Lineage::new([
        edge("AbaloneProcess.train", "AbaloneTrain", "train")
            .with_property_path(path)
            .with_recorded_at(at),
        edge("AbaloneProcess.test", "AbaloneTrain", "say \"hi\" #1"),
    ])
    .unwrap();
    lineage.check(&registry()).unwrap();

    let report = lineage.report(at);
    assert_eq!((report.total_transfers, report.unique_steps.len()), (2, 2));
    let expected = json!([
        {"from": "AbaloneProcess.train", "to_step": "AbaloneTrain", "to_input": "train",
         "property_path": "properties.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri",
         "recorded_at": "2025-08-21T12:00:00Z"},
        {"from": "AbaloneProcess.test", "to_step": "AbaloneTrain", "to_input": "say \"hi\" #1"},
    ]);
    assert_eq!(serde_json::to_value(&lineage).unwrap(), expected);
    assert_eq!(serde_json::from_value::<Lineage>(expected).unwrap(), lineage);
    assert!(lineage.to_mermaid().contains("s0 -->|\"test to say #quot;hi#quot; #35;1\"| s1"));
    assert!(lineage.to_graphviz().contains(r#"s0 -> s1 [label="test to say \"hi\" #1"];"#));

    let dangling = Lineage::new([edge("AbaloneProcess.trian", "AbaloneTrain", "train")]).unwrap();
    let error = dangling.check(&registry()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dangling);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("did you mean `AbaloneProcess.train`?"), "{source}");
}
