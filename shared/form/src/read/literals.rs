//! Comparisons that can never hold: a choice that is not in the list, a word beside a number.

use super::Problem;
use super::check::expressions;
use crate::expr::ast::{Expr, ExprKind, Operator};
use crate::expr::function::Function;
use crate::expr::{date, number, parse};
use crate::model::{Choices, Form, Node, NodeId};
use crate::session::program::resolve;

/// Warnings for the expressions of a node.
pub fn check(form: &Form, id: NodeId) -> Vec<Problem> {
    let node = form.node(id);
    let mut found = Vec::new();
    for (column, source) in expressions(node) {
        let Ok(parsed) = parse(source) else { continue };
        parsed.walk(&mut |part: &Expr| {
            if let Some((question, text)) = compared(form, id, part)
                && let Some(message) = impossible(form, form.node(question), text)
            {
                found.push(Problem::new("never_true", message, "survey").at(node.row, column));
            }
        });
    }
    found
}

/// The question and the text that an expression compares.
fn compared<'e>(form: &Form, from: NodeId, part: &'e Expr) -> Option<(NodeId, &'e str)> {
    let (left, right) = match &part.kind {
        ExprKind::Binary(Operator::Equal | Operator::NotEqual, left, right) => (&**left, &**right),
        ExprKind::Call(call) if call.function == Some(Function::Selected) => {
            (call.arguments.first()?, call.arguments.get(1)?)
        }
        _ => return None,
    };
    match (&left.kind, &right.kind) {
        (ExprKind::Reference(reference), ExprKind::Literal(text))
        | (ExprKind::Literal(text), ExprKind::Reference(reference))
            if !reference.last_saved =>
        {
            Some((resolve(form, from, &reference.name)?, text))
        }
        _ => None,
    }
}

fn impossible(form: &Form, node: &Node, text: &str) -> Option<String> {
    if text.trim().is_empty() || (node.is_set("allow_dkref") && matches!(text, "dk" | "ref")) {
        return None;
    }
    if let Choices::List(name) = &node.choices {
        let list = form.lists.get(name)?;
        let missing = text
            .split_whitespace()
            .find(|word| !list.items.iter().any(|item| item.name == *word))?;
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
