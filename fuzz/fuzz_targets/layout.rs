//! The first line is a template, the others are keys. Where a key fits, it is what its fields render to, and
//! it lies below the prefix that any of its fields promise.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reenact_registry::{KeyFields, Layout};

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let template = lines.next().unwrap_or_default();
    let layout = match Layout::parse(template) {
        Ok(layout) => layout,
        Err(error) => {
            assert!(error.position().is_none_or(|position| position <= template.len()), "{error:?}");
            return;
        }
    };
    for key in lines {
        let Ok(fields) = layout.match_key(key) else {
            continue;
        };
        assert_eq!(layout.render(&fields).expect("what was read is written"), key);
        for prefix in [layout.prefix(&KeyFields::default()), layout.prefix(&fields)] {
            assert!(key.starts_with(&prefix.literal), "{prefix:?}");
        }
        for (at, _) in key.match_indices('/') {
            let known = layout.match_prefix(&key[..=at]).expect("a key that fits has prefixes that fit");
            assert!(key.starts_with(&layout.prefix(&known).literal), "{known:?}");
        }
    }
});
