//! The first line is the root, each other one a key with a size before it. What a plan takes in stays below its directory and
//! meets nothing there; what it leaves out is told; and the order in which objects are listed changes nothing.
#![no_main]

use std::collections::HashSet;
use std::path::{Component, Path};

use libfuzzer_sys::fuzz_target;
use reenact_downloader::{NamePolicy, ObjectMeta, Plan, PlanOptions};

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let root = lines.next().unwrap_or_default();
    let mut objects: Vec<ObjectMeta> = lines.map(object).collect();
    for names in [NamePolicy::Portable, NamePolicy::Native] {
        for pass_over in [false, true] {
            let options =
                PlanOptions::default().with_names(names).with_unsafe_passed_over(pass_over);
            let plan = Plan::new(root, &objects, &options);
            objects.reverse();
            let reversed = Plan::new(root, &objects, &options);
            match (plan, reversed) {
                (Ok(plan), Ok(reversed)) => {
                    assert_eq!(plan.items(), reversed.items());
                    check(root, &objects, &plan);
                }
                (Err(error), Err(_)) => assert!(error.key().is_some(), "{error}"),
                (plan, reversed) => panic!("{plan:?} but {reversed:?}"),
            }
        }
    }
});

fn object(line: &str) -> ObjectMeta {
    let (size, key) = line.split_once(' ').unwrap_or(("0", line));
    ObjectMeta::new(key, size.parse::<u32>().unwrap_or_default().into())
}

fn check(root: &str, objects: &[ObjectMeta], plan: &Plan) {
    let keys: HashSet<&str> = objects.iter().map(|object| object.key.as_str()).collect();
    assert_eq!(plan.items().len() + plan.passed_over().len(), keys.len(), "no object is lost");
    let mut files = HashSet::new();
    let mut bytes = 0;
    for item in plan.items() {
        let (key, path) = (&item.object().key, item.path());
        assert!(key.starts_with(root) && key.ends_with(path.to_str().expect("it is a key")));
        assert!(path.components().all(|part| matches!(part, Component::Normal(_))), "{path:?}");
        assert!(files.insert(path), "{path:?} is there twice");
        bytes += item.object().size;
    }
    assert_eq!(plan.bytes(), bytes);
    let is_file = |directory: &Path| files.contains(directory);
    for file in &files {
        assert!(!file.ancestors().skip(1).any(is_file), "{file:?} is below a file");
    }
}
