//! The text of a layout, taken apart: literals, variables, optional groups and fixed fields.

use super::fields::KeyFields;
use crate::error::{Error, Malformed, Repr};
use crate::layout::automaton;
use crate::name::Fault;

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
        let misplaced = || misplaced_rest(&template.parts, true, true);
        let fault = template
            .variable_fault()
            .or_else(|| template.role_fault(text.len()))
            .or_else(|| Some((misplaced()?, "`{path**}` must come last, after a `/`")));
        match fault {
            Some((position, reason)) => {
                Err(Malformed { what: "layout", text: text.to_owned(), position, reason }.into())
            }
            None => Ok(template),
        }
    }

    /// Finds a variable that goes ill with others.
    fn variable_fault(&self) -> Option<Fault> {
        let spelled = variables(&self.parts);
        let fault = |(index, variable): (usize, &&Variable)| {
            let same = |other: &&&Variable| other.name == variable.name;
            let repeats = spelled[..index].iter().any(|earlier| same(&earlier));
            let alone = spelled.iter().filter(same).count() == 1;
            if index >= MOST_VARIABLES {
                Some("a layout has 32 variables at most")
            } else if self.fixed.field(&variable.name).is_some() {
                Some("this field is fixed elsewhere in the layout")
            } else if repeats && matches!(variable.pattern, Pattern::Rest) {
                Some("`{path**}` can be there only once")
            } else if !alone && !self.is_outside_groups(variable) {
                Some("a variable of an optional group cannot be repeated")
            } else {
                None
            }
        };
        spelled.iter().enumerate().find_map(|found| Some((found.1.position, fault(found)?)))
    }

    /// Finds a role that nothing fills for certain.
    fn role_fault(&self, end: usize) -> Option<Fault> {
        let spelled = variables(&self.parts);
        REQUIRED.into_iter().find_map(|(role, reason)| {
            let variable = spelled.iter().find(|variable| variable.name == role);
            let filled = self.fixed.field(role).is_some()
                || variable.is_some_and(|variable| self.is_outside_groups(variable));
            (!filled).then(|| (variable.map_or(end, |variable| variable.position), reason))
        })
    }

    fn is_outside_groups(&self, variable: &Variable) -> bool {
        let is =
            |part: &Part| matches!(part, Part::Variable(own) if own.position == variable.position);
        self.parts.iter().any(is)
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
