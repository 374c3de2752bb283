//! Static checks of a form: expressions, triggers, cycles.

use super::{Compiled, Problem};
use crate::expr::ast::{Expr, ExprKind};
use crate::expr::function::Function;
use crate::model::{Choices, Form, Kind, Node, NodeId, QuestionType};
use crate::session::program::{Program, compile, logical, names_in, resolve};

/// Checks every expression of a form that has been read.
pub fn check(form: &Form, compiled: &mut Compiled) {
    for id in form.ids().skip(1) {
        let node = form.node(id);
        for (column, source) in expressions(node) {
            if source.trim().is_empty() {
                continue;
            }
            let mut tell = |is_error: bool, code: &str, message: String| {
                let column = if is_count(form, node) { "repeat_count" } else { column };
                let problem = Problem::new(code, message, "survey").at(node.row, column);
                let list = if is_error { &mut compiled.errors } else { &mut compiled.warnings };
                list.push(problem);
            };
            for (is_error, code, message) in expression(source) {
                tell(is_error, code, message);
            }
            let Ok(parsed) = compile(form, id, source) else { continue };
            for found in super::calls::check(form, id, source, &parsed) {
                tell(found.is_error, found.code, found.message);
            }
            for message in super::paths::check(form, id, column, &parsed) {
                tell(false, "unknown_path", message);
            }
            for name in super::scopes::check(form, &parsed) {
                let is_error = super::scopes::is_error(column);
                tell(is_error, "across_repeats", super::scopes::message(name));
            }
        }
        compiled.warnings.extend(super::literals::check(form, id));
        if let Some(message) = super::parameters::ignored(node) {
            let problem = Problem::new("parameters", message, "survey").at(node.row, "parameters");
            compiled.warnings.push(problem);
        }
        trigger(form, id, node, compiled);
        if let Choices::Reference(source) = &node.choices
            && names_in(source).next().and_then(|name| resolve(form, id, name)).is_none()
        {
            let message = format!("There is no question '{source}' to take choices from.");
            compiled
                .errors
                .push(Problem::new("unknown_reference", message, "survey").at(node.row, "type"));
        }
    }
    if let Some(source) = form.settings.get("instance_name") {
        for (_, code, message) in expression(source) {
            compiled.warnings.push(Problem::new(code, message, "settings").at(2, "instance_name"));
        }
    }
    searches(form, &mut compiled.errors);
    if compiled.errors.is_empty() {
        cycles(form, compiled);
    }
}

/// A calculation made of the count of a repeat: its cell is that of the count.
fn is_count(form: &Form, node: &Node) -> bool {
    node.name.ends_with("_count")
        && node.label.is_empty()
        && form.nodes.iter().any(|other| other.kind == Kind::Repeat && other.row == node.row)
}

