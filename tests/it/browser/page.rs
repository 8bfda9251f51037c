//! What must be true of the page, whatever the browser's window, medium and colours.

use std::sync::Arc;

use reenact::downloader::{InMemory, S3Source};
use reenact::tester::{Mask, Masking, Metric, Threshold};
use reenact_testkit::S3Server;

use super::driver::Browser;
use super::reported::{KEYS, crowded, replayed, rows_of, small, wide};

/// The width of an A4 sheet between the margins that browsers leave, in pixels of CSS.
const PAPER_WIDTH: u32 = 717;

/// Keys as the protocol writes them.
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// Counts the words that are seen, and lists those whose contrast is below what WCAG 2.2 asks for (1.4.3, level AA).
const FAINT_WORDS: &str = r"
    const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
    const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const luminance = ([red, green, blue]) =>
        0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = parts(getComputedStyle(at).backgroundColor);
            if (colour.length < 4 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    let words = 0;
    const faint = [];
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const text = walker.currentNode.textContent.trim();
        if (!text || !element.checkVisibility()) continue;
        words += 1;
        const style = getComputedStyle(element);
        const colours = [parts(element.closest('svg') ? style.fill : style.color), ground(element)];
        const [dark, light] = colours.map(luminance).sort((one, other) => one - other);
        const contrast = (light + 0.05) / (dark + 0.05);
        if (contrast < 4.5) faint.push(`${text}: ${contrast.toFixed(2)}`);
    }
    return { words, faint };
";

