//! `kardakar device`: a phone without a screen, for scripts and load tests. The same device core as the
//! phone's, over a file and over HTTP.

mod answers;
mod load;
mod ports;
mod record;
mod store;

use super::CommandError;
use clap::{Args, Subcommand};
use device::attachment::AttachmentOutcome;
use device::device::{Device, EnrolError, Ports, Subject};
use ports::{Http, System};
use serde_json::{Value, json};
use std::fmt::Display;
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use store::FileStore;

/// Work as a device.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Connect a new device with a one-time code.
    Enrol(Enrol),
    /// Print what the device holds, as one JSON object.
    Status(Place),
    /// Print the list of records, one JSON object a line.
    List(Place),
    /// Fill in records from lines of JSON: {"form", "answers": {question: value}, "repeats": {repeat:
    /// [{question: value}]}, "subject": {"household", "member"}?, "record"?, "finish": true}.
    Fill(Fill),
    /// Print a record with its answers, as one JSON object.
    Show(record::Show),
    /// Answer a question with a file.
    Attach(record::Attach),
    /// Send and receive until nothing is left, files after the records.
    Sync(Place),
    /// Several devices at once in this process: enrol, fill, sync; prints what it took.
    Load(load::Load),
}

#[derive(Debug, Args)]
pub struct Place {
    /// The directory that holds the device.
    #[arg(long, default_value = ".kardakar-device")]
    dir: PathBuf,
}

#[derive(Debug, Args)]
pub struct Enrol {
    #[command(flatten)]
    place: Place,
    /// The server's address, such as http://127.0.0.1:8080.
    #[arg(long)]
    server: String,
    /// The code.
    #[arg(long)]
    code: String,
    /// What the device is called in the administrator's list.
    #[arg(long, default_value = "kardakar device")]
    label: String,
}

#[derive(Debug, Args)]
pub struct Fill {
    #[command(flatten)]
    place: Place,
    /// The form, for lines that name none.
    #[arg(long, default_value = "hh_core")]
    form: String,
    /// The lines; - reads standard input.
    #[arg(default_value = "-")]
    file: PathBuf,
}

/// Runs a command.
pub async fn run(command: Command) -> Result<(), CommandError> {
    match command {
        Command::Enrol(enrol) => connect(&enrol).await,
        Command::Status(place) => status(&open(&place.dir).await?),
        Command::List(place) => {
            for row in open(&place.dir).await?.list() {
                say(row_json(&row))?;
            }
            Ok(())
        }
        Command::Fill(fill) => fill_in(&fill).await,
        Command::Show(show) => Ok(say(record::show(&open(&show.place.dir).await?, &show).await?)?),
        Command::Attach(attach) => {
            say(record::attach(&open(&attach.place.dir).await?, &attach).await?)?;
            Ok(())
        }
        Command::Sync(place) => sync(&open(&place.dir).await?).await,
        Command::Load(load) => load::run(load).await,
    }
}

/// A line on standard output. That whoever reads it has gone (`| head`) is an error, and no panic.
fn say(line: impl Display) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

fn server_of(dir: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(dir.join("server")).map(|text| text.trim().to_owned()).map_err(|_| {
        CommandError::Other(format!(
            "{} holds no device; connect one with `kardakar device enrol`",
            dir.display()
        ))
    })
}

async fn open(dir: &Path) -> Result<Device, CommandError> {
    open_at(dir, &server_of(dir)?).await
}

async fn open_at(dir: &Path, server: &str) -> Result<Device, CommandError> {
    let ports = Ports {
        store: Rc::new(FileStore::open(dir)?),
        transport: Rc::new(Http::new(server)?),
        clock: Rc::new(System),
        entropy: Rc::new(System),
    };
    let build = format!("kardakar {}", env!("CARGO_PKG_VERSION"));
    let opened = Device::open(ports, build).await;
    let device = opened.map_err(|error| CommandError::Other(error.to_string()))?;
    for finding in device.findings() {
        eprintln!("found: {finding:?}");
    }
    Ok(device)
}

