//! What must hold of the whole page.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::limits::Limits;
use super::page::{MOST_BYTES, html};
use super::sample;
use crate::report::Report;

const HOSTILE: &str = "</td></script><script>alert('x')</script>\"'`<img src=x onerror=alert(1)>\0\u{1b}[31m\u{202e}txt.exe\u{7}\n שלום";

fn page(report: &Report) -> String {
    html(report).unwrap()
}

fn count(page: &str, what: &str) -> usize {
    page.matches(what).count()
}

fn hostile() -> Report {
    let cell = |candidate: Value| json!({"column": HOSTILE, "candidate": candidate, "reference": HOSTILE, "difference": null});
    let examples = json!([
        {"key": {"values": [HOSTILE]}, "only": null, "cells": [cell(json!(format!("{HOSTILE}!"))), cell(Value::Null)]},
        {"key": null, "only": "reference", "cells": [cell(Value::Null)]},
    ]);
    let columns = vec![sample::numbers(HOSTILE, 3.0, 5), sample::categories(HOSTILE, HOSTILE)];
    sample::made_up(&columns, &json!([sample::finding(HOSTILE, HOSTILE)]), &examples, HOSTILE)
}

/// Returns the element names of a page with how often each is opened and closed.
fn elements(page: &str) -> BTreeMap<String, (usize, usize)> {
    let mut elements: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for tag in page.split('<').skip(1).filter(|tag| !tag.starts_with('!')) {
        let closes = tag.starts_with('/');
        let name = tag
            .trim_start_matches('/')
            .split(|end: char| !end.is_ascii_alphanumeric())
            .next()
            .unwrap();
        let counts = elements.entry(name.to_owned()).or_default();
        let closes_itself = tag.split('>').next().unwrap().ends_with('/');
        counts.0 += usize::from(!closes);
        counts.1 += usize::from(closes || closes_itself);
    }
    elements
}

/// The page without its style and its script, which are ours.
fn body(page: &str) -> &str {
    let start = page.find("<main>").unwrap();
    &page[start..page.rfind("</main>").unwrap() + "</main>".len()]
}

#[test]
fn hostile_text_stays_text() {
    let page = page(&hostile());
    assert_eq!(count(&page, "<script"), 1, "only our own script");
    assert_eq!(count(&page, "</script"), 1);
    assert!(!page.contains("<img"));
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
    let unseen =
        |character: &char| character.is_control() && *character != '\n' || *character == '\u{202e}';
    assert_eq!(page.chars().find(unseen), None);
    assert!(page.contains("␀") && page.contains("‹U+202E›txt.exe"));
    for (name, (opened, closed)) in elements(body(&page)) {
        let whole = matches!(name.as_str(), "input") || opened == closed;
        assert!(whole, "<{name}> is opened {opened} times and closed {closed} times");
    }
}

#[test]
fn a_page_asks_for_nothing_but_itself() {
    for report in [hostile(), sample::compared(&sample::flights(300, 40), &sample::flights(300, 0))]
    {
        let page = page(&report);
        for outside in [
            "http://", "https://", " src=\"", "url(", "@import", "<link", "<iframe", "style=\"",
            " onclick",
        ] {
            assert!(!body(&page).contains(outside), "{outside}");
        }
        let style = &page[page.find("<style>").unwrap()..page.find("</style>").unwrap()];
        assert!(!style.contains("url(") && !style.contains("@import"));
        let policy = "content=\"default-src &#39;none&#39;; style-src &#39;sha256-";
        assert!(page.replace("&#x27;", "&#39;").contains(policy), "{}", &page[..600]);
        let linked = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        for link in linked {
            let id = link.strip_prefix('#').unwrap_or_else(|| panic!("{link} leaves the page"));
            assert_eq!(count(&page, &format!("id=\"{id}\"")), 1, "{link} has one target");
        }
    }
}

