//! The text of a layout, taken apart: literals, variables, optional groups and fixed fields.

use super::fields::KeyFields;
use crate::error::{Error, Malformed, Repr};
use crate::layout::automaton;

/// The roles that every layout must fill, by spelling them in the key or by fixing them.
const REQUIRED: [(&str, &str); 3] = [
    (
        "execution",
        "a layout needs `{execution}`, or `{execution=current}` where keys do not tell it",
    ),
    ("step", "a layout needs `{step}`, or `{step=NAME}` where keys do not tell it"),
    ("output", "a layout needs `{output}`, or `{output=NAME}` where keys do not tell it"),
];

/// How many variables a template may have: the check for ambiguity keeps two bits for each in a word.
const MOST_VARIABLES: usize = 32;

#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) parts: Vec<Part>,
    pub(super) fixed: KeyFields,
}

#[derive(Clone, Debug)]
pub(super) enum Part {
    Literal(String),
    Variable(Variable),
    /// Present or absent as a whole.
    Group(Vec<Self>),
}

#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) pattern: Pattern,
    position: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// Whatever the role of the variable allows within one segment.
    Plain,
    /// What fits a regex.
    Regex {
        regex: String,
        /// What all such values start with.
        start: String,
    },
    /// All that is left of the key, with its slashes.
    Rest,
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let mut parser = Parser { text, at: 0, fixed: KeyFields::default() };
        let parts = parser.parts(0)?;
        let template = Self { parts, fixed: parser.fixed };
        template.check(text)?;
        Ok(template)
    }

    /// Checks what can only be seen once the whole template is read.
    fn check(&self, text: &str) -> Result<(), Malformed> {
        let malformed = |position, reason| Malformed {
            what: "layout",
            text: text.to_owned(),
            position,
            reason,
        };
        let spelled = variables(&self.parts);
        if spelled.len() > MOST_VARIABLES {
            return Err(malformed(
                spelled[MOST_VARIABLES].position,
                "a layout has 32 variables at most",
            ));
        }
        let outside = |name: &str| {
            self.parts
                .iter()
                .any(|part| matches!(part, Part::Variable(variable) if variable.name == name))
        };
        for (index, variable) in spelled.iter().enumerate() {
            let name = variable.name.as_str();
            let repeated = spelled[..index].iter().any(|earlier| earlier.name == name);
            let alone = spelled.iter().filter(|other| other.name == name).count() == 1;
            if self.fixed.field(name).is_some() {
                return Err(malformed(
                    variable.position,
                    "this field is fixed elsewhere in the layout",
                ));
            }
            if matches!(variable.pattern, Pattern::Rest) && repeated {
                return Err(malformed(variable.position, "`{path**}` can be there only once"));
            }
            if !alone && !self.parts.iter().any(|part| part.is(variable)) {
                return Err(malformed(
                    variable.position,
                    "a variable of an optional group cannot be repeated",
                ));
            }
        }
        for (role, reason) in REQUIRED {
            if !outside(role) && self.fixed.field(role).is_none() {
                let position =
                    spelled.iter().find(|variable| variable.name == role).map(|v| v.position);
                return Err(malformed(position.unwrap_or(text.len()), reason));
            }
        }
        match misplaced_rest(&self.parts, true, true) {
            Some(position) => Err(malformed(position, "`{path**}` must come last, after a `/`")),
            None => Ok(()),
        }
    }
}

impl Variable {
    /// Returns the regex that all values of the variable fit.
    pub(super) fn regex(&self) -> &str {
        match (&self.pattern, self.name.as_str()) {
            (Pattern::Regex { regex, .. }, _) => regex,
            (Pattern::Rest, _) => "(?s:.)+",
            (Pattern::Plain, "job") => "[a-z0-9_-]+",
            (Pattern::Plain, "step") => "[^/.@]+",
            (Pattern::Plain, _) => "[^/]+",
        }
    }

    /// Returns what all values of the variable start with.
    pub(super) fn start(&self) -> &str {
        match &self.pattern {
            Pattern::Regex { start, .. } => start,
            Pattern::Plain | Pattern::Rest => "",
        }
    }
}

impl Part {
    fn is(&self, variable: &Variable) -> bool {
        matches!(self, Self::Variable(own) if own.position == variable.position)
    }
}

/// Lists all variables in the order in which they are spelled.
pub(super) fn variables(parts: &[Part]) -> Vec<&Variable> {
    parts
        .iter()
        .flat_map(|part| match part {
            Part::Literal(_) => Vec::new(),
            Part::Variable(variable) => vec![variable],
            Part::Group(inner) => variables(inner),
        })
        .collect()
}

/// Finds a `{path**}` that something follows, or that does not start a segment.
fn misplaced_rest(parts: &[Part], last: bool, mut fresh: bool) -> Option<usize> {
    for (index, part) in parts.iter().enumerate() {
        let last = last && index + 1 == parts.len();
        match part {
            Part::Literal(text) => fresh = text.ends_with('/'),
            Part::Variable(Variable { pattern: Pattern::Rest, position, .. })
                if !(last && fresh) =>
            {
                return Some(*position);
            }
            Part::Variable(_) => fresh = false,
            Part::Group(inner) => {
                if let Some(position) = misplaced_rest(inner, last, fresh) {
                    return Some(position);
                }
                // What follows a group may follow what is before the group, too.
                fresh = fresh
                    && matches!(inner.last(), Some(Part::Literal(text)) if text.ends_with('/'));
            }
        }
    }
    None
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    fixed: KeyFields,
}

