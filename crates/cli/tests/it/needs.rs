//! What some tests need and not every machine has: where it is missing, they say so and are left out.

use std::io::Write;
use std::path::{Path, PathBuf};

/// Returns whether a program is there.
pub(crate) fn has(program: &str) -> bool {
    let found = std::process::Command::new(program).arg("--version").output().is_ok();
    if !found {
        skip(&format!("{program} is not installed"));
    }
    found
}

/// Returns the checkout, with the README and the guides. Around the archive of this crate there is none.
pub(crate) fn checkout() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = root.join("docs").is_dir();
    if !found {
        skip("there is no checkout with guides around this crate");
    }
    found.then_some(root)
}

/// Says why a test is left out, which fails where none may be.
fn skip(why: &str) {
    assert!(std::env::var_os("REENACT_REQUIRE").is_none_or(|value| value != "1"), "{why}");
    let mut errors = std::io::stderr();
    writeln!(errors, "skipped: {why}").unwrap();
}
