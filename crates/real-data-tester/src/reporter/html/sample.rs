//! Reports for the tests: real comparisons of small files, and made-up ones that no real data would give.

use std::fs;
use std::path::Path;

use reenact_validator::{Judgement, Rules, Validator};
use serde_json::{Value, json};

use crate::report::Report;

/// A report on these outputs; `step` replaces how the step ended.
pub(super) fn report(verdict: &str, reason: &str, outputs: &Value, step: &Value) -> Report {
    let object = |key: &str, origin: Value| json!({"key": key, "revision": "v1", "size": 1_000, "origin": origin});
    let form = json!({
        "format_version": 1,
        "verdict": verdict,
        "reason": reason,
        "run": {
            "mode": "replay", "pipeline": "flights", "execution": "2013-01", "candidate_execution": null,
            "steps": [{"step": "clean", "command": "clean --late", "after": []}],
            "execution_newest": "2013-02-01T03:12:44Z", "bucket": "production",
            "directory": "/runs/1", "started_at": "2026-01-12T09:14:03Z", "version": "0.1.0",
        },
        "interrupted": false,
        "steps": [{
        "step": "clean", "command": "clean --late", "verdict": verdict, "reason": reason, "started": true, "not_run": null,
        "thresholds": [],
        "trees": [
            {"tree": {"role": "input", "name": "flights"}, "from": "ingest.flights", "bytes": 2_000, "files": 2,
             "provenance": {"kind": "production"}, "staged": true, "objects": [
                object("flights/part-0.csv", json!("cache")),
                object("flights/part-1.csv", json!({"download": {"verified": "length"}})),
            ]},
            {"tree": {"role": "reference", "name": "cleaned"}, "from": "clean.cleaned", "bytes": 5_000, "files": 1,
             "provenance": {"kind": "production"}, "staged": true, "objects": [
                object("cleaned/part-0.csv", json!("cache")),
            ]},
        ],
        "outcome": step,
        "outputs": outputs,
        }],
        "finished_at": "2026-01-12T09:14:09Z",
    });
    serde_json::from_value(form).unwrap()
}

/// How a step ended that exited with `code`.
pub(super) fn ending(code: i32, stderr: &str) -> Value {
    let second = json!({"secs": 1, "nanos": 0});
    json!({
        "ending": {"how": "exited", "code": code},
        "usage": {"wall": second, "user_cpu": second, "system_cpu": second, "peak_rss": 184_000_000, "read_bytes": 7, "written_bytes": 8},
        "stdout": "/runs/1/logs/stdout.log", "stderr": "/runs/1/logs/stderr.log", "stderr_tail": stderr,
    })
}

/// A report on the comparison of two CSV files.
pub(super) fn compared(candidate: &str, reference: &str) -> Report {
    let directory = tempfile::tempdir().unwrap();
    let side = |name: &str, content: &str| {
        let side = directory.path().join(name);
        fs::create_dir(&side).unwrap();
        fs::write(side.join("part-0.csv"), content).unwrap();
        side
    };
    let judgement = compare(&side("candidate", candidate), &side("reference", reference));
    let outputs =
        json!([{"name": "cleaned", "written": written(), "judgement": judgement, "problem": null}]);
    report(judgement.verdict.as_str(), &judgement.reason, &outputs, &ending(0, "read 2 files\n"))
}

fn written() -> Value {
    json!({"files": 1, "empty_files": 0, "bytes": 10, "faults": []})
}

fn compare(candidate: &Path, reference: &Path) -> Judgement {
    Validator::new(Rules::new().with_key(["id"])).compare(candidate, reference).unwrap()
}

/// A CSV file of numbers, times and categories; `shift` moves the delays of the first carrier.
pub(super) fn flights(rows: u32, shift: u32) -> String {
    let mut text = "id,delay,time,carrier\n".to_owned();
    for row in 0..rows {
        let carrier = ["UA", "B6", "EV"][row as usize % 3];
        let delay = row * 7 % 120 + if carrier == "UA" { shift } else { 0 };
        let carrier = if shift > 0 && row % 9 == 0 { "DL" } else { carrier };
        text.extend([format!(
            "{row},{delay},2013-01-{:02}T{:02}:00:00Z,{carrier}\n",
            row % 28 + 1,
            row % 24
        )]);
    }
    text
}

