//! The grammar of property paths: `Name`, `.Name`, `['key']`, `["key"]`, `[key]` and `[0]`, one after the other.

use crate::name::Fault;

/// Lists and maps of a step's description whose members go by name, so that `Outputs.x` means `Outputs['x']`.
const KEYED: [&str; 8] = [
    "Environment",
    "FinalMetricDataList",
    "HyperParameters",
    "InputDataConfig",
    "OutputParameters",
    "Outputs",
    "ProcessingInputs",
    "PropertyFiles",
];

/// One member of a property path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member<'a> {
    Field(&'a str),
    Key(&'a str),
    Index(usize),
}

/// Takes a path apart, or says where it stops making sense.
pub(crate) fn members(text: &str) -> Result<Vec<Member<'_>>, Fault> {
    let mut members = Vec::new();
    let mut at = 0;
    loop {
        let name = field(text, at)?;
        let keyed = matches!(members.last(), Some(Member::Field(owner)) if KEYED.contains(owner));
        members.push(if keyed { Member::Key(name) } else { Member::Field(name) });
        at += name.len();
        while text[at..].starts_with('[') {
            let (member, length) =
                bracket(&text[at..]).map_err(|(offset, reason)| (at + offset, reason))?;
            members.push(member);
            at += length;
        }
        match text[at..].chars().next() {
            None => return Ok(members),
            Some('.') => at += 1,
            Some(_) => return Err((at, "expected `.`, `[` or the end")),
        }
    }
}

/// Writes a path in its one canonical spelling, which [`members`] takes apart again.
pub(crate) fn write(members: &[Member<'_>]) -> String {
    let mut text = String::new();
    for member in members {
        match member {
            Member::Field(name) if text.is_empty() => text.push_str(name),
            Member::Field(name) => text.extend([".", name]),
            Member::Key(key) if key.contains('\'') => text.extend(["[\"", key, "\"]"]),
            Member::Key(key) => text.extend(["['", key, "']"]),
            Member::Index(index) => text.extend(["[", &index.to_string(), "]"]),
        }
    }
    text
}

fn field(text: &str, at: usize) -> Result<&str, Fault> {
    let rest = &text[at..];
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
        .unwrap_or(rest.len());
    if end == 0 { Err((at, "expected a name")) } else { Ok(&rest[..end]) }
}

/// Reads `[...]` at the start of `text`, and tells how long it is.
fn bracket(text: &str) -> Result<(Member<'_>, usize), Fault> {
    const UNCLOSED: &str = "this bracket is not closed";
    let body = &text[1..];
    if let Some(quote) = body.chars().next().filter(|c| matches!(c, '\'' | '"')) {
        let key = body[1..].split(quote).next().unwrap_or_default();
        let after = &body[1 + key.len()..];
        return match after.strip_prefix(quote) {
            None => Err((1, "this quote is not closed")),
            Some(_) if key.is_empty() => Err((2, "a key cannot be empty")),
            Some(rest) if rest.starts_with(']') => Ok((Member::Key(key), key.len() + 4)),
            Some("") => Err((0, UNCLOSED)),
            Some(_) => Err((key.len() + 3, "expected `]`")),
        };
    }
    let Some(end) = body.find(']') else {
        return Err((0, UNCLOSED));
    };
    let key = &body[..end];
    if key.is_empty() {
        return Err((1, "expected a key or an index"));
    }
    if let Some(at) = key.find(['\'', '"', '[']) {
        return Err((1 + at, "a key with such a character must be quoted as a whole"));
    }
    let member =
        if key.bytes().all(|byte| byte.is_ascii_digit()) { index(key)? } else { Member::Key(key) };
    Ok((member, end + 2))
}

fn index(digits: &str) -> Result<Member<'_>, Fault> {
    if digits.len() > 1 && digits.starts_with('0') {
        return Err((1, "an index has no leading zero; a key of digits is quoted"));
    }
    // All are digits, so only the size can be wrong.
    digits.parse().map(Member::Index).or(Err((1, "this index is too large")))
}
