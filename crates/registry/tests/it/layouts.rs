//! Layouts: every preset on real keys, the laws they keep, and the templates that are refused.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use reenact_registry::{ErrorKind, KeyFields, Layout, MismatchReason};

/// A key of each preset, and what it tells.
const KEYS: [(&str, &str, &str); 16] = [
    (
        "seed",
        "pipelines/flights/2013-01/clean/output/table/a/part-0.csv",
        "flights 2013-01 clean - table a/part-0.csv",
    ),
    (
        "sagemaker-processing",
        "AbalonePipeline/bs6gaeln463r/AbaloneProcess/output/train/train.csv",
        "AbalonePipeline bs6gaeln463r AbaloneProcess - train train.csv",
    ),
    (
        "sagemaker-transform",
        "AbalonePipeline/bs6gaeln463r/AbaloneTransform/batch.csv.out",
        "AbalonePipeline bs6gaeln463r AbaloneTransform - transform batch.csv.out",
    ),
    (
        "sagemaker-training",
        "pipelines-bs6gaeln463r-Abalone-Train-A0QiDGuY6z/output/model.tar.gz",
        "- bs6gaeln463r Abalone-Train - model model.tar.gz",
    ),
    (
        "sagemaker-job",
        "sagemaker-scikit-learn-2025-08-21-12-00-00-123/output/output-1/x.csv",
        "- 2025-08-21-12-00-00-123 sagemaker-scikit-learn - output-1 x.csv",
    ),
    (
        "kedro",
        "data/02_intermediate/cars.csv/2020-03-19T14.59.19.187Z/cars.csv",
        "data 2020-03-19T14.59.19.187Z 02_intermediate - cars.csv -",
    ),
    (
        "mlflow",
        "0/d4c1a1b2c3d4e5f60718293a4b5c6d7e/artifacts/model/MLmodel",
        "0 d4c1a1b2c3d4e5f60718293a4b5c6d7e run - model MLmodel",
    ),
    (
        "mlflow",
        "0/d4c1a1b2c3d4e5f60718293a4b5c6d7e/artifacts/plot.png",
        "0 d4c1a1b2c3d4e5f60718293a4b5c6d7e run - plot.png -",
    ),
    ("kfp", "my-pipeline/run-7/train/model", "my-pipeline run-7 train - model -"),
    (
        "kfp",
        "my-pipeline/run-7/train/0b8a5c1e-2f3d-4a5b-8c7d-9e0f1a2b3c4d/model/variables/index",
        "my-pipeline run-7 train - model variables/index",
    ),
    (
        "dagster-ops",
        "dagster/storage/6d1f3f9e-77c1-4a0e-9a6f-0c3f0d1b2a3c/clean/result",
        "dagster 6d1f3f9e-77c1-4a0e-9a6f-0c3f0d1b2a3c clean - result -",
    ),
    (
        "hive",
        "pipeline=flights/execution=7/step=clean/output=table/x.parquet",
        "flights 7 clean - table x.parquet",
    ),
    (
        "mods",
        "MODS/fraud_model_1.0.0/payload/payload_sample/payload.tar.gz",
        "fraud_model 1.0.0 payload - payload_sample payload.tar.gz",
    ),
    (
        "mods-job-type",
        "MODS/fraud_model_1.0.0/tabularpreprocessing/training/processed_data/train/x.csv",
        "fraud_model 1.0.0 tabularpreprocessing training processed_data train/x.csv",
    ),
    ("seed", "pipelines/a b/ü/ç/output/%20/ /", "a b ü ç - %20  /"),
    ("seed", "pipelines/p/e/s/output/o//absolute", "p e s - o /absolute"),
];

fn told(fields: &KeyFields) -> String {
    ["pipeline", "execution", "step", "job", "output", "path"]
        .map(|name| fields.field(name).unwrap_or("-"))
        .join(" ")
}

