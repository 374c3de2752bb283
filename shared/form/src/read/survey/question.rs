//! Questions: choices, table-lists, "or other", and what a question must have.

use super::defaults::is_dynamic;
use super::{Line, Reader};
use crate::mask::{self, Fault, Mask};
use crate::model::{ChoiceItem, Choices, Kind, Node, QuestionType, Text};
use crate::read::Problem;
use crate::read::columns::{Row, Table};
use crate::read::types::{self, Source, Type};
use crate::read::{appearances, parameters};

impl Reader<'_> {
    pub(super) fn question(
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
        let Some(mut node) = self.node(table, row, line.choice.as_deref()) else { return };
        node.kind = Kind::Question(question);
        implied(table.text(row, "type"), &mut node);
        node.dynamic_default = is_dynamic(&node.default, question);
        let mut or_other = false;
        if let Some((source, list, other)) = select {
            or_other = other;
            self.choices_of(table, row, &mut node, source, list, other);
        }
        self.check_question(table, &node, question, table.text(row, "type"));
        self.doubt_appearance(table, &node);
        self.table_list(&mut node, row);
        let (name, languages) = (node.name.clone(), node.label.keys().cloned().collect());
        self.push(node);
        if or_other {
            self.other(&name, languages);
        }
    }

    pub(super) fn audit(&mut self, table: &Table, row: &Row) {
        let name = table.text(row, "name");
        if !matches!(name, "" | "audit") {
            self.fail(
                "audit",
                "The audit is always named 'audit'. Leave its name empty.",
                row.number,
                "name",
            );
        }
        let written = parameters::parse(table.text(row, "parameters"));
        if written.is_none() {
            self.parameters_unread(table, row);
        }
        let mut others = self.form.nodes.iter();
        let other = others.find(|node| node.question() == Some(QuestionType::Audit));
        if let Some(other) = other {
            if other.row == row.number {
                // A loop comes by once per choice; the form has one audit all the same.
                return;
            }
            let message = "There is an audit already. Keep one of them.";
            self.fail("duplicate_name", message, row.number, table.header("type"));
        }
        let parameters = written.unwrap_or_default();
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

    pub(super) fn choices_of(
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
        if source == Source::File && !known {
            let message = std::format!("The file '{list}' must end with .csv, .xml or .geojson.");
            self.fail("file", message, row.number, &header);
        }
        if source == Source::File && node.appearance.iter().any(|word| word.contains("search(")) {
            let message = "search() does not go together with a select from a file.";
            self.fail("search", message, row.number, table.header("appearance"));
        }
        let external = source == Source::ExternalChoices;
        if list.starts_with("${") && !external {
            node.choices = Choices::Reference(list);
            return;
        }
        if or_other && known && !external {
            let message = "or_other needs a list of the choices sheet.";
            self.fail("or_other", message, row.number, &header);
        }
        if source == Source::File || known && !external {
            let name = list.rsplit_once('.').map_or(list.as_str(), |(name, _)| name).to_owned();
            self.instance(&name, &list, row.number);
            node.choices = Choices::File(list);
            return;
        }
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
    pub(super) fn other_choices(&mut self, table: &Table) {
        for row in &table.rows {
            if let Type::Select { list, or_other: true, .. } = types::parse(table.text(row, "type"))
            {
                self.other_choice(&list);
            }
        }
    }

    pub(super) fn other_choice(&mut self, list: &str) {
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

    pub(super) fn other(&mut self, name: &str, languages: Vec<String>) {
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
    pub(super) fn table_list(&mut self, node: &mut Node, row: &Row) {
        let list = match &node.choices {
            Choices::None => return,
            Choices::List(list) | Choices::File(list) | Choices::Reference(list) => list.clone(),
        };
        let Some(known) = self.table_list.clone() else { return };
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
                self.table_list = Some(Some(list));
            }
        }
        node.appearance = vec!["list-nolabel".to_owned()];
    }

    /// Tells the author what is asked for and not done.
    pub(super) fn doubt_appearance(&mut self, table: &Table, node: &Node) {
        let header = table.header("appearance");
        let words = appearances::doubts(node).into_iter();
        self.warnings.extend(words.map(|problem| problem.at(node.row, header)));
        let kind = appearances::doubt_of_type(node);
        self.warnings.extend(kind.map(|problem| problem.at(node.row, table.header("type"))));
    }

    pub(super) fn check_question(
        &mut self,
        table: &Table,
        node: &Node,
        question: QuestionType,
        cell: &str,
    ) {
        // Old names of the text type take no parameters and refuse none.
        if question != QuestionType::Text || cell == "text" {
            for problem in parameters::check(node, question, &self.form) {
                self.errors.push(problem.at(node.row, table.header("parameters")));
            }
        }
        // Old names of it may be filled by a trigger or the host.
        if cell == "calculate" && node.calculation.is_empty() && !node.dynamic_default {
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
        if node.media.contains_key("big-image") && !node.media.contains_key("image") {
            let message = "A big-image needs an image beside it.";
            self.fail("media", message, node.row, table.header("media::big-image"));
        }
        self.check_mask(table, node, question);
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

    /// An input mask that cannot be used, or where it does nothing.
    fn check_mask(&mut self, table: &Table, node: &Node, question: QuestionType) {
        let Some(source) = node.attributes.get(mask::COLUMN) else { return };
        let header = table.header(mask::COLUMN);
        if question != QuestionType::Text {
            let message = "An input mask acts on questions of the type text. It is kept as it is.";
            self.warnings.push(Problem::new("mask", message, "survey").at(node.row, header));
            return;
        }
        let Err(fault) = Mask::parse(source) else { return };
        let message = match fault {
            Fault::NothingToType => {
                "Nothing can be typed under this mask. 9 stands for a digit, A for a letter, X for any \
                 character."
                    .to_owned()
            }
            Fault::LoneEscape => {
                "The mask ends with \\. Write the character behind it, or \\\\ for \\ itself.".to_owned()
            }
            Fault::Blank => {
                "One character stands behind ; for what is not typed yet: 99-99;_".to_owned()
            }
            Fault::Reserved(sign) => {
                std::format!("{sign} is reserved in a mask. Write \\{sign} for the character itself.")
            }
        };
        self.fail("mask", message, node.row, header);
    }
}

/// Hints and constraints that old prompt types bring with them, unless the author wrote one.
fn implied(cell: &str, node: &mut Node) {
    let hint = match cell {
        "phone number" => "Enter numbers only.",
        "number of days in last month" => "Enter a number 0-31.",
        "number of days in last six months" => "Enter a number 0-183.",
        "number of days in last year" => "Enter a number 0-365.",
        _ => "",
    };
    if !hint.is_empty() && node.hint.is_empty() {
        node.hint = Text::from([(String::new(), hint.to_owned())]);
    }
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
