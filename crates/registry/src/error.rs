//! `Error` and `ErrorKind`: what went wrong, in terms a caller can act on.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::key::{OutputKey, StepKey};
use crate::layout::{Mismatch, Witness};
use crate::lineage::Edge;
use crate::name::{LogicalName, StepName};
use crate::property::PropertyPath;
use crate::suggestion::Unknown;
use crate::text::Visible;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a question about names and places could not be answered.
///
/// [`kind`](Self::kind) says what it means, the getters carry the details, and the text is one
/// fragment that names the object. What another library had to say is the
/// [`source`](std::error::Error::source).
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Repr>);

/// What an [`Error`] means to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// Several answers fit equally well: name one of them.
    Ambiguous,
    /// Two different names would be read as one and the same.
    Collision,
    /// Something else is already known under that name; ask for replacement if that is meant.
    Conflict,
    /// Steps feed each other in a circle.
    Cycle,
    /// A reference leads to a step or an output that does not exist.
    Dangling,
    /// A text does not follow its grammar.
    Malformed,
    /// A document was written by a newer version of this library.
    Newer,
    /// Nothing is known under that name.
    NotFound,
    /// The question is understood, but not answered here.
    Unsupported,
}

/// A text that does not follow its grammar, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) what: &'static str,
    pub(crate) text: String,
    pub(crate) position: usize,
    pub(crate) reason: &'static str,
}

/// Everything that can go wrong. No text repeats its source.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Repr {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("{what} `{text}` is malformed")]
    Unreadable { what: &'static str, text: String, position: usize, source: BoxError },
    #[error(transparent)]
    Unknown(#[from] Unknown),
    #[error("{what} `{name}` fits {}", listed(fitting))]
    Ambiguous { what: &'static str, name: String, fitting: Vec<String> },
    #[error("step `{step}` is another spelling of step `{other}`: use one of them throughout")]
    Collision { step: StepKey, other: StepKey },
    #[error("`{alias}` cannot be an alias of output `{key}`: it stands for `{other}` already")]
    AliasTaken { key: OutputKey, alias: LogicalName, other: LogicalName },
    #[error("output `{key}` is registered with another {field}: replace it if that is meant")]
    Conflict { key: OutputKey, field: &'static str },
    #[error("property path `{path}` of output `{key}` names another step")]
    OtherStep { key: OutputKey, path: PropertyPath },
    #[error("registries of two executions cannot be merged: their {field} differs")]
    OtherExecution { field: &'static str },
    #[error("output `{step}.{name}` says something else of itself in `{field}`")]
    Contradiction { step: StepName, name: LogicalName, field: &'static str },
    #[error("this is not a manifest that can be read")]
    Manifest { source: serde_json::Error },
    #[error(
        "the manifest is of version {version}, newer than {newest}: read it with a newer release"
    )]
    Newer { version: u64, newest: u64 },
    #[error("this is not a pipeline definition that can be read")]
    Definition { source: serde_json::Error },
    #[error("the pipeline definition has two steps `{step}`")]
    DuplicateStep { step: StepName },
    #[error("`{name}` is not evaluated here: `{expression}`")]
    Function { name: String, expression: String },
    #[error(
        "`Std:Join` takes `On`, a text, and `Values`, a list that comes to texts: `{arguments}`"
    )]
    Join { arguments: String },
    #[error("edge `{edge}` closes a circle: {}", steps.join(" feeds "))]
    Cycle { edge: Edge, steps: Vec<String> },
    #[error("edge `{edge}` comes from an output that does not exist")]
    Dangling { edge: Edge, source: Option<Error> },
    #[error(transparent)]
    AmbiguousTemplate(#[from] Witness),
    #[error(
        "layout `{template}` is too intricate to tell whether it is ambiguous: use fewer groups and shorter repetitions"
    )]
    Intricate { template: String, source: Option<BoxError> },
    #[error("layout `{layout}` needs `{{{field}}}` to write a key")]
    MissingField { layout: String, field: String },
    #[error("layout `{layout}` cannot tell all fields in a key: it would write `{key}`")]
    NoPlace { layout: String, key: String },
    #[error("layout `{layout}` cannot write these fields")]
    Unrenderable {
        layout: String,
        #[source]
        mismatch: Mismatch,
    },
}

