//! What the guides promise to be complete about.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::tidy;

/// Returns the names of all error kinds of all crates, as they are declared.
fn error_kinds() -> BTreeSet<String> {
    let is_declared =
        |path: &PathBuf| path.ends_with("src/error.rs") || path.ends_with("src/error/kind.rs");
    let declared = tidy::rust_files().into_iter().filter(is_declared);
    let texts = declared.map(|path| std::fs::read_to_string(path).unwrap());
    texts.flat_map(|text| variants(&text)).collect()
}

fn variants(text: &str) -> Vec<String> {
    let within = text.lines().skip_while(|line| !line.contains("pub enum ErrorKind {")).skip(1);
    let lines = within.take_while(|line| *line != "}").map(str::trim);
    lines
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(|line| line.trim_end_matches(',').to_owned())
        .collect()
}

#[test]
fn every_error_kind_has_its_entry_in_troubleshooting() {
    let page = tidy::workspace_root().join("docs/troubleshooting.md");
    let page = std::fs::read_to_string(page).unwrap();
    let entries = page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    let entries: BTreeSet<String> = entries.map(str::to_owned).collect();
    let kinds = error_kinds();
    assert!(kinds.contains("AccessDenied"), "the declarations are not found: {kinds:?}");
    assert_eq!(entries, kinds);
}

/// Returns the words with which each kind of the downloader shows.
fn words_of_downloader() -> Vec<(String, String)> {
    let declared = tidy::rust_files().into_iter().filter(|path| {
        let path = path.to_string_lossy().into_owned();
        path.contains("crates/downloader/src/error")
    });
    let texts = declared.map(|path| std::fs::read_to_string(path).unwrap());
    let mut words = Vec::new();
    for text in texts {
        let within = text.lines().skip_while(|line| !line.contains("fn words(self)"));
        for line in within.take_while(|line| *line != "    }").map(str::trim) {
            let arm = line.strip_prefix("Self::").and_then(|arm| arm.split_once(" => \""));
            if let Some((kind, rest)) = arm {
                words.push((kind.to_owned(), rest.trim_end_matches("\",").to_owned()));
            }
        }
    }
    words
}

#[test]
fn every_entry_of_troubleshooting_begins_with_what_is_seen() {
    let page = tidy::workspace_root().join("docs/troubleshooting.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut entries = BTreeMap::new();
    for entry in page.split("\n### `").skip(1) {
        let (kind, text) = entry.split_once("`\n").unwrap();
        let text = text.split("\n#").next().unwrap();
        assert!(text.starts_with("You see "), "{kind} does not say first what is seen");
        assert!(text.contains(". "), "{kind} says no more than what is seen");
        entries.insert(kind, text.replace('\n', " "));
    }
    let words = words_of_downloader();
    assert!(words.len() > 20, "the words are not found: {words:?}");
    for (kind, words) in words {
        let entry = &entries[kind.as_str()];
        assert!(entry.contains(&words), "the entry of {kind} lacks what is seen: {words}");
    }
}

/// A fenced block of a page, as far as it matters here.
struct Block {
    page: String,
    line: usize,
    language: String,
    states_why_not: bool,
}

/// Returns the blocks of the README and of all guides.
fn blocks() -> Vec<Block> {
    let root = tidy::workspace_root();
    let guides = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = guides.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let mut blocks = Vec::new();
    for path in pages.chain([root.join("README.md")]) {
        let page = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let (mut inside, mut states_why_not, mut none_below) = (false, false, false);
        for (number, line) in text.lines().enumerate() {
            if let Some(language) = line.strip_prefix("```") {
                if !inside {
                    let (page, language) = (page.clone(), language.to_owned());
                    let states_why_not = states_why_not || none_below;
                    blocks.push(Block { page, line: number + 1, language, states_why_not });
                }
                inside = !inside;
            }
            let states =
                |what: &str| line.strip_prefix(what).is_some_and(|why| why.len() > " -->".len());
            none_below |= states("<!-- not run below: ");
            let states = states("<!-- not run: ");
            states_why_not = states || (states_why_not && line.is_empty());
        }
    }
    blocks
}

/// Returns which test executes a block, if one does.
fn executor(block: &Block, rust_pages: &str) -> Option<&'static str> {
    let (page, language) = (block.page.as_str(), block.language.as_str());
    match language {
        "rust" if rust_pages.contains(page) => Some("tests/src/lib.rs"),
        "console" => Some("crates/cli/tests/it/guide/session.rs"),
        "yaml" if page == "ci.md" => Some("crates/cli/tests/it/guide/ci.rs"),
        "text" if page == "commands.md" => Some("crates/cli/tests/it/reference.rs"),
        "json" if page == "s3.md" => Some("crates/cli/tests/it/doctor.rs"),
        _ if page == "rules.md" => Some("crates/validator/tests/it/cookbook.rs"),
        // A file, for the sessions of its page.
        _ if language.contains(' ') => Some("crates/cli/tests/it/guide/session.rs"),
        _ => None,
    }
}