#[test]
fn every_preset_reads_and_writes_its_keys() {
    let mut unseen: BTreeMap<_, _> = Layout::presets().collect();
    for (preset, key, expected) in KEYS {
        let layout = Layout::preset(preset).unwrap();
        let fields =
            layout.match_key(key).unwrap_or_else(|mismatch| panic!("{preset}: {mismatch}"));
        assert_eq!(told(&fields), expected, "{preset}");
        assert_eq!(layout.render(&fields).unwrap(), key, "{preset}");
        unseen.remove(preset);
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}

#[test]
fn prefixes_lead_to_every_key_one_level_at_a_time() {
    for (preset, key, _) in KEYS {
        let layout = Layout::preset(preset).unwrap();
        let whole = layout.match_key(key).unwrap();
        let mut known = KeyFields::default();
        let mut listed = 0;
        while let Some(slash) = key[listed..].find('/').map(|at| listed + at + 1) {
            let prefix = layout.prefix(&known);
            assert!(key.starts_with(&prefix.literal), "{preset}: {prefix:?}");
            listed = slash.max(prefix.literal.rfind('/').map_or(0, |at| at + 1));
            known = layout
                .match_prefix(&key[..listed])
                .unwrap_or_else(|mismatch| panic!("{preset}: {mismatch}"));
            for name in ["pipeline", "execution", "step", "job", "output"] {
                let value = known.field(name);
                assert!(value.is_none() || value == whole.field(name), "{preset} {name}");
            }
        }
    }
}

#[test]
fn the_prefix_grows_with_what_is_known() {
    let layout = Layout::seed();
    let mut fields = KeyFields::default();
    let told = |fields: &KeyFields| {
        let prefix = layout.prefix(fields);
        (prefix.literal, prefix.next)
    };
    assert_eq!(told(&fields), ("pipelines/".to_owned(), Some("pipeline".to_owned())));
    fields = fields.with_pipeline("flights".parse().unwrap());
    assert_eq!(told(&fields), ("pipelines/flights/".to_owned(), Some("execution".to_owned())));
    fields = fields.with_execution("7".parse().unwrap()).with_step("clean".parse().unwrap());
    assert_eq!(
        told(&fields),
        ("pipelines/flights/7/clean/output/".to_owned(), Some("output".to_owned()))
    );
    fields = fields.with_output("table".parse().unwrap());
    assert_eq!(
        told(&fields),
        ("pipelines/flights/7/clean/output/table/".to_owned(), Some("path".to_owned()))
    );
    assert_eq!(
        told(&fields.with_path("x")),
        ("pipelines/flights/7/clean/output/table/x".to_owned(), None)
    );

    for (constraint, start) in [
        ("run-[0-9]+", "run-"),
        ("run-1|rune|rubber", "ru"),
        ("ä|ö", ""),
        ("(?i)run", ""),
        ("abc", "abc"),
        ("ab?c", "a"),
    ] {
        let template = format!("x/{{execution:{constraint}}}/{{step}}/{{output}}");
        let prefix = Layout::parse(&template).unwrap().prefix(&KeyFields::default());
        assert_eq!(prefix.literal, format!("x/{start}"), "{constraint}");
        assert_eq!(prefix.next.as_deref(), Some("execution"));
    }

    let grouped =
        Layout::parse("{pipeline}/{execution}/[run-{attempt}-]run/{step}/{output}").unwrap();
    let fields = KeyFields::default()
        .with_pipeline("p".parse().unwrap())
        .with_execution("e".parse().unwrap());
    assert_eq!(grouped.prefix(&fields).literal, "p/e/run", "with or without the group");
    assert_eq!(grouped.prefix(&fields.with_tag("attempt", "2")).literal, "p/e/run-2-run/");
}

#[test]
fn a_prefix_tells_only_what_is_certain() {
    let layout =
        Layout::parse("[{team:air|sea}/]{pipeline:[a-z]+[0-9]}/{execution}/{step}/{output}")
            .unwrap();
    let fields = layout.match_prefix("air/").unwrap();
    assert_eq!((fields.tag("team"), fields.pipeline()), (Some("air"), None));
    let fields = layout.match_prefix("flights1/").unwrap();
    assert_eq!(fields.pipeline().unwrap().as_str(), "flights1");

    let unsure = Layout::parse("{pipeline}/{execution}/[{job}/]{step}/{output}").unwrap();
    let fields = unsure.match_prefix("p/e/training/").unwrap();
    assert_eq!((fields.job(), fields.step()), (None, None), "it may be either");
    assert_eq!(unsure.match_key("p/e/training/s/o").unwrap().job().unwrap().as_str(), "training");
}

#[test]
fn mismatches_tell_where_and_why() {
    let layout = Layout::seed().with_exclude(["**/_temporary/**", "**/_SUCCESS"]).unwrap();
    for (key, expected) in [
        ("other/x", "stops fitting at character 1: expected `pipelines`, found `other`"),
        (
            "pipelines/p/e/s/code/o/x",
            "stops fitting at character 17: expected `output`, found `code`",
        ),
        ("pipelines/p/e/s/output/o", "stops fitting at character 25: it ends, expected `{path**}`"),
        (
            "pipelines/p/e/s/output/o/",
            "stops fitting at character 26: it ends, expected `{path**}`",
        ),
        ("pipelines/p/e", "stops fitting at character 14: it ends, expected `{step}`"),
        (
            "pipelines//e/s/output/o/x",
            "stops fitting at character 11: expected `{pipeline}`, found ``",
        ),
        (
            "pipelines/../e/s/output/o/x",
            "stops fitting at character 11: in the place of `{pipeline}`, a name cannot be a relative directory",
        ),
        (
            "pipelines/p/e/s.x/output/o/x",
            "stops fitting at character 16: in the place of `{step}`, a step name cannot hold `.`, which parts it from its output",
        ),
        ("pipelines/p/e/s/output/o/_temporary/0/x", "is excluded by `**/_temporary/**`"),
        ("pipelines/p/e/s/output/o/_SUCCESS", "is excluded by `**/_SUCCESS`"),
    ] {
        assert_eq!(
            layout.match_key(key).unwrap_err().to_string(),
            format!("key `{key}` {expected}")
        );
    }
    let longer =
        Layout::preset("dagster-ops").unwrap().match_key("dagster/storage/r/s/o/x").unwrap_err();
    assert_eq!((longer.reason(), longer.position()), (&MismatchReason::Longer, 21));
    let repeated = Layout::preset("kedro")
        .unwrap()
        .match_key("d/l/a.csv/2020-03-19T14.59.19.187Z/b.csv")
        .unwrap_err();
    assert!(matches!(repeated.reason(), MismatchReason::Repeated { .. }), "{repeated}");
    let transform = Layout::preset("sagemaker-transform").unwrap();
    assert!(
        transform.match_key("p/bs6gaeln463r/s/output/train/x").is_err(),
        "that is a processing output"
    );
}

#[test]
fn ambiguous_templates_are_refused_with_a_proof() {
    for (template, key, variable) in [
        ("{pipeline}-{execution}/{step}/{output}", "a--a/a/a", "pipeline"),
        ("{pipeline}{execution}/{step}/{output}", "aaa/a/a", "pipeline"),
        ("[{prefix}/]{pipeline}/{execution}/{step}/{output}/{path**}", "a/a/a/a/a/a", "prefix"),
        ("{pipeline}/{execution}/{step}/[{job}/]{output}/{path**}", "a/a/a/a/a/a", "job"),
        ("{pipeline}/{execution}/{step}/{output}_{version}[_{attempt}]", "a/a/a/a__a", "output"),
        ("{pipeline}/{execution}/{step}/{output:a|aa}{version:a|aa}", "a/a/a/aaa", "output"),
    ] {
        let error = Layout::parse(template).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous, "{template}: {error}");
        let expected = format!(
            "layout `{template}` is ambiguous: it reads key `{key}` with two values of `{{{variable}}}`"
        );
        assert_eq!(error.to_string(), expected);
    }
    for template in [
        "{pipeline}-{execution:[^/-]+}/{step}/{output}",
        "{step}.{output}/{pipeline}/{execution}",
        "{pipeline}/{execution}/{step}[@{job}]/{output}/{path**}",
        "{pipeline}/{execution}/[{job}/]{step}/{output}",
        "{pipeline}/{execution}/{step}/{output}_{version:(?:0|[1-9])+}",
        r"{pipeline}/{execution:(?i)run-\d+}/{step}/{output}",
        r"{pipeline:[\w-]+}/{execution:\w{1,4}}/{step:\pL+}/{output}_{version:\d+}",
    ] {
        Layout::parse(template).unwrap_or_else(|error| panic!("{template}: {error}"));
    }
}

