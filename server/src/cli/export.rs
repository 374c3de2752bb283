//! `kardakar export`: lines of JSON, one record each.

use super::user::find_tenant;
use super::{CommandError, Data, database};
use clap::Args;
use form::model::Form;
use serde_json::{Value, json};
use server::blob::Blobs;
use server::export::{Named, described, entities, name_attachments};
use server::store::{Store, TenantId};
use shared::id::FormVersionId;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

const PAGE: i64 = 500;

/// What to export.
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    data: Data,
    /// The municipality's short name, when there are several.
    #[arg(long)]
    municipality: Option<String>,
    /// A directory to write attachments to, one folder a record.
    #[arg(long, value_name = "DIR")]
    attachments: Option<PathBuf>,
    /// Where the server keeps attachments: a directory, or s3://bucket/prefix [default: attachments in the
    /// data directory].
    #[arg(long, value_name = "PLACE", requires = "attachments")]
    attachments_from: Option<String>,
}

/// Where attachments come from and go to.
struct Files {
    from: Blobs,
    to: PathBuf,
}

/// Runs the command.
pub async fn run(export: Export) -> Result<(), CommandError> {
    let database = database::open(&export.data).await?;
    let outcome = async {
        let tenant = find_tenant(&database.store, export.municipality.as_deref()).await?;
        let files = files(&export)?;
        write_lines(&database.store, tenant, files.as_ref(), &mut std::io::stdout().lock()).await
    };
    let outcome = outcome.await;
    database.close().await;
    outcome
}

fn files(export: &Export) -> Result<Option<Files>, CommandError> {
    let Some(to) = export.attachments.clone() else { return Ok(None) };
    let from = match &export.attachments_from {
        Some(place) => Blobs::open(place),
        None => Blobs::in_directory(&export.data.data.join("attachments")),
    };
    let from = from.map_err(|error| CommandError::Other(error.to_string()))?;
    std::fs::create_dir_all(&to)?;
    Ok(Some(Files { from, to }))
}

async fn write_lines(
    store: &Store,
    tenant: TenantId,
    files: Option<&Files>,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let (mut after, mut missing) = (None, 0);
    let mut forms = Forms::default();
    loop {
        let mut tx = store.begin(tenant).await?;
        let page = tx.export_page(after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        drop(tx);
        for (id, mut record) in page {
            let own = shared::id::RecordId(*id.as_bytes());
            let id = own.to_string();
            let named = name_attachments(&mut record["answers"]);
            let mut attachments = Vec::with_capacity(named.len());
            for named in &named {
                let file = match files {
                    Some(files) => files.write(tenant, &id, named).await?,
                    None => None,
                };
                missing += usize::from(files.is_some() && file.is_none());
                attachments.push(described(named, file.as_deref()));
            }
            record["entities"] = match forms.of(store, tenant, &record).await? {
                Some(form) if record["finished"] == true => {
                    let now_ms = record["updated_at_ms"].as_i64().unwrap_or_default();
                    Value::Array(entities(&form, own, &record["answers"], now_ms))
                }
                _ => json!([]),
            };
            record["id"] = json!(id);
            record["attachments"] = Value::Array(attachments);
            writeln!(out, "{record}")?;
        }
    }
    if missing > 0 {
        eprintln!("kardakar: {missing} attachments have not arrived from the phones yet");
    }
    Ok(out.flush()?)
}

/// The forms of records, each read once.
#[derive(Default)]
struct Forms(BTreeMap<String, Option<Arc<Form>>>);

impl Forms {
    /// The version under which a record was answered.
    async fn of(
        &mut self,
        store: &Store,
        tenant: TenantId,
        record: &Value,
    ) -> Result<Option<Arc<Form>>, CommandError> {
        let version = record["form_version"].as_str().unwrap_or_default();
        if let Some(known) = self.0.get(version) {
            return Ok(known.clone());
        }
        let mut tx = store.begin(tenant).await?;
        let id = version.strip_prefix("\\x").and_then(|id| id.parse::<FormVersionId>().ok());
        let bytes = match id {
            Some(version) => tx.compiled_form(&version.0).await?,
            None => None,
        };
        let form = bytes.and_then(|bytes| Form::from_bytes(&bytes).ok()).map(Arc::new);
        self.0.insert(version.to_owned(), form.clone());
        Ok(form)
    }
}

impl Files {
    /// Writes an attachment and says where; `None` when the server does not have it.
    async fn write(
        &self,
        tenant: TenantId,
        record: &str,
        named: &Named,
    ) -> Result<Option<String>, CommandError> {
        let whole = 0..named.attachment.size;
        let Ok(bytes) = self.from.get(tenant, named.attachment.hash, whole).await else {
            return Ok(None);
        };
        let file = named.file(record);
        std::fs::create_dir_all(self.to.join(record))?;
        std::fs::write(self.to.join(&file), bytes)?;
        Ok(Some(file))
    }
}
