//! The run as a strip: staged inputs, the step, its outputs, each with its state.

use askama::Template;
use askama::filters::HtmlSafe;
use reenact_validator::{Judgement, Verdict};

use super::badge;
use super::markup::Markup;
use super::number::{bytes, count, duration, plural};
use super::output;
use super::text;
use crate::event::{Origin, Provenance, Tree};
use crate::executor::StepOutcome;
use crate::step_report::{OutputReport, StepReport, TreeReport};

/// The strip.
#[derive(Debug, Template)]
#[template(path = "html/strip.html")]
pub(super) struct Strip {
    inputs: Vec<Input>,
    step: Step,
    outputs: Vec<Output>,
}

impl HtmlSafe for Strip {}

#[derive(Debug)]
struct Input {
    class: &'static str,
    state: &'static str,
    name: Markup,
    from: Markup,
    size: String,
    origin: String,
}

#[derive(Debug)]
struct Step {
    class: &'static str,
    symbol: Markup,
    name: Markup,
    ending: Markup,
    costs: Vec<(&'static str, String)>,
}

#[derive(Debug)]
struct Output {
    class: &'static str,
    anchor: String,
    name: Markup,
    badge: Markup,
    size: String,
    reference: String,
}

impl Strip {
    /// Draws the run of a report.
    pub(super) fn new(report: &StepReport, first: usize) -> Self {
        let inputs = report.trees.iter().filter(|tree| matches!(tree.tree, Tree::Input(_)));
        Self {
            inputs: inputs.map(input).collect(),
            step: step(report),
            outputs: report
                .outputs
                .iter()
                .enumerate()
                .map(|(index, output)| self::output(output, first + index, report))
                .collect(),
        }
    }
}

fn input(tree: &TreeReport) -> Input {
    let whole = tree.staged;
    Input {
        class: if whole { "v-pass" } else { "v-open" },
        state: if whole { "staged" } else { "incomplete" },
        name: text::name(tree.tree.name().as_str()),
        from: text::name(&tree.from.to_string()),
        size: size(tree),
        origin: origin(tree),
    }
}

/// Says how large a tree is.
pub(super) fn size(tree: &TreeReport) -> String {
    format!("{}, {}", plural(tree.files, "object"), bytes(tree.bytes))
}

/// Says where the objects of a tree came from.
pub(super) fn origin(tree: &TreeReport) -> String {
    match &tree.provenance {
        Provenance::Candidate => return "from this run".to_owned(),
        Provenance::Local { .. } => return "from this machine".to_owned(),
        Provenance::Synthetic { .. } => return "made up".to_owned(),
        Provenance::Production => {}
    }
    let cached = tree.objects.iter().filter(|object| object.origin == Origin::Cache).count();
    match (tree.objects.len() - cached, cached) {
        (0, 0) => "nothing arrived".to_owned(),
        (0, _) => "from the cache".to_owned(),
        (_, 0) => "downloaded".to_owned(),
        (downloaded, cached) => format!("{downloaded} downloaded, {cached} from the cache"),
    }
}

fn step(report: &StepReport) -> Step {
    let name = text::name(&report.step.to_string());
    let Some(outcome) = &report.outcome else {
        let symbol = badge::symbol(Verdict::Inconclusive);
        return Step {
            class: "v-open",
            symbol,
            name,
            ending: match &report.not_run {
                Some(_) => text::sentence(&report.reason),
                None if report.command.is_none() => {
                    Markup::text("nothing ran: two executions are compared")
                }
                None => Markup::text("never ran"),
            },
            costs: Vec::new(),
        };
    };
    let verdict = if outcome.succeeded() { Verdict::Pass } else { Verdict::Fail };
    let ending =
        if outcome.succeeded() { "succeeded".to_owned() } else { outcome.ending.to_string() };
    Step {
        class: badge::class(verdict),
        symbol: badge::symbol(verdict),
        name,
        ending: text::sentence(&ending),
        costs: costs(outcome),
    }
}

fn costs(outcome: &StepOutcome) -> Vec<(&'static str, String)> {
    let usage = &outcome.usage;
    let mut costs = vec![("wall time", duration(usage.wall))];
    if let (Some(user), Some(system)) = (usage.user_cpu, usage.system_cpu) {
        let cpu = user + system;
        costs.push(("CPU", duration(cpu)));
        if !usage.wall.is_zero() {
            costs.push((
                "cores busy",
                format!("{:.1}", cpu.as_secs_f64() / usage.wall.as_secs_f64()),
            ));
        }
    }
    if let Some(peak) = usage.peak_rss {
        costs.push(("peak memory", bytes(peak)));
    }
    if let (Some(read), Some(written)) = (usage.read_bytes, usage.written_bytes) {
        costs.push(("read", bytes(read)));
        costs.push(("written", bytes(written)));
    }
    costs
}

fn output(output: &OutputReport, index: usize, report: &StepReport) -> Output {
    let reference =
        report.trees.iter().find(|tree| tree.tree == Tree::Reference(output.name.clone()));
    Output {
        class: badge::class(output.verdict()),
        anchor: output::anchor(index),
        name: text::name(output.name.as_str()),
        badge: badge::whole(output.verdict()),
        size: output.judgement.as_ref().map_or_else(|| "not compared".to_owned(), written),
        reference: reference.map_or_else(String::new, |tree| {
            format!("production: {}, {}", size(tree), origin(tree))
        }),
    }
}

fn written(judgement: &Judgement) -> String {
    let rows = judgement.tables.iter().map(|table| table.candidate.rows).sum();
    match (judgement.tables.len(), judgement.files.len()) {
        (0, files) => plural(files, "file"),
        (1, 0) => format!("{} rows", count(rows)),
        (tables, 0) => format!("{} rows in {}", count(rows), plural(tables, "table")),
        (tables, files) => format!(
            "{} rows in {}, {}",
            count(rows),
            plural(tables, "table"),
            plural(files, "file")
        ),
    }
}
