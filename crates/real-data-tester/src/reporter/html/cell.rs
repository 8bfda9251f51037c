//! One cell of a table of the data, alone or before and after.

use super::markup::Markup;
use super::text::{one_line, shorten};

/// The most characters of a cell, and of what is the same around a difference.
const CELL: usize = 100;
const AROUND: usize = 24;

/// The most bytes that are looked at character by character.
const LONG: usize = 2_000;

/// Shows a value.
pub(super) fn cell(value: Option<&str>) -> Markup {
    match value {
        None => Markup::default().fixed("<span class=\"none\">null</span>"),
        Some("") => Markup::default().fixed("<span class=\"none\">empty text</span>"),
        Some(value) => {
            Markup::default().fixed("<bdi>").and(&shorten(&shown(value), CELL)).fixed("</bdi>")
        }
    }
}

/// Shows a text before and after, each with what is not in the other marked.
pub(super) fn texts(before: &str, after: &str) -> (Markup, Markup) {
    let (before, after) = (shown_near(before, after), shown_near(after, before));
    let head = common(before.chars(), after.chars());
    let (head_before, rest_before) = split_at(&before, head);
    let (_, rest_after) = split_at(&after, head);
    let tail = common(rest_before.chars().rev(), rest_after.chars().rev());
    let mark = |rest: &str| {
        let (middle, tail) = split_at(rest, rest.chars().count() - tail);
        let markup = Markup::default().fixed("<bdi>").and(&end_of(head_before)).fixed("<mark>");
        markup.and(&shorten(middle, CELL)).fixed("</mark>").and(&start_of(tail)).fixed("</bdi>")
    };
    (mark(rest_before), mark(rest_after))
}

/// Shows a value; of a long one, the part where it begins to differ from `other`.
fn shown_near(value: &str, other: &str) -> String {
    if value.len().max(other.len()) <= LONG {
        return shown(value);
    }
    let same = value.bytes().zip(other.bytes()).take_while(|(ours, theirs)| ours == theirs).count();
    let start = value.floor_char_boundary(same.saturating_sub(4 * AROUND));
    let end = value.floor_char_boundary(same.saturating_add(4 * CELL));
    let before = if start > 0 { "…" } else { "" };
    let after = if end < value.len() { "…" } else { "" };
    one_line(&format!("{before}{}{after}", &value[start..end]))
}

/// Shows line breaks, and spaces where nobody would see them.
fn shown(value: &str) -> String {
    if value.len() > LONG {
        return one_line(&shorten(value, CELL));
    }
    let value = one_line(value);
    let inner = value.trim_matches(' ');
    let at = value.find(inner).unwrap_or(0);
    let visible = |spaces: &str| "␣".repeat(spaces.len());
    format!("{}{inner}{}", visible(&value[..at]), visible(&value[at + inner.len()..]))
}

fn common(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

fn split_at(text: &str, characters: usize) -> (&str, &str) {
    let at = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    text.split_at(at)
}

fn end_of(text: &str) -> String {
    let length = text.chars().count();
    if length <= AROUND {
        text.to_owned()
    } else {
        format!("…{}", split_at(text, length - AROUND).1)
    }
}

fn start_of(text: &str) -> String {
    let (start, rest) = split_at(text, AROUND);
    if rest.is_empty() { text.to_owned() } else { format!("{start}…") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(cell(None).to_string(), "<span class=\"none\">null</span>");
        assert_eq!(cell(Some(" a b\n")).to_string(), "<bdi>␣a b↵</bdi>");
        assert_eq!(cell(Some("  ")).to_string(), "<bdi>␣␣</bdi>");
        assert_eq!(cell(Some("<b>")).to_string(), "<bdi>&lt;b&gt;</bdi>");
    }

    #[test]
    fn a_difference_deep_in_a_long_text_is_seen() {
        let (before, after) =
            texts(&format!("{}x{}", "a".repeat(500), "b".repeat(500)), &"a".repeat(500));
        let around = "a".repeat(AROUND);
        assert_eq!(after.to_string(), format!("<bdi>…{around}<mark></mark></bdi>"));
        assert!(before.to_string().starts_with(&format!("<bdi>…{around}<mark>xbbb")), "{before}");
        let long = "ä".repeat(9_000);
        let (before, after) = texts(&format!("{long}1{long}"), &format!("{long}2"));
        assert!(after.to_string().ends_with("ä<mark>2</mark></bdi>"), "{after}");
        assert!(before.to_string().contains("ä<mark>1ä"), "{before}");
        let (before, after) = texts("naïve 1", "naïve 2");
        assert_eq!(
            (before.to_string(), after.to_string()),
            (
                "<bdi>naïve <mark>1</mark></bdi>".to_owned(),
                "<bdi>naïve <mark>2</mark></bdi>".to_owned()
            )
        );
    }
}
