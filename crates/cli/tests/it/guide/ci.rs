//! The recipes of `docs/ci.md`: they are YAML, and each step that calls `reenact` does so as a job of CI would.

use yaml_rust2::{Yaml, YamlLoader};

use super::block::blocks;
use super::world::World;
use crate::needs::checkout;

/// Adds the scripts of a document: what stands under `run`, `script` and `before_script`.
fn scripts(document: &Yaml, found: &mut Vec<String>) {
    match document {
        Yaml::Hash(entries) => {
            for (name, value) in entries {
                match (name.as_str(), value) {
                    (Some("run"), Yaml::String(script)) => found.push(script.clone()),
                    (Some("script" | "before_script"), Yaml::Array(lines)) => {
                        found.extend(
                            lines.iter().filter_map(|line| line.as_str().map(str::to_owned)),
                        );
                    }
                    _ => scripts(value, found),
                }
            }
        }
        Yaml::Array(items) => items.iter().for_each(|item| scripts(item, found)),
        _ => {}
    }
}

#[test]
fn the_steps_of_the_recipes_run() {
    let Some(checkout) = checkout() else { return };
    let all = blocks(&checkout.join("docs/ci.md"));
    let recipes = all.iter().filter(|block| block.language == "yaml");
    let mut run = 0;
    for recipe in recipes {
        let world = World::new();
        for block in all.iter().filter(|block| block.language.contains(' ')) {
            let (_, file) = block.language.split_once(' ').unwrap();
            let path = world.path(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &block.text).unwrap();
        }
        let mut found = Vec::new();
        for document in YamlLoader::load_from_str(&recipe.text).unwrap() {
            scripts(&document, &mut found);
        }
        assert!(!found.is_empty(), "line {}: no step is found", recipe.line);
        for script in found.iter().filter(|script| script.starts_with("reenact ")) {
            let output = world.shell(&format!("set -e\n{script}"));
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said).into_owned();
            assert!(output.status.success(), "line {}: `{script}`: {said}", recipe.line);
            run += 1;
        }
    }
    assert!(run >= 4, "only {run} steps were run");
}
