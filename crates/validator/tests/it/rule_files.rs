//! Rules as files: TOML and JSON, what is refused, and where.

use reenact_validator::{Constraint, ErrorKind, Margins, Rules, Severity, Tolerance};

const WHOLE: &str = r#"
key = ["id"]
ignore_columns = ["*_loaded_at"]
confidence = 0.9

[tolerance]
relative = 1e-9

[columns."type:float"]
tolerance = { absolute = 0.5 }

[columns.arr_delay]
margins = { mean = 0.2 }

[checks]
column_order = "off"

[[constraints]]
type = "not_null"
column = "carrier"

[[constraints]]
name = "recent"
type = "freshness"
columns = ["at"]
max_age = "36h"
severity = "warning"

[[constraints]]
type = "range"
columns = ["at"]
min = 2013-01-01
"#;

#[test]
fn toml_and_json_say_the_same() {
    let rules = Rules::from_toml(WHOLE).unwrap();
    let written = rules.to_toml().unwrap();
    assert_eq!(Rules::from_toml(&written).unwrap(), rules, "{written}");
    let json = serde_json::to_string(&rules).unwrap();
    assert_eq!(Rules::from_json(&json).unwrap(), rules, "{json}");
    assert_eq!(Rules::new().to_toml().unwrap(), "");
    assert_eq!(rules.constraints().len(), 3);
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in [("rules.toml", written), ("rules.JSON", json)] {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        assert_eq!(Rules::read(&path).unwrap(), rules);
    }
    let error = Rules::read(&directory.path().join("none.toml")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn builders_write_what_files_say() {
    let rules = Rules::new()
        .with_key(["id"])
        .with_ignored_columns(["*_loaded_at"])
        .with_confidence(0.9)
        .with_tolerance(Tolerance::relative(1e-9))
        .with_column_margins("x", Margins::default())
        .with_constraint(Constraint::not_null(["carrier"]).with_severity(Severity::Info));
    assert_eq!(Rules::from_toml(&rules.to_toml().unwrap()).unwrap(), rules);
}

/// The seed takes any text for a type or a severity; a slip of the pen switches a rule off.
#[test]
fn v2_what_is_unknown_is_refused_with_place_and_suggestion() {
    for (text, line, expected) in [
        ("keys = ['id']", 1, "unknown field `keys`, did you mean `key`?"),
        (
            "\n[checks]\ncolum_order = 'off'",
            3,
            "unknown variant `colum_order`, did you mean `column_order`?",
        ),
        (
            "[[constraints]]\ntype = 'notnull'",
            2,
            "unknown variant `notnull`, did you mean `not_null`?",
        ),
        ("[[constraints]]\ntype = 'banana'", 2, "unknown variant `banana`, expected one of"),
        (
            "[[constraints]]\ntype = 'not_null'\nseverity = 'eror'",
            3,
            "unknown variant `eror`, did you mean `error`?",
        ),
        ("[[constraints]]\ntype = 'not_null'\ncolums = ['a']", 3, "did you mean `columns`?"),
        (
            "[[constraints]]\ntype = 'not_null'\ncolumn = 'a'\nmax = 3",
            1,
            "takes no `max`; it takes `columns`, `max_failing`",
        ),
        ("[[constraints]]\ntype = 'not_null'", 1, "needs `columns`"),
        ("[[constraints]]\ncolumn = 'a'", 1, "needs a `type`"),
        ("[[constraints]]\ntype = 'range'\ncolumn = 'a'", 1, "at least one of"),
        (
            "[[constraints]]\ntype = 'range'\ncolumn = 'a'\nmin = 3\nmax = 2",
            1,
            "no value lies between 3 and 2",
        ),
        (
            "[[constraints]]\ntype = 'range'\ncolumn = 'a'\nmin = 3\nmax = 'x'",
            1,
            "both limits must be numbers",
        ),
        (
            "[[constraints]]\ntype = 'regex'\ncolumn = 'a'\npattern = '('",
            1,
            "`pattern`: regex parse error",
        ),
        ("[[constraints]]\ntype = 'expression'\nexpression = 'a >'", 1, "`expression`: Expected"),
        (
            "[[constraints]]\ntype = 'freshness'\ncolumn = 'a'\nmax_age = 'soon'",
            1,
            "must be like `36h`",
        ),
        ("[[constraints]]\ntype = 'not_null'\ncolumn = 'type:nunber'", 1, "did you mean `number`?"),
        (
            "[[constraints]]\ntype = 'not_null'\ncolumn = 'a'\nmax_failing = 2",
            1,
            "a share from 0 to 1",
        ),
        ("confidence = 'high'", 1, "invalid type: string \"high\""),
        ("key = [", 1, ""),
    ] {
        let error = Rules::from_toml(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRules);
        assert!(error.to_string().contains(expected), "{text}: {error}");
        assert_eq!(error.line(), Some(line), "{text}: {error}");
        assert!(error.character().is_some(), "{text}");
    }
    let error = Rules::from_json("{\n \"keys\": 3}").unwrap_err();
    assert!(error.to_string().contains("did you mean `key`?"), "{error}");
    assert_eq!(error.line(), Some(2));
}

#[test]
fn a_value_out_of_range_is_refused_by_name() {
    for (text, expected) in [
        ("confidence = 1.5", "rule `confidence` is 1.5"),
        ("[columns.x]\ntolerance = { absolute = -1.0 }", "columns.x.tolerance.absolute"),
        ("[columns.x.margins]\nmean = -0.1", "columns.x.margins.mean"),
        ("ignore_columns = ['regex:(']", "unclosed group"),
    ] {
        let error = Rules::from_toml(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRules);
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
}
