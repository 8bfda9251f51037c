//! The JSON Schema of rules fits what is written and read, and nothing else.

use std::collections::BTreeSet;

use reenact_validator::{Constraint, Rules};
use regex::Regex;
use serde_json::{Value, json};

use crate::cookbook;

const SCHEMA: &str = include_str!("../../schema/rules.schema.json");

/// Says where a value does not fit a schema, as far as our schema has keywords.
fn misfit(schema: &Value, value: &Value, root: &Value, at: &str) -> Option<String> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let found =
            misfit(root.pointer(reference.trim_start_matches('#')).unwrap(), value, root, at);
        if found.is_some() {
            return found;
        }
    }
    let number = value.as_f64();
    let length = |least: &Value| match value {
        Value::String(text) => text.chars().count() as u64 >= least.as_u64().unwrap(),
        Value::Array(items) => items.len() as u64 >= least.as_u64().unwrap(),
        _ => true,
    };
    let any = |schemas: &Value| -> usize {
        let schemas = schemas.as_array().unwrap();
        schemas.iter().filter(|schema| misfit(schema, value, root, at).is_none()).count()
    };
    let fits = schema.as_object().unwrap().iter().all(|(keyword, rule)| match keyword.as_str() {
        "const" => rule == value,
        "enum" => rule.as_array().unwrap().contains(value),
        "type" => match rule {
            Value::Array(names) => names.iter().any(|name| is_a(name, value)),
            name => is_a(name, value),
        },
        "minLength" | "minItems" => length(rule),
        "minimum" => number.is_none_or(|number| number >= rule.as_f64().unwrap()),
        "maximum" => number.is_none_or(|number| number <= rule.as_f64().unwrap()),
        "exclusiveMinimum" => number.is_none_or(|number| number > rule.as_f64().unwrap()),
        "exclusiveMaximum" => number.is_none_or(|number| number < rule.as_f64().unwrap()),
        "oneOf" => any(rule) == 1,
        "anyOf" => any(rule) > 0,
        "required" => {
            rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some())
        }
        "propertyNames" => value.as_object().is_none_or(|object| {
            object.keys().all(|name| misfit(rule, &json!(name), root, at).is_none())
        }),
        "additionalProperties" if rule == &json!(false) => value.as_object().is_none_or(|object| {
            object.keys().all(|name| schema["properties"].get(name).is_some())
        }),
        "additionalProperties"
        | "properties"
        | "items"
        | "$schema"
        | "$defs"
        | "$ref"
        | "title"
        | "description" => true,
        other => unreachable!("keyword {other}"),
    });
    if !fits {
        return Some(at.to_owned());
    }
    let members = value.as_object().into_iter().flatten().filter_map(|(name, member)| {
        let own = schema.get("properties").and_then(|properties| properties.get(name));
        let other = schema.get("additionalProperties").filter(|other| other.is_object());
        misfit(own.or(other)?, member, root, &format!("{at}/{name}"))
    });
    let items = value.as_array().into_iter().flatten().enumerate();
    let mut items = items.filter_map(|(index, item)| {
        misfit(schema.get("items")?, item, root, &format!("{at}/{index}"))
    });
    members.chain(items.by_ref()).next()
}

fn is_a(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => unreachable!("type {other}"),
    }
}

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn misfit_of(rules: &Value) -> Option<String> {
    let schema = schema();
    misfit(&schema, rules, &schema, "")
}

/// What serde says it expects where it meets a field that nobody has.
fn fields_of(text: &str) -> BTreeSet<String> {
    let error = Rules::from_json(text).unwrap_err().to_string();
    let (_, expected) = error.split_once("expected").unwrap();
    Regex::new("`([a-z_]+)`")
        .unwrap()
        .captures_iter(expected)
        .map(|found| found[1].to_owned())
        .collect()
}

