//! The JSON Schema of `report.json`; its tests keep it and the types equal.

/// The JSON Schema of the report's JSON form, in the version [`REPORT_VERSION`](crate::REPORT_VERSION).
///
/// ```
/// use reenact_real_data_tester::{REPORT_SCHEMA, REPORT_VERSION};
///
/// let schema: serde_json::Value = serde_json::from_str(REPORT_SCHEMA)?;
/// assert_eq!(schema["properties"]["format_version"]["const"], REPORT_VERSION);
/// assert!(schema["$defs"]["StepReport"]["properties"]["reason"]["description"].is_string());
/// # Ok::<(), serde_json::Error>(())
/// ```
pub const REPORT_SCHEMA: &str = include_str!("../../schema/report-1.schema.json");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use std::time::Duration;

    use reenact_downloader::InMemory;
    use reenact_validator as validator;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        CommandExecutor, Ending, FnExecutor, LocalData, Mask, Masking, Metric, Mode, Report,
        Runner, SampleBy, Sampling, Scenario, StepBuilder, Threshold,
    };

    fn schema() -> Value {
        serde_json::from_str(REPORT_SCHEMA).unwrap()
    }

    /// Holds values against the schema, and notes which of its properties they have.
    struct Check {
        schema: Value,
        met: BTreeSet<String>,
    }

    impl Check {
        fn new() -> Self {
            Self { schema: schema(), met: BTreeSet::new() }
        }

        fn report(&mut self, report: &Report) {
            let value = serde_json::to_value(report).unwrap();
            let schema = self.schema.clone();
            assert_eq!(self.misfit(&schema, &value, "Report"), None);
        }

        /// Says where a value does not fit; `of` names the type that it is of.
        fn misfit(&mut self, schema: &Value, value: &Value, of: &str) -> Option<String> {
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                let name = reference.trim_start_matches("#/$defs/");
                let target = self.schema["$defs"][name].clone();
                return self.misfit(&target, value, name);
            }
            if let Some(alternatives) = schema.get("oneOf").and_then(Value::as_array) {
                let misfits: Vec<Option<String>> =
                    alternatives.iter().map(|one| self.misfit(one, value, of)).collect();
                let fitting = misfits.iter().filter(|misfit| misfit.is_none()).count();
                return (fitting != 1)
                    .then(|| format!("{of} fits {fitting} alternatives: {value}"));
            }
            let fits =
                schema.as_object().unwrap().iter().all(|(keyword, rule)| match keyword.as_str() {
                    "const" => rule == value,
                    "enum" => rule.as_array().unwrap().contains(value),
                    "type" => match rule {
                        Value::Array(types) => types.iter().any(|one| is(one, value)),
                        one => is(one, value),
                    },
                    "format" => value
                        .as_str()
                        .is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok()),
                    "required" => rule
                        .as_array()
                        .unwrap()
                        .iter()
                        .all(|name| value.get(name.as_str().unwrap()).is_some()),
                    "additionalProperties"
                    | "properties"
                    | "items"
                    | "description"
                    | "title"
                    | "$schema"
                    | "$id"
                    | "$defs" => true,
                    other => panic!("keyword {other}"),
                });
            if !fits {
                return Some(format!("{of} is {value}"));
            }
            for (name, member) in value.as_object().into_iter().flatten() {
                let Some(inner) = schema["properties"].get(name) else {
                    return Some(format!("{of} has `{name}`, which is not in the schema"));
                };
                self.met.insert(format!("{of}.{name}"));
                let misfit = self.misfit(inner, member, of);
                if misfit.is_some() {
                    return misfit;
                }
            }
            let mut items = value.as_array().into_iter().flatten();
            items.find_map(|item| self.misfit(&schema["items"], item, of))
        }
    }

    fn is(named: &Value, value: &Value) -> bool {
        match named.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            other => panic!("type {other}"),
        }
    }

    /// Lists every property that the schema names, by the type that has it.
    fn named() -> BTreeSet<String> {
        fn walk(of: &str, node: &Value, found: &mut BTreeSet<String>) {
            for (name, inner) in node["properties"].as_object().into_iter().flatten() {
                found.insert(format!("{of}.{name}"));
                walk(of, inner, found);
            }
            for alternative in node["oneOf"].as_array().into_iter().flatten() {
                walk(of, alternative, found);
            }
        }
        let schema = schema();
        let mut found = BTreeSet::new();
        walk("Report", &schema, &mut found);
        for (name, definition) in schema["$defs"].as_object().unwrap() {
            walk(name, definition, &mut found);
        }
        found
    }

    fn rows(count: u32, shift: u32) -> String {
        let row = |id: u32| {
            let colour = ["red", "green", "blue"]
                [(id as usize + usize::from(shift > 0 && id.is_multiple_of(5))) % 3];
            format!("{id},{},2026-01-{:02}T00:00:00Z,{colour}\n", id % 90 + shift, id % 28 + 1)
        };
        format!("id,amount,at,colour\n{}", (0..count).map(row).collect::<String>())
    }

    fn settle(runner: Runner, home: &tempfile::TempDir) -> Runner {
        let cache = reenact_workspace_cache::CacheOptions::default();
        runner.with_cache(cache.with_location(home.path()))
    }

    /// A runner of `clean`, which writes other rows than production did, more of them, and other files beside.
    fn production(
        home: &tempfile::TempDir,
        change: impl FnOnce(crate::ScenarioBuilder) -> crate::ScenarioBuilder,
    ) -> Runner {
        let bucket = InMemory::new("acme");
        for (execution, shift) in [("1", 0), ("2", 3)] {
            let put = |place: &str, body: String| {
                bucket.put(format!("pipelines/sales/{execution}/{place}"), body);
            };
            put("extract/output/rows/rows.csv", rows(300, shift));
            put("clean/output/rows/rows.csv", rows(300, shift));
            put("clean/output/rows/summary.json", format!("{{\"rows\": {}}}", 300 + shift));
            put("clean/output/rows/_SUCCESS", String::new());
        }
        let clean = FnExecutor::new("clean", |request| {
            let into = request.output("rows");
            std::fs::write(into.join("rows.csv"), format!("{}5,1,,\n", rows(310, 7)))?;
            std::fs::write(into.join("summary.json"), "{\"rows\": 310}")?;
            Ok(std::fs::write(into.join("_SUCCESS"), "")?)
        });
        let scenario = Scenario::builder("sales").step("clean", |step| {
            step.executor(clean)
                .input("rows", "extract.rows")
                .threshold(Threshold::at_most(Metric::WallSeconds, 2.0).times_production(60.0))
                .threshold(Threshold::at_least(Metric::PeakRssBytes, 1.0))
        });
        settle(Runner::new(change(scenario).build().unwrap(), Arc::new(bucket)), home)
    }

    fn keyed(step: StepBuilder) -> StepBuilder {
        let rules = "key = ['id']\n[[constraints]]\ntype = 'not_null'\ncolumn = 'colour'\n";
        let rules = toml::from_str(rules);
        step.rules("rows", rules.unwrap())
    }

    #[test]
    fn reports_of_every_mode_fit_the_schema_and_meet_all_of_it() {
        let mut check = Check::new();
        let home = tempfile::tempdir().unwrap();
        let differs = production(&home, |scenario| scenario.step("clean", keyed));
        let report = differs.replay_blocking("clean", "1").unwrap();
        report.assert_differs_from_production();
        check.report(&report);
        check.report(&differs.compare_blocking(None, "2", "1").unwrap());

        let masking = Masking::new().with_column("colour", Mask::Hash);
        let part = Sampling::new("50%", SampleBy::Key(vec!["id".to_owned()])).unwrap();
        let part = production(&home, |scenario| scenario.masking(masking).sampling(part));
        check.report(&part.replay_chain_blocking("clean", "1").unwrap());

        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(data.path().join("extract/rows")).unwrap();
        std::fs::write(data.path().join("extract/rows/rows.csv"), rows(9, 0)).unwrap();
        let fails = |step: StepBuilder| step.command(["false"]).no_inputs().outputs(["x"]);
        let scenario = Scenario::builder("sales")
            .step("local", |step| step.command(["true"]).input("rows", "extract.rows"))
            .step("fails", fails)
            .step("after", |step| step.command(["true"]).input("x", "fails.x"))
            .step("lacks", |step| {
                step.executor(CommandExecutor::new(["/no/such/program"]).unwrap()).no_inputs()
            });
        let runner = settle(Runner::offline(scenario.build().unwrap()), &home);
        let runner = runner.with_local_data(LocalData::new(data.path()));
        check.report(&runner.pipeline_blocking().unwrap());

        let mut made_up = serde_json::to_value(&report).unwrap();
        for ending in [
            Ending::Exited { code: 1 },
            Ending::Failed { message: "x".to_owned() },
            Ending::Killed { signal: 9 },
            Ending::TimedOut { limit: Duration::from_secs(1) },
            Ending::OutOfMemory { limit: 1, used: 2 },
            Ending::TooMuchOutput { limit: 1, written: 2 },
        ] {
            made_up["steps"][0]["outcome"]["ending"] = serde_json::to_value(ending).unwrap();
            check.report(&serde_json::from_value(made_up.clone()).unwrap());
        }
        made_up["run"]["sampling"] = json!({ "share": 0.5, "by": { "by": "file" }, "seed": 1 });
        made_up["run"]["steps"][0]["revision"] = json!({ "commit": "a", "modified": true });
        made_up["steps"][0]["trees"][0]["provenance"] =
            json!({ "kind": "synthetic", "recipe": "ordinary" });
        check.report(&serde_json::from_value(made_up).unwrap());

        let unmet: Vec<String> = named().difference(&check.met).cloned().collect();
        assert_eq!(unmet, Vec::<String>::new(), "in the schema, and in no report");
    }

    #[test]
    fn what_does_not_fit_is_noticed() {
        let home = tempfile::tempdir().unwrap();
        let report = production(&home, |scenario| scenario).replay_blocking("clean", "1").unwrap();
        let good = serde_json::to_value(&report).unwrap();
        let schema = schema();
        for (place, member, value) in [
            ("", "more", json!(1)),
            ("", "verdict", json!("good")),
            ("", "format_version", json!(2)),
            ("/run", "mode", json!("other")),
            ("/run", "started_at", json!("yesterday")),
            ("/steps/0", "outputs", json!({})),
            ("/steps/0/trees/0", "tree", json!({ "role": "input" })),
        ] {
            let mut bad = good.clone();
            bad.pointer_mut(place).unwrap()[member] = value;
            let misfit = std::panic::catch_unwind(|| Check::new().misfit(&schema, &bad, "Report"));
            assert!(misfit.is_err() || misfit.unwrap().is_some(), "{place}/{member}");
        }
    }

    /// Gives every object of a document one property more, but for the two that are closed.
    fn add_to_all(value: &mut Value) {
        match value {
            Value::Object(members) if members.contains_key("nanos") => {}
            Value::Object(members) if members.contains_key("download") => {
                members.values_mut().for_each(add_to_all);
            }
            Value::Object(members) => {
                members.values_mut().for_each(add_to_all);
                members.insert("of_a_later_program".to_owned(), json!({ "new": [1] }));
            }
            Value::Array(items) => items.iter_mut().for_each(add_to_all),
            _ => {}
        }
    }

    #[test]
    fn a_reader_passes_over_properties_that_it_does_not_know() {
        let closed = REPORT_SCHEMA.matches("\"additionalProperties\": false").count();
        assert_eq!(closed, 2, "durations are pairs, and the one key of an origin is a word");
        assert_eq!(schema()["$defs"]["Duration"]["additionalProperties"], false);
        let home = tempfile::tempdir().unwrap();
        let part = Sampling::new("50%", SampleBy::Key(vec!["id".to_owned()])).unwrap();
        let part = production(&home, |scenario| scenario.step("clean", keyed).sampling(part));
        let report = part.replay_blocking("clean", "1").unwrap();
        let known = serde_json::to_value(&report).unwrap();
        let mut later = known.clone();
        add_to_all(&mut later);
        let read: Report = serde_json::from_value(later).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), known);
    }

    /// Returns the words that a type knows, from what it says of one that it does not.
    fn words<T: DeserializeOwned>() -> BTreeSet<String> {
        let error = serde_json::from_value::<T>(json!("no_such_word")).err().unwrap().to_string();
        error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn the_schema_and_the_types_know_the_same_words() {
        let schema = schema();
        let of = |name: &str| -> BTreeSet<String> {
            serde_json::from_value(schema["$defs"][name]["enum"].clone()).unwrap()
        };
        assert_eq!(of("Check"), words::<validator::Check>());
        assert_eq!(of("ColumnKind"), words::<validator::ColumnKind>());
        assert_eq!(of("FileKind"), words::<validator::FileKind>());
        assert_eq!(of("IgnoreReason"), words::<validator::IgnoreReason>());
        assert_eq!(of("KeyOrigin"), words::<validator::KeyOrigin>());
        assert_eq!(of("Metric"), words::<Metric>());
        assert_eq!(of("Mode"), words::<Mode>());
        assert_eq!(of("PMethod"), words::<validator::PMethod>());
        assert_eq!(of("Severity"), words::<validator::Severity>());
        assert_eq!(of("Side"), words::<validator::Side>());
        assert_eq!(of("Statistic"), words::<validator::Statistic>());
        assert_eq!(of("TableFormat"), words::<validator::TableFormat>());
        assert_eq!(of("Verdict"), words::<validator::Verdict>());
    }
}
