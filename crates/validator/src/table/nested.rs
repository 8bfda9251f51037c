//! Structs of a declared schema as columns named by path.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch, RecordBatchOptions, make_array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Schema};

use super::canonical::canonical_type;
use crate::{Error, ErrorKind, Result};

/// Returns the schema with each struct replaced by its fields: `a: {b, c}` becomes `a.b` and `a.c`. What is in
/// lists and maps stays there.
pub(crate) fn flat_schema(schema: &Schema) -> Schema {
    let mut fields = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        flatten_field(&mut fields, field.name(), field, false);
    }
    Schema::new_with_metadata(fields, schema.metadata().clone())
}

fn flatten_field(fields: &mut Vec<Field>, path: &str, field: &Field, below_null: bool) {
    let nullable = below_null || field.is_nullable();
    match field.data_type() {
        DataType::Struct(inner) if !inner.is_empty() => {
            for child in inner {
                flatten_field(fields, &format!("{path}.{}", child.name()), child, nullable);
            }
        }
        data_type => {
            let flat = Field::new(path, data_type.clone(), nullable);
            fields.push(flat.with_metadata(field.metadata().clone()));
        }
    }
}

/// Whether a column of a flat schema comes from this column of the nested one.
pub(crate) fn is_below(column: &str, root: &str) -> bool {
    column.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Returns the canonical type of the numbers in a list, map or the like; `None` if it holds anything else. Keys of maps are not asked.
pub(crate) fn element_type(nested: &DataType) -> Option<DataType> {
    let within = |field: &Arc<Field>| match field.data_type() {
        number if number.is_numeric() => Some(canonical_type(number)),
        nested => element_type(nested),
    };
    match nested {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => within(item),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => within(fields.get(1)?),
            _ => None,
        },
        DataType::Struct(fields) => {
            let all = fields.iter().map(within).collect::<Option<Vec<_>>>()?;
            all.into_iter().next()
        }
        _ => None,
    }
}

/// Flattens the structs of a batch as [`flat_schema`] does; a null struct has null fields.
pub(crate) fn flat_batch(batch: &RecordBatch) -> Result<RecordBatch> {
    let schema = batch.schema_ref();
    if !schema.fields().iter().any(|field| matches!(field.data_type(), DataType::Struct(_))) {
        return Ok(batch.clone());
    }
    let mut columns = Vec::new();
    for array in batch.columns() {
        flatten_array(&mut columns, array, None)?;
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(flat_schema(schema)), columns, &options)
        .map_err(failed)
}

fn flatten_array(
    columns: &mut Vec<ArrayRef>,
    array: &ArrayRef,
    above: Option<&NullBuffer>,
) -> Result<()> {
    let nulls = NullBuffer::union(above, array.nulls());
    match array.as_struct_opt() {
        Some(inner) if inner.num_columns() > 0 => {
            for child in inner.columns() {
                flatten_array(columns, child, nulls.as_ref())?;
            }
        }
        _ if above.is_none() || array.data_type() == &DataType::Null => {
            columns.push(Arc::clone(array));
        }
        _ => {
            let data = array.to_data().into_builder().nulls(nulls).build().map_err(failed)?;
            columns.push(make_array(data));
        }
    }
    Ok(())
}

fn failed(error: arrow::error::ArrowError) -> Error {
    Error::new(ErrorKind::Malformed, "cannot take apart nested values in").because(error)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StructArray};

    use super::*;

    #[test]
    fn fields_of_a_null_struct_are_null() {
        let inner: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let field = Arc::new(Field::new("b", DataType::Int64, false));
        let nulls = NullBuffer::from(vec![true, false, true]);
        let outer = StructArray::new(vec![field].into(), vec![inner], Some(nulls));
        let schema = Schema::new(vec![Field::new("a", outer.data_type().clone(), true)]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(outer)]).unwrap();
        let flat = flat_batch(&batch).unwrap();
        assert_eq!(flat.schema_ref().field(0).name(), "a.b");
        assert!(flat.schema_ref().field(0).is_nullable());
        assert_eq!(
            flat.column(0).as_ref(),
            &Int64Array::from(vec![Some(1), None, Some(3)]) as &dyn Array
        );
    }

    #[test]
    fn paths_are_below_their_root_only() {
        assert!(is_below("a.b", "a") && is_below("a", "a"));
        assert!(!is_below("ab", "a") && !is_below("a", "a.b"));
    }
}
