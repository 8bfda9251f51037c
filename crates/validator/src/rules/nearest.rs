//! Which of the known names somebody meant who wrote another.

/// The least similarity (Jaro-Winkler, 0 to 1) of a name that is offered.
const LEAST_SIMILARITY: f64 = 0.75;

/// Returns the known name that is most like the written one, if one is like it at all.
pub(crate) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = written.to_lowercase();
    let likeness = |name: &&'a str| (strsim::jaro_winkler(&written, &name.to_lowercase()), *name);
    let best = known.into_iter().map(|name| likeness(&name)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY).map(|(_, name)| name)
}

/// Returns the known name that the text of a serde error points to: `unknown field` or `unknown variant`, what was
/// written, and after `expected` what is known, each between backticks.
pub(crate) fn nearest_in_error(message: &str) -> Option<&str> {
    let names = message.strip_prefix("unknown ")?;
    let mut quoted = names.split('`').skip(1).step_by(2);
    let written = quoted.next()?;
    nearest(written, quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_name_is_found_and_nothing_else_is_made_up() {
        let known = ["not_null", "unique", "range", "set"];
        assert_eq!(nearest("notnull", known), Some("not_null"));
        assert_eq!(nearest("Uniqe", known), Some("unique"));
        assert_eq!(nearest("banana", known), None);
        let message = "unknown field `keys`, expected one of `key`, `columns`";
        assert_eq!(nearest_in_error(message), Some("key"));
        assert_eq!(nearest_in_error("invalid type: string \"unknown `x`\""), None);
    }
}
