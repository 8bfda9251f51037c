//! The layouts that have a name.

use super::compiled::Layout;
use crate::error::Error;
use crate::suggestion::Unknown;

struct Preset {
    name: &'static str,
    template: &'static str,
    exclude: &'static [&'static str],
}

/// The presets, by name. What each is for is told in `docs/layouts.md`.
const PRESETS: [Preset; 12] = [
    Preset {
        name: "dagster-ops",
        template: "dagster/storage/{execution}/{step}/{output}{pipeline=dagster}",
        exclude: &[],
    },
    Preset {
        name: "hive",
        template: "pipeline={pipeline}/execution={execution}/step={step}/output={output}/{path**}",
        exclude: &[],
    },
    Preset {
        name: "kedro",
        template: "{pipeline}/{step}/{output}/{execution:[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}[.][0-9]{2}[.][0-9]{2}[.][0-9]{3}Z}/{output}",
        exclude: &[],
    },
    Preset {
        name: "kfp",
        template: "{pipeline}/{execution}/{step}/[{attempt:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}}/]{output:[A-Za-z_][A-Za-z0-9_]*}[/{path**}]",
        exclude: &[],
    },
    Preset {
        name: "mlflow",
        template: "{pipeline}/{execution:[0-9a-f]{32}}/artifacts/{output}[/{path**}]{step=run}",
        exclude: &[],
    },
    Preset {
        name: "mods",
        template: "MODS/{pipeline}_{execution:[^_/]+}/{step}/{output}/{path**}",
        exclude: &[],
    },
    Preset {
        name: "mods-job-type",
        template: "MODS/{pipeline}_{execution:[^_/]+}/{step}/{job}/{output}/{path**}",
        exclude: &[],
    },
    Preset {
        name: "sagemaker-job",
        template: "{step}-{execution:[0-9]{4}(?:-[0-9]{2}){5}-[0-9]{3}}/output/{output}/{path**}",
        exclude: &[],
    },
    Preset {
        name: "sagemaker-processing",
        template: "{pipeline}/{execution:[a-z0-9]{12}}/{step}/output/{output}/{path**}",
        exclude: &[],
    },
    Preset {
        name: "sagemaker-training",
        template: "pipelines-{execution:[a-z0-9]{12}}-{step}-{attempt:[A-Za-z0-9]{10}}/output/{path**}{output=model}",
        exclude: &[],
    },
    Preset {
        name: "sagemaker-transform",
        template: "{pipeline}/{execution:[a-z0-9]{12}}/{step}/{path**}{output=transform}",
        exclude: &["*/*/*/output/**", "*/*/input/**", "*/code/**"],
    },
    SEED,
];

const SEED: Preset = Preset {
    name: "seed",
    template: "pipelines/{pipeline}/{execution}/{step}/output/{output}/{path**}",
    exclude: &[],
};

pub(super) fn seed() -> Layout {
    SEED.compile()
}

pub(super) fn find(name: &str) -> Result<Layout, Error> {
    match PRESETS.iter().find(|preset| preset.name == name) {
        Some(preset) => Ok(preset.compile()),
        None => {
            Err(Unknown::among("layout", name, PRESETS.iter().map(|preset| preset.name)).into())
        }
    }
}

pub(super) fn all() -> impl Iterator<Item = (&'static str, Layout)> {
    PRESETS.iter().map(|preset| (preset.name, preset.compile()))
}

impl Preset {
    #[expect(
        clippy::expect_used,
        reason = "the texts are constants, and a test compiles each of them"
    )]
    fn compile(&self) -> Layout {
        Layout::parse(self.template)
            .and_then(|layout| layout.with_exclude(self.exclude))
            .expect("a preset is a template")
    }
}
