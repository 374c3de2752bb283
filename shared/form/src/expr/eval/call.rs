//! Calls: arity first, then the functions that need unevaluated arguments or nodes.

use regex_lite::Regex;

use super::{At, Evaluator, Outcome};
use crate::expr::Error;
use crate::expr::ast::{Call, Expr, ExprKind, Span};
use crate::expr::function::Function;
use crate::expr::tree::NodeRef;
use crate::expr::value::Value;

/// Longest pattern compiled, in bytes.
const LONGEST_PATTERN: usize = 1000;

impl Evaluator<'_> {
    pub(crate) fn call(&self, call: &Call, span: Span, at: At) -> Outcome {
        let Some(function) = call.function else {
            let message = ["There is no function ", &call.name, "()."].concat();
            return Err(Error::new("unknown_function", message, span));
        };
        let (least, most) = function.arity();
        let count = call.arguments.len();
        if count < usize::from(least) || (most != u8::MAX && count > usize::from(most)) {
            let message = ["Wrong number of arguments for ", &call.name, "()."].concat();
            return Err(Error::new("arguments", message, span));
        }
        let arguments = call.arguments.as_slice();
        match function {
            Function::If => {
                let branch = if self.boolean_of(&arguments[0], at)? { 1 } else { 2 };
                self.eval(&arguments[branch], at)
            }
            Function::Coalesce => self.coalesce(arguments, at),
            Function::Once => {
                let kept = self.tree.text(self.current);
                if kept.is_empty() { self.eval(&arguments[0], at) } else { Ok(Value::text(kept)) }
            }
            Function::Current => Ok(Value::Nodes(vec![self.current])),
            Function::Position => self.position(arguments, at),
            Function::Last => Ok(Value::Number(at.size as f64)),
            Function::Regex => self.regex(call, at),
            Function::IndexedRepeat => self.indexed_repeat(arguments, at),
            Function::Instance => {
                let id = self.text_of(&arguments[0], at)?;
                match self.tree.instance(&id) {
                    Some(node) => Ok(Value::Nodes(vec![node])),
                    None => {
                        let message = ["There is no instance named ", &id, "."].concat();
                        Err(Error::new("unknown_reference", message, span))
                    }
                }
            }
            Function::ChoiceName => {
                let value = self.text_of(&arguments[0], at)?;
                let question = match &arguments[1].kind {
                    ExprKind::Reference(found) => ["${", &found.name, "}"].concat(),
                    _ => self.text_of(&arguments[1], at)?,
                };
                let label = self.tree.choice_label(self.current, &value, &question);
                Ok(Value::Text(label.unwrap_or_default()))
            }
            Function::Randomize => self.randomize(arguments, at),
            Function::LocalName | Function::Name | Function::NamespaceUri => {
                self.name(function, arguments, at)
            }
            _ => self.plain(function, arguments, span, at),
        }
    }

    fn coalesce(&self, arguments: &[Expr], at: At) -> Outcome {
        let mut last = String::new();
        for argument in arguments {
            let value = self.eval(argument, at)?;
            last = match value {
                Value::Number(number) if number.is_nan() => String::new(),
                other => self.text(&other),
            };
            if !last.is_empty() {
                break;
            }
        }
        Ok(Value::Text(last))
    }

    fn position(&self, arguments: &[Expr], at: At) -> Outcome {
        let Some(argument) = arguments.first() else {
            return Ok(Value::Number(at.position as f64));
        };
        let nodes = self.nodes(argument, at)?;
        let found = nodes.first().map_or(f64::NAN, |node| self.tree.position(*node) as f64);
        Ok(Value::Number(found))
    }

    fn name(&self, function: Function, arguments: &[Expr], at: At) -> Outcome {
        let node = match arguments.first() {
            Some(argument) => self.nodes(argument, at)?.first().copied(),
            None => Some(at.node),
        };
        let Some(node) = node else { return Ok(Value::text("")) };
        let name = self.tree.name(node);
        Ok(Value::text(match function {
            Function::NamespaceUri => self.tree.namespace(node),
            Function::LocalName => {
                name.rsplit_once(':').map_or(name.clone(), |(_, local)| local.to_owned().into())
            }
            _ => name,
        }))
    }

    /// Whether the whole text matches ("an exact and complete match", ODK documentation).
    fn regex(&self, call: &Call, at: At) -> Outcome {
        let text = self.text_of(&call.arguments[0], at)?;
        let pattern = &call.arguments[1];
        let compiled;
        let found = if let ExprKind::Literal(pattern) = &pattern.kind {
            call.pattern.get_or_init(|| whole(pattern)).as_ref()
        } else {
            compiled = whole(&self.text_of(pattern, at)?);
            compiled.as_ref()
        };
        match found {
            Some(regex) => Ok(Value::Boolean(regex.is_match(&text))),
            None => {
                let message = "This pattern cannot be read. Look-around and back-references are not supported.";
                Err(Error::new("pattern", message, pattern.span))
            }
        }
    }

    /// `indexed-repeat(nodes, repeat, index, …)`: the nodes inside the chosen items.
    fn indexed_repeat(&self, arguments: &[Expr], at: At) -> Outcome {
        let (Some(target), pairs) = (arguments.first(), &arguments[1..]) else {
            return Ok(Value::Nodes(Vec::new()));
        };
        let mut chosen: Option<NodeRef> = None;
        for pair in pairs.chunks(2) {
            let [repeat, index] = pair else {
                let message = "indexed-repeat() needs an index for each repeat.";
                return Err(Error::new("arguments", message, pair[0].span));
            };
            let mut items = self.spread(repeat, at)?;
            if let Some(outer) = chosen {
                items.retain(|item| self.is_in(*item, outer));
            }
            let index = self.number_of(index, at)?;
            let found = if index >= 1.0 { items.get(index as usize - 1) } else { None };
            match found {
                Some(item) => chosen = Some(*item),
                None => return Ok(Value::Nodes(Vec::new())),
            }
        }
        let mut nodes = self.spread(target, at)?;
        if let Some(item) = chosen {
            nodes.retain(|node| self.is_in(*node, item));
        }
        Ok(Value::Nodes(nodes))
    }

    /// Nodes of an argument over all items, not only the items around the expression.
    fn spread(&self, argument: &Expr, at: At) -> Outcome<Vec<NodeRef>> {
        if let ExprKind::Reference(reference) = &argument.kind
            && let Some(node) = reference.node
        {
            return Ok(self.tree.reference(self.current, node, 0));
        }
        self.nodes(argument, at)
    }

    fn is_in(&self, node: NodeRef, ancestor: NodeRef) -> bool {
        std::iter::successors(Some(node), |up| self.tree.parent(*up)).any(|up| up == ancestor)
    }

    fn randomize(&self, arguments: &[Expr], at: At) -> Outcome {
        let mut nodes = self.nodes(&arguments[0], at)?;
        match arguments.get(1) {
            Some(seed) => {
                let seed = self.eval(seed, at)?;
                let number = self.number(&seed);
                // A seed that is no number is hashed, as the specification says.
                let seed = match number.is_nan() {
                    true => super::digest::seed(&self.text_cow(&seed)) as f64,
                    false => number,
                };
                shuffle(&mut nodes, &mut park_miller(seed));
            }
            None => shuffle(&mut nodes, &mut || self.tree.random()),
        }
        Ok(Value::Nodes(nodes))
    }
}

fn whole(pattern: &str) -> Option<Regex> {
    if pattern.len() > LONGEST_PATTERN {
        return None;
    }
    Regex::new(&["^(?:", pattern, ")$"].concat()).ok()
}

/// The generator ODK prescribes for `randomize()` with a seed (Park and Miller, 16807).
pub(crate) fn park_miller(seed: f64) -> impl FnMut() -> f64 {
    const MODULUS: i64 = 2_147_483_647;
    let mut state = if seed.is_finite() { seed as i64 % MODULUS } else { 42 };
    if state <= 0 {
        state += MODULUS - 1;
    }
    move || {
        state = state * 16_807 % MODULUS;
        (state - 1) as f64 / (MODULUS - 1) as f64
    }
}

/// Fisher and Yates, from the end, as the ODK specification does.
pub(crate) fn shuffle<T>(items: &mut [T], random: &mut dyn FnMut() -> f64) {
    for at in (1..items.len()).rev() {
        let other = (random() * (at + 1) as f64) as usize;
        items.swap(at, other.min(at));
    }
}
