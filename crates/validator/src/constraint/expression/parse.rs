//! Reads a condition, and says of what it can't hold that it can't.

use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, TypedString,
    UnaryOperator, Value,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::node::{Comparison, Expression, Function, Node, Operator};
use crate::rules::{Scalar, nearest};

/// The longest condition, in bytes. It bounds what reading one may take.
const LONGEST: usize = 10_000;

/// The deepest nesting of a condition.
const DEEPEST: usize = 64;

type Read<T> = Result<T, String>;

impl Expression {
    /// Reads a condition; an `Err` says in words what is wrong with it.
    pub(crate) fn parse(text: &str) -> Read<Self> {
        if text.len() > LONGEST {
            return Err(format!("an expression of more than {LONGEST} bytes is too long"));
        }
        let dialect = GenericDialect {};
        let mut parser =
            Parser::new(&dialect).try_with_sql(text).map_err(|error| plain(&error.to_string()))?;
        let parsed = parser.parse_expr().map_err(|error| plain(&error.to_string()))?;
        let rest = parser.peek_token();
        if rest.token != Token::EOF {
            return Err(format!("unexpected `{}` after the expression", rest.token));
        }
        let mut columns = Columns::default();
        let root = columns.node(&parsed, 0)?;
        if columns.names.is_empty() {
            return Err("the expression names no column; a column is written `name` or `\"Name\"`, text `'text'`".to_owned());
        }
        Ok(Self { root, columns: columns.names })
    }
}

/// The parser puts its own kind of error before the text.
fn plain(message: &str) -> String {
    message.trim_start_matches("sql parser error: ").to_owned()
}

#[derive(Default)]
struct Columns {
    names: Vec<String>,
}

impl Columns {
    fn node(&mut self, expr: &Expr, depth: usize) -> Read<Node> {
        if depth > DEEPEST {
            return Err("the expression is nested too deeply".to_owned());
        }
        let deeper = depth + 1;
        Ok(match expr {
            Expr::Nested(inner) => self.node(inner, deeper)?,
            Expr::Identifier(name) => self.column(name),
            Expr::Value(value) | Expr::TypedString(TypedString { value, .. }) => {
                literal(&value.value)?
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, deeper)?,
            Expr::UnaryOp { op, expr } => self.unary(*op, expr, deeper)?,
            Expr::IsNull(inner) => Node::IsNull(self.boxed(inner, deeper)?),
            Expr::IsNotNull(inner) => not(Node::IsNull(self.boxed(inner, deeper)?)),
            Expr::IsTrue(inner) => Node::Is(self.boxed(inner, deeper)?, true),
            Expr::IsNotTrue(inner) => not(Node::Is(self.boxed(inner, deeper)?, true)),
            Expr::IsFalse(inner) => Node::Is(self.boxed(inner, deeper)?, false),
            Expr::IsNotFalse(inner) => not(Node::Is(self.boxed(inner, deeper)?, false)),
            Expr::InList { expr, list, negated } => {
                let list = list.iter().map(|item| self.node(item, deeper)).collect::<Read<_>>()?;
                negate(Node::In(self.boxed(expr, deeper)?, list), *negated)
            }
            Expr::Between { expr, negated, low, high } => {
                let value = self.node(expr, deeper)?;
                let low = compare(Comparison::AtLeast, value.clone(), self.node(low, deeper)?);
                let high = compare(Comparison::AtMost, value, self.node(high, deeper)?);
                negate(Node::All(vec![low, high]), *negated)
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char: None } => {
                negate(self.like(expr, pattern, false, deeper)?, *negated)
            }
            Expr::ILike { negated, any: false, expr, pattern, escape_char: None } => {
                negate(self.like(expr, pattern, true, deeper)?, *negated)
            }
            Expr::Function(call) => self.call(call, deeper)?,
            other => return Err(unsupported(&other.to_string())),
        })
    }

    fn boxed(&mut self, expr: &Expr, depth: usize) -> Read<Box<Node>> {
        self.node(expr, depth).map(Box::new)
    }

    fn column(&mut self, name: &Ident) -> Node {
        let index = self.names.iter().position(|known| *known == name.value).unwrap_or_else(|| {
            self.names.push(name.value.clone());
            self.names.len() - 1
        });
        Node::Column(index)
    }

    fn binary(
        &mut self,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        depth: usize,
    ) -> Read<Node> {
        let comparison = match op {
            BinaryOperator::And | BinaryOperator::Or => return self.chain(left, op, right, depth),
            BinaryOperator::Eq => Comparison::Equal,
            BinaryOperator::NotEq => Comparison::NotEqual,
            BinaryOperator::Lt => Comparison::Less,
            BinaryOperator::LtEq => Comparison::AtMost,
            BinaryOperator::Gt => Comparison::Greater,
            BinaryOperator::GtEq => Comparison::AtLeast,
            other => {
                let operator = match other {
                    BinaryOperator::Plus => Operator::Add,
                    BinaryOperator::Minus => Operator::Subtract,
                    BinaryOperator::Multiply => Operator::Multiply,
                    BinaryOperator::Divide => Operator::Divide,
                    BinaryOperator::Modulo => Operator::Remainder,
                    other => return Err(unsupported(&other.to_string())),
                };
                let sides = (self.node(left, depth)?, self.node(right, depth)?);
                return Ok(Node::Arithmetic(operator, Box::new(sides)));
            }
        };
        Ok(compare(comparison, self.node(left, depth)?, self.node(right, depth)?))
    }

