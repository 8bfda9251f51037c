//! Text that is already HTML: put together from fixed pieces and from text that is escaped on its way in.

use std::fmt;

use askama::filters::HtmlSafe;

/// A piece of HTML. There is no way to put a string of the run into it that is not escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Markup(String);

impl Markup {
    /// Takes text.
    pub(super) fn text(text: &str) -> Self {
        Self::default().and(text)
    }

    /// Adds a piece that is part of this program.
    pub(super) fn fixed(mut self, html: &'static str) -> Self {
        self.0.push_str(html);
        self
    }

    /// Adds text, which is escaped for both element content and quoted attributes.
    pub(super) fn and(mut self, text: &str) -> Self {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
        self
    }

    /// Adds other HTML.
    pub(super) fn with(mut self, other: &Self) -> Self {
        self.0.push_str(&other.0);
        self
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place() {
        let hostile = r#"</td><script>alert('x')</script> & " onload="x"#;
        let markup = Markup::default().fixed("<b>").and(hostile).fixed("</b>").to_string();
        assert_eq!(
            markup,
            "<b>&lt;/td&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot; onload=&quot;x</b>"
        );
    }
}
