//! How a lineage is drawn.

use std::collections::HashMap;

use super::graph::Lineage;
use crate::spelling;

impl Lineage {
    /// Draws the lineage as a Mermaid flow chart.
    ///
    /// ```
    /// use reenact_registry::{Edge, Lineage};
    ///
    /// let lineage = Lineage::new([Edge::new("ingest.raw".parse()?, "clean".parse()?, "DATA".parse()?)])?;
    /// assert_eq!(
    ///     lineage.to_mermaid(),
    ///     "flowchart LR\n  s0[\"ingest\"]\n  s1[\"clean\"]\n  s0 -->|\"raw to DATA\"| s1\n",
    /// );
    /// # Ok::<(), reenact_registry::Error>(())
    /// ```
    pub fn to_mermaid(&self) -> String {
        let quoted =
            |text: &str| format!("\"{}\"", text.replace('#', "#35;").replace('"', "#quot;"));
        self.draw(
            "flowchart LR\n",
            |number, step| format!("  s{number}[{}]\n", quoted(step)),
            |from, label, to| format!("  s{from} -->|{}| s{to}\n", quoted(label)),
            "",
        )
    }

    /// Draws the lineage in the language of Graphviz.
    ///
    /// ```
    /// use reenact_registry::{Edge, Lineage};
    ///
    /// let lineage = Lineage::new([Edge::new("ingest.raw".parse()?, "clean".parse()?, "DATA".parse()?)])?;
    /// assert_eq!(
    ///     lineage.to_graphviz(),
    ///     "digraph lineage {\n  s0 [label=\"ingest\"];\n  s1 [label=\"clean\"];\n  s0 -> s1 [label=\"raw to DATA\"];\n}\n",
    /// );
    /// # Ok::<(), reenact_registry::Error>(())
    /// ```
    pub fn to_graphviz(&self) -> String {
        let quoted =
            |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        self.draw(
            "digraph lineage {\n",
            |number, step| format!("  s{number} [label={}];\n", quoted(step)),
            |from, label, to| format!("  s{from} -> s{to} [label={}];\n", quoted(label)),
            "}\n",
        )
    }

    fn draw(
        &self,
        start: &str,
        step: impl Fn(usize, &str) -> String,
        edge: impl Fn(usize, &str, usize) -> String,
        end: &str,
    ) -> String {
        let mut text = start.to_owned();
        let mut numbers = HashMap::new();
        for (number, key) in self.steps().enumerate() {
            numbers.insert(spelling::full(key), number);
            text.push_str(&step(number, &key.to_string()));
        }
        for one in self.edges() {
            let from = numbers[&spelling::full(one.from().step_key())];
            let to = numbers[&spelling::full(one.to_step())];
            let label = format!("{} to {}", one.from().logical_name(), one.to_input());
            text.push_str(&edge(from, &label, to));
        }
        text.push_str(end);
        text
    }
}