#[test]
fn malformed_templates_are_refused_with_a_position() {
    for (template, position) in [
        ("", 0),
        ("{execution}/{step}", 18),
        ("{execution}/{step}/[{output}/]x", 20),
        ("{execution}/{step}/{output", 19),
        ("{execution}/{step}/{output}}", 27),
        ("{execution}/{step}/{output}[/x]", 27),
        ("{execution}/{step}/{output}[/{tag}", 27),
        ("{execution}/{step}/{output}]", 27),
        ("{execution}/{step}/{output}/{path}", 29),
        ("{execution}/{step}/{output}/{rest**}", 29),
        ("{execution}/{step}/{output}/{path**}/x", 28),
        ("{execution}/{step}/{output}{path**}", 27),
        ("{execution}/{step}/{output}/x-{path**}", 30),
        ("{Execution}/{step}/{output}", 1),
        ("{execution }/{step}/{output}", 10),
        ("{execution:[}/{step}/{output}", 0),
        ("{execution:(}/{step}/{output}", 11),
        ("{execution:[a-z]*}/{step}/{output}", 11),
        ("{execution:.+}/{step}/{output}", 11),
        ("{execution:^a$}/{step}/{output}", 11),
        ("{execution}/{step=a.b}/{output}", 19),
        ("{execution}/{step}/{output}{output=x}", 19),
        ("{execution}/{step}/{output}[{job=x}/{tag}]", 28),
        ("{execution}/{step}/{output}/{tag}[/{tag}]", 35),
    ] {
        let error = Layout::parse(template).unwrap_err();
        assert_eq!(error.position(), Some(position), "{template}: {error}");
    }
    let intricate = "{execution}/{step}/{output}[{a}][{b}][{c}][{d}][{e}][{f}][{g}]";
    assert_eq!(Layout::parse(intricate).unwrap_err().kind(), ErrorKind::Unsupported);
    let large = Layout::parse(r"{execution:\w{1,99}}/{step}/{output}").unwrap_err();
    assert_eq!(large.position(), Some(11), "{large}: what it says is the source's");
}

