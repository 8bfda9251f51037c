//! `Layout`: a template that reads keys and writes them, exactly the one from the other.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Deserializer, Serialize};

use super::automaton::{self, Verdict};
use super::fields::KeyFields;
use super::mismatch::{Mismatch, MismatchReason};
use super::preset;
use super::template::Template;
use super::variant::{Misfit, Variant};
use crate::error::{Error, Malformed, Repr};

/// In how many ways a template may be written out; six optional groups side by side.
const MOST_VARIANTS: usize = 64;

/// How object keys encode pipeline, execution, step, output and relative path.
///
/// | in a template | stands for |
/// |---|---|
/// | `{name}` | one segment of the key, or part of one; never a `/` |
/// | `{name:regex}` | the same, where the whole value fits the regex |
/// | `{path**}` | the rest of the key; last, after a `/` |
/// | `[...]` | a part that may be missing; it holds a variable that tells |
/// | `{name=value}` | nothing in the key: the field is always `value` |
/// | `{{` `}}` `[[` `]]` | that character |
///
/// `pipeline`, `execution`, `step`, `job` (the job type), `output`, `attempt` and `path` have a role; any other
/// lower-case word is a tag. Execution, step and output must be told by the key or be fixed. A template that
/// could read one key in two ways is refused when it is parsed, with such a key as the proof.
///
/// For every key that fits, [`render`](Self::render) of what [`match_key`](Self::match_key) found is that key.
///
/// ```
/// use reenact_registry::Layout;
///
/// let layout = Layout::parse("runs/{pipeline}/{execution:[0-9]+}/{step}[@{job}]/{output}/{path**}")?;
/// let fields = layout.match_key("runs/flights/7/clean@training/table/part-0.csv").unwrap();
/// assert_eq!(fields.job().unwrap().as_str(), "training");
/// assert_eq!(fields.output().unwrap().as_str(), "table");
/// assert_eq!(fields.path(), Some("part-0.csv"));
/// assert_eq!(layout.render(&fields)?, "runs/flights/7/clean@training/table/part-0.csv");
/// # Ok::<(), reenact_registry::Error>(())
/// ```
#[derive(Clone, Serialize)]
pub struct Layout {
    template: String,
    exclude: Vec<String>,
    #[serde(skip)]
    globs: GlobSet,
    #[serde(skip)]
    variants: Vec<Variant>,
    #[serde(skip)]
    fixed: KeyFields,
}

/// What all keys with certain fields start with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyPrefix {
    /// The longest text that every such key starts with.
    pub literal: String,
    /// The variable that comes next; none if the text is a whole key.
    pub next: Option<String>,
}

impl Layout {
    /// Compiles a template.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed) with the position, [`Ambiguous`](crate::ErrorKind::Ambiguous)
    /// with a key that has two readings, or [`Unsupported`](crate::ErrorKind::Unsupported) if a constraint is
    /// too intricate to decide that.
    pub fn parse(template: &str) -> Result<Self, Error> {
        let parsed = Template::parse(template)?;
        let intricate = |source| Repr::Intricate { template: template.to_owned(), source };
        if Variant::count(&parsed.parts) > MOST_VARIANTS {
            return Err(intricate(None).into());
        }
        match automaton::check(template, &parsed).map_err(|source| intricate(Some(source)))? {
            Verdict::Unambiguous => {}
            Verdict::Ambiguous(witness) => return Err(Repr::AmbiguousTemplate(witness).into()),
            Verdict::TooIntricate => return Err(intricate(None).into()),
        }
        Ok(Self {
            template: template.to_owned(),
            exclude: Vec::new(),
            globs: GlobSet::empty(),
            variants: Variant::all(&parsed.parts)?,
            fixed: parsed.fixed,
        })
    }

    /// Returns the layout of the plan that this project started from:
    /// `pipelines/{pipeline}/{execution}/{step}/output/{output}/{path**}`. It is also the default.
    pub fn seed() -> Self {
        preset::seed()
    }

    /// Returns a layout by its name; [`presets`](Self::presets) lists them.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound), with the names there are.
    pub fn preset(name: &str) -> Result<Self, Error> {
        preset::find(name)
    }

    /// Lists the layouts that have a name, by name.
    pub fn presets() -> impl Iterator<Item = (&'static str, Self)> {
        preset::all()
    }

