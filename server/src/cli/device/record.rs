//! One record: what it holds, and a file for one of its questions.

use super::super::CommandError;
use super::Place;
use clap::Args;
use device::device::Device;
use serde_json::{Map, Value, json};
use shared::id::RecordId;
use shared::record::FieldPath;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    pub place: Place,
    /// The record's id, as `list` prints it.
    record: String,
}

#[derive(Debug, Args)]
pub struct Attach {
    #[command(flatten)]
    pub place: Place,
    /// The record's id, as `list` prints it.
    record: String,
    /// The question, as `show` names it: `photo`, or `members[ITEM]/photo` in a repeat.
    question: String,
    /// The file.
    file: PathBuf,
    /// What kind of file it is.
    #[arg(long, default_value = "image/jpeg")]
    media_type: String,
}

fn wrong(error: impl std::fmt::Display) -> CommandError {
    CommandError::Other(error.to_string())
}

fn id(text: &str) -> Result<RecordId, CommandError> {
    text.parse().map_err(|_| wrong(format!("{text} is no record's id; `list` prints them")))
}

/// Its answers by path, the items of its repeats, and where two answers wait for a person.
pub async fn show(device: &Device, show: &Show) -> Result<Value, CommandError> {
    let record = id(&show.record)?;
    let draft = device.open_record(record).await.map_err(wrong)?;
    let found = {
        let mut draft = draft.borrow_mut();
        let held = draft.answers().map_err(wrong)?;
        let answers: Map<String, Value> = held
            .answers
            .iter()
            .map(|answer| (answer.path.to_string(), Value::from(answer.value.clone())))
            .collect();
        let items: Vec<Value> = held
            .items
            .iter()
            .map(|item| {
                json!({ "repeat": item.repeat.to_string(), "item": item.id,
                        "removed": item.removed })
            })
            .collect();
        let two: Vec<String> =
            draft.two_answers().iter().map(|field| field.path.to_string()).collect();
        json!({
            "record": record.to_string(),
            "form": draft.row().form_id,
            "version": draft.version().to_string(),
            "title": draft.row().title,
            "finished": draft.row().finished,
            "answers": answers,
            "items": items,
            "two_answers": two,
        })
    };
    device.leave().await.map_err(wrong)?;
    Ok(found)
}

/// Keeps a file on the device and answers a question with it; the next `sync` sends both.
pub async fn attach(device: &Device, attach: &Attach) -> Result<Value, CommandError> {
    let record = id(&attach.record)?;
    let path: FieldPath = attach.question.parse().map_err(wrong)?;
    let bytes = std::fs::read(&attach.file)?;
    let draft = device.open_record(record).await.map_err(wrong)?;
    let at = draft.borrow().address(&path);
    let at = at.ok_or_else(|| wrong(format!("the form has no question {path}")))?;
    let name = attach.file.file_name().map(|name| name.to_string_lossy().into_owned());
    let kept = device.attach(record, &name.unwrap_or_default(), &attach.media_type, &bytes).await;
    let kept = kept.map_err(|error| wrong(format!("the file cannot be kept: {error:?}")))?;
    draft.borrow_mut().set(&at, &kept.to_string());
    device.leave().await.map_err(wrong)?;
    Ok(json!({ "record": record.to_string(), "answer": kept.to_string() }))
}