#[test]
fn rendering_refuses_what_would_not_be_read_back() {
    let layout = Layout::preset("mods-job-type").unwrap();
    let fields = layout.match_key("MODS/p_1/s/training/o/x").unwrap();
    let kind = |fields: &KeyFields| layout.render(fields).unwrap_err().kind();
    assert_eq!(kind(&KeyFields::default()), ErrorKind::NotFound);
    assert_eq!(
        kind(&fields.clone().with_execution("1_0".parse().unwrap())),
        ErrorKind::Unsupported
    );
    assert_eq!(kind(&fields.clone().with_tag("attempt", "1")), ErrorKind::Unsupported);
    assert_eq!(kind(&fields.with_path("")), ErrorKind::Malformed);
}

#[test]
fn a_layout_below_a_prefix_takes_it_literally() {
    let layout = Layout::preset("sagemaker-transform").unwrap().below("team {a}/[x]").unwrap();
    assert!(layout.match_key("team {a}/[x]/p/bs6gaeln463r/s/x.out").is_ok());
    assert!(
        layout.match_key("team {a}/[x]/p/bs6gaeln463r/s/output/o/x.out").is_err(),
        "its globs moved along"
    );
    assert_eq!(layout.prefix(&KeyFields::default()).literal, "team {a}/[x]/");
    for prefix in ["", "/a", "a/"] {
        assert!(Layout::seed().below(prefix).is_err(), "{prefix:?}");
    }
}

