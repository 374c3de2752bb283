//! The `survey` and `settings` sheets: rows → nodes.

use std::collections::{BTreeMap, BTreeSet};

use super::choices::{self, Rules};
use super::columns::{Row, Table, Which, language};
use super::types::{self, Container, Source, Type};
use super::{Problem, Sheets, parameters, references};
use crate::model::{
    ChoiceItem, Choices, Form, Kind, Language, Node, NodeId, QuestionType, Text, truthy,
};

/// Sheets that mean something.
pub const SHEETS: &[&str] =
    &["survey", "choices", "settings", "external_choices", "osm", "entities"];

/// Columns that are fields of a node; all others are kept as attributes.
const FIELDS: &[&str] = &[
    "type",
    "name",
    "label",
    "hint",
    "guidance_hint",
    "relevant",
    "required",
    "required_message",
    "readonly",
    "constraint",
    "constraint_message",
    "soft_constraint",
    "soft_constraint_message",
    "calculation",
    "default",
    "trigger",
    "choice_filter",
    "repeat_count",
    "appearance",
    "parameters",
    "disabled",
];

pub struct Reader<'a> {
    sheets: &'a Sheets,
    pub form: Form,
    pub errors: Vec<Problem>,
    pub warnings: Vec<Problem>,
    stack: Vec<Open>,
    repeats: BTreeSet<String>,
    /// Instance name → where its data comes from, to see when two differ.
    sources: BTreeMap<String, String>,
    external_lists: BTreeSet<String>,
}

/// A group or repeat that has begun.
struct Open {
    node: NodeId,
    kind: Option<Container>,
    row: u32,
    names: BTreeSet<String>,
    lower: BTreeSet<String>,
    /// Of a table-list: the list of its selects, once the first is seen.
    table_list: Option<Option<String>>,
}

/// A survey row to be read; loops repeat theirs with the name of a choice filled in.
#[derive(Clone)]
struct Line<'r> {
    row: &'r Row,
    choice: Option<ChoiceItem>,
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    OpenChoice,
    CloseChoice,
}

