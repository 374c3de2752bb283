//! `${name}` → paths: relative inside a shared repeat, absolute elsewhere.

use crate::expr::inline;
use crate::model::{Form, NodeId};
use crate::session::program::{resolve, shared};

/// Writes expressions of one node.
pub(crate) struct Writer<'a> {
    form: &'a Form,
    from: NodeId,
    /// Path from the node down to where the expression is, for generated nodes.
    below: &'static str,
}

impl<'a> Writer<'a> {
    pub fn new(form: &'a Form, from: NodeId) -> Writer<'a> {
        Writer { form, from, below: "" }
    }

    /// For an expression of a generated node under `from`.
    pub fn below(form: &'a Form, from: NodeId, below: &'static str) -> Writer<'a> {
        Writer { form, from, below }
    }

    /// An expression for a bind.
    pub fn expression(&self, source: &str) -> String {
        self.replace(source, false)
    }

    /// An expression that stands inside a predicate, where `.` is another node.
    pub fn inside_predicate(&self, source: &str) -> String {
        self.replace(source, true)
    }

    /// The absolute path of `${name}`.
    pub fn absolute(&self, source: &str) -> String {
        let name = source.trim().trim_start_matches("${").trim_end_matches('}').trim();
        resolve(self.form, self.from, name).map_or_else(String::new, |id| self.form.path(id))
    }

    /// A label: text with `<output>` for references and `instance()` expressions.
    pub fn output(&self, text: &str) -> String {
        let (parts, rest) = inline::cut(text);
        let mut found = String::new();
        for (before, source) in parts {
            found += &self.output_references(before);
            found += &output(&self.expression(source));
        }
        found + &self.output_references(rest)
    }

    fn output_references(&self, text: &str) -> String {
        let mut found = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            found += &super::escape(before);
            let Some((name, after)) = after.split_once('}') else {
                rest = after;
                break;
            };
            found += &match name.trim() {
                // No reference to anybody.
                "" => "${}".to_owned(),
                name => output(&std::format!(" {} ", self.path(name, false))),
            };
            rest = after;
        }
        found + &super::escape(rest)
    }

    fn replace(&self, source: &str, inside: bool) -> String {
        let mut found = String::new();
        let mut depth = i32::from(inside);
        let mut rest = source;
        while let Some((before, after)) = rest.split_once("${") {
            depth += before.matches('[').count() as i32 - before.matches(']').count() as i32;
            found += before;
            let Some((name, after)) = after.split_once('}') else {
                rest = after;
                break;
            };
            // indexed-repeat() chooses the item itself: its first argument is every item.
            let call = found.rsplit_once("indexed-repeat(").map(|(_, inside)| inside);
            let spread = call.is_some_and(|inside| !inside.contains(')'));
            found += &match spread {
                true if !name.contains('#') => self.absolute(name),
                _ => self.path(name.trim(), depth > 0),
            };
            rest = after;
        }
        found + rest
    }

    fn path(&self, name: &str, inside: bool) -> String {
        if let Some(saved) = name.strip_prefix("last-saved#") {
            // The record saved last is another tree: no path leads there from here.
            return [super::LAST_SAVED, &self.absolute(saved)].concat();
        }
        if name == "instanceID" {
            return [&self.form.path(NodeId::ROOT), "/meta/instanceID"].concat();
        }
        let Some(target) = resolve(self.form, self.from, name) else {
            return std::format!("${{{name}}}");
        };
        if shared(self.form, self.from, target) == 0 {
            return self.form.path(target);
        }
        let from = self.form.path(self.from) + self.below;
        let to = self.form.path(target);
        let (from, to): (Vec<&str>, Vec<&str>) =
            (from.split('/').collect(), to.split('/').collect());
        let mut same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        same = same.min(to.len() - 1);
        let up = vec![".."; from.len() - same];
        let path = [up.join("/"), to[same..].join("/")].join("/");
        if inside { ["current()/", &path].concat() } else { path }
    }
}

fn output(value: &str) -> String {
    ["<output value=\"", &super::escape(value), "\"/>"].concat()
}
