//! Files that are no tables: JSON documents by structure, anything else by size and digest.

use reenact_validator::{Check, FileKind, Judgement, Rules, Tolerance, Validator, Verdict};

use crate::files::{Sides, write};

fn compare(candidate: &str, reference: &str, rules: Rules) -> Judgement {
    let sides = Sides::new();
    write(&sides.candidate("metrics.json"), candidate);
    write(&sides.reference("metrics.json"), reference);
    sides.compare(rules)
}

#[test]
fn json_documents_are_compared_by_structure_with_tolerances_by_name() {
    let reference = r#"{"auc": 0.91, "at": "x", "folds": [1, 2]}"#;
    let candidate = "{\"folds\": [1, 2],\n\"at\": \"y\", \"auc\": 0.912}";
    let strict = compare(candidate, reference, Rules::new());
    assert_eq!(strict.verdict, Verdict::Fail);
    let file = &strict.files[0];
    assert_eq!((file.kind, file.difference_count), (FileKind::Json, 2));
    let difference = file.differences.iter().find(|difference| difference.path == "$.auc").unwrap();
    assert_eq!(
        (difference.candidate.as_deref(), difference.reference.as_deref()),
        (Some("0.912"), Some("0.91"))
    );
    let rules = Rules::new()
        .with_ignored_columns(["at"])
        .with_column_tolerance("auc", Tolerance::absolute(0.01));
    let loose = compare(candidate, reference, rules);
    assert_eq!(loose.verdict, Verdict::Pass, "{}", loose.reason);
}

#[test]
fn documents_that_the_memory_does_not_do_for_are_not_called_different() {
    let sides = Sides::new();
    let numbers: Vec<String> = (0..1_000).map(|number| number.to_string()).collect();
    let document = |space: &str| format!("{{\"numbers\": [{}]}}", numbers.join(space));
    write(&sides.candidate("metrics.json"), document(","));
    write(&sides.reference("metrics.json"), document(", "));
    let compare = |memory: u64| {
        let validator = Validator::new(Rules::new()).with_memory_budget(memory);
        validator.compare(&sides.candidate(""), &sides.reference("")).unwrap()
    };
    assert_eq!(compare(1 << 20).verdict, Verdict::Pass);
    let judgement = compare(1 << 10);
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    assert!(judgement.reason.contains("too large for the memory budget"), "{}", judgement.reason);
}

#[test]
fn a_document_that_python_wrote_may_hold_nan() {
    let judgement = compare(r#"{"a": NaN, "b": 1}"#, "{\"b\": 1, \"a\": NaN}", Rules::new());
    assert_eq!(judgement.verdict, Verdict::Pass, "{}", judgement.reason);
    let judgement = compare(r#"{"a": NaN}"#, r#"{"a": 1.0}"#, Rules::new());
    assert_eq!(judgement.verdict, Verdict::Fail);
}

#[test]
fn a_broken_document_fails_where_production_wrote_a_whole_one() {
    let judgement = compare("{\"a\": 1,\n\"b\":", "{\"a\": 1, \"b\": 2}", Rules::new());
    assert_eq!(judgement.verdict, Verdict::Fail);
    assert!(judgement.reason.contains("no JSON document from line 2 on"), "{}", judgement.reason);
    let judgement = compare("not json", "not json", Rules::new());
    assert_eq!(judgement.verdict, Verdict::Pass, "{}", judgement.reason);
}

#[test]
fn other_files_are_compared_by_size_and_digest() {
    let sides = Sides::new();
    write(&sides.candidate("model.pkl"), b"abc\x00d");
    write(&sides.reference("model.pkl"), b"abc\x00d");
    let same = sides.compare(Rules::new());
    assert_eq!(same.verdict, Verdict::Pass, "{}", same.reason);
    let file = &same.files[0];
    assert_eq!(file.kind, FileKind::Opaque);
    assert_eq!(file.candidate_sha256, file.reference_sha256);
    write(&sides.candidate("model.pkl"), b"abc\x00e");
    let other = sides.compare(Rules::new());
    assert_eq!(other.verdict, Verdict::Fail);
    assert_ne!(other.files[0].candidate_sha256, other.files[0].reference_sha256);
    let finding = other.all_findings().find(|finding| finding.check == Check::Content).unwrap();
    assert_eq!(finding.message, "`model.pkl` holds other bytes");
    assert!(finding.recommendation.is_some());
    write(&sides.candidate("abc.txt"), "abc");
    write(&sides.reference("abc.txt"), "abc");
    let text = sides.compare(Rules::new());
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let file = text.files.iter().find(|file| file.name == "abc.txt").unwrap();
    assert_eq!(file.candidate_sha256.as_deref(), Some(digest));
}
