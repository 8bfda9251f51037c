//! Draws the small bars that stand inside tables and summaries.

use reenact_validator::{RowComparison, Test, Verdict};

use super::badge::class;
use super::markup::Markup;
use super::number;
use super::svg::Svg;

/// Draws how the rows of both sides compare, as one bar; what exists is at least a sliver.
pub(super) fn rows(rows: &RowComparison) -> Markup {
    const WIDTH: f64 = 1000.0;
    const SLIVER: f64 = 5.0;
    let parts = [
        ("b-same", rows.matched),
        ("b-changed", rows.changed),
        ("b-here", rows.only_candidate),
        ("b-there", rows.only_reference),
    ];
    let all = parts.iter().map(|part| part.1).sum::<u64>();
    let widths = parts.map(|(_, count)| match count {
        0 => 0.0,
        _ => (number::share(count, all) * WIDTH).max(SLIVER),
    });
    let scale = WIDTH / widths.iter().sum::<f64>().max(1.0);
    let mut x = 0.0;
    let mut svg = Svg::stretched("rowbar", WIDTH, 10.0);
    for ((class, _), width) in parts.into_iter().zip(widths) {
        if width > 0.0 {
            svg = svg.rect(class, (x, 0.0), (width * scale, 10.0));
            x += width * scale;
        }
    }
    let counts = parts.map(|part| number::count(part.1));
    let description = format!(
        "{} matched, {} changed, {} only here, {} only in production",
        counts[0], counts[1], counts[2], counts[3]
    );
    svg.named("Rows", &description)
}

/// Draws the shares of one category, production above candidate, of the largest share there is.
pub(super) fn category(candidate: f64, reference: f64, largest: f64) -> Markup {
    const WIDTH: f64 = 200.0;
    let width = |share: f64| if largest > 0.0 { share / largest * WIDTH } else { 0.0 };
    Svg::stretched("catbar", WIDTH, 14.0)
        .rect("fill r", (0.0, 1.0), (width(reference), 6.0))
        .rect("fill c", (0.0, 7.5), (width(candidate), 5.0))
        .decoration()
}

/// Draws how far a column moved: the mark in the middle is the margin.
pub(super) fn moved(ratio: f64, verdict: Verdict) -> Markup {
    const WIDTH: f64 = 84.0;
    // Halfway is the margin; beyond it the bar grows ever slower and never leaves its place.
    let share = if ratio <= 1.0 { ratio.max(0.0) / 2.0 } else { 1.0 - 0.5 / ratio };
    Svg::new("movebar", WIDTH, 10.0)
        .rect("track", (0.0, 3.0), (WIDTH, 4.0))
        .rect(class(verdict), (0.0, 3.0), (share * WIDTH, 4.0))
        .line("mark", (WIDTH / 2.0, 0.0), (WIDTH / 2.0, 10.0))
        .decoration()
}

/// Draws an effect and its interval on the range that is accepted.
pub(super) fn effect(test: &Test) -> Option<Markup> {
    const WIDTH: f64 = 120.0;
    let (effect, margin) = (test.effect.as_ref()?.value, test.margin?);
    let (low, high) =
        test.interval.map_or((effect, effect), |interval| (interval.low, interval.high));
    let reach =
        [margin * 1.6, high.abs(), low.abs(), effect.abs()].into_iter().fold(0.0, f64::max) * 1.05;
    if !(reach.is_finite() && reach > 0.0) {
        return None;
    }
    let from = if low < 0.0 || effect < 0.0 { -reach } else { 0.0 };
    let x = |value: f64| 3.0 + (value - from) / (reach - from) * (WIDTH - 6.0);
    let accepted = if from < 0.0 { x(-margin) } else { x(0.0) };
    let svg = Svg::new("effect", WIDTH, 14.0)
        .rect("accept", (accepted, 1.0), (x(margin) - accepted, 12.0))
        .line("mark", (x(margin), 0.0), (x(margin), 14.0))
        .line("whisker", (x(low), 7.0), (x(high), 7.0))
        .circle(class(test.verdict), (x(effect), 7.0), 3.2);
    Some(svg.decoration())
}
