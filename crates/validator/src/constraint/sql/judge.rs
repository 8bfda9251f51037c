//! Asks a query of the tables of a comparison; each row that it returns breaks the rule.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::TableReference;
use datafusion::error::{DataFusionError, Result as QueryResult};
use datafusion::execution::SessionState;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;
use futures::StreamExt as _;

use super::tables::{Broken, Queried};
use crate::constraint::judge::Subject;
use crate::constraint::tally::{Answer, concluded};
use crate::judgement::{Cell, FailingRow, FailingRows, Side};
use crate::rules::nearest;
use crate::table::{Source, display_cell};
use crate::{Error, ErrorKind, Result};

/// Says what is wrong with the text of a query.
pub(crate) fn check_query(query: &str) -> Result<(), String> {
    parsed(query).map(|_| ())
}

fn parsed(query: &str) -> Result<Statement, String> {
    let mut parser = DFParserBuilder::new(query).build().map_err(|error| told(&error))?;
    let mut statements = parser.parse_statements().map_err(|error| told(&error))?;
    match (statements.pop_front(), statements.is_empty()) {
        (Some(Statement::Statement(statement)), true)
            if matches!(*statement, SqlStatement::Query(_)) =>
        {
            Ok(Statement::Statement(statement))
        }
        _ => Err("it must be one `SELECT`".to_owned()),
    }
}

/// Answers with the rows that a query returns.
pub(crate) fn judge(query: &str, max_failing: f64, subject: &Subject<'_>) -> Result<Answer> {
    let broken = Broken::default();
    let asked = Asked { subject, broken: broken.clone() };
    let found = match asked.prepare(query)? {
        Ok((context, statement)) => run(asked.rows(&context, statement))?,
        Err(why) => return Ok(Answer::inconclusive(why)),
    };
    match found {
        Ok(rows) => Ok(concluded(rows, max_failing, "rows", "break the rule")),
        Err(error) => match broken.take() {
            Some(error) => Err(error),
            None => Ok(Answer::inconclusive(reason(&error))),
        },
    }
}

/// Runs a query on this thread: its answer, examples included, is the same every time.
fn run<T>(query: impl Future<Output = T>) -> Result<T> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(|error| {
            Error::new(ErrorKind::BusinessRule, "cannot start to run queries").because(error)
        })?;
    Ok(runtime.block_on(query))
}

/// A query that is being asked.
struct Asked<'a> {
    subject: &'a Subject<'a>,
    broken: Broken,
}

impl Asked<'_> {
    /// Parses a query and opens the tables that it reads; or says in words why it can't be asked.
    fn prepare(&self, query: &str) -> Result<Result<(SessionContext, Statement), String>> {
        let statement = match parsed(query) {
            Ok(statement) => statement,
            Err(why) => return Ok(Err(why)),
        };
        let context = match self.context() {
            Ok(context) => context,
            Err(error) => return Ok(Err(told(&error))),
        };
        let tables = match context.state().resolve_table_references(&statement) {
            Ok(tables) => tables,
            Err(error) => return Ok(Err(told(&error))),
        };
        for table in tables {
            let source = match self.open(table.table())? {
                Ok(source) => source,
                Err(why) => return Ok(Err(why)),
            };
            let provider = Arc::new(Queried::new(source, self.broken.clone()));
            let name = TableReference::bare(table.table().to_owned());
            if let Err(error) = context.register_table(name, provider) {
                return Ok(Err(told(&error)));
            }
        }
        Ok(Ok((context, statement)))
    }

    fn context(&self) -> QueryResult<SessionContext> {
        // What is held already is not the query's.
        let memory = usize::try_from(self.subject.space.budget.left()).unwrap_or(usize::MAX);
        let runtime = RuntimeEnvBuilder::new().with_memory_limit(memory, 1.0).build_arc()?;
        let config = SessionConfig::new().with_target_partitions(1);
        Ok(SessionContext::new_with_config_rt(config, runtime))
    }

    fn open(&self, name: &str) -> Result<Result<Source, String>> {
        let Subject { catalogue, candidate, reference, rules, space, .. } = self.subject;
        match (name, *reference) {
            ("candidate", _) => return Ok(Ok((*candidate).clone())),
            ("reference", Some(reference)) => return Ok(Ok(reference.clone())),
            ("reference", None) => {
                return Ok(Err(
                    "a profile has no rows that `reference` could be asked for".to_owned()
                ));
            }
            _ => {}
        }
        Ok(catalogue.open(Side::Candidate, name, rules, *space)?.ok_or_else(|| {
            let known = ["candidate", "reference"];
            let known = known.into_iter().chain(catalogue.names(Side::Candidate));
            let hint = nearest(name, known)
                .map(|name| format!(", did you mean `{name}`?"))
                .unwrap_or_default();
            format!("there is no table `{name}`{hint}")
        }))
    }

    /// Counts the rows that the query returns, and keeps the first ones.
    async fn rows(
        &self,
        context: &SessionContext,
        statement: Statement,
    ) -> QueryResult<FailingRows> {
        let state: SessionState = context.state();
        let plan = state.statement_to_plan(statement).await?;
        // A query reads.
        let options = SQLOptions::new();
        let options =
            options.with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        options.verify_plan(&plan)?;
        let mut batches = context.execute_logical_plan(plan).await?.execute_stream().await?;
        let mut found = FailingRows::new(self.subject.candidate.rows, 0);
        while let Some(batch) = batches.next().await {
            self.add(&mut found, &batch?);
        }
        // A join, or rows that only the reference has, may be more than the candidate's.
        found.checked = found.checked.max(found.failing);
        Ok(found)
    }

    fn add(&self, found: &mut FailingRows, batch: &RecordBatch) {
        found.failing += batch.num_rows() as u64;
        let room = self.subject.rules.max_examples().saturating_sub(found.examples.len());
        for row in 0..batch.num_rows().min(room) {
            let columns = batch.schema_ref().fields().iter().zip(batch.columns());
            let cells = columns
                .map(|(field, column)| Cell::new(field.name(), display_cell(column.as_ref(), row)));
            found.examples.push(FailingRow::new(None, cells));
        }
    }
}

/// A reason without a value of the data: what goes wrong while rows pass by may quote them.
fn reason(error: &DataFusionError) -> String {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => {
            "the query needs more than the memory budget: raise it, or let the query aggregate before it joins".to_owned()
        }
        DataFusionError::SQL(..)
        | DataFusionError::Plan(_)
        | DataFusionError::SchemaError(..)
        | DataFusionError::NotImplemented(_)
        | DataFusionError::Diagnostic(..)
        | DataFusionError::Configuration(_) => told(error.find_root()),
        _ => "the query met a value that it can't work with, such as one that `TRY_CAST` makes null or a division by zero".to_owned(),
    }
}

/// What DataFusion says, as a fragment.
fn told(error: &DataFusionError) -> String {
    let text = error.message().trim().to_owned();
    let first = text.lines().next().unwrap_or_default();
    first.trim_end_matches('.').to_owned()
}
