//! Where attachments lie once they are whole: a directory, or a bucket of an S3-compatible service.
//!
//! Objects are written once, under `<municipality>/<two digits>/<hash>`, after their bytes were found to have
//! that hash. They are never changed.

pub mod collect;

use crate::store::TenantId;
use futures_util::StreamExt;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt};
use shared::id::AttachmentHash;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many attachments are put together in memory at a time.
const AT_ONCE: usize = 4;

/// Why the place of attachments did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("the directory of attachments cannot be used: {0}")]
    Directory(#[from] std::io::Error),
    #[error("the place of attachments does not answer: {0}")]
    Store(#[from] object_store::Error),
    #[error("{0} is no place for attachments: write a directory or s3://bucket/prefix")]
    Unknown(String),
    #[error("this build keeps attachments in a directory only; build it with the feature s3")]
    NoS3,
}

/// The place.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    turns: Arc<Semaphore>,
}

/// An object: what it is, and when it was written (Unix milliseconds).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    pub hash: AttachmentHash,
    pub written_ms: i64,
}

impl Blobs {
    fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// A place that is gone with the process, for tests and commands that take no attachments.
    pub fn in_memory() -> Self {
        Self::over(Arc::new(InMemory::new()))
    }

    /// A directory, made when it is missing. An object that was written survives a power cut.
    pub fn in_directory(directory: &Path) -> Result<Self, BlobError> {
        std::fs::create_dir_all(directory)?;
        let store = LocalFileSystem::new_with_prefix(directory)?.with_fsync(true);
        Ok(Self::over(Arc::new(store)))
    }

    /// What a setting names: a directory, or `s3://bucket/prefix` with the usual `AWS_…` variables for
    /// region, keys and, where it is not Amazon's, the endpoint.
    pub fn open(place: &str) -> Result<Self, BlobError> {
        match place.split_once("://") {
            None => Self::in_directory(Path::new(place)),
            Some(("s3", rest)) => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                let store = s3(bucket)?;
                match prefix.trim_matches('/') {
                    "" => Ok(Self::over(store)),
                    prefix => {
                        let prefix = ObjectPath::from(prefix);
                        Ok(Self::over(Arc::new(PrefixStore::new(store, prefix))))
                    }
                }
            }
            Some(_) => Err(BlobError::Unknown(place.to_owned())),
        }
    }

    /// Waits for a turn to hold a whole attachment in memory.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.acquire().await.ok()
    }

    /// Stores an object for good.
    pub async fn put(
        &self,
        tenant: TenantId,
        hash: AttachmentHash,
        bytes: Vec<u8>,
    ) -> Result<(), BlobError> {
        self.store.put(&path(tenant, hash), bytes.into()).await?;
        Ok(())
    }

    /// A part of an object.
    pub async fn get(
        &self,
        tenant: TenantId,
        hash: AttachmentHash,
        range: Range<u64>,
    ) -> Result<Vec<u8>, BlobError> {
        Ok(self.store.get_range(&path(tenant, hash), range).await?.to_vec())
    }

    /// A whole object; `None` when it is not there.
    pub async fn whole(
        &self,
        tenant: TenantId,
        hash: AttachmentHash,
    ) -> Result<Option<Vec<u8>>, BlobError> {
        match self.store.get(&path(tenant, hash)).await {
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            found => Ok(Some(found?.bytes().await?.to_vec())),
        }
    }

    /// Removes an object; removing nothing is no error.
    pub async fn delete(&self, tenant: TenantId, hash: AttachmentHash) -> Result<(), BlobError> {
        match self.store.delete(&path(tenant, hash)).await {
            Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Every object of a municipality.
    pub async fn list(&self, tenant: TenantId) -> Result<Vec<Blob>, BlobError> {
        let prefix = ObjectPath::from(tenant.0.to_string());
        let mut listed = self.store.list(Some(&prefix));
        let mut blobs = Vec::new();
        while let Some(object) = listed.next().await {
            let object = object?;
            let name = object.location.filename().and_then(|name| name.parse().ok());
            if let Some(hash) = name {
                blobs.push(Blob { hash, written_ms: object.last_modified.timestamp_millis() });
            }
        }
        Ok(blobs)
    }
}

fn path(tenant: TenantId, hash: AttachmentHash) -> ObjectPath {
    let name = hash.to_string();
    ObjectPath::from(format!("{}/{}/{name}", tenant.0, &name[..2]))
}

#[cfg(feature = "s3")]
fn s3(bucket: &str) -> Result<Arc<dyn ObjectStore>, BlobError> {
    use object_store::aws::AmazonS3Builder;
    // The HTTP client takes its cryptography from the process. It fails only when it is chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(Arc::new(AmazonS3Builder::from_env().with_bucket_name(bucket).build()?))
}

#[cfg(not(feature = "s3"))]
fn s3(_: &str) -> Result<Arc<dyn ObjectStore>, BlobError> {
    Err(BlobError::NoS3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_directory_keeps_lists_and_forgets() {
        let directory = std::env::temp_dir().join(format!("kardakar-blobs-{}", std::process::id()));
        let blobs = Blobs::open(directory.to_str().unwrap()).unwrap();
        let (one, two) = (TenantId(1), TenantId(2));
        let hash = AttachmentHash::of(b"bytes");
        blobs.put(one, hash, b"bytes".to_vec()).await.unwrap();
        blobs.put(one, hash, b"bytes".to_vec()).await.unwrap();
        assert_eq!(blobs.get(one, hash, 1..4).await.unwrap(), b"yte");
        assert!(blobs.get(two, hash, 0..5).await.is_err(), "another municipality has its own");
        assert_eq!(blobs.list(one).await.unwrap().len(), 1);
        assert!(blobs.list(two).await.unwrap().is_empty());
        let again = Blobs::open(directory.to_str().unwrap()).unwrap();
        assert_eq!(again.get(one, hash, 0..5).await.unwrap(), b"bytes");
        blobs.delete(one, hash).await.unwrap();
        blobs.delete(one, hash).await.unwrap();
        assert!(blobs.list(one).await.unwrap().is_empty());
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn other_places_are_named() {
        assert!(matches!(Blobs::open("ftp://x"), Err(BlobError::Unknown(_))));
    }
}
