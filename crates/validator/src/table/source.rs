//! A table on disk: its columns, and its rows as a stream that can be opened again and again.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};

use super::canonical::{canonical_type, common_type, convert, convert_but_codes};
use super::dialect::Dialect;
use super::guard::{guarded, guarded_batches};
use super::parquet::Footer;
use super::partition::Constants;
use super::scan::Kept;
use super::text_type::TextType;
use super::unpack::unpack;
use super::{delimited, ipc, json, parquet, partition};
use crate::budget::{Budget, Holding};
use crate::judgement::{ColumnType, TableFormat, TableSide};
use crate::rules::{CellType, TextFormat};
use crate::schema::Declared;
use crate::tree::FileEntry;
use crate::{Error, ErrorKind, Result};

/// Rows of a batch: large enough to amortise dispatch, small enough to stay in the cache.
pub(crate) const BATCH_ROWS: usize = 8192;

/// A table's rows as record batches.
pub type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// A column to read, and the canonical type to read it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
}

/// One side of a table.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) format: TableFormat,
    files: Vec<SourceFile>,
    /// As the files declare them; of text, as inferred over all of it. Structs are flat, and what
    /// directories name stands last.
    pub(crate) schema: Schema,
    /// The columns that directories name.
    partition: Vec<Field>,
    pub(crate) rows: u64,
    /// What the cells of text files and the footers take that are kept.
    _kept: Arc<Holding>,
    /// Where batches count that pass by.
    budget: Budget,
}

/// One file of a table.
#[derive(Debug, Clone)]
struct SourceFile {
    entry: FileEntry,
    dialect: Dialect,
    /// The cells of a text file, if they fit into the memory.
    kept: Option<Kept>,
    /// The footer of a Parquet file, likewise.
    footer: Option<Footer>,
}

impl Source {
    /// Opens a table and learns its columns and rows; text is read once for that, and its cells are kept if there is room.
    pub(crate) fn open(
        format: TableFormat,
        files: &[FileEntry],
        text: &TextFormat,
        room: &Budget,
    ) -> Result<Self> {
        let kept = room.hold_nothing();
        let mut opening = Opening { format, types: declared_types(text), kept, rows: 0 };
        let entries = match format {
            TableFormat::Parquet | TableFormat::ArrowIpc => unpack(files)?,
            _ => files.to_vec(),
        };
        let mut sources = Vec::with_capacity(files.len());
        for entry in entries {
            let dialect = match format {
                TableFormat::Csv | TableFormat::Tsv => Dialect::of(&entry, format, text)?,
                _ => Dialect::default(),
            };
            sources.push(SourceFile { entry, dialect, kept: None, footer: None });
        }
        let mut schema = match format {
            TableFormat::Parquet | TableFormat::ArrowIpc => opening.declared(&mut sources)?,
            _ => opening.inferred(&mut sources)?,
        };
        let partition = partition::columns(files, &schema);
        if !partition.is_empty() {
            let own = schema.fields().iter().map(|field| field.as_ref().clone());
            schema = Schema::new(own.chain(partition.iter().cloned()).collect::<Vec<_>>());
        }
        let Opening { rows, kept, .. } = opening;
        let (kept, budget) = (Arc::new(kept), room.clone());
        Ok(Self { format, files: sources, schema, partition, rows, _kept: kept, budget })
    }

    /// Whether the types were inferred from text rather than declared.
    pub(crate) fn is_inferred(&self) -> bool {
        !matches!(self.format, TableFormat::Parquet | TableFormat::ArrowIpc)
    }

