//! Text → nodes.

use super::Document;
use crate::expr::NodeKind;

pub(super) struct Reader<'a> {
    pub source: &'a str,
    pub at: usize,
    pub document: &'a mut Document,
}

impl<'a> Reader<'a> {
    pub(super) fn read(&mut self) -> Result<(), String> {
        let mut open = vec![0u32];
        while self.at < self.source.len() {
            let rest = &self.source[self.at..];
            let parent = open.last().copied();
            if let Some(inner) = rest.strip_prefix("<!--") {
                let text = self.until(inner, "-->", 4)?;
                self.leaf(NodeKind::Comment, "", text, parent);
            } else if let Some(inner) = rest.strip_prefix("<![CDATA[") {
                let text = self.until(inner, "]]>", 9)?;
                self.text(text, parent);
            } else if let Some(inner) = rest.strip_prefix("<?") {
                let text = self.until(inner, "?>", 2)?;
                let (name, data) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
                if name != "xml" {
                    self.leaf(NodeKind::Instruction, name, data.trim_start(), parent);
                }
            } else if let Some(inner) = rest.strip_prefix("<!") {
                self.until(inner, ">", 2)?;
            } else if let Some(inner) = rest.strip_prefix("</") {
                self.until(inner, ">", 2)?;
                open.pop();
                if open.is_empty() {
                    return Err("The XML closes an element that is not open.".to_owned());
                }
            } else if rest.starts_with('<') {
                if let Some(element) = self.element(parent)? {
                    open.push(element);
                }
            } else {
                let end = rest.find('<').unwrap_or(rest.len());
                self.at += end;
                self.text(&unescape(&rest[..end]), parent);
            }
            if open.len() > 1000 {
                return Err("The XML is nested too deeply.".to_owned());
            }
        }
        if open.len() == 1 { Ok(()) } else { Err("The XML ends inside an element.".to_owned()) }
    }

    fn until(&mut self, inner: &'a str, end: &str, skipped: usize) -> Result<&'a str, String> {
        let length = inner.find(end).ok_or("The XML is cut off.")?;
        self.at += skipped + length + end.len();
        Ok(&inner[..length])
    }

    fn leaf(&mut self, kind: NodeKind, name: &str, text: &str, parent: Option<u32>) {
        let index = self.document.add(kind, name, parent);
        self.document.nodes[index as usize].text = text.to_owned();
    }

    fn text(&mut self, text: &str, parent: Option<u32>) {
        // Text outside the document element is white space and no node.
        if text.is_empty() || parent == Some(0) {
            return;
        }
        let last = parent.and_then(|at| self.document.nodes[at as usize].children.last().copied());
        match last {
            Some(last) if self.document.nodes[last as usize].kind == NodeKind::Text => {
                self.document.nodes[last as usize].text.push_str(text);
            }
            _ => self.leaf(NodeKind::Text, "", text, parent),
        }
    }

    fn element(&mut self, parent: Option<u32>) -> Result<Option<u32>, String> {
        let rest = &self.source[self.at + 1..];
        let end =
            rest.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(rest.len());
        let element = self.document.add(NodeKind::Element, &rest[..end], parent);
        let mut rest = rest[end..].trim_start();
        loop {
            if let Some(after) = rest.strip_prefix("/>") {
                self.at = self.source.len() - after.len();
                return Ok(None);
            }
            if let Some(after) = rest.strip_prefix('>') {
                self.at = self.source.len() - after.len();
                return Ok(Some(element));
            }
            let (name, after) = rest.split_once('=').ok_or("An attribute has no value.")?;
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            let quote = quote.ok_or("An attribute value has no quotes.")?;
            let (value, after) = after[1..].split_once(quote).ok_or("A quote is not closed.")?;
            let name = name.trim();
            let attribute = self.document.add(NodeKind::Attribute, name, Some(element));
            self.document.nodes[attribute as usize].text =
                unescape(&value.replace(['\n', '\t'], " "));
            rest = after.trim_start();
        }
    }
}

fn unescape(text: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        found.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(end) = rest.find(';') else { break };
        let name = &rest[1..end];
        let letter = match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some('\u{a0}'),
            _ => match name.strip_prefix("#x").map(|hex| u32::from_str_radix(hex, 16)) {
                Some(code) => code.ok().and_then(char::from_u32),
                None => name.strip_prefix('#').and_then(|code| char::from_u32(code.parse().ok()?)),
            },
        };
        match letter {
            Some(letter) => found.push(letter),
            None => found.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    found + rest
}
