//! A record from JSON.

use super::subject;
use device::device::{Device, Subject};
use device::{Draft, DraftError};
use form::session::Address;
use serde_json::{Map, Value, json};
use shared::id::RecordId;
use std::cell::RefCell;
use std::rc::Rc;

/// Begins a record, or opens the one that is named, answers it and finishes it unless told otherwise.
pub async fn fill(device: &Device, value: &Value, form: &str) -> Result<Value, String> {
    let said = |error: DraftError| error.to_string();
    let form = value.get("form").and_then(Value::as_str).unwrap_or(form);
    let record: RecordId = match value.get("record").and_then(Value::as_str) {
        Some(id) => id.parse().map_err(|_| format!("{id} is no record's id"))?,
        None => {
            let subject = subject(value).unwrap_or(Subject::Own);
            device.begin(form, &subject).await.map_err(said)?
        }
    };
    let draft = device.open_record(record).await.map_err(said)?;
    let empty = Map::new();
    let object = |name: &str| value.get(name).and_then(Value::as_object).unwrap_or(&empty);
    for (key, answer) in object("answers") {
        set(&draft, key, Vec::new(), answer)?;
    }
    let mut items = Map::new();
    for (key, rows) in object("repeats") {
        let repeat = address(&draft, key, Vec::new())?;
        let mut made = Vec::new();
        for row in rows.as_array().ok_or_else(|| format!("{key}: a list of objects"))? {
            let item = device.new_item();
            draft.borrow_mut().add_item(&repeat, &item);
            for (key, answer) in row.as_object().ok_or_else(|| format!("{key}: an object"))? {
                set(&draft, key, vec![item.clone()], answer)?;
            }
            made.push(Value::from(item));
        }
        items.insert(key.clone(), made.into());
    }
    let finish = value.get("finish").and_then(Value::as_bool).unwrap_or(true);
    let blocked: Vec<Value> = match finish {
        true => {
            let violations = draft.borrow_mut().check();
            violations
                .iter()
                .map(|(at, _)| Value::from(draft.borrow().path(at).to_string()))
                .collect()
        }
        false => Vec::new(),
    };
    let finished = finish && blocked.is_empty();
    if finished {
        device.finish(&draft).await.map_err(said)?;
    }
    device.leave().await.map_err(said)?;
    Ok(json!({
        "record": record.to_string(),
        "finished": finished,
        "blocked": blocked,
        "items": items,
    }))
}

fn address(draft: &Rc<RefCell<Draft>>, key: &str, items: Vec<String>) -> Result<Address, String> {
    let draft = draft.borrow();
    let form = draft.session().form();
    let node = form.by_key(key).or_else(|| form.by_name(key));
    let node = node.ok_or_else(|| format!("the form has no question {key}"))?;
    Ok(Address { items, node })
}

fn set(
    draft: &Rc<RefCell<Draft>>,
    key: &str,
    items: Vec<String>,
    answer: &Value,
) -> Result<(), String> {
    let text = match answer {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(options) => {
            let options: Vec<&str> = options.iter().filter_map(Value::as_str).collect();
            options.join(" ")
        }
        other => other.to_string(),
    };
    let at = address(draft, key, items)?;
    draft.borrow_mut().set(&at, &text);
    Ok(())
}
