//! Runs every case of `docs/rules.md`: tables, rules, and what is said of them.

use std::collections::BTreeSet;

use reenact_validator::{Check, Rules, Validator};

use crate::files::{Sides, guide, write};

/// One case: the files as they are so far, the rules, and the findings in words.
pub(crate) struct Case {
    files: Vec<(String, String)>,
    pub(crate) rules: String,
    expected: String,
}

/// Reads the guide.
pub(crate) fn cookbook() -> Option<String> {
    guide("rules.md")
}

/// Reads the cases that this build can run: a query is answered by one with the feature `sql` only.
pub(crate) fn cases(cookbook: &str) -> Vec<Case> {
    let mut cases = all_cases(cookbook);
    cases.retain(|case| cfg!(feature = "sql") || !case.rules.contains("type = \"sql\""));
    cases
}

/// Reads the cases. A block ```` ```csv PATH ```` writes a file, ```` ```toml ```` holds rules, and ```` ```text ```` what is said.
fn all_cases(cookbook: &str) -> Vec<Case> {
    let mut files: Vec<(String, String)> = Vec::new();
    let mut rules = None;
    let mut cases = Vec::new();
    for (language, block) in blocks(cookbook) {
        match language.split_once(' ') {
            Some(("csv", path)) => {
                files.retain(|(known, _)| known != path);
                files.push((path.to_owned(), block));
            }
            _ if language == "toml" => rules = Some(block),
            _ if language == "text" => {
                let rules = rules.take().unwrap();
                cases.push(Case { files: files.clone(), rules, expected: block });
            }
            _ => {}
        }
    }
    assert!(rules.is_none(), "every block of rules is followed by a text block");
    cases
}

fn blocks(cookbook: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut lines = cookbook.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((language.to_owned(), format!("{}\n", block.join("\n"))));
        }
    }
    blocks
}

/// Each type has a section of its own with a case of it, and no section is about another.
#[test]
fn the_cookbook_has_a_section_and_a_case_for_every_type() {
    let Some(cookbook) = cookbook() else { return };
    let error = Rules::from_json(r#"{"constraints": [{"type": "?"}]}"#).unwrap_err().to_string();
    let (_, known) = error.split_once("expected one of ").unwrap();
    let types: BTreeSet<&str> = known.split('`').skip(1).step_by(2).collect();
    assert!(types.contains("not_null") && types.contains("sql"), "{error}");
    let sections =
        cookbook.lines().filter_map(|line| line.strip_prefix("### `")?.split('`').next());
    assert_eq!(sections.collect::<BTreeSet<_>>(), types);
    let cases = all_cases(&cookbook);
    for name in types {
        let written = format!("type = \"{name}\"");
        assert!(cases.iter().any(|case| case.rules.contains(&written)), "no case of {name}");
    }
}

#[test]
fn the_cookbook_says_what_happens() {
    let Some(cookbook) = cookbook() else { return };
    for case in cases(&cookbook) {
        let sides = Sides::new();
        for (path, text) in &case.files {
            let (side, path) = path.split_once('/').unwrap();
            let path =
                if side == "candidate" { sides.candidate(path) } else { sides.reference(path) };
            write(&path, text);
        }
        let validator = Validator::new(Rules::from_toml(&case.rules).unwrap())
            .with_now("2013-01-05T00:00:00Z".parse().unwrap());
        let judgement = validator.compare(&sides.candidate(""), &sides.reference("")).unwrap();
        let said: Vec<String> = judgement
            .all_findings()
            .filter(|finding| finding.check == Check::Constraint)
            .map(|finding| {
                format!("{} {}: {}\n", finding.severity, finding.verdict, finding.message)
            })
            .collect();
        assert_eq!(said.concat(), case.expected, "{}", case.rules);
    }
}
