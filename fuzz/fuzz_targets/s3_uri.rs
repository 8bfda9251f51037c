//! An S3 URI that parses is written back and read again as the same; one that does not says where.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reenact_registry::S3Uri;

fuzz_target!(|text: &str| match S3Uri::parse(text) {
    Ok(uri) => {
        assert_eq!(S3Uri::parse(&uri.to_string()).expect("what was written is read"), uri);
        assert_eq!(S3Uri::new(uri.bucket(), uri.key()).expect("its parts make it up"), uri);
        assert_eq!(text.strip_suffix('/').unwrap_or(text), uri.to_string().strip_suffix('/').unwrap_or(&uri.to_string()));
    }
    Err(error) => {
        assert!(error.position().expect("a position") <= text.len());
        error.caret().expect("a caret");
    }
});
