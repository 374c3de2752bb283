//! Calls that cannot give a value: what is not a set of questions where one is wanted, a repeat that the
//! question is not in, an instance there is not, a text that is no date.

use crate::expr::ast::{Call, Expr, ExprKind, Operator};
use crate::expr::date;
use crate::expr::function::{Function, Gives};
use crate::model::{Form, Kind, NodeId};
use crate::session::program::resolve;

/// Something wrong with a call.
pub struct Finding {
    pub is_error: bool,
    pub code: &'static str,
    pub message: String,
}

/// Looks at every call of an expression of `from` whose references are bound.
pub fn check(form: &Form, from: NodeId, source: &str, parsed: &Expr) -> Vec<Finding> {
    let mut found = Vec::new();
    parsed.walk(&mut |part: &Expr| {
        let ExprKind::Call(call) = &part.kind else { return };
        let Some(function) = call.function else { return };
        let told = match function {
            Function::Count | Function::CountNonEmpty | Function::Sum | Function::Position => {
                not_nodes(call, source).map(|message| (true, "arguments", message))
            }
            Function::IndexedRepeat => {
                indexed_repeat(form, from, call).map(|message| (true, "indexed_repeat", message))
            }
            Function::Instance => {
                instance(form, call).map(|message| (true, "unknown_instance", message))
            }
            Function::Date
            | Function::DateTime
            | Function::DecimalDateTime
            | Function::FormatDate
            | Function::FormatDateTime => not_a_date(call).map(|message| (true, "date", message)),
            Function::ChoiceName => {
                no_choices(form, from, call).map(|message| (false, "choice_name", message))
            }
            _ => None,
        };
        found.extend(told.map(|(is_error, code, message)| Finding { is_error, code, message }));
    });
    found
}

/// The argument as it is written.
fn written<'s>(source: &'s str, expr: &Expr) -> &'s str {
    source.get(expr.span.start as usize..expr.span.end as usize).unwrap_or("").trim()
}

fn not_nodes(call: &Call, source: &str) -> Option<String> {
    let argument = call.arguments.first()?;
    let is_value = match &argument.kind {
        ExprKind::Number(_) | ExprKind::Literal(_) | ExprKind::Negate(_) => true,
        ExprKind::Binary(operator, ..) => *operator != Operator::Union,
        ExprKind::Call(inner) => inner
            .function
            .is_some_and(|function| !matches!(function.gives(), Gives::Nodes | Gives::Any)),
        _ => false,
    };
    is_value.then(|| {
        std::format!(
            "{}() takes questions, and {} is a single value. Name a question in a repeat, as in {}(${{name}}).",
            call.name,
            written(source, argument),
            call.name
        )
    })
}

/// `indexed-repeat(${question}, ${repeat}, place, …)`: the repeats are those around the question.
fn indexed_repeat(form: &Form, from: NodeId, call: &Call) -> Option<String> {
    let node = |expr: &Expr| match &expr.kind {
        ExprKind::Reference(reference) => reference.node.map(NodeId),
        _ => None,
    };
    let first = call.arguments.first()?;
    let Some(question) = node(first) else {
        let is_path = matches!(first.kind, ExprKind::Path { .. } | ExprKind::Filter { .. });
        let message = "The first argument of indexed-repeat() is a question: indexed-repeat(${question}, \
                       ${repeat}, 1).";
        return (!is_path).then(|| message.to_owned());
    };
    let around = form.repeats_of(question);
    let name = &form.node(question).name;
    let mut given = Vec::new();
    for repeat in call.arguments.iter().skip(1).step_by(2) {
        let repeat = node(repeat)?;
        if !around.contains(&repeat) {
            let what = &form.node(repeat).name;
            let hint = match around.last() {
                Some(right) => std::format!(" It is in the repeat '{}'.", form.node(*right).name),
                None => " It is in no repeat: write ${name} alone.".replace("name", name),
            };
            return Some(std::format!("'{name}' is not in the repeat '{what}'.{hint}"));
        }
        given.push(repeat);
    }
    let inner = around.last().copied()?;
    let shared = crate::session::program::shared(form, from, question) as usize;
    (shared < around.len() && !given.contains(&inner)).then(|| {
        let inner = &form.node(inner).name;
        std::format!(
            "'{name}' is in the repeat '{inner}' too: say which item of it, with ${{{inner}}} and a place."
        )
    })
}

fn instance(form: &Form, call: &Call) -> Option<String> {
    let ExprKind::Literal(name) = &call.arguments.first()?.kind else { return None };
    if name == "__last-saved" || form.lists.contains_key(name) || form.instances.contains_key(name)
    {
        return None;
    }
    let known = form.lists.keys().chain(form.instances.keys()).map(String::as_str);
    let near = super::references::nearest(name, known);
    let hint = near.map_or_else(String::new, |near| std::format!(" Did you mean '{near}'?"));
    Some(std::format!(
        "There is no list or file '{name}'.{hint} Add the list to the sheet 'choices', or a row of type \
         csv-external with this name."
    ))
}

fn not_a_date(call: &Call) -> Option<String> {
    let ExprKind::Literal(text) = &call.arguments.first()?.kind else { return None };
    let fits = text.trim().is_empty() || date::parse(text).is_some();
    (!fits).then(|| std::format!("'{text}' is no date. Write year, month and day: '2026-01-31'."))
}

fn no_choices(form: &Form, from: NodeId, call: &Call) -> Option<String> {
    let ExprKind::Literal(text) = &call.arguments.get(1)?.kind else { return None };
    let text = text.trim();
    let name = match text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => name.trim(),
        None => text.rsplit('/').next().unwrap_or(text),
    };
    let node = form.node(resolve(form, from, name)?);
    let asks = matches!(node.kind, Kind::Question(question) if question.is_select());
    (!asks).then(|| {
        std::format!(
            "'{name}' has no choices, so jr:choice-name() has nothing to name. Name a select question."
        )
    })
}
