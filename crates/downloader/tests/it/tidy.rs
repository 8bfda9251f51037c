//! What the sources of this crate may and may not contain.

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
    let calls: String = sources()
        .into_iter()
        .filter(|(name, _)| name.starts_with("s3/"))
        .flat_map(|(_, text)| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    for operation in ["list_objects_v2", "head_object", "get_object"] {
        assert!(calls.contains(&format!("client.{operation}()")), "{operation}");
    }
    for verb in [
        "put",
        "delete",
        "copy",
        "create",
        "upload",
        "complete",
        "abort",
        "restore",
        "rename",
        "write_get",
    ] {
        assert!(!calls.contains(&format!(".{verb}_")), "{verb}");
    }
}
