//! `Lineage`: all edges of an execution, without a circle.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::edge::Edge;
use crate::error::{Error, Repr};
use crate::key::StepKey;
use crate::registry::Registry;
use crate::spelling;

/// Which outputs became which inputs: a graph of steps in which none feeds itself, not even through others.
///
/// As JSON it is the list of its edges; [`to_mermaid`](Self::to_mermaid) and
/// [`to_graphviz`](Self::to_graphviz) draw it.
///
/// ```
/// use reenact_registry::{Edge, ErrorKind, Lineage};
///
/// let edge = |from: &str, step: &str, input: &str| -> Result<Edge, reenact_registry::Error> {
///     Ok(Edge::new(from.parse()?, step.parse()?, input.parse()?))
/// };
/// let mut edges = vec![edge("clean.table", "delays", "DATA")?, edge("ingest.raw", "clean", "DATA")?];
/// let lineage = Lineage::new(edges.clone())?;
/// assert_eq!(lineage.steps().map(ToString::to_string).collect::<Vec<_>>(), ["ingest", "clean", "delays"]);
///
/// edges.push(edge("delays.summary", "ingest", "HINTS")?);
/// let error = Lineage::new(edges).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Cycle);
/// assert_eq!(
///     error.to_string(),
///     "edge `delays.summary -> ingest.HINTS` closes a circle: ingest feeds clean feeds delays feeds ingest",
/// );
/// # Ok::<(), reenact_registry::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Edge>", into = "Vec<Edge>")]
pub struct Lineage {
    edges: Vec<Edge>,
    order: Vec<StepKey>,
}

/// What a lineage amounts to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LineageReport {
    /// When the report was made.
    pub generated_at: DateTime<Utc>,
    /// All edges, in the order in which they came.
    pub edges: Vec<Edge>,
    /// How many edges there are.
    pub total_transfers: usize,
    /// The distinct steps, each after those that feed it.
    pub unique_steps: Vec<StepKey>,
}

impl Lineage {
    /// Takes edges together, as a wiring has them.
    ///
    /// # Errors
    ///
    /// [`Cycle`](crate::ErrorKind::Cycle), with an edge that closes it, whatever the spelling of the steps.
    pub fn new(edges: impl IntoIterator<Item = Edge>) -> Result<Self, Error> {
        let edges: Vec<_> = edges.into_iter().collect();
        let order = Graph::of(&edges).order()?;
        Ok(Self { edges, order })
    }

    /// Lists the edges in the order in which they came.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Lists the distinct steps, each after those that feed it, and otherwise by name.
    pub fn steps(&self) -> impl Iterator<Item = &StepKey> {
        self.order.iter()
    }

    /// Checks that every edge comes from an output of the registry, found by property path if the edge has one.
    ///
    /// # Errors
    ///
    /// [`Dangling`](crate::ErrorKind::Dangling), with the first edge that does not; the source tells what there is.
    pub fn check(&self, registry: &Registry) -> Result<(), Error> {
        for edge in &self.edges {
            let found = match edge.property_path() {
                Some(path) => registry.resolve_in(edge.from().step_key(), path),
                None => registry.output(edge.from()),
            };
            if let Err(source) = found {
                return Err(Repr::Dangling { edge: edge.clone(), source: Some(source) }.into());
            }
        }
        Ok(())
    }

    /// Sums up the lineage; the caller says what time it is.
    pub fn report(&self, generated_at: DateTime<Utc>) -> LineageReport {
        LineageReport {
            generated_at,
            edges: self.edges.clone(),
            total_transfers: self.edges.len(),
            unique_steps: self.order.clone(),
        }
    }
}

impl TryFrom<Vec<Edge>> for Lineage {
    type Error = Error;

    fn try_from(edges: Vec<Edge>) -> Result<Self, Error> {
        Self::new(edges)
    }
}

impl From<Lineage> for Vec<Edge> {
    fn from(lineage: Lineage) -> Self {
        lineage.edges
    }
}

/// The steps of a list of edges, by their folded spelling.
struct Graph<'a> {
    edges: &'a [Edge],
    steps: BTreeMap<String, &'a StepKey>,
    /// Where the edges that leave a step lead, and which they are.
    leaving: BTreeMap<String, Vec<(String, usize)>>,
    /// How many edges enter a step.
    entering: BTreeMap<String, usize>,
}

impl<'a> Graph<'a> {
    fn of(edges: &'a [Edge]) -> Self {
        let mut steps = BTreeMap::new();
        let mut leaving: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut entering = BTreeMap::new();
        for (index, edge) in edges.iter().enumerate() {
            let (from, to) =
                (spelling::full(edge.from().step_key()), spelling::full(edge.to_step()));
            steps.entry(from.clone()).or_insert_with(|| edge.from().step_key());
            steps.entry(to.clone()).or_insert_with(|| edge.to_step());
            *entering.entry(to.clone()).or_default() += 1;
            leaving.entry(from).or_default().push((to, index));
        }
        Self { edges, steps, leaving, entering }
    }

    /// Lists the steps, each after those that feed it.
    fn order(mut self) -> Result<Vec<StepKey>, Error> {
        let mut ready: BTreeSet<String> =
            self.steps.keys().filter(|step| !self.entering.contains_key(*step)).cloned().collect();
        let mut order = Vec::with_capacity(self.steps.len());
        while let Some(step) = ready.pop_first() {
            for (next, _) in self.leaving.remove(&step).unwrap_or_default() {
                let left = self.entering.entry(next.clone()).or_default();
                *left -= 1;
                if *left == 0 {
                    ready.insert(next);
                }
            }
            order.push(self.steps[&step].clone());
        }
        match self.circle() {
            Some(error) => Err(error),
            None => Ok(order),
        }
    }

    /// Tells of a circle among the steps that are left, all of which one that is left enters.
    fn circle(&self) -> Option<Error> {
        let mut back = BTreeMap::new();
        for (from, edges) in &self.leaving {
            for (to, index) in edges {
                back.entry(to.as_str()).or_insert((from.as_str(), *index));
            }
        }
        // Each step that was passed, and the edge that enters it; going back can only end in a circle.
        let mut path: Vec<(&str, usize)> = Vec::new();
        let mut step = *back.keys().next()?;
        let start = loop {
            if let Some(start) = path.iter().position(|(earlier, _)| *earlier == step) {
                break start;
            }
            let (from, index) = *back.get(step)?;
            path.push((step, index));
            step = from;
        };
        let mut circle: Vec<_> = path.split_off(start);
        circle.reverse();
        let (closing, (_, index)) =
            circle.iter().copied().enumerate().max_by_key(|(_, (_, index))| *index)?;
        circle.rotate_left(closing);
        let steps = circle
            .iter()
            .chain(circle.first())
            .map(|(step, _)| self.steps[*step].to_string())
            .collect();
        Some(Repr::Cycle { edge: self.edges[index].clone(), steps }.into())
    }
}