    /// Returns the columns as they are declared.
    pub(crate) fn declared(&self) -> Declared<'_> {
        Declared { schema: &self.schema, inferred: self.is_inferred() }
    }

    /// Returns the column's declared type and nullability.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.schema.field_with_name(name).ok()
    }

    /// Reads the wanted columns in the wanted types, part file after part file in order of name.
    pub(crate) fn batches(&self, targets: &[Target]) -> Batches {
        self.all_batches(self.reading(targets))
    }

    /// As [`batches`](Self::batches), but text may come as codes into a dictionary, which are faster to count.
    pub(crate) fn coded_batches(&self, targets: &[Target]) -> Batches {
        self.all_batches(Reading { coded: true, ..self.reading(targets) })
    }

    fn all_batches(&self, reading: Reading) -> Batches {
        let files = self.files.clone().into_iter();
        let mut pass = self.budget.watch().pass(self.rows);
        let batches = files.flat_map(move |file| reading.batches(&file, None));
        Box::new(batches.inspect(move |batch| {
            if let Ok(batch) = batch {
                pass.passes(batch.num_rows() as u64);
            }
        }))
    }

    /// Whether reading some of these columns costs no more than their part of reading all of them.
    pub(crate) fn reads_columns_apart(&self, targets: &[Target]) -> bool {
        let holds = |file: &SourceFile| file.kept.as_ref().is_some_and(|kept| kept.holds(targets));
        self.format == TableFormat::Parquet || self.files.iter().all(holds)
    }

    /// Reads about this many rows from all over the table.
    pub(crate) fn sample(&self, targets: &[Target], rows: usize) -> Batches {
        let reading = self.reading(targets);
        let most = rows.div_ceil(parquet::LEAST_SAMPLE);
        let step = self.files.len().div_ceil(most).max(1);
        let files: Vec<SourceFile> = self.files.iter().step_by(step).cloned().collect();
        let each = rows.div_ceil(files.len().max(1)).max(parquet::LEAST_SAMPLE);
        Box::new(files.into_iter().flat_map(move |file| reading.batches(&file, Some(each))))
    }

    fn reading(&self, targets: &[Target]) -> Reading {
        let is_named = |target: &&Target| self.partition.iter().any(|f| *f.name() == target.name);
        let own: Vec<Target> = targets.iter().filter(|target| !is_named(target)).cloned().collect();
        let is_wanted = |field: &&Field| targets.iter().any(|target| target.name == *field.name());
        Reading {
            format: self.format,
            as_text: own.iter().map(|target| self.text_target(target)).collect(),
            own,
            targets: targets.to_vec(),
            partition: self.partition.iter().filter(is_wanted).cloned().collect(),
            coded: false,
            budget: self.budget.clone(),
        }
    }

    /// Text is parsed as the type inferred for it, unless it is wanted as it was written.
    fn text_target(&self, target: &Target) -> Target {
        let own = self.field(&target.name).map(Field::data_type);
        let data_type = match (own, &target.data_type) {
            (Some(own), wanted) if *wanted != DataType::Utf8 => own.clone(),
            _ => DataType::Utf8,
        };
        Target { name: target.name.clone(), data_type }
    }

    /// Returns every column in its own canonical type.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let target = |field: &Arc<Field>| Target {
            name: field.name().clone(),
            data_type: canonical_type(field.data_type()),
        };
        self.schema.fields().iter().map(target).collect()
    }

    pub(crate) fn summary(&self) -> TableSide {
        let column = |field: &Arc<Field>| ColumnType {
            name: field.name().clone(),
            type_name: field.data_type().to_string(),
            nullable: field.is_nullable(),
        };
        TableSide {
            files: self.files.iter().map(|file| file.entry.relative.clone()).collect(),
            bytes: self.files.iter().map(|file| file.entry.bytes).sum(),
            rows: self.rows,
            columns: self.schema.fields().iter().map(column).collect(),
        }
    }
}

/// What is read of each file, and in which types.
#[derive(Debug, Clone)]
struct Reading {
    format: TableFormat,
    targets: Vec<Target>,
    /// Those that are in the files.
    own: Vec<Target>,
    /// Those in the files as text is parsed.
    as_text: Vec<Target>,
    partition: Vec<Field>,
    /// Whether text may stay in a dictionary.
    coded: bool,
    /// Where batches count that pass by.
    budget: Budget,
}

impl Reading {
    /// Reads a file, or about so many rows of it.
    fn batches(&self, file: &SourceFile, rows: Option<usize>) -> Batches {
        let path = &file.entry.path;
        let opened = match guarded(path, || self.open(file, rows)) {
            Ok(opened) => guarded_batches(path, opened),
            Err(error) => return Box::new(std::iter::once(Err(error))),
        };
        let mut constants = Constants::of(&file.entry, &self.partition, self.coded);
        let (reading, path) = (self.clone(), path.clone());
        let mut held = self.budget.hold_nothing();
        Box::new(opened.map(move |batch| {
            let mut batch = batch?;
            if !reading.partition.is_empty() {
                batch = constants.add_to(&batch).map_err(|error| error.at_path(&path))?;
            }
            let convert = if reading.coded { convert_but_codes } else { convert };
            let batch = convert(&batch, &reading.targets).map_err(|error| error.at_path(&path))?;
            held.become_anyway(batch.get_array_memory_size() as u64);
            Ok(batch)
        }))
    }

    fn open(&self, file: &SourceFile, rows: Option<usize>) -> Result<Batches> {
        let entry = &file.entry;
        if self.format == TableFormat::Parquet {
            let footer = file.footer.clone().map_or_else(|| Footer::of(entry), Ok)?;
            return match rows {
                Some(rows) => parquet::sample(entry, footer, &self.own, rows),
                None => parquet::batches(entry, footer, &self.own, self.coded),
            };
        }
        let kept = file.kept.as_ref().and_then(|kept| kept.batches(&self.own, rows));
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let all = match self.format {
            TableFormat::Parquet | TableFormat::ArrowIpc => ipc::batches(entry, &self.own)?,
            TableFormat::JsonLines | TableFormat::JsonArray => json::batches(entry, &self.as_text)?,
            TableFormat::Csv | TableFormat::Tsv => {
                delimited::batches(entry, &file.dialect, &self.as_text)?
            }
        };
        Ok(match rows {
            None => all,
            Some(rows) => Box::new(all.take(rows.div_ceil(BATCH_ROWS))),
        })
    }
}

