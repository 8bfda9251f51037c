//! A table on disk: its columns, and its rows as a stream that can be opened again and again.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};

use super::canonical::{canonical_type, common_type, convert};
use super::delimited::{self, Dialect, Inferred};
use super::guard::{guarded, guarded_batches};
use super::text_type::TextType;
use super::{json_lines, parquet};
use crate::judgement::{ColumnType, TableFormat, TableSide};
use crate::rules::TextFormat;
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
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) format: TableFormat,
    files: Vec<FileEntry>,
    dialect: Dialect,
    /// As the files declare them; of text, as inferred over all of it.
    pub(crate) schema: Schema,
    pub(crate) rows: u64,
}

impl Source {
    /// Opens a table and learns its columns and rows; text is read once for that.
    pub(crate) fn open(
        format: TableFormat,
        files: &[FileEntry],
        text: &TextFormat,
    ) -> Result<Self> {
        let delimiter = if format == TableFormat::Tsv { b'\t' } else { b',' };
        let dialect = Dialect { delimiter, text: text.clone() };
        let (schema, rows) = match format {
            TableFormat::Parquet => parquet_schema(files)?,
            TableFormat::Csv | TableFormat::Tsv => {
                text_schema(files, false, |file| delimited::infer(file, &dialect))?
            }
            TableFormat::JsonLines => text_schema(files, true, json_lines::infer)?,
        };
        Ok(Self { format, files: files.to_vec(), dialect, schema, rows })
    }

    /// Whether the types were inferred from text rather than declared.
    pub(crate) fn is_inferred(&self) -> bool {
        self.format != TableFormat::Parquet
    }

    /// Returns the column's declared type and nullability.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.schema.field_with_name(name).ok()
    }

    /// Reads the wanted columns in the wanted types, part file after part file in order of name.
    pub(crate) fn batches(&self, targets: &[Target]) -> Batches {
        let format = self.format;
        let dialect = self.dialect.clone();
        let targets = targets.to_vec();
        let as_text: Vec<Target> = targets.iter().map(|target| self.text_target(target)).collect();
        let files = self.files.clone().into_iter();
        Box::new(files.flat_map(move |file| -> Batches {
            let opened = guarded(&file.path, || match format {
                TableFormat::Parquet => parquet::batches(&file, &targets),
                TableFormat::Csv | TableFormat::Tsv => {
                    delimited::batches(&file, &dialect, &as_text)
                }
                TableFormat::JsonLines => json_lines::batches(&file, &as_text),
            });
            match opened {
                Ok(batches) => {
                    let batches = guarded_batches(&file.path, batches);
                    let wanted = targets.clone();
                    Box::new(batches.map(move |batch| {
                        convert(&batch?, &wanted).map_err(|error| error.at_path(&file.path))
                    }))
                }
                Err(error) => Box::new(std::iter::once(Err(error))),
            }
        }))
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
            files: self.files.iter().map(|file| file.relative.clone()).collect(),
            bytes: self.files.iter().map(|file| file.bytes).sum(),
            rows: self.rows,
            columns: self.schema.fields().iter().map(column).collect(),
        }
    }
}

/// Part files of one table must agree in names and order; a type may differ as far as one holds the
/// values of both.
fn parquet_schema(files: &[FileEntry]) -> Result<(Schema, u64)> {
    let mut whole: Option<Vec<Field>> = None;
    let mut rows = 0;
    for file in files {
        let (schema, count) = guarded(&file.path, || parquet::describe(file))?;
        rows += count;
        let fields = schema.fields().iter().map(|field| field.as_ref().clone());
        match &mut whole {
            None => whole = Some(fields.collect()),
            Some(whole) => {
                let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
                check_names(files, file, whole.iter().map(|f| f.name().as_str()), &names)?;
                for (known, field) in whole.iter_mut().zip(fields) {
                    *known = widen(known, &field);
                }
            }
        }
    }
    Ok((Schema::new(whole.unwrap_or_default()), rows))
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

fn text_schema(
    files: &[FileEntry],
    names_may_differ: bool,
    infer: impl Fn(&FileEntry) -> Result<Inferred>,
) -> Result<(Schema, u64)> {
    let mut whole: Option<Vec<(String, TextType, bool)>> = None;
    let mut rows = 0;
    for file in files {
        let inferred = infer(file)?;
        rows += inferred.rows;
        let Some(whole) = &mut whole else {
            whole = Some(inferred.columns);
            continue;
        };
        if !names_may_differ {
            let names: Vec<&str> = inferred.columns.iter().map(|c| c.0.as_str()).collect();
            check_names(files, file, whole.iter().map(|c| c.0.as_str()), &names)?;
        }
        for (name, seen, null) in inferred.columns {
            match whole.iter_mut().find(|known| known.0 == name) {
                Some(known) => *known = (name, known.1.join(seen), known.2 || null),
                None => whole.push((name, seen, true)),
            }
        }
    }
    let fields = whole.unwrap_or_default().into_iter();
    let fields = fields.map(|(name, seen, null)| Field::new(name, seen.data_type(), null));
    Ok((Schema::new(fields.collect::<Vec<_>>()), rows))
}

fn check_names<'a>(
    files: &[FileEntry],
    file: &FileEntry,
    expected: impl Iterator<Item = &'a str>,
    found: &[&str],
) -> Result<()> {
    let expected: Vec<&str> = expected.collect();
    if expected == found {
        return Ok(());
    }
    let first = files.first().map_or("", |file| file.relative.as_str());
    let message = format!(
        "part files of one table have different columns: [{}] in {first}, but [{}] in",
        expected.join(", "),
        found.join(", "),
    );
    Err(Error::new(ErrorKind::InconsistentParts, message).at_path(&file.path))
}
