//! Rules that are read are written and read again as the same; what is refused says why.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reenact_validator::Rules;

fuzz_target!(|text: &str| for read in [Rules::from_toml(text), Rules::from_json(text)] {
    match read {
        Ok(rules) => {
            let written = rules.to_toml().expect("what was read is written");
            assert_eq!(Rules::from_toml(&written).expect("what was written is read"), rules);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
