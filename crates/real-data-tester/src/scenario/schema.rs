//! The JSON Schema of the TOML form, for editors; its tests keep it and the parser equal.

/// The JSON Schema of `reenact.toml`. Editors with a TOML language server complete and check the file with it; [`Scenario::draft`](crate::Scenario::draft) names it in
/// the first line.
pub const SCENARIO_SCHEMA: &str = include_str!("../../schema/reenact.schema.json");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Map, Value, json};

    use super::*;
    use crate::scenario::diagnostic::Unknown;
    use crate::scenario::written::WrittenScenario;

    /// A key that no table has.
    const NO_KEY: &str = "no_such_key";

    fn schema() -> Value {
        serde_json::from_str(SCENARIO_SCHEMA).unwrap()
    }

    /// Follows a reference within the schema.
    fn resolved<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
        match node.get("$ref").and_then(Value::as_str) {
            Some(place) => root.pointer(place.trim_start_matches('#')).unwrap(),
            None => node,
        }
    }

    /// Lists every table of the schema that names its keys, with a function that puts a value into its place in a scenario.
    fn tables<'a>(
        root: &'a Value,
        node: &'a Value,
        wrap: &dyn Fn(Value) -> Value,
        found: &mut Vec<(Value, &'a Value)>,
    ) {
        let node = resolved(root, node);
        for alternative in node.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
            tables(root, alternative, wrap, found);
        }
        if let Some(items) = node.get("items") {
            tables(root, items, &|value| wrap(json!([value])), found);
        }
        if let Some(more @ Value::Object(_)) = node.get("additionalProperties") {
            tables(root, more, &|value| wrap(json!({ "a.b": value })), found);
        }
        let Some(properties) = node.get("properties").and_then(Value::as_object) else { return };
        if node.get("additionalProperties") == Some(&Value::Bool(false)) {
            found.push((wrap(json!({ NO_KEY: 1 })), node));
        }
        for (key, value) in properties {
            let inner = |value| wrap(Value::Object(Map::from_iter([(key.clone(), value)])));
            tables(root, value, &inner, found);
        }
    }

    #[test]
    fn the_schema_and_the_parser_know_the_same_keys() {
        let schema = schema();
        let mut found = Vec::new();
        tables(&schema, &schema, &|value| value, &mut found);
        assert!(found.len() >= 2, "the walk found only {} tables", found.len());
        for (scenario, table) in found {
            let text = toml::to_string(&scenario).unwrap();
            let error = toml::from_str::<WrittenScenario>(&text).unwrap_err();
            let unknown = Unknown::parse(error.message())
                .unwrap_or_else(|| panic!("{text} is refused for another reason: {error}"));
            let parser: BTreeSet<&str> = unknown.known.into_iter().collect();
            let schema: BTreeSet<&str> =
                table["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            // An alternative of one key is a variant, beside others that are words.
            if table.get("maxProperties").is_some() {
                assert!(schema.is_subset(&parser), "in {text}: {parser:?}");
            } else {
                assert_eq!(parser, schema, "in {text}");
            }
        }
    }

    /// Says where `value` breaks the schema; of JSON Schema it knows what this schema uses.
    fn breach(root: &Value, node: &Value, value: &Value, place: &str) -> Option<String> {
        let node = resolved(root, node);
        if let Some(alternatives) = node.get("oneOf").and_then(Value::as_array) {
            let fitting =
                alternatives.iter().filter(|one| breach(root, one, value, place).is_none()).count();
            return (fitting != 1).then(|| format!("{place} fits {fitting} alternatives"));
        }
        let is = match node.get("type").and_then(Value::as_str) {
            Some("string") => value.is_string(),
            Some("number") => value.is_number(),
            Some("integer") => value.is_i64(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => true,
        };
        let named =
            node.get("enum").and_then(Value::as_array).is_none_or(|all| all.contains(value));
        if !is || !named {
            return Some(format!("{place} is {value}"));
        }
        if let (Some(items), Some(values)) = (node.get("items"), value.as_array()) {
            return values.iter().find_map(|value| breach(root, items, value, place));
        }
        value.as_object()?.iter().find_map(|(key, value)| {
            let own = node.get("properties").and_then(|properties| properties.get(key));
            let place = format!("{place}.{key}");
            match own.or_else(|| node.get("additionalProperties")) {
                None | Some(Value::Bool(true)) => None,
                Some(Value::Bool(false)) => Some(format!("{place} is not in the schema")),
                Some(schema) => breach(root, schema, value, &place),
            }
        })
    }

    #[test]
    fn the_examples_fit_the_schema_and_the_parser() {
        let schema = schema();
        let examples = schema["examples"].as_array().unwrap();
        assert!(!examples.is_empty());
        for example in examples {
            assert_eq!(breach(&schema, &schema, example, "example"), None);
            let text = toml::to_string(example).unwrap();
            crate::Scenario::from_toml(&text).unwrap();
        }
        let wrong = json!({ "pipeline": "p", "steps": { "a": { "command": "true" } } });
        assert!(breach(&schema, &schema, &wrong, "scenario").is_some());
    }

    #[test]
    fn every_key_is_explained() {
        let schema = schema();
        let mut found = Vec::new();
        tables(&schema, &schema, &|value| value, &mut found);
        for (_, table) in found {
            for (key, value) in table["properties"].as_object().unwrap() {
                assert!(value.get("description").is_some(), "`{key}` has no description");
            }
        }
    }
}
