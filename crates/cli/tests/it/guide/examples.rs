//! The examples in the help of every command are run as they stand, in the world of the guides.

use std::path::Path;

use super::block::blocks;
use super::world::World;
use crate::needs::{checkout, has};
use crate::reference::{help, leaves};

/// Returns the commands among the examples of a help text.
fn examples(help: &str) -> Vec<String> {
    let shown = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    let mut found: Vec<String> = Vec::new();
    for line in shown.take_while(|line| line.starts_with("  ")) {
        match found.last_mut() {
            Some(last) if last.ends_with('\\') => *last = format!("{last}\n{line}"),
            _ => found.push(line.trim_start().to_owned()),
        }
    }
    found
}

/// Prepares what the examples speak of: a scenario and its script, a run, two directories, profiles, a manifest, an AWS profile, and a browser that opens nothing.
fn prepare(world: &World, checkout: &Path) {
    for block in blocks(&checkout.join("docs/quick-start.md")) {
        if let Some((_, file)) = block.language.split_once(' ') {
            std::fs::write(world.path(file), block.text).unwrap();
        }
    }
    let location = "s3://acme-production/pipelines/flights/2013-03/clean/output/table/";
    let manifest = serde_json::json!({ "step_outputs": { "clean": { "table": {
        "logical_name": "table", "s3_uri": location, "step_name": "clean", "data_type": "Table",
        "property_path": "properties.Outputs['table']",
        "timestamp": "2013-04-01T00:00:00Z",
    } } } });
    std::fs::write(world.path("manifest.json"), manifest.to_string()).unwrap();
    let ready = world.shell(
        "set -e
        mkdir -p ~/.aws
        printf '[analytics]\\naws_access_key_id = %s\\naws_secret_access_key = %s\\n' \
            \"$AWS_ACCESS_KEY_ID\" \"$AWS_SECRET_ACCESS_KEY\" > ~/.aws/credentials
        mkdir -p ~/.local/share/bash-completion/completions ~/.zfunc ~/.config/fish/completions
        printf '#!/bin/sh\\n' > xdg-open; chmod +x xdg-open
        reenact fetch clean --into outputs; reenact fetch clean --into production
        for month in 2013-01 2013-02 2013-03; do reenact profile clean.table --from $month --out $month.profile.json; done
        reenact rules suggest 2013-0*.profile.json --out suggested.toml
        reenact run clean",
    );
    assert!(ready.status.success(), "{}", String::from_utf8_lossy(&ready.stderr));
}

#[test]
fn every_command_has_examples_that_run() {
    if !has("python3") {
        return;
    }
    let Some(checkout) = checkout() else { return };
    let world = World::new();
    prepare(&world, &checkout);
    let mut leaves = leaves();
    // What purges and cleans comes last.
    leaves.sort_by_key(|command| {
        (command.starts_with("cache") || command == "cleanup", command.clone())
    });
    for command in leaves {
        let path: Vec<String> = command.split(' ').map(str::to_owned).collect();
        let examples = examples(&help(&path));
        assert!(!examples.is_empty(), "the help of `{command}` shows no example");
        for example in examples {
            let output = world.shell(&example);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let code = output.status.code().unwrap();
            assert!(code < 2 && said.is_empty(), "`{example}` ended with {code}: {said}");
        }
    }
}