fn properties(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_schema_has_the_fields_of_the_types() {
    let schema = schema();
    let at = |pointer: &str| properties(schema.pointer(pointer).unwrap());
    assert_eq!(at(""), fields_of(r#"{"?": 1}"#));
    assert_eq!(at("/$defs/tolerance"), fields_of(r#"{"tolerance": {"?": 1}}"#));
    assert_eq!(at("/$defs/margins"), fields_of(r#"{"margins": {"?": 1}}"#));
    assert_eq!(at("/$defs/margins"), fields_of(r#"{"columns": {"x": {"margins": {"?": 1}}}}"#));
    assert_eq!(at("/properties/text"), fields_of(r#"{"text": {"?": 1}}"#));
    assert_eq!(
        at("/properties/tables/additionalProperties"),
        fields_of(r#"{"tables": {"x": {"?": 1}}}"#)
    );
    assert_eq!(
        at("/properties/columns/additionalProperties"),
        fields_of(r#"{"columns": {"x": {"?": 1}}}"#)
    );
    let types = schema["properties"]["constraints"]["items"]["oneOf"].as_array().unwrap();
    let mut all = BTreeSet::new();
    for definition in types {
        all.extend(at(definition["$ref"].as_str().unwrap().trim_start_matches('#')));
    }
    assert_eq!(all, fields_of(r#"{"constraints": [{"?": 1}]}"#));
    let checks: BTreeSet<String> = schema["properties"]["checks"]["propertyNames"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(checks, fields_of(r#"{"checks": {"?": "off"}}"#));
}

/// Editors hold the dates and times of TOML against the schema as text.
fn as_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::Datetime(time) => json!(time.to_string()),
        toml::Value::Array(items) => items.iter().map(as_json).collect(),
        toml::Value::Table(members) => Value::Object(
            members.iter().map(|(name, member)| (name.clone(), as_json(member))).collect(),
        ),
        other => serde_json::to_value(other).unwrap(),
    }
}

#[test]
fn every_rule_of_the_cookbook_fits_the_schema_as_read_and_as_written() {
    let Some(cookbook) = cookbook::cookbook() else { return };
    let cases = cookbook::cases(&cookbook);
    assert!(cases.len() >= 15);
    for case in cases {
        let read = as_json(&toml::from_str(&case.rules).unwrap());
        assert_eq!(misfit_of(&read), None, "{}", case.rules);
        let rules = Rules::from_toml(&case.rules).unwrap();
        assert_eq!(misfit_of(&serde_json::to_value(&rules).unwrap()), None, "{}", case.rules);
    }
}

#[test]
fn what_the_schema_refuses_is_refused_when_read() {
    let with = |constraint: Value| json!({"constraints": [constraint]});
    for rules in [
        json!({"more": 1}),
        json!({"confidence": 0.2}),
        json!({"checks": {"rows": "perhaps"}}),
        json!({"checks": {"row": "off"}}),
        json!({"tolerance": {"absolute": -1.0}}),
        json!({"ignore_columns": [""]}),
        with(json!({"column": "x"})),
        with(json!({"type": "not_null"})),
        with(json!({"type": "banana", "column": "x"})),
        with(json!({"type": "not_null", "column": "x", "severity": "fatal"})),
        with(json!({"type": "not_null", "column": "x", "min": 1})),
        with(json!({"type": "set", "column": "x"})),
        with(json!({"type": "set", "column": "x", "values": []})),
        with(json!({"type": "length", "column": "x", "min": -1})),
        with(json!({"type": "row_count", "column": "x", "min": 1})),
        with(json!({"type": "ks_test", "column": "x", "p_value_threshold": 1})),
        with(json!({"type": "monotone", "column": "x", "direction": "sideways"})),
        with(json!({"type": "not_null", "column": "x", "max_failing": 1.5})),
    ] {
        assert!(misfit_of(&rules).is_some(), "{rules}");
        assert!(Rules::from_json(&rules.to_string()).is_err(), "{rules}");
    }
    let known = with(serde_json::to_value(Constraint::not_null(["x"])).unwrap());
    assert_eq!(misfit_of(&known), None);
}
