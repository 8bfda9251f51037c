//! Makes text of the run fit to be read: shortened, without invisible characters, names set apart.

use super::markup::Markup;

/// The most characters of a name, a message and a path.
const NAME: usize = 120;
const MESSAGE: usize = 500;

/// Returns the text, or its beginning and how much is missing.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else { return text.to_owned() };
    let rest = text[end..].chars().count();
    format!("{}… ({} more characters)", &text[..end], super::number::count_of(rest))
}

/// Sets a name of the run: it can be told from the words around it, and its direction stays its own.
pub(super) fn name(text: &str) -> Markup {
    Markup::default()
        .fixed("<code><bdi>")
        .and(&one_line(&shorten(text, NAME)))
        .fixed("</bdi></code>")
}

/// Sets a sentence in which names stand between backticks.
pub(super) fn sentence(text: &str) -> Markup {
    let shown = one_line(&shorten(text, MESSAGE));
    let mut markup = Markup::default();
    let mut parts = shown.split('`').peekable();
    let mut inside = false;
    while let Some(part) = parts.next() {
        let closed = parts.peek().is_some();
        markup = match (inside, closed) {
            (true, true) => markup.fixed("<code><bdi>").and(part).fixed("</bdi></code>"),
            (true, false) => markup.and("`").and(part),
            (false, _) => markup.and(&grouped(part)),
        };
        inside = !inside;
    }
    markup
}

/// What is counted in sentences; a number of four digits before anything else may be a year.
const COUNTED: [&str; 8] = ["row", "value", "cell", "column", "file", "object", "byte", "step"];

/// Sets thousands apart in the whole numbers of a sentence: `12345 rows` becomes `12,345 rows`.
fn grouped(text: &str) -> String {
    let words = text.split_inclusive([' ', '(']).collect::<Vec<_>>();
    let mut set = String::with_capacity(text.len());
    for (place, word) in words.iter().enumerate() {
        let number = word.trim_end_matches([' ', ',', ';', ')', ':', '.']);
        let counts = words
            .get(place + 1)
            .is_some_and(|next| COUNTED.iter().any(|what| next.starts_with(what)));
        let long = number.len() > 4 || (number.len() == 4 && counts);
        if long && !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit()) {
            set.push_str(&super::number::group(number));
            set.push_str(&word[number.len()..]);
        } else {
            set.push_str(word);
        }
    }
    set
}

/// Shows line breaks and tabs, which would otherwise be lost in the layout.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' => '↵',
            '\t' => '⇥',
            other => other,
        })
        .collect()
}

/// Takes out what a log holds for a terminal: escape sequences and carriage returns at line ends.
pub(super) fn log(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' if characters.next_if_eq(&'[').is_some() => {
                while characters.next().is_some_and(|next| !('@'..='~').contains(&next)) {}
            }
            '\r' if characters.peek() == Some(&'\n') => {}
            other => plain.push(other),
        }
    }
    plain
}

/// Makes every character visible that would not be: controls, and marks that turn the direction of
/// what follows them. It is applied to the whole page, so nothing can slip past it.
pub(super) fn visible(page: &str) -> String {
    let mut shown = String::with_capacity(page.len());
    for character in page.chars() {
        match character {
            '\n' | '\t' => shown.push(character),
            '\0'..='\u{1f}' => {
                shown.push(char::from_u32(0x2400 + u32::from(character)).unwrap_or('�'));
            }
            '\u{7f}' => shown.push('␡'),
            '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' => {
                shown.extend(["‹U+", &format!("{:04X}", u32::from(character)), "›"]);
            }
            other => shown.push(other),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_sentence_are_set_apart_and_escaped() {
        let set = sentence("column `<b>` moved, `odd").to_string();
        assert_eq!(set, "column <code><bdi>&lt;b&gt;</bdi></code> moved, `odd");
        assert_eq!(sentence("").to_string(), "");
        assert_eq!(sentence("`").to_string(), "`");
    }

    #[test]
    fn thousands_are_set_apart_in_counts_and_nowhere_else() {
        let set = |text: &str| sentence(text).to_string();
        assert_eq!(set("(1234 rows), 24951 of 1000000."), "(1,234 rows), 24,951 of 1,000,000.");
        let kept = "in 2013 run 00012345, 2013-01-31, 12345.678, a12345, p < 1e-10000";
        assert_eq!(set(kept), kept.replace('<', "&lt;"));
        assert_eq!(set("`12345`"), "<code><bdi>12345</bdi></code>");
    }

    #[test]
    fn a_long_text_says_what_is_missing() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten(&"ä".repeat(1_500), 2), "ää… (1,498 more characters)");
    }

    #[test]
    fn invisible_characters_are_shown() {
        assert_eq!(visible("a\0b\u{202e}c\u{1b}\n"), "a␀b‹U+202E›c␛\n");
        assert_eq!(one_line("a\nb\tc"), "a↵b⇥c");
    }

    #[test]
    fn a_log_loses_its_colours_and_keeps_its_lines() {
        assert_eq!(log("\u{1b}[1;31merror\u{1b}[0m: x\r\n  y\u{1b}7"), "error: x\n  y\u{1b}7");
        assert_eq!(log("cut \u{1b}[3"), "cut ");
    }
}