#[test]
fn the_verdict_is_a_word_before_anything_else() {
    let differs = sample::compared(&sample::flights(300, 40), &sample::flights(300, 0));
    let same = sample::compared(&sample::flights(300, 0), &sample::flights(300, 0));
    let failed = sample::report(
        "inconclusive",
        "step `clean` exited with code 3: no `origin`",
        &json!([]),
        &sample::ending(3, "boom"),
    );
    for (report, word) in [
        (differs, "Differs from production"),
        (same, "Matches production"),
        (failed, "Could not tell"),
    ] {
        let page = page(&report);
        let (verdict, run) =
            (body(&page).find(word).unwrap(), body(&page).find("The run").unwrap());
        assert!(
            verdict < run
                && page.contains(&format!("<title>{word}: step clean of flights</title>"))
        );
    }
}

#[test]
fn the_log_of_a_failed_step_is_open() {
    let step = |code| {
        sample::report(
            "inconclusive",
            "",
            &json!([]),
            &sample::ending(code, "\u{1b}[31mboom\u{1b}[0m\n"),
        )
    };
    assert!(page(&step(3)).contains("<details class=\"fold log\" open>"));
    assert!(page(&step(0)).contains("<details class=\"fold log\">"));
    assert!(page(&step(3)).contains(">boom\n</pre>"));
}

#[test]
fn every_plot_has_content() {
    let page = page(&sample::compared(&sample::flights(300, 40), &sample::flights(300, 0)));
    let plots: Vec<&str> = page
        .split("<svg class=\"plot\"")
        .skip(1)
        .map(|rest| rest.split("</svg>").next().unwrap())
        .collect();
    assert!(plots.len() >= 2, "{} plots", plots.len());
    for plot in plots {
        assert!(plot.contains("role=\"img\"><title>") && plot.contains("<desc>"));
        let curves = plot.split("<path class=\"").filter(|path| {
            ["fill r", "step c", "curve r", "curve c"].iter().any(|class| path.starts_with(class))
        });
        let lengths: Vec<usize> =
            curves.map(|path| path.split(" d=\"").nth(1).unwrap().find('"').unwrap()).collect();
        assert!(lengths.len() == 2 && lengths.iter().all(|length| *length > 20), "{plot}");
    }
    let drawn =
        self::page(&sample::made_up(&[sample::categories("c", "a")], &json!([]), &json!([]), "x"));
    let bars = drawn
        .split("<svg class=\"catbar\"")
        .skip(1)
        .map(|rest| rest.split("</svg>").next().unwrap());
    assert_eq!(bars.map(|bar| count(bar, "<rect")).collect::<Vec<_>>(), [2, 2, 2]);
}

#[test]
fn a_thousand_columns_and_many_findings_stay_within_the_bound() {
    let names: Vec<String> = (0..1_000).map(|index| format!("column_{index}")).collect();
    let columns: Vec<Value> = names
        .iter()
        .zip(1_u32..)
        .map(|(name, place)| sample::numbers(name, 900.0 / f64::from(place), 200))
        .collect();
    let findings: Vec<Value> =
        (0..100_000).map(|index| sample::finding(&names[index % 1_000], "it moved")).collect();
    let report = sample::made_up(&columns, &json!(findings), &json!([]), "x");
    let page = page(&report);
    assert!(page.len() < MOST_BYTES, "{} bytes", page.len());
    assert_eq!(
        count(&page, "<details class=\"column f\""),
        Limits::FULL.plots,
        "nothing was halved"
    );
    assert!(page.contains("Moved less, without pictures: 800") && page.contains("column_999"));
    assert!(page.contains("more findings, no worse than these, are in report.json"));
}