impl<'a> Reader<'a> {
    pub fn new(sheets: &'a Sheets) -> Reader<'a> {
        Reader {
            sheets,
            form: Form::default(),
            errors: Vec::new(),
            warnings: Vec::new(),
            stack: Vec::new(),
            repeats: BTreeSet::new(),
            sources: BTreeMap::new(),
            external_lists: BTreeSet::new(),
        }
    }

    /// Reads everything; `None` when there is nothing to read.
    pub fn read(&mut self) -> Option<Form> {
        let Some(survey) = self.sheets.get("survey") else {
            let hint = self.similar("survey");
            let message = std::format!("There must be a sheet named 'survey'.{hint}");
            self.errors.push(Problem::new("missing_sheet", message, "survey"));
            return None;
        };
        self.settings();
        let clean = self.form.settings.get("clean_text_values").is_none_or(|value| truthy(value));
        let table = Table::read(survey, Which::Survey, clean, &mut self.errors);
        if !table.has("type") {
            let message = "The column 'type' is missing.";
            self.errors.push(Problem::new("missing_column", message, "survey").at(1, "type"));
            return None;
        }
        self.lists();
        self.languages(&table);
        self.root();
        self.warn_about_columns(&table);
        self.other_choices(&table);
        for line in self.lines(&table) {
            self.line(&table, &line);
        }
        self.close();
        self.entities();
        self.name_keys();
        Some(std::mem::take(&mut self.form))
    }

    /// Names of sheets that look like this one, as a hint.
    fn similar(&self, name: &str) -> String {
        let known = |sheet: &str| SHEETS.contains(&sheet.to_lowercase().as_str());
        let near: Vec<String> = self
            .sheets
            .sheets
            .iter()
            .map(|sheet| sheet.name.as_str())
            .filter(|sheet| !known(sheet) && !sheet.starts_with('_'))
            .filter(|sheet| references::distance(&sheet.to_lowercase(), name) <= 2)
            .map(|sheet| std::format!("'{sheet}'"))
            .collect();
        if near.is_empty() {
            String::new()
        } else {
            std::format!(" These sheets have a similar name: {}.", near.join(", "))
        }
    }

    fn settings(&mut self) {
        let Some(sheet) = self.sheets.get("settings") else { return };
        let table = Table::read(sheet, Which::Settings, false, &mut Vec::new());
        let Some(row) = table.rows.first() else { return };
        for (column, text) in table.cells(row) {
            if column.key == "form_title" {
                let code = column.language.as_ref().map_or("", |found| &found.code);
                self.form.title.insert(code.to_owned(), text.to_owned());
            }
            // Of form_id and id_string the first wins.
            self.form.settings.entry(column.key.clone()).or_insert_with(|| text.to_owned());
        }
        if let Some(name) = self.form.settings.get("name")
            && !references::is_tag(name)
        {
            let message = "The name begins with a letter or underscore and has no spaces.";
            let problem = Problem::new("name", message, "settings").at(row.number, "name");
            self.errors.push(problem);
        }
    }

    fn root(&mut self) {
        let settings = &self.form.settings;
        let name = settings.get("name").map_or("data", String::as_str).to_owned();
        let fallback =
            if self.sheets.file_name.is_empty() { &name } else { &self.sheets.file_name };
        self.form.form_id = settings.get("form_id").unwrap_or(fallback).clone();
        self.form.version = settings.get("version").cloned().unwrap_or_default();
        if self.form.title.is_empty() {
            self.form.title.insert(String::new(), self.form.form_id.clone());
        }
        self.form.nodes.push(Node { name, ..Node::default() });
        self.open(NodeId::ROOT, None, 1);
    }

    fn open(&mut self, node: NodeId, kind: Option<Container>, row: u32) {
        let (names, lower) = (BTreeSet::new(), BTreeSet::new());
        self.stack.push(Open { node, kind, row, names, lower, table_list: None });
    }

    fn lists(&mut self) {
        let allow =
            self.form.settings.get("allow_choice_duplicates").is_some_and(|value| truthy(value));
        for (name, external) in [("external_choices", true), ("choices", false)] {
            let Some(sheet) = self.sheets.get(name) else { continue };
            let table = Table::read(sheet, Which::Choices, false, &mut self.errors);
            let mut rules = Rules {
                sheet: name,
                allow_duplicates: allow || external,
                errors: &mut self.errors,
                warnings: &mut self.warnings,
            };
            let lists = choices::read(&table, &mut rules);
            if external {
                rules.warnings.retain(|problem| problem.sheet != "external_choices");
                self.external_lists = lists.keys().cloned().collect();
            }
            self.note_languages(table.languages());
            self.form.lists.extend(lists);
        }
    }

    fn note_languages<'l>(&mut self, found: impl Iterator<Item = &'l Language>) {
        for language in found {
            if !self.form.languages.iter().any(|known| known.code == language.code) {
                self.form.languages.push(language.clone());
            }
        }
    }

    fn languages(&mut self, table: &Table) {
        let of_choices = std::mem::take(&mut self.form.languages);
        self.note_languages(table.languages());
        self.note_languages(of_choices.iter());
        let wanted = self.form.settings.get("default_language").map(|name| language(name));
        let plain =
            table.columns.iter().any(|column| column.key == "label" && column.language.is_none());
        self.form.default_language = match wanted {
            Some(language) => language.code,
            None if plain => String::new(),
            None => self.form.languages.first().map(|found| found.code.clone()).unwrap_or_default(),
        };
    }

    fn warn_about_columns(&mut self, table: &Table) {
        for column in table.columns.iter().filter(|column| !column.known && !column.key.is_empty())
        {
            let message =
                std::format!("The column '{}' is not known. It is kept as it is.", column.header);
            let problem = Problem::new("unknown_column", message, "survey").at(1, &column.header);
            self.warnings.push(problem);
        }
    }

