//! What was staged, object by object, so that the run can be repeated on the same bytes.

use askama::Template;
use askama::filters::HtmlSafe;

use super::limits::Budget;
use super::markup::Markup;
use super::number::{bytes, count_of, plural};
use super::strip;
use super::text;
use crate::event::{ObjectRecord, Origin, Tree};
use crate::report::Report;
use crate::step_report::TreeReport;

/// The most characters of a key and a revision.
const KEY: usize = 300;

/// The staged trees.
#[derive(Debug, Template)]
#[template(path = "html/staged.html")]
pub(super) struct Staged {
    sentence: String,
    trees: Vec<Branch>,
}

impl HtmlSafe for Staged {}

#[derive(Debug)]
struct Branch {
    role: &'static str,
    name: Markup,
    from: Markup,
    size: String,
    origin: String,
    objects: Vec<Object>,
    left_out: Option<String>,
}

#[derive(Debug)]
struct Object {
    key: Markup,
    revision: Markup,
    size: String,
    origin: Markup,
}

impl Staged {
    /// Lists what was staged for a run.
    pub(super) fn new(report: &Report, budget: &mut Budget) -> Self {
        let objects = report.trees().map(|tree| tree.files).sum();
        let all = report.trees().map(|tree| tree.bytes).sum();
        Self {
            sentence: format!(
                "{} in {}, {}: {} downloaded ({}), {} from the cache",
                plural(objects, "object"),
                plural(report.trees().count(), "tree"),
                bytes(all),
                count_of(report.downloaded_objects()),
                bytes(report.downloaded_bytes()),
                count_of(report.cached_objects()),
            ),
            trees: report.trees().map(|tree| branch(tree, budget)).collect(),
        }
    }
}

fn branch(tree: &TreeReport, budget: &mut Budget) -> Branch {
    let shown = budget.lines(tree.objects.len());
    Branch {
        role: match tree.tree {
            Tree::Input(_) => "input",
            Tree::Reference(_) => "production's output",
            Tree::Candidate(_) => "in the place of the candidate's output",
            Tree::Copy(_) => "copy",
        },
        name: text::name(tree.tree.name().as_str()),
        from: text::name(&tree.from.to_string()),
        size: strip::size(tree),
        origin: strip::origin(tree),
        objects: tree.objects[..shown].iter().map(object).collect(),
        left_out: (tree.objects.len() > shown).then(|| count_of(tree.objects.len() - shown)),
    }
}

fn object(object: &ObjectRecord) -> Object {
    let short = |text: &str| {
        Markup::default()
            .fixed("<bdi>")
            .and(&text::one_line(&text::shorten(text, KEY)))
            .fixed("</bdi>")
    };
    Object {
        key: short(&object.key),
        revision: match &object.version_id {
            Some(version) if *version != object.revision => {
                short(&object.revision).fixed(", version ").with(&short(version))
            }
            _ => short(&object.revision),
        },
        size: bytes(object.size),
        origin: match &object.origin {
            Origin::Cache => Markup::text("cache"),
            Origin::Download { verified } => Markup::text("downloaded, ").with(&short(verified)),
        },
    }
}
