//! What the sources of this crate may and may not contain.

use std::collections::BTreeSet;
use std::path::Path;

use crate::fixture::files_below;

/// Every source file, and what is in it.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |path: std::path::PathBuf| {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    files_below(&root).into_iter().map(read).collect()
}

#[test]
fn only_the_s3_folder_names_aws() {
    let named: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| text.contains("aws_"))
        .map(|(name, _)| name)
        .collect();
    assert!(!named.is_empty());
    assert!(named.iter().all(|name| name.starts_with("s3/")), "{named:?}");
}

#[test]
fn s3_is_only_ever_read() {
    let words: Vec<_> = sources()
        .into_iter()
        .filter(|(name, _)| name.starts_with("s3/"))
        .flat_map(|(_, text)| {
            let split = |character: char| {
                !character.is_alphanumeric() && character != ':' && character != '_'
            };
            text.split(split).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let methods: BTreeSet<_> =
        words.iter().filter_map(|word| word.strip_prefix("Method::")).collect();
    assert_eq!(methods, BTreeSet::from(["GET", "HEAD"]), "no other request is ever made");
    // The one operation of the SDK that is named, whose request is not even sent.
    let operations = ["_object", "_objects", "_bucket", "_upload", "_part"];
    let named: BTreeSet<_> = words
        .iter()
        .filter(|word| operations.iter().any(|operation| word.ends_with(operation)))
        .map(String::as_str)
        .collect();
    assert!(named.contains("get_object"), "{named:?}");
    for verb in
        ["put_", "delete_", "copy_", "create_", "upload_", "complete_", "abort_", "restore_"]
    {
        assert!(!named.iter().any(|name| name.starts_with(verb)), "{verb} in {named:?}");
    }
}

/// What the crate offers: every public function of every public type is in one of these files.
#[test]
fn d17_no_public_function_writes_to_a_bucket() {
    let verbs =
        ["put", "delete", "remove", "copy", "upload", "write", "create", "restore", "rename"];
    let mut writers = Vec::new();
    for (name, text) in sources() {
        for line in text.lines().map(str::trim) {
            let Some(function) =
                line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub async fn "))
            else {
                continue;
            };
            if verbs.iter().any(|verb| function.starts_with(verb)) {
                writers.push(format!("{name}: {}", function.split('(').next().unwrap_or_default()));
            }
        }
    }
    assert_eq!(
        writers,
        ["memory.rs: put", "memory.rs: put_at", "memory.rs: put_as", "memory.rs: remove"],
        "a bucket in memory is no production"
    );
}
