//! XML being written.

/// Attributes that are written empty.
const MAY_BE_EMPTY: [&str; 5] = ["jr:template", "id", "baseVersion", "trunkVersion", "branchId"];

/// XML being written, indented by two.
#[derive(Default)]
pub(crate) struct Xml {
    pub text: String,
    depth: usize,
}

impl Xml {
    /// For a part that is put into the document later, where it is this deep.
    pub fn at(depth: usize) -> Xml {
        Xml { text: String::new(), depth }
    }

    pub fn raw(&mut self, text: &str) {
        self.text += text;
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)], end: &str) {
        self.text += &"  ".repeat(self.depth);
        self.text.push('<');
        self.text += name;
        let written =
            |(key, value): &&(&str, &str)| !value.is_empty() || MAY_BE_EMPTY.contains(key);
        for (key, value) in attributes.iter().filter(written) {
            self.text += &[" ", key, "=\"", &escape(value), "\""].concat();
        }
        self.text += end;
    }

    pub fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, ">\n");
        self.depth += 1;
    }

    pub fn close(&mut self, name: &str) {
        self.depth -= 1;
        self.text += &"  ".repeat(self.depth);
        self.text += &["</", name, ">\n"].concat();
    }

    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, "/>\n");
    }

    pub fn leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        if text.is_empty() {
            return self.empty(name, attributes);
        }
        self.tag(name, attributes, ">");
        self.text += &[&escape(text), "</", name, ">\n"].concat();
    }

    /// A leaf whose content is XML already.
    pub fn markup(&mut self, name: &str, attributes: &[(&str, &str)], xml: &str) {
        self.tag(name, attributes, ">");
        self.text += &[xml, "</", name, ">\n"].concat();
    }
}

pub(crate) fn escape(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => found += "&amp;",
            '<' => found += "&lt;",
            '>' => found += "&gt;",
            '"' => found += "&quot;",
            '\n' => found += "&#xa;",
            // XML 1.0 has no place for other control characters.
            c if c < ' ' && c != '\t' && c != '\r' => {}
            c => found.push(c),
        }
    }
    found
}