/// The columns and rows of a table while its files are opened.
struct Opening {
    format: TableFormat,
    /// Of text, where the rules declare them.
    types: BTreeMap<String, TextType>,
    /// The cells of text and the footers that are kept.
    kept: Holding,
    rows: u64,
}

impl Opening {
    /// Part files of one table must agree in names and order; a type may differ as far as one holds the
    /// values of both.
    fn declared(&mut self, files: &mut [SourceFile]) -> Result<Schema> {
        let mut whole: Option<Vec<Field>> = None;
        for index in 0..files.len() {
            let (schema, rows) = self.describe(&mut files[index])?;
            self.rows += rows;
            let fields = schema.fields().iter().map(|field| field.as_ref().clone());
            let Some(whole) = &mut whole else {
                whole = Some(fields.collect());
                continue;
            };
            let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
            check_names(files, &files[index], whole.iter().map(|f| f.name().as_str()), &names)?;
            for (known, field) in whole.iter_mut().zip(fields) {
                *known = widen(known, &field);
            }
        }
        Ok(Schema::new(whole.unwrap_or_default()))
    }

    /// Returns the schema and the number of rows of a file that declares them.
    fn describe(&mut self, file: &mut SourceFile) -> Result<(Schema, u64)> {
        let entry = &file.entry;
        if self.format == TableFormat::ArrowIpc {
            return guarded(&entry.path, || ipc::describe(entry));
        }
        let footer = guarded(&entry.path, || Footer::of(entry))?;
        let described = footer.describe();
        file.footer = self.kept.grow(footer.bytes()).then_some(footer);
        Ok(described)
    }

    fn inferred(&mut self, files: &mut [SourceFile]) -> Result<Schema> {
        let is_json = matches!(self.format, TableFormat::JsonLines | TableFormat::JsonArray);
        let mut whole: Option<Vec<(String, TextType, bool)>> = None;
        for index in 0..files.len() {
            let file = &files[index];
            let scanned = if is_json {
                json::scan(&file.entry, &self.types, &mut self.kept)?
            } else {
                delimited::scan(&file.entry, &file.dialect, &self.types, &mut self.kept)?
            };
            self.rows += scanned.rows;
            self.kept.watch().expects(scanned.rows);
            files[index].kept = scanned.kept;
            let Some(whole) = &mut whole else {
                whole = Some(scanned.columns);
                continue;
            };
            if !is_json {
                let names: Vec<&str> = scanned.columns.iter().map(|c| c.0.as_str()).collect();
                check_names(files, &files[index], whole.iter().map(|c| c.0.as_str()), &names)?;
            }
            join_columns(whole, scanned.columns);
        }
        let fields = whole.unwrap_or_default().into_iter();
        let fields = fields.map(|(name, seen, null)| Field::new(name, seen.data_type(), null));
        Ok(Schema::new(fields.collect::<Vec<_>>()))
    }
}

/// Joins the types of another file; a column that one of the files lacks may be null.
fn join_columns(whole: &mut Vec<(String, TextType, bool)>, columns: Vec<(String, TextType, bool)>) {
    for known in whole.iter_mut() {
        known.2 |= !columns.iter().any(|column| column.0 == known.0);
    }
    for (name, seen, null) in columns {
        match whole.iter_mut().find(|known| known.0 == name) {
            Some(known) => *known = (name, known.1.join(seen), known.2 || null),
            None => whole.push((name, seen, true)),
        }
    }
}

fn widen(known: &Field, field: &Field) -> Field {
    let nullable = known.is_nullable() || field.is_nullable();
    let data_type = if known.data_type() == field.data_type() {
        known.data_type().clone()
    } else {
        common_type(&canonical_type(known.data_type()), &canonical_type(field.data_type()))
    };
    Field::new(known.name(), data_type, nullable)
}

fn check_names<'a>(
    files: &[SourceFile],
    file: &SourceFile,
    expected: impl Iterator<Item = &'a str>,
    found: &[&str],
) -> Result<()> {
    let expected: Vec<&str> = expected.collect();
    if expected == found {
        return Ok(());
    }
    let first = files.first().map_or("", |file| file.entry.relative.as_str());
    let message = format!(
        "part files of one table have different columns: [{}] in {first}, but [{}] in",
        expected.join(", "),
        found.join(", "),
    );
    Err(Error::new(ErrorKind::InconsistentParts, message).at_path(&file.entry.path))
}

fn declared_types(text: &TextFormat) -> BTreeMap<String, TextType> {
    let of = |declared: &CellType| match declared {
        CellType::Boolean => TextType::Boolean,
        CellType::Integer => TextType::Integer,
        CellType::Float => TextType::Float,
        CellType::Date => TextType::Date,
        CellType::Timestamp => TextType::Timestamp,
        CellType::Instant => TextType::Instant,
        CellType::Text => TextType::Text,
    };
    text.types.iter().map(|(name, declared)| (name.clone(), of(declared))).collect()
}
