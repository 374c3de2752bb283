//! `form test`: scenarios of edits and the state expected after each.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::check::load;
use super::ordered::Ordered;
use super::{Host, each_line, rows, text};
use crate::model::{Form, Kind, NodeId, QuestionType};
use crate::read::{self, Compiled};
use crate::session::{Address, Context, Session, Violation};

pub fn run(arguments: &[&str], host: &mut Host) -> std::io::Result<u8> {
    let now_ms = host.now_ms;
    if arguments.contains(&"--lines") {
        return each_line(host, &mut |asked, line| {
            let form = form_of(asked, line)?;
            Ok(play(asked, &form, now_ms))
        });
    }
    let [form, scenarios] = arguments else {
        writeln!(host.output, "usage: form test FORM SCENARIOS.jsonl")?;
        return Ok(2);
    };
    let (form, text) = match (open(form), std::fs::read_to_string(scenarios)) {
        (Ok(form), Ok(text)) => (form, text),
        (Err(message), _) => {
            writeln!(host.output, "{message}")?;
            return Ok(1);
        }
        (_, Err(error)) => {
            writeln!(host.output, "{scenarios}: {error}")?;
            return Ok(1);
        }
    };
    let mut status = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let report = match serde_json::from_str::<Json>(line) {
            Ok(asked) => play(&asked, &form, now_ms),
            Err(error) => json!({"error": {"code": "json", "message": error.to_string()}}),
        };
        status |= u8::from(report["passed"] != json!(true));
        writeln!(host.output, "{report}")?;
    }
    Ok(status)
}

/// A form and the rows of the files beside it.
type Opened = (Arc<Form>, Instances);
type Instances = BTreeMap<String, Vec<read::Row>>;

/// Instances of a form whose files lie in `folder`; those that do not are left out.
fn instances(form: &Form, folder: &Path) -> Instances {
    let mut found = Instances::new();
    for (name, file) in &form.instances {
        let Ok(bytes) = std::fs::read(folder.join(file)) else { continue };
        if let Some(rows) = rows::of_file(file, &read::text_of_bytes(&bytes)) {
            found.insert(name.clone(), rows);
        }
    }
    found
}

fn open(path: &str) -> Result<Opened, String> {
    let sheets = load(Path::new(path)).map_err(|problem| problem.message)?;
    let form = compiled(read::from_sheets(&sheets))?;
    let found = instances(&form, Path::new(path).parent().unwrap_or(Path::new("")));
    Ok((form, found))
}

fn compiled(found: Compiled) -> Result<Arc<Form>, String> {
    let message = found.errors.first().map_or_else(String::new, |problem| problem.message.clone());
    found.form.map(Arc::new).ok_or(message)
}

fn form_of(asked: &Json, line: &str) -> Result<Opened, String> {
    #[derive(serde::Deserialize)]
    struct Asked {
        xlsform: Option<Ordered>,
    }
    let given: Asked = serde_json::from_str(line).map_err(|error| error.to_string())?;
    match given.xlsform {
        Some(sheets) => Ok((compiled(read::from_sheets(&sheets.0))?, Instances::new())),
        None => open(text(asked, "form")),
    }
}

struct Player {
    session: Session,
    language: String,
    added: usize,
    failures: Vec<Json>,
}

fn play(asked: &Json, (form, instances): &Opened, now_ms: i64) -> Json {
    let mut external = instances.clone();
    external.extend(given(asked));
    let context = Context {
        now_ms: match text(asked, "now") {
            "" => now_ms,
            now => now.parse::<jiff::Timestamp>().map_or(now_ms, jiff::Timestamp::as_millisecond),
        },
        language: form.default_language.clone(),
        seed: 1,
        utc_offset_minutes: offset(text(asked, "now")),
        external,
        last_saved: asked
            .get("last_saved")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .map(cell)
            .collect(),
        ..Context::default()
    };
    let language = context.language.clone();
    let mut session = Session::new(form.clone(), context);
    session.add_first_items();
    let mut player = Player { session, language, added: 0, failures: Vec::new() };
    let steps = asked.get("steps").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let mut passed = 0;
    for (at, step) in steps.iter().enumerate() {
        let before = player.failures.len();
        player.step(at, step);
        for expected in step.get("expect").and_then(Json::as_array).into_iter().flatten() {
            player.compare(at, expected);
        }
        passed += usize::from(player.failures.len() == before);
    }
    json!({
        "id": asked.get("id"),
        "passed": passed == steps.len(),
        "steps": steps.len(),
        "steps_passed": passed,
        "failures": player.failures,
    })
}

