//! Column headers: aliases, groups (`media::image::English (en)`) and languages.

use std::collections::BTreeMap;

use super::{Problem, Sheet};
use crate::model::{Language, Text};

/// A header understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Canonical name: `relevant`, `media::image`, `bind::x`, or the header itself when unknown.
    pub key: String,
    pub language: Option<Language>,
    pub header: String,
    pub known: bool,
}

/// A row with canonical columns.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub number: u32,
    cells: Vec<(usize, String)>,
}

/// A sheet with canonical columns.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

/// Which sheet's names apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Survey,
    Choices,
    Settings,
    Entities,
}

const SURVEY: &[(&str, &str)] = &[
    ("type", "type"),
    ("command", "type"),
    ("name", "name"),
    ("tag", "name"),
    ("value", "name"),
    ("label", "label"),
    ("caption", "label"),
    ("hint", "hint"),
    ("guidance_hint", "guidance_hint"),
    ("relevant", "relevant"),
    ("relevance", "relevant"),
    ("required", "required"),
    ("required_message", "required_message"),
    ("requiredmsg", "required_message"),
    ("constraint", "constraint"),
    ("constraint_message", "constraint_message"),
    ("constraining_message", "constraint_message"),
    ("soft_constraint", "soft_constraint"),
    ("soft_constraint_message", "soft_constraint_message"),
    ("calculation", "calculation"),
    ("calculate", "calculation"),
    ("choice_filter", "choice_filter"),
    ("default", "default"),
    ("appearance", "appearance"),
    ("readonly", "readonly"),
    ("read_only", "readonly"),
    ("repeat_count", "repeat_count"),
    ("count", "repeat_count"),
    ("jr:count", "repeat_count"),
    ("trigger", "trigger"),
    ("parameters", "parameters"),
    ("disabled", "disabled"),
    ("image", "media::image"),
    ("big-image", "media::big-image"),
    ("audio", "media::audio"),
    ("video", "media::video"),
    ("save_to", "save_to"),
    ("sensitivity", "sensitivity"),
    ("worker_only", "worker_only"),
    ("locked", "locked"),
    ("license", "license"),
    ("attribution", "attribution"),
    ("source_version", "source_version"),
    ("allow_dkref", "allow_dkref"),
    ("autoplay", "body::autoplay"),
    ("rows", "body::rows"),
    ("query", "query"),
    ("save_incomplete", "save_incomplete"),
    ("intent", "intent"),
    ("noapperrorstring", "bind::jr:noAppErrorString"),
    ("no_app_error_string", "bind::jr:noAppErrorString"),
    ("compact_tag", "instance::odk:tag"),
];
const CHOICES: &[(&str, &str)] = &[
    ("list_name", "list_name"),
    ("name", "name"),
    ("value", "name"),
    ("label", "label"),
    ("caption", "label"),
    ("image", "media::image"),
    ("big-image", "media::big-image"),
    ("audio", "media::audio"),
    ("video", "media::video"),
    ("geometry", "geometry"),
];
const SETTINGS: &[(&str, &str)] = &[
    ("form_title", "form_title"),
    ("set_form_title", "form_title"),
    ("title", "form_title"),
    ("form_id", "form_id"),
    ("set_form_id", "form_id"),
    ("id_string", "form_id"),
    ("version", "version"),
    ("default_language", "default_language"),
    ("instance_name", "instance_name"),
    ("name", "name"),
    ("style", "style"),
    ("allow_choice_duplicates", "allow_choice_duplicates"),
    ("clean_text_values", "clean_text_values"),
    ("namespaces", "namespaces"),
    ("public_key", "public_key"),
    ("submission_url", "submission_url"),
    ("auto_send", "auto_send"),
    ("auto_delete", "auto_delete"),
    ("client_editable", "client_editable"),
    ("instance_id", "instance_id"),
    ("omit_instanceid", "omit_instanceID"),
    ("prefix", "prefix"),
    ("delimiter", "delimiter"),
];
const ENTITIES: &[(&str, &str)] = &[
    ("list_name", "list_name"),
    ("dataset", "list_name"),
    ("label", "label"),
    ("entity_id", "entity_id"),
    ("create_if", "create_if"),
    ("update_if", "update_if"),
    ("repeat", "repeat"),
];
/// `bind::x` that has a column of its own.
const BINDS: &[(&str, &str)] = &[
    ("relevant", "relevant"),
    ("required", "required"),
    ("constraint", "constraint"),
    ("calculate", "calculation"),
    ("readonly", "readonly"),
    ("jr:constraintMsg", "constraint_message"),
    ("jr:requiredMsg", "required_message"),
];
const TRANSLATED: &[&str] = &[
    "label",
    "hint",
    "guidance_hint",
    "required_message",
    "constraint_message",
    "soft_constraint_message",
    "media::image",
    "media::big-image",
    "media::audio",
    "media::video",
    "form_title",
];

