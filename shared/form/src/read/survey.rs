//! The `survey` and `settings` sheets: rows → nodes.

mod defaults;
mod question;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::choices::{self, Rules};
use super::columns::{Row, Table, Which, language};
use super::types::{self, Container, Type};
use super::{Problem, Sheets, references};
use crate::model::{ChoiceItem, Form, Language, Node, NodeId, truthy};

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
    /// Names of rows `csv-external` and `xml-external`.
    declared: BTreeSet<String>,
    /// Inside a table-list: the list of its selects, once the first is seen. Any end row ends it.
    table_list: Option<Option<String>>,
}

/// A group or repeat that has begun.
struct Open {
    node: NodeId,
    kind: Option<Container>,
    row: u32,
    names: BTreeSet<String>,
    lower: BTreeSet<String>,
}

/// Most rows that loops may be written out to.
const MOST_LINES: usize = 100_000;

/// A survey row to be read; loops repeat theirs with the name of a choice filled in.
#[derive(Clone)]
struct Line<'r> {
    row: &'r Row,
    choice: Option<Rc<ChoiceItem>>,
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
            declared: BTreeSet::new(),
            table_list: None,
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
        self.close(1);
        self.pulldata();
        self.entities();
        self.reference_geometry();
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
        let table = Table::read(sheet, Which::Settings, false, &mut self.errors);
        let Some(row) = table.rows.first() else { return };
        let both = sheet.header.iter().any(|header| header.trim() == "form_id");
        for (column, text) in table.cells(row) {
            if both && column.header.trim() == "id_string" {
                continue;
            }
            if column.key == "form_title" {
                let code = column.language.as_ref().map_or("", |found| &found.code);
                self.form.title.insert(code.to_owned(), text.to_owned());
            }
            self.form.settings.entry(column.key.clone()).or_insert_with(|| text.to_owned());
        }
        let omits = self.form.settings.get("omit_instanceID").is_some_and(|value| truthy(value));
        if omits && self.form.settings.contains_key("public_key") {
            let message = "Encryption needs the instanceID: take omit_instanceID out.";
            let problem = Problem::new("settings", message, "settings");
            self.errors.push(problem.at(row.number, "omit_instanceID"));
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
        self.stack.push(Open { node, kind, row, names, lower });
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
        self.write_out(table, &table.rows, None, &mut lines);
        lines
    }

    fn write_out<'r>(
        &mut self,
        table: &'r Table,
        rows: &'r [Row],
        choice: Option<&Rc<ChoiceItem>>,
        lines: &mut Vec<Line<'r>>,
    ) {
        let kind = |row: &Row| types::parse(table.text(row, "type"));
        let mut at = 0;
        while let Some(row) = rows.get(at) {
            if lines.len() >= MOST_LINES {
                let message = "The loops come to too many questions. Use a shorter list.";
                return self.fail("loop", message, row.number, "type");
            }
            lines.push(Line { row, choice: choice.cloned(), role: Role::Plain });
            at += 1;
            let Type::Begin(Container::Loop, list) = kind(row) else { continue };
            let Some(list) = list.and_then(|name| self.form.lists.get(&name)) else {
                let message = "A loop needs a list: begin loop over list_name.";
                self.fail("loop", message, row.number, "type");
                continue;
            };
            let items = list.items.iter().filter(|item| item.name != "none");
            let items: Vec<Rc<ChoiceItem>> = items.cloned().map(Rc::new).collect();
            let mut depth = 1;
            let inside = rows[at..].iter().take_while(|row| {
                match kind(row) {
                    Type::Begin(Container::Loop, _) => depth += 1,
                    Type::End(Container::Loop) => depth -= 1,
                    _ => {}
                }
                depth > 0
            });
            let end = at + inside.count();
            for item in &items {
                let line = |role| Line { row, choice: Some(item.clone()), role };
                lines.push(line(Role::OpenChoice));
                self.write_out(table, &rows[at..end], Some(item), lines);
                lines.push(line(Role::CloseChoice));
            }
            at = end;
        }
    }

    /// Groups that are open beyond a depth lack their end.
    fn close(&mut self, depth: usize) {
        for open in self.stack.split_off(depth.min(self.stack.len())) {
            let kind = open.kind.map_or("group", Container::name);
            let name = &self.form.node(open.node).name;
            let message = std::format!("The {kind} '{name}' is not ended. Add a row 'end {kind}'.");
            self.fail("unmatched_begin", message, open.row, "type");
        }
    }

    fn pulldata(&mut self) {
        let pulled: Vec<(String, u32)> = self.form.nodes.iter().flat_map(pulldata_names).collect();
        for (name, row) in pulled {
            let name = name.trim_end_matches(".csv").to_owned();
            self.instance(&name, &std::format!("{name}.csv"), row);
        }
    }

    /// `reference-geometry` names an instance, a list, an entity list or a repeat.
    fn reference_geometry(&mut self) {
        let entities = self.form.entities.iter().filter_map(|entity| entity.get("list_name"));
        let known: BTreeSet<&String> =
            self.form.instances.keys().chain(self.form.lists.keys()).chain(entities).collect();
        let repeat = |name: &str| {
            let name = name.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
            name.is_some_and(|name| self.repeats.contains(name))
        };
        let wrong = |node: &&Node| {
            let name = node.parameters.get("reference-geometry");
            name.is_some_and(|name| !known.contains(name) && !repeat(name))
        };
        let rows: Vec<u32> = self.form.nodes.iter().filter(wrong).map(|node| node.row).collect();
        for row in rows {
            let message =
                "reference-geometry is the name of a list or of an instance, or ${repeat}.";
            self.fail("parameters", message, row, "parameters");
        }
    }

    fn entities(&mut self) {
        let sheet = self.sheets.get("entities");
        let table = sheet.map(|sheet| Table::read(sheet, Which::Entities, false, &mut self.errors));
        let table = table.unwrap_or_default();
        for row in &table.rows {
            let mut entity: BTreeMap<String, String> = table
                .cells(row)
                .map(|(column, text)| (column.key.clone(), text.to_owned()))
                .collect();
            entity.insert("__row".to_owned(), row.number.to_string());
            self.form.entities.push(entity);
        }
        self.warnings.extend(super::entities::homeless(&self.form));
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
