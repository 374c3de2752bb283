//! Values of expressions.

use super::date::Moment;
use super::tree::NodeRef;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Boolean(bool),
    Number(f64),
    Text(String),
    /// In document order, without duplicates.
    Nodes(Vec<NodeRef>),
    /// A date or time; `None` for one that could not be read.
    Date(Option<Moment>),
}

impl Value {
    pub fn text(found: impl Into<String>) -> Value {
        Value::Text(found.into())
    }
}
