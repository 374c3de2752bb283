//! Forms on the server: compiling what an administrator uploads, publishing, and the compiled forms that
//! are in use.

use crate::error::{ApiError, ApiResult};
use crate::store::{NewFormVersion, StoreResult, TenantTx};
use crate::worker::CompiledForms;
use form::model::{Form, MediaFile};
use form::read::{Compiled, Problem};
use shared::attachment::sniff::media_type;
use shared::id::{AttachmentHash, FormVersionId};
use shared::project::{adopt, entity};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// The media type of workbooks.
pub const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// The media type of our text source.
pub const MARKDOWN: &str = "text/markdown";

/// The media type of a workbook packed with its files.
pub const PACKAGE: &str = "application/zip";
/// The largest picture, sound or film of a form, bytes.
pub const LARGEST_FILE: usize = 5 << 20;

/// The questionnaires shipped with the product, in the phone's order.
pub const SHIPPED: [(&str, &str); 4] = [
    ("hh_core", include_str!("../../forms/hh_core.md")),
    ("child_core", include_str!("../../forms/child_core.md")),
    ("followup", include_str!("../../forms/followup.md")),
    ("concern", include_str!("../../forms/concern.md")),
];

/// A form ready to be published.
#[derive(Debug)]
pub struct Publication {
    pub form: Form,
    pub id: FormVersionId,
    pub compiled: Vec<u8>,
}

/// A form and the files that phones show with it.
#[derive(Debug, Default)]
pub struct Source {
    pub compiled: Compiled,
    pub files: Vec<FormFile>,
}

/// A picture, sound or film of a form.
#[derive(Debug, Clone, minicbor::Encode, minicbor::Decode)]
pub struct FormFile {
    #[n(0)]
    pub hash: AttachmentHash,
    #[n(1)]
    pub media_type: String,
    #[n(2)]
    pub bytes: minicbor::bytes::ByteVec,
}

/// Compiles a workbook, a text source, or either with its files; `None` for another media type.
pub fn compile(media_type: &str, bytes: &[u8]) -> Option<Source> {
    let mut compiled = match media_type {
        WORKBOOK => form::read::from_workbook(bytes),
        MARKDOWN => form::read::from_markdown(&form::read::text_of_bytes(bytes)),
        PACKAGE => return Some(unpack(bytes)),
        _ => return None,
    };
    if let Some(form) = &mut compiled.form {
        adopt(form);
    }
    Some(Source { compiled, files: Vec::new() })
}

fn unpack(archive: &[u8]) -> Source {
    let package = form::cli::package::compile(archive);
    let mut source = Source { compiled: package.compiled, files: Vec::new() };
    let Some(form) = &mut source.compiled.form else { return source };
    adopt(form);
    // Lists of entities phones have by themselves.
    let known = form.clone();
    source.compiled.warnings.retain(|problem| {
        let file = problem.message.split('\'').nth(1).unwrap_or_default();
        let list = file.strip_suffix(".csv").and_then(|name| entity::list(&known, name));
        problem.code != "missing_file" || list.is_none()
    });
    for (name, bytes) in package.media {
        match file_of(&bytes) {
            Ok(file) => {
                let kept = MediaFile {
                    hash: file.hash.to_string(),
                    size: bytes.len() as u32,
                    media_type: file.media_type.clone(),
                };
                form.files.insert(name, kept);
                source.files.push(file);
            }
            Err(reason) => source.compiled.errors.push(Problem {
                code: "file".into(),
                message: format!("The file '{name}' {reason}"),
                ..Problem::default()
            }),
        }
    }
    source
}

