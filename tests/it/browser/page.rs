//! What must be true of the page, whatever the browser's window, medium and colours.

use std::path::PathBuf;
use std::sync::Arc;

use reenact::cache::CacheOptions;
use reenact::downloader::InMemory;
use reenact::tester::{Runner, Scenario};
use tempfile::TempDir;

use super::driver::Browser;

/// A run whose report shows every kind of thing: numbers and categories that moved, changed rows, a changed schema, logs.
struct Reported {
    _home: TempDir,
    html: PathBuf,
}

/// The code of the step: every third row is lost, `a` is doubled, and a column is new.
const CODE: &str = r#"echo a line of the log; awk -F, -v OFS=, 'NR == 1 { print $0, "new"; next } NR % 3 { $2 *= 2; print $0, 1 }' "$1"/rows/rows.csv > "$2"/rows/rows.csv"#;

fn report(rows: &str) -> Reported {
    let home = tempfile::tempdir().unwrap();
    let bucket = InMemory::new("acme-production");
    for step in ["extract", "copy"] {
        let key = format!("pipelines/sales/2026-03-01/{step}/output/rows/rows.csv");
        bucket.put(&key, rows.to_owned());
    }
    let command = ["sh", "-c", CODE, "sh", "{inputs}", "{outputs}"];
    let scenario = Scenario::builder("sales")
        .step("copy", |step| step.command(command).input("rows", "extract.rows").key(["id"]))
        .build()
        .unwrap();
    let cache = CacheOptions::default().with_location(home.path().join("cache"));
    let runner = Runner::new(scenario, Arc::new(bucket)).with_cache(cache);
    let html = runner.replay_blocking("copy", "latest").unwrap().html_path();
    Reported { _home: home, html }
}

fn small() -> Reported {
    let colours = ["red", "green", "blue"];
    let rows = (0..600).map(|id| format!("{id},{},{}\n", (id * 7) % 100, colours[id % 3]));
    report(&format!("id,a,colour\n{}", rows.collect::<String>()))
}

/// A thousand columns of numbers.
fn wide() -> Reported {
    let header = (0..1000).map(|column| format!("c{column:03}")).collect::<Vec<_>>().join(",");
    let row = |id: usize| {
        let cells = (1..1000).map(|column| ((id * column) % 97).to_string());
        format!("{id},{}\n", cells.collect::<Vec<_>>().join(","))
    };
    report(&format!(
        "{}\n{}",
        header.replacen("c000", "id", 1),
        (0..90).map(row).collect::<String>()
    ))
}

#[test]
fn nothing_is_requested_and_nothing_complained_about() {
    let Some(browser) = Browser::start() else { return };
    let reported = small();
    browser.open(&reported.html);
    let page = format!("file://{}", reported.html.display());
    assert_eq!(browser.requests(), [page]);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser.run("return document.getElementById('expand').click()");
    assert_eq!(browser.requests(), Vec::<String>::new());
}

#[test]
fn every_picture_has_content_and_an_alternative() {
    let Some(browser) = Browser::start() else { return };
    browser.open(&small().html);
    browser.run("document.getElementById('expand').click()");
    let plots = browser.run("return document.querySelectorAll('figure svg').length");
    assert!(
        plots.as_u64().unwrap() >= 4,
        "histograms and cumulative shares of what moved: {plots}"
    );
    let empty = browser.run(
        "return [...document.querySelectorAll('figure svg')].filter((svg) => {
            const box = svg.getBoundingClientRect();
            return box.width < 50 || box.height < 30 || svg.querySelectorAll('path, rect, line, polyline').length < 3;
        }).length",
    );
    assert_eq!(empty, 0);
    let mute = browser.run(
        "return [...document.querySelectorAll('figure svg')].filter((svg) =>
            svg.getAttribute('role') !== 'img' || !(svg.getAttribute('aria-label') || svg.querySelector('title'))).length",
    );
    assert_eq!(mute, 0, "a picture without words");
}

#[test]
fn the_filter_leaves_what_fits_and_folds_open_and_close() {
    let Some(browser) = Browser::start() else { return };
    browser.open(&small().html);
    let filter = |words: &str| {
        browser.run(&format!(
            "const field = document.getElementById('filter');
            field.value = '{words}';
            field.dispatchEvent(new Event('input'));
            return [...document.querySelectorAll('details.column')].filter((column) => !column.hidden)
                .map((column) => column.querySelector('.cname').textContent);"
        ))
    };
    let all = filter("").as_array().unwrap().len();
    let fitting = filter("cname-that-is-not-there");
    assert_eq!(fitting.as_array().unwrap().len(), 0);
    assert!(all > 0);
    let said = browser.run("return document.getElementById('shown').textContent");
    assert!(said.as_str().unwrap().starts_with("0 of "), "{said}");
    filter("");
    for (button, open) in [("expand", true), ("collapse", false)] {
        let state = browser.run(&format!(
            "document.getElementById('{button}').click();
            return [...document.querySelectorAll('main details')].every((fold) => fold.open === {open})"
        ));
        assert_eq!(state, true, "{button}");
    }
}

#[test]
fn it_fits_a_phone_and_a_sheet_of_paper_in_light_and_dark() {
    let Some(browser) = Browser::start() else { return };
    browser.open(&small().html);
    browser.run("document.getElementById('expand').click()");
    browser.resize(390, 844);
    let wider = browser.run("return document.documentElement.scrollWidth - innerWidth");
    assert!(wider.as_i64().unwrap() <= 0, "the page is {wider} px wider than a phone");
    let background = "return getComputedStyle(document.body).backgroundColor";
    browser.emulate("screen", "light");
    let light = browser.run(background);
    browser.emulate("screen", "dark");
    assert_ne!(browser.run(background), light);
    browser.emulate("print", "light");
    let tools = browser.run("return getComputedStyle(document.getElementById('tools')).display");
    assert_eq!(tools, "none", "what can only be pressed is not printed");
    assert!(browser.print() > 10_000, "the sheet is not empty");
}

#[test]
fn a_thousand_columns_stay_usable() {
    let Some(browser) = Browser::start() else { return };
    let reported = wide();
    assert!(std::fs::metadata(&reported.html).unwrap().len() < 5_000_000);
    browser.open(&reported.html);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    let shown = browser.run(
        "const field = document.getElementById('filter');
        field.value = 'c777';
        field.dispatchEvent(new Event('input'));
        return [...document.querySelectorAll('.f')].filter((row) => !row.hidden).map((row) => row.textContent.includes('c777'))",
    );
    let shown = shown.as_array().unwrap();
    assert!(!shown.is_empty() && shown.iter().all(|fits| fits == true), "{shown:?}");
}