    /// Adds globs: a key that fits one of them is none of this layout, although the template may fit.
    ///
    /// `*` and `?` stand for what is within a segment, `**` for any number of segments.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed) if one is no glob.
    pub fn with_exclude<I: IntoIterator<Item: AsRef<str>>>(
        mut self,
        globs: I,
    ) -> Result<Self, Error> {
        self.exclude.extend(globs.into_iter().map(|glob| glob.as_ref().to_owned()));
        let mut set = GlobSetBuilder::new();
        for text in &self.exclude {
            let unreadable = |source: globset::Error| Repr::Unreadable {
                what: "glob",
                text: text.clone(),
                position: 0,
                source: source.into(),
            };
            set.add(
                GlobBuilder::new(text)
                    .literal_separator(true)
                    .backslash_escape(true)
                    .build()
                    .map_err(unreadable)?,
            );
        }
        self.globs = set.build().map_err(|source| Repr::Unreadable {
            what: "globs",
            text: self.exclude.join(" "),
            position: 0,
            source: source.into(),
        })?;
        Ok(self)
    }

    /// Returns the same layout for keys that all start with `prefix`, taken literally, and a `/`.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed) if the prefix is empty or starts or ends with a `/`.
    ///
    /// ```
    /// use reenact_registry::Layout;
    ///
    /// let layout = Layout::preset("sagemaker-processing")?.below("teams/air")?;
    /// assert!(layout.match_key("teams/air/flights/a1b2c3d4e5f6/clean/output/table/part-0.csv").is_ok());
    /// # Ok::<(), reenact_registry::Error>(())
    /// ```
    pub fn below(&self, prefix: &str) -> Result<Self, Error> {
        let reason = "a prefix is not empty, and neither starts nor ends with `/`";
        if prefix.is_empty() || prefix.starts_with('/') || prefix.ends_with('/') {
            let position = if prefix.starts_with('/') { 0 } else { prefix.len().saturating_sub(1) };
            return Err(
                Malformed { what: "prefix", text: prefix.to_owned(), position, reason }.into()
            );
        }
        let doubled: String = prefix
            .chars()
            .flat_map(|c| std::iter::repeat_n(c, if "{}[]".contains(c) { 2 } else { 1 }))
            .collect();
        let escaped = globset::escape(prefix);
        Self::parse(&format!("{doubled}/{}", self.template))?
            .with_exclude(self.exclude.iter().map(|glob| format!("{escaped}/{glob}")))
    }

    /// Returns the template.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// Returns the globs of what is excluded.
    pub fn exclude(&self) -> &[String] {
        &self.exclude
    }

    /// Takes a key apart.
    ///
    /// # Errors
    ///
    /// Says where and why the key does not fit. The key of a folder marker, which ends in `/`, fits no layout.
    pub fn match_key(&self, key: &str) -> Result<KeyFields, Mismatch> {
        let fields =
            self.furthest(key, |variant, fields| variant.read(key, fields))?.swap_remove(0);
        match self.globs.matches(key).first() {
            Some(&index) => {
                let reason = MismatchReason::Excluded { glob: self.exclude[index].clone() };
                Err(Mismatch { key: key.to_owned(), position: key.len(), reason })
            }
            None => Ok(fields),
        }
    }

    /// Takes a common prefix apart, one that a listing with delimiter `/` returned: the fields that all keys
    /// below it have for certain.
    ///
    /// # Errors
    ///
    /// Says where and why no key below that prefix can fit.
    ///
    /// ```
    /// use reenact_registry::Layout;
    ///
    /// let fields = Layout::seed().match_prefix("pipelines/flights/2013-01/").unwrap();
    /// assert_eq!(fields.execution().unwrap().as_str(), "2013-01");
    /// assert!(fields.step().is_none());
    /// # Ok::<(), reenact_registry::Error>(())
    /// ```
    pub fn match_prefix(&self, prefix: &str) -> Result<KeyFields, Mismatch> {
        let mut readings =
            self.furthest(prefix, |variant, fields| variant.read_prefix(prefix, fields))?;
        let mut certain = readings.swap_remove(0);
        for other in &readings {
            certain.retain_common(other);
        }
        Ok(certain)
    }

    /// Lists what the variants read, or tells why the one that got furthest did not.
    fn furthest(
        &self,
        key: &str,
        read: impl Fn(&Variant, &mut KeyFields) -> Result<(), Misfit>,
    ) -> Result<Vec<KeyFields>, Mismatch> {
        let mut readings = Vec::with_capacity(1);
        let mut worst: Option<Misfit> = None;
        for variant in &self.variants {
            let mut fields = self.fixed.clone();
            match read(variant, &mut fields) {
                Ok(()) => readings.push(fields),
                Err(misfit) if worst.as_ref().is_none_or(|(position, _)| *position < misfit.0) => {
                    worst = Some(misfit);
                }
                Err(_) => {}
            }
        }
        match worst {
            Some((position, reason)) if readings.is_empty() => {
                Err(Mismatch { key: key.to_owned(), position, reason })
            }
            _ => Ok(readings),
        }
    }

