//! Evaluates a condition on a batch of rows, as SQL does: what compares with null is neither true nor false.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Datum, Float64Array, Int64Array, RecordBatch,
    Scalar as One, StringArray, new_null_array,
};
use arrow::compute::kernels::{arity, boolean, cmp, comparison, numeric};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float64Type};
use arrow::error::ArrowError;

use super::node::{Comparison, Expression, Function, Node, Operator};
use crate::rules::Scalar;
use crate::table::common_type;

type Evaluated<T> = Result<T, String>;

/// Evaluates a condition on columns of canonical types, which stand in the batch as in [`Expression::columns`].
///
/// An `Err` says in words why the condition makes no sense for columns of these types.
pub(crate) fn evaluate(expression: &Expression, columns: &RecordBatch) -> Evaluated<BooleanArray> {
    Batch(columns).condition(&expression.root)
}

/// A value for each row, or one for all.
struct Operand {
    array: ArrayRef,
    is_one: bool,
}

impl Operand {
    fn rows(array: ArrayRef) -> Self {
        Self { array, is_one: false }
    }

    fn one(array: ArrayRef) -> Self {
        Self { array, is_one: true }
    }

    fn data_type(&self) -> &DataType {
        self.array.data_type()
    }

    fn is_text(&self) -> bool {
        self.data_type() == &DataType::Utf8
    }

    fn datum(&self) -> Box<dyn Datum> {
        if self.is_one {
            Box::new(One::new(Arc::clone(&self.array)))
        } else {
            Box::new(Arc::clone(&self.array))
        }
    }

    fn cast(self, wanted: &DataType) -> Evaluated<Self> {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        let array = cast_with_options(&self.array, wanted, &options).map_err(|_value| {
            // The text of arrow's error shows the value.
            format!("a value of type {} does not fit {wanted}", self.data_type())
        })?;
        // Arrow tells the two zeros apart.
        let array = match wanted {
            DataType::Float64 => Arc::new(arity::unary::<_, _, Float64Type>(
                array.as_primitive::<Float64Type>(),
                |value| value + 0.0,
            )),
            _ => array,
        };
        Ok(Self { array, is_one: self.is_one })
    }
}

struct Batch<'a>(&'a RecordBatch);

