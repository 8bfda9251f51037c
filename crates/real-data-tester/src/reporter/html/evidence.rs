//! The tests of a column: what was computed, what is accepted, what follows.

use askama::Template;
use askama::filters::HtmlSafe;
use reenact_validator::{PMethod, Test};

use super::badge;
use super::bars;
use super::markup::Markup;
use super::number;
use super::text;

/// The table of tests.
#[derive(Debug, Template)]
#[template(path = "html/evidence.html")]
pub(super) struct Evidence {
    rows: Vec<Row>,
    /// Whether any test has a p-value.
    has_p: bool,
}

impl HtmlSafe for Evidence {}

#[derive(Debug)]
struct Row {
    statistic: &'static str,
    decides: bool,
    value: String,
    p: String,
    p_method: &'static str,
    adjusted_p: String,
    effect: String,
    effect_name: String,
    interval: String,
    margin: String,
    picture: Option<Markup>,
    badge: Markup,
    sentence: Markup,
}

impl Evidence {
    /// Shows the tests of one column.
    pub(super) fn new(tests: &[Test]) -> Self {
        Self {
            rows: tests.iter().map(row).collect(),
            has_p: tests.iter().any(|test| test.p.is_some()),
        }
    }
}

fn row(test: &Test) -> Row {
    let dash = || "–".to_owned();
    Row {
        statistic: test.statistic.as_str(),
        decides: test.decides,
        value: test.value.map_or_else(dash, number::effect),
        p: number::probability(test.p, test.log10_p),
        p_method: match test.p_method {
            Some(PMethod::Exact) => "exact",
            Some(PMethod::Asymptotic) => "asymptotic",
            _ => "",
        },
        adjusted_p: number::probability(test.adjusted_p, None),
        effect: test.effect.as_ref().map_or_else(dash, |effect| number::effect(effect.value)),
        effect_name: test.effect.as_ref().map_or_else(String::new, |effect| effect.name.clone()),
        interval: test.interval.map_or_else(dash, |interval| {
            format!("{} to {}", number::effect(interval.low), number::effect(interval.high))
        }),
        margin: test.margin.map_or_else(dash, number::effect),
        picture: bars::effect(test),
        badge: badge::check(test.verdict),
        sentence: text::sentence(&test.sentence),
    }
}
