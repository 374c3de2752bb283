//! Labels, hints and messages, with `${x}` filled in.

use super::host::here;
use super::{Address, Session};
use crate::expr::{Dialect, Evaluator, Tree, inline};
use crate::model::{Node, NodeId, Text, pick};

impl Session {
    /// The label in `language` with `${x}` filled in; falls back to the default language.
    pub fn label(&self, at: &Address, language: &str) -> String {
        self.say(at, language, |node| &node.label)
    }

    /// The hint.
    pub fn hint(&self, at: &Address, language: &str) -> String {
        self.say(at, language, |node| &node.hint)
    }

    /// The guidance hint.
    pub fn guidance(&self, at: &Address, language: &str) -> String {
        self.say(at, language, |node| &node.guidance)
    }

    /// What to say when the constraint fails; `""` when the author wrote nothing.
    pub fn constraint_message(&self, at: &Address, language: &str) -> String {
        self.say(at, language, |node| &node.constraint_message)
    }

    /// What to say when a required answer is blank; `""` when the author wrote nothing.
    pub fn required_message(&self, at: &Address, language: &str) -> String {
        self.say(at, language, |node| &node.required_message)
    }

    /// What to say when the soft constraint fails; `""` when the author wrote nothing.
    pub fn soft_constraint_message(&self, at: &Address, language: &str) -> String {
        self.say(at, language, |node| &node.soft_constraint_message)
    }

    /// File of a label's image, audio or video; `kind` is `image`, `audio`, `video` or `big-image`.
    pub fn media(&self, at: &Address, kind: &str, language: &str) -> String {
        let node = self.form.node(at.node);
        let fallback = &self.form.default_language;
        node.media
            .get(kind)
            .map_or_else(String::new, |files| pick(files, language, fallback).to_owned())
    }

    /// The name of this record, from the setting `instance_name`; `""` without one.
    pub fn instance_name(&self) -> String {
        let source = self.form.settings.get("instance_name");
        source.map_or_else(String::new, |source| self.text_of(source))
    }

    /// What an expression that is none of a question's says of the whole record; `""` for one with an error.
    pub fn text_of(&self, source: &str) -> String {
        let compiled = super::program::compile(&self.form, NodeId::ROOT, source);
        let Some(value) = compiled.ok().and_then(|expr| self.evaluate(0, &expr)) else {
            return String::new();
        };
        Evaluator::new(self, here(0), Dialect::Xforms).text(&value)
    }

    fn say(&self, at: &Address, language: &str, text: fn(&Node) -> &Text) -> String {
        let node = self.form.node(at.node);
        let found = pick(text(node), language, &self.form.default_language);
        match self.locate(at) {
            Some(slot) if inline::is_filled(found) => self.substitute(slot, found),
            _ => found.to_owned(),
        }
    }

    /// Replaces `${x}` and `instance()` expressions by what they give, seen from a slot. An unknown name
    /// stays as it is written.
    pub(crate) fn substitute(&self, slot: u32, text: &str) -> String {
        let mut found = String::new();
        let (parts, rest) = inline::cut(text);
        for (before, source) in parts {
            found += &self.with_answers(slot, before);
            let from = NodeId(self.slot(slot).node);
            let compiled = super::program::compile(&self.form, from, source);
            if let Some(value) = compiled.ok().and_then(|expr| self.evaluate(slot, &expr)) {
                found += &Evaluator::new(self, here(slot), Dialect::Xforms).text(&value);
            }
        }
        found + &self.with_answers(slot, rest)
    }

    fn with_answers(&self, slot: u32, text: &str) -> String {
        let mut found = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            found.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                found.push_str("${");
                rest = after;
                break;
            };
            match self.answer_named(slot, name.trim()) {
                Some(answer) => found.push_str(&answer),
                None => {
                    found.push_str("${");
                    found.push_str(name);
                    found.push('}');
                }
            }
            rest = after;
        }
        found + rest
    }

    fn answer_named(&self, slot: u32, name: &str) -> Option<String> {
        if let Some(saved) = name.strip_prefix("last-saved#") {
            return Some(Tree::last_saved(self, saved));
        }
        let from = NodeId(self.slot(slot).node);
        let target = super::program::resolve(&self.form, from, name)?;
        let shared = super::program::shared(&self.form, from, target);
        let found = self.instances(slot, target.0, shared, false);
        Some(found.first().map_or_else(String::new, |found| self.text(here(*found)).into_owned()))
    }
}
