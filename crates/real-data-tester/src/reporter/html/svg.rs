//! A small writer of inline SVG: rounded numbers, classes instead of colours, a name for whoever cannot see it.

use super::markup::Markup;

/// One picture.
#[derive(Debug)]
pub(super) struct Svg {
    opening: Markup,
    body: Markup,
}

impl Svg {
    /// Begins a picture that scales with the width it is given.
    pub(super) fn new(class: &'static str, width: f64, height: f64) -> Self {
        let opening =
            Markup::default().fixed("<svg class=\"").fixed(class).fixed("\" viewBox=\"0 0 ");
        let opening = opening.and(&rounded(width)).fixed(" ").and(&rounded(height)).fixed("\"");
        Self { opening, body: Markup::default() }
    }

    /// Begins a picture that is stretched to the width it is given.
    pub(super) fn stretched(class: &'static str, width: f64, height: f64) -> Self {
        let svg = Self::new(class, width, height);
        Self { opening: svg.opening.fixed(" preserveAspectRatio=\"none\""), ..svg }
    }

    #[must_use]
    pub(super) fn rect(
        mut self,
        class: &'static str,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
    ) -> Self {
        self.body = self.body.fixed("<rect class=\"").fixed(class).fixed("\"");
        self.attributes(&[
            ("x", x),
            ("y", y),
            ("width", width.max(0.0)),
            ("height", height.max(0.0)),
        ])
    }

    #[must_use]
    pub(super) fn line(mut self, class: &'static str, from: (f64, f64), to: (f64, f64)) -> Self {
        self.body = self.body.fixed("<path class=\"").fixed(class).fixed("\" d=\"");
        self.body = self.body.and(&Path::at(from.0, from.1).to(to.0, to.1).data).fixed("\"/>");
        self
    }

    #[must_use]
    pub(super) fn circle(mut self, class: &'static str, (x, y): (f64, f64), radius: f64) -> Self {
        self.body = self.body.fixed("<circle class=\"").fixed(class).fixed("\"");
        self.attributes(&[("cx", x), ("cy", y), ("r", radius)])
    }

    #[must_use]
    pub(super) fn path(mut self, class: &'static str, path: &Path) -> Self {
        self.body = self
            .body
            .fixed("<path class=\"")
            .fixed(class)
            .fixed("\" d=\"")
            .and(&path.data)
            .fixed("\"/>");
        self
    }

    /// Writes text whose start, middle or end is at the position.
    #[must_use]
    pub(super) fn text(mut self, class: &'static str, (x, y): (f64, f64), text: &str) -> Self {
        self.body =
            self.body.fixed("<text class=\"").fixed(class).fixed("\" x=\"").and(&rounded(x));
        self.body =
            self.body.fixed("\" y=\"").and(&rounded(y)).fixed("\">").and(text).fixed("</text>");
        self
    }

    fn attributes(mut self, attributes: &[(&'static str, f64)]) -> Self {
        for (name, value) in attributes {
            self.body =
                self.body.fixed(" ").fixed(name).fixed("=\"").and(&rounded(*value)).fixed("\"");
        }
        self.body = self.body.fixed("/>");
        self
    }

    /// Ends a picture that tells something of its own.
    pub(super) fn named(self, title: &str, description: &str) -> Markup {
        let named = self.opening.fixed(" role=\"img\"><title>").and(title).fixed("</title>");
        named.fixed("<desc>").and(description).fixed("</desc>").with(&self.body).fixed("</svg>")
    }

    /// Ends a picture of numbers that stand beside it.
    pub(super) fn decoration(self) -> Markup {
        self.opening.fixed(" aria-hidden=\"true\">").with(&self.body).fixed("</svg>")
    }
}

/// A line of many points, written relative to each other in tenths, so that no rounding adds up.
#[derive(Debug)]
pub(super) struct Path {
    data: String,
    x: i64,
    y: i64,
}

impl Path {
    /// Starts at a position.
    pub(super) fn at(x: f64, y: f64) -> Self {
        let (x, y) = (tenths(x), tenths(y));
        Self { data: format!("M{} {}", in_tenths(x), in_tenths(y)), x, y }
    }

    /// Draws a straight line.
    #[must_use]
    pub(super) fn to(mut self, x: f64, y: f64) -> Self {
        let (x, y) = (tenths(x), tenths(y));
        let (right, down) = (x - self.x, y - self.y);
        match (right, down) {
            (0, 0) => {}
            (_, 0) => self.data.extend(["h", &in_tenths(right)]),
            (0, _) => self.data.extend(["v", &in_tenths(down)]),
            _ => self.data.extend(["l", &in_tenths(right), " ", &in_tenths(down)]),
        }
        (self.x, self.y) = (x, y);
        self
    }

    /// Goes right, then up or down: the next step of a staircase.
    #[must_use]
    pub(super) fn step(self, x: f64, y: f64) -> Self {
        let level = self.y;
        let mut path = self;
        let right = tenths(x) - path.x;
        if right != 0 && tenths(y) != level {
            path.data.extend(["h", &in_tenths(right)]);
            path.x += right;
        }
        // A step without a rise waits for the next one, which then goes further right.
        if tenths(y) == level { path } else { path.to(x, y) }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "positions are within a picture")]
fn tenths(value: f64) -> i64 {
    (value * 10.0).round() as i64
}

fn in_tenths(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    match (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10) {
        (whole, 0) => format!("{sign}{whole}"),
        (0, rest) => format!("{sign}.{rest}"),
        (whole, rest) => format!("{sign}{whole}.{rest}"),
    }
}

fn rounded(value: f64) -> String {
    in_tenths(tenths(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.0, -0.04, 12.34, -0.26, 7.0].map(rounded), ["0", "0", "12.3", "-.3", "7"]);
    }

    #[test]
    fn a_staircase_holds_no_step_without_a_rise() {
        let path =
            Path::at(0.0, 10.0).step(2.0, 10.0).step(4.0, 8.0).step(4.01, 8.0).step(6.0, 5.5);
        assert_eq!(path.data, "M0 10h4v-2h2v-2.5");
    }

    #[test]
    fn text_in_a_picture_is_escaped() {
        let svg = Svg::new("plot", 10.0, 5.0).text("t", (1.0, 2.0), "</svg><script>");
        let markup = svg.named("a \"b\"", "<c>").to_string();
        assert_eq!(
            markup,
            "<svg class=\"plot\" viewBox=\"0 0 10 5\" role=\"img\"><title>a &quot;b&quot;</title>\
             <desc>&lt;c&gt;</desc><text class=\"t\" x=\"1\" y=\"2\">&lt;/svg&gt;&lt;script&gt;</text></svg>"
        );
    }
}
