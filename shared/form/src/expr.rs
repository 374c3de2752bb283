//! The ODK dialect of XPath 1.0: text → tree ([`parse()`]) → value ([`eval`]).
//!
//! Parsing collects one problem with its span; evaluation is total: a problem is an [`Error`] value,
//! never a panic. The evaluator sees documents only through [`Tree`], so that it serves a live form
//! and an XML document alike. Sources: <https://www.w3.org/TR/1999/REC-xpath-19991116/> and
//! <https://getodk.github.io/xforms-spec/#xpath-functions>.

pub mod ast;
pub mod date;
pub mod eval;
pub mod function;
mod geo;
pub(crate) mod inline;
pub mod lex;
pub mod maths;
pub mod number;
pub mod parse;
pub mod tree;
pub mod value;

pub use ast::{Expr, ExprKind, Span};
pub use eval::{Dialect, Evaluator};
pub use parse::parse;
pub use tree::{NodeKind, NodeRef, Tree};
pub use value::Value;

/// Why an expression could not be parsed or evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Stable name: `syntax`, `unknown_function`, `arguments`, `unknown_reference`, `type`, `limit`.
    pub code: &'static str,
    pub message: String,
    pub span: Span,
}

impl Error {
    pub(crate) fn new(code: &'static str, message: impl Into<String>, span: Span) -> Error {
        Error { code, message: message.into(), span }
    }
}