#[test]
fn every_block_of_the_guides_is_executed_or_says_why_not() {
    let root = tidy::workspace_root();
    let rust_pages = std::fs::read_to_string(root.join("tests/src/lib.rs")).unwrap();
    let blocks = blocks();
    assert!(blocks.len() > 60, "only {} blocks are found", blocks.len());
    for block in blocks.iter().filter(|block| !block.states_why_not) {
        let executor = executor(block, &rust_pages);
        let Block { page, line, language, .. } = block;
        assert!(executor.is_some(), "{page}:{line}: nothing executes this block of {language:?}");
        assert!(executor.is_some_and(|test| root.join(test).exists()), "{executor:?} is not there");
    }
}

/// Returns every page of the checkout that somebody may read first: the README, the guides, and those of crates and examples.
fn pages() -> Vec<PathBuf> {
    let root = tidy::workspace_root();
    let mut pages = vec![root.join("README.md"), root.join("CHANGELOG.md")];
    for folder in ["docs", "crates", "examples"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let page = if path.is_dir() { path.join("README.md") } else { path };
            pages.extend(Some(page).filter(|page| {
                page.extension().is_some_and(|extension| extension == "md") && page.exists()
            }));
        }
    }
    pages
}

/// Returns what the headings of a page can be linked by.
fn anchors(page: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(page).unwrap();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let title = heading.trim_start_matches('#').trim().to_lowercase();
        let kept =
            title.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_guide_is_linked_from_the_readme() {
    let root = tidy::workspace_root();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    for guide in std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()) {
        let name = guide.file_name().unwrap().to_str().unwrap();
        let linked = guide.is_dir() || readme.contains(&format!("(docs/{name})"));
        assert!(linked, "README.md does not link docs/{name}");
    }
}

#[test]
fn every_link_leads_to_a_file_and_to_a_heading_in_it() {
    let mut followed = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.contains(char::is_whitespace) {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link}", page.display());
            let leads = anchor.is_empty() || anchors(&target).contains(anchor);
            assert!(leads, "{}: {link}: there is no such heading", page.display());
            followed += 1;
        }
    }
    assert!(followed > 60, "only {followed} links are found");
}