fn find<'a>(table: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    table.iter().find(|(alias, _)| *alias == name).map(|(_, key)| *key)
}

fn snake(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join("_").to_lowercase()
}

/// `ქართული (ka)` is the language `ka`; without brackets the whole name is the code.
pub fn language(name: &str) -> Language {
    let name = name.trim();
    let code = name
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once('('))
        .map_or(name, |(_, code)| code.trim());
    Language { code: if code.is_empty() { name } else { code }.to_owned(), name: name.to_owned() }
}

impl Column {
    /// Whether this is a name or reference column with a language behind it.
    fn is_untranslatable(&self, double: bool) -> bool {
        let tokens = split(&self.header, double);
        let key = find(SURVEY, &snake(&tokens[0]));
        tokens.len() > 1 && matches!(key, Some("name" | "trigger" | "save_to"))
    }
}

impl Which {
    fn table(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Which::Survey => SURVEY,
            Which::Choices => CHOICES,
            Which::Settings => SETTINGS,
            Which::Entities => ENTITIES,
        }
    }

    /// Headers that are no alias of another.
    fn plain(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Which::Survey => &[("type", ""), ("name", ""), ("label", ""), ("hint", "")],
            Which::Choices => &[("list name", ""), ("name", ""), ("label", "")],
            Which::Settings => &[("title", ""), ("id_string", ""), ("name", "")],
            Which::Entities => &[("dataset", "")],
        }
    }

    fn column(self, header: &str, double: bool) -> Column {
        let unknown = Column {
            key: header.trim().to_owned(),
            language: None,
            header: header.to_owned(),
            known: false,
        };
        let known = |key: &str, language: Option<Language>| Column {
            key: key.to_owned(),
            language,
            header: header.to_owned(),
            known: true,
        };
        if let Some(key) = find(self.table(), &snake(header)) {
            return known(key, None);
        }
        let tokens = split(header, double);
        let first = snake(&tokens[0]);
        let second = tokens.get(1).map_or("", String::as_str);
        let tongue =
            |at: usize| tokens.get(at).filter(|name| !name.is_empty()).map(|name| language(name));
        match first.as_str() {
            "media" if second.is_empty() => known("media::image", None),
            "media" => match find(self.table(), second).filter(|key| key.starts_with("media::")) {
                Some(key) => known(key, tongue(2)),
                None => known(&["media::", second].concat(), None),
            },
            "bind" if !second.is_empty() => match find(BINDS, second) {
                Some(key) => known(key, tongue(2)),
                None => known(&["bind::", second].concat(), None),
            },
            "body" | "control" if second == "appearance" => known("appearance", None),
            "body" | "control" if second == "jr:count" => known("repeat_count", None),
            "body" | "control" if !second.is_empty() => known(&["body::", second].concat(), None),
            "instance" if !second.is_empty() => known(&["instance::", second].concat(), None),
            _ => match find(self.table(), &first) {
                Some(key) if tokens.len() == 1 || TRANSLATED.contains(&key) => {
                    known(key, tongue(1))
                }
                _ => unknown,
            },
        }
    }
}

fn split(header: &str, double: bool) -> Vec<String> {
    if double || header.contains("::") {
        return header.split("::").map(|token| token.trim().to_owned()).collect();
    }
    let mut tokens: Vec<String> = Vec::new();
    for token in header.split(':') {
        match tokens.last_mut() {
            Some(last) if last == "jr" => *last = ["jr:", token.trim()].concat(),
            _ => tokens.push(token.trim().to_owned()),
        }
    }
    tokens
}

