//! Comparisons, XPath 1.0 section 3.4.

use super::{Dialect, Evaluator};
use crate::expr::ast::Operator;
use crate::expr::tree::NodeRef;
use crate::expr::value::Value;

/// How far numbers may differ and still be equal in the ODK dialect: 6.1 - 7.8 is -1.7.
const TOLERANCE: f64 = 1e-12;

impl Evaluator<'_> {
    pub(crate) fn compare(&self, operator: Operator, left: &Value, right: &Value) -> bool {
        match (left, right) {
            // As one boolean for XPath; ODK's engines compare the number of each node when ordering.
            (Value::Nodes(_), Value::Boolean(_)) | (Value::Boolean(_), Value::Nodes(_))
                if self.dialect == Dialect::Native || is_equality(operator) =>
            {
                self.compare_plain(operator, left, right)
            }
            (Value::Nodes(lefts), Value::Nodes(rights)) => {
                let rights: Vec<Value> = rights.iter().map(|node| self.node_text(*node)).collect();
                lefts.iter().any(|node| {
                    let left = self.node_text(*node);
                    rights.iter().any(|right| self.compare_strings(operator, &left, right))
                })
            }
            (Value::Nodes(nodes), other) => nodes
                .iter()
                .any(|node| self.compare_strings(operator, &self.node_text(*node), other)),
            (other, Value::Nodes(nodes)) => nodes
                .iter()
                .any(|node| self.compare_strings(operator, other, &self.node_text(*node))),
            _ => self.compare_plain(operator, left, right),
        }
    }

    fn node_text(&self, node: NodeRef) -> Value {
        Value::Text(self.tree.text(node).into_owned())
    }

    fn compare_strings(&self, operator: Operator, left: &Value, right: &Value) -> bool {
        self.compare_plain(operator, left, right)
    }

    fn compare_plain(&self, operator: Operator, left: &Value, right: &Value) -> bool {
        use Value::{Boolean, Date, Number};
        let equality = is_equality(operator);
        if equality && matches!((left, right), (Boolean(_), _) | (_, Boolean(_))) {
            let same = self.boolean(left) == self.boolean(right);
            return same == (operator == Operator::Equal);
        }
        let numeric = matches!((left, right), (Number(_) | Date(_), _) | (_, Number(_) | Date(_)));
        if equality && !numeric {
            let same = self.text_cow(left) == self.text_cow(right);
            return same == (operator == Operator::Equal);
        }
        let (left, right) = match (operator, left, right) {
            // A node set beside a boolean is one boolean, not many numbers.
            (_, Value::Nodes(_), Boolean(_)) => (bit(self.boolean(left)), self.number(right)),
            (_, Boolean(_), Value::Nodes(_)) => (self.number(left), bit(self.boolean(right))),
            _ => (self.number(left), self.number(right)),
        };
        self.compare_numbers(operator, left, right)
    }

    fn compare_numbers(&self, operator: Operator, left: f64, right: f64) -> bool {
        let near = self.dialect == Dialect::Xforms && (left - right).abs() < TOLERANCE;
        match operator {
            Operator::Equal => left == right || near,
            Operator::NotEqual => !(left == right || near),
            Operator::Less => left < right && !near,
            Operator::LessEqual => left <= right || near,
            Operator::Greater => left > right && !near,
            _ => left >= right || near,
        }
    }
}

fn is_equality(operator: Operator) -> bool {
    matches!(operator, Operator::Equal | Operator::NotEqual)
}

fn bit(found: bool) -> f64 {
    f64::from(u8::from(found))
}
