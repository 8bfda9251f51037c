//! One way to write a template out, with each optional group either there or not: a list of segments.

use regex::Regex;

use super::fields::KeyFields;
use super::mismatch::MismatchReason;
use super::template::{Part, Pattern, Variable};
use crate::error::Error;

/// Where a key stops fitting, and why.
pub(super) type Misfit = (usize, MismatchReason);

#[derive(Clone, Debug)]
pub(super) struct Variant {
    segments: Vec<Segment>,
    /// Whether `{path**}` follows the segments.
    rest: bool,
}

#[derive(Clone, Debug)]
struct Segment {
    /// The segment as the template has it.
    text: String,
    pieces: Vec<Piece>,
    /// Takes the values out, unless the segment is one literal or one unconstrained variable.
    regex: Option<Regex>,
}

#[derive(Clone, Debug)]
enum Piece {
    Literal(String),
    Variable(Variable),
}

impl Variant {
    /// Writes a template out in all ways.
    pub(super) fn all(parts: &[Part]) -> Result<Vec<Self>, Error> {
        expand(parts).into_iter().map(Self::assemble).collect()
    }

    /// Returns in how many ways a template can be written out.
    pub(super) fn count(parts: &[Part]) -> usize {
        parts.iter().fold(1, |count, part| match part {
            Part::Group(inner) => count.saturating_mul(1 + Self::count(inner)),
            _ => count,
        })
    }

    fn assemble(pieces: Vec<Piece>) -> Result<Self, Error> {
        let mut segments = Vec::new();
        let mut segment = Vec::new();
        let mut rest = false;
        for piece in pieces {
            match piece {
                Piece::Literal(text) => {
                    for (index, part) in text.split('/').enumerate() {
                        if index > 0 {
                            segments.push(Segment::compile(std::mem::take(&mut segment))?);
                        }
                        if !part.is_empty() {
                            segment.push(Piece::Literal(part.to_owned()));
                        }
                    }
                }
                Piece::Variable(Variable { pattern: Pattern::Rest, .. }) => rest = true,
                variable @ Piece::Variable(_) => segment.push(variable),
            }
        }
        if !rest {
            segments.push(Segment::compile(segment)?);
        }
        Ok(Self { segments, rest })
    }

    /// Lists the names of the variables that this variant spells.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        let segments = self.segments.iter().flat_map(|segment| &segment.pieces);
        let spelled = segments.filter_map(|piece| match piece {
            Piece::Variable(variable) => Some(variable.name.as_str()),
            Piece::Literal(_) => None,
        });
        spelled.chain(self.rest.then_some("path"))
    }

    /// Takes the values of all variables out of a whole key.
    pub(super) fn read(&self, key: &str, fields: &mut KeyFields) -> Result<(), Misfit> {
        let mut at = 0;
        let mut left = Some(key);
        for segment in &self.segments {
            let Some(text) = left else {
                return Err((
                    key.len(),
                    MismatchReason::Shorter { expected: segment.text.clone() },
                ));
            };
            let (found, after) = match text.split_once('/') {
                Some((found, after)) => (found, Some(after)),
                None => (text, None),
            };
            segment.read(found, at, fields)?;
            at += found.len() + 1;
            left = after;
        }
        match left {
            Some(path) if self.rest && !path.is_empty() => set(fields, "path", path, at),
            None | Some(_) if self.rest => {
                Err((key.len(), MismatchReason::Shorter { expected: "{path**}".to_owned() }))
            }
            None => Ok(()),
            Some(_) => Err((at - 1, MismatchReason::Longer)),
        }
    }

    /// Takes the values out of the leading segments of a key, none of which may be cut short.
    pub(super) fn read_prefix(&self, prefix: &str, fields: &mut KeyFields) -> Result<(), Misfit> {
        let mut at = 0;
        let mut segments = self.segments.iter();
        for found in prefix.split_terminator('/') {
            match segments.next() {
                Some(segment) => segment.read(found, at, fields)?,
                None if self.rest => return Ok(()),
                None => return Err((at.saturating_sub(1), MismatchReason::Longer)),
            }
            at += found.len() + 1;
        }
        if segments.len() == 0 && !self.rest {
            return Err((at.saturating_sub(1), MismatchReason::Longer));
        }
        Ok(())
    }

    /// Writes a key as far as the fields tell it, and names the variable that it stops at.
    pub(super) fn write(&self, fields: &KeyFields) -> (String, Option<&str>) {
        let mut key = String::new();
        for (index, segment) in self.segments.iter().enumerate() {
            if index > 0 {
                key.push('/');
            }
            for piece in &segment.pieces {
                match piece {
                    Piece::Literal(text) => key.push_str(text),
                    Piece::Variable(variable) => {
                        let value = fields.field(&variable.name);
                        key.push_str(value.unwrap_or_else(|| variable.start()));
                        if value.is_none() {
                            return (key, Some(&variable.name));
                        }
                    }
                }
            }
        }
        if self.rest {
            if !self.segments.is_empty() {
                key.push('/');
            }
            match fields.path() {
                Some(path) => key.push_str(path),
                None => return (key, Some("path")),
            }
        }
        (key, None)
    }
}