/// Returns the first example in the documentation of a crate, as a reader sees it.
fn first_example(crate_folder: &Path) -> String {
    let text = std::fs::read_to_string(crate_folder.join("src/lib.rs")).unwrap();
    let lines = text.lines().map(|line| line.trim_start_matches("//!"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    let within = lines.skip_while(|line| *line != "```").skip(1).take_while(|line| *line != "```");
    let seen = within.filter(|line| !line.starts_with("# ") && *line != "#");
    seen.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The documentation's examples run, so that of the README, which is the same, needs not.
#[test]
fn the_readme_of_each_layer_shows_the_first_example_of_its_documentation() {
    let mut shown = 0;
    for page in pages().iter().filter(|page| page.to_string_lossy().contains("/crates/")) {
        let text = std::fs::read_to_string(page).unwrap();
        let (_, rest) = text.split_once("```rust\n").unwrap();
        let (example, links) = rest.split_once("\n```\n").unwrap();
        assert_eq!(example, first_example(page.parent().unwrap()), "{}", page.display());
        assert!(links.contains("../../docs/") && links.contains("https://docs.rs/"), "{links}");
        shown += 1;
    }
    assert_eq!(shown, 6);
}

/// Returns what a crate of the facade names to the outside, as its `lib.rs` and the modules it re-exports whole declare it.
fn public_text(module: &str) -> String {
    let folder = match module {
        "cache" => "workspace-cache",
        "tester" => "real-data-tester",
        other => other,
    };
    let source = tidy::workspace_root().join("crates").join(folder).join("src");
    let lib = std::fs::read_to_string(source.join("lib.rs")).unwrap();
    let mut text: String = lib.split("pub use").skip(1).collect();
    if module == "validator" {
        text += &std::fs::read_to_string(source.join("judgement/mod.rs")).unwrap();
    }
    text
}

#[test]
fn what_python_names_lead_to_exists() {
    let page = tidy::workspace_root().join("docs/from-python.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut looked_for = 0;
    for name in page.split('`').skip(1).step_by(2) {
        let Some((module, name)) = name.split_once("::") else { continue };
        if !module.starts_with(char::is_lowercase) {
            continue;
        }
        let public = public_text(module);
        let words = public.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        assert!(words.into_iter().any(|word| word == name), "{module}::{name} is not public");
        looked_for += 1;
    }
    assert!(looked_for > 25, "only {looked_for} names are found");
}

/// Every name of the plan that somebody may look for.
const PYTHON_NAMES: &str = "S3OutputInfo logical_name s3_uri property_path data_type step_name job_type timestamp metadata \
    ExecutionMetadata pipeline_name execution_id start_time end_time total_steps completed_steps mark_step_completed is_complete \
    S3OutputPathRegistry step_outputs execution_metadata register_step_output get_step_output_info get_step_output_path \
    get_all_step_outputs list_all_steps S3DataSource bucket prefix DownloadResult success local_path s3_key size_bytes error \
    S3DataDownloader discover_pipeline_data _find_recent_executions _discover_step_outputs download_step_data max_workers \
    _download_single_file download_cache RealDataTestScenario scenario_name s3_data_source test_steps validation_rules \
    RealDataTestResult step_results data_validation_results performance_metrics error_details RealDataTester create_test_scenario \
    execute_test_scenario _prepare_step_inputs_from_s3 _validate_step_against_real_data _create_default_validation_rules \
    _execute_step_with_real_data expected_outputs quality_thresholds execution_time memory_usage data_size_processed \
    WorkspaceConfig base_dir max_cache_size_gb cache_retention_days auto_cleanup CacheEntry created_at last_accessed access_count \
    WorkspaceManager setup_workspace cleanup_workspace cache_data _generate_cache_key _cleanup_cache _load_cache_index \
    _save_cache_index ProductionValidationRule rule_name rule_type parameters severity ValidationResult passed score details \
    recommendations ProductionDataValidator validate_against_production_patterns _validate_statistical_pattern \
    _validate_schema_consistency _validate_business_logic _extract_data_for_validation _load_default_rules test_type ks_test \
    p_value_threshold mean_comparison confidence_level file_path TestS3Integration discover test_real_data cleanup_cache \
    workspace steps PropertyReference";

#[test]
fn every_name_of_the_python_plan_is_found() {
    let page = tidy::workspace_root().join("docs/from-python.md");
    let page = std::fs::read_to_string(page).unwrap();
    let words: BTreeSet<&str> =
        page.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
    for name in PYTHON_NAMES.split_whitespace() {
        assert!(words.contains(name), "docs/from-python.md does not say what became of {name}");
    }
}