pub(super) fn expressions(node: &Node) -> [(&'static str, &str); 9] {
    [
        ("relevant", &node.relevant),
        ("required", logical(&node.required)),
        ("readonly", logical(&node.readonly)),
        ("constraint", &node.constraint),
        ("soft_constraint", &node.soft_constraint),
        ("calculation", &node.calculation),
        ("choice_filter", node.filter_source()),
        ("repeat_count", node.count_source()),
        ("default", if node.dynamic_default { &node.default } else { "" }),
    ]
}

/// Problems of one expression: whether it is an error, the rule, the message.
fn expression(source: &str) -> Vec<(bool, &'static str, String)> {
    let parsed = match crate::expr::parse(source) {
        Ok(parsed) => parsed,
        Err(error) => {
            let place = piece(source, error.span.start as usize);
            return vec![(true, "expression", std::format!("{} {place}", error.message))];
        }
    };
    let mut found = Vec::new();
    parsed.walk(&mut |part: &Expr| {
        let ExprKind::Call(call) = &part.kind else { return };
        let Some(function) = call.function else {
            let near = super::references::nearest(&call.name, Function::names());
            let hint =
                near.map_or_else(String::new, |near| std::format!(" Did you mean {near}()?"));
            found.push((
                true,
                "unknown_function",
                std::format!("There is no function {}().{hint}", call.name),
            ));
            return;
        };
        let (least, most) = function.arity();
        let count = call.arguments.len();
        if count < usize::from(least) || (most != u8::MAX && count > usize::from(most)) {
            let wanted = match most {
                u8::MAX => std::format!("at least {least}"),
                _ if least == most => least.to_string(),
                _ => std::format!("{least} to {most}"),
            };
            let message = std::format!("{}() takes {wanted} arguments, not {count}.", call.name);
            found.push((true, "arguments", message));
        }
        if function == Function::Regex
            && let Some(ExprKind::Literal(pattern)) = call.arguments.get(1).map(|found| &found.kind)
            && regex_lite::Regex::new(pattern).is_err()
        {
            let message = "This pattern cannot be read; it would never match. Look-around and \
                           back-references are not supported.";
            found.push((false, "pattern", message.to_owned()));
        }
    });
    found
}

/// The expression around a place, for a message.
fn piece(source: &str, at: usize) -> String {
    if at >= source.len() {
        return "(At the end of the expression.)".to_owned();
    }
    let rest: String = source.get(at..).unwrap_or("").chars().take(20).collect();
    std::format!("(At '{rest}'.)")
}

fn trigger(form: &Form, id: NodeId, node: &Node, compiled: &mut Compiled) {
    if node.trigger.trim().is_empty() {
        return;
    }
    let mut refuse = |message: String| {
        compiled.errors.push(Problem::new("trigger", message, "survey").at(node.row, "trigger"));
    };
    if node.trigger.split(',').all(|part| part.trim().is_empty()) {
        refuse("A trigger is ${name}, or several separated by commas.".to_owned());
    }
    if form.by_name(&node.name).is_none() {
        refuse(std::format!(
            "A question with a trigger must be the only one named '{}'. Rename it.",
            node.name
        ));
    }
    for part in node.trigger.split(',').filter(|part| !part.trim().is_empty()) {
        let mut names = names_in(part);
        let (name, more) = (names.next(), names.next());
        match name {
            Some(name) if more.is_none() && part.trim() == std::format!("${{{name}}}") => {
                let found = resolve(form, id, name).map(|found| form.node(found));
                match found.filter(|found| matches!(found.kind, Kind::Question(_))) {
                    None => refuse(std::format!("There is no question named '{name}'.")),
                    Some(found) if is_silent(found) => refuse(std::format!(
                        "'{name}' is not shown, so nobody can change it. Name a question with a label."
                    )),
                    Some(_) => {}
                }
            }
            _ => refuse("A trigger is ${name}, or several separated by commas.".to_owned()),
        }
    }
}

/// Computed and not shown.
fn is_silent(node: &Node) -> bool {
    let computed = !node.calculation.is_empty() || !node.trigger.is_empty();
    node.question() == Some(QuestionType::Calculate) || computed && !node.has_control()
}

/// The choices of a list are taken from a file by `search()` for all questions that use it, or for none.
fn searches(form: &Form, errors: &mut Vec<Problem>) {
    let uses = |searches: bool| {
        form.nodes.iter().filter_map(move |node| match &node.choices {
            Choices::List(list) => {
                let found = node.appearance.iter().any(|word| word.contains("search("));
                (found == searches).then_some((list, node))
            }
            _ => None,
        })
    };
    for (list, node) in uses(true) {
        if let Some((_, other)) = uses(false).find(|(found, _)| *found == list) {
            let message = std::format!(
                "The list '{list}' is filled by search() here and used without it by '{}'. Use search() in \
                 both, or give one of them a list of its own.",
                other.name
            );
            errors.push(Problem::new("search", message, "survey").at(node.row, "appearance"));
        }
    }
}

/// Calculations and relevance that wait for each other in a circle.
fn cycles(form: &Form, compiled: &mut Compiled) {
    let program = Program::new(form);
    if program.cycle.is_empty() {
        return;
    }
    let names: Vec<&str> =
        program.cycle.iter().map(|node| form.node(NodeId(*node)).name.as_str()).collect();
    let first = form.node(NodeId(program.cycle[0]));
    let column = if first.calculation.is_empty() { "relevant" } else { "calculation" };
    let message = std::format!("These depend on each other in a circle: {}.", names.join(", "));
    compiled.errors.push(Problem::new("cycle", message, "survey").at(first.row, column));
}