impl Batch<'_> {
    fn condition(&self, node: &Node) -> Evaluated<BooleanArray> {
        match node {
            Node::All(parts) => self.fold(parts, boolean::and_kleene),
            Node::Any(parts) => self.fold(parts, boolean::or_kleene),
            Node::Not(inner) => boolean::not(&self.condition(inner)?).map_err(words),
            Node::IsNull(inner) => self.is_null(inner),
            Node::Is(inner, wanted) => {
                let values = self.condition(inner)?;
                Ok(values.iter().map(|value| Some(value == Some(*wanted))).collect())
            }
            Node::Compare(comparison, sides) => self.compare(*comparison, &sides.0, &sides.1),
            Node::In(value, list) => {
                let mut found = BooleanArray::from(vec![false; self.0.num_rows()]);
                for item in list {
                    let equal = self.compare(Comparison::Equal, value, item)?;
                    found = boolean::or_kleene(&found, &equal).map_err(words)?;
                }
                Ok(found)
            }
            Node::Like { text, ignore_case } => self.like(&text.0, &text.1, *ignore_case),
            Node::Column(_)
            | Node::Literal(_)
            | Node::Null
            | Node::Arithmetic(..)
            | Node::Call(..) => {
                let value = self.operand(node)?;
                let array = self.spread(&value);
                match array.data_type() {
                    DataType::Boolean => Ok(array.as_boolean().clone()),
                    DataType::Null => Ok(BooleanArray::new_null(array.len())),
                    other => Err(format!("a value of type {other} is no condition")),
                }
            }
        }
    }

    fn fold(
        &self,
        parts: &[Node],
        join: impl Fn(&BooleanArray, &BooleanArray) -> Result<BooleanArray, ArrowError>,
    ) -> Evaluated<BooleanArray> {
        let mut whole: Option<BooleanArray> = None;
        for part in parts {
            let part = self.condition(part)?;
            whole = Some(match whole {
                None => part,
                Some(whole) => join(&whole, &part).map_err(words)?,
            });
        }
        whole.ok_or_else(|| "the condition is empty".to_owned())
    }

    fn is_null(&self, node: &Node) -> Evaluated<BooleanArray> {
        let value = self.operand(node)?;
        let array = self.spread(&value);
        boolean::is_null(&array).map_err(words).map(|nulls| {
            if array.data_type() == &DataType::Null {
                BooleanArray::from(vec![true; array.len()])
            } else {
                nulls
            }
        })
    }

    fn compare(
        &self,
        comparison: Comparison,
        left: &Node,
        right: &Node,
    ) -> Evaluated<BooleanArray> {
        let (left, right) = same_type(self.operand(left)?, self.operand(right)?)?;
        let compare = match comparison {
            Comparison::Equal => cmp::eq,
            Comparison::NotEqual => cmp::neq,
            Comparison::Less => cmp::lt,
            Comparison::AtMost => cmp::lt_eq,
            Comparison::Greater => cmp::gt,
            Comparison::AtLeast => cmp::gt_eq,
        };
        let result = compare(left.datum().as_ref(), right.datum().as_ref()).map_err(words)?;
        Ok(self.spread_condition(result))
    }

    fn like(&self, text: &Node, pattern: &Node, ignore_case: bool) -> Evaluated<BooleanArray> {
        let (text, pattern) = (self.operand(text)?, self.operand(pattern)?);
        if !text.is_text() || !pattern.is_text() {
            return Err(format!("LIKE takes text, not {}", text.data_type()));
        }
        let like = if ignore_case { comparison::ilike } else { comparison::like };
        let result = like(text.datum().as_ref(), pattern.datum().as_ref()).map_err(words)?;
        Ok(self.spread_condition(result))
    }

    fn operand(&self, node: &Node) -> Evaluated<Operand> {
        match node {
            Node::Column(index) => {
                let column = Operand::rows(Arc::clone(self.0.column(*index)));
                if column.data_type() == &DataType::Float64 {
                    column.cast(&DataType::Float64)
                } else {
                    Ok(column)
                }
            }
            Node::Literal(value) => Ok(Operand::one(literal(value))),
            Node::Null => Ok(Operand::one(new_null_array(&DataType::Null, 1))),
            Node::Arithmetic(operator, sides) => self.arithmetic(*operator, &sides.0, &sides.1),
            Node::Call(function, inner) => call(*function, self.operand(inner)?),
            condition => Ok(Operand::rows(Arc::new(self.condition(condition)?))),
        }
    }

    fn arithmetic(&self, operator: Operator, left: &Node, right: &Node) -> Evaluated<Operand> {
        let (left, right) = (number(self.operand(left)?)?, number(self.operand(right)?)?);
        let compute = match operator {
            Operator::Add => numeric::add,
            Operator::Subtract => numeric::sub,
            Operator::Multiply => numeric::mul,
            Operator::Divide => numeric::div,
            Operator::Remainder => numeric::rem,
        };
        let array = compute(left.datum().as_ref(), right.datum().as_ref()).map_err(words)?;
        Ok(Operand { array, is_one: left.is_one && right.is_one })
    }

    fn spread(&self, value: &Operand) -> ArrayRef {
        let rows = self.0.num_rows();
        if !value.is_one {
            return Arc::clone(&value.array);
        }
        match value.data_type() {
            DataType::Boolean if !value.array.is_null(0) => {
                Arc::new(BooleanArray::from(vec![value.array.as_boolean().value(0); rows]))
            }
            _ if value.array.is_null(0) || value.data_type() == &DataType::Null => {
                new_null_array(value.data_type(), rows)
            }
            // Only whether it is null is asked of any other.
            _ => Arc::new(Int64Array::from(vec![0; rows])),
        }
    }

    fn spread_condition(&self, values: BooleanArray) -> BooleanArray {
        let rows = self.0.num_rows();
        if values.len() == rows {
            return values;
        }
        let one = (!values.is_empty() && values.is_valid(0)).then(|| values.value(0));
        BooleanArray::from(vec![one; rows])
    }
}

fn literal(value: &Scalar) -> ArrayRef {
    match value {
        Scalar::Boolean(value) => Arc::new(BooleanArray::from(vec![*value])),
        Scalar::Integer(value) => Arc::new(Int64Array::from(vec![*value])),
        Scalar::Float(value) => Arc::new(Float64Array::from(vec![*value])),
        Scalar::Text(value) => Arc::new(StringArray::from(vec![value.as_str()])),
    }
}

/// Brings both into one type. Text becomes a time or a boolean if it is compared with one, and nothing else.
fn same_type(left: Operand, right: Operand) -> Evaluated<(Operand, Operand)> {
    let wanted = match (left.data_type(), right.data_type()) {
        (a, b) if a == b => return Ok((left, right)),
        (DataType::Utf8, DataType::Null) | (DataType::Null, DataType::Utf8) => DataType::Utf8,
        (DataType::Utf8, other) | (other, DataType::Utf8) if other.is_temporal() => other.clone(),
        (a, b) => match common_type(a, b) {
            DataType::Utf8 => return Err(format!("{a} can't be compared with {b}")),
            common => common,
        },
    };
    Ok((left.cast(&wanted)?, right.cast(&wanted)?))
}

