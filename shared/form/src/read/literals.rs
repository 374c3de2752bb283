//! Comparisons that can never hold: a choice that is not in the list, a word beside a number, a group as a
//! value; and defaults that could not be answers.

use super::Problem;
use super::check::expressions;
use crate::expr::ast::{Axis, Expr, ExprKind, Operator};
use crate::expr::function::Function;
use crate::expr::{date, number, parse};
use crate::model::{ChoiceList, Choices, Form, Kind, Node, NodeId};
use crate::session::program::resolve;
use crate::session::states::{is_in_range, is_of_type};

/// Warnings for a node: its default, and every comparison of its expressions.
pub fn check(form: &Form, id: NodeId) -> Vec<Problem> {
    let node = form.node(id);
    let mut found = Vec::new();
    let mut tell = |code: &str, message: String, column: &str| {
        found.push(Problem::new(code, message, "survey").at(node.row, column));
    };
    if let Some(message) = wrong_default(form, node) {
        tell("default", message, "default");
    }
    for (column, source) in expressions(node) {
        let Ok(parsed) = parse(source) else { continue };
        let own = matches!(column, "constraint" | "soft_constraint").then_some(id);
        visit(&parsed, own, &mut |part: &Expr, own: Option<NodeId>| {
            if let Some((question, operator, text)) = compared(form, id, own, part)
                && let Some(message) = impossible(form, form.node(question), operator, text)
            {
                tell("never_true", message, column);
            }
            if let Some(group) = group_as_value(form, id, part) {
                let message = format!(
                    "'{group}' is a group: it has no answer of its own. Name a question in it."
                );
                tell("group_value", message, column);
            }
        });
    }
    found
}

/// Every part with the question that `.` is there, if that is known: in a predicate it is another node.
fn visit(expr: &Expr, own: Option<NodeId>, tell: &mut dyn FnMut(&Expr, Option<NodeId>)) {
    tell(expr, own);
    let mut inside = |steps: &[crate::expr::ast::Step]| {
        let predicates = steps.iter().flat_map(|step| &step.predicates);
        predicates.for_each(|predicate| visit(predicate, None, tell));
    };
    match &expr.kind {
        ExprKind::Path { steps, .. } => inside(steps),
        ExprKind::Filter { base, predicates, steps } => {
            inside(steps);
            visit(base, own, tell);
            predicates.iter().for_each(|predicate| visit(predicate, None, tell));
        }
        ExprKind::Binary(_, left, right) => {
            visit(left, own, tell);
            visit(right, own, tell);
        }
        ExprKind::Negate(inner) => visit(inner, own, tell),
        ExprKind::Call(call) => call.arguments.iter().for_each(|part| visit(part, own, tell)),
        _ => {}
    }
}

/// The question, the operator and the text that an expression compares.
fn compared<'e>(
    form: &Form,
    from: NodeId,
    own: Option<NodeId>,
    part: &'e Expr,
) -> Option<(NodeId, Operator, &'e str)> {
    use Operator::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    let (operator, left, right) = match &part.kind {
        ExprKind::Binary(
            operator @ (Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual),
            left,
            right,
        ) => (*operator, &**left, &**right),
        ExprKind::Call(call) if call.function == Some(Function::Selected) => {
            (Equal, call.arguments.first()?, call.arguments.get(1)?)
        }
        _ => return None,
    };
    let question = |expr: &Expr| match &expr.kind {
        ExprKind::Reference(reference) if !reference.last_saved => {
            resolve(form, from, &reference.name)
        }
        ExprKind::Path { absolute: false, steps } => match steps.as_slice() {
            [step] if step.axis == Axis::SelfNode && step.predicates.is_empty() => own,
            _ => None,
        },
        _ => None,
    };
    match (&left.kind, &right.kind) {
        (_, ExprKind::Literal(text)) => Some((question(left)?, operator, text)),
        (ExprKind::Literal(text), _) => Some((question(right)?, operator, text)),
        _ => None,
    }
}

/// A group beside an operator that wants a value.
fn group_as_value<'f>(form: &'f Form, from: NodeId, part: &Expr) -> Option<&'f str> {
    let ExprKind::Binary(operator, left, right) = &part.kind else { return None };
    if matches!(operator, Operator::Union | Operator::And | Operator::Or) {
        return None;
    }
    [left, right].into_iter().find_map(|side| {
        let ExprKind::Reference(reference) = &side.kind else { return None };
        let node = form.node(resolve(form, from, &reference.name)?);
        (node.kind == Kind::Group).then_some(node.name.as_str())
    })
}

/// Why the first value of a question cannot be an answer to it.
fn wrong_default(form: &Form, node: &Node) -> Option<String> {
    let (text, question) = (node.default.trim(), node.question()?);
    let special = node.is_set("allow_dkref") && matches!(text, "dk" | "ref");
    if text.is_empty() || node.dynamic_default || special {
        return None;
    }
    if let Choices::List(name) = &node.choices {
        let missing = not_a_choice(form.lists.get(name)?, text)?;
        return Some(format!("'{missing}' is not a choice of the list '{name}'."));
    }
    let fits = is_of_type(question, text) && is_in_range(node, text);
    (!fits).then(|| {
        format!("'{text}' cannot be an answer to '{}'. Write one that can, or none.", node.name)
    })
}

fn not_a_choice<'t>(list: &ChoiceList, text: &'t str) -> Option<&'t str> {
    text.split_whitespace().find(|word| !list.items.iter().any(|item| item.name == *word))
}

fn impossible(form: &Form, node: &Node, operator: Operator, text: &str) -> Option<String> {
    if text.trim().is_empty() || (node.is_set("allow_dkref") && matches!(text, "dk" | "ref")) {
        return None;
    }
    if !matches!(operator, Operator::Equal | Operator::NotEqual) {
        let fits = number::parse(text).is_some()
            || date::parse(text).is_some()
            || date::parse_time(text).is_some();
        return (!fits).then(|| {
            format!("'{text}' is neither a number nor a date, so nothing is more or less than it.")
        });
    }
    if let Choices::List(name) = &node.choices {
        let missing = not_a_choice(form.lists.get(name)?, text)?;
        return Some(format!(
            "'{missing}' is not a choice of '{}' (list '{name}'), so this is never true.",
            node.name
        ));
    }
    let fits = match node.bind_type() {
        "int" | "decimal" => number::parse(text).is_some(),
        "date" | "dateTime" => date::parse(text).is_some(),
        _ => true,
    };
    if fits {
        return None;
    }
    Some(format!("'{text}' cannot be an answer to '{}', so this is never true.", node.name))
}

#[cfg(test)]
mod tests {
    use crate::read::from_markdown;

    #[test]
    fn words_outside_the_list_are_told() {
        let compiled = from_markdown(
            "| survey |\n| | type | name | label | relevant |\n| | select_one l | s | S | |\n| | integer | n | N | ${s} = 'yse' |\n\
             | | text | t | T | selected(${s}, 'no') and ${n} = 'many' |\n| | text | u | U | ${s} != '' or ${n} = '5' |\n\
             | choices |\n| | list_name | name | label |\n| | l | yes | Yes |\n| | l | no | No |\n",
        );
        let found: Vec<(u32, &str)> =
            compiled.warnings.iter().map(|problem| (problem.row, problem.code.as_str())).collect();
        assert_eq!(found, [(3, "never_true"), (4, "never_true")]);
    }
}
