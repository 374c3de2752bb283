//! Rows one by one: what begins, what ends, and the node of a row.

use super::{FIELDS, Line, Reader, Role};
use crate::model::{ChoiceItem, Kind, Node, NodeId, QuestionType, Text, truthy};
use crate::read::columns::{Row, Table};
use crate::read::types::{self, Container, Type};
use crate::read::{Problem, choices, parameters, references};

impl Reader<'_> {
    pub(super) fn fail(&mut self, code: &str, message: impl Into<String>, row: u32, column: &str) {
        self.errors.push(Problem::new(code, message, "survey").at(row, column));
    }

    pub(super) fn line(&mut self, table: &Table, line: &Line) {
        let row = line.row;
        match line.role {
            Role::OpenChoice => {
                let Some(item) = &line.choice else { return };
                let node = Node {
                    name: item.name.clone(),
                    kind: Kind::Group,
                    label: item.label.clone(),
                    row: row.number,
                    ..Node::default()
                };
                let id = self.push(node);
                // Of no kind, so that no end row of the sheet closes it.
                return self.open(id, None, row.number);
            }
            Role::CloseChoice => {
                let mark = self.stack.iter().rposition(|open| open.kind.is_none()).unwrap_or(0);
                self.close(mark.max(1) + 1);
                self.stack.truncate(mark.max(1));
                return;
            }
            Role::Plain => {}
        }
        if truthy(table.text(row, "disabled")) {
            return;
        }
        let cell = table.text(row, "type");
        if cell.is_empty() {
            if !table.text(row, "name").is_empty() || !table.text(row, "label").is_empty() {
                self.fail("type", "The question has no type.", row.number, table.header("type"));
            }
            return;
        }
        if let "form_title" | "set_form_title" | "form_id" | "set_form_id" = cell {
            return self.setting_row(table, row, cell);
        }
        match types::parse(cell) {
            Type::Unknown => {
                let small = cell.to_lowercase();
                let message = match types::parse(&small) {
                    Type::Unknown => std::format!(
                        "The type '{cell}' is not known. See docs/FORMS.md for the types."
                    ),
                    _ => std::format!("The type '{cell}' is written in small letters: '{small}'."),
                };
                self.fail("unknown_type", message, row.number, table.header("type"));
            }
            Type::End(kind) => {
                if !table.text(row, "save_to").is_empty() {
                    let message = "Only a question can be saved to an entity.";
                    self.fail("entity", message, row.number, table.header("save_to"));
                }
                self.end(table, row, kind);
            }
            Type::Begin(kind, _) => self.begin(table, row, kind, line.choice.as_deref()),
            Type::External(extension) => {
                let name = table.text(row, "name").to_owned();
                let header = table.header("name").to_owned();
                if name.is_empty() {
                    self.fail("name", "There is no name.", row.number, &header);
                } else if !self.declared.insert(name.clone()) {
                    let message =
                        std::format!("There is an instance '{name}' already. Keep one row.");
                    self.fail("instance", message, row.number, &header);
                } else if self.check_name(&name, row.number, &header).is_some()
                    && let Some(open) = self.stack.last_mut()
                {
                    open.names.insert(name.clone());
                }
                self.instance(&name, &std::format!("{name}.{extension}"), row.number);
            }
            Type::Question(question) => self.question(table, line, question, None),
            Type::Select { kind, source, list, or_other } => {
                self.question(table, line, kind, Some((source, list, or_other)));
            }
        }
    }

    pub(super) fn setting_row(&mut self, table: &Table, row: &Row, cell: &str) {
        let value = table.text(row, "name").to_owned();
        if cell.ends_with("title") {
            self.form.title = Text::from([(String::new(), value)]);
        } else {
            self.form.form_id = value;
        }
    }

    /// Notes an external instance; the same name for two files is an error.
    pub(super) fn instance(&mut self, name: &str, file: &str, row: u32) {
        match self.sources.get(name) {
            None if self.form.lists.contains_key(name) => {
                let message = format!(
                    "The choice list '{name}' and the file '{file}' would be one instance. Rename one of them."
                );
                self.fail("instance", message, row, "type");
            }
            Some(known) if known != file => {
                let message = std::format!(
                    "The instance '{name}' would come from '{known}' and from '{file}'. Rename one of them."
                );
                self.fail("instance", message, row, "type");
            }
            Some(_) => {}
            None => {
                self.sources.insert(name.to_owned(), file.to_owned());
                self.form.instances.insert(name.to_owned(), file.to_owned());
            }
        }
    }

    /// Adds a node under the open container.
    pub(super) fn push(&mut self, mut node: Node) -> NodeId {
        let id = NodeId(self.form.nodes.len() as u32);
        let parent = self.stack.last().map_or(NodeId::ROOT, |open| open.node);
        node.parent = Some(parent);
        if let Some(open) = self.stack.last_mut() {
            open.names.insert(node.name.clone());
        }
        self.form.nodes.push(node);
        self.form.nodes[parent.index()].children.push(id);
        id
    }

    /// A node with everything the row says; `None` when its name will not do.
    pub(super) fn node(
        &mut self,
        table: &Table,
        row: &Row,
        choice: Option<&ChoiceItem>,
    ) -> Option<Node> {
        let cell = table.text(row, "type");
        let mut name = table.text(row, "name").to_owned();
        let header = table.header("name").to_owned();
        if name.is_empty() {
            if !matches!(types::parse(cell), Type::Question(QuestionType::Note)) {
                self.fail("name", "There is no name.", row.number, &header);
                return None;
            }
            name = std::format!("generated_note_name_{}", row.number);
        }
        self.check_name(&name, row.number, &header)?;
        let text = |key: &str| match choice {
            Some(choice) => table.text(row, key).replace("%(name)s", &choice.name),
            None => table.text(row, key).to_owned(),
        };
        let fill = |mut found: Text| {
            if let Some(choice) = choice {
                for (code, text) in &mut found {
                    let label = crate::model::pick(&choice.label, code, "");
                    *text = text.replace("%(label)s", label).replace("%(name)s", &choice.name);
                }
            }
            found
        };
        let spoken = |key: &str| fill(table.translated(row, key, ""));
        let appearance = text("appearance");
        let words = if appearance.contains("search(") {
            vec![appearance]
        } else {
            appearance.split_whitespace().map(str::to_lowercase).collect()
        };
        let mut node = Node {
            name,
            label: spoken("label"),
            hint: spoken("hint"),
            guidance: spoken("guidance_hint"),
            media: choices::media(table, row),
            relevant: text("relevant"),
            required: text("required"),
            required_message: spoken("required_message"),
            readonly: text("readonly"),
            constraint: text("constraint"),
            constraint_message: spoken("constraint_message"),
            soft_constraint: text("soft_constraint"),
            soft_constraint_message: spoken("soft_constraint_message"),
            calculation: text("calculation"),
            default: text("default"),
            trigger: text("trigger"),
            choice_filter: text("choice_filter"),
            repeat_count: text("repeat_count"),
            appearance: words,
            row: row.number,
            ..Node::default()
        };
        for (column, text) in table.cells(row) {
            let field = FIELDS.contains(&column.key.as_str()) || column.key.starts_with("media::");
            if !field && !column.key.is_empty() {
                node.attributes.insert(column.key.clone(), text.to_owned());
            }
        }
        if let Some(header) = choices::unknown_media(table, row) {
            let message = "Media are image, big-image, audio and video.";
            self.fail("media", message, row.number, header);
        }
        match parameters::parse(table.text(row, "parameters")) {
            Some(parameters) => node.parameters = parameters,
            None => self.parameters_unread(table, row),
        }
        Some(node)
    }

    pub(super) fn parameters_unread(&mut self, table: &Table, row: &Row) {
        let message = "Parameters are written key1=value1 key2=value2.";
        self.fail("parameters", message, row.number, table.header("parameters"));
    }

    pub(super) fn check_name(&mut self, name: &str, row: u32, header: &str) -> Option<()> {
        if !references::is_tag(name) {
            let message = std::format!(
                "'{name}' cannot be a name. A name begins with a letter or underscore, then letters, \
                 digits, '_', '-' and '.'."
            );
            self.fail("name", message, row, header);
            return None;
        }
        let open = self.stack.last()?;
        let lower = name.to_lowercase();
        if name == "meta" || open.names.contains(name) {
            let message = std::format!("The name '{name}' is taken here already. Choose another.");
            self.fail("duplicate_name", message, row, header);
            return None;
        }
        if open.lower.contains(&lower) {
            let message = std::format!("'{name}' differs from another name only by its case.");
            let problem = Problem::new("similar_name", message, "survey").at(row, header);
            self.warnings.push(problem);
        }
        if let Some(open) = self.stack.last_mut() {
            open.lower.insert(lower);
        }
        Some(())
    }

    pub(super) fn end(&mut self, table: &Table, row: &Row, kind: Container) {
        let fits =
            self.stack.len() > 1 && self.stack.last().is_some_and(|open| open.kind == Some(kind));
        if fits {
            self.stack.pop();
            self.table_list = None;
        } else {
            let message = std::format!("This ends a {} that is not open here.", kind.name());
            self.fail("unmatched_end", message, row.number, table.header("type"));
        }
    }

    pub(super) fn begin(
        &mut self,
        table: &Table,
        row: &Row,
        kind: Container,
        choice: Option<&ChoiceItem>,
    ) {
        let Some(mut node) = self.node(table, row, choice) else {
            // What is inside is still read, so that its problems are told too.
            let id = self.push(Node { kind: Kind::Group, ..Node::default() });
            return self.open(id, Some(kind), row.number);
        };
        let header = table.header("name").to_owned();
        if kind == Container::Repeat {
            node.kind = Kind::Repeat;
            if node.name == self.form.nodes[0].name || !self.repeats.insert(node.name.clone()) {
                let message = std::format!(
                    "The name '{}' is taken by the form or by another repeat. Choose another.",
                    node.name
                );
                self.fail("duplicate_name", message, row.number, &header);
            }
            if node.label.is_empty() && node.media.is_empty() {
                let problem = Problem::new("repeat_label", "The repeat has no label.", "survey");
                self.warnings.push(problem.at(row.number, "label"));
            }
            self.count_node(&mut node);
        } else {
            node.kind = Kind::Group;
        }
        self.doubt_appearance(table, &node);
        let table_list = node.appears("table-list");
        let mut note = None;
        if table_list {
            node.appearance.retain(|word| word != "table-list");
            node.appearance.insert(0, "field-list".to_owned());
            if !node.label.is_empty() || !node.hint.is_empty() {
                note = Some(Node {
                    name: std::format!("generated_table_list_label_{}", row.number),
                    kind: Kind::Question(QuestionType::Note),
                    label: std::mem::take(&mut node.label),
                    hint: std::mem::take(&mut node.hint),
                    ..Node::default()
                });
            }
        }
        let id = self.push(node);
        self.open(id, Some(kind), row.number);
        if let Some(note) = note {
            self.push(note);
        }
        if table_list {
            self.table_list = Some(None);
        }
    }

    /// A count that is more than one reference becomes a calculation before the repeat.
    pub(super) fn count_node(&mut self, node: &mut Node) {
        let count = node.repeat_count.trim();
        let is_reference = count.starts_with("${")
            && count.ends_with('}')
            && references::references(count).is_ok_and(|found| found.len() == 1)
            && count.matches('}').count() == 1;
        if count.is_empty() || is_reference {
            return;
        }
        let name = std::format!("{}_count", node.name);
        let taken = self.stack.last().is_some_and(|open| open.names.contains(&name));
        if taken {
            let message = std::format!(
                "The count of the repeat needs the name '{name}', which another question has. Rename it."
            );
            self.fail("duplicate_name", message, node.row, "repeat_count");
        }
        self.push(Node {
            kind: Kind::Question(QuestionType::Calculate),
            calculation: count.to_owned(),
            readonly: "true()".to_owned(),
            name: name.clone(),
            row: node.row,
            ..Node::default()
        });
        node.repeat_count = std::format!("${{{name}}}");
    }
}
