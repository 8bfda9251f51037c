//! Compares a file with itself, for the targets of the readers.

use reenact_validator::{Bounds, Constraint, Profile, ProfileOptions, Rules, Validator, Verdict};

/// Lets the validator catch what libraries do with a broken file. A panic of our own code still ends the run, caught or not.
pub fn let_panics_be_caught() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let file = panic.location().map_or("", |location| location.file());
        if !file.contains("/registry/src/") {
            usual(panic);
        }
    }));
}

/// Writes a file, compares it with itself, with constraints of every kind that reads values, and profiles it.
pub fn compare_with_itself(name: &str, bytes: &[u8]) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    let constraint = |constraint: Constraint| constraint.with_max_failing(1.0);
    let rules = Rules::new()
        .with_constraint(constraint(Constraint::not_null(["*"])))
        .with_constraint(constraint(Constraint::unique(["*"])))
        .with_constraint(constraint(Constraint::range(["type:number"], Bounds::new().at_least(0))))
        .with_constraint(constraint(Constraint::regex(["*"], "a")));
    match Validator::new(rules).compare(&path, &path) {
        Ok(judgement) => assert_ne!(judgement.verdict, Verdict::Fail, "{}", judgement.reason),
        Err(error) => assert!(error.path().is_some(), "{error:?}"),
    }
    if let Ok(profile) = Profile::of(&path, &ProfileOptions::new()) {
        let again = Profile::from_json(&profile.to_json()).expect("what was written is read");
        assert_eq!(again, profile);
    }
}
