//! Draws the two pictures of a column of numbers or times: histograms on top of each other, and distribution functions.

use reenact_validator::{ColumnSummary, EcdfPoint, HistogramBin};

use super::axis::Axis;
use super::markup::Markup;
use super::number;
use super::quantity::Quantity;
use super::svg::{Path, Svg};

const WIDTH: f64 = 380.0;
const HEIGHT: f64 = 168.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 370.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 144.0;

/// Both pictures of a column and the numbers of the first.
#[derive(Debug)]
pub(super) struct Distribution {
    pub(super) histogram: Markup,
    pub(super) ecdf: Markup,
    /// Whether the widest gap is marked.
    pub(super) has_gap: bool,
    pub(super) bins: Vec<BinRow>,
    /// What lies beyond the axis, in words; empty if nothing does.
    pub(super) beyond: String,
}

/// One bin as text.
#[derive(Debug)]
pub(super) struct BinRow {
    pub(super) range: String,
    pub(super) reference: String,
    pub(super) candidate: String,
}

/// What to draw, of which column.
#[derive(Debug)]
pub(super) struct Picture<'a> {
    pub(super) column: &'a str,
    pub(super) quantity: Quantity,
    pub(super) histogram: &'a [HistogramBin],
    pub(super) ecdf: &'a [EcdfPoint],
    pub(super) gap: Option<&'a EcdfPoint>,
}

impl Picture<'_> {
    /// Draws both pictures on one axis.
    pub(super) fn draw(&self, sides: [&ColumnSummary; 2]) -> Distribution {
        let (low, high) = self.range(sides);
        let axis = Axis::new(self.quantity, (low, high), (LEFT, RIGHT));
        Distribution {
            histogram: self.draw_histogram(&axis),
            ecdf: self.draw_ecdf(&axis),
            has_gap: self.gap.is_some(),
            bins: self.bins(),
            beyond: self.beyond(&axis),
        }
    }

    /// The whole range, or the part of it where all but a few values lie if they would otherwise be
    /// squeezed into a corner.
    fn range(&self, sides: [&ColumnSummary; 2]) -> (f64, f64) {
        let low = self.histogram.first().map_or(0.0, |bin| bin.from);
        let high = self.histogram.last().map_or(1.0, |bin| bin.to);
        let quantile = |share: f64| {
            let all = sides
                .iter()
                .filter_map(|side| side.numbers.as_ref())
                .flat_map(|numbers| &numbers.quantiles);
            all.filter(move |quantile| (quantile.share - share).abs() < 1e-9)
                .filter_map(|quantile| quantile.value)
        };
        let from = quantile(0.01).reduce(f64::min).unwrap_or(low);
        let to = quantile(0.99).reduce(f64::max).unwrap_or(high);
        let room = (to - from) * 0.15;
        let (from, to) = ((from - room).max(low), (to + room).min(high));
        let gap_is_within = self.gap.is_none_or(|gap| from <= gap.at && gap.at <= to);
        if to > from && (to - from) < (high - low) * 0.4 && gap_is_within {
            (from, to)
        } else {
            (low, high)
        }
    }

    fn draw_histogram(&self, axis: &Axis) -> Markup {
        let total = |count: fn(&HistogramBin) -> u64| self.histogram.iter().map(count).sum::<u64>();
        let (ours, theirs) = (total(|bin| bin.candidate), total(|bin| bin.reference));
        let drawn: Vec<&HistogramBin> = self
            .histogram
            .iter()
            .filter(|bin| axis.contains(bin.from) || axis.contains(bin.to))
            .collect();
        let highest = drawn
            .iter()
            .map(|bin| number::share(bin.candidate, ours).max(number::share(bin.reference, theirs)))
            .fold(f64::MIN_POSITIVE, f64::max);
        let top = Top::above(highest);
        let level = |share: f64| BOTTOM - share / top.share * (BOTTOM - TOP);
        let outline = |total: u64, count: fn(&HistogramBin) -> u64| {
            let left = drawn.first().map_or(LEFT, |bin| axis.position(bin.from));
            let right = drawn.last().map_or(RIGHT, |bin| axis.position(bin.to));
            let path = Path::at(left, BOTTOM);
            let stairs = drawn.iter().fold(path, |path, bin| {
                let level = level(number::share(count(bin), total));
                path.to(axis.position(bin.from), level).to(axis.position(bin.to), level)
            });
            stairs.to(right, BOTTOM)
        };
        let mut svg = frame(Svg::new("plot", WIDTH, HEIGHT), axis);
        for share in [top.share / 2.0, top.share] {
            svg = svg.line("grid", (LEFT, level(share)), (RIGHT, level(share)));
            svg = svg.text("e", (LEFT - 5.0, level(share) + 3.5), &number_of_percent(share));
        }
        let svg = svg
            .path("fill r", &outline(theirs, |bin| bin.reference))
            .path("step c", &outline(ours, |bin| bin.candidate))
            .line("base", (LEFT, BOTTOM), (RIGHT, BOTTOM));
        let description = format!(
            "{} values of production filled, {} values of the candidate as an outline, from {} to {}; a bar is the share of its side's values.",
            number::count(theirs),
            number::count(ours),
            self.quantity.value(self.histogram.first().map_or(0.0, |bin| bin.from)),
            self.quantity.value(self.histogram.last().map_or(0.0, |bin| bin.to)),
        );
        svg.named(&format!("Histograms of {}", super::text::shorten(self.column, 60)), &description)
    }

    fn draw_ecdf(&self, axis: &Axis) -> Markup {
        let level = |share: f64| BOTTOM - share * (BOTTOM - TOP);
        let stairs = |share: fn(&EcdfPoint) -> f64| {
            let path = Path::at(LEFT, BOTTOM);
            let path = self
                .ecdf
                .iter()
                .fold(path, |path, point| path.step(axis.position(point.at), level(share(point))));
            let last = self.ecdf.last().map_or(0.0, share);
            path.to(RIGHT, level(last))
        };
        let mut svg = frame(Svg::new("plot", WIDTH, HEIGHT), axis);
        for (share, label) in [(0.5, "50%"), (1.0, "100%")] {
            svg = svg.line("grid", (LEFT, level(share)), (RIGHT, level(share)));
            svg = svg.text("e", (LEFT - 5.0, level(share) + 3.5), label);
        }
        svg = svg
            .path("curve r", &stairs(|point| point.reference))
            .path("curve c", &stairs(|point| point.candidate))
            .line("base", (LEFT, BOTTOM), (RIGHT, BOTTOM));
        let mut description =
            "The share of values at or below each position, on both sides; equal everywhere."
                .to_owned();
        if let Some(gap) = self.gap {
            svg = draw_gap(
                svg,
                gap,
                axis.position(gap.at),
                (level(gap.candidate), level(gap.reference)),
            );
            description = format!(
                "The share of values at or below each position. They are farthest apart at {}: {} in production, {} in the candidate.",
                self.quantity.value(gap.at),
                number::percent(gap.reference),
                number::percent(gap.candidate),
            );
        }
        svg.named(
            &format!("Distribution functions of {}", super::text::shorten(self.column, 60)),
            &description,
        )
    }

    fn bins(&self) -> Vec<BinRow> {
        let row = |bin: &HistogramBin| BinRow {
            range: format!("{} to {}", self.quantity.value(bin.from), self.quantity.value(bin.to)),
            reference: number::count(bin.reference),
            candidate: number::count(bin.candidate),
        };
        self.histogram.iter().filter(|bin| bin.candidate + bin.reference > 0).map(row).collect()
    }

    fn beyond(&self, axis: &Axis) -> String {
        let (first, last) = (self.histogram.first(), self.histogram.last());
        let (Some(first), Some(last)) = (first, last) else { return String::new() };
        if axis.contains(first.from) && axis.contains(last.to) {
            return String::new();
        }
        format!(
            "The axis shows where nearly all values lie; the whole range is {} to {}.",
            self.quantity.value(first.from),
            self.quantity.value(last.to)
        )
    }
}

