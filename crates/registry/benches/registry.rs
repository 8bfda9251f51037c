//! What a registry costs at 10,000, 100,000 and 1,000,000 outputs, ten to a step, so that the growth can be seen.
//!
//! `registry/register/1000000` stands for one registry of a million outputs in 100,000 steps; throughput is in
//! outputs, or in bytes of a manifest. Memory is the peak of the process, told on the way.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a benchmark reports, and stops if it cannot go on"
)]

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use reenact_registry::{Location, Output, OutputKey, PropertyPath, Registry, StepKey};

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
const OUTPUTS_PER_STEP: usize = 10;

/// Makes outputs such as discovery makes them: every one with its own texts.
fn outputs(count: usize) -> Vec<Output> {
    let make = |number: usize| {
        let (step, name) = (number / OUTPUTS_PER_STEP, number % OUTPUTS_PER_STEP);
        let key = format!("TabularPreprocessing{step:06}@training.processed_data_{name}")
            .parse::<OutputKey>();
        let place = format!(
            "s3://a-bucket-of-production/pipelines/flights/2013-01/TabularPreprocessing{step:06}/output/processed_data_{name}"
        );
        let path = format!(
            "properties.ProcessingOutputConfig.Outputs['processed_data_{name}'].S3Output.S3Uri"
        );
        Output::new(key.expect("a key"), place.parse::<Location>().expect("a place"))
            .with_property_path(path.parse().expect("a path"))
            .expect("a path of this step")
            .with_data_type("S3Uri".parse().expect("a type"))
    };
    (0..count).map(make).collect()
}

fn registry(outputs: Vec<Output>) -> Registry {
    let mut registry = Registry::default();
    for output in outputs {
        registry.register(output).expect("it is new");
    }
    registry
}

fn register(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("register");
    group.sample_size(10);
    for size in SIZES {
        let prepared = outputs(size);
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter_batched(|| prepared.clone(), registry, BatchSize::PerIteration);
        });
    }
}

fn look_up(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("look_up");
    for size in SIZES {
        let registry = registry(outputs(size));
        let step = size / OUTPUTS_PER_STEP / 2;
        let key =
            |step: &str| format!("{step}.processed_data_7").parse::<OutputKey>().expect("a key");
        let exact = key(&format!("TabularPreprocessing{step:06}@training"));
        group.bench_function(BenchmarkId::new("exact", size), |bencher| {
            bencher.iter(|| registry.output(black_box(&exact)).expect("it is there"));
        });
        let spelled = key(&format!("tabular_preprocessing_{step:06}-Training"));
        group.bench_function(BenchmarkId::new("spelling", size), |bencher| {
            bencher.iter(|| registry.output(black_box(&spelled)).expect("it is there"));
        });
        let path = "ProcessingOutputConfig.Outputs['processed_data_7'].S3Output.S3Uri"
            .parse::<PropertyPath>();
        let path = path.expect("a path");
        let step: &StepKey = exact.step_key();
        group.bench_function(BenchmarkId::new("property_path", size), |bencher| {
            bencher.iter(|| registry.resolve_in(step, black_box(&path)).expect("it is there"));
        });
    }
}

fn manifest(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("manifest");
    group.sample_size(10);
    for size in SIZES {
        let registry = registry(outputs(size));
        tell_peak(&format!("a registry of {size} outputs"));
        let text = registry.to_manifest().expect("it is written");
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::new("write", size), |bencher| {
            bencher.iter(|| registry.to_manifest().expect("it is written"));
        });
        group.bench_function(BenchmarkId::new("read", size), |bencher| {
            bencher.iter_with_large_drop(|| Registry::from_manifest(&text).expect("it is read"));
        });
    }
}

/// Tells the most memory this process ever had, where the system says.
fn tell_peak(what: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
        eprintln!("peak memory so far, with {what}: {}", peak.trim());
    }
}

criterion_group!(benches, manifest, look_up, register);
criterion_main!(benches);
