//! `${name}` of a question in a repeat, written outside it where one value is wanted: with two items ODK's clients
//! stop there, and ours would read the first.

use crate::expr::ast::{Expr, ExprKind, Operator};
use crate::expr::function::Function;
use crate::model::{Form, NodeId};

/// Names of the questions that an expression, its references bound, reads across repeats.
pub fn check<'f>(form: &'f Form, parsed: &Expr) -> Vec<&'f str> {
    let mut names = Vec::new();
    visit(form, parsed, false, &mut names);
    names.sort_unstable();
    names.dedup();
    names
}

/// What is said of such a name.
pub fn message(name: &str) -> String {
    std::format!(
        "'{name}' is asked once per item of a repeat, and this is outside the repeat: which item is meant \
         is not said. Say it with sum(), count(), max(), join() or indexed-repeat()."
    )
}

/// Whether ODK Validate refuses it: it looks at what is computed while nothing is answered. A constraint
/// and a default are read later.
pub fn is_error(column: &str) -> bool {
    matches!(column, "relevant" | "required" | "readonly" | "calculation")
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
            // concat() joins all items of its only argument; of several each is one value.
            let several = call.function == Some(Function::Concat) && call.arguments.len() > 1;
            let many = call.function.is_some_and(takes_many) && !several;
            call.arguments.iter().for_each(|argument| visit(form, argument, many, into));
        }
        ExprKind::Binary(operator, left, right) => {
            let many = *operator == Operator::Union;
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
    fn one_value_of_many_items_cannot_be_told() {
        let of = |column: &str, expression: &str| {
            let text = std::format!(
                "| survey |\n| | type | name | label | {column} |\n| | begin repeat | r | R | |\n\
                 | | integer | x | X | |\n| | text | in | In | ${{x}} + 1 |\n| | end repeat | | | |\n\
                 | | text | out | Out | {expression} |\n"
            );
            let found = from_markdown(&text);
            let told = |problems: Vec<crate::read::Problem>| {
                let told = problems.into_iter().map(|found| (found.code, found.row, found.column));
                told.collect::<Vec<_>>()
            };
            (told(found.errors), told(found.warnings))
        };
        let there = |column: &str| vec![("across_repeats".to_owned(), 6, column.to_owned())];
        for wrong in
            ["${x} * 2", "if(${x} = 1, ${x}, 0)", "${x} = 3", "5 > ${x}", "concat(${x}, 'a')"]
        {
            for column in ["calculation", "relevant", "required", "readonly"] {
                assert_eq!(of(column, wrong), (there(column), vec![]), "{wrong} {column}");
            }
            assert_eq!(of("constraint", wrong), (vec![], there("constraint")), "{wrong}");
        }
        for fine in [
            "sum(${x})",
            "concat(${x})",
            "max(${x}) = 3",
            "indexed-repeat(${x}, ${r}, 1)",
            "count(${r})",
        ] {
            assert_eq!(of("calculation", fine), (vec![], vec![]), "{fine}");
        }
    }
}