fn cell((name, value): (&String, &Json)) -> (String, String) {
    (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// Instances that a scenario brings along: `{"external": {"roster": [{column: value}]}}`.
fn given(asked: &Json) -> Instances {
    let row = |row: &Json| row.as_object().into_iter().flatten().map(cell).collect();
    let rows = |rows: &Json| rows.as_array().into_iter().flatten().map(row).collect();
    let instances = asked.get("external").and_then(Json::as_object).into_iter().flatten();
    instances.map(|(name, found)| (name.clone(), rows(found))).collect()
}

/// The offset that `now` was written with, in minutes.
fn offset(now: &str) -> i32 {
    let written = crate::expr::date::parse(now);
    written.and_then(|written| written.offset).unwrap_or(0)
}

/// What a path leads to.
enum Found {
    /// The root itself.
    Root,
    Address(Address),
    /// An item of a repeat: the repeat's address and the item's id.
    Item(Address, String),
}

impl Player {
    fn find(&self, path: &str) -> Option<Found> {
        let form = self.session.form();
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        parts.next().filter(|root| *root == form.nodes[0].name)?;
        let mut at = Address { items: Vec::new(), node: NodeId::ROOT };
        let mut item = None;
        for part in parts {
            let (name, index) = match part.strip_suffix(']').and_then(|part| part.split_once('[')) {
                Some((name, index)) => (name, Some(index.parse::<usize>().ok()?)),
                None => (part, None),
            };
            // Without an index a repeat on the way means its first item.
            if form.node(at.node).kind == Kind::Repeat && item.is_none() {
                at.items.push(self.session.items(&at).first()?.clone());
            }
            let is = |child: &NodeId| form.node(*child).name == name;
            at.node = form.node(at.node).children.iter().copied().find(is)?;
            item = None;
            if let (Kind::Repeat, Some(index)) = (form.node(at.node).kind, index) {
                let repeat = at.clone();
                let id = self.session.items(&at).get(index.checked_sub(1)?)?.clone();
                at.items.push(id.clone());
                item = Some((repeat, id));
            }
        }
        Some(match item {
            Some((repeat, id)) => Found::Item(repeat, id),
            None if at.node == NodeId::ROOT => Found::Root,
            None => Found::Address(at),
        })
    }

    fn fail(&mut self, step: usize, path: &str, key: &str, expected: &Json, got: &Json) {
        self.failures.push(json!({
            "step": step, "path": path, "key": key, "expected": expected, "got": got}));
    }

    fn step(&mut self, at: usize, step: &Json) {
        let path = text(step, "path").to_owned();
        let operation = text(step, "op");
        let done = match (operation, self.find(&path)) {
            ("load", _) => true,
            ("set_language", _) => {
                let name =
                    step.get("language").or_else(|| step.get("value")).and_then(Json::as_str);
                self.set_language(name.unwrap_or(""));
                true
            }
            ("set", Some(Found::Address(address))) => {
                let value = match step.get("value").or_else(|| step.get("input")) {
                    Some(Json::Array(items)) => {
                        items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(" ")
                    }
                    Some(Json::String(value)) => value.clone(),
                    Some(Json::Null) | None => String::new(),
                    Some(other) => other.to_string(),
                };
                self.session.set(&address, &value);
                true
            }
            ("add_repeat", Some(Found::Address(address))) => {
                self.added += 1;
                let (id, order) = (format!("added{}", self.added), format!("~{:06}", self.added));
                self.session.add_item(&address, &id, &order);
                true
            }
            ("remove_repeat", Some(Found::Item(repeat, id))) => {
                self.session.remove_item(&repeat, &id);
                true
            }
            ("remove_repeat", Some(Found::Address(address))) => {
                let last = self.session.items(&address).pop();
                last.map(|id| self.session.remove_item(&address, &id)).is_some()
            }
            _ => false,
        };
        if !done {
            self.fail(at, &path, "op", &json!(operation), &json!("no such node"));
        }
    }

    fn set_language(&mut self, name: &str) {
        let known = self.session.form().languages.iter();
        let mut known = known.filter(|language| language.name == name || language.code == name);
        let code = known.next().map_or(name, |language| &language.code).to_owned();
        let context = Context { language: code.clone(), ..self.session.context().clone() };
        self.session.set_context(context);
        self.language = code;
    }

    fn compare(&mut self, at: usize, expected: &Json) {
        let path = text(expected, "path").to_owned();
        let found = self.find(&path);
        if let Some(exists) = expected.get("exists") {
            let got = json!(found.is_some());
            if *exists != got {
                return self.fail(at, &path, "exists", exists, &got);
            }
            if found.is_none() {
                return;
            }
        }
        let Some(found) = found else {
            return self.fail(at, &path, "exists", &json!(true), &json!(false));
        };
        for (key, wanted) in expected.as_object().into_iter().flatten() {
            if let Some(got) = self.got(&found, key, wanted)
                && !same(key, wanted, &got)
            {
                self.fail(at, &path, key, wanted, &got);
            }
        }
    }

    /// What the session says about a key; `None` for keys that are not compared.
    fn got(&self, found: &Found, key: &str, wanted: &Json) -> Option<Json> {
        let address = match found {
            Found::Root => Address { items: Vec::new(), node: NodeId::ROOT },
            Found::Address(address) => address.clone(),
            Found::Item(repeat, id) => {
                let mut address = repeat.clone();
                address.items.push(id.clone());
                address
            }
        };
        let state = self.session.state(&address);
        Some(match key {
            // What is not relevant has a value only for the day it becomes relevant again.
            "value" if !state.relevant => json!(""),
            "value" => json!(state.value),
            "relevant" => json!(state.relevant),
            "required" => json!(state.required),
            "readonly" => json!(state.readonly || self.is_note(&address)),
            "violation" => match state.violation {
                Some(Violation::Required) => json!("required"),
                Some(Violation::Constraint | Violation::Type) => json!("constraint"),
                Some(Violation::Soft) => json!("soft"),
                None => Json::Null,
            },
            "repeat_count" => json!(self.session.items(&address).len()),
            "options" => {
                let pairs = wanted.as_array().is_some_and(|all| all.iter().any(Json::is_array));
                let choices = self.session.choices(&address, &self.language);
                let option = |choice: &crate::session::Choice| {
                    if pairs { json!([choice.name, choice.label]) } else { json!(choice.name) }
                };
                choices.iter().map(option).collect()
            }
            _ => return None,
        })
    }

    fn is_note(&self, address: &Address) -> bool {
        self.session.form().node(address.node).question() == Some(QuestionType::Note)
    }
}

fn same(key: &str, wanted: &Json, got: &Json) -> bool {
    if wanted == got {
        return true;
    }
    // A number is the same number however it is written.
    let number = |json: &Json| json.as_str().and_then(crate::expr::number::parse);
    key == "value" && number(wanted).is_some() && number(wanted) == number(got)
}