#[test]
fn what_a_step_cost_may_cost_and_ran_is_told() {
    let mut form = serde_json::to_value(sample::compared("id,a\n1,2\n", "id,a\n1,2\n")).unwrap();
    form["steps"][0]["thresholds"] = json!([
        {"threshold": {"metric": "peak_rss_bytes", "at_most": 1.5, "at_least": null, "production": 100e6, "severity": "error"},
         "value": 184e6, "verdict": "fail"},
        {"threshold": {"metric": "cpu_seconds", "at_most": 3.0, "at_least": null, "production": null, "severity": "warning"},
         "value": null, "verdict": "inconclusive"},
    ]);
    form["steps"][0]["outcome"]["usage"]["read_bytes"] = json!(123_456_789);
    form["run"]["steps"][0]["revision"] = json!({"commit": "0123abcd", "modified": true});
    let page = page(&serde_json::from_value(form).unwrap());
    for told in [
        "<th scope=\"row\">peak memory</th>",
        "184 MB",
        "at most 150 MB (1.5× production’s)",
        "not measured",
        "at most 3.00 s",
        "<dt>read</dt><dd>123 MB</dd>",
        "<dt>written</dt><dd>8 bytes</dd>",
        "0123abcd, with changes",
    ] {
        assert!(page.contains(told), "{told}");
    }
}

/// A report of so many steps, of which the last failed and the one before was not run for it.
fn many_steps(count: usize) -> Report {
    let one = sample::report("pass", "it ran", &json!([]), &sample::ending(0, &"x".repeat(4_000)));
    let mut form = serde_json::to_value(&one).unwrap();
    let step = form["steps"][0].clone();
    let header = form["run"]["steps"][0].clone();
    let named = |part: &Value, place: usize| {
        let mut part = part.clone();
        part["step"] = json!(format!("s{place:05}"));
        part
    };
    form["steps"] = (0..count).map(|place| named(&step, place)).collect();
    form["run"]["steps"] = (0..count).map(|place| named(&header, place)).collect();
    form["steps"][count - 1]["verdict"] = json!("fail");
    let not_run = &mut form["steps"][count - 2];
    not_run["verdict"] = json!("inconclusive");
    not_run["outcome"] = Value::Null;
    not_run["not_run"] = json!({"why": "upstream", "step": "s00000"});
    not_run["reason"] = json!("step `b` was not run, since step `a` did not end well");
    serde_json::from_value(form).unwrap()
}

#[test]
fn a_pipeline_is_a_strip_of_its_steps_and_says_why_one_was_not_run() {
    let page = page(&many_steps(3));
    assert_eq!(count(&page, "<li class=\"chip "), 3);
    assert_eq!(count(&page, "<li class=\"chip v-fail\" title=\"fail\"><a href=\"#s2\">"), 1);
    let why = "step <code><bdi>b</bdi></code> was not run, since step <code><bdi>a</bdi></code> did not end well";
    assert!(page.contains(why));
}

#[test]
fn of_thousands_of_steps_those_that_did_not_pass_are_shown() {
    let page = page(&many_steps(3_000));
    assert!(page.len() < MOST_BYTES, "{} bytes", page.len());
    assert_eq!(count(&page, "<li class=\"chip "), 2_000);
    assert!(page.contains("2,800 more steps are in report.json"));
    assert!(page.contains("<b><code><bdi>s02999</bdi></code></b>"), "the one that failed");
    assert!(page.contains("was not run, since"));
}

#[test]
fn text_without_end_stays_within_the_bound() {
    let long = "\"'<&".repeat(600);
    let columns: Vec<Value> =
        (0..300).map(|index| sample::categories(&format!("{index}{long}"), &long)).collect();
    let findings: Vec<Value> = (0..1_000).map(|_| sample::finding(&long, &long)).collect();
    let cell = json!({"column": long, "candidate": long, "reference": format!("{long}!"), "difference": null});
    let cells: Vec<Value> = (0..100).map(|_| cell.clone()).collect();
    let examples: Vec<Value> = (0..100)
        .map(|_| json!({"key": {"values": [long]}, "only": null, "cells": cells}))
        .collect();
    let page = page(&sample::made_up(&columns, &json!(findings), &json!(examples), &long));
    assert!(page.len() < MOST_BYTES, "{} bytes", page.len());
}

#[test]
fn the_same_report_gives_the_same_page() {
    let report = hostile();
    assert_eq!(page(&report), page(&report));
    let again: Report = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!(page(&report), page(&again));
}

#[test]
fn a_page_lies_whole_under_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("report.html");
    let report = hostile();
    super::write(&report, &path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page(&report));
    assert!(super::write(&report, &directory.path().join("none/report.html")).is_err());
}