/// Types words into the filter, and returns the texts of those that it leaves, in folds that are closed too.
fn filtered(browser: &Browser, words: &str, selector: &str) -> Vec<String> {
    let texts = browser.run(&format!(
        "const field = document.getElementById('filter');
        field.value = '{words}';
        field.dispatchEvent(new Event('input'));
        return [...document.querySelectorAll('{selector}')].filter((one) => !one.closest('[hidden]'))
            .map((one) => one.textContent)"
    ));
    texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Fails unless one button opens every fold, and the other closes them again.
fn assert_folds_open_and_close(browser: &Browser) {
    for (button, open) in [("expand", true), ("collapse", false)] {
        let state = browser.run(&format!(
            "document.getElementById('{button}').click();
            return [...document.querySelectorAll('main details')].every((fold) => fold.open === {open})"
        ));
        assert_eq!(state, true, "{button}");
    }
}

#[test]
fn a_hundred_thousand_findings_stay_usable() {
    let Some(browser) = Browser::start() else { return };
    let home = tempfile::tempdir().unwrap();
    let path = crowded(&home);
    assert!(std::fs::metadata(&path).unwrap().len() < 5_000_000);
    browser.open(&path);
    assert_eq!(browser.requests(), [format!("file://{}", path.display())]);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    let filter = |words: &str| filtered(&browser, words, ".findings .f");
    assert_eq!(filter("fail distribution").len(), 100, "each that failed is there");
    assert_eq!(filter("c042777").len(), 1);
    let seen = browser.run(
        "return [...document.querySelectorAll('.findings .f')].filter((row) => row.checkVisibility()).length",
    );
    assert_eq!(seen, 1, "what is left is seen without a further step");
    filter("");
    assert_folds_open_and_close(&browser);
    let text = browser.run("return document.querySelector('main').textContent");
    assert!(
        text.as_str().unwrap().contains("more findings, no worse than these, are in report.json")
    );
}

#[test]
fn the_page_tells_all_that_a_reader_asks_for_the_verdict_first() {
    let Some(browser) = Browser::start() else { return };
    let reported = small();
    browser.open(&reported.html);
    browser.run("document.getElementById('expand').click()");
    let text = browser.run("return document.querySelector('main').innerText");
    let text = text.as_str().unwrap();
    assert!(text.starts_with("Differs from production\n"), "{text}");
    let reason = browser.run("return document.querySelector('.reason').innerText");
    let why = text.find(reason.as_str().unwrap()).unwrap();
    for part in [
        // Where it comes from.
        "Bucket",
        "acme-production",
        "Execution",
        "2026-03-01",
        "Run at",
        "Candidate command",
        "Revision of the code",
        "reenact\n",
        "Revision\tSize\tCame from",
        // What it cost.
        "wall time",
        "written",
        // What was found.
        "Schema",
        "matched",
        "changed",
        "only in production",
        "Changed, before and after",
        "→",
        "D = ",
        "Share of values by bin",
        "null",
        "median",
        "75%",
        "margin of",
        // What it said.
        "a line of the log",
    ] {
        let below = text[why..].contains(part);
        assert!(below, "`{part}` is not below the reason in {text}");
    }
    // The system does not tell the peak of a step that ended before it was looked at: the page shows it exactly where it was measured.
    let json = reported.json();
    let measured = json["steps"][0]["outcome"]["usage"].get("peak_rss").unwrap().is_u64();
    assert_eq!(text[why..].contains("peak memory"), measured, "{text}");
    let marked = browser
        .run("return document.querySelectorAll('figure svg path.gap, figure svg line.gap').length");
    assert!(marked.as_u64().unwrap() > 0, "the widest gap is marked");
    let bars = browser.run("return document.querySelectorAll('.cats svg').length");
    assert!(bars.as_u64().unwrap() > 0, "categories have bars");
}

#[test]
fn versions_of_objects_and_costs_against_production_are_told() {
    let Some(browser) = Browser::start() else { return };
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("acme-production");
    bucket.enable_versioning();
    for key in KEYS {
        bucket.put(key, rows_of(600));
    }
    let source = S3Source::from_client("acme-production", &server.client()).unwrap();
    // What production needed is far from whatever this machine needs.
    let bound =
        |metric, times, production| Threshold::at_most(metric, times).times_production(production);
    let reported = replayed(Arc::new(source), |scenario| {
        scenario.step("copy", |step| {
            step.threshold(bound(Metric::WallSeconds, 1.5, 36_000.0))
                .threshold(bound(Metric::PeakRssBytes, 1.2, 5e12))
                .threshold(bound(Metric::OutputBytes, 0.1, 12_000.0))
        })
    });
    browser.open(&reported.html);
    browser.run("document.getElementById('expand').click()");
    let cells = |table: &str| {
        browser.run(&format!(
            "return [...document.querySelectorAll('{table} tbody tr')]
                .map((row) => [...row.cells].map((cell) => cell.innerText.trim()).join(' | '))"
        ))
    };
    let costs = cells(".costs");
    for (row, parts) in [
        (0, ["wall time", "at most 15 h 00 min (1.5× production’s)", "| 10 h 00 min |"]),
        (1, ["peak memory", "at most 6.00 TB (1.2× production’s)", "| 5.00 TB |"]),
        (2, ["size of all outputs", "at most 1.20 kB (0.1× production’s)", "| 12.0 kB |"]),
    ] {
        let told = costs[row].as_str().unwrap();
        assert!(parts.iter().all(|part| told.contains(part)), "{parts:?} are not in {told}");
    }
    assert!(costs[2].as_str().unwrap().contains("fail"), "{costs}");
    let text = browser.run("return document.querySelector('main').innerText");
    for key in KEYS {
        let version = bucket.version_id(key).unwrap();
        assert!(text.as_str().unwrap().contains(&version), "version {version} of {key}");
    }
}

#[test]
fn the_strip_has_the_colours_of_its_states_and_logs_are_folded() {
    let Some(browser) = Browser::start() else { return };
    browser.open(&small().html);
    let colour = |of: &str| {
        browser.run(&format!(
            "return getComputedStyle(document.querySelector('.strip {of}')).borderLeftColor"
        ))
    };
    let (staged, step, output) =
        (colour(".inputs .node"), colour(".node.step"), colour(".outputs .node"));
    assert_eq!(staged, step, "both went well");
    assert_ne!(step, output, "the output differs");
    let log = "[...document.querySelectorAll('summary')].find((one) => one.textContent.startsWith('Log'))";
    assert_eq!(browser.run(&format!("return {log}.parentElement.open")), false);
    assert_eq!(
        browser.run(&format!(
            "{log}.click(); return {log}.parentElement.innerText.includes('a line of the log')"
        )),
        true
    );
}

#[test]
fn examples_are_masked_before_and_after() {
    let Some(browser) = Browser::start() else { return };
    let bucket = InMemory::new("acme-production");
    for key in KEYS {
        bucket.put(key, rows_of(600));
    }
    let masking = Masking::new().with_column("a", Mask::Bucket(50.0));
    let reported = replayed(Arc::new(bucket), |scenario| scenario.masking(masking));
    browser.open(&reported.html);
    browser.run("document.getElementById('expand').click()");
    for side in ["before", "after"] {
        let shown = browser.run(&format!(
            "return [...document.querySelectorAll('td.{side}')].map((cell) => cell.innerText)"
        ));
        let shown = shown.as_array().unwrap();
        let is_masked = |cell: &serde_json::Value| cell.as_str().unwrap().starts_with('[');
        assert!(!shown.is_empty() && shown.iter().all(is_masked), "{side}: {shown:?}");
    }
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
    let columns = |words: &str| filtered(&browser, words, "details.column > summary");
    assert!(columns("").len() > 1);
    let fitting = columns("colour");
    assert!(fitting.len() == 1 && fitting[0].contains("colour"), "{fitting:?}");
    assert_eq!(columns("cname-that-is-not-there"), Vec::<String>::new());
    let said = browser.run("return document.getElementById('shown').textContent");
    assert!(said.as_str().unwrap().starts_with("0 of "), "{said}");
    columns("");
    assert_folds_open_and_close(&browser);
}

#[test]
fn it_fits_a_phone_and_a_sheet_of_paper_in_light_and_dark() {
    let Some(browser) = Browser::start() else { return };
    browser.open(&small().html);
    browser.run("document.getElementById('expand').click()");
    let wider = || {
        let wider = browser.run("return document.documentElement.scrollWidth - innerWidth");
        wider.as_i64().unwrap()
    };
    browser.resize(360, 740);
    assert!(wider() <= 0, "the page is {} px wider than a phone", wider());
    let background = "return getComputedStyle(document.body).backgroundColor";
    browser.emulate("screen", "light");
    let light = browser.run(background);
    browser.emulate("screen", "dark");
    assert_ne!(browser.run(background), light);
    browser.emulate("print", "light");
    browser.resize(PAPER_WIDTH, 1_000);
    assert!(wider() <= 0, "the page is {} px wider than a sheet of paper", wider());
    let tools = browser.run("return getComputedStyle(document.getElementById('tools')).display");
    assert_eq!(tools, "none", "what can only be pressed is not printed");
    assert!(browser.print() > 10_000, "the sheet is not empty");
}

#[test]
fn every_word_stands_out_from_its_ground_in_light_and_dark() {
    let Some(browser) = Browser::start() else { return };
    browser.open(&small().html);
    browser.run("document.getElementById('expand').click()");
    for scheme in ["light", "dark"] {
        browser.emulate("screen", scheme);
        let read = browser.run(FAINT_WORDS);
        assert!(read["words"].as_u64().unwrap() > 300, "{scheme}: {read}");
        assert_eq!(read["faint"].as_array().unwrap().len(), 0, "{scheme}: {read}");
    }
}

#[test]
fn the_keyboard_alone_reaches_the_filter_and_every_fold() {
    let Some(browser) = Browser::start() else { return };
    browser.open(&small().html);
    browser.run("document.getElementById('collapse').click(); document.activeElement.blur()");
    let active = |what: &str| browser.run(&format!("return document.activeElement.{what}"));
    let tab_to = |what: &str, wanted: &str| {
        for _ in 0..60 {
            browser.press(TAB);
            if active(what) == wanted {
                let outline =
                    browser.run("return getComputedStyle(document.activeElement).outlineStyle");
                assert_ne!(outline, "none", "it is seen where one is");
                return;
            }
        }
        panic!("{wanted} is not reached");
    };
    tab_to("id", "filter");
    browser.press("colour");
    let shown = browser.run("return document.getElementById('shown').textContent");
    assert!(shown.as_str().unwrap().contains(" of "), "{shown}");
    tab_to("id", "expand");
    browser.press(ENTER);
    let open = "return [...document.querySelectorAll('main details')].every((fold) => fold.open)";
    assert_eq!(browser.run(open), true);
    tab_to("id", "collapse");
    browser.press(" ");
    assert_eq!(browser.run(open), false);
    tab_to("tagName", "SUMMARY");
    browser.press(ENTER);
    assert_eq!(active("parentElement.open"), true);
    browser.press(ENTER);
    assert_eq!(active("parentElement.open"), false);
    let mute = browser.run(
        "return [...document.querySelectorAll('details.column')].filter((column) =>
            column.querySelector('figure') && !column.querySelector('details.bins table')).length",
    );
    assert_eq!(mute, 0, "each picture of numbers is there as a table too");
}

#[test]
fn a_thousand_columns_stay_usable() {
    let Some(browser) = Browser::start() else { return };
    let home = tempfile::tempdir().unwrap();
    let path = wide(&home);
    assert!(std::fs::metadata(&path).unwrap().len() < 5_000_000);
    browser.open(&path);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    for (selector, fitting) in [("details.column > summary", 200), (".findings .f", 1_000)] {
        assert_eq!(filtered(&browser, "", selector).len(), fitting, "{selector}");
    }
    // The one with pictures, the other in a line; a finding about each.
    for column in ["c123", "c777"] {
        let shown = filtered(&browser, column, ".f");
        assert!(shown.len() == 2 && shown.iter().all(|text| text.contains(column)), "{shown:?}");
    }
}
