//! The schema of manifests fits what is written, and nothing else.

use reenact_registry::Registry;
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../../schema/manifest-1.schema.json");
const GOLDEN: &str = include_str!("../golden/manifest-1.json");
const SEED_DUMP: &str = include_str!("../golden/seed-model-dump.json");

/// Says where a value does not fit a schema, as far as our schema has keywords.
fn misfit(schema: &Value, value: &Value, root: &Value, at: &str) -> Option<String> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return misfit(root.pointer(reference.trim_start_matches('#')).unwrap(), value, root, at);
    }
    let text = value.as_str();
    let fits = schema.as_object().unwrap().iter().all(|(keyword, rule)| match keyword.as_str() {
        "const" => rule == value,
        "enum" => rule.as_array().unwrap().contains(value),
        "type" => match rule.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_u64(),
            other => panic!("type {other}"),
        },
        "pattern" => text
            .is_some_and(|text| regex::Regex::new(rule.as_str().unwrap()).unwrap().is_match(text)),
        "maxLength" => {
            text.is_some_and(|text| text.chars().count() as u64 <= rule.as_u64().unwrap())
        }
        "minimum" => value.as_u64() >= rule.as_u64(),
        "required" => {
            rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some())
        }
        "additionalProperties" => value.as_object().is_some_and(|object| {
            object.keys().all(|name| schema["properties"].get(name).is_some())
        }),
        "properties" | "items" | "$schema" | "$defs" | "title" => true,
        other => panic!("keyword {other}"),
    });
    if !fits {
        return Some(at.to_owned());
    }
    let members = value.as_object().into_iter().flatten().filter_map(|(name, member)| {
        misfit(schema.get("properties")?.get(name)?, member, root, &format!("{at}/{name}"))
    });
    let items = value.as_array().into_iter().flatten().enumerate();
    let mut items = items.filter_map(|(index, item)| {
        misfit(schema.get("items")?, item, root, &format!("{at}/{index}"))
    });
    members.chain(items.by_ref()).next()
}

fn misfit_of(manifest: &Value) -> Option<String> {
    let schema = serde_json::from_str(SCHEMA).unwrap();
    misfit(&schema, manifest, &schema, "")
}

#[test]
fn what_is_written_fits_the_schema() {
    for text in [GOLDEN, SEED_DUMP] {
        let manifest = Registry::from_manifest(text).unwrap().to_manifest().unwrap();
        assert_eq!(misfit_of(&serde_json::from_str(&manifest).unwrap()), None);
    }
}

#[test]
fn what_the_schema_refuses_is_refused_when_read() {
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    for (at, member, value) in [
        ("", "version", json!(2)),
        ("", "format", json!("other")),
        ("", "more", json!(1)),
        ("/outputs/0", "step", json!("a.b")),
        ("/outputs/0", "job_type", json!("Training")),
        ("/outputs/0", "location", json!("data/model")),
        ("/outputs/0", "more", json!(1)),
        ("/outputs/0", "metadata", json!([])),
        ("/execution", "status", json!("done")),
        ("/execution", "completed", json!(["a.b"])),
        ("/execution", "started_at", json!("yesterday")),
    ] {
        let mut changed = golden.clone();
        changed.pointer_mut(at).unwrap()[member] = value;
        assert!(misfit_of(&changed).is_some(), "{at}/{member}");
        assert!(Registry::from_manifest(&changed.to_string()).is_err(), "{at}/{member}");
    }
}