impl Table {
    /// Reads a sheet; two headers that mean the same column are an error.
    pub fn read(sheet: &Sheet, which: Which, clean: bool, errors: &mut Vec<Problem>) -> Table {
        let double = sheet.header.iter().any(|header| header.contains("::"));
        let mut columns: Vec<Column> = Vec::new();
        for header in &sheet.header {
            let clean: String = header.chars().filter(|letter| !is_control(*letter)).collect();
            let column = which.column(&clean, double);
            let twin = columns.iter().find(|other| {
                other.key == column.key
                    && other.language == column.language
                    && !other.key.is_empty()
            });
            // Columns that go by their plain name may stand beside an alias.
            let plain = find(which.plain(), header).is_some() || header.ends_with(':');
            if let Some(twin) = twin
                && (column.known && !plain || twin.header == column.header)
            {
                let message = std::format!(
                    "The columns '{}' and '{}' mean the same. Keep one of them.",
                    twin.header,
                    column.header
                );
                errors.push(Problem::new("duplicate_column", message, &sheet.name).at(1, header));
            }
            if !column.known && which == Which::Survey && column.is_untranslatable(double) {
                let message = std::format!(
                    "'{}' has no languages. Write the header without '::'.",
                    split(header, double)[0]
                );
                errors.push(Problem::new("column_language", message, &sheet.name).at(1, header));
            }
            columns.push(column);
        }
        let row = |(number, cells): &(u32, BTreeMap<usize, String>)| Row {
            number: *number,
            cells: cells
                .iter()
                .map(|(at, text)| (*at, tidy(text, clean)))
                .filter(|(_, text)| !text.is_empty())
                .collect(),
        };
        let rows = sheet.rows.iter().map(row).filter(|row| !row.cells.is_empty()).collect();
        Table { columns, rows }
    }

    pub fn has(&self, key: &str) -> bool {
        self.columns.iter().any(|column| column.key == key)
    }

    /// The cell of a column without a language, or of its first language.
    pub fn text<'a>(&self, row: &'a Row, key: &str) -> &'a str {
        let is = |(at, _): &&(usize, String)| {
            self.columns.get(*at).is_some_and(|found| found.key == key)
        };
        let mut found = row.cells.iter().filter(is);
        let plain = |(at, _): &&(usize, String)| self.columns[*at].language.is_none();
        let chosen = found.clone().find(plain).or_else(|| found.next());
        chosen.map_or("", |(_, text)| text)
    }

    /// Cells of a translated column by language code.
    pub fn translated(&self, row: &Row, key: &str, fallback: &str) -> Text {
        let mut found = Text::new();
        for (at, text) in &row.cells {
            if let Some(column) = self.columns.get(*at).filter(|column| column.key == key) {
                let code = column.language.as_ref().map_or(fallback, |language| &language.code);
                found.insert(code.to_owned(), text.clone());
            }
        }
        found
    }

    /// The header under which a cell of this column was written.
    pub fn header<'a>(&'a self, key: &'a str) -> &'a str {
        self.columns.iter().find(|column| column.key == key).map_or(key, |column| &column.header)
    }

    /// All cells with their columns.
    pub fn cells<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'a Column, &'a str)> {
        let column =
            |(at, text): &'a (usize, String)| Some((self.columns.get(*at)?, text.as_str()));
        row.cells.iter().filter_map(column)
    }

    /// Languages of the translated columns, in the order of the sheet.
    pub fn languages(&self) -> impl Iterator<Item = &Language> {
        self.columns.iter().filter_map(|column| column.language.as_ref())
    }
}

/// Letters that no document of XML 1.0 may hold.
fn is_control(letter: char) -> bool {
    letter < ' ' && !matches!(letter, '\t' | '\n' | '\r')
}

fn straighten(letter: char) -> char {
    match letter {
        '\u{201c}' | '\u{201d}' => '"',
        '\u{2018}' | '\u{2019}' => '\'',
        other => other,
    }
}

/// Straightens typographic quotes and trims; `clean` also folds runs of spaces.
pub fn tidy(text: &str, clean: bool) -> String {
    let straight: String =
        text.chars().filter(|letter| !is_control(*letter)).map(straighten).collect();
    let trimmed = straight.trim();
    if !clean || !trimmed.contains("  ") {
        return trimmed.to_owned();
    }
    let mut folded = String::new();
    for letter in trimmed.chars() {
        if letter != ' ' || !folded.ends_with(' ') {
            folded.push(letter);
        }
    }
    folded
}