impl Error {
    /// Returns what the error means.
    pub fn kind(&self) -> ErrorKind {
        match &*self.0 {
            Repr::Ambiguous { .. } | Repr::AmbiguousTemplate(_) => ErrorKind::Ambiguous,
            Repr::Collision { .. } | Repr::AliasTaken { .. } | Repr::DuplicateStep { .. } => {
                ErrorKind::Collision
            }
            Repr::Conflict { .. }
            | Repr::OtherStep { .. }
            | Repr::Contradiction { .. }
            | Repr::OtherExecution { .. } => ErrorKind::Conflict,
            Repr::Cycle { .. } => ErrorKind::Cycle,
            Repr::Dangling { .. } => ErrorKind::Dangling,
            Repr::Newer { .. } => ErrorKind::Newer,
            Repr::Manifest { .. }
            | Repr::Definition { .. }
            | Repr::Join { .. }
            | Repr::Malformed(_)
            | Repr::Unreadable { .. }
            | Repr::Unrenderable { .. } => ErrorKind::Malformed,
            Repr::Unknown(_) | Repr::MissingField { .. } => ErrorKind::NotFound,
            Repr::Function { .. } | Repr::Intricate { .. } | Repr::NoPlace { .. } => {
                ErrorKind::Unsupported
            }
        }
    }

    /// Returns the byte offset at which a malformed text stops making sense.
    pub fn position(&self) -> Option<usize> {
        match &*self.0 {
            Repr::Malformed(Malformed { position, .. }) | Repr::Unreadable { position, .. } => {
                Some(*position)
            }
            _ => None,
        }
    }

    /// Returns the malformed text and, below it, a caret at the place where it stops making sense.
    ///
    /// ```
    /// use reenact_registry::StepName;
    ///
    /// let error = StepName::parse("a.b").unwrap_err();
    /// assert_eq!(error.caret().unwrap(), "a.b\n ^");
    /// ```
    pub fn caret(&self) -> Option<String> {
        let (Repr::Malformed(Malformed { text, position, .. })
        | Repr::Unreadable { text, position, .. }) = &*self.0
        else {
            return None;
        };
        // Control characters are escaped so that the caret stays under its place.
        let before = Visible(text.get(..*position)?).to_string().chars().count();
        Some(format!("{}\n{:before$}^", Visible(text), ""))
    }

    /// Returns the known name nearest to one that is not known.
    pub fn suggestion(&self) -> Option<&str> {
        self.unknown()?.nearest()
    }

    /// Returns the names that are known where one is not; the first twenty if there are more.
    pub fn available(&self) -> &[String] {
        self.unknown().map_or(&[], Unknown::available)
    }

    /// Returns the edge of a lineage that closes a circle or leads nowhere.
    pub fn edge(&self) -> Option<&Edge> {
        match &*self.0 {
            Repr::Cycle { edge, .. } | Repr::Dangling { edge, .. } => Some(edge),
            _ => None,
        }
    }

    fn unknown(&self) -> Option<&Unknown> {
        match &*self.0 {
            Repr::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }
}

impl<R: Into<Repr>> From<R> for Error {
    fn from(repr: R) -> Self {
        Self(Box::new(repr.into()))
    }
}

/// Lists at most ten names.
fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        [only] => only.clone(),
        [first @ .., last] if names.len() <= 10 => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", names[..10].join(", "), names.len() - 10),
    }
}

impl std::error::Error for Malformed {}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, text, position, reason } = self;
        let column = text.get(..*position).map_or(0, |before| before.chars().count()) + 1;
        write!(f, "{what} `{}` is malformed at character {column}: {reason}", Visible(text))
    }
}