    /// Writes the key that has these fields.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if a field is missing that the key tells,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) if there is one that it cannot tell, and
    /// [`Malformed`](crate::ErrorKind::Malformed) if a value does not fit its place.
    pub fn render(&self, fields: &KeyFields) -> Result<String, Error> {
        let known = self.variables();
        let bound = |name: &&str| fields.field(name).is_some();
        let wanted: BTreeSet<&str> = known.iter().copied().filter(bound).collect();
        let spelled = |variant: &&Variant| variant.variables().collect::<BTreeSet<_>>() == wanted;
        let variant = self.variants.iter().find(spelled).or_else(|| self.consistent(fields).next());
        let (key, missing) = variant.map(|variant| variant.write(fields)).unwrap_or_default();
        if let Some(field) = missing {
            return Err(Repr::MissingField {
                layout: self.template.clone(),
                field: field.to_owned(),
            }
            .into());
        }
        match self.match_key(&key) {
            Ok(read) if read.covers(fields) => Ok(key),
            Ok(_) => Err(Repr::NoPlace { layout: self.template.clone(), key }.into()),
            Err(mismatch) => {
                Err(Repr::Unrenderable { layout: self.template.clone(), mismatch }.into())
            }
        }
    }

    /// Returns the longest text that every key with these fields starts with, so that a lister need not look at more.
    ///
    /// Fields for which the layout has no place are left out of account.
    ///
    /// ```
    /// use reenact_registry::{KeyFields, Layout, PipelineName};
    ///
    /// let layout = Layout::seed();
    /// let prefix = layout.prefix(&KeyFields::default().with_pipeline(PipelineName::parse("flights")?));
    /// assert_eq!(prefix.literal, "pipelines/flights/");
    /// assert_eq!(prefix.next.as_deref(), Some("execution"));
    /// # Ok::<(), reenact_registry::Error>(())
    /// ```
    pub fn prefix(&self, fields: &KeyFields) -> KeyPrefix {
        let mut written = self.consistent(fields).map(|variant| variant.write(fields));
        let (mut literal, mut next) = written.next().unwrap_or_default();
        for (other, other_next) in written {
            let shared = common_length(&literal, &other);
            if shared < literal.len() {
                literal.truncate(shared);
            }
            next = next.or(other_next);
        }
        KeyPrefix { literal, next: next.map(str::to_owned) }
    }

    /// Lists the variants that have a place for every field for which the layout has one.
    fn consistent(&self, fields: &KeyFields) -> impl Iterator<Item = &Variant> {
        let known = self.variables();
        self.variants.iter().filter(move |variant| {
            let mut bound = known.iter().filter(|name| fields.field(name).is_some());
            bound.all(|name| variant.variables().any(|own| own == *name))
        })
    }

    fn variables(&self) -> BTreeSet<&str> {
        self.variants.iter().flat_map(Variant::variables).collect()
    }
}

/// Returns the length of what two texts start with, in whole characters.
fn common_length(left: &str, right: &str) -> usize {
    left.chars().zip(right.chars()).take_while(|(l, r)| l == r).map(|(c, _)| c.len_utf8()).sum()
}

impl Default for Layout {
    fn default() -> Self {
        Self::seed()
    }
}

impl PartialEq for Layout {
    fn eq(&self, other: &Self) -> bool {
        (&self.template, &self.exclude) == (&other.template, &other.exclude)
    }
}

impl Eq for Layout {}

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { template, exclude, .. } = self;
        f.debug_struct("Layout")
            .field("template", template)
            .field("exclude", exclude)
            .finish_non_exhaustive()
    }
}

/// Reads the name of a preset, or, if the text holds a `{`, a template.
impl FromStr for Layout {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.contains('{') { Self::parse(text) } else { Self::preset(text) }
    }
}

/// Reads what [`Serialize`] writes, a map of `template` and `exclude`, or a string as [`FromStr`] does.
impl<'de> Deserialize<'de> for Layout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            template: String,
            #[serde(default)]
            exclude: Vec<String>,
        }

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Layout;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "the name of a layout, a template, or a map of `template` and `exclude`",
                )
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Layout, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Layout, A::Error> {
                let written =
                    Written::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Layout::parse(&written.template)
                    .and_then(|layout| layout.with_exclude(written.exclude))
                    .map_err(serde::de::Error::custom)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}
