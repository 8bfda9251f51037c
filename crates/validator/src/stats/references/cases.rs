//! The cases of the file, and the comparison of a value with its reference.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::stats::Sample;
use crate::stats::random::SplitMix;

pub(super) const STATISTIC: f64 = 1e-12;
pub(super) const GOLD: f64 = 1e-9;
pub(super) const SCIPY: f64 = 1e-7;

/// Cases of all kinds, and cases at edges.
const OWN_FILES: [&str; 2] = ["stat_refs_dev.json", "stat_refs_edges.json"];

/// Another file of the same form may be named, to check cases that this one does not have.
const OTHER_FILE: &str = "REENACT_STATISTICS_REFERENCES";

pub(super) fn cases(kind: &str) -> Vec<Value> {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/");
    let own = || OWN_FILES.iter().map(|name| Path::new(own).join(name)).collect();
    let paths = std::env::var_os(OTHER_FILE).map_or_else(own, |path| vec![PathBuf::from(path)]);
    let mut found = Vec::new();
    for path in paths {
        let text = fs_err::read_to_string(path).unwrap();
        let all: Value = serde_json::from_str(&text).unwrap();
        let cases = all["cases"].as_array().unwrap().iter();
        found.extend(cases.filter(|case| case["kind"] == kind).cloned());
    }
    found
}

pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => Some(f64::NAN),
        },
        _ => None,
    }
}

/// Collects comparisons and reports all that are out of tolerance at once.
#[derive(Default)]
pub(super) struct Check {
    compared: usize,
    wrong: Vec<String>,
}

impl Check {
    pub(super) fn close(
        &mut self,
        what: &str,
        case: &Value,
        found: f64,
        expected: f64,
        tolerance: f64,
    ) {
        self.compared += 1;
        let error = (found - expected).abs();
        let close = found == expected || error <= tolerance * expected.abs();
        if !close {
            let id = &case["id"];
            self.wrong.push(format!(
                "{id} {what}: {found:e} is not {expected:e} ({:e})",
                error / expected.abs()
            ));
        }
    }

    pub(super) fn near(
        &mut self,
        what: &str,
        case: &Value,
        found: f64,
        expected: f64,
        absolute: f64,
    ) {
        self.compared += 1;
        let near = found == expected || (found - expected).abs() <= absolute;
        if !near {
            let id = &case["id"];
            self.wrong
                .push(format!("{id} {what}: {found:e} is not {expected:e} within {absolute:e}"));
        }
    }

    pub(super) fn finish(self, expected: usize) {
        assert!(self.wrong.is_empty(), "{} wrong:\n{}", self.wrong.len(), self.wrong.join("\n"));
        if std::env::var_os(OTHER_FILE).is_none() {
            assert_eq!(self.compared, expected, "values compared");
        }
    }
}

/// Draws from the laws of the file's large samples.
fn draw(random: &mut SplitMix, law: &str, a: f64, b: f64) -> f64 {
    let mut uniform = || (random.next() >> 11) as f64 * 2f64.powi(-53);
    match law {
        "uniform" => a + b * uniform(),
        "irwinhall" => {
            let mut z = 0.0;
            for _ in 0..12 {
                z += uniform();
            }
            a + b * (z - 6.0)
        }
        "pareto1" => a + b * (1.0 / (1.0 - uniform())),
        "grid" => a + (b * uniform()).floor(),
        "const" => a,
        other => panic!("unknown law {other}"),
    }
}

/// A sample of a case: as written, or drawn by its recipe.
pub(super) fn values(case: &Value, side: &str) -> Vec<f64> {
    let inputs = &case["inputs"];
    if let Some(values) = inputs[side].as_array() {
        return values.iter().map(|value| number(value).unwrap()).collect();
    }
    let recipe = &inputs[format!("{side}_recipe")];
    let mut random = SplitMix::new(recipe["seed"].as_u64().unwrap());
    let (a, b) = (recipe["a"].as_f64().unwrap(), recipe["b"].as_f64().unwrap());
    let law = recipe["law"].as_str().unwrap();
    let values: Vec<f64> =
        (0..recipe["n"].as_u64().unwrap()).map(|_| draw(&mut random, law, a, b)).collect();
    let check = &inputs["check"];
    assert_eq!(values.first().copied(), check[format!("{side}_first")].as_f64());
    assert_eq!(values.last().copied(), check[format!("{side}_last")].as_f64());
    values
}

/// Both samples of every case of two samples.
pub(super) fn two_samples() -> Vec<(Value, Sample, Sample)> {
    let both = |case: Value| {
        let (x, y) = (Sample::new(values(&case, "x")), Sample::new(values(&case, "y")));
        (case, x, y)
    };
    cases("two_sample").into_iter().map(both).collect()
}

/// Whether all values of a case are finite.
pub(super) fn is_finite(case: &Value) -> bool {
    ["x", "y"].iter().all(|side| values(case, side).iter().all(|value| value.is_finite()))
}

pub(super) fn is_tagged(case: &Value, tag: &str) -> bool {
    case["tags"].as_array().unwrap().iter().any(|other| other == tag)
}