impl Parser<'_> {
    fn malformed(&self, position: usize, reason: &'static str) -> Error {
        Malformed { what: "layout", text: self.text.to_owned(), position, reason }.into()
    }

    /// Reads up to the end, or within a group (`depth` > 0) up to and including its `]`.
    fn parts(&mut self, depth: usize) -> Result<Vec<Part>, Error> {
        let start = self.at;
        let mut parts = Vec::new();
        let mut literal = String::new();
        while let Some(c) = self.text[self.at..].chars().next() {
            let here = self.at;
            self.at += c.len_utf8();
            if matches!(c, '{' | '}' | '[' | ']') && self.text[self.at..].starts_with(c) {
                self.at += 1;
                literal.push(c);
                continue;
            }
            match c {
                '{' => {
                    if let Some(variable) = self.braces(here, depth)? {
                        flush(&mut literal, &mut parts);
                        parts.push(Part::Variable(variable));
                    }
                }
                '[' => {
                    flush(&mut literal, &mut parts);
                    parts.push(Part::Group(self.parts(depth + 1)?));
                }
                ']' if depth > 0 => {
                    flush(&mut literal, &mut parts);
                    return self.group(start, parts);
                }
                '}' => {
                    return Err(self
                        .malformed(here, "no `{` before it; a brace of the key is written `}}`"));
                }
                ']' => {
                    return Err(self.malformed(
                        here,
                        "no `[` before it; a bracket of the key is written `]]`",
                    ));
                }
                other => literal.push(other),
            }
        }
        if depth > 0 {
            return Err(self.malformed(start - 1, "this group is not closed"));
        }
        flush(&mut literal, &mut parts);
        Ok(parts)
    }

    fn group(&self, start: usize, parts: Vec<Part>) -> Result<Vec<Part>, Error> {
        if parts.iter().any(|part| matches!(part, Part::Variable(_))) {
            Ok(parts)
        } else {
            Err(self.malformed(
                start - 1,
                "an optional group needs a variable of its own, to tell whether it is there",
            ))
        }
    }

    /// Reads what follows a `{`: a variable, or a fixed field, which is noted and spells nothing.
    fn braces(&mut self, open: usize, depth: usize) -> Result<Option<Variable>, Error> {
        let body = self.text[self.at..]
            .get(..closing_brace(&self.text[self.at..]).unwrap_or(usize::MAX))
            .ok_or_else(|| {
                self.malformed(open, "this brace is not closed; a brace of the key is written `{{`")
            })?;
        let start = self.at;
        self.at += body.len() + 1;
        let end =
            body.find(|c: char| !matches!(c, 'a'..='z' | '0'..='9' | '_')).unwrap_or(body.len());
        let (name, rest) = body.split_at(end);
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Err(self.malformed(start, "a variable is a lower-case word"));
        }
        if let Some(value) = rest.strip_prefix('=') {
            if depth > 0 {
                return Err(self.malformed(open, "a fixed field cannot be in an optional group"));
            }
            return self.fix(name, value, start).map(|()| None);
        }
        let pattern = match rest.strip_prefix(':') {
            Some(regex) => {
                let literal = self.constraint(regex, start + end + 1)?;
                Pattern::Regex { regex: regex.to_owned(), start: literal }
            }
            None if rest.is_empty() => Pattern::Plain,
            None if rest == "**" => Pattern::Rest,
            None => {
                return Err(self.malformed(
                    start + end,
                    "after the name comes `}`, `:` and a regex, `=` and a value, or `**`",
                ));
            }
        };
        if (name == "path") != matches!(pattern, Pattern::Rest) {
            return Err(self.malformed(
                start,
                "the rest of a key is written `{path**}`, and only that is the rest",
            ));
        }
        Ok(Some(Variable { name: name.to_owned(), pattern, position: open }))
    }

    fn fix(&mut self, name: &str, value: &str, start: usize) -> Result<(), Error> {
        if name == "path" {
            return Err(self.malformed(start, "the path cannot be fixed"));
        }
        if self.fixed.field(name).is_some() {
            return Err(self.malformed(start, "this field is fixed twice"));
        }
        self.fixed
            .set(name, value)
            .map_err(|(at, reason)| self.malformed(start + name.len() + 1 + at, reason))
    }

    /// Checks a regex, and returns what all values that fit it start with.
    fn constraint(&self, regex: &str, at: usize) -> Result<String, Error> {
        match automaton::constraint(regex) {
            Ok(Ok(start)) => Ok(start),
            Ok(Err(reason)) => Err(self.malformed(at, reason)),
            Err(source) => {
                let text = self.text.to_owned();
                Err(Repr::Unreadable { what: "layout", text, position: at, source }.into())
            }
        }
    }
}

fn flush(literal: &mut String, parts: &mut Vec<Part>) {
    if !literal.is_empty() {
        parts.push(Part::Literal(std::mem::take(literal)));
    }
}

/// Finds the `}` that closes a variable, past the braces, escapes and classes of a regex.
fn closing_brace(body: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_class = false;
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '{' if !in_class => depth += 1,
            '}' if !in_class && depth > 0 => depth -= 1,
            '}' if !in_class => return Some(at),
            _ => {}
        }
    }
    None
}