    /// Rows in order, loops written out once per choice.
    fn lines<'r>(&mut self, table: &'r Table) -> Vec<Line<'r>> {
        let mut lines = Vec::new();
        let mut at = 0;
        while at < table.rows.len() {
            let row = &table.rows[at];
            lines.push(Line { row, choice: None, role: Role::Plain });
            at += 1;
            let Type::Begin(Container::Loop, list) = types::parse(table.text(row, "type")) else {
                continue;
            };
            let is_end =
                |row: &Row| types::parse(table.text(row, "type")) == Type::End(Container::Loop);
            let end =
                table.rows[at..].iter().position(is_end).map_or(table.rows.len(), |far| at + far);
            let Some(list) = list.and_then(|name| self.form.lists.get(&name)) else {
                let message = "A loop needs a list: begin loop over list_name.";
                self.errors.push(Problem::new("loop", message, "survey").at(row.number, "type"));
                continue;
            };
            for item in list.items.iter().filter(|item| item.name != "none") {
                let line = |row, role| Line { row, choice: Some(item.clone()), role };
                lines.push(line(row, Role::OpenChoice));
                lines.extend(table.rows[at..end].iter().map(|row| line(row, Role::Plain)));
                lines.push(line(row, Role::CloseChoice));
            }
            at = end;
        }
        lines
    }

    fn fail(&mut self, code: &str, message: impl Into<String>, row: u32, column: &str) {
        self.errors.push(Problem::new(code, message, "survey").at(row, column));
    }

    fn line(&mut self, table: &Table, line: &Line) {
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
                return self.open(id, Some(Container::Group), row.number);
            }
            Role::CloseChoice => {
                self.stack.pop();
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
                let message = std::format!(
                    "The type '{cell}' is not known. See docs/FORMS.md for the types."
                );
                self.fail("unknown_type", message, row.number, table.header("type"));
            }
            Type::End(kind) => self.end(table, row, kind),
            Type::Begin(kind, _) => self.begin(table, row, kind, line.choice.as_ref()),
            Type::External(extension) => {
                let name = table.text(row, "name").to_owned();
                self.instance(&name, &std::format!("{name}.{extension}"), row.number);
            }
            Type::Question(question) => self.question(table, line, question, None),
            Type::Select { kind, source, list, or_other } => {
                self.question(table, line, kind, Some((source, list, or_other)));
            }
        }
    }

    fn setting_row(&mut self, table: &Table, row: &Row, cell: &str) {
        let value = table.text(row, "name").to_owned();
        if cell.ends_with("title") {
            self.form.title = Text::from([(String::new(), value)]);
        } else {
            self.form.form_id = value;
        }
    }

    /// Notes an external instance; the same name for two files is an error.
    fn instance(&mut self, name: &str, file: &str, row: u32) {
        match self.sources.get(name) {
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
    fn push(&mut self, mut node: Node) -> NodeId {
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
    fn node(&mut self, table: &Table, row: &Row, choice: Option<&ChoiceItem>) -> Option<Node> {
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
        match parameters::parse(table.text(row, "parameters")) {
            Some(parameters) => node.parameters = parameters,
            None => {
                let message = "Parameters are written key1=value1 key2=value2.";
                self.fail("parameters", message, row.number, table.header("parameters"));
            }
        }
        Some(node)
    }

    fn check_name(&mut self, name: &str, row: u32, header: &str) -> Option<()> {
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

    fn end(&mut self, table: &Table, row: &Row, kind: Container) {
        let fits =
            self.stack.len() > 1 && self.stack.last().is_some_and(|open| open.kind == Some(kind));
        if fits {
            self.stack.pop();
        } else {
            let message = std::format!("This ends a {} that is not open here.", kind.name());
            self.fail("unmatched_end", message, row.number, table.header("type"));
        }
    }

    fn begin(&mut self, table: &Table, row: &Row, kind: Container, choice: Option<&ChoiceItem>) {
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
        if let Some(open) = self.stack.last_mut().filter(|_| table_list) {
            open.table_list = Some(None);
        }
    }

    /// A count that is more than one reference becomes a calculation before the repeat.
    fn count_node(&mut self, node: &mut Node) {
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
            ..Node::default()
        });
        node.repeat_count = std::format!("${{{name}}}");
    }

    fn question(
        &mut self,
        table: &Table,
        line: &Line,
        question: QuestionType,
        select: Option<(Source, String, bool)>,
    ) {
        let row = line.row;
        if question == QuestionType::Audit {
            return self.audit(table, row);
        }
        let Some(mut node) = self.node(table, row, line.choice.as_ref()) else { return };
        node.kind = Kind::Question(question);
        implied(table.text(row, "type"), &mut node);
        node.dynamic_default = is_dynamic(&node.default, question);
        let mut or_other = false;
        if let Some((source, list, other)) = select {
            or_other = other;
            self.choices_of(table, row, &mut node, source, list, other);
        }
        self.check_question(table, &node, question);
        self.table_list(&mut node, row);
        let (name, languages) = (node.name.clone(), node.label.keys().cloned().collect());
        self.push(node);
        if or_other {
            self.other(&name, languages);
        }
    }

    fn audit(&mut self, table: &Table, row: &Row) {
        let name = table.text(row, "name");
        if !matches!(name, "" | "audit") {
            self.fail(
                "audit",
                "The audit is always named 'audit'. Leave its name empty.",
                row.number,
                "name",
            );
        }
        let parameters = parameters::parse(table.text(row, "parameters")).unwrap_or_default();
        let node = Node {
            name: "audit".to_owned(),
            kind: Kind::Question(QuestionType::Audit),
            parameters,
            row: row.number,
            ..Node::default()
        };
        for problem in parameters::check(&node, QuestionType::Audit, &self.form) {
            self.errors.push(problem.at(row.number, table.header("parameters")));
        }
        // It belongs to the form, wherever its row is.
        let inner = self.stack.split_off(1);
        self.push(node);
        self.stack.extend(inner);
    }

    fn choices_of(
        &mut self,
        table: &Table,
        row: &Row,
        node: &mut Node,
        source: Source,
        list: String,
        or_other: bool,
    ) {
        let header = table.header("type").to_owned();
        let file_kind = list.rsplit_once('.').map(|(_, extension)| extension.to_owned());
        let known = matches!(file_kind.as_deref(), Some("csv" | "xml" | "geojson"));
        if source == Source::File && !known && !list.starts_with("${") {
            let message = std::format!("The file '{list}' must end with .csv, .xml or .geojson.");
            self.fail("file", message, row.number, &header);
        }
        if source == Source::File && node.appearance.iter().any(|word| word.contains("search(")) {
            let message = "search() does not go together with a select from a file.";
            self.fail("search", message, row.number, table.header("appearance"));
        }
        if list.starts_with("${") {
            node.choices = Choices::Reference(list);
            return;
        }
        if source == Source::File || known {
            let name = list.rsplit_once('.').map_or(list.as_str(), |(name, _)| name).to_owned();
            self.instance(&name, &list, row.number);
            node.choices = Choices::File(list);
            return;
        }
        let external = source == Source::ExternalChoices;
        let found = self.form.lists.contains_key(&list)
            && (!external || self.external_lists.contains(&list))
            && (external
                || !self.external_lists.contains(&list)
                || self.sheets.get("choices").is_some());
        if !found {
            let sheet = if external { "external_choices" } else { "choices" };
            let missing = self.sheets.get(sheet).is_none();
            let message = if missing {
                let hint = self.similar(sheet);
                std::format!(
                    "There must be a sheet named '{sheet}' with the columns list_name, name and label.{hint}"
                )
            } else {
                std::format!("There is no list '{list}' on the sheet '{sheet}'.")
            };
            self.fail("unknown_list", message, row.number, &header);
        }
        let spaced = self.form.lists.get(&list).and_then(|found| {
            found.items.iter().find(|item| item.name.contains(' ')).map(|item| item.name.clone())
        });
        if let Some(name) =
            spaced.filter(|_| node.kind == Kind::Question(QuestionType::SelectMultiple))
        {
            let message =
                std::format!("The choice '{name}' has a space: answers are separated by spaces.");
            self.fail("choice_name", message, row.number, &header);
        }
        if or_other && !node.choice_filter.is_empty() {
            let message = "or_other does not go together with a choice_filter.";
            self.fail("or_other", message, row.number, table.header("choice_filter"));
        }
        if external {
            node.attributes.insert("query".to_owned(), list.clone());
        }
        node.choices = Choices::List(list);
    }

    /// Choices of or_other, before anything looks at the lists.
    fn other_choices(&mut self, table: &Table) {
        for row in &table.rows {
            if let Type::Select { list, or_other: true, .. } = types::parse(table.text(row, "type"))
            {
                self.other_choice(&list);
            }
        }
    }

    fn other_choice(&mut self, list: &str) {
        let Some(found) = self.form.lists.get_mut(list) else { return };
        if found.items.iter().any(|item| item.name == "other") {
            return;
        }
        let mut label: Text = found
            .items
            .iter()
            .flat_map(|item| item.label.keys())
            .map(|code| (code.clone(), said(code, "Other", "სხვა")))
            .collect();
        if label.is_empty() {
            label.insert(String::new(), "Other".to_owned());
        }
        found.items.push(ChoiceItem { name: "other".to_owned(), label, ..ChoiceItem::default() });
    }

    fn other(&mut self, name: &str, languages: Vec<String>) {
        let mut label: Text = languages
            .into_iter()
            .map(|code| (code.clone(), said(&code, "Specify other.", "დააზუსტეთ სხვა.")))
            .collect();
        if label.is_empty() {
            label.insert(String::new(), "Specify other.".to_owned());
        }
        self.push(Node {
            name: std::format!("{name}_other"),
            kind: Kind::Question(QuestionType::Text),
            relevant: std::format!("selected(../{name}, 'other')"),
            label,
            ..Node::default()
        });
    }

    /// Inside a table-list all selects share one list, and a header row is added before the first.
    fn table_list(&mut self, node: &mut Node, row: &Row) {
        let Choices::List(list) = &node.choices else { return };
        let list = list.clone();
        let Some(known) = self.stack.last().and_then(|open| open.table_list.clone()) else {
            return;
        };
        match known {
            Some(first) if first != list => {
                let message = std::format!(
                    "In a table-list all questions take the same list: '{first}', not '{list}'."
                );
                self.fail("table_list", message, row.number, "type");
            }
            Some(_) => {}
            None => {
                if !node.choice_filter.is_empty() {
                    let message = "A table-list does not go together with a choice_filter.";
                    self.fail("table_list", message, row.number, "choice_filter");
                }
                self.push(Node {
                    name: std::format!("reserved_name_for_field_list_labels_{}", row.number),
                    kind: node.kind,
                    choices: node.choices.clone(),
                    appearance: vec!["label".to_owned()],
                    ..Node::default()
                });
                if let Some(open) = self.stack.last_mut() {
                    open.table_list = Some(Some(list));
                }
            }
        }
        node.appearance = vec!["list-nolabel".to_owned()];
    }

    fn check_question(&mut self, table: &Table, node: &Node, question: QuestionType) {
        for problem in parameters::check(node, question, &self.form) {
            self.errors.push(problem.at(node.row, table.header("parameters")));
        }
        if question == QuestionType::Calculate
            && node.calculation.is_empty()
            && !node.dynamic_default
        {
            self.fail(
                "calculation",
                "The calculation is missing.",
                node.row,
                table.header("calculation"),
            );
        }
        let silent = node.label.is_empty() && node.hint.is_empty() && node.media.is_empty();
        if node.has_control() && silent {
            let message = std::format!("The question '{}' has no label and no hint.", node.name);
            self.fail("label", message, node.row, table.header("label"));
        }
        if question == QuestionType::BackgroundGeopoint {
            if node.trigger.is_empty() {
                self.fail("trigger", "background-geopoint needs a trigger.", node.row, "trigger");
            }
            if !node.calculation.is_empty() {
                self.fail(
                    "calculation",
                    "background-geopoint has no calculation.",
                    node.row,
                    "calculation",
                );
            }
        }
    }

    fn close(&mut self) {
        for open in self.stack.split_off(1) {
            let kind = open.kind.map_or("group", Container::name);
            let name = &self.form.node(open.node).name;
            let message = std::format!("The {kind} '{name}' is not ended. Add a row 'end {kind}'.");
            self.fail("unmatched_begin", message, open.row, "type");
        }
        let pulled: Vec<(String, u32)> = self.form.nodes.iter().flat_map(pulldata_names).collect();
        for (name, row) in pulled {
            let name = name.trim_end_matches(".csv").to_owned();
            if !self.form.lists.contains_key(&name) {
                self.instance(&name, &std::format!("{name}.csv"), row);
            }
        }
    }

    fn entities(&mut self) {
        let Some(sheet) = self.sheets.get("entities") else { return };
        let table = Table::read(sheet, Which::Entities, false, &mut self.errors);
        for row in &table.rows {
            let mut entity: BTreeMap<String, String> = table
                .cells(row)
                .map(|(column, text)| (column.key.clone(), text.to_owned()))
                .collect();
            entity.insert("__row".to_owned(), row.number.to_string());
            self.form.entities.push(entity);
        }
        let problems = super::entities::check(&self.form);
        self.errors.extend(problems);
    }

    /// Keys: the name where it is the only one, else the path below the root.
    fn name_keys(&mut self) {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for node in self.form.nodes.iter().skip(1) {
            *count.entry(node.name.clone()).or_default() += 1;
        }
        for id in self.form.ids().skip(1) {
            let name = &self.form.node(id).name;
            let key = if count.get(name) == Some(&1) {
                name.clone()
            } else {
                let path = self.form.path(id);
                path.splitn(3, '/').nth(2).unwrap_or(name).to_owned()
            };
            self.form.nodes[id.index()].key = key;
        }
    }
}

/// Constraints that old prompt types bring with them, unless the author wrote one.
fn implied(cell: &str, node: &mut Node) {
    let (constraint, message) = match cell {
        "phone number" => ("regex(., '^\\d*$')", "Enter numbers only."),
        "percentage" => ("0 <= . and . <= 100", "Enter a number between 0 and 100."),
        "number of days in last month" => ("0 <= . and . <= 31", "Enter a number of days."),
        "number of days in last six months" => ("0 <= . and . <= 183", "Enter a number of days."),
        "number of days in last year" => ("0 <= . and . <= 365", "Enter a number of days."),
        _ => return,
    };
    if node.constraint.is_empty() {
        constraint.clone_into(&mut node.constraint);
        if node.constraint_message.is_empty() {
            node.constraint_message = Text::from([(String::new(), message.to_owned())]);
        }
    }
}

fn said(code: &str, english: &str, georgian: &str) -> String {
    if code == "ka" { georgian } else { english }.to_owned()
}

/// First arguments of `pulldata('name', …)` in the expressions of a node.
fn pulldata_names(node: &Node) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    let sources =
        [&node.calculation, &node.relevant, &node.constraint, &node.required, &node.default];
    for source in sources {
        for after in source.split("pulldata(").skip(1) {
            let after = after.trim_start();
            if let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\''))
                && let Some((name, _)) = after[1..].split_once(quote)
            {
                found.push((name.to_owned(), node.row));
            }
        }
    }
    found
}

