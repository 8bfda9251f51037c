//! A property path that parses has one canonical spelling; one that does not says where.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reenact_registry::PropertyPath;

fuzz_target!(|text: &str| match PropertyPath::parse(text) {
    Ok(path) => {
        let canonical = path.to_string();
        let again = PropertyPath::parse(&canonical).expect("what was written is read");
        assert_eq!(again, path);
        assert_eq!(again.to_string(), canonical);
        if let Some(expression) = path.to_get_expression() {
            assert_eq!(PropertyPath::from_get_expression(&expression).expect("an expression"), path);
        }
    }
    Err(error) => {
        error.position().expect("a position");
        error.caret().expect("a caret");
    }
});