fn number(value: Operand) -> Evaluated<Operand> {
    match value.data_type() {
        data_type if data_type.is_numeric() || data_type == &DataType::Null => {
            value.cast(&DataType::Float64)
        }
        other => Err(format!("{other} is no number to compute with")),
    }
}

fn call(function: Function, value: Operand) -> Evaluated<Operand> {
    let is_one = value.is_one;
    if function == Function::Abs {
        let numbers = number(value)?;
        let absolute = arity::unary::<_, _, Float64Type>(
            numbers.array.as_primitive::<Float64Type>(),
            f64::abs,
        );
        return Ok(Operand { array: Arc::new(absolute), is_one });
    }
    if !value.is_text() {
        return Err(format!("{} is no text", value.data_type()));
    }
    let text = value.array.as_string::<i32>();
    let array: ArrayRef = match function {
        Function::Lower => {
            Arc::new(text.iter().map(|text| text.map(str::to_lowercase)).collect::<StringArray>())
        }
        Function::Upper => {
            Arc::new(text.iter().map(|text| text.map(str::to_uppercase)).collect::<StringArray>())
        }
        Function::Length | Function::Abs => {
            let length = |text: &str| text.chars().count() as i64;
            Arc::new(text.iter().map(|text| text.map(length)).collect::<Int64Array>())
        }
    };
    Ok(Operand { array, is_one })
}

#[expect(clippy::needless_pass_by_value, reason = "it is what a result maps its error with")]
fn words(error: ArrowError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Date32Array, Decimal128Array};

    fn rows() -> RecordBatch {
        let columns: [(&str, ArrayRef); 5] = [
            (
                "delay",
                Arc::new(Float64Array::from(vec![Some(-0.0), Some(12.5), None, Some(f64::NAN)])),
            ),
            (
                "carrier",
                Arc::new(StringArray::from(vec![Some("AA"), Some("ua"), Some("B6"), None])),
            ),
            ("id", Arc::new(Int64Array::from(vec![1, 2, i64::MAX, i64::MAX - 1]))),
            ("day", Arc::new(Date32Array::from(vec![0, 1, 2, 3]))),
            (
                "price",
                Arc::new(
                    Decimal128Array::from(vec![1999, 2000, 0, -5])
                        .with_precision_and_scale(9, 2)
                        .unwrap(),
                ),
            ),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
            .unwrap()
    }

    fn answer(text: &str) -> Evaluated<String> {
        let expression = Expression::parse(text).unwrap();
        let all = rows();
        let indices: Vec<usize> =
            expression.columns.iter().map(|name| all.schema().index_of(name).unwrap()).collect();
        let answers = evaluate(&expression, &all.project(&indices).unwrap())?;
        Ok(answers
            .iter()
            .map(|answer| answer.map_or('?', |yes| if yes { 't' } else { 'f' }))
            .collect())
    }

    #[test]
    fn conditions_follow_sql() {
        for (text, expected) in [
            ("delay >= 0", "tt?t"),
            ("delay < 10", "tf?f"),
            ("delay < 10 OR id > 1", "tttt"),
            ("delay IS NULL", "fftf"),
            ("NOT (delay = 0)", "ft?t"),
            ("carrier IN ('AA', 'B6')", "tft?"),
            ("carrier IN ('AA', NULL)", "t???"),
            ("upper(carrier) LIKE 'U%'", "ftf?"),
            ("carrier ILIKE 'u_'", "ftf?"),
            ("length(carrier) = 2", "ttt?"),
            ("(carrier = 'AA') IS TRUE", "tfff"),
            ("id = 9223372036854775807", "fftf"),
            ("id - 1 = 1", "ftff"),
            ("id % 2 = 1 AND delay BETWEEN -1 AND 20", "tfff"),
            ("day >= '1970-01-03'", "fftt"),
            ("day = DATE '1970-01-01'", "tfff"),
            ("price <= 19.99", "tftt"),
            ("price * 2 = 40", "ftff"),
            ("abs(price) = 0.05", "ffft"),
            ("id <> NULL", "????"),
            ("1 = 1 AND id >= 1", "tttt"),
        ] {
            assert_eq!(answer(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_for_the_types_says_so() {
        for (text, expected) in [
            ("carrier > 5", "can't be compared"),
            ("id", "no condition"),
            ("carrier + 1 > 2", "no number"),
            ("length(id) = 1", "no text"),
            ("id LIKE 'x'", "LIKE takes text"),
            ("day > 'tomorrow'", "does not fit"),
        ] {
            let message = answer(text).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
