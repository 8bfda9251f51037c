//! The verdict as a symbol, a word and a colour: never the colour alone.

use reenact_validator::Verdict;

use super::markup::Markup;

/// A verdict on a check.
pub(super) fn check(verdict: Verdict) -> Markup {
    badge(verdict, verdict.as_str())
}

/// A verdict on an output, a table or a file.
pub(super) fn whole(verdict: Verdict) -> Markup {
    let word = match verdict {
        Verdict::Pass => "matches",
        Verdict::Inconclusive => "could not tell",
        Verdict::Fail => "differs",
    };
    badge(verdict, word)
}

fn badge(verdict: Verdict, word: &str) -> Markup {
    let markup = Markup::default().fixed("<span class=\"badge ").fixed(class(verdict)).fixed("\">");
    markup.with(&symbol(verdict)).and(word).fixed("</span>")
}

/// The class that colours what has this verdict.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "v-pass",
        Verdict::Inconclusive => "v-open",
        Verdict::Fail => "v-fail",
    }
}

/// The symbol of a verdict, drawn once at the top of the page.
pub(super) fn symbol(verdict: Verdict) -> Markup {
    let symbol = match verdict {
        Verdict::Pass => r##"<svg class="i" aria-hidden="true"><use href="#i-pass"/></svg>"##,
        Verdict::Inconclusive => {
            r##"<svg class="i" aria-hidden="true"><use href="#i-open"/></svg>"##
        }
        Verdict::Fail => r##"<svg class="i" aria-hidden="true"><use href="#i-fail"/></svg>"##,
    };
    Markup::default().fixed(symbol)
}