/// Whether a default is an expression: a call, a reference or arithmetic. A hyphen in a date or a
/// place is no minus.
fn is_dynamic(default: &str, question: QuestionType) -> bool {
    use QuestionType as Q;
    let hyphens =
        matches!(question, Q::Date | Q::DateTime | Q::Geopoint | Q::Geotrace | Q::Geoshape);
    if matches!(question, Q::Image | Q::Audio | Q::Video | Q::File)
        && !default.contains("${")
        && !default.contains('(')
    {
        return false;
    }
    let mut rest = default;
    while let Some(first) = rest.chars().next() {
        let width = first.len_utf8();
        let number = rest.strip_prefix('-').unwrap_or(rest);
        if first == '"' || first == '\'' {
            let closed = rest[1..].find(first).map_or(rest.len(), |at| at + 2);
            rest = &rest[closed..];
        } else if rest.starts_with("${") {
            return true;
        } else if crate::expr::lex::is_name_start(first) {
            let end = rest
                .find(|c: char| !crate::expr::lex::is_name(c) && c != ':')
                .unwrap_or(rest.len());
            if rest[end..].starts_with('(') {
                return true;
            }
            rest = &rest[end..];
        } else if is_date_at(rest) {
            rest = &rest[10..];
        } else if number.starts_with(|c: char| c.is_ascii_digit()) {
            let end =
                number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
            rest = &number[end..];
        } else if rest.starts_with(" mod ") || rest.starts_with(" div ") {
            return true;
        } else {
            match first {
                '-' if hyphens => return false,
                '*' | '+' | '-' | '|' => return true,
                _ => {}
            }
            rest = &rest[width..];
        }
    }
    false
}

fn is_date_at(text: &str) -> bool {
    let shape = b"0000-00-00";
    text.len() >= shape.len()
        && text.bytes().zip(shape).all(|(found, wanted)| match wanted {
            b'0' => found.is_ascii_digit(),
            _ => found == *wanted,
        })
}