    /// `a AND b AND c` leans to the left as deep as it is long, so it is taken apart in a loop.
    fn chain(
        &mut self,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        depth: usize,
    ) -> Read<Node> {
        let mut parts = vec![self.node(right, depth)?];
        let mut rest = left;
        while let Expr::BinaryOp { left, op: other, right } = rest
            && other == op
        {
            parts.push(self.node(right, depth)?);
            rest = left;
        }
        parts.push(self.node(rest, depth)?);
        parts.reverse();
        Ok(if *op == BinaryOperator::And { Node::All(parts) } else { Node::Any(parts) })
    }

    fn unary(&mut self, op: UnaryOperator, expr: &Expr, depth: usize) -> Read<Node> {
        let inner = self.node(expr, depth)?;
        match (op, inner) {
            (UnaryOperator::Not, inner) => Ok(not(inner)),
            (UnaryOperator::Plus, inner) => Ok(inner),
            (UnaryOperator::Minus, Node::Literal(Scalar::Integer(value))) => Ok(Node::Literal(
                value.checked_neg().map_or(Scalar::Float(-(value as f64)), Scalar::Integer),
            )),
            (UnaryOperator::Minus, Node::Literal(Scalar::Float(value))) => {
                Ok(Node::Literal(Scalar::Float(-value)))
            }
            (UnaryOperator::Minus, inner) => {
                let sides = (Node::Literal(Scalar::Integer(0)), inner);
                Ok(Node::Arithmetic(Operator::Subtract, Box::new(sides)))
            }
            (other, _) => Err(unsupported(&other.to_string())),
        }
    }

    fn like(&mut self, text: &Expr, pattern: &Expr, ignore_case: bool, depth: usize) -> Read<Node> {
        let text = (self.node(text, depth)?, self.node(pattern, depth)?);
        Ok(Node::Like { text: Box::new(text), ignore_case })
    }

    fn call(&mut self, call: &sqlparser::ast::Function, depth: usize) -> Read<Node> {
        let name = call.name.to_string().to_lowercase();
        let Some((_, function)) = Function::NAMES.iter().find(|(known, _)| *known == name) else {
            let known = Function::NAMES.map(|(name, _)| name);
            let hint = nearest(&name, known)
                .map(|name| format!(", did you mean `{name}`?"))
                .unwrap_or_default();
            return Err(format!(
                "there is no function `{name}`{hint} (there are {})",
                known.join(", ")
            ));
        };
        let plain = call.filter.is_none() && call.over.is_none() && call.within_group.is_empty();
        match &call.args {
            FunctionArguments::List(list)
                if plain && list.duplicate_treatment.is_none() && list.clauses.is_empty() =>
            {
                match list.args.as_slice() {
                    [FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))] => {
                        Ok(Node::Call(*function, self.boxed(inner, depth)?))
                    }
                    _ => Err(format!("`{name}` takes one value")),
                }
            }
            _ => Err(format!("`{name}` takes one value")),
        }
    }
}

fn literal(value: &Value) -> Read<Node> {
    Ok(Node::Literal(match value {
        Value::Null => return Ok(Node::Null),
        Value::Boolean(value) => Scalar::Boolean(*value),
        Value::SingleQuotedString(text) => Scalar::Text(text.clone()),
        Value::Number(text, _) => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(whole), _) => Scalar::Integer(whole),
            (_, Ok(number)) if number.is_finite() => Scalar::Float(number),
            _ => return Err(format!("`{text}` is no finite number")),
        },
        other => return Err(unsupported(&other.to_string())),
    }))
}

fn compare(comparison: Comparison, left: Node, right: Node) -> Node {
    Node::Compare(comparison, Box::new((left, right)))
}

fn not(node: Node) -> Node {
    Node::Not(Box::new(node))
}

fn negate(node: Node, negated: bool) -> Node {
    if negated { not(node) } else { node }
}

fn unsupported(what: &str) -> String {
    format!(
        "`{what}` is not supported in an expression: it takes comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, IS NULL, \
         arithmetic, and the functions abs, length, lower and upper; a business rule in code takes anything"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_a_condition_are_known() {
        let parsed = Expression::parse(
            r#"arr_delay >= -90 AND "Carrier" IN ('AA', 'UA') OR arr_delay IS NULL"#,
        )
        .unwrap();
        assert_eq!(parsed.columns, ["arr_delay", "Carrier"]);
    }

    #[test]
    fn what_can_not_be_read_says_why() {
        for (text, expected) in [
            ("", "Expected"),
            ("1 = 1", "names no column"),
            ("a >", "Expected"),
            ("a = 'x", "Unterminated"),
            ("a = 1 b", "unexpected `b`"),
            ("lenght(a) > 1", "did you mean `length`?"),
            ("length(a, b) > 1", "takes one value"),
            ("CASE WHEN a THEN b END", "not supported"),
            ("a IN (SELECT b FROM c)", "not supported"),
            ("a = 1e999", "no finite number"),
        ] {
            let message = Expression::parse(text).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
        let deep = format!("{}a{}", "(".repeat(3_000), ")".repeat(3_000));
        assert!(Expression::parse(&deep).is_err());
        let sum = format!("a{} > 0", " + a".repeat(1_000));
        assert!(Expression::parse(&sum).unwrap_err().contains("nested too deeply"));
        let long = format!("a = 1{}", " OR a = 2".repeat(1_000));
        assert!(Expression::parse(&long).is_ok());
    }
}
