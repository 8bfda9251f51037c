//! Runs every case of `docs/rules.md`: tables, rules, and what is said of them.

use reenact_validator::{Check, Rules, Validator};

use crate::files::{Sides, write};

const COOKBOOK: &str = include_str!("../../../../docs/rules.md");

/// One case: the files as they are so far, the rules, and the findings in words.
pub(crate) struct Case {
    files: Vec<(String, String)>,
    pub(crate) rules: String,
    expected: String,
}

/// Reads the cases. A block ```` ```csv PATH ```` writes a file, ```` ```toml ```` holds rules, and ```` ```text ```` what is said.
pub(crate) fn cases() -> Vec<Case> {
    let mut files: Vec<(String, String)> = Vec::new();
    let mut rules = None;
    let mut cases = Vec::new();
    for (language, block) in blocks() {
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

fn blocks() -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut lines = COOKBOOK.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((language.to_owned(), format!("{}\n", block.join("\n"))));
        }
    }
    blocks
}

#[test]
fn the_cookbook_says_what_happens() {
    for case in cases() {
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
