//! A profile that is read is written and read again as the same, and can be merged and compared with itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reenact_validator::{Profile, Validator, Verdict, suggest};

fuzz_target!(|text: &str| {
    let Ok(profile) = Profile::from_json(text) else { return };
    let again = Profile::from_json(&profile.to_json()).expect("what was written is read");
    assert_eq!(again, profile);
    let judgement =
        Validator::default().compare_profiles(&profile, &again).expect("it is compared");
    assert_ne!(judgement.verdict, Verdict::Fail, "{}", judgement.reason);
    let mut twice = profile.clone();
    if twice.merge(again.clone()).is_ok() {
        Profile::from_json(&twice.to_json()).expect("what was merged is a profile");
    }
    if let Ok(suggestion) = suggest(&[("one".to_owned(), profile), ("two".to_owned(), again)]) {
        assert!(!suggestion.toml().is_empty());
    }
});