/// The end of the vertical axis of a histogram.
struct Top {
    share: f64,
}

impl Top {
    /// The next round share, so that its half is round too.
    fn above(highest: f64) -> Self {
        let power = 10_f64.powf(highest.log10().floor());
        let share = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0]
            .map(|nice| nice * power)
            .into_iter()
            .find(|share| *share >= highest);
        Self { share: share.unwrap_or(highest) }
    }
}

fn number_of_percent(share: f64) -> String {
    format!("{}%", number::number((share * 1e6).round() / 1e4))
}

fn frame(svg: Svg, axis: &Axis) -> Svg {
    let last = axis.ticks.len().saturating_sub(1);
    axis.ticks.iter().enumerate().fold(svg, |svg, (index, tick)| {
        let x = axis.position(tick.at);
        let (class, label_x) = match index {
            0 if x < LEFT + 30.0 => ("s", x.min(LEFT + 2.0)),
            _ if index == last && x > RIGHT - 30.0 => ("e", RIGHT + 8.0),
            _ => ("m", x),
        };
        svg.line("tick", (x, BOTTOM), (x, BOTTOM + 4.0)).text(
            class,
            (label_x, BOTTOM + 17.0),
            &tick.label,
        )
    })
}

fn draw_gap(svg: Svg, gap: &EcdfPoint, x: f64, (ours, theirs): (f64, f64)) -> Svg {
    let distance = (gap.candidate - gap.reference).abs();
    let label = format!("D = {}", number::effect(distance));
    // A rising curve leaves the corners below on the right and above on the left free.
    let (class, label_x, label_y) = if x < RIGHT - 80.0 {
        ("gap s", x + 8.0, (ours.max(theirs) + 16.0).min(BOTTOM - 5.0))
    } else {
        ("gap e", x - 8.0, (ours.min(theirs) - 8.0).max(TOP - 3.0))
    };
    let svg = svg.line("gap", (x, ours), (x, theirs));
    [ours, theirs].into_iter().fold(svg, |svg, y| svg.line("gap", (x - 4.0, y), (x + 4.0, y))).text(
        class,
        (label_x, label_y),
        &label,
    )
}
