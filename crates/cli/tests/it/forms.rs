//! The forms of a report: `run --junit --markdown`, `report render`, `report open`.

use predicates::str::contains;

use crate::production::{SAME, Setting, json};

/// A step that loses a row.
const LOSES: &str = r#"head -n 3 "$1"/rows/rows.csv > "$2"/totals/rows.csv"#;

#[test]
fn junit_has_a_case_for_each_check_and_fails_those_that_differ() {
    let setting = Setting::new();
    setting.run_total(SAME).assert().code(0);
    let xml = setting.reenact(&["report", "render", "--format", "junit"]).assert().code(0);
    let text = String::from_utf8(xml.get_output().stdout.clone()).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let cases = |document: &roxmltree::Document<'_>, tag: &str| {
        document.descendants().filter(|node| node.has_tag_name(tag)).count()
    };
    assert!(cases(&document, "testcase") > 3, "{text}");
    assert_eq!((cases(&document, "failure"), cases(&document, "error")), (0, 0), "{text}");

    setting.run_total(LOSES).assert().code(1);
    let file = setting.path("junit.xml");
    let into = file.to_str().unwrap();
    setting.reenact(&["report", "render", "--format", "junit", "--into", into]).assert().code(0);
    let text = std::fs::read_to_string(&file).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
    let failures = cases(&document, "failure");
    assert!(failures >= 1, "{text}");
    assert_eq!(suite.attribute("failures"), Some(failures.to_string().as_str()));
}

#[test]
fn run_writes_further_forms_where_it_is_told_to() {
    let setting = Setting::new();
    let mut command = setting.reenact(&["run", "total", "--input", "rows=extract.rows"]);
    command.args(["--junit", "j.xml", "--markdown", "m.md", "--", "sh", "-c", LOSES, "sh"]);
    command.args(["{inputs}", "{outputs}"]).assert().code(1);
    let markdown = std::fs::read_to_string(setting.path("m.md")).unwrap();
    assert!(
        markdown.starts_with("### reenact <code>sales</code>: step <code>total</code>: ❌ differs"),
        "{markdown}"
    );
    assert!(markdown.contains("| <code>totals</code> |"), "{markdown}");
    assert!(std::fs::read_to_string(setting.path("j.xml")).unwrap().contains("<failure"));
}

#[test]
fn a_recorded_run_renders_to_the_same_report() {
    let setting = Setting::new();
    let told = setting.run_total_json(LOSES, 1);
    let again = json(&mut setting.reenact(&["report", "render", "--format", "json"]), 0);
    assert_eq!(again, told);
    let page = setting.path("page.html");
    setting
        .reenact(&["report", "render", "--format", "html", "--into", page.to_str().unwrap()])
        .assert()
        .code(0);
    assert!(std::fs::read_to_string(page).unwrap().contains("Differs from production"));
}

#[test]
fn without_a_run_there_is_nothing_to_render_or_open() {
    let setting = Setting::new();
    for command in ["render", "open"] {
        setting.reenact(&["report", command]).assert().code(2).stderr(contains("--workspace"));
    }
}
