//! Enforces the arrows between the crates, and that AWS has one place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::tidy;

/// Each crate and what it may depend on among ours, outside its tests. A crate that is not listed must be added here on purpose.
const ARROWS: [(&str, &[&str]); 10] = [
    (
        "reenact",
        &[
            "reenact-downloader",
            "reenact-real-data-tester",
            "reenact-registry",
            "reenact-validator",
            "reenact-workspace-cache",
        ],
    ),
    ("reenact-cli", &["reenact"]),
    ("reenact-downloader", &["reenact-registry"]),
    ("reenact-downstream", &[]),
    ("reenact-examples", &[]),
    (
        "reenact-real-data-tester",
        &["reenact-downloader", "reenact-registry", "reenact-validator", "reenact-workspace-cache"],
    ),
    ("reenact-registry", &[]),
    ("reenact-testkit", &["reenact-registry"]),
    ("reenact-validator", &[]),
    ("reenact-workspace-cache", &[]),
];

/// Crates that a layer must never see, however indirectly: (layer, what, why).
const FORBIDDEN: [(&str, &[&str], &str); 3] = [
    ("reenact-registry", &["tokio", "aws-sdk-s3", "arrow", "rusqlite"], "it does no I/O"),
    (
        "reenact-validator",
        &["tokio", "aws-sdk-s3", "rusqlite"],
        "it judges tables and nothing else",
    ),
    (
        "reenact-workspace-cache",
        &["tokio", "aws-sdk-s3", "arrow"],
        "it is the disk and nothing else",
    ),
];

#[test]
fn crates_depend_only_along_the_arrows() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    for package in metadata.workspace_packages() {
        if package.name.as_str() == "reenact-tests" {
            continue;
        }
        let ours: BTreeSet<&str> = package
            .dependencies
            .iter()
            .filter(|dependency| {
                dependency.kind == DependencyKind::Normal && dependency.name.starts_with("reenact")
            })
            .map(|dependency| dependency.name.as_str())
            .collect();
        let allowed = allowed
            .get(package.name.as_str())
            .unwrap_or_else(|| panic!("no arrows for {}", package.name));
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        assert_eq!(ours, allowed, "the arrows of {}", package.name);
    }
}

/// What is shown to the crates of others has to work with what they can get.
#[test]
fn the_downstream_example_depends_on_the_published_surface_only() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let mut packages = metadata.workspace_packages().into_iter();
    let downstream =
        packages.find(|package| package.name.as_str() == "reenact-downstream").unwrap();
    let names = downstream.dependencies.iter().map(|dependency| dependency.name.as_str());
    let names: BTreeSet<&str> = names.collect();
    assert_eq!(names, BTreeSet::from(["reenact", "reenact-testkit", "tempfile"]));
}

#[test]
fn lower_layers_do_not_see_what_is_above_them() {
    let metadata = MetadataCommand::new().exec().unwrap();
    let resolve = metadata.resolve.as_ref().unwrap();
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    for (layer, forbidden, why) in FORBIDDEN {
        let root = metadata.packages.iter().find(|package| package.name.as_str() == layer).unwrap();
        let mut seen = BTreeSet::new();
        let mut open = vec![&root.id];
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let normal = |dependency: &&cargo_metadata::NodeDep| {
                dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
            };
            open.extend(nodes[id].deps.iter().filter(normal).map(|dependency| &dependency.pkg));
        }
        for name in forbidden {
            let found = seen.iter().any(|id| metadata[*id].name.as_str() == *name);
            assert!(!found, "{layer} depends on {name}, but {why}");
        }
    }
}

#[test]
fn aws_is_named_below_the_s3_source_only() {
    let root = tidy::workspace_root();
    for path in tidy::rust_files() {
        let relative = path.strip_prefix(&root).unwrap();
        let product = relative.starts_with("crates") && !relative.starts_with("crates/testkit");
        let in_tests = relative
            .components()
            .any(|part| ["tests", "benches"].map(AsRef::as_ref).contains(&part.as_os_str()));
        let source = ["crates/downloader/src/s3.rs", "crates/downloader/src/s3"]
            .iter()
            .any(|place| relative.starts_with(place));
        if product && !in_tests && !source {
            let text = std::fs::read_to_string(&path).unwrap();
            let line = text
                .lines()
                .position(|line| line.contains("aws_") && !line.trim_start().starts_with("//"));
            assert_eq!(
                line,
                None,
                "AWS is named in {} (lines count from 0)",
                Path::display(relative)
            );
        }
    }
}