/// A report on one table with these columns, findings and examples.
pub(in crate::reporter) fn made_up(
    columns: &[Value],
    findings: &Value,
    examples: &Value,
    text: &str,
) -> Report {
    let declared: Vec<Value> = columns
        .iter()
        .map(|column| json!({"name": column["name"], "type_name": text, "nullable": true}))
        .collect();
    let side =
        |columns: &[Value]| json!({"files": [text], "bytes": 10, "rows": 100, "columns": columns});
    let judgement = json!({
        "format_version": 1, "verdict": "fail", "reason": text, "findings": findings, "files": [{
            "name": text, "kind": "json", "verdict": "fail", "candidate_bytes": 1, "reference_bytes": 2,
            "differences": [{"path": text, "candidate": text, "reference": null}],
        }],
        "ignored": [{"side": "candidate", "path": text, "reason": "hidden"}],
        "tables": [{
            "name": text, "format": "parquet", "verdict": "fail",
            "candidate": side(&[]), "reference": side(&declared), "findings": findings,
            "rows": {
                "key": [text], "key_origin": "rules", "matched": 90, "within_tolerance": 1, "changed": 5,
                "only_candidate": 2, "only_reference": 3, "duplicate_keys_candidate": 1,
                "duplicate_keys_reference": 0, "examples": examples,
                "columns": [{
                    "column": text, "changed": 5, "became_null": 1, "was_null": 0, "largest": [{
                        "key": {"values": [text]},
                        "cell": {"column": text, "candidate": text, "reference": "1", "difference": 1.5},
                    }],
                }],
            },
            "columns": columns,
        }],
    });
    let outputs = json!([
        {"name": "cleaned", "written": written(), "judgement": judgement, "problem": null},
        {"name": "other", "written": written(), "judgement": null, "problem": text},
    ]);
    report("fail", text, &outputs, &ending(3, text))
}

/// A column of numbers whose distribution function has `points` points.
pub(in crate::reporter) fn numbers(name: &str, moved: f64, points: u32) -> Value {
    let share = |point: u32| f64::from(point) / f64::from(points);
    let histogram: Vec<Value> = (0..40_u32)
        .map(|bin| {
            json!({"from": bin, "to": bin + 1, "candidate": 1_000 + bin * 17 % 13, "reference": 1_000 + bin * 11 % 29})
        })
        .collect();
    let ecdf: Vec<Value> = (1..=points)
        .map(|point| json!({"at": share(point) * 40.0, "candidate": share(point), "reference": share(point).powi(2)}))
        .collect();
    column(
        name,
        "number",
        moved,
        &json!({
            "shape": "distribution", "histogram": histogram, "ecdf": ecdf,
            "gap": {"at": 20.0, "candidate": 0.5, "reference": 0.25},
        }),
    )
}

/// A column of two categories.
pub(super) fn categories(name: &str, value: &str) -> Value {
    column(
        name,
        "category",
        2.0,
        &json!({
            "shape": "categories", "other_candidate": 3, "other_reference": 4,
            "top": [{"value": value, "candidate": 60, "reference": 50}, {"value": "b", "candidate": 0, "reference": 5}],
        }),
    )
}

fn column(name: &str, kind: &str, moved: f64, plot: &Value) -> Value {
    let verdict = if moved > 1.0 { "fail" } else { "pass" };
    let shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
    let quantiles: Vec<Value> =
        shares.iter().map(|share| json!({"share": share, "value": share * 41.3})).collect();
    let side = |nulls: u64| {
        json!({
            "rows": 40_000, "nulls": nulls, "nans": 1, "infinite": 1, "distinct": 12_345, "numbers": {
                "min": 0.0, "max": 40.0, "mean": 19.123_456, "sd": 11.547_123, "quantiles": quantiles,
            },
        })
    };
    let test = |statistic: &str, p: f64| {
        json!({
            "statistic": statistic, "value": 0.25, "p": p, "log10_p": -5.0, "p_method": "asymptotic",
            "adjusted_p": p, "effect": {"name": name, "value": 0.25}, "interval": {"low": 0.2, "high": 0.3},
            "margin": 0.05, "decides": true, "verdict": verdict, "sentence": format!("`{name}` moved by 0.25"),
        })
    };
    json!({
        "name": name, "schema_index": 0, "kind": kind, "type_name": "Float64", "verdict": verdict,
        "sentence": format!("column `{name}` moved"), "moved": moved, "candidate": side(3), "reference": side(0),
        "tests": [test("kolmogorov_smirnov", 0.0), test("welch_mean", 1e-5), test("null_rate", 0.4)], "plot": plot,
    })
}

/// A finding about a column.
pub(in crate::reporter) fn finding(column: &str, message: &str) -> Value {
    json!({
        "check": "distribution", "severity": "error", "verdict": "fail", "table": null, "column": column,
        "message": message, "recommendation": message,
    })
}