#[test]
fn layouts_travel_through_json_and_configuration() {
    let layout = Layout::seed().with_exclude(["**/_SUCCESS"]).unwrap();
    let json = serde_json::to_string(&layout).unwrap();
    assert_eq!(serde_json::from_str::<Layout>(&json).unwrap(), layout);
    assert_eq!(
        serde_json::from_str::<Layout>(r#""hive""#).unwrap(),
        Layout::preset("hive").unwrap()
    );
    assert_eq!(
        "{execution}/{step}/{output}".parse::<Layout>().unwrap().template(),
        "{execution}/{step}/{output}"
    );
    assert_eq!(
        "sagemaker-procesing".parse::<Layout>().unwrap_err().suggestion(),
        Some("sagemaker-processing")
    );
}

#[test]
fn an_explanation_says_which_layout_fits_and_why_others_do_not() {
    let text = Layout::seed().explain("MODS/p_1/s/training/o/x").to_string();
    for part in [
        "seed\n  pipelines/{pipeline}/",
        "  does not fit: key `MODS/p_1/s/training/o/x` stops fitting at character 1: expected `pipelines`, found `MODS`\n",
        "mods-job-type\n",
        "  job       training\n",
        "  path      x\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
}

/// Compiled once for all cases.
static PRESETS: LazyLock<Vec<(&str, Layout)>> = LazyLock::new(|| Layout::presets().collect());

static GROUPED: LazyLock<Layout> = LazyLock::new(|| {
    Layout::parse("x/{pipeline}_{execution:[0-9a-f]+}/{step}[@{job}]/{output}/{path**}").unwrap()
});

proptest! {
    #[test]
    fn what_a_preset_reads_it_writes(
        index in 0..KEYS.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), "[a-z0-9/_.=-]"), 0..4),
    ) {
        let (_, key, _) = KEYS[index];
        let mut characters: Vec<_> = key.chars().map(String::from).collect();
        for (at, character) in changes {
            *at.get_mut(&mut characters) = character;
        }
        let key = characters.concat();
        for (name, layout) in PRESETS.iter() {
            if let Ok(fields) = layout.match_key(&key) {
                prop_assert_eq!(&layout.render(&fields).unwrap(), &key, "{}", name);
                prop_assert!(key.starts_with(&layout.prefix(&fields).literal));
            }
        }
    }

    #[test]
    fn what_a_template_writes_it_reads(
        pipeline in "[a-z_]{1,6}", execution in "[0-9a-f]{1,8}", step in "[A-Za-z-]{1,6}",
        job in proptest::option::of("[a-z]{1,6}"), output in "[a-z.]{1,6}z", path in "[a-z/.]{1,9}",
    ) {
        let mut fields = KeyFields::default()
            .with_pipeline(pipeline.parse().unwrap())
            .with_execution(execution.parse().unwrap())
            .with_step(step.parse().unwrap())
            .with_output(output.parse().unwrap())
            .with_path(path);
        if let Some(job) = job {
            fields = fields.with_job(job.parse().unwrap());
        }
        let key = GROUPED.render(&fields).unwrap();
        prop_assert_eq!(GROUPED.match_key(&key).unwrap(), fields);
    }
}