/// What the bytes themselves say decides; a name or a claim does not.
fn file_of(bytes: &[u8]) -> Result<FormFile, &'static str> {
    if bytes.is_empty() || bytes.len() > LARGEST_FILE {
        return Err("is empty or larger than 5 MiB. Make it smaller.");
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).into_owned();
    let media_type = match media_type(bytes) {
        known if ["image/", "audio/", "video/"].iter().any(|kind| known.starts_with(kind)) => known,
        // Shown as a picture or drawn anew from a list of harmless elements, never opened as a page.
        "application/octet-stream" if head.contains("<svg") => "image/svg+xml",
        _ => return Err("is no picture, sound or film that phones can show."),
    };
    let (hash, media_type) = (AttachmentHash::of(bytes), media_type.to_owned());
    Ok(FormFile { hash, media_type, bytes: bytes.to_vec().into() })
}

impl Publication {
    /// The form as bytes, and the id that follows from them.
    pub fn new(form: Form) -> Self {
        let compiled = form.to_bytes();
        Self { id: FormVersionId::of(&compiled), form, compiled }
    }

    /// The same from the bytes of a compiled form.
    pub fn from_compiled(compiled: Vec<u8>) -> ApiResult<Self> {
        let form = Form::from_bytes(&compiled).map_err(|error| {
            tracing::error!(?error, "a compiled form cannot be read back");
            ApiError::internal("the form could not be stored")
        })?;
        Ok(Self { id: FormVersionId::of(&compiled), form, compiled })
    }

    /// Publishes it; false when this very version was there already.
    pub async fn publish(
        &self,
        tx: &mut TenantTx,
        source_type: &str,
        source: &[u8],
        by: Option<Uuid>,
        now_ms: i64,
    ) -> StoreResult<bool> {
        let title = serde_json::json!(self.form.title);
        tx.publish(&NewFormVersion {
            version_id: self.id.as_bytes(),
            form_id: &self.form.form_id,
            version: &self.form.version,
            title: &title,
            compiled: &self.compiled,
            source,
            source_type,
            published_by: by,
            now_ms,
        })
        .await
    }
}

/// Compiled forms by version. A version is the hash of its content, so one cache serves all
/// municipalities, and nothing in it grows old.
#[derive(Debug, Clone, Default)]
pub struct FormCache {
    forms: Arc<Mutex<HashMap<FormVersionId, Arc<Form>>>>,
    compiled: Arc<Mutex<CompiledForms>>,
}

/// More forms than this in use at once are unlikely; past it the cache begins anew.
const MOST: usize = 200;

impl FormCache {
    /// The form of a version, read from the municipality's forms when it is not here yet.
    pub async fn get(
        &self,
        tx: &mut TenantTx,
        version: FormVersionId,
    ) -> StoreResult<Option<Arc<Form>>> {
        if let Some(found) = self.lock().get(&version).cloned() {
            return Ok(Some(found));
        }
        let Some(compiled) = tx.compiled_form(version.as_bytes()).await? else { return Ok(None) };
        let Ok(form) = Form::from_bytes(&compiled) else {
            tracing::error!(%version, "a published form cannot be read");
            return Ok(None);
        };
        let form = Arc::new(form);
        let mut forms = self.lock();
        if forms.len() >= MOST {
            forms.clear();
        }
        forms.insert(version, form.clone());
        Ok(Some(form))
    }

    /// The same as bytes, for whoever decodes it elsewhere.
    pub async fn compiled(
        &self,
        tx: &mut TenantTx,
        version: FormVersionId,
    ) -> StoreResult<Option<Arc<[u8]>>> {
        // That another municipality has this version does not say that this one has it, but a
        // version is the hash of its content: whoever names it knows it.
        let held = |forms: &Mutex<CompiledForms>| {
            forms.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get(&version).cloned()
        };
        if let Some(found) = held(&self.compiled) {
            return Ok(Some(found));
        }
        let Some(bytes) = tx.compiled_form(version.as_bytes()).await? else { return Ok(None) };
        let bytes: Arc<[u8]> = bytes.into();
        let mut forms = self.compiled.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if forms.len() >= MOST {
            forms.clear();
        }
        forms.insert(version, bytes.clone());
        Ok(Some(bytes))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<FormVersionId, Arc<Form>>> {
        self.forms.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
