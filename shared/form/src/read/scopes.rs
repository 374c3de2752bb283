//! `${name}` of a question in a repeat, written outside it: only the first item is read, which is
//! seldom what was meant.

use super::Problem;
use crate::expr::ast::{Expr, ExprKind, Operator};
use crate::expr::function::Function;
use crate::model::{Form, NodeId};
use crate::session::program::compile;

/// Warnings for the expressions of a node.
pub fn check(form: &Form, id: NodeId) -> Vec<Problem> {
    let node = form.node(id);
    let mut found = Vec::new();
    for (column, source) in super::check::expressions(node) {
        let Ok(parsed) = compile(form, id, source) else { continue };
        let mut names = Vec::new();
        visit(form, &parsed, false, &mut names);
        names.sort_unstable();
        names.dedup();
        for name in names {
            let message = std::format!(
                "'{name}' is asked once per item of a repeat, and this is outside the repeat: only the \
                 first item is read. Say which with sum(), count(), join() or indexed-repeat()."
            );
            found.push(Problem::new("across_repeats", message, "survey").at(node.row, column));
        }
    }
    found
}

/// Collects references to several items where one value is wanted; `many` where all are welcome.
fn visit<'f>(form: &'f Form, expr: &Expr, many: bool, into: &mut Vec<&'f str>) {
    match &expr.kind {
        ExprKind::Reference(reference) => {
            let Some(node) = reference.node.map(NodeId) else { return };
            if !many && form.repeats_of(node).len() as u32 > reference.shared {
                into.push(&form.node(node).name);
            }
        }
        ExprKind::Call(call) => {
            let many = call.function.is_some_and(takes_many);
            call.arguments.iter().for_each(|argument| visit(form, argument, many, into));
        }
        // A comparison holds when it holds for any item; a union is a set.
        ExprKind::Binary(operator, left, right) => {
            use Operator::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual, Union};
            let many = matches!(
                operator,
                Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual | Union
            );
            visit(form, left, many, into);
            visit(form, right, many, into);
        }
        ExprKind::Negate(inner) => visit(form, inner, false, into),
        _ => {}
    }
}

fn takes_many(function: Function) -> bool {
    use Function::*;
    matches!(
        function,
        Sum | Count
            | CountNonEmpty
            | Max
            | Min
            | Join
            | Concat
            | IndexedRepeat
            | Checklist
            | WeightedChecklist
            | Randomize
            | Boolean
            | Not
            | Position
            | Area
            | Distance
            | ChoiceName
    )
}

#[cfg(test)]
mod tests {
    use crate::read::from_markdown;

    #[test]
    fn one_value_of_many_items_is_doubted() {
        let of = |calculation: &str| {
            let text = std::format!(
                "| survey |\n| | type | name | label | calculation |\n| | begin repeat | r | R | |\n\
                 | | integer | x | X | |\n| | calculate | in | | ${{x}} + 1 |\n| | end repeat | | | |\n\
                 | | calculate | out | | {calculation} |\n"
            );
            let found = from_markdown(&text);
            assert_eq!(found.errors, []);
            found.warnings.into_iter().map(|found| (found.code, found.row)).collect::<Vec<_>>()
        };
        let doubted = [("across_repeats".to_owned(), 6)];
        assert_eq!(of("${x} * 2"), doubted);
        assert_eq!(of("if(${x} = 1, ${x}, 0)"), doubted);
        for fine in ["sum(${x})", "${x} = 3", "indexed-repeat(${x}, ${r}, 1)", "count(${r})"] {
            assert_eq!(of(fine), [], "{fine}");
        }
    }
}