impl Segment {
    fn compile(pieces: Vec<Piece>) -> Result<Self, Error> {
        let text = pieces.iter().map(Piece::to_text).collect::<String>();
        let regex = match &pieces[..] {
            []
            | [Piece::Literal(_) | Piece::Variable(Variable { pattern: Pattern::Plain, .. })] => {
                None
            }
            several => {
                let pattern: String = several
                    .iter()
                    .enumerate()
                    .map(|(index, piece)| piece.to_regex(index))
                    .collect();
                Some(Regex::new(&format!(r"\A{pattern}\z")).map_err(|source| {
                    crate::error::Repr::Unreadable {
                        what: "layout",
                        text: text.clone(),
                        position: 0,
                        source: source.into(),
                    }
                })?)
            }
        };
        Ok(Self { text, pieces, regex })
    }

    /// Takes the values out of one segment of a key, which starts at `at`.
    fn read(&self, found: &str, at: usize, fields: &mut KeyFields) -> Result<(), Misfit> {
        let misfit = || {
            (at, MismatchReason::Expected { expected: self.text.clone(), found: found.to_owned() })
        };
        let Some(regex) = &self.regex else {
            return match &self.pieces[..] {
                [Piece::Variable(variable)] if !found.is_empty() => {
                    set(fields, &variable.name, found, at)
                }
                [Piece::Literal(text)] if text == found => Ok(()),
                [] if found.is_empty() => Ok(()),
                _ => Err(misfit()),
            };
        };
        let captures = regex.captures(found).ok_or_else(misfit)?;
        for (index, piece) in self.pieces.iter().enumerate() {
            if let (Piece::Variable(variable), Some(value)) = (piece, captures.name(&group(index)))
            {
                set(fields, &variable.name, value.as_str(), at + value.start())?;
            }
        }
        Ok(())
    }
}

impl Piece {
    fn to_text(&self) -> String {
        match self {
            Self::Literal(text) => text.clone(),
            Self::Variable(Variable { name, pattern: Pattern::Regex { regex, .. }, .. }) => {
                format!("{{{name}:{regex}}}")
            }
            Self::Variable(variable) => format!("{{{}}}", variable.name),
        }
    }

    fn to_regex(&self, index: usize) -> String {
        match self {
            Self::Literal(text) => regex::escape(text),
            Self::Variable(variable) => format!("(?P<{}>{})", group(index), variable.regex()),
        }
    }
}

/// Returns the name of the capture group of a piece; one that no constraint would use for its own groups.
fn group(index: usize) -> String {
    format!("reenact_{index}")
}

/// Sets a field, which may be there already if the template repeats it.
fn set(fields: &mut KeyFields, name: &str, value: &str, at: usize) -> Result<(), Misfit> {
    match fields.field(name) {
        Some(earlier) if earlier != value => {
            Err((at, MismatchReason::Repeated { variable: name.to_owned() }))
        }
        Some(_) => Ok(()),
        None => fields.set(name, value).map_err(|(offset, reason)| {
            (
                at + offset,
                MismatchReason::Name { variable: name.to_owned(), reason: reason.to_owned() },
            )
        }),
    }
}

fn expand(parts: &[Part]) -> Vec<Vec<Piece>> {
    let mut ways = vec![Vec::new()];
    for part in parts {
        let piece = match part {
            Part::Literal(text) => Piece::Literal(text.clone()),
            Part::Variable(variable) => Piece::Variable(variable.clone()),
            Part::Group(inner) => {
                let present = expand(inner);
                let with_group = ways.iter().flat_map(|way| {
                    present
                        .iter()
                        .map(move |group| way.iter().chain(group).cloned().collect::<Vec<_>>())
                });
                ways = with_group.chain(ways.iter().cloned()).collect();
                continue;
            }
        };
        for way in &mut ways {
            way.push(piece.clone());
        }
    }
    ways
}
