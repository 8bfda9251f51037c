//! `docs/statistics.md` has a whole section for every statistic.

use std::collections::BTreeSet;

use reenact_validator::Rules;

use crate::files::guide;

const PARTS: [&str; 4] = ["**Formula**", "**Source**", "**Use it when**", "**It can't tell**"];

#[test]
fn every_statistic_has_its_formula_source_use_and_limits() {
    let Some(guide) = guide("statistics.md") else { return };
    let error = Rules::from_json(r#"{"statistics": ["?"]}"#).unwrap_err().to_string();
    let (_, known) = error.split_once("expected one of ").unwrap();
    let known: BTreeSet<&str> = known.split('`').skip(1).step_by(2).collect();
    assert!(known.contains("kolmogorov_smirnov"), "{error}");

    let mut explained = BTreeSet::new();
    for section in guide.split("\n### `").skip(1) {
        let (name, rest) = section.split_once('`').unwrap();
        let section = rest.split("\n## ").next().unwrap();
        for part in PARTS {
            assert_eq!(section.matches(part).count(), 1, "{name} has no {part}");
        }
        explained.insert(name);
    }
    assert_eq!(explained, known);
}