async fn connect(enrol: &Enrol) -> Result<(), CommandError> {
    let dir = &enrol.place.dir;
    std::fs::create_dir_all(dir)?;
    let server = enrol.server.trim_end_matches('/');
    let device = open_at(dir, server).await?;
    if device.identity().is_some() {
        return Err(CommandError::Other("this directory holds a device already".to_owned()));
    }
    enrol_device(&device, &enrol.code, &enrol.label).await?;
    std::fs::write(dir.join("server"), server)?;
    status(&device)
}

async fn enrol_device(device: &Device, code: &str, label: &str) -> Result<(), CommandError> {
    device.enrol(code, label).await.map_err(|error| {
        CommandError::Other(match error {
            EnrolError::Refused(code) => format!("the server refused the code ({code})"),
            EnrolError::TooMany(_) => "too many tries; wait and try again".to_owned(),
            EnrolError::Elsewhere => "the code is another municipality's".to_owned(),
            EnrolError::Failed(failure) => format!("no connection ({failure:?})"),
            EnrolError::Store(error) => error.to_string(),
        })
    })
}

fn status(device: &Device) -> Result<(), CommandError> {
    let directory = device.directory();
    let forms: Vec<String> = device.forms().iter().map(|info| info.form.form_id.clone()).collect();
    let status = json!({
        "device": device.identity().map(|identity| identity.device.to_string()),
        "municipality": directory.municipality,
        "person": directory.person,
        "forms": forms,
        "records": device.list().len(),
        "unsent": device.unsent_total(),
        "held": device.list().iter().map(|row| row.held).sum::<u32>(),
        "last_contact": device.last_contact_ms(),
        "findings": device.findings().len(),
    });
    say(status)?;
    Ok(())
}

fn row_json(row: &device::ListRow) -> Value {
    json!({
        "record": row.record.to_string(),
        "form": row.form_id,
        "title": row.title,
        "place": row.place,
        "finished": row.finished,
        "review": row.review,
        "reason": row.reason,
        "two_answers": row.two_answers,
        "unsent": row.unsent + u32::from(row.open_edits),
        "held": row.held,
        "chip": row.chip().name(),
    })
}

async fn fill_in(fill: &Fill) -> Result<(), CommandError> {
    let device = open(&fill.place.dir).await?;
    let input: Box<dyn Read> = match fill.file.as_os_str() == "-" {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(&fill.file)?),
    };
    for (number, line) in std::io::BufReader::new(input).lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |text: String| CommandError::Other(format!("line {}: {text}", number + 1));
        let value: Value = serde_json::from_str(&line).map_err(|error| wrong(error.to_string()))?;
        let done = answers::fill(&device, &value, &fill.form).await.map_err(wrong)?;
        say(done)?;
    }
    Ok(())
}

/// What the record of a line is about.
fn subject(value: &Value) -> Option<Subject> {
    let subject = value.get("subject")?;
    Some(Subject::Child {
        household: subject.get("household")?.as_str()?.parse().ok()?,
        member: subject.get("member")?.as_str()?.to_owned(),
    })
}

async fn sync(device: &Device) -> Result<(), CommandError> {
    let outcome = device.sync().await;
    let files = match outcome.failure {
        None => device.send_attachments().await,
        Some(_) => AttachmentOutcome::default(),
    };
    let failure = outcome.failure.or(files.failure);
    let report = json!({
        "sent": outcome.sent,
        "received": outcome.received,
        "held": outcome.held,
        "waiting": outcome.waiting,
        "files": files.sent,
        "files_waiting": device.attachments_waiting(None).count,
        "failure": failure.map(|failure| format!("{failure:?}")),
    });
    say(report)?;
    match failure {
        None => Ok(()),
        Some(failure) => Err(CommandError::Other(format!("sync did not end: {failure:?}"))),
    }
}
